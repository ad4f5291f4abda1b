//! Invitations, roles, and who leaves.

use crate::browser::{Browser, PASSWORD, field, text};
use crate::test_app::{Answer, TestApp};
use anyhow::{Context, Result, ensure};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use std::time::Duration;
use store::{Member, Role};

const MEMBERS: &str = "/projects/default/members";
const SETUP: &str = "/projects/default/setup";
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Makes it a request for JSON.
pub(crate) fn json(request: &mut Request<Body>) -> Result<()> {
    request.headers_mut().insert(header::ACCEPT, "application/json".parse()?);
    request.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse()?);
    Ok(())
}

/// Invites somebody; the answer shows the link.
async fn invite(admin: &mut Browser<'_>, email: &str, role: &str) -> Result<Answer> {
    let csrf = field(&admin.get(MEMBERS).await?, "csrf")?;
    admin.post(MEMBERS, &[("csrf", &csrf), ("email", email), ("role", role)]).await
}

/// What the link of a page holds.
fn token(page: &Answer) -> Result<String> {
    let (_, rest) = page.body.split_once("/invitation?token=").context("no link")?;
    Ok(rest.split('<').next().unwrap_or_default().to_owned())
}

async fn accept(browser: &mut Browser<'_>, token: &str, name: &str) -> Result<Answer> {
    browser.post("/invitation", &[("token", token), ("name", name), ("password", PASSWORD)]).await
}

/// A browser in which somebody is signed in whom an admin invited.
pub(crate) async fn join<'a>(
    app: &'a TestApp,
    admin: &mut Browser<'_>,
    email: &str,
    role: Role,
) -> Result<Browser<'a>> {
    let token = token(&invite(admin, email, role.as_str()).await?)?;
    let mut browser = Browser::new(app);
    let answer = accept(&mut browser, &token, "Somebody").await?;
    ensure!(answer.status == StatusCode::SEE_OTHER, "did not get in: {answer}");
    Ok(browser)
}

/// Sends a form about a member or an invitation.
async fn change(
    app: &TestApp,
    browser: &mut Browser<'_>,
    what: &str,
    email: &str,
    role: &str,
) -> Result<Answer> {
    let csrf = field(&browser.get(MEMBERS).await?, "csrf")?;
    let id = Member::id_of(email);
    let kind = if what == "withdraw" {
        store::definition::Kind::Invitation
    } else {
        store::definition::Kind::Member
    };
    let version = app.store().version_of(kind, &id).await?.to_string();
    let form = [("csrf", csrf.as_str()), ("id", &id), ("version", &version), ("role", role)];
    browser.post(&format!("{MEMBERS}/{what}"), &form).await
}

fn is_done(answer: &Answer, what: &str) -> Result<()> {
    let to = format!("{MEMBERS}?done={what}");
    ensure!(answer.status == StatusCode::SEE_OTHER, "{answer}");
    ensure!(answer.headers[header::LOCATION] == to.as_str(), "{answer}");
    Ok(())
}

#[tokio::test]
async fn somebody_comes_in_by_the_link_and_only_once() -> Result<()> {
    let Some(mut app) = TestApp::start("invite").await? else { return Ok(()) };
    let mut admin = Browser::signed_in(&app).await?;
    let made = invite(&mut admin, " Ben@Example.com ", "editor").await?;
    assert_eq!(made.status, StatusCode::OK);
    let token = token(&made)?;
    assert!(token.len() == 64 && !admin.get(MEMBERS).await?.body.contains(&token));
    assert!(text(&admin.get(MEMBERS).await?).contains("Ben@Example.com"), "{}", text(&made));
    // Neither the link nor the hash of a password lies anywhere to be read.
    let stored = app.store().definitions().await?;
    assert!(stored.iter().all(|one| !one.body.contains(&token)));

    let cookies = admin.into_cookies();
    app.stop().await?;
    app.open().await?;
    let mut ben = Browser::new(&app);
    let page = ben.get(&format!("/invitation?token={token}")).await?;
    insta::assert_snapshot!(text(&page), @"
    Sillage
    Welcome aboard
    ada@example.com invites you to this Sillage. You will be an editor.
    E-mail
    Your name
    Password
    At least 10 characters. A short sentence is good.
    Begin
    ");
    let weak = ben
        .post("/invitation", &[("token", &token), ("name", "<b>Ben</b>"), ("password", "tiny")])
        .await?;
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(weak.body.contains("A password has at least 10 characters."), "{weak}");
    assert!(!weak.body.contains("tiny") && !weak.body.contains("<b>Ben"));
    let good = accept(&mut ben, &token, "<b>Ben</b>").await?;
    assert_eq!(
        (good.status, &good.headers[header::LOCATION]),
        (StatusCode::SEE_OTHER, &"/".parse()?)
    );
    assert_eq!(ben.get(SETUP).await?.status, StatusCode::OK);
    let members = app.store().members().await?;
    let known =
        members.iter().find(|one| one.value.email == "Ben@Example.com").context("not there")?;
    assert_eq!(known.value.role, Role::Editor);

    for mut again in [Browser::new(&app), Browser::with_cookies(&app, cookies.clone())] {
        let answer = accept(&mut again, &token, "Eve").await?;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(text(&answer).contains("works once, for seven days"), "{}", text(&answer));
    }
    let mut admin = Browser::with_cookies(&app, cookies);
    let list = admin.get(MEMBERS).await?;
    assert!(!list.body.contains("<b>Ben") && !list.body.contains("Withdraw"), "{list}");
    let again = invite(&mut admin, "ben@example.com", "viewer").await?;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(&again).contains("Somebody with this address is a member already."));
    Ok(())
}

#[tokio::test]
async fn a_link_that_is_wrong_late_withdrawn_or_replaced_lets_nobody_in() -> Result<()> {
    let Some(app) = TestApp::start("invite_no").await? else { return Ok(()) };
    let mut admin = Browser::signed_in(&app).await?;
    let first = token(&invite(&mut admin, "ben@example.com", "viewer").await?)?;
    let second = token(&invite(&mut admin, "ben@example.com", "viewer").await?)?;
    let mut anyone = Browser::new(&app);
    for wrong in ["", "0000", first.as_str(), &"0".repeat(64), &second.to_uppercase()] {
        let page = anyone.get(&format!("/invitation?token={wrong}")).await?;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{wrong}: {page}");
        assert_eq!(accept(&mut anyone, wrong, "Eve").await?.status, StatusCode::FORBIDDEN);
    }
    app.pass(7 * DAY_MS - 1);
    let page = anyone.get(&format!("/invitation?token={second}")).await?;
    assert_eq!(page.status, StatusCode::OK, "{page}");
    app.pass(1);
    assert_eq!(accept(&mut anyone, &second, "Eve").await?.status, StatusCode::FORBIDDEN);
    assert!(text(&admin.get(MEMBERS).await?).contains("expired on"));

    let third = token(&invite(&mut admin, "cy@example.com", "admin").await?)?;
    is_done(&change(&app, &mut admin, "withdraw", "cy@example.com", "").await?, "withdrawn")?;
    assert_eq!(accept(&mut anyone, &third, "Eve").await?.status, StatusCode::FORBIDDEN);
    assert_eq!(app.store().members().await?.len(), 1);
    let bad = invite(&mut admin, "no address", "viewer").await?;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
    let bad = invite(&mut admin, "dan@example.com", "owner").await?;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST, "{bad}");
    Ok(())
}

#[tokio::test]
async fn of_many_who_come_with_one_link_at_once_one_gets_in() -> Result<()> {
    let Some(app) = TestApp::start("invite_race").await? else { return Ok(()) };
    let beside = app.beside().await?;
    let mut admin = Browser::signed_in(&app).await?;
    let token = token(&invite(&mut admin, "ben@example.com", "viewer").await?)?;
    let come = async |app: &TestApp| -> Result<bool> {
        let answer = accept(&mut Browser::new(app), &token, "Ben").await?;
        ensure!(!answer.status.is_server_error(), "{answer}");
        Ok(answer.status == StatusCode::SEE_OTHER)
    };
    let (a, b, c, d) = tokio::join!(come(&app), come(&beside), come(&app), come(&beside));
    let n_in = [a?, b?, c?, d?].into_iter().filter(|is_in| *is_in).count();
    assert_eq!(n_in, 1);
    let versions = app
        .store()
        .versions(store::definition::Kind::Member, &Member::id_of("ben@example.com"))
        .await?;
    assert_eq!(versions.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_role_holds_from_the_next_request_on() -> Result<()> {
    let Some(app) = TestApp::start("roles").await? else { return Ok(()) };
    let mut admin = Browser::signed_in(&app).await?;
    let mut ben = join(&app, &mut admin, "ben@example.com", Role::Viewer).await?;
    let refused = ben.get("/projects/default/features/new?path=/").await?;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    insta::assert_snapshot!(text(&refused), @"
    That did not work
    Only an editor or an administrator names, changes and deletes features.
    Go to Features
    ");
    assert!(!ben.get(SETUP).await?.body.contains("name=\"time_zone\""));
    assert!(!ben.get(MEMBERS).await?.body.contains("Make the link"));

    is_done(&change(&app, &mut admin, "role", "ben@example.com", "editor").await?, "role")?;
    let named = ben.get("/projects/default/features/new?path=/").await?;
    assert_eq!(named.status, StatusCode::OK, "{named}");
    is_done(&change(&app, &mut admin, "role", "ben@example.com", "admin").await?, "role")?;
    assert!(ben.get(SETUP).await?.body.contains("name=\"time_zone\""));
    // Both know who did it.
    let id = Member::id_of("ben@example.com");
    let versions = app.store().versions(store::definition::Kind::Member, &id).await?;
    let authors: Vec<_> = versions.iter().map(|one| one.author.as_str()).collect();
    assert_eq!(authors, ["ada@example.com", "ada@example.com", "ben@example.com"]);
    Ok(())
}

#[tokio::test]
async fn there_is_always_an_administrator() -> Result<()> {
    let Some(app) = TestApp::start("last_admin").await? else { return Ok(()) };
    let mut ada = Browser::signed_in(&app).await?;
    for (what, role) in [("role", "viewer"), ("remove", "")] {
        let answer = change(&app, &mut ada, what, "ada@example.com", role).await?;
        assert_eq!(answer.status, StatusCode::CONFLICT);
        assert!(text(&answer).contains("There must be an administrator"), "{}", text(&answer));
    }
    let mut ben = join(&app, &mut ada, "ben@example.com", Role::Admin).await?;
    // Both demote the other at once.
    let (one, other) = tokio::join!(
        change(&app, &mut ada, "role", "ben@example.com", "viewer"),
        change(&app, &mut ben, "role", "ada@example.com", "viewer"),
    );
    let statuses = [one?.status, other?.status];
    let is_done = |status: &&StatusCode| **status == StatusCode::SEE_OTHER;
    assert_eq!(statuses.iter().filter(is_done).count(), 1, "{statuses:?}");
    let members = app.store().members().await?;
    let admins = members.iter().filter(|member| member.value.role == Role::Admin);
    assert_eq!(admins.count(), 1);
    Ok(())
}

#[tokio::test]
async fn who_is_removed_is_out_at_once_and_stays_out() -> Result<()> {
    let Some(app) = TestApp::start("removed").await? else { return Ok(()) };
    let mut admin = Browser::signed_in(&app).await?;
    let mut ben = join(&app, &mut admin, "ben@example.com", Role::Editor).await?;
    let live = ben.request(Method::GET, "/projects/default/live", Body::empty())?;
    let live = tower::ServiceExt::oneshot(app.router()?, live).await?;
    let watching = tokio::spawn(axum::body::to_bytes(live.into_body(), usize::MAX));
    assert_eq!(ben.get(SETUP).await?.status, StatusCode::OK);

    let csrf = field(&admin.get(MEMBERS).await?, "csrf")?;
    let id = Member::id_of("ben@example.com");
    let old = [("csrf", csrf.as_str()), ("id", &id), ("version", "7")];
    let stale = admin.post(&format!("{MEMBERS}/remove"), &old).await?;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert!(text(&stale).contains("Somebody else changed this meanwhile"), "{}", text(&stale));
    is_done(&change(&app, &mut admin, "remove", "ben@example.com", "").await?, "removed")?;

    let out = ben.get(SETUP).await?;
    assert_eq!(out.status, StatusCode::SEE_OTHER, "{out}");
    tokio::time::timeout(Duration::from_secs(10), watching)
        .await
        .context("he still watches")???;
    // Invited again, he comes back by the new link, and not by what he had open.
    let mut back = join(&app, &mut admin, "Ben@example.com", Role::Viewer).await?;
    assert_eq!(back.get(SETUP).await?.status, StatusCode::OK);
    assert_eq!(ben.get(SETUP).await?.status, StatusCode::SEE_OTHER);
    app.pass(DAY_MS);
    assert_eq!(ben.get(SETUP).await?.status, StatusCode::SEE_OTHER);
    Ok(())
}

#[tokio::test]
async fn a_link_of_an_administrator_who_is_gone_lets_nobody_in() -> Result<()> {
    let Some(app) = TestApp::start("invited_by_gone").await? else { return Ok(()) };
    let mut admin = Browser::signed_in(&app).await?;
    let mut eve = join(&app, &mut admin, "eve@example.com", Role::Admin).await?;
    let link = token(&invite(&mut eve, "eve2@example.com", "admin").await?)?;
    let mut anyone = Browser::new(&app);
    let page = anyone.get(&format!("/invitation?token={link}")).await?;
    assert_eq!(page.status, StatusCode::OK, "{page}");
    is_done(&change(&app, &mut admin, "role", "eve@example.com", "editor").await?, "role")?;
    assert_eq!(accept(&mut anyone, &link, "Eve").await?.status, StatusCode::FORBIDDEN);
    assert_eq!(app.store().members().await?.len(), 2);
    Ok(())
}
