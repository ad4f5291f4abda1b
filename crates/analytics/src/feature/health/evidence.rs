//! What the store knows of the uses, pages and languages of features.
//!
//! Asked at once for all features, and in a second round for what was found in the first, so
//! that the number of questions does not grow with the features. Only what reports count is
//! looked at: a rule that only the vendor's own people still use is silent.

use super::DAYS;
use super::silence::{ByDay, Uses};
use crate::Error;
use crate::feature::resolve::Known;
use crate::feature::{Features, Meant};
use crate::query::{DateRange, Scope};
use futures_util::future::{try_join, try_join3};
use protocol::{Kind, Timestamp};
use rules::page::CanonicalPage;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::derived::is_use;
use store::schema::{events as e, feature_elements as m, feature_events as f};
use store::{Connection, Statement, identity};

pub(super) const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// A page is gone that was not viewed for so many days.
const RECENT: i64 = 28;

/// Clicks that count for two features are looked for so many days back.
const SHARED_DAYS: u32 = 30;

/// What is known.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    /// By feature, of those that are filled.
    pub(super) uses: HashMap<String, Uses>,
    /// By page and days ago.
    views: HashMap<u64, ByDay>,
    /// Of all pages, by days ago.
    pub(super) all_views: ByDay,
    /// Where and in which languages each element is clicked.
    pub(super) clicks: HashMap<u64, Vec<Clicks>>,
    /// Clicks that count for two features.
    pub(super) shared: BTreeMap<(String, String), u64>,
    /// The elements that each alternative of each feature means.
    pub(super) elements: HashMap<(String, u16), BTreeSet<u64>>,
    /// All pages, by id.
    pub(super) pages: Vec<(u64, CanonicalPage)>,
}

/// Clicks of one element on one page in one language.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Clicks {
    pub(super) page: u64,
    /// The browser's, without its region, such as `fr`; empty where it is not known.
    pub(super) language: String,
    pub(super) n: u64,
    /// When it was first clicked there.
    pub(super) first: i64,
}

#[derive(Deserialize)]
struct MeantRow {
    feature: String,
    alternative: u16,
    elements: BTreeSet<u64>,
}

#[derive(Deserialize)]
struct UseRow {
    feature: String,
    days: Vec<(i64, u64)>,
    first: i64,
    last: i64,
}

#[derive(Deserialize)]
struct ViewRow {
    page: u64,
    days: Vec<(i64, u64)>,
}

#[derive(Deserialize)]
struct ClickRow {
    element: u64,
    clicks: Vec<Clicks>,
}

#[derive(Deserialize)]
struct SharedRow {
    features: Vec<String>,
    n: u64,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct VersionRow {
    pub(super) page: u64,
    pub(super) version: String,
    pub(super) first: i64,
}

impl Evidence {
    pub(super) async fn load(
        connection: &Connection,
        scope: &Scope,
        features: &Features,
        asked: &[&Meant],
        now: Timestamp,
    ) -> Result<Self, Error> {
        let asking = Asking { connection, scope, now };
        let bind = |sql: String, versions| {
            asking.bind(sql, now.plus_millis(-DAYS * DAY_MS)).bind("versions", versions)
        };
        let elements = bind(elements_sql(connection), versions(features.iter(), false));
        let views = bind(asking.views(), Vec::new());
        let clicks = bind(asking.clicks(), Vec::new());
        let ((elements, uses), (views, clicks), (shared, pages)) = try_join3(
            try_join(asking.rows::<MeantRow>(&elements), uses(connection, scope, asked, now)),
            try_join(asking.rows::<ViewRow>(&views), asking.rows::<ClickRow>(&clicks)),
            try_join(asking.shared(features), Known::pages(connection, &scope.project)),
        )
        .await?;
        let elements =
            elements.into_iter().map(|row| ((row.feature, row.alternative), row.elements));
        let elements = elements.collect();
        let views = views.into_iter().map(|row| (row.page, row.days.into_iter().collect()));
        let views: HashMap<u64, ByDay> = views.collect();
        let all_views = sum(views.values());
        let clicks = clicks.into_iter().map(|row| (row.element, row.clicks)).collect();
        Ok(Self { uses, views, all_views, clicks, shared, elements, pages })
    }

    /// Views of some pages by days ago, or of all where none are named.
    pub(super) fn views_of(&self, pages: Option<&BTreeSet<u64>>) -> ByDay {
        match pages {
            None => self.all_views.clone(),
            Some(pages) => sum(pages.iter().filter_map(|page| self.views.get(page))),
        }
    }
}

fn sum<'a>(of: impl Iterator<Item = &'a ByDay>) -> ByDay {
    let mut views = ByDay::new();
    of.flatten().for_each(|(day, n)| *views.entry(*day).or_default() += n);
    views
}

/// The uses of those of some features that are filled in, by their ids.
pub(super) async fn uses(
    connection: &Connection,
    scope: &Scope,
    asked: &[&Meant],
    now: Timestamp,
) -> Result<HashMap<String, Uses>, Error> {
    let asking = Asking { connection, scope, now };
    let statement = asking
        .bind(asking.uses(), now.plus_millis(-DAYS * DAY_MS))
        .bind("versions", versions(asked.iter().copied(), true));
    let uses = asking.rows::<UseRow>(&statement).await?.into_iter().map(|row| {
        let (first, last) = (Timestamp::from_millis(row.first), Timestamp::from_millis(row.last));
        (row.feature, Uses { by_day: row.days.into_iter().collect(), first, last })
    });
    Ok(uses.collect())
}

/// Views in the last days in which a page that is there would have been viewed.
pub(super) fn recent(views: &ByDay) -> u64 {
    views.range(..RECENT).map(|(_, n)| n).sum()
}

/// Since when each version of the page's application is seen on each page.
pub(super) async fn app_versions(
    connection: &Connection,
    scope: &Scope,
    now: Timestamp,
) -> Result<Vec<VersionRow>, Error> {
    let asking = Asking { connection, scope, now };
    let sql = format!(
        "SELECT e.{page} AS page, toString(e.{version}) AS version, min(toUnixTimestamp64Milli(e.{at})) AS first \
         FROM {events} AS e WHERE {within} AND e.{version} != '' GROUP BY page, version",
        page = e::PAGE_ID,
        version = e::APP_VERSION,
        at = e::TIMESTAMP,
        events = connection.databases().events(),
        within = asking.within(),
    );
    let statement = asking.bind(sql, now.plus_millis(-DAYS * DAY_MS));
    Ok(connection.json(&statement).await?)
}

fn versions<'a>(features: impl Iterator<Item = &'a Meant>, filled: bool) -> Vec<String> {
    let asked = features.filter(|meant| meant.is_filled || !filled);
    asked.map(|meant| format!("{}/{}", meant.feature.id, meant.version)).collect()
}

fn of_versions(feature: &str, version: &str) -> String {
    format!("concat({feature}, '/', toString({version})) IN {{versions:Array(String)}}")
}

fn days_ago() -> String {
    format!("intDiv({{now:Int64}} - toUnixTimestamp64Milli(e.{}), {DAY_MS})", e::TIMESTAMP)
}

fn elements_sql(connection: &Connection) -> String {
    format!(
        "SELECT toString({feature}) AS feature, {alternative} AS alternative, groupUniqArray({element}) AS elements \
         FROM {table} WHERE {project} = {{project:String}} AND {versions} GROUP BY feature, alternative",
        feature = m::FEATURE,
        alternative = m::ALTERNATIVE,
        element = m::ELEMENT_ID,
        table = connection.databases().feature_elements(),
        project = m::PROJECT,
        versions = of_versions(m::FEATURE, m::VERSION),
    )
}

/// Who asks about what, and when.
#[derive(Clone, Copy)]
struct Asking<'a> {
    connection: &'a Connection,
    scope: &'a Scope,
    now: Timestamp,
}

impl Asking<'_> {
    fn bind(self, sql: String, start: Timestamp) -> Statement {
        identity::bind(Statement::new(sql), &self.scope.grouping, self.scope.count_automated)
            .bind("project", self.scope.project.as_str())
            .bind("now", self.now)
            .bind("start", start)
    }

    async fn rows<T: DeserializeOwned>(self, statement: &Statement) -> Result<Vec<T>, Error> {
        Ok(self.connection.json(statement).await?)
    }

    /// The condition on the columns that events and uses have alike.
    fn within(self) -> String {
        format!(
            "e.{} = {{project:String}} AND e.{at} >= fromUnixTimestamp64Milli({{start:Int64}}) \
             AND e.{at} <= fromUnixTimestamp64Milli({{now:Int64}}) AND {}",
            e::PROJECT,
            identity::counted(self.connection.databases(), &self.scope.grouping, "e"),
            at = e::TIMESTAMP,
        )
    }

    fn uses(self) -> String {
        format!(
            "SELECT id AS feature, groupArray((ago, n)) AS days, min(first) AS first, max(last) AS last FROM (\
             SELECT toString(e.{feature}) AS id, {ago} AS ago, count() AS n, min(toUnixTimestamp64Milli(e.{at})) AS first, \
             max(toUnixTimestamp64Milli(e.{at})) AS last FROM {table} AS e WHERE {within} AND {versions} GROUP BY id, ago) GROUP BY feature",
            feature = f::FEATURE,
            ago = days_ago(),
            at = f::TIMESTAMP,
            table = self.connection.databases().feature_events(),
            versions = of_versions(f::FEATURE, f::VERSION),
            within = self.within(),
        )
    }

    fn views(self) -> String {
        format!(
            "SELECT page, groupArray((ago, n)) AS days FROM (\
             SELECT e.{page} AS page, {ago} AS ago, count() AS n FROM {events} AS e \
             WHERE {within} AND e.{kind} = '{view}' AND e.{page} != 0 GROUP BY page, ago) GROUP BY page",
            page = e::PAGE_ID,
            ago = days_ago(),
            events = self.connection.databases().events(),
            kind = e::KIND,
            view = Kind::PageView,
            within = self.within(),
        )
    }

    fn clicks(self) -> String {
        format!(
            "SELECT element, groupArray(CAST((page, language, n, first), 'Tuple(page UInt64, language String, n UInt64, first Int64)')) AS clicks FROM (\
             SELECT e.{element} AS element, e.{page} AS page, lower(substringIndex(toString(e.{language}), '-', 1)) AS language, \
             count() AS n, min(toUnixTimestamp64Milli(e.{at})) AS first \
             FROM {events} AS e WHERE {within} AND e.{element} != 0 AND {is_use} GROUP BY element, page, language) GROUP BY element",
            element = e::ELEMENT_ID,
            page = e::PAGE_ID,
            language = e::LANGUAGE,
            at = e::TIMESTAMP,
            events = self.connection.databases().events(),
            is_use = is_use(&format!("e.{}", e::KIND)),
            within = self.within(),
        )
    }

    /// Clicks of the last days that count for two features, by both.
    async fn shared(self, features: &Features) -> Result<BTreeMap<(String, String), u64>, Error> {
        let mut shared = BTreeMap::new();
        if !overlap(features) {
            return Ok(shared);
        }
        let sql = format!(
            "SELECT features, count() AS n FROM (SELECT arraySort(groupUniqArray(toString(e.{feature}))) AS features \
             FROM {table} AS e WHERE {within} AND {versions} GROUP BY e.{event} HAVING length(features) > 1) GROUP BY features",
            feature = f::FEATURE,
            table = self.connection.databases().feature_events(),
            versions = of_versions(f::FEATURE, f::VERSION),
            event = f::EVENT_ID,
            within = self.within(),
        );
        // The days of reports: today to its end.
        let days = DateRange::Last { days: SHARED_DAYS }.span(self.scope, self.now)?;
        let to_the_end = Self { now: days.end.plus_millis(-1), ..self };
        let statement =
            to_the_end.bind(sql, days.start).bind("versions", versions(features.iter(), true));
        for row in self.connection.json::<SharedRow>(&statement).await? {
            for (n, one) in row.features.iter().enumerate() {
                for other in &row.features[n + 1..] {
                    *shared.entry((one.clone(), other.clone())).or_default() += row.n;
                }
            }
        }
        Ok(shared)
    }
}

/// Whether any two features mean the same element.
fn overlap(features: &Features) -> bool {
    let mut seen = BTreeSet::new();
    features.iter().flat_map(|meant| &meant.elements).any(|element| !seen.insert(element))
}
