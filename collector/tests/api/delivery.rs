//! What the Delivery page and its JSON say of each state that the collector can be in.

use crate::browser::{Browser, text};
use crate::test_app::{TestApp, batch, click};
use anyhow::{Context, Result, ensure};
use axum::http::StatusCode;
use collector::delivery::{self, Condition};
use serde_json::Value;
use std::time::{Duration, Instant};
use store::Statement;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep;

const DELIVERY: &str = "/projects/default/delivery";
const OUTCOMES: &str = "/v1/projects/default/outcomes";
const DEADLINE: Duration = Duration::from_secs(60);

/// The first two sheets of the page, without what the tables of outcomes say.
async fn page(browser: &mut Browser<'_>) -> Result<String> {
    let page = browser.get(DELIVERY).await?;
    ensure!(page.status == StatusCode::OK, "{page}");
    let page = text(&page);
    let (_, page) = page.split_once("what to do about it.\n").context("no head")?;
    let end = page.find("\nOutcome\n").or_else(|| page.find("\nNothing has come yet"));
    Ok(page[..end.context("no end")?].to_owned())
}

async fn outcomes(browser: &mut Browser<'_>) -> Result<Value> {
    Ok(serde_json::from_str(&browser.get(OUTCOMES).await?.body)?)
}

async fn until(what: &str, is_so: impl Fn() -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + DEADLINE;
    while !is_so()? {
        ensure!(Instant::now() < deadline, "{what} does not come");
        sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

async fn alter_events(app: &TestApp, change: &str) -> Result<()> {
    let table = app.store().databases().events();
    Ok(app.store().execute(&Statement::new(format!("ALTER TABLE {table} {change}"))).await?)
}

#[tokio::test]
async fn where_all_is_well_it_says_so_and_how_much_there_was() -> Result<()> {
    let Some(app) = TestApp::start("delivery_good").await? else { return Ok(()) };
    app.remembers().await?;
    let view = click(2, r#","page":0"#).replace("click", "page_view");
    app.post_batch(&batch(&[click(1, ""), view])).await?;
    app.written().await?;
    let mut browser = Browser::signed_in(&app).await?;
    let shown = page(&mut browser).await?;
    let (head, checks) = shown.split_once("Nothing lost, nothing twice\n").context("no checks")?;
    assert!(head.starts_with("Events are flowing\n"), "{head}");
    insta::assert_snapshot!(checks, @"
    Dead letters
    None: ClickHouse has taken what it was given.
    Repeats
    Every event of the last seven days is known; one that is sent again is counted once.
    Daily check
    The first check comes ten minutes after the start.
    Spool on disk
    No damage was found.
    Events today
    days and times in UTC
    People
    1
    Sessions
    1
    Page views
    1
    Events
    2
    By what ClickHouse has, without automated browsers.
    ");
    let told = outcomes(&mut browser).await?;
    insta::assert_snapshot!(told["today"], @r#"{"events":2,"page_views":1,"people":1,"sessions":1}"#);
    let delivery = &told["delivery"];
    for (fact, value) in [
        ("obstacle", Value::Null),
        ("knows_repeats", true.into()),
        ("is_caught_up", true.into()),
        ("audit", serde_json::json!({"is_on": true, "is_own_server": false, "last": null})),
    ] {
        assert_eq!(delivery[fact], value, "{fact}");
    }
    assert_eq!(delivery["dead_letters"]["n_of_project"], 0);
    Ok(())
}

#[tokio::test]
async fn letters_that_wait_are_counted_and_led_to() -> Result<()> {
    let Some(app) = TestApp::start("delivery_letters").await? else { return Ok(()) };
    alter_events(&app, "ADD CONSTRAINT no_bad_plan CHECK properties['plan'] != 'bad'").await?;
    let bad = r#","page":0,"properties":{"plan":"bad"}"#;
    app.post_batch(&batch(&[click(1, bad), click(2, bad), click(3, "")])).await?;
    app.written().await?;
    let mut browser = Browser::signed_in(&app).await?;
    let shown = page(&mut browser).await?;
    let (_, checks) = shown.split_once("nothing twice\n").context("no checks")?;
    let (letters, _) = checks.split_once("\nRepeats").context("they are not the first")?;
    insta::assert_snapshot!(letters, @"
    Dead letters
    ClickHouse refused 2 events for good. They are kept: look at them, mend them if they need it, and replay them.
    Look at the dead letters
    ");
    let link = "<a href=\"/projects/default/dead-letters\">Look at the dead letters</a>";
    assert!(browser.get(DELIVERY).await?.body.contains(link));
    let told = outcomes(&mut browser).await?;
    assert_eq!(told["delivery"]["dead_letters"]["n_of_project"], 2);
    Ok(())
}

#[tokio::test]
async fn what_the_daily_check_found_is_said() -> Result<()> {
    let Some(app) = TestApp::start("delivery_audit").await? else { return Ok(()) };
    app.post_batch(&batch(&[click(1, ""), click(2, "")])).await?;
    app.written().await?;
    let table = app.store().databases().events();
    let double = format!("INSERT INTO {table} SELECT * FROM {table}");
    app.store().execute(&Statement::new(double)).await?;
    let audits = app.app()?.audits();
    audits.want();
    until("an audit", || Ok(audits.last().is_some())).await?;
    let mut browser = Browser::signed_in(&app).await?;
    let shown = page(&mut browser).await?;
    let (_, checks) = shown.split_once("nothing twice\n").context("no checks")?;
    let (audit, _) = checks.split_once("\nDead letters").context("it is not the first")?;
    insta::assert_snapshot!(audit, @"
    Daily check
    Checked 22 Nov 12:00: 4 events of 1 month, 2 twice and taken out, what is derived agrees.
    ");
    let told = outcomes(&mut browser).await?;
    assert_eq!(told["delivery"]["audit"]["last"]["months"][0]["n_duplicates"], 2);
    Ok(())
}

#[tokio::test]
async fn what_a_person_has_to_mend_is_said_first() -> Result<()> {
    let Some(app) = TestApp::start("delivery_obstacle").await? else { return Ok(()) };
    app.remembers().await?;
    let mut browser = Browser::signed_in(&app).await?;
    let here = app.app()?;
    until("the writer's place", || Ok(here.delivery().done() >= *here.spool().end().borrow()))
        .await?;
    delivery::look(here).await;
    alter_events(&app, "MODIFY COLUMN sent_at DateTime64(6)").await?;
    app.post_batch(&batch(&[click(1, "")])).await?;
    until("an obstacle", || Ok(app.app()?.obstacle().get().is_some())).await?;
    let shown = page(&mut browser).await?;
    let (head, _) = shown.split_once("\nSpool").context("no gauge")?;
    insta::assert_snapshot!(head, @"
    Somebody has to help
    The collector
    Nothing is written until somebody mends this: Events cannot be written: the table of events has no column “sent_at” of type “DateTime64(3)”.
    ClickHouse has everything until 12:00:00, the rest is kept, with room for more than a year at the present rate.
    The last live event was kept at 12:00:00.
    ");
    let told = outcomes(&mut browser).await?;
    assert!(told["delivery"]["obstacle"].is_string(), "{told}");

    alter_events(&app, "MODIFY COLUMN sent_at DateTime64(3)").await?;
    app.written().await?;
    assert!(page(&mut browser).await?.starts_with("Events are flowing"));
    Ok(())
}

/// Lets ClickHouse be at another place for as long as the task runs.
async fn relay(listener: TcpListener, url: String) -> Result<()> {
    let to = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let mut streams = JoinSet::new();
    loop {
        let (mut here, _) = listener.accept().await?;
        let to = to.clone();
        streams.spawn(async move {
            let mut there = TcpStream::connect(to).await?;
            tokio::io::copy_bidirectional(&mut here, &mut there).await
        });
    }
}

#[tokio::test]
async fn pages_are_of_use_without_clickhouse() -> Result<()> {
    let Some(mut app) = TestApp::start("delivery_gone").await? else { return Ok(()) };
    let server = app.target().url.clone();
    app.kill().await?;
    let place = TcpListener::bind("127.0.0.1:0").await?;
    app.look_at(format!("http://{}", place.local_addr()?));
    let there = tokio::spawn(relay(place, server));
    app.open().await?;
    let mut browser = Browser::signed_in(&app).await?;
    there.abort();
    let _ended = there.await;
    delivery::look(app.app()?).await;
    app.post_batch(&batch(&[click(1, "")])).await?;

    let shown = page(&mut browser).await?;
    assert!(shown.starts_with("ClickHouse is away\n"), "{shown}");
    assert!(!shown.contains("Page views"), "{shown}");
    assert_eq!(outcomes(&mut browser).await?["today"], Value::Null);
    for (address, words) in [
        ("/projects/default/keys", "so the keys cannot be shown."),
        ("/projects/default/setup", "so there is nothing to set."),
        ("/projects/default/setup", "so what came before cannot be shown."),
        ("/projects/default/dead-letters", "No dead letters"),
    ] {
        let page = browser.get(address).await?;
        assert_eq!(page.status, StatusCode::OK, "{address}");
        assert!(text(&page).contains(words), "{}", text(&page));
    }
    Ok(())
}

#[tokio::test]
async fn repeats_are_unknown_until_the_store_was_asked() -> Result<()> {
    let Some(mut app) = TestApp::start("delivery_repeats").await? else { return Ok(()) };
    app.remembers().await?;
    app.stop().await?;
    std::fs::remove_dir_all(app.config().server.data.join("seen"))?;
    let place = TcpListener::bind("127.0.0.1:0").await?;
    let (address, server) = (place.local_addr()?, app.target().url.clone());
    drop(place);
    app.look_at(format!("http://{address}"));
    app.open().await?;
    let project = app.app()?.definitions().projects().remove(0);
    assert!(!Condition::of(app.app()?, &project, true).await?.knows_repeats);

    let there = tokio::spawn(relay(TcpListener::bind(address).await?, server));
    app.remembers().await?;
    assert!(Condition::of(app.app()?, &project, true).await?.knows_repeats);
    there.abort();
    Ok(())
}
