//! What ClickHouse refuses is found on Delivery, mended and replayed there, and is stored once.

use anyhow::{Context, Result, ensure};
use e2e::site::Site;
use e2e::wait::PATIENCE;
use e2e::{Stage, until};

/// The name of the event, and where it is counted.
const EVENT: &str = "project = 'tidemark' AND name = 'plan_chosen'";

#[tokio::test]
async fn an_event_that_clickhouse_refuses_is_mended_and_replayed_on_the_screen() -> Result<()> {
    let stage = Stage::set().await?;
    let database = stage.database()?;
    database
        .execute("ALTER TABLE data.events ADD CONSTRAINT c CHECK properties['plan'] != 'basc'")
        .await?;
    let button =
        r#"<button onclick="sillage.track('plan_chosen', { plan: 'basc' })">Choose</button>"#;
    let site = Site::start(&[], &format!("{}{button}", stage.collector.script())).await?;
    let visitor = stage.driver.browser().await?;
    visitor.open(site.address()).await?;
    visitor.click("Choose").await?;
    visitor.wait_until_sent().await?;
    // Its neighbours in the batch are written.
    database.wait_for_events("click", 1).await?;
    ensure!(database.n_events("custom").await? == 0, "it was not refused");

    let screen = stage.dashboard.browser();
    until("Delivery leads to the letter", PATIENCE, async || {
        stage.dashboard.open("delivery").await?;
        Ok((screen.count("//a[.='Look at the dead letters']").await? > 0).then_some(()))
    })
    .await?;
    screen.click("Look at the dead letters").await?;
    screen.find("//h2[.='1 letter']").await?;
    screen.click_on("//tbody//th/a").await?;
    screen.find("//h2[.='Why it was refused']").await?;
    let why = screen.text().await?;
    ensure!(why.contains("Constraint “c”"), "{why}");
    let mend = "const row = document.querySelector('textarea[name=row]');
         const refused = row.value;
         row.value = refused.replace('\"basc\"', '\"basic\"');
         return row.value !== refused";
    ensure!(screen.run(mend).await? == true, "the row is not in the form");
    screen.click("Replay mended").await?;
    screen.find("//h2[.='No dead letters']").await?;

    database.wait_for_events("custom", 1).await?;
    let rows = database
        .select(&format!("SELECT properties['plan'] AS plan FROM data.events WHERE {EVENT}"))
        .await?;
    ensure!(rows.len() == 1, "it is there {} times", rows.len());
    ensure!(rows.first().context("no row")?["plan"] == "basic", "{rows:?}");
    stage.dashboard.open("delivery").await?;
    let text = screen.text().await?;
    ensure!(text.contains("None: ClickHouse has taken what it was given."), "{text}");
    Ok(())
}
