//! Every route of Tidemark.

use crate::app::App;
use crate::error::{self, Error, Thing};
use crate::policy::policy;
use crate::{
    analysis, asset, collection, draft, kept, monitoring, session, settings, visualisation,
};
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
    use monitoring::{Alert, alert};
    Router::new()
        .route("/monitoring/metrics", get(monitoring::list))
        .route("/monitoring/metrics/{id}", get(monitoring::show))
        .route("/monitoring/metrics/{id}/watch", post(monitoring::watch))
        .route("/monitoring/metrics/{id}/alerts", post(alert::save))
        .route("/monitoring/alerts", get(alert::list))
        .route("/monitoring/alerts/{id}/delete", post(kept::delete::<Alert>))
}

fn visualisation_routes() -> Router<App> {
    use visualisation::board::{self, NewBoard};
    use visualisation::form::{self, ChartForm};
    use visualisation::{Board, share};
    Router::new()
        .route("/visualisation/charts", get(visualisation::list).post(draft::create::<ChartForm>))
        .route("/visualisation/charts/new", get(form::new))
        .route("/visualisation/charts/{id}", get(visualisation::show))
        .route(
            "/visualisation/charts/{id}/edit",
            get(draft::edit::<ChartForm>).post(draft::update::<ChartForm>),
        )
        .route("/visualisation/charts/{id}/export", get(visualisation::export))
        .route("/visualisation/charts/{id}/pin", post(visualisation::pin))
        .route("/visualisation/charts/{id}/delete", post(visualisation::delete))
        .route("/visualisation/boards", get(draft::new::<NewBoard>).post(draft::create::<NewBoard>))
        .route("/visualisation/boards/add", post(board::add))
        .route("/visualisation/boards/{id}", get(board::show))
        .route("/visualisation/boards/{id}/share", post(share::share))
        .route("/visualisation/boards/{id}/withdraw", post(share::withdraw))
        .route("/visualisation/boards/{id}/delete", post(kept::delete::<Board>))
}

fn analysis_routes() -> Router<App> {
    use analysis::funnel::{self, FunnelForm};
    use analysis::group::{self, GroupForm};
    use analysis::smart_path::{self, PathForm};
    use analysis::{Funnel, Group, SmartPath};
    Router::new()
        .route("/analysis/groups", get(group::list).post(draft::create::<GroupForm>))
        .route("/analysis/groups/new", get(draft::new::<GroupForm>))
        .route("/analysis/groups/{id}", get(group::show))
        .route(
            "/analysis/groups/{id}/edit",
            get(draft::edit::<GroupForm>).post(draft::update::<GroupForm>),
        )
        .route("/analysis/groups/{id}/export", get(group::export))
        .route("/analysis/groups/{id}/delete", post(kept::delete::<Group>))
        .route("/analysis/funnels", get(funnel::list).post(draft::create::<FunnelForm>))
        .route("/analysis/funnels/new", get(draft::new::<FunnelForm>))
        .route("/analysis/funnels/{id}", get(funnel::show))
        .route(
            "/analysis/funnels/{id}/edit",
            get(draft::edit::<FunnelForm>).post(draft::update::<FunnelForm>),
        )
        .route("/analysis/funnels/{id}/delete", post(kept::delete::<Funnel>))
        .route("/analysis/smart-path", get(smart_path::see).post(draft::create::<PathForm>))
        .route("/analysis/smart-path/configure", get(smart_path::configure))
        .route("/analysis/smart-path/{id}", get(smart_path::show))
        .route("/analysis/smart-path/{id}/delete", post(kept::delete::<SmartPath>))
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
