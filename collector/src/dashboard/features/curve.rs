//! The past of a feature as a curve and as a table: uses as columns, people as a line before them.

use crate::dashboard::format::{count, many, people};
use crate::dashboard::people::Number;
use analytics::Period;
use analytics::feature::history::{History, Point};
use jiff::civil::Date;

/// The coordinates of the drawing, which is stretched to its place.
const WIDTH: f64 = 1_000.0;
const HEIGHT: f64 = 200.0;

/// Room between two columns, of the room of one.
const GAP: f64 = 0.25;

/// The past, ready to be drawn.
#[derive(Debug)]
pub(super) struct Curve {
    /// A day or a week.
    pub(super) unit: &'static str,
    pub(super) columns: Vec<Column>,
    /// The people, as points of a line.
    pub(super) line: String,
    /// What the top of the drawing is.
    pub(super) top: String,
    pub(super) first: String,
    pub(super) last: String,
    /// What is to be seen, in a sentence.
    pub(super) sentence: String,
    /// The latest first.
    pub(super) rows: Vec<Row>,
}

/// One column of uses.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) x: String,
    pub(super) y: String,
    pub(super) width: String,
    pub(super) height: String,
    pub(super) is_open: bool,
    /// What it says when one points at it.
    pub(super) title: String,
}

/// One line of the table.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) uses: String,
    pub(super) people: Number,
    pub(super) is_open: bool,
}

impl Curve {
    /// The curve of a past; none where there is none. How many people a period has, which is called
    /// so, is shown as a number `of` them.
    pub(super) fn new(history: &History, of: impl Fn(&str, u64) -> Number) -> Option<Self> {
        let points = &history.points;
        let (first, last) = (points.first()?, points.last()?);
        let unit = if history.period == Period::Day { "day" } else { "week" };
        let top = points.iter().map(|point| point.uses).max().unwrap_or(0).max(1);
        let step = WIDTH / points.len() as f64;
        let height = |n: u64| HEIGHT * n as f64 / top as f64;
        let column = |(n, point): (usize, &Point)| Column {
            x: format!("{:.1}", (n as f64 + GAP / 2.0) * step),
            y: format!("{:.1}", HEIGHT - height(point.uses)),
            width: format!("{:.1}", step * (1.0 - GAP)),
            height: format!("{:.1}", height(point.uses)),
            is_open: point.is_open,
            title: format!("{}: {}, {}", day(&point.name), uses(point.uses), people(point.people)),
        };
        let at = |(n, point): (usize, &Point)| {
            format!("{:.1},{:.1}", (n as f64 + 0.5) * step, HEIGHT - height(point.people))
        };
        let total: u64 = points.iter().map(|point| point.uses).sum();
        Some(Self {
            unit,
            columns: points.iter().enumerate().map(column).collect(),
            line: points.iter().enumerate().map(at).collect::<Vec<_>>().join(" "),
            top: count(top),
            first: day(&first.name),
            last: day(&last.name),
            sentence: format!(
                "{} since the {unit} of {}, and the people behind them, by the {unit}.",
                uses(total),
                day(&first.name),
            ),
            rows: points.iter().rev().map(|point| row(point, &of)).collect(),
        })
    }
}

fn row(point: &Point, of: &impl Fn(&str, u64) -> Number) -> Row {
    Row {
        name: day(&point.name),
        uses: count(point.uses),
        people: of(&point.name, point.people),
        is_open: point.is_open,
    }
}

fn uses(n: u64) -> String {
    many(n, "use")
}

/// A date as people read it.
fn day(name: &str) -> String {
    name.parse::<Date>()
        .map_or_else(|_| name.to_owned(), |day| day.strftime("%-d %b %Y").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(name: &str, uses: u64, people: u64) -> Point {
        Point { name: name.to_owned(), uses, people, is_open: false }
    }

    #[test]
    fn the_highest_column_reaches_the_top_and_people_stand_on_the_same_scale() {
        let points = vec![point("2026-11-02", 8, 4), point("2026-11-09", 0, 0)];
        let curve =
            Curve::new(&History { period: Period::Week, points }, |_, n| Number::plain(count(n)))
                .unwrap();
        let column = &curve.columns[0];
        assert_eq!((column.y.as_str(), column.height.as_str()), ("0.0", "200.0"));
        assert_eq!(curve.line, "250.0,100.0 750.0,200.0");
        assert_eq!(column.title, "2 Nov 2026: 8 uses, 4 people");
        insta::assert_snapshot!(curve.sentence, @"8 uses since the week of 2 Nov 2026, and the people behind them, by the week.");
    }

    #[test]
    fn nothing_has_no_curve() {
        assert!(
            Curve::new(&History { period: Period::Week, points: Vec::new() }, |_, _| {
                Number::default()
            })
            .is_none()
        );
    }
}
