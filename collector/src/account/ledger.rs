//! What holds of accounts, and what of a saying is different.

use super::state::state;
use super::{ContactSaid, NoteSaid, Saying, value};
use protocol::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashSet};
use store::Merges;
use store::record::{Contact, Note, Place, Source, Subject, Told};

/// The most values that are said at once, which become one block of the table.
const SAID: usize = 300_000;
const _: () = assert!(SAID <= store::record::MOST, "what is said at once is kept at once");
/// The most attributes of an account.
const ATTRIBUTES: usize = 100;
/// The most contacts of an account that there ever were.
const CONTACTS: usize = 200;
/// The most notes of an account that there ever were.
const NOTES: usize = 2_000;

/// What holds, and what was said since it was read.
#[derive(Debug)]
pub(crate) struct Ledger {
    last: BTreeMap<Place, Held>,
    /// Which accounts are one: a contact or a note of one of them is there for all of them, and stays
    /// with its own.
    merges: Merges,
    /// Of what something was said: two lines of one file must not say two things.
    said: HashSet<Place>,
    steps: Vec<Step>,
    author: String,
    source: Source,
    now: Timestamp,
}

/// A contact or a note: of which account, and its id there.
type Id = (String, String);

#[derive(Debug, Clone)]
struct Held {
    value: String,
    at: Timestamp,
}

/// Something that was said.
#[derive(Debug)]
struct Step {
    place: Place,
    /// What was there before, and whether anything was.
    before: Option<Held>,
    /// What held before: of accounts that are one that may be what is said of another one.
    held: String,
    is_change: bool,
}

/// What becomes different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) place: Place,
    pub(crate) before: String,
    pub(crate) after: String,
}

impl Ledger {
    /// What these make that were said, of one thing in their order.
    pub(crate) fn new(
        told: &[Told],
        merges: &Merges,
        (author, source): (&str, Source),
        now: Timestamp,
    ) -> Self {
        let held =
            |told: &Told| (told.place.clone(), Held { value: told.value.clone(), at: told.at });
        Self {
            last: told.iter().map(held).collect(),
            merges: merges.clone(),
            said: HashSet::new(),
            steps: Vec::new(),
            author: author.to_owned(),
            source,
            now,
        }
    }

    /// Takes a saying, and returns what it changes; or nothing of it, with a sentence that says why.
    ///
    /// # Errors
    /// When a value is none of its kind, when it was said otherwise since the ledger was read, when
    /// an account would have more than it may.
    pub(crate) fn take(&mut self, saying: &Saying) -> Result<Vec<Turn>, String> {
        let mark = self.steps.len();
        match self.try_take(saying) {
            Ok(()) => Ok(self.turns(mark)),
            Err(why) => {
                self.go_back(mark);
                Err(why)
            }
        }
    }

    /// All that is different from what was read, to be written.
    pub(crate) fn told(&self) -> Vec<Told> {
        let changes = self.steps.iter().filter(|step| step.is_change);
        let told = changes.filter_map(|step| {
            let Held { value, at } = self.last.get(&step.place)?.clone();
            let (place, author) = (step.place.clone(), self.author.clone());
            Some(Told { place, value, at, author, source: self.source })
        });
        told.collect()
    }

    /// What holds of an attribute by its name, or of a contact or note by its id, as
    /// [`super::state::state`] says it.
    pub(crate) fn state(&self, account: &str, subject: Subject, id: &str) -> String {
        let is_it = |place: &Place| match subject {
            Subject::Attribute => place.name == id,
            Subject::Contact | Subject::Note => place.id == id,
        };
        let fields = self.fields(account, subject).filter(|(place, _)| is_it(place));
        let mut fields: Vec<_> = fields.collect();
        // Of accounts that are one the last counts that was said of any of them.
        fields.sort_by_key(|(_, held)| (held.at, held.value.as_str()));
        state(fields.into_iter().map(|(place, held)| (place.name.as_str(), held.value.as_str())))
    }

    /// Whether anything was ever said of an account here.
    pub(crate) fn knows(&self, account: &str) -> bool {
        Subject::ALL.iter().any(|subject| self.fields(account, *subject).next().is_some())
    }

    /// Adds a contact who is not there yet; who is there in all that is said stays as he is.
    ///
    /// # Errors
    /// As [`Self::take`], and when somebody else is there under the name or the address.
    pub(crate) fn add_contact(&mut self, account: &str, said: &ContactSaid) -> Result<(), String> {
        let found = self.known(account, said);
        let called = |(account, id): Id| of(&account, Subject::Contact, &id)(Contact::NAME);
        let name = found.map(|id| self.value(&called(id)).to_owned());
        let contacts = vec![said.clone()];
        let saying = Saying { account: account.to_owned(), contacts, ..Saying::default() };
        let is_other = !self.take(&saying)?.is_empty();
        match name {
            Some(name) if is_other => {
                Err(format!("`{name}` is a contact of this account already: change that one"))
            }
            _ => Ok(()),
        }
    }

    /// Adds a note that is not there yet; one that is there in all that is said stays as it is.
    ///
    /// # Errors
    /// As [`Self::take`], and when a note says the same of that day, told to others.
    pub(crate) fn add_note(&mut self, account: &str, said: &NoteSaid) -> Result<(), String> {
        let is_there = self.same_note(account, said)?.is_some();
        let notes = vec![said.clone()];
        let saying = Saying { account: account.to_owned(), notes, ..Saying::default() };
        if !self.take(&saying)?.is_empty() && is_there {
            return Err("a note says this of that day already: change that one".to_owned());
        }
        Ok(())
    }

    /// Changes fields of a contact who is there, or takes him away.
    ///
    /// # Errors
    /// As [`Self::take`], and when there is no such contact.
    pub(crate) fn change_contact(
        &mut self,
        account: &str,
        id: &str,
        said: Option<&ContactSaid>,
    ) -> Result<(), String> {
        let account = self.holder(account, Subject::Contact, id);
        let place = of(&account, Subject::Contact, id);
        if self.value(&place(Contact::ROLE)).is_empty() {
            return Err("there is no such contact any more".to_owned());
        }
        match said {
            Some(said) => self.write_contact(&place, said),
            // The name stays, for the notes that say who was told.
            None => [Contact::ROLE, Contact::EMAIL, Contact::USER]
                .into_iter()
                .try_for_each(|field| self.set(place(field), String::new())),
        }
    }

    /// Changes a note that is there, or takes it away.
    ///
    /// # Errors
    /// As [`Self::take`], and when there is no such note.
    pub(crate) fn change_note(
        &mut self,
        account: &str,
        id: &str,
        said: Option<&NoteSaid>,
    ) -> Result<(), String> {
        let account = self.holder(account, Subject::Note, id);
        let place = of(&account, Subject::Note, id);
        if self.value(&place(Note::TEXT)).is_empty() {
            return Err("there is no such note any more".to_owned());
        }
        match said {
            Some(said) => self.write_note(&account, &place, said),
            None => self.set(place(Note::TEXT), String::new()),
        }
    }

    fn try_take(&mut self, saying: &Saying) -> Result<(), String> {
        let account = value::account(&saying.account)?;
        for (name, value) in &saying.attributes {
            let name = value::attribute_name(name)?;
            let value = value::attribute(&name, value)?;
            let place = of(&account, Subject::Attribute, "")(&name);
            if !self.last.contains_key(&place)
                && self.fields(&account, Subject::Attribute).count() >= ATTRIBUTES
            {
                return Err(format!("an account has at most {ATTRIBUTES} attributes"));
            }
            self.set(place, value)?;
        }
        for contact in &saying.contacts {
            self.contact(&account, contact)?;
        }
        saying.notes.iter().try_for_each(|note| self.note(&account, note))
    }

    /// Whoever has the address is the contact; else who has the name, and no other address.
    fn known(&self, account: &str, said: &ContactSaid) -> Option<Id> {
        let (name, email) = (said.name.trim(), said.email.as_deref().unwrap_or_default().trim());
        let mut people = self.ids(account, Subject::Contact);
        let field = |(of_one, id): &Id, name| self.value(&of(of_one, Subject::Contact, id)(name));
        people.retain(|id| !field(id, Contact::ROLE).is_empty());
        let same = |a: &str, b: &str| !a.is_empty() && a.to_lowercase() == b.to_lowercase();
        let is_other = |of: &str| !email.is_empty() && !of.is_empty();
        let found = people.iter().find(|id| same(email, field(id, Contact::EMAIL))).or_else(|| {
            people.iter().find(|id| {
                same(name, field(id, Contact::NAME)) && !is_other(field(id, Contact::EMAIL))
            })
        });
        found.cloned()
    }

    fn contact(&mut self, account: &str, said: &ContactSaid) -> Result<(), String> {
        if let Some((account, id)) = self.known(account, said) {
            let place = of(&account, Subject::Contact, &id);
            return self.write_contact(&place, said);
        }
        let (name, email) = (said.name.trim(), said.email.as_deref().unwrap_or_default().trim());
        let people = self.ids(account, Subject::Contact);
        if people.len() >= CONTACTS {
            return Err(format!("an account has at most {CONTACTS} contacts"));
        }
        let key = if email.is_empty() { name } else { email };
        let id = self.free_id(account, (Subject::Contact, Contact::ROLE), &key.to_lowercase());
        let role = said.role.clone().or_else(|| Some("other".to_owned()));
        let said = ContactSaid { role, ..said.clone() };
        self.write_contact(&of(account, Subject::Contact, &id), &said)
    }

    fn write_contact(
        &mut self,
        place: &impl Fn(&str) -> Place,
        said: &ContactSaid,
    ) -> Result<(), String> {
        self.set(place(Contact::NAME), value::contact_name(&said.name)?)?;
        if let Some(role) = &said.role {
            self.set(place(Contact::ROLE), value::role(role)?)?;
        }
        if let Some(email) = &said.email {
            self.set(place(Contact::EMAIL), value::email(email)?)?;
        }
        if let Some(user) = &said.user {
            self.set(place(Contact::USER), value::user(user)?)?;
        }
        Ok(())
    }

    /// What says the same of the same day is the same note.
    fn same_note(&self, account: &str, said: &NoteSaid) -> Result<Option<Id>, String> {
        let (day, text) = (value::day(&said.day)?, value::note_text(&said.text)?);
        let kind = value::note_kind(&said.kind)?;
        let is_it = |(of_one, id): &Id| {
            let place = of(of_one, Subject::Note, id);
            self.value(&place(Note::DAY)) == day
                && self.value(&place(Note::KIND)) == kind
                && self.value(&place(Note::TEXT)) == text
        };
        Ok(self.ids(account, Subject::Note).into_iter().find(is_it))
    }

    fn note(&mut self, account: &str, said: &NoteSaid) -> Result<(), String> {
        let (account, id) = match self.same_note(account, said)? {
            Some(id) => id,
            None if self.ids(account, Subject::Note).len() >= NOTES => {
                return Err(format!("an account has at most {NOTES} notes"));
            }
            None => {
                let (day, kind) = (value::day(&said.day)?, value::note_kind(&said.kind)?);
                let key = format!("{day}\n{kind}\n{}", value::note_text(&said.text)?);
                let id = self.free_id(account, (Subject::Note, Note::TEXT), &key);
                (account.to_owned(), id)
            }
        };
        self.write_note(&account, &of(&account, Subject::Note, &id), said)
    }

    fn write_note(
        &mut self,
        account: &str,
        place: &impl Fn(&str) -> Place,
        said: &NoteSaid,
    ) -> Result<(), String> {
        self.set(place(Note::DAY), value::day(&said.day)?)?;
        self.set(place(Note::KIND), value::note_kind(&said.kind)?)?;
        self.set(place(Note::TEXT), value::note_text(&said.text)?)?;
        let Some(told) = &said.told else { return Ok(()) };
        let before = Note::told_ids(self.value(&place(Note::TOLD)));
        let ids: Result<Vec<_>, _> =
            told.iter().map(|name| self.called(account, name, &before)).collect();
        let ids = ids?;
        let ids = if ids.is_empty() { String::new() } else { serde_json::json!(ids).to_string() };
        self.set(place(Note::TOLD), ids)
    }

    /// The contact of a name; who was told before may be none any more.
    fn called(&self, account: &str, name: &str, before: &[String]) -> Result<String, String> {
        let wanted = name.trim().to_lowercase();
        let people = self.ids(account, Subject::Contact).into_iter();
        let mut people = people.filter(|(of_one, id)| {
            let place = of(of_one, Subject::Contact, id);
            let is_there = !self.value(&place(Contact::ROLE)).is_empty() || before.contains(id);
            is_there && self.value(&place(Contact::NAME)).to_lowercase() == wanted
        });
        let missing = || format!("nobody is called `{name}` among the contacts of this account");
        people.next().map(|(_, id)| id).ok_or_else(missing)
    }

    /// Says a value, if it is not the one that holds.
    fn set(&mut self, place: Place, value: String) -> Result<(), String> {
        if self.said.contains(&place) {
            let (name, said) = (&place.name, self.value(&place));
            let why = || format!("{name}: `{value}` here, and `{said}` in what came before it");
            return if said == value { Ok(()) } else { Err(why()) };
        }
        if self.steps.len() >= SAID {
            return Err(format!("at most {SAID} values are said at once: send it in parts"));
        }
        self.said.insert(place.clone());
        let before = self.last.get(&place).cloned();
        let own = before.as_ref().map_or("", |held| held.value.as_str());
        // What is taken away is so of whichever of the accounts that are one it was said.
        let other = value.is_empty().then(|| self.said_of_merged(&place)).flatten();
        let other = other.filter(|other| {
            !own.is_empty() || before.as_ref().is_none_or(|own| own.at <= other.at)
        });
        let held = match (own, &other) {
            ("", Some(other)) => other.value.clone(),
            (own, _) => own.to_owned(),
        };
        let is_change = held != value;
        if is_change {
            // Whatever the clock says, what is said now is said after what holds.
            let after = |held: &Held| held.at.plus_millis(1);
            let said = [before.as_ref(), other.as_ref()].into_iter().flatten();
            let at = said.map(after).fold(self.now, Timestamp::max);
            self.last.insert(place.clone(), Held { value, at });
        }
        self.steps.push(Step { place, before, held, is_change });
        Ok(())
    }

    /// What was said last of an attribute of the accounts that are merged into one.
    fn said_of_merged(&self, place: &Place) -> Option<Held> {
        if place.subject != Subject::Attribute
            || self.merges.account(&place.account) != place.account
        {
            return None;
        }
        let others = self.merges.all_of(&place.account).into_iter().skip(1);
        let said = others.filter_map(|account| self.last.get(&Place { account, ..place.clone() }));
        said.filter(|held| !held.value.is_empty()).max_by_key(|held| held.at).cloned()
    }

    fn turns(&self, mark: usize) -> Vec<Turn> {
        let changes = self.steps[mark..].iter().filter(|step| step.is_change);
        let turn = |step: &Step| Turn {
            place: step.place.clone(),
            before: step.held.clone(),
            after: self.value(&step.place).to_owned(),
        };
        changes.map(turn).collect()
    }

    fn go_back(&mut self, mark: usize) {
        for Step { place, before, is_change, .. } in self.steps.drain(mark..).rev() {
            self.said.remove(&place);
            match before {
                Some(held) => drop(self.last.insert(place, held)),
                None if is_change => drop(self.last.remove(&place)),
                None => {}
            }
        }
    }

    fn value(&self, place: &Place) -> &str {
        self.last.get(place).map_or("", |held| held.value.as_str())
    }

    /// What was ever said by kind of an account and of those that are one with it.
    fn fields(&self, account: &str, subject: Subject) -> impl Iterator<Item = (&Place, &Held)> {
        let all = self.merges.all_of(account).into_iter();
        all.flat_map(move |account| {
            let own = self.last.range(of(&account, subject, "")("")..);
            own.take_while(move |(place, _)| place.account == account && place.subject == subject)
        })
    }

    /// The contacts or notes that there ever were.
    fn ids(&self, account: &str, subject: Subject) -> Vec<Id> {
        let fields = self.fields(account, subject);
        let mut ids: Vec<_> =
            fields.map(|(place, _)| (place.account.clone(), place.id.clone())).collect();
        ids.dedup();
        ids
    }

    /// Of which of the accounts that are one a contact or note is.
    fn holder(&self, account: &str, subject: Subject, id: &str) -> String {
        let holder = self.fields(account, subject).find(|(place, _)| place.id == id);
        holder.map_or(account, |(place, _)| &place.account).to_owned()
    }

    /// An id that nobody has who is there, by what is said: a hash, so that two who say the same at
    /// once make one.
    fn free_id(&self, account: &str, (subject, sign): (Subject, &str), key: &str) -> String {
        let id = |n: u32| {
            let mut hasher = Sha256::new();
            for part in [account, subject.as_str(), key, &n.to_string()] {
                hasher.update(part.as_bytes());
                hasher.update([0]);
            }
            hasher.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect::<String>()
        };
        let is_free = |id: &String| self.value(&of(account, subject, id)(sign)).is_empty();
        (0..).map(id).find(is_free).unwrap_or_default()
    }
}

/// The fields of something of an account.
fn of(account: &str, subject: Subject, id: &str) -> impl Fn(&str) -> Place {
    let (account, id) = (account.to_owned(), id.to_owned());
    move |name| Place { account: account.clone(), subject, id: id.clone(), name: name.to_owned() }
}

#[cfg(test)]
mod tests;
