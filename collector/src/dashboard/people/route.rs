//! The routes of the lists of people, two for each report.

use crate::App;
use crate::dashboard::{adoption, first_week, people, trend};
use analytics::{Funnel, Lifecycle, Paths, Retention, Stickiness};
use axum::Router;
use axum::routing::get;

/// The routes.
pub(in crate::dashboard) fn routes() -> Router<App> {
    Router::new()
        .route("/projects/{project}/funnel/people", get(people::show::<Funnel>))
        .route("/projects/{project}/funnel/people.csv", get(people::csv::<Funnel>))
        .route("/projects/{project}/trend/people", get(people::show::<trend::Shown>))
        .route("/projects/{project}/trend/people.csv", get(people::csv::<trend::Shown>))
        .route("/projects/{project}/retention/people", get(people::show::<Retention>))
        .route("/projects/{project}/retention/people.csv", get(people::csv::<Retention>))
        .route("/projects/{project}/adoption/people", get(people::show::<adoption::Shown>))
        .route("/projects/{project}/adoption/people.csv", get(people::csv::<adoption::Shown>))
        .route("/projects/{project}/paths/people", get(people::show::<Paths>))
        .route("/projects/{project}/paths/people.csv", get(people::csv::<Paths>))
        .route("/projects/{project}/stickiness/people", get(people::show::<Stickiness>))
        .route("/projects/{project}/stickiness/people.csv", get(people::csv::<Stickiness>))
        .route("/projects/{project}/lifecycle/people", get(people::show::<Lifecycle>))
        .route("/projects/{project}/lifecycle/people.csv", get(people::csv::<Lifecycle>))
        .route("/projects/{project}/first-week/people", get(people::show::<first_week::Shown>))
        .route("/projects/{project}/first-week/people.csv", get(people::csv::<first_week::Shown>))
}
