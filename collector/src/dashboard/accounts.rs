//! Accounts: what is known of customer companies, and what each of them does.

mod account;
mod import;
pub(crate) mod look;
mod of_one;
mod record;
pub(crate) mod table;
mod words;

use crate::App;
use crate::definitions::Project;
use ::accounts::look::WeekJudged;
use axum::Router;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use protocol::Timestamp;
use store::record::attribute;

/// What stands for itself in a segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The routes.
pub(super) fn routes() -> Router<App> {
    let of_one = account::routes().merge(record::routes());
    look::routes().merge(table::routes()).merge(import::routes()).merge(of_one)
}

/// The address of an account, whose id may be any text.
pub(super) fn address(project: &str, account: &str) -> String {
    format!("/projects/{project}/accounts/{}", utf8_percent_encode(account, SEGMENT))
}

/// Why a week says nothing of one account, as a sentence: too little came of everybody, or a rule
/// fell silent.
fn unmeasured(week: &WeekJudged) -> Option<String> {
    if week.is_everywhere {
        let far = "Collection problem: this week is far below the usual everywhere, so nothing is said of who fell.";
        return Some(far.to_owned());
    }
    let names: Vec<_> = week.silent.iter().map(|rule| rule.name.as_str()).collect();
    (!names.is_empty()).then(|| {
        let (rule, their) = if names.len() == 1 { ("rule", "its") } else { ("rules", "their") };
        format!(
            "The {rule} of {} fell silent for everybody, and {their} completions are missing: Look tells who fell besides.",
            names.join(", ")
        )
    })
}

/// What an attribute is called.
pub(super) fn label(name: &str) -> &str {
    match name {
        attribute::PLAN => "Plan",
        attribute::TIER => "Tier",
        attribute::SEATS => "Seats",
        attribute::REGION => "Region",
        attribute::OWNER => "Owner",
        attribute::RENEWAL_DATE => "Renewal date",
        attribute::CONTRACT_VALUE => "Contract value",
        attribute::MODULES => "Modules",
        name => name,
    }
}

/// The day of a moment in the project's zone.
fn today(project: &Project, now: Timestamp) -> String {
    let now = jiff::Timestamp::from_millisecond(now.as_millis()).unwrap_or_default();
    now.to_zoned(project.zone.clone()).date().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::accounts::look::SilentRule;

    #[test]
    fn any_id_is_one_part_of_a_path() {
        assert_eq!(address("p", "acme-retail"), "/projects/p/accounts/acme-retail");
        assert_eq!(address("p", "a/b c?d#é"), "/projects/p/accounts/a%2Fb%20c%3Fd%23%C3%A9");
    }

    #[test]
    fn a_week_without_what_counts_says_so() {
        let mut week = WeekJudged {
            is_running: false,
            is_everywhere: false,
            silent: Vec::new(),
            fell: [7].into(),
        };
        assert_eq!(unmeasured(&week), None);
        let name = "Export".to_owned();
        let (feature, day) = ("f".to_owned(), "2026-11-16".to_owned());
        week.silent = vec![SilentRule { feature, name, week: day, since: None }];
        let silent = unmeasured(&week).unwrap_or_default();
        assert!(silent.starts_with("The rule of Export fell silent for everybody"), "{silent}");
        week.is_everywhere = true;
        assert!(unmeasured(&week).is_some_and(|it| it.starts_with("Collection problem")));
    }

    #[test]
    fn what_is_known_has_a_name() {
        for (name, _) in attribute::KNOWN {
            assert_ne!(label(name), name);
        }
    }
}
