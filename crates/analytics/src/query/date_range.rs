//! The days a question is about, in the time zone of its project.

use super::window::whole_number;
use super::{InvalidQuery, Scope};
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use protocol::Timestamp;
use serde::{Deserialize, Serialize};

/// The first day that can be asked for: moments are stored as milliseconds after 1970, and 0 is
/// none.
pub(super) const FIRST: Date = date(1970, 1, 2);
/// The last day that can be asked for.
pub(super) const LAST: Date = date(2199, 12, 31);
/// Milliseconds of a day.
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// The longest relative range.
pub(super) const MAX_DAYS: u32 = 3_660;

/// Which days; both ends are included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Text", into = "Text")]
pub enum DateRange {
    /// From one day to another.
    Between {
        /// First day.
        from: Date,
        /// Last day.
        to: Date,
    },
    /// The last so many days, today included.
    Last {
        /// How many.
        days: u32,
    },
}

impl Default for DateRange {
    /// The last 28 days: four whole weeks.
    fn default() -> Self {
        Self::Last { days: 28 }
    }
}

/// A date range as moments: from `start`, before `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first moment.
    pub start: Timestamp,
    /// The first moment after it.
    pub end: Timestamp,
}

impl DateRange {
    /// The first and the last day, as they are `now` in the project's zone.
    ///
    /// # Errors
    /// When the days are in the wrong order or out of reach, or the zone is unknown.
    pub fn days(self, scope: &Scope, now: Timestamp) -> Result<(Date, Date), InvalidQuery> {
        let (from, to) = match self {
            Self::Between { from, to } => (from, to),
            Self::Last { days } => {
                let now = jiff::Timestamp::from_millisecond(now.as_millis())
                    .unwrap_or(jiff::Timestamp::MAX);
                let today = now.to_zoned(zone(scope)?).date();
                let back = jiff::Span::new().days(i64::from(days.saturating_sub(1)));
                (today.saturating_sub(back), today)
            }
        };
        match [from, to].into_iter().find(|day| !(FIRST..=LAST).contains(day)) {
            Some(day) => Err(InvalidQuery::DateOutOfReach(day)),
            None if from > to => Err(InvalidQuery::FromAfterTo { from, to }),
            None => Ok((from, to)),
        }
    }

    /// The moments between the beginning of the first and the end of the last day.
    ///
    /// A day begins when its date does: at one o'clock where the clock skips midnight.
    ///
    /// # Errors
    /// As [`Self::days`].
    pub fn span(self, scope: &Scope, now: Timestamp) -> Result<Span, InvalidQuery> {
        let zone = zone(scope)?;
        let (from, to) = self.days(scope, now)?;
        let start_of = |day: Date| {
            day.to_zoned(zone.clone())
                .map(|start| Timestamp::from_millis(start.timestamp().as_millisecond()))
                .map_err(|_| InvalidQuery::DateOutOfReach(day))
        };
        Ok(Span {
            start: start_of(from)?,
            end: start_of(to.saturating_add(jiff::Span::new().days(1)))?,
        })
    }

    /// When the last so many days began, today included, so that all screens mean the same by it.
    pub(crate) fn start_of_last(days: u32, scope: &Scope, now: Timestamp) -> Timestamp {
        let span = Self::Last { days }.span(scope, now);
        // The zone was checked when it was set.
        span.map_or_else(|_| now.plus_millis(-i64::from(days) * DAY_MS), |span| span.start)
    }

    /// Appends it to a query string.
    pub(crate) fn append_to(self, pairs: &mut form_urlencoded::Serializer<'_, String>) {
        match self {
            Self::Between { from, to } => {
                pairs.append_pair("from", &from.to_string());
                pairs.append_pair("to", &to.to_string());
            }
            Self::Last { days } => {
                pairs.append_pair("last", &format!("{days}d"));
            }
        }
    }

    /// Reads the three texts of which a range is made; empty ones are not there. Dates win.
    pub(crate) fn from_texts(from: &str, to: &str, last: &str) -> Result<Self, InvalidQuery> {
        let day = |text: &str| text.parse().map_err(|_| InvalidQuery::Date(text.to_owned()));
        match (from, to, last) {
            ("", "", "") => Ok(Self::default()),
            ("", "", last) => last
                .strip_suffix('d')
                .and_then(whole_number)
                .filter(|days| (1..=MAX_DAYS).contains(days))
                .map(|days| Self::Last { days })
                .ok_or_else(|| InvalidQuery::Last(last.to_owned())),
            (_, "", _) => Err(InvalidQuery::HalfRange("last day (`to`)")),
            ("", ..) => Err(InvalidQuery::HalfRange("first day (`from`)")),
            (from, to, _) => Ok(Self::Between { from: day(from)?, to: day(to)? }),
        }
    }
}

pub(super) fn zone(scope: &Scope) -> Result<TimeZone, InvalidQuery> {
    TimeZone::get(&scope.time_zone).map_err(|_| InvalidQuery::TimeZone(scope.time_zone.clone()))
}

/// The range as in JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    from: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    to: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    last: String,
}

impl TryFrom<Text> for DateRange {
    type Error = InvalidQuery;

    fn try_from(text: Text) -> Result<Self, InvalidQuery> {
        Self::from_texts(&text.from, &text.to, &text.last)
    }
}

impl From<DateRange> for Text {
    fn from(range: DateRange) -> Self {
        let (from, to, last) = match range {
            DateRange::Between { from, to } => (from.to_string(), to.to_string(), String::new()),
            DateRange::Last { days } => (String::new(), String::new(), format!("{days}d")),
        };
        Self { from, to, last }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::ProjectId;

    fn span(zone: &str, range: &str) -> (String, String) {
        let scope = Scope {
            project: ProjectId::parse("tidemark").unwrap(),
            time_zone: zone.to_owned(),
            week_start: store::WeekStart::Monday,
            count_automated: false,
            grouping: store::identity::Grouping::none(ProjectId::parse("tidemark").unwrap()),
        };
        let now = Timestamp::from_millis(1_795_305_600_000); // 2026-11-22T00:00:00Z
        let span = serde_json::from_str::<DateRange>(range).unwrap().span(&scope, now).unwrap();
        let show =
            |at: Timestamp| jiff::Timestamp::from_millisecond(at.as_millis()).unwrap().to_string();
        (show(span.start), show(span.end))
    }

    fn check(zone: &str, range: &str, start: &str, end: &str) {
        assert_eq!(span(zone, range), (start.to_owned(), end.to_owned()), "{zone} {range}");
    }

    #[test]
    fn days_are_the_projects_own() {
        let day = r#"{"from": "2026-11-20", "to": "2026-11-20"}"#;
        check("UTC", day, "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z");
        check("Europe/Zurich", day, "2026-11-19T23:00:00Z", "2026-11-20T23:00:00Z");
        check("Asia/Kolkata", day, "2026-11-19T18:30:00Z", "2026-11-20T18:30:00Z");
    }

    #[test]
    fn a_day_may_have_twenty_three_hours_or_no_midnight() {
        let spring = r#"{"from": "2026-03-29", "to": "2026-03-29"}"#;
        check("Europe/Zurich", spring, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z");
        let autumn = r#"{"from": "2026-10-25", "to": "2026-10-25"}"#;
        check("Europe/Zurich", autumn, "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z");
        let skipped = r#"{"from": "2018-11-04", "to": "2018-11-04"}"#;
        check("America/Sao_Paulo", skipped, "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z");
    }

    #[test]
    fn relative_days_include_the_projects_today() {
        check("UTC", r#"{"last": "1d"}"#, "2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z");
        check("UTC", r#"{"last": "28d"}"#, "2026-10-26T00:00:00Z", "2026-11-23T00:00:00Z");
        let west = "America/Los_Angeles";
        check(west, r#"{"last": "1d"}"#, "2026-11-21T08:00:00Z", "2026-11-22T08:00:00Z");
    }
}
