//! What an account makes of the modules of the product, beside what comparable accounts make.
//!
//! The module of a feature is what [`analytics::feature::module`] says, and what is made of a module
//! is its share of an account's core actions. Which modules an account pays for is what its attribute
//! `modules` names; where it names none, it may use all.

use crate::names;
use analytics::feature::module::folded;
use analytics::{Error, Scope};
use std::collections::{BTreeMap, BTreeSet};
use store::Connection;
use store::record::attribute;

/// Core actions without which shares say nothing.
pub const ENOUGH: u64 = 20;

/// A module is missed where comparable accounts make this share of it, and of this share on it is
/// one of those that an account uses in a week.
pub const MISSED: f64 = 0.05;

/// It is hardly used at this part of what comparable accounts make of it.
const HARDLY: f64 = 0.2;

/// It is taken up from this part on, if it was hardly used before.
const TAKEN_UP: f64 = 0.5;

/// So many core actions are to be expected of a module, by what comparable accounts make of it, for
/// it to be missed, or taken up: of three, none may come by chance.
const EXPECTED: f64 = 10.0;

/// What is made of a module, as shares of core actions; none where there are no core actions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shares {
    /// In the first weeks that are looked at.
    pub first: Option<f64>,
    /// In the last ones.
    pub last: Option<f64>,
    /// By comparable accounts in the last ones, on average.
    pub peers: Option<f64>,
    /// The core actions of the account in the last ones, of all modules.
    pub core_actions: u64,
}

/// How a module is used beside comparable accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Not at all.
    Unused,
    /// Far less than by others.
    Hardly,
    /// Half as much as by others or more, and it was not, or hardly, in the first weeks.
    TakenUp,
    /// As it is by others.
    Used,
}

impl Verdict {
    /// The verdict on a module.
    pub fn of(shares: &Shares) -> Self {
        let peers = shares.peers.filter(|peers| *peers >= MISSED).unwrap_or(0.0);
        let was_hardly = shares.first.is_some_and(|first| first < peers * HARDLY);
        match shares.last.unwrap_or(0.0) {
            0.0 => Self::Unused,
            last if last < peers * HARDLY => Self::Hardly,
            last if was_hardly && last >= peers * TAKEN_UP && is_expected(shares) => Self::TakenUp,
            _ => Self::Used,
        }
    }

    /// Whether comparable accounts make so much of it that it is missed.
    pub fn is_missed(shares: &Shares) -> bool {
        matches!(Self::of(shares), Self::Unused | Self::Hardly) && is_expected(shares)
    }
}

/// Whether so much is made of it by comparable accounts that none of it would be no chance.
fn is_expected(shares: &Shares) -> bool {
    let of_peers = |peers: f64| peers >= MISSED && peers * shares.core_actions as f64 >= EXPECTED;
    shares.core_actions >= ENOUGH && shares.peers.is_some_and(of_peers)
}

/// The modules of a contract; one that names none has all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contract(BTreeSet<String>);

impl Contract {
    /// The one that an attribute `modules` tells, however its names are written.
    pub fn read(value: &str) -> Self {
        Self(attribute::list(value).iter().map(|name| folded(name)).collect())
    }

    /// Whether it names any.
    pub fn is_told(&self) -> bool {
        !self.0.is_empty()
    }

    /// The modules that it names, [`folded`].
    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        self.0.iter()
    }

    /// Whether it has a module.
    pub fn has(&self, module: &str) -> bool {
        self.has_folded(&folded(module))
    }

    /// The same, of its [`folded`] name.
    pub(crate) fn has_folded(&self, module: &str) -> bool {
        !self.is_told() || self.0.contains(module)
    }
}

/// The contracts that name modules, each with the id of its account, by the number of that.
pub(crate) type Contracts = BTreeMap<u64, (String, Contract)>;

/// Reads the contracts of all accounts.
///
/// # Errors
/// When the store refuses or is away.
pub(crate) async fn contracts(connection: &Connection, scope: &Scope) -> Result<Contracts, Error> {
    let said = names::said_of_accounts(connection, scope, attribute::MODULES).await?;
    let read =
        said.into_iter().map(|(number, said)| (number, (said.id, Contract::read(&said.value))));
    Ok(read.filter(|(_, (_, contract))| contract.is_told()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(first: Option<f64>, last: Option<f64>, peers: Option<f64>) -> Verdict {
        Verdict::of(&Shares { first, last, peers, core_actions: 200 })
    }

    #[test]
    fn a_module_is_hardly_used_at_a_fifth_of_what_others_make_of_it() {
        let of = |last| verdict(Some(last), Some(last), Some(0.25));
        assert_eq!(of(0.049), Verdict::Hardly);
        assert_eq!(of(0.05), Verdict::Used);
        assert_eq!(of(0.0), Verdict::Unused);
        assert_eq!(verdict(None, None, Some(0.25)), Verdict::Unused);
        // What others make little of is not missed, and nobody is compared with nobody.
        let rare = Shares { first: None, last: Some(0.001), peers: Some(0.049), core_actions: 200 };
        assert_eq!(Verdict::of(&rare), Verdict::Used);
        let unused = Shares { last: Some(0.0), ..rare };
        assert_eq!((Verdict::of(&unused), Verdict::is_missed(&unused)), (Verdict::Unused, false));
        let missed = Shares { peers: Some(0.05), ..unused };
        assert!(Verdict::is_missed(&missed));
        assert!(!Verdict::is_missed(&Shares { core_actions: 199, ..missed }), "by chance");
        assert_eq!(verdict(None, Some(0.001), None), Verdict::Used);
    }

    #[test]
    fn what_was_hardly_used_at_first_and_is_now_is_taken_up() {
        assert_eq!(verdict(Some(0.01), Some(0.2), Some(0.25)), Verdict::TakenUp);
        assert_eq!(verdict(Some(0.01), Some(0.125), Some(0.25)), Verdict::TakenUp);
        assert_eq!(verdict(Some(0.01), Some(0.12), Some(0.25)), Verdict::Used, "on its way");
        assert_eq!(verdict(Some(0.01), Some(0.02), Some(0.25)), Verdict::Hardly);
        let few =
            Shares { first: Some(0.0), last: Some(0.06), peers: Some(0.06), core_actions: 160 };
        assert_eq!(Verdict::of(&few), Verdict::Used, "by chance");
        assert_eq!(Verdict::of(&Shares { core_actions: 170, ..few }), Verdict::TakenUp);
        // Who was not there at first took up nothing.
        assert_eq!(verdict(None, Some(0.2), Some(0.25)), Verdict::Used);
    }

    #[test]
    fn of_few_core_actions_nothing_is_said() {
        let few = |core_actions| Shares {
            first: Some(0.0),
            last: Some(0.5),
            peers: Some(0.9),
            core_actions,
        };
        assert_eq!([19, 20].map(few).map(|it| Verdict::of(&it)), [Verdict::Used, Verdict::TakenUp]);
        let idle = |core_actions| Shares { last: Some(0.0), ..few(core_actions) };
        assert_eq!([19, 20].map(idle).map(|it| Verdict::is_missed(&it)), [false, true]);
    }

    #[test]
    fn a_contract_has_the_modules_that_it_names_however_they_are_written() {
        let all = Contract::read("");
        assert!(!all.is_told() && all.has("analysis"));
        let some = Contract::read("Analysis; collection, ANALYSIS");
        assert!(some.has("analysis") && some.has("Collection") && !some.has("maps"));
        assert_eq!(some, Contract::read("collection,analysis"));
    }
}
