//! What is counted, put side by side: one row of figures for each account.

use super::statement::Named;
use super::{ALL_WEEKS, AccountFigures, Figure, MAX_ACCOUNTS};
use crate::core_action;
use analytics::feature::Features;
use foldhash::fast::RandomState;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::FeatureStep;

/// The weeks, and the part of the week before.
const SLOTS: usize = ALL_WEEKS + 1;

/// Bits of a word.
const WORD: usize = 64;

/// The figures so far.
pub(super) struct Tally {
    accounts: Vec<AccountFigures>,
    /// The place of each account, by its number.
    places: HashMap<u64, usize, RandomState>,
    n_left_out: u64,
    /// The features, by their numbers.
    uses: Vec<Use>,
    /// A bit for each module that was counted, in as many words as that takes, by place and slot.
    modules: Vec<u64>,
    words: usize,
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
        // The last one is that of a feature whose module is not known.
        let words = (known.len() + 1).div_ceil(WORD);
        let n_accounts = names.len();
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
            modules: vec![0; n_accounts * SLOTS * words],
            words,
        }
    }

    /// Adds rows of account, slot, visits, page views, people, log-ins and active days.
    pub(super) fn add_visits(&mut self, columns: [&[u64]; 7]) {
        let [accounts, slots, visits, page_views, people, log_ins, active_days] = columns;
        for row in 0..accounts.len() {
            let Some(figure) = self.figure(accounts[row], slots[row]) else { continue };
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
            if let Some(figure) = self.figure(accounts[row], slots[row]) {
                figure.engaged_ms = engaged[row];
            }
        }
    }

    /// Adds rows of account, week, feature, uses, and how many of them are in the part of the week
    /// before; each comes once.
    pub(super) fn add_uses(&mut self, [accounts, weeks, features, uses, so_far]: [&[u64]; 5]) {
        for row in 0..accounts.len() {
            self.add_use(accounts[row], weeks[row], features[row], uses[row]);
            if so_far[row] > 0 {
                self.add_use(accounts[row], ALL_WEEKS as u64, features[row], so_far[row]);
            }
        }
    }

    fn add_use(&mut self, account: u64, slot: u64, feature: u64, uses: u64) {
        let number = usize::try_from(feature).unwrap_or(usize::MAX);
        let Some(&Use { module, is_completion, is_core }) = self.uses.get(number) else { return };
        let Some(&place) = self.places.get(&account) else { return };
        let slot_number = usize::try_from(slot).unwrap_or(usize::MAX).min(ALL_WEEKS);
        let word = (place * SLOTS + slot_number) * self.words + module / WORD;
        let bit = 1 << (module % WORD);
        let is_new = self.modules.get(word).is_some_and(|word| word & bit == 0);
        let Some(figure) = self.figure(account, slot) else { return };
        figure.features += 1;
        figure.completions += if is_completion { uses } else { 0 };
        figure.core_actions += if is_core { uses } else { 0 };
        figure.modules += u64::from(is_new);
        if let Some(word) = self.modules.get_mut(word) {
            *word |= bit;
        }
    }

    fn figure(&mut self, account: u64, slot: u64) -> Option<&mut Figure> {
        let account = self.accounts.get_mut(*self.places.get(&account)?)?;
        match usize::try_from(slot).ok()? {
            ALL_WEEKS => Some(&mut account.so_far_before),
            week => account.weeks.get_mut(week),
        }
    }

    /// The accounts, and how many are left out.
    pub(super) fn done(self) -> (Vec<AccountFigures>, u64) {
        (self.accounts, self.n_left_out)
    }
}
