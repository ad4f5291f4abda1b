//! In which later weeks those who came are there, by the plan of their company.

use super::first_week::{FirstWeek, rounded};
use crate::account::{Account, Plan as Pays};
use crate::calendar::{Calendar, WEEKS};
use crate::person::{Origin, Person};
use crate::random::{Random, Topic};
use std::collections::HashSet;

/// The weeks after the first whose retention is planted.
pub const SOONEST: i32 = 2;
/// The last of them.
pub const LATEST: i32 = 12;

/// People next to each other in the order of their coming of whom a share is taken.
const BLOCK: usize = 12;

/// Who is there in which of his weeks.
#[derive(Debug, Default)]
pub(super) struct Returns(HashSet<(usize, i32)>);

impl Returns {
    /// Whether somebody is there so many weeks after that of his first day.
    pub(super) fn contains(&self, person: usize, week: i32) -> bool {
        self.0.contains(&(person, week))
    }
}

/// The share of a plan's people that is there so many weeks after the first.
fn rate(plan: Pays, week: i32) -> f64 {
    const STARTER: [f64; 6] = [0.146, 0.142, 0.138, 0.135, 0.133, 0.132];
    const TEAM: [f64; 11] =
        [0.36, 0.335, 0.32, 0.315, 0.319, 0.325, 0.335, 0.345, 0.355, 0.367, 0.38];
    let rates = match plan {
        Pays::Starter => &STARTER[..],
        Pays::Team => &TEAM,
    };
    let place = usize::try_from(week - SOONEST).unwrap_or(0);
    rates[place.min(rates.len() - 1)]
}

/// Decides for everybody who came.
pub(super) fn plan(
    accounts: &[Account],
    people: &[Person],
    (calendar, seed): (&Calendar, u64),
    weeks: &[Option<FirstWeek>],
) -> Returns {
    let mut returns = Returns::default();
    for plan in Pays::ALL {
        let mut random = Random::of(seed, Topic::Retention, [plan as u64, 0]);
        let is = |it: &Person| it.origin == Origin::Newcomer && accounts[it.account].plan == plan;
        let all: Vec<_> = (0..people.len()).filter(|it| is(&people[*it])).collect();
        // Those who liked it stay: mostly the same people in each week.
        let likings: Vec<f64> = all
            .iter()
            .map(|it| {
                let returned = weeks[*it].is_some_and(|week| week.returns);
                random.share() + if returned { 0.4 } else { 0.0 }
            })
            .collect();
        for week in SOONEST..=WEEKS {
            let since = |n: &usize| calendar.weeks_ago(people[all[*n]].joined) - week;
            // Those whose week is over give the numbers; the others are to become like them.
            let (over, rest): (Vec<_>, Vec<_>) = (0..all.len()).partition(|n| since(n) > 0);
            let running = rest.into_iter().filter(|n| since(n) == 0).collect();
            for there in [over, running] {
                take(&there, (plan, week), &likings, &mut random, |n| {
                    returns.0.insert((all[n], week));
                });
            }
        }
    }
    returns
}

/// Takes the share of each block, those who like it best first.
fn take(
    there: &[usize],
    (plan, week): (Pays, i32),
    likings: &[f64],
    random: &mut Random,
    mut choose: impl FnMut(usize),
) {
    let rate = rate(plan, week);
    let mut taken = 0;
    for (n, block) in there.chunks(BLOCK).enumerate() {
        let until = rounded(rate, n * BLOCK + block.len());
        let mut ranked: Vec<(f64, usize)> =
            block.iter().map(|it| (likings[*it] + random.share() * 0.5, *it)).collect();
        ranked.sort_by(|one, other| other.0.total_cmp(&one.0));
        ranked.iter().take(until - taken).for_each(|(_, it)| choose(*it));
        taken = until;
    }
}
