//! Reads letters back from a person's editor, and says which line and which column is wrong.
//!
//! Only columns of a row may be changed, and not whose event it is or which. What was not
//! changed is not judged: it was good enough to be accepted once.

use super::letter::millis;
use super::row::{self, Columns, Fault};
use super::{Content, Filter, Kept, Letter, LetterId, Letters};
use protocol::{Kind, limits};
use serde_json::{Map, Value};
use std::collections::HashSet;
use store::schema::events::{
    EVENT_ID, KIND, MONTH, PROJECT, PROPERTIES, RECEIVED_AT, SENT_AT, TIMESTAMP,
};

/// The field of a line that holds the row.
const ROW: &str = "row";

/// From 1970 to 2200, as times may be that a sender claims.
const TIMES: std::ops::Range<i64> = 0..7_258_118_400_000;

/// What is wrong with what a person sent; a sentence without its full stop.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A line of a file.
    #[error("line {line}: {why}")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// A row.
    #[error("{0}")]
    Row(String),
    /// The letters cannot be read.
    #[error("the letters cannot be read")]
    Letters(#[from] super::Error),
}

/// Reads a file of letters, one a line, each as it was downloaded but for its row.
///
/// # Errors
/// When anything is wrong with any line.
pub fn file(letters: &Letters, filter: &Filter, text: &str) -> Result<Vec<Kept>, Error> {
    let mut seen = HashSet::new();
    let mut mended = Vec::new();
    let lines = text.lines().enumerate().filter(|(_, text)| !text.trim().is_empty());
    for (n, text) in lines {
        let fault = |why: String| Error::Line { line: n + 1, why };
        let fields: Map<String, Value> =
            serde_json::from_str(text).map_err(|error| fault(json_fault(&error)))?;
        let id = fields.get("id").and_then(Value::as_str).and_then(LetterId::parse);
        let id = id.ok_or_else(|| fault("`id` is not the id of a letter".to_owned()))?;
        if !seen.insert(id) {
            return Err(fault(format!("the letter `{id}` is there twice")));
        }
        let found = letters.find(id, filter)?;
        let kept = found.ok_or_else(|| fault(format!("there is no letter `{id}` any more")))?;
        mended.push(mend(kept, &fields).map_err(fault)?);
    }
    match mended.is_empty() {
        true => Err(Error::Line { line: 1, why: "there is no letter in this file".to_owned() }),
        false => Ok(mended),
    }
}

/// Reads the mended row of one letter, as JSON.
///
/// # Errors
/// When anything is wrong with it.
pub fn row(kept: Kept, text: &str) -> Result<Kept, Error> {
    let read = serde_json::from_str(text)
        .map_err(|error| Error::Row(format!("this is no JSON object: {error}")));
    changed(kept, &read?).map_err(Error::Row)
}

fn mend(kept: Kept, fields: &Map<String, Value>) -> Result<Kept, String> {
    let as_kept = kept.letter.to_line().ok().and_then(|line| serde_json::from_str(&line).ok());
    let as_kept: Map<String, Value> = as_kept.unwrap_or_default();
    if let Some(name) = fields.keys().find(|name| !as_kept.contains_key(*name)) {
        return Err(format!("`{name}` is no field of this letter"));
    }
    if let Some(name) = as_kept.keys().find(|name| !fields.contains_key(*name)) {
        return Err(format!("`{name}` is missing"));
    }
    let is_changed = |name: &&String| *name != ROW && fields.get(*name) != as_kept.get(*name);
    if let Some(name) = as_kept.keys().find(is_changed) {
        return Err(format!("`{name}` may not be changed"));
    }
    match fields.get(ROW) {
        Some(Value::Object(columns)) => changed(kept, columns),
        Some(_) => Err("`row` must be an object of columns".to_owned()),
        None => Ok(kept),
    }
}

fn changed(kept: Kept, columns: &Map<String, Value>) -> Result<Kept, String> {
    let Content::Row(before) = &kept.letter.content else {
        return Err("this letter holds a record, which cannot be mended".to_owned());
    };
    let mut after = row::read(columns, true).map_err(|fault| fault.to_string())?;
    after.batch_id = before.batch_id;
    let pairs = Columns::of(before).0.into_iter().zip(Columns::of(&after).0);
    for ((name, before), (_, after)) in pairs {
        if before != after {
            check(name, &after).map_err(|why| Fault::new(name, why).to_string())?;
        }
    }
    let letter = Letter { content: Content::Row(Box::new(after)), ..kept.letter };
    Ok(Kept { letter, ..kept })
}

/// Whether a column may have this value, which it had not before.
fn check(column: &str, value: &Value) -> Result<(), String> {
    let text = value.as_str().unwrap_or_default();
    match column {
        PROJECT | EVENT_ID => Err("may not be changed".to_owned()),
        MONTH if !is_month(value.as_u64().unwrap_or(0)) => {
            Err("must be year and month, such as 202611".to_owned())
        }
        KIND if Kind::ALL.iter().all(|kind| kind.as_str() != text) => {
            Err(format!("must be a kind of event, which `{text}` is not"))
        }
        TIMESTAMP | SENT_AT | RECEIVED_AT
            if !millis(text).is_some_and(|ms| TIMES.contains(&ms)) =>
        {
            Err("must be a time between 1970 and 2200".to_owned())
        }
        PROPERTIES => check_properties(value),
        _ if text.len() > limits::PROPERTY_VALUE_BYTES => {
            Err(format!("must have at most {} bytes", limits::PROPERTY_VALUE_BYTES))
        }
        _ => Ok(()),
    }
}

fn is_month(month: u64) -> bool {
    (1970..2200).contains(&(month / 100)) && (1..=12).contains(&(month % 100))
}

fn check_properties(value: &Value) -> Result<(), String> {
    let Value::Object(properties) = value else { return Err("must hold each key once".to_owned()) };
    if properties.len() > limits::PROPERTIES {
        return Err(format!("must have at most {} keys", limits::PROPERTIES));
    }
    for (key, value) in properties {
        if key.len() > limits::PROPERTY_KEY_BYTES {
            return Err(format!("must have keys of at most {} bytes", limits::PROPERTY_KEY_BYTES));
        }
        if value.as_str().is_some_and(|value| value.len() > limits::PROPERTY_VALUE_BYTES) {
            let n_bytes = limits::PROPERTY_VALUE_BYTES;
            return Err(format!("must have at most {n_bytes} bytes under `{key}`"));
        }
    }
    Ok(())
}

/// What is wrong with a line that is no JSON, with the place in the line only.
fn json_fault(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let why = text.split(" at line ").next().unwrap_or_default();
    format!("this is no JSON object: {why} (at character {})", error.column())
}
