//! The tracker: inputs in, effects out.

use crate::autocapture::element;
use crate::effect::{Effect, FORGET, FORGET_ALL, SAVE, WAKE_IN, WHEN_IDLE};
use crate::finding::Finding;
use crate::input::{Environment, Input};
use crate::json;
use crate::page::CurrentPage;
use crate::queue::{Queue, index};
use crate::random::Random;
use crate::retry::Backoff;
use crate::saved::{self, OPTED_OUT, Saved, VISITOR};
use crate::text::{FIELD, cut, field, number, push_number, without_controls};
use crate::visitor::Visitor;
use protocol::nobody::is_nobody;
use protocol::{EventId, Timestamp, limits, scrub};
use std::mem;

/// So many messages wait for an idle moment at most; a page that clicks itself is never idle.
const NOTED: usize = 256;

const PAGE_VIEW: &[u8] = b"page_view";
const IDENTIFY: &[u8] = b"identify";

/// Decides what a visit becomes.
#[derive(Debug)]
pub struct Tracker {
    random: Random,
    /// What led to this page load, as fields, until a session has begun or gone on with it: the
    /// address of the page that led here, and the campaign.
    entry: Vec<u8>,
    /// What the context says of browser and screen, as fields of JSON.
    device: Vec<u8>,
    /// Whether the person wants no capture; holds until he opts in. Global Privacy Control and
    /// Do-Not-Track are honoured without being asked to: with either on, the shell never starts a
    /// tracker, so nothing is captured and nothing stored.
    is_out: bool,
    visitor: Visitor,
    /// The visitor's text as it is in storage.
    kept_visitor: Vec<u8>,
    /// Who it is by storage, as far as this page knows, and who it was before its last save.
    agreed: [Vec<u8>; 2],
    /// The context of the visitor, as JSON; empty when it changed.
    context: Vec<u8>,
    page: Option<CurrentPage>,
    /// Messages that were not looked at yet.
    noted: Vec<Vec<u8>>,
    /// What the identity rules gave last.
    found: Vec<u8>,
    /// Kinds that are not captured, as fields.
    off: Vec<u8>,
    queue: Queue,
    backoff: Backoff,
    /// The collector takes nothing under this write key: nothing is captured or sent any more
    /// until the page is loaded again.
    is_stopped: bool,
    /// Nothing is sent before this, after a failure.
    not_before: Option<Timestamp>,
    alarm: Option<Timestamp>,
}

impl Tracker {
    /// A tracker for one page load, with what earlier ones left.
    #[allow(clippy::needless_pass_by_value, reason = "nobody needs it afterwards")]
    pub fn new(environment: Environment, saved: Saved, now: Timestamp) -> Self {
        let mut tracker = Self::start(environment.message(&saved, now).as_bytes());
        if !tracker.is_out {
            let kept = Input::Kept(saved.batches).message(now);
            let (_, _, kept) = parts(kept.as_bytes());
            tracker.queue.adopt(kept, now);
        }
        tracker
    }

    /// The same, out of a message: the fields of [`Environment`], as `sdk-web/js/main.js` has them.
    pub fn start(message: &[u8]) -> Self {
        let (now, _, mut rest) = parts(message);
        let kept_visitor = field(&mut rest);
        let mut random = Random::from_letters(field(&mut rest));
        let queue = Queue::new(field(&mut rest));
        let mut device = rest;
        for _ in 0..4 {
            field(&mut device);
        }
        let entry = rest[..rest.len() - device.len()].to_vec();
        let mut json = b"{".to_vec();
        if !field(&mut device).is_empty() {
            json::field(&mut json, b"automated").extend_from_slice(b"true");
        }
        push_pairs(&mut json, &mut device, b"");
        let is_out = saved::is_opted_out(kept_visitor);
        let visitor =
            saved::read_visitor(kept_visitor).unwrap_or_else(|| Visitor::new(now, &mut random));
        Self {
            random,
            entry,
            device: json[1..].to_vec(),
            is_out,
            agreed: [visitor.person(), Vec::new()],
            visitor,
            kept_visitor: kept_visitor.to_vec(),
            context: Vec::new(),
            page: None,
            noted: Vec::new(),
            found: Vec::new(),
            off: b"copy\x1fexposure".to_vec(),
            queue,
            backoff: Backoff::default(),
            is_stopped: false,
            not_before: None,
            alarm: None,
        }
    }

    /// Returns what the page must do next.
    ///
    /// What people do is only noted; [`Input::Idle`] makes events of it and keeps them. A hidden
    /// page may never run again, so [`Input::Hidden`] does so too, and sends what it may.
    #[allow(clippy::needless_pass_by_value, reason = "an input happens once")]
    pub fn handle(&mut self, input: Input, now: Timestamp) -> Vec<Effect> {
        Effect::read(&self.tell(input.message(now).as_bytes()), now)
    }

    /// The same, as texts: a message for the input, and the effects one after the other. So they
    /// cross between script and module, where each argument more and each type weighs.
    pub fn tell(&mut self, message: &[u8]) -> Vec<u8> {
        let mut rest = message;
        let now = time(field(&mut rest));
        let word = field(&mut rest);
        let is_active = !self.is_out && !self.is_stopped;
        match word.first() {
            Some(b'u') => self.off = rest.to_vec(),
            Some(b'o') if word == b"optOut" => self.opt_out(),
            Some(b'o') if self.is_out => self.opt_in(now),
            Some(b'n') if !is_active => self.page = Some(CurrentPage::new(rest, b"")),
            _ if !is_active => {}
            Some(b'q') => self.digest(rest, now),
            Some(b'w') => {
                self.alarm = None;
                self.queue.send(now);
            }
            Some(b'a') => self.learn(rest, now),
            Some(b'h') => {
                self.digest(rest, now);
                self.queue.leave(now);
            }
            Some(b'b') => self.queue.restore(),
            Some(b'k') => self.queue.adopt(rest, now),
            Some(b'v') => {
                let text = field(&mut rest);
                self.follow(text, !rest.is_empty());
            }
            // Said again and again; a sign-out by `reset` must not be undone by it.
            Some(b'l') if rest == self.found => {}
            _ => {
                if word.first() == Some(&b'l') {
                    self.found = rest.to_vec();
                }
                self.note(message, now);
            }
        }
        self.set_alarm(now);
        mem::take(&mut self.queue.effects)
    }

    /// How many events were given up since the page was loaded, for want of room or refused.
    pub const fn n_dropped(&self) -> usize {
        self.queue.n_dropped()
    }

    /// How many events are not acknowledged yet.
    pub fn n_unacknowledged(&self) -> usize {
        self.queue.n_events()
    }

    fn note(&mut self, message: &[u8], now: Timestamp) {
        if self.noted.is_empty() {
            self.queue.ask(&[WHEN_IDLE]);
        }
        self.noted.push(message.to_vec());
        if self.noted.len() >= NOTED {
            self.digest(b"", now);
        }
    }

    /// Makes events of what was noted, and asks to keep them.
    fn digest(&mut self, title: &[u8], now: Timestamp) {
        let is_flush = self.absorb_noted(title);
        let visitor = saved::write_visitor(&self.visitor);
        if visitor != self.kept_visitor {
            self.agreed.swap(0, 1);
            self.agreed[0] = self.visitor.person();
            self.queue.ask(&[SAVE, VISITOR.as_bytes(), &visitor]);
            self.kept_visitor = visitor;
        }
        self.queue.save();
        if is_flush {
            self.queue.send(now);
        }
    }

    /// Makes events of what was noted, in order. Returns whether they are to be sent at once.
    fn absorb_noted(&mut self, title: &[u8]) -> bool {
        let noted = mem::take(&mut self.noted);
        let mut is_flush = false;
        // The title in view belongs to the last address.
        let mut last: &[u8] = b"";
        for message in &noted {
            let (_, word, rest) = parts(message);
            if word == b'n' {
                last = rest;
            }
            is_flush |= word == b'f';
        }
        for message in &noted {
            let (at, word, mut rest) = parts(message);
            match word {
                b'n' => self.navigate(at, rest, if rest == last { title } else { b"" }),
                b'p' => self.record(at, PAGE_VIEW, b"", rest),
                b's' => {
                    let kind = field(&mut rest);
                    self.record(at, kind, b"", rest);
                }
                b't' => {
                    let name = field(&mut rest).trim_ascii();
                    if name.is_empty() || name.len() > limits::EVENT_NAME_BYTES {
                        self.queue.warn("track() needs a name of 1 to 128 bytes");
                    } else {
                        self.record(at, b"custom", name, rest);
                    }
                }
                b'i' => {
                    let user_id = field(&mut rest);
                    self.become_known(at, 0, user_id, Some(rest));
                    // Another person begins with nothing, and the account on this page is his.
                    if !self.found.is_empty() {
                        let found = mem::take(&mut self.found);
                        self.find(at, &found);
                        self.found = found;
                    }
                }
                b'g' => {
                    let account_id = field(&mut rest);
                    self.become_known(at, 1, account_id, Some(rest));
                }
                b'l' => self.find(at, rest),
                b'r' => self.start_afresh(at),
                _ => {}
            }
        }
        is_flush
    }

    /// Records a page view, unless the address is that of the page in view: single-page
    /// applications write the same address again and again.
    fn navigate(&mut self, at: Timestamp, address: &[u8], title: &[u8]) {
        if self.page.as_ref().is_none_or(|page| page.address != address) {
            self.page = Some(CurrentPage::new(address, title));
            self.record(at, PAGE_VIEW, b"", b"");
        }
    }

    /// The visitor is this user (0) or of this account (1), as the page has `said`, with what is
    /// known of it, or a rule has found.
    ///
    /// That an id is known is recorded if it says anything. What a rule finds before the first page
    /// does not: the view of the page is the first event, and carries the id.
    fn become_known(&mut self, at: Timestamp, whose: usize, id: &[u8], said: Option<&[u8]>) {
        let id = without_controls(id);
        if is_nobody(&*id) || id.len() > limits::ID_BYTES {
            self.queue.warn("an id is somebody's, and has at most 256 bytes");
            return;
        }
        let known = &self.visitor.ids[whose];
        let is_new = *known != id;
        if is_new && whose == 0 && !known.is_empty() {
            self.start_afresh(at);
        }
        self.visitor.ids[whose] = id;
        self.visitor.is_said[whose] = said.is_some();
        self.context.clear();
        let is_first = said.is_none() && self.page.is_none();
        let properties = said.unwrap_or_default();
        if !properties.is_empty() || (is_new && !is_first) {
            self.record(at, if whose == 0 { IDENTIFY } else { b"group" }, b"", properties);
        }
    }

    /// Takes up what the identity rules gave. What they do not give any more stays: a page without
    /// it is no sign-out. What the page says by itself is better known, and stands until it is
    /// forgotten.
    fn find(&mut self, at: Timestamp, given: &[u8]) {
        let finding = Finding::of(given);
        if finding.is_refused() {
            self.queue.warn("an identity rule gave a value that is nobody's id");
        }
        for (whose, id) in finding.ids.into_iter().enumerate() {
            if let Some(id) = id.filter(|_| !self.visitor.is_said[whose]) {
                self.become_known(at, whose, id, None);
            }
        }
        self.queue.identity = finding.outcome;
    }

    /// Somebody else may sit there now: nothing of the last person is carried over.
    fn start_afresh(&mut self, at: Timestamp) {
        self.visitor = Visitor::new(at, &mut self.random);
        self.context.clear();
    }

    /// Adds an event, unless its kind is switched off. In the fields of it come keys and values by
    /// turns, an empty key, and the facts of the element, if it happened to one.
    fn record(&mut self, at: Timestamp, kind: &[u8], name: &[u8], mut fields: &[u8]) {
        if self.off.split(|byte| *byte == FIELD).any(|off| off == kind) {
            return;
        }
        // What is only said besides belongs to the visit that there was.
        if !is_aside(kind) {
            self.visit(at);
        } else if self.visitor.session.id.is_empty() {
            return;
        }
        if self.context.is_empty() {
            self.context = self.visitor.context(&self.device);
        }
        let batch = self.queue.fitting(at, &self.context);
        let mut json = b"{".to_vec();
        let mut id = Vec::new();
        EventId::new(at, self.random.bytes()).push_to(&mut id);
        json::text(&mut json, b"event_id", &id);
        json::text(&mut json, b"kind", kind);
        json::page_text(&mut json, b"name", name, limits::EVENT_NAME_BYTES);
        json::number(&mut json, b"timestamp", at.as_millis());
        let [elements, pages, events] = &mut batch.lists;
        if let Some(page) = &self.page {
            json::number(&mut json, b"page", index(pages, &page.json));
        }
        let mut properties = b"{".to_vec();
        push_pairs(&mut properties, &mut fields, kind);
        if !fields.is_empty() {
            json::number(&mut json, b"element", index(elements, &element(fields)));
        }
        if properties.len() > 1 {
            json::field(&mut json, b"properties").extend_from_slice(&properties);
            json.push(b'}');
        }
        json.push(b'}');
        saved::push_object(events, &json);
        batch.n_events += 1;
        self.queue.stay_within_bound();
    }

    /// Continues the session, or begins one.
    fn visit(&mut self, at: Timestamp) {
        let entry = mem::take(&mut self.entry);
        let session = &mut self.visitor.session;
        if session.goes_on(at) {
            session.last = at.max(session.last);
            return;
        }
        let address = self.page.as_ref().map_or(&b""[..], |page| &page.address);
        self.visitor.begin_session(at, &mut self.random, &entry, address);
        self.context.clear();
    }

    /// What an answer means: key, attempt, status, wait, and what to send again. Statuses are those
    /// of the collector's contract; 0 is an answer that could not be read.
    fn learn(&mut self, mut rest: &[u8], now: Timestamp) {
        let key = field(&mut rest);
        let mut next = || number(field(&mut rest)).unwrap_or_default();
        let (attempt, status, asked_ms) = (next(), next(), next());
        let is_waiting = match status {
            202 => {
                let is_left = self.queue.settle(key, attempt, rest);
                if !is_left {
                    self.backoff.succeed();
                    self.not_before = None;
                }
                is_left
            }
            400 => {
                self.queue.warn("the collector could not read a batch");
                self.queue.give_up(key);
                false
            }
            401 | 403 | 404 | 410 => {
                // A wrong key stays wrong while the page lives. What waits stays in storage: if it
                // was the collector that was wrong, the next page delivers it.
                self.queue.warn("stopped: the collector does not take this write key");
                self.is_stopped = true;
                self.noted.clear();
                false
            }
            413 => {
                self.queue.split(key, attempt, now);
                false
            }
            // A proxy may say so of a collector that went after it had kept the batch.
            _ => self.queue.fail(key, attempt, !matches!(status, 400..500)),
        };
        if is_waiting {
            let wait = self.backoff.fail(asked_ms, self.random.byte());
            self.not_before = Some(now.plus_millis(wait));
        }
        self.queue.save();
    }

    fn opt_out(&mut self) {
        self.fall_silent();
        self.queue.ask(&[FORGET_ALL]);
        self.queue.ask(&[SAVE, VISITOR.as_bytes(), OPTED_OUT]);
    }

    fn fall_silent(&mut self) {
        self.is_out = true;
        self.noted.clear();
        self.queue.clear();
    }

    /// All pages of a browser have one visitor: who opts out, signs in or out on another page does
    /// so here. What is noted here was done before, by who was there before.
    fn follow(&mut self, text: &[u8], is_refusal: bool) {
        if text == self.kept_visitor {
            return;
        }
        if saved::is_opted_out(text) {
            self.fall_silent();
        }
        let Some(visitor) = saved::read_visitor(text) else { return };
        let theirs = visitor.person();
        let [ours, before] = &mut self.agreed;
        let is_news = !is_refusal || theirs != *before || theirs == *ours;
        *ours = theirs;
        if is_news {
            // The same one only goes on with his session, and the page may still get its title.
            if visitor.anonymous_id != self.visitor.anonymous_id {
                self.absorb_noted(b"");
            }
            self.visitor = visitor;
            self.context.clear();
        } else {
            // The other one only went on, and was first: who signed in or out here still did.
            self.queue.ask(&[WHEN_IDLE]);
        }
        self.kept_visitor = text.to_vec();
    }

    fn opt_in(&mut self, now: Timestamp) {
        self.is_out = false;
        // Nothing is saved while storage says that the person opted out.
        self.kept_visitor.clear();
        self.found.clear();
        self.queue.ask(&[FORGET, VISITOR.as_bytes()]);
        self.start_afresh(now);
        // The page in view is the first that this person lets us see.
        let mut message = Vec::new();
        push_number(&mut message, now.as_millis());
        message.extend_from_slice(b"\x1fp");
        self.note(&message, now);
    }

    fn set_alarm(&mut self, now: Timestamp) {
        if self.is_out || self.is_stopped {
            return;
        }
        let Some(due) = self.queue.due() else { return };
        let due = self.not_before.map_or(due, |not_before| due.max(not_before));
        if self.alarm != Some(due) {
            self.alarm = Some(due);
            let mut ms = Vec::new();
            push_number(&mut ms, due.millis_since(now).max(0));
            self.queue.ask(&[WAKE_IN, &ms]);
        }
    }
}

/// When a message was told, the first letter of its word, and its fields.
fn parts(mut message: &[u8]) -> (Timestamp, u8, &[u8]) {
    let at = time(field(&mut message));
    let word = field(&mut message);
    (at, word.first().copied().unwrap_or_default(), message)
}

fn time(text: &[u8]) -> Timestamp {
    Timestamp::from_millis(number(text).unwrap_or_default())
}

/// What is no moment of a visit: [`protocol::Kind::is_aside`], by its word.
fn is_aside(kind: &[u8]) -> bool {
    let mut moments: &[u8] = b"page_view click submit change copy identify group custom";
    while !moments.is_empty() {
        if cut(&mut moments, b' ') == kind {
            return false;
        }
    }
    true
}

/// Takes keys and values off the fields, up to an empty key, and writes them without secrets:
/// vendors pass on what their people typed. Of a user's e-mail address the domain stays, by which
/// the vendor's own people are told from others; it is better known than one that was said.
fn push_pairs(json: &mut Vec<u8>, rest: &mut &[u8], kind: &[u8]) {
    let mut domain: &[u8] = b"";
    let mut n = 0;
    loop {
        let key = field(rest);
        if key.is_empty() {
            break;
        }
        let value = field(rest);
        n += 1;
        if n > limits::PROPERTIES || key.len() > limits::PROPERTY_KEY_BYTES {
            continue;
        }
        let scrubbed = scrub::scrub_bytes(value, limits::PROPERTY_VALUE_BYTES);
        if domain.is_empty() && kind == IDENTIFY && *scrubbed == *scrub::EMAIL.as_bytes() {
            domain = scrub::domain_bytes(value).unwrap_or_default();
        }
        let key = scrub::scrub_bytes(key, limits::PROPERTY_KEY_BYTES);
        json::push_text(json::field(json, &key), &scrubbed);
    }
    json::text(json, scrub::EMAIL_DOMAIN.as_bytes(), domain);
}

#[cfg(test)]
mod tests;
