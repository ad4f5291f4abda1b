//! The spool with its thread.

use super::testing::{bodies, recovers};
use super::{Error, Kind, Position, Spool};
use crate::config;
use protocol::Timestamp;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

fn open(dir: &Path, config: &config::spool::Spool) -> (Spool, super::Cursor) {
    let clock = Arc::new(|| Timestamp::from_millis(1_700_000_000_000));
    let (spool, cursor, _) = Spool::open(dir, config, [7; 16], clock).unwrap();
    (spool, cursor)
}

#[tokio::test]
async fn what_a_ticket_confirms_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let config = config::spool::Spool::default();
    let (spool, cursor) = open(dir.path(), &config);
    let tickets: Vec<_> =
        (0..100_u8).map(|n| spool.append(0, Kind::Batch, &[n], b"body").unwrap()).collect();
    for ticket in tickets {
        ticket.await.unwrap();
    }
    spool.barrier(0).unwrap().await.unwrap();
    drop(spool);

    let (spool, again) = open(dir.path(), &config);
    assert_eq!(again, cursor);
    let expected: Vec<_> = (0..100_u8).map(|n| [&[n], &b"body"[..]].concat()).collect();
    assert_eq!(bodies(&spool, again.done), expected);
}

#[tokio::test]
async fn a_full_spool_refuses_until_something_is_let_go() {
    let dir = tempfile::tempdir().unwrap();
    let config = config::spool::Spool {
        segment_bytes: 1_000,
        max_bytes: 3_000,
        ..config::spool::Spool::default()
    };
    let (spool, mut cursor) = open(dir.path(), &config);
    let mut n_kept = 0;
    let n_bytes = loop {
        match spool.append(0, Kind::Batch, &[0; 400], b"") {
            Ok(ticket) => ticket.await.unwrap(),
            Err(Error::Full { n_bytes }) => break n_bytes,
            Err(error) => panic!("{error}"),
        }
        n_kept += 1;
    };
    assert!(n_kept > 3 && n_bytes >= 3_000);
    spool.barrier(0).unwrap().await.unwrap();

    cursor.done = *spool.end().borrow();
    spool.save(&cursor).unwrap();
    // What is asked for before is done before.
    spool.barrier(0).unwrap().await.unwrap();
    spool.append(0, Kind::Batch, b"more", b"").unwrap().await.unwrap();
}

#[tokio::test]
async fn what_is_handed_back_has_room_in_a_full_spool_but_not_without_end() {
    let dir = tempfile::tempdir().unwrap();
    let config = config::spool::Spool { max_bytes: 3_000, ..config::spool::Spool::default() };
    let (spool, _) = open(dir.path(), &config);
    spool.append(0, Kind::Batch, &[0; 4_000], b"").unwrap().await.unwrap();
    let refused = spool.append(0, Kind::Rows, b"[]", b"").unwrap_err();
    assert!(matches!(refused, Error::Full { .. }), "{refused}");
    spool.append_again(0, Kind::Rows, b"[]").unwrap().await.unwrap();
    let large = vec![0; 512 << 10];
    let mut n_again = 0;
    let refused = loop {
        match spool.append_again(0, Kind::Rows, &large) {
            Ok(ticket) => ticket.await.unwrap(),
            Err(error) => break error,
        }
        n_again += 1;
    };
    assert!((120..140).contains(&n_again), "{n_again}");
    assert!(matches!(refused, Error::Full { .. }), "{refused}");
}

#[tokio::test]
async fn an_old_segment_goes_when_clickhouse_has_all_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let config = config::spool::Spool { max_age_s: 60, ..config::spool::Spool::default() };
    let minutes = Arc::new(AtomicI64::new(0));
    let of_clock = Arc::clone(&minutes);
    let clock = Arc::new(move || Timestamp::from_millis(of_clock.load(Ordering::Relaxed) * 60_000));
    let (spool, mut cursor, _) = Spool::open(dir.path(), &config, [7; 16], clock).unwrap();
    spool.append(0, Kind::Batch, b"secret", b"").unwrap().await.unwrap();
    cursor.done = *spool.end().borrow();
    spool.save(&cursor).unwrap();
    spool.barrier(0).unwrap().await.unwrap();
    let n_bytes = spool.status().n_bytes;

    minutes.store(2, Ordering::Relaxed);
    spool.save(&cursor).unwrap();
    spool.barrier(0).unwrap().await.unwrap();
    assert!(spool.status().n_bytes < n_bytes, "it stays");
    assert_eq!(bodies(&spool, Position::default()), Vec::<Vec<u8>>::new());
}

#[tokio::test]
async fn reading_steps_over_segments_without_records() {
    let dir = tempfile::tempdir().unwrap();
    let config = config::spool::Spool::default();
    let (spool, cursor) = open(dir.path(), &config);
    spool.append(0, Kind::Batch, b"one", b"").unwrap().await.unwrap();
    drop(spool);
    for _ in 0..3 {
        drop(open(dir.path(), &config));
    }
    let (spool, _) = open(dir.path(), &config);
    let first = spool.read(cursor.done).unwrap();
    assert_eq!(first.records().count(), 1);
    let rest = spool.read(first.next).unwrap();
    assert_eq!((rest.records().count(), rest.next), (0, *spool.end().borrow()));
    assert_eq!(spool.read(rest.next).unwrap().next, rest.next);
}

#[tokio::test]
async fn who_reads_while_segments_go_reads_on_behind_them() {
    let dir = tempfile::tempdir().unwrap();
    // Each append begins a segment.
    let config = config::spool::Spool { segment_bytes: 1, ..config::spool::Spool::default() };
    let (spool, mut cursor) = open(dir.path(), &config);
    let is_over = Arc::new(AtomicBool::new(false));
    let (of_reader, until) = (spool.clone(), Arc::clone(&is_over));
    let reader = std::thread::spawn(move || {
        while !until.load(Ordering::Relaxed) {
            of_reader.read(Position::default()).unwrap();
        }
    });
    for _ in 0..200 {
        for _ in 0..3 {
            spool.append(0, Kind::Batch, b"one", b"").unwrap().await.unwrap();
        }
        cursor.done = *spool.end().borrow();
        spool.save(&cursor).unwrap();
    }
    is_over.store(true, Ordering::Relaxed);
    reader.join().unwrap();
}

#[tokio::test]
async fn an_epoch_that_is_over_takes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (spool, _) = open(dir.path(), &config::spool::Spool::default());
    assert!(matches!(spool.append(spool.epoch() + 1, Kind::Batch, b"", b""), Err(Error::Failed)));
}

/// A spool with one record that has failed, because its folder is elsewhere; and where that is.
async fn without_folder(dir: &Path) -> (Spool, super::Cursor, PathBuf) {
    let config = config::spool::Spool { segment_bytes: 100, ..config::spool::Spool::default() };
    let (spool, cursor) = open(dir, &config);
    spool.append(0, Kind::Batch, &[1; 90], b"").unwrap().await.unwrap();
    let away = dir.with_extension("away");
    std::fs::rename(dir, &away).unwrap();
    let refused = spool.append(0, Kind::Batch, &[2; 90], b"").unwrap();
    assert!(matches!(refused.await, Err(Error::Failed)));
    (spool, cursor, away)
}

#[tokio::test]
async fn a_segment_that_cannot_be_made_fails_the_spool_and_it_recovers() {
    let dir = tempfile::tempdir().unwrap();
    let (spool, cursor, away) = without_folder(dir.path()).await;
    assert!(spool.status().failure.is_some());
    assert_eq!(spool.epoch(), 1);
    assert!(matches!(spool.append(1, Kind::Batch, &[3], b""), Err(Error::Failed)));

    std::fs::rename(&away, dir.path()).unwrap();
    recovers(&spool).await;
    spool.append(1, Kind::Batch, &[4; 90], b"").unwrap().await.unwrap();
    assert_eq!(bodies(&spool, cursor.done), [vec![1; 90], vec![4; 90]]);
}

#[tokio::test]
async fn it_recovers_while_much_is_let_go() {
    let dir = tempfile::tempdir().unwrap();
    let (spool, cursor, away) = without_folder(dir.path()).await;
    std::fs::rename(&away, dir.path()).unwrap();

    let let_go = async {
        loop {
            spool.save(&cursor).unwrap();
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = recovers(&spool) => {}
        () = let_go => {}
    }
    spool.append(1, Kind::Batch, &[4; 90], b"").unwrap().await.unwrap();
}

#[test]
fn everything_is_closed_to_others() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("spool");
    let (spool, _) = open(&dir, &config::spool::Spool::default());
    drop(spool);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    for entry in std::fs::read_dir(&dir).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
}

#[tokio::test]
async fn what_waits_is_known_in_bytes_across_segments() {
    let dir = tempfile::tempdir().unwrap();
    let config = config::spool::Spool { segment_bytes: 1_000, ..config::spool::Spool::default() };
    let (spool, cursor) = open(dir.path(), &config);
    assert_eq!(spool.bytes_after(cursor.done), 0);
    for _ in 0..10 {
        spool.append(0, Kind::Batch, &[0; 391], b"").unwrap().await.unwrap();
    }
    let end = *spool.end().borrow();
    assert!(end.segment > cursor.done.segment);
    assert_eq!(spool.bytes_after(cursor.done), 4_000);
    assert_eq!(spool.bytes_after(Position { offset: end.offset - 400, ..end }), 400);
    assert_eq!(spool.bytes_after(end), 0);
}
