//! The periods directly before a range, and the part of one of them that another has had so far.

use super::{HOUR_MS, Period, Periods, civil};
use crate::query::InvalidQuery;
use jiff::ToSpan as _;
use protocol::Timestamp;

impl Periods {
    /// Periods that begin at least `n` before these, and the number that the first of these has
    /// among them.
    ///
    /// # Errors
    /// When they lie beyond the calendar.
    pub(crate) fn with_before(&self, n: u32) -> Result<(Self, u32), InvalidQuery> {
        if self.period != Period::Hour {
            let first = self.day(-i64::from(n));
            return Ok((Self { first, n: self.n + n, ..self.clone() }, n));
        }
        // A day may have 23 hours.
        let days = i64::from(n.div_ceil(23));
        let first = self.first.saturating_sub(days.days());
        let before = self.start(0)?.as_millis() - self.begin(first)?.as_millis();
        let before = u32::try_from(before / HOUR_MS).unwrap_or(n);
        Ok((Self { first, n: self.n + before, ..self.clone() }, before))
    }

    /// Periods that begin a year before these, and the number that the first of these has among
    /// them: 52 weeks before, so that the days of the week are the same, and of months twelve.
    ///
    /// # Errors
    /// When they lie beyond the calendar.
    pub(crate) fn with_last_year(&self) -> Result<(Self, u32), InvalidQuery> {
        let n = match self.period {
            Period::Hour => {
                let first = self.first.saturating_sub((52 * 7).days());
                let before = self.start(0)?.as_millis() - self.begin(first)?.as_millis();
                let before = u32::try_from(before / HOUR_MS).unwrap_or_default();
                return Ok((Self { first, n: self.n + before, ..self.clone() }, before));
            }
            Period::Day => 52 * 7,
            Period::WorkingDay => 52 * 5,
            Period::Week => 52,
            Period::Month => 12,
        };
        self.with_before(n)
    }

    /// The days from the first one of these on, whose parameters begin with `day_`.
    pub(crate) fn by_day(&self) -> Self {
        Self { period: Period::Day, prefix: "day_", ..self.clone() }
    }

    /// The number of the last day of a period among [`Self::by_day`]; of a period that is not over
    /// that of `now`.
    ///
    /// # Errors
    /// When it lies beyond the calendar.
    pub(crate) fn last_day(&self, number: u32, now: Timestamp) -> Result<i64, InvalidQuery> {
        let last = self.end(number)?.plus_millis(-1).min(now);
        Ok(i64::from((civil(last, &self.zone).date() - self.first).get_days()))
    }

    /// The moment at which a period is as far as the period `of` is `now`: on the same of its
    /// days, at the same time of the day; its end, where it has no such day.
    ///
    /// # Errors
    /// When it lies beyond the calendar.
    pub(crate) fn same_part(
        &self,
        number: u32,
        of: u32,
        now: Timestamp,
    ) -> Result<Timestamp, InvalidQuery> {
        let end = self.end(number)?;
        if self.period == Period::Hour {
            let passed = now.as_millis() - self.start(of)?.as_millis();
            return Ok(self.start(number)?.plus_millis(passed).min(end));
        }
        let now = civil(now, &self.zone);
        let days = (now.date() - self.day(i64::from(of))).get_days();
        let day = self.day(i64::from(number)).saturating_add(days.days());
        let at = day.to_datetime(now.time()).to_zoned(self.zone.clone());
        let at = at.map_err(|_| InvalidQuery::DateOutOfReach(day))?;
        Ok(Timestamp::from_millis(at.timestamp().as_millisecond()).min(end))
    }
}
