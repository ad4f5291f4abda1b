//! The frame that the screens of reports share: question, days, links, and what is told where
//! there is no answer.

pub(super) mod form;
pub(super) mod screen;

use super::among;
use super::apart::{Apart, Headline};
use super::layout::{Place, Shell};
use super::question;
use super::range::{Choice, CustomRange, custom_range};
use super::visit::Visit;
use crate::App;
use crate::definitions::Project;
use crate::http::error::ApiError;
use crate::members::{SignedIn, unavailable};
use crate::views::Who;
use analytics::{Among, Answer, DateRange, InvalidQuery, Parts, Property, Query, Scope};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::{ProjectId, Timestamp};
use std::sync::Arc;
use store::{SavedView, View};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// A question that a screen asks.
pub(super) trait Asked: Sized {
    /// What is told to it.
    type Result;
    /// Reads a query string.
    ///
    /// # Errors
    /// When a part of it cannot be read.
    fn of(text: &str) -> Result<Self, InvalidQuery>;
    /// The query string that says it.
    fn address(&self) -> String;
    /// Whether it is broken down in a way of its own.
    const HAS_BREAKDOWN: bool = false;
    /// Whom it is about.
    fn among(&self) -> &Among;
    /// The same question about others.
    fn with_among(&self, among: Among) -> Self;
    /// What matters most of an answer.
    fn headlines(_: &Self::Result) -> Vec<Headline> {
        Vec::new()
    }
    /// The days that it is about.
    fn date_range(&self) -> DateRange;
    /// The same question about other days.
    fn in_range(&self, date_range: DateRange) -> Self;
    /// The question as the API takes it.
    fn query(&self) -> Query;
    /// The answer to it; none if it is one to another question.
    fn result(answer: Answer) -> Option<Self::Result>;
}

/// A report and the place of its screen.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) place: Place,
    /// The end of its address, and the beginning of the names of its files.
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    /// What it tells, as a sentence.
    pub(super) lead: &'static str,
}

/// What stands around the question and the answer of a report.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) title: &'static str,
    pub(super) lead: &'static str,
    /// The class of its layout.
    pub(super) id: &'static str,
    /// The path of the page, without its query.
    pub(super) path: String,
    /// The whole address of what is seen, for the copied link.
    pub(super) link: String,
    /// The address of the same as CSV, where there is an answer.
    pub(super) csv: Option<String>,
    /// The state that is not in a visible field.
    pub(super) hidden: Vec<(String, String)>,
    pub(super) ranges: Vec<Choice>,
    pub(super) custom: CustomRange,
    /// What is wrong with the question, or with the store.
    pub(super) fault: Option<String>,
    /// The question as JSON.
    pub(super) question: String,
    /// Where the question can be posted to.
    pub(super) endpoint: String,
    /// Whom it is about.
    pub(super) among: among::Shown,
    /// The same about each of the values that it tells apart.
    pub(super) apart: Option<Apart>,
    /// The address of Setup.
    pub(super) setup: String,
    /// The question as its view says it.
    pub(super) query: String,
    /// Where it can be saved; none for a report that views cannot be of.
    pub(super) views: Option<String>,
    saved: Arc<Vec<SavedView>>,
    project: ProjectId,
}

impl Frame {
    /// The view that this very question is saved as, by who looks at it or by the team: what it is
    /// called, and what is to be found there.
    pub(super) fn saved_as(&self, shell: &Shell) -> Option<(&str, &str)> {
        let mut saved = saved_of(&self.saved, &self.project, self.id, shell);
        let view = saved.find(|view| view.query == self.query)?;
        Some((view.name.as_str(), view.description.as_str()))
    }
}

/// The views of a report that who looks at it sees.
pub(super) fn saved_of<'a>(
    saved: &'a [SavedView],
    project: &'a ProjectId,
    report: &'a str,
    shell: &Shell,
) -> impl Iterator<Item = &'a View> {
    let name = shell.member.as_ref().map_or("", |member| member.email.as_str()).to_owned();
    let who = Who { name, is_program: false };
    let seen = saved.iter().map(|one| &one.view).filter(move |view| who.sees(view));
    seen.filter(move |view| view.project == *project && view.report == report)
}

/// One look at the screen of a report.
#[derive(Debug)]
pub(super) struct Look<'a> {
    pub(super) report: &'static Report,
    pub(super) origin: &'a str,
    pub(super) path: String,
    pub(super) scope: Scope,
    pub(super) now: Timestamp,
    pub(super) saved: Arc<Vec<SavedView>>,
    /// What can be asked of people and accounts, among others.
    pub(super) properties: Vec<Property>,
    /// What the question tells apart.
    pub(super) parts: Option<Parts>,
}

impl<'a> Look<'a> {
    pub(super) fn new(
        report: &'static Report,
        app: &'a App,
        project: &Project,
        now: Timestamp,
    ) -> Self {
        let path = format!("/projects/{}/{}", project.definition.id, report.id);
        let saved = app.definitions().views();
        Self {
            report,
            origin: app.origin(),
            path,
            scope: project.scope(),
            now,
            saved,
            properties: Vec::new(),
            parts: None,
        }
    }

    pub(super) fn shell(&self, visit: &Visit, signed_in: &SignedIn, project: &Project) -> Shell {
        visit.shell_for(self.report.title, self.report.place, signed_in, project)
    }

    /// The address of a question.
    pub(super) fn address(&self, asked: &impl Asked) -> String {
        format!("{}?{}", self.path, asked.address())
    }

    /// The ranges that one click leads to: these days, with what they are called.
    pub(super) fn ranges(&self, asked: &impl Asked, days: &[(u32, String)]) -> Vec<Choice> {
        let choice = |(days, label): &(u32, String)| {
            let range = DateRange::Last { days: *days };
            let value = self.address(&asked.in_range(range));
            Choice { value, label: label.clone(), is_on: asked.date_range() == range }
        };
        days.iter().map(choice).collect()
    }

    /// The widest of the ranges that one click leads to, if another one is shown.
    pub(super) fn wider(&self, asked: &impl Asked, days: &[(u32, String)]) -> Option<Choice> {
        self.ranges(asked, days).pop().filter(|range| !range.is_on)
    }

    /// The frame of a question, with or without an answer.
    pub(super) fn frame(
        &self,
        asked: &impl Asked,
        days: &[(u32, String)],
        hidden: Vec<(String, String)>,
        fault: Option<&ApiError>,
    ) -> Frame {
        let usual: Vec<_> = days.iter().map(|(days, _)| *days).collect();
        let question = serde_json::to_string_pretty(&asked.query());
        Frame {
            title: self.report.title,
            lead: self.report.lead,
            id: self.report.id,
            path: self.path.clone(),
            link: format!("{}{}", self.origin, self.address(asked)),
            csv: None,
            hidden,
            ranges: self.ranges(asked, days),
            custom: custom_range(asked.date_range(), &usual, &self.scope, self.now),
            fault: fault.map(|fault| super::notice::sentence(&fault.to_string())),
            question: question.unwrap_or_default(),
            endpoint: format!("{}/v1/projects/{}/query", self.origin, self.scope.project),
            among: among::Shown::new(asked, &self.properties),
            apart: self.parts.as_ref().map(|parts| Apart::new(asked, parts, self)),
            setup: format!("/projects/{}/setup", self.scope.project),
            query: asked.address(),
            views: question::report(self.report.id)
                .map(|_| format!("/projects/{}/views", self.scope.project)),
            saved: Arc::clone(&self.saved),
            project: self.scope.project.clone(),
        }
    }

    /// The address of the same numbers as CSV.
    pub(super) fn csv_address(&self, asked: &impl Asked) -> String {
        format!("{}.csv?{}", self.path, asked.address())
    }

    /// Answers with lines of CSV, as a file called after the report, the project and the days.
    ///
    /// # Errors
    /// When the days mean nothing.
    pub(super) fn csv(&self, asked: &impl Asked, lines: String) -> Result<Response, ApiError> {
        let days = asked.date_range().days(&self.scope, self.now);
        let (from, to) = days.map_err(|fault| ApiError::BadRequest(fault.to_string()))?;
        let name = format!("{}-{}-{from}-{to}.csv", self.report.id, self.scope.project);
        let headers = [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
            (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        ];
        Ok((headers, lines).into_response())
    }
}

/// How old the data of a project is, in days begun; none before the first event.
///
/// # Errors
/// When the store does not answer.
async fn age(app: &App, project: &Project, now: Timestamp) -> Result<Option<i64>, ApiError> {
    let first = app.store().first_event(&project.definition.id).await.map_err(unavailable)?;
    Ok(first.map(|first| (now.as_millis() - first.as_millis()).div_euclid(DAY_MS) + 1))
}

/// What was loaded, and what is told on the screen itself because it keeps its question: that the
/// question means nothing, or that ClickHouse is away.
///
/// # Errors
/// Every other fault.
fn loaded<T: Default>(loaded: Result<T, ApiError>) -> Result<(T, Option<ApiError>), ApiError> {
    match loaded {
        Ok(loaded) => Ok((loaded, None)),
        Err(fault @ (ApiError::BadRequest(_) | ApiError::Unavailable { .. })) => {
            Ok((T::default(), Some(fault)))
        }
        Err(fault) => Err(fault),
    }
}

/// The status of a screen that tells this fault.
fn status(fault: Option<&ApiError>) -> StatusCode {
    fault.map_or(StatusCode::OK, ApiError::status)
}
