//! What the page of a record shows.

use super::super::super::format::{instant, moment};
use super::super::super::layout::Shell;
use super::super::super::notice::Notice;
use super::super::words::account_name;
use super::super::{address, label};
use super::form::Typed;
use crate::account::state::state;
use askama::Template;
use jiff::tz::TimeZone;
use protocol::Timestamp;
use std::collections::BTreeMap;
use store::record::attribute::{self, Kind};
use store::record::{AccountRecord, Attribute, By, Change, Contact, Note, Source, Subject, Turn};

/// Changes that are shown before all are asked for.
const CHANGES: usize = 20;

/// What is known of an account, and how it is looked at.
pub(super) struct Known<'a> {
    pub(super) account: &'a str,
    pub(super) project: &'a str,
    pub(super) record: AccountRecord,
    /// Whether any event names the account.
    pub(super) is_seen: bool,
    pub(super) zone: &'a TimeZone,
    pub(super) now: Timestamp,
    pub(super) typed: Option<Typed>,
    pub(super) shows_all: bool,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "account_record.html")]
pub(super) struct RecordPage {
    shell: Shell,
    notice: Option<Notice>,
    account: String,
    /// What it is called.
    name: String,
    /// The page of all of them.
    accounts: String,
    /// The page of the account.
    address: String,
    /// The import of many.
    import: String,
    is_seen: bool,
    may_change: bool,
    attributes: Vec<AttributeView>,
    new_attribute: AttributeView,
    contacts: Vec<ContactView>,
    new_contact: ContactView,
    notes: Vec<NoteView>,
    new_note: NoteView,
    changes: Vec<ChangeView>,
    /// How many more there are, and where.
    more: Option<(usize, String)>,
}

/// An attribute, and its form.
#[derive(Debug, Default)]
struct AttributeView {
    name: String,
    label: String,
    /// The value that holds; empty for none.
    value: String,
    /// What stands in the form.
    typed: String,
    /// Who says so.
    by: String,
    /// What holds of it, for its form.
    seen: String,
    /// Whether it is said here, so that it can be taken away.
    is_record: bool,
    on_pages: Option<String>,
    /// The type of the field.
    input: &'static str,
    hint: &'static str,
    is_open: bool,
}

/// A contact, and its form.
#[derive(Debug, Default)]
struct ContactView {
    id: String,
    seen: String,
    name: String,
    how: String,
    typed_name: String,
    email: String,
    user: String,
    roles: Vec<RoleView>,
    is_open: bool,
}

#[derive(Debug, Clone)]
struct RoleView {
    word: &'static str,
    label: &'static str,
    is_on: bool,
}

/// A note, and its form.
#[derive(Debug, Default)]
struct NoteView {
    id: String,
    seen: String,
    is_intervention: bool,
    day: String,
    text: String,
    told: String,
    by: String,
    typed_day: String,
    typed_text: String,
    typed_intervention: bool,
    people: Vec<(String, bool)>,
    is_open: bool,
}

#[derive(Debug)]
struct ChangeView {
    instant: String,
    when: String,
    by: String,
    what: String,
    before: String,
    after: String,
}

impl RecordPage {
    /// The page of what is known.
    pub(super) fn new(
        shell: Shell,
        notice: Option<Notice>,
        known: &Known<'_>,
        may_change: bool,
    ) -> Self {
        let address = address(known.project, known.account);
        let changes = known.changes();
        let more = changes.len().saturating_sub(CHANGES);
        let shown = if known.shows_all { changes.len() } else { CHANGES };
        let is_more = more > 0 && !known.shows_all;
        Self {
            name: account_name(known.account, &known.record).to_owned(),
            account: known.account.to_owned(),
            accounts: format!("/projects/{}/accounts", known.project),
            import: format!("/projects/{}/import", known.project),
            is_seen: known.is_seen,
            may_change,
            attributes: known.attributes(),
            new_attribute: known.new_attribute(),
            contacts: known.record.contacts.iter().map(|it| known.contact(Some(it))).collect(),
            new_contact: known.contact(None),
            notes: known.record.notes.iter().rev().map(|it| known.note(Some(it))).collect(),
            new_note: known.note(None),
            changes: changes.into_iter().take(shown).collect(),
            more: is_more.then(|| (more, format!("{address}/record?all=true#history"))),
            address,
            shell,
            notice,
        }
    }
}

impl Known<'_> {
    /// What holds of something, in a word.
    fn state(&self, subject: Subject, id: &str) -> String {
        let changes = self.record.changes.iter();
        state(
            changes
                .filter(|change| change.subject == subject && change.id == id)
                .flat_map(|change| change.turns.iter().map(|turn| (&*turn.name, &*turn.after))),
        )
    }

    /// What was typed into the form of something.
    fn typed(&self, part: &str, id: &str) -> Option<&Typed> {
        self.typed.as_ref().filter(|typed| typed.part == part && typed.id == id)
    }

    /// Those that hold, and of those that the product knows the others as well.
    fn attributes(&self) -> Vec<AttributeView> {
        let held = &self.record.attributes;
        let is_known = |name: &str| attribute::KNOWN.iter().any(|(known, _)| *known == name);
        let known = attribute::KNOWN.iter().map(|(name, _)| {
            let held = held.iter().find(|attribute| attribute.name == *name);
            self.attribute(name, held)
        });
        let others = held.iter().filter(|attribute| !is_known(&attribute.name));
        known
            .chain(others.map(|attribute| self.attribute(&attribute.name, Some(attribute))))
            .collect()
    }

    fn attribute(&self, name: &str, held: Option<&Attribute>) -> AttributeView {
        let typed = self.typed("attributes", name);
        let value = held.map_or_else(String::new, |attribute| attribute.value.clone());
        let kind = attribute::kind(name);
        let by = |attribute: &Attribute| {
            let at = moment(attribute.at, self.zone);
            let of = merged_from(attribute.merged_from.as_ref());
            match &attribute.by {
                By::Pages => format!("as pages tell it, {at}{of}"),
                By::Record { author, source } => {
                    format!("{}, {at}{of}", told_by(author, *source))
                }
            }
        };
        AttributeView {
            name: name.to_owned(),
            label: label(name).to_owned(),
            typed: typed.map_or_else(|| value.clone(), |typed| typed.field("value").to_owned()),
            value,
            by: held.map(by).unwrap_or_default(),
            seen: self.state(Subject::Attribute, name),
            is_record: held.is_some_and(|attribute| attribute.by != By::Pages),
            // What is the same need not be said twice.
            on_pages: held
                .and_then(|held| held.on_pages.clone().filter(|told| *told != held.value)),
            input: match kind {
                Kind::Date => "date",
                Kind::Number => "number",
                Kind::Text | Kind::List => "text",
            },
            hint: match kind {
                Kind::List => "Names between commas.",
                Kind::Number if name == attribute::CONTRACT_VALUE => "A year, without a currency.",
                Kind::Text | Kind::Number | Kind::Date => "",
            },
            is_open: typed.is_some(),
        }
    }

    fn new_attribute(&self) -> AttributeView {
        let Some(typed) = self.typed("attributes", "") else { return AttributeView::default() };
        AttributeView {
            name: typed.field("name").to_owned(),
            seen: self.state(Subject::Attribute, typed.field("name").trim()),
            typed: typed.field("value").to_owned(),
            is_open: true,
            ..AttributeView::default()
        }
    }

    fn contact(&self, held: Option<&Contact>) -> ContactView {
        let typed = self.typed("contacts", held.map_or("", |contact| &contact.id));
        let field = |name: &str, of: fn(&Contact) -> &String| match (typed, held) {
            (Some(typed), _) => typed.field(name).to_owned(),
            (None, Some(contact)) => of(contact).clone(),
            (None, None) => String::new(),
        };
        let role = field(Contact::ROLE, |contact| &contact.role);
        let is_on = |word: &str| if role.is_empty() { word == "daily_user" } else { word == role };
        let how = |contact: &Contact| {
            let user = Some(&contact.user).filter(|user| !user.is_empty());
            let user = user.map(|user| format!("user {user}"));
            let email = Some(contact.email.clone()).filter(|email| !email.is_empty());
            let parts = [Some(role_label(&contact.role).to_owned()), email, user];
            parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
        };
        ContactView {
            id: held.map_or_else(String::new, |contact| contact.id.clone()),
            seen: held.map_or_else(String::new, |it| self.state(Subject::Contact, &it.id)),
            name: held.map_or_else(String::new, |contact| contact.name.clone()),
            how: held.map(how).unwrap_or_default(),
            typed_name: field(Contact::NAME, |contact| &contact.name),
            email: field(Contact::EMAIL, |contact| &contact.email),
            user: field(Contact::USER, |contact| &contact.user),
            roles: Contact::ROLES
                .map(|word| RoleView { word, label: role_label(word), is_on: is_on(word) })
                .into(),
            is_open: typed.is_some(),
        }
    }

    fn note(&self, held: Option<&Note>) -> NoteView {
        let typed = self.typed("notes", held.map_or("", |note| &note.id));
        let told = typed.map(|typed| &typed.told).or(held.map(|note| &note.told));
        let is_told = |name: &String| told.is_some_and(|told| told.contains(name));
        let mut people: Vec<_> = self.record.contacts.iter().map(|it| it.name.clone()).collect();
        // Who was told may be a contact no more.
        let gone = held.iter().flat_map(|note| &note.told).filter(|name| !people.contains(name));
        let gone: Vec<_> = gone.cloned().collect();
        people.extend(gone);
        let today = || {
            let now = jiff::Timestamp::from_millisecond(self.now.as_millis()).unwrap_or_default();
            now.to_zoned(self.zone.clone()).date().to_string()
        };
        let was = |note: &Note| format!("{}, {}", note.author, moment(note.at, self.zone));
        let kind = typed.map(|typed| typed.field(Note::KIND) == Note::INTERVENTION);
        let is_intervention = held.is_some_and(|note| note.is_intervention);
        NoteView {
            id: held.map_or_else(String::new, |note| note.id.clone()),
            seen: held.map_or_else(String::new, |it| self.state(Subject::Note, &it.id)),
            is_intervention,
            day: held.map_or_else(String::new, |note| note.day.clone()),
            text: held.map_or_else(String::new, |note| note.text.clone()),
            told: held.map_or_else(String::new, |note| note.told.join(", ")),
            by: held.map(was).unwrap_or_default(),
            typed_day: match (typed, held) {
                (Some(typed), _) => typed.field(Note::DAY).to_owned(),
                (None, Some(note)) => note.day.clone(),
                (None, None) => today(),
            },
            typed_text: match (typed, held) {
                (Some(typed), _) => typed.field(Note::TEXT).to_owned(),
                (None, Some(note)) => note.text.clone(),
                (None, None) => String::new(),
            },
            typed_intervention: kind.unwrap_or(is_intervention),
            people: people.into_iter().map(|name| (name.clone(), is_told(&name))).collect(),
            is_open: typed.is_some(),
        }
    }

    /// Every change, the latest first.
    fn changes(&self) -> Vec<ChangeView> {
        let names = self.names();
        let changes = self.record.changes.iter().rev();
        let views = changes.flat_map(|change| {
            change.turns.iter().map(|turn| self.change(change, turn, &names)).collect::<Vec<_>>()
        });
        views.collect()
    }

    fn change(&self, change: &Change, turn: &Turn, names: &BTreeMap<&str, &str>) -> ChangeView {
        let name = |id: &str| names.get(id).map_or("", |name| *name).to_owned();
        let shown = |value: &str| match (change.subject, turn.name.as_str()) {
            (Subject::Note, Note::TOLD) => {
                let ids = Note::told_ids(value);
                ids.iter().map(|id| name(id)).collect::<Vec<_>>().join(", ")
            }
            (Subject::Contact, Contact::ROLE) => role_label(value).to_owned(),
            _ => value.to_owned(),
        };
        ChangeView {
            instant: instant(change.at),
            when: moment(change.at, self.zone),
            by: told_by(&change.author, change.source) + &merged_from(change.merged_from.as_ref()),
            what: match change.subject {
                Subject::Attribute => label(&turn.name).to_owned(),
                Subject::Contact => format!("{}: {}", name(&change.id), field_label(&turn.name)),
                Subject::Note => format!("Note: {}", field_label(&turn.name)),
            },
            before: shown(&turn.before),
            after: shown(&turn.after),
        }
    }

    /// The last names of all contacts that there ever were.
    fn names(&self) -> BTreeMap<&str, &str> {
        let contacts = self.record.changes.iter().filter(|it| it.subject == Subject::Contact);
        let names = contacts.flat_map(|change| {
            let turns = change.turns.iter().filter(|turn| turn.name == Contact::NAME);
            turns.map(|turn| (change.id.as_str(), turn.after.as_str()))
        });
        names.collect()
    }
}

/// Of which other account something is said that is one with this.
fn merged_from(account: Option<&String>) -> String {
    account.map_or_else(String::new, |account| format!(", of {account}"))
}

/// Who said something, and how.
fn told_by(author: &str, source: Source) -> String {
    match source {
        Source::Member | Source::Api => author.to_owned(),
        Source::Import => format!("{author}, by a file"),
    }
}

fn role_label(role: &str) -> &'static str {
    match role {
        "daily_user" => "Daily user",
        "administrator" => "Administrator",
        "decision_maker" => "Decision maker",
        "champion" => "Champion",
        "" => "",
        _ => "Other",
    }
}

fn field_label(field: &str) -> &str {
    match field {
        Contact::EMAIL => "e-mail",
        Contact::USER => "user id",
        Note::TOLD => "who was told",
        field => field,
    }
}
