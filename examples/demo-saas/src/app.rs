//! What all requests share: the companies, who is signed in, and the script line.

use crate::company::Company;
use crate::error::Error;
use crate::language::Language;
use crate::role::Role;
use crate::session::Member;
use jiff::civil::Date;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The application's state; a clone is the same application.
#[derive(Debug, Clone)]
pub(crate) struct App {
    script: Arc<str>,
    today: fn() -> Date,
    data: Arc<Mutex<Data>>,
}

#[derive(Debug, Default)]
struct Data {
    companies: HashMap<String, Company>,
    sessions: HashMap<String, Member>,
}

impl Data {
    fn company(&mut self, name: &str, today: Date) -> &mut Company {
        let begin = || Company::on_first_visit(name, today);
        self.companies.entry(name.to_owned()).or_insert_with(begin)
    }
}

impl App {
    /// An application without companies; `today` is the only clock it reads.
    pub(crate) fn new(script: String, today: fn() -> Date) -> Self {
        Self { script: script.into(), today, data: Arc::default() }
    }

    /// The script line, as it was given.
    pub(crate) fn script(&self) -> &str {
        &self.script
    }

    /// The current date.
    pub(crate) fn today(&self) -> Date {
        (self.today)()
    }

    /// Remembers under `token` that the person behind this address is signed in for this company.
    pub(crate) fn sign_in(&self, token: String, (email, company, role): (&str, &str, Role)) {
        let today = self.today();
        let mut data = self.data();
        let person = data.company(company, today).welcome(email, role);
        let member = Member {
            user_id: person.user_id(company),
            name: person.name,
            email: person.email,
            company: company.to_owned(),
            role,
            language: Language::default(),
        };
        data.sessions.insert(token, member);
    }

    /// Forgets who is signed in under `token`.
    pub(crate) fn sign_out(&self, token: &str) {
        self.data().sessions.remove(token);
    }

    /// Who is signed in under `token`.
    pub(crate) fn member(&self, token: &str) -> Option<Member> {
        self.data().sessions.get(token).cloned()
    }

    /// Reads or changes the data of the member's company.
    ///
    /// # Errors
    /// Those of `work`.
    pub(crate) fn company<T>(
        &self,
        member: &Member,
        work: impl FnOnce(&mut Company) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let today = self.today();
        work(self.data().company(&member.company, today))
    }

    /// A handler that panicked left the data as whole as a finished one does, so it is used on.
    fn data(&self) -> MutexGuard<'_, Data> {
        self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
