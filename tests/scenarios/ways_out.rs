//! Clicks that went wrong, links that lead away and errors, each in addition to the click.

use anyhow::Result;
use e2e::Stage;
use e2e::relay::Relay;
use e2e::site::Site;
use serde_json::{Value, json};

/// Everything that a click can run into. The page stops what it can.
const PAGE: &str = r#"
<script>
const fails = () => {
  throw new RangeError("No order of ann@example.com at https://x.example/a?token=okapi");
};
window.late = () => {
  for (let n = 0; n < 3; n++) setTimeout(() => Promise.reject("Too late"));
};
document.addEventListener("click", (event) => {
  const { target } = event;
  event.stopImmediatePropagation();
  if (target.closest("a")) event.preventDefault();
  if (target.id === "goes") target.remove();
  if (/fails|next|div/.test(target.id)) document.title += ".";
  if (target.id === "fails") fails();
}, true);
customElements.define("x-panel", class extends HTMLElement {
  constructor() {
    super();
    this.attachShadow({ mode: "open" }).innerHTML = "<p><button>Inside</button></p>";
  }
});
</script>
<a id="out" href="http://partner.example/a?token=okapi">Partner</a>
<a id="file" href="/files/okapi-7.PDF?token=okapi">The report</a>
<button id="dead">Nothing</button> <button id="next">Next page</button>
<button id="fails">Fails</button> <button id="goes">Goes away</button>
<button aria-label="Archive"><svg width="20" height="20"><path id="icon" d="M0 0h20v20H0z"/></svg></button>
<div id="div" onclick="">A card</div>
<x-panel></x-panel>"#;

/// Quick clicks of the mouse on one place, which a driver is too slow for.
const QUICK: &str = "for (let detail = 1; detail <= 5; detail++)
    document.getElementById('ID').dispatchEvent(new MouseEvent('click',
        { bubbles: true, composed: true, detail, clientX: 40 + detail, clientY: 40 }));";

/// A click of the middle button, and three promises that fail alike.
const MIDDLE: &str = "document.getElementById('file').dispatchEvent(new MouseEvent('auxclick',
    { bubbles: true, composed: true, detail: 1, button: 1 }));
    window.late();";

#[tokio::test]
async fn clicks_that_go_wrong_and_links_that_lead_away() -> Result<()> {
    let stage = Stage::set().await?;
    let relay = Relay::start(stage.collector.address(), "").await?;
    let script = stage.collector.script().replace(stage.collector.address(), relay.address());
    let site = Site::start(&[], &format!("<title>Page</title>{script}{PAGE}")).await?;
    let browser = stage.driver.browser().await?;
    browser.open(site.address()).await?;
    browser.wait_until_sent().await?;
    for id in ["out", "fails", "goes", "div", "icon"] {
        browser.click_on(&format!("//*[@id='{id}']")).await?;
    }
    browser
        .run("document.querySelector('x-panel').shadowRoot.querySelector('button').click()")
        .await?;
    let database = stage.database()?;
    // Nothing is judged while an earlier click is, and an error is not of a click long before it.
    database.wait_for_events("dead_click", 1).await?;
    browser.run(MIDDLE).await?;
    database.wait_for_events("error", 2).await?;
    for id in ["next", "dead"] {
        browser.run(&QUICK.replace("ID", id)).await?;
    }
    database.wait_for_events("dead_click", 2).await?;
    browser.open("about:blank").await?;
    database.wait_for_events("page_leave", 1).await?;
    database.wait_for_events("error", 3).await?;

    let told = "SELECT e.kind AS kind, n.name AS name, e.properties AS properties \
        FROM data.events AS e LEFT JOIN (SELECT element_id, any(name) AS name FROM data.elements \
        GROUP BY 1) AS n ON e.element_id = n.element_id \
        WHERE e.kind IN ('outbound', 'download', 'rage_click', 'dead_click', 'error_click') \
        ORDER BY kind, n.name";
    let rows = database.select(told).await?;
    let expected = [
        ("dead_click", "Archive", json!({})),
        ("dead_click", "Nothing", json!({})),
        ("download", "The report", json!({ "host": site.address()[7..], "extension": "pdf" })),
        ("error_click", "Fails", json!({})),
        ("outbound", "Partner", json!({ "host": "partner.example" })),
        ("rage_click", "Nothing", json!({})),
    ];
    let row = |(kind, name, properties): &(&str, &str, Value)| json!({ "kind": kind, "name": name, "properties": properties });
    assert_eq!(rows, expected.iter().map(row).collect::<Vec<_>>());

    let errors = "SELECT properties['message'] AS message, properties['type'] AS type, \
        properties['script'] AS script, properties['line'] != '' AS has_line, \
        properties['times'] AS times FROM data.events WHERE kind = 'error' ORDER BY event_id";
    let place = format!("{}/", &site.address()[7..]);
    assert_eq!(
        database.select(errors).await?,
        [
            json!({ "message": "Uncaught RangeError: No order of [email] at https://x.example/a",
                "type": "RangeError", "script": place, "has_line": 1, "times": "" }),
            json!({ "message": "Too late", "type": "", "script": "", "has_line": 0, "times": "" }),
            json!({ "message": "Too late", "type": "", "script": "", "has_line": 0, "times": "2" }),
        ]
    );
    let clicked = "SELECT DISTINCT n.name AS label FROM data.events AS e JOIN data.elements AS n \
        ON e.element_id = n.element_id WHERE e.kind = 'click' ORDER BY label";
    let names: Vec<_> = database.select(clicked).await?;
    let names: Vec<_> = names.iter().filter_map(|row| row["label"].as_str()).collect();
    let all =
        ["A card", "Archive", "Fails", "Goes away", "Inside", "Next page", "Nothing", "Partner"];
    assert_eq!(names, all);
    let wire: String =
        relay.batches().iter().map(|batch| batch.head.clone() + &batch.text()).collect();
    assert!(!wire.contains("token") && !wire.contains("ann@"), "on the wire: {wire}");
    Ok(())
}
