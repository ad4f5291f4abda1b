//! What the pages of people and of events show, in words.

use super::super::super::words::called;
use super::super::links::Links;
use super::Listed;
use crate::dashboard::behind::Around;
use crate::dashboard::format::{capital, count, moment};
use crate::dashboard::layout::Shell;
use crate::dashboard::live::words;
use accounts::account::{Happened, Person};
use analytics::catalog::label;
use askama::Template;
use protocol::Timestamp;
use rules::element::CanonicalElement;

/// A page of people.
#[derive(Debug, Template)]
#[template(path = "account_people.html")]
pub(super) struct PeoplePage {
    pub(super) shell: Shell,
    pub(super) around: Around,
    pub(super) rows: Vec<PersonRow>,
}

/// A person.
#[derive(Debug)]
pub(super) struct PersonRow {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) is_anonymous: bool,
    pub(super) times: String,
    pub(super) first: String,
    pub(super) last: String,
    /// The address of his events.
    pub(super) events: String,
}

/// A page of events.
#[derive(Debug, Template)]
#[template(path = "account_events.html")]
pub(super) struct EventsPage {
    pub(super) shell: Shell,
    pub(super) around: Around,
    /// Whether they are those of one person.
    pub(super) has_person: bool,
    /// The address of the people of these days.
    pub(super) people: String,
    pub(super) rows: Vec<EventRow>,
}

/// An event.
#[derive(Debug)]
pub(super) struct EventRow {
    pub(super) at: String,
    pub(super) person: String,
    pub(super) did: &'static str,
    pub(super) what: String,
    pub(super) path: String,
}

impl PersonRow {
    pub(super) fn new(person: &Person, listed: &Listed, links: &Links) -> Self {
        let zone = &listed.project.zone;
        let is_anonymous = person.is_user == 0;
        Self {
            name: called(&person.person, person.name.as_deref(), &listed.name),
            id: person.person.clone(),
            is_anonymous,
            times: count(person.n),
            first: moment(at(person.first_at), zone),
            last: moment(at(person.last_at), zone),
            events: links.events(Some(&person.person), listed.days),
        }
    }
}

impl EventRow {
    pub(super) fn new(event: &Happened, listed: &Listed) -> Self {
        Self {
            at: moment(at(event.at), &listed.project.zone),
            person: called(&event.person, event.person_name.as_deref(), &listed.name),
            did: words(&event.kind),
            what: what(event),
            path: event.path.clone(),
        }
    }
}

/// What it was done to: an element, or what a page calls its event.
pub(super) fn what(event: &Happened) -> String {
    match CanonicalElement::from_json(&event.element) {
        Ok(element) => capital(&label(&element)),
        Err(_) => event.name.clone(),
    }
}

fn at(ms: u64) -> Timestamp {
    Timestamp::from_millis(i64::try_from(ms).unwrap_or(0))
}
