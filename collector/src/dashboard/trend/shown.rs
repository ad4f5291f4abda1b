//! What the Trend page shows: a question, which of its numbers is drawn, and in which shape.

use crate::dashboard::condition;
use crate::dashboard::report::form::{self, Fields};
use crate::dashboard::unit::usual;
use analytics::report::trend::{Compare, Done};
use analytics::{DateRange, InvalidQuery, Trend};
use form_urlencoded::parse;
use serde::{Deserialize, Serialize};

/// The value of a series that is anything.
pub(super) const ANYTHING: &str = "anything";

/// The fields that are visible.
const VISIBLE: [&str; 6] = ["series", "period", "compare", "trailing", "show", "chart"];

/// A question, and which of its numbers is drawn.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::dashboard) struct Shown {
    pub(super) trend: Trend,
    pub(super) measure: Measure,
    pub(super) shape: Shape,
}

/// How several series are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Shape {
    /// Each as a line.
    #[default]
    Lines,
    /// On top of each other.
    Stacked,
    /// As shares of all of them.
    Share,
}

impl Shape {
    pub(super) const NAMES: [(Self, &'static str); 3] =
        [(Self::Lines, "as lines"), (Self::Stacked, "stacked"), (Self::Share, "as shares")];
}

/// Which number is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Measure {
    #[default]
    People,
    Accounts,
    Uses,
    /// People of the seven days that end with a period.
    #[serde(rename = "people_7")]
    People7,
    /// The same of thirty days.
    #[serde(rename = "people_30")]
    People30,
}

impl Measure {
    pub(super) const NAMES: [(Self, &'static str); 5] = [
        (Self::People, "People"),
        (Self::Accounts, "Accounts"),
        (Self::Uses, "Times"),
        (Self::People7, "People of 7 days"),
        (Self::People30, "People of 30 days"),
    ];

    /// In how many days people are looked for, if it is those of the last days.
    pub(super) const fn trailing(self) -> Option<u32> {
        match self {
            Self::People | Self::Accounts | Self::Uses => None,
            Self::People7 => Some(7),
            Self::People30 => Some(30),
        }
    }

    /// The number.
    pub(super) const fn of(self, done: &Done) -> u64 {
        match self {
            Self::People | Self::People7 | Self::People30 => done.people,
            Self::Accounts => done.accounts,
            Self::Uses => done.uses,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Accounts => "accounts",
            Self::Uses => "uses",
            Self::People7 => "people_7",
            Self::People30 => "people_30",
        }
    }
}

impl Shown {
    /// The people of a question, as lines.
    pub(in crate::dashboard) fn of_trend(trend: Trend) -> Self {
        Self { trend, ..Self::default() }
    }

    /// Reads a query string.
    ///
    /// # Errors
    /// When a series, a word or a date cannot be read.
    pub(super) fn from_query_string(query: &str) -> Result<Self, InvalidQuery> {
        let mut trend = Trend::from_query_string(query)?;
        let (measure, shape) = (Fields::of(query).get("show"), Fields::of(query).get("chart"));
        let measure = match measure.as_deref() {
            Some("accounts") => Measure::Accounts,
            Some("uses") => Measure::Uses,
            Some("people_7") => Measure::People7,
            Some("people_30") => Measure::People30,
            _ => Measure::People,
        };
        if measure.trailing().is_some() {
            trend = Trend { trailing: measure.trailing(), compare: Compare::None, ..trend };
        }
        let shape = match shape.as_deref() {
            Some("stacked") => Shape::Stacked,
            Some("share") => Shape::Share,
            _ => Shape::Lines,
        };
        trend.check()?;
        Ok(Self { trend, measure, shape })
    }

    /// The query string of what is shown.
    pub(super) fn to_query_string(&self) -> String {
        let shape = match self.shape {
            Shape::Lines => "",
            Shape::Stacked => "&chart=stacked",
            Shape::Share => "&chart=share",
        };
        format!("{}&show={}{shape}", self.trend.to_query_string(), self.measure.word())
    }

    /// How it is drawn: in its shape, where that says what is so. Who did several things would be
    /// several people on top of each other, and anything is all of them.
    pub(super) fn drawn(&self) -> Shape {
        let series = &self.trend.series;
        let adds_up = self.measure == Measure::Uses && series.iter().all(Option::is_some);
        if adds_up && series.len() > 1 { self.shape } else { Shape::Lines }
    }

    /// The hidden fields: all of the question that no visible field says.
    pub(super) fn hidden(&self) -> Vec<(String, String)> {
        form::hidden(self, &[&VISIBLE[..], &condition::FIELDS].concat())
    }
}

/// Reads a query string; and where it came from the form, the one to go to.
///
/// # Errors
/// When a series, a condition, a word or a date cannot be read.
pub(super) fn read(query: &str) -> Result<(Shown, Option<String>), InvalidQuery> {
    let (mut shown, go_to) = form::read::<Shown>(query)?;
    if go_to.is_none() {
        return Ok((shown, None));
    }
    let series = &mut shown.trend.series;
    condition::change(Fields::of(query), |at| series.get_mut(place(query, at)?)?.as_mut())?;
    let go_to = shown.to_query_string();
    Ok((shown, Some(go_to)))
}

/// Which of the series the field of this number is, counted from 0: those before it that are left out
/// are none.
fn place(query: &str, field: usize) -> Option<usize> {
    let fields = parse(query.as_bytes()).filter(|(key, _)| key == "series");
    let is_there: Vec<bool> = fields.map(|(_, value)| !value.trim().is_empty()).collect();
    let before = is_there.get(..field)?.iter().filter(|is_there| **is_there).count();
    is_there.get(field)?.then_some(before)
}

/// What is asked where nobody asks for anything, of a project of this age in days: how many people
/// came, beside the time before.
pub(super) fn proposal(age: Option<i64>) -> Shown {
    let (period, days) = usual(age);
    let date_range = DateRange::Last { days };
    let trend = Trend { compare: Compare::Previous, period, date_range, ..Trend::default() };
    Shown { trend, ..Shown::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: &str =
        "series=page%3A%2Fa&series=anything&period=day&compare=none&last=28d&show=uses";

    #[test]
    fn an_address_is_shown_as_it_is() {
        let (shown, go_to) = read(ASKED).unwrap();
        assert_eq!((shown.to_query_string().as_str(), go_to), (ASKED, None));
    }

    #[test]
    fn a_series_is_left_out_and_days_come_by_their_button() {
        let form = format!(
            "{}&form=1&day_from=2026-11-01&day_to=2026-11-22",
            ASKED.replace("anything", "")
        );
        let go_to = read(&form).unwrap().1.unwrap();
        assert_eq!(go_to, ASKED.replace("&series=anything", ""));
        let go_to = read(&format!("{form}&do=dates")).unwrap().1.unwrap();
        assert!(go_to.contains("from=2026-11-01&to=2026-11-22"), "{go_to}");
    }

    #[test]
    fn a_condition_is_of_the_series_of_its_field_whichever_are_left_out() {
        let go_to = |left_out: &str, at: usize| {
            let condition = format!("property-{at}=country&test-{at}=is&value-{at}=CH");
            let form = format!(
                "{left_out}&series=page:/b&period=day&last=7d&form=1&do=filter-{at}&{condition}"
            );
            read(&form).unwrap().1.unwrap()
        };
        let b = "series=page%3A%2Fb&where=country&is=CH&period=day";
        assert!(go_to("series=", 1).starts_with(b), "{}", go_to("series=", 1));
        let both = go_to("series=page:/a&series=", 2);
        assert!(both.starts_with(&format!("series=page%3A%2Fa&{b}")), "{both}");
        assert!(!go_to("series=", 0).contains("country"), "{}", go_to("series=", 0));
    }

    #[test]
    fn people_of_the_last_days_are_told_alone_and_shapes_only_where_they_add_up() {
        let asked = ASKED.replace("compare=none", "compare=previous").replace("uses", "people_7");
        let shown = Shown::from_query_string(&asked).unwrap();
        assert_eq!((shown.trend.trailing, shown.trend.compare), (Some(7), Compare::None));
        assert!(Shown::from_query_string(&asked.replace("day", "hour")).is_err());
        let drawn = |query: &str| Shown::from_query_string(query).unwrap().drawn();
        let two = ASKED.replace("anything", "page%3A%2Fb") + "&chart=share";
        assert_eq!(drawn(&two), Shape::Share);
        let others = [two.replace("uses", "people"), format!("{ASKED}&chart=share")];
        assert_eq!(others.map(|query| drawn(&query)), [Shape::Lines; 2]);
        assert_eq!(Shown::from_query_string(&two).unwrap().to_query_string(), two);
    }
}
