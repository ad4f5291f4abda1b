//! The periods directly before a range, and the part of one of them that another has had so far.

use super::{Days, HOUR_MS, Period, Periods, civil};
use crate::query::InvalidQuery;
use jiff::ToSpan as _;
use protocol::Timestamp;

impl Periods {
    /// The same with the `n` before them: the first of these has this number then.
    pub fn with_before(&self, n: u32) -> Self {
        match self.period {
            // Not whole days of them: a day may have half an hour more.
            Period::Hour => {
                let hours_before = self.hours_before + i64::from(n);
                Self { hours_before, n: self.n + n, ..self.clone() }
            }
            _ => Self { first: self.day(-i64::from(n)), n: self.n + n, ..self.clone() },
        }
    }

    /// The same with those from a year before on, and the number that the first of these has then:
    /// 52 weeks before, so that the days of the week are the same, and of months twelve. Hours are
    /// whole hours before; where clocks differ by half an hour, half an hour later.
    ///
    /// # Errors
    /// When they lie beyond the calendar.
    pub fn with_last_year(&self) -> Result<(Self, u32), InvalidQuery> {
        let n = match self.period {
            Period::Hour => {
                let first = self.begin(self.first.saturating_sub((52 * 7).days()))?;
                let before = self.start(0)?.as_millis() - first.as_millis();
                u32::try_from(before / HOUR_MS).unwrap_or_default()
            }
            Period::Day => 52 * 7,
            Period::WorkingDay => 52 * 5,
            Period::Week => 52,
            Period::Month => 12,
        };
        Ok((self.with_before(n), n))
    }

    /// The days from the first one of these on, whose parameters begin with `day_`.
    pub fn by_day(&self) -> Days {
        Days(Self { period: Period::Day, prefix: "day_", ..self.clone() })
    }

    /// The number of the last day of a period among [`Self::by_day`]; of a period that is not over
    /// that of `now`.
    ///
    /// # Errors
    /// When it lies beyond the calendar.
    pub fn last_day(&self, number: u32, now: Timestamp) -> Result<i64, InvalidQuery> {
        let last = self.end(number)?.plus_millis(-1).min(now);
        Ok(i64::from((civil(last, &self.zone).date() - self.first).get_days()))
    }

    /// So many days that end with the last day of a period, or with today where it is not over: when
    /// they begin, and what to call the first and the last of them.
    ///
    /// # Errors
    /// When they lie beyond the calendar.
    pub fn days_to(
        &self,
        number: u32,
        days: u32,
        now: Timestamp,
    ) -> Result<(Timestamp, [String; 2]), InvalidQuery> {
        let last = self.first.saturating_add(self.last_day(number, now)?.days());
        let first = last.saturating_sub(i64::from(days.saturating_sub(1)).days());
        Ok((self.begin(first)?, [first.to_string(), last.to_string()]))
    }

    /// The moment at which a period is as far as the period `of` is `now`: on the same of its
    /// days, at the same time of the day; its end, where it has no such day.
    ///
    /// # Errors
    /// When it lies beyond the calendar.
    pub fn same_part(
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
