//! Which people are left out of every report of a project: the vendor's own.

use protocol::{ProjectId, limits};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The most entries of one list. A list goes to the server as one parameter, which may have
/// 128 KiB.
const ENTRIES: usize = 200;

/// The rules of a project. Whoever one of them means is left out, at every time.
///
/// What they say is compared with what is known of a person or an account now, so that a rule
/// of today holds for all of the past.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StaffRules {
    /// The project.
    pub project: ProjectId,
    /// Users, by id.
    #[serde(default)]
    pub users: Vec<String>,
    /// Users with an e-mail address of one of these domains, in lower case: their id, or a
    /// property that `identify` gave.
    #[serde(default)]
    pub email_domains: Vec<String>,
    /// Users of whom `identify` said one of these last.
    #[serde(default)]
    pub user_properties: Vec<Property>,
    /// Accounts, by id: what happens in them is left out.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// Accounts of which `group` said one of these last.
    #[serde(default)]
    pub account_properties: Vec<Property>,
    /// Browsers in which the vendor's own people act as a user of a customer, as `identify` said there
    /// by the property `impersonated_by`.
    #[serde(default)]
    pub impersonated: bool,
}

/// A name and the value that it must have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Property {
    /// The name.
    pub name: String,
    /// The value, exactly.
    pub value: String,
}

impl StaffRules {
    /// No rules.
    pub fn none(project: ProjectId) -> Self {
        Self {
            project,
            users: Vec::new(),
            email_domains: Vec::new(),
            user_properties: Vec::new(),
            accounts: Vec::new(),
            account_properties: Vec::new(),
            impersonated: false,
        }
    }

    /// Whether a user may be left out.
    pub fn names_users(&self) -> bool {
        !(self.users.is_empty() && self.email_domains.is_empty() && self.user_properties.is_empty())
    }

    /// Whether an account may be left out.
    pub fn names_accounts(&self) -> bool {
        !(self.accounts.is_empty() && self.account_properties.is_empty())
    }

    /// The same rules in order, each once, without the blanks around them.
    ///
    /// # Errors
    /// A sentence that says which entry makes no sense.
    pub fn checked(self) -> Result<Self, String> {
        let Self { project, users, email_domains, user_properties, accounts, .. } = self;
        let Self { account_properties, impersonated, .. } = self;
        let email_domains = email_domains
            .iter()
            .map(|domain| domain.trim().trim_start_matches('@').to_ascii_lowercase())
            .collect();
        Ok(Self {
            project,
            users: ids(&users, "user ids")?,
            email_domains: domains(email_domains)?,
            user_properties: properties(user_properties, "user properties")?,
            accounts: ids(&accounts, "account ids")?,
            account_properties: properties(account_properties, "account properties")?,
            impersonated,
        })
    }
}

fn ids(list: &[String], what: &str) -> Result<Vec<String>, String> {
    let list = list.iter().map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).collect();
    let list = each_once(list, what)?;
    match list.iter().find(|id| id.len() > limits::ID_BYTES) {
        Some(id) => {
            Err(format!("an id has at most {} bytes, and `{id}` has more", limits::ID_BYTES))
        }
        None => Ok(list),
    }
}

fn domains(list: Vec<String>) -> Result<Vec<String>, String> {
    let list = list.into_iter().filter(|domain| !domain.is_empty()).collect();
    let list: Vec<String> = each_once(list, "e-mail domains")?;
    let is_one = |domain: &str| {
        let is_letter = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
        domain.len() <= limits::ID_BYTES && domain.contains('.') && domain.chars().all(is_letter)
    };
    match list.iter().find(|domain| !is_one(domain)) {
        Some(domain) => Err(format!("`{domain}` is no domain, such as `example.com`")),
        None => Ok(list),
    }
}

fn properties(list: Vec<Property>, what: &str) -> Result<Vec<Property>, String> {
    let trimmed = |Property { name, value }: Property| Property {
        name: name.trim().to_owned(),
        value: value.trim().to_owned(),
    };
    let list = each_once(list.into_iter().map(trimmed).collect(), what)?;
    let is_one = |property: &&Property| {
        (1..=limits::ID_BYTES).contains(&property.name.len())
            && (1..=limits::ID_BYTES).contains(&property.value.len())
    };
    match list.iter().find(|property| !is_one(property)) {
        Some(Property { name, value }) => Err(format!(
            "a property has a name and a value of 1 to {} bytes, unlike `{name}={value}`",
            limits::ID_BYTES
        )),
        None => Ok(list),
    }
}

fn each_once<T: Ord>(list: Vec<T>, what: &str) -> Result<Vec<T>, String> {
    let list: BTreeSet<T> = list.into_iter().collect();
    if list.len() > ENTRIES {
        return Err(format!("there may be {ENTRIES} {what}, and there are {}", list.len()));
    }
    Ok(list.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(json: &str) -> Result<StaffRules, String> {
        serde_json::from_str::<StaffRules>(json).map_err(|error| error.to_string())?.checked()
    }

    #[test]
    fn rules_are_brought_into_order() {
        let rules = rules(
            r#"{"project":"p","users":[" b","a","b",""],"email_domains":["@Example.COM "],
                "user_properties":[{"name":" role ","value":"staff "}]}"#,
        );
        let json = serde_json::to_string(&rules.unwrap()).unwrap();
        insta::assert_snapshot!(json, @r#"{"project":"p","users":["a","b"],"email_domains":["example.com"],"user_properties":[{"name":"role","value":"staff"}],"accounts":[],"account_properties":[],"impersonated":false}"#);
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        insta::assert_snapshot!(rules(r#"{"project":"p","email_domains":["ann@example.com"]}"#).unwrap_err(), @"`ann@example.com` is no domain, such as `example.com`");
        insta::assert_snapshot!(rules(r#"{"project":"p","email_domains":["example"]}"#).unwrap_err(), @"`example` is no domain, such as `example.com`");
        insta::assert_snapshot!(rules(r#"{"project":"p","user_properties":[{"name":"role","value":" "}]}"#).unwrap_err(), @"a property has a name and a value of 1 to 256 bytes, unlike `role=`");
        let many: Vec<String> = (0..=ENTRIES).map(|n| n.to_string()).collect();
        let many = StaffRules { users: many, ..StaffRules::none(ProjectId::parse("p").unwrap()) };
        insta::assert_snapshot!(many.checked().unwrap_err(), @"there may be 200 user ids, and there are 201");
        let long = format!(r#"{{"project":"p","accounts":["{}"]}}"#, "x".repeat(257));
        assert!(rules(&long).unwrap_err().starts_with("an id has at most 256 bytes"));
    }
}
