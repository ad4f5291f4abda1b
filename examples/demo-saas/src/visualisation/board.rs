//! Boards: charts side by side, for several people to look at.

use super::share::{RIGHTS, Share};
use super::{SavedChart, View};
use crate::app::App;
use crate::catalogue::Texts;
use crate::choice::Choice;
use crate::company::Company;
use crate::draft::{Ask, Draft};
use crate::error::Error;
use crate::kept::lead_to;
use crate::page::{Module, Shell, render};
use crate::session::Member;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, Redirect};
use axum_extra::extract::Form;
use jiff::civil::Date;
use serde::Deserialize;

pub(crate) const HERE: (Module, &str) = (Module::Visualisation, "/visualisation/boards");

/// Charts under a name, and who may see them.
#[derive(Debug, Clone)]
pub(crate) struct Board {
    pub(crate) name: String,
    about: String,
    made_by: String,
    pub(crate) charts: Vec<u32>,
    pub(crate) shares: Vec<Share>,
}

impl Board {
    /// What a company with these charts finds at the first visit.
    pub(crate) fn samples(charts: &[u32]) -> [Self; 3] {
        let sample = |name: &str, about: &str, charts: Vec<u32>| Self {
            name: name.to_owned(),
            about: about.to_owned(),
            made_by: "Manager 1".to_owned(),
            charts,
            shares: Vec::new(),
        };
        let every_other = charts.iter().copied().step_by(2).collect();
        let last = charts.iter().copied().skip(2).collect();
        [
            sample("Service", "Parcels, replies and refunds", last),
            Self {
                shares: vec![Share::sample()],
                ..sample("Monday morning", "What the team looks at first", charts.to_vec())
            },
            sample("Campaigns", "For the talk with the agency", every_other),
        ]
    }
}

#[derive(Template)]
#[template(path = "visualisation/boards.html")]
struct ListPage<'a> {
    shell: Shell,
    boards: Vec<(u32, Board)>,
    charts: Vec<(u32, String)>,
    form: &'a NewBoard,
    complaint: Option<String>,
}

/// The dialog of a new board.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct NewBoard {
    name: String,
    about: String,
    chart: Vec<u32>,
}

impl Draft for NewBoard {
    type Thing = Board;

    fn complaint(&self, t: &'static Texts) -> Option<String> {
        self.name.trim().is_empty().then(|| t.name_the_board.to_owned())
    }

    fn thing(
        &self,
        company: &Company,
        _: Option<&Board>,
        (by, _): (&Member, Date),
    ) -> Result<Board, Error> {
        let known = |chart: &u32| company.charts.contains_key(chart);
        Ok(Board {
            name: self.name.trim().to_owned(),
            about: self.about.trim().to_owned(),
            made_by: by.name.clone(),
            charts: self.chart.iter().copied().filter(known).collect(),
            shares: Vec::new(),
        })
    }

    /// The boards of the company, and the dialog beside them.
    fn page(&self, ask: Ask<'_>) -> Result<Html<String>, Error> {
        let Ask { app, member, complaint, .. } = ask;
        let (boards, charts) = app.company(member, |company| {
            let boards = company.boards.iter().rev();
            let boards = boards.map(|(id, board)| (*id, board.clone())).collect();
            let charts = company.charts.iter();
            Ok((boards, charts.map(|(id, chart)| (*id, chart.name.clone())).collect()))
        })?;
        let shell = Shell::inside(app, member, HERE, member.t().boards);
        render(&ListPage { shell, boards, charts, form: self, complaint })
    }
}

#[derive(Template)]
#[template(path = "visualisation/board.html")]
struct BoardPage {
    shell: Shell,
    id: u32,
    board: Board,
    views: Vec<View>,
    colleagues: Vec<String>,
    rights: [Choice; 2],
    complaint: Option<&'static str>,
}

/// One board.
pub(crate) async fn show(
    State(app): State<App>,
    member: Member,
    Path(id): Path<u32>,
) -> Result<Html<String>, Error> {
    page(&app, &member, id, None)
}

/// The page of a board, with what is wrong with how it was to be shared.
pub(super) fn page(
    app: &App,
    member: &Member,
    id: u32,
    complaint: Option<&'static str>,
) -> Result<Html<String>, Error> {
    let today = app.today();
    let (board, views, colleagues) = app.company(member, |company| {
        let board = company.get::<Board>(id)?.clone();
        let views = View::all(company, (today, member), |id| board.charts.contains(&id));
        let others = company.people.values().filter(|person| person.name != member.name);
        let colleagues = others.map(|person| person.name.clone()).collect();
        Ok((board, views, colleagues))
    })?;
    let shell = Shell::inside(app, member, HERE, &board.name);
    render(&BoardPage { shell, id, board, views, colleagues, rights: RIGHTS, complaint })
}

/// The form that puts a chart on a board.
#[derive(Debug, Deserialize)]
pub(crate) struct Addition {
    chart: u32,
    board: u32,
}

/// Puts a chart on a board, and leads there.
pub(crate) async fn add(
    State(app): State<App>,
    member: Member,
    Form(form): Form<Addition>,
) -> Result<Redirect, Error> {
    app.company(&member, |company| {
        company.get::<SavedChart>(form.chart)?;
        let charts = &mut company.get_mut::<Board>(form.board)?.charts;
        if !charts.contains(&form.chart) {
            charts.push(form.chart);
        }
        Ok(())
    })?;
    Ok(lead_to::<Board>(form.board))
}
