//! The life of a feature: changes that are none, versions that are over, definitions that cannot be
//! read, a store that does not answer, and kills while its past is filled in.

use crate::browser::{Browser, field};
use crate::derived::until;
use crate::features::{FEATURES, KEY, call, draft, filled, get, make, save, start, uses};
use crate::test_app::{NOON, TestApp, batch, click};
use anyhow::{Context, Result};
use axum::http::{Method, StatusCode};
use collector::config::server::FirstKey;
use protocol::Timestamp;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use store::definition::Kind;
use store::testing::TestStore;
use store::{Connection, Databases, Definition, Statement, Target};
use tokio::net::TcpListener;

/// The project of every test.
const PROJECT: &str = "default";

/// Numbers that one question of `store` answers.
async fn numbers(app: &TestApp, sql: String) -> Result<Vec<u64>> {
    let rows: Vec<Value> = app.store().json(&Statement::new(sql)).await?;
    Ok(rows.iter().filter_map(|row| row["n"].as_u64()).collect())
}

/// The versions of rules that any table of features has rows of.
async fn versions(app: &TestApp) -> Result<Vec<u64>> {
    let of = app.store().databases();
    let [uses, elements, pages] = [of.feature_events(), of.feature_elements(), of.feature_pages()];
    let sql = format!(
        "SELECT DISTINCT toUInt64(version) AS n FROM (SELECT version FROM {uses} \
         UNION ALL SELECT version FROM {elements} UNION ALL SELECT version FROM {pages}) ORDER BY n"
    );
    numbers(app, sql).await
}

/// How many uses of a feature there are.
async fn n_of(app: &TestApp, id: &str) -> Result<u64> {
    let table = app.store().databases().feature_events();
    let sql = format!("SELECT count() AS n FROM {table} WHERE feature = '{id}'");
    numbers(app, sql).await?.pop().context("no row")
}

async fn delete(app: &TestApp, address: &str, version: u32) -> Result<()> {
    let address = format!("{address}?expected_version={version}");
    let answer = call(app, Method::DELETE, &address, &Value::Null).await?;
    anyhow::ensure!(answer.status == StatusCode::NO_CONTENT, "{answer}");
    Ok(())
}

/// How often a stage was noted.
async fn n_noted(app: &TestApp, stage: &str) -> Result<u64> {
    let table = app.store().databases().feature_stages();
    let sql = format!("SELECT count() AS n FROM {table} WHERE stage = '{stage}'");
    numbers(app, sql).await?.pop().context("no row")
}

async fn change(app: &TestApp, address: &str, change: &Value) -> Result<Value> {
    let answer = call(app, Method::PUT, address, change).await?;
    anyhow::ensure!(answer.status == StatusCode::OK, "{answer}");
    Ok(serde_json::from_str(&answer.body)?)
}

#[tokio::test]
async fn what_is_only_called_otherwise_keeps_its_uses() -> Result<()> {
    let Some(app) = start("renamed").await? else { return Ok(()) };
    app.post_batch(&batch(&[save(1), save(2)])).await?;
    app.written().await?;
    let address = make(&app, &draft()).await?;
    filled(&app, &address).await?;
    let months = n_noted(&app, "month").await?;
    let mut named = draft();
    named["name"] = json!("Keep order");
    named["module"] = json!("Sales");
    named["kind"] = json!("core");
    named["step"] = json!("view");
    named["expected_version"] = json!(1);
    let changed = change(&app, &address, &named).await?;
    assert_eq!((&changed["version"], &changed["rule_version"]), (&json!(2), &json!(1)));
    assert_eq!(changed["past"]["is_filled"], true);
    assert_eq!(
        changed["usage"],
        json!({"uses": 2, "people": 1, "accounts": 0, "source": "feature_events"})
    );
    app.post_batch(&batch(&[save(3)])).await?;
    app.written().await?;
    assert_eq!(uses(&app).await?, (3, 3, 0));
    assert_eq!((n_noted(&app, "matched").await?, n_noted(&app, "month").await?), (1, months));
    let versions = get(&app, &format!("{address}/versions")).await?;
    let names = [0, 1].map(|n| &versions["versions"][n]["feature"]["name"]);
    assert_eq!(names, [&json!("Keep order"), &json!("Save order")]);

    named["any_of"][0]["valid_from"] = json!(NOON);
    named["expected_version"] = json!(2);
    let changed = change(&app, &address, &named).await?;
    assert_eq!((&changed["version"], &changed["rule_version"]), (&json!(3), &json!(3)));
    Ok(())
}

#[tokio::test]
async fn of_a_version_that_is_over_nothing_stays() -> Result<()> {
    let Some(app) = start("over").await? else { return Ok(()) };
    app.post_batch(&batch(&[save(1), save(2)])).await?;
    app.written().await?;
    let address = make(&app, &draft()).await?;
    filled(&app, &address).await?;
    let mut other = draft();
    other["any_of"][0]["target"] = json!({"tag": "button"});
    other["expected_version"] = json!(1);
    change(&app, &address, &other).await?;
    until("the first version is gone", async || Ok(versions(&app).await? == [2])).await?;
    delete(&app, &address, 2).await?;
    until("all of it is gone", async || Ok(versions(&app).await?.is_empty())).await
}

/// Puts a version of a definition as another build would.
async fn put(app: &TestApp, kind: Kind, id: &str, version: u32, body: &Value) -> Result<()> {
    let definition = Definition {
        kind,
        id: id.to_owned(),
        version,
        body: body.to_string(),
        author: "a later build".to_owned(),
        written_at: Timestamp::from_millis(NOON),
        deleted: false,
    };
    Ok(app.store().put(&definition, version - 1).await?)
}

#[tokio::test]
async fn a_feature_that_cannot_be_read_keeps_its_past_and_goes_on_when_it_can() -> Result<()> {
    let Some(mut app) = start("feature_newer").await? else { return Ok(()) };
    app.post_batch(&batch(&[save(1), save(2)])).await?;
    app.written().await?;
    let address = make(&app, &draft()).await?;
    filled(&app, &address).await?;
    let id = address.rsplit('/').next().context("no id")?;
    let readable = json!({"id": id, "project": PROJECT, "name": "Save order",
        "any_of": draft()["any_of"], "rule_version": 1});
    let mut newer = readable.clone();
    newer["any_of"][0]["target"] = json!({"gesture": "swipe"});
    put(&app, Kind::Feature, id, 2, &newer).await?;
    // As after a roll-back.
    app.kill().await?;
    app.open().await?;
    until("it is put aside", async || Ok(n_noted(&app, "opened").await? > 0)).await?;
    assert_eq!(app.app()?.features().unreadable().len(), 1);

    // Others go on, and of this one the uses stay, whatever comes.
    let other = make(&app, &json!({"name": "Any", "any_of": [{"target": {"tag": "a"}}]})).await?;
    let unseen = batch(&[save(3)]).replace(r#""tag":"button""#, r#""tag":"a""#);
    app.post_batch(&unseen).await?;
    app.post_batch(&batch(&[save(4)])).await?;
    app.written().await?;
    filled(&app, &other).await?;
    assert_eq!(n_of(&app, id).await?, 2);
    let mut browser = Browser::signed_in(&app).await?;
    let said = "1 feature was saved by a later version of Sillage and cannot be read by this one.";
    assert!(browser.get("/projects/default/features").await?.body.contains(said));
    let delivery = browser.get("/projects/default/delivery").await?;
    assert!(delivery.body.contains("nknown field “gesture”"), "{delivery}");
    let taken = call(&app, Method::POST, FEATURES, &draft()).await?;
    assert_eq!(taken.status, StatusCode::CONFLICT, "{taken}");

    put(&app, Kind::Feature, id, 3, &readable).await?;
    app.kill().await?;
    app.open().await?;
    filled(&app, &address).await?;
    assert_eq!(n_of(&app, id).await?, 4);
    assert_eq!(uses(&app).await?, (5, 5, 0));
    assert!(app.app()?.unreadable().is_empty());
    Ok(())
}

#[tokio::test]
async fn one_definition_that_cannot_be_read_stops_no_other() -> Result<()> {
    let Some(app) = start("unreadable").await? else { return Ok(()) };
    let definitions = app.app()?.definitions();
    let staff = json!({"project": PROJECT, "email_domains": ["example.com"], "properties": []});
    put(&app, Kind::StaffRules, PROJECT, 1, &staff).await?;
    definitions.refresh(app.store()).await?;
    let project = || definitions.projects().pop().context("no project");
    let before = project()?.grouping.staff.clone();
    put(&app, Kind::StaffRules, PROJECT, 2, &json!({"project": PROJECT, "later": 1})).await?;
    put(&app, Kind::IdentityRules, PROJECT, 1, &json!({"project": PROJECT, "rules": 7})).await?;
    put(&app, Kind::Member, "of-a-later-build", 1, &json!({})).await?;
    let body = serde_json::to_value(&project()?.definition)?;
    let mut renamed = body.clone();
    renamed["name"] = json!("Renamed");
    put(&app, Kind::Project, PROJECT, 2, &renamed).await?;
    definitions.refresh(app.store()).await?;
    assert_eq!(project()?.definition.name, "Renamed");
    assert_eq!(project()?.grouping.staff, before);
    assert_eq!(definitions.unreadable().len(), 3);
    // Nobody becomes the first member where there is one, be he as he may.
    assert_eq!(app.app()?.members().invite_first(Timestamp::from_millis(NOON)).await?, None);
    // A project that cannot be read takes events on.
    put(&app, Kind::Project, PROJECT, 3, &json!({"id": PROJECT})).await?;
    definitions.refresh(app.store()).await?;
    assert_eq!(app.post_batch(&batch(&[save(1)])).await?.status, StatusCode::ACCEPTED);
    Ok(())
}

#[tokio::test]
async fn a_project_has_no_more_features_than_it_may() -> Result<()> {
    let key = FirstKey::parse(KEY)?;
    let set = |config: &mut collector::config::Config| {
        config.server.private_key = Some(key);
        config.store.max_features = 2;
    };
    let Some(app) = TestApp::start_with("cap", set).await? else { return Ok(()) };
    app.post_batch(&batch(&[save(1)])).await?;
    app.written().await?;
    let named = |name: &str| json!({"name": name, "any_of": draft()["any_of"]});
    let first = make(&app, &named("One")).await?;
    make(&app, &named("Two")).await?;
    insta::assert_snapshot!(call(&app, Method::POST, FEATURES, &named("Three")).await?, @r#"
409 Conflict
{"error":"there are 2 features already, and a project may have 2: delete one that nobody asks about"}
"#);
    let mut browser = Browser::signed_in(&app).await?;
    let form = browser.get("/projects/default/features/new?path=/orders/:id").await?;
    let csrf = field(&form, "csrf")?;
    let fields = [
        ("csrf", csrf.as_str()),
        ("element", ""),
        ("path", "/orders/:id"),
        ("scope", "page"),
        ("name", "Three"),
        ("kind", "other"),
        ("step", "view"),
    ];
    let refused = browser.post("/projects/default/features/new", &fields).await?;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
    assert!(refused.body.contains("There are 2 features already, and a project may have 2"));

    let mut renamed = named("Uno");
    renamed["expected_version"] = json!(1);
    change(&app, &first, &renamed).await?;
    delete(&app, &first, 2).await?;
    make(&app, &named("Three")).await?;
    Ok(())
}

#[tokio::test]
async fn where_the_store_never_answers_there_is_an_answer_within_seconds() -> Result<()> {
    let Some(mut app) = start("silent_store").await? else { return Ok(()) };
    app.remembers().await?;
    app.kill().await?;
    // Takes connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await?;
    let url = app.target().url.clone();
    app.look_at(format!("http://{}", silent.local_addr()?));
    app.open().await?;
    let started = Instant::now();
    let of_form = call(&app, Method::POST, FEATURES, &draft()).await?;
    assert_eq!(of_form.status, StatusCode::SERVICE_UNAVAILABLE, "{of_form}");
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
    app.kill().await?;
    app.look_at(url);
    app.open().await?;
    make(&app, &draft()).await?;
    Ok(())
}

#[tokio::test]
async fn a_feature_is_saved_while_the_writer_cannot_write_what_features_mean() -> Result<()> {
    let Some(app) = start("writer_waits").await? else { return Ok(()) };
    let first = make(&app, &draft()).await?;
    let table = app.store().databases().feature_pages();
    let run = async |sql: String| app.store().execute(&Statement::new(sql)).await;
    run(format!("ALTER TABLE {table} ADD CONSTRAINT no CHECK project = ''")).await?;
    // Its page is new, and is meant.
    app.post_batch(&batch(&[save(1)])).await?;
    let refused = format!(
        "SELECT count() AS n FROM system.errors \
         WHERE name = 'VIOLATED_CONSTRAINT' AND last_error_message LIKE '%{}%'",
        table.replace('_', "\\_")
    );
    until("the writer waits", async || Ok(numbers(&app, refused.clone()).await? == [1])).await?;
    let other = json!({"name": "Buttons", "any_of": [{"target": {"tag": "button"}}]});
    let started = Instant::now();
    let second = make(&app, &other).await?;
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    run(format!("ALTER TABLE {table} DROP CONSTRAINT no")).await?;
    app.written().await?;
    app.app()?.features().refresh(app.store(), Timestamp::from_millis(NOON)).await?;
    filled(&app, &first).await?;
    filled(&app, &second).await?;
    assert_eq!(uses(&app).await?, (2, 2, 0));
    Ok(())
}

#[tokio::test]
async fn what_was_matched_is_not_matched_again_at_the_next_start() -> Result<()> {
    let Some(mut app) = start("matched_once").await? else { return Ok(()) };
    app.post_batch(&batch(&[save(1)])).await?;
    app.written().await?;
    let address = make(&app, &draft()).await?;
    filled(&app, &address).await?;
    app.kill().await?;
    app.open().await?;
    let unseen = batch(&[save(2)]).replace(r#""tag":"button""#, r#""tag":"a""#);
    app.post_batch(&unseen).await?;
    app.written().await?;
    assert_eq!(n_noted(&app, "matched").await?, 1);
    assert_eq!(uses(&app).await?, (2, 2, 0));
    Ok(())
}

#[tokio::test]
async fn a_kill_between_the_uses_of_a_month_and_the_note_of_it_doubles_nothing() -> Result<()> {
    let Some(mut app) = start("fill_note").await? else { return Ok(()) };
    app.post_batch(&batch(&[save(1), save(2), save(3)])).await?;
    app.written().await?;
    let stages = app.store().databases().feature_stages();
    let constraint = "CONSTRAINT held CHECK stage != 'month'";
    let hold = Statement::new(format!("ALTER TABLE {stages} ADD {constraint}"));
    app.store().execute(&hold).await?;
    let address = make(&app, &draft()).await?;
    until("the uses are there", async || Ok(uses(&app).await?.0 == 3)).await?;
    // It cannot be noted, and more comes meanwhile.
    app.post_batch(&batch(&[save(4), save(5)])).await?;
    app.written().await?;
    app.kill().await?;
    assert_eq!(n_noted(&app, "month").await?, 0);
    let (n, n_events, _) = uses(&app).await?;
    assert!(n == n_events && (3..=5).contains(&n), "{n} of {n_events}");
    let let_go = Statement::new(format!("ALTER TABLE {stages} DROP CONSTRAINT held"));
    app.store().execute(&let_go).await?;
    app.open().await?;
    app.post_batch(&batch(&[save(6)])).await?;
    app.written().await?;
    filled(&app, &address).await?;
    assert_eq!(uses(&app).await?, (6, 6, 0));
    Ok(())
}

/// Clicks of the past, made by the engine, on what was clicked in the events that are there.
async fn write_past(app: &TestApp, n: u64) -> Result<()> {
    let events = app.store().databases().events();
    for month in 1..=11_u32 {
        let sql = format!(
            "INSERT INTO {events} (project, event_id, month, kind, batch_id, timestamp, anonymous_id, element_id, page_id) \
             SELECT '{PROJECT}', reinterpretAsFixedString(toUInt128({month}) * 1000000000 + n.number), 202600 + {month}, 'click', \
             reinterpretAsFixedString(toUInt128({month})), fromUnixTimestamp64Milli(toInt64({NOON} - n.number)), \
             concat('a', toString(n.number % 100)), known.element, known.page FROM numbers({n}) AS n \
             CROSS JOIN (SELECT any(element_id) AS element, any(page_id) AS page FROM {events} WHERE element_id != 0) AS known"
        );
        app.store().execute(&Statement::new(sql)).await?;
    }
    Ok(())
}

/// Where the engine is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A month is being filled.
    Filling,
    /// A month is filled, and that is not noted.
    Between,
}

/// Where it is now, if it is at one of these.
async fn place(app: &TestApp) -> Result<Option<Place>> {
    let of = app.store().databases();
    let (uses, stages) = (of.feature_events(), of.feature_stages());
    let filling = format!(
        "SELECT count() AS n FROM system.processes \
         WHERE query_id LIKE '%-fill-%' AND query LIKE 'INSERT INTO {uses} %'"
    );
    let between = format!(
        "SELECT uniqExact(month) AS n FROM {uses} \
         WHERE month NOT IN (SELECT month FROM {stages} WHERE stage = 'month')"
    );
    Ok(match (&numbers(app, filling).await?[..], &numbers(app, between).await?[..]) {
        ([n], _) if *n > 0 => Some(Place::Filling),
        (_, [n]) if *n > 0 => Some(Place::Between),
        _ => None,
    })
}

/// The only click of a batch of the live traffic.
fn live(n: u32) -> String {
    batch(&[click(n, r#","element":0,"page":0"#)])
}

#[tokio::test]
async fn kills_of_the_engine_while_the_past_is_filled_lose_and_double_nothing() -> Result<()> {
    const N: u64 = 60_000;
    const KILLS: usize = 5;
    let Some(library) = engine::testing::library()? else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let engine = engine::Engine::start(engine::testing::config(library, folder.path())?).await?;
    let target = Target::from(engine.endpoint());
    let connection = Connection::new(target.clone(), Databases::default())?;
    store::migrate(&connection).await?;
    let key = FirstKey::parse(KEY)?;
    let set = |config: &mut collector::config::Config| config.server.private_key = Some(key);
    let app = TestApp::start_on(TestStore { connection, target }, set).await?;
    app.post_batch(&live(0)).await?;
    app.written().await?;
    write_past(&app, N).await?;
    let answer = call(&app, Method::POST, FEATURES, &draft()).await?;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer}");

    // What a fill has written is noted a while later.
    let stages = app.store().databases().feature_stages();
    let slow = format!("ALTER TABLE {stages} ADD CONSTRAINT slow CHECK sleep(0.7) = 0");
    app.store().execute(&Statement::new(slow)).await?;
    let (mut sent, mut kills) = (0, Vec::new());
    let deadline = Instant::now() + Duration::from_secs(120);
    while kills.len() < KILLS && Instant::now() < deadline {
        sent += 1;
        app.post_batch(&live(sent)).await?;
        // Away for a moment after each kill.
        let Ok(place) = place(&app).await else { continue };
        let wanted = [Place::Between, Place::Filling][kills.len() % 2];
        if place == Some(wanted) {
            let pid = engine.pid().and_then(|pid| i32::try_from(pid).ok());
            // It may answer before its supervisor has taken note of it.
            let Some(pid) = pid.and_then(rustix::process::Pid::from_raw) else { continue };
            rustix::process::kill_process(pid, rustix::process::Signal::KILL)?;
            kills.push(wanted);
            let is_gone = async || {
                Ok(engine
                    .pid()
                    .is_none_or(|new| i32::try_from(new).ok() != Some(pid.as_raw_nonzero().get())))
            };
            until("the engine is gone", is_gone).await?;
        }
    }
    assert_eq!(kills.len(), KILLS, "the engine is killed in the middle");
    until("the engine is back", async || Ok(app.store().ping().await.is_ok())).await?;
    app.written().await?;
    until("filled", async || Ok(n_noted(&app, "filled").await.is_ok_and(|n| n > 0))).await?;
    sent += 1;
    app.post_batch(&live(sent)).await?;
    app.written().await?;
    let expected = u32::try_from(11 * N)? + 1 + sent;
    assert_eq!(uses(&app).await?, (expected, expected, 0));
    drop(app);
    Ok(engine.stop().await?)
}

#[tokio::test]
async fn a_rule_that_means_nothing_is_told() -> Result<()> {
    let Some(app) = start("of_nothing").await? else { return Ok(()) };
    app.post_batch(&batch(&[save(1)])).await?;
    app.written().await?;
    let rule = json!([{"target": {"test_id": "nowhere"}}]);
    let typo = make(&app, &json!({"name": "Typo", "any_of": rule})).await?;
    filled(&app, &typo).await?;
    let mut browser = Browser::signed_in(&app).await?;
    let page = browser.get("/projects/default/features").await?;
    assert!(page.body.contains("Means nothing"), "{page}");
    Ok(())
}
