//! Questions by `POST /v1/projects/{project}/query`.

use crate::test_app::TestApp;
use anyhow::Result;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};

#[tokio::test]
async fn nobody_asks_without_having_signed_in() -> Result<()> {
    let Some(app) = TestApp::start("query_nobody").await? else { return Ok(()) };
    let request = Request::builder()
        .method(Method::POST)
        .uri("/v1/projects/default/query")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from("{}"))?;
    assert_eq!(app.send(request).await?.status, StatusCode::UNAUTHORIZED);
    Ok(())
}
