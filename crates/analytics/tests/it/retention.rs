//! Retention of random histories, asked of the engine and counted by hand.
//!
//! The count by hand is written from the sentences that define retention: it looks each event up
//! in the calendar, and asks of every cohort and every cell who is in it.

use crate::calendar;
use crate::calendar::{Calendar, Season, season};
use crate::history::{self, Happening};
use crate::listed::{Lists, Stays};
use crate::random::{HISTORIES, Rules, draw, load, property, rules, seed, step, target};
use crate::span::{Told, is, stays, told};
use analytics::report::retention::{By, Cohorts, Returns, Series, Who};
use analytics::{
    Among, Answer, Behind, Cohort, DateRange, List, Period, Property, Query, Retention, Scope,
    Step, Target,
};
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

/// Who somebody is, the value that he is counted under, and the cells that he is in.
type Course = (String, String, Vec<(u32, u32)>);

/// How many values have cells of their own.
const VALUES: usize = 5;
/// The cells of everybody, and of each value in the order of the answer, with its value and whether
/// it is the others.
#[derive(Debug, Default, PartialEq)]
struct Counted {
    all: Cells,
    series: Vec<(String, bool, Cells)>,
}

/// A question, the time at which it is asked, and the first day of the week.
#[derive(Debug, Clone)]
struct Question {
    season: &'static Season,
    retention: Retention,
    now: i64,
    week_start: WeekStart,
    rules: Rules,
}

impl Question {
    fn scope(&self) -> Result<Scope> {
        self.season.scope(self.week_start, self.rules)
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
    let breakdown = proptest::option::weighted(0.5, property());
    let what = (step(), step(), any::<bool>(), breakdown, rules());
    (what, how, when).prop_map(|(what, how, when)| {
        let (start, other, is_same, breakdown, rules) = what;
        let (period, cohorts, returns, by, followed) = how;
        let (from, days, is_late, (season, now), is_sunday) = when;
        let day = |days| season.day(days);
        // A weekend has no working day.
        let days = if period == Period::WorkingDay { days.max(2) } else { days };
        let date_range = DateRange::Between { from: day(from), to: day(from + days) };
        let returning = if is_same { start.clone() } else { other };
        let retention = Retention {
            among: Among::default(),
            start,
            returning,
            period,
            followed,
            cohorts,
            returns,
            by,
            date_range,
            breakdown,
        };
        // Some questions are asked after everything, some in the middle of it.
        let soon = season.midnight(day(from + 2));
        let now = if is_late { season.late() } else { now.max(soon) };
        let week_start = if is_sunday { WeekStart::Sunday } else { WeekStart::Monday };
        Question { season, retention, now, week_start, rules }
    })
}

/// The count by hand.
mod by_hand {
    use super::*;

    /// What one does: his starts with their values, and the periods of his returns.
    #[derive(Default)]
    struct Doings {
        starts: Vec<i64>,
        valued: Vec<(i64, String)>,
        returns: BTreeSet<i64>,
    }

    impl Doings {
        /// What he is counted under.
        fn value(&self, property: &Property) -> String {
            let known = self.valued.iter();
            let known = known.filter(|(_, of)| *property == Property::Account || !of.is_empty());
            known.min().map_or_else(String::new, |(_, value)| value.clone())
        }
    }

    /// The course of each who is in the histories.
    pub(super) fn cells(all: &[Told], question: &Question, calendar: &Calendar) -> Vec<Course> {
        let retention = &question.retention;
        let mut actors: BTreeMap<&str, Doings> = BTreeMap::new();
        let is_working = retention.period == Period::WorkingDay;
        let is_out = |at| is_working && question.season.is_weekend(at);
        let counted =
            |told: &&Told| told.judged.is_counted(question.rules) && told.event.at <= question.now;
        let mut in_time: Vec<_> = all.iter().filter(counted).collect();
        in_time.sort_by_key(|told| told.event.at);
        for told in in_time.into_iter().filter(|told| !is_out(told.event.at)) {
            let Some(number) = calendar.number(told.event.at) else { continue };
            let Some(actor) = told.actor(retention.by) else { continue };
            let doings = actors.entry(actor).or_default();
            if is(&retention.start, told) {
                doings.starts.push(number);
                let is_shown = (0..calendar.n as i64).contains(&number);
                if let Some(property) = retention.breakdown.as_ref().filter(|_| is_shown) {
                    doings.valued.push((told.event.at, told.value(property)));
                }
            }
            if is(&retention.returning, told) {
                doings.returns.insert(number);
            }
        }
        let mut all = Vec::new();
        for (actor, doings) in &actors {
            let Doings { starts, returns, .. } = doings;
            let mut cells = Vec::new();
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
                        cells.push((cohort as u32, later as u32));
                    }
                }
            }
            let value = retention.breakdown.as_ref().map(|property| doings.value(property));
            all.push(((*actor).to_owned(), value.unwrap_or_default(), cells));
        }
        all
    }
}

/// Who is in the cells of all histories.
fn sets(told: &[Told], question: &Question) -> Sets {
    let mut all = Sets::new();
    for (actor, _, cells) in by_hand::cells(told, question, &question.calendar()) {
        for cell in cells {
            all.entry(cell).or_default().insert(actor.clone());
        }
    }
    all
}

/// Who is in the cells of each value.
fn sets_by_value(told: &[Told], question: &Question) -> BTreeMap<String, Sets> {
    let mut all: BTreeMap<String, Sets> = BTreeMap::new();
    for (actor, value, cells) in by_hand::cells(told, question, &question.calendar()) {
        let sets = all.entry(value).or_default();
        for cell in cells {
            sets.entry(cell).or_default().insert(actor.clone());
        }
    }
    all
}

/// The cells of all histories.
fn expected(told: &[Told], question: &Question) -> Counted {
    let mut all = Cells::new();
    let mut by_value: BTreeMap<String, Cells> = BTreeMap::new();
    for (_, value, cells) in by_hand::cells(told, question, &question.calendar()) {
        for cell in cells {
            *all.entry(cell).or_default() += 1;
            *by_value.entry(value.clone()).or_default().entry(cell).or_default() += 1;
        }
    }
    let series = question.retention.breakdown.as_ref().map(|_| ranked(by_value));
    Counted { all, series: series.unwrap_or_default() }
}

/// The values with most in cohorts, then the others together, and last those without one.
fn ranked(mut by_value: BTreeMap<String, Cells>) -> Vec<(String, bool, Cells)> {
    let size = |cells: &Cells| {
        cells.iter().filter(|((_, later), _)| *later == 0).map(|(_, people)| *people).sum::<u64>()
    };
    let none = by_value.remove("");
    let mut ranked: Vec<_> = by_value.into_iter().collect();
    ranked.sort_by_key(|(value, cells)| (std::cmp::Reverse(size(cells)), value.clone()));
    let mut others = Cells::new();
    for (_, cells) in ranked.drain(VALUES.min(ranked.len())..) {
        for (cell, people) in cells {
            *others.entry(cell).or_default() += people;
        }
    }
    let others = Some(others).filter(|cells| !cells.is_empty());
    let ranked = ranked.into_iter().map(|(value, cells)| (value, false, cells));
    ranked
        .chain(others.map(|cells| (String::new(), true, cells)))
        .chain(none.map(|cells| (String::new(), false, cells)))
        .collect()
}

async fn ask(connection: &Connection, question: &Question, is_filled: bool) -> Result<Counted> {
    #[derive(Deserialize)]
    struct Row {
        #[serde(default)]
        place: usize,
        #[serde(default)]
        value: String,
        cohort: u32,
        distance: u32,
        people: u64,
    }
    let query = Query::Retention(question.retention.clone());
    let features = history::features(connection, is_filled).await?;
    let now = Timestamp::from_millis(question.now);
    let databases = connection.databases();
    let mut all = Cells::new();
    let mut places: BTreeMap<usize, (String, bool, Cells)> = BTreeMap::new();
    for statement in analytics::compile(&query, &features, &question.scope()?, databases, now)? {
        let rows = connection.json::<Row>(&statement).await?;
        for Row { place, value, cohort, distance, people } in rows {
            let cells = match place {
                0 => &mut all,
                place => {
                    let value = if place > VALUES { String::new() } else { value };
                    let of = (value, place == VALUES + 1, Cells::new());
                    &mut places.entry(place).or_insert(of).2
                }
            };
            cells.insert((cohort, distance), people);
        }
    }
    Ok(Counted { all, series: places.into_values().collect() })
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
        let is_wrong =
            ask(&connection, question, is_filled).await? != expected(&told(half), question);
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
    let told = told(&histories);
    let stays = stays(&told);
    let (mut n_cells, mut n_valued, mut n_others) = (0, 0, 0);
    let (mut n_listed, mut n_of_value, mut n_of_others) = (0, 0, 0);
    for question in &questions {
        let expected = expected(&told, question);
        n_listed += lists((&connection, &stays), question, &sets(&told, question), Of::All).await?;
        let valued = question.retention.breakdown.as_ref().map(|_| sets_by_value(&told, question));
        for (value, sets) in valued.iter().flatten().take(2) {
            n_of_value +=
                lists((&connection, &stays), question, sets, Of::Value(value.as_str())).await?;
        }
        if let Some(valued) = &valued {
            let shown = expected.series.iter().map(|(value, ..)| value.as_str());
            let others = others(valued, &shown.collect());
            n_of_others += lists((&connection, &stays), question, &others, Of::Others).await?;
        }
        n_cells += expected.all.len();
        n_valued += expected.series.iter().map(|(_, _, cells)| cells.len()).sum::<usize>();
        n_others += expected.series.iter().filter(|(_, is_others, _)| *is_others).count();
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
    ensure!(
        n_listed > 10_000 && n_of_value > 1_000 && n_of_others > 100,
        "hardly anybody is listed: {n_listed}, {n_of_value}, {n_of_others}"
    );
    ensure!(n_valued > n_cells / 3 && n_others > 3, "hardly any values: {n_valued}, {n_others}");
    Ok(())
}

/// Whose cells are listed.
#[derive(Debug, Clone, Copy)]
enum Of<'a> {
    All,
    Value(&'a str),
    Others,
}

/// Who is in the cells of the values that have none of their own.
fn others(by_value: &BTreeMap<String, Sets>, shown: &BTreeSet<&str>) -> Sets {
    let mut all = Sets::new();
    for (value, sets) in by_value {
        if !value.is_empty() && !shown.contains(value.as_str()) {
            for (cell, who) in sets {
                all.entry(*cell).or_default().extend(who.iter().cloned());
            }
        }
    }
    all
}

/// Of the first and the largest cohort: all of it, who came back one period later, in the middle and
/// in the last one, and who did not.
async fn lists(
    (connection, stays): (&Connection, &Stays),
    question: &Question,
    sets: &Sets,
    of_value: Of<'_>,
) -> Result<usize> {
    let (scope, calendar) = (question.scope()?, question.calendar());
    let features = history::features(connection, question.now % 2 == 0).await?;
    let lists = Lists { connection, stays, scope: &scope, features: &features, now: question.now };
    let none = BTreeSet::new();
    let of = |cohort: u32, later| sets.get(&(cohort, later)).unwrap_or(&none);
    let largest = (0..calendar.n as u32).max_by_key(|cohort| of(*cohort, 0).len()).unwrap_or(0);
    let followed = question.retention.followed;
    let mut n_listed = 0;
    let list = |cohort, later, came| {
        let (value, others) = match of_value {
            Of::All => (None, false),
            Of::Value(value) => (Some(value.to_owned()), false),
            Of::Others => (None, true),
        };
        let who = Who { cohort, later, came, value, others };
        List::Retention(Behind { question: question.retention.clone(), who })
    };
    let all: BTreeSet<_> = (0..calendar.n as u32).flat_map(|cohort| of(cohort, 0)).collect();
    n_listed += lists.are(&list(None, 0, true), all.len() as u64, all).await?.len();
    for (cohort, later) in
        [(0, 0), (0, 1), (largest, 0), (largest, followed / 2), (largest, followed)]
    {
        let (began, there) = (of(cohort, 0), of(cohort, later));
        let stayed_away: Vec<_> = began.difference(there).collect();
        let list = |came| list(Some(cohort + 1), later, came);
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
    expected: &Counted,
) -> Result<()> {
    let query = Query::Retention(question.retention.clone());
    let now = Timestamp::from_millis(question.now);
    let answer = analytics::run(connection, &question.scope()?, &query, now).await?;
    let Answer::Retention(answer) = answer else { bail!("another report") };
    cohorts_are(question, &answer.cohorts, &answer.mean, &expected.all)?;
    ensure!(answer.series.len() == expected.series.len(), "{question:?}: {:?}", answer.series);
    for (series, (value, is_others, cells)) in answer.series.iter().zip(&expected.series) {
        let Series { value: told, is_others: is_told, cohorts, mean } = series;
        ensure!((told, is_told) == (value, is_others), "{question:?}: {told} {value}");
        cohorts_are(question, cohorts, mean, cells)?;
    }
    Ok(())
}

fn cohorts_are(
    question: &Question,
    cohorts: &[Cohort],
    mean: &[Option<f64>],
    cells: &Cells,
) -> Result<()> {
    let calendar = question.calendar();
    ensure!(cohorts.len() == calendar.n, "{} cohorts", cohorts.len());
    let mut complete: BTreeMap<usize, (u64, u64)> = BTreeMap::new();
    for (n, cohort) in cohorts.iter().enumerate() {
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
    for (later, mean) in mean.iter().enumerate() {
        let (came, of) = complete.get(&later).copied().unwrap_or_default();
        let expected = (of > 0).then(|| came as f64 / of as f64);
        ensure!(*mean == expected, "{question:?}: {later} {mean:?} {expected:?}");
    }
    Ok(())
}
