//! The reports whose questions can be saved: what each is called, and how its query string is read.

use super::report::Asked;
use super::{funnel, retention};
use analytics::{InvalidQuery, Query};

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

impl Canonical {
    /// What a screen was asked.
    pub(super) fn of(asked: &impl Asked) -> Self {
        Self { address: asked.address(), query: asked.query() }
    }
}

/// Every report that views can be of.
pub(crate) const REPORTS: &[Report] = &[
    Report { id: "funnel", label: "Funnel", what: funnel::LEAD, read: funnel::question },
    Report {
        id: "retention",
        label: "Retention",
        what: retention::LEAD,
        read: retention::question,
    },
];

/// The report with this id.
pub(crate) fn report(id: &str) -> Option<&'static Report> {
    REPORTS.iter().find(|report| report.id == id)
}
