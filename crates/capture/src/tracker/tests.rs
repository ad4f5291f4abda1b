//! The rules of the tracker, one by one.

use super::*;
use crate::{Address, Answer, ElementFacts, Send};
use protocol::{Kind, Properties};

const NOON: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn environment() -> Environment {
    Environment { random: [7; 10], owner: "tab".to_owned(), ..Environment::default() }
}

fn tracker() -> Tracker {
    Tracker::new(environment(), Saved::default(), NOON)
}

fn navigated(path: &str) -> Input {
    Input::Navigated(Address { host: "app.example".to_owned(), path: path.to_owned() })
}

fn click(name: &str) -> Input {
    Input::Click(ElementFacts::new(["button", "", "", "", "", name].join("\u{1f}")))
}

fn identify(user_id: &str) -> Input {
    Input::Identify { user_id: user_id.to_owned(), properties: Properties::new() }
}

fn idle() -> Input {
    Input::Idle { title: "Title".to_owned() }
}

fn sends(effects: Vec<Effect>) -> Vec<Send> {
    let send = |effect| if let Effect::Send(send) = effect { Some(send) } else { None };
    effects.into_iter().filter_map(send).collect()
}

/// What the page sends when it goes, oldest batch first, as JSON.
fn bodies(tracker: &mut Tracker, now: Timestamp) -> Vec<serde_json::Value> {
    let effects = tracker.handle(Input::Hidden { title: "Title".to_owned() }, now);
    sends(effects).iter().rev().map(|send| serde_json::from_str(&send.body).unwrap()).collect()
}

fn answered(send: &Send, answer: Answer) -> Input {
    Input::Answered { key: send.key.clone(), attempt: send.attempt, answer }
}

fn refused(status: u32) -> Answer {
    Answer::Refused { status, retry_after_ms: Some(20_000) }
}

/// A tracker that has sent one event, and what it sent.
fn sent() -> (Tracker, Send) {
    let mut tracker = tracker();
    tracker.handle(navigated("/"), NOON);
    tracker.handle(idle(), NOON);
    let send = sends(tracker.handle(Input::Timer, NOON.plus_millis(1_000))).pop().unwrap();
    (tracker, send)
}

#[test]
fn kinds_are_those_of_the_contract() {
    let off = tracker().off;
    for kind in Kind::ALL {
        assert_eq!(is_aside(kind.as_str().as_bytes()), kind.is_aside(), "{kind}");
        let is_off = off.split(|byte| *byte == FIELD).any(|off| off == kind.as_str().as_bytes());
        assert_eq!(is_off, Kind::OFF_AT_FIRST.contains(&kind), "{kind}");
    }
}

#[test]
fn more_keys_than_may_be_are_left_out_and_nothing_is_taken_for_an_element() {
    let mut tracker = tracker();
    let pairs: String = (0..70).map(|n| format!("\u{1f}k{n}\u{1f}{n}")).collect();
    tracker.tell(format!("{}\u{1f}track\u{1f}Many{pairs}", NOON.as_millis()).as_bytes());
    let event = &bodies(&mut tracker, NOON)[0]["events"][0];
    assert_eq!(event["properties"].as_object().unwrap().len(), limits::PROPERTIES);
    assert_eq!(event.get("element"), None);
}

#[test]
fn a_click_is_a_batch_of_the_contract() {
    let mut tracker = tracker();
    tracker.handle(navigated("/orders"), NOON);
    tracker.handle(click("Save"), NOON.plus_millis(5));
    let effects = tracker.handle(Input::Hidden { title: "Orders".to_owned() }, NOON);
    let body = &sends(effects)[0].body;
    insta::assert_snapshot!(body.replace(env!("CARGO_PKG_VERSION"), "VERSION"), @r#"{"sdk":"sillage-web/VERSION","sent_at":1700000000000,"attempt":0,"context":{"anonymous_id":"018bcfe5-6800-7747-8747-474747474748","session_id":"018bcfe5-6800-7747-8747-474747474749"},"elements":[{"chain":[{"tag":"button","name":"Save"}]}],"pages":[{"host":"app.example","path":"/orders","title":"Orders"}],"events":[{"event_id":"018bcfe5-6800-7747-8747-47474747474a","kind":"page_view","timestamp":1700000000000,"page":0},{"event_id":"018bcfe5-6805-7747-8747-47474747474b","kind":"click","timestamp":1700000000005,"page":0,"element":0}]}"#);
    let batch = protocol::parse_batch(body.as_bytes()).unwrap();
    assert!(batch.events.iter().all(Result::is_ok));
}

#[test]
fn a_click_only_asks_for_an_idle_moment() {
    let mut tracker = tracker();
    assert_eq!(tracker.handle(click("Save"), NOON), [Effect::WhenIdle]);
    assert_eq!(tracker.handle(click("Save"), NOON), []);
    let effects = tracker.handle(idle(), NOON.plus_millis(50));
    assert!(matches!(
        &effects[..],
        [Effect::Save { key, .. }, Effect::Save { .. }, Effect::WakeAt(at)]
            if key == VISITOR && *at == NOON.plus_millis(1_000)
    ));
}

#[test]
fn the_same_path_is_one_page_view_with_the_title_of_the_last() {
    let mut tracker = tracker();
    for path in ["/", "/", "/orders", "/orders"] {
        tracker.handle(navigated(path), NOON);
    }
    let body = &bodies(&mut tracker, NOON)[0];
    assert_eq!(body["events"].as_array().unwrap().len(), 2);
    assert_eq!(body["pages"][0].get("title"), None);
    assert_eq!(body["pages"][1]["title"], "Title");
}

#[test]
fn another_user_is_another_visitor_and_the_same_user_is_not() {
    let mut tracker = tracker();
    for user in ["u-1", "u-1", "u-2"] {
        tracker.handle(identify(user), NOON);
    }
    let bodies = bodies(&mut tracker, NOON);
    let users: Vec<_> = bodies.iter().map(|body| &body["context"]["user_id"]).collect();
    assert_eq!(users, ["u-1", "u-2"]);
    assert!(bodies.iter().all(|body| body["events"].as_array().unwrap().len() == 1));
    assert_ne!(bodies[0]["context"]["anonymous_id"], bodies[1]["context"]["anonymous_id"]);
    assert_ne!(bodies[0]["context"]["session_id"], bodies[1]["context"]["session_id"]);
}

#[test]
fn identifying_keeps_the_visitor_and_seals_what_was_before() {
    let mut tracker = tracker();
    tracker.handle(navigated("/"), NOON);
    tracker.handle(identify("u-1"), NOON);
    let bodies = bodies(&mut tracker, NOON);
    assert_eq!(bodies[0]["context"].get("user_id"), None);
    assert_eq!(bodies[1]["context"]["user_id"], "u-1");
    assert_eq!(bodies[0]["context"]["anonymous_id"], bodies[1]["context"]["anonymous_id"]);
}

#[test]
fn who_is_nobody_is_not_identified_and_takes_no_history_from_who_comes_after() {
    let mut tracker = tracker();
    tracker.handle(navigated("/"), NOON);
    for nobody in ["undefined", "0", "Guest", "{{user.id}}", "u-1"] {
        tracker.handle(identify(nobody), NOON);
    }
    let bodies = bodies(&mut tracker, NOON);
    assert_eq!(whose(&bodies), ["nobody of nobody", "u-1 of nobody"]);
    assert_eq!(bodies[0]["context"]["anonymous_id"], bodies[1]["context"]["anonymous_id"]);
}

fn found(rules: &[&str]) -> Input {
    Input::Found([&["3"], rules].concat().join("\u{1f}"))
}

/// Users and accounts of the batches that were sent, in order.
fn whose(bodies: &[serde_json::Value]) -> Vec<String> {
    let id = |body: &serde_json::Value, key: &str| {
        body["context"][key].as_str().unwrap_or("nobody").to_owned()
    };
    bodies.iter().map(|body| id(body, "user_id") + " of " + &id(body, "account_id")).collect()
}

#[test]
fn what_the_rules_find_before_the_first_page_is_known_of_it() {
    let mut tracker = tracker();
    tracker.handle(found(&["user", "u-7", "account", "acme"]), NOON);
    tracker.handle(navigated("/"), NOON);
    let bodies = bodies(&mut tracker, NOON);
    assert_eq!(whose(&bodies), ["u-7 of acme"]);
    assert_eq!(bodies[0]["events"].as_array().unwrap().len(), 1);
    assert_eq!(bodies[0]["identity"], "3:ff");
}

#[test]
fn where_there_are_no_rules_nothing_is_said_of_them() {
    let mut tracker = tracker();
    tracker.handle(navigated("/"), NOON);
    tracker.handle(identify("u-7"), NOON);
    let bodies = bodies(&mut tracker, NOON);
    assert!(bodies.iter().all(|body| body.get("identity").is_none()), "{bodies:?}");
}

#[test]
fn what_the_rules_find_later_joins_and_what_they_miss_stays() {
    let mut tracker = tracker();
    tracker.handle(navigated("/"), NOON);
    for user in ["", "u-7", "", "null", "4111111111111111", "u-7"] {
        tracker.handle(found(&["user", user]), NOON);
        tracker.handle(click("Save"), NOON);
    }
    let bodies = bodies(&mut tracker, NOON);
    assert_eq!(whose(&bodies), ["nobody of nobody", "u-7 of nobody"]);
    assert_eq!(bodies[0]["context"]["anonymous_id"], bodies[1]["context"]["anonymous_id"]);
    assert_eq!(bodies[1]["events"][0]["kind"], "identify");
    assert_eq!(bodies[1]["events"].as_array().unwrap().len(), 6);
}

#[test]
fn another_user_of_the_rules_is_another_visitor() {
    let mut tracker = tracker();
    tracker.handle(navigated("/"), NOON);
    tracker.handle(found(&["user", "u-1", "account", "acme"]), NOON);
    tracker.handle(found(&["user", "u-2", "account", ""]), NOON);
    let bodies = bodies(&mut tracker, NOON);
    assert_eq!(
        whose(&bodies)[1..],
        ["u-1 of nobody", "u-1 of acme", "u-2 of nobody"].map(str::to_owned)
    );
    assert_ne!(bodies[2]["context"]["anonymous_id"], bodies[3]["context"]["anonymous_id"]);
}

#[test]
fn what_the_page_says_wins_on_this_page_and_the_next() {
    let mut tracker = tracker();
    tracker.handle(navigated("/"), NOON);
    tracker.handle(identify("u-1"), NOON);
    tracker.handle(found(&["user", "rule", "account", "acme"]), NOON);
    let effects = tracker.handle(idle(), NOON);
    assert_eq!(
        whose(&bodies(&mut tracker, NOON))[1..],
        ["u-1 of nobody", "u-1 of acme"].map(str::to_owned)
    );
    let visitor = effects.into_iter().find_map(|effect| match effect {
        Effect::Save { key, text } if key == VISITOR => Some(text),
        _ => None,
    });
    let saved = Saved { visitor, ..Saved::default() };
    let mut next = Tracker::new(environment(), saved, NOON);
    next.handle(found(&["user", "other", "account", "bolt"]), NOON);
    next.handle(navigated("/"), NOON);
    // The account was a rule's, so that a rule may change it.
    assert_eq!(whose(&bodies(&mut next, NOON)), ["u-1 of bolt"]);
}

#[test]
fn another_person_of_the_page_is_of_the_account_that_is_found() {
    let mut tracker = tracker();
    tracker.handle(found(&["account", "acme"]), NOON);
    tracker.handle(navigated("/"), NOON);
    tracker.handle(identify("u-1"), NOON);
    tracker.handle(identify("u-2"), NOON);
    tracker.handle(click("Save"), NOON);
    assert_eq!(whose(&bodies(&mut tracker, NOON)).last().unwrap(), "u-2 of acme");
}

#[test]
fn a_reset_is_not_undone_by_what_was_found_before() {
    let mut tracker = tracker();
    tracker.handle(navigated("/"), NOON);
    for input in [found(&["user", "u-1"]), Input::Reset, found(&["user", "u-1"]), click("Sign in")]
    {
        tracker.handle(input, NOON);
    }
    assert_eq!(whose(&bodies(&mut tracker, NOON)).last().unwrap(), "nobody of nobody");
    tracker.handle(found(&["user", ""]), NOON);
    tracker.handle(found(&["user", "u-1"]), NOON);
    assert_eq!(whose(&bodies(&mut tracker, NOON)).last().unwrap(), "u-1 of nobody");
}

#[test]
fn a_look_that_finds_the_same_asks_for_nothing() {
    let mut tracker = tracker();
    let first = tracker.handle(found(&["user", "sk_live_1"]), NOON);
    assert_eq!(first, [Effect::WhenIdle]);
    let effects = tracker.handle(idle(), NOON);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Warn(_))), "{effects:?}");
    assert_eq!(tracker.handle(found(&["user", "sk_live_1"]), NOON), []);
}

#[test]
fn opting_in_again_takes_up_what_is_found() {
    let mut tracker = tracker();
    tracker.handle(found(&["user", "u-1"]), NOON);
    tracker.handle(Input::OptOut, NOON);
    assert_eq!(tracker.handle(found(&["user", "u-1"]), NOON), []);
    tracker.handle(Input::OptIn, NOON);
    tracker.handle(found(&["user", "u-1"]), NOON);
    tracker.handle(click("Save"), NOON);
    assert_eq!(whose(&bodies(&mut tracker, NOON)).last().unwrap(), "u-1 of nobody");
}

#[test]
fn a_reset_leaves_nothing_of_the_person() {
    let mut tracker = tracker();
    tracker.handle(identify("u-1"), NOON);
    let properties = Properties::new();
    tracker.handle(Input::Group { account_id: "acme".to_owned(), properties }, NOON);
    tracker.handle(Input::Reset, NOON);
    tracker.handle(click("Sign in"), NOON);
    let bodies = bodies(&mut tracker, NOON);
    let context = &bodies.last().unwrap()["context"];
    assert_eq!((context.get("user_id"), context.get("account_id")), (None, None));
    assert_ne!(context["anonymous_id"], bodies[0]["context"]["anonymous_id"]);
}

#[test]
fn referrer_and_campaign_belong_to_the_session_they_led_to() {
    let campaign = ["news", "", ""].map(str::to_owned);
    let referrer = "https://search.example/q?x=1".to_owned();
    let environment = Environment { campaign, referrer, ..environment() };
    let mut tracker = Tracker::new(environment, Saved::default(), NOON);
    tracker.handle(navigated("/"), NOON);
    tracker.handle(click("Save"), NOON.plus_millis(limits::SESSION_GAP_MS));
    let bodies = bodies(&mut tracker, NOON);
    assert_eq!(bodies[0]["context"]["referrer"], "search.example/q");
    assert_eq!(bodies[0]["context"]["campaign"]["source"], "news");
    assert_eq!(bodies[1]["context"].get("referrer"), None);
    assert_ne!(bodies[0]["context"]["session_id"], bodies[1]["context"]["session_id"]);
}

#[test]
fn the_next_page_goes_on_with_visitor_and_session() {
    let mut tracker = tracker();
    tracker.handle(identify("u-1"), NOON);
    let mut visitor = None;
    for effect in tracker.handle(idle(), NOON) {
        if let Effect::Save { key, text } = effect
            && key == VISITOR
        {
            visitor = Some(text);
        }
    }
    let first = bodies(&mut tracker, NOON);
    let saved = Saved { visitor, ..Saved::default() };
    let mut next = Tracker::new(Environment { random: [9; 10], ..environment() }, saved, NOON);
    next.handle(navigated("/"), NOON.plus_millis(60_000));
    assert_eq!(bodies(&mut next, NOON)[0]["context"], first[0]["context"]);
}

#[test]
fn opting_out_deletes_everything_and_holds_on_the_next_page() {
    let mut tracker = tracker();
    tracker.handle(click("Save"), NOON);
    tracker.handle(idle(), NOON);
    let effects = tracker.handle(Input::OptOut, NOON);
    let [Effect::ForgetAll, Effect::Save { key, text }] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!(key, VISITOR);
    let saved = Saved { visitor: Some(text.clone()), ..Saved::default() };
    let mut next = Tracker::new(environment(), saved, NOON);
    for input in [navigated("/"), click("Save"), idle(), Input::Timer] {
        assert_eq!(next.handle(input, NOON), []);
    }
    let forgotten = Effect::Forget { key: VISITOR.to_owned() };
    assert_eq!(next.handle(Input::OptIn, NOON), [forgotten, Effect::WhenIdle]);
    assert_eq!(bodies(&mut next, NOON)[0]["events"][0]["kind"], "page_view");
}

/// What a page keeps of its visitor after this happened on it.
fn kept_after(input: Input, visitor: Option<String>, seed: u8) -> String {
    let saved = Saved { visitor, ..Saved::default() };
    let mut page = Tracker::new(Environment { random: [seed; 10], ..environment() }, saved, NOON);
    let mut effects = page.handle(input, NOON);
    effects.extend(page.handle(idle(), NOON));
    kept_visitor(effects).unwrap()
}

fn kept_visitor(effects: Vec<Effect>) -> Option<String> {
    let kept = |effect| match effect {
        Effect::Save { key, text } if key == VISITOR => Some(text),
        _ => None,
    };
    effects.into_iter().filter_map(kept).next_back()
}

#[test]
fn opting_out_on_another_page_holds_here_and_is_not_undone() {
    let (mut tracker, send) = sent();
    tracker.handle(click("Save"), NOON);
    let visitor = kept_after(Input::OptOut, None, 8);
    assert_eq!(
        tracker.handle(Input::Stored { visitor: visitor.clone(), is_refusal: false }, NOON),
        []
    );
    assert_eq!(tracker.n_unacknowledged(), 0);
    let hidden = Input::Hidden { title: String::new() };
    for input in [click("Save"), idle(), answered(&send, Answer::Unread), Input::Timer, hidden] {
        assert_eq!(tracker.handle(input, NOON), []);
    }
    tracker.handle(Input::OptIn, NOON);
    tracker.handle(Input::Stored { visitor, is_refusal: false }, NOON);
    assert_eq!(tracker.handle(idle(), NOON), [], "the person changed his mind again elsewhere");
}

#[test]
fn signing_out_on_another_page_holds_here_and_is_not_undone() {
    let mut tracker = tracker();
    tracker.handle(identify("u-1"), NOON);
    let before = kept_visitor(tracker.handle(idle(), NOON));
    assert!(before.as_ref().unwrap().contains("u-1"));
    let mut other = Tracker::new(
        Environment { random: [8; 10], ..environment() },
        Saved { visitor: before, ..Saved::default() },
        NOON,
    );
    other.handle(Input::Reset, NOON);
    other.handle(click("Sign in"), NOON);
    let after = kept_visitor(other.handle(idle(), NOON)).unwrap();

    tracker.handle(Input::Stored { visitor: after.clone(), is_refusal: false }, NOON);
    tracker.handle(click("Save"), NOON);
    assert_eq!(kept_visitor(tracker.handle(idle(), NOON)), None, "{after} stays");
    let [signed_in, signed_out] = &bodies(&mut tracker, NOON)[..] else { panic!("two batches") };
    assert_eq!(signed_in["context"]["user_id"], "u-1");
    assert_eq!(signed_out["context"], bodies(&mut other, NOON)[0]["context"]);
}

#[test]
fn what_is_no_visitor_is_not_followed() {
    let mut tracker = tracker();
    tracker.handle(click("Save"), NOON);
    for text in ["", "2\nout", "1\nin\n"] {
        tracker.handle(Input::Stored { visitor: text.to_owned(), is_refusal: false }, NOON);
    }
    assert_eq!(bodies(&mut tracker, NOON)[0]["events"][0]["kind"], "click");
}

#[test]
fn secrets_and_broken_calls_do_not_leave_the_page() {
    let mut tracker = tracker();
    let mut properties = Properties::new();
    properties.set("note", "mail ann@example.com");
    properties.set("ann@example.com", "4111 1111 1111 1111");
    tracker.handle(Input::Track { name: "Noted".to_owned(), properties }, NOON);
    tracker.handle(Input::Track { name: " ".to_owned(), properties: Properties::new() }, NOON);
    tracker.handle(identify(&"x".repeat(limits::ID_BYTES + 1)), NOON);
    let effects = tracker.handle(idle(), NOON);
    let warnings = effects.iter().filter(|effect| matches!(effect, Effect::Warn(_))).count();
    assert_eq!(warnings, 2);
    let bodies = bodies(&mut tracker, NOON);
    assert_eq!(bodies[0]["events"].as_array().unwrap().len(), 1);
    let properties = serde_json::json!({"note": "mail [email]", "[email]": "[card]"});
    assert_eq!(bodies[0]["events"][0]["properties"], properties);
}

#[test]
fn of_a_user_s_address_the_domain_leaves_the_page_and_of_others_nothing() {
    let mut tracker = tracker();
    let mut properties = Properties::new();
    properties.set("mail", "Ann@Own.Example");
    let user_id = "u-1".to_owned();
    tracker.handle(Input::Identify { user_id, properties: properties.clone() }, NOON);
    tracker.handle(Input::Track { name: "Invited".to_owned(), properties }, NOON);
    tracker.handle(idle(), NOON);
    let bodies = bodies(&mut tracker, NOON);
    let [identified, invited] = [0, 1].map(|n| bodies[0]["events"][n]["properties"].to_string());
    assert_eq!(identified, r#"{"email_domain":"Own.Example","mail":"[email]"}"#);
    assert_eq!(invited, r#"{"mail":"[email]"}"#);
}

#[test]
fn a_refusal_for_now_waits_as_long_as_asked() {
    let (mut tracker, send) = sent();
    let effects = tracker.handle(answered(&send, refused(429)), NOON);
    let Some(Effect::WakeAt(at)) = effects.last() else { panic!("{effects:?}") };
    assert!((20_000..21_000).contains(&at.millis_since(NOON)), "{at:?}");
    let again = sends(tracker.handle(Input::Timer, *at)).pop().unwrap();
    assert_eq!((again.key, again.attempt), (send.key, 1));
    assert!(!again.body.contains("resent"), "{}", again.body);
}

#[test]
fn an_answer_that_may_come_after_keeping_is_told_in_the_next_send() {
    for answer in [Answer::Unread, refused(500), refused(502), refused(503)] {
        let (mut tracker, send) = sent();
        tracker.handle(answered(&send, answer), NOON);
        let again = sends(tracker.handle(Input::Timer, NOON)).pop().unwrap();
        assert!(again.body.contains("\"resent\":true"), "{}", again.body);
    }
}

#[test]
fn a_refusal_for_good_is_dropped_and_counted() {
    for status in [400, 413] {
        let (mut tracker, send) = sent();
        let effects = tracker.handle(answered(&send, refused(status)), NOON);
        assert!(effects.contains(&Effect::Forget { key: send.key.clone() }), "{effects:?}");
        assert_eq!((tracker.n_dropped(), tracker.n_unacknowledged()), (1, 0));
    }
}

#[test]
fn a_wrong_key_stops_the_tracker() {
    let (mut tracker, send) = sent();
    tracker.handle(answered(&send, refused(401)), NOON);
    for input in [click("Save"), idle(), Input::Timer, Input::Flush] {
        assert_eq!(tracker.handle(input, NOON), []);
    }
}

#[test]
fn a_batch_too_large_goes_in_halves() {
    let mut tracker = tracker();
    for n in 0..5 {
        tracker.handle(click(&format!("Button {}", ["a", "b", "c", "d", "e"][n])), NOON);
    }
    tracker.handle(idle(), NOON);
    let send = sends(tracker.handle(Input::Timer, NOON)).pop().unwrap();
    tracker.handle(answered(&send, refused(413)), NOON);
    let bodies = bodies(&mut tracker, NOON);
    let sizes: Vec<_> = bodies.iter().map(|b| b["events"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [2, 3]);
}

#[test]
fn what_another_page_delivered_is_not_sent_again() {
    let mut tracker = tracker();
    tracker.handle(click("Save"), NOON);
    tracker.handle(idle(), NOON);
    tracker.handle(Input::Restored, NOON);
    assert_eq!(tracker.n_unacknowledged(), 0);
}

#[test]
fn an_event_is_kept_once_and_parts_are_one_batch_again() {
    let mut tracker = tracker();
    let mut parts = Vec::new();
    let mut key = String::new();
    for name in ["First", "Second", "Second"] {
        tracker.handle(click(name), NOON);
        for effect in tracker.handle(idle(), NOON) {
            if let Effect::Save { key: of, text } = effect
                && of != VISITOR
            {
                key = of;
                parts.push(text);
            }
        }
    }
    let n = |text: &str, what: &str| text.matches(what).count();
    let n_all = |what: &str| parts.iter().map(|part| n(part, what)).collect::<Vec<_>>();
    assert_eq!(n_all("event_id"), [1, 1, 1]);
    assert_eq!(n_all("anonymous_id"), [1, 0, 0]);
    assert_eq!([n_all("First"), n_all("Second")], [[1, 0, 0], [0, 1, 0]]);

    let saved = Saved { visitor: None, batches: vec![(key, parts.join("\u{1e}"))] };
    let mut next = Tracker::new(environment(), saved, NOON);
    let whole = bodies(&mut next, NOON).remove(0);
    let mut expected = bodies(&mut tracker, NOON).remove(0);
    expected["attempt"] = 1.into();
    for event in expected["events"].as_array_mut().unwrap() {
        event["resent"] = true.into();
    }
    assert_eq!(whole, expected);
    assert_eq!(sends(next.handle(Input::Timer, NOON)), [], "it is on its way");
}

#[test]
fn what_is_taken_up_later_stands_before_what_goes_on_here() {
    let mut before = Tracker::new(
        Environment { owner: "gone".to_owned(), random: [8; 10], ..environment() },
        Saved::default(),
        NOON,
    );
    before.handle(click("Before"), NOON);
    let save = |effect| match effect {
        Effect::Save { key, text } if key != VISITOR => Some((key, text)),
        _ => None,
    };
    let kept: Vec<_> = before.handle(idle(), NOON).into_iter().filter_map(save).collect();

    let later = NOON.plus_millis(60_000);
    let mut tracker = tracker();
    tracker.handle(click("Here"), later);
    tracker.handle(idle(), later);
    tracker.handle(Input::Kept(kept), later);
    tracker.handle(click("Here too"), later);
    let bodies = bodies(&mut tracker, later);
    let n_events = |body: &serde_json::Value| body["events"].as_array().unwrap().len();
    assert_eq!(bodies.iter().map(n_events).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(bodies[0]["elements"][0]["chain"][0]["name"], "Before");
}

#[test]
fn what_was_done_before_another_page_signed_out_is_of_who_was_there() {
    let mut tracker = tracker();
    tracker.handle(identify("u-1"), NOON);
    let before = kept_visitor(tracker.handle(idle(), NOON));
    tracker.handle(click("Save"), NOON);
    let after = kept_after(Input::Reset, before.clone(), 8);
    tracker.handle(Input::Stored { visitor: after, is_refusal: false }, NOON);
    tracker.handle(click("Sign in"), NOON);
    assert_ne!(kept_visitor(tracker.handle(idle(), NOON)), before, "what is new there stays");
    let bodies = bodies(&mut tracker, NOON);
    assert_eq!(whose(&bodies), ["u-1 of nobody", "nobody of nobody"]);
    let clicks = |body: &serde_json::Value| body.to_string().matches("\"click\"").count();
    assert_eq!(bodies.iter().map(clicks).collect::<Vec<_>>(), [1, 1]);
}

#[test]
fn nothing_of_before_is_told_after_an_opt_in() {
    let mut tracker = tracker();
    tracker.handle(navigated("/"), NOON);
    tracker.handle(found(&["user", "u-1"]), NOON);
    tracker.handle(click("Before"), NOON);
    tracker.handle(Input::OptOut, NOON);
    for input in [click("Meanwhile"), identify("u-2"), found(&["user", "u-3"]), idle()] {
        assert_eq!(tracker.handle(input, NOON), []);
    }
    tracker.handle(Input::OptIn, NOON);
    tracker.handle(click("After"), NOON);
    let bodies = bodies(&mut tracker, NOON);
    let told = serde_json::to_string(&bodies).unwrap();
    for before in ["Before", "Meanwhile", "u-1", "u-2", "u-3", "\"identity\""] {
        assert!(!told.contains(before), "{before}: {told}");
    }
    assert!(told.contains("After"));
}

#[test]
fn the_oldest_events_go_first_when_the_queue_is_full_and_are_counted() {
    let mut tracker = tracker();
    let mut n_forgotten = 0;
    let note = "x".repeat(limits::PROPERTY_VALUE_BYTES);
    for n in 0..2_000 {
        let mut properties = Properties::new();
        properties.set("note", note.clone());
        tracker.handle(Input::Track { name: n.to_string(), properties }, NOON);
        let effects = tracker.handle(idle(), NOON);
        let forgotten = effects.iter().filter(|effect| matches!(effect, Effect::Forget { .. }));
        n_forgotten += forgotten.count();
    }
    assert!(n_forgotten > 10);
    assert_eq!(tracker.n_dropped() + tracker.n_unacknowledged(), 2_000);
    let bodies = bodies(&mut tracker, NOON);
    assert_eq!(
        bodies.last().unwrap()["events"].as_array().unwrap().last().unwrap()["name"],
        "1999"
    );
}

#[test]
fn what_leaves_with_the_page_fits_the_browsers_allowance() {
    let mut tracker = tracker();
    for n in 0..200 {
        let mut properties = Properties::new();
        properties.set("note", "x".repeat(1_000));
        tracker.handle(Input::Track { name: n.to_string(), properties }, NOON);
    }
    let hidden = || Input::Hidden { title: String::new() };
    let first = sends(tracker.handle(hidden(), NOON));
    let bytes: usize = first.iter().map(|send| send.body.len()).sum();
    assert!(bytes > limits::EXIT_BYTES / 2 && bytes <= limits::EXIT_BYTES, "{bytes}");
    assert!(first[0].body.contains("\"199\""), "the newest go first");
    assert_eq!(sends(tracker.handle(hidden(), NOON)), [], "and only once");
}

#[test]
fn ten_clicks_in_five_seconds_are_one_request_and_one_click_waits_a_second() {
    let mut tracker = tracker();
    let mut alarm = None;
    let mut sent = Vec::new();
    for ms in (0..20_000).step_by(50) {
        let now = NOON.plus_millis(ms);
        let mut effects = Vec::new();
        if ms % 500 == 0 && ms < 5_000 || ms == 12_000 {
            effects.extend(tracker.handle(click("Save"), now));
            effects.extend(tracker.handle(idle(), now.plus_millis(60)));
        }
        if alarm.is_some_and(|at| at <= now) {
            alarm = None;
            effects.extend(tracker.handle(Input::Timer, now));
        }
        for effect in effects {
            match effect {
                Effect::WakeAt(at) => alarm = Some(at),
                Effect::Send(send) => {
                    let answer = Answer::Accepted { retry: Vec::new(), retry_after_ms: None };
                    tracker.handle(answered(&send, answer), now);
                    sent.push((ms, send.body.matches("click").count()));
                }
                _ => {}
            }
        }
    }
    assert_eq!(sent, [(5_500, 10), (13_000, 1)]);
}

/// The visitor's text that is to be kept, if it is.
fn visitor_to_keep(effects: Vec<Effect>) -> Option<String> {
    let visitor = |effect| match effect {
        Effect::Save { key, text } if key == VISITOR => Some(text),
        _ => None,
    };
    effects.into_iter().find_map(visitor)
}

#[test]
fn who_signs_out_stays_signed_out_though_another_tab_went_on_meanwhile() {
    let mut ours = tracker();
    ours.handle(identify("u-1"), NOON);
    let before = visitor_to_keep(ours.handle(idle(), NOON)).unwrap();
    let saved = Saved { visitor: Some(before), ..Saved::default() };
    let mut other = Tracker::new(environment(), saved, NOON);

    ours.handle(Input::Reset, NOON);
    assert!(visitor_to_keep(ours.handle(idle(), NOON)).is_some());
    for seconds in [1, 2] {
        // The other was first each time, with what it knew.
        let at = NOON.plus_millis(seconds * 1_000);
        other.handle(click("Save"), at);
        let visitor = visitor_to_keep(other.handle(idle(), at)).unwrap();
        let refused = Input::Stored { visitor: visitor.clone(), is_refusal: true };
        assert_eq!(ours.handle(refused, at), [Effect::WhenIdle]);
        let again = visitor_to_keep(ours.handle(idle(), at)).expect("it is asked to be kept again");
        assert!(!again.contains("u-1") && again != visitor, "{again}");
    }

    // What the other is told of that, it follows.
    let kept = visitor_to_keep(ours.handle(idle(), NOON));
    assert_eq!(kept, None, "nothing is new");
    ours.handle(identify("u-2"), NOON);
    let visitor = visitor_to_keep(ours.handle(idle(), NOON)).unwrap();
    other.handle(Input::Stored { visitor, is_refusal: true }, NOON);
    assert_eq!(other.visitor.ids[0], b"u-2");
}
