//! Canonical forms, by example and by property.

use super::*;
use proptest::prelude::*;
use protocol::Node;
use std::borrow::Cow;

const KEY: [u8; 16] = *b"a key of sixteen";

fn id(element: &Element<'_>) -> u64 {
    CanonicalElement::new(element).id(&KEY)
}

fn word() -> impl Strategy<Value = String> {
    "(save|edit|report|toolbar|metric|row|panel|team|invite|billing)"
}

fn node() -> impl Strategy<Value = Node<'static>> {
    let text = || proptest::option::of(word().prop_map(Cow::<'static, str>::Owned));
    let classes = proptest::collection::vec(word().prop_map(Cow::Owned), 0..4);
    let tag = "(button|a|li|nav|form|div)".prop_map(Cow::Owned);
    (tag, text(), classes, text(), text(), text()).prop_map(
        |(tag, id, classes, test_id, name, field)| Node {
            tag,
            id,
            classes,
            test_id,
            name,
            field,
            ..Node::default()
        },
    )
}

fn element() -> impl Strategy<Value = Element<'static>> {
    proptest::collection::vec(node(), 1..6).prop_map(|chain| Element { chain })
}

/// A class that comes and goes: a state, or made up by a tool.
fn passing_class() -> impl Strategy<Value = String> {
    let state = "(active|hover|open|selected|focus|disabled|expanded|collapsed|loading|checked)";
    prop_oneof![
        state,
        (word(), state).prop_map(|(word, state)| format!("{word}-{state}")),
        (word(), state).prop_map(|(word, state)| format!("{word}--{state}")),
        "(is|has|ng|was)-[a-z]{2,8}",
        "(css|sc|jsx|svelte|emotion)-[a-zA-Z0-9]{4,10}",
        "jss[0-9]{1,4}",
        "(px|mt|col|w)-[0-9]{1,2}",
        "(hover|focus|md|disabled):[a-z]{2,6}-[0-9]{1,3}",
    ]
}

fn made_up_id() -> impl Strategy<Value = String> {
    prop_oneof![
        ":r[0-9a-v]{1,3}:",
        "radix-:r[0-9]{1,2}:(-trigger)?",
        "ember[0-9]{1,4}",
        "mui-[0-9]{1,4}",
        "headlessui-menu-[0-9]{1,3}",
        "[a-z]{3,6}-[0-9]{3,9}",
        "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}",
    ]
}

proptest! {
    #[test]
    fn classes_of_the_moment_make_no_other_element(
        element in element(),
        at in any::<prop::sample::Index>(),
        class in passing_class(),
        place in any::<prop::sample::Index>(),
    ) {
        let mut touched = element.clone();
        let n = at.index(touched.chain.len());
        let classes = &mut touched.chain[n].classes;
        classes.insert(place.index(classes.len() + 1), Cow::Owned(class.clone()));
        prop_assert_eq!(id(&touched), id(&element), "{}", class);
    }

    #[test]
    fn the_suffix_of_a_css_module_does_not_count(
        local in word(),
        one in "[a-z][A-Z0-9][0-9][A-Za-z0-9]{2}",
        other in "[a-z][A-Z0-9][0-9][A-Za-z0-9]{2}",
    ) {
        let with = |hash: &str| {
            let class = Cow::Owned(format!("Page_{local}__{hash}"));
            let node = Node { tag: "button".into(), classes: vec![class], ..Node::default() };
            id(&Element { chain: vec![node] })
        };
        prop_assert_eq!(with(&one), with(&other));
    }

    #[test]
    fn an_id_that_was_made_up_does_not_count(
        mut element in element(),
        at in any::<prop::sample::Index>(),
        made_up in made_up_id(),
    ) {
        let n = at.index(element.chain.len());
        element.chain[n].id = None;
        let without = id(&element);
        element.chain[n].id = Some(Cow::Owned(made_up.clone()));
        prop_assert_eq!(id(&element), without, "{}", made_up);
    }

    #[test]
    fn place_and_numbers_do_not_count(
        mut element in element(),
        text in word(),
        numbers in (any::<u32>(), any::<u32>()),
        index in proptest::option::of(any::<u32>()),
    ) {
        let mut with = |n: u32, index| {
            element.chain[0].name = Some(Cow::Owned(format!("{text} ({n})")));
            element.chain[0].index = index;
            id(&element)
        };
        prop_assert_eq!(with(numbers.0, None), with(numbers.1, index));
    }

    #[test]
    fn wrappers_and_order_do_not_count(element in element(), n in 1_usize..6) {
        let mut other = element.clone();
        let wrapper = Node { tag: "div".into(), ..Node::default() };
        other.chain.insert(n.min(other.chain.len()), wrapper);
        for node in &mut other.chain {
            node.classes.reverse();
        }
        prop_assert_eq!(id(&other), id(&element));
    }

    #[test]
    fn tag_name_and_test_id_count(element in element(), field in 0_usize..3) {
        let mut other = element.clone();
        let node = &mut other.chain[0];
        match field {
            0 => node.tag = Cow::Borrowed("summary"),
            1 => node.name = Some(Cow::Borrowed("Something else")),
            _ => node.test_id = Some(Cow::Borrowed("something-else")),
        }
        prop_assert_ne!(id(&other), id(&element));
    }

    #[test]
    fn the_form_of_a_form_is_itself(chain in proptest::collection::vec(arbitrary_node(), 0..5)) {
        let once = CanonicalElement::new(&Element { chain });
        let again = CanonicalElement::new(&serde_json::from_str(&seen(&once)).unwrap());
        prop_assert_eq!(&again, &once);
        prop_assert_eq!(CanonicalElement::from_json(&once.to_json()).unwrap(), once);
    }

    #[test]
    fn the_pattern_of_a_pattern_is_itself(path in "(/[a-zA-Z0-9%._@:~-]{0,24}){0,5}|\\PC{0,40}") {
        let once = page::pattern(&path).into_owned();
        prop_assert_eq!(page::pattern(&once), once.as_str());
    }
}

/// A node with any text at all in every attribute.
fn arbitrary_node() -> impl Strategy<Value = Node<'static>> {
    let text = || {
        let text = prop_oneof!["\\PC{0,24}", "[a-zA-Z0-9_.:\\[\\]-]{0,48}", "[0-9., ]{0,90}"];
        proptest::option::of(text.prop_map(Cow::<'static, str>::Owned))
    };
    let classes = proptest::collection::vec("[a-zA-Z0-9_-]{0,16}".prop_map(Cow::Owned), 0..4);
    (text(), classes, text(), text(), text(), text()).prop_map(
        |(id, classes, test_id, name, field, href)| Node {
            tag: Cow::Borrowed("a"),
            id,
            classes,
            test_id,
            name,
            field,
            href,
            ..Node::default()
        },
    )
}

/// The canonical form as if a browser had seen it so.
fn seen(element: &CanonicalElement) -> String {
    element.to_json().replacen("\"nodes\"", "\"chain\"", 1)
}

#[test]
fn attributes_in_another_order_are_the_same_element() {
    let one = r#"{"chain": [{"tag": "a", "id": "save", "name": "Save", "href": "x.example/o/7"}]}"#;
    let two = r#"{"chain": [{"href": "x.example/o/9", "name": "Save", "id": "save", "tag": "A"}]}"#;
    assert_eq!(id(&serde_json::from_str(one).unwrap()), id(&serde_json::from_str(two).unwrap()));
}

#[test]
fn the_form_and_its_id_never_change_within_a_version() {
    let seen = r#"{"chain": [
        {"tag": "button", "id": ":r1:", "classes": ["btn-primary", "is-loading", "px-4"],
         "test_id": "save-report", "role": "button", "name": "Save  report 12", "type": "submit"},
        {"tag": "div", "classes": ["css-1x2y"]},
        {"tag": "form", "field": "report[3].title", "name": "Edit report"},
        {"tag": "li", "index": 4},
        {"tag": "a", "href": "app.example.com/orders/1042/"}]}"#;
    let element = CanonicalElement::new(&serde_json::from_str(seen).unwrap());
    insta::assert_snapshot!(element.to_json(), @r#"{"v":1,"nodes":[{"tag":"button","classes":["btn-primary"],"test_id":"save-report","role":"button","name":"Save report 0","type":"submit"},{"tag":"form","name":"Edit report","field":"report[0].title"},{"tag":"li"},{"tag":"a","href":"app.example.com/orders/:id"}]}"#);
    insta::assert_snapshot!(format!("{:016x}", element.id(&KEY)), @"ad17233ca5cc1d7c");
    assert_eq!(element.role(), "button");
    assert_eq!(element.test_id(), "save-report");
}

#[test]
fn an_empty_chain_is_an_element_too() {
    let element = CanonicalElement::new(&Element::default());
    assert_eq!((element.tag(), element.role(), element.name()), ("", "", ""));
    assert_ne!(element.id(&KEY), 0);
}

fn canonical(json: &str) -> CanonicalElement {
    CanonicalElement::new(&serde_json::from_str(json).unwrap())
}

/// The canonical form of a button in as many wrappers, and then in a dialog.
fn wrapped(n: usize, class: &str) -> CanonicalElement {
    let wrapper = format!(r#"{{"tag":"div","classes":[{class}]}},"#).repeat(n);
    canonical(&format!(
        r#"{{"chain":[{{"tag":"button","name":"Save"}},{wrapper}{{"tag":"div","role":"dialog","name":"Edit"}}]}}"#
    ))
}

#[test]
fn wrappers_that_say_nothing_push_nothing_out() {
    for class in ["", r#""px-4""#, r#""is-open","mt-2""#] {
        assert_eq!(wrapped(0, class), wrapped(29, class), "{class}");
    }
    assert_ne!(wrapped(0, r#""card""#), wrapped(1, r#""card""#));
    let deep = canonical(&format!(
        r#"{{"chain":[{}]}}"#,
        [r#"{"tag":"div","classes":["card"]}"#; 30].join(",")
    ));
    assert_eq!(deep.nodes.len(), NODES);
}

#[test]
fn classes_that_say_nothing_push_nothing_out_and_order_is_nothing() {
    let of = |classes: &[&str]| {
        let classes: Vec<_> = classes.iter().map(|class| format!("{class:?}")).collect();
        canonical(&format!(r#"{{"chain":[{{"tag":"a","classes":[{}]}}]}}"#, classes.join(",")))
    };
    let utilities = ["px-4"; 30];
    let mut active = vec!["active"];
    active.extend(utilities);
    active.push("toolbar");
    assert_eq!(of(&active), of(&["toolbar"]));
    let words = [
        "alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india",
        "juliett", "kilo", "lima", "mike",
    ];
    let mut reversed = words;
    reversed.reverse();
    assert_eq!(of(&words), of(&reversed));
    assert_eq!(of(&words).nodes[0].classes.len(), CLASSES);
}

#[test]
fn names_end_at_the_same_letter_whatever_their_numbers() {
    let of = |n: &str| {
        let name = format!("{n} {}", "word ".repeat(16)).chars().take(96).collect::<String>();
        canonical(&format!(r#"{{"chain":[{{"tag":"a","name":{name:?}}}]}}"#))
    };
    assert_eq!(of("9"), of("10"));
    assert_eq!(of("9"), of("1,000,000"));
    assert_eq!(of("9").name().chars().count(), NAME_CHARS);
}

#[test]
fn numbers_of_rows_are_folded_in_rows_alone() {
    let of = |target: &str, row: &str| {
        canonical(&format!(r#"{{"chain":[{{"tag":"button",{target}}},{row},{{"tag":"main"}}]}}"#))
    };
    let test_id = |n: u32| format!(r#""test_id":"row-{n}-delete""#);
    let field = |n: u32| format!(r#""field":"qty-{n}""#);
    for row in [
        r#"{"tag":"tr","index":7}"#,
        r#"{"tag":"div","role":"listitem","index":7}"#,
        r#"{"tag":"div","test_id":"card-0","index":7}"#,
    ] {
        assert_eq!(of(&test_id(7), row), of(&test_id(99), row), "{row}");
        assert_eq!(of(&field(7), row), of(&field(99), row), "{row}");
        assert_eq!(of(r#""id":"row-7""#, row), of(r#""id":"row-8""#, row), "{row}");
    }
    let cards = [
        r#"{"tag":"div","test_id":"card-3","index":3}"#,
        r#"{"tag":"div","test_id":"card-4","index":4}"#,
    ];
    assert_eq!(of(&test_id(3), cards[0]), of(&test_id(4), cards[1]));
    // A section of a page among others is no row.
    let section = r#"{"tag":"div","classes":["panel"],"index":2}"#;
    assert_ne!(of(r#""test_id":"step-1""#, section), of(r#""test_id":"step-2""#, section));
    let itself = |n: u32| of(&format!(r#""test_id":"tab-{n}","index":{n}"#), section);
    assert_eq!(itself(0), itself(2));
}
