//! Features side by side over random histories, asked of the engine and counted by hand.

use crate::calendar::{self, Calendar, Season, season};
use crate::history::{self, feature_id};
use crate::listed::Lists;
use crate::random::{FEATURES, HISTORIES, Rules, draw, load, rules, seed, takes};
use crate::span::{Told, is, stays, told};
use analytics::feature::Features;
use analytics::report::adoption::{Again, Compared, Halves, Number, Returned, Stayed, Who};
use analytics::report::retention::{By, Cohorts};
use analytics::{
    Adoption, AdoptionResult, Among, Answer, Behind, DateRange, FeatureId, List, Period, Query,
    Scope, Target,
};
use anyhow::{Context, Result, bail, ensure};
use proptest::prelude::*;
use protocol::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use store::{Connection, WeekStart};

const QUESTIONS: usize = 40;

/// Everybody, under an empty id.
const ALL: &str = "";

#[derive(Debug)]
struct Question {
    season: &'static Season,
    adoption: Adoption,
    days: (i64, i64),
    now: i64,
    rules: Rules,
}

impl Question {
    fn scope(&self) -> Result<Scope> {
        self.season.scope(WeekStart::Monday, self.rules)
    }

    fn calendar(&self, period: Period) -> Calendar {
        let days = (self.season.day(self.days.0), self.season.day(self.days.1));
        Calendar::new(self.season, period, days, WeekStart::Monday, self.now)
    }

    /// The periods before the first, as many as are over, and the moment at which they begin.
    fn before(&self) -> (i64, i64) {
        let (calendar, period) = (self.calendar(self.adoption.period), self.adoption.period);
        let n_over = calendar.periods[..calendar.n].iter().filter(|it| it.1 <= self.now).count();
        let first = calendar.periods[0].0;
        let mut begin = first;
        // Back from one period to the one that ends where it begins.
        for _ in 0..n_over {
            begin = match period {
                Period::Hour => begin - 3_600_000,
                _ => previous(self.season, period, begin),
            };
        }
        (begin, first)
    }
}

/// The beginning of the period of days before the one that begins then.
fn previous(season: &Season, period: Period, begin: i64) -> i64 {
    (1..100)
        .map(|days| begin - days * 86_400_000 + 12 * 3_600_000)
        .map(|at| season.midnight(season.date_of(at)))
        .find(|start| {
            *start < begin
                && match period {
                    Period::Week => {
                        season.date_of(*start).weekday() == jiff::civil::Weekday::Monday
                    }
                    Period::Month => season.date_of(*start).day() == 1,
                    Period::WorkingDay => !season.is_weekend(*start),
                    Period::Day | Period::Hour => true,
                }
        })
        .unwrap_or(begin)
}

fn question() -> impl Strategy<Value = Question> {
    let period = || {
        prop_oneof![
            Just(Period::Hour),
            Just(Period::Day),
            Just(Period::WorkingDay),
            Just(Period::Week),
            Just(Period::Month),
        ]
    };
    let cohorts = prop_oneof![Just(Cohorts::First), Just(Cohorts::Recurring)];
    // So many that they need several numbers, and whole ones.
    let again = (period(), prop_oneof![4 => 1_u32..9, 1 => Just(64), 1 => Just(70)], cohorts);
    let now = season().prop_flat_map(|season| (Just(season), season.at()));
    let when = (0_i64..20, 2_i64..12, any::<bool>(), any::<bool>(), now, rules());
    (period(), prop_oneof![8 => 1_u32..5, 1 => Just(64), 1 => Just(70)], again, when).prop_map(
        |(period, after, (again, again_after, cohorts), when)| {
            let (from, days, is_long, is_late, (season, now), rules) = when;
            let day = |days| season.day(days);
            let is_short = period == Period::Hour || again == Period::Hour;
            let may_be_long = !is_short && matches!(period, Period::Week | Period::Month);
            let days = match (is_short, may_be_long && is_long) {
                // A weekend has no working day.
                (true, _) => {
                    let is_weekend = |days: &i64| season.is_weekend(season.midnight(day(*days)));
                    let from = (from..).find(|days| !is_weekend(days)).unwrap_or(from);
                    (from, from + 1)
                }
                // So that what comes back lies about the end of the first number of days.
                (_, true) => (from - 62, from + days),
                _ => (from, from + days),
            };
            let date_range = DateRange::Between { from: day(days.0), to: day(days.1) };
            let retention = Again { period: again, after: again_after, cohorts };
            let adoption =
                Adoption { period, after, retention, date_range, among: Among::default() };
            let soon = season.midnight(day(from + 3));
            let now = if is_late { season.late() } else { now.max(soon) };
            Question { season, adoption, days, now, rules }
        },
    )
}

/// What one person did: the periods in which, how often, and for whom.
#[derive(Default)]
struct Done {
    periods: BTreeSet<usize>,
    was_before: bool,
    uses: u64,
    accounts: BTreeSet<String>,
    /// The periods of coming back, -1 before all of them.
    again: BTreeSet<i64>,
}

/// What is counted of a feature.
#[derive(Debug, Clone, PartialEq, Default)]
struct Counted {
    uses: u64,
    people: u64,
    accounts: u64,
    trend: Vec<u64>,
    now: u64,
    before: u64,
    retention: (u64, u64, u64),
    with: (u64, u64, u64),
    without: (u64, u64, u64),
}

/// What everybody did, by feature and person.
fn done(all: &[Told], question: &Question) -> BTreeMap<String, BTreeMap<String, Done>> {
    let adoption = &question.adoption;
    let calendar = question.calendar(adoption.period);
    let again = question.calendar(adoption.retention.period);
    let (before, begin) = question.before();
    let mut done: BTreeMap<String, BTreeMap<String, Done>> = BTreeMap::new();
    let is_out = |period, at| period == Period::WorkingDay && question.season.is_weekend(at);
    for told in all {
        let event = &told.event;
        if event.at > question.now || !told.judged.is_counted(question.rules) {
            continue;
        }
        let period = calendar.number(event.at).and_then(|n| usize::try_from(n).ok());
        let period = period.filter(|n| *n < calendar.n);
        let uses = FEATURES.iter().map(|(name, ..)| feature_id(name));
        let uses = uses.filter(|id| takes(&Target::Feature(id.clone()), event));
        let mut of: Vec<String> = uses.map(|id| id.to_string()).collect();
        if is(&None, told) {
            of.push(ALL.to_owned());
        }
        for feature in of {
            let who = told.person.clone();
            let it = done.entry(feature).or_default().entry(who).or_default();
            if !is_out(adoption.period, event.at) {
                it.was_before |= (before..begin).contains(&event.at);
                if let Some(period) = period {
                    it.periods.insert(period);
                    it.uses += 1;
                    it.accounts.extend(told.actor(By::Accounts).map(str::to_owned));
                }
            }
            if !is_out(adoption.retention.period, event.at) {
                it.again.extend(again.number(event.at));
            }
        }
    }
    done
}

/// In which periods of those in which somebody used it, or was there and did not, it is known who was
/// there later, and whether he was.
fn followed<'a>(
    there: &'a Done,
    used: &'a Done,
    did: bool,
    question: &Question,
    calendar: &'a Calendar,
) -> impl Iterator<Item = bool> + use<'a> {
    let (after, now) = (question.adoption.after as usize, question.now);
    let is_over = move |n: usize| n < calendar.n && calendar.periods[n].1 <= now;
    let of = there.periods.iter().filter(move |n| used.periods.contains(n) == did);
    of.filter(move |n| is_over(**n + after)).map(move |n| there.periods.contains(&(n + after)))
}

/// In how many of the periods of coming back somebody can be followed, and in how many of them he
/// came back.
fn returned(done: &Done, question: &Question, calendar: &Calendar) -> (u64, u64) {
    let Again { after, cohorts, .. } = question.adoption.retention;
    let began: Vec<i64> = match cohorts {
        Cohorts::First => done.again.iter().copied().take(1).collect(),
        Cohorts::Recurring => done.again.iter().copied().collect(),
    };
    let (mut of, mut came) = (0, 0);
    for cohort in began.into_iter().filter(|n| (0..calendar.n as i64).contains(n)) {
        let later = cohort + i64::from(after);
        if calendar.periods[later as usize].1 <= question.now {
            of += 1;
            came += u64::from(done.again.contains(&later));
        }
    }
    (of, came)
}

/// What is counted, by feature.
fn by_hand(all: &[Told], question: &Question) -> BTreeMap<String, Counted> {
    let mut done = done(all, question);
    let calendar = question.calendar(question.adoption.period);
    let again = question.calendar(question.adoption.retention.period);
    let everybody = done.remove(ALL).unwrap_or_default();
    let nobody = Done::default();
    let count = |of: &BTreeMap<String, Done>, is_all: bool| {
        let mut it = Counted { trend: vec![0; calendar.n], ..Counted::default() };
        it.people = of.values().filter(|done| !done.periods.is_empty()).count() as u64;
        let accounts: BTreeSet<_> = of.values().flat_map(|done| &done.accounts).collect();
        it.accounts = accounts.len() as u64;
        let is_over = |period: &usize| calendar.periods[*period].1 <= question.now;
        it.now = of.values().filter(|done| done.periods.iter().any(is_over)).count() as u64;
        it.before = of.values().filter(|done| done.was_before).count() as u64;
        for done in of.values() {
            it.uses += if is_all { 0 } else { done.uses };
            done.periods.iter().for_each(|period| it.trend[*period] += 1);
            let (of, came) = returned(done, question, &again);
            it.retention.0 += u64::from(of > 0);
            it.retention.1 += of;
            it.retention.2 += came;
        }
        for (who, there) in &everybody {
            let used = of.get(who).unwrap_or(&nobody);
            for (did, side) in [(true, &mut it.with), (false, &mut it.without)] {
                let stayed: Vec<bool> = followed(there, used, did, question, &calendar).collect();
                side.0 += u64::from(!stayed.is_empty());
                side.1 += stayed.len() as u64;
                side.2 += stayed.into_iter().map(u64::from).sum::<u64>();
            }
        }
        it
    };
    let mut counted: BTreeMap<_, _> =
        done.iter().map(|(id, people)| (id.clone(), count(people, false))).collect();
    counted.extend([(ALL.to_owned(), count(&everybody, true))]);
    counted
}

async fn ask(
    connection: &Connection,
    question: &Question,
    features: &Features,
) -> Result<AdoptionResult> {
    let query = Query::Adoption(question.adoption.clone());
    let (scope, now) = (question.scope()?, Timestamp::from_millis(question.now));
    match analytics::run_of(connection, &scope, &query, features, now).await? {
        Answer::Adoption(answer) => Ok(answer),
        _ => bail!("another report"),
    }
}

/// Holds an answer against what was counted by hand.
fn check(
    answer: &AdoptionResult,
    counted: &BTreeMap<String, Counted>,
    question: &Question,
    first: i64,
) -> Result<()> {
    let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
    let calendar = question.calendar(question.adoption.period);
    let n_over = calendar.periods[..calendar.n].iter().filter(|it| it.1 <= question.now).count();
    ensure!((answer.n_over as usize, answer.periods.len()) == (n_over, calendar.n), "{answer:?}");
    let reaches_back = n_over > 0 && first < question.before().0 + 86_400_000;
    // Periods that the events reach back to, the latest of which make two halves.
    let over = &calendar.periods[..n_over];
    let n_known = over.iter().filter(|(begin, _)| first < begin + 86_400_000).count();
    let half = n_known / 2;
    let halves = |it: &Counted| {
        let [earlier, later] = [2 * half, half].map(|back| &it.trend[n_over - back..][..half]);
        (!reaches_back && half > 0).then(|| Halves {
            periods: half as u32,
            earlier: earlier.iter().sum(),
            later: later.iter().sum(),
        })
    };
    let compared = |it: &Counted| Compared {
        now: it.now,
        before: reaches_back.then_some(it.before),
        halves: halves(it),
    };
    let all = &counted[ALL];
    let told = (answer.people, answer.accounts, &answer.trend, answer.compared);
    ensure!(told == (all.people, all.accounts, &all.trend, compared(all)), "{told:?} not {all:?}");
    ensure!(answer.features.len() == FEATURES.len(), "{answer:?}");
    for feature in &answer.features {
        let nobody =
            Counted { trend: vec![0; calendar.n], without: all.without, ..Counted::default() };
        let it = counted.get(&feature.feature).unwrap_or(&nobody);
        ensure!(
            (feature.uses, feature.people, feature.accounts) == (it.uses, it.people, it.accounts),
            "{feature:?} not {it:?}"
        );
        ensure!((&feature.trend, feature.compared) == (&it.trend, compared(it)), "{feature:?}");
        ensure!(feature.share_of_people == share(it.people, all.people).unwrap_or(0.0));
        ensure!(feature.share_of_accounts == share(it.accounts, all.accounts).unwrap_or(0.0));
        let (people, of, came) = it.retention;
        let retention = Returned { people, of, came, rate: share(came, of) };
        ensure!(feature.retention == retention, "{feature:?} not {it:?}");
        let stayed = |(people, of, came)| Stayed { people, of, came, rate: share(came, of) };
        let staying = (stayed(it.with), stayed(it.without));
        let told = (feature.staying.with, feature.staying.without);
        ensure!(told == staying, "{told:?} not {staying:?}");
    }
    Ok(())
}

#[tokio::test]
async fn features_are_compared_as_by_hand() -> Result<()> {
    let seed = seed()?;
    let histories = draw(seed, HISTORIES, &calendar::history())?;
    let questions = draw(seed ^ 3, QUESTIONS, &question())?;
    let Some(connection) = load("adoption", &histories).await? else { return Ok(()) };
    let filled = history::features(&connection, true).await?;
    let unfilled = history::features(&connection, false).await?;
    let first = histories.iter().flatten().map(|event| event.at).min().context("no event")?;
    let told = told(&histories);
    let stays = stays(&told);
    let (mut n_again, mut n_before) = (0, 0);
    let (mut n_listed, mut n_followed) = (0, 0);
    for (number, question) in questions.iter().enumerate() {
        let counted = by_hand(&told, question);
        n_again += counted.values().map(|it| it.retention.2.min(100)).sum::<u64>();
        n_before += counted.values().map(|it| it.before.min(100)).sum::<u64>();
        for (n, features) in [&filled, &unfilled].into_iter().enumerate() {
            let answer = ask(&connection, question, features).await?;
            let right = check(&answer, &counted, question, first);
            right.with_context(|| format!("seed {seed}\n{question:?}"))?;
            let scope = question.scope()?;
            let lists = Lists {
                connection: &connection,
                stays: &stays,
                scope: &scope,
                features,
                now: question.now,
            };
            let done = done(&told, question);
            n_listed += are_listed(&lists, &answer, question, &done, n).await?;
            if n == number % 2 {
                n_followed += are_followed(&lists, &answer, question, &done, n).await?;
            }
        }
    }
    ensure!(n_again > 1_000 && n_before > 1_000, "hardly anybody: {n_again}, {n_before}");
    ensure!(n_listed > 10_000, "hardly anybody is listed: {n_listed}");
    ensure!(n_followed > 10_000, "hardly anybody is followed: {n_followed}");
    Ok(())
}

/// Of everybody and of a feature: the people and the accounts who used it, and those who did not.
async fn are_listed(
    lists: &Lists<'_>,
    answer: &AdoptionResult,
    question: &Question,
    done: &BTreeMap<String, BTreeMap<String, Done>>,
    n: usize,
) -> Result<usize> {
    let actors = |feature: &str, by: By| -> BTreeSet<&str> {
        let done = done.get(feature).into_iter().flatten();
        match by {
            By::People => {
                let there = done.filter(|(_, done)| !done.periods.is_empty());
                there.map(|(who, _)| who.as_str()).collect()
            }
            By::Accounts => done.flat_map(|(_, it)| &it.accounts).map(String::as_str).collect(),
        }
    };
    let list = |feature: Option<FeatureId>, by, used| {
        let who = Who { feature, by, used, number: Number::Range };
        List::Adoption(Behind { question: question.adoption.clone(), who })
    };
    let mut n_listed = 0;
    for (by, all) in [(By::People, answer.people), (By::Accounts, answer.accounts)] {
        let everybody = actors(ALL, by);
        n_listed += lists.are(&list(None, by, true), all, &everybody).await?.len();
        for told in answer.features.iter().skip(n).step_by(2) {
            let number = if by == By::People { told.people } else { told.accounts };
            let id: FeatureId = told.feature.parse()?;
            let users = actors(&told.feature, by);
            n_listed += lists.are(&list(Some(id.clone()), by, true), number, &users).await?.len();
            let others = everybody.difference(&users);
            n_listed += lists.are(&list(Some(id), by, false), all - number, others).await?.len();
        }
    }
    Ok(n_listed)
}

/// Of everybody and of a feature: who was there in the periods that are over and before, who stayed,
/// and who came back; by the numbers of the answer, or as many as there are by hand.
async fn are_followed(
    lists: &Lists<'_>,
    answer: &AdoptionResult,
    question: &Question,
    done: &BTreeMap<String, BTreeMap<String, Done>>,
    n: usize,
) -> Result<usize> {
    let calendar = question.calendar(question.adoption.period);
    let again = question.calendar(question.adoption.retention.period);
    let (nothing, nobody) = (BTreeMap::new(), Done::default());
    let everybody = done.get(ALL).unwrap_or(&nothing);
    let over = |done: &Done| done.periods.iter().any(|n| calendar.periods[*n].1 <= question.now);
    let features = answer.features.iter().skip(n).step_by(2);
    let each = features.map(|it| (it.feature.as_str(), it.compared, Some(it)));
    let (mut n_listed, mut n_told) = (0, 0);
    for (id, compared, told) in std::iter::once((ALL, answer.compared, None)).chain(each) {
        let of = done.get(id).unwrap_or(&nothing);
        let among = |is_one: &dyn Fn(&Done) -> bool| -> Vec<String> {
            of.iter().filter(|(_, done)| is_one(done)).map(|(who, _)| who.clone()).collect()
        };
        let stays = |did: bool, is_one: fn(bool) -> bool| -> Vec<String> {
            let is_one = |(who, there): &(&String, &Done)| {
                let used = of.get(*who).unwrap_or(&nobody);
                followed(there, used, did, question, &calendar).any(is_one)
            };
            everybody.iter().filter(is_one).map(|(who, _)| who.clone()).collect()
        };
        let mut all = vec![
            (Number::Over, true, Some(compared.now), among(&over)),
            (Number::Before, true, compared.before, among(&|done| done.was_before)),
        ];
        if let Some(told) = told {
            let back = |done: &Done| returned(done, question, &again);
            all.extend([
                (Number::Followed, true, Some(told.staying.with.people), stays(true, |_| true)),
                (
                    Number::Followed,
                    false,
                    Some(told.staying.without.people),
                    stays(false, |_| true),
                ),
                (Number::Stayed, true, None, stays(true, |stayed| stayed)),
                (Number::Stayed, false, None, stays(false, |stayed| stayed)),
                (Number::Began, true, Some(told.retention.people), among(&|it| back(it).0 > 0)),
                (Number::CameBack, true, None, among(&|it| back(it).1 > 0)),
            ]);
        }
        for (number, used, told_as, by_hand) in all {
            let feature = (id != ALL).then(|| id.parse()).transpose()?;
            let who = Who { feature, by: By::People, used, number };
            let list = List::Adoption(Behind { question: question.adoption.clone(), who });
            let told_as = told_as.unwrap_or(by_hand.len() as u64);
            let people = lists.are(&list, told_as, by_hand).await?;
            n_listed += people.len();
            let times: u64 = people.iter().map(|one| u64::from(one.n)).sum();
            let expected = match (number, told) {
                (Number::Followed, Some(it)) if used => it.staying.with.of,
                (Number::Followed, Some(it)) => it.staying.without.of,
                (Number::Stayed, Some(it)) if used => it.staying.with.came,
                (Number::Stayed, Some(it)) => it.staying.without.came,
                _ => times,
            };
            ensure!(times == expected, "{times} times of {expected}: {list:?}");
            n_told += times;
        }
    }
    ensure!(n_told >= n_listed as u64, "{n_told} times of {n_listed} people");
    Ok(n_listed)
}
