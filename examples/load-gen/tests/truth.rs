//! What DEMO.md plants is true: on each day of a quarter with the demonstration's seed, and with
//! other seeds on other days. Of most of them only the plan is asked, which is much faster; that
//! the events tell the same as the plan is checked on some.

use anyhow::{Context, Result};
use load_gen::World;
use load_gen::behaviour::{COHORTS, PHI};
use load_gen::calendar::{Day, Region};
use load_gen::catalogue::Catalogue;
use load_gen::truth::{AccountTruth, Truth, Week, compute, planned};
use serde_json::Value;
use std::collections::BTreeSet;

/// The seed of the demonstration.
const SEED: u64 = 1;

fn catalogue() -> Result<Catalogue> {
    Catalogue::of("127.0.0.1:4000")
}

/// What both the events and the plan tell.
fn told_by_both(truth: &Truth) -> Result<Value> {
    let mut truth = serde_json::to_value(truth)?;
    let fields = truth.as_object_mut().context("no fields")?;
    for by_events in ["events", "samples", "funnels", "staff", "automated"] {
        fields.remove(by_events).context(by_events)?;
    }
    Ok(truth)
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

/// Everything that the plan tells.
#[allow(clippy::print_stdout, reason = "the last line before a failure says what it is of")]
fn check(truth: &Truth) -> Result<()> {
    println!("{}, seed {}", truth.anchor, truth.seed);
    people(truth);
    features(truth)?;
    plans(truth);
    threshold(truth);
    acme(truth)?;
    cobalt(truth)?;
    others(truth)
}

fn people(truth: &Truth) {
    assert!(truth.new_people_in_30_days.iter().all(|n| *n >= 130), "{truth:?}");
    assert!(truth.new_people_in_30_days.len() >= 5);
    assert!((1_350..=1_450).contains(&truth.people), "{}", truth.people);
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
    assert_eq!(it.phi.iter().map(|phi| phi.at_least).collect::<Vec<_>>(), [1, 3, 5, 7]);
    for (phi, planted) in it.phi.iter().zip(PHI) {
        assert!(is(phi.phi, planted * 100.0), "{phi:?}");
    }
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

/// What only the events tell.
fn check_events(truth: &Truth) -> Result<()> {
    assert!(truth.events <= 1_500_000);
    assert_eq!((truth.staff, truth.automated), (4, 1));
    let funnel = |name: &str| {
        let it = truth.funnels.iter().find(|it| it.name == name);
        it.map(|it| it.people.as_slice()).with_context(|| format!("no {name}"))
    };
    assert_eq!(funnel("Smart path")?, [400, 120, 38]);
    // The first page of everybody who signs in.
    assert_eq!(funnel("connect source")?[0], truth.people);
    Ok(())
}

#[test]
fn what_is_planted_is_found_in_the_events() -> Result<()> {
    for (anchor, seed) in
        [("2026-11-22", SEED), ("2026-12-01", SEED), ("2026-11-25", 7), ("2027-01-01", 3)]
    {
        let world = World::new(Day::parse(anchor)?, seed);
        let truth = compute(&world, &catalogue()?)?;
        check(&truth)?;
        check_events(&truth)?;
        let (told, planned) = (told_by_both(&truth)?, told_by_both(&planned(&world))?);
        assert!(told == planned, "{anchor}, seed {seed}: {told}\n{planned}");
    }
    Ok(())
}

#[test]
fn it_is_planted_on_every_day_of_a_quarter() -> Result<()> {
    let first = Day::parse("2026-11-22")?;
    for anchor in (0..92).map(|days| first.plus(days)) {
        check(&planned(&World::new(anchor, SEED)))?;
    }
    Ok(())
}

#[test]
fn it_is_planted_whatever_the_seed() -> Result<()> {
    let first = Day::parse("2026-11-25")?;
    for seed in 2..42 {
        // Each seed on another weekday, and all of them in another part of the year.
        let anchor = first.plus(9 * i32::try_from(seed)?);
        check(&planned(&World::new(anchor, seed)))?;
    }
    Ok(())
}

#[test]
fn what_an_account_did_before_it_was_known_is_its_own() -> Result<()> {
    // The day and the features by which `demo --check` asks for it.
    let world = World::new(Day::parse("2026-03-02")?, SEED);
    let (catalogue, mut named) = (catalogue()?, BTreeSet::new());
    let late = compute(&world, &catalogue)?.learnt_late.context("no account is learnt late")?;
    let last = Day::parse(&late.to)?;
    world.tell(&catalogue, &mut |it| {
        if let Some(((key, _), account)) = it.element.zip(it.context.account_id.as_ref())
            && Day::of(it.at) <= last
        {
            named.insert((key.to_owned(), account.to_string()));
        }
        Ok(())
    })?;
    assert!(named.iter().all(|(_, account)| *account != late.account), "{} is named", late.account);
    for element in ["watch", "save-chart", "export-file", "save-group"] {
        let usage = late.usage.iter().find(|it| it.element == element).context("no usage")?;
        let n_named = named.iter().filter(|(key, _)| key == element).count();
        assert_eq!(usage.accounts, n_named + 1, "{element}");
    }
    Ok(())
}
