//! What goes wrong in browsers: `POST /v1/trouble?k=<write_key>`.
//!
//! When the SDK finds itself broken it falls silent for the rest of the page, and says so here, at
//! most once a day and browser: three lines with its name and version, the word that it was told,
//! and the error, out of which it has taken whatever may be somebody's. Nobody waits for the answer.

use crate::App;
use crate::counters::Sample;
use crate::http::auth;
use crate::http::error::ApiError;
use crate::ingest::for_every_origin;
use crate::ingest::refusal::page_host;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

/// Bytes of a report.
pub(crate) const BODY_BYTES: usize = 2 << 10;

/// Letters of a word that the SDK is told.
const WORD_CHARS: usize = 16;

/// Takes a report, and answers 204.
pub async fn receive(
    State(app): State<App>,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let noted = match body {
        Ok(body) => note(&app, &uri, &headers, &body),
        Err(refused) if refused.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            Err(ApiError::TooLarge(format!("a report has at most {BODY_BYTES} bytes")))
        }
        Err(_) => Err(ApiError::BadRequest("the body broke off".to_owned())),
    };
    for_every_origin(match noted {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => error.into_response(),
    })
}

/// Counts a report, and keeps it to look at.
fn note(app: &App, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Result<(), ApiError> {
    let project = auth::project(app, uri)?;
    let text = String::from_utf8_lossy(body);
    let mut lines = text.lines();
    let (sdk, word) = (lines.next().unwrap_or(""), lines.next().unwrap_or(""));
    let why = lines.next().unwrap_or("").trim();
    let is_word = |word: &str| word.bytes().all(|b| b.is_ascii_alphabetic());
    let sentence = match word {
        "" => why.to_owned(),
        word if word.len() <= WORD_CHARS && is_word(word) => format!("{why}, at `{word}`"),
        _ => return Err(ApiError::BadRequest("the second line is a word".to_owned())),
    };
    let now = app.now();
    let sample = Sample::new(now, &sentence, sdk, page_host(headers));
    if project.counters.switch_off(project.day(now), sample) {
        return Ok(());
    }
    let message = "there are many reports just now, and they are all counted as one".to_owned();
    Err(ApiError::TooMany { message, retry_after: 60 })
}
