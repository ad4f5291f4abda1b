//! Sends a question and reads its answer.

mod compared;
mod parts;

use crate::feature::Features;
use crate::people::{List, People, PeoplePage, PeopleRow, Told};
use crate::query::{Days, ElementId, Periods, Query, Scope, Step, Target};
use crate::report::adoption::{self, AdoptionResult};
use crate::report::funnel::several::{self, SeveralRow};
use crate::report::funnel::{self, Funnel, FunnelResult, FunnelRow};
use crate::report::lifecycle::{self, LifecycleResult, LifecycleRow};
use crate::report::paths::{self, Nodes, PathRow, Paths, PathsResult};
use crate::report::retention::{self, RetentionResult, RetentionRow};
use crate::report::stickiness::{self, StickinessResult, StickinessRow};
use crate::report::threshold::{self, ThresholdResult, ThresholdRow};
use crate::report::trend::{self, Compare, TrailingRow, Trend, TrendResult, TrendRow};
use crate::report::usage::{self, Usage, UsageResult, UsageRow};
use crate::{Error, InvalidQuery, catalog};
use compared::compared;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
pub use parts::{MAX_PARTS, Part as ValuePart, Parts, parts};
use protocol::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use store::{Connection, Databases, Statement};
use tokio::sync::Semaphore;

/// How many statements of one question are asked at once: each of them may use all that a server
/// gives to one.
const AT_ONCE: usize = 3;

/// Who counts in memory what ClickHouse reads for it: the memory of one answer, however many are asked
/// for.
static ONE: Semaphore = Semaphore::const_new(1);

/// The answer to a [`Query`], told apart by `report` in its JSON as that is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "report", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Answer {
    /// How many people got how far.
    Funnel(FunnelResult),
    /// Who is behind a number.
    People(PeoplePage),
    /// How features do, side by side.
    Adoption(AdoptionResult),
    /// What people did one after the other.
    Paths(PathsResult),
    /// How many came back.
    Retention(RetentionResult),
    /// How often things are done, period by period.
    Trend(TrendResult),
    /// In how many periods people are there.
    Stickiness(StickinessResult),
    /// Who comes and who goes.
    Lifecycle(LifecycleResult),
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
    let scope = &query.scope(scope);
    match query {
        Query::Funnel(funnel) => {
            Ok(vec![funnel::statement(funnel, features, scope, databases, now)?])
        }
        Query::People(asked) => {
            let people = asked.people(features, scope, databases, now)?;
            Ok(vec![people.page(asked.after.as_ref(), asked.limit)?])
        }
        Query::Adoption(adoption) => {
            let cut = adoption.cut(scope, now)?;
            adoption::statements(adoption, &cut, features, scope, databases, now)
        }
        Query::Paths(paths) => paths::statements(paths, features, scope, databases, now),
        Query::Retention(retention) => {
            let periods = Periods::new(retention.period, retention.date_range, scope, now)?;
            retention::statements(retention, &periods, features, scope, databases, now)
        }
        Query::Trend(trend) => {
            let cut = trend::Cut::new(trend, scope, now)?;
            trend::statements(trend, &cut, features, scope, databases, now)
        }
        Query::Stickiness(stickiness) => {
            let cut = stickiness::Cut::new(stickiness, scope, now)?;
            stickiness::statements(stickiness, &cut, features, scope, databases, now)
        }
        Query::Lifecycle(lifecycle) => {
            let cut = lifecycle::Cut::new(lifecycle, scope, now)?;
            lifecycle::statements(lifecycle, &cut, features, scope, databases, now)
        }
        Query::Threshold(threshold) => {
            let periods = Days::new(threshold.date_range, scope, now)?;
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
    let scope = &query.scope(scope);
    let statements = compile(query, features, scope, connection.databases(), now)?;
    match query {
        Query::Funnel(funnel) => {
            let rows = rows::<FunnelRow>(connection, &statements).await?;
            let steps: Vec<_> = funnel.steps.iter().collect();
            let names = names(connection, scope, &steps, features).await?;
            Ok(Answer::Funnel(FunnelResult::new(funnel, rows, &names, now)))
        }
        Query::People(asked) => {
            let rows = rows::<PeopleRow>(connection, &statements).await?;
            Ok(Answer::People(PeoplePage::new(rows, asked.limit, asked.as_of(now))))
        }
        Query::Adoption(adoption) => {
            let _one = ONE.acquire().await.map_err(|_| Error::Stopped)?;
            let answer = compared(connection, scope, adoption, (features, &statements), now);
            Ok(Answer::Adoption(answer.await?))
        }
        Query::Paths(paths) => {
            let rows = tallied(connection, &statements, paths.shown).await?;
            let ids = PathRow::ids(&rows);
            let names = names_on_paths(connection, scope, paths, ids, features).await?;
            Ok(Answer::Paths(PathsResult::new(paths, &rows, names, now)))
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
        Query::Trend(trend) => {
            let features = (features, statements.as_slice());
            Ok(Answer::Trend(trend_of(connection, scope, trend, features, now).await?))
        }
        Query::Stickiness(stickiness) => {
            let rows = rows::<StickinessRow>(connection, &statements).await?;
            let activity = std::slice::from_ref(&stickiness.activity);
            let name = some_names(connection, scope, activity, features).await?.pop().flatten();
            let cut = stickiness::Cut::new(stickiness, scope, now)?;
            Ok(Answer::Stickiness(StickinessResult::new(&cut, &rows, name, now)?))
        }
        Query::Lifecycle(lifecycle) => {
            let rows = rows::<LifecycleRow>(connection, &statements).await?;
            let activity = std::slice::from_ref(&lifecycle.activity);
            let name = some_names(connection, scope, activity, features).await?.pop().flatten();
            let cut = lifecycle::Cut::new(lifecycle, scope, now)?;
            Ok(Answer::Lifecycle(LifecycleResult::new(&cut, &rows, name, now)?))
        }
        Query::Threshold(threshold) => {
            let rows = rows::<ThresholdRow>(connection, &statements).await?;
            let periods = Days::new(threshold.date_range, scope, now)?;
            let of = (features, &periods);
            Ok(Answer::Threshold(ThresholdResult::new(threshold, of, &rows, scope, now)?))
        }
        Query::Usage(usage) => {
            let rows = rows::<UsageRow>(connection, &statements).await?;
            Ok(Answer::Usage(UsageResult::new(usage, features, &rows, now)))
        }
    }
}

/// How many go the whole way in each of these funnels, by one statement for all of them; nothing of
/// those that have to be asked for alone.
///
/// # Errors
/// When the days mean nothing, or when the store refuses or is away.
pub async fn converted(
    connection: &Connection,
    scope: &Scope,
    funnels: &[Funnel],
    now: Timestamp,
) -> Result<Vec<Option<u64>>, Error> {
    let asked: Vec<_> = funnels.iter().flat_map(Funnel::features).collect();
    let features = Features::load(connection, &scope.project, Some(&asked)).await?;
    let places = several::together(funnels, &features);
    let mut converted = vec![None; funnels.len()];
    if places.is_empty() {
        return Ok(converted);
    }
    // They are all about the same.
    let scope = &funnels[places[0]].among.of(scope);
    let together: Vec<&Funnel> = places.iter().filter_map(|place| funnels.get(*place)).collect();
    let statement = several::statement(&together, &features, scope, connection.databases(), now)?;
    let row = connection.json::<SeveralRow>(&statement).await?.pop().ok_or(Error::NoRow)?;
    for ((place, n), unsure) in places.into_iter().zip(row.converted).zip(row.unsure) {
        converted[place] = Some(n).filter(|_| unsure == 0);
    }
    Ok(converted)
}

/// The answer to a trend, by its statements.
async fn trend_of(
    connection: &Connection,
    scope: &Scope,
    trend: &Trend,
    (features, statements): (&Features, &[Statement]),
    now: Timestamp,
) -> Result<TrendResult, Error> {
    let (counted, trailing) = statements.split_at(statements.len().min(1));
    let counted = rows::<TrendRow>(connection, counted).await?;
    let trailing = rows::<TrailingRow>(connection, trailing).await?;
    let steps: Vec<_> = trend.series.iter().flatten().cloned().collect();
    let known = trend::Known {
        names: some_names(connection, scope, &trend.series, features).await?,
        is_apart: steps.len() == trend.series.len() && funnel::are_apart(&steps, features)
            || trend.series.len() == 1,
        first_event: match trend.compare {
            Compare::None => None,
            _ => connection.first_event(&scope.project).await?,
        },
    };
    let cut = trend::Cut::new(trend, scope, now)?;
    let rows = (counted.as_slice(), trailing.as_slice());
    Ok(TrendResult::new(trend, &cut, rows, known, now)?)
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

/// The rows of all statements, in their order, of which some are asked at once.
async fn rows<T: DeserializeOwned>(
    connection: &Connection,
    statements: &[Statement],
) -> Result<Vec<T>, Error> {
    let each = statements.iter().map(|statement| connection.json::<T>(statement));
    // In a list, since a future that is sent cannot hold what makes others.
    let each = stream::iter(each.collect::<Vec<_>>()).buffered(AT_ONCE);
    Ok(each.try_collect::<Vec<_>>().await?.into_iter().flatten().collect())
}

/// What is counted of the visits that the statements of paths yield, where so many nodes have their
/// name in each position.
///
/// # Errors
/// When the store refuses or is away.
#[cfg_attr(
    not(feature = "testing"),
    allow(unreachable_pub, reason = "only tests look at what is counted before it is named")
)]
pub async fn tallied(
    connection: &Connection,
    statements: &[Statement],
    shown: u32,
) -> Result<Vec<PathRow>, Error> {
    let one = ONE.acquire().await.map_err(|_| Error::Stopped)?;
    let mut tally = paths::Tally::default();
    for statement in statements {
        connection.each_array(statement, |visit| tally.add(visit)).await?;
    }
    if tally.is_too_much() {
        return Err(InvalidQuery::TooManyVisits.into());
    }
    // Of a hundred million events it takes a second, in which others want to be answered.
    let counted = tokio::task::spawn_blocking(move || {
        let rows = tally.rows(shown);
        drop(one);
        rows
    });
    counted.await.map_err(|_| Error::Stopped)
}

/// What to call the nodes of paths, and what they are as steps.
async fn names_on_paths(
    connection: &Connection,
    scope: &Scope,
    paths: &Paths,
    ids: Vec<u64>,
    features: &Features,
) -> Result<paths::Names, Error> {
    let named = |(id, target): (u64, Target), name| (id, (name, target));
    let nodes = match paths.nodes {
        Nodes::Pages => {
            let pages = catalog::pages(connection, &scope.project, &ids).await?.into_iter();
            let pages = pages.map(|(id, page)| (id, (page.to_string(), Target::Page(page))));
            pages.collect()
        }
        Nodes::Clicks => {
            let ids: Vec<_> = ids.into_iter().map(ElementId).collect();
            let labels = catalog::labels(connection, &scope.project, &ids).await?.into_iter();
            let target = |element| Target::Click { element, page: None };
            labels.map(|(id, label)| named((id.0, target(id)), label)).collect()
        }
        Nodes::Features => {
            let target = |n: u64| Some((n, Target::Feature(format!("{n:016x}").parse().ok()?)));
            let name = |target: &Target| features.get(target.feature()?.as_str());
            let known = ids.into_iter().filter_map(target).filter_map(|(n, target)| {
                let name = name(&target)?.feature.name.clone();
                Some(named((n, target), name))
            });
            known.collect()
        }
    };
    let steps: Vec<_> = paths.ends().into_iter().flatten().collect();
    let mut ends = names(connection, scope, &steps, features).await?.into_iter();
    let [start, end] = paths.ends().map(|step| step.and_then(|_| ends.next()));
    Ok(paths::Names { start, end, nodes })
}

/// What to call steps of which some are none.
async fn some_names(
    connection: &Connection,
    scope: &Scope,
    steps: &[Option<Step>],
    features: &Features,
) -> Result<Vec<Option<String>>, Error> {
    let there: Vec<_> = steps.iter().flatten().collect();
    let mut names = names(connection, scope, &there, features).await?.into_iter();
    Ok(steps.iter().map(|step| step.as_ref().and_then(|_| names.next())).collect())
}

/// What a list of people is about, in words of its project.
///
/// # Errors
/// When the question means nothing, or when the store refuses or is away.
pub async fn told_of(
    connection: &Connection,
    scope: &Scope,
    people: &People,
    now: Timestamp,
) -> Result<Told, Error> {
    let features = Features::load(connection, &scope.project, people.features().as_deref()).await?;
    let periods = people.periods(scope, now)?;
    let names = match &people.list {
        List::Paths(it) => {
            let ids = it.who.ids();
            let names = names_on_paths(connection, scope, &it.question, ids, &features).await?;
            it.who.names(&it.question, &names)
        }
        _ => some_names(connection, scope, &people.named(), &features).await?,
    };
    Ok(Told { names, periods })
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
