//! The numbers of a funnel as people read them. Pure: numbers in, texts out.

use super::chart::{durations, mean, median};
use super::series::breakdown;
use super::view::{Answer, Row};
use crate::dashboard::format::{capital, count, percent, quoted, time_of_day};
use crate::dashboard::live::zone;
use crate::dashboard::people::{Lists, actors, who};
use crate::dashboard::range::{Choice, days};
use crate::dashboard::report::Look;
use analytics::report::funnel::Who;
use analytics::{By, Funnel, FunnelResult, Property, Step, StepResult, Target, Window};
use serde::Serialize;

/// The windows to choose from.
const WINDOWS: [&str; 7] = ["30m", "1h", "1d", "7d", "14d", "30d", "90d"];

/// The answer in words.
pub(super) fn answer(funnel: &Funnel, result: &FunnelResult, look: &Look<'_>) -> Answer {
    let conversion = result.steps.last().map_or(0.0, |step| step.conversion_rate);
    Answer {
        entered: count(result.entered),
        converted: count(result.converted),
        conversion: percent(conversion),
        open: count(result.open),
        open_means: open_means(funnel.window, result.open),
        took: median(result.times),
        counted: who(funnel.by),
        caption: caption(result, conversion),
        footnote: footnote(funnel, result, look),
        chart: chart(funnel, result),
        rows: rows(funnel, result, look),
        durations: durations(&Lists { look, asked: funnel, at: result.computed_at }, result),
        breakdown: breakdown(funnel, result, look),
    }
}

fn open_means(window: Window, open: u64) -> String {
    let window = window_words(window);
    if open == 0 { format!("all had {window}") } else { format!("less than {window} so far") }
}

/// What the chart says, as a sentence.
fn caption(result: &FunnelResult, conversion: f64) -> String {
    let (entered, converted) = (result.entered, result.converted);
    let people = |n| actors(result.by, n);
    let whole = match converted {
        0 => format!("Nobody of {} went the whole way.", people(entered)),
        _ => format!(
            "{} of {} went the whole way: {}.",
            count(converted),
            people(entered),
            percent(conversion)
        ),
    };
    let steps = result.steps.iter().zip(result.steps.iter().skip(1));
    // Of equal losses, the first one.
    let worst = steps.rev().max_by_key(|(_, to)| to.drop_off).filter(|(_, to)| to.drop_off > 0);
    match worst {
        None => format!("{whole} No one was lost on the way."),
        Some((from, to)) => format!(
            "{whole} Most are lost between {} and {}: {}, {} of those who had come that far.",
            quoted(&from.name),
            quoted(&to.name),
            people(to.drop_off),
            percent(1.0 - to.step_rate),
        ),
    }
}

fn footnote(funnel: &Funnel, result: &FunnelResult, look: &Look<'_>) -> String {
    let scope = &look.scope;
    let days = match funnel.date_range.days(scope, look.now) {
        Ok((from, to)) => {
            format!("First steps of {}, days in {}.", days(from, to), scope.time_zone)
        }
        Err(_) => String::new(),
    };
    let window = window_words(funnel.window);
    let open = match result.open {
        0 => String::new(),
        1 => format!(" 1 entry is still open: it has had less than {window} so far."),
        n => format!(
            " {} entries are still open: they have had less than {window} so far.",
            count(n)
        ),
    };
    let at = time_of_day(result.computed_at, &zone(&scope.time_zone));
    format!("{days}{open} As of {at}.")
}

/// One step for the chart.
#[derive(Serialize)]
struct Column {
    label: String,
    people: u64,
    people_text: String,
    share_text: String,
    lost_text: String,
}

/// The numbers as JSON that can stand inside a script element: without `<`, nothing in it ends
/// the element.
fn chart(funnel: &Funnel, result: &FunnelResult) -> String {
    let column = |(n, step): (usize, &StepResult)| Column {
        label: label(funnel.steps.get(n), &step.name),
        people: step.people,
        people_text: count(step.people),
        share_text: percent(step.conversion_rate),
        lost_text: format!("−{}", count(step.drop_off)),
    };
    let columns: Vec<_> = result.steps.iter().enumerate().map(column).collect();
    let json = serde_json::json!({ "steps": columns }).to_string();
    json.replace('<', "\\u003c")
}

/// What a step is called at the head of a line. A name that somebody gave, a host and a path are as
/// they are written.
pub(super) fn label(step: Option<&Step>, name: &str) -> String {
    match step {
        Some(Step { name: None, target: Target::Click { .. } | Target::Event(_), .. }) => {
            capital(name)
        }
        _ => name.to_owned(),
    }
}

fn rows(funnel: &Funnel, result: &FunnelResult, look: &Look<'_>) -> Vec<Row> {
    let lists = Lists { look, asked: funnel, at: result.computed_at };
    let list = |who: Who, n: u64| (n > 0).then(|| lists.address(&who));
    let row = |(n, step): (usize, &StepResult)| Row {
        label: label(funnel.steps.get(n), &step.name),
        width: format!("{:.2}", step.conversion_rate * 100.0),
        people: count(step.people),
        reached: list(Who::reached(n + 1), step.people),
        of_first: percent(step.conversion_rate),
        of_previous: if n == 0 { "–".to_owned() } else { percent(step.step_rate) },
        took: median(step.times),
        mean: mean(step.times),
        lost: if n == 0 { "–".to_owned() } else { count(step.drop_off) },
        lost_list: list(Who::lost(n + 1), step.drop_off),
    };
    result.steps.iter().enumerate().map(row).collect()
}

/// Who may be counted.
pub(super) fn bys(on: By) -> Vec<Choice> {
    let bys =
        [(By::People, "people", "Count people"), (By::Accounts, "accounts", "Count accounts")];
    let choice = |(by, value, label): (By, &str, &str)| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        is_on: by == on,
    };
    bys.into_iter().map(choice).collect()
}

/// What a condition may be about.
pub(super) fn properties(properties: &[Property]) -> Vec<Choice> {
    crate::dashboard::condition::choices(properties, None)
}

/// The windows to choose from, with the one that is on even if it is another.
pub(super) fn windows(on: Window) -> Vec<Choice> {
    let usual = WINDOWS.into_iter().filter_map(|text| text.parse().ok());
    let mut windows: Vec<Window> = usual.collect();
    if !windows.contains(&on) {
        windows.push(on);
        windows.sort_by_key(|window| window.as_millis());
    }
    let choice = |window: Window| Choice {
        value: window.to_string(),
        label: window_words(window),
        is_on: window == on,
    };
    windows.into_iter().map(choice).collect()
}

/// A window in words: `14 days`.
fn window_words(window: Window) -> String {
    let text = window.to_string();
    let (n, unit) = text.split_at(text.len().saturating_sub(1));
    let unit = match unit {
        "d" => "day",
        "h" => "hour",
        "m" => "minute",
        _ => "second",
    };
    if n == "1" { format!("1 {unit}") } else { format!("{n} {unit}s") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use analytics::Scope;
    use protocol::{ProjectId, Timestamp};

    fn step(name: &str, people: u64, before: u64, first: u64) -> StepResult {
        let rate = |part: u64, whole: u64| part as f64 / whole as f64;
        StepResult {
            name: name.to_owned(),
            people,
            conversion_rate: rate(people, first),
            step_rate: rate(people, before),
            drop_off: before - people,
            times: None,
        }
    }

    fn smart_path() -> FunnelResult {
        FunnelResult {
            by: By::People,
            times: None,
            histogram: None,
            series: Vec::new(),
            steps: vec![
                step("/analysis/smart-path", 400, 400, 400),
                step("button “Configure”", 120, 400, 400),
                step("</script><script>alert(1)</script>", 38, 120, 400),
            ],
            entered: 400,
            converted: 38,
            open: 1,
            computed_at: Timestamp::from_millis(1_700_000_000_000),
        }
    }

    fn told(result: &FunnelResult) -> Answer {
        let scope = Scope {
            project: ProjectId::parse("tidemark").unwrap(),
            time_zone: "Europe/Zurich".to_owned(),
            week_start: store::WeekStart::Monday,
            count_automated: false,
            grouping: store::identity::Grouping::none(ProjectId::parse("tidemark").unwrap()),
        };
        let look = Look {
            report: &crate::dashboard::funnel::REPORT,
            origin: "",
            path: "/funnel".to_owned(),
            scope,
            now: Timestamp::from_millis(1_700_000_000_000),
            saved: Default::default(),
            properties: Vec::new(),
            parts: None,
        };
        answer(&Funnel::default(), result, &look)
    }

    #[test]
    fn the_caption_says_what_the_chart_shows() {
        insta::assert_snapshot!(told(&smart_path()).caption, @"38 of 400 people went the whole way: 9.5%. Most are lost between “/analysis/smart-path” and button “Configure”: 280 people, 70% of those who had come that far.");
        insta::assert_snapshot!(told(&smart_path()).footnote, @"First steps of 18 October to 14 November 2023, days in Europe/Zurich. 1 entry is still open: it has had less than 14 days so far. As of 23:13:20.");
        let none = FunnelResult {
            steps: vec![step("a", 1, 1, 1), step("b", 0, 1, 1)],
            entered: 1,
            converted: 0,
            ..smart_path()
        };
        insta::assert_snapshot!(told(&none).caption, @"Nobody of 1 person went the whole way. Most are lost between “a” and “b”: 1 person, 100% of those who had come that far.");
        let all = FunnelResult {
            steps: vec![step("a", 2, 2, 2), step("b", 2, 2, 2)],
            entered: 2,
            converted: 2,
            ..smart_path()
        };
        insta::assert_snapshot!(told(&all).caption, @"2 of 2 people went the whole way: 100%. No one was lost on the way.");
    }

    #[test]
    fn a_name_cannot_end_the_script_that_holds_the_numbers() {
        let chart = told(&smart_path()).chart;
        assert!(!chart.contains('<'), "{chart}");
        let steps: serde_json::Value = serde_json::from_str(&chart).unwrap();
        assert_eq!(steps["steps"][2]["label"], "</script><script>alert(1)</script>");
    }

    #[test]
    fn a_window_of_its_own_is_among_the_choices() {
        let on = windows("36h".parse().unwrap());
        let on: Vec<_> =
            on.iter().filter(|choice| choice.is_on).map(|choice| choice.label.as_str()).collect();
        assert_eq!(on, ["36 hours"]);
        assert_eq!(windows(Window::default()).len(), WINDOWS.len());
    }
}
