//! The weeks that are looked at: the running one, nine in which an account may have fallen or come
//! back, and those before by which it is known what is usual.

use super::history::Stretch;
use analytics::{DateRange, Days, InvalidQuery, Period, Periods, Scope};
use jiff::civil::Date;
use protocol::Timestamp;
use std::ops::Range;

/// How many weeks are read.
pub(super) const N: u32 = 19;
/// In how many whole weeks before the running one a fall is a case.
pub(super) const CASES: usize = 8;
/// Days by which it is known how much a day has.
const LOOKED_BACK: usize = 28;
const HOUR_MS: i64 = 60 * 60 * 1_000;

/// A stretch of the week before, and of the week that is compared with it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spans {
    pub(super) before: (Timestamp, Timestamp),
    pub(super) now: (Timestamp, Timestamp),
}

/// Nineteen weeks, of which the last is the running one.
#[derive(Debug)]
pub(super) struct Weeks {
    pub(super) periods: Periods,
    pub(super) days: Days,
    pub(super) now: Timestamp,
    /// The day that is not over, counted from the first.
    pub(super) today: usize,
    /// The hours of each day of the four weeks before it, since 1970, in the project's zone.
    pub(super) days_before: Vec<Range<i64>>,
}

impl Weeks {
    pub(super) fn new(scope: &Scope, now: Timestamp) -> Result<Self, InvalidQuery> {
        let last = DateRange::Last { days: 7 * (N - 1) + 1 };
        let periods = Periods::new(Period::Week, last, scope, now)?;
        let today = usize::try_from(periods.last_day(N - 1, now)?).unwrap_or_default();
        let mut weeks =
            Self { days: periods.by_day(), periods, now, today, days_before: Vec::new() };
        let hours = |number: usize| {
            let day = weeks.date(number);
            let span = DateRange::Between { from: day, to: day }.span(scope, now)?;
            Ok::<_, InvalidQuery>(hour(span.start)..hour(span.end))
        };
        let before = today.saturating_sub(LOOKED_BACK)..today;
        let days_before = before.map(hours).collect::<Result<_, _>>()?;
        weeks.days_before = days_before;
        Ok(weeks)
    }

    /// The number of the running one.
    pub(super) const fn running(&self) -> usize {
        N as usize - 1
    }

    /// The week of a moment; the first for one before it.
    pub(super) fn of(&self, at: Timestamp) -> usize {
        let has_begun = |week: &usize| self.start(*week).is_ok_and(|start| start <= at);
        (0..=self.running()).rev().find(has_begun).unwrap_or(0)
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

    /// A week and the one before it, as far as they are compared.
    pub(super) fn compared(&self, week: usize, stretch: Stretch) -> Result<Spans, InvalidQuery> {
        let span = |week| Ok::<_, InvalidQuery>((self.start(week)?, self.end(week, stretch)?));
        Ok(Spans { before: span(week.saturating_sub(1))?, now: span(week)? })
    }

    /// The moments to which each week's part goes, in milliseconds since 1970.
    pub(super) fn cuts(&self) -> Result<Vec<u64>, InvalidQuery> {
        let cut = |week| self.end(week, Stretch::Part);
        let cuts = (0..=self.running()).map(|week| Ok(cut(week)?.as_millis().unsigned_abs()));
        cuts.collect()
    }

    /// The hours of a stretch that are over, since 1970.
    pub(super) fn hours(&self, week: usize, stretch: Stretch) -> Result<Range<i64>, InvalidQuery> {
        Ok(hour(self.start(week)?)..hour(self.end(week, stretch)?))
    }

    /// The date of a day, counted from the first.
    pub(super) fn date(&self, day: usize) -> Date {
        let first = i32::try_from(self.periods.first_day()).unwrap_or_default();
        let days = first.saturating_add(i32::try_from(day).unwrap_or_default());
        Date::constant(1970, 1, 1).saturating_add(jiff::Span::new().days(days))
    }
}

/// The hour of a moment, since 1970.
fn hour(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(HOUR_MS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::ProjectId;
    use store::WeekStart;
    use store::identity::Grouping;

    #[test]
    fn days_are_those_of_the_zone() {
        let project = ProjectId::parse("p").unwrap();
        let scope = Scope {
            grouping: Grouping::none(project.clone()),
            project,
            time_zone: "Asia/Tokyo".to_owned(),
            week_start: WeekStart::Monday,
            count_automated: false,
        };
        // Monday 23 November 2026 at noon in Greenwich, and at nine in the evening in Tokyo.
        let now = Timestamp::from_millis(1_795_435_200_000);
        let weeks = Weeks::new(&scope, now).unwrap();
        assert_eq!(weeks.days_before.len(), LOOKED_BACK);
        let midnight = hour(now) - 21;
        assert_eq!(weeks.days_before.last(), Some(&(midnight - 24..midnight)));
    }
}
