//! The past that is made: how much of it there is, and what must hold of every event.

use anyhow::Result;
use load_gen::World;
use load_gen::calendar::{Day, Region};
use load_gen::catalogue::Catalogue;
use load_gen::output::write_line;
use protocol::{ImportLine, Kind};
use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hasher};

const ANCHOR: &str = "2026-11-22";

fn world(anchor: &str, seed: u64) -> Result<World> {
    Ok(World::new(Day::parse(anchor)?, seed))
}

/// The hash of all lines, and how many there are.
fn print(world: &World) -> Result<(u64, u64)> {
    let catalogue = Catalogue::of("127.0.0.1:4000")?;
    let (mut hash, mut n, mut line) = (DefaultHasher::new(), 0, Vec::new());
    world.tell(&catalogue, &mut |it| {
        line.clear();
        write_line(&mut line, it)?;
        hash.write(&line);
        n += 1;
        Ok(())
    })?;
    Ok((hash.finish(), n))
}

#[test]
fn the_same_seed_gives_the_same_bytes() -> Result<()> {
    let first = print(&world(ANCHOR, 1)?)?;
    assert_eq!(first, print(&world(ANCHOR, 1)?)?);
    assert_ne!(first.0, print(&world(ANCHOR, 2)?)?.0);
    assert!((500_000..=1_500_000).contains(&first.1), "{}", first.1);
    Ok(())
}

#[test]
fn every_line_is_an_import_line_of_the_past_with_an_id_of_its_own() -> Result<()> {
    let world = world(ANCHOR, 1)?;
    let catalogue = Catalogue::of("127.0.0.1:4000")?;
    let (mut ids, mut n, mut line) = (HashSet::new(), 0_u64, Vec::new());
    let end = world.calendar.anchor().at(0);
    world.tell(&catalogue, &mut |it| {
        line.clear();
        write_line(&mut line, it)?;
        n += 1;
        ids.insert(it.event_id);
        assert!(it.at < end && it.at >= world.calendar.first().at(0), "{it:?}");
        assert_eq!(it.event_id.timestamp(), Some(it.at));
        // Each of them is read for one in some only: it takes long.
        if n % 16 == 0 {
            let read = ImportLine::parse(&line).map_err(|it| anyhow::anyhow!(it.detail))?;
            assert_eq!(read.fault(end), None);
            assert_eq!(read.timestamp, it.at);
            assert_eq!(read.element.is_some(), it.kind == Kind::Click);
        }
        Ok(())
    })?;
    assert_eq!(u64::try_from(ids.len())?, n);
    Ok(())
}

#[test]
fn each_page_that_is_viewed_is_left_in_its_visit() -> Result<()> {
    let world = world(ANCHOR, 1)?;
    let catalogue = Catalogue::of("127.0.0.1:4000")?;
    let mut in_view: BTreeMap<String, (String, i64)> = BTreeMap::new();
    let (mut n, mut engaged) = (0_u64, 0_i64);
    world.tell(&catalogue, &mut |it| {
        let visit = it.context.session_id.to_string();
        let path = it.page.as_ref().map(|page| page.path.to_string()).unwrap_or_default();
        match it.kind {
            Kind::PageView => {
                let before = in_view.insert(visit, (path, it.at.as_millis()));
                assert_eq!(before, None, "{it:?}");
            }
            Kind::PageLeave => {
                let of: i64 = it.properties.get("engaged_ms").unwrap_or("").parse()?;
                let seen = in_view.remove(&visit);
                assert_eq!(seen.as_ref().map(|(path, _)| path), Some(&path), "{it:?}");
                let since = seen.map_or(0, |(_, since)| it.at.as_millis() - since);
                assert!((1..=since).contains(&of), "{of} of {since}: {it:?}");
                (n, engaged) = (n + 1, engaged + of);
            }
            _ => {}
        }
        Ok(())
    })?;
    assert!(in_view.is_empty(), "{in_view:?}");
    // Some seconds to a minute on each, and not all of what is longer.
    assert!(
        n > 100_000 && (5_000..30_000).contains(&(engaged / n.cast_signed())),
        "{engaged} of {n}"
    );
    Ok(())
}

#[test]
fn weekends_are_quiet_and_holidays_are_one_regions_only() -> Result<()> {
    let world = world(ANCHOR, 1)?;
    let catalogue = Catalogue::of("127.0.0.1:4000")?;
    let regions: BTreeMap<String, Region> =
        world.accounts.iter().map(|it| (it.id(), it.region)).collect();
    let mut by_day: BTreeMap<(Region, Day), u64> = BTreeMap::new();
    let mut on_weekends = 0_u64;
    let mut n_all = 0_u64;
    world.tell(&catalogue, &mut |it| {
        let Some(account) = it.context.account_id.as_deref() else { return Ok(()) };
        let day = Day::of(it.at);
        n_all += 1;
        on_weekends += u64::from(day.weekday() > 4);
        // Staff looks in on every working day.
        let is_staff = it.context.user_id.as_deref().is_some_and(|id| id.starts_with("tidemark-"));
        if !is_staff {
            *by_day.entry((regions[account], day)).or_default() += 1;
        }
        Ok(())
    })?;
    assert!(on_weekends > 0 && on_weekends * 50 < n_all, "{on_weekends} of {n_all}");
    for region in Region::ALL {
        for (weeks_ago, days) in region.holidays() {
            for day in *days {
                let day = world.calendar.monday(*weeks_ago).plus(*day);
                let n = |region| by_day.get(&(region, day)).copied().unwrap_or(0);
                let others: u64 = Region::ALL.into_iter().filter(|it| *it != region).map(n).sum();
                assert_eq!(n(region), 0, "{region:?} {}", day.text());
                assert!(others > 500, "{region:?} {}: {others}", day.text());
            }
        }
    }
    Ok(())
}

#[test]
fn everybody_is_named_by_role_and_company() -> Result<()> {
    let world = world(ANCHOR, 1)?;
    let names: HashSet<_> =
        world.people.iter().map(|it| it.name(&world.accounts[it.account])).collect();
    assert_eq!(names.len(), world.people.len());
    assert!((1_350..=1_450).contains(&names.len()), "{}", names.len());
    assert!(names.contains("Analyst 1, Acme Retail"));
    Ok(())
}

#[test]
fn some_are_automated_some_are_staff_and_one_account_is_learnt_late() -> Result<()> {
    let world = world(ANCHOR, 1)?;
    let catalogue = Catalogue::of("127.0.0.1:4000")?;
    let (mut automated, mut staff, mut late, mut known) = (0, HashSet::new(), 0, 0);
    let mut out = 0;
    let mut devices: HashSet<String> = HashSet::new();
    world.tell(&catalogue, &mut |it| {
        automated += usize::from(it.context.automated);
        out += usize::from(it.element.is_some_and(|(key, _)| key == "sign-out"));
        let user = it.context.user_id.as_deref().unwrap_or("");
        if it.properties.get("email_domain") == Some("tidemark.example") {
            staff.insert(user.to_owned());
        }
        if user.starts_with("juniper-dental") {
            match it.context.account_id {
                None => late += 1,
                Some(_) => known += 1,
            }
        }
        if user == "ember-bank-analyst-1" {
            devices.insert(it.context.anonymous_id.clone().into_owned());
        }
        Ok(())
    })?;
    assert!(automated > 1_000 && staff.len() == 4 && out > 100, "{automated} {staff:?} {out}");
    assert!(late > 100 && known > 100, "{late} before, {known} after");
    assert_eq!(devices.len(), 6);
    Ok(())
}
