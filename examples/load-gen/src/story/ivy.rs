//! Ivy Clinics: healthy; fewer actions only where its region has holidays.

use super::{Profile, Scene};
use crate::account::{Plan, Tier};
use crate::calendar::Region;

pub(super) const PROFILE: Profile = Profile {
    name: "Ivy Clinics",
    tier: Tier::Middle,
    plan: Plan::Team,
    seats: 15,
    region: Region::South,
    renewal_in_days: 180,
    people: [1, 2, 3, 1],
};

pub(super) fn week(scene: &mut Scene<'_>) {
    let a_day = u32::try_from(scene.random.between(23, 26)).unwrap_or(24);
    let n = a_day * u32::try_from(scene.days.len()).unwrap_or(0);
    let own = scene.own.to_vec();
    let slots = scene.slots(&own, 4);
    scene.fill(&slots, n);
}
