//! Makes rows of lines of an import, by the same rules as of a batch.
//!
//! Each line brings its own context, page and element. Neighbours often share them, so that
//! pages and elements are brought into canonical form once a chunk.

use super::{Agents, Common, Rows, day, month, path, seen_element, seen_page};
use crate::definitions::Project;
use crate::spool::{Head, ImportHead};
use foldhash::fast::RandomState;
use protocol::{
    Batch, Context, Element, Event, EventId, ImportId, ImportLine, Page, Timestamp, import,
};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::Hash;
use store::EventRow;

/// The id of the event of a line: its own, or one that is derived.
pub(crate) fn id_of(line: &ImportLine<'_>, import: &ImportId, number: u64) -> EventId {
    line.event_id.unwrap_or_else(|| event_id(import, number, line.timestamp))
}

/// The id of a line that brings none: the same whenever the same file is imported. It carries the
/// time of the event, as every event id does.
fn event_id(import: &ImportId, line: u64, at: Timestamp) -> EventId {
    let mut hasher = Sha256::new();
    hasher.update(import.as_bytes());
    hasher.update(line.to_be_bytes());
    let hash = hasher.finalize();
    let mut random = [0; 10];
    random.copy_from_slice(&hash[..10]);
    EventId::new(at, random)
}

/// Where in a dictionary the things are that were met.
type Places<T> = HashMap<T, u32, RandomState>;

/// The lines of one body, while rows are made of them.
struct Lines<'a> {
    project: &'a Project,
    head: &'a Head<'a>,
    common: Common<'a>,
    pages: Places<Page<'a>>,
    elements: Places<Element<'a>>,
}

impl Rows {
    /// Adds the admitted lines of an import. Each is marked as sent before, because any of them
    /// may be there from an earlier run of the same import.
    pub fn add_import(
        &mut self,
        project: &Project,
        head: &ImportHead<'_>,
        body: &[u8],
        agents: &mut Agents,
    ) {
        let of_request = request(head);
        let mut lines = Lines::new(project, &of_request, agents);
        for (number, line) in (head.first_line..).zip(import::lines(body)) {
            let i = usize::try_from(number - head.first_line).unwrap_or(usize::MAX);
            if !head.admitted.get(i) {
                continue;
            }
            if let Ok(line) = ImportLine::parse(line) {
                let id = id_of(&line, &head.import, number);
                self.resent.push(self.events.len());
                self.events.push(lines.row(line, id, agents));
            }
        }
        self.refer(lines.common);
    }
}

/// What an import says of a request: nothing of where it came from, since that is nobody's visit.
fn request<'a>(head: &'a ImportHead<'_>) -> Head<'a> {
    Head {
        encoding: head.encoding,
        admitted: Cow::Borrowed(&head.admitted),
        ..Head::new(Cow::Borrowed(&head.project), head.received_at)
    }
}

/// A batch of nothing by somebody.
fn of<'a>(context: Context<'a>, sent_at: Timestamp) -> Batch<'a, Event<'a>> {
    let sdk = Cow::Borrowed("");
    let (elements, pages, events) = (Vec::new(), Vec::new(), Vec::new());
    let identity = Cow::Borrowed("");
    Batch { sdk, sent_at, attempt: 0, given_up: 0, identity, context, elements, pages, events }
}

impl<'a> Lines<'a> {
    fn new(project: &'a Project, head: &'a Head<'a>, agents: &mut Agents) -> Self {
        let nobody = of(Context::default(), head.received_at);
        let common = Common::new(project, head, &nobody, agents.get(""));
        Self { project, head, common, pages: Places::default(), elements: Places::default() }
    }

    fn row(&mut self, line: ImportLine<'a>, event_id: EventId, agents: &mut Agents) -> EventRow {
        let ImportLine { kind, name, timestamp, context, page, element, properties, .. } = line;
        let by = of(context, self.head.received_at);
        let agent = agents.get(super::cut(line.user_agent.as_deref().unwrap_or("")));
        self.common.row = super::common_row(self.project, self.head, &by, agent);
        self.common.row.country = super::text(line.country.as_deref());
        let (page, element) = (page.map(|page| self.page(page)), element.map(|e| self.element(e)));
        let event =
            Event { event_id, kind, name, timestamp, page, element, properties, resent: true };
        // No clock stands between the event and its time, and no sender makes months at will
        // who has a private key. No browser sent it, so there is no time of that.
        let (month, sent_at) = (month(day(timestamp)), Timestamp::default());
        EventRow { month, sent_at, ..self.common.event(&event) }
    }

    fn page(&mut self, page: Page<'a>) -> u32 {
        let Common { pages, paths, .. } = &mut self.common;
        let key = &self.project.definition.id_key;
        place(&mut self.pages, page, |page| {
            let path = path(page);
            pages.push(seen_page(key, page, &path));
            paths.push(path);
        })
    }

    fn element(&mut self, element: Element<'a>) -> u32 {
        let elements = &mut self.common.elements;
        let key = &self.project.definition.id_key;
        place(&mut self.elements, element, |element| elements.push(seen_element(key, element)))
    }
}

/// The place of a thing, which is new to its dictionary if `add` is called.
fn place<T: Eq + Hash>(places: &mut Places<T>, thing: T, add: impl FnOnce(&T)) -> u32 {
    if let Some(place) = places.get(&thing) {
        return *place;
    }
    add(&thing);
    let place = u32::try_from(places.len()).unwrap_or(u32::MAX);
    places.insert(thing, place);
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_derived_id_depends_on_file_and_line_and_carries_the_time() {
        let (one, two) = (ImportId::from_bytes([1; 32]), ImportId::from_bytes([2; 32]));
        let at = Timestamp::from_millis(1_700_000_000_000);
        let id = event_id(&one, 1, at);
        // What it is now it must stay: otherwise a repeated import doubles.
        insta::assert_snapshot!(id, @"018bcfe5-6800-7c73-9a1b-09b9f3663488");
        assert_eq!(id.timestamp(), Some(at));
        assert_ne!(id, event_id(&one, 2, at));
        assert_ne!(id, event_id(&two, 1, at));
    }
}
