//! Gizmo Labs: 19 of its 20 seats are taken and the page with the plans is read; little is used.

use super::{Profile, Scene};
use crate::account::{Plan, Tier};
use crate::calendar::Region;
use crate::person::Role;
use crate::plan::Look;

pub(super) const PROFILE: Profile = Profile {
    name: "Gizmo Labs",
    tier: Tier::Small,
    plan: Plan::Starter,
    seats: 20,
    region: Region::North,
    renewal_in_days: 60,
    people: [1, 2, 11, 5],
};

pub(super) fn week(scene: &mut Scene<'_>) {
    let own = scene.own.to_vec();
    let slots = scene.slots(&own, 1);
    let n = u32::try_from(scene.random.between(10, 14)).unwrap_or(12);
    let n = scene.so_far(n);
    scene.fill(&slots, n);
    let readers = [(Role::Administrator, 1), (Role::Manager, 1), (Role::Manager, 2)];
    for (role, number) in readers {
        let Some(person) = scene.person(role, number) else { continue };
        for (person, day) in scene.slots(&[person], 2) {
            scene.plan.look(person, day, Look::Upgrade);
        }
    }
}
