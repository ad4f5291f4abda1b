//! The wire held still: golden JSON, round trips, and arbitrary bytes that never panic.

use proptest::prelude::*;
use protocol::{
    Batch, Campaign, Context, Element, Event, EventId, Kind, Node, Page, ParseError, Properties,
    Timestamp, limits, parse_batch, parse_batch_noting,
};

/// A batch with every field set. What was once accepted must be accepted for ever.
const GOLDEN: &str = include_str!("golden/batch.json").trim_ascii_end();

fn golden() -> Batch<'static, Event<'static>> {
    let mut properties = Properties::new();
    properties.set("plan", "team");
    Batch {
        sdk: "sillage-web/0.1.0".into(),
        sent_at: Timestamp::from_millis(1_700_000_001_000),
        attempt: 2,
        given_up: 0,
        identity: "".into(),
        context: Context {
            anonymous_id: "a-1".into(),
            user_id: Some("u-7".into()),
            account_id: Some("acme".into()),
            session_id: "s-1".into(),
            referrer: Some("search.example/".into()),
            campaign: Some(Campaign {
                source: Some("news".into()),
                medium: Some("mail".into()),
                name: Some("spring".into()),
            }),
            language: Some("fr-CH".into()),
            time_zone: Some("Europe/Zurich".into()),
            screen: Some("1440x900".into()),
            app_version: Some("4.2".into()),
            automated: true,
        },
        elements: vec![Element {
            chain: vec![
                Node {
                    tag: "button".into(),
                    id: Some("save".into()),
                    classes: vec!["btn".into(), "primary".into()],
                    test_id: Some("save".into()),
                    role: Some("button".into()),
                    name: Some("Save".into()),
                    field: Some("action".into()),
                    type_: Some("submit".into()),
                    href: Some("/x".into()),
                    index: Some(3),
                },
                Node { tag: "form".into(), ..Node::default() },
            ],
        }],
        pages: vec![Page {
            host: "app.example.com".into(),
            path: "/orders/12".into(),
            title: Some("Order".into()),
        }],
        events: vec![Event {
            event_id: EventId::new(
                Timestamp::from_millis(1_700_000_000_000),
                [0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
            ),
            kind: Kind::Custom,
            name: Some("signed_up".into()),
            timestamp: Timestamp::from_millis(1_700_000_000_000),
            page: Some(0),
            element: Some(0),
            properties,
            resent: true,
        }],
    }
}

#[test]
fn the_wire_is_what_it_was() {
    assert_eq!(serde_json::to_string(&golden()).unwrap(), GOLDEN);
}

#[test]
fn what_was_once_accepted_is_accepted_for_ever() {
    assert_eq!(parse_batch(GOLDEN.as_bytes()).unwrap(), golden().map_events(Ok));
}

#[test]
fn unknown_fields_are_no_fault() {
    let body = GOLDEN
        .replacen('{', r#"{"from_the_future":{"a":[1]},"#, 1)
        .replace(r#""kind":"custom""#, r#""kind":"custom","also_new":null,"Jane Doe":{}"#);
    assert_eq!(parse_batch(body.as_bytes()).unwrap(), golden().map_events(Ok));
}

#[test]
fn unknown_fields_are_named_by_their_place() {
    let body = GOLDEN
        .replacen('{', r#"{"from_the_future":{"a":[1]},"#, 1)
        .replace(r#""kind":"custom""#, r#""kind":"custom","also_new":null,"Jane Doe":{}"#)
        .replace(r#""tag":"form""#, r#""tag":"form","colour":"red""#)
        .replace(r#""plan":"team""#, r#""plan":"team","any":{"thing":1}"#);
    let mut noted = Vec::new();
    let batch = parse_batch_noting(body.as_bytes(), |field| noted.push(field)).unwrap();
    assert_eq!(
        noted,
        ["from_the_future", "elements[].chain[].colour", "events[].also_new", "events[].…"]
    );
    assert_eq!(batch.events[0].as_ref().unwrap().properties.get("any"), Some(r#"{"thing":1}"#));

    noted.clear();
    let bad = body.replace(r#""timestamp":1700000000000"#, r#""timestamp":"now""#);
    let batch = parse_batch_noting(bad.as_bytes(), |field| noted.push(field)).unwrap();
    assert_eq!((batch.events[0].is_err(), noted.len()), (true, 0));
    assert!(parse_batch_noting(format!("{GOLDEN}x").as_bytes(), |_| {}).is_err());
}

#[test]
fn what_the_sender_gave_up_is_read_and_may_be_left_out() {
    let body = GOLDEN.replacen('{', r#"{"given_up":7,"#, 1);
    let batch = parse_batch(body.as_bytes()).unwrap();
    assert_eq!(batch, Batch { given_up: 7, ..golden() }.map_events(Ok));
    let bad = body.replace(r#""kind":"custom""#, r#""kind":"x""#);
    assert_eq!(parse_batch(bad.as_bytes()).unwrap().given_up, 7);
}

#[test]
fn what_identity_rules_gave_is_read_and_may_be_left_out() {
    let body = GOLDEN.replacen('{', r#"{"identity":"3:fnr","#, 1);
    let batch = parse_batch(body.as_bytes()).unwrap();
    assert_eq!(batch, Batch { identity: "3:fnr".into(), ..golden() }.map_events(Ok));
}

#[test]
fn a_bad_event_says_what_is_wrong_and_where() {
    let bad = [
        GOLDEN.replace(r#""timestamp":1700000000000"#, r#""timestamp":"now""#),
        GOLDEN.replace(r#""kind":"custom","#, ""),
        GOLDEN.replace(r#""events":["#, r#""events":[17,"#),
    ];
    let sentences = bad.map(|body| {
        let batch = parse_batch(body.as_bytes()).unwrap();
        batch.events.into_iter().find_map(Result::err).unwrap()
    });
    insta::assert_snapshot!(sentences.join("\n"), @r"
    `events[0].timestamp` must be a whole number of milliseconds, not text
    `events[0].kind` is missing
    `events[0]` must be an object, not a number
    ");
}

#[test]
fn a_bad_event_does_not_take_its_neighbours_with_it() {
    let good =
        r#"{"event_id":"018bcfe5-6800-7000-8000-000000000001","kind":"click","timestamp":1}"#;
    let bad = [
        r#"{"event_id":"018bcfe5-6800-7000-8000-000000000001","kind":"clack","timestamp":1}"#,
        r#"{"event_id":"no id","kind":"click","timestamp":1}"#,
        r#"{"event_id":"018bcfe5-6800-7000-8000-000000000001","kind":"click","timestamp":"now"}"#,
        "17",
        "null",
    ];
    for bad in bad {
        let body =
            format!(r#"{{"sdk":"x","sent_at":1,"context":{{}},"events":[{good},{bad},{good}]}}"#);
        let batch = parse_batch(body.as_bytes()).unwrap();
        let read: Vec<bool> = batch.events.iter().map(Result::is_ok).collect();
        assert_eq!(read, [true, false, true], "{bad}");
    }
}

#[test]
fn a_bad_element_or_page_costs_no_event() {
    let click = |page: u32, element: u32| {
        format!(
            r#"{{"event_id":"018bcfe5-6800-7000-8000-000000000001","kind":"click","timestamp":1,"page":{page},"element":{element}}}"#
        )
    };
    let body = format!(
        r#"{{"sdk":"x","sent_at":1,"context":{{}},"elements":[{{"chain":1}},{{"chain":[]}}],"pages":[{{"host":"h","path":"/"}},17],"events":[{},{}]}}"#,
        click(0, 0),
        click(1, 1)
    );
    let batch = parse_batch(body.as_bytes()).unwrap();
    let refers: Vec<_> =
        batch.events.into_iter().map(|event| event.map(|e| (e.page, e.element)).unwrap()).collect();
    let nothing = Some(u32::MAX);
    assert_eq!(refers, [(Some(0), nothing), (nothing, Some(1))]);
    assert_eq!((batch.elements.len(), batch.pages.len()), (2, 2));
}

#[test]
fn the_error_says_what_is_wrong_and_where() {
    let missing = parse_batch(br#"{"sdk":"x","sent_at":1,"events":[]}"#).unwrap_err();
    insta::assert_snapshot!(missing, @"the body is not a batch: `context` is missing at line 1 column 35");
    let torn = parse_batch(&GOLDEN.as_bytes()[..40]).unwrap_err();
    insta::assert_snapshot!(torn, @"the body is not a batch: it ends in the middle of an object at line 1 column 40");
}

#[test]
fn too_many_events_are_refused_as_a_whole() {
    let events = vec!["0"; limits::EVENTS + 1].join(",");
    let body = format!(r#"{{"sdk":"x","sent_at":1,"context":{{}},"events":[{events}]}}"#);
    let expected = ParseError::TooMany { what: "events", n: 1_001, limit: 1_000 };
    assert_eq!(parse_batch(body.as_bytes()), Err(expected));
}

fn text() -> impl Strategy<Value = String> {
    "\\PC{0,12}"
}

prop_compose! {
    fn event()(
        id in any::<[u8; 10]>(),
        ms in 0_i64..4_000_000_000_000,
        kind in proptest::sample::select(Kind::ALL.to_vec()),
        name in proptest::option::of(text()),
        page in proptest::option::of(0_u32..3),
        entries in proptest::collection::vec((text(), text()), 0..4),
        resent: bool,
    ) -> Event<'static> {
        let timestamp = Timestamp::from_millis(ms);
        let mut properties = Properties::new();
        for (key, value) in entries.into_iter().filter(|(key, _)| !key.is_empty()) {
            properties.set(key, value);
        }
        let event_id = EventId::new(timestamp, id);
        let name = name.map(Into::into);
        Event { event_id, kind, name, timestamp, page, element: None, properties, resent }
    }
}

proptest! {
    #[test]
    fn every_batch_survives_the_wire(
        events in proptest::collection::vec(event(), 0..5),
        path in text(),
        user in proptest::option::of(text()),
    ) {
        let batch = Batch {
            events,
            pages: vec![Page { host: "h".into(), path: path.into(), title: None }],
            context: Context { user_id: user.map(Into::into), ..Context::default() },
            ..golden()
        };
        let body = serde_json::to_vec(&batch).unwrap();
        prop_assert_eq!(parse_batch(&body).unwrap(), batch.map_events(Ok));
    }

    #[test]
    fn arbitrary_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        drop(parse_batch(&body));
    }

    #[test]
    fn a_damaged_batch_never_panics(at in 0..GOLDEN.len(), byte: u8) {
        let mut body = GOLDEN.as_bytes().to_vec();
        body[at] = byte;
        drop(parse_batch(&body));
    }
}
