//! What happened, in the few words that questions need, and its way into the store.

use analytics::Scope;
use anyhow::Result;
use protocol::{BatchId, Kind, ProjectId, Timestamp};
use rules::element::CanonicalElement;
use rules::page::CanonicalPage;
use store::{Connection, ElementRow, EventRow, PageRow, testing};

/// The project that is asked about.
pub(crate) const PROJECT: &str = "asked";

/// The secret of every project here.
const KEY: [u8; 16] = *b"a key of sixteen";

/// One event. `anonymous_id` and `user_id` may be empty, `element` too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Happening {
    pub(crate) project: String,
    pub(crate) at: i64,
    pub(crate) anonymous_id: String,
    pub(crate) user_id: String,
    pub(crate) kind: Kind,
    pub(crate) host: String,
    pub(crate) path: String,
    /// The accessible name of the button.
    pub(crate) element: String,
    pub(crate) is_automated: bool,
}

/// The project's settings with this zone.
pub(crate) fn scope(time_zone: &str) -> Result<Scope> {
    Ok(Scope {
        project: ProjectId::parse(PROJECT)?,
        time_zone: time_zone.to_owned(),
        week_start: store::WeekStart::Monday,
        count_automated: false,
        staff: store::StaffRules::none(ProjectId::parse(PROJECT)?),
    })
}

fn page(happening: &Happening) -> CanonicalPage {
    CanonicalPage::new(&happening.host, &happening.path)
}

/// The canonical form of a button with this name.
pub(crate) fn button(name: &str) -> CanonicalElement {
    let node = protocol::Node { tag: "button".into(), name: Some(name.into()), ..<_>::default() };
    CanonicalElement::new(&protocol::Element { chain: vec![node] })
}

/// The id of a button with this name.
pub(crate) fn button_id(name: &str) -> analytics::ElementId {
    analytics::ElementId(button(name).id(&KEY))
}

/// Writes what happened, in this order, as one batch with the pages and elements it is about.
pub(crate) async fn write(
    connection: &Connection,
    batch: u8,
    happenings: impl IntoIterator<Item = &Happening>,
) -> Result<()> {
    let batch = BatchId::from_bytes([batch; 16]);
    let (mut events, mut pages, mut elements) = (Vec::new(), Vec::new(), Vec::new());
    for (n, happening) in happenings.into_iter().enumerate() {
        events.push(event_row(batch, n, happening));
        if !happening.path.is_empty() {
            pages.push(page_row(happening));
        }
        if !happening.element.is_empty() {
            elements.push(element_row(happening));
        }
    }
    pages.sort_by_key(|row| (row.project.clone(), row.page_id));
    pages.dedup();
    elements.sort_by_key(|row| (row.project.clone(), row.element_id));
    elements.dedup();
    connection.insert_pages(&pages).await?;
    connection.insert_elements(&elements).await?;
    connection.insert_events(batch, 0, &events).await?;
    testing::derive(connection, batch).await
}

fn event_row(batch: BatchId, n: usize, happening: &Happening) -> EventRow {
    let at = Timestamp::from_millis(happening.at);
    let has_page = !happening.path.is_empty();
    let has_element = !happening.element.is_empty();
    let mut event_id = *batch.as_bytes();
    event_id[8..].copy_from_slice(&(n as u64).to_be_bytes());
    EventRow {
        project: happening.project.clone(),
        event_id,
        month: 202_611,
        kind: happening.kind.as_str().to_owned(),
        batch_id: *batch.as_bytes(),
        timestamp: at,
        sent_at: at,
        received_at: at,
        anonymous_id: happening.anonymous_id.clone(),
        user_id: happening.user_id.clone(),
        page_id: if has_page { page(happening).id(&KEY) } else { 0 },
        element_id: if has_element { button_id(&happening.element).0 } else { 0 },
        path: happening.path.clone(),
        is_automated: happening.is_automated,
        ..EventRow::default()
    }
}

fn page_row(happening: &Happening) -> PageRow {
    let page = page(happening);
    PageRow {
        project: happening.project.clone(),
        page_id: page.id(&KEY),
        host: page.host,
        pattern: page.path,
        ..PageRow::default()
    }
}

fn element_row(happening: &Happening) -> ElementRow {
    let element = button(&happening.element);
    ElementRow {
        project: happening.project.clone(),
        element_id: element.id(&KEY),
        canonical: element.to_json(),
        tag: element.tag().to_owned(),
        role: element.role().to_owned(),
        name: element.name().to_owned(),
        ..ElementRow::default()
    }
}
