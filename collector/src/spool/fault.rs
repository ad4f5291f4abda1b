//! Places where a test can make the spool of a running collector fail.

use std::io;

/// Fails if the feature `failpoints` is built in and the failpoint of this name says so.
#[cfg(not(feature = "failpoints"))]
#[inline(always)]
#[allow(clippy::unnecessary_wraps, reason = "it fails in the other build")]
pub(super) const fn point(_: &'static str) -> io::Result<()> {
    Ok(())
}

/// Fails if the failpoint of this name says so: `return(enospc)`, `return(eio)`.
#[cfg(feature = "failpoints")]
pub(super) fn point(name: &'static str) -> io::Result<()> {
    let error = |argument: Option<String>| {
        // So that a test can tell that it did fail.
        tracing::warn!("failpoint {name} fails");
        match argument.as_deref() {
            Some("enospc") => io::Error::from_raw_os_error(28),
            Some("eio") => io::Error::from_raw_os_error(5),
            _ => io::Error::other(format!("the failpoint `{name}` says so")),
        }
    };
    fail::eval(name, error).map_or(Ok(()), Err)
}

#[cfg(all(test, feature = "failpoints"))]
mod tests {
    use super::*;

    #[test]
    fn a_failpoint_fails_as_it_is_told() {
        let scenario = fail::FailScenario::setup();
        fail::cfg("spool.test", "1*off->1*return(enospc)->1*return(eio)->off").unwrap();
        let kinds = [(); 4].map(|()| point("spool.test").map_err(|error| error.raw_os_error()));
        assert_eq!(kinds, [Ok(()), Err(Some(28)), Err(Some(5)), Ok(())]);
        scenario.teardown();
    }
}
