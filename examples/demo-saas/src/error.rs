//! What can go wrong with a request, as the page that says so in the language of who asked.

use crate::catalogue::Texts;
use crate::language::Language;
use crate::page::Shell;
use askama::Template;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};

/// What there is none of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Thing {
    Page,
    Source,
    Metric,
    Alert,
    Chart,
    Board,
    Group,
    Funnel,
    Path,
    Person,
}

/// Why there is no page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Error {
    /// Nobody is signed in.
    SignedOut,
    /// There is no such thing.
    NotFound(Thing),
    /// The role of who is signed in does not allow it.
    Forbidden,
    /// The system gives no random numbers, or a template failed.
    Internal,
}

impl Error {
    fn status(self) -> StatusCode {
        match self {
            Self::SignedOut => StatusCode::SEE_OTHER,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn sentence(self, t: &'static Texts) -> &'static str {
        match self {
            Self::NotFound(thing) => thing.none(t),
            Self::Forbidden => t.not_your_role,
            Self::SignedOut | Self::Internal => t.could_not,
        }
    }
}

impl Thing {
    fn none(self, t: &'static Texts) -> &'static str {
        match self {
            Self::Page => t.no_page,
            Self::Source => t.no_source,
            Self::Metric => t.no_metric,
            Self::Alert => t.no_alert,
            Self::Chart => t.no_chart,
            Self::Board => t.no_board,
            Self::Group => t.no_group,
            Self::Funnel => t.no_funnel,
            Self::Path => t.no_path,
            Self::Person => t.no_person,
        }
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    shell: Shell,
    sentence: &'static str,
}

impl IntoResponse for Error {
    /// An answer without a page, which [`page`] adds.
    fn into_response(self) -> Response {
        if self == Self::SignedOut {
            return Redirect::to("/sign-in").into_response();
        }
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Gives answers that are errors their page.
pub(crate) async fn page(language: Language, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let Some(error) = response.extensions().get::<Error>().copied() else {
        return response;
    };
    let t = language.texts();
    let page =
        ErrorPage { shell: Shell::outside("", language, t.not_here), sentence: error.sentence(t) };
    (error.status(), Html(page.render().unwrap_or_default())).into_response()
}
