//! The file system loses what it may, and nothing else.

use super::{Fault, SimFs, Stop};
use std::collections::BTreeSet;

#[test]
fn what_was_not_synced_may_be_lost_and_what_was_is_not() {
    let mut lengths = BTreeSet::new();
    for seed in 0..64 {
        let fs = SimFs::new(seed);
        let folder = fs.folder();
        folder.make().unwrap();
        let mut file = folder.create("a").unwrap();
        file.append(b"safe").unwrap();
        file.sync().unwrap();
        file.append(b"lost").unwrap();
        folder.sync().unwrap();
        drop(folder.create("b").unwrap());
        fs.restart(Stop::PowerLoss);
        let bytes = folder.read("a", 0, u64::MAX).unwrap();
        assert!(bytes.starts_with(b"safe"));
        lengths.insert((bytes.len(), fs.names().len()));
    }
    assert_eq!(lengths.len(), 10, "each length from 4 to 8, with `b` and without");
}

#[test]
fn a_sync_after_a_failed_one_proves_nothing() {
    let is_lost = |seed| {
        let fs = SimFs::new(seed);
        let folder = fs.folder();
        folder.make().unwrap();
        let mut file = folder.create("a").unwrap();
        folder.sync().unwrap();
        file.append(b"lost").unwrap();
        fs.fail(Fault::Broken, 0, 1);
        file.sync().unwrap_err();
        file.sync().unwrap();
        assert_eq!(fs.n_vain_syncs(), 1);
        fs.restart(Stop::PowerLoss);
        folder.read("a", 0, u64::MAX).unwrap() != b"lost"
    };
    assert!((0..16).any(is_lost));
}
