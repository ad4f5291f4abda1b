//! Who and what is behind a number of an account: the people who did something on some days, and
//! the events themselves.

use super::statement::{at, is_read, rows, uses_of};
use crate::names;
use analytics::feature::source::{Source, bind};
use analytics::feature::{Features, Meant};
use analytics::report::presence;
use analytics::{DateRange, Error, Scope};
use jiff::civil::Date;
use protocol::Timestamp;
use serde::Deserialize;
use std::collections::BTreeSet;
use store::schema::{Databases, elements as m, events as e};
use store::{Connection, Rows, Statement, identity};

/// How many people or events are on a page.
pub const PAGE: u32 = 100;

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Did {
    /// Anything.
    Anything,
    /// A visit.
    Visit,
    /// A visit of a user.
    LogIn,
    /// A view of a page.
    PageView,
    /// Any of these features was used, by their ids.
    Used(Vec<String>),
}

impl Did {
    /// How often, of rows of events, or of visits and what was viewed in them.
    const fn n(&self) -> &'static str {
        match self {
            Self::Anything | Self::Used(_) => "count()",
            Self::Visit => "uniqExactIf(visit, visit != '')",
            Self::LogIn => "uniqExactIf(visit, visit != '' AND of_user != 0)",
            Self::PageView => "sum(page_views)",
        }
    }
}

/// A person who did it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Person {
    /// The user's id, or the browser's where no user was ever known on it.
    pub person: String,
    /// Whether it is a user's, as 1 or 0.
    pub is_user: u8,
    /// What he is called, where that was said; looked up for the people of a page.
    #[serde(skip)]
    pub name: Option<String>,
    /// How often.
    pub n: u64,
    /// When for the first time in these days, in milliseconds since 1970.
    #[serde(rename(deserialize = "began_at"))]
    pub first_at: u64,
    /// When for the last time.
    pub last_at: u64,
}

/// Who did something on some days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct People {
    /// How many they are.
    pub total: u64,
    /// How often all of them did it.
    pub times: u64,
    /// Those of a page, who did it most first.
    pub people: Vec<Person>,
}

/// An event.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Happened {
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// Its id, in hexadecimal digits.
    pub event: String,
    /// Who did it, as in [`Person`].
    pub person: String,
    /// Whether it is a user's, as 1 or 0.
    pub is_user: u8,
    /// What he is called, as in [`Person`].
    #[serde(skip)]
    pub person_name: Option<String>,
    /// The word of the wire.
    pub kind: String,
    /// The name given to `track`, else empty.
    pub name: String,
    /// The visit.
    pub session: String,
    /// The path of its page.
    pub path: String,
    /// The canonical form of its element as JSON, else empty.
    pub element: String,
}

/// The days of an account that are looked at.
#[derive(Debug, Clone, Copy)]
pub struct Days<'a> {
    /// The account's number.
    pub number: u64,
    /// The first day, and the last.
    pub days: (Date, Date),
    /// Whose data it is.
    pub scope: &'a Scope,
    /// As of when.
    pub now: Timestamp,
}

/// The people who did something, a page of them, counted from 0.
///
/// # Errors
/// When the days mean nothing, or the store refuses or is away.
pub async fn people(
    connection: &Connection,
    of: Days<'_>,
    (did, features): (&Did, &Features),
    page: u32,
) -> Result<People, Error> {
    #[derive(Deserialize)]
    struct Row {
        #[serde(flatten)]
        person: Person,
        total: u64,
        times: u64,
    }
    let Some(statement) = of.people(did, features, connection.databases(), Some(page))? else {
        return Ok(People { total: 0, times: 0, people: Vec::new() });
    };
    let rows = connection.json::<Row>(&statement).await?;
    let (total, times) = rows.first().map_or((0, 0), |row| (row.total, row.times));
    let mut people: Vec<Person> = rows.into_iter().map(|row| row.person).collect();
    let users = people.iter().filter(|person| person.is_user == 1);
    let users: Vec<String> = users.map(|person| person.person.clone()).collect();
    let names = names::of_users(connection, of.scope, &users).await?;
    for person in &mut people {
        person.name = names.get(&person.person).filter(|_| person.is_user == 1).cloned();
    }
    Ok(People { total, times, people })
}

/// All of them, as the server sends them; none where nothing could be done.
///
/// # Errors
/// As [`people`].
pub fn people_all(
    connection: &Connection,
    of: Days<'_>,
    (did, features): (&Did, &Features),
) -> Result<Option<Rows<Person>>, Error> {
    let statement = of.people(did, features, connection.databases(), None)?;
    Ok(statement.map(|statement| connection.rows(&statement)).transpose()?)
}

/// The events of some days, those after one of them, in their order; of a person, or of all.
///
/// # Errors
/// When the days mean nothing, or the store refuses or is away.
pub async fn events(
    connection: &Connection,
    of: Days<'_>,
    person: Option<&str>,
    after: Option<(u64, &str)>,
) -> Result<Vec<Happened>, Error> {
    let statement = of.events(person, after, true, connection.databases())?;
    let mut events = connection.json::<Happened>(&statement).await?;
    let users = events.iter().filter(|event| event.is_user == 1);
    let users: BTreeSet<String> = users.map(|event| event.person.clone()).collect();
    let users: Vec<String> = users.into_iter().collect();
    let names = names::of_users(connection, of.scope, &users).await?;
    for event in &mut events {
        event.person_name = names.get(&event.person).filter(|_| event.is_user == 1).cloned();
    }
    Ok(events)
}

/// All of them, as the server sends them.
///
/// # Errors
/// As [`events`].
pub fn events_all(
    connection: &Connection,
    of: Days<'_>,
    person: Option<&str>,
) -> Result<Rows<Happened>, Error> {
    Ok(connection.rows(&of.events(person, None, false, connection.databases())?)?)
}

impl Days<'_> {
    fn people(
        &self,
        did: &Did,
        features: &Features,
        databases: &Databases,
        page: Option<u32>,
    ) -> Result<Option<Statement>, Error> {
        let mut what = format!(
            "{hash} AS actor, {person} AS called, {is_user} AS is_known, \
             toUnixTimestamp64Milli({at}) AS ms",
            hash = identity::person_hash(databases, "e"),
            person = identity::person(databases, "e"),
            is_user = identity::is_user(databases, "e"),
            at = at(),
        );
        let (mut meant, mut source) = (Vec::new(), Source::Uses);
        let (table, condition) = match did {
            Did::Anything => {
                (databases.events(), format!("{} AND {}", is_read(), identity::is_activity()))
            }
            Did::Visit | Did::LogIn | Did::PageView => {
                what += &format!(
                    ", e.{} AS visit, e.{} AS page_views, {} AS of_user",
                    e::SESSION_ID,
                    presence::PAGE_VIEWS,
                    identity::user_hash(databases, "e"),
                );
                (presence::visits(databases, &[presence::UNTIL]), is_read())
            }
            Did::Used(ids) => {
                meant = ids.iter().filter_map(|id| features.get(id)).collect::<Vec<&Meant>>();
                if meant.is_empty() {
                    return Ok(None);
                }
                if meant.iter().any(|meant| Source::of(meant) == Source::Events) {
                    source = Source::Events;
                }
                (uses_of(source, &meant, &is_read(), databases), "true".to_owned())
            }
        };
        let rows = rows(&table, &what, &condition, self.scope, databases);
        let each = format!(
            "SELECT argMax(called, is_known) AS person, max(is_known) AS is_user, toUInt64({}) AS n, \
             toUInt64(min(ms)) AS began_at, toUInt64(max(ms)) AS last_at FROM (\n{rows}\n) GROUP BY actor HAVING n > 0",
            did.n()
        );
        let page = match page {
            None => String::new(),
            Some(page) => format!(" LIMIT {PAGE} OFFSET {}", page.saturating_mul(PAGE)),
        };
        let sql = format!(
            "SELECT *, count() OVER () AS total, sum(n) OVER () AS times FROM (\n{each}\n) ORDER BY n DESC, person{page}"
        );
        let statement = self.bind(Statement::new(sql))?;
        let bound = meant.into_iter().enumerate();
        Ok(Some(bound.fold(statement, |all, (n, meant)| bind(all, source, meant, n))))
    }

    fn events(
        &self,
        person: Option<&str>,
        after: Option<(u64, &str)>,
        is_page: bool,
        databases: &Databases,
    ) -> Result<Statement, Error> {
        let what = format!(
            "toUInt64(toUnixTimestamp64Milli({at})) AS ms, lower(hex(e.{id})) AS event, \
             {person} AS called, {is_user} AS is_known, toString(e.{kind}) AS kind, toString(e.{name}) AS name, \
             e.{session} AS session, e.{path} AS path, e.{element} AS clicked",
            at = at(),
            id = e::EVENT_ID,
            person = identity::person(databases, "e"),
            is_user = identity::is_user(databases, "e"),
            kind = e::KIND,
            name = e::NAME,
            session = e::SESSION_ID,
            path = e::PATH,
            element = e::ELEMENT_ID,
        );
        let mut condition = format!("{} AND {}", is_read(), identity::is_activity());
        if person.is_some() {
            condition += " AND called = {person:String}";
        }
        if after.is_some() {
            condition += " AND (ms, event) > ({after_at:UInt64}, {after:String})";
        }
        let page = if is_page { format!(" LIMIT {}", PAGE + 1) } else { String::new() };
        let sql = format!(
            "SELECT h.ms AS at, h.event AS event, h.called AS person, toUInt8(h.is_known) AS is_user, \
             h.kind AS kind, h.name AS name, h.session AS session, h.path AS path, k.canonical AS element\n\
             FROM (\n{rows}\nORDER BY ms, event{page}\n) AS h\n\
             LEFT JOIN (SELECT {id} AS id, any({canonical}) AS canonical FROM {elements} \
             WHERE {project} = {{project:String}} GROUP BY id) AS k ON k.id = h.clicked\n\
             ORDER BY at, event",
            rows = rows(&databases.events(), &what, &condition, self.scope, databases),
            id = m::ELEMENT_ID,
            canonical = m::CANONICAL,
            elements = databases.elements(),
            project = m::PROJECT,
        );
        let statement = self.bind(Statement::new(sql))?;
        let statement = person.into_iter().fold(statement, |all, it| all.bind("person", it));
        Ok(after
            .into_iter()
            .fold(statement, |all, (at, event)| all.bind("after_at", at).bind("after", event)))
    }

    fn bind(&self, statement: Statement) -> Result<Statement, Error> {
        let (from, to) = self.days;
        let span = DateRange::Between { from, to }.span(self.scope, self.now)?;
        let scope = self.scope;
        Ok(identity::bind(statement, &scope.grouping, scope.count_automated)
            .bind("project", scope.project.as_str())
            .bind("number", self.number)
            .bind("from", span.start)
            .bind(presence::UNTIL, span.end.min(self.now.plus_millis(1))))
    }
}
