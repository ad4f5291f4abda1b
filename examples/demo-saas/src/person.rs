//! The people of a company, named by role and number: "Analyst 1".

use crate::role::Role;

/// Somebody who can sign in, or is invited to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    /// Role and number.
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) role: Role,
    /// Has never signed in, and was asked to.
    pub(crate) is_invited: bool,
}

impl Person {
    /// The person of this role with this number, at an address of the company's.
    pub(crate) fn numbered(role: Role, number: u32, company: &str) -> Self {
        Self {
            name: format!("{} {number}", role.name()),
            email: format!("{}.{number}@{}.example", role.name().to_lowercase(), slug(company)),
            role,
            is_invited: false,
        }
    }

    /// The person of this role behind an address, where `taken` says which names others have.
    ///
    /// An address that tells role and number, such as `analyst.7@…`, gives the number.
    pub(crate) fn behind(email: &str, role: Role, taken: impl Fn(&str) -> bool) -> Self {
        let told = number_in(email, role).map(|number| format!("{} {number}", role.name()));
        let free = || {
            let mut names = (1_u32..).map(|number| format!("{} {number}", role.name()));
            names.find(|name| !taken(name)).unwrap_or_default()
        };
        let name = told.filter(|name| !taken(name)).unwrap_or_else(free);
        Self { name, email: email.to_owned(), role, is_invited: false }
    }

    /// The id that stays the same for the same person of the same company.
    pub(crate) fn user_id(&self, company: &str) -> String {
        format!("{}-{}", slug(company), slug(&self.name))
    }
}

fn number_in(email: &str, role: Role) -> Option<u32> {
    let (word, number) = email.split('@').next()?.split_once(['.', '-', '_'])?;
    if Role::of(word)? == role { number.parse().ok() } else { None }
}

/// A name as a part of an id: small letters and digits, with hyphens between words.
pub(crate) fn slug(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    words.join("-")
}

/// The first letter of each word of a name.
pub(crate) fn initials(name: &str) -> String {
    name.split(' ').filter_map(|word| word.chars().next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_named_by_role_and_number() {
        let check = |email: &str, expected: &str| {
            let person = Person::behind(email, Role::Analyst, |name| name == "Analyst 1");
            assert_eq!(person.name, expected, "{email}");
        };
        check("analyst.7@acme-retail.example", "Analyst 7");
        check("analyst.1@elsewhere.example", "Analyst 2");
        check("manager.7@acme-retail.example", "Analyst 2");
        check("ann.ames@acme.example", "Analyst 2");
        let person = Person::numbered(Role::Analyst, 1, "Acme Retail");
        assert_eq!(person.email, "analyst.1@acme-retail.example");
        assert_eq!(person.user_id("Acme Retail"), "acme-retail-analyst-1");
    }
}
