//! The same of sessions: what is known of a visit is said at its first event.

use super::{ASKED, Fact, Who};
use crate::rows::{NOON, batch_id};
use anyhow::Result;
use std::collections::{BTreeMap, BTreeSet};
use store::identity::{self, Grouping};
use store::schema::sessions::QUARTER_MS;
use store::{Connection, Row, Statement};

/// What a row of sessions is of: who, in which part of the events, and when.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Row, serde::Deserialize)]
pub(super) struct Visit {
    project: String,
    pub(super) anonymous_id: String,
    user_id: String,
    account_id: String,
    is_automated: bool,
    month: u32,
    batch_id: [u8; 16],
    quarter: i32,
}

const VISIT: &str = "s.project AS project, s.anonymous_id AS anonymous_id, s.user_id AS user_id, \
     s.account_id AS account_id, s.is_automated AS is_automated, s.month AS month, \
     s.batch_id AS batch_id, s.quarter AS quarter";

/// The visits of a history, each with its first fact and how many there are.
pub(super) fn visits<'a>(
    project: &str,
    history: &'a [Fact],
) -> Result<BTreeMap<Visit, (&'a Fact, u64)>> {
    let mut visits: BTreeMap<Visit, (&Fact, u64)> = BTreeMap::new();
    for fact in history {
        let at = NOON.plus_millis(fact.at).as_millis();
        let visit = Visit {
            project: project.to_owned(),
            anonymous_id: fact.browser.clone(),
            user_id: fact.user.clone(),
            account_id: fact.account.clone(),
            is_automated: fact.is_automated,
            month: fact.month,
            batch_id: *batch_id(fact.batch).as_bytes(),
            quarter: i32::try_from(at.div_euclid(QUARTER_MS))?,
        };
        let (first, n) = visits.entry(visit).or_insert((fact, 0));
        *n += 1;
        if fact.at < first.at {
            *first = fact;
        }
    }
    Ok(visits)
}

#[derive(Row, serde::Deserialize)]
struct ToldVisit {
    project: String,
    anonymous_id: String,
    user_id: String,
    account_id: String,
    is_automated: bool,
    month: u32,
    batch_id: [u8; 16],
    quarter: i32,
    person: String,
    account: String,
    may_change: bool,
}

/// Whose every visit is, by the engine.
pub(super) async fn who_visits(
    connection: &Connection,
    grouping: &Grouping,
) -> Result<BTreeMap<Visit, Who>> {
    let databases = connection.databases();
    let sql = format!(
        "SELECT {VISIT}, {} AS person, {} AS account, ({}) = 1 AS may_change FROM {} AS s \
         WHERE s.project != {{asked:String}}",
        identity::person(databases, "s"),
        identity::account_of_session(databases, grouping, "s"),
        identity::may_change_account(databases, "s"),
        databases.sessions(),
    );
    let question = identity::bind(Statement::new(sql), grouping, true).bind("asked", ASKED);
    let rows = connection.select::<ToldVisit>(&question.bind("project", "")).await?;
    let told = |row: ToldVisit| {
        let ToldVisit { project, anonymous_id, user_id, account_id, is_automated, .. } = row;
        let ToldVisit { month, batch_id, quarter, person, account, may_change, .. } = row;
        let visit = Visit {
            project,
            anonymous_id,
            user_id,
            account_id,
            is_automated,
            month,
            batch_id,
            quarter,
        };
        (visit, (person, account, may_change))
    };
    Ok(rows.into_iter().map(told).collect())
}

/// The visits that count, by the engine.
pub(super) async fn counted_visits(
    connection: &Connection,
    grouping: &Grouping,
    all: bool,
) -> Result<BTreeSet<Visit>> {
    let databases = connection.databases();
    let sql = format!(
        "SELECT {VISIT} FROM {} AS s WHERE s.project = {{project:String}} AND {}",
        databases.sessions(),
        identity::counted_session(databases, grouping, "s"),
    );
    let question = identity::bind(Statement::new(sql), grouping, all).bind("project", ASKED);
    Ok(connection.select::<Visit>(&question).await?.into_iter().collect())
}
