//! Group commit: one thread that writes and syncs what many requests have queued.
//!
//! While one group is being synced, the next gathers in the queue; so the number of syncs does
//! not grow with the number of requests, and a lone request does not wait for others.

use super::log::Log;
use super::{Error, Kind, Position, record};
use crate::config;
use crate::env::Clock;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::{oneshot, watch};

/// Bytes that may wait for a sync; beyond, the disk is too slow for what comes.
const QUEUE_BYTES: usize = 32 << 20;

/// How long nothing is written after a failure.
const PAUSE: Duration = Duration::from_secs(1);

/// How often it is looked whether a segment has become old while nothing happened.
const LOOK_EVERY: Duration = Duration::from_secs(10 * 60);

/// How the spool is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Bytes that it holds.
    pub n_bytes: u64,
    /// Bytes that it may hold.
    pub max_bytes: u64,
    /// Why it cannot be written, if it cannot.
    pub failure: Option<String>,
}

/// Says when an appended record is safe.
#[derive(Debug)]
pub struct Ticket(oneshot::Receiver<Result<(), Error>>);

impl Future for Ticket {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(|answer| answer.unwrap_or(Err(Error::Closed)))
    }
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
    ends: Mutex<BTreeMap<u64, u64>>,
    end: watch::Sender<Position>,
    /// Changed under the lock of the queue only.
    epoch: AtomicU64,
    max_bytes: u64,
    max_age_ms: i64,
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
    /// What all segments hold.
    n_bytes: u64,
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
        f.debug_struct("Shared").field("max_bytes", &self.max_bytes).finish_non_exhaustive()
    }
}

impl Committer {
    pub(super) fn start(
        log: Log,
        config: &config::spool::Spool,
        clock: Clock,
    ) -> Result<Self, Error> {
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            filled: Condvar::new(),
            ends: Mutex::default(),
            end: watch::Sender::new(log.end()),
            epoch: AtomicU64::new(0),
            max_bytes: config.max_bytes,
            max_age_ms: i64::try_from(config.max_age_s.saturating_mul(1_000)).unwrap_or(i64::MAX),
            clock,
        });
        shared.publish(&log);
        let of_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("spool".to_owned())
            .spawn(move || of_thread.run(log))?;
        Ok(Self { shared, thread: Mutex::new(Some(thread)) })
    }

    pub(super) fn append(
        &self,
        epoch: u64,
        record: Option<(Kind, [&[u8]; 2])>,
    ) -> Result<Ticket, Error> {
        let (sender, receiver) = oneshot::channel();
        let mut queue = self.shared.queue();
        if queue.is_closed {
            return Err(Error::Closed);
        }
        if self.epoch() != epoch || queue.failure.is_some() {
            return Err(Error::Failed);
        }
        let n_bytes = queue.n_bytes + queue.group.frames.len() as u64;
        if let Some((kind, parts)) = record {
            if n_bytes >= self.shared.max_bytes || queue.group.frames.len() >= QUEUE_BYTES {
                return Err(Error::Full { n_bytes });
            }
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
        let queue = self.shared.queue();
        let n_bytes = queue.n_bytes + queue.group.frames.len() as u64;
        let failure = queue.failure.as_ref().map(|failure| failure.why.clone());
        Status { n_bytes, max_bytes: self.shared.max_bytes, failure }
    }

    pub(super) fn end(&self) -> watch::Receiver<Position> {
        self.shared.end.subscribe()
    }

    pub(super) fn ends(&self) -> BTreeMap<u64, u64> {
        self.shared.ends.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn release(&self, position: Position) {
        let mut queue = self.shared.queue();
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
    Release(Position),
    Recover,
    Stop,
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, mut log: Log) {
        let mut spare = Group::default();
        loop {
            match self.next(std::mem::take(&mut spare)) {
                Work::Commit(group) => spare = self.commit(&mut log, group),
                Work::Release(position) => self.let_go(&mut log, position),
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
            let is_release_new = std::mem::take(&mut queue.is_release_new);
            if let Some(position) = queue.let_go().filter(|_| is_release_new) {
                return Work::Release(position);
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
            let is_idle = waited.timed_out() && queue.failure.is_none();
            if let Some(position) = queue.let_go().filter(|_| is_idle) {
                return Work::Release(position);
            }
        }
    }

    fn commit(&self, log: &mut Log, mut group: Group) -> Group {
        let written = match group.frames.is_empty() {
            true => Ok(log.end()),
            false => log.append(&group.frames, (self.clock)()),
        };
        group.frames.clear();
        group.frames.shrink_to(QUEUE_BYTES / 8);
        match written {
            Ok(end) => {
                self.publish_end(end);
                tell(&mut group.waiters, &Ok(()));
            }
            Err(error) => self.fail(&error, &mut group.waiters),
        }
        group
    }

    /// Makes known how far it is safe now.
    fn publish_end(&self, end: Position) {
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        ends.insert(end.segment, end.offset);
        let n_bytes = ends.values().sum();
        drop(ends);
        self.queue().n_bytes = n_bytes;
        self.end.send_if_modified(|known| std::mem::replace(known, end) != end);
    }

    /// Makes known which segments there are now.
    fn publish(&self, log: &Log) {
        *self.ends.lock().unwrap_or_else(PoisonError::into_inner) = log.ends();
        self.publish_end(log.end());
    }

    /// Refuses the group and all that came after it, and begins another epoch before any of them
    /// hears of it.
    fn fail(&self, error: &Error, waiters: &mut Vec<oneshot::Sender<Result<(), Error>>>) {
        tracing::error!(error = explain(error), "the spool cannot be written");
        let mut queue = self.queue();
        self.epoch.fetch_add(1, Ordering::Release);
        queue.failure = Some(Failure::of(error));
        queue.group.frames.clear();
        waiters.append(&mut queue.group.waiters);
        drop(queue);
        tell(waiters, &Err(Error::Failed));
    }

    /// Tries a new segment.
    fn recover(&self, log: &mut Log) {
        match log.roll((self.clock)()) {
            Ok(()) => {
                self.publish(log);
                self.queue().failure = None;
                tracing::info!("the spool can be written again");
            }
            Err(error) => self.queue().failure = Some(Failure::of(&error)),
        }
    }

    /// Deletes what ClickHouse has. An old segment that it has all of goes too, full or not,
    /// because what is in it is not meant to lie around.
    fn let_go(&self, log: &mut Log, position: Position) {
        let now = (self.clock)();
        let is_old = now.millis_since(log.active_since()) > self.max_age_ms;
        let is_done = position == log.end() && position != Position::first_of(position.segment);
        let result = match is_old && is_done {
            true => log.roll(now).and_then(|()| log.truncate(log.end())),
            false => log.truncate(position),
        };
        self.publish(log);
        if let Err(error) = result {
            tracing::warn!(error = explain(&error), "a segment of the spool stays for now");
        }
    }
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
