//! Visualisation: charts that are saved, and boards of them that are shared.

pub(crate) mod board;
pub(crate) mod form;
pub(crate) mod share;

pub(crate) use board::Board;

use crate::app::App;
use crate::choice::Choice;
use crate::company::Company;
use crate::error::Error;
use crate::export::{self, FORMATS};
use crate::language::{Language, fill};
use crate::monitoring::Metric;
use crate::monitoring::chart::{Chart, Look, Request};
use crate::monitoring::series;
use crate::page::{Module, Shell, render};
use crate::session::Member;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{Html, Redirect, Response};
use jiff::civil::Date;

pub(crate) const HERE: (Module, &str) = (Module::Visualisation, "/visualisation/charts");

/// A metric drawn in one way, under a name.
#[derive(Debug, Clone)]
pub(crate) struct SavedChart {
    pub(crate) name: String,
    metric: u32,
    look: Choice,
    days: usize,
    compares: bool,
    is_pinned: bool,
    saved_by: String,
    saved_on: Date,
}

/// How a chart can look.
const LOOKS: [Choice; 3] = [
    Choice::of("line", |t| t.look_line),
    Choice::of("area", |t| t.look_area),
    Choice::of("bars", |t| t.look_bars),
];

impl SavedChart {
    /// What a company finds at the first visit.
    pub(crate) fn samples(today: Date) -> [Self; 4] {
        let [line, area, bars] = LOOKS;
        let sample = |name: &str, metric, look, (days, ago): (usize, i32)| Self {
            name: name.to_owned(),
            metric,
            look,
            days,
            compares: look == line,
            is_pinned: metric == 1,
            saved_by: if ago > 9 { "Analyst 1" } else { "Manager 1" }.to_owned(),
            saved_on: today.saturating_sub(jiff::Span::new().days(ago)),
        };
        [
            sample("Revenue at a glance", 1, area, (30, 24)),
            sample("Sign-ups, day by day", 4, bars, (30, 17)),
            sample("Conversion against before", 3, line, (30, 9)),
            sample("Parcels on time", 7, line, (90, 3)),
        ]
    }

    fn drawn(&self, metric: &Metric, today: Date, language: Language) -> Chart {
        let all = metric.values(today, self.days * 2);
        let (before, values) = all.split_at(self.days);
        Chart::new(Request {
            values,
            before: self.compares.then_some(before),
            look: match self.look.value {
                "bars" => Look::Bars,
                "area" => Look::Area,
                _ => Look::Line,
            },
            unit: metric.unit,
            today,
            language,
        })
    }
}

/// A chart as pages show it.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) id: u32,
    pub(crate) saved: SavedChart,
    pub(crate) metric: &'static str,
    pub(crate) value: String,
    pub(crate) change: String,
    pub(crate) is_up: bool,
    pub(crate) saved_on: String,
    pub(crate) chart: Chart,
}

impl View {
    fn new(id: u32, saved: SavedChart, metric: &Metric, (today, member): (Date, &Member)) -> Self {
        let language = member.language;
        let (value, change) = series::latest(&metric.values(today, saved.days));
        Self {
            id,
            metric: metric.name(member.t()),
            value: metric.unit.show(value, language),
            change: language.change(change),
            is_up: change >= 0.0,
            saved_on: language.date(saved.saved_on),
            chart: saved.drawn(metric, today, language),
            saved,
        }
    }

    /// The charts of the company that `filter` lets pass: pinned ones first, then the latest.
    fn all(
        company: &Company,
        (today, member): (Date, &Member),
        filter: impl Fn(u32) -> bool,
    ) -> Vec<Self> {
        let mut views = Vec::new();
        for (id, saved) in company.charts.iter().rev().filter(|(id, _)| filter(**id)) {
            if let Some(metric) = company.metrics.get(&saved.metric) {
                views.push(Self::new(*id, saved.clone(), metric, (today, member)));
            }
        }
        views.sort_by_key(|view| !view.saved.is_pinned);
        views
    }

    /// What the chart is called where it cannot be seen.
    pub(crate) fn label(&self, t: &'static crate::catalogue::Texts) -> String {
        format!("{}, {}", self.saved.name, fill(t.last_days, self.saved.days))
    }
}

#[derive(Template)]
#[template(path = "visualisation/charts.html")]
struct ListPage {
    shell: Shell,
    views: Vec<View>,
}

/// The charts of the company.
pub(crate) async fn list(State(app): State<App>, member: Member) -> Result<Html<String>, Error> {
    let today = app.today();
    let views =
        app.company(&member, |company| Ok(View::all(company, (today, &member), |_| true)))?;
    render(&ListPage { shell: Shell::inside(&app, &member, HERE, member.t().charts), views })
}

#[derive(Template)]
#[template(path = "visualisation/chart.html")]
struct ChartPage {
    shell: Shell,
    view: View,
    boards: Vec<(u32, String)>,
    formats: [Choice; 3],
}

fn view(app: &App, member: &Member, id: u32) -> Result<View, Error> {
    let today = app.today();
    app.company(member, |company| {
        let saved = company.get::<SavedChart>(id)?.clone();
        let metric = company.get(saved.metric)?;
        Ok(View::new(id, saved, metric, (today, member)))
    })
}

/// One chart, with its numbers.
pub(crate) async fn show(
    State(app): State<App>,
    member: Member,
    Path(id): Path<u32>,
) -> Result<Html<String>, Error> {
    let view = view(&app, &member, id)?;
    let boards = app.company(&member, |company| {
        let without = company.boards.iter().filter(|(_, board)| !board.charts.contains(&id));
        Ok(without.map(|(id, board)| (*id, board.name.clone())).collect())
    })?;
    let shell = Shell::inside(&app, &member, HERE, &view.saved.name);
    render(&ChartPage { shell, view, boards, formats: FORMATS })
}

/// The numbers of a chart, as a file.
pub(crate) async fn export(
    State(app): State<App>,
    member: Member,
    Path(id): Path<u32>,
    Query(wish): Query<export::Wish>,
) -> Result<Response, Error> {
    let view = view(&app, &member, id)?;
    let head = vec![member.t().date.to_owned(), view.metric.to_owned()];
    let points =
        view.chart.points.iter().map(|point| vec![point.date.clone(), point.value.clone()]);
    let rows: Vec<_> = std::iter::once(head).chain(points).collect();
    Ok(export::file(&wish, &view.saved.name, &rows))
}

/// Pins a chart to the top of the list, or loosens it.
pub(crate) async fn pin(
    State(app): State<App>,
    member: Member,
    Path(id): Path<u32>,
) -> Result<Redirect, Error> {
    app.company(&member, |company| {
        let chart = company.get_mut::<SavedChart>(id)?;
        chart.is_pinned = !chart.is_pinned;
        Ok(())
    })?;
    Ok(Redirect::to(HERE.1))
}

/// Deletes a chart, also from the boards that show it.
pub(crate) async fn delete(
    State(app): State<App>,
    member: Member,
    Path(id): Path<u32>,
) -> Result<Redirect, Error> {
    app.company(&member, |company| {
        company.forget::<SavedChart>(id)?;
        for board in company.boards.values_mut() {
            board.charts.retain(|chart| *chart != id);
        }
        Ok(())
    })?;
    Ok(Redirect::to(HERE.1))
}
