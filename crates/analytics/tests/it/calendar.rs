//! Periods by hand: a list of them, made by walking through the calendar of a zone, in which each
//! moment is looked up.

use crate::history::Happening;
use crate::random::{self, Rules};
use analytics::{Period, Scope};
use anyhow::Result;
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday, date};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use std::sync::LazyLock;
use store::WeekStart;

pub(crate) const HOUR_MS: i64 = 3_600_000;
const MINUTE_MS: i64 = 60_000;

/// A month or so in some zone.
#[derive(Debug)]
pub(crate) struct Season {
    zone: TimeZone,
    first: Date,
}

/// Days of 23 and 25 hours, and of half an hour less or more; months of 28, 30 and 31 days, and
/// ranges that begin on the 31st.
static SEASONS: LazyLock<[Season; 6]> = LazyLock::new(|| {
    [
        ("Europe/Zurich", date(2026, 10, 17)),
        ("Europe/Berlin", date(2026, 3, 21)),
        ("America/New_York", date(2026, 10, 24)),
        ("Australia/Lord_Howe", date(2026, 9, 26)),
        ("Australia/Lord_Howe", date(2026, 3, 28)),
        ("Asia/Kolkata", date(2026, 1, 28)),
    ]
    .map(|(zone, first)| Season { zone: TimeZone::get(zone).unwrap_or(TimeZone::UTC), first })
});

/// One of them.
pub(crate) fn season() -> impl Strategy<Value = &'static Season> {
    (0..SEASONS.len()).prop_map(|n| &SEASONS[n])
}

/// A history in one of them, with some of it in any other; or in a quarter of an hour of a day or
/// two, of one user mostly.
pub(crate) fn history() -> impl Strategy<Value = Vec<Happening>> {
    prop_oneof![3 => season().prop_flat_map(spread), 1 => season().prop_flat_map(crowded)]
}

fn spread(season: &'static Season) -> impl Strategy<Value = Vec<Happening>> {
    let elsewhere = self::season().prop_flat_map(Season::at);
    let at = prop_oneof![19 => season.at(), 1 => elsewhere];
    prop::collection::vec(random::happening(at), 1..12)
}

fn crowded(season: &'static Season) -> impl Strategy<Value = Vec<Happening>> {
    let at = move |day: i64| {
        let minutes = prop::sample::select(vec![0, 5, 10]);
        let at = move |(later, minutes)| season.noon(day + later) + minutes * MINUTE_MS;
        (prop_oneof![3 => Just(0_i64), 1 => Just(9)], minutes).prop_map(at)
    };
    let events = move |day| prop::collection::vec(random::happening(at(day)), 3..12);
    let signed_in = |mut event: Happening| {
        if event.user_id.is_empty() && event.anonymous_id == "a" {
            event.user_id = "u".to_owned();
        }
        event
    };
    (0_i64..32)
        .prop_flat_map(events)
        .prop_map(move |events| events.into_iter().map(signed_in).collect())
}

impl Season {
    /// The settings of a project in this zone, which leaves its staff out.
    pub(crate) fn scope(&self, week_start: WeekStart, rules: Rules) -> Result<Scope> {
        let zone = self.zone.iana_name().unwrap_or("UTC");
        Ok(Scope { week_start, ..random::scope(zone, rules)? })
    }

    /// Half a day after the first moment of one.
    fn noon(&self, days: i64) -> i64 {
        self.midnight(self.day(days)) + 12 * HOUR_MS
    }

    /// The first moment of a day.
    pub(crate) fn midnight(&self, day: Date) -> i64 {
        let start = day.to_zoned(self.zone.clone());
        start.map_or(0, |start| start.timestamp().as_millisecond())
    }

    /// A day of it.
    pub(crate) fn day(&self, days: i64) -> Date {
        self.first.saturating_add(days.days())
    }

    /// Long after everything, of all seasons.
    pub(crate) fn late(&self) -> i64 {
        self.midnight(date(2027, 8, 14))
    }

    /// Moments about midnights, about the hour at which clocks are changed, about weekends and the
    /// ends of months.
    pub(crate) fn at(&'static self) -> impl Strategy<Value = i64> + 'static {
        let beside = prop_oneof![
            2 => Just(-1),
            2 => Just(0),
            2 => Just(2 * HOUR_MS),
            1 => Just(2 * HOUR_MS + HOUR_MS / 2),
            2 => Just(3 * HOUR_MS - 1),
            2 => Just(12 * HOUR_MS),
            1 => Just(12 * HOUR_MS + 5 * MINUTE_MS),
            1 => Just(12 * HOUR_MS + 10 * MINUTE_MS),
            1 => Just(23 * HOUR_MS + HOUR_MS / 2),
        ];
        (0_i64..32, beside).prop_map(|(days, beside)| self.midnight(self.day(days)) + beside)
    }

    /// The day and the time of a moment.
    pub(crate) fn civil(&self, at: i64) -> jiff::civil::DateTime {
        let at = jiff::Timestamp::from_millisecond(at).unwrap_or_default();
        at.to_zoned(self.zone.clone()).datetime()
    }

    /// The moment at which it is so late.
    pub(crate) fn moment(&self, civil: jiff::civil::DateTime) -> Option<i64> {
        let at = civil.to_zoned(self.zone.clone()).ok()?;
        Some(at.timestamp().as_millisecond())
    }

    /// The day that a moment is on.
    pub(crate) fn date_of(&self, at: i64) -> Date {
        self.civil(at).date()
    }

    /// Whether it is on a Saturday or a Sunday.
    pub(crate) fn is_weekend(&self, at: i64) -> bool {
        matches!(self.date_of(at).weekday(), Weekday::Saturday | Weekday::Sunday)
    }
}

/// The periods from the first one of the range on: their first moments, and those after them.
#[derive(Debug)]
pub(crate) struct Calendar {
    pub(crate) periods: Vec<(i64, i64)>,
    /// How many of them are cohorts.
    pub(crate) n: usize,
}

impl Calendar {
    /// Walks through the calendar.
    pub(crate) fn new(
        season: &Season,
        period: Period,
        (from, to): (Date, Date),
        week_start: WeekStart,
        now: i64,
    ) -> Self {
        let of_days = |first: Date, step: jiff::Span| {
            let days = (0_i32..500).map(move |n| first.saturating_add(step * i64::from(n)));
            let starts: Vec<_> = days.map(|day| season.midnight(day)).collect();
            starts.windows(2).map(|two| (two[0], two[1])).collect::<Vec<_>>()
        };
        let mut periods = match period {
            Period::Hour => {
                let start = |n: i64| season.midnight(from) + n * HOUR_MS;
                (0..10_000).map(|n| (start(n), start(n + 1))).collect()
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
            periods.retain(|(start, _)| !season.is_weekend(*start));
        }
        let end = season.midnight(to.saturating_add(1.day()));
        let n = periods.iter().filter(|(start, _)| *start < end && *start <= now);
        let n = n.count();
        Self { periods, n }
    }

    /// The same with so many periods of an hour before.
    pub(crate) fn with_hours_before(mut self, n: i64) -> Self {
        let first = self.periods[0].0;
        let start = |before: i64| first - before * HOUR_MS;
        let before = (1..=n).rev().map(|before| (start(before), start(before - 1)));
        self.periods = before.chain(self.periods).collect();
        self
    }

    /// The number of the period of a moment: -1 before all of them, none outside of them.
    pub(crate) fn number(&self, at: i64) -> Option<i64> {
        let number = self.periods.partition_point(|(start, _)| *start <= at);
        match number.checked_sub(1) {
            None => Some(-1),
            Some(number) => (at < self.periods[number].1).then_some(number as i64),
        }
    }
}
