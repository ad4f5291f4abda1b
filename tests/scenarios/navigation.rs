//! Each page that comes up is one page view: by a load, by a change of route, by going back.

use anyhow::Result;
use e2e::Stage;
use e2e::visitor::{Act, PEOPLE};

#[tokio::test]
async fn loads_and_routes_are_page_views() -> Result<()> {
    let stage = Stage::set().await?;
    let mut visitor = stage.visitor().await?;
    visitor.follow(&PEOPLE[0][..4]).await?;
    let rest = [
        Act::Go("Metrics", "/monitoring/metrics"),
        Act::Go("Revenue", "/monitoring/metrics/:id"),
        // The address changes, the page does not.
        Act::Press("90 days", "Revenue, last 90 days"),
        Act::Go("Alerts", "/monitoring/alerts"),
    ];
    visitor.follow(&rest).await?;
    let browser = visitor.browser();
    for path in ["/monitoring/metrics/1", "/monitoring/metrics/1", "/monitoring/metrics"] {
        browser.back().await?;
        browser.wait_for_path(path).await?;
    }
    browser.reload().await?;
    browser.wait_until_sent().await?;
    let expected = [
        "/sign-in",
        "/collection/sources",
        "/monitoring/metrics",
        "/monitoring/metrics/1",
        "/monitoring/alerts",
        "/monitoring/metrics/1",
        "/monitoring/metrics",
        "/monitoring/metrics",
    ];
    let database = stage.database()?;
    database.wait_for_events("page_view", u64::try_from(expected.len())?).await?;
    let sql = "SELECT path FROM data.events WHERE kind = 'page_view' ORDER BY event_id";
    let rows = database.select(sql).await?;
    let paths: Vec<_> = rows.iter().filter_map(|row| row["path"].as_str()).collect();
    assert_eq!(paths, expected);
    let sql = "SELECT pattern, title FROM data.pages WHERE pattern LIKE '/monitoring%' ORDER BY 1";
    let pages = database.select(sql).await?;
    assert_eq!(pages.len(), 3, "{pages:?}");
    Ok(())
}
