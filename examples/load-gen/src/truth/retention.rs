//! Who comes back: to a feature on the sixth day, and to Tidemark in later weeks.

use super::history::{Event, Histories};
use super::threshold::first_seen;
use super::{account, threshold};
use crate::World;
use crate::account::Plan;
use crate::behaviour::{LATEST, SOONEST};
use crate::calendar::{Calendar, DAY_MS, Day};
use crate::feature::Feature;
use crate::plan::SIXTH;
use serde::Serialize;
use std::collections::BTreeSet;

/// A feature's people.
#[derive(Debug, Serialize)]
pub struct FeatureRetention {
    /// The feature.
    pub feature: &'static str,
    /// The element whose click completes it.
    pub element: &'static str,
    /// How often it was completed in all.
    pub completions: usize,
    /// Who ever completed it.
    pub people: usize,
    /// Of those whose sixth day is past, how many there are.
    pub cohort: usize,
    /// Of those, how many completed it on the sixth day after their first time.
    pub on_sixth_day: usize,
    /// Their share.
    pub share: f64,
}

/// The new people of a plan.
#[derive(Debug, Serialize)]
pub struct PlanRetention {
    /// The plan.
    pub plan: &'static str,
    /// How many there are.
    pub people: usize,
    /// Week by week after that of their first day.
    pub weeks: Vec<PlanWeek>,
}

/// One of the weeks.
#[derive(Debug, Serialize)]
pub struct PlanWeek {
    /// How many calendar weeks after that of the first day.
    pub week: i32,
    /// Of those for whom it is over, how many there are.
    pub cohort: usize,
    /// Of those, how many were there.
    pub there: usize,
    /// Their share.
    pub share: f64,
}

pub(super) fn day(event: &Event) -> Day {
    Day(i32::try_from(event.at.div_euclid(DAY_MS)).unwrap_or(0))
}

#[allow(clippy::cast_precision_loss, reason = "numbers of people are small")]
pub(super) fn share(part: usize, of: usize) -> f64 {
    part as f64 / of.max(1) as f64
}

pub(super) fn by_feature(histories: &Histories, calendar: &Calendar) -> Vec<FeatureRetention> {
    Feature::ALL.into_iter().map(|feature| of_feature(feature, histories, calendar)).collect()
}

fn of_feature(feature: Feature, histories: &Histories, calendar: &Calendar) -> FeatureRetention {
    let mut it = FeatureRetention {
        feature: feature.name(),
        element: feature.completing(),
        completions: 0,
        people: 0,
        cohort: 0,
        on_sixth_day: 0,
        share: 0.0,
    };
    for events in histories.people() {
        let uses = events.iter().filter(|event| event.completes == Some(feature));
        let days: Vec<Day> = uses.map(day).collect();
        let Some(first) = days.first() else { continue };
        it.completions += days.len();
        it.people += 1;
        let sixth = first.plus(SIXTH);
        it.cohort += usize::from(sixth <= calendar.last());
        it.on_sixth_day += usize::from(days.contains(&sixth));
    }
    it.share = share(it.on_sixth_day, it.cohort);
    it
}

pub(super) fn by_plan(histories: &Histories, world: &World) -> Vec<PlanRetention> {
    Plan::ALL.into_iter().map(|plan| of_plan(plan, histories, world)).collect()
}

fn of_plan(plan: Plan, histories: &Histories, world: &World) -> PlanRetention {
    let calendar = &world.calendar;
    let is_of = |events: &&Vec<Event>| {
        threshold::is_new(events, calendar)
            && account::of(events, histories, world).is_some_and(|it| it.plan == plan)
    };
    let people: Vec<_> = histories.people().iter().filter(is_of).collect();
    let weeks = (1..=LATEST).map(|week| {
        let mut it = PlanWeek { week, cohort: 0, there: 0, share: 0.0 };
        for events in &people {
            let own = calendar.weeks_ago(first_seen(events));
            if own - week < 1 {
                continue;
            }
            let there: BTreeSet<i32> =
                events.iter().map(|event| own - calendar.weeks_ago(day(event))).collect();
            it.cohort += 1;
            it.there += usize::from(there.contains(&week));
        }
        it.share = share(it.there, it.cohort);
        it
    });
    PlanRetention { plan: plan.name(), people: people.len(), weeks: weeks.collect() }
}

impl PlanRetention {
    /// The weeks whose shares are planted.
    pub fn planted(&self) -> impl Iterator<Item = &PlanWeek> {
        self.weeks.iter().filter(|it| it.week >= SOONEST)
    }
}
