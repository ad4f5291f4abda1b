//! The reports whose questions can be saved: what each is called, and how its query string is read.

use super::report::{self, Asked};
use super::{
    accounts, adoption, first_week, funnel, lifecycle, paths, retention, stickiness, trend,
};
use analytics::{Funnel, Lifecycle, Paths, Query, Retention, Stickiness};

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
    ///
    /// # Errors
    /// A sentence, where a part of it cannot be read.
    pub(crate) read: fn(&str) -> Result<Canonical, String>,
}

/// A question of a report, as its screen writes it.
#[derive(Debug)]
pub(crate) struct Canonical {
    /// The query string.
    pub(crate) address: String,
    /// The same as the API takes it; none where it is no question of a report by features and days,
    /// so that there is nothing more to find wrong with it.
    pub(crate) query: Option<Query>,
}

/// A question of a report as its screen writes it.
fn canonical<T: Asked>(text: &str) -> Result<Canonical, String> {
    let asked = T::of(text).map_err(|fault| fault.to_string())?;
    Ok(Canonical { address: asked.address(), query: Some(asked.query()) })
}

const fn row<T: Asked>(report: &report::Report) -> Report {
    Report { id: report.id, label: report.title, what: report.lead, read: canonical::<T> }
}

/// Every report that views can be of.
pub(crate) const REPORTS: &[Report] = &[
    accounts::look::REPORT,
    accounts::table::REPORT,
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
