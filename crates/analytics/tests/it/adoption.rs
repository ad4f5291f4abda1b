//! Features side by side over random histories, asked of the engine and counted by hand.

use crate::calendar::{Calendar, ZONE, at, day, is_weekend, midnight};
use crate::history::{self, Happening, feature_id};
use crate::random::{
    FEATURES, HISTORIES, account_of, draw, happening, load, named, person, seed, takes,
};
use analytics::{Adoption, Answer, DateRange, Period, Query, Scope, Target};
use anyhow::{Result, bail, ensure};
use proptest::prelude::*;
use protocol::{Kind, Timestamp};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use store::{Connection, WeekStart};

const QUESTIONS: usize = 30;

/// Everybody, under an empty id.
const ALL: &str = "";

/// What is counted of a feature.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
struct Row {
    feature: String,
    uses: u64,
    people: u64,
    accounts: u64,
    trend: Vec<u64>,
    followed: u64,
    again: u64,
    stayed: u64,
}

#[derive(Debug)]
struct Question {
    adoption: Adoption,
    days: (i64, i64),
    now: i64,
}

impl Question {
    fn scope() -> Result<Scope> {
        history::scope(ZONE)
    }

    fn calendar(&self) -> Calendar {
        let days = (day(self.days.0), day(self.days.1));
        Calendar::new(self.adoption.period, days, WeekStart::Monday, self.now)
    }
}

fn question() -> impl Strategy<Value = Question> {
    let period = prop_oneof![
        Just(Period::Hour),
        Just(Period::Day),
        Just(Period::WorkingDay),
        Just(Period::Week),
        Just(Period::Month),
    ];
    (period, 1_u32..5, 0_i64..20, 2_i64..12, any::<bool>(), at()).prop_map(
        |(period, after, from, days, is_late, now)| {
            let days = if period == Period::Hour { (from, from + 1) } else { (from, from + days) };
            let date_range = DateRange::Between { from: day(days.0), to: day(days.1) };
            let adoption = Adoption { period, after, date_range };
            let now = if is_late { midnight(day(300)) } else { now.max(midnight(day(from + 3))) };
            Question { adoption, days, now }
        },
    )
}

/// What one person did: the periods in which, how often, and for whom.
#[derive(Default)]
struct Done {
    periods: BTreeSet<usize>,
    uses: u64,
    accounts: BTreeSet<String>,
}

/// What is counted, by feature.
fn by_hand(histories: &[Vec<Happening>], question: &Question) -> BTreeMap<String, Row> {
    let calendar = question.calendar();
    let mut done: BTreeMap<String, BTreeMap<String, Done>> = BTreeMap::new();
    for (n, history) in histories.iter().enumerate() {
        let history = named(history, n);
        for event in &history {
            let is_out = question.adoption.period == Period::WorkingDay && is_weekend(event.at);
            if event.is_automated || event.at > question.now || is_out {
                continue;
            }
            let Some(period) = calendar.number(event.at).and_then(|n| usize::try_from(n).ok())
            else {
                continue;
            };
            if period >= calendar.n {
                continue;
            }
            let uses = FEATURES.iter().map(|(name, ..)| feature_id(name));
            let uses = uses.filter(|id| takes(&Target::Feature(id.clone()), event));
            let mut of: Vec<String> = uses.map(|id| id.to_string()).collect();
            if event.kind != Kind::Identify {
                of.push(ALL.to_owned());
            }
            for feature in of {
                let who = person(&history, event);
                let it = done.entry(feature).or_default().entry(who).or_default();
                it.periods.insert(period);
                it.uses += 1;
                it.accounts.extend(Some(account_of(&history, event)).filter(|a| !a.is_empty()));
            }
        }
    }
    let everybody = done.remove(ALL).unwrap_or_default();
    let row = |feature: String, people: &BTreeMap<String, Done>| {
        let mut row = Row { trend: vec![0; calendar.n], feature, ..Row::default() };
        row.people = people.len() as u64;
        let accounts: BTreeSet<_> = people.values().flat_map(|done| &done.accounts).collect();
        row.accounts = accounts.len() as u64;
        for (who, done) in people {
            row.uses += if row.feature == ALL { 0 } else { done.uses };
            for period in &done.periods {
                row.trend[*period] += 1;
                let later = period + question.adoption.after as usize;
                if later < calendar.n && calendar.periods[later].1 <= question.now {
                    row.followed += 1;
                    row.again += u64::from(done.periods.contains(&later));
                    row.stayed += u64::from(everybody[who].periods.contains(&later));
                }
            }
        }
        (row.feature.clone(), row)
    };
    let mut rows: BTreeMap<_, _> =
        done.iter().map(|(id, people)| row(id.clone(), people)).collect();
    rows.extend([row(ALL.to_owned(), &everybody)]);
    rows
}

async fn ask(
    connection: &Connection,
    question: &Question,
    is_filled: bool,
) -> Result<BTreeMap<String, Row>> {
    let query = Query::Adoption(question.adoption.clone());
    let features = history::features(connection, is_filled).await?;
    let now = Timestamp::from_millis(question.now);
    let databases = connection.databases();
    let mut rows = BTreeMap::new();
    for statement in analytics::compile(&query, &features, &Question::scope()?, databases, now)? {
        let answer = connection.json::<Row>(&statement).await?;
        rows.extend(answer.into_iter().map(|row| (row.feature.clone(), row)));
    }
    Ok(rows)
}

#[tokio::test]
async fn features_are_compared_as_by_hand() -> Result<()> {
    let seed = seed()?;
    let histories = draw(seed, HISTORIES, &prop::collection::vec(happening(at()), 1..12))?;
    let questions = draw(seed ^ 3, QUESTIONS, &question())?;
    let Some(connection) = load("adoption", &histories).await? else { return Ok(()) };
    let mut n_again = 0;
    for question in &questions {
        let expected = by_hand(&histories, question);
        n_again += expected.values().map(|row| row.again).sum::<u64>();
        for is_filled in [true, false] {
            let rows = ask(&connection, question, is_filled).await?;
            ensure!(rows == expected, "seed {seed}\n{question:?}\n{rows:#?}\nnot {expected:#?}");
        }
        is_told_in_shares(&connection, question, &expected).await?;
    }
    ensure!(n_again > 1_000, "hardly anybody came again: {n_again}");
    Ok(())
}

/// The answer has each feature, and its shares are of these numbers.
async fn is_told_in_shares(
    connection: &Connection,
    question: &Question,
    rows: &BTreeMap<String, Row>,
) -> Result<()> {
    let query = Query::Adoption(question.adoption.clone());
    let now = Timestamp::from_millis(question.now);
    let answer = analytics::run(connection, &Question::scope()?, &query, now).await?;
    let Answer::Adoption(answer) = answer else { bail!("another report") };
    ensure!(answer.features.len() == FEATURES.len(), "{answer:?}");
    let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
    let all = &rows[ALL];
    ensure!((answer.people, &answer.trend) == (all.people, &all.trend), "{answer:?}");
    for feature in &answer.features {
        let row = rows.get(&feature.feature).cloned().unwrap_or_default();
        let expected = (
            share(row.again, row.followed),
            share(row.stayed, row.followed),
            share(all.stayed - row.stayed, all.followed - row.followed),
        );
        let told = (feature.retention, feature.staying.with, feature.staying.without);
        ensure!(told == expected, "{question:?}: {told:?}, not {expected:?}");
        ensure!(feature.trend.len() == answer.periods.len(), "{feature:?}");
    }
    Ok(())
}
