//! Fjord Games: came some weeks ago, never finished the set-up of its first week, and comes by
//! now and then.

use super::{Profile, Scene};
use crate::account::{Plan, Tier};
use crate::calendar::Region;
use crate::feature::Feature;
use crate::plan::Look;

pub(super) const PROFILE: Profile = Profile {
    name: "Fjord Games",
    tier: Tier::Small,
    plan: Plan::Starter,
    seats: 5,
    region: Region::South,
    renewal_in_days: 295,
    people: [1, 0, 1, 1],
};

/// When its people were first there.
pub(super) const JOINED_WEEKS_AGO: i32 = 10;

pub(super) fn week(scene: &mut Scene<'_>) {
    if scene.weeks_ago > JOINED_WEEKS_AGO {
        return;
    }
    if scene.weeks_ago == JOINED_WEEKS_AGO {
        for person in scene.own {
            let monday = scene.calendar.monday(JOINED_WEEKS_AGO);
            scene.plan.look(*person, monday, Look::Abandon(Feature::ConnectSource));
        }
        return;
    }
    // One of them in every second week or so, but not at once.
    if scene.weeks_ago < JOINED_WEEKS_AGO - 2 && scene.random.happens(0.6) {
        let Some(person) = scene.random.one_of(scene.own).copied() else { return };
        let slots = scene.slots(&[person], 1);
        scene.fill(&slots, 1);
    }
}
