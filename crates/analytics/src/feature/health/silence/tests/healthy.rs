//! Healthy features as chance makes them, three hours by three: office hours and quiet weekends, growth
//! and decline, busy and slack weeks, a holiday, small features that few people use in bursts.

use super::super::{ByDay, Uses, find, may_be, too_much};
use super::NOW;
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};
use std::collections::BTreeMap;

const HISTORIES: usize = 1_000;
/// The last so many days of each history are looked at, once a day.
const LOOKS: usize = 28;
/// A day has so many, of three hours each.
const PARTS: usize = 8;

struct Chance(TestRng);

impl Chance {
    fn new() -> Self {
        Self(TestRng::from_seed(RngAlgorithm::ChaCha, &[22; 32]))
    }

    /// From 0 to 1, never 0.
    fn share(&mut self) -> f64 {
        (f64::from(self.0.next_u32()) + 1.0) / (f64::from(u32::MAX) + 1.0)
    }

    fn between(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.share()
    }

    fn one_of(&mut self, of: &[f64]) -> f64 {
        of[self.0.next_u32() as usize % of.len()]
    }

    /// Roughly Gauss': twelve shares.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.share()).sum::<f64>() - 6.0
    }

    fn poisson(&mut self, mean: f64) -> u64 {
        if mean > 30.0 {
            return (mean + mean.sqrt() * self.normal()).max(0.0).round() as u64;
        }
        let (limit, mut product, mut n) = ((-mean).exp(), self.share(), 0);
        while product > limit {
            product *= self.share();
            n += 1;
        }
        n
    }

    /// A mean of one, and the variance of one by a whole shape: a sum of exponentials.
    fn gamma(&mut self, shape: u32) -> f64 {
        (0..shape).map(|_| -self.share().ln()).sum::<f64>() / f64::from(shape)
    }

    /// Uses of one visit, of this mean.
    fn burst(&mut self, mean: f64) -> u64 {
        if mean <= 1.0 {
            return 1;
        }
        1 + (self.share().ln() / (1.0 - 1.0 / mean).ln()) as u64
    }
}

/// A feature and its page: what happens in each part of a day, the first a Monday's first.
struct History {
    uses: Vec<u64>,
    views: Vec<u64>,
    per_week: f64,
}

impl History {
    fn of(chance: &mut Chance) -> Self {
        let n_weeks = chance.between(6.0, 26.0) as usize;
        let per_week = 10_f64.powf(chance.between(-0.3, 3.3));
        let burst = chance.one_of(&[1.0, 1.0, 3.0, 10.0]).min(per_week);
        let growth = chance.between(0.97, 1.10);
        let weekend = chance.one_of(&[0.02, 0.1, 0.5, 1.0]);
        let views_per_use = chance.between(1.0, 30.0);
        let shape = chance.one_of(&[0.0, 20.0, 5.0]) as u32;
        let holiday = n_weeks - 1 - (chance.between(0.0, 12.0) as usize).min(n_weeks - 1);
        let (mut uses, mut views) = (Vec::new(), Vec::new());
        for week in 0..n_weeks {
            let mut busy = growth.powi(week as i32 - n_weeks as i32 + 1);
            busy *= if shape == 0 { 1.0 } else { chance.gamma(shape) };
            busy *= if week == holiday { 0.3 } else { 1.0 };
            for part in 0..7 * PARTS {
                let office = if (3..6).contains(&(part % PARTS)) { 1.0 } else { 0.05 };
                let day = if part / PARTS >= 5 { weekend } else { 1.0 };
                let mean = per_week * busy * office * day / (5.0 + 2.0 * weekend) / 3.25;
                let visits = chance.poisson(mean / burst);
                uses.push((0..visits).map(|_| chance.burst(burst)).sum());
                views.push(chance.poisson(mean * views_per_use));
            }
        }
        Self { uses, views, per_week }
    }

    /// Uses and views of whole days, the latest first, as somebody looks at so many parts of a
    /// day before the end.
    fn days(&self, early: usize) -> (Vec<u64>, Vec<u64>) {
        let days = |of: &[u64]| {
            of[..of.len() - early].rchunks(PARTS).map(|day| day.iter().sum()).collect()
        };
        (days(&self.uses), days(&self.views))
    }
}

/// What is known so many days before the end.
fn known((uses, views): &(Vec<u64>, Vec<u64>), before: usize) -> Option<(Uses, ByDay)> {
    let by_day = |of: &[u64]| {
        let days = (0..).zip(&of[before..]).filter(|(_, n)| **n > 0);
        days.map(|(ago, n)| (ago, *n)).collect::<ByDay>()
    };
    Some((Uses::of_days(&by_day(uses), NOW)?, by_day(views)))
}

/// How often something is said of what is healthy.
#[derive(Debug, Default)]
struct Alarms {
    /// At one look.
    looks: usize,
    /// Histories of which it is said at any look.
    histories: usize,
}

impl Alarms {
    fn add(&mut self, looks: usize) {
        self.looks += looks;
        self.histories += usize::from(looks > 0);
    }

    /// Shares in percent, of looks and of histories.
    fn shares(&self) -> (f64, f64) {
        let of_looks = self.looks as f64 / (HISTORIES * LOOKS) as f64;
        (100.0 * of_looks, 100.0 * self.histories as f64 / HISTORIES as f64)
    }
}

#[test]
fn healthy_features_are_left_in_peace() {
    let mut chance = Chance::new();
    let (mut silent, mut broad) = (Alarms::default(), Alarms::default());
    for _ in 0..HISTORIES {
        let days = History::of(&mut chance).days(chance.between(0.0, PARTS as f64) as usize);
        let looks: Vec<_> = (0..LOOKS).filter_map(|before| known(&days, before)).collect();
        let n = |is: &dyn Fn(&Uses, &ByDay) -> bool| {
            looks.iter().filter(|(uses, views)| is(uses, views)).count()
        };
        silent.add(n(&|uses, views| find(uses, views, NOW).is_some()));
        broad.add(n(&|uses, views| too_much(uses, views).is_some()));
    }
    let (silent, broad) = (silent.shares(), broad.shares());
    println!("silent, too much, in % of looks and of histories: {silent:.2?} {broad:.2?}");
    assert!(silent.0 < 0.3 && silent.1 < 2.0, "{silent:?}");
    assert!(broad.0 < 0.3 && broad.1 < 2.0, "{broad:?}");
}

/// The day on which the feature is said to be silent, of those that are silent for six weeks.
fn noticed_after(history: &mut History) -> Option<usize> {
    let start = history.uses.len() - 6 * 7 * PARTS;
    history.uses[start..].fill(0);
    let days = history.days(0);
    (1..=42).find(|day| {
        known(&days, 42 - day).is_some_and(|(uses, views)| {
            let is_silent = find(&uses, &views, NOW).is_some();
            assert!(!is_silent || may_be(&uses, NOW), "what is silent may be so by its uses alone");
            is_silent
        })
    })
}

#[test]
fn what_falls_silent_is_noticed_the_sooner_the_more_it_was_used() {
    let mut chance = Chance::new();
    // By powers of ten of the uses of a week.
    let mut by_size: BTreeMap<i32, Vec<usize>> = BTreeMap::new();
    for _ in 0..400 {
        let mut history = History::of(&mut chance);
        if history.uses.len() >= (6 + 6) * 7 * PARTS {
            let days = noticed_after(&mut history).unwrap_or(usize::MAX);
            by_size.entry(history.per_week.log10().floor() as i32).or_default().push(days);
        }
    }
    let median = |size: i32| {
        let mut days = by_size[&size].clone();
        days.sort_unstable();
        days[days.len() / 2]
    };
    println!("noticed after days, half of them: {:?}", (0..=3).map(median).collect::<Vec<_>>());
    assert!(median(3) <= 2 && median(2) <= 4 && median(1) <= 10, "{by_size:?}");
}
