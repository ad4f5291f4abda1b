//! What is counted, put side by side: one row of figures for each account.

use super::statement::Named;
use super::{ALL_WEEKS, AccountFigures, Figure, MAX_ACCOUNTS};
use crate::core_action;
use crate::module::{Contracts, MISSED};
use analytics::feature::Features;
use analytics::feature::module::folded;
use foldhash::fast::RandomState;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::FeatureStep;

/// The weeks, and the part of the week before.
const SLOTS: usize = ALL_WEEKS + 1;

/// The most modules that are counted apart, those first that a contract names; the others count as
/// one, so that a hundred thousand accounts take 400 MB at most while they are counted.
const MAX_MODULES: usize = 63;

/// The figures so far.
pub(super) struct Tally {
    accounts: Vec<AccountFigures>,
    /// The place of each account, by its number.
    places: HashMap<u64, usize, RandomState>,
    n_left_out: u64,
    /// The features, by their numbers.
    uses: Vec<Use>,
    /// Core actions by place, slot and module.
    by_module: Vec<u32>,
    /// Whether each module is in the contract of an account, by place and module.
    is_entitled: Vec<bool>,
    n_modules: usize,
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
        contracts: &Contracts,
    ) -> Self {
        names.sort_by(|a, b| a.id.cmp(&b.id));
        let n_left_out = names.len().saturating_sub(MAX_ACCOUNTS) as u64;
        names.truncate(MAX_ACCOUNTS);
        let places = names.iter().enumerate().map(|(place, it)| (it.number, place)).collect();
        let core: BTreeSet<&str> =
            core_action::features(features).iter().map(|it| it.feature.id.as_str()).collect();
        let of_core = modules.iter().filter(|(id, _)| core.contains(id.as_str()));
        let all: BTreeSet<&String> = of_core.map(|(_, module)| module).collect();
        let named: BTreeSet<&String> = contracts.values().flat_map(|(_, it)| it.names()).collect();
        let named = |module: &&String| named.contains(&folded(module));
        let (first, others): (Vec<&String>, Vec<&String>) = all.into_iter().partition(named);
        let mut known: Vec<&String> = first.into_iter().chain(others).take(MAX_MODULES).collect();
        known.sort_unstable();
        let folded: Vec<String> = known.iter().map(|module| folded(module)).collect();
        // The last one is that of all others.
        let n_modules = known.len() + 1;
        let entitled = |named: &Named| match contracts.get(&named.number) {
            None => vec![true; n_modules],
            Some((_, contract)) => {
                folded.iter().map(|module| contract.has_folded(module)).chain([false]).collect()
            }
        };
        let is_entitled: Vec<bool> = names.iter().flat_map(entitled).collect();
        let n_contract = |place: usize| {
            let of_it = &is_entitled[place * n_modules..][..n_modules];
            of_it.iter().filter(|is_entitled| **is_entitled).count() as u64
        };
        let nothing = |(place, Named { id, number }): (usize, Named)| AccountFigures {
            weeks: [Figure::default(); ALL_WEEKS],
            so_far_before: Figure::default(),
            n_contract: contracts.contains_key(&number).then(|| n_contract(place)),
            id,
            number,
        };
        let n_accounts = names.len();
        let uses = features.iter().map(|meant| Use {
            module: modules
                .get(&meant.feature.id)
                .map_or(known.len(), |module| known.binary_search(&module).unwrap_or(known.len())),
            is_completion: meant.feature.step == FeatureStep::Complete,
            is_core: core.contains(meant.feature.id.as_str()),
        });
        let uses = uses.collect();
        let accounts = names.into_iter().enumerate().map(nothing).collect();
        let by_module = vec![0; n_accounts * SLOTS * n_modules];
        Self { accounts, places, n_left_out, uses, by_module, is_entitled, n_modules }
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
        let Some(figure) = self.figure(account, slot) else { return };
        figure.features += 1;
        figure.completions += if is_completion { uses } else { 0 };
        if !is_core {
            return;
        }
        figure.core_actions += uses;
        let of_module = (place * SLOTS + slot_number) * self.n_modules + module;
        if let Some(n) = self.by_module.get_mut(of_module) {
            *n = n.saturating_add(u32::try_from(uses).unwrap_or(u32::MAX));
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
    pub(super) fn done(mut self) -> (Vec<AccountFigures>, u64) {
        let n = self.n_modules;
        let of_account = self.by_module.chunks(SLOTS * n).zip(self.is_entitled.chunks(n));
        for (account, (by_slot, is_entitled)) in self.accounts.iter_mut().zip(of_account) {
            let figures = account.weeks.iter_mut().chain([&mut account.so_far_before]);
            for (figure, by_module) in figures.zip(by_slot.chunks(n)) {
                let least = MISSED * figure.core_actions as f64;
                let is_used = |(uses, is_entitled): &(&u32, &bool)| {
                    **is_entitled && **uses > 0 && f64::from(**uses) >= least
                };
                figure.modules = by_module.iter().zip(is_entitled).filter(is_used).count() as u64;
            }
        }
        (self.accounts, self.n_left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::Contract;
    use analytics::feature::Meant;
    use protocol::ProjectId;
    use store::{Feature, FeatureKind, ListMode};

    const WEEK: usize = ALL_WEEKS - 2;

    fn core(id: &str) -> Meant {
        Meant {
            feature: Feature {
                id: id.to_owned(),
                project: ProjectId::parse("p").unwrap(),
                name: id.to_owned(),
                module: None,
                kind: FeatureKind::Core,
                step: FeatureStep::Complete,
                list: ListMode::Each,
                any_of: Vec::new(),
                rule_version: 1,
            },
            definition: 1,
            version: 1,
            elements: BTreeSet::new(),
            is_filled: true,
        }
    }

    /// The modules that each of these accounts used in a week; three features are in three modules,
    /// and a fourth is no core action.
    fn modules(
        contract: &str,
        uses: [u64; 4],
        names: impl Fn(usize) -> String,
    ) -> (u64, Option<u64>) {
        let mut other = core("3");
        other.feature.kind = FeatureKind::Other;
        let features = Features::new(["0", "1", "2"].map(core).into_iter().chain([other]));
        let modules = (0..4).map(|n| (n.to_string(), names(n))).collect();
        let contract = Contract::read(contract);
        let contracts = match contract.is_told() {
            true => BTreeMap::from([(7, ("acme".to_owned(), contract))]),
            false => BTreeMap::new(),
        };
        let named = vec![Named { id: "acme".to_owned(), number: 7 }];
        let mut tally = Tally::new(named, &features, &modules, &contracts);
        let none_so_far = [0; 4];
        tally.add_uses([&[7; 4], &[WEEK as u64; 4], &[0, 1, 2, 3], &uses, &none_so_far]);
        let (accounts, _) = tally.done();
        assert_eq!(accounts[0].weeks[WEEK].core_actions, uses[..3].iter().sum::<u64>());
        (accounts[0].weeks[WEEK].modules, accounts[0].n_contract)
    }

    #[test]
    fn a_module_counts_from_a_twentieth_of_the_core_actions_on() {
        let each = |n: usize| format!("m{n}");
        assert_eq!(modules("", [90, 5, 5, 100], each), (3, None));
        assert_eq!(modules("", [91, 5, 4, 100], each), (2, None));
        assert_eq!(modules("", [0, 0, 0, 9], each), (0, None));
        // Two features of one module are one.
        assert_eq!(modules("", [90, 5, 5, 0], |_| "m".to_owned()), (1, None));
    }

    #[test]
    fn only_modules_of_the_contract_count_where_it_names_them() {
        let each = |n: usize| format!("m{n}");
        // What is not in the product counts neither way.
        assert_eq!(modules("M1, m2, unknown", [90, 5, 5, 0], each), (2, Some(2)));
        assert_eq!(modules("M1, m2, unknown", [96, 4, 0, 0], each), (0, Some(2)));
    }

    #[test]
    fn of_very_many_modules_those_of_contracts_are_counted_apart() {
        let features = Features::new((0..70).map(|n| core(&n.to_string())));
        let modules = (0..70).map(|n| (n.to_string(), format!("m{n:02}"))).collect();
        let contracts = BTreeMap::from([(7, ("acme".to_owned(), Contract::read("m69, m68")))]);
        let named = |number: u64| Named { id: number.to_string(), number };
        let mut tally = Tally::new(vec![named(7), named(8)], &features, &modules, &contracts);
        let place = |id: &str| features.iter().position(|it| it.feature.id == id).unwrap() as u64;
        let (weeks, which) = ([WEEK as u64; 4], ["69", "0", "66", "67"].map(place));
        tally.add_uses([&[7, 8, 8, 8], &weeks, &which, &[10; 4], &[0; 4]]);
        let (accounts, _) = tally.done();
        let used: Vec<_> =
            accounts.iter().map(|it| (it.weeks[WEEK].modules, it.n_contract)).collect();
        // The last ones that nobody's contract names are one.
        assert_eq!(used, [(1, Some(2)), (2, None)]);
    }
}
