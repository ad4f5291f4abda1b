//! Harbor Foods: 8 % less every week.

use super::{Profile, Scene};
use crate::account::{Plan, Tier};
use crate::calendar::Region;

pub(super) const PROFILE: Profile = Profile {
    name: "Harbor Foods",
    tier: Tier::Middle,
    plan: Plan::Team,
    seats: 15,
    region: Region::North,
    renewal_in_days: 140,
    people: [1, 1, 3, 2],
};

/// Core actions in the first week.
const AT_FIRST: f64 = 300.0;

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of actions: small, and not below zero"
)]
pub(super) fn week(scene: &mut Scene<'_>) {
    let n = (AT_FIRST * 0.92_f64.powi(26 - scene.weeks_ago)).round() as u32;
    let own = scene.own.to_vec();
    let slots = scene.slots(&own, 4);
    let n = scene.so_far(n);
    scene.fill(&slots, n);
}
