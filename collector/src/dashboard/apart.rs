//! An answer told apart, beneath that about all together: for each value of what is said of people or
//! of their accounts what matters most, as a table, of which each row leads to the whole report about
//! those of this value.

use super::condition::{self, lower};
use super::format::{count, many, people, percent};
use super::report::{Asked, Look};
use analytics::{
    AdoptionResult, Among, Filter, InvalidQuery, LifecycleResult, Parts, PathsResult, Property,
    StickinessResult, Test, ThresholdResult, TrendResult,
};

/// A number that says most of an answer, with what it is called.
pub(super) type Headline = (String, String);

/// What stands where there is none.
const NONE: &str = "–";

/// The table.
#[derive(Debug)]
pub(super) struct Apart {
    pub(super) title: String,
    pub(super) heads: Vec<String>,
    pub(super) rows: Vec<Row>,
    /// Which values are not there.
    pub(super) footnote: String,
}

/// A value.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) value: String,
    /// The address of the report about those of this value.
    pub(super) address: String,
    /// In the order of the heads.
    pub(super) cells: Vec<String>,
}

impl Apart {
    pub(super) fn new<T: Asked>(asked: &T, parts: &Parts, look: &Look<'_>) -> Self {
        let told: Vec<_> =
            parts.parts.iter().map(|part| headlines::<T>(part.answer.clone())).collect();
        let mut heads: Vec<String> = Vec::new();
        for (head, _) in told.iter().flatten() {
            if !heads.contains(head) {
                heads.push(head.clone());
            }
        }
        let rows = parts.parts.iter().zip(told).map(|(part, told)| Row {
            value: part.value.clone(),
            address: of_value(asked, &parts.by, &part.value)
                .map_or_else(|_| look.address(asked), |asked| look.address(&asked)),
            cells: heads
                .iter()
                .map(|head| told.iter().find(|(known, _)| known == head))
                .map(|cell| cell.map_or_else(|| NONE.to_owned(), |(_, text)| text.clone()))
                .collect(),
        });
        Self {
            title: format!("By {}", lower(&condition::name(&parts.by))),
            rows: rows.collect(),
            footnote: footnote(parts),
            heads,
        }
    }
}

/// The same question about those of one value only.
fn of_value<T: Asked>(asked: &T, by: &Property, value: &str) -> Result<T, InvalidQuery> {
    let test = Test::Is(vec![value.to_owned()]);
    let is_it = Filter { property: by.clone(), test };
    let filters = asked.among().filters().iter().cloned().chain([is_it]).collect();
    Ok(asked.with_among(Among::new(filters, None)?))
}

fn headlines<T: Asked>(answer: analytics::Answer) -> Vec<Headline> {
    T::result(answer).map_or_else(Vec::new, |result| T::headlines(&result))
}

fn footnote(parts: &Parts) -> String {
    let n = parts.parts.len() as u64;
    let values = match (n, parts.n_values) {
        (0, _) => "Nothing of this is known of anybody who did anything in these days.".to_owned(),
        (n, all) if n < all => format!("The {n} values that most people have, of {}.", count(all)),
        (n, _) => format!("{}.", many(n, "value")),
    };
    match parts.without {
        0 => values,
        without => format!("{values} Of {} it is not known.", people(without)),
    }
}

fn headline(head: impl Into<String>, text: impl Into<String>) -> Headline {
    (head.into(), text.into())
}

fn share(share: Option<f64>) -> String {
    share.map_or_else(|| NONE.to_owned(), percent)
}

/// People and uses of each series.
pub(super) fn of_trend(result: &TrendResult) -> Vec<Headline> {
    let each = result.series.iter().flat_map(|series| {
        let name = series.name.as_deref().unwrap_or("Anything");
        let of = |what: &str, n| headline(format!("{name}: {what}"), count(n));
        [of("people", series.total.people), of("times", series.total.uses)]
    });
    each.collect()
}

/// How many of a week's and of a month's people are there on a mean day.
pub(super) fn of_stickiness(result: &StickinessResult) -> Vec<Headline> {
    vec![
        headline("There at all", count(result.total)),
        headline("DAU/WAU", share(result.ratios.dau_wau)),
        headline("DAU/MAU", share(result.ratios.dau_mau)),
    ]
}

/// Who came and went in the last period that is over.
pub(super) fn of_lifecycle(result: &LifecycleResult) -> Vec<Headline> {
    let Some(last) = result.periods.iter().rfind(|phase| phase.is_complete) else {
        return Vec::new();
    };
    vec![
        headline("New", count(last.new)),
        headline("Returning", count(last.returning)),
        headline("Resurrecting", count(last.resurrecting)),
        headline("Dormant", last.dormant.map_or_else(|| NONE.to_owned(), count)),
    ]
}

/// How many visits there are, and how most of them go.
pub(super) fn of_paths(result: &PathsResult) -> Vec<Headline> {
    let journey = result.journeys.first().map(|journey| {
        let names: Vec<_> = journey.items.iter().map(|item| item.name.as_str()).collect();
        format!("{} ({})", names.join(" → "), percent(journey.share))
    });
    vec![
        headline("People", count(result.people)),
        headline("Visits", count(result.visits)),
        headline("Most frequent", journey.unwrap_or_else(|| NONE.to_owned())),
    ]
}

/// How many features are used, and which by most.
pub(super) fn of_adoption(result: &AdoptionResult) -> Vec<Headline> {
    let used = result.features.iter().filter(|feature| feature.people > 0).count() as u64;
    let most = result.features.iter().filter(|feature| feature.people > 0);
    let mut most: Vec<_> = most.collect();
    most.sort_by(|a, b| b.people.cmp(&a.people).then_with(|| a.name.cmp(&b.name)));
    let most = most.into_iter().take(3);
    let most: Vec<_> =
        most.map(|it| format!("{} ({})", it.name, percent(it.share_of_people))).collect();
    vec![
        headline("People", count(result.people)),
        headline("Features used", format!("{used} of {}", result.features.len())),
        headline("Used by most", if most.is_empty() { NONE.to_owned() } else { most.join(", ") }),
    ]
}

/// How many of the new people the outcome came of, and what goes with it most.
pub(super) fn of_first_week(result: &ThresholdResult) -> Vec<Headline> {
    let best = result.features.iter().find_map(|feature| Some((feature, feature.best()?)));
    let best = best.map(|(feature, best)| {
        format!(
            "{} {} or more (φ {:.2})",
            feature.name,
            many(best.uses.into(), "time"),
            best.phi.unwrap_or_default()
        )
    });
    vec![
        headline("New people", count(result.all.people)),
        headline("Of whom it came", share(result.all.rate)),
        headline("Goes with it most", best.unwrap_or_else(|| NONE.to_owned())),
    ]
}
