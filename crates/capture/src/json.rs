//! Writes what `protocol` defines as JSON.
//!
//! `serde_json` would write the same, and the tests hold the two equal; but its serialiser, with
//! its errors that cannot happen here, weighs as much as half of this crate.

use crate::text::push_number;
use protocol::{Campaign, Context, Element, Event, Node, Page, Properties};
use std::borrow::Cow;

/// A JSON object that is being written.
struct Object(String);

impl Object {
    fn new() -> Self {
        Self("{".to_owned())
    }

    fn key(&mut self, key: &str) -> &mut String {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        push_text(&mut self.0, key);
        self.0.push(':');
        &mut self.0
    }

    /// A field whose value is JSON.
    fn raw(&mut self, key: &str, json: &str) {
        self.key(key).push_str(json);
    }

    fn text(&mut self, key: &str, text: &str) {
        push_text(self.key(key), text);
    }

    /// A field that is left out where it has no value.
    fn some_text(&mut self, key: &str, text: Option<&Cow<'_, str>>) {
        if let Some(text) = text {
            self.text(key, text);
        }
    }

    fn some_number(&mut self, key: &str, number: Option<u32>) {
        if let Some(number) = number {
            self.number(key, number.into());
        }
    }

    fn number(&mut self, key: &str, number: i64) {
        push_number(self.key(key), number);
    }

    fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

pub(crate) fn context(context: &Context<'_>) -> String {
    let mut object = Object::new();
    for (key, text) in [
        ("anonymous_id", Some(&context.anonymous_id)),
        ("user_id", context.user_id.as_ref()),
        ("account_id", context.account_id.as_ref()),
        ("session_id", Some(&context.session_id)),
        ("referrer", context.referrer.as_ref()),
    ] {
        object.some_text(key, text.filter(|text| !text.is_empty()));
    }
    if let Some(json) = context.campaign.as_ref().map(campaign) {
        object.raw("campaign", &json);
    }
    for (key, text) in [
        ("language", &context.language),
        ("time_zone", &context.time_zone),
        ("screen", &context.screen),
        ("app_version", &context.app_version),
    ] {
        object.some_text(key, text.as_ref());
    }
    if context.automated {
        object.raw("automated", "true");
    }
    object.end()
}

fn campaign(campaign: &Campaign<'_>) -> String {
    let mut object = Object::new();
    object.some_text("source", campaign.source.as_ref());
    object.some_text("medium", campaign.medium.as_ref());
    object.some_text("name", campaign.name.as_ref());
    object.end()
}

pub(crate) fn page(page: &Page<'_>) -> String {
    let mut object = Object::new();
    object.text("host", &page.host);
    object.text("path", &page.path);
    object.some_text("title", page.title.as_ref());
    object.end()
}

pub(crate) fn element(element: &Element<'_>) -> String {
    let mut object = Object::new();
    push_list(object.key("chain"), &element.chain, |json, n| json.push_str(&node(n)));
    object.end()
}

fn node(node: &Node<'_>) -> String {
    let mut object = Object::new();
    object.text("tag", &node.tag);
    object.some_text("id", node.id.as_ref());
    if !node.classes.is_empty() {
        push_list(object.key("classes"), &node.classes, |json, class| push_text(json, class));
    }
    for (key, text) in [
        ("test_id", &node.test_id),
        ("role", &node.role),
        ("name", &node.name),
        ("field", &node.field),
        ("type", &node.type_),
        ("href", &node.href),
    ] {
        object.some_text(key, text.as_ref());
    }
    object.some_number("index", node.index);
    object.end()
}

pub(crate) fn event(event: &Event<'_>) -> String {
    let mut object = Object::new();
    object.text("event_id", &event.event_id.text());
    object.text("kind", event.kind.as_str());
    object.some_text("name", event.name.as_ref());
    object.number("timestamp", event.timestamp.as_millis());
    object.some_number("page", event.page);
    object.some_number("element", event.element);
    if !event.properties.is_empty() {
        object.raw("properties", &properties(&event.properties));
    }
    object.end()
}

fn properties(properties: &Properties<'_>) -> String {
    let mut object = Object::new();
    for (key, value) in properties.iter() {
        object.text(key, value);
    }
    object.end()
}

fn push_list<T>(json: &mut String, items: &[T], push: impl Fn(&mut String, &T)) {
    let mut separator = '[';
    for item in items {
        json.push(separator);
        push(json, item);
        separator = ',';
    }
    if items.is_empty() {
        json.push('[');
    }
    json.push(']');
}

fn push_text(json: &mut String, text: &str) {
    const HEX: &str = "0123456789abcdef";
    json.push('"');
    let mut written = 0;
    for (at, byte) in text.bytes().enumerate() {
        let is_control = byte < 0x20;
        if !is_control && byte != b'"' && byte != b'\\' {
            continue;
        }
        json.push_str(&text[written..at]);
        json.push_str(if is_control { "\\u00" } else { "\\" });
        written = at;
        if is_control {
            for digit in [usize::from(byte >> 4), usize::from(byte & 15)] {
                json.push_str(&HEX[digit..=digit]);
            }
            written += 1;
        }
    }
    json.push_str(&text[written..]);
    json.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use protocol::{EventId, Kind, Timestamp};

    fn text() -> impl Strategy<Value = Cow<'static, str>> {
        "[\\x00-\\x1f\"\\\\a-zé\u{10ffff}]{0,6}".prop_map(Cow::Owned)
    }

    fn some() -> impl Strategy<Value = Option<Cow<'static, str>>> {
        proptest::option::of(text())
    }

    /// Whether two texts are the same JSON; an escape may be written in several ways.
    fn same(ours: &str, theirs: &str) -> bool {
        let read = |json| serde_json::from_str::<serde_json::Value>(json).unwrap();
        read(ours) == read(theirs) && ours.matches("\":").count() == theirs.matches("\":").count()
    }

    proptest! {
        #[test]
        fn an_element_and_a_page_are_those_of_serde(
            texts in proptest::collection::vec(some(), 8),
            tag in text(),
            classes in proptest::collection::vec(text(), 0..3),
            index in proptest::option::of(any::<u32>()),
            n_nodes in 0_usize..3,
        ) {
            let [id, test_id, role, name, field, type_, href, title] =
                <[_; 8]>::try_from(texts).unwrap();
            let page_value = Page { host: tag.clone(), path: tag.clone(), title };
            let node = Node { tag, id, classes, test_id, role, name, field, type_, href, index };
            let value = Element { chain: vec![node; n_nodes] };
            prop_assert!(same(&element(&value), &serde_json::to_string(&value).unwrap()));
            prop_assert!(same(&page(&page_value), &serde_json::to_string(&page_value).unwrap()));
        }

        #[test]
        fn an_event_is_that_of_serde(
            id in any::<[u8; 16]>(),
            kind in 0..Kind::ALL.len(),
            name in some(),
            ms in any::<i64>(),
            page in proptest::option::of(any::<u32>()),
            keys in proptest::collection::vec((text(), text()), 0..4),
        ) {
            let mut properties = Properties::new();
            keys.into_iter().for_each(|(key, value)| properties.set(key, value));
            let (event_id, kind) = (EventId::from_bytes(id), Kind::ALL[kind]);
            let timestamp = Timestamp::from_millis(ms);
            let (element, resent) = (page, false);
            let value = Event { event_id, kind, name, timestamp, page, element, properties, resent };
            prop_assert!(same(&event(&value), &serde_json::to_string(&value).unwrap()));
        }

        #[test]
        fn a_context_is_that_of_serde(
            texts in proptest::collection::vec(some(), 10),
            anonymous_id in text(),
            automated in any::<bool>(),
        ) {
            let filled = |text: &Option<Cow<'static, str>>| {
                text.clone().filter(|text| !text.is_empty())
            };
            let campaign = Campaign {
                source: texts[7].clone(),
                medium: texts[8].clone(),
                name: texts[9].clone(),
            };
            let value = Context {
                session_id: anonymous_id.clone(),
                anonymous_id,
                user_id: filled(&texts[0]),
                account_id: filled(&texts[1]),
                referrer: filled(&texts[2]),
                campaign: texts[9].is_some().then_some(campaign),
                language: texts[3].clone(),
                time_zone: texts[4].clone(),
                screen: texts[5].clone(),
                app_version: texts[6].clone(),
                automated,
            };
            prop_assert!(same(&context(&value), &serde_json::to_string(&value).unwrap()));
        }
    }
}
