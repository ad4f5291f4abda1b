//! What the sentences say, word by word.

use super::{Fact, Grouping};
use std::collections::BTreeSet;
use store::Merges;
use store::among::{Condition, Test};

/// The first user ever identified on the browser; empty for none.
fn user(history: &[Fact], fact: &Fact) -> String {
    if !fact.user.is_empty() {
        return fact.user.clone();
    }
    let of_browser = |other: &&Fact| {
        !fact.browser.is_empty() && other.browser == fact.browser && !other.user.is_empty()
    };
    let first = history.iter().filter(of_browser).min_by_key(|other| (other.at, other.id));
    first.map(|first| first.user.clone()).unwrap_or_default()
}

pub(super) fn person(history: &[Fact], fact: &Fact) -> String {
    let user = user(history, fact);
    if user.is_empty() { fact.browser.clone() } else { user }
}

/// The account of the fact, or the one that it is merged into, link by link.
pub(super) fn account(history: &[Fact], fact: &Fact, merges: &Merges) -> String {
    merges.account(&unmerged(history, fact)).to_owned()
}

fn unmerged(history: &[Fact], fact: &Fact) -> String {
    if !fact.account.is_empty() {
        return fact.account.clone();
    }
    let user = user(history, fact);
    let seen = |other: &&Fact| !user.is_empty() && other.user == user && !other.account.is_empty();
    let seen: Vec<&Fact> = history.iter().filter(seen).collect();
    let before = seen.iter().filter(|other| other.at <= fact.at);
    let at_that_time = before.max_by_key(|other| (other.at, &other.account));
    let start = seen.iter().map(|other| other.at).min();
    let at_first = seen.iter().filter(|other| Some(other.at) == start);
    let first = at_first.max_by_key(|other| &other.account);
    at_that_time.or(first).map(|other| other.account.clone()).unwrap_or_default()
}

/// Whether the account of the fact would be another at the moment of another one.
pub(super) fn may_change_account(history: &[Fact], fact: &Fact) -> bool {
    let at = |other: &Fact| unmerged(history, &Fact { at: other.at, ..fact.clone() });
    history.iter().any(|other| at(other) != unmerged(history, fact))
}

/// What was said last under a name, of those whom `is_it` takes.
fn last_told<'a>(
    history: &'a [Fact],
    name: &str,
    is_it: impl Fn(&Fact) -> bool,
) -> Option<&'a str> {
    let says = |fact: &&Fact| is_it(fact) && fact.told.iter().any(|(known, _)| known == name);
    let last = history.iter().filter(says).max_by_key(|fact| (fact.at, fact.id))?;
    last.told.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// Whether the fact names somebody who acts as another.
fn is_impersonated(fact: &Fact) -> bool {
    let by = fact.told.iter().find(|(name, _)| name == "impersonated_by");
    fact.kind == "identify"
        && !fact.user.is_empty()
        && by.is_some_and(|(_, who)| !["", "False", "0"].contains(&who.as_str()))
}

pub(super) fn is_counted(history: &[Fact], fact: &Fact, grouping: &Grouping, all: bool) -> bool {
    let Grouping { staff: rules, merges, among } = grouping;
    let (person, account) = (person(history, fact), account(history, fact, merges));
    // Nobody is told of by an event that names nobody.
    let is = |named: &str, who: &str| !named.is_empty() && named == who;
    // What is told while somebody acts as the user is not told of him.
    let of_user = |name: &str| {
        let is_his = |f: &Fact| f.kind == "identify" && is(&f.user, &person) && !is_impersonated(f);
        last_told(history, name, is_his)
    };
    let acts = |f: &Fact| is(&f.browser, &fact.browser) && is_impersonated(f);
    let is_acting = rules.impersonated && history.iter().any(acts);
    // What is said of the account itself, else the latest of those that are merged into it.
    let of_account = |name: &str| {
        let of = |id: &str| {
            let is_its = |f: &&Fact| f.kind == "group" && is(&f.account, id);
            let at = |fact: &&Fact| fact.told.iter().any(|(known, _)| known == name);
            let last = history.iter().filter(is_its).filter(at).max_by_key(|f| (f.at, f.id))?;
            Some((last.at, last_told(history, name, |f| is_its(&f))?))
        };
        let ids: BTreeSet<&str> = history.iter().map(|f| f.account.as_str()).collect();
        let others = ids.into_iter().filter(|id| *id != account && merges.account(id) == account);
        let other = others.filter_map(of).filter(|(_, value)| !value.is_empty()).max();
        let own = of(&account);
        let is_before = |other: &(_, &str)| own.is_none_or(|own| own.0 <= other.0);
        let held = own.filter(|(_, value)| !value.is_empty()).or(other.filter(is_before));
        held.map(|(_, value)| value)
    };
    // A browser has no properties, and an address only a user that is there.
    let is_user = history.iter().any(|other| other.user == person);
    let own = person.rsplit_once('@').filter(|_| is_user);
    let own = own.map(|(_, domain)| domain.to_lowercase());
    let is_staff = rules.users.contains(&person)
        || rules
            .email_domains
            .iter()
            .any(|domain| own.as_ref() == Some(domain) || of_user("email_domain") == Some(domain))
        || rules.user_properties.iter().any(|p| of_user(&p.name) == Some(&p.value))
        || rules.accounts.iter().any(|listed| merges.account(listed) == account)
        || rules.account_properties.iter().any(|p| of_account(&p.name) == Some(&p.value));
    let is_so = |condition: &Condition| {
        let of = |said: Option<&str>, test: &Test| match test {
            Test::Is(values) => values.iter().any(|value| value == said.unwrap_or_default()),
            Test::Contains(text) => {
                said.is_some_and(|said| said.to_lowercase().contains(&text.to_lowercase()))
            }
            Test::IsSet => said.is_some_and(|said| !said.is_empty()),
        };
        match condition {
            Condition::OfUser { name, test } => of(of_user(name), test),
            Condition::OfAccount { name, test } => of(of_account(name), test),
            Condition::Account(ids) => ids.iter().any(|id| merges.account(id) == account),
            Condition::SomeAccount => !account.is_empty(),
        }
    };
    (all || !fact.is_automated) && !is_staff && !is_acting && among.iter().all(is_so)
}
