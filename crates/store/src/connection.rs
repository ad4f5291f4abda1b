//! The way to one server: questions and commands.

use crate::{Databases, Error, Row, Statement, Target};
use clickhouse::query::Query;
use clickhouse::{Client, Compression, RowOwned, RowRead};
use engine::Login;
use serde::de::DeserializeOwned;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// A question is given up by the server after this, and by us a little later.
pub(crate) const QUESTION: Duration = Duration::from_secs(60);

/// How much later: the server's own sentence is better than ours.
pub(crate) const GRACE: Duration = Duration::from_secs(5);

/// A connection to the embedded engine or to a server; cheap to clone.
#[derive(Clone)]
pub struct Connection {
    pub(crate) client: Client,
    /// As whom the server fills its dictionaries.
    pub(crate) dictionary: Arc<Login>,
    pub(crate) is_embedded: bool,
    databases: Arc<Databases>,
    /// Tells the tokens of this process from those of an earlier one.
    pub(crate) nonce: Arc<str>,
}

impl Connection {
    /// A connection; nothing is sent yet.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn new(target: Target, databases: Databases) -> Result<Self, Error> {
        let is_local = target.is_local();
        let client = Client::default()
            .with_url(target.url)
            .with_user(target.user)
            .with_password(target.password)
            .with_compression(if is_local { Compression::None } else { Compression::Lz4 });
        let nonce = format!("{:016x}", u64::from_be_bytes(random()?)).into();
        let dictionary = Arc::new(target.dictionary);
        let (is_embedded, databases) = (target.is_embedded, Arc::new(databases));
        Ok(Self { client, dictionary, is_embedded, databases, nonce })
    }

    /// The names of the databases.
    pub fn databases(&self) -> &Databases {
        &self.databases
    }

    /// Asks whether the server answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), Error> {
        self.execute(&Statement::new("SELECT 1 FORMAT Null")).await
    }

    /// Asks for rows of `T`, whose fields are the columns by name and type.
    ///
    /// # Errors
    /// When the server refuses, is away, or the columns are others.
    pub async fn select<T: RowOwned + RowRead>(
        &self,
        statement: &Statement,
    ) -> Result<Vec<T>, Error> {
        within(QUESTION + GRACE, self.question(statement).fetch_all::<T>()).await
    }

    /// Asks for rows as [`Self::select`] does, with a limit and settings of its own.
    pub(crate) async fn select_within<T: RowOwned + RowRead>(
        &self,
        statement: &Statement,
        limit: Duration,
        settings: &[(&str, &str)],
    ) -> Result<Vec<T>, Error> {
        let question = self.query(statement).with_setting("max_execution_time", seconds(limit));
        within(limit + GRACE, set(question, settings).fetch_all::<T>()).await
    }

    /// Asks for rows as JSON objects by column name; for columns that are known only at run time.
    ///
    /// # Errors
    /// When the server refuses or is away, or when a row is no `T`.
    pub async fn json<T: DeserializeOwned>(&self, statement: &Statement) -> Result<Vec<T>, Error> {
        let question =
            self.question(statement).with_setting("output_format_json_quote_64bit_integers", "0");
        let bytes = within(QUESTION + GRACE, async {
            question.fetch_bytes("JSONEachRow")?.collect().await
        })
        .await?;
        serde_json::Deserializer::from_slice(&bytes)
            .into_iter()
            .map(|row| row.map_err(Error::Json))
            .collect()
    }

    /// Sends a command whose answer is only whether it was done.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn execute(&self, statement: &Statement) -> Result<(), Error> {
        within(QUESTION + GRACE, self.query(statement).execute()).await
    }

    /// Sends a command, with a limit and settings of its own.
    pub(crate) async fn command(
        &self,
        statement: &Statement,
        limit: Duration,
        settings: &[(&str, &str)],
    ) -> Result<(), Error> {
        let query = self.query(statement).with_setting("max_execution_time", seconds(limit));
        within(limit + GRACE, set(query, settings).execute()).await
    }

    /// A statement that may only read.
    pub(crate) fn question(&self, statement: &Statement) -> Query {
        self.query(statement)
            .with_setting("readonly", "2")
            .with_setting("max_execution_time", seconds(QUESTION))
    }

    pub(crate) fn query(&self, statement: &Statement) -> Query {
        statement
            .params()
            .iter()
            .fold(self.client.query_raw(statement.sql()), |query, (name, value)| {
                query.param(name, value)
            })
    }

    /// The one row of a question that has one.
    pub(crate) async fn one<T: RowOwned + RowRead + Row>(
        &self,
        statement: &Statement,
    ) -> Result<Option<T>, Error> {
        Ok(self.select(statement).await?.into_iter().next())
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("databases", &self.databases).finish_non_exhaustive()
    }
}

fn seconds(limit: Duration) -> String {
    limit.as_secs().to_string()
}

fn set(query: Query, settings: &[(&str, &str)]) -> Query {
    settings.iter().fold(query, |query, (name, value)| query.with_setting(*name, *value))
}

pub(crate) async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, clickhouse::error::Error>>,
) -> Result<T, Error> {
    match timeout(limit, work).await {
        Ok(done) => done.map_err(Error::from_client),
        Err(_) => Err(Error::TimedOut { seconds: limit.as_secs() }),
    }
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Error::Random(error.to_string()))?;
    Ok(bytes)
}
