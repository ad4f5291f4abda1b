//! What a rule means before it is saved: elements, how much they were used, samples, overlaps.
//!
//! **Invariant:** what is said here is what the feature counts once it is saved, of the same days
//! and the same people. A test holds both equal for random rules.

use super::grade::grade;
use super::health::DAYS as USED_DAYS;
use super::resolve::{Known, Resolver};
use crate::Error;
use crate::catalog::label_of;
use crate::query::{DateRange, ElementId, Scope};
use protocol::Timestamp;
use rules::suggest::Grade;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use store::derived::{NO_ELEMENT, is_of_version, is_use_or_view};
use store::schema::{events as e, feature_elements as m, feature_pages as p};
use store::{Connection, Databases, Feature, FeatureElementRow, Statement, identity};

/// How far back is looked, in days.
const DAYS: u32 = 30;

/// Samples that are shown at most.
const SAMPLES: u32 = 5;

/// Elements that are listed at most.
const LISTED: usize = 50;

/// Elements and pages that a preview can go into: one parameter holds no more.
const COUNTED: usize = 5_000;

/// What a rule means.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Preview {
    /// How many elements it means that were used where it says, in the last 180 days.
    pub n_elements: usize,
    /// On how many pages; all that are stored, where it names none.
    pub n_pages: usize,
    /// Some of the elements.
    pub elements: Vec<PreviewElement>,
    /// Uses in the last thirty days.
    pub clicks: u64,
    /// People behind them.
    pub people: u64,
    /// Accounts behind them.
    pub accounts: u64,
    /// The latest uses.
    pub samples: Vec<Sample>,
    /// Other features that mean some of these elements.
    pub overlaps: Vec<Overlapping>,
    /// Whether it means more elements or pages than are counted here: then there are more uses.
    pub is_partial: bool,
    /// How sturdy it is.
    pub grade: Grade,
    /// Why.
    pub reason: &'static str,
}

/// An element that a rule means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PreviewElement {
    /// Its id.
    pub element: ElementId,
    /// What to call it.
    pub label: String,
}

/// One use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// When.
    pub at: Timestamp,
    /// The path, scrubbed.
    pub path: String,
    /// What was clicked.
    pub label: String,
}

/// Another feature that means some of the same elements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Overlapping {
    /// Its id.
    pub feature: String,
    /// What it is called.
    pub name: String,
    /// Clicks of the last thirty days that count for both.
    pub clicks: u64,
}

#[derive(Deserialize)]
struct Counts {
    clicks: u64,
    people: u64,
    accounts: u64,
}

#[derive(Deserialize)]
struct Standing {
    elements: BTreeSet<u64>,
}

#[derive(Deserialize)]
struct SampleRow {
    at: i64,
    path: String,
    element: u64,
}

/// What the rule of a feature means, as things are `now`, of all that is `known`.
///
/// # Errors
/// [`Error::Rule`] when the rule is none; else when the store refuses or is away.
pub async fn preview(
    connection: &Connection,
    scope: &Scope,
    feature: &Feature,
    known: &Known,
    now: Timestamp,
) -> Result<Preview, Error> {
    let resolver = Resolver::new(feature, 0).map_err(Error::Rule)?;
    let mut uses = Uses::new(&resolver, feature, known, scope, connection.databases());
    let found = uses.bind(Statement::new(uses.standing()), now)?;
    let found = connection.json::<Standing>(&found).await?.pop().ok_or(Error::NoRow)?;
    uses.elements = found.elements;
    uses.elements.remove(&NO_ELEMENT);
    let counts = uses.bind(Statement::new(uses.counts()), now)?;
    let counts = connection.json::<Counts>(&counts).await?.pop().ok_or(Error::NoRow)?;
    let samples = uses.bind(Statement::new(uses.samples()), now)?;
    let samples = connection.json::<SampleRow>(&samples).await?;
    let labels: BTreeMap<u64, String> = known
        .elements
        .iter()
        .filter(|(id, _)| uses.elements.contains(id))
        .map(|(id, element)| (*id, label_of(ElementId(*id), &element.to_json())))
        .collect();
    let label = |id: u64| match id {
        NO_ELEMENT => "view".to_owned(),
        id => labels.get(&id).cloned().unwrap_or_else(|| ElementId(id).to_string()),
    };
    let listed = uses.elements.iter().take(LISTED);
    let (grade, reason) = grade(resolver.alternatives());
    Ok(Preview {
        n_elements: uses.elements.len(),
        n_pages: uses.n_pages(known),
        elements: listed
            .map(|id| PreviewElement { element: ElementId(*id), label: label(*id) })
            .collect(),
        clicks: counts.clicks,
        people: counts.people,
        accounts: counts.accounts,
        samples: samples
            .into_iter()
            .map(|row| Sample {
                at: Timestamp::from_millis(row.at),
                path: row.path,
                label: label(row.element),
            })
            .collect(),
        overlaps: overlaps(connection, &uses, now).await?,
        is_partial: uses.is_partial,
        grade,
        reason,
    })
}

/// The uses that a rule means.
struct Uses<'a> {
    feature: &'a Feature,
    scope: &'a Scope,
    databases: &'a Databases,
    elements: BTreeSet<u64>,
    /// Elements and pages of each alternative; on all pages where there are none.
    of_alternatives: Vec<(BTreeSet<u64>, Option<BTreeSet<u64>>)>,
    /// Whether there are more of them than are counted.
    is_partial: bool,
}

impl<'a> Uses<'a> {
    fn new(
        resolver: &Resolver,
        feature: &'a Feature,
        known: &Known,
        scope: &'a Scope,
        databases: &'a Databases,
    ) -> Self {
        let matches = resolver.of_all(known);
        let rules: Vec<_> = resolver.alternatives().collect();
        let of = |n: usize| {
            let is_it = |row: &&FeatureElementRow| usize::from(row.alternative) == n;
            let elements = matches.elements.iter().filter(is_it).map(|row| row.element_id);
            let pages = matches.pages.iter().filter(|row| usize::from(row.alternative) == n);
            let pages = pages.map(|row| row.page_id).collect::<BTreeSet<_>>();
            (elements.collect::<BTreeSet<_>>(), rules[n].page.as_ref().map(|_| pages))
        };
        let of_alternatives: Vec<_> = (0..rules.len()).map(of).collect();
        let is_more = |ids: &BTreeSet<u64>| ids.len() > COUNTED;
        let mut all = of_alternatives.iter();
        let is_partial =
            all.any(|(elements, pages)| is_more(elements) || pages.as_ref().is_some_and(is_more));
        let elements = matches.elements.iter().map(|row| row.element_id).collect();
        Self { feature, scope, databases, elements, of_alternatives, is_partial }
    }

    fn n_pages(&self, known: &Known) -> usize {
        let pages = self.of_alternatives.iter().map(|(_, pages)| pages.as_ref());
        let pages = pages.collect::<Option<Vec<_>>>();
        pages.map_or(known.pages.len(), |pages| {
            pages.into_iter().flatten().collect::<BTreeSet<_>>().len()
        })
    }

    /// The condition that an event is one of them, whenever it was: what an alternative means on
    /// its pages and, where it is asked when and in which version that holds, then and there.
    fn condition(&self, holding: bool) -> String {
        let any = self.of_alternatives.iter().enumerate().map(|(n, (_, pages))| {
            let mut all = vec![format!("e.{} IN {{elements_{n}:Array(UInt64)}}", e::ELEMENT_ID)];
            if pages.is_some() {
                all.push(format!("e.{} IN {{pages_{n}:Array(UInt64)}}", e::PAGE_ID));
            }
            all.extend(self.holds(n).filter(|_| holding));
            format!("({})", all.join(" AND "))
        });
        format!(
            "e.{project} = {{project:String}} AND {is_use} AND ({any}) AND {counted}",
            project = e::PROJECT,
            is_use = is_use_or_view(&format!("e.{}", e::KIND), &format!("e.{}", e::ELEMENT_ID)),
            any = any.collect::<Vec<_>>().join(" OR "),
            counted = identity::counted(self.databases, &self.scope.grouping, "e"),
        )
    }

    /// The condition that alternative `n` holds, if it does not always.
    fn holds(&self, n: usize) -> Option<String> {
        let moment = |name: &str| format!("fromUnixTimestamp64Milli({{{name}_{n}:Int64}})");
        let holds = &self.feature.any_of[n];
        let mut all = Vec::new();
        if holds.valid_from.is_some() {
            all.push(format!("e.{} >= {}", e::TIMESTAMP, moment("from")));
        }
        if holds.valid_to.is_some() {
            all.push(format!("e.{} < {}", e::TIMESTAMP, moment("to")));
        }
        if holds.app_version.is_some() {
            let actual = format!("e.{}", e::APP_VERSION);
            all.push(is_of_version(&actual, &format!("{{app_{n}:String}}")));
        }
        (!all.is_empty()).then(|| all.join(" AND "))
    }

    /// The same, and that it was in the last thirty days, today to its end, as reports have them.
    fn lately(&self) -> String {
        format!(
            "{condition} AND e.{at} >= fromUnixTimestamp64Milli({{start:Int64}}) \
             AND e.{at} < fromUnixTimestamp64Milli({{end:Int64}})",
            condition = self.condition(true),
            at = e::TIMESTAMP,
        )
    }

    /// The elements that were used where the rule says.
    fn standing(&self) -> String {
        format!(
            "SELECT groupUniqArray(e.{element}) AS elements FROM {events} AS e WHERE {condition} \
             AND e.{at} >= fromUnixTimestamp64Milli({{used:Int64}}) AND e.{at} <= fromUnixTimestamp64Milli({{now:Int64}})",
            element = e::ELEMENT_ID,
            events = self.databases.events(),
            condition = self.condition(false),
            at = e::TIMESTAMP,
        )
    }

    fn counts(&self) -> String {
        format!(
            "SELECT count() AS clicks, uniqExact({person}) AS people, \
             uniqExactIf({account} AS account, account != 0) AS accounts FROM {events} AS e WHERE {condition}",
            person = identity::person_hash(self.databases, "e"),
            account = identity::account_hash(self.databases, &self.scope.grouping, "e"),
            events = self.databases.events(),
            condition = self.lately(),
        )
    }

    fn samples(&self) -> String {
        format!(
            "SELECT toUnixTimestamp64Milli(e.{timestamp}) AS at, e.{path} AS path, e.{element} AS element \
             FROM {events} AS e WHERE {condition} ORDER BY at DESC, e.{event_id} LIMIT {SAMPLES}",
            timestamp = e::TIMESTAMP,
            path = e::PATH,
            element = e::ELEMENT_ID,
            events = self.databases.events(),
            condition = self.lately(),
            event_id = e::EVENT_ID,
        )
    }

    fn bind(&self, statement: Statement, now: Timestamp) -> Result<Statement, Error> {
        let scope = self.scope;
        let span = DateRange::Last { days: DAYS }.span(scope, now)?;
        let mut statement = identity::bind(statement, &scope.grouping, scope.count_automated)
            .bind("project", scope.project.as_str())
            .bind("start", span.start)
            .bind("end", span.end)
            .bind("used", now.plus_millis(-USED_DAYS * 24 * 60 * 60 * 1_000))
            .bind("now", now);
        for (n, (elements, pages)) in self.of_alternatives.iter().enumerate() {
            let ids = |ids: &BTreeSet<u64>| ids.iter().copied().take(COUNTED).collect::<Vec<_>>();
            statement = statement.bind(format!("elements_{n}"), ids(elements));
            if let Some(pages) = pages {
                statement = statement.bind(format!("pages_{n}"), ids(pages));
            }
            let holds = &self.feature.any_of[n];
            if let Some(from) = holds.valid_from {
                statement = statement.bind(format!("from_{n}"), from);
            }
            if let Some(to) = holds.valid_to {
                statement = statement.bind(format!("to_{n}"), to);
            }
            if let Some(version) = &holds.app_version {
                statement = statement.bind(format!("app_{n}"), version.as_str());
            }
        }
        Ok(statement)
    }
}

/// Other features of the project, as they hold, that some of these clicks count for.
async fn overlaps(
    connection: &Connection,
    uses: &Uses<'_>,
    now: Timestamp,
) -> Result<Vec<Overlapping>, Error> {
    #[derive(Deserialize)]
    struct Row {
        feature: String,
        version: u32,
        n: u64,
    }
    let pages = [p::FEATURE, p::VERSION, p::ALTERNATIVE, p::PAGE_ID].join(", ");
    let sql = format!(
        "SELECT m.{id} AS feature, m.{version} AS version, uniqExact(e.{event}) AS n FROM {events} AS e \
         INNER JOIN {elements} AS m ON m.{project} = e.{of} AND m.{element} = e.{element_id} \
         WHERE {condition} AND e.{at} >= m.{from} AND e.{at} < m.{to} AND {of_version} AND (m.{any_page} OR (m.{id}, m.{version}, m.{alternative}, e.{page}) IN \
         (SELECT {pages} FROM {feature_pages} WHERE {in_project} = {{project:String}})) GROUP BY feature, version",
        id = m::FEATURE,
        version = m::VERSION,
        event = e::EVENT_ID,
        events = connection.databases().events(),
        elements = connection.databases().feature_elements(),
        project = m::PROJECT,
        of = e::PROJECT,
        element = m::ELEMENT_ID,
        element_id = e::ELEMENT_ID,
        condition = uses.lately(),
        at = e::TIMESTAMP,
        from = m::VALID_FROM,
        to = m::VALID_TO,
        of_version = is_of_version(
            &format!("toString(e.{})", e::APP_VERSION),
            &format!("m.{}", m::APP_VERSION)
        ),
        any_page = m::ANY_PAGE,
        alternative = m::ALTERNATIVE,
        page = e::PAGE_ID,
        feature_pages = connection.databases().feature_pages(),
        in_project = p::PROJECT,
    );
    let statement = uses.bind(Statement::new(sql), now)?;
    let rows = connection.json::<Row>(&statement).await?;
    let mut found = Vec::new();
    for definition in connection.feature_definitions().await? {
        let is_other = !definition.deleted && definition.id != uses.feature.id;
        let of_other = |row: &&Row| is_other && row.feature == definition.id;
        if !rows.iter().any(|row| of_other(&row)) {
            continue;
        }
        let Ok(other) = serde_json::from_str::<Feature>(&definition.body) else { continue };
        let mut of_other = rows.iter().filter(of_other);
        let Some(row) = of_other.find(|row| row.version == other.rule_version) else { continue };
        found.push(Overlapping { feature: other.id, name: other.name, clicks: row.n });
    }
    found.sort_by(|a, b| b.clicks.cmp(&a.clicks).then_with(|| a.name.cmp(&b.name)));
    Ok(found)
}
