//! Rules for an element that somebody points at, from the ladder of the crate `rules`.

use super::resolve::Known;
use crate::Error;
use crate::query::ElementId;
use protocol::{ProjectId, Timestamp};
use rules::suggest::{Suggestion, suggest};
use serde::Deserialize;
use std::collections::HashMap;
use store::schema::events as e;
use store::{Connection, Statement};

/// How far back is looked for where elements stand, in days.
const DAYS: i64 = 90;

/// Pages that are kept of one element, the most used.
const PAGES: u32 = 20;

#[derive(Deserialize)]
struct Row {
    element: u64,
    pages: Vec<u64>,
}

/// The rules for an element, the narrowest first; none if it was not seen.
///
/// One is for this one, one for all like it, one for anywhere, as far as they differ. `path` is the page that it was pointed at on, or else the one that it is used on
/// most.
///
/// # Errors
/// When the store refuses or is away.
pub async fn suggestions(
    connection: &Connection,
    project: &ProjectId,
    known: &Known,
    element: ElementId,
    path: Option<&str>,
    now: Timestamp,
) -> Result<Option<Vec<Suggestion>>, Error> {
    let sql = format!(
        "SELECT {element} AS element, topK({PAGES})({page}) AS pages FROM {events} \
         WHERE {project} = {{project:String}} AND {element} != 0 AND {page} != 0 \
         AND {timestamp} >= fromUnixTimestamp64Milli({{start:Int64}}) GROUP BY {element}",
        element = e::ELEMENT_ID,
        page = e::PAGE_ID,
        events = connection.databases().events(),
        project = e::PROJECT,
        timestamp = e::TIMESTAMP,
    );
    let statement = Statement::new(sql)
        .bind("project", project.as_str())
        .bind("start", now.plus_millis(-DAYS * 24 * 60 * 60 * 1_000));
    let rows = connection.json::<Row>(&statement).await?;
    let elements: HashMap<_, _> = known.elements.iter().map(|(id, e)| (*id, e)).collect();
    let pages: HashMap<_, _> = known.pages.iter().map(|(id, page)| (*id, page)).collect();
    let stands = |id: u64| rows.iter().find(|row| row.element == id).map(|row| &row.pages);
    let path = path.map(rules::page::pattern);
    let mut on = stands(element.0).into_iter().flatten().filter_map(|page| pages.get(page));
    let page = on.find(|page| path.as_ref().is_none_or(|path| **path == page.path));
    let (Some(pointed), Some(page)) = (elements.get(&element.0), page) else { return Ok(None) };
    let seen = rows.iter().flat_map(|row| row.pages.iter().map(|page| (row.element, *page)));
    let seen = seen.filter_map(|(element, page)| {
        let (element, page) = (elements.get(&element)?, pages.get(&page)?);
        Some(rules::suggest::Known { element, page })
    });
    let seen: Vec<_> = seen.collect();
    Ok(Some(suggest(rules::suggest::Known { element: pointed, page }, &seen)))
}
