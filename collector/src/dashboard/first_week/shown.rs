//! What the First week page shows, and what can be chosen there.

use super::view::Group;
use crate::dashboard::range::Choice;
use crate::dashboard::report::form::Fields;
use analytics::feature::Features;
use analytics::report::retention::By;
use analytics::{InvalidQuery, Outcome, Threshold};
use form_urlencoded::Serializer;

/// The fields that are visible.
pub(super) const VISIBLE: &[&str] = &["by", "outcome"];

/// What is asked, and what of the answer is shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::dashboard) struct Shown {
    pub(super) threshold: Threshold,
    /// The id of the feature that is looked at; the best if it is empty.
    pub(super) feature: String,
}

impl Shown {
    /// Reads a query string.
    ///
    /// # Errors
    /// When an outcome, a word, a number or a date cannot be read.
    pub(super) fn from_query_string(query: &str) -> Result<Self, InvalidQuery> {
        let feature = Fields::of(query).get("feature").unwrap_or_default();
        Ok(Self { threshold: Threshold::from_query_string(query)?, feature })
    }

    /// The query string of it, without a question mark.
    pub(super) fn to_query_string(&self) -> String {
        let mut text = self.threshold.to_query_string();
        if !self.feature.is_empty() {
            let mut pairs = Serializer::new(String::new());
            text = format!("{text}&{}", pairs.append_pair("feature", &self.feature).finish());
        }
        text
    }
}

/// Whose first week it is.
pub(super) fn bys(on: By) -> Vec<Choice> {
    let choice = |(by, value, label): (By, &str, &str)| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        is_on: by == on,
    };
    [(By::People, "people", "New people"), (By::Accounts, "accounts", "New accounts")]
        .map(choice)
        .into()
}

/// What is to happen in the second week: anything, on so many days, or the use of a feature.
pub(super) fn outcomes(on: &Outcome, features: &Features) -> Vec<Group> {
    let choice = |outcome: Outcome, label: String| {
        let is_on = outcome == *on;
        Choice { value: outcome.to_string(), label, is_on }
    };
    let mut plain = vec![choice(Outcome::Return, "come back".to_owned())];
    let mut days: Vec<u32> = (2..=5).collect();
    if let Outcome::Activity(other) = on
        && !days.contains(other)
    {
        days.push(*other);
    }
    plain.extend(
        days.into_iter()
            .map(|n| choice(Outcome::Activity(n), format!("are active on {n} days or more"))),
    );
    let used = features.iter().filter_map(|meant| {
        let id = meant.feature.id.parse().ok()?;
        Some(choice(Outcome::Use(id), format!("use “{}”", meant.feature.name)))
    });
    let mut used: Vec<_> = used.collect();
    used.sort_by(|a, b| a.label.cmp(&b.label));
    let mut groups = vec![Group { title: "", choices: plain }];
    if !used.is_empty() {
        groups.push(Group { title: "Use of a feature", choices: used });
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboard::report::form::{hidden, read};

    const ASKED: &str = "outcome=return&by=people&most=10&last=91d";

    #[test]
    fn an_address_is_shown_as_it_is_and_none_is_the_usual() {
        let (asked, go_to) = read::<Shown>(&format!("{ASKED}&feature=5b1c0000000000aa")).unwrap();
        assert_eq!(go_to, None);
        assert_eq!(asked.to_query_string(), format!("{ASKED}&feature=5b1c0000000000aa"));
        assert_eq!(read::<Shown>("").unwrap().0.to_query_string(), ASKED);
    }

    #[test]
    fn a_form_becomes_an_address() {
        let (asked, _) = read::<Shown>(&format!("{ASKED}&feature=5b1c0000000000aa")).unwrap();
        let mut fields = Serializer::new(String::new());
        fields.extend_pairs(hidden(&asked, VISIBLE));
        fields.extend_pairs([("by", "accounts"), ("outcome", "activity:3")]);
        let go_to = read::<Shown>(&fields.finish()).unwrap().1.unwrap();
        let expected = "outcome=activity%3A3&by=accounts&most=10&last=91d&feature=5b1c0000000000aa";
        assert_eq!(go_to, expected);
        let dates = format!("{ASKED}&form=1&do=dates&day_from=2026-08-01&day_to=2026-11-01");
        assert!(
            read::<Shown>(&dates).unwrap().1.unwrap().ends_with("from=2026-08-01&to=2026-11-01")
        );
        assert!(read::<Shown>("outcome=fame").is_err());
    }
}
