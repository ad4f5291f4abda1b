//! Accounts: what is known of customer companies, and what each of them does.

mod account;
mod import;
pub(crate) mod look;
mod of_one;
mod record;
pub(crate) mod table;

use crate::App;
use axum::Router;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use store::record::attribute;

/// What stands for itself in a segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The routes.
pub(super) fn routes() -> Router<App> {
    let of_one = account::routes().merge(record::routes());
    look::routes().merge(table::routes()).merge(import::routes()).merge(of_one)
}

/// The address of an account, whose id may be any text.
pub(super) fn address(project: &str, account: &str) -> String {
    format!("/projects/{project}/accounts/{}", utf8_percent_encode(account, SEGMENT))
}

/// What an attribute is called.
pub(super) fn label(name: &str) -> &str {
    match name {
        attribute::PLAN => "Plan",
        attribute::TIER => "Tier",
        attribute::SEATS => "Seats",
        attribute::REGION => "Region",
        attribute::OWNER => "Owner",
        attribute::RENEWAL_DATE => "Renewal date",
        attribute::CONTRACT_VALUE => "Contract value",
        attribute::MODULES => "Modules",
        name => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_id_is_one_part_of_a_path() {
        assert_eq!(address("p", "acme-retail"), "/projects/p/accounts/acme-retail");
        assert_eq!(address("p", "a/b c?d#é"), "/projects/p/accounts/a%2Fb%20c%3Fd%23%C3%A9");
    }

    #[test]
    fn what_is_known_has_a_name() {
        for (name, _) in attribute::KNOWN {
            assert_ne!(label(name), name);
        }
    }
}
