//! How long it takes until a feature that is named today has its past, on ten million events.
//!
//! Prints one line of JSON per figure. `SILLAGE_BENCH_EVENTS` sets another number of events.

use analytics::feature::resolve::{Known, Resolver};
use analytics::feature::{Features, Meant};
use analytics::{DateRange, Funnel, Query, Scope, Usage, compile};
use anyhow::{Context, Result, anyhow};
use protocol::{ProjectId, Timestamp};
use serde::Deserialize;
use serde_json::json;
use std::time::Instant;
use store::derived::fill::{FeatureVersion, Fill, Stage};
use store::{
    Connection, Edit, ElementRow, Feature, FeatureAlternative, PageRow, Statement, testing,
};

const NOW: Timestamp = Timestamp::from_millis(1_795_305_600_000);
/// Events of one insert.
const CHUNK: usize = 1_000_000;
const RUNS: usize = 5;
/// Elements that the rule means: of 200, of which the first are clicked most, these bring 1.7 of
/// ten million events.
const MEANT: u64 = 16;

#[derive(Deserialize)]
struct Count {
    n: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let Some(store) = testing::open("bench_features").await? else { return Ok(()) };
    let connection = store.connection;
    let n_events = match std::env::var_os("SILLAGE_BENCH_EVENTS") {
        Some(n) => n.to_string_lossy().parse().context("SILLAGE_BENCH_EVENTS is no number")?,
        None => 10_000_000,
    };
    fill(&connection, n_events).await?;
    let scope = Scope {
        project: ProjectId::parse("bench")?,
        time_zone: "UTC".to_owned(),
        week_start: store::WeekStart::Monday,
        count_automated: false,
    };

    let saved = Instant::now();
    let versions = save(&connection, &scope.project).await?;
    report("resolved_after", saved.elapsed().as_secs_f64(), "s");
    ask(&connection, &scope, "from_events", false).await?;
    let (begun, before) = (Instant::now(), cpu(&connection).await?);
    let months = connection.event_months().await?.remove("bench").unwrap_or_default();
    connection.end_fills().await?;
    for month in months {
        connection.fill(&Fill { month, versions: versions.clone() }).await?;
        connection.note_stage(&versions, Stage::Month(month), NOW).await?;
    }
    connection.note_stage(&versions, Stage::Filled, NOW).await?;
    report("filled_within", begun.elapsed().as_secs_f64(), "s");
    // What other programs of the machine take does not count here.
    report("filled_within_cpu", cpu(&connection).await? - before, "s");
    let table = connection.databases().feature_events();
    let count = Statement::new(format!("SELECT count() AS n FROM {table}"));
    let n = connection.json::<Count>(&count).await?.pop().context("no row")?.n;
    report("filled", n as f64, "rows");
    ask(&connection, &scope, "from_uses", true).await
}

/// The processor's time that the engine took so far, in seconds.
async fn cpu(connection: &Connection) -> Result<f64> {
    let sql = "SELECT toUInt64(sumIf(value, event IN ('UserTimeMicroseconds', 'SystemTimeMicroseconds'))) AS n FROM system.events";
    let count = connection.json::<Count>(&Statement::new(sql)).await?.pop();
    Ok(count.context("no counters")?.n as f64 / 1e6)
}

/// Saves a feature; returns its version.
async fn save(connection: &Connection, project: &ProjectId) -> Result<Vec<FeatureVersion>> {
    let names: Vec<String> = (1..=MEANT).map(|n| format!("Button {}", word(n))).collect();
    let rule = json!({"target": {"role": "button", "name": names}});
    let feature = |name: &str, rule: &serde_json::Value| Feature {
        id: Feature::id_of(project, name, 0),
        project: project.clone(),
        name: name.to_owned(),
        module: None,
        kind: Default::default(),
        step: Default::default(),
        list: Default::default(),
        any_of: vec![FeatureAlternative {
            rule: rule.as_object().cloned().unwrap_or_default(),
            ..FeatureAlternative::default()
        }],
    };
    let feature = feature("Sixteen buttons", &rule);
    let edit = Edit { expected_version: 0, author: String::new(), at: NOW };
    let version = connection.put_feature(&feature, &edit).await?;
    let known = Known::load(connection, project).await?;
    let matches = Resolver::new(&feature, version).map_err(|why| anyhow!(why))?.of_all(&known);
    connection.insert_matches(&matches.elements, &matches.pages).await?;
    let project = project.as_str().to_owned();
    let versions = vec![FeatureVersion { project, feature: feature.id, version }];
    connection.note_stage(&versions, Stage::Matched, NOW).await?;
    Ok(versions)
}

/// Times how much it is used, and a funnel of it twice, over 90 days.
async fn ask(connection: &Connection, scope: &Scope, name: &str, is_filled: bool) -> Result<()> {
    let features = Features::load(connection, &scope.project, None).await?;
    let features = features.iter().map(|meant| Meant { is_filled, ..meant.clone() });
    let features = Features::new(features);
    let id = &features.iter().next().context("no feature")?.feature.id;
    let usage = Usage { features: vec![id.parse()?], date_range: DateRange::Last { days: 91 } };
    let funnel = format!("step=feature:{id}&step=feature:{id}&last=91d");
    let funnel = Funnel::from_query_string(&funnel)?;
    for (what, query) in [("usage", Query::Usage(usage)), ("funnel", Query::Funnel(funnel))] {
        let statements = compile(&query, &features, scope, connection.databases(), NOW)?;
        let before = cpu(connection).await?;
        let mut seconds = Vec::new();
        for _ in 0..RUNS {
            let started = Instant::now();
            for statement in &statements {
                connection.json::<serde_json::Value>(statement).await?;
            }
            seconds.push(started.elapsed().as_secs_f64());
        }
        seconds.sort_by(f64::total_cmp);
        report(&format!("{what}_90d_{name}"), seconds[RUNS / 2] * 1_000.0, "ms");
        let cpu = (cpu(connection).await? - before) / RUNS as f64;
        report(&format!("{what}_90d_{name}_cpu"), cpu * 1_000.0, "ms");
    }
    Ok(())
}

/// A number in letters: digits of names are folded.
fn word(mut n: u64) -> String {
    let mut word = String::new();
    while n > 0 {
        word.push(char::from(b'a' + u8::try_from(n % 26).unwrap_or(0)));
        n /= 26;
    }
    word
}

async fn fill(connection: &Connection, n_events: u64) -> Result<()> {
    let page = |n: u64| PageRow {
        project: "bench".to_owned(),
        page_id: n,
        host: "app.example.com".to_owned(),
        pattern: format!("/p/{}", word(n)),
        ..PageRow::default()
    };
    let element = |n: u64| ElementRow {
        project: "bench".to_owned(),
        element_id: n,
        canonical:
            json!({"v": 1, "nodes": [{"tag": "button", "name": format!("Button {}", word(n))}]})
                .to_string(),
        ..ElementRow::default()
    };
    connection.insert_pages(&(1..=40).map(page).collect::<Vec<_>>()).await?;
    connection.insert_elements(&(1..=200).map(element).collect::<Vec<_>>()).await?;
    let sql = include_str!("events.sql")
        .replace("{events}", &connection.databases().events())
        .replace("{now_ms}", &NOW.as_millis().to_string());
    for first in (0..n_events).step_by(CHUNK) {
        let count = (n_events - first).min(CHUNK as u64);
        let sql = sql.replace("{first}", &first.to_string());
        let sql = sql.replace("{count}", &count.to_string());
        connection.execute(&Statement::new(sql)).await?;
    }
    // Merges would be counted with the rest.
    let stop = format!("SYSTEM STOP MERGES {}", connection.databases().events());
    Ok(connection.execute(&Statement::new(stop)).await?)
}

fn report(name: &str, value: f64, unit: &str) {
    #[allow(clippy::print_stdout, reason = "the figures are what a bench is for")]
    {
        println!("{}", json!({"name": name, "value": value, "unit": unit}));
    }
}
