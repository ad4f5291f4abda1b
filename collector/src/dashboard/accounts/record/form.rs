//! The forms of a record.

use super::{Change, take};
use crate::account::ledger::Ledger;
use crate::account::{ContactSaid, NoteSaid, Saying};
use serde::Deserialize;
use store::record::Subject;

/// What was typed into one form, to be there again with what is wrong.
#[derive(Debug, Default)]
pub(super) struct Typed {
    /// Which part of the page, as [`Change::PART`] names it.
    pub(super) part: &'static str,
    /// The attribute, contact or note that was to be changed; empty for a new one.
    pub(super) id: String,
    pub(super) fields: Vec<(&'static str, String)>,
    pub(super) told: Vec<String>,
}

impl Typed {
    /// What was typed into a field.
    pub(super) fn field(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|(field, _)| *field == name);
        found.map_or("", |(_, text)| text.as_str())
    }
}

/// An attribute.
#[derive(Debug, Deserialize)]
pub(super) struct AttributeForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    seen: String,
    /// Empty for a new one.
    #[serde(default)]
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    value: String,
    /// Takes it away.
    remove: Option<String>,
}

impl Change for AttributeForm {
    const PART: &str = "attributes";
    const SUBJECT: Subject = Subject::Attribute;

    fn thing(&self) -> &str {
        let name = if self.id.is_empty() { &self.name } else { &self.id };
        name.trim()
    }

    fn seen(&self) -> &str {
        &self.seen
    }

    fn csrf(&self) -> &str {
        &self.csrf
    }

    fn apply(&self, account: &str, ledger: &mut Ledger) -> Result<(), String> {
        let value = if self.remove.is_some() { "" } else { self.value.trim() };
        if value.is_empty() && self.remove.is_none() {
            return Err("an attribute has a value; without one, take it away".to_owned());
        }
        let attributes = vec![(self.thing().to_owned(), value.to_owned())];
        take(ledger, &Saying { account: account.to_owned(), attributes, ..Saying::default() })
    }

    fn typed(self) -> Typed {
        let fields = vec![("name", self.name), ("value", self.value)];
        Typed { part: Self::PART, id: self.id, fields, told: Vec::new() }
    }
}

/// A contact.
#[derive(Debug, Deserialize)]
pub(super) struct ContactForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    seen: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    user: String,
    remove: Option<String>,
}

impl Change for ContactForm {
    const PART: &str = "contacts";
    const SUBJECT: Subject = Subject::Contact;

    fn thing(&self) -> &str {
        &self.id
    }

    fn seen(&self) -> &str {
        &self.seen
    }

    fn csrf(&self) -> &str {
        &self.csrf
    }

    fn apply(&self, account: &str, ledger: &mut Ledger) -> Result<(), String> {
        let said = ContactSaid {
            name: self.name.clone(),
            email: Some(self.email.clone()),
            role: Some(self.role.clone()),
            user: Some(self.user.clone()),
        };
        if !self.id.is_empty() {
            let said = self.remove.is_none().then_some(&said);
            return ledger.change_contact(account, &self.id, said);
        }
        ledger.add_contact(account, &said)
    }

    fn typed(self) -> Typed {
        let Self { id, name, email, role, user, .. } = self;
        let fields = vec![("name", name), ("email", email), ("role", role), ("user", user)];
        Typed { part: Self::PART, id, fields, told: Vec::new() }
    }
}

/// A note.
#[derive(Debug, Deserialize)]
pub(super) struct NoteForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    seen: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    day: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    told: Vec<String>,
    remove: Option<String>,
}

impl Change for NoteForm {
    const PART: &str = "notes";
    const SUBJECT: Subject = Subject::Note;

    fn thing(&self) -> &str {
        &self.id
    }

    fn seen(&self) -> &str {
        &self.seen
    }

    fn csrf(&self) -> &str {
        &self.csrf
    }

    fn apply(&self, account: &str, ledger: &mut Ledger) -> Result<(), String> {
        let said = NoteSaid {
            day: self.day.clone(),
            kind: self.kind.clone(),
            text: self.text.clone(),
            told: Some(self.told.clone()),
        };
        if !self.id.is_empty() {
            let said = self.remove.is_none().then_some(&said);
            return ledger.change_note(account, &self.id, said);
        }
        ledger.add_note(account, &said)
    }

    fn typed(self) -> Typed {
        let Self { id, day, kind, text, told, .. } = self;
        let fields = vec![("day", day), ("kind", kind), ("text", text)];
        Typed { part: Self::PART, id, fields, told }
    }
}
