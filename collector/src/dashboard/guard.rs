//! Stands around every page: the security headers, the check of where a form comes from, and
//! errors as a page for those who look at pages.

use super::layout::{Place, Shell};
use super::notice::sentence;
use super::visit::Visit;
use crate::App;
use crate::definitions::Project;
use crate::http::error::ApiError;
use crate::members::SignedIn;
use askama::Template;
use axum::body::to_bytes;
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use std::sync::Arc;

/// What a page may load and do: only what comes from here, and no code in the page. The chart
/// library sets styles by attribute, which can show something, but not run it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    style-src-attr 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What a page is called on which something did not work.
const TITLE: &str = "Not possible";

/// The places of a project that one can be led back to, by their part of the address.
const PLACES: [(&str, &str); 12] = [
    ("setup", "Go to Setup"),
    ("identity", "Go to Identity"),
    ("keys", "Go to Private keys"),
    ("counted", "Go to Who is counted"),
    ("members", "Go to Members"),
    ("delivery", "Go to Delivery"),
    ("dead-letters", "Go to Dead letters"),
    ("features", "Go to Features"),
    ("views", "Go to Views"),
    ("look", "Go to Look"),
    ("accounts", "Go to Accounts"),
    ("funnel", "Go to Funnel"),
];

/// The most bytes that the body of an error has.
const ERROR_BYTES: usize = 16 << 10;

/// Lets a request through if it may come, and dresses the answer.
pub(super) async fn watch(State(app): State<App>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let asked = wants_page(&parts.headers).then(|| parts.clone());
    let mut response = if is_foreign(&parts.method, &parts.headers, app.origin()) {
        ApiError::Forbidden("this form was sent from another site".to_owned()).into_response()
    } else {
        next.run(Request::from_parts(parts, body)).await
    };
    if let Some(asked) = asked.filter(|_| is_told_as_json(&response)) {
        response = as_page(&app, asked, response).await;
    }
    dress(response.headers_mut());
    response
}

fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

/// Whether a form comes from another site: neither from the address that browsers use, as it was
/// set, nor from the host that was asked. Browsers say where a form comes from; who does not say
/// it is no browser, and must know the token of the form all the same.
fn is_foreign(method: &Method, headers: &HeaderMap, own: &str) -> bool {
    if method.is_safe() {
        return false;
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return false };
    let origin = origin.to_str().unwrap_or_default();
    let authority = origin.parse::<Uri>().ok().and_then(|uri| uri.authority().cloned());
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    origin != own && (authority.is_none() || authority.as_ref().map(Authority::as_str) != host)
}

fn is_told_as_json(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_json = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    is_json && (response.status().is_client_error() || response.status().is_server_error())
}

#[derive(Deserialize)]
struct Told {
    error: String,
}

/// For somebody who is not known, or whose project is not: nothing but the message.
#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage {
    shell: Shell,
    heading: &'static str,
    sentence: String,
    link: Link,
}

/// For a member, in the frame of the project.
#[derive(Template)]
#[template(path = "message_in_project.html")]
struct ProjectMessagePage {
    shell: Shell,
    heading: &'static str,
    sentence: String,
    link: Link,
}

/// The way back: where it leads, and what it is called.
type Link = (String, &'static str);

/// The same answer as a page, with what the log is to know of it.
async fn as_page(app: &App, mut asked: Parts, response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = to_bytes(body, ERROR_BYTES).await.unwrap_or_default();
    let told = serde_json::from_slice::<Told>(&bytes).map(|told| told.error);
    let heading = match parts.status {
        StatusCode::NOT_FOUND => "Not here",
        StatusCode::SERVICE_UNAVAILABLE => "In a moment",
        _ => "That did not work",
    };
    let Ok(visit) = Visit::from_request_parts(&mut asked, app).await;
    let sentence = match parts.status {
        StatusCode::METHOD_NOT_ALLOWED => {
            "There is nothing to look at under this address.".to_owned()
        }
        _ => sentence(&told.unwrap_or_default()),
    };
    let page = match place(app, &mut asked).await {
        Some((signed_in, project, link)) => {
            let shell = visit.shell_for(TITLE, Place::Elsewhere, &signed_in, &project);
            // Whoever switches the theme is led there, and not to where it did not work.
            let shell = Shell { address: link.0.clone(), ..shell };
            ProjectMessagePage { shell, heading, sentence, link }.render()
        }
        None => {
            let link = ("/".to_owned(), "Go to the start");
            MessagePage { shell: visit.shell(TITLE), heading, sentence, link }.render()
        }
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::CONTENT_TYPE);
    let headers = std::mem::take(&mut parts.headers);
    let mut page = (parts.status, Html(page.unwrap_or_default())).into_response();
    *page.extensions_mut() = parts.extensions;
    page.headers_mut().extend(headers);
    page
}

/// Who asks about which project, and the way back to the place that the address belongs to.
async fn place(app: &App, asked: &mut Parts) -> Option<(SignedIn, Arc<Project>, Link)> {
    let path = asked.uri.path().to_owned();
    let (id, rest) = path.strip_prefix("/projects/")?.split_once('/')?;
    let project = super::project(app, &Path(id.to_owned())).ok()?;
    let signed_in = SignedIn::whoever(asked, app).await.ok()?;
    let place = rest.split(['/', '.']).next().unwrap_or_default();
    let (place, words) = PLACES.into_iter().find(|(known, _)| *known == place).unwrap_or(PLACES[0]);
    Some((signed_in, project, (format!("/projects/{id}/{place}"), words)))
}

fn dress(headers: &mut HeaderMap) {
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // With none at all, browsers would not say where a form comes from.
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

/// What is answered where there is nothing.
pub(super) async fn nothing() -> ApiError {
    ApiError::NotFound("there is no such page".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_foreign_from(method: &Method, origin: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("127.0.0.1:8080"));
        headers.insert(header::ORIGIN, HeaderValue::from_str(origin).unwrap());
        is_foreign(method, &headers, "https://sillage.example.com")
    }

    #[test]
    fn a_form_must_come_from_here() {
        assert!(!is_foreign_from(&Method::POST, "http://127.0.0.1:8080"));
        assert!(!is_foreign_from(&Method::POST, "https://sillage.example.com"));
        assert!(!is_foreign_from(&Method::GET, "https://evil.example"));
        for origin in ["https://evil.example", "http://127.0.0.1:8081", "http://127.0.0.1", "null"]
        {
            assert!(is_foreign_from(&Method::POST, origin), "{origin}");
        }
    }
}
