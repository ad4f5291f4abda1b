//! Every route, on one screen.

use crate::http::error::ApiError;
use crate::{
    App, account, annotation, assets, captured, dashboard, feature, figures, health, http,
    identity_rules, import, ingest, look, merge, outcome, query, remote_config, staff, trouble,
    views,
};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{delete, get, post};

/// The whole of what the collector answers.
pub fn router(app: App) -> Router {
    Router::new()
        .route(
            "/v1/events",
            post(ingest::receive).options(ingest::preflight).fallback(ingest::wrong_method),
        )
        .route("/v1/config", get(remote_config::answer).fallback(ingest::wrong_method))
        .route(
            "/v1/trouble",
            post(trouble::receive)
                .layer(DefaultBodyLimit::max(trouble::BODY_BYTES))
                .fallback(ingest::wrong_method),
        )
        .route("/v1/projects", get(import::projects))
        .route("/v1/projects/{project}/import", post(import::receive).get(import::written))
        .route("/v1/projects/{project}/query", post(query::answer))
        .route("/v1/projects/{project}/look", get(look::answer))
        .route("/v1/projects/{project}/accounts", post(figures::answer))
        .route("/v1/projects/{project}/outcomes", get(outcome::answer))
        .route("/v1/projects/{project}/staff", get(staff::show).put(staff::change))
        .route("/v1/projects/{project}/merges", get(merge::list).post(merge::create))
        .route("/v1/projects/{project}/merges/{from}", delete(merge::remove))
        .route(
            "/v1/projects/{project}/identity-rules",
            get(identity_rules::answer).put(identity_rules::change),
        )
        .route("/v1/projects/{project}/captured", get(captured::answer).put(captured::change))
        .route("/v1/projects/{project}/annotations", get(annotation::list).post(annotation::create))
        .route("/v1/projects/{project}/annotations/{id}", delete(annotation::remove))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .merge(account::api::routes())
        .merge(feature::routes())
        .merge(views::routes())
        .merge(assets::routes())
        .layer(middleware::from_fn(http::rejection::tell))
        .merge(dashboard::routes(&app))
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(middleware::from_fn(http::log::record))
        .with_state(app)
}
