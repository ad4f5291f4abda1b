//! What paths say: positions with their nodes, transitions, and journeys.

use super::Paths;
use super::node::{BETWEEN, END, GOES_ON, NOTHING, Node, OTHERS, START};
use crate::query::Target;
use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PathsResult {
    /// What the start is called; none where it is the visit's.
    pub start: Option<String>,
    /// What the end is called; none where there is none.
    pub end: Option<String>,
    /// How many visits have a path.
    pub visits: u64,
    /// Of how many people they are.
    pub people: u64,
    /// The first step of all paths, the second, and so on.
    pub positions: Vec<Position>,
    /// The transitions; those made most often first.
    pub edges: Vec<Edge>,
    /// Whole paths; the most frequent first, at most [`super::MAX_JOURNEYS`].
    pub journeys: Vec<Journey>,
    /// When it was computed.
    pub computed_at: Timestamp,
}

/// How many visits, and of how many people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// Visits.
    pub visits: u64,
    /// People; somebody with several of the visits is one.
    pub people: u64,
}

/// One step of all paths.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// From 1.
    pub position: u32,
    /// The paths that are as long.
    #[serde(flatten)]
    pub flow: Flow,
    /// What the step was, most visits first; everything else is the last.
    pub nodes: Vec<PathNode>,
}

/// What a step of paths was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PathNode {
    /// What it was.
    pub item: Item,
    /// The paths that have it in this position.
    #[serde(flatten)]
    pub flow: Flow,
    /// Its share of all visits that have a path, 0 to 1.
    pub share: f64,
    /// Those of them that ended here.
    pub ended: Flow,
    /// Those of them whose next steps are not looked at.
    pub goes_on: Flow,
}

/// From one position to the next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Edge {
    /// The position that it begins in, from 1.
    pub position: u32,
    /// From what.
    pub from: Item,
    /// To what.
    pub to: Item,
    /// How many visits made it.
    pub transitions: u64,
    /// How many people did.
    pub people: u64,
    /// The share of all visits that have a path, 0 to 1.
    pub share: f64,
    /// How long it took on average, from the last of direct repeats to the last of the next ones.
    pub mean_seconds: f64,
}

/// A whole path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Journey {
    /// Its steps.
    pub items: Vec<Item>,
    /// The visits that went so.
    #[serde(flatten)]
    pub flow: Flow,
    /// Their share of all visits that have a path, 0 to 1.
    pub share: f64,
}

/// What a step was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// What it is called.
    pub name: String,
    /// By which it is asked who was there.
    pub node: Node,
    /// Which sort it is of.
    pub kind: ItemKind,
    /// As a step of a funnel, in the short form of addresses; none of what is several things.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
}

/// Which sort a step is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// What the paths begin with.
    Start,
    /// What they end with.
    End,
    /// A page, a feature or an element.
    Node,
    /// All that have no name of their own in this position.
    EverythingElse,
    /// What is left out between start and end.
    Between,
}

/// What is counted of all visits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "testing"),
    allow(unreachable_pub, reason = "only tests look at what is counted before it is named")
)]
pub struct PathRow {
    /// Which step it is of, from 1; 0 of a journey.
    pub position: u32,
    /// The node of the step.
    pub one: u64,
    /// What comes after it.
    pub other: u64,
    /// 0 of a transition or journey, 1 of a node, 2 of a position.
    pub level: u8,
    /// Visits that passed.
    pub visits: u64,
    /// People whose they are.
    pub people: u64,
    /// Milliseconds from one to the other, of all visits together.
    pub took: u64,
    /// The nodes of a journey.
    pub journey: Vec<u64>,
}

impl PathRow {
    /// The ids of the nodes in these rows that have to be named.
    pub(crate) fn ids(rows: &[Self]) -> Vec<u64> {
        let is_id = |n: &u64| Node(*n).is_id();
        let of_row = |row: &Self| {
            let nodes = if row.position > 0 { vec![row.one, row.other] } else { Vec::new() };
            nodes.into_iter().chain(row.journey.clone())
        };
        let ids: BTreeSet<u64> = rows.iter().flat_map(of_row).filter(is_id).collect();
        ids.into_iter().collect()
    }

    const fn flow(&self) -> Flow {
        Flow { visits: self.visits, people: self.people }
    }
}

/// What nodes are called, by their ids.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// What the start is called.
    pub(crate) start: Option<String>,
    /// What the end is called.
    pub(crate) end: Option<String>,
    /// The others, with what they are as steps.
    pub(crate) nodes: BTreeMap<u64, (String, Target)>,
}

impl Names {
    pub(super) fn item(&self, paths: &Paths, node: u64) -> Item {
        let named = |kind, name: &Option<String>, target: Option<&Target>| Item {
            name: name.clone().unwrap_or_default(),
            node: Node(node),
            kind,
            step: target.map(ToString::to_string),
        };
        let [start, end] = paths.ends().map(|step| step.map(|step| &step.target));
        let fixed = |kind, name: &str| named(kind, &Some(name.to_owned()), None);
        match node {
            START => named(ItemKind::Start, &self.start, start),
            END => named(ItemKind::End, &self.end, end),
            OTHERS => fixed(ItemKind::EverythingElse, "Everything else"),
            BETWEEN => fixed(ItemKind::Between, "…"),
            id => match self.nodes.get(&id) {
                Some((name, target)) => named(ItemKind::Node, &Some(name.clone()), Some(target)),
                None => fixed(ItemKind::Node, &format!("{id:016x}")),
            },
        }
    }
}

impl PathsResult {
    /// The answer.
    pub(crate) fn new(paths: &Paths, rows: &[PathRow], names: Names, now: Timestamp) -> Self {
        let of_position = |position: u32| rows.iter().filter(move |row| row.position == position);
        let total = of_position(1).find(|row| row.level == 2).map(PathRow::flow);
        let table = Table { paths, rows, names: &names, total: total.unwrap_or_default() };
        let last = rows.iter().map(|row| row.position).max().unwrap_or(0);
        let positions = (1..=last).map(|position| table.position(position)).collect();
        let (edges, journeys) = (table.edges(), table.journeys());
        let Flow { visits, people } = table.total;
        let Names { start, end, .. } = names;
        Self { start, end, visits, people, positions, edges, journeys, computed_at: now }
    }
}

/// The rows of an answer.
struct Table<'a> {
    paths: &'a Paths,
    rows: &'a [PathRow],
    names: &'a Names,
    total: Flow,
}

impl Table<'_> {
    fn item(&self, node: u64) -> Item {
        self.names.item(self.paths, node)
    }

    fn share(&self, visits: u64) -> f64 {
        if self.total.visits == 0 { 0.0 } else { visits as f64 / self.total.visits as f64 }
    }

    fn at(&self, position: u32, level: u8) -> impl Iterator<Item = &PathRow> {
        self.rows.iter().filter(move |row| row.position == position && row.level == level)
    }

    fn position(&self, position: u32) -> Position {
        let flow = self.at(position, 2).next().map(PathRow::flow).unwrap_or_default();
        let node = |row: &PathRow| {
            let to = |other| {
                let row = self.at(position, 0).find(|of| of.one == row.one && of.other == other);
                row.map(PathRow::flow).unwrap_or_default()
            };
            PathNode {
                item: self.item(row.one),
                flow: row.flow(),
                share: self.share(row.visits),
                ended: to(NOTHING),
                goes_on: to(GOES_ON),
            }
        };
        let mut nodes: Vec<_> = self.at(position, 1).map(node).collect();
        nodes.sort_by(|a, b| {
            let order = |node: &PathNode| {
                let is_rest = node.item.kind == ItemKind::EverythingElse;
                (is_rest, std::cmp::Reverse(node.flow.visits), node.item.name.clone())
            };
            order(a).cmp(&order(b))
        });
        Position { position, flow, nodes }
    }

    fn edges(&self) -> Vec<Edge> {
        let is_edge = |row: &&PathRow| {
            row.position > 0 && row.level == 0 && !matches!(row.other, NOTHING | GOES_ON)
        };
        let edge = |row: &PathRow| Edge {
            position: row.position,
            from: self.item(row.one),
            to: self.item(row.other),
            transitions: row.visits,
            people: row.people,
            share: self.share(row.visits),
            mean_seconds: row.took as f64 / row.visits as f64 / 1_000.0,
        };
        let mut edges: Vec<_> = self.rows.iter().filter(is_edge).map(edge).collect();
        edges.sort_by(|a, b| {
            let order = |edge: &Edge| {
                let names = (edge.from.name.clone(), edge.to.name.clone());
                (std::cmp::Reverse(edge.transitions), edge.position, names)
            };
            order(a).cmp(&order(b))
        });
        edges
    }

    fn journeys(&self) -> Vec<Journey> {
        let journey = |row: &PathRow| Journey {
            items: row.journey.iter().map(|node| self.item(*node)).collect(),
            flow: row.flow(),
            share: self.share(row.visits),
        };
        let mut journeys: Vec<_> = self.at(0, 0).map(journey).collect();
        journeys.sort_by(|a, b| {
            let names = |journey: &Journey| -> Vec<String> {
                journey.items.iter().map(|item| item.name.clone()).collect()
            };
            (b.flow.visits, names(a)).cmp(&(a.flow.visits, names(b)))
        });
        journeys
    }
}
