//! Import: a file of accounts, pasted or uploaded; what its columns are; what would come of it; and
//! what came of it, with the refused lines as a file to mend.
//!
//! The file goes along with each form, so nothing of it is kept here before somebody applies it; one
//! file is read at a time, and others wait. What is applied was looked at: other columns than those that were checked are checked first.

mod form;
mod view;

use super::super::gate::check_token;
use super::super::layout::Place;
use super::super::notice::{Notice, sentence};
use super::super::visit::Visit;
use super::super::{html, project};
use crate::App;
use crate::access::Act;
use crate::account::ledger::Ledger;
use crate::account::table::{self, Column, Outcome, Table};
use crate::account::{keep, ledger_of_some};
use crate::definitions::Project;
use crate::http::error::ApiError;
use crate::members::{SignedIn, unavailable};
use crate::query::answered;
use accounts::table::names;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Multipart, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use form::{Asked, Wanted};
use store::record::Source;
use tokio::task::spawn_blocking;
use view::{CheckedView, ImportPage};

/// Bytes of a form: the file, with room for line ends that the browser makes longer.
const FORM_BYTES: usize = table::BYTES + (1 << 20);

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new().route(
        "/projects/{project}/import",
        get(show).post(read).layer(DefaultBodyLimit::max(FORM_BYTES)),
    )
}

/// Asks for a file.
async fn show(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
) -> Result<Html<String>, ApiError> {
    let project = project(&app, &id)?;
    let shell = visit.shell_for("Import", Place::Import, &signed_in, &project);
    html(&ImportPage::new(shell, &project.definition.id, signed_in.may(Act::Records)))
}

/// Shows what comes of a file, applies it, or answers with the lines that are refused.
async fn read(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    form: Multipart,
) -> Result<Response, ApiError> {
    let asked = Asked::read(form).await?;
    check_token(&asked.csrf, &signed_in)?;
    let project = project(&app, &id)?;
    let shell = visit.shell_for("Import", Place::Import, &signed_in, &project);
    let mut page = ImportPage::new(shell, &project.definition.id, true);
    let _turn = app.telling().lock().await;
    let read = move || (Table::read(&asked.text), asked);
    let (table, asked) = spawn_blocking(read).await.map_err(anyhow::Error::new)?;
    let table = match table {
        Ok(table) => table,
        Err(fault) => {
            page.notice = Some(Notice::bad(sentence(&fault)));
            page.text = asked.text;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response());
        }
    };
    let looked = Looked::at(&app, &project, &signed_in.member.email, (table, &asked)).await?;
    let Looked { table, columns, said, ledger, taken } = looked;
    let keeps_unknown = asked.keeps_unknown;
    let is_looked_at = asked.checked == form::checked(&columns, keeps_unknown);
    let mut status = StatusCode::OK;
    let mut is_done = false;
    match (&taken, asked.wanted) {
        (Err(fault), _) => {
            page.notice = Some(Notice::bad(sentence(fault)));
            status = StatusCode::UNPROCESSABLE_ENTITY;
        }
        (Ok(outcome), Wanted::Refused) => {
            let file = table.refused(outcome).map_err(anyhow::Error::new)?;
            let headers = [
                (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
                (header::CONTENT_DISPOSITION, "attachment; filename=\"refused-lines.csv\""),
            ];
            return Ok((headers, file).into_response());
        }
        (Ok(outcome), Wanted::Apply) if is_looked_at => {
            keep(&app, &project, &ledger).await?;
            page.notice = Some(view::applied(outcome));
            is_done = true;
        }
        (Ok(_), Wanted::Apply) => {
            let why = "The columns are others than those that were checked. Nothing is changed yet: \
                       look at what would come of it, and apply that.";
            page.notice = Some(Notice::bad(why));
            status = StatusCode::CONFLICT;
        }
        (Ok(_), Wanted::Check) => {}
    }
    page.checked = Some(CheckedView::new(
        &table,
        (&columns, &said),
        (keeps_unknown, is_done),
        taken.ok().as_ref(),
        &project.definition.id,
    ));
    page.text = asked.text;
    Ok((status, html(&page)?).into_response())
}

/// A file, and what would come of it.
struct Looked {
    table: Table,
    columns: Vec<Column>,
    /// The attributes that are known, by pages and records.
    said: Vec<String>,
    ledger: Ledger,
    /// A sentence where the columns make no sense.
    taken: Result<Outcome, String>,
}

impl Looked {
    async fn at(
        app: &App,
        project: &Project,
        author: &str,
        (table, asked): (Table, &Asked),
    ) -> Result<Self, ApiError> {
        let said = answered(names(app.store(), &project.scope()).await)?;
        let columns = asked.columns.clone().unwrap_or_else(|| table.guess(&said));
        let accounts = table.accounts(&columns);
        let by = (author, Source::Import);
        let mut ledger = ledger_of_some(app, project, &accounts, by).await?;
        let (id, merges) = (&project.definition.id, &project.grouping.merges);
        let seen = app.store().accounts_seen(id, merges, &accounts).await.map_err(unavailable)?;
        let keeps_unknown = asked.keeps_unknown;
        // A hundred thousand lines take longer than other requests should wait for.
        let look = move || {
            let taken = table.take(&columns, &seen, keeps_unknown, &mut ledger);
            Self { table, columns, said, ledger, taken }
        };
        Ok(spawn_blocking(look).await.map_err(anyhow::Error::new)?)
    }
}
