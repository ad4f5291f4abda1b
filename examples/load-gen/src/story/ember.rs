//! Ember Bank: much used and pays little, since six people share one sign-in.

use super::{Profile, Scene};
use crate::account::{Plan, Tier};
use crate::calendar::Region;
use crate::person::Role;

pub(super) const PROFILE: Profile = Profile {
    name: "Ember Bank",
    tier: Tier::Small,
    plan: Plan::Starter,
    seats: 5,
    region: Region::South,
    renewal_in_days: 250,
    people: [1, 0, 1, 0],
};

/// How many browsers use the one sign-in, at the same time.
pub(super) const DEVICES: u32 = 6;

pub(super) fn week(scene: &mut Scene<'_>) {
    let n = u32::try_from(scene.random.between(235, 265)).unwrap_or(250);
    let Some(analyst) = scene.person(Role::Analyst, 1) else { return };
    let slots = scene.slots(&[analyst], 5);
    let n = scene.so_far(n);
    scene.fill(&slots, n);
    if let Some(administrator) = scene.person(Role::Administrator, 1) {
        let slots = scene.slots(&[administrator], 1);
        scene.fill(&slots, 1);
    }
}
