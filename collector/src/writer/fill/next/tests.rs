//! What is done next, for what is defined and done.

use super::*;

fn version(feature: &str, version: u32) -> FeatureVersion {
    FeatureVersion { project: "p".to_owned(), feature: feature.to_owned(), version }
}

fn matched(months: &[u32]) -> Stages {
    Stages { is_matched: true, months: months.to_vec(), ..Stages::default() }
}

fn filled() -> Stages {
    Stages { is_filled: true, ..matched(&[202_610, 202_611]) }
}

fn dropped() -> Stages {
    Stages { is_dropped: true, ..filled() }
}

fn rule(feature: &str, n: u32) -> (&str, Said) {
    (feature, Said::Rule(version(feature, n)))
}

fn next_of(latest: Vec<(&str, Said)>, stages: &[(&str, u32, Stages)]) -> Next {
    let latest = latest.into_iter().map(|(feature, said)| (feature.to_owned(), said)).collect();
    let stages = stages.iter().map(|(f, v, stages)| (version(f, *v), stages.clone())).collect();
    let months = BTreeMap::from([("p".to_owned(), vec![202_611, 202_610])]);
    next(&Latest(latest), &stages, &months, &|version| version.feature == "held")
}

#[test]
fn the_latest_month_comes_first_for_all_at_once() {
    let fill = |month, versions: &[FeatureVersion]| {
        Next::Fill(Fill { month, versions: versions.to_vec() })
    };
    let (f, g) = (version("f", 1), version("g", 1));
    let both = || vec![rule("f", 1), rule("g", 1)];
    let none = [("f", 1, matched(&[])), ("g", 1, matched(&[]))];
    assert_eq!(next_of(both(), &none), fill(202_611, &[f.clone(), g.clone()]));
    let some = [("f", 1, matched(&[202_611])), ("g", 1, matched(&[]))];
    assert_eq!(next_of(both(), &some), fill(202_611, &[g]));
    let all = [("f", 1, matched(&[202_610, 202_611]))];
    assert_eq!(next_of(vec![rule("f", 1)], &all), Next::Note(vec![f]));
    assert_eq!(next_of(vec![rule("f", 1)], &[]), Next::Nothing);
}

#[test]
fn an_old_version_stays_until_the_new_one_is_filled() {
    let new = || vec![rule("f", 2)];
    let fill = Fill { month: 202_610, versions: vec![version("f", 2)] };
    let begun = [("f", 1, filled()), ("f", 2, matched(&[202_611]))];
    assert_eq!(next_of(new(), &begun), Next::Fill(fill));
    let old = || vec![version("f", 1)];
    let both = [("f", 1, filled()), ("f", 2, filled())];
    assert_eq!(next_of(new(), &both), Next::Drop(old()));
    let one = [("f", 1, filled())];
    assert_eq!(next_of(vec![("f", Said::Deleted)], &one), Next::Drop(old()));
    let over = [("f", 1, dropped())];
    assert_eq!(next_of(vec![("f", Said::Deleted)], &over), Next::Remove(old()));
    let gone = [("f", 1, Stages { is_gone: true, ..dropped() })];
    assert_eq!(next_of(vec![("f", Said::Deleted)], &gone), Next::Nothing);
}

#[test]
fn what_a_version_means_goes_even_if_it_was_never_filled() {
    let stages = [("f", 1, matched(&[])), ("f", 2, filled())];
    assert_eq!(next_of(vec![rule("f", 2)], &stages), Next::Remove(vec![version("f", 1)]));
    let held = [("held", 1, matched(&[])), ("held", 2, filled())];
    assert_eq!(next_of(vec![rule("held", 2)], &held), Next::Nothing);
}

#[test]
fn a_version_of_which_nothing_is_known_yet_is_left_alone() {
    // Its elements are known, and its definition was not when it was asked for.
    let early = [("f", 2, matched(&[]))];
    assert_eq!(next_of(vec![rule("f", 1)], &early), Next::Nothing);
    assert_eq!(next_of(vec![], &early), Next::Nothing);
}

#[test]
fn one_that_cannot_be_read_keeps_its_uses_and_begins_anew() {
    let lost = || vec![("f", Said::Unreadable)];
    let begun = [("f", 3, filled())];
    assert_eq!(next_of(lost(), &begun), Next::Reopen(vec![version("f", 3)]));
    assert_eq!(next_of(lost(), &[("f", 3, Stages::default())]), Next::Nothing);
    // Of an earlier version, what began before goes when the one that holds is there again.
    let old = [("f", 2, Stages::default()), ("f", 3, filled())];
    assert_eq!(next_of(vec![rule("f", 3)], &old), Next::Remove(vec![version("f", 2)]));
}
