//! Retention as people read it. Pure: numbers in, texts out.

use super::value;
use super::view::{Answer, Cell, Column, Figure, Row, Table};
use crate::dashboard::format::{count, many, percent, quoted, time_of_day};
use crate::dashboard::live::zone;
use crate::dashboard::people::{Lists, Number, actors, who};
use crate::dashboard::report::Look;
use crate::dashboard::unit::{label, unit};
use analytics::report::retention::{By, Cohorts, Returns, Series, Who};
use analytics::{Cohort, Period, Retention, RetentionResult, Scope};

/// The answer in words; addresses are left to the page.
pub(super) fn answer(retention: &Retention, result: &RetentionResult, look: &Look<'_>) -> Answer {
    let lists = Lists { look, asked: retention, at: result.computed_at };
    let rows = result.cohorts.iter().zip(1..).map(|(cohort, n)| {
        row(retention, cohort, |value, people, label, later, came| {
            lists.number(
                value,
                people,
                label,
                &Who { cohort: Some(n), later, came, value: None, others: false },
            )
        })
    });
    let is_open = |cohort: &Cohort| cohort.cells.iter().any(|cell| !cell.is_complete);
    let by_value = value::by_value(&lists, result);
    Answer {
        figures: figures(retention, result),
        columns: if by_value.is_none() { columns(result) } else { Vec::new() },
        charts: value::curves(retention, result),
        by_value,
        caption: caption(retention, result),
        footnote: footnote(retention, result, &look.scope),
        unit: unit(retention.period),
        counted: who(retention.by),
        heads: (0..=retention.followed).collect(),
        table: Table { rows: rows.collect(), means: means(&result.mean) },
        has_open: result.cohorts.iter().any(is_open),
    }
}

/// The next period, one in between, and the last.
fn figures(retention: &Retention, result: &RetentionResult) -> Vec<Figure> {
    let mut shown = vec![1, retention.followed.div_ceil(3), retention.followed];
    shown.dedup();
    let figure = |later: u32| Figure {
        label: format!("{} later", many(u64::from(later), unit(retention.period))),
        value: share(result, later).map_or_else(|| "–".to_owned(), percent),
    };
    shown.into_iter().map(figure).collect()
}

fn share(result: &RetentionResult, later: u32) -> Option<f64> {
    result.mean.get(later as usize).copied().flatten()
}

/// The means, the first period left out: it is always all.
fn columns(result: &RetentionResult) -> Vec<Column> {
    let known = result.mean.iter().zip(0..).skip(1);
    let known: Vec<(f64, u32)> =
        known.filter_map(|(mean, later)| mean.map(|mean| (mean, later))).collect();
    let most = known.iter().map(|(mean, _)| *mean).fold(0.0, f64::max);
    let height = |mean: f64| if most > 0.0 { 100.0 * mean / most } else { 0.0 };
    let column = |(mean, later): (f64, u32)| Column {
        later,
        // Beside the exact ones of the table there is room for whole ones only.
        share: format!("{:.0}%", 100.0 * mean),
        height: format!("{:.1}", height(mean)),
    };
    known.into_iter().map(column).collect()
}

/// What the chart says, as a sentence.
fn caption(retention: &Retention, result: &RetentionResult) -> String {
    let size = result.cohorts.iter().map(|cohort| cohort.size).sum();
    let unit = unit(retention.period);
    let who = match (retention.cohorts, retention.by) {
        (Cohorts::First, by) => actors(by, size),
        // Who began in several periods is counted in each.
        (Cohorts::Recurring, By::People) => format!("{} somebody", many(size, "time")),
        (Cohorts::Recurring, By::Accounts) => format!("{} an account", many(size, "time")),
    };
    let began = match (&result.start, retention.cohorts) {
        (None, Cohorts::First) => "came for the first time".to_owned(),
        (None, Cohorts::Recurring) => "came".to_owned(),
        (Some(name), Cohorts::First) => format!("did {} for the first time", quoted(name)),
        (Some(name), Cohorts::Recurring) => format!("did {}", quoted(name)),
    };
    let each = match (retention.cohorts, retention.period) {
        (Cohorts::First, _) => String::new(),
        (Cohorts::Recurring, Period::Hour) => " in an hour".to_owned(),
        (Cohorts::Recurring, _) => format!(" in a {unit}"),
    };
    let Some(next) = share(result, 1) else {
        return format!("{who} {began}{each}. No {unit} after that is over yet.");
    };
    let back = match &result.returning {
        None => "came back".to_owned(),
        same if *same == result.start => "did it again".to_owned(),
        Some(name) => format!("did {}", quoted(name)),
    };
    let or_later = match retention.returns {
        Returns::On => "",
        Returns::OnOrAfter => " or after that",
    };
    let last = (2..=retention.followed).rev().find_map(|n| Some((n, share(result, n)?)));
    let last = last.map_or_else(String::new, |(n, share)| {
        format!(", and {} {} later{or_later}", percent(share), many(u64::from(n), unit))
    });
    format!(
        "{who} {began}{each}. Of those for whom it is over, {} {back} one {unit} later{or_later}{last}.",
        percent(next)
    )
}

fn footnote(retention: &Retention, result: &RetentionResult, scope: &Scope) -> String {
    let name = |cohort: Option<&Cohort>| {
        cohort.map_or_else(String::new, |cohort| label(retention.period, &cohort.period))
    };
    let (first, last) = (name(result.cohorts.first()), name(result.cohorts.last()));
    let periods = plural(retention.period);
    let weekends = match retention.period {
        Period::WorkingDay => " Weekends are left out, as if they were not.",
        _ => "",
    };
    let at = time_of_day(result.computed_at, &zone(&scope.time_zone));
    format!(
        "{periods} from {first} to {last}, whole ones, in {}. The means are of what is over.{weekends} As of {at}.",
        scope.time_zone
    )
}

fn plural(period: Period) -> &'static str {
    match period {
        Period::Hour => "Hours",
        Period::Day => "Days",
        Period::WorkingDay => "Working days",
        Period::Week => "Weeks that begin",
        Period::Month => "Months",
    }
}

/// The cohorts of a value as a table, with the means of its columns.
pub(super) fn table(lists: &Lists<'_, Retention>, series: &Series) -> Table {
    let rows = series.cohorts.iter().zip(1..).map(|(cohort, n)| {
        row(lists.asked, cohort, |text, people, label, later, came| {
            let (others, value) = (series.is_others, Some(series.value.clone()));
            let value = value.filter(|_| !others);
            lists.number(text, people, label, &Who { cohort: Some(n), later, came, value, others })
        })
    });
    Table { rows: rows.collect(), means: means(&series.mean) }
}

fn means(mean: &[Option<f64>]) -> Vec<String> {
    mean.iter().map(|mean| mean.map_or_else(String::new, percent)).collect()
}

/// The line of a cohort, whose numbers are made of a text, how many there are, what they are, how
/// many periods later it is, and whether they came back.
fn row(
    retention: &Retention,
    cohort: &Cohort,
    number: impl Fn(String, u64, String, u32, bool) -> Number,
) -> Row {
    let name = label(retention.period, &cohort.period);
    let of = |n: u64, value: String, told: String, later: u32, came: bool| {
        number(value, n, format!("{name}, {told}"), later, came)
    };
    let cell = |(cell, later): (&analytics::report::retention::Cell, u32)| {
        let away = cohort.size.saturating_sub(cell.people);
        let after = format!("{} later", many(u64::from(later), unit(retention.period)));
        Cell {
            // Of nobody there is no share.
            share: if cohort.size == 0 { "–".to_owned() } else { percent(cell.rate) },
            people: of(cell.people, count(cell.people), after.clone(), later, true),
            // While a period is not over, they may still come.
            away: match (later, away) {
                (0, _) | (_, 0) => Number::default(),
                _ if !cell.is_complete => Number::default(),
                (_, away) => {
                    let told = format!("not back {after}");
                    of(away, format!("−{}", count(away)), told, later, false)
                }
            },
            shade: format!("{:.1}", cell.rate * 100.0),
            is_open: !cell.is_complete,
        }
    };
    let cells: Vec<_> = cohort.cells.iter().zip(0..).map(cell).collect();
    Row {
        size: of(cohort.size, count(cohort.size), "began".to_owned(), 0, true),
        label: name.clone(),
        n_unknown: (retention.followed as usize + 1).saturating_sub(cells.len()),
        cells,
    }
}
