//! What is captured and what never is, on one page that a privacy officer can sign.
//!
//! It is public, so that people who are observed can read it, too. What can be taken from the code
//! is: kinds, fields, limits, placeholders and times are those of `protocol` and of this
//! collector's configuration, and a test holds that nothing of the wire is missing.

pub(super) mod words;

use super::html;
use super::layout::Shell;
use super::visit::Visit;
use crate::App;
use crate::http::error::ApiError;
use askama::Template;
use axum::extract::State;
use axum::response::Html;
use protocol::{Kind, limits, scrub};

/// A word of the wire, and what it means.
#[derive(Debug)]
struct Fact {
    word: &'static str,
    sentence: &'static str,
}

/// Some words that belong together.
#[derive(Debug)]
struct Part {
    title: &'static str,
    facts: Vec<Fact>,
}

#[derive(Debug, Template)]
#[template(path = "privacy.html")]
struct PrivacyPage {
    shell: Shell,
    origin: String,
    version: &'static str,
    /// What happens on a page.
    kinds: Vec<Fact>,
    /// What is said of it.
    parts: Vec<Part>,
    /// What stands in the place of a secret.
    placeholders: Vec<Fact>,
    name_chars: usize,
    n_properties: usize,
    value_bytes: usize,
    session_minutes: i64,
    session_hours: i64,
    dead_letters_days: u16,
}

/// Shows the page, to anybody.
pub(super) async fn show(visit: Visit, State(app): State<App>) -> Result<Html<String>, ApiError> {
    html(&PrivacyPage {
        shell: visit.shell("Privacy"),
        origin: app.origin().to_owned(),
        version: env!("CARGO_PKG_VERSION"),
        kinds: facts(Kind::ALL.map(|kind| (kind.as_str(), words::kind(kind)))),
        parts: words::PARTS
            .map(|(title, said)| Part { title, facts: facts(said.iter().copied()) })
            .into(),
        placeholders: facts([
            (scrub::CARD, "payment cards, by issuer, length and check digit, however grouped"),
            (
                scrub::NATIONAL_ID,
                "social security and taxpayer numbers of the US, resident ids of China",
            ),
            (
                scrub::PHONE,
                "telephone numbers in international or national notation, mobile numbers of China",
            ),
            (scrub::EMAIL, "e-mail addresses, also as they stand in links"),
            (scrub::TOKEN, "keys of services, JSON Web Tokens, and long words drawn by lot"),
        ]),
        name_chars: limits::NAME_CHARS,
        n_properties: limits::PROPERTIES,
        value_bytes: limits::PROPERTY_VALUE_BYTES,
        session_minutes: limits::SESSION_GAP_MS / 60_000,
        session_hours: limits::SESSION_MS / 3_600_000,
        dead_letters_days: app.config().store.dead_letters_days,
    })
}

fn facts(said: impl IntoIterator<Item = (&'static str, &'static str)>) -> Vec<Fact> {
    said.into_iter().map(|(word, sentence)| Fact { word, sentence }).collect()
}

#[cfg(test)]
mod tests;
