//! One person with a hundred thousand events on one day, and one account with as many: what every
//! report says of them, in bounded memory.

use crate::history::{self, Happening, PROJECT, feature_id};
use analytics::Query;
use anyhow::{Context, Result, ensure};
use protocol::{Kind, Timestamp};
use serde_json::{Value, json};
use store::{Connection, testing};

const EVENTS: i64 = 100_000;
/// How many are at each moment.
const AT_ONCE: i64 = 4;
/// From each moment to the next: the last one is short of a day after the first.
const STEP_MS: i64 = 3_400;
/// Who is in the account.
const PEOPLE: i64 = 100;
/// What one question may take.
const MEMORY_BYTES: u64 = 100 << 20;
const DAY_MS: i64 = 86_400_000;
/// The beginning of Monday, 9 November 2026, UTC.
const MONDAY_MS: i64 = 1_794_182_400_000;
const NOW_MS: i64 = MONDAY_MS + 30 * DAY_MS;

/// Somebody long before, so that it is known who is new; and a view of each of two pages and a
/// click on each of two buttons at every moment of a day.
fn events(who: impl Fn(i64) -> (String, String)) -> Vec<Happening> {
    let event = |n: i64| {
        let (user_id, account_id) = who(n);
        let (kind, path, element) = match n % AT_ONCE {
            0 => (Kind::PageView, "/a", ""),
            1 => (Kind::PageView, "/b", ""),
            2 => (Kind::Click, "/b", "E"),
            _ => (Kind::Click, "/b", "F"),
        };
        Happening {
            project: PROJECT.to_owned(),
            at: MONDAY_MS + n / AT_ONCE * STEP_MS,
            anonymous_id: format!("browser of {user_id}"),
            user_id,
            kind,
            host: "app.example".to_owned(),
            path: path.to_owned(),
            element: element.to_owned(),
            account_id,
            is_automated: false,
        }
    };
    let first = Happening {
        at: MONDAY_MS - 60 * DAY_MS,
        user_id: "first".to_owned(),
        anonymous_id: "browser of the first".to_owned(),
        account_id: "other".to_owned(),
        ..event(0)
    };
    std::iter::once(first).chain((0..EVENTS).map(event)).collect()
}

async fn load(name: &str, who: impl Fn(i64) -> (String, String)) -> Result<Option<Connection>> {
    let Some(store) = testing::open(name).await? else { return Ok(None) };
    history::write(&store.connection, 1, &events(who)).await?;
    history::define(
        &store.connection,
        &[("e", &["E"], None), ("both", &["E", "F"], None), ("never", &["N"], None)],
    )
    .await?;
    Ok(Some(store.connection.with_setting("max_memory_usage", &MEMORY_BYTES.to_string())))
}

/// Asks a question of the two weeks from 9 November on, and holds places of its answer against what
/// they have to be.
async fn check(
    connection: &Connection,
    mut question: Value,
    expected: &[(&str, Value)],
) -> Result<()> {
    let range = json!({"from": "2026-11-09", "to": "2026-11-22"});
    match question["report"].as_str() {
        Some("people") => question["list"]["question"]["date_range"] = range,
        _ => question["date_range"] = range,
    }
    let query = Query::from_json(&question.to_string())?;
    let features = [true, false];
    for is_filled in features {
        let features = history::features(connection, is_filled).await?;
        let scope = history::scope("UTC")?;
        let now = Timestamp::from_millis(NOW_MS);
        let answer = analytics::run_of(connection, &scope, &query, &features, now).await;
        let answer = serde_json::to_value(answer.with_context(|| question.to_string())?)?;
        for (place, value) in expected {
            let told = answer.pointer(place);
            ensure!(told == Some(value), "{question}: {place} is {told:?}, not {value}: {answer}");
        }
    }
    Ok(())
}

/// What is asked about: a page, another one, one that nobody sees, and two features.
struct Things {
    a: Value,
    b: Value,
    never: Value,
    feature: Value,
    other: Value,
}

impl Things {
    fn new() -> Self {
        let page = |path: &str| json!({"page": path});
        let feature = |name: &str| json!({"feature": feature_id(name)});
        let (feature, other) = (feature("e"), feature("both"));
        Self { a: page("/a"), b: page("/b"), never: page("/never"), feature, other }
    }
}

/// What is asked of both, people or accounts.
async fn check_all(connection: &Connection, by: &str) -> Result<()> {
    funnels(connection, by).await?;
    returns(connection, by).await?;
    presence(connection, by).await?;
    first_week(connection, by).await?;
    amounts(connection, by).await
}

async fn funnels(connection: &Connection, by: &str) -> Result<()> {
    let Things { a, b, never, feature, other } = Things::new();
    for steps in [json!([a, b, never]), json!([feature, other, never]), json!([a, b, a, b, never])]
    {
        let n = steps.as_array().map_or(0, Vec::len) - 1;
        check(
            connection,
            json!({"report": "funnel", "by": by, "steps": steps, "times": true, "window": "1h"}),
            &[
                ("/entered", json!(1)),
                ("/converted", json!(0)),
                (&format!("/steps/{}/people", n - 1), json!(1)),
                (&format!("/steps/{n}/people"), json!(0)),
                (&format!("/steps/{n}/drop_off"), json!(1)),
                ("/steps/1/times/mean_seconds", json!(0.0)),
            ],
        )
        .await?;
        let funnel = json!({"by": by, "steps": steps, "window": "1h", "breakdown": "country"});
        check(
            connection,
            json!({"report": "people", "list": {"of": "funnel", "question": funnel,
                "who": {"number": "lost", "step": n + 1}}}),
            &[("/total", json!(1)), ("/people/0/n", json!(n))],
        )
        .await?;
    }
    Ok(())
}

async fn returns(connection: &Connection, by: &str) -> Result<()> {
    let Things { a, feature, other, .. } = Things::new();
    for (start, returning) in [(None, None), (Some(&feature), Some(&other)), (Some(&a), None)] {
        for cohorts in ["recurring", "first"] {
            check(
                connection,
                json!({
                    "report": "retention", "by": by, "cohorts": cohorts, "period": "day",
                    "followed": 3, "start": start, "returning": returning,
                }),
                &[
                    ("/cohorts/0/size", json!(1)),
                    ("/cohorts/0/cells/1/people", json!(0)),
                    ("/cohorts/1/size", json!(0)),
                    ("/mean/0", json!(1.0)),
                    ("/mean/1", json!(0.0)),
                ],
            )
            .await?;
        }
    }
    Ok(())
}

async fn presence(connection: &Connection, by: &str) -> Result<()> {
    let Things { a, feature, .. } = Things::new();
    for activity in [None, Some(&feature), Some(&a)] {
        check(
            connection,
            json!({"report": "stickiness", "by": by, "period": "day", "activity": activity}),
            &[
                ("/total", json!(1)),
                ("/bars/0/exactly", json!(1)),
                ("/bars/1/or_more", json!(0)),
                ("/ratios/dau_wau", json!(1.0 / 7.0)),
            ],
        )
        .await?;
        check(
            connection,
            json!({"report": "lifecycle", "by": by, "period": "day", "activity": activity}),
            &[
                ("/periods/0/new", json!(1)),
                ("/periods/1/new", json!(0)),
                ("/periods/1/returning", json!(0)),
                ("/periods/1/dormant", json!(1)),
                ("/periods/2/dormant", json!(0)),
            ],
        )
        .await?;
    }
    Ok(())
}

async fn first_week(connection: &Connection, by: &str) -> Result<()> {
    let group = |people: u32, came: u32, rate: Option<f64>| json!({"people": people, "came": came, "rate": rate});
    check(
        connection,
        json!({"report": "threshold", "by": by, "most": 50}),
        &[
            ("/all", group(1, 0, Some(0.0))),
            ("/tried", json!(0)),
            ("/features/0/at_least/49/did", group(1, 0, Some(0.0))),
            ("/features/0/exactly/50/did", group(1, 0, Some(0.0))),
            ("/features/0/exactly/49/did", group(0, 0, None)),
        ],
    )
    .await
}

async fn amounts(connection: &Connection, by: &str) -> Result<()> {
    let Things { a, feature, other, .. } = Things::new();
    let (both, quarter) = (feature_id("both"), EVENTS / AT_ONCE);
    let people = if by == "people" { 1 } else { PEOPLE };
    let accounts = if by == "people" { 0 } else { 1 };
    let done = |uses: i64| json!({"uses": uses, "people": people, "accounts": accounts});
    check(
        connection,
        json!({
            "report": "trend", "period": "hour", "compare": "previous",
            "series": [null, a, feature, other],
        }),
        &[
            ("/series/0/total", done(EVENTS)),
            ("/series/1/total", done(quarter)),
            ("/series/2/total", done(quarter)),
            ("/series/3/total", done(2 * quarter)),
            ("/series/0/values/24/uses", json!(0)),
            ("/series/0/before/total/uses", json!(0)),
        ],
    )
    .await?;
    check(
        connection,
        json!({"report": "usage", "features": [both]}),
        &[
            ("/features/0/uses", json!(2 * quarter)),
            ("/features/0/people", json!(people)),
            ("/features/0/accounts", json!(accounts)),
        ],
    )
    .await?;
    check(
        connection,
        json!({"report": "adoption", "period": "day", "after": 1}),
        &[
            ("/people", json!(people)),
            ("/accounts", json!(accounts)),
            ("/trend/0", json!(people)),
            ("/trend/1", json!(0)),
            ("/features/0/people", json!(people)),
            ("/features/0/share_of_people", json!(1.0)),
            ("/features/2/uses", json!(0)),
            ("/features/0/staying/with/of", json!(people)),
            ("/features/0/staying/with/came", json!(0)),
            ("/features/0/retention/of", json!(people)),
        ],
    )
    .await
}

#[tokio::test]
async fn a_hundred_thousand_events_of_one_person_are_one_person_in_every_report() -> Result<()> {
    let who = |_| (String::new(), String::new());
    let Some(connection) = load("bot_person", who).await? else { return Ok(()) };
    check_all(&connection, "people").await?;
    for nodes in ["pages", "clicks", "features"] {
        check(
            &connection,
            json!({"report": "paths", "nodes": nodes}),
            &[
                ("/visits", json!(1)),
                ("/people", json!(1)),
                ("/positions/4/visits", json!(1)),
                ("/positions/4/nodes/0/goes_on/visits", json!(1)),
                ("/journeys/0/people", json!(1)),
            ],
        )
        .await?;
    }
    check(
        &connection,
        json!({"report": "paths", "nodes": "pages", "start": {"page": "/b"}, "end": {"click": history::button_id("F")}}),
        &[("/visits", json!(1)), ("/edges/0/transitions", json!(1))],
    )
    .await?;
    check(
        &connection,
        json!({"report": "paths", "nodes": "clicks", "end": {"page": "/never"}}),
        &[("/visits", json!(0)), ("/positions", json!([]))],
    )
    .await
}

#[tokio::test]
async fn a_hundred_thousand_events_of_one_account_are_one_account_in_every_report() -> Result<()> {
    let who = |n: i64| (format!("user {}", n / AT_ONCE % PEOPLE), "acme".to_owned());
    let Some(connection) = load("bot_account", who).await? else { return Ok(()) };
    check_all(&connection, "accounts").await
}

#[tokio::test]
async fn fifty_thousand_values_are_five_and_the_others() -> Result<()> {
    let n_values = EVENTS / 2;
    let who = |n: i64| (format!("user {}", n / 2), format!("account {}", n / 2));
    let Some(connection) = load("bot_values", who).await? else { return Ok(()) };
    for cohorts in ["recurring", "first"] {
        check(
            &connection,
            json!({
                "report": "retention", "cohorts": cohorts, "period": "day", "followed": 3,
                "breakdown": "account",
            }),
            &[
                ("/cohorts/0/size", json!(n_values)),
                ("/series/0/value", json!("account 0")),
                ("/series/0/cohorts/0/size", json!(1)),
                ("/series/4/value", json!("account 1000")),
                ("/series/5/is_others", json!(true)),
                ("/series/5/cohorts/0/size", json!(n_values - 5)),
                ("/series/5/cohorts/0/cells/1/people", json!(0)),
            ],
        )
        .await?;
    }
    Ok(())
}
