//! Whose visits went by a node, made a transition, or ended.

use super::answer::Names;
use super::node::{GOES_ON, NOTHING, Node, OTHERS, Rows, Way};
use super::statement::{IN_ORDER, at, bind, cut, having, node};
use super::{MAX_STEPS, Paths};
use crate::people::{Actors, Data, Listed, PeopleOf, account_then, accounts, nth};
use crate::query::{FeatureId, InvalidQuery, Step};
use serde::{Deserialize, Serialize};

/// Of which number of paths.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Who {
    /// At which step; they count from 1.
    #[serde(default = "first")]
    pub position: u32,
    /// What the step was; whatever it was, if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<Node>,
    /// What came after it; whatever did, if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Node>,
    /// Which way the whole visit went, as far as it is looked at; any, if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub way: Option<Way>,
}

const fn first() -> u32 {
    1
}

impl Who {
    /// Of the visits that went just so.
    pub fn way(nodes: Vec<Node>) -> Self {
        Self { position: 1, node: None, next: None, way: Some(Way(nodes)) }
    }

    fn nodes(&self) -> impl Iterator<Item = Node> {
        let way = self.way.iter().flat_map(|Way(nodes)| nodes).copied();
        [self.node, self.next].into_iter().flatten().chain(way)
    }

    /// The ids that have to be named.
    pub(crate) fn ids(&self) -> Vec<u64> {
        self.nodes().filter(|node| node.is_id()).map(|node| node.0).collect()
    }

    /// What node and next are called, and the nodes of the way.
    pub(crate) fn names(&self, paths: &Paths, names: &Names) -> Vec<Option<String>> {
        let name = |node: Node| names.item(paths, node.0).name;
        let way = self.way.iter().flat_map(|Way(nodes)| nodes).map(|node| Some(*node));
        [self.node, self.next].into_iter().chain(way).map(|node| node.map(name)).collect()
    }
}

/// The steps of all paths: `actor`, `is_known`, `of_account`, `ms`, `position`, `node`, `next`; with
/// the whole `way` of each, if that is asked for.
fn steps(paths: &Paths, events: &str, with_way: bool) -> String {
    let people = format!(
        "SELECT (who, argMax(called, is_known), max(is_known), {}) AS person, {IN_ORDER} AS events\n\
         FROM (\n{events}\n)\nGROUP BY who{}",
        accounts("ms, of_account", "true"),
        having(paths)
    );
    format!(
        "SELECT person.1 AS actor, person.2 AS called, person.3 AS is_known, {account} AS of_account, toUInt8(step) AS position,\n  \
         {when} AS ms, {here} AS node, if(step = length(path), last, {there}) AS next{way}\n\
         FROM (\n{paths}\n)\nARRAY JOIN range(1, length(path) + 1) AS step",
        account = account_then("person.4", &at("path[step]")),
        when = at("path[step]"),
        here = node("path[step]"),
        there = node("path[step + 1]"),
        way = if with_way {
            format!(", arrayMap(element -> {}, path) AS way", node("element"))
        } else {
            String::new()
        },
        paths = cut(paths, &people),
    )
}

/// The nodes of a position that have their name.
fn named(steps: &str, position: u32) -> String {
    format!(
        "SELECT node FROM (\n{steps}\n)\nWHERE position = {position}\n\
         GROUP BY node ORDER BY count() DESC, node LIMIT {{shown:UInt32}}"
    )
}

impl Who {
    fn condition(&self, steps: &str) -> String {
        let position = self.position;
        let is_other = |column, position| format!("{column} NOT IN ({})", named(steps, position));
        let is = |column: &str, node: Node| format!("{column} = {}", node.0);
        let node = self.node.map(|node| match node.0 {
            OTHERS => is_other("node", position),
            _ => is("node", node),
        });
        let next = self.next.map(|next| match next.0 {
            OTHERS => {
                format!("next NOT IN ({NOTHING}, {GOES_ON}) AND {}", is_other("next", position + 1))
            }
            _ => is("next", next),
        });
        let at = format!("position = {position}");
        let way = self.way.as_ref().map(|Way(nodes)| {
            let nodes: Vec<_> = nodes.iter().map(|node| format!("toUInt64({})", node.0)).collect();
            format!("way = [{}]", nodes.join(", "))
        });
        [Some(at), node, next, way].into_iter().flatten().collect::<Vec<_>>().join(" AND ")
    }
}

impl Listed<Who> for Paths {
    fn features_of<'a>(&'a self, _: &'a Who) -> Option<Vec<&'a FeatureId>> {
        self.features()
    }

    fn people(&self, who: &Who, data: Data<'_>) -> Result<PeopleOf, InvalidQuery> {
        let Data { features, scope, databases, now } = data;
        self.check()?;
        // Between a start and an end there is one step more than are looked at.
        nth("step", who.position, MAX_STEPS + 1)?;
        let span = self.date_range.span(scope, now)?;
        let rows = Rows::new(self, features, scope, databases)?.listed();
        let none = || InvalidQuery::NoSuchNumber("a feature".to_owned());
        if who.way.as_ref().is_some_and(|Way(nodes)| nodes.len() > MAX_STEPS as usize + 1) {
            return Err(InvalidQuery::NoSuchNumber("a journey so long".to_owned()));
        }
        let steps = steps(self, &rows.sql().ok_or_else(none)?, who.way.is_some());
        let actors = Actors {
            rows: format!("SELECT * FROM (\n{steps}\n)\nWHERE {}", who.condition(&steps)),
            told: "true".to_owned(),
            known: Vec::new(),
        };
        actors.people("true", |statement| {
            Ok(bind(rows.bind(statement)?, self, span, now).bind("shown", self.shown))
        })
    }

    fn named(&self, _: &Who) -> Vec<Option<Step>> {
        Vec::new()
    }
}
