//! Whole journeys as a ranked list, each of which becomes a funnel in one step.

use super::as_funnel::funnel;
use super::words::visits;
use crate::dashboard::format::{people, percent};
use crate::dashboard::people::{Lists, Number};
use analytics::report::paths::Who;
use analytics::{ItemKind, Journey, Paths, PathsResult};
use std::cmp::Ordering;

/// How many are seen at once.
const SEEN: usize = 10;

/// The journeys.
#[derive(Debug)]
pub(super) struct Journeys {
    /// Those that are seen at once.
    pub(super) first: Vec<Row>,
    /// The others.
    pub(super) others: Vec<Row>,
    /// How much of all visits they are, as a sentence.
    pub(super) told: String,
}

/// A journey.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) steps: Vec<Step>,
    /// Visits, people, and their share.
    pub(super) visits: String,
    /// How many people, who are listed behind it.
    pub(super) people: Number,
    pub(super) share: String,
    /// Percent of the longest bar.
    pub(super) width: String,
    /// The address of the funnel, if it can be one.
    pub(super) funnel: Option<String>,
    /// What the funnel counts, where it was asked.
    pub(super) counted: Option<String>,
}

/// A step of a journey.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) name: String,
    /// Whether it is what the paths begin or end with.
    pub(super) is_end: bool,
}

/// The journeys of an answer; `funnel` is the path of the page of funnels.
pub(super) fn journeys(
    paths: &Paths,
    result: &PathsResult,
    funnels: &[(usize, u64)],
    funnel: &str,
    lists: &Lists<'_, Paths>,
) -> Journeys {
    let most = result.journeys.first().map_or(1, |journey| journey.flow.visits.max(1));
    let rows = result.journeys.iter().enumerate().map(|(place, journey)| {
        let counted = funnels.iter().find(|(of, _)| *of == place).map(|(_, people)| *people);
        let people = lists.number(
            people(journey.flow.people),
            journey.flow.people,
            format!("journey {}", place + 1),
            &Who::way(journey.items.iter().map(|item| item.node).collect()),
        );
        Row { people, ..row(paths, journey, most, counted, funnel) }
    });
    let mut rows: Vec<_> = rows.collect();
    let others = rows.split_off(rows.len().min(SEEN));
    Journeys { first: rows, others, told: told(result) }
}

fn row(paths: &Paths, journey: &Journey, most: u64, counted: Option<u64>, path: &str) -> Row {
    let step = |item: &analytics::Item| Step {
        name: item.name.clone(),
        is_end: matches!(item.kind, ItemKind::Start | ItemKind::End),
    };
    let address = funnel(paths, journey);
    Row {
        steps: journey.items.iter().map(step).collect(),
        visits: visits(journey.flow.visits),
        people: Number::default(),
        share: percent(journey.share),
        width: format!("{:.1}", 100.0 * journey.flow.visits as f64 / most as f64),
        funnel: address.map(|funnel| format!("{path}?{}", funnel.to_query_string())),
        counted: counted.map(|funnel| compared(journey.flow.people, funnel)),
    }
}

/// What the funnel of a journey counts, beside the people of the journey.
fn compared(on_path: u64, in_funnel: u64) -> String {
    match in_funnel.cmp(&on_path) {
        Ordering::Equal => format!("The funnel counts the same {}.", people(in_funnel)),
        Ordering::Greater => format!(
            "The funnel counts {}: {} more did it with other steps between, before or after.",
            people(in_funnel),
            people(in_funnel - on_path)
        ),
        Ordering::Less => {
            format!("The funnel counts {}: the others took longer than a day.", people(in_funnel))
        }
    }
}

fn told(result: &PathsResult) -> String {
    let told: u64 = result.journeys.iter().map(|journey| journey.flow.visits).sum();
    if told == result.visits {
        return "These are all of them.".to_owned();
    }
    let share = told as f64 / result.visits.max(1) as f64;
    format!("The {} most frequent are {} of all visits.", result.journeys.len(), percent(share))
}
