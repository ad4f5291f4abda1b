//! Since when the oldest record waits for ClickHouse.

use super::Position;
use protocol::Timestamp;
use std::collections::VecDeque;

/// Records that came within this time share a mark, in milliseconds.
const TOGETHER_MS: i64 = 60_000;

/// Marks along the spool: the records before `end`, and behind the mark before, came at `since`
/// or later.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    marks: VecDeque<Mark>,
}

#[derive(Debug)]
struct Mark {
    end: Position,
    since: Timestamp,
}

impl Waiting {
    /// What comes from before the start: where each segment ends and when it was begun.
    pub(super) fn new(begun: impl Iterator<Item = (Position, Timestamp)>) -> Self {
        Self { marks: begun.map(|(end, since)| Mark { end, since }).collect() }
    }

    /// Records up to `end` came at `now`.
    pub(super) fn add(&mut self, end: Position, now: Timestamp) {
        match self.marks.back_mut() {
            Some(mark) if (0..TOGETHER_MS).contains(&now.millis_since(mark.since)) => {
                mark.end = end
            }
            _ => self.marks.push_back(Mark { end, since: now }),
        }
    }

    /// ClickHouse has everything before `position`.
    pub(super) fn done(&mut self, position: Position) {
        while self.marks.front().is_some_and(|mark| mark.end <= position) {
            self.marks.pop_front();
        }
    }

    /// The first that waits is known to have come at `since`.
    pub(super) fn correct(&mut self, since: Timestamp) {
        if let Some(mark) = self.marks.front_mut() {
            mark.since = since;
        }
    }

    /// How long the oldest waits, in milliseconds; `None` if nothing does, and then the clock is
    /// not read.
    pub(super) fn age_ms(&self, now: impl Fn() -> Timestamp) -> Option<i64> {
        self.marks.front().map(|mark| now().millis_since(mark.since).max(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_that_waits_counts() {
        let at = |offset| Position { segment: 1, offset };
        let second = |n: i64| Timestamp::from_millis(n * 1_000);
        let mut waiting = Waiting::new([(at(10), second(0))].into_iter());
        waiting.correct(second(5));
        waiting.add(at(20), second(100));
        waiting.add(at(30), second(130));
        waiting.add(at(40), second(170));
        assert_eq!(waiting.age_ms(|| second(200)), Some(195_000));
        waiting.done(at(10));
        assert_eq!(waiting.age_ms(|| second(200)), Some(100_000));
        waiting.done(at(29));
        assert_eq!(waiting.age_ms(|| second(200)), Some(100_000), "one of the mark still waits");
        waiting.done(at(30));
        assert_eq!(waiting.age_ms(|| second(160)), Some(0), "the clock was set back");
        waiting.done(at(40));
        assert_eq!(waiting.age_ms(|| second(200)), None);
    }
}
