//! Features side by side as CSV: a line for each, with numbers that programs read (RFC 4180).

use super::Loaded;
use crate::http::csv::quoted;
use analytics::{AdoptionResult, FeatureAdoption};

/// What stands above the columns before those of the periods.
const HEAD: &str = "feature,module,uses,people,share_of_people,accounts,share_of_accounts,\
    people_now,people_before,people_earlier_half,people_later_half,change,followed_people,followed,came_back,retention,\
    with_people,with_periods,with_stayed,with_rate,without_people,without_periods,without_stayed,\
    without_rate,difference";

/// The lines, the header first.
pub(super) fn lines(
    result: &AdoptionResult,
    shown: &[&FeatureAdoption],
    loaded: &Loaded,
) -> String {
    let mut out = HEAD.to_owned();
    result.periods.iter().for_each(|period| out.push_str(&format!(",people_{period}")));
    out.push_str("\r\n");
    for feature in shown {
        out.push_str(&line(feature, loaded.module(feature)));
        feature.trend.iter().for_each(|people| out.push_str(&format!(",{people}")));
        out.push_str("\r\n");
    }
    out
}

fn line(it: &FeatureAdoption, module: &str) -> String {
    let back = it.retention;
    let stayed = [it.staying.with, it.staying.without].map(|stayed| {
        format!("{},{},{},{}", stayed.people, stayed.of, stayed.came, share(stayed.rate))
    });
    let before = it.compared.before.map_or_else(String::new, |before| before.to_string());
    let halves = it.compared.halves.map(|it| format!("{},{}", it.earlier, it.later));
    format!(
        "{},{},{},{},{:.4},{},{:.4},{},{before},{},{},{},{},{},{},{},{}",
        quoted(&it.name),
        quoted(module),
        it.uses,
        it.people,
        it.share_of_people,
        it.accounts,
        it.share_of_accounts,
        it.compared.now,
        halves.as_deref().unwrap_or(","),
        share(it.compared.change()),
        back.people,
        back.of,
        back.came,
        share(back.rate),
        stayed.join(","),
        share(it.staying.difference()),
    )
}

/// A share; nothing where it is unknown.
fn share(share: Option<f64>) -> String {
    share.map_or_else(String::new, |share| format!("{share:.4}"))
}
