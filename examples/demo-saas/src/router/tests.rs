//! Tidemark through its routes.

use super::*;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Request, StatusCode};
use jiff::civil::Date;
use std::collections::BTreeMap;
use tower::ServiceExt;

mod analysis;
mod language;
mod settings;
mod visualisation;

/// One person's browser: keeps the cookies.
struct Visitor {
    router: Router,
    cookies: BTreeMap<String, String>,
}

/// What came back.
struct Page {
    status: StatusCode,
    location: String,
    headers: HeaderMap,
    body: String,
}

impl Visitor {
    fn new() -> Self {
        let script = r#"<script async src="/sdk.js" data-write-key="k"></script>"#;
        let app = App::new(script.to_owned(), || Date::new(2026, 11, 20).unwrap());
        Self { router: router(app), cookies: BTreeMap::new() }
    }

    async fn send(&mut self, path: &str, form: Option<&str>) -> Page {
        let cookies = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        let cookies = cookies.collect::<Vec<_>>().join("; ");
        let request = Request::builder().uri(path).header(COOKIE, cookies);
        let request = match form {
            Some(form) => request
                .method("POST")
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(form.to_owned())),
            None => request.body(Body::empty()),
        };
        let response = self.router.clone().oneshot(request.unwrap()).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        for cookie in headers.get_all(SET_COOKIE) {
            let (cookie, _) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = cookie.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let location = headers.get(LOCATION).map(|value| value.to_str().unwrap().to_owned());
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let body = String::from_utf8(body.into()).unwrap();
        Page { status, location: location.unwrap_or_default(), headers, body }
    }

    /// The page at a path, which must be there.
    async fn see(&mut self, path: &str) -> String {
        let page = self.send(path, None).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        page.body
    }

    /// Sends a form that is taken, and gives the path that the answer leads to.
    async fn post(&mut self, path: &str, form: &str) -> String {
        let page = self.send(path, Some(form)).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{path}: {}", page.body);
        page.location
    }

    /// Sends a form that must be refused with this sentence.
    async fn refused(&mut self, path: &str, form: &str, complaint: &str) {
        let page = self.send(path, Some(form)).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: {form}");
        let complaint = format!("role=\"alert\">{complaint}</p>");
        assert!(page.body.contains(&complaint), "{complaint}: {}", page.body);
    }

    async fn sign_in_as(&mut self, role: &str, email: &str, company: &str) {
        let form = format!("email={email}&company={company}&role={role}&password=secret");
        assert_eq!(self.post("/sign-in", &form).await, "/collection/sources");
    }

    async fn sign_in(&mut self, email: &str, company: &str) {
        self.sign_in_as("Analyst", email, company).await;
    }

    /// An analyst who is signed in.
    async fn analyst() -> Self {
        let mut visitor = Self::new();
        visitor.sign_in("analyst.1@acme-retail.example", "Acme+Retail").await;
        visitor
    }
}

/// The id at the end of a path.
fn id(path: &str) -> u32 {
    path.rsplit('/').next().unwrap().parse().unwrap()
}

/// The path of the first thing that a page links to under `folder`.
fn first(body: &str, folder: &str) -> String {
    let start = body.find(&format!("href=\"{folder}/1")).unwrap();
    body[start + 6..].split(['"', '?']).next().unwrap().to_owned()
}

/// A path of every page of the application, for somebody who is signed in.
async fn all_paths(visitor: &mut Visitor) -> Vec<String> {
    let mut paths: Vec<_> = [
        "/collection/sources",
        "/collection/sources/new",
        "/collection/sources/101",
        "/collection/sources/101/schema",
        "/monitoring/metrics",
        "/monitoring/metrics/1?days=90",
        "/monitoring/alerts",
        "/visualisation/charts/new?look=bars&compares=on",
        "/analysis/groups/new",
        "/analysis/funnels/new",
        "/analysis/smart-path/configure",
        "/settings",
        "/settings/team",
        "/upgrade",
    ]
    .map(str::to_owned)
    .into();
    for folder in [
        "/visualisation/charts",
        "/visualisation/boards",
        "/analysis/groups",
        "/analysis/funnels",
        "/analysis/smart-path",
    ] {
        let list = visitor.see(folder).await;
        let one = first(&list, folder);
        paths.extend([folder.to_owned(), one.trim_end_matches("/edit").to_owned()]);
        if folder.ends_with("charts") || folder.ends_with("groups") || folder.ends_with("funnels") {
            paths.push(format!("{}/edit", one.trim_end_matches("/edit")));
        }
    }
    paths
}

#[tokio::test]
async fn every_page_embeds_the_line_and_nothing_from_elsewhere() {
    let mut visitor = Visitor::new();
    let mut bodies = vec![visitor.see("/sign-in").await];
    visitor.sign_in("ann@acme.example", "Acme").await;
    for path in all_paths(&mut visitor).await {
        bodies.push(visitor.see(&path).await);
    }
    for body in bodies {
        assert_eq!(body.matches(r#"<script async src="/sdk.js" data-write-key="k">"#).count(), 1);
        assert!(!body.contains("//www.") && !body.contains("https://"), "{body}");
        // The policy allows neither.
        assert!(!body.contains(" style=") && !body.contains(" onclick="), "{body}");
    }
}

#[tokio::test]
async fn pages_say_who_is_signed_in_and_what_may_run() {
    let mut visitor = Visitor::new();
    assert!(!visitor.see("/sign-in").await.contains("data-user"));
    visitor.sign_in("analyst.1@acme-retail.example", "acme+retail").await;
    let page = visitor.send("/monitoring/metrics", None).await;
    assert!(page.body.contains(r#"<meta name="user-id" content="acme-retail-analyst-1">"#));
    let data = r#"data-name="Analyst 1, Acme Retail" data-role="Analyst" data-account="acme-retail" data-company="Acme Retail""#;
    assert!(page.body.contains(data), "{}", page.body);
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self'"), "{policy}");
    visitor.sign_in("ann.ames@acme.example", "Acme+Retail").await;
    let page = visitor.see("/settings").await;
    assert!(page.contains("acme-retail-analyst-7"), "{page}");
}

#[tokio::test]
async fn who_is_not_signed_in_is_led_to_the_form() {
    let mut visitor = Visitor::new();
    let page = visitor.send("/monitoring/metrics", None).await;
    assert_eq!((page.status, page.location.as_str()), (StatusCode::SEE_OTHER, "/sign-in"));
    let page = visitor.send("/sign-in", Some("email=ann&company=Acme&role=Analyst")).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.body.contains("Enter your work e-mail address."), "{}", page.body);
    visitor.sign_in("ann@acme.example", "Acme").await;
    visitor.send("/sign-out", Some("")).await;
    assert_eq!(visitor.send("/collection/sources", None).await.location, "/sign-in");
}

#[tokio::test]
async fn a_source_is_connected_and_its_schema_edited() {
    let mut visitor = Visitor::analyst().await;
    let sentence = "Give the source a name, so that colleagues find it.";
    visitor.refused("/collection/sources", "name=&kind=&host=&rhythm=", sentence).await;
    let form = "name=Shop&kind=shop&host=shop.example&rhythm=hourly&password=secret";
    let source = visitor.post("/collection/sources", form).await;
    let form = "name=total&kind=money&name=note&kind=text";
    assert_eq!(visitor.post(&format!("{source}/schema"), form).await, source);
    let page = visitor.see(&source).await;
    assert!(page.contains("total") && page.contains("note"), "{page}");
    assert!(!page.contains("order_id") && !page.contains("secret"), "{page}");
}

#[tokio::test]
async fn marketers_leave_the_sources_as_they_are() {
    let mut visitor = Visitor::new();
    visitor.sign_in_as("Marketer", "marketer.1@acme-retail.example", "Acme+Retail").await;
    let page = visitor.see("/collection/sources").await;
    assert!(!page.contains("Connect source") && page.contains("Analysts, managers"), "{page}");
    let form = "name=Shop&kind=shop&host=&rhythm=hourly";
    for (path, form) in [
        ("/collection/sources/new", None),
        ("/collection/sources", Some(form)),
        ("/collection/sources/101/schema", None),
        ("/collection/sources/101/schema", Some("name=a&kind=text")),
    ] {
        let page = visitor.send(path, form).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
        assert!(page.body.contains("Your role does not allow this."), "{}", page.body);
    }
}

#[tokio::test]
async fn a_metric_is_watched_and_an_alert_set_and_deleted() {
    let mut visitor = Visitor::analyst().await;
    visitor.post("/monitoring/metrics/2/watch", "").await;
    assert!(visitor.see("/monitoring/metrics/2").await.contains("Stop watching"));
    visitor
        .post("/monitoring/metrics/2/alerts", "condition=below&threshold=1500&channel=chat")
        .await;
    let page = visitor.see("/monitoring/alerts").await;
    assert!(page.contains("falls below 1.50k"), "{page}");
    // The latest stands first.
    let (_, delete) = page.split_once("/monitoring/alerts/1").unwrap();
    let delete = format!("/monitoring/alerts/1{}", delete.split('"').next().unwrap());
    visitor.post(&delete, "").await;
    let page = visitor.see("/monitoring/alerts").await;
    assert!(!page.contains("falls below 1.50k") && page.contains("falls below 92.0 %"), "{page}");
}

#[tokio::test]
async fn companies_do_not_see_each_other() {
    let mut visitor = Visitor::new();
    visitor.sign_in("ann@acme.example", "Acme").await;
    let form = "name=Shop&kind=shop&host=&rhythm=hourly";
    let source = visitor.post("/collection/sources", form).await;
    visitor.sign_in("bob@bolt.example", "Bolt").await;
    let page = visitor.send(&source, None).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.body.contains("There is no such source."), "{}", page.body);
}
