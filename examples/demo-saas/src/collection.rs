//! Collection: the sources that a company connected, each with its schema.

pub(crate) mod schema;

use crate::app::App;
use crate::error::Error;
use crate::page::{Module, Shell, render};
use crate::session::Member;
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use schema::Column;
use serde::Deserialize;

/// The navigation's entry of every page of this module.
const HERE: (Module, &str) = (Module::Collection, "/collection/sources");

const KINDS: [&str; 5] = ["PostgreSQL", "Event stream", "Web shop", "Spreadsheet", "CSV upload"];
const RHYTHMS: [&str; 3] = ["Every hour", "Every night", "By hand"];

/// A source of data.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) name: String,
    kind: &'static str,
    host: String,
    rhythm: &'static str,
    connected_by: String,
    pub(crate) columns: Vec<Column>,
}

impl Source {
    /// What a new company finds.
    pub(crate) fn sample() -> Self {
        Self {
            name: "Sample orders".to_owned(),
            kind: "CSV upload",
            host: "orders-sample.csv".to_owned(),
            rhythm: "By hand",
            connected_by: "Tidemark".to_owned(),
            columns: Column::usual(),
        }
    }
}

/// The form of a new source. What it says of credentials is not kept.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct NewSource {
    name: String,
    kind: String,
    host: String,
    rhythm: String,
}

impl NewSource {
    fn source(&self, member: &Member) -> Result<Source, &'static str> {
        let known = |value: &str, of: &[&'static str]| of.iter().copied().find(|it| *it == value);
        let name = self.name.trim();
        if name.is_empty() {
            return Err("Give the source a name, so that colleagues find it.");
        }
        Ok(Source {
            name: name.to_owned(),
            kind: known(&self.kind, &KINDS).ok_or("Choose what kind of source it is.")?,
            host: self.host.trim().to_owned(),
            rhythm: known(&self.rhythm, &RHYTHMS).ok_or("Choose how often it is read.")?,
            connected_by: member.email.clone(),
            columns: Column::usual(),
        })
    }
}

#[derive(Template)]
#[template(path = "sources.html")]
struct ListPage {
    shell: Shell,
    sources: Vec<(u32, Source)>,
}

/// The list of sources.
pub(crate) async fn list(State(app): State<App>, member: Member) -> Result<Html<String>, Error> {
    let sources = app.company(&member, |company| {
        Ok(company.sources.iter().map(|(id, source)| (*id, source.clone())).collect())
    })?;
    render(&ListPage { shell: Shell::inside(&app, &member, HERE, "Sources"), sources })
}

#[derive(Template)]
#[template(path = "source_new.html")]
struct FormPage {
    shell: Shell,
    kinds: [&'static str; 5],
    rhythms: [&'static str; 3],
    form: NewSource,
    complaint: Option<&'static str>,
}

/// The form of a new source.
pub(crate) async fn form(State(app): State<App>, member: Member) -> Result<Html<String>, Error> {
    let form = NewSource { rhythm: RHYTHMS[0].to_owned(), ..NewSource::default() };
    form_page(&app, &member, form, None)
}

fn form_page(
    app: &App,
    member: &Member,
    form: NewSource,
    complaint: Option<&'static str>,
) -> Result<Html<String>, Error> {
    let shell = Shell::inside(app, member, HERE, "Connect a source");
    render(&FormPage { shell, kinds: KINDS, rhythms: RHYTHMS, form, complaint })
}

/// Connects a source, and leads to it.
pub(crate) async fn connect(
    State(app): State<App>,
    member: Member,
    Form(form): Form<NewSource>,
) -> Result<Response, Error> {
    let source = match form.source(&member) {
        Ok(source) => source,
        Err(complaint) => {
            let page = form_page(&app, &member, form, Some(complaint))?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let id = app.company(&member, |company| {
        let id = company.next_id();
        company.sources.insert(id, source);
        Ok(id)
    })?;
    Ok(Redirect::to(&format!("/collection/sources/{id}")).into_response())
}

#[derive(Template)]
#[template(path = "source.html")]
struct SourcePage {
    shell: Shell,
    id: u32,
    source: Source,
}

/// One source.
pub(crate) async fn show(
    State(app): State<App>,
    member: Member,
    Path(id): Path<u32>,
) -> Result<Html<String>, Error> {
    let source = app.company(&member, |company| company.source(id).cloned())?;
    let shell = Shell::inside(&app, &member, HERE, &source.name);
    render(&SourcePage { shell, id, source })
}
