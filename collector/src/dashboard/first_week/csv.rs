//! The first-week threshold as CSV: a line for each feature and count, with numbers that programs
//! read (RFC 4180).

use crate::http::csv::quoted;
use analytics::ThresholdResult;
use analytics::report::threshold::{AtLeast, FeatureThreshold};

/// The lines, the header first.
pub(super) fn lines(result: &ThresholdResult) -> String {
    let mut out = "feature,uses_or_more,people,share,came,rate,other_people,other_came,other_rate,\
        phi,sensitivity,specificity,left_out,may_be_chance,is_best\r\n"
        .to_owned();
    for feature in &result.features {
        for it in &feature.at_least {
            out.push_str(&line(feature, it));
        }
    }
    out
}

fn line(feature: &FeatureThreshold, it: &AtLeast) -> String {
    let left_out = serde_json::to_value(it.left_out).unwrap_or_default();
    format!(
        "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n",
        quoted(&feature.name),
        it.uses,
        it.did.people,
        number(it.share),
        it.did.came,
        number(it.did.rate),
        it.others.people,
        it.others.came,
        number(it.others.rate),
        number(it.phi),
        number(it.sensitivity),
        number(it.specificity),
        left_out.as_str().unwrap_or_default(),
        it.may_be_chance,
        feature.best == Some(it.uses),
    )
}

/// A number; nothing where it is unknown.
fn number(number: Option<f64>) -> String {
    number.map_or_else(String::new, |number| format!("{number:.4}"))
}
