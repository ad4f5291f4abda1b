//! The data of one company: what it connected, measures, watches and saved, and who works there.

use crate::analysis::{Funnel, Group, SmartPath};
use crate::collection::Source;
use crate::error::Error;
use crate::kept::Kept;
use crate::monitoring::{Alert, Metric};
use crate::person::{Person, slug};
use crate::role::Role;
use crate::settings::Plan;
use crate::visualisation::{Board, SavedChart};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// A company that Tidemark's makers know by name.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) name: &'static str,
    plan: Plan,
    seats: u32,
    /// How many people it has of each role, in the order of [`Role::ALL`].
    people: [u32; 4],
}

const fn account(name: &'static str, plan: Plan, seats: u32, people: [u32; 4]) -> Account {
    Account { name, plan, seats, people }
}

/// The companies that the sign-in page offers; any other can be typed.
pub(crate) static ACCOUNTS: [Account; 9] = [
    account("Acme Retail", Plan::Team, 25, [1, 2, 6, 3]),
    account("Cobalt Travel", Plan::Team, 20, [1, 2, 4, 2]),
    account("Dune Logistics", Plan::Team, 20, [1, 1, 5, 2]),
    account("Bolt Works", Plan::Team, 25, [2, 3, 8, 6]),
    account("Ember Bank", Plan::Starter, 5, [1, 0, 1, 0]),
    account("Fjord Games", Plan::Starter, 5, [1, 0, 1, 1]),
    account("Gizmo Labs", Plan::Starter, 20, [1, 2, 11, 5]),
    account("Harbor Foods", Plan::Team, 15, [1, 1, 3, 2]),
    account("Ivy Clinics", Plan::Team, 15, [1, 2, 3, 1]),
];

/// A company of which nothing is known yet.
static UNKNOWN: Account = account("", Plan::Team, 15, [1, 1, 2, 1]);

impl Account {
    fn of(name: &str) -> Option<&'static Self> {
        ACCOUNTS.iter().find(|account| slug(account.name) == slug(name))
    }
}

/// The company's name as it is known, however somebody typed it.
pub(crate) fn known_name(typed: &str) -> &str {
    Account::of(typed).map_or(typed, |account| account.name)
}

/// One company's data. Ids count up from 101 and are never used again; those of metrics from 1.
#[derive(Debug)]
pub(crate) struct Company {
    pub(crate) sources: BTreeMap<u32, Source>,
    pub(crate) metrics: BTreeMap<u32, Metric>,
    pub(crate) alerts: BTreeMap<u32, Alert>,
    pub(crate) charts: BTreeMap<u32, SavedChart>,
    pub(crate) boards: BTreeMap<u32, Board>,
    pub(crate) groups: BTreeMap<u32, Group>,
    pub(crate) funnels: BTreeMap<u32, Funnel>,
    pub(crate) paths: BTreeMap<u32, SmartPath>,
    pub(crate) people: BTreeMap<u32, Person>,
    pub(crate) plan: Plan,
    pub(crate) seats: u32,
    last_id: u32,
}

impl Company {
    /// A company as its first visitor finds it: colleagues were there before, and saved some things.
    pub(crate) fn on_first_visit(name: &str, today: Date) -> Self {
        let account = Account::of(name).unwrap_or(&UNKNOWN);
        let mut company = Self {
            sources: BTreeMap::new(),
            metrics: (1..).zip(Metric::usual()).collect(),
            alerts: BTreeMap::new(),
            charts: BTreeMap::new(),
            boards: BTreeMap::new(),
            groups: BTreeMap::new(),
            funnels: BTreeMap::new(),
            paths: BTreeMap::new(),
            people: BTreeMap::new(),
            plan: account.plan,
            seats: account.seats,
            last_id: 100,
        };
        company.fill(today);
        for (role, n) in Role::ALL.into_iter().zip(account.people) {
            for number in 1..=n {
                let id = company.next_id();
                company.people.insert(id, Person::numbered(role, number, name));
            }
        }
        company
    }

    fn fill(&mut self, today: Date) {
        self.keep_all(Source::samples());
        self.keep_all(Alert::samples());
        self.keep_all(SavedChart::samples(today));
        let charts: Vec<_> = self.charts.keys().copied().collect();
        self.keep_all(Board::samples(&charts));
        self.keep_all(Group::samples(today));
        self.keep_all(Funnel::samples(today));
        self.keep_all(SmartPath::samples(today));
    }

    fn keep_all<T: Kept>(&mut self, things: impl IntoIterator<Item = T>) {
        for thing in things {
            self.keep(None, thing);
        }
    }

    /// A new id.
    fn next_id(&mut self) -> u32 {
        self.last_id += 1;
        self.last_id
    }

    /// The person of this role behind an address, who becomes one if he is not there yet.
    pub(crate) fn welcome(&mut self, email: &str, role: Role) -> Person {
        let known = |person: &&mut Person| person.email == email && person.role == role;
        if let Some(person) = self.people.values_mut().find(known) {
            person.is_invited = false;
            return person.clone();
        }
        let person = Person::behind(email, role, |name| self.has_person(name));
        let id = self.next_id();
        self.people.insert(id, person.clone());
        person
    }

    fn has_person(&self, name: &str) -> bool {
        self.people.values().any(|person| person.name == name)
    }

    /// Asks somebody to work here.
    pub(crate) fn invite(&mut self, email: &str, role: Role) {
        let person = Person::behind(email, role, |name| self.has_person(name));
        let id = self.next_id();
        self.people.insert(id, Person { is_invited: true, ..person });
    }

    /// How many seats are taken.
    pub(crate) fn n_people(&self) -> u32 {
        u32::try_from(self.people.len()).unwrap_or(u32::MAX)
    }

    /// What has this id.
    pub(crate) fn get<T: Kept>(&self, id: u32) -> Result<&T, Error> {
        T::all(self).get(&id).ok_or(Error::NotFound(T::THING))
    }

    /// What has this id, to be changed.
    pub(crate) fn get_mut<T: Kept>(&mut self, id: u32) -> Result<&mut T, Error> {
        T::all_mut(self).get_mut(&id).ok_or(Error::NotFound(T::THING))
    }

    /// Keeps something under its id, or under a new one, and says which.
    pub(crate) fn keep<T: Kept>(&mut self, id: Option<u32>, thing: T) -> u32 {
        let id = id.unwrap_or_else(|| self.next_id());
        T::all_mut(self).insert(id, thing);
        id
    }

    /// Keeps what has this id no longer.
    pub(crate) fn forget<T: Kept>(&mut self, id: u32) -> Result<(), Error> {
        T::all_mut(self).remove(&id).map(drop).ok_or(Error::NotFound(T::THING))
    }

    /// How many alerts a metric has.
    pub(crate) fn n_alerts(&self, metric: u32) -> usize {
        self.alerts.values().filter(|alert| alert.metric == metric).count()
    }
}
