//! Retention of random histories, asked of the engine and counted by hand.
//!
//! The count by hand is written from the sentences that define retention: it looks each event up
//! in the calendar, and asks of every cohort and every cell who is in it.

use crate::calendar::{Calendar, ZONE, at, day, is_weekend, midnight};
use crate::history::{self, Happening};
use crate::listed::Lists;
use crate::random::{
    HISTORIES, account_of, draw, happening, load, named, person, seed, step, takes_step, target,
};
use analytics::report::retention::{By, Cohorts, Returns, Who};
use analytics::{Answer, Behind, DateRange, List, Period, Query, Retention, Scope, Step, Target};
use anyhow::{Result, bail, ensure};
use proptest::prelude::*;
use protocol::Timestamp;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use store::{Connection, WeekStart};

const QUESTIONS: usize = 60;

/// How many people by cohort and periods later; only cells with any.
type Cells = BTreeMap<(u32, u32), u64>;

/// Who they are.
type Sets = BTreeMap<(u32, u32), BTreeSet<String>>;

/// A question, the time at which it is asked, and the first day of the week.
#[derive(Debug, Clone)]
struct Question {
    retention: Retention,
    now: i64,
    week_start: WeekStart,
}

impl Question {
    fn scope(&self) -> Result<Scope> {
        Ok(Scope { week_start: self.week_start, ..history::scope(ZONE)? })
    }

    fn calendar(&self) -> Calendar {
        let DateRange::Between { from, to } = self.retention.date_range else {
            unreachable!("they are drawn so")
        };
        Calendar::new(self.retention.period, (from, to), self.week_start, self.now)
    }
}

fn question() -> impl Strategy<Value = Question> {
    let step = || proptest::option::weighted(0.8, step(target()));
    let period = prop_oneof![
        Just(Period::Hour),
        Just(Period::Day),
        Just(Period::WorkingDay),
        Just(Period::Week),
        Just(Period::Month),
    ];
    let cohorts = prop_oneof![Just(Cohorts::Recurring), Just(Cohorts::First)];
    let returns = prop_oneof![Just(Returns::On), Just(Returns::OnOrAfter)];
    let by = prop_oneof![3 => Just(By::People), 1 => Just(By::Accounts)];
    let how = (period, cohorts, returns, by, prop_oneof![4 => 1_u32..8, 1 => Just(100)]);
    let when = (3_i64..20, 0_i64..12, any::<bool>(), at(), any::<bool>());
    (step(), step(), any::<bool>(), how, when).prop_map(|(start, other, is_same, how, when)| {
        let (period, cohorts, returns, by, followed) = how;
        let (from, days, is_late, now, is_sunday) = when;
        let date_range = DateRange::Between { from: day(from), to: day(from + days) };
        let returning = if is_same { start.clone() } else { other };
        let retention =
            Retention { start, returning, period, followed, cohorts, returns, by, date_range };
        // Some questions are asked after everything, some in the middle of it.
        let now = if is_late { midnight(day(300)) } else { now.max(midnight(day(from + 2))) };
        let week_start = if is_sunday { WeekStart::Sunday } else { WeekStart::Monday };
        Question { retention, now, week_start }
    })
}

/// The count by hand.
mod by_hand {
    use super::*;

    /// Who is in the cells of one history.
    pub(super) fn sets(history: &[Happening], question: &Question, calendar: &Calendar) -> Sets {
        let retention = &question.retention;
        let mut actors: BTreeMap<String, (Vec<i64>, BTreeSet<i64>)> = BTreeMap::new();
        let is_working = retention.period == Period::WorkingDay;
        let mut in_time: Vec<_> = history.iter().filter(|event| event.at <= question.now).collect();
        in_time.sort_by_key(|event| event.at);
        for event in in_time {
            if event.is_automated || (is_working && is_weekend(event.at)) {
                continue;
            }
            let Some(number) = calendar.number(event.at) else { continue };
            let actor = match retention.by {
                By::People => person(history, event),
                By::Accounts => account_of(history, event),
            };
            if retention.by == By::Accounts && actor.is_empty() {
                continue;
            }
            let (starts, returns) = actors.entry(actor).or_default();
            if is(&retention.start, history, event) {
                starts.push(number);
            }
            if is(&retention.returning, history, event) {
                returns.insert(number);
            }
        }
        let mut sets = Sets::new();
        for (actor, (starts, returns)) in &actors {
            let cohorts: BTreeSet<i64> = match retention.cohorts {
                Cohorts::Recurring => starts.iter().copied().collect(),
                Cohorts::First => starts.first().copied().into_iter().collect(),
            };
            let cohorts = cohorts.into_iter().filter(|n| (0..calendar.n as i64).contains(n));
            for cohort in cohorts {
                for later in 0..=i64::from(retention.followed) {
                    let came = match retention.returns {
                        Returns::On => returns.contains(&(cohort + later)),
                        Returns::OnOrAfter => returns.iter().any(|n| *n >= cohort + later),
                    };
                    if later == 0 || came {
                        let set = sets.entry((cohort as u32, later as u32)).or_default();
                        set.insert(actor.clone());
                    }
                }
            }
        }
        sets
    }

    fn is(step: &Option<Step>, history: &[Happening], event: &Happening) -> bool {
        match step {
            Some(step) => takes_step(step, history, event),
            None => event.kind != protocol::Kind::Identify,
        }
    }
}

/// Who is in the cells of all histories.
fn sets(histories: &[Vec<Happening>], question: &Question) -> Sets {
    let calendar = question.calendar();
    let mut all = Sets::new();
    for (n, history) in histories.iter().enumerate() {
        for (cell, people) in by_hand::sets(&named(history, n), question, &calendar) {
            all.entry(cell).or_default().extend(people);
        }
    }
    all
}

/// The cells of all histories.
fn expected(histories: &[Vec<Happening>], question: &Question) -> Cells {
    let sets = sets(histories, question);
    sets.into_iter().map(|(cell, people)| (cell, people.len() as u64)).collect()
}

async fn ask(connection: &Connection, question: &Question, is_filled: bool) -> Result<Cells> {
    #[derive(Deserialize)]
    struct Row {
        cohort: u32,
        distance: u32,
        people: u64,
    }
    let query = Query::Retention(question.retention.clone());
    let features = history::features(connection, is_filled).await?;
    let now = Timestamp::from_millis(question.now);
    let databases = connection.databases();
    let mut cells = Cells::new();
    for statement in analytics::compile(&query, &features, &question.scope()?, databases, now)? {
        let rows = connection.json::<Row>(&statement).await?;
        cells.extend(rows.iter().map(|row| ((row.cohort, row.distance), row.people)));
    }
    Ok(cells)
}

/// The first history that alone is counted wrongly.
async fn smallest(
    mut histories: Vec<Vec<Happening>>,
    question: &Question,
    is_filled: bool,
) -> Result<Vec<Happening>> {
    for round in 0.. {
        let (one, other) = histories.split_at(histories.len() / 2);
        let half = if one.is_empty() { other } else { one };
        let name = format!("retention_{round}");
        let Some(connection) = load(&name, half).await? else { break };
        let is_wrong = ask(&connection, question, is_filled).await? != expected(half, question);
        histories = if is_wrong { half.to_vec() } else { other.to_vec() };
        if histories.len() == 1 {
            break;
        }
    }
    Ok(histories.concat())
}

#[tokio::test]
async fn random_histories_come_back_as_by_hand() -> Result<()> {
    let seed = seed()?;
    let histories = draw(seed, HISTORIES, &prop::collection::vec(happening(at()), 1..12))?;
    let questions = draw(seed ^ 2, QUESTIONS, &question())?;
    let Some(connection) = load("retention", &histories).await? else { return Ok(()) };
    let (mut n_cells, mut n_listed) = (0, 0);
    for question in &questions {
        let sets = sets(&histories, question);
        let expected: Cells = sets.iter().map(|(cell, set)| (*cell, set.len() as u64)).collect();
        n_listed += lists(&connection, question, &sets).await?;
        n_cells += expected.len();
        let steps = [&question.retention.start, &question.retention.returning];
        let is_feature = |step: &&Option<Step>| {
            step.as_ref().is_some_and(|step| matches!(step.target, Target::Feature(_)))
        };
        // Until the uses of features are filled in, the events are asked, and answer the same.
        let sources: &[bool] = if steps.iter().any(is_feature) { &[true, false] } else { &[true] };
        for is_filled in sources {
            let answer = ask(&connection, question, *is_filled).await?;
            if answer != expected {
                let history = smallest(histories.clone(), question, *is_filled).await?;
                bail!("seed {seed}\n{question:#?}\n{history:#?}\n{answer:?}\nby hand {expected:?}");
            }
        }
        is_told_as_far_as_known(&connection, question, &expected).await?;
    }
    ensure!(n_cells > QUESTIONS * 5, "hardly anything was compared: {n_cells} cells");
    ensure!(n_listed > 10_000, "hardly anybody is listed: {n_listed}");
    Ok(())
}

/// Of the first and the largest cohort: all of it, who came back one period later, in the middle and
/// in the last one, and who did not.
async fn lists(connection: &Connection, question: &Question, sets: &Sets) -> Result<usize> {
    let (scope, calendar) = (question.scope()?, question.calendar());
    let features = history::features(connection, question.now % 2 == 0).await?;
    let lists = Lists { connection, scope: &scope, features: &features, now: question.now };
    let none = BTreeSet::new();
    let of = |cohort: u32, later| sets.get(&(cohort, later)).unwrap_or(&none);
    let largest = (0..calendar.n as u32).max_by_key(|cohort| of(*cohort, 0).len()).unwrap_or(0);
    let followed = question.retention.followed;
    let mut n_listed = 0;
    for (cohort, later) in
        [(0, 0), (0, 1), (largest, 0), (largest, followed / 2), (largest, followed)]
    {
        let (began, there) = (of(cohort, 0), of(cohort, later));
        let stayed_away: Vec<_> = began.difference(there).collect();
        let list = |came| {
            let who = Who { cohort: cohort + 1, later, came };
            List::Retention(Behind { question: question.retention.clone(), who })
        };
        if calendar.periods[(cohort + later) as usize].0 > question.now {
            ensure!(lists.people(&list(true)).await.is_err(), "the list of what is to come");
            continue;
        }
        n_listed += lists.are(&list(true), there.len() as u64, there).await?.len();
        if later > 0 {
            let n = (began.len() - there.len()) as u64;
            n_listed += lists.are(&list(false), n, stayed_away).await?.len();
        }
    }
    Ok(n_listed)
}

/// The answer has a cell for each period that has begun, complete where it is over, and its mean
/// is that of the complete ones.
async fn is_told_as_far_as_known(
    connection: &Connection,
    question: &Question,
    cells: &Cells,
) -> Result<()> {
    let query = Query::Retention(question.retention.clone());
    let now = Timestamp::from_millis(question.now);
    let answer = analytics::run(connection, &question.scope()?, &query, now).await?;
    let Answer::Retention(answer) = answer else { bail!("another report") };
    let calendar = question.calendar();
    ensure!(answer.cohorts.len() == calendar.n, "{} cohorts", answer.cohorts.len());
    let mut complete: BTreeMap<usize, (u64, u64)> = BTreeMap::new();
    for (n, cohort) in answer.cohorts.iter().enumerate() {
        let begun = calendar.periods[n..].iter().take(question.retention.followed as usize + 1);
        let begun: Vec<_> = begun.filter(|(start, _)| *start <= question.now).collect();
        ensure!(cohort.cells.len() == begun.len(), "{question:?}: {cohort:?}");
        for (later, (cell, (_, end))) in cohort.cells.iter().zip(begun).enumerate() {
            let people = cells.get(&(n as u32, later as u32)).copied().unwrap_or(0);
            ensure!(cell.people == people, "{question:?}: {n} {later} {cell:?}");
            ensure!(cell.is_complete == (*end <= question.now), "{question:?}: {cell:?}");
            if cell.is_complete {
                let (came, of) = complete.entry(later).or_default();
                (*came, *of) = (*came + people, *of + cohort.size);
            }
        }
    }
    for (later, mean) in answer.mean.iter().enumerate() {
        let (came, of) = complete.get(&later).copied().unwrap_or_default();
        let expected = (of > 0).then(|| came as f64 / of as f64);
        ensure!(*mean == expected, "{question:?}: {later} {mean:?} {expected:?}");
    }
    Ok(())
}
