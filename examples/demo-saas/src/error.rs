//! What can go wrong with a request, as the page that says so.

use crate::page::Shell;
use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};

/// Why there is no page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Error {
    /// Nobody is signed in.
    SignedOut,
    /// There is no such thing; the word names it.
    NotFound(&'static str),
    /// The system gives no random numbers, or a template failed.
    Internal,
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    shell: Shell,
    sentence: String,
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, sentence) = match self {
            Self::SignedOut => return Redirect::to("/sign-in").into_response(),
            Self::NotFound(what) => (StatusCode::NOT_FOUND, format!("There is no such {what}.")),
            Self::Internal => {
                (StatusCode::INTERNAL_SERVER_ERROR, "Tidemark could not do this.".to_owned())
            }
        };
        let page = ErrorPage { shell: Shell::outside("", "Not found"), sentence };
        (status, Html(page.render().unwrap_or_default())).into_response()
    }
}
