//! What is said of accounts and people, and what they are called by it.

use crate::texts::Texts;
use analytics::{Error, Scope};
use serde::Deserialize;
use std::collections::BTreeMap;
use store::identity::{self, Subject};
use store::{Connection, Statement};

/// The property that somebody or something is called by.
const NAME: &str = "name";
/// What a person is called by who has no name.
const EMAIL: &str = "email";

/// What accounts are called, by their ids; nothing of those of which nobody said so.
pub(crate) async fn of_accounts(
    connection: &Connection,
    scope: &Scope,
    ids: &[String],
) -> Result<BTreeMap<String, String>, Error> {
    said(connection, scope, (Subject::Account, NAME), ids).await
}

/// What users are called, by their ids: by their name, else by their address.
pub(crate) async fn of_users(
    connection: &Connection,
    scope: &Scope,
    ids: &[String],
) -> Result<BTreeMap<String, String>, Error> {
    let (names, addresses) = tokio::try_join!(
        said(connection, scope, (Subject::User, NAME), ids),
        said(connection, scope, (Subject::User, EMAIL), ids),
    )?;
    Ok(called(names, addresses))
}

/// Names, and addresses of those who have none. An address that was taken out on the way here, as
/// the project may ask, is a word in brackets and calls nobody.
fn called(
    mut names: BTreeMap<String, String>,
    addresses: BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    for (id, address) in addresses.into_iter().filter(|(_, address)| address.contains('@')) {
        names.entry(id).or_insert(address);
    }
    names
}

/// What is said of some accounts or users by a name, by their ids.
pub(crate) async fn said(
    connection: &Connection,
    scope: &Scope,
    (subject, name): (Subject, &str),
    ids: &[String],
) -> Result<BTreeMap<String, String>, Error> {
    #[derive(Deserialize)]
    struct Said {
        id: String,
        value: String,
    }
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let ids = Texts::new(ids);
    let said = identity::said_of(connection.databases(), &scope.grouping, subject, "{name:String}");
    let sql = format!(
        "SELECT id, value FROM ({said}) WHERE value != '' AND id IN (SELECT arrayJoin({}))",
        ids.sql()
    );
    let statement = identity::bind(Statement::new(sql), &scope.grouping, scope.count_automated)
        .bind("project", scope.project.as_str())
        .bind("name", name);
    let rows = connection.json::<Said>(&ids.bind(statement)).await?;
    Ok(rows.into_iter().map(|said| (said.id, said.value)).collect())
}

/// What is said of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    /// The account's id.
    pub(crate) id: String,
    /// What is said.
    pub(crate) value: String,
}

/// What is said by a name of each account of which anything is, by the number of its id.
pub(crate) async fn said_of_accounts(
    connection: &Connection,
    scope: &Scope,
    name: &str,
) -> Result<BTreeMap<u64, Said>, Error> {
    #[derive(Deserialize)]
    struct Row {
        account: u64,
        id: String,
        value: String,
    }
    let (databases, grouping) = (connection.databases(), &scope.grouping);
    let said = identity::said_of(databases, grouping, Subject::Account, "{name:String}");
    let sql = format!(
        "SELECT {account} AS account, id, toString(value) AS value FROM ({said})",
        account = identity::hash("{project:String}", "id"),
    );
    let statement = identity::bind(Statement::new(sql), grouping, scope.count_automated)
        .bind("project", scope.project.as_str())
        .bind("name", name);
    let rows = connection.json::<Row>(&statement).await?;
    let rows = rows.into_iter().filter(|row| !row.value.is_empty());
    Ok(rows.map(|row| (row.account, Said { id: row.id, value: row.value })).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_no_name_is_called_by_the_address() {
        let of = |all: &[(&str, &str)]| {
            all.iter().map(|(id, value)| ((*id).to_owned(), (*value).to_owned())).collect()
        };
        let names = of(&[("1", "Ann")]);
        let addresses = of(&[("1", "ann@a.example"), ("2", "bo@a.example"), ("3", "[email]")]);
        assert_eq!(called(names, addresses), of(&[("1", "Ann"), ("2", "bo@a.example")]));
    }
}
