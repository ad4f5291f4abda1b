//! The life cycle as people read it. Pure: numbers in, texts out.

use super::view::{Answer, Figure, Row};
use crate::dashboard::chart::{Drawing, Series, charts};
use crate::dashboard::format::{count, did, time_of_day};
use crate::dashboard::live::zone;
use crate::dashboard::people::{Lists, Number, actors};
use crate::dashboard::range::days;
use crate::dashboard::report::Look;
use crate::dashboard::unit::{label, short, unit, when};
use analytics::report::lifecycle::{Phase, State, Who};
use analytics::{Lifecycle, LifecycleResult, Scope};

/// Whether anybody was there, or stayed away.
pub(super) fn has_anybody(phase: &Phase) -> bool {
    there(phase) + phase.dormant.unwrap_or(0) > 0
}

fn there(phase: &Phase) -> u64 {
    phase.new + phase.returning + phase.resurrecting
}

/// The answer in words; addresses are left to the page.
pub(super) fn answer(asked: &Lifecycle, result: &LifecycleResult, look: &Look<'_>) -> Answer {
    let lists = Lists { look, asked, at: result.computed_at };
    let rows = result.periods.iter().zip(1..).map(|(phase, n)| row(&lists, phase, n));
    Answer {
        figures: figures(&lists, result),
        charts: charts(&drawing(asked, result)),
        caption: caption(asked, result),
        footnote: footnote(asked, result, &look.scope),
        unit: unit(asked.period),
        rows: rows.collect(),
        has_open: result.periods.iter().any(|phase| !phase.is_complete),
    }
}

/// The last period that is over.
fn last(result: &LifecycleResult) -> Option<&Phase> {
    result.periods.iter().rfind(|phase| phase.is_complete)
}

fn figures(lists: &Lists<'_, Lifecycle>, result: &LifecycleResult) -> Vec<Figure> {
    let unit = unit(lists.asked.period);
    let last = result.periods.iter().zip(1..).filter(|(phase, _)| phase.is_complete).last();
    let figure = |state, class, label, note: String, of: &dyn Fn(&Phase) -> u64| Figure {
        class,
        label,
        note,
        value: last.map_or_else(
            || Number::plain("–"),
            |(phase, period)| {
                lists.number(count(of(phase)), of(phase), label, &Who { period, state })
            },
        ),
    };
    let ago = |what: &str| format!("there the {unit} before, {what}");
    vec![
        figure(State::New, "new", "New", "first seen ever".to_owned(), &|phase| phase.new),
        figure(State::Returning, "returning", "Returning", ago("too"), &|phase| phase.returning),
        figure(
            State::Resurrecting,
            "resurrecting",
            "Resurrecting",
            "back after an absence".to_owned(),
            &|phase| phase.resurrecting,
        ),
        figure(State::Dormant, "dormant", "Dormant", ago("not now"), &|phase| {
            phase.dormant.unwrap_or(0)
        }),
    ]
}

fn drawing(asked: &Lifecycle, result: &LifecycleResult) -> Drawing {
    let series = |class: &str, of: &dyn Fn(&Phase) -> Option<f64>| Series {
        class: class.to_owned(),
        values: result.periods.iter().map(of).collect(),
        end: String::new(),
    };
    let title = |phase: &Phase| {
        let dormant = phase.dormant.map_or_else(|| "–".to_owned(), count);
        format!(
            "{}\n{} new\n{} returning\n{} resurrecting\n{dormant} dormant",
            label(asked.period, &phase.period),
            count(phase.new),
            count(phase.returning),
            count(phase.resurrecting),
        )
    };
    let name = |phase: &Phase| short(asked.period, &phase.period);
    Drawing {
        labels: result.periods.iter().map(name).collect(),
        titles: result.periods.iter().map(title).collect(),
        is_open: result.periods.last().is_some_and(|phase| !phase.is_complete),
        columns: vec![
            series("returning", &|phase| Some(phase.returning as f64)),
            series("resurrecting", &|phase| Some(phase.resurrecting as f64)),
            series("new", &|phase| Some(phase.new as f64)),
            series("dormant", &|phase| phase.dormant.map(|n| -(n as f64))),
        ],
        ..Drawing::default()
    }
}

/// What the chart says, as a sentence.
fn caption(asked: &Lifecycle, result: &LifecycleResult) -> String {
    let unit = unit(asked.period);
    let Some(phase) = last(result) else {
        return format!("No {unit} of these days is over yet.");
    };
    let (did, who) = (did(result.activity.as_deref()), actors(asked.by, there(phase)));
    let when = when(asked.period, &phase.period);
    format!(
        "{who} {did} {when}, the last {unit} that is over: {} new, {} returning and {} back after an absence. {} of the {unit} before stayed away.",
        count(phase.new),
        count(phase.returning),
        count(phase.resurrecting),
        count(phase.dormant.unwrap_or(0)),
    )
}

fn footnote(asked: &Lifecycle, result: &LifecycleResult, scope: &Scope) -> String {
    let range = asked.date_range.days(scope, result.computed_at);
    let range = range.map_or_else(|_| String::new(), |(from, to)| days(from, to));
    let unit = unit(asked.period);
    let open = match result.periods.last() {
        Some(phase) if !phase.is_complete => {
            format!(" The last {unit} is not over: who stays away in it is not known yet.")
        }
        _ => String::new(),
    };
    let first = match &result.activity {
        Some(_) => " New is who was first seen ever, whatever he did then.",
        None => "",
    };
    let at = time_of_day(result.computed_at, &zone(&scope.time_zone));
    format!("Whole {unit}s, {range}, in {}.{first}{open} As of {at}.", scope.time_zone)
}

/// The line of the period with this number, from 1.
fn row(lists: &Lists<'_, Lifecycle>, phase: &Phase, period: u32) -> Row {
    let name = label(lists.asked.period, &phase.period);
    let number = |n: u64, told: &str, state: State| {
        lists.number(count(n), n, format!("{told}, {name}"), &Who { period, state })
    };
    Row {
        is_open: !phase.is_complete,
        there: number(there(phase), "there", State::There),
        new: number(phase.new, "new", State::New),
        returning: number(phase.returning, "returning", State::Returning),
        resurrecting: number(phase.resurrecting, "resurrecting", State::Resurrecting),
        dormant: match phase.dormant {
            Some(n) => number(n, "dormant", State::Dormant),
            None => Number::plain("–"),
        },
        label: name,
    }
}
