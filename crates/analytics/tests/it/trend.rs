//! Trends of random histories, asked of the engine and counted by hand.

use crate::calendar::history;
use crate::random::{HISTORIES, draw, load, seed};
use crate::span::{Span, Told, activity, is, span, told};
use analytics::report::trend::{Compare, Done};
use analytics::{Answer, Period, Query, Step, Trend, TrendResult};
use anyhow::{Result, bail, ensure};
use jiff::ToSpan as _;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const QUESTIONS: usize = 40;

#[derive(Debug)]
struct Question {
    span: Span,
    series: Vec<Option<Step>>,
    compare: bool,
}

fn question() -> impl Strategy<Value = Question> {
    let series = prop::collection::vec(activity(), 1..4);
    (span(), series, prop::bool::weighted(0.7)).prop_map(|(span, series, compare)| Question {
        span,
        series,
        compare,
    })
}

/// What was done in one period of one series.
#[derive(Debug, Default)]
struct Counted {
    uses: u64,
    people: BTreeSet<String>,
    accounts: BTreeSet<String>,
}

impl Counted {
    fn done(&self) -> Done {
        let n = |set: &BTreeSet<String>| set.len() as u64;
        Done { uses: self.uses, people: n(&self.people), accounts: n(&self.accounts) }
    }
}

/// By series and place: the places of the range from 0, those of the periods before from 1,000, and
/// all together under [`ALL`] and [`ALL_BEFORE`].
type By = BTreeMap<(usize, i64), Counted>;

const BEFORE: i64 = 1_000;
const ALL: i64 = 5_000;
const ALL_BEFORE: i64 = 6_000;

/// The moment after which nothing is counted of a period whose counterpart is not over: as many of
/// its days have passed, and it is the same time of the day.
fn same_part(span: &Span, start: i64, counterpart: (i64, i64)) -> i64 {
    if span.period == Period::Hour {
        return (counterpart.0 + span.now - start).min(counterpart.1);
    }
    let season = span.season;
    let mut day = season.date_of(counterpart.0);
    let mut walked = season.date_of(start);
    while season.midnight(walked.saturating_add(1.day())) <= span.now {
        walked = walked.saturating_add(1.day());
        day = day.saturating_add(1.day());
    }
    let at = season.moment(day.to_datetime(season.civil(span.now).time()));
    at.map_or(counterpart.1, |at| at.min(counterpart.1))
}

fn by_hand(told: &[Told], question: &Question) -> By {
    let span = &question.span;
    let n = span.calendar().n as i64;
    let (wide, begin) = span.with_before();
    let last = wide.periods[(begin + n - 1) as usize];
    let counterpart = wide.periods[(begin - 1) as usize];
    let cut = if last.1 > span.now { same_part(span, last.0, counterpart) } else { counterpart.1 };
    let mut all = By::new();
    for told in told.iter().filter(|told| span.knows(told)) {
        let Told { event, person, account, .. } = told;
        let Some(at) = wide.number(event.at).map(|at| at - begin) else { continue };
        let places = match at {
            at if (0..n).contains(&at) => [at, ALL],
            -1 if event.at > cut => continue,
            at if question.compare && (-n..0).contains(&at) => [BEFORE + at + n, ALL_BEFORE],
            _ => continue,
        };
        for (series, activity) in question.series.iter().enumerate() {
            if !is(activity, told) {
                continue;
            }
            for place in places {
                let counted = all.entry((series, place)).or_default();
                counted.uses += 1;
                counted.people.insert(person.clone());
                counted.accounts.extend(Some(account).filter(|it| !it.is_empty()).cloned());
            }
        }
    }
    all
}

/// Whether an answer has just these numbers, a 0 where there is none, and says what is not over.
fn check(question: &Question, answer: &TrendResult, expected: &By) -> Result<()> {
    let n = question.span.calendar().n;
    let of = |series, place| expected.get(&(series, place)).map(Counted::done).unwrap_or_default();
    let values = |series, from: i64| {
        (from..from + n as i64).map(|place| of(series, place)).collect::<Vec<_>>()
    };
    ensure!(answer.periods.len() == n && answer.series.len() == question.series.len());
    for (number, series) in answer.series.iter().enumerate() {
        ensure!(series.values == values(number, 0), "series {number}");
        ensure!(series.total == of(number, ALL), "all of series {number}");
        ensure!(series.before.is_some() == question.compare, "series {number}");
        if let Some(before) = &series.before {
            ensure!(before.values == values(number, BEFORE), "before, series {number}");
            ensure!(before.total == of(number, ALL_BEFORE), "all before, series {number}");
        }
    }
    let end = question.span.calendar().periods[n - 1].1;
    ensure!(answer.is_complete == (end <= question.span.now), "whether it is over");
    let until = answer.before.as_ref().and_then(|before| before.until);
    ensure!(until.is_some() == (question.compare && !answer.is_complete), "{until:?}");
    Ok(())
}

#[tokio::test]
async fn things_are_counted_period_by_period_as_by_hand() -> Result<()> {
    let seed = seed()?;
    let histories = draw(seed, HISTORIES, &history())?;
    let questions = draw(seed ^ 11, QUESTIONS, &question())?;
    let told = told(&histories);
    let Some(connection) = load("trend", &histories).await? else { return Ok(()) };
    let (mut n_before, mut n_cut) = (0, 0);
    for question in &questions {
        let expected = by_hand(&told, question);
        let query = Query::Trend(Trend {
            series: question.series.clone(),
            period: question.span.period,
            compare: if question.compare { Compare::Previous } else { Compare::None },
            date_range: question.span.date_range(),
        });
        for is_filled in [true, false] {
            let answer = question.span.ask(&connection, &query, is_filled).await?;
            let Answer::Trend(answer) = answer else { bail!("another report") };
            if let Err(why) = check(question, &answer, &expected) {
                bail!("seed {seed}: {why}\n{question:#?}\n{answer:?}\nby hand {expected:?}");
            }
            n_cut += usize::from(answer.before.is_some_and(|before| before.until.is_some()));
        }
        n_before += expected.keys().filter(|(_, place)| (BEFORE..ALL).contains(place)).count();
    }
    ensure!(n_before > 100 && n_cut > 5, "hardly anything was compared: {n_before}, {n_cut}");
    Ok(())
}
