//! What the form of the Paths page says, made into the address that says the same.

use analytics::{InvalidQuery, Paths};
use form_urlencoded::{Serializer, parse};

/// The hidden field by which a form is told from an address.
const FORM: &str = "form";

/// The fields that are visible.
const VISIBLE: [&str; 4] = ["nodes", "start", "end", "steps"];

/// What is asked.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) paths: Paths,
    /// The query string to go to, where this one came from the form.
    pub(super) go_to: Option<String>,
}

/// Reads a query string.
///
/// # Errors
/// When a step, a word, a number or a date cannot be read.
pub(super) fn read(query: &str) -> Result<Asked, InvalidQuery> {
    let field = |name: &str| {
        let mut pairs = parse(query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.trim().to_owned())
    };
    let mut paths = Paths::from_query_string(query)?;
    if field(FORM).is_none() {
        return Ok(Asked { paths, go_to: None });
    }
    if field("do").as_deref() == Some("dates") {
        let dates = [("from", "day_from"), ("to", "day_to")];
        let dates = dates.map(|(key, name)| (key, field(name).unwrap_or_default()));
        let text = Serializer::new(String::new()).extend_pairs(dates).finish();
        paths.date_range = Paths::from_query_string(&text)?.date_range;
    }
    let go_to = paths.to_query_string();
    Ok(Asked { paths, go_to: Some(go_to) })
}

/// The hidden fields: all of the question that no visible field says.
pub(super) fn hidden(paths: &Paths) -> Vec<(String, String)> {
    let query = paths.to_query_string();
    let pairs = parse(query.as_bytes()).filter(|(key, _)| !VISIBLE.contains(&key.as_ref()));
    let pairs = pairs.map(|(key, value)| (key.into_owned(), value.into_owned()));
    std::iter::once((FORM.to_owned(), "1".to_owned())).chain(pairs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: &str = "nodes=clicks&start=page%3A%2Fa&steps=4&shown=6&last=7d";

    #[test]
    fn an_address_is_shown_as_it_is_and_none_is_the_usual() {
        let asked = read(ASKED).unwrap();
        assert_eq!((asked.paths.to_query_string().as_str(), asked.go_to), (ASKED, None));
        assert_eq!(read("").unwrap(), Asked::default());
    }

    #[test]
    fn the_form_says_the_whole_question() {
        let paths = Paths::from_query_string(ASKED).unwrap();
        let mut fields = Serializer::new(String::new());
        fields.extend_pairs(hidden(&paths));
        fields.extend_pairs([
            ("nodes", "clicks"),
            ("start", "page:/a"),
            ("end", ""),
            ("steps", "4"),
        ]);
        let fields = fields.finish();
        assert_eq!(read(&fields).unwrap().go_to.as_deref(), Some(ASKED));
        let dated = format!("{fields}&day_from=2026-11-01&day_to=2026-11-22&do=dates");
        let go_to = read(&dated).unwrap().go_to.unwrap();
        assert!(go_to.ends_with("from=2026-11-01&to=2026-11-22"), "{go_to}");
    }
}
