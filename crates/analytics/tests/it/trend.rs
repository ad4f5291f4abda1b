//! Trends of random histories, asked of the engine and counted by hand.

use crate::calendar::{Calendar, HOUR_MS, Season, season};
use crate::history::Happening;
use crate::listed::{Lists, Stays};
use crate::random::{HISTORIES, draw, happening, load, seed};
use crate::span::{Span, Told, activity, is, span, stays, told};
use analytics::report::retention::By as Actors;
use analytics::report::trend::{Compare, Done, Trailing, Who};
use analytics::{Among, Answer, Behind, List, Period, Query, Step, Trend, TrendResult};
use anyhow::{Result, bail, ensure};
use jiff::ToSpan as _;
use jiff::civil::Date;
use proptest::prelude::*;
use std::collections::BTreeMap;
use store::Connection;

const QUESTIONS: usize = 96;
const QUARTER_MS: i64 = 15 * 60 * 1_000;

#[derive(Debug)]
struct Question {
    span: Span,
    series: Vec<Option<Step>>,
    compare: Compare,
    trailing: Option<u32>,
}

/// Moments of a year ago, about the hour that is there twice then, and some of the time between.
fn earlier(season: &'static Season) -> impl Strategy<Value = i64> {
    let days = prop_oneof![3 => -372_i64..-325, 1 => -325_i64..0];
    (days, 0_i64..24).prop_map(|(days, hours)| season.midnight(season.day(days)) + hours * HOUR_MS)
}

/// A history of now and of a year ago.
fn history() -> impl Strategy<Value = Vec<Happening>> {
    season().prop_flat_map(|season| {
        let at = prop_oneof![2 => season.at(), 1 => earlier(season)];
        prop::collection::vec(happening(at), 1..12)
    })
}

fn question() -> impl Strategy<Value = Question> {
    let series = prop::collection::vec(activity(), 1..4);
    let compare = prop_oneof![
        1 => Just(Compare::None),
        2 => Just(Compare::Previous),
        2 => Just(Compare::LastYear)
    ];
    let trailing = prop_oneof![Just(1_u32), Just(3), Just(7), Just(30)];
    (span(), series, compare, trailing).prop_map(|(span, series, compare, trailing)| {
        let is_told = compare == Compare::None && span.period != Period::Hour;
        Question { span, series, compare, trailing: is_told.then_some(trailing) }
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

/// The periods that those of a question are compared with, by their first moments and those after
/// them.
fn before(question: &Question) -> Vec<(i64, i64)> {
    let span = &question.span;
    let calendar = span.calendar();
    if question.compare == Compare::LastYear {
        return last_year(span, &calendar.periods[..calendar.n]);
    }
    let (wide, begin) = span.with_before();
    let begin = begin as usize;
    wide.periods[begin - calendar.n..begin].to_vec()
}

/// The periods of a year before: of the same days of the week, of the same months, or as many hours
/// before as there are whole ones.
fn last_year(span: &Span, range: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let ago = |day: Date| match span.period {
        Period::Month => day.first_of_month().saturating_sub(12.months()),
        _ => day.saturating_sub(364.days()),
    };
    let days = (ago(span.from), ago(span.to));
    let earlier = Calendar::new(span.season, span.period, days, span.week_start, span.now);
    if span.period != Period::Hour {
        return earlier.periods[..range.len()].to_vec();
    }
    let hours = (range[0].0 - earlier.periods[0].0) / HOUR_MS;
    range.iter().map(|(start, end)| (start - hours * HOUR_MS, end - hours * HOUR_MS)).collect()
}

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

fn note(actors: &mut BTreeMap<String, (i64, i64, u32)>, who: &str, at: i64) {
    let it = actors.entry(who.to_owned()).or_insert((at, at, 0));
    *it = (it.0.min(at), it.1.max(at), it.2 + 1);
}

fn by_hand(told: &[Told], question: &Question) -> By {
    let span = &question.span;
    let n = span.calendar().n as i64;
    let calendar = span.calendar();
    let last = calendar.periods[n as usize - 1];
    let before = before(question);
    let counterpart = before[before.len() - 1];
    let cut = if last.1 > span.now { same_part(span, last.0, counterpart) } else { counterpart.1 };
    let is_compared = question.compare != Compare::None;
    let mut all = By::new();
    for told in told.iter().filter(|told| span.knows(told)) {
        let Told { event, person, account, .. } = told;
        let mut places = Vec::new();
        if let Some(at) = calendar.number(event.at).filter(|at| (0..n).contains(at)) {
            places.extend([at, ALL]);
        }
        let is_in = |(start, end): &(i64, i64)| (*start..*end).contains(&event.at);
        let earlier = before.iter().position(is_in).filter(|_| is_compared);
        if let Some(at) = earlier.filter(|at| at + 1 < before.len() || event.at <= cut) {
            places.extend([BEFORE + at as i64, ALL_BEFORE]);
        }
        for (series, activity) in question.series.iter().enumerate() {
            if !is(activity, told) {
                continue;
            }
            for &place in &places {
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

/// What was done in the days that end with each period of a series.
fn trailing_by_hand(told: &[Told], question: &Question, days: u32, series: usize) -> Vec<Counted> {
    let span = &question.span;
    let calendar = span.calendar();
    let date_of = |at| span.season.date_of(at);
    let did = |told: &&Told| span.knows(told) && is(&question.series[series], told);
    let did: Vec<_> = told.iter().filter(did).map(|told| (date_of(told.event.at), told)).collect();
    let of_period = |(_, end): &(i64, i64)| {
        let last = date_of((end - 1).min(span.now));
        let first = last.saturating_sub(i64::from(days - 1).days());
        let mut counted = Counted::default();
        for (_, Told { person, account, event, .. }) in
            did.iter().filter(|(day, _)| (first..=last).contains(day))
        {
            note(&mut counted.people, person, event.at);
            if !account.is_empty() {
                note(&mut counted.accounts, account, event.at);
            }
        }
        counted
    };
    calendar.periods[..calendar.n].iter().map(of_period).collect()
}

/// Whether an answer has just these numbers, a 0 where there is none, and says what is not over.
fn check(question: &Question, answer: &TrendResult, told: &[Told], expected: &By) -> Result<()> {
    let n = question.span.calendar().n;
    let is_compared = question.compare != Compare::None;
    let of = |series, place| expected.get(&(series, place)).map(Counted::done).unwrap_or_default();
    let values = |series, from: i64| {
        (from..from + n as i64).map(|place| of(series, place)).collect::<Vec<_>>()
    };
    ensure!(answer.periods.len() == n && answer.series.len() == question.series.len());
    for (number, series) in answer.series.iter().enumerate() {
        ensure!(series.values == values(number, 0), "series {number}");
        ensure!(series.total == of(number, ALL), "all of series {number}");
        ensure!(series.before.is_some() == is_compared, "series {number}");
        let trailing = question.trailing;
        let trailing = trailing.map(|days| {
            let by_hand = trailing_by_hand(told, question, days, number).into_iter();
            by_hand
                .map(|it| it.done())
                .map(|it| Trailing { people: it.people, accounts: it.accounts })
                .collect()
        });
        ensure!(series.trailing == trailing, "trailing {number}: {trailing:?}");
        if let Some(before) = &series.before {
            ensure!(before.values == values(number, BEFORE), "before, series {number}");
            ensure!(before.total == of(number, ALL_BEFORE), "all before, series {number}");
        }
    }
    let end = question.span.calendar().periods[n - 1].1;
    ensure!(answer.is_complete == (end <= question.span.now), "whether it is over");
    let until = answer.before.as_ref().and_then(|before| before.until);
    ensure!(until.is_some() == (is_compared && !answer.is_complete), "{until:?}");
    let since = told.iter().map(|told| told.event.at.div_euclid(QUARTER_MS) * QUARTER_MS).min();
    let since = since.filter(|since| is_compared && *since > before(question)[0].0);
    let known_since = answer.before.as_ref().and_then(|before| before.known_since);
    ensure!(known_since.map(|at| at.as_millis()) == since, "{known_since:?}, not {since:?}");
    Ok(())
}

#[tokio::test]
async fn things_are_counted_period_by_period_as_by_hand() -> Result<()> {
    let seed = seed()?;
    let histories = draw(seed, HISTORIES, &history())?;
    let questions = draw(seed ^ 11, QUESTIONS, &question())?;
    let told = told(&histories);
    let stays = stays(&told);
    let Some(connection) = load("trend", &histories).await? else { return Ok(()) };
    let (mut n_before, mut n_cut, mut n_listed, mut n_trailing) = (0, 0, 0, 0);
    for question in &questions {
        let expected = by_hand(&told, question);
        let trend = Trend {
            among: Among::default(),
            series: question.series.clone(),
            period: question.span.period,
            compare: question.compare,
            trailing: question.trailing,
            date_range: question.span.date_range(),
        };
        let query = Query::Trend(trend.clone());
        for is_filled in [true, false] {
            let answer = question.span.ask(&connection, &query, is_filled).await?;
            let Answer::Trend(answer) = answer else { bail!("another report") };
            if let Err(why) = check(question, &answer, &told, &expected) {
                bail!("seed {seed}: {why}\n{question:#?}\n{answer:?}\nby hand {expected:?}");
            }
            n_cut += usize::from(answer.before.is_some_and(|before| before.until.is_some()));
        }
        n_listed += lists((&connection, &stays), question, &trend, &expected).await?;
        n_trailing += trailing_lists((&connection, &stays), question, &trend, &told).await?;
        n_before += expected.keys().filter(|(_, place)| (BEFORE..ALL).contains(place)).count();
    }
    ensure!(n_before > 100 && n_cut > 5, "hardly anything was compared: {n_before}, {n_cut}");
    ensure!(
        n_listed > 10_000 && n_trailing > 1_000,
        "hardly anybody is listed: {n_listed}, {n_trailing}"
    );
    Ok(())
}

/// The people and the accounts of each series, in one period and in all of them, now and before.
async fn lists(
    (connection, stays): (&Connection, &Stays),
    question: &Question,
    trend: &Trend,
    expected: &By,
) -> Result<usize> {
    let scope = question.span.scope()?;
    let features = crate::history::features(connection, question.compare != Compare::None).await?;
    let now = question.span.now;
    let lists = Lists { connection, stays, scope: &scope, features: &features, now };
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
            if before && question.compare == Compare::None {
                continue;
            }
            let none = Counted::default();
            let counted = expected.get(&(series, place)).unwrap_or(&none);
            for (by, actors) in
                [(Actors::People, &counted.people), (Actors::Accounts, &counted.accounts)]
            {
                let who = Who { series: series as u32 + 1, by, period, before, trailing: false };
                n_listed += are(&lists, trend, who, actors).await?;
            }
        }
    }
    Ok(n_listed)
}

/// Whether these are listed, and when each did it, and how often.
async fn are(
    lists: &Lists<'_>,
    trend: &Trend,
    who: Who,
    actors: &BTreeMap<String, (i64, i64, u32)>,
) -> Result<usize> {
    let list = List::Trend(Behind { question: trend.clone(), who });
    let people = lists.are(&list, actors.len() as u64, actors.keys()).await?;
    for one in &people {
        let told = (one.entered_at as i64, one.last_at as i64, one.n);
        ensure!(told == actors[&one.person], "{one:?}: {list:?}");
    }
    Ok(people.len())
}

/// The trailing people and accounts of the first and the last period.
async fn trailing_lists(
    (connection, stays): (&Connection, &Stays),
    question: &Question,
    trend: &Trend,
    told: &[Told],
) -> Result<usize> {
    let scope = question.span.scope()?;
    let features = crate::history::features(connection, true).await?;
    let now = question.span.now;
    let lists = Lists { connection, stays, scope: &scope, features: &features, now };
    let of = |by, period| Who { series: 1, by, period, before: false, trailing: true };
    let Some(days) = question.trailing else {
        let list =
            List::Trend(Behind { question: trend.clone(), who: of(Actors::People, Some(1)) });
        ensure!(lists.people(&list).await.is_err(), "nobody asks for the last days");
        return Ok(0);
    };
    let by_hand = trailing_by_hand(told, question, days, 0);
    let mut n_listed = 0;
    for period in [1, by_hand.len() as u32] {
        let counted = &by_hand[period as usize - 1];
        n_listed += are(&lists, trend, of(Actors::People, Some(period)), &counted.people).await?;
        n_listed +=
            are(&lists, trend, of(Actors::Accounts, Some(period)), &counted.accounts).await?;
    }
    Ok(n_listed)
}
