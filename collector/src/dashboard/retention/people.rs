//! Who is behind a number of retention, in words.

use super::REPORT;
use crate::dashboard::condition;
use crate::dashboard::format::{capital, quoted};
use crate::dashboard::people::{Columns, Listed, Words, did, period, who};
use crate::dashboard::report::{Look, Report};
use crate::dashboard::unit::when;
use analytics::report::retention::{Cohorts, Returns, Who};
use analytics::{Behind, List, Retention, Told};

impl Listed for Retention {
    type Who = Who;

    fn report() -> &'static Report {
        &REPORT
    }

    fn list(&self, who: Who) -> List {
        List::Retention(Behind { question: self.clone(), who })
    }

    fn words(&self, of: &Who, told: &Told, _: &Look<'_>) -> Words {
        let first = match self.cohorts {
            Cohorts::First => " for the first time",
            Cohorts::Recurring => "",
        };
        let in_these = match of.cohort {
            Some(_) => when(self.period, period(told, 0)),
            None => "in these days".to_owned(),
        };
        let began = format!("They {}{first} {in_these}", did(told, 0));
        let or_later = match self.returns {
            Returns::On => "",
            Returns::OnOrAfter => " or later",
        };
        let then = format!("{}{or_later}", when(self.period, period(told, 1)));
        let back = match told.names.get(1) {
            Some(Some(_)) => did(told, 1),
            _ => "came back".to_owned(),
        };
        let (title, lead) = match (of.later, of.came) {
            (0, _) => ("who began", format!("{began}.")),
            (_, true) => ("who came back", format!("{began}, and {back} {then}.")),
            (_, false) => {
                let did_not = match told.names.get(1).and_then(Option::as_deref) {
                    Some(name) => format!("did not do {}", quoted(name)),
                    None => "did not come back".to_owned(),
                };
                ("who did not come back", format!("{began}, and {did_not} {then}."))
            }
        };
        let value = match (of.value.as_deref(), of.others) {
            (_, true) => Some("one that has no curve of its own".to_owned()),
            (value, false) => value.map(|value| condition::value(value, false)),
        };
        let value = self.breakdown.as_ref().zip(value);
        let value =
            value.map(|(by, value)| format!(" {}: {value}.", capital(&condition::name(by))));
        let lead = lead + value.as_deref().unwrap_or_default();
        let times = match (of.later, of.came) {
            (0, _) if of.cohort.is_none() => {
                "The first and the last time that they did it in these days"
            }
            (0, _) | (_, false) => "The first and the last time that they began in that period",
            (_, true) => "The first and the last time that they came back then",
        };
        Words {
            by: self.by,
            title: format!("{} {title}", who(self.by)),
            lead,
            columns: Columns::Times("Times"),
            times,
        }
    }
}
