//! Periods by hand: a list of them, made by walking through the calendar of Zurich, in which each
//! moment is looked up.

use analytics::Period;
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday, date};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use store::WeekStart;

/// The zone of the histories, whose clock turns back on 25 October 2026.
pub(crate) const ZONE: &str = "Europe/Zurich";
const FIRST: Date = date(2026, 10, 17);
const HOUR_MS: i64 = 3_600_000;

/// The first moment of a day.
pub(crate) fn midnight(day: Date) -> i64 {
    let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
    day.to_zoned(zone).map_or(0, |start| start.timestamp().as_millisecond())
}

/// A day of the histories.
pub(crate) fn day(days: i64) -> Date {
    FIRST.saturating_add(days.days())
}

/// Moments about midnights, about the hour that is there twice, about weekends and the end of a
/// month.
pub(crate) fn at() -> impl Strategy<Value = i64> {
    let beside = prop_oneof![
        Just(-1),
        Just(0),
        Just(2 * HOUR_MS),
        Just(3 * HOUR_MS - 1),
        Just(12 * HOUR_MS),
    ];
    (0_i64..32, beside).prop_map(|(days, beside)| midnight(day(days)) + beside)
}

/// The periods from the first one of the range on: their first moments, and those after them.
#[derive(Debug)]
pub(crate) struct Calendar {
    pub(crate) periods: Vec<(i64, i64)>,
    /// How many of them are cohorts.
    pub(crate) n: usize,
}

impl Calendar {
    /// Walks through the calendar of Zurich.
    pub(crate) fn new(
        period: Period,
        (from, to): (Date, Date),
        week_start: WeekStart,
        now: i64,
    ) -> Self {
        let of_days = |first: Date, step: jiff::Span| {
            let days = (0_i32..500).map(move |n| first.saturating_add(step * i64::from(n)));
            let days: Vec<_> = days.collect();
            days.windows(2).map(|two| (midnight(two[0]), midnight(two[1]))).collect::<Vec<_>>()
        };
        let mut periods = match period {
            Period::Hour => {
                let start = |n: i64| midnight(from) + n * HOUR_MS;
                (0..2_000).map(|n| (start(n), start(n + 1))).collect()
            }
            Period::Day | Period::WorkingDay => of_days(from, 1.day()),
            Period::Week => {
                let begins = match week_start {
                    WeekStart::Monday => Weekday::Monday,
                    WeekStart::Sunday => Weekday::Sunday,
                };
                let mut first = from;
                while first.weekday() != begins {
                    first = first.saturating_sub(1.day());
                }
                of_days(first, 7.days())
            }
            Period::Month => of_days(date(from.year(), from.month(), 1), 1.month()),
        };
        if period == Period::WorkingDay {
            periods.retain(|(start, _)| !is_weekend(*start));
        }
        let end = midnight(to.saturating_add(1.day()));
        let n = periods.iter().filter(|(start, _)| *start < end && *start <= now);
        let n = n.count();
        Self { periods, n }
    }

    /// The number of the period of a moment: -1 before all of them, none outside of them.
    pub(crate) fn number(&self, at: i64) -> Option<i64> {
        let number = self.periods.iter().position(|(start, end)| *start <= at && at < *end);
        match number {
            Some(number) => Some(number as i64),
            None => (at < self.periods[0].0).then_some(-1),
        }
    }
}

/// The day that a moment is on.
pub(crate) fn date_of(at: i64) -> Date {
    let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
    let at = jiff::Timestamp::from_millisecond(at).unwrap_or_default();
    at.to_zoned(zone).date()
}

/// Whether it is on a Saturday or a Sunday.
pub(crate) fn is_weekend(at: i64) -> bool {
    matches!(date_of(at).weekday(), Weekday::Saturday | Weekday::Sunday)
}
