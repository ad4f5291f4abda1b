//! Every truth that is computed from the events is what DEMO.md plants, whatever the seed and the
//! weekday of the anchor.

use anyhow::{Context, Result};
use load_gen::World;
use load_gen::behaviour::COHORTS;
use load_gen::calendar::{Day, Region};
use load_gen::catalogue::Catalogue;
use load_gen::truth::{AccountTruth, Truth, Week, compute};

fn truth(anchor: &str, seed: u64) -> Result<Truth> {
    compute(&World::new(Day::parse(anchor)?, seed), &Catalogue::of("127.0.0.1:4000")?)
}

/// Whether a share is as written, in hundredths.
fn is(share: f64, hundredths: f64) -> bool {
    (share * 100.0 - hundredths).abs() <= 0.5 + 1e-9
}

fn account<'t>(truth: &'t Truth, id: &str) -> Result<&'t AccountTruth> {
    truth.accounts.iter().find(|it| it.id == id).with_context(|| format!("no {id}"))
}

/// The week so many weeks ago.
fn ago(account: &AccountTruth, weeks: usize) -> &Week {
    &account.weeks[account.weeks.len() - 1 - weeks]
}

fn check(truth: &Truth) -> Result<()> {
    people(truth);
    features(truth)?;
    plans(truth);
    threshold(truth);
    smart_path(truth)?;
    acme(truth)?;
    cobalt(truth)?;
    others(truth)
}

fn people(truth: &Truth) {
    assert!(truth.new_people_in_30_days.iter().all(|n| *n >= 130), "{truth:?}");
    assert!(truth.new_people_in_30_days.len() >= 5);
    assert!((1_350..=1_450).contains(&truth.people), "{}", truth.people);
    assert!(truth.events <= 1_500_000);
    assert_eq!(truth.accounts.len(), 64);
}

fn features(truth: &Truth) -> Result<()> {
    let of = |name: &str| {
        let it = truth.feature_retention.iter().find(|it| it.feature == name);
        it.with_context(|| format!("no {name}"))
    };
    let planted =
        [("save people group", 20.0), ("share board", 13.0), ("save chart", 12.0), ("export", 4.0)];
    for (name, share) in planted {
        assert!(is(of(name)?.share, share), "{:?}", of(name)?);
    }
    for other in &truth.feature_retention {
        assert!(other.feature == "export" || other.completions < of("export")?.completions);
        let is_best = other.feature == "save people group";
        assert!(is_best || other.share < of("share board")?.share + 1e-9, "{other:?}");
    }
    Ok(())
}

fn plans(truth: &Truth) {
    for it in &truth.plan_retention {
        let band = if it.plan == "Starter" { 0.12..=0.15 } else { 0.30..=0.40 };
        for week in it.planted() {
            assert!(band.contains(&week.share), "{}: {week:?}", it.plan);
        }
        let weeks: Vec<_> = it.planted().map(|week| week.share).collect();
        let lowest = weeks.iter().copied().fold(1.0, f64::min);
        let last = weeks.last().copied().unwrap_or(0.0);
        assert!(it.plan == "Starter" || last > lowest + 0.03, "no rising tail: {weeks:?}");
    }
}

fn threshold(truth: &Truth) {
    let it = &truth.first_week_threshold;
    assert!(it.people >= 700, "{}", it.people);
    for (cohort, planted) in it.cohorts.iter().zip(COHORTS) {
        assert!(is(cohort.share, planted.share * 100.0), "{cohort:?}");
        assert!(is(cohort.returns, planted.returns * 100.0), "{cohort:?}");
    }
    let planted = [(1, 25.0), (3, 35.0), (5, 46.0), (7, 35.0)];
    for (phi, (at_least, planted)) in it.phi.iter().zip(planted) {
        assert_eq!(phi.at_least, at_least);
        assert!(is(phi.phi, planted), "{phi:?}");
    }
}

fn smart_path(truth: &Truth) -> Result<()> {
    let funnel = truth.funnels.iter().find(|it| it.name == "Smart path").context("no funnel")?;
    assert_eq!(funnel.people, [400, 120, 38]);
    Ok(())
}

fn acme(truth: &Truth) -> Result<()> {
    let acme = account(truth, "acme-retail")?;
    for weeks in 8..=26 {
        let week = ago(acme, weeks);
        assert_eq!((week.core_actions, week.most_of_one), (200, 160), "{week:?}");
    }
    let left = ago(acme, 7);
    assert_eq!((left.core_actions, &left.by_day[2..]), (60, &[0; 5][..]));
    assert!(left.by_day[1] > 0);
    assert_eq!((ago(acme, 6).core_actions, ago(acme, 6).active_people), (0, 0));
    // Two days after the Monday of the intervention, 95 % of the 40 a day of before.
    assert_eq!(ago(acme, 5).by_day[0], 0);
    assert_eq!(ago(acme, 5).by_day[2..5], [38, 38, 38]);
    for weeks in 1..=4 {
        assert_eq!(ago(acme, weeks).core_actions, 190);
    }
    Ok(())
}

fn cobalt(truth: &Truth) -> Result<()> {
    let cobalt = account(truth, "cobalt-travel")?;
    let shares = |week: &Week| {
        ["collection", "monitoring", "visualisation", "analysis"]
            .map(|module| week.by_module.get(module).copied().unwrap_or(0))
    };
    let days = |from: usize, to: usize| {
        let weeks: Vec<_> = (from..=to).map(|n| ago(cobalt, n).active_days).collect();
        let n = u32::try_from(weeks.len()).unwrap_or(1);
        weeks.iter().sum::<f64>() / f64::from(n)
    };
    for weeks in 9..=26 {
        assert_eq!(shares(ago(cobalt, weeks)), [1, 58, 40, 1], "{weeks} weeks ago");
    }
    for weeks in 1..=4 {
        assert_eq!(shares(ago(cobalt, weeks)), [18, 34, 27, 21], "{weeks} weeks ago");
    }
    assert!(is(days(9, 12), 31.0), "{}", days(9, 12));
    assert!(is(days(1, 4), 46.0), "{}", days(1, 4));
    Ok(())
}

fn others(truth: &Truth) -> Result<()> {
    let dune = account(truth, "dune-logistics")?;
    assert_eq!([ago(dune, 2).core_actions, ago(dune, 1).core_actions], [200, 100]);
    let harbor = account(truth, "harbor-foods")?;
    for weeks in 1..26 {
        let (now, before) = (ago(harbor, weeks).core_actions, ago(harbor, weeks + 1).core_actions);
        assert!((now * 100).abs_diff(before * 92) <= 100, "{before} to {now}");
    }
    let level = |id| account(truth, id).map(|it| ago(it, 1).core_actions);
    assert!(level("bolt-works")? > 350 && level("ember-bank")? > 200);
    assert!(level("fjord-games")? < 5 && level("gizmo-labs")? < 20);
    let gizmo = account(truth, "gizmo-labs")?;
    assert_eq!((gizmo.people * 100 / usize::try_from(gizmo.seats)?, gizmo.people), (95, 19));
    let ember = account(truth, "ember-bank")?;
    assert!(ember.contract_value < 1_000 && ago(ember, 2).most_of_one > 200);
    let ivy = account(truth, "ivy-clinics")?;
    let south = Region::South.holidays().iter().map(|it| it.0);
    let holidays: Vec<usize> = south.filter_map(|it| usize::try_from(it).ok()).collect();
    for weeks in 1..=26 {
        let n = ago(ivy, weeks).core_actions;
        assert!(holidays.contains(&weeks) || (110..=135).contains(&n), "{weeks}: {n}");
    }
    assert!(ago(ivy, 3).core_actions < 60, "the dip");
    Ok(())
}

#[test]
fn what_is_planted_is_found() -> Result<()> {
    check(&truth("2026-11-22", 1)?)
}

#[test]
fn it_does_not_depend_on_the_weekday_of_the_anchor() -> Result<()> {
    for (anchor, seed) in [("2026-11-23", 1), ("2026-11-25", 2), ("2027-01-01", 3)] {
        check(&truth(anchor, seed)?).with_context(|| anchor.to_owned())?;
    }
    Ok(())
}
