//! The past as the lines of an import.

use crate::session::Happening;
use anyhow::Result;
use protocol::{Context, EventId, Kind, Page, Properties, Timestamp};
use serde::Serialize;
use serde_json::value::RawValue;
use std::io::Write;

/// A line, in the fields of [`protocol::ImportLine`].
#[derive(Debug, Serialize)]
struct Line<'a> {
    event_id: EventId,
    kind: Kind,
    timestamp: Timestamp,
    context: &'a Context<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<&'a Page<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    element: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Properties::is_empty")]
    properties: &'a Properties<'static>,
    user_agent: &'static str,
    country: &'static str,
}

/// Writes what happens as one line.
///
/// # Errors
/// When it cannot be written.
pub fn write_line(to: &mut impl Write, it: &Happening<'_>) -> Result<()> {
    let line = Line {
        event_id: it.event_id,
        kind: it.kind,
        timestamp: it.at,
        context: &it.context,
        page: it.page.as_ref(),
        element: it.element.map(|(_, element)| element),
        properties: it.properties,
        user_agent: it.agent,
        country: it.country,
    };
    serde_json::to_writer(&mut *to, &line)?;
    to.write_all(b"\n")?;
    Ok(())
}
