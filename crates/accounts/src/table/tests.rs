//! The table of some accounts, told by hand.

use super::*;
use crate::figures::{ALL_WEEKS, Week};
use protocol::Timestamp;
use std::collections::HashMap;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const MONDAY: i64 = 1_795_392_000_000;

/// An account with these core actions in the last three weeks, and so many by now a week ago.
fn account(id: &str, [before, last, running]: [u64; 3], so_far: u64) -> AccountFigures {
    let figure =
        |core_actions| Figure { core_actions, visits: core_actions / 10, ..<_>::default() };
    let mut weeks = [Figure::default(); ALL_WEEKS];
    weeks[ALL_WEEKS - 3..].copy_from_slice(&[before, last, running].map(figure));
    AccountFigures {
        id: id.to_owned(),
        number: 0,
        weeks,
        so_far_before: figure(so_far),
        n_contract: None,
    }
}

fn figures(days: i64) -> Figures {
    let week = |n| Week {
        name: format!("week {n}"),
        start: Timestamp::from_millis(MONDAY + (n - ALL_WEEKS as i64 + 1) * 7 * DAY_MS),
    };
    Figures {
        weeks: (0..ALL_WEEKS as i64).map(week).collect(),
        accounts: vec![
            account("acme", [200, 200, 40], 90),
            account("cobalt", [0, 30, 20], 10),
            account("dune", [300, 100, 10], 60),
            account("idle", [0, 0, 0], 0),
            account("small", [4, 4, 1], 2),
        ],
        n_left_out: 0,
        so_far_until: Timestamp::from_millis(MONDAY + (days - 7) * DAY_MS),
        computed_at: Timestamp::from_millis(MONDAY + days * DAY_MS),
        older_at: Timestamp::from_millis(MONDAY + days * DAY_MS),
    }
}

fn attributes() -> Attributes {
    let of = |name: &str, said: &[(&str, &str)]| {
        let said = said.iter().map(|(id, value)| ((*id).to_owned(), (*value).to_owned()));
        (name.to_owned(), said.collect::<HashMap<_, _>>())
    };
    Attributes::new([
        of("plan", &[("acme", "Team"), ("cobalt", "Pro"), ("dune", "Team"), ("idle", "Free")]),
        of("seats", &[("acme", "9"), ("cobalt", "100"), ("dune", "25")]),
        of("renewal", &[("acme", "2027-03-01"), ("cobalt", "2027-06-21T09:00"), ("dune", "soon")]),
        of("name", &[("acme", "Acme Retail"), ("cobalt", "Cobalt Travel")]),
    ])
}

fn ids(address: &str) -> String {
    let table = Table::from_query_string(address).unwrap();
    let answer = table.answer(&figures(3), &attributes());
    answer.accounts.iter().map(|row| row.account.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn who_lost_most_stands_first() {
    assert_eq!(ids(""), "acme dune small idle cobalt");
    assert_eq!(ids("weeks=full"), "dune acme idle small cobalt");
}

#[test]
fn what_is_not_known_comes_last_whichever_way_it_goes() {
    assert_eq!(ids("sort=core_actions.change&order=rising"), "dune acme small cobalt idle");
    assert_eq!(ids("sort=core_actions.change&order=falling"), "cobalt small acme dune idle");
    assert_eq!(ids("sort=account.seats"), "cobalt dune acme idle small");
    assert_eq!(ids("sort=account.seats&order=rising"), "acme dune cobalt idle small");
    assert_eq!(ids("sort=name&order=rising"), "acme cobalt dune idle small");
}

#[test]
fn conditions_are_all_to_hold() {
    assert_eq!(ids("where=account.plan&is=Team&is=Free"), "acme dune idle");
    assert_eq!(ids("where=account.plan&contains=TE"), "acme dune");
    assert_eq!(ids("where=account.plan&set=no"), "small");
    assert_eq!(ids("where=account.seats&at_least=25"), "dune cobalt");
    // The fall of half and more, of those who had twenty.
    let fell = "where=core_actions.change&at_most=-50&where=core_actions.before&at_least=20";
    assert_eq!(ids(fell), "acme dune");
    assert_eq!(ids(&format!("{fell}&where=account.seats&at_most=10")), "acme");
    assert_eq!(ids("where=account.renewal&at_most=2027-03-01"), "acme");
    assert_eq!(ids("where=account.renewal&at_least=2027-03-01"), "acme cobalt");
    assert_eq!(ids("where=account.renewal&at_least=2027-03-02"), "cobalt");
    assert_eq!(ids("q=ACME+r"), "acme");
    assert_eq!(ids("where=name&is=Acme+Retail"), "acme");
}

#[test]
fn the_best_and_the_worst_are_as_many_as_are_asked_for() {
    let mut figures = figures(3);
    figures.accounts.extend((0..150).map(|n| account(&format!("n{n:03}"), [0, 50, 200 + n], 100)));
    let shown = |address: &str| {
        let answer = Table::from_query_string(address).unwrap().answer(&figures, &attributes());
        let ids: Vec<_> = answer.accounts.into_iter().map(|row| row.account).collect();
        (ids.len(), ids.first().cloned().unwrap_or_default(), answer.n_matching)
    };
    assert_eq!(shown("show=worst&n=5"), (5, "acme".to_owned(), 155));
    assert_eq!(shown("show=best&n=100"), (100, "n149".to_owned(), 155));
    // An account without anything to compare is at neither end.
    assert_eq!(shown("sort=core_actions.change&where=account.plan&is=Free&show=worst&n=5").0, 0);
    for n in ["4", "101", "", "many"] {
        assert!(Table::from_query_string(&format!("show=best&n={n}")).is_err(), "{n}");
    }
}

#[test]
fn a_week_that_is_younger_than_two_days_is_not_compared() {
    let compared = |days| Table::default().answer(&figures(days), &attributes()).compared;
    assert_eq!(compared(1), Compared::Full);
    assert_eq!(compared(2), Compared::Running);
    let table = Table { compared: Some(Compared::Running), ..Table::default() };
    assert_eq!(table.answer(&figures(1), &attributes()).compared, Compared::Running);
}

#[test]
fn a_row_has_what_its_columns_ask_for() {
    let address = "weeks=full&column=visits&column=account.plan&column=core_actions&sort=name&order=rising&q=dune";
    let answer = Table::from_query_string(address).unwrap().answer(&figures(3), &attributes());
    let row = &answer.accounts[0];
    let cell = |now, before, change, figure| Cell { figure, now, before, change, of: None };
    let visits = cell(Some(10.0), Some(30.0), Some(-2.0 / 3.0), Metric::Visits);
    assert_eq!(row.figures.len(), 2);
    assert_eq!(answer.together, row.figures);
    assert_eq!((row.figures[0].now, row.figures[0].before), (visits.now, visits.before));
    assert!((row.figures[0].change.unwrap() - visits.change.unwrap()).abs() < 1e-9);
    assert_eq!(row.attributes["plan"], "Team");
    assert_eq!((answer.drawn, row.drawn.len()), (Metric::Visits, ALL_WEEKS));
    assert_eq!(row.drawn[ALL_WEEKS - 3..], [Some(30.0), Some(10.0), Some(1.0)]);
}

#[test]
fn a_question_is_the_same_as_address_and_as_json() {
    for address in [
        "",
        "weeks=full&column=visits&column=account.renewal+date&sort=account.seats&order=rising",
        "where=account.plan&is=A%26B&is=C&where=account.owner&set=no&where=depth.before&at_most=0.25",
        "where=account.renewal&at_most=2027-03-01",
        "q=acme&show=best&n=100&sort=people.change",
    ] {
        let table = Table::from_query_string(address).unwrap();
        assert_eq!(Table::from_query_string(&table.to_query_string()).unwrap(), table.normal());
        let json = serde_json::to_string(&table).unwrap();
        assert_eq!(serde_json::from_str::<Table>(&json).unwrap(), table.normal(), "{json}");
    }
    for wrong in [
        "column=mood",
        "column=visits.change",
        "sort=mood",
        "order=up",
        "weeks=odd",
        "where=account.plan",
        "where=visits&is=3",
        "where=visits&at_least=many",
        "where=visits&at_least=2027-03-01",
        "where=account.renewal&at_least=2027-02-30",
        "where=account.renewal&at_least=soon",
        "where=visits&at_least=NaN",
        "where=visits&at_least=1&at_most=2",
        "show=middle&n=5",
    ] {
        assert!(Table::from_query_string(wrong).is_err(), "{wrong}");
    }
    let many = "where=visits&at_least=1&".repeat(MAX_CONDITIONS + 1);
    assert!(Table::from_query_string(&many).is_err());
}

impl Table {
    /// The same with the order that its pick brings, which is what is written.
    fn normal(&self) -> Self {
        let order = Order { is_rising: self.is_rising(), ..self.order.clone() };
        Self { order, ..self.clone() }
    }
}

#[test]
fn what_is_not_to_be_added_up_is_not_known_of_all_together() {
    let address = "weeks=full&column=core_actions&column=modules&where=account.plan&is=Team";
    let answer = Table::from_query_string(address).unwrap().answer(&figures(3), &attributes());
    let of = |n: usize| (answer.together[n].now, answer.together[n].before);
    assert_eq!(of(0), (Some(300.0), Some(500.0)));
    assert_eq!(of(1), (None, None));
}
