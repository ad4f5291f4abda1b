//! What holds whatever happens: people act, the network and the collector fail, pages come and go.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the helpers of a test fail as the test does: by a panic"
)]

use capture::{Answer, Effect, ElementFacts, Environment, Input, Saved, Send, Tracker, VISITOR};
use proptest::prelude::*;
use protocol::{Properties, Timestamp};
use std::collections::BTreeMap;

const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// What a rule must not bring out of the page.
const SECRET: &str = "sk_live_4eC39HqLyjWDarjtT1zdp7dc";

/// One thing that happens in a random history.
#[derive(Debug, Clone)]
enum Step {
    Track,
    Click(u8),
    Identify(u8),
    /// What two rules give: an id, a secret, or nothing.
    Find(u8),
    Reset,
    Idle,
    Timer,
    Wait(u32),
    Hide,
    /// The page goes and the next one of the tab comes; requests on their way arrive or not.
    Reload {
        is_arriving: bool,
    },
    Answer {
        which: u8,
        outcome: Outcome,
    },
}

#[derive(Debug, Clone, Copy)]
enum Outcome {
    Kept,
    KeptButUnread,
    Lost,
    Unavailable,
    KeptButUnavailable,
    HalfKept,
    TooLarge,
}

/// The browser, the network and the collector.
struct World {
    tracker: Tracker,
    kept: BTreeMap<String, String>,
    now: Timestamp,
    alarm: Option<Timestamp>,
    on_the_way: Vec<Send>,
    n_tracked: u32,
    n_loads: u8,
    /// Bytes of each event as it was first sent, without the mark.
    first_bytes: BTreeMap<String, String>,
    /// In how many sends that may have arrived, for all the browser knows, an event went out.
    n_unread: BTreeMap<String, u32>,
    /// What the collector holds: names of the tracked events, by event id.
    collected: BTreeMap<String, String>,
}

impl World {
    fn new() -> Self {
        Self {
            tracker: tracker(0, Saved::default(), START),
            kept: BTreeMap::new(),
            now: START,
            alarm: None,
            on_the_way: Vec::new(),
            n_tracked: 0,
            n_loads: 0,
            first_bytes: BTreeMap::new(),
            n_unread: BTreeMap::new(),
            collected: BTreeMap::new(),
        }
    }

    fn handle(&mut self, input: Input) {
        for effect in self.tracker.handle(input, self.now) {
            match effect {
                Effect::Save { key, text } if key == VISITOR => drop(self.kept.insert(key, text)),
                Effect::Save { key, text } => {
                    let kept = self.kept.entry(key).or_default();
                    let separator = if kept.is_empty() { "" } else { "\u{1e}" };
                    *kept = [kept, separator, &text].concat();
                }
                Effect::Forget { key } => drop(self.kept.remove(&key)),
                Effect::WakeAt(at) => self.alarm = Some(at),
                Effect::Send(send) => self.take(send),
                _ => {}
            }
        }
    }

    /// Checks a body as it leaves.
    fn take(&mut self, send: Send) {
        let mut last_number = None;
        for (id, event) in events(&send) {
            let is_resent = event.contains(",\"resent\":true}");
            let bytes = event.replace(",\"resent\":true}", "}");
            let first = self.first_bytes.entry(id.clone()).or_insert_with(|| bytes.clone());
            assert_eq!(*first, bytes, "an event never changes");
            let n_unread = self.n_unread.entry(id).or_default();
            assert!(is_resent || *n_unread == 0, "a possible repeat is marked");
            *n_unread += 1;
            let number = number(&bytes);
            assert!(number > last_number || number.is_none(), "a batch is in order");
            last_number = number.or(last_number);
        }
        self.on_the_way.push(send);
    }

    fn collect(&mut self, send: &Send, is_kept: impl Fn(usize) -> bool) {
        for (n, (id, event)) in events(send).into_iter().enumerate() {
            if is_kept(n) {
                self.collected.insert(id, event);
            }
        }
    }

    /// The collector answers one of the requests, and the browser reads it or not.
    fn answer(&mut self, which: u8, outcome: Outcome) {
        if self.on_the_way.is_empty() {
            return;
        }
        let send = self.on_the_way.remove(usize::from(which) % self.on_the_way.len());
        let all = events(&send);
        let outcome = match outcome {
            // One event that is too large is given up, which is another test's matter.
            Outcome::TooLarge if all.len() < 2 => Outcome::Unavailable,
            outcome => outcome,
        };
        let answer = match outcome {
            Outcome::Kept => {
                self.collect(&send, |_| true);
                Answer::Accepted { retry: Vec::new(), retry_after_ms: None }
            }
            Outcome::HalfKept => {
                self.collect(&send, |n| n % 2 == 0);
                let retry = (0..all.len()).filter(|n| n % 2 == 1);
                let retry = retry.map(|n| u32::try_from(n).unwrap()).collect();
                Answer::Accepted { retry, retry_after_ms: None }
            }
            Outcome::KeptButUnavailable => {
                self.collect(&send, |_| true);
                Answer::Refused { status: 502, retry_after_ms: None }
            }
            Outcome::KeptButUnread => {
                self.collect(&send, |_| true);
                Answer::Unread
            }
            Outcome::Lost => Answer::Unread,
            Outcome::Unavailable => Answer::Refused { status: 503, retry_after_ms: None },
            Outcome::TooLarge => Answer::Refused { status: 413, retry_after_ms: None },
        };
        let is_sure = match answer {
            Answer::Unread => false,
            Answer::Refused { status, .. } => status < 500,
            _ => true,
        };
        if is_sure {
            for (id, _) in &all {
                *self.n_unread.entry(id.clone()).or_default() -= 1;
            }
        }
        self.handle(Input::Answered { key: send.key.clone(), attempt: send.attempt, answer });
        if matches!(outcome, Outcome::Kept) {
            assert!(!self.kept.contains_key(&send.key), "what is acknowledged leaves storage");
        }
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Track => {
                let name = format!("e{:06}", self.n_tracked);
                self.n_tracked += 1;
                self.handle(Input::Track { name, properties: Properties::new() });
            }
            Step::Click(n) => {
                let facts = ["button", &format!("b{}", n % 4)].join("\u{1f}");
                self.handle(Input::Click(ElementFacts::new(facts)));
            }
            Step::Identify(n) => {
                let user_id = format!("u-{}", n % 3);
                self.handle(Input::Identify { user_id, properties: Properties::new() });
            }
            Step::Find(n) => {
                let value = |n: u8| ["", "u-1", "u-9", SECRET, "\n", "\t"][usize::from(n % 6)];
                let rules = ["7", "user", value(n), "account", value(n / 6)];
                self.handle(Input::Found(rules.join("\u{1f}")));
            }
            Step::Reset => self.handle(Input::Reset),
            Step::Idle => self.handle(Input::Idle { title: String::new() }),
            Step::Timer => {
                if let Some(at) = self.alarm.take() {
                    self.now = self.now.max(at);
                    self.handle(Input::Timer);
                }
            }
            Step::Wait(ms) => self.now = self.now.plus_millis(ms.into()),
            Step::Hide => self.handle(Input::Hidden { title: String::new() }),
            Step::Reload { is_arriving } => self.reload(is_arriving),
            Step::Answer { which, outcome } => self.answer(which, outcome),
        }
    }

    fn reload(&mut self, is_arriving: bool) {
        self.handle(Input::Hidden { title: String::new() });
        for send in std::mem::take(&mut self.on_the_way) {
            if is_arriving {
                self.collect(&send, |_| true);
            }
        }
        self.n_loads = self.n_loads.wrapping_add(1);
        self.alarm = None;
        let mut batches = self.kept.clone();
        let visitor = batches.remove(VISITOR);
        let saved = Saved { visitor, batches: batches.into_iter().collect() };
        self.now = self.now.plus_millis(1);
        self.tracker = tracker(self.n_loads, saved, self.now);
        self.handle(Input::Flush);
    }

    /// The network is back for good.
    fn recover(&mut self) {
        for _ in 0..10_000 {
            self.step(&Step::Idle);
            self.step(&Step::Timer);
            while !self.on_the_way.is_empty() {
                self.answer(0, Outcome::Kept);
            }
            if self.tracker.n_unacknowledged() == 0 {
                return;
            }
        }
        panic!("{} events never leave", self.tracker.n_unacknowledged());
    }

    fn collected_numbers(&self) -> Vec<u32> {
        self.collected.values().filter_map(|event| number(event)).collect()
    }
}

fn tracker(n_loads: u8, saved: Saved, now: Timestamp) -> Tracker {
    let environment =
        Environment { random: [n_loads; 10], owner: "tab".to_owned(), ..Environment::default() };
    Tracker::new(environment, saved, now)
}

/// Ids and bytes of the events of a body, which must be a batch of the contract.
fn events(send: &Send) -> Vec<(String, String)> {
    let batch = protocol::parse_batch(send.body.as_bytes()).unwrap();
    assert!(batch.events.iter().all(Result::is_ok));
    assert!(!send.body.contains(SECRET), "a rule brought a secret out");
    let body: BTreeMap<String, &serde_json::value::RawValue> =
        serde_json::from_str(&send.body).unwrap();
    let raw: Vec<&serde_json::value::RawValue> =
        serde_json::from_str(body["events"].get()).unwrap();
    let ids = batch.events.iter().flatten().map(|event| event.event_id.to_string());
    ids.zip(raw.iter().map(|event| event.get().to_owned())).collect()
}

/// Which of the tracked events it is.
fn number(event: &str) -> Option<u32> {
    event.split("\"name\":\"e").nth(1)?.get(..6)?.parse().ok()
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        4 => Just(Outcome::Kept),
        1 => Just(Outcome::KeptButUnread),
        1 => Just(Outcome::Lost),
        1 => Just(Outcome::Unavailable),
        1 => Just(Outcome::KeptButUnavailable),
        1 => Just(Outcome::HalfKept),
        1 => Just(Outcome::TooLarge),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => Just(Step::Track),
        3 => any::<u8>().prop_map(Step::Click),
        1 => any::<u8>().prop_map(Step::Identify),
        1 => any::<u8>().prop_map(Step::Find),
        1 => Just(Step::Reset),
        3 => Just(Step::Idle),
        4 => Just(Step::Timer),
        1 => (0_u32..4_000_000).prop_map(Step::Wait),
        1 => Just(Step::Hide),
        1 => any::<bool>().prop_map(|is_arriving| Step::Reload { is_arriving }),
        5 => (any::<u8>(), outcome()).prop_map(|(which, outcome)| Step::Answer { which, outcome }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens on the way, each event arrives, leaves storage, and never changes.
    #[test]
    fn no_event_is_lost_or_changed(steps in proptest::collection::vec(step(), 1..120)) {
        let mut world = World::new();
        for step in steps {
            world.step(&step);
        }
        world.recover();
        let mut numbers = world.collected_numbers();
        numbers.sort_unstable();
        prop_assert_eq!(numbers, (0..world.n_tracked).collect::<Vec<_>>());
        prop_assert_eq!(world.tracker.n_dropped(), 0);
        let batches: Vec<_> = world.kept.keys().filter(|key| *key != VISITOR).collect();
        prop_assert!(batches.is_empty(), "{:?}", batches);
    }

    /// Where nothing fails, nothing is sent twice, and all arrives in the order it happened.
    #[test]
    fn order_is_kept(steps in proptest::collection::vec(step(), 1..120)) {
        let mut world = World::new();
        let mut sent = Vec::new();
        for step in steps {
            match step {
                Step::Reload { .. } | Step::Hide | Step::Answer { .. } => {}
                step => world.step(&step),
            }
            sent.extend(world.on_the_way.iter().flat_map(events).filter_map(|(_, event)| number(&event)));
            while !world.on_the_way.is_empty() {
                world.answer(0, Outcome::Kept);
            }
        }
        prop_assert!(sent.is_sorted_by(|a, b| a < b), "{:?}", sent);
    }

    /// What stands in storage may have been written by anyone.
    #[test]
    fn arbitrary_saved_text_never_panics(
        visitor in "(1\n(in|out)\n)?([a-z0-9{}\\PC]{0,20}\n){0,12}",
        key in "tab\\.[0-9]{1,20}\\.[0-9]{1,5}|\\PC{0,20}",
        text in "(1\n[0-9]{1,2}\n[0-9]{1,2}\n)?([{][a-z\":0-9]{0,20}[}]\n?){0,8}|\\PC{0,60}",
    ) {
        let saved = Saved { visitor: Some(visitor), batches: vec![(key, text)] };
        let mut tracker = tracker(1, saved, START);
        for input in [Input::Flush, Input::Idle { title: String::new() }, Input::Timer] {
            drop(tracker.handle(input, START));
        }
        drop(tracker.handle(Input::Hidden { title: String::new() }, START));
    }
}
