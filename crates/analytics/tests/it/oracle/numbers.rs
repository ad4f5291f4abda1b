//! The numbers that a screen shows are those of everybody whom the count by hand tells of.

use super::Question;
use super::by_hand::Told;
use analytics::report::funnel::{Histogram, Number, Series, Times, Who};
use analytics::{Answer, Behind, FunnelResult, List, People, PeoplePage, Query, Scope, StepResult};
use anyhow::{Context, Result, bail, ensure};
use protocol::Timestamp;
use std::collections::BTreeMap;
use store::Connection;

/// Asks for numbers and lists, and compares them.
pub(super) async fn are_of(
    connection: &Connection,
    scope: &Scope,
    question: &Question,
    all: &[(&String, &Told)],
) -> Result<()> {
    let answer = run(connection, scope, question, Query::Funnel(question.funnel.clone())).await?;
    let Answer::Funnel(answer) = answer else { bail!("another report") };
    let told: Vec<_> = all.iter().map(|(_, told)| *told).collect();
    let n = question.funnel.steps.len();
    numbers(&answer.steps, answer.open, answer.times, &told)?;
    ensure!(answer.histogram == histogram(&whole(&told, n)), "{:?}", answer.histogram);
    series(&answer, &told)?;
    lists(connection, scope, question, &answer, all).await
}

async fn run(
    connection: &Connection,
    scope: &Scope,
    question: &Question,
    query: Query,
) -> Result<Answer> {
    let now = Timestamp::from_millis(question.now);
    Ok(analytics::run(connection, scope, &query, now).await?)
}

fn numbers(
    steps: &[StepResult],
    open: u64,
    whole_times: Option<Times>,
    told: &[&Told],
) -> Result<()> {
    let reached = |n: usize| told.iter().filter(move |told| told.level >= n);
    for (n, step) in (1..).zip(steps) {
        let people = reached(n).count() as u64;
        ensure!(step.people == people, "{people} at step {n}: {step:?}");
        let lost = if n == 1 { 0 } else { reached(n - 1).count() as u64 - people };
        ensure!(step.drop_off == lost, "{lost} lost at step {n}: {step:?}");
        let took = if n == 1 {
            Vec::new()
        } else {
            reached(n).map(|told| told.times[n - 1] - told.times[n - 2]).collect()
        };
        ensure!(step.times == times(took), "times of step {n}: {step:?}");
    }
    let n_open = told.iter().filter(|told| told.is_open).count() as u64;
    ensure!(open == n_open, "{n_open} open, not {open}");
    ensure!(whole_times == times(whole(told, steps.len())), "the whole: {whole_times:?}");
    Ok(())
}

/// How long it took those who did all.
fn whole(told: &[&Told], n: usize) -> Vec<i64> {
    let converted = told.iter().filter(|told| told.level == n);
    converted.map(|told| told.times[n - 1] - told.times[0]).collect()
}

fn times(mut took: Vec<i64>) -> Option<Times> {
    took.sort_unstable();
    let n = took.len();
    let (low, high) = (*took.get(n.checked_sub(1)? / 2)?, took[n / 2]);
    let mean = took.iter().sum::<i64>() as f64 / n as f64;
    let median = (low + high) as f64 / 2.0;
    Some(Times { mean_seconds: mean / 1_000.0, median_seconds: median / 1_000.0 })
}

/// The bars by the finest ladder of bounds with at most twelve of them.
fn histogram(took: &[i64]) -> Option<Histogram> {
    const LADDERS: [&str; 3] = [
        "0s 1s 2s 3s 4s 5s 6s 8s 10s 12s 15s 20s 25s 30s 40s 50s \
         1m 90s 2m 3m 4m 5m 6m 8m 10m 12m 15m 20m 25m 30m 40m 50m \
         1h 90m 2h 3h 4h 5h 6h 8h 10h 12h 16h 20h \
         1d 36h 2d 3d 4d 5d 6d 7d 10d 14d 21d 30d 45d 60d 90d 120d 180d 270d 367d",
        "0s 1s 2s 5s 10s 20s 30s 1m 2m 5m 10m 20m 30m 1h 2h 6h 12h \
         1d 2d 4d 7d 14d 30d 60d 90d 180d 367d",
        "0s 10s 1m 10m 1h 6h 1d 2d 7d 14d 30d 90d 367d",
    ];
    let seconds: Vec<u64> = took.iter().map(|ms| (ms / 1_000) as u64).collect();
    let (least, most) = (*seconds.iter().min()?, *seconds.iter().max()?);
    LADDERS.iter().find_map(|ladder| {
        let bounds: Vec<u64> = ladder.split_whitespace().filter_map(length).collect();
        let bars = bounds.windows(2).filter(|bar| bar[1] > least && bar[0] <= most);
        let in_bar =
            |bar: &[u64]| seconds.iter().filter(|at| (bar[0]..bar[1]).contains(at)).count();
        let counts: Vec<_> = bars.map(|bar| (bar[0], bar[1], in_bar(bar) as u64)).collect();
        let end = counts.last().map(|bar| bar.1);
        (counts.len() <= 12).then(|| Histogram {
            bounds_seconds: counts.iter().map(|bar| bar.0).chain(end).collect(),
            bins: counts.iter().map(|bar| bar.2).collect(),
        })
    })
}

/// Seconds, of a text such as `90m`.
fn length(text: &str) -> Option<u64> {
    let (n, unit) = text.split_at(text.len() - 1);
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        _ => 86_400,
    };
    Some(n.parse::<u64>().ok()? * seconds)
}

/// Each value has the numbers of those who are counted under it.
fn series(answer: &FunnelResult, told: &[&Told]) -> Result<()> {
    let mut by_value: BTreeMap<&str, Vec<&Told>> = BTreeMap::new();
    for told in told {
        by_value.entry(&told.value).or_default().push(told);
    }
    let none = by_value.remove("");
    let mut ranked: Vec<_> = by_value.into_iter().collect();
    ranked.sort_by_key(|(value, told)| (std::cmp::Reverse(told.len()), *value));
    let others: Vec<&Told> = ranked.iter().skip(10).flat_map(|(_, told)| told.clone()).collect();
    ranked.truncate(10);
    let mut expected: Vec<(&str, bool, Vec<&Told>)> =
        ranked.into_iter().map(|(value, told)| (value, false, told)).collect();
    if !others.is_empty() {
        expected.push(("", true, others));
    }
    expected.extend(none.map(|told| ("", false, told)));
    if told.is_empty() || answer.series.is_empty() && expected.len() <= 1 {
        return Ok(());
    }
    let shown = |one: &Series| (one.value.clone(), one.is_others);
    let names: Vec<_> = answer.series.iter().map(shown).collect();
    let expected_names: Vec<_> =
        expected.iter().map(|(value, is, _)| ((*value).to_owned(), *is)).collect();
    ensure!(names == expected_names, "{names:?}, not {expected_names:?}");
    for (series, (_, _, told)) in answer.series.iter().zip(&expected) {
        numbers(&series.steps, series.open, series.times, told)?;
    }
    Ok(())
}

/// Those of the highest bar of how long it took.
fn longest(answer: &FunnelResult) -> Option<Who> {
    let histogram = answer.histogram.as_ref()?;
    let bars = histogram.bounds_seconds.windows(2).zip(&histogram.bins);
    let (bar, _) = bars.max_by_key(|(_, people)| **people)?;
    Some(Who::took(answer.steps.len(), [bar[0], bar[1]]))
}

/// The lists of who reached and who was lost are as long as the numbers, and exact.
async fn lists(
    connection: &Connection,
    scope: &Scope,
    question: &Question,
    answer: &FunnelResult,
    all: &[(&String, &Told)],
) -> Result<()> {
    let n = answer.steps.len();
    let is_even = answer.steps[0].people.is_multiple_of(2);
    let some =
        if is_even { [Who::reached(1), Who::lost(n)] } else { [Who::reached(n), Who::lost(2)] };
    for who in some.into_iter().chain(longest(answer)) {
        let step = who.step;
        let count = match (who.number, who.bar()) {
            (Number::Reached, None) => answer.steps[step - 1].people,
            (Number::Lost, _) => answer.steps[step - 1].drop_off,
            (_, Some([from, _])) => {
                let histogram = answer.histogram.as_ref().context("no bars")?;
                let bar = histogram.bounds_seconds.iter().position(|bound| *bound == from);
                histogram.bins[bar.context("no such bar")?]
            }
        };
        let is_one = |told: &Told| match (who.number, who.bar()) {
            (Number::Reached, None) => told.level >= step,
            (Number::Lost, _) => told.level == step - 1,
            (_, Some([from, until])) => {
                let seconds = |told: &Told| ((told.times[step - 1] - told.times[0]) / 1_000) as u64;
                told.level == step && (from..until).contains(&seconds(told))
            }
        };
        let mut expected: Vec<_> = all.iter().filter(|(_, told)| is_one(told)).collect();
        expected.sort_by_key(|(person, told)| (-told.times[0], *person));
        let limit = (expected.len() as u32).div_ceil(2).clamp(1, analytics::people::MAX_PAGE);
        let list = Behind { question: question.funnel.clone(), who: who.clone() };
        let mut next = People { limit, ..People::of(List::Funnel(list)) };
        let mut listed = Vec::new();
        loop {
            let page = page(connection, scope, question, &next).await?;
            ensure!(page.total == count || count == 0, "{who:?}: {} of {count}", page.total);
            listed.extend(page.people);
            match page.next {
                Some(place) => next.after = Some(place),
                None => break,
            }
        }
        ensure!(listed.len() as u64 == count, "{who:?}: {} listed of {count}", listed.len());
        for (person, (id, told)) in listed.iter().zip(expected) {
            let times = (told.times[0] as u64, *told.times.last().unwrap_or(&0) as u64);
            let is_him = person.person == **id
                && (person.is_user, &person.account) == (told.is_user, &told.account)
                && (person.entered_at, person.last_at) == times
                && person.n as usize == told.level;
            ensure!(is_him, "{who:?}: {person:?}, and by hand {id} {told:?}");
        }
    }
    Ok(())
}

async fn page(
    connection: &Connection,
    scope: &Scope,
    question: &Question,
    asked: &People,
) -> Result<PeoplePage> {
    match run(connection, scope, question, Query::People(asked.clone())).await? {
        Answer::People(page) => Ok(page),
        _ => bail!("another report"),
    }
}
