//! The present: people who are at work now, sent as browsers send.
//!
//! Visits begin at a rate; what happens in them is sent when its time has come, a batch for each
//! visit, compressed. A batch that is not taken is sent again; its events keep their ids.

mod batch;

use crate::World;
use crate::catalogue::Catalogue;
use crate::person::Origin;
use crate::plan::{Look, USUAL};
use crate::random::{Random, Topic};
use crate::session::{Act, Sessions};
use anyhow::{Context, Result, bail, ensure};
use batch::{Visit, packed};
use protocol::{Receipt, Timestamp};
use std::thread;
use std::time::Duration;
use ureq::Agent;

/// How often what is due is sent.
const TICK: Duration = Duration::from_secs(2);

/// After how many ticks it is told what was sent.
const TOLD_EVERY: u64 = 15;

/// Visits that wait at most while the collector is away; then the oldest are given up.
const MOST_VISITS: usize = 500;

/// Where what is live goes.
#[derive(Debug)]
pub struct Target<'a> {
    /// The collector.
    pub url: &'a str,
    /// The write key.
    pub key: &'a str,
    /// How many visits begin in a minute.
    pub rate: u32,
}

/// What was sent so far.
#[derive(Debug, Default)]
struct Sent {
    visits: u64,
    batches: u64,
    events: u64,
    refused: u64,
}

/// Sends for as long as `goes_on`; tells how it goes by `say`. `now` is the clock.
///
/// # Errors
/// When the address is none, or the collector refuses the key.
pub fn run(
    (world, catalogue): (&World, &Catalogue),
    target: &Target<'_>,
    now: &dyn Fn() -> Timestamp,
    goes_on: &dyn Fn() -> bool,
    say: &mut dyn FnMut(&str),
) -> Result<()> {
    ensure!(target.url.starts_with("http://"), "the address must begin with http://");
    let address = format!("{}/v1/events?k={}&c=gzip", target.url.trim_end_matches('/'), target.key);
    let agent: Agent = Agent::config_builder().http_status_as_error(false).build().into();
    let mut present = Present::of(world, catalogue, now());
    let mut sent = Sent::default();
    let mut tick = 0;
    while goes_on() {
        tick += 1;
        present.begin(target.rate, now(), &mut sent)?;
        for visit in &mut present.visits {
            if let Some(body) = packed(visit, now())? {
                match send(&agent, &address, &body)? {
                    Some(receipt) => note(visit, &receipt, &mut sent),
                    None => break,
                }
            }
        }
        present.visits.retain(|visit| !visit.is_over());
        if tick % TOLD_EVERY == 0 {
            let Sent { visits, batches, events, refused } = sent;
            say(&format!("{visits} visits, {batches} batches, {events} events, {refused} refused"));
        }
        thread::sleep(TICK);
    }
    Ok(())
}

/// Sends a batch; `None` when the collector is away or busy.
fn send(agent: &Agent, address: &str, body: &[u8]) -> Result<Option<Receipt>> {
    let answer = agent.post(address).content_type("text/plain").send(body);
    let Ok(mut answer) = answer else { return Ok(None) };
    match answer.status().as_u16() {
        202 => {
            let text = answer.body_mut().read_to_string()?;
            Ok(Some(serde_json::from_str(&text).context("the receipt cannot be read")?))
        }
        429 | 500.. => Ok(None),
        status => bail!("the collector refuses the batch with {status}"),
    }
}

fn note(visit: &mut Visit, receipt: &Receipt, sent: &mut Sent) {
    let n = visit.acknowledge();
    sent.batches += 1;
    sent.events += u64::from(receipt.accepted);
    sent.refused += n.saturating_sub(u64::from(receipt.accepted));
}

/// Who is there now.
struct Present<'a> {
    sessions: Sessions<'a>,
    /// Those who may come: people who were always there, of accounts without a story.
    open: Vec<usize>,
    random: Random,
    /// Visits that should have begun.
    due: f64,
    visits: Vec<Visit>,
}

impl<'a> Present<'a> {
    fn of(world: &'a World, catalogue: &'a Catalogue, now: Timestamp) -> Self {
        let may = |it: &usize| {
            let person = &world.people[*it];
            person.origin == Origin::Founder && !person.signs_out
        };
        Self {
            sessions: Sessions::of(world, catalogue),
            open: (0..world.people.len()).filter(may).collect(),
            random: Random::of(world.seed, Topic::Live, [now.as_millis().unsigned_abs(), 0]),
            due: 1.0,
            visits: Vec::new(),
        }
    }

    /// Has as many visits begin as the rate says.
    fn begin(&mut self, rate: u32, now: Timestamp, sent: &mut Sent) -> Result<()> {
        self.due += f64::from(rate) * TICK.as_secs_f64() / 60.0;
        while self.due >= 1.0 {
            self.due -= 1.0;
            sent.visits += 1;
            let visit = self.visit(now, sent.visits)?;
            self.visits.extend(visit);
        }
        let n_over = self.visits.len().saturating_sub(MOST_VISITS);
        self.visits.drain(..n_over);
        Ok(())
    }

    fn visit(&mut self, now: Timestamp, number: u64) -> Result<Option<Visit>> {
        let world = self.sessions.world;
        let Some(person) = self.random.one_of(&self.open).copied() else { return Ok(None) };
        let role = world.people[person].role;
        let open: Vec<_> = USUAL.into_iter().filter(|it| role.may(it.0)).collect();
        let mut acts = vec![Act::Look(Look::Metric)];
        for _ in 0..self.random.between(1, 5) {
            acts.extend(self.random.weighted(&open).map(Act::Complete));
        }
        self.random.shuffle(&mut acts);
        let stream = Random::of(world.seed, Topic::Live, [now.as_millis().unsigned_abs(), number]);
        let mut visit = Visit::default();
        let tell = &mut |it: &crate::session::Happening<'_>| visit.take(it);
        self.sessions.present(person, now, &acts, (stream, tell))?;
        Ok(Some(visit))
    }
}
