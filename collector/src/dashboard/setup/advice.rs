//! Nothing arrives? What the collector sees of it, and what to do next, most likely first.
//!
//! Plain sentences from plain facts. What only the page knows is said by `?sillage=debug` there,
//! so that is always the last advice.

use crate::counters::{Counts, Fault, Sample, Stranger};
use crate::dashboard::delivery::{dropped_words, refused_words};
use crate::dashboard::format::{day_time, many};
use crate::dashboard::notice::sentence;
use crate::sightings::Sighting;
use jiff::tz::TimeZone;
use protocol::{DropReason, Timestamp, Warning};

/// After so long without an event it is worth looking why.
const QUIET_MS: i64 = 10 * 60 * 1_000;
/// What is older says nothing of now.
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// Hosts that are named in a sentence.
const NAMED: usize = 3;

/// What the collector knows of one project, and of pages of no project.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) now: Timestamp,
    pub(super) zone: &'a TimeZone,
    /// The address that browsers use.
    pub(super) origin: &'a str,
    pub(super) last_event_at: Option<Timestamp>,
    /// Of today.
    pub(super) counts: Counts,
    /// The last requests that were refused, one a reason.
    pub(super) refused: Vec<(Fault, Sample)>,
    /// Who sent under no project's key.
    pub(super) strangers: Vec<Stranger>,
    /// Pages that asked for the script, of any project.
    pub(super) scripts: Vec<Sighting>,
    /// Pages of this project whose SDK has begun.
    pub(super) configs: Vec<Sighting>,
    /// Whether all that came today is of automated browsers, which reports leave out.
    pub(super) is_only_automated: bool,
    /// What keeps events from ClickHouse, if anything does.
    pub(super) obstacle: Option<String>,
}

/// One thing that is seen, with what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Advice {
    /// Whether it may be why nothing arrives.
    pub(super) is_bad: bool,
    pub(super) sentence: String,
}

impl Advice {
    fn bad(sentence: impl Into<String>) -> Self {
        Self { is_bad: true, sentence: sentence.into() }
    }

    fn good(sentence: impl Into<String>) -> Self {
        Self { is_bad: false, sentence: sentence.into() }
    }
}

impl Facts<'_> {
    /// Whether an event came of late.
    pub(super) fn is_flowing(&self) -> bool {
        self.last_event_at.is_some_and(|at| self.now.millis_since(at) < QUIET_MS)
    }

    /// What there is to say, most likely first.
    pub(super) fn advice(&self) -> Vec<Advice> {
        let seen = [
            self.last(),
            self.automated(),
            self.refused(),
            self.dropped(),
            self.stranger(),
            self.way(),
            self.fetched(),
            self.insecure(),
            self.behind(),
            self.future(),
        ];
        let mut advice: Vec<_> = seen.into_iter().flatten().collect();
        advice.push(Advice::good(
            "Look into the page itself: add ?sillage=debug to its address, and the console of the browser says what is captured and sent, what is not, and why.",
        ));
        advice
    }

    fn time(&self, at: Timestamp) -> String {
        day_time(at, self.now, self.zone)
    }

    fn last(&self) -> Option<Advice> {
        let at = self.last_event_at?;
        let time = self.time(at);
        Some(match self.is_flowing() {
            true => Advice::good(format!("Events arrive: the last one came at {time}.")),
            false => Advice::good(format!("The last event came at {time}.")),
        })
    }

    fn automated(&self) -> Option<Advice> {
        self.is_only_automated.then(|| {
            Advice::bad("All that came today is of browsers that a program drives, and reports leave them out. Click in a browser of your own, or turn on “Count automated browsers” on this page.")
        })
    }

    /// The reason that most of today's requests were refused for.
    fn refused(&self) -> Option<Advice> {
        let (fault, n) = self.counts.refused.iter().max_by_key(|(_, n)| **n)?;
        let (what, advice) = refused_words(*fault);
        let sample = self.refused.iter().find(|(of, _)| of == fault).map(|(_, sample)| sample);
        let from = sample.map_or_else(String::new, |sample| from(&sample.host));
        let requests = many(*n, "request");
        Some(Advice::bad(format!("{requests}{from} refused today: {}. {advice}", lower(what))))
    }

    /// The reason that most of today's events were dropped for. That of a kind that is switched
    /// off is no fault: it is as somebody wanted it.
    fn dropped(&self) -> Option<Advice> {
        let faults =
            self.counts.dropped.iter().filter(|(reason, _)| **reason != DropReason::SwitchedOff);
        let (reason, n) = faults.max_by_key(|(_, n)| **n)?;
        let (what, advice) = dropped_words(*reason);
        let events = many(*n, "event");
        Some(Advice::bad(format!("{events} refused today: {}. {advice}", lower(what))))
    }

    fn stranger(&self) -> Option<Advice> {
        let recent = self.strangers.iter().filter(|stranger| self.is_of_today(stranger.last_at));
        let last = recent.max_by_key(|stranger| stranger.last_at)?;
        let page = page(&last.host);
        let time = self.time(last.last_at);
        Some(Advice::bad(match last.key.as_str() {
            "" => format!("{page} sends without a write key, last at {time}. Copy the line again."),
            key => format!(
                "{page} sends under the key {key}…, which is no project’s, last at {time}. Copy the line again: a key that was replaced is not taken any more."
            ),
        }))
    }

    /// How far pages of this project came after its last event: begun, or not even that.
    fn way(&self) -> Option<Advice> {
        if self.is_flowing() {
            return None;
        }
        let configs = self.of_today(&self.configs);
        let (is_known, origin) = (!configs.is_empty() || self.has_today(), self.origin);
        let later = configs.first().filter(|one| self.is_later(one));
        match later {
            Some(last) => Some(Advice::bad(format!(
                "The SDK has begun on {}, last at {}, but no event of it is here. The page needs {origin} in connect-src of its policy, a proxy has to pass POST /v1/events on with its body as it is, and an ad blocker may stop the request.",
                names(&configs),
                self.time(last.last_at)
            ))),
            None if is_known => Some(Advice::good(
                "No page of this project was seen to begin since then: it may be that nobody is there.",
            )),
            None if self.of_today(&self.scripts).is_empty() => Some(Advice::bad(format!(
                "No page has fetched {origin}/sdk.js in the last day, as far as this collector has run. Is the line in the page that you look at? Does the policy of the page, an ad blocker, or a network in which {origin} is not reached keep it from loading?"
            ))),
            None => None,
        }
    }

    /// Who has the script, which is the same for all projects, while no page of this one begins.
    fn fetched(&self) -> Option<Advice> {
        let scripts = self.of_today(&self.scripts);
        let has_begun = self.of_today(&self.configs).iter().any(|one| self.is_later(one));
        let last = scripts.first().filter(|one| self.is_later(one))?;
        (!self.is_flowing() && !has_begun).then(|| {
            Advice::good(format!(
                "The script, which is the same for all projects, was fetched by {}, last at {}. If a page of this project is among them: is data-write-key in the line as it stands above, and does script-src of the policy allow {}? The console of the browser says what is refused.",
                names(&scripts),
                self.time(last.last_at),
                self.origin
            ))
        })
    }

    fn of_today(&self, all: &[Sighting]) -> Vec<Sighting> {
        all.iter().filter(|one| self.is_of_today(one.last_at)).cloned().collect()
    }

    fn is_later(&self, one: &Sighting) -> bool {
        self.last_event_at.is_none_or(|at| one.last_at > at)
    }

    fn has_today(&self) -> bool {
        self.last_event_at.is_some_and(|at| self.is_of_today(at))
    }

    /// A page by https loads no script by http.
    fn insecure(&self) -> Option<Advice> {
        let host = self.origin.strip_prefix("http://")?;
        let is_local = ["127.0.0.1", "localhost", "[::1]"].iter().any(|it| host.starts_with(it));
        let advice = "see “Behind TLS” on this page";
        Some(match is_local {
            true => Advice::good(format!(
                "The line names this machine ({host}). For pages that other people open the collector needs a name and TLS: {advice}."
            )),
            false => Advice::bad(format!(
                "The line begins with http://, and a page that came by https:// loads no such script: {advice}."
            )),
        })
    }

    fn behind(&self) -> Option<Advice> {
        let obstacle = self.obstacle.as_ref()?;
        Some(Advice::bad(format!(
            "What arrives is kept, but is not in ClickHouse yet, and so not in reports. {} Delivery says more.",
            sentence(obstacle)
        )))
    }

    fn future(&self) -> Option<Advice> {
        let n = *self.counts.warnings.get(&Warning::TimestampInFuture)?;
        let events = many(n, "event");
        Some(Advice::bad(format!(
            "{events} of today had a time in the future and were kept with the time of arrival: set the clock of the machine that sends them, or of this one."
        )))
    }

    fn is_of_today(&self, at: Timestamp) -> bool {
        self.now.millis_since(at) < DAY_MS
    }
}

fn page(host: &str) -> String {
    if host.is_empty() { "A page".to_owned() } else { host.to_owned() }
}

fn from(host: &str) -> String {
    if host.is_empty() { String::new() } else { format!(" from {host}") }
}

fn names(sightings: &[Sighting]) -> String {
    let named = sightings.iter().map(|one| one.host.as_str()).filter(|host| !host.is_empty());
    let named: Vec<_> = named.take(NAMED).collect();
    if named.is_empty() { "a page that does not say its host".to_owned() } else { named.join(", ") }
}

/// Words in the middle of a sentence.
fn lower(words: &str) -> String {
    let mut chars = words.chars();
    let first: String = chars.next().into_iter().flat_map(char::to_lowercase).collect();
    first + chars.as_str()
}

#[cfg(test)]
mod tests;
