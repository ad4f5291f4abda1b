//! What is said of accounts, for the columns and conditions that need it.

use super::Table;
use analytics::{Error, Scope};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use store::identity::{self, Subject, names_said, said_of};
use store::{Connection, Statement};

/// The attribute that an account is called by.
pub const NAME: &str = "name";

/// What is said of each account, by the names of what is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes(BTreeMap<String, HashMap<String, String>>);

impl Attributes {
    /// What is said by these names: of each a value by the account's id.
    pub fn new(said: impl IntoIterator<Item = (String, HashMap<String, String>)>) -> Self {
        Self(said.into_iter().collect())
    }

    /// Reads what a table needs.
    ///
    /// # Errors
    /// When the store refuses or is away.
    pub async fn load(
        connection: &Connection,
        scope: &Scope,
        table: &Table,
    ) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Row {
            id: String,
            value: String,
        }
        let (databases, grouping) = (connection.databases(), &scope.grouping);
        let sql = said_of(databases, grouping, Subject::Account, "{name:String}");
        let mut all = BTreeMap::new();
        for name in table.attributes() {
            let statement = Statement::new(sql.clone());
            let statement = identity::bind(statement, grouping, scope.count_automated)
                .bind("project", scope.project.as_str())
                .bind("name", name);
            let rows = connection.json::<Row>(&statement).await?;
            all.insert(name.to_owned(), rows.into_iter().map(|it| (it.id, it.value)).collect());
        }
        Ok(Self(all))
    }

    /// What is said of an account by a name, empty for nothing.
    pub fn get(&self, name: &str, account: &str) -> &str {
        self.0.get(name).and_then(|of| of.get(account)).map_or("", String::as_str)
    }
}

/// By which names anything was ever said of an account, in their order.
///
/// # Errors
/// When the store refuses or is away.
pub async fn names(connection: &Connection, scope: &Scope) -> Result<Vec<String>, Error> {
    #[derive(Deserialize)]
    struct Row {
        name: String,
    }
    let sql = names_said(connection.databases(), Subject::Account);
    let statement = Statement::new(sql).bind("project", scope.project.as_str());
    let rows = connection.json::<Row>(&statement).await?;
    let mut names: Vec<_> = rows.into_iter().map(|row| row.name).collect();
    names.sort();
    Ok(names)
}
