//! The diagram of flows as shapes: a column for each step, a bar for each node, as high as it has
//! visits, and bands between them.
//!
//! Each bar has a line of text above it and room of its own below the bar before, so that no two
//! texts ever meet, however thin the bars are. What ended at a node leaves its bar at the foot.

use super::words::visits;
use crate::dashboard::format::{count, people, percent};
use analytics::{Edge, Item, ItemKind, PathNode, PathsResult};
use std::collections::BTreeMap;

/// From one column to the next, in units of the drawing.
const COLUMN: f64 = 208.0;
/// The width of a bar.
const BAR: f64 = 12.0;
/// What is above a bar: its name and its numbers.
const LABEL: f64 = 36.0;
/// What is below it.
const GAP: f64 = 16.0;
/// The height of all visits.
const TALL: f64 = 300.0;
/// The least height of a bar.
const THIN: f64 = 3.0;
/// What is above the columns.
const HEAD: f64 = 30.0;
/// How far what ended reaches out of its bar.
const ENDED: f64 = 34.0;
/// How many characters of a name have room.
const ROOM: usize = 26;

/// The shapes, in units of the drawing.
#[derive(Debug, Default)]
pub(super) struct Diagram {
    pub(super) width: String,
    pub(super) height: String,
    pub(super) heads: Vec<Head>,
    pub(super) bands: Vec<Band>,
    pub(super) ended: Vec<Ended>,
    pub(super) bars: Vec<Bar>,
}

/// What a column is called.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) x: String,
    pub(super) text: String,
}

/// A transition.
#[derive(Debug)]
pub(super) struct Band {
    /// The middle line.
    pub(super) line: String,
    pub(super) thick: String,
    pub(super) title: String,
    /// Whether it comes from or leads to everything else.
    pub(super) is_rest: bool,
}

/// Visits that ended at a node.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) x: String,
    pub(super) y: String,
    pub(super) width: String,
    pub(super) height: String,
    pub(super) title: String,
}

/// A node.
#[derive(Debug)]
pub(super) struct Bar {
    pub(super) x: String,
    pub(super) y: String,
    pub(super) height: String,
    /// The place of the two lines of text.
    pub(super) name_y: String,
    pub(super) figures_y: String,
    pub(super) name: String,
    pub(super) figures: String,
    pub(super) title: String,
    /// `start`, `end`, `rest` or `node`.
    pub(super) sort: &'static str,
    /// The address of the paths that begin here.
    pub(super) address: Option<String>,
}

/// A bar's place, and how much of its two sides is taken by bands.
#[derive(Debug, Clone, Copy)]
struct Placed {
    x: f64,
    y: f64,
    into: f64,
    out: f64,
}

/// Where the nodes are, by column and place in it.
type Places = BTreeMap<(usize, usize), Placed>;

/// The shapes of an answer; `from` is the address of the paths that begin with a step.
pub(super) fn diagram(result: &PathsResult, from: &dyn Fn(&str) -> Option<String>) -> Diagram {
    let scale = TALL / result.visits.max(1) as f64;
    let (mut places, height) = place(result, scale);
    let bars = result.positions.iter().enumerate().flat_map(|(column, position)| {
        let nodes = position.nodes.iter().enumerate();
        nodes
            .filter_map(|(row, node)| places.get(&(column, row)).map(|at| (node, *at)))
            .collect::<Vec<_>>()
    });
    let bars = bars.map(|(node, at)| bar(node, at, scale, from)).collect();
    let bands = bands(result, &mut places, scale);
    let ended = ended(result, &places, scale);
    let head = |n: usize| Head { x: show(COLUMN * n as f64), text: format!("Step {}", n + 1) };
    Diagram {
        width: show(COLUMN * result.positions.len() as f64),
        height: show(height),
        heads: (0..result.positions.len()).map(head).collect(),
        bands,
        ended,
        bars,
    }
}

/// A number of the drawing.
fn show(n: f64) -> String {
    format!("{n:.1}")
}

/// The bars one below the other in each column, and the height that this takes.
fn place(result: &PathsResult, scale: f64) -> (Places, f64) {
    let mut places = Places::new();
    let mut tallest: f64 = 0.0;
    for (column, position) in result.positions.iter().enumerate() {
        let mut y = HEAD;
        for (row, node) in position.nodes.iter().enumerate() {
            y += LABEL;
            let at = Placed { x: COLUMN * column as f64, y, into: 0.0, out: 0.0 };
            places.insert((column, row), at);
            y += tall(node, scale) + GAP;
        }
        tallest = tallest.max(y);
    }
    (places, tallest)
}

fn tall(node: &PathNode, scale: f64) -> f64 {
    (node.flow.visits as f64 * scale).max(THIN)
}

fn bar(node: &PathNode, at: Placed, scale: f64, from: &dyn Fn(&str) -> Option<String>) -> Bar {
    let sort = match node.item.kind {
        ItemKind::Start => "start",
        ItemKind::End => "end",
        ItemKind::EverythingElse | ItemKind::Between => "rest",
        ItemKind::Node => "node",
    };
    let address = node.item.step.as_deref().and_then(from);
    let hint = if address.is_some() { ". Follow what comes after it" } else { "" };
    Bar {
        x: show(at.x),
        y: show(at.y),
        height: show(tall(node, scale)),
        name_y: show(at.y - 20.0),
        figures_y: show(at.y - 6.0),
        name: short(&node.item.name),
        figures: format!("{} · {}", count(node.flow.visits), percent(node.share)),
        title: format!(
            "{}: {} by {}, {} of all{hint}",
            node.item.name,
            visits(node.flow.visits),
            people(node.flow.people),
            percent(node.share)
        ),
        sort,
        address,
    }
}

/// A name as far as there is room; of a path the end says more.
fn short(name: &str) -> String {
    let n = name.chars().count();
    if n <= ROOM {
        return name.to_owned();
    }
    if name.starts_with('/') {
        let end: String = name.chars().skip(n - ROOM + 1).collect();
        return format!("…{end}");
    }
    let begin: String = name.chars().take(ROOM - 1).collect();
    format!("{begin}…")
}

/// The bands in the order of the bars that they leave and reach, so that those of one bar do not
/// cross.
fn bands(result: &PathsResult, places: &mut Places, scale: f64) -> Vec<Band> {
    let row = |column: usize, item: &Item| {
        let nodes = &result.positions.get(column)?.nodes;
        nodes.iter().position(|node| node.item == *item)
    };
    let edges = result.edges.iter().filter_map(|edge| {
        let column = edge.position as usize - 1;
        Some(((column, row(column, &edge.from)?, row(column + 1, &edge.to)?), edge))
    });
    let mut edges: Vec<_> = edges.collect();
    edges.sort_by_key(|(key, _)| *key);
    edges
        .into_iter()
        .filter_map(|((column, one, other), edge)| {
            let thick = edge.transitions as f64 * scale;
            let from = places.get_mut(&(column, one))?;
            let (x, y) = (from.x + BAR, from.y + from.out + thick / 2.0);
            from.out += thick;
            let to = places.get_mut(&(column + 1, other))?;
            let (end, end_y) = (to.x, to.y + to.into + thick / 2.0);
            to.into += thick;
            let middle = (x + end) / 2.0;
            let line = format!(
                "M{x:.1} {y:.1}C{middle:.1} {y:.1} {middle:.1} {end_y:.1} {end:.1} {end_y:.1}"
            );
            Some(band(edge, line, thick))
        })
        .collect()
}

fn band(edge: &Edge, line: String, thick: f64) -> Band {
    let is_rest = [&edge.from, &edge.to].iter().any(|item| item.kind == ItemKind::EverythingElse);
    Band {
        line,
        thick: show(thick.max(1.0)),
        title: format!(
            "From {} to {}: {} by {}",
            edge.from.name,
            edge.to.name,
            super::words::transitions(edge.transitions),
            people(edge.people)
        ),
        is_rest,
    }
}

fn ended(result: &PathsResult, places: &Places, scale: f64) -> Vec<Ended> {
    let mut all = Vec::new();
    for (column, position) in result.positions.iter().enumerate() {
        for (row, node) in position.nodes.iter().enumerate() {
            let Some(at) = places.get(&(column, row)) else { continue };
            // What a path ends with is its end, and nothing is lost there.
            if node.ended.visits == 0 || node.item.kind == ItemKind::End {
                continue;
            }
            all.push(Ended {
                x: show(at.x + BAR),
                y: show(at.y + at.out),
                width: show(ENDED),
                height: show((node.ended.visits as f64 * scale).max(1.0)),
                title: format!(
                    "Ended at {}: {} by {}",
                    node.item.name,
                    visits(node.ended.visits),
                    people(node.ended.people)
                ),
            });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use analytics::report::paths::Node;
    use analytics::{Flow, Position};
    use protocol::Timestamp;

    fn item(name: &str, kind: ItemKind) -> Item {
        Item { name: name.to_owned(), node: Node::OTHERS, kind, step: None }
    }

    fn node(name: &str, n: u64, ended: u64) -> PathNode {
        let flow = |visits| Flow { visits, people: visits };
        let kind = if name == "rest" { ItemKind::EverythingElse } else { ItemKind::Node };
        PathNode {
            item: item(name, kind),
            flow: flow(n),
            share: n as f64 / 1_000.0,
            ended: flow(ended),
            goes_on: flow(0),
        }
    }

    fn edge(from: &str, to: &str, n: u64) -> Edge {
        let kind = |name| if name == "rest" { ItemKind::EverythingElse } else { ItemKind::Node };
        Edge {
            position: 1,
            from: item(from, kind(from)),
            to: item(to, kind(to)),
            transitions: n,
            people: n,
            share: 0.0,
            mean_seconds: 0.0,
        }
    }

    /// Two columns: `a` with nearly all, and many with hardly any.
    fn result() -> PathsResult {
        let many: Vec<_> = (0..9).map(|n| node(&format!("/page/{n}"), 1, 1)).collect();
        let first = [vec![node("a", 990, 600)], many, vec![node("rest", 1, 1)]].concat();
        let second = vec![node("b", 300, 300), node("rest", 90, 90)];
        let position = |position, nodes| Position { position, flow: Flow::default(), nodes };
        PathsResult {
            start: None,
            end: None,
            visits: 1_000,
            people: 900,
            positions: vec![position(1, first), position(2, second)],
            edges: vec![edge("a", "b", 300), edge("a", "rest", 90)],
            journeys: Vec::new(),
            computed_at: Timestamp::default(),
        }
    }

    fn number(text: &str) -> f64 {
        text.parse().unwrap()
    }

    #[test]
    fn no_two_texts_meet_and_none_lies_on_a_bar() {
        let diagram = diagram(&result(), &|_| None);
        for two in diagram.bars.windows(2).filter(|two| two[0].x == two[1].x) {
            let foot = number(&two[0].y) + number(&two[0].height);
            // A line of text is as high as fourteen units above its place.
            assert!(number(&two[1].name_y) - 14.0 > foot, "{two:?}");
        }
        let lowest = diagram.bars.iter().map(|bar| number(&bar.y) + number(&bar.height));
        assert!(lowest.fold(0.0, f64::max) < number(&diagram.height));
    }

    #[test]
    fn what_leaves_a_bar_is_as_high_as_the_bar() {
        let diagram = diagram(&result(), &|_| None);
        let (bar, ended) = (&diagram.bars[0], &diagram.ended[0]);
        let out: f64 = diagram.bands.iter().map(|band| number(&band.thick)).sum();
        assert!((out + number(&ended.height) - number(&bar.height)).abs() < 0.2);
        assert!((number(&ended.y) - number(&bar.y) - out).abs() < 0.2);
        assert!(diagram.bands[1].is_rest && !diagram.bands[0].is_rest);
    }

    #[test]
    fn long_names_keep_what_says_most() {
        assert_eq!(short("/collection/sources/:id/schema/edit"), "…n/sources/:id/schema/edit");
        assert_eq!(short("Button “Save this very long thing”"), "Button “Save this very lo…");
        assert_eq!(short("/reports"), "/reports");
    }
}
