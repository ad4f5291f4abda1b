//! Features by their names, for those who choose one.

use crate::App;
use crate::definitions::Project;
use analytics::feature::Features;
use analytics::feature::module::modules;
use analytics::{Answer, DateRange, Error, FeatureId, Query, Usage};
use std::collections::BTreeMap;
use store::Feature;

/// Days of which the use is told, as of everything else that can be chosen.
const DAYS: u32 = 30;

/// A feature that can be chosen.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    pub(crate) id: FeatureId,
    pub(crate) feature: Feature,
    /// The module that it is shown in: its own, or the first segment of its page's path.
    pub(crate) shown_in: String,
    /// How often it was used in the last thirty days.
    pub(crate) uses: u64,
}

/// The features of a project, the most used first.
///
/// # Errors
/// When the store refuses or is away.
pub(crate) async fn named(app: &App, project: &Project) -> Result<Vec<Named>, Error> {
    let (store, scope, now) = (app.store(), project.scope(), app.now());
    let features = Features::load(store, &scope.project, None).await?;
    if features.iter().next().is_none() {
        return Ok(Vec::new());
    }
    let date_range = DateRange::Last { days: DAYS };
    let usage = Query::Usage(Usage { features: Vec::new(), date_range });
    let (mut modules, answer) = tokio::try_join!(
        modules(store, &scope, &features, now),
        analytics::run(store, &scope, &usage, now),
    )?;
    let Answer::Usage(usage) = answer else { return Err(Error::NoRow) };
    let uses: BTreeMap<_, _> = usage.features.into_iter().map(|of| (of.feature, of.uses)).collect();
    let named = features.iter().filter_map(|meant| {
        let id = &meant.feature.id;
        Some(Named {
            id: id.parse().ok()?,
            feature: meant.feature.clone(),
            shown_in: modules.remove(id).unwrap_or_default(),
            uses: uses.get(id).copied().unwrap_or_default(),
        })
    });
    let mut named: Vec<Named> = named.collect();
    named.sort_by(|a, b| b.uses.cmp(&a.uses).then_with(|| a.feature.name.cmp(&b.feature.name)));
    Ok(named)
}
