//! What happened, in the few words that questions need, and its way into the store.

use analytics::feature::resolve::{Known, Matches, Resolver};
use analytics::feature::{Features, Meant};
use analytics::{FeatureId, Scope};
use anyhow::{Result, anyhow};
use protocol::{BatchId, Kind, ProjectId, Timestamp};
use rules::element::CanonicalElement;
use rules::page::CanonicalPage;
use store::derived::fill::{FeatureVersion, Fill, Stage};
use store::{
    Connection, Edit, ElementRow, EventRow, Feature, FeatureAlternative, PageRow, testing,
};

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
    /// The accessible name of the button, or what a custom event is called.
    pub(crate) element: String,
    /// Empty for none.
    pub(crate) account_id: String,
    pub(crate) is_automated: bool,
}

/// The project's settings with this zone.
pub(crate) fn scope(time_zone: &str) -> Result<Scope> {
    Ok(Scope {
        project: ProjectId::parse(PROJECT)?,
        time_zone: time_zone.to_owned(),
        week_start: store::WeekStart::Monday,
        count_automated: false,
        grouping: store::identity::Grouping::none(ProjectId::parse(PROJECT)?),
    })
}

fn page(happening: &Happening) -> CanonicalPage {
    CanonicalPage::new(&happening.host, &happening.path)
}

/// The id of the page that it happened on.
pub(crate) fn page_id(happening: &Happening) -> u64 {
    page(happening).id(&KEY)
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
    write_with(connection, batch, happenings, |_, row| row).await
}

/// The same, with more about each event than a [`Happening`] says.
pub(crate) async fn write_with(
    connection: &Connection,
    batch: u8,
    happenings: impl IntoIterator<Item = &Happening>,
    more: impl Fn(usize, EventRow) -> EventRow,
) -> Result<()> {
    let batch = BatchId::from_bytes([batch; 16]);
    let (mut events, mut pages, mut elements) = (Vec::new(), Vec::new(), Vec::new());
    for (n, happening) in happenings.into_iter().enumerate() {
        events.push(more(n, event_row(batch, n, happening)));
        if !happening.path.is_empty() {
            pages.push(page_row(happening));
        }
        if !happening.element.is_empty() && happening.kind != Kind::Custom {
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
    let is_custom = happening.kind == Kind::Custom;
    let has_element = !happening.element.is_empty() && !is_custom;
    let mut event_id = *batch.as_bytes();
    event_id[8..].copy_from_slice(&(n as u64).to_be_bytes());
    EventRow {
        project: happening.project.clone(),
        event_id,
        month: 202_611,
        kind: happening.kind.as_str().to_owned(),
        name: if is_custom { happening.element.clone() } else { String::new() },
        batch_id: *batch.as_bytes(),
        timestamp: at,
        sent_at: at,
        received_at: at,
        anonymous_id: happening.anonymous_id.clone(),
        user_id: happening.user_id.clone(),
        account_id: happening.account_id.clone(),
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

/// The id of the feature that was first called so.
pub(crate) fn feature_id(name: &str) -> FeatureId {
    let project = ProjectId::parse(PROJECT).ok();
    let id = project.map(|project| Feature::id_of(&project, name, 0));
    id.and_then(|id| id.parse().ok()).unwrap_or_else(|| unreachable!("an id is 16 digits"))
}

/// A feature that means these buttons, on a page or on all.
pub(crate) fn feature(name: &str, buttons: &[&str], page: Option<&str>) -> Result<Feature> {
    let project = ProjectId::parse(PROJECT)?;
    let mut rule = serde_json::json!({"target": {"role": "button", "name": buttons}});
    if let Some(page) = page {
        rule["page"] = serde_json::json!({"path": page});
    }
    let rule = rule.as_object().cloned().unwrap_or_default();
    Ok(Feature {
        id: Feature::id_of(&project, name, 0),
        project,
        name: name.to_owned(),
        module: None,
        kind: Default::default(),
        step: Default::default(),
        list: Default::default(),
        any_of: vec![FeatureAlternative { rule, ..FeatureAlternative::default() }],
        rule_version: 1,
    })
}

/// Defines a feature and fills its past in.
pub(crate) async fn put(connection: &Connection, feature: &Feature) -> Result<()> {
    put_all(connection, std::slice::from_ref(feature)).await
}

/// Defines features of one project and fills their past in.
pub(crate) async fn put_all(connection: &Connection, features: &[Feature]) -> Result<()> {
    let at = Timestamp::from_millis(0);
    let project = ProjectId::parse(PROJECT)?;
    let known = Known::load(connection, &project).await?;
    let (mut matches, mut versions) = (Matches::default(), Vec::new());
    for feature in features {
        let edit = Edit { expected_version: 0, author: String::new(), at };
        let version = connection.put_feature(feature, &edit).await?;
        let resolver = Resolver::new(feature, version).map_err(|why| anyhow!(why))?;
        matches.extend(resolver.of_all(&known));
        let (project, feature) = (PROJECT.to_owned(), feature.id.clone());
        versions.push(FeatureVersion { project, feature, version });
    }
    connection.insert_matches(&matches.elements, &matches.pages).await?;
    connection.note_stage(&versions, Stage::Matched, at).await?;
    connection.fill(&Fill { month: 202_611, versions: versions.clone() }).await?;
    Ok(connection.note_stage(&versions, Stage::Filled, at).await?)
}

/// Defines features by name, buttons and page.
pub(crate) async fn define(
    connection: &Connection,
    features: &[(&str, &[&str], Option<&str>)],
) -> Result<()> {
    for (name, buttons, page) in features {
        put(connection, &feature(name, buttons, *page)?).await?;
    }
    Ok(())
}

/// All features of the project, as if they were filled, or not.
pub(crate) async fn features(connection: &Connection, is_filled: bool) -> Result<Features> {
    let project = ProjectId::parse(PROJECT)?;
    let features = Features::load(connection, &project, None).await?;
    Ok(Features::new(features.iter().map(|meant| Meant { is_filled, ..meant.clone() })))
}
