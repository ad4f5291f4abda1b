//! Ordered funnels: the best of all attempts, other events allowed between, each event once.

use super::history::{Event, Histories, What};
use crate::calendar::DAY_MS;
use serde::Serialize;

/// A step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// A page of this path is viewed.
    Page(&'static str),
    /// The element with this key in `elements.json` is clicked.
    Click(&'static str),
}

/// How many people go through some steps.
#[derive(Debug, Serialize)]
pub struct Funnel {
    /// What it asks.
    pub name: &'static str,
    /// The steps.
    pub steps: Vec<Step>,
    /// The most time from the first step to the last, as questions write it.
    pub window: &'static str,
    /// How many people reach each step.
    pub people: Vec<usize>,
}

const WINDOW: (&str, i64) = ("7d", 7 * DAY_MS);

/// The funnels that are told.
const FUNNELS: [(&str, &[Step]); 6] = [
    (
        "Smart path",
        &[
            Step::Page("/analysis/smart-path"),
            Step::Click("configure-smart-path"),
            Step::Click("save-smart-path"),
        ],
    ),
    (
        "connect source",
        &[
            Step::Page("/collection/sources"),
            Step::Click("connect-source"),
            Step::Page("/collection/sources/new"),
            Step::Click("save-source"),
        ],
    ),
    (
        "set alert",
        &[
            Step::Page("/monitoring/metrics"),
            Step::Page("/monitoring/metrics/:id"),
            Step::Click("set-alert"),
            Step::Click("save-alert"),
        ],
    ),
    ("watch, then set alert", &[Step::Click("watch"), Step::Click("save-alert")]),
    (
        "save chart, then share board",
        &[Step::Click("save-chart"), Step::Click("share"), Step::Click("export-file")],
    ),
    // What Tidemark's staff do each time, too.
    ("team, then plans", &[Step::Page("/settings/team"), Step::Page("/upgrade")]),
];

pub(super) fn all(histories: &Histories) -> Vec<Funnel> {
    FUNNELS.iter().map(|(name, steps)| one(name, steps, histories)).collect()
}

fn one(name: &'static str, steps: &[Step], histories: &Histories) -> Funnel {
    let mut people = vec![0; steps.len()];
    let wanted: Vec<_> = steps.iter().map(|step| found(*step, histories)).collect();
    for events in histories.people() {
        let n = depth(events, &wanted);
        people.iter_mut().take(n).for_each(|n_people| *n_people += 1);
    }
    Funnel { name, steps: steps.to_vec(), window: WINDOW.0, people }
}

fn found(step: Step, histories: &Histories) -> Option<What> {
    match step {
        Step::Page(path) => histories.word(path).map(What::Page),
        Step::Click(key) => histories.word(key).map(What::Click),
    }
}

/// How many steps somebody reaches. For each step the latest start is kept from which it was
/// reached; a step is looked at after the one behind it, so that no event serves two.
fn depth(events: &[Event], wanted: &[Option<What>]) -> usize {
    let mut starts: Vec<Option<i64>> = vec![None; wanted.len()];
    for event in events {
        for n in (0..wanted.len()).rev() {
            if wanted[n] != Some(event.what) {
                continue;
            }
            let start = if n == 0 { Some(event.at) } else { starts[n - 1] };
            let start = start.filter(|start| event.at - start <= WINDOW.1);
            starts[n] = starts[n].max(start);
        }
    }
    starts.iter().take_while(|start| start.is_some()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(events: &[(i64, u32)], wanted: &[u32], expect: usize) {
        let event =
            |(at, word)| Event { at, what: What::Click(word), completes: None, account: None };
        let events: Vec<_> = events.iter().copied().map(event).collect();
        let wanted: Vec<_> = wanted.iter().map(|word| Some(What::Click(*word))).collect();
        assert_eq!(depth(&events, &wanted), expect);
    }

    #[test]
    fn the_best_of_all_starts_within_the_window() {
        let day = DAY_MS;
        check(&[(0, 1), (day, 2), (2 * day, 3)], &[1, 2, 3], 3);
        check(&[(0, 1), (day, 3), (2 * day, 2)], &[1, 2, 3], 2);
        check(&[(0, 1), (7 * day, 2)], &[1, 2], 2);
        check(&[(0, 1), (7 * day + 1, 2)], &[1, 2], 1);
        check(&[(0, 1), (6 * day, 1), (8 * day, 2)], &[1, 2], 2);
        check(&[(0, 1)], &[1, 1], 1);
        check(&[(0, 1), (0, 1)], &[1, 1], 2);
    }
}
