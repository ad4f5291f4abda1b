//! Tidemark's pages and elements, as the SDK describes them.
//!
//! `elements.json` is written by a run of a real browser over Tidemark (the scenario
//! `tests/scenarios/elements.rs`), from what the collector received. So a click of the past means
//! the same element as a click in Tidemark today.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The file that the browser run writes.
static GOLDEN: &str = include_str!("../elements.json");

/// Stands for Tidemark's host and port in what the file holds.
pub const HOST: &str = "{host}";

/// What the file holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Golden {
    /// The title of each page, by its path with `:id` for numbers.
    pub pages: BTreeMap<String, String>,
    /// The elements that were clicked, in the order of the run.
    pub elements: Vec<Clicked>,
}

/// An element that was clicked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Clicked {
    /// The word for it in this package.
    pub key: String,
    /// The path of the page that it was clicked on, with `:id` for numbers.
    pub page: String,
    /// The element as it was sent.
    pub element: Value,
}

/// The pages and elements on one host.
#[derive(Debug)]
pub struct Catalogue {
    host: String,
    titles: BTreeMap<String, String>,
    elements: BTreeMap<String, Box<RawValue>>,
}

impl Golden {
    /// Reads the file that this program was built with.
    ///
    /// # Errors
    /// When it is no such file.
    pub fn built_in() -> Result<Self> {
        serde_json::from_str(GOLDEN).context("elements.json cannot be read")
    }
}

impl Catalogue {
    /// The catalogue of Tidemark at `host`, such as `127.0.0.1:4000`.
    ///
    /// # Errors
    /// When the file that this program was built with cannot be read.
    pub fn of(host: &str) -> Result<Self> {
        let golden = Golden::built_in()?;
        let mut elements = BTreeMap::new();
        for Clicked { key, element, .. } in golden.elements {
            elements.insert(key, RawValue::from_string(element.to_string().replace(HOST, host))?);
        }
        Ok(Self { host: host.to_owned(), titles: golden.pages, elements })
    }

    /// Tidemark's host and port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The title of the page with this path, where `:id` stands for numbers.
    ///
    /// # Errors
    /// When the browser run has not been there.
    pub fn title(&self, pattern: &str) -> Result<&str> {
        let title = self.titles.get(pattern).map(String::as_str);
        title.with_context(|| format!("elements.json has no page `{pattern}`"))
    }

    /// The element with this key, as JSON.
    ///
    /// # Errors
    /// When the browser run has not clicked it.
    pub fn element(&self, key: &str) -> Result<&RawValue> {
        let element = self.elements.get(key).map(AsRef::as_ref);
        element.with_context(|| format!("elements.json has no element `{key}`"))
    }
}

/// A path with `:id` in the place of each number.
pub fn pattern(path: &str) -> String {
    let is_number = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let segment = |s: &str| if is_number(s) { ":id".to_owned() } else { s.to_owned() };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_a_path_are_ids() {
        assert_eq!(pattern("/visualisation/charts/12/edit"), "/visualisation/charts/:id/edit");
        assert_eq!(pattern("/settings"), "/settings");
    }
}
