//! The people behind a number of any report: a page of them, and all as a file.

use super::format::{count, moment};
use super::layout::Shell;
use super::live::short_person;
use crate::http::csv::quoted;
use crate::http::error::ApiError;
use analytics::people::{PeopleOf, Place};
use analytics::{By, PeoplePage, Person};
use askama::Template;
use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;
use protocol::Timestamp;
use store::{Connection, Rows};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// The page.
#[derive(Debug, Template)]
#[template(path = "people.html")]
pub(super) struct PeopleView {
    pub(super) shell: Shell,
    /// Whose list it is, as a heading.
    pub(super) title: String,
    /// Who is on it, as a sentence.
    pub(super) lead: String,
    /// What the steps are called, for the column of the last one.
    pub(super) counted: &'static str,
    /// Whether accounts are listed.
    pub(super) is_of_accounts: bool,
    pub(super) total: String,
    pub(super) rows: Vec<Row>,
    /// As of when, and in which zone.
    pub(super) footnote: String,
    /// The address of the report.
    pub(super) back: String,
    /// The address of the first page, where this is another one.
    pub(super) first: Option<String>,
    /// The address of the next page.
    pub(super) next: Option<String>,
    /// The address of all of them as CSV.
    pub(super) csv: String,
}

/// One person of the page.
#[derive(Debug)]
pub(super) struct Row {
    /// The id as far as there is room.
    pub(super) name: String,
    /// The id whole.
    pub(super) id: String,
    pub(super) is_anonymous: bool,
    pub(super) account: String,
    pub(super) entered: String,
    pub(super) last: String,
    /// What he did last.
    pub(super) did: String,
}

/// The rows of a page; `steps` are what the steps are called.
pub(super) fn rows(page: &PeoplePage, by: By, steps: &[String], zone: &TimeZone) -> Vec<Row> {
    let at = |ms: u64| moment(Timestamp::from_millis(i64::try_from(ms).unwrap_or(0)), zone);
    let row = |person: &Person| {
        let is_anonymous = by == By::People && !person.is_user;
        let n = (person.n_steps as usize).saturating_sub(1);
        Row {
            name: if is_anonymous { short_person(&person.person) } else { person.person.clone() },
            id: person.person.clone(),
            is_anonymous,
            account: person.account.clone(),
            entered: at(person.entered_at),
            last: at(person.last_at),
            did: steps.get(n).cloned().unwrap_or_default(),
        }
    };
    page.people.iter().map(row).collect()
}

/// How many are listed, in words: `3 accounts`.
pub(super) fn actors(by: By, n: u64) -> String {
    match (by, n) {
        (By::People, 1) => "1 person".to_owned(),
        (By::People, n) => format!("{} people", count(n)),
        (By::Accounts, 1) => "1 account".to_owned(),
        (By::Accounts, n) => format!("{} accounts", count(n)),
    }
}

/// An address with the place after which its page begins.
pub(super) fn page_after(address: &str, place: &Place) -> String {
    let place = place.to_string();
    let after = form_urlencoded::byte_serialize(place.as_bytes()).collect::<String>();
    format!("{address}&after={after}")
}

/// Answers with all of them as CSV, as they come: they may be more than fit into memory.
///
/// # Errors
/// When the question cannot be sent.
pub(super) fn csv(
    people: &PeopleOf,
    connection: &Connection,
    file: &str,
    steps: Vec<String>,
) -> Result<Response, ApiError> {
    let rows = people.all(connection).map_err(anyhow::Error::new)?;
    let (sender, lines) = mpsc::channel(2);
    // It ends with the connection, and an error breaks the download off, so that it is seen.
    tokio::spawn(send(rows, steps, sender));
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{file}.csv\"")),
    ];
    Ok((headers, Body::from_stream(ReceiverStream::new(lines))).into_response())
}

async fn send(
    mut rows: Rows<Person>,
    steps: Vec<String>,
    to: mpsc::Sender<Result<Bytes, store::Error>>,
) {
    let mut lines = "person,is_user,account,entered_at,last_step_at,steps,last_step\r\n".to_owned();
    loop {
        let next = rows.next().await;
        let is_last = !matches!(next, Ok(Some(_)));
        match next {
            Ok(people) => {
                people.iter().flatten().for_each(|person| line(&mut lines, person, &steps))
            }
            Err(error) => {
                tracing::warn!(%error, "a list of people broke off");
                drop(to.send(Err(error)).await);
                return;
            }
        }
        if to.send(Ok(Bytes::from(std::mem::take(&mut lines)))).await.is_err() || is_last {
            return;
        }
    }
}

fn line(out: &mut String, person: &Person, steps: &[String]) {
    let at = |ms: u64| {
        let at = jiff::Timestamp::from_millisecond(i64::try_from(ms).unwrap_or(0));
        at.unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
    };
    let n = person.n_steps as usize;
    let step = steps.get(n.saturating_sub(1)).map_or("", String::as_str);
    out.push_str(&format!(
        "{},{},{},{},{},{n},{}\r\n",
        quoted(&person.person),
        person.is_user,
        quoted(&person.account),
        at(person.entered_at),
        at(person.last_at),
        quoted(step)
    ));
}
