//! Moments in milliseconds, and the correction of a wrong clock.

use serde::{Deserialize, Serialize};

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment `ms` milliseconds after the epoch.
    pub const fn from_millis(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// This moment moved by `ms` milliseconds; stays at the end of the range instead of wrapping.
    pub const fn plus_millis(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this moment; negative if this one is before it.
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// How far a browser's clock is off, in milliseconds to add to its times.
///
/// The difference between the collector's time of arrival and the browser's time of sending.
/// The time on the wire is part of it, so a small difference says nothing and is not corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Skew(i64);

impl Skew {
    /// Differences up to this many milliseconds are network delay, not a wrong clock.
    pub const TOLERATED_MS: i64 = 60_000;

    /// The skew of a browser that said `sent_at` when it was `received_at`.
    pub const fn between(sent_at: Timestamp, received_at: Timestamp) -> Self {
        let ms = received_at.millis_since(sent_at);
        if ms > Self::TOLERATED_MS || ms < -Self::TOLERATED_MS { Self(ms) } else { Self(0) }
    }

    /// The skew that a stored offset in milliseconds stands for.
    pub const fn from_millis(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds to add to the browser's times.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The true moment of what the browser says happened at `timestamp`.
    pub const fn correct(self, timestamp: Timestamp) -> Timestamp {
        timestamp.plus_millis(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_of_delay_is_no_skew() {
        let at = Timestamp::from_millis;
        assert_eq!(Skew::between(at(0), at(60_000)).as_millis(), 0);
        assert_eq!(Skew::between(at(0), at(60_001)).as_millis(), 60_001);
        assert_eq!(Skew::between(at(3_600_000), at(0)).correct(at(3_600_500)), at(500));
    }

    #[test]
    fn the_ends_of_the_range_do_not_wrap() {
        let end = Timestamp::from_millis(i64::MAX);
        assert_eq!(end.plus_millis(1), end);
        assert_eq!(Timestamp::from_millis(i64::MIN).millis_since(end), i64::MIN);
    }
}
