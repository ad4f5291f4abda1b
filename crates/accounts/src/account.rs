//! One account: what was done there day by day, in which modules, with which features and by whom.
//!
//! What is counted is what [`crate::figures`] counts: a day or week of one account is the same there
//! and here. *Quiet* is who was there in the four weeks before the last two, and not since; *gone*,
//! who was there longer ago only; *new*, who was first there in the last thirty days.
//!
//! **Comparable** are the accounts of the same tier (the attribute `tier`), or all where the account
//! has none; only those that did anything in the last four weeks that are over.

mod behind;
mod calendar;
mod effect;
mod loaded;
mod statement;
#[cfg(test)]
mod tests;

pub use behind::{
    Days, Did, Happened, PAGE, People, Person, events, events_all, people, people_all,
};
pub use calendar::{Calendar, WEEK};
pub use effect::{Effect, Recovery, Side};

use crate::core_action;
use analytics::feature::Features;
use analytics::feature::module::modules;
use analytics::{Error, Scope};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use loaded::Loaded;
use protocol::Timestamp;
use serde::de::DeserializeOwned;
use statement::Question;
use std::collections::BTreeMap;
use std::ops::Range;
use store::{Connection, Statement};

/// The weeks that can be shown besides the running one.
pub const WEEKS: [u32; 2] = [13, 26];

/// Weeks that are told together: the first and the last of those that are shown and over.
pub const TOGETHER: usize = 4;

/// A person who was there in this many days before yesterday is not quiet.
const QUIET_DAYS: i64 = 14;

/// Who was not there in this many days is gone.
const GONE_DAYS: i64 = 42;

/// Who was first there in this many days, today included, is new.
const NEW_DAYS: i64 = 30;

/// People whose names and roles are looked up.
const NAMED: usize = 1_000;

/// Statements that are asked at once.
const AT_ONCE: usize = 3;

/// An account.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Its id.
    pub id: String,
    /// Its number: [`store::identity::account_hash`].
    pub number: u64,
    /// What its days and weeks are.
    pub calendar: Calendar,
    /// What was done, by the numbers of days.
    pub days: Vec<Day>,
    /// The same by the numbers of weeks; a visit or person of two days of a week counts once.
    pub weeks: Vec<Day>,
    /// The modules of the product, the most used here in the weeks that are shown first.
    pub modules: Vec<Module>,
    /// The features, by their use here in the weeks that are shown.
    pub features: Vec<Feature>,
    /// Everybody who was ever there, by core actions in the weeks that are shown.
    pub people: Vec<PersonUse>,
    /// How many accounts it is compared with.
    pub n_peers: u64,
    /// The tier of those; none where all are compared.
    pub tier: Option<String>,
    /// When anybody was first there.
    pub first_at: Option<Timestamp>,
    /// As of when it was counted.
    pub computed_at: Timestamp,
}

/// What was done on a day, or in a week.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Day {
    /// Completions of the features that count as core actions.
    pub core_actions: u64,
    /// Sessions in which somebody did anything.
    pub visits: u64,
    /// Views of pages.
    pub page_views: u64,
    /// People who did anything.
    pub people: u64,
    /// Users in visits.
    pub log_ins: u64,
    /// Milliseconds in which somebody was engaged with a page.
    pub engaged_ms: u64,
}

/// A module.
#[derive(Debug, Clone, PartialEq)]
pub struct Module {
    /// What it is called.
    pub name: String,
    /// Core actions, by the numbers of weeks.
    pub core_actions: Vec<u64>,
    /// Views of its pages, by the numbers of weeks; none where no page of the module is known.
    pub page_views: Option<Vec<u64>>,
    /// The mean of its share of the core actions of comparable accounts, in the last four weeks
    /// that are over; none where nobody is comparable.
    pub peers: Option<f64>,
}

/// A feature.
#[derive(Debug, Clone, PartialEq)]
pub struct Feature {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Its module.
    pub module: String,
    /// Whether to use it completes something, and does not only look at it or prepare it.
    pub is_completion: bool,
    /// Whether that is a core action.
    pub is_core: bool,
    /// Uses in the weeks that are shown.
    pub uses: u64,
    /// People who used it in them.
    pub people: u64,
    /// When it was last used in the weeks that are read.
    pub last_at: Option<Timestamp>,
    /// Of the comparable accounts, what share used it in the last four weeks that are over; none
    /// of what is no core action, or where nobody is comparable.
    pub peers: Option<f64>,
}

/// A person of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonUse {
    /// The user's id, or the browser's where no user was ever known on it.
    pub id: String,
    /// Whether it is a user's.
    pub is_user: bool,
    /// What he is called, where that was said.
    pub name: Option<String>,
    /// What he is there, where that was said.
    pub role: Option<String>,
    /// When he was first there.
    pub first_at: Timestamp,
    /// When he was last there.
    pub last_at: Timestamp,
    /// The numbers of the days on which he was there, in their order.
    pub days: Vec<i64>,
    /// Core actions, by the numbers of weeks.
    pub core_actions: Vec<u64>,
    /// How he comes and goes.
    pub state: State,
}

/// How somebody comes and goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// First there in the last thirty days, and in the last two weeks.
    New,
    /// There in the last two weeks.
    There,
    /// There in the four weeks before, and not since.
    Quiet,
    /// Not there for longer.
    Gone,
}

/// Counts one account: so many weeks that are over and the running one. None where there is no such
/// account.
///
/// # Errors
/// When the store refuses or is away.
pub async fn load(
    connection: &Connection,
    scope: &Scope,
    features: &Features,
    (id, weeks): (&str, u32),
    tier: Option<&str>,
    now: Timestamp,
) -> Result<Option<Account>, Error> {
    let Some(number) = number(connection, scope, id).await? else { return Ok(None) };
    let calendar = Calendar::new(weeks, scope, now)?;
    let databases = connection.databases();
    let question = Question { number, calendar: &calendar, features, scope, databases, now };
    let last = calendar.days_of(calendar.last_weeks(TOGETHER));
    let last = (i64::try_from(last.start).unwrap_or(0), i64::try_from(last.end).unwrap_or(0));
    let (people, visits, uses, page_views, peers) = (
        [question.people()],
        [question.visits()],
        question.uses(),
        [question.page_views()],
        question.peers(tier, last),
    );
    let (people, visits, uses) = tokio::try_join!(
        rows(connection, &people),
        rows(connection, &visits),
        rows(connection, &uses)
    )?;
    let engaged = [question.engaged()];
    let (page_views, engaged, peers, modules) = tokio::try_join!(
        rows(connection, &page_views),
        rows(connection, &engaged),
        rows(connection, peers.as_slice()),
        async { modules(connection, scope, features, now).await }
    )?;
    let loaded = Loaded { people, visits, engaged, uses, page_views, peers, modules };
    let mut account = loaded.account((id, number), tier, calendar, features, now);
    name(connection, scope, &mut account.people).await?;
    Ok(Some(account))
}

/// The number of an account; none where there is no such account.
///
/// # Errors
/// When the store refuses or is away.
pub async fn number(
    connection: &Connection,
    scope: &Scope,
    id: &str,
) -> Result<Option<u64>, Error> {
    let statement = statement::number(id, scope, connection.databases());
    let rows = connection.json::<statement::NumberRow>(&statement).await?;
    Ok(rows.first().map(|row| row.number))
}

/// The rows of all statements, of which some are asked at once.
async fn rows<T: DeserializeOwned>(
    connection: &Connection,
    statements: &[Statement],
) -> Result<Vec<T>, Error> {
    let each = statements.iter().map(|statement| connection.json::<T>(statement));
    let each = stream::iter(each.collect::<Vec<_>>()).buffered(AT_ONCE);
    Ok(each.try_collect::<Vec<_>>().await?.into_iter().flatten().collect())
}

/// Looks up what people are called and what they are, of the first of them.
async fn name(
    connection: &Connection,
    scope: &Scope,
    people: &mut [PersonUse],
) -> Result<(), Error> {
    #[derive(serde::Deserialize)]
    struct Said {
        id: String,
        value: String,
    }
    let users = people.iter().filter(|person| person.is_user).take(NAMED);
    let ids: Vec<String> = users.map(|person| person.id.clone()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let said = async |name: &str| {
        let statement = statement::said(name, ids.clone(), scope, connection.databases());
        let rows = connection.json::<Said>(&statement).await?.into_iter();
        let rows = rows.filter(|said| !said.value.is_empty());
        Ok::<BTreeMap<_, _>, Error>(rows.map(|said| (said.id, said.value)).collect())
    };
    let (names, roles) = tokio::try_join!(said("name"), said("role"))?;
    for person in people.iter_mut().filter(|person| person.is_user) {
        person.name = names.get(&person.id).cloned();
        person.role = roles.get(&person.id).cloned();
    }
    Ok(())
}

impl Account {
    /// What was done on some days, of those that are read.
    pub fn days_in(&self, days: &Range<i64>) -> std::slice::Iter<'_, Day> {
        let at = |day: i64| usize::try_from(day.max(0)).unwrap_or(0).min(self.days.len());
        self.days.get(at(days.start)..at(days.end)).unwrap_or_default().iter()
    }

    /// Core actions in some weeks.
    pub fn core_actions(&self, weeks: Range<usize>) -> u64 {
        self.weeks.get(weeks).unwrap_or_default().iter().map(|week| week.core_actions).sum()
    }

    /// Of the seven days of a week, on what share a person of that week was there, in the mean over
    /// some weeks; none where nobody was there.
    pub fn active_days(&self, weeks: Range<usize>) -> Option<f64> {
        let days = self.calendar.days_of(weeks);
        let days = i64::try_from(days.start).ok()?..i64::try_from(days.end).ok()?;
        effect::active_days(&self.people, &days)
    }

    /// The share that a person has of the core actions of some weeks; none where there are none.
    pub fn share_of(&self, person: &PersonUse, weeks: Range<usize>) -> Option<f64> {
        let all = self.core_actions(weeks.clone());
        (all > 0).then(|| person.core_actions(weeks) as f64 / all as f64)
    }

    /// Who has most of the core actions of some weeks, and the share; the first by name of several.
    pub fn most(&self, weeks: Range<usize>) -> Option<(&PersonUse, f64)> {
        let most = self.people.iter().max_by(|a, b| {
            let n = |person: &PersonUse| person.core_actions(weeks.clone());
            n(a).cmp(&n(b)).then_with(|| b.id.cmp(&a.id))
        })?;
        let share = self.share_of(most, weeks)?;
        Some((most, share))
    }

    /// Whether nobody was there in the weeks that are shown.
    pub fn is_still(&self) -> bool {
        self.weeks[self.calendar.shown_week()..].iter().all(|week| week.people == 0)
    }
}

impl PersonUse {
    /// On how many of some days he was there.
    pub fn days_in(&self, days: &Range<i64>) -> usize {
        let before = |day: i64| self.days.partition_point(|it| *it < day);
        before(days.end).saturating_sub(before(days.start))
    }

    /// Core actions in some weeks.
    pub fn core_actions(&self, weeks: Range<usize>) -> u64 {
        self.core_actions.get(weeks).unwrap_or_default().iter().sum()
    }

    /// What he is called: by his name, else by his id.
    pub fn called(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }

    /// The weeks in which he was there last: that of his last day and the three before it, whole.
    pub fn last_weeks(&self) -> Option<Range<usize>> {
        let last = usize::try_from(*self.days.last()?).ok()? / WEEK;
        Some((last + 1).saturating_sub(TOGETHER)..last + 1)
    }
}

impl Module {
    /// Its share of the core actions of an account in some weeks; none where there are none.
    pub fn share(&self, account: &Account, weeks: Range<usize>) -> Option<f64> {
        let all: u64 =
            account.modules.iter().map(|module| module.core_actions(weeks.clone())).sum();
        (all > 0).then(|| self.core_actions(weeks) as f64 / all as f64)
    }

    /// Core actions in some weeks.
    pub fn core_actions(&self, weeks: Range<usize>) -> u64 {
        self.core_actions.get(weeks).unwrap_or_default().iter().sum()
    }
}

/// The features whose use is a core action.
fn core(features: &Features) -> Vec<&str> {
    core_action::features(features).into_iter().map(|it| it.feature.id.as_str()).collect()
}
