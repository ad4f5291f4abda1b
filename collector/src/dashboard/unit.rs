//! Periods as people read them.

use super::range::Choice;
use analytics::Period;
use jiff::civil::{Date, DateTime};
use serde::Serialize;

/// What a period is called.
pub(super) const fn unit(period: Period) -> &'static str {
    match period {
        Period::Hour => "hour",
        Period::Day => "day",
        Period::WorkingDay => "working day",
        Period::Week => "week",
        Period::Month => "month",
    }
}

/// What so many of them are called.
pub(super) const fn units(period: Period, n: u32) -> &'static str {
    match (period, n) {
        (period, 1) => unit(period),
        (Period::Hour, _) => "hours",
        (Period::Day, _) => "days",
        (Period::WorkingDay, _) => "working days",
        (Period::Week, _) => "weeks",
        (Period::Month, _) => "months",
    }
}

/// A period as one reads it: `2 Nov 2026`, `November 2026`, `2 Nov, 14:00`.
pub(super) fn label(period: Period, name: &str) -> String {
    told(period, name, ["%-d %b, %H:%M", "%B %Y", "%-d %b %Y"])
}

/// When a period is: `in the week of 2 Nov 2026`, `on 2 Nov 2026`, `in November 2026`.
pub(super) fn when(period: Period, name: &str) -> String {
    let label = label(period, name);
    match period {
        Period::Hour => format!("in the hour of {label}"),
        Period::Day | Period::WorkingDay => format!("on {label}"),
        Period::Week => format!("in the week of {label}"),
        Period::Month => format!("in {label}"),
    }
}

/// When several are: `in the weeks of 2 Nov 2026 to 16 Nov 2026`.
pub(super) fn span(period: Period, first: &str, last: &str) -> String {
    if first == last {
        return when(period, first);
    }
    let [first, last] = [first, last].map(|name| label(period, name));
    match period {
        Period::Hour => format!("in the hours of {first} to {last}"),
        Period::Day | Period::WorkingDay | Period::Month => format!("from {first} to {last}"),
        Period::Week => format!("in the weeks of {first} to {last}"),
    }
}

/// The same, as short as it fits below a chart.
pub(super) fn short(period: Period, name: &str) -> String {
    told(period, name, ["%H:%M", "%b %y", "%-d %b"])
}

fn told(period: Period, name: &str, [hour, month, day]: [&str; 3]) -> String {
    let told = match period {
        Period::Hour => name.parse::<DateTime>().map(|at| at.strftime(hour).to_string()),
        Period::Month => name.parse::<Date>().map(|day| day.strftime(month).to_string()),
        Period::Day | Period::WorkingDay | Period::Week => {
            name.parse::<Date>().map(|at| at.strftime(day).to_string())
        }
    };
    told.unwrap_or_else(|_| name.to_owned())
}

/// How time may be cut.
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

/// The choices of a field, by the words of its values.
pub(super) fn choices<T: Serialize + PartialEq + Copy, const N: usize>(
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

/// The periods that are proposed for a project of this age in days, and for how many days: weeks of
/// thirteen, while it is young days of four, and on its first days hours, so that there is an
/// answer.
pub(super) const fn usual(age: Option<i64>) -> (Period, u32) {
    match age {
        Some(..3) => (Period::Hour, 3),
        Some(..21) => (Period::Day, 28),
        _ => (Period::Week, 91),
    }
}

/// The ranges that one click leads to, with what they are called: as many as one answer shows of
/// periods so long.
pub(super) fn ranges(period: Period) -> [(u32, String); 3] {
    let of = |days: [u32; 3], one: u32, name: &str| {
        days.map(|n| (n, super::format::many(u64::from(n / one), name)))
    };
    match period {
        Period::Hour => of([1, 3, 7], 1, "day"),
        Period::Day | Period::WorkingDay => of([7, 28, 91], 1, "day"),
        Period::Week => of([28, 91, 182], 7, "week"),
        Period::Month => of([91, 182, 364], 30, "month"),
    }
}
