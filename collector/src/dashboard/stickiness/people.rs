//! Who is behind a number of stickiness, in words.

use super::REPORT;
use crate::dashboard::format::many;
use crate::dashboard::people::{Columns, Listed, Words, did, who};
use crate::dashboard::range::of_days;
use crate::dashboard::report::{Look, Report};
use crate::dashboard::unit::unit;
use analytics::report::stickiness::Who;
use analytics::{Behind, By, List, Stickiness, Told};

impl Listed for Stickiness {
    type Who = Who;

    fn report() -> &'static Report {
        &REPORT
    }

    fn list(&self, who: Who) -> List {
        List::Stickiness(Behind { question: self.clone(), who })
    }

    fn words(&self, of: &Who, told: &Told, look: &Look<'_>) -> Words {
        let n = many(u64::from(of.periods), unit(self.period));
        let often = if of.or_more { format!("{n} or more") } else { n };
        let exactly = if of.or_more { "" } else { "exactly " };
        let they = match self.by {
            By::People => "They",
            By::Accounts => "Somebody of them",
        };
        Words {
            by: self.by,
            title: format!("{} there in {often}", who(self.by)),
            lead: format!(
                "{they} {} in {exactly}{often}{}.",
                did(told, 0),
                of_days(self.date_range, &look.scope, look.now)
            ),
            columns: Columns::Times("Times"),
            times: "The first and the last time in these days",
        }
    }
}
