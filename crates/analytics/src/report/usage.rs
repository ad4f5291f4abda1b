//! How much features are used, and by how many people and accounts.
//!
//! A use is one event, however many alternatives of the rule mean it. The account is the one that
//! the person was in then; a use of nobody's account is no account's.

use crate::InvalidQuery;
use crate::feature::source::{Source, Used, bind, used};
use crate::feature::{Features, Meant};
use crate::query::{DateRange, FeatureId, Scope};
use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use store::schema::{Databases, events as e};
use store::{Statement, identity};

/// The question.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "UsageText")]
pub struct Usage {
    /// Which features; all of the project if there are none.
    pub features: Vec<FeatureId>,
    /// The days on which they were used.
    pub date_range: DateRange,
}

/// The question as in JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UsageText {
    #[serde(default)]
    features: Vec<String>,
    #[serde(default)]
    date_range: DateRange,
}

impl TryFrom<UsageText> for Usage {
    type Error = InvalidQuery;

    fn try_from(text: UsageText) -> Result<Self, InvalidQuery> {
        let read = |text: String| text.parse().map_err(|_| InvalidQuery::UnknownFeature(text));
        let features = text.features.into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(Self { features, date_range: text.date_range })
    }
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UsageResult {
    /// One for each feature that was asked for, the most used first.
    pub features: Vec<FeatureUsage>,
    /// When it was computed.
    pub computed_at: Timestamp,
}

/// One feature of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureUsage {
    /// Its id.
    pub feature: String,
    /// What it is called.
    pub name: String,
    /// Uses.
    pub uses: u64,
    /// People who used it.
    pub people: u64,
    /// Accounts that they used it for.
    pub accounts: u64,
    /// The table that was asked: `feature_events`, or `events` until the past is filled in.
    pub source: String,
}

/// The answer as it comes from ClickHouse.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct UsageRow {
    feature: String,
    uses: u64,
    people: u64,
    accounts: u64,
}

/// The features that are asked from one source, and the statement for them; at most one a source.
///
/// # Errors
/// When the dates mean nothing, or a feature is not known.
pub(crate) fn statements(
    usage: &Usage,
    features: &Features,
    scope: &Scope,
    databases: &Databases,
    now: Timestamp,
) -> Result<Vec<Statement>, InvalidQuery> {
    let mut asked: Vec<&Meant> = match usage.features.is_empty() {
        true => features.iter().collect(),
        false => usage.features.iter().map(|id| features.of(id)).collect::<Result<_, _>>()?,
    };
    asked.sort_by(|a, b| a.feature.id.cmp(&b.feature.id));
    asked.dedup_by(|a, b| a.feature.id == b.feature.id);
    let span = usage.date_range.span(scope, now)?;
    let mut statements = Vec::new();
    for source in [Source::Uses, Source::Events] {
        let of_it: Vec<&Meant> =
            asked.iter().copied().filter(|meant| Source::of(meant) == source).collect();
        if of_it.is_empty() {
            continue;
        }
        let statement = Statement::new(sql(source, &of_it, scope, databases));
        let statement = identity::bind(statement, &scope.grouping, scope.count_automated)
            .bind("project", scope.project.as_str())
            .bind("start", span.start)
            .bind("end", span.end);
        let bound = of_it.iter().enumerate();
        statements
            .push(bound.fold(statement, |statement, (n, meant)| bind(statement, source, meant, n)));
    }
    Ok(statements)
}

/// Rows of [`UsageRow`] for features of one source.
fn sql(source: Source, features: &[&Meant], scope: &Scope, databases: &Databases) -> String {
    let Used { table, feature, condition } = used(source, features, databases);
    let kept = [
        e::PROJECT,
        e::ANONYMOUS_HASH,
        e::USER_HASH,
        e::ACCOUNT_HASH,
        e::TIMESTAMP,
        e::IS_AUTOMATED,
    ];
    format!(
        "SELECT e.used AS feature, count() AS uses, uniqExact({person}) AS people, \
         uniqExactIf({account} AS account, account != 0) AS accounts\nFROM (\n\
         SELECT {kept}, {feature} AS used FROM {table}\n\
         WHERE {project} = {{project:String}} AND {timestamp} >= fromUnixTimestamp64Milli({{start:Int64}}) \
         AND {timestamp} < fromUnixTimestamp64Milli({{end:Int64}}) AND {condition}\n\
         ) AS e WHERE {counted}\nGROUP BY feature",
        person = identity::person_hash(databases, "e"),
        account = identity::account_hash(databases, &scope.grouping, "e"),
        counted = identity::counted(databases, &scope.grouping, "e"),
        kept = kept.join(", "),
        project = e::PROJECT,
        timestamp = e::TIMESTAMP,
    )
}

impl UsageResult {
    /// The answer, with a row for each feature that was asked for, used or not.
    pub(crate) fn new(
        usage: &Usage,
        features: &Features,
        rows: &[UsageRow],
        computed_at: Timestamp,
    ) -> Self {
        let is_asked = |meant: &&Meant| {
            usage.features.is_empty()
                || usage.features.iter().any(|id| id.as_str() == meant.feature.id)
        };
        let of = |meant: &Meant| {
            let row = rows.iter().find(|row| row.feature == meant.feature.id);
            FeatureUsage {
                feature: meant.feature.id.clone(),
                name: meant.feature.name.clone(),
                uses: row.map_or(0, |row| row.uses),
                people: row.map_or(0, |row| row.people),
                accounts: row.map_or(0, |row| row.accounts),
                source: Source::of(meant).as_str().to_owned(),
            }
        };
        let mut features: Vec<_> = features.iter().filter(is_asked).map(of).collect();
        features.sort_by(|a, b| b.uses.cmp(&a.uses).then_with(|| a.name.cmp(&b.name)));
        Self { features, computed_at }
    }
}
