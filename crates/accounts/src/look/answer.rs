//! The answer, as the API gives it.

use super::cause::Cause;
use protocol::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The accounts to look at.
#[derive(Debug, Clone, PartialEq, Serialize, Default)]
pub struct LookResult {
    /// The weeks that are compared: the last full one, if there is one, and the running one so far.
    pub weeks: Vec<Week>,
    /// Who fell, those who lost most first, a hundred at most.
    pub falls: Vec<Fall>,
    /// How many fell.
    pub n_falls: usize,
    /// Who fell in the eight weeks before and is not back.
    pub earlier: Vec<Earlier>,
    /// Who is back: in the last seven days, or within eight weeks after something was noted.
    pub back: Vec<Back>,
    /// Accounts of which one person makes most of the use.
    pub leaning: Vec<Leaning>,
    /// Accounts that hardly use modules that their contract names, those first that lack most.
    pub hardly_used: Vec<HardlyUsed>,
    /// How many they are, of whom a hundred at most are told.
    pub n_hardly_used: usize,
    /// Accounts that took up modules that their contract names, those first that use these most.
    pub taken_up: Vec<TakenUp>,
    /// How many they are, of whom a hundred at most are told.
    pub n_taken_up: usize,
    /// Features whose completions are left out, since their rule fell silent for all.
    pub silent: Vec<SilentRule>,
    /// Hours of the compared weeks of which nothing came.
    pub gaps: Vec<CollectionGap>,
    /// Features whose completion is a core action, those that fell silent among them.
    pub n_core: usize,
    /// Accounts with a core action in these weeks.
    pub n_accounts: usize,
    /// Whether any account is known, whatever is done there.
    pub has_accounts: bool,
}

/// A week that is compared with the one before.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Week {
    /// Its first day.
    pub from: String,
    /// Whether it is compared up to this moment of the week.
    pub is_running: bool,
    /// Whether so little came of everybody that nothing is said of any account: a collection
    /// problem, or a holiday everywhere.
    pub is_everywhere: bool,
    /// How much there is of the usual, by the region's median account; of regions with accounts
    /// enough.
    pub regions: BTreeMap<String, f64>,
    /// The same of all accounts, if they are enough.
    pub all: Option<f64>,
}

/// An account that fell.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fall {
    /// Its id.
    pub account: String,
    /// What it is called, where that was said.
    pub name: Option<String>,
    /// The first day of the week in which it fell.
    pub week: String,
    /// Whether that is the running one, compared up to this moment of it.
    pub is_running: bool,
    /// Core actions of the week before, as much of it as is compared.
    pub before: u32,
    /// Core actions of the week.
    pub now: u32,
    /// The change, such as -0.5.
    pub change: f64,
    /// What was to be expected, by the week before and what its region has less of.
    pub expected: f64,
    /// The last whole weeks and the running one, for a sparkline.
    pub course: Vec<u32>,
    /// What may be behind it, the plainest first.
    pub causes: Vec<Cause>,
    /// The last intervention since that week began.
    pub answered: Option<Intervention>,
}

/// What was done for an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Intervention {
    /// The day.
    pub day: String,
    /// What was done.
    pub text: String,
}

/// An account that fell some weeks ago and is not back.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Earlier {
    /// Its id.
    pub account: String,
    /// What it is called, where that was said.
    pub name: Option<String>,
    /// The first day of the week in which it fell.
    pub week: String,
    /// Core actions of a week before that.
    pub level: f64,
    /// Core actions of the last full week.
    pub last_week: u32,
    /// The last whole weeks and the running one, for a sparkline.
    pub course: Vec<u32>,
}

/// An account that fell and is as before.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Back {
    /// Its id.
    pub account: String,
    /// What it is called, where that was said.
    pub name: Option<String>,
    /// The first day of the week in which it fell.
    pub week: String,
    /// Who did much of it before that week, and was not seen after it.
    pub causes: Vec<Cause>,
    /// The day on which it was back.
    pub day: String,
    /// What that day had, of a mean working day of before.
    pub share: f64,
    /// What was noted of it last until then.
    pub noted: Option<Noted>,
    /// The last whole weeks and the running one, for a sparkline.
    pub course: Vec<u32>,
}

/// What was noted of an account before it was back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Noted {
    /// The day that it is about.
    pub day: String,
    /// What was noted.
    pub text: String,
    /// Whether it is an intervention, and no note.
    pub is_intervention: bool,
    /// How many days before the account was back.
    pub days_before: i32,
}

/// An account of which one person makes most of the use.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Leaning {
    /// Its id.
    pub account: String,
    /// What it is called, where that was said.
    pub name: Option<String>,
    /// Who, by the id.
    pub person: String,
    /// What he is called, where that was said.
    pub person_name: Option<String>,
    /// His share of its core actions in the last four weeks.
    pub share: f64,
    /// Those core actions.
    pub core_actions: u64,
    /// When he was seen last.
    pub last_seen: Option<Timestamp>,
}

/// An account that hardly uses modules that its contract names, by its last four whole weeks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HardlyUsed {
    /// Its id.
    pub account: String,
    /// What it is called, where that was said.
    pub name: Option<String>,
    /// Those modules, what comparable accounts make most of first.
    pub modules: Vec<ModuleUse>,
    /// How many modules of the product its contract names.
    pub n_contract: usize,
    /// Its core actions in the four weeks.
    pub core_actions: u64,
}

/// An account that uses modules now that it hardly used in the first four of the last thirteen
/// whole weeks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TakenUp {
    /// Its id.
    pub account: String,
    /// What it is called, where that was said.
    pub name: Option<String>,
    /// Those modules, the most used first.
    pub modules: Vec<ModuleUse>,
    /// The first day of the thirteen weeks.
    pub from: String,
    /// The last intervention since then.
    pub intervention: Option<Intervention>,
}

/// What an account makes of a module, as shares of its core actions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModuleUse {
    /// The module.
    pub module: String,
    /// In the first four of the last thirteen whole weeks; none where there were too few.
    pub before: Option<f64>,
    /// In the last four.
    pub share: f64,
    /// What comparable accounts make of it in these, on average: those of the same tier, or all where
    /// the account has none.
    pub peers: f64,
}

/// A feature whose completions are left out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SilentRule {
    /// Its id.
    pub feature: String,
    /// What it is called.
    pub name: String,
    /// The first day of the first week that lacks completions of it.
    pub week: String,
    /// Its last use, where the health of features knows it.
    pub since: Option<Timestamp>,
}

/// What is said of a week that is compared with the one before, and who fell in it.
#[derive(Debug, Clone, PartialEq)]
pub struct WeekJudged {
    /// Whether it is the running one, compared up to this moment of it.
    pub is_running: bool,
    /// Whether so little came of everybody that nothing is said of any account.
    pub is_everywhere: bool,
    /// Features that lack completions, since their rule fell silent for all.
    pub silent: Vec<SilentRule>,
    /// Who fell, by the accounts' numbers.
    pub fell: BTreeSet<u64>,
}

/// Hours of which nothing came, although something usually does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CollectionGap {
    /// When they began.
    pub from: Timestamp,
    /// When they ended, or the last full hour.
    pub to: Timestamp,
    /// Visits that were to be expected.
    pub expected_visits: f64,
}
