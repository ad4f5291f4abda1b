//! Each route with each role: who is let through, who is refused with a sentence, and that no
//! route is without a row.

use crate::browser::Browser;
use crate::import::KEY;
use crate::team::{join, json};
use crate::test_app::{Answer, TestApp};
use anyhow::{Context, Result, ensure};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use collector::access::{For, ROUTES, may};
use collector::config::server::FirstKey;
use std::collections::BTreeSet;
use std::path::Path;
use store::Role;

/// An address of a route, about things that are not there.
fn address(path: &str) -> String {
    path.replace("{project}", "default")
        .replace("{id}", "0123456789abcdef")
        .replace("{letter}", "none")
        .replace("{account}", "acme")
        .replace("{file}", "none")
}

/// Asks a route as a program does, in JSON.
fn request(method: &str, path: &str) -> Result<Request<Body>> {
    let request = Request::builder().method(Method::from_bytes(method.as_bytes())?);
    let request = request.uri(address(path)).header(header::HOST, "127.0.0.1:8080");
    Ok(request.header(header::CONTENT_TYPE, "application/json").body(Body::from("{}"))?)
}

/// Whether it is a refusal for want of a role: then there is a sentence that says whose it is.
fn is_refused(answer: &Answer) -> bool {
    answer.status == StatusCode::FORBIDDEN
        && ["only an administrator ", "only an editor ", "this is for "]
            .iter()
            .any(|words| answer.body.contains(words))
}

async fn as_member(app: &TestApp, browser: &Browser<'_>, route: &(&str, &str)) -> Result<Answer> {
    let method = Method::from_bytes(route.0.as_bytes())?;
    let mut request = browser.request(method, &address(route.1), Body::from("{}"))?;
    json(&mut request)?;
    let response = tower::ServiceExt::oneshot(app.router()?, request).await?;
    let (parts, body) = response.into_parts();
    let kind = parts.headers.get(header::CONTENT_TYPE);
    // A stream of events has no end.
    let is_stream = kind.is_some_and(|kind| kind == "text/event-stream");
    let body = if is_stream { Body::empty() } else { body };
    let body = axum::body::to_bytes(body, usize::MAX).await?;
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok(Answer { status: parts.status, headers: parts.headers, body })
}

#[tokio::test]
async fn each_route_lets_through_whom_its_row_names() -> Result<()> {
    let Some(app) = TestApp::start("access").await? else { return Ok(()) };
    let mut admin = Browser::signed_in(&app).await?;
    let editor = join(&app, &mut admin, "ed@example.com", Role::Editor).await?;
    let viewer = join(&app, &mut admin, "vi@example.com", Role::Viewer).await?;
    let members = [(Role::Viewer, &viewer), (Role::Editor, &editor), (Role::Admin, &admin)];
    let mut n_refused = 0;
    // Signing out ends what the others need.
    for (method, path, whom) in ROUTES.iter().filter(|(_, path, _)| *path != "/sign-out") {
        for (role, browser) in members {
            let answer = as_member(&app, browser, &(method, path)).await?;
            let is_let = match whom {
                For::Anybody => true,
                For::Program => continue,
                For::Member(act) | For::Both(act) => may(role, *act),
            };
            n_refused += usize::from(!is_let);
            ensure!(is_refused(&answer) != is_let, "{method} {path} as {role:?}: {answer}");
            ensure!(!answer.status.is_server_error(), "{method} {path} as {role:?}: {answer}");
        }
    }
    ensure!(n_refused > 30, "only {n_refused} refusals: the table says nothing");
    Ok(())
}

#[tokio::test]
async fn without_a_sign_in_and_with_a_key_only_what_is_meant_for_it_answers() -> Result<()> {
    let (key, first) = (KEY, FirstKey::parse(KEY)?);
    let set = |config: &mut collector::config::Config| config.server.private_key = Some(first);
    let Some(app) = TestApp::start_with("access_key", set).await? else { return Ok(()) };
    for (method, path, whom) in ROUTES.iter().filter(|(.., whom)| *whom != For::Anybody) {
        let answer = app.send(request(method, path)?).await?;
        ensure!(answer.status == StatusCode::UNAUTHORIZED, "{method} {path}: {answer}");
        let mut asked = request(method, path)?;
        asked.headers_mut().insert(header::AUTHORIZATION, format!("Bearer {key}").parse()?);
        let answer = app.send(asked).await?;
        let is_let = !matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
        ensure!(is_let == !matches!(whom, For::Member(_)), "{method} {path}: {answer}");
    }
    Ok(())
}

/// The paths of every `.route("…"` in a folder of source files.
fn routes_in(dir: &Path, paths: &mut BTreeSet<String>) -> Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().context("no name")?.to_string_lossy().into_owned();
        if path.is_dir() {
            routes_in(&path, paths)?;
        } else if name != "tests.rs" {
            let text = std::fs::read_to_string(&path)?;
            let calls = text.split(".route(").skip(1).map(str::trim_start);
            let of = |call: &str| call.strip_prefix('"')?.split('"').next().map(str::to_owned);
            paths.extend(calls.filter_map(of));
        }
    }
    Ok(())
}

#[test]
fn no_route_is_without_a_row() -> Result<()> {
    let mut paths = BTreeSet::new();
    routes_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut paths)?;
    let rows: BTreeSet<_> = ROUTES.iter().map(|(_, path, _)| (*path).to_owned()).collect();
    assert!(paths.len() > 30);
    let missing: Vec<_> = paths.difference(&rows).collect();
    assert!(missing.is_empty(), "give them rows in collector/src/access.rs: {missing:?}");
    let stray: Vec<_> = rows.difference(&paths).collect();
    assert!(stray.is_empty(), "no such routes: {stray:?}");
    Ok(())
}

#[tokio::test]
async fn each_method_of_a_path_has_its_row() -> Result<()> {
    let Some(app) = TestApp::start("access_methods").await? else { return Ok(()) };
    let browser = Browser::signed_in(&app).await?;
    let paths: BTreeSet<_> = ROUTES.iter().map(|(_, path, _)| *path).collect();
    for path in paths {
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH"] {
            if ROUTES.iter().any(|(of, known, _)| *of == method && *known == path) {
                continue;
            }
            let answer = as_member(&app, &browser, &(method, path)).await?;
            // A handler without a row would answer with 500, or with anything else.
            let status = answer.status;
            ensure!(
                status == StatusCode::METHOD_NOT_ALLOWED,
                "{method} {path} has no row: {answer}"
            );
        }
    }
    Ok(())
}

/// Every route with whom it is for, of the screens of projects or of all else, but what any member may
/// look at.
fn told(of_screens: bool) -> String {
    let least = |act| {
        let roles = [Role::Viewer, Role::Editor, Role::Admin];
        roles.into_iter().find(|role| may(*role, act)).map_or("nobody", Role::as_str)
    };
    let who = |whom: &For| match whom {
        For::Anybody => "anybody".to_owned(),
        For::Program => "program".to_owned(),
        For::Member(act) => least(*act).to_owned(),
        For::Both(act) => format!("{} or program", least(*act)),
    };
    let routes = ROUTES.iter().filter(|(_, path, _)| path.starts_with("/projects/") == of_screens);
    let told = routes.map(|(method, path, whom)| (*method, *path, who(whom)));
    let told = told.filter(|(method, _, who)| *method != "GET" || !who.starts_with("viewer"));
    let told: Vec<_> = told.map(|(method, path, who)| format!("{method} {path}: {who}")).collect();
    told.join("\n")
}

/// Said once more than in the table: a row that is loosened by mistake fails here.
#[test]
fn what_changes_something_or_is_open_is_for_whom_it_should_be() {
    insta::assert_snapshot!(told(false), @r"
    POST /v1/events: anybody
    OPTIONS /v1/events: anybody
    GET /v1/config: anybody
    POST /v1/trouble: anybody
    GET /healthz: anybody
    GET /readyz: anybody
    GET /sdk.js: anybody
    GET /sdk/{file}: anybody
    GET /assets/{file}: anybody
    GET /privacy: anybody
    GET /welcome: anybody
    POST /welcome: anybody
    GET /invitation: anybody
    POST /invitation: anybody
    GET /sign-in: anybody
    POST /sign-in: anybody
    POST /theme: anybody
    POST /sign-out: viewer
    GET /v1/projects: program
    POST /v1/projects/{project}/import: program
    GET /v1/projects/{project}/import: program
    POST /v1/projects/{project}/query: viewer or program
    POST /v1/projects/{project}/accounts: viewer or program
    PUT /v1/projects/{project}/staff: admin or program
    POST /v1/projects/{project}/merges: admin or program
    DELETE /v1/projects/{project}/merges/{from}: admin or program
    PUT /v1/projects/{project}/identity-rules: admin
    PUT /v1/projects/{project}/captured: admin
    POST /v1/projects/{project}/features: editor or program
    POST /v1/projects/{project}/features/preview: viewer or program
    PUT /v1/projects/{project}/features/{id}: editor or program
    DELETE /v1/projects/{project}/features/{id}: editor or program
    POST /v1/projects/{project}/annotations: editor or program
    DELETE /v1/projects/{project}/annotations/{id}: editor or program
    POST /v1/projects/{project}/accounts/records: editor or program
    POST /v1/projects/{project}/views: editor or program
    PUT /v1/projects/{project}/views/{id}: editor or program
    DELETE /v1/projects/{project}/views/{id}: editor or program
    ");
}

#[test]
fn what_changes_something_on_a_screen_is_for_whom_it_should_be() {
    insta::assert_snapshot!(told(true), @r"
    POST /projects/{project}/views: editor
    POST /projects/{project}/views/{id}: editor
    POST /projects/{project}/views/{id}/delete: editor
    POST /projects/{project}/setup: admin
    POST /projects/{project}/setup/captured: admin
    POST /projects/{project}/keys: admin
    POST /projects/{project}/keys/revoke: admin
    POST /projects/{project}/counted: admin
    POST /projects/{project}/counted/merges: admin
    POST /projects/{project}/counted/merges/undo: admin
    POST /projects/{project}/identity: admin
    POST /projects/{project}/members: admin
    POST /projects/{project}/members/withdraw: admin
    POST /projects/{project}/members/role: admin
    POST /projects/{project}/members/remove: admin
    POST /projects/{project}/annotations: editor
    POST /projects/{project}/annotations/remove: editor
    GET /projects/{project}/features/new: editor
    POST /projects/{project}/features/new: editor
    GET /projects/{project}/features/clicked: editor
    POST /projects/{project}/features/clicked: editor
    GET /projects/{project}/features/point: editor
    GET /projects/{project}/features/point/clicks: editor
    GET /projects/{project}/features/point/rules: editor
    POST /projects/{project}/features/{id}: editor
    GET /projects/{project}/features/{id}/add: editor
    POST /projects/{project}/features/{id}/add: editor
    POST /projects/{project}/features/{id}/remove: editor
    POST /projects/{project}/features/{id}/accept: editor
    POST /projects/{project}/features/{id}/delete: editor
    POST /projects/{project}/import: editor
    POST /projects/{project}/accounts/{account}/record/attribute: editor
    POST /projects/{project}/accounts/{account}/record/contact: editor
    POST /projects/{project}/accounts/{account}/record/note: editor
    GET /projects/{project}/dead-letters.jsonl: admin
    POST /projects/{project}/dead-letters/replay: admin
    POST /projects/{project}/dead-letters/discard: admin
    POST /projects/{project}/dead-letters/upload: admin
    POST /projects/{project}/dead-letters/{letter}: admin
    ");
}
