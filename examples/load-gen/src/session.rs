//! Days as visits: what a plan is in page views and clicks.

mod walk;

pub use walk::Happening;
pub(crate) use walk::{Visitor, Walk};

use crate::World;
use crate::calendar::{DAY_MS, Day, MINUTE_MS};
use crate::catalogue::Catalogue;
use crate::feature::Feature;
use crate::person::Origin;
use crate::plan::{DayPlan, Look};
use crate::random::{Random, Topic};
use anyhow::Result;
use protocol::{Properties, Timestamp};
use std::collections::HashMap;

/// Something that is done in a visit.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Act {
    /// A feature, to its end.
    Complete(Feature),
    /// Something that is only looked at.
    Look(Look),
}

/// How many things a visit holds, mostly.
const PER_VISIT: usize = 7;

/// Where what happens is told.
pub(crate) type Sink<'s> = &'s mut dyn FnMut(&Happening<'_>) -> Result<()>;

/// Turns days into visits, and knows which browsers are signed in.
#[derive(Debug)]
pub struct Sessions<'a> {
    pub(crate) world: &'a World,
    pub(crate) catalogue: &'a Catalogue,
    /// By person and browser.
    browsers: HashMap<(usize, u32), Browser>,
}

/// What is kept of a browser.
#[derive(Debug, Clone, Copy, Default)]
struct Browser {
    is_signed_in: bool,
    /// Whether it knows the company.
    is_grouped: bool,
    /// How often somebody signed out, after which it is somebody new.
    n_resets: u32,
}

impl<'a> Sessions<'a> {
    /// Nobody is signed in yet.
    pub fn of(world: &'a World, catalogue: &'a Catalogue) -> Self {
        Self { world, catalogue, browsers: HashMap::new() }
    }

    /// Tells a person's day.
    ///
    /// # Errors
    /// When the catalogue lacks something, or `sink` fails.
    pub fn day(&mut self, person: usize, day: Day, sink: Sink<'_>) -> Result<()> {
        let Some(plan) = self.world.plan.days(person).get(&day) else { return Ok(()) };
        let place = [person as u64, u64::from(day.0.unsigned_abs())];
        let mut random = Random::of(self.world.seed, Topic::Session, place);
        let acts = acts(plan, &mut random);
        let it = &self.world.people[person];
        let opens = i64::from(it.opens) * MINUTE_MS;
        let is_first = self.world.plan.days(person).keys().next() == Some(&day);
        let mut starts = if is_first { opens } else { opens + minutes(&mut random, 1, 200) };
        if is_first && it.looked_before {
            self.look_before(person, day, &mut random, sink)?;
            starts += minutes(&mut random, 60, 150);
        }
        let shares_sign_in = it.devices > 2;
        let n_visits = if shares_sign_in { 6 } else { acts.len().div_ceil(PER_VISIT).clamp(1, 3) };
        let per_visit = acts.len().div_ceil(n_visits).max(1);
        for (n, acts) in (0_u32..).zip(acts.chunks(per_visit)) {
            let device = self.device(person, n, &mut random);
            // Who looked before signs in where he looked, so that no browser is left without him.
            let device = if is_first && it.looked_before && n == 0 { 0 } else { device };
            let until = self.visit((person, device), (day, starts), acts, (random, sink))?;
            random = until.1;
            starts = if shares_sign_in {
                // Several are at work at once.
                starts + minutes(&mut random, 2, 9)
            } else {
                until.0 + minutes(&mut random, 35, 110)
            };
        }
        Ok(())
    }

    fn device(&self, person: usize, visit: u32, random: &mut Random) -> u32 {
        match self.world.people[person].devices {
            1 => 0,
            2 => u32::from(random.happens(0.25)),
            n => visit % n,
        }
    }

    /// Some hours before the first sign-in: the sign-in page, and away again.
    fn look_before(
        &mut self,
        person: usize,
        day: Day,
        random: &mut Random,
        sink: Sink<'_>,
    ) -> Result<()> {
        let opens = i64::from(self.world.people[person].opens) * MINUTE_MS;
        let visitor = self.visitor(person, 0, (day, opens));
        let stream = Random::of(self.world.seed, Topic::Session, [random_word(random), 1]);
        let mut walk = Walk::new(self.catalogue, visitor, (day.at(opens), stream), sink);
        walk.view("/sign-in")?;
        walk.end().map(drop)
    }

    /// One visit; gives when in the day it ended.
    fn visit(
        &mut self,
        (person, device): (usize, u32),
        (day, starts): (Day, i64),
        acts: &[Act],
        (random, sink): (Random, Sink<'_>),
    ) -> Result<(i64, Random)> {
        let world = self.world;
        let it = &world.people[person];
        let account = &world.accounts[it.account];
        let is_known = account.known_from.is_none_or(|from| day >= from);
        let mut visitor = self.visitor(person, device, (day, starts));
        let browser = self.browsers.entry((person, device)).or_default();
        let begins = !browser.is_signed_in;
        if !begins {
            visitor.user_id = Some(it.user_id(account));
            visitor.account_id = browser.is_grouped.then(|| account.id());
        }
        let mut walk = Walk::new(self.catalogue, visitor, (day.at(starts), random), sink);
        if begins {
            walk.sign_in()?;
            walk.identify(&it.user_id(account), &traits(world, person))?;
        }
        if is_known && !browser.is_grouped {
            walk.group(&account.id(), &attributes(account))?;
            browser.is_grouped = true;
        }
        if begins {
            walk.view("/collection/sources")?;
        }
        browser.is_signed_in = true;
        for act in acts {
            walk.act(*act)?;
        }
        let is_last = world.plan.days(person).keys().next_back() == Some(&day);
        if it.signs_out && it.origin != Origin::Storied && !is_last {
            walk.click("sign-out")?;
            *browser = Browser { n_resets: browser.n_resets + 1, ..Browser::default() };
            walk.become_somebody(browser_id(world.seed, person, device, browser.n_resets))?;
            walk.view("/sign-in")?;
        }
        let (at, random) = walk.end()?;
        Ok((at.as_millis() - i64::from(day.0) * DAY_MS, random))
    }

    /// A visit that begins at a moment, of somebody who is signed in.
    pub(crate) fn present(
        &self,
        person: usize,
        at: Timestamp,
        acts: &[Act],
        (random, sink): (Random, Sink<'_>),
    ) -> Result<()> {
        let it = &self.world.people[person];
        let account = &self.world.accounts[it.account];
        let day = Day::of(at);
        let starts = at.as_millis() - i64::from(day.0) * DAY_MS;
        let visitor = Visitor {
            user_id: Some(it.user_id(account)),
            account_id: Some(account.id()),
            ..self.visitor(person, 0, (day, starts))
        };
        let mut walk = Walk::new(self.catalogue, visitor, (at, random), sink);
        acts.iter().try_for_each(|act| walk.act(*act))?;
        walk.end().map(drop)
    }

    /// Somebody who is not signed in yet.
    fn visitor(&self, person: usize, device: u32, (day, starts): (Day, i64)) -> Visitor {
        let it = &self.world.people[person];
        let region = self.world.accounts[it.account].region;
        let browser = self.browsers.get(&(person, device)).copied().unwrap_or_default();
        let n = person + usize::try_from(device).unwrap_or(0);
        Visitor {
            anonymous_id: browser_id(self.world.seed, person, device, browser.n_resets),
            user_id: None,
            account_id: None,
            session_id: session_id(self.world.seed, (person, device), (day, starts)),
            country: region.countries()[it.account % 3],
            agent: agent(n),
            is_automated: false,
        }
    }
}

/// What a plan comes to, in an order by chance.
fn acts(plan: &DayPlan, random: &mut Random) -> Vec<Act> {
    let done = plan.done.iter().map(|feature| Act::Complete(*feature));
    let looks = plan.looks.iter().map(|look| Act::Look(*look));
    let mut acts: Vec<_> = done.chain(looks).collect();
    random.shuffle(&mut acts);
    acts
}

fn minutes(random: &mut Random, low: i32, high: i32) -> i64 {
    i64::from(random.between(low * 60, high * 60)) * 1_000
}

fn random_word(random: &mut Random) -> u64 {
    u64::from(random.between(0, i32::MAX).unsigned_abs())
}

fn hex(bytes: [u8; 10]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The browser's id of its visitor.
pub(crate) fn browser_id(seed: u64, person: usize, device: u32, n_resets: u32) -> String {
    let place = [person as u64, (u64::from(device) << 32) | u64::from(n_resets)];
    hex(Random::of(seed, Topic::People, place).ten_bytes())
}

fn session_id(seed: u64, (person, device): (usize, u32), (day, starts): (Day, i64)) -> String {
    let when = i64::from(day.0) * DAY_MS + starts;
    let place = [(person as u64) << 8 | u64::from(device), when.unsigned_abs()];
    hex(Random::of(seed, Topic::Session, place).ten_bytes())
}

/// What is told of a person when he signs in.
pub(crate) fn traits(world: &World, person: usize) -> Properties<'static> {
    let it = &world.people[person];
    let account = &world.accounts[it.account];
    let mut traits = Properties::new();
    traits.set("name", it.name(account));
    traits.set("role", it.role.name());
    traits.set("email_domain", format!("{}.example", account.id()));
    traits
}

/// What is told of a company when somebody signs in.
pub(crate) fn attributes(account: &crate::account::Account) -> Properties<'static> {
    let mut attributes = Properties::new();
    attributes.set("name", account.name);
    attributes.set("plan", account.plan.name());
    attributes.set("tier", account.tier.name());
    attributes.set("seats", account.seats.to_string());
    attributes.set("region", account.region.name());
    attributes.set("owner", account.owner);
    attributes.set("renewal_date", account.renewal.text());
    attributes.set("contract_value", account.contract_value().to_string());
    attributes
}

/// The words of the n-th browser.
pub(crate) const fn agent(n: usize) -> &'static str {
    walk::AGENTS[n % walk::AGENTS.len()]
}
