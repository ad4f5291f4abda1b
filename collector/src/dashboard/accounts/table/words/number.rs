//! The figures of an account in words.

use crate::dashboard::format::{count, percent};
use accounts::figures::Metric;
use accounts::table::{Bound, Cell, Key, Of};

/// What a figure is called.
pub(super) const fn label(metric: Metric) -> &'static str {
    match metric {
        Metric::Visits => "Visits",
        Metric::PageViews => "Page views",
        Metric::People => "People",
        Metric::LogIns => "Log-ins",
        Metric::CoreActions => "Core actions",
        Metric::Completions => "Completions",
        Metric::Engaged => "Engaged time",
        Metric::PagesPerVisit => "Pages per visit",
        Metric::EngagedPerVisit => "Time per visit",
        Metric::Features => "Features used",
        Metric::Modules => "Modules used",
        Metric::Depth => "Depth",
        Metric::Stickiness => "Days per person",
    }
}

/// What a figure means, where its name does not say it.
pub(super) const fn metric_note(metric: Metric) -> Option<&'static str> {
    match metric {
        Metric::CoreActions => Some(
            "Core actions: completions of the features that are marked as input, output, integration or core; of all features until any is marked.",
        ),
        Metric::LogIns => {
            Some("Log-ins: visits of people of whom more is known than their browser.")
        }
        Metric::Engaged | Metric::EngagedPerVisit => {
            Some("Time: while the page was seen and something was done on it.")
        }
        Metric::Depth => Some("Depth: completions of features by page views."),
        Metric::Stickiness => {
            Some("Days per person: on how many days of the week each person was there, on average.")
        }
        Metric::Modules => Some(
            "Modules used: with a twentieth of the core actions of the week or more; of those in the contract, where it names them.",
        ),
        Metric::Visits
        | Metric::PageViews
        | Metric::People
        | Metric::Completions
        | Metric::PagesPerVisit
        | Metric::Features => None,
    }
}

/// A figure as people read it.
pub(super) fn value(metric: Metric, number: Option<f64>) -> String {
    let Some(number) = number else { return "–".to_owned() };
    match metric {
        Metric::Engaged | Metric::EngagedPerVisit => time(number),
        Metric::PagesPerVisit | Metric::Stickiness => format!("{number:.1}"),
        Metric::Depth => percent(number),
        Metric::Visits
        | Metric::PageViews
        | Metric::People
        | Metric::LogIns
        | Metric::CoreActions
        | Metric::Completions
        | Metric::Features
        | Metric::Modules => count(whole(number)),
    }
}

/// A figure as it stands in a cell: of modules, beside how many there are in the contract.
pub(super) fn value_of(cell: &Cell) -> String {
    let value = value(cell.figure, cell.now);
    match cell.of {
        Some(of) => format!("{value} of {}", count(of)),
        None => value,
    }
}

/// What a figure is called, with the unit in which a number of it is typed.
pub(super) fn with_unit(metric: Metric) -> String {
    let unit = match metric {
        Metric::Engaged | Metric::EngagedPerVisit => " in minutes",
        Metric::Depth => " in %",
        _ => "",
    };
    format!("{}{unit}", label(metric))
}

/// How much more a number is as people read and type it than as questions say it.
pub(in super::super) fn scale(key: &Key) -> f64 {
    match key {
        Key::Figure(Metric::Depth, Of::Now | Of::Before | Of::Difference) => 100.0,
        _ => 1.0,
    }
}

/// A bound as people type it.
pub(super) fn shown(key: &Key, bound: &Bound) -> String {
    match bound {
        // Without the last digits of a number that was a hundred times it.
        Bound::Number(number) => ((number * scale(key) * 1e6).round() / 1e6).to_string(),
        Bound::Day(day) => day.clone(),
    }
}

/// How a figure changed: `+12%`, `−50%`, `from 0`; empty where nothing is to be said.
pub(super) fn change(cell: &Cell) -> String {
    match (cell.change, cell.before, cell.now) {
        (Some(change), ..) => match (change * 100.0).round() {
            n if n > 0.0 => format!("+{n:.0}%"),
            n if n < 0.0 => format!("−{:.0}%", -n),
            _ => "±0%".to_owned(),
        },
        (None, Some(_), Some(now)) if now > 0.0 => "from 0".to_owned(),
        _ => String::new(),
    }
}

/// What a figure was; empty where there was nothing.
pub(super) fn before(cell: &Cell) -> String {
    let was_nothing = cell.before.is_none_or(|before| before == 0.0);
    if was_nothing { String::new() } else { value(cell.figure, cell.before) }
}

/// Whether half of it or more is gone.
pub(super) fn fell(cell: &Cell) -> bool {
    cell.change.is_some_and(|change| change <= -0.5)
}

/// A figure as a point of a line: whole numbers, in which a hundredth is still seen.
pub(super) fn drawn(number: Option<f64>) -> u64 {
    whole(number.unwrap_or(0.0) * 100.0)
}

/// Minutes as people read them: `45 s`, `1.5 min`, `12 min`, `3 h 20 min`.
fn time(minutes: f64) -> String {
    match minutes {
        ..=0.0 => "0".to_owned(),
        ..1.0 => format!("{:.0} s", minutes * 60.0),
        ..10.0 => format!("{minutes:.1} min"),
        ..60.0 => format!("{minutes:.0} min"),
        _ => {
            let whole = whole(minutes);
            format!("{} h {:02} min", count(whole / 60), whole % 60)
        }
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures are not negative and far below the greatest number"
)]
fn whole(number: f64) -> u64 {
    number.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_in_the_unit_that_suits_them() {
        let texts = [
            (Metric::CoreActions, Some(12_345.0)),
            (Metric::Engaged, Some(0.4)),
            (Metric::Engaged, Some(59.4)),
            (Metric::Engaged, Some(200.0)),
            (Metric::PagesPerVisit, Some(3.26)),
            (Metric::Depth, Some(0.333)),
            (Metric::Stickiness, None),
        ]
        .map(|(metric, number)| value(metric, number));
        assert_eq!(texts, ["12,345", "24 s", "59 min", "3 h 20 min", "3.3", "33.3%", "–"]);
    }

    #[test]
    fn a_change_has_its_sign_and_nothing_is_made_of_nothing() {
        let cell = |before: f64, now: f64| Cell {
            figure: Metric::Visits,
            now: Some(now),
            before: Some(before),
            change: accounts::figures::change(before, now),
            of: None,
        };
        let of = |before, now| change(&cell(before, now));
        assert_eq!([of(200.0, 100.0), of(100.0, 112.0), of(5.0, 5.0)], ["−50%", "+12%", "±0%"]);
        assert_eq!([of(0.0, 3.0), of(0.0, 0.0)], ["from 0", ""]);
        assert!(fell(&cell(200.0, 100.0)) && !fell(&cell(200.0, 101.0)));
    }
}
