//! What all accounts did, week by week: how much, and how well.
//!
//! A week is one of the project's own, and the last one runs. It is held against the week before up
//! to the same moment of the week, [`AccountFigures::so_far_before`]; what a whole week was stands
//! beside.
//!
//! - A *visit* is a session in which somebody did anything, and counts in each week in which he did.
//! - A *log-in* is a user in a visit: somebody of whom only the browser is known logs in nowhere.
//! - A *core action* is what [`crate::core_action`] says.
//! - *Engaged time* is told when a page is left, and counts then.
//! - A *module* is used from a twentieth of the core actions of the week on ([`crate::module`]).
//! - *Active days* are days of people: two people on three days each are six.
//!
//! Each is of the account that its person was in then, as [`store::identity`] says, and only who is
//! counted in reports counts here.
//!
//! **Counted before.** To count all weeks of thousands of accounts takes seconds, and of those that are
//! over hardly anything changes. So [`Counted`] counts the running week and the one before anew, and
//! has the others, and the modules of features, as they were some minutes ago by the same scope and the
//! same features. What those minutes bring of older weeks is there later: events that come more than a
//! week late, and a person or an account that is learnt of, in so far as it changes the past.

mod metric;
mod statement;
mod tally;

pub use metric::{Metric, change};

use crate::module::{self, Contracts};
use analytics::feature::Features;
use analytics::feature::module::modules;
use analytics::{DateRange, Error, Period, Periods, Scope};
use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use statement::Question;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::Connection;
use tally::Tally;

/// The weeks that are over, of which there are figures.
pub const WEEKS: usize = 13;

/// Those and the one that runs.
pub const ALL_WEEKS: usize = WEEKS + 1;

/// The most accounts that are held at once, the first by their names: 100 MB of figures.
pub const MAX_ACCOUNTS: usize = 100_000;

/// What was done in a time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// Visits.
    pub visits: u64,
    /// Views of pages.
    pub page_views: u64,
    /// People who did anything.
    pub people: u64,
    /// Users in visits.
    pub log_ins: u64,
    /// Days on which people did anything, of all people together.
    pub active_days: u64,
    /// Milliseconds in which somebody was engaged with a page.
    pub engaged_ms: u64,
    /// Completions of the features that count as core actions.
    pub core_actions: u64,
    /// Completions of features.
    pub completions: u64,
    /// Features that were used at all.
    pub features: u64,
    /// Modules in the contract that have a share of at least [`crate::module::MISSED`] of the core
    /// actions.
    pub modules: u64,
}

impl Figure {
    /// Both together, where nothing is in both.
    #[must_use]
    pub const fn plus(&self, other: &Self) -> Self {
        Self {
            visits: self.visits + other.visits,
            page_views: self.page_views + other.page_views,
            people: self.people + other.people,
            log_ins: self.log_ins + other.log_ins,
            active_days: self.active_days + other.active_days,
            engaged_ms: self.engaged_ms + other.engaged_ms,
            core_actions: self.core_actions + other.core_actions,
            completions: self.completions + other.completions,
            features: self.features + other.features,
            modules: self.modules + other.modules,
        }
    }
}

/// One account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountFigures {
    /// Its id.
    pub id: String,
    /// Its [`store::identity::account_hash`].
    pub number: u64,
    /// By [`Figures::weeks`].
    pub weeks: [Figure; ALL_WEEKS],
    /// Of the week before the one that runs, up to the same moment of the week.
    pub so_far_before: Figure,
    /// How many modules of the product its contract has, where it names any.
    pub n_contract: Option<u64>,
}

impl AccountFigures {
    /// Takes the weeks before the last two as they were counted before.
    fn take_older(&mut self, before: &Figures) {
        let place = before.accounts.binary_search_by(|other| other.id.cmp(&self.id));
        if let Some(known) = place.ok().and_then(|place| before.accounts.get(place)) {
            self.weeks[..ALL_WEEKS - 2].copy_from_slice(&known.weeks[..ALL_WEEKS - 2]);
        }
    }
}

/// All accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// The first day of each week, and its first moment: [`WEEKS`] that are over and the one that runs.
    pub weeks: Vec<Week>,
    /// Each account that is known, whether it did anything or not, by id.
    pub accounts: Vec<AccountFigures>,
    /// How many there are beyond [`MAX_ACCOUNTS`], which are left out.
    pub n_left_out: u64,
    /// Where the week before was as far as the one that runs is now.
    pub so_far_until: Timestamp,
    /// As of when it was counted.
    pub computed_at: Timestamp,
    /// As of when the weeks before the last two were counted.
    pub older_at: Timestamp,
}

/// A week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Week {
    /// Its first day, as `2026-11-16`.
    pub name: String,
    /// Its first moment.
    pub start: Timestamp,
}

/// The weeks as they are `now`: the last one runs.
///
/// # Errors
/// When the project's zone means nothing.
pub fn periods(scope: &Scope, now: Timestamp) -> Result<Periods, Error> {
    let days = 7 * WEEKS as u32 + 1;
    Ok(Periods::new(Period::Week, DateRange::Last { days }, scope, now)?)
}

/// Counts what all accounts did.
///
/// # Errors
/// When the store refuses or is away.
pub async fn load(
    connection: &Connection,
    scope: &Scope,
    features: &Features,
    now: Timestamp,
) -> Result<Figures, Error> {
    let (modules, contracts) = tokio::try_join!(
        modules(connection, scope, features, now),
        module::contracts(connection, scope),
    )?;
    count(connection, (scope, features, &modules, &contracts), now, None).await
}

/// What was counted, and by what.
#[derive(Debug, Clone)]
pub struct Counted {
    scope: Scope,
    features: Features,
    modules: BTreeMap<String, String>,
    contracts: Contracts,
    figures: Arc<Figures>,
}

impl Counted {
    /// For so many milliseconds what was counted of older weeks holds: five minutes.
    pub const HOLDS_MS: i64 = 5 * 60 * 1_000;

    /// Counts what all accounts did; older weeks only where what was counted `before` does not hold.
    ///
    /// # Errors
    /// When the store refuses or is away.
    pub async fn load(
        connection: &Connection,
        scope: &Scope,
        features: Features,
        now: Timestamp,
        before: Option<&Self>,
    ) -> Result<Self, Error> {
        let contracts = module::contracts(connection, scope).await?;
        let by = (scope, &features, &contracts);
        let before = before.filter(|before| {
            before.is_fresh(now) && (&before.scope, &before.features, &before.contracts) == by
        });
        let modules = match before {
            Some(before) => before.modules.clone(),
            None => modules(connection, scope, &features, now).await?,
        };
        let before = before.map(|before| &*before.figures);
        let by = (scope, &features, &modules, &contracts);
        let figures = Arc::new(count(connection, by, now, before).await?);
        Ok(Self { scope: scope.clone(), features, modules, contracts, figures })
    }

    /// What all accounts did.
    pub const fn figures(&self) -> &Arc<Figures> {
        &self.figures
    }

    /// What of the project it was counted by.
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Whether the older weeks hold.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        (0..Self::HOLDS_MS).contains(&now.millis_since(self.figures.older_at))
    }
}

/// Counts the weeks, and those before the last two only if they are not known.
async fn count(
    connection: &Connection,
    (scope, features, modules, contracts): (
        &Scope,
        &Features,
        &BTreeMap<String, String>,
        &Contracts,
    ),
    now: Timestamp,
    before: Option<&Figures>,
) -> Result<Figures, Error> {
    let periods = periods(scope, now)?;
    let (n, databases) = (periods.len(), connection.databases());
    let week = |number| Ok(Week { name: periods.name(number)?, start: periods.start(number)? });
    let weeks = (0..n).map(week).collect::<Result<Vec<_>, Error>>()?;
    let before = before.filter(|before| before.weeks == weeks);
    let so_far_until = periods.same_part(n - 2, n - 1, now)?;
    let first = if before.is_some() { n - 2 } else { 0 };
    let question =
        Question { periods: &periods, features, scope, databases, first, so_far_until, now };
    let names = question.names(connection).await?;
    let mut tally = Tally::new(names, features, modules, contracts);
    connection.each_block(&question.visits()?, |block| tally.add_visits(block.columns())).await?;
    connection.each_block(&question.engaged()?, |block| tally.add_engaged(block.columns())).await?;
    for uses in question.uses()? {
        connection.each_block(&uses, |block| tally.add_uses(block.columns())).await?;
    }
    let (mut accounts, n_left_out) = tally.done();
    if let Some(before) = before {
        accounts.iter_mut().for_each(|account| account.take_older(before));
    }
    let older_at = before.map_or(now, |before| before.older_at);
    Ok(Figures { weeks, accounts, n_left_out, so_far_until, computed_at: now, older_at })
}
