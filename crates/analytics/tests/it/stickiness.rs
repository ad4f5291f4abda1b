//! Stickiness of random histories, asked of the engine and counted by hand.

use crate::calendar::{Season, history};
use crate::listed::{Lists, Stays};
use crate::random::{HISTORIES, draw, load, seed};
use crate::span::{Span, Told, activity, is, span, stays, told};
use analytics::report::retention::By;
use analytics::report::stickiness::{Bar, Who};
use analytics::{Among, Answer, Behind, List, Period, Query, Step, Stickiness, StickinessResult};
use anyhow::{Result, bail, ensure};
use jiff::ToSpan as _;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use store::Connection;

const QUESTIONS: usize = 64;

#[derive(Debug)]
struct Question {
    span: Span,
    activity: Option<Step>,
    by: By,
}

fn question() -> impl Strategy<Value = Question> {
    let by = prop_oneof![3 => Just(By::People), 1 => Just(By::Accounts)];
    (span(), activity(), by).prop_map(|(span, activity, by)| Question { span, activity, by })
}

/// Who did it when, of all that is known.
fn done(told: &[Told], question: &Question) -> Vec<(String, i64)> {
    let known = told.iter().filter(|told| {
        question.span.counts(told)
            && told.event.at <= question.span.now
            && is(&question.activity, told)
    });
    let who = known.filter_map(|told| Some((told.actor(question.by)?.to_owned(), told.event.at)));
    who.collect()
}

/// The periods in which everybody was there.
fn there<'a>(done: &'a [(String, i64)], question: &Question) -> BTreeMap<&'a str, BTreeSet<i64>> {
    let calendar = question.span.calendar();
    let is_working = question.span.period == Period::WorkingDay;
    let mut periods: BTreeMap<&str, BTreeSet<i64>> = BTreeMap::new();
    for (who, at) in done {
        if is_working && question.span.season.is_weekend(*at) {
            continue;
        }
        let number = calendar.number(*at).filter(|n| (0..calendar.n as i64).contains(n));
        if let Some(number) = number {
            periods.entry(who).or_default().insert(number);
        }
    }
    periods
}

fn bars(done: &[(String, i64)], question: &Question) -> Vec<Bar> {
    let (calendar, periods) = (question.span.calendar(), there(done, question));
    let count = |is_it: &dyn Fn(usize) -> bool| {
        periods.values().filter(|periods| is_it(periods.len())).count() as u64
    };
    let bar = |n: usize| Bar {
        periods: n as u32,
        exactly: count(&|of| of == n),
        or_more: count(&|of| of >= n),
    };
    (1..=calendar.n).map(bar).collect()
}

/// The periods of the calendar that the range touches and that are over.
fn over(question: &Question, period: Period) -> Vec<(i64, i64)> {
    let span = &question.span;
    let calendar = span.of(period);
    let over = calendar.periods[..calendar.n].iter().filter(|(_, end)| *end <= span.now);
    over.copied().collect()
}

/// The mean number of people in these stretches of time.
fn mean(done: &[(String, i64)], stretches: &[(i64, i64)]) -> Option<f64> {
    let people = |(start, end): &(i64, i64)| {
        let there = done.iter().filter(|(_, at)| (*start..*end).contains(at));
        there.map(|(who, _)| who).collect::<BTreeSet<_>>().len() as f64
    };
    let sum: f64 = stretches.iter().map(people).sum();
    (!stretches.is_empty()).then(|| sum / stretches.len() as f64)
}

/// The days of some weeks or months.
fn days(season: &Season, of: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let midnight = |day| season.midnight(day);
    let first = season.day(-60);
    let days = (0_i64..400).map(|n| {
        let day = first.saturating_add(n.days());
        (midnight(day), midnight(day.saturating_add(1.day())))
    });
    days.filter(|(start, _)| of.iter().any(|(from, to)| (*from..*to).contains(start))).collect()
}

fn check(question: &Question, answer: &StickinessResult, done: &[(String, i64)]) -> Result<()> {
    let bars = bars(done, question);
    ensure!(answer.bars == bars, "by hand {bars:?}");
    ensure!(answer.total == bars.first().map_or(0, |bar| bar.or_more), "all of them");
    let (weeks, months) = (over(question, Period::Week), over(question, Period::Month));
    let in_months =
        |(start, _): &&(i64, i64)| months.iter().any(|(from, to)| (*from..*to).contains(start));
    let of_months: Vec<_> = weeks.iter().filter(in_months).copied().collect();
    let share = |part: Option<f64>, whole: Option<f64>| {
        part.zip(whole.filter(|whole| *whole > 0.0)).map(|(part, whole)| part / whole)
    };
    let ratios = &answer.ratios;
    for (told, part, whole) in [
        (ratios.dau_wau, days(question.span.season, &weeks), &weeks),
        (ratios.dau_mau, days(question.span.season, &months), &months),
        (ratios.wau_mau, of_months, &months),
    ] {
        let expected = share(mean(done, &part), mean(done, whole));
        let is_same = match (told, expected) {
            (Some(told), Some(expected)) => (told - expected).abs() < 1e-9,
            (told, expected) => told == expected,
        };
        ensure!(is_same, "{told:?}, by hand {expected:?}");
    }
    ensure!((ratios.weeks as usize, ratios.months as usize) == (weeks.len(), months.len()));
    Ok(())
}

#[tokio::test]
async fn people_are_there_in_as_many_periods_as_by_hand() -> Result<()> {
    let seed = seed()?;
    let histories = draw(seed, HISTORIES, &history())?;
    let questions = draw(seed ^ 12, QUESTIONS, &question())?;
    let told = told(&histories);
    let stays = stays(&told);
    let Some(connection) = load("stickiness", &histories).await? else { return Ok(()) };
    let (mut n_twice, mut n_ratios, mut n_listed) = (0, 0, 0);
    for question in &questions {
        let done = done(&told, question);
        let stickiness = Stickiness {
            among: Among::default(),
            activity: question.activity.clone(),
            period: question.span.period,
            by: question.by,
            date_range: question.span.date_range(),
        };
        n_listed += lists((&connection, &stays), question, &stickiness, &done).await?;
        let query = Query::Stickiness(stickiness);
        for is_filled in [true, false] {
            let answer = question.span.ask(&connection, &query, is_filled).await?;
            let Answer::Stickiness(answer) = answer else { bail!("another report") };
            if let Err(why) = check(question, &answer, &done) {
                bail!("seed {seed}: {why}\n{question:#?}\n{answer:?}");
            }
            n_twice += answer.bars.get(1).map_or(0, |bar| bar.or_more);
            n_ratios += usize::from(answer.ratios.wau_mau.is_some());
        }
    }
    ensure!(n_twice > 1_000 && n_ratios > 5, "hardly anything: {n_twice}, {n_ratios}");
    ensure!(n_listed > 10_000, "hardly anybody is listed: {n_listed}");
    Ok(())
}

/// Who was there in one, two and all of the periods, and in more.
async fn lists(
    (connection, stays): (&Connection, &Stays),
    question: &Question,
    stickiness: &Stickiness,
    done: &[(String, i64)],
) -> Result<usize> {
    let scope = question.span.scope()?;
    let features = crate::history::features(connection, question.span.now % 2 == 0).await?;
    let lists =
        Lists { connection, stays, scope: &scope, features: &features, now: question.span.now };
    let (there, bars) = (there(done, question), bars(done, question));
    let mut n_listed = 0;
    for periods in BTreeSet::from([1, bars.len().min(2), bars.len()]) {
        let bar = bars[periods - 1];
        for (or_more, number) in [(false, bar.exactly), (true, bar.or_more)] {
            let is_it = |n: usize| n == periods || or_more && n > periods;
            let by_hand = there.iter().filter(|(_, of)| is_it(of.len())).map(|(who, _)| who);
            let who = Who { periods: periods as u32, or_more };
            let list = List::Stickiness(Behind { question: stickiness.clone(), who });
            n_listed += lists.are(&list, number, by_hand).await?.len();
        }
    }
    Ok(n_listed)
}
