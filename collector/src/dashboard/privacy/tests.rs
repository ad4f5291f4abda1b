//! Nothing of the wire is missing on the page.

use super::words::{BATCH, CAMPAIGN, CONTEXT, EVENT, NODE, PAGE, PARTS, TROUBLE, kind};
use protocol::{
    Batch, Campaign, Context, Element, Event, EventId, Kind, Node, Page, Properties, Timestamp,
};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Holds that these are the fields that a value is sent with, neither more nor less.
#[track_caller]
fn check(said: &[(&str, &str)], sent: &[serde_json::Value]) {
    let sent: BTreeSet<&str> = sent
        .iter()
        .flat_map(|value| value.as_object().unwrap().keys().map(String::as_str))
        .collect();
    assert_eq!(said.iter().map(|(word, _)| *word).collect::<BTreeSet<_>>(), sent);
    assert!(said.iter().all(|(_, sentence)| !sentence.is_empty()));
}

fn json(value: &impl Serialize) -> serde_json::Value {
    serde_json::to_value(value).unwrap()
}

#[test]
fn every_field_of_the_wire_is_named() {
    let some = || Some("x".into());
    let campaign = Campaign { source: some(), medium: some(), name: some() };
    let context = Context {
        anonymous_id: "x".into(),
        user_id: some(),
        account_id: some(),
        session_id: "x".into(),
        referrer: some(),
        campaign: Some(campaign.clone()),
        language: some(),
        time_zone: some(),
        screen: some(),
        app_version: some(),
        automated: true,
    };
    let page = Page { host: "x".into(), path: "/".into(), title: some() };
    let node = Node {
        tag: "a".into(),
        id: some(),
        classes: vec!["x".into()],
        test_id: some(),
        role: some(),
        name: some(),
        field: some(),
        type_: some(),
        href: some(),
        index: Some(1),
    };
    let element = Element { chain: vec![node.clone()] };
    let mut properties = Properties::new();
    properties.set("key", "value");
    let event = Event {
        event_id: EventId::from_bytes([7; 16]),
        kind: Kind::Custom,
        name: some(),
        timestamp: Timestamp::from_millis(1),
        page: Some(0),
        element: Some(0),
        properties,
        resent: true,
    };
    let batch = Batch {
        sdk: "x".into(),
        sent_at: Timestamp::from_millis(1),
        attempt: 1,
        given_up: 1,
        identity: "1:f".into(),
        context: context.clone(),
        elements: vec![element.clone()],
        pages: vec![page.clone()],
        events: vec![event.clone()],
    };
    check(CONTEXT, &[json(&context)]);
    check(CAMPAIGN, &[json(&campaign)]);
    check(PAGE, &[json(&page)]);
    check(NODE, &[json(&element), json(&node)]);
    check(EVENT, &[json(&event)]);
    check(BATCH, &[json(&batch)]);
}

#[test]
fn every_kind_is_explained() {
    for it in Kind::ALL {
        assert!(!kind(it).is_empty(), "{it}");
    }
}

/// The report is text of one line each, as the SDK's source says it.
#[test]
fn every_line_of_the_report_of_a_failure_is_named_and_claimed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk-web/js");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let sources = files.filter(|file| file.is_file()).map(|file| fs::read_to_string(file).unwrap());
    let reports: Vec<_> = sources
        .flat_map(|source| source.lines().map(str::to_owned).collect::<Vec<_>>())
        .filter(|line| line.contains("body = `sillage-web/"))
        .collect();
    assert_eq!(reports.len(), 1, "{reports:?}");
    assert_eq!(reports[0].split(r"\n").count(), TROUBLE.len(), "{reports:?}");

    let at = PARTS.iter().position(|(title, _)| *title == "If the SDK itself fails").unwrap();
    assert_eq!(PARTS[at].1, TROUBLE);
    let page = include_str!("../../../templates/privacy.html");
    let (claims, rest) = page.split_once("{% for part in parts %}").unwrap();
    assert!(claims.contains(&format!(r##"href="#part-{}""##, at + 1)), "{claims}");
    assert!(rest.contains(r#"id="part-{{ loop.index }}""#), "{rest}");
}
