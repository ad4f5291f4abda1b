//! Records by the API: `POST /v1/projects/{project}/accounts/records` says something of accounts,
//! `GET /v1/projects/{project}/accounts/{account}/record` tells what is known of one.
//!
//! A record that makes no sense is refused as a whole, with its place and the reason, and the others
//! are kept. The same said again changes nothing, so a program may repeat itself. An account need not
//! have been seen: what is said of it holds as soon as it is.

use super::ledger::Ledger;
use super::{ContactSaid, NoteSaid, Saying, keep, ledger_of_some};
use crate::App;
use crate::http::asker::Asker;
use crate::http::error::ApiError;
use crate::http::json;
use crate::members::unavailable;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::HeaderMap;
use axum::routing::{get, post};
use axum::{Json, Router};
use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use store::record::{self, AccountRecord, By, Source};
use tokio::task::spawn_blocking;

/// The most records of one request.
const RECORDS: usize = 10_000;

/// The routes.
pub(crate) fn routes() -> Router<App> {
    let limit = DefaultBodyLimit::max(super::table::BYTES);
    Router::new()
        .route("/v1/projects/{project}/accounts/records", post(tell).layer(limit))
        .route("/v1/projects/{project}/accounts/{account}/record", get(show))
}

/// What a program says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    records: Vec<serde_json::Value>,
}

/// What is said of one account.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Draft {
    account: String,
    #[serde(default)]
    attributes: BTreeMap<String, Value>,
    #[serde(default)]
    contacts: Vec<ContactDraft>,
    #[serde(default)]
    notes: Vec<NoteDraft>,
}

/// The value of an attribute; null takes away.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a value is a text, a number, true, false, a list of texts, or null")]
enum Value {
    Text(String),
    Number(serde_json::Number),
    Flag(bool),
    List(Vec<String>),
    None(()),
}

impl Value {
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => number.to_string(),
            Self::Flag(flag) => flag.to_string(),
            Self::List(names) => names.join(", "),
            Self::None(()) => String::new(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ContactDraft {
    name: String,
    email: Option<String>,
    role: Option<String>,
    user: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoteDraft {
    day: String,
    #[serde(default = "note")]
    kind: String,
    text: String,
    told: Option<Vec<String>>,
}

fn note() -> String {
    record::Note::NOTE.to_owned()
}

impl From<Draft> for Saying {
    fn from(draft: Draft) -> Self {
        let Draft { account, attributes, contacts, notes } = draft;
        let contact = |it: ContactDraft| {
            let ContactDraft { name, email, role, user } = it;
            ContactSaid { name, email, role, user }
        };
        let note = |it: NoteDraft| {
            let NoteDraft { day, kind, text, told } = it;
            NoteSaid { day, kind, text, told }
        };
        Self {
            account,
            attributes: attributes.into_iter().map(|(name, value)| (name, value.text())).collect(),
            contacts: contacts.into_iter().map(contact).collect(),
            notes: notes.into_iter().map(note).collect(),
        }
    }
}

/// What came of it.
#[derive(Debug, Default, Serialize)]
pub struct Receipt {
    /// Records of which something is new or different.
    accepted: u64,
    /// Records that say what holds.
    unchanged: u64,
    rejected: Vec<Rejected>,
}

#[derive(Debug, Serialize)]
struct Rejected {
    /// The place of the record, from 0.
    i: usize,
    reason: String,
}

/// Keeps what is different.
///
/// # Errors
/// 400 for a body that is none, 401 and 403 without somebody who may, 404 for an unknown project,
/// 413 for too much at once, 503 while ClickHouse is away.
async fn tell(
    State(app): State<App>,
    asker: Asker,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Receipt>, ApiError> {
    let Body { records } = json::read(&headers, &body, "list of records")?;
    if records.len() > RECORDS {
        let why = format!("a request has at most {RECORDS} records: send them in parts");
        return Err(ApiError::TooLarge(why));
    }
    let source = if asker.is_program { Source::Api } else { Source::Member };
    let _turn = app.telling().lock().await;
    let (sayings, accounts) =
        spawn_blocking(|| sayings(records)).await.map_err(anyhow::Error::new)?;
    let by = (asker.author.as_str(), source);
    let mut ledger = ledger_of_some(&app, &asker.project, &accounts, by).await?;
    // Ten thousand records take longer than other requests should wait for.
    let taken = spawn_blocking(move || (take(sayings, &mut ledger), ledger)).await;
    let (receipt, ledger) = taken.map_err(anyhow::Error::new)?;
    keep(&app, &asker.project, &ledger).await?;
    Ok(Json(receipt))
}

/// What each record says, or why it says nothing; and of which accounts.
fn sayings(records: Vec<serde_json::Value>) -> (Vec<Result<Saying, String>>, BTreeSet<String>) {
    let read = |record| serde_json::from_value(record).map(|draft: Draft| draft.into());
    let sayings: Vec<Result<Saying, String>> =
        records.into_iter().map(|it| read(it).map_err(|error| error.to_string())).collect();
    let accounts =
        sayings.iter().flatten().map(|saying| saying.account.trim().to_owned()).collect();
    (sayings, accounts)
}

/// Takes each that makes sense into the ledger.
fn take(sayings: Vec<Result<Saying, String>>, ledger: &mut Ledger) -> Receipt {
    let mut receipt = Receipt::default();
    for (i, saying) in sayings.into_iter().enumerate() {
        match saying.and_then(|saying| ledger.take(&saying)) {
            Ok(turns) if turns.is_empty() => receipt.unchanged += 1,
            Ok(_) => receipt.accepted += 1,
            Err(reason) => receipt.rejected.push(Rejected { i, reason }),
        }
    }
    receipt
}

/// What is known of an account.
#[derive(Debug, Serialize)]
pub struct Known {
    account: String,
    attributes: Vec<AttributeView>,
    contacts: Vec<ContactView>,
    notes: Vec<NoteView>,
    changes: Vec<ChangeView>,
}

#[derive(Debug, Serialize)]
struct AttributeView {
    name: String,
    value: String,
    /// `page`, or how it came here.
    source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<String>,
    told_at: Timestamp,
    /// The account of which it is said, where that is merged into this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    merged_from: Option<String>,
}

#[derive(Debug, Serialize)]
struct ContactView {
    id: String,
    name: String,
    email: String,
    role: String,
    user: String,
}

#[derive(Debug, Serialize)]
struct NoteView {
    id: String,
    day: String,
    kind: &'static str,
    text: String,
    told: Vec<String>,
    author: String,
    told_at: Timestamp,
}

#[derive(Debug, Serialize)]
struct ChangeView {
    told_at: Timestamp,
    author: String,
    source: Source,
    subject: &'static str,
    id: String,
    turns: Vec<TurnView>,
    /// As that of an attribute.
    #[serde(skip_serializing_if = "Option::is_none")]
    merged_from: Option<String>,
}

#[derive(Debug, Serialize)]
struct TurnView {
    name: String,
    before: String,
    after: String,
}

/// Tells what is known of an account, or of the one that it is merged into; nothing of one that nobody
/// knows.
///
/// # Errors
/// As [`tell`].
async fn show(
    State(app): State<App>,
    asker: Asker,
    Path((_, account)): Path<(String, String)>,
) -> Result<Json<Known>, ApiError> {
    let (project, merges) = (&asker.project.definition.id, &asker.project.grouping.merges);
    let record = app.store().account_record(project, merges, &account).await;
    let account = merges.account(&account).to_owned();
    Ok(Json(Known::new(account, record.map_err(unavailable)?)))
}

impl Known {
    fn new(account: String, record: AccountRecord) -> Self {
        let AccountRecord { attributes, contacts, notes, changes } = record;
        Self {
            account,
            attributes: attributes.into_iter().map(AttributeView::from).collect(),
            contacts: contacts.into_iter().map(ContactView::from).collect(),
            notes: notes.into_iter().map(NoteView::from).collect(),
            changes: changes.into_iter().map(ChangeView::from).collect(),
        }
    }
}

impl From<record::Attribute> for AttributeView {
    fn from(attribute: record::Attribute) -> Self {
        let record::Attribute { name, value, by, at: told_at, on_pages: _, merged_from } =
            attribute;
        let (source, author) = match by {
            By::Pages => ("page", None),
            By::Record { author, source } => (source.as_str(), Some(author)),
        };
        Self { name, value, source, author, told_at, merged_from }
    }
}

impl From<record::Contact> for ContactView {
    fn from(contact: record::Contact) -> Self {
        let record::Contact { id, name, email, role, user } = contact;
        Self { id, name, email, role, user }
    }
}

impl From<record::Note> for NoteView {
    fn from(note: record::Note) -> Self {
        let record::Note { id, day, is_intervention, text, told, author, at: told_at } = note;
        let kind = if is_intervention { record::Note::INTERVENTION } else { record::Note::NOTE };
        Self { id, day, kind, text, told, author, told_at }
    }
}

impl From<record::Change> for ChangeView {
    fn from(change: record::Change) -> Self {
        let record::Change { at: told_at, author, source, subject, id, turns, merged_from } =
            change;
        let turn = |it: record::Turn| {
            let record::Turn { name, before, after } = it;
            TurnView { name, before, after }
        };
        let (subject, turns) = (subject.as_str(), turns.into_iter().map(turn).collect());
        Self { told_at, author, source, subject, id, turns, merged_from }
    }
}
