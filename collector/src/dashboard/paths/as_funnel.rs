//! A journey as a funnel: the same steps, asked of people.

use crate::App;
use analytics::{Answer, Error, Funnel, Journey, Paths, PathsResult, Query, Scope};
use form_urlencoded::Serializer;
use protocol::Timestamp;

/// How many journeys show what their funnel counts.
const COUNTED: usize = 3;

/// How long a funnel of a journey may take: about what a visit does at most.
const WINDOW: &str = "1d";

/// The funnel of a journey, if it has steps enough. What is left out of it may lie between.
pub(super) fn funnel(paths: &Paths, journey: &Journey) -> Option<Funnel> {
    let steps = journey.items.iter().filter_map(|item| item.step.as_deref());
    let mut text = Serializer::new(String::new());
    text.extend_pairs(steps.map(|step| ("step", step))).append_pair("window", WINDOW);
    let funnel = Funnel::from_query_string(&text.finish()).ok()?;
    let funnel = Funnel { date_range: paths.date_range, ..funnel };
    funnel.check().is_ok().then_some(funnel)
}

/// Of the first journeys that can be funnels: their place in the list, and how many people go
/// the whole way.
///
/// # Errors
/// When the store refuses or is away.
pub(super) async fn counts(
    app: &App,
    scope: &Scope,
    paths: &Paths,
    result: &PathsResult,
    now: Timestamp,
) -> Result<Vec<(usize, u64)>, Error> {
    let funnels = result.journeys.iter().enumerate();
    let funnels = funnels.filter_map(|(place, journey)| Some((place, funnel(paths, journey)?)));
    let asked = funnels.take(COUNTED).map(async |(place, funnel)| {
        match analytics::run(app.store(), scope, &Query::Funnel(funnel), now).await {
            Ok(Answer::Funnel(result)) => Ok(Some((place, result.converted))),
            // More features may share elements than a funnel can tell apart.
            Ok(_) | Err(Error::Invalid(_)) => Ok(None),
            Err(error) => Err(error),
        }
    });
    let counts = futures_util::future::try_join_all(asked).await?;
    Ok(counts.into_iter().flatten().collect())
}
