//! The life cycle of random histories, asked of the engine and told by hand.

use crate::calendar::history;
use crate::random::{HISTORIES, draw, is_activity, load, seed};
use crate::span::{Span, Told, activity, is, span, told};
use analytics::report::lifecycle::Phase;
use analytics::report::retention::By;
use analytics::{Answer, Lifecycle, Query, Step};
use anyhow::{Result, bail, ensure};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const QUESTIONS: usize = 40;

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

/// Who comes and goes, with the names of the periods left out.
fn by_hand(told: &[Told], question: &Question) -> Vec<Phase> {
    let span = &question.span;
    let (wide, begin) = span.with_before();
    // The period in which somebody first did anything, and those in which he was there.
    let mut people: BTreeMap<String, (i64, BTreeSet<i64>)> = BTreeMap::new();
    for it in told.iter().filter(|it| span.knows(it)) {
        let Some(number) = wide.number(it.event.at) else { continue };
        let Some(who) = it.actor(question.by) else { continue };
        let (first, there) = people.entry(who.to_owned()).or_insert((i64::MAX, BTreeSet::new()));
        if is_activity(&it.event) {
            *first = number.min(*first);
        }
        if is(&question.activity, it) {
            there.insert(number);
        }
    }
    let n = span.calendar().n as i64;
    let phase = |number: i64| {
        let is_complete = wide.periods[number as usize].1 <= span.now;
        let (mut new, mut returning, mut resurrecting, mut dormant) = (0, 0, 0, 0);
        for (first, there) in people.values() {
            match (there.contains(&(number - 1)), there.contains(&number)) {
                (_, true) if *first == number => new += 1,
                (true, true) => returning += 1,
                (false, true) => resurrecting += 1,
                (true, false) => dormant += 1,
                (false, false) => {}
            }
        }
        let dormant = is_complete.then_some(dormant);
        Phase { period: String::new(), new, returning, resurrecting, dormant, is_complete }
    };
    (begin..begin + n).map(phase).collect()
}

#[tokio::test]
async fn people_come_and_go_as_by_hand() -> Result<()> {
    let seed = seed()?;
    let histories = draw(seed, HISTORIES, &history())?;
    let questions = draw(seed ^ 13, QUESTIONS, &question())?;
    let told = told(&histories);
    let Some(connection) = load("lifecycle", &histories).await? else { return Ok(()) };
    let mut sums = [0; 4];
    for question in &questions {
        let expected = by_hand(&told, question);
        let query = Query::Lifecycle(Lifecycle {
            activity: question.activity.clone(),
            period: question.span.period,
            by: question.by,
            date_range: question.span.date_range(),
        });
        for is_filled in [true, false] {
            let answer = question.span.ask(&connection, &query, is_filled).await?;
            let Answer::Lifecycle(mut answer) = answer else { bail!("another report") };
            answer.periods.iter_mut().for_each(|phase| phase.period.clear());
            let phases = &answer.periods;
            ensure!(
                *phases == expected,
                "seed {seed}\n{question:#?}\n{phases:?}\nnot {expected:?}"
            );
            for phase in phases {
                let dormant = phase.dormant.unwrap_or(0);
                let numbers = [phase.new, phase.returning, phase.resurrecting, dormant];
                sums.iter_mut().zip(numbers).for_each(|(sum, n)| *sum += n);
            }
        }
    }
    ensure!(sums.iter().all(|sum| *sum > 1_000), "hardly anybody: {sums:?}");
    Ok(())
}
