//! Boards: charts side by side, for several people to look at.

use super::View;
use super::share::{RIGHTS, Share};
use crate::app::App;
use crate::choice::Choice;
use crate::error::Error;
use crate::page::{Module, Shell, render};
use crate::session::Member;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum_extra::extract::Form;
use serde::Deserialize;

pub(super) const HERE: (Module, &str) = (Module::Visualisation, "/visualisation/boards");

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
struct ListPage {
    shell: Shell,
    boards: Vec<(u32, Board)>,
    charts: Vec<(u32, String)>,
    form: NewBoard,
    complaint: Option<&'static str>,
}

/// The boards of the company.
pub(crate) async fn list(State(app): State<App>, member: Member) -> Result<Html<String>, Error> {
    list_page(&app, &member, NewBoard::default(), None)
}

fn list_page(
    app: &App,
    member: &Member,
    form: NewBoard,
    complaint: Option<&'static str>,
) -> Result<Html<String>, Error> {
    let (boards, charts) = app.company(member, |company| {
        let boards = company.boards.iter().rev().map(|(id, board)| (*id, board.clone())).collect();
        let charts = company.charts.iter().map(|(id, chart)| (*id, chart.name.clone())).collect();
        Ok((boards, charts))
    })?;
    let shell = Shell::inside(app, member, HERE, member.t().boards);
    render(&ListPage { shell, boards, charts, form, complaint })
}

/// The dialog of a new board.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct NewBoard {
    name: String,
    about: String,
    chart: Vec<u32>,
}

/// Makes a board, and leads to it.
pub(crate) async fn create(
    State(app): State<App>,
    member: Member,
    Form(form): Form<NewBoard>,
) -> Result<Response, Error> {
    if form.name.trim().is_empty() {
        let page = list_page(&app, &member, form, Some(member.t().name_the_board))?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let id = app.company(&member, |company| {
        let id = company.next_id();
        let known = |chart: &u32| company.charts.contains_key(chart);
        let board = Board {
            name: form.name.trim().to_owned(),
            about: form.about.trim().to_owned(),
            made_by: member.name.clone(),
            charts: form.chart.into_iter().filter(known).collect(),
            shares: Vec::new(),
        };
        company.boards.insert(id, board);
        Ok(id)
    })?;
    Ok(Redirect::to(&format!("{}/{id}", HERE.1)).into_response())
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
        let board = company.board(id)?.clone();
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
        company.chart(form.chart)?;
        let charts = &mut company.board(form.board)?.charts;
        if !charts.contains(&form.chart) {
            charts.push(form.chart);
        }
        Ok(())
    })?;
    Ok(Redirect::to(&format!("{}/{}", HERE.1, form.board)))
}

/// Deletes a board; its charts stay.
pub(crate) async fn delete(
    State(app): State<App>,
    member: Member,
    Path(id): Path<u32>,
) -> Result<Redirect, Error> {
    app.company(&member, |company| {
        company.board(id)?;
        company.boards.remove(&id);
        Ok(())
    })?;
    Ok(Redirect::to(HERE.1))
}
