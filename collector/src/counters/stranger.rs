//! Those who send under no project's key: a page with an old script line, or nobody we know.

use super::count::Fault;
use super::day::Day;
use super::record::keep_last;
use super::sample::clean;
use jiff::tz::TimeZone;
use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many are told apart.
const STRANGERS: usize = 50;

/// Characters of a key that are kept: enough to find it in a page, too few to use it.
const KEY_CHARS: usize = 9;

/// Bytes of a host.
const HOST_BYTES: usize = 80;

/// One page that sends under a key that is no project's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stranger {
    /// The first characters of its key; empty if it has none.
    pub key: String,
    /// The host of the page; empty where it is not said.
    pub host: String,
    /// How many requests.
    pub n: u64,
    /// When first.
    pub first_at: Timestamp,
    /// When last.
    pub last_at: Timestamp,
}

/// Those who send under no project's key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Strangers {
    /// How many requests, by day in UTC and reason.
    pub days: BTreeMap<Day, BTreeMap<Fault, u64>>,
    /// Who they are, in no order. When there are too many, the rarest makes room, so that one
    /// who comes again and again stays, whatever keys others invent.
    pub known: Vec<Stranger>,
}

impl Strangers {
    /// Counts a request.
    pub fn add(&mut self, key: Option<&str>, host: &str, at: Timestamp) {
        let day = Day::of(at, &TimeZone::UTC);
        let fault = if key.is_some() { Fault::UnknownKey } else { Fault::NoKey };
        *self.days.entry(day).or_default().entry(fault).or_default() += 1;
        keep_last(&mut self.days, day);

        let (key, host) = (beginning(key.unwrap_or("")), clean(host, HOST_BYTES));
        if let Some(known) = self.known.iter_mut().find(|s| s.key == key && s.host == host) {
            known.n += 1;
            known.last_at = at;
            return;
        }
        let stranger = Stranger { key, host, n: 1, first_at: at, last_at: at };
        if self.known.len() < STRANGERS {
            self.known.push(stranger);
        } else if let Some(rarest) = self.known.iter_mut().min_by_key(|s| (s.n, s.last_at)) {
            *rarest = stranger;
        }
    }
}

/// The beginning of what should be a key; of other characters only that they are there.
fn beginning(key: &str) -> String {
    let shown = |c: char| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '?' };
    key.chars().take(KEY_CHARS).map(shown).collect()
}
