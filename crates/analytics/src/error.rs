//! Why there is no answer.

use crate::InvalidQuery;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The question means nothing; its sentence is for whoever asked.
    #[error(transparent)]
    Invalid(#[from] InvalidQuery),
    /// A rule that is none; its sentence is for whoever wrote it.
    #[error("{0}")]
    Rule(String),
    /// The store did not answer.
    #[error("the store did not answer")]
    Store(#[from] store::Error),
    /// The store answered without the row that every question has.
    #[error("the store gave no row")]
    NoRow,
    /// The collector stops while an answer is counted.
    #[error("the answer was not counted to its end")]
    Stopped,
}
