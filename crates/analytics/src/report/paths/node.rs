//! What counts in a path, as rows: who did it, when, and a number for what it is.
//!
//! The number of a page, an element or a feature is its id. What is no such thing has a number
//! that no id is: ids are drawn from all of 64 bits by a hash.

use super::{Nodes, Paths};
use crate::feature::source::{self, Source};
use crate::feature::{Features, Meant};
use crate::people::columns;
use crate::query::{By, InvalidQuery, Scope, Step};
use crate::report::condition::Conditions;
use protocol::Kind;
use serde::{Deserialize, Serialize};
use store::derived::is_use_or_view;
use store::schema::{Databases, events as e, feature_events as f};
use store::{Statement, identity};

/// Nothing: the visit ended.
pub(super) const NOTHING: u64 = 0;
/// What the paths begin with; the first in its instant.
pub(super) const START: u64 = 1;
/// All nodes that have no name of their own.
pub(super) const OTHERS: u64 = 2;
/// The steps that are not looked at any more.
pub(super) const GOES_ON: u64 = 3;
/// What is left out between start and end.
pub(super) const BETWEEN: u64 = 4;
/// What the paths end with; the last in its instant.
pub(super) const END: u64 = u64::MAX;

/// What a step of a path was, and what comes after it: the id of a page, an element or a feature, or
/// a word for what is no such thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Node(pub(super) u64);

/// The words.
const WORDS: [(Node, &str); 6] = [
    (Node::NOTHING, "nothing"),
    (Node::START, "start"),
    (Node::OTHERS, "others"),
    (Node::GOES_ON, "goes_on"),
    (Node::BETWEEN, "between"),
    (Node::END, "end"),
];

impl Node {
    /// Nothing: the visit ended.
    pub const NOTHING: Self = Self(NOTHING);
    /// What the paths begin with.
    pub const START: Self = Self(START);
    /// All that have no name of their own.
    pub const OTHERS: Self = Self(OTHERS);
    /// Steps that are not looked at any more.
    pub const GOES_ON: Self = Self(GOES_ON);
    /// What is left out between start and end.
    pub const BETWEEN: Self = Self(BETWEEN);
    /// What the paths end with.
    pub const END: Self = Self(END);

    /// Whether it is a page, an element or a feature.
    pub(super) fn is_id(self) -> bool {
        WORDS.iter().all(|(node, _)| *node != self)
    }
}

impl From<Node> for String {
    fn from(node: Node) -> Self {
        let word = WORDS.iter().find(|(of, _)| *of == node);
        word.map_or_else(|| format!("{:016x}", node.0), |(_, word)| (*word).to_owned())
    }
}

impl TryFrom<String> for Node {
    type Error = InvalidQuery;

    fn try_from(text: String) -> Result<Self, InvalidQuery> {
        if let Some((node, _)) = WORDS.iter().find(|(_, word)| *word == text) {
            return Ok(*node);
        }
        let id = (text.len() == 16).then(|| u64::from_str_radix(&text, 16).ok()).flatten();
        id.map(Self).ok_or_else(|| InvalidQuery::NoSuchNumber(format!("`{text}`")))
    }
}

/// The nodes of a whole journey; as one text with `-` between them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Way(pub Vec<Node>);

impl From<Way> for String {
    fn from(Way(nodes): Way) -> Self {
        nodes.into_iter().map(Self::from).collect::<Vec<_>>().join("-")
    }
}

impl TryFrom<String> for Way {
    type Error = InvalidQuery;

    fn try_from(text: String) -> Result<Self, InvalidQuery> {
        text.split('-')
            .map(|node| Node::try_from(node.to_owned()))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// The parameters of features end with numbers from here on, after those of start and end.
const FIRST_FEATURE: usize = 2;

/// The rows of a question.
#[derive(Debug)]
pub(super) struct Rows<'a> {
    paths: &'a Paths,
    /// Start and end, as far as they are found among the events.
    ends: Conditions<'a>,
    /// The features that count.
    features: Vec<&'a Meant>,
    scope: &'a Scope,
    databases: &'a Databases,
    /// What is said of who did it, for a list of people.
    who: String,
}

impl<'a> Rows<'a> {
    /// The rows of a question.
    ///
    /// # Errors
    /// When its start or end is a feature that is not known.
    pub(super) fn new(
        paths: &'a Paths,
        features: &'a Features,
        scope: &'a Scope,
        databases: &'a Databases,
    ) -> Result<Self, InvalidQuery> {
        let ends = paths.ends().into_iter().flatten();
        for id in ends.clone().filter_map(|step| step.target.feature()) {
            features.of(id)?;
        }
        let counts = paths.nodes == Nodes::Features;
        let of_events = ends.filter(|step| !counts || step.target.feature().is_none());
        let ends = Conditions::new(of_events, features, databases, &scope.grouping).of_events();
        let features = if counts { features.iter().collect() } else { Vec::new() };
        Ok(Self { paths, ends, features, scope, databases, who: String::new() })
    }

    /// The same rows, with `called`, `is_known` and `of_account` of who did it.
    pub(super) fn listed(self) -> Self {
        let who = format!(", {}", columns(self.databases, &self.scope.grouping, By::People));
        Self { who, ..self }
    }

    /// `who`, `at` in milliseconds, and `node`; none where nothing can be there.
    pub(super) fn sql(&self) -> Option<String> {
        let nothing = "false";
        let (page, element) = (e::PAGE_ID, e::ELEMENT_ID);
        let rows = match self.paths.nodes {
            Nodes::Pages => {
                let is_it = format!("{} = '{}' AND {page} != 0", e::KIND, Kind::PageView);
                vec![self.events(page, &is_it)]
            }
            Nodes::Clicks => {
                let is_it = format!("{} = '{}' AND {element} != 0", e::KIND, Kind::Click);
                vec![self.events(element, &is_it)]
            }
            Nodes::Features => {
                let ends = self.paths.ends().into_iter().flatten();
                let is_of_events = |step: &Step| step.target.feature().is_none();
                let others = ends.clone().any(is_of_events);
                let others = others.then(|| self.events(&NOTHING.to_string(), nothing));
                [self.uses(), self.unfilled(), others].into_iter().flatten().collect()
            }
        };
        (!rows.is_empty()).then(|| rows.join("\nUNION ALL\n"))
    }

    /// Events that are a node of this number, or the start, or the end.
    fn events(&self, node: &str, is_it: &str) -> String {
        let mut each = self.ends.each();
        let mut is_end = |step: Option<&Step>| {
            let is_of_events = |step: &&Step| {
                self.paths.nodes != Nodes::Features || step.target.feature().is_none()
            };
            step.filter(is_of_events).and_then(|_| each.next())
        };
        let [start, end] = self.paths.ends().map(&mut is_end);
        let is_any = [Some(is_it.to_owned()), start.clone(), end.clone()];
        let is_any: Vec<_> = is_any.into_iter().flatten().map(|is| format!("({is})")).collect();
        let node = or_end(node, start, end);
        self.select(
            &self.databases.events(),
            &format!("{node} AS node"),
            &format!("({})", is_any.join(" OR ")),
        )
    }

    /// Uses of features whose past is filled in.
    fn uses(&self) -> Option<String> {
        let numbers: Vec<_> = self.of(Source::Uses).map(|(n, _)| n).collect();
        let node = self.feature_or_end(&format!("e.{}", f::FEATURE));
        (!numbers.is_empty()).then(|| {
            let is_it = source::is_use_of_any(numbers);
            self.select(&self.databases.feature_events(), &format!("{node} AS node"), &is_it)
        })
    }

    /// Uses of the other features, among the events.
    fn unfilled(&self) -> Option<String> {
        let each = self.of(Source::Events).map(|(n, meant)| {
            let is_use = source::is_use_of(Source::Events, meant, n, self.databases);
            format!("if({is_use}, {{feature_{n}:String}}, '')")
        });
        let each: Vec<_> = each.collect();
        let which =
            format!("arrayJoin(arrayFilter(id -> id != '', [{}])) AS which", each.join(", "));
        (!each.is_empty()).then(|| {
            let is_it = is_use_or_view(e::KIND, e::ELEMENT_ID);
            let rows = self.select(&self.databases.events(), &which, &is_it);
            let known = if self.who.is_empty() { "" } else { ", called, is_known, of_account, ms" };
            let node = self.feature_or_end("which");
            format!("SELECT who, at, {node} AS node{known} FROM (\n{rows}\n)")
        })
    }

    /// The features of a source, with the numbers that their parameters end with.
    fn of(&self, source: Source) -> impl Iterator<Item = (usize, &'a Meant)> {
        let numbered = (FIRST_FEATURE..).zip(self.features.iter().copied());
        numbered.filter(move |(_, meant)| Source::of(meant) == source)
    }

    /// The node of a feature's id.
    fn feature_or_end(&self, id: &str) -> String {
        let is_end = |step: Option<&Step>, name: &str| {
            let feature = step.and_then(|step| step.target.feature());
            feature.map(|_| format!("{id} = {{{name}:String}}"))
        };
        let [start, end] = self.paths.ends();
        // Of a column of a small set once for each of them.
        let node = format!("reinterpretAsUInt64(reverse(unhex({id})))");
        or_end(&node, is_end(start, "start"), is_end(end, "end"))
    }

    fn select(&self, table: &str, what: &str, is_it: &str) -> String {
        let at = format!("e.{}", e::TIMESTAMP);
        format!(
            "SELECT {person} AS who, toUInt64(toUnixTimestamp64Milli({at})) AS at, {what}{who}\n\
             FROM {table} AS e\nWHERE e.{project} = {{project:String}}\n\
             AND {at} >= fromUnixTimestamp64Milli({{from:Int64}}) AND {at} < fromUnixTimestamp64Milli({{until:Int64}})\n\
             AND {is_it} AND {counted}",
            person = identity::person_hash(self.databases, "e"),
            who = self.who,
            project = e::PROJECT,
            counted = identity::counted(self.databases, &self.scope.grouping, "e"),
        )
    }

    /// Gives the parameters their values.
    ///
    /// # Errors
    /// When a feature is not known.
    pub(super) fn bind(&self, statement: Statement) -> Result<Statement, InvalidQuery> {
        let scope = self.scope;
        let mut statement = identity::bind(statement, &scope.grouping, scope.count_automated)
            .bind("project", scope.project.as_str());
        for (name, step) in ["start", "end"].into_iter().zip(self.paths.ends()) {
            let feature = step.and_then(|step| step.target.feature());
            if let Some(id) = feature.filter(|_| self.paths.nodes == Nodes::Features) {
                statement = statement.bind(name, id.as_str());
            }
        }
        for source in [Source::Uses, Source::Events] {
            let of_it = self.of(source);
            statement =
                of_it.fold(statement, |all, (n, meant)| source::bind(all, source, meant, n));
        }
        self.ends.bind(statement)
    }
}

/// The node, unless it is the start or the end.
fn or_end(node: &str, start: Option<String>, end: Option<String>) -> String {
    let cases = [(start, START), (end, END)].into_iter().filter_map(|(is, n)| Some((is?, n)));
    let cases: String = cases.map(|(is, n)| format!("{is}, {n}, ")).collect();
    if cases.is_empty() {
        format!("toUInt64({node})")
    } else {
        format!("multiIf({cases}toUInt64({node}))")
    }
}
