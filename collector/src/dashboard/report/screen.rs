//! The way of every report from an address to its page, and to its file.

use super::{Asked, Look, Report, age, loaded, status};
use crate::App;
use crate::dashboard::among;
use crate::dashboard::layout::Shell;
use crate::dashboard::visit::Visit;
use crate::dashboard::{html, project};
use crate::definitions::Project;
use crate::http::error::ApiError;
use crate::members::SignedIn;
use crate::query::answered;
use analytics::{Error, InvalidQuery, Scope};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use protocol::Timestamp;

/// A question with the screen that asks it.
pub(in crate::dashboard) trait Screen: Sized + Send + Sync {
    /// The part of it that is a question of the API.
    type Asked: Asked;
    /// What the store says to it.
    type Loaded: Default + Send + Sync;
    const REPORT: &'static Report;

    /// What is asked where nobody asks for anything, of a project of this age in days.
    fn proposal(age: Option<i64>) -> Self;

    /// What a query string asks, and the query string to go to where it came from the form.
    ///
    /// # Errors
    /// When a part of it cannot be read.
    fn read(query: &str) -> Result<(Self, Option<String>), InvalidQuery>;

    /// The question itself.
    fn asked(&self) -> &Self::Asked;

    /// Asks the store.
    ///
    /// # Errors
    /// When the question means nothing, or the store refuses or is away.
    fn load(
        &self,
        app: &App,
        project: &Project,
        now: Timestamp,
    ) -> impl Future<Output = Result<Self::Loaded, Error>> + Send;

    /// Why there are no numbers beside what can be chosen, if the question means nothing.
    fn meaningless(_: &Self::Loaded) -> Option<&InvalidQuery> {
        None
    }

    /// The page, with or without numbers.
    fn page(
        self,
        look: Look<'_>,
        shell: Shell,
        loaded: &Self::Loaded,
        fault: Option<&ApiError>,
    ) -> impl Template;

    /// The same numbers as CSV.
    ///
    /// # Errors
    /// As [`Screen::load`].
    fn lines(
        &self,
        app: &App,
        project: &Project,
        now: Timestamp,
    ) -> impl Future<Output = Result<String, Error>> + Send;
}

/// Shows the page of a report; what the form says is first made into the address that says the
/// same.
///
/// # Errors
/// When the project is not there, or the page cannot be made.
pub(in crate::dashboard) async fn show<S: Screen>(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let project = project(&app, &id)?;
    let mut look = Look::new(S::REPORT, &app, &project, app.now());
    let read = match query.as_deref().unwrap_or_default() {
        "" => proposed(&app, &project, look.now).await,
        query => among::pressed(query)
            .and_then(|query| S::read(&query))
            .map_err(|fault| ApiError::BadRequest(fault.to_string())),
    };
    if let Ok((_, Some(query))) = read {
        return Ok(Redirect::to(&format!("{}?{query}", look.path)).into_response());
    }
    let (read, unread) = loaded(read.map(Some))?;
    let (screen, _) = read.unwrap_or_else(|| (S::proposal(None), None));
    // Where the store is away the answer says so.
    let lately = app.lately().lately(app.store(), &look.scope, "", look.now).await;
    look.properties = lately.map_or_else(|_| Vec::new(), |lately| lately.properties.clone());
    let (answer, away) = match unread {
        Some(_) => Default::default(),
        None => loaded(answered(screen.load(&app, &project, look.now).await))?,
    };
    let parts = match (&unread, &away) {
        (None, None) => {
            let question = screen.asked().query();
            answered(analytics::parts(app.store(), &look.scope, &question, look.now).await)
        }
        _ => Ok(None),
    };
    let (parts, no_parts) = loaded(parts)?;
    look.parts = parts;
    let away = away.or(no_parts);
    let meaningless = S::meaningless(&answer).map(|fault| ApiError::BadRequest(fault.to_string()));
    let fault = unread.or(away).or(meaningless);
    let shell = look.shell(&visit, &signed_in, &project);
    let page = html(&screen.page(look, shell, &answer, fault.as_ref()))?;
    Ok((status(fault.as_ref()), page).into_response())
}

/// Answers with the same numbers as CSV.
///
/// # Errors
/// When the project is not there, the question means nothing, or the store does not answer.
pub(in crate::dashboard) async fn csv<S: Screen>(
    _: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let project = project(&app, &id)?;
    let look = Look::new(S::REPORT, &app, &project, app.now());
    let (screen, _) = match query.as_deref().unwrap_or_default() {
        "" => proposed(&app, &project, look.now).await?,
        query => S::read(query).map_err(|fault| ApiError::BadRequest(fault.to_string()))?,
    };
    let lines = answered(screen.lines(&app, &project, look.now).await)?;
    look.csv(screen.asked(), lines)
}

/// What is asked where nobody asks for anything.
async fn proposed<S: Screen>(
    app: &App,
    project: &Project,
    now: Timestamp,
) -> Result<(S, Option<String>), ApiError> {
    Ok((S::proposal(age(app, project, now).await?), None))
}

/// The answer to a question.
///
/// # Errors
/// When it means nothing, or the store refuses or is away.
pub(in crate::dashboard) async fn answer<T: Asked + Sync>(
    app: &App,
    scope: &Scope,
    asked: &T,
    now: Timestamp,
) -> Result<T::Result, Error> {
    let answer = analytics::run(app.store(), scope, &asked.query(), now).await?;
    T::result(answer).ok_or(Error::NoRow)
}
