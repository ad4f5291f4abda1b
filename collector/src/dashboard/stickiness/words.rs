//! Stickiness as people read it. Pure: numbers in, texts out.

use super::view::{Answer, Figure, Row};
use crate::dashboard::chart::{Drawing, Series, charts};
use crate::dashboard::format::{count, did, many, percent, time_of_day};
use crate::dashboard::live::zone;
use crate::dashboard::people::{Lists, actors};
use crate::dashboard::range::days;
use crate::dashboard::report::Look;
use crate::dashboard::unit::unit;
use analytics::report::retention::By;
use analytics::report::stickiness::{Bar, Who};
use analytics::{Scope, Stickiness, StickinessResult};

/// The answer in words; addresses are left to the page.
pub(super) fn answer(asked: &Stickiness, result: &StickinessResult, look: &Look<'_>) -> Answer {
    let lists = Lists { look, asked, at: result.computed_at };
    Answer {
        figures: figures(asked.by, result),
        charts: charts(&drawing(asked, result)),
        caption: caption(asked, result),
        footnote: footnote(asked, result, &look.scope),
        unit: unit(asked.period),
        rows: result.bars.iter().map(|bar| row(&lists, result, bar)).collect(),
    }
}

fn figures(by: By, result: &StickinessResult) -> Vec<Figure> {
    let ratios = &result.ratios;
    let who = match by {
        By::People => "people",
        By::Accounts => "accounts",
    };
    let figure = |label, [whole, part]: [&str; 2], share: Option<f64>| Figure {
        label,
        note: format!("of a {whole}’s {who}, {part}"),
        value: share.map_or_else(|| "–".to_owned(), percent),
    };
    vec![
        figure("DAU/WAU", ["week", "on a mean day"], ratios.dau_wau),
        figure("DAU/MAU", ["month", "on a mean day"], ratios.dau_mau),
        figure("WAU/MAU", ["month", "in a mean week"], ratios.wau_mau),
    ]
}

fn drawing(asked: &Stickiness, result: &StickinessResult) -> Drawing {
    let series = |class: &str, of: &dyn Fn(&Bar) -> u64| Series {
        class: class.to_owned(),
        values: result.bars.iter().map(|bar| Some(of(bar) as f64)).collect(),
        end: String::new(),
    };
    let title = |bar: &Bar| {
        let periods = many(u64::from(bar.periods), unit(asked.period));
        let told = |n: u64| format!("{} ({})", count(n), share(result, n));
        format!("{periods}: {}\n{periods} or more: {}", told(bar.exactly), told(bar.or_more))
    };
    Drawing {
        labels: result.bars.iter().map(|bar| bar.periods.to_string()).collect(),
        titles: result.bars.iter().map(title).collect(),
        columns: vec![series("more", &|bar| bar.or_more), series("s0", &|bar| bar.exactly)],
        is_layered: true,
        ..Drawing::default()
    }
}

/// What the chart says, as a sentence.
fn caption(asked: &Stickiness, result: &StickinessResult) -> String {
    let (who, unit) = (actors(asked.by, result.total), unit(asked.period));
    let did = did(result.activity.as_deref());
    let share = |n: u64| percent(n as f64 / result.total as f64);
    let n = result.bars.len();
    let once = result.bars.first().map_or(0, |bar| bar.exactly);
    let mut sentence =
        format!("{who} {did} in {}: {} in one {unit} only", these(n, unit), share(once));
    // A quarter of the periods, which is more than one.
    if let Some(bar) = result.bars.get(n.div_ceil(4).max(2) - 1) {
        let often = many(u64::from(bar.periods), unit);
        sentence.push_str(&format!(", {} in {often} or more", share(bar.or_more)));
    }
    sentence + "."
}

fn these(n: usize, unit: &str) -> String {
    match n {
        1 => format!("this {unit}"),
        n => format!("these {}", many(n as u64, unit)),
    }
}

fn footnote(asked: &Stickiness, result: &StickinessResult, scope: &Scope) -> String {
    let range = asked.date_range.days(scope, result.computed_at);
    let range = range.map_or_else(|_| String::new(), |(from, to)| days(from, to));
    let unit = unit(asked.period);
    let open = if result.is_complete { "" } else { ", the last of which is not over" };
    let ratios = &result.ratios;
    let of = match (ratios.weeks, ratios.months) {
        (0, 0) => {
            "No week and no month of these days is over, so that there are no ratios".to_owned()
        }
        (weeks, 0) => format!(
            "The ratio is of {}, whole and over; no month of these days is over",
            many(u64::from(weeks), "week")
        ),
        (weeks, months) => format!(
            "The ratios are of {} and {} of the calendar, whole and over",
            many(u64::from(weeks), "week"),
            many(u64::from(months), "month")
        ),
    };
    let at = time_of_day(result.computed_at, &zone(&scope.time_zone));
    format!("Whole {unit}s, {range}{open}, in {}. {of}. As of {at}.", scope.time_zone)
}

fn share(result: &StickinessResult, n: u64) -> String {
    match result.total {
        0 => "–".to_owned(),
        total => percent(n as f64 / total as f64),
    }
}

fn row(lists: &Lists<'_, Stickiness>, result: &StickinessResult, bar: &Bar) -> Row {
    let periods = many(u64::from(bar.periods), unit(lists.asked.period));
    let number = |n: u64, label: String, or_more: bool| {
        lists.number(count(n), n, label, &Who { periods: bar.periods, or_more })
    };
    Row {
        exactly: number(bar.exactly, format!("exactly {periods}"), false),
        exactly_share: share(result, bar.exactly),
        or_more: number(bar.or_more, format!("{periods} or more"), true),
        or_more_share: share(result, bar.or_more),
        periods,
    }
}
