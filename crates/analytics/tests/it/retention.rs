//! Retention of random histories, asked of the engine and counted by hand.
//!
//! The count by hand is written from the sentences that define retention: it looks each event up
//! in the calendar, and asks of every cohort and every cell who is in it.

use crate::calendar;
use crate::calendar::{Calendar, Season, season};
use crate::history::{self, Happening};
use crate::random::{
    HISTORIES, account_of, draw, is_activity, is_counted, load, named, person, seed, step,
    takes_step, target,
};
use analytics::report::retention::{By, Cohorts, Returns};
use analytics::{Answer, DateRange, Period, Query, Retention, Scope, Step, Target};
use anyhow::{Result, bail, ensure};
use proptest::prelude::*;
use protocol::Timestamp;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use store::{Connection, WeekStart};

const QUESTIONS: usize = 60;

/// People by cohort and periods later; only cells with any.
type Cells = BTreeMap<(u32, u32), u64>;

/// A question, the time at which it is asked, and the first day of the week.
#[derive(Debug, Clone)]
struct Question {
    season: &'static Season,
    retention: Retention,
    now: i64,
    week_start: WeekStart,
}

impl Question {
    fn scope(&self) -> Result<Scope> {
        self.season.scope(self.week_start)
    }

    fn calendar(&self) -> Calendar {
        let DateRange::Between { from, to } = self.retention.date_range else {
            unreachable!("they are drawn so")
        };
        let days = (from, to);
        Calendar::new(self.season, self.retention.period, days, self.week_start, self.now)
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
    let now = season().prop_flat_map(|season| (Just(season), season.at()));
    let when = (3_i64..20, 0_i64..12, any::<bool>(), now, any::<bool>());
    (step(), step(), any::<bool>(), how, when).prop_map(|(start, other, is_same, how, when)| {
        let (period, cohorts, returns, by, followed) = how;
        let (from, days, is_late, (season, now), is_sunday) = when;
        let day = |days| season.day(days);
        let date_range = DateRange::Between { from: day(from), to: day(from + days) };
        let returning = if is_same { start.clone() } else { other };
        let retention =
            Retention { start, returning, period, followed, cohorts, returns, by, date_range };
        // Some questions are asked after everything, some in the middle of it.
        let soon = season.midnight(day(from + 2));
        let now = if is_late { season.late() } else { now.max(soon) };
        let week_start = if is_sunday { WeekStart::Sunday } else { WeekStart::Monday };
        Question { season, retention, now, week_start }
    })
}

/// The count by hand.
mod by_hand {
    use super::*;

    /// The cells of one history.
    pub(super) fn cells(history: &[Happening], question: &Question, calendar: &Calendar) -> Cells {
        let retention = &question.retention;
        let mut actors: BTreeMap<String, (Vec<i64>, BTreeSet<i64>)> = BTreeMap::new();
        let is_working = retention.period == Period::WorkingDay;
        let mut in_time: Vec<_> = history.iter().filter(|event| event.at <= question.now).collect();
        in_time.sort_by_key(|event| event.at);
        for event in in_time {
            let is_out = is_working && question.season.is_weekend(event.at);
            if is_out || !is_counted(history, event) {
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
        let mut cells = Cells::new();
        for (starts, returns) in actors.values() {
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
                        *cells.entry((cohort as u32, later as u32)).or_default() += 1;
                    }
                }
            }
        }
        cells
    }

    fn is(step: &Option<Step>, history: &[Happening], event: &Happening) -> bool {
        match step {
            Some(step) => takes_step(step, history, event),
            None => is_activity(event),
        }
    }
}

/// The cells of all histories.
fn expected(histories: &[Vec<Happening>], question: &Question) -> Cells {
    let calendar = question.calendar();
    let mut all = Cells::new();
    for (n, history) in histories.iter().enumerate() {
        for (cell, people) in by_hand::cells(&named(history, n), question, &calendar) {
            *all.entry(cell).or_default() += people;
        }
    }
    all
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
    let histories = draw(seed, HISTORIES, &calendar::history())?;
    let questions = draw(seed ^ 2, QUESTIONS, &question())?;
    let Some(connection) = load("retention", &histories).await? else { return Ok(()) };
    let mut n_cells = 0;
    for question in &questions {
        let expected = expected(&histories, question);
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
    Ok(())
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
