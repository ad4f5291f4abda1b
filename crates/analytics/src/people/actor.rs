//! From rows of what was done to a list of who did it: the one text that all reports share.

use crate::people::PeopleOf;
use crate::query::{By, InvalidQuery};
use store::Statement;
use store::identity::{self, Grouping};
use store::schema::{Databases, events};

/// Rows of what was done, put together by who did it.
#[derive(Debug)]
pub(crate) struct Actors {
    /// Rows with the number of the `actor`, the columns of [`columns`], and what the others look at.
    pub(crate) rows: String,
    /// Which rows are told of: from when to when they are, and how many. Everybody on the list has
    /// at least one.
    pub(crate) told: String,
    /// What else is known of an actor: aggregates, each with its name.
    pub(crate) known: Vec<String>,
}

/// What the rows say besides, of events under the alias `e`: `called`, `is_known`, `of_account`, `ms`.
pub(crate) fn columns(databases: &Databases, grouping: &Grouping, by: By) -> String {
    let account = identity::account(databases, grouping, "e");
    let called = match by {
        By::People => identity::person(databases, "e"),
        By::Accounts => account.clone(),
    };
    format!(
        "{called} AS called, {} AS is_known, {account} AS of_account, toUnixTimestamp64Milli(e.{}) AS ms",
        identity::is_user(databases, "e"),
        events::TIMESTAMP
    )
}

/// The accounts that somebody was in, from when on, as an aggregate of `when_and_which` among rows
/// of which `is_one`: as many as he changed, so that they are few.
pub(crate) fn accounts(when_and_which: &str, is_one: &str) -> String {
    format!(
        "arrayCompact(since -> since.2, arrayCompact(since -> since.1, \
         arraySort(groupArrayIf(({when_and_which}), {is_one}))))"
    )
}

/// Which of [`accounts`] it was in a moment that is one of theirs: [`super::Person::account`].
pub(crate) fn account_then(accounts: &str, at: &str) -> String {
    format!("arrayLast(since -> since.1 <= {at}, {accounts}).2")
}

/// Whose a row is that has the numbers of a `person` and an `account`, and which rows are anybody's.
pub(crate) const fn whose(by: By) -> (&'static str, &'static str) {
    match by {
        By::People => ("person", "true"),
        By::Accounts => ("account", "account != 0"),
    }
}

impl Actors {
    /// A row for each of them, with the columns of a [`super::Person`] and what is known of him.
    pub(crate) fn each(&self) -> String {
        let Self { rows, told, known } = self;
        let known: String = known.iter().map(|column| format!(",\n  {column}")).collect();
        format!(
            "SELECT argMax(called, is_known) AS person, max(is_known) AS is_user, minIf((ms, of_account), {told}).2 AS account,\n  \
             toUInt64(minIf(ms, {told})) AS entered_at, toUInt64(maxIf(ms, {told})) AS last_at, \
             toUInt32(countIf({told})) AS n{known}\n\
             FROM (\n{rows}\n)\nGROUP BY actor"
        )
    }

    /// The list of those of whom `is_one` holds, which looks at what is known of them.
    pub(crate) fn list(&self, is_one: &str) -> String {
        list(&self.each(), is_one)
    }

    /// The same, as what is paged, with the parameters of a statement.
    pub(crate) fn people(
        &self,
        is_one: &str,
        bind: impl FnOnce(Statement) -> Result<Statement, InvalidQuery>,
    ) -> Result<PeopleOf, InvalidQuery> {
        bind(Statement::new(self.list(is_one))).map(PeopleOf::new)
    }
}

/// The list of those among `each` of whom `is_one` holds.
pub(crate) fn list(each: &str, is_one: &str) -> String {
    format!(
        "SELECT person, is_user, account, entered_at, last_at, n FROM (\n{each}\n)\nWHERE {is_one}"
    )
}

/// The index of one of `n` things, which are counted from 1 by whoever asks.
///
/// # Errors
/// When there is no such thing in the report.
pub(crate) fn nth(what: &str, number: u32, n: u32) -> Result<u32, InvalidQuery> {
    let is_there = (1..=n).contains(&number);
    is_there
        .then(|| number - 1)
        .ok_or_else(|| InvalidQuery::NoSuchNumber(format!("{what} {number}")))
}
