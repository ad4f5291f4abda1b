//! Style, script and icon, which are part of the binary.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;

/// The style sheet.
pub(crate) async fn style() -> impl IntoResponse {
    file("text/css; charset=utf-8", include_str!("../static/tidemark.css"))
}

/// The script.
pub(crate) async fn script() -> impl IntoResponse {
    file("text/javascript; charset=utf-8", include_str!("../static/tidemark.js"))
}

/// The icon.
pub(crate) async fn icon() -> impl IntoResponse {
    file("image/svg+xml", include_str!("../static/icon.svg"))
}

fn file(media_type: &'static str, text: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, media_type), (CACHE_CONTROL, "max-age=300")], text)
}
