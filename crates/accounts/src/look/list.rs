//! Which accounts are on the list, by their histories alone.

use super::case::{Case, cases};
use super::history::{History, Stretch};
use super::rule::{Compared, Fell, Judged, judge};
use super::weeks::CASES;
use crate::level::is_reached;
use std::collections::{BTreeMap, BTreeSet};

/// A running week of fewer days that are over says nothing of an account: one day is much like chance.
const YOUNG: usize = 2;

/// Who is on the list, by the places of the histories.
#[derive(Debug, Default)]
pub struct Listing {
    /// Who fell in the running week so far, where it is two days old, or in the last full one and is
    /// not back. The most lost first.
    pub falls: Vec<(Compared, Fell)>,
    /// Who fell before, in the last eight full weeks, and is not back.
    pub open: Vec<(usize, Case)>,
    /// Who fell in these and is back.
    pub closed: Vec<(usize, Case)>,
    /// What is said of the weeks that are compared: the last full one, and the running one so far.
    pub judged: Vec<(Compared, Judged)>,
}

/// The list of these accounts on the day `today`, counted from the first of their histories; with
/// the share of its usual visits that a week, or the part of it, misses altogether.
pub fn list(
    histories: &[History],
    today: usize,
    missing: impl Fn(usize, Stretch) -> f64,
) -> Listing {
    let running = today / 7;
    let compared = |week, stretch| Compared { week, stretch, missing: missing(week, stretch) };
    let mut fell_in: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut last = None;
    for week in running.saturating_sub(CASES).max(1)..running {
        let compared = compared(week, Stretch::Whole);
        let judged = judge(histories, compared);
        for fell in &judged.falls {
            fell_in.entry(fell.place).or_default().push(week);
        }
        last = Some((compared, judged));
    }
    let case = |(place, falls): (usize, Vec<usize>)| {
        Some((place, cases(histories.get(place)?, &falls, today).pop()?))
    };
    let cases: BTreeMap<usize, Case> = fell_in.into_iter().filter_map(case).collect();
    let part = compared(running, Stretch::Part);
    let so_far = (part, judge(histories, part));
    let is_open = |fell: &&Fell| cases.get(&fell.place).is_none_or(|case| case.back.is_none());
    let of_last = last.iter().flat_map(|(compared, judged)| {
        judged.falls.iter().filter(is_open).map(|fell| (*compared, *fell))
    });
    let is_old = today % 7 >= YOUNG;
    let of_part = so_far.1.falls.iter().filter(|_| is_old).map(|fell| (part, *fell));
    let mut places = BTreeSet::new();
    let mut falls: Vec<_> =
        of_part.chain(of_last).filter(|(_, it)| places.insert(it.place)).collect();
    falls.sort_by(|(_, a), (_, b)| b.lost().total_cmp(&a.lost()).then(a.place.cmp(&b.place)));
    let others = cases.into_iter().filter(|(place, _)| !places.contains(place));
    let (closed, open): (Vec<_>, Vec<_>) = others.partition(|(_, case)| case.back.is_some());
    let is_low = |(place, case): &(usize, Case)| {
        let whole = histories.get(*place).map_or(0, |it| it.amount(running - 1, Stretch::Whole));
        !is_reached(f64::from(whole), case.level)
    };
    let open = open.into_iter().filter(is_low).collect();
    Listing { falls, open, closed, judged: last.into_iter().chain([so_far]).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(weeks: &[u32], part: u32) -> History {
        let days = weeks.iter().flat_map(|n| [n / 5, n / 5, n / 5, n / 5, n / 5, 0, 0]).collect();
        let part = |n: &u32| n / 5 * part;
        History { region: String::new(), days, parts: weeks.iter().map(part).collect() }
    }

    fn falls(weeks: &[u32], days: usize) -> Vec<(usize, u32, u32)> {
        let mut history = history(weeks, u32::try_from(days).unwrap());
        let today = 7 * (weeks.len() - 1) + days;
        history.days[today..].fill(0);
        let listing = list(&[history], today, |_, _| 0.0);
        listing.falls.iter().map(|(of, fell)| (of.week, fell.before, fell.now)).collect()
    }

    #[test]
    fn a_fall_of_the_last_week_stays_until_the_account_is_back() {
        let dune = [200, 200, 200, 200, 200, 200, 100, 100];
        for days in 0..5 {
            assert_eq!(falls(&dune, days), [(6, 200, 100)], "{days}");
        }
        let back = [200, 200, 200, 200, 200, 200, 100, 200];
        assert_eq!(falls(&back, 0), [(6, 200, 100)]);
        assert_eq!(falls(&back, 1), [], "one day is over, and it is as before");
    }

    #[test]
    fn the_running_week_goes_first_when_it_is_two_days_old_and_says_nothing_before() {
        let anew = [200, 200, 200, 200, 200, 200, 200, 50];
        assert_eq!((falls(&anew, 1), falls(&anew, 2)), (vec![], vec![(7, 80, 20)]));
        let further = [200, 200, 200, 200, 200, 200, 100, 25];
        assert_eq!(falls(&further, 1), [(6, 200, 100)]);
        assert_eq!(falls(&further, 3), [(7, 60, 15)]);
    }

    #[test]
    fn who_fell_before_is_open_or_closed() {
        let open = history(&[100, 100, 100, 100, 40, 40, 40, 0], 0);
        let back = history(&[100, 100, 100, 100, 40, 100, 100, 0], 0);
        let low = history(&[100, 100, 100, 100, 40, 60, 95, 0], 0);
        let listing = list(&[open, back, low], 49, |_, _| 0.0);
        assert_eq!(listing.falls, []);
        assert_eq!(listing.open.iter().map(|it| it.0).collect::<Vec<_>>(), [0]);
        assert_eq!(listing.closed.iter().map(|it| it.0).collect::<Vec<_>>(), [1, 2]);
    }
}
