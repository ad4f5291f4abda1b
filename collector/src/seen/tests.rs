//! The set with a spool, step by step.

use super::Answer::{Duplicate, New, Unsure};
use super::checkpoint;
use super::key::{BUCKET_MS, REPEATS_MS};
use super::world::{NOON, World, event_at, project};
use std::path::PathBuf;

const SEGMENT: u64 = 64 << 20;

/// The files of keys.
fn files(world: &World) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(world.folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|e| e == "keys")).collect();
    files.sort();
    files
}

#[tokio::test]
async fn a_repeat_is_told_before_and_after_a_checkpoint_and_a_crash() {
    let mut world = World::new(SEGMENT);
    world.fill();
    let (a, ids) = (project("a"), [event_at(NOON, 1), event_at(NOON.plus_millis(-REPEATS_MS), 2)]);
    assert_eq!(world.send(&a, &ids).await.unwrap(), [New, New]);
    assert_eq!(world.send(&a, &ids).await.unwrap(), [Duplicate, Duplicate]);
    assert_eq!(world.send(&project("b"), &ids[..1]).await.unwrap(), [New]);
    world.seen().checkpoint().await.unwrap();
    for _ in 0..2 {
        assert_eq!(world.send(&a, &ids).await.unwrap(), [Duplicate, Duplicate]);
        world.crash();
        world.open();
        assert!(world.seen().is_complete());
    }
    assert_eq!(world.send(&a, &[event_at(NOON, 3)]).await.unwrap(), [New]);
}

#[tokio::test]
async fn what_a_failed_spool_did_not_keep_is_no_duplicate() {
    // Each append begins a segment.
    let world = World::new(1);
    world.fill();
    let (a, kept, lost) = (project("a"), event_at(NOON, 1), event_at(NOON, 2));
    assert_eq!(world.send(&a, &[kept]).await.unwrap(), [New]);
    world.seen().checkpoint().await.unwrap();
    let also_kept = event_at(NOON, 3);
    assert_eq!(world.send(&a, &[also_kept]).await.unwrap(), [New]);
    assert_eq!(world.fail(&a, &[lost]).await, None);

    // What no file has is forgotten until the spool is read again, and looked up meanwhile.
    let answers = world.send(&a, &[kept, also_kept, lost]).await.unwrap();
    assert_eq!(answers, [Duplicate, Unsure, Unsure]);
    world.fill();
    let answers = world.send(&a, &[kept, also_kept, lost, event_at(NOON, 4)]).await.unwrap();
    assert_eq!(answers, [Duplicate, Duplicate, Duplicate, New]);
}

#[tokio::test]
async fn a_checkpoint_holds_nothing_that_is_not_safe() {
    let mut world = World::new(1);
    world.fill();
    let a = project("a");
    assert_eq!(world.send(&a, &[event_at(NOON, 1)]).await.unwrap(), [New]);
    let spool = world.folder().with_file_name("spool");
    let away = spool.with_extension("away");
    std::fs::rename(&spool, &away).unwrap();
    let (answers, ticket) = world.queue(&a, &[event_at(NOON, 2)]).unwrap();
    assert_eq!(answers, [New]);
    assert!(world.seen().checkpoint_in(0, true).await.is_err());
    assert!(ticket.await.is_err());
    std::fs::rename(&away, &spool).unwrap();
    world.crash();
    world.open();
    world.fill();
    assert_eq!(world.send(&a, &[event_at(NOON, 2)]).await.unwrap(), [New]);
    assert_eq!(world.send(&a, &[event_at(NOON, 1)]).await.unwrap(), [Duplicate]);
}

#[tokio::test]
async fn a_checkpoint_before_the_spool_is_read_again_hides_nothing() {
    let mut world = World::new(1);
    world.fill();
    world.seen().checkpoint().await.unwrap();
    let a = project("a");
    assert_eq!(world.send(&a, &[event_at(NOON, 1)]).await.unwrap(), [New]);
    assert_eq!(world.fail(&a, &[event_at(NOON, 2)]).await, None);
    assert_eq!(world.send(&a, &[event_at(NOON, 3)]).await.unwrap(), [Unsure]);
    world.seen().checkpoint().await.unwrap();
    world.crash();
    world.open();
    world.fill();
    let answers = world.send(&a, &[1, 2, 3].map(|n| event_at(NOON, n))).await.unwrap();
    assert_eq!(answers, [Duplicate, New, Duplicate]);
}

#[tokio::test]
async fn what_only_the_store_has_is_unsure_until_it_was_asked() {
    let mut world = World::new(SEGMENT);
    world.fill();
    let (a, id) = (project("a"), event_at(NOON, 1));
    assert_eq!(world.send(&a, &[id]).await.unwrap(), [New]);
    world.write();
    world.crash();
    std::fs::remove_dir_all(world.folder()).unwrap();
    std::fs::remove_dir_all(world.folder().with_file_name("spool")).unwrap();
    world.open();
    world.seen().replay().unwrap();
    assert_eq!(world.send(&a, &[id]).await.unwrap(), [Unsure]);
}

#[tokio::test]
async fn a_record_that_is_not_taken_leaves_nothing_behind() {
    let world = World::new(SEGMENT);
    world.fill();
    let (a, id) = (project("a"), event_at(NOON, 1));
    world.spool().close();
    assert!(world.queue(&a, &[id, event_at(NOON, 2)]).is_none());
    let mut seen = world.seen().of(&a, NOON, 0, std::iter::once(id));
    assert_eq!([seen.insert(id), seen.insert(id)], [New, Duplicate]);
}

#[tokio::test]
async fn a_damaged_or_lost_file_is_asked_for_in_the_store() {
    let mut world = World::new(SEGMENT);
    world.fill();
    let (a, old) = (project("a"), event_at(NOON.plus_millis(-10 * BUCKET_MS), 1));
    assert_eq!(world.send(&a, &[old]).await.unwrap(), [New]);
    world.write();
    world.seen().checkpoint().await.unwrap();
    let path = files(&world).remove(0);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[4_096] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(world.send(&a, &[old]).await.unwrap(), [Unsure]);
    assert!(!world.seen().is_complete());
    world.fill();
    assert_eq!(world.send(&a, &[old]).await.unwrap(), [Duplicate]);
    world.seen().checkpoint().await.unwrap();

    // One that is gone at the start is missed then.
    world.crash();
    std::fs::remove_file(files(&world).remove(0)).unwrap();
    world.open();
    assert!(!world.seen().is_complete());
    assert_eq!(world.send(&a, &[event_at(NOON, 2)]).await.unwrap(), [Unsure]);
    world.fill();
    assert_eq!(world.send(&a, &[old]).await.unwrap(), [Duplicate]);
    world.write();
    assert_eq!(world.store.values().copied().max(), Some(1));
}

#[tokio::test]
async fn a_crash_before_the_checkpoint_does_not_make_a_lost_bucket_whole() {
    let mut world = World::new(SEGMENT);
    world.fill();
    let at = NOON.plus_millis(-10 * BUCKET_MS);
    let (a, old, new) = (project("a"), event_at(at, 1), event_at(at, 2));
    assert_eq!(world.send(&a, &[old]).await.unwrap(), [New]);
    world.write();
    world.seen().checkpoint().await.unwrap();
    let checkpoint = world.folder().join(checkpoint::NAME);
    let before = std::fs::read(&checkpoint).unwrap();
    std::fs::remove_file(files(&world).remove(0)).unwrap();
    assert_eq!(world.send(&a, &[new]).await.unwrap(), [Unsure]);
    world.seen().checkpoint().await.unwrap();

    // The file of the bucket holds the new one only, and the checkpoint knows of no loss.
    world.crash();
    std::fs::write(&checkpoint, before).unwrap();
    world.open();
    assert_eq!(world.send(&a, &[old]).await.unwrap(), [Unsure]);
}

#[tokio::test]
async fn a_week_later_the_files_are_gone() {
    let mut world = World::new(SEGMENT);
    world.fill();
    let a = project("a");
    assert_eq!(world.send(&a, &[event_at(NOON, 1)]).await.unwrap(), [New]);
    world.seen().checkpoint().await.unwrap();
    assert_eq!(files(&world).len(), 1);
    for _ in 0..8 {
        world.now = world.now.plus_millis(REPEATS_MS / 7);
        assert_eq!(world.send(&a, &[event_at(world.now, 1)]).await.unwrap(), [New]);
    }
    world.seen().checkpoint().await.unwrap();
    assert_eq!(files(&world).len(), 8);
    assert_eq!(world.send(&a, &[event_at(NOON, 1)]).await.unwrap(), [Unsure]);
}

#[tokio::test]
async fn what_came_by_a_wrong_clock_is_found_by_the_right_one() {
    let mut world = World::new(SEGMENT);
    world.now = NOON.plus_millis(-50 * REPEATS_MS);
    world.crash();
    world.open();
    world.fill();
    let a = project("a");
    assert_eq!(world.send(&a, &[event_at(NOON, 1)]).await.unwrap(), [Unsure]);
    world.now = NOON;
    assert_eq!(world.send(&a, &[event_at(NOON, 2)]).await.unwrap(), [Unsure]);
    world.fill();
    let ids = [1, 2, 3].map(|n| event_at(NOON, n));
    assert_eq!(world.send(&a, &ids).await.unwrap(), [Duplicate, Duplicate, New]);
}

#[tokio::test]
async fn the_spool_keeps_what_no_file_has() {
    let mut world = World::new(1);
    world.fill();
    let a = project("a");
    world.seen().checkpoint().await.unwrap();
    for n in 0..5 {
        assert_eq!(world.send(&a, &[event_at(NOON, n)]).await.unwrap(), [New]);
    }
    world.write();
    world.crash();
    world.open();
    assert!(world.seen().is_complete());
    assert_eq!(world.send(&a, &[event_at(NOON, 0)]).await.unwrap(), [Duplicate]);

    // And lets go of it when a file has it.
    let n_bytes = world.spool().status().n_bytes;
    world.seen().checkpoint().await.unwrap();
    world.write();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while world.spool().status().n_bytes >= n_bytes {
        assert!(std::time::Instant::now() < deadline, "nothing was let go");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn without_room_for_files_keys_are_forgotten_and_nothing_else() {
    let mut world = World::new(SEGMENT);
    world.fill();
    let (a, id) = (project("a"), event_at(NOON, 1));
    assert_eq!(world.send(&a, &[id]).await.unwrap(), [New]);
    world.write();
    world.seen().give_up().unwrap();
    assert_eq!(world.send(&a, &[id]).await.unwrap(), [Unsure]);
    world.crash();
    world.open();
    world.fill();
    assert_eq!(world.send(&a, &[id]).await.unwrap(), [Duplicate]);
    world.write();
    assert_eq!(world.store.values().copied().collect::<Vec<_>>(), [1]);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_just_now_is_kept() {
    let mut world = World::new(SEGMENT);
    world.fill();
    let old = |n| event_at(NOON.plus_millis(-10 * BUCKET_MS), n);
    let a = project("a");
    assert_eq!(world.send(&a, &[old(1), old(2)]).await.unwrap(), [New, New]);
    world.seen().checkpoint().await.unwrap();
    // A folder can be opened and not be read.
    let path = files(&world).remove(0);
    let away = path.with_extension("away");
    std::fs::rename(&path, &away).unwrap();
    std::fs::create_dir(&path).unwrap();
    assert_eq!(world.send(&a, &[old(1), old(3)]).await.unwrap(), [Unsure, Unsure]);
    assert!(world.seen().is_complete());
    assert!(world.seen().checkpoint().await.is_err());
    std::fs::remove_dir(&path).unwrap();
    std::fs::rename(&away, &path).unwrap();

    let ids = [1, 2, 3, 4].map(old);
    assert_eq!(world.send(&a, &ids).await.unwrap(), [Duplicate, Duplicate, Duplicate, New]);
    world.seen().checkpoint().await.unwrap();
    assert!(world.seen().is_complete());
    world.crash();
    world.open();
    assert_eq!(world.send(&a, &ids).await.unwrap(), [Duplicate; 4]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_slow_disk_holds_up_nobody_else() {
    let world = World::new(SEGMENT);
    world.fill();
    let (a, old) = (project("a"), event_at(NOON.plus_millis(-10 * BUCKET_MS), 1));
    assert_eq!(world.send(&a, &[old]).await.unwrap(), [New]);
    world.seen().checkpoint().await.unwrap();
    // To open a pipe waits until somebody writes to it.
    let path = files(&world).remove(0);
    std::fs::remove_file(&path).unwrap();
    let (pipe, mode) = (rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU);
    rustix::fs::mknodat(rustix::fs::CWD, &path, pipe, mode, 0).unwrap();

    let ask = |id| {
        let (seen, a) = (std::sync::Arc::clone(world.seen()), a.clone());
        tokio::spawn(async move { seen.of(&a, NOON, 0, std::iter::once(id)).insert(id) })
    };
    let (tell, told) = std::sync::mpsc::channel();
    let (waiting, other) = (ask(old), ask(event_at(NOON, 2)));
    // Not by the runtime's clock, which stands still where all of its threads wait.
    let opened = std::thread::spawn(move || {
        let told = told.recv_timeout(std::time::Duration::from_secs(10));
        drop(std::fs::OpenOptions::new().write(true).open(&path).unwrap());
        told
    });
    assert_eq!(other.await.unwrap(), New);
    let _ = tell.send(());
    assert_eq!(waiting.await.unwrap(), Unsure);
    opened.join().unwrap().unwrap();
}

#[tokio::test]
async fn few_keys_wait_for_others_and_are_found_in_the_spool_meanwhile() {
    // Each append begins a segment, which goes when nobody needs it.
    let mut world = World::new(1);
    world.fill();
    let old = |n| event_at(NOON.plus_millis(-10 * BUCKET_MS), n);
    let a = project("a");
    let ids: Vec<_> = (0..8).map(old).collect();
    world.send(&a, &ids).await.unwrap();
    world.seen().checkpoint().await.unwrap();
    let first = files(&world);
    assert_eq!(world.send(&a, &[old(8)]).await.unwrap(), [New]);
    for _ in 0..3 {
        assert_eq!(world.send(&a, &[event_at(NOON, 1)]).await.unwrap().len(), 1);
        world.seen().checkpoint_due().await.unwrap();
        world.write();
        assert_eq!(files(&world)[0], first[0]);
    }
    world.crash();
    world.open();
    assert!(world.seen().is_complete());
    assert_eq!(world.send(&a, &[old(8), old(1)]).await.unwrap(), [Duplicate, Duplicate]);
    // What was read again is written at once; then it takes another three.
    world.seen().checkpoint_due().await.unwrap();
    let second = files(&world);
    assert_ne!(second[0], first[0]);
    assert_eq!(world.send(&a, &[old(9)]).await.unwrap(), [New]);
    for _ in 0..3 {
        world.seen().checkpoint_due().await.unwrap();
        assert_eq!(files(&world), second);
    }
    world.seen().checkpoint_due().await.unwrap();
    let third = files(&world);
    assert_ne!(third[0], second[0]);
    // So many do not wait.
    let ids: Vec<_> = (10..30).map(old).collect();
    world.send(&a, &ids).await.unwrap();
    world.seen().checkpoint_due().await.unwrap();
    assert_ne!(files(&world)[0], third[0]);
}

#[test]
fn a_file_is_written_for_a_sixteenth_or_after_a_quarter_of_an_hour() {
    let is_over = |n_new, n_in_file, n| super::keeper::PATIENCE.is_over(n_new, n_in_file, n);
    assert_eq!([is_over(15, 0, 0), is_over(16, 0, 0)], [false, true]);
    assert_eq!([is_over(62_499, 1_000_000, 0), is_over(62_500, 1_000_000, 0)], [false, true]);
    assert_eq!([is_over(1, 1_000_000, 14), is_over(1, 1_000_000, 15)], [false, true]);
}
