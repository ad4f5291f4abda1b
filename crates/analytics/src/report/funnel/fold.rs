//! The exact count for steps that may take the same event: the same step twice, or a page on any
//! host and on one.
//!
//! ClickHouse's `windowFunnel` lets one event serve two steps, or, in the mode that does not,
//! needs memory that grows with the square of a person's events. So this goes over the events of
//! a person as arrays, once per step, in memory that grows with their number:
//!
//! - Events of one moment form an *instant*. `n0`, `n1`, … count in each instant the events that
//!   group 0, 1, … takes: each predicate alone, and sets of those that features make overlap.
//! - Within an instant the order is free, so a chain that had `i` steps before it can be brought
//!   to `j` if the steps after `i` up to `j` find an event each: by Hall's marriage theorem, if
//!   for each set of predicates the instant holds as many events as there are such steps within
//!   it. Where of two predicates that share events one contains the other, each predicate alone
//!   is enough; where features share some events, each set of them is looked at. `l1`, `l2`, …
//!   hold the least `i` for each `j`; `i = j` says that `j` cannot be reached. The least is the
//!   best, since the fewer steps a chain has the later it can have begun.
//! - `f1`, `f2`, … hold after each instant when the latest chain with so many steps began, 0 for
//!   none; `b1`, `b2`, … the same before it. A later chain is never worse, so only the latest
//!   beginning is kept. It never becomes earlier, so filling gaps from the left carries it on.

use super::predicate::Predicates;

/// The low bits of a packed event, one for each predicate that takes it; its time is above them.
pub(super) const BITS: usize = super::MAX_STEPS;

/// Rows of all columns of `people` and `level`, and `times` if they are wanted. `people` is a query
/// of people who entered, with their sorted `packed` events, or one that is no step of someone who
/// got no further than the first; where times are wanted also with his `first_entry`. `{end:UInt64}` ends the
/// entries and `{window:UInt64}` is in milliseconds.
///
/// Every line is a query around the one before it: as aliases of one query, the definitions
/// would be spelt out in each other, and their text would double with each step.
pub(super) fn levels(predicates: &Predicates<'_>, people: &str, with_times: bool) -> String {
    let mut layers = vec![
        format!(
            "arraySplit((event, before) -> {} != {}, packed, {}) AS instants",
            time("event"),
            time("before"),
            shifted("packed")
        ),
        format!(
            "arrayMap(instant -> {}, instants) AS moments{}",
            time("instant[1]"),
            counts(predicates)
        ),
        "arrayMap(moment -> toUInt8(moment >= {end:UInt64}), moments) AS l0, 0 AS level0"
            .to_owned(),
    ];
    let n_steps = predicates.of_steps().len();
    for step in 1..=n_steps {
        layers.push(reach(predicates, step));
        layers.push(carry(step));
        layers.push(format!(
            "{} AS b{step}, level{} + (f{step}[-1] > 0) AS level{step}",
            shifted(&format!("f{step}")),
            step - 1
        ));
    }
    layers.push(format!("greatest(level{n_steps}, 1) AS level"));
    if with_times {
        layers.push(format!("{} AS begun", begun(n_steps)));
        layers.push(format!("{} AS times", times(n_steps)));
    }
    layers
        .iter()
        .fold(people.to_owned(), |inner, layer| format!("SELECT *, {layer} FROM (\n{inner}\n)"))
}

/// When the attempt began that is timed: when the last step reached was done first, the latest
/// beginning of a chain up to it.
fn begun(n_steps: usize) -> String {
    let first = |step| format!("level = {step}, arrayFirst(begun -> begun > 0, f{step}), ");
    let of_level: String = (2..=n_steps).map(first).collect();
    format!("multiIf({of_level}first_entry)")
}

/// When each step of that attempt was done, 0 for those that were not. As soon as some chain that
/// began no earlier has so many steps, this one can have them too.
fn times(n_steps: usize) -> String {
    let time = |step| {
        format!(
            ", if(level >= {step}, moments[arrayFirstIndex(since -> since >= begun, f{step})], 0)"
        )
    };
    let later: String = (2..=n_steps).map(time).collect();
    format!("[begun{later}]")
}

/// The time of a packed event.
fn time(packed: &str) -> String {
    format!("bitShiftRight({packed}, {BITS})")
}

/// Each value moved to the place after it.
fn shifted(array: &str) -> String {
    format!("arrayPushFront(arrayPopBack({array}), 0)")
}

/// How many events of each instant each group takes.
fn counts(predicates: &Predicates<'_>) -> String {
    let count = |(n, group): (usize, &Vec<usize>)| {
        let is_taken = match group.as_slice() {
            [one] => format!("bitTest(event, {one})"),
            many => {
                let bits: u64 = many.iter().map(|predicate| 1_u64 << predicate).sum();
                format!("bitAnd(event, {bits}) != 0")
            }
        };
        format!(", arrayMap(instant -> arrayCount(event -> {is_taken}, instant), instants) AS n{n}")
    };
    predicates.groups().iter().enumerate().map(count).collect()
}

/// Defines `l{step}`.
fn reach(predicates: &Predicates<'_>, step: usize) -> String {
    let containing = predicates.containing(predicates.of_steps()[step - 1]);
    let counts: Vec<_> = containing.iter().map(|n| format!("n{n}")).collect();
    let limits = containing.iter().map(|n| {
        let limits = limits(predicates, *n, step);
        let most = limits.len() - 1;
        let limits: Vec<_> = limits.iter().map(usize::to_string).collect();
        format!("[{}]::Array(UInt8)[least(n{n}, {most}) + 1]", limits.join(", "))
    });
    let limits: Vec<_> = limits.collect();
    let (counts, limits) = (counts.join(", "), limits.join(", "));
    format!("arrayMap((l, {counts}) -> greatest(l, {limits}), l{}, {counts}) AS l{step}", step - 1)
}

/// How many steps a chain must have had before an instant to get to `step` in it, by the number
/// of events in the instant that a group takes: with none of them all up to `step`, with one
/// all up to the last step before it within the group, and so on.
fn limits(predicates: &Predicates<'_>, group: usize, step: usize) -> Vec<usize> {
    let of_steps = &predicates.of_steps()[..step];
    let is_within = |of: usize| predicates.containing(of).contains(&group);
    let within = (1..=step).rev().filter(|step| is_within(of_steps[step - 1]));
    within.chain([0]).collect()
}

/// Defines `f{step}`.
fn carry(step: usize) -> String {
    let before: String = (1..step).map(|n| format!(", b{n}")).collect();
    let from: String = (1..step).rev().map(|n| format!("l = {n}, b{n}, ")).collect();
    let begun = format!(
        "arrayMap((l, moment{before}) -> multiIf(l = {step}, 0, {from}moment), l{step}, moments{before})"
    );
    format!(
        "arrayFill(begun -> begun > 0, arrayMap((begun, moment) -> \
         if(begun > 0 AND moment - begun <= {{window:UInt64}}, begun, 0), {begun}, moments)) AS f{step}"
    )
}
