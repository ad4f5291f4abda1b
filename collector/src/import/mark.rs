//! A place in the spool, by which an import asks whether its lines are written.

use crate::App;
use crate::http::error::ApiError;
use crate::http::private_key;
use crate::spool::Position;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Uri};
use protocol::{BatchId, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A place in a spool; written `<spool>-<segment>-<offset>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    spool: String,
    position: Position,
}

impl Mark {
    /// The end of the spool.
    pub(super) fn now(app: &App) -> Self {
        Self { spool: spool(app), position: *app.spool().end().borrow() }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let spool = parts.next().filter(|spool| spool.len() == 32)?.to_owned();
        let segment = parts.next()?.parse().ok()?;
        let offset = parts.next()?.parse().ok()?;
        parts.next().is_none().then_some(Self { spool, position: Position { segment, offset } })
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { spool, position: Position { segment, offset } } = self;
        write!(f, "{spool}-{segment}-{offset}")
    }
}

/// The identity of the spool, in 32 hexadecimal digits.
pub(super) fn spool(app: &App) -> String {
    BatchId::from_bytes(app.spool().id()).to_string()
}

/// Which lines are asked about.
#[derive(Debug, Deserialize)]
struct Asked {
    mark: String,
    /// When the import began, in milliseconds by the clock of the collector.
    #[serde(default)]
    since: i64,
}

/// Whether lines are written.
#[derive(Debug, Serialize)]
pub struct Written {
    /// Whether nothing of them waits any more.
    written: bool,
    /// If so: how many events of the project ClickHouse has refused since the asked time, these
    /// lines or others, that are dead letters still.
    #[serde(skip_serializing_if = "Option::is_none")]
    dead_letters: Option<usize>,
}

/// Answers `GET /v1/projects/{project}/import?mark=<mark of a receipt>&since=<milliseconds>`:
/// whether everything up to there is in ClickHouse or, refused by it, among the dead letters.
///
/// # Errors
/// 401 and 403 as for the import itself, 400 for what is no mark, 409 for a mark of another
/// spool: then the data was replaced, and nothing is known of the lines.
pub async fn written(
    State(app): State<App>,
    Path(project): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Json<Written>, ApiError> {
    let project = private_key::project(&app, &headers, &project)?;
    let asked = Query::<Asked>::try_from_uri(&uri).ok();
    let known = asked.and_then(|Query(asked)| Some((Mark::parse(&asked.mark)?, asked.since)));
    let Some((mark, since)) = known else {
        let sentence = "the address must end with `?mark=<mark of a receipt>`";
        return Err(ApiError::BadRequest(sentence.to_owned()));
    };
    if mark.spool != spool(&app) {
        let sentence = "the data of this collector was replaced since: import the file anew";
        return Err(ApiError::Conflict(sentence.to_owned()));
    }
    // What is refused is buried before it counts as done.
    let is_written = app.delivery().done() >= mark.position;
    let since = Timestamp::from_millis(since);
    let n_letters = || app.letters().n_since(&project.definition.id, since);
    Ok(Json(Written { written: is_written, dead_letters: is_written.then(n_letters) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        let mark = Mark { spool: "0a".repeat(16), position: Position { segment: 3, offset: 64 } };
        assert_eq!(Mark::parse(&mark.to_string()), Some(mark));
        for text in ["", "3-64", "0a-3-64", &format!("{}-3", "0a".repeat(16))] {
            assert_eq!(Mark::parse(text), None, "{text}");
        }
    }
}
