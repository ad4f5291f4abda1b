//! The days and weeks that are read of an account, in its project's zone.

use analytics::{DateRange, Error, Scope};
use jiff::ToSpan as _;
use jiff::civil::Date;
use protocol::Timestamp;
use std::ops::Range;
use store::{Statement, WeekStart};

/// Weeks that are read before those that are shown: what was usual before the first of them.
const BEFORE: usize = 10;

/// Days of a week.
pub const WEEK: usize = 7;

/// Weeks of the project's own, the last of which runs. Days and weeks are told apart by their
/// number from the first that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// The first day that is read, with which a week begins.
    pub first: Date,
    /// The last day, which is not over.
    pub today: Date,
    /// The number of the first day that is shown.
    pub shown: usize,
    /// When the first day begins.
    start: Timestamp,
    zone: String,
}

impl Calendar {
    /// So many weeks that are over and the running one, as they are `now`.
    ///
    /// # Errors
    /// When they or the project's zone mean nothing.
    pub fn new(weeks: u32, scope: &Scope, now: Timestamp) -> Result<Self, Error> {
        let (today, _) = DateRange::Last { days: 1 }.days(scope, now)?;
        let since = match scope.week_start {
            WeekStart::Monday => today.weekday().to_monday_zero_offset(),
            WeekStart::Sunday => today.weekday().to_sunday_zero_offset(),
        };
        let shown = BEFORE * WEEK;
        let back = i64::from(since) + (i64::from(weeks) + BEFORE as i64) * WEEK as i64;
        let first = today.saturating_sub(back.days());
        let start = DateRange::Between { from: first, to: today }.span(scope, now)?.start;
        Ok(Self { first, today, shown, start, zone: scope.time_zone.clone() })
    }

    /// How many days there are, today among them.
    pub fn n_days(&self) -> usize {
        usize::try_from((self.today - self.first).get_days()).unwrap_or(0) + 1
    }

    /// How many weeks there are, the running one among them.
    pub fn n_weeks(&self) -> usize {
        self.n_days().div_ceil(WEEK)
    }

    /// The number of the first week that is shown.
    pub const fn shown_week(&self) -> usize {
        self.shown / WEEK
    }

    /// The days of some weeks, of those that have begun.
    pub fn days_of(&self, weeks: Range<usize>) -> Range<usize> {
        weeks.start * WEEK..(weeks.end * WEEK).min(self.n_days())
    }

    /// The last weeks that are over, at most so many, of those that are shown.
    pub fn last_weeks(&self, n: usize) -> Range<usize> {
        let end = self.n_weeks().saturating_sub(1);
        end.saturating_sub(n).max(self.shown_week())..end
    }

    /// The first weeks that are shown, at most so many, of those that are over.
    pub fn first_weeks(&self, n: usize) -> Range<usize> {
        let end = self.n_weeks().saturating_sub(1);
        self.shown_week()..(self.shown_week() + n).min(end)
    }

    /// A day.
    pub fn day(&self, number: usize) -> Date {
        self.first.saturating_add(i64::try_from(number).unwrap_or(0).days())
    }

    /// The number of a day; less than 0 for one before the first.
    pub fn number(&self, day: Date) -> i64 {
        i64::from((day - self.first).get_days())
    }

    /// Whether a moment lies in the days that are read.
    pub(super) fn is_read(&self, at: Timestamp) -> bool {
        at >= self.start
    }

    /// The first moment of some days, and the first one after them.
    ///
    /// # Errors
    /// When they lie beyond the calendar.
    pub(super) fn span(
        &self,
        days: Range<usize>,
        scope: &Scope,
        now: Timestamp,
    ) -> Result<(Timestamp, Timestamp), Error> {
        let (from, to) = (self.day(days.start), self.day(days.end.saturating_sub(1)));
        let span = DateRange::Between { from, to }.span(scope, now)?;
        Ok((span.start, span.end))
    }

    /// The number of the day of an event at `at`, as SQL. It needs the parameters of
    /// [`Self::bind`].
    pub(super) fn sql(at: &str) -> String {
        format!("toInt32(toDate32({at}, {{zone:String}})) - {{first_day:Int32}}")
    }

    /// Gives the parameters of [`Self::sql`] their values, and `{from:Int64}` its.
    pub(super) fn bind(&self, statement: Statement) -> Statement {
        let first = (self.first - Date::constant(1970, 1, 1)).get_days();
        statement
            .bind("zone", self.zone.as_str())
            .bind("first_day", i64::from(first))
            .bind("from", self.start)
    }
}
