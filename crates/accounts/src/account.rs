//! One account: what was done there day by day, in which modules, with which features and by whom.
//!
//! What is counted is what [`crate::figures`] counts: a day or week of one account is the same there
//! and here. *Quiet* is who was there in the four weeks before the last two, and not since; *gone*,
//! who was there longer ago only; *new*, who was first there in the last thirty days.
//!
//! **Comparable** are the accounts of the same tier (the attribute `tier`), or all where the account
//! has none; only those with a core action in the last four weeks that are over.

mod behind;
mod calendar;
mod data;
mod effect;
mod loaded;
mod statement;
#[cfg(test)]
mod tests;

pub use behind::{
    Days, Did, Happened, PAGE, People, Person, events, events_all, people, people_all,
};
pub use calendar::{Calendar, WEEK};
pub use data::{Account, Day, Feature, Module, PersonUse, State};
pub use effect::{Effect, Recovery, Side};

use crate::{core_action, names};
use analytics::feature::Features;
use analytics::feature::module::modules;
use analytics::{Error, Scope};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use loaded::Loaded;
use protocol::Timestamp;
use serde::de::DeserializeOwned;
use statement::Question;
use store::identity::Subject;
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
    let (people, visits, uses, page_views, peers) = (
        [question.people()],
        [question.visits()],
        question.uses(),
        [question.page_views()],
        question.peers(tier, last)?,
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
    let users = people.iter().filter(|person| person.is_user).take(NAMED);
    let ids: Vec<String> = users.map(|person| person.id.clone()).collect();
    let (names, roles) = tokio::try_join!(
        names::of_users(connection, scope, &ids),
        names::said(connection, scope, (Subject::User, "role"), &ids),
    )?;
    for person in people.iter_mut().filter(|person| person.is_user) {
        person.name = names.get(&person.id).cloned();
        person.role = roles.get(&person.id).cloned();
    }
    Ok(())
}

/// The features whose use is a core action.
fn core(features: &Features) -> Vec<&str> {
    core_action::features(features).into_iter().map(|it| it.feature.id.as_str()).collect()
}
