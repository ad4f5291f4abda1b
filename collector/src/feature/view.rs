//! Features with what there is to know of them: use, past, health.

use super::meaning::Meaning;
use crate::App;
use crate::definitions::Project;
use analytics::catalog::{self, ClickedElement, Search, ViewedPage, clicked_elements};
use analytics::feature::fragile::{self, Fragile};
use analytics::feature::health::{Finding, health_of};
use analytics::feature::history::{History, history, viewed_pages};
use analytics::feature::module::modules;
use analytics::feature::{Features, Meant};
use analytics::{DateRange, Error, Usage};
use serde::Serialize;
use std::collections::BTreeMap;
use store::Feature;
use store::derived::fill::{FeatureVersion, Stages};

/// Days of which the use is told.
pub(crate) const DAYS: u32 = 30;

/// A feature with what there is to know of it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct FeatureView {
    /// The version that holds, to base a change on.
    pub(crate) version: u32,
    /// The definition.
    #[serde(flatten)]
    pub(crate) feature: Feature,
    /// The module that it is shown in: its own, or the first segment of its page's path.
    pub(crate) shown_in: String,
    /// Elements that it means and that were used where it says, in the last 180 days.
    pub(crate) n_elements: usize,
    /// How far its past is filled in.
    pub(crate) past: Past,
    /// Its use in the last thirty days.
    pub(crate) usage: LastUsage,
    /// What is wrong with its rule.
    pub(crate) health: Vec<FindingView>,
}

/// How far the past of a feature is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub(crate) struct Past {
    /// Whether all of it is.
    pub(crate) is_filled: bool,
    /// Whether it ever will be: with several collectors on one ClickHouse nobody does it.
    pub(crate) is_kept: bool,
    /// Months that are.
    pub(crate) months_filled: usize,
    /// Months of events.
    pub(crate) months: usize,
}

/// The use of a feature in the last thirty days.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub(crate) struct LastUsage {
    pub(crate) uses: u64,
    pub(crate) people: u64,
    pub(crate) accounts: u64,
    /// The table that it is counted in.
    pub(crate) source: String,
}

/// A finding and its sentence.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct FindingView {
    #[serde(flatten)]
    pub(crate) finding: Finding,
    pub(crate) sentence: String,
}

/// All features of a project, the most used first.
pub(crate) async fn overview(app: &App, project: &Project) -> Result<Vec<FeatureView>, Error> {
    let features = all(app, project).await?;
    views(app, project, &features, &features.iter().collect::<Vec<_>>()).await
}

/// The features of a project and what is used in it.
#[derive(Debug)]
pub(crate) struct Overview {
    /// The most used first.
    pub(crate) features: Vec<FeatureView>,
    /// The elements that engineers should give a test id.
    pub(crate) fragile: Vec<Fragile>,
    /// What was clicked and has the text that is searched for.
    pub(crate) clicked: Vec<ClickedElement>,
    /// Which features mean it.
    pub(crate) meaning: Meaning,
    /// The pages that are viewed most.
    pub(crate) viewed: Vec<ViewedPage>,
}

/// All of it, with at most so many pages.
pub(crate) async fn used(
    app: &App,
    project: &Project,
    search: &Search,
    n_pages: u32,
) -> Result<Overview, Error> {
    let features = all(app, project).await?;
    let (store, scope, now) = (app.store(), project.scope(), app.now());
    let each: Vec<&Meant> = features.iter().collect();
    let any = Search { text: String::new(), limit: fragile::USED };
    let most = Search { limit: n_pages, ..Search::default() };
    let found = async {
        match search.text.trim() {
            "" => Ok(None),
            _ => clicked_elements(store, &scope, search, now).await.map(Some),
        }
    };
    let (views, clicked, found, viewed) = tokio::try_join!(
        views(app, project, &features, &each),
        clicked_elements(store, &scope, &any, now),
        found,
        catalog::viewed_pages(store, &scope, &most, now),
    )?;
    let fragile = fragile::among(&features, &clicked);
    let first = |clicked: Vec<_>| clicked.into_iter().take(search.limit as usize).collect();
    let meaning = Meaning::new(&features, now);
    Ok(Overview {
        features: views,
        fragile,
        clicked: found.unwrap_or_else(|| first(clicked)),
        meaning,
        viewed,
    })
}

async fn all(app: &App, project: &Project) -> Result<Features, Error> {
    Features::load(app.store(), &project.definition.id, None).await
}

/// One feature. What others there are matters for its health.
pub(crate) async fn one(
    app: &App,
    project: &Project,
    id: &str,
) -> Result<Option<FeatureView>, Error> {
    let features = all(app, project).await?;
    let Some(meant) = features.get(id) else { return Ok(None) };
    Ok(views(app, project, &features, &[meant]).await?.pop())
}

/// A feature with its past.
#[derive(Debug)]
pub(crate) struct FeatureStory {
    pub(crate) view: FeatureView,
    pub(crate) history: History,
    /// Pages whose views it means.
    pub(crate) n_pages: u64,
    /// Whether it means nothing that was ever seen.
    pub(crate) is_unseen: bool,
}

/// One feature with its past.
pub(crate) async fn story(
    app: &App,
    project: &Project,
    id: &str,
) -> Result<Option<FeatureStory>, Error> {
    let features = all(app, project).await?;
    let Some(meant) = features.get(id) else { return Ok(None) };
    let (scope, asked) = (project.scope(), [meant]);
    let (mut views, history, n_pages) = tokio::try_join!(
        views(app, project, &features, &asked),
        history(app.store(), &scope, &features, id, app.now()),
        viewed_pages(app.store(), meant),
    )?;
    let view = views.pop();
    let is_unseen = meant.elements.is_empty() && n_pages == 0;
    Ok(view.map(|view| FeatureStory { view, history, n_pages, is_unseen }))
}

/// Some of all features.
async fn views(
    app: &App,
    project: &Project,
    features: &Features,
    asked: &[&Meant],
) -> Result<Vec<FeatureView>, Error> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let asked_features = Features::new(asked.iter().map(|meant| (*meant).clone()));
    let (store, scope, now) = (app.store(), project.scope(), app.now());
    let is_kept = app.config().store.audits();
    let all = Usage { features: Vec::new(), date_range: DateRange::Last { days: DAYS } };
    let (modules, mut months, stages, checked, usage) = tokio::try_join!(
        modules(store, &scope, &asked_features, now),
        async { Ok(store.event_months().await?) },
        async { Ok(store.stages().await?) },
        health_of(store, &scope, features, asked, now),
        analytics::usage_of(store, &scope, &all, &asked_features, now),
    )?;
    let months = months.remove(scope.project.as_str()).unwrap_or_default();
    let mut found: BTreeMap<String, (usize, Vec<FindingView>)> = BTreeMap::new();
    for health in checked {
        let view = |finding: Finding| {
            let sentence = finding.sentence(&project.zone);
            FindingView { finding, sentence }
        };
        let findings = health.findings.into_iter().map(view).collect();
        found.insert(health.feature, (health.n_elements, findings));
    }
    let view = |meant: &Meant| {
        let id = &meant.feature.id;
        let (n_elements, health) = found.get(id).cloned().unwrap_or_default();
        let used = usage.features.iter().find(|usage| usage.feature == *id);
        FeatureView {
            version: meant.definition,
            shown_in: modules.get(id).cloned().unwrap_or_default(),
            n_elements,
            past: Past { is_kept, ..past(meant, &stages, months.len()) },
            usage: used.map_or_else(LastUsage::default, |used| LastUsage {
                uses: used.uses,
                people: used.people,
                accounts: used.accounts,
                source: used.source.clone(),
            }),
            health,
            feature: meant.feature.clone(),
        }
    };
    let mut views: Vec<FeatureView> = asked.iter().copied().map(view).collect();
    views.sort_by(|a, b| {
        b.usage.uses.cmp(&a.usage.uses).then_with(|| a.feature.name.cmp(&b.feature.name))
    });
    Ok(views)
}

fn past(meant: &Meant, stages: &BTreeMap<FeatureVersion, Stages>, months: usize) -> Past {
    let version = FeatureVersion {
        project: meant.feature.project.as_str().to_owned(),
        feature: meant.feature.id.clone(),
        version: meant.version,
    };
    let filled = stages.get(&version).map_or(0, |stages| stages.months.len());
    let is_filled = meant.is_filled;
    let months_filled = if is_filled { months } else { filled.min(months) };
    Past { is_filled, months_filled, months, ..Past::default() }
}
