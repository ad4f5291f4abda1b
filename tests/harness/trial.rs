//! Conservation on trial: clients send, collector and engine are killed, and an oracle judges.
//!
//! One round is a while of load and a kill at a random moment; the clients go on through it. Every
//! few rounds the clients stop, the collector writes what it has, and what lies in ClickHouse is
//! compared with what the clients know. A seed repeats what is sent and what is killed, though
//! not to the microsecond when.

use crate::chance::Chance;
use crate::client::{Client, Destination, Load, Project};
use crate::collector::{Collector, Options};
use crate::database::Database;
use crate::ledger::Verdict;
use crate::server::Server;
use crate::wait::{PATIENCE, until};
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The project beside the one of every test.
const OTHER_PROJECT: &str = "harbour";

/// Its private key.
const OTHER_PRIVATE_KEY: &str = "sk_harbourharbourharbourharbour0123";

/// What is tried.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Kills, and loads before them.
    pub rounds: u32,
    /// The seed of all choices.
    pub seed: u64,
    /// How many clients send at the same time.
    pub clients: u32,
    /// The longest load before a kill, in milliseconds.
    pub load_ms: u64,
    /// The oracle judges after so many rounds, and at the end.
    pub judge_every: u32,
    /// Whether ClickHouse is a server of its own, where what a killed collector began goes on,
    /// instead of the embedded engine.
    pub has_server: bool,
}

/// What is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kill {
    /// The collector; the embedded engine ends because of that.
    Collector,
    /// The engine, or the server, which is started again.
    Engine,
    /// Both at the same moment.
    Both,
    /// The collector, and again while it recovers.
    CollectorTwice,
    /// The engine, and the collector while the engine recovers.
    EngineThenCollector,
}

const KILLS: [Kill; 5] =
    [Kill::Collector, Kill::Engine, Kill::Both, Kill::CollectorTwice, Kill::EngineThenCollector];

/// What a trial did, and what came of it.
#[derive(Debug, Clone)]
pub struct Summary {
    /// What was tried.
    pub settings: Settings,
    /// Kills by kind.
    pub kills: BTreeMap<Kill, u32>,
    /// Requests by status; 0 stands for no answer.
    pub statuses: BTreeMap<u16, u64>,
    /// How often the oracle judged.
    pub n_judged: u32,
    /// The last verdict.
    pub verdict: Verdict,
    /// How many months there are events of.
    pub n_months: u64,
    /// How long it took.
    pub took: Duration,
}

/// A trial that goes on.
#[derive(Debug)]
pub struct Trial {
    collector: Collector,
    server: Option<Server>,
    database: Database,
    to: Destination,
    settings: Settings,
    chance: Chance,
    clients: Vec<Client>,
    kills: BTreeMap<Kill, u32>,
    _data: TempDir,
}

impl Trial {
    /// Starts a collector with two projects.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn begin(settings: Settings) -> Result<Self> {
        let data = TempDir::with_prefix("e2e-trial-")?;
        let server = if settings.has_server { Some(Server::start().await?) } else { None };
        let clickhouse = server.as_ref().map(|server| server.url().to_owned());
        let options = Options { clickhouse, ..Options::default() };
        let environment = vec![("SILLAGE_PRIVATE_KEY", OTHER_PRIVATE_KEY.to_owned())];
        let of_other = Options { project: OTHER_PROJECT, environment, ..options.clone() };
        let mut other = Collector::start_with(data.path(), of_other).await?;
        let mut projects = vec![Project {
            id: OTHER_PROJECT.to_owned(),
            key: other.write_key()?.to_owned(),
            private_key: OTHER_PRIVATE_KEY.to_owned(),
        }];
        other.stop()?;
        let collector = Collector::start_with(data.path(), options).await?;
        let key = collector.write_key()?.to_owned();
        projects.insert(0, Project::of_tests(key));
        let database = match &server {
            Some(server) => server.database().clone(),
            None => Database::of(data.path())?,
        };
        let mut chance = Chance::new(settings.seed);
        let address = collector.listen();
        let to = Destination { address, projects, ledger: <_>::default() };
        let client = |_| Client::new(to.clone(), chance.branch(), 60);
        let clients = (0..settings.clients).map(client).collect();
        let kills = BTreeMap::new();
        Ok(Self { collector, server, database, to, settings, chance, clients, kills, _data: data })
    }

    /// Does all rounds. `say` is told how it goes.
    ///
    /// # Errors
    /// When the collector does not do what it must, with what it printed last.
    pub async fn run(&mut self, say: impl Fn(&str)) -> Result<Summary> {
        let started = Instant::now();
        let (mut n_judged, mut round) = (0, 0);
        let verdict = loop {
            let n = self.settings.judge_every.min(self.settings.rounds - round);
            self.rounds(n)
                .await
                .with_context(|| format!("printed last:\n{}", self.collector.log()))?;
            round += n;
            let verdict = self.judge().await?;
            n_judged += 1;
            say(&format!("{round} rounds, {:.0} s: {verdict}", started.elapsed().as_secs_f64()));
            if round == self.settings.rounds || !verdict.is_clean() {
                break verdict;
            }
        };
        let mut statuses = BTreeMap::new();
        for (status, n) in self.clients.iter().flat_map(|client| &client.statuses) {
            *statuses.entry(*status).or_default() += n;
        }
        let n_months = self.database.number("SELECT uniqExact(month) FROM data.events").await?;
        let (settings, kills) = (self.settings, self.kills.clone());
        let took = started.elapsed();
        Ok(Summary { settings, kills, statuses, n_judged, verdict, n_months, took })
    }

    async fn rounds(&mut self, n: u32) -> Result<()> {
        let load = Load::begin(std::mem::take(&mut self.clients));
        for _ in 0..n {
            self.wait(self.settings.load_ms).await;
            let kill = self.next_kill();
            self.kill(kill).await?;
            *self.kills.entry(kill).or_default() += 1;
        }
        self.clients = load.end().await?;
        Ok(())
    }

    /// One of those that came least so far.
    fn next_kill(&mut self) -> Kill {
        let n = |kill: &Kill| self.kills.get(kill).copied().unwrap_or(0);
        let least = KILLS.iter().map(n).min().unwrap_or(0);
        let rare: Vec<Kill> = KILLS.into_iter().filter(|kill| n(kill) == least).collect();
        self.chance.pick(&rare)
    }

    async fn kill(&mut self, kill: Kill) -> Result<()> {
        match kill {
            Kill::Collector => self.collector.kill()?,
            Kill::Engine => return self.kill_engine().await,
            Kill::Both => {
                self.kill_engine().await?;
                self.collector.kill()?;
            }
            Kill::CollectorTwice => {
                self.collector.kill()?;
                let after = Duration::from_millis(self.chance.between(0, 1_500));
                self.collector.start_and_kill(after).await?;
            }
            Kill::EngineThenCollector => {
                self.kill_engine().await?;
                self.wait(1_000).await;
                self.collector.kill()?;
            }
        }
        self.collector.start_again().await
    }

    /// Kills the engine as soon as there is one, or the server, which is away for a moment.
    async fn kill_engine(&mut self) -> Result<()> {
        if let Some(server) = &mut self.server {
            server.kill()?;
            let away = Duration::from_millis(self.chance.between(0, 500));
            tokio::time::sleep(away).await;
            return server.start_again().await;
        }
        until("there is an engine to kill", PATIENCE, async || {
            Ok(self.database.kill_engine().then_some(()))
        })
        .await
    }

    /// Lets the collector write everything, starts it again, and compares.
    async fn judge(&mut self) -> Result<Verdict> {
        self.collector.write_all().await?;
        check_derived(&self.database).await?;
        self.verdict().await
    }

    /// What the oracle says now.
    ///
    /// # Errors
    /// When ClickHouse cannot be asked.
    pub async fn verdict(&self) -> Result<Verdict> {
        let stored = self.database.stored().await?;
        Ok(self.to.ledger().judge(&stored))
    }

    /// The collector's database, to do something behind its back.
    pub fn database(&self) -> &Database {
        &self.database
    }

    async fn wait(&mut self, most_ms: u64) {
        tokio::time::sleep(Duration::from_millis(self.chance.between(0, most_ms.max(1)))).await;
    }
}

/// Whether each table that is derived from the events equals its rebuild.
async fn check_derived(database: &Database) -> Result<()> {
    for (table, fault) in DERIVED {
        let n = database.number(fault).await?;
        ensure!(n == 0, "{n} rows of {table} are not what a rebuild gives");
    }
    Ok(())
}

/// Each derived table, and the question how many of its rows differ from a rebuild.
const DERIVED: [(&str, &str); 7] = [
    (
        "elements",
        "SELECT count() FROM data.events WHERE element_id != 0 AND (project, element_id) NOT IN \
         (SELECT project, element_id FROM data.elements)",
    ),
    (
        "pages",
        "SELECT count() FROM data.events WHERE page_id != 0 AND (project, page_id) NOT IN \
         (SELECT project, page_id FROM data.pages)",
    ),
    (
        "sessions",
        "SELECT count() FROM (SELECT sum(n) AS n_off, sum(views) AS views_off, \
         sum(clicks) AS clicks_off FROM (\
           SELECT project, month, batch_id, anonymous_id, user_id, account_id, session_id, \
             toInt64(n_events) AS n, toInt64(n_page_views) AS views, toInt64(n_clicks) AS clicks \
           FROM data.sessions \
           UNION ALL \
           SELECT project, month, batch_id, anonymous_id, user_id, account_id, session_id, \
             toInt64(-1), -toInt64(kind = 'page_view'), -toInt64(kind = 'click') FROM data.events \
           WHERE kind NOT IN ('page_leave', 'download', 'outbound', 'rage_click', 'dead_click', \
             'error_click', 'error', 'web_vital', 'exposure')) \
         GROUP BY project, month, batch_id, anonymous_id, user_id, account_id, session_id) \
         WHERE n_off != 0 OR views_off != 0 OR clicks_off != 0",
    ),
    (
        "first_users",
        "SELECT count() FROM (SELECT sum(n) AS n_off FROM (\
           SELECT project, month, anonymous_id, min(first_identified).2 AS id, toInt64(1) AS n \
           FROM data.first_users GROUP BY project, month, anonymous_id \
           UNION ALL \
           SELECT project, month, anonymous_id, min((timestamp, event_id)).2, toInt64(-1) \
           FROM data.events WHERE user_id != '' AND anonymous_id != '' \
           GROUP BY project, month, anonymous_id) \
         GROUP BY project, month, anonymous_id, id) WHERE n_off != 0",
    ),
    (
        "user_accounts",
        "SELECT count() FROM (SELECT sum(n) AS n_off FROM (\
           SELECT DISTINCT project, month, user_id, account_id, toInt64(1) AS n \
           FROM data.user_accounts \
           UNION ALL \
           SELECT DISTINCT project, month, user_id, account_id, toInt64(-1) \
           FROM data.events WHERE user_id != '' AND account_id != '') \
         GROUP BY project, month, user_id, account_id) WHERE n_off != 0",
    ),
    (
        "account_times",
        "SELECT count() FROM (SELECT sum(n) AS n_off FROM (\
           SELECT DISTINCT project, month, user_id, timestamp, account_id, toInt64(1) AS n \
           FROM data.account_times \
           UNION ALL \
           SELECT DISTINCT project, month, user_id, timestamp, account_id, toInt64(-1) \
           FROM data.events WHERE user_id != '' AND account_id != '') \
         GROUP BY project, month, user_id, timestamp, account_id) WHERE n_off != 0",
    ),
    (
        "traits",
        "SELECT count() FROM data.events WHERE kind = 'identify' AND user_id != '' \
         AND notEmpty(properties) AND (project, month, user_id) NOT IN \
         (SELECT project, month, subject_id FROM data.traits WHERE subject = 'user')",
    ),
];
