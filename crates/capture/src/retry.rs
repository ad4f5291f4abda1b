//! How long to wait after a failure.

/// The wait after the first failure, in milliseconds.
const FIRST_MS: i64 = 1_000;
/// The longest wait of our own making. A collector that is back is noticed within it.
const LONGEST_MS: i64 = 5 * 60 * 1_000;
/// The longest wait that a collector may ask for.
const LONGEST_ASKED_MS: i64 = 60 * 60 * 1_000;

/// Counts failures in a row, and doubles the wait with each.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    n_failures: u32,
}

impl Backoff {
    /// Forgets the failures: something was answered.
    pub(crate) fn succeed(&mut self) {
        self.n_failures = 0;
    }

    /// Milliseconds to wait after one more failure.
    ///
    /// `jitter` spreads browsers that failed together over half of the wait; the wait is never
    /// shorter than what the collector `asked` for.
    pub(crate) fn fail(&mut self, asked_ms: i64, jitter: u8) -> i64 {
        let doubled = FIRST_MS << self.n_failures.min(16);
        self.n_failures = self.n_failures.saturating_add(1);
        let wait = doubled.min(LONGEST_MS);
        let asked = asked_ms.clamp(0, LONGEST_ASKED_MS);
        wait.max(asked) + wait / 2 * i64::from(jitter) / 256
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_start_again() {
        let mut backoff = Backoff::default();
        let waits: Vec<i64> = (0..11).map(|_| backoff.fail(0, 0) / 1_000).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        backoff.succeed();
        assert_eq!(backoff.fail(0, 0), FIRST_MS);
    }

    #[test]
    fn jitter_only_lengthens_and_by_less_than_half() {
        let wait = |jitter| Backoff::default().fail(20_000, jitter);
        assert_eq!(wait(0), 20_000);
        assert_eq!(wait(255), 20_498);
        assert_eq!(Backoff::default().fail(i64::MAX, 0), LONGEST_ASKED_MS);
        assert_eq!(Backoff::default().fail(-5, 0), FIRST_MS);
    }
}
