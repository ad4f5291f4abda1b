//! Properties as SQL: the value that an event has, and whether it is as a condition says.
//!
//! What is said of people and accounts is what was said of them last, whenever that was, so that
//! the past is grouped by what is known today.

use crate::query::{Filter, Property, Test};
use store::identity::{self, Grouping, Subject};
use store::schema::{Databases, events as e, pages};
use store::{Statement, Value};

/// Whether the property of a use is known where the uses of features are, and not only where the
/// events are.
pub(super) const fn is_of_uses(property: &Property) -> bool {
    matches!(property, Property::Account | Property::User(_) | Property::OfAccount(_))
}

/// Whether an event under the alias `e` is as a condition says, whose parameters end with `n`.
pub(super) fn is_so(
    filter: &Filter,
    n: &str,
    databases: &Databases,
    grouping: &Grouping,
) -> String {
    let test = |value: &str| test(&filter.test, value, n);
    let said = |subject, id: String| {
        let name = format!("{{property_{n}:String}}");
        let said = identity::said_of(databases, grouping, subject, &name);
        format!("{id} IN (SELECT id FROM ({said}) WHERE {})", test("value"))
    };
    match &filter.property {
        Property::Page => format!(
            "e.{id} IN (SELECT {id} FROM {} WHERE {} = {{project:String}} AND {})",
            databases.pages(),
            pages::PROJECT,
            test(pages::PATTERN),
            id = e::PAGE_ID,
        ),
        Property::User(_) => said(Subject::User, identity::person(databases, "e")),
        Property::OfAccount(_) => {
            said(Subject::Account, identity::account(databases, grouping, "e"))
        }
        Property::Account => test(&identity::account(databases, grouping, "e")),
        Property::Event(_) => test(&format!("e.{}[{{property_{n}:String}}]", e::PROPERTIES)),
        plain => test(&format!("e.{}", column(plain))),
    }
}

fn test(test: &Test, value: &str, n: &str) -> String {
    match test {
        Test::Is(_) => format!("{value} IN {{is_{n}:Array(String)}}"),
        Test::Contains(_) => {
            format!("positionCaseInsensitiveUTF8({value}, {{contains_{n}:String}}) > 0")
        }
        Test::IsSet => format!("{value} != ''"),
    }
}

/// Gives the parameters of [`is_so`] their values.
/// An account that is merged is asked for by either id.
pub(super) fn bind(
    mut statement: Statement,
    filter: &Filter,
    n: &str,
    grouping: &Grouping,
) -> Statement {
    if let Some(name) = name(&filter.property) {
        statement = statement.bind(format!("property_{n}"), name);
    }
    let (parameter, value): (_, Value) = match &filter.test {
        Test::Is(ids) if filter.property == Property::Account => {
            let ids = ids.iter().map(|id| grouping.merges.account(id).to_owned());
            ("is", ids.collect::<Vec<_>>().into())
        }
        Test::Is(values) => ("is", values.clone().into()),
        Test::Contains(text) => ("contains", text.as_str().into()),
        Test::IsSet => return statement,
    };
    statement.bind(format!("{parameter}_{n}"), value)
}

/// The value that an event has, for a breakdown.
#[derive(Debug)]
pub(crate) struct Valued {
    /// What of the event it is, or what it is known by, under the alias `e`.
    pub(crate) key: String,
    /// Rows of `id` and `value` by which the key becomes the value, if it is not the value itself.
    pub(crate) known: Option<String>,
}

impl Valued {
    /// The column of each event that [`Self::joined`] needs.
    pub(crate) fn column(&self) -> String {
        let name = if self.known.is_some() { "known_by" } else { "value" };
        format!("{} AS {name}", self.key)
    }

    /// The events with that column, and their `value`.
    pub(crate) fn joined(&self, events: String) -> String {
        match &self.known {
            None => events,
            Some(known) => format!(
                "SELECT events.*, known.value AS value FROM (\n{events}\n) AS events\n\
                 LEFT ANY JOIN ({known}) AS known ON known.id = events.known_by"
            ),
        }
    }
}

/// The value of a property; the name of one that has one is `{property:String}`.
pub(crate) fn valued(property: &Property, databases: &Databases, grouping: &Grouping) -> Valued {
    let said = |subject| {
        let name = "{property:String}";
        Some(identity::said_of(databases, grouping, subject, name))
    };
    let itself = |key| Valued { key, known: None };
    match property {
        Property::Page => Valued {
            key: format!("e.{}", e::PAGE_ID),
            known: Some(format!(
                "SELECT {} AS id, any({}) AS value FROM {} WHERE {} = {{project:String}} GROUP BY id",
                pages::PAGE_ID,
                pages::PATTERN,
                databases.pages(),
                pages::PROJECT
            )),
        },
        Property::User(_) => {
            Valued { key: identity::person(databases, "e"), known: said(Subject::User) }
        }
        Property::OfAccount(_) => Valued {
            key: identity::account(databases, grouping, "e"),
            known: said(Subject::Account),
        },
        Property::Account => itself(identity::account(databases, grouping, "e")),
        Property::Event(_) => itself(format!("e.{}[{{property:String}}]", e::PROPERTIES)),
        plain => itself(format!("toString(e.{})", column(plain))),
    }
}

/// The name of a property that has one.
pub(crate) fn name(property: &Property) -> Option<&str> {
    match property {
        Property::Event(name) | Property::User(name) | Property::OfAccount(name) => Some(name),
        _ => None,
    }
}

/// The column of a property that is one.
const fn column(property: &Property) -> &'static str {
    match property {
        Property::Country => e::COUNTRY,
        Property::Device => e::DEVICE,
        Property::Browser => e::BROWSER,
        Property::Os => e::OS,
        Property::Language => e::LANGUAGE,
        Property::AppVersion => e::APP_VERSION,
        Property::Referrer => e::REFERRER,
        Property::CampaignSource => e::CAMPAIGN_SOURCE,
        Property::CampaignMedium => e::CAMPAIGN_MEDIUM,
        Property::CampaignName => e::CAMPAIGN_NAME,
        Property::Page
        | Property::Account
        | Property::Event(_)
        | Property::User(_)
        | Property::OfAccount(_) => "",
    }
}
