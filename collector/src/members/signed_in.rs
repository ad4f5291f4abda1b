//! The extractor of handlers that only members may reach.

use super::{Secret, cookie_name};
use crate::App;
use crate::access::{self, Act};
use crate::http::error::ApiError;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use store::Member;

/// The member who asks, if his role is enough for the route ([`access`]). Without one, a page leads to the sign-in and back, and everything else is
/// answered with 401 and a sentence.
#[derive(Debug)]
pub struct SignedIn {
    /// Who it is.
    pub member: Member,
    /// The secret of his cookie.
    pub(crate) secret: Secret,
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let signed_in = Self::whoever(parts, app).await?;
        access::check_member(parts, signed_in.member.role).map_err(IntoResponse::into_response)?;
        Ok(signed_in)
    }
}

impl SignedIn {
    /// Whether it is somebody who may do this.
    pub(crate) fn may(&self, act: Act) -> bool {
        access::may(self.member.role, act)
    }

    /// Who asks, whatever he may do: only to show him why he may not.
    pub(crate) async fn whoever(parts: &Parts, app: &App) -> Result<Self, Response> {
        let jar = CookieJar::from_headers(&parts.headers);
        let cookie = jar.get(cookie_name(app.origin().starts_with("https:")));
        let Some(secret) = cookie.and_then(|cookie| Secret::parse(cookie.value())) else {
            return Err(refuse(parts));
        };
        match app.members().who(&secret, app.now()).await {
            Ok(Some(member)) => Ok(Self { member, secret }),
            Ok(None) => Err(refuse(parts)),
            Err(error) => Err(unavailable(error).into_response()),
        }
    }
}

/// A store that is away is not a fault of ours, and soon over.
pub(crate) fn unavailable(error: store::Error) -> ApiError {
    if error.is_retryable() {
        let message = "the store does not answer just now: try again in a moment".to_owned();
        ApiError::Unavailable { message, retry_after: 5 }
    } else {
        error.into()
    }
}

fn refuse(parts: &Parts) -> Response {
    let address = parts.uri.path_and_query().map_or("/", |address| address.as_str());
    let next: String = form_urlencoded::byte_serialize(address.as_bytes()).collect();
    let sign_in =
        if address == "/" { "/sign-in".to_owned() } else { format!("/sign-in?next={next}") };
    let accept = parts.headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    if accept.is_some_and(|accept| accept.contains("text/html")) {
        return Redirect::to(&sign_in).into_response();
    }
    let mut response = ApiError::Unauthorized("sign in first".to_owned()).into_response();
    if let (true, Ok(sign_in)) =
        (parts.headers.contains_key("hx-request"), HeaderValue::from_str(&sign_in))
    {
        // What htmx asked for would be swapped into the page; this makes the browser go there.
        response.headers_mut().insert(HeaderName::from_static("hx-redirect"), sign_in);
    }
    response
}
