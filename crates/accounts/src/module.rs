//! What an account makes of the modules of the product, beside what comparable accounts make.
//!
//! The module of a feature is what [`analytics::feature::module`] says, and what is made of a module
//! is its share of an account's core actions. Which modules an account pays for is what its attribute
//! `modules` names; where it names none, it may use all.

use crate::names;
use analytics::{Error, Scope};
use std::collections::BTreeMap;
use store::Connection;
use store::record::attribute;

/// Core actions without which shares say nothing.
pub const ENOUGH: u64 = 20;

/// A module is missed where comparable accounts make this share of it, and of this share on it is
/// one of those that an account uses in a week.
pub const MISSED: f64 = 0.05;

/// It is hardly used at this part of what comparable accounts make of it.
const HARDLY: f64 = 0.2;

/// So many core actions are to be expected of a module, by what comparable accounts make of it, for
/// it to be missed: of three, none may come by chance.
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
    /// It was not, or hardly, in the first weeks.
    TakenUp,
    /// As it is by others.
    Used,
}

impl Verdict {
    /// The verdict on a module.
    pub fn of(shares: &Shares) -> Self {
        let least = shares.peers.filter(|peers| *peers >= MISSED).map_or(0.0, |it| it * HARDLY);
        match shares.last.unwrap_or(0.0) {
            0.0 => Self::Unused,
            last if last < least => Self::Hardly,
            _ if shares.first.is_some_and(|first| first < least) => Self::TakenUp,
            _ => Self::Used,
        }
    }

    /// Whether comparable accounts make so much of it that it is missed.
    pub fn is_missed(shares: &Shares) -> bool {
        let is_low = matches!(Self::of(shares), Self::Unused | Self::Hardly);
        let of_peers =
            |peers: f64| peers >= MISSED && peers * shares.core_actions as f64 >= EXPECTED;
        is_low && shares.peers.is_some_and(of_peers)
    }
}

/// Whether a contract has a module; one that names none has all.
pub fn is_entitled(contract: &[String], module: &str) -> bool {
    let module = module.to_lowercase();
    contract.is_empty() || contract.iter().any(|it| it.to_lowercase() == module)
}

/// The modules in the contract of each account whose contract names any, by the number of its id.
pub(crate) async fn contracts(
    connection: &Connection,
    scope: &Scope,
) -> Result<BTreeMap<u64, Vec<String>>, Error> {
    let said = names::said_of_accounts(connection, scope, attribute::MODULES).await?;
    let named = said.into_iter().map(|(number, said)| (number, attribute::list(&said.value)));
    Ok(named.filter(|(_, modules)| !modules.is_empty()).collect())
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
        assert_eq!(verdict(Some(0.01), Some(0.02), Some(0.25)), Verdict::Hardly);
        // Who was not there at first took up nothing.
        assert_eq!(verdict(None, Some(0.2), Some(0.25)), Verdict::Used);
    }

    #[test]
    fn a_contract_that_names_no_module_has_all() {
        assert!(is_entitled(&[], "analysis"));
        let contract = ["Analysis".to_owned()];
        assert!(is_entitled(&contract, "analysis"));
        assert!(!is_entitled(&contract, "collection"));
    }
}
