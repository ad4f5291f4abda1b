//! All people of a list as CSV, as they come: they may be more than fit into memory.

use super::Columns;
use crate::http::csv::quoted;
use crate::http::error::ApiError;
use analytics::Person;
use analytics::people::PeopleOf;
use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use store::{Connection, Rows};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// Answers with all of them.
///
/// # Errors
/// When the question cannot be sent.
pub(super) fn answer(
    people: &PeopleOf,
    connection: &Connection,
    file: &str,
    columns: Columns,
) -> Result<Response, ApiError> {
    let rows = people.all(connection).map_err(anyhow::Error::new)?;
    let (sender, lines) = mpsc::channel(2);
    // It ends with the connection, and an error breaks the download off, so that it is seen.
    tokio::spawn(send(rows, columns, sender));
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{file}.csv\"")),
    ];
    Ok((headers, Body::from_stream(ReceiverStream::new(lines))).into_response())
}

async fn send(
    mut rows: Rows<Person>,
    columns: Columns,
    to: mpsc::Sender<Result<Bytes, store::Error>>,
) {
    let mut lines = match columns {
        Columns::Steps(_) => "person,is_user,account,entered_at,last_step_at,steps,last_step\r\n",
        Columns::Times(_) => "person,is_user,account,first_at,last_at,times\r\n",
    }
    .to_owned();
    loop {
        let next = rows.next().await;
        let is_last = !matches!(next, Ok(Some(_)));
        match next {
            Ok(people) => {
                people.iter().flatten().for_each(|person| line(&mut lines, person, &columns));
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

fn line(out: &mut String, person: &Person, columns: &Columns) {
    let at = |ms: u64| {
        let at = jiff::Timestamp::from_millisecond(i64::try_from(ms).unwrap_or(0));
        at.unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
    };
    let step = match columns {
        Columns::Times(_) => String::new(),
        Columns::Steps(steps) => {
            let step = steps.get((person.n as usize).saturating_sub(1));
            format!(",{}", quoted(step.map_or("", String::as_str)))
        }
    };
    out.push_str(&format!(
        "{},{},{},{},{},{}{step}\r\n",
        quoted(&person.person),
        person.is_user,
        quoted(&person.account),
        at(person.entered_at),
        at(person.last_at),
        person.n,
    ));
}
