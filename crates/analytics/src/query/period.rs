//! How time is cut into periods: the project's own hours, days, weeks and months.
//!
//! Days, weeks and months are those of the calendar in the project's zone, however many hours
//! they have, and weeks begin on its first day of the week. A range of days is made of the whole
//! periods that it touches. Periods are told apart by their number; the first one is 0.

mod before;

use super::date_range::zone;
use super::{DateRange, InvalidQuery, Scope};
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use std::ops::Deref;
use store::{Statement, WeekStart};

/// The most periods of a range.
pub(super) const MAX: u32 = 400;

const HOUR_MS: i64 = 60 * 60 * 1_000;

/// How long a period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// Sixty minutes.
    Hour,
    /// A day.
    Day,
    /// A day from Monday to Friday; weekends are as if they were not.
    WorkingDay,
    /// Seven days.
    #[default]
    Week,
    /// A month of the calendar.
    Month,
}

/// A range of days, cut into periods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Periods {
    period: Period,
    zone: TimeZone,
    /// The day that the first one begins on; of hours the day to whose beginning they are counted.
    first: Date,
    /// How many hours before that day the first one begins; 0 of all other periods.
    hours_before: i64,
    /// How many of them there are in the range and have begun.
    n: u32,
    /// What the names of its parameters begin with.
    prefix: &'static str,
}

/// Periods of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Days(Periods);

impl Deref for Days {
    type Target = Periods;

    fn deref(&self) -> &Periods {
        &self.0
    }
}

impl Days {
    /// The days of a range: see [`Periods::new`].
    ///
    /// # Errors
    /// As that.
    pub fn new(days: DateRange, scope: &Scope, now: Timestamp) -> Result<Self, InvalidQuery> {
        Periods::new(Period::Day, days, scope, now).map(Self)
    }

    /// The number of the day of an event at `at`, as SQL, also of one before the range. It needs
    /// the parameters of [`Periods::bind`].
    pub fn number_sql(&self, at: &str) -> String {
        let p = self.prefix;
        format!("toInt32(toDate32({at}, {{{p}zone:String}})) - {{{p}first_day:Int32}}")
    }
}

impl Periods {
    /// Cuts the days of a range, as they are `now`. What has not begun is left out.
    ///
    /// # Errors
    /// When the days or the project's zone mean nothing, or there are too many periods, or none.
    pub fn new(
        period: Period,
        days: DateRange,
        scope: &Scope,
        now: Timestamp,
    ) -> Result<Self, InvalidQuery> {
        let periods = Self::touched(period, days, scope, now)?;
        match periods.n {
            0..=MAX => Ok(periods),
            n => {
                let (from, to) = days.days(scope, now)?;
                Err(InvalidQuery::TooManyPeriods { from, to, n })
            }
        }
    }

    /// The same, however many there are.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn touched(
        period: Period,
        days: DateRange,
        scope: &Scope,
        now: Timestamp,
    ) -> Result<Self, InvalidQuery> {
        let zone = zone(scope)?;
        let (from, to) = days.days(scope, now)?;
        let first = period.first_day(from, scope.week_start);
        let none = Self { period, zone, first, hours_before: 0, n: 0, prefix: "" };
        if first > to {
            return Err(InvalidQuery::NoPeriod { from, to });
        }
        let last = days.span(scope, now)?.end.plus_millis(-1).min(now);
        let n = none.number(last).map_or(0, |last| last + 1);
        Ok(Self { n, ..none })
    }

    /// The same, whose parameters begin with `prefix`: where a statement has periods of two kinds.
    pub fn named(self, prefix: &'static str) -> Self {
        Self { prefix, ..self }
    }

    /// How many there are.
    pub const fn len(&self) -> u32 {
        self.n
    }

    /// Whether none has begun.
    pub const fn is_empty(&self) -> bool {
        self.n == 0
    }

    /// The first day of the first one, in days since 1970.
    pub fn first_day(&self) -> i64 {
        self.first_day_of(0)
    }

    /// The first day of one, also of one after the range, in days since 1970.
    pub fn first_day_of(&self, number: u32) -> i64 {
        let epoch = Date::constant(1970, 1, 1);
        i64::from((self.day(i64::from(number)) - epoch).get_days())
    }

    /// The month of the first day, as `toRelativeMonthNum` counts them.
    pub fn first_month(&self) -> i64 {
        months(self.first)
    }

    /// The moment at which a period begins, also of one after the range.
    pub fn start(&self, number: u32) -> Result<Timestamp, InvalidQuery> {
        if self.period == Period::Hour {
            return self.hour(i64::from(number));
        }
        self.begin(self.day(i64::from(number)))
    }

    /// The moment at which the period begins that is so many before the first.
    pub fn start_before(&self, n: u32) -> Result<Timestamp, InvalidQuery> {
        match self.period {
            Period::Hour => self.hour(-i64::from(n)),
            _ => self.begin(self.day(-i64::from(n))),
        }
    }

    /// The moment at which a period begins, and the first after it; those before the range have numbers
    /// below 0.
    ///
    /// # Errors
    /// When it lies beyond the calendar.
    pub(crate) fn bounds(&self, number: i64) -> Result<[Timestamp; 2], InvalidQuery> {
        match self.period {
            Period::Hour => Ok([self.hour(number)?, self.hour(number + 1)?]),
            Period::WorkingDay => {
                let day = self.day(number);
                Ok([self.begin(day)?, self.begin(day.saturating_add(1.day()))?])
            }
            _ => Ok([self.begin(self.day(number))?, self.begin(self.day(number + 1))?]),
        }
    }

    /// Whether there are moments between two periods.
    pub(crate) const fn has_gaps(&self) -> bool {
        matches!(self.period, Period::WorkingDay)
    }

    /// Whether a moment is in a period at all, also in one before the range: what [`Self::is_in_one`]
    /// says in SQL.
    pub(crate) fn has(&self, at: Timestamp) -> bool {
        let is_weekend =
            || matches!(civil(at, &self.zone).weekday(), Weekday::Saturday | Weekday::Sunday);
        !self.has_gaps() || !is_weekend()
    }

    /// The moment at which an hour begins.
    fn hour(&self, number: i64) -> Result<Timestamp, InvalidQuery> {
        Ok(self.begin(self.first)?.plus_millis((number - self.hours_before) * HOUR_MS))
    }

    /// How many of them are over.
    ///
    /// # Errors
    /// When a period lies beyond the calendar.
    pub fn n_over(&self, now: Timestamp) -> Result<u32, InvalidQuery> {
        self.n_over_after(0, now)
    }

    /// Of how many of them the period `after` periods later is over.
    ///
    /// # Errors
    /// When a period lies beyond the calendar.
    pub fn n_over_after(&self, after: u32, now: Timestamp) -> Result<u32, InvalidQuery> {
        for n in (0..self.n).rev() {
            if self.end(n + after)? <= now {
                return Ok(n + 1);
            }
        }
        Ok(0)
    }

    /// The first moment after a period.
    pub fn end(&self, number: u32) -> Result<Timestamp, InvalidQuery> {
        match self.period {
            // What lies between two working days is of neither.
            Period::WorkingDay => self.begin(self.day(i64::from(number)).saturating_add(1.day())),
            _ => self.start(number + 1),
        }
    }

    /// What to call a period: its first day, or that and the hour.
    pub fn name(&self, number: u32) -> Result<String, InvalidQuery> {
        if self.period != Period::Hour {
            return Ok(self.day(i64::from(number)).to_string());
        }
        let start = civil(self.start(number)?, &self.zone);
        Ok(start.strftime("%Y-%m-%dT%H:%M").to_string())
    }

    /// The number of the period of a moment; none of one before all of them, or between two.
    fn number(&self, at: Timestamp) -> Option<u32> {
        if self.period == Period::Hour {
            let first = self.hour(0).ok()?;
            let hours = at.millis_since(first).div_euclid(HOUR_MS);
            return u32::try_from(hours).ok();
        }
        let day = civil(at, &self.zone).date();
        let days = i64::from((day - self.first).get_days());
        let number = match self.period {
            Period::Hour | Period::Day => days,
            Period::WorkingDay => {
                // Of a weekend it is the last working day before it.
                let offset = monday_offset(self.first);
                let days = days + offset;
                days.div_euclid(7) * 5 + days.rem_euclid(7).min(4) - offset
            }
            Period::Week => days.div_euclid(7),
            Period::Month => months(day) - months(self.first),
        };
        u32::try_from(number).ok()
    }

    /// The day that a period of days begins on; those before the first have numbers below 0.
    fn day(&self, n: i64) -> Date {
        let after = match self.period {
            Period::Hour | Period::Day => n.days(),
            Period::Week => (n * 7).days(),
            Period::Month => n.months(),
            Period::WorkingDay => {
                let offset = monday_offset(self.first);
                let working = n + offset;
                (working.div_euclid(5) * 7 + working.rem_euclid(5) - offset).days()
            }
        };
        self.first.saturating_add(after)
    }

    fn begin(&self, day: Date) -> Result<Timestamp, InvalidQuery> {
        let start = day.to_zoned(self.zone.clone());
        let start = start.map_err(|_| InvalidQuery::DateOutOfReach(day))?;
        Ok(Timestamp::from_millis(start.timestamp().as_millisecond()))
    }

    /// The number of the period of an event at `at`, as SQL: -1 before all of them. It needs the
    /// parameters of [`Self::bind`], and that [`Self::is_in_one`] holds.
    pub fn sql(&self, at: &str) -> String {
        let p = self.prefix;
        let day = format!("toInt32(toDate32({at}, {{{p}zone:String}}))");
        let number = match self.period {
            Period::Hour => format!("intDiv({} - {{{p}first_ms:Int64}}, {HOUR_MS})", millis(at)),
            Period::Day => format!("{day} - {{{p}first_day:Int32}}"),
            Period::Week => format!("intDiv({day} - {{{p}first_day:Int32}}, 7)"),
            Period::WorkingDay => {
                let days = format!("({day} - {{{p}first_day:Int32}} + {{{p}offset:Int32}})");
                format!("intDiv({days}, 7) * 5 + {days} % 7 - {{{p}offset:Int32}}")
            }
            Period::Month => {
                format!("toRelativeMonthNum({at}, {{{p}zone:String}}) - {{{p}first_month:Int32}}")
            }
        };
        format!("if({} < {{{p}first_ms:Int64}}, -1, toInt32({number}))", millis(at))
    }

    /// Whether an event at `at` is in a period at all, as SQL.
    pub fn is_in_one(&self, at: &str) -> Option<String> {
        let p = self.prefix;
        let is_working_day = || format!("toDayOfWeek({at}, 0, {{{p}zone:String}}) <= 5");
        (self.period == Period::WorkingDay).then(is_working_day)
    }

    /// Gives the parameters of [`Self::sql`] and [`Self::is_in_one`] their values.
    pub fn bind(&self, statement: Statement) -> Result<Statement, InvalidQuery> {
        let named = |name: &str| format!("{}{name}", self.prefix);
        let statement = statement.bind(named("first_ms"), self.start(0)?.as_millis());
        let zone = self.zone.iana_name().unwrap_or("UTC");
        let first_day = self.first_day();
        Ok(match self.period {
            Period::Hour => statement,
            Period::Day | Period::Week => {
                statement.bind(named("zone"), zone).bind(named("first_day"), first_day)
            }
            Period::WorkingDay => {
                let statement =
                    statement.bind(named("zone"), zone).bind(named("first_day"), first_day);
                statement.bind(named("offset"), monday_offset(self.first))
            }
            Period::Month => {
                statement.bind(named("zone"), zone).bind(named("first_month"), months(self.first))
            }
        })
    }
}

impl Period {
    /// The day that the period of a day begins on; the next one of a day that is in none.
    fn first_day(self, day: Date, week_start: WeekStart) -> Date {
        match self {
            Self::Hour | Self::Day => day,
            Self::Week => {
                let since = match week_start {
                    WeekStart::Monday => day.weekday().to_monday_zero_offset(),
                    WeekStart::Sunday => day.weekday().to_sunday_zero_offset(),
                };
                day.saturating_sub(i64::from(since).days())
            }
            Self::WorkingDay => match day.weekday() {
                Weekday::Saturday => day.saturating_add(2.days()),
                Weekday::Sunday => day.saturating_add(1.day()),
                _ => day,
            },
            Self::Month => day.first_of_month(),
        }
    }
}

fn millis(at: &str) -> String {
    format!("toUnixTimestamp64Milli({at})")
}

/// Days since Monday.
fn monday_offset(day: Date) -> i64 {
    i64::from(day.weekday().to_monday_zero_offset())
}

/// Months since the year 0, as `toRelativeMonthNum` counts them.
fn months(day: Date) -> i64 {
    i64::from(day.year()) * 12 + i64::from(day.month())
}

fn civil(at: Timestamp, zone: &TimeZone) -> jiff::civil::DateTime {
    let at = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or(jiff::Timestamp::MAX);
    at.to_zoned(zone.clone()).datetime()
}
