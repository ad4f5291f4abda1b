//! The form of a chart, new or saved, with a preview of what it will look like.

use super::{HERE, LOOKS, SavedChart, View};
use crate::app::App;
use crate::catalogue::Texts;
use crate::choice::Choice;
use crate::error::Error;
use crate::monitoring::RANGES;
use crate::page::{Shell, render};
use crate::session::Member;
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::civil::Date;
use serde::Deserialize;

/// What the form asks for. What an address leaves out is as the usual chart has it.
#[derive(Debug, Deserialize)]
#[serde(default)]
pub(crate) struct ChartForm {
    name: String,
    metric: u32,
    look: String,
    days: usize,
    compares: Option<String>,
}

impl Default for ChartForm {
    fn default() -> Self {
        Self { name: String::new(), metric: 1, look: "area".to_owned(), days: 30, compares: None }
    }
}

impl ChartForm {
    /// The form that shows what is saved.
    fn of(saved: &SavedChart) -> Self {
        Self {
            name: saved.name.clone(),
            metric: saved.metric,
            look: saved.look.value.to_owned(),
            days: saved.days,
            compares: saved.compares.then(String::new),
        }
    }

    /// The chart that the form describes, whether or not it can be saved like this.
    fn chart(&self, member: &Member, today: Date) -> SavedChart {
        SavedChart {
            name: self.name.trim().to_owned(),
            metric: self.metric,
            look: Choice::find_or_first(&LOOKS, &self.look),
            days: RANGES.into_iter().find(|days| *days == self.days).unwrap_or(RANGES[1]),
            compares: self.compares.is_some(),
            is_pinned: false,
            saved_by: member.name.clone(),
            saved_on: today,
        }
    }

    /// What keeps the form from being saved.
    fn complaint(&self, t: &'static Texts) -> Option<&'static str> {
        match self.name.trim() {
            "" => Some(t.name_the_chart),
            name if name.chars().count() > 60 => Some(t.name_too_long),
            _ => None,
        }
    }
}

#[derive(Template)]
#[template(path = "visualisation/chart_form.html")]
struct FormPage {
    shell: Shell,
    title: &'static str,
    action: String,
    back: String,
    metrics: Vec<(u32, &'static str)>,
    looks: [Choice; 3],
    ranges: [usize; 3],
    view: View,
    complaint: Option<&'static str>,
}

fn form_page(
    app: &App,
    member: &Member,
    (id, form): (Option<u32>, &ChartForm),
    complaint: Option<&'static str>,
) -> Result<Html<String>, Error> {
    let (today, t) = (app.today(), member.t());
    let (view, metrics) = app.company(member, |company| {
        let metrics = company.metrics.iter().map(|(id, metric)| (*id, metric.name(t))).collect();
        let chart = form.chart(member, today);
        let metric = company.metric(chart.metric)?;
        Ok((View::new(id.unwrap_or_default(), chart, metric, (today, member)), metrics))
    })?;
    let path = id.map_or_else(|| HERE.1.to_owned(), |id| format!("{}/{id}", HERE.1));
    let title = if id.is_some() { t.edit_chart } else { t.new_chart };
    render(&FormPage {
        shell: Shell::inside(app, member, HERE, title),
        title,
        back: path.clone(),
        action: if id.is_some() { format!("{path}/edit") } else { path },
        metrics,
        looks: LOOKS,
        ranges: RANGES,
        view,
        complaint,
    })
}

/// The form of a new chart, filled in as the address says.
pub(crate) async fn new(
    State(app): State<App>,
    member: Member,
    Query(form): Query<ChartForm>,
) -> Result<Html<String>, Error> {
    form_page(&app, &member, (None, &form), None)
}

/// The form of a saved chart.
pub(crate) async fn edit(
    State(app): State<App>,
    member: Member,
    Path(id): Path<u32>,
) -> Result<Html<String>, Error> {
    let form = app.company(&member, |company| Ok(ChartForm::of(company.chart(id)?)))?;
    form_page(&app, &member, (Some(id), &form), None)
}

/// Saves a new chart, and leads to it.
pub(crate) async fn create(
    State(app): State<App>,
    member: Member,
    Form(form): Form<ChartForm>,
) -> Result<Response, Error> {
    save(&app, &member, (None, &form))
}

/// Saves a chart again, and leads to it.
pub(crate) async fn update(
    State(app): State<App>,
    member: Member,
    Path(id): Path<u32>,
    Form(form): Form<ChartForm>,
) -> Result<Response, Error> {
    save(&app, &member, (Some(id), &form))
}

fn save(
    app: &App,
    member: &Member,
    (id, form): (Option<u32>, &ChartForm),
) -> Result<Response, Error> {
    if let Some(complaint) = form.complaint(member.t()) {
        let page = form_page(app, member, (id, form), Some(complaint))?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let chart = form.chart(member, app.today());
    let id = app.company(member, |company| {
        company.metric(chart.metric)?;
        let Some(id) = id else {
            let id = company.next_id();
            company.charts.insert(id, chart);
            return Ok(id);
        };
        let saved = company.chart(id)?;
        *saved = SavedChart { is_pinned: saved.is_pinned, ..chart };
        Ok(id)
    })?;
    Ok(Redirect::to(&format!("{}/{id}", HERE.1)).into_response())
}
