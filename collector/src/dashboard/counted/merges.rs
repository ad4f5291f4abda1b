//! Accounts that are one: the list, a form for one more, and a way back for each.

use super::Saved;
use crate::App;
use crate::dashboard::format::{day_time, instant};
use crate::dashboard::gate::check_token;
use crate::dashboard::notice::{Notice, sentence};
use crate::dashboard::visit::Visit;
use crate::dashboard::{html, project};
use crate::definitions::Project;
use crate::delivery::if_there;
use crate::http::error::ApiError;
use crate::members::SignedIn;
use crate::merge::{self, Draft};
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

/// The merges, and what was typed for one more.
#[derive(Debug)]
pub(super) struct MergesView {
    pub(super) rows: Vec<RowView>,
    pub(super) from: String,
    pub(super) into: String,
}

/// One merge, and who made it.
#[derive(Debug)]
pub(super) struct RowView {
    pub(super) from: String,
    pub(super) into: String,
    pub(super) version: u32,
    pub(super) author: String,
    pub(super) day: String,
    pub(super) instant: String,
}

impl MergesView {
    /// None while the store is away.
    pub(super) async fn load(app: &App, project: &Project) -> Option<Self> {
        let merges = if_there(app, merge::kept(app, project)).await?;
        let row = |merge: store::definition::Written<store::Merge>| RowView {
            day: day_time(merge.written_at, app.now(), &project.zone),
            instant: instant(merge.written_at),
            from: merge.value.from,
            into: merge.value.into,
            version: merge.version,
            author: merge.author,
        };
        let rows = merges.into_iter().map(row).collect();
        Some(Self { rows, from: String::new(), into: String::new() })
    }
}

#[derive(Debug, Deserialize)]
pub(in crate::dashboard) struct MergeForm {
    #[serde(default)]
    csrf: String,
    from: String,
    into: String,
}

/// Merges an account into another. What was typed stays on the page if it makes no sense.
pub(in crate::dashboard) async fn merge(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    Form(MergeForm { csrf, from, into }): Form<MergeForm>,
) -> Result<Response, ApiError> {
    check_token(&csrf, &signed_in)?;
    let project = project(&app, &id)?;
    let draft = Draft { from, into };
    let author = signed_in.member.email.clone();
    match merge::save(&app, &project, &draft, author).await {
        Ok(_) => Ok(Saved::Merged.page(&project)),
        Err(fault) => refused(&app, (&visit, &signed_in), &project, fault, Some(draft)).await,
    }
}

#[derive(Debug, Deserialize)]
pub(in crate::dashboard) struct UndoForm {
    #[serde(default)]
    csrf: String,
    from: String,
    version: u32,
}

/// Undoes the merge of an account.
pub(in crate::dashboard) async fn undo(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    Form(UndoForm { csrf, from, version }): Form<UndoForm>,
) -> Result<Response, ApiError> {
    check_token(&csrf, &signed_in)?;
    let project = project(&app, &id)?;
    let author = signed_in.member.email.clone();
    match merge::undo(&app, &project, (&from, version), author).await {
        Ok(()) => Ok(Saved::Undone.page(&project)),
        Err(fault) => refused(&app, (&visit, &signed_in), &project, fault, None).await,
    }
}

/// The page with the reason, where it is one for whoever asked.
async fn refused(
    app: &App,
    (visit, signed_in): (&Visit, &SignedIn),
    project: &Project,
    fault: ApiError,
    typed: Option<Draft>,
) -> Result<Response, ApiError> {
    let status = match fault {
        ApiError::BadRequest(_) => StatusCode::UNPROCESSABLE_ENTITY,
        ApiError::Conflict(_) | ApiError::NotFound(_) => fault.status(),
        fault => return Err(fault),
    };
    let notice = Notice::bad(sentence(&fault.to_string()));
    let mut page = super::page(app, visit, signed_in, project, Some(notice)).await;
    if let Some((merges, Draft { from, into })) = page.merges.as_mut().zip(typed) {
        (merges.from, merges.into) = (from, into);
    }
    Ok((status, html(&page)?).into_response())
}
