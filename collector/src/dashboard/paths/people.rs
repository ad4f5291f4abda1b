//! Whose visits went by a step, in words.

use super::REPORT;
use crate::dashboard::format::quoted;
use crate::dashboard::people::{Columns, Listed, Words};
use crate::dashboard::report::{Look, Report};
use analytics::report::paths::{Node, Who};
use analytics::{Behind, By, List, Paths, Told};

impl Listed for Paths {
    type Who = Who;

    fn report() -> &'static Report {
        &REPORT
    }

    fn list(&self, who: Who) -> List {
        List::Paths(Behind { question: self.clone(), who })
    }

    fn words(&self, of: &Who, told: &Told, _: &Look<'_>) -> Words {
        let name = |n: usize, node: Node| match told.names.get(n).and_then(Option::as_deref) {
            Some(_) if node == Node::OTHERS => "one that has no name of its own here".to_owned(),
            Some(_) if node == Node::BETWEEN => "between start and end".to_owned(),
            name => quoted(name.unwrap_or_default()),
        };
        if of.way.is_some() {
            let way = told.names.iter().skip(2).flatten().map(|name| quoted(name));
            let way = way.collect::<Vec<_>>().join(", then ");
            return words(
                "People of a journey".to_owned(),
                format!("Visits of theirs went just so, as far as is looked at: {way}."),
            );
        }
        let step = of.position;
        let here = of.node.map(|node| name(0, node));
        let was = here.map_or_else(
            || format!("Visits of theirs had a step {step}"),
            |here| format!("Step {step} of visits of theirs was {here}"),
        );
        let (title, then) = match of.next {
            None => (format!("People at step {step}"), String::new()),
            Some(Node::NOTHING) => (
                format!("People whose visit ended at step {step}"),
                ", and the visit ended there".to_owned(),
            ),
            Some(Node::GOES_ON) => (
                format!("People who went on after step {step}"),
                ", and what came after it is not looked at".to_owned(),
            ),
            Some(next) => (
                format!("People from step {step} to step {}", step + 1),
                format!(", and the next one was {}", name(1, next)),
            ),
        };
        words(title, format!("{was}{then}."))
    }
}

fn words(title: String, lead: String) -> Words {
    Words {
        by: By::People,
        title,
        lead,
        columns: Columns::Times("Visits"),
        times: "The first and the last time that a visit of theirs was there",
    }
}
