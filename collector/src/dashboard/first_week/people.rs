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
        let outcome = match &self.threshold.outcome {
            Outcome::Return => "were there".to_owned(),
            Outcome::Use(_) => format!("used {}", name(1)),
            Outcome::Activity(days) => {
                format!("were active on {} or more", many(u64::from(*days), "day"))
            }
        };
        let second = match of.came {
            None => ".".to_owned(),
            Some(true) => format!(", and {outcome} in their second week."),
            Some(false) => match &self.threshold.outcome {
                Outcome::Return => ", and were not there in their second week.".to_owned(),
                _ => ", and it did not come to that in their second week.".to_owned(),
            },
        };
        let who = match self.threshold.by {
            By::People => "New people",
            By::Accounts => "New accounts",
        };
        let (title, lead) = match of.feature {
            Some(_) => (
                format!("{who} by uses of {}", name(0)),
                format!("They {used} in their first week{second}"),
            ),
            None => (who.to_owned(), format!("Their second week is over{second}")),
        };
        Words {
            by: self.threshold.by,
            title,
            lead,
            columns: Columns::Times("Uses"),
            times: match of.feature {
                Some(_) => "When they were first and last seen; uses of the first week",
                None => "When they were first and last seen",
            },
        }
    }
}
