//! The canonical form of a page: its host and the pattern of its path.
//!
//! `/orders/1042` and `/orders/1043` are one page, `/orders/:id`. A segment becomes `:id` when it
//! is a number, a UUID, a hexadecimal number or a token that no person would have chosen. In
//! doubt it does: a page too many for each order is worse than two articles on one page.
//!
//! **Invariant:** the pattern of a pattern is itself.

use crate::generated::{is_hex, is_random, is_uuid, longest_run};
use crate::hash;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What stands in a pattern in the place of an id.
pub const ID: &str = ":id";

/// The version of this form. Another form is another number, so that ids of two never mix.
pub const VERSION: u8 = 1;

/// The path with its ids replaced by [`ID`], and without a slash at the end.
///
/// ```
/// assert_eq!(rules::page::pattern("/orders/1042/lines/7f3b2a9c/"), "/orders/:id/lines/:id");
/// assert_eq!(rules::page::pattern("/blog/ten-years-of-2014"), "/blog/ten-years-of-2014");
/// ```
pub fn pattern(path: &str) -> Cow<'_, str> {
    let kept = match path.trim_end_matches('/') {
        "" => "/",
        kept => kept,
    };
    if !kept.split('/').any(is_id) {
        return Cow::Borrowed(kept);
    }
    let segments: Vec<_> = kept.split('/').map(|s| if is_id(s) { ID } else { s }).collect();
    Cow::Owned(segments.join("/"))
}

/// Where a link leads: its host in lower case, and the pattern of its path.
///
/// ```
/// assert_eq!(rules::page::link("127.0.0.1:8080/orders/7"), "127.0.0.1:8080/orders/:id");
/// ```
pub fn link(address: &str) -> String {
    let (host, path) = address.split_at(address.find('/').unwrap_or(address.len()));
    let host = host.to_ascii_lowercase();
    match pattern(path) {
        path if path == "/" && !host.is_empty() => host,
        path => host + &path,
    }
}

/// Whether a segment of a path names one thing out of many.
fn is_id(segment: &str) -> bool {
    let is_number = !segment.is_empty() && segment.bytes().all(|b| b.is_ascii_digit());
    is_number
        || is_uuid(segment)
        || segment.contains('@')
        || (segment.contains('[') && segment.contains(']'))
        || is_long_number(segment)
        || is_date(segment)
        || is_ticket(segment)
        || parts(segment).any(|part| is_hex(part) || is_token(part))
}

/// A run of four digits or more, unless it is a year in a title.
fn is_long_number(segment: &str) -> bool {
    let run = longest_run(segment, |b| b.is_ascii_digit());
    let years = || parts(segment).filter(|part| longest_run(part, |b| b.is_ascii_digit()) == 4);
    let is_year =
        |part: &str| part.len() == 4 && (part.starts_with("19") || part.starts_with("20"));
    run > 4 || (run == 4 && !years().all(is_year))
}

/// A day, month, week or quarter of a year, in any order: `2026-11-22`, `22.11.2026`, `2026-W47`.
fn is_date(segment: &str) -> bool {
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let is_year = |part: &str| part.len() == 4 && is_digits(part);
    let is_piece = |part: &str| is_digits(part.strip_prefix(['W', 'w', 'Q', 'q']).unwrap_or(part));
    let pieces: Vec<&str> = segment.split(['-', '_', '.']).collect();
    pieces.len() > 1
        && pieces.iter().all(|part| part.len() <= 4 && is_piece(part))
        && pieces.iter().any(|part| is_year(part))
}

/// A number under a key in capitals: `OPS-123`.
fn is_ticket(segment: &str) -> bool {
    segment.split_once('-').is_some_and(|(key, number)| {
        (2..=10).contains(&key.len())
            && key.bytes().all(|b| b.is_ascii_uppercase())
            && !number.is_empty()
            && number.bytes().all(|b| b.is_ascii_digit())
    })
}

/// A word of eight characters or more with digits among its letters, or of twenty drawn by lot.
fn is_token(part: &str) -> bool {
    let has_digit = part.bytes().any(|b| b.is_ascii_digit());
    part.bytes().all(|b| b.is_ascii_alphanumeric())
        && is_random(part)
        && ((part.len() >= 8 && has_digit) || part.len() >= 20)
}

/// What a segment is put together from. An escaped character is a letter of another language, so
/// its hexadecimal digits are not looked at.
fn parts(segment: &str) -> impl Iterator<Item = &str> {
    segment
        .split('%')
        .enumerate()
        .map(|(n, rest)| if n == 0 { rest } else { rest.get(2..).unwrap_or("") })
        .flat_map(|text| text.split(['-', '_', '.', '~']))
}

/// A page as it is stored, once for all its visits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CanonicalPage {
    /// The version of the form, [`VERSION`].
    #[serde(rename = "v")]
    pub version: u8,
    /// Host in lower case, with its port where it is not the scheme's own.
    pub host: String,
    /// The pattern of the path.
    pub path: String,
}

impl CanonicalPage {
    /// The page that a path on a host belongs to.
    pub fn new(host: &str, path: &str) -> Self {
        let path = pattern(path).into_owned();
        Self { version: VERSION, host: host.to_ascii_lowercase(), path }
    }

    /// What is stored under [`crate::OTHERS`]: no path begins so, and no rule means it.
    pub fn others() -> Self {
        Self { version: VERSION, host: String::new(), path: ":others".to_owned() }
    }

    /// The form as JSON, always the same text for the same page.
    pub fn to_json(&self) -> String {
        hash::canonical_json(self)
    }

    /// The id under the project's key; never 0.
    pub fn id(&self, key: &[u8; 16]) -> u64 {
        hash::id(key, &self.to_json())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_a_link_is_no_id() {
        for (address, expected) in [
            ("127.0.0.1:8080/orders/7/", "127.0.0.1:8080/orders/:id"),
            ("[::1]:8080/x", "[::1]:8080/x"),
            ("Shop-20417.Example.com/a/7f3b2a9c", "shop-20417.example.com/a/:id"),
            ("10.0.0.7", "10.0.0.7"),
            ("x.example/", "x.example"),
            ("/orders/7", "/orders/:id"),
            ("/", "/"),
        ] {
            assert_eq!(link(address), expected);
            assert_eq!(link(expected), expected);
        }
    }

    #[test]
    fn ids_become_a_placeholder() {
        for (path, expected) in [
            ("/orders/1", "/orders/:id"),
            ("/u/018bcfe5-6800-7000-8000-000000000001/edit", "/u/:id/edit"),
            ("/d/507f1f77bcf86cd799439011", "/d/:id"),
            ("/v/dQw4w9WgXcQ", "/v/:id"),
            ("/s/V1StGXR8_Z5jdHi6B-myT", "/s/:id"),
            ("/r/01ARZ3NDEKTSV4RRFFQ69G5FAV/x", "/r/:id/x"),
            ("/c/cus_NffrFeUfNV2Hib", "/c/:id"),
            ("/i/INV-2024-00012", "/i/:id"),
            ("/o/order-8812", "/o/:id"),
            ("/u/[email]/edit", "/u/:id/edit"),
            ("/2026/11/22/", "/:id/:id/:id"),
            ("/day/2026-11-22", "/day/:id"),
            ("/day/22.11.2026/print", "/day/:id/print"),
            ("/month/2026-11", "/month/:id"),
            ("/week/2026-W47", "/week/:id"),
            ("/browse/OPS-7", "/browse/:id"),
            ("/articles/how-to-8812-things", "/articles/:id"),
        ] {
            assert_eq!(pattern(path), expected, "{path}");
        }
    }

    #[test]
    fn words_stay() {
        for path in [
            "/",
            "/monitoring/metrics/:id",
            "/settings/two-factor-authentication",
            "/docs/v2.3.1/getting-started",
            "/blog/ten-years-of-2014",
            "/caf%C3%A9/%E6%97%A5%E6%9C%AC",
            "/日本語/設定",
            "/reports/q3",
            "/docs/1.4.2",
            "/steps/1-2",
            "/plans/A-1",
            "/internationalization",
        ] {
            assert_eq!(pattern(path), path);
        }
    }

    #[test]
    fn a_slash_at_the_end_makes_no_other_page() {
        assert_eq!(pattern("/orders/"), "/orders");
        assert_eq!(pattern("//"), "/");
        assert_eq!(pattern(""), "/");
    }

    #[test]
    fn hosts_are_told_apart_and_their_case_is_not() {
        let key = [7; 16];
        let id = |host, path| CanonicalPage::new(host, path).id(&key);
        assert_eq!(id("App.Example.com", "/a/1"), id("app.example.com", "/a/2"));
        assert_ne!(id("app.example.com", "/a"), id("example.com", "/a"));
    }
}
