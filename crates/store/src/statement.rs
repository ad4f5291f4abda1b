//! SQL with its values apart: the only way to send SQL.
//!
//! A value never becomes part of the text. It stands there as `{name:Type}`, and ClickHouse
//! itself puts it in. Names of tables and columns come from [`crate::schema`].

use protocol::Timestamp;
use serde::{Serialize, Serializer};
use std::fmt;

/// SQL text and the values of its parameters.
///
/// ```
/// let statement = store::Statement::new("SELECT {who:String}, {ids:Array(UInt64)}")
///     .bind("who", "O'Neill")
///     .bind("ids", vec![1_u64, 2]);
/// assert_eq!(statement.to_string(), "SELECT {who:String}, {ids:Array(UInt64)}\n-- who = \"O'Neill\"\n-- ids = [1,2]");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    sql: String,
    params: Vec<(String, Value)>,
}

impl Statement {
    /// A statement without parameters yet.
    pub fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), params: Vec::new() }
    }

    /// Gives the parameter `{name:Type}` its value.
    #[must_use]
    pub fn bind(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.params.push((name.into(), value.into()));
        self
    }

    /// The text, with its parameters by name.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// Names and values, in the order in which they were bound.
    pub fn params(&self) -> &[(String, Value)] {
        &self.params
    }
}

/// The text, then each parameter as a comment: for logs, snapshots and "show the SQL".
impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sql)?;
        self.params.iter().try_for_each(|(name, value)| {
            let value = serde_json::to_string(value).map_err(|_| fmt::Error)?;
            write!(f, "\n-- {name} = {value}")
        })
    }
}

/// A value of a parameter.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// For `String`, dates and the like.
    Text(String),
    /// For the unsigned integers.
    Unsigned(u64),
    /// For the signed integers.
    Integer(i64),
    /// For the floating-point numbers.
    Float(f64),
    /// For `Bool`.
    Bool(bool),
    /// For `Array(String)`.
    Texts(Vec<String>),
    /// For arrays of unsigned integers.
    Numbers(Vec<u64>),
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(value) => value.serialize(serializer),
            Self::Unsigned(value) => value.serialize(serializer),
            Self::Integer(value) => value.serialize(serializer),
            Self::Float(value) => value.serialize(serializer),
            Self::Bool(value) => value.serialize(serializer),
            Self::Texts(value) => value.serialize(serializer),
            Self::Numbers(value) => value.serialize(serializer),
        }
    }
}

macro_rules! from {
    ($($type:ty => |$value:ident| $turn:expr;)*) => {
        $(impl From<$type> for Value {
            fn from($value: $type) -> Self {
                $turn
            }
        })*
    };
}

from! {
    &str => |value| Self::Text(value.to_owned());
    String => |value| Self::Text(value);
    u32 => |value| Self::Unsigned(u64::from(value));
    u64 => |value| Self::Unsigned(value);
    i64 => |value| Self::Integer(value);
    f64 => |value| Self::Float(value);
    bool => |value| Self::Bool(value);
    Vec<String> => |value| Self::Texts(value);
    Vec<u64> => |value| Self::Numbers(value);
    Timestamp => |value| Self::Integer(value.as_millis());
}
