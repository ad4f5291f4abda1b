//! How much there was in a span of time, from the sessions.

use crate::identity::Grouping;
use crate::schema::sessions::{
    ANONYMOUS_ID, N_EVENTS, N_PAGE_VIEWS, PROJECT, QUARTER, QUARTER_MS, SESSION_ID,
};
use crate::{Connection, Error, Row, Statement, identity};
use protocol::{ProjectId, Timestamp};
use serde::{Deserialize, Serialize};

/// How much there was in a span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Row, Deserialize, Serialize)]
pub struct Activity {
    /// People, by [`identity`].
    pub people: u64,
    /// Visits.
    pub sessions: u64,
    /// Events, but for those that only say more of others ([`protocol::Kind::is_aside`]).
    pub events: u64,
    /// Events of the kind `page_view`.
    pub page_views: u64,
}

impl Connection {
    /// How much there was in a project from a moment up to and without another. Both must begin
    /// a quarter of an hour, as days do in every time zone; else they are rounded down.
    ///
    /// Who counts is said by the rules of the project, and by `with_automated`, whether browsers
    /// do that are driven by a program.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn activity(
        &self,
        project: &ProjectId,
        from: Timestamp,
        to: Timestamp,
        grouping: &Grouping,
        with_automated: bool,
    ) -> Result<Activity, Error> {
        let databases = self.databases();
        let question = format!(
            "SELECT uniqExact({person}) AS people, \
             uniqExactIf((s.{ANONYMOUS_ID}, s.{SESSION_ID}), s.{SESSION_ID} != '') AS sessions, \
             sum(s.{N_EVENTS}) AS events, sum(s.{N_PAGE_VIEWS}) AS page_views \
             FROM {table} AS s WHERE s.{PROJECT} = {{project:String}} \
             AND s.{QUARTER} >= {{from:Int64}} AND s.{QUARTER} < {{to:Int64}} \
             AND {counted}",
            person = identity::person(databases, "s"),
            counted = identity::counted_session(databases, grouping, "s"),
            table = databases.sessions(),
        );
        let quarter = |at: Timestamp| at.as_millis().div_euclid(QUARTER_MS);
        let question = identity::bind(Statement::new(question), grouping, with_automated)
            .bind("project", project.as_str())
            .bind("from", quarter(from))
            .bind("to", quarter(to));
        Ok(self.one::<Activity>(&question).await?.unwrap_or_default())
    }

    /// The quarter of an hour of the first event of a project, whoever it is of; `None` before there
    /// is one.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn first_event(&self, project: &ProjectId) -> Result<Option<Timestamp>, Error> {
        let table = self.databases().sessions();
        let question = Statement::new(format!(
            "SELECT minOrNull({QUARTER}) AS quarter FROM {table} WHERE {PROJECT} = {{project:String}}"
        ));
        let first = self.one::<First>(&question.bind("project", project.as_str())).await?;
        let quarter = first.and_then(|first| first.quarter);
        Ok(quarter.map(|quarter| Timestamp::from_millis(i64::from(quarter) * QUARTER_MS)))
    }
}

#[derive(Row, Deserialize)]
struct First {
    quarter: Option<i32>,
}
