//! Dune Logistics: 200 core actions in the last full week but one, 100 in the last.

use super::{Profile, Scene};
use crate::account::{Plan, Tier};
use crate::calendar::Region;

pub(super) const PROFILE: Profile = Profile {
    name: "Dune Logistics",
    tier: Tier::Middle,
    plan: Plan::Team,
    seats: 20,
    region: Region::North,
    renewal_in_days: 95,
    people: [1, 1, 5, 2],
};

pub(super) fn week(scene: &mut Scene<'_>) {
    let n: u32 = match scene.weeks_ago {
        0 | 1 => 100,
        2 => 200,
        _ => u32::try_from(scene.random.between(186, 212)).unwrap_or(200),
    };
    let own = scene.own.to_vec();
    let slots = scene.slots(&own, if n < 150 { 2 } else { 4 });
    let n = scene.so_far(n);
    scene.fill(&slots, n);
}
