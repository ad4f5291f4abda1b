//! What the form of the Retention page begins with, and what of the question it hides.

use crate::dashboard::condition;
use crate::dashboard::report::form::{self, Fields};
use crate::dashboard::unit::usual;
use analytics::report::retention::Cohorts;
use analytics::{DateRange, InvalidQuery, Retention};

/// The fields that are visible.
const VISIBLE: [&str; 7] = ["start", "return", "period", "cohorts", "returns", "by", "breakdown"];

/// What is asked where nobody asks for anything, of a project of this age in days: how many new
/// people come back.
pub(super) fn proposal(age: Option<i64>) -> Retention {
    let (period, days) = usual(age);
    let (date_range, followed) = (DateRange::Last { days }, Retention::usual(period));
    Retention { cohorts: Cohorts::First, period, date_range, followed, ..Retention::default() }
}

/// Reads a query string; and where it came from the form, the one to go to.
///
/// # Errors
/// When a step, a condition, a word or a date cannot be read.
pub(super) fn read(query: &str) -> Result<(Retention, Option<String>), InvalidQuery> {
    let (mut retention, go_to) = form::read::<Retention>(query)?;
    if go_to.is_none() {
        return Ok((retention, None));
    }
    let (start, returning) = (&mut retention.start, &mut retention.returning);
    condition::change(Fields::of(query), |at| match at {
        0 => start.as_mut(),
        1 => returning.as_mut(),
        _ => None,
    })?;
    let go_to = retention.to_query_string();
    Ok((retention, Some(go_to)))
}

/// The hidden fields: all of the question that no visible field says. What is usual for a period
/// is left to it, so that another one has its own.
pub(super) fn hidden(retention: &Retention) -> Vec<(String, String)> {
    let is_usual = retention.followed == Retention::usual(retention.period);
    let is_shown = |(key, _): &(String, String)| !(is_usual && key == "followed");
    let visible = [&VISIBLE[..], &condition::FIELDS].concat();
    form::hidden(retention, &visible).into_iter().filter(is_shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboard::condition::Conditions;
    use analytics::Period;
    use form_urlencoded::Serializer;

    const ASKED: &str =
        "start=page%3A%2Fa&period=day&followed=14&cohorts=recurring&returns=on&by=people&last=28d";

    #[test]
    fn an_address_is_shown_as_it_is() {
        let (asked, go_to) = read(ASKED).unwrap();
        assert_eq!((asked.to_query_string().as_str(), go_to), (ASKED, None));
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
        let go_to = read(&fields.finish()).unwrap().1.unwrap();
        assert_eq!(go_to, ASKED.replace("period=day&followed=14", "period=week&followed=12"));
    }

    #[test]
    fn conditions_stay_with_their_step_and_come_and_go() {
        let address = ASKED.replace("&period", "&where=country&is=CH&return=event%3Asaved&period");
        let retention = Retention::from_query_string(&address).unwrap();
        let mut fields = Serializer::new(String::new());
        fields.extend_pairs(hidden(&retention)).append_pair("start", "page:/other");
        let of_start = Conditions::of(0, retention.start.as_ref().unwrap()).hidden;
        fields.extend_pairs(of_start).append_pair("return", "event:saved");
        fields.append_pair("period", "day").append_pair("by", "people");
        let form = fields.finish();
        let go_to = |more: &str| read(&format!("{form}{more}")).unwrap().1.unwrap();
        let kept = address.replace("%2Fa", "%2Fother");
        assert_eq!(go_to(""), kept);
        let both = go_to("&do=filter-1&property-1=event.plan&test-1=is&value-1=pro,team");
        let more = "saved&where=event.plan&is=pro&is=team&";
        assert_eq!(both, kept.replace("saved&", more));
        assert_eq!(go_to("&do=unfilter-0-0"), kept.replace("&where=country&is=CH", ""));
        assert_eq!(go_to("&do=unfilter-0-7"), kept);
    }

    #[test]
    fn days_come_from_their_own_fields_and_only_by_their_button() {
        let dates = format!("{ASKED}&form=1&day_from=2026-11-01&day_to=2026-11-22");
        assert!(read(&dates).unwrap().1.unwrap().ends_with("last=28d"));
        let go_to = read(&format!("{dates}&do=dates")).unwrap().1.unwrap();
        assert!(go_to.ends_with("from=2026-11-01&to=2026-11-22"), "{go_to}");
        assert!(read(&format!("{ASKED}&form=1&do=dates&day_from=2026-02-30&day_to=x")).is_err());
    }
}
