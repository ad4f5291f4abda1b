//! The figures of all accounts of random histories, asked of the engine and told by hand.

use crate::calendar::{Calendar, history};
use crate::history::features;
use crate::random::{
    FEATURES, HISTORIES, draw, engaged_ms, is_activity, load, seed, session, takes,
};
use crate::span::{Span, Told, span, told};
use accounts::figures::{self, ALL_WEEKS, AccountFigures, Counted, Figure, Figures, WEEKS};
use analytics::feature::{Features, Meant};
use analytics::{Period, Scope, Target};
use anyhow::{Result, ensure};
use jiff::ToSpan as _;
use protocol::{Kind, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use store::identity::Grouping;
use store::{Connection, FeatureKind, FeatureStep};

const QUESTIONS: usize = 12;

/// What each feature is, by its place among the features of histories: its module, which has pages, and whether it
/// completes anything and whether that is a core action.
pub(crate) const MEANING: [(&str, bool, bool); 4] =
    [("p", true, false), ("q", false, false), ("q", true, true), ("p", true, true)];

/// The features with what they mean to an account.
pub(crate) fn meaning(features: &Features) -> Features {
    let meant = |(name, ..): (&str, _, _), (module, completes, is_core): (&str, bool, bool)| {
        let meant = features.get(crate::history::feature_id(name).as_str())?;
        let mut meant: Meant = meant.clone();
        meant.feature.module = Some(module.to_owned());
        meant.feature.step = if completes { FeatureStep::Complete } else { FeatureStep::View };
        meant.feature.kind = if is_core { FeatureKind::Output } else { FeatureKind::Other };
        Some(meant)
    };
    let all = FEATURES.into_iter().zip(MEANING);
    Features::new(all.filter_map(|(feature, meaning)| meant(feature, meaning)))
}

/// The things of a week, each once.
#[derive(Debug, Default)]
struct Things<'a> {
    sums: Figure,
    visits: BTreeSet<String>,
    people: BTreeSet<&'a str>,
    log_ins: BTreeSet<(String, &'a str)>,
    days: BTreeSet<(&'a str, jiff::civil::Date)>,
    features: BTreeSet<usize>,
    /// Core actions by module.
    modules: BTreeMap<&'static str, u64>,
}

impl<'a> Things<'a> {
    fn add(&mut self, span: &Span, it: &'a Told) {
        let (event, person) = (&it.event, it.person.as_str());
        if is_activity(event) {
            let session = session(event);
            let is_user = !event.user_id.is_empty() || person != event.anonymous_id;
            if is_user && !session.is_empty() {
                self.log_ins.insert((session.clone(), person));
            }
            self.visits.extend(Some(session).filter(|session| !session.is_empty()));
            self.people.insert(person);
            self.days.insert((person, span.season.date_of(event.at)));
            self.sums.page_views += u64::from(event.kind == Kind::PageView);
        }
        for (n, (name, ..)) in FEATURES.into_iter().enumerate() {
            let (module, completes, is_core) = MEANING[n];
            if takes(&Target::Feature(crate::history::feature_id(name)), event) {
                self.features.insert(n);
                *self.modules.entry(module).or_default() += u64::from(is_core);
                self.sums.completions += u64::from(completes);
                self.sums.core_actions += u64::from(is_core);
            }
        }
    }

    fn figure(&self) -> Figure {
        let all = self.sums.core_actions;
        Figure {
            visits: self.visits.len() as u64,
            people: self.people.len() as u64,
            log_ins: self.log_ins.len() as u64,
            active_days: self.days.len() as u64,
            features: self.features.len() as u64,
            modules: self.modules.values().filter(|n| **n > 0 && 20 * **n >= all).count() as u64,
            ..self.sums
        }
    }
}

/// The leaves of pages of somebody in a quarter of an hour: the first of them, and for how long he
/// was engaged with all of these pages.
pub(crate) fn leaves(told: &[Told]) -> Vec<(&Told, u64)> {
    let mut leaves: BTreeMap<_, Vec<(&Told, u64)>> = BTreeMap::new();
    for it in told {
        let Some(ms) = engaged_ms(&it.event) else { continue };
        let event = &it.event;
        let ids = [&event.anonymous_id, &event.user_id, &event.account_id];
        let quarter = event.at.div_euclid(15 * 60 * 1_000);
        let key = (ids, session(event), event.is_automated, quarter);
        leaves.entry(key).or_default().push((it, ms));
    }
    let mut firsts = Vec::new();
    for leaves in leaves.into_values() {
        let sum = leaves.iter().map(|(_, ms)| ms).sum();
        let first = leaves.into_iter().min_by_key(|(it, _)| it.event.at);
        firsts.extend(first.map(|(it, _)| (it, sum)));
    }
    firsts
}

/// The weeks of each account that did anything in them, and the part of the week before.
fn by_hand(
    told: &[Told],
    leaves: &[(&Told, u64)],
    span: &Span,
) -> BTreeMap<String, ([Figure; ALL_WEEKS], Figure)> {
    let today = span.season.civil(span.now);
    let from = today.date().saturating_sub((7 * WEEKS as i64).days());
    let days = (from, today.date());
    let weeks = Calendar::new(span.season, Period::Week, days, span.week_start, span.now);
    let so_far = span.season.moment(today.saturating_sub(7.days())).unwrap_or(0);
    let so_far = so_far.min(weeks.periods[WEEKS - 1].1);
    let mut accounts: BTreeMap<String, ([Things<'_>; ALL_WEEKS], Things<'_>)> = BTreeMap::new();
    let all =
        told.iter().map(|it| (it, None)).chain(leaves.iter().map(|(it, ms)| (*it, Some(*ms))));
    for (it, engaged) in all.filter(|(it, _)| it.event.at <= span.now && span.counts(it)) {
        let week = weeks.number(it.event.at).and_then(|week| usize::try_from(week).ok());
        let Some(week) = week.filter(|week| *week < ALL_WEEKS && !it.account.is_empty()) else {
            continue;
        };
        let (all, part) = accounts.entry(it.account.clone()).or_default();
        let is_part = week == WEEKS - 1 && it.event.at < so_far;
        for things in [Some(&mut all[week]), is_part.then_some(part)].into_iter().flatten() {
            match engaged {
                Some(ms) => things.sums.engaged_ms += ms,
                None => things.add(span, it),
            }
        }
    }
    let figures = |(id, (weeks, part)): (String, ([Things<'_>; ALL_WEEKS], Things<'_>))| {
        (id, (weeks.map(|week| week.figure()), part.figure()))
    };
    let is_any = |of: &(String, ([Figure; ALL_WEEKS], Figure))| {
        of.1.0.iter().any(|week| *week != Figure::default())
    };
    accounts.into_iter().map(figures).filter(is_any).collect()
}

/// What is counted of the last two weeks beside what was counted before of the others is the same as all
/// counted at once; and whatever they are counted by lets all be counted anew.
async fn older_weeks_are_counted_once(connection: &Connection, spans: &[Span]) -> Result<()> {
    let mut n_kept = 0;
    for span in spans {
        let scope = span.scope()?;
        let features = meaning(&features(connection, true).await?);
        let at = |ms_ago: i64| Timestamp::from_millis(span.now - ms_ago);
        let first = Counted::load(connection, &scope, features.clone(), at(0), None).await?;
        let all = first.figures();
        let starts = all.weeks[WEEKS].start;
        let earlier = at(Counted::HOLDS_MS / 2);
        let before = Counted::load(connection, &scope, features.clone(), earlier, None).await?;
        let load = async |features: &Features, before: &Counted, ms: i64| {
            let now = at(-ms);
            Counted::load(connection, &scope, features.clone(), now, Some(before)).await
        };
        let renewed = load(&features, &before, 0).await?;
        let is_same_week = earlier >= starts;
        n_kept += usize::from(is_same_week);
        let older_at = if is_same_week { earlier } else { at(0) };
        ensure!(*renewed.figures().as_ref() == Figures { older_at, ..all.as_ref().clone() });

        // What was counted before is not counted again: it is taken as it is.
        let late = load(&features, &renewed, Counted::HOLDS_MS).await?;
        ensure!(late.figures().older_at == at(-Counted::HOLDS_MS), "it is too old");
        let other = load(&Features::default(), &renewed, 1).await?;
        ensure!(other.figures().older_at == at(-1), "other features");
        let sum = |it: &AccountFigures| it.weeks.iter().map(|week| week.features).sum::<u64>();
        ensure!(other.figures().accounts.iter().all(|it| sum(it) == 0), "no feature is used");
        let nobody = Scope { grouping: Grouping::none(scope.project.clone()), ..scope.clone() };
        let of_all = Counted::load(connection, &nobody, features, at(0), Some(&renewed)).await?;
        ensure!(of_all.figures().older_at == at(0), "other rules");
    }
    ensure!(n_kept >= spans.len() / 2, "hardly ever kept");
    Ok(())
}

#[tokio::test]
async fn accounts_do_by_week_what_they_do_by_hand() -> Result<()> {
    let seed = seed()?;
    let histories = draw(seed, HISTORIES, &history())?;
    let spans = draw(seed ^ 17, QUESTIONS, &span())?;
    let told = told(&histories);
    let leaves = leaves(&told);
    // An account that is merged into another is not among them.
    let there: BTreeSet<&str> = told.iter().map(|it| it.account.as_str()).collect();
    let Some(connection) = load("figures", &histories).await? else { return Ok(()) };
    let (mut sums, mut parts) = (Figure::default(), Figure::default());
    for (n, span) in spans.iter().enumerate() {
        let expected = by_hand(&told, &leaves, span);
        let scope = span.scope()?;
        let features = meaning(&features(&connection, n % 2 == 0).await?);
        let now = Timestamp::from_millis(span.now);
        let figures = figures::load(&connection, &scope, &features, now).await?;
        ensure!(figures.n_left_out == 0 && figures.weeks.len() == ALL_WEEKS);
        ensure!(figures.accounts.is_sorted_by(|a, b| a.id < b.id), "an account is there twice");
        for AccountFigures { id, weeks, so_far_before, .. } in &figures.accounts {
            ensure!(there.contains(id.as_str()), "seed {seed}: nobody is ever in {id}");
            let nothing = ([Figure::default(); ALL_WEEKS], Figure::default());
            let by_hand = expected.get(id).unwrap_or(&nothing);
            ensure!(
                (weeks, so_far_before) == (&by_hand.0, &by_hand.1),
                "seed {seed}\n{id} at {span:?}\n{weeks:#?}\n{so_far_before:?}\nnot {by_hand:#?}"
            );
            weeks.iter().for_each(|week| sums = sums.plus(week));
            parts = parts.plus(so_far_before);
        }
        let known: BTreeSet<_> = figures.accounts.iter().map(|it| it.id.as_str()).collect();
        let missing: Vec<_> = expected.keys().filter(|id| !known.contains(id.as_str())).collect();
        ensure!(missing.is_empty(), "seed {seed}: not known: {missing:?}");
    }
    older_weeks_are_counted_once(&connection, &spans).await?;
    for (sums, least) in [(sums, 1_000), (parts, 50)] {
        let Figure { visits, page_views, people, log_ins, active_days, engaged_ms, .. } = sums;
        let Figure { core_actions, completions, features, modules, .. } = sums;
        let all = [visits, page_views, people, log_ins, active_days, engaged_ms / 1_000];
        let all = [&all[..], &[core_actions, completions, features, modules]].concat();
        ensure!(all.iter().all(|sum| *sum > least), "hardly anything: {sums:?}");
    }
    Ok(())
}
