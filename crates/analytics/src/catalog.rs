//! What there is to ask about: the pages that were viewed and the elements that were clicked in
//! the last thirty days, most used first.

mod label;
mod own;

pub use own::{OwnEvent, own_events, properties};

pub use label::{kind, label, names, names_of_row};

use crate::Error;
use crate::query::{DateRange, ElementId, PageFilter, Scope};
use protocol::{Kind, ProjectId, Timestamp};
use rules::element::CanonicalElement;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use store::schema::{elements, events, pages};
use store::{Connection, Databases, Statement, identity};

/// How far back is looked, in days.
const DAYS: u32 = 30;

/// Which entries are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// Text that host and path, or the names, test ids and roles of an element and of its
    /// ancestors contain, in upper or lower case; empty for all.
    pub text: String,
    /// At most so many, the most used.
    pub limit: u32,
}

impl Default for Search {
    /// The two hundred that are used most.
    fn default() -> Self {
        Self { text: String::new(), limit: 200 }
    }
}

/// A page that was viewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewedPage {
    /// Its host.
    pub host: String,
    /// Its path pattern.
    pub path: String,
    /// A title that it had.
    pub title: String,
    /// How often it was viewed.
    pub views: u64,
    /// By how many people.
    pub people: u64,
}

/// An element that was clicked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClickedElement {
    /// Its id.
    pub element: ElementId,
    /// What to call it, such as `button “Save” in dialog “Edit report”`.
    pub label: String,
    /// Path pattern of the page that it was clicked on most.
    pub path: String,
    /// How often it was clicked.
    pub clicks: u64,
    /// By how many people.
    pub people: u64,
}

impl ViewedPage {
    /// The page as a filter, on its host only.
    pub fn filter(&self) -> PageFilter {
        PageFilter::new(Some(&self.host), &self.path)
    }
}

/// The pages that were viewed in the thirty days before `now`.
///
/// # Errors
/// When the store refuses or is away.
pub async fn viewed_pages(
    connection: &Connection,
    scope: &Scope,
    search: &Search,
    now: Timestamp,
) -> Result<Vec<ViewedPage>, Error> {
    let statement = bind(pages_sql(connection.databases(), scope), scope, search, now);
    Ok(connection.json(&statement).await?)
}

/// The elements that were clicked in the thirty days before `now`.
///
/// # Errors
/// When the store refuses or is away.
pub async fn clicked_elements(
    connection: &Connection,
    scope: &Scope,
    search: &Search,
    now: Timestamp,
) -> Result<Vec<ClickedElement>, Error> {
    #[derive(Deserialize)]
    struct Row {
        element_id: u64,
        canonical: String,
        path: String,
        uses: u64,
        people: u64,
    }
    let statement = bind(elements_sql(connection.databases(), scope), scope, search, now);
    let rows = connection.json::<Row>(&statement).await?;
    let entry = |row: Row| ClickedElement {
        element: ElementId(row.element_id),
        label: label_of(ElementId(row.element_id), &row.canonical),
        path: row.path,
        clicks: row.uses,
        people: row.people,
    };
    Ok(rows.into_iter().map(entry).collect())
}

/// What to call these elements; one that is not known is left out.
///
/// # Errors
/// When the store refuses or is away.
pub async fn labels(
    connection: &Connection,
    project: &ProjectId,
    ids: &[ElementId],
) -> Result<HashMap<ElementId, String>, Error> {
    #[derive(Deserialize)]
    struct Row {
        element_id: u64,
        canonical: String,
    }
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let statement = Statement::new(format!(
        "SELECT {id}, any({canonical}) AS canonical FROM {table} \
         WHERE {project} = {{project:String}} AND has({{ids:Array(UInt64)}}, {id}) GROUP BY {id}",
        id = elements::ELEMENT_ID,
        canonical = elements::CANONICAL,
        table = connection.databases().elements(),
        project = elements::PROJECT,
    ));
    let statement = statement
        .bind("project", project.as_str())
        .bind("ids", ids.iter().map(|id| id.0).collect::<Vec<_>>());
    let rows = connection.json::<Row>(&statement).await?;
    let label = |row: Row| {
        let id = ElementId(row.element_id);
        (id, label_of(id, &row.canonical))
    };
    Ok(rows.into_iter().map(label).collect())
}

/// These pages; one that is not known is left out. A host is named only where the project has
/// pages on several.
///
/// # Errors
/// When the store refuses or is away.
pub(crate) async fn pages(
    connection: &Connection,
    project: &ProjectId,
    ids: &[u64],
) -> Result<HashMap<u64, PageFilter>, Error> {
    #[derive(Deserialize)]
    struct Row {
        id: u64,
        known_host: String,
        path: String,
        hosts: u64,
    }
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let statement = Statement::new(format!(
        "SELECT {id} AS id, any({host}) AS known_host, any({pattern}) AS path, \
         (SELECT uniqExact({host}) FROM {table} WHERE {project} = {{project:String}}) AS hosts FROM {table} \
         WHERE {project} = {{project:String}} AND has({{ids:Array(UInt64)}}, {id}) GROUP BY id",
        id = pages::PAGE_ID,
        host = pages::HOST,
        pattern = pages::PATTERN,
        table = connection.databases().pages(),
        project = pages::PROJECT,
    ));
    let statement = statement.bind("project", project.as_str()).bind("ids", ids.to_vec());
    let rows = connection.json::<Row>(&statement).await?;
    let page = |row: Row| {
        let host = Some(row.known_host).filter(|_| row.hosts > 1);
        (row.id, PageFilter { host, path: row.path })
    };
    Ok(rows.into_iter().map(page).collect())
}

pub(crate) fn label_of(id: ElementId, canonical: &str) -> String {
    CanonicalElement::from_json(canonical)
        .map_or_else(|_| format!("element {id}"), |element| label(&element))
}

fn bind(sql: String, scope: &Scope, search: &Search, now: Timestamp) -> Statement {
    identity::bind(Statement::new(sql), &scope.grouping, scope.count_automated)
        .bind("project", scope.project.as_str())
        .bind("start", DateRange::start_of_last(DAYS, scope, now))
        .bind("until", now)
        .bind("text", search.text.trim())
        .bind("limit", search.limit)
}

/// How often and by how many people each `id` was used in events of one kind.
fn uses(databases: &Databases, scope: &Scope, kind: Kind, id: &str, also: &str) -> String {
    format!(
        "SELECT e.{id} AS id, count() AS uses, uniqExact({person}) AS people{also}\n\
         FROM {table} AS e\n\
         WHERE e.{project} = {{project:String}} AND e.{kind_column} = '{kind}' AND e.{id} != 0\n\
         AND e.{timestamp} >= fromUnixTimestamp64Milli({{start:Int64}}) AND e.{timestamp} <= fromUnixTimestamp64Milli({{until:Int64}})\n\
         AND {counted}\n\
         GROUP BY id",
        person = identity::person_hash(databases, "e"),
        counted = identity::counted(databases, &scope.grouping, "e"),
        table = databases.events(),
        project = events::PROJECT,
        kind_column = events::KIND,
        timestamp = events::TIMESTAMP,
    )
}

/// The dictionary of pages, one row each: `id, host, path, title`.
fn known_pages(databases: &Databases) -> String {
    format!(
        "SELECT {id} AS id, any({host}) AS host, any({pattern}) AS path, anyLast({title}) AS title FROM {table} \
         WHERE {project} = {{project:String}} GROUP BY id",
        id = pages::PAGE_ID,
        host = pages::HOST,
        pattern = pages::PATTERN,
        title = pages::TITLE,
        table = databases.pages(),
        project = pages::PROJECT,
    )
}

fn pages_sql(databases: &Databases, scope: &Scope) -> String {
    format!(
        "SELECT known.host AS host, known.path AS path, known.title AS title, used.uses AS views, used.people AS people\n\
         FROM (\n{uses}\n) AS used\n\
         INNER JOIN ({known}) AS known ON known.id = used.id\n\
         WHERE positionCaseInsensitiveUTF8(concat(host, path, ' ', title), {{text:String}}) > 0\n\
         ORDER BY views DESC, path, host LIMIT {{limit:UInt32}}",
        uses = uses(databases, scope, Kind::PageView, events::PAGE_ID, ""),
        known = known_pages(databases),
    )
}

fn elements_sql(databases: &Databases, scope: &Scope) -> String {
    let top_page = format!(", topK(1)(e.{})[1] AS top_page", events::PAGE_ID);
    format!(
        "SELECT used.id AS {id}, known.canonical AS canonical, on_page.path AS path, used.uses AS uses, used.people AS people\n\
         FROM (\n{uses}\n) AS used\n\
         INNER JOIN (SELECT {id} AS id, any({canonical}) AS canonical FROM {table} WHERE {project} = {{project:String}} GROUP BY id) AS known ON known.id = used.id\n\
         LEFT JOIN ({pages}) AS on_page ON on_page.id = used.top_page\n\
         WHERE positionCaseInsensitiveUTF8(concat(canonical, ' ', path), {{text:String}}) > 0\n\
         ORDER BY uses DESC, {id} LIMIT {{limit:UInt32}}",
        uses = uses(databases, scope, Kind::Click, events::ELEMENT_ID, &top_page),
        id = elements::ELEMENT_ID,
        canonical = elements::CANONICAL,
        table = databases.elements(),
        project = elements::PROJECT,
        pages = known_pages(databases),
    )
}
