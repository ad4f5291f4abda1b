//! What an account does, week by week. A core action is the completion of any feature.

use super::history::{Event, Histories};
use super::retention::{day, share};
use crate::World;
use crate::account::Account;
use crate::calendar::Calendar;
use crate::feature::Module;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// An account.
#[derive(Debug, Serialize)]
pub struct AccountTruth {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: &'static str,
    /// Its tier.
    pub tier: &'static str,
    /// Its plan.
    pub plan: &'static str,
    /// Its region.
    pub region: &'static str,
    /// Its seats.
    pub seats: u32,
    /// When its contract ends.
    pub renewal_date: String,
    /// Euros a year.
    pub contract_value: u32,
    /// Everybody who was ever there.
    pub people: usize,
    /// The weeks, the first first; the last is the running one.
    pub weeks: Vec<Week>,
}

/// One week of an account.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Week {
    /// Its Monday.
    pub monday: String,
    /// Core actions.
    pub core_actions: usize,
    /// Core actions on each day from Monday on.
    pub by_day: [usize; 7],
    /// Core actions in each module, by the first segment of its paths.
    pub by_module: BTreeMap<&'static str, usize>,
    /// The most core actions of one person.
    pub most_of_one: usize,
    /// People who were there.
    pub active_people: usize,
    /// The mean share of the seven days on which they were there.
    pub active_days: f64,
}

/// The account that a person belongs to.
pub(super) fn of<'w>(
    events: &[Event],
    histories: &Histories,
    world: &'w World,
) -> Option<&'w Account> {
    let own = events.iter().find_map(|event| event.account)?;
    world.accounts.iter().find(|it| histories.word(&it.id()) == Some(own))
}

pub(super) fn all(histories: &Histories, world: &World) -> Vec<AccountTruth> {
    let mut by_account: BTreeMap<u32, Vec<&Vec<Event>>> = BTreeMap::new();
    for events in histories.people() {
        if let Some(account) = events.iter().find_map(|event| event.account) {
            by_account.entry(account).or_default().push(events);
        }
    }
    let one = |account: &Account| {
        let people = histories.word(&account.id()).and_then(|id| by_account.remove(&id));
        truth(account, &people.unwrap_or_default(), &world.calendar)
    };
    world.accounts.iter().map(one).collect()
}

fn truth(account: &Account, people: &[&Vec<Event>], calendar: &Calendar) -> AccountTruth {
    AccountTruth {
        id: account.id(),
        name: account.name,
        tier: account.tier.name(),
        plan: account.plan.name(),
        region: account.region.name(),
        seats: account.seats,
        renewal_date: account.renewal.text(),
        contract_value: account.contract_value(),
        people: people.len(),
        weeks: calendar.weeks().map(|ago| week(people, ago, calendar)).collect(),
    }
}

fn week(people: &[&Vec<Event>], weeks_ago: i32, calendar: &Calendar) -> Week {
    let monday = calendar.monday(weeks_ago);
    let mut week = Week { monday: monday.text(), ..Week::default() };
    let mut n_days = 0;
    for events in people {
        let own: Vec<_> =
            events.iter().filter(|it| calendar.weeks_ago(day(it)) == weeks_ago).collect();
        let days: BTreeSet<_> = own.iter().map(|it| day(it)).collect();
        n_days += days.len();
        week.active_people += usize::from(!days.is_empty());
        let mut n = 0;
        for event in own {
            let Some(feature) = event.completes else { continue };
            n += 1;
            let weekday = usize::try_from(day(event).weekday()).unwrap_or(0);
            week.by_day[weekday] += 1;
            let module: Module = feature.module();
            *week.by_module.entry(module.segment()).or_default() += 1;
        }
        week.core_actions += n;
        week.most_of_one = week.most_of_one.max(n);
    }
    week.active_days = share(n_days, 7 * week.active_people);
    week
}
