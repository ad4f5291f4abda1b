//! What the store knows of the uses, pages and languages of features.

use super::silence::Uses;
use crate::Error;
use crate::feature::resolve::{Known, Resolver};
use crate::feature::{Features, Meant};
use crate::query::Scope;
use protocol::{Kind, Timestamp};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::derived::is_use;
use store::schema::{events as e, feature_events as f};
use store::{Connection, Statement};

pub(super) const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// How far back is looked, in days.
const DAYS: i64 = 180;

/// A page is gone that was not viewed for so many days.
const RECENT: i64 = 28;

/// Clicks that count for two features are looked for so many days back.
const SHARED_DAYS: i64 = 30;

/// Pages in one parameter at most.
const PAGES: usize = 5_000;

/// What is known.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    /// By feature, of those that are filled.
    pub(super) uses: HashMap<String, Uses>,
    /// By page and days ago.
    views: HashMap<u64, BTreeMap<i64, u64>>,
    /// The language in which each element is clicked most.
    pub(super) languages: HashMap<u64, String>,
    /// The page that each element is clicked on most.
    pub(super) page_of: HashMap<u64, u64>,
    /// Clicks that count for two features.
    pub(super) shared: BTreeMap<(String, String), u64>,
}

/// An element that is clicked since a moment, and was not before.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Clicked {
    pub(super) element: u64,
    pub(super) n: u64,
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
struct LanguageRow {
    element: u64,
    language: String,
    page: u64,
}

#[derive(Deserialize)]
struct SharedRow {
    features: Vec<String>,
    n: u64,
}

#[derive(Deserialize)]
struct VersionRow {
    version: String,
}

impl Evidence {
    pub(super) async fn load(
        connection: &Connection,
        scope: &Scope,
        features: &Features,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let filled = features.iter().filter(|meant| meant.is_filled);
        let versions: Vec<String> = filled.map(version).collect();
        let back = |days: i64| now.plus_millis(-days * DAY_MS);
        let bind = |sql: String, days| {
            Statement::new(sql)
                .bind("project", scope.project.as_str())
                .bind("count_automated", scope.count_automated)
                .bind("versions", versions.clone())
                .bind("now", now)
                .bind("start", back(days))
        };
        let rows = connection.json::<UseRow>(&bind(uses_sql(connection), DAYS)).await?;
        let uses = rows.into_iter().map(|row| {
            let (first, last) =
                (Timestamp::from_millis(row.first), Timestamp::from_millis(row.last));
            (row.feature, Uses { by_day: row.days.into_iter().collect(), first, last })
        });
        let uses = uses.collect();
        let rows = connection.json::<ViewRow>(&bind(views_sql(connection), DAYS)).await?;
        let views = rows.into_iter().map(|row| (row.page, row.days.into_iter().collect()));
        let views = views.collect();
        let sql = languages_sql(connection);
        let rows = connection.json::<LanguageRow>(&bind(sql, DAYS)).await?;
        let page_of = rows.iter().map(|row| (row.element, row.page)).collect();
        let languages = rows.into_iter().filter(|row| !row.language.is_empty());
        let languages = languages.map(|row| (row.element, row.language)).collect();
        let mut shared = BTreeMap::new();
        if overlap(features) {
            let sql = shared_sql(connection);
            for row in connection.json::<SharedRow>(&bind(sql, SHARED_DAYS)).await? {
                for (n, one) in row.features.iter().enumerate() {
                    for other in &row.features[n + 1..] {
                        *shared.entry((one.clone(), other.clone())).or_default() += row.n;
                    }
                }
            }
        }
        Ok(Self { uses, views, languages, page_of, shared })
    }

    /// Views of a feature's pages, or of all, by days ago.
    pub(super) fn views(&self, meant: &Meant, known: &Known) -> BTreeMap<i64, u64> {
        let pages = pages(meant, known);
        let is_on = |page: &u64| pages.as_ref().is_none_or(|pages| pages.contains(page));
        let mut views = BTreeMap::new();
        for (day, n) in self.views.iter().filter(|(page, _)| is_on(page)).flat_map(|(_, days)| days)
        {
            *views.entry(*day).or_default() += n;
        }
        views
    }

    /// Views of a page in the last days.
    pub(super) fn recent_views(&self, page: u64) -> u64 {
        self.views.get(&page).map_or(0, |days| days.range(..RECENT).map(|(_, n)| n).sum())
    }
}

/// Whether any two features mean the same element.
fn overlap(features: &Features) -> bool {
    let mut seen = BTreeSet::new();
    features.iter().flat_map(|meant| &meant.elements).any(|element| !seen.insert(element))
}

/// The pages that a feature is on; none where it is on any.
pub(super) fn pages(meant: &Meant, known: &Known) -> Option<BTreeSet<u64>> {
    let resolver = Resolver::new(&meant.feature, meant.version).ok()?;
    let mut pages = BTreeSet::new();
    for rule in resolver.alternatives() {
        rule.page.as_ref()?;
        pages.extend(known.pages.iter().filter(|(_, p)| rule.matches_page(p)).map(|(id, _)| *id));
    }
    Some(pages)
}

fn version(meant: &Meant) -> String {
    format!("{}/{}", meant.feature.id, meant.version)
}

/// The condition on the columns that events and uses have alike.
fn within() -> String {
    format!(
        "{} = {{project:String}} AND {at} >= fromUnixTimestamp64Milli({{start:Int64}}) \
         AND {at} <= fromUnixTimestamp64Milli({{now:Int64}}) AND {} <= {{count_automated:Bool}}",
        e::PROJECT,
        e::IS_AUTOMATED,
        at = e::TIMESTAMP,
    )
}

fn days_ago() -> String {
    format!("intDiv({{now:Int64}} - toUnixTimestamp64Milli({}), {DAY_MS})", e::TIMESTAMP)
}

fn of_versions() -> String {
    format!("concat({}, '/', toString({})) IN {{versions:Array(String)}}", f::FEATURE, f::VERSION)
}

fn uses_sql(connection: &Connection) -> String {
    format!(
        "SELECT id AS feature, groupArray((ago, n)) AS days, min(first) AS first, max(last) AS last FROM (\
         SELECT toString({feature}) AS id, {ago} AS ago, count() AS n, min(toUnixTimestamp64Milli({at})) AS first, \
         max(toUnixTimestamp64Milli({at})) AS last FROM {table} WHERE {within} AND {versions} GROUP BY id, ago) GROUP BY feature",
        feature = f::FEATURE,
        ago = days_ago(),
        at = f::TIMESTAMP,
        table = connection.databases().feature_events(),
        versions = of_versions(),
        within = within(),
    )
}

fn views_sql(connection: &Connection) -> String {
    format!(
        "SELECT {page} AS page, groupArray((ago, n)) AS days FROM (\
         SELECT {page}, {ago} AS ago, count() AS n FROM {events} WHERE {within} AND {kind} = '{view}' AND {page} != 0 \
         GROUP BY {page}, ago) GROUP BY page",
        page = e::PAGE_ID,
        ago = days_ago(),
        events = connection.databases().events(),
        kind = e::KIND,
        view = Kind::PageView,
        within = within(),
    )
}

fn languages_sql(connection: &Connection) -> String {
    format!(
        "SELECT {element} AS element, toString(topK(1)({language})[1]) AS language, topK(1)({page})[1] AS page \
         FROM {events} WHERE {within} AND {element} != 0 AND {is_use} GROUP BY element",
        element = e::ELEMENT_ID,
        language = e::LANGUAGE,
        page = e::PAGE_ID,
        events = connection.databases().events(),
        is_use = is_use(e::KIND),
        within = within(),
    )
}

fn shared_sql(connection: &Connection) -> String {
    format!(
        "SELECT features, count() AS n FROM (SELECT arraySort(groupUniqArray(toString({feature}))) AS features \
         FROM {table} WHERE {within} AND {versions} GROUP BY {event} HAVING length(features) > 1) GROUP BY features",
        feature = f::FEATURE,
        table = connection.databases().feature_events(),
        versions = of_versions(),
        event = f::EVENT_ID,
        within = within(),
    )
}

fn since_statement(
    sql: String,
    scope: &Scope,
    pages: Option<&BTreeSet<u64>>,
    since: Timestamp,
    now: Timestamp,
) -> Statement {
    let pages = pages.into_iter().flatten().copied().take(PAGES).collect::<Vec<u64>>();
    Statement::new(sql)
        .bind("project", scope.project.as_str())
        .bind("count_automated", scope.count_automated)
        .bind("pages", pages)
        .bind("start", since.plus_millis(-84 * DAY_MS))
        .bind("since", since)
        .bind("now", now)
}

fn on_pages(pages: Option<&BTreeSet<u64>>) -> String {
    match pages {
        None => "true".to_owned(),
        Some(_) => format!("{} IN {{pages:Array(UInt64)}}", e::PAGE_ID),
    }
}

/// The elements that are clicked on some pages since a moment, and were not in the weeks before.
pub(super) async fn clicked_since(
    connection: &Connection,
    scope: &Scope,
    pages: Option<&BTreeSet<u64>>,
    since: Timestamp,
    now: Timestamp,
) -> Result<Vec<Clicked>, Error> {
    let sql = format!(
        "SELECT {element} AS element, count() AS n FROM {events} WHERE {within} AND {element} != 0 AND {is_use} AND {on} \
         GROUP BY element HAVING min({at}) > fromUnixTimestamp64Milli({{since:Int64}} - {DAY_MS}) ORDER BY n DESC LIMIT 1000",
        element = e::ELEMENT_ID,
        events = connection.databases().events(),
        is_use = is_use(e::KIND),
        on = on_pages(pages),
        at = e::TIMESTAMP,
        within = within(),
    );
    Ok(connection.json(&since_statement(sql, scope, pages, since, now)).await?)
}

/// The first version of the page's application that came with a silence, or a day before it.
pub(super) async fn version_since(
    connection: &Connection,
    scope: &Scope,
    pages: Option<&BTreeSet<u64>>,
    since: Timestamp,
    now: Timestamp,
) -> Result<Option<String>, Error> {
    let sql = format!(
        "SELECT toString({version}) AS version, min({at}) AS first FROM {events} WHERE {within} AND {version} != '' AND {on} \
         GROUP BY version HAVING first > fromUnixTimestamp64Milli({{since:Int64}} - {DAY_MS}) ORDER BY first LIMIT 1",
        version = e::APP_VERSION,
        at = e::TIMESTAMP,
        events = connection.databases().events(),
        on = on_pages(pages),
        within = within(),
    );
    let rows =
        connection.json::<VersionRow>(&since_statement(sql, scope, pages, since, now)).await?;
    Ok(rows.into_iter().next().map(|row| row.version))
}
