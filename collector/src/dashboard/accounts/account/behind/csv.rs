//! All people or events of a list as CSV, as they come: they may be more than fit into memory.

use super::super::days::file;
use super::view::what;
use crate::http::csv::quoted;
use accounts::account::{Happened, Person};
use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use store::Rows;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// The people; none where nothing could be done.
pub(super) fn people(rows: Option<Rows<Person>>, name: &str) -> Response {
    let head = "person,is_user,times,first_at,last_at\r\n";
    let line = |person: &Person| {
        let Person { is_user, n, first_at, last_at, .. } = person;
        let (first, last) = (instant(*first_at), instant(*last_at));
        format!("{},{},{n},{first},{last}\r\n", quoted(&person.person), *is_user == 1)
    };
    match rows {
        Some(rows) => file(name, streamed(rows, head, line)).into_response(),
        None => file(name, head).into_response(),
    }
}

/// The events.
pub(super) fn events(rows: Rows<Happened>, name: &str) -> Response {
    let line = |event: &Happened| {
        let texts = [
            event.person.as_str(),
            event.kind.as_str(),
            event.name.as_str(),
            &what(event),
            event.path.as_str(),
            event.session.as_str(),
        ];
        let texts = texts.map(quoted).join(",");
        format!("{},{},{texts}\r\n", instant(event.at), event.event)
    };
    let head = "timestamp,event_id,person,kind,name,what,path,session_id\r\n";
    file(name, streamed(rows, head, line)).into_response()
}

fn streamed<T: DeserializeOwned + Send + 'static>(
    rows: Rows<T>,
    head: &'static str,
    line: fn(&T) -> String,
) -> Body {
    let (sender, lines) = mpsc::channel(2);
    // It ends with the connection, and an error breaks the download off, so that it is seen.
    tokio::spawn(send(rows, head.to_owned(), line, sender));
    Body::from_stream(ReceiverStream::new(lines))
}

async fn send<T: DeserializeOwned>(
    mut rows: Rows<T>,
    mut lines: String,
    line: fn(&T) -> String,
    to: mpsc::Sender<Result<Bytes, store::Error>>,
) {
    loop {
        let next = rows.next().await;
        let is_last = !matches!(next, Ok(Some(_)));
        match next {
            Ok(rows) => lines.extend(rows.iter().flatten().map(line)),
            Err(error) => {
                tracing::warn!(%error, "a list of an account broke off");
                drop(to.send(Err(error)).await);
                return;
            }
        }
        if to.send(Ok(Bytes::from(std::mem::take(&mut lines)))).await.is_err() || is_last {
            return;
        }
    }
}

fn instant(ms: u64) -> String {
    let at = jiff::Timestamp::from_millisecond(i64::try_from(ms).unwrap_or(0));
    at.unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
