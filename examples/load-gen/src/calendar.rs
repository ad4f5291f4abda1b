//! Days and weeks up to the anchor, and the holidays of two regions.
//!
//! All of it counts back from the anchor, the day that is "today": the past ends with the day
//! before. Weeks start on Monday; days are those of UTC, and at work it is the same day in both
//! regions. Holidays, too, count back from the anchor, so that each story stands where it should
//! whatever the date.

use anyhow::{Context, Result, ensure};
use jiff::civil::{Date, date};
use protocol::Timestamp;

/// How many full weeks there are.
pub const WEEKS: i32 = 26;

/// Milliseconds of a minute and of a day.
pub const MINUTE_MS: i64 = 60_000;
/// Milliseconds of a day.
pub const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// A day, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

/// A region with holidays of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Region {
    /// Great Britain, Ireland, Denmark.
    North,
    /// Germany, Austria, Switzerland.
    South,
}

/// Six months that end today.
#[derive(Debug, Clone, Copy)]
pub struct Calendar {
    anchor: Day,
    first: Day,
}

impl Day {
    /// The day of a text such as `2026-11-22`.
    ///
    /// # Errors
    /// When it is no date.
    pub fn parse(text: &str) -> Result<Self> {
        let date: Date = text.parse().with_context(|| format!("`{text}` is no date"))?;
        let since = date.since(EPOCH)?.get_days();
        ensure!(since > 365 * 25, "`{text}` is too long ago");
        Ok(Self(since))
    }

    /// The day of a moment.
    pub fn of(at: Timestamp) -> Self {
        Self(i32::try_from(at.as_millis().div_euclid(DAY_MS)).unwrap_or(0))
    }

    /// The moment so many milliseconds after midnight.
    pub fn at(self, ms: i64) -> Timestamp {
        Timestamp::from_millis(i64::from(self.0) * DAY_MS + ms)
    }

    /// The day so many days later.
    pub const fn plus(self, days: i32) -> Self {
        Self(self.0 + days)
    }

    /// 0 for Monday to 6 for Sunday.
    pub const fn weekday(self) -> i32 {
        // 1970 began on a Thursday.
        (self.0 + 3).rem_euclid(7)
    }

    /// The date, such as `2026-11-22`.
    pub fn text(self) -> String {
        EPOCH.saturating_add(jiff::Span::new().days(self.0)).to_string()
    }
}

const EPOCH: Date = date(1970, 1, 1);

impl Region {
    /// Both.
    pub const ALL: [Self; 2] = [Self::North, Self::South];

    /// The name that accounts carry.
    pub const fn name(self) -> &'static str {
        match self {
            Self::North => "North",
            Self::South => "South",
        }
    }

    /// Where its people are.
    pub const fn countries(self) -> [&'static str; 3] {
        match self {
            Self::North => ["GB", "IE", "DK"],
            Self::South => ["DE", "AT", "CH"],
        }
    }

    /// Holidays: how many weeks ago, and the weekdays.
    pub const fn holidays(self) -> &'static [(i32, &'static [i32])] {
        match self {
            Self::North => &[(22, &[2, 3, 4]), (14, &[3, 4])],
            Self::South => &[(20, &[3, 4]), (12, &[4]), (3, &[2, 3, 4])],
        }
    }
}

impl Calendar {
    /// The months before this day.
    pub const fn before(anchor: Day) -> Self {
        let monday = anchor.plus(-anchor.weekday());
        Self { anchor, first: monday.plus(-7 * WEEKS) }
    }

    /// The day that is today, of which the past knows nothing.
    pub const fn anchor(&self) -> Day {
        self.anchor
    }

    /// The first day, a Monday.
    pub const fn first(&self) -> Day {
        self.first
    }

    /// The last day.
    pub const fn last(&self) -> Day {
        self.anchor.plus(-1)
    }

    /// The weeks by how long ago they are: 26 is the first, 1 the last full one, 0 the running one.
    pub fn weeks(&self) -> impl Iterator<Item = i32> + use<> {
        (0..=WEEKS).rev()
    }

    /// The Monday so many weeks ago.
    pub const fn monday(&self, weeks_ago: i32) -> Day {
        self.first.plus(7 * (WEEKS - weeks_ago))
    }

    /// How many weeks ago a day is.
    pub const fn weeks_ago(&self, day: Day) -> i32 {
        WEEKS - (day.0 - self.first.0).div_euclid(7)
    }

    /// Whether people of a region work on a day.
    pub fn is_working(&self, region: Region, day: Day) -> bool {
        let is_holiday = region.holidays().iter().any(|(weeks_ago, days)| {
            *weeks_ago == self.weeks_ago(day) && days.contains(&day.weekday())
        });
        day.weekday() < 5 && !is_holiday
    }

    /// The days of a week on which a region works, of those that are past.
    pub fn working_days(&self, region: Region, weeks_ago: i32) -> Vec<Day> {
        let monday = self.monday(weeks_ago);
        let days = (0..5).map(|n| monday.plus(n));
        days.filter(|day| *day < self.anchor && self.is_working(region, *day)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_count_back_from_the_anchor() {
        // A Sunday.
        let calendar = Calendar::before(Day::parse("2026-11-22").unwrap());
        assert_eq!(calendar.first().text(), "2026-05-18");
        assert_eq!(calendar.last().text(), "2026-11-21");
        assert_eq!(calendar.monday(0).text(), "2026-11-16");
        assert_eq!(calendar.weeks_ago(calendar.last()), 0);
        assert_eq!(calendar.weeks_ago(calendar.first()), 26);
    }

    #[test]
    fn a_holiday_is_one_regions_only() {
        let calendar = Calendar::before(Day::parse("2026-11-25").unwrap());
        let wednesday = calendar.monday(3).plus(2);
        assert!(calendar.is_working(Region::North, wednesday));
        assert!(!calendar.is_working(Region::South, wednesday));
        assert_eq!(calendar.working_days(Region::South, 3).len(), 2);
        assert_eq!(calendar.working_days(Region::South, 0).len(), 2, "the rest is not past");
    }
}
