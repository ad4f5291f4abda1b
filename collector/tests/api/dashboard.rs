//! The dashboard: what its pages say, and what they never do.

use crate::browser::{Browser, field, text};
use crate::test_app::{Answer, NOON, TestApp, batch, click, event_id};
use anyhow::{Context, Result};
use axum::body::Body;
use axum::http::{HeaderValue, Method, StatusCode, header};
use futures_util::StreamExt;
use std::time::Duration;
use tower::ServiceExt;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const SETUP: &str = "/projects/default/setup";
const DELIVERY: &str = "/projects/default/delivery";
const FUNNEL: &str = "/projects/default/funnel";

#[tokio::test]
async fn every_page_carries_the_policy() -> Result<()> {
    let Some(app) = TestApp::start("policy").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    for address in [
        "/sign-in",
        "/nothing",
        SETUP,
        "/projects/default/keys",
        "/projects/default/counted",
        DELIVERY,
        FUNNEL,
    ] {
        let page = browser.get(address).await?;
        assert_eq!(page.headers[header::CONTENT_SECURITY_POLICY], POLICY, "{address}");
        assert_eq!(page.headers[header::CACHE_CONTROL], "no-store");
        assert_eq!(page.headers[header::REFERRER_POLICY], "same-origin");
        let scripts = page.body.split("<script").skip(1);
        for script in scripts {
            let is_data = script.starts_with(" type=\"application/json\"");
            assert!(is_data || script.starts_with(" src=\""), "a script in the page: {script:.80}");
        }
        assert!(!page.body.contains("<style"), "a style in the page");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_not_there_is_told_as_a_page() -> Result<()> {
    let Some(app) = TestApp::start("not_there").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let page = browser.get("/nothing").await?;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    insta::assert_snapshot!(text(&page), @"
    Sillage
    Not here
    There is no such page.
    Go to the start
    ");
    let back = |page: &Answer| page.body.split("class=\"button\" href=\"").nth(1).map(first_text);
    for (address, to) in [
        ("/projects/default/nothing", "/projects/default/setup"),
        ("/projects/default/features/nothing", "/projects/default/features"),
        ("/projects/default/dead-letters/nothing", "/projects/default/dead-letters"),
    ] {
        let page = browser.get(address).await?;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{address}");
        assert_eq!(back(&page).as_deref(), Some(to), "{page}");
        assert!(page.body.contains("<nav class=\"places\""), "without the places: {page}");
    }
    for address in [
        "/projects/other/setup",
        "/projects/%3Cb%3E/funnel",
        "/projects/other/live",
        "/projects/other/funnel.csv",
    ] {
        assert_eq!(browser.get(address).await?.status, StatusCode::NOT_FOUND, "{address}");
    }
    for address in ["/assets/nothing.js", "/sdk/nothing.js", "/sdk/..%2Fsdk.js.br"] {
        assert_eq!(browser.get(address).await?.status, StatusCode::NOT_FOUND, "{address}");
    }
    Ok(())
}

/// What is refused before a screen sees it is told like everything else.
#[tokio::test]
async fn a_request_that_makes_no_sense_is_told_as_a_page_and_as_json_to_a_program() -> Result<()> {
    const PROJECT: &str = "/projects/default";
    let Some(app) = TestApp::start("no_sense").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let mut told = Vec::new();
    for address in [
        "/features/new",
        "/features/new?element=x&path=/a",
        "/features/new?element=x&element=y",
        "/setup?saved=perhaps",
        "/keys/revoke",
    ] {
        let page = browser.get(&format!("{PROJECT}{address}")).await?;
        assert_eq!(page.headers[header::CONTENT_TYPE], "text/html; charset=utf-8", "{address}");
        assert!(page.body.contains("<nav class=\"places\""), "without the places: {page}");
        let words = text(&page).lines().skip(1).collect::<Vec<_>>().join(" | ");
        told.push(format!("{} {address}: {words}", page.status.as_u16()));
    }
    let form = browser.post(&format!("{PROJECT}/features/new"), &[("name", "x")]).await?;
    told.push(format!(
        "{} form: {}",
        form.status.as_u16(),
        text(&form).lines().nth(1).unwrap_or("")
    ));
    insta::assert_snapshot!(told.join("\n"), @"
    400 /features/new: Choose first what was clicked: this address does not say it. | Go to Features
    400 /features/new?element=x&path=/a: The element “x”: expected 16 hexadecimal digits. | Go to Features
    400 /features/new?element=x&element=y: The address is not understood: duplicate field “element”. | Go to Features
    400 /setup?saved=perhaps: The address is not understood: saved: provided string was not “true” or “false”. | Go to Setup
    405 /keys/revoke: There is nothing to look at under this address. | Go to Private keys
    422 form: The form is not understood: missing field “scope”.
    ");

    let address = "/v1/projects/default/features/suggestions";
    let mut request = browser.request(Method::GET, address, Body::empty())?;
    request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("text/html"));
    let answer = app.send(request).await?;
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
    insta::assert_snapshot!(answer, @r#"
    400 Bad Request
    {"error":"say which `element`, or the `path` of which page"}
    "#);
    Ok(())
}

fn first_text(rest: &str) -> String {
    rest.split('"').next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn the_theme_is_in_the_first_byte() -> Result<()> {
    let Some(app) = TestApp::start("theme").await? else { return Ok(()) };
    let mut browser = Browser::new(&app);
    assert!(browser.get("/sign-in").await?.body.contains("<html lang=\"en\">"));
    let answer = browser.post("/theme", &[("theme", "dark"), ("next", "/sign-in")]).await?;
    assert_eq!(answer.headers[header::LOCATION], "/sign-in");
    assert!(browser.get("/sign-in").await?.body.contains("<html lang=\"en\" data-theme=\"dark\">"));
    browser.post("/theme", &[("theme", "\"><b>"), ("next", "/")]).await?;
    assert!(browser.get("/sign-in").await?.body.contains("<html lang=\"en\">"));
    Ok(())
}

#[tokio::test]
async fn setup_shows_the_line_and_what_came_and_escapes_it() -> Result<()> {
    let Some(app) = TestApp::start("setup").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let page = browser.get(SETUP).await?;
    assert!(text(&page).contains("No event has come yet."));
    let line =
        "&#60;script async src=&#34;http://127.0.0.1:8080/sdk.js&#34; data-write-key=&#34;wk_";
    assert!(page.body.contains(line), "{}", text(&page));

    let hostile = batch(&[click(1, r#","page":0,"element":0"#), click(2, r#","kind":"x""#)])
        .replace("Save ann@example.com", "<script>alert(1)</script>");
    app.post_batch(&hostile).await?;
    app.written().await?;
    let page = browser.get(SETUP).await?;
    assert!(
        page.body.contains("<strong>&#60;script&#62;alert(0)&#60;/script&#62;</strong>"),
        "{}",
        text(&page)
    );
    assert!(!page.body.contains("<script>alert"));
    let seen = text(&page);
    let came = seen.split_once("times in UTC").context("no stream")?.1;
    let came = came.split_once("Nothing arrives?").context("no end")?.0;
    insta::assert_snapshot!(came.trim(), @"
    12:00:00
    Clicked
    &#60;script&#62;alert(0)&#60;/script&#62;
    app.example.com/orders/1042
    ann@example.com
    Refused today
    What it looked like
    What was sent and not kept, and why.
    It was no event: something is missing or of a wrong type
    1
    ");
    Ok(())
}

#[tokio::test]
async fn the_pages_of_a_place_lead_to_each_other_and_say_which_is_shown() -> Result<()> {
    let Some(app) = TestApp::start("parts").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    const KEYS: &str = "/projects/default/keys";
    const COUNTED: &str = "/projects/default/counted";
    const LETTERS: &str = "/projects/default/dead-letters";
    const RETENTION: &str = "/projects/default/retention";
    for (here, there) in [
        (SETUP, KEYS),
        (KEYS, SETUP),
        (COUNTED, KEYS),
        (DELIVERY, LETTERS),
        (LETTERS, DELIVERY),
        (FUNNEL, RETENTION),
        (RETENTION, FUNNEL),
    ] {
        let page = browser.get(here).await?;
        let nav = |class: &str| -> Result<String> {
            let start = format!("<nav class=\"{class}\"");
            let (_, nav) = page.body.split_once(&start).with_context(|| format!("no {class}"))?;
            Ok(nav.split_once("</nav>").context("no end")?.0.to_owned())
        };
        let (places, parts) = (nav("places")?, nav("parts")?);
        assert!(parts.contains(&format!("<a href=\"{here}\" aria-current=\"page\">")), "{parts}");
        assert!(parts.contains(&format!("<a href=\"{there}\">")), "{parts}");
        let n = |nav: &str| nav.matches("aria-current").count();
        assert_eq!((n(&places), n(&parts)), (1, 1), "one of the places, one of its parts: {here}");
    }
    assert!(!browser.get("/projects/default/features").await?.body.contains("class=\"parts\""));
    Ok(())
}

#[tokio::test]
async fn settings_are_kept_and_two_at_once_are_told() -> Result<()> {
    let Some(app) = TestApp::start("settings").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let page = browser.get(SETUP).await?;
    let (csrf, version) = (field(&page, "csrf")?, field(&page, "version")?);
    let form = |zone| {
        [
            ("csrf", csrf.as_str()),
            ("version", version.as_str()),
            ("time_zone", zone),
            ("count_automated", "on"),
        ]
    };

    let wrong = browser.post(SETUP, &form("Mars/<b>")).await?;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("“Mars/&#60;b&#62;” is not a time zone"), "{wrong}");
    let good = browser.post(SETUP, &form("Europe/Zurich")).await?;
    assert_eq!(good.headers[header::LOCATION], "/projects/default/setup?saved=true");
    let project = app.app()?.definitions().projects().remove(0);
    assert_eq!(project.definition.time_zone, "Europe/Zurich");
    assert!(project.definition.count_automated);

    let late = browser.post(SETUP, &form("UTC")).await?;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.body.contains("Somebody else changed the settings meanwhile"), "{late}");
    assert_eq!(field(&late, "time_zone")?, "Europe/Zurich");
    Ok(())
}

/// Three people view the order; two click Save, one of them before having viewed it.
async fn three_people(app: &TestApp) -> Result<()> {
    let view = |n: u32, ms: i64| {
        format!(
            r#"{{"event_id":"{}","kind":"page_view","timestamp":{},"page":0}}"#,
            event_id(n),
            NOON + ms
        )
    };
    let save = |n: u32, ms: i64| {
        format!(
            r#"{{"event_id":"{}","kind":"click","timestamp":{},"page":0,"element":0}}"#,
            event_id(n),
            NOON + ms
        )
    };
    let people = [vec![view(1, 0), save(2, 9)], vec![save(3, 0), view(4, 9)], vec![view(5, 0)]];
    for (n, events) in people.iter().enumerate() {
        let batch = batch(events).replace("anon-1", &format!("anon-{n}"));
        app.post_batch(&batch.replace(r#","user_id":"ann@example.com""#, "")).await?;
    }
    app.pass(60_000);
    app.written().await
}

#[tokio::test]
async fn a_funnel_is_built_by_its_form_and_read_as_text_and_csv() -> Result<()> {
    let Some(app) = TestApp::start("funnel_page").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    assert!(text(&browser.get(FUNNEL).await?).contains("No trail yet"));
    three_people(&app).await?;

    let page = browser.get(FUNNEL).await?;
    assert!(text(&page).contains("Choose two steps"), "{}", text(&page));
    let element = page.body.split("value=\"click:").nth(1).and_then(|rest| rest.get(..16));
    let element = format!("click:{}", element.context("no element to pick")?);
    let form = |more: &str| format!("{FUNNEL}?form=1&step=page:/orders/7&window=1h&last=7d&{more}");
    let answer = browser.get(&form(&format!("add={element}"))).await?;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let address = answer.headers[header::LOCATION].to_str()?.to_owned();
    let expected = format!(
        "{FUNNEL}?step=page%3A%2Forders%2F%3Aid&step={}&window=1h&last=7d",
        element.replace(':', "%3A")
    );
    assert_eq!(address, expected);

    let page = browser.get(&address).await?;
    assert_eq!(page.status, StatusCode::OK);
    let seen = text(&page);
    let answer = seen.split_once("Entered").context("no answer")?.1;
    insta::assert_snapshot!(answer.split_once("The same question").context("no end")?.0.trim(), @r"
3
Went the whole way
1
Conversion
33.3%
Time it takes
the median
under 1 second
Still open
less than 1 hour so far
2
1 of 3 people went the whole way: 33.3%. Most are lost between “/orders/:id” and button “Save [email]”: 2 people, 66.7% of those who had come that far.
First steps of 16 to 22 November 2026, days in UTC. 2 entries are still open: they have had less than 1 hour so far. As of 12:01:00.
Step by step
Step
People
Of the first
Of the step before
Median time
Lost
1. /orders/:id
3
100%
–
–
–
2. Button “Save [email]”
1
33.3%
33.3%
under 1 second
mean under 1 second
2
");
    let csv = browser.get(&address.replace("funnel?", "funnel.csv?")).await?;
    assert_eq!(csv.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    insta::assert_snapshot!(csv.body.replace("\r\n", "\n"), @r#"
step,name,people,of_first,of_previous,lost,median_seconds,mean_seconds
1,"/orders/:id",3,1.0000,1.0000,0,,
2,"button “Save [email]”",1,0.3333,0.3333,2,0.009,0.009
"#);
    Ok(())
}

#[tokio::test]
async fn questions_that_mean_nothing_are_told_why() -> Result<()> {
    let Some(app) = TestApp::start("funnel_faults").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let query = "step=page:/a&step=page:/b&from=2026-11-22&to=2026-11-01";
    for address in [format!("{FUNNEL}?{query}"), format!("{FUNNEL}.csv?{query}")] {
        let page = browser.get(&address).await?;
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
        assert!(
            text(&page)
                .contains("The date range goes from 2026-11-22 to 2026-11-01, which is before it."),
            "{page}"
        );
    }
    for query in ["step=nothing", "window=soon", "form=1&add=%3Cscript%3E", "last=x"] {
        let page = browser.get(&format!("{FUNNEL}?{query}")).await?;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{query}");
        assert!(page.body.contains("role=\"alert\"") && !page.body.contains('`'), "{page}");
    }
    Ok(())
}

#[tokio::test]
async fn an_event_is_shown_as_soon_as_it_is_kept() -> Result<()> {
    let Some(app) = TestApp::start("live").await? else { return Ok(()) };
    let browser = Browser::signed_in(&app).await?;
    let request = browser.request(Method::GET, "/projects/default/live", Body::empty())?;
    let response = app.router()?.oneshot(request).await?;
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
    let mut stream = response.into_body().into_data_stream();
    app.post_batch(&batch(&[click(1, r#","page":0,"element":0"#)])).await?;
    let first = tokio::time::timeout(Duration::from_secs(2), stream.next()).await?;
    let first = String::from_utf8(first.context("the stream ended")??.to_vec())?;
    assert!(
        first.starts_with("event: line\ndata: <li class=\"line\" data-kind=\"click\""),
        "{first}"
    );
    assert!(first.contains("<strong>Save [email]</strong>"), "{first}");
    Ok(())
}

#[tokio::test]
async fn the_sdk_is_loaded_by_any_page_in_its_smallest_form() -> Result<()> {
    let Some(app) = TestApp::start("assets").await? else { return Ok(()) };
    if let Err(why) = collector::assets::check() {
        anyhow::ensure!(std::env::var_os("CI").is_none(), "{why}");
        eprintln!("skipped: {why}");
        return Ok(());
    }
    let browser = Browser::new(&app);
    let mut request = browser.request(Method::GET, "/sdk.js", Body::empty())?;
    request.headers_mut().insert(header::ACCEPT_ENCODING, "gzip;q=0, deflate".parse()?);
    let loader = app.send(request).await?;
    assert_eq!(loader.headers[header::CACHE_CONTROL], "public, max-age=300");
    assert_eq!(loader.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    assert_eq!(loader.headers["cross-origin-resource-policy"], "cross-origin");
    assert_eq!(loader.headers[header::VARY], "Accept-Encoding");
    assert!(!loader.headers.contains_key(header::CONTENT_ENCODING));

    let mut request = browser.request(Method::GET, "/sdk.js", Body::empty())?;
    request.headers_mut().insert(header::IF_NONE_MATCH, loader.headers[header::ETAG].clone());
    assert_eq!(app.send(request).await?.status, StatusCode::NOT_MODIFIED);

    let page = app.send(browser.request(Method::GET, "/sign-in", Body::empty())?).await?;
    let style = page.body.split("href=\"").find(|rest| rest.starts_with("/assets/dashboard-"));
    let style = style.and_then(|rest| rest.split('"').next()).context("no style sheet")?;
    let mut request = browser.request(Method::GET, style, Body::empty())?;
    request.headers_mut().insert(header::ACCEPT_ENCODING, "gzip, br".parse()?);
    let response = app.router()?.oneshot(request).await?;
    assert_eq!(response.headers()[header::CONTENT_ENCODING], "br");
    assert_eq!(response.headers()[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
    Ok(())
}
