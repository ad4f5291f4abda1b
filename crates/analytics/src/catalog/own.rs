//! What pages have told on their own: events by `track`, and properties.

use super::{DAYS, Search, bind};
use crate::Error;
use crate::query::{DateRange, Property, Scope};
use protocol::{Kind, Timestamp};
use serde::{Deserialize, Serialize};
use store::identity::{self, Subject};
use store::schema::events;
use store::{Connection, Databases, Statement};

/// How many events are looked at for their properties.
const SAMPLE: u32 = 100_000;
/// How many properties of events are told.
const MOST: u32 = 100;

/// An event that pages told on their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnEvent {
    /// What it is called.
    pub name: String,
    /// How often it happened.
    pub uses: u64,
    /// To how many people.
    pub people: u64,
}

/// The events that pages told on their own in the thirty days before `now`.
///
/// # Errors
/// When the store refuses or is away.
pub async fn own_events(
    connection: &Connection,
    scope: &Scope,
    search: &Search,
    now: Timestamp,
) -> Result<Vec<OwnEvent>, Error> {
    let databases = connection.databases();
    let sql = format!(
        "SELECT toString(e.{name}) AS name, count() AS uses, uniqExact({person}) AS people\n\
         FROM {table} AS e\n\
         WHERE e.{project} = {{project:String}} AND e.{kind} = '{custom}' AND e.{name} != ''\n\
         AND e.{timestamp} >= fromUnixTimestamp64Milli({{start:Int64}}) AND e.{timestamp} <= fromUnixTimestamp64Milli({{until:Int64}})\n\
         AND positionCaseInsensitiveUTF8(e.{name}, {{text:String}}) > 0 AND {counted}\n\
         GROUP BY name ORDER BY uses DESC, name LIMIT {{limit:UInt32}}",
        name = events::NAME,
        person = identity::person_hash(databases, "e"),
        counted = identity::counted(databases, &scope.grouping, "e"),
        table = databases.events(),
        project = events::PROJECT,
        kind = events::KIND,
        custom = Kind::Custom,
        timestamp = events::TIMESTAMP,
    );
    Ok(connection.json(&bind(sql, scope, search, now)).await?)
}

/// The properties that there are: those of every event, those that events of the last thirty days
/// were given, by a sample of them, and all that was ever said of people and accounts.
///
/// # Errors
/// When the store refuses or is away.
pub async fn properties(
    connection: &Connection,
    scope: &Scope,
    now: Timestamp,
) -> Result<Vec<Property>, Error> {
    #[derive(Deserialize)]
    struct Row {
        of: String,
        name: String,
    }
    let statement = Statement::new(properties_sql(connection.databases()))
        .bind("project", scope.project.as_str())
        .bind("start", DateRange::start_of_last(DAYS, scope, now))
        .bind("until", now);
    let rows = connection.json::<Row>(&statement).await?;
    let named = rows.into_iter().filter_map(|row| format!("{}.{}", row.of, row.name).parse().ok());
    Ok(Property::PLAIN.into_iter().map(|(property, _)| property).chain(named).collect())
}

fn properties_sql(databases: &Databases) -> String {
    let said = |of: &str, subject| {
        format!("SELECT '{of}' AS of, name FROM ({})", identity::names_said(databases, subject))
    };
    format!(
        "SELECT of, name FROM (\n\
         SELECT 'event' AS of, toString(arrayJoin(names)) AS name FROM (\n\
         SELECT mapKeys({properties}) AS names FROM {table} WHERE {project} = {{project:String}}\n\
         AND {timestamp} >= fromUnixTimestamp64Milli({{start:Int64}}) AND {timestamp} <= fromUnixTimestamp64Milli({{until:Int64}})\n\
         AND {is_activity} AND notEmpty(names) LIMIT {SAMPLE})\n\
         GROUP BY name ORDER BY count() DESC, name LIMIT {MOST}\n\
         UNION ALL {users} UNION ALL {accounts})\nORDER BY of = 'event', of, name",
        properties = events::PROPERTIES,
        table = databases.events(),
        project = events::PROJECT,
        timestamp = events::TIMESTAMP,
        is_activity = identity::is_activity(),
        users = said("user", Subject::User),
        accounts = said("account", Subject::Account),
    )
}
