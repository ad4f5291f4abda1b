//! What was so before something was done for an account, and after: of core actions by the day, and
//! of how many days a week its people are there.
//!
//! What is usual is so two weeks before the day. Where the days right before were far below it, it
//! is told when the account was back ([`crate::level`]).

use super::{Account, PersonUse};
use crate::level::Level;
use jiff::civil::Date;
use std::ops::Range;

/// How many days are looked at on either side, two weeks.
const SIDE: i64 = 14;

/// The days before are a fall, where they were below this share of the usual level.
const FALLEN: f64 = 0.7;

/// How it went, on one side of a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Side {
    /// How many days of it are known and over.
    pub days: u32,
    /// Core actions by the week; of some days of one, by what these usually have of it.
    pub core_actions_a_week: f64,
    /// Of the seven days of a week, on what share an active person was there; none where nobody was.
    pub active_days: Option<f64>,
    /// People who were there.
    pub people: u32,
}

/// When the usual level was reached again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recovery {
    /// How many days later.
    pub after_days: u32,
    /// The core actions of that day, as a share of the usual level.
    pub level: f64,
}

/// What was so before a day, after it, and lately.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// The day.
    pub day: Date,
    /// The two weeks before it.
    pub before: Side,
    /// The two weeks from it on, as far as they are over; none as long as no day of them is.
    pub after: Option<Side>,
    /// The last two weeks that are over, where they lie behind those.
    pub lately: Option<Side>,
    /// The usual core actions of a day with any, before all of that.
    pub usual: Option<f64>,
    /// When that was reached again, where it was not before.
    pub recovery: Option<Recovery>,
    /// Whether the days before were far below what is usual.
    pub is_after_fall: bool,
}

impl Effect {
    /// Reads it off the days of an account; none of a day that is not read with two weeks before
    /// it, or is still to come.
    pub fn of(account: &Account, day: Date) -> Option<Self> {
        let at = account.calendar.number(day);
        let today = i64::try_from(account.calendar.n_days()).ok()? - 1;
        if at < SIDE || at > today {
            return None;
        }
        let core: Vec<u64> = account.days.iter().map(|day| day.core_actions).collect();
        let number = |day: i64| usize::try_from(day).unwrap_or(0);
        let level = Level::usual(&core, number(at - SIDE));
        let side = |days: Range<i64>| {
            let n_weeks = weeks(number(days.start)..number(days.end), level);
            side(account, days, n_weeks)
        };
        let before = side(at - SIDE..at)?;
        let after = side(at..(at + SIDE).min(today));
        let lately = (at + 2 * SIDE <= today).then(|| side(today - SIDE..today)).flatten();
        let week_before = number(at - SIDE / 2)..number(at);
        let is_after_fall = level.is_some_and(|it| it.share(&core, week_before) < FALLEN);
        let back = level.filter(|_| is_after_fall);
        let back = back.and_then(|level| level.back(&core, number(at)..number(today)));
        let recovery = back.and_then(|back| {
            let after_days = u32::try_from(back.day.checked_sub(number(at))?).ok()?;
            Some(Recovery { after_days, level: back.share })
        });
        let usual = level.map(|level| level.a_day());
        Some(Self { day, before, after, lately, usual, recovery, is_after_fall })
    }
}

/// How many weeks some days are: a weekend is hardly any of one, where nobody is there then.
fn weeks(days: Range<usize>, usual: Option<Level>) -> f64 {
    let n = days.len() as f64 / 7.0;
    let usual = usual.filter(|_| n.fract() > 0.0).map(|level| level.weeks(days));
    usual.filter(|n| *n > 0.0).unwrap_or(n)
}

/// How it went on some days that are over and so many weeks; none where there is none.
fn side(account: &Account, days: Range<i64>, n_weeks: f64) -> Option<Side> {
    let n = u32::try_from(days.end - days.start).ok().filter(|n| *n > 0)?;
    let core: u64 = account.days_in(&days).map(|day| day.core_actions).sum();
    Some(Side {
        days: n,
        core_actions_a_week: core as f64 / n_weeks,
        active_days: active_days(&account.people, &days),
        people: people_in(&account.people, &days),
    })
}

/// How many people were there on these days.
fn people_in(people: &[PersonUse], days: &Range<i64>) -> u32 {
    let n = people.iter().filter(|person| person.days_in(days) > 0).count();
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Of the seven days of a week, on what share a person of that week was there: of the weeks that
/// end with the last of these days, the mean over all their people.
pub(super) fn active_days(people: &[PersonUse], days: &Range<i64>) -> Option<f64> {
    let (mut n_days, mut n_people) = (0, 0);
    let mut end = days.end;
    while end - 7 >= days.start {
        for person in people {
            let n = person.days_in(&(end - 7..end));
            n_days += n;
            n_people += usize::from(n > 0);
        }
        end -= 7;
    }
    (n_people > 0).then(|| n_days as f64 / (7 * n_people) as f64)
}
