//! The set against a model: random sends, crashes, failures and damage.

use super::Answer;
use super::key::REPEATS_MS;
use super::world::{Event, NOON, World, event_at, project};
use proptest::prelude::*;
use protocol::{EventId, ProjectId, Timestamp};
use std::collections::HashMap;
use std::fs;

const HOUR_MS: i64 = 3_600_000;

/// How far the times of the ids lie from noon.
const TIMES: [i64; 9] = [
    0,
    -20 * 60_000,
    -2 * HOUR_MS,
    -26 * HOUR_MS,
    -7 * 24 * HOUR_MS,
    30 * 60_000,
    50 * HOUR_MS,
    6 * 24 * HOUR_MS,
    8 * 24 * HOUR_MS,
];

#[derive(Debug, Clone)]
enum Step {
    Send {
        project: bool,
        ids: Vec<(prop::sample::Index, u8)>,
    },
    /// The spool fails while this is sent.
    Fail {
        id: (prop::sample::Index, u8),
    },
    Write,
    Checkpoint,
    /// One that leaves out what may wait.
    CheckpointDue,
    /// Reads the spool, and does not ask the store yet.
    Replay,
    Fill,
    Crash,
    /// A checkpoint of which only some files survive.
    CrashInCheckpoint {
        survives: u64,
    },
    Damage {
        file: prop::sample::Index,
        at: prop::sample::Index,
    },
    Remove {
        file: prop::sample::Index,
    },
    GiveUp,
    Pass {
        minutes: i64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let id = || (any::<prop::sample::Index>(), 0..3_u8);
    let index = any::<prop::sample::Index>;
    prop_oneof![
        12 => (any::<bool>(), prop::collection::vec(id(), 1..6))
            .prop_map(|(project, ids)| Step::Send { project, ids }),
        4 => Just(Step::Write),
        2 => Just(Step::Checkpoint),
        6 => Just(Step::CheckpointDue),
        3 => Just(Step::Replay),
        4 => Just(Step::Fill),
        2 => Just(Step::Crash),
        2 => any::<u64>().prop_map(|survives| Step::CrashInCheckpoint { survives }),
        2 => (index(), index()).prop_map(|(file, at)| Step::Damage { file, at }),
        1 => index().prop_map(|file| Step::Remove { file }),
        1 => Just(Step::GiveUp),
        3 => prop_oneof![-120..600_i64, 600..6_000_i64].prop_map(|minutes| Step::Pass { minutes }),
    ]
}

/// Some steps with at most one failure, because a spool takes a second to recover.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let failure = (any::<prop::sample::Index>(), (any::<prop::sample::Index>(), 0..3_u8));
    (prop::collection::vec(step(), 1..50), prop::option::weighted(0.3, failure)).prop_map(
        |(mut steps, failure)| {
            if let Some((at, id)) = failure {
                steps.insert(at.index(steps.len()), Step::Fail { id });
            }
            steps
        },
    )
}

fn id_of((time, n): &(prop::sample::Index, u8)) -> EventId {
    match time.index(TIMES.len() + 1) {
        // Without a time of its own.
        9 => EventId::from_bytes([0x40 + n; 16]),
        time => event_at(NOON.plus_millis(TIMES[time]), *n),
    }
}

struct Model {
    world: World,
    /// When each event was last kept, and how often it may be written.
    acknowledged: HashMap<Event, (Timestamp, usize)>,
}

impl Model {
    async fn step(&mut self, step: &Step) {
        match step {
            Step::Send { project: is_b, ids } => {
                self.send(if *is_b { "b" } else { "a" }, ids).await;
            }
            Step::Fail { id } => {
                let (a, ids) = (project("a"), [id_of(id)]);
                // What needs no new segment is kept.
                if let Some(answers) = self.world.fail(&a, &ids).await {
                    self.check(&a, &ids, &answers);
                }
            }
            Step::Write => self.world.write(),
            Step::Checkpoint => self.world.seen().checkpoint().await.unwrap(),
            Step::CheckpointDue => self.world.seen().checkpoint_due().await.unwrap(),
            Step::Replay => drop(self.world.seen().replay().unwrap()),
            Step::Fill => self.world.fill(),
            Step::Crash => self.restart(),
            Step::CrashInCheckpoint { survives } => self.crash_in_checkpoint(*survives).await,
            Step::Damage { file, at } => self.damage(file, at),
            Step::Remove { file } => {
                if let Some(path) = self.file(file) {
                    fs::remove_file(path).unwrap();
                }
            }
            Step::GiveUp => self.world.seen().give_up().unwrap(),
            Step::Pass { minutes } => self.world.now = self.world.now.plus_millis(minutes * 60_000),
        }
    }

    async fn send(&mut self, of: &str, ids: &[(prop::sample::Index, u8)]) {
        let of = project(of);
        let ids: Vec<EventId> = ids.iter().map(id_of).collect();
        let answers = self.world.send(&of, &ids).await.unwrap();
        self.check(&of, &ids, &answers);
    }

    fn check(&mut self, of: &ProjectId, ids: &[EventId], answers: &[Answer]) {
        let safe = self.world.safe();
        for (id, answer) in ids.iter().zip(answers) {
            let event = (of.clone(), *id);
            let now = self.world.now;
            let before = self.acknowledged.get(&event).copied();
            match answer {
                Answer::New => {
                    let is_old = |(at, _)| now.millis_since(at) > REPEATS_MS;
                    assert!(before.is_none_or(is_old), "{id} is called new");
                }
                Answer::Duplicate => assert!(before.is_some(), "{id} is called a duplicate"),
                Answer::Unsure => {}
            }
            assert!(safe.contains(&event), "{id} is not safe");
            if *answer != Answer::Duplicate {
                let n = before.map_or(0, |(_, n)| n) + usize::from(*answer == Answer::New);
                self.acknowledged.insert(event, (now, n.max(1)));
            }
        }
    }

    fn restart(&mut self) {
        self.world.crash();
        self.world.open();
    }

    async fn crash_in_checkpoint(&mut self, survives: u64) {
        let folder = self.world.folder();
        let image = || -> HashMap<_, _> {
            let paths = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
            paths.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
        };
        let before = image();
        match survives & 1 {
            0 => self.world.seen().checkpoint().await.unwrap(),
            _ => self.world.seen().checkpoint_due().await.unwrap(),
        }
        self.world.crash();
        for (i, (path, _)) in image().iter().enumerate() {
            if survives >> (i % 64) & 1 == 0 {
                fs::remove_file(path).unwrap();
            }
        }
        before.into_iter().for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
        self.world.open();
    }

    fn damage(&self, file: &prop::sample::Index, at: &prop::sample::Index) {
        let Some(path) = self.file(file) else { return };
        let mut bytes = fs::read(&path).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= 1;
        fs::write(path, bytes).unwrap();
    }

    fn file(&self, file: &prop::sample::Index) -> Option<std::path::PathBuf> {
        let paths = fs::read_dir(self.world.folder()).unwrap();
        let mut paths: Vec<_> = paths.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        (!paths.is_empty()).then(|| paths.swap_remove(file.index(paths.len())))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn nothing_acknowledged_is_lost_and_nothing_written_twice(
        steps in steps(),
        segment_bytes in prop_oneof![Just(1), Just(1_500), Just(64 << 20)],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::new(segment_bytes);
            let mut model = Model { world, acknowledged: HashMap::new() };
            for step in &steps {
                model.step(step).await;
            }
            model.restart();
            model.world.write();
            for ((of, id), (_, n)) in &model.acknowledged {
                let written = model.world.store.get(&(*id, of.as_str().to_owned()));
                assert_eq!(written, Some(n), "{id}");
            }
            assert_eq!(model.world.store.len(), model.acknowledged.len());
        });
    }
}
