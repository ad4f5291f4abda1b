//! Several funnels in one statement count what each of them counts alone.

use super::{MIDNIGHT_MS, at};
use crate::history::{self, Happening, button_id};
use crate::random::{Rules, draw, happening, load, scope, seed};
use analytics::{Answer, DateRange, Funnel, PageFilter, Query, Step, Target, converted};
use anyhow::{Result, bail, ensure};
use jiff::civil::date;
use proptest::prelude::*;
use protocol::Timestamp;

const HISTORIES: usize = 2_000;

/// As many as a list of journeys has.
const FUNNELS: usize = 50;

fn funnel() -> impl Strategy<Value = Funnel> {
    let page = |path| Target::Page(PageFilter::new(None, path));
    let click = |name| Target::Click { element: button_id(name), page: None };
    let target = prop::sample::select(vec![page("/p"), page("/q"), click("E"), click("F")]);
    prop::collection::vec(target, 2..6).prop_map(|targets| Funnel {
        steps: targets.into_iter().map(Step::from).collect(),
        window: "4m".parse().unwrap_or_default(),
        date_range: DateRange::Between { from: date(2026, 11, 21), to: date(2026, 11, 22) },
        ..Funnel::default()
    })
}

/// How many funnels are counted with others, and how many of them have a step twice.
async fn compare(name: &str, histories: &[Vec<Happening>]) -> Result<Option<(usize, usize)>> {
    let funnels = draw(seed()? ^ 7, FUNNELS, &funnel())?;
    let Some(connection) = load(name, histories).await? else { return Ok(None) };
    history::features(&connection, true).await?;
    let (scope, now) =
        (scope("Europe/Zurich", Rules::ALL)?, Timestamp::from_millis(MIDNIGHT_MS + 7 * 86_400_000));
    let together = converted(&connection, &scope, &funnels, now).await?;
    let (mut n_counted, mut n_twice) = (0, 0);
    for (funnel, together) in funnels.iter().zip(together) {
        let is_twice =
            (1..funnel.steps.len()).any(|n| funnel.steps[..n].contains(&funnel.steps[n]));
        let follows = funnel.steps.windows(2).any(|two| two[0] == two[1]);
        let query = Query::Funnel(funnel.clone());
        let Answer::Funnel(alone) = analytics::run(&connection, &scope, &query, now).await? else {
            bail!("another report")
        };
        ensure!(together.is_none_or(|n| n == alone.converted), "{together:?}: {alone:?}");
        ensure!(together.is_some() || is_twice, "{funnel:?} is not counted with others");
        ensure!(together.is_none() || !follows, "{funnel:?} is counted with others");
        n_counted += usize::from(together.is_some_and(|n| n > 0));
        n_twice += usize::from(together.is_some_and(|n| n > 0) && is_twice);
    }
    Ok(Some((n_counted, n_twice)))
}

#[tokio::test]
async fn several_funnels_at_once_are_counted_as_each_alone() -> Result<()> {
    let histories = draw(seed()? ^ 8, HISTORIES, &prop::collection::vec(happening(at()), 1..12))?;
    let Some((n_counted, _)) = compare("several", &histories).await? else { return Ok(()) };
    ensure!(n_counted > 10, "hardly any is counted with others: {n_counted}");
    // Where nothing is of one instant, a step may come again.
    let apart = |(n, event): (i64, Happening)| Happening { at: event.at + 10 * n, ..event };
    let apart = histories.into_iter().map(|events| (0..).zip(events).map(apart).collect());
    let Some((_, n_twice)) = compare("several_apart", &apart.collect::<Vec<_>>()).await? else {
        return Ok(());
    };
    ensure!(n_twice > 5, "hardly any has a step twice: {n_twice}");
    Ok(())
}
