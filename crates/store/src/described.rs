//! Which elements and pages ClickHouse has.

use crate::schema::{elements, pages};
use crate::{Connection, Error, Row, Statement};
use protocol::Timestamp;
use serde::Deserialize;

/// One of the two tables that events refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DescribedKind {
    /// [`crate::schema::elements`].
    Elements,
    /// [`crate::schema::pages`].
    Pages,
}

/// An element or a page that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Row, Deserialize)]
pub struct Described {
    /// The id that events carry.
    pub id: u64,
    /// The earliest event on it.
    pub first: Timestamp,
    /// The latest event on it, or one of the same day.
    pub last: Timestamp,
}

impl Connection {
    /// What is there of a project, at most `limit`, those of the lowest ids.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn described(
        &self,
        kind: DescribedKind,
        project: &str,
        limit: usize,
    ) -> Result<Vec<Described>, Error> {
        let databases = self.databases();
        let (table, of_project, id, first, last) = match kind {
            DescribedKind::Elements => (
                databases.elements(),
                elements::PROJECT,
                elements::ELEMENT_ID,
                elements::FIRST_SEEN,
                elements::LAST_SEEN,
            ),
            DescribedKind::Pages => (
                databases.pages(),
                pages::PROJECT,
                pages::PAGE_ID,
                pages::FIRST_SEEN,
                pages::LAST_SEEN,
            ),
        };
        let question = format!(
            "SELECT {id} AS id, min({first}) AS first, max({last}) AS last FROM {table} \
             WHERE {of_project} = {{project:String}} GROUP BY {id} ORDER BY {id} LIMIT {{limit:UInt64}}"
        );
        let question = Statement::new(question).bind("project", project);
        self.select(&question.bind("limit", u64::try_from(limit).unwrap_or(u64::MAX))).await
    }
}
