//! The page in view, and what led to it.

use crate::json;
use crate::text::{clean, cut, field, link};
use protocol::limits;

/// The page in view.
#[derive(Debug)]
pub(crate) struct CurrentPage {
    /// Host and path, as fields of a message.
    pub(crate) address: Vec<u8>,
    /// The page as the batch's dictionary holds it.
    pub(crate) json: Vec<u8>,
}

impl CurrentPage {
    /// The page at `address`; scrubbed, as paths carry e-mail addresses and tokens.
    pub(crate) fn new(address: &[u8], title: &[u8]) -> Self {
        let mut path = address;
        let host = clean(field(&mut path), limits::TEXT_BYTES);
        let mut json = b"{".to_vec();
        json::push_text(json::field(&mut json, b"host"), &host);
        let path = clean(path, limits::PATH_BYTES);
        json::text(&mut json, b"path", if path.is_empty() { b"/" } else { &path });
        json::page_text(&mut json, b"title", title, limits::TEXT_BYTES);
        json.push(b'}');
        Self { address: address.to_vec(), json }
    }
}

/// Host and path of the page that led to `address`; empty if it is one of the same host.
pub(crate) fn foreign_referrer(referrer: &[u8], mut address: &[u8]) -> Vec<u8> {
    let link = clean(link(referrer), limits::TEXT_BYTES);
    if cut(&mut &*link, b'/') == field(&mut address) { Vec::new() } else { link.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_page_is_scrubbed() {
        let page =
            CurrentPage::new(b"app.example\x1f/u/ann@example.com", b" Orders of ann@example.com ");
        insta::assert_snapshot!(String::from_utf8(page.json).unwrap(), @r#"{"host":"app.example","path":"/u/[email]","title":"Orders of [email]"}"#);
    }

    proptest! {
        #[test]
        fn any_page_is_that_of_serde(host in "\\PC{0,6}", path in "\\PC{0,6}", title in "\\PC{0,6}") {
            let page = CurrentPage::new([host, path].join("\u{1f}").as_bytes(), title.as_bytes());
            prop_assert!(json::is_that_of_serde::<protocol::Page<'_>>(&page.json));
        }
    }

    #[test]
    fn a_referrer_is_another_host() {
        let referrer = |text: &str| foreign_referrer(text.as_bytes(), b"app.example:8080\x1f/");
        assert_eq!(referrer("https://news.example/a?q=1"), b"news.example/a");
        assert_eq!(referrer("http://app.example:8080/orders"), b"");
        assert_eq!(referrer(""), b"");
    }
}
