//! What the Views page shows, in words.

use crate::dashboard::format::{day_time, instant};
use crate::dashboard::layout::Shell;
use crate::dashboard::notice::{Notice, sentence};
use crate::dashboard::question::{REPORTS, Report, report};
use analytics::feature::Features;
use analytics::{Scope, compile};
use askama::Template;
use jiff::tz::TimeZone;
use protocol::Timestamp;
use store::{Databases, SavedView, View};

/// The Views page.
#[derive(Debug, Template)]
#[template(path = "views.html")]
pub(super) struct ViewsPage {
    pub(super) shell: Shell,
    /// The path of the project.
    pub(super) path: String,
    pub(super) notice: Option<Notice>,
    pub(super) may_change: bool,
    /// What was to be saved and was not.
    pub(super) typed: Option<Typed>,
    pub(super) team: Vec<Line>,
    pub(super) mine: Vec<Line>,
    /// Where one begins who has saved nothing yet.
    pub(super) starts: Vec<Start>,
}

/// What somebody typed.
#[derive(Debug)]
pub(super) struct Typed {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) report: String,
    pub(super) query: String,
    pub(super) shared: bool,
}

/// A report to begin with.
#[derive(Debug)]
pub(super) struct Start {
    pub(super) address: String,
    pub(super) label: &'static str,
    pub(super) what: &'static str,
}

/// The reports that one can begin with.
pub(super) fn starts(path: &str) -> Vec<Start> {
    let start = |report: &Report| Start {
        address: format!("{path}/{}", report.id),
        label: report.label,
        what: report.what,
    };
    REPORTS.iter().map(start).collect()
}

/// By what it is told whether a question means something.
#[derive(Debug)]
pub(super) struct Sense<'a> {
    /// None while the store is away.
    pub(super) features: Option<Features>,
    pub(super) scope: Scope,
    pub(super) databases: &'a Databases,
    pub(super) now: Timestamp,
}

impl Sense<'_> {
    /// Why the question of a view means nothing; `None` if it does.
    fn fault(&self, view: &View) -> Option<String> {
        let Some(report) = report(&view.report) else {
            return Some("There is no such report here.".to_owned());
        };
        let query = match (report.read)(&view.query) {
            Ok(question) => question.query?,
            Err(fault) => return Some(sentence(&fault)),
        };
        let features = self.features.as_ref()?;
        let fault = compile(&query, features, &self.scope, self.databases, self.now).err()?;
        Some(sentence(&fault.to_string()))
    }
}

/// A view in the list.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) id: String,
    pub(super) version: u32,
    pub(super) name: String,
    pub(super) description: String,
    /// The report, by its id and by what it is called.
    pub(super) report: String,
    pub(super) label: String,
    pub(super) query: String,
    pub(super) address: String,
    pub(super) shared: bool,
    pub(super) who: String,
    pub(super) when: String,
    pub(super) instant: String,
    /// Why its question means nothing any more.
    pub(super) fault: Option<String>,
}

impl Line {
    pub(super) fn new(
        saved: SavedView,
        sense: &Sense<'_>,
        now: Timestamp,
        zone: &TimeZone,
    ) -> Self {
        let fault = sense.fault(&saved.view);
        let SavedView { version, author, at, view } = saved;
        let label = report(&view.report).map_or(view.report.as_str(), |report| report.label);
        Self {
            label: label.to_owned(),
            address: format!("/projects/{}/{}?{}", view.project, view.report, view.query),
            id: view.id,
            version,
            name: view.name,
            description: view.description,
            report: view.report,
            query: view.query,
            shared: view.shared,
            who: author,
            when: day_time(at, now, zone),
            instant: instant(at),
            fault,
        }
    }
}
