//! What is wrong with rules, with and without a reason to say so, over the API and on the screen.

use crate::browser::{Browser, text};
use crate::features::{FEATURES, call, filled, get, make, start};
use crate::test_app::{NOON, TestApp, event_id};
use anyhow::{Context, Result};
use axum::body::Body;
use axum::http::{HeaderValue, Method, StatusCode, header};
use protocol::{BatchId, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::Range;
use store::EventRow;

const DAY: i64 = 86_400_000;
const SCREEN: &str = "/projects/default/features";

/// A product and what happened in it on the days before noon.
struct World {
    app: TestApp,
    /// Ids by name.
    elements: BTreeMap<String, u64>,
    /// Ids by path.
    pages: BTreeMap<String, u64>,
    rows: Vec<EventRow>,
}

/// One kind of thing that happens on days, so often each day.
#[derive(Debug, Clone, Copy)]
struct Habit {
    kind: &'static str,
    element: &'static str,
    page: &'static str,
    language: &'static str,
    app_version: &'static str,
    user: &'static str,
    is_automated: bool,
}

fn click(element: &'static str, page: &'static str) -> Habit {
    Habit { kind: "click", element, ..view(page) }
}

fn view(page: &'static str) -> Habit {
    Habit {
        kind: "page_view",
        element: "",
        page,
        language: "en-GB",
        app_version: "4.1",
        user: "ann",
        is_automated: false,
    }
}

/// A button with a class, in the form of an order.
fn button(name: &str, class: &str) -> Value {
    json!({"chain": [
        {"tag": "button", "name": name, "classes": [class]},
        {"tag": "form", "id": "order", "name": "Order"},
        {"tag": "main"}
    ]})
}

impl World {
    /// A product with these elements and pages, in which nothing happened; none without engine.
    async fn of(test: &str, elements: &[Value], paths: &[&str]) -> Result<Option<Self>> {
        let Some(app) = start(test).await? else { return Ok(None) };
        let pages = paths.iter().map(|path| json!({"host": "app.example.com", "path": path}));
        // Something that is no use, so that they are known.
        let seen = (0..elements.len().max(paths.len())).map(|n| {
            json!({"event_id": event_id(n as u32), "kind": "rage_click", "timestamp": NOON,
                "element": n.min(elements.len() - 1), "page": n.min(paths.len() - 1)})
        });
        let body = json!({"sdk": "test/1", "sent_at": NOON,
            "context": {"anonymous_id": "seed", "session_id": "s"},
            "elements": elements, "pages": pages.collect::<Vec<_>>(), "events": seen.collect::<Vec<_>>()});
        let answer = app.post_batch(&body.to_string()).await?;
        anyhow::ensure!(answer.status == StatusCode::ACCEPTED, "{answer}");
        app.written().await?;
        let ids = |rows: Vec<Value>| {
            let id = |row: &Value| Some((row["what"].as_str()?.to_owned(), row["id"].as_u64()?));
            rows.iter().filter_map(id).collect::<BTreeMap<_, _>>()
        };
        let elements =
            app.ask("SELECT name AS what, any(element_id) AS id FROM {elements} GROUP BY what");
        let elements = ids(elements.await?);
        let pages =
            app.ask("SELECT pattern AS what, any(page_id) AS id FROM {pages} GROUP BY what");
        let pages = ids(pages.await?);
        Ok(Some(Self { app, elements, pages, rows: Vec::new() }))
    }

    /// So many times on each of these days, of which 0 is today and -1 yesterday.
    fn daily(&mut self, days: Range<i64>, times: u32, habit: Habit) {
        for day in days {
            (0..times).for_each(|n| self.once(day, n, habit));
        }
    }

    fn once(&mut self, day: i64, n: u32, habit: Habit) {
        let Habit { kind, element, page, language, app_version, user, is_automated } = habit;
        let number = self.rows.len() as u128;
        self.rows.push(EventRow {
            project: "default".to_owned(),
            event_id: (0x7000_u128 << 64 | number).to_be_bytes(),
            month: 202_611,
            kind: kind.to_owned(),
            batch_id: [7; 16],
            timestamp: Timestamp::from_millis(NOON + day * DAY - 3_600_000 - i64::from(n)),
            anonymous_id: format!("browser of {user}"),
            user_id: user.to_owned(),
            page_id: self.pages[page],
            element_id: self.elements.get(element).copied().unwrap_or_default(),
            language: language.to_owned(),
            app_version: app_version.to_owned(),
            is_automated,
            ..EventRow::default()
        });
    }

    /// Writes what happened, and makes a feature of each button by its name on a page.
    async fn tell(&mut self) -> Result<()> {
        for rows in self.rows.chunks(20_000) {
            self.app.store().insert_events(BatchId::from_bytes([7; 16]), 0, rows).await?;
        }
        self.rows.clear();
        Ok(())
    }

    /// What is said of each feature, by its name.
    async fn findings(&self) -> Result<BTreeMap<String, Vec<Value>>> {
        let list = get(&self.app, FEATURES).await?;
        let features = list["features"].as_array().context("no list")?.iter();
        let finding = |feature: &Value| {
            let name = feature["name"].as_str().unwrap_or_default().to_owned();
            (name, feature["health"].as_array().cloned().unwrap_or_default())
        };
        Ok(features.map(finding).collect())
    }

    /// Makes features of a name, and waits until all are filled.
    async fn features(&self, all: &[(&str, Value)]) -> Result<BTreeMap<String, String>> {
        let mut addresses = BTreeMap::new();
        for (name, alternative) in all {
            let draft = json!({"name": name, "any_of": [alternative]});
            addresses.insert((*name).to_owned(), make(&self.app, &draft).await?);
        }
        for address in addresses.values() {
            filled(&self.app, address).await?;
        }
        Ok(addresses)
    }
}

/// A rule by the name of a button, on a page.
fn named(name: &str, page: &str) -> Value {
    json!({"page": {"path": page}, "target": {"role": "button", "name": [name]}})
}

/// The kinds of what is found, in order.
fn kinds(findings: &[Value]) -> Vec<&str> {
    findings.iter().filter_map(|finding| finding["finding"].as_str()).collect()
}

/// Sentences of all features, with the features that nothing is said of.
fn sentences(findings: &BTreeMap<String, Vec<Value>>) -> String {
    let line = |(name, found): (&String, &Vec<Value>)| {
        let said: Vec<_> = found.iter().filter_map(|one| one["sentence"].as_str()).collect();
        format!("{name}: {}", if said.is_empty() { "-".to_owned() } else { said.join(" | ") })
    };
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Five weeks, in whose last days some buttons are used no more.
async fn silences(test: &str) -> Result<Option<World>> {
    let elements = [
        button("Save order", "primary"),
        button("Keep order", "primary"),
        button("Weekly report", "wide"),
        button("Print", "ghost"),
        button("Steady", "plain"),
        button("Staff only", "inner"),
    ];
    let elements =
        [&elements[..], &[json!({"chain": [{"tag": "a", "name": "Old link"}]})]].concat();
    let paths = ["/orders/1042", "/print", "/old", "/reports"];
    let Some(mut world) = World::of(test, &elements, &paths).await? else { return Ok(None) };
    let keep = Habit { app_version: "4.2", ..click("Keep order", "/orders/:id") };
    world.daily(-34..-5, 10, click("Save order", "/orders/:id"));
    world.daily(-5..1, 9, keep);
    for page in ["/orders/:id", "/print", "/reports"] {
        world.daily(-34..-5, 40, view(page));
        world.daily(-5..1, 40, Habit { app_version: "4.2", ..view(page) });
    }
    // Its page is gone with it.
    world.daily(-34..-5, 10, click("Old link", "/old"));
    world.daily(-34..-5, 40, view("/old"));
    // Nothing takes its place.
    world.daily(-34..-5, 10, click("Print", "/print"));
    for week in 1..5 {
        world.daily(-7 * week..1 - 7 * week, 3, click("Weekly report", "/reports"));
    }
    world.daily(-34..1, 10, click("Steady", "/orders/:id"));
    world.daily(-34..-5, 10, click("Staff only", "/orders/:id"));
    world.daily(-34..1, 2, Habit { user: "boss", ..click("Staff only", "/orders/:id") });
    world.daily(-34..1, 2, Habit { is_automated: true, ..click("Staff only", "/orders/:id") });
    world.tell().await?;
    Ok(Some(world))
}

#[tokio::test]
async fn a_silence_is_said_of_the_rule_alone() -> Result<()> {
    let Some(world) = silences("health_silent").await? else { return Ok(()) };
    world
        .features(&[
            ("Save", named("Save order", "/orders/:id")),
            ("Print", named("Print", "/print")),
            ("Weekly", named("Weekly report", "/reports")),
            (
                "Old",
                json!({"page": {"path": "/old"}, "target": {"tag": "a", "name": ["Old link"]}}),
            ),
            ("Steady", named("Steady", "/orders/:id")),
            ("Staff", named("Staff only", "/orders/:id")),
        ])
        .await?;
    let findings = world.findings().await?;
    insta::assert_snapshot!(sentences(&findings), @r#"
Old: -
Print: No use since 16 Nov, where about 60 were to be expected while its page's traffic is at 100 %; it starts with app version 4.2
Save: No use since 16 Nov, where about 60 were to be expected while its page's traffic is at 100 %; it starts with app version 4.2
Staff: -
Steady: -
Weekly: -
"#);
    let save = &findings["Save"][0];
    assert_eq!(save["app_version"], "4.2", "{save}");
    assert_eq!(save["candidates"][0]["label"], "button “Keep order” in form “Order”", "{save}");
    assert!((save["candidates"][0]["volume"].as_f64().context("no volume")? - 0.9).abs() < 0.05);
    assert_eq!(findings["Print"][0]["candidates"], json!([]));

    let mut browser = Browser::signed_in(&world.app).await?;
    let screen = text(&browser.get(SCREEN).await?);
    assert_eq!(screen.matches("Silent").count(), 2, "{screen}");
    // Whom reports leave out uses nothing.
    let rules = json!({"expected_version": 0, "rules": {"users": ["boss"]}}).to_string();
    let mut put = browser.request(Method::PUT, "/v1/projects/default/staff", Body::from(rules))?;
    put.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let answer = world.app.send(put).await?;
    assert_eq!(answer.status, StatusCode::OK, "{answer}");
    assert_eq!(kinds(&world.findings().await?["Staff"]), ["silent"]);
    let screen = text(&browser.get(SCREEN).await?);
    assert_eq!(screen.matches("Silent").count(), 3, "{screen}");
    Ok(())
}

#[tokio::test]
async fn a_successor_that_is_accepted_goes_on_where_the_old_one_ended() -> Result<()> {
    let Some(world) = silences("health_accept").await? else { return Ok(()) };
    let mut rule = named("Save order", "/orders/*");
    rule["valid_from"] = json!(NOON - 60 * DAY);
    let addresses = world.features(&[("Save", rule.clone())]).await?;
    let address = &addresses["Save"];
    let before = get(&world.app, address).await?;
    // Thirty days with today; before day -5 it was the old name.
    assert_eq!(before["usage"]["uses"], 24 * 10, "{before}");
    let id = before["id"].as_str().context("no id")?;
    let mut browser = Browser::signed_in(&world.app).await?;
    let detail = browser.get(&format!("{SCREEN}/{id}")).await?;
    let csrf = crate::browser::field(&detail, "csrf")?;
    let element = crate::browser::field(&detail, "element")?;
    assert!(text(&detail).contains("Accept as an alternative"), "{detail}");
    let form = [("csrf", csrf.as_str()), ("version", "1"), ("element", element.as_str())];
    let accept = format!("{SCREEN}/{id}/accept");
    assert_eq!(browser.post(&accept, &form).await?.status, StatusCode::SEE_OTHER);
    // Somebody else pressed the same button a moment later: it is there already.
    assert_eq!(browser.post(&accept, &form).await?.status, StatusCode::SEE_OTHER);
    // The union, before and after the version is filled.
    assert_eq!(get(&world.app, address).await?["usage"]["uses"], 24 * 10 + 6 * 9);
    filled(&world.app, address).await?;
    let after = get(&world.app, address).await?;
    assert_eq!(after["usage"]["uses"], 24 * 10 + 6 * 9, "{after}");
    assert_eq!((&after["version"], &after["health"]), (&json!(2), &json!([])), "{after}");
    // The old one as it was, and the new one on all the pages that the old one was on.
    assert_eq!(after["any_of"][0], rule, "{after}");
    assert_eq!(after["any_of"][1]["page"], json!({"path": "/orders/*"}), "{after}");
    let versions = get(&world.app, &format!("{address}/versions")).await?;
    assert_eq!(versions["versions"][1]["feature"]["any_of"], json!([rule]));
    let detail = text(&browser.get(&format!("{SCREEN}/{id}")).await?);
    assert!(detail.contains("Nothing is wrong with it"), "{detail}");
    Ok(())
}

#[tokio::test]
async fn what_grew_too_broad_or_lost_its_page_is_told_from_what_did_not() -> Result<()> {
    let mut elements: Vec<Value> = ["Edit", "Grow", "Few", "Lost", "Rare", "Ended"]
        .iter()
        .map(|name| button(name, "plain"))
        .collect();
    let letters = |n: u8| format!("{}{}", char::from(b'a' + n / 26), char::from(b'a' + n % 26));
    let tiles: Vec<String> = (0..51).map(|n| format!("Tile {}", letters(n))).collect();
    elements.extend(tiles.iter().map(|name| button(name, "tile")));
    let paths = ["/edit", "/grow", "/lost", "/rare", "/many", "/fifty"];
    let Some(mut world) = World::of("health_broad", &elements, &paths).await? else {
        return Ok(());
    };
    // Ten a day, and sixty in the last week.
    for (name, page, views) in [("Edit", "/edit", 100), ("Grow", "/grow", 600)] {
        world.daily(-48..-6, 10, click(name, page));
        world.daily(-6..1, 60, click(name, page));
        world.daily(-48..-6, 100, view(page));
        world.daily(-6..1, views, view(page));
    }
    // Many times more, and still few.
    world.daily(-48..-6, 1, click("Few", "/edit"));
    world.daily(-6..1, 7, click("Few", "/edit"));
    // A page that is viewed no more since day -40, and one that nearly never was.
    world.daily(-90..-40, 5, click("Lost", "/lost"));
    world.daily(-90..-40, 5, view("/lost"));
    world.daily(-90..-40, 5, click("Ended", "/lost"));
    world.daily(-41..-40, 3, click("Rare", "/rare"));
    world.daily(-41..-40, 3, view("/rare"));
    world.daily(-90..1, 20, view("/many"));
    world.daily(-90..1, 20, view("/fifty"));
    for (n, tile) in tiles.into_iter().enumerate() {
        let tile: &'static str = tile.leak();
        world.daily(-1..0, 1, click(tile, "/many"));
        world.daily(-1..0, u32::from(n < 50), click(tile, "/fifty"));
    }
    world.tell().await?;
    let tile = |page: &str| json!({"page": {"path": page}, "target": {"classes": ["tile"]}});
    let mut ended = named("Ended", "/lost");
    ended["valid_to"] = json!(NOON - 39 * DAY);
    world
        .features(&[
            ("Edit", named("Edit", "/edit")),
            ("Grow", named("Grow", "/grow")),
            ("Few", named("Few", "/edit")),
            ("Lost", named("Lost", "/lost")),
            ("Ended", ended),
            ("Rare", named("Rare", "/rare")),
            ("Tiles", tile("/many")),
            ("Fifty", tile("/fifty")),
        ])
        .await?;
    insta::assert_snapshot!(sentences(&world.findings().await?), @r#"
Edit: 420 uses in seven days, and 70 in a usual week: the rule may mean too much
Ended: -
Few: -
Fifty: -
Grow: -
Lost: The page /lost was not viewed in the last 28 days
Rare: -
Tiles: The rule means 51 elements: it may mean too much
"#);
    let mut browser = Browser::signed_in(&world.app).await?;
    let screen = text(&browser.get(SCREEN).await?);
    assert_eq!(screen.matches("Too broad").count(), 2, "{screen}");
    assert_eq!(screen.matches("Page gone").count(), 1, "{screen}");
    Ok(())
}

#[tokio::test]
async fn other_names_and_shared_clicks_are_told_from_neighbours() -> Result<()> {
    let german = |name: &str, class: &str| {
        let chain = button(name, class).to_string().replace("Order", "Auftrag");
        serde_json::from_str::<Value>(&chain)
    };
    let elements = [
        button("Save", "primary"),
        german("Sichern", "primary")?,
        // In another place, and in the place of one that Germans click as well.
        german("Abbrechen", "ghost")?,
        button("Send", "sender"),
        button("Post", "sender"),
        // Clicked too seldom to say anything of its language.
        german("Selten", "primary")?,
    ];
    let paths = ["/orders/1042", "/invoices/1042"];
    let Some(mut world) = World::of("health_names", &elements, &paths).await? else {
        return Ok(());
    };
    let of = |language, name, page| Habit { language, ..click(name, page) };
    for page in ["/orders/:id", "/invoices/:id"] {
        world.daily(-20..1, 20, view(page));
        world.daily(-20..1, 5, of("en-US", "Save", page));
    }
    world.daily(-20..1, 2, of("de-CH", "Sichern", "/orders/:id"));
    world.daily(-20..1, 2, of("de", "Abbrechen", "/orders/:id"));
    world.daily(-3..1, 1, of("de", "Selten", "/orders/:id"));
    world.daily(-20..1, 5, of("en-GB", "Send", "/orders/:id"));
    world.daily(-20..1, 2, of("de", "Send", "/orders/:id"));
    world.daily(-10..1, 1, of("de", "Post", "/orders/:id"));
    world.tell().await?;
    let addresses = world
        .features(&[
            ("Save", named("Save", "/orders/:id")),
            ("Send", named("Send", "/orders/:id")),
            ("Save elsewhere", named("Save", "/invoices/:id")),
            (
                "Save again",
                json!({"page": {"path": "/orders/*"}, "target": {"classes": ["primary"]}}),
            ),
        ])
        .await?;
    insta::assert_snapshot!(sentences(&world.findings().await?), @r#"
Save: It may have other names in other languages: “Sichern” (de) | 105 clicks of the last 30 days count for “Save again” as well
Save again: 105 clicks of the last 30 days count for “Save” as well
Save elsewhere: -
Send: -
"#);
    let mut browser = Browser::signed_in(&world.app).await?;
    let screen = text(&browser.get(SCREEN).await?);
    assert_eq!(screen.matches("Other names").count(), 1, "{screen}");
    assert_eq!(screen.matches("Shared clicks").count(), 1, "{screen}");
    // With the other name it is one thing in both languages.
    let mut both = named("Save", "/orders/:id");
    both["target"]["name"] = json!(["Save", "Sichern"]);
    let change = json!({"name": "Save", "any_of": [both], "expected_version": 1});
    let answer = call(&world.app, Method::PUT, &addresses["Save"], &change).await?;
    assert_eq!(answer.status, StatusCode::OK, "{answer}");
    filled(&world.app, &addresses["Save"]).await?;
    assert_eq!(kinds(&world.findings().await?["Save"]), ["shared"]);
    Ok(())
}

#[tokio::test]
async fn engineers_are_told_what_needs_a_test_id_the_most_used_first() -> Result<()> {
    let with_id = json!({"chain": [{"tag": "button", "test_id": "pay", "name": "Pay"}]});
    let elements = [button("Tile", "tile"), button("Card", "card"), button("Go", "plain"), with_id];
    let Some(mut world) = World::of("health_test_ids", &elements, &["/home"]).await? else {
        return Ok(());
    };
    for (times, name) in [(1, "Tile"), (3, "Card"), (5, "Go"), (9, "Pay")] {
        world.daily(-3..0, times, click(name, "/home"));
    }
    world.tell().await?;
    let class = |class: &str| json!({"target": {"classes": [class]}});
    world
        .features(&[
            ("Open \"tile\"", class("tile")),
            ("=Card", class("card")),
            ("Go", named("Go", "/home")),
            ("Pay", json!({"target": {"test_id": "pay"}})),
        ])
        .await?;
    let address = format!("{FEATURES}/test_ids");
    let list = get(&world.app, &address).await?;
    let of = |n: usize| &list["elements"][n];
    assert_eq!(list["elements"].as_array().context("no list")?.len(), 3, "{list}");
    assert_eq!((&of(0)["clicks"], &of(0)["grade"]), (&json!(15), &json!("C")), "{list}");
    assert_eq!(of(2)["attribute"], r#"data-testid="open-tile""#, "{list}");
    let csv = call(&world.app, Method::GET, &format!("{address}?format=csv"), &Value::Null).await?;
    assert_eq!(csv.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    insta::assert_snapshot!(csv.body.replace("\r\n", "\n"), @r#"
feature,grade,element,path,clicks,people,attribute
"Go","C","button “Go” in form “Order”","/home","15","1","data-testid=""go"""
"'=Card","C","button “Card” in form “Order”","/home","9","1","data-testid=""card"""
"Open ""tile""","C","button “Tile” in form “Order”","/home","3","1","data-testid=""open-tile"""
"#);
    let other =
        call(&world.app, Method::GET, &format!("{address}?format=xml"), &Value::Null).await?;
    assert_eq!(other.status, StatusCode::BAD_REQUEST);
    let mut browser = Browser::signed_in(&world.app).await?;
    let screen = text(&browser.get(SCREEN).await?);
    assert!(screen.contains("Add a test id to 3 elements"), "{screen}");
    assert!(screen.contains("data-testid=&#34;card&#34;"), "{screen}");
    Ok(())
}
