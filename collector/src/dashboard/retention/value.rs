//! Retention by the values of a property: a curve and a table for each, in words.

use super::view::{ByValue, Value};
use super::words::table;
use crate::dashboard::chart::{Chart, Drawing, Series as Drawn, charts};
use crate::dashboard::condition::{lower, name, value};
use crate::dashboard::format::{capital, count, many, percent};
use crate::dashboard::people::{Lists, Number};
use crate::dashboard::unit::unit;
use analytics::report::retention::{Cohorts, Series, Who};
use analytics::{By, Cohort, Property, Retention, RetentionResult};

/// The values with their tables, if they are told apart.
pub(super) fn by_value(lists: &Lists<'_, Retention>, result: &RetentionResult) -> Option<ByValue> {
    let property = lists.asked.breakdown.as_ref()?;
    let values = result.series.iter().enumerate().map(|(n, series)| Value {
        class: class(n, series),
        number: n + 1,
        label: value(&series.value, series.is_others),
        size: all(lists, series.cohorts.iter(), Some(series)),
        table: table(lists, series),
    });
    let under = match property {
        Property::Account => "under the account of the first beginning in these days",
        _ => "under the first that is known of the beginnings in these days",
    };
    let (size, once) = match (lists.asked.cohorts, lists.asked.by) {
        (Cohorts::Recurring, _) => {
            ("Times", format!("once for each {} of a beginning", unit(lists.asked.period)))
        }
        (Cohorts::First, By::People) => ("People", "once".to_owned()),
        (Cohorts::First, By::Accounts) => ("Accounts", "once".to_owned()),
    };
    let note = format!("each counted {once}, {under}");
    let by = format!("By {}", lower(&name(property)));
    Some(ByValue {
        property: capital(&name(property)),
        by,
        note,
        size,
        total: all(lists, result.cohorts.iter(), None),
        values: values.collect(),
    })
}

/// How many are in all cohorts, of a value or of all; who they are, where each is in one alone.
fn all<'a>(
    lists: &Lists<'_, Retention>,
    cohorts: impl Iterator<Item = &'a Cohort>,
    of: Option<&Series>,
) -> Number {
    let size: u64 = cohorts.map(|cohort| cohort.size).sum();
    if lists.asked.cohorts == Cohorts::Recurring {
        return Number::plain(count(size));
    }
    let others = of.is_some_and(|series| series.is_others);
    let of_value = of.filter(|_| !others).map(|series| series.value.clone());
    let label = of.map_or_else(|| "all".to_owned(), |of| value(&of.value, of.is_others));
    let who = Who { cohort: None, later: 0, came: true, value: of_value, others };
    lists.number(count(size), size, label, &who)
}

/// The others and those without a value have looks of their own, however many values there are.
fn class(n: usize, series: &Series) -> String {
    match (series.is_others, series.value.as_str()) {
        (true, _) => "others".to_owned(),
        (false, "") => "unknown".to_owned(),
        _ => format!("s{n}"),
    }
}

/// A curve for each value: the shares of all its cohorts that came back, the first period left out,
/// which is always all.
pub(super) fn curves(retention: &Retention, result: &RetentionResult) -> Vec<Chart> {
    if result.series.is_empty() {
        return Vec::new();
    }
    let share = |series: &Series, later: u32| series.mean.get(later as usize).copied().flatten();
    let is_known = |later: &u32| result.series.iter().any(|series| share(series, *later).is_some());
    let last = (1..=retention.followed).filter(is_known).max().unwrap_or(1);
    let lines = result.series.iter().enumerate().map(|(n, series)| Drawn {
        class: class(n, series),
        values: (1..=last).map(|later| share(series, later).map(|share| 100.0 * share)).collect(),
        end: (n + 1).to_string(),
    });
    let title = |later: u32| {
        let each = result.series.iter().enumerate().map(|(n, series)| {
            let told = share(series, later).map_or_else(|| "–".to_owned(), percent);
            format!("{}. {}: {told}", n + 1, value(&series.value, series.is_others))
        });
        let head = format!("{} later", many(u64::from(later), unit(retention.period)));
        std::iter::once(head).chain(each).collect::<Vec<_>>().join("\n")
    };
    charts(&Drawing {
        labels: (1..=last).map(|later| later.to_string()).collect(),
        titles: (1..=last).map(title).collect(),
        unit: "%",
        lines: lines.collect(),
        ..Drawing::default()
    })
}
