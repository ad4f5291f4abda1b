//! Both languages on every page.

use super::*;
use crate::catalogue::ALL;
use std::collections::BTreeSet;

#[tokio::test]
async fn the_language_is_chosen_before_and_after_signing_in() {
    let mut visitor = Visitor::new();
    assert!(visitor.see("/sign-in").await.contains("<html lang=\"en\">"));
    assert_eq!(visitor.send("/sign-in?language=de", None).await.location, "/sign-in");
    let page = visitor.see("/sign-in").await;
    assert!(page.contains("<html lang=\"de\">") && page.contains("Dienstliche E-Mail"), "{page}");
    visitor.sign_in("ann@acme.example", "Acme").await;
    assert!(visitor.see("/monitoring/metrics").await.contains("Umsatz"));
    visitor.post("/settings", "language=en").await;
    assert!(visitor.see("/monitoring/metrics").await.contains("Revenue"));
    visitor.post("/settings", "language=xx").await;
    assert!(visitor.see("/settings").await.contains("<html lang=\"en\">"));
}

#[tokio::test]
async fn no_page_says_anything_in_the_other_language() {
    for (code, own, other) in [("en", 1, 2), ("de", 2, 1)] {
        let own: BTreeSet<_> = ALL.iter().map(|text| text[own]).collect();
        let other = ALL.iter().map(|text| text[other]);
        let foreign: BTreeSet<_> = other.filter(|text| !own.contains(text)).collect();
        for (path, body) in bodies(code).await {
            for text in visible(&body) {
                assert!(!foreign.contains(text.as_str()), "{code} {path}: {text}");
                assert!(!text.contains("{}"), "{code} {path}: {text}");
                let is_key = |[key, english, _]: &[&str; 3]| {
                    key.contains('_') && key != english && *key == text
                };
                assert!(!ALL.iter().any(is_key), "{code} {path}: {text}");
            }
        }
    }
}

/// Every page in one language, as an administrator, as a marketer, and with nobody signed in.
async fn bodies(code: &str) -> Vec<(String, String)> {
    let mut visitor = Visitor::new();
    visitor.send(&format!("/sign-in?language={code}"), None).await;
    let mut bodies = vec![("/sign-in".to_owned(), visitor.see("/sign-in").await)];
    let refused = visitor.send("/sign-in", Some("email=&company=&role=")).await;
    let missing = visitor.send("/nowhere", None).await;
    bodies.extend([("refused".to_owned(), refused.body), ("missing".to_owned(), missing.body)]);
    for role in ["Administrator", "Marketer"] {
        visitor.sign_in_as(role, "ann@acme.example", "Acme").await;
        let paths = if role == "Administrator" {
            all_paths(&mut visitor).await
        } else {
            ["/collection/sources", "/settings/team", "/upgrade"].map(str::to_owned).into()
        };
        for path in paths {
            let body = visitor.see(&path).await;
            bodies.push((path, body));
        }
    }
    bodies
}

/// What a person sees or is read: text, and the attributes that say something.
fn visible(body: &str) -> Vec<String> {
    let (_, body) = body.split_once("<body").unwrap();
    let mut texts = Vec::new();
    for piece in body.split('<') {
        let (tag, text) = piece.split_once('>').unwrap_or(("", piece));
        texts.push(text.trim().to_owned());
        for name in ["aria-label", "placeholder", "title", "data-label"] {
            let value = tag.split_once(&format!(" {name}=\"")).map(|(_, rest)| rest);
            let value = value.and_then(|rest| rest.split('"').next());
            texts.extend(value.map(str::to_owned));
        }
    }
    texts.retain(|text| !text.is_empty());
    texts
}
