//! A named feature: what its rule means, and where its uses are counted.
//!
//! ```text
//! definition ── matcher ──► ids of elements and pages ── fill ──► feature_events
//!                           └─ until it is filled, its uses are found in the events by these ids
//! ```
//! The one matcher of the crate `rules` goes over all elements and pages that are stored
//! ([`resolve`]), and what it finds is kept in the store. Which of two places a question reads
//! its uses from is decided in [`source`] alone; both give the same answer.

pub mod fragile;
mod grade;
pub mod health;
pub mod history;
pub mod module;
pub mod preview;
pub mod resolve;
mod similar;
pub mod source;
pub mod suggest;

use crate::query::FeatureId;
use crate::{Error, InvalidQuery};
use protocol::ProjectId;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use store::definition::Kind;
use store::derived::NO_ELEMENT;
use store::derived::fill::{FeatureVersion, Stages};
use store::schema::feature_elements as m;
use store::{Connection, Definition, Feature, Statement};

/// A feature as questions about it need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meant {
    /// The definition.
    pub feature: Feature,
    /// The version of the definition.
    pub definition: u32,
    /// The version of its rule, by which its elements and uses are kept.
    pub version: u32,
    /// The elements that it means, on whatever page.
    pub elements: BTreeSet<u64>,
    /// Whether all of its uses are in the table of uses.
    pub is_filled: bool,
}

/// The features that a question is about, by their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Features {
    there: BTreeMap<String, Meant>,
    /// The names of those that were deleted.
    gone: BTreeMap<String, String>,
}

impl Meant {
    /// Whether views of pages are uses of it.
    pub(crate) fn means_views(&self) -> bool {
        self.feature.any_of.iter().any(|alternative| !alternative.rule.contains_key("target"))
    }
}

impl Features {
    /// These features.
    pub fn new(features: impl IntoIterator<Item = Meant>) -> Self {
        let there = features.into_iter().map(|meant| (meant.feature.id.clone(), meant)).collect();
        Self { there, gone: BTreeMap::new() }
    }

    /// Reads what some features of a project mean, or all of them. One that is not there is left
    /// out.
    ///
    /// Of a version whose elements are not known yet, the one before is taken: it is a moment.
    ///
    /// # Errors
    /// When the store refuses or is away.
    pub async fn load(
        connection: &Connection,
        project: &ProjectId,
        ids: Option<&[&FeatureId]>,
    ) -> Result<Self, Error> {
        if ids.is_some_and(<[_]>::is_empty) {
            return Ok(Self::default());
        }
        let is_asked =
            |id: &str| ids.is_none_or(|ids| ids.iter().any(|asked| asked.as_str() == id));
        let stages = connection.stages().await?;
        let mut features = Vec::new();
        let mut gone = BTreeMap::new();
        for definition in connection.feature_definitions().await? {
            if !is_asked(&definition.id) {
                continue;
            }
            if definition.deleted {
                gone.extend(name_in(&definition, project).map(|name| (definition.id, name)));
                continue;
            }
            if let Some(meant) = meant(connection, project, definition, &stages).await? {
                features.push(meant);
            }
        }
        let mut features = Self { gone, ..Self::new(features) };
        features.find_elements(connection, project).await?;
        Ok(features)
    }

    async fn find_elements(
        &mut self,
        connection: &Connection,
        project: &ProjectId,
    ) -> Result<(), Error> {
        #[derive(Deserialize)]
        struct Row {
            feature: String,
            version: u32,
            elements: BTreeSet<u64>,
        }
        let sql = format!(
            "SELECT {feature} AS feature, {version} AS version, groupUniqArray({element}) AS elements FROM {table} \
             WHERE {project} = {{project:String}} AND {feature} IN {{features:Array(String)}} AND {element} != {NO_ELEMENT} GROUP BY {feature}, {version}",
            feature = m::FEATURE,
            version = m::VERSION,
            element = m::ELEMENT_ID,
            table = connection.databases().feature_elements(),
            project = m::PROJECT,
        );
        let ids: Vec<String> = self.there.keys().cloned().collect();
        let statement = Statement::new(sql).bind("project", project.as_str()).bind("features", ids);
        for row in connection.json::<Row>(&statement).await? {
            let meant = self.there.get_mut(&row.feature);
            if let Some(meant) = meant.filter(|meant| meant.version == row.version) {
                meant.elements = row.elements;
            }
        }
        Ok(())
    }

    /// One of them.
    pub fn get(&self, id: &str) -> Option<&Meant> {
        self.there.get(id)
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Meant> {
        self.there.values()
    }

    /// One that a question names.
    pub(crate) fn of(&self, id: &FeatureId) -> Result<&Meant, InvalidQuery> {
        self.get(id.as_str()).ok_or_else(|| match self.gone.get(id.as_str()) {
            Some(name) => InvalidQuery::DeletedFeature(name.clone()),
            None => InvalidQuery::UnknownFeature(id.to_string()),
        })
    }
}

/// What a feature of this project is called in a definition.
fn name_in(definition: &Definition, project: &ProjectId) -> Option<String> {
    let feature = definition.feature().ok().filter(|feature| feature.project == *project)?;
    Some(feature.name)
}

/// The latest version of a definition whose elements are known, or else the latest.
async fn meant(
    connection: &Connection,
    project: &ProjectId,
    definition: Definition,
    stages: &BTreeMap<FeatureVersion, Stages>,
) -> Result<Option<Meant>, Error> {
    let stages_of = |feature: &Feature| {
        let (id, version) = (feature.id.clone(), feature.rule_version);
        let of = FeatureVersion { project: project.as_str().to_owned(), feature: id, version };
        stages.get(&of).cloned().unwrap_or_default()
    };
    let read = |definition: Definition| {
        let feature = serde_json::from_str::<Feature>(&definition.body).ok();
        let feature = feature.filter(|feature| feature.project == *project)?;
        Some((definition.version, feature))
    };
    let Some(mut chosen) = read(definition) else { return Ok(None) };
    if !stages_of(&chosen.1).is_matched {
        let before = connection.versions(Kind::Feature, &chosen.1.id).await?.into_iter();
        let before = before.filter(|definition| !definition.deleted).filter_map(read);
        let matched = before.into_iter().find(|(_, feature)| stages_of(feature).is_matched);
        chosen = matched.unwrap_or(chosen);
    }
    let (definition, feature) = chosen;
    let stages = stages_of(&feature);
    let is_filled = stages.is_filled && !stages.is_dropped;
    let (version, elements) = (feature.rule_version, BTreeSet::new());
    Ok(Some(Meant { feature, definition, version, elements, is_filled }))
}
