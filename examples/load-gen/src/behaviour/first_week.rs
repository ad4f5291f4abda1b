//! The first week of those who come: how many charts, and whether they are there in the week after.

use crate::account::{Account, Plan as Pays};
use crate::calendar::Calendar;
use crate::person::{Origin, Person};
use crate::random::{Random, Topic};

/// People by the charts of their first week: how many, the share of all, and the share that returns.
#[derive(Debug, Clone, Copy)]
pub struct Cohort {
    /// The fewest and the most charts.
    pub charts: (i32, i32),
    /// Their share of all who come.
    pub share: f64,
    /// The share of them that returns in the week after.
    pub returns: f64,
}

/// What is planted.
pub const COHORTS: [Cohort; 5] = [
    Cohort { charts: (0, 0), share: 0.30, returns: 0.26 },
    Cohort { charts: (1, 2), share: 0.25, returns: 0.33 },
    Cohort { charts: (3, 4), share: 0.15, returns: 0.33 },
    Cohort { charts: (5, 6), share: 0.12, returns: 0.77 },
    Cohort { charts: (7, 10), share: 0.18, returns: 0.82 },
];

/// How well 1, 3, 5 and 7 charts tell who returns, as phi.
pub const PHI: [f64; 4] = [0.25, 0.35, 0.46, 0.35];

/// One person in so many may be in the cohort beside his own, so that phi comes out: one more or
/// fewer changes it by more than a half in the second place.
const LEEWAY: usize = 250;

/// Those of stories who are new, too, by their cohort: how many, and how many of them return.
/// Three at Fjord Games, and the successor at Acme Retail.
const STORIED: [(usize, usize); 5] = [(3, 0), (0, 0), (0, 0), (0, 0), (1, 1)];

/// How much less those on the plan Starter return than all do.
const STARTER: f64 = 0.55;

/// What one of them does.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct FirstWeek {
    pub(super) charts: u32,
    pub(super) returns: bool,
}

/// Decides for everybody who comes; `None` for the others.
pub(super) fn plan(
    accounts: &[Account],
    people: &[Person],
    calendar: &Calendar,
    seed: u64,
) -> Vec<Option<FirstWeek>> {
    let mut random = Random::of(seed, Topic::FirstWeek, [0, 0]);
    let came = |it: &usize| people[*it].origin == Origin::Newcomer;
    let all: Vec<usize> = (0..people.len()).filter(came).collect();
    let mut weeks = vec![None; people.len()];
    // Those whose second week is over give the numbers; the others are to become like them.
    let is_over = |it: &usize| people[*it].joined.plus(14) <= calendar.anchor();
    let (over, running): (Vec<_>, Vec<_>) = all.into_iter().partition(is_over);
    for (group, storied) in [(over, STORIED), (running, [(0, 0); 5])] {
        let spread = spread(&group, storied, &mut random);
        for ((cohort, members), storied) in COHORTS.iter().zip(spread).zip(storied) {
            let n = rounded(cohort.returns, members.len() + storied.0) - storied.1;
            let returning = returning((n, cohort), &members, (accounts, people), &mut random);
            for person in members {
                let charts = random.between(cohort.charts.0, cohort.charts.1).unsigned_abs();
                let returns = returning.contains(&person);
                weeks[person] = Some(FirstWeek { charts, returns });
            }
        }
    }
    weeks
}

/// Deals people out to the cohorts by their shares, each cohort evenly over time; some of the
/// places are taken by those of stories.
fn spread(group: &[usize], storied: [(usize, usize); 5], random: &mut Random) -> Vec<Vec<usize>> {
    let n = group.len() + storied.iter().map(|it| it.0).sum::<usize>();
    let mut places: Vec<(f64, usize)> = Vec::new();
    for (cohort, size) in sizes(n).into_iter().enumerate() {
        let of_cohort = size.saturating_sub(storied[cohort].0);
        for i in 0..of_cohort {
            places.push(((count(i) + random.share()) / count(of_cohort), cohort));
        }
    }
    places.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut cohorts = vec![Vec::new(); COHORTS.len()];
    for (person, (_, cohort)) in group.iter().zip(places) {
        cohorts[cohort].push(*person);
    }
    cohorts
}

/// How many of `n` people are in each cohort: about their shares, and so that phi is as planted.
fn sizes(n: usize) -> [usize; 5] {
    let leeway = n / LEEWAY;
    let mut best = (f64::INFINITY, [0; 5]);
    let usual = COHORTS.map(|it| rounded(it.share, n));
    for choice in 0..(2 * leeway + 1).pow(4) {
        let mut sizes = usual;
        let mut left = choice;
        for size in &mut sizes[..4] {
            *size = (*size + left % (2 * leeway + 1)).saturating_sub(leeway);
            left /= 2 * leeway + 1;
        }
        sizes[4] = n.saturating_sub(sizes[..4].iter().sum());
        // Rounding alone may leave one or two over.
        if sizes[4].abs_diff(usual[4]) <= leeway.max(2) && miss(sizes) < best.0 {
            best = (miss(sizes), sizes);
        }
    }
    best.1
}

/// How far phi is from what is planted, with cohorts of these sizes.
fn miss(sizes: [usize; 5]) -> f64 {
    let n = count(sizes.iter().sum());
    let returning = |from: usize| {
        let cohorts = COHORTS.iter().zip(sizes).skip(from);
        count(cohorts.map(|(it, size)| rounded(it.returns, size)).sum()) / n
    };
    let miss = |(at, planted): (usize, f64)| {
        let (did, both) = (count(sizes[at..].iter().sum()) / n, returning(at));
        let returns = returning(0);
        let spread = (did * (1.0 - did) * returns * (1.0 - returns)).sqrt();
        ((both - did * returns) / spread - planted).abs()
    };
    (1..).zip(PHI).map(miss).fold(0.0, f64::max)
}

/// The `n` of a cohort who return, fewer of them on the plan Starter.
fn returning(
    (n, cohort): (usize, &Cohort),
    members: &[usize],
    (accounts, people): (&[Account], &[Person]),
    random: &mut Random,
) -> Vec<usize> {
    let is_starter = |it: &usize| accounts[people[*it].account].plan == Pays::Starter;
    let (starter, team): (Vec<usize>, Vec<usize>) = members.iter().partition(|it| is_starter(it));
    let of_team = n - rounded(cohort.returns * STARTER, starter.len());
    let of_team = of_team.min(team.len());
    let mut returning = evenly(&team, of_team, random);
    returning.extend(evenly(&starter, n - of_team, random));
    returning
}

/// `n` of some people, evenly over time.
pub(super) fn evenly(people: &[usize], n: usize, random: &mut Random) -> Vec<usize> {
    let bounds = |i: usize| i * people.len() / n.max(1);
    let one = |i: usize| random.one_of(&people[bounds(i)..bounds(i + 1)]).copied();
    (0..n.min(people.len())).filter_map(one).collect()
}

/// A share of a number of people, rounded.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of people: small, and not below zero"
)]
pub(super) fn rounded(share: f64, n: usize) -> usize {
    (share * count(n)).round() as usize
}

#[allow(clippy::cast_precision_loss, reason = "a number of people is small")]
fn count(n: usize) -> f64 {
    n as f64
}
