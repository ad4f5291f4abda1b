//! Histories that once went wrong, or would without one line of the spool.

use super::{Operation, run};
use crate::spool::simfs::{Fault, Stop};

/// A history, with both ways to stop at every operation, and with many seeds.
fn everywhere(operations: &[Operation]) {
    for seed in 0..16 {
        for stop in [Stop::Kill, Stop::PowerLoss] {
            let mut at = 0;
            while run(operations, seed, stop, at, None) {
                at += 1;
            }
        }
    }
}

fn append() -> Operation {
    Operation::Append(vec![20, 20])
}

fn fail(fault: Fault, after: u64, n: u64) -> Operation {
    Operation::Fail { fault, after, n }
}

fn save(done: usize, is_old: bool) -> Operation {
    Operation::Save { done, cut: None, is_old }
}

const KILL: Operation = Operation::Restart(Stop::Kill);
const POWER_LOSS: Operation = Operation::Restart(Stop::PowerLoss);

#[test]
fn what_a_start_has_read_is_there_after_a_loss_of_power() {
    // The sync fails, so the records are in memory only; and a sync after that proves nothing.
    everywhere(&[append(), fail(Fault::Broken, 1, 1), append(), KILL, POWER_LOSS]);
}

#[test]
fn what_was_refused_does_not_appear_before_what_came_after_it() {
    // The second segment ends before what was refused, which the third has to know although the
    // second is never filled.
    everywhere(&[
        append(),
        Operation::Roll,
        fail(Fault::Broken, 1, 1),
        append(),
        append(),
        KILL,
        append(),
        POWER_LOSS,
    ]);
}

#[test]
fn a_segment_whose_making_failed_leaves_no_trace() {
    everywhere(&[append(), fail(Fault::Broken, 3, 2), Operation::Roll, append(), KILL, append()]);
}

#[test]
fn a_cursor_that_a_start_has_read_stays() {
    // Its name was not synced, and the start makes no segment whose name would be.
    for after in 0..6 {
        everywhere(&[
            append(),
            fail(Fault::Broken, after, 1),
            save(0, false),
            fail(Fault::Full, 0, u64::MAX),
            KILL,
            POWER_LOSS,
        ]);
    }
}

#[test]
fn a_full_disk_at_the_start_is_waited_for() {
    everywhere(&[
        append(),
        fail(Fault::Full, 0, u64::MAX),
        KILL,
        append(),
        save(0, true),
        KILL,
        Operation::Heal,
        append(),
    ]);
}

#[test]
fn what_is_not_secured_yet_is_not_released() {
    // The first segment is done and old, the second is not readable while the disk is full.
    everywhere(&[
        append(),
        KILL,
        append(),
        fail(Fault::Full, 0, u64::MAX),
        KILL,
        save(1, true),
        Operation::Heal,
        save(0, true),
    ]);
}

#[test]
fn what_is_not_secured_yet_is_not_read() {
    // The second group is in memory only, and there is no room to write it again.
    everywhere(&[
        append(),
        fail(Fault::Broken, 1, 1),
        append(),
        fail(Fault::Full, 0, u64::MAX),
        KILL,
        POWER_LOSS,
    ]);
}

#[test]
fn what_lies_before_a_cursor_that_was_not_saved_is_read_again() {
    // The first group is refused and in the file all the same; the cursor steps over it.
    everywhere(&[
        fail(Fault::Full, 0, u64::MAX),
        append(),
        fail(Fault::Broken, 7, u64::MAX),
        append(),
        save(0, false),
    ]);
}
