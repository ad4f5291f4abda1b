//! How far ClickHouse has what came: noted by who writes and who asks, shown to the engineer.

mod condition;

pub use condition::{Audit, Condition, Letters, today};

use crate::App;
use crate::spool::{self, Position};
use protocol::Timestamp;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// How long ClickHouse may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// How far back the present rate looks, in minutes.
const RATE_MINUTES: i64 = 10;

const MINUTE_MS: i64 = 60_000;

/// How far ClickHouse has what came, and since when it is away.
#[derive(Debug)]
pub struct Delivery {
    noted: Mutex<Noted>,
    /// Everything before this is written.
    done: watch::Sender<Position>,
}

#[derive(Debug)]
struct Noted {
    last_write_at: Option<Timestamp>,
    /// When nothing waited last.
    caught_up_at: Option<Timestamp>,
    away_since: Option<Timestamp>,
    /// Elements and pages that ClickHouse refused for good.
    n_left_out: u64,
    /// Bytes that came in each of the last minutes, oldest first.
    minutes: VecDeque<(i64, u64)>,
}

/// What there is to know at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The spool's own status.
    pub spool: spool::Status,
    /// Whether nothing waits to be written.
    pub is_caught_up: bool,
    /// When nothing waited last, if something does; nothing if that was before the start.
    pub waiting_since: Option<Timestamp>,
    /// When something was last written, since the start.
    pub last_write_at: Option<Timestamp>,
    /// Since when ClickHouse does not answer, if it does not.
    pub away_since: Option<Timestamp>,
    /// Elements and pages whose description ClickHouse refused since the start; their events are
    /// there.
    pub n_left_out: u64,
    /// Bytes that come in per hour, by the last ten minutes.
    pub bytes_per_hour: u64,
}

impl Status {
    /// In how many hours the spool is full, if nothing is written and as much comes as now.
    pub fn hours_of_room(&self) -> Option<u64> {
        let room = self.spool.max_bytes.saturating_sub(self.spool.n_bytes);
        room.checked_div(self.bytes_per_hour)
    }
}

impl Delivery {
    /// Begins where ClickHouse has everything before `done`.
    pub fn new(done: Position) -> Self {
        let noted = Noted {
            last_write_at: None,
            caught_up_at: None,
            away_since: None,
            n_left_out: 0,
            minutes: VecDeque::new(),
        };
        Self { noted: Mutex::new(noted), done: watch::Sender::new(done) }
    }

    /// Notes that a batch of so many bytes is safe.
    pub(crate) fn kept(&self, n_bytes: usize, now: Timestamp) {
        let minute = now.as_millis().div_euclid(MINUTE_MS);
        let n_bytes = u64::try_from(n_bytes).unwrap_or(u64::MAX);
        let mut noted = self.lock();
        match noted.minutes.back_mut() {
            Some((last, sum)) if *last == minute => *sum = sum.saturating_add(n_bytes),
            _ => noted.minutes.push_back((minute, n_bytes)),
        }
        noted.forget(minute);
    }

    /// Notes that ClickHouse has everything before `done`.
    pub(crate) fn reached(&self, done: Position) {
        self.done.send_replace(done);
    }

    /// The place of the spool up to which ClickHouse has everything.
    pub fn done(&self) -> Position {
        *self.done.borrow()
    }

    /// Waits until ClickHouse has everything before a place, but not for longer than `patience`.
    /// Returns whether it has.
    pub(crate) async fn has(&self, place: Position, patience: Duration) -> bool {
        let mut done = self.done.subscribe();
        let waited = timeout(patience, done.wait_for(|done| *done >= place)).await;
        matches!(waited, Ok(Ok(_)))
    }

    /// Notes that ClickHouse has taken something.
    pub(crate) fn wrote(&self, now: Timestamp) {
        let mut noted = self.lock();
        noted.last_write_at = Some(now);
        noted.away_since = None;
    }

    /// Notes that ClickHouse refuses an element or a page for good.
    pub(crate) fn left_out(&self) {
        let mut noted = self.lock();
        noted.n_left_out = noted.n_left_out.saturating_add(1);
    }

    /// Notes whether ClickHouse answered, and where the spool ends.
    pub(crate) fn looked(&self, is_there: bool, end: Position, now: Timestamp) {
        let mut noted = self.lock();
        noted.away_since = if is_there { None } else { noted.away_since.or(Some(now)) };
        if *self.done.borrow() >= end {
            noted.caught_up_at = Some(now);
        }
    }

    /// What there is to know now.
    pub fn status(&self, spool: &spool::Spool, now: Timestamp) -> Status {
        let end = *spool.end().borrow();
        let mut noted = self.lock();
        noted.forget(now.as_millis().div_euclid(MINUTE_MS));
        let is_caught_up = self.done() >= end;
        let bytes: u64 = noted.minutes.iter().map(|(_, sum)| sum).sum();
        let minutes = u64::try_from(RATE_MINUTES).unwrap_or(1);
        Status {
            spool: spool.status(),
            is_caught_up,
            waiting_since: noted.caught_up_at.filter(|_| !is_caught_up),
            last_write_at: noted.last_write_at,
            away_since: noted.away_since,
            n_left_out: noted.n_left_out,
            bytes_per_hour: bytes.saturating_mul(60 / minutes),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Noted {
    /// Lets go of minutes that are over, and of those that a clock set back has made future.
    fn forget(&mut self, minute: i64) {
        self.minutes.retain(|(at, _)| (minute - RATE_MINUTES..=minute).contains(at));
    }
}

/// What ClickHouse answers, for a page that is of use without: `None` when it refuses, is slow or
/// is known to be away.
pub(crate) async fn if_there<T>(
    app: &App,
    question: impl Future<Output = Result<T, store::Error>>,
) -> Option<T> {
    if app.delivery().lock().away_since.is_some() {
        return None;
    }
    timeout(PATIENCE, question).await.ok()?.ok()
}

/// Looks whether ClickHouse answers, and notes it.
pub async fn look(app: &App) {
    let is_there = matches!(timeout(PATIENCE, app.store().ping()).await, Ok(Ok(())));
    let end = *app.spool().end().borrow();
    app.delivery().looked(is_there, end, app.now());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use std::sync::Arc;

    const NOON: Timestamp = Timestamp::from_millis(1_795_348_800_000);

    fn place(offset: u64) -> Position {
        Position { segment: 0, offset }
    }

    /// A spool that nothing was put into, in a folder that goes with it.
    fn spool() -> (spool::Spool, tempfile::TempDir) {
        let dir = tempfile::tempdir().unwrap();
        let config = config::spool::Spool::default();
        let clock = Arc::new(|| NOON);
        (spool::Spool::open(dir.path(), &config, [0; 16], clock).unwrap().0, dir)
    }

    #[test]
    fn the_rate_is_that_of_the_last_ten_minutes_whatever_the_clock_does() {
        let (spool, _dir) = spool();
        let delivery = Delivery::new(place(0));
        let rate = |at| delivery.status(&spool, at).bytes_per_hour;
        delivery.kept(500, NOON);
        delivery.kept(500, NOON.plus_millis(9 * MINUTE_MS));
        assert_eq!(rate(NOON.plus_millis(9 * MINUTE_MS)), 6_000);
        assert_eq!(rate(NOON.plus_millis(11 * MINUTE_MS)), 3_000);
        delivery.kept(100, NOON.plus_millis(-60 * MINUTE_MS));
        assert_eq!(rate(NOON.plus_millis(-60 * MINUTE_MS)), 600);
        for n in 0..1_000 {
            delivery.kept(1, NOON.plus_millis(n * MINUTE_MS));
        }
        assert!(delivery.lock().minutes.len() <= 11);
    }

    #[test]
    fn room_is_said_in_hours_and_nothing_is_said_where_nothing_comes() {
        let (spool, _dir) = spool();
        let delivery = Delivery::new(place(0));
        let mut status = delivery.status(&spool, NOON);
        assert_eq!(status.hours_of_room(), None);
        (status.bytes_per_hour, status.spool.n_bytes, status.spool.max_bytes) = (10, 60, 100);
        assert_eq!(status.hours_of_room(), Some(4));
        status.spool.n_bytes = 200;
        assert_eq!(status.hours_of_room(), Some(0));
    }

    #[test]
    fn away_is_since_the_first_time_and_over_with_an_answer_or_a_write() {
        let (spool, _dir) = spool();
        let delivery = Delivery::new(place(0));
        let end = *spool.end().borrow();
        let later = NOON.plus_millis(5_000);
        let status = || delivery.status(&spool, later);
        assert!(!status().is_caught_up);
        delivery.looked(false, end, NOON);
        delivery.looked(false, end, later);
        assert_eq!((status().away_since, status().waiting_since), (Some(NOON), None));
        delivery.wrote(later);
        delivery.reached(end);
        assert_eq!((status().away_since, status().last_write_at), (None, Some(later)));
        assert!(status().is_caught_up);
        delivery.looked(true, end, later);
        delivery.reached(place(0));
        assert_eq!(status().waiting_since, Some(later));
    }
}
