//! The nine accounts with a story, each in a file of its own.
//!
//! A story says for each week what the people of its account do, to the number.

mod acme;
mod bolt;
mod cobalt;
mod dune;
mod ember;
mod fjord;
mod gizmo;
mod harbor;
mod ivy;

use crate::account::{Account, Plan as Pays, Tier};
use crate::calendar::{Calendar, Day, Region};
use crate::person::{Person, Role};
use crate::plan::{Plan, Slot};
use crate::random::Random;

/// An account that something can be learnt of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Story {
    /// The analyst left; after an intervention it is as before.
    Acme,
    /// Used two modules of four, until a training.
    Cobalt,
    /// Half as much as the week before: the open case.
    Dune,
    /// Much used, wants more.
    Bolt,
    /// Much used, pays little: one sign-in on six devices.
    Ember,
    /// Little of both: never finished the set-up.
    Fjord,
    /// Nearly all seats taken, reads about plans, little use.
    Gizmo,
    /// Less every week.
    Harbor,
    /// Healthy; a dip in a holiday.
    Ivy,
}

/// What is known of an account with a story.
#[derive(Debug, Clone, Copy)]
pub struct Profile {
    /// Its name, as Tidemark knows it.
    pub name: &'static str,
    /// How large it is.
    pub tier: Tier,
    /// What it pays for.
    pub plan: Pays,
    /// How many people may sign in.
    pub seats: u32,
    /// Where it is.
    pub region: Region,
    /// In how many days its contract ends.
    pub renewal_in_days: i32,
    /// How many people it has of each role.
    pub people: [u32; 4],
}

/// What was noted of an account on the Monday of a week.
#[derive(Debug, Clone, Copy)]
pub struct Noted {
    /// How many weeks ago.
    pub weeks_ago: i32,
    /// `note`, or `intervention` for something that was done.
    pub kind: &'static str,
    /// What it says.
    pub text: &'static str,
    /// The contacts who were told.
    pub told: &'static [&'static str],
}

/// What a story works on: one week of one account.
#[derive(Debug)]
pub struct Scene<'a> {
    /// The days.
    pub calendar: &'a Calendar,
    /// The account.
    pub account: &'a Account,
    /// Everybody, of all accounts.
    pub people: &'a [Person],
    /// The places of those who belong to the account.
    pub own: &'a [usize],
    /// How many weeks ago it is.
    pub weeks_ago: i32,
    /// The working days of the week that are past.
    pub days: Vec<Day>,
    /// What everybody does so far.
    pub plan: &'a mut Plan,
    /// What is left to chance.
    pub random: Random,
}

impl Story {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 9] = [
        Self::Acme,
        Self::Cobalt,
        Self::Dune,
        Self::Bolt,
        Self::Ember,
        Self::Fjord,
        Self::Gizmo,
        Self::Harbor,
        Self::Ivy,
    ];

    /// What is known of its account.
    pub const fn profile(self) -> Profile {
        match self {
            Self::Acme => acme::PROFILE,
            Self::Cobalt => cobalt::PROFILE,
            Self::Dune => dune::PROFILE,
            Self::Bolt => bolt::PROFILE,
            Self::Ember => ember::PROFILE,
            Self::Fjord => fjord::PROFILE,
            Self::Gizmo => gizmo::PROFILE,
            Self::Harbor => harbor::PROFILE,
            Self::Ivy => ivy::PROFILE,
        }
    }

    /// What was noted of its account.
    pub const fn notes(self) -> &'static [Noted] {
        match self {
            Self::Acme => &acme::NOTES,
            Self::Cobalt => &cobalt::NOTES,
            _ => &[],
        }
    }

    /// The first day of one of its people.
    pub fn joined(self, role: Role, number: u32, calendar: &Calendar) -> Day {
        match self {
            Self::Acme if (role, number) == acme::SUCCESSOR => acme::opened(calendar),
            Self::Fjord => calendar.monday(fjord::JOINED_WEEKS_AGO),
            _ => calendar.first(),
        }
    }

    /// How many browsers one of its people uses.
    pub const fn devices(self, role: Role) -> u32 {
        match (self, role) {
            (Self::Ember, Role::Analyst) => ember::DEVICES,
            _ => 1,
        }
    }

    /// Plans one week.
    pub fn week(self, scene: &mut Scene<'_>) {
        match self {
            Self::Acme => acme::week(scene),
            Self::Cobalt => cobalt::week(scene),
            Self::Dune => dune::week(scene),
            Self::Bolt => bolt::week(scene),
            Self::Ember => ember::week(scene),
            Self::Fjord => fjord::week(scene),
            Self::Gizmo => gizmo::week(scene),
            Self::Harbor => harbor::week(scene),
            Self::Ivy => ivy::week(scene),
        }
    }
}

impl Scene<'_> {
    /// The part of a full week's number that the week has had by now, without the running one's
    /// days to come. A holiday does not make it smaller.
    pub fn so_far(&self, n: u32) -> u32 {
        if self.weeks_ago > 0 {
            return n;
        }
        n * u32::try_from(self.days.len()).unwrap_or(0) / 5
    }

    /// The place of the person with this role and number.
    pub fn person(&self, role: Role, number: u32) -> Option<usize> {
        let is = |place: &&usize| {
            let person = &self.people[**place];
            (person.role, person.number) == (role, number)
        };
        self.own.iter().find(is).copied()
    }

    /// Each of these people on `n_days` days of the week, or on all there are.
    pub fn slots(&mut self, people: &[usize], n_days: i32) -> Vec<Slot> {
        let mut slots = Vec::new();
        for person in people {
            let joined = self.people[*person].joined;
            let mut days: Vec<_> = self.days.iter().copied().filter(|it| *it >= joined).collect();
            self.random.shuffle(&mut days);
            days.truncate(usize::try_from(n_days).unwrap_or(0));
            slots.extend(days.into_iter().map(|day| (*person, day)));
        }
        self.random.shuffle(&mut slots);
        slots
    }

    /// Has these slots complete exactly `n` of the usual things.
    pub fn fill(&mut self, slots: &[Slot], n: u32) {
        let mix = &crate::plan::USUAL;
        self.plan.fill(self.people, slots, (n, mix), &mut self.random);
    }
}
