//! The collector's answer: one outcome per event.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What became of a batch. Events that are not listed were plainly accepted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Receipt {
    /// How many events are kept, those with a warning included.
    pub accepted: u32,
    /// The events of which there is more to say, in the order of the batch.
    #[serde(default)]
    pub results: Vec<EventResult>,
}

/// What became of one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventResult {
    /// Index into the batch's events.
    pub i: u32,
    /// The outcome and its reason.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// What is wrong and where, as a sentence for a person, which may change; no value of the
    /// event is in it. Empty where the outcome says it all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// An outcome that is not plain acceptance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", content = "reason", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// Kept, but not as it came.
    Warning(Warning),
    /// Already kept; do not send again.
    Duplicate,
    /// Refused for good; do not send again.
    Dropped(DropReason),
    /// Not kept now; send again.
    ///
    /// No collector answers it so far: one that cannot keep events says so of the whole request
    /// (503). Senders act on it all the same, so that a later collector may keep part of a batch.
    Retry,
}

/// How a kept event differs from what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Warning {
    /// It lay in the future, and has the time of arrival now.
    TimestampInFuture,
    /// Properties were over a limit, and were left out or shortened.
    PropertiesCut,
    /// Its page or element is not in the batch, and was left out.
    UnknownReference,
    /// A user or account id is nobody's, such as `undefined`, and was left out.
    IdentityLeftOut,
}

/// Why an event is refused for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DropReason {
    /// It is no event: a field is missing or of a wrong type.
    Malformed,
    /// It is older than the live path takes.
    TooOld,
    /// It lies in the future: only in an import, which has no clock to correct.
    InFuture,
    /// A custom event without a name, or with one that is too long.
    InvalidName,
    /// It has neither an anonymous id nor a user id, or one that is too long.
    InvalidIdentity,
    /// The project does not capture this kind.
    SwitchedOff,
}

impl DropReason {
    /// The word on the wire and in the counters.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::TooOld => "too_old",
            Self::InFuture => "in_future",
            Self::InvalidName => "invalid_name",
            Self::InvalidIdentity => "invalid_identity",
            Self::SwitchedOff => "switched_off",
        }
    }
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(i: u32, outcome: Outcome, detail: &str) -> EventResult {
        EventResult { i, outcome, detail: detail.to_owned() }
    }

    #[test]
    fn a_receipt_reads_as_the_contract_says() {
        let receipt = Receipt {
            accepted: 2,
            results: vec![
                result(
                    1,
                    Outcome::Warning(Warning::TimestampInFuture),
                    "`events[1].timestamp` lies 9 min ahead",
                ),
                result(3, Outcome::Dropped(DropReason::TooOld), ""),
                result(4, Outcome::Duplicate, ""),
                result(5, Outcome::Retry, ""),
            ],
        };
        let text = serde_json::to_string(&receipt).unwrap();
        insta::assert_snapshot!(text, @r#"{"accepted":2,"results":[{"i":1,"result":"warning","reason":"timestamp_in_future","detail":"`events[1].timestamp` lies 9 min ahead"},{"i":3,"result":"dropped","reason":"too_old"},{"i":4,"result":"duplicate"},{"i":5,"result":"retry"}]}"#);
        assert_eq!(serde_json::from_str::<Receipt>(&text).unwrap(), receipt);
    }
}
