//! Elements and pages that ClickHouse has: each is written once a day, not with every event, and
//! a project has no more of them than it may.
//!
//! What is there is asked when something new comes, so it survives a restart, and what other
//! collectors write is seen. Two that bring new ones at the same moment may together go over the
//! limit by what is on its way then.

use protocol::Timestamp;
use std::collections::HashMap;
use store::Described;

/// How many are remembered of all projects; beyond, they are forgotten and asked for again.
pub(super) const REMEMBERED: usize = 1_000_000;

/// A project that has all it may have is not asked for again before this.
const LOOK_MS: i64 = 10_000;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// The elements, or the pages, that ClickHouse has.
#[derive(Debug, Default)]
pub(super) struct Known(HashMap<String, Project>);

#[derive(Debug, Default)]
struct Project {
    /// The first and the last day that is written of each.
    days: HashMap<u64, (i64, i64)>,
    /// When the store was last asked.
    looked_at: Option<Timestamp>,
}

/// What is to be done about an element or a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// ClickHouse has it, with this day.
    Written,
    /// It is written.
    News,
    /// It is one too many.
    TooMany,
}

impl Known {
    /// Whether the store must be asked before something new of the project is judged.
    pub(super) fn is_unsure(&self, project: &str, ids: &[u64], max: usize, now: Timestamp) -> bool {
        let Some(known) = self.0.get(project) else { return true };
        let is_new = ids.iter().any(|id| !known.days.contains_key(id));
        let is_stale = known.looked_at.is_none_or(|at| now.millis_since(at).abs() >= LOOK_MS);
        is_new && (is_stale || known.n() < max)
    }

    /// Notes what the store has of a project.
    pub(super) fn look(&mut self, project: &str, there: &[Described], now: Timestamp) {
        let n_others: usize =
            self.0.iter().filter(|(id, _)| *id != project).map(|(_, known)| known.days.len()).sum();
        if n_others + there.len() > REMEMBERED {
            self.0.retain(|id, _| id == project);
        }
        let known = self.0.entry(project.to_owned()).or_default();
        known.looked_at = Some(now);
        for row in there {
            known.note(row.id, row.first, row.last);
        }
    }

    /// Judges one that was seen from `first` to `last`, and notes it as written if it is to be.
    pub(super) fn judge(
        &mut self,
        (project, id): (&str, u64),
        [first, last]: [Timestamp; 2],
        max: usize,
    ) -> Verdict {
        let known = self.0.entry(project.to_owned()).or_default();
        match known.days.get(&id) {
            Some(written) if written.0 <= day(first) && day(last) <= written.1 => {
                return Verdict::Written;
            }
            None if id != rules::OTHERS && known.n() >= max => return Verdict::TooMany,
            _ => {}
        }
        known.note(id, first, last);
        Verdict::News
    }
}

impl Project {
    /// How many there are, without the one that stands for the rest.
    fn n(&self) -> usize {
        self.days.len() - usize::from(self.days.contains_key(&rules::OTHERS))
    }

    fn note(&mut self, id: u64, first: Timestamp, last: Timestamp) {
        let (first, last) = (day(first), day(last));
        let days = self.days.entry(id).or_insert((first, last));
        *days = (days.0.min(first), days.1.max(last));
    }
}

fn day(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(DAY_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    #[test]
    fn an_element_is_news_once_a_day_and_when_it_turns_out_to_be_older() {
        let mut known = Known::default();
        let mut judge = |ms| known.judge(("p", 1), [at(ms), at(ms)], 9);
        use Verdict::{News, Written};
        assert_eq!([0, DAY_MS - 1, DAY_MS, 0].map(&mut judge), [News, Written, News, Written]);
        assert_eq!([-1, -DAY_MS, DAY_MS + 1].map(judge), [News, Written, Written]);
    }

    #[test]
    fn one_too_many_is_told_and_the_one_for_the_rest_does_not_count() {
        let mut known = Known::default();
        let mut judge = |project, id| known.judge((project, id), [at(0), at(0)], 2);
        use Verdict::{News, TooMany, Written};
        assert_eq!(
            [1, rules::OTHERS, 2, 3, 1].map(|id| judge("p", id)),
            [News, News, News, TooMany, Written]
        );
        assert_eq!(judge("q", 3), News);
    }

    #[test]
    fn the_store_is_asked_about_what_is_new() {
        let mut known = Known::default();
        assert!(known.is_unsure("p", &[], 2, at(0)));
        let there = |id| Described { id, first: at(0), last: at(0) };
        known.look("p", &[there(1)], at(0));
        assert!(!known.is_unsure("p", &[1], 2, at(LOOK_MS)));
        assert!(known.is_unsure("p", &[1, 2], 2, at(1)));
        // It is full: there is no need to ask each time.
        known.look("p", &[there(1), there(2)], at(1));
        assert!(!known.is_unsure("p", &[3], 2, at(LOOK_MS)));
        assert!(known.is_unsure("p", &[3], 2, at(LOOK_MS + 1)));
        assert_eq!(known.judge(("p", 2), [at(0), at(0)], 2), Verdict::Written);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut known = Known::default();
        let many: Vec<_> =
            (1..=400_000).map(|id| Described { id, first: at(0), last: at(0) }).collect();
        for project in ["a", "b", "c", "d"] {
            known.look(project, &many, at(0));
            assert!(known.0.values().map(|known| known.days.len()).sum::<usize>() <= REMEMBERED);
            assert!(!known.is_unsure(project, &[400_000], 500_000, at(0)));
        }
        assert!(known.is_unsure("a", &[1], 500_000, at(0)));
    }
}
