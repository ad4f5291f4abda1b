//! Every route of Tidemark.

use crate::app::App;
use crate::error::Error;
use crate::{asset, collection, monitoring, session};
use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::{get, post};

/// The whole application.
pub(crate) fn router(app: App) -> Router {
    use collection::schema;
    use monitoring::alert;
    Router::new()
        .route("/", get(session::home))
        .route("/sign-in", get(session::show).post(session::sign_in))
        .route("/sign-out", post(session::sign_out))
        .route("/collection/sources", get(collection::list).post(collection::connect))
        .route("/collection/sources/new", get(collection::form))
        .route("/collection/sources/{id}", get(collection::show))
        .route("/collection/sources/{id}/schema", get(schema::show).post(schema::save))
        .route("/monitoring/metrics", get(monitoring::list))
        .route("/monitoring/metrics/{id}", get(monitoring::show))
        .route("/monitoring/metrics/{id}/watch", post(monitoring::watch))
        .route("/monitoring/metrics/{id}/alerts", post(alert::save))
        .route("/monitoring/alerts", get(alert::list))
        .route("/monitoring/alerts/{id}/delete", post(alert::delete))
        // Pages show what was saved a moment ago, also after going back.
        .layer(map_response(async |mut response: Response| {
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            response
        }))
        .route("/static/tidemark.css", get(asset::style))
        .route("/static/tidemark.js", get(asset::script))
        .route("/static/icon.svg", get(asset::icon))
        .fallback(async || Error::NotFound("page"))
        .with_state(app)
}

#[cfg(test)]
mod tests;
