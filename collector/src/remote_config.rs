//! What the SDK is told: `GET /v1/config?k=<write_key>`.
//!
//! It is asked for beside the page and waited for by nobody. It may be kept for two minutes and is
//! then asked for again with its tag, so that a changed rule reaches a page in use within five
//! minutes: two that an answer is kept, two between two questions, and the time until this
//! collector has read the change.

mod findings;

pub use findings::{Findings, Record, Tally};

use crate::App;
use crate::assets::{for_any_page, is_known};
use crate::http::auth;
use crate::ingest::for_every_origin;
use crate::ingest::refusal::page_host;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use protocol::config::{IdentityRule, RemoteConfig};
use protocol::{Kind, ProjectId};
use sha2::{Digest, Sha256};
use store::{Captured, IdentityRules, Versioned};

const KEEP: HeaderValue = HeaderValue::from_static("public, max-age=120");

/// What the pages of a project are told, ready to be sent.
#[derive(Debug)]
pub struct PageConfig {
    config: RemoteConfig,
    /// Which version of what is captured it is; 0 if nobody has said anything of it.
    captured: u32,
    body: Bytes,
    tag: String,
}

impl PageConfig {
    /// What pages are told under these rules, or under none, and where this is captured, or what
    /// is at first.
    pub fn new(
        rules: Option<Versioned<IdentityRules>>,
        captured: Option<Versioned<Captured>>,
    ) -> Self {
        let (version, identity) =
            rules.map_or_else(Default::default, |rules| (rules.version, rules.value.rules));
        let (captured, off) = captured
            .map_or((0, Kind::OFF_AT_FIRST.to_vec()), |stored| (stored.version, stored.value.off));
        let config = RemoteConfig { version, identity, off };
        let body = Bytes::from(serde_json::to_vec(&config).unwrap_or_default());
        let hash: String =
            Sha256::digest(&body)[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        Self { config, captured, body, tag: format!("\"{hash}\"") }
    }

    /// Which version of the rules it is; 0 if there were never any.
    pub const fn version(&self) -> u32 {
        self.config.version
    }

    /// The rules as they are stored of a project; none if there were never any.
    pub fn stored(&self, project: &ProjectId) -> Option<Versioned<IdentityRules>> {
        let RemoteConfig { version, identity, .. } = self.config.clone();
        let value = IdentityRules { project: project.clone(), rules: identity };
        (version > 0).then_some(Versioned { version, value })
    }

    /// Which version of what is captured it is; 0 if nobody has said anything of it.
    pub const fn captured_version(&self) -> u32 {
        self.captured
    }

    /// What is captured as it is stored of a project; none if nobody has said anything of it.
    pub fn stored_captured(&self, project: &ProjectId) -> Option<Versioned<Captured>> {
        let value = Captured { project: project.clone(), off: self.config.off.clone() };
        (self.captured > 0).then_some(Versioned { version: self.captured, value })
    }

    /// What is not captured.
    pub fn off(&self) -> &[Kind] {
        &self.config.off
    }

    /// The rules.
    pub fn rules(&self) -> &[IdentityRule] {
        &self.config.identity
    }
}

/// Answers with the configuration of the project that the key belongs to.
pub async fn answer(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Response {
    let response = match auth::project(&app, &uri) {
        Ok(project) => {
            let host = page_host(&headers);
            app.sightings().config(&project.definition.id, host, app.now());
            told(&project.config, &headers)
        }
        Err(error) => error.into_response(),
    };
    for_every_origin(for_any_page(response))
}

fn told(config: &PageConfig, headers: &HeaderMap) -> Response {
    let mut response = if is_known(headers, &config.tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        (kind, Body::from(config.body.clone())).into_response()
    };
    let answer = response.headers_mut();
    answer.insert(header::CACHE_CONTROL, KEEP);
    answer.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(tag) = HeaderValue::from_str(&config.tag) {
        answer.insert(header::ETAG, tag);
    }
    response
}
