//! The accounts to look at: whose core actions fell to half or less of the week before, each with
//! what may be behind it.
//!
//! It is quick and often wrong, and says what it knows: the running week is compared with the week
//! before up to the same moment, and the last full one with the one before it; a fall of the latter
//! stays as long as the account is not back ([`case`]). What everybody has less of is no fall: a
//! holiday of the region and a stop of the SDK lower what is expected ([`rule`]), and hours of which
//! nothing came are said ([`gap`]). The completions of a feature whose rule fell silent for all are
//! left out of every week. Where too little came of everybody nothing is said of any account.
//!
//! Besides: whose use hangs on one person, and of the accounts whose contract names modules, who hardly
//! uses one and who took one up ([`modules`]).
//!
//! **Invariant:** neither a holiday of a region, a silent rule nor a stop of the SDK makes a fall
//! (`tests/api/look.rs` of the collector, and each day of a quarter of Tidemark's simulated past in
//! `tests/look.rs` of `load-gen`).

mod answer;
mod case;
mod cause;
mod gap;
mod history;
mod list;
mod load;
mod modules;
mod rule;
mod told;
mod weeks;

pub use answer::{
    Back, CollectionGap, Earlier, Fall, HardlyUsed, Intervention, Leaning, LookResult, ModuleUse,
    Noted, SilentRule, TakenUp, Week, WeekJudged,
};
pub use case::Case;
pub use cause::Cause;
pub use history::{History, Stretch};
pub use list::{Listing, list};
pub use rule::{Compared, Fell, Judged, judge};
pub use told::LEANING;

use crate::{core_action, names};
use analytics::feature::health::silent_of;
use analytics::feature::{Features, Meant};
use analytics::{Error, Scope};
use gap::Hours;
use load::{Completed, Core};
use protocol::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use store::Connection;
use store::record::attribute;
use told::Known;
use weeks::Weeks;

/// The most accounts of a list.
pub(crate) const MAX: usize = 100;
/// Completions of a feature that are expected of everybody and of which none came.
const NONE_OF: f64 = 20.0;
/// The accounts that completed a feature before, for it to be none of a few of them.
const EVERYBODY: u64 = 3;
/// In which time before its last use they did, where its health says that it is silent.
const BEFORE_MS: i64 = 28 * 24 * 60 * 60 * 1_000;
/// How long after its last use a week lacks it: over a weekend nobody does.
const LACKS_MS: i64 = 3 * 24 * 60 * 60 * 1_000;

/// The features that somebody completes, by the week that is compared.
type Completions = BTreeMap<usize, BTreeSet<String>>;

/// The accounts to look at, as things are `now`.
///
/// # Errors
/// When the store refuses or is away.
pub async fn look(
    connection: &Connection,
    scope: &Scope,
    features: &Features,
    now: Timestamp,
) -> Result<LookResult, Error> {
    let noted =
        async { Ok(connection.account_notes(&scope.project, &scope.grouping.merges).await?) };
    let (seen, noted) = tokio::try_join!(Seen::load(connection, scope, features, now), noted)?;
    let Some(seen) = seen else { return Ok(LookResult::default()) };
    let Seen { core, weeks, hours, silent, completed, numbers, histories, listing, n_core } = seen;
    let has_accounts = !numbers.is_empty() || load::is_any(connection, scope).await?;
    let all = Core { features: core_action::features(features), scope };
    let modules = modules::load(connection, (&all, features), (&weeks, &hours), &noted).await?;
    let known = Known {
        connection,
        core: &core,
        weeks: &weeks,
        hours: &hours,
        completed,
        numbers,
        histories,
        noted,
    };
    let result = known.tell(listing, modules).await?;
    let gaps = gaps(&hours, &weeks)?;
    Ok(LookResult { silent, gaps, n_core, has_accounts, ..result })
}

/// What is said of the weeks that are compared, for those who tell of one of them elsewhere, and of
/// how many accounts.
///
/// # Errors
/// When the store refuses or is away.
pub async fn weeks_judged(
    connection: &Connection,
    scope: &Scope,
    features: &Features,
    now: Timestamp,
) -> Result<(Vec<WeekJudged>, usize), Error> {
    let Some(seen) = Seen::load(connection, scope, features, now).await? else {
        return Ok((Vec::new(), 0));
    };
    let week = |(compared, judged): &(Compared, Judged)| {
        let from = seen.weeks.date(7 * compared.week).to_string();
        let is_in = |rule: &&SilentRule| rule.week <= from;
        WeekJudged {
            is_running: compared.stretch == Stretch::Part,
            is_everywhere: judged.is_everywhere,
            silent: seen.silent.iter().filter(is_in).cloned().collect(),
            fell: judged.falls.iter().map(|fell| seen.numbers[fell.place]).collect(),
        }
    };
    Ok((seen.listing.judged.iter().map(week).collect(), seen.numbers.len()))
}

/// What is known before anybody is named.
struct Seen<'a> {
    /// The core features, without those whose rule fell silent.
    core: Core<'a>,
    weeks: Weeks,
    hours: Hours,
    silent: Vec<SilentRule>,
    completed: Completions,
    /// The accounts' numbers, in the order of their histories.
    numbers: Vec<u64>,
    histories: Vec<History>,
    listing: Listing,
    /// How many core features there are, those that fell silent among them.
    n_core: usize,
}

impl<'a> Seen<'a> {
    /// None where no feature counts.
    async fn load(
        connection: &Connection,
        scope: &'a Scope,
        features: &'a Features,
        now: Timestamp,
    ) -> Result<Option<Self>, Error> {
        let core = Core { features: core_action::features(features), scope };
        if core.features.is_empty() {
            return Ok(None);
        }
        let n_core = core.features.len();
        let weeks = Weeks::new(scope, now)?;
        let (hours, regions) = tokio::try_join!(
            load::hours(connection, scope, &weeks),
            names::said_of_accounts(connection, scope, attribute::REGION),
        )?;
        let (silent, completed) = silent(connection, features, &core, &weeks, &hours).await?;
        let is_heard = |meant: &&Meant| silent.iter().all(|one| one.feature != meant.feature.id);
        let core = Core { features: core.features.into_iter().filter(is_heard).collect(), scope };
        let mut accounts = match core.features.is_empty() {
            true => BTreeMap::new(),
            false => load::histories(connection, &core, &weeks).await?,
        };
        for (account, region) in regions {
            if let Some(history) = accounts.get_mut(&account) {
                history.region = region.value;
            }
        }
        let (numbers, histories): (Vec<u64>, Vec<History>) = accounts.into_iter().unzip();
        let missing = |week, stretch| {
            weeks.hours(week, stretch).map_or(0.0, |of_week| hours.missing(of_week))
        };
        let listing = list(&histories, weeks.today, missing);
        Ok(Some(Self {
            core,
            weeks,
            hours,
            silent,
            completed,
            numbers,
            histories,
            listing,
            n_core,
        }))
    }
}

/// The core features whose rule fell silent for everybody, and those that somebody completes, by
/// the week that is compared.
///
/// It is so by a feature's health, or because nobody completed it in the running week so far, or in
/// the last full one, though as many were there. What few accounts completed is a matter of these.
async fn silent(
    connection: &Connection,
    features: &Features,
    core: &Core<'_>,
    weeks: &Weeks,
    hours: &Hours,
) -> Result<(Vec<SilentRule>, Completions), Error> {
    let rule = |meant: &Meant, week: usize, since| SilentRule {
        feature: meant.feature.id.clone(),
        name: meant.feature.name.clone(),
        week: weeks.date(7 * week).to_string(),
        since,
    };
    let of = |all: &BTreeMap<String, Completed>, meant: &Meant| {
        all.get(&meant.feature.id).copied().unwrap_or_default()
    };
    let mut silent = Vec::new();
    for (feature, since) in
        silent_of(connection, core.scope, features, &core.features, weeks.now).await?
    {
        let Some(meant) = features.get(&feature) else { continue };
        let before = (since.plus_millis(-BEFORE_MS), since.plus_millis(1));
        let [before] = load::by_feature(connection, core, [before]).await?;
        if of(&before, meant).accounts >= EVERYBODY {
            silent.push(rule(meant, weeks.of(since.plus_millis(LACKS_MS)), Some(since)));
        }
    }
    let running = weeks.running();
    let compared = [(running - 1, Stretch::Whole), (running, Stretch::Part)];
    let [whole, part] = compared.map(|(week, stretch)| weeks.compared(week, stretch));
    let (whole, part) = (whole?, part?);
    let spans = [whole.before, whole.now, part.before, part.now];
    let [before, now, part_before, part_now] = load::by_feature(connection, core, spans).await?;
    let completed = [(before, now), (part_before, part_now)];
    for ((week, stretch), (before, now)) in compared.into_iter().zip(&completed) {
        let visits = |week| Ok::<_, Error>(hours.sum(weeks.hours(week, stretch)?) as f64);
        let traffic = visits(week)? / visits(week - 1)?.max(1.0);
        let is_none = |meant: &&&Meant| {
            let before = of(before, meant);
            of(now, meant).n == 0
                && before.n as f64 * traffic.min(1.0) >= NONE_OF
                && before.accounts >= EVERYBODY
        };
        for meant in core.features.iter().filter(is_none) {
            if silent.iter().all(|one: &SilentRule| one.feature != meant.feature.id) {
                silent.push(rule(meant, week, None));
            }
        }
    }
    let weeks = compared.into_iter().map(|(week, _)| week);
    let of_weeks = completed.into_iter().map(|(_, now)| now.into_keys().collect());
    Ok((silent, weeks.zip(of_weeks).collect()))
}

/// Hours of the two weeks that are compared, of which nothing came.
fn gaps(hours: &Hours, weeks: &Weeks) -> Result<Vec<CollectionGap>, Error> {
    const HOUR_MS: i64 = 60 * 60 * 1_000;
    let from = weeks.hours(weeks.running() - 1, Stretch::Whole)?.start;
    let to = weeks.hours(weeks.running(), Stretch::Part)?.end;
    let told = |gap: &gap::Gap| CollectionGap {
        from: Timestamp::from_millis(gap.from * HOUR_MS),
        to: Timestamp::from_millis(gap.to * HOUR_MS),
        expected_visits: gap.expected,
    };
    Ok(hours.gaps(from..to).iter().map(told).collect())
}
