//! The tracker: inputs in, effects out.

use crate::consent::Consent;
use crate::effect::Effect;
use crate::finding::Finding;
use crate::input::{Address, Answer, Environment, Input};
use crate::json::{self, field};
use crate::page::CurrentPage;
use crate::queue::{Queue, References};
use crate::random::Random;
use crate::retry::Backoff;
use crate::saved::{self, Saved, SavedVisitor, VISITOR};
use crate::session::Session;
use crate::text::{fields, without_controls};
use crate::visitor::Visitor;
use protocol::nobody::is_nobody;
use protocol::{EventId, Kind, Properties, Timestamp, limits, scrub};
use std::mem;

/// So many inputs wait for an idle moment at most; a page that clicks itself is never idle.
const NOTED: usize = 256;

/// Decides what a visit becomes.
#[derive(Debug)]
pub struct Tracker {
    environment: Environment,
    random: Random,
    consent: Consent,
    visitor: Visitor,
    /// The visitor's text as it is in storage.
    kept_visitor: String,
    /// Who it is by storage, as far as this page knows, and who it was before its last save.
    agreed: [String; 2],
    /// The context of the visitor, as JSON; empty when it changed.
    context: String,
    /// Whether no session was begun or continued on this page yet.
    is_entry: bool,
    page: Option<CurrentPage>,
    /// What happened, and when, and was not looked at yet.
    noted: Vec<(Timestamp, Input)>,
    /// What the identity rules gave last.
    found: String,
    /// What is not captured: a bit for each kind.
    off: u32,
    queue: Queue,
    backoff: Backoff,
    /// The collector takes nothing under this write key: nothing is captured or sent any more
    /// until the page is loaded again.
    is_stopped: bool,
    /// Nothing is sent before this, after a failure.
    not_before: Option<Timestamp>,
    alarm: Option<Timestamp>,
    effects: Vec<Effect>,
}

/// An event before it has an id, a time and a place.
#[derive(Debug, Default)]
struct Fact<'a> {
    name: Option<&'a str>,
    element: Option<String>,
    properties: Properties<'static>,
}

impl Tracker {
    /// A tracker for one page load, with what earlier ones left.
    pub fn new(environment: Environment, saved: Saved, now: Timestamp) -> Self {
        let mut random = Random::from_seed(environment.random);
        let known = saved.visitor.as_deref().and_then(saved::read_visitor);
        let (consent, visitor) = match known {
            Some(SavedVisitor::Known(visitor)) => (Consent::Given, *visitor),
            Some(SavedVisitor::OptedOut) => (Consent::OptedOut, Visitor::default()),
            None => (Consent::Given, Visitor::new(now, &mut random)),
        };
        let person = visitor.person();
        let mut queue = Queue::new(&environment.owner);
        let mut effects = Vec::new();
        if consent == Consent::Given {
            queue.adopt(saved.batches, now, &mut effects);
        }
        Self {
            environment,
            random,
            consent,
            visitor,
            kept_visitor: saved.visitor.unwrap_or_default(),
            agreed: [person, String::new()],
            context: String::new(),
            is_entry: true,
            page: None,
            noted: Vec::new(),
            found: String::new(),
            off: Kind::OFF_AT_FIRST.into_iter().fold(0, |off, kind| off | bit(kind)),
            queue,
            backoff: Backoff::default(),
            is_stopped: false,
            not_before: None,
            alarm: None,
            effects,
        }
    }

    /// Returns what the page must do next.
    ///
    /// What people do is only noted; [`Input::Idle`] makes events of it and keeps them. A hidden
    /// page may never run again, so [`Input::Hidden`] does so too, and sends what it may.
    pub fn handle(&mut self, input: Input, now: Timestamp) -> Vec<Effect> {
        match (self.consent, input) {
            (_, Input::OptOut) => self.opt_out(),
            (_, Input::Off(words)) => self.switch_off(&words),
            (Consent::OptedOut, Input::OptIn) => self.opt_in(now),
            (Consent::Given, input) if !self.is_stopped => self.handle_with_consent(input, now),
            (_, Input::Navigated(address)) => self.page = Some(CurrentPage::new(address, None)),
            _ => {}
        }
        self.set_alarm();
        mem::take(&mut self.effects)
    }

    /// How many events were given up since the page was loaded, for want of room or refused.
    pub const fn n_dropped(&self) -> u32 {
        self.queue.n_dropped()
    }

    /// How many events are not acknowledged yet.
    pub fn n_unacknowledged(&self) -> usize {
        self.queue.n_events()
    }

    fn handle_with_consent(&mut self, input: Input, now: Timestamp) {
        match input {
            Input::Idle { title } => self.digest(&title, now),
            Input::Timer => {
                self.alarm = None;
                self.send(now);
            }
            Input::Answered { key, attempt, answer } => self.learn(&key, attempt, &answer, now),
            Input::Hidden { title } => {
                self.digest(&title, now);
                self.queue.leave(now, &mut self.effects);
            }
            Input::Restored => self.queue.restore(),
            Input::Kept(batches) => self.queue.adopt(batches, now, &mut self.effects),
            Input::Stored { visitor, is_refusal } => self.follow(visitor, is_refusal),
            // Said again and again; a sign-out by `reset` must not be undone by it.
            Input::Found(text) if text == self.found => {}
            happened => self.note(happened, now),
        }
    }

    fn note(&mut self, happened: Input, now: Timestamp) {
        if let Input::Found(text) = &happened {
            self.found.clone_from(text);
        }
        if self.noted.is_empty() {
            self.effects.push(Effect::WhenIdle);
        }
        self.noted.push((now, happened));
        if self.noted.len() >= NOTED {
            self.digest("", now);
        }
    }

    /// Makes events of what was noted, and asks to keep them.
    fn digest(&mut self, title: &str, now: Timestamp) {
        let is_flush = self.absorb_noted(title);
        let visitor = saved::write_visitor(&self.visitor);
        if visitor != self.kept_visitor {
            self.kept_visitor.clone_from(&visitor);
            self.agreed.swap(0, 1);
            self.agreed[0] = self.visitor.person();
            self.effects.push(Effect::Save { key: VISITOR.to_owned(), text: visitor });
        }
        self.queue.save(&mut self.effects);
        if is_flush {
            self.send(now);
        }
    }

    /// Makes events of what was noted, in order. Returns whether they are to be sent at once.
    fn absorb_noted(&mut self, title: &str) -> bool {
        let noted = mem::take(&mut self.noted);
        // The title in view belongs to the last address.
        let last = noted.iter().rev().find_map(|(_, input)| match input {
            Input::Navigated(address) => Some(address.clone()),
            _ => None,
        });
        let mut is_flush = false;
        for (at, input) in noted {
            is_flush |= matches!(input, Input::Flush);
            match input {
                Input::Navigated(address) => {
                    let is_last = last.as_ref() == Some(&address);
                    self.navigate(at, address, is_last.then_some(title));
                }
                input => self.absorb(at, input),
            }
        }
        is_flush
    }

    /// Records a page view, unless the address is that of the page in view: single-page
    /// applications write the same address again and again.
    fn navigate(&mut self, at: Timestamp, address: Address, title: Option<&str>) {
        if self.page.as_ref().is_none_or(|page| page.differs(&address)) {
            self.page = Some(CurrentPage::new(address, title));
            self.record(at, Kind::PageView, &Fact::default());
        }
    }

    fn absorb(&mut self, at: Timestamp, input: Input) {
        match input {
            Input::Page(properties) => {
                self.record(at, Kind::PageView, &Fact { properties, ..Fact::default() });
            }
            Input::Click(facts) => {
                let element = Some(facts.to_json());
                self.record(at, Kind::Click, &Fact { element, ..Fact::default() });
            }
            Input::Seen { kind, properties, element } => {
                let element = element.map(|facts| facts.to_json());
                self.record(at, kind, &Fact { element, properties, ..Fact::default() });
            }
            Input::Track { name, properties } => self.track(at, name.trim_ascii(), properties),
            Input::Identify { user_id, properties } => {
                self.identify(at, &user_id, Some(properties));
                // Another person begins with nothing, and the account on this page is his.
                if !self.found.is_empty() {
                    let found = mem::take(&mut self.found);
                    self.find(at, &found);
                    self.found = found;
                }
            }
            Input::Group { account_id, properties } => {
                self.group(at, &account_id, Some(properties));
            }
            Input::Found(text) => self.find(at, &text),
            Input::Reset => self.start_afresh(at),
            _ => {}
        }
    }

    fn track(&mut self, at: Timestamp, name: &str, properties: Properties<'static>) {
        if name.is_empty() || name.len() > limits::EVENT_NAME_BYTES {
            self.effects.push(Effect::Warn("track() needs a name of 1 to 128 bytes"));
            return;
        }
        self.record(at, Kind::Custom, &Fact { name: Some(name), properties, ..Fact::default() });
    }

    /// The visitor is this user, as the page has `said`, or a rule has found.
    fn identify(&mut self, at: Timestamp, user_id: &str, said: Option<Properties<'static>>) {
        let Some(user_id) = self.checked_id(user_id) else { return };
        let is_new = self.visitor.user_id != user_id;
        if is_new && !self.visitor.user_id.is_empty() {
            self.start_afresh(at);
        }
        self.visitor.user_id = user_id;
        self.visitor.is_user_said = said.is_some();
        self.context.clear();
        self.tell(at, Kind::Identify, is_new, said);
    }

    fn group(&mut self, at: Timestamp, account_id: &str, said: Option<Properties<'static>>) {
        let Some(account_id) = self.checked_id(account_id) else { return };
        let is_new = self.visitor.account_id != account_id;
        self.visitor.account_id = account_id;
        self.visitor.is_account_said = said.is_some();
        self.context.clear();
        self.tell(at, Kind::Group, is_new, said);
    }

    /// Records that an id is known, if that says anything. What a rule finds before the first page
    /// does not: the view of the page is the first event, and carries the id.
    fn tell(&mut self, at: Timestamp, kind: Kind, is_new: bool, said: Option<Properties<'static>>) {
        let is_first = said.is_none() && self.page.is_none();
        let properties = said.unwrap_or_default();
        if !properties.is_empty() || (is_new && !is_first) {
            self.record(at, kind, &Fact { properties, ..Fact::default() });
        }
    }

    /// Takes up what the identity rules gave. What they do not give any more stays: a page without
    /// it is no sign-out. What the page says by itself is better known, and stands until it is
    /// forgotten.
    fn find(&mut self, at: Timestamp, text: &str) {
        let Finding { user_id, account_id, outcome, is_refused } = Finding::of(text);
        if is_refused {
            self.effects.push(Effect::Warn("an identity rule gave a value that is nobody's id"));
        }
        self.queue.identity = outcome;
        if let Some(user_id) = user_id.filter(|_| !self.visitor.is_user_said) {
            self.identify(at, user_id, None);
        }
        if let Some(account_id) = account_id.filter(|_| !self.visitor.is_account_said) {
            self.group(at, account_id, None);
        }
    }

    fn checked_id(&mut self, id: &str) -> Option<String> {
        let id = without_controls(id);
        if is_nobody(&id) || id.len() > limits::ID_BYTES {
            self.effects.push(Effect::Warn("an id is somebody's, and has at most 256 bytes"));
            return None;
        }
        Some(id)
    }

    /// Somebody else may sit there now: nothing of the last person is carried over.
    fn start_afresh(&mut self, at: Timestamp) {
        self.visitor = Visitor::new(at, &mut self.random);
        self.context.clear();
    }

    fn switch_off(&mut self, words: &str) {
        let kinds = fields(words).into_iter().filter_map(Kind::from_word);
        self.off = kinds.fold(0, |off, kind| off | bit(kind));
    }

    fn record(&mut self, at: Timestamp, kind: Kind, fact: &Fact<'_>) {
        if self.off & bit(kind) != 0 {
            return;
        }
        // What is only said besides belongs to the visit that there was.
        if !kind.is_aside() {
            self.visit(at);
        } else if self.visitor.session.id.is_empty() {
            return;
        }
        if self.context.is_empty() {
            self.context = self.visitor.context(&self.environment);
        }
        let event_id = EventId::new(at, self.random.bytes());
        let references = References {
            context: &self.context,
            page: self.page.as_ref().map(CurrentPage::json),
            element: fact.element.as_deref(),
        };
        let write = |page: Option<u32>, element| {
            let mut json = "{".to_owned();
            json::text(&mut json, "event_id", &event_id.text());
            json::text(&mut json, "kind", kind.as_str());
            json::text(&mut json, "name", &scrub::scrub(fact.name.unwrap_or_default()));
            json::number(&mut json, "timestamp", at.as_millis());
            for (key, index) in [("page", page), ("element", element)] {
                if let Some(index) = index {
                    json::number(&mut json, key, index.into());
                }
            }
            push_properties(&mut json, kind, &fact.properties);
            json.push('}');
            json
        };
        self.queue.push(at, references, write, &mut self.effects);
    }

    /// Continues the session, or begins one.
    fn visit(&mut self, at: Timestamp) {
        let is_entry = mem::take(&mut self.is_entry);
        if self.visitor.session.goes_on(at) {
            let Session { last, .. } = &mut self.visitor.session;
            *last = at.max(*last);
            return;
        }
        let host = self.page.as_ref().map_or("", CurrentPage::host);
        let entry = is_entry.then_some(&self.environment);
        self.visitor.begin_session(at, &mut self.random, entry, host);
        self.context.clear();
    }

    /// What an answer means. Statuses are those of the collector's contract.
    fn learn(&mut self, key: &str, attempt: u32, answer: &Answer, now: Timestamp) {
        match answer {
            Answer::Accepted { retry, retry_after_ms } => {
                let is_left = self.queue.settle(key, attempt, retry, &mut self.effects);
                if is_left {
                    self.wait(*retry_after_ms, now);
                } else {
                    self.backoff.succeed();
                    self.not_before = None;
                }
            }
            Answer::Refused { status: 400, .. } => {
                self.effects.push(Effect::Warn("the collector could not read a batch"));
                self.queue.give_up(key, &mut self.effects);
            }
            Answer::Refused { status: 401 | 403 | 404 | 410, .. } => self.stop(),
            Answer::Refused { status: 413, .. } => {
                self.queue.split(key, attempt, now, &mut self.effects);
            }
            Answer::Refused { status, retry_after_ms } => {
                // A proxy may say so of a collector that went after it had kept the batch.
                if self.queue.fail(key, attempt, !matches!(status, 400..500)) {
                    self.wait(*retry_after_ms, now);
                }
            }
            Answer::Unread => {
                if self.queue.fail(key, attempt, true) {
                    self.wait(None, now);
                }
            }
        }
        self.queue.save(&mut self.effects);
    }

    fn wait(&mut self, asked_ms: Option<i64>, now: Timestamp) {
        let wait = self.backoff.fail(asked_ms, self.random.byte());
        self.not_before = Some(now.plus_millis(wait));
    }

    /// A wrong key stays wrong while the page lives. What waits stays in storage: if it was the
    /// collector that was wrong, the next page delivers it.
    fn stop(&mut self) {
        self.effects.push(Effect::Warn("stopped: the collector does not take this write key"));
        self.is_stopped = true;
        self.noted.clear();
    }

    fn send(&mut self, now: Timestamp) {
        self.queue.send(now, &mut self.effects);
    }

    fn opt_out(&mut self) {
        self.fall_silent();
        self.effects.push(Effect::ForgetAll);
        self.effects.push(Effect::Save { key: VISITOR.to_owned(), text: saved::opted_out() });
    }

    fn fall_silent(&mut self) {
        self.consent = Consent::OptedOut;
        self.noted.clear();
        self.queue.clear();
    }

    /// All pages of a browser have one visitor: who opts out, signs in or out on another page does
    /// so here. What is noted here was done before, by who was there before.
    fn follow(&mut self, text: String, is_refusal: bool) {
        if text == self.kept_visitor {
            return;
        }
        match saved::read_visitor(&text) {
            Some(SavedVisitor::OptedOut) => self.fall_silent(),
            Some(SavedVisitor::Known(visitor)) => {
                let theirs = visitor.person();
                let [ours, before] = &mut self.agreed;
                if is_refusal && theirs == *before && theirs != *ours {
                    // The other one only went on, and was first: who signed in or out here still did.
                    *ours = theirs;
                    self.kept_visitor = text;
                    self.effects.push(Effect::WhenIdle);
                    return;
                }
                *ours = theirs;
                // The same one only goes on with his session, and the page may still get its title.
                if visitor.anonymous_id != self.visitor.anonymous_id {
                    self.absorb_noted("");
                }
                self.visitor = *visitor;
                self.kept_visitor = text;
                self.context.clear();
            }
            None => {}
        }
    }

    fn opt_in(&mut self, now: Timestamp) {
        self.consent = Consent::Given;
        // Nothing is saved while storage says that the person opted out.
        self.kept_visitor.clear();
        self.found.clear();
        self.effects.push(Effect::Forget { key: VISITOR.to_owned() });
        self.start_afresh(now);
        // The page in view is the first that this person lets us see.
        self.note(Input::Page(Properties::new()), now);
    }

    fn set_alarm(&mut self) {
        if self.consent != Consent::Given || self.is_stopped {
            return;
        }
        let Some(due) = self.queue.due() else { return };
        let due = self.not_before.map_or(due, |not_before| due.max(not_before));
        if self.alarm != Some(due) {
            self.alarm = Some(due);
            self.effects.push(Effect::WakeAt(due));
        }
    }
}

/// The place of a kind among those that are switched off.
const fn bit(kind: Kind) -> u32 {
    1 << kind as u32
}

/// Properties without secrets: vendors pass on what their people typed. Of a user's e-mail
/// address the domain stays, by which the vendor's own people are told from others; it is better
/// known than one that was said.
fn push_properties(json: &mut String, kind: Kind, properties: &Properties<'static>) {
    if properties.is_empty() {
        return;
    }
    let mut domain = None;
    field(json, "properties").push('{');
    for (key, value) in properties.iter() {
        let scrubbed = scrub::scrub(value);
        if kind == Kind::Identify && domain.is_none() && scrubbed == scrub::EMAIL {
            domain = scrub::domain(value);
        }
        json::push_text(field(json, &scrub::scrub(key)), &scrubbed);
    }
    json::text(json, scrub::EMAIL_DOMAIN, domain.unwrap_or_default());
    json.push('}');
}

#[cfg(test)]
mod tests;
