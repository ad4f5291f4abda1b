//! Silences and weeks by hand, and how often healthy features are taken for ill.

mod healthy;

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_795_348_800_000);

/// So many uses a day, or one on every `every`th day, from 84 days before `silent` days ago on.
fn uses(silent: i64, per_day: u64, every: i64) -> Uses {
    let by_day: BTreeMap<i64, u64> = (silent..silent + 84)
        .filter(|day| (day - silent) % every == 0)
        .map(|day| (day, per_day))
        .collect();
    let at = |day: i64| NOW.plus_millis(-day * DAY_MS - DAY_MS / 2);
    Uses { by_day, first: at(silent + 83), last: at(silent) }
}

fn views(per_day: u64) -> BTreeMap<i64, u64> {
    (0..200).map(|day| (day, per_day)).collect()
}

#[test]
fn a_busy_feature_is_silent_after_days_and_a_weekly_one_after_weeks() {
    let is_silent =
        |silent, per_day, every| find(&uses(silent, per_day, every), &views(100), NOW).is_some();
    assert!(!is_silent(1, 50, 1));
    assert!(is_silent(2, 50, 1));
    // Once a week: three days without a use are what every week has.
    assert!(!is_silent(3, 1, 7) && !is_silent(20, 1, 7));
    assert!(is_silent(70, 1, 7));
}

#[test]
fn a_silence_of_the_page_is_none_of_the_rule() {
    let quiet: BTreeMap<i64, u64> =
        views(100).into_iter().map(|(day, n)| (day, if day < 5 { 0 } else { n })).collect();
    assert_eq!(find(&uses(5, 50, 1), &quiet, NOW), None);
    let found = find(&uses(5, 50, 1), &views(100), NOW).unwrap();
    assert!((found.traffic - 1.0).abs() < 1e-9 && (found.expected - 250.0).abs() < 1e-6);
}

#[test]
fn uneven_weeks_make_a_silence_less_surprising() {
    let even = uses(7, 3, 1);
    let mut uneven = uses(7, 0, 1);
    (0..12).filter(|week| week % 4 == 1).for_each(|week| {
        uneven.by_day.insert(7 + week * 7, 84);
    });
    assert!(find(&even, &views(100), NOW).is_some());
    assert_eq!(find(&uneven, &views(100), NOW), None);
}

#[test]
fn a_day_without_use_is_held_against_the_same_day_of_the_week() {
    // Seven days a week the page is viewed, five of them the feature is used; it is Monday.
    let office = |silent: i64| {
        let mut uses = uses(silent, 100, 1);
        uses.by_day.retain(|day, _| !matches!(day % 7, 0 | 1));
        uses
    };
    assert_eq!(find(&office(2), &views(100), NOW), None);
    // On Tuesday, there was nothing on Monday either.
    let mut tuesday = office(2);
    tuesday.by_day = tuesday.by_day.into_iter().map(|(day, n)| (day + 1, n)).collect();
    tuesday.last = tuesday.last.plus_millis(-DAY_MS);
    let found = find(&tuesday, &views(100), NOW).unwrap();
    assert!((found.expected - 100.0).abs() < 1e-6, "{found:?}");
}

#[test]
fn of_less_than_four_weeks_nothing_is_said() {
    let young = |days: i64| {
        let mut young = uses(5, 50, 1);
        young.by_day.retain(|day, _| *day < 5 + days);
        young.first = NOW.plus_millis(-(4 + days) * DAY_MS - DAY_MS / 2);
        young
    };
    assert_eq!(find(&young(27), &views(100), NOW), None);
    let found = find(&young(28), &views(100), NOW).unwrap();
    assert!((found.expected - 250.0).abs() < 1e-6, "{found:?}");
}

#[test]
fn a_week_is_held_against_the_median_one() {
    let mut uses = uses(0, 10, 1);
    assert_eq!(too_much(&uses, &views(100)), None);
    uses.by_day.insert(2, 290);
    // 350 are five times 70, and not more.
    assert_eq!(too_much(&uses, &views(100)), None);
    uses.by_day.insert(2, 291);
    assert_eq!(too_much(&uses, &views(100)), Some(Week { last: 351, usual: 70 }));
    // The page is viewed twice as much.
    let mut crowd = views(100);
    (0..7).for_each(|day| {
        crowd.insert(day, 200);
    });
    assert_eq!(too_much(&uses, &crowd), None);
    uses.by_day.retain(|day, _| *day < 34);
    assert_eq!(too_much(&uses, &views(100)), None);
}
