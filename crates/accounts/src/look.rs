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
mod rule;
mod told;
mod weeks;

pub use answer::{Back, CollectionGap, Earlier, Fall, Leaning, LookResult, SilentRule, Week};
pub use case::Case;
pub use cause::Cause;
pub use history::{History, Stretch};
pub use list::{Listing, list};
pub use rule::{Compared, Fell, Judged, judge};

use crate::core_action;
use analytics::feature::health::{Finding, health_of};
use analytics::feature::{Features, Meant};
use analytics::{Error, Scope};
use gap::Hours;
use load::Core;
use protocol::Timestamp;
use std::collections::BTreeMap;
use store::Connection;
use told::Known;
use weeks::Weeks;

/// The most accounts of a list.
pub(crate) const MAX: usize = 100;
/// Completions of a feature that are expected of everybody and of which none came.
const NONE_OF: f64 = 20.0;

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
    let core = Core { features: core_action::features(features), scope };
    if core.features.is_empty() {
        return Ok(LookResult::default());
    }
    let n_core = core.features.len();
    let weeks = Weeks::new(scope, now)?;
    let (hours, regions) = tokio::try_join!(
        load::hours(connection, scope, &weeks),
        load::regions(connection, scope),
    )?;
    let noted = connection.account_notes(&scope.project, &scope.grouping.merges).await?;
    let silent = silent(connection, features, &core, &weeks, &hours).await?;
    let is_heard = |meant: &&Meant| silent.iter().all(|one| one.feature != meant.feature.id);
    let core = Core { features: core.features.into_iter().filter(is_heard).collect(), scope };
    let mut accounts = match core.features.is_empty() {
        true => BTreeMap::new(),
        false => load::histories(connection, &core, &weeks).await?,
    };
    for (account, region) in regions {
        if let Some(history) = accounts.get_mut(&account) {
            history.region = region;
        }
    }
    let (numbers, histories): (Vec<u64>, Vec<History>) = accounts.into_iter().unzip();
    let missing =
        |week, stretch| weeks.hours(week, stretch).map_or(0.0, |of_week| hours.missing(of_week));
    let listing = list(&histories, weeks.today, missing);
    let known =
        Known { connection, core: &core, weeks: &weeks, hours: &hours, numbers, histories, noted };
    let result = known.tell(listing).await?;
    let gaps = gaps(&hours, &weeks)?;
    Ok(LookResult { silent, gaps, n_core, ..result })
}

/// The core features whose rule fell silent for everybody: by their health, or because nobody
/// completed one in the running week so far, or in the last full one, though as many were there.
async fn silent(
    connection: &Connection,
    features: &Features,
    core: &Core<'_>,
    weeks: &Weeks,
    hours: &Hours,
) -> Result<Vec<SilentRule>, Error> {
    let rule = |meant: &Meant, since| SilentRule {
        feature: meant.feature.id.clone(),
        name: meant.feature.name.clone(),
        since,
    };
    let health = health_of(connection, core.scope, features, &core.features, weeks.now).await?;
    let of_health = health.iter().filter_map(|one| {
        let since = one.findings.iter().find_map(|finding| match finding {
            Finding::Silent { since, .. } => Some(*since),
            _ => None,
        });
        Some(rule(features.get(&one.feature)?, Some(since?)))
    });
    let mut silent: Vec<SilentRule> = of_health.collect();
    for (week, stretch) in [(weeks.running() - 1, Stretch::Whole), (weeks.running(), Stretch::Part)]
    {
        let span = |week| Ok::<_, Error>((weeks.start(week)?, weeks.end(week, stretch)?));
        let (before, now) = tokio::try_join!(
            load::by_feature(connection, core, span(week - 1)?),
            load::by_feature(connection, core, span(week)?),
        )?;
        let visits = |week| Ok::<_, Error>(hours.sum(weeks.hours(week, stretch)?) as f64);
        let traffic = visits(week)? / visits(week - 1)?.max(1.0);
        let is_none = |meant: &&&Meant| {
            let n = |of: &BTreeMap<String, u64>| of.get(&meant.feature.id).copied().unwrap_or(0);
            n(&now) == 0 && n(&before) as f64 * traffic.min(1.0) >= NONE_OF
        };
        for meant in core.features.iter().filter(is_none) {
            if silent.iter().all(|one| one.feature != meant.feature.id) {
                silent.push(rule(meant, None));
            }
        }
    }
    Ok(silent)
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
