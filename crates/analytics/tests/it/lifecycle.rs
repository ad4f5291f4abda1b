//! The life cycle of random histories, asked of the engine and told by hand.

use crate::calendar::history;
use crate::listed::{Lists, Stays};
use crate::random::{HISTORIES, draw, is_activity, load, seed};
use crate::span::{Span, Told, activity, is, span, stays, told};
use analytics::report::lifecycle::{Phase, State, Who};
use analytics::report::retention::By;
use analytics::{Among, Answer, Behind, Lifecycle, List, Query, Step};
use anyhow::{Result, bail, ensure};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use store::Connection;

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

/// Who comes and goes in a period: the new, the returning, the resurrecting and the dormant.
type Sets = [BTreeSet<String>; 4];

/// Who comes and goes, with the names of the periods left out.
fn by_hand(told: &[Told], question: &Question) -> Vec<(Phase, Sets)> {
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
        let mut sets = Sets::default();
        for (who, (first, there)) in &people {
            let set = match (there.contains(&(number - 1)), there.contains(&number)) {
                (_, true) if *first == number => 0,
                (true, true) => 1,
                (false, true) => 2,
                (true, false) => 3,
                (false, false) => continue,
            };
            sets[set].insert(who.clone());
        }
        let [new, returning, resurrecting, dormant] =
            [0, 1, 2, 3].map(|set| sets[set].len() as u64);
        let dormant = is_complete.then_some(dormant);
        let period = String::new();
        (Phase { period, new, returning, resurrecting, dormant, is_complete }, sets)
    };
    (begin..begin + n).map(phase).collect()
}

#[tokio::test]
async fn people_come_and_go_as_by_hand() -> Result<()> {
    let seed = seed()?;
    let histories = draw(seed, HISTORIES, &history())?;
    let questions = draw(seed ^ 13, QUESTIONS, &question())?;
    let told = told(&histories);
    let stays = stays(&told);
    let Some(connection) = load("lifecycle", &histories).await? else { return Ok(()) };
    let (mut sums, mut n_listed) = ([0; 4], 0);
    for question in &questions {
        let (expected, sets): (Vec<_>, Vec<_>) = by_hand(&told, question).into_iter().unzip();
        let lifecycle = Lifecycle {
            among: Among::default(),
            activity: question.activity.clone(),
            period: question.span.period,
            by: question.by,
            date_range: question.span.date_range(),
        };
        n_listed += lists((&connection, &stays), question, &lifecycle, &expected, &sets).await?;
        let query = Query::Lifecycle(lifecycle);
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
    ensure!(n_listed > 10_000, "hardly anybody is listed: {n_listed}");
    Ok(())
}

/// Who comes and goes in the first period, one in the middle and the last one.
async fn lists(
    (connection, stays): (&Connection, &Stays),
    question: &Question,
    lifecycle: &Lifecycle,
    phases: &[Phase],
    sets: &[Sets],
) -> Result<usize> {
    let scope = question.span.scope()?;
    let features = crate::history::features(connection, question.span.now % 2 == 0).await?;
    let lists =
        Lists { connection, stays, scope: &scope, features: &features, now: question.span.now };
    let mut n_listed = 0;
    for n in BTreeSet::from([0, phases.len() / 2, phases.len() - 1]) {
        let (phase, [new, returning, resurrecting, dormant]) = (&phases[n], &sets[n]);
        let there: BTreeSet<String> = new | returning;
        let list = |state| {
            let who = Who { period: n as u32 + 1, state };
            List::Lifecycle(Behind { question: lifecycle.clone(), who })
        };
        for (state, set) in [
            (State::There, &(&there | resurrecting)),
            (State::New, new),
            (State::Returning, returning),
            (State::Resurrecting, resurrecting),
        ] {
            n_listed += lists.are(&list(state), set.len() as u64, set).await?.len();
        }
        match phase.dormant {
            Some(number) => {
                n_listed += lists.are(&list(State::Dormant), number, dormant).await?.len()
            }
            None => ensure!(lists.people(&list(State::Dormant)).await.is_err(), "who is to leave"),
        }
    }
    Ok(n_listed)
}
