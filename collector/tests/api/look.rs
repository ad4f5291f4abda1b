//! The look: who fell and why, over one past that goes on from week to week; and what makes nobody
//! fall, which is a holiday of a region, a rule that is silent for all, and a stop of the SDK.

use crate::browser::{Browser, PASSWORD, field, text};
use crate::features::{KEY, call, filled, get, make, start};
use crate::import::known_as_written;
use crate::test_app::{NOON, TestApp};
use anyhow::{Context, Result, ensure};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use protocol::{ProjectId, Timestamp};
use serde_json::{Value, json};
use std::fmt::Write as _;
use store::record::{Note, Place, Source, Subject, Told};

const LOOK: &str = "/v1/projects/default/look";
const HOUR_MS: i64 = 60 * 60 * 1_000;
const DAY_MS: i64 = 24 * HOUR_MS;
const WEEK_MS: i64 = 7 * DAY_MS;
/// Monday 16 November, whose week runs at first.
const MONDAY: i64 = NOON - 6 * DAY_MS - 12 * HOUR_MS;
/// Lines of one request.
const AT_ONCE: usize = 2_000;
/// Accounts in each of two regions that do the same every week.
const STEADY: usize = 21;
/// How many of each of them export.
const EXPORTING: usize = 6;

/// What happens, as lines to import.
#[derive(Default)]
struct Past {
    lines: String,
}

impl Past {
    /// A person views a page in the morning, and completes these, one an hour from eight on.
    fn day(&mut self, (account, person): (&str, usize), monday: i64, day: i64, done: &[&str]) {
        self.until(24, (account, person), monday, day, done);
    }

    /// The same, as far as it is before an hour of the day.
    fn until(
        &mut self,
        hour: i64,
        (account, person): (&str, usize),
        monday: i64,
        day: i64,
        done: &[&str],
    ) {
        let morning = monday + day * DAY_MS + 8 * HOUR_MS;
        let context = format!(
            r#""context":{{"anonymous_id":"b-{account}-{person}","user_id":"{account}-{person}","account_id":"{account}","session_id":"s-{account}-{person}-{morning}"}},"page":{{"host":"app.example.com","path":"/orders"}}"#
        );
        let view = (morning, r#""kind":"page_view""#.to_owned());
        let click = |(at, test_id): (i64, &&str)| {
            let element = format!(r#"{{"chain":[{{"tag":"button","test_id":"{test_id}"}}]}}"#);
            (morning + at * HOUR_MS + 60_000, format!(r#""kind":"click","element":{element}"#))
        };
        let events = std::iter::once(view).chain((0..).zip(done).map(click));
        for (at, what) in events.filter(|(at, _)| *at < morning + (hour - 8) * HOUR_MS) {
            let _ = writeln!(self.lines, r#"{{"timestamp":{at},{what},{context}}}"#);
        }
    }

    /// What is told of a person, early in a week.
    fn known(&mut self, (account, person): (&str, usize), monday: i64, properties: &str) {
        let _ = writeln!(
            self.lines,
            r#"{{"timestamp":{at},"kind":"identify","properties":{{{properties}}},"context":{{"anonymous_id":"b-{account}-{person}","user_id":"{account}-{person}","account_id":"{account}"}}}}"#,
            at = monday + 8 * HOUR_MS,
        );
    }

    /// A week of everybody who does the same every week.
    fn steady(&mut self, monday: i64, does: &Does<'_>) {
        for (region, is_free) in [("north", 0), ("south", does.south_is_free)] {
            for n in 0..STEADY {
                let account = format!("{region}-{n}");
                for day in 0..5 - is_free {
                    let hour = if (day, 24) < does.ends { 24 } else { does.ends.1 };
                    if day <= does.ends.0 {
                        let first = if n < EXPORTING { does.first } else { &["save"; 3] };
                        self.until(hour, (&account, 1), monday, day, first);
                        self.until(hour, (&account, 2), monday, day, &["save", "save", "share"]);
                    }
                }
            }
        }
    }

    /// Imports all of it and waits until it is written.
    async fn import(self, app: &TestApp, file: char) -> Result<()> {
        let file: String = std::iter::repeat_n(file, 64).collect();
        let lines: Vec<&str> = self.lines.lines().collect();
        for (n, lines) in lines.chunks(AT_ONCE).enumerate() {
            let first = n * AT_ONCE + 1;
            let address = format!("/v1/projects/default/import?import={file}&first_line={first}");
            let request = Request::builder()
                .method(Method::POST)
                .uri(address)
                .header(header::AUTHORIZATION, format!("Bearer {KEY}"))
                .body(Body::from(lines.join("\n")))?;
            let answer = app.send(request).await?;
            let told: Value = serde_json::from_str(&answer.body)?;
            ensure!(told["accepted"] == lines.len(), "{answer}");
        }
        known_as_written(app).await
    }
}

/// What everybody does in a week.
struct Does<'a> {
    /// What the first person of an account that exports completes on a day.
    first: &'a [&'a str],
    /// Working days of the South that are holidays, at the end of the week.
    south_is_free: i64,
    /// The day and the hour from which on nothing comes.
    ends: (i64, i64),
}

const USUAL: Does<'_> =
    Does { first: &["export", "export", "export"], south_is_free: 0, ends: (5, 0) };

/// Acme's first person does eight of ten a day; Dune's four people do eight a day between them;
/// Fern saves and exports. Nobody but two people of Gull sends anything.
fn special(past: &mut Past, monday: i64) {
    for day in 0..5 {
        past.day(("acme", 1), monday, day, &["save"; 8]);
        past.day(("acme", 2), monday, day, &["share"; 2]);
        (1..=4).for_each(|person| past.day(("dune", person), monday, day, &["save"; 2]));
        past.day(("fern", 1), monday, day, &["save"; 7]);
        past.day(("fern", 2), monday, day, &["share"; 2]);
        past.day(("gull", 1), monday, day, &["send"; 3]);
        past.day(("gull", 3), monday, day, &["send"; 2]);
    }
}

/// The week in which all four of them fall.
fn fall(past: &mut Past, monday: i64) {
    for day in 0..2 {
        past.day(("acme", 1), monday, day, &["save"; 8]);
    }
    for day in 0..5 {
        past.day(("acme", 2), monday, day, if day < 2 { &["share"; 2] } else { &[] });
        past.day(("gull", 2), monday, day, &[]);
        halved(past, monday, day);
    }
}

/// Dune's people come on every second day, and Fern saves nothing more.
fn halved(past: &mut Past, monday: i64, day: i64) {
    for person in 1..=4 {
        if day < 4 && (day + person).rem_euclid(2) == 0 {
            let person = usize::try_from(person).unwrap_or_default();
            past.day(("dune", person), monday, day, &["save"; 2]);
        }
    }
    past.day(("fern", 2), monday, day, &["share"; 2]);
}

fn told(account: &str, subject: Subject, id: &str, name: &str, value: &str) -> Told {
    let (account, id, name) = (account.to_owned(), id.to_owned(), name.to_owned());
    Told {
        place: Place { account, subject, id, name },
        value: value.to_owned(),
        at: Timestamp::from_millis(NOON),
        author: "ada@example.com".to_owned(),
        source: Source::Member,
    }
}

async fn say(app: &TestApp, told: &[Told]) -> Result<()> {
    Ok(app.store().tell(&ProjectId::parse("default")?, told).await?)
}

/// The regions of all accounts, and the features.
async fn prepare(app: &TestApp) -> Result<Vec<String>> {
    let steady = ["north", "south"]
        .into_iter()
        .flat_map(|region| (0..STEADY).map(move |n| (format!("{region}-{n}"), region)));
    let special = ["acme", "dune", "fern", "gull"].map(|account| (account.to_owned(), "north"));
    let regions: Vec<_> = steady
        .chain(special)
        .map(|(account, region)| told(&account, Subject::Attribute, "", "region", region))
        .collect();
    say(app, &regions).await?;
    let mut addresses = Vec::new();
    for name in ["save", "share", "export", "send"] {
        let rule = json!({"name": name, "kind": "core", "any_of": [{"target": {"test_id": name}}]});
        addresses.push(make(app, &rule).await?);
    }
    Ok(addresses)
}

/// Notes of more accounts than have room in one parameter of a statement.
async fn much_is_noted(app: &TestApp) -> Result<()> {
    let note = |n: usize| {
        let account = format!("{n:x<250}");
        [(Note::DAY, "2026-11-01"), (Note::TEXT, "Called")]
            .map(|(name, value)| told(&account, Subject::Note, "n", name, value))
    };
    say(app, &(0..700).flat_map(note).collect::<Vec<_>>()).await
}

/// Who fell, and by what from what.
fn falls(look: &Value) -> Vec<(String, u64, u64, bool)> {
    let fall = |it: &Value| {
        let number = |of: &str| it[of].as_u64().unwrap_or(u64::MAX);
        let account = it["account"].as_str().unwrap_or_default().to_owned();
        (account, number("before"), number("now"), it["is_running"] == true)
    };
    look["falls"].as_array().into_iter().flatten().map(fall).collect()
}

fn fell(account: &str, before: u64, now: u64, is_running: bool) -> (String, u64, u64, bool) {
    (account.to_owned(), before, now, is_running)
}

#[tokio::test]
async fn who_fell_is_named_with_a_cause_and_what_everybody_has_less_of_is_none() -> Result<()> {
    let Some(app) = start("look").await? else { return Ok(()) };
    // Ten usual weeks, one with a holiday in the South, and the running one.
    let mut past = Past::default();
    for week in 2..=11 {
        let monday = MONDAY - week * WEEK_MS;
        past.steady(monday, &USUAL);
        special(&mut past, monday);
    }
    past.steady(MONDAY - WEEK_MS, &Does { south_is_free: 3, ..USUAL });
    special(&mut past, MONDAY - WEEK_MS);
    past.steady(MONDAY, &USUAL);
    fall(&mut past, MONDAY);
    past.known(
        ("fern", 1),
        MONDAY - 3 * WEEK_MS,
        r#""name":"Flo Fern, Fern House","email":"f@x.example""#,
    );
    past.known(("gull", 1), MONDAY - 3 * WEEK_MS, r#""email":"gus@gull.example""#);
    past.import(&app, 'a').await?;
    let features = prepare(&app).await?;
    much_is_noted(&app).await?;
    for address in &features {
        filled(&app, address).await?;
    }

    // The holiday made 12 of 30 of all in the South, and nobody there is named.
    let look = get(&app, LOOK).await?;
    let expected = [
        fell("fern", 45, 10, true),
        fell("acme", 50, 20, true),
        fell("gull", 25, 0, true),
        fell("dune", 40, 16, true),
    ];
    assert_eq!(falls(&look), expected);
    let holiday = look["weeks"][0]["regions"]["south"].as_f64().context("no factor")?;
    assert!((holiday - 0.4).abs() < 1e-9, "{look}");
    let causes = |n: usize| &look["falls"][n]["causes"];
    let saved = features[0].rsplit('/').next().context("no id")?;
    // Fern's first person saved all of it and came no more: both are said.
    let fern = &causes(0)[0];
    assert_eq!((&fern["cause"], &fern["person"]), (&json!("person_quiet"), &json!("fern-1")));
    let silent = json!({"cause": "feature_silent", "feature": saved, "name": "save", "before": 35, "others_do": true});
    assert_eq!(causes(0)[1], silent);
    // What only one account does is silent for it, and not for everybody.
    assert_eq!(look["silent"], json!([]), "{look}");
    assert_eq!(causes(2)[0]["person"], "gull-1");
    assert_eq!(causes(2)[0]["name"], Value::Null, "an address that was taken out calls nobody");
    let of_gull = causes(2).as_array().context("no causes")?;
    let is_silent = |cause: &Value| cause["cause"] == "feature_silent";
    assert!(!of_gull.iter().any(is_silent), "it completes nothing: no feature says more");
    let acme = &causes(1)[0];
    assert_eq!((&acme["cause"], &acme["person"]), (&json!("person_quiet"), &json!("acme-1")));
    assert!((acme["share"].as_f64().context("no share")? - 0.8).abs() < 1e-9);
    assert_eq!(acme["last_seen"], MONDAY + DAY_MS + 15 * HOUR_MS + 60_000);
    assert_eq!(
        causes(3),
        &json!([{"cause": "spread", "people": [4, 4], "days": [20, 8]}]),
        "nothing more is known of Dune"
    );

    what_was_done_in_the_week_of_a_fall_is_no_cause_of_it(&app).await?;
    one_person_makes_most_of_four_whole_weeks(&app).await?;
    a_silent_rule_is_left_out(&app, &features).await?;
    a_stop_of_the_sdk_is_said_in_place_of_the_list(&app).await
}

async fn what_was_done_in_the_week_of_a_fall_is_no_cause_of_it(app: &TestApp) -> Result<()> {
    let called = |id: &str, day: &str| {
        [(Note::DAY, day), (Note::KIND, Note::INTERVENTION), (Note::TEXT, "Called")]
            .map(|(name, value)| told("dune", Subject::Note, id, name, value))
    };
    let spread = json!({"cause": "spread", "people": [4, 4], "days": [20, 8]});
    say(app, &called("answer", "2026-11-17")).await?;
    let look = get(app, LOOK).await?;
    assert_eq!(look["falls"][3]["causes"], json!([spread]), "it is an answer");
    assert_eq!(look["falls"][3]["answered"], json!({"day": "2026-11-17", "text": "Called"}));
    say(app, &called("before", "2026-11-12")).await?;
    let look = get(app, LOOK).await?;
    let noted =
        json!({"cause": "noted", "day": "2026-11-12", "text": "Called", "is_intervention": true});
    assert_eq!(look["falls"][3]["causes"], json!([spread, noted]));
    Ok(())
}

/// Four whole weeks, and not the days of the running one: Acme's first person made 160 of 200.
async fn one_person_makes_most_of_four_whole_weeks(app: &TestApp) -> Result<()> {
    let look = get(app, &format!("{LOOK}?on=2026-11-19")).await?;
    let acme = look["leaning"].as_array().into_iter().flatten().find(|it| it["account"] == "acme");
    let acme = acme.with_context(|| format!("Acme leans on nobody: {look}"))?;
    assert_eq!((&acme["person"], &acme["core_actions"]), (&json!("acme-1"), &json!(200)));
    assert_eq!(acme["share"], 0.8);
    Ok(())
}

/// A week later nobody exports any more, since the button has another test id; and Acme is back.
async fn a_silent_rule_is_left_out(app: &TestApp, features: &[String]) -> Result<()> {
    app.pass(WEEK_MS);
    let monday = MONDAY + WEEK_MS;
    let mut past = Past::default();
    past.steady(monday, &Does { first: &["other"; 3], ..USUAL });
    for day in 0..5 {
        let done: &[&str] = if day < 2 { &[] } else { &["save"; 10] };
        past.day(("acme", 2), monday, day, done);
        halved(&mut past, monday, day);
    }
    past.import(app, 'b').await?;
    let note = |name: &str, value: &str| told("acme", Subject::Note, "n1", name, value);
    say(app, &[told("fern", Subject::Attribute, "", "name", "Fern House")]).await?;
    let notes = [
        note(Note::DAY, "2026-11-23"),
        note(Note::KIND, Note::INTERVENTION),
        note(Note::TEXT, "Second analyst trained"),
    ];
    say(app, &notes).await?;

    let look = get(app, LOOK).await?;
    // Whoever exports would have half: it is in neither week.
    let expected =
        [fell("fern", 45, 10, false), fell("gull", 25, 0, false), fell("dune", 40, 16, false)];
    assert_eq!(falls(&look), expected);
    let exported = features[2].rsplit('/').next().context("no id")?;
    assert_eq!(look["silent"][0]["feature"], exported, "{look}");
    assert_eq!(look["silent"].as_array().map(Vec::len), Some(1));
    let back = &look["back"][0];
    assert_eq!((&back["account"], &back["day"]), (&json!("acme"), &json!("2026-11-25")));
    let noted = json!({
        "day": "2026-11-23", "text": "Second analyst trained", "is_intervention": true, "days_before": 2,
    });
    assert_eq!(back["noted"], noted);
    let gone = &back["causes"][0];
    assert_eq!((&gone["cause"], &gone["person"]), (&json!("person_quiet"), &json!("acme-1")));
    assert_eq!(gone["last_seen"], MONDAY + DAY_MS + 15 * HOUR_MS + 60_000);
    assert_eq!(back["causes"].as_array().map(Vec::len), Some(1), "whoever stayed is not gone");

    let mut browser = Browser::signed_in(app).await?;
    let page = text(&browser.get("/projects/default/look").await?);
    for words in [
        "Fern House",
        "Flo Fern made",
        "−78%",
        "10 from 45 core actions",
        "fell silent for everybody",
        "Since then, your intervention of 17 Nov: “Called”.",
        "Fell in the week of 16 Nov. acme-1 made 80% of its core actions and was last seen on 17 Nov 15:01. Back at 100% on 25 Nov, 2 days after your intervention of 23 Nov: “Second analyst trained”.",
    ] {
        assert!(page.contains(words), "{words} is not on\n{page}");
    }
    let csv = browser.get("/projects/default/look.csv").await?;
    assert_eq!(csv.status, StatusCode::OK);
    let lines: Vec<_> = csv.body.lines().collect();
    assert_eq!(lines[0], "list,account,name,week,compared,before,now,change,what");
    let fern = "fell,\"fern\",\"Fern House\",2026-11-16,whole,45,10,-0.7778,\"Flo Fern made";
    assert!(lines[1].starts_with(fern), "{csv}");
    assert!(
        lines.iter().any(|line| line.starts_with("back,\"acme\",\"acme\",2026-11-16,")),
        "{csv}"
    );
    Ok(())
}

/// Another week later nothing comes from Tuesday at ten on.
async fn a_stop_of_the_sdk_is_said_in_place_of_the_list(app: &TestApp) -> Result<()> {
    app.pass(WEEK_MS);
    let monday = MONDAY + 2 * WEEK_MS;
    let mut past = Past::default();
    past.steady(monday, &Does { first: &["other"; 3], ends: (1, 10), ..USUAL });
    past.import(app, 'c').await?;
    let look = get(app, LOOK).await?;
    assert_eq!(falls(&look), []);
    assert_eq!(look["weeks"][1]["is_everywhere"], true, "{look}");
    let gap = &look["gaps"][0];
    let tuesday = monday + DAY_MS;
    assert_eq!(
        (&gap["from"], look["gaps"].as_array().map(Vec::len)),
        (&json!(tuesday + 10 * HOUR_MS), Some(1))
    );

    // The sign-in of a week ago may be over.
    let mut browser = Browser::new(app);
    let csrf = field(&browser.get("/sign-in").await?, "csrf")?;
    let fields = [("csrf", csrf.as_str()), ("email", "ada@example.com"), ("password", PASSWORD)];
    let signed_in = browser.post("/sign-in", &fields).await?;
    ensure!(signed_in.status == StatusCode::SEE_OTHER, "{signed_in}");
    let page = text(&browser.get("/projects/default/look").await?);
    assert!(page.contains("Collection problem"), "{page}");
    assert!(page.contains("No account is named"), "{page}");
    // The table of accounts says the same, in place of how many fell.
    let table = text(&browser.get("/projects/default/accounts").await?);
    assert!(table.contains("Collection problem: this week is far below the usual"), "{table}");
    assert!(!table.contains("lost half"), "{table}");
    Ok(())
}

/// Four accounts save and export as much, and Cobalt exports nothing until five weeks ago.
#[tokio::test]
async fn idle_modules_of_a_contract_are_told_and_so_is_who_takes_them_up() -> Result<()> {
    let Some(app) = start("look-modules").await? else { return Ok(()) };
    let mut past = Past::default();
    for week in 1..=14 {
        let monday = MONDAY - week * WEEK_MS;
        for day in 0..5 {
            for account in ["amber", "birch", "clay", "dove"] {
                past.day((account, 1), monday, day, &["save", "save", "export", "export"]);
            }
            let exports: &[&str] =
                if week > 5 { &["save"; 4] } else { &["save", "save", "export"] };
            past.day(("cobalt", 1), monday, day, exports);
            // Nobody says what Elm pays for, and Fig does too little.
            past.day(("elm", 1), monday, day, &["save"; 4]);
            past.day(("fig", 1), monday, day, if day == 0 { &["save"; 4] } else { &[] });
        }
    }
    past.import(&app, 'c').await?;
    for (name, module) in [("save", "Orders"), ("export", "Reports")] {
        let rule = json!({
            "name": name, "kind": "core", "module": module, "any_of": [{"target": {"test_id": name}}],
        });
        filled(&app, &make(&app, &rule).await?).await?;
    }
    let say_of =
        |account: &str, name: &str, value: &str| told(account, Subject::Attribute, "", name, value);
    let both = "orders; reports";
    let contracts = [("cobalt", both), ("fig", both), ("amber", both), ("birch", "Orders")];
    say(&app, &contracts.map(|(account, modules)| say_of(account, "modules", modules))).await?;

    // Before Cobalt exported anything.
    let then = get(&app, &format!("{LOOK}?on=2026-10-12")).await?;
    let peers = 4.0 * 0.5 / 6.0;
    let close = |value: &Value, to: f64| value.as_f64().is_some_and(|it| (it - to).abs() < 1e-9);
    let hardly = &then["hardly_used"];
    assert_eq!(hardly.as_array().map(Vec::len), Some(1), "{then}");
    let told_of = |it: &Value| (it["account"].clone(), it["n_contract"].clone());
    assert_eq!(told_of(&hardly[0]), (json!("cobalt"), json!(2)));
    assert_eq!(hardly[0]["core_actions"], 80);
    let module = &hardly[0]["modules"][0];
    assert_eq!((&module["module"], &module["share"]), (&json!("Reports"), &json!(0.0)));
    assert!(close(&module["peers"], peers), "{module}");
    assert_eq!(then["taken_up"], json!([]));

    let noted =
        [(Note::DAY, "2026-10-09"), (Note::KIND, Note::INTERVENTION), (Note::TEXT, "Training")];
    let noted = noted.map(|(name, value)| told("cobalt", Subject::Note, "n", name, value));
    say(&app, &noted).await?;
    let now = get(&app, LOOK).await?;
    assert_eq!(now["hardly_used"], json!([]), "{now}");
    let up = &now["taken_up"];
    assert_eq!(up.as_array().map(Vec::len), Some(1), "{now}");
    assert_eq!((&up[0]["account"], &up[0]["from"]), (&json!("cobalt"), &json!("2026-08-17")));
    assert_eq!(up[0]["intervention"], json!({"day": "2026-10-09", "text": "Training"}));
    let module = &up[0]["modules"][0];
    assert_eq!((&module["module"], &module["before"]), (&json!("Reports"), &json!(0.0)));
    assert!(close(&module["share"], 1.0 / 3.0) && close(&module["peers"], peers), "{module}");

    the_pages_and_files_say_the_same(&app).await?;

    // Beside others of its tier, of whom nobody exports, it lacks nothing.
    let tiers = [say_of("cobalt", "tier", "small"), say_of("elm", "tier", "small")];
    say(&app, &tiers).await?;
    let then = get(&app, &format!("{LOOK}?on=2026-10-12")).await?;
    assert_eq!(then["hardly_used"], json!([]), "{then}");
    Ok(())
}

/// Look, its file, the page of the account and the file of the table, of Cobalt's modules.
async fn the_pages_and_files_say_the_same(app: &TestApp) -> Result<()> {
    let mut browser = Browser::signed_in(app).await?;
    let page = text(&browser.get("/projects/default/look").await?);
    let said = "Reports is taken up: 33% of its use in the last four whole weeks, 0% in the four from 17 Aug on. Your intervention of 9 Oct: “Training”.";
    assert!(page.contains(said), "{page}");
    let csv = browser.get("/projects/default/look.csv").await?.body;
    assert!(
        csv.contains(&format!("modules taken up,\"cobalt\",\"cobalt\",,,,,,\"{said}\"")),
        "{csv}"
    );
    let page = text(&browser.get("/projects/default/accounts/cobalt").await?);
    assert!(page.contains("Reports is taken up: 33% of the use in the last 4 weeks, 0%"), "{page}");
    let page = text(&browser.get("/projects/default/look?on=2026-10-12").await?);
    let said = "Reports makes 0% of its 80 core actions of four whole weeks; comparable accounts make 33% of theirs there.";
    assert!(page.contains(said), "{page}");
    // What is done later is no cause of what was so before.
    assert_eq!(
        get(app, &format!("{LOOK}?on=2026-11-09")).await?["taken_up"][0]["intervention"]["text"],
        "Training"
    );
    let table = browser.get("/projects/default/accounts.csv?weeks=full&column=modules").await?.body;
    let modules = |account: &str| {
        let line = table.lines().find(|line| line.contains(account))?;
        Some(line.split(',').skip(2).take(4).map(str::to_owned).collect::<Vec<_>>().join(","))
    };
    assert!(table.contains(",modules,modules_before,modules_change,modules_of,"), "{table}");
    assert_eq!(modules("cobalt").as_deref(), Some("2,2,0,2"), "{table}");
    assert_eq!(
        modules("birch").as_deref(),
        Some("1,1,0,1"),
        "only what its contract names: {table}"
    );
    assert_eq!(modules("elm").as_deref(), Some("1,1,0,"), "{table}");
    Ok(())
}

#[tokio::test]
async fn where_there_is_nothing_it_says_what_to_do() -> Result<()> {
    let Some(app) = start("look_empty").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let page = text(&browser.get("/projects/default/look").await?);
    assert!(page.contains("Nothing counts yet") && page.contains("Name features"), "{page}");
    let rule = json!({"name": "save", "any_of": [{"target": {"test_id": "save"}}]});
    make(&app, &rule).await?;
    let page = text(&browser.get("/projects/default/look").await?);
    assert!(page.contains("No account yet") && page.contains("Go to Identity"), "{page}");
    say(&app, &[told("acme", Subject::Attribute, "", "region", "north")]).await?;
    let page = text(&browser.get("/projects/default/look").await?);
    assert!(page.contains("No core action yet") && page.contains("Go to Features"), "{page}");
    let answer = call(&app, Method::GET, LOOK, &Value::Null).await?;
    assert_eq!(answer.status, StatusCode::OK, "{answer}");
    Ok(())
}
