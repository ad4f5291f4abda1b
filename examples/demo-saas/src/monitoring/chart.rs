//! Charts as SVG: a line with its area over a grid, and a line without anything.

use super::series::Unit;
use jiff::civil::Date;
use std::fmt::Write;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 240.0;
/// Room for the labels at the left and at the bottom.
const LEFT: f64 = 56.0;
const BOTTOM: f64 = 28.0;
const TOP: f64 = 12.0;

/// A mark on an axis.
#[derive(Debug)]
pub(super) struct Mark {
    /// Distance from the left or from the top.
    pub(super) at: f64,
    pub(super) label: String,
}

/// A point of the line, for whom moves over it.
#[derive(Debug)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) label: String,
}

/// What the template draws.
#[derive(Debug)]
pub(super) struct Chart {
    pub(super) line: String,
    pub(super) area: String,
    pub(super) rows: Vec<Mark>,
    pub(super) columns: Vec<Mark>,
    pub(super) points: Vec<Point>,
}

impl Chart {
    /// The chart of the values of the days up to `today`.
    pub(super) fn new(values: &[f64], today: Date, unit: Unit) -> Self {
        let step = tick(values);
        let (low, high) = bounds(values, step);
        let bottom = HEIGHT - BOTTOM;
        let y = |value: f64| bottom - (value - low) / (high - low) * (bottom - TOP);
        let x = |i: usize| LEFT + (WIDTH - LEFT) * at(i) / at(values.len().max(2) - 1);
        let date = |i: usize| {
            let ago = i64::try_from(values.len() - 1 - i).unwrap_or_default();
            today.saturating_sub(jiff::Span::new().days(ago)).strftime("%-d %b").to_string()
        };
        let points: Vec<_> = (0..).zip(values).map(|(i, v)| (x(i), y(*v), i, *v)).collect();
        let line = path(points.iter().map(|(x, y, ..)| (*x, *y)));
        let area = format!("{line}L{WIDTH:.1} {bottom:.1}L{LEFT:.1} {bottom:.1}Z");
        let n_rows = (0..6).take_while(|n| low + step * f64::from(*n) <= high + step / 2.0);
        let rows = n_rows.map(|n| low + step * f64::from(n));
        let every = values.len().div_ceil(6).max(1);
        Self {
            line,
            area,
            rows: rows.map(|v| Mark { at: y(v), label: unit.show(v) }).collect(),
            columns: (0..values.len())
                .step_by(every)
                .map(|i| Mark { at: x(i), label: date(i) })
                .collect(),
            points: points
                .into_iter()
                .map(|(x, y, i, v)| Point { x, y, label: format!("{}: {}", date(i), unit.show(v)) })
                .collect(),
        }
    }
}

/// The line of a small chart, as the points of a `polyline` in a box of 100 by 28.
pub(super) fn sparkline(values: &[f64]) -> String {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let spread = (high - low).max(f64::MIN_POSITIVE);
    let last = at(values.len().max(2) - 1);
    let points = (0..).zip(values).map(|(i, value)| {
        format!("{:.1},{:.1}", 98.0 * at(i) / last + 1.0, 26.0 - (value - low) / spread * 24.0)
    });
    points.collect::<Vec<_>>().join(" ")
}

fn path(points: impl Iterator<Item = (f64, f64)>) -> String {
    let mut path = String::new();
    for (x, y) in points {
        path.push(if path.is_empty() { 'M' } else { 'L' });
        // Writing to a `String` does not fail.
        _ = write!(path, "{x:.1} {y:.1}");
    }
    path
}

/// The distance between two rows of the grid: 1, 2 or 5 times a power of ten, for at most four rows.
fn tick(values: &[f64]) -> f64 {
    let high = values.iter().copied().fold(0.0, f64::max);
    let low = values.iter().copied().fold(high, f64::min);
    let rough = ((high - low) / 3.0).max(high / 100.0).max(f64::MIN_POSITIVE);
    let power = 10_f64.powf(rough.log10().floor());
    let times = [1.0, 2.0, 5.0].into_iter().find(|times| times * power >= rough).unwrap_or(10.0);
    times * power
}

/// The lowest and highest row: whole ticks around all values.
fn bounds(values: &[f64], step: f64) -> (f64, f64) {
    let high = values.iter().copied().fold(0.0, f64::max);
    let low = values.iter().copied().fold(high, f64::min);
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

    #[test]
    fn every_value_lies_inside_the_grid() {
        let values = [48_211.0, 51_900.0, 12_000.0, 33_333.0];
        let chart = Chart::new(&values, Date::new(2026, 11, 22).unwrap(), Unit::Money);
        let labels: Vec<_> = chart.rows.iter().map(|row| row.label.as_str()).collect();
        assert_eq!(labels, ["€0", "€20.0k", "€40.0k", "€60.0k"]);
        assert!(chart.points.iter().all(|p| (TOP..=HEIGHT - BOTTOM).contains(&p.y)));
        assert_eq!(chart.points[3].label, "22 Nov: €33.3k");
    }

    #[test]
    fn values_that_do_not_move_still_have_a_grid() {
        let chart = Chart::new(&[5.0, 5.0], Date::new(2026, 1, 1).unwrap(), Unit::Count);
        assert!(chart.points.iter().all(|p| p.y.is_finite()));
    }
}
