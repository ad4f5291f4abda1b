//! From the question to SQL.
//!
//! What somebody did is one array, of which each element is a moment and a node in one number, so
//! that its order is that of time. It is split into visits, each of them cut into a path, and each
//! path taken apart into its steps and itself: a group for each node in each position, with all
//! that passed it. Only then it is known which nodes have the most visits. What passed the others
//! is put together, so that somebody who passed several of them is one person.

use super::node::{BETWEEN, END, GOES_ON, NOTHING, OTHERS, Rows, START};
use super::{MAX_JOURNEYS, PAUSE_MS, Paths};
use crate::feature::Features;
use crate::query::{InvalidQuery, Scope, Span};
use protocol::Timestamp;
use store::Statement;
use store::schema::Databases;

/// Transitions, nodes, positions and journeys, in rows of a [`super::PathRow`]; nothing to ask
/// where nothing can be there.
///
/// # Errors
/// When the question, its dates or the project's zone mean nothing.
pub(crate) fn statements(
    paths: &Paths,
    features: &Features,
    scope: &Scope,
    databases: &Databases,
    now: Timestamp,
) -> Result<Vec<Statement>, InvalidQuery> {
    paths.check()?;
    let span = paths.date_range.span(scope, now)?;
    let rows = Rows::new(paths, features, scope, databases)?;
    let Some(events) = rows.sql() else { return Ok(Vec::new()) };
    let statement = rows.bind(Statement::new(totals(paths, &events)))?;
    Ok(vec![bind(statement, paths, span, now).bind("journeys", MAX_JOURNEYS)])
}

/// Gives the parameters of visits and their paths their values.
pub(super) fn bind(statement: Statement, paths: &Paths, span: Span, now: Timestamp) -> Statement {
    statement
        .bind("from", span.start)
        .bind("until", span.end.min(now.plus_millis(1)))
        .bind("pause", PAUSE_MS)
        .bind("steps", i64::from(paths.steps))
        .bind("half", i64::from(paths.steps / 2))
        .bind("shown", paths.shown)
}

/// The moment of an element.
pub(super) fn at(element: &str) -> String {
    format!("toInt64(bitShiftRight({element}, 64))")
}

/// The node of an element: the lower half of its bits.
pub(super) fn node(element: &str) -> String {
    format!("toUInt64({element})")
}

/// The last layer: of each position its transitions (level 0), nodes (1) and itself (2). Position
/// 0 has the journeys, at level 0.
fn totals(paths: &Paths, events: &str) -> String {
    format!(
        "SELECT position, one, other, toUInt8(grouping(one) + grouping(other)) AS level,\n  \
         sum(visits) AS visits, groupBitmapMerge(people) AS people, sum(took) AS took, any(journey) AS journey\n\
         FROM (\n{}\n)\nGROUP BY GROUPING SETS ((position, one, other), (position, one), (position))\n\
         HAVING position > 0 OR level = 0",
        bundled(paths, events)
    )
}

/// Transitions between nodes that have a name, or everything else. Their people are sets of numbers
/// that follow each other, which bitmaps hold and put together exactly.
fn bundled(paths: &Paths, events: &str) -> String {
    format!(
        "SELECT position, if(position = 0 OR place <= {{shown:UInt32}}, node, {OTHERS}) AS one,\n  \
         if(position = 0 OR next IN ({NOTHING}, {GOES_ON}) OR has(named_next, next), next, {OTHERS}) AS other,\n  \
         count() AS visits, groupBitmapState(who) AS people, sum(ms) AS took, any(path) AS journey\n\
         FROM (\n{}\n)\nARRAY JOIN nexts AS next, mss AS ms, whos AS who\n\
         GROUP BY position, one, other",
        named(paths, events)
    )
}

/// The nodes of each position with their places by visits, and those of the next one that have a
/// name; of the journeys only the first.
fn named(paths: &Paths, events: &str) -> String {
    format!(
        "SELECT *, groupArrayIf((position, node), position > 0 AND place <= {{shown:UInt32}}) OVER () AS all_named,\n  \
         arrayMap(named -> named.2, arrayFilter(named -> named.1 = position + 1, all_named)) AS named_next\n\
         FROM (\nSELECT *, row_number() OVER (PARTITION BY position ORDER BY length(whos) DESC, node) AS place\n\
         FROM (\n{}\n)\n)\nWHERE position > 0 OR place <= {{journeys:UInt32}}",
        nodes(paths, events)
    )
}

/// The nodes of each position: for each time that one was passed what came next, how many
/// milliseconds after, and whose visit it was; and each journey, whose two numbers are a hash of it.
/// Most journeys are made once and counted for nothing, so they have as little of it as they can.
fn nodes(paths: &Paths, events: &str) -> String {
    let or_of_steps = |of_journey: &str, of_steps: &str| {
        format!(
            "if(position = 0, arrayWithConstant(length(whos), {of_journey}), groupArrayIf({of_steps}, position > 0))"
        )
    };
    format!(
        "SELECT position, node, groupArray(person) AS whos, anyIf(nodes, position = 0) AS path,\n  \
         {nexts} AS nexts,\n  {mss} AS mss\n\
         FROM (\n{}\n)\nGROUP BY position, node, second",
        steps(paths, events),
        nexts = or_of_steps("second", "next"),
        mss = or_of_steps("toInt64(0)", "took"),
    )
}

/// Each step of each path with what comes next, and before them the path as a whole.
fn steps(paths: &Paths, events: &str) -> String {
    format!(
        "SELECT person, nodes, toUInt8(step) AS position,\n  \
         if(step = 0, reinterpretAsUInt64(key), nodes[step]) AS node, \
         if(step = 0, reinterpretAsUInt64(substring(key, 9)), 0) AS second,\n  \
         multiIf(step = 0, 0, step = length(nodes), last, nodes[step + 1]) AS next,\n  \
         if(step = 0 OR step = length(nodes), 0, times[step + 1] - times[step]) AS took\n\
         FROM (\nSELECT person, last, arrayMap(element -> {node}, path) AS nodes, \
         arrayMap(element -> {at}, path) AS times, sipHash128(nodes) AS key\n\
         FROM (\n{paths}\n)\n)\nARRAY JOIN range(length(nodes) + 1) AS step",
        node = node("element"),
        at = at("element"),
        paths = cut(paths, &people(paths, events)),
    )
}

/// The path of each visit that has one, with what comes after it: nothing, or steps that are not
/// looked at. People are rows of `person` and of the `events` that he did.
pub(super) fn cut(paths: &Paths, people: &str) -> String {
    let end = if paths.start == paths.end { START } else { END };
    let first = format!("arrayFirstIndex(element -> {} = {START}, visit)", node("element"));
    let (indexes, condition, path) = match (&paths.start, &paths.end) {
        (None, None) => (String::new(), "", "arraySlice(visit, 1, {steps:Int64})".to_owned()),
        (Some(_), None) => (
            format!(", {first} AS first"),
            "\nWHERE first > 0",
            "arraySlice(visit, first, {steps:Int64})".to_owned(),
        ),
        (None, Some(_)) => (
            format!(", arrayFirstIndex(element -> {} = {end}, visit) AS last_one", node("element")),
            "\nWHERE last_one > 0",
            "arraySlice(arraySlice(visit, 1, last_one), -least({steps:Int64}, last_one))"
                .to_owned(),
        ),
        (Some(_), Some(_)) => (
            format!(
                ", {first} AS first, arrayFirstIndex((element, place) -> {} = {end} AND place > first, \
                 visit, arrayEnumerate(visit)) AS last_one",
                node("element")
            ),
            "\nWHERE first > 0 AND last_one > 0",
            between(),
        ),
    };
    let last = match (&paths.start, &paths.end) {
        (None, None) => format!("if(length(visit) > length(path), {GOES_ON}, {NOTHING})"),
        (Some(_), None) => {
            format!("if(length(visit) >= first + length(path), {GOES_ON}, {NOTHING})")
        }
        (_, Some(_)) => NOTHING.to_string(),
    };
    format!(
        "SELECT person, {path} AS path, toUInt64({last}) AS last\n\
         FROM (\nSELECT person, visit{indexes} FROM (\n{}\n){condition}\n)",
        visits(people)
    )
}

/// From the start to the end, the middle replaced where they are too many: by a node that has the
/// moment of the first that is left out.
fn between() -> String {
    let whole = "arraySlice(visit, first, last_one - first + 1)";
    let left_out = format!(
        "bitOr(bitShiftLeft(toUInt128({}), 64), toUInt128({BETWEEN}))",
        at("whole[{half:Int64} + 1]")
    );
    format!(
        "if(length({whole} AS whole) <= {{steps:Int64}}, whole, arrayConcat(\
         arraySlice(whole, 1, {{half:Int64}}), [{left_out}], arraySlice(whole, -{{half:Int64}})))"
    )
}

/// The visits of each person, without direct repeats: of those the last is kept.
fn visits(people: &str) -> String {
    let differs = format!("{} != {}", node("element"), node("after"));
    let pause = format!("arrayDifference(arrayMap(element -> {}, events))", at("element"));
    format!(
        "SELECT person, arrayFilter((element, after) -> {differs}, stay, \
         arrayPushBack(arrayPopFront(stay), toUInt128(0))) AS visit\n\
         FROM (\nSELECT person, arrayJoin(arraySplit((element, pause) -> pause >= {{pause:Int64}}, events, {pause})) AS stay\n\
         FROM (\n{people}\n)\n)"
    )
}

/// What each person did, in order; people have numbers.
fn people(paths: &Paths, events: &str) -> String {
    format!(
        "SELECT toUInt32(rowNumberInAllBlocks()) AS person, events FROM (\n\
         SELECT {IN_ORDER} AS events\n\
         FROM (\n{events}\n)\nGROUP BY sipHash128(who){having}\n)",
        having = having(paths)
    )
}

/// The rows of a person, in order.
pub(super) const IN_ORDER: &str =
    "arraySort(groupArray(bitOr(bitShiftLeft(toUInt128(at), 64), toUInt128(node))))";

/// Whoever never did what a path begins or ends with has none.
pub(super) fn having(paths: &Paths) -> String {
    let did = |n| format!("countIf(node = {n}) > 0");
    let needed = [
        paths.start.as_ref().map(|_| did(START)),
        paths.end.as_ref().filter(|_| paths.start != paths.end).map(|_| did(END)),
    ];
    let needed: Vec<_> = needed.into_iter().flatten().collect();
    if needed.is_empty() { String::new() } else { format!("\nHAVING {}", needed.join(" AND ")) }
}
