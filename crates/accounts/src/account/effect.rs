//! What was so before something was done for an account, and after: of core actions by the day, and
//! of how many days a week its people are there.
//!
//! The usual level of a day is told by the weeks before: the median of eight weeks that end two
//! weeks before the day, by the days of the week on which there usually is something. Where the
//! days right before were far below it, it is told when it was reached again.

use super::{Account, PersonUse};
use jiff::civil::Date;
use std::ops::Range;

/// How many days are looked at on either side, two weeks.
const SIDE: i64 = 14;

/// Weeks by which it is told what is usual.
const USUAL_WEEKS: i64 = 8;

/// A day at this share of the usual level has reached it.
const REACHED: f64 = 0.9;

/// The days before are a fall, where they were below this share of the usual level.
const FALLEN: f64 = 0.7;

/// How it went, on one side of a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Side {
    /// How many days of it are known and over.
    pub days: u32,
    /// Core actions by the day.
    pub core_actions_a_day: f64,
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
        let side = |days: Range<i64>| side(account, days);
        let before = side(at - SIDE..at)?;
        let after = side(at..(at + SIDE).min(today));
        let lately = (at + 2 * SIDE <= today).then(|| side(today - SIDE..today)).flatten();
        let level = Level::of(account, at - SIDE);
        let is_after_fall =
            level.as_ref().is_some_and(|level| level.share(account, at - SIDE / 2..at) < FALLEN);
        let recovery = level
            .as_ref()
            .filter(|_| is_after_fall)
            .and_then(|level| level.reached(account, at..today));
        let usual = level.map(|level| level.a_day);
        Some(Self { day, before, after, lately, usual, recovery, is_after_fall })
    }
}

/// How it went on some days that are over; none where there is none.
fn side(account: &Account, days: Range<i64>) -> Option<Side> {
    let n = u32::try_from(days.end - days.start).ok().filter(|n| *n > 0)?;
    let core: u64 = account.days_in(&days).map(|day| day.core_actions).sum();
    Some(Side {
        days: n,
        core_actions_a_day: core as f64 / f64::from(n),
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

/// What is usual.
struct Level {
    a_day: f64,
    /// Of each day of the week, from the first on that is read, whether there usually is something.
    is_usual: [bool; 7],
}

impl Level {
    /// The level of the weeks before a day; none where there was too little in them.
    fn of(account: &Account, until: i64) -> Option<Self> {
        let weeks: Vec<_> = (1..=USUAL_WEEKS).map(|n| until - 7 * n..until - 7 * (n - 1)).collect();
        let weeks: Vec<_> = weeks.into_iter().filter(|week| week.start >= 0).collect();
        if weeks.len() < 2 {
            return None;
        }
        let core = |days: &Range<i64>| account.days_in(days).map(|day| day.core_actions).sum();
        let of_week = median(weeks.iter().map(core).collect());
        let mut is_usual = [false; 7];
        for weekday in 0..7 {
            let of = |week: &Range<i64>| {
                let day = week.start + (weekday - week.start).rem_euclid(7);
                core(&(day..day + 1))
            };
            is_usual[usize::try_from(weekday).ok()?] = median(weeks.iter().map(of).collect()) > 0.0;
        }
        let n_usual = is_usual.iter().filter(|it| **it).count();
        (of_week > 0.0 && n_usual > 0).then(|| Self { a_day: of_week / n_usual as f64, is_usual })
    }

    /// The usual days among some.
    fn usual(&self, days: Range<i64>) -> impl Iterator<Item = i64> {
        days.filter(|day| usize::try_from(day.rem_euclid(7)).is_ok_and(|day| self.is_usual[day]))
    }

    /// What was done on the usual ones of these days, as a share of what is usual.
    fn share(&self, account: &Account, days: Range<i64>) -> f64 {
        let usual: Vec<_> = self.usual(days).collect();
        let core: u64 = usual
            .iter()
            .flat_map(|day| account.days_in(&(*day..day + 1)))
            .map(|day| day.core_actions)
            .sum();
        if usual.is_empty() { 1.0 } else { core as f64 / (usual.len() as f64 * self.a_day) }
    }

    /// The first usual day that reaches it.
    fn reached(&self, account: &Account, days: Range<i64>) -> Option<Recovery> {
        let from = days.start;
        self.usual(days).find_map(|day| {
            let level = self.share(account, day..day + 1);
            let after_days = u32::try_from(day - from).ok()?;
            (level >= REACHED).then_some(Recovery { after_days, level })
        })
    }
}

/// The number in the middle; between two in the middle, their mean.
pub(super) fn median(mut of: Vec<u64>) -> f64 {
    of.sort_unstable();
    match of.len() {
        0 => 0.0,
        n if n % 2 == 1 => of[n / 2] as f64,
        n => (of[n / 2 - 1] + of[n / 2]) as f64 / 2.0,
    }
}
