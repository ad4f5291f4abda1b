//! Group commit: one thread that writes and syncs what many requests have queued.
//!
//! While one group is being synced, the next gathers in the queue; so the number of syncs does
//! not grow with the number of requests, and a lone request does not wait for others.

mod tidy;

use super::log::Log;
use super::status::{Damage, Status};
use super::storage::Folder;
use super::waiting::Waiting;
use super::{Chunk, Error, Kind, Position, read, record};
use crate::config;
use crate::env::Clock;
use protocol::Timestamp;
use std::collections::BTreeMap;
use std::fmt;
use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::{oneshot, watch};

/// Bytes beyond the limit for what is handed back: without them a full spool would wait for the
/// writer, the writer for room among the dead letters, and these for room in the spool.
const RESERVE_BYTES: u64 = 64 << 20;

/// Bytes that may wait for a sync; beyond, the disk is too slow for what comes.
const QUEUE_BYTES: usize = 32 << 20;

/// How long nothing is written after a failure.
const PAUSE: Duration = Duration::from_secs(1);

/// How often it is looked whether something has become old while nothing happened.
const LOOK_EVERY: Duration = Duration::from_secs(10 * 60);

/// Says when an appended record is safe.
#[derive(Debug)]
pub struct Ticket(oneshot::Receiver<Result<(), Error>>);

impl Future for Ticket {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(|answer| answer.unwrap_or(Err(Error::Closed)))
    }
}

/// A record to be appended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Put<'a> {
    pub(super) kind: Kind,
    /// What it is made of.
    pub(super) parts: [&'a [u8]; 2],
    /// Whether the spool had it before. Then it may use the reserve, and is taken however long
    /// others wait: what was accepted once has no other place to go.
    pub(super) is_again: bool,
}

/// What was found at the start.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) waiting: Waiting,
    pub(super) damage: Damage,
}

/// The thread and its queue.
#[derive(Debug)]
pub(super) struct Committer {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    queue: Mutex<Queue>,
    /// Told when the queue is no longer empty, or closed.
    filled: Condvar,
    folder: Folder,
    ends: Mutex<BTreeMap<u64, u64>>,
    end: watch::Sender<Position>,
    damage: Mutex<Damage>,
    /// Changed under the lock of the queue only.
    epoch: AtomicU64,
    config: config::spool::Spool,
    clock: Clock,
}

#[derive(Default)]
struct Queue {
    group: Group,
    failure: Option<Failure>,
    is_closed: bool,
    /// Whether the thread waits: only then it has to be woken.
    is_waiting: bool,
    /// ClickHouse has everything before this.
    released: Option<Position>,
    /// Somebody else still needs what comes after this.
    held: Option<Position>,
    /// Whether that is new.
    is_release_new: bool,
    /// Bytes of all segments on the disk.
    n_bytes: u64,
    waiting: Waiting,
}

impl Queue {
    /// Nobody needs what is before this.
    fn let_go(&self) -> Option<Position> {
        self.released.map(|position| self.held.map_or(position, |held| position.min(held)))
    }
}

/// Why nothing is written.
struct Failure {
    why: String,
    /// When another try is due, whatever else there is to do.
    recover_at: Instant,
}

impl Failure {
    fn of(error: &Error) -> Self {
        Self { why: explain(error), recover_at: Instant::now() + PAUSE }
    }
}

/// What is written and synced together.
#[derive(Default)]
struct Group {
    frames: Vec<u8>,
    waiters: Vec<oneshot::Sender<Result<(), Error>>>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Committer {
    /// Starts the thread. Where the log cannot be written, it goes on trying.
    pub(super) fn start(
        mut log: Log,
        folder: Folder,
        found: Found,
        config: &config::spool::Spool,
        clock: Clock,
    ) -> Result<Self, Error> {
        let failure = log.roll(clock()).err();
        let failure = failure.inspect(say_failed).as_ref().map(Failure::of);
        let queue = Queue { failure, waiting: found.waiting, ..Queue::default() };
        let shared = Arc::new(Shared {
            queue: Mutex::new(queue),
            filled: Condvar::new(),
            folder,
            ends: Mutex::default(),
            end: watch::Sender::new(log.end()),
            damage: Mutex::new(found.damage),
            epoch: AtomicU64::new(0),
            config: config.clone(),
            clock,
        });
        shared.publish(&log);
        let of_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("spool".to_owned())
            .spawn(move || of_thread.run(log))?;
        Ok(Self { shared, thread: Mutex::new(Some(thread)) })
    }

    /// Puts a record into the queue, or only asks when all that is there is safe.
    pub(super) fn append(&self, epoch: u64, record: Option<Put<'_>>) -> Result<Ticket, Error> {
        let (sender, receiver) = oneshot::channel();
        let mut queue = self.shared.queue();
        if queue.is_closed {
            return Err(Error::Closed);
        }
        if self.epoch() != epoch || queue.failure.is_some() {
            return Err(Error::Failed);
        }
        if let Some(Put { kind, parts, is_again }) = record {
            self.shared.check_room(&queue, is_again)?;
            record::put(&mut queue.group.frames, kind, parts);
        }
        queue.group.waiters.push(sender);
        let is_waiting = std::mem::take(&mut queue.is_waiting);
        drop(queue);
        if is_waiting {
            self.shared.filled.notify_one();
        }
        Ok(Ticket(receiver))
    }

    pub(super) fn epoch(&self) -> u64 {
        self.shared.epoch.load(Ordering::Acquire)
    }

    pub(super) fn status(&self) -> Status {
        let n_segments = self.shared.ends().len() as u64;
        let damage = self.shared.damage();
        let status = Status {
            max_bytes: self.shared.config.max_bytes,
            n_segments,
            max_wait_s: self.shared.config.max_wait_s,
            n_damaged: damage.n_passed(),
            n_set_aside: damage.kept.n_files,
            set_aside_bytes: damage.kept.n_bytes,
            n_missing: damage.n_missing,
            torn_bytes: damage.torn_bytes,
            ..Status::default()
        };
        drop(damage);
        let queue = self.shared.queue();
        Status {
            n_bytes: queue.n_bytes + queue.group.frames.len() as u64,
            oldest_waits_s: self.shared.age_s(&queue),
            failure: queue.failure.as_ref().map(|failure| failure.why.clone()),
            ..status
        }
    }

    pub(super) fn read(&self, from: Position) -> Result<Chunk, Error> {
        let chunk = self.read_what_is_there(from)?;
        if chunk.n_damaged > 0 {
            self.shared.damage().pass(from, chunk.n_damaged);
            self.shared.count_corrupt();
        }
        Ok(chunk)
    }

    /// Reads on behind segments that are let go of meanwhile.
    fn read_what_is_there(&self, from: Position) -> Result<Chunk, Error> {
        loop {
            let ends = self.ends();
            let read = read::chunk(&self.shared.folder, &ends, from);
            let is_gone = match &read {
                // A segment is hidden before its file goes.
                Err(Error::Io(error)) if error.kind() == ErrorKind::NotFound => {
                    let number = read::segment(&ends, from);
                    number.is_some_and(|number| !self.shared.ends().contains_key(&number))
                }
                _ => false,
            };
            if !is_gone {
                return read;
            }
        }
    }

    /// Where each segment ends.
    pub(super) fn ends(&self) -> BTreeMap<u64, u64> {
        self.shared.ends().clone()
    }

    pub(super) fn end(&self) -> watch::Receiver<Position> {
        self.shared.end.subscribe()
    }

    pub(super) fn release(&self, position: Position) {
        let mut queue = self.shared.queue();
        queue.waiting.done(position);
        queue.released = Some(position);
        queue.is_release_new = true;
        drop(queue);
        self.shared.filled.notify_one();
    }

    pub(super) fn hold(&self, position: Position) {
        let mut queue = self.shared.queue();
        queue.held = Some(position);
        queue.is_release_new = true;
        drop(queue);
        self.shared.filled.notify_one();
    }

    pub(super) fn close(&self) {
        self.shared.queue().is_closed = true;
        self.shared.filled.notify_one();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Err(_)) = thread.map(JoinHandle::join) {
            tracing::error!("the spool's thread ended by a panic");
        }
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.close();
    }
}

/// What the thread is to do next.
enum Work {
    Commit(Group),
    /// Delete what is no longer needed.
    TidyUp,
    Recover,
    Stop,
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ends(&self) -> MutexGuard<'_, BTreeMap<u64, u64>> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn damage(&self) -> MutexGuard<'_, Damage> {
        self.damage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether another record may come.
    fn check_room(&self, queue: &Queue, is_again: bool) -> Result<(), Error> {
        let n_bytes = queue.n_bytes + queue.group.frames.len() as u64;
        let reserve = if is_again { RESERVE_BYTES } else { 0 };
        let max_bytes = self.config.max_bytes.saturating_add(reserve);
        if n_bytes >= max_bytes || queue.group.frames.len() >= QUEUE_BYTES {
            return Err(Error::Full { n_bytes });
        }
        let age_s = self.age_s(queue).filter(|age_s| *age_s > self.config.max_wait_s);
        match age_s.filter(|_| !is_again) {
            Some(age_s) => Err(Error::TooOld { age_s }),
            None => Ok(()),
        }
    }

    /// Seconds that the oldest record waits. The clock is read only if one does.
    fn age_s(&self, queue: &Queue) -> Option<u64> {
        let age_ms = queue.waiting.age_ms(|| (self.clock)())?;
        Some(u64::try_from(age_ms / 1_000).unwrap_or(0))
    }

    fn run(&self, mut log: Log) {
        let mut spare = Group::default();
        let mut swept_at = Timestamp::default();
        loop {
            match self.next(std::mem::take(&mut spare)) {
                Work::Commit(group) => spare = self.commit(&mut log, group),
                Work::TidyUp => {
                    self.let_go(&mut log);
                    self.sweep(&mut swept_at);
                }
                Work::Recover => self.recover(&mut log),
                Work::Stop => return,
            }
        }
    }

    /// Waits for work. `spare` takes the place of the group that is handed out, so that its
    /// memory is used again.
    fn next(&self, spare: Group) -> Work {
        let mut queue = self.queue();
        loop {
            let now = Instant::now();
            let pause = queue
                .failure
                .as_ref()
                .map(|failure| failure.recover_at.saturating_duration_since(now));
            // Before all else: while the writer works off what is there, there is always a release.
            if !queue.is_closed && pause == Some(Duration::ZERO) {
                return Work::Recover;
            }
            // Before the group, because under load there is always one.
            if std::mem::take(&mut queue.is_release_new) {
                return Work::TidyUp;
            }
            if !queue.group.waiters.is_empty() {
                return Work::Commit(std::mem::replace(&mut queue.group, spare));
            }
            if queue.is_closed {
                return Work::Stop;
            }
            queue.is_waiting = true;
            let waited = self.filled.wait_timeout(queue, pause.unwrap_or(LOOK_EVERY));
            let (guard, waited) = waited.unwrap_or_else(PoisonError::into_inner);
            queue = guard;
            queue.is_waiting = false;
            if waited.timed_out() && queue.failure.is_none() {
                return Work::TidyUp;
            }
        }
    }

    fn commit(&self, log: &mut Log, mut group: Group) -> Group {
        let now = (self.clock)();
        let written = match group.frames.is_empty() {
            true => Ok(log.end()),
            false => log.append(&group.frames, now).inspect(|end| {
                self.queue().waiting.add(*end, now);
            }),
        };
        group.frames.clear();
        group.frames.shrink_to(QUEUE_BYTES / 8);
        match written {
            Ok(end) => {
                self.publish_end(end, log.n_bytes());
                tell(&mut group.waiters, &Ok(()));
            }
            Err(error) => {
                self.queue().n_bytes = log.n_bytes();
                self.fail(&error, &mut group.waiters);
            }
        }
        group
    }

    /// Makes known how far it is safe now, and how much there is on the disk.
    fn publish_end(&self, end: Position, n_bytes: u64) {
        self.ends().insert(end.segment, end.offset);
        self.queue().n_bytes = n_bytes;
        self.end.send_if_modified(|known| std::mem::replace(known, end) != end);
    }

    /// Makes known which segments there are now.
    fn publish(&self, log: &Log) {
        *self.ends() = log.ends();
        self.publish_end(log.end(), log.n_bytes());
    }

    /// Refuses the group and all that came after it, and begins another epoch before any of them
    /// hears of it.
    fn fail(&self, error: &Error, waiters: &mut Vec<oneshot::Sender<Result<(), Error>>>) {
        say_failed(error);
        let mut queue = self.queue();
        self.epoch.fetch_add(1, Ordering::Release);
        queue.failure = Some(Failure::of(error));
        queue.group.frames.clear();
        waiters.append(&mut queue.group.waiters);
        drop(queue);
        tell(waiters, &Err(Error::Failed));
    }

    fn heal(&self, n_bytes: u64) {
        let mut queue = self.queue();
        queue.n_bytes = n_bytes;
        queue.failure = None;
    }

    /// Tries a new segment.
    fn recover(&self, log: &mut Log) {
        match log.roll((self.clock)()) {
            Ok(()) => {
                *self.ends() = log.ends();
                self.heal(log.n_bytes());
                // Last, so that who follows the end finds a spool that can be written.
                self.publish_end(log.end(), log.n_bytes());
                tracing::info!("the spool can be written again");
            }
            Err(error) => self.queue().failure = Some(Failure::of(&error)),
        }
    }
}

fn say_failed(error: &Error) {
    tracing::error!(error = explain(error), "the spool cannot be written");
}

fn tell(waiters: &mut Vec<oneshot::Sender<Result<(), Error>>>, answer: &Result<(), Error>) {
    for waiter in waiters.drain(..) {
        // A request that is gone needs no answer.
        drop(waiter.send(answer.clone()));
    }
}

fn explain(error: &Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
