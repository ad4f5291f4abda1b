//! Those who are no customers: Tidemark's own staff, and a browser that nobody sits at.
//!
//! Neither completes anything, and both are left out of every planted number: the staff look at
//! pages that customers look at, too, and the browser at the first page of all.

use crate::calendar::{Day, MINUTE_MS};
use crate::random::{Random, Topic};
use crate::session::{Sessions, Sink, Visitor, Walk, attributes, browser_id};
use anyhow::Result;
use protocol::Properties;

/// Places of these visitors among the streams of chance, beyond those of all people.
const STAFF: usize = 1_000_000;
const PROBE: usize = 2_000_000;

/// How many of Tidemark's staff look after customers.
const N_STAFF: usize = 4;

/// Where the staff's e-mail addresses are: by this Sillage is told whom to leave out.
pub const STAFF_DOMAIN: &str = "tidemark.example";

/// The probe's own words for itself.
const PROBE_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36";

/// Tells a day of theirs.
pub(crate) fn day(sessions: &mut Sessions<'_>, day: Day, sink: Sink<'_>) -> Result<()> {
    if day.weekday() < 5 {
        let n = usize::try_from(day.0).unwrap_or(0);
        staff(sessions, n % N_STAFF, day, sink)?;
    }
    for hour in (0..24).step_by(3) {
        probe(sessions, day, hour, sink)?;
    }
    Ok(())
}

/// One of the staff looks around as one of the customers.
fn staff(sessions: &Sessions<'_>, n: usize, day: Day, sink: Sink<'_>) -> Result<()> {
    let world = sessions.world;
    let place = [(STAFF + n) as u64, u64::from(day.0.unsigned_abs())];
    let mut random = Random::of(world.seed, Topic::Session, place);
    let account = random.one_of(&world.accounts).cloned();
    let Some(account) = account.filter(|it| it.known_from.is_none()) else { return Ok(()) };
    let visitor = Visitor {
        anonymous_id: browser_id(world.seed, STAFF + n, 0, 0),
        user_id: None,
        account_id: None,
        session_id: format!("staff-{n}-{}", day.0),
        country: "DE",
        agent: crate::session::agent(n),
        is_automated: false,
    };
    let starts = day.at(i64::from(random.between(9 * 60, 15 * 60)) * MINUTE_MS);
    let mut walk = Walk::new(sessions.catalogue, visitor, (starts, random), sink);
    let mut traits = Properties::new();
    traits.set("name", format!("CSM {}, Tidemark", n + 1));
    traits.set("role", "Staff");
    traits.set("email_domain", STAFF_DOMAIN);
    walk.identify(&format!("tidemark-csm-{}", n + 1), &traits)?;
    walk.group(&account.id(), &attributes(&account))?;
    walk.go("nav-team", "/settings/team")?;
    walk.go("nav-plan", "/upgrade")?;
    walk.go("nav-alerts", "/monitoring/alerts")?;
    walk.end().map(drop)
}

/// A program looks whether Tidemark answers.
fn probe(sessions: &Sessions<'_>, day: Day, hour: i64, sink: Sink<'_>) -> Result<()> {
    let world = sessions.world;
    let place = [PROBE as u64, u64::from(day.0.unsigned_abs()) * 24 + hour.unsigned_abs()];
    let random = Random::of(world.seed, Topic::Session, place);
    let visitor = Visitor {
        anonymous_id: browser_id(world.seed, PROBE, 0, 0),
        user_id: None,
        account_id: None,
        session_id: format!("probe-{}-{hour}", day.0),
        country: "IE",
        agent: PROBE_AGENT,
        is_automated: true,
    };
    let starts = day.at(hour * 60 * MINUTE_MS);
    let mut walk = Walk::new(sessions.catalogue, visitor, (starts, random), sink);
    walk.view("/sign-in")?;
    walk.end().map(drop)
}
