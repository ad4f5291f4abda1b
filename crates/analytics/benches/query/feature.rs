//! How long it takes until a feature that is named now has its past, by the writer's own way.

use crate::NOW_MS;
use crate::measure::report;
use analytics::feature::resolve::{Known, Resolver};
use analytics::feature::{Features, Meant};
use analytics::{DateRange, Funnel, Query, Scope, Usage, compile};
use anyhow::{Context, Result, anyhow};
use protocol::{ProjectId, Timestamp};
use serde::Deserialize;
use serde_json::json;
use std::time::Instant;
use store::derived::fill::{FeatureVersion, Fill, Stage};
use store::{Connection, Edit, Feature, FeatureAlternative, Statement};

const NOW: Timestamp = Timestamp::from_millis(NOW_MS);
const RUNS: usize = 5;
/// Elements that the rule means: the first are clicked most.
const MEANT: u64 = 16;

#[derive(Deserialize)]
struct Count {
    n: u64,
}

/// Names a feature, fills in its past, and asks for it before and after.
pub(crate) async fn measure(connection: &Connection, scope: &Scope) -> Result<()> {
    let saved = Instant::now();
    let versions = save(connection, &scope.project).await?;
    report("a feature is resolved after", saved.elapsed().as_secs_f64(), "s");
    ask(connection, scope, "from events", false).await?;
    let (begun, before) = (Instant::now(), cpu(connection).await?);
    let months = connection.event_months().await?.remove("bench").unwrap_or_default();
    connection.end_fills().await?;
    for month in months {
        connection.fill(&Fill { month, versions: versions.clone() }).await?;
        connection.note_stage(&versions, Stage::Month(month), NOW).await?;
    }
    connection.note_stage(&versions, Stage::Filled, NOW).await?;
    report("a feature is filled within", begun.elapsed().as_secs_f64(), "s");
    // What other programs of the machine take does not count here.
    report("a feature is filled within, CPU", cpu(connection).await? - before, "s");
    let table = connection.databases().feature_events();
    let count = Statement::new(format!("SELECT count() AS n FROM {table}"));
    let n = connection.json::<Count>(&count).await?.pop().context("no row")?.n;
    report("uses of that feature", n as f64, "rows");
    ask(connection, scope, "from feature_events", true).await
}

/// The processor's time that the engine took so far, in seconds.
async fn cpu(connection: &Connection) -> Result<f64> {
    let sql = "SELECT toUInt64(sumIf(value, event IN ('UserTimeMicroseconds', 'SystemTimeMicroseconds'))) AS n FROM system.events";
    let count = connection.json::<Count>(&Statement::new(sql)).await?.pop();
    Ok(count.context("no counters")?.n as f64 / 1e6)
}

/// Saves a feature; returns its version.
async fn save(connection: &Connection, project: &ProjectId) -> Result<Vec<FeatureVersion>> {
    let one = |n: u64| FeatureAlternative {
        rule: json!({"target": {"test_id": format!("feature-{n}-{n}")}})
            .as_object()
            .cloned()
            .unwrap_or_default(),
        ..FeatureAlternative::default()
    };
    let name = "Sixteen buttons";
    let feature = Feature {
        id: Feature::id_of(project, name, 0),
        project: project.clone(),
        name: name.to_owned(),
        module: None,
        kind: Default::default(),
        step: Default::default(),
        list: Default::default(),
        any_of: (0..MEANT).map(one).collect(),
        rule_version: 1,
    };
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
        report(&format!("{what}, 90 days, {name}"), seconds[RUNS / 2] * 1_000.0, "ms");
        let cpu = (cpu(connection).await? - before) / RUNS as f64;
        report(&format!("{what}, 90 days, {name}, CPU"), cpu * 1_000.0, "ms");
    }
    Ok(())
}
