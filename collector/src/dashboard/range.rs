//! The days of a report, as its screen offers and tells them.

use analytics::{DateRange, Scope};
use jiff::civil::Date;
use protocol::Timestamp;

/// A choice, and whether it is the one. The value is an address or a form value.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) is_on: bool,
}

/// The two dates of a custom range.
#[derive(Debug)]
pub(super) struct CustomRange {
    pub(super) is_on: bool,
    pub(super) label: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) today: String,
}

/// The days of a range as one reads them, with a comma before: `, 1 to 22 November 2026`; nothing
/// where they mean nothing.
pub(super) fn of_days(range: DateRange, scope: &Scope, now: Timestamp) -> String {
    range
        .days(scope, now)
        .map_or_else(|_| String::new(), |(from, to)| format!(", {}", days(from, to)))
}

/// Two days as one reads them: `1 to 22 November 2026`.
pub(super) fn days(from: Date, to: Date) -> String {
    let last = to.strftime("%-d %B %Y");
    if from == to {
        last.to_string()
    } else if (from.year(), from.month()) == (to.year(), to.month()) {
        format!("{} to {last}", from.day())
    } else if from.year() == to.year() {
        format!("{} to {last}", from.strftime("%-d %B"))
    } else {
        format!("{} to {last}", from.strftime("%-d %B %Y"))
    }
}

/// The two date fields, filled with the days that are shown.
pub(super) fn custom_range(
    range: DateRange,
    usual: &[u32],
    scope: &Scope,
    now: Timestamp,
) -> CustomRange {
    let today = DateRange::Last { days: 1 }.days(scope, now);
    let shown = range.days(scope, now);
    let is_usual = usual.iter().any(|&days| range == DateRange::Last { days });
    let text = |day: Date| day.to_string();
    let (from, to) =
        shown.as_ref().map_or_else(|_| Default::default(), |(f, t)| (text(*f), text(*t)));
    CustomRange {
        is_on: !is_usual,
        label: match (&shown, is_usual) {
            (Ok((from, to)), false) => days(*from, *to),
            _ => "Custom".to_owned(),
        },
        from,
        to,
        today: today.map_or_else(|_| String::new(), |(_, today)| text(today)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn days_are_told_as_short_as_they_can_be() {
        let told = [
            days(date(2026, 11, 22), date(2026, 11, 22)),
            days(date(2026, 11, 1), date(2026, 11, 22)),
            days(date(2026, 10, 26), date(2026, 11, 22)),
            days(date(2025, 12, 31), date(2026, 1, 1)),
        ];
        insta::assert_snapshot!(told.join("\n"), @r"
        22 November 2026
        1 to 22 November 2026
        26 October to 22 November 2026
        31 December 2025 to 1 January 2026
        ");
    }
}
