//! What is known of an account: plain data, and what is read off it.

use super::effect::active_days;
use super::{Calendar, TOGETHER, WEEK};
use crate::module::{ENOUGH, Shares};
use protocol::Timestamp;
use std::ops::Range;

/// An account.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Its id.
    pub id: String,
    /// Its number: [`store::identity::account_hash`].
    pub number: u64,
    /// What its days and weeks are.
    pub calendar: Calendar,
    /// What was done, by the numbers of days.
    pub days: Vec<Day>,
    /// The same by the numbers of weeks; a visit or person of two days of a week counts once.
    pub weeks: Vec<Day>,
    /// The modules of the product, the most used here in the weeks that are shown first.
    pub modules: Vec<Module>,
    /// The features, by their use here in the weeks that are shown.
    pub features: Vec<Feature>,
    /// Everybody who was ever there, by core actions in the weeks that are shown.
    pub people: Vec<PersonUse>,
    /// How many accounts it is compared with.
    pub n_peers: u64,
    /// The tier of those; none where all are compared.
    pub tier: Option<String>,
    /// When anybody was first there.
    pub first_at: Option<Timestamp>,
    /// As of when it was counted.
    pub computed_at: Timestamp,
}

/// What was done on a day, or in a week.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Day {
    /// Completions of the features that count as core actions.
    pub core_actions: u64,
    /// Sessions in which somebody did anything.
    pub visits: u64,
    /// Views of pages.
    pub page_views: u64,
    /// People who did anything.
    pub people: u64,
    /// Users in visits.
    pub log_ins: u64,
    /// Milliseconds in which somebody was engaged with a page.
    pub engaged_ms: u64,
}

/// A module.
#[derive(Debug, Clone, PartialEq)]
pub struct Module {
    /// What it is called.
    pub name: String,
    /// Core actions, by the numbers of weeks.
    pub core_actions: Vec<u64>,
    /// Views of its pages, by the numbers of weeks; none where no page of the module is known.
    pub page_views: Option<Vec<u64>>,
    /// The mean of its share of the core actions of comparable accounts, in the last four weeks
    /// that are over; none where nobody is comparable.
    pub peers: Option<f64>,
}

/// A feature.
#[derive(Debug, Clone, PartialEq)]
pub struct Feature {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Its module.
    pub module: String,
    /// Whether to use it completes something, and does not only look at it or prepare it.
    pub is_completion: bool,
    /// Whether that is a core action.
    pub is_core: bool,
    /// Uses in the weeks that are shown.
    pub uses: u64,
    /// People who used it in them.
    pub people: u64,
    /// When it was last used in the weeks that are read.
    pub last_at: Option<Timestamp>,
    /// Of the comparable accounts, what share used it in the last four weeks that are over; none
    /// of what is no core action, or where nobody is comparable.
    pub peers: Option<f64>,
}

/// A person of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonUse {
    /// The user's id, or the browser's where no user was ever known on it.
    pub id: String,
    /// Whether it is a user's.
    pub is_user: bool,
    /// What he is called, where that was said.
    pub name: Option<String>,
    /// What he is there, where that was said.
    pub role: Option<String>,
    /// When he was first there.
    pub first_at: Timestamp,
    /// When the last quarter of an hour began for him in which he was there.
    pub last_at: Timestamp,
    /// The numbers of the days on which he was there, in their order.
    pub days: Vec<i64>,
    /// Core actions, by the numbers of weeks.
    pub core_actions: Vec<u64>,
    /// How he comes and goes.
    pub state: State,
}

/// How somebody comes and goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// First there in the last thirty days, and in the last two weeks.
    New,
    /// There in the last two weeks.
    There,
    /// There in the four weeks before, and not since.
    Quiet,
    /// Not there for longer.
    Gone,
}

impl Account {
    /// What was done on some days, of those that are read.
    pub fn days_in(&self, days: &Range<i64>) -> std::slice::Iter<'_, Day> {
        let at = |day: i64| usize::try_from(day.max(0)).unwrap_or(0).min(self.days.len());
        self.days.get(at(days.start)..at(days.end)).unwrap_or_default().iter()
    }

    /// Core actions in some weeks.
    pub fn core_actions(&self, weeks: Range<usize>) -> u64 {
        self.weeks.get(weeks).unwrap_or_default().iter().map(|week| week.core_actions).sum()
    }

    /// Of the seven days of a week, on what share a person of that week was there, in the mean over
    /// some weeks; none where nobody was there.
    pub fn active_days(&self, weeks: Range<usize>) -> Option<f64> {
        let days = self.calendar.days_of(weeks);
        let days = i64::try_from(days.start).ok()?..i64::try_from(days.end).ok()?;
        active_days(&self.people, &days)
    }

    /// The share that a person has of the core actions of some weeks; none where there are none.
    pub fn share_of(&self, person: &PersonUse, weeks: Range<usize>) -> Option<f64> {
        let all = self.core_actions(weeks.clone());
        (all > 0).then(|| person.core_actions(weeks) as f64 / all as f64)
    }

    /// Who has most of the core actions of some weeks, and the share; the first by name of several.
    pub fn most(&self, weeks: Range<usize>) -> Option<(&PersonUse, f64)> {
        let most = self.people.iter().max_by(|a, b| {
            let n = |person: &PersonUse| person.core_actions(weeks.clone());
            n(a).cmp(&n(b)).then_with(|| b.id.cmp(&a.id))
        })?;
        let share = self.share_of(most, weeks)?;
        Some((most, share))
    }

    /// Whether nobody was there in the weeks that are shown.
    pub fn is_still(&self) -> bool {
        self.weeks[self.calendar.shown_week()..].iter().all(|week| week.people == 0)
    }
}

impl PersonUse {
    /// On how many of some days he was there.
    pub fn days_in(&self, days: &Range<i64>) -> usize {
        let before = |day: i64| self.days.partition_point(|it| *it < day);
        before(days.end).saturating_sub(before(days.start))
    }

    /// Core actions in some weeks.
    pub fn core_actions(&self, weeks: Range<usize>) -> u64 {
        self.core_actions.get(weeks).unwrap_or_default().iter().sum()
    }

    /// What he is called: by his name, else by his id.
    pub fn called(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }

    /// The weeks in which he was there last: that of his last day and the three before it, whole.
    pub fn last_weeks(&self) -> Option<Range<usize>> {
        let last = usize::try_from(*self.days.last()?).ok()? / WEEK;
        Some((last + 1).saturating_sub(TOGETHER)..last + 1)
    }
}

impl Module {
    /// Its share of the core actions of an account in some weeks; none where there are none.
    pub fn share(&self, account: &Account, weeks: Range<usize>) -> Option<f64> {
        let all: u64 =
            account.modules.iter().map(|module| module.core_actions(weeks.clone())).sum();
        (all > 0).then(|| self.core_actions(weeks) as f64 / all as f64)
    }

    /// What is made of it in the first and last of the weeks that are shown and over; nothing is
    /// said of the first ones where less than [`ENOUGH`] was done in them.
    pub fn shares(&self, account: &Account) -> Shares {
        let calendar = &account.calendar;
        let (first, last) = (calendar.first_weeks(TOGETHER), calendar.last_weeks(TOGETHER));
        let is_enough = account.core_actions(first.clone()) >= ENOUGH;
        Shares {
            first: self.share(account, first).filter(|_| is_enough),
            last: self.share(account, last.clone()),
            peers: self.peers,
            core_actions: account.core_actions(last),
        }
    }

    /// Core actions in some weeks.
    pub fn core_actions(&self, weeks: Range<usize>) -> u64 {
        self.core_actions.get(weeks).unwrap_or_default().iter().sum()
    }
}
