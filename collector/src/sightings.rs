//! Pages that asked for the SDK or for their rules, since the start: so that Setup can say how far
//! the line of a page came that sends nothing.
//!
//! The script is the same for all projects, so of its fetches no project is known. A browser that
//! has it still asks again only after five minutes. Nothing is kept but the page's host and a
//! time, and never more of them than [`HOSTS`], whatever hosts somebody invents.

use crate::counters::clean;
use protocol::{ProjectId, Timestamp};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many hosts are told apart; of more, the one that came longest ago makes room.
const HOSTS: usize = 50;

/// Bytes of a host.
const HOST_BYTES: usize = 80;

/// The pages of one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// The host; empty where the browser does not say it.
    pub host: String,
    /// When last.
    pub last_at: Timestamp,
}

/// Who was seen.
#[derive(Debug, Default)]
pub struct Sightings(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    scripts: Vec<Sighting>,
    configs: HashMap<ProjectId, Vec<Sighting>>,
}

impl Sightings {
    /// Notes that a page asked for the script.
    pub(crate) fn script(&self, host: &str, at: Timestamp) {
        note(&mut self.lock().scripts, host, at);
    }

    /// Notes that a page of a project asked for its rules, so that its SDK runs.
    pub(crate) fn config(&self, project: &ProjectId, host: &str, at: Timestamp) {
        note(self.lock().configs.entry(project.clone()).or_default(), host, at);
    }

    /// Pages that asked for the script, the last one first.
    pub fn scripts(&self) -> Vec<Sighting> {
        newest_first(self.lock().scripts.clone())
    }

    /// Pages of a project that asked for their rules, the last one first.
    pub fn configs(&self, project: &ProjectId) -> Vec<Sighting> {
        newest_first(self.lock().configs.get(project).cloned().unwrap_or_default())
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn note(sightings: &mut Vec<Sighting>, host: &str, at: Timestamp) {
    let host = clean(host, HOST_BYTES);
    let known = sightings.iter_mut().find(|sighting| sighting.host == host);
    if let Some(known) = known {
        known.last_at = at;
        return;
    }
    let new = Sighting { host, last_at: at };
    if sightings.len() < HOSTS {
        sightings.push(new);
    } else if let Some(oldest) = sightings.iter_mut().min_by_key(|sighting| sighting.last_at) {
        *oldest = new;
    }
}

fn newest_first(mut sightings: Vec<Sighting>) -> Vec<Sighting> {
    sightings.sort_by_key(|sighting| std::cmp::Reverse(sighting.last_at));
    sightings
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_millis(1_795_348_800_000);

    #[test]
    fn pages_are_told_by_their_host_and_the_last_comes_first() {
        let sightings = Sightings::default();
        sightings.script("app.example", AT);
        sightings.script("", AT.plus_millis(1));
        sightings.script("app.example", AT.plus_millis(2));
        let sighting =
            |host: &str, ms| Sighting { host: host.to_owned(), last_at: AT.plus_millis(ms) };
        assert_eq!(sightings.scripts(), [sighting("app.example", 2), sighting("", 1)]);
    }

    #[test]
    fn projects_are_apart() {
        let sightings = Sightings::default();
        let [one, other] = ["one", "other"].map(|id| ProjectId::parse(id).unwrap());
        sightings.config(&one, "app.example", AT);
        assert_eq!(sightings.configs(&one).len(), 1);
        assert!(sightings.configs(&other).is_empty() && sightings.scripts().is_empty());
    }

    #[test]
    fn invented_hosts_do_not_make_it_grow() {
        let sightings = Sightings::default();
        for n in 0..500 {
            sightings.script(&format!("host{n}"), AT.plus_millis(n));
        }
        let seen = sightings.scripts();
        assert_eq!((seen.len(), seen[0].host.as_str()), (HOSTS, "host499"));
    }
}
