//! The import's lines held still: golden JSON, round trips, sentences, bytes that never panic.

use proptest::prelude::*;
use protocol::{
    Context, DropReason, Element, EventId, ImportId, ImportLine, ImportReceipt, Kind, LineResult,
    Node, Outcome, Page, Properties, Timestamp, Warning, import, limits,
};

/// A line with every field set. What was once accepted must be accepted for ever.
const GOLDEN: &str = r#"{"event_id":"018bcfe5-6800-7000-8000-000000000001","kind":"custom","name":"signed_up","timestamp":1700000000000,"context":{"anonymous_id":"a-1","user_id":"u-7","session_id":"s-1"},"page":{"host":"app.example.com","path":"/orders/12","title":"Order"},"element":{"chain":[{"tag":"button","name":"Save"}]},"properties":{"plan":"team"},"user_agent":"Mozilla/5.0","country":"CH"}"#;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn golden() -> ImportLine<'static> {
    let mut properties = Properties::new();
    properties.set("plan", "team");
    let node = Node { tag: "button".into(), name: Some("Save".into()), ..Node::default() };
    let (host, path) = ("app.example.com".into(), "/orders/12".into());
    ImportLine {
        event_id: Some(EventId::new(NOW, [0, 0, 0, 0, 0, 0, 0, 0, 0, 1])),
        kind: Kind::Custom,
        name: Some("signed_up".into()),
        timestamp: NOW,
        context: Context {
            anonymous_id: "a-1".into(),
            user_id: Some("u-7".into()),
            session_id: "s-1".into(),
            ..Context::default()
        },
        page: Some(Page { host, path, title: Some("Order".into()) }),
        element: Some(Element { chain: vec![node] }),
        properties,
        user_agent: Some("Mozilla/5.0".into()),
        country: Some("CH".into()),
    }
}

#[test]
fn a_line_is_what_it_was() {
    assert_eq!(serde_json::to_string(&golden()).unwrap(), GOLDEN);
    assert_eq!(ImportLine::parse(GOLDEN.as_bytes()), Ok(golden()));
    let more = GOLDEN.replacen('{', r#"{"from_the_future":{"a":[1]},"resent":true,"#, 1) + "\r";
    assert_eq!(ImportLine::parse(more.as_bytes()), Ok(golden()));
}

fn check(line: &[u8]) -> String {
    let fault = match ImportLine::parse(line) {
        Ok(line) => line.fault(NOW),
        Err(refused) => Some(refused),
    };
    fault.map_or("taken".to_owned(), |fault| format!("{}: {}", fault.reason, fault.detail))
}

#[test]
fn a_refusal_names_the_field() {
    let with = |from: &str, to: &str| check(GOLDEN.replacen(from, to, 1).as_bytes());
    insta::assert_snapshot!(check(GOLDEN.as_bytes()), @"taken");
    insta::assert_snapshot!(with("{", ""), @"malformed: the line is no JSON object");
    insta::assert_snapshot!(check(&GOLDEN.as_bytes()[..60]), @"malformed: `kind` ends in the middle of a string");
    insta::assert_snapshot!(check(b"17"), @"malformed: the line is no JSON object");
    insta::assert_snapshot!(check(b"\xff"), @"malformed: the line is not UTF-8");
    insta::assert_snapshot!(check(&vec![b' '; limits::IMPORT_LINE_BYTES + 1]), @"malformed: the line is longer than 131072 bytes");
    insta::assert_snapshot!(with(r#""timestamp":1700000000000,"#, ""), @"malformed: `timestamp` is missing");
    insta::assert_snapshot!(with("1700000000000", r#""today""#), @"malformed: `timestamp` must be a whole number of milliseconds, not text");
    insta::assert_snapshot!(with("018bcfe5-", "1"), @"malformed: `event_id` must be a UUID");
    insta::assert_snapshot!(with(r#""custom""#, r#""clack""#), @"malformed: `kind` must be one of `page_view`, `page_leave`, `click`, `submit`, `change`, `copy`, `download`, `outbound`, `rage_click`, `dead_click`, `error_click`, `error`, `web_vital`, `exposure`, `identify`, `group`, `custom`");
    insta::assert_snapshot!(with(r#""chain""#, r#""path""#), @"malformed: `element.chain` is missing");
    insta::assert_snapshot!(with(r#""tag":"button""#, r#""tag":7"#), @"malformed: `element.chain[0].tag` must be text, not a number");
    insta::assert_snapshot!(with(r#""host":"app.example.com","#, ""), @"malformed: `page.host` is missing");
    insta::assert_snapshot!(with(r#"{"plan":"team"}"#, "[]"), @"malformed: `properties` must be an object, not a list");
    insta::assert_snapshot!(with("1700000000000", "1700000300001"), @"in_future: `timestamp` lies more than 5 minutes in the future");
    insta::assert_snapshot!(with("1700000000000", "1700000000"), @"too_old: `timestamp` lies before 1990: it is in milliseconds, are these seconds?");
    insta::assert_snapshot!(with(r#""name":"signed_up","#, ""), @"invalid_name: `name` is missing, and a custom event needs one");
    insta::assert_snapshot!(with("signed_up", &"n".repeat(129)), @"invalid_name: `name` has 129 bytes, and may have 128");
    insta::assert_snapshot!(with(r#""anonymous_id":"a-1","user_id":"u-7","#, ""), @"invalid_identity: `context` has neither an `anonymous_id` nor a `user_id`");
    insta::assert_snapshot!(with("s-1", &"s".repeat(257)), @"invalid_identity: `context.session_id` has 257 bytes, and may have 256");
    assert_eq!(with("1700000000000", "1700000300000"), "taken");
    assert_eq!(with("1700000000000", "631152000000"), "taken");
}

#[test]
fn a_receipt_reads_as_the_documentation_says() {
    let dropped = Outcome::Dropped(DropReason::InFuture);
    let receipt = ImportReceipt {
        accepted: 2,
        results: vec![
            LineResult { i: 1, outcome: dropped, detail: "`timestamp` lies ahead".to_owned() },
            LineResult {
                i: 2,
                outcome: Outcome::Warning(Warning::PropertiesCut),
                detail: String::new(),
            },
        ],
        mark: "1-64".to_owned(),
    };
    let text = serde_json::to_string(&receipt).unwrap();
    insta::assert_snapshot!(text, @r#"{"accepted":2,"results":[{"i":1,"result":"dropped","reason":"in_future","detail":"`timestamp` lies ahead"},{"i":2,"result":"warning","reason":"properties_cut"}],"mark":"1-64"}"#);
    assert_eq!(serde_json::from_str::<ImportReceipt>(&text).unwrap(), receipt);
}

#[test]
fn blank_lines_are_counted_and_known() {
    let lines: Vec<_> = import::lines(b"a\n\r\n\nb\n").collect();
    assert_eq!(lines, [&b"a"[..], b"\r", b"", b"b"]);
    let blank: Vec<bool> = lines.into_iter().map(import::is_blank).collect();
    assert_eq!(blank, [false, true, true, false]);
}

fn text() -> impl Strategy<Value = String> {
    "\\PC{0,12}"
}

prop_compose! {
    fn line()(
        id in proptest::option::of(any::<[u8; 16]>()),
        ms: i64,
        kind in proptest::sample::select(Kind::ALL.to_vec()),
        name in proptest::option::of(text()),
        texts in proptest::array::uniform4(text()),
        user_id in proptest::option::of(text()),
        entries in proptest::collection::vec((text(), text()), 0..4),
    ) -> ImportLine<'static> {
        let mut properties = Properties::new();
        for (key, value) in entries.into_iter().filter(|(key, _)| !key.is_empty()) {
            properties.set(key, value);
        }
        let [anonymous_id, path, tag, user_agent] = texts;
        ImportLine {
            event_id: id.map(EventId::from_bytes),
            kind,
            name: name.map(Into::into),
            timestamp: Timestamp::from_millis(ms),
            context: Context {
                anonymous_id: anonymous_id.into(),
                user_id: user_id.map(Into::into),
                ..Context::default()
            },
            page: Some(Page { host: "h".into(), path: path.into(), title: None }),
            element: Some(Element { chain: vec![Node { tag: tag.into(), ..Node::default() }] }),
            properties,
            user_agent: Some(user_agent.into()),
            country: None,
        }
    }
}

proptest! {
    #[test]
    fn every_line_survives_the_file(line in line()) {
        let text = serde_json::to_vec(&line).unwrap();
        prop_assert_eq!(ImportLine::parse(&text), Ok(line));
    }

    #[test]
    fn an_import_id_is_read_as_it_is_shown(bytes in any::<[u8; 32]>()) {
        let id = ImportId::from_bytes(bytes);
        prop_assert_eq!(ImportId::parse(&id.to_string()), Ok(id));
        prop_assert!(ImportId::parse(&id.to_string()[1..]).is_err());
    }

    #[test]
    fn arbitrary_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        drop(import::lines(&body).map(check).collect::<Vec<_>>());
        let _ = ImportId::parse(&String::from_utf8_lossy(&body));
    }

    #[test]
    fn a_damaged_line_never_panics(at in 0..GOLDEN.len(), byte: u8) {
        let mut line = GOLDEN.as_bytes().to_vec();
        line[at] = byte;
        check(&line);
    }
}
