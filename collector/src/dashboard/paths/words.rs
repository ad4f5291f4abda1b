//! Paths as people read them. Pure: numbers in, texts out.

use super::view::{EdgeRow, Figure, NodeRow};
use crate::dashboard::format::{count, many, people, percent, quoted, span, time_of_day};
use crate::dashboard::live::zone;
use crate::dashboard::people::{Lists, Number};
use crate::dashboard::range::{Choice, days};
use analytics::report::paths::{Node, Nodes, Who};
use analytics::{ItemKind, Journey, PathNode, Paths, PathsResult, Scope};

/// How many steps can be chosen.
const STEPS: [u32; 6] = [3, 4, 5, 6, 8, 10];

/// How many visits, in words that agree.
pub(super) fn visits(n: u64) -> String {
    many(n, "visit")
}

/// How many transitions, in words that agree.
pub(super) fn transitions(n: u64) -> String {
    many(n, "transition")
}

/// What can count as a step.
pub(super) fn nodes(on: Nodes) -> Vec<Choice> {
    let nodes = [
        (Nodes::Pages, "pages", "Pages"),
        (Nodes::Features, "features", "Features"),
        (Nodes::Clicks, "clicks", "Clicks"),
    ];
    let choice = |(one, value, label): (Nodes, &str, &str)| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        is_on: one == on,
    };
    nodes.into_iter().map(choice).collect()
}

/// How many steps can be looked at; those that are, are among them.
pub(super) fn steps(on: u32) -> Vec<Choice> {
    let mut steps = STEPS.to_vec();
    if !steps.contains(&on) {
        steps.push(on);
        steps.sort_unstable();
    }
    let choice = |n: u32| Choice { value: n.to_string(), label: n.to_string(), is_on: n == on };
    steps.into_iter().map(choice).collect()
}

/// The numbers to be read first.
pub(super) fn figures(paths: &Paths, result: &PathsResult) -> Vec<Figure> {
    let mut figures = vec![
        Figure { label: "Visits", value: count(result.visits) },
        Figure { label: "People", value: count(result.people) },
    ];
    if paths.end.is_none() {
        let label = "Ended after the first step";
        figures.push(Figure { label, value: percent(share(result, ended_at_once(result))) });
    }
    figures
}

fn ended_at_once(result: &PathsResult) -> u64 {
    let first = result.positions.first();
    first.map_or(0, |first| first.nodes.iter().map(|node| node.ended.visits).sum())
}

fn share(result: &PathsResult, visits: u64) -> f64 {
    visits as f64 / result.visits.max(1) as f64
}

/// What the diagram says.
pub(super) fn caption(paths: &Paths, result: &PathsResult) -> String {
    let who = format!("{} of {}", visits(result.visits), people(result.people));
    let [start, end] = [&result.start, &result.end].map(|name| name.as_deref().map(quoted));
    match (start, end) {
        (None, None) => {
            let first = most(result, 0);
            let first = first.map_or_else(String::new, |(name, share)| {
                format!(" Most often the first {} was {name}, in {share}.", one(paths.nodes))
            });
            format!("{who}, step by step.{first}{}", next(result))
        }
        (Some(start), None) => {
            format!("{who} with {start}, and what came after it.{}", next(result))
        }
        (None, Some(end)) => format!("{who} led to {end}.{}", way(result)),
        (Some(start), Some(end)) => format!("{who} led from {start} to {end}.{}", way(result)),
    }
}

/// What counts, one of it.
fn one(nodes: Nodes) -> &'static str {
    match nodes {
        Nodes::Pages => "page",
        Nodes::Features => "feature",
        Nodes::Clicks => "click",
    }
}

/// The node of a column with the most visits, and its share of all.
fn most(result: &PathsResult, column: usize) -> Option<(String, String)> {
    let mut nodes = result.positions.get(column)?.nodes.iter();
    let is_named = |node: &&PathNode| node.item.kind != ItemKind::EverythingElse;
    let node = nodes.find(is_named)?;
    Some((quoted(&node.item.name), percent(node.share)))
}

fn next(result: &PathsResult) -> String {
    let ended = percent(share(result, ended_at_once(result)));
    match most(result, 1) {
        Some((name, share)) => {
            format!(" The second step was most often {name}, in {share}; {ended} ended before it.")
        }
        None => " All of them ended there.".to_owned(),
    }
}

/// The most frequent journey.
fn way(result: &PathsResult) -> String {
    let steps = |journey: &Journey| {
        let names = journey.items.iter().map(|item| item.name.as_str());
        names.collect::<Vec<_>>().join(" › ")
    };
    result.journeys.first().map_or_else(String::new, |journey| {
        format!(" The most frequent way, in {}, was {}.", percent(journey.share), steps(journey))
    })
}

/// What is counted, of which days, and when.
pub(super) fn footnote(paths: &Paths, result: &PathsResult, scope: &Scope) -> String {
    let of = match paths.date_range.days(scope, result.computed_at) {
        Ok((from, to)) => format!(" {}, in {}.", days(from, to), scope.time_zone),
        Err(_) => String::new(),
    };
    let what = match paths.nodes {
        Nodes::Pages => "two page views",
        Nodes::Features => "two uses of features",
        Nodes::Clicks => "two clicks",
    };
    let at = time_of_day(result.computed_at, &zone(&scope.time_zone));
    format!(
        "30 minutes or more between {what} begin a new visit, midnight does not; the same twice in a row is one step. \
         Bars and bands are visits; how many people they are is told beside.{of} As of {at}."
    )
}

/// The table of transitions.
pub(super) fn edges(result: &PathsResult, lists: &Lists<'_, Paths>) -> Vec<EdgeRow> {
    let number = |edge: &analytics::Edge| {
        let (node, next) = (Some(edge.from.node), Some(edge.to.node));
        let label = format!("people from {} to {}", edge.from.name, edge.to.name);
        let who = Who { position: edge.position, node, next, way: None };
        lists.number(count(edge.people), edge.people, label, &who)
    };
    let row = |edge: &analytics::Edge| EdgeRow {
        position: edge.position,
        from: edge.from.name.clone(),
        to: edge.to.name.clone(),
        transitions: count(edge.transitions),
        people: number(edge),
        share: percent(edge.share),
        took: span(edge.mean_seconds.round() as u64),
    };
    result.edges.iter().map(row).collect()
}

/// The table of steps; `from` and `to` are the addresses of paths that begin or end with one.
pub(super) fn rows(
    result: &PathsResult,
    lists: &Lists<'_, Paths>,
    from: &dyn Fn(&str) -> Option<String>,
    to: &dyn Fn(&str) -> Option<String>,
) -> Vec<NodeRow> {
    let number = |position, node: &PathNode, n: u64, next: Option<Node>| {
        let name = &node.item.name;
        let (value, label) = match next {
            None => (count(n), format!("people at step {position}, {name}")),
            Some(_) => (people(n), format!("ended at step {position}, {name}")),
        };
        lists.number(
            value,
            n,
            label,
            &Who { position, node: Some(node.item.node), next, way: None },
        )
    };
    let row = |position: u32, node: &PathNode| NodeRow {
        position,
        name: node.item.name.clone(),
        visits: count(node.flow.visits),
        people: number(position, node, node.flow.people, None),
        share: percent(node.share),
        // What the paths end with is their end, and no visit is lost there.
        ended: match node.ended.visits {
            0 => "–".to_owned(),
            _ if node.item.kind == ItemKind::End => "–".to_owned(),
            n => count(n),
        },
        ended_people: match node.ended.people {
            0 => Number::default(),
            _ if node.item.kind == ItemKind::End => Number::default(),
            n => number(position, node, n, Some(Node::NOTHING)),
        },
        ends: node.item.step.as_deref().and_then(|step| Some([from(step)?, to(step)?])),
    };
    let rows = result
        .positions
        .iter()
        .flat_map(|position| position.nodes.iter().map(move |node| row(position.position, node)));
    rows.collect()
}
