//! What the screens of reports have in common.

use crate::http::error::ApiError;
use analytics::{DateRange, Scope};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use protocol::Timestamp;

/// Answers with lines of CSV, as a file called after the report, the project and the days.
///
/// # Errors
/// When the days mean nothing.
pub(super) fn csv(
    report: &str,
    days: DateRange,
    scope: &Scope,
    now: Timestamp,
    lines: String,
) -> Result<Response, ApiError> {
    let days = days.days(scope, now);
    let (from, to) = days.map_err(|fault| ApiError::BadRequest(fault.to_string()))?;
    let name = format!("attachment; filename=\"{report}-{}-{from}-{to}.csv\"", scope.project);
    let kind = "text/csv; charset=utf-8".to_owned();
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, lines).into_response())
}
