//! Measures what a click costs the page: microseconds inside `dispatchEvent`, with and without
//! the SDK, by turns in one run, on a page 12 levels deep with a list of ten rows.
//!
//! The page is cross-origin isolated, so that its clock has a resolution of 5 µs. It takes the
//! line of a running collector, and prints one JSON line per figure.

use anyhow::{Context, Result, ensure};
use clap::Parser;
use e2e::site::Site;
use e2e::{Browser, Driver};
use serde_json::json;

/// Measures the main thread's time per click in Chromium.
#[derive(Debug, Parser)]
struct Arguments {
    /// The script line of a running collector.
    #[arg(long)]
    script: String,
    /// Clicks of one turn, 25 ms apart.
    #[arg(long, default_value_t = 200)]
    clicks: u32,
    /// Turns with and without the SDK.
    #[arg(long, default_value_t = 3)]
    turns: u32,
}

const ISOLATED: [(&str, &str); 2] = [
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Embedder-Policy", "credentialless"),
];

/// The page's own handler is what a real page has: one listener on the root.
const MEASURE: &str = "
    const button = document.getElementById('target');
    const pause = (ms) => new Promise((done) => setTimeout(done, ms));
    const times = [];
    for (let n = 0; n < input.clicks; n++) {
        const click = new MouseEvent('click', { bubbles: true, cancelable: true, composed: true, detail: 1 });
        const from = performance.now();
        button.dispatchEvent(click);
        times.push(performance.now() - from);
        await pause(25);
    }
    return { times, isolated: crossOriginIsolated, sdk: typeof window.sillage?.track };";

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let driver = Driver::start().await?;
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..arguments.turns {
        without.extend(turn(&driver, "", arguments.clicks).await?);
        with.extend(turn(&driver, &arguments.script, arguments.clicks).await?);
    }
    let (page, sdk) = (summary(&mut without)?, summary(&mut with)?);
    print("page_click_sync_us", page.median);
    print("page_click_sync_p95_us", page.p95);
    print("page_with_sdk_click_sync_us", sdk.median);
    print("page_with_sdk_click_sync_p95_us", sdk.p95);
    print("sdk_click_sync_us", sdk.median - page.median);
    Ok(())
}

#[allow(clippy::print_stdout, reason = "the figures are what this program is run for")]
fn print(name: &str, value: f64) {
    let value = value.round();
    println!("{}", json!({ "name": name, "value": value, "unit": "us" }));
}

/// The times of one turn in microseconds, in a browser of its own.
async fn turn(driver: &Driver, script: &str, clicks: u32) -> Result<Vec<f64>> {
    let site = Site::start(&ISOLATED, &page(script)).await?;
    let browser = driver.browser().await?;
    browser.open(site.address()).await?;
    if !script.is_empty() {
        wait_for_sdk(&browser).await?;
    }
    let answer = browser.run_async(MEASURE, json!({ "clicks": clicks })).await?;
    ensure!(answer["isolated"] == true, "the page is not cross-origin isolated");
    ensure!((answer["sdk"] == "function") != script.is_empty(), "the SDK is not as asked for");
    browser.close().await?;
    let times = answer["times"].as_array().context("no times")?;
    Ok(times.iter().filter_map(|ms| Some(ms.as_f64()? * 1_000.0)).collect())
}

/// Waits until the module has taken over from the stub, and its first batch is gone.
async fn wait_for_sdk(browser: &Browser) -> Result<()> {
    let is_ready = "return !!window.sillage && !window.sillage._";
    let ready = e2e::until("the module is ready", e2e::wait::PATIENCE, async || {
        Ok((browser.run(is_ready).await? == true).then_some(()))
    })
    .await;
    if ready.is_err() {
        let console = browser.console().await?;
        return ready.with_context(|| format!("the console says: {console:?}"));
    }
    browser.wait_until_sent().await
}

fn page(script: &str) -> String {
    let row = "<li class='row item'><span>Row</span><button class='quiet'>Open</button></li>";
    let depth = ["main", "section", "div", "article", "div", "form", "fieldset", "div", "ul"];
    let open: String = depth.iter().map(|tag| format!("<{tag} class='level wide'>")).collect();
    let close: String = depth.iter().rev().map(|tag| format!("</{tag}>")).collect();
    format!(
        "<!doctype html><html><head><title>Bench</title>{script}</head><body>{open}{rows}\
         <li class='row item'><button id='target' type='button' class='primary wide' \
         data-testid='save'><span>Save changes</span></button></li>{close}\
         <script>document.body.addEventListener('click', (e) => e.preventDefault())</script></body></html>",
        rows = row.repeat(10),
    )
}

struct Summary {
    median: f64,
    p95: f64,
}

fn summary(times: &mut [f64]) -> Result<Summary> {
    times.sort_by(f64::total_cmp);
    let at = |part: usize| times.get(times.len() * part / 100).copied().context("no times");
    Ok(Summary { median: at(50)?, p95: at(95)? })
}
