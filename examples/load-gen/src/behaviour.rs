//! What everybody does: the stories, the usual, and what is planted.
//!
//! It is planned week by week, so that the first use of a feature is known before the second.

mod first_week;
mod retention;
mod sixth_day;
mod smart_path;

pub use first_week::{COHORTS, Cohort, PHI};
pub use retention::{LATEST, SOONEST};
pub use sixth_day::KEPT;
pub use smart_path::{CONFIGURED, SAVED, SAW};

use crate::account::{Account, Tier};
use crate::calendar::{Calendar, Day};
use crate::feature::Feature;
use crate::person::{Origin, Person};
use crate::plan::{Look, Plan, Slot, USUAL};
use crate::random::{Random, Topic};
use crate::story::Scene;
use first_week::FirstWeek;

/// How likely somebody who was always there works in a week.
const FOUNDER: f64 = 0.86;

/// What is looked at besides, and how often.
const LOOKS: [(Look, u32); 8] = [
    (Look::Metric, 30),
    (Look::Chart, 30),
    (Look::Abandon(Feature::ConnectSource), 8),
    (Look::At(Feature::ConnectSource), 8),
    (Look::Abandon(Feature::SetAlert), 10),
    (Look::Abandon(Feature::SaveChart), 8),
    (Look::Abandon(Feature::SaveGroup), 3),
    (Look::Upgrade, 3),
];

/// Plans all of it.
pub fn plan(accounts: &[Account], people: &[Person], calendar: &Calendar, seed: u64) -> Plan {
    let mut plan = Plan::of(people.len());
    let weeks = first_week::plan(accounts, people, calendar, seed);
    let returns = retention::plan(accounts, people, (calendar, seed), &weeks);
    for (n, account) in accounts.iter().enumerate() {
        let own: Vec<_> = (0..people.len()).filter(|it| people[*it].account == n).collect();
        for weeks_ago in calendar.weeks() {
            let place = [n as u64, u64::from(weeks_ago.unsigned_abs())];
            let mut scene = Scene {
                calendar,
                account,
                people,
                own: &own,
                weeks_ago,
                days: calendar.working_days(account.region, weeks_ago),
                plan: &mut plan,
                random: Random::of(seed, Topic::Week, place),
            };
            match account.story {
                Some(story) => story.week(&mut scene),
                None => usual(&mut scene, &weeks, &returns),
            }
        }
    }
    sixth_day::plant(&mut plan, accounts, people, (calendar, seed));
    smart_path::plant(&mut plan, people, seed);
    plan
}

/// A week of an account without a story.
fn usual(scene: &mut Scene<'_>, weeks: &[Option<FirstWeek>], returns: &retention::Returns) {
    if scene.days.is_empty() {
        return;
    }
    let mut n_done = 0;
    for person in scene.own {
        if scene.people[*person].origin == Origin::Newcomer {
            n_done += newcomer(scene, *person, weeks[*person], returns);
        }
    }
    let target = level(scene.account.tier, &mut scene.random);
    let target = scene.so_far(target);
    let days = u32::try_from(scene.days.len()).unwrap_or(0);
    // A holiday makes the week of an account smaller.
    let target = if scene.weeks_ago > 0 { target * days / 5 } else { target };
    founders(scene, target.saturating_sub(n_done));
}

/// How many actions an account makes in a week.
fn level(tier: Tier, random: &mut Random) -> u32 {
    let (low, high) = match tier {
        Tier::Large => (190, 250),
        Tier::Middle => (62, 88),
        Tier::Small => (14, 22),
    };
    u32::try_from(random.between(low, high)).unwrap_or(0)
}

fn founders(scene: &mut Scene<'_>, n: u32) {
    let mut slots: Vec<Slot> = Vec::new();
    for person in scene.own {
        let Person { origin, joined, .. } = scene.people[*person];
        let began = scene.calendar.weeks_ago(joined) - scene.weeks_ago;
        if origin != Origin::Founder || began < 0 {
            continue;
        }
        if began == 0 || scene.random.happens(FOUNDER) {
            let n_days = scene.random.between(1, 4);
            slots.extend(scene.slots(&[*person], n_days));
            // The first day is the first day.
            if began == 0 && scene.days.contains(&joined) && !slots.contains(&(*person, joined)) {
                slots.push((*person, joined));
            }
            if scene.random.happens(0.02) {
                weekend(scene, *person);
            }
        }
    }
    // Nobody is missed for good where only a few work.
    if slots.is_empty() {
        let first = scene.own.first().copied();
        slots = first.map_or_else(Vec::new, |person| scene.slots(&[person], 2));
    }
    scene.fill(&slots, n);
    look_around(scene, &slots);
}

/// Weekends are quiet, not silent.
fn weekend(scene: &mut Scene<'_>, person: usize) {
    let saturday = scene.calendar.monday(scene.weeks_ago).plus(5);
    if saturday <= scene.calendar.last() {
        scene.plan.look(person, saturday, Look::Metric);
    }
}

fn look_around(scene: &mut Scene<'_>, slots: &[Slot]) {
    for (person, day) in slots {
        if scene.random.happens(0.3)
            && let Some(look) = scene.random.weighted(&LOOKS)
        {
            scene.plan.look(*person, *day, look);
        }
    }
}

/// A week of somebody who came; tells how many things he completes.
fn newcomer(
    scene: &mut Scene<'_>,
    person: usize,
    week: Option<FirstWeek>,
    returns: &retention::Returns,
) -> u32 {
    let joined = scene.people[person].joined;
    let since = scene.calendar.weeks_ago(joined) - scene.weeks_ago;
    let week = week.unwrap_or_default();
    match since {
        ..0 => 0,
        0 => first(scene, person, week),
        1 if !week.returns => 0,
        1 => later(scene, person, joined.plus(7)),
        // Before this day it would still be the second of his own weeks.
        2 if returns.contains(person, 2) => later(scene, person, joined.plus(14)),
        _ if returns.contains(person, since) => later(scene, person, joined),
        _ => 0,
    }
}

/// The first week, from the first day on.
fn first(scene: &mut Scene<'_>, person: usize, week: FirstWeek) -> u32 {
    let joined = scene.people[person].joined;
    let mut slots = vec![(person, joined)];
    let rest: Vec<Day> = scene.days.iter().copied().filter(|day| *day > joined).collect();
    let n_days = usize::try_from(scene.random.between(0, 2)).unwrap_or(0);
    slots.extend(rest.into_iter().take(n_days).map(|day| (person, day)));
    scene.random.shuffle(&mut slots[1..]);
    let n_others = u32::try_from(scene.random.between(1, 3)).unwrap_or(1);
    scene.plan.look(person, joined, Look::Metric);
    // Charts on the last days first: many begin with something else.
    slots.reverse();
    let charts = [(Feature::SaveChart, 1)];
    if week.charts > 0 {
        scene.plan.fill(scene.people, &slots, (week.charts, &charts), &mut scene.random);
    }
    let others: Vec<_> = USUAL.into_iter().filter(|it| it.0 != Feature::SaveChart).collect();
    scene.plan.fill(scene.people, &slots, (n_others, &others), &mut scene.random);
    week.charts + n_others
}

/// A later week, not before a day.
fn later(scene: &mut Scene<'_>, person: usize, not_before: Day) -> u32 {
    let n_days = scene.random.between(1, 3);
    let mut slots = scene.slots(&[person], 5);
    slots.retain(|slot| slot.1 >= not_before);
    slots.truncate(usize::try_from(n_days).unwrap_or(1));
    if slots.is_empty() {
        return 0;
    }
    let n = u32::try_from(scene.random.between(2, 6)).unwrap_or(2);
    scene.fill(&slots, n);
    look_around(scene, &slots);
    n
}
