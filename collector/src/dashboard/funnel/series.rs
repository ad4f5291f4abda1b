//! The numbers by the values of a property, in words.

use super::chart::median;
use super::view::{Breakdown, SeriesRow, Share};
use crate::dashboard::condition;
use crate::dashboard::format::{count, percent};
use crate::dashboard::people::Lists;
use crate::dashboard::report::Look;
use analytics::report::funnel::{Series, Who};
use analytics::{Funnel, FunnelResult, Property, StepResult};

/// What a series is called.
pub(super) fn title(series: &Series) -> String {
    condition::value(&series.value, series.is_others)
}

/// The table, if the funnel is broken down.
pub(super) fn breakdown(
    funnel: &Funnel,
    result: &FunnelResult,
    look: &Look<'_>,
) -> Option<Breakdown> {
    let property = funnel.breakdown.as_ref()?;
    let rows = result.series.iter().map(|series| SeriesRow {
        label: title(series),
        is_soft: series.is_others || series.value.is_empty(),
        shares: series
            .steps
            .iter()
            .enumerate()
            .map(|(n, step)| share(n, step, series, funnel, result, look))
            .collect(),
        took: median(series.times),
    });
    let by = format!("By {}", condition::lower(&condition::name(property)));
    let note = match property {
        Property::Account => "each counted once, under the account of the first entry",
        _ => "each counted once, under the first that is known",
    };
    Some(Breakdown { property: condition::name(property), by, note, rows: rows.collect() })
}

fn share(
    n: usize,
    step: &StepResult,
    series: &Series,
    funnel: &Funnel,
    result: &FunnelResult,
    look: &Look<'_>,
) -> Share {
    // The others are many values, and a list is of one.
    let has_list = step.people > 0 && !series.is_others;
    let list = has_list.then(|| {
        let value = Some(series.value.clone());
        let lists = Lists { look, asked: funnel, at: result.computed_at };
        lists.address(&Who { value, ..Who::reached(n + 1) })
    });
    Share {
        people: count(step.people),
        share: percent(step.conversion_rate),
        width: format!("{:.2}", step.conversion_rate * 100.0),
        list,
    }
}
