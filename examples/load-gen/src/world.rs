//! The whole past: everybody, and what they do up to the anchor.

use crate::account::{self, Account};
use crate::behaviour;
use crate::calendar::{Calendar, Day};
use crate::catalogue::Catalogue;
use crate::person::{self, Person};
use crate::plan::Plan;
use crate::session::{Happening, Sessions};
use crate::visitor;
use anyhow::Result;

/// Everybody, and what they do.
#[derive(Debug)]
pub struct World {
    /// What all choices come from.
    pub seed: u64,
    /// The days.
    pub calendar: Calendar,
    /// The companies.
    pub accounts: Vec<Account>,
    /// Their people.
    pub people: Vec<Person>,
    /// What those do.
    pub plan: Plan,
}

impl World {
    /// The world as it is on the day `anchor`.
    pub fn new(anchor: Day, seed: u64) -> Self {
        let calendar = Calendar::before(anchor);
        let accounts = account::roster(&calendar);
        let people = person::people(&accounts, &calendar, seed);
        let plan = behaviour::plan(&accounts, &people, &calendar, seed);
        Self { seed, calendar, accounts, people, plan }
    }

    /// Tells everything that happens, day by day; within a day, person by person.
    ///
    /// # Errors
    /// When the catalogue lacks something, or `sink` fails.
    pub fn tell(
        &self,
        catalogue: &Catalogue,
        sink: &mut dyn FnMut(&Happening<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut sessions = Sessions::of(self, catalogue);
        let mut day = self.calendar.first();
        while day <= self.calendar.last() {
            for person in self.plan.present(day) {
                sessions.day(person, day, sink)?;
            }
            visitor::day(&mut sessions, day, sink)?;
            day = day.plus(1);
        }
        Ok(())
    }
}
