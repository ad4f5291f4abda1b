//! Random histories of log and cursor, with a crash at every operation of the file system, over
//! one that loses what it may lose ([`super::simfs`]), against a list of what was sent.
//!
//! `PROPTEST_CASES` says how many histories there are.

mod named;

use super::cursor::{Cursor, Cut};
use super::log::Log;
use super::simfs::{Fault, SimFs, Stop};
use super::storage::Folder;
use super::{Kind, Position, read, record, recover};
use proptest::prelude::*;
use protocol::Timestamp;

/// Small, so that histories roll.
const SEGMENT_BYTES: u64 = 300;

/// An operation on the spool, or on the machine under it.
#[derive(Debug, Clone)]
pub(super) enum Operation {
    /// Appends and syncs a group of records of these lengths.
    Append(Vec<usize>),
    Roll,
    /// ClickHouse has everything up to a record; what follows up to another is cut. Both are
    /// counted around those that can be. Whether the segment is old.
    Save {
        done: usize,
        cut: Option<usize>,
        is_old: bool,
    },
    /// The collector stops in this way, and starts again.
    Restart(Stop),
    /// Some of the operations to come fail.
    Fail {
        fault: Fault,
        after: u64,
        n: u64,
    },
    Heal,
}

fn operation() -> impl Strategy<Value = Operation> {
    let lengths = prop::collection::vec(0_usize..120, 1..4);
    let index = || 0_usize..12;
    let stop = prop_oneof![Just(Stop::Kill), Just(Stop::PowerLoss)];
    let fault = prop_oneof![Just(Fault::Broken), Just(Fault::Full)];
    let n = prop_oneof![2 => Just(1), 1 => Just(u64::MAX)];
    prop_oneof![
        5 => lengths.prop_map(Operation::Append),
        1 => Just(Operation::Roll),
        3 => (index(), prop::option::of(index()), prop::bool::weighted(0.2))
            .prop_map(|(done, cut, is_old)| Operation::Save { done, cut, is_old }),
        1 => stop.prop_map(Operation::Restart),
        2 => (fault, 0_u64..8, n)
            .prop_map(|(fault, after, n)| Operation::Fail { fault, after, n }),
        1 => Just(Operation::Heal),
    ]
}

/// What was given to the log.
#[derive(Debug)]
struct Sent {
    body: Vec<u8>,
    /// Where it ends, if it was acknowledged or read after a restart; otherwise it may be there
    /// after the next restart, or not.
    place: Option<Position>,
}

/// The spool, and what is known of it from outside.
struct Model {
    fs: SimFs,
    folder: Folder,
    log: Option<Log>,
    cursor: Option<Cursor>,
    /// The last cursor that is known to be saved, and those that may be.
    saved: Option<Cursor>,
    tried: Vec<Cursor>,
    /// In the order in which it was given.
    sent: Vec<Sent>,
    n_sent: u64,
    /// No record that comes has a place before this.
    highest: Position,
    /// Whether the last write went well: nothing that was refused before may appear any more.
    is_settled: bool,
    n_opened: u8,
    /// The operation of the next start at which it stops again.
    second_stop: Option<u64>,
}

impl Model {
    fn new(seed: u64) -> Self {
        let fs = SimFs::new(seed);
        Self {
            folder: fs.folder(),
            fs,
            log: None,
            cursor: None,
            saved: None,
            tried: Vec::new(),
            sent: Vec::new(),
            n_sent: 0,
            highest: Position::default(),
            is_settled: false,
            n_opened: 0,
            second_stop: None,
        }
    }

    /// Performs an operation; if the machine stops in it, starts again in the way of `stop`.
    fn perform(&mut self, operation: &Operation, stop: Stop) {
        match operation {
            Operation::Append(lengths) => self.append(lengths),
            Operation::Roll => {
                if let Some(log) = &mut self.log {
                    self.is_settled = log.roll(Timestamp::default()).is_ok();
                }
            }
            Operation::Save { done, cut, is_old } => self.save(*done, *cut, *is_old),
            Operation::Restart(stop) => self.restart(*stop),
            Operation::Fail { fault, after, n } => self.fs.fail(*fault, *after, *n),
            Operation::Heal => self.fs.heal(),
        }
        if !self.fs.is_stopped() {
            self.check();
        }
        if self.fs.is_stopped() {
            self.restart(stop);
            self.check();
        }
    }

    fn append(&mut self, lengths: &[usize]) {
        let Some(log) = &mut self.log else { return };
        let (mut frames, mut group) = (Vec::new(), Vec::new());
        for length in lengths {
            self.n_sent += 1;
            let mut body = self.n_sent.to_le_bytes().to_vec();
            body.resize(8 + length, 7);
            record::put(&mut frames, Kind::Batch, [&body, &[]]);
            group.push(body);
        }
        let appended = log.append(&frames, Timestamp::default());
        self.is_settled = appended.is_ok();
        let mut place =
            appended.ok().map(|end| Position { offset: end.offset - frames.len() as u64, ..end });
        for body in group {
            if let Some(place) = &mut place {
                place.offset += (record::HEADER + body.len()) as u64;
                assert!(*place > self.highest, "{place:?} was used before");
                self.highest = *place;
            }
            self.sent.push(Sent { body, place });
        }
    }

    /// What can be read and is behind `done`.
    fn places(&self, done: Position) -> Vec<Position> {
        let places = self.sent.iter().filter_map(|sent| sent.place);
        let end = self.log.as_ref().map_or(done, Log::end);
        places.filter(|place| done < *place && *place <= end).collect()
    }

    fn save(&mut self, done: usize, cut: Option<usize>, is_old: bool) {
        let (Some(log), Some(cursor)) = (&self.log, &self.cursor) else { return };
        let mut places = self.places(cursor.done);
        // Segments without records are stepped over.
        places.push(log.end().max(cursor.done));
        let mut next = Cursor { done: places[done % places.len()], cut: None, ..cursor.clone() };
        let attempt = cursor.cut.map_or(0, |cut| cut.attempt + 1);
        next.cut = cut.and_then(|cut| {
            let behind = self.places(next.done);
            (!behind.is_empty()).then(|| Cut { end: behind[cut % behind.len()], attempt })
        });
        self.cursor = Some(next.clone());
        if next.save(&self.folder).is_err() {
            self.tried.push(next);
            return;
        }
        let old = Timestamp::from_millis(i64::from(is_old));
        if let Some(log) = &mut self.log {
            // What cannot be deleted stays; it has no meaning any more.
            drop(log.release(next.done, old, Timestamp::default(), |_| {}));
        }
        self.be_saved(next);
    }

    fn be_saved(&mut self, cursor: Cursor) {
        self.sent.retain(|sent| sent.place.is_none_or(|place| place > cursor.done));
        self.saved = Some(cursor);
        self.tried.clear();
    }

    /// Stops and starts. A start may be stopped as well, or fail; then it starts again.
    fn restart(&mut self, stop: Stop) {
        (self.log, self.is_settled) = (None, false);
        let was_stopped = self.fs.is_stopped();
        self.fs.restart(stop);
        if let Some(n) = self.second_stop.take_if(|_| was_stopped) {
            self.fs.stop_after(n);
        }
        let mut n_hindered = 0;
        while self.open().is_err() || self.fs.is_stopped() {
            n_hindered += 1;
            assert!(n_hindered < 4, "it does not start although nothing fails");
            self.fs.restart(stop);
            self.fs.heal();
        }
        if was_stopped {
            self.fs.go_on();
        }
    }

    fn open(&mut self) -> Result<(), super::Error> {
        self.n_opened += 1;
        let (mut log, cursor, recovered) =
            recover(&self.folder, SEGMENT_BYTES, [self.n_opened; 16])?;
        assert_eq!(recovered.missing, Vec::<u64>::new());
        let is_known = self.saved.iter().chain(&self.tried).any(|known| *known == cursor);
        assert!(is_known || self.saved.is_none(), "{cursor:?}, not {:?}", self.saved);
        self.is_settled = log.roll(Timestamp::default()).is_ok();
        (self.log, self.cursor) = (Some(log), Some(cursor.clone()));
        self.be_saved(cursor);
        Ok(())
    }

    /// Everything that can be read is what was sent, in order; nothing is missing that was
    /// acknowledged or read before; and what could be missing and is stays missing.
    fn check(&mut self) {
        let (Some(log), Some(cursor)) = (&self.log, &self.cursor) else { return };
        let Some(found) = read_all(&self.folder, log, cursor.done) else { return };
        let mut sent = self.sent.iter_mut();
        for (body, place) in found {
            let same = sent.by_ref().find(|sent| {
                let is_due = sent.place.is_some_and(|place| place > cursor.done);
                assert!(!is_due || sent.body == body, "{:?} is lost", sent.place);
                sent.body == body
            });
            let same = same.unwrap_or_else(|| panic!("{body:?} at {place:?} is not next"));
            assert_eq!(*same.place.get_or_insert(place), place, "it moved");
            self.highest = self.highest.max(place);
        }
        if self.is_settled {
            let lost = sent.find(|sent| sent.place.is_some_and(|place| place > cursor.done));
            assert!(lost.is_none(), "{lost:?} is lost");
            // What lies before a cursor that could not be saved was not looked at here, and may
            // be read after a restart.
            if self.tried.is_empty() {
                self.sent.retain(|sent| sent.place.is_some());
            }
        }
    }

    /// Once nothing fails, it can be written, and holds what it has to after a loss of power.
    fn end(&mut self) {
        self.fs.heal();
        self.fs.go_on();
        self.append(&[1]);
        if !self.is_settled {
            self.append(&[1]);
        }
        assert!(self.is_settled, "it cannot be written although nothing fails");
        self.check();
        self.restart(Stop::PowerLoss);
        self.check();
        assert_eq!(self.fs.n_vain_syncs(), 0, "a file was synced again after a failure");
        assert!(self.fs.names().iter().all(|name| !name.ends_with(".new")));
    }
}

/// What can be read from a place on; `None` if reading fails.
fn read_all(folder: &Folder, log: &Log, from: Position) -> Option<Vec<(Vec<u8>, Position)>> {
    let (mut at, mut found, ends) = (from, Vec::new(), log.ends());
    loop {
        let chunk = read::chunk(folder, &ends, at).ok()?;
        found.extend(chunk.records().map(|(_, body, next)| (body.to_vec(), next)));
        if chunk.next == at {
            return Some(found);
        }
        at = chunk.next;
    }
}

/// Runs a history with a stop at operation `at` of the file system, and another at `second` of
/// the start that follows. Returns whether it came so far.
pub(super) fn run(
    operations: &[Operation],
    seed: u64,
    stop: Stop,
    at: u64,
    second: Option<u64>,
) -> bool {
    let mut model = Model::new(seed.wrapping_add(at));
    model.fs.stop_after(at);
    model.second_stop = second;
    if model.open().is_err() || model.fs.is_stopped() {
        model.restart(stop);
    }
    for operation in operations {
        model.perform(operation, stop);
    }
    let is_reached = model.fs.n_operations() > at;
    model.end();
    is_reached
}

proptest! {
    #[test]
    fn what_was_acknowledged_is_there_wherever_it_stops(
        operations in prop::collection::vec(operation(), 1..16),
        seed in any::<u64>(),
    ) {
        for stop in [Stop::Kill, Stop::PowerLoss] {
            let second = |at: u64| (seed.rotate_left(7).wrapping_add(at * 5)) % 24;
            let mut at = 0;
            while run(&operations, seed, stop, at, Some(second(at))) {
                at += 1;
            }
        }
    }
}
