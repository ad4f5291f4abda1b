//! What is true of everything that happens, computed from it by the definitions of the reports.
//!
//! A person is a user with all his browsers: an event without a user belongs to the first user
//! who was ever identified on its browser. Days and weeks are those of UTC, weeks from Monday.
//! Automated browsers and Tidemark's own staff are left out. Whoever is first seen from the third week on is new.

mod account;
mod funnel;
mod history;
mod retention;
mod threshold;
mod usage;

pub use account::{AccountTruth, Week};
pub use funnel::{Funnel, Step};
pub use history::Histories;
pub use retention::{FeatureRetention, PlanRetention};
pub use threshold::{Cohort, Phi, Threshold};
pub use usage::{LearntLate, Usage};

use crate::World;
use crate::catalogue::Catalogue;
use crate::record::{Record, records};
use anyhow::Result;
use protocol::EventId;
use serde::Serialize;
use std::collections::BTreeMap;

/// All of it.
#[derive(Debug, Serialize)]
pub struct Truth {
    /// The day that is today; the past ends with the day before.
    pub anchor: String,
    /// What all choices come from.
    pub seed: u64,
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
    /// Events of all kinds, those of staff and automated browsers, too.
    pub events: u64,
    /// People, without staff and automated browsers.
    pub people: usize,
    /// How many of Tidemark's staff are left out.
    pub staff: usize,
    /// How many automated browsers are left out.
    pub automated: usize,
    /// New people in each 30 days, the latest first.
    pub new_people_in_30_days: Vec<usize>,
    /// An event of each element that was clicked, by the element's key in `elements.json`: its id
    /// in the collector is that of this event's element.
    pub samples: BTreeMap<String, EventId>,
    /// How many people go through some steps.
    pub funnels: Vec<Funnel>,
    /// How much each feature is used, and by how many.
    pub usage: Vec<Usage>,
    /// The account that becomes known in the middle of the past, and what was before.
    pub learnt_late: Option<LearntLate>,
    /// The share of a feature's people that uses it again on the sixth day after the first time.
    pub feature_retention: Vec<FeatureRetention>,
    /// The share of new people that is there in the n-th calendar week after the first.
    pub plan_retention: Vec<PlanRetention>,
    /// Charts of the first seven days against being there in the seven after.
    pub first_week_threshold: Threshold,
    /// What those who look after the accounts know of them.
    pub records: Vec<Record>,
    /// What the accounts do, week by week.
    pub accounts: Vec<AccountTruth>,
}

/// Computes all of it.
///
/// # Errors
/// When the catalogue lacks something.
pub fn compute(world: &World, catalogue: &Catalogue) -> Result<Truth> {
    let (mut histories, mut samples) = (Histories::default(), BTreeMap::new());
    world.tell(catalogue, &mut |it| {
        histories.note(it);
        if let Some((key, _)) = it.element.filter(|(key, _)| !samples.contains_key(*key)) {
            samples.insert(key.to_owned(), it.event_id);
        }
        Ok(())
    })?;
    Ok(Truth { samples, ..of(world, &histories.joined()) })
}

/// Computes what is planned, before it is clicks, many times as fast.
///
/// Nobody signs in, views a page or clicks an element here, and nobody but customers is there: so
/// there are no samples, nobody in a funnel, and other numbers of events and people.
pub fn planned(world: &World) -> Truth {
    of(world, &Histories::planned(world))
}

fn of(world: &World, histories: &Histories) -> Truth {
    let calendar = &world.calendar;
    let (staff, automated) = histories.left_out();
    Truth {
        anchor: calendar.anchor().text(),
        seed: world.seed,
        from: calendar.first().text(),
        to: calendar.last().text(),
        events: histories.n_events(),
        people: histories.people().len(),
        staff,
        automated,
        new_people_in_30_days: threshold::new_people(histories, calendar),
        samples: BTreeMap::new(),
        funnels: funnel::all(histories),
        usage: usage::until(calendar.last(), histories),
        learnt_late: usage::learnt_late(histories, world),
        feature_retention: retention::by_feature(histories, calendar),
        plan_retention: retention::by_plan(histories, world),
        first_week_threshold: threshold::compute(histories, calendar),
        records: records(world).records,
        accounts: account::all(histories, world),
    }
}
