//! What is asked: the questions of the screens by the product's own code, what is tried for those
//! to come, and the same of a peer's shape.

use crate::measure::watched;
use crate::set::{FEATURES, feature, filled};
use crate::{NOW, NOW_MS, PROJECT, candidate, peer};
use accounts::figures::Counted;
use accounts::look::look;
use analytics::feature::health::health;
use analytics::feature::preview::preview;
use analytics::feature::resolve::Known;
use analytics::feature::{Features, Meant};
use analytics::report::funnel::{Counting, levels};
use analytics::{
    Adoption, DateRange, Funnel, Lifecycle, Paths, Query, Scope, Stickiness, Threshold, Trend,
    Usage, compile, run,
};
use anyhow::Result;
use protocol::ProjectId;
use store::testing::Cost;
use store::{Connection, Feature, Statement};

/// A question with its budget.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) name: String,
    pub(crate) of: Of,
    /// What its median may take, by the budgets of the product; none if there is no promise.
    pub(crate) budget_ms: Option<u32>,
    pub(crate) ask: Ask,
}

impl Question {
    /// Whether a screen asks it.
    pub(crate) const fn is_of_product(&self) -> bool {
        matches!(self.of, Of::Product)
    }
}

/// Whose question it is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Of {
    Product,
    Candidate,
    Peer,
}

impl Of {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Candidate => "candidate",
            Self::Peer => "peer",
        }
    }
}

/// How it is asked.
#[derive(Debug)]
pub(crate) enum Ask {
    /// By statements.
    Statements(Vec<Statement>),
    /// As a screen asks it, with all that it has to know before.
    Run(Box<Query>),
    /// What all accounts did, by what was counted some minutes before, if anything was.
    Accounts(Option<Box<Counted>>),
    /// Which accounts to look at.
    Look,
    /// What is wrong with all features.
    Health,
    /// What a rule means that is not saved yet.
    Preview(Box<Feature>),
}

impl Ask {
    /// Asks; returns the beginning of the answer.
    pub(crate) async fn ask(&self, connection: &Connection) -> Result<String> {
        let scope = scope()?;
        let answer = match self {
            Self::Statements(statements) => {
                let mut answer = String::new();
                for statement in statements {
                    answer.push_str(&connection.measured(statement).await?.0);
                }
                answer
            }
            Self::Run(query) => format!("{:?}", run(connection, &scope, query, NOW).await?),
            Self::Accounts(before) => {
                let counted = counted(connection, before.as_deref()).await?;
                format!("{} accounts", counted.figures().accounts.len())
            }
            Self::Look => {
                let features = Features::load(connection, &scope.project, None).await?;
                let look = look(connection, &scope, &features, NOW).await?;
                format!("{} of {} fell", look.n_falls, look.n_accounts)
            }
            Self::Health => {
                let features = Features::load(connection, &scope.project, None).await?;
                let all = health(connection, &scope, &features, NOW).await?;
                format!("{} findings", all.iter().map(|one| one.findings.len()).sum::<usize>())
            }
            Self::Preview(feature) => {
                let known = Known::load(connection, &scope.project).await?;
                let preview = preview(connection, &scope, feature, &known, NOW).await?;
                format!("{} clicks, {} people", preview.clicks, preview.people)
            }
        };
        Ok(answer.lines().next().unwrap_or_default().chars().take(60).collect())
    }

    /// Asks once, and says what that cost.
    pub(crate) async fn cost(&self, connection: &Connection) -> Result<Cost> {
        let Self::Statements(statements) = self else {
            return watched(connection, self.ask(connection)).await;
        };
        let mut all = Cost::default();
        for statement in statements {
            let (_, cost) = connection.measured(statement).await?;
            all.rows += cost.rows;
            all.bytes += cost.bytes;
            all.memory_bytes = all.memory_bytes.max(cost.memory_bytes);
        }
        Ok(all)
    }
}

/// Budgets, in milliseconds.
const COUNTS: u32 = 300;
pub(crate) const WITH_TIMES: u32 = 600;
const PATHS: u32 = 300;
pub(crate) const ONE_RETENTION: u32 = 50;
pub(crate) const ALL_RETENTIONS: u32 = 300;
const FIRST_WEEK: u32 = 1_000;

/// Funnels of features by their numbers, as the product counts them; the last is the end of their
/// address.
const OF_FEATURES: [(&str, u32, &str, &str); 8] = [
    ("funnel of 3 features, 30 days, counts", COUNTS, "5,17,3", "31d"),
    ("funnel of 3 features, 90 days, counts", COUNTS, "5,17,3", "91d"),
    ("funnel of 10 features, 90 days, counts", COUNTS, "0,1,2,3,4,5,6,7,8,9", "91d"),
    ("funnel of 3 features, one of them twice, 90 days, fold", WITH_TIMES, "5,17,5,3", "91d"),
    ("funnel of 3 features, 90 days, with times", WITH_TIMES, "5,17,3", "91d&times=yes"),
    ("funnel of 3 features, 90 days, by account", WITH_TIMES, "5,17,3", "91d&breakdown=account"),
    (
        "funnel of 3 features, 90 days, with times, by country",
        WITH_TIMES,
        "5,17,3",
        "91d&times=yes&breakdown=country",
    ),
    (
        "funnel of 3 features, 90 days, of accounts, with times",
        WITH_TIMES,
        "5,17,3",
        "91d&times=yes&by=accounts",
    ),
];

/// Funnels of any events: a page and then elements by their numbers, by a way of counting.
const OF_EVENTS: [(&str, Option<u32>, Counting, &str, &str); 5] = [
    (
        "funnel of any events, 4 steps, 30 days, counts",
        Some(COUNTS),
        Counting::WindowFunnel,
        "0,5,17",
        "31d",
    ),
    (
        "funnel of any events, 4 steps, 30 days, fold",
        Some(WITH_TIMES),
        Counting::Fold,
        "0,5,17",
        "31d",
    ),
    (
        "funnel of any events, 4 steps, 90 days, counts",
        Some(COUNTS),
        Counting::WindowFunnel,
        "0,5,17",
        "91d",
    ),
    (
        "funnel of any events, 4 steps, 90 days, fold",
        Some(WITH_TIMES),
        Counting::Fold,
        "0,5,17",
        "91d",
    ),
    (
        "funnel of any events, 11 steps, 90 days, fold",
        None,
        Counting::Fold,
        "0,1,2,0,1,2,0,1,2,0",
        "91d",
    ),
];

/// Paths, by their addresses.
const OF_PATHS: [(&str, Option<u32>, &str); 5] = [
    ("paths, 5 pages, 30 days", Some(PATHS), "nodes=pages&last=31d"),
    ("paths from a page, 5 pages, 30 days", Some(PATHS), "start=page:/m1/p1/:id&last=31d"),
    (
        "paths from a page to another, 5 pages, 30 days",
        Some(PATHS),
        "start=page:/m1/p1/:id&end=page:/m5/p5/:id&last=31d",
    ),
    ("paths, 5 features, 30 days", Some(PATHS), "nodes=features&last=31d"),
    ("paths, 5 pages, 90 days", None, "nodes=pages&last=91d"),
];

/// What else must be quick.
const OTHERS: [(&str, &str); 5] = [
    ("people of all events, 90 days", "SELECT uniqExact({person}) FROM {data}.events AS e WHERE project = 'bench' AND NOT is_automated"),
    ("resolution: 20,000 elements read", "SELECT element_id, any(canonical) FROM {data}.elements WHERE project = 'bench' GROUP BY element_id"),
    (
        "one person: the last hundred events",
        "SELECT timestamp, kind, path, element_id FROM {data}.events WHERE project = 'bench' AND anonymous_id IN (
           SELECT anonymous_id FROM {data}.first_users WHERE project = 'bench' AND first_identified.3 = (SELECT any(user_id) FROM {data}.bench_browsers WHERE browser = 100))
         ORDER BY timestamp DESC LIMIT 100",
    ),
    ("live: the last fifty events", "SELECT timestamp, kind, path, anonymous_id, properties FROM {data}.events WHERE project = 'bench' AND timestamp >= {lately} ORDER BY timestamp DESC LIMIT 50"),
    ("one element: clicks by day, 90 days", "SELECT toDate(timestamp) AS day, count() FROM {data}.events WHERE project = 'bench' AND element_id = sipHash64('element', toInt64(17)) GROUP BY day ORDER BY day"),
];

/// All questions, in the order in which they are asked.
pub(crate) async fn all(connection: &Connection) -> Result<Vec<Question>> {
    let features = Features::load(connection, &scope()?.project, None).await?;
    let mut all = of_features(connection, &features)?;
    all.extend(of_events(connection).await?);
    all.extend(of_paths()?);
    all.extend(of_accounts(connection).await?);
    let others = OTHERS.iter().map(|(name, sql)| (Of::Product, *name, None, *sql));
    let candidates = candidate::QUESTIONS
        .iter()
        .map(|(name, budget, sql)| (Of::Candidate, *name, *budget, *sql));
    let peers = peer::QUESTIONS.iter().map(|(name, sql)| (Of::Peer, *name, None, *sql));
    all.extend(others.chain(candidates).chain(peers).map(|(of, name, budget_ms, sql)| {
        let statement = Statement::new(written(connection, sql));
        Question { name: name.to_owned(), of, budget_ms, ask: Ask::Statements(vec![statement]) }
    }));
    Ok(all)
}

fn product(name: &str, budget_ms: Option<u32>, ask: Ask) -> Question {
    Question { name: name.to_owned(), of: Of::Product, budget_ms, ask }
}

fn of_features(connection: &Connection, features: &Features) -> Result<Vec<Question>> {
    let compiled = |query: &Query, features: &Features| -> Result<Ask> {
        Ok(Ask::Statements(compile(query, features, &scope()?, connection.databases(), NOW)?))
    };
    let mut all = Vec::new();
    for (name, budget, numbers, last) in OF_FEATURES {
        let steps: String =
            numbers.split(',').map(|n| format!("step=feature:{}&", id(n))).collect();
        let funnel = Query::Funnel(Funnel::from_query_string(&format!("{steps}last={last}"))?);
        all.push(product(name, Some(budget), compiled(&funnel, features)?));
    }
    let usage = |ids: &[&str]| -> Result<Query> {
        let features = ids.iter().map(|n| id(n).parse()).collect::<Result<_, _>>()?;
        Ok(Query::Usage(Usage { features, date_range: DateRange::Last { days: 91 } }))
    };
    let (one, every) = (usage(&["17"])?, usage(&[])?);
    for (name, budget, question) in of_periods()? {
        all.push(product(name, Some(budget), compiled(&question, features)?));
    }
    let unfilled = features.iter().map(|meant| Meant { is_filled: false, ..meant.clone() });
    let unfilled = Features::new(unfilled);
    let named = "uses of one feature, 90 days, before its past is filled in";
    all.push(product("uses of one feature, 90 days", Some(COUNTS), compiled(&one, features)?));
    all.push(product(named, Some(WITH_TIMES), compiled(&one, &unfilled)?));
    let name = format!("uses of {FEATURES} features, 90 days");
    all.push(product(&name, Some(WITH_TIMES), compiled(&every, features)?));
    all.push(product(&format!("{name}, as the screen asks"), None, Ask::Run(Box::new(every))));
    let beside = Query::Adoption(Adoption::default());
    all.push(product(
        &format!("{FEATURES} features side by side, 13 weeks"),
        Some(ALL_RETENTIONS),
        Ask::Run(Box::new(beside)),
    ));
    let first_week = compiled(&Query::Threshold(Threshold::default()), features)?;
    let name = format!("first-week threshold of {FEATURES} features by 10 counts, 13 weeks");
    all.push(product(&name, Some(FIRST_WEEK), first_week));
    let rule = Box::new(feature("Not saved", 17)?);
    all.push(product("preview of a rule", None, Ask::Preview(rule)));
    all.push(product(&format!("health of {FEATURES} features"), None, Ask::Health));
    Ok(all)
}

/// What all accounts did, by what was counted before.
async fn counted(connection: &Connection, before: Option<&Counted>) -> Result<Counted> {
    let scope = scope()?;
    let features = Features::load(connection, &scope.project, None).await?;
    Ok(Counted::load(connection, &scope, features, NOW, before).await?)
}

/// Questions about all accounts.
async fn of_accounts(connection: &Connection) -> Result<Vec<Question>> {
    let before = Box::new(counted(connection, None).await?);
    let name = format!("{} accounts by week, 14 weeks", before.figures().accounts.len());
    Ok(vec![
        product(&name, None, Ask::Accounts(None)),
        product(&format!("{name}, again"), None, Ask::Accounts(Some(before))),
        product("accounts to look at, 19 weeks", None, Ask::Look),
    ])
}

/// Questions about what is done period by period.
fn of_periods() -> Result<[(&'static str, u32, Query); 6]> {
    let three = ["5", "17", "3"].map(|n| format!("series=feature:{}", id(n))).join("&");
    let trend = |text: &str| Ok::<_, anyhow::Error>(Query::Trend(Trend::from_query_string(text)?));
    let days = |compare| format!("{three}&period=day&compare={compare}&last=30d");
    let anything = "period=day&last=91d";
    Ok([
        ("trend of 3 features, 30 days", COUNTS, trend(&days("none"))?),
        ("trend of 3 features, 30 days beside those before", COUNTS, trend(&days("previous"))?),
        ("trend of anything, 90 days", WITH_TIMES, trend(&format!("series=anything&{anything}"))?),
        (
            "stickiness of one feature, 90 days",
            COUNTS,
            Query::Stickiness(Stickiness::from_query_string(&format!(
                "activity=feature:{}&{anything}",
                id("17")
            ))?),
        ),
        (
            "stickiness of anything, 30 days",
            COUNTS,
            Query::Stickiness(Stickiness::from_query_string("period=day&last=30d")?),
        ),
        (
            "life cycle of anything, 13 weeks",
            COUNTS,
            Query::Lifecycle(Lifecycle::from_query_string("period=week&last=91d")?),
        ),
    ])
}

async fn of_events(connection: &Connection) -> Result<Vec<Question>> {
    let mut all = Vec::new();
    for (name, budget, counting, numbers, last) in OF_EVENTS {
        let mut address = "step=page:/m1/p1/:id".to_owned();
        for number in numbers.split(',') {
            let sql = format!("SELECT sipHash64('element', toInt64({number}))");
            let id: u64 = connection.measured(&Statement::new(sql)).await?.0.trim().parse()?;
            address.push_str(&format!("&step=click:{id:016x}"));
        }
        let funnel = Funnel::from_query_string(&format!("{address}&last={last}"))?;
        let (databases, features) = (connection.databases(), Features::default());
        let levels = levels(Some(counting), &funnel, &features, &scope()?, databases, NOW)?;
        all.push(product(name, budget, Ask::Statements(vec![count(&levels)])));
    }
    Ok(all)
}

fn of_paths() -> Result<Vec<Question>> {
    // Asked whole: what ClickHouse sends is counted here.
    let asked = OF_PATHS.iter().map(|(name, budget, address)| {
        let query = Query::Paths(Paths::from_query_string(address)?);
        Ok(product(name, *budget, Ask::Run(Box::new(query))))
    });
    asked.collect()
}

/// The id of the feature of a number.
fn id(number: &str) -> String {
    feature(&format!("Feature {number}"), 0).map(|feature| feature.id).unwrap_or_default()
}

fn scope() -> Result<Scope> {
    Ok(Scope {
        project: ProjectId::parse(PROJECT)?,
        time_zone: "UTC".to_owned(),
        week_start: store::WeekStart::Monday,
        count_automated: false,
        grouping: store::identity::Grouping::none(ProjectId::parse(PROJECT)?),
    })
}

/// How many got how far, so that the way of the rows is not timed.
fn count(levels: &Statement) -> Statement {
    let sql = format!("SELECT count(), countIf(level > 1), max(level) FROM ({})", levels.sql());
    let params = levels.params().iter();
    params.fold(Statement::new(sql), |statement, (name, value)| {
        statement.bind(name.as_str(), value.clone())
    })
}

/// A question of the bench's own with names, moments, features and their uses in their places.
pub(crate) fn written(connection: &Connection, sql: &str) -> String {
    let ago = |days: i64, hours: i64| {
        let at = NOW_MS - (days * 24 + hours) * 3_600_000;
        format!("fromUnixTimestamp64Milli(toInt64({at}))")
    };
    let uses =
        "{data}.feature_events AS e WHERE project = 'bench' AND version = 1 AND NOT is_automated";
    let sql = ["3", "5", "17"].iter().fold(sql.replace("{uses}", uses), |sql, n| {
        sql.replace(&format!("{{f{n}}}"), &format!("'{}'", id(n)))
    });
    let sql = ["3", "5", "17"].iter().fold(sql, |sql, n| {
        sql.replace(&format!("{{e{n}}}"), &format!("sipHash64('element', toInt64({n}))"))
    });
    filled(connection, &sql)
        .replace("{window}", "1209600000")
        .replace("{month_ago}", &ago(30, 0))
        .replace("{quarter_ago}", &ago(90, 0))
        .replace("{week_ago}", &ago(7, 0))
        .replace("{lately}", &ago(0, 6))
}
