//! Styles, scripts and icons, which are part of the binary.

use crate::app::App;
use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::routing::get;

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// The routes of all files.
pub(crate) fn routes() -> Router<App> {
    let file = |media_type: &'static str, text: &'static str| {
        get(async move || ([(CONTENT_TYPE, media_type), (CACHE_CONTROL, "max-age=300")], text))
    };
    Router::new()
        .route("/static/tidemark.css", file(CSS, include_str!("../static/tidemark.css")))
        .route("/static/visualisation.css", file(CSS, include_str!("../static/visualisation.css")))
        .route("/static/tidemark.js", file(SCRIPT, include_str!("../static/tidemark.js")))
        .route("/static/session.js", file(SCRIPT, include_str!("../static/session.js")))
        .route("/static/icon.svg", file(SVG, include_str!("../static/icon.svg")))
        .route("/static/icons.svg", file(SVG, include_str!("../static/icons.svg")))
}
