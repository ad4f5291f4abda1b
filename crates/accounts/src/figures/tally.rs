//! What is counted, put side by side: one row of figures for each account.

use super::statement::Named;
use super::{ALL_WEEKS, AccountFigures, Figure, MAX_ACCOUNTS};
use crate::core_action;
use analytics::feature::Features;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use store::FeatureStep;

/// The figures so far.
pub(super) struct Tally {
    accounts: Vec<AccountFigures>,
    /// The place of each account, by its number.
    places: HashMap<u64, usize>,
    n_left_out: u64,
    /// The features, by their numbers.
    uses: Vec<Use>,
    /// The modules that were counted, by place, slot and module.
    modules: HashSet<(usize, usize, usize)>,
}

/// What a use of a feature is.
struct Use {
    module: usize,
    is_completion: bool,
    is_core: bool,
}

impl Tally {
    /// Nothing yet, of these accounts. Modules are those of each feature by its id.
    pub(super) fn new(
        mut names: Vec<Named>,
        features: &Features,
        modules: &BTreeMap<String, String>,
    ) -> Self {
        names.sort_by(|a, b| a.id.cmp(&b.id));
        let n_left_out = names.len().saturating_sub(MAX_ACCOUNTS) as u64;
        names.truncate(MAX_ACCOUNTS);
        let places = names.iter().enumerate().map(|(place, it)| (it.number, place)).collect();
        let nothing = |Named { id, number }| AccountFigures {
            id,
            number,
            weeks: [Figure::default(); ALL_WEEKS],
            so_far_before: Figure::default(),
        };
        let core: BTreeSet<&str> =
            core_action::features(features).iter().map(|it| it.feature.id.as_str()).collect();
        let known: Vec<&String> = modules.values().collect::<BTreeSet<_>>().into_iter().collect();
        let uses = features.iter().map(|meant| Use {
            module: modules
                .get(&meant.feature.id)
                .map_or(known.len(), |module| known.binary_search(&module).unwrap_or(known.len())),
            is_completion: meant.feature.step == FeatureStep::Complete,
            is_core: core.contains(meant.feature.id.as_str()),
        });
        Self {
            accounts: names.into_iter().map(nothing).collect(),
            places,
            n_left_out,
            uses: uses.collect(),
            modules: HashSet::new(),
        }
    }

    /// Adds rows of account, slot, visits, page views, people, log-ins and active days.
    pub(super) fn add_visits(&mut self, columns: [&[u64]; 7]) {
        let [accounts, slots, visits, page_views, people, log_ins, active_days] = columns;
        for row in 0..accounts.len() {
            let Some((_, figure)) = self.figure(accounts[row], slots[row]) else { continue };
            figure.visits = visits[row];
            figure.page_views = page_views[row];
            figure.people = people[row];
            figure.log_ins = log_ins[row];
            figure.active_days = active_days[row];
        }
    }

    /// Adds rows of account, slot and engaged time.
    pub(super) fn add_engaged(&mut self, [accounts, slots, engaged]: [&[u64]; 3]) {
        for row in 0..accounts.len() {
            if let Some((_, figure)) = self.figure(accounts[row], slots[row]) {
                figure.engaged_ms = engaged[row];
            }
        }
    }

    /// Adds rows of account, slot, feature and uses, each of which comes once.
    pub(super) fn add_uses(&mut self, [accounts, slots, features, uses]: [&[u64]; 4]) {
        for row in 0..accounts.len() {
            let number = usize::try_from(features[row]).unwrap_or(usize::MAX);
            let Some(&Use { module, is_completion, is_core }) = self.uses.get(number) else {
                continue;
            };
            let Some((place, figure)) = self.figure(accounts[row], slots[row]) else { continue };
            figure.features += 1;
            figure.completions += if is_completion { uses[row] } else { 0 };
            figure.core_actions += if is_core { uses[row] } else { 0 };
            let slot = usize::try_from(slots[row]).unwrap_or(ALL_WEEKS);
            if self.modules.insert((place, slot, module))
                && let Some((_, figure)) = self.figure(accounts[row], slots[row])
            {
                figure.modules += 1;
            }
        }
    }

    fn figure(&mut self, account: u64, slot: u64) -> Option<(usize, &mut Figure)> {
        let place = *self.places.get(&account)?;
        let account = self.accounts.get_mut(place)?;
        let slot = usize::try_from(slot).ok()?;
        let figure = account
            .weeks
            .get_mut(slot)
            .or_else(|| (slot == ALL_WEEKS).then_some(&mut account.so_far_before))?;
        Some((place, figure))
    }

    /// The accounts, and how many are left out.
    pub(super) fn done(self) -> (Vec<AccountFigures>, u64) {
        (self.accounts, self.n_left_out)
    }
}
