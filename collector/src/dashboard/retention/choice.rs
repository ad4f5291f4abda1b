//! What there is to choose from on the Retention page.

use super::Loaded;
use super::view::Group;
use super::words::unit;
use crate::dashboard::format::capital;
use crate::dashboard::range::Choice;
use analytics::report::retention::{By, Cohorts, Returns};
use analytics::{Period, Step, Target};
use serde::Serialize;

/// What a start or a return may be: anything, a feature, a page or a click. What is chosen is
/// among them, whether it is used much or not; `name` is what it is called.
pub(super) fn groups(loaded: &Loaded, chosen: Option<&Step>, name: Option<&str>) -> Vec<Group> {
    let on = chosen.map_or_else(String::new, |step| step.target.to_string());
    let choice = |value: String, label: String| {
        let is_on = value == on;
        Choice { value, label, is_on }
    };
    let features = loaded
        .features
        .iter()
        .map(|meant| choice(format!("feature:{}", meant.feature.id), meant.feature.name.clone()));
    let has_one_host = loaded.pages.windows(2).all(|two| two[0].host == two[1].host);
    let pages = loaded.pages.iter().map(|page| {
        let mut filter = page.filter();
        if has_one_host {
            filter.host = None;
        }
        choice(Target::Page(filter.clone()).to_string(), filter.to_string())
    });
    let elements = loaded.elements.iter().map(|element| {
        let target = Target::Click { element: element.element, page: None };
        let label = format!("{} on {}", capital(&element.label), element.path);
        choice(target.to_string(), label)
    });
    let anything = vec![choice(String::new(), "Anything".to_owned())];
    let mut groups = vec![
        Group { title: "", choices: anything },
        Group { title: "Features", choices: features.collect() },
        Group { title: "Pages", choices: pages.collect() },
        Group { title: "Clicked elements", choices: elements.collect() },
    ];
    groups[1].choices.sort_by(|a, b| a.label.cmp(&b.label));
    let is_there = groups.iter().flat_map(|group| &group.choices).any(|choice| choice.is_on);
    if !is_there {
        let label = name.map_or_else(|| on.clone(), str::to_owned);
        groups[0].choices.push(Choice { value: on, label, is_on: true });
    }
    groups.retain(|group| !group.choices.is_empty());
    groups
}

/// How time is cut.
pub(super) fn periods(on: Period) -> Vec<Choice> {
    let periods = [
        (Period::Hour, "Hour by hour"),
        (Period::Day, "Day by day"),
        (Period::WorkingDay, "Working day by working day"),
        (Period::Week, "Week by week"),
        (Period::Month, "Month by month"),
    ];
    choices(periods, on)
}

/// Who is in a cohort.
pub(super) fn cohorts(on: Cohorts) -> Vec<Choice> {
    let cohorts = [(Cohorts::First, "the first time ever"), (Cohorts::Recurring, "each time")];
    choices(cohorts, on)
}

/// When somebody has to come back.
pub(super) fn whens(on: Returns, period: Period) -> Vec<Choice> {
    let unit = unit(period);
    let (exactly, later) = (format!("in that very {unit}"), format!("in that {unit} or later"));
    choices([(Returns::On, exactly.as_str()), (Returns::OnOrAfter, later.as_str())], on)
}

/// Whose coming back is counted.
pub(super) fn bys(on: By) -> Vec<Choice> {
    choices([(By::People, "People"), (By::Accounts, "Accounts")], on)
}

fn choices<T: Serialize + PartialEq + Copy, const N: usize>(
    of: [(T, &str); N],
    on: T,
) -> Vec<Choice> {
    let choice = |(one, label): (T, &str)| {
        let value = serde_json::to_value(one).unwrap_or_default();
        let value = value.as_str().unwrap_or_default().to_owned();
        Choice { value, label: label.to_owned(), is_on: one == on }
    };
    of.into_iter().map(choice).collect()
}
