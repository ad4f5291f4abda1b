//! Analysis: groups of people, funnels, and the smart path, over what a company's customers did.
//!
//! The figures are made up, but the same for everyone who asks the same.

mod flow;
pub(crate) mod funnel;
pub(crate) mod group;
pub(crate) mod smart_path;

pub(crate) use funnel::Funnel;
pub(crate) use group::Group;
pub(crate) use smart_path::SmartPath;

use crate::choice::Choice;
use crate::company::Company;
use crate::monitoring::series::spread;

/// How many customers a company has.
const N_CUSTOMERS: f64 = 18_420.0;

/// What customers do.
const EVENTS: [Choice; 9] = [
    Choice::of("visit", |t| t.event_visit),
    Choice::of("search", |t| t.event_search),
    Choice::of("product", |t| t.event_product),
    Choice::of("keep", |t| t.event_keep),
    Choice::of("basket", |t| t.event_basket),
    Choice::of("checkout", |t| t.event_checkout),
    Choice::of("paid", |t| t.event_paid),
    Choice::of("newsletter", |t| t.event_newsletter),
    Choice::of("review", |t| t.event_review),
];

/// The share from `low` to `high` that goes from one event on to another.
fn share(from: Choice, to: Choice, (low, high): (f64, f64)) -> f64 {
    let name = format!("{} {}", from.value, to.value);
    low + (high - low) * f64::midpoint(spread(&name, 0), 1.0)
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of people are positive and far below 2^32"
)]
fn whole(people: f64) -> u32 {
    people.round() as u32
}

/// The groups that a select offers, each by id and name.
fn groups(company: &Company) -> Vec<(u32, String)> {
    company.groups.iter().map(|(id, group)| (*id, group.name.clone())).collect()
}

/// The group that a form sends the id of, if the company has it.
fn known_group(company: &Company, sent: &str) -> Option<u32> {
    sent.parse().ok().filter(|id| company.groups.contains_key(id))
}

/// How many customers a group has; all of them without one.
fn n_customers(company: &Company, group: Option<u32>) -> f64 {
    let group = group.and_then(|id| company.groups.get(&id));
    group.map_or(N_CUSTOMERS, |group| f64::from(group.size()))
}
