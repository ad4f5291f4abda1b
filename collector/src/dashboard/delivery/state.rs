//! How the collector is, in sentences.

use super::Times;
use super::view::{Gauge, Pulse, State, share};
use crate::dashboard::format::{count, size, span};
use crate::dashboard::notice::sentence;
use crate::delivery::{Condition, Status};
use crate::spool;
use protocol::Timestamp;

/// Events that came within this time are flowing.
const FLOWING_MS: i64 = 10 * 60 * 1_000;

/// More hours than these are told in days.
const LONG_HOURS: u64 = 24 * 60;

/// More than these say nothing.
const YEAR_HOURS: u64 = 24 * 365;

/// Whether it flows, in two or three words: what is worst decides.
pub(super) fn pulse(condition: &Condition, last: Option<Timestamp>, times: &Times<'_>) -> Pulse {
    let Condition { status, obstacle, dead_letters, .. } = condition;
    let worst = [
        (status.spool.failure.is_some(), "Nothing can be kept"),
        (is_full(status), "The spool is full"),
        (!status.spool.is_taking(), "Events wait for too long"),
        (obstacle.is_some(), "Somebody has to help"),
        (dead_letters.all.failure.is_some(), "The writer waits"),
        (status.away_since.is_some(), "ClickHouse is away"),
    ];
    let pulse = |state, words: &str| Pulse { state, words: words.to_owned() };
    if let Some((_, words)) = worst.into_iter().find(|(is_so, _)| *is_so) {
        return pulse("lost", words);
    }
    match last {
        None => pulse("idle", "Waiting for the first event"),
        Some(at) if times.now.millis_since(at) < FLOWING_MS => pulse("live", "Events are flowing"),
        Some(at) => Pulse { state: "idle", words: format!("Quiet since {}", times.words(at)) },
    }
}

/// Everything there is to say, the most important first.
pub(super) fn states(
    condition: &Condition,
    last: Option<Timestamp>,
    times: &Times<'_>,
) -> Vec<State> {
    let status = &condition.status;
    let mut states = Vec::new();
    states.extend(disk(&status.spool));
    states.extend(stuck(condition));
    states.push(clickhouse(condition, times));
    states.extend(late(&status.spool));
    states.extend(unreadable(&condition.unreadable));
    states.push(match last {
        Some(at) => State::good(format!("The last live event was kept at {}.", times.words(at))),
        None => State::good("No live event has come yet.".to_owned()),
    });
    states
}

fn is_full(status: &Status) -> bool {
    status.spool.n_bytes >= status.spool.max_bytes
}

/// Why nothing new is accepted, if so.
fn disk(spool: &spool::Status) -> Option<State> {
    let why = match &spool.failure {
        Some(failure) => format!("The disk refuses: {}", sentence(failure)),
        None if spool.n_bytes >= spool.max_bytes => "The spool is full.".to_owned(),
        None if spool.is_taking() => return None,
        None => format!(
            "Events have waited for ClickHouse longer than the {} that they may.",
            span(spool.max_wait_s)
        ),
    };
    let then = "Events are not accepted; browsers keep theirs and come again.";
    Some(State::bad(format!("{why} {then}")))
}

/// What a person has to mend before anything is written.
fn stuck(condition: &Condition) -> Option<State> {
    if let Some(obstacle) = &condition.obstacle {
        let what = sentence(obstacle);
        return Some(State::bad(format!("Nothing is written until somebody mends this: {what}")));
    }
    let failure = condition.dead_letters.all.failure.as_deref()?;
    let failure = sentence(failure);
    Some(State::bad(format!("The writer waits until it can put dead letters aside. {failure}")))
}

/// What is defined and cannot be read.
fn unreadable(unreadable: &[String]) -> Option<State> {
    let more = match unreadable.len() {
        0 | 1 => String::new(),
        n => format!(" (and {} more)", count(n as u64 - 1)),
    };
    let first = sentence(&format!("{}{more}", unreadable.first()?));
    let then = "What was known of it before holds on, and nothing of it is lost: a build that can read it goes on with it";
    Some(State::bad(format!("{first} {then}.")))
}

/// How long the oldest event has waited, once it is half of what it may.
fn late(spool: &spool::Status) -> Option<State> {
    let waits = spool.oldest_waits_s.filter(|waits| *waits > spool.max_wait_s / 2)?;
    spool.is_taking().then(|| {
        State::bad(format!(
            "The oldest event that ClickHouse does not have came {} ago. After {} nothing new is accepted until it is written.",
            span(waits),
            span(spool.max_wait_s)
        ))
    })
}

fn clickhouse(condition: &Condition, times: &Times<'_>) -> State {
    let status = &condition.status;
    if let Some(since) = status.away_since {
        let since = times.words(since);
        let kept = format!(" Events are kept{}.", room(status));
        let kept = Some(kept).filter(|_| status.spool.is_taking()).unwrap_or_default();
        let until =
            status.waiting_since.map(|at| format!(" and has what came until {}", times.words(at)));
        let until = until.unwrap_or_default();
        return State::bad(format!("ClickHouse has been away since {since}{until}.{kept}"));
    }
    let last =
        status.last_write_at.map(|at| format!(" The last write was at {}.", times.words(at)));
    let last = last.unwrap_or_default();
    let rest = match condition.is_stuck() {
        true => format!("the rest is kept{}", room(status)),
        false => "the rest is on its way".to_owned(),
    };
    match (status.is_caught_up, status.waiting_since) {
        (true, _) => State::good(format!("ClickHouse has everything.{last}")),
        (false, Some(since)) => {
            let since = times.words(since);
            State::good(format!("ClickHouse has everything until {since}, {rest}.{last}"))
        }
        (false, None) if condition.is_stuck() => {
            State::good(format!("What is left is kept{}.{last}", room(status)))
        }
        (false, None) => State::good(format!("What was left is on its way to ClickHouse.{last}")),
    }
}

/// How long there is room, if that can be said.
fn room(status: &Status) -> String {
    match status.hours_of_room().filter(|_| status.spool.is_taking()) {
        None => String::new(),
        Some(0) => ", with room for less than an hour at the present rate".to_owned(),
        Some(1) => ", with room for about an hour at the present rate".to_owned(),
        Some(n) if n > YEAR_HOURS => {
            ", with room for more than a year at the present rate".to_owned()
        }
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
    use crate::delivery::{Audit, Letters};
    use jiff::tz::TimeZone;

    const NOON: Timestamp = Timestamp::from_millis(1_795_348_800_000);

    fn good() -> Condition {
        let max_wait_s = 7 * 24 * 3_600;
        let spool = spool::Status { max_bytes: 10 << 30, max_wait_s, ..spool::Status::default() };
        let status = Status {
            spool,
            is_caught_up: true,
            n_left_out: 0,
            waiting_since: None,
            last_write_at: Some(NOON),
            away_since: None,
            bytes_per_hour: 100 << 20,
        };
        let audit = Audit { is_on: true, is_own_server: false, last: None };
        let (obstacle, dead_letters) = (None, Letters::default());
        let unreadable = Vec::new();
        Condition { status, obstacle, unreadable, dead_letters, knows_repeats: true, audit }
    }

    fn said(change: impl FnOnce(&mut Condition)) -> String {
        let mut condition = good();
        change(&mut condition);
        let times = Times { now: NOON.plus_millis(3_600_000), zone: &TimeZone::UTC };
        let last = Some(NOON);
        let states = states(&condition, last, &times).into_iter();
        let line =
            |state: State| format!("{} {}", if state.is_bad { "!" } else { "." }, state.sentence);
        let states: Vec<_> = states.map(line).collect();
        format!("{}\n{}", pulse(&condition, last, &times).words, states.join("\n"))
    }

    fn behind(condition: &mut Condition) {
        condition.status.is_caught_up = false;
        condition.status.waiting_since = Some(NOON);
    }

    #[test]
    fn what_flows_is_said() {
        insta::assert_snapshot!(said(|_| {}), @"
        Quiet since 12:00:00
        . ClickHouse has everything. The last write was at 12:00:00.
        . The last live event was kept at 12:00:00.
        ");
        insta::assert_snapshot!(said(behind), @"
        Quiet since 12:00:00
        . ClickHouse has everything until 12:00:00, the rest is on its way. The last write was at 12:00:00.
        . The last live event was kept at 12:00:00.
        ");
    }

    #[test]
    fn away_is_said_with_the_room_that_is_left() {
        insta::assert_snapshot!(said(|condition| {
            behind(condition);
            condition.status.away_since = Some(NOON);
        }), @"
        ClickHouse is away
        ! ClickHouse has been away since 12:00:00 and has what came until 12:00:00. Events are kept, with room for about 102 hours at the present rate.
        . The last live event was kept at 12:00:00.
        ");
        insta::assert_snapshot!(said(|condition| {
            behind(condition);
            condition.status.away_since = Some(NOON);
            condition.status.spool.oldest_waits_s = Some(4 * 24 * 3_600);
        }), @"
        ClickHouse is away
        ! ClickHouse has been away since 12:00:00 and has what came until 12:00:00. Events are kept, with room for about 102 hours at the present rate.
        ! The oldest event that ClickHouse does not have came 4 days ago. After 7 days nothing new is accepted until it is written.
        . The last live event was kept at 12:00:00.
        ");
    }

    #[test]
    fn what_is_not_accepted_is_said_first() {
        insta::assert_snapshot!(said(|condition| {
            condition.status.spool.failure = Some("No space left on device".to_owned());
        }), @"
        Nothing can be kept
        ! The disk refuses: No space left on device. Events are not accepted; browsers keep theirs and come again.
        . ClickHouse has everything. The last write was at 12:00:00.
        . The last live event was kept at 12:00:00.
        ");
        insta::assert_snapshot!(said(|condition| {
            condition.status.away_since = Some(NOON);
            condition.status.spool.n_bytes = condition.status.spool.max_bytes;
        }), @"
        The spool is full
        ! The spool is full. Events are not accepted; browsers keep theirs and come again.
        ! ClickHouse has been away since 12:00:00.
        . The last live event was kept at 12:00:00.
        ");
        insta::assert_snapshot!(said(|condition| {
            behind(condition);
            condition.status.away_since = Some(NOON);
            condition.status.spool.oldest_waits_s = Some(8 * 24 * 3_600);
        }), @"
        Events wait for too long
        ! Events have waited for ClickHouse longer than the 7 days that they may. Events are not accepted; browsers keep theirs and come again.
        ! ClickHouse has been away since 12:00:00 and has what came until 12:00:00.
        . The last live event was kept at 12:00:00.
        ");
    }

    #[test]
    fn what_a_person_has_to_mend_is_said() {
        insta::assert_snapshot!(said(|condition| {
            behind(condition);
            condition.obstacle = Some("events cannot be inserted: `default` may not INSERT".to_owned());
        }), @"
        Somebody has to help
        ! Nothing is written until somebody mends this: Events cannot be inserted: “default” may not INSERT.
        . ClickHouse has everything until 12:00:00, the rest is kept, with room for about 102 hours at the present rate. The last write was at 12:00:00.
        . The last live event was kept at 12:00:00.
        ");
        insta::assert_snapshot!(said(|condition| {
            behind(condition);
            condition.dead_letters.all.failure =
                Some("the dead letters hold 9 bytes and may hold 9: hand some back".to_owned());
        }), @"
        The writer waits
        ! The writer waits until it can put dead letters aside. The dead letters hold 9 bytes and may hold 9: hand some back.
        . ClickHouse has everything until 12:00:00, the rest is kept, with room for about 102 hours at the present rate. The last write was at 12:00:00.
        . The last live event was kept at 12:00:00.
        ");
    }
}
