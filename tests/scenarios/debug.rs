//! `?sillage=debug` says in the console what is captured, what is not and why, page after page of
//! the tab, until `?sillage=off`.

use anyhow::{Context, Result};
use e2e::site::Site;
use e2e::{Browser, Stage, until, wait};

const PAGE: &str = r#"<!doctype html><link rel="icon" href="data:,">SCRIPT<body><main>
<button id="save">Save</button>
<section data-sillage="ignore"><button>Quiet</button></section>
<label><input type="checkbox" name="terms"> <span>Terms</span></label></main>"#;

/// Waits until the console has said each of these, and gives all that it said.
async fn said(browser: &Browser, parts: &[&str]) -> Result<String> {
    let mut all = String::new();
    let complete = until("the console says all of it", wait::PATIENCE, async || {
        all.extend(browser.console().await?.into_iter().map(|line| line + "\n"));
        Ok(parts.iter().all(|part| all.contains(part)).then_some(()))
    })
    .await;
    complete.with_context(|| format!("{parts:?} of\n{all}"))?;
    Ok(all)
}

#[tokio::test]
async fn the_console_says_what_is_captured_and_why_not() -> Result<()> {
    let stage = Stage::set().await?;
    let page = PAGE.replace("SCRIPT", stage.collector.script());
    let site = Site::start(&[], &page).await?;
    let (browser, database) = (stage.driver.browser().await?, stage.database()?);
    let at = |rest: &str| format!("{}{rest}", site.address());

    browser.open(&at("/first")).await?;
    assert_eq!(database.wait_for_events("page_view", 1).await?, 1);
    assert_eq!(browser.console().await?, [""; 0], "nobody asked for it");

    browser.open(&at("/second?sillage=debug")).await?;
    said(&browser, &["runs as WebAssembly", "a program drives this browser", "/second"]).await?;
    browser.click("Save").await?;
    let parts = ["click on button, id “save”, name “Save”", "click · button “Save” · 127.0.0.1"];
    said(&browser, &[parts[0], parts[1], "the collector has kept"]).await?;
    browser.click_on("//span[.='Terms']").await?;
    said(&browser, &["it is on a label, and the click of its field, which follows, is"]).await?;
    browser
        .run("sillage.track('exported', { rows: 3 }); history.pushState({}, '', '/third')")
        .await?;
    said(&browser, &["track: exported · rows · 3", "/third", r#"exported · "#]).await?;

    // On the next page of the tab nobody has to ask again; a wrong key is told with what to do.
    browser.open(&at("/fourth")).await?;
    said(&browser, &["/fourth"]).await?;
    browser.open(&at("/fifth?sillage=off")).await?;
    said(&browser, &["tells nothing any more"]).await?;
    browser.open(&at("/sixth")).await?;
    assert_eq!(database.wait_for_events("page_view", 6).await?, 6);
    assert_eq!(browser.console().await?, [""; 0], "it was ended");

    // An opt-out deletes the wish to be told, too; the address may ask again.
    browser.open(&at("/seventh?sillage=debug")).await?;
    said(&browser, &["/seventh"]).await?;
    browser.wait_until_sent().await?;
    browser.run("sillage.optOut()").await?;
    said(&browser, &["opted out"]).await?;
    browser.open(&at("/eighth?sillage=debug")).await?;
    said(&browser, &["this person opted out; sillage.optIn() undoes that"]).await?;
    browser.open(&at("/ninth")).await?;
    browser.run("sillage.optIn()").await?;
    assert_eq!(database.wait_for_events("page_view", 8).await?, 8);
    let console = browser.console().await?;
    assert!(
        !console.iter().any(|line| line.contains("/ninth")),
        "nobody asked for it: {console:?}"
    );

    let wrong = page.replace(stage.collector.write_key()?, "wk_00000000000000000000000000000000");
    let site = Site::start(&[], &wrong).await?;
    browser.open(&format!("{}/?sillage=debug", site.address())).await?;
    said(&browser, &["the answer was 401: no project has the write key wk_0000"]).await?;
    Ok(())
}
