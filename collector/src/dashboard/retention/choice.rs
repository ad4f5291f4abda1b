//! What there is to choose from on the Retention page.

use super::words::unit;
use crate::dashboard::range::Choice;
use analytics::Period;
use analytics::report::retention::{By, Cohorts, Returns};
use serde::Serialize;

/// How time is cut.
pub(super) fn periods(on: Period) -> Vec<Choice> {
    let periods = [
        (Period::Hour, "Hour by hour"),
        (Period::Day, "Day by day"),
        (Period::WorkingDay, "Working day by working day"),
        (Period::Week, "Week by week"),
        (Period::Month, "Month by month"),
    ];
    choices(periods, on)
}

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

fn choices<T: Serialize + PartialEq + Copy, const N: usize>(
    of: [(T, &str); N],
    on: T,
) -> Vec<Choice> {
    let choice = |(one, label): (T, &str)| {
        let value = serde_json::to_value(one).unwrap_or_default();
        let value = value.as_str().unwrap_or_default().to_owned();
        Choice { value, label: label.to_owned(), is_on: one == on }
    };
    of.into_iter().map(choice).collect()
}
