//! From the question to SQL.
//!
//! What somebody did is one array, of which each element is a moment and a node in one number, so
//! that its order is that of time. It is split into visits, and each of them cut into a path. What
//! these paths have in common is counted by [`super::tally`].

use super::node::{BETWEEN, END, GOES_ON, NOTHING, Rows, START};
use super::tally::MAX_VISITS;
use super::{PAUSE_MS, Paths};
use crate::feature::Features;
use crate::query::{InvalidQuery, Scope, Span};
use protocol::Timestamp;
use store::Statement;
use store::schema::Databases;

/// The paths of all visits, in rows for [`super::Tally::add`]; nothing to ask where nothing can be
/// there.
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
    let statement = rows.bind(Statement::new(visits_of_all(paths, &events)))?;
    Ok(vec![bind(statement, paths, span, now)])
}

/// Gives the parameters of visits and their paths their values.
pub(super) fn bind(statement: Statement, paths: &Paths, span: Span, now: Timestamp) -> Statement {
    statement
        .bind("from", span.start)
        .bind("until", span.end.min(now.plus_millis(1)))
        .bind("pause", PAUSE_MS)
        .bind("steps", i64::from(paths.steps))
        .bind("half", i64::from(paths.steps / 2))
}

/// The moment of an element.
pub(super) fn at(element: &str) -> String {
    format!("toInt64(bitShiftRight({element}, 64))")
}

/// The node of an element: the lower half of its bits.
pub(super) fn node(element: &str) -> String {
    format!("toUInt64({element})")
}

/// The path of each visit in one array: the number of whose it is, what comes after its last node,
/// its nodes, and their moments.
fn visits_of_all(paths: &Paths, events: &str) -> String {
    format!(
        "SELECT arrayConcat([toUInt64(person), last], arrayMap(element -> {node}, path), \
         arrayMap(element -> toUInt64({at}), path)) AS numbers\nFROM (\n{paths}\n)\nLIMIT {}",
        MAX_VISITS + 1,
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
         FROM (\n{events}\n)\nGROUP BY who{having}\n)",
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
