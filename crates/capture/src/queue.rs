//! The bounded queue of what was not acknowledged yet.
//!
//! Its unit is the batch: one context, its elements and pages, and events that were each
//! serialised once. The last batch is open: it takes events until its context changes, it is
//! full, or it is sent. From then on only whole events leave it, by the collector's word.
//!
//! A batch is kept in parts, each with what is new since the part before it. So to keep one more
//! event costs that event, however much waits already.
//!
//! **Invariants:** an event is in exactly one batch, until it is acknowledged or the bound is
//! reached; its bytes never change, but for the mark `resent`; a batch that may have arrived is
//! marked so in every later send; what was kept is kept again only where some of its batch was
//! acknowledged, or it goes in halves.

use crate::effect::{Effect, Send};
use crate::saved;
use crate::text::{number, parts, push_number};
use protocol::{Timestamp, limits};
use std::mem;

/// A batch takes no more events once it has this many bytes: several must fit into an exit send.
const BATCH_BYTES: usize = 20 << 10;
/// The same in events.
const BATCH_EVENTS: usize = 100;
/// What the queue holds at most: a fifth of what browsers give to one origin, counted in characters.
const QUEUE_BYTES: usize = 1 << 20;
/// How long the last event waits for another to travel with, in milliseconds, and the first: who
/// clicks once is seen at once, and ten clicks in five seconds are one request.
const FLUSH_MS: i64 = 1_000;
const LONGEST_MS: i64 = 6_000;
/// What a part takes in storage besides its lines: its key, and its head.
const PART_BYTES: usize = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    /// On its way while the page lives.
    Sending,
    /// On its way since the page was hidden.
    Leaving,
}

/// The time that a batch was made, and its place among those of one page.
type Age = (i64, i64);

/// A batch that is not acknowledged.
#[derive(Debug)]
pub(crate) struct Batch {
    key: String,
    age: Age,
    /// Empty until it is read, where it was kept.
    pub(crate) context: String,
    pub(crate) elements: Vec<String>,
    pub(crate) pages: Vec<String>,
    pub(crate) events: Vec<String>,
    /// How many events this batch tells the collector were given up before it.
    given_up: u32,
    /// When its first event happened, and its last.
    since: Timestamp,
    last: Timestamp,
    attempt: u32,
    /// An earlier send may have arrived.
    may_have_arrived: bool,
    state: State,
    /// How many elements, pages and events of it are kept.
    pub(crate) n_kept: [usize; 3],
    bytes: usize,
}

/// What an event refers to, as JSON.
#[derive(Debug, Clone, Copy)]
pub(crate) struct References<'a> {
    pub(crate) context: &'a str,
    pub(crate) page: Option<&'a str>,
    pub(crate) element: Option<&'a str>,
}

/// The batches, oldest first.
#[derive(Debug)]
pub(crate) struct Queue {
    owner: String,
    n_keys: i64,
    batches: Vec<Batch>,
    is_open: bool,
    n_dropped: u32,
    /// How many of them no batch tells the collector of yet.
    n_untold: u32,
    /// What the identity rules gave, for the collector.
    pub(crate) identity: String,
}

impl Queue {
    pub(crate) fn new(owner: &str) -> Self {
        Self {
            owner: owner.to_owned(),
            n_keys: 0,
            batches: Vec::new(),
            is_open: false,
            n_dropped: 0,
            n_untold: 0,
            identity: String::new(),
        }
    }

    /// How many events were given up since the page was loaded.
    pub(crate) const fn n_dropped(&self) -> u32 {
        self.n_dropped
    }

    /// How many events wait or are on their way.
    pub(crate) fn n_events(&self) -> usize {
        self.batches.iter().map(|batch| batch.events.len()).sum()
    }

    /// Takes up what pages left that are gone: the key of each batch, and its parts. Whether it
    /// arrived is not known, so it is sent as resent.
    pub(crate) fn adopt(
        &mut self,
        kept: Vec<(String, String)>,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        for (key, text) in kept {
            let mut batch = Batch::new(key, String::new(), now);
            if saved::read_batch(&text, &mut batch).is_none() {
                effects.push(Effect::Forget { key: batch.key });
                continue;
            }
            batch.may_have_arrived = true;
            batch.attempt = 1;
            batch.bytes = text.len();
            batch.note_kept();
            let later = self.batches.iter().position(|other| other.age > batch.age);
            // The open one stays the last.
            let n_sealed = self.batches.len() - usize::from(self.is_open);
            self.batches.insert(later.unwrap_or(n_sealed).min(n_sealed), batch);
        }
        self.stay_within_bound(effects);
    }

    /// Adds an event that happened `at`; `write` gives its JSON from the indices of page and element.
    pub(crate) fn push(
        &mut self,
        at: Timestamp,
        references: References<'_>,
        write: impl FnOnce(Option<u32>, Option<u32>) -> String,
        effects: &mut Vec<Effect>,
    ) {
        let is_fitting = self.is_open
            && self.batches.last().is_some_and(|batch| {
                batch.context == references.context && batch.state == State::Waiting
            });
        if !is_fitting {
            let key = self.new_key(at);
            self.batches.push(Batch::new(key, references.context.to_owned(), at));
            self.is_open = true;
        }
        if let Some(batch) = self.batches.last_mut() {
            let before = batch.bytes;
            let page = references.page.map(|json| index(&mut batch.pages, json, &mut batch.bytes));
            let element =
                references.element.map(|json| index(&mut batch.elements, json, &mut batch.bytes));
            let event = write(page, element);
            batch.bytes += event.len() + 1;
            batch.events.push(event);
            batch.last = at;
            debug_assert!(batch.bytes > before, "an event has bytes");
            self.is_open = batch.bytes < BATCH_BYTES && batch.events.len() < BATCH_EVENTS;
        }
        self.stay_within_bound(effects);
    }

    /// Drops the oldest batches that are not on their way, never the newest one.
    fn stay_within_bound(&mut self, effects: &mut Vec<Effect>) {
        let mut bytes: usize = self.batches.iter().map(|batch| batch.bytes).sum();
        while bytes > QUEUE_BYTES {
            let n_old = self.batches.len().saturating_sub(1);
            let oldest =
                self.batches.iter().take(n_old).position(|batch| batch.state == State::Waiting);
            let Some(batch) = oldest.map(|at| self.batches.remove(at)) else { return };
            bytes -= batch.bytes;
            if self.n_dropped == 0 {
                effects.push(Effect::Warn("the queue is full, the oldest events are dropped"));
            }
            self.drop_events(batch, effects);
        }
    }

    fn drop_events(&mut self, batch: Batch, effects: &mut Vec<Effect>) {
        let n_events = u32::try_from(batch.events.len()).unwrap_or(u32::MAX);
        self.n_dropped += n_events;
        self.n_untold += n_events + batch.given_up;
        effects.push(Effect::Forget { key: batch.key });
    }

    /// Asks to keep what is new.
    pub(crate) fn save(&mut self, effects: &mut Vec<Effect>) {
        for batch in &mut self.batches {
            if batch.events.len() > batch.n_kept[2] {
                effects
                    .push(Effect::Save { key: batch.key.clone(), text: saved::write_part(batch) });
                batch.bytes += PART_BYTES;
                batch.note_kept();
            }
        }
    }

    /// When something should be sent; nothing while a batch is on its way.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        if self.batches.iter().any(|batch| batch.state == State::Sending) {
            return None;
        }
        let waiting = self.batches.iter().filter(|batch| batch.state == State::Waiting);
        let due = |batch: &Batch| {
            batch.last.plus_millis(FLUSH_MS).min(batch.since.plus_millis(LONGEST_MS))
        };
        waiting.map(due).min()
    }

    /// Sends one batch: the oldest of those that were tried least, so that one that always fails
    /// holds up no other.
    pub(crate) fn send(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        if self.due().is_none() {
            return;
        }
        let waiting = self.batches.iter_mut().filter(|batch| batch.state == State::Waiting);
        if let Some(batch) = waiting.min_by_key(|batch| batch.attempt) {
            batch.given_up += mem::take(&mut self.n_untold);
            effects.push(batch.send(now, State::Sending, &self.identity));
        }
        self.is_open &= self.batches.last().is_some_and(|batch| batch.state == State::Waiting);
    }

    /// Sends what fits while the page goes, newest first. What is on its way already is sent
    /// again, because the browser ends ordinary requests of a page that goes.
    pub(crate) fn leave(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        let leaving = self.batches.iter().filter(|batch| batch.state == State::Leaving);
        let mut room = limits::EXIT_BYTES.saturating_sub(leaving.map(Batch::n_body_bytes).sum());
        for batch in self.batches.iter_mut().rev() {
            let bytes = batch.n_body_bytes();
            if batch.state != State::Leaving && bytes <= room {
                room -= bytes;
                batch.may_have_arrived |= batch.state == State::Sending;
                batch.given_up += mem::take(&mut self.n_untold);
                effects.push(batch.send(now, State::Leaving, &self.identity));
            }
        }
        self.is_open &= self.batches.last().is_some_and(|batch| batch.state == State::Waiting);
    }

    /// The collector has read it: all is settled but the events to `retry`. Returns whether
    /// something is left to send of it.
    pub(crate) fn settle(
        &mut self,
        key: &str,
        attempt: u32,
        retry: &[u32],
        effects: &mut Vec<Effect>,
    ) -> bool {
        let Some(at) = self.position(key) else { return false };
        let batch = &mut self.batches[at];
        if !retry.is_empty() && attempt + 1 != batch.attempt {
            // The indices are those of an earlier send; a later one is on its way.
            return false;
        }
        let mut i = 0;
        batch.events.retain(|_| {
            i += 1;
            retry.contains(&(i - 1))
        });
        batch.state = State::Waiting;
        batch.forget(effects);
        if !batch.events.is_empty() {
            return true;
        }
        self.take_out(at);
        false
    }

    /// Nothing is known, or nothing was kept: it waits again. Returns whether this was the
    /// latest send of the batch.
    pub(crate) fn fail(&mut self, key: &str, attempt: u32, may_have_arrived: bool) -> bool {
        let Some(at) = self.position(key) else { return false };
        let batch = &mut self.batches[at];
        batch.may_have_arrived |= may_have_arrived;
        let is_latest = attempt + 1 == batch.attempt;
        if is_latest {
            batch.state = State::Waiting;
        }
        is_latest
    }

    /// The collector refuses it for good.
    pub(crate) fn give_up(&mut self, key: &str, effects: &mut Vec<Effect>) {
        if let Some(batch) = self.position(key).map(|at| self.take_out(at)) {
            self.drop_events(batch, effects);
        }
    }

    /// The collector finds it too large: in two halves, or given up if it is one event.
    pub(crate) fn split(
        &mut self,
        key: &str,
        attempt: u32,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let Some(at) = self.position(key) else { return };
        if attempt + 1 != self.batches[at].attempt {
            return;
        }
        if self.batches[at].events.len() < 2 {
            return self.give_up(key, effects);
        }
        let new_key = self.new_key(now);
        let batch = &mut self.batches[at];
        let mut half = Batch::new(new_key, batch.context.clone(), batch.since);
        half.elements.clone_from(&batch.elements);
        half.pages.clone_from(&batch.pages);
        half.events = batch.events.split_off(batch.events.len() / 2);
        half.may_have_arrived = batch.may_have_arrived;
        half.attempt = batch.attempt;
        batch.forget(effects);
        for part in [batch, &mut half] {
            part.state = State::Waiting;
            part.bytes = saved::write_part(part).len();
        }
        self.batches.insert(at + 1, half);
        self.is_open = false;
    }

    /// Forgets what any page may have taken up while this one was frozen: what is still kept, and
    /// is nobody else's, will be adopted again.
    pub(crate) fn restore(&mut self) {
        self.batches.clear();
        self.is_open = false;
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.restore();
        self.identity.clear();
        self.n_untold = 0;
    }

    fn position(&self, key: &str) -> Option<usize> {
        self.batches.iter().position(|batch| batch.key == key)
    }

    fn take_out(&mut self, at: usize) -> Batch {
        self.is_open &= at + 1 != self.batches.len();
        self.batches.remove(at)
    }

    fn new_key(&mut self, at: Timestamp) -> String {
        self.n_keys += 1;
        let mut key = self.owner.clone();
        for number in [at.as_millis(), self.n_keys] {
            key.push('.');
            push_number(&mut key, number);
        }
        key
    }
}

/// When a batch was made, by its key.
fn age(key: &str) -> Option<Age> {
    let [_, ms, n] = parts(key, b'.')[..] else { return None };
    Some((number(ms)?, number(n)?))
}

impl Batch {
    pub(crate) fn new(key: String, context: String, since: Timestamp) -> Self {
        let bytes = context.len();
        let age = age(&key).unwrap_or_default();
        Self {
            key,
            age,
            context,
            elements: Vec::new(),
            pages: Vec::new(),
            events: Vec::new(),
            given_up: 0,
            since,
            last: since,
            attempt: 0,
            may_have_arrived: false,
            state: State::Waiting,
            n_kept: [0; 3],
            bytes,
        }
    }

    /// Notes that all of it is kept now.
    fn note_kept(&mut self) {
        self.n_kept = [self.elements.len(), self.pages.len(), self.events.len()];
    }

    /// Asks to keep nothing of it.
    fn forget(&mut self, effects: &mut Vec<Effect>) {
        effects.push(Effect::Forget { key: self.key.clone() });
        self.n_kept = [0; 3];
    }

    fn send(&mut self, now: Timestamp, state: State, identity: &str) -> Effect {
        let send = Send {
            key: self.key.clone(),
            attempt: self.attempt,
            body: self.body(now, identity),
            is_exit: state == State::Leaving,
        };
        self.state = state;
        self.attempt += 1;
        Effect::Send(send)
    }

    /// The body's length, to the safe side.
    fn n_body_bytes(&self) -> usize {
        self.bytes + ENVELOPE_BYTES + self.events.len() * RESENT.len()
    }

    fn body(&self, now: Timestamp, identity: &str) -> String {
        let mut body = String::with_capacity(self.n_body_bytes());
        body.push_str(SENT_AT);
        push_number(&mut body, now.as_millis());
        body.push_str(",\"attempt\":");
        push_number(&mut body, self.attempt.into());
        if self.given_up > 0 {
            body.push_str(",\"given_up\":");
            push_number(&mut body, self.given_up.into());
        }
        if !identity.is_empty() {
            body.push_str(",\"identity\":\"");
            body.push_str(identity);
            body.push('"');
        }
        body.push_str(",\"context\":");
        body.push_str(&self.context);
        for (name, parts) in [("elements", &self.elements), ("pages", &self.pages)] {
            push_list(&mut body, name, parts, "");
        }
        push_list(
            &mut body,
            "events",
            &self.events,
            if self.may_have_arrived { RESENT } else { "" },
        );
        body.push('}');
        body
    }
}

const SENT_AT: &str =
    concat!("{\"sdk\":\"sillage-web/", env!("CARGO_PKG_VERSION"), "\",\"sent_at\":");
const RESENT: &str = ",\"resent\":true";
/// Everything of a body but the parts of a batch.
const ENVELOPE_BYTES: usize = 160;

/// Appends a list of objects, each with `last` as its last field.
fn push_list(body: &mut String, name: &str, parts: &[String], last: &str) {
    body.push_str(",\"");
    body.push_str(name);
    body.push_str("\":[");
    for (n, part) in parts.iter().enumerate() {
        if n > 0 {
            body.push(',');
        }
        match part.strip_suffix('}') {
            Some(open) if !last.is_empty() => {
                body.push_str(open);
                body.push_str(last);
                body.push('}');
            }
            _ => body.push_str(part),
        }
    }
    body.push(']');
}

/// The place of `json` in a dictionary, added if it is new.
fn index(dictionary: &mut Vec<String>, json: &str, bytes: &mut usize) -> u32 {
    let at = dictionary.iter().position(|known| known == json).unwrap_or_else(|| {
        *bytes += json.len() + 1;
        dictionary.push(json.to_owned());
        dictionary.len() - 1
    });
    u32::try_from(at).unwrap_or(u32::MAX)
}
