//! A click is on the Setup screen within two seconds.

use anyhow::{Context, Result, ensure};
use e2e::site::Site;
use e2e::{Stage, until, wait};

const PROMISED_MS: f64 = 2_000.0;

#[tokio::test]
async fn a_click_is_on_the_setup_screen_within_two_seconds() -> Result<()> {
    let stage = Stage::set().await?;
    let buttons: String =
        (0..3).map(|n| format!("<button>Knock {}</button>", ["one", "two", "three"][n])).collect();
    let noted =
        "<script>addEventListener('click', () => window.clickedAt = Date.now(), true)</script>";
    let site = Site::start(&[], &format!("{}{noted}{buttons}", stage.collector.script())).await?;
    let screen = stage.dashboard.browser();
    stage.dashboard.open("setup").await?;
    let browser = stage.driver.browser().await?;
    browser.open(site.address()).await?;
    let mut waits = Vec::new();
    for label in ["Knock one", "Knock two", "Knock three"] {
        screen.run(&watch_for(label)).await?;
        browser.click(label).await?;
        let seen_at = until("the click is on the screen", wait::PATIENCE, async || {
            Ok(screen.run("return window.seenAt ?? null").await?.as_f64())
        })
        .await?;
        let clicked_at =
            browser.run("return window.clickedAt").await?.as_f64().context("no click")?;
        waits.push(seen_at - clicked_at);
    }
    println!("milliseconds from the click to the screen: {waits:?}");
    // A busy machine may hold up one click; the way itself may not.
    waits.sort_by(f64::total_cmp);
    let median = waits[waits.len() / 2];
    ensure!(median <= PROMISED_MS, "the median click took {median} ms: {waits:?}");
    Ok(())
}

/// Notes the time at which the label comes up on the page.
fn watch_for(label: &str) -> String {
    format!(
        "window.seenAt = undefined;
         new MutationObserver((_, observer) => {{
             if (!document.querySelector('#lines').textContent.includes('{label}')) return;
             window.seenAt = Date.now();
             observer.disconnect();
         }}).observe(document.body, {{ childList: true, subtree: true, characterData: true }});"
    )
}
