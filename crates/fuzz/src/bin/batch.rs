//! Whatever bytes come as a batch: they are read or refused, and what is read, written and read again,
//! is the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::{parse_batch, parse_batch_noting};

fuzz_target!(|data: &[u8]| {
    let read = parse_batch(data);
    let mut n_noted = 0;
    let noting = parse_batch_noting(data, |_| n_noted += 1);
    assert_eq!(format!("{read:?}"), format!("{noting:?}"), "noting reads something else");
    let n_fields = data.iter().filter(|byte| **byte == b':').count();
    assert!(n_noted <= n_fields, "{n_noted} fields are noted of {n_fields}");
});
