//! A trend as CSV: a line for each series and period, with numbers that programs read (RFC 4180).

use super::words::Placed;
use crate::http::csv::quoted;
use analytics::TrendResult;
use analytics::report::trend::Done;

/// The lines, the header first.
pub(super) fn lines(result: &TrendResult, placed: &[Placed<'_>]) -> String {
    let mut out = "series,period,is_complete,uses,people,accounts,period_before,uses_before,people_before,accounts_before,annotations\r\n".to_owned();
    let last = result.periods.len().saturating_sub(1);
    for series in &result.series {
        let name = quoted(series.name.as_deref().unwrap_or("anything"));
        for (n, (period, value)) in result.periods.iter().zip(&series.values).enumerate() {
            let Done { uses, people, accounts } = value;
            let is_complete = n < last || result.is_complete;
            let before = result.before.as_ref().zip(series.before.as_ref());
            let before =
                before.and_then(|(all, of)| Some((all.periods.get(n)?, of.values.get(n)?)));
            let before = before.map_or_else(
                || ",,,".to_owned(),
                |(period, done)| {
                    format!("{period},{},{},{}", done.uses, done.people, done.accounts)
                },
            );
            let said = placed.iter().filter(|one| one.period == n);
            let said: Vec<_> = said.map(|one| one.annotation.text.as_str()).collect();
            let said = if said.is_empty() { String::new() } else { quoted(&said.join("; ")) };
            out.push_str(&format!(
                "{name},{period},{is_complete},{uses},{people},{accounts},{before},{said}\r\n"
            ));
        }
    }
    out
}
