//! The command on folders that something happened to.

use super::{Place, SpoolCommand, show, show_verified, spool_of};
use crate::config;
use crate::spool::{
    Bitmap, Cursor, Encoding, Head, ImportHead, Kind, Position, Recovered, Spool, inspect, verify,
};
use protocol::{ImportId, ProjectId, Timestamp};
use std::borrow::Cow;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// 2026-11-22T12:00:00Z.
const NOON: i64 = 1_795_348_800_000;

fn project() -> Cow<'static, ProjectId> {
    Cow::Owned(ProjectId::parse("tidemark").unwrap())
}

fn head(n: i64) -> Vec<u8> {
    let mut admitted = Bitmap::zeros(3);
    admitted.set(1);
    let head = Head::new(project(), Timestamp::from_millis(NOON + n * 1_000));
    Head { admitted: Cow::Owned(admitted), ..head }.encode()
}

/// Opens a collector's spool, at noon.
fn open(dir: &Path) -> (Spool, Cursor, Recovered) {
    let clock = Arc::new(|| Timestamp::from_millis(NOON));
    Spool::open(dir, &config::spool::Spool::default(), [7; 16], clock).unwrap()
}

/// Starts a collector's spool, which keeps two batches and ends; returns where the first ended.
async fn fill(dir: &Path, n: i64) {
    let (spool, mut cursor, _) = open(dir);
    let first = spool.append(0, Kind::Batch, &head(n), b"first").unwrap();
    first.await.unwrap();
    if n == 0 {
        cursor.done = *spool.end().borrow();
        spool.save(&cursor).unwrap();
    }
    let second = spool.append(0, Kind::Batch, &head(n + 1), b"second").unwrap();
    second.await.unwrap();
    spool.close();
}

/// A data folder with two batches in each of so many segments, the first of them in ClickHouse.
async fn data(n_segments: i64) -> (tempfile::TempDir, PathBuf) {
    let data = tempfile::tempdir().unwrap();
    let dir = data.path().join("spool");
    for n in 0..n_segments {
        fill(&dir, n * 10).await;
    }
    (data, dir)
}

fn segment(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:020}.seg"))
}

fn verified(dir: &Path) -> String {
    show_verified(&verify(dir).unwrap()).unwrap()
}

fn run(data: &Path) -> Result<(), String> {
    let place = Place { data: data.to_owned(), json: true };
    let done = SpoolCommand::Verify { place }.run(&mut std::io::sink());
    done.map_err(|error| format!("{error:#}").replace(data.to_str().unwrap(), "DIR"))
}

#[tokio::test]
async fn a_spool_is_shown_and_nothing_in_it_is_changed() {
    let (data, dir) = data(2).await;
    let files = [dir.join("cursor"), segment(&dir, 1), segment(&dir, 2)];
    let image = || files.clone().map(|file| fs::read(file).unwrap());
    let before = (image(), fs::read_dir(&dir).unwrap().count());
    insta::assert_snapshot!(show(&inspect(&dir, true).unwrap()).unwrap(), @r"
ClickHouse has everything before 1:119
segment 1 of 2026-11-22T12:00:00Z: 191 bytes, 2 records, received 2026-11-22T12:00:00Z to 2026-11-22T12:00:01Z, 1 waits
  1:48 batch of tidemark, received 2026-11-22T12:00:00Z, 1 event kept, 71 bytes
  1:119 batch of tidemark, received 2026-11-22T12:00:01Z, 1 event kept, 72 bytes, waits
segment 2 of 2026-11-22T12:00:00Z: 191 bytes, 2 records, received 2026-11-22T12:00:10Z to 2026-11-22T12:00:11Z, 2 wait
  2:48 batch of tidemark, received 2026-11-22T12:00:10Z, 1 event kept, 71 bytes, waits
  2:119 batch of tidemark, received 2026-11-22T12:00:11Z, 1 event kept, 72 bytes, waits
2 segments, 382 bytes, 4 records, 3 wait
");
    insta::assert_snapshot!(show(&inspect(&dir, false).unwrap()).unwrap(), @r"
ClickHouse has everything before 1:119
segment 1 of 2026-11-22T12:00:00Z: 191 bytes, 2 records, received 2026-11-22T12:00:00Z to 2026-11-22T12:00:01Z, 1 waits
segment 2 of 2026-11-22T12:00:00Z: 191 bytes, 2 records, received 2026-11-22T12:00:10Z to 2026-11-22T12:00:11Z, 2 wait
2 segments, 382 bytes, 4 records, 3 wait
");
    let seen = inspect(&dir, false).unwrap();
    insta::assert_snapshot!(serde_json::to_string(&seen.segments[0]).unwrap(), @r#"{"number":1,"created":1795348800000,"n_bytes":191,"n_records":2,"n_waiting":1,"first_received_at":1795348800000,"last_received_at":1795348801000}"#);
    assert_eq!((seen.n_records, seen.n_waiting, seen.n_bytes), (4, 3, 382));
    insta::assert_snapshot!(verified(&dir), @"2 segments, 382 bytes, 4 whole records: nothing is damaged");
    run(data.path()).unwrap();
    assert_eq!((image(), fs::read_dir(&dir).unwrap().count()), before);
}

#[tokio::test]
async fn a_torn_tail_is_no_damage() {
    let (data, dir) = data(1).await;
    let mut file = OpenOptions::new().append(true).open(segment(&dir, 1)).unwrap();
    file.write_all(&head(9)[..20]).unwrap();
    insta::assert_snapshot!(verified(&dir), @r"
information, segment 1, byte 191: 20 bytes of a write that was not finished or not acknowledged
1 segment, 211 bytes, 2 whole records: nothing is damaged
");
    run(data.path()).unwrap();
}

#[tokio::test]
async fn a_flipped_bit_is_damage() {
    let (data, dir) = data(2).await;
    let mut bytes = fs::read(segment(&dir, 1)).unwrap();
    bytes[80] ^= 4;
    fs::write(segment(&dir, 1), &bytes).unwrap();
    insta::assert_snapshot!(verified(&dir), @r"
damage, segment 1, byte 48: not a record: 71 bytes
2 segments, 382 bytes, 3 whole records: damaged
");
    insta::assert_snapshot!(run(data.path()).unwrap_err(), @"the spool DIR/spool is damaged");

    // The collector passes over it, and keeps it.
    fill(&dir, 20).await;
    let (spool, _, _) = open(&dir);
    let chunk = spool.read(Position { segment: 1, offset: 48 }).unwrap();
    assert_eq!((chunk.records().count(), chunk.n_damaged), (1, 1));
    spool.read(Position { segment: 1, offset: 48 }).unwrap();
    let status = spool.status();
    assert_eq!((status.n_damaged, status.n_set_aside), (1, 1), "what is read twice counts once");
    drop(spool);
    insta::assert_snapshot!(verified(&dir), @r"
damage, segment 1, byte 48: not a record: 71 bytes
damage, segment 1: is kept under corrupt/ as `00000000000000000001.seg`, because it is damaged
4 segments, 621 bytes, 5 whole records: damaged
");
}

#[tokio::test]
async fn a_segment_that_is_gone_and_one_that_is_cut_are_damage() {
    let (data, dir) = data(3).await;
    fs::remove_file(segment(&dir, 2)).unwrap();
    insta::assert_snapshot!(verified(&dir), @r"
damage, segment 2: is gone, although its successor speaks of it and ClickHouse does not have it
2 segments, 382 bytes, 4 whole records: damaged
");
    insta::assert_snapshot!(run(data.path()).unwrap_err(), @"the spool DIR/spool is damaged");
    let file = OpenOptions::new().write(true).open(segment(&dir, 1)).unwrap();
    file.set_len(100).unwrap();
    fs::write(segment(&dir, 3), [0; 60]).unwrap();
    fs::write(segment(&dir, 4), [0; 20]).unwrap();
    insta::assert_snapshot!(verified(&dir), @r"
damage, segment 1, byte 119: the cursor points behind the end of this segment
damage, segment 3, byte 0: the header cannot be read
information, segment 4, byte 0: the making of the segment was interrupted; nothing was in it
information, segment 1, byte 48: 52 bytes of a write that was not finished or not acknowledged
1 segment, 100 bytes, 0 whole records: damaged
");
}

#[tokio::test]
async fn a_cursor_that_cannot_be_read_is_damage() {
    let (_data, dir) = data(1).await;
    fs::write(dir.join("cursor"), "{").unwrap();
    insta::assert_snapshot!(verified(&dir), @r"
damage: the cursor cannot be read
1 segment, 191 bytes, 2 whole records: damaged
");
    fs::remove_file(dir.join("cursor")).unwrap();
    insta::assert_snapshot!(verified(&dir), @r"
damage: there are segments, but no cursor
1 segment, 191 bytes, 2 whole records: damaged
");
}

#[tokio::test]
async fn a_spool_is_looked_at_while_a_collector_runs_and_in_a_copy() {
    let (data, dir) = data(1).await;
    let (spool, _, _) = open(&dir);
    spool.append(0, Kind::Batch, &head(5), b"more").unwrap().await.unwrap();
    assert_eq!(inspect(&dir, false).unwrap().n_waiting, 2);
    assert_eq!(spool_of(data.path()).unwrap(), dir);
    assert_eq!(spool_of(&dir).unwrap(), dir, "a copy of the folder itself");
    run(data.path()).unwrap();
}

#[tokio::test]
async fn a_folder_without_cursor_and_segments_is_no_spool() {
    let data = tempfile::tempdir().unwrap();
    insta::assert_snapshot!(run(data.path()).unwrap_err(), @"there is no spool in DIR: it has neither a cursor nor segments; expected is a data folder, or a copy of its folder `spool`");
    let dir = data.path().join("spool");
    fs::create_dir(&dir).unwrap();
    fs::write(dir.join("notes.seg"), "mine").unwrap();
    insta::assert_snapshot!(run(data.path()).unwrap_err(), @"there is no spool in DIR/spool: it has neither a cursor nor segments; expected is a data folder, or a copy of its folder `spool`");
    insta::assert_snapshot!(run(&data.path().join("none")).unwrap_err(), @"the spool DIR cannot be read: No such file or directory (os error 2)");

    // A collector that just started has a cursor, even where it cannot make a segment yet.
    drop(open(&dir));
    fs::remove_file(segment(&dir, 1)).unwrap();
    insta::assert_snapshot!(verified(&dir), @"0 segments, 0 bytes, 0 whole records: nothing is damaged");
    insta::assert_snapshot!(show(&inspect(&dir, true).unwrap()).unwrap(), @r"
ClickHouse has everything before 0:0
0 segments, 0 bytes, 0 records, 0 wait
");
    run(data.path()).unwrap();
}

#[tokio::test]
async fn the_last_segment_is_missed_when_it_is_gone() {
    let (data, dir) = data(1).await;
    fs::remove_file(segment(&dir, 1)).unwrap();
    insta::assert_snapshot!(verified(&dir), @r"
damage, segment 1: is gone, although the cursor points into it and the last one is never deleted
0 segments, 0 bytes, 0 whole records: damaged
");
    run(data.path()).unwrap_err();

    let (spool, _, recovered) = open(&dir);
    assert_eq!((recovered.missing, spool.status().n_missing), (vec![1], 1));
}

#[tokio::test]
async fn records_behind_a_damaged_header_are_shown() {
    let (data, dir) = data(2).await;
    let mut bytes = fs::read(segment(&dir, 2)).unwrap();
    bytes[20] ^= 1;
    fs::write(segment(&dir, 2), &bytes).unwrap();
    insta::assert_snapshot!(verified(&dir), @r"
damage, segment 2, byte 0: the header cannot be read; the records behind it are used
2 segments, 382 bytes, 4 whole records: damaged
");
    insta::assert_snapshot!(show(&inspect(&dir, false).unwrap()).unwrap(), @r"
ClickHouse has everything before 1:119
segment 1 of 2026-11-22T12:00:00Z: 191 bytes, 2 records, received 2026-11-22T12:00:00Z to 2026-11-22T12:00:01Z, 1 waits
segment 2 of 2026-11-22T12:00:10Z: 191 bytes, 2 records, received 2026-11-22T12:00:10Z to 2026-11-22T12:00:11Z, 2 wait
2 segments, 382 bytes, 4 records, 3 wait
");
    run(data.path()).unwrap_err();
}

#[tokio::test]
async fn records_are_shown_as_what_they_are() {
    let data = tempfile::tempdir().unwrap();
    let dir = data.path().join("spool");
    let now = NOON + 60_000;
    let clock = Arc::new(move || Timestamp::from_millis(now));
    let config = config::spool::Spool::default();
    let (spool, cursor, _) = Spool::open(&dir, &config, [7; 16], clock.clone()).unwrap();
    spool.save(&cursor).unwrap();
    let mut admitted = Bitmap::zeros(3);
    (0..2).for_each(|i| admitted.set(i));
    let import = ImportHead {
        project: project(),
        received_at: Timestamp::from_millis(NOON),
        import: ImportId::from_bytes([3; 32]),
        first_line: 1,
        encoding: Encoding::Plain,
        admitted: Cow::Owned(admitted),
    };
    spool.append(0, Kind::Import, &import.encode(), b"lines").unwrap().await.unwrap();
    spool.append(0, Kind::Rows, b"{}", b"").unwrap().await.unwrap();
    insta::assert_snapshot!(show(&inspect(&dir, true).unwrap()).unwrap(), @r"
ClickHouse has everything before 0:0
segment 1 of 2026-11-22T12:01:00Z: 136 bytes, 2 records, received 2026-11-22T12:00:00Z to 2026-11-22T12:00:00Z, 2 wait
  1:48 import of tidemark, received 2026-11-22T12:00:00Z, 2 lines kept, 77 bytes, waits
  1:125 rows, 11 bytes, waits
1 segment, 136 bytes, 2 records, 2 wait
");
    insta::assert_snapshot!(verified(&dir), @"1 segment, 136 bytes, 2 whole records: nothing is damaged");
    drop(spool);
    let (spool, _, _) = Spool::open(&dir, &config, [7; 16], clock).unwrap();
    assert_eq!(spool.status().oldest_waits_s, Some(60), "since the import came");
    spool.append(0, Kind::Import, b"of no version", b"").unwrap().await.unwrap();
    insta::assert_snapshot!(verified(&dir), @r"
damage, segment 2, byte 48: lines of an import of no known version
2 segments, 206 bytes, 3 whole records: damaged
");
}

#[tokio::test]
async fn where_a_segment_ends_is_known_to_its_successor() {
    let (_data, dir) = data(2).await;
    let mut file = OpenOptions::new().append(true).open(segment(&dir, 1)).unwrap();
    file.write_all(&[0; 30]).unwrap();
    insta::assert_snapshot!(verified(&dir), @r"
information, segment 1, byte 191: never acknowledged, behind the end: 30 bytes
2 segments, 412 bytes, 4 whole records: nothing is damaged
");
    file.set_len(150).unwrap();
    insta::assert_snapshot!(verified(&dir), @r"
damage, segment 1, byte 150: the file ends here; its successor says that it ends at byte 191
damage, segment 1, byte 119: not a record: 31 bytes
2 segments, 341 bytes, 3 whole records: damaged
");
}
