//! Applies `migrations/*.sql` once each, in order.
//!
//! ClickHouse has no transaction around statements and no lock, so what is guaranteed is:
//! a migration is recorded only after all of its statements were done; a later one begins only
//! after it; whoever starts and finds it unrecorded runs it, even if another collector is at it
//! at the same moment. Therefore every statement may run twice (`IF NOT EXISTS`), and two that
//! start together both end with the same tables. Data is never moved by a migration that is
//! not repeatable. What was released is never changed; what was not is changed in its file, and data
//! of such a build is refused with a sentence.

use crate::{Connection, Error, Row, Statement};
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// A step of the tables.
struct Migration {
    id: u32,
    name: &'static str,
    sql: &'static str,
}

const MIGRATIONS: &[Migration] = &[
    Migration { id: 1, name: "0001_events", sql: include_str!("../migrations/0001_events.sql") },
    Migration { id: 2, name: "0002_control", sql: include_str!("../migrations/0002_control.sql") },
    Migration {
        id: 3,
        name: "0003_sessions",
        sql: include_str!("../migrations/0003_sessions.sql"),
    },
    Migration { id: 4, name: "0004_people", sql: include_str!("../migrations/0004_people.sql") },
    Migration {
        id: 5,
        name: "0005_features",
        sql: include_str!("../migrations/0005_features.sql"),
    },
    Migration { id: 7, name: "0007_engaged", sql: include_str!("../migrations/0007_engaged.sql") },
];

/// What [`migrate`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applied {
    /// Migrations that were applied before.
    pub n_before: usize,
    /// Migrations that were applied now.
    pub n_now: usize,
}

#[derive(Row, Deserialize)]
struct Recorded {
    id: u32,
    name: String,
    checksum: String,
}

/// Brings the tables to what this build needs, and makes the dictionaries anew.
///
/// # Errors
/// When the server refuses or is away, when the data was migrated by a later build, or when a
/// recorded migration had another text.
pub async fn migrate(connection: &Connection) -> Result<Applied, Error> {
    let databases = connection.databases();
    for sql in [
        format!("CREATE DATABASE IF NOT EXISTS {}", databases.control),
        format!(
            "CREATE TABLE IF NOT EXISTS {} (id UInt32, name String, checksum String, \
             applied_at DateTime64(3) DEFAULT now64(3)) ENGINE = MergeTree ORDER BY id \
             SETTINGS fsync_after_insert = 1, fsync_part_directory = 1",
            databases.migrations()
        ),
    ] {
        connection.execute(&Statement::new(sql)).await?;
    }
    let recorded = recorded(connection).await?;
    let todo = remaining(MIGRATIONS, &recorded)?;
    for migration in todo {
        apply(connection, migration).await?;
    }
    connection.make_dictionaries().await?;
    connection.client.clear_cached_metadata().await;
    Ok(Applied { n_before: MIGRATIONS.len() - todo.len(), n_now: todo.len() })
}

async fn recorded(connection: &Connection) -> Result<Vec<Recorded>, Error> {
    let table = connection.databases().migrations();
    let sql = format!("SELECT DISTINCT id, name, checksum FROM {table} ORDER BY id");
    connection.select(&Statement::new(sql)).await
}

/// The migrations after those that are recorded.
fn remaining<'a>(known: &'a [Migration], recorded: &[Recorded]) -> Result<&'a [Migration], Error> {
    let last = known.last().map_or(0, |migration| migration.id);
    let mut n_applied = 0;
    for record in recorded {
        let Some(index) = known.iter().position(|migration| migration.id == record.id) else {
            return Err(Error::MigrationAhead { found: record.id, known: last });
        };
        if checksum(&known[index]) != record.checksum {
            return Err(Error::MigrationChanged { name: record.name.clone() });
        }
        n_applied = n_applied.max(index + 1);
    }
    Ok(&known[n_applied..])
}

async fn apply(connection: &Connection, migration: &Migration) -> Result<(), Error> {
    let databases = connection.databases();
    let sql = migration
        .sql
        .replace("{control}", &databases.control)
        .replace("{data}", &databases.data)
        .replace("{read}", &databases.read);
    for statement in statements(&sql) {
        connection.execute(&Statement::new(statement)).await?;
    }
    let record = format!(
        "INSERT INTO {} (id, name, checksum) SELECT {{id:UInt32}}, {{name:String}}, {{checksum:String}}",
        databases.migrations()
    );
    let record = Statement::new(record)
        .bind("id", migration.id)
        .bind("name", migration.name)
        .bind("checksum", checksum(migration));
    connection.execute(&record).await?;
    tracing::info!(migration = migration.name, "applied");
    Ok(())
}

/// The statements of a file, each without the comments before it.
fn statements(sql: &str) -> impl Iterator<Item = String> {
    let code: String =
        sql.lines().filter(|line| !line.starts_with("--")).flat_map(|line| [line, "\n"]).collect();
    let statements: Vec<String> = code.split(";\n").map(|part| part.trim().to_owned()).collect();
    statements.into_iter().filter(|statement| !statement.is_empty())
}

/// Hash of the statements; comments may change.
fn checksum(migration: &Migration) -> String {
    let mut hasher = Sha256::new();
    for statement in statements(migration.sql) {
        hasher.update(statement.as_bytes());
        hasher.update(b";");
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Migration = Migration { id: 1, name: "one", sql: "-- why\nSELECT 1;\n" };
    const TWO: Migration = Migration { id: 2, name: "two", sql: "SELECT 2;\nSELECT\n3" };

    fn record(migration: &Migration) -> Recorded {
        let (name, checksum) = (migration.name.to_owned(), checksum(migration));
        Recorded { id: migration.id, name, checksum }
    }

    #[test]
    fn the_files_are_in_order() {
        assert!(MIGRATIONS.is_sorted_by_key(|migration| migration.id));
        for migration in MIGRATIONS {
            assert!(migration.name.starts_with(&format!("{:04}_", migration.id)));
        }
    }

    #[test]
    fn a_file_is_cut_into_statements() {
        let texts: Vec<String> = [ONE, TWO].iter().flat_map(|m| statements(m.sql)).collect();
        assert_eq!(texts, ["SELECT 1", "SELECT 2", "SELECT\n3"]);
    }

    #[test]
    fn only_what_is_not_recorded_remains() {
        let known = [ONE, TWO];
        assert_eq!(remaining(&known, &[]).unwrap().len(), 2);
        assert_eq!(remaining(&known, &[record(&ONE), record(&ONE)]).unwrap()[0].id, 2);
        assert!(remaining(&known, &[record(&ONE), record(&TWO)]).unwrap().is_empty());
    }

    #[test]
    fn a_later_build_and_a_changed_text_are_refused() {
        let error = |recorded: Recorded| match remaining(&[ONE], &[recorded]) {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        };
        insta::assert_snapshot!(error(record(&TWO)), @"the data is at migration 2, and this build knows only 1: use a later build");
        let changed = Recorded { checksum: "other".to_owned(), ..record(&ONE) };
        insta::assert_snapshot!(error(changed), @"migration `one` was applied with another text: this build does not fit the data; start the build that made it, or begin with an empty data folder");
    }
}
