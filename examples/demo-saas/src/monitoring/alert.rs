//! Alerts: set on the page of a metric, listed, deleted.

use super::{Metric, Unit};
use crate::app::App;
use crate::choice::Choice;
use crate::company::Company;
use crate::error::Error;
use crate::kept::lead_to;
use crate::language::{Language, fill};
use crate::page::{Module, Shell, render};
use crate::session::Member;
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{Html, Redirect};
use serde::Deserialize;

pub(crate) const HERE: (Module, &str) = (Module::Monitoring, "/monitoring/alerts");

const CONDITIONS: [Choice; 4] = [
    Choice::of("below", |t| t.falls_below),
    Choice::of("above", |t| t.rises_above),
    Choice::of("drop", |t| t.drops_by_more),
    Choice::of("growth", |t| t.grows_by_more),
];
const CHANNELS: [Choice; 3] = [
    Choice::of("email", |t| t.email),
    Choice::of("chat", |t| t.chat),
    Choice::of("sms", |t| t.text_message),
];

/// What sets off an alert, and where it goes.
#[derive(Debug, Clone)]
pub(crate) struct Alert {
    pub(crate) metric: u32,
    condition: Choice,
    threshold: f64,
    unit: Unit,
    channel: Choice,
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
    pub(crate) fn all(
        company: &Company,
        language: Language,
        filter: impl Fn(&Alert) -> bool,
    ) -> Vec<Self> {
        let t = language.texts();
        let alerts = company.alerts.iter().rev().filter(|(_, alert)| filter(alert));
        let row = |(id, alert): (&u32, &Alert)| {
            let metric = company.metrics.get(&alert.metric)?;
            Some(Self {
                id: *id,
                metric_id: alert.metric,
                metric: metric.name(t),
                sentence: alert.sentence(language),
                channel: alert.channel.text(t),
                set_by: alert.set_by.clone(),
            })
        };
        alerts.filter_map(row).collect()
    }
}

impl Alert {
    /// What a company finds at the first visit.
    pub(crate) fn samples() -> [Self; 2] {
        let [below, _, _, growth] = CONDITIONS;
        let [email, chat, _] = CHANNELS;
        let by = || "Manager 1".to_owned();
        [
            Self {
                metric: 7,
                condition: below,
                threshold: 92.0,
                unit: Unit::Percent,
                channel: email,
                set_by: by(),
            },
            Self {
                metric: 5,
                condition: growth,
                threshold: 15.0,
                unit: Unit::Percent,
                channel: chat,
                set_by: by(),
            },
        ]
    }

    fn sentence(&self, language: Language) -> String {
        let is_change = matches!(self.condition.value, "drop" | "growth");
        let unit = if is_change { Unit::Percent } else { self.unit };
        let threshold = unit.show(self.threshold, language);
        fill(self.condition.text(language.texts()), threshold)
    }
}

/// What the dialog of a new alert offers.
#[derive(Debug)]
pub(crate) struct AlertForm {
    pub(crate) conditions: [Choice; 4],
    pub(crate) channels: [Choice; 3],
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
            condition: Choice::find_or_first(&CONDITIONS, &form.condition),
            threshold: form.threshold,
            unit: company.get::<Metric>(id)?.unit,
            channel: Choice::find_or_first(&CHANNELS, &form.channel),
            set_by: member.name.clone(),
        };
        company.keep(None, alert);
        Ok(())
    })?;
    Ok(lead_to::<Metric>(id))
}

#[derive(Template)]
#[template(path = "monitoring/alerts.html")]
struct ListPage {
    shell: Shell,
    alerts: Vec<AlertRow>,
}

/// The list of alerts.
pub(crate) async fn list(State(app): State<App>, member: Member) -> Result<Html<String>, Error> {
    let alerts =
        app.company(&member, |company| Ok(AlertRow::all(company, member.language, |_| true)))?;
    render(&ListPage { shell: Shell::inside(&app, &member, HERE, member.t().alerts), alerts })
}
