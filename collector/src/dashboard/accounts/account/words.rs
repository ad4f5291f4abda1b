//! Words that the sections of an account share.

use super::super::words::short;
pub(super) use super::super::words::{row, share};
use crate::dashboard::format::count;
use accounts::account::{Calendar, PersonUse};
use jiff::civil::Date;
use std::ops::Range;

/// A day: `5 Oct 2026`.
pub(super) fn day(day: Date) -> String {
    day.strftime("%-d %b %Y").to_string()
}

/// Two days: `5 Oct to 1 Nov 2026`.
pub(super) fn days((from, to): (Date, Date)) -> String {
    let form = if from.year() == to.year() { "%-d %b" } else { "%-d %b %Y" };
    format!("{} to {}", from.strftime(form), day(to))
}

/// The first and the last day of some weeks, of those that have begun.
pub(super) fn of_weeks(calendar: &Calendar, weeks: Range<usize>) -> (Date, Date) {
    let days = calendar.days_of(weeks);
    (calendar.day(days.start), calendar.day(days.end.saturating_sub(1).max(days.start)))
}

/// The days that are shown.
pub(super) fn shown(calendar: &Calendar) -> (Date, Date) {
    (calendar.day(calendar.shown), calendar.today)
}

/// A change against what was before: `−50%`, `+4%`; nothing where there was nothing.
pub(super) fn change(before: u64, now: u64) -> Option<String> {
    (before > 0).then(|| signed(now as f64 / before as f64 - 1.0))
}

/// A change with its sign, in whole per cent.
pub(super) fn signed(share: f64) -> String {
    let value = (share * 100.0).round();
    match value {
        _ if value > 0.0 => format!("+{}%", count(value as u64)),
        _ if value < 0.0 => format!("−{}%", count(-value as u64)),
        _ => "no change".to_owned(),
    }
}

/// A number by the week or day, with a decimal where it says something.
pub(super) fn mean(value: f64) -> String {
    if value >= 20.0 { count(value.round() as u64) } else { decimal(value) }
}

fn decimal(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

/// What a person is called here: without the company that stands behind the name.
pub(super) fn person(person: &PersonUse, account: &str) -> String {
    let called = person.called();
    let called = short(called, account);
    if person.is_user { called.to_owned() } else { crate::dashboard::live::short_person(called) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn numbers_and_days_are_short() {
        assert_eq!(days((date(2026, 10, 5), date(2026, 11, 1))), "5 Oct to 1 Nov 2026");
        assert_eq!(days((date(2025, 12, 29), date(2026, 1, 4))), "29 Dec 2025 to 4 Jan 2026");
        assert_eq!(change(200, 100).as_deref(), Some("−50%"));
        assert_eq!((change(0, 3), signed(0.001)), (None, "no change".to_owned()));
        assert_eq!([4.28, 14.0, 190.4].map(mean), ["4.3", "14", "190"]);
    }
}
