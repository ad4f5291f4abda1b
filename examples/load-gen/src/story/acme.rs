//! Acme Retail: 200 core actions a week, 80 % of them by one person, who leaves.
//!
//! Seven weeks ago 60, the last of Analyst 1 on the Tuesday; the week after none. Then Analyst 2 is
//! opened and trained, and two days later a day is at 95 % of its old level.

use super::{Noted, Profile, Scene};
use crate::account::{Plan, Tier};
use crate::calendar::{Calendar, Day, Region, WEEKS};
use crate::person::Role;

pub(super) const PROFILE: Profile = Profile {
    name: "Acme Retail",
    tier: Tier::Middle,
    plan: Plan::Team,
    seats: 25,
    region: Region::North,
    renewal_in_days: 210,
    people: [1, 2, 6, 3],
};

/// Who makes most of the use, and who comes after him.
const ANALYST: (Role, u32) = (Role::Analyst, 1);
pub(super) const SUCCESSOR: (Role, u32) = (Role::Analyst, 2);

/// The week in which the successor is opened, on its Monday.
const INTERVENTION_WEEKS_AGO: i32 = 5;

/// What was noted, and what was done, on the Monday of the intervention.
pub(super) const NOTES: [Noted; 2] = [
    Noted {
        weeks_ago: INTERVENTION_WEEKS_AGO,
        kind: "note",
        text: "analyst left, campaigns moved to paid search",
        told: &[],
    },
    Noted {
        weeks_ago: INTERVENTION_WEEKS_AGO,
        kind: "intervention",
        text: "Analyst 2 opened and trained",
        told: &["Manager 1", "Analyst 2"],
    },
];

/// A day at 95 % of the 40 of before.
const RECOVERED: u32 = 38;

pub(super) fn opened(calendar: &Calendar) -> Day {
    calendar.monday(INTERVENTION_WEEKS_AGO)
}

pub(super) fn week(scene: &mut Scene<'_>) {
    let days = scene.days.clone();
    let day = |n: usize| days.get(n).copied();
    match scene.weeks_ago {
        7 => {
            let until_tuesday: Vec<_> = [day(0), day(1)].into_iter().flatten().collect();
            share(scene, ANALYST, &until_tuesday, 60);
        }
        6 => {}
        INTERVENTION_WEEKS_AGO => {
            let course = [0, RECOVERED / 4, RECOVERED, RECOVERED, RECOVERED];
            // Monday is for the training: the successor looks around.
            let newcomer = scene.person(SUCCESSOR.0, SUCCESSOR.1);
            if let (Some(newcomer), Some(monday)) = (newcomer, day(0)) {
                scene.plan.look(newcomer, monday, crate::plan::Look::Chart);
            }
            for (n, of_day) in course.into_iter().enumerate().skip(1) {
                let days: Vec<_> = day(n).into_iter().collect();
                share(scene, SUCCESSOR, &days, of_day);
            }
        }
        0..INTERVENTION_WEEKS_AGO => {
            for day in days {
                share(scene, SUCCESSOR, &[day], RECOVERED);
            }
        }
        _ => share(scene, ANALYST, &days, 200),
    }
}

/// So many actions on these days, 80 % of them by one person.
fn share(scene: &mut Scene<'_>, (role, number): (Role, u32), days: &[Day], n: u32) {
    let Some(main) = scene.person(role, number) else { return };
    let of_main = n * 4 / 5;
    let slots: Vec<_> = days.iter().map(|day| (main, *day)).collect();
    scene.fill(&slots, of_main);
    let others: Vec<_> = scene
        .own
        .iter()
        .copied()
        .filter(|it| {
            let person = &scene.people[*it];
            (person.role, person.number) != ANALYST && (person.role, person.number) != SUCCESSOR
        })
        .collect();
    let mut slots = Vec::new();
    for (n, day) in days.iter().enumerate() {
        let mut present = others.clone();
        if scene.weeks_ago == WEEKS {
            // By turns, so that nobody is seen for the first time later and taken for new.
            present.rotate_left(3 * n % others.len().max(1));
        } else {
            scene.random.shuffle(&mut present);
        }
        slots.extend(present.into_iter().take(3).map(|person| (person, *day)));
    }
    scene.fill(&slots, n - of_main);
}
