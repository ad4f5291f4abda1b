//! Writes what elements and pages are, and which features mean them, before the events that refer
//! to them.
//!
//! One that ClickHouse refuses for good is found by halving and left out, which is said and
//! counted: its events keep its id and go in, and only what it looks like is missing. It is tried
//! again a day later, or after a restart, whenever it is seen again.

use super::deliver::blames_row;
use super::{Pause, Writer};
use crate::enrich::Rows;
use store::{Connection, ElementRow, Error, PageRow};

/// Rows of one of the two tables.
#[derive(Clone, Copy)]
enum Descriptions<'a> {
    Elements(&'a [ElementRow]),
    Pages(&'a [PageRow]),
}

impl Descriptions<'_> {
    async fn insert(self, store: &Connection) -> Result<(), Error> {
        match self {
            Self::Elements(rows) => store.insert_elements(rows).await,
            Self::Pages(rows) => store.insert_pages(rows).await,
        }
    }

    fn len(self) -> usize {
        match self {
            Self::Elements(rows) => rows.len(),
            Self::Pages(rows) => rows.len(),
        }
    }

    fn halves(self) -> [Self; 2] {
        let middle = self.len() / 2;
        match self {
            Self::Elements(rows) => {
                let (first, second) = rows.split_at(middle);
                [Self::Elements(first), Self::Elements(second)]
            }
            Self::Pages(rows) => {
                let (first, second) = rows.split_at(middle);
                [Self::Pages(first), Self::Pages(second)]
            }
        }
    }

    /// Whose it is, and its id.
    fn first(self) -> Option<(String, String)> {
        let (project, id) = match self {
            Self::Elements(rows) => rows.first().map(|row| (&row.project, row.element_id))?,
            Self::Pages(rows) => rows.first().map(|row| (&row.project, row.page_id))?,
        };
        Some((project.clone(), format!("{id:016x}")))
    }

    fn failure(self) -> &'static str {
        match self {
            Self::Elements(_) => "elements cannot be written",
            Self::Pages(_) => "pages cannot be written",
        }
    }
}

impl Writer {
    /// Writes elements and pages that are new. They come first, so that an event that is there
    /// never refers to nothing, unless that is refused.
    pub(super) async fn describe(&mut self, rows: &mut Rows) {
        let (elements, pages) = self.known.news(rows);
        let app = self.app.clone();
        let _elements = app.features().lock().await;
        self.write_all(Descriptions::Elements(&elements)).await;
        self.write_all(Descriptions::Pages(&pages)).await;
        self.match_features(&elements, &pages).await;
        self.known.note(&elements, &pages);
    }

    async fn match_features(&self, elements: &[ElementRow], pages: &[PageRow]) {
        let matches = self.app.features().matches(elements, pages);
        let mut pause = Pause::default();
        while let Err(error) =
            self.app.store().insert_matches(&matches.elements, &matches.pages).await
        {
            self.wait_after(error, "what features mean cannot be written", &mut pause).await;
        }
    }

    async fn write_all(&self, all: Descriptions<'_>) {
        let mut pause = Pause::default();
        let mut parts = vec![all];
        while let Some(part) = parts.pop() {
            let Err(error) = part.insert(self.app.store()).await else { continue };
            if !blames_row(&error) {
                self.wait_after(error, part.failure(), &mut pause).await;
                parts.push(part);
            } else if part.len() > 1 {
                parts.extend(part.halves());
            } else if let Some((project, id)) = part.first() {
                tracing::error!(%error, project, id, "{}: left out", part.failure());
                self.app.delivery().left_out();
            }
        }
    }
}
