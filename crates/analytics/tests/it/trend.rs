//! Trends of random histories, asked of the engine and counted by hand.

use crate::calendar::{ZONE, midnight};
use crate::history;
use crate::listed::Lists;
use crate::random::{HISTORIES, draw, happening, load, seed};
use crate::span::{Span, Told, activity, is, span, told};
use analytics::report::retention::By as Actors;
use analytics::report::trend::{Compare, Done, Who};
use analytics::{Answer, Behind, List, Period, Query, Scope, Step, Trend, TrendResult};
use anyhow::{Result, bail, ensure};
use jiff::ToSpan as _;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use std::collections::BTreeMap;
use store::Connection;

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
    /// By person the first time, the last one, and how often.
    people: BTreeMap<String, (i64, i64, u32)>,
    accounts: BTreeMap<String, (i64, i64, u32)>,
}

impl Counted {
    fn done(&self) -> Done {
        let n = |actors: &BTreeMap<String, _>| actors.len() as u64;
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
    let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
    let civil = |at: i64| {
        let at = jiff::Timestamp::from_millisecond(at).unwrap_or_default();
        at.to_zoned(zone.clone()).datetime()
    };
    let mut day = civil(counterpart.0).date();
    let mut walked = civil(start).date();
    while midnight(walked.saturating_add(1.day())) <= span.now {
        walked = walked.saturating_add(1.day());
        day = day.saturating_add(1.day());
    }
    let at = day.to_datetime(civil(span.now).time()).to_zoned(zone.clone());
    at.map_or(counterpart.1, |at| at.timestamp().as_millisecond()).min(counterpart.1)
}

fn note(actors: &mut BTreeMap<String, (i64, i64, u32)>, who: &str, at: i64) {
    let it = actors.entry(who.to_owned()).or_insert((at, at, 0));
    *it = (it.0.min(at), it.1.max(at), it.2 + 1);
}

fn by_hand(told: &[Told], question: &Question) -> By {
    let span = &question.span;
    let n = span.calendar().n as i64;
    let (wide, begin) = span.with_before();
    let last = wide.periods[(begin + n - 1) as usize];
    let counterpart = wide.periods[(begin - 1) as usize];
    let cut = if last.1 > span.now { same_part(span, last.0, counterpart) } else { counterpart.1 };
    let mut all = By::new();
    for Told { event, person, account } in told.iter().filter(|told| span.knows(&told.event)) {
        let Some(at) = wide.number(event.at).map(|at| at - begin) else { continue };
        let places = match at {
            at if (0..n).contains(&at) => [at, ALL],
            -1 if event.at > cut => continue,
            at if question.compare && (-n..0).contains(&at) => [BEFORE + at + n, ALL_BEFORE],
            _ => continue,
        };
        for (series, activity) in question.series.iter().enumerate() {
            if !is(activity, event) {
                continue;
            }
            for place in places {
                let counted = all.entry((series, place)).or_default();
                counted.uses += 1;
                note(&mut counted.people, person, event.at);
                if !account.is_empty() {
                    note(&mut counted.accounts, account, event.at);
                }
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
    let at = crate::calendar::at;
    let histories = draw(seed, HISTORIES, &prop::collection::vec(happening(at()), 1..12))?;
    let questions = draw(seed ^ 11, QUESTIONS, &question())?;
    let told = told(&histories);
    let Some(connection) = load("trend", &histories).await? else { return Ok(()) };
    let (mut n_before, mut n_cut, mut n_listed) = (0, 0, 0);
    for question in &questions {
        let expected = by_hand(&told, question);
        let trend = Trend {
            series: question.series.clone(),
            period: question.span.period,
            compare: if question.compare { Compare::Previous } else { Compare::None },
            date_range: question.span.date_range(),
        };
        let query = Query::Trend(trend.clone());
        for is_filled in [true, false] {
            let answer = question.span.ask(&connection, &query, is_filled).await?;
            let Answer::Trend(answer) = answer else { bail!("another report") };
            if let Err(why) = check(question, &answer, &expected) {
                bail!("seed {seed}: {why}\n{question:#?}\n{answer:?}\nby hand {expected:?}");
            }
            n_cut += usize::from(answer.before.is_some_and(|before| before.until.is_some()));
        }
        n_listed += lists(&connection, question, &trend, &expected).await?;
        n_before += expected.keys().filter(|(_, place)| (BEFORE..ALL).contains(place)).count();
    }
    ensure!(n_before > 100 && n_cut > 5, "hardly anything was compared: {n_before}, {n_cut}");
    ensure!(n_listed > 10_000, "hardly anybody is listed: {n_listed}");
    Ok(())
}

/// The people and the accounts of each series, in one period and in all of them, now and before.
async fn lists(
    connection: &Connection,
    question: &Question,
    trend: &Trend,
    expected: &By,
) -> Result<usize> {
    let scope = Scope { week_start: question.span.week_start, ..history::scope(ZONE)? };
    let features = history::features(connection, question.compare).await?;
    let now = question.span.now;
    let lists = Lists { connection, scope: &scope, features: &features, now };
    let n = question.span.calendar().n as i64;
    let mut n_listed = 0;
    for series in 0..question.series.len() {
        let places = [
            (series as i64 % n, Some(series as u32 % n as u32 + 1), false),
            (n - 1, Some(n as u32), false),
            (ALL, None, false),
            (BEFORE + n - 1, Some(n as u32), true),
            (ALL_BEFORE, None, true),
        ];
        // Every other place of every other series.
        for (place, period, before) in places.into_iter().skip(series % 2).step_by(2) {
            if before && !question.compare {
                continue;
            }
            let none = Counted::default();
            let counted = expected.get(&(series, place)).unwrap_or(&none);
            for (by, actors) in
                [(Actors::People, &counted.people), (Actors::Accounts, &counted.accounts)]
            {
                let who = Who { series: series as u32 + 1, by, period, before };
                let list = List::Trend(Behind { question: trend.clone(), who });
                let people = lists.are(&list, actors.len() as u64, actors.keys()).await?;
                n_listed += people.len();
                for one in people {
                    let told = (one.entered_at as i64, one.last_at as i64, one.n);
                    ensure!(told == actors[&one.person], "{one:?}: {list:?}");
                }
            }
        }
    }
    Ok(n_listed)
}
