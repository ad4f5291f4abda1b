//! What may have made an account fall, by what can be seen of it.

use protocol::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Who was not seen on so many days of work has gone quiet.
pub(super) const QUIET_DAYS: usize = 3;
/// The share of an account's core actions of which it is said when who did it has gone quiet.
const MATTERS: f64 = 0.2;
/// A feature of fewer uses in the week before says nothing when there are none.
const USES: u64 = 10;
/// The share of what was lost that a feature must have had to be said.
const OF_LOSS: f64 = 0.25;
/// People and features that are said at most, of each.
const SAID: usize = 3;

/// One thing that may be behind a fall.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cause {
    /// Somebody who did much of it has not been seen on the last three days of work.
    PersonQuiet {
        /// Who, by the id.
        person: String,
        /// What he is called, where that was said.
        name: Option<String>,
        /// His share of the core actions of the week before.
        share: f64,
        /// When he was seen last.
        last_seen: Timestamp,
    },
    /// Nobody of the account was there in the whole week.
    NobodyThere {
        /// When somebody was there last.
        last_seen: Option<Timestamp>,
    },
    /// A feature is completed here no more.
    FeatureSilent {
        /// Its id.
        feature: String,
        /// What it is called.
        name: String,
        /// Completions in the week before.
        before: u64,
        /// Whether other accounts complete it.
        others_do: bool,
    },
    /// The product changed, or something happened, in these weeks.
    Marked {
        /// The day.
        day: String,
        /// What was noted.
        text: String,
        /// Whether it was a release.
        is_release: bool,
    },
    /// Something was noted of this account in these weeks.
    Noted {
        /// The day.
        day: String,
        /// What was noted.
        text: String,
        /// Whether something was done for it.
        is_intervention: bool,
    },
    /// Its whole region does less, and it fell beyond that.
    Region {
        /// The region.
        region: String,
        /// What its region has, of what was to be expected.
        factor: f64,
    },
    /// Neither one person nor one feature: how many were at it, and on how many days between them,
    /// the week before and now.
    Spread {
        /// People who completed something.
        people: [usize; 2],
        /// The days of each of them, added up.
        days: [usize; 2],
    },
}

/// What one person completed of one feature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Did {
    pub(super) person: u64,
    pub(super) feature: String,
    pub(super) before: u64,
    pub(super) now: u64,
    pub(super) days_before: Vec<i32>,
    pub(super) days_now: Vec<i32>,
}

/// What is known of an account that fell.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    pub(super) did: Vec<Did>,
    /// When each person was seen last, whatever he did.
    pub(super) last_seen: BTreeMap<u64, Timestamp>,
    /// The ids of people.
    pub(super) people: BTreeMap<u64, String>,
    /// The names of features.
    pub(super) features: BTreeMap<String, String>,
    /// The features that other accounts complete in the week.
    pub(super) of_others: BTreeSet<String>,
    /// When the week that fell begins.
    pub(super) begins: Option<Timestamp>,
}

impl Evidence {
    fn sum(&self, of: impl Fn(&Did) -> u64) -> u64 {
        self.did.iter().map(of).sum()
    }

    /// The causes that people and features make, the plainest first. Who was not seen since
    /// `quiet_since` has gone quiet.
    pub(super) fn causes(&self, quiet_since: Option<Timestamp>) -> Vec<Cause> {
        let mut causes = Vec::new();
        let last = self.last_seen.values().max().copied();
        let is_nobody = last.is_none_or(|last| self.begins.is_some_and(|begins| last < begins));
        causes.extend(self.quiet(self.each(), quiet_since));
        if is_nobody {
            causes.push(Cause::NobodyThere { last_seen: last });
        } else if self.sum(|did| did.now) > 0 {
            // Where nothing at all is completed, no feature says more than another.
            causes.extend(self.silent());
        }
        if causes.is_empty() {
            causes.push(self.spread());
        }
        causes
    }

    /// How much each person did in the week before and in the week.
    fn each(&self) -> BTreeMap<u64, [u64; 2]> {
        let mut each: BTreeMap<u64, [u64; 2]> = BTreeMap::new();
        for did in &self.did {
            let [before, later] = each.entry(did.person).or_default();
            *before += did.before;
            *later += did.now;
        }
        each
    }

    /// Who did much of it in the week before, of `each` with what he did then and in the week, and was
    /// not seen `since`; whoever did most first.
    pub(super) fn quiet(
        &self,
        each: BTreeMap<u64, [u64; 2]>,
        since: Option<Timestamp>,
    ) -> Vec<Cause> {
        let all = each.values().map(|[before, _]| before).sum::<u64>().max(1) as f64;
        let quiet = |(person, [before, later]): (u64, [u64; 2])| {
            let share = before as f64 / all;
            let last_seen = self.last_seen.get(&person).copied()?;
            let is_gone = since.is_some_and(|since| last_seen < since) && later < before;
            let person = self.people.get(&person)?.clone();
            (is_gone && share >= MATTERS).then_some((share, person, last_seen))
        };
        let mut quiet: Vec<_> = each.into_iter().filter_map(quiet).collect();
        quiet.sort_by(|a, b| b.0.total_cmp(&a.0));
        let cause = |(share, person, last_seen)| Cause::PersonQuiet {
            person,
            name: None,
            share,
            last_seen,
        };
        quiet.into_iter().take(SAID).map(cause).collect()
    }

    fn silent(&self) -> Vec<Cause> {
        let loss = self.sum(|did| did.before).saturating_sub(self.sum(|did| did.now)) as f64;
        let mut of: BTreeMap<&str, [u64; 2]> = BTreeMap::new();
        for did in &self.did {
            let [before, later] = of.entry(&did.feature).or_default();
            *before += did.before;
            *later += did.now;
        }
        let is_silent = |(_, [before, now]): &(&str, [u64; 2])| {
            *now == 0 && *before >= USES && *before as f64 >= OF_LOSS * loss
        };
        let mut silent: Vec<_> = of.into_iter().filter(is_silent).collect();
        silent.sort_by_key(|(_, [before, _])| std::cmp::Reverse(*before));
        let cause = |(feature, [before, _]): (&str, [u64; 2])| Cause::FeatureSilent {
            feature: feature.to_owned(),
            name: self.features.get(feature).cloned().unwrap_or_default(),
            before,
            others_do: self.of_others.contains(feature),
        };
        silent.into_iter().take(SAID).map(cause).collect()
    }

    fn spread(&self) -> Cause {
        let of = |days: fn(&Did) -> &Vec<i32>| {
            let each: BTreeSet<_> = self
                .did
                .iter()
                .flat_map(|did| days(did).iter().map(|day| (did.person, *day)))
                .collect();
            let people: BTreeSet<_> = each.iter().map(|(person, _)| *person).collect();
            (people.len(), each.len())
        };
        let (before, now) = (of(|did| &did.days_before), of(|did| &did.days_now));
        Cause::Spread { people: [before.0, now.0], days: [before.1, now.1] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
    const NOW: Timestamp = Timestamp::from_millis(100 * DAY_MS);

    const SINCE: Option<Timestamp> = Some(Timestamp::from_millis(97 * DAY_MS));

    fn did(person: u64, feature: &str, before: u64, now: u64) -> Did {
        let days = |n: u64| (0..i32::try_from(n.min(4)).unwrap()).collect();
        let (days_before, days_now) = (days(before), days(now));
        Did { person, feature: feature.to_owned(), before, now, days_before, days_now }
    }

    fn evidence(did: Vec<Did>, days_ago: &[i64]) -> Evidence {
        let people = (1..=9).map(|n| (n, format!("person {n}"))).collect();
        let seen = |(n, days): (u64, &i64)| (n, NOW.plus_millis(-days * DAY_MS));
        let last_seen = (1..).zip(days_ago).map(seen).collect();
        let features = [("f".to_owned(), "Save".to_owned())].into();
        let begins = Some(NOW.plus_millis(-5 * DAY_MS));
        let of_others = ["f".to_owned()].into();
        Evidence { did, last_seen, people, features, of_others, begins }
    }

    #[test]
    fn who_did_most_and_is_gone_is_named_with_the_share_and_when() {
        let found =
            evidence(vec![did(1, "f", 160, 48), did(2, "f", 40, 12)], &[4, 1]).causes(SINCE);
        let last_seen = NOW.plus_millis(-4 * DAY_MS);
        let person = "person 1".to_owned();
        assert_eq!(found, [Cause::PersonQuiet { person, name: None, share: 0.8, last_seen }]);
        // Whoever was there since is not gone.
        let found =
            evidence(vec![did(1, "f", 160, 48), did(2, "f", 40, 12)], &[2, 1]).causes(SINCE);
        assert_eq!(found, [Cause::Spread { people: [2, 2], days: [8, 8] }]);
    }

    #[test]
    fn a_feature_that_is_completed_here_no_more_is_named() {
        let evidence = evidence(vec![did(1, "f", 30, 0), did(1, "g", 20, 20)], &[0]);
        let silent = |others_do| {
            let (feature, name) = ("f".to_owned(), "Save".to_owned());
            [Cause::FeatureSilent { feature, name, before: 30, others_do }]
        };
        assert_eq!(evidence.causes(SINCE), silent(true));
        let alone = Evidence { of_others: BTreeSet::new(), ..evidence };
        assert_eq!(alone.causes(SINCE), silent(false));
    }

    #[test]
    fn nobody_there_is_said_in_place_of_features() {
        let found = evidence((1..=9).map(|n| did(n, "f", 10, 0)).collect(), &[7; 9]).causes(SINCE);
        let last_seen = Some(NOW.plus_millis(-7 * DAY_MS));
        assert_eq!(found, [Cause::NobodyThere { last_seen }]);
    }
}
