//! How the past of a feature gets into its table.
//!
//! A version of a feature's rule goes through stages, each of which is a row that is written after what
//! it says is true: the elements that it means are known ([`MATCHED`]); the uses of a month are
//! there ([`MONTH_FILLED`]); those of all months are ([`FILLED`]); and, when it was changed or
//! deleted, its uses count no longer ([`DROPPED`]) and are taken out with what it means ([`GONE`]).
//!
//! Of one whose definition cannot be read, what is new is not matched. So its stages are taken back
//! ([`OPENED`]) and its uses stay: when it can be read again, it is matched and filled anew, and
//! only what is missing is written.
//!
//! **The hand-over.** The writer of events fills a month between two of its batches. What came
//! before is among the events that it fills from; what comes after is derived with its batch,
//! because the month's stage is reached by then. Of a month whose stage is not reached, nothing is
//! derived with a batch. So no use is left out and none is there twice, whenever a kill comes: a
//! month that was being filled has not reached its stage, it is made sure that the insert is dead,
//! and only what is missing is filled in.
//!
//! **Invariant:** nobody but the writer of events fills, and never while a batch is on its way.

use super::MONTH_LIMIT;
use super::feature_events::{key, of_versions};
use crate::insert::write;
use crate::schema::{events, feature_elements as m, feature_events as f, feature_stages as s};
use crate::settle::Count;
use crate::{Connection, Error, Row, Statement};
use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The elements and pages that it means are known.
const MATCHED: &str = "matched";
/// The uses of a month are there.
pub(super) const MONTH_FILLED: &str = "month";
/// The uses of all months are there.
pub(super) const FILLED: &str = "filled";
/// Its uses count no longer.
pub(super) const DROPPED: &str = "dropped";
/// What it means and its uses are taken out.
pub(super) const GONE: &str = "gone";

/// It was further, and begins anew with the uses that it has.
const OPENED: &str = "opened";

/// How a month is filled: beside the rest, in bounded memory.
const SETTINGS: [(&str, &str); 3] =
    [("async_insert", "0"), ("wait_end_of_query", "1"), ("insert_deduplicate", "0")];

/// A version of a feature.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeatureVersion {
    /// The tenant.
    pub project: String,
    /// The feature's id.
    pub feature: String,
    /// The version of its rule: [`crate::Feature::rule_version`].
    pub version: u32,
}

impl FeatureVersion {
    /// It in one text, as [`key`] makes it of columns.
    fn key(&self) -> String {
        format!("{}/{}/{}", self.project, self.feature, self.version)
    }
}

/// What is done for a version of a feature.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stages {
    /// The elements that it means are known.
    pub is_matched: bool,
    /// The months whose uses are there.
    pub months: Vec<u32>,
    /// The uses of all months are there.
    pub is_filled: bool,
    /// Its uses count no longer.
    pub is_dropped: bool,
    /// What it means and its uses are taken out.
    pub is_gone: bool,
}

/// A stage to note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The elements and pages that it means are known.
    Matched,
    /// The uses of this month are there.
    Month(u32),
    /// The uses of all months are there.
    Filled,
    /// Its uses count no longer.
    Dropped,
    /// What it means and its uses are taken out.
    Gone,
    /// It was further, and begins anew with the uses that it has.
    Opened,
}

impl Stage {
    const fn columns(self) -> (&'static str, u32) {
        match self {
            Self::Matched => (MATCHED, 0),
            Self::Month(month) => (MONTH_FILLED, month),
            Self::Filled => (FILLED, 0),
            Self::Dropped => (DROPPED, 0),
            Self::Gone => (GONE, 0),
            Self::Opened => (OPENED, 0),
        }
    }
}

/// Months of a project's events of which versions of features have no uses yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fill {
    /// The month.
    pub month: u32,
    /// Of which versions.
    pub versions: Vec<FeatureVersion>,
}

#[derive(Row, Serialize, Deserialize)]
struct StageRow {
    project: String,
    feature: String,
    version: u32,
    stage: String,
    month: u32,
    reached_at: Timestamp,
}

#[derive(Row, Deserialize)]
struct ReachedRow {
    project: String,
    feature: String,
    version: u32,
    reached: Vec<(String, u32)>,
}

#[derive(Row, Deserialize)]
struct MonthOf {
    project: String,
    month: u32,
}

impl Connection {
    /// What is done for every version of every feature of which anything is done.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn stages(&self) -> Result<BTreeMap<FeatureVersion, Stages>, Error> {
        let question = format!(
            "SELECT toString({project}) AS project, toString({feature}) AS feature, {version} AS version, \
             groupUniqArray((toString({stage}), {month})) AS reached FROM {table} \
             GROUP BY {project}, {feature}, {version}",
            project = s::PROJECT,
            feature = s::FEATURE,
            version = s::VERSION,
            stage = s::STAGE,
            month = s::MONTH,
            table = self.databases().feature_stages(),
        );
        let rows = self.select::<ReachedRow>(&Statement::new(question)).await?;
        let stages = rows.into_iter().map(|ReachedRow { project, feature, version, reached }| {
            let has = |word: &str| reached.iter().any(|(stage, _)| stage == word);
            let months = reached.iter().filter(|(stage, _)| stage == MONTH_FILLED);
            let mut months: Vec<u32> = months.map(|(_, month)| *month).collect();
            months.sort_unstable();
            let stages = Stages {
                is_matched: has(MATCHED),
                months,
                is_filled: has(FILLED),
                is_dropped: has(DROPPED),
                is_gone: has(GONE),
            };
            (FeatureVersion { project, feature, version }, stages)
        });
        Ok(stages.collect())
    }

    /// Notes that versions of features have reached a stage. Repeating it changes nothing.
    ///
    /// # Errors
    /// When the server refuses or is away; it may be repeated. Whether it is there is not known
    /// then before [`Self::end_fills`].
    pub async fn note_stage(
        &self,
        versions: &[FeatureVersion],
        stage: Stage,
        at: Timestamp,
    ) -> Result<(), Error> {
        let (stage, month) = stage.columns();
        let row = |of: &FeatureVersion| StageRow {
            project: of.project.clone(),
            feature: of.feature.clone(),
            version: of.version,
            stage: stage.to_owned(),
            month,
            reached_at: at,
        };
        let rows: Vec<StageRow> = versions.iter().map(row).collect();
        let rows: Vec<&StageRow> = rows.iter().collect();
        let insert = self.start::<StageRow>(&self.databases().feature_stages()).await?;
        write(insert.with_setting("query_id", self.fill_id()?), &rows).await
    }

    /// The months of the events of each project.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn event_months(&self) -> Result<BTreeMap<String, Vec<u32>>, Error> {
        let question = format!(
            "SELECT toString({project}) AS project, {month} AS month FROM {events} \
             GROUP BY {project}, {month} ORDER BY {project}, {month} DESC",
            project = events::PROJECT,
            month = events::MONTH,
            events = self.databases().events(),
        );
        let mut months: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for MonthOf { project, month } in self.select::<MonthOf>(&Statement::new(question)).await? {
            months.entry(project).or_default().push(month);
        }
        Ok(months)
    }

    /// Makes sure that nothing is on its way any more that was to fill a month. To be called once
    /// before the first [`Self::fill`] of a process, and after each that failed.
    ///
    /// # Errors
    /// As [`Self::settle`].
    pub async fn end_fills(&self) -> Result<(), Error> {
        self.end_queries(self.fill_prefix()).await
    }

    /// Writes the uses of a month that are not there.
    ///
    /// To be called by the one who writes events, and not while a batch is on its way.
    ///
    /// # Errors
    /// When the server refuses or is away. Then some may be there or come yet: call
    /// [`Self::end_fills`], and repeat it.
    pub async fn fill(&self, fill: &Fill) -> Result<(), Error> {
        let which: Vec<String> = fill.versions.iter().map(FeatureVersion::key).collect();
        // The first two are what the sort key finds.
        let there = format!(
            "{} = {{month:UInt32}} AND {} IN {{projects:Array(String)}} AND {} IN {{features:Array(String)}} \
             AND {} IN {{which:Array(String)}}",
            f::MONTH,
            f::PROJECT,
            f::FEATURE,
            key([f::PROJECT, f::FEATURE, f::VERSION])
        );
        let table = self.databases().feature_events();
        let of = |part: fn(&FeatureVersion) -> &String| -> Vec<String> {
            fill.versions.iter().map(|version| part(version).clone()).collect()
        };
        let bind = |sql: String| {
            Statement::new(sql)
                .bind("month", fill.month)
                .bind("which", which.clone())
                .bind("projects", of(|version| &version.project))
                .bind("features", of(|version| &version.feature))
        };
        let count = bind(format!("SELECT count() AS n FROM {table} WHERE {there}"));
        let is_begun = self.one::<Count>(&count).await?.is_some_and(|count| count.n > 0);
        let projects = format!(
            "{} = {{month:UInt32}} AND {} IN (SELECT {} FROM {} WHERE {} IN {{which:Array(String)}})",
            events::MONTH,
            events::PROJECT,
            m::PROJECT,
            self.databases().feature_elements(),
            key([m::PROJECT, m::FEATURE, m::VERSION])
        );
        let uses = of_versions(self.databases(), &projects);
        let key = [f::PROJECT, f::FEATURE, f::VERSION, f::EVENT_ID].join(", ");
        let missing = match is_begun {
            true => format!("WHERE ({key}) NOT IN (SELECT {key} FROM {table} WHERE {there})"),
            false => String::new(),
        };
        let columns = f::COLUMNS.join(", ");
        let insert = bind(format!(
            "INSERT INTO {table} ({columns}) SELECT {columns} FROM ({uses}) {missing}"
        ));
        let query_id = self.fill_id()?;
        let own = [("query_id", query_id.as_str())];
        self.command(&insert, MONTH_LIMIT, &[SETTINGS.as_slice(), &own].concat()).await
    }

    fn fill_id(&self) -> Result<String, Error> {
        let random: [u8; 8] = crate::connection::random()?;
        Ok(format!("{}{:016x}", self.fill_prefix(), u64::from_be_bytes(random)))
    }

    /// What the ids of all that fills begin with: no batch is called so.
    fn fill_prefix(&self) -> String {
        format!("{}-fill-", self.databases().data)
    }

    /// Takes the uses of versions out of which nothing is derived any more, and then what they
    /// mean. Repeating it changes nothing.
    ///
    /// # Errors
    /// When the server refuses or is away; it may be repeated.
    pub async fn remove(&self, versions: &[FeatureVersion]) -> Result<(), Error> {
        let of = self.databases();
        for table in [of.feature_events(), of.feature_elements(), of.feature_pages()] {
            self.delete_of(&table, "", versions).await?;
        }
        Ok(())
    }

    /// Takes the stages of versions back, whose uses stay. Repeating it changes nothing.
    ///
    /// # Errors
    /// When the server refuses or is away; it may be repeated.
    pub async fn reopen(&self, versions: &[FeatureVersion], at: Timestamp) -> Result<(), Error> {
        let is_on = format!("{} IN ('{MATCHED}', '{MONTH_FILLED}', '{FILLED}') AND ", s::STAGE);
        self.delete_of(&self.databases().feature_stages(), &is_on, versions).await?;
        self.note_stage(versions, Stage::Opened, at).await
    }

    /// Takes rows of versions out of a table. All of these tables name them alike.
    async fn delete_of(
        &self,
        table: &str,
        also: &str,
        versions: &[FeatureVersion],
    ) -> Result<(), Error> {
        let delete = format!(
            "ALTER TABLE {table} DELETE WHERE {also}{} IN {{which:Array(String)}}",
            key([f::PROJECT, f::FEATURE, f::VERSION])
        );
        let which: Vec<String> = versions.iter().map(FeatureVersion::key).collect();
        let delete = Statement::new(delete).bind("which", which);
        self.command(&delete, MONTH_LIMIT, &[("mutations_sync", "1")]).await
    }
}
