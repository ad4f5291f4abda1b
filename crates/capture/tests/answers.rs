//! What the collector answers, and what becomes of each event: acknowledged or refused by its
//! word, given up and counted, or still kept. Never two of them, and never sent after a stop.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the helpers of a test fail as the test does: by a panic"
)]

use capture::{Answer, Effect, Environment, Input, Saved, Send, Tracker, VISITOR};
use proptest::prelude::*;
use protocol::{EventId, Properties, Timestamp, limits};
use std::collections::{BTreeMap, BTreeSet};

const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// The browser and the network, and what the tracker was told.
struct World {
    tracker: Tracker,
    kept: BTreeMap<String, String>,
    now: Timestamp,
    alarm: Option<Timestamp>,
    on_the_way: Vec<Send>,
    /// The attempt that comes after the last one sent, by key.
    next_attempt: BTreeMap<String, u32>,
    warnings: Vec<String>,
    n_tracked: u32,
    acknowledged: BTreeSet<EventId>,
    /// Sent without a sure answer: a later send must say so.
    doubtful: BTreeSet<EventId>,
    is_stopped: bool,
}

impl World {
    fn new() -> Self {
        Self::with(Saved::default(), 1)
    }

    fn with(saved: Saved, seed: u8) -> Self {
        let kept = saved.batches.iter().cloned().collect();
        let environment =
            Environment { random: [seed; 10], owner: "tab".to_owned(), ..Environment::default() };
        Self {
            tracker: Tracker::new(environment, saved, START),
            kept,
            now: START,
            alarm: None,
            on_the_way: Vec::new(),
            next_attempt: BTreeMap::new(),
            warnings: Vec::new(),
            n_tracked: 0,
            acknowledged: BTreeSet::new(),
            doubtful: BTreeSet::new(),
            is_stopped: false,
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
                Effect::Warn(text) => self.warnings.push(text),
                Effect::Send(send) => self.take(send),
                _ => {}
            }
        }
    }

    fn take(&mut self, send: Send) {
        assert!(!self.is_stopped, "nothing is sent after a stop");
        for (id, is_resent) in events(&send.body) {
            assert!(!self.acknowledged.contains(&id), "what is settled is not sent again");
            assert!(is_resent || !self.doubtful.contains(&id), "a possible repeat is marked");
        }
        self.next_attempt.insert(send.key.clone(), send.attempt + 1);
        self.on_the_way.push(send);
    }

    fn track(&mut self, n_properties: usize) {
        let mut properties = Properties::new();
        for n in 0..n_properties {
            properties.set(format!("note {n}"), "x".repeat(limits::PROPERTY_VALUE_BYTES));
        }
        self.n_tracked += 1;
        self.handle(Input::Track { name: "Noted".to_owned(), properties });
    }

    fn idle(&mut self) {
        self.handle(Input::Idle { title: String::new() });
    }

    fn timer(&mut self) {
        if let Some(at) = self.alarm.take() {
            self.now = self.now.max(at);
            self.handle(Input::Timer);
        }
    }

    /// Tells the tracker what came of one of the requests.
    fn answer(&mut self, which: usize, answer: &Answer) {
        if self.on_the_way.is_empty() {
            return;
        }
        let send = self.on_the_way.remove(which % self.on_the_way.len());
        let ids: Vec<EventId> = events(&send.body).into_iter().map(|(id, _)| id).collect();
        let is_latest = self.next_attempt[&send.key] == send.attempt + 1;
        let is_told = !self.is_stopped;
        let before = self.kept_events();
        let status = match answer {
            Answer::Refused { status, .. } => *status,
            Answer::Unread => 0,
            _ => 202,
        };
        if !matches!(status, 202 | 400..500) && is_told {
            self.doubtful.extend(&ids);
        }
        self.handle(Input::Answered {
            key: send.key.clone(),
            attempt: send.attempt,
            answer: answer.clone(),
        });
        self.is_stopped |= matches!(status, 401 | 403 | 404 | 410);
        let Answer::Accepted { retry, .. } = answer else { return };
        let kept = self.kept_events();
        let settled = ids.iter().enumerate().filter(|(i, _)| !retry.contains(&(*i as u32)));
        // What another answer has settled before is no news.
        for (_, id) in settled.filter(|(_, id)| is_told && before.contains(id)) {
            assert!(!is_latest || !kept.contains(id), "what is settled leaves storage");
            if !kept.contains(id) {
                self.acknowledged.insert(*id);
            }
        }
    }

    fn kept_events(&self) -> BTreeSet<EventId> {
        let batches = self.kept.iter().filter(|(key, _)| *key != VISITOR);
        let ids = batches.flat_map(|(_, text)| text.split("\"event_id\":\"").skip(1));
        ids.map(|rest| EventId::parse(&rest[..36]).unwrap()).collect()
    }
}

/// The events of a body, and whether each says that it may be a repeat.
fn events(body: &str) -> Vec<(EventId, bool)> {
    let batch = protocol::parse_batch(body.as_bytes()).unwrap();
    batch
        .events
        .iter()
        .map(|event| event.as_ref().unwrap())
        .map(|e| (e.event_id, e.resent))
        .collect()
}

fn accepted(retry: Vec<u32>) -> Answer {
    Answer::Accepted { retry, retry_after_ms: Some(0) }
}

fn refused(status: u32) -> Answer {
    Answer::Refused { status, retry_after_ms: Some(20_000) }
}

#[derive(Debug, Clone)]
enum Step {
    Track(usize),
    Idle,
    Timer,
    Hide,
    Answer(usize, Answer),
}

fn step() -> impl Strategy<Value = Step> {
    let status = proptest::sample::select(vec![200, 400, 408, 413, 429, 500, 502, 503, 504, 507]);
    let stop = proptest::sample::select(vec![401, 403, 404, 410]);
    let answer = prop_oneof![
        12 => proptest::collection::vec(0_u32..6, 0..4).prop_map(accepted),
        6 => Just(accepted(Vec::new())),
        12 => status.prop_map(refused),
        3 => Just(Answer::Unread),
        1 => stop.prop_map(refused),
    ];
    prop_oneof![
        5 => proptest::sample::select(vec![0_usize, 0, 60]).prop_map(Step::Track),
        4 => Just(Step::Idle),
        5 => Just(Step::Timer),
        1 => Just(Step::Hide),
        6 => (0_usize..4, answer).prop_map(|(which, answer)| Step::Answer(which, answer)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is answered, each event ends in one of the three ways, and the sums are right.
    #[test]
    fn every_event_has_one_fate(steps in proptest::collection::vec(step(), 1..160)) {
        let mut world = World::new();
        for step in steps {
            match step {
                Step::Track(n) => {
                    if world.is_stopped {
                        continue;
                    }
                    world.track(n);
                }
                Step::Idle => world.idle(),
                Step::Timer => world.timer(),
                Step::Hide => world.handle(Input::Hidden { title: String::new() }),
                Step::Answer(which, answer) => {
                    world.idle();
                    world.answer(which, &answer);
                }
            }
        }
        world.idle();
        let kept = world.kept_events();
        let n_dropped = world.tracker.n_dropped();
        prop_assert!(world.acknowledged.is_disjoint(&kept));
        let n_fates = world.acknowledged.len() + kept.len() + n_dropped;
        prop_assert_eq!(n_fates, usize::try_from(world.n_tracked).unwrap());
    }
}

/// A world in which three events are on their way.
fn three_sent() -> World {
    let mut world = World::new();
    (0..3).for_each(|_| world.track(0));
    world.idle();
    world.timer();
    world
}

#[test]
fn an_event_to_send_again_waits_as_asked_and_is_not_marked_until_an_answer_is_missed() {
    let mut world = three_sent();
    let answer = Answer::Accepted { retry: vec![1], retry_after_ms: Some(20_000) };
    world.answer(0, &answer);
    let wait = world.alarm.unwrap().millis_since(world.now);
    assert!((20_000..21_000).contains(&wait), "{wait}");
    world.timer();
    assert_eq!(events(&world.on_the_way[0].body).iter().map(|e| e.1).collect::<Vec<_>>(), [false]);
    world.answer(0, &Answer::Unread);
    world.timer();
    assert_eq!(events(&world.on_the_way[0].body).iter().map(|e| e.1).collect::<Vec<_>>(), [true]);
    world.answer(0, &accepted(Vec::new()));
    assert_eq!((world.acknowledged.len(), world.kept_events().len()), (3, 0));
}

#[test]
fn a_stop_is_said_once_keeps_what_waits_and_ends_with_the_page() {
    for status in [401, 403, 404, 410] {
        let mut world = three_sent();
        world.answer(0, &refused(status));
        let before = world.kept.clone();
        for _ in 0..3 {
            world.track(0);
            world.idle();
            world.timer();
            world.handle(Input::Flush);
            world.handle(Input::Hidden { title: String::new() });
        }
        assert_eq!(world.warnings, ["stopped: the collector does not take this write key"]);
        assert_eq!((world.tracker.n_unacknowledged(), world.tracker.n_dropped()), (3, 0));
        assert_eq!(world.kept, before, "nothing more is kept");
        world.handle(Input::OptOut);
        world.handle(Input::OptIn);
        world.idle();
        world.timer();

        let batches = before.into_iter().filter(|(key, _)| key != VISITOR).collect();
        let mut next = World::with(Saved { visitor: None, batches }, 2);
        next.handle(Input::Flush);
        next.idle();
        assert_eq!(events(&next.on_the_way[0].body).len(), 3, "the next page tries again");
    }
}

#[test]
fn the_collector_is_told_how_many_were_given_up_and_only_once() {
    let told = |send: &Send| protocol::parse_batch(send.body.as_bytes()).unwrap().given_up;
    let mut world = three_sent();
    assert_eq!(told(&world.on_the_way[0]), 0);
    world.answer(0, &refused(400));
    world.track(0);
    world.idle();
    world.timer();
    assert_eq!(told(&world.on_the_way[0]), 3);
    world.answer(0, &refused(503));
    world.timer();
    assert_eq!(told(&world.on_the_way[0]), 3, "a repeat says the same");
    world.answer(0, &accepted(Vec::new()));
    world.track(0);
    world.idle();
    world.timer();
    assert_eq!(told(&world.on_the_way[0]), 0);
}
