//! What the form of the Trend page says, made into the address that says the same.

use analytics::report::trend::{Compare, Done};
use analytics::{DateRange, InvalidQuery, Trend};
use form_urlencoded::{Serializer, parse};
use serde::{Deserialize, Serialize};

/// The hidden field by which a form is told from an address.
const FORM: &str = "form";

/// The value of a series that is anything.
pub(super) const ANYTHING: &str = "anything";

/// The fields that are visible.
const VISIBLE: [&str; 4] = ["series", "period", "compare", "show"];

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
    /// The query string of what is shown.
    pub(super) fn to_query_string(&self) -> String {
        format!("{}&show={}", self.trend.to_query_string(), self.measure.word())
    }
}

/// What is asked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) shown: Shown,
    /// The query string to go to, where this one came from the form.
    pub(super) go_to: Option<String>,
}

impl Default for Asked {
    fn default() -> Self {
        Self { shown: proposal(), go_to: None }
    }
}

/// What is asked where nobody asks for anything: how many people came, in thirteen weeks beside
/// the thirteen before.
fn proposal() -> Shown {
    let date_range = DateRange::Last { days: 91 };
    let trend = Trend { compare: Compare::Previous, date_range, ..Trend::default() };
    Shown { trend, measure: Measure::People }
}

/// Reads a query string.
///
/// # Errors
/// When a series, a word or a date cannot be read.
pub(super) fn read(query: &str) -> Result<Asked, InvalidQuery> {
    let field = |name: &str| {
        let mut pairs = parse(query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.trim().to_owned())
    };
    if query.is_empty() {
        return Ok(Asked::default());
    }
    let mut trend = Trend::from_query_string(query)?;
    trend.check()?;
    let measure = match field("show").unwrap_or_default().as_str() {
        "accounts" => Measure::Accounts,
        "uses" => Measure::Uses,
        _ => Measure::People,
    };
    if field(FORM).is_none() {
        return Ok(Asked { shown: Shown { trend, measure }, go_to: None });
    }
    if field("do").as_deref() == Some("dates") {
        let dates = [("from", "day_from"), ("to", "day_to")];
        let dates = dates.map(|(key, name)| (key, field(name).unwrap_or_default()));
        let text = Serializer::new(String::new()).extend_pairs(dates).finish();
        trend.date_range = Trend::from_query_string(&text)?.date_range;
    }
    let shown = Shown { trend, measure };
    let go_to = Some(shown.to_query_string());
    Ok(Asked { shown, go_to })
}

/// The hidden fields: all of the question that no visible field says.
pub(super) fn hidden(shown: &Shown) -> Vec<(String, String)> {
    let query = shown.to_query_string();
    let pairs = parse(query.as_bytes()).filter(|(key, _)| !VISIBLE.contains(&key.as_ref()));
    let pairs = pairs.map(|(key, value)| (key.into_owned(), value.into_owned()));
    std::iter::once((FORM.to_owned(), "1".to_owned())).chain(pairs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: &str =
        "series=page%3A%2Fa&series=anything&period=day&compare=none&last=28d&show=uses";

    #[test]
    fn an_address_is_shown_as_it_is_and_none_is_the_proposal() {
        let asked = read(ASKED).unwrap();
        assert_eq!((asked.shown.to_query_string().as_str(), asked.go_to), (ASKED, None));
        assert_eq!(read("").unwrap().shown, proposal());
    }

    #[test]
    fn a_series_is_left_out_and_days_come_by_their_button() {
        let form = format!(
            "{}&form=1&day_from=2026-11-01&day_to=2026-11-22",
            ASKED.replace("anything", "")
        );
        let go_to = read(&form).unwrap().go_to.unwrap();
        assert_eq!(go_to, ASKED.replace("&series=anything", ""));
        let go_to = read(&format!("{form}&do=dates")).unwrap().go_to.unwrap();
        assert!(go_to.contains("from=2026-11-01&to=2026-11-22"), "{go_to}");
    }
}
