//! What is suggested for an element means that element, and goes on meaning it in the next release.
//!
//! A product is drawn at random: regions with names, and in them buttons, links, fields and rows of
//! a list, of which some have test ids or ids and some only a label. A *build* of it adds what a
//! release changes without changing what the product is: hashes of modules, looks, states, ids that
//! a framework made up, wrappers, and the order of rows.

use proptest::prelude::*;
use protocol::{Element, Node};
use rules::element::CanonicalElement;
use rules::page::CanonicalPage;
use rules::suggest::{Grade, Known, Scope, suggest};
use std::borrow::Cow;

/// A thing that can be clicked, as the people who made the product think of it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Thing {
    tag: &'static str,
    name: Option<String>,
    test_id: Option<String>,
    id: Option<String>,
    field: Option<String>,
    href: Option<String>,
    class: String,
    region: usize,
}

#[derive(Debug, Clone)]
struct Product {
    /// Role or tag, and name, of each region.
    regions: Vec<(&'static str, String)>,
    things: Vec<Thing>,
}

fn word() -> impl Strategy<Value = String> {
    "(save|edit|report|export|share|invite|delete|rename|metric|team|billing|alert|board|chart)"
}

fn maybe(of: impl Strategy<Value = String>, weight: u32) -> impl Strategy<Value = Option<String>> {
    prop_oneof![weight => of.prop_map(Some), 10 - weight => Just(None)]
}

fn thing(n_regions: usize) -> impl Strategy<Value = Thing> {
    let tag = prop::sample::select(vec!["button", "button", "a", "input", "div"]);
    let label = (word(), word()).prop_map(|(a, b)| format!("{a} {b}"));
    (tag, maybe(label, 8), maybe(word(), 3), maybe(word(), 2), word(), 0..n_regions).prop_map(
        |(tag, name, test_id, id, class, region)| Thing {
            tag,
            name,
            test_id: test_id.map(|word| format!("action-{word}")),
            id: id.map(|word| format!("{word}-control")),
            field: (tag == "input").then(|| format!("{class}-field")),
            href: (tag == "a").then(|| format!("127.0.0.1:4000/{class}")),
            class,
            region,
        },
    )
}

fn product() -> impl Strategy<Value = Product> {
    let region = (prop::sample::select(vec!["form", "dialog", "nav", "section"]), word());
    prop::collection::vec(region, 1..4).prop_flat_map(|regions| {
        let n = regions.len();
        prop::collection::vec(thing(n), 1..14)
            .prop_map(move |things| Product { regions: regions.clone(), things })
    })
}

/// What a release changes although the product stays the same.
#[derive(Debug, Clone)]
struct Build {
    hash: String,
    looks: Vec<String>,
    states: Vec<String>,
    n_wrappers: usize,
    made_up: String,
    rotate: usize,
}

fn build() -> impl Strategy<Value = Build> {
    let looks = prop::collection::vec("(px|mt|w)-[0-9]{1,2}|text-(red|blue)-[0-9]{3}", 0..14);
    let states = prop::collection::vec("(is-open|active|hover|focus|selected|loading)", 0..14);
    ("[0-9][a-z][0-9][A-Z][0-9]", looks, states, 0_usize..26, ":r[0-9]{1,2}:", 0_usize..9).prop_map(
        |(hash, looks, states, n_wrappers, made_up, rotate)| Build {
            hash,
            looks,
            states,
            n_wrappers,
            made_up,
            rotate,
        },
    )
}

fn owned(text: &Option<String>) -> Option<Cow<'static, str>> {
    text.clone().map(Cow::Owned)
}

/// What the browser sees of a thing in a build.
fn element(product: &Product, thing: &Thing, build: &Build) -> CanonicalElement {
    let mut classes: Vec<_> = build.looks.iter().chain(&build.states).cloned().collect();
    classes.push(format!("{}__{}", thing.class, build.hash));
    let at = product.things.iter().position(|other| other == thing);
    let n = product.things.len();
    let place = at.map(|at| (at + n - build.rotate % n) % n).and_then(|at| u32::try_from(at).ok());
    let target = Node {
        tag: Cow::Borrowed(thing.tag),
        id: owned(&thing.id).or_else(|| Some(Cow::Owned(build.made_up.clone()))),
        classes: classes.into_iter().map(Cow::Owned).collect(),
        test_id: owned(&thing.test_id),
        name: owned(&thing.name),
        field: owned(&thing.field),
        href: owned(&thing.href),
        role: (thing.tag == "div").then_some(Cow::Borrowed("button")),
        index: place.filter(|_| n >= 3),
        ..Node::default()
    };
    let wrapper = || Node {
        tag: Cow::Borrowed("div"),
        classes: build.looks.iter().cloned().map(Cow::Owned).collect(),
        ..Node::default()
    };
    let (tag, name) = &product.regions[thing.region];
    let region =
        Node { tag: Cow::Borrowed(tag), name: Some(Cow::Owned(name.clone())), ..Node::default() };
    let mut chain = vec![target];
    chain.extend((0..build.n_wrappers).map(|_| wrapper()));
    chain.extend([region, Node { tag: Cow::Borrowed("main"), ..Node::default() }]);
    CanonicalElement::new(&Element { chain })
}

/// All things of the product as a build shows them, in its order.
fn seen(product: &Product, build: &Build) -> Vec<CanonicalElement> {
    let mut elements: Vec<_> =
        product.things.iter().map(|thing| element(product, thing, build)).collect();
    let n = elements.len();
    elements.rotate_left(build.rotate % n);
    elements
}

fn known<'a>(elements: &'a [CanonicalElement], page: &'a CanonicalPage) -> Vec<Known<'a>> {
    elements.iter().map(|element| Known { element, page }).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn what_is_suggested_means_what_was_pointed_at(
        product in product(), build in build(), at in any::<prop::sample::Index>(),
    ) {
        let page = CanonicalPage::new("app.example.com", "/reports/1042/edit");
        let elements = seen(&product, &build);
        let pointed = Known { element: at.get(&elements), page: &page };
        let suggestions = suggest(pointed, &known(&elements, &page));
        prop_assert_eq!(suggestions[0].scope, Scope::ThisOne);
        for suggestion in &suggestions {
            prop_assert!(suggestion.rule.matches(pointed.element, &page), "{:?}", suggestion);
            let read = rules::rule::Rule::from_json(&suggestion.rule.to_json()).unwrap();
            prop_assert_eq!(&read, &suggestion.rule);
        }
        let others = elements.iter().filter(|other| *other != pointed.element);
        for other in others {
            prop_assert!(!suggestions[0].rule.matches(other, &page), "{:?}\n{:?}", other, suggestions[0]);
        }
    }

    #[test]
    fn the_next_release_is_meant_as_well(
        product in product(), builds in (build(), build()), at in any::<prop::sample::Index>(),
    ) {
        let page = CanonicalPage::new("app.example.com", "/reports/1042/edit");
        let thing = at.get(&product.things);
        let elements = seen(&product, &builds.0);
        let pointed = element(&product, thing, &builds.0);
        let suggestions = suggest(Known { element: &pointed, page: &page }, &known(&elements, &page));
        let next = element(&product, thing, &builds.1);
        for suggestion in &suggestions {
            prop_assert!(suggestion.rule.matches(&next, &page), "{:?}\n{:?}", next, suggestion);
        }
        for other in seen(&product, &builds.1).iter().filter(|other| **other != next) {
            prop_assert!(!suggestions[0].rule.matches(other, &page), "{:?}\n{:?}", other, suggestions[0]);
        }
    }

    #[test]
    fn a_new_look_changes_nothing_for_what_has_a_name(
        product in product(), builds in (build(), build()), at in any::<prop::sample::Index>(),
        class in "(tile|ribbon|pillar|meadow)",
    ) {
        let page = CanonicalPage::new("app.example.com", "/reports/1042/edit");
        let thing = at.get(&product.things);
        let elements = seen(&product, &builds.0);
        let pointed = element(&product, thing, &builds.0);
        let suggestions = suggest(Known { element: &pointed, page: &page }, &known(&elements, &page));
        let restyled = Thing { class, field: thing.field.clone(), href: thing.href.clone(), ..thing.clone() };
        let next = element(&product, &restyled, &builds.1);
        let sturdy = suggestions.iter().filter(|s| s.grade <= Grade::B);
        for suggestion in sturdy {
            prop_assert!(suggestion.rule.matches(&next, &page), "{:?}\n{:?}", next, suggestion);
        }
    }

    #[test]
    fn whatever_a_sender_writes_has_an_id_and_a_suggestion(
        elements in prop::collection::vec(prop::collection::vec(any_node(), 0..16), 1..6),
        path in "\\PC{0,60}", key in any::<[u8; 16]>(),
    ) {
        let page = CanonicalPage::new(&path, &path);
        prop_assert_eq!(page.id(&key), CanonicalPage::new(&path, &path).id(&key));
        let chain = |chain: Vec<Node<'static>>| CanonicalElement::new(&Element { chain });
        let elements: Vec<_> = elements.into_iter().map(chain).collect();
        for element in &elements {
            let read = CanonicalElement::from_json(&element.to_json()).unwrap();
            prop_assert_eq!(read.id(&key), element.id(&key));
            prop_assert!(![0, rules::OTHERS].contains(&element.id(&key)));
            let suggestions = suggest(Known { element, page: &page }, &known(&elements, &page));
            prop_assert_eq!(suggestions.is_empty(), element.nodes.is_empty());
            for suggestion in suggestions {
                prop_assert!(suggestion.rule.matches(element, &page), "{:?}", suggestion);
            }
        }
    }
}

/// A node with anything in any attribute.
fn any_node() -> impl Strategy<Value = Node<'static>> {
    let text = || prop_oneof!["\\PC{0,40}", "[a-zA-Z0-9_:/.\\[\\]% -]{0,80}", ".{0,12}"];
    let maybe = || prop::option::of(text().prop_map(Cow::<'static, str>::Owned));
    let classes = prop::collection::vec(text().prop_map(Cow::Owned), 0..5);
    let texts = (maybe(), maybe(), maybe(), maybe(), maybe(), maybe(), maybe());
    (text(), classes, texts, prop::option::of(any::<u32>())).prop_map(
        |(tag, classes, (id, test_id, role, name, field, type_, href), index)| Node {
            tag: Cow::Owned(tag),
            id,
            classes,
            test_id,
            role,
            name,
            field,
            type_,
            href,
            index,
        },
    )
}
