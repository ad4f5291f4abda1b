//! That a form was sent and which of its fields were filled, that a field was changed; never with
//! what. What is switched off on Setup is not captured any more.

use anyhow::{Context, Result};
use e2e::relay::{Relay, Request};
use e2e::site::Site;
use e2e::{Stage, until, wait};
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

/// Whether the page has what is captured, without changes of fields.
const TOLD: &str = r#"const key = Object.keys(localStorage).find((key) => key.endsWith(":config"));
    return JSON.parse(localStorage.getItem(key))?.off?.includes("change") ?? false"#;

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
    assert!(wire.contains(r#""kind":"change""#), "no change is on the wire");
    let stored = database.dump().await?;
    for secret in ["okapi", "ann@"] {
        assert!(!wire.contains(secret), "{secret} is on the wire: {wire}");
        assert!(!stored.contains(secret), "{secret} is in the database");
    }

    // Switched off on Setup: a page that is told sends none any more, also one without rules.
    stage.dashboard.open("setup").await?;
    stage.dashboard.browser().click_on("//input[@name='on' and @value='change']").await?;
    stage.dashboard.browser().click("Save what is captured").await?;
    let off = "//input[@name='on' and @value='change' and not(@checked)]";
    stage.dashboard.browser().find(off).await?;
    for identity in ["", "data-identity=off "] {
        // At an address of its own, of which the browser's cache has no older answer.
        let relay = Relay::start(stage.collector.address(), "").await?;
        let script = stage.collector.script().replace(stage.collector.address(), relay.address());
        let script = script.replace("data-write-key", &format!("{identity}data-write-key"));
        let site = Site::start(&[], &format!("<title>A form</title>{script}{PAGE}")).await?;
        browser.open(&format!("{}/again", site.address())).await?;
        until("the page is told", wait::PATIENCE, async || {
            Ok((browser.run(TOLD).await? == true).then_some(()))
        })
        .await
        .with_context(|| format!("with `{identity}`"))?;
        browser.click_on("//*[@name='agree']").await?;
        let later = until("the click is sent", wait::PATIENCE, async || {
            browser.wait_until_sent().await?;
            let later: String = relay.batches().iter().map(Request::text).collect();
            Ok(later.contains(r#""kind":"click""#).then_some(later))
        })
        .await?;
        assert!(!later.contains(r#""kind":"change""#), "with `{identity}`: {later}");
    }
    Ok(())
}
