//! A row as a person can read and mend it: every column by name, ids and times as text.
//!
//! Times are RFC 3339 with milliseconds, ids of pages and elements 16 hexadecimal digits, as in
//! the addresses of the dashboard. The batch id is left out: it is given when the row is written.

use protocol::EventId;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};
use store::EventRow;
use store::schema::events::{
    BATCH_ID, ELEMENT_ID, EVENT_ID, PAGE_ID, PROPERTIES, RECEIVED_AT, SENT_AT, TIMESTAMP,
};

/// Why an object is no row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column `{column}` {why}")]
pub struct Fault {
    /// The column that is wrong.
    pub column: String,
    /// What is wrong with it.
    pub why: String,
}

impl Fault {
    /// The fault of a column.
    pub(super) fn new(column: &str, why: impl Into<String>) -> Self {
        Self { column: column.to_owned(), why: why.into() }
    }
}

/// A row's columns by name, in the order of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns(pub Vec<(&'static str, Value)>);

impl Serialize for Columns {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl Columns {
    /// The columns of a row.
    pub fn of(row: &EventRow) -> Self {
        let mut raw = raw(row);
        let shown = EventRow::COLUMNS.iter().filter(|name| **name != BATCH_ID);
        Self(
            shown
                .map(|name| {
                    let value = raw.remove(*name).unwrap_or_default();
                    (*name, Form::of(name).shown(value))
                })
                .collect(),
        )
    }
}

/// Reads the columns back. A column that is missing is empty unless all are asked for.
///
/// # Errors
/// When a column is not known, of a wrong form, or missing where `is_whole`.
pub fn read(columns: &Map<String, Value>, is_whole: bool) -> Result<EventRow, Fault> {
    let mut raw = raw(&EventRow::default());
    let mut known: Vec<&str> = raw.keys().map(String::as_str).collect();
    known.retain(|name| *name != BATCH_ID);
    if let Some(name) = columns.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(Fault::new(name, "is none of an event's row"));
    }
    if let Some(name) = known.iter().find(|name| is_whole && !columns.contains_key(**name)) {
        return Err(Fault::new(name, "is missing"));
    }
    for (name, value) in columns {
        let Some(place) = raw.get_mut(name) else { continue };
        *place = Form::of(name).raw(value, place).map_err(|why| Fault::new(name, why))?;
    }
    // Each value has the type of its column by now, so this fails only where it does not fit.
    serde_json::from_value(Value::Object(raw)).map_err(|error| Fault::new("row", error.to_string()))
}

/// The row in its own form, by column.
fn raw(row: &EventRow) -> Map<String, Value> {
    match serde_json::to_value(row) {
        Ok(Value::Object(raw)) => raw,
        // A row is a struct of plain values.
        _ => Map::new(),
    }
}

/// How a column is shown.
#[derive(Debug, Clone, Copy)]
enum Form {
    EventId,
    Id,
    Time,
    Properties,
    Plain,
}

impl Form {
    fn of(column: &str) -> Self {
        match column {
            EVENT_ID => Self::EventId,
            PAGE_ID | ELEMENT_ID => Self::Id,
            TIMESTAMP | SENT_AT | RECEIVED_AT => Self::Time,
            PROPERTIES => Self::Properties,
            _ => Self::Plain,
        }
    }

    fn shown(self, raw: Value) -> Value {
        let shown = match self {
            Self::EventId => serde_json::from_value(raw.clone())
                .ok()
                .map(|bytes| EventId::from_bytes(bytes).to_string().into()),
            Self::Id => raw.as_u64().map(|id| format!("{id:016x}").into()),
            Self::Time => raw.as_i64().and_then(|ms| Some(super::letter::instant(ms)?.into())),
            Self::Properties => object(&raw),
            Self::Plain => None,
        };
        shown.unwrap_or(raw)
    }

    fn raw(self, shown: &Value, empty: &Value) -> Result<Value, String> {
        let text = shown.as_str();
        match self {
            Self::EventId => {
                let id = text.and_then(|text| EventId::parse(text).ok());
                Ok(id.ok_or("must be a UUID")?.as_bytes().to_vec().into())
            }
            Self::Id => {
                let id = text.filter(|text| text.len() == 16 && !text.starts_with('+'));
                let id = id.and_then(|text| u64::from_str_radix(text, 16).ok());
                Ok(id.ok_or("must be 16 hexadecimal digits in quotes")?.into())
            }
            Self::Time => {
                let ms = text.and_then(super::letter::millis).or_else(|| shown.as_i64());
                Ok(ms.ok_or("must be a time such as \"2026-11-22T14:03:09.000Z\"")?.into())
            }
            Self::Properties => pairs(shown),
            Self::Plain => plain(shown, empty),
        }
    }
}

/// Keys and values as an object, unless a key is there twice: then as they are.
fn object(raw: &Value) -> Option<Value> {
    let pairs: Vec<(String, String)> = serde_json::from_value(raw.clone()).ok()?;
    let n_pairs = pairs.len();
    let object: Map<_, _> = pairs.into_iter().map(|(key, value)| (key, value.into())).collect();
    (object.len() == n_pairs).then_some(Value::Object(object))
}

fn pairs(shown: &Value) -> Result<Value, String> {
    match shown {
        Value::Object(object) => {
            if let Some((key, _)) = object.iter().find(|(_, value)| !value.is_string()) {
                return Err(format!("must hold a text in quotes under `{key}`"));
            }
            let pairs = object
                .iter()
                .map(|(key, value)| Value::from(vec![key.as_str().into(), value.clone()]));
            Ok(pairs.collect::<Vec<_>>().into())
        }
        Value::Array(_) => match serde_json::from_value::<Vec<(String, String)>>(shown.clone()) {
            Ok(_) => Ok(shown.clone()),
            Err(_) => Err("must be an object of texts".to_owned()),
        },
        _ => Err("must be an object of texts".to_owned()),
    }
}

/// A value of the same type as the empty one.
fn plain(shown: &Value, empty: &Value) -> Result<Value, String> {
    let is_small = || shown.as_u64().is_some_and(|n| u32::try_from(n).is_ok());
    match empty {
        Value::String(_) if !shown.is_string() => Err("must be a text in quotes".to_owned()),
        Value::Bool(_) if !shown.is_boolean() => Err("must be `true` or `false`".to_owned()),
        Value::Number(_) if !is_small() => Err("must be a whole number".to_owned()),
        _ => Ok(shown.clone()),
    }
}
