//! A funnel as CSV: the rows of its tables, with numbers that programs read (RFC 4180).

use super::series::title;
use crate::http::csv::quoted;
use analytics::{FunnelResult, StepResult};

/// The lines, the header first: everybody's steps, then those of each value.
pub(super) fn lines(result: &FunnelResult) -> String {
    let has_series = !result.series.is_empty();
    let first = if has_series { "value," } else { "" };
    let mut out = format!(
        "{first}step,name,people,of_first,of_previous,lost,median_seconds,mean_seconds\r\n"
    );
    let everybody = has_series.then(|| "(all)".to_owned());
    steps(&mut out, everybody, &result.steps);
    for series in &result.series {
        steps(&mut out, Some(title(series)), &series.steps);
    }
    out
}

fn steps(out: &mut String, value: Option<String>, steps: &[StepResult]) {
    let value = value.map_or_else(String::new, |value| format!("{},", quoted(&value)));
    for (n, step) in steps.iter().enumerate() {
        let name = quoted(&step.name);
        let (people, lost) = (step.people, step.drop_off);
        let (of_first, of_previous) = (step.conversion_rate, step.step_rate);
        let times = step.times.map_or_else(
            || ",".to_owned(),
            |times| format!("{:.3},{:.3}", times.median_seconds, times.mean_seconds),
        );
        out.push_str(&format!(
            "{value}{},{name},{people},{of_first:.4},{of_previous:.4},{lost},{times}\r\n",
            n + 1
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use analytics::By;
    use analytics::report::funnel::{Series, Times};
    use protocol::Timestamp;

    fn result(series: Vec<Series>) -> FunnelResult {
        let step = |name: &str, people, drop_off, times| StepResult {
            name: name.to_owned(),
            people,
            conversion_rate: f64::from(people as u32) / 3.0,
            step_rate: f64::from(people as u32) / 3.0,
            drop_off,
            times,
        };
        let times = Some(Times { mean_seconds: 2.5, median_seconds: 1.0 });
        FunnelResult {
            by: By::People,
            steps: vec![step("a \"b\", c", 3, 0, None), step("=HYPERLINK(1)", 1, 2, times)],
            entered: 3,
            converted: 1,
            open: 0,
            times,
            histogram: None,
            series,
            computed_at: Timestamp::default(),
        }
    }

    #[test]
    fn names_are_quoted_and_are_no_formulas() {
        insta::assert_snapshot!(lines(&result(Vec::new())).replace("\r\n", "\n"), @r#"
step,name,people,of_first,of_previous,lost,median_seconds,mean_seconds
1,"a ""b"", c",3,1.0000,1.0000,0,,
2,"'=HYPERLINK(1)",1,0.3333,0.3333,2,1.000,2.500
"#);
    }

    #[test]
    fn values_stand_in_front() {
        let steps = result(Vec::new()).steps;
        let series = |value: &str, is_others| Series {
            value: value.to_owned(),
            is_others,
            steps: steps.clone(),
            entered: 3,
            converted: 1,
            open: 0,
            times: None,
        };
        let all = result(vec![series("CH", false), series("", true), series("", false)]);
        let lines = lines(&all);
        let values: Vec<_> = lines.lines().filter_map(|line| line.split_once(',')).collect();
        let values: Vec<_> = values.iter().step_by(2).map(|(value, _)| *value).collect();
        assert_eq!(values, ["value", "\"(all)\"", "\"CH\"", "\"Other\"", "\"(none)\""]);
    }
}
