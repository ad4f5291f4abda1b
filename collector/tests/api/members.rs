//! Who gets in to the dashboard, how, and for how long.

use crate::browser::{Browser, PASSWORD, field, invitation, text};
use crate::test_app::{Answer, TestApp};
use anyhow::{Context, Result};
use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use std::net::IpAddr;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const SETUP: &str = "/projects/default/setup";
const FUNNEL: &str = "/projects/default/funnel";

#[tokio::test]
async fn the_first_member_comes_in_with_the_token_and_only_once() -> Result<()> {
    let Some(app) = TestApp::start("welcome").await? else { return Ok(()) };
    let token = invitation(&app).await?;
    let mut browser = Browser::new(&app);

    let wrong = browser.get("/welcome?token=0000").await?;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);
    insta::assert_snapshot!(text(&wrong), @"
    Sillage
    That did not work
    This invitation is not valid any more: it works once, for 30 minutes. Start “sillage serve” again for a new one.
    Go to the start
    ");
    let page = browser.get(&format!("/welcome?token={token}")).await?;
    assert_eq!(field(&page, "token")?, token);
    let weak = browser.begin(&token, "tiny").await?;
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(weak.body.contains("A password has at least 10 characters."), "{weak}");
    assert!(weak.body.contains("ada@example.com") && !weak.body.contains("tiny"));

    let good = browser.begin(&token, PASSWORD).await?;
    assert_eq!(
        (good.status, &good.headers[header::LOCATION]),
        (StatusCode::SEE_OTHER, &"/".parse()?)
    );
    let cookie = good.headers[header::SET_COOKIE].to_str()?;
    let (_, promises) = cookie.split_once("; ").context("a cookie without promises")?;
    insta::assert_snapshot!(promises, @"HttpOnly; SameSite=Lax; Path=/; Max-Age=1209600");
    assert_eq!(browser.get(SETUP).await?.status, StatusCode::OK);

    assert_eq!(Browser::new(&app).begin(&token, PASSWORD).await?.status, StatusCode::FORBIDDEN);
    assert!(app.app()?.members().invite_first(app.app()?.now()).await?.is_none());
    Ok(())
}

#[tokio::test]
async fn the_token_is_of_no_use_late_or_from_elsewhere() -> Result<()> {
    let Some(app) = TestApp::start("welcome_late").await? else { return Ok(()) };
    let token = invitation(&app).await?;
    let mut browser = Browser::new(&app);
    browser.from = IpAddr::from([192, 0, 2, 7]);
    let answer = browser.begin(&token, PASSWORD).await?;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.body.contains("over https"), "{answer}");

    app.pass(30 * 60 * 1_000);
    let answer = Browser::new(&app).begin(&token, PASSWORD).await?;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    Ok(())
}

#[tokio::test]
async fn over_https_the_cookie_is_bound_to_the_host() -> Result<()> {
    let url = "https://sillage.example.com";
    let set =
        |config: &mut collector::config::Config| config.server.public_url = Some(url.to_owned());
    let Some(app) = TestApp::start_with("https", set).await? else { return Ok(()) };
    let token = invitation(&app).await?;
    let mut browser = Browser::new(&app);
    browser.from = IpAddr::from([192, 0, 2, 7]);
    let answer = browser.begin(&token, PASSWORD).await?;
    let cookie = answer.headers[header::SET_COOKIE].to_str()?;
    assert!(cookie.starts_with("__Host-sillage=") && cookie.contains("; Secure"), "{cookie}");
    assert_eq!(browser.get(SETUP).await?.status, StatusCode::OK);
    Ok(())
}

async fn sign_in(browser: &mut Browser<'_>, next: &str, password: &str) -> Result<Answer> {
    let csrf = field(&browser.get("/sign-in").await?, "csrf")?;
    let form = [
        ("csrf", csrf.as_str()),
        ("next", next),
        ("email", " Ada@Example.com"),
        ("password", password),
    ];
    browser.post("/sign-in", &form).await
}

#[tokio::test]
async fn a_member_signs_in_and_out() -> Result<()> {
    let Some(app) = TestApp::start("sign_in").await? else { return Ok(()) };
    Browser::signed_in(&app).await?;
    let mut browser = Browser::new(&app);

    let asked = browser.get(&format!("{FUNNEL}?window=1h&last=7d")).await?;
    assert_eq!(asked.status, StatusCode::SEE_OTHER);
    insta::assert_snapshot!(asked.headers[header::LOCATION].to_str()?, @"/sign-in?next=%2Fprojects%2Fdefault%2Ffunnel%3Fwindow%3D1h%26last%3D7d");

    let wrong = sign_in(&mut browser, "/", "a calm lake is nice").await?;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert!(
        wrong.body.contains("That address and that password do not belong together."),
        "{wrong}"
    );
    for (next, to) in [(SETUP, SETUP), ("//evil.example/x", "/"), ("https://evil.example", "/")] {
        let answer = sign_in(&mut browser, next, PASSWORD).await?;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer}");
        assert_eq!(answer.headers[header::LOCATION], to);
    }
    let page = browser.get(SETUP).await?;
    assert!(page.body.contains("ada@example.com"));

    let refused = browser.post("/sign-out", &[("csrf", "guessed")]).await?;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let csrf = field(&page, "csrf")?;
    let answer = browser.post("/sign-out", &[("csrf", &csrf)]).await?;
    assert_eq!(answer.headers[header::LOCATION], "/sign-in");
    assert_eq!(browser.get(SETUP).await?.status, StatusCode::SEE_OTHER);
    Ok(())
}

#[tokio::test]
async fn a_form_from_elsewhere_is_refused() -> Result<()> {
    let Some(app) = TestApp::start("forms").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let csrf = field(&browser.get(SETUP).await?, "csrf")?;
    browser.origin = Some("https://evil.example");
    let answer = browser.post("/sign-out", &[("csrf", &csrf)]).await?;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(text(&answer).contains("This form was sent from another site."), "{answer}");

    browser.origin = None;
    let form = [("version", "1"), ("time_zone", "UTC")];
    assert_eq!(browser.post(SETUP, &form).await?.status, StatusCode::FORBIDDEN);

    let mut stranger = Browser::new(&app);
    let form = [("email", "ada@example.com"), ("password", PASSWORD), ("csrf", csrf.as_str())];
    let answer = stranger.post("/sign-in", &form).await?;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(
        answer
            .headers
            .get_all(header::SET_COOKIE)
            .iter()
            .all(|cookie| !cookie.as_bytes().starts_with(b"sillage="))
    );
    Ok(())
}

#[tokio::test]
async fn passwords_cannot_be_guessed_at_will() -> Result<()> {
    let Some(app) = TestApp::start("throttle").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    for _ in 0..10 {
        assert_eq!(sign_in(&mut browser, "/", "wrong").await?.status, StatusCode::UNAUTHORIZED);
    }
    let answer = sign_in(&mut browser, "/", PASSWORD).await?;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(text(&answer).contains("Too many tries: wait "), "{answer}");
    Ok(())
}

#[tokio::test]
async fn a_sign_in_ends_after_two_weeks() -> Result<()> {
    let Some(app) = TestApp::start("two_weeks").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    app.pass(14 * DAY_MS - 1);
    assert_eq!(browser.get(SETUP).await?.status, StatusCode::OK);
    app.pass(1);
    assert_eq!(browser.get(SETUP).await?.status, StatusCode::SEE_OTHER);
    Ok(())
}

#[tokio::test]
async fn who_is_no_browser_is_told_in_a_sentence() -> Result<()> {
    let Some(app) = TestApp::start("no_browser").await? else { return Ok(()) };
    let browser = Browser::new(&app);
    let mut request = browser.request(Method::GET, FUNNEL, Body::empty())?;
    request.headers_mut().insert(header::ACCEPT, "*/*".parse()?);
    request.headers_mut().insert("hx-request", "true".parse()?);
    let answer = app.send(request).await?;
    insta::assert_snapshot!(answer, @r#"
    401 Unauthorized
    {"error":"sign in first"}
    "#);
    assert_eq!(answer.headers["hx-redirect"], "/sign-in?next=%2Fprojects%2Fdefault%2Ffunnel");
    Ok(())
}
