//! Record: what is known of an account. Attributes with who says them, contacts with their roles,
//! notes and interventions with who was told, and every change of it.
//!
//! A form says what held when it was opened. Where something else holds by now, nothing is saved:
//! the page shows what holds, with what was typed still in the form.

mod form;
mod view;

use super::super::gate::check_token;
use super::super::html;
use super::super::layout::Place;
use super::super::notice::{Notice, sentence};
use super::super::visit::Visit;
use super::of_one::OfOne;
use crate::App;
use crate::access::Act;
use crate::account::ledger::Ledger;
use crate::account::{Saying, keep, ledger_of};
use crate::definitions::Project;
use crate::delivery::if_there;
use crate::http::error::ApiError;
use crate::members::{SignedIn, unavailable};
use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum_extra::extract::Form;
use form::{AttributeForm, ContactForm, NoteForm, Typed};
use serde::Deserialize;
use std::collections::BTreeSet;
use store::record::Subject;
use view::{Known, RecordPage};

/// What is said to whoever saves over what he has not seen.
const CHANGED: &str = "something else is said here than when the form was opened, and nothing is \
                       saved yet: look at what holds, and save again what is to hold";

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/projects/{project}/accounts/{account}/record", get(show))
        .route(
            "/projects/{project}/accounts/{account}/record/attribute",
            post(save::<AttributeForm>),
        )
        .route("/projects/{project}/accounts/{account}/record/contact", post(save::<ContactForm>))
        .route("/projects/{project}/accounts/{account}/record/note", post(save::<NoteForm>))
}

#[derive(Debug, Default, Deserialize)]
struct Asked {
    #[serde(default)]
    saved: bool,
    /// Whether all changes are wanted, and not the latest alone.
    #[serde(default)]
    all: bool,
}

/// A form of the page.
trait Change {
    /// The token of the form.
    fn csrf(&self) -> &str;

    /// The name of the attribute, or the id of the contact or note; empty for a new one of these.
    fn thing(&self) -> &str;

    /// What held of it when the form was filled in, as [`crate::account::state`] says it.
    fn seen(&self) -> &str;

    /// What of the ledger it changes.
    ///
    /// # Errors
    /// A sentence, when it makes no sense.
    fn apply(&self, account: &str, ledger: &mut Ledger) -> Result<(), String>;

    /// What was typed, for a page that says what is wrong with it.
    fn typed(self) -> Typed;

    /// The part of the page that it is in.
    const PART: &str;

    /// Of what it is.
    const SUBJECT: Subject;
}

/// Shows what is known of an account.
async fn show(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    OfOne { project, id: account }: OfOne,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, ApiError> {
    let notice = asked.saved.then(|| Notice::good("Saved. Every report goes by it at once."));
    let desk = Desk { app: &app, visit: &visit, signed_in: &signed_in, project: &project };
    html(&desk.page(&account, notice, None, asked.all).await?)
}

/// Changes something of it.
async fn save<F: Change + for<'de> Deserialize<'de>>(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    OfOne { project, id: account }: OfOne,
    Form(form): Form<F>,
) -> Result<Response, ApiError> {
    check_token(form.csrf(), &signed_in)?;
    let _turn = app.telling().lock().await;
    let mut ledger = ledger_of(&app, &project, &account, &signed_in.member.email).await?;
    let is_as_seen = ledger.state(&account, F::SUBJECT, form.thing()) == form.seen();
    let fault = match form.apply(&account, &mut ledger) {
        Err(fault) => Some((StatusCode::UNPROCESSABLE_ENTITY, fault)),
        Ok(()) if is_as_seen || ledger.told().is_empty() => None,
        Ok(()) => Some((StatusCode::CONFLICT, CHANGED.to_owned())),
    };
    if let Some((status, fault)) = fault {
        let notice = Some(Notice::bad(sentence(&fault)));
        let desk = Desk { app: &app, visit: &visit, signed_in: &signed_in, project: &project };
        let page = desk.page(&account, notice, Some(form.typed()), false).await?;
        return Ok((status, html(&page)?).into_response());
    }
    keep(&app, &project, &ledger).await?;
    let address = super::address(project.definition.id.as_str(), &account);
    Ok(Redirect::to(&format!("{address}/record?saved=true#{}", F::PART)).into_response())
}

struct Desk<'a> {
    app: &'a App,
    visit: &'a Visit,
    signed_in: &'a SignedIn,
    project: &'a Project,
}

impl Desk<'_> {
    async fn page(
        &self,
        account: &str,
        notice: Option<Notice>,
        typed: Option<Typed>,
        shows_all: bool,
    ) -> Result<RecordPage, ApiError> {
        let (store, id) = (self.app.store(), &self.project.definition.id);
        let merges = &self.project.grouping.merges;
        let record = store.account_record(id, merges, account).await.map_err(unavailable)?;
        let of = BTreeSet::from([account.to_owned()]);
        let seen = if_there(self.app, store.accounts_seen(id, merges, &of)).await;
        let known = Known {
            account,
            project: id.as_str(),
            record,
            is_seen: seen.is_none_or(|seen| seen.contains(account)),
            zone: &self.project.zone,
            now: self.app.now(),
            typed,
            shows_all,
        };
        let shell = self.visit.shell_for("Record", Place::Accounts, self.signed_in, self.project);
        Ok(RecordPage::new(shell, notice, &known, self.signed_in.may(Act::Records)))
    }
}

/// Takes what a form says of an account as a whole.
fn take(ledger: &mut Ledger, saying: &Saying) -> Result<(), String> {
    ledger.take(saying).map(drop)
}
