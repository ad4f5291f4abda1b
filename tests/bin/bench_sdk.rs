//! Measures what capture costs a page in Chromium, by turns in one run: a page without any SDK,
//! one with ours, and one with a rival's. The page is 12 levels deep and has a list of ten rows.
//!
//! Per click, 25 ms apart: microseconds inside `dispatchEvent` (median and 95 of 100), and the
//! main thread's CPU, with the queue and what is sent in it. On the wire: what one click sends,
//! and ten clicks in five seconds, as bytes of bodies and as requests.
//!
//! The page is cross-origin isolated, so that its clock has a resolution of 5 µs. It takes the
//! line of a running collector, and prints one JSON line per figure.

use anyhow::{Context, Result, ensure};
use clap::Parser;
use e2e::relay::{Relay, Request};
use e2e::stand::Stand;
use e2e::wait::PATIENCE;
use e2e::{Browser, Driver};
use serde_json::json;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Measures the main thread's time per click, and what goes over the wire.
#[derive(Debug, Parser)]
struct Arguments {
    /// The script line of a running collector.
    #[arg(long)]
    script: String,
    /// `array.js` of posthog-js.
    #[arg(long)]
    posthog: PathBuf,
    /// Clicks of one turn, 25 ms apart.
    #[arg(long, default_value_t = 200)]
    clicks: u32,
    /// Turns of each page.
    #[arg(long, default_value_t = 5)]
    turns: u32,
}

const ISOLATED: [(&str, &str); 2] = [
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Embedder-Policy", "credentialless"),
];

/// The page's own handler is what a real page has: one listener on the root, which changes something. Two buttons are
/// clicked by turns where `input.others`, else always the same one.
const MEASURE: &str = "
    const buttons = document.querySelectorAll(input.others ? '.quiet' : '#target');
    const pause = (ms) => new Promise((done) => setTimeout(done, ms));
    const times = [];
    for (let n = 0; n < input.clicks; n++) {
        const click = new MouseEvent('click', { bubbles: true, cancelable: true, composed: true, detail: 1 });
        const button = buttons[n % buttons.length];
        const from = performance.now();
        button.dispatchEvent(click);
        times.push(performance.now() - from);
        await pause(25);
    }
    return { times, isolated: crossOriginIsolated };";

/// Longer than any of them waits between batches.
const QUIET: Duration = Duration::from_millis(3_500);

/// Clicks by the page's own clock; a driver takes too long from one to the next.
const CLICK: &str = "
    for (let n = 0; n < input.clicks; n++) {
        document.getElementById('target').click();
        await new Promise((done) => setTimeout(done, input.pause));
    }";

/// As its makers have it set up, but for the limit of ten events a second, which would leave
/// clicks out, and for its filter of automated browsers.
const POSTHOG: &str = "<script src='/array.js'></script><script>posthog.init('phc_bench', {
    api_host: location.origin, autocapture: true, capture_pageview: true, persistence: 'localStorage+cookie',
    opt_out_useragent_filter: true, advanced_disable_flags: true, disable_session_recording: true,
    rate_limiting: { events_per_second: 1e6, events_burst_limit: 1e6 } })</script>";

/// One of the pages side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Bare,
    Sillage,
    Posthog,
}

const SIDES: [Side; 3] = [Side::Bare, Side::Sillage, Side::Posthog];

impl Side {
    const fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Sillage => "sillage",
            Self::Posthog => "posthog",
        }
    }

    /// A script that says whether the SDK has taken over.
    const fn is_ready(self) -> &'static str {
        match self {
            Self::Bare => "return true",
            Self::Sillage => "return !!window.sillage && !window.sillage._",
            Self::Posthog => "return !!window.posthog && posthog.__loaded === true",
        }
    }
}

/// The times of one side, over all turns.
#[derive(Debug, Default)]
struct Times {
    same_us: Vec<f64>,
    others_us: Vec<f64>,
    cpu_us: Vec<f64>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let driver = Driver::start().await?;
    let bench = Bench::new(&arguments, &driver)?;
    let mut times: [Times; 3] = Default::default();
    for _ in 0..arguments.turns {
        for (side, times) in SIDES.into_iter().zip(&mut times) {
            bench.time(side, times).await.with_context(|| side.name())?;
        }
    }
    let mut bare = 0.0;
    for (side, times) in SIDES.into_iter().zip(&mut times) {
        let (same, others, cpu) = (
            Summary::of(&mut times.same_us)?,
            Summary::of(&mut times.others_us)?,
            Summary::of(&mut times.cpu_us)?,
        );
        print(side, "click_sync_us", same.median, "us");
        print(side, "click_sync_p95_us", same.p95, "us");
        print(side, "click_on_others_sync_us", others.median, "us");
        print(side, "click_cpu_us", cpu.median, "us");
        if side == Side::Bare {
            bare = same.median;
        } else {
            print(side, "click_sync_net_us", same.median - bare, "us");
        }
    }
    for side in [Side::Sillage, Side::Posthog] {
        bench.weigh(side).await.with_context(|| side.name())?;
    }
    Ok(())
}

#[allow(clippy::print_stdout, reason = "the figures are what this program is run for")]
fn print(side: Side, name: &str, value: f64, unit: &str) {
    let (name, value) = (format!("{}_{name}", side.name()), value.round());
    println!("{}", json!({ "name": name, "value": value, "unit": unit }));
}

/// What all measurements need.
struct Bench<'a> {
    arguments: &'a Arguments,
    driver: &'a Driver,
    posthog: Vec<u8>,
}

/// A page that is open, with its SDK running.
struct Opened {
    browser: Browser,
    stand: Stand,
    relay: Option<Relay>,
}

impl<'a> Bench<'a> {
    fn new(arguments: &'a Arguments, driver: &'a Driver) -> Result<Self> {
        let posthog = fs::read(&arguments.posthog).context("cannot read posthog-js")?;
        Ok(Self { arguments, driver, posthog })
    }

    /// Opens a page in a browser of its own, and waits until what it loads has been sent.
    async fn open(&self, side: Side) -> Result<Opened> {
        let (mut line, mut relay) = (String::new(), None);
        match side {
            Side::Bare => {}
            Side::Sillage => {
                let address = self.arguments.script.split("src=\"").nth(1);
                let address = address.and_then(|rest| rest.split("/sdk.js").next());
                let address = address.context("the script line names no collector")?;
                let through = Relay::start(address, "").await?;
                line = self.arguments.script.replace(address, through.address());
                relay = Some(through);
            }
            Side::Posthog => POSTHOG.clone_into(&mut line),
        }
        let scripts = vec![("/array.js".to_owned(), self.posthog.clone())];
        let stand = Stand::start(&ISOLATED, page(&line), scripts).await?;
        let browser = self.driver.browser().await?;
        browser.open(stand.address()).await?;
        e2e::until("the SDK is ready", PATIENCE, async || {
            Ok((browser.run(side.is_ready()).await? == true).then_some(()))
        })
        .await?;
        let opened = Opened { browser, stand, relay };
        opened.settle(side, 0).await?;
        Ok(opened)
    }

    /// Clicks on one page, and notes what it took.
    async fn time(&self, side: Side, times: &mut Times) -> Result<()> {
        let opened = self.open(side).await?;
        let browser = &opened.browser;
        let clicks = self.arguments.clicks;
        browser.devtools("Performance.enable", json!({ "timeDomain": "threadTicks" })).await?;
        for (others, to) in [(true, &mut times.others_us), (false, &mut times.same_us)] {
            let n_before = opened.posts().len();
            let before = busy_us(browser).await?;
            let answer =
                browser.run_async(MEASURE, json!({ "clicks": clicks, "others": others })).await?;
            ensure!(answer["isolated"] == true, "the page is not cross-origin isolated");
            let ms = answer["times"].as_array().context("no times")?;
            to.extend(ms.iter().filter_map(|ms| Some(ms.as_f64()? * 1_000.0)));
            opened.settle(side, n_before).await?;
            if !others {
                let busy = busy_us(browser).await? - before;
                times.cpu_us.push(busy / f64::from(clicks));
            }
        }
        opened.browser.close().await
    }

    /// Counts what one click sends, and ten in five seconds.
    async fn weigh(&self, side: Side) -> Result<()> {
        let mut inflated = Vec::new();
        for (n, pause_ms) in [(1_u32, 0), (10, 500)] {
            let opened = self.open(side).await?;
            let n_before = opened.posts().len();
            opened.browser.run_async(CLICK, json!({ "clicks": n, "pause": pause_ms })).await?;
            opened.settle(side, n_before).await?;
            let posts = &opened.posts()[n_before..];
            let bytes: usize = posts.iter().map(|post| post.body.len()).sum();
            let raw: usize = posts.iter().map(|post| post.text().len()).sum();
            ensure!(bytes > 0, "nothing was sent");
            let clicks = if n == 1 { "1_click" } else { "10_clicks" };
            print(side, &format!("wire_{clicks}_bytes"), as_f64(bytes), "bytes");
            print(side, &format!("wire_{clicks}_requests"), as_f64(posts.len()), "requests");
            inflated.push(as_f64(raw));
            opened.browser.close().await?;
        }
        let later = (inflated[1] - inflated[0]) / 9.0;
        print(side, "wire_later_click_raw_bytes", later, "bytes");
        Ok(())
    }
}

impl Opened {
    fn posts(&self) -> Vec<Request> {
        self.relay.as_ref().map_or_else(|| self.stand.posts(), Relay::batches)
    }

    /// Waits until something was sent since, and then nothing for longer than a rival waits
    /// between batches.
    async fn settle(&self, side: Side, n_before: usize) -> Result<()> {
        if side == Side::Bare {
            return Ok(());
        }
        let (mut n_seen, mut since) = (n_before, Instant::now());
        e2e::until("all is sent", PATIENCE, async || {
            let n = self.posts().len();
            if n != n_seen {
                (n_seen, since) = (n, Instant::now());
            }
            Ok((n > n_before && since.elapsed() > QUIET).then_some(()))
        })
        .await
    }
}

/// The CPU time of the page's main thread so far, in microseconds.
async fn busy_us(browser: &Browser) -> Result<f64> {
    let answer = browser.devtools("Performance.getMetrics", json!({})).await?;
    let metrics = answer["metrics"].as_array().context("no metrics")?;
    let seconds = metrics.iter().find(|metric| metric["name"] == "TaskDuration");
    let seconds = seconds.and_then(|metric| metric["value"].as_f64()).context("no duration")?;
    Ok(seconds * 1_000_000.0)
}

fn page(line: &str) -> String {
    let row = "<li class='row item'><span>Row</span><button class='quiet'>Open</button></li>";
    let depth = ["main", "section", "div", "article", "div", "form", "fieldset", "div", "ul"];
    let open: String = depth.iter().map(|tag| format!("<{tag} class='level wide'>")).collect();
    let close: String = depth.iter().rev().map(|tag| format!("</{tag}>")).collect();
    format!(
        "<!doctype html><html><head><title>Bench</title>{line}</head><body>{open}{rows}\
         <li class='row item'><button id='target' type='button' class='primary wide' \
         data-testid='save'><span>Save changes</span></button></li>{close}\
         <script>document.body.addEventListener('click', (e) => {{ e.preventDefault(); document.body.dataset.n = Math.random(); }})</script></body></html>",
        rows = row.repeat(10),
    )
}

struct Summary {
    median: f64,
    p95: f64,
}

impl Summary {
    fn of(times: &mut [f64]) -> Result<Self> {
        times.sort_by(f64::total_cmp);
        let at = |part: usize| times.get(times.len() * part / 100).copied().context("no times");
        Ok(Self { median: at(50)?, p95: at(95)? })
    }
}

#[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
const fn as_f64(n: usize) -> f64 {
    n as f64
}
