//! Sends a question and reads its answer.

use crate::feature::Features;
use crate::people::{PeoplePage, PeopleRow};
use crate::query::{Period, Periods, Query, Scope, Step, Target};
use crate::report::adoption::{self, AdoptionResult, AdoptionRow};
use crate::report::funnel::{self, FunnelResult, FunnelRow};
use crate::report::retention::{self, RetentionResult, RetentionRow};
use crate::report::threshold::{self, ThresholdResult, ThresholdRow};
use crate::report::usage::{self, Usage, UsageResult, UsageRow};
use crate::{Error, InvalidQuery, catalog};
use protocol::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use store::{Connection, Databases, Statement};

/// The answer to a [`Query`], told apart by `report` in its JSON as that is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "report", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Answer {
    /// How many people got how far.
    Funnel(FunnelResult),
    /// Who is one of the numbers of a funnel.
    FunnelPeople(PeoplePage),
    /// How features do, side by side.
    Adoption(AdoptionResult),
    /// How many came back.
    Retention(RetentionResult),
    /// What of the first week goes with what happens in the second.
    Threshold(ThresholdResult),
    /// How much features are used.
    Usage(UsageResult),
}

/// The statements that answer a question about one project, as things are `now`: one, but for
/// features of which some are filled and some are not.
///
/// # Errors
/// When the question means nothing: the sentence says why.
pub fn compile(
    query: &Query,
    features: &Features,
    scope: &Scope,
    databases: &Databases,
    now: Timestamp,
) -> Result<Vec<Statement>, InvalidQuery> {
    match query {
        Query::Funnel(funnel) => {
            Ok(vec![funnel::statement(funnel, features, scope, databases, now)?])
        }
        Query::FunnelPeople(asked) => {
            let people = asked.people(features, scope, databases, now)?;
            Ok(vec![people.page(asked.after.as_ref(), asked.limit)?])
        }
        Query::Adoption(adoption) => {
            let cut = adoption.cut(scope, now)?;
            adoption::statements(adoption, &cut, features, scope, databases, now)
        }
        Query::Retention(retention) => {
            let periods = Periods::new(retention.period, retention.date_range, scope, now)?;
            retention::statements(retention, &periods, features, scope, databases, now)
        }
        Query::Threshold(threshold) => {
            let periods = Periods::new(Period::Day, threshold.date_range, scope, now)?;
            threshold::statements(threshold, &periods, features, scope, databases, now)
        }
        Query::Usage(usage) => usage::statements(usage, features, scope, databases, now),
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
    let asked = query.features();
    let features = Features::load(connection, &scope.project, asked.as_deref()).await?;
    run_of(connection, scope, query, &features, now).await
}

/// Answers a question about features that were read before.
///
/// # Errors
/// As [`run`].
pub async fn run_of(
    connection: &Connection,
    scope: &Scope,
    query: &Query,
    features: &Features,
    now: Timestamp,
) -> Result<Answer, Error> {
    let statements = compile(query, features, scope, connection.databases(), now)?;
    match query {
        Query::Funnel(funnel) => {
            let rows = rows::<FunnelRow>(connection, &statements).await?;
            let steps: Vec<_> = funnel.steps.iter().collect();
            let names = names(connection, scope, &steps, features).await?;
            Ok(Answer::Funnel(FunnelResult::new(funnel, rows, &names, now)))
        }
        Query::FunnelPeople(asked) => {
            let rows = rows::<PeopleRow>(connection, &statements).await?;
            Ok(Answer::FunnelPeople(PeoplePage::new(rows, asked.limit, asked.as_of(now))))
        }
        Query::Adoption(adoption) => {
            let rows = rows::<AdoptionRow>(connection, &statements).await?;
            let cut = adoption.cut(scope, now)?;
            Ok(Answer::Adoption(AdoptionResult::new(features, &cut, &rows, now)?))
        }
        Query::Retention(retention) => {
            let rows = rows::<RetentionRow>(connection, &statements).await?;
            let periods = Periods::new(retention.period, retention.date_range, scope, now)?;
            let steps: Vec<_> =
                [&retention.start, &retention.returning].into_iter().flatten().collect();
            let mut names = names(connection, scope, &steps, features).await?.into_iter();
            let names = [&retention.start, &retention.returning]
                .map(|step| step.as_ref().and_then(|_| names.next()));
            Ok(Answer::Retention(RetentionResult::new(retention, &periods, &rows, names, now)?))
        }
        Query::Threshold(threshold) => {
            let rows = rows::<ThresholdRow>(connection, &statements).await?;
            let periods = Periods::new(Period::Day, threshold.date_range, scope, now)?;
            let of = (features, &periods);
            Ok(Answer::Threshold(ThresholdResult::new(threshold, of, &rows, scope, now)?))
        }
        Query::Usage(usage) => {
            let rows = rows::<UsageRow>(connection, &statements).await?;
            Ok(Answer::Usage(UsageResult::new(usage, features, &rows, now)))
        }
    }
}

/// Answers how much features are used that were read before.
///
/// # Errors
/// As [`run`].
pub async fn usage_of(
    connection: &Connection,
    scope: &Scope,
    usage: &Usage,
    features: &Features,
    now: Timestamp,
) -> Result<UsageResult, Error> {
    let databases = connection.databases();
    let statements = usage::statements(usage, features, scope, databases, now)?;
    let rows = rows::<UsageRow>(connection, &statements).await?;
    Ok(UsageResult::new(usage, features, &rows, now))
}

async fn rows<T: DeserializeOwned>(
    connection: &Connection,
    statements: &[Statement],
) -> Result<Vec<T>, Error> {
    let mut rows = Vec::new();
    for statement in statements {
        rows.extend(connection.json::<T>(statement).await?);
    }
    Ok(rows)
}

/// What steps are called, as in an answer.
///
/// # Errors
/// When the store refuses or is away.
pub async fn names_of(
    connection: &Connection,
    scope: &Scope,
    steps: &[Step],
) -> Result<Vec<String>, Error> {
    let asked: Vec<_> = steps.iter().filter_map(|step| step.target.feature()).collect();
    let features = Features::load(connection, &scope.project, Some(&asked)).await?;
    names(connection, scope, &steps.iter().collect::<Vec<_>>(), &features).await
}

/// What to call the steps: as they were named, else by their page, their feature or their element's label.
async fn names(
    connection: &Connection,
    scope: &Scope,
    steps: &[&Step],
    features: &Features,
) -> Result<Vec<String>, Error> {
    let unnamed = steps.iter().filter(|step| step.name.is_none());
    let elements: Vec<_> = unnamed
        .filter_map(|step| match step.target {
            Target::Click { element, .. } => Some(element),
            Target::Page(_) | Target::Feature(_) | Target::Event(_) => None,
        })
        .collect();
    let labels = catalog::labels(connection, &scope.project, &elements).await?;
    let name = |target: &Target| match target {
        Target::Page(page) => page.to_string(),
        Target::Event(name) => format!("event “{name}”"),
        Target::Feature(id) => {
            features.get(id.as_str()).map_or_else(|| id.to_string(), |f| f.feature.name.clone())
        }
        Target::Click { element, page } => {
            let known = labels.get(element).cloned();
            let label = known.unwrap_or_else(|| format!("element {element}"));
            page.as_ref().map_or(label.clone(), |page| format!("{label} on {page}"))
        }
    };
    let named = |step: &&Step| step.name.clone().unwrap_or_else(|| name(&step.target));
    Ok(steps.iter().map(named).collect())
}
