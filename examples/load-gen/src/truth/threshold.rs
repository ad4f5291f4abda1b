//! The first-week threshold: what of the first seven days goes with being there in the seven after.

use super::history::{Event, Histories};
use super::retention::{day, share};
use crate::behaviour::COHORTS;
use crate::calendar::{Calendar, Day};
use crate::feature::Feature;
use serde::Serialize;

/// Charts of the first seven days against being there in the seven after.
#[derive(Debug, Serialize)]
pub struct Threshold {
    /// What is counted in the first seven days.
    pub feature: &'static str,
    /// Whoever is first seen from here on is new.
    pub from: String,
    /// The last first day whose second week is over.
    pub to: String,
    /// How many new people there are.
    pub people: usize,
    /// The share of them that is there in the second week.
    pub returns: f64,
    /// By how many charts.
    pub cohorts: Vec<Cohort>,
    /// How well some numbers of charts tell who returns.
    pub phi: Vec<Phi>,
}

/// New people with about as many charts.
#[derive(Debug, Serialize)]
pub struct Cohort {
    /// The fewest charts, and the most; no most for the last.
    pub at_least: usize,
    /// The most charts.
    pub at_most: Option<usize>,
    /// How many people.
    pub people: usize,
    /// Their share of all.
    pub share: f64,
    /// The share of them that is there in the second week.
    pub returns: f64,
}

/// How well a number of charts tells who returns.
#[derive(Debug, Serialize)]
pub struct Phi {
    /// So many charts or more.
    pub at_least: usize,
    /// The correlation, from -1 to 1.
    pub phi: f64,
}

/// The day of the first event.
pub(super) fn first_seen(events: &[Event]) -> Day {
    events.first().map_or(Day(0), day)
}

/// Whether somebody is first seen from the third week on.
pub(super) fn is_new(events: &[Event], calendar: &Calendar) -> bool {
    first_seen(events) >= calendar.first().plus(14)
}

pub(super) fn new_people(histories: &Histories, calendar: &Calendar) -> Vec<usize> {
    let spans = (0..5).map(|n| calendar.anchor().plus(-30 * n));
    let spans = spans.filter(|end| end.plus(-30) >= calendar.first().plus(14));
    let n = |end: Day| {
        let days = histories.people().iter().map(|events| first_seen(events));
        days.filter(|day| *day < end && *day >= end.plus(-30)).count()
    };
    spans.map(n).collect()
}

/// Charts of the first week, and whether there in the second, of each new person.
fn courses(histories: &Histories, calendar: &Calendar) -> Vec<(usize, bool)> {
    let is_over = |events: &&Vec<Event>| {
        is_new(events, calendar) && first_seen(events).plus(13) <= calendar.last()
    };
    let course = |events: &Vec<Event>| {
        let first = first_seen(events);
        let age = |event: &Event| day(event).0 - first.0;
        let is_chart = |event: &&Event| event.completes == Some(Feature::SaveChart);
        let charts = events.iter().filter(is_chart).filter(|event| age(event) < 7).count();
        (charts, events.iter().any(|event| (7..14).contains(&age(event))))
    };
    histories.people().iter().filter(is_over).map(course).collect()
}

pub(super) fn compute(histories: &Histories, calendar: &Calendar) -> Threshold {
    let all = courses(histories, calendar);
    let returning = |of: &[&(usize, bool)]| of.iter().filter(|it| it.1).count();
    let mut cohorts = Vec::new();
    for (n, it) in COHORTS.iter().enumerate() {
        let at_least = usize::try_from(it.charts.0).unwrap_or(0);
        let next = COHORTS.get(n + 1).and_then(|it| usize::try_from(it.charts.0).ok());
        let at_most = next.map(|next| next - 1);
        let is = |it: &&(usize, bool)| it.0 >= at_least && at_most.is_none_or(|most| it.0 <= most);
        let members: Vec<_> = all.iter().filter(is).collect();
        cohorts.push(Cohort {
            at_least,
            at_most,
            people: members.len(),
            share: share(members.len(), all.len()),
            returns: share(returning(&members), members.len()),
        });
    }
    let everybody: Vec<_> = all.iter().collect();
    Threshold {
        feature: Feature::SaveChart.name(),
        from: calendar.first().plus(14).text(),
        to: calendar.last().plus(-13).text(),
        people: all.len(),
        returns: share(returning(&everybody), all.len()),
        cohorts,
        phi: [1, 3, 5, 7].map(|n| Phi { at_least: n, phi: phi(&all, n) }).into(),
    }
}

/// The phi coefficient of "so many charts or more" and "returns".
fn phi(all: &[(usize, bool)], at_least: usize) -> f64 {
    let n = |is: &dyn Fn(&(usize, bool)) -> bool| {
        share(all.iter().filter(|it| is(it)).count(), all.len())
    };
    let (did, returns) = (n(&|it| it.0 >= at_least), n(&|it| it.1));
    let both = n(&|it| it.0 >= at_least && it.1);
    let spread = (did * (1.0 - did) * returns * (1.0 - returns)).sqrt();
    if spread > 0.0 { (both - did * returns) / spread } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phi_is_one_where_the_two_are_the_same() {
        let all = [(5, true), (6, true), (0, false), (4, false)];
        assert!((phi(&all, 5) - 1.0).abs() < 1e-9);
        assert!((phi(&all, 1) - 0.577).abs() < 1e-3);
        assert!(phi(&all, 9).abs() < 1e-9);
    }
}
