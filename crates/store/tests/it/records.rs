//! What is said of accounts: what holds, how it came to hold, and what reports see of it.

use crate::derived::write;
use crate::rows::{NOON, batch_id, event};
use anyhow::{Context, Result};
use protocol::{ProjectId, Timestamp};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use store::definition::Property;
use store::identity::Grouping;
use store::identity::{self, Subject::Account};
use store::record::{By, Contact, Note, Place, Source, Subject, Told, Turn};
use store::{Connection, EventRow, Merge, Merges, Row, StaffRules, Statement, testing};

#[derive(Row, Deserialize)]
struct Name {
    name: String,
}

#[derive(Row, Deserialize)]
struct Count {
    n: u64,
}

fn project() -> Result<ProjectId> {
    Ok(ProjectId::parse("p")?)
}

fn told(
    account: &str,
    (subject, id, name): (Subject, &str, &str),
    value: &str,
    minute: i64,
) -> Told {
    let place =
        Place { account: account.to_owned(), subject, id: id.to_owned(), name: name.to_owned() };
    let at = NOON.plus_millis(minute * 60_000);
    Told {
        place,
        value: value.to_owned(),
        at,
        author: "ana@x.example".to_owned(),
        source: Source::Api,
    }
}

fn attribute(account: &str, name: &str, value: &str, minute: i64) -> Told {
    told(account, (Subject::Attribute, "", name), value, minute)
}

/// A `group` of the page.
fn group(n: u64, account: &str, properties: &[(&str, &str)]) -> EventRow {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    EventRow {
        kind: "group".to_owned(),
        account_id: account.to_owned(),
        user_id: format!("user of {account}"),
        properties: properties.iter().map(pair).collect(),
        ..event(batch_id(1), n)
    }
}

async fn names(connection: &Connection) -> Result<Vec<String>> {
    let said = identity::names_said(connection.databases(), Account);
    let question = Statement::new(format!("SELECT name FROM ({said}) ORDER BY name"));
    let rows = connection.select::<Name>(&question.bind("project", "p")).await?;
    Ok(rows.into_iter().map(|row| row.name).collect())
}

#[tokio::test]
async fn what_was_said_last_holds_and_every_change_is_kept() -> Result<()> {
    let Some(store) = testing::open("said_last").await? else { return Ok(()) };
    let (store, project) = (store.connection, project()?);
    // Whatever came first, and written twice as after an answer that was lost.
    let said = [attribute("acme", "plan", "Team", 3), attribute("acme", "plan", "Free", 1)];
    store.tell(&project, &said).await?;
    store.tell(&project, &said).await?;
    store.tell(&project, &[attribute("acme", "owner", "Ben", 2)]).await?;
    store.tell(&project, &[attribute("other", "plan", "Free", 9)]).await?;
    store.tell(&ProjectId::parse("q")?, &[attribute("acme", "plan", "Big", 9)]).await?;

    let record = store.account_record(&project, &Merges::default(), "acme").await?;
    let held: Vec<_> = record.attributes.iter().map(|it| (&*it.name, &*it.value)).collect();
    assert_eq!(held, [("plan", "Team"), ("owner", "Ben")]);
    let By::Record { author, source } = &record.attributes[0].by else {
        anyhow::bail!("{:?}", record.attributes)
    };
    assert_eq!((author.as_str(), *source), ("ana@x.example", Source::Api));
    let turns = |change: &store::record::Change| {
        let Turn { name, before, after } = change.turns[0].clone();
        (change.at.millis_since(NOON) / 60_000, name, before, after)
    };
    let turns: Vec<_> = record.changes.iter().map(turns).collect();
    let turn = |minute, name: &str, before: &str, after: &str| {
        (minute, name.to_owned(), before.to_owned(), after.to_owned())
    };
    let expected =
        [turn(1, "plan", "", "Free"), turn(2, "owner", "", "Ben"), turn(3, "plan", "Free", "Team")];
    assert_eq!(turns, expected);

    let last = store.told_last(&project, &[Subject::Attribute]).await?;
    let last: Vec<_> =
        last.iter().map(|told| (&*told.place.account, &*told.place.name, &*told.value)).collect();
    let expected = [("acme", "owner", "Ben"), ("acme", "plan", "Team"), ("other", "plan", "Free")];
    assert_eq!(last, expected);
    Ok(())
}

#[tokio::test]
async fn what_is_said_here_holds_over_what_pages_tell_until_it_is_taken_away() -> Result<()> {
    let Some(store) = testing::open("over_pages").await? else { return Ok(()) };
    let (store, project) = (store.connection, project()?);
    let events = [
        group(1, "acme", &[("plan", "Forged"), ("industry", "Retail")]),
        group(2, "cobalt", &[("plan", "Free")]),
    ];
    write(&store, batch_id(1), &events).await?;
    let plans =
        async || store.attribute_of_accounts(&Grouping::none(project.clone()), "plan").await;
    let pairs = |pairs: &[(&str, &str)]| {
        let own = |(id, value): &(&str, &str)| ((*id).to_owned(), (*value).to_owned());
        pairs.iter().map(own).collect::<BTreeMap<_, _>>()
    };
    assert_eq!(plans().await?, pairs(&[("acme", "Forged"), ("cobalt", "Free")]));

    // An account that no page knows has a value, too.
    let said = [
        attribute("acme", "plan", "Team", -9_000),
        attribute("dune", "plan", "Big", 1),
        attribute("dune", "seats", "12", 1),
    ];
    store.tell(&project, &said).await?;
    assert_eq!(plans().await?, pairs(&[("acme", "Team"), ("cobalt", "Free"), ("dune", "Big")]));
    assert_eq!(names(&store).await?, ["industry", "plan", "seats"]);
    let record = store.account_record(&project, &Merges::default(), "acme").await?;
    let plan = record.attributes.first().context("no attribute")?;
    assert_eq!((&*plan.value, plan.on_pages.as_deref()), ("Team", Some("Forged")));
    assert_eq!(record.attribute("industry"), Some("Retail"));
    assert_eq!(record.attributes[1].by, By::Pages);

    let away = [attribute("acme", "plan", "", 5), attribute("dune", "seats", "", 5)];
    store.tell(&project, &away).await?;
    assert_eq!(plans().await?, pairs(&[("acme", "Forged"), ("cobalt", "Free"), ("dune", "Big")]));
    assert_eq!(names(&store).await?, ["industry", "plan"]);
    let record = store.account_record(&project, &Merges::default(), "acme").await?;
    assert_eq!(record.attribute("plan"), Some("Forged"));
    assert_eq!(record.changes.len(), 2);
    let apart = Merges::default();
    let some = |ids: &[&str]| ids.iter().copied().map(str::to_owned).collect::<BTreeSet<_>>();
    let seen =
        store.accounts_seen(&project, &apart, &some(&["acme", "cobalt", "dune", "O'\\x"])).await?;
    assert_eq!(seen, some(&["acme", "cobalt"]));
    assert_eq!(store.accounts_seen(&project, &apart, &some(&["acme"])).await?, some(&["acme"]));
    // Of very many all is read, and only they are told.
    let mut many: BTreeSet<String> = (0..1_000).map(|n| format!("{n:0250}")).collect();
    many.insert("acme".to_owned());
    assert_eq!(store.accounts_seen(&project, &apart, &many).await?, some(&["acme"]));
    let of = async |accounts: &BTreeSet<String>| -> Result<BTreeSet<String>> {
        let told = store.told_last_of(&project, &apart, accounts).await?;
        Ok(told.into_iter().map(|told| told.place.account).collect())
    };
    assert_eq!(of(&some(&["acme", "none"])).await?, some(&["acme"]));
    assert_eq!(of(&many).await?, some(&["acme"]));
    assert_eq!(of(&some(&[])).await?, some(&[]));
    Ok(())
}

#[tokio::test]
async fn a_staff_rule_follows_what_is_said_here() -> Result<()> {
    let Some(store) = testing::open("staff_said").await? else { return Ok(()) };
    let (store, project) = (store.connection, project()?);
    let events =
        [group(1, "acme", &[("plan", "internal")]), group(2, "cobalt", &[("plan", "Free")])];
    write(&store, batch_id(1), &events).await?;
    let plan = Property { name: "plan".to_owned(), value: "internal".to_owned() };
    let staff = StaffRules { account_properties: vec![plan], ..StaffRules::none(project.clone()) };
    let rules = Grouping { staff, ..Grouping::none(project.clone()) };
    let counted = async || -> Result<u64> {
        let databases = store.databases();
        let sql = format!(
            "SELECT count() AS n FROM {} AS e WHERE {}",
            databases.events(),
            identity::counted(databases, &rules, "e")
        );
        let question = identity::bind(Statement::new(sql), &rules, false).bind("project", "p");
        Ok(store.select::<Count>(&question).await?[0].n)
    };
    assert_eq!(counted().await?, 1);
    store.tell(&project, &[attribute("cobalt", "plan", "internal", 1)]).await?;
    assert_eq!(counted().await?, 0);
    let team = [attribute("cobalt", "plan", "", 2), attribute("acme", "plan", "Team", 2)];
    store.tell(&project, &team).await?;
    assert_eq!(counted().await?, 2);
    Ok(())
}

/// A contact of Acme, and a note of whom it was told to.
fn visit(minute: i64) -> Vec<Told> {
    let contact = |name, value| told("acme", (Subject::Contact, "c1", name), value, minute);
    let note = |name, value| told("acme", (Subject::Note, "n1", name), value, minute);
    vec![
        contact(Contact::NAME, "Ana"),
        contact(Contact::ROLE, "champion"),
        note(Note::DAY, "2026-10-19"),
        note(Note::KIND, Note::INTERVENTION),
        note(Note::TEXT, "Trained the new analyst"),
        note(Note::TOLD, r#"["c1","nobody"]"#),
    ]
}

#[tokio::test]
async fn contacts_and_notes_come_and_go() -> Result<()> {
    let Some(store) = testing::open("contacts").await? else { return Ok(()) };
    let (store, project) = (store.connection, project()?);
    store.tell(&project, &visit(1)).await?;
    let record = store.account_record(&project, &Merges::default(), "acme").await?;
    let contact = record.contacts.first().context("no contact")?;
    assert_eq!((&*contact.name, &*contact.role, &*contact.email), ("Ana", "champion", ""));
    let note = record.notes.first().context("no note")?;
    assert_eq!((&*note.day, note.is_intervention), ("2026-10-19", true));
    assert_eq!((&*note.text, &*note.told), ("Trained the new analyst", &["Ana".to_owned()][..]));
    // What was said at one moment of one thing is one change.
    let subjects: Vec<_> =
        record.changes.iter().map(|change| (change.subject, change.turns.len())).collect();
    assert_eq!(subjects.len(), 2);
    assert!(subjects.contains(&(Subject::Contact, 2)) && subjects.contains(&(Subject::Note, 4)));

    // Who is a contact no more was told nevertheless, under the last name.
    let gone = [
        told("acme", (Subject::Contact, "c1", Contact::NAME), "Ana Lyst", 2),
        told("acme", (Subject::Contact, "c1", Contact::ROLE), "", 2),
        told("acme", (Subject::Note, "n1", Note::DAY), "2026-10-20", 3),
        told("cobalt", (Subject::Note, "n2", Note::TEXT), "Called", 3),
    ];
    store.tell(&project, &gone).await?;
    let record = store.account_record(&project, &Merges::default(), "acme").await?;
    assert!(record.contacts.is_empty());
    assert_eq!(record.notes[0].told, ["Ana Lyst"]);
    assert_eq!(record.notes[0].at, at(3));
    let all = store.account_notes(&project, &Merges::default()).await?;
    assert_eq!(all.keys().collect::<Vec<_>>(), ["acme", "cobalt"]);
    assert_eq!(all["acme"], record.notes);

    store.tell(&project, &[told("acme", (Subject::Note, "n1", Note::TEXT), "", 4)]).await?;
    assert!(store.account_record(&project, &Merges::default(), "acme").await?.notes.is_empty());
    assert_eq!(store.account_notes(&project, &Merges::default()).await?.len(), 1);
    Ok(())
}

fn at(minute: i64) -> Timestamp {
    NOON.plus_millis(minute * 60_000)
}

#[tokio::test]
async fn of_two_in_one_millisecond_the_greater_value_holds_everywhere() -> Result<()> {
    let Some(store) = testing::open("one_moment").await? else { return Ok(()) };
    let (store, project) = (store.connection, project()?);
    store.tell(&project, &[attribute("acme", "plan", "Team", 1)]).await?;
    store.tell(&project, &[attribute("acme", "plan", "Free", 1)]).await?;
    assert_eq!(
        store.account_record(&project, &Merges::default(), "acme").await?.attribute("plan"),
        Some("Team")
    );
    assert_eq!(
        store.attribute_of_accounts(&Grouping::none(project.clone()), "plan").await?["acme"],
        "Team"
    );
    let last = store.told_last(&project, &[Subject::Attribute]).await?;
    assert_eq!(last.iter().map(|told| &*told.value).collect::<Vec<_>>(), ["Team"]);
    Ok(())
}

/// What holds of values that were said of one thing, each with the account and the minute: what was
/// said last of the one account, else the latest of those of the others.
fn holds(said: &[(&str, &str, i64)], one: &str, merged: &[&str]) -> Option<String> {
    let last = |account: &str| {
        let own = said.iter().filter(|(of, ..)| *of == account);
        own.map(|(_, value, minute)| (*minute, *value)).max()
    };
    let there = |last: &(i64, &str)| !last.1.is_empty();
    let own = last(one);
    let other = merged.iter().filter_map(|account| last(account)).filter(there).max();
    let taken_away = |other: &(i64, &str)| own.is_some_and(|own| own.0 > other.0);
    let held = own.filter(there).or(other.filter(|other| !taken_away(other)));
    held.map(|(_, value)| value.to_owned())
}

#[tokio::test]
async fn of_accounts_that_are_one_the_same_holds_everywhere() -> Result<()> {
    const NAMES: usize = 60;
    let Some(store) = testing::open("said_merged").await? else { return Ok(()) };
    let (store, project) = (store.connection, project()?);
    let mut state = 7_u64;
    let mut draw = |n: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    };
    let (mut here, mut pages) = (Vec::new(), Vec::new());
    let values = ["", "x", "y", "z"];
    for name in 0..NAMES {
        for _ in 0..=draw(6) {
            let account = ["a", "b", "c", "d"][draw(4) as usize];
            let (value, minute) = (values[draw(4) as usize], 1 + draw(9) as i64);
            let of = if draw(3) == 0 { &mut pages } else { &mut here };
            of.push((format!("p{name}"), account, value, minute));
        }
    }
    let told: Vec<_> =
        here.iter().map(|(name, of, value, at)| attribute(of, name, value, *at)).collect();
    store.tell(&project, &told).await?;
    let events = (1..).zip(&pages).map(|(n, (name, account, value, minute))| EventRow {
        timestamp: at(*minute),
        ..group(n, account, &[(name, value)])
    });
    write(&store, batch_id(1), &events.collect::<Vec<_>>()).await?;

    let merge = |from, into| Merge::new(project.clone(), from, into).map_err(anyhow::Error::msg);
    // One through another, and one that is by itself.
    let chain = [merge("b", "c")?, merge("a", "b")?];
    let all = [Merges::default(), chain.iter().collect(), [merge("c", "a")?].iter().collect()];
    let (mut n_held, mut n_merged) = (0, 0);
    for merges in all {
        let grouping = Grouping { merges: merges.clone(), ..Grouping::none(project.clone()) };
        for one in ["a", "b", "c", "d"].into_iter().filter(|id| merges.account(id) == *id) {
            let others = merges.all_of(one).split_off(1);
            let others: Vec<_> = others.iter().map(String::as_str).collect();
            let record = store.account_record(&project, &merges, one).await?;
            for name in (0..NAMES).map(|n| format!("p{n}")) {
                let said = |all: &[(String, &'static str, &'static str, i64)]| {
                    let own = all.iter().filter(|(of, ..)| *of == name);
                    own.map(|(_, account, value, at)| (*account, *value, *at)).collect::<Vec<_>>()
                };
                let expected = holds(&said(&here), one, &others);
                let expected = expected.or_else(|| holds(&said(&pages), one, &others));
                let known = store.attribute_of_accounts(&grouping, &name).await?;
                assert_eq!(known.get(one), expected.as_ref(), "{name} of {one} and {others:?}");
                assert_eq!(record.attribute(&name), expected.as_deref(), "{name} of {one}");
                assert!(others.iter().all(|other| !known.contains_key(*other)), "{known:?}");
                n_held += usize::from(expected.is_some());
            }
            let of_other = record.attributes.iter().filter_map(|it| it.merged_from.as_deref());
            n_merged += of_other.inspect(|of| assert!(others.contains(of), "{of}")).count();
        }
    }
    assert!(n_held > 150 && n_merged > 40, "hardly anything: {n_held}, {n_merged}");
    Ok(())
}

#[tokio::test]
async fn contacts_and_notes_of_accounts_that_are_one_stand_together() -> Result<()> {
    let Some(store) = testing::open("contacts_merged").await? else { return Ok(()) };
    let (store, project) = (store.connection, project()?);
    store.tell(&project, &visit(1)).await?;
    let note = |name, value| told("cobalt", (Subject::Note, "n2", name), value, 5);
    let called = [
        note(Note::DAY, "2026-10-02"),
        note(Note::TEXT, "Called"),
        told("cobalt", (Subject::Contact, "c2", Contact::NAME), "Cy", 5),
        told("cobalt", (Subject::Contact, "c2", Contact::ROLE), "other", 5),
    ];
    store.tell(&project, &called).await?;
    let merge = Merge::new(project.clone(), "acme", "cobalt").map_err(anyhow::Error::msg)?;
    let merges: Merges = [merge].iter().collect();
    // By either id, it is the one account.
    for id in ["acme", "cobalt"] {
        let record = store.account_record(&project, &merges, id).await?;
        let contacts: Vec<_> = record.contacts.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(contacts, ["Ana", "Cy"]);
        let notes: Vec<_> = record.notes.iter().map(|it| (&*it.text, it.told.join(","))).collect();
        let trained = ("Trained the new analyst", "Ana".to_owned());
        assert_eq!(notes, [("Called", String::new()), trained]);
        let from: Vec<_> = record.changes.iter().map(|it| it.merged_from.as_deref()).collect();
        assert_eq!(from, [Some("acme"), Some("acme"), None, None]);
        let all = store.account_notes(&project, &merges).await?;
        assert_eq!(all.into_iter().collect::<Vec<_>>(), [("cobalt".to_owned(), record.notes)]);
    }
    let apart = store.account_record(&project, &Merges::default(), "cobalt").await?;
    assert_eq!((apart.contacts.len(), apart.notes.len()), (1, 1));
    Ok(())
}
