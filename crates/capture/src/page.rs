//! The page in view, and what led to it.

use crate::input::Address;
use crate::json;
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
        let page = protocol::Page {
            host: clean(&address.host, limits::TEXT_BYTES).unwrap_or_default(),
            path: clean(&address.path, limits::PATH_BYTES).unwrap_or("/".into()),
            title: title.and_then(|title| clean(title, limits::TEXT_BYTES)),
        };
        let json = json::page(&page);
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

/// Host and path of the page that led here, unless it is one of the same host.
pub(crate) fn foreign_referrer(referrer: &str, host: &str) -> Option<String> {
    let link = clean_link(referrer, limits::TEXT_BYTES)?;
    (split_at(&link, b'/').0 != host).then(|| link.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_scrubbed() {
        let address = Address { host: "app.example".into(), path: "/u/ann@example.com".into() };
        let page = CurrentPage::new(address, Some(" Orders of ann@example.com "));
        insta::assert_snapshot!(page.json(), @r#"{"host":"app.example","path":"/u/[email]","title":"Orders of [email]"}"#);
    }

    #[test]
    fn a_referrer_is_another_host() {
        let referrer = |text| foreign_referrer(text, "app.example:8080");
        assert_eq!(referrer("https://news.example/a?q=1").as_deref(), Some("news.example/a"));
        assert_eq!(referrer("http://app.example:8080/orders"), None);
        assert_eq!(referrer(""), None);
    }
}
