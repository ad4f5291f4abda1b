//! Charts as SVG: a line, an area or bars over a grid, and a line without anything.

use super::series::Unit;
use crate::language::Language;
use jiff::civil::Date;
use std::fmt::Write;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 240.0;
/// Room for the labels at the left and at the bottom.
const LEFT: f64 = 64.0;
const BOTTOM: f64 = 28.0;
const TOP: f64 = 12.0;
/// The share of its place that a bar fills.
const BAR: f64 = 0.64;

/// What stands for the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    Line,
    Area,
    Bars,
}

/// A mark on an axis.
#[derive(Debug)]
pub(crate) struct Mark {
    /// Distance from the left or from the top.
    pub(crate) at: f64,
    pub(crate) label: String,
}

/// A value, for whom moves over it.
#[derive(Debug)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) date: String,
    pub(crate) value: String,
}

/// What to draw: the values of the days up to `today`, and maybe those of as many days before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) values: &'a [f64],
    pub(crate) before: Option<&'a [f64]>,
    pub(crate) look: Look,
    pub(crate) unit: Unit,
    pub(crate) today: Date,
    pub(crate) language: Language,
}

/// What the template draws.
#[derive(Debug)]
pub(crate) struct Chart {
    pub(crate) look: Look,
    pub(crate) line: String,
    pub(crate) area: String,
    pub(crate) before: Option<String>,
    pub(crate) rows: Vec<Mark>,
    pub(crate) columns: Vec<Mark>,
    pub(crate) points: Vec<Point>,
    pub(crate) bar_width: f64,
}

impl Chart {
    /// The chart of what is asked for.
    pub(crate) fn new(request: Request<'_>) -> Self {
        let Request { values, before, look, unit, today, language } = request;
        let all: Vec<f64> = values.iter().chain(before.unwrap_or_default()).copied().collect();
        let step = tick(&all, look);
        let (low, high) = bounds(&all, step, look);
        let room = Room { n: values.len(), low, high, look };
        let date = |i: usize| {
            let ago = i64::try_from(values.len() - 1 - i).unwrap_or_default();
            language.date(today.saturating_sub(jiff::Span::new().days(ago)))
        };
        let spots = |values: &[f64]| -> Vec<_> {
            (0..).zip(values).map(|(i, value)| (room.x(i), room.y(*value))).collect()
        };
        let line = path(&spots(values));
        let (first, last, bottom) = (room.x(0), room.x(values.len().max(1) - 1), HEIGHT - BOTTOM);
        let n_rows = (0..8).take_while(|n| low + step * f64::from(*n) <= high + step / 2.0);
        let rows = n_rows.map(|n| low + step * f64::from(n));
        let point = |(i, value): (usize, &f64)| Point {
            x: room.x(i),
            y: room.y(*value),
            date: date(i),
            value: unit.show(*value, language),
        };
        Self {
            look,
            area: format!("{line}L{last:.1} {bottom:.1}L{first:.1} {bottom:.1}Z"),
            line,
            before: before.map(|values| path(&spots(values))),
            rows: rows.map(|v| Mark { at: room.y(v), label: unit.mark(v, language) }).collect(),
            columns: (0..values.len())
                .step_by(values.len().div_ceil(6).max(1))
                .map(|i| Mark { at: room.x(i), label: date(i) })
                .collect(),
            points: (0..).zip(values).map(point).collect(),
            bar_width: room.place() * BAR,
        }
    }

    /// Whether the values are bars.
    pub(crate) fn has_bars(&self) -> bool {
        self.look == Look::Bars
    }

    /// Whether what lies under the line is filled.
    pub(crate) fn has_area(&self) -> bool {
        self.look == Look::Area
    }
}

/// Where values lie.
struct Room {
    n: usize,
    low: f64,
    high: f64,
    look: Look,
}

impl Room {
    /// The width that a value has for itself.
    fn place(&self) -> f64 {
        (WIDTH - LEFT) / at(self.n.max(1))
    }

    fn x(&self, i: usize) -> f64 {
        if self.look == Look::Bars {
            return LEFT + self.place() * (at(i) + 0.5);
        }
        LEFT + (WIDTH - LEFT) * at(i) / at(self.n.max(2) - 1)
    }

    fn y(&self, value: f64) -> f64 {
        let bottom = HEIGHT - BOTTOM;
        bottom - (value - self.low) / (self.high - self.low) * (bottom - TOP)
    }
}

/// The line of a small chart, as the points of a `polyline` in a box of 100 by 28.
pub(crate) fn sparkline(values: &[f64]) -> String {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let spread = (high - low).max(f64::MIN_POSITIVE);
    let last = at(values.len().max(2) - 1);
    let points = (0..).zip(values).map(|(i, value)| {
        format!("{:.1},{:.1}", 98.0 * at(i) / last + 1.0, 26.0 - (value - low) / spread * 24.0)
    });
    points.collect::<Vec<_>>().join(" ")
}

fn path(spots: &[(f64, f64)]) -> String {
    let mut path = String::new();
    for (x, y) in spots {
        path.push(if path.is_empty() { 'M' } else { 'L' });
        // Writing to a `String` does not fail.
        _ = write!(path, "{x:.1} {y:.1}");
    }
    path
}

/// The lowest and highest value; bars begin at zero.
fn extremes(values: &[f64], look: Look) -> (f64, f64) {
    let high = values.iter().copied().fold(0.0, f64::max);
    let low = values.iter().copied().fold(high, f64::min);
    (if look == Look::Bars { low.min(0.0) } else { low }, high)
}

/// The distance between two rows of the grid: 1, 2 or 5 times a power of ten, for at most four rows.
fn tick(values: &[f64], look: Look) -> f64 {
    let (low, high) = extremes(values, look);
    let rough = ((high - low) / 3.0).max(high / 100.0).max(f64::MIN_POSITIVE);
    let power = 10_f64.powf(rough.log10().floor());
    let times = [1.0, 2.0, 5.0].into_iter().find(|times| times * power >= rough).unwrap_or(10.0);
    times * power
}

/// The lowest and highest row: whole ticks around all values.
fn bounds(values: &[f64], step: f64, look: Look) -> (f64, f64) {
    let (low, high) = extremes(values, look);
    let bottom = (low / step).floor() * step;
    (bottom, ((high / step).ceil() * step).max(bottom + step))
}

#[allow(clippy::cast_precision_loss, reason = "a chart has far fewer points than 2^52")]
fn at(i: usize) -> f64 {
    i as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(values: &[f64], look: Look) -> Chart {
        let today = Date::new(2026, 11, 22).unwrap();
        let language = Language::English;
        Chart::new(Request { values, before: None, look, unit: Unit::Money, today, language })
    }

    #[test]
    fn every_value_lies_inside_the_grid() {
        let chart = chart(&[48_211.0, 51_900.0, 12_000.0, 33_333.0], Look::Line);
        let labels: Vec<_> = chart.rows.iter().map(|row| row.label.as_str()).collect();
        assert_eq!(labels, ["€0", "€20k", "€40k", "€60k"]);
        assert!(chart.points.iter().all(|p| (TOP..=HEIGHT - BOTTOM).contains(&p.y)));
        assert_eq!([&chart.points[3].date, &chart.points[3].value], ["22 Nov", "€33.3k"]);
    }

    #[test]
    fn bars_begin_at_zero_and_stay_inside() {
        let chart = chart(&[90.0, 95.0, 100.0], Look::Bars);
        assert_eq!(chart.rows[0].label, "€0");
        let (first, last) = (&chart.points[0], &chart.points[2]);
        assert!(first.x - chart.bar_width / 2.0 > LEFT && last.x + chart.bar_width / 2.0 < WIDTH);
    }

    #[test]
    fn values_that_do_not_move_still_have_a_grid() {
        assert!(chart(&[5.0, 5.0], Look::Area).points.iter().all(|p| p.y.is_finite()));
    }
}
