//! Of the accounts whose contract names modules: who hardly uses one of them, and who took one up.
//! What is judged is what the page of an account judges of thirteen weeks ([`crate::module`]), of all
//! core actions and beside the same accounts: a rule that fell silent lowers what others make of its
//! module, too.

use super::MAX;
use super::answer::{HardlyUsed, Intervention, ModuleUse, TakenUp};
use super::gap::Hours;
use super::history::Stretch;
use super::load::{self, Core, OfModule};
use super::weeks::Weeks;
use crate::account::{TOGETHER, WEEKS};
use crate::module::{Contract, ENOUGH, Shares, Verdict, contracts};
use crate::names;
use analytics::Error;
use analytics::feature::Features;
use analytics::feature::module::{folded, modules};
use std::collections::{BTreeMap, BTreeSet};
use store::Connection;
use store::record::{Note, attribute};

/// What is told of modules.
#[derive(Debug, Default)]
pub(super) struct Modules {
    pub(super) hardly_used: Vec<HardlyUsed>,
    pub(super) n_hardly_used: usize,
    pub(super) taken_up: Vec<TakenUp>,
    pub(super) n_taken_up: usize,
}

/// Judges the modules of all contracts, where the project has as many whole weeks as are told of.
///
/// # Errors
/// When the store refuses or is away.
pub(super) async fn load(
    connection: &Connection,
    (core, features): (&Core<'_>, &Features),
    (weeks, hours): (&Weeks, &Hours),
    noted: &BTreeMap<String, Vec<Note>>,
) -> Result<Modules, Error> {
    let (contracts, module_of) = tokio::try_join!(
        contracts(connection, core.scope),
        modules(connection, core.scope, features, weeks.now),
    )?;
    let is_known =
        hours.reach_back_to(weeks.hours(weeks.running() - TOGETHER, Stretch::Whole)?.start);
    if contracts.is_empty() || core.features.is_empty() || !is_known {
        return Ok(Modules::default());
    }
    let module_of = |id: &str| module_of.get(id).cloned().unwrap_or_default();
    let of: Vec<String> = core.features.iter().map(|it| module_of(&it.feature.id)).collect();
    let names: BTreeSet<&String> = of.iter().collect();
    let names: Vec<&String> = names.into_iter().collect();
    let numbers: Vec<usize> =
        of.iter().map(|name| names.binary_search(&name).unwrap_or_default()).collect();
    let n_weeks = WEEKS[0] as usize;
    let running = weeks.running();
    let first = weeks.start(running - n_weeks)?..weeks.start(running - n_weeks + TOGETHER)?;
    let last = weeks.start(running - TOGETHER)?..weeks.start(running)?;
    let (rows, tiers) = tokio::try_join!(
        load::by_module(connection, core, &numbers, [first, last]),
        names::said_of_accounts(connection, core.scope, attribute::TIER),
    )?;
    let used = Used::new(&rows, names.len(), |account| {
        tiers.get(&account).map(|said| said.value.as_str())
    });
    let told = Told {
        names: &names,
        folded: &names.iter().map(|name| folded(name)).collect::<Vec<_>>(),
        used: &used,
        from: weeks.date(7 * (running - n_weeks)).to_string(),
        today: weeks.date(weeks.today).to_string(),
        noted,
    };
    let each = contracts.iter();
    let each = each.map(|(number, (account, contract))| told.of(*number, contract, account));
    let (hardly, taken_up): (Vec<_>, Vec<_>) = each.unzip();
    let mut hardly_used: Vec<HardlyUsed> = hardly.into_iter().flatten().collect();
    let mut taken_up: Vec<TakenUp> = taken_up.into_iter().flatten().collect();
    let missed = |it: &HardlyUsed| it.modules.iter().map(|it| it.peers).sum::<f64>();
    let won = |it: &TakenUp| it.modules.iter().map(|it| it.share).sum::<f64>();
    hardly_used
        .sort_by(|a, b| missed(b).total_cmp(&missed(a)).then_with(|| a.account.cmp(&b.account)));
    taken_up.sort_by(|a, b| won(b).total_cmp(&won(a)).then_with(|| a.account.cmp(&b.account)));
    let (n_hardly_used, n_taken_up) = (hardly_used.len(), taken_up.len());
    hardly_used.truncate(MAX);
    taken_up.truncate(MAX);
    Ok(Modules { hardly_used, n_hardly_used, taken_up, n_taken_up })
}

/// What is needed to tell of one account.
struct Told<'a> {
    /// The modules, by their numbers.
    names: &'a [&'a String],
    folded: &'a [String],
    used: &'a Used<'a>,
    /// The first day of the first weeks.
    from: String,
    /// The day that is not over.
    today: String,
    /// What was noted of accounts, by their ids.
    noted: &'a BTreeMap<String, Vec<Note>>,
}

impl Told<'_> {
    /// What is told of the account with this number and contract.
    fn of(
        &self,
        number: u64,
        contract: &Contract,
        account: &str,
    ) -> (Option<HardlyUsed>, Option<TakenUp>) {
        let Some(did) = self.used.accounts.get(&number) else { return (None, None) };
        let [n_first, n_last] = did.totals();
        let (mut hardly, mut taken_up) = (Vec::new(), Vec::new());
        let entitled: Vec<_> = self
            .names
            .iter()
            .zip(self.folded)
            .enumerate()
            .filter(|(_, (_, it))| contract.has_folded(it))
            .collect();
        let n_contract = entitled.len();
        for (module, (name, _)) in entitled {
            let Some(peers) = self.used.peers(number, module) else { continue };
            let first = (n_first >= ENOUGH).then(|| did.of(0, module) as f64 / n_first as f64);
            let share = did.share(module).unwrap_or(0.0);
            let shares =
                Shares { first, last: Some(share), peers: Some(peers), core_actions: n_last };
            let told = ModuleUse { module: (*name).clone(), before: first, share, peers };
            if Verdict::is_missed(&shares) {
                hardly.push(told);
            } else if Verdict::of(&shares) == Verdict::TakenUp {
                taken_up.push(told);
            }
        }
        hardly.sort_by(|a, b| b.peers.total_cmp(&a.peers));
        taken_up.sort_by(|a, b| b.share.total_cmp(&a.share));
        let done = self.noted.get(account).into_iter().flatten();
        let done =
            done.filter(|it| it.is_intervention && it.day >= self.from && it.day < self.today);
        let done = done.max_by(|a, b| a.day.cmp(&b.day));
        let hardly = (!hardly.is_empty()).then(|| HardlyUsed {
            account: account.to_owned(),
            name: None,
            modules: hardly,
            n_contract,
            core_actions: n_last,
        });
        let taken_up = (!taken_up.is_empty()).then(|| TakenUp {
            account: account.to_owned(),
            name: None,
            modules: taken_up,
            from: self.from.clone(),
            intervention: done
                .map(|it| Intervention { day: it.day.clone(), text: it.text.clone() }),
        });
        (hardly, taken_up)
    }
}

/// The core actions of an account by span and module.
#[derive(Debug, Clone)]
struct Did([Vec<u64>; 2]);

impl Did {
    fn of(&self, span: usize, module: usize) -> u64 {
        self.0[span][module]
    }

    fn totals(&self) -> [u64; 2] {
        self.0.each_ref().map(|by_module| by_module.iter().sum())
    }

    /// The share of a module in the last weeks; none where nothing was done in them.
    fn share(&self, module: usize) -> Option<f64> {
        let [_, all] = self.totals();
        (all > 0).then(|| self.of(1, module) as f64 / all as f64)
    }
}

/// What all accounts made of modules.
struct Used<'a> {
    accounts: BTreeMap<u64, Did>,
    /// Of all accounts, and of each tier: how many there are with a core action in the last weeks,
    /// and their shares by module, added up.
    sums: BTreeMap<Option<&'a str>, (u64, Vec<f64>)>,
    tier: BTreeMap<u64, &'a str>,
}

impl<'a> Used<'a> {
    fn new(rows: &[OfModule], n: usize, tier_of: impl Fn(u64) -> Option<&'a str>) -> Self {
        let mut accounts: BTreeMap<u64, Did> = BTreeMap::new();
        for row in rows {
            let did = accounts.entry(row.account).or_insert_with(|| Did([vec![0; n], vec![0; n]]));
            let module = usize::try_from(row.module).unwrap_or(usize::MAX);
            for (span, done) in [row.first, row.last].into_iter().enumerate() {
                if let Some(of) = did.0[span].get_mut(module) {
                    *of += done;
                }
            }
        }
        let tier: BTreeMap<u64, &str> =
            accounts.keys().filter_map(|number| Some((*number, tier_of(*number)?))).collect();
        let mut sums = BTreeMap::new();
        for (number, did) in &accounts {
            let tier = tier.get(number).copied();
            for group in [None, tier].into_iter().take(1 + usize::from(tier.is_some())) {
                let (active, shares) = sums.entry(group).or_insert_with(|| (0, vec![0.0; n]));
                *active += u64::from(did.totals()[1] > 0);
                for (module, sum) in shares.iter_mut().enumerate() {
                    *sum += did.share(module).unwrap_or(0.0);
                }
            }
        }
        Self { accounts, sums, tier }
    }

    /// The mean share that the accounts make of a module that one is compared with; none where there
    /// are none.
    fn peers(&self, number: u64, module: usize) -> Option<f64> {
        let (active, sums) = self.sums.get(&self.tier.get(&number).copied())?;
        let own = self.accounts.get(&number).and_then(|did| did.share(module));
        let others = active - u64::from(own.is_some());
        (others > 0).then(|| (sums[module] - own.unwrap_or(0.0)).max(0.0) / others as f64)
    }
}
