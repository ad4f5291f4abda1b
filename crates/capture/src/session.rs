//! When a session ends.

use protocol::{Timestamp, limits};

/// A visit: what one person does without a long pause.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Session {
    pub(crate) id: Vec<u8>,
    pub(crate) started: Timestamp,
    pub(crate) last: Timestamp,
    /// Four lines: the referrer's host and path, and [`crate::Environment::campaign`]; nothing
    /// where the session did not begin with the load of a page.
    pub(crate) origin: Vec<u8>,
}

impl Session {
    /// Whether something that happens `at` still belongs to it.
    ///
    /// A clock that was set back leaves the session as it is.
    pub(crate) fn goes_on(&self, at: Timestamp) -> bool {
        !self.id.is_empty()
            && at.millis_since(self.last) < limits::SESSION_GAP_MS
            && at.millis_since(self.started) < limits::SESSION_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_by_a_pause_or_by_a_day() {
        let at = Timestamp::from_millis;
        let session = |started, last| Session {
            id: b"s".to_vec(),
            started: at(started),
            last: at(last),
            ..Session::default()
        };
        assert!(session(0, 0).goes_on(at(limits::SESSION_GAP_MS - 1)));
        assert!(!session(0, 0).goes_on(at(limits::SESSION_GAP_MS)));
        assert!(!session(0, limits::SESSION_MS - 1).goes_on(at(limits::SESSION_MS)));
        assert!(session(1_000, 1_000).goes_on(at(0)));
        assert!(!Session::default().goes_on(at(0)));
    }
}
