//! Behind a path of the vendor's own site, on pages that allow nothing but that site, the line and
//! the npm package capture; and the server is told nothing of the site's cookies.

use anyhow::{Context, Result};
use e2e::Stage;
use e2e::front::{File, Front};
use e2e::npm_application;

const POLICY: &str = "Content-Security-Policy: default-src 'self'; img-src data:\r\n";
const HEAD: &str = r#"<!doctype html><html><head><link rel="icon" href="data:,">"#;

fn page(path: &'static str, head: &str, body: &str) -> File {
    let content = format!("{HEAD}{head}</head>{body}<button>Own</button></body></html>");
    File { path, kind: "text/html", headers: POLICY.to_owned(), content }
}

#[tokio::test]
async fn the_line_and_the_package_work_behind_a_path_of_the_site() -> Result<()> {
    let stage = Stage::set().await?;
    let key = stage.collector.write_key()?;
    let line = format!(r#"<script async src="/metrics/sdk.js" data-write-key="{key}"></script>"#);
    let body = format!(r#"<body data-key="{key}" data-collector="/metrics">"#);
    let script = r#"<script defer src="/application.js"></script>"#;
    let files = vec![
        page("/line", &line, "<body>"),
        page("/package", script, &body),
        File {
            path: "/application.js",
            kind: "text/javascript",
            headers: String::new(),
            content: npm_application()?,
        },
    ];
    let front = Front::start(stage.collector.address(), files).await?;
    let (browser, database) = (stage.driver.browser().await?, stage.database()?);
    for (n, path) in (1..).zip(["/line", "/package"]) {
        browser.open(&format!("{}{path}", front.address())).await?;
        browser.click("Own").await?;
        let counted = database.wait_for_events("click", n).await;
        let console = browser.console().await?;
        assert_eq!(counted.with_context(|| format!("{path} {console:?}"))?, n);
    }
    assert_eq!(
        database
            .number("SELECT uniqExact(element_id) FROM data.events WHERE kind = 'click'")
            .await?,
        1
    );

    // What the package was told before the SDK was there, as it was said. It may be of one
    // millisecond, which has no order.
    assert_eq!(database.wait_for_events("custom", 1).await?, 1);
    let sql = "SELECT kind || ' ' || name || ' ' || app_version || ' ' || user_id AS what \
               FROM data.events WHERE path = '/package' AND kind IN ('page_view', 'custom', 'identify') ORDER BY what";
    let rows = database.select(sql).await?;
    let rows: Vec<_> = rows.iter().filter_map(|row| row["what"].as_str()).collect();
    assert_eq!(rows, ["custom before init 9.1 ", "identify  9.1 user-7", "page_view  9.1 "]);
    Ok(())
}
