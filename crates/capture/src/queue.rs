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

use crate::effect::{self, FORGET, POST, SAVE, WARN};
use crate::json;
use crate::saved::{self, push_object};
use crate::text::{cut, field, number, push_number};
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    Waiting,
    /// On its way while the page lives.
    Sending,
    /// On its way since the page was hidden.
    Leaving,
}

/// The time that a batch was made, and its place among those of one page.
type Age = [Option<i64>; 2];

/// A batch that is not acknowledged.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    key: Vec<u8>,
    /// Empty until it is read, where it was kept.
    pub(crate) context: Vec<u8>,
    /// Elements, pages and events: objects, each of which is a line.
    pub(crate) lists: [Vec<u8>; 3],
    /// How many events that are.
    pub(crate) n_events: usize,
    /// How many bytes of each list are kept.
    pub(crate) n_kept: [usize; 3],
    /// How many parts of it are kept.
    n_parts: usize,
    /// How many events this batch tells the collector were given up before it.
    given_up: usize,
    /// When its first event happened, and its last.
    since: Timestamp,
    last: Timestamp,
    attempt: i64,
    /// An earlier send may have arrived.
    may_have_arrived: bool,
    state: State,
}

/// The batches, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    owner: Vec<u8>,
    n_keys: i64,
    batches: Vec<Batch>,
    n_dropped: usize,
    /// How many of them no batch tells the collector of yet.
    n_untold: usize,
    /// What the identity rules gave, for the collector.
    pub(crate) identity: Vec<u8>,
    /// What the page must do next.
    pub(crate) effects: Vec<u8>,
}

impl Queue {
    pub(crate) fn new(owner: &[u8]) -> Self {
        Self { owner: owner.to_vec(), ..Self::default() }
    }

    /// How many events were given up since the page was loaded.
    pub(crate) const fn n_dropped(&self) -> usize {
        self.n_dropped
    }

    /// How many events wait or are on their way.
    pub(crate) fn n_events(&self) -> usize {
        self.batches.iter().map(|batch| batch.n_events).sum()
    }

    /// Asks for an effect.
    pub(crate) fn ask(&mut self, fields: &[&[u8]]) {
        effect::push(&mut self.effects, fields);
    }

    pub(crate) fn warn(&mut self, text: &str) {
        self.ask(&[WARN, text.as_bytes()]);
    }

    /// Takes up what pages left that are gone: the key of each batch, and its parts. Whether it
    /// arrived is not known, so it is sent as resent.
    pub(crate) fn adopt(&mut self, mut kept: &[u8], now: Timestamp) {
        while !kept.is_empty() {
            let key = field(&mut kept).to_vec();
            let mut batch = Batch { key, since: now, last: now, ..Batch::default() };
            if saved::read_batch(field(&mut kept), &mut batch).is_none() {
                self.ask(&[FORGET, &batch.key]);
                continue;
            }
            batch.may_have_arrived = true;
            batch.attempt = 1;
            batch.note_kept();
            let age = batch.age();
            let later = self.batches.iter().position(|other| other.age() > age);
            // The open one stays the last.
            let n_sealed = self.batches.len() - usize::from(self.open().is_some());
            self.batches.insert(later.unwrap_or(n_sealed).min(n_sealed), batch);
        }
        self.stay_within_bound();
    }

    /// The last batch, if it was not sent yet.
    fn open(&mut self) -> Option<&mut Batch> {
        self.batches.last_mut().filter(|batch| batch.attempt == 0)
    }

    /// The batch that takes an event that happened `at`.
    pub(crate) fn fitting(&mut self, at: Timestamp, context: &[u8]) -> &mut Batch {
        let is_fitting = self.open().is_some_and(|batch| {
            batch.context == context && batch.bytes() < BATCH_BYTES && batch.n_events < BATCH_EVENTS
        });
        if !is_fitting {
            let key = self.new_key(at);
            let context = context.to_vec();
            self.batches.push(Batch { key, context, since: at, ..Batch::default() });
        }
        let n = self.batches.len() - 1;
        let batch = &mut self.batches[n];
        batch.last = at;
        batch
    }

    /// Drops the oldest batches that are not on their way, never the newest one.
    pub(crate) fn stay_within_bound(&mut self) {
        while self.batches.iter().map(Batch::bytes).sum::<usize>() > QUEUE_BYTES {
            let n_old = self.batches.len() - 1;
            let Some(oldest) =
                self.batches[..n_old].iter().position(|batch| batch.state == State::Waiting)
            else {
                return;
            };
            if self.n_dropped == 0 {
                self.warn("the queue is full, the oldest events are dropped");
            }
            self.drop_events(oldest);
        }
    }

    fn drop_events(&mut self, at: usize) {
        let batch = self.batches.remove(at);
        let n_events = batch.n_events;
        self.n_dropped += n_events;
        self.n_untold += n_events + batch.given_up;
        self.ask(&[FORGET, &batch.key]);
    }

    /// Asks to keep what is new.
    pub(crate) fn save(&mut self) {
        for batch in &mut self.batches {
            if batch.lists[2].len() > batch.n_kept[2] {
                let text = saved::write_part(batch);
                effect::push(&mut self.effects, &[SAVE, &batch.key, &text]);
                batch.note_kept();
            }
        }
    }

    /// When something should be sent; nothing while a batch is on its way.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        let mut first = None;
        for batch in &self.batches {
            let due = batch.last.plus_millis(FLUSH_MS).min(batch.since.plus_millis(LONGEST_MS));
            match batch.state {
                State::Sending => return None,
                State::Waiting if first.is_none_or(|first| due < first) => first = Some(due),
                _ => {}
            }
        }
        first
    }

    /// Sends one batch: the oldest of those that were tried least, so that one that always fails
    /// holds up no other.
    pub(crate) fn send(&mut self, now: Timestamp) {
        if self.due().is_none() {
            return;
        }
        let mut least = None;
        for (at, batch) in self.batches.iter().enumerate() {
            if batch.state == State::Waiting
                && least.is_none_or(|least: usize| batch.attempt < self.batches[least].attempt)
            {
                least = Some(at);
            }
        }
        if let Some(at) = least {
            self.post(at, now, State::Sending);
        }
    }

    /// Sends what fits while the page goes, newest first. What is on its way already is sent
    /// again, because the browser ends ordinary requests of a page that goes.
    pub(crate) fn leave(&mut self, now: Timestamp) {
        let leaving = self.batches.iter().filter(|batch| batch.state == State::Leaving);
        let mut room = limits::EXIT_BYTES.saturating_sub(leaving.map(Batch::n_body_bytes).sum());
        for at in (0..self.batches.len()).rev() {
            let batch = &mut self.batches[at];
            let bytes = batch.n_body_bytes();
            if batch.state != State::Leaving && bytes <= room {
                room -= bytes;
                batch.may_have_arrived |= batch.state == State::Sending;
                self.post(at, now, State::Leaving);
            }
        }
    }

    fn post(&mut self, at: usize, now: Timestamp, state: State) {
        let batch = &mut self.batches[at];
        batch.given_up += mem::take(&mut self.n_untold);
        let body = batch.body(now, &self.identity);
        let mut attempt = Vec::new();
        push_number(&mut attempt, batch.attempt);
        let is_exit: &[u8] = if state == State::Leaving { b"1" } else { b"" };
        effect::push(&mut self.effects, &[POST, &batch.key, &attempt, is_exit, &body]);
        batch.state = state;
        batch.attempt += 1;
    }

    /// The collector has read it: all is settled but the events to `retry`, whose indices are
    /// fields. Returns whether something is left to send of it.
    pub(crate) fn settle(&mut self, key: &[u8], attempt: i64, retry: &[u8]) -> bool {
        let Some(at) = self.position(key) else { return false };
        let batch = &mut self.batches[at];
        if !retry.is_empty() && attempt + 1 != batch.attempt {
            // The indices are those of an earlier send; a later one is on its way.
            return false;
        }
        let [_, _, all] = &mut batch.lists;
        let events = mem::take(all);
        let mut rest = &*events;
        let mut i = 0;
        batch.n_events = 0;
        while !rest.is_empty() {
            let event = cut(&mut rest, b'\n');
            let mut indices = retry;
            while !indices.is_empty() {
                if number(field(&mut indices)) == Some(i) {
                    push_object(all, event);
                    batch.n_events += 1;
                    break;
                }
            }
            i += 1;
        }
        let is_left = !all.is_empty();
        batch.state = State::Waiting;
        batch.forget(&mut self.effects);
        if !is_left {
            self.batches.remove(at);
        }
        is_left
    }

    /// Nothing is known, or nothing was kept: it waits again. Returns whether this was the
    /// latest send of the batch.
    pub(crate) fn fail(&mut self, key: &[u8], attempt: i64, may_have_arrived: bool) -> bool {
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
    pub(crate) fn give_up(&mut self, key: &[u8]) {
        if let Some(at) = self.position(key) {
            self.drop_events(at);
        }
    }

    /// The collector finds it too large: in two halves, or given up if it is one event.
    pub(crate) fn split(&mut self, key: &[u8], attempt: i64, now: Timestamp) {
        let Some(at) = self.position(key) else { return };
        if attempt + 1 != self.batches[at].attempt {
            return;
        }
        let n = self.batches[at].n_events / 2;
        if n == 0 {
            return self.drop_events(at);
        }
        let key = self.new_key(now);
        let batch = &mut self.batches[at];
        batch.forget(&mut self.effects);
        batch.state = State::Waiting;
        let [elements, pages, events] = &mut batch.lists;
        let mut rest = &**events;
        for _ in 0..n {
            cut(&mut rest, b'\n');
        }
        let later = rest.to_vec();
        events.truncate(events.len() - later.len());
        let n_later = batch.n_events - n;
        batch.n_events = n;
        let half = Batch {
            key,
            n_events: n_later,
            context: batch.context.clone(),
            lists: [elements.clone(), pages.clone(), later],
            since: batch.since,
            last: batch.since,
            attempt: batch.attempt,
            may_have_arrived: batch.may_have_arrived,
            ..Batch::default()
        };
        self.batches.insert(at + 1, half);
    }

    /// Forgets what any page may have taken up while this one was frozen: what is still kept, and
    /// is nobody else's, will be adopted again.
    pub(crate) fn restore(&mut self) {
        self.batches.clear();
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.restore();
        self.identity.clear();
        self.n_untold = 0;
    }

    fn position(&self, key: &[u8]) -> Option<usize> {
        self.batches.iter().position(|batch| batch.key == key)
    }

    fn new_key(&mut self, at: Timestamp) -> Vec<u8> {
        self.n_keys += 1;
        let mut key = self.owner.clone();
        for number in [at.as_millis(), self.n_keys] {
            key.push(b'.');
            push_number(&mut key, number);
        }
        key
    }
}

impl Batch {
    /// When it was made, by its key.
    fn age(&self) -> Age {
        let mut rest = &*self.key;
        cut(&mut rest, b'.');
        [number(cut(&mut rest, b'.')), number(rest)]
    }

    fn bytes(&self) -> usize {
        let lists: usize = self.lists.iter().map(Vec::len).sum();
        self.context.len() + lists + self.n_parts * PART_BYTES
    }

    /// Notes that all of it is kept now.
    fn note_kept(&mut self) {
        let [elements, pages, events] = &self.lists;
        self.n_kept = [elements.len(), pages.len(), events.len()];
        self.n_parts += 1;
    }

    /// Asks to keep nothing of it.
    fn forget(&mut self, effects: &mut Vec<u8>) {
        effect::push(effects, &[FORGET, &self.key]);
        self.n_kept = [0; 3];
        self.n_parts = 0;
    }

    /// The body's length, to the safe side.
    fn n_body_bytes(&self) -> usize {
        self.bytes() + ENVELOPE_BYTES + self.n_events * RESENT.len()
    }

    fn body(&self, now: Timestamp, identity: &[u8]) -> Vec<u8> {
        let mut body = SENT_AT.as_bytes().to_vec();
        push_number(&mut body, now.as_millis());
        json::number(&mut body, b"attempt", self.attempt);
        if self.given_up > 0 {
            #[allow(clippy::cast_possible_wrap, reason = "far below the limit")]
            json::number(&mut body, b"given_up", self.given_up as i64);
        }
        json::text(&mut body, b"identity", identity);
        json::field(&mut body, b"context").extend_from_slice(&self.context);
        let mut names: &[u8] = b"elements pages events";
        for list in &self.lists {
            json::field(&mut body, cut(&mut names, b' ')).push(b'[');
            let mut rest = &**list;
            while !rest.is_empty() {
                json::separate(&mut body);
                body.extend_from_slice(cut(&mut rest, b'\n'));
                if names.is_empty() && self.may_have_arrived {
                    body.pop();
                    body.extend_from_slice(RESENT);
                }
            }
            body.push(b']');
        }
        body.push(b'}');
        body
    }
}

const SENT_AT: &str =
    concat!("{\"sdk\":\"sillage-web/", env!("CARGO_PKG_VERSION"), "\",\"sent_at\":");
/// The end of an event that was sent before.
const RESENT: &[u8] = b",\"resent\":true}";
/// Everything of a body but the parts of a batch.
const ENVELOPE_BYTES: usize = 160;

/// The place of `json` in a dictionary, added if it is new.
pub(crate) fn index(dictionary: &mut Vec<u8>, json: &[u8]) -> i64 {
    let mut rest = &**dictionary;
    let mut n = 0;
    while !rest.is_empty() {
        if cut(&mut rest, b'\n') == json {
            return n;
        }
        n += 1;
    }
    push_object(dictionary, json);
    n
}
