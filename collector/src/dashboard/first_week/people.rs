//! Who used a feature so often in the first week, in words.

use super::{REPORT, Shown};
use crate::dashboard::format::{many, quoted};
use crate::dashboard::people::{Columns, Listed, Words};
use crate::dashboard::report::{Look, Report};
use analytics::report::threshold::{Did, Who};
use analytics::{Behind, By, List, Outcome, Told};

impl Listed for Shown {
    type Who = Who;

    fn report() -> &'static Report {
        &REPORT
    }

    fn list(&self, who: Who) -> List {
        List::Threshold(Behind { question: self.threshold.clone(), who })
    }

    fn words(&self, of: &Who, told: &Told, _: &Look<'_>) -> Words {
        let name = |n: usize| {
            let name = told.names.get(n).and_then(Option::as_deref);
            quoted(name.unwrap_or_default())
        };
        let times = match of.uses {
            1 => "once".to_owned(),
            2 => "twice".to_owned(),
            n => format!("{n} times"),
        };
        let is_most = of.uses == self.threshold.most;
        let used = match (of.did, of.uses) {
            (Did::Exactly, 0) | (Did::Fewer, 1) => "did not use it".to_owned(),
            (Did::Exactly, _) if !is_most => format!("used it just {times}"),
            (Did::Exactly | Did::OrMore, _) => format!("used it {times} or more"),
            (Did::Fewer, n) => format!("used it fewer than {n} times"),
        };
        let second = of.came.map(|came| match (&self.threshold.outcome, came) {
            (Outcome::Return, true) => "were there in their second week".to_owned(),
            (Outcome::Return, false) => "were not there in their second week".to_owned(),
            (Outcome::Use(_), true) => format!("used {} in their second week", name(1)),
            (Outcome::Use(_), false) => format!("did not use {} in their second week", name(1)),
            (Outcome::Activity(n), is_so) => {
                let (days, less) = (many(u64::from(*n), "day"), if is_so { "" } else { "not " });
                format!("were {less}active on {days} or more of their second week")
            }
        });
        let who = match self.threshold.by {
            By::People => "New people",
            By::Accounts => "New accounts",
        };
        let lead = match (&of.feature, second) {
            (Some(_), None) => format!("They {used} in their first week."),
            (Some(_), Some(second)) => format!("They {used} in their first week, and {second}."),
            (None, None) => "Their second week is over.".to_owned(),
            (None, Some(second)) => format!("They {second}."),
        };
        let title = match of.feature {
            Some(_) => format!("{who} by uses of {}", name(0)),
            None => who.to_owned(),
        };
        Words {
            by: self.threshold.by,
            title,
            lead,
            columns: Columns::Times(if of.feature.is_some() { "Uses" } else { "Times" }),
            times: match of.feature {
                Some(_) => "When they were first and last seen; uses of the first week",
                None => "When they were first and last seen; how often they did anything",
            },
        }
    }
}
