//! What holds of an account, and how it came to hold, by all that was said.

use super::{PageTold, Place, Source, Subject, Told, attribute};
use crate::Merges;
use protocol::Timestamp;
use std::collections::{BTreeMap, btree_map::Entry};

/// What is known of an account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountRecord {
    /// Its attributes: those that the product knows first, in their order, then the others by name.
    pub attributes: Vec<Attribute>,
    /// Whom one talks to there, by name.
    pub contacts: Vec<Contact>,
    /// What happened and what was done, by day.
    pub notes: Vec<Note>,
    /// Every change of what is said here, in its order.
    pub changes: Vec<Change>,
}

/// An attribute of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// What it is called.
    pub name: String,
    /// The value that holds.
    pub value: String,
    /// Who says so.
    pub by: By,
    /// When it was said.
    pub at: Timestamp,
    /// What pages tell besides, where something else is said here.
    pub on_pages: Option<String>,
    /// The account of which it is said, where that is merged into this one.
    pub merged_from: Option<String>,
}

/// Who says a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// Pages, by `group()`.
    Pages,
    /// Somebody here.
    Record {
        /// The address of a member, or what stands for a program.
        author: String,
        /// How it came.
        source: Source,
    },
}

/// Somebody whom one talks to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// What it is known by here.
    pub id: String,
    /// The name.
    pub name: String,
    /// The address; may be empty.
    pub email: String,
    /// One of [`Self::ROLES`].
    pub role: String,
    /// The user of the product that it is; may be empty.
    pub user: String,
}

impl Contact {
    /// The field of the name, which stays when the contact is taken away.
    pub const NAME: &str = "name";
    /// The field of the address.
    pub const EMAIL: &str = "email";
    /// The field of the role; who has none is no contact any more.
    pub const ROLE: &str = "role";
    /// The field of the user.
    pub const USER: &str = "user";

    /// What a contact is to the vendor, the last for what is none of the others.
    pub const ROLES: [&str; 5] =
        ["daily_user", "administrator", "decision_maker", "champion", "other"];

    fn unknown(id: &str) -> Self {
        let [name, email, role, user] = [const { String::new() }; 4];
        Self { id: id.to_owned(), name, email, role, user }
    }
}

/// What happened with an account, or what was done for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What it is known by here.
    pub id: String,
    /// Its day in the project's calendar, such as `2026-10-19`.
    pub day: String,
    /// Whether something was done for the account, so that before and after are compared.
    pub is_intervention: bool,
    /// What it says.
    pub text: String,
    /// The names of the contacts who were told, those included who are contacts no more.
    pub told: Vec<String>,
    /// Who wrote it last.
    pub author: String,
    /// When.
    pub at: Timestamp,
}

impl Note {
    /// The field of the day.
    pub const DAY: &str = "day";
    /// The field of the kind: [`Self::NOTE`] or [`Self::INTERVENTION`].
    pub const KIND: &str = "kind";
    /// The field of the text; what has none is no note any more.
    pub const TEXT: &str = "text";
    /// The field of who was told: a JSON array of ids of contacts.
    pub const TOLD: &str = "told";

    /// The kind of a note that is no more than one.
    pub const NOTE: &str = "note";

    /// The kind of a note of something that was done.
    pub const INTERVENTION: &str = "intervention";

    /// The ids of contacts in the field `told`.
    pub fn told_ids(value: &str) -> Vec<String> {
        serde_json::from_str(value).unwrap_or_default()
    }

    fn empty(told: &Told) -> Self {
        Self {
            id: told.place.id.clone(),
            day: String::new(),
            is_intervention: false,
            text: String::new(),
            told: Vec::new(),
            author: told.author.clone(),
            at: told.at,
        }
    }
}

/// A change of an attribute, a contact or a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub author: String,
    /// How it came.
    pub source: Source,
    /// Of what.
    pub subject: Subject,
    /// The name of the attribute, or the id of the contact or note.
    pub id: String,
    /// Which fields, at one moment; the only one of an attribute has its name.
    pub turns: Vec<Turn>,
    /// The account of which it was said, where that is merged into this one.
    pub merged_from: Option<String>,
}

/// A field before and after; empty where there was or is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// The field.
    pub name: String,
    /// What it was.
    pub before: String,
    /// What it became.
    pub after: String,
}

/// A value that was said of an account.
trait Valued {
    fn account(&self) -> &str;
    fn at(&self) -> Timestamp;
    fn value(&self) -> &str;
}

impl Valued for &Told {
    fn account(&self) -> &str {
        &self.place.account
    }

    fn at(&self) -> Timestamp {
        self.at
    }

    fn value(&self) -> &str {
        &self.value
    }
}

impl Valued for PageTold {
    fn account(&self) -> &str {
        &self.account
    }

    fn at(&self) -> Timestamp {
        self.at
    }

    fn value(&self) -> &str {
        &self.value
    }
}

/// Accounts that are one: which of what is said of them holds. In SQL `identity::of_one` says the same.
#[derive(Clone, Copy)]
struct Of<'a> {
    /// The account that they are.
    one: &'a str,
}

impl Of<'_> {
    /// What holds of values that were said last of one thing, each of another account, with when: what
    /// is said of the account itself, else the latest; nothing where that is empty.
    fn holds<T: Valued>(self, all: Vec<T>) -> Option<T> {
        let is_own = |it: &T| it.account() == self.one;
        let is_empty = |it: &T| it.value().is_empty();
        let rank = |it: &T| (is_own(it) && !is_empty(it), it.at(), it.value().to_owned());
        let each = all.into_iter().filter(|it| is_own(it) || !is_empty(it));
        each.max_by_key(rank).filter(|it| !is_empty(it))
    }

    /// The account, if it is not the one itself.
    fn merged(self, account: &str) -> Option<String> {
        (account != self.one).then(|| account.to_owned())
    }
}

impl AccountRecord {
    /// What all makes that was said in its order of an account and of those that are merged into it.
    pub fn of(account: &str, told: &[Told]) -> Self {
        let of = Of { one: account };
        let mut last: BTreeMap<&Place, &Told> = BTreeMap::new();
        let mut changes: Vec<Change> = Vec::new();
        for told in told {
            let before = last.insert(&told.place, told).map_or("", |before| before.value.as_str());
            // What is said again, or written twice, is no change.
            if before != told.value {
                note_change(&mut changes, of, told, before);
            }
        }
        let mut by_name: BTreeMap<&str, Vec<&Told>> = BTreeMap::new();
        for told in last.values().filter(|told| told.place.subject == Subject::Attribute) {
            by_name.entry(&told.place.name).or_default().push(told);
        }
        let holds = by_name.into_values().filter_map(|all| of.holds(all));
        let mut attributes: Vec<_> = holds.map(|told| Attribute::of(of, told)).collect();
        attributes.sort_by_cached_key(Attribute::rank);
        let people = people(last.values().copied());
        let mut contacts: Vec<_> =
            people.values().filter(|it| !it.role.is_empty()).cloned().collect();
        contacts.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        let notes = notes_of(last.values().copied(), &people);
        Self { attributes, contacts, notes, changes }
    }

    /// Adds what pages tell of the same accounts.
    pub(super) fn add_pages(&mut self, account: &str, told: Vec<PageTold>) {
        let of = Of { one: account };
        let mut by_name: BTreeMap<String, Vec<PageTold>> = BTreeMap::new();
        for told in told {
            by_name.entry(told.name.clone()).or_default().push(told);
        }
        let holds = by_name.into_values().filter_map(|all| of.holds(all));
        for PageTold { account, name, value, at } in holds {
            match self.attributes.iter_mut().find(|attribute| attribute.name == name) {
                Some(attribute) => attribute.on_pages = Some(value),
                None => {
                    let (by, merged_from) = (By::Pages, of.merged(&account));
                    let on_pages = None;
                    self.attributes.push(Attribute { name, value, by, at, on_pages, merged_from });
                }
            }
        }
        self.attributes.sort_by_cached_key(Attribute::rank);
    }

    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|attribute| attribute.name == name);
        found.map(|attribute| attribute.value.as_str())
    }
}

impl Attribute {
    fn of(of: Of<'_>, told: &Told) -> Self {
        let Told { place, value, at, author, source } = told.clone();
        let (by, merged_from) = (By::Record { author, source }, of.merged(&place.account));
        Self { name: place.name, value, by, at, on_pages: None, merged_from }
    }

    /// Where it stands among the others.
    fn rank(&self) -> (usize, String) {
        let known = attribute::KNOWN.iter().position(|(known, _)| *known == self.name);
        (known.unwrap_or(usize::MAX), self.name.clone())
    }
}

fn note_change(changes: &mut Vec<Change>, of: Of<'_>, told: &Told, before: &str) {
    let Told { place, value, at, author, source } = told;
    let merged_from = of.merged(&place.account);
    let id = if place.subject == Subject::Attribute { &place.name } else { &place.id };
    let turn = Turn { name: place.name.clone(), before: before.to_owned(), after: value.clone() };
    // The fields of a contact or note that were said at one moment are one change.
    let same = changes.iter_mut().rev().take_while(|change| change.at == *at);
    let mut same = same
        .filter(|it| (it.subject, &it.id, &it.merged_from) == (place.subject, id, &merged_from));
    match same.next() {
        Some(change) => change.turns.push(turn),
        None => changes.push(Change {
            at: *at,
            author: author.clone(),
            source: *source,
            subject: place.subject,
            id: id.clone(),
            turns: vec![turn],
            merged_from,
        }),
    }
}

/// The contacts of one account by id, those included who are none any more.
fn people<'a>(told: impl Iterator<Item = &'a Told>) -> BTreeMap<&'a str, Contact> {
    let mut people: BTreeMap<&str, Contact> = BTreeMap::new();
    for told in told.filter(|told| told.place.subject == Subject::Contact) {
        let id = told.place.id.as_str();
        let contact = people.entry(id).or_insert_with(|| Contact::unknown(id));
        let field = match told.place.name.as_str() {
            Contact::NAME => &mut contact.name,
            Contact::EMAIL => &mut contact.email,
            Contact::ROLE => &mut contact.role,
            Contact::USER => &mut contact.user,
            _ => continue,
        };
        field.clone_from(&told.value);
    }
    people
}

/// The notes of one account, by day and then in the order in which they were written.
fn notes_of<'a>(
    told: impl Iterator<Item = &'a Told>,
    people: &BTreeMap<&str, Contact>,
) -> Vec<Note> {
    let mut notes: BTreeMap<&str, Note> = BTreeMap::new();
    for told in told.filter(|told| told.place.subject == Subject::Note) {
        let note = match notes.entry(&told.place.id) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(Note::empty(told)),
        };
        if told.at > note.at {
            (note.at, note.author) = (told.at, told.author.clone());
        }
        match told.place.name.as_str() {
            Note::DAY => note.day.clone_from(&told.value),
            Note::KIND => note.is_intervention = told.value == Note::INTERVENTION,
            Note::TEXT => note.text.clone_from(&told.value),
            Note::TOLD => {
                let ids = Note::told_ids(&told.value);
                let names = ids.iter().filter_map(|id| people.get(id.as_str()));
                note.told = names.map(|contact| contact.name.clone()).collect();
            }
            _ => {}
        }
    }
    let mut notes: Vec<_> = notes.into_values().filter(|note| !note.text.is_empty()).collect();
    notes.sort_by(|a, b| (&a.day, a.at, &a.id).cmp(&(&b.day, b.at, &b.id)));
    notes
}

/// The notes of many accounts, by what was said last.
pub(super) fn notes_by_account(merges: &Merges, told: &[Told]) -> BTreeMap<String, Vec<Note>> {
    let mut by_account: BTreeMap<&str, Vec<&Told>> = BTreeMap::new();
    for told in told {
        by_account.entry(merges.account(&told.place.account)).or_default().push(told);
    }
    let notes = by_account.into_iter().map(|(account, told)| {
        let people = people(told.iter().copied());
        (account.to_owned(), notes_of(told.iter().copied(), &people))
    });
    notes.filter(|(_, notes)| !notes.is_empty()).collect()
}
