//! A trend as CSV: a line for each series and period, with numbers that programs read (RFC 4180).

use super::shown::{Shape, Shown};
use super::words::Placed;
use crate::http::csv::quoted;
use analytics::TrendResult;
use analytics::report::trend::Done;

/// The lines, the header first.
pub(super) fn lines(shown: &Shown, result: &TrendResult, placed: &[Placed<'_>]) -> String {
    let mut out = "series,period,is_complete,uses,people,accounts,period_before,uses_before,people_before,accounts_before,annotations".to_owned();
    let (has_share, trailing) = (shown.drawn() != Shape::Lines, shown.trend.trailing);
    out.push_str(if has_share { ",share_of_uses" } else { "" });
    if let Some(days) = trailing {
        out.push_str(&format!(",people_of_{days}_days,accounts_of_{days}_days"));
    }
    out.push_str("\r\n");
    let last = result.periods.len().saturating_sub(1);
    for series in &result.series {
        let name = quoted(series.name.as_deref().unwrap_or("anything"));
        for (n, (period, value)) in result.periods.iter().zip(&series.values).enumerate() {
            let Done { uses, people, accounts } = value;
            let is_complete = n < last || result.is_complete;
            let before = result.before.as_ref().zip(series.before.as_ref());
            let before =
                before.and_then(|(all, of)| Some((all.periods.get(n)?, of.values.get(n)?)));
            let before = before.filter(|_| is_known(result, n)).map_or_else(
                || ",,,".to_owned(),
                |(period, done)| {
                    format!("{period},{},{},{}", done.uses, done.people, done.accounts)
                },
            );
            let said = placed.iter().filter(|one| one.period == n);
            let said: Vec<_> = said.map(|one| one.annotation.text.as_str()).collect();
            let said = if said.is_empty() { String::new() } else { quoted(&said.join("; ")) };
            out.push_str(&format!(
                "{name},{period},{is_complete},{uses},{people},{accounts},{before},{said}"
            ));
            if has_share {
                let all = result.series.iter().filter_map(|one| one.values.get(n));
                let all: u64 = all.map(|done| done.uses).sum();
                let share = (all > 0).then(|| format!("{:.4}", *uses as f64 / all as f64));
                out.push_str(&format!(",{}", share.unwrap_or_default()));
            }
            if let Some(now) = series.trailing.as_ref().and_then(|trailing| trailing.get(n)) {
                out.push_str(&format!(",{},{}", now.people, now.accounts));
            }
            out.push_str("\r\n");
        }
    }
    out
}

/// Whether anything is known of the period that one is compared with.
fn is_known(result: &TrendResult, number: usize) -> bool {
    let Some(before) = &result.before else { return false };
    let end = before.ends.get(number);
    before.known_since.is_none_or(|since| end.is_some_and(|end| *end > since))
}
