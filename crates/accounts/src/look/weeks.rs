//! The weeks that are looked at: the running one, nine in which an account may have fallen or come
//! back, and those before by which it is known what is usual.

use super::history::Stretch;
use analytics::{DateRange, Days, InvalidQuery, Period, Periods, Scope};
use jiff::civil::Date;
use protocol::Timestamp;

/// How many weeks are read.
pub(super) const N: u32 = 19;
/// In how many whole weeks before the running one a fall is a case.
pub(super) const CASES: usize = 8;
const HOUR_MS: i64 = 60 * 60 * 1_000;

/// Nineteen weeks, of which the last is the running one.
#[derive(Debug)]
pub(super) struct Weeks {
    pub(super) periods: Periods,
    pub(super) days: Days,
    pub(super) now: Timestamp,
    /// The day that is not over, counted from the first.
    pub(super) today: usize,
}

impl Weeks {
    pub(super) fn new(scope: &Scope, now: Timestamp) -> Result<Self, InvalidQuery> {
        let last = DateRange::Last { days: 7 * (N - 1) + 1 };
        let periods = Periods::new(Period::Week, last, scope, now)?;
        let today = usize::try_from(periods.last_day(N - 1, now)?).unwrap_or_default();
        Ok(Self { days: periods.by_day(), periods, now, today })
    }

    /// The number of the running one.
    pub(super) const fn running(&self) -> usize {
        N as usize - 1
    }

    pub(super) fn start(&self, week: usize) -> Result<Timestamp, InvalidQuery> {
        self.periods.start(u32::try_from(week).unwrap_or(N))
    }

    /// Where a week ends that is compared so far.
    pub(super) fn end(&self, week: usize, stretch: Stretch) -> Result<Timestamp, InvalidQuery> {
        let week = u32::try_from(week).unwrap_or(N);
        match stretch {
            Stretch::Part => self.periods.same_part(week, N - 1, self.now),
            Stretch::Whole => Ok(self.periods.end(week)?.min(self.now)),
        }
    }

    /// The moments to which each week's part goes, in milliseconds since 1970.
    pub(super) fn cuts(&self) -> Result<Vec<u64>, InvalidQuery> {
        let cut = |week| self.end(week, Stretch::Part);
        let cuts = (0..=self.running()).map(|week| Ok(cut(week)?.as_millis().unsigned_abs()));
        cuts.collect()
    }

    /// The hours of a stretch that are over, since 1970.
    pub(super) fn hours(
        &self,
        week: usize,
        stretch: Stretch,
    ) -> Result<std::ops::Range<i64>, InvalidQuery> {
        let hour = |at: Timestamp| at.as_millis().div_euclid(HOUR_MS);
        Ok(hour(self.start(week)?)..hour(self.end(week, stretch)?))
    }

    /// The date of a day, counted from the first.
    pub(super) fn date(&self, day: usize) -> Date {
        let first = i32::try_from(self.periods.first_day()).unwrap_or_default();
        let days = first.saturating_add(i32::try_from(day).unwrap_or_default());
        Date::constant(1970, 1, 1).saturating_add(jiff::Span::new().days(days))
    }
}
