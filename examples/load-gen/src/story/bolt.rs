//! Bolt Works: much used by everybody, and wants more: invites, and reads about plans.

use super::{Profile, Scene};
use crate::account::{Plan, Tier};
use crate::calendar::Region;
use crate::feature::Feature;
use crate::person::Role;
use crate::plan::Look;

pub(super) const PROFILE: Profile = Profile {
    name: "Bolt Works",
    tier: Tier::Middle,
    plan: Plan::Team,
    seats: 25,
    region: Region::South,
    renewal_in_days: 160,
    people: [2, 3, 8, 6],
};

pub(super) fn week(scene: &mut Scene<'_>) {
    let growth = u32::try_from(4 * (26 - scene.weeks_ago)).unwrap_or(0);
    let n = u32::try_from(scene.random.between(290, 310)).unwrap_or(300) + growth;
    let own = scene.own.to_vec();
    let slots = scene.slots(&own, 4);
    let n = scene.so_far(n);
    scene.fill(&slots, n);
    for number in 1..=2 {
        let Some(person) = scene.person(Role::Administrator, number) else { continue };
        let Some(day) = scene.random.one_of(&scene.days.clone()).copied() else { continue };
        scene.plan.look(person, day, Look::Upgrade);
        if number == 1 && scene.plan.is_free(person, day, Feature::Invite) {
            scene.plan.complete(person, day, Feature::Invite);
        }
    }
}
