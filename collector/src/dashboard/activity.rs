//! The question of the screens that ask who is there: with what, who, and by which periods.

use super::offered::{Group, Offered, none};
use super::range::Choice;
use super::unit::{choices, periods};
use analytics::report::retention::By;
use analytics::{Period, Step};

/// The fields that are visible.
pub(super) const VISIBLE: &[&str] = &["activity", "by", "period"];

/// The fields, with what can be chosen.
#[derive(Debug)]
pub(super) struct Picks {
    /// What one may do to be there.
    pub(super) activities: Vec<Group>,
    pub(super) bys: Vec<Choice>,
    pub(super) periods: Vec<Choice>,
}

impl Picks {
    /// The fields of a question; `name` is what its activity is called.
    pub(super) fn new(
        offered: &Offered,
        activity: Option<&Step>,
        name: Option<&str>,
        by: By,
        period: Period,
    ) -> Self {
        Self {
            activities: offered.groups(none("Anything", activity), activity, name),
            bys: choices([(By::People, "People"), (By::Accounts, "Accounts")], by),
            periods: periods(period),
        }
    }
}
