//! What people type or choose is nowhere: not on the wire, not in the database.

use anyhow::Result;
use e2e::Stage;
use e2e::relay::Relay;
use e2e::site::Site;

/// The page: one field of each sort, all of them with a name, a label and a value.
const FIELDS: &str = r#"
<form onsubmit="return false">
<label>Name <input name="a" value="okapi-prefilled"></label>
<label>Password <input name="b" type="password"></label>
<label>Note <textarea name="c">okapi-default</textarea></label>
<label>Country <select name="d"><option value="okapi-one">okapi-visible<option value="okapi-two" id="two">okapi-chosen</select></label>
<label>Number <input name="e" type="number"></label>
<label><input name="f" type="radio" value="okapi-radio"> Red</label>
<input name="g" type="search" aria-label="Search" list="l"><datalist id="l"><option>okapi-suggested</datalist>
<input type="hidden" name="h" value="okapi-hidden">
<div name="i" id="editor" contenteditable role="textbox" aria-label="Story"><p>okapi-written <b>okapi-bold</b></p></div>
<button>Send it</button>
</form>"#;

/// All that was typed and chosen begins with this word, or is this number.
const SECRETS: [&str; 2] = ["okapi", "4711081500"];

#[tokio::test]
async fn what_people_type_is_nowhere() -> Result<()> {
    let stage = Stage::set().await?;
    let relay = Relay::start(stage.collector.address(), "").await?;
    let script = stage.collector.script().replace(stage.collector.address(), relay.address());
    let site = Site::start(&[], &format!("<title>A form</title>{script}{FIELDS}")).await?;
    let browser = stage.driver.browser().await?;
    browser.open(site.address()).await?;
    let typed = [("a", "okapi-typed"), ("b", "okapi-password"), ("c", "okapi-text")];
    for (name, text) in typed.into_iter().chain([("e", "4711081500"), ("g", "okapi-search")]) {
        browser.click_on(&format!("//*[@name='{name}']")).await?;
        browser.type_into(name, text).await?;
    }
    browser.click_on("//*[@name='d']").await?;
    browser.click_on("//*[@id='two']").await?;
    browser.click_on("//*[@name='f']").await?;
    browser.type_into("i", "okapi-edited").await?;
    browser.click_on("//*[@id='editor']//b").await?;
    browser.click("Send it").await?;
    browser.wait_until_sent().await?;

    let batches = relay.batches();
    let wire: String =
        batches.iter().map(|batch| format!("{}\n{}\n", batch.head, batch.text())).collect();
    assert!(wire.contains("Send it"), "the clicks are not on the wire: {wire}");
    // What the page keeps until it is sent lies in storage, so it is looked at, too.
    let kept = browser.run("return JSON.stringify(localStorage)").await?.to_string();
    let database = stage.database()?;
    database.wait_for_events("click", 10).await?;
    let stored = database.dump().await?;
    assert!(stored.contains("Send it"), "the clicks are not in the database: {stored}");
    for secret in SECRETS {
        assert!(!wire.contains(secret), "{secret} is on the wire: {wire}");
        assert!(!kept.contains(secret), "{secret} is in the browser's storage: {kept}");
        assert!(!stored.contains(secret), "{secret} is in the database: {stored}");
    }
    Ok(())
}
