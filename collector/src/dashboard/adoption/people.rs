//! Who used a feature, and who did not, in words.

use super::{REPORT, Shown};
use crate::dashboard::people::{Columns, Listed, Words, quoted, who};
use crate::dashboard::range::of_days;
use crate::dashboard::report::{Look, Report};
use analytics::report::adoption::Who;
use analytics::{Behind, By, List, Told};

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
        let days = of_days(self.adoption.date_range, &look.scope, look.now);
        let they = match of.by {
            By::People => "They",
            By::Accounts => "Somebody of them",
        };
        let (title, lead) = match (name, of.used, of.by) {
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
        };
        let is_use = of.used && of.feature.is_some();
        Words {
            by: of.by,
            title: format!("{} {title}", who(of.by)),
            lead,
            columns: Columns::Times(if is_use { "Uses" } else { "Events" }),
            times: if is_use {
                "The first and the last use in these days"
            } else {
                "The first and the last time that they did anything in these days"
            },
        }
    }
}
