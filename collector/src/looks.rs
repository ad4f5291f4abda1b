//! When something is old enough to be deleted: told by a look at the clock of a day before.
//!
//! What people did is not meant to lie around, and goes by the clock. But a clock that jumps
//! forward would take what is young with it. So nothing is deleted that was not old a day before,
//! too: whoever has to set the clock right has that day.

use protocol::Timestamp;
use serde::{Deserialize, Serialize};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// The last looks at the clock, to be kept over restarts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Looks {
    last: Option<Timestamp>,
    /// A day or more before the last one.
    before: Option<Timestamp>,
}

impl Looks {
    /// Looks at the clock, which shows `now`. Returns the moment that age is to be counted up to;
    /// none before the second day.
    pub(crate) fn look(&mut self, now: Timestamp) -> Option<Timestamp> {
        // What lies in the future was seen on a clock that was set back since.
        self.before = self.before.filter(|before| *before <= now);
        match self.last {
            Some(last) if (0..DAY_MS).contains(&now.millis_since(last)) => {}
            Some(last) if last <= now => (self.before, self.last) = (Some(last), Some(now)),
            _ => self.last = Some(now),
        }
        self.before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_of_the_clock_makes_nothing_old_for_a_day() {
        let at = |days: i64| Timestamp::from_millis((20_000 + days) * DAY_MS);
        let mut looks = Looks::default();
        assert_eq!([0, 0, 1].map(|day| looks.look(at(day))), [None, None, Some(at(0))]);
        // A jump, found a moment later and set right.
        assert_eq!(looks.look(at(41)), Some(at(1)));
        assert_eq!(looks.look(at(41).plus_millis(10_000)), Some(at(1)));
        assert_eq!([1, 2].map(|day| looks.look(at(day))), [Some(at(1)), Some(at(1))]);
        // And one that stays is believed.
        assert_eq!([41, 42].map(|day| looks.look(at(day))), [Some(at(2)), Some(at(41))]);
        assert_eq!(looks.look(at(3)), None);
    }
}
