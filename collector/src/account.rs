//! What people, files and programs say of accounts: attributes, contacts and notes.
//!
//! A [`Saying`] is what one line of a file, one record of a program or one form says of one account.
//! A [`Ledger`] knows what holds, refuses what makes no sense with a sentence, and finds out what is
//! different: only that is written, so whatever is said again changes nothing.
//!
//! What is said here holds over what pages tell, for pages speak with a public key, and whoever
//! reads it there can say anything: see [`store::record`].

pub mod api;
pub(crate) mod ledger;
pub(crate) mod state;
pub(crate) mod table;
pub(crate) mod value;

use crate::App;
use crate::definitions::Project;
use crate::http::error::ApiError;
use crate::members::unavailable;
use ledger::Ledger;
use std::collections::BTreeSet;
use store::record::Source;

/// What is said of one account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Saying {
    /// The account's id.
    pub(crate) account: String,
    /// Attributes by name; an empty value takes away.
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) contacts: Vec<ContactSaid>,
    pub(crate) notes: Vec<NoteSaid>,
}

/// What is said of a contact. Nothing is said of what is `None`; what is empty is taken away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ContactSaid {
    pub(crate) name: String,
    pub(crate) email: Option<String>,
    pub(crate) role: Option<String>,
    pub(crate) user: Option<String>,
}

/// A note, by what it says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct NoteSaid {
    pub(crate) day: String,
    pub(crate) kind: String,
    pub(crate) text: String,
    /// The names of the contacts who were told; `None` says nothing of it.
    pub(crate) told: Option<Vec<String>>,
}

/// What holds of some accounts of a project, for somebody who says something of them.
pub(crate) async fn ledger_of_some(
    app: &App,
    project: &Project,
    accounts: &BTreeSet<String>,
    (author, source): (&str, Source),
) -> Result<Ledger, ApiError> {
    let (id, merges) = (&project.definition.id, &project.grouping.merges);
    let told = app.store().told_last_of(id, merges, accounts).await.map_err(unavailable)?;
    Ok(Ledger::new(&told, merges, (author, source), app.now()))
}

/// What holds of one account and of those that are merged into it, for a member who changes something
/// of it.
pub(crate) async fn ledger_of(
    app: &App,
    project: &Project,
    account: &str,
    author: &str,
) -> Result<Ledger, ApiError> {
    let merges = &project.grouping.merges;
    let told = app.store().told_of(&project.definition.id, merges, account).await;
    let told = told.map_err(unavailable)?;
    Ok(Ledger::new(&told, merges, (author, Source::Member), app.now()))
}

/// Writes what is different. Every question that is asked here afterwards goes by it.
pub(crate) async fn keep(app: &App, project: &Project, ledger: &Ledger) -> Result<(), ApiError> {
    let id = &project.definition.id;
    app.store().tell(id, &ledger.told()).await.map_err(unavailable)?;
    // An attribute that nobody had can be chosen in the next report.
    app.lately().forget(id);
    Ok(())
}
