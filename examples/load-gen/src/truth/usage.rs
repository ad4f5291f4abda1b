//! How much features are used, and by how many people and accounts.

use super::history::{Event, Histories};
use super::retention::day;
use crate::World;
use crate::account::Account;
use crate::calendar::Day;
use crate::feature::Feature;
use serde::Serialize;
use std::collections::BTreeSet;

/// How much a feature is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// The feature.
    pub feature: &'static str,
    /// The element whose click is a use.
    pub element: &'static str,
    /// Uses.
    pub uses: usize,
    /// People who used it.
    pub people: usize,
    /// Accounts that they belonged to.
    pub accounts: usize,
}

/// An account that pages name from some day on only: what its people did before is its own, too.
#[derive(Debug, Serialize)]
pub struct LearntLate {
    /// Its id.
    pub account: String,
    /// The last day on which no page names it.
    pub to: String,
    /// How much each feature is used by everybody up to that day.
    pub usage: Vec<Usage>,
}

/// How much each feature is used up to and with a day.
pub(super) fn until(last: Day, histories: &Histories) -> Vec<Usage> {
    Feature::ALL.into_iter().map(|feature| of(feature, last, histories)).collect()
}

fn of(feature: Feature, last: Day, histories: &Histories) -> Usage {
    let (mut uses, mut people, mut accounts) = (0, 0, BTreeSet::new());
    for events in histories.people() {
        let is_use = |it: &&Event| it.completes == Some(feature) && day(it) <= last;
        let of_person: Vec<_> = events.iter().filter(is_use).collect();
        uses += of_person.len();
        people += usize::from(!of_person.is_empty());
        accounts.extend(of_person.iter().filter_map(|event| event.account));
    }
    let (feature, element) = (feature.name(), feature.completing());
    Usage { feature, element, uses, people, accounts: accounts.len() }
}

pub(super) fn learnt_late(histories: &Histories, world: &World) -> Option<LearntLate> {
    let late = |account: &Account| Some((account.id(), account.known_from?));
    let (account, known_from) = world.accounts.iter().find_map(late)?;
    let last = known_from.plus(-1);
    Some(LearntLate { account, to: last.text(), usage: until(last, histories) })
}
