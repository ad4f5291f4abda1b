//! Makes rows of a batch: scrubs, brings into canonical form, computes ids, corrects times.
//!
//! Runs in the writer, off the request. Everything it is told is in the record of the spool or in
//! the project's definition, so the same record always gives the same rows.

mod agent;
mod element;
mod import;

pub use agent::{Agent, Agents};
pub(crate) use import::id_of;

use crate::definitions::Project;
use crate::spool::Head;
use element::scrubbed;
use protocol::scrub::{self, scrub, scrub_within};
use protocol::{Batch, Element, Event, EventId, Kind, Page, Timestamp, limits};
use rules::element::CanonicalElement;
use rules::page::CanonicalPage;
use std::collections::HashMap;
use std::net::IpAddr;
use store::{ElementRow, EventRow, PageRow};

/// An id whose own time is further than this from the time of arrival does not choose the partition.
const ID_TIME_MS: i64 = 45 * 24 * 60 * 60 * 1_000;

/// The last moment that a sender's clock may claim: the year 2200, before the end of the column.
const LAST_MS: i64 = 7_258_118_400_000;

/// Rows of some batches.
#[derive(Debug, Default)]
pub struct Rows {
    /// One per admitted event, without its batch id.
    pub events: Vec<EventRow>,
    /// The events that may be in ClickHouse already, by place in [`Self::events`].
    pub resent: Vec<usize>,
    /// The elements, by project and id.
    pub elements: HashMap<(String, u64), ElementRow>,
    /// The pages, by project and id.
    pub pages: HashMap<(String, u64), PageRow>,
}

/// The network that an address is in: the first 24 of 32, or 48 of 128 bits.
pub fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}::/48")
        }
    }
}

/// The text, no longer than the limit of such texts.
pub fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(limits::TEXT_BYTES)]
}

/// The ids of what a batch's events refer to, and what is the same for all of them.
struct Common<'a> {
    head: &'a Head<'a>,
    row: EventRow,
    pages: Vec<Seen<(CanonicalPage, String)>>,
    elements: Vec<Seen<CanonicalElement>>,
    /// The paths of the pages as they were.
    paths: Vec<String>,
    /// The day of arrival, since 1970, and its month.
    today: (i64, u32),
}

/// Something that events refer to.
struct Seen<T> {
    value: T,
    id: u64,
    /// First and last.
    span: Option<(Timestamp, Timestamp)>,
}

impl<T> Seen<T> {
    fn at(&mut self, at: Timestamp) -> u64 {
        let (first, last) = self.span.unwrap_or((at, at));
        self.span = Some((first.min(at), last.max(at)));
        self.id
    }
}

impl Rows {
    /// Adds the admitted events of a batch.
    pub fn add<E>(
        &mut self,
        project: &Project,
        head: &Head<'_>,
        batch: &Batch<'_, Result<Event<'_>, E>>,
        agents: &mut Agents,
    ) {
        let mut common = Common::new(project, head, batch, agents.get(head.user_agent));
        for (i, event) in batch.events.iter().enumerate() {
            if let (true, Ok(event)) = (head.admitted.get(i), event) {
                if event.resent || head.unsure.get(i) {
                    self.resent.push(self.events.len());
                }
                self.events.push(common.event(event));
            }
        }
        self.refer(common);
    }

    /// Notes the pages and elements that events referred to, and when they were seen.
    fn refer(&mut self, common: Common<'_>) {
        let Common { row: EventRow { project, .. }, pages, elements, .. } = common;
        for Seen { value: (page, title), id, span, .. } in pages {
            let Some((first, last)) = span else { continue };
            let row = self.pages.entry((project.clone(), id)).or_insert_with(|| PageRow {
                project: project.clone(),
                page_id: id,
                host: page.host,
                pattern: page.path,
                title,
                first_seen: first,
                last_seen: last,
            });
            (row.first_seen, row.last_seen) = (row.first_seen.min(first), row.last_seen.max(last));
        }
        for Seen { value: element, id, span, .. } in elements {
            let Some((first, last)) = span else { continue };
            let row = self.elements.entry((project.clone(), id)).or_insert_with(|| ElementRow {
                project: project.clone(),
                element_id: id,
                canonical: element.to_json(),
                tag: element.tag().to_owned(),
                role: element.role().to_owned(),
                name: element.name().to_owned(),
                test_id: element.test_id().to_owned(),
                first_seen: first,
                last_seen: last,
            });
            (row.first_seen, row.last_seen) = (row.first_seen.min(first), row.last_seen.max(last));
        }
    }
}

impl<'a> Common<'a> {
    fn new<E>(project: &Project, head: &'a Head<'a>, batch: &Batch<'_, E>, agent: &Agent) -> Self {
        let key = &project.definition.id_key;
        let paths: Vec<String> = batch.pages.iter().map(path).collect();
        let pages = batch.pages.iter().zip(&paths);
        let pages = pages.map(|(page, path)| seen_page(key, page, path)).collect();
        let elements = batch.elements.iter().map(|element| seen_element(key, element)).collect();
        let today = day(head.received_at);
        let row = common_row(project, head, batch, agent);
        Self { head, row, pages, elements, paths, today: (today, month(today)) }
    }

    fn event(&mut self, event: &Event<'_>) -> EventRow {
        let received_at = self.head.received_at;
        let timestamp = self.head.skew.correct(event.timestamp);
        let is_ahead = timestamp.millis_since(received_at) > limits::FUTURE_MS;
        let timestamp = if is_ahead { received_at } else { timestamp };
        let name = event.name.as_deref().filter(|_| event.kind == Kind::Custom);
        let domain = email_domain(event).map(|domain| (scrub::EMAIL_DOMAIN.to_owned(), domain));
        let has_domain = domain.is_some();
        let is_kept = |key: &str| !(has_domain && key == scrub::EMAIL_DOMAIN);
        let properties = event.properties.iter().filter(|(key, _)| is_kept(key));
        EventRow {
            event_id: *event.event_id.as_bytes(),
            month: self.month(event.event_id),
            kind: event.kind.as_str().to_owned(),
            name: text(name),
            timestamp,
            page_id: index(event.page)
                .and_then(|page| self.pages.get_mut(page))
                .map_or(0, |page| page.at(timestamp)),
            element_id: index(event.element)
                .and_then(|element| self.elements.get_mut(element))
                .map_or(0, |element| element.at(timestamp)),
            path: index(event.page)
                .and_then(|page| self.paths.get(page))
                .cloned()
                .unwrap_or_default(),
            properties: properties
                .map(|(key, value)| (scrub(key).into_owned(), text(Some(value))))
                .chain(domain)
                .collect(),
            ..self.row.clone()
        }
    }

    /// Year and month, as in 202611, of the time that the id carries; of the time of arrival
    /// where the two are far apart, so that no sender makes partitions at will.
    fn month(&self, id: EventId) -> u32 {
        let received_at = self.head.received_at;
        let own = id.timestamp().filter(|at| at.millis_since(received_at).abs() <= ID_TIME_MS);
        match day(own.unwrap_or(received_at)) {
            day if day == self.today.0 => self.today.1,
            day => month(day),
        }
    }
}

/// The domain of an address that `identify` told, which is all that is kept of it, in small
/// letters. A browser has put it there already; what is imported has not been through one.
fn email_domain(event: &Event<'_>) -> Option<String> {
    let properties = Some(&event.properties).filter(|_| event.kind == Kind::Identify)?;
    let mut addresses = properties.iter().filter(|(_, value)| scrub::scrub(value) == scrub::EMAIL);
    let domain = addresses.find_map(|(_, address)| scrub::domain(address));
    Some(domain.or_else(|| properties.get(scrub::EMAIL_DOMAIN))?.to_ascii_lowercase())
}

/// The path as it is kept.
fn path(page: &Page<'_>) -> String {
    scrub_within(&page.path, limits::PATH_BYTES).into_owned()
}

/// A page that was not seen yet; `path` is that of [`path`].
fn seen_page(key: &[u8; 16], page: &Page<'_>, path: &str) -> Seen<(CanonicalPage, String)> {
    let title = page.title.as_deref().unwrap_or("");
    let title = scrub_within(title, limits::TEXT_BYTES).into_owned();
    let page = canonical_page(page, path);
    Seen { id: page.id(key), value: (page, title), span: None }
}

fn canonical_page(page: &Page<'_>, path: &str) -> CanonicalPage {
    CanonicalPage::new(&scrub_within(&page.host, limits::TEXT_BYTES), path)
}

/// An element that was not seen yet.
fn seen_element(key: &[u8; 16], element: &Element<'_>) -> Seen<CanonicalElement> {
    let element = stored_element(element);
    Seen { id: element.id(key), value: element, span: None }
}

/// A page as the writer will store it.
pub(crate) fn stored_page(page: &Page<'_>) -> CanonicalPage {
    canonical_page(page, &path(page))
}

/// An element as the writer will store it, scrubbed.
pub(crate) fn stored_element(element: &Element<'_>) -> CanonicalElement {
    CanonicalElement::new(&scrubbed(element))
}

fn common_row<E>(
    project: &Project,
    head: &Head<'_>,
    batch: &Batch<'_, E>,
    agent: &Agent,
) -> EventRow {
    let context = &batch.context;
    let campaign = context.campaign.clone().unwrap_or_default();
    EventRow {
        project: project.definition.id.as_str().to_owned(),
        sent_at: Timestamp::from_millis(batch.sent_at.as_millis().clamp(0, LAST_MS)),
        received_at: head.received_at,
        anonymous_id: context.anonymous_id.clone().into_owned(),
        user_id: context.user().to_owned(),
        account_id: context.account().to_owned(),
        session_id: context.session_id.clone().into_owned(),
        referrer: text(context.referrer.as_deref()),
        campaign_source: text(campaign.source.as_deref()),
        campaign_medium: text(campaign.medium.as_deref()),
        campaign_name: text(campaign.name.as_deref()),
        device: agent.device.clone(),
        browser: agent.browser.clone(),
        os: agent.os.clone(),
        country: head.country.to_owned(),
        language: text(context.language.as_deref()),
        app_version: text(context.app_version.as_deref()),
        is_automated: context.automated || agent.is_automated,
        ..EventRow::default()
    }
}

/// Year and month of a moment, as in 202611.
pub(crate) fn month_of(at: Timestamp) -> u32 {
    month(day(at))
}

/// The day of a moment, since 1970.
fn day(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(24 * 60 * 60 * 1_000)
}

/// Year and month, as in 202611, of a day since 1970.
fn month(day: i64) -> u32 {
    let days = jiff::Span::new().days(day.clamp(0, 100_000));
    let date = jiff::civil::date(1970, 1, 1).saturating_add(days);
    u32::try_from(i32::from(date.year()) * 100 + i32::from(date.month())).unwrap_or(0)
}

/// A text from the page: short enough, and without secrets.
fn text(value: Option<&str>) -> String {
    scrub_within(value.unwrap_or(""), limits::PROPERTY_VALUE_BYTES).into_owned()
}

fn index(reference: Option<u32>) -> Option<usize> {
    usize::try_from(reference?).ok()
}
