//! The last events that are stored: what a page shows before the next one arrives.

use crate::live::LiveEvent;
use protocol::Timestamp;
use serde::Deserialize;
use store::schema::{elements, events, pages};
use store::{Connection, Databases, Error, Project, Statement};

/// How many.
const EVENTS: u32 = 30;
/// How far back: a day, and so in two months at most.
const BACK_MS: i64 = 24 * 60 * 60 * 1_000;

#[derive(Debug, Deserialize)]
struct Row {
    id: String,
    kind: String,
    name: String,
    page: String,
    element: String,
    person: String,
    happened_ms: i64,
    received_ms: i64,
}

/// The last events of a project, newest first.
///
/// # Errors
/// When the store refuses or is away.
pub(super) async fn events(
    store: &Connection,
    project: &Project,
    now: Timestamp,
) -> Result<Vec<LiveEvent>, Error> {
    let rows = store.json::<Row>(&statement(store.databases(), project, now)).await?;
    Ok(rows.into_iter().map(Row::into_event).collect())
}

impl Row {
    fn into_event(self) -> LiveEvent {
        let Self { id, kind, name, page, element, person, happened_ms, received_ms } = self;
        LiveEvent {
            event_id: id,
            kind,
            name,
            page,
            element,
            person,
            timestamp: Timestamp::from_millis(happened_ms),
            received_at: Timestamp::from_millis(received_ms),
            pointed: None,
            origin: None,
        }
    }
}

/// The events first and then only their elements and pages: both are small tables, and the last
/// day of the large one is read by two of its columns.
fn statement(databases: &Databases, project: &Project, now: Timestamp) -> Statement {
    let (id, kind, name) = (events::EVENT_ID, events::KIND, events::NAME);
    let (received, happened) = (events::RECEIVED_AT, events::TIMESTAMP);
    let (user, anonymous) = (events::USER_ID, events::ANONYMOUS_ID);
    let (element, page, path) = (events::ELEMENT_ID, events::PAGE_ID, events::PATH);
    let sql = format!(
        "WITH last AS (
  SELECT {id}, {kind}, {name}, {received}, {happened}, {user}, {anonymous}, {element}, {page}, {path}
  FROM {events}
  WHERE {project} = {{project:String}} AND {received} >= fromUnixTimestamp64Milli({{since:Int64}})
  ORDER BY {received} DESC, {id} DESC LIMIT {{n:UInt32}}
)
SELECT toString(UUIDNumToString(last.{id})) AS id, toString(last.{kind}) AS kind, last.{name} AS name,
  concat(page.host, last.{path}) AS page,
  if(element.name != '', element.name, element.tag) AS element,
  if(last.{user} != '', last.{user}, last.{anonymous}) AS person,
  toUnixTimestamp64Milli(last.{happened}) AS happened_ms,
  toUnixTimestamp64Milli(last.{received}) AS received_ms
FROM last
LEFT JOIN (
  SELECT {element_id} AS key, any({element_name}) AS name, any({tag}) AS tag FROM {elements}
  WHERE {elements_project} = {{project:String}} AND {element_id} IN (SELECT {element} FROM last) GROUP BY key
) AS element ON element.key = last.{element}
LEFT JOIN (
  SELECT {page_id} AS key, any({host}) AS host FROM {pages}
  WHERE {pages_project} = {{project:String}} AND {page_id} IN (SELECT {page} FROM last) GROUP BY key
) AS page ON page.key = last.{page}
ORDER BY last.{received} DESC, last.{id} DESC",
        events = databases.events(),
        project = events::PROJECT,
        elements = databases.elements(),
        elements_project = elements::PROJECT,
        element_id = elements::ELEMENT_ID,
        element_name = elements::NAME,
        tag = elements::TAG,
        pages = databases.pages(),
        pages_project = pages::PROJECT,
        page_id = pages::PAGE_ID,
        host = pages::HOST,
    );
    Statement::new(sql)
        .bind("project", project.id.as_str())
        .bind("since", now.plus_millis(-BACK_MS))
        .bind("n", EVENTS)
}
