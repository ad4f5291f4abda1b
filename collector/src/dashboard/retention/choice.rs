//! What there is to choose from on the Retention page.

use crate::dashboard::range::Choice;
use crate::dashboard::unit::{choices, unit};
use analytics::Period;
use analytics::report::retention::{By, Cohorts, Returns};

/// Who is in a cohort.
pub(super) fn cohorts(on: Cohorts) -> Vec<Choice> {
    let cohorts = [(Cohorts::First, "the first time ever"), (Cohorts::Recurring, "each time")];
    choices(cohorts, on)
}

/// When somebody has to come back.
pub(super) fn whens(on: Returns, period: Period) -> Vec<Choice> {
    let unit = unit(period);
    let (exactly, later) = (format!("in that very {unit}"), format!("in that {unit} or later"));
    choices([(Returns::On, exactly.as_str()), (Returns::OnOrAfter, later.as_str())], on)
}

/// Whose coming back is counted.
pub(super) fn bys(on: By) -> Vec<Choice> {
    choices([(By::People, "People"), (By::Accounts, "Accounts")], on)
}
