//! Funnels of random histories, asked of the engine and counted by hand.
//!
//! A history that is counted wrongly is made as small as it goes and printed with its seed.

mod by_hand;
mod numbers;
mod several;

use crate::history::{self, Happening, PROJECT};
use crate::random::{
    HISTORIES, Rules, draw, feature, happening, load, named, property, scope, seed, step, target,
};
use analytics::feature::Features;
use analytics::report::funnel::{Counting, levels};
use analytics::{Among, By, DateRange, Funnel, Scope, Step, Target, Window};
use anyhow::{Context, Result, bail};
use by_hand::Told;
use jiff::civil::date;
use proptest::prelude::*;
use protocol::{Kind, Timestamp};
use serde::Deserialize;
use std::collections::BTreeMap;
use store::Connection;

const FUNNELS: usize = 36;

/// Times are multiples of this and a millisecond beside them, so that windows and days end
/// exactly on events.
const GRID_MS: i64 = 30_000;
/// Midnight of 22 November 2026 in Zurich; times lie up to five grid steps on either side.
const MIDNIGHT_MS: i64 = 1_795_302_000_000;

/// What is told of each actor of a history.
type Levels = BTreeMap<String, Told>;

/// A question: a funnel and the time at which it is asked.
#[derive(Debug, Clone)]
struct Question {
    funnel: Funnel,
    now: i64,
}

fn at() -> impl Strategy<Value = i64> {
    let beside = prop_oneof![6 => Just(0), 1 => Just(-1), 1 => Just(1)];
    (-5_i64..=5, beside).prop_map(|(n, beside)| MIDNIGHT_MS + n * GRID_MS + beside)
}

fn question() -> impl Strategy<Value = Question> {
    let steps = prop_oneof![
        3 => prop::collection::vec(step(target()), 2..6),
        1 => prop::collection::vec(feature().prop_map(Step::from), 2..6),
        1 => prop::collection::vec(target().prop_map(Step::from), 2..4),
    ];
    let window = "(1s|30s|1m|2m|4m|1d)";
    let days = prop_oneof![4 => Just((21, 21)), 4 => Just((22, 22)), 8 => Just((20, 22)), 1 => Just((23, 25))];
    let by = prop_oneof![2 => Just(By::People), 1 => Just(By::Accounts)];
    let how = (by, proptest::option::weighted(0.6, property()));
    (steps, window, days, at(), any::<bool>(), how).prop_map(
        |(steps, window, (from, to), now, is_late, (by, breakdown))| {
            let (from, to) = (date(2026, 11, from), date(2026, 11, to));
            let date_range = DateRange::Between { from, to };
            let window = window.parse().unwrap_or_default();
            let funnel = Funnel {
                steps,
                window,
                date_range,
                by,
                times: true,
                breakdown,
                among: Among::default(),
            };
            // Some questions are asked after everything, some in the middle of it.
            let now = if is_late { MIDNIGHT_MS + 7 * 86_400_000 } else { now };
            Question { funnel, now }
        },
    )
}

/// What is told of each, by the engine; per history. By the fold all of it, else how far he got.
async fn ask(
    connection: &Connection,
    counting: Option<Counting>,
    features: &Features,
    scope: &Scope,
    question: &Question,
) -> Result<BTreeMap<usize, Levels>> {
    #[derive(Deserialize)]
    struct Row {
        called: String,
        level: usize,
        is_open: u8,
        #[serde(default)]
        its_value: String,
        #[serde(default)]
        times: Vec<i64>,
        #[serde(default)]
        is_user: u8,
        #[serde(default)]
        account: String,
    }
    let now = Timestamp::from_millis(question.now);
    let databases = connection.databases();
    let statement = levels(counting, &question.funnel, features, scope, databases, now)?;
    let mut by_history: BTreeMap<usize, Levels> = BTreeMap::new();
    for row in connection.json::<Row>(&statement).await? {
        let (history, _) = row.called.split_once('/').context("a person of no history")?;
        let levels = by_history.entry(history.parse()?).or_default();
        let told = Told {
            level: row.level,
            is_open: row.is_open == 1,
            value: row.its_value,
            times: row.times.into_iter().filter(|at| *at > 0).collect(),
            is_user: row.is_user == 1,
            account: row.account,
        };
        levels.insert(row.called, told);
    }
    Ok(by_history)
}

fn span(question: &Question, scope: &Scope) -> Result<(i64, i64)> {
    let span = question.funnel.date_range.span(scope, Timestamp::from_millis(question.now))?;
    Ok((span.start.as_millis(), span.end.as_millis()))
}

/// What is told by hand of all histories; of those with nobody in the funnel, nothing.
fn expected(
    scope: &Scope,
    question: &Question,
    histories: &[Vec<Happening>],
) -> Result<BTreeMap<usize, Levels>> {
    let span = span(question, scope)?;
    let told = |(n, history): (usize, &Vec<Happening>)| {
        let levels = by_hand::levels(&named(history, n), question, span);
        (!levels.is_empty()).then_some((n, levels))
    };
    Ok(histories.iter().enumerate().filter_map(told).collect())
}

/// The same as far as a way of counting tells it.
fn as_told(
    counting: Option<Counting>,
    mut levels: BTreeMap<usize, Levels>,
) -> BTreeMap<usize, Levels> {
    if counting.is_none() {
        for told in levels.values_mut().flat_map(BTreeMap::values_mut) {
            *told =
                Told { times: Vec::new(), is_user: false, account: String::new(), ..told.clone() };
        }
    }
    levels
}

/// The first of these histories that is counted otherwise than by hand.
async fn first_wrong(
    connection: &Connection,
    (counting, is_filled): (Option<Counting>, bool),
    scope: &Scope,
    question: &Question,
    expected: &BTreeMap<usize, Levels>,
) -> Result<Option<usize>> {
    let features = history::features(connection, is_filled).await?;
    let answers = ask(connection, counting, &features, scope, question).await?;
    let expected = as_told(counting, expected.clone());
    let mut all = expected.keys().chain(answers.keys());
    Ok(all.find(|n| answers.get(n) != expected.get(n)).copied())
}

/// Takes events away from a history as long as it is still counted wrongly.
async fn shrink(
    counting: (Option<Counting>, bool),
    scope: &Scope,
    question: &Question,
    mut history: Vec<Happening>,
) -> Result<Vec<Happening>> {
    for round in 0.. {
        let without = |n: usize| {
            history.iter().enumerate().filter(move |(at, _)| *at != n).map(|(_, e)| e.clone())
        };
        let smaller: Vec<Vec<_>> = (0..history.len()).map(|n| without(n).collect()).collect();
        let Some(connection) = load(&format!("shrink_{round}"), &smaller).await? else { break };
        let expected = expected(scope, question, &smaller)?;
        match first_wrong(&connection, counting, scope, question, &expected).await? {
            Some(n) => history = smaller[n].clone(),
            None => break,
        }
    }
    Ok(history)
}

#[tokio::test]
async fn random_histories_are_counted_as_by_hand() -> Result<()> {
    let seed = seed()?;
    let histories = draw(seed, HISTORIES, &prop::collection::vec(happening(at()), 1..12))?;
    let questions = draw(seed ^ 1, FUNNELS, &question())?;
    let scope = scope("Europe/Zurich", Rules::ALL)?;
    let Some(connection) = load("oracle", &histories).await? else { return Ok(()) };
    for (number, question) in questions.iter().enumerate() {
        let expected = expected(&scope, question, &histories)?;
        // The fold is exact for every funnel, so it also answers those of the other one.
        // Until the uses of features are filled in, the events are asked, and answer the same.
        let ways = [None, Some(Counting::Fold)];
        let is_feature = |step: &Step| matches!(step.target, Target::Feature(_));
        let sources: &[bool] =
            if question.funnel.steps.iter().any(is_feature) { &[true, false] } else { &[true] };
        let ways = ways.into_iter().flat_map(|way| sources.iter().map(move |is| (way, *is)));
        for way in ways {
            let wrong = first_wrong(&connection, way, &scope, question, &expected).await?;
            if let Some(n) = wrong {
                let history = shrink(way, &scope, question, histories[n].clone()).await?;
                let by_hand = by_hand::levels(&history, question, span(question, &scope)?);
                let features = history::features(&connection, way.1).await?;
                let told = ask(&connection, way.0, &features, &scope, question).await?;
                bail!(
                    "seed {seed}, {way:?}\n{question:#?}\n{history:#?}\nby hand: {by_hand:?}\n\
                     of all of it: {:?}\nby hand: {:?}",
                    told.get(&n),
                    expected.get(&n)
                );
            }
        }
        let all: Vec<_> = expected.values().flatten().collect();
        numbers::are_of(&connection, &scope, question, &all)
            .await
            .with_context(|| format!("seed {seed}, question {number}: {question:#?}"))?;
    }
    Ok(())
}

/// Why there are two ways of counting.
#[tokio::test]
async fn known_window_funnel_lets_one_event_serve_two_steps() -> Result<()> {
    let view = Happening {
        project: PROJECT.to_owned(),
        at: MIDNIGHT_MS,
        anonymous_id: "a".to_owned(),
        user_id: String::new(),
        kind: Kind::PageView,
        host: "x.example".to_owned(),
        path: "/p".to_owned(),
        element: String::new(),
        account_id: String::new(),
        is_automated: false,
    };
    let Some(connection) = load("known", &[vec![view]]).await? else { return Ok(()) };
    let funnel = Funnel {
        window: Window::default(),
        date_range: DateRange::Between { from: date(2026, 11, 22), to: date(2026, 11, 22) },
        ..Funnel::from_query_string("step=page:/p&step=page:/p")?
    };
    let question = Question { funnel, now: MIDNIGHT_MS + 1 };
    let scope = scope("Europe/Zurich", Rules::ALL)?;
    for (counting, level) in [(Counting::WindowFunnel, 2), (Counting::Fold, 1)] {
        let features = Features::default();
        let answer = ask(&connection, Some(counting), &features, &scope, &question).await?;
        assert_eq!(answer[&0]["0/a"].level, level, "{counting:?}");
    }
    Ok(())
}
