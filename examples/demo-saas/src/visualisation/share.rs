//! Sharing a board: with colleagues, who may look or also edit.

use super::board::{self, Board};
use crate::app::App;
use crate::choice::Choice;
use crate::error::{Error, Thing};
use crate::kept::lead_to;
use crate::page::refused;
use crate::person::initials;
use crate::session::Member;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::Form;
use serde::Deserialize;

/// What somebody may do with a board.
pub(super) const RIGHTS: [Choice; 2] =
    [Choice::of("look", |t| t.may_look), Choice::of("edit", |t| t.may_edit)];

/// Somebody whom a board is shared with.
#[derive(Debug, Clone)]
pub(crate) struct Share {
    pub(crate) with: String,
    pub(crate) right: Choice,
}

impl Share {
    /// What a company finds at the first visit.
    pub(super) fn sample() -> Self {
        Self { with: "Analyst 1".to_owned(), right: RIGHTS[0] }
    }

    /// The letters that stand for the colleague where there is little room.
    pub(crate) fn initials(&self) -> String {
        initials(&self.with)
    }
}

/// The dialog in which a board is shared.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ShareForm {
    with: Vec<String>,
    right: String,
}

/// Shares a board with the chosen colleagues. Who has it already gets the new right.
pub(crate) async fn share(
    State(app): State<App>,
    member: Member,
    Path(id): Path<u32>,
    Form(form): Form<ShareForm>,
) -> Result<Response, Error> {
    let right = Choice::find_or_first(&RIGHTS, &form.right);
    let n_added = app.company(&member, |company| {
        let names: Vec<_> = company.people.values().map(|person| person.name.clone()).collect();
        let chosen: Vec<_> = names.into_iter().filter(|name| form.with.contains(name)).collect();
        let shares = &mut company.get_mut::<Board>(id)?.shares;
        shares.retain(|share| !chosen.contains(&share.with));
        let n_added = chosen.len();
        shares.extend(chosen.into_iter().map(|with| Share { with, right }));
        Ok(n_added)
    })?;
    if n_added == 0 {
        let page = board::page(&app, &member, id, Some(member.t().choose_a_colleague))?;
        return Ok(refused(page));
    }
    Ok(lead_to::<Board>(id).into_response())
}

/// The form that takes a board away from somebody.
#[derive(Debug, Deserialize)]
pub(crate) struct Withdrawal {
    with: String,
}

/// Takes a board away from somebody.
pub(crate) async fn withdraw(
    State(app): State<App>,
    member: Member,
    Path(id): Path<u32>,
    Form(form): Form<Withdrawal>,
) -> Result<Redirect, Error> {
    app.company(&member, |company| {
        let shares = &mut company.get_mut::<Board>(id)?.shares;
        let n_before = shares.len();
        shares.retain(|share| share.with != form.with);
        if shares.len() == n_before { Err(Error::NotFound(Thing::Person)) } else { Ok(()) }
    })?;
    Ok(lead_to::<Board>(id))
}
