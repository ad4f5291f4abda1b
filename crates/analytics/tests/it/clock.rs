//! The day on which clocks are changed, and the ends of months, in every report that has periods.

use crate::history::{self, Happening, PROJECT, feature_id};
use analytics::{Answer, Query, Scope};
use anyhow::{Context, Result, bail, ensure};
use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use protocol::{Kind, Timestamp};
use serde_json::{Value, json};
use store::{Connection, testing};

const HALF_AN_HOUR_MS: i64 = 1_800_000;

/// Sundays, and how many half hours they have.
const DAYS: [(&str, Date, usize); 7] = [
    ("Europe/Berlin", date(2026, 3, 29), 46),
    ("Europe/Berlin", date(2026, 10, 25), 50),
    ("America/New_York", date(2026, 3, 8), 46),
    ("America/New_York", date(2026, 11, 1), 50),
    ("Australia/Lord_Howe", date(2026, 10, 4), 47),
    ("Australia/Lord_Howe", date(2026, 4, 5), 49),
    ("Asia/Kolkata", date(2026, 10, 25), 48),
];

fn midnight(zone: &str, day: Date) -> Result<i64> {
    Ok(day.in_tz(zone)?.timestamp().as_millisecond())
}

fn click(at: i64, user: &str) -> Happening {
    Happening {
        project: PROJECT.to_owned(),
        at,
        anonymous_id: format!("browser of {user}"),
        user_id: user.to_owned(),
        kind: Kind::Click,
        host: "app.example".to_owned(),
        path: "/a".to_owned(),
        element: "E".to_owned(),
        account_id: format!("account of {user}"),
        is_automated: false,
    }
}

/// A question of some days, asked at a moment; as JSON.
async fn ask(
    connection: &Connection,
    scope: &Scope,
    mut question: Value,
    (from, to): (Date, Date),
    now: i64,
) -> Result<Value> {
    question["date_range"] = json!({"from": from, "to": to});
    let query = Query::from_json(&question.to_string())?;
    let now = Timestamp::from_millis(now);
    let answer: Answer = analytics::run(connection, scope, &query, now).await?;
    Ok(serde_json::to_value(answer)?)
}

/// One field of each of a list.
fn each(list: &Value, field: &str) -> Vec<Value> {
    list.as_array().into_iter().flatten().map(|one| one[field].clone()).collect()
}

/// One clicks at the last moment of Saturday and at the first of Monday, and another one at every
/// half hour of the Sunday between them.
async fn is_a_day(zone: &str, sunday: Date, half_hours: usize) -> Result<()> {
    let Some(store) = testing::open("clock").await? else { return Ok(()) };
    let connection = &store.connection;
    let (begin, end) = (midnight(zone, sunday)?, midnight(zone, sunday.tomorrow()?)?);
    let mut clicks = vec![click(begin - 1, "outside"), click(end, "outside")];
    let inside = (begin..end).step_by(usize::try_from(HALF_AN_HOUR_MS)?);
    clicks.extend(inside.map(|at| click(at, "inside")));
    ensure!(clicks.len() == half_hours + 2, "{} half hours", clicks.len());
    history::write(connection, 1, &clicks).await?;
    history::define(connection, &[("e", &["E"], None)]).await?;
    let feature = json!({"feature": feature_id("e")});
    let scope = history::scope(zone)?;
    let now = midnight(zone, sunday.saturating_add(20.days()))?;
    let days = (sunday.yesterday()?, sunday.tomorrow()?);
    let ask = async |question, days| ask(connection, &scope, question, days, now).await;

    for series in [json!([null]), json!([feature])] {
        let by_day = ask(json!({"report": "trend", "period": "day", "series": series}), days);
        let by_day = by_day.await?;
        let uses = each(&by_day["series"][0]["values"], "uses");
        ensure!(uses == [json!(1), json!(half_hours), json!(1)], "by day: {uses:?}");
        let names = [days.0, sunday, days.1].map(|day| json!(day));
        ensure!(by_day["periods"] == json!(names), "{}", by_day["periods"]);
        let by_hour = json!({
            "report": "trend", "period": "hour", "compare": "previous", "series": series,
        });
        let by_hour = ask(by_hour, (sunday, sunday)).await?;
        let uses = each(&by_hour["series"][0]["values"], "uses");
        let whole = half_hours / 2;
        ensure!(uses[..whole].iter().all(|uses| *uses == 2), "by hour: {uses:?}");
        // Half an hour at the end of the day is of an hour whose other half is of the next one.
        let last = (half_hours % 2 == 1).then(|| json!(2));
        ensure!(uses[whole..].iter().eq(&last), "the last of the hours: {uses:?}");
        let before = each(&by_hour["series"][0]["before"]["values"], "uses");
        let is_last = |(n, uses): (usize, &Value)| *uses == u64::from(n + 1 == before.len());
        ensure!(before.iter().enumerate().all(is_last), "before: {before:?}");
        for period in ["week", "month"] {
            let question = json!({"report": "trend", "period": period, "series": series});
            let total = &ask(question, days).await?["series"][0]["total"]["uses"];
            ensure!(*total == half_hours + 2, "by {period}: {total}");
        }
    }
    for activity in [Value::Null, feature.clone()] {
        let question = json!({"report": "stickiness", "period": "day", "activity": activity});
        let exactly = each(&ask(question, days).await?["bars"], "exactly");
        ensure!(exactly == [1, 1, 0].map(|n| json!(n)), "stickiness: {exactly:?}");
        let question = json!({"report": "lifecycle", "period": "day", "activity": activity});
        let cycle = &ask(question, days).await?["periods"];
        for (field, expected) in
            [("new", [1, 1, 0]), ("resurrecting", [0, 0, 1]), ("dormant", [0, 1, 1])]
        {
            ensure!(each(cycle, field) == expected.map(|n| json!(n)), "{field}: {cycle}");
        }
        let retention = |period| {
            json!({
                "report": "retention", "period": period, "followed": 2, "start": activity,
                "returning": activity,
            })
        };
        let question = retention("day");
        let cohorts = &ask(question, days).await?["cohorts"];
        let of_saturday = each(&cohorts[0]["cells"], "people");
        ensure!(of_saturday == [1, 0, 1].map(|n| json!(n)), "{cohorts}");
        ensure!(each(&cohorts[1]["cells"], "people") == [1, 0, 0].map(|n| json!(n)), "{cohorts}");
        // The weekend is as if it were not.
        let cohorts = &ask(retention("working_day"), days).await?["cohorts"];
        ensure!(each(cohorts, "size") == [json!(1)], "working days: {cohorts}");
        ensure!(each(cohorts, "period") == [json!(days.1)], "working days: {cohorts}");
    }
    let adoption = json!({"report": "adoption", "period": "day", "after": 1});
    let adoption = ask(adoption, days).await?;
    ensure!(adoption["features"][0]["trend"] == json!([1, 1, 1]), "{adoption}");
    ensure!(adoption["features"][0]["uses"] == half_hours + 2, "{adoption}");
    ensure!(adoption["features"][0]["accounts"] == 2, "{adoption}");
    Ok(())
}

#[tokio::test]
async fn a_day_on_which_clocks_are_changed_is_one_day_in_every_report() -> Result<()> {
    for (zone, sunday, half_hours) in DAYS {
        let right = is_a_day(zone, sunday, half_hours).await;
        right.with_context(|| format!("{zone}, {sunday}"))?;
    }
    Ok(())
}

/// One who clicks at the first and the last moment of January, February and March.
#[tokio::test]
async fn months_begin_on_their_first_and_the_last_one_is_not_over() -> Result<()> {
    let Some(store) = testing::open("months").await? else { return Ok(()) };
    let zone = "Asia/Kolkata";
    let mut clicks = Vec::new();
    for month in 1..4 {
        let first = date(2026, month, 1);
        clicks.push(click(midnight(zone, first)?, "ann"));
        clicks.push(click(midnight(zone, first.last_of_month().tomorrow()?)? - 1, "ann"));
    }
    history::write(&store.connection, 1, &clicks).await?;
    history::define(&store.connection, &[("e", &["E"], None)]).await?;
    let scope = history::scope(zone)?;
    // Noon of 31 March, before its last moment.
    let now = midnight(zone, date(2026, 3, 31))? + 24 * HALF_AN_HOUR_MS;
    let days = (date(2026, 1, 31), date(2026, 3, 31));
    let ask = async |question, days| ask(&store.connection, &scope, question, days, now).await;
    let months = json!(["2026-01-01", "2026-02-01", "2026-03-01"]);

    let trend = json!({"report": "trend", "period": "month", "compare": "previous"});
    let told = ask(trend.clone(), days).await?;
    ensure!(told["periods"] == months && told["is_complete"] == false, "{told}");
    let uses = each(&told["series"][0]["values"], "uses");
    ensure!(uses == [2, 2, 1].map(|n| json!(n)), "{told}");
    ensure!(told["before"]["until"] == midnight(zone, date(2025, 12, 31))? + 43_200_000, "{told}");
    // February has no 31st: all of it is compared.
    let told = ask(trend, (days.1, days.1)).await?;
    ensure!(told["before"]["periods"] == json!(["2026-02-01"]), "{told}");
    ensure!(told["before"]["until"] == midnight(zone, date(2026, 3, 1))?, "{told}");
    ensure!(told["series"][0]["before"]["values"][0]["uses"] == 2, "{told}");

    let told = ask(json!({"report": "stickiness", "period": "month"}), days).await?;
    ensure!(told["bars"][2]["exactly"] == 1 && told["is_complete"] == false, "{told}");
    ensure!(told["ratios"]["months"] == 2, "{told}");
    let told = ask(json!({"report": "lifecycle", "period": "month"}), days).await?;
    ensure!(each(&told["periods"], "returning") == [0, 1, 1].map(|n| json!(n)), "{told}");
    let complete = [true, true, false].map(|is| json!(is));
    ensure!(each(&told["periods"], "is_complete") == complete, "{told}");
    ensure!(json!(each(&told["periods"], "period")) == months, "{told}");
    ensure!(told["periods"][2]["dormant"].is_null(), "{told}");
    let told = json!({"report": "retention", "period": "month", "followed": 2});
    let told = ask(told, days).await?;
    let cells = &told["cohorts"][0]["cells"];
    ensure!(each(cells, "people") == [1, 1, 1].map(|n| json!(n)), "{told}");
    ensure!(each(cells, "is_complete") == complete && told["mean"][2].is_null(), "{told}");
    let told = ask(json!({"report": "adoption", "period": "month", "after": 1}), days).await?;
    ensure!(told["periods"] == months && told["n_over"] == 2, "{told}");
    ensure!(told["features"][0]["trend"] == json!([1, 1, 1]), "{told}");
    // From the 31st on by days, and by weeks that hold it.
    for (period, n) in [("day", 60), ("week", 10)] {
        let told = ask(json!({"report": "trend", "period": period}), days).await?;
        let Some(periods) = told["periods"].as_array() else { bail!("no periods: {told}") };
        ensure!(periods.len() == n && told["is_complete"] == false, "{told}");
        ensure!(told["series"][0]["total"]["people"] == 1, "{told}");
    }
    Ok(())
}
