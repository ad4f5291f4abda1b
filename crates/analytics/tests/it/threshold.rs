//! The first-week threshold over random histories, asked of the engine and counted by hand.
//!
//! The count by hand is written from the sentences that define it: it tells everybody's first day
//! and two weeks apart by the dates of the calendar, and correlates what each of them did with
//! what became of him.

use crate::calendar::{self, Season, season};
use crate::history::{self, Happening, feature_id};
use crate::listed::Lists;
use crate::random::{FEATURES, HISTORIES, Rules, draw, load, rules, seed, takes};
use crate::span::{Told, is, stays, told};
use analytics::feature::{Features, Meant};
use analytics::report::retention::By;
use analytics::report::threshold::{Did, Group, LeftOut, TooLittle, Who};
use analytics::{
    Among, Answer, Behind, DateRange, List, Outcome, Query, Scope, Target, Threshold,
    ThresholdResult,
};
use anyhow::{Context, Result, bail, ensure};
use jiff::civil::{Date, date};
use proptest::prelude::*;
use protocol::{Kind, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use store::{Connection, testing};

const QUESTIONS: usize = 16;

/// The hours from 1970 to the beginning of Monday, 5 January 2026, UTC.
const MONDAY: i64 = 490_992;

#[derive(Debug)]
struct Question {
    season: &'static Season,
    threshold: Threshold,
    days: (Date, Date),
    now: i64,
    rules: Rules,
}

impl Question {
    fn scope(&self) -> Result<Scope> {
        self.season.scope(store::WeekStart::Monday, self.rules)
    }
}

fn question() -> impl Strategy<Value = Question> {
    let feature = prop::sample::select(FEATURES.map(|(name, ..)| name).to_vec());
    let outcome = prop_oneof![
        2 => Just(Outcome::Return),
        2 => feature.prop_map(|name| Outcome::Use(feature_id(name))),
        1 => (1_u32..4).prop_map(Outcome::Activity),
    ];
    let by = prop_oneof![2 => Just(By::People), 1 => Just(By::Accounts)];
    // Some ranges begin long before anything happens, so that its days lie anywhere in them.
    let now = season().prop_flat_map(|season| (Just(season), season.at()));
    let when = (-70_i64..8, 1_i64..110, any::<bool>(), now, rules());
    (outcome, by, 1_u32..6, when).prop_map(|(outcome, by, most, when)| {
        let (from, n, is_late, (season, now), rules) = when;
        let day = |days| season.day(days);
        let days = (day(from), day(from + n));
        let date_range = DateRange::Between { from: days.0, to: days.1 };
        let soon = season.midnight(day(from + 16));
        let now = if is_late { season.late() } else { now.max(soon) };
        Question {
            season,
            threshold: Threshold { outcome, by, most, date_range, among: Among::default() },
            days,
            now,
            rules,
        }
    })
}

/// What one new person did.
#[derive(Debug, Clone)]
struct Course {
    who: String,
    first: Date,
    /// Uses of the first week, by feature.
    uses: BTreeMap<String, u32>,
    came: bool,
    is_over: bool,
}

/// The count by hand.
mod by_hand {
    use super::*;

    /// Days from one date to another.
    pub(super) fn between(from: Date, to: Date) -> i32 {
        (to - from).get_days()
    }

    /// The courses of all who were ever seen.
    pub(super) fn courses(all: &[Told], question: &Question) -> Vec<Course> {
        let mut actors: BTreeMap<&str, Vec<&Happening>> = BTreeMap::new();
        for told in
            all.iter().filter(|told| told.judged.is_counted(question.rules) && is(&None, told))
        {
            let actor = told.actor(question.threshold.by);
            if let Some(actor) = actor.filter(|_| told.event.at <= question.now) {
                actors.entry(actor).or_default().push(&told.event);
            }
        }
        actors.iter().filter_map(|(who, events)| course(who, events, question)).collect()
    }

    fn course(who: &str, events: &[&Happening], question: &Question) -> Option<Course> {
        let date_of = |at| question.season.date_of(at);
        let first = date_of(events.iter().map(|event| event.at).min()?);
        let age = |event: &Happening| between(first, date_of(event.at));
        let mut uses = BTreeMap::new();
        for (name, ..) in FEATURES {
            let target = Target::Feature(feature_id(name));
            let is_use =
                |event: &&&Happening| takes(&target, event) && (0..7).contains(&age(event));
            uses.insert(feature_id(name).to_string(), events.iter().filter(is_use).count() as u32);
        }
        let second: Vec<_> = events.iter().filter(|event| (7..14).contains(&age(event))).collect();
        let came = match &question.threshold.outcome {
            Outcome::Return => !second.is_empty(),
            Outcome::Use(id) => {
                let target = Target::Feature(id.clone());
                second.iter().any(|event| takes(&target, event))
            }
            Outcome::Activity(days) => {
                let on: BTreeSet<_> = second.iter().map(|event| date_of(event.at)).collect();
                on.len() >= *days as usize
            }
        };
        let over = first.saturating_add(jiff::Span::new().days(14));
        let (who, is_over) = (who.to_owned(), question.season.midnight(over) <= question.now);
        Some(Course { who, first, uses, came, is_over })
    }

    /// The last day of the range that has begun.
    pub(super) fn last(question: &Question) -> Date {
        question.days.1.min(question.season.date_of(question.now))
    }

    /// The days from the first event until the moment of the question.
    pub(super) fn days_of_data(courses: &[Course], question: &Question) -> u32 {
        let first = courses.iter().map(|course| course.first).min();
        first.map_or(0, |first| between(first, question.season.date_of(question.now)) as u32 + 1)
    }
}

/// The correlation of two things that are so or not, by the definition of a correlation.
fn correlation(pairs: &[(bool, bool)]) -> Option<f64> {
    let n = pairs.len() as f64;
    let number = |is: bool| f64::from(u8::from(is));
    let mean = |of: &dyn Fn(&(bool, bool)) -> f64| pairs.iter().map(of).sum::<f64>() / n;
    let (x, y) = (mean(&|it| number(it.0)), mean(&|it| number(it.1)));
    let together = mean(&|it| (number(it.0) - x) * (number(it.1) - y));
    let spread = mean(&|it| (number(it.0) - x).powi(2)) * mean(&|it| (number(it.1) - y).powi(2));
    (spread > 1e-12).then(|| together / spread.sqrt())
}

fn group(courses: &[&Course]) -> Group {
    let came = courses.iter().filter(|course| course.came).count();
    let rate = (!courses.is_empty()).then(|| came as f64 / courses.len() as f64);
    Group { people: courses.len() as u64, came: came as u64, rate }
}

/// Holds an answer against the courses of everybody; says how many counts it compared that tell
/// something.
fn check(answer: &ThresholdResult, courses: &[Course], question: &Question) -> Result<usize> {
    let last = by_hand::last(question);
    let days = by_hand::days_of_data(courses, question);
    // Whoever is there when everything begins may have been there before.
    let begin = courses.iter().map(|course| course.first).min();
    let known = begin.map(|first| first.saturating_add(jiff::Span::new().days(14)));
    let courses = courses.to_vec();
    let courses: Vec<Course> =
        courses.into_iter().filter(|it| known.is_some_and(|known| it.first >= known)).collect();
    let is_new = |course: &&Course| course.first >= question.days.0 && course.first <= last;
    let new: Vec<_> = courses.iter().filter(is_new).collect();
    let (over, open): (Vec<&Course>, Vec<&Course>) = new.iter().partition(|it| it.is_over);
    ensure!(answer.all == group(&over), "{:?}, not {:?}", answer.all, group(&over));
    ensure!(answer.waiting == open.len() as u64, "{} waiting", answer.waiting);
    let told = over.iter().map(|it| it.first).min().zip(over.iter().map(|it| it.first).max());
    let shown = answer.days.as_ref().map(|(from, to)| Ok((from.parse()?, to.parse()?)));
    let shown: Option<(Date, Date)> = shown.transpose().map_err(|why: jiff::Error| why)?;
    let holds =
        told.is_none_or(|told| shown.is_some_and(|shown| shown.0 <= told.0 && told.1 <= shown.1));
    ensure!(holds, "{shown:?} does not hold {told:?}");
    let recent = |it: &&Course| it.first <= last && by_hand::between(it.first, last) < 30;
    let recent = courses.iter().filter(recent).count() as u64;
    ensure!(answer.new_in_30_days == recent, "{} of {recent}", answer.new_in_30_days);
    ensure!(answer.days_of_data == days, "{} of {days} days", answer.days_of_data);
    let too_little = match (days < 28, recent < 100, over.len() < 100) {
        (true, ..) => Some(TooLittle::Days),
        (_, true, _) => Some(TooLittle::NewPeople),
        (.., true) => Some(TooLittle::People),
        _ => None,
    };
    ensure!(answer.too_little == too_little, "{:?}", answer.too_little);
    ensure!(answer.features.len() == FEATURES.len(), "{answer:?}");
    let (mut n_telling, mut n_candidates) = (0, 0);
    for feature in &answer.features {
        let done = |course: &Course| course.uses[&feature.feature];
        for it in &feature.exactly {
            let is = |course: &&&Course| done(course).min(question.threshold.most) == it.uses;
            let did: Vec<_> = over.iter().copied().filter(|course| is(&course)).collect();
            ensure!(it.did == group(&did), "{}: {it:?}", feature.name);
        }
        let mut best: Option<(u32, f64)> = None;
        for it in &feature.at_least {
            let (did, others): (Vec<&Course>, Vec<&Course>) =
                over.iter().copied().partition(|course| done(course) >= it.uses);
            ensure!((it.did, it.others) == (group(&did), group(&others)), "{it:?}");
            let pairs: Vec<_> = over.iter().map(|it2| (done(it2) >= it.uses, it2.came)).collect();
            let phi = correlation(&pairs);
            let differs =
                it.phi.zip(phi).is_some_and(|(told, by_hand)| (told - by_hand).abs() > 1e-9);
            ensure!(it.phi.is_some() == phi.is_some() && !differs, "{it:?}: {phi:?}");
            let tenths = 10.0 * did.len() as f64;
            let left_out = match over.len() as f64 {
                all if tenths < all || all == 0.0 => Some(LeftOut::Rare),
                all if tenths > 8.0 * all => Some(LeftOut::Common),
                _ => None,
            };
            ensure!(it.left_out == left_out, "{it:?}");
            if let (None, Some(phi)) = (left_out, it.phi) {
                n_candidates += 1;
                best = best.filter(|best| best.1 >= phi).or(Some((it.uses, phi)));
            }
            n_telling += usize::from(it.phi.is_some_and(|phi| phi.abs() > 0.01));
        }
        // What chance may make, and what goes with staying away, is no best.
        let chance = answer.by_chance.unwrap_or(1.0);
        let best = best.filter(|best| best.1 > chance && best.1 > 0.0);
        ensure!(feature.best == best.map(|it| it.0), "{feature:?}, not {best:?}");
    }
    ensure!(answer.tried == n_candidates, "{} of {n_candidates} tried", answer.tried);
    Ok(n_telling)
}

async fn ask(
    connection: &Connection,
    question: &Question,
    features: &Features,
) -> Result<ThresholdResult> {
    let query = Query::Threshold(question.threshold.clone());
    let now = Timestamp::from_millis(question.now);
    let scope = question.scope()?;
    match analytics::run_of(connection, &scope, &query, features, now).await? {
        Answer::Threshold(answer) => Ok(answer),
        _ => bail!("another report"),
    }
}

#[tokio::test]
async fn first_weeks_tell_what_they_tell_by_hand() -> Result<()> {
    let seed = seed()?;
    let histories = draw(seed, HISTORIES, &calendar::history())?;
    let questions = draw(seed ^ 4, QUESTIONS, &question())?;
    let Some(connection) = load("threshold", &histories).await? else { return Ok(()) };
    let filled = history::features(&connection, true).await?;
    let unfilled = history::features(&connection, false).await?;
    let half = filled.iter().enumerate();
    let half = half.map(|(n, meant)| Meant { is_filled: n % 2 == 0, ..meant.clone() });
    let half = Features::new(half);
    let told = told(&histories);
    let stays = stays(&told);
    let (mut n_telling, mut n_listed) = (0, 0);
    for (n, question) in questions.iter().enumerate() {
        let courses = by_hand::courses(&told, question);
        // Lists are asked for a score of times: of one of the three.
        for (which, features) in [&filled, &unfilled, &half].into_iter().enumerate() {
            let answer = ask(&connection, question, features).await?;
            let compared = check(&answer, &courses, question);
            n_telling += compared.with_context(|| format!("seed {seed}\n{question:?}"))?;
            if n % 3 != which {
                continue;
            }
            let scope = question.scope()?;
            let lists = Lists {
                connection: &connection,
                stays: &stays,
                scope: &scope,
                features,
                now: question.now,
            };
            n_listed += are_listed(&lists, &answer, &courses, question).await?;
        }
    }
    ensure!(n_telling > QUESTIONS * 5, "hardly anything tells anything: {n_telling}");
    ensure!(n_listed > 1_000, "hardly anybody is listed: {n_listed}");
    Ok(())
}

/// The days of somebody's weeks are bits of words of 64: of a week that ends or begins with the last
/// one of a word each day is still one.
#[tokio::test]
async fn the_last_day_of_a_word_is_one_day() -> Result<()> {
    let Some(store) = testing::open("threshold_word").await? else { return Ok(()) };
    let view = |who: &str, day: i64| Happening {
        project: history::PROJECT.to_owned(),
        at: (MONDAY + day * 24) * calendar::HOUR_MS,
        anonymous_id: who.to_owned(),
        user_id: String::new(),
        kind: Kind::PageView,
        host: "app.example".to_owned(),
        path: "/".to_owned(),
        element: String::new(),
        account_id: String::new(),
        is_automated: false,
    };
    let of = |first| {
        let who = format!("from {first}");
        [view(&who, first), view(&who, 63), view(&who, 64)]
    };
    let firsts = 50..=56;
    let all: Vec<_> = firsts.clone().flat_map(of).chain([view("before", -20)]).collect();
    history::write(&store.connection, 1, &all).await?;
    let (scope, now) = (history::scope("UTC")?, MONDAY + 100 * 24);
    let now = Timestamp::from_millis(now * calendar::HOUR_MS);
    for (days, came) in [(1, 7), (2, 6), (3, 0)] {
        let threshold = Threshold {
            outcome: Outcome::Activity(days),
            by: By::People,
            most: 1,
            date_range: DateRange::Between { from: date(2026, 1, 5), to: date(2026, 4, 10) },
            among: Among::default(),
        };
        let query = Query::Threshold(threshold);
        let features = Features::new([]);
        let answer = analytics::run_of(&store.connection, &scope, &query, &features, now).await?;
        let Answer::Threshold(answer) = answer else { bail!("another report") };
        let expected = (firsts.clone().count() as u64, came);
        ensure!((answer.all.people, answer.all.came) == expected, "{days}: {:?}", answer.all);
    }
    Ok(())
}

/// Of the first and the last feature: who used it never, once, once or more and fewer times, and who
/// of them was there in the second week.
async fn are_listed(
    lists: &Lists<'_>,
    answer: &ThresholdResult,
    courses: &[Course],
    question: &Question,
) -> Result<usize> {
    let begin = courses.iter().map(|course| course.first).min();
    let known = begin.map(|first| first.saturating_add(jiff::Span::new().days(14)));
    let last = by_hand::last(question);
    let is_counted = |course: &&Course| {
        let is_known = known.is_some_and(|known| course.first >= known);
        is_known && course.is_over && (question.days.0..=last).contains(&course.first)
    };
    let counted: Vec<_> = courses.iter().filter(is_counted).collect();
    let most = question.threshold.most;
    let mut n_listed = 0;
    let all = answer.all;
    for (came, number) in
        [(None, all.people), (Some(true), all.came), (Some(false), all.people - all.came)]
    {
        let who = Who { feature: None, uses: 0, did: Did::OrMore, came };
        let by_hand = counted.iter().filter(|it| came.is_none_or(|came| came == it.came));
        let list = List::Threshold(Behind { question: question.threshold.clone(), who });
        n_listed += lists.are(&list, number, by_hand.map(|it| &it.who)).await?.len();
    }
    for feature in [answer.features.first(), answer.features.last()].into_iter().flatten() {
        let done = |course: &Course| course.uses[&feature.feature];
        let (at_least, exactly) = (&feature.at_least, &feature.exactly);
        for (uses, did, came, number) in [
            (0, Did::Exactly, None, exactly[0].did.people),
            (1, Did::Exactly, Some(true), exactly[1].did.came),
            (1, Did::Exactly, Some(false), exactly[1].did.people - exactly[1].did.came),
            (most, Did::Exactly, None, exactly[most as usize].did.people),
            (1, Did::OrMore, None, at_least[0].did.people),
            (most, Did::OrMore, Some(true), at_least[most as usize - 1].did.came),
            (1, Did::Fewer, Some(true), at_least[0].others.came),
            (most, Did::Fewer, None, at_least[most as usize - 1].others.people),
        ] {
            let is_one = |course: &&&Course| {
                let is_it = match did {
                    Did::Exactly => done(course).min(most) == uses,
                    Did::OrMore => done(course) >= uses,
                    Did::Fewer => done(course) < uses,
                };
                is_it && came.is_none_or(|came| came == course.came)
            };
            let by_hand = counted.iter().filter(is_one).map(|course| &course.who);
            let who = Who { feature: Some(feature.feature.parse()?), uses, did, came };
            let list = List::Threshold(Behind { question: question.threshold.clone(), who });
            n_listed += lists.are(&list, number, by_hand).await?.len();
        }
    }
    Ok(n_listed)
}
