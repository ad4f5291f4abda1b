//! A page that embeds only the script line has its people and accounts known, by the rules that an
//! admin set; and no rule touches the page, waits for anything, or takes what is nobody's id.

use anyhow::{Context, Result};
use e2e::database::Database;
use e2e::relay::Relay;
use e2e::site::Site;
use e2e::visitor::{Act, PEOPLE};
use e2e::{Browser, DemoApp, Stage, Visitor, until, wait};
use protocol::config::IdentityRule;
use serde_json::{Value, json};

const SOURCES: &str = "/collection/sources";

fn user(from: &str, name: &str, path: &str) -> Value {
    json!({ "of": "user", "from": from, "name": name, "path": path })
}

fn account(from: &str, name: &str, path: &str) -> Value {
    json!({ "of": "account", "from": from, "name": name, "path": path })
}

/// The script line, with the kinds of places that its page allows.
fn pinned(stage: &Stage, kinds: &str) -> String {
    stage
        .collector
        .script()
        .replace(" data-write-key", &format!(" data-identity=\"{kinds}\" data-write-key"))
}

/// Users and accounts of the events on a path, in the order in which they came.
async fn people_on(database: &Database, path: &str) -> Result<Vec<[String; 2]>> {
    let sql = format!(
        "SELECT user_id, account_id FROM data.events WHERE path = '{path}' \
         GROUP BY user_id, account_id ORDER BY min(timestamp)"
    );
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let rows = database.select(&sql).await?;
    Ok(rows.iter().map(|row| [text(row, "user_id"), text(row, "account_id")]).collect())
}

/// Who Tidemark says is signed in: user and account.
async fn signed_in(browser: &Browser) -> Result<[String; 2]> {
    let said = browser.run("return [tidemark.user.id, tidemark.account]").await?;
    let part = |n: usize| said[n].as_str().map(str::to_owned).context("nobody is signed in");
    Ok([part(0)?, part(1)?])
}

#[tokio::test]
async fn people_and_companies_are_known_by_each_kind_of_rule() -> Result<()> {
    let stage = Stage::set().await?;
    let tidemark = DemoApp::start(&pinned(&stage, "meta,global,storage")).await?;
    let database = stage.database()?;
    let mut expected = Vec::new();
    for (rules, acts) in [
        (
            json!([user("meta", "user-id", ""), account("global", "tidemark.account", "")]),
            PEOPLE[0],
        ),
        (
            json!([
                user("global", "tidemark.user.id", ""),
                account("global", "tidemark.account", "")
            ]),
            PEOPLE[1],
        ),
        (
            json!([
                user("storage", "tidemark.session", "user.id"),
                account("storage", "tidemark.session", "account.id")
            ]),
            PEOPLE[2],
        ),
    ] {
        stage.dashboard.set_identity_rules(&rules).await?;
        let browser = stage.driver.browser().await?;
        let mut visitor = Visitor::arrive(browser, tidemark.address()).await?;
        wait_for_rules(visitor.browser()).await?;
        let n_acts = acts.iter().position(|act| matches!(act, Act::Go("Connect source", _)));
        visitor.follow(&acts[..n_acts.context("nobody connects a source")?]).await?;
        expected.push(signed_in(visitor.browser()).await?);
        visitor.browser().wait_until_sent().await?;
    }
    let n_views = "SELECT count() FROM data.events \
        WHERE kind = 'page_view' AND path = '/collection/sources'";
    until("each person is seen on the page", wait::PATIENCE, async || {
        Ok((database.number(n_views).await? >= 3).then_some(()))
    })
    .await?;
    assert_eq!(people_on(&database, SOURCES).await?, expected);
    // What a browser did before its sign-in is nobody's yet; the person is found through it.
    assert_eq!(people_on(&database, "/sign-in").await?, [["", ""].map(str::to_owned)]);
    Ok(())
}

#[tokio::test]
async fn the_next_person_at_a_browser_is_another_visitor() -> Result<()> {
    let stage = Stage::set().await?;
    let rules = json!([user("meta", "user-id", ""), account("global", "tidemark.account", "")]);
    stage.dashboard.set_identity_rules(&rules).await?;
    let mut visitor = stage.visitor().await?;
    wait_for_rules(visitor.browser()).await?;
    let mut expected = Vec::new();
    for (acts, is_first) in [(&PEOPLE[0][..4], true), (&PEOPLE[1][..3], false)] {
        if !is_first {
            visitor.follow(&[Act::Go("Sign out", "/sign-in")]).await?;
        }
        visitor.follow(acts).await?;
        expected.push(signed_in(visitor.browser()).await?);
        visitor.browser().wait_until_sent().await?;
    }
    let database = stage.database()?;
    database.wait_for_events("page_view", 4).await?;
    assert_eq!(people_on(&database, SOURCES).await?, expected);
    let sql = "SELECT uniqExact(anonymous_id) AS n, count() AS views FROM data.events
        WHERE kind = 'page_view' AND path = '/collection/sources'";
    let row = &database.select(sql).await?[0];
    assert_eq!((row["n"].as_u64(), row["views"].as_u64()), (Some(2), Some(2)));
    // The page of the sign-out has no rule that gives anything, and that signs nobody out.
    let sql = "SELECT user_id FROM data.events WHERE kind = 'page_view' AND path = '/sign-in' ORDER BY timestamp";
    let rows = database.select(sql).await?;
    let users: Vec<_> = rows.iter().filter_map(|row| row["user_id"].as_str()).collect();
    assert_eq!(users, ["", expected[0][0].as_str()]);
    Ok(())
}

#[tokio::test]
async fn a_page_pins_where_rules_may_look() -> Result<()> {
    let stage = Stage::set().await?;
    let rules = json!([user("storage", "who", ""), account("meta", "account-id", "")]);
    stage.dashboard.set_identity_rules(&rules).await?;
    let page = "<!doctype html><link rel=\"icon\" href=\"data:,\"><meta name=\"account-id\" content=\"acme\">
        <script>localStorage.setItem('who', 'u-7')</script>SCRIPT<button>Go on</button>";
    let database = stage.database()?;
    for (n, kinds, expected) in [
        (1, "", ["", "acme"]),
        (2, "storage", ["u-7", ""]),
        (3, "meta, storage", ["u-7", "acme"]),
        (4, "off", ["", ""]),
    ] {
        let relay = Relay::start(stage.collector.address(), "").await?;
        let script = if kinds.is_empty() {
            stage.collector.script().to_owned()
        } else {
            pinned(&stage, kinds)
        };
        let script = script.replace(stage.collector.address(), relay.address());
        let site = Site::start(&[], &page.replace("SCRIPT", &script)).await?;
        let browser = stage.driver.browser().await?;
        browser.open(site.address()).await?;
        // Where no rule may look, the page still asks what is captured.
        wait_for_rules(&browser).await?;
        browser.wait_until_sent().await?;
        browser.click("Go on").await?;
        assert_eq!(database.wait_for_events("click", n).await?, n);
        let sql = "SELECT user_id, account_id FROM data.events WHERE kind = 'click' ORDER BY event_id DESC LIMIT 1";
        let row = &database.select(sql).await?[0];
        assert_eq!([&row["user_id"], &row["account_id"]], expected, "{kinds}");
    }
    stage.dashboard.open("identity").await?;
    let text = stage.dashboard.browser().text().await?;
    assert!(text.contains("was not allowed by the script line in "), "{text}");
    Ok(())
}

const HOSTILE: &str = r#"<!doctype html><link rel="icon" href="data:,"><script>
window.errors = [];
addEventListener('error', (e) => errors.push(e.message));
addEventListener('unhandledrejection', (e) => errors.push(String(e.reason)));
window.app = {
  get throws() { throw new Error('not to be read'); },
  huge: 'x'.repeat(5_000_000),
  token: 'sk_live_4eC39HqLyjWDarjtT1zdp7dc',
  jwt: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln',
  card: 4111111111111111,
  symbol: Symbol('u-7'),
  call() { return 'u-8'; },
  page: document,
};
app.cyclic = { app };
localStorage.setItem('long', JSON.stringify({ id: 'u-9', more: 'x'.repeat(100_000) }));
Storage.prototype.getItem = new Proxy(Storage.prototype.getItem, {
  apply(get, storage, [key]) {
    if (key === 'trap') throw new Error('not to be read');
    return get.call(storage, key);
  },
});
</script>SCRIPT<button>Go on</button>"#;

#[tokio::test]
async fn nothing_that_a_rule_reads_breaks_the_page_or_gets_out() -> Result<()> {
    let stage = Stage::set().await?;
    let site = Site::start(
        &[],
        &HOSTILE.replace("SCRIPT", &pinned(&stage, "meta,global,storage").replace("async ", "")),
    )
    .await?;
    let database = stage.database()?;
    let sets = [
        ["app.throws", "app.huge", "app.token", "app.jwt", "app.card"],
        ["app.symbol", "app.call", "app.cyclic", "app.page.title", "app.page.location.host"],
    ];
    let mut sets: Vec<Vec<Value>> = sets
        .iter()
        .map(|names| names.iter().map(|name| user("global", name, "")).collect())
        .collect();
    sets.push(vec![
        user("storage", "trap", ""),
        user("storage", "long", "id"),
        user("storage", "none", "a.b"),
    ]);
    for (n, mut rules) in (0..).zip(sets) {
        rules.push(account("global", "app.token.length", ""));
        stage.dashboard.set_identity_rules(&Value::from(rules)).await?;
        let browser = stage.driver.browser().await?;
        browser.open(site.address()).await?;
        wait_for_rules(&browser).await?;
        browser.click("Go on").await?;
        browser.wait_until_sent().await?;
        browser.click("Go on").await?;
        assert_eq!(database.wait_for_events("click", 2 * n + 2).await?, 2 * n + 2);
        assert_eq!(browser.run("return errors.join()").await?, "");
        let console = browser.console().await?;
        assert!(console.iter().all(|line| !line.contains("switched off")), "{console:?}");
        assert!(console.iter().any(|line| line.contains("nobody's id")), "{console:?}");
    }
    let sql = "SELECT groupUniqArray(user_id) AS users FROM data.events";
    assert_eq!(database.select(sql).await?[0]["users"], json!([""]));
    Ok(())
}

/// The names of the window's own values: no functions, and no handlers of events.
/// Those with `cdc_`, and `ret_nodes`, are the driver's.
const OWN: &str = "const names = new Set();
for (let owner = window; owner && owner !== Object.prototype; owner = Object.getPrototypeOf(owner))
  for (const [name, own] of Object.entries(Object.getOwnPropertyDescriptors(owner)))
    if (typeof own.value !== 'function' && !/^on|^cdc_|^ret_nodes$|^sillage$/.test(name)) names.add(name);
return [...names]";

#[tokio::test]
async fn nothing_of_the_browser_s_own_is_read() -> Result<()> {
    let stage = Stage::set().await?;
    let page = format!(
        "<!doctype html><link rel=\"icon\" href=\"data:,\">{}<button>Go on</button>",
        stage.collector.script()
    );
    let site = Site::start(&[], &page).await?;
    let (browser, database) = (stage.driver.browser().await?, stage.database()?);
    browser.open(site.address()).await?;
    wait_for_rules(&browser).await?;
    let names = browser.run(OWN).await?;
    let names: Vec<&str> =
        names.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert!(names.len() > 50, "{names:?}");
    for name in names {
        let rule: IdentityRule = serde_json::from_value(user("global", name, ""))?;
        assert!(rule.check().is_err(), "a rule may begin with `{name}`");
    }

    // A browser refuses them by itself, whoever told it such rules.
    let global = |name| user("global", name, "");
    let told =
        json!({ "version": 9, "identity": [global("name"), global("length"), global("status")] });
    let keep = format!(
        "window.name = 'of-another-site';
        const key = Object.keys(localStorage).find((key) => key.endsWith(':config'));
        localStorage.setItem(key, {})",
        Value::from(told.to_string())
    );
    browser.run(&keep).await?;
    browser.reload().await?;
    assert_eq!(browser.run("return window.name").await?, json!("of-another-site"));
    assert_eq!(database.wait_for_events("page_view", 2).await?, 2);
    assert_eq!(people_on(&database, "/").await?, [["", ""].map(str::to_owned)]);
    Ok(())
}

#[tokio::test]
async fn rules_that_do_not_come_hold_nothing_up_and_are_used_when_they_do() -> Result<()> {
    let stage = Stage::set().await?;
    stage.dashboard.set_identity_rules(&json!([user("global", "app.user", "")])).await?;
    let relay = Relay::start(stage.collector.address(), "/v1/config").await?;
    let script = stage.collector.script().replace(stage.collector.address(), relay.address());
    let page = format!(
        "<!doctype html><link rel=\"icon\" href=\"data:,\"><script>app = {{ user: 'u-7' }}</script>{script}<button>Go on</button>"
    );
    let site = Site::start(&[], &page).await?;
    let (browser, database) = (stage.driver.browser().await?, stage.database()?);
    browser.open(site.address()).await?;
    let loaded =
        "const [load] = performance.getEntriesByType('navigation'); return load.loadEventEnd";
    until("the page is loaded", wait::PATIENCE, async || {
        Ok(browser.run(loaded).await?.as_f64().filter(|ms| *ms > 0.0))
    })
    .await?;
    browser.click("Go on").await?;
    assert_eq!(database.wait_for_events("click", 1).await?, 1);
    assert!(relay.was_asked_for("/v1/config"), "the rules were never asked for");
    assert_eq!(people_on(&database, "/").await?, [["", ""].map(str::to_owned)]);

    relay.release();
    wait_for_rules(&browser).await?;
    browser.click("Go on").await?;
    assert_eq!(database.wait_for_events("click", 2).await?, 2);
    let known = people_on(&database, "/").await?;
    assert_eq!(known.last(), Some(&["u-7", ""].map(str::to_owned)), "{known:?}");

    // The next page knows the rules before it asks.
    browser.reload().await?;
    assert_eq!(database.wait_for_events("page_view", 2).await?, 2);
    let sql = "SELECT user_id FROM data.events WHERE kind = 'page_view' ORDER BY event_id";
    let users = database.select(sql).await?;
    assert_eq!((&users[0]["user_id"], &users[1]["user_id"]), (&json!(""), &json!("u-7")));
    Ok(())
}

/// What of the five minutes is the page's own: that it asks again after two. That a browser may keep
/// an answer for two more is said by its header, which the collector's tests hold.
#[tokio::test]
async fn a_page_in_use_asks_for_its_rules_again_after_two_minutes() -> Result<()> {
    let stage = Stage::set().await?;
    stage.dashboard.set_identity_rules(&json!([user("global", "app.old", "")])).await?;
    let page = format!(
        "<!doctype html><link rel=\"icon\" href=\"data:,\"><script>app = {{ user: 'u-7' }}</script>{}<button>Go on</button>",
        stage.collector.script()
    );
    let site = Site::start(&[], &page).await?;
    let (browser, database) = (stage.driver.browser().await?, stage.database()?);
    browser.devtools("Network.enable", json!({})).await?;
    // The browser's clock is not the page's, so what it keeps would not grow old here.
    browser.devtools("Network.setCacheDisabled", json!({ "cacheDisabled": true })).await?;
    browser.open(site.address()).await?;
    wait_for_rules(&browser).await?;
    stage.dashboard.set_identity_rules(&json!([user("global", "app.user", "")])).await?;
    browser.run("const { now } = Date; Date.now = () => now() + 121_000").await?;
    browser.click("Go on").await?;
    assert_eq!(database.wait_for_events("identify", 1).await?, 1);
    assert_eq!(people_on(&database, "/").await?.last(), Some(&["u-7", ""].map(str::to_owned)));
    Ok(())
}

/// Waits until the page has the rules.
async fn wait_for_rules(browser: &Browser) -> Result<()> {
    let kept = "return Object.keys(localStorage).some((key) => key.endsWith(':config'))";
    until("the page has the rules", wait::PATIENCE, async || {
        Ok((browser.run(kept).await? == json!(true)).then_some(()))
    })
    .await
}
