//! The page in view, and what led to it.

use crate::input::Address;
use crate::json::{self, field};
use crate::text::{clean, clean_link, split_at};
use protocol::limits;

/// The page in view.
#[derive(Debug)]
pub(crate) struct CurrentPage {
    address: Address,
    /// The page as the batch's dictionary holds it.
    json: String,
}

impl CurrentPage {
    /// The page at `address`; scrubbed, as paths carry e-mail addresses and tokens.
    pub(crate) fn new(address: Address, title: Option<&str>) -> Self {
        let mut json = "{".to_owned();
        json::push_text(field(&mut json, "host"), &clean(&address.host, limits::TEXT_BYTES));
        let path = clean(&address.path, limits::PATH_BYTES);
        json::text(&mut json, "path", if path.is_empty() { "/" } else { &path });
        json::text(&mut json, "title", &clean(title.unwrap_or_default(), limits::TEXT_BYTES));
        json.push('}');
        Self { address, json }
    }

    /// Whether this is another page than that at `address`.
    pub(crate) fn differs(&self, address: &Address) -> bool {
        self.address != *address
    }

    pub(crate) fn host(&self) -> &str {
        &self.address.host
    }

    pub(crate) fn json(&self) -> &str {
        &self.json
    }
}

/// Host and path of the page that led here; empty if it is one of the same host.
pub(crate) fn foreign_referrer(referrer: &str, host: &str) -> String {
    let link = clean_link(referrer, limits::TEXT_BYTES);
    if split_at(&link, b'/').0 == host { String::new() } else { link.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_page_is_scrubbed() {
        let address = Address { host: "app.example".into(), path: "/u/ann@example.com".into() };
        let page = CurrentPage::new(address, Some(" Orders of ann@example.com "));
        insta::assert_snapshot!(page.json(), @r#"{"host":"app.example","path":"/u/[email]","title":"Orders of [email]"}"#);
    }

    proptest! {
        #[test]
        fn any_page_is_that_of_serde(host in "\\PC{0,6}", path in "\\PC{0,6}", title in "\\PC{0,6}") {
            let page = CurrentPage::new(Address { host, path }, Some(&title));
            prop_assert!(json::is_that_of_serde::<protocol::Page<'_>>(page.json()));
        }
    }

    #[test]
    fn a_referrer_is_another_host() {
        let referrer = |text| foreign_referrer(text, "app.example:8080");
        assert_eq!(referrer("https://news.example/a?q=1"), "news.example/a");
        assert_eq!(referrer("http://app.example:8080/orders"), "");
        assert_eq!(referrer(""), "");
    }
}
