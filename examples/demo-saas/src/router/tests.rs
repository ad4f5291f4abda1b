//! Tidemark through its routes.

use super::*;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{Request, StatusCode};
use jiff::civil::Date;
use tower::ServiceExt;

/// One person's browser: keeps the cookie.
struct Visitor {
    router: Router,
    cookie: String,
}

/// What came back.
struct Page {
    status: StatusCode,
    location: String,
    body: String,
}

impl Visitor {
    fn new() -> Self {
        let script = r#"<script async src="/sdk.js" data-write-key="k"></script>"#;
        let app = App::new(script.to_owned(), || Date::new(2026, 11, 20).unwrap());
        Self { router: router(app), cookie: String::new() }
    }

    async fn send(&mut self, path: &str, form: Option<&str>) -> Page {
        let request = Request::builder().uri(path).header(COOKIE, &self.cookie);
        let request = match form {
            Some(form) => request
                .method("POST")
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(form.to_owned())),
            None => request.body(Body::empty()),
        };
        let response = self.router.clone().oneshot(request.unwrap()).await.unwrap();
        let header = |name| {
            let value = response.headers().get(name);
            value.map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
        };
        let (status, location, cookie) = (response.status(), header(LOCATION), header(SET_COOKIE));
        if let Some((cookie, _)) = cookie.split_once(';') {
            self.cookie = cookie.to_owned();
        }
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Page { status, location, body: String::from_utf8(body.into()).unwrap() }
    }

    async fn sign_in(&mut self, email: &str, company: &str) {
        let form = format!("email={email}&company={company}&role=Analyst&password=secret");
        let page = self.send("/sign-in", Some(&form)).await;
        assert_eq!(
            (page.status, page.location.as_str()),
            (StatusCode::SEE_OTHER, "/collection/sources")
        );
    }
}

#[tokio::test]
async fn every_page_embeds_the_line_and_nothing_from_elsewhere() {
    let mut visitor = Visitor::new();
    let sign_in = visitor.send("/sign-in", None).await;
    visitor.sign_in("ann@acme.example", "Acme").await;
    let mut bodies = vec![sign_in.body];
    for path in [
        "/collection/sources",
        "/collection/sources/new",
        "/collection/sources/101",
        "/collection/sources/101/schema",
        "/monitoring/metrics",
        "/monitoring/metrics/1?days=90",
        "/monitoring/alerts",
    ] {
        let page = visitor.send(path, None).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        bodies.push(page.body);
    }
    for body in bodies {
        assert_eq!(body.matches(r#"<script async src="/sdk.js" data-write-key="k">"#).count(), 1);
        assert!(!body.contains("//www.") && !body.contains("https://"), "{body}");
    }
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
    let mut visitor = Visitor::new();
    visitor.sign_in("ann@acme.example", "Acme").await;
    let refused = visitor.send("/collection/sources", Some("name=&kind=&host=&rhythm=")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let form = "name=Shop&kind=Web+shop&host=shop.example&rhythm=Every+hour&password=secret";
    let saved = visitor.send("/collection/sources", Some(form)).await;
    assert_eq!(saved.location, "/collection/sources/102");
    let form = "name=total&kind=Money&name=note&kind=Text";
    let saved = visitor.send("/collection/sources/102/schema", Some(form)).await;
    assert_eq!(saved.location, "/collection/sources/102");
    let page = visitor.send("/collection/sources/102", None).await;
    assert!(page.body.contains("total") && page.body.contains("note"), "{}", page.body);
    assert!(!page.body.contains("order_id") && !page.body.contains("secret"), "{}", page.body);
}

#[tokio::test]
async fn a_metric_is_watched_and_an_alert_set_and_deleted() {
    let mut visitor = Visitor::new();
    visitor.sign_in("ann@acme.example", "Acme").await;
    visitor.send("/monitoring/metrics/2/watch", Some("")).await;
    let page = visitor.send("/monitoring/metrics/2", None).await;
    assert!(page.body.contains("Stop watching"), "{}", page.body);
    let form = "condition=falls+below&threshold=1500&channel=Chat";
    visitor.send("/monitoring/metrics/2/alerts", Some(form)).await;
    let page = visitor.send("/monitoring/alerts", None).await;
    assert!(page.body.contains("falls below 1.50k"), "{}", page.body);
    visitor.send("/monitoring/alerts/102/delete", Some("")).await;
    let page = visitor.send("/monitoring/alerts", None).await;
    assert!(!page.body.contains("falls below"), "{}", page.body);
}

#[tokio::test]
async fn companies_do_not_see_each_other() {
    let mut visitor = Visitor::new();
    visitor.sign_in("ann@acme.example", "Acme").await;
    let form = "name=Shop&kind=Web+shop&host=&rhythm=Every+hour";
    visitor.send("/collection/sources", Some(form)).await;
    visitor.sign_in("bob@bolt.example", "Bolt").await;
    let page = visitor.send("/collection/sources/102", None).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.body.contains("There is no such source."), "{}", page.body);
}
