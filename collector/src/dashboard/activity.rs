//! The question of the screens that ask who is there: with what, who, and by which periods.

use super::condition::{self, Conditions};
use super::offered::{Group, Offered, none};
use super::range::Choice;
use super::report::Asked;
use super::report::form::{self, Fields};
use super::unit::{choices, periods};
use analytics::report::retention::By;
use analytics::{InvalidQuery, Period, Step};

/// The fields that are visible.
const VISIBLE: [&str; 3] = ["activity", "by", "period"];

/// The fields, with what can be chosen.
#[derive(Debug)]
pub(super) struct Picks {
    /// What one may do to be there.
    pub(super) activities: Vec<Group>,
    /// What has to be true of it besides; none where it is anything.
    pub(super) conditions: Option<Conditions>,
    /// What conditions can ask.
    pub(super) properties: Vec<Choice>,
    pub(super) bys: Vec<Choice>,
    pub(super) periods: Vec<Choice>,
}

impl Picks {
    /// The fields of a question; `name` is what its activity is called.
    pub(super) fn new(
        offered: &Offered,
        activity: Option<&Step>,
        name: Option<&str>,
        by: By,
        period: Period,
    ) -> Self {
        Self {
            activities: offered.groups(none("Anything", activity), activity, name),
            conditions: activity.map(|step| Conditions::of(0, step)),
            properties: condition::choices(offered.properties(), None),
            bys: choices([(By::People, "People"), (By::Accounts, "Accounts")], by),
            periods: periods(period),
        }
    }
}

/// Reads a query string; and where it came from the form, the one to go to.
///
/// # Errors
/// When a step, a condition, a word or a date cannot be read.
pub(super) fn read<T: Asked>(
    query: &str,
    activity: impl FnOnce(&mut T) -> Option<&mut Step>,
) -> Result<(T, Option<String>), InvalidQuery> {
    let (mut asked, go_to) = form::read::<T>(query)?;
    if go_to.is_none() {
        return Ok((asked, None));
    }
    condition::change(Fields::of(query), |at| activity(&mut asked).filter(|_| at == 0))?;
    let go_to = asked.address();
    Ok((asked, Some(go_to)))
}

/// The hidden fields: all of the question that no visible field says. Conditions stand behind the
/// field of their activity.
pub(super) fn hidden(asked: &impl Asked) -> Vec<(String, String)> {
    form::hidden(asked, &[&VISIBLE[..], &condition::FIELDS].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use analytics::Stickiness;
    use form_urlencoded::Serializer;

    const ASKED: &str = "activity=event%3Asaved&where=country&is=CH&period=day&by=people&last=28d";

    fn of_form(query: &str) -> (Stickiness, Option<String>) {
        read::<Stickiness>(query, |asked| asked.activity.as_mut()).unwrap()
    }

    #[test]
    fn conditions_stay_with_the_activity_and_come_and_go() {
        let (asked, go_to) = of_form(ASKED);
        assert_eq!((asked.to_query_string().as_str(), go_to), (ASKED, None));
        let mut fields = Serializer::new(String::new());
        fields.extend_pairs(hidden(&asked)).append_pair("activity", "page:/other");
        fields.extend_pairs(Conditions::of(0, asked.activity.as_ref().unwrap()).hidden);
        fields.append_pair("period", "day").append_pair("by", "people");
        let form = fields.finish();
        let go_to = |more: &str| of_form(&format!("{form}{more}")).1.unwrap();
        let kept = ASKED.replace("event%3Asaved", "page%3A%2Fother");
        assert_eq!(go_to(""), kept);
        let both = go_to("&do=filter-0&property-0=event.plan&test-0=is&value-0=pro,team");
        assert_eq!(both, kept.replace("&period", "&where=event.plan&is=pro&is=team&period"));
        assert_eq!(go_to("&do=unfilter-0-0"), kept.replace("&where=country&is=CH", ""));
        assert_eq!(go_to("&do=unfilter-1-0"), kept);
    }

    #[test]
    fn anything_has_no_conditions() {
        let (asked, _) = of_form("activity=&where=country&is=CH");
        assert_eq!(asked.activity, None);
    }
}
