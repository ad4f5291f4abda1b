//! How long after its first step a conversion may take.

use super::InvalidQuery;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The longest window.
pub(super) const MAX_DAYS: u32 = 366;

const UNITS: [(&str, u32); 4] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

/// How long after its first step a conversion may take, the last moment included.
///
/// Its text is a whole number and a unit: `s`, `m`, `h`, or `d` for 24 hours.
///
/// ```
/// let window: analytics::Window = "90m".parse().unwrap();
/// assert_eq!(window.as_millis(), 90 * 60 * 1_000);
/// assert_eq!(window.to_string(), "90m");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Window {
    seconds: u32,
}

impl Window {
    /// The window in milliseconds.
    pub const fn as_millis(self) -> i64 {
        self.seconds as i64 * 1_000
    }
}

impl Default for Window {
    /// Fourteen days.
    fn default() -> Self {
        Self { seconds: 14 * 86_400 }
    }
}

impl FromStr for Window {
    type Err = InvalidQuery;

    fn from_str(text: &str) -> Result<Self, InvalidQuery> {
        let invalid = || InvalidQuery::Window(text.to_owned());
        let (unit, factor) =
            UNITS.into_iter().find(|(unit, _)| text.ends_with(unit)).ok_or_else(invalid)?;
        let seconds = whole_number(&text[..text.len() - unit.len()])
            .and_then(|n| n.checked_mul(factor))
            .filter(|seconds| (1..=MAX_DAYS * 86_400).contains(seconds))
            .ok_or_else(invalid)?;
        Ok(Self { seconds })
    }
}

/// The number that the text is, digits only.
pub(super) fn whole_number(text: &str) -> Option<u32> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, factor) = UNITS
            .into_iter()
            .find(|(_, factor)| self.seconds.is_multiple_of(*factor))
            .unwrap_or(("s", 1));
        write!(f, "{}{unit}", self.seconds / factor)
    }
}

impl TryFrom<String> for Window {
    type Error = InvalidQuery;

    fn try_from(text: String) -> Result<Self, InvalidQuery> {
        text.parse()
    }
}

impl From<Window> for String {
    fn from(window: Window) -> Self {
        window.to_string()
    }
}
