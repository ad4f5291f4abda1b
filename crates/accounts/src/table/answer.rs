//! The answer: the accounts that are asked for, in their order.

use super::{Attributes, Column, Compared, Condition, Key, NAME, Of, Table};
use crate::figures::{AccountFigures, Figure, Figures, Metric, Week, change};
use protocol::Timestamp;
use serde::Serialize;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TableResult {
    /// Which week is held against which.
    pub compared: Compared,
    /// The weeks of which there are figures; the last one runs.
    pub weeks: Vec<Week>,
    /// Where the week before was as far as the one that runs is now.
    pub so_far_until: Timestamp,
    /// The figure of which every week is told.
    pub drawn: Metric,
    /// The accounts that are asked for, in their order.
    pub accounts: Vec<Row>,
    /// The figures of the columns, of all that match together: sums, and means over all; people are
    /// counted once for each account. Of what is not to be added up nothing is known.
    pub together: Vec<Cell>,
    /// How many accounts there are.
    pub n_accounts: u64,
    /// How many of them are as the conditions say, before some are picked.
    pub n_matching: u64,
    /// How many were too many to be counted.
    pub n_left_out: u64,
    /// As of when it was counted.
    pub computed_at: Timestamp,
    /// As of when the weeks before the last two were counted.
    pub older_at: Timestamp,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Its id.
    pub account: String,
    /// What it is called; empty where nobody said so.
    pub name: String,
    /// The figures of the columns, in their order.
    pub figures: Vec<Cell>,
    /// The attributes of the columns, by their names.
    pub attributes: BTreeMap<String, String>,
    /// The figure that is drawn, week by week.
    pub drawn: Vec<Option<f64>>,
    /// The same of the week that is looked at and of the one before.
    pub drawn_cell: Cell,
    /// Its core actions in them, whether they are a column or not.
    #[serde(skip)]
    pub core_actions: Cell,
}

/// A figure of the week that is looked at, and of the one before.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Cell {
    /// Which.
    pub figure: Metric,
    /// What it is; nothing where it is a mean over nothing.
    pub now: Option<f64>,
    /// What it was.
    pub before: Option<f64>,
    /// By which share of the former it grew; nothing from nothing.
    pub change: Option<f64>,
    /// Of how many it is: of modules, those in the contract of the account, where it names them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<u64>,
}

impl Cell {
    fn new(metric: Metric, account: &AccountFigures, compared: Compared) -> Self {
        let of = account.n_contract.filter(|_| metric == Metric::Modules);
        Self { of, ..Self::of_weeks(metric, compared.of(account)) }
    }

    fn of_weeks(metric: Metric, weeks: [&Figure; 2]) -> Self {
        let [now, before] = weeks.map(|figure| metric.of(figure));
        let change = before.zip(now).and_then(|(before, now)| change(before, now));
        Self { figure: metric, now, before, change, of: None }
    }

    fn of(&self, of: Of) -> Option<f64> {
        match of {
            Of::Now => self.now,
            Of::Before => self.before,
            Of::Change => self.change.map(|change| change * 100.0),
            Of::Difference => Some(self.now? - self.before?),
        }
    }
}

/// What an account is sorted by.
enum Value {
    Number(Option<f64>),
    Text(String),
}

impl Value {
    /// The order of two; what is not known comes last, whichever way it goes.
    fn cmp(&self, other: &Self, is_rising: bool) -> Ordering {
        let turned = |order: Ordering| if is_rising { order } else { order.reverse() };
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => match (a, b) {
                (Some(a), Some(b)) => turned(a.total_cmp(b)),
                (a, b) => b.is_some().cmp(&a.is_some()),
            },
            (Self::Text(a), Self::Text(b)) => match (a.is_empty(), b.is_empty()) {
                (false, false) => turned(texts(a, b)),
                (a, b) => a.cmp(&b),
            },
            (Self::Number(_), Self::Text(_)) => Ordering::Less,
            (Self::Text(_), Self::Number(_)) => Ordering::Greater,
        }
    }
}

/// Numbers before other texts, and by what they come to; texts as in a dictionary.
fn texts(a: &str, b: &str) -> Ordering {
    match (a.trim().parse::<f64>(), b.trim().parse::<f64>()) {
        (Ok(a), Ok(b)) => a.total_cmp(&b),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => a.to_lowercase().cmp(&b.to_lowercase()),
    }
}

impl Table {
    /// Answers the question.
    pub fn answer(&self, figures: &Figures, attributes: &Attributes) -> TableResult {
        let compared = self.compared.unwrap_or_else(|| Compared::usual(figures));
        let on = On { table: self, attributes, compared };
        let search = self.search.trim().to_lowercase();
        let is_found = |account: &&AccountFigures| {
            let name = attributes.get(NAME, &account.id).to_lowercase();
            account.id.to_lowercase().contains(&search) || name.contains(&search)
        };
        let holds =
            |account: &&AccountFigures| self.conditions.iter().all(|it| on.holds(it, account));
        let shown = figures.accounts.iter().filter(is_found).filter(holds);
        let mut shown: Vec<_> = shown.map(|it| (on.value(&self.order.key, it), it)).collect();
        let n_matching = shown.len() as u64;
        let together = on.together(shown.iter().map(|(_, account)| *account));
        let is_rising = self.is_rising();
        shown.sort_by(|(a, account), (b, other)| {
            a.cmp(b, is_rising).then_with(|| account.id.cmp(&other.id))
        });
        if let Some(pick) = self.pick {
            // Of whom it is not known, nobody says that he is among the best or the worst.
            shown.retain(|(value, _)| !matches!(value, Value::Number(None)));
            shown.truncate(pick.n as usize);
        }
        TableResult {
            compared,
            weeks: figures.weeks.clone(),
            so_far_until: figures.so_far_until,
            drawn: self.drawn(),
            accounts: shown.into_iter().map(|(_, account)| on.row(account)).collect(),
            together,
            n_accounts: figures.accounts.len() as u64,
            n_matching,
            n_left_out: figures.n_left_out,
            computed_at: figures.computed_at,
            older_at: figures.older_at,
        }
    }
}

/// A question with what it is asked of.
struct On<'a> {
    table: &'a Table,
    attributes: &'a Attributes,
    compared: Compared,
}

impl On<'_> {
    fn value(&self, key: &Key, account: &AccountFigures) -> Value {
        match key {
            Key::Name => Value::Text(match self.attributes.get(NAME, &account.id) {
                "" => account.id.clone(),
                name => name.to_owned(),
            }),
            Key::Figure(metric, of) => {
                Value::Number(Cell::new(*metric, account, self.compared).of(*of))
            }
            Key::Attribute(name) => Value::Text(self.attributes.get(name, &account.id).to_owned()),
        }
    }

    fn holds(&self, condition: &Condition, account: &AccountFigures) -> bool {
        match self.value(&condition.key, account) {
            Value::Number(number) => number.is_some_and(|it| condition.test.holds_of(it)),
            Value::Text(text) => condition.test.holds_of_text(&text),
        }
    }

    /// The figures of some accounts together.
    fn together<'a>(&self, accounts: impl Iterator<Item = &'a AccountFigures>) -> Vec<Cell> {
        let mut sums = [Figure::default(); 2];
        for account in accounts {
            let weeks = self.compared.of(account);
            sums.iter_mut().zip(weeks).for_each(|(sum, week)| *sum = sum.plus(week));
        }
        let [now, before] = &sums;
        let cell = |metric: Metric| match metric {
            // A feature of two accounts is one feature.
            Metric::Features | Metric::Modules => {
                Cell { figure: metric, now: None, before: None, change: None, of: None }
            }
            _ => Cell::of_weeks(metric, [now, before]),
        };
        let metrics = self.table.columns.iter().filter_map(|column| match column {
            Column::Figure(metric) => Some(*metric),
            Column::Attribute(_) => None,
        });
        metrics.map(cell).collect()
    }

    fn row(&self, account: &AccountFigures) -> Row {
        let cell = |metric| Cell::new(metric, account, self.compared);
        let (mut figures, mut attributes) = (Vec::new(), BTreeMap::new());
        for column in &self.table.columns {
            match column {
                Column::Figure(metric) => figures.push(cell(*metric)),
                Column::Attribute(name) => {
                    let value = self.attributes.get(name, &account.id);
                    attributes.insert(name.clone(), value.to_owned());
                }
            }
        }
        let drawn = self.table.drawn();
        Row {
            account: account.id.clone(),
            name: self.attributes.get(NAME, &account.id).to_owned(),
            figures,
            attributes,
            drawn: account.weeks.iter().map(|week| drawn.of(week)).collect(),
            drawn_cell: cell(drawn),
            core_actions: cell(Metric::CoreActions),
        }
    }
}
