//! Who used a feature, and who did not, who stays and who comes back, in words.

use super::{REPORT, Shown};
use crate::dashboard::format::{many, quoted};
use crate::dashboard::people::{Columns, Listed, Words, who};
use crate::dashboard::range::of_days;
use crate::dashboard::report::{Look, Report};
use crate::dashboard::unit::{unit, units};
use analytics::report::adoption::{Number, Who};
use analytics::report::retention::Cohorts;
use analytics::{Adoption, Behind, By, List, Period, Told};

impl Listed for Shown {
    type Who = Who;

    fn report() -> &'static Report {
        &REPORT
    }

    fn list(&self, who: Who) -> List {
        List::Adoption(Behind { question: self.adoption.clone(), who })
    }

    fn words(&self, of: &Who, told: &Told, look: &Look<'_>) -> Words {
        let name = told.names.first().cloned().flatten().map(|name| quoted(&name));
        let name = name.as_deref();
        let days = of_days(self.adoption.date_range, &look.scope, look.now);
        let (title, lead) = match of.number {
            Number::Range | Number::Over | Number::Before => users(&self.adoption, of, name, &days),
            Number::Followed | Number::Stayed => stays(&self.adoption, of, name, &days),
            Number::Began | Number::CameBack => back(&self.adoption, of, name, &days),
        };
        let (columns, times) = columns(&self.adoption, of);
        let title = format!("{} {title}", who(of.by));
        Words { by: of.by, title, lead, columns: Columns::Times(columns), times }
    }
}

/// Title and lead of those who used it or did not.
fn users(asked: &Adoption, of: &Who, name: Option<&str>, days: &str) -> (String, String) {
    let unit = units(asked.period, 2);
    let days = match of.number {
        Number::Over => format!("{days}, in the {unit} that are over"),
        Number::Before => format!(" in as many {unit} just before these days{days}"),
        _ => days.to_owned(),
    };
    let they = match of.by {
        By::People => "They",
        By::Accounts => "Somebody of them",
    };
    match (name, of.used, of.by) {
        (None, ..) => ("who were there".to_owned(), format!("{they} did something{days}.")),
        (Some(name), true, _) => (format!("who used {name}"), format!("{they} used it{days}.")),
        (Some(name), false, By::People) => (
            format!("who did not use {name}"),
            format!("They were there{days}, and did not use it."),
        ),
        (Some(name), false, By::Accounts) => (
            format!("without use of {name}"),
            format!("Somebody of them was there{days}, and nobody used it."),
        ),
    }
}

/// Title and lead of those of whom it is known whether they stayed.
fn stays(asked: &Adoption, of: &Who, name: Option<&str>, days: &str) -> (String, String) {
    let (one, name) = (unit(asked.period), name.unwrap_or_default());
    let long = many(u64::from(asked.after), one);
    let did = match of.used {
        true => format!("used {name}"),
        false => format!("did not use {name}"),
    };
    let began = match of.used {
        true => format!("They used it in a {one}{days}"),
        false => format!("They were there in a {one}{days}, and did not use it then"),
    };
    match of.number {
        Number::Stayed => (
            format!("who {did}, and stayed"),
            format!(
                "{began}, and were in the product {long} later. Who did so after several {one}s is listed once, with how many they are."
            ),
        ),
        _ => (
            format!("who {did} {long} ago or more"),
            format!(
                "{began}, and what they did {long} later is known. Who did so in several {one}s is listed once, with how many they are."
            ),
        ),
    }
}

/// Title and lead of those of whom it is known whether they came back to it.
fn back(asked: &Adoption, of: &Who, name: Option<&str>, days: &str) -> (String, String) {
    let (again, name) = (asked.retention, name.unwrap_or_default());
    let later = many(u64::from(again.after), unit(again.period));
    let began = match again.cohorts {
        Cohorts::First => format!("They used it for the first time{days}"),
        Cohorts::Recurring => format!("They used it{days}"),
    };
    match of.number {
        Number::CameBack => (
            format!("who came back to {name}"),
            format!("{began}, and used it again exactly {later} later."),
        ),
        _ => (
            format!("who began with {name}"),
            format!("{began}, so long ago that it is known who used it again {later} later."),
        ),
    }
}

/// The head of the last column, and of what the times are.
fn columns(asked: &Adoption, of: &Who) -> (&'static str, &'static str) {
    let uses = "The first and the last use in these days";
    match of.number {
        Number::Followed | Number::Stayed => {
            (head(asked.period), "When they were first and last there in what is counted here")
        }
        Number::Began => ("Uses", "The first and the last use of when they began"),
        Number::CameBack => ("Uses", "The first and the last use of when they came back"),
        Number::Before if of.feature.is_some() => {
            ("Uses", "The first and the last use of that time")
        }
        Number::Before => ("Events", "The first and the last time that they did anything then"),
        _ if of.used && of.feature.is_some() => ("Uses", uses),
        _ => ("Events", "The first and the last time that they did anything in these days"),
    }
}

/// Periods, at the head of a column.
const fn head(period: Period) -> &'static str {
    match period {
        Period::Hour => "Hours",
        Period::Day => "Days",
        Period::WorkingDay => "Working days",
        Period::Week => "Weeks",
        Period::Month => "Months",
    }
}
