//! What is counted, what is kept of it, and that nobody can make it grow.

use super::*;
use jiff::tz::TimeZone;
use protocol::{DropReason, Outcome, Warning};
use std::fs;

const NOON: Timestamp = Timestamp::from_millis(1_795_348_800_000);
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

fn id(text: &str) -> ProjectId {
    ProjectId::parse(text).unwrap()
}

fn day(at: Timestamp) -> Day {
    Day::of(at, &TimeZone::UTC)
}

fn counts() -> Counts {
    let mut counts = Counts::default();
    for outcome in [
        None,
        Some(Outcome::Warning(Warning::PropertiesCut)),
        Some(Outcome::Duplicate),
        Some(Outcome::Dropped(DropReason::TooOld)),
        Some(Outcome::Retry),
    ] {
        counts.note(outcome);
    }
    counts
}

#[test]
fn each_outcome_is_counted_once_and_by_its_day() {
    let counters = Counters::default();
    let midnight = Timestamp::from_millis(1_795_392_000_000);
    for at in [NOON, midnight.plus_millis(-1), midnight] {
        counters.add(day(at), &counts(), Some(at));
    }
    let record = counters.record();
    let today = record.on(day(NOON));
    assert_eq!((today.accepted, today.duplicates, today.retry), (4, 2, 2));
    assert_eq!((today.n_dropped(), today.warnings[&Warning::PropertiesCut]), (2, 2));
    assert_eq!(record.on(day(midnight)), counts());
    assert_eq!(record.on(day(NOON).back(1)), Counts::default());
}

#[test]
fn a_day_ends_in_the_zone_of_the_project() {
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    let evening = NOON.plus_millis(4 * 3_600_000);
    assert_eq!((day(evening).to_string(), Day::of(evening, &zone).to_string()), {
        ("2026-11-22".to_owned(), "2026-11-23".to_owned())
    });
}

#[test]
fn what_was_counted_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let outcomes = Outcomes::open(dir.path()).unwrap();
    let counters = outcomes.of(&id("tidemark"));
    let mut few = FewSamples::default();
    for outcome in [Outcome::Dropped(DropReason::TooOld), Outcome::Warning(Warning::PropertiesCut)]
    {
        for n in 0..9 {
            let sentence = format!("events[{n}]");
            few.add(outcome, || Sample::new(NOON, &sentence, "sdk/1", "a.example"));
        }
    }
    counters.show(few);
    let record = counters.record();
    let last = |samples: &Samples| samples.iter().next().map(|sample| sample.sentence.clone());
    assert_eq!(last(&record.events[&DropReason::TooOld]).as_deref(), Some("events[2]"));
    assert_eq!(last(&record.warnings[&Warning::PropertiesCut]).as_deref(), Some("events[2]"));
    counters.note(&["events[].colour".to_owned()], NOON);
    counters.add(day(NOON), &counts(), Some(NOON));
    counters.refuse(day(NOON), Fault::NotGzip, Sample::new(NOON, "no gzip", "", "a.example"));
    outcomes.turn_away(Some("wk_000000000000"), "b.example", NOON);
    outcomes.save().unwrap();

    let again = Outcomes::open(dir.path()).unwrap();
    assert_eq!(again.of(&id("tidemark")).record(), counters.record());
    assert_eq!(again.strangers(), outcomes.strangers());
    assert_eq!(again.of(&id("other")).record(), Record::default());
    assert!(fs::metadata(dir.path().join("outcomes.json")).unwrap().len() < 2_000);
}

#[test]
fn nothing_is_written_when_nothing_is_new() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("outcomes.json");
    let outcomes = Outcomes::open(dir.path()).unwrap();
    let counters = outcomes.of(&id("tidemark"));
    outcomes.save().unwrap();
    assert!(!path.is_file());
    counters.add(day(NOON), &counts(), None);
    outcomes.save().unwrap();
    fs::remove_file(&path).unwrap();
    outcomes.save().unwrap();
    assert!(!path.is_file());
    // What could not be written is new still.
    counters.add(day(NOON), &counts(), None);
    fs::create_dir(&path).unwrap();
    assert!(outcomes.save().is_err());
    fs::remove_dir(&path).unwrap();
    outcomes.save().unwrap();
    assert!(path.is_file());
}

#[test]
fn a_file_that_cannot_be_understood_is_put_aside() {
    for text in ["{", "{}", r#"{"version":2,"projects":{},"strangers":{}}"#] {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("outcomes.json"), text).unwrap();
        let outcomes = Outcomes::open(dir.path()).unwrap();
        assert_eq!(outcomes.of(&id("a")).record(), Record::default());
        let aside = fs::read_to_string(dir.path().join("outcomes.json.aside")).unwrap();
        assert_eq!(aside, text);
    }
}

#[test]
fn a_clock_that_jumps_loses_at_most_old_days() {
    let counters = Counters::default();
    let add = |at: Timestamp| counters.add(day(at), &counts(), Some(at));
    (0..60).for_each(|n| add(NOON.plus_millis(n * DAY_MS)));
    let last = NOON.plus_millis(59 * DAY_MS);
    // Far ahead, and back to the beginning of time, and right again.
    for at in [NOON.plus_millis(100_000 * DAY_MS), Timestamp::from_millis(0), last] {
        add(at);
        assert_eq!(counters.record().last_event_at, Some(at));
        assert!(counters.record().on(day(at)).accepted > 0, "{at:?}");
    }
    let record = counters.record();
    assert_eq!(record.on(day(last)).accepted, 4);
    assert!((0..30).all(|n| record.days.contains_key(&day(last).back(n))));
    assert!(record.days.len() <= 40, "{}", record.days.len());
}

#[test]
fn nobody_can_make_it_grow_or_push_out_who_comes_often() {
    let dir = tempfile::tempdir().unwrap();
    let outcomes = Outcomes::open(dir.path()).unwrap();
    let counters = outcomes.of(&id("tidemark"));
    for _ in 0..3 {
        outcomes.turn_away(Some("wk_realpage123456789"), "app.example", NOON);
    }
    let long = "x".repeat(100_000);
    for n in 0..1_000 {
        let (key, host) = (format!("k{n}\"<b>{long}"), format!("{n}.{long}"));
        outcomes.turn_away(Some(&key), &host, NOON);
        counters.note(&[format!("field_{n}"), format!("a{n}.{}", "and_so_on".repeat(1_000))], NOON);
        let sample = Sample::new(NOON, &format!("{n} ann@example.com {long}"), &long, &host);
        counters.refuse(day(NOON), Fault::NotBatch, sample);
    }
    outcomes.turn_away(None, "", NOON);
    outcomes.save().unwrap();
    let bytes = fs::metadata(dir.path().join("outcomes.json")).unwrap().len();
    assert!(bytes < 40_000, "{bytes}");

    let strangers = outcomes.strangers();
    let real = strangers.known.iter().find(|s| s.host == "app.example").unwrap();
    assert_eq!((real.key.as_str(), real.n), ("wk_realpa", 3));
    let n_requests: u64 = strangers.days[&day(NOON)].values().sum();
    assert_eq!(n_requests, 1_004);
    assert!(strangers.known.iter().all(|s| !s.key.contains(['"', '<'])));

    let record = counters.record();
    assert_eq!((record.fields.known.len(), record.fields.others), (50, 1_950));
    let samples: Vec<_> = record.requests[&Fault::NotBatch].iter().collect();
    assert_eq!(samples.len(), 20);
    assert!(samples[0].sentence.starts_with("999 [email] xxx"), "{}", samples[0].sentence);
    assert!(samples[0].sentence.len() <= 320 && samples[0].host.len() <= 80);
}

#[test]
fn of_keys_that_are_no_names_of_fields_only_the_number_is_kept() {
    let counters = Counters::default();
    let places = ["events[].colour", "events[].Jane Doe", "events[].…", "Jane@example.com"];
    counters.note(&places.map(str::to_owned), NOON);
    let fields = counters.record().fields;
    assert_eq!(fields.known.keys().collect::<Vec<_>>(), ["events[].colour"]);
    assert_eq!(fields.others, 3);
}
