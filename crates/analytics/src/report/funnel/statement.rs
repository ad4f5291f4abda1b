//! From who got how far to the numbers: one row for everybody, and one for each value where the
//! question is broken down.
//!
//! Values are told apart after everybody's steps are matched. What is counted of each value is a
//! state that merges exactly, so that the values that are shown, the others together and everybody
//! are all made from one pass.

use super::levels::{Levels, Wanted};
use super::{Funnel, histogram};
use crate::feature::Features;
use crate::query::{InvalidQuery, Scope};
use protocol::Timestamp;
use store::Statement;
use store::schema::Databases;

/// How many values have numbers of their own.
const VALUES: usize = 10;
/// The place of the values beyond them, together.
pub(super) const OTHERS: u8 = 11;
/// The place of those without a value.
pub(super) const NONE: u8 = 12;

/// Rows of a [`super::FunnelRow`]: everybody's first, at place 0.
///
/// # Errors
/// When the funnel, its dates or the project's zone mean nothing.
pub(crate) fn statement(
    funnel: &Funnel,
    features: &Features,
    scope: &Scope,
    databases: &Databases,
    now: Timestamp,
) -> Result<Statement, InvalidQuery> {
    let wanted = Wanted { times: funnel.times, ..Wanted::default() };
    let levels = Levels::new(funnel, wanted, features, scope, databases)?;
    let sql = match funnel.breakdown {
        None => everybody(funnel, &levels.sql()),
        Some(_) => by_value(funnel, &levels.sql()),
    };
    levels.bind(Statement::new(sql), now)
}

/// An aggregate of actors.
struct Aggregate {
    name: String,
    function: &'static str,
    /// What stands in brackets before the arguments.
    parameter: &'static str,
    arguments: String,
}

impl Aggregate {
    fn new(name: impl Into<String>, function: &'static str, arguments: String) -> Self {
        Self { name: name.into(), function, parameter: "", arguments }
    }

    fn sql(&self, combinator: &str, arguments: &str) -> String {
        format!("{}{combinator}{}({arguments}) AS {}", self.function, self.parameter, self.name)
    }
}

/// All that is counted, each under a name of its own.
fn aggregates(funnel: &Funnel) -> Vec<Aggregate> {
    let n = funnel.steps.len();
    let mut all = vec![Aggregate::new("n_open", "countIf", "is_open".to_owned())];
    all.extend((1..=n).map(|step| {
        Aggregate::new(format!("people_{step}"), "countIf", format!("level >= {step}"))
    }));
    if !funnel.times {
        return all;
    }
    let steps = (2..=n).map(|step| (format!("{step}"), step - 1, step));
    for (name, from, to) in steps.chain([("whole".to_owned(), 1, n)]) {
        // The difference of two whole numbers is one with a sign.
        let took = format!("times[{to}] - times[{from}], level >= {to}");
        all.push(Aggregate::new(format!("sum_{name}"), "sumIf", took.clone()));
        all.push(Aggregate {
            parameter: "(0.5)",
            ..Aggregate::new(format!("median_{name}"), "quantileExactInclusiveIf", took.clone())
        });
    }
    // Whoever has not done all has no time of it, and is not counted.
    let seconds = format!("intDiv(toUInt64(greatest(times[{n}] - times[1], 0)), 1000)");
    let took = format!("[{}], [toUInt64(1)], level >= {n}", histogram::step(&seconds));
    all.push(Aggregate::new("took_whole", "sumMapIf", took));
    all
}

/// The columns of the answer, of the aggregates by their names.
fn columns(funnel: &Funnel) -> String {
    let n = funnel.steps.len();
    let list = |name: &str, steps: std::ops::RangeInclusive<usize>| {
        steps.map(|step| format!("{name}_{step}")).collect::<Vec<_>>().join(", ")
    };
    let counts = format!("[{}] AS people, n_open AS open", list("people", 1..=n));
    if !funnel.times {
        return counts;
    }
    format!(
        "{counts}, [{}] AS sums, [{}] AS medians, sum_whole, median_whole, \
         arrayZip(took_whole.1, took_whole.2) AS took",
        list("sum", 2..=n),
        list("median", 2..=n),
    )
}

fn everybody(funnel: &Funnel, levels: &str) -> String {
    let each = aggregates(funnel);
    let each: Vec<_> = each.iter().map(|one| one.sql("", &one.arguments)).collect();
    format!("SELECT {} FROM (\nSELECT {} FROM (\n{levels}\n)\n)", columns(funnel), each.join(", "))
}

fn by_value(funnel: &Funnel, levels: &str) -> String {
    let each = aggregates(funnel);
    let states: Vec<_> = each.iter().map(|one| one.sql("State", &one.arguments)).collect();
    let merged: Vec<_> = each.iter().map(|one| one.sql("Merge", &one.name)).collect();
    // Those without a value are no part of the ranks.
    format!(
        "SELECT place, of_value AS value, {columns} FROM (\n\
         SELECT place, any(its_value) AS of_value, {merged} FROM (\n\
         SELECT *, arrayJoin([0, if(its_value = '', {NONE}, least(rank, {OTHERS}))]) AS place FROM (\n\
         SELECT *, row_number() OVER (ORDER BY its_value = '', n DESC, its_value) AS rank FROM (\n\
         SELECT its_value, count() AS n, {states} FROM (\n{levels}\n)\nGROUP BY its_value\n)\n)\n)\n\
         GROUP BY place\n)\nORDER BY place",
        columns = columns(funnel),
        merged = merged.join(", "),
        states = states.join(", "),
    )
}

const _: () = assert!(VALUES + 1 == OTHERS as usize);
