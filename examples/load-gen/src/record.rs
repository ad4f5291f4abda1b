//! What Tidemark's customer success managers know of the accounts: contracts, contacts, and what
//! happened and was done, as the collector takes it.

use crate::World;
use crate::account::Account;
use crate::feature::Module;
use crate::person::{Person, Role};
use crate::story::Noted;
use serde::Serialize;

/// What is known of all accounts.
#[derive(Debug, Serialize)]
pub struct Records {
    /// One of each.
    pub records: Vec<Record>,
}

/// What is known of an account.
#[derive(Debug, Serialize)]
pub struct Record {
    /// Its id.
    pub account: String,
    /// Its contract, and where it is.
    pub attributes: Attributes,
    /// Whom one talks to there.
    pub contacts: Vec<Contact>,
    /// What happened, and what was done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

/// The attributes that the collector knows.
#[derive(Debug, Serialize)]
pub struct Attributes {
    /// What it pays for.
    pub plan: &'static str,
    /// How large it is.
    pub tier: &'static str,
    /// How many people may sign in.
    pub seats: u32,
    /// Where it is.
    pub region: &'static str,
    /// Who looks after it.
    pub owner: &'static str,
    /// When its contract ends.
    pub renewal_date: String,
    /// Euros a year.
    pub contract_value: u32,
    /// What it may use.
    pub modules: [&'static str; 4],
}

/// Somebody whom one talks to.
#[derive(Debug, Serialize)]
pub struct Contact {
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
    /// What he is to the vendor.
    pub role: &'static str,
    /// His id in Tidemark.
    pub user: String,
}

/// What happened, or was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// The day.
    pub day: String,
    /// `note` or `intervention`.
    pub kind: &'static str,
    /// What it says.
    pub text: &'static str,
    /// The names of the contacts who were told.
    pub told: Vec<String>,
}

/// What is known of all accounts.
pub fn records(world: &World) -> Records {
    let record = |account: &Account| Record {
        account: account.id(),
        attributes: Attributes {
            plan: account.plan.name(),
            tier: account.tier.name(),
            seats: account.seats,
            region: account.region.name(),
            owner: account.owner,
            renewal_date: account.renewal.text(),
            contract_value: account.contract_value(),
            modules: Module::FOUR.map(Module::name),
        },
        contacts: contacts(world, account),
        notes: notes(world, account),
    };
    Records { records: world.accounts.iter().map(record).collect() }
}

/// The first of each role that has a part for the vendor, and who comes after an analyst who left.
fn contacts(world: &World, account: &Account) -> Vec<Contact> {
    let contact = |person: &Person| {
        let role = match (person.role, person.number) {
            (Role::Administrator, 1) => "administrator",
            (Role::Manager, 1) => "decision_maker",
            (Role::Analyst, 1 | 2) => "daily_user",
            _ => return None,
        };
        let (name, user) = (name(person), person.user_id(account));
        let mail = format!("{}.{}", person.role.name().to_lowercase(), person.number);
        Some(Contact { name, email: format!("{mail}@{}.example", account.id()), role, user })
    };
    let own = world.people.iter().filter(|it| world.accounts[it.account].name == account.name);
    own.filter_map(contact).collect()
}

fn name(person: &Person) -> String {
    format!("{} {}", person.role.name(), person.number)
}

fn notes(world: &World, account: &Account) -> Vec<Note> {
    let notes = account.story.map_or(&[][..], |story| story.notes());
    let note = |noted: &Noted| Note {
        day: world.calendar.monday(noted.weeks_ago).text(),
        kind: noted.kind,
        text: noted.text,
        told: noted.told.iter().map(|name| (*name).to_owned()).collect(),
    };
    notes.iter().map(note).collect()
}
