//! Cobalt Travel: two modules of four, until a training eight weeks ago.
//!
//! Of its 100 core actions a week, Collection, Monitoring, Visualisation and Analysis have
//! 1/58/40/1 before and 18/34/27/21 from four weeks ago on; its people are there on 31 % of the
//! days of a week before and on 46 % after.

use super::{Noted, Profile, Scene};
use crate::account::{Plan, Tier};
use crate::calendar::Region;
use crate::feature::{Feature, Module};
use crate::plan::Slot;

pub(super) const PROFILE: Profile = Profile {
    name: "Cobalt Travel",
    tier: Tier::Middle,
    plan: Plan::Team,
    seats: 20,
    region: Region::North,
    renewal_in_days: 122,
    people: [1, 2, 4, 2],
};

/// The training, after which the two modules that lay idle are used.
pub(super) const NOTES: [Noted; 1] = [Noted {
    weeks_ago: 8,
    kind: "intervention",
    text: "training for Collection and Analysis",
    told: &["Manager 1", "Analyst 1"],
}];

/// The shares of the four modules in a week, in per cent, and on how many days of the week people
/// are there, added up over all nine.
fn habits(weeks_ago: i32) -> ([u32; 4], i32) {
    match weeks_ago {
        9.. => ([1, 58, 40, 1], 19 + weeks_ago % 2),
        8 => ([4, 53, 38, 5], 21),
        7 => ([8, 48, 35, 9], 23),
        6 => ([11, 43, 32, 14], 25),
        5 => ([15, 38, 29, 18], 27),
        _ => ([18, 34, 27, 21], 29),
    }
}

pub(super) fn week(scene: &mut Scene<'_>) {
    let (shares, n_days) = habits(scene.weeks_ago);
    let mut slots = presence(scene, n_days);
    if slots.is_empty() {
        return;
    }
    let mut modules: Vec<Module> = Vec::new();
    for (module, share) in Module::FOUR.into_iter().zip(shares) {
        let n = usize::try_from(scene.so_far(share)).unwrap_or(0);
        modules.extend(std::iter::repeat_n(module, n));
    }
    scene.random.shuffle(&mut modules);
    slots.sort_by_key(|slot| slot.1);
    let n_modules = modules.len();
    for (n, module) in modules.into_iter().enumerate() {
        place(scene, &slots, n * slots.len() / n_modules, module);
    }
}

/// Nine people on so many days in all, each on two at least.
fn presence(scene: &mut Scene<'_>, n_days: i32) -> Vec<Slot> {
    let own = scene.own.to_vec();
    let n = i32::try_from(own.len()).unwrap_or(1);
    let mut slots = Vec::new();
    for (place, person) in (0..).zip(own) {
        let days = n_days / n + i32::from(place < n_days % n);
        slots.extend(scene.slots(&[person], days));
    }
    slots
}

/// Completes something of a module in a slot, or in the next that may.
fn place(scene: &mut Scene<'_>, slots: &[Slot], at: usize, module: Module) {
    for n in 0..slots.len() {
        let (person, day) = slots[(at + n) % slots.len()];
        let role = scene.people[person].role;
        let may = |it: &Feature| role.may(*it) && scene.plan.is_free(person, day, *it);
        let of_module = |it: &Feature| it.module() == module && *it != Feature::SmartPath;
        let features: Vec<_> =
            Feature::ALL.into_iter().filter(|it| of_module(it) && may(it)).collect();
        if let Some(feature) = scene.random.one_of(&features) {
            scene.plan.complete(person, day, *feature);
            return;
        }
    }
}
