//! What somebody wants a feature to be, looked at before it is one.

use crate::App;
use crate::http::error::ApiError;
use crate::members::unavailable;
use analytics::feature::resolve::Resolver;
use protocol::ProjectId;
use serde::Deserialize;
use std::time::Duration;
use store::{
    Definition, Edit, Error, Feature, FeatureAlternative, FeatureKind, FeatureStep, ListMode,
};
use tokio::time::timeout;

/// Characters of a name at most.
pub(crate) const NAME_CHARS: usize = 100;

/// How long a change waits to be taken up.
const PATIENCE: Duration = Duration::from_secs(4);

/// Characters of a version of an application at most.
const VERSION_CHARS: usize = 64;

/// What somebody wants a feature to be.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Draft {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) module: Option<String>,
    #[serde(default)]
    pub(crate) kind: FeatureKind,
    /// Of pages it is that they are looked at, where it is not said.
    #[serde(default)]
    pub(crate) step: Option<FeatureStep>,
    /// The place in a list is no part of what an element is, so one of its rows cannot be meant.
    #[serde(default)]
    pub(crate) list: ListMode,
    pub(crate) any_of: Vec<FeatureAlternative>,
}

/// Why a feature is not saved.
#[derive(Debug)]
pub(crate) enum Fault {
    /// It says nothing, or something else than it may: a sentence.
    Invalid(String),
    /// There is no such feature.
    Missing(String),
    /// Its name or its module is none: a sentence.
    Unnamed(String),
    /// Another feature has its name: a sentence.
    Taken(String),
    /// Somebody else was faster, or there is no room.
    Conflict(String),
    /// The store does not do it.
    Store(Error),
}

impl Fault {
    fn changed(current: u32, expected: u32) -> Self {
        Self::Conflict(format!(
            "the feature is at version {current} and not at {expected}: somebody changed it meanwhile; read it again"
        ))
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match error {
            Error::Conflict { expected, current, .. } => Self::changed(current, expected),
            error => Self::Store(error),
        }
    }
}

impl From<Fault> for ApiError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Invalid(why) | Fault::Unnamed(why) => Self::BadRequest(why),
            Fault::Missing(why) => Self::NotFound(why),
            Fault::Conflict(why) | Fault::Taken(why) => Self::Conflict(why),
            Fault::Store(error) => unavailable(error),
        }
    }
}

impl Draft {
    /// What a stored feature says, to be changed.
    pub(crate) fn of(feature: &Feature) -> Self {
        let Feature { name, module, kind, step, list, any_of, .. } = feature.clone();
        Self { name, module, kind, step: Some(step), list, any_of }
    }

    /// The feature of this id.
    pub(crate) fn feature(self, project: &ProjectId, id: String) -> Result<Feature, Fault> {
        let Self { name, module, kind, step, list, any_of } = self;
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let name = words(&name);
        let module = module.map(|module| words(&module)).filter(|module| !module.is_empty());
        let is_long = |text: &String| text.chars().count() > NAME_CHARS;
        if name.is_empty() || is_long(&name) || module.as_ref().is_some_and(is_long) {
            let why = format!(
                "a feature has a name of 1 to {NAME_CHARS} characters, and a module has no more"
            );
            return Err(Fault::Unnamed(why));
        }
        let is_odd = |version: &String| {
            version.is_empty()
                || version.chars().count() > VERSION_CHARS
                || version.contains(char::is_whitespace)
        };
        if any_of.iter().any(|one| one.app_version.as_ref().is_some_and(is_odd)) {
            let why = format!(
                "an app version has 1 to {VERSION_CHARS} characters without spaces, such as `4.2`"
            );
            return Err(Fault::Invalid(why));
        }
        let is_page = |one: &FeatureAlternative| !one.rule.contains_key("target");
        let step = step.unwrap_or(match any_of.iter().all(is_page) {
            true => FeatureStep::View,
            false => FeatureStep::default(),
        });
        let (project, rule_version) = (project.clone(), 0);
        let feature = Feature { id, project, name, module, kind, step, list, any_of, rule_version };
        Resolver::new(&feature, 0).map_err(Fault::Invalid)?;
        Ok(feature)
    }
}

/// Saves a draft as a new feature, or as the version after `expected` of the feature `id`. Returns
/// it with its version.
pub(crate) async fn save(
    app: &App,
    project: &ProjectId,
    draft: Draft,
    of: Option<(&str, u32)>,
    author: &str,
) -> Result<(Feature, u32), Fault> {
    let saved = put(app, project, draft, of, author).await?;
    take_up(app).await;
    Ok(saved)
}

/// Saves each draft as a new feature, in their order, and takes all of them up at once. One that
/// is wrong keeps none of the others from being saved; what the store does not do ends it.
pub(crate) async fn save_all(
    app: &App,
    project: &ProjectId,
    drafts: Vec<Draft>,
    author: &str,
) -> Vec<Result<Feature, Fault>> {
    let mut saved = Vec::with_capacity(drafts.len());
    let mut n_saved = 0;
    for draft in drafts {
        let one = put(app, project, draft, None, author).await.map(|(feature, _)| feature);
        n_saved += usize::from(one.is_ok());
        let is_over = matches!(one, Err(Fault::Store(_)));
        saved.push(one);
        if is_over {
            break;
        }
    }
    if n_saved > 0 {
        take_up(app).await;
    }
    saved
}

async fn put(
    app: &App,
    project: &ProjectId,
    draft: Draft,
    of: Option<(&str, u32)>,
    author: &str,
) -> Result<(Feature, u32), Fault> {
    let definitions = app.store().feature_definitions().await?;
    let (id, before, expected_version) = match of {
        Some((id, expected)) => {
            let (before, definition) = find(&definitions, project, id)?;
            check_version(definition.version, expected)?;
            (id.to_owned(), Some(before), expected)
        }
        None => {
            let (id, version) = new_id(&definitions, project, draft.name.trim());
            (id, None, version)
        }
    };
    let feature = draft.feature(project, id)?.after(before.as_ref(), expected_version);
    let is_namesake = |definition: &&Definition| {
        definition.id != feature.id
            && read(definition, project)
                .is_some_and(|other| other.name.to_lowercase() == feature.name.to_lowercase())
    };
    let is_it = |definition: &Definition| definition.id == feature.id && !definition.deleted;
    let is_there = of.is_none() && definitions.iter().any(is_it);
    if is_there || definitions.iter().any(|definition| is_namesake(&definition)) {
        return Err(Fault::Taken(format!("there is a feature `{}` already", feature.name)));
    }
    if of.is_none() {
        check_room(&definitions, project, app.config().store.max_features)?;
    }
    let edit = Edit { expected_version, author: author.to_owned(), at: app.now() };
    let version = app.store().put_feature(&feature, &edit).await?;
    Ok((feature, version))
}

/// Each feature is work for every element that is new and for every batch of events.
fn check_room(definitions: &[Definition], project: &ProjectId, max: usize) -> Result<(), Fault> {
    let n = definitions.iter().filter(|definition| read(definition, project).is_some()).count();
    if n < max {
        return Ok(());
    }
    Err(Fault::Conflict(format!(
        "there are {n} features already, and a project may have {max}: delete one that nobody asks about"
    )))
}

/// What was read is what the change is based on: else it is not known whether the rule is the same.
fn check_version(current: u32, expected: u32) -> Result<(), Fault> {
    if current == expected { Ok(()) } else { Err(Fault::changed(current, expected)) }
}

/// Deletes a feature that is at a version.
pub(crate) async fn delete(
    app: &App,
    project: &ProjectId,
    (id, expected_version): (&str, u32),
    author: &str,
) -> Result<(), Fault> {
    let definitions = app.store().feature_definitions().await?;
    let (feature, _) = find(&definitions, project, id)?;
    let edit = Edit { expected_version, author: author.to_owned(), at: app.now() };
    app.store().delete_feature(&feature, &edit).await?;
    take_up(app).await;
    Ok(())
}

/// It is saved, whatever comes now: a change that is not taken up at once is when the features are
/// read next, within seconds where the store answers.
async fn take_up(app: &App) {
    match timeout(PATIENCE, app.features().refresh(app.store(), app.now())).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(error = format!("{error:#}"), "a changed feature is not known yet");
        }
        Err(_) => tracing::warn!("a changed feature is not known yet: that takes longer"),
    }
}

/// The feature with this id that is there, with its definition.
pub(crate) fn find<'a>(
    definitions: &'a [Definition],
    project: &ProjectId,
    id: &str,
) -> Result<(Feature, &'a Definition), Fault> {
    let definition = definitions.iter().find(|definition| definition.id == id);
    let found = definition.and_then(|found| Some((read(found, project)?, found)));
    found.ok_or_else(|| Fault::Missing(missing(definition, project, id)))
}

/// Why there is no such feature: a deleted one is told by its name.
pub(crate) fn missing(definition: Option<&Definition>, project: &ProjectId, id: &str) -> String {
    let deleted = definition.filter(|definition| definition.deleted);
    let feature = deleted.and_then(|definition| definition.feature().ok());
    match feature.filter(|feature| feature.project == *project) {
        Some(feature) => format!("the feature `{}` was deleted", feature.name),
        None => format!("there is no feature `{id}` in this project"),
    }
}

/// The feature of a definition, if it is there and of this project.
fn read(definition: &Definition, project: &ProjectId) -> Option<Feature> {
    let feature = definition.feature().ok()?;
    (!definition.deleted && feature.project == *project).then_some(feature)
}

/// The id of what is called so, and the version that it is at: that of a feature of this name that
/// was deleted, else a new one. A feature that had the name once and has another now keeps its id.
fn new_id(definitions: &[Definition], project: &ProjectId, name: &str) -> (String, u32) {
    let at = |id: &str| definitions.iter().find(|definition| definition.id == id);
    let mut n = 0;
    loop {
        let id = Feature::id_of(project, name, n);
        match at(&id) {
            None => return (id, 0),
            Some(definition) if definition.deleted => return (id, definition.version),
            Some(definition) => match read(definition, project) {
                Some(feature) if feature.name != name => n += 1,
                _ => return (id, 0),
            },
        }
    }
}

/// A feature without a name, of a rule, to be looked at.
pub(crate) fn of_rule(project: &ProjectId, rule: &rules::rule::Rule) -> Result<Feature, Fault> {
    let draft = Draft {
        name: "unnamed".to_owned(),
        module: None,
        kind: FeatureKind::default(),
        step: None,
        list: ListMode::default(),
        any_of: alternatives(rule),
    };
    draft.feature(project, String::new())
}

/// The alternatives of a rule, which hold always.
pub(crate) fn alternatives(rule: &rules::rule::Rule) -> Vec<FeatureAlternative> {
    let rules = rule.any_of.iter().filter_map(|alternative| serde_json::to_value(alternative).ok());
    let maps = rules.filter_map(|rule| rule.as_object().cloned());
    maps.map(|rule| FeatureAlternative { rule, ..FeatureAlternative::default() }).collect()
}
