//! Alerts: set on the page of a metric, listed, deleted.

use super::Unit;
use crate::app::App;
use crate::company::Company;
use crate::error::Error;
use crate::page::{Module, Shell, render};
use crate::session::Member;
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{Html, Redirect};
use serde::Deserialize;

const HERE: (Module, &str) = (Module::Monitoring, "/monitoring/alerts");

const CONDITIONS: [&str; 4] =
    ["falls below", "rises above", "drops by more than", "grows by more than"];
const CHANNELS: [&str; 3] = ["E-mail", "Chat", "Text message"];

/// What sets off an alert, and where it goes.
#[derive(Debug, Clone)]
pub(crate) struct Alert {
    pub(crate) metric: u32,
    condition: &'static str,
    threshold: f64,
    unit: Unit,
    channel: &'static str,
    set_by: String,
}

/// An alert as it is listed.
#[derive(Debug)]
pub(crate) struct AlertRow {
    pub(crate) id: u32,
    pub(crate) metric_id: u32,
    pub(crate) metric: &'static str,
    pub(crate) sentence: String,
    pub(crate) channel: &'static str,
    pub(crate) set_by: String,
}

impl AlertRow {
    /// The alerts of a company that pass `filter`, the latest first.
    pub(crate) fn all(company: &Company, filter: impl Fn(&Alert) -> bool) -> Vec<Self> {
        let alerts = company.alerts.iter().rev().filter(|(_, alert)| filter(alert));
        let row = |(id, alert): (&u32, &Alert)| {
            let metric = company.metrics.get(&alert.metric)?;
            Some(Self {
                id: *id,
                metric_id: alert.metric,
                metric: metric.name,
                sentence: alert.sentence(),
                channel: alert.channel,
                set_by: alert.set_by.clone(),
            })
        };
        alerts.filter_map(row).collect()
    }
}

impl Alert {
    fn sentence(&self) -> String {
        let unit = if self.condition.contains("by more") { Unit::Percent } else { self.unit };
        format!("{} {}", self.condition, unit.show(self.threshold))
    }
}

/// What the dialog of a new alert offers.
#[derive(Debug)]
pub(crate) struct AlertForm {
    pub(crate) conditions: [&'static str; 4],
    pub(crate) channels: [&'static str; 3],
    pub(crate) latest: String,
}

impl AlertForm {
    /// The form beside the latest value.
    pub(crate) fn new(latest: String) -> Self {
        Self { conditions: CONDITIONS, channels: CHANNELS, latest }
    }
}

/// The form of a new alert. Choices that are not offered become the first one.
#[derive(Debug, Deserialize)]
pub(crate) struct NewAlert {
    condition: String,
    threshold: f64,
    channel: String,
}

fn offered(value: &str, of: &[&'static str]) -> &'static str {
    of.iter().copied().find(|it| *it == value).unwrap_or(of[0])
}

/// Saves an alert on a metric, and leads back to it.
pub(crate) async fn save(
    State(app): State<App>,
    member: Member,
    Path(id): Path<u32>,
    Form(form): Form<NewAlert>,
) -> Result<Redirect, Error> {
    app.company(&member, |company| {
        let alert = Alert {
            metric: id,
            condition: offered(&form.condition, &CONDITIONS),
            threshold: form.threshold,
            unit: company.metric(id)?.unit,
            channel: offered(&form.channel, &CHANNELS),
            set_by: member.email.clone(),
        };
        let alert_id = company.next_id();
        company.alerts.insert(alert_id, alert);
        Ok(())
    })?;
    Ok(Redirect::to(&format!("/monitoring/metrics/{id}")))
}

#[derive(Template)]
#[template(path = "alerts.html")]
struct ListPage {
    shell: Shell,
    alerts: Vec<AlertRow>,
}

/// The list of alerts.
pub(crate) async fn list(State(app): State<App>, member: Member) -> Result<Html<String>, Error> {
    let alerts = app.company(&member, |company| Ok(AlertRow::all(company, |_| true)))?;
    render(&ListPage { shell: Shell::inside(&app, &member, HERE, "Alerts"), alerts })
}

/// Deletes an alert.
pub(crate) async fn delete(
    State(app): State<App>,
    member: Member,
    Path(id): Path<u32>,
) -> Result<Redirect, Error> {
    app.company(&member, |company| {
        company.alerts.remove(&id).map(drop).ok_or(Error::NotFound("alert"))
    })?;
    Ok(Redirect::to("/monitoring/alerts"))
}
