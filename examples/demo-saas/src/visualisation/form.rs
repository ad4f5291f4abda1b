//! The form of a chart, new or saved, with a preview of what it will look like.

use super::{HERE, LOOKS, SavedChart, View};
use crate::app::App;
use crate::catalogue::Texts;
use crate::choice::Choice;
use crate::company::Company;
use crate::draft::{Ask, Draft, Frame};
use crate::error::Error;
use crate::monitoring::{Metric, RANGES};
use crate::page::{Shell, render};
use crate::session::Member;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Html;
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

impl From<&SavedChart> for ChartForm {
    /// The form that shows what is saved.
    fn from(saved: &SavedChart) -> Self {
        Self {
            name: saved.name.clone(),
            metric: saved.metric,
            look: saved.look.value.to_owned(),
            days: saved.days,
            compares: saved.compares.then(String::new),
        }
    }
}

impl ChartForm {
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
}

#[derive(Template)]
#[template(path = "visualisation/chart_form.html")]
struct FormPage {
    shell: Shell,
    frame: Frame,
    metrics: Vec<(u32, &'static str)>,
    looks: [Choice; 3],
    ranges: [usize; 3],
    view: View,
    complaint: Option<String>,
}

impl Draft for ChartForm {
    type Thing = SavedChart;

    fn complaint(&self, t: &'static Texts) -> Option<String> {
        match self.name.trim() {
            "" => Some(t.name_the_chart.to_owned()),
            name if name.chars().count() > 60 => Some(t.name_too_long.to_owned()),
            _ => None,
        }
    }

    fn thing(
        &self,
        company: &Company,
        saved: Option<&SavedChart>,
        (by, today): (&Member, Date),
    ) -> Result<SavedChart, Error> {
        company.get::<Metric>(self.metric)?;
        let is_pinned = saved.is_some_and(|saved| saved.is_pinned);
        Ok(SavedChart { is_pinned, ..self.chart(by, today) })
    }

    fn page(&self, ask: Ask<'_>) -> Result<Html<String>, Error> {
        let Ask { app, member, id, complaint } = ask;
        let (today, t) = (app.today(), member.t());
        let (view, metrics) = app.company(member, |company| {
            let metrics = company.metrics.iter();
            let metrics = metrics.map(|(id, metric)| (*id, metric.name(t))).collect();
            let chart = self.chart(member, today);
            let metric = company.get(chart.metric)?;
            Ok((View::new(id.unwrap_or_default(), chart, metric, (today, member)), metrics))
        })?;
        let frame = Frame::of::<SavedChart>(id, [t.new_chart, t.edit_chart]);
        render(&FormPage {
            shell: Shell::inside(app, member, HERE, frame.title),
            frame,
            metrics,
            looks: LOOKS,
            ranges: RANGES,
            view,
            complaint,
        })
    }
}

/// The form of a new chart, filled in as the address says.
pub(crate) async fn new(
    State(app): State<App>,
    member: Member,
    Query(form): Query<ChartForm>,
) -> Result<Html<String>, Error> {
    form.page(Ask::of(&app, &member, None))
}
