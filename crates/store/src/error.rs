//! What can go wrong, and whether to ask again.

use crate::definition::Kind;

/// Why a question has no answer or a row was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address of the server is not one that we can use.
    #[error("`{address}` is no address of a ClickHouse server: {why}")]
    Address {
        /// What was given, without its password.
        address: String,
        /// What is wrong with it.
        why: String,
    },
    /// The server refused.
    #[error("ClickHouse refused with code {code}: {message}")]
    Refused {
        /// ClickHouse's error code.
        code: u32,
        /// Its sentence.
        message: String,
    },
    /// The server refuses a dictionary, without which no question is answered.
    #[error(
        "ClickHouse refuses the dictionaries that say who is whose: give its user `CREATE DICTIONARY`, \
         `DROP DICTIONARY`, `SYSTEM RELOAD DICTIONARY` and `dictGet`; it says, with code {code}: {message}"
    )]
    Dictionary {
        /// ClickHouse's error code.
        code: u32,
        /// Its sentence.
        message: String,
    },
    /// The server cannot be reached, or the connection broke.
    #[error("ClickHouse cannot be reached")]
    Unreachable(#[source] clickhouse::error::Error),
    /// The server took too long; what was asked may still be done.
    #[error("ClickHouse did not answer within {seconds} s")]
    TimedOut {
        /// How long it was waited for.
        seconds: u64,
    },
    /// The answer or the rows have another form than ours.
    #[error("ClickHouse's tables or answers do not fit this version of the collector")]
    Mismatch(#[source] clickhouse::error::Error),
    /// A line of JSON from the server cannot be read.
    #[error("ClickHouse's answer cannot be read")]
    Json(#[source] serde_json::Error),
    /// An insert of a batch still ran after it was killed.
    #[error("an insert `{prefix}…` still runs {seconds} s after it was killed")]
    StillRunning {
        /// What its id begins with.
        prefix: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// The table of events is not as this build writes it.
    #[error("the table of events has no column `{column}` of type `{type_}`")]
    Columns {
        /// The first column that it lacks.
        column: &'static str,
        /// The type that it should have.
        type_: &'static str,
    },
    /// A month that was written anew has not the rows that it should have.
    #[error("`{table}` was to have {expected} rows and has {found}: nothing is replaced by it")]
    Miscounted {
        /// The new table.
        table: String,
        /// How many there should be.
        expected: u64,
        /// How many there are.
        found: u64,
    },
    /// Somebody else wrote another version first.
    #[error(
        "the {kind} `{id}` is at version {current} and not at {expected}: it was changed meanwhile"
    )]
    Conflict {
        /// What it is.
        kind: Kind,
        /// Its id.
        id: String,
        /// The version that the edit was based on.
        expected: u32,
        /// The version that holds.
        current: u32,
    },
    /// A stored definition cannot be read.
    #[error("version {version} of the {kind} `{id}` cannot be read")]
    Definition {
        /// What it is.
        kind: Kind,
        /// Its id.
        id: String,
        /// Its version.
        version: u32,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A migration that was applied had another text than ours.
    #[error(
        "migration `{name}` was applied with another text: this build does not fit the data; \
        start the build that made it, or begin with an empty data folder"
    )]
    MigrationChanged {
        /// The migration.
        name: String,
    },
    /// The data was migrated by a later version of the collector.
    #[error(
        "the data is at migration {found}, and this build knows only {known}: use a later build"
    )]
    MigrationAhead {
        /// The last migration that was applied.
        found: u32,
        /// The last one that this build knows.
        known: u32,
    },
    /// The system gives no randomness.
    #[error("the system gives no random bytes: {0}")]
    Random(String),
}

/// ClickHouse's codes for which asking again gives the same answer.
///
/// They are about what was sent, not about how the server is. Every other code is worth another
/// try, since nothing that was acknowledged may be lost. The list of all codes is
/// <https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp>.
const FINAL_CODES: [u32; 30] = [
    6,   // CANNOT_PARSE_TEXT
    26,  // CANNOT_PARSE_QUOTED_STRING
    27,  // CANNOT_PARSE_INPUT_ASSERTION_FAILED
    33,  // CANNOT_READ_ALL_DATA
    36,  // BAD_ARGUMENTS
    38,  // CANNOT_PARSE_DATE
    41,  // CANNOT_PARSE_DATETIME
    42,  // NUMBER_OF_ARGUMENTS_DOESNT_MATCH
    43,  // ILLEGAL_TYPE_OF_ARGUMENT
    44,  // ILLEGAL_COLUMN
    46,  // UNKNOWN_FUNCTION
    47,  // UNKNOWN_IDENTIFIER
    50,  // UNKNOWN_TYPE
    53,  // TYPE_MISMATCH
    62,  // SYNTAX_ERROR
    69,  // ARGUMENT_OUT_OF_BOUND
    70,  // CANNOT_CONVERT_TYPE
    72,  // CANNOT_PARSE_NUMBER
    117, // INCORRECT_DATA
    131, // TOO_LARGE_STRING_SIZE
    158, // TOO_MANY_ROWS
    160, // TOO_SLOW
    184, // ILLEGAL_AGGREGATION
    215, // NOT_AN_AGGREGATE
    307, // TOO_MANY_BYTES
    349, // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
    386, // NO_COMMON_TYPE
    396, // TOO_MANY_ROWS_OR_BYTES
    456, // UNKNOWN_QUERY_PARAMETER
    457, // BAD_QUERY_PARAMETER
];

impl Error {
    /// Whether the same request may succeed later.
    ///
    /// After a failed insert the outcome is unknown even then: settle it first, see
    /// [`crate::Connection::settle`].
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Refused { code, .. } => !FINAL_CODES.contains(code),
            Self::Unreachable(_) | Self::TimedOut { .. } | Self::StillRunning { .. } => true,
            Self::Address { .. }
            | Self::Dictionary { .. }
            | Self::Mismatch(_)
            | Self::Json(_)
            | Self::Columns { .. }
            | Self::Miscounted { .. }
            | Self::Conflict { .. }
            | Self::Definition { .. }
            | Self::MigrationChanged { .. }
            | Self::MigrationAhead { .. }
            | Self::Random(_) => false,
        }
    }

    /// Reads the code out of the server's sentence, as in `Code: 62. DB::Exception: …`.
    pub(crate) fn from_client(error: clickhouse::error::Error) -> Self {
        use clickhouse::error::Error as Client;
        match error {
            Client::BadResponse(message) => match code(&message) {
                Some(code) => Self::Refused { code, message: sentence(&message) },
                None => Self::Unreachable(Client::BadResponse(message)),
            },
            Client::Network(_) | Client::TimedOut | Client::Decompression(_) | Client::Other(_) => {
                Self::Unreachable(error)
            }
            _ => Self::Mismatch(error),
        }
    }
}

fn code(message: &str) -> Option<u32> {
    let rest = message.split_once("Code: ")?.1;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The server's own words, without the code before them and the version behind.
fn sentence(message: &str) -> String {
    let rest = message.split_once("DB::Exception: ").map_or(message, |(_, rest)| rest);
    let end = rest.find(" (version ").unwrap_or(rest.len());
    rest[..end].trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clickhouse::error::Error as Client;

    fn from(message: &str) -> Error {
        Error::from_client(Client::BadResponse(message.to_owned()))
    }

    #[test]
    fn the_server_s_code_decides() {
        let full = from(
            "Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space. (NOT_ENOUGH_SPACE) (version 26.7.2.1)",
        );
        insta::assert_snapshot!(full, @"ClickHouse refused with code 243: Cannot reserve 1.00 MiB, not enough space. (NOT_ENOUGH_SPACE)");
        assert!(full.is_retryable());
        assert!(!from("Code: 117. DB::Exception: Incorrect data").is_retryable());
        assert!(from("Code: 395").is_retryable());
        assert!(from("502 Bad Gateway").is_retryable());
        assert!(!Error::from_client(Client::NotEnoughData).is_retryable());
    }

    #[test]
    fn the_codes_are_in_order() {
        assert!(FINAL_CODES.is_sorted());
    }
}
