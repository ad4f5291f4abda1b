//! Rules for an element that somebody points at, from the ladder of the crate `rules`.

use super::resolve::Known;
use crate::Error;
use crate::query::ElementId;
use protocol::{ProjectId, Timestamp};
use rules::element::CanonicalElement;
use rules::page::CanonicalPage;
use rules::suggest::{Suggestion, suggest};
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};
use store::schema::events as e;
use store::{Connection, Statement};

/// How far back is looked for where elements stand, in days.
const DAYS: i64 = 90;

/// Pages that are kept of one element, the most used.
const PAGES: u32 = 20;

/// Where elements were clicked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Place {
    element: u64,
    /// Its pages, the most used first.
    pages: Vec<u64>,
}

/// Where elements of a project were clicked of late.
///
/// # Errors
/// When the store refuses or is away.
pub async fn places(
    connection: &Connection,
    project: &ProjectId,
    now: Timestamp,
) -> Result<Vec<Place>, Error> {
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
    Ok(connection.json(&statement).await?)
}

/// Finds rules for elements that somebody points at.
#[derive(Debug)]
pub struct Suggester<'a> {
    elements: HashMap<u64, &'a CanonicalElement>,
    pages: HashMap<u64, &'a CanonicalPage>,
    places: HashMap<u64, &'a [u64]>,
    seen: Vec<rules::suggest::Known<'a>>,
}

impl<'a> Suggester<'a> {
    /// One who knows these elements, and where they stand.
    pub fn new(known: &'a Known, places: &'a [Place]) -> Self {
        let elements: HashMap<_, _> = known.elements.iter().map(|(id, e)| (*id, e)).collect();
        let pages: HashMap<_, _> = known.pages.iter().map(|(id, page)| (*id, page)).collect();
        let on = places.iter().flat_map(|of| of.pages.iter().map(|page| (of.element, *page)));
        let seen = on.filter_map(|(element, page)| {
            let (element, page) = (elements.get(&element)?, pages.get(&page)?);
            Some(rules::suggest::Known { element, page })
        });
        let seen = seen.collect();
        let places = places.iter().map(|of| (of.element, of.pages.as_slice())).collect();
        Self { elements, pages, places, seen }
    }

    /// The element, if it is known.
    pub fn element(&self, element: ElementId) -> Option<&'a CanonicalElement> {
        self.elements.get(&element.0).copied()
    }

    /// The paths of the pages that an element stands on, the most used first.
    pub fn paths(&self, element: ElementId) -> Vec<&'a str> {
        let mut told = BTreeSet::new();
        self.on(element).map(|page| page.path.as_str()).filter(|path| told.insert(*path)).collect()
    }

    fn on(&self, element: ElementId) -> impl Iterator<Item = &'a CanonicalPage> {
        let pages = self.places.get(&element.0).copied().unwrap_or_default();
        pages.iter().filter_map(|page| self.pages.get(page).copied())
    }

    /// The rules for an element, the narrowest first; none if it was not seen there.
    ///
    /// One is for this one, one for all like it, one for anywhere, as far as they differ. `path` is
    /// the page that it was pointed at on, or else the one that it is used on most.
    pub fn rules(&self, element: ElementId, path: Option<&str>) -> Option<Vec<Suggestion>> {
        let path = path.map(rules::page::pattern);
        let page = self.on(element).find(|page| path.as_ref().is_none_or(|p| **p == page.path))?;
        let pointed = rules::suggest::Known { element: self.element(element)?, page };
        Some(suggest(pointed, &self.seen))
    }
}
