//! Puts into words' reach what the list has: ids in place of numbers, dates, causes.

mod causes;

use super::answer::{Back, Earlier, Leaning, LookResult, Noted, Week};
use super::case::Case;
use super::cause::{Cause, Evidence};
use super::gap::Hours;
use super::history::{History, Stretch};
use super::list::Listing;
use super::load::{self, Core, Names, Share};
use super::modules::Modules;
use super::rule::{Compared, Fell};
use super::weeks::{CASES, Weeks};
use super::{Completions, MAX};
use crate::account::TOGETHER;
use crate::names;
use analytics::Error;
use protocol::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use store::Connection;
use store::record::Note;

/// The share of an account's core actions that is told of one person before he leaves.
pub const LEANING: f64 = 0.8;
/// In how many whole weeks that is, as on the page of an account.
const LEANING_WEEKS: usize = TOGETHER;
/// Of how many core actions at least.
const LEANING_AT_LEAST: u32 = 80;
/// For how many days it is said that an account is back, where nothing was noted.
const BACK_DAYS: usize = 7;
/// How long before a return a note may have been to be named with it, in days.
const NOTE_DAYS: i32 = 21;

/// What is known when the list is made.
pub(super) struct Known<'a> {
    pub(super) connection: &'a Connection,
    pub(super) core: &'a Core<'a>,
    pub(super) weeks: &'a Weeks,
    pub(super) hours: &'a Hours,
    pub(super) completed: Completions,
    /// The numbers of the accounts' ids, in the order of their histories.
    pub(super) numbers: Vec<u64>,
    pub(super) histories: Vec<History>,
    /// What was noted of accounts, by their ids.
    pub(super) noted: BTreeMap<String, Vec<Note>>,
}

/// People and accounts by their ids, and when they were seen.
#[derive(Default)]
struct Who {
    names: BTreeMap<u64, Names>,
    last_seen: BTreeMap<u64, BTreeMap<u64, Timestamp>>,
}

impl Who {
    fn account(&self, number: u64) -> String {
        self.names.get(&number).map(|names| names.account.clone()).unwrap_or_default()
    }

    /// Who the people of an account are, and when they were seen.
    fn evidence(&self, account: u64) -> Evidence {
        Evidence {
            last_seen: self.last_seen.get(&account).cloned().unwrap_or_default(),
            people: self.names.get(&account).map(|it| it.people.clone()).unwrap_or_default(),
            ..Evidence::default()
        }
    }
}

impl Known<'_> {
    pub(super) async fn tell(
        &self,
        listing: Listing,
        modules: Modules,
    ) -> Result<LookResult, Error> {
        let Modules { hardly_used, n_hardly_used, taken_up, n_taken_up } = modules;
        let mut result = LookResult {
            n_accounts: self.numbers.len(),
            hardly_used,
            n_hardly_used,
            taken_up,
            n_taken_up,
            ..LookResult::default()
        };
        result.n_falls = listing.falls.len();
        result.weeks = listing
            .judged
            .iter()
            .map(|(of, judged)| Week {
                from: self.weeks.date(7 * of.week).to_string(),
                is_running: of.stretch == Stretch::Part,
                is_everywhere: judged.is_everywhere,
                regions: judged.regions.clone(),
                all: judged.all,
            })
            .collect();
        if self.numbers.is_empty() {
            return Ok(result);
        }
        let falls: Vec<_> = listing.falls.into_iter().take(MAX).collect();
        let open = self.latest(listing.open, |case| case.week);
        let closed = self.closed(listing.closed).await?;
        let leaning = self.leaning().await?;
        let who = self.who(&falls, &[&open, &closed], &leaning).await?;
        let gone = self.gone(&closed, &who).await?;
        result.earlier =
            open.iter().map(|(place, case)| self.earlier(*place, case, &who)).collect();
        result.back = closed.iter().filter_map(|case| self.back(case, &gone, &who)).collect();
        let fallen: BTreeSet<u64> = falls.iter().map(|(_, it)| self.numbers[it.place]).collect();
        let leaning = leaning.into_iter().filter(|share| !fallen.contains(&share.account));
        result.leaning = leaning.filter_map(|share| told_share(&share, &who)).collect();
        result.falls = self.falls(&falls, &who).await?;
        self.call(&mut result).await?;
        Ok(result)
    }

    /// Adds what the accounts and people are called who are told of.
    async fn call(&self, result: &mut LookResult) -> Result<(), Error> {
        let quiet = |cause: &Cause| match cause {
            Cause::PersonQuiet { person, .. } => Some(person.clone()),
            _ => None,
        };
        let of_falls = result.falls.iter().flat_map(|it| &it.causes);
        let of_falls = of_falls.chain(result.back.iter().flat_map(|it| &it.causes));
        let of_falls = of_falls.filter_map(quiet);
        let people: Vec<String> =
            of_falls.chain(result.leaning.iter().map(|it| it.person.clone())).collect();
        let accounts: Vec<String> =
            accounts_of(result).into_iter().map(|(id, _)| id.clone()).collect();
        let scope = self.core.scope;
        let (accounts, people) = tokio::try_join!(
            names::of_accounts(self.connection, scope, &accounts),
            names::of_users(self.connection, scope, &people),
        )?;
        for (id, name) in accounts_of(result) {
            *name = accounts.get(id).cloned();
        }
        let of_falls = result.falls.iter_mut().flat_map(|it| &mut it.causes);
        for cause in of_falls.chain(result.back.iter_mut().flat_map(|it| &mut it.causes)) {
            if let Cause::PersonQuiet { person, name, .. } = cause {
                *name = people.get(person).cloned();
            }
        }
        for it in &mut result.leaning {
            it.person_name = people.get(&it.person).cloned();
        }
        Ok(())
    }

    /// As many cases as are listed, the latest first.
    fn latest(
        &self,
        mut cases: Vec<(usize, Case)>,
        by: impl Fn(&Case) -> usize,
    ) -> Vec<(usize, Case)> {
        cases.sort_by_key(|(place, case)| (std::cmp::Reverse(by(case)), self.numbers[*place]));
        cases.truncate(MAX);
        cases
    }

    /// The closed cases that are told: of the last days, and those of accounts with a note.
    async fn closed(&self, closed: Vec<(usize, Case)>) -> Result<Vec<(usize, Case)>, Error> {
        let ids: Vec<String> = self.noted.keys().cloned().collect();
        let noted = load::numbers(self.connection, self.core.scope, &ids).await?;
        let is_told = |(place, case): &(usize, Case)| {
            let back = case.back.unwrap_or_default();
            let is_new = back + BACK_DAYS >= self.weeks.today;
            let account = noted.get(&self.numbers[*place]);
            is_new || account.is_some_and(|account| self.note(account, case, back).is_some())
        };
        let told = closed.into_iter().filter(is_told).collect();
        Ok(self.latest(told, |case| case.back.unwrap_or_default()))
    }

    /// What was noted last of an account between its fall and its return, of one day what was done
    /// first, and how many days before the latter.
    fn note(&self, account: &str, case: &Case, back: usize) -> Option<(&Note, i32)> {
        let (fell, back) = (self.weeks.date(7 * case.week), self.weeks.date(back));
        let days = |note: &Note| {
            let day: jiff::civil::Date = note.day.parse().ok()?;
            (day >= fell && day <= back).then(|| (back - day).get_days())
        };
        let own = self.of(account).iter().filter_map(|note| Some((note, days(note)?)));
        own.filter(|(_, days)| *days <= NOTE_DAYS)
            .min_by_key(|(note, days)| (*days, !note.is_intervention))
    }

    fn of(&self, account: &str) -> &[Note] {
        self.noted.get(account).map_or(&[], Vec::as_slice)
    }

    /// Accounts of which one person makes most of the use, where the project has weeks enough.
    async fn leaning(&self) -> Result<Vec<Share>, Error> {
        let running = self.weeks.running();
        let first = self.weeks.hours(running - LEANING_WEEKS, Stretch::Whole)?.start;
        if !self.hours.reach_back_to(first) {
            return Ok(Vec::new());
        }
        let time = self.weeks.start(running - LEANING_WEEKS)?..self.weeks.start(running)?;
        load::shares(self.connection, self.core, (time, LEANING, LEANING_AT_LEAST)).await
    }

    /// The ids of everybody who is told of.
    async fn who(
        &self,
        falls: &[(Compared, Fell)],
        cases: &[&[(usize, Case)]],
        leaning: &[Share],
    ) -> Result<Who, Error> {
        let of_falls = falls.iter().map(|(_, fell)| fell.place);
        let of_cases = cases.iter().flat_map(|cases| cases.iter().map(|(place, _)| *place));
        let accounts = of_falls.chain(of_cases).map(|place| self.numbers[place]);
        let accounts: BTreeSet<u64> = accounts.chain(leaning.iter().map(|it| it.account)).collect();
        if accounts.is_empty() {
            return Ok(Who::default());
        }
        let accounts: Vec<u64> = accounts.into_iter().collect();
        let (names, last_seen) = tokio::try_join!(
            load::people(self.connection, self.core, self.weeks, &accounts),
            load::last_seen(self.connection, self.core.scope, self.weeks, &accounts),
        )?;
        Ok(Who { names, last_seen })
    }

    /// The last eight whole weeks and the running one.
    fn course(&self, place: usize) -> Vec<u32> {
        let running = self.weeks.running();
        let amount = |week| self.histories[place].amount(week, Stretch::Whole);
        (running - CASES..=running).map(amount).collect()
    }

    fn date(&self, week: usize) -> String {
        self.weeks.date(7 * week).to_string()
    }

    fn earlier(&self, place: usize, case: &Case, who: &Who) -> Earlier {
        let last = self.weeks.running() - 1;
        Earlier {
            account: who.account(self.numbers[place]),
            name: None,
            week: self.date(case.week),
            level: case.level,
            last_week: self.histories[place].amount(last, Stretch::Whole),
            course: self.course(place),
        }
    }

    fn back(
        &self,
        (place, case): &(usize, Case),
        gone: &BTreeMap<(usize, u64), Vec<Cause>>,
        who: &Who,
    ) -> Option<Back> {
        let (day, number) = (case.back?, self.numbers[*place]);
        let account = who.account(number);
        let note = self.note(&account, case, day);
        Some(Back {
            week: self.date(case.week),
            day: self.weeks.date(day).to_string(),
            causes: gone.get(&(case.week, number)).cloned().unwrap_or_default(),
            share: case.share,
            noted: note.map(|(note, days_before)| Noted {
                day: note.day.clone(),
                text: note.text.clone(),
                is_intervention: note.is_intervention,
                days_before,
            }),
            course: self.course(*place),
            account,
            name: None,
        })
    }
}

/// The ids of all accounts that are told of, each with the place of its name.
fn accounts_of(result: &mut LookResult) -> Vec<(&String, &mut Option<String>)> {
    let LookResult { falls, earlier, back, leaning, hardly_used, taken_up, .. } = result;
    let falls = falls.iter_mut().map(|it| (&it.account, &mut it.name));
    let earlier = earlier.iter_mut().map(|it| (&it.account, &mut it.name));
    let back = back.iter_mut().map(|it| (&it.account, &mut it.name));
    let leaning = leaning.iter_mut().map(|it| (&it.account, &mut it.name));
    let hardly_used = hardly_used.iter_mut().map(|it| (&it.account, &mut it.name));
    let taken_up = taken_up.iter_mut().map(|it| (&it.account, &mut it.name));
    let fallen = falls.chain(earlier).chain(back);
    fallen.chain(leaning).chain(hardly_used).chain(taken_up).collect()
}

fn told_share(share: &Share, who: &Who) -> Option<Leaning> {
    let names = who.names.get(&share.account)?;
    Some(Leaning {
        account: names.account.clone(),
        name: None,
        person_name: None,
        person: names.people.get(&share.person)?.clone(),
        share: share.most as f64 / share.total as f64,
        core_actions: share.total,
        last_seen: who.last_seen.get(&share.account).and_then(|of| of.get(&share.person)).copied(),
    })
}
