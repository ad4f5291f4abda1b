//! Monitoring: the metrics of a company, who watches them, and what sets off an alert.

pub(crate) mod alert;
pub(crate) mod chart;
pub(crate) mod series;

pub(crate) use alert::Alert;

use crate::app::App;
use crate::catalogue::Texts;
use crate::choice::Choice;
use crate::error::Error;
use crate::kept::lead_to;
use crate::page::{Module, Shell, render};
use crate::session::Member;
use alert::{AlertForm, AlertRow};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{Html, Redirect};
use chart::{Chart, Look, Request};
use jiff::civil::Date;
use serde::Deserialize;
use series::{Shape, Unit};
use std::collections::BTreeSet;

pub(crate) const HERE: (Module, &str) = (Module::Monitoring, "/monitoring/metrics");

/// Days that a chart can show.
pub(crate) const RANGES: [usize; 3] = [7, 30, 90];

/// Something that a company measures every day.
#[derive(Debug, Clone)]
pub(crate) struct Metric {
    name: Choice,
    about: fn(&'static Texts) -> &'static str,
    pub(crate) unit: Unit,
    shape: Shape,
    watchers: BTreeSet<String>,
}

/// What a metric is called, what it means, its unit and shape.
type Usual = (Choice, fn(&'static Texts) -> &'static str, Unit, Shape);

/// The metrics that every company begins with.
const USUAL: [Usual; 8] = [
    (
        Choice::of("revenue", |t| t.revenue),
        |t| t.revenue_about,
        Unit::Money,
        Shape::of(48_200.0, 0.22, 0.24),
    ),
    (
        Choice::of("active_customers", |t| t.active_customers),
        |t| t.active_customers_about,
        Unit::Count,
        Shape::of(1_840.0, 0.14, 0.18),
    ),
    (
        Choice::of("conversion", |t| t.checkout_conversion),
        |t| t.checkout_conversion_about,
        Unit::Percent,
        Shape::of(3.4, -0.08, 0.1),
    ),
    (
        Choice::of("sign_ups", |t| t.new_sign_ups),
        |t| t.new_sign_ups_about,
        Unit::Count,
        Shape::of(212.0, 0.31, 0.3),
    ),
    (
        Choice::of("refunds", |t| t.refund_rate),
        |t| t.refund_rate_about,
        Unit::Percent,
        Shape::of(2.1, -0.25, 0.05),
    ),
    (
        Choice::of("first_reply", |t| t.first_reply),
        |t| t.first_reply_about,
        Unit::Minutes,
        Shape::of(38.0, -0.3, 0.25),
    ),
    (
        Choice::of("on_time", |t| t.on_time),
        |t| t.on_time_about,
        Unit::Percent,
        Shape::of(94.0, 0.02, 0.02),
    ),
    (
        Choice::of("basket", |t| t.basket_size),
        |t| t.basket_size_about,
        Unit::Money,
        Shape::of(86.0, 0.05, 0.08),
    ),
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

    /// What the metric is called.
    pub(crate) fn name(&self, t: &'static Texts) -> &'static str {
        self.name.text(t)
    }

    /// What the metric means.
    pub(crate) fn about(&self, t: &'static Texts) -> &'static str {
        (self.about)(t)
    }

    /// The values of the last `days` days, the latest last.
    pub(crate) fn values(&self, today: Date, days: usize) -> Vec<f64> {
        self.shape.values(self.name.value, today, days)
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
#[template(path = "monitoring/metrics.html")]
struct ListPage {
    shell: Shell,
    metrics: Vec<MetricRow>,
}

/// The list of metrics.
pub(crate) async fn list(State(app): State<App>, member: Member) -> Result<Html<String>, Error> {
    let (today, language, t) = (app.today(), member.language, member.t());
    let metrics = app.company(&member, |company| {
        let row = |(id, metric): (&u32, &Metric)| {
            let values = metric.values(today, 28);
            let (value, change) = series::latest(&values);
            MetricRow {
                id: *id,
                name: metric.name(t),
                about: metric.about(t),
                value: metric.unit.show(value, language),
                change: language.change(change),
                is_up: change >= 0.0,
                sparkline: chart::sparkline(&values),
                is_watched: metric.watchers.contains(&member.user_id),
                n_alerts: company.n_alerts(*id),
            }
        };
        Ok(company.metrics.iter().map(row).collect())
    })?;
    render(&ListPage { shell: Shell::inside(&app, &member, HERE, t.metrics), metrics })
}

/// What the address of a metric may say besides its id.
#[derive(Debug, Deserialize)]
pub(crate) struct Range {
    days: Option<usize>,
}

#[derive(Template)]
#[template(path = "monitoring/metric.html")]
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
    let language = member.language;
    let (metric, alerts) = app.company(&member, |company| {
        let metric = company.get::<Metric>(id)?.clone();
        Ok((metric, AlertRow::all(company, language, |alert| alert.metric == id)))
    })?;
    let (today, unit) = (app.today(), metric.unit);
    let values = metric.values(today, days);
    let (value, change) = series::latest(&values);
    let value = unit.show(value, language);
    render(&MetricPage {
        shell: Shell::inside(&app, &member, HERE, metric.name(member.t())),
        id,
        form: AlertForm::new(value.clone()),
        value,
        change: language.change(change),
        is_up: change >= 0.0,
        is_watched: metric.watchers.contains(&member.user_id),
        days,
        ranges: RANGES,
        chart: Chart::new(Request {
            values: &values,
            before: None,
            look: Look::Area,
            unit,
            today,
            language,
        }),
        alerts,
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
        let watchers = &mut company.get_mut::<Metric>(id)?.watchers;
        if !watchers.remove(&member.user_id) {
            watchers.insert(member.user_id.clone());
        }
        Ok(())
    })?;
    Ok(lead_to::<Metric>(id))
}
