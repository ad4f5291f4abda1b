//! Retention as CSV: a line for each cell, with numbers that programs read (RFC 4180).

use analytics::RetentionResult;

/// The lines, the header first.
pub(super) fn lines(result: &RetentionResult) -> String {
    let mut out = "cohort,size,later,came_back,share,is_complete\r\n".to_owned();
    for cohort in &result.cohorts {
        for (later, cell) in cohort.cells.iter().enumerate() {
            out.push_str(&format!(
                "{},{},{later},{},{:.4},{}\r\n",
                cohort.period, cohort.size, cell.people, cell.rate, cell.is_complete
            ));
        }
    }
    out
}
