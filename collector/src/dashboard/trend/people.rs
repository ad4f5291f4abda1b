//! Who is behind a number of a trend, in words.

use super::{REPORT, Shown};
use crate::dashboard::people::{Columns, Listed, Words, did, period, who};
use crate::dashboard::report::{Look, Report};
use crate::dashboard::unit::{span, when};
use analytics::report::trend::Who;
use analytics::{Behind, By, List, Period, Told};

impl Listed for Shown {
    type Who = Who;

    fn report() -> &'static Report {
        &REPORT
    }

    fn list(&self, who: Who) -> List {
        List::Trend(Behind { question: self.trend.clone(), who })
    }

    fn words(&self, of: &Who, told: &Told, _: &Look<'_>) -> Words {
        let (did, unit) = (did(told, 0), self.trend.period);
        let when = match (of.trailing, of.period) {
            (true, _) => span(Period::Day, period(told, 0), period(told, 1)),
            (false, Some(_)) => when(unit, period(told, 0)),
            (false, None) => span(unit, period(told, 0), period(told, 1)),
        };
        let before = if of.before { ", the time before" } else { "" };
        let (title, lead) = match of.by {
            By::People => (format!("who {did}"), format!("They {did} {when}{before}.")),
            By::Accounts => (
                format!("of which somebody {did}"),
                format!("Somebody of them {did} {when}{before}."),
            ),
        };
        Words {
            by: of.by,
            title: format!("{} {title}", who(of.by)),
            lead,
            columns: Columns::Times("Times"),
            times: "The first and the last time in this list",
        }
    }
}
