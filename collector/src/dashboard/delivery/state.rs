//! How the collector is, in sentences.

use super::Times;
use super::view::{Gauge, Pulse, State, share};
use crate::dashboard::format::{count, size};
use crate::delivery::Status;
use protocol::Timestamp;

/// Events that came within this time are flowing.
const FLOWING_MS: i64 = 10 * 60 * 1_000;

/// More hours than this are no longer counted.
const LONG_HOURS: u64 = 24 * 60;

/// Whether it flows, in two or three words.
pub(super) fn pulse(status: &Status, last: Option<Timestamp>, times: &Times<'_>) -> Pulse {
    let pulse = |state, words: &str| Pulse { state, words: words.to_owned() };
    if status.spool.failure.is_some() {
        return pulse("lost", "Nothing can be kept");
    }
    if status.spool.n_bytes >= status.spool.max_bytes {
        return pulse("lost", "The spool is full");
    }
    if status.away_since.is_some() {
        return pulse("lost", "ClickHouse is away");
    }
    match last {
        None => pulse("idle", "Waiting for the first event"),
        Some(at) if times.now.millis_since(at) < FLOWING_MS => pulse("live", "Events are flowing"),
        Some(at) => Pulse { state: "idle", words: format!("Quiet since {}", times.words(at)) },
    }
}

/// Everything there is to say, the most important first.
pub(super) fn states(status: &Status, last: Option<Timestamp>, times: &Times<'_>) -> Vec<State> {
    let mut states = Vec::new();
    states.extend(disk(status));
    states.push(clickhouse(status, times));
    states.push(match last {
        Some(at) => State::good(format!("The last event was kept at {}.", times.words(at))),
        None => State::good("No event has come yet.".to_owned()),
    });
    states
}

fn disk(status: &Status) -> Option<State> {
    if let Some(failure) = &status.spool.failure {
        return Some(State::bad(format!(
            "The disk refuses: {failure}. Events are not accepted; browsers keep theirs and come again."
        )));
    }
    (status.spool.n_bytes >= status.spool.max_bytes).then(|| {
        State::bad(
            "The spool is full. Events are not accepted; browsers keep theirs and come again."
                .to_owned(),
        )
    })
}

fn clickhouse(status: &Status, times: &Times<'_>) -> State {
    if let Some(since) = status.away_since {
        let since = times.words(since);
        let kept = match is_open(status) {
            true => format!(" Events are kept{}.", room(status)),
            false => String::new(),
        };
        let until =
            status.waiting_since.map(|at| format!(" and has what came until {}", times.words(at)));
        let until = until.unwrap_or_default();
        return State::bad(format!("ClickHouse has been away since {since}{until}.{kept}"));
    }
    let last =
        status.last_write_at.map(|at| format!(" The last write was at {}.", times.words(at)));
    let last = last.unwrap_or_default();
    match (status.is_caught_up, status.waiting_since) {
        (true, _) => State::good(format!("ClickHouse has everything.{last}")),
        (false, Some(since)) => {
            let since = times.words(since);
            State::good(format!(
                "ClickHouse has everything until {since}, the rest is on its way.{last}"
            ))
        }
        (false, None) => State::good(format!("What was left is on its way to ClickHouse.{last}")),
    }
}

/// Whether events are accepted.
fn is_open(status: &Status) -> bool {
    status.spool.failure.is_none() && status.spool.n_bytes < status.spool.max_bytes
}

/// How long there is room, if that can be said.
fn room(status: &Status) -> String {
    match status.hours_of_room() {
        None => String::new(),
        Some(0) => ", with room for less than an hour at the present rate".to_owned(),
        Some(1) => ", with room for about an hour at the present rate".to_owned(),
        Some(n) if n > LONG_HOURS => {
            format!(", with room for about {} days at the present rate", count(n / 24))
        }
        Some(n) => format!(", with room for about {} hours at the present rate", count(n)),
    }
}

/// How full the spool is.
pub(super) fn gauge(status: &Status) -> Gauge {
    let (n_bytes, max_bytes) = (status.spool.n_bytes, status.spool.max_bytes);
    Gauge {
        words: format!("{} of {}", size(n_bytes), size(max_bytes)),
        share: share(n_bytes.min(max_bytes), max_bytes.max(1)),
        is_high: n_bytes >= max_bytes / 10 * 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spool;
    use jiff::tz::TimeZone;

    const NOON: Timestamp = Timestamp::from_millis(1_795_348_800_000);

    fn status() -> Status {
        let spool = spool::Status { max_bytes: 10 << 30, ..spool::Status::default() };
        Status {
            spool,
            is_caught_up: true,
            n_left_out: 0,
            waiting_since: None,
            last_write_at: Some(NOON),
            away_since: None,
            bytes_per_hour: 100 << 20,
        }
    }

    fn said(status: &Status) -> String {
        let times = Times { now: NOON.plus_millis(3_600_000), zone: &TimeZone::UTC };
        let last = Some(NOON);
        let states = states(status, last, &times);
        let states: Vec<_> = states.into_iter().map(|state| state.sentence).collect();
        format!("{}\n{}", pulse(status, last, &times).words, states.join("\n"))
    }

    #[test]
    fn each_state_is_a_sentence() {
        insta::assert_snapshot!(said(&status()), @"
        Quiet since 12:00:00
        ClickHouse has everything. The last write was at 12:00:00.
        The last event was kept at 12:00:00.
        ");
        let behind = Status { is_caught_up: false, waiting_since: Some(NOON), ..status() };
        insta::assert_snapshot!(said(&behind), @"
        Quiet since 12:00:00
        ClickHouse has everything until 12:00:00, the rest is on its way. The last write was at 12:00:00.
        The last event was kept at 12:00:00.
        ");
        let away = Status { away_since: Some(NOON), ..behind };
        insta::assert_snapshot!(said(&away), @"
        ClickHouse is away
        ClickHouse has been away since 12:00:00 and has what came until 12:00:00. Events are kept, with room for about 102 hours at the present rate.
        The last event was kept at 12:00:00.
        ");
        let mut failed = status();
        failed.spool.failure = Some("No space left on device".to_owned());
        insta::assert_snapshot!(said(&failed), @"
        Nothing can be kept
        The disk refuses: No space left on device. Events are not accepted; browsers keep theirs and come again.
        ClickHouse has everything. The last write was at 12:00:00.
        The last event was kept at 12:00:00.
        ");
        let mut full = Status { away_since: Some(NOON), ..status() };
        full.spool.n_bytes = full.spool.max_bytes;
        insta::assert_snapshot!(said(&full), @"
        The spool is full
        The spool is full. Events are not accepted; browsers keep theirs and come again.
        ClickHouse has been away since 12:00:00.
        The last event was kept at 12:00:00.
        ");
    }
}
