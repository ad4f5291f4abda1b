//! The question as JSON.
//!
//! ```
//! let table: accounts::table::Table = serde_json::from_str(r#"{
//!   "report": "accounts",
//!   "on": "2026-11-22",
//!   "compared": "full",
//!   "columns": ["core_actions", "people", "account.plan"],
//!   "filters": [
//!     {"property": "account.plan", "is": ["Team", "Pro"]},
//!     {"property": "core_actions.change", "at_most": -50}
//!   ],
//!   "sort": "core_actions.difference",
//!   "worst": 20
//! }"#).unwrap();
//! assert_eq!(table.pick.map(|pick| pick.n), Some(20));
//! assert!(serde_json::from_str::<accounts::table::Table>(r#"{"sort": "mood"}"#).is_err());
//! ```

use super::condition::Words;
use super::{Bound, Compared, End, InvalidTable, Order, Pick, Table};
use crate::as_of;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct TableText {
    #[serde(default)]
    report: Report,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    compared: Option<Compared>,
    #[serde(default)]
    columns: Option<Vec<String>>,
    #[serde(default)]
    sort: Option<String>,
    #[serde(default)]
    order: Option<Direction>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    filters: Vec<FilterText>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    search: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    best: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    worst: Option<u32>,
}

/// The word by which reports are told apart.
#[derive(Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
enum Report {
    #[default]
    Accounts,
}

#[derive(Serialize, Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Direction {
    Rising,
    Falling,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FilterText {
    property: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    is: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    contains: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    is_set: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at_least: Option<Bound>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at_most: Option<Bound>,
}

impl TryFrom<TableText> for Table {
    type Error = InvalidTable;

    fn try_from(text: TableText) -> Result<Self, InvalidTable> {
        let columns = match text.columns.filter(|columns| !columns.is_empty()) {
            Some(columns) => columns.iter().map(|it| it.parse()).collect::<Result<_, _>>()?,
            None => Self::usual_columns(),
        };
        let order = match text.sort {
            Some(key) => {
                Order { key: key.parse()?, is_rising: text.order == Some(Direction::Rising) }
            }
            None => Order { is_rising: text.order != Some(Direction::Falling), ..Order::default() },
        };
        let pick = match (text.best, text.worst) {
            (None, None) => None,
            (Some(n), None) => Some(Pick { end: End::Best, n }),
            (None, Some(n)) => Some(Pick { end: End::Worst, n }),
            (Some(_), Some(n)) => return Err(InvalidTable::Picked(format!("both, {n}"))),
        };
        let read = |it: FilterText| {
            let FilterText { property: key, is, contains, is_set: set, at_least, at_most } = it;
            Words { key, is, contains, set, at_least, at_most }.read()
        };
        let conditions = text.filters.into_iter().map(read).collect::<Result<_, _>>()?;
        let on = as_of::day(text.on.as_deref().unwrap_or_default())?;
        let TableText { compared, search, .. } = text;
        Self { on, compared, columns, order, conditions, search, pick }.checked()
    }
}

impl From<Table> for TableText {
    fn from(table: Table) -> Self {
        let filter = |condition| {
            let Words { key, is, contains, set, at_least, at_most } = Words::from(condition);
            FilterText { property: key, is, contains, is_set: set, at_least, at_most }
        };
        let is_rising = table.is_rising();
        let at = |end| table.pick.filter(|pick| pick.end == end).map(|pick| pick.n);
        Self {
            report: Report::Accounts,
            on: table.on.map(|day| day.to_string()),
            compared: table.compared,
            columns: Some(table.columns.iter().map(ToString::to_string).collect()),
            sort: Some(table.order.key.to_string()),
            order: Some(if is_rising { Direction::Rising } else { Direction::Falling }),
            filters: table.conditions.iter().map(filter).collect(),
            best: at(End::Best),
            worst: at(End::Worst),
            search: table.search,
        }
    }
}
