//! A day, in a zone's calendar.

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A day of the calendar, such as `2026-11-22`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(Date);

impl Day {
    /// The day of a moment in a zone.
    pub fn of(at: Timestamp, zone: &TimeZone) -> Self {
        let at = jiff::Timestamp::from_millisecond(at.as_millis());
        Self(at.unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_zoned(zone.clone()).date())
    }

    /// The day `n` days earlier; the first there is, where there is none.
    pub fn back(self, n: u8) -> Self {
        Self(self.0.saturating_sub(i32::from(n).days()))
    }

    /// When it begins in a zone, and when the next one does.
    pub fn span(self, zone: &TimeZone) -> [Timestamp; 2] {
        let begin = |date: Date| {
            let at = date.to_zoned(zone.clone()).map_or(jiff::Timestamp::MAX, |at| at.timestamp());
            Timestamp::from_millis(at.as_millisecond())
        };
        [begin(self.0), begin(self.0.saturating_add(1.days()))]
    }

    /// How people call it: `Sun 22 Nov`.
    pub fn words(self) -> String {
        self.0.strftime("%a %-d %b").to_string()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

impl TryFrom<String> for Day {
    type Error = jiff::Error;

    fn try_from(text: String) -> Result<Self, jiff::Error> {
        text.parse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_and_ends_by_its_zone() {
        let zone = TimeZone::get("Europe/Zurich").unwrap();
        let hours = |day: &str| {
            let [from, to] = Day::try_from(day.to_owned()).unwrap().span(&zone);
            assert_eq!(Day::of(from, &zone).to_string(), day);
            assert_eq!(Day::of(to.plus_millis(-1), &zone).to_string(), day);
            to.millis_since(from) / 3_600_000
        };
        assert_eq!(["2026-11-22", "2026-03-29", "2026-10-25"].map(hours), [24, 23, 25]);
    }
}
