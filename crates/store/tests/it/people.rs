//! Random histories of people, asked of the engine and told by hand.
//!
//! What is told by hand is written from the sentences of [`store::identity`], not from its SQL:
//! for each event it goes over all the others. Ten thousand histories are loaded as ten thousand
//! projects in which the same few ids are somebody else each time, in batches that come in any
//! order, and one question answers for all of them. Who counts is asked of one project in which
//! every history has ids of its own. The same is asked of the sessions, which say it at their first
//! event. `SILLAGE_SEED` sets another seed.

use crate::rows::{NOON, batch_id};
use anyhow::{Context, Result, bail};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use protocol::ProjectId;
use std::collections::{BTreeMap, BTreeSet};
use store::definition::Property;
use store::schema::sessions::QUARTER_MS;
use store::{
    Activity, Connection, EventRow, Row, StaffRules, Statement, derived, identity, testing,
};

const HISTORIES: usize = 10_000;
const SEED: u64 = 20_261_122;
const MONTHS: [u32; 2] = [202_610, 202_611];
const BATCHES: u8 = 3;

/// Everybody whom the rules may mean beside those that they list.
const ASKED: &str = "asked";

/// One event of a history. Its place says nothing of when it happened, nor when it came.
#[derive(Debug, Clone)]
struct Fact {
    /// Minutes and a millisecond more or less: many at the same moment.
    at: i64,
    /// Decides between events of one moment.
    id: u16,
    browser: String,
    user: String,
    account: String,
    kind: &'static str,
    told: Vec<(String, String)>,
    is_automated: bool,
    month: u32,
    batch: u8,
}

fn one_of(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(words).prop_map(str::to_owned)
}

fn told() -> impl Strategy<Value = Vec<(String, String)>> {
    let name = one_of(&["role", "email_domain", "plan"]);
    let value = one_of(&["staff", "own.example", "paid"]);
    prop::collection::btree_map(name, value, 0..3).prop_map(|told| told.into_iter().collect())
}

fn fact() -> impl Strategy<Value = Fact> {
    let at = (0_i64..8, prop_oneof![6 => Just(0), 1 => Just(-1), 1 => Just(1)])
        .prop_map(|(minute, beside)| minute * 60_000 + beside);
    let who = (
        one_of(&["a", "a", "a", "b", "b", "c", ""]),
        one_of(&["", "", "", "u", "u", "v", "w@Own.Example", "a"]),
        one_of(&["", "", "", "A", "A", "B", "C"]),
    );
    let kind = prop::sample::select(&["click", "click", "identify", "group"][..]);
    let place = (prop::sample::select(&MONTHS[..]), 1..=BATCHES);
    (at, any::<u16>(), who, kind, told(), prop::bool::weighted(0.1), place).prop_map(
        |(at, id, (browser, user, account), kind, told, is_automated, (month, batch))| Fact {
            at,
            id,
            browser,
            user,
            account,
            kind,
            told: if kind == "click" { Vec::new() } else { told },
            is_automated,
            month,
            batch,
        },
    )
}

/// Facts whose ids differ.
fn history() -> impl Strategy<Value = Vec<Fact>> {
    prop::collection::vec(fact(), 1..14).prop_map(|mut facts| {
        let mut ids = BTreeSet::new();
        facts.retain(|fact| ids.insert(fact.id));
        facts
    })
}

/// What the sentences say, word by word.
mod by_hand {
    use super::{Fact, StaffRules};

    /// The first user ever identified on the browser; empty for none.
    fn user(history: &[Fact], fact: &Fact) -> String {
        if !fact.user.is_empty() {
            return fact.user.clone();
        }
        let of_browser = |other: &&Fact| {
            !fact.browser.is_empty() && other.browser == fact.browser && !other.user.is_empty()
        };
        let first = history.iter().filter(of_browser).min_by_key(|other| (other.at, other.id));
        first.map(|first| first.user.clone()).unwrap_or_default()
    }

    pub(super) fn person(history: &[Fact], fact: &Fact) -> String {
        let user = user(history, fact);
        if user.is_empty() { fact.browser.clone() } else { user }
    }

    pub(super) fn account(history: &[Fact], fact: &Fact) -> String {
        if !fact.account.is_empty() {
            return fact.account.clone();
        }
        let user = user(history, fact);
        let seen =
            |other: &&Fact| !user.is_empty() && other.user == user && !other.account.is_empty();
        let seen: Vec<&Fact> = history.iter().filter(seen).collect();
        let before = seen.iter().filter(|other| other.at <= fact.at);
        let at_that_time = before.max_by_key(|other| (other.at, &other.account));
        let start = seen.iter().map(|other| other.at).min();
        let at_first = seen.iter().filter(|other| Some(other.at) == start);
        let first = at_first.max_by_key(|other| &other.account);
        at_that_time.or(first).map(|other| other.account.clone()).unwrap_or_default()
    }

    /// What was said last under a name, of those whom `is_it` takes.
    fn last_told<'a>(
        history: &'a [Fact],
        name: &str,
        is_it: impl Fn(&Fact) -> bool,
    ) -> Option<&'a str> {
        let says = |fact: &&Fact| is_it(fact) && fact.told.iter().any(|(known, _)| known == name);
        let last = history.iter().filter(says).max_by_key(|fact| (fact.at, fact.id))?;
        last.told.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn is_counted(history: &[Fact], fact: &Fact, rules: &StaffRules, all: bool) -> bool {
        let (person, account) = (person(history, fact), account(history, fact));
        // Nobody is told of by an event that names nobody.
        let is = |named: &str, who: &str| !named.is_empty() && named == who;
        let of_user =
            |name| last_told(history, name, |f| f.kind == "identify" && is(&f.user, &person));
        let of_account =
            |name| last_told(history, name, |f| f.kind == "group" && is(&f.account, &account));
        // A browser has no properties, and an address only a user that is there.
        let is_user = history.iter().any(|other| other.user == person);
        let own = person.rsplit_once('@').filter(|_| is_user);
        let own = own.map(|(_, domain)| domain.to_lowercase());
        let is_staff = rules.users.contains(&person)
            || rules.email_domains.iter().any(|domain| {
                own.as_ref() == Some(domain) || of_user("email_domain") == Some(domain)
            })
            || rules.user_properties.iter().any(|p| of_user(&p.name) == Some(&p.value))
            || rules.accounts.contains(&account)
            || rules.account_properties.iter().any(|p| of_account(&p.name) == Some(&p.value));
        (all || !fact.is_automated) && !is_staff
    }
}

/// The row of a fact in a project; `own` makes an id one of this history alone.
fn row(project: &str, number: usize, fact: &Fact, own: impl Fn(&str) -> String) -> EventRow {
    let mut event_id = [0; 16];
    event_id[..2].copy_from_slice(&fact.id.to_be_bytes());
    event_id[8..].copy_from_slice(&(number as u64).to_be_bytes());
    EventRow {
        project: project.to_owned(),
        event_id,
        month: fact.month,
        kind: fact.kind.to_owned(),
        batch_id: *batch_id(fact.batch).as_bytes(),
        timestamp: NOON.plus_millis(fact.at),
        sent_at: NOON,
        received_at: NOON,
        anonymous_id: own(&fact.browser),
        session_id: "s".to_owned(),
        user_id: own(&fact.user),
        account_id: own(&fact.account),
        is_automated: fact.is_automated,
        properties: fact.told.clone(),
        ..EventRow::default()
    }
}

/// An id of one history alone.
fn own(number: usize) -> impl Fn(&str) -> String {
    move |id| if id.is_empty() { String::new() } else { format!("{number}/{id}") }
}

/// The same history with ids of its own.
fn named(number: usize, history: &[Fact]) -> Vec<Fact> {
    let own = own(number);
    let named = |fact: &Fact| Fact {
        browser: own(&fact.browser),
        user: own(&fact.user),
        account: own(&fact.account),
        ..fact.clone()
    };
    history.iter().map(named).collect()
}

/// Writes the histories, each into a project of its own and all of them into one; the batches
/// come in another order than their numbers.
async fn load(test: &str, histories: &[Vec<Fact>]) -> Result<Option<Connection>> {
    let Some(store) = testing::open(test).await? else { return Ok(None) };
    for batch in [2, 3, 1] {
        let mut rows = Vec::new();
        for (number, history) in histories.iter().enumerate() {
            for fact in history.iter().filter(|fact| fact.batch == batch) {
                rows.push(row(&format!("p{number}"), number, fact, str::to_owned));
                rows.push(row(ASKED, number, fact, own(number)));
            }
        }
        store.connection.insert_events(batch_id(batch), 0, &rows).await?;
        testing::derive(&store.connection, batch_id(batch)).await?;
    }
    Ok(Some(store.connection))
}

fn draw(seed: u64, n: usize) -> Result<Vec<Vec<Fact>>> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let history = history();
    let draw = |_| history.new_tree(&mut runner).map(|tree| tree.current());
    (0..n).map(draw).collect::<Result<_, _>>().map_err(|why| anyhow::anyhow!("{why}"))
}

fn seed() -> Result<u64> {
    match std::env::var_os("SILLAGE_SEED") {
        Some(seed) => Ok(seed.to_string_lossy().parse().context("SILLAGE_SEED is no number")?),
        None => Ok(SEED),
    }
}

/// What a row of sessions is of: who, in which part of the events, and when.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Row, serde::Deserialize)]
struct Visit {
    project: String,
    anonymous_id: String,
    user_id: String,
    account_id: String,
    is_automated: bool,
    month: u32,
    batch_id: [u8; 16],
    quarter: i32,
}

const VISIT: &str = "s.project AS project, s.anonymous_id AS anonymous_id, s.user_id AS user_id, \
     s.account_id AS account_id, s.is_automated AS is_automated, s.month AS month, \
     s.batch_id AS batch_id, s.quarter AS quarter";

/// The visits of a history, each with its first fact and how many there are.
fn visits<'a>(project: &str, history: &'a [Fact]) -> Result<BTreeMap<Visit, (&'a Fact, u64)>> {
    let mut visits: BTreeMap<Visit, (&Fact, u64)> = BTreeMap::new();
    for fact in history {
        let at = NOON.plus_millis(fact.at).as_millis();
        let visit = Visit {
            project: project.to_owned(),
            anonymous_id: fact.browser.clone(),
            user_id: fact.user.clone(),
            account_id: fact.account.clone(),
            is_automated: fact.is_automated,
            month: fact.month,
            batch_id: *batch_id(fact.batch).as_bytes(),
            quarter: i32::try_from(at.div_euclid(QUARTER_MS))?,
        };
        let (first, n) = visits.entry(visit).or_insert((fact, 0));
        *n += 1;
        if fact.at < first.at {
            *first = fact;
        }
    }
    Ok(visits)
}

#[derive(Row, serde::Deserialize)]
struct Told {
    project: String,
    event_id: [u8; 16],
    person: String,
    account: String,
}

/// Person and account of every event, by the engine.
async fn who(connection: &Connection) -> Result<BTreeMap<(String, u16), (String, String)>> {
    let databases = connection.databases();
    let sql = format!(
        "SELECT e.project AS project, e.event_id AS event_id, {} AS person, {} AS account FROM {} AS e \
         WHERE e.project != {{asked:String}}",
        identity::person(databases, "e"),
        identity::account(databases, "e"),
        databases.events(),
    );
    let rows = connection.select::<Told>(&Statement::new(sql).bind("asked", ASKED)).await?;
    let told = |row: Told| {
        let id = u16::from_be_bytes([row.event_id[0], row.event_id[1]]);
        ((row.project, id), (row.person, row.account))
    };
    Ok(rows.into_iter().map(told).collect())
}

#[derive(Row, serde::Deserialize)]
struct Counted {
    event_id: [u8; 16],
}

/// The events that count, by history and id, by the engine.
async fn counted(
    connection: &Connection,
    rules: &StaffRules,
    all: bool,
) -> Result<BTreeSet<(usize, u16)>> {
    let databases = connection.databases();
    let sql = format!(
        "SELECT e.event_id AS event_id FROM {} AS e WHERE e.project = {{project:String}} AND {}",
        databases.events(),
        identity::counted(databases, rules, "e"),
    );
    let question = identity::bind(Statement::new(sql), rules, all).bind("project", ASKED);
    let rows = connection.select::<Counted>(&question).await?;
    let key = |row: Counted| {
        let [a, b, .., y, z] = row.event_id;
        let number = u64::from_be_bytes([0, 0, 0, 0, 0, row.event_id[13], y, z]);
        (number as usize, u16::from_be_bytes([a, b]))
    };
    Ok(rows.into_iter().map(key).collect())
}

#[derive(Row, serde::Deserialize)]
struct ToldVisit {
    project: String,
    anonymous_id: String,
    user_id: String,
    account_id: String,
    is_automated: bool,
    month: u32,
    batch_id: [u8; 16],
    quarter: i32,
    person: String,
    account: String,
}

/// Person and account of every visit, by the engine.
async fn who_visits(connection: &Connection) -> Result<BTreeMap<Visit, (String, String)>> {
    let databases = connection.databases();
    let sql = format!(
        "SELECT {VISIT}, {} AS person, {} AS account FROM {} AS s \
         WHERE s.project != {{asked:String}}",
        identity::person(databases, "s"),
        identity::account_of_session(databases, "s"),
        databases.sessions(),
    );
    let rows = connection.select::<ToldVisit>(&Statement::new(sql).bind("asked", ASKED)).await?;
    let told = |row: ToldVisit| {
        let ToldVisit { project, anonymous_id, user_id, account_id, is_automated, .. } = row;
        let ToldVisit { month, batch_id, quarter, person, account, .. } = row;
        let visit = Visit {
            project,
            anonymous_id,
            user_id,
            account_id,
            is_automated,
            month,
            batch_id,
            quarter,
        };
        (visit, (person, account))
    };
    Ok(rows.into_iter().map(told).collect())
}

/// The visits that count, by the engine.
async fn counted_visits(
    connection: &Connection,
    rules: &StaffRules,
    all: bool,
) -> Result<BTreeSet<Visit>> {
    let databases = connection.databases();
    let sql = format!(
        "SELECT {VISIT} FROM {} AS s WHERE s.project = {{project:String}} AND {}",
        databases.sessions(),
        identity::counted_session(databases, rules, "s"),
    );
    let question = identity::bind(Statement::new(sql), rules, all).bind("project", ASKED);
    Ok(connection.select::<Visit>(&question).await?.into_iter().collect())
}

/// Rules of every kind, alone and together.
fn rules() -> Result<Vec<(StaffRules, bool)>> {
    let none = StaffRules::none(ProjectId::parse(ASKED)?);
    let listed = |id: &str| (0..HISTORIES).step_by(3).map(|n| format!("{n}/{id}")).collect();
    let property = |name: &str, value: &str| Property { name: name.into(), value: value.into() };
    let users = StaffRules { users: listed("u"), ..none.clone() };
    let browsers = StaffRules { users: listed("a"), ..none.clone() };
    let accounts = StaffRules { accounts: listed("A"), ..none.clone() };
    let domains = StaffRules { email_domains: vec!["own.example".into()], ..none.clone() };
    let told = vec![property("role", "staff"), property("plan", "paid")];
    let roles = StaffRules { user_properties: told.clone(), ..none.clone() };
    let plans = StaffRules { account_properties: told, ..none.clone() };
    let both = StaffRules { accounts: accounts.accounts.clone(), ..roles.clone() };
    let everything = StaffRules {
        users: users.users.clone(),
        email_domains: domains.email_domains.clone(),
        ..StaffRules { account_properties: plans.account_properties.clone(), ..both.clone() }
    };
    let lists = [none, users, browsers, accounts, domains, roles, plans, both, everything];
    Ok(lists.into_iter().enumerate().map(|(n, rules)| (rules, n % 2 == 1)).collect())
}

/// Holds person and account of every event and visit against what is told by hand.
async fn check_who(connection: &Connection, seed: u64, histories: &[Vec<Fact>]) -> Result<()> {
    let (events, visitors) = (who(connection).await?, who_visits(connection).await?);
    for (number, history) in histories.iter().enumerate() {
        let project = format!("p{number}");
        let by_hand = |fact| (by_hand::person(history, fact), by_hand::account(history, fact));
        let event = |fact: &Fact| events.get(&(project.clone(), fact.id));
        let events = history.iter().map(|fact| (fact, event(fact)));
        let visits = visits(&project, history)?;
        let visits = visits.iter().map(|(visit, (first, _))| (*first, visitors.get(visit)));
        for (fact, told) in events.chain(visits) {
            let (told, expected) = (told.context("something is not there")?, by_hand(fact));
            if *told != expected {
                bail!(
                    "seed {seed}\n{history:#?}\nof {fact:?}\nby hand {expected:?}, asked {told:?}"
                );
            }
        }
    }
    Ok(())
}

/// Holds who counts by some rules against what is told by hand: events, visits, and how much there
/// was in all.
async fn check_counted(
    connection: &Connection,
    seed: u64,
    named: &[Vec<Fact>],
    (rules, all): (StaffRules, bool),
) -> Result<()> {
    let events = counted(connection, &rules, all).await?;
    let visitors = counted_visits(connection, &rules, all).await?;
    let (mut activity, mut people, mut browsers) =
        (Activity::default(), BTreeSet::new(), BTreeSet::new());
    for (number, history) in named.iter().enumerate() {
        let is_counted = |fact| by_hand::is_counted(history, fact, &rules, all);
        for fact in history {
            if events.contains(&(number, fact.id)) != is_counted(fact) {
                bail!("seed {seed}\n{rules:?}\n{history:#?}\nof the event {fact:?}");
            }
        }
        for (visit, (first, n_events)) in visits(ASKED, history)? {
            if visitors.contains(&visit) != is_counted(first) {
                bail!("seed {seed}\n{rules:?}\n{history:#?}\nof {visit:?}");
            }
            if is_counted(first) {
                activity.events += n_events;
                people.insert(by_hand::person(history, first));
                browsers.insert(visit.anonymous_id);
            }
        }
    }
    (activity.people, activity.sessions) = (people.len() as u64, browsers.len() as u64);
    let (from, to) = (NOON.plus_millis(-4 * QUARTER_MS), NOON.plus_millis(4 * QUARTER_MS));
    let told = connection.activity(&ProjectId::parse(ASKED)?, from, to, &rules, all).await?;
    assert_eq!(told, activity, "{rules:?}");
    Ok(())
}

#[tokio::test]
async fn random_histories_are_told_as_by_hand() -> Result<()> {
    let seed = seed()?;
    let histories = draw(seed, HISTORIES)?;
    let Some(connection) = load("people", &histories).await? else { return Ok(()) };
    check_who(&connection, seed, &histories).await?;
    let named: Vec<_> = histories.iter().enumerate().map(|(n, h)| named(n, h)).collect();
    for rules in rules()? {
        check_counted(&connection, seed, &named, rules).await?;
    }
    for part in derived::parts(MONTHS) {
        assert_eq!(connection.n_different(part).await?, 0, "{}", part.derived.table);
    }
    Ok(())
}
