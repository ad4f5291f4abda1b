//! Who is behind a number of the life cycle, in words.

use super::REPORT;
use crate::dashboard::people::{Columns, Listed, Words, did, period, who};
use crate::dashboard::report::{Look, Report};
use crate::dashboard::unit::when;
use analytics::report::lifecycle::{State, Who};
use analytics::{Behind, By, Lifecycle, List, Told};

impl Listed for Lifecycle {
    type Who = Who;

    fn report() -> &'static Report {
        &REPORT
    }

    fn list(&self, who: Who) -> List {
        List::Lifecycle(Behind { question: self.clone(), who })
    }

    fn words(&self, of: &Who, told: &Told, _: &Look<'_>) -> Words {
        let they = match self.by {
            By::People => "They",
            By::Accounts => "Somebody of them",
        };
        let [now, before] = [0, 1].map(|n| when(self.period, period(told, n)));
        let did = format!("{they} {}", did(told, 0));
        let who = who(self.by);
        let few = who.to_lowercase();
        let (title, lead) = match of.state {
            State::There => (format!("{who} who were there"), format!("{did} {now}.")),
            State::New => {
                (format!("New {few}"), format!("{did} {now}, and they were never seen before."))
            }
            State::Returning => {
                (format!("Returning {few}"), format!("{did} {now}, and {before}, too."))
            }
            State::Resurrecting => (
                format!("{who} back after an absence"),
                format!("{did} {now}, and not {before}; they were seen before that."),
            ),
            State::Dormant => {
                (format!("{who} who stayed away"), format!("{did} {before}, and not {now}."))
            }
        };
        Words {
            by: self.by,
            title,
            lead,
            columns: Columns::Times("Times"),
            times: match of.state {
                State::Dormant => "The first and the last time before they stayed away",
                _ => "The first and the last time in that period",
            },
        }
    }
}
