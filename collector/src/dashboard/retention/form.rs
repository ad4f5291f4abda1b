//! What the form of the Retention page says, made into the address that says the same.

use analytics::report::retention::Cohorts;
use analytics::{DateRange, InvalidQuery, Period, Retention};
use form_urlencoded::{Serializer, parse};

/// The hidden field by which a form is told from an address.
const FORM: &str = "form";

/// The fields that are visible.
const VISIBLE: [&str; 6] = ["start", "return", "period", "cohorts", "returns", "by"];

/// What is asked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) retention: Retention,
    /// The query string to go to, where this one came from the form.
    pub(super) go_to: Option<String>,
}

impl Default for Asked {
    fn default() -> Self {
        Self { retention: proposal(None), go_to: None }
    }
}

/// What is asked where nobody asks for anything: how many new people come back, by the week; while
/// a project is young by the day, and on its first days by the hour, so that there is an answer.
pub(super) fn proposal(age: Option<i64>) -> Retention {
    let (period, days) = match age {
        Some(..3) => (Period::Hour, super::RANGES_OF_HOURS[1]),
        Some(..21) => (Period::Day, super::RANGES[0]),
        _ => (Period::Week, super::RANGES[1]),
    };
    let (date_range, followed) = (DateRange::Last { days }, Retention::usual(period));
    Retention { cohorts: Cohorts::First, period, date_range, followed, ..Retention::default() }
}

/// Reads a query string.
///
/// # Errors
/// When a step, a word or a date cannot be read.
pub(super) fn read(query: &str) -> Result<Asked, InvalidQuery> {
    if query.is_empty() {
        return Ok(Asked::default());
    }
    let field = |name: &str| {
        let mut pairs = parse(query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.trim().to_owned())
    };
    let mut retention = Retention::from_query_string(query)?;
    if field(FORM).is_none() {
        return Ok(Asked { retention, go_to: None });
    }
    if field("do").as_deref() == Some("dates") {
        let dates = [("from", "day_from"), ("to", "day_to")];
        let dates = dates.map(|(key, name)| (key, field(name).unwrap_or_default()));
        let text = Serializer::new(String::new()).extend_pairs(dates).finish();
        retention.date_range = Retention::from_query_string(&text)?.date_range;
    }
    let go_to = retention.to_query_string();
    Ok(Asked { retention, go_to: Some(go_to) })
}

/// The hidden fields: all of the question that no visible field says. What is usual for a period
/// is left to it, so that another one has its own.
pub(super) fn hidden(retention: &Retention) -> Vec<(String, String)> {
    let query = retention.to_query_string();
    let is_usual = retention.followed == Retention::usual(retention.period);
    let is_left_out = |key: &str| VISIBLE.contains(&key) || (is_usual && key == "followed");
    let pairs = parse(query.as_bytes()).filter(|(key, _)| !is_left_out(key));
    let pairs = pairs.map(|(key, value)| (key.into_owned(), value.into_owned()));
    std::iter::once((FORM.to_owned(), "1".to_owned())).chain(pairs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: &str =
        "start=page%3A%2Fa&period=day&followed=14&cohorts=recurring&returns=on&by=people&last=28d";

    #[test]
    fn an_address_is_shown_as_it_is_and_none_is_the_proposal() {
        let asked = read(ASKED).unwrap();
        assert_eq!((asked.retention.to_query_string().as_str(), asked.go_to), (ASKED, None));
        assert_eq!(read("").unwrap().retention, proposal(None));
    }

    #[test]
    fn a_young_project_is_asked_by_shorter_periods() {
        let told = [None, Some(1), Some(2), Some(3), Some(20), Some(21)].map(proposal);
        let told = told.map(|asked| (asked.period, asked.followed));
        let (hours, days, weeks) = ((Period::Hour, 24), (Period::Day, 14), (Period::Week, 12));
        assert_eq!(told, [weeks, hours, hours, days, days, weeks]);
    }

    #[test]
    fn another_period_is_followed_for_as_long_as_is_usual_for_it() {
        let retention = Retention::from_query_string(ASKED).unwrap();
        let mut fields = Serializer::new(String::new());
        fields.extend_pairs(hidden(&retention));
        fields.extend_pairs([("start", "page:/a"), ("return", ""), ("period", "week")]);
        let go_to = read(&fields.finish()).unwrap().go_to.unwrap();
        assert_eq!(go_to, ASKED.replace("period=day&followed=14", "period=week&followed=12"));
    }

    #[test]
    fn days_come_from_their_own_fields_and_only_by_their_button() {
        let dates = format!("{ASKED}&form=1&day_from=2026-11-01&day_to=2026-11-22");
        assert!(read(&dates).unwrap().go_to.unwrap().ends_with("last=28d"));
        let go_to = read(&format!("{dates}&do=dates")).unwrap().go_to.unwrap();
        assert!(go_to.ends_with("from=2026-11-01&to=2026-11-22"), "{go_to}");
        assert!(read(&format!("{ASKED}&form=1&do=dates&day_from=2026-02-30&day_to=x")).is_err());
    }
}
