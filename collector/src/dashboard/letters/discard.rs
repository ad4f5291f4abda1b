//! Discards letters: asks first, because their events are gone for good.

use super::view::{DiscardPage, letters};
use super::{Desk, shell};
use crate::App;
use crate::dashboard::html;
use crate::dashboard::notice::Notice;
use crate::dashboard::visit::Visit;
use crate::dead::LetterId;
use crate::dead::discard::{self, Chosen, Discarded};
use crate::http::error::ApiError;
use crate::members::SignedIn;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::Form;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(super) struct DiscardForm {
    #[serde(default)]
    csrf: String,
    /// Discards all that are listed, and not only the chosen ones.
    all: Option<String>,
    reason: Option<String>,
    #[serde(default)]
    id: Vec<String>,
    /// How many letters the member was told that it is about, once he was asked.
    sure: Option<usize>,
}

/// Asks whether the letters are to go; lets go of them when that was answered.
pub(super) async fn discard(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    Path(id): Path<String>,
    Form(form): Form<DiscardForm>,
) -> Result<Response, ApiError> {
    let desk = Desk::for_change(&app, &signed_in, &id, &form.csrf)?;
    let is_all = form.all.is_some();
    let reason = form.reason.filter(|reason| is_all && !reason.is_empty());
    let filter = desk.filter(reason.clone());
    let chosen = match is_all {
        true => Chosen::All,
        false => Chosen::Some(form.id.iter().filter_map(|id| LetterId::parse(id)).collect()),
    };
    let done = |n: usize| Redirect::to(&format!("{}?discarded={n}", desk.path())).into_response();
    let (n, is_other) = match form.sure {
        None => (discard::count(&app, &filter, &chosen).await?, false),
        Some(n) => {
            let member = &signed_in.member.email;
            match discard::discard(&app, &filter, &chosen, n, member).await? {
                Discarded::Done => return Ok(done(n)),
                Discarded::Other(n) => (n, true),
            }
        }
    };
    if n == 0 {
        return Ok(done(0));
    }
    let changed = "Letters came or went meanwhile. Nothing was discarded yet.";
    let page = DiscardPage {
        shell: shell(&visit, &signed_in, &desk),
        path: desk.path(),
        n,
        n_letters: letters(n),
        notice: is_other.then(|| Notice::bad(changed.to_owned())),
        is_all,
        reason,
        ids: form.id,
    };
    let status = if is_other { StatusCode::CONFLICT } else { StatusCode::OK };
    Ok((status, html(&page)?).into_response())
}
