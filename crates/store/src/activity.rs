//! How much there was in a span of time, from the sessions.

use crate::schema::sessions::{
    ANONYMOUS_ID, IS_AUTOMATED, N_EVENTS, N_PAGE_VIEWS, PROJECT, QUARTER, QUARTER_MS, SESSION_ID,
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
    /// Events of all kinds.
    pub events: u64,
    /// Events of the kind `page_view`.
    pub page_views: u64,
}

impl Connection {
    /// How much there was in a project from a moment up to and without another. Both must begin
    /// a quarter of an hour, as days do in every time zone; else they are rounded down.
    ///
    /// `with_automated` says whether browsers that are driven by a program count.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn activity(
        &self,
        project: &ProjectId,
        from: Timestamp,
        to: Timestamp,
        with_automated: bool,
    ) -> Result<Activity, Error> {
        let databases = self.databases();
        let question = format!(
            "SELECT uniqExact({person}) AS people, \
             uniqExactIf((s.{ANONYMOUS_ID}, s.{SESSION_ID}), s.{SESSION_ID} != '') AS sessions, \
             sum(s.{N_EVENTS}) AS events, sum(s.{N_PAGE_VIEWS}) AS page_views \
             FROM {table} AS s {join} WHERE s.{PROJECT} = {{project:String}} \
             AND s.{QUARTER} >= {{from:Int64}} AND s.{QUARTER} < {{to:Int64}} \
             AND (NOT s.{IS_AUTOMATED} OR {{with_automated:Bool}})",
            person = identity::person("s"),
            join = identity::join(databases, "s"),
            table = databases.sessions(),
        );
        let quarter = |at: Timestamp| at.as_millis().div_euclid(QUARTER_MS);
        let question = Statement::new(question)
            .bind("project", project.as_str())
            .bind("from", quarter(from))
            .bind("to", quarter(to))
            .bind("with_automated", with_automated);
        Ok(self.one::<Activity>(&question).await?.unwrap_or_default())
    }
}
