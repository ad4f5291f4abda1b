//! Every route of Tidemark.

use crate::app::App;
use crate::error::{self, Error, Thing};
use crate::policy::policy;
use crate::{analysis, asset, collection, monitoring, session, settings, visualisation};
use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use axum::middleware::{from_fn, map_response};
use axum::response::Response;
use axum::routing::{get, post};

/// The whole application.
pub(crate) fn router(app: App) -> Router {
    let policy = HeaderValue::try_from(policy(app.script()));
    let policy = policy.unwrap_or(HeaderValue::from_static("default-src 'self'"));
    Router::new()
        .route("/", get(session::home))
        .route("/sign-in", get(session::show).post(session::sign_in))
        .route("/sign-out", post(session::sign_out))
        .merge(collection_routes())
        .merge(monitoring_routes())
        .merge(visualisation_routes())
        .merge(analysis_routes())
        .merge(settings_routes())
        .fallback(async || Error::NotFound(Thing::Page))
        .layer(from_fn(error::page))
        // Pages show what was saved a moment ago, also after going back.
        .layer(map_response(move |mut response: Response| {
            let headers = response.headers_mut();
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            headers.insert(CONTENT_SECURITY_POLICY, policy.clone());
            async { response }
        }))
        .merge(asset::routes())
        .with_state(app)
}

fn collection_routes() -> Router<App> {
    use collection::schema;
    Router::new()
        .route("/collection/sources", get(collection::list).post(collection::connect))
        .route("/collection/sources/new", get(collection::form))
        .route("/collection/sources/{id}", get(collection::show))
        .route("/collection/sources/{id}/schema", get(schema::show).post(schema::save))
}

fn monitoring_routes() -> Router<App> {
    use monitoring::alert;
    Router::new()
        .route("/monitoring/metrics", get(monitoring::list))
        .route("/monitoring/metrics/{id}", get(monitoring::show))
        .route("/monitoring/metrics/{id}/watch", post(monitoring::watch))
        .route("/monitoring/metrics/{id}/alerts", post(alert::save))
        .route("/monitoring/alerts", get(alert::list))
        .route("/monitoring/alerts/{id}/delete", post(alert::delete))
}

fn visualisation_routes() -> Router<App> {
    use visualisation::{board, form, share};
    Router::new()
        .route("/visualisation/charts", get(visualisation::list).post(form::create))
        .route("/visualisation/charts/new", get(form::new))
        .route("/visualisation/charts/{id}", get(visualisation::show))
        .route("/visualisation/charts/{id}/edit", get(form::edit).post(form::update))
        .route("/visualisation/charts/{id}/export", get(visualisation::export))
        .route("/visualisation/charts/{id}/pin", post(visualisation::pin))
        .route("/visualisation/charts/{id}/delete", post(visualisation::delete))
        .route("/visualisation/boards", get(board::list).post(board::create))
        .route("/visualisation/boards/add", post(board::add))
        .route("/visualisation/boards/{id}", get(board::show))
        .route("/visualisation/boards/{id}/share", post(share::share))
        .route("/visualisation/boards/{id}/withdraw", post(share::withdraw))
        .route("/visualisation/boards/{id}/delete", post(board::delete))
}

fn analysis_routes() -> Router<App> {
    use analysis::{funnel, group, smart_path};
    Router::new()
        .route("/analysis/groups", get(group::list).post(group::create))
        .route("/analysis/groups/new", get(group::new))
        .route("/analysis/groups/{id}", get(group::show))
        .route("/analysis/groups/{id}/edit", get(group::edit).post(group::update))
        .route("/analysis/groups/{id}/export", get(group::export))
        .route("/analysis/groups/{id}/delete", post(group::delete))
        .route("/analysis/funnels", get(funnel::list).post(funnel::create))
        .route("/analysis/funnels/new", get(funnel::new))
        .route("/analysis/funnels/{id}", get(funnel::show))
        .route("/analysis/funnels/{id}/edit", get(funnel::edit).post(funnel::update))
        .route("/analysis/funnels/{id}/delete", post(funnel::delete))
        .route("/analysis/smart-path", get(smart_path::see).post(smart_path::save))
        .route("/analysis/smart-path/configure", get(smart_path::configure))
        .route("/analysis/smart-path/{id}", get(smart_path::show))
        .route("/analysis/smart-path/{id}/delete", post(smart_path::delete))
}

fn settings_routes() -> Router<App> {
    use settings::{plan, team};
    Router::new()
        .route("/settings", get(settings::show).post(settings::save))
        .route("/settings/team", get(team::list).post(team::invite))
        .route("/settings/team/{id}/remove", post(team::remove))
        .route("/upgrade", get(plan::show).post(plan::order))
}

#[cfg(test)]
mod tests;
