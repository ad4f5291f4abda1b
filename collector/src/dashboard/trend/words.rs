//! A trend as people read it. Pure: numbers in, texts out.

use super::compared::{self, Compared, Earlier};
use super::shown::{Measure, Shape, Shown};
use super::view::{Answer, Cell, Figure, Noted, Row};
use crate::dashboard::chart::{Drawing, Series as Drawn, charts};
use crate::dashboard::format::{count, many, people, percent, quoted, time_of_day};
use crate::dashboard::live::zone;
use crate::dashboard::people::{Lists, Number};
use crate::dashboard::range::{Choice, days};
use crate::dashboard::report::Look;
use crate::dashboard::unit::{label, short, unit, when};
use analytics::report::trend::{Compare, Series, Who};
use analytics::{By, Period, Scope, Trend, TrendResult};
use jiff::civil::Date;
use protocol::Timestamp;
use store::{Annotation, AnnotationKind, Written};

/// An annotation in the period that it is of.
#[derive(Debug)]
pub(super) struct Placed<'a> {
    pub(super) period: usize,
    pub(super) version: u32,
    pub(super) author: &'a str,
    pub(super) annotation: &'a Annotation,
}

/// Those annotations that are of one of the periods.
pub(super) fn placed<'a>(
    result: &TrendResult,
    annotations: &'a [Written<Annotation>],
    scope: &Scope,
) -> Vec<Placed<'a>> {
    let place = |written: &'a Written<Annotation>| {
        let at = moment(&written.value, scope)?;
        let before = result.starts.partition_point(|start| *start <= at);
        let period = before.checked_sub(1).filter(|_| at < result.end)?;
        let Written { version, author, value: annotation, .. } = written;
        Some(Placed { period, version: *version, author, annotation })
    };
    annotations.iter().filter_map(place).collect()
}

/// When it was, or the beginning of its day.
fn moment(annotation: &Annotation, scope: &Scope) -> Option<Timestamp> {
    if annotation.at.is_some() {
        return annotation.at;
    }
    let day = annotation.day.parse::<Date>().ok()?;
    let start = day.to_zoned(zone(&scope.time_zone)).ok()?;
    Some(Timestamp::from_millis(start.timestamp().as_millisecond()))
}

/// An answer on its way into words.
pub(super) struct Words<'a> {
    pub(super) shown: &'a Shown,
    pub(super) result: &'a TrendResult,
    pub(super) look: &'a Look<'a>,
}

impl Words<'_> {
    /// The answer in words.
    pub(super) fn answer(&self, annotations: &[Written<Annotation>]) -> Answer {
        let placed = placed(self.result, annotations, &self.look.scope);
        Answer {
            figures: self.figures(),
            charts: charts(&self.drawing(&placed)),
            caption: self.caption(),
            footnote: self.footnote(),
            before: self.compared().map(|_| compared::head(self.shown.trend.compare)),
            not_so: self.not_so(),
            annotations: placed.iter().enumerate().map(|(n, one)| noted(n, one)).collect(),
            unit: unit(self.period()),
            counted: self.counted(),
            heads: self.result.series.iter().map(name).collect(),
            rows: (0..self.result.periods.len()).map(|n| self.row(n, &placed)).collect(),
            has_open: !self.result.is_complete,
            is_stacked: self.shown.drawn() != Shape::Lines,
            totals: match self.measure().trailing() {
                Some(_) => Vec::new(),
                None => (0..self.result.series.len()).map(|n| self.total(n)).collect(),
            },
        }
    }

    fn period(&self) -> Period {
        self.shown.trend.period
    }

    fn measure(&self) -> Measure {
        self.shown.measure
    }

    fn counted(&self) -> &'static str {
        let name = Measure::NAMES.into_iter().find(|(measure, _)| *measure == self.measure());
        name.map_or("", |(_, name)| name)
    }

    fn compared(&self) -> Option<Compared<'_>> {
        Compared::of(self.result)
    }

    /// The numbers of a series, period by period.
    fn numbers(&self, series: &Series) -> Vec<u64> {
        match (self.measure().trailing(), &series.trailing) {
            (Some(_), Some(trailing)) => trailing.iter().map(|now| now.people).collect(),
            _ => series.values.iter().map(|done| self.measure().of(done)).collect(),
        }
    }

    /// All of a series as one number: all periods together, or where that says nothing the last.
    fn all(&self, series: &Series) -> u64 {
        match self.measure().trailing() {
            Some(_) => self.numbers(series).last().copied().unwrap_or(0),
            None => self.measure().of(&series.total),
        }
    }

    /// The same of what it is compared with, where all of that is known.
    fn all_before(&self, series: &Series) -> Option<u64> {
        self.compared().filter(Compared::is_whole)?;
        series.before.as_ref().map(|before| self.measure().of(&before.total))
    }

    /// Why it is not drawn as it is asked for, and what to count instead.
    fn not_so(&self) -> Option<(&'static str, Option<Choice>)> {
        let (shown, n) = (self.shown, self.shown.trend.series.len());
        if n < 2 || shown.shape == shown.drawn() {
            return None;
        }
        if shown.measure == Measure::Uses {
            return Some((
                "“Anything” holds the others, so nothing adds up to 100%. Leave it out to see them stacked or as shares.",
                None,
            ));
        }
        let times = Shown { measure: Measure::Uses, ..shown.clone() };
        let times = Shown { trend: Trend { trailing: None, ..times.trend }, ..times };
        let choice = Choice {
            value: self.look.address(&times),
            label: "Count times instead".to_owned(),
            is_on: false,
        };
        Some((
            "People and accounts are not stacked: who did several of these would be counted several times.",
            Some(choice),
        ))
    }

    /// What 100% is, where shares are told.
    fn whole(&self) -> &'static str {
        match (self.shown.drawn(), self.result.is_apart) {
            (Shape::Lines, _) => "",
            (_, true) => " 100% is all times that one of these was done.",
            (_, false) => {
                " 100% is the sum of these; what is two of them at once is counted in both."
            }
        }
    }

    /// The share of a series, of all series together in a period or in all of them.
    fn share(&self, part: u64, all: impl Iterator<Item = u64>) -> String {
        let all: u64 = all.sum();
        match (self.shown.drawn(), all) {
            (Shape::Lines, _) => String::new(),
            (_, 0) => "–".to_owned(),
            (_, all) => percent(part as f64 / all as f64),
        }
    }

    fn figures(&self) -> Vec<Figure> {
        let is_one = self.result.series.len() == 1;
        let figure = |(n, series): (usize, &Series)| {
            let Cell { now: value, change, .. } = self.total(n);
            let compared = || format!("{change} on {}", self.time_before());
            Figure {
                class: format!("s{n}"),
                number: if is_one { String::new() } else { (n + 1).to_string() },
                label: format!("{}, {}", name(series), self.counted().to_lowercase()),
                value,
                change: if change.is_empty() { String::new() } else { compared() },
            }
        };
        self.result.series.iter().enumerate().map(figure).collect()
    }

    /// `the 13 weeks before`.
    fn time_before(&self) -> String {
        let periods = match self.result.periods.len() {
            1 => unit(self.period()).to_owned(),
            n => many(n as u64, unit(self.period())),
        };
        match self.shown.trend.compare {
            Compare::LastYear => format!("the same {periods} last year"),
            Compare::None | Compare::Previous => format!("the {periods} before"),
        }
    }

    fn total(&self, number: usize) -> Cell {
        let series = &self.result.series[number];
        let now = self.all(series);
        let share = self.share(now, self.result.series.iter().map(|one| self.all(one)));
        let earlier = self.all_before(series).map(Earlier::Whole);
        // Of the last days it is those of the last period.
        let last = self.result.periods.len().checked_sub(1);
        let period = last.filter(|_| self.measure().trailing().is_some());
        Cell { share, ..self.cell(number, period, now, earlier) }
    }

    /// A number beside what it was before, of one period, or of all of them.
    fn cell(
        &self,
        series: usize,
        period: Option<usize>,
        now: u64,
        earlier: Option<Earlier>,
    ) -> Cell {
        let lists = Lists { look: self.look, asked: self.shown, at: self.result.computed_at };
        let by = match self.measure() {
            Measure::People | Measure::People7 | Measure::People30 => Some(By::People),
            Measure::Accounts => Some(By::Accounts),
            Measure::Uses => None,
        };
        let days = self.measure().trailing();
        let of = match (period.and_then(|n| self.result.periods.get(n)), days) {
            (Some(name), None) => when(self.period(), name),
            (Some(name), Some(days)) => {
                format!("{days} days to the end {}", when(self.period(), name))
            }
            (None, _) => "all together".to_owned(),
        };
        let label = format!("{}, {of}", name(&self.result.series[series]));
        let number = |n: u64, before: bool| {
            let label = if before { format!("{label}, before") } else { label.clone() };
            let period = period.map(|n| n as u32 + 1);
            let (series, trailing) = (series as u32 + 1, days.is_some());
            let who = |by| Who { series, by, period, before, trailing };
            let number = by.map(|by| lists.number(count(n), n, label, &who(by)));
            number.unwrap_or_else(|| Number::plain(count(n)))
        };
        let (then, change) = match earlier {
            None => (Number::default(), String::new()),
            Some(Earlier::Unknown) => (Number::plain("–"), "–".to_owned()),
            Some(Earlier::Part(before)) => (number(before, true), "–".to_owned()),
            Some(Earlier::Whole(before)) => (number(before, true), change(now, before)),
        };
        let (value, before) = (count(now), then.value.clone());
        Cell { value, now: number(now, false), share: String::new(), before, then, change }
    }

    fn drawing(&self, placed: &[Placed<'_>]) -> Drawing {
        let result = self.result;
        let is_one = result.series.len() == 1;
        let shape = self.shown.drawn();
        let now = result.series.iter().enumerate().map(|(n, series)| Drawn {
            class: format!("s{n}"),
            values: self.heights(series, shape),
            end: if is_one { String::new() } else { (n + 1).to_string() },
        });
        let before = result.series.iter().enumerate().filter_map(|(n, series)| {
            let compared = self.compared()?;
            let value = |number| match compared.number(series, number, self.measure()) {
                Earlier::Unknown => None,
                Earlier::Part(n) | Earlier::Whole(n) => Some(n as f64),
            };
            let values = (0..result.periods.len()).map(value).collect();
            Some(Drawn { class: format!("s{n} before"), values, end: String::new() })
        });
        let (lines, columns) = match shape {
            Shape::Lines => (now.chain(before).collect(), Vec::new()),
            Shape::Stacked | Shape::Share => (Vec::new(), now.collect()),
        };
        let marks = placed.iter().enumerate().map(|(n, one)| (one.period, (n + 1).to_string()));
        Drawing {
            labels: result.periods.iter().map(|name| short(self.period(), name)).collect(),
            titles: (0..result.periods.len()).map(|n| self.title(n, placed)).collect(),
            is_open: !result.is_complete,
            unit: if shape == Shape::Share { "%" } else { "" },
            lines,
            columns,
            marks: marks.collect(),
            ..Drawing::default()
        }
    }

    /// How high a series stands in each period: its number, or its share.
    fn heights(&self, series: &Series, shape: Shape) -> Vec<Option<f64>> {
        let all: Vec<_> = self.result.series.iter().map(|one| self.numbers(one)).collect();
        let height = |(number, n): (usize, u64)| {
            let sum: u64 = all.iter().filter_map(|one| one.get(number)).sum();
            match shape {
                Shape::Share if sum == 0 => None,
                Shape::Share => Some(100.0 * n as f64 / sum as f64),
                Shape::Lines | Shape::Stacked => Some(n as f64),
            }
        };
        self.numbers(series).into_iter().enumerate().map(height).collect()
    }

    /// What is said of a period when one points at it.
    fn title(&self, number: usize, placed: &[Placed<'_>]) -> String {
        let row = self.row(number, placed);
        let mut lines = vec![row.label];
        for (series, cell) in self.result.series.iter().zip(row.cells) {
            let then = compared::head(self.shown.trend.compare);
            let beside = [cell.share, cell.before.clone() + " " + then];
            let beside = beside.into_iter().filter(|told| !told.trim_start().is_empty());
            let beside: Vec<_> = beside.filter(|told| told.trim() != then).collect();
            let beside = match beside.join(", ") {
                none if none.is_empty() => none,
                some => format!(" ({some})"),
            };
            lines.push(format!("{}: {}{beside}", name(series), cell.value));
        }
        lines.extend(row.said);
        lines.join("\n")
    }

    /// What the chart says, as a sentence.
    fn caption(&self) -> String {
        let told = |series: &Series| {
            let before = self.all_before(series);
            let beside = before.map(|then| format!(", {}", self.beside(self.all(series), then)));
            format!("{}{}", self.did(series), beside.unwrap_or_default())
        };
        let all: Vec<_> = self.result.series.iter().map(told).collect();
        match self.measure().trailing() {
            Some(days) => format!("In the last {days} days of these, {}.", all.join("; ")),
            None => format!("In {}, {}.", self.these(), all.join("; ")),
        }
    }

    /// `12% more than in the 13 weeks before`.
    fn beside(&self, now: u64, before: u64) -> String {
        let share = |by: u64| percent(by as f64 / before as f64);
        let then = self.time_before();
        match (now, before) {
            (now, before) if now == before => format!("as in {then}"),
            (_, 0) => format!("after none in {then}"),
            (now, before) if now > before => format!("{} more than in {then}", share(now - before)),
            (now, before) => format!("{} less than in {then}", share(before - now)),
        }
    }

    /// `these 13 weeks`.
    fn these(&self) -> String {
        match self.result.periods.len() {
            1 => format!("this {}", unit(self.period())),
            n => format!("these {}", many(n as u64, unit(self.period()))),
        }
    }

    /// `40 people did “Save report”`.
    fn did(&self, series: &Series) -> String {
        let n = self.all(series);
        let thing = series.name.as_deref().map(quoted);
        match (self.measure(), thing) {
            (Measure::People | Measure::People7 | Measure::People30, None) => {
                format!("{} came", people(n))
            }
            (Measure::People | Measure::People7 | Measure::People30, Some(thing)) => {
                format!("{} did {thing}", people(n))
            }
            (Measure::Accounts, None) => format!("somebody of {} came", many(n, "account")),
            (Measure::Accounts, Some(thing)) => {
                format!("somebody of {} did {thing}", many(n, "account"))
            }
            (Measure::Uses, None) => format!("something was done {}", many(n, "time")),
            (Measure::Uses, Some(thing)) => format!("{thing} was done {}", many(n, "time")),
        }
    }

    fn footnote(&self) -> String {
        let (scope, result) = (&self.look.scope, self.result);
        let zone = zone(&scope.time_zone);
        let unit = unit(self.period());
        let range = self.shown.trend.date_range.days(scope, result.computed_at);
        let range = range.map_or_else(|_| String::new(), |(from, to)| days(from, to));
        let once = match (self.measure(), self.measure().trailing()) {
            (Measure::Uses, _) => String::new(),
            (_, Some(days)) => format!(
                " Each {unit} tells who came in the {days} days that end with it, or with today; they look back before the first."
            ),
            (_, None) => format!(" Who came in several {unit}s is one of the total."),
        };
        let unknown = compared::unknown(result, &self.time_before(), scope);
        let unknown = unknown.map_or_else(String::new, |told| format!(" {told}"));
        let whole = self.whole();
        let until = result.before.as_ref().filter(|_| self.compared().is_some());
        let open = match until.map(|before| before.until) {
            Some(Some(until)) => format!(
                " The last {unit} is not over: it is compared with the same part of its counterpart, up to {}.",
                compared::moment(until, scope)
            ),
            _ if result.is_complete => String::new(),
            _ => format!(" The last {unit} is not over."),
        };
        let at = time_of_day(result.computed_at, &zone);
        let zone = &scope.time_zone;
        format!("Whole {unit}s, {range}, in {zone}.{once}{whole}{unknown}{open} As of {at}.")
    }

    fn row(&self, number: usize, placed: &[Placed<'_>]) -> Row {
        let result = self.result;
        let of = |series: &Series| self.numbers(series).get(number).copied().unwrap_or(0);
        let compared = self.compared();
        let cells = result.series.iter().enumerate().map(|(n, series)| {
            let earlier = compared.map(|then| then.number(series, number, self.measure()));
            let share = self.share(of(series), result.series.iter().map(of));
            Cell { share, ..self.cell(n, Some(number), of(series), earlier) }
        });
        let said = placed.iter().enumerate().filter(|(_, one)| one.period == number);
        let said = said.map(|(n, one)| {
            format!("{}: {} ({})", n + 1, one.annotation.text, kind(one.annotation.kind))
        });
        Row {
            label: label(self.period(), &result.periods[number]),
            is_open: !result.is_complete && number + 1 == result.periods.len(),
            cells: cells.collect(),
            said: said.collect(),
        }
    }
}

/// By how much it is more or less.
fn change(now: u64, before: u64) -> String {
    match (now, before) {
        (0, 0) => "the same".to_owned(),
        (_, 0) => "from 0".to_owned(),
        (now, before) if now == before => "the same".to_owned(),
        (now, before) if now > before => {
            format!("+{}", percent((now - before) as f64 / before as f64))
        }
        (now, before) => format!("−{}", percent((before - now) as f64 / before as f64)),
    }
}

fn noted(number: usize, placed: &Placed<'_>) -> Noted {
    let Placed { version, author, annotation, .. } = placed;
    Noted {
        number: (number + 1).to_string(),
        when: label(Period::Day, &annotation.day),
        kind: kind(annotation.kind),
        text: annotation.text.clone(),
        author: (*author).to_owned(),
        seen: format!("{}:{version}", annotation.id),
    }
}

fn kind(kind: AnnotationKind) -> &'static str {
    match kind {
        AnnotationKind::Release => "release",
        AnnotationKind::Note => "note",
    }
}

fn name(series: &Series) -> String {
    series.name.clone().unwrap_or_else(|| "Anything".to_owned())
}
