//! The spool with its thread, on a file system that fails, and with what lies there for too long.

use super::simfs::{Fault, SimFs};
use super::testing::{bodies, recovers, until};
use super::{Bitmap, Cursor, Error, Head, Kind, Position, Spool, Status};
use crate::config;
use protocol::{ProjectId, Timestamp};
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

const DAY_S: i64 = 24 * 60 * 60;

/// A clock that shows seconds, and is set by hand.
#[derive(Clone)]
struct Seconds(Arc<AtomicI64>);

impl Seconds {
    fn new() -> Self {
        Self(Arc::new(AtomicI64::new(1_700_000_000)))
    }

    fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed) * 1_000)
    }
}

fn open(fs: &SimFs, clock: &Seconds) -> (Spool, Cursor) {
    let clock = clock.clone();
    let config = config::spool::Spool::default();
    let opened = Spool::open_in(fs.folder(), &config, [7; 16], Arc::new(move || clock.now()));
    let (spool, cursor, _) = opened.unwrap();
    (spool, cursor)
}

#[tokio::test]
async fn a_failed_sync_is_not_tried_again_on_the_same_file() {
    let fs = SimFs::new(1);
    let (spool, cursor) = open(&fs, &Seconds::new());
    spool.append(0, Kind::Batch, b"one", b"").unwrap().await.unwrap();
    fs.fail(Fault::Broken, 1, 1);
    let refused = spool.append(0, Kind::Batch, b"two", b"").unwrap();
    assert!(matches!(refused.await, Err(Error::Failed)));
    assert_eq!(spool.epoch(), 1);
    let failure = spool.status().failure.unwrap();
    assert!(failure.contains("Input/output error"), "{failure}");

    recovers(&spool).await;
    spool.append(1, Kind::Batch, b"three", b"").unwrap().await.unwrap();
    assert_eq!(bodies(&spool, cursor.done), [b"one".to_vec(), b"three".to_vec()]);
    assert_eq!(fs.n_vain_syncs(), 0);
}

#[tokio::test]
async fn a_full_disk_refuses_until_there_is_room() {
    let fs = SimFs::new(2);
    let (spool, cursor) = open(&fs, &Seconds::new());
    spool.append(0, Kind::Batch, b"one", b"").unwrap().await.unwrap();
    fs.fail(Fault::Full, 0, u64::MAX);
    let refused = spool.append(0, Kind::Batch, b"two", b"").unwrap();
    assert!(matches!(refused.await, Err(Error::Failed)));
    let failure = spool.status().failure.unwrap();
    assert!(failure.contains("No space left on device"), "{failure}");
    assert!(!spool.status().is_taking());
    assert!(matches!(spool.append(1, Kind::Batch, b"", b""), Err(Error::Failed)));

    fs.heal();
    until(&spool, Status::is_taking).await;
    spool.append(1, Kind::Batch, b"three", b"").unwrap().await.unwrap();
    assert_eq!(bodies(&spool, cursor.done), [b"one".to_vec(), b"three".to_vec()]);
}

#[tokio::test]
async fn a_spool_on_a_full_disk_is_opened_and_waits_for_room() {
    let (fs, clock) = (SimFs::new(3), Seconds::new());
    let (spool, _) = open(&fs, &clock);
    spool.append(0, Kind::Batch, b"one", b"").unwrap().await.unwrap();
    drop(spool);

    fs.fail(Fault::Full, 0, u64::MAX);
    let (spool, cursor) = open(&fs, &clock);
    assert!(!spool.status().is_taking());
    assert_eq!(bodies(&spool, cursor.done), Vec::<Vec<u8>>::new(), "not safe yet");
    fs.heal();
    let mut end = spool.end();
    end.changed().await.unwrap();
    until(&spool, Status::is_taking).await;
    assert_eq!(bodies(&spool, cursor.done), [b"one".to_vec()]);
}

fn head(now: Timestamp) -> Vec<u8> {
    let head = Head {
        admitted: Cow::Owned(Bitmap::zeros(1)),
        ..Head::new(Cow::Owned(ProjectId::parse("tidemark").unwrap()), now)
    };
    head.encode()
}

#[tokio::test]
async fn what_waits_for_too_long_refuses_what_is_new_also_after_a_restart() {
    let (fs, clock) = (SimFs::new(4), Seconds::new());
    let (spool, _) = open(&fs, &clock);
    assert_eq!(spool.status().oldest_waits_s, None);
    clock.pass(DAY_S);
    spool.append(0, Kind::Batch, &head(clock.now()), b"").unwrap().await.unwrap();
    clock.pass(7 * DAY_S);
    spool.append(0, Kind::Batch, &head(clock.now()), b"").unwrap().await.unwrap();
    clock.pass(1);
    let error = spool.append(0, Kind::Batch, &head(clock.now()), b"").unwrap_err();
    insta::assert_snapshot!(error, @"the spool takes nothing new: what it holds has waited `604801` s for ClickHouse");
    assert!(!spool.status().is_taking());
    spool.barrier(0).unwrap().await.unwrap();
    drop(spool);

    // The segment is a day older than its first record, which is what counts.
    clock.pass(-2);
    let (spool, mut cursor) = open(&fs, &clock);
    assert_eq!(spool.status().oldest_waits_s, Some(604_799));
    clock.pass(2);
    assert!(matches!(spool.append(0, Kind::Batch, b"", b""), Err(Error::TooOld { .. })));
    // What was accepted before is taken back, or the letters would wait for the spool for ever.
    spool.append_again(0, Kind::Rows, b"[]").unwrap().await.unwrap();
    cursor.done = *spool.end().borrow();
    spool.save(&cursor).unwrap();
    assert_eq!(spool.status().oldest_waits_s, None);
    spool.append(0, Kind::Batch, &head(clock.now()), b"").unwrap().await.unwrap();
}

#[tokio::test]
async fn what_is_damaged_is_kept_for_a_while_only() {
    let dir = tempfile::tempdir().unwrap();
    let corrupt = dir.path().join("corrupt");
    std::fs::create_dir(&corrupt).unwrap();
    let clock = Seconds::new();
    for (name, age_s) in [("old.seg", 31 * DAY_S), ("new.seg", 20 * DAY_S)] {
        let file = std::fs::File::create(corrupt.join(name)).unwrap();
        let seconds = clock.now().as_millis() / 1_000 - age_s;
        let modified = UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap());
        file.set_modified(modified).unwrap();
    }
    let of_spool = clock.clone();
    let config = config::spool::Spool::default();
    let (spool, cursor, _) =
        Spool::open(dir.path(), &config, [7; 16], Arc::new(move || of_spool.now())).unwrap();
    assert_eq!(spool.status().n_set_aside, 2);
    let save = async || {
        spool.save(&cursor).unwrap();
        // What is asked for before is done before.
        spool.barrier(0).unwrap().await.unwrap();
        spool.status().n_set_aside
    };
    assert_eq!(save().await, 2);
    clock.pass(DAY_S);
    assert_eq!(save().await, 1);
    assert!(corrupt.join("new.seg").try_exists().unwrap());
    // A jump of the clock makes nothing old, until it has stayed for a day.
    clock.pass(60 * DAY_S);
    assert_eq!(save().await, 1);
    clock.pass(DAY_S);
    assert_eq!(save().await, 0);
}

/// A spool with eight records that are as long as the sector of a disk.
async fn eight_sectors(fs: &SimFs, clock: &Seconds) -> (Spool, Cursor) {
    let (spool, cursor) = open(fs, clock);
    let head = head(clock.now());
    for n in 0..8 {
        let rest = vec![n; 4_096 - super::record::HEADER - head.len()];
        spool.append(0, Kind::Batch, &head, &rest).unwrap().await.unwrap();
    }
    (spool, cursor)
}

/// Which of them can be read.
fn sectors(spool: &Spool, cursor: &Cursor) -> Vec<u8> {
    bodies(spool, cursor.done).iter().map(|body| *body.last().unwrap()).collect()
}

#[tokio::test]
async fn what_the_disk_cannot_read_is_passed_over_while_it_runs() {
    let fs = SimFs::new(5);
    let (spool, cursor) = eight_sectors(&fs, &Seconds::new()).await;
    fs.wear_out(&super::segment::name(1), 9_000..9_100);
    assert_eq!(sectors(&spool, &cursor), [0, 3, 4, 5, 6, 7]);
    let status = spool.status();
    assert!(status.n_damaged > 0);
    assert_eq!((status.n_set_aside, status.set_aside_bytes), (1, 48 + 8 * 4_096));
}

#[tokio::test]
async fn what_the_disk_cannot_read_is_passed_over_at_the_start() {
    // In the header, in the middle, and behind all that can be read.
    for (lost, expected) in [
        (0..40, vec![1, 2, 3, 4, 5, 6, 7]),
        (9_000..9_100, vec![0, 3, 4, 5, 6, 7]),
        (30_000..33_000, vec![0, 1, 2, 3, 4, 5]),
    ] {
        let (fs, clock) = (SimFs::new(6), Seconds::new());
        drop(eight_sectors(&fs, &clock).await);
        fs.wear_out(&super::segment::name(1), lost.clone());
        let (spool, cursor) = open(&fs, &clock);
        assert_eq!(sectors(&spool, &cursor), expected, "{lost:?}");
        let status = spool.status();
        assert_eq!((status.n_set_aside, status.torn_bytes), (1, 0), "{lost:?}");
        spool.append(0, Kind::Batch, b"9", b"").unwrap().await.unwrap();
    }
}

#[tokio::test]
async fn a_disk_that_is_away_is_waited_for() {
    let fs = SimFs::new(7);
    let (spool, cursor) = open(&fs, &Seconds::new());
    spool.append(0, Kind::Batch, b"one", b"").unwrap().await.unwrap();
    // Reading works as little as anything else: nothing is taken for lost.
    fs.wear_out(&super::segment::name(1), 0..u64::MAX);
    fs.fail(Fault::Broken, 0, u64::MAX);
    assert!(matches!(spool.read(cursor.done), Err(Error::Io(_))));
    // It can be asked how long files are, and nothing more.
    fs.fail(Fault::Broken, 3, u64::MAX);
    assert!(matches!(spool.read(cursor.done), Err(Error::Io(_))));
    assert_eq!(spool.status().n_damaged, 0);
}

#[tokio::test]
async fn nothing_behind_a_segment_that_is_not_secured_is_read() {
    let (fs, clock) = (SimFs::new(8), Seconds::new());
    for _ in 0..3 {
        drop(eight_sectors(&fs, &clock).await);
    }
    // Where the first ends is no longer known, so it has to be written again, and cannot be.
    fs.wear_out(&super::segment::name(2), 0..40);
    fs.fail(Fault::Full, 0, u64::MAX);
    let (spool, cursor) = open(&fs, &clock);
    assert_eq!(sectors(&spool, &cursor), Vec::<u8>::new());
    assert_eq!(cursor.doubtful, Position { segment: 3, offset: 48 + 8 * 4_096 });
    fs.heal();
    until(&spool, Status::is_taking).await;
    let expected: Vec<u8> = (0..3).flat_map(|_| 0..8).collect();
    assert_eq!(sectors(&spool, &cursor), expected);
}

#[tokio::test]
async fn what_a_failed_sync_leaves_counts() {
    let fs = SimFs::new(9);
    let (spool, _) = open(&fs, &Seconds::new());
    fs.fail(Fault::Broken, 1, 1);
    let refused = spool.append(0, Kind::Batch, &[0; 10_000], b"").unwrap();
    assert!(matches!(refused.await, Err(Error::Failed)));
    assert_eq!(spool.status().n_bytes, 48 + 10_009);
    until(&spool, Status::is_taking).await;
    assert_eq!(spool.status().n_bytes, 48 + 10_009 + 48);
}

#[tokio::test]
async fn no_more_of_what_is_damaged_is_kept_than_may_be() {
    let dir = tempfile::tempdir().unwrap();
    let corrupt = dir.path().join("corrupt");
    std::fs::create_dir(&corrupt).unwrap();
    let clock = Seconds::new();
    for n in 0..4_u64 {
        let file = std::fs::File::create(corrupt.join(format!("{n}.seg"))).unwrap();
        file.set_len(100).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_secs(1_000 - n)).unwrap();
    }
    let of_spool = clock.clone();
    let config = config::spool::Spool { corrupt_max_bytes: 250, ..config::spool::Spool::default() };
    let (spool, cursor, _) =
        Spool::open(dir.path(), &config, [7; 16], Arc::new(move || of_spool.now())).unwrap();
    spool.save(&cursor).unwrap();
    spool.barrier(0).unwrap().await.unwrap();
    let status = spool.status();
    assert_eq!((status.n_set_aside, status.set_aside_bytes), (2, 200));
    assert!(corrupt.join("0.seg").try_exists().unwrap(), "the youngest stay");
}

#[tokio::test]
async fn a_segment_whose_deletion_could_not_be_synced_is_not_read() {
    let (fs, clock) = (SimFs::new(10), Seconds::new());
    drop(eight_sectors(&fs, &clock).await);
    let (spool, mut cursor) = open(&fs, &clock);
    cursor.done = *spool.end().borrow();
    // The cursor takes six operations, the deletion one.
    fs.fail(Fault::Broken, 7, 1);
    spool.save(&cursor).unwrap();
    spool.barrier(0).unwrap().await.unwrap();
    assert!(!fs.names().contains(&super::segment::name(1)));
    assert_eq!(bodies(&spool, Position::default()), Vec::<Vec<u8>>::new());
}
