//! A fall opens a case, and the account's return closes it.
//!
//! The level that is to be come back to is the account's usual before the week of the fall, or the
//! week before if that was less or nothing is known of what is usual. It is back after the week of
//! the fall at the earliest ([`crate::level`]).

use super::history::{History, Stretch};
use crate::level::Level;

/// The course of one account after a fall.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Case {
    /// The week of the fall.
    pub week: usize,
    /// Core actions of a week before it.
    pub level: f64,
    /// The day on which it was back, counted from the first of the history.
    pub back: Option<usize>,
    /// How much that day had, of a mean working day of before.
    pub share: f64,
}

/// The cases of one account, in the order of time: `falls` are the numbers of the weeks in which it
/// fell, in their order, and `today` is the day that is not over, counted from the first of the
/// history. A fall while a case is open belongs to it.
pub(super) fn cases(history: &History, falls: &[usize], today: usize) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for week in falls.iter().copied() {
        let is_open = |case: &Case| case.back.is_none_or(|back| back >= 7 * (week + 1));
        if !cases.last().is_some_and(is_open) {
            cases.extend(case(history, week, today));
        }
    }
    cases
}

fn case(history: &History, week: usize, today: usize) -> Option<Case> {
    let before = week.checked_sub(1)?;
    let whole = f64::from(history.amount(before, Stretch::Whole));
    let usual = Level::usual(&history.days, 7 * week).and_then(|usual| usual.at_most(whole));
    let level = usual.or_else(|| Level::of_week(&history.days, 7 * before))?;
    let back = level.back(&history.days, 7 * (week + 1)..today);
    let share = back.map_or(0.0, |back| back.share);
    Some(Case { week, level: level.week, back: back.map(|back| back.day), share })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(weeks: &[[u32; 5]]) -> History {
        let days = weeks.iter().flat_map(|week| week.iter().copied().chain([0, 0])).collect();
        History { region: String::new(), days, parts: vec![0; weeks.len()] }
    }

    const USUAL: [u32; 5] = [40; 5];

    #[test]
    fn the_analyst_who_left_is_one_case_closed_two_days_after_the_training() {
        let mut weeks = vec![USUAL; 8];
        weeks.extend([[30, 30, 0, 0, 0], [0; 5], [0, 9, 38, 38, 38], [38; 5], [38; 5]]);
        let history = history(&weeks);
        let expected = Case { week: 8, level: 200.0, back: Some(7 * 10 + 2), share: 0.95 };
        assert_eq!(cases(&history, &[8, 9], 12 * 7), [expected]);
        // On the evening of the training nothing is known yet; two days later the day is over.
        assert_eq!(cases(&history, &[8, 9], 7 * 10 + 2)[0].back, None);
        assert_eq!(cases(&history, &[8, 9], 7 * 10 + 3)[0].back, Some(7 * 10 + 2));
    }

    #[test]
    fn one_good_day_closes_nothing() {
        let mut weeks = vec![USUAL; 8];
        weeks.extend([[20; 5], [40, 0, 0, 0, 0], [10; 5]]);
        let days = 7 * 11;
        assert_eq!(cases(&history(&weeks), &[8], days)[0].back, None);
    }

    #[test]
    fn who_fell_from_a_peak_has_to_come_back_to_the_usual_only() {
        let mut weeks = vec![[8; 5]; 8];
        weeks.extend([[20; 5], [9; 5], [8; 5]]);
        let found = cases(&history(&weeks), &[9], 11 * 7);
        assert_eq!((found[0].level, found[0].back), (40.0, Some(7 * 10)));
    }

    #[test]
    fn who_falls_again_after_a_return_is_another_case() {
        let mut weeks = vec![USUAL; 8];
        weeks.extend([[10; 5], USUAL, [10; 5], USUAL]);
        let found = cases(&history(&weeks), &[8, 10], 12 * 7);
        let weeks: Vec<_> = found.iter().map(|case| (case.week, case.back)).collect();
        assert_eq!(weeks, [(8, Some(63)), (10, Some(77))]);
    }
}
