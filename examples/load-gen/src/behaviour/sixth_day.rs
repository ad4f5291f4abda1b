//! Who uses a feature again on the sixth day after the first time.
//!
//! Everybody else leaves that day free ([`Plan::is_free`]), so the shares are exact.

use super::first_week::{evenly, rounded};
use crate::account::Account;
use crate::calendar::{Calendar, Day};
use crate::feature::Feature;
use crate::person::{Origin, Person};
use crate::plan::{Plan, SIXTH};
use crate::random::{Random, Topic};

/// The share of a feature's people that uses it again on the sixth day.
pub const KEPT: [(Feature, f64); 8] = [
    (Feature::SaveGroup, 0.20),
    (Feature::ShareBoard, 0.13),
    (Feature::SaveChart, 0.12),
    (Feature::SaveFunnel, 0.11),
    (Feature::WatchMetric, 0.09),
    (Feature::SetAlert, 0.08),
    (Feature::Export, 0.04),
    (Feature::EditSchema, 0.03),
];

/// Plants the shares.
pub(super) fn plant(
    plan: &mut Plan,
    accounts: &[Account],
    people: &[Person],
    (calendar, seed): (&Calendar, u64),
) {
    for (feature, share) in KEPT {
        let mut random = Random::of(seed, Topic::SixthDay, [feature as u64, 0]);
        let sixth = |it: usize| plan.first_use(it, feature).map(|day| day.plus(SIXTH));
        let is_past = |day: Option<Day>| day.is_some_and(|day| day <= calendar.last());
        let all: Vec<_> = (0..people.len()).filter(|it| is_past(sixth(*it))).collect();
        let open = |it: &usize| {
            let region = accounts[people[*it].account].region;
            let is_working = |day| calendar.is_working(region, day);
            sixth(*it).is_some_and(|day| {
                is_working(day) && is_there(plan, calendar, (*it, &people[*it]), day)
            })
        };
        let open: Vec<_> = all.iter().copied().filter(open).collect();
        let n = rounded(share, all.len());
        let chosen: Vec<_> = evenly(&open, n, &mut random)
            .into_iter()
            .filter_map(|it| Some((it, sixth(it)?)))
            .collect();
        for (person, day) in chosen {
            plan.complete(person, day, feature);
        }
    }
}

/// Whether somebody is there in the week of a day anyway, and may be on that day.
fn is_there(plan: &Plan, calendar: &Calendar, (place, person): (usize, &Person), day: Day) -> bool {
    let monday = calendar.monday(calendar.weeks_ago(day));
    let is_in_week = plan.days(place).range(monday..monday.plus(7)).next().is_some();
    let since = calendar.weeks_ago(person.joined) - calendar.weeks_ago(day);
    // The first two weeks of somebody who came are counted from his first day.
    let is_in_step = since > 2 || day >= person.joined.plus(7 * since);
    match person.origin {
        Origin::Storied => false,
        Origin::Founder => is_in_week,
        Origin::Newcomer => is_in_week && is_in_step,
    }
}
