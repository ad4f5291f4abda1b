//! Words that the pages of accounts share.

use crate::dashboard::format::percent;
use crate::dashboard::live::short_person;
use store::record::AccountRecord;

/// A share in whole per cent; something is never nothing, and most is never all.
pub(in crate::dashboard::accounts) fn share(share: f64) -> String {
    match share {
        _ if share > 0.0 && share < 0.01 => "<1%".to_owned(),
        _ if share > 0.99 && share < 1.0 => ">99%".to_owned(),
        _ => percent((share * 100.0).round() / 100.0),
    }
}

/// Names in a row: `a, b and c`.
pub(in crate::dashboard::accounts) fn row(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// What an account is called: by the attribute `name`, else by its id.
pub(in crate::dashboard::accounts) fn account_name<'a>(
    id: &'a str,
    record: &'a AccountRecord,
) -> &'a str {
    record.attribute("name").unwrap_or(id)
}

/// What a person of an account is called: by the name or address that was said, without the account's
/// name that stands behind it, else by the id.
pub(in crate::dashboard::accounts) fn called(
    person: &str,
    name: Option<&str>,
    account: &str,
) -> String {
    name.map_or_else(|| short_person(person), |name| short(name, account).to_owned())
}

/// What somebody is called beside his account: without its name that stands behind his.
pub(in crate::dashboard::accounts) fn short<'a>(called: &'a str, account: &str) -> &'a str {
    let short = called.strip_suffix(account).and_then(|rest| rest.strip_suffix(", "));
    short.filter(|short| !short.is_empty()).unwrap_or(called)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_is_never_nothing_and_names_stand_in_a_row() {
        assert_eq!(
            [0.0, 0.004, 0.314, 0.996, 1.0].map(share),
            ["0%", "<1%", "31%", ">99%", "100%"]
        );
        let names = |n: usize| row(&["a", "b", "c"].map(str::to_owned)[..n]);
        assert_eq!([1, 2, 3].map(names), ["a", "a and b", "a, b and c"]);
    }

    #[test]
    fn people_are_called_by_their_name_without_that_of_the_account() {
        assert_eq!(called("u-1", Some("Ann Lee, Acme"), "Acme"), "Ann Lee");
        assert_eq!(called("u-1", Some("ann@acme.example"), "Acme"), "ann@acme.example");
        assert_eq!(called("u-1", None, "Acme"), "u-1");
    }
}
