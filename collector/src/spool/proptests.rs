//! Random histories of a log over real files, against a queue.

use super::log::Log;
use super::recovery::Recovered;
use super::storage::Folder;
use super::{Kind, Position, read, record, segment};
use proptest::prelude::*;
use protocol::Timestamp;
use std::collections::VecDeque;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Small, so that histories roll.
const SEGMENT_BYTES: u64 = 300;

#[derive(Debug, Clone)]
enum Operation {
    /// Appends and syncs a group of records of these lengths.
    Append(Vec<usize>),
    Roll,
    /// The process ends in the middle of a write: of a further group, so many bytes reach the
    /// file, and the last of them may be garbage. Then it starts again.
    Crash {
        lengths: Vec<usize>,
        reached: prop::sample::Index,
        garbage: usize,
    },
    Reopen,
    /// Lets go of what was read up to a place.
    Truncate(prop::sample::Index),
}

fn lengths() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0_usize..120, 1..5)
}

fn operation() -> impl Strategy<Value = Operation> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        4 => lengths().prop_map(Operation::Append),
        1 => Just(Operation::Roll),
        2 => (lengths(), index(), 0_usize..20)
            .prop_map(|(lengths, reached, garbage)| Operation::Crash { lengths, reached, garbage }),
        1 => Just(Operation::Reopen),
        1 => index().prop_map(Operation::Truncate),
    ]
}

/// Opens the log and begins a segment, as the spool does.
fn open(dir: &Path) -> (Log, Recovered) {
    let folder = Folder::real(dir);
    let (mut log, recovered) = Log::open(folder, SEGMENT_BYTES, Position::default(), 0).unwrap();
    log.roll(Timestamp::default()).unwrap();
    (log, recovered)
}

fn path(dir: &Path, number: u64) -> PathBuf {
    dir.join(segment::name(number))
}

/// The log, and what it has to hold.
struct Model<'a> {
    dir: &'a Path,
    log: Option<Log>,
    /// What was acknowledged and not let go of, with the place behind each.
    kept: VecDeque<(Vec<u8>, Position)>,
    start: Position,
    n_records: usize,
}

impl<'a> Model<'a> {
    fn new(dir: &'a Path) -> Self {
        let mut model = Self {
            dir,
            log: None,
            kept: VecDeque::new(),
            start: Position::default(),
            n_records: 0,
        };
        model.open();
        model.start = model.log().start();
        model
    }

    fn log(&mut self) -> &mut Log {
        self.log.as_mut().unwrap()
    }

    fn open(&mut self) {
        self.log = None;
        let (log, recovered) = open(self.dir);
        assert_eq!(recovered.damaged, Vec::<u64>::new(), "a torn write is no damage");
        self.log = Some(log);
    }

    /// Frames that are all different.
    fn frames(&mut self, lengths: &[usize]) -> (Vec<u8>, Vec<Vec<u8>>) {
        let (mut frames, mut bodies) = (Vec::new(), Vec::new());
        for length in lengths {
            self.n_records += 1;
            let mut body = self.n_records.to_le_bytes().to_vec();
            body.resize(8 + length, 7);
            record::put(&mut frames, Kind::Batch, [&body, &[]]);
            bodies.push(body);
        }
        (frames, bodies)
    }

    fn perform(&mut self, operation: &Operation) {
        match operation {
            Operation::Append(lengths) => {
                let (frames, bodies) = self.frames(lengths);
                let end = self.log().append(&frames, Timestamp::default()).unwrap();
                let mut offset = end.offset - frames.len() as u64;
                for body in bodies {
                    offset += (record::HEADER + body.len()) as u64;
                    self.kept.push_back((body, Position { segment: end.segment, offset }));
                }
                assert_eq!(self.log().end(), self.kept.back().unwrap().1);
            }
            Operation::Roll => self.log().roll(Timestamp::default()).unwrap(),
            Operation::Reopen => self.open(),
            Operation::Crash { lengths, reached, garbage } => {
                self.crash(lengths, reached, *garbage);
                self.open();
            }
            Operation::Truncate(index) => {
                let n_gone = index.index(self.kept.len() + 1);
                for _ in 0..n_gone {
                    self.start = self.kept.pop_front().unwrap().1;
                }
                let start = self.start;
                self.log().truncate(start, |_| {}).unwrap();
            }
        }
    }

    /// Whole records that reached the file may be there after the crash, as if acknowledged.
    fn crash(&mut self, lengths: &[usize], reached: &prop::sample::Index, garbage: usize) {
        let end = self.log().end();
        let (frames, bodies) = self.frames(lengths);
        let reached = reached.index(frames.len() + 1);
        let n_good = reached.saturating_sub(garbage);
        let mut torn = frames[..reached].to_vec();
        torn[n_good..].fill(0xa5);
        let path = path(self.dir, end.segment);
        OpenOptions::new().append(true).open(path).unwrap().write_all(&torn).unwrap();
        let mut offset = 0;
        for body in bodies {
            offset += record::HEADER + body.len();
            if frames[..offset] != torn[..offset.min(torn.len())] {
                break;
            }
            let offset = end.offset + offset as u64;
            self.kept.push_back((body, Position { segment: end.segment, offset }));
        }
    }

    fn check(&mut self) {
        let ends = self.log().ends();
        let (mut at, mut found) = (self.start, Vec::new());
        loop {
            let chunk = read::chunk(&Folder::real(self.dir), &ends, at).unwrap();
            assert_eq!(chunk.n_damaged, 0);
            found.extend(chunk.records().map(|(_, body, next)| (body.to_vec(), next)));
            if chunk.next == at {
                break;
            }
            at = chunk.next;
        }
        assert_eq!(found, Vec::from(self.kept.clone()));
    }
}

proptest! {
    #[test]
    fn what_was_acknowledged_is_read_in_order(
        operations in prop::collection::vec(operation(), 1..30),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut model = Model::new(dir.path());
        for operation in &operations {
            model.perform(operation);
            model.check();
        }
    }
}

/// A log with three records in its last segment, and where each of them begins.
fn three_records(dir: &Path) -> (u64, Vec<u64>) {
    let mut model = Model::new(dir);
    model.perform(&Operation::Append(vec![20, 20, 20]));
    let end = model.log().end();
    let length = (record::HEADER + 28) as u64;
    (end.segment, (0..3).map(|n| end.offset - (3 - n) * length).collect())
}

#[test]
fn damage_in_the_middle_is_passed_over_and_kept_for_a_person() {
    let dir = tempfile::tempdir().unwrap();
    let (number, starts) = three_records(dir.path());
    let (path, kept) = (path(dir.path(), number), path(&dir.path().join("corrupt"), number));
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[usize::try_from(starts[1]).unwrap() + 20] ^= 1;
    std::fs::write(&path, bytes).unwrap();

    let (log, recovered) = open(dir.path());
    assert_eq!((recovered.damaged, recovered.torn_bytes), (vec![number], 0));
    let chunk = read::chunk(&Folder::real(dir.path()), &log.ends(), log.start()).unwrap();
    assert_eq!((chunk.records().count(), chunk.n_damaged), (2, 1));
    assert!(kept.try_exists().unwrap());
}

#[test]
fn a_segment_without_a_readable_header_is_set_aside_and_the_rest_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let (number, _) = three_records(dir.path());
    let (log, _) = open(dir.path());
    let torn = log.end().segment;
    drop(log);
    std::fs::write(path(dir.path(), torn), b"sil").unwrap();

    let (log, recovered) = open(dir.path());
    assert_eq!(recovered.damaged, Vec::<u64>::new());
    assert!(log.end().segment > torn, "a number is not used twice");
    let chunk =
        read::chunk(&Folder::real(dir.path()), &log.ends(), Position::first_of(number)).unwrap();
    assert_eq!(chunk.records().count(), 3);
}

#[test]
fn what_lies_beyond_the_end_that_the_successor_knows_is_never_read() {
    let dir = tempfile::tempdir().unwrap();
    let (number, _) = three_records(dir.path());
    let (log, _) = open(dir.path());
    drop(log);
    let mut late = Vec::new();
    record::put(&mut late, Kind::Batch, [b"late", b""]);
    let path = path(dir.path(), number);
    OpenOptions::new().append(true).open(path).unwrap().write_all(&late).unwrap();

    let (log, _) = open(dir.path());
    let chunk =
        read::chunk(&Folder::real(dir.path()), &log.ends(), Position::first_of(number)).unwrap();
    assert_eq!(chunk.records().count(), 3);
}

#[test]
fn a_segment_knows_the_last_record_even_after_its_deletion() {
    let dir = tempfile::tempdir().unwrap();
    let (number, _) = three_records(dir.path());
    let (mut log, _) = open(dir.path());
    let place = Position { segment: number, offset: log.ends()[&number] };
    log.truncate(log.end(), |_| {}).unwrap();
    log.roll(Timestamp::default()).unwrap();
    drop(log);
    let (log, _) = open(dir.path());
    let folder = Folder::real(dir.path());
    let header = segment::read_header(&folder, log.end().segment).unwrap().unwrap();
    assert_eq!(header.previous, place);
}

/// What is read in the log, and in how many damaged places.
fn read_all(dir: &Path, log: &Log) -> (usize, u64) {
    let (mut at, mut n_records, mut n_damaged) = (log.start(), 0, 0);
    loop {
        let chunk = read::chunk(&Folder::real(dir), &log.ends(), at).unwrap();
        n_records += chunk.records().count();
        n_damaged += chunk.n_damaged;
        if chunk.next == at {
            return (n_records, n_damaged);
        }
        at = chunk.next;
    }
}

fn flip(path: &Path, at: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[at] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn the_records_behind_a_damaged_header_are_used() {
    for flipped in [0, 8, 12, 24, 30, 47] {
        let dir = tempfile::tempdir().unwrap();
        let (number, _) = three_records(dir.path());
        let mut model = Model::new(dir.path());
        model.perform(&Operation::Append(vec![20, 20]));
        let second = model.log().end().segment;
        drop(model);
        // Of the first, of the last with records, and of both.
        flip(&path(dir.path(), second), flipped);
        let (log, recovered) = open(dir.path());
        assert_eq!((&recovered.damaged, &recovered.headless), (&vec![second], &vec![second]));
        assert_eq!(recovered.missing, Vec::<u64>::new());
        assert_eq!(read_all(dir.path(), &log), (5, 0), "byte {flipped}");
        drop(log);
        flip(&path(dir.path(), number), flipped);
        let (log, recovered) = open(dir.path());
        assert_eq!(recovered.headless, [number, second]);
        assert_eq!(read_all(dir.path(), &log), (5, 0), "byte {flipped}");
        for number in [number, second] {
            let kept = path(&dir.path().join("corrupt"), number);
            assert!(kept.try_exists().unwrap());
        }
        let names = std::fs::read_dir(dir.path().join("corrupt")).unwrap();
        assert_eq!(names.count(), 2);
    }
}

#[test]
fn a_segment_under_the_name_of_another_is_not_read_twice() {
    let dir = tempfile::tempdir().unwrap();
    let (number, _) = three_records(dir.path());
    std::fs::copy(path(dir.path(), number), path(dir.path(), number + 5)).unwrap();
    let (log, recovered) = open(dir.path());
    assert_eq!((recovered.damaged, recovered.headless), (vec![number + 5], vec![]));
    assert_eq!(read_all(dir.path(), &log), (3, 0));
}
