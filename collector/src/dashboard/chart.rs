//! Charts as inline SVG: columns and lines over periods, with gridlines, labels and what is marked.
//!
//! Each is drawn twice, for a wide screen and for a small one, so that its texts keep their size;
//! the style sheet shows one. The numbers stand in a table below: a chart is hidden from those who
//! have it read to them.

use super::format::count;

/// Pixels of a drawing.
#[derive(Debug, Clone, Copy)]
struct Size {
    class: &'static str,
    width: f64,
    height: f64,
    /// How many labels there is room for below.
    n_labels: usize,
}

const SIZES: [Size; 2] = [
    Size { class: "wide", width: 960.0, height: 320.0, n_labels: 10 },
    Size { class: "narrow", width: 340.0, height: 260.0, n_labels: 4 },
];

/// Room beside the plot.
const LEFT: f64 = 44.0;
const RIGHT: f64 = 18.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 26.0;
/// How high a line of text is.
const LINE: f64 = 12.0;
/// The most dots that can be told apart on a line.
const DOTS: usize = 62;

/// What is drawn.
#[derive(Debug, Default)]
pub(super) struct Drawing {
    /// What stands below each period.
    pub(super) labels: Vec<String>,
    /// What is said when one points at a period.
    pub(super) titles: Vec<String>,
    /// Whether the last one is not over.
    pub(super) is_open: bool,
    /// What stands behind the numbers at the gridlines.
    pub(super) unit: &'static str,
    /// Lines, the first on top.
    pub(super) lines: Vec<Series>,
    /// Columns, those of one period on top of each other; what is below zero, below.
    pub(super) columns: Vec<Series>,
    /// Whether columns stand before each other and not on top.
    pub(super) is_layered: bool,
    /// The periods that something is marked in, with its number.
    pub(super) marks: Vec<(usize, String)>,
}

/// One line, or the columns of one colour.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) class: String,
    /// One for each period; none where it is not known.
    pub(super) values: Vec<Option<f64>>,
    /// What stands at its end.
    pub(super) end: String,
}

/// A chart of one size.
#[derive(Debug)]
pub(super) struct Chart {
    pub(super) class: &'static str,
    pub(super) width: String,
    pub(super) height: String,
    pub(super) left: String,
    pub(super) right: String,
    pub(super) top: String,
    pub(super) bottom: String,
    /// How high the plot is.
    pub(super) plot: String,
    pub(super) gridlines: Vec<Gridline>,
    pub(super) ticks: Vec<Text>,
    pub(super) slots: Vec<Slot>,
    pub(super) columns: Vec<Column>,
    pub(super) lines: Vec<Line>,
    pub(super) marks: Vec<Text>,
}

/// A line across, and its number.
#[derive(Debug)]
pub(super) struct Gridline {
    pub(super) y: String,
    pub(super) label: String,
    pub(super) is_zero: bool,
}

/// A text at a place.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) x: String,
    pub(super) y: String,
    pub(super) text: String,
}

/// The room of a period.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) x: String,
    pub(super) width: String,
    pub(super) title: String,
    pub(super) is_open: bool,
}

/// A part of a column.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) class: String,
    pub(super) x: String,
    pub(super) y: String,
    pub(super) width: String,
    pub(super) height: String,
    pub(super) is_open: bool,
}

/// A line.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) class: String,
    pub(super) points: String,
    /// The part to a period that is not over.
    pub(super) open: String,
    pub(super) dots: Vec<Text>,
    pub(super) end: Option<Text>,
}

/// Draws in each size.
pub(super) fn charts(drawing: &Drawing) -> Vec<Chart> {
    SIZES.iter().map(|size| Canvas::new(drawing, *size).chart()).collect()
}

/// A drawing on its way into one size.
struct Canvas<'a> {
    drawing: &'a Drawing,
    size: Size,
    /// The numbers at the gridlines.
    scale: Vec<f64>,
}

impl<'a> Canvas<'a> {
    fn new(drawing: &'a Drawing, size: Size) -> Self {
        let (low, high) = drawing.extremes();
        Self { drawing, size, scale: scale(low, high) }
    }

    fn chart(&self) -> Chart {
        let Size { class, width, height, .. } = self.size;
        Chart {
            class,
            width: pixels(width),
            height: pixels(height),
            left: pixels(LEFT),
            right: pixels(width - RIGHT),
            top: pixels(TOP),
            bottom: pixels(height - BOTTOM),
            plot: pixels(height - TOP - BOTTOM),
            gridlines: self.gridlines(),
            ticks: self.ticks(),
            slots: self.slots(),
            columns: self.columns(),
            lines: self.lines(),
            marks: self.marks(),
        }
    }

    fn n(&self) -> usize {
        self.drawing.labels.len().max(1)
    }

    /// The room of one period.
    fn slot(&self) -> f64 {
        (self.size.width - LEFT - RIGHT) / self.n() as f64
    }

    /// The middle of a period.
    fn x(&self, number: usize) -> f64 {
        LEFT + (number as f64 + 0.5) * self.slot()
    }

    fn y(&self, value: f64) -> f64 {
        let (low, high) = ends(&self.scale);
        let plot = self.size.height - TOP - BOTTOM;
        TOP + plot * (high - value) / (high - low)
    }

    fn gridlines(&self) -> Vec<Gridline> {
        let gridline = |value: &f64| Gridline {
            y: pixels(self.y(*value)),
            label: format!("{}{}", compact(*value), self.drawing.unit),
            is_zero: *value == 0.0,
        };
        self.scale.iter().map(gridline).collect()
    }

    fn ticks(&self) -> Vec<Text> {
        let every = self.n().div_ceil(self.size.n_labels);
        let last = self.n().saturating_sub(1);
        // The last period has its label: counted from there.
        let labels = self.drawing.labels.iter().enumerate();
        let labels = labels.filter(|(number, _)| (last - number.min(&last)).is_multiple_of(every));
        labels
            .map(|(number, label)| Text {
                x: pixels(self.x(number)),
                y: pixels(self.size.height - 8.0),
                text: label.clone(),
            })
            .collect()
    }

    fn slots(&self) -> Vec<Slot> {
        let last = self.n() - 1;
        let titles = self.drawing.titles.iter().enumerate();
        titles
            .map(|(number, title)| Slot {
                x: pixels(self.x(number) - self.slot() / 2.0),
                width: pixels(self.slot()),
                title: title.clone(),
                is_open: self.drawing.is_open && number == last,
            })
            .collect()
    }

    fn columns(&self) -> Vec<Column> {
        let width = (self.slot() * 0.72).min(56.0);
        let mut columns = Vec::new();
        for number in 0..self.n() {
            let (mut above, mut below) = (0.0, 0.0);
            for series in &self.drawing.columns {
                let Some(value) = series.values.get(number).copied().flatten() else { continue };
                let from = if value < 0.0 { &mut below } else { &mut above };
                let (start, end) = (*from, *from + value);
                if !self.drawing.is_layered {
                    *from = end;
                }
                let (top, bottom) = (self.y(start.max(end)), self.y(start.min(end)));
                columns.push(Column {
                    class: series.class.clone(),
                    x: pixels(self.x(number) - width / 2.0),
                    y: pixels(top),
                    width: pixels(width),
                    height: pixels(bottom - top),
                    is_open: self.drawing.is_open && number + 1 == self.n(),
                });
            }
        }
        columns
    }

    fn lines(&self) -> Vec<Line> {
        let mut lines: Vec<_> =
            self.drawing.lines.iter().rev().map(|series| self.line(series)).collect();
        apart(lines.iter_mut().filter_map(|line| line.end.as_mut()).collect());
        lines
    }

    fn line(&self, series: &Series) -> Line {
        let at = |number: usize| {
            let value = series.values.get(number).copied().flatten()?;
            Some((self.x(number), self.y(value)))
        };
        let known: Vec<(usize, (f64, f64))> =
            (0..self.n()).filter_map(|number| Some((number, at(number)?))).collect();
        let text = |points: &[(usize, (f64, f64))]| {
            let points = points.iter().map(|(_, (x, y))| format!("{x:.1},{y:.1}"));
            points.collect::<Vec<_>>().join(" ")
        };
        let is_open = self.drawing.is_open && known.last().is_some_and(|(n, _)| n + 1 == self.n());
        let over = known.len() - usize::from(is_open);
        let dot = |&(_, (x, y)): &(usize, (f64, f64))| Text {
            x: pixels(x),
            y: pixels(y),
            text: String::new(),
        };
        Line {
            class: series.class.clone(),
            points: text(&known[..over]),
            open: if is_open { text(&known[over.saturating_sub(1)..]) } else { String::new() },
            dots: if known.len() <= DOTS { known.iter().map(dot).collect() } else { Vec::new() },
            end: known.last().filter(|_| !series.end.is_empty()).map(|(_, (x, y))| Text {
                x: pixels(x + 7.0),
                y: pixels(y + 4.0),
                text: series.end.clone(),
            }),
        }
    }

    fn marks(&self) -> Vec<Text> {
        let mark = |(number, text): &(usize, String)| Text {
            x: pixels(self.x(*number)),
            y: pixels(TOP),
            text: text.clone(),
        };
        self.drawing.marks.iter().map(mark).collect()
    }
}

impl Drawing {
    /// The least and the greatest of all numbers, and zero.
    fn extremes(&self) -> (f64, f64) {
        let known = |series: &Series| series.values.iter().flatten().copied().collect::<Vec<_>>();
        let mut heights: Vec<f64> = self.lines.iter().flat_map(known).collect();
        for number in 0..self.labels.len() {
            let of = self.columns.iter().filter_map(|series| *series.values.get(number)?);
            let (above, below): (Vec<f64>, Vec<f64>) = of.partition(|value| *value >= 0.0);
            match self.is_layered {
                true => heights.extend(above.into_iter().chain(below)),
                false => heights.extend([above.iter().sum::<f64>(), below.iter().sum()]),
            }
        }
        heights.into_iter().fold((0.0, 0.0), |(low, high), n| (n.min(low), n.max(high)))
    }
}

/// Round numbers from below the least to above the greatest, about five of them.
fn scale(low: f64, high: f64) -> Vec<f64> {
    let rough = ((high - low) / 4.0).max(1.0);
    let power = 10_f64.powf(rough.log10().floor());
    // Nobody is half a person.
    let steps = [1.0, 2.0, 2.5, 5.0, 10.0].map(|n| n * power).into_iter();
    let step = steps.filter(|step| step.fract() == 0.0).find(|step| *step >= rough);
    let step = step.unwrap_or(rough);
    let (first, last) = ((low / step).floor() as i64, ((high / step).ceil() as i64).max(1));
    (first..=last).map(|n| n as f64 * step).collect()
}

fn ends(scale: &[f64]) -> (f64, f64) {
    (scale.first().copied().unwrap_or(0.0), scale.last().copied().unwrap_or(1.0))
}

/// A number as short as it fits beside a chart: `800`, `12k`, `1.5M`.
fn compact(value: f64) -> String {
    let sign = if value < 0.0 { "−" } else { "" };
    let size = value.abs();
    let short = |value: f64, unit: &str| {
        let text = format!("{value:.1}");
        format!("{sign}{}{unit}", text.strip_suffix(".0").unwrap_or(&text))
    };
    match size {
        _ if size >= 1_000_000.0 => short(size / 1_000_000.0, "M"),
        _ if size >= 10_000.0 => short(size / 1_000.0, "k"),
        _ => format!("{sign}{}", count(size as u64)),
    }
}

/// Moves texts that stand in each other's way down, in their order.
fn apart(mut texts: Vec<&mut Text>) {
    let number = |text: &str| text.parse::<f64>().unwrap_or_default();
    texts.sort_by(|a, b| number(&a.y).total_cmp(&number(&b.y)));
    let mut placed: Vec<(f64, f64)> = Vec::new();
    for text in texts {
        let (x, mut y) = (number(&text.x), number(&text.y));
        for (other_x, other_y) in &placed {
            if (x - other_x).abs() < LINE && y - other_y < LINE {
                y = other_y + LINE;
            }
        }
        placed.push((x, y));
        text.y = pixels(y);
    }
}

fn pixels(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_of_round_numbers_and_hold_all() {
        assert_eq!(scale(0.0, 0.0), [0.0, 1.0]);
        assert_eq!(scale(0.0, 3.0), [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(scale(0.0, 402.0), [0.0, 200.0, 400.0, 600.0]);
        assert_eq!(scale(-30.0, 81.0), [-50.0, 0.0, 50.0, 100.0]);
        assert_eq!(scale(-155.0, 786.0), [-250.0, 0.0, 250.0, 500.0, 750.0, 1_000.0]);
        let labels = [0.0, 800.0, 9_000.0, 12_500.0, -20_000.0, 1_500_000.0].map(compact);
        assert_eq!(labels, ["0", "800", "9,000", "12.5k", "−20k", "1.5M"]);
    }

    #[test]
    fn what_is_not_over_is_a_part_of_its_own() {
        let line = Series {
            class: "s0".to_owned(),
            values: vec![Some(1.0), Some(2.0), Some(1.0)],
            end: String::new(),
        };
        let labels = vec!["a".to_owned(), "b".to_owned(), "c".to_owned()];
        let drawing = Drawing { labels, is_open: true, lines: vec![line], ..Drawing::default() };
        let [wide, narrow] = charts(&drawing).try_into().unwrap();
        let n = |points: &str| points.split(' ').count();
        assert_eq!((n(&wide.lines[0].points), n(&wide.lines[0].open)), (2, 2));
        assert_eq!((wide.class, narrow.class), ("wide", "narrow"));
        // The line goes on where it was left.
        assert!(wide.lines[0].points.ends_with(wide.lines[0].open.split(' ').next().unwrap()));
    }

    #[test]
    fn numbers_at_the_ends_of_lines_stand_apart() {
        let line = |class: &str, value| Series {
            class: class.to_owned(),
            values: vec![Some(value)],
            end: class.to_owned(),
        };
        let lines = vec![line("1", 50.0), line("2", 50.2), line("3", 50.1), line("4", 10.0)];
        let drawing = Drawing { labels: vec![String::new()], lines, ..Drawing::default() };
        let mut ends: Vec<f64> = Vec::new();
        for line in charts(&drawing).remove(0).lines {
            ends.push(line.end.unwrap().y.parse().unwrap());
        }
        ends.sort_by(f64::total_cmp);
        assert!(ends.windows(2).all(|two| two[1] - two[0] > LINE - 0.2), "{ends:?}");
    }

    #[test]
    fn what_is_below_zero_stands_below_what_is_above() {
        let column = |class: &str, value| Series {
            class: class.to_owned(),
            values: vec![Some(value)],
            end: String::new(),
        };
        let columns = vec![column("a", 3.0), column("b", 2.0), column("c", -4.0)];
        let drawing = Drawing { labels: vec![String::new()], columns, ..Drawing::default() };
        let chart = charts(&drawing).remove(0);
        let ends = chart.columns.iter().map(|column| {
            let number = |text: &str| text.parse::<f64>().unwrap();
            (number(&column.y), number(&column.y) + number(&column.height))
        });
        let ends: Vec<_> = ends.collect();
        assert!((ends[0].0 - ends[1].1).abs() < 0.2, "one stands on the other: {ends:?}");
        assert!((ends[0].1 - ends[2].0).abs() < 0.2, "one hangs below the other: {ends:?}");
    }
}
