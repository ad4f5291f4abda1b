//! Makes the set, inside the engine: nothing is sent but statements.
//!
//! The tables are the product's own, made by its migrations and filled as its writer fills them;
//! beside them stand the same events in a peer's shape, and what is tried for questions to come.

use crate::measure::{Counters, report};
use crate::{NOW, NOW_MS, PROJECT};
use analytics::feature::resolve::{Known, Matches, Resolver};
use anyhow::{Result, anyhow};
use protocol::ProjectId;
use serde_json::json;
use std::time::Instant;
use store::derived::fill::{FeatureVersion, Fill, Stage};
use store::testing::TestStore;
use store::{Connection, Edit, Feature, FeatureAlternative, Statement, identity};

/// Visits of one insert.
const VISITS: u64 = 100_000;

/// Events of a visit, on average.
const EVENTS_PER_VISIT: u64 = 10;

/// Features with ten elements each, by the test id that these share.
pub(crate) const FEATURES: u64 = 200;

/// Weeks since the one in which the range begins.
const WEEK: &str = "toInt32(toRelativeWeekNum(e.timestamp, 'UTC') \
     - toRelativeWeekNum(fromUnixTimestamp64Milli(toInt64({now_ms} - 90 * 86400000)), 'UTC'))";

/// A set that is being made.
#[derive(Debug)]
pub(crate) struct Set<'a> {
    store: &'a TestStore,
    n_sessions: u64,
}

impl<'a> Set<'a> {
    /// A set of about so many events; nothing is there yet.
    pub(crate) fn new(store: &'a TestStore, n_events: u64) -> Self {
        Self { store, n_sessions: (n_events / EVENTS_PER_VISIT).max(1) }
    }

    /// The events, what they refer to, and what the writer derives of them.
    pub(crate) async fn events(&self) -> Result<()> {
        let connection = &self.store.connection;
        self.statements(include_str!("browsers.sql")).await?;
        let started = Instant::now();
        for first in (0..self.n_sessions).step_by(usize::try_from(VISITS)?) {
            let count = (self.n_sessions - first).min(VISITS);
            let sql = include_str!("events.sql").replace("{first}", &first.to_string());
            self.run(&sql.replace("{count}", &count.to_string())).await?;
        }
        report("events made", started.elapsed().as_secs_f64(), "s");
        self.statements(include_str!("described.sql")).await?;
        self.settle("events").await?;
        let started = Instant::now();
        for part in connection.underived_months().await? {
            connection.rebuild(part).await?;
        }
        report("sessions, people and accounts derived", started.elapsed().as_secs_f64(), "s");
        for table in ["sessions", "first_users", "user_accounts", "account_times"] {
            self.settle(table).await?;
        }
        Ok(())
    }

    /// The features of the set, named, resolved and filled in as the writer does it.
    pub(crate) async fn features(&self) -> Result<()> {
        let connection = &self.store.connection;
        let known = Known::load(connection, &ProjectId::parse(PROJECT)?).await?;
        let (mut versions, mut matches) = (Vec::new(), Matches::default());
        for n in 0..FEATURES {
            let feature = feature(&format!("Feature {n}"), n)?;
            let version = save(connection, &feature).await?;
            let resolver =
                Resolver::new(&feature, version.version).map_err(|why| anyhow!("{why}"))?;
            matches.extend(resolver.of_all(&known));
            versions.push(version);
        }
        connection.insert_matches(&matches.elements, &matches.pages).await?;
        connection.note_stage(&versions, Stage::Matched, NOW).await?;
        fill(connection, &versions, "200 features").await?;
        self.settle("feature_events").await
    }

    /// The same events in the shape of a peer.
    pub(crate) async fn peer(&self) -> Result<()> {
        let started = Instant::now();
        self.statements(include_str!("peer.sql")).await?;
        report("the peer's shape made", started.elapsed().as_secs_f64(), "s");
        self.settle("bench_peer").await
    }

    /// The shapes that are tried for retention.
    pub(crate) async fn weeks(&self) -> Result<()> {
        self.statements(include_str!("weeks.sql")).await?;
        for (table, sql) in [
            ("bench_weeks", include_str!("week_bitmaps.sql")),
            ("bench_week_bits", include_str!("week_bits.sql")),
        ] {
            let (started, before) = (Instant::now(), Counters::read(&self.store.connection).await?);
            self.run(sql).await?;
            report(&format!("{table} made"), started.elapsed().as_secs_f64(), "s");
            let cpu = Counters::read(&self.store.connection).await?.cpu_us - before.cpu_us;
            report(&format!("{table} made, CPU"), cpu as f64 / 1e6, "s");
            self.settle(table).await?;
        }
        Ok(())
    }

    /// Merges would be counted with the questions, and the number of parts would differ by run.
    pub(crate) async fn settle(&self, table: &str) -> Result<()> {
        self.run(&format!("OPTIMIZE TABLE {{data}}.{table} FINAL")).await?;
        let sql = "SELECT sum(rows), sum(bytes_on_disk) / 1e6 FROM system.parts \
                   WHERE active AND database = {database:String} AND table = {table:String}";
        let statement = Statement::new(sql)
            .bind("database", self.store.connection.databases().data.as_str())
            .bind("table", table);
        let (text, _) = self.store.connection.measured(&statement).await?;
        let mut figures = text.split_whitespace();
        for (what, unit) in [("rows", "rows"), ("on disk", "MB")] {
            report(&format!("{table}, {what}"), figures.next().unwrap_or("0").parse()?, unit);
        }
        Ok(())
    }

    async fn statements(&self, sql: &str) -> Result<()> {
        for statement in sql.split(";\n").filter(|statement| !statement.trim().is_empty()) {
            self.run(statement).await?;
        }
        Ok(())
    }

    pub(crate) async fn run(&self, sql: &str) -> Result<()> {
        let TestStore { connection, target } = self.store;
        let sql = filled(connection, sql)
            .replace("{n_sessions}", &self.n_sessions.to_string())
            .replace("{user}", &target.dictionary.user)
            .replace("{password}", &target.dictionary.password);
        Ok(connection.execute_for_long(&Statement::new(sql)).await?)
    }
}

/// A statement of the bench with names, moments and the person of an event in their places.
pub(crate) fn filled(connection: &Connection, sql: &str) -> String {
    sql.replace("{person}", &identity::person_hash(connection.databases(), "e"))
        .replace("{week}", WEEK)
        .replace("{now_ms}", &NOW_MS.to_string())
        .replace("{data}", &connection.databases().data)
}

/// A feature of this name that means the `n`th test id.
pub(crate) fn feature(name: &str, n: u64) -> Result<Feature> {
    let project = ProjectId::parse(PROJECT)?;
    let rule = json!({"target": {"test_id": format!("feature-{}-{}", n / 100, n % 100)}});
    let rule = rule.as_object().cloned().unwrap_or_default();
    Ok(Feature {
        id: Feature::id_of(&project, name, 0),
        project,
        name: name.to_owned(),
        module: None,
        kind: Default::default(),
        step: Default::default(),
        list: Default::default(),
        any_of: vec![FeatureAlternative { rule, ..FeatureAlternative::default() }],
        rule_version: 1,
    })
}

/// Saves a feature; returns its version.
pub(crate) async fn save(connection: &Connection, feature: &Feature) -> Result<FeatureVersion> {
    let edit = Edit { expected_version: 0, author: String::new(), at: NOW };
    let version = connection.put_feature(feature, &edit).await?;
    Ok(FeatureVersion { project: PROJECT.to_owned(), feature: feature.id.clone(), version })
}

/// Fills in the past of some versions as the writer does it, and says how long it took.
pub(crate) async fn fill(
    connection: &Connection,
    versions: &[FeatureVersion],
    name: &str,
) -> Result<f64> {
    let (started, before) = (Instant::now(), Counters::read(connection).await?);
    let months = connection.event_months().await?.remove(PROJECT).unwrap_or_default();
    connection.end_fills().await?;
    for month in months {
        connection.fill(&Fill { month, versions: versions.to_vec() }).await?;
        connection.note_stage(versions, Stage::Month(month), NOW).await?;
    }
    connection.note_stage(versions, Stage::Filled, NOW).await?;
    let seconds = started.elapsed().as_secs_f64();
    let cpu = Counters::read(connection).await?.cpu_us - before.cpu_us;
    report(&format!("back-fill of {name}"), seconds, "s");
    report(&format!("back-fill of {name}, CPU"), cpu as f64 / 1e6, "s");
    Ok(seconds)
}
