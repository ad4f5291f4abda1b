//! What the Trend page shows: a question, and which of its numbers is drawn.

use crate::dashboard::report::form::Fields;
use crate::dashboard::unit::usual;
use analytics::report::trend::{Compare, Done};
use analytics::{DateRange, InvalidQuery, Trend};
use serde::{Deserialize, Serialize};

/// The value of a series that is anything.
pub(super) const ANYTHING: &str = "anything";

/// The fields that are visible.
pub(super) const VISIBLE: &[&str] = &["series", "period", "compare", "show"];

/// A question, and which of its numbers is drawn.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::dashboard) struct Shown {
    pub(super) trend: Trend,
    pub(super) measure: Measure,
}

/// Which number is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Measure {
    #[default]
    People,
    Accounts,
    Uses,
}

impl Measure {
    pub(super) const NAMES: [(Self, &'static str); 3] =
        [(Self::People, "People"), (Self::Accounts, "Accounts"), (Self::Uses, "Times")];

    /// The number.
    pub(super) const fn of(self, done: &Done) -> u64 {
        match self {
            Self::People => done.people,
            Self::Accounts => done.accounts,
            Self::Uses => done.uses,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Accounts => "accounts",
            Self::Uses => "uses",
        }
    }
}

impl Shown {
    /// Reads a query string.
    ///
    /// # Errors
    /// When a series, a word or a date cannot be read.
    pub(super) fn from_query_string(query: &str) -> Result<Self, InvalidQuery> {
        let trend = Trend::from_query_string(query)?;
        trend.check()?;
        let measure = match Fields::of(query).get("show").as_deref() {
            Some("accounts") => Measure::Accounts,
            Some("uses") => Measure::Uses,
            _ => Measure::People,
        };
        Ok(Self { trend, measure })
    }

    /// The query string of what is shown.
    pub(super) fn to_query_string(&self) -> String {
        format!("{}&show={}", self.trend.to_query_string(), self.measure.word())
    }
}

/// What is asked where nobody asks for anything, of a project of this age in days: how many people
/// came, beside the time before.
pub(super) fn proposal(age: Option<i64>) -> Shown {
    let (period, days) = usual(age);
    let date_range = DateRange::Last { days };
    let trend = Trend { compare: Compare::Previous, period, date_range, ..Trend::default() };
    Shown { trend, measure: Measure::People }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboard::report::form::read;

    const ASKED: &str =
        "series=page%3A%2Fa&series=anything&period=day&compare=none&last=28d&show=uses";

    #[test]
    fn an_address_is_shown_as_it_is() {
        let (shown, go_to) = read::<Shown>(ASKED).unwrap();
        assert_eq!((shown.to_query_string().as_str(), go_to), (ASKED, None));
    }

    #[test]
    fn a_series_is_left_out_and_days_come_by_their_button() {
        let form = format!(
            "{}&form=1&day_from=2026-11-01&day_to=2026-11-22",
            ASKED.replace("anything", "")
        );
        let go_to = read::<Shown>(&form).unwrap().1.unwrap();
        assert_eq!(go_to, ASKED.replace("&series=anything", ""));
        let go_to = read::<Shown>(&format!("{form}&do=dates")).unwrap().1.unwrap();
        assert!(go_to.contains("from=2026-11-01&to=2026-11-22"), "{go_to}");
    }
}
