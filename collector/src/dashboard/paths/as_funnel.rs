//! A journey as a funnel: the same steps, asked of people.

use crate::App;
use analytics::{Answer, Error, Funnel, Journey, Paths, PathsResult, Query, Scope};
use form_urlencoded::Serializer;
use protocol::Timestamp;

/// Of how many journeys the funnels are counted: those that are shown at once, and as many again.
/// Each takes some milliseconds, and the last ones are of a few visits.
const COUNTED: usize = 20;

/// How many funnels are asked for alone.
const ALONE: usize = 3;

/// How long a funnel of a journey may take: about what a visit does at most.
const WINDOW: &str = "1d";

/// The funnel of a journey, if it has steps enough. What is left out of it may lie between.
pub(super) fn funnel(paths: &Paths, journey: &Journey) -> Option<Funnel> {
    let steps = journey.items.iter().filter_map(|item| item.step.as_deref());
    let mut text = Serializer::new(String::new());
    text.extend_pairs(steps.map(|step| ("step", step))).append_pair("window", WINDOW);
    let funnel = Funnel::from_query_string(&text.finish()).ok()?;
    let (date_range, among) = (paths.date_range, paths.among.together());
    let funnel = Funnel { date_range, among, ..funnel };
    funnel.check().is_ok().then_some(funnel)
}

/// Of the first journeys that can be funnels: their place in the list, and how many people go the whole
/// way. One statement counts them all; of those that it cannot be sure of, the first are asked for
/// alone.
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
    let journeys = result.journeys.iter().enumerate();
    let of = |(place, journey)| Some((place, funnel(paths, journey)?));
    let (places, funnels): (Vec<usize>, Vec<Funnel>) =
        journeys.filter_map(of).take(COUNTED).unzip();
    let counted = analytics::converted(app.store(), scope, &funnels, now).await?;
    let alone = counted.iter().zip(&funnels).map(|(n, funnel)| (n.is_none(), funnel));
    let mut alone = alone.filter(|(is_alone, _)| *is_alone).map(|(_, funnel)| funnel);
    let asked = alone.by_ref().take(ALONE).map(async |funnel| {
        match analytics::run(app.store(), scope, &Query::Funnel(funnel.clone()), now).await {
            Ok(Answer::Funnel(result)) => Ok(Some(result.converted)),
            // More features may share elements than a funnel can tell apart.
            Ok(_) | Err(Error::Invalid(_)) => Ok(None),
            Err(error) => Err(error),
        }
    });
    let mut alone = futures_util::future::try_join_all(asked).await?.into_iter();
    let told = counted.into_iter().map(|n| n.or_else(|| alone.next().flatten()));
    Ok(places.into_iter().zip(told).filter_map(|(place, n)| Some((place, n?))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use analytics::report::paths::Node;
    use analytics::{Among, Flow, Item, ItemKind};

    #[test]
    fn a_journey_of_some_is_a_funnel_of_the_same() {
        let page = |path: &str| Item {
            name: path.to_owned(),
            node: Node::OTHERS,
            kind: ItemKind::Node,
            step: Some(format!("page:{path}")),
        };
        let journey =
            Journey { items: vec![page("/a"), page("/b")], flow: Flow::default(), share: 1.0 };
        let among = "among=account.plan&among_is=Team&among_by=account.tier";
        let among = Among::from_query_string(among).unwrap();
        let funnel = funnel(&Paths { among: among.clone(), ..Paths::default() }, &journey).unwrap();
        assert_eq!((funnel.steps.len(), funnel.among), (2, among.together()));
    }
}
