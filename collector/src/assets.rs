//! The files that pages load: the SDK for everybody's pages, scripts and styles for the dashboard.
//!
//! They are embedded at build time, each with its brotli and gzip form ready made. A file with
//! its hash in the name never changes and is kept for ever; `/sdk.js`, which pages name, is asked
//! for again after five minutes, and answered with 304 while it is the same.

use crate::App;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::{EmbeddedFile, RustEmbed};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use crate::http::error::ApiError;
use crate::ingest::refusal::page_host;

#[derive(RustEmbed)]
#[folder = "dist/"]
#[allow_missing = true]
struct Dashboard;

#[derive(RustEmbed)]
#[folder = "../sdk-web/dist/"]
#[allow_missing = true]
struct Sdk;

/// How a file may be kept by those who load it.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const FIVE_MINUTES: &str = "public, max-age=300";

/// The plain names of the dashboard's files and what they are called with their hash.
static MANIFEST: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    let manifest = Dashboard::get("manifest.json");
    manifest.and_then(|file| serde_json::from_slice(&file.data).ok()).unwrap_or_default()
});

/// The routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/sdk.js", get(loader))
        .route("/sdk/{file}", get(module))
        .route("/assets/{file}", get(dashboard))
}

/// Says what to run when something that pages load is not embedded.
///
/// # Errors
/// With that sentence.
pub fn check() -> Result<(), String> {
    let missing =
        |what, task| Err(format!("{what} not built in: run `cargo xtask {task}` and build again"));
    match (Sdk::get("sdk.js"), MANIFEST.get("dashboard.css")) {
        (Some(_), Some(_)) => Ok(()),
        (None, None) => {
            missing("the SDK and the dashboard's scripts are", "sdk` and `cargo xtask assets")
        }
        (None, Some(_)) => missing("the SDK is", "sdk"),
        (Some(_), None) => missing("the dashboard's scripts and styles are", "assets"),
    }
}

/// The address of one of the dashboard's files, by its plain name.
pub(crate) fn address(name: &str) -> String {
    format!("/assets/{}", MANIFEST.get(name).map_or(name, String::as_str))
}

async fn loader(State(app): State<App>, headers: HeaderMap) -> Result<Response, ApiError> {
    if is_opposed(&headers) {
        app.outcomes().oppose(app.now());
    }
    app.sightings().script(page_host(&headers), app.now());
    serve::<Sdk>("sdk.js", &headers, FIVE_MINUTES).map(for_any_page)
}

async fn module(Path(file): Path<String>, headers: HeaderMap) -> Result<Response, ApiError> {
    serve::<Sdk>(&format!("sdk/{file}"), &headers, FOR_EVER).map(for_any_page)
}

async fn dashboard(Path(file): Path<String>, headers: HeaderMap) -> Result<Response, ApiError> {
    serve::<Dashboard>(&file, &headers, FOR_EVER)
}

/// Whether the browser says that the person wants no capture. The SDK asks it, too, and sends
/// nothing then; so this is all that is known of such page loads.
fn is_opposed(headers: &HeaderMap) -> bool {
    ["sec-gpc", "dnt"].into_iter().any(|name| headers.get(name).is_some_and(|value| value == "1"))
}

/// Lets pages of other origins load it, also those that isolate themselves.
pub(crate) fn for_any_page(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    let policy = HeaderName::from_static("cross-origin-resource-policy");
    headers.insert(policy, HeaderValue::from_static("cross-origin"));
    response
}

/// Answers with an embedded file in the smallest form that the browser takes.
fn serve<F: RustEmbed>(
    name: &str,
    headers: &HeaderMap,
    keep: &'static str,
) -> Result<Response, ApiError> {
    let missing = || ApiError::NotFound("there is no such file".to_owned());
    let kind = content_type(name).ok_or_else(missing)?;
    let (file, coding) = smallest::<F>(name, headers).ok_or_else(missing)?;
    let tag = format!("\"{}\"", hex(&file.metadata.sha256_hash()[..8]));
    let mut response = if is_known(headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let body = match file.data {
            Cow::Borrowed(bytes) => Body::from(bytes),
            Cow::Owned(bytes) => Body::from(bytes),
        };
        ([(header::CONTENT_TYPE, kind)], body).into_response()
    };
    let answer = response.headers_mut();
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    answer.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    answer.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        answer.insert(header::ETAG, tag);
    }
    if let Some(coding) = coding.filter(|_| response.status().is_success()) {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    Ok(response)
}

/// The file in its smallest form that is accepted, and the name of that form.
fn smallest<F: RustEmbed>(
    name: &str,
    headers: &HeaderMap,
) -> Option<(EmbeddedFile, Option<&'static str>)> {
    let ready_made = [("br", "br"), ("gzip", "gz")].into_iter().find_map(|(coding, suffix)| {
        let file = accepts(headers, coding).then(|| F::get(&format!("{name}.{suffix}")))?;
        file.map(|file| (file, Some(coding)))
    });
    ready_made.or_else(|| F::get(name).map(|file| (file, None)))
}

/// Whether the browser takes this coding: named, and not with the weight nought.
fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let offered = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    offered.into_iter().flat_map(|value| value.split(',')).any(|offer| {
        let (name, weight) = offer.split_once(';').unwrap_or((offer, "q=1"));
        let weight = weight.trim().strip_prefix("q=").and_then(|q| q.parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case(coding) && weight.is_some_and(|q| q > 0.0)
    })
}

/// Whether the browser has this very content already.
pub(crate) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    known.is_some_and(|tags| {
        tags.split(',').any(|known| known.trim().trim_start_matches("W/") == tag)
    })
}

/// The type of a file that may be asked for; the compressed forms have none of their own.
fn content_type(name: &str) -> Option<&'static str> {
    let (_, extension) = name.rsplit_once('.')?;
    match extension {
        "js" => Some("text/javascript; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "wasm" => Some("application/wasm"),
        "svg" => Some("image/svg+xml"),
        "txt" => Some("text/plain; charset=utf-8"),
        _ => None,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(offered: &str, coding: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_str(offered).unwrap());
        accepts(&headers, coding)
    }

    #[test]
    fn a_coding_is_taken_when_it_is_offered_with_some_weight() {
        assert!(takes("gzip, deflate, br, zstd", "br"));
        assert!(takes("GZIP;q=0.5", "gzip"));
        assert!(!takes("br;q=0, gzip", "br"));
        assert!(!takes("broken", "br"));
        assert!(!accepts(&HeaderMap::new(), "gzip"));
    }

    #[test]
    fn a_tag_is_known_weak_or_strong_and_among_others() {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static("\"a\", W/\"b\""));
        assert!(is_known(&headers, "\"a\"") && is_known(&headers, "\"b\""));
        assert!(!is_known(&headers, "\"c\""));
    }

    #[test]
    fn only_what_pages_load_can_be_asked_for() {
        let headers = HeaderMap::new();
        for name in ["manifest.json", "sdk.js.br", "../Cargo.toml", "nothing", ""] {
            let answer = serve::<Dashboard>(name, &headers, FOR_EVER);
            assert_eq!(answer.unwrap_err().status(), StatusCode::NOT_FOUND, "{name}");
        }
    }
}
