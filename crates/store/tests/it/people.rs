//! Random histories of people, asked of the engine and told by hand.
//!
//! What is told by hand is written from the sentences of [`store::identity`], not from its SQL:
//! for each event it goes over all the others. Ten thousand histories are loaded as ten thousand
//! projects in which the same few ids are somebody else each time, in batches that come in any
//! order, and one question answers for all of them. Who counts is asked of one project in which
//! every history has ids of its own, and there the same is told by numbers. The same is asked of the
//! sessions, which say it at their first event. `SILLAGE_SEED` sets another seed.

mod by_hand;
mod numbers;
mod visit;

use crate::rows::{NOON, batch_id};
use anyhow::{Context, Result, bail};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use protocol::ProjectId;
use std::collections::{BTreeMap, BTreeSet};
use store::among::{Condition, Test};
use store::definition::Property;
use store::identity::{self, Grouping};
use store::schema::sessions::QUARTER_MS;
use store::{
    Activity, Among, Connection, EventRow, Merge, Merges, Row, StaffRules, Statement, derived,
    testing,
};
use visit::{counted_visits, visits, who_visits};

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
    let said = prop::collection::btree_map(name, value, 0..3);
    let by = proptest::option::weighted(0.2, one_of(&["boss", "boss", "", "False", "0"]));
    (said, by).prop_map(|(said, by)| {
        let by = by.map(|by| ("impersonated_by".to_owned(), by));
        said.into_iter().chain(by).collect()
    })
}

/// That `A` is `B` and `B` is `C`, of each history in which accounts have these ids.
fn chain(number: Option<usize>) -> Result<Vec<Merge>> {
    let (project, own) = (ProjectId::parse(ASKED)?, number.map(own));
    let own = |id: &str| own.as_ref().map_or_else(|| id.to_owned(), |own| own(id));
    let merge = |from, into| Merge::new(project.clone(), &own(from), &own(into));
    let links = [merge("A", "B"), merge("B", "C")];
    links.into_iter().map(|link| link.map_err(anyhow::Error::msg)).collect()
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

#[derive(Row, serde::Deserialize)]
struct Told {
    project: String,
    event_id: [u8; 16],
    person: String,
    account: String,
    may_change: bool,
}

/// Who did an event: the person, the account, and whether that could be another at another moment.
type Who = (String, String, bool);

/// Who did each event, by the engine.
async fn who(connection: &Connection, grouping: &Grouping) -> Result<BTreeMap<(String, u16), Who>> {
    let databases = connection.databases();
    let sql = format!(
        "SELECT e.project AS project, e.event_id AS event_id, {} AS person, {} AS account, \
         ({}) = 1 AS may_change FROM {} AS e WHERE e.project != {{asked:String}}",
        identity::person(databases, "e"),
        identity::account(databases, grouping, "e"),
        identity::may_change_account(databases, "e"),
        databases.events(),
    );
    let question = identity::bind(Statement::new(sql), grouping, true).bind("asked", ASKED);
    let rows = connection.select::<Told>(&question.bind("project", "")).await?;
    let told = |row: Told| {
        let id = u16::from_be_bytes([row.event_id[0], row.event_id[1]]);
        ((row.project, id), (row.person, row.account, row.may_change))
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
    grouping: &Grouping,
    all: bool,
) -> Result<BTreeSet<(usize, u16)>> {
    let databases = connection.databases();
    let sql = format!(
        "SELECT e.event_id AS event_id FROM {} AS e WHERE e.project = {{project:String}} AND {}",
        databases.events(),
        identity::counted(databases, grouping, "e"),
    );
    let question = identity::bind(Statement::new(sql), grouping, all).bind("project", ASKED);
    let rows = connection.select::<Counted>(&question).await?;
    let key = |row: Counted| {
        let [a, b, .., y, z] = row.event_id;
        let number = u64::from_be_bytes([0, 0, 0, 0, 0, row.event_id[13], y, z]);
        (number as usize, u16::from_be_bytes([a, b]))
    };
    Ok(rows.into_iter().map(key).collect())
}

/// Rules of every kind, alone and together.
fn rules() -> Result<Vec<(Grouping, bool)>> {
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
    let impersonated = StaffRules { impersonated: true, ..none.clone() };
    let everything = StaffRules {
        users: users.users.clone(),
        impersonated: true,
        email_domains: domains.email_domains.clone(),
        ..StaffRules { account_properties: plans.account_properties.clone(), ..both.clone() }
    };
    let merges = chains()?;
    let lists = [
        none,
        users,
        browsers,
        accounts.clone(),
        domains,
        roles,
        plans.clone(),
        both.clone(),
        impersonated,
        everything.clone(),
    ];
    let grouping = |staff, merges: &Merges, among: &Among| {
        let (merges, among) = (merges.clone(), among.clone());
        Grouping { staff, merges, among }
    };
    let (apart, everybody) = (Merges::default(), Among::new());
    let amongs = amongs(listed("A"));
    let some = amongs.iter().map(|among| grouping(both.clone(), &apart, among));
    let some: Vec<_> = some.collect();
    let alone = lists.map(|staff| grouping(staff, &apart, &everybody));
    let of_accounts = vec![Condition::Account(listed("A")), Condition::SomeAccount];
    let merged = [accounts, plans, everything.clone()];
    let merged = merged.map(|staff| grouping(staff, &merges, &everybody));
    let one = grouping(everything, &merges, &of_accounts);
    let lists = alone.into_iter().chain(merged).chain(some).chain([one]);
    Ok(lists.enumerate().map(|(n, grouping)| (grouping, n % 2 == 1)).collect())
}

/// Conditions of every kind, alone and together.
fn amongs(accounts: Vec<String>) -> [Among; 6] {
    let is = |value: &str| Test::Is(vec![value.to_owned(), "else".to_owned()]);
    let user = |name: &str, test| Condition::OfUser { name: name.into(), test };
    let account = |name: &str, test| Condition::OfAccount { name: name.into(), test };
    [
        vec![user("role", is("staff"))],
        vec![user("plan", Test::IsSet)],
        vec![account("plan", is("paid"))],
        vec![account("role", Test::Contains("TAF".into()))],
        vec![Condition::SomeAccount, user("plan", Test::Contains("a".into()))],
        vec![Condition::Account(accounts), account("plan", Test::IsSet)],
    ]
}

/// Merges in as many histories as a project may have some for.
fn chains() -> Result<Merges> {
    let some = (0..HISTORIES).step_by(HISTORIES / (Merge::MOST / 2));
    let chains = some.map(|number| chain(Some(number))).collect::<Result<Vec<_>>>()?;
    Ok(chains.iter().flatten().collect())
}

/// Holds who did every event and visit against what is told by hand.
async fn check_who(
    connection: &Connection,
    seed: u64,
    histories: &[Vec<Fact>],
    grouping: &Grouping,
) -> Result<()> {
    let events = who(connection, grouping).await?;
    let visitors = who_visits(connection, grouping).await?;
    for (number, history) in histories.iter().enumerate() {
        let project = format!("p{number}");
        let by_hand = |fact| {
            let may_change = by_hand::may_change_account(history, fact);
            let account = by_hand::account(history, fact, &grouping.merges);
            (by_hand::person(history, fact), account, may_change)
        };
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

/// Holds the hashes of persons and accounts against their names: of every event and visit.
async fn check_hashes(connection: &Connection, grouping: &Grouping) -> Result<()> {
    let databases = connection.databases();
    let at_visit = identity::account_hash_of_session(databases, grouping, "e");
    let at_event = identity::account_hash(databases, grouping, "e");
    let of_event = identity::account(databases, grouping, "e");
    let of_visit = identity::account_of_session(databases, grouping, "e");
    for (table, account, account_hash) in
        [(databases.events(), &of_event, &at_event), (databases.sessions(), &of_visit, &at_visit)]
    {
        let number = |id: &str| format!("if({id} = '', 0, sipHash64(e.project, {id}))");
        // The hashes of what is merged are those of a project, which the question names.
        let asked =
            if grouping.merges.is_empty() { "true" } else { "e.project = {project:String}" };
        let sql = format!(
            "SELECT toString(e.project) AS project, {person} AS person, {account} AS account FROM {table} AS e \
             WHERE {asked} AND ({} != {} OR {account_hash} != {})",
            identity::person_hash(databases, "e"),
            number("person"),
            number("account"),
            person = identity::person(databases, "e"),
        );
        let question = identity::bind(Statement::new(sql), grouping, true).bind("project", ASKED);
        let others = connection.json::<serde_json::Value>(&question).await?;
        assert!(others.is_empty(), "{table}: {others:?}");
    }
    Ok(())
}

/// Holds who counts by some rules against what is told by hand: events, visits, and how much there
/// was in all.
async fn check_counted(
    connection: &Connection,
    seed: u64,
    named: &[Vec<Fact>],
    (grouping, all): (Grouping, bool),
) -> Result<()> {
    let events = counted(connection, &grouping, all).await?;
    let visitors = counted_visits(connection, &grouping, all).await?;
    let (mut activity, mut people, mut browsers) =
        (Activity::default(), BTreeSet::new(), BTreeSet::new());
    for (number, history) in named.iter().enumerate() {
        let is_counted = |fact| by_hand::is_counted(history, fact, &grouping, all);
        for fact in history {
            if events.contains(&(number, fact.id)) != is_counted(fact) {
                bail!("seed {seed}\n{grouping:?}\n{history:#?}\nof the event {fact:?}");
            }
        }
        for (visit, (first, n_events)) in visits(ASKED, history)? {
            if visitors.contains(&visit) != is_counted(first) {
                bail!("seed {seed}\n{grouping:?}\n{history:#?}\nof {visit:?}");
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
    let told = connection.activity(&ProjectId::parse(ASKED)?, from, to, &grouping, all).await?;
    assert_eq!(told, activity, "{grouping:?}");
    Ok(())
}

#[tokio::test]
async fn random_histories_are_told_as_by_hand() -> Result<()> {
    let seed = seed()?;
    let histories = draw(seed, HISTORIES)?;
    let Some(connection) = load("people", &histories).await? else { return Ok(()) };
    let apart = Grouping::none(ProjectId::parse(ASKED)?);
    let everywhere = Grouping { merges: chain(None)?.iter().collect(), ..apart.clone() };
    for grouping in [&apart, &everywhere] {
        check_who(&connection, seed, &histories, grouping).await?;
    }
    check_hashes(&connection, &apart).await?;
    check_hashes(&connection, &Grouping { merges: chains()?, ..apart }).await?;
    let named: Vec<_> = histories.iter().enumerate().map(|(n, h)| named(n, h)).collect();
    for (rules, all) in rules()? {
        numbers::check(&connection, seed, &named, &rules, all).await?;
        check_counted(&connection, seed, &named, (rules, all)).await?;
    }
    for part in derived::parts(MONTHS) {
        assert_eq!(connection.n_different(part).await?, 0, "{}", part.derived.table);
    }
    Ok(())
}
