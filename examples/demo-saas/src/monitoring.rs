//! Monitoring: the metrics of a company, who watches them, and what sets off an alert.

pub(crate) mod alert;
mod chart;
mod series;

pub(crate) use alert::Alert;

use crate::app::App;
use crate::error::Error;
use crate::page::{Module, Shell, render};
use crate::session::Member;
use alert::{AlertForm, AlertRow};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{Html, Redirect};
use chart::Chart;
use jiff::civil::Date;
use serde::Deserialize;
use series::{Shape, Unit};
use std::collections::BTreeSet;

const HERE: (Module, &str) = (Module::Monitoring, "/monitoring/metrics");

/// Days that a chart can show.
const RANGES: [usize; 3] = [7, 30, 90];

/// Something that a company measures every day.
#[derive(Debug, Clone)]
pub(crate) struct Metric {
    pub(crate) name: &'static str,
    about: &'static str,
    unit: Unit,
    shape: Shape,
    watchers: BTreeSet<String>,
}

/// Name, meaning, unit and shape of the metrics that every company begins with.
const USUAL: [(&str, &str, Unit, Shape); 8] = [
    ("Revenue", "Paid orders, before refunds", Unit::Money, Shape::of(48_200.0, 0.22, 0.24)),
    (
        "Active customers",
        "Companies with an order that day",
        Unit::Count,
        Shape::of(1_840.0, 0.14, 0.18),
    ),
    (
        "Checkout conversion",
        "Visits that end with a paid order",
        Unit::Percent,
        Shape::of(3.4, -0.08, 0.1),
    ),
    ("New sign-ups", "Accounts opened that day", Unit::Count, Shape::of(212.0, 0.31, 0.3)),
    ("Refund rate", "Refunded share of paid orders", Unit::Percent, Shape::of(2.1, -0.25, 0.05)),
    (
        "Time to first reply",
        "Median of the support team",
        Unit::Minutes,
        Shape::of(38.0, -0.3, 0.25),
    ),
    (
        "Delivered on time",
        "Share of parcels on the promised day",
        Unit::Percent,
        Shape::of(94.0, 0.02, 0.02),
    ),
    ("Basket size", "Mean value of an order", Unit::Money, Shape::of(86.0, 0.05, 0.08)),
];

impl Metric {
    /// The metrics that every company begins with.
    pub(crate) fn usual() -> impl Iterator<Item = Self> {
        USUAL.into_iter().map(|(name, about, unit, shape)| Self {
            name,
            about,
            unit,
            shape,
            watchers: BTreeSet::new(),
        })
    }

    /// The values of the last `days` days, the latest last.
    fn values(&self, today: Date, days: usize) -> Vec<f64> {
        self.shape.values(self.name, today, days)
    }
}

/// A row of the list of metrics.
struct MetricRow {
    id: u32,
    name: &'static str,
    about: &'static str,
    value: String,
    change: String,
    is_up: bool,
    sparkline: String,
    is_watched: bool,
    n_alerts: usize,
}

#[derive(Template)]
#[template(path = "metrics.html")]
struct ListPage {
    shell: Shell,
    metrics: Vec<MetricRow>,
}

/// The list of metrics.
pub(crate) async fn list(State(app): State<App>, member: Member) -> Result<Html<String>, Error> {
    let today = app.today();
    let metrics = app.company(&member, |company| {
        let row = |(id, metric): (&u32, &Metric)| {
            let values = metric.values(today, 28);
            let (value, change) = series::latest(&values);
            MetricRow {
                id: *id,
                name: metric.name,
                about: metric.about,
                value: metric.unit.show(value),
                change: format!("{change:+.1} %"),
                is_up: change >= 0.0,
                sparkline: chart::sparkline(&values),
                is_watched: metric.watchers.contains(&member.email),
                n_alerts: company.n_alerts(*id),
            }
        };
        Ok(company.metrics.iter().map(row).collect())
    })?;
    render(&ListPage { shell: Shell::inside(&app, &member, HERE, "Metrics"), metrics })
}

/// What the address of a metric may say besides its id.
#[derive(Debug, Deserialize)]
pub(crate) struct Range {
    days: Option<usize>,
}

#[derive(Template)]
#[template(path = "metric.html")]
struct MetricPage {
    shell: Shell,
    id: u32,
    metric: Metric,
    value: String,
    change: String,
    is_up: bool,
    is_watched: bool,
    days: usize,
    ranges: [usize; 3],
    chart: Chart,
    alerts: Vec<AlertRow>,
    form: AlertForm,
}

/// One metric with its chart.
pub(crate) async fn show(
    State(app): State<App>,
    member: Member,
    Path(id): Path<u32>,
    Query(range): Query<Range>,
) -> Result<Html<String>, Error> {
    let days = range.days.filter(|days| RANGES.contains(days)).unwrap_or(30);
    let (metric, alerts) = app.company(&member, |company| {
        Ok((company.metric(id)?.clone(), AlertRow::all(company, |alert| alert.metric == id)))
    })?;
    let values = metric.values(app.today(), days);
    let (value, change) = series::latest(&values);
    render(&MetricPage {
        shell: Shell::inside(&app, &member, HERE, metric.name),
        id,
        value: metric.unit.show(value),
        change: format!("{change:+.1} %"),
        is_up: change >= 0.0,
        is_watched: metric.watchers.contains(&member.email),
        days,
        ranges: RANGES,
        chart: Chart::new(&values, app.today(), metric.unit),
        alerts,
        form: AlertForm::new(metric.unit.show(value)),
        metric,
    })
}

/// Begins to watch a metric, or ceases to.
pub(crate) async fn watch(
    State(app): State<App>,
    member: Member,
    Path(id): Path<u32>,
) -> Result<Redirect, Error> {
    app.company(&member, |company| {
        let watchers = &mut company.metric(id)?.watchers;
        if !watchers.remove(&member.email) {
            watchers.insert(member.email.clone());
        }
        Ok(())
    })?;
    Ok(Redirect::to(&format!("/monitoring/metrics/{id}")))
}
