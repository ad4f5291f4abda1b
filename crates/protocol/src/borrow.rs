//! Texts that borrow from the body.
//!
//! serde borrows a bare `Cow<str>` by itself, and copies one inside an `Option` or a `Vec`. These
//! functions, for `deserialize_with`, borrow there too: a batch costs no allocation per text.

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// A string, borrowed from the body where it has no escapes.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// A text, or nothing for `null`.
pub(crate) fn option<'de: 'a, 'a, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Cow<'a, str>>, D::Error> {
    Ok(Option::<Text<'de>>::deserialize(deserializer)?.map(|text| text.0))
}

/// A list of texts.
pub(crate) fn list<'de: 'a, 'a, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<Cow<'a, str>>, D::Error> {
    struct Texts;
    impl<'de> Visitor<'de> for Texts {
        type Value = Vec<Cow<'de, str>>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of strings")
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut texts = Vec::new();
            while let Some(Text(text)) = seq.next_element()? {
                texts.push(text);
            }
            Ok(texts)
        }
    }
    deserializer.deserialize_seq(Texts)
}

#[cfg(test)]
mod tests {
    use crate::parse_batch;
    use std::borrow::Cow;

    #[test]
    fn texts_without_escapes_are_borrowed_wherever_they_stand() {
        let body = r#"{"sdk":"s","sent_at":1,
            "context":{"anonymous_id":"a","user_id":"u","language":null,"campaign":{"source":"x"}},
            "elements":[{"chain":[{"tag":"a","id":"i","classes":["c","d\n"],"name":"n"}]}],
            "pages":[{"host":"h","path":"/","title":"t"}],
            "events":[{"event_id":"018bcfe5-6800-7000-8000-000000000001","kind":"custom",
                       "name":"done","timestamp":1}]}"#;
        let batch = parse_batch(body.as_bytes()).unwrap();
        let node = &batch.elements[0].chain[0];
        let campaign = batch.context.campaign.as_ref().unwrap();
        let event = batch.events[0].as_ref().unwrap();
        let texts = [
            &batch.context.user_id,
            &campaign.source,
            &node.id,
            &node.name,
            &batch.pages[0].title,
            &event.name,
        ];
        assert!(texts.iter().all(|text| matches!(text, Some(Cow::Borrowed(_)))), "{texts:?}");
        assert!(matches!(node.classes[..], [Cow::Borrowed("c"), Cow::Owned(_)]));
        assert_eq!(batch.context.language, None);
    }
}
