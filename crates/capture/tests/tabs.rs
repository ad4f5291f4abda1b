//! Several tabs of one browser: they crash, reload, go offline and fill the storage. A page keeps its
//! batches under its name and holds a lock of it, and who gets the lock of a name whose page is gone
//! takes them up. Nothing is lost while storage lasts, nobody else's batch is sent, order is kept.
#![allow(clippy::unwrap_used, reason = "the helpers of a test fail as the test does: by a panic")]

use capture::{Answer, Effect, Environment, Input, Saved, Send, Tracker, VISITOR};
use proptest::prelude::*;
use protocol::{Properties, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const TABS: u8 = 3;

#[derive(Debug, Clone)]
enum Step {
    Track,
    Idle,
    Timer,
    Hide,
    /// The page goes, with or without being told, and the next one of the tab comes or does not.
    Go {
        is_told: bool,
        is_next: bool,
    },
    /// A page is opened in a tab that has none.
    Open,
    Answer {
        which: u8,
        is_read: bool,
    },
    /// The network goes, or comes back.
    Offline(bool),
    /// Storage has room for nothing more, or has again.
    Full(bool),
    Wait(u32),
}

struct Page {
    tracker: Tracker,
    /// The names that it holds the locks of, its own first.
    held: Vec<String>,
    alarm: Option<Timestamp>,
    on_the_way: Vec<Send>,
    /// What it has noted, and is lost if it crashes now.
    noted: BTreeSet<u32>,
}

#[derive(Default)]
struct World {
    pages: BTreeMap<u8, Page>,
    /// The parts of each batch in storage; nothing in the place of one that did not fit.
    storage: BTreeMap<String, Vec<Option<String>>>,
    visitor: Option<String>,
    now_ms: i64,
    n_pages: u8,
    n_tracked: u32,
    is_offline: bool,
    is_full: bool,
    /// Ids of events that were sent, wherever they came to.
    sent: BTreeSet<String>,
    /// By event id: the number of the event.
    collected: BTreeMap<String, u32>,
    /// Lost in a crash before they were kept.
    excused: BTreeSet<u32>,
}

impl World {
    fn now(&self) -> Timestamp {
        START.plus_millis(self.now_ms)
    }

    fn open(&mut self, tab: u8) {
        self.n_pages += 1;
        self.now_ms += 1;
        let name = format!("page{}", self.n_pages);
        let environment = Environment {
            random: [self.n_pages; 10],
            owner: name.clone(),
            ..Environment::default()
        };
        let saved = Saved { visitor: self.visitor.clone(), batches: Vec::new() };
        let tracker = Tracker::new(environment, saved, self.now());
        let (alarm, on_the_way, noted) = Default::default();
        let page = Page { tracker, held: vec![name], alarm, on_the_way, noted };
        self.pages.insert(tab, page);
        self.reclaim(tab);
    }

    /// Takes up, lock by lock, what is nobody's; as `sdk-web/js/storage.js` does.
    fn reclaim(&mut self, tab: u8) {
        let names: BTreeSet<String> = self.storage.keys().map(|key| owner(key)).collect();
        for name in names {
            if self.pages.values().any(|page| page.held.contains(&name)) {
                continue;
            }
            let of_name = self.storage.iter().filter(|(key, _)| owner(key) == name);
            let readable = |parts: &Vec<Option<String>>| {
                let parts: Vec<_> = parts.iter().map_while(Clone::clone).collect();
                parts.join("\u{1e}")
            };
            let kept = of_name.map(|(key, parts)| (key.clone(), readable(parts))).collect();
            self.pages.get_mut(&tab).unwrap().held.push(name);
            self.handle(tab, Input::Kept(kept));
        }
    }

    fn handle(&mut self, tab: u8, input: Input) {
        let now = self.now();
        let Some(page) = self.pages.get_mut(&tab) else { return };
        for effect in page.tracker.handle(input, now) {
            match effect {
                Effect::Save { key, text } if key == VISITOR => self.visitor = Some(text),
                Effect::Save { key, text } => {
                    let text = (!self.is_full).then_some(text);
                    self.storage.entry(key).or_default().push(text);
                }
                Effect::Forget { key } => drop(self.storage.remove(&key)),
                Effect::WakeAt(at) => page.alarm = Some(at),
                Effect::Send(send) => {
                    assert!(page.held.contains(&owner(&send.key)), "somebody else's batch");
                    for event in protocol::parse_batch(send.body.as_bytes()).unwrap().events {
                        let event = event.unwrap();
                        let is_new = self.sent.insert(event.event_id.text());
                        assert!(is_new || event.resent, "a possible repeat is marked");
                    }
                    page.on_the_way.push(send);
                }
                _ => {}
            }
        }
    }

    /// The collector takes a request, if it gets there. In a batch events are in order.
    fn collect(&mut self, send: &Send) {
        if self.is_offline {
            return;
        }
        let batch = protocol::parse_batch(send.body.as_bytes()).unwrap();
        let mut last = None;
        for event in batch.events {
            let event = event.unwrap();
            let number = event.name.as_ref().and_then(|name| name.parse::<u32>().ok());
            assert!(number > last, "out of order: {}", send.body);
            last = number;
            self.collected.insert(event.event_id.text(), number.unwrap());
        }
    }

    fn step(&mut self, tab: u8, step: &Step) {
        match *step {
            Step::Track if self.pages.contains_key(&tab) => {
                let name = self.n_tracked.to_string();
                self.pages.get_mut(&tab).unwrap().noted.insert(self.n_tracked);
                self.n_tracked += 1;
                self.handle(tab, Input::Track { name, properties: Properties::new() });
            }
            Step::Idle => self.digest(tab, Input::Idle { title: String::new() }),
            Step::Hide => self.digest(tab, Input::Hidden { title: String::new() }),
            Step::Timer => {
                if let Some(at) = self.pages.get_mut(&tab).and_then(|page| page.alarm.take()) {
                    self.now_ms = self.now_ms.max(at.millis_since(START));
                    self.handle(tab, Input::Timer);
                }
            }
            Step::Go { is_told, is_next } => {
                if is_told {
                    self.step(tab, &Step::Hide);
                }
                if let Some(page) = self.pages.remove(&tab) {
                    page.on_the_way.iter().filter(|_| is_told).for_each(|send| self.collect(send));
                    self.excused.extend(page.noted);
                }
                if is_next {
                    self.open(tab);
                }
            }
            Step::Open if !self.pages.contains_key(&tab) => self.open(tab),
            Step::Answer { which, is_read } => self.answer(tab, which, is_read),
            Step::Offline(is_offline) => self.is_offline = is_offline,
            Step::Full(is_full) => self.is_full = is_full,
            Step::Wait(ms) => self.now_ms += i64::from(ms),
            Step::Track | Step::Open => {}
        }
    }

    fn digest(&mut self, tab: u8, input: Input) {
        self.handle(tab, input);
        if let Some(page) = self.pages.get_mut(&tab) {
            page.noted.clear();
        }
    }

    fn answer(&mut self, tab: u8, which: u8, is_read: bool) {
        let Some(page) = self.pages.get_mut(&tab).filter(|page| !page.on_the_way.is_empty()) else {
            return;
        };
        let send = page.on_the_way.remove(usize::from(which) % page.on_the_way.len());
        self.collect(&send);
        let answer = match is_read && !self.is_offline {
            true => Answer::Accepted { retry: Vec::new(), retry_after_ms: None },
            false => Answer::Unread,
        };
        self.handle(tab, Input::Answered { key: send.key, attempt: send.attempt, answer });
    }

    /// The network is back and everybody goes, but one page that stays until it has sent everything.
    fn recover(&mut self) {
        (self.is_offline, self.is_full) = (false, false);
        self.settle();
        for tab in 0..TABS {
            self.step(tab, &Step::Go { is_told: true, is_next: false });
        }
        self.open(0);
        self.settle();
    }

    fn settle(&mut self) {
        for tab in 0..TABS {
            for _ in 0..500 {
                self.step(tab, &Step::Idle);
                self.step(tab, &Step::Timer);
                while self.pages.get(&tab).is_some_and(|page| !page.on_the_way.is_empty()) {
                    self.answer(tab, 0, true);
                }
            }
        }
    }

    fn missing(&self) -> Vec<u32> {
        let collected: BTreeSet<u32> = self.collected.values().copied().collect();
        let is_there = |n: &u32| collected.contains(n) || self.excused.contains(n);
        (0..self.n_tracked).filter(|n| !is_there(n)).collect()
    }
}

/// The name under which a batch is kept.
fn owner(key: &str) -> String {
    key.split('.').next().unwrap_or_default().to_owned()
}

fn step(is_stormy: bool) -> impl Strategy<Value = (u8, Step)> {
    let step = prop_oneof![
        6 => Just(Step::Track),
        5 => Just(Step::Idle),
        5 => Just(Step::Timer),
        1 => Just(Step::Hide),
        2 => (any::<bool>(), any::<bool>()).prop_map(move |(is_told, is_next)| match is_stormy {
            true => Step::Go { is_told, is_next },
            false => Step::Idle,
        }),
        2 => Just(Step::Open),
        5 => (any::<u8>(), any::<bool>()).prop_map(|(which, is_read)| Step::Answer { which, is_read }),
        1 => any::<bool>().prop_map(Step::Offline),
        1 => any::<bool>().prop_map(move |is_full| Step::Full(is_full && !is_stormy)),
        1 => (0_u32..100_000_000).prop_map(Step::Wait),
    ];
    (0..TABS, step)
}

fn histories(is_stormy: bool) -> impl Strategy<Value = Vec<(u8, Step)>> {
    proptest::collection::vec(step(is_stormy), 1..150)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// Pages come, go and crash, and storage has room.
    #[test]
    fn nothing_is_lost_while_storage_lasts(steps in histories(true)) {
        let mut world = World::default();
        world.open(0);
        for (tab, step) in steps {
            world.step(tab, &step);
        }
        world.recover();
        prop_assert_eq!(world.missing(), Vec::<u32>::new());
        prop_assert!(world.storage.is_empty(), "{:?}", world.storage);
    }

    /// Storage is full now and then, and pages live on.
    #[test]
    fn what_did_not_fit_is_in_memory(steps in histories(false)) {
        let mut world = World::default();
        (0..TABS).for_each(|tab| world.open(tab));
        for (tab, step) in steps {
            world.step(tab, &step);
        }
        world.recover();
        prop_assert_eq!(world.missing(), Vec::<u32>::new());
    }
}
