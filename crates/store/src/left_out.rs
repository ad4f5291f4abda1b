//! How much each rule leaves out of reports.

use crate::definition::Property;
use crate::identity::Grouping;
use crate::schema::events::{IS_AUTOMATED, PROJECT, TIMESTAMP};
use crate::{Connection, Error, Row, StaffRules, Statement, identity};
use protocol::Timestamp;
use serde::{Deserialize, Serialize};

/// What a rule leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Row, Serialize, Deserialize)]
pub struct LeftOut {
    /// People with an event that it leaves out.
    pub people: u64,
    /// Events that it leaves out.
    pub events: u64,
}

/// A rule by which events are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The browser says that a program drives it.
    Automated,
    /// [`StaffRules::users`].
    Users,
    /// [`StaffRules::email_domains`].
    EmailDomains,
    /// [`StaffRules::user_properties`].
    UserProperties,
    /// [`StaffRules::accounts`].
    Accounts,
    /// [`StaffRules::account_properties`].
    AccountProperties,
    /// [`StaffRules::impersonated`].
    Impersonated,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 7] = [
        Self::Automated,
        Self::Users,
        Self::EmailDomains,
        Self::UserProperties,
        Self::Accounts,
        Self::AccountProperties,
        Self::Impersonated,
    ];

    /// Of these rules only this one; `None` where it says nothing.
    fn alone(self, rules: &StaffRules) -> Option<StaffRules> {
        let only = |list: &Vec<String>| (!list.is_empty()).then(|| list.clone());
        let told = |list: &Vec<Property>| (!list.is_empty()).then(|| list.clone());
        let none = StaffRules::none(rules.project.clone());
        match self {
            Self::Automated => None,
            Self::Users => only(&rules.users).map(|users| StaffRules { users, ..none }),
            Self::EmailDomains => {
                only(&rules.email_domains).map(|email_domains| StaffRules { email_domains, ..none })
            }
            Self::UserProperties => told(&rules.user_properties)
                .map(|user_properties| StaffRules { user_properties, ..none }),
            Self::Accounts => only(&rules.accounts).map(|accounts| StaffRules { accounts, ..none }),
            Self::AccountProperties => told(&rules.account_properties)
                .map(|account_properties| StaffRules { account_properties, ..none }),
            Self::Impersonated => Some(StaffRules { impersonated: true, ..none }),
        }
    }
}

impl Connection {
    /// What each rule that says anything leaves out of the events between two moments, whatever
    /// the others do; automated browsers, and those in which staff act as customers, too, where they
    /// count.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn left_out(
        &self,
        grouping: &Grouping,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<(Rule, LeftOut)>, Error> {
        let mut found = Vec::new();
        for rule in Rule::ALL {
            let question = match rule.alone(&grouping.staff) {
                Some(staff) => {
                    let alone = Grouping { staff, ..grouping.clone() };
                    let counted = identity::counted(self.databases(), &alone, "e");
                    let statement = self.how_much(&format!("NOT ({counted})"));
                    identity::bind(statement, &alone, true)
                }
                None if rule == Rule::Automated => self.how_much(&format!("e.{IS_AUTOMATED}")),
                None => continue,
            };
            let question = question
                .bind("project", grouping.staff.project.as_str())
                .bind("from", from)
                .bind("to", to);
            found.push((rule, self.one::<LeftOut>(&question).await?.unwrap_or_default()));
        }
        Ok(found)
    }

    fn how_much(&self, condition: &str) -> Statement {
        let at = |name| format!("fromUnixTimestamp64Milli({{{name}:Int64}})");
        Statement::new(format!(
            "SELECT uniqExact({person}) AS people, count() AS events FROM {table} AS e \
             WHERE e.{PROJECT} = {{project:String}} AND e.{TIMESTAMP} >= {from} \
             AND e.{TIMESTAMP} <= {to} AND {condition}",
            person = identity::person(self.databases(), "e"),
            table = self.databases().events(),
            from = at("from"),
            to = at("to"),
        ))
    }
}
