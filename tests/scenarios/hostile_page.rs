//! On a page that has broken its own globals the SDK goes on, and no error of it reaches the page.

use anyhow::{Context, Result};
use e2e::Stage;
use e2e::site::Site;

const PAGE: &str = r#"<!doctype html><link rel="icon" href="data:,"><script>
window.errors = [];
addEventListener('error', (e) => errors.push(e.message));
addEventListener('unhandledrejection', (e) => errors.push(String(e.reason)));
window.requestIdleCallback = () => { throw new Error('no idle moment'); };
const { stringify } = JSON;
JSON.stringify = (value, ...rest) => {
  if (value?.isUnspeakable) throw new Error('no text');
  return stringify(value, ...rest);
};
</script>SCRIPT<script>
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
</script><button>Odd</button>"#;

#[tokio::test]
async fn a_hostile_page_costs_no_click() -> Result<()> {
    let stage = Stage::set().await?;
    // Loaded in order, the stub is there before the page calls it.
    let page = PAGE.replace("SCRIPT", &stage.collector.script().replace("async ", ""));
    let site = Site::start(&[], &page).await?;
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
    assert_eq!(browser.run("return errors.join()").await?, "");
    Ok(())
}
