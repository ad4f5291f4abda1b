//! Paths of random histories, asked of the engine and counted by hand.
//!
//! The count by hand is written from the sentences that define paths: it walks through what each
//! person did, visit by visit, and writes down every step with its person.

use crate::history::{self, Happening, button_id, page_id};
use crate::listed::{self, Lists, Stays};
use crate::random::{
    FEATURES, HISTORIES, Rules, account_of, draw, happening, is_counted, load, named, person,
    scope, seed, takes, target,
};
use analytics::report::paths::{self as asked, MAX_JOURNEYS, Nodes};
use analytics::{
    Among, Answer, Behind, DateRange, ItemKind, List, Paths, PathsResult, Query, Scope, Step,
    Target, compile, run, tallied,
};
use anyhow::{Result, bail, ensure};
use jiff::civil::date;
use proptest::prelude::*;
use protocol::{Kind, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use store::Connection;

const QUESTIONS: usize = 40;
const ZONE: &str = "Europe/Zurich";
/// Midnight of 25 October 2026 in Zurich, where the clock turns back two hours and a half later.
const MIDNIGHT_MS: i64 = 1_792_879_200_000;
const MINUTE_MS: i64 = 60_000;
const PAUSE_MS: i64 = 30 * MINUTE_MS;

/// A step of a path. What it is comes in the order of an instant: the start, ids, the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Node {
    Start,
    Between,
    Id(u64),
    End,
    Others,
}

/// What comes after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    Nothing,
    More,
    Node(Node),
}

/// Visits, people, milliseconds.
type Count = (u64, u64, i64);

/// Who is in a node, whatever comes next, or in a transition.
type Sets = BTreeMap<(u32, Option<Node>, Option<Next>), BTreeSet<String>>;

/// Who went each way.
type Ways = BTreeMap<Vec<Node>, BTreeSet<String>>;

/// All that is counted; of journeys all there are.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    edges: BTreeMap<(u32, Node, Next), Count>,
    nodes: BTreeMap<(u32, Node), Count>,
    positions: BTreeMap<u32, Count>,
    journeys: BTreeMap<Vec<Node>, (u64, u64)>,
}

/// A question and the time at which it is asked.
#[derive(Debug, Clone)]
struct Question {
    paths: Paths,
    now: i64,
}

/// Ten minutes apart and a millisecond beside, so that pauses are thirty minutes or one less; about
/// the hour that is there twice and about midnight.
fn at() -> impl Strategy<Value = i64> {
    let beside = prop_oneof![6 => Just(0), 1 => Just(-1), 1 => Just(1)];
    let around =
        prop_oneof![3 => Just(150 * MINUTE_MS), 2 => Just(0), 1 => Just(25 * 60 * MINUTE_MS)];
    (around, -4_i64..=4, beside)
        .prop_map(|(around, n, beside)| MIDNIGHT_MS + around + n * 10 * MINUTE_MS + beside)
}

fn question() -> impl Strategy<Value = Question> {
    let end = || proptest::option::weighted(0.5, target().prop_map(Step::from));
    let nodes =
        prop_oneof![3 => Just(Nodes::Pages), 2 => Just(Nodes::Features), 2 => Just(Nodes::Clicks)];
    let days = prop_oneof![6 => Just((24, 26)), 1 => Just((25, 25)), 1 => Just((24, 24)), 1 => Just((1, 2))];
    let how = (nodes, 2_u32..7, 1_u32..5, days);
    (end(), end(), prop::bool::weighted(0.15), how, at(), any::<bool>()).prop_map(
        |(start, end, is_same, (nodes, steps, shown, (from, to)), now, is_late)| {
            let end = if is_same { start.clone() } else { end };
            let (from, to) = (date(2026, 10, from), date(2026, 10, to));
            let date_range = DateRange::Between { from, to };
            let now = if is_late { MIDNIGHT_MS + 9 * 86_400_000 } else { now };
            Question {
                paths: Paths {
                    nodes,
                    start,
                    end,
                    steps,
                    shown,
                    date_range,
                    among: Among::default(),
                },
                now,
            }
        },
    )
}

/// The count by hand.
mod by_hand {
    use super::*;

    /// A path, with the moment of each step and what comes after it.
    type Path = (Vec<(i64, Node)>, Next);

    /// What an event is, if it counts.
    fn nodes(paths: &Paths, event: &Happening) -> Vec<Node> {
        let is = |step: &Option<Step>| step.as_ref().is_some_and(|step| takes(&step.target, event));
        let ids: Vec<u64> = match paths.nodes {
            Nodes::Pages if event.kind == Kind::PageView => vec![page_id(event)],
            Nodes::Clicks if event.kind == Kind::Click => vec![button_id(&event.element).0],
            Nodes::Features => {
                return features(paths, event);
            }
            Nodes::Pages | Nodes::Clicks => Vec::new(),
        };
        match (is(&paths.start), is(&paths.end)) {
            (true, _) => vec![Node::Start],
            (_, true) => vec![Node::End],
            _ => ids.into_iter().map(Node::Id).collect(),
        }
    }

    /// Each feature that it is a use of; and start and end, where they are something else.
    fn features(paths: &Paths, event: &Happening) -> Vec<Node> {
        let uses = FEATURES.map(|(name, ..)| Target::Feature(history::feature_id(name)));
        let uses = uses.into_iter().filter(|feature| takes(feature, event));
        let [start, end] =
            [&paths.start, &paths.end].map(|step| step.as_ref().map(|step| &step.target));
        let node = |feature: Target| match &feature {
            same if Some(same) == start => Node::Start,
            same if Some(same) == end => Node::End,
            Target::Feature(id) => Node::Id(u64::from_str_radix(id.as_str(), 16).unwrap_or(0)),
            Target::Page(_) | Target::Click { .. } | Target::Event(_) => {
                unreachable!("they are features")
            }
        };
        let mut nodes: Vec<_> = uses.map(node).collect();
        let is_other = |end: Option<&Target>| {
            end.is_some_and(|end| !matches!(end, Target::Feature(_)) && takes(end, event))
        };
        match (is_other(start), is_other(end)) {
            (true, _) => nodes.push(Node::Start),
            (_, true) => nodes.push(Node::End),
            _ => {}
        }
        nodes
    }

    /// The paths of a history, with whose they are.
    pub(super) fn paths(
        history: &[Happening],
        question: &Question,
        (from, to): (i64, i64),
    ) -> Vec<(String, Path)> {
        let mut people: BTreeMap<String, Vec<(i64, Node)>> = BTreeMap::new();
        for event in history {
            let is_in = (from..to).contains(&event.at) && event.at <= question.now;
            if is_in && is_counted(history, event) {
                let did = people.entry(person(history, event)).or_default();
                did.extend(nodes(&question.paths, event).into_iter().map(|node| (event.at, node)));
            }
        }
        let mut all = Vec::new();
        for (person, mut did) in people {
            did.sort();
            for visit in visits(&did) {
                let path = path(&question.paths, &visit);
                all.extend(path.map(|path| (person.clone(), path)));
            }
        }
        all
    }

    /// Cut at each pause; repeats are one, at the time of the last.
    fn visits(did: &[(i64, Node)]) -> Vec<Vec<(i64, Node)>> {
        let mut visits: Vec<Vec<(i64, Node)>> = Vec::new();
        let mut before = None;
        for (at, node) in did.iter().copied() {
            if before.is_none_or(|before| at - before >= PAUSE_MS) {
                visits.push(Vec::new());
            }
            before = Some(at);
            let Some(visit) = visits.last_mut() else { continue };
            match visit.last_mut() {
                Some(last) if last.1 == node => last.0 = at,
                _ => visit.push((at, node)),
            }
        }
        visits
    }

    fn path(paths: &Paths, visit: &[(i64, Node)]) -> Option<Path> {
        let steps = paths.steps as usize;
        let place = |from: usize, node| {
            let rest = visit.get(from..)?;
            rest.iter().position(|(_, is)| *is == node).map(|place| from + place)
        };
        let end = if paths.start == paths.end { Node::Start } else { Node::End };
        let first_steps = |from: usize| {
            let path: Vec<_> = visit[from..].iter().copied().take(steps).collect();
            let is_all = from + path.len() == visit.len();
            (path, if is_all { Next::Nothing } else { Next::More })
        };
        match (&paths.start, &paths.end) {
            (None, None) => Some(first_steps(0)),
            (Some(_), None) => Some(first_steps(place(0, Node::Start)?)),
            (None, Some(_)) => {
                let end = place(0, end)?;
                let from = (end + 1).saturating_sub(steps);
                Some((visit[from..=end].to_vec(), Next::Nothing))
            }
            (Some(_), Some(_)) => {
                let start = place(0, Node::Start)?;
                let whole = &visit[start..=place(start + 1, end)?];
                if whole.len() <= steps {
                    return Some((whole.to_vec(), Next::Nothing));
                }
                let half = steps / 2;
                let (head, tail) = (&whole[..half], &whole[whole.len() - half..]);
                let between = (whole[half].0, Node::Between);
                Some(([head, &[between], tail].concat(), Next::Nothing))
            }
        }
    }
}

/// Everything of one thing that is counted: people by name, so that they can be put together.
#[derive(Debug, Clone, Default)]
struct Tally {
    visits: u64,
    people: BTreeSet<String>,
    ms: i64,
}

impl Tally {
    fn add(&mut self, person: &str, ms: i64) {
        self.visits += 1;
        self.people.insert(person.to_owned());
        self.ms += ms;
    }

    fn count(&self) -> Count {
        (self.visits, self.people.len() as u64, self.ms)
    }
}

/// The counts of all histories.
fn expected(
    histories: &[Vec<Happening>],
    question: &Question,
    scope: &Scope,
) -> Result<(Counts, Sets, Ways)> {
    let span = question.paths.date_range.span(scope, Timestamp::from_millis(question.now))?;
    let span = (span.start.as_millis(), span.end.as_millis());
    let mut steps: Vec<(u32, Node, Next, String, i64)> = Vec::new();
    let mut journeys: BTreeMap<Vec<Node>, Tally> = BTreeMap::new();
    for (n, history) in histories.iter().enumerate() {
        for (person, (path, last)) in by_hand::paths(&named(history, n), question, span) {
            journeys
                .entry(path.iter().map(|(_, node)| *node).collect())
                .or_default()
                .add(&person, 0);
            for (place, (at, node)) in path.iter().enumerate() {
                let after = path.get(place + 1);
                let next = after.map_or(last, |(_, node)| Next::Node(*node));
                let ms = after.map_or(0, |(after, _)| after - at);
                steps.push((place as u32 + 1, *node, next, person.clone(), ms));
            }
        }
    }
    let shown = named_nodes(&steps, question.paths.shown as usize);
    let name = |position: u32, node| {
        if shown.contains(&(position, node)) { node } else { Node::Others }
    };
    let [mut edges, mut nodes, mut positions] = [BTreeMap::new(), BTreeMap::new(), BTreeMap::new()];
    for (position, node, next, person, ms) in &steps {
        let node = name(*position, *node);
        let next = match next {
            Next::Node(next) => Next::Node(name(position + 1, *next)),
            other => *other,
        };
        let key = (*position, Some(node), Some(next));
        edges.entry(key).or_insert_with(Tally::default).add(person, *ms);
        let key = (*position, Some(node), None);
        nodes.entry(key).or_insert_with(Tally::default).add(person, *ms);
        positions.entry((*position, None, None)).or_insert_with(Tally::default).add(person, *ms);
    }
    let counts = |all: BTreeMap<(u32, Option<Node>, Option<Next>), Tally>| {
        all.into_iter().map(|(key, tally)| (key, tally.count())).collect::<Vec<_>>()
    };
    let ways = journeys.iter().map(|(way, tally)| (way.clone(), tally.people.clone())).collect();
    let mut all = Counts::default();
    let tallies = edges.iter().chain(&nodes).chain(&positions);
    let sets = tallies.map(|(key, tally)| (*key, tally.people.clone())).collect();
    for ((position, node, next), count) in
        [counts(edges), counts(nodes), counts(positions)].concat()
    {
        match (node, next) {
            (Some(node), Some(next)) => drop(all.edges.insert((position, node, next), count)),
            (Some(node), None) => drop(all.nodes.insert((position, node), count)),
            _ => drop(all.positions.insert(position, count)),
        }
    }
    let journey = |(path, tally): (Vec<Node>, Tally)| (path, (tally.visits, tally.count().1));
    all.journeys = journeys.into_iter().map(journey).collect();
    Ok((all, sets, ways))
}

/// The nodes of each position that have most visits; of two with as many the lower id.
fn named_nodes(steps: &[(u32, Node, Next, String, i64)], shown: usize) -> BTreeSet<(u32, Node)> {
    let mut visits: BTreeMap<(u32, Node), usize> = BTreeMap::new();
    for (position, node, ..) in steps {
        *visits.entry((*position, *node)).or_default() += 1;
    }
    let mut named = BTreeSet::new();
    for position in 1..=20 {
        let of_it = visits.iter().filter(|((at, _), _)| *at == position);
        let mut of_it: Vec<_> = of_it.map(|((_, node), n)| (usize::MAX - n, *node)).collect();
        of_it.sort();
        named.extend(of_it.into_iter().take(shown).map(|(_, node)| (position, node)));
    }
    named
}

async fn ask(
    connection: &Connection,
    question: &Question,
    scope: &Scope,
    is_filled: bool,
) -> Result<Counts> {
    let node = |id: u64| match id {
        1 => Node::Start,
        2 => Node::Others,
        4 => Node::Between,
        u64::MAX => Node::End,
        id => Node::Id(id),
    };
    let query = Query::Paths(question.paths.clone());
    let features = history::features(connection, is_filled).await?;
    let now = Timestamp::from_millis(question.now);
    let mut all = Counts::default();
    let statements = compile(&query, &features, scope, connection.databases(), now)?;
    for row in tallied(connection, &statements, question.paths.shown).await? {
        let count = (row.visits, row.people, i64::try_from(row.took)?);
        let next = match row.other {
            0 => Next::Nothing,
            3 => Next::More,
            id => Next::Node(node(id)),
        };
        let is_new = match (row.position, row.level) {
            (0, _) => {
                let path = row.journey.iter().map(|id| node(*id)).collect();
                all.journeys.insert(path, (row.visits, row.people)).is_none()
            }
            (n, 0) => all.edges.insert((n, node(row.one), next), count).is_none(),
            (n, 1) => all.nodes.insert((n, node(row.one)), count).is_none(),
            (n, _) => all.positions.insert(n, count).is_none(),
        };
        ensure!(is_new, "a row is there twice");
    }
    Ok(all)
}

/// Whether the answer is what was counted by hand. Of the journeys only the first are answered.
fn is_right(answer: &Counts, expected: &Counts) -> bool {
    let n = expected.journeys.len().min(MAX_JOURNEYS as usize);
    let mut visits: Vec<u64> = expected.journeys.values().map(|(visits, _)| *visits).collect();
    visits.sort_by_key(|visits| std::cmp::Reverse(*visits));
    let mut answered: Vec<u64> = answer.journeys.values().map(|(visits, _)| *visits).collect();
    answered.sort_by_key(|visits| std::cmp::Reverse(*visits));
    let is_known =
        |(path, count): (&Vec<Node>, &(u64, u64))| expected.journeys.get(path) == Some(count);
    answered == visits[..n]
        && answer.journeys.iter().all(is_known)
        && (&answer.edges, &answer.nodes, &answer.positions)
            == (&expected.edges, &expected.nodes, &expected.positions)
}

/// The first history that alone is counted wrongly.
async fn smallest(
    mut histories: Vec<Vec<Happening>>,
    question: &Question,
    scope: &Scope,
    is_filled: bool,
) -> Result<Vec<Happening>> {
    for round in 0.. {
        let (one, other) = histories.split_at(histories.len() / 2);
        let half = if one.is_empty() { other } else { one };
        let Some(connection) = load(&format!("paths_{round}"), half).await? else { break };
        let answer = ask(&connection, question, scope, is_filled).await?;
        let is_wrong = !is_right(&answer, &expected(half, question, scope)?.0);
        histories = if is_wrong { half.to_vec() } else { other.to_vec() };
        if histories.len() == 1 {
            break;
        }
    }
    Ok(histories.concat())
}

#[tokio::test]
async fn random_histories_go_as_by_hand() -> Result<()> {
    let seed = seed()?;
    let histories = draw(seed, HISTORIES, &prop::collection::vec(happening(at()), 1..14))?;
    let questions = draw(seed ^ 3, QUESTIONS, &question())?;
    let scope = scope(ZONE, Rules::ALL)?;
    let Some(connection) = load("paths", &histories).await? else { return Ok(()) };
    let stays = stays(&histories);
    let (mut n_edges, mut n_listed) = (0, 0);
    for question in &questions {
        let (expected, sets, ways) = expected(&histories, question, &scope)?;
        n_edges += expected.edges.len();
        let is_of_features = question.paths.nodes == Nodes::Features;
        // Until the uses of features are filled in, the events are asked, and answer the same.
        let sources: &[bool] = if is_of_features { &[true, false] } else { &[true] };
        for is_filled in sources {
            let answer = ask(&connection, question, &scope, *is_filled).await?;
            if !is_right(&answer, &expected) {
                let history = smallest(histories.clone(), question, &scope, *is_filled).await?;
                bail!("seed {seed}\n{question:#?}\n{history:#?}\n{answer:?}\nby hand {expected:?}");
            }
        }
        is_balanced(&connection, question, &scope, &expected).await?;
        n_listed +=
            lists((&connection, &stays), question, &scope, &expected, (&sets, &ways)).await?;
    }
    ensure!(n_edges > QUESTIONS * 8, "hardly anything was compared: {n_edges} transitions");
    ensure!(n_listed > 10_000, "hardly anybody is listed: {n_listed}");
    Ok(())
}

/// Who was in which account when.
fn stays(histories: &[Vec<Happening>]) -> Stays {
    let mut all = Stays::new();
    for (n, history) in histories.iter().enumerate() {
        let history = named(history, n);
        let who = |event| (person(&history, event), event.at, account_of(&history, event));
        let who: Vec<_> = history.iter().map(who).collect();
        all.extend(listed::stays(who.iter().map(|(who, at, of)| (who.as_str(), *at, of.as_str()))));
    }
    all
}

/// The people of the first and the last node of each position and of every seventh transition, and
/// of each position whole.
async fn lists(
    (connection, stays): (&Connection, &Stays),
    question: &Question,
    scope: &Scope,
    expected: &Counts,
    (sets, ways): (&Sets, &Ways),
) -> Result<usize> {
    let features = history::features(connection, question.now % 2 == 0).await?;
    let lists = Lists { connection, stays, scope, features: &features, now: question.now };
    let node = |node| match node {
        Node::Start => asked::Node::START,
        Node::Between => asked::Node::BETWEEN,
        Node::End => asked::Node::END,
        Node::Others => asked::Node::OTHERS,
        Node::Id(id) => asked::Node::try_from(format!("{id:016x}")).unwrap_or(asked::Node::OTHERS),
    };
    let next = |next| match next {
        Next::Nothing => asked::Node::NOTHING,
        Next::More => asked::Node::GOES_ON,
        Next::Node(next) => node(next),
    };
    let of_position = |position: u32| {
        let mut nodes = expected.nodes.keys().filter(move |(at, _)| *at == position);
        [nodes.next(), nodes.next_back()].into_iter().flatten()
    };
    let nodes = expected.positions.keys().flat_map(|position| of_position(*position));
    let nodes = nodes.map(|(position, node)| (*position, Some(*node), None));
    let edges = expected.edges.keys().enumerate().filter(|(n, _)| n % 7 == 0);
    let edges = edges.map(|(_, (position, node, next))| (*position, Some(*node), Some(*next)));
    let whole = expected.positions.keys().map(|position| (*position, None, None));
    let mut n_listed = 0;
    for key in nodes.chain(edges).chain(whole) {
        let (position, of, then) = key;
        let people = match (of, then) {
            (Some(of), Some(then)) => expected.edges[&(position, of, then)].1,
            (Some(of), None) => expected.nodes[&(position, of)].1,
            _ => expected.positions[&position].1,
        };
        let who = asked::Who { position, node: of.map(node), next: then.map(next), way: None };
        let list = List::Paths(Behind { question: question.paths.clone(), who });
        n_listed += lists.are(&list, people, &sets[&key]).await?.len();
    }
    // The first three journeys, and the one that most go.
    let most = ways.iter().max_by_key(|(_, people)| people.len());
    for (way, people) in ways.iter().take(3).chain(most) {
        let who = asked::Who::way(way.iter().copied().map(node).collect());
        let list = List::Paths(Behind { question: question.paths.clone(), who });
        n_listed += lists.are(&list, people.len() as u64, people).await?.len();
    }
    Ok(n_listed)
}

/// What comes into a node is what goes out of it, ends there or is not looked at any more.
async fn is_balanced(
    connection: &Connection,
    question: &Question,
    scope: &Scope,
    expected: &Counts,
) -> Result<()> {
    let query = Query::Paths(question.paths.clone());
    let answer = run(connection, scope, &query, Timestamp::from_millis(question.now)).await?;
    let Answer::Paths(PathsResult { visits, positions, edges, journeys, .. }) = answer else {
        bail!("another report")
    };
    ensure!(visits == expected.positions.get(&1).map_or(0, |(visits, ..)| *visits));
    ensure!(positions.len() == expected.positions.len(), "{question:?}");
    for position in &positions {
        let n = position.position;
        let all: u64 = position.nodes.iter().map(|node| node.flow.visits).sum();
        ensure!(all == position.flow.visits, "{question:?}: {position:?}");
        for node in &position.nodes {
            let into = edges.iter().filter(|edge| edge.position + 1 == n && edge.to == node.item);
            let out = edges.iter().filter(|edge| edge.position == n && edge.from == node.item);
            let into: u64 = into.map(|edge| edge.transitions).sum();
            let out: u64 = out.map(|edge| edge.transitions).sum();
            ensure!(n == 1 || into == node.flow.visits, "{question:?}: {node:?}");
            let rest = node.ended.visits + node.goes_on.visits;
            ensure!(out + rest == node.flow.visits, "{question:?}: {node:?}");
            let is_rest = node.item.kind == ItemKind::EverythingElse;
            ensure!(
                !node.item.name.is_empty() && node.item.step.is_none() == is_rest
                    || node.item.kind == ItemKind::Between,
                "{node:?}"
            );
        }
    }
    let is_sorted = journeys.windows(2).all(|two| two[0].flow.visits >= two[1].flow.visits);
    ensure!(is_sorted && edges.windows(2).all(|two| two[0].transitions >= two[1].transitions));
    Ok(())
}
