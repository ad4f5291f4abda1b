//! On a page that has broken its own globals the SDK goes on, and no error of it reaches the page;
//! and where it cannot go on, it falls silent and says so.

use anyhow::{Context, Result};
use e2e::site::Site;
use e2e::{Browser, Stage, until, wait};
use serde_json::{Value, json};

const PAGE: &str = r##"<!doctype html><link rel="icon" href="data:,"><script>
window.errors = [];
addEventListener('error', (e) => errors.push(e.message));
addEventListener('unhandledrejection', (e) => errors.push(String(e.reason)));
window.requestIdleCallback = () => { throw new Error('no idle moment'); };
const { stringify } = JSON;
JSON.stringify = (value, ...rest) => {
  if (value?.isUnspeakable) throw new Error('no text');
  return stringify(value, ...rest);
};
Object.prototype.everywhere = Array.prototype.everywhere = 'enumerable';
const { addEventListener: listen } = EventTarget.prototype;
EventTarget.prototype.addEventListener = function (kind, run, options) {
  return listen.call(this, kind, function (event) { return run.call(this, event); }, options);
};
Object.defineProperty(Document.prototype, 'title', { get() { throw new Error('no title'); } });
Object.freeze(history);
</script><img name="sillage"><form id="history"></form>SCRIPT<script>
window.circular = {};
circular.self = circular;
const poor = { get plan() { throw new Error('not to be read'); } };
window.odd = () => {
  const text = { toJSON() { throw new Error('no text'); } };
  const values = [{ circular }, { n: 1n }, { text }, { text: { isUnspeakable: true } }, poor];
  for (const properties of values) sillage.track('odd', properties);
  sillage.track(Symbol('name'));
  sillage.identify({ toString() { throw new Error('nobody'); } });
};
odd();
window.seen = [];
addEventListener('click', (e) => seen.push([e.isTrusted, e.defaultPrevented, e.cancelBubble]));
</script><button>Odd</button><form onsubmit="return false"><input name="id"><input name="parentNode"><input name="getAttribute">
<input name="matches"><input name="attributes"><input name="localName"><input name="nextSibling">
<input name="children"><button>Hidden</button></form><a href="#there">Link</a><div id="deep" hidden></div>"##;

/// What is broken once the SDK runs. The driver cannot click on such a page any more.
const BREAK: &str = "for (const name of ['matches', 'getAttribute', 'closest'])
    Element.prototype[name] = () => { throw new Error(`no ${name}`); };
  for (const name of ['parentNode', 'parentElement'])
    Object.defineProperty(Node.prototype, name, { get() { return this; } });
  for (const button of document.querySelectorAll('button')) button.click();";

/// The milliseconds that two clicks take below five elements, and below a thousand times as many:
/// the least of some times, as the machine does other things as well.
const DEEP: &str = "const measure = (depth) => {
    let at = document.querySelector('#deep');
    for (let n = 0; n < depth; n++) at = at.appendChild(document.createElement('div'));
    const button = at.appendChild(document.createElement('button'));
    const times = Array.from({ length: 5 }, () => {
      const began = performance.now();
      at.click();
      button.click();
      return performance.now() - began;
    });
    return Math.min(...times);
  };
  return [measure(5), measure(5000)]";

/// How many times as long clicks may take below a thousand times as many elements; what is asked of
/// each of them about all the others takes a million times as long.
const FACTOR: f64 = 1_000.0;

/// What the browser's clock tells apart, in milliseconds.
const TICK_MS: f64 = 0.1;

/// The clicks of the measurement, and all others before the storm.
const DEEP_CLICKS: u64 = 20;
const CLICKS: u64 = 6 + DEEP_CLICKS;

/// Fills the storage, and clicks as nobody can.
const STORM: &str = "for (let n = 1 << 22; n; n >>= 1)
    try { localStorage.setItem('full' + n, 'x'.repeat(n)); } catch {}
  const button = document.querySelector('button');
  for (let n = 0; n < 100_000; n++) button.click();";

const EMPTY: &str = "for (const key of Object.keys(localStorage))
    if (key.startsWith('full')) localStorage.removeItem(key);";

/// The next text for the module is longer than any memory.
const PANIC: &str = "TextEncoder.prototype.encode = () => ({ length: -1 })";

#[tokio::test]
async fn a_hostile_page_costs_no_click() -> Result<()> {
    let stage = Stage::set().await?;
    // Loaded in order, the stub is there before the page calls it.
    let script = stage.collector.script().replace("async ", "");
    let site = Site::start(&[], &PAGE.replace("SCRIPT", &script)).await?;
    let (browser, database) = (stage.driver.browser().await?, stage.database()?);
    browser.open(site.address()).await?;
    assert_eq!(database.wait_for_events("page_view", 1).await?, 1);
    for n in 1..=3 {
        browser.run("odd(); sillage.track('plain', { plan: 'team' })").await?;
        browser.click("Odd").await?;
        let counted = database.wait_for_events("click", n).await;
        assert_eq!(counted.with_context(|| format!("click {n}"))?, n);
    }
    assert_eq!(database.wait_for_events("custom", 3).await?, 3);
    browser.click("Link").await?;
    assert_eq!(browser.run("return [location.hash, seen.join()]").await?[0], "#there");
    let expected = ["true,false,false"; 4].join(",");
    assert_eq!(browser.run("return seen.join()").await?, expected);

    browser.run(BREAK).await?;
    let took = browser.run(DEEP).await?;
    let (few_ms, many_ms) =
        took[0].as_f64().zip(took[1].as_f64()).with_context(|| format!("no times: {took}"))?;
    println!("two clicks below 5 elements took {few_ms} ms, below 5,000 {many_ms} ms");
    assert!(many_ms < FACTOR * few_ms.max(TICK_MS), "{few_ms} ms and {many_ms} ms");
    assert_eq!(database.wait_for_events("click", CLICKS).await?, CLICKS);
    browser.run(STORM).await?;
    storm_is_bounded(&stage).await?;
    let console = browser.console().await?;
    let n_full = console.iter().filter(|line| line.contains("storage is denied or full")).count();
    assert_eq!(n_full, 1, "{console:?}");
    assert_eq!(browser.run("return errors.join()").await?, "");
    panic_is_reported(&stage, &browser).await
}

/// What is kept and what was given up make up all clicks.
async fn storm_is_bounded(stage: &Stage) -> Result<()> {
    let database = stage.database()?;
    until("each click is stored or counted", wait::PATIENCE, async || {
        let n_stored = database.n_events("click").await?;
        let day = today(stage).await?;
        let n_given_up = day["given_up"].as_u64().unwrap_or_default();
        let n_all = CLICKS + 100_000;
        assert!(n_stored + n_given_up <= n_all, "{n_stored} and {n_given_up}");
        Ok((n_given_up > 50_000 && n_stored + n_given_up == n_all).then_some(()))
    })
    .await
}

/// What the collector has counted today.
async fn today(stage: &Stage) -> Result<Value> {
    let script = "const answer = await fetch(`/v1/projects/tidemark/outcomes`);
        const { day, days } = await answer.json();
        return days[day] ?? {}";
    stage.dashboard.browser().run_async(script, Value::Null).await
}

async fn panic_is_reported(stage: &Stage, browser: &Browser) -> Result<()> {
    for _ in 0..2 {
        browser.run(EMPTY).await?;
        browser.reload().await?;
        until("the module is there", wait::PATIENCE, async || {
            Ok((browser.run("return !('_' in sillage)").await? == true).then_some(()))
        })
        .await?;
        browser.run(PANIC).await?;
        for _ in 0..3 {
            browser.click("Odd").await?;
            browser.run("sillage.track('plain'); sillage.flush()").await?;
        }
        assert_eq!(browser.run("return errors.join()").await?, "");
        until("the panic is counted", wait::PATIENCE, async || {
            Ok((today(stage).await?["switched_off"] == json!(1)).then_some(()))
        })
        .await?;
        let off = browser.console().await?;
        assert_eq!(off.iter().filter(|line| line.contains("switched off")).count(), 1, "{off:?}");
    }
    stage.dashboard.open("setup").await?;
    let page = stage.dashboard.browser().text().await?;
    let said = "1 report of today says that a browser switched the SDK off, and captured nothing more on that page: \
        RuntimeError: unreachable, at “";
    assert!(page.contains(said), "{page}");
    Ok(())
}
