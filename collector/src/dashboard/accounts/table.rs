//! All accounts side by side, week against week: as table and as CSV.

mod csv;
mod form;
mod view;
mod words;

use crate::App;
use crate::dashboard::accounts::today;
use crate::dashboard::layout::Place;
use crate::dashboard::notice::sentence;
use crate::dashboard::question::{Canonical, Report};
use crate::dashboard::visit::Visit;
use crate::dashboard::{html, project};
use crate::http::error::ApiError;
use crate::http::patience::in_time;
use crate::members::SignedIn;
use crate::query::answered;
use accounts::look::WeekJudged;
use accounts::table::{Compared, Table, TableResult, names};
use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum_extra::extract::cookie::Cookie;
use form::{Fault, Shown};
use time::Duration;
use words::Told;

/// The report, as views are of it.
pub(crate) const REPORT: Report = Report {
    id: "accounts",
    label: "Accounts",
    what: "What every account does, this week against the week before: who slips, who grows.",
    read: canonical,
};

/// The cookie that keeps the columns that were chosen last.
const COLUMNS: &str = "sillage_account_columns";
/// For how many days.
const COLUMNS_DAYS: i64 = 365;
/// The most bytes of it.
const COLUMNS_BYTES: usize = 2_000;

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/projects/{project}/accounts", get(show))
        .route("/projects/{project}/accounts.csv", get(csv))
        .layer(from_fn(in_time))
}

/// A question of the table, as the screen writes it.
fn canonical(text: &str) -> Result<Canonical, String> {
    let table = Table::from_query_string(text).map_err(|fault| fault.to_string())?;
    Ok(Canonical { address: table.to_query_string(), query: None })
}

/// What the store says to a question.
#[derive(Debug, Default)]
struct Loaded {
    result: Option<TableResult>,
    /// What is said of accounts, by its names.
    attributes: Vec<String>,
    /// What is said of all accounts in the week that is looked at, where some fell in it.
    judged: Option<WeekJudged>,
}

/// Shows the table; what the form says is first made into the address that says the same.
async fn show(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let project = project(&app, &id)?;
    let read = match query.as_deref().unwrap_or_default() {
        "" => Ok((Shown::remembered(visit.jar.get(COLUMNS).map(Cookie::value)), None)),
        query => Shown::read(query),
    };
    let mut typed = None;
    let (shown, mut fault) = match read {
        Ok((shown, Some(go_to))) => {
            return Ok(chosen(&visit, &project.definition.id, &shown, &go_to));
        }
        Ok((shown, None)) => (shown, None),
        Err(fault) => {
            let Fault { why, kept, typed: was } = *fault;
            typed = Some(was);
            (kept, Some(ApiError::BadRequest(why.to_string())))
        }
    };
    let mut loaded = Loaded::default();
    if fault.is_none() {
        let scope = project.scope();
        let attributes = names(app.store(), &scope);
        let asked = tokio::try_join!(crate::figures::table(&app, &project, &shown.table), async {
            answered(attributes.await)
        },);
        match asked {
            Ok(((result, at), attributes)) => {
                let judged = match words::has_fallen(&result) {
                    true => {
                        let is_running = result.compared == Compared::Running;
                        crate::look::judged(&app, &project, is_running, at).await?
                    }
                    false => None,
                };
                loaded = Loaded { result: Some(result), attributes, judged };
            }
            Err(known @ (ApiError::Unavailable { .. } | ApiError::BadRequest(_))) => {
                fault = Some(known);
            }
            Err(other) => return Err(other),
        }
    }
    if fault.is_some() {
        // What can be chosen instead.
        loaded.attributes = names(app.store(), &project.scope()).await.unwrap_or_default();
    }
    let status = fault.as_ref().map_or(StatusCode::OK, ApiError::status);
    let shell = visit.shell_for(REPORT.label, Place::Accounts, &signed_in, &project);
    let fault = fault.map(|fault| sentence(&fault.to_string()));
    let saved = app.definitions().views();
    let told = Told {
        shown: &shown,
        loaded: &loaded,
        typed: typed.unwrap_or_default(),
        project: &project,
        origin: app.origin(),
        today: today(&project, app.now()),
    };
    Ok((status, html(&told.page(shell, &saved, fault))?).into_response())
}

/// Leads to what the form chose, and keeps its columns for the next time.
fn chosen(visit: &Visit, project: &protocol::ProjectId, shown: &Shown, go_to: &str) -> Response {
    let to = Redirect::to(&format!("/projects/{project}/accounts?{go_to}"));
    let columns = shown.columns();
    if columns.len() > COLUMNS_BYTES {
        return to.into_response();
    }
    let mut cookie = visit.cookie(COLUMNS, columns);
    cookie.set_max_age(Duration::days(COLUMNS_DAYS));
    (visit.jar.clone().add(cookie), to).into_response()
}

/// Answers with the same accounts and columns as CSV, all pages of them.
async fn csv(
    _: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let project = project(&app, &id)?;
    let read = Shown::read(query.as_deref().unwrap_or_default());
    let (shown, _) = read.map_err(|fault| ApiError::BadRequest(fault.why.to_string()))?;
    let (result, _) = crate::figures::table(&app, &project, &shown.table).await?;
    let day = result.weeks.last().map_or("", |week| week.name.as_str());
    let name = format!("accounts-{}-{day}.csv", project.definition.id);
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, csv::lines(&shown.table, &result)).into_response())
}
