//! The smart path: the way that most customers take from a start to a goal. It is seen, configured,
//! and saved.

use super::flow::Flow;
use super::{EVENTS, groups, known_group, n_customers};
use crate::app::App;
use crate::catalogue::Texts;
use crate::choice::Choice;
use crate::company::Company;
use crate::draft::{Ask, Draft};
use crate::error::Error;
use crate::language::Language;
use crate::page::{Module, Shell, render};
use crate::session::Member;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Html;
use jiff::civil::Date;
use serde::Deserialize;

pub(crate) const HERE: (Module, &str) = (Module::Analysis, "/analysis/smart-path");

/// How many steps can lie between start and goal.
const BETWEEN: [usize; 3] = [1, 2, 3];

/// A start, a goal, and whose way between them is looked at.
#[derive(Debug, Clone)]
pub(crate) struct SmartPath {
    name: String,
    start: Choice,
    goal: Choice,
    n_between: usize,
    group: Option<u32>,
    saved_by: String,
    saved_on: Date,
}

impl SmartPath {
    /// What a company finds at the first visit.
    pub(crate) fn samples(today: Date) -> [Self; 2] {
        let search = Self {
            name: "What a search leads to".to_owned(),
            start: EVENTS[1],
            n_between: 3,
            saved_by: "Analyst 1".to_owned(),
            saved_on: today.saturating_sub(jiff::Span::new().days(13)),
            ..Self::sample(today)
        };
        [search, Self::sample(today)]
    }

    /// The example that explains what a path is.
    fn sample(today: Date) -> Self {
        Self {
            name: "Visitors into customers".to_owned(),
            start: EVENTS[0],
            goal: EVENTS[6],
            n_between: 2,
            group: None,
            saved_by: "Tidemark".to_owned(),
            saved_on: today,
        }
    }

    fn flow(&self, company: &Company, language: Language) -> Flow {
        let people = n_customers(company, self.group);
        Flow::new((self.start, self.goal), self.n_between, people, language)
    }
}

/// A saved path as it is listed.
struct Row {
    id: u32,
    name: String,
    start: &'static str,
    goal: &'static str,
    saved_by: String,
    saved_on: String,
}

#[derive(Template)]
#[template(path = "analysis/smart_path.html")]
struct SeePage {
    shell: Shell,
    flow: Flow,
    paths: Vec<Row>,
}

/// What the smart path is, by an example, and the paths that are saved.
pub(crate) async fn see(State(app): State<App>, member: Member) -> Result<Html<String>, Error> {
    let (language, t) = (member.language, member.t());
    let row = |(id, path): (&u32, &SmartPath)| Row {
        id: *id,
        name: path.name.clone(),
        start: path.start.text(t),
        goal: path.goal.text(t),
        saved_by: path.saved_by.clone(),
        saved_on: language.date(path.saved_on),
    };
    let (flow, paths) = app.company(&member, |company| {
        let flow = SmartPath::sample(app.today()).flow(company, language);
        Ok((flow, company.paths.iter().rev().map(row).collect()))
    })?;
    render(&SeePage { shell: Shell::inside(&app, &member, HERE, t.smart_path), flow, paths })
}

/// What is configured. What an address leaves out is as the example has it.
#[derive(Debug, Deserialize)]
#[serde(default)]
pub(crate) struct PathForm {
    name: String,
    start: String,
    goal: String,
    between: usize,
    group: String,
}

impl Default for PathForm {
    fn default() -> Self {
        Self {
            name: String::new(),
            start: "visit".to_owned(),
            goal: "paid".to_owned(),
            between: 2,
            group: String::new(),
        }
    }
}

impl PathForm {
    fn path(&self, company: &Company, member: &Member, today: Date) -> SmartPath {
        SmartPath {
            name: self.name.trim().to_owned(),
            start: Choice::find_or_first(&EVENTS, &self.start),
            goal: Choice::find_or_first(&EVENTS, &self.goal),
            n_between: BETWEEN.into_iter().find(|n| *n == self.between).unwrap_or(BETWEEN[1]),
            group: known_group(company, &self.group),
            saved_by: member.name.clone(),
            saved_on: today,
        }
    }
}

#[derive(Template)]
#[template(path = "analysis/smart_path_form.html")]
struct ConfigurePage<'a> {
    shell: Shell,
    form: &'a PathForm,
    path: SmartPath,
    flow: Flow,
    events: [Choice; 9],
    between: [usize; 3],
    groups: Vec<(u32, String)>,
    complaint: Option<String>,
}

impl Draft for PathForm {
    type Thing = SmartPath;

    fn complaint(&self, t: &'static Texts) -> Option<String> {
        if self.start == self.goal {
            Some(t.start_and_goal_differ.to_owned())
        } else if self.name.trim().is_empty() {
            Some(t.name_the_path.to_owned())
        } else {
            None
        }
    }

    fn thing(
        &self,
        company: &Company,
        _: Option<&SmartPath>,
        (by, today): (&Member, Date),
    ) -> Result<SmartPath, Error> {
        Ok(self.path(company, by, today))
    }

    fn page(&self, ask: Ask<'_>) -> Result<Html<String>, Error> {
        let Ask { app, member, complaint, .. } = ask;
        let today = app.today();
        let (path, flow, groups) = app.company(member, |company| {
            let path = self.path(company, member, today);
            let flow = path.flow(company, member.language);
            Ok((path, flow, groups(company)))
        })?;
        let shell = Shell::inside(app, member, HERE, member.t().configure_smart_path);
        let (form, events, between) = (self, EVENTS, BETWEEN);
        render(&ConfigurePage { shell, form, path, flow, events, between, groups, complaint })
    }
}

/// The form in which a path is configured, with what it shows.
pub(crate) async fn configure(
    State(app): State<App>,
    member: Member,
    Query(form): Query<PathForm>,
) -> Result<Html<String>, Error> {
    form.page(Ask::of(&app, &member, None))
}

#[derive(Template)]
#[template(path = "analysis/smart_path_saved.html")]
struct SavedPage {
    shell: Shell,
    id: u32,
    path: SmartPath,
    saved_on: String,
    flow: Flow,
}

/// One saved path.
pub(crate) async fn show(
    State(app): State<App>,
    member: Member,
    Path(id): Path<u32>,
) -> Result<Html<String>, Error> {
    let (path, flow) = app.company(&member, |company| {
        let path = company.get::<SmartPath>(id)?.clone();
        let flow = path.flow(company, member.language);
        Ok((path, flow))
    })?;
    let shell = Shell::inside(&app, &member, HERE, &path.name);
    let saved_on = member.language.date(path.saved_on);
    render(&SavedPage { shell, id, path, saved_on, flow })
}
