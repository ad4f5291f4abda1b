//! Several funnels about the same days in one statement: how many go the whole way in each.
//!
//! The events are read once, and each funnel is a `windowFunnel` over them. That is exact where no
//! event can be two steps. Where a step comes again after another one, the same event could serve
//! both only if what lies between is of the same instant: whoever has two such events in one and
//! goes the whole way is told apart as unsure.

use super::Funnel;
use super::levels::{Levels, Wanted};
use super::predicate::Predicates;
use crate::feature::Features;
use crate::query::{InvalidQuery, Scope};
use protocol::Timestamp;
use serde::Deserialize;
use store::Statement;
use store::schema::Databases;

/// Different steps of all together, at most: a bit for each is in one number.
const MAX_DISTINCT: usize = 64;

/// How many go the whole way.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct SeveralRow {
    /// For each funnel.
    pub(crate) converted: Vec<u64>,
    /// Of them, those for whom one event may have served two steps.
    pub(crate) unsure: Vec<u64>,
}

/// Which of these funnels are counted together, by their places in the list: the first ones that
/// are about the days, the window and the actors of the first, and each of whose steps takes other
/// events than the next one, and the same as another one or none of them.
pub(crate) fn together(funnels: &[Funnel], features: &Features) -> Vec<usize> {
    let Some(first) = funnels.first() else { return Vec::new() };
    let is_alike = |it: &Funnel| {
        let about = |it: &Funnel| (it.window, it.date_range, it.by);
        about(it) == about(first)
            && it.among == first.among
            && it.breakdown.is_none()
            && it.check().is_ok()
    };
    let is_plain = |it: &Funnel| {
        Predicates::of(&it.steps, features).is_ok_and(|them| them.are_apart_one_by_one())
    };
    let mut steps = Vec::new();
    let mut places = Vec::new();
    for (place, funnel) in funnels.iter().enumerate() {
        if !is_alike(funnel) || !is_plain(funnel) {
            continue;
        }
        let with_it = [steps.as_slice(), &funnel.steps].concat();
        let fits =
            Predicates::of(&with_it, features).is_ok_and(|it| it.distinct().len() <= MAX_DISTINCT);
        if fits {
            steps = with_it;
            places.push(place);
        }
    }
    places
}

/// A row of a [`SeveralRow`] for funnels that are counted together.
///
/// # Errors
/// When their dates or the project's zone mean nothing.
pub(crate) fn statement(
    funnels: &[&Funnel],
    features: &Features,
    scope: &Scope,
    databases: &Databases,
    now: Timestamp,
) -> Result<Statement, InvalidQuery> {
    let steps = funnels.iter().flat_map(|funnel| funnel.steps.clone()).collect();
    let first = funnels.first().copied().cloned().unwrap_or_default();
    let all = Funnel { steps, times: false, ..first };
    let levels = Levels::of(&all, Wanted::default(), features, scope, databases)?;
    let mut rest = levels.of_steps();
    let mut each = Vec::new();
    let (mut converted, mut unsure) = (Vec::new(), Vec::new());
    for (n, funnel) in funnels.iter().enumerate() {
        let (its_own, others) = rest.split_at(funnel.steps.len().min(rest.len()));
        rest = others;
        each.push(format!("{} AS level_{n}", levels.window_funnel(its_own)));
        let whole = format!("level_{n} >= {}", its_own.len());
        converted.push(format!("countIf({whole})"));
        let is_twice = (1..its_own.len()).any(|n| its_own[..n].contains(&its_own[n]));
        let has_ties = if is_twice { "has_ties" } else { "false" };
        unsure.push(format!("countIf({whole} AND {has_ties})"));
    }
    let sql = format!(
        "SELECT [{}] AS converted, [{}] AS unsure FROM (\n\
         SELECT person, {}, uniqExact(at) < count() AS has_ties\nFROM (\n{}\n)\nGROUP BY person\n)",
        converted.join(", "),
        unsure.join(", "),
        each.join(",\n  "),
        levels.events(),
    );
    levels.bind(Statement::new(sql), now)
}
