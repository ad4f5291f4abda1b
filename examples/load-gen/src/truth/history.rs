//! What each person did, in the order of time, whichever browser it was in.

use crate::World;
use crate::catalogue::pattern;
use crate::feature::Feature;
use crate::session::Happening;
use crate::visitor::STAFF_DOMAIN;
use protocol::Kind;
use std::collections::{HashMap, HashSet};

/// What happened, as far as any question asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A page was viewed; its pattern is [`Histories::word`] of it.
    Page(u32),
    /// An element was clicked; its key is [`Histories::word`] of it.
    Click(u32),
    /// Anything else.
    Other,
}

/// One event.
#[derive(Debug, Clone, Copy)]
pub struct Event {
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// What.
    pub what: What,
    /// The feature that it completes.
    pub completes: Option<Feature>,
    /// The account as the page knew it, then as it is derived.
    pub account: Option<u32>,
}

/// Everything that happened.
#[derive(Debug, Default)]
pub struct Histories {
    words: HashMap<String, u32>,
    n_events: u64,
    /// By browser and user.
    raw: HashMap<(u32, Option<u32>), Vec<Event>>,
    /// The first user of each browser, and since when.
    first_users: HashMap<u32, (i64, u32)>,
    automated: HashSet<String>,
    staff: HashSet<u32>,
    people: Vec<Vec<Event>>,
}

impl Histories {
    /// Takes one event.
    pub fn note(&mut self, it: &Happening<'_>) {
        self.n_events += 1;
        // What is only said besides is no moment of anybody.
        if it.kind.is_aside() {
            return;
        }
        if it.context.automated {
            self.automated.insert(it.context.anonymous_id.clone().into_owned());
            return;
        }
        let at = it.at.as_millis();
        let browser = self.intern(&it.context.anonymous_id);
        let user = it.context.user_id.as_deref().map(|user| self.intern(user));
        let account = it.context.account_id.as_deref().map(|account| self.intern(account));
        let path = it.page.as_ref().map(|page| pattern(&page.path));
        let key = it.element.map(|(key, _)| key);
        let what = match (it.kind, path, key) {
            (Kind::PageView, Some(path), _) => What::Page(self.intern(&path)),
            (Kind::Click, _, Some(key)) => What::Click(self.intern(key)),
            _ => What::Other,
        };
        let completes = key.and_then(Feature::completed_by);
        if let Some(user) = user {
            if it.properties.get("email_domain") == Some(STAFF_DOMAIN) {
                self.staff.insert(user);
            }
            let first = self.first_users.entry(browser).or_insert((at, user));
            if at < first.0 {
                *first = (at, user);
            }
        }
        let event = Event { at, what, completes, account };
        self.raw.entry((browser, user)).or_default().push(event);
    }

    /// What is planned, each person's day at its first minute.
    pub(super) fn planned(world: &World) -> Self {
        let mut histories = Self::default();
        for (n, person) in world.people.iter().enumerate() {
            let account = &world.accounts[person.account];
            let last = world.plan.days(n).keys().next_back();
            // Whoever is gone before the account is known is nobody's.
            let is_known = account.known_from.is_none_or(|from| last >= Some(&from));
            let account = is_known.then(|| histories.intern(&account.id()));
            let mut events = Vec::new();
            for (day, plan) in world.plan.days(n) {
                let at = day.at(0).as_millis();
                let event = |completes| Event { at, what: What::Other, completes, account };
                events.extend(plan.looks.iter().map(|_| event(None)));
                events.extend(plan.done.iter().map(|feature| event(Some(*feature))));
            }
            histories.n_events += events.len() as u64;
            histories.people.push(events);
        }
        histories.people.retain(|events| !events.is_empty());
        histories
    }

    fn intern(&mut self, word: &str) -> u32 {
        let next = u32::try_from(self.words.len()).unwrap_or(u32::MAX);
        match self.words.get(word) {
            Some(known) => *known,
            None => *self.words.entry(word.to_owned()).or_insert(next),
        }
    }

    /// The number of a word, if it was ever used.
    pub fn word(&self, word: &str) -> Option<u32> {
        self.words.get(word).copied()
    }

    /// Joins browsers to people, leaves the staff out, and finds the account of what has none of its own.
    #[must_use]
    pub fn joined(mut self) -> Self {
        let mut people: HashMap<u32, Vec<Event>> = HashMap::new();
        for ((browser, user), events) in self.raw.drain() {
            let first = self.first_users.get(&browser).map(|(_, user)| *user);
            // Browsers and users have words of their own, so neither is taken for the other.
            let person = user.or(first).unwrap_or(browser);
            people.entry(person).or_default().extend(events);
        }
        people.retain(|person, _| !self.staff.contains(person));
        self.people = people.into_values().collect();
        for events in &mut self.people {
            events.sort_by_key(|event| event.at);
            derive_accounts(events);
        }
        self.people.sort_by_key(|events| events.first().map(|event| event.at));
        self
    }

    /// Each person's events in the order of time.
    pub fn people(&self) -> &[Vec<Event>] {
        &self.people
    }

    /// How many of the staff there are, and how many automated browsers: both are left out.
    pub fn left_out(&self) -> (usize, usize) {
        (self.staff.len(), self.automated.len())
    }

    /// Events of all kinds, those of staff and automated browsers, too.
    pub const fn n_events(&self) -> u64 {
        self.n_events
    }
}

/// The account of an event: its own, else that of the user at that time, else his first.
fn derive_accounts(events: &mut [Event]) {
    let mut current = events.iter().find_map(|event| event.account);
    for event in events {
        current = event.account.or(current);
        event.account = current;
    }
}
