//! Writes what elements and pages are, and which features mean them, before the events that refer
//! to them.
//!
//! One that ClickHouse refuses for good is found by halving and left out, which is said and
//! counted: its events keep its id and go in, and only what it looks like is missing. It is tried
//! again a day later, or after a restart, whenever it is seen again.
//!
//! A new one beyond as many as its project may have is not written. Its events are kept under
//! [`rules::OTHERS`], which is counted and shown with a sample.

use super::deliver::blames_row;
use super::known::{Known, REMEMBERED, Verdict};
use super::{Pause, Writer};
use crate::counters::{Counts, Sample};
use crate::enrich::Rows;
use crate::feature::Matcher;
use analytics::feature::resolve::Matches;
use protocol::{ProjectId, Timestamp};
use rules::element::CanonicalElement;
use rules::page::CanonicalPage;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::mem;
use std::panic::resume_unwind;
use store::{Connection, DescribedKind, ElementRow, Error, EventRow, PageRow};
use tokio::task::spawn_blocking;

/// Samples of one cut and project.
const SAMPLES: usize = 3;

/// A row of one of the two tables.
trait Description: Send + Sync + Sized + 'static {
    const KIND: DescribedKind;
    const FAILURE: &'static str;

    fn key(&self) -> (&str, u64);
    /// When it was seen first and last.
    fn seen(&self) -> [Timestamp; 2];
    fn set_seen(&mut self, seen: [Timestamp; 2]);
    /// The row that stands for all that are too many.
    fn others(project: &str) -> Self;
    /// What it is and what becomes of it. `path` is where an event on it was.
    fn too_many(&self, max: usize, path: &str) -> String;
    /// What an event refers to, and where that is counted.
    fn of<'a>(event: &'a mut EventRow, counts: &'a mut Counts) -> (&'a mut u64, &'a mut u64);
    /// What features mean of these.
    fn matches(features: &Matcher, rows: &[Self]) -> Matches;
    async fn insert(store: &Connection, rows: &[Self]) -> Result<(), Error>;
}

impl Description for ElementRow {
    const KIND: DescribedKind = DescribedKind::Elements;
    const FAILURE: &'static str = "elements cannot be written";

    fn key(&self) -> (&str, u64) {
        (&self.project, self.element_id)
    }

    fn seen(&self) -> [Timestamp; 2] {
        [self.first_seen, self.last_seen]
    }

    fn set_seen(&mut self, seen: [Timestamp; 2]) {
        [self.first_seen, self.last_seen] = seen;
    }

    fn others(project: &str) -> Self {
        Self {
            project: project.to_owned(),
            element_id: rules::OTHERS,
            canonical: CanonicalElement::others().to_json(),
            name: "other elements".to_owned(),
            ..Self::default()
        }
    }

    fn too_many(&self, max: usize, path: &str) -> String {
        let what = if self.role.is_empty() { &self.tag } else { &self.role };
        let name = [&self.name, &self.test_id].into_iter().find(|name| !name.is_empty());
        let name = name.map(|name| format!(" “{name}”")).unwrap_or_default();
        format!(
            "{max} elements are there already: {what}{name} on {path} is kept under “other elements”."
        )
    }

    fn of<'a>(event: &'a mut EventRow, counts: &'a mut Counts) -> (&'a mut u64, &'a mut u64) {
        (&mut event.element_id, &mut counts.other_elements)
    }

    fn matches(features: &Matcher, rows: &[Self]) -> Matches {
        features.of_elements(rows)
    }

    async fn insert(store: &Connection, rows: &[Self]) -> Result<(), Error> {
        store.insert_elements(rows).await
    }
}

impl Description for PageRow {
    const KIND: DescribedKind = DescribedKind::Pages;
    const FAILURE: &'static str = "pages cannot be written";

    fn key(&self) -> (&str, u64) {
        (&self.project, self.page_id)
    }

    fn seen(&self) -> [Timestamp; 2] {
        [self.first_seen, self.last_seen]
    }

    fn set_seen(&mut self, seen: [Timestamp; 2]) {
        [self.first_seen, self.last_seen] = seen;
    }

    fn others(project: &str) -> Self {
        let CanonicalPage { host, path, .. } = CanonicalPage::others();
        Self {
            project: project.to_owned(),
            page_id: rules::OTHERS,
            host,
            pattern: path,
            title: "other pages".to_owned(),
            ..Self::default()
        }
    }

    fn too_many(&self, max: usize, path: &str) -> String {
        let Self { host, pattern, .. } = self;
        format!(
            "{max} pages are there already: {pattern} ({host}{path}) is kept under “other pages”."
        )
    }

    fn of<'a>(event: &'a mut EventRow, counts: &'a mut Counts) -> (&'a mut u64, &'a mut u64) {
        (&mut event.page_id, &mut counts.other_pages)
    }

    fn matches(features: &Matcher, rows: &[Self]) -> Matches {
        features.of_pages(rows)
    }

    async fn insert(store: &Connection, rows: &[Self]) -> Result<(), Error> {
        store.insert_pages(rows).await
    }
}

/// What is known of both tables.
#[derive(Debug, Default)]
pub(super) struct AllKnown {
    elements: Known,
    pages: Known,
}

/// What a cut brings of one table.
#[derive(Debug)]
struct Judged<T> {
    news: Vec<T>,
    too_many: Vec<T>,
}

impl Writer {
    /// Writes elements and pages that are new. They come first, so that an event that is there
    /// never refers to nothing, unless that is refused.
    pub(super) async fn describe(&mut self, rows: &mut Rows) {
        let AllKnown { mut elements, mut pages } = mem::take(&mut self.known);
        let of_elements = mem::take(&mut rows.elements).into_values();
        let of_pages = mem::take(&mut rows.pages).into_values();
        let config = &self.app.config().store;
        let (max_elements, max_pages) = (config.max_elements, config.max_pages);
        self.describe_all(&mut elements, of_elements, max_elements, &mut rows.events).await;
        self.describe_all(&mut pages, of_pages, max_pages, &mut rows.events).await;
        self.known = AllKnown { elements, pages };
    }

    async fn describe_all<T: Description>(
        &self,
        known: &mut Known,
        rows: impl Iterator<Item = T>,
        max: usize,
        events: &mut [EventRow],
    ) {
        let mut projects: BTreeMap<String, Vec<T>> = BTreeMap::new();
        for row in rows {
            let project = row.key().0.to_owned();
            projects.entry(project).or_default().push(row);
        }
        for (project, rows) in projects {
            let ids: Vec<u64> = rows.iter().map(|row| row.key().1).collect();
            if known.is_unsure(&project, &ids, max, self.app.now()) {
                self.look::<T>(known, &project).await;
            }
            let Judged { news, too_many } = judge(known, rows, max);
            self.write_all(news).await;
            if !too_many.is_empty() {
                self.fold(&project, &too_many, max, events);
            }
        }
    }

    /// Asks which of a project ClickHouse has.
    async fn look<T: Description>(&self, known: &mut Known, project: &str) {
        let mut pause = Pause::default();
        loop {
            match self.app.store().described(T::KIND, project, REMEMBERED).await {
                Ok(there) => return known.look(project, &there, self.app.now()),
                Err(error) => self.wait_after(error, T::FAILURE, &mut pause).await,
            }
        }
    }

    /// Lets events refer to the one for all others instead of those that are too many.
    fn fold<T: Description>(
        &self,
        project: &str,
        too_many: &[T],
        max: usize,
        events: &mut [EventRow],
    ) {
        let ids: HashSet<u64> = too_many.iter().map(|row| row.key().1).collect();
        let mut counts = Counts::default();
        let mut paths: HashMap<u64, String> = HashMap::new();
        for event in events.iter_mut().filter(|event| event.project == project) {
            let (id, n) = T::of(event, &mut counts);
            if ids.contains(id) {
                let before = mem::replace(id, rules::OTHERS);
                *n += 1;
                paths.entry(before).or_insert_with(|| event.path.clone());
            }
        }
        let definition = ProjectId::parse(project).ok();
        let Some(project) = definition.and_then(|id| self.app.definitions().project(&id)) else {
            return;
        };
        let now = self.app.now();
        let sample = |row: &T| {
            let path = paths.get(&row.key().1).map_or("", String::as_str);
            Sample::new(now, &row.too_many(max, path), "", "")
        };
        let samples = too_many.iter().take(SAMPLES).map(sample).collect();
        project.counters.add_others(project.day(now), &counts, samples);
    }

    async fn write_all<T: Description>(&self, all: Vec<T>) {
        let mut pause = Pause::default();
        let mut parts = vec![all];
        while let Some(part) = parts.pop().filter(|part| !part.is_empty()) {
            let (mut part, written) = self.try_write(part).await;
            match written {
                Ok(()) => {}
                Err(Refused::Matches(error)) => {
                    let what = "what features mean cannot be written";
                    self.wait_after(error, what, &mut pause).await;
                    parts.push(part);
                }
                Err(Refused::Rows(error)) if !blames_row(&error) => {
                    self.wait_after(error, T::FAILURE, &mut pause).await;
                    parts.push(part);
                }
                Err(Refused::Rows(_)) if part.len() > 1 => {
                    let rest = part.split_off(part.len() / 2);
                    parts.extend([part, rest]);
                }
                Err(Refused::Rows(error)) => self.leave_out(&part, &error),
            }
        }
    }

    /// Writes what features mean of some rows, and then the rows, since one that is there is not
    /// looked at again. Nobody takes up a feature meanwhile, but may before it is tried again.
    async fn try_write<T: Description>(&self, rows: Vec<T>) -> (Vec<T>, Result<(), Refused>) {
        let _elements = self.app.features().lock().await;
        let matcher = self.app.features().matcher();
        let matched = spawn_blocking(move || (T::matches(&matcher, &rows), rows));
        let (Matches { elements, pages }, rows) = match matched.await {
            Ok(matched) => matched,
            Err(error) => resume_unwind(error.into_panic()),
        };
        if let Err(error) = self.app.store().insert_matches(&elements, &pages).await {
            return (rows, Err(Refused::Matches(error)));
        }
        let written = T::insert(self.app.store(), &rows).await;
        (rows, written.map_err(Refused::Rows))
    }

    fn leave_out<T: Description>(&self, rows: &[T], error: &Error) {
        for (project, id) in rows.iter().map(T::key) {
            tracing::error!(%error, project, id = format!("{id:016x}"), "{}: left out", T::FAILURE);
            self.app.delivery().left_out();
        }
    }
}

/// What ClickHouse refused of some rows.
enum Refused {
    /// What features mean of them.
    Matches(Error),
    /// The rows.
    Rows(Error),
}

/// Tells what is to be written from what is one too many: those seen first come first, so that
/// the same cut is judged alike again.
fn judge<T: Description>(known: &mut Known, mut rows: Vec<T>, max: usize) -> Judged<T> {
    rows.sort_by_key(|row| (row.seen()[0], row.key().1));
    let mut judged = Judged { news: Vec::new(), too_many: Vec::new() };
    for row in rows {
        match known.judge(row.key(), row.seen(), max) {
            Verdict::Written => {}
            Verdict::News => judged.news.push(row),
            Verdict::TooMany => judged.too_many.push(row),
        }
    }
    if let Some(others) = others(&judged.too_many)
        && known.judge(others.key(), others.seen(), max) == Verdict::News
    {
        judged.news.push(others);
    }
    judged
}

/// What is written for those that are too many.
fn others<T: Description>(too_many: &[T]) -> Option<T> {
    let mut others = T::others(too_many.first()?.key().0);
    let first = too_many.iter().map(|row| row.seen()[0]).min()?;
    let last = too_many.iter().map(|row| row.seen()[1]).max()?;
    others.set_seen([first, last]);
    Some(others)
}
