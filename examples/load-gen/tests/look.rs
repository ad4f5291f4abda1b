//! Whom the look names of what is planted: Dune on every day of a quarter, Acme as back, and Ivy
//! never, whatever holiday its region has.

use accounts::look::{Compared, History, Listing, Stretch, judge, list};
use anyhow::{Context, Result};
use load_gen::World;
use load_gen::calendar::Day;
use load_gen::truth::{Truth, planned};

/// The seed of the demonstration.
const SEED: u64 = 1;

/// The weeks that the look reads, the running one among them.
const WEEKS: usize = 19;

/// The accounts as the look sees them in the first moment of the anchor.
fn histories(truth: &Truth) -> Vec<History> {
    let history = |account: &load_gen::truth::AccountTruth| {
        let weeks = &account.weeks[account.weeks.len() - WEEKS..];
        let days = weeks.iter().flat_map(|week| week.by_day);
        let days: Vec<u32> = days.filter_map(|n| u32::try_from(n).ok()).collect();
        let region = account.region.to_owned();
        History { region, parts: vec![0; WEEKS], days }
    };
    truth.accounts.iter().map(history).collect()
}

/// The look as it is at the beginning of the anchor.
fn look(truth: &Truth) -> Result<(Vec<History>, Listing)> {
    let weekday = usize::try_from(Day::parse(&truth.anchor)?.weekday())?;
    let mut histories = histories(truth);
    for history in &mut histories {
        for (part, week) in history.parts.iter_mut().zip(history.days.chunks(7)) {
            *part = week[..weekday].iter().sum();
        }
    }
    let listing = list(&histories, 7 * (WEEKS - 1) + weekday, |_, _| 0.0);
    Ok((histories, listing))
}

fn place(truth: &Truth, id: &str) -> Result<usize> {
    truth.accounts.iter().position(|it| it.id == id).with_context(|| format!("no {id}"))
}

#[allow(clippy::print_stdout, reason = "the last line before a failure says what it is of")]
fn check(truth: &Truth) -> Result<()> {
    let (histories, listing) = look(truth)?;
    let n = [listing.falls.len(), listing.open.len(), listing.closed.len()];
    println!("{}, seed {}: {n:?} fell, are not back, are back", truth.anchor, truth.seed);
    let [dune, acme, ivy] =
        ["dune-logistics", "acme-retail", "ivy-clinics"].map(|id| place(truth, id));
    let (dune, acme, ivy) = (dune?, acme?, ivy?);

    let (of, fell) =
        *listing.falls.iter().find(|(_, fell)| fell.place == dune).context("no Dune")?;
    assert_eq!((of.week, of.stretch), (WEEKS - 2, Stretch::Whole));
    assert_eq!((fell.before, fell.now), (200, 100));
    // Hardly anybody else: it is a list that one looks at.
    assert!(listing.falls.len() <= 12, "{} fell", listing.falls.len());
    assert!(listing.judged.iter().all(|(_, judged)| !judged.is_everywhere));

    let (_, case) = listing.closed.iter().find(|(place, _)| *place == acme).context("no Acme")?;
    let wednesday = 7 * (WEEKS - 1 - 5) + 2;
    assert_eq!((case.week, case.back), (WEEKS - 1 - 7, Some(wednesday)));
    assert!((case.level - 200.0).abs() < 1e-9 && (case.share - 0.95).abs() < 1e-9, "{case:?}");

    let is_ivy = |place: &usize| *place == ivy;
    let of_falls = listing.falls.iter().map(|(_, fell)| &fell.place);
    let of_cases = listing.open.iter().chain(&listing.closed).map(|(place, _)| place);
    assert!(!of_falls.chain(of_cases).any(is_ivy), "Ivy is named");
    // In no week of the past either, when it was the last one.
    let mut n_alone = 0;
    for week in 5..WEEKS - 1 {
        let compared = Compared { week, stretch: Stretch::Whole, missing: 0.0 };
        let falls = judge(&histories, compared).falls;
        assert!(falls.iter().all(|fell| fell.place != ivy), "Ivy fell in week {week}");
        n_alone += judge(&histories[ivy..=ivy], compared).falls.len();
    }
    assert!(n_alone > 0, "its dip would be a fall if nobody knew of the region's holiday");
    Ok(())
}

#[test]
fn dune_is_named_acme_is_back_and_ivy_never_on_every_day_of_a_quarter() -> Result<()> {
    let first = Day::parse("2026-11-22")?;
    for anchor in (0..92).map(|days| first.plus(days)) {
        check(&planned(&World::new(anchor, SEED)))?;
    }
    Ok(())
}

#[test]
fn so_it_is_whatever_the_seed() -> Result<()> {
    let first = Day::parse("2026-11-25")?;
    for seed in 2..22 {
        // Each seed on another weekday, and all of them in another part of the year.
        let anchor = first.plus(9 * i32::try_from(seed)?);
        check(&planned(&World::new(anchor, seed)))?;
    }
    Ok(())
}
