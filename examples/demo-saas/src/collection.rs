//! Collection: the sources that a company connected, each with its schema.

pub(crate) mod schema;

use crate::app::App;
use crate::choice::Choice;
use crate::error::Error;
use crate::kept::lead_to;
use crate::page::{Module, Shell, refused, render};
use crate::session::Member;
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use schema::Column;
use serde::Deserialize;

/// The navigation's entry of every page of this module.
pub(crate) const HERE: (Module, &str) = (Module::Collection, "/collection/sources");

const KINDS: [Choice; 5] = [
    Choice::of("postgresql", |_| "PostgreSQL"),
    Choice::of("stream", |t| t.event_stream),
    Choice::of("shop", |t| t.web_shop),
    Choice::of("spreadsheet", |t| t.spreadsheet),
    Choice::of("csv", |t| t.csv_upload),
];
const RHYTHMS: [Choice; 3] = [
    Choice::of("hourly", |t| t.every_hour),
    Choice::of("nightly", |t| t.every_night),
    Choice::of("manual", |t| t.by_hand),
];

/// A source of data.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) name: String,
    kind: Choice,
    host: String,
    rhythm: Choice,
    connected_by: String,
    pub(crate) columns: Vec<Column>,
}

impl Source {
    /// What a company finds at the first visit.
    pub(crate) fn samples() -> [Self; 3] {
        let [postgresql, _, shop, _, csv] = KINDS;
        let [hourly, nightly, manual] = RHYTHMS;
        [
            Self::sample("Sample orders", csv, "orders-sample.csv", (manual, "Tidemark")),
            Self::sample("Shop orders", shop, "shop.example.com", (hourly, "Administrator 1")),
            Self::sample(
                "Customer records",
                postgresql,
                "db.example.com:5432/customers",
                (nightly, "Analyst 1"),
            ),
        ]
    }

    fn sample(name: &str, kind: Choice, host: &str, (rhythm, by): (Choice, &str)) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            host: host.to_owned(),
            rhythm,
            connected_by: by.to_owned(),
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
        let t = member.t();
        let name = self.name.trim();
        if name.is_empty() {
            return Err(t.name_the_source);
        }
        Ok(Source {
            name: name.to_owned(),
            kind: Choice::find(&KINDS, &self.kind).ok_or(t.choose_source_kind)?,
            host: self.host.trim().to_owned(),
            rhythm: Choice::find(&RHYTHMS, &self.rhythm).ok_or(t.choose_rhythm)?,
            connected_by: member.name.clone(),
            columns: Column::usual(),
        })
    }
}

/// Refuses whose role leaves the sources as they are.
fn check_role(member: &Member) -> Result<(), Error> {
    if member.role.may_collect() { Ok(()) } else { Err(Error::Forbidden) }
}

#[derive(Template)]
#[template(path = "collection/sources.html")]
struct ListPage {
    shell: Shell,
    may_collect: bool,
    sources: Vec<(u32, Source)>,
}

/// The list of sources.
pub(crate) async fn list(State(app): State<App>, member: Member) -> Result<Html<String>, Error> {
    let sources = app.company(&member, |company| {
        Ok(company.sources.iter().map(|(id, source)| (*id, source.clone())).collect())
    })?;
    let shell = Shell::inside(&app, &member, HERE, member.t().sources);
    render(&ListPage { shell, may_collect: member.role.may_collect(), sources })
}

#[derive(Template)]
#[template(path = "collection/new.html")]
struct FormPage {
    shell: Shell,
    kinds: [Choice; 5],
    rhythms: [Choice; 3],
    form: NewSource,
    complaint: Option<&'static str>,
}

/// The form of a new source.
pub(crate) async fn form(State(app): State<App>, member: Member) -> Result<Html<String>, Error> {
    check_role(&member)?;
    let form = NewSource { rhythm: RHYTHMS[0].value.to_owned(), ..NewSource::default() };
    form_page(&app, &member, form, None)
}

fn form_page(
    app: &App,
    member: &Member,
    form: NewSource,
    complaint: Option<&'static str>,
) -> Result<Html<String>, Error> {
    let shell = Shell::inside(app, member, HERE, member.t().connect_a_source);
    render(&FormPage { shell, kinds: KINDS, rhythms: RHYTHMS, form, complaint })
}

/// Connects a source, and leads to it.
pub(crate) async fn connect(
    State(app): State<App>,
    member: Member,
    Form(form): Form<NewSource>,
) -> Result<Response, Error> {
    check_role(&member)?;
    let source = match form.source(&member) {
        Ok(source) => source,
        Err(complaint) => {
            return Ok(refused(form_page(&app, &member, form, Some(complaint))?));
        }
    };
    let id = app.company(&member, |company| Ok(company.keep(None, source)))?;
    Ok(lead_to::<Source>(id).into_response())
}

#[derive(Template)]
#[template(path = "collection/source.html")]
struct SourcePage {
    shell: Shell,
    may_collect: bool,
    id: u32,
    source: Source,
}

/// One source.
pub(crate) async fn show(
    State(app): State<App>,
    member: Member,
    Path(id): Path<u32>,
) -> Result<Html<String>, Error> {
    let source = app.company(&member, |company| company.get::<Source>(id).cloned())?;
    let shell = Shell::inside(&app, &member, HERE, &source.name);
    render(&SourcePage { shell, may_collect: member.role.may_collect(), id, source })
}
