//! The dictionaries by which a question finds out who is whose, by their ids and by the hashes of
//! them: see [`crate::identity`].
//!
//! They are held in the server's memory and filled from the tables that the writer derives. A
//! definition holds a password, so it is no part of a migration: it is made anew at every start.
//! As whom the server reads the tables is said by [`Target::dictionary`](crate::Target): with the
//! embedded engine a user of its own who may read them and nothing else; on a server the user of
//! its address, who should be one of Sillage's own with `CREATE DICTIONARY`, `DROP DICTIONARY`,
//! `SYSTEM RELOAD DICTIONARY`, `SELECT` and `dictGet` on the database of the events.
//!
//! **Fresh at once.** What the writer derives of a batch it compares with what the dictionaries
//! say, and has those filled again that would now say something else. Most batches change
//! nothing: only a sign-in on a new browser, a new user, or a user in another account does.
//! What another collector writes to the same server, and does not live to announce, is found by
//! the server itself within a minute, by the number of rows; since nearly every batch adds rows,
//! it fills them about once a minute. The embedded engine has one collector, and leaves that out.
//!
//! **Layout.** `complex_key_hashed_array` is as quick as `complex_key_hashed` in a third of its
//! memory, and exact: the ids that it says are shown. What is only counted is looked up by hashes:
//! see [`crate::layout`].

use crate::identity::{hash, project_bits};
use crate::schema::{
    account_hash_of, account_of, account_times, first_users, person_hash_of, person_of,
    user_accounts,
};
use crate::{Connection, Databases, Error, Row, Statement};
use protocol::BatchId;
use serde::Deserialize;
use std::time::Duration;
use tokio::time::sleep;

/// A dictionary must be filled within this; one of ten million ids takes some seconds.
const FILL: Duration = Duration::from_secs(120);

/// How often one is made before it is believed that it cannot be, and the pause in between.
const ATTEMPTS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);

/// A server of several collectors looks by itself whether there is more to know after so many
/// seconds.
const LIFETIME: &str = "MIN 30 MAX 60";
/// Never.
const FOR_EVER: &str = "0";

/// A dictionary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dictionary {
    /// Which user a browser belongs to.
    PersonOf,
    /// The same by hashes.
    PersonHashOf,
    /// Which account a user was in at a moment.
    AccountOf,
    /// The same by hashes.
    AccountHashOf,
}

impl Dictionary {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::PersonOf, Self::PersonHashOf, Self::AccountOf, Self::AccountHashOf];

    /// Its name, with its database.
    pub(crate) fn path(self, databases: &Databases) -> String {
        databases.table(match self {
            Self::PersonOf => person_of::DICTIONARY,
            Self::PersonHashOf => person_hash_of::DICTIONARY,
            Self::AccountOf => account_of::DICTIONARY,
            Self::AccountHashOf => account_hash_of::DICTIONARY,
        })
    }

    /// Its columns, its key, its layout, and the tables whose rows are counted.
    fn form(self, databases: &Databases) -> Form {
        match self {
            Self::PersonOf => Form {
                columns: format!(
                    "{} String, {} String, {} String, {} Int64",
                    person_of::PROJECT,
                    person_of::ANONYMOUS_ID,
                    person_of::FIRST_USER,
                    person_of::FIRST_AT
                ),
                key: &[person_of::PROJECT, person_of::ANONYMOUS_ID],
                layout: "LAYOUT(COMPLEX_KEY_HASHED_ARRAY())".to_owned(),
                source: first_users(databases),
                counted: databases.table(first_users::TABLE),
            },
            Self::PersonHashOf => Form {
                columns: format!(
                    "{} UInt64, {} UInt64, {} UInt16",
                    person_hash_of::ANONYMOUS_HASH,
                    person_hash_of::USER_HASH,
                    person_hash_of::PROJECT_BITS
                ),
                key: &[person_hash_of::ANONYMOUS_HASH],
                layout: "LAYOUT(HASHED_ARRAY())".to_owned(),
                source: first_user_hashes(databases),
                counted: databases.table(first_users::TABLE),
            },
            Self::AccountOf => Form {
                columns: format!(
                    "{} String, {} String, {since} Int64, {until} Int64, {} String",
                    account_of::PROJECT,
                    account_of::USER_ID,
                    account_of::ACCOUNT_ID,
                    since = account_of::SINCE,
                    until = account_of::UNTIL,
                ),
                key: &[account_of::PROJECT, account_of::USER_ID],
                layout: format!("LAYOUT(COMPLEX_KEY_RANGE_HASHED()) {}", stay()),
                source: accounts(databases),
                counted: databases.table(account_times::TABLE),
            },
            Self::AccountHashOf => Form {
                columns: format!(
                    "{} UInt64, {since} Int64, {until} Int64, {} UInt64, {} UInt8, {} UInt16",
                    account_hash_of::USER_HASH,
                    account_hash_of::ACCOUNT_HASH,
                    account_hash_of::IS_STEADY,
                    account_hash_of::PROJECT_BITS,
                    since = account_hash_of::SINCE,
                    until = account_hash_of::UNTIL,
                ),
                key: &[account_hash_of::USER_HASH],
                layout: format!("LAYOUT(RANGE_HASHED()) {}", stay()),
                source: account_hashes(databases),
                counted: databases.table(account_times::TABLE),
            },
        }
    }
}

struct Form {
    columns: String,
    key: &'static [&'static str],
    layout: String,
    source: String,
    counted: String,
}

/// The columns that say from when to when a row of an account holds.
fn stay() -> String {
    format!("RANGE(MIN {} MAX {})", account_of::SINCE, account_of::UNTIL)
}

/// The first user of each browser.
fn first_users(databases: &Databases) -> String {
    format!(
        "SELECT {project}, {anonymous_id}, min({first}) AS earliest, \
         earliest.3 AS {first_user}, toUnixTimestamp64Milli(earliest.1) AS {first_at} \
         FROM {table} GROUP BY {project}, {anonymous_id}",
        project = first_users::PROJECT,
        anonymous_id = first_users::ANONYMOUS_ID,
        first = first_users::FIRST,
        first_user = person_of::FIRST_USER,
        first_at = person_of::FIRST_AT,
        table = databases.table(first_users::TABLE),
    )
}

/// The same by hashes.
fn first_user_hashes(databases: &Databases) -> String {
    format!(
        "SELECT {browser} AS {anonymous_hash}, {user} AS {user_hash}, {of_project} AS {project_bits} FROM ({})",
        first_users(databases),
        browser = hash(person_of::PROJECT, person_of::ANONYMOUS_ID),
        user = hash(person_of::PROJECT, person_of::FIRST_USER),
        anonymous_hash = person_hash_of::ANONYMOUS_HASH,
        user_hash = person_hash_of::USER_HASH,
        of_project = project_bits(person_of::PROJECT),
        project_bits = person_hash_of::PROJECT_BITS,
    )
}

/// [`accounts`] by hashes.
fn account_hashes(databases: &Databases) -> String {
    format!(
        "SELECT {user} AS {user_hash}, {since}, {until}, {account} AS {account_hash}, \
         {since} = {least} AND {until} = {greatest} AS {is_steady}, {of_project} AS {project_bits} FROM ({})",
        accounts(databases),
        user = hash(account_of::PROJECT, account_of::USER_ID),
        account = hash(account_of::PROJECT, account_of::ACCOUNT_ID),
        since = account_of::SINCE,
        until = account_of::UNTIL,
        user_hash = account_hash_of::USER_HASH,
        account_hash = account_hash_of::ACCOUNT_HASH,
        is_steady = account_hash_of::IS_STEADY,
        of_project = project_bits(account_of::PROJECT),
        project_bits = account_hash_of::PROJECT_BITS,
        least = i64::MIN,
        greatest = i64::MAX,
    )
}

/// The accounts of each user, with the time of each.
///
/// The first one is there from the beginning of time. Of two at one moment the one of the
/// greater id holds.
fn accounts(databases: &Databases) -> String {
    let (project, user, account) =
        (user_accounts::PROJECT, user_accounts::USER_ID, user_accounts::ACCOUNT_ID);
    let accounts = databases.table(user_accounts::TABLE);
    let (least, greatest) = (i64::MIN, i64::MAX);
    let steady = format!(
        "SELECT {project}, {user}, toInt64({least}) AS {since}, toInt64({greatest}) AS {until}, \
         min(seen.{account}) AS {account} FROM {accounts} AS seen GROUP BY {project}, {user} \
         HAVING min(seen.{account}) = max(seen.{account})",
        since = account_of::SINCE,
        until = account_of::UNTIL,
    );
    let moments = format!(
        "SELECT {project}, {user}, toUnixTimestamp64Milli({timestamp}) AS at, max(seen.{account}) AS there \
         FROM {times} AS seen WHERE ({project}, {user}) IN (SELECT {project}, {user} FROM {accounts} \
         GROUP BY {project}, {user} HAVING min({account}) != max({account})) \
         GROUP BY {project}, {user}, {timestamp}",
        timestamp = account_times::TIMESTAMP,
        times = databases.table(account_times::TABLE),
    );
    let changes = format!(
        "SELECT {project}, {user}, arraySort(groupArray((at, there))) AS moments, \
         arrayFilter((moment, before) -> moment.2 != before.2, moments, arrayPushFront(arrayPopBack(moments), (toInt64(0), ''))) AS changes, \
         arrayPushFront(arrayMap(change -> change.1, arrayPopFront(changes)), toInt64({least})) AS froms, \
         arrayPushBack(arrayMap(change -> change.1 - 1, arrayPopFront(changes)), toInt64({greatest})) AS tos \
         FROM ({moments}) GROUP BY {project}, {user}"
    );
    format!(
        "{steady} UNION ALL SELECT {project}, {user}, stay.1, stay.2, stay.3.2 FROM \
         (SELECT {project}, {user}, arrayJoin(arrayZip(froms, tos, changes)) AS stay FROM ({changes}))"
    )
}

#[derive(Row, Deserialize)]
struct Changed {
    n_people: u64,
    n_accounts: u64,
}

impl Connection {
    /// Makes the dictionaries anew and fills them.
    ///
    /// # Errors
    /// [`Error::Dictionary`] when the server refuses them; when it is away.
    pub(crate) async fn make_dictionaries(&self) -> Result<(), Error> {
        for dictionary in Dictionary::ALL {
            let mut attempt = 1;
            // Another collector that starts at this moment replaces what was just made.
            while let Err(error) = self.make(dictionary).await {
                let is_last =
                    attempt == ATTEMPTS || !matches!(error, Error::Refused { code: 36, .. });
                if is_last {
                    return Err(refused(error));
                }
                attempt += 1;
                sleep(PAUSE).await;
            }
        }
        Ok(())
    }

    async fn make(&self, dictionary: Dictionary) -> Result<(), Error> {
        let databases = self.databases();
        let Form { columns, key, layout, source, counted } = dictionary.form(databases);
        let lifetime = if self.is_embedded { FOR_EVER } else { LIFETIME };
        let sql = format!(
            "CREATE OR REPLACE DICTIONARY {path} ({columns}) PRIMARY KEY {key} SOURCE(CLICKHOUSE(\
             USER {user} PASSWORD {password} QUERY {source} INVALIDATE_QUERY {counted})) \
             LIFETIME({lifetime}) {layout}",
            path = dictionary.path(databases),
            key = key.join(", "),
            user = quoted(&self.dictionary.user),
            password = quoted(&self.dictionary.password),
            source = quoted(&source),
            counted = quoted(&format!("SELECT count() FROM {counted}")),
        );
        self.command(&Statement::new(sql), FILL, &[]).await?;
        self.reload(dictionary).await
    }

    /// Has a dictionary filled with what the tables hold now. Until then questions go on with
    /// what it held before.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn reload(&self, dictionary: Dictionary) -> Result<(), Error> {
        let path = dictionary.path(self.databases());
        self.command(&Statement::new(format!("SYSTEM RELOAD DICTIONARY {path}")), FILL, &[]).await
    }

    /// The same for all.
    pub(crate) async fn reload_dictionaries(&self) -> Result<(), Error> {
        for dictionary in Dictionary::ALL {
            self.reload(dictionary).await?;
        }
        Ok(())
    }

    /// The dictionaries that do not say what the events of a batch say, which are of these months.
    ///
    /// A browser whose first user came earlier than the dictionary knows is found if it is
    /// another user; an account at a time if it is another one than the dictionary has there.
    /// What agrees changes no answer.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn changed_by(
        &self,
        batch: BatchId,
        months: &[u32],
    ) -> Result<Vec<Dictionary>, Error> {
        let question = Statement::new(changed(self.databases()))
            .bind("batch", batch.to_string())
            .bind("months", months.iter().copied().map(u64::from).collect::<Vec<_>>());
        let Some(changed) = self.one::<Changed>(&question).await? else { return Ok(Vec::new()) };
        let is_changed = |dictionary: &Dictionary| match dictionary {
            Dictionary::PersonOf | Dictionary::PersonHashOf => changed.n_people > 0,
            Dictionary::AccountOf | Dictionary::AccountHashOf => changed.n_accounts > 0,
        };
        Ok(Dictionary::ALL.into_iter().filter(is_changed).collect())
    }
}

fn changed(databases: &Databases) -> String {
    use crate::schema::events::{ACCOUNT_ID, ANONYMOUS_ID, MONTH, PROJECT, TIMESTAMP, USER_ID};
    let at = format!("toUnixTimestamp64Milli({TIMESTAMP})");
    let browser = format!("(toString({PROJECT}), {ANONYMOUS_ID})");
    let person = Dictionary::PersonOf.path(databases);
    let account = Dictionary::AccountOf.path(databases);
    format!(
        "SELECT countIf({ANONYMOUS_ID} != '' AND {at} <= dictGetOrDefault('{person}', '{first_at}', {browser}, toInt64({last})) \
         AND dictGetOrDefault('{person}', '{first_user}', {browser}, '') != {USER_ID}) AS n_people, \
         countIf({ACCOUNT_ID} != '' AND dictGetOrDefault('{account}', '{account_id}', (toString({PROJECT}), {USER_ID}), {at}, '') != {ACCOUNT_ID}) AS n_accounts \
         FROM {events} WHERE {MONTH} IN {{months:Array(UInt64)}} AND {of_batch} AND {USER_ID} != ''",
        first_at = person_of::FIRST_AT,
        first_user = person_of::FIRST_USER,
        account_id = account_of::ACCOUNT_ID,
        last = i64::MAX,
        events = databases.events(),
        of_batch = crate::settle::of_batch(),
    )
}

/// A text as it stands in a definition, which takes no parameters.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// Says what the server lacks that does not let us, or the dictionary, in.
fn refused(error: Error) -> Error {
    match error {
        Error::Refused { code: code @ (497 | 516), message } => Error::Dictionary { code, message },
        error => error,
    }
}
