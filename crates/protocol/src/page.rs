//! The page that an event happened on.

use crate::borrow::option;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Host and path as they were, scrubbed; never the query, never the fragment.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Page<'a> {
    /// Host, with the port where it is not the scheme's own.
    #[serde(borrow)]
    pub host: Cow<'a, str>,
    /// Path, beginning with `/`.
    #[serde(borrow)]
    pub path: Cow<'a, str>,
    /// The document's title.
    #[serde(borrow, default, deserialize_with = "option", skip_serializing_if = "Option::is_none")]
    pub title: Option<Cow<'a, str>>,
}
