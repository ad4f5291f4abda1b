//! Sends a question and reads its answer.

use crate::query::{Query, Scope, Target};
use crate::report::funnel::{self, Funnel, FunnelResult, FunnelRow};
use crate::{Error, InvalidQuery, catalog};
use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Connection, Databases, Statement};

/// The answer to a [`Query`], told apart by `report` in its JSON as that is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "report", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Answer {
    /// How many people got how far.
    Funnel(FunnelResult),
}

/// The statement that answers a question about one project, as things are `now`.
///
/// # Errors
/// When the question means nothing: the sentence says why.
pub fn compile(
    query: &Query,
    scope: &Scope,
    databases: &Databases,
    now: Timestamp,
) -> Result<Statement, InvalidQuery> {
    match query {
        Query::Funnel(funnel) => funnel::statement(funnel, scope, databases, now),
    }
}

/// Answers a question about one project, as things are `now`.
///
/// # Errors
/// When the question means nothing, or when the store refuses or is away.
pub async fn run(
    connection: &Connection,
    scope: &Scope,
    query: &Query,
    now: Timestamp,
) -> Result<Answer, Error> {
    let statement = compile(query, scope, connection.databases(), now)?;
    match query {
        Query::Funnel(funnel) => {
            let rows = connection.json::<FunnelRow>(&statement).await?;
            let row = rows.first().ok_or(Error::NoRow)?;
            let names = names(connection, scope, funnel).await?;
            Ok(Answer::Funnel(FunnelResult::new(funnel, row, names, now)))
        }
    }
}

/// What to call the steps: as they were named, else by their page or by their element's label.
async fn names(
    connection: &Connection,
    scope: &Scope,
    funnel: &Funnel,
) -> Result<Vec<String>, Error> {
    let unnamed = funnel.steps.iter().filter(|step| step.name.is_none());
    let elements: Vec<_> = unnamed
        .filter_map(|step| match step.target {
            Target::Click { element, .. } => Some(element),
            Target::Page(_) => None,
        })
        .collect();
    let labels = catalog::labels(connection, &scope.project, &elements).await?;
    let name = |target: &Target| match target {
        Target::Page(page) => page.to_string(),
        Target::Click { element, page } => {
            let known = labels.get(element).cloned();
            let label = known.unwrap_or_else(|| format!("element {element}"));
            page.as_ref().map_or(label.clone(), |page| format!("{label} on {page}"))
        }
    };
    let named = |step: &crate::Step| step.name.clone().unwrap_or_else(|| name(&step.target));
    Ok(funnel.steps.iter().map(named).collect())
}
