//! The reports whose questions can be saved: what each is called, and how its query string is read.

use super::report::{self, Asked};
use super::{adoption, first_week, funnel, lifecycle, paths, retention, stickiness, trend};
use analytics::{Funnel, InvalidQuery, Lifecycle, Paths, Query, Retention, Stickiness};

/// A report that views can be of.
#[derive(Debug)]
pub(crate) struct Report {
    /// The end of the address of its screen.
    pub(crate) id: &'static str,
    /// What it is called.
    pub(crate) label: &'static str,
    /// What it tells.
    pub(crate) what: &'static str,
    /// Reads a question.
    pub(crate) read: fn(&str) -> Result<Canonical, InvalidQuery>,
}

/// A question of a report, as its screen writes it.
#[derive(Debug)]
pub(crate) struct Canonical {
    /// The query string.
    pub(crate) address: String,
    /// The same as the API takes it.
    pub(crate) query: Query,
}

/// A question of a report as its screen writes it.
fn canonical<T: Asked>(text: &str) -> Result<Canonical, InvalidQuery> {
    let asked = T::of(text)?;
    Ok(Canonical { address: asked.address(), query: asked.query() })
}

const fn row<T: Asked>(report: &report::Report) -> Report {
    Report { id: report.id, label: report.title, what: report.lead, read: canonical::<T> }
}

/// Every report that views can be of.
pub(crate) const REPORTS: &[Report] = &[
    row::<trend::Shown>(&trend::REPORT),
    row::<Funnel>(&funnel::REPORT),
    row::<Paths>(&paths::REPORT),
    row::<Retention>(&retention::REPORT),
    row::<Stickiness>(&stickiness::REPORT),
    row::<Lifecycle>(&lifecycle::REPORT),
    row::<adoption::Shown>(&adoption::REPORT),
    row::<first_week::Shown>(&first_week::REPORT),
];

/// The report with this id.
pub(crate) fn report(id: &str) -> Option<&'static Report> {
    REPORTS.iter().find(|report| report.id == id)
}
