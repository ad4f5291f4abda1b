//! Who sees the Smart path, configures one and saves it.

use super::first_week::evenly;
use crate::feature::Feature;
use crate::person::{Origin, Person};
use crate::plan::{Look, Plan};
use crate::random::{Random, Topic};

/// How many people see it.
pub const SAW: usize = 400;
/// How many of them configure one.
pub const CONFIGURED: usize = 120;
/// How many of those save it.
pub const SAVED: usize = 38;

/// Plants them, each once, among those without a story.
pub(super) fn plant(plan: &mut Plan, people: &[Person], seed: u64) {
    let mut random = Random::of(seed, Topic::SmartPath, [0, 0]);
    let is = |it: &usize| people[*it].origin != Origin::Storied && !plan.days(*it).is_empty();
    let mut open: Vec<_> = (0..people.len()).filter(is).collect();
    random.shuffle(&mut open);
    let mut seeing = evenly(&open, SAW, &mut random);
    random.shuffle(&mut seeing);
    for (n, person) in seeing.into_iter().enumerate() {
        let days: Vec<_> = plan.days(person).keys().copied().collect();
        let Some(day) = random.one_of(&days).copied() else { continue };
        match n {
            ..SAVED => plan.complete(person, day, Feature::SmartPath),
            SAVED..CONFIGURED => plan.look(person, day, Look::Abandon(Feature::SmartPath)),
            _ => plan.look(person, day, Look::At(Feature::SmartPath)),
        }
    }
}
