//! A funnel as CSV: the rows of the table, with numbers that programs read (RFC 4180).

use crate::http::csv::quoted;
use analytics::FunnelResult;

/// The lines, the header first.
pub(super) fn lines(result: &FunnelResult) -> String {
    let mut out = "step,name,people,of_first,of_previous,lost\r\n".to_owned();
    for (n, step) in result.steps.iter().enumerate() {
        let name = quoted(&step.name);
        let (people, lost) = (step.people, step.drop_off);
        let (of_first, of_previous) = (step.conversion_rate, step.step_rate);
        out.push_str(&format!(
            "{},{name},{people},{of_first:.4},{of_previous:.4},{lost}\r\n",
            n + 1
        ));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use analytics::StepResult;
    use protocol::Timestamp;

    #[test]
    fn names_are_quoted_and_are_no_formulas() {
        let step = |name: &str, people, drop_off| StepResult {
            name: name.to_owned(),
            people,
            conversion_rate: f64::from(people as u32) / 3.0,
            step_rate: f64::from(people as u32) / 3.0,
            drop_off,
        };
        let result = FunnelResult {
            steps: vec![step("a \"b\", c", 3, 0), step("=HYPERLINK(1)", 1, 2)],
            entered: 3,
            converted: 1,
            open: 0,
            computed_at: Timestamp::default(),
        };
        insta::assert_snapshot!(lines(&result).replace("\r\n", "\n"), @r#"
        step,name,people,of_first,of_previous,lost
        1,"a ""b"", c",3,1.0000,1.0000,0
        2,"'=HYPERLINK(1)",1,0.3333,0.3333,2
        "#);
    }
}
