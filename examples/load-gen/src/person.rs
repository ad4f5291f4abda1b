//! The people, named by role and company as in Tidemark.

use crate::account::{Account, slug};
use crate::calendar::{Calendar, Day, Region};
use crate::feature::{Feature, Module};
use crate::random::{Random, Topic};

/// What somebody is at his company.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Does everything, and pays.
    Administrator,
    /// Does everything but pay.
    Manager,
    /// Works in all four modules.
    Analyst,
    /// Works in all modules, and leaves the sources as they are.
    Marketer,
}

/// Since when somebody is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Belongs to an account with a story.
    Storied,
    /// Was there before the past begins, and stays.
    Founder,
    /// Came later; what he does is planted.
    Newcomer,
}

/// Somebody who uses Tidemark.
#[derive(Debug, Clone)]
pub struct Person {
    /// The place of his account in the roster.
    pub account: usize,
    /// What he is there.
    pub role: Role,
    /// His number among those of his role.
    pub number: u32,
    /// Since when he is there.
    pub origin: Origin,
    /// His first day.
    pub joined: Day,
    /// The minute of the day before which he never begins, at which he began on his first day. So
    /// a week of calendar days and one of seven times 24 hours are the same for him.
    pub opens: i32,
    /// How many browsers he uses.
    pub devices: u32,
    /// Whether he looked at the sign-in page some hours before he signed in.
    pub looked_before: bool,
    /// Whether he signs out after each visit; only who has one browser, so that nobody is left.
    pub signs_out: bool,
}

impl Role {
    /// All roles, as Tidemark orders them.
    pub const ALL: [Self; 4] = [Self::Administrator, Self::Manager, Self::Analyst, Self::Marketer];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Administrator => "Administrator",
            Self::Manager => "Manager",
            Self::Analyst => "Analyst",
            Self::Marketer => "Marketer",
        }
    }

    /// Whether Tidemark lets it use a feature.
    pub fn may(self, feature: Feature) -> bool {
        match feature {
            Feature::Invite => matches!(self, Self::Administrator | Self::Manager),
            _ => self != Self::Marketer || feature.module() != Module::Collection,
        }
    }
}

impl Person {
    /// The user id that Tidemark's pages tell.
    pub fn user_id(&self, account: &Account) -> String {
        format!("{}-{}-{}", account.id(), slug(self.role.name()), self.number)
    }

    /// Role, number and company.
    pub fn name(&self, account: &Account) -> String {
        format!("{} {}, {}", self.role.name(), self.number, account.name)
    }
}

/// Everybody, in the order of the accounts.
pub fn people(accounts: &[Account], calendar: &Calendar, seed: u64) -> Vec<Person> {
    let mut random = Random::of(seed, Topic::People, [0, 0]);
    let mut people = Vec::new();
    for (n, account) in accounts.iter().enumerate() {
        match account.story {
            Some(story) => {
                for (role, count) in Role::ALL.into_iter().zip(story.profile().people) {
                    let joined = |number| story.joined(role, number, calendar);
                    let storied = |number| {
                        let mut person = person((n, role, number), joined(number), &mut random);
                        person.origin = Origin::Storied;
                        person.devices = story.devices(role);
                        person
                    };
                    people.extend((1..=count).map(storied));
                }
            }
            None => people.extend(founders(n, account, calendar, &mut random)),
        }
    }
    let newcomers = newcomers(accounts, &people, calendar, &mut random);
    people.extend(newcomers);
    people
}

fn person((account, role, number): (usize, Role, u32), joined: Day, random: &mut Random) -> Person {
    let devices = 1 + u32::from(random.happens(0.15));
    let signs_out = devices == 1 && random.happens(0.06);
    Person {
        account,
        role,
        number,
        origin: Origin::Founder,
        joined,
        opens: random.between(7 * 60 + 15, 9 * 60 + 40),
        devices,
        looked_before: random.happens(0.1),
        signs_out,
    }
}

/// The role of the n-th person of an account, from 0.
fn role_of(n: u32) -> Role {
    const USUAL: [Role; 7] = [
        Role::Administrator,
        Role::Analyst,
        Role::Manager,
        Role::Marketer,
        Role::Analyst,
        Role::Analyst,
        Role::Marketer,
    ];
    USUAL[usize::try_from(n).unwrap_or(0) % USUAL.len()]
}

fn founders(at: usize, account: &Account, calendar: &Calendar, random: &mut Random) -> Vec<Person> {
    let mut founders: Vec<Person> = Vec::new();
    for n in 0..account.staffing.0 {
        let days = calendar.working_days(account.region, 26 - random.between(0, 1));
        let joined = random.one_of(&days).copied().unwrap_or(calendar.first());
        founders.push(numbered((at, role_of(n)), joined, &founders, random));
    }
    founders
}

/// A person with the next number of his role.
fn numbered(
    (account, role): (usize, Role),
    joined: Day,
    colleagues: &[Person],
    random: &mut Random,
) -> Person {
    let of_role = colleagues.iter().filter(|it| it.account == account && it.role == role);
    let number = u32::try_from(of_role.count()).unwrap_or(0) + 1;
    person((account, role, number), joined, random)
}

/// Those who come from the third week on, as many each week, on its first three days.
fn newcomers(
    accounts: &[Account],
    founders: &[Person],
    calendar: &Calendar,
    random: &mut Random,
) -> Vec<Person> {
    let mut places: Vec<usize> = Vec::new();
    for (n, account) in accounts.iter().enumerate() {
        places.extend((0..account.staffing.1).map(|_| n));
    }
    random.shuffle(&mut places);
    let slots = slots(calendar);
    let n_places = places.len();
    let mut colleagues = founders.to_vec();
    for (n, account) in places.into_iter().enumerate() {
        let weeks_ago = slots[n * slots.len() / n_places];
        let joined = first_day(accounts[account].region, weeks_ago, calendar, random);
        let of_account = colleagues.iter().filter(|it| it.account == account).count();
        let role = role_of(u32::try_from(of_account).unwrap_or(0));
        let person = numbered((account, role), joined, &colleagues, random);
        colleagues.push(Person { origin: Origin::Newcomer, ..person });
    }
    let mut newcomers = colleagues.split_off(founders.len());
    newcomers.sort_by_key(|it| it.joined);
    newcomers
}

/// The weeks in which people come.
fn slots(calendar: &Calendar) -> Vec<i32> {
    calendar.weeks().filter(|ago| *ago <= 24 && *ago >= i32::from(!has_begun(calendar))).collect()
}

/// Whether two days at least of the running week are past.
fn has_begun(calendar: &Calendar) -> bool {
    calendar.anchor().weekday() >= 2
}

fn first_day(region: Region, weeks_ago: i32, calendar: &Calendar, random: &mut Random) -> Day {
    let monday = calendar.monday(weeks_ago);
    let days = calendar.working_days(region, weeks_ago);
    // Who returns in the week after does so on the same weekday or a later one.
    let may_return =
        |day: Day| (day.0 + 7..monday.0 + 12).any(|day| calendar.is_working(region, Day(day)));
    let is_first = |day: &Day| *day < monday.plus(3) && may_return(*day);
    let mut days: Vec<_> = days.into_iter().filter(is_first).map(|day| (day, 1)).collect();
    // Mondays more often, so that the days of a week are about the same.
    if let Some(first) = days.first_mut() {
        first.1 = 2;
    }
    random.weighted(&days).unwrap_or(monday)
}
