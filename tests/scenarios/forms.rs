//! That a form was sent and which of its fields were filled, that a field was changed; never with
//! what. What is switched off on Setup is not captured any more.

use anyhow::Result;
use e2e::Stage;
use e2e::relay::Relay;
use e2e::site::Site;
use serde_json::json;

/// A form that hides its own members behind fields of the same names, and one in a shadow root.
const PAGE: &str = r#"
<script>
for (const kind of ["submit", "change"])
  document.addEventListener(kind, (event) => {
    event.stopImmediatePropagation();
    event.preventDefault();
  }, true);
customElements.define("x-form", class extends HTMLElement {
  constructor() {
    super();
    this.attachShadow({ mode: "open" }).innerHTML =
      "<form id=inner onsubmit='return false'><input name=inside><button>Send inside</button></form>";
  }
});
</script>
<form id="order">
<input name="elements" aria-label="Elements"><input name="children" aria-label="Children">
<input name="pin" type="password" aria-label="Pin"><input type="hidden" name="csrf" value="okapi-csrf">
<label><input name="agree" type="checkbox"> Agree</label>
<select name="size" aria-label="Size"><option value="">none<option value="okapi-large" id="large">okapi</select>
<textarea name="ann@example.com" aria-label="Note"></textarea>
<button>Send it</button>
</form>
<x-form></x-form>"#;

const IN_SHADOW: &str = "const root = document.querySelector('x-form').shadowRoot;
    root.querySelector('input').focus(); root.getElementById('inner').requestSubmit();";

#[tokio::test]
async fn forms_tell_what_was_filled_and_never_with_what() -> Result<()> {
    let stage = Stage::set().await?;
    let relay = Relay::start(stage.collector.address(), "").await?;
    let script = stage.collector.script().replace(stage.collector.address(), relay.address());
    let site = Site::start(&[], &format!("<title>A form</title>{script}{PAGE}")).await?;
    let browser = stage.driver.browser().await?;
    browser.open(site.address()).await?;
    browser.wait_until_sent().await?;
    browser.type_into("elements", "okapi-one").await?;
    browser.type_into("pin", "okapi-two").await?;
    browser.type_into("ann@example.com", "okapi-three").await?;
    browser.click_on("//*[@name='agree']").await?;
    browser.click("Send it").await?;
    browser.run(IN_SHADOW).await?;
    // What a page sends by itself, again and again, is bounded.
    let flood = "for (let n = 0; n < 300; n++) document.getElementById('order').requestSubmit()";
    browser.run(flood).await?;
    browser.wait_until_sent().await?;
    let database = stage.database()?;
    assert!(database.wait_for_events("submit", 3).await? <= 120, "a flood is not bounded");
    database.wait_for_events("change", 4).await?;
    let submits = "SELECT DISTINCT properties['filled'] AS filled FROM data.events \
        WHERE kind = 'submit' ORDER BY filled";
    assert_eq!(
        database.select(submits).await?,
        [json!({ "filled": "" }), json!({ "filled": "elements,pin,agree,[email]" })]
    );
    let changes = "SELECT groupUniqArray(n.tag) AS tags, uniqExact(e.element_id) AS fields \
        FROM data.events AS e JOIN data.elements AS n ON e.element_id = n.element_id \
        WHERE e.kind = 'change'";
    let rows = database.select(changes).await?;
    assert_eq!(rows[0]["fields"].to_string().trim_matches('"'), "4", "{rows:?}");
    let wire: String =
        relay.batches().iter().map(|batch| batch.head.clone() + &batch.text()).collect();
    let stored = database.dump().await?;
    for secret in ["okapi", "ann@"] {
        assert!(!wire.contains(secret), "{secret} is on the wire: {wire}");
        assert!(!stored.contains(secret), "{secret} is in the database");
    }

    // Switched off on Setup: the next page is told, and one that was not yet is not believed.
    stage.dashboard.open("setup").await?;
    stage.dashboard.browser().click_on("//input[@name='on' and @value='change']").await?;
    stage.dashboard.browser().click("Save what is captured").await?;
    let off = "//input[@name='on' and @value='change' and not(@checked)]";
    stage.dashboard.browser().find(off).await?;
    let n_before = database.n_events("change").await?;
    browser.run("localStorage.removeItem(Object.keys(localStorage).find((key) => key.endsWith(':config')))").await?;
    let n_views = database.n_events("page_view").await?;
    browser.open(&format!("{}/again", site.address())).await?;
    browser.wait_until_sent().await?;
    browser.click_on("//*[@name='agree']").await?;
    browser.wait_until_sent().await?;
    database.wait_for_events("page_view", n_views + 1).await?;
    let n_clicks = "SELECT count() FROM data.events WHERE kind = 'click' AND path = '/again'";
    e2e::until("the click is there", e2e::wait::PATIENCE, async || {
        Ok((database.number(n_clicks).await? > 0).then_some(()))
    })
    .await?;
    assert_eq!(database.n_events("change").await?, n_before);
    Ok(())
}
