//! Names for features that are not named yet: each is one that nothing has.

use crate::dashboard::format::capital;
use crate::feature::draft::NAME_CHARS;
use std::collections::BTreeSet;

/// The first name that nothing has yet, in small letters in `taken`, which has it from now on.
pub(super) fn free(names: &[String], taken: &mut BTreeSet<String>) -> String {
    let cut = |name: &str| capital(&name.chars().take(NAME_CHARS - 4).collect::<String>());
    let last = names.last().map_or("Feature", String::as_str);
    let numbered = (2..).map(|n| format!("{} {n}", cut(last)));
    let names = names.iter().map(|name| cut(name)).chain(numbered);
    let mut free = names.filter(|name| !taken.contains(&name.to_lowercase()));
    let name = free.next().unwrap_or_default();
    taken.insert(name.to_lowercase());
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_proposed_once() {
        let mut taken = BTreeSet::from(["edit".to_owned()]);
        let names = ["edit".to_owned(), "edit, Reports".to_owned()];
        let proposed: Vec<_> = (0..3).map(|_| free(&names, &mut taken)).collect();
        assert_eq!(proposed, ["Edit, Reports", "Edit, Reports 2", "Edit, Reports 3"]);
        assert_eq!(free(&[], &mut taken), "Feature 2");
    }
}
