//! What is said of a rule before it is saved is what the feature counts afterwards.

use crate::history::{self, Happening, PROJECT};
use crate::random::draw;
use analytics::feature::Features;
use analytics::feature::health::{Finding, Health, health};
use analytics::feature::history::{History, history as past};
use analytics::feature::preview::{Preview, preview};
use analytics::feature::resolve::Known;
use analytics::{DateRange, Period, Scope, Usage, usage_of};
use anyhow::{Context, Result};
use proptest::prelude::*;
use protocol::{Kind, Timestamp};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use store::identity::Grouping;
use store::{Connection, Feature, FeatureAlternative, StaffRules, testing};

const EVENTS: usize = 600;
const RULES: usize = 40;
const SEED: u64 = 20_261_123;
const DAY_MS: i64 = 86_400_000;
/// Noon of 22 November 2026, UTC.
const NOW: i64 = 1_795_348_800_000;

const NAMES: [&str; 5] = ["Save", "Edit", "Close", "Send", "Copy"];
const PATHS: [&str; 4] = ["/p", "/q/a", "/q/b", "/r/s/t"];
const VERSIONS: [&str; 4] = ["", "4.1", "4.2", "4.2.1"];

fn one_of(of: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(of).prop_map(str::to_owned)
}

/// A moment of the last weeks, or some minutes ahead, as of a browser whose clock is fast.
fn at() -> impl Strategy<Value = i64> {
    prop_oneof![20 => 0..(40 * DAY_MS), 1 => (-300_000_i64)..0].prop_map(|ago| NOW - ago)
}

#[derive(Debug, Clone)]
struct Event {
    happening: Happening,
    account: String,
    app_version: String,
}

fn event() -> impl Strategy<Value = Event> {
    let kind =
        prop_oneof![6 => Just(Kind::Click), 2 => Just(Kind::Submit), 1 => Just(Kind::RageClick)];
    let who = (one_of(&["a", "b", "c"]), one_of(&["", "", "u", "v", "boss"]));
    let place = (one_of(&PATHS), one_of(&NAMES));
    let more = (one_of(&["", "acme", "beta"]), one_of(&VERSIONS), prop::bool::weighted(0.1));
    (at(), who, kind, place, more).prop_map(|(at, who, kind, (path, element), more)| {
        let (account, app_version, is_automated) = more;
        let (anonymous_id, user_id) = who;
        let (project, host) = (PROJECT.to_owned(), "app.example".to_owned());
        let happening = Happening {
            project,
            at,
            anonymous_id,
            user_id,
            kind,
            host,
            path,
            element,
            account_id: String::new(),
            is_automated,
        };
        Event { happening, account, app_version }
    })
}

fn alternative() -> impl Strategy<Value = FeatureAlternative> {
    let names = prop::sample::subsequence(NAMES.to_vec(), 1..4);
    let page = proptest::option::weighted(0.6, one_of(&["/p", "/q/*", "/q/a", "/*", "/none"]));
    let times = (proptest::option::weighted(0.4, at()), proptest::option::weighted(0.4, at()));
    let version = proptest::option::weighted(0.3, one_of(&["4", "4.1", "4.2", "4.20"]));
    (names, page, times, version).prop_map(|(names, page, (one, other), app_version)| {
        let mut rule = json!({"target": {"role": "button", "name": names}});
        if let Some(path) = page {
            rule["page"] = json!({"path": path});
        }
        let (from, to) = match (one, other) {
            (Some(one), Some(other)) => (Some(one.min(other)), Some(one.max(other) + 1)),
            some => some,
        };
        let moment = |at: i64| Timestamp::from_millis(at);
        let (valid_from, valid_to) = (from.map(moment), to.map(moment));
        let rule = rule.as_object().cloned().unwrap_or_else(Map::new);
        FeatureAlternative { valid_from, valid_to, app_version, rule }
    })
}

/// One that reports do not count is among the people.
fn scope() -> Result<Scope> {
    let scope = history::scope("Europe/Zurich")?;
    let users = vec!["boss".to_owned()];
    let staff = StaffRules { users, ..scope.grouping.staff.clone() };
    Ok(Scope { grouping: Grouping { staff, ..scope.grouping.clone() }, ..scope })
}

/// Looks at a rule, then saves it.
async fn saved(connection: &Connection, scope: &Scope, feature: &Feature) -> Result<Preview> {
    let known = Known::load(connection, &scope.project).await?;
    let now = Timestamp::from_millis(NOW);
    let said = preview(connection, scope, feature, &known, now).await?;
    history::put(connection, feature).await?;
    Ok(said)
}

/// Uses, people and accounts of all features in the last thirty days.
async fn used(
    connection: &Connection,
    scope: &Scope,
    filled: bool,
) -> Result<BTreeMap<String, [u64; 3]>> {
    let features = history::features(connection, filled).await?;
    let usage = Usage { features: Vec::new(), date_range: DateRange::Last { days: 30 } };
    let now = Timestamp::from_millis(NOW);
    let found = usage_of(connection, scope, &usage, &features, now).await?;
    let used = found.features.into_iter();
    Ok(used.map(|one| (one.feature, [one.uses, one.people, one.accounts])).collect())
}

/// Clicks that each feature shares with those that were there before it.
fn shared(health: &Health, before: &[&Feature]) -> BTreeMap<String, u64> {
    let shared = health.findings.iter().filter_map(|finding| match finding {
        Finding::Shared { feature, n_clicks, .. } => Some((feature.clone(), *n_clicks)),
        _ => None,
    });
    shared.filter(|(id, _)| before.iter().any(|feature| feature.id == *id)).collect()
}

#[tokio::test]
async fn what_a_preview_says_is_what_the_feature_counts() -> Result<()> {
    let Some(store) = testing::open("preview_true").await? else { return Ok(()) };
    let (connection, scope) = (&store.connection, scope()?);
    let events = draw(SEED, EVENTS, &event())?;
    history::write_with(connection, 1, events.iter().map(|event| &event.happening), |n, row| {
        let Event { account, app_version, .. } = events[n].clone();
        store::EventRow { account_id: account, app_version, ..row }
    })
    .await?;
    let rules = draw(SEED, RULES, &prop::collection::vec(alternative(), 1..4))?;
    let mut looked = Vec::new();
    for (n, any_of) in rules.into_iter().enumerate() {
        let feature = Feature { any_of, ..history::feature(&format!("rule {n}"), &[], None)? };
        let said = saved(connection, &scope, &feature).await?;
        looked.push((feature, said));
    }
    let features = history::features(connection, true).await?;
    let health = health(connection, &scope, &features, Timestamp::from_millis(NOW)).await?;
    let from_events = used(connection, &scope, false).await?;
    let from_uses = used(connection, &scope, true).await?;
    for (n, (feature, said)) in looked.iter().enumerate() {
        let rule = serde_json::to_string(feature)?;
        let counts = [said.clicks, said.people, said.accounts];
        assert_eq!((counts, counts), (from_events[&feature.id], from_uses[&feature.id]), "{rule}");
        let seen = health.iter().find(|seen| seen.feature == feature.id).context("no health")?;
        assert_eq!(said.n_elements, seen.n_elements, "{rule}");
        let before: Vec<_> = looked[..n].iter().map(|(feature, _)| feature).collect();
        let overlaps = said.overlaps.iter().map(|other| (other.feature.clone(), other.clicks));
        assert_eq!(overlaps.collect::<BTreeMap<_, _>>(), shared(seen, &before), "{rule}");
    }
    // Rules that mean nothing prove nothing.
    let n_used = looked.iter().filter(|(_, said)| said.clicks > 0).count();
    let n_overlaps: usize = looked.iter().map(|(_, said)| said.overlaps.len()).sum();
    assert!(n_used > RULES / 2 && n_overlaps > RULES, "{n_used} used, {n_overlaps} overlaps");
    Ok(())
}

/// What a feature counts in each period of its past, asked period by period.
async fn counted(
    connection: &Connection,
    scope: &Scope,
    features: &Features,
    (feature, past): (&Feature, &History),
) -> Result<Vec<[u64; 2]>> {
    let length = if past.period == Period::Day { 1 } else { 7 };
    let mut counted = Vec::new();
    for point in &past.points {
        let from: jiff::civil::Date = point.name.parse()?;
        let to = from.checked_add(jiff::Span::new().days(length - 1))?;
        let date_range = DateRange::Between { from, to };
        let usage = Usage { features: vec![feature.id.parse()?], date_range };
        let now = Timestamp::from_millis(NOW);
        let found = usage_of(connection, scope, &usage, features, now).await?;
        counted.extend(found.features.iter().map(|one| [one.uses, one.people]));
    }
    Ok(counted)
}

#[tokio::test]
async fn a_past_says_of_each_period_what_is_counted_of_its_days() -> Result<()> {
    let Some(store) = testing::open("feature_past").await? else { return Ok(()) };
    let (connection, scope) = (&store.connection, scope()?);
    let events = draw(SEED, EVENTS, &event())?;
    history::write(connection, 1, events.iter().map(|event| &event.happening)).await?;
    // One of long ago, so that its past is told by the week.
    let long_ago = Happening { at: NOW - 100 * DAY_MS, ..events[0].happening.clone() };
    let old = Happening {
        element: "Old".to_owned(),
        kind: Kind::Click,
        user_id: String::new(),
        ..long_ago
    };
    let again = Happening { at: NOW - DAY_MS, ..old.clone() };
    history::write(connection, 2, &[old, again]).await?;
    let mut named = Vec::new();
    for names in [&["Save"][..], &["Edit", "Close"], &["Old"], &["Nothing"]] {
        let feature = history::feature(&names.join(" "), names, None)?;
        history::put(connection, &feature).await?;
        named.push(feature);
    }
    let now = Timestamp::from_millis(NOW);
    let mut periods = Vec::new();
    for is_filled in [false, true] {
        let features = history::features(connection, is_filled).await?;
        for feature in &named {
            let past = past(connection, &scope, &features, &feature.id, now).await?;
            let said: Vec<_> = past.points.iter().map(|point| [point.uses, point.people]).collect();
            let counted = counted(connection, &scope, &features, (feature, &past)).await?;
            assert_eq!(said, counted, "{} {is_filled}", feature.name);
            let is_open: Vec<_> = past.points.iter().map(|point| point.is_open).collect();
            let n = is_open.len();
            assert!(is_open.iter().enumerate().all(|(i, open)| *open == (i + 1 == n)), "{past:?}");
            periods.push((past.period, n, said.iter().map(|[uses, _]| uses).sum::<u64>()));
        }
    }
    let (from_events, from_uses) = periods.split_at(named.len());
    assert_eq!(from_events, from_uses);
    assert_eq!(from_uses[2], (Period::Week, 15, 2));
    assert_eq!(from_uses[3].1, 0);
    assert!(from_uses[0].0 == Period::Day && from_uses[0].2 > 20, "{from_uses:?}");
    Ok(())
}

#[tokio::test]
async fn samples_are_the_latest_five_of_those_who_count() -> Result<()> {
    let Some(store) = testing::open("preview_samples").await? else { return Ok(()) };
    let (connection, scope) = (&store.connection, scope()?);
    let click = |n: i64, user: &str| Happening {
        project: PROJECT.to_owned(),
        at: NOW - n * 1_000,
        anonymous_id: format!("browser of {user}"),
        user_id: user.to_owned(),
        kind: Kind::Click,
        host: "app.example".to_owned(),
        path: format!("/p/{n}"),
        element: "Save".to_owned(),
        account_id: String::new(),
        is_automated: false,
    };
    let mut clicks: Vec<Happening> = (0..8).map(|n| click(n, "ann")).collect();
    clicks.push(click(3, "boss"));
    history::write(connection, 1, &clicks).await?;
    let feature = history::feature("save", &["Save"], None)?;
    let known = Known::load(connection, &scope.project).await?;
    let now = Timestamp::from_millis(NOW);
    let said = preview(connection, &scope, &feature, &known, now).await?;
    let paths: Vec<Value> = said.samples.iter().map(|sample| json!(sample.path)).collect();
    assert_eq!(json!(paths), json!(["/p/0", "/p/1", "/p/2", "/p/3", "/p/4"]));
    assert_eq!((said.clicks, said.people, said.n_elements), (8, 1, 1));
    Ok(())
}
