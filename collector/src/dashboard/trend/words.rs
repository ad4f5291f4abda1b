//! A trend as people read it. Pure: numbers in, texts out.

use super::shown::{Measure, Shown};
use super::view::{Answer, Cell, Figure, Noted, Row};
use crate::dashboard::chart::{Drawing, Series as Drawn, charts};
use crate::dashboard::format::{count, day_minute, many, people, percent, time_of_day};
use crate::dashboard::live::zone;
use crate::dashboard::people::{Lists, Number};
use crate::dashboard::range::days;
use crate::dashboard::report::Look;
use crate::dashboard::unit::{label, short, unit, when};
use analytics::report::trend::{Series, Who};
use analytics::{By, Period, Scope, TrendResult};
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
            has_before: self.result.before.is_some(),
            annotations: placed.iter().enumerate().map(|(n, one)| noted(n, one)).collect(),
            unit: unit(self.period()),
            counted: self.counted(),
            heads: self.result.series.iter().map(name).collect(),
            rows: (0..self.result.periods.len()).map(|n| self.row(n, &placed)).collect(),
            has_open: !self.result.is_complete,
            totals: (0..self.result.series.len()).map(|n| self.total(n)).collect(),
        }
    }

    fn period(&self) -> Period {
        self.shown.trend.period
    }

    fn measure(&self) -> Measure {
        self.shown.measure
    }

    fn counted(&self) -> &'static str {
        match self.measure() {
            Measure::People => "People",
            Measure::Accounts => "Accounts",
            Measure::Uses => "Times",
        }
    }

    fn figures(&self) -> Vec<Figure> {
        let is_one = self.result.series.len() == 1;
        let figure = |(n, series): (usize, &Series)| {
            let Cell { value, change, .. } = self.total(n);
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
        match self.result.periods.len() {
            1 => format!("the {} before", unit(self.period())),
            n => format!("the {} before", many(n as u64, unit(self.period()))),
        }
    }

    fn total(&self, number: usize) -> Cell {
        let of = |done| self.measure().of(done);
        let series = &self.result.series[number];
        let before = series.before.as_ref().map(|before| of(&before.total));
        self.cell(number, None, of(&series.total), before)
    }

    /// A number beside what it was before, of one period, or of all of them.
    fn cell(&self, series: usize, period: Option<usize>, now: u64, before: Option<u64>) -> Cell {
        let lists = Lists { look: self.look, asked: self.shown, at: self.result.computed_at };
        let by = match self.measure() {
            Measure::People => Some(By::People),
            Measure::Accounts => Some(By::Accounts),
            Measure::Uses => None,
        };
        let of = match period.and_then(|n| self.result.periods.get(n)) {
            Some(name) => when(self.period(), name),
            None => "all together".to_owned(),
        };
        let label = format!("{}, {of}", name(&self.result.series[series]));
        let number = |n: u64, before: bool| {
            let label = if before { format!("{label}, before") } else { label.clone() };
            let period = period.map(|n| n as u32 + 1);
            let who = |by| Who { series: series as u32 + 1, by, period, before };
            let number = by.map(|by| lists.number(count(n), n, label, &who(by)));
            number.unwrap_or_else(|| Number::plain(count(n)))
        };
        Cell {
            value: count(now),
            now: number(now, false),
            before: before.map_or_else(String::new, count),
            then: before.map_or_else(Number::default, |before| number(before, true)),
            change: before.map_or_else(String::new, |before| change(now, before)),
        }
    }

    fn drawing(&self, placed: &[Placed<'_>]) -> Drawing {
        let result = self.result;
        let is_one = result.series.len() == 1;
        let numbers = |values: &[analytics::report::trend::Done]| {
            values.iter().map(|done| Some(self.measure().of(done) as f64)).collect::<Vec<_>>()
        };
        let now = result.series.iter().enumerate().map(|(n, series)| Drawn {
            class: format!("s{n}"),
            values: numbers(&series.values),
            end: if is_one { String::new() } else { (n + 1).to_string() },
        });
        let before = result.series.iter().enumerate().filter_map(|(n, series)| {
            let values = numbers(&series.before.as_ref()?.values);
            Some(Drawn { class: format!("s{n} before"), values, end: String::new() })
        });
        let marks = placed.iter().enumerate().map(|(n, one)| (one.period, (n + 1).to_string()));
        Drawing {
            labels: result.periods.iter().map(|name| short(self.period(), name)).collect(),
            titles: (0..result.periods.len()).map(|n| self.title(n, placed)).collect(),
            is_open: !result.is_complete,
            lines: now.chain(before).collect(),
            marks: marks.collect(),
            ..Drawing::default()
        }
    }

    /// What is said of a period when one points at it.
    fn title(&self, number: usize, placed: &[Placed<'_>]) -> String {
        let row = self.row(number, placed);
        let mut lines = vec![row.label];
        for (series, cell) in self.result.series.iter().zip(row.cells) {
            let before = match cell.before.as_str() {
                "" => String::new(),
                before => format!(" ({before} before)"),
            };
            lines.push(format!("{}: {}{before}", name(series), cell.value));
        }
        lines.extend(row.said);
        lines.join("\n")
    }

    /// What the chart says, as a sentence.
    fn caption(&self) -> String {
        let told = |series: &Series| {
            let before = series.before.as_ref().map(|before| self.measure().of(&before.total));
            let compared = before.map(|before| {
                let now = self.measure().of(&series.total);
                format!(", {}", self.compared(now, before))
            });
            format!("{}{}", self.did(series), compared.unwrap_or_default())
        };
        let all: Vec<_> = self.result.series.iter().map(told).collect();
        format!("In {}, {}.", self.these(), all.join("; "))
    }

    /// `12% more than in the 13 weeks before`.
    fn compared(&self, now: u64, before: u64) -> String {
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
        let n = self.measure().of(&series.total);
        let thing = series.name.as_deref().map(quoted);
        match (self.measure(), thing) {
            (Measure::People, None) => format!("{} came", people(n)),
            (Measure::People, Some(thing)) => format!("{} did {thing}", people(n)),
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
        let once = match self.measure() {
            Measure::Uses => String::new(),
            _ => format!(" Who came in several {unit}s is one of the total."),
        };
        let open = match result.before.as_ref().map(|before| before.until) {
            Some(Some(until)) => format!(
                " The last {unit} is not over: it is compared with the same part of its counterpart, up to {}.",
                day_minute(until, &zone)
            ),
            _ if result.is_complete => String::new(),
            _ => format!(" The last {unit} is not over."),
        };
        let at = time_of_day(result.computed_at, &zone);
        let zone = &scope.time_zone;
        format!("Whole {unit}s, {range}, in {zone}.{once}{open} As of {at}.")
    }

    fn row(&self, number: usize, placed: &[Placed<'_>]) -> Row {
        let result = self.result;
        let of = |values: &[analytics::report::trend::Done]| {
            values.get(number).map_or(0, |done| self.measure().of(done))
        };
        let cells = result.series.iter().enumerate().map(|(n, series)| {
            let before = series.before.as_ref().map(|before| of(&before.values));
            self.cell(n, Some(number), of(&series.values), before)
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

/// A name in quotation marks, unless it has some of its own.
fn quoted(name: &str) -> String {
    if name.contains('“') { name.to_owned() } else { format!("“{name}”") }
}
