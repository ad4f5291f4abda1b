//! Retention as CSV: a line for each cell, with numbers that programs read (RFC 4180).

use crate::dashboard::condition::value;
use crate::http::csv::quoted;
use analytics::{Cohort, Retention, RetentionResult};

/// The lines, the header first: everybody's, then those of each value.
pub(super) fn lines(retention: &Retention, result: &RetentionResult) -> String {
    let head = "cohort,size,later,came_back,share,is_complete\r\n";
    if retention.breakdown.is_none() {
        return of(&result.cohorts, "", head.to_owned());
    }
    let everybody = of(&result.cohorts, "\"(all)\",", format!("value,{head}"));
    result.series.iter().fold(everybody, |out, series| {
        let name = quoted(&value(&series.value, series.is_others));
        of(&series.cohorts, &format!("{name},"), out)
    })
}

fn of(cohorts: &[Cohort], value: &str, mut out: String) -> String {
    for cohort in cohorts {
        for (later, cell) in cohort.cells.iter().enumerate() {
            out.push_str(&format!(
                "{value}{},{},{later},{},{:.4},{}\r\n",
                cohort.period, cohort.size, cell.people, cell.rate, cell.is_complete
            ));
        }
    }
    out
}
