//! From the question to SQL.
//!
//! Three layers: the events that any step takes, with a bit for each predicate that does; the
//! level that each person reaches; people per level. The middle one comes in two forms. Where no
//! event can serve two steps, it is ClickHouse's `windowFunnel` in its default mode, which is
//! exact for that and the cheapest; otherwise it is [`super::fold`].

use super::predicate::Predicates;
use super::{Funnel, fold};
use crate::feature::Features;
use crate::feature::source::{self, Source};
use crate::query::{InvalidQuery, Scope};
use crate::report::condition::Conditions;
use protocol::Timestamp;
use store::schema::{Databases, events};
use store::{Statement, Value, identity};

/// How the middle layer counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "testing"),
    allow(unreachable_pub, reason = "only tests and benches choose between them")
)]
pub enum Counting {
    /// ClickHouse's own function; exact only for steps that never share an event.
    WindowFunnel,
    /// Arrays; exact for all steps.
    Fold,
}

/// People per step, in one row: a [`super::FunnelRow`].
///
/// # Errors
/// When the funnel, its dates or the project's zone mean nothing.
pub(crate) fn statement(
    funnel: &Funnel,
    features: &Features,
    scope: &Scope,
    databases: &Databases,
    now: Timestamp,
) -> Result<Statement, InvalidQuery> {
    let levels = Levels::new(funnel, features, scope, databases)?;
    let people: Vec<_> =
        (1..=funnel.steps.len()).map(|step| format!("countIf(level >= {step})")).collect();
    let sql = format!(
        "SELECT [{}] AS people, countIf(is_open) AS open FROM (\n{}\n)",
        people.join(", "),
        levels.sql()
    );
    levels.bind(Statement::new(sql), now)
}

/// Who got how far: rows of `person`, `level` (the last step reached, from 1) and `is_open`
/// (whether they have time left for the rest).
///
/// By a counting of the caller's choice, or by the one that a question takes.
///
/// # Errors
/// When the funnel, its dates or the project's zone mean nothing.
#[cfg(feature = "testing")]
pub fn levels(
    counting: Option<Counting>,
    funnel: &Funnel,
    features: &Features,
    scope: &Scope,
    databases: &Databases,
    now: Timestamp,
) -> Result<Statement, InvalidQuery> {
    let levels = Levels::new(funnel, features, scope, databases)?;
    let counting = counting.unwrap_or(levels.counting);
    let levels = Levels { counting, ..levels };
    levels.bind(Statement::new(levels.sql()), now)
}

/// The two inner layers.
struct Levels<'a> {
    funnel: &'a Funnel,
    scope: &'a Scope,
    predicates: Predicates<'a>,
    conditions: Conditions<'a>,
    databases: &'a Databases,
    counting: Counting,
}

impl<'a> Levels<'a> {
    fn new(
        funnel: &'a Funnel,
        features: &'a Features,
        scope: &'a Scope,
        databases: &'a Databases,
    ) -> Result<Self, InvalidQuery> {
        funnel.check()?;
        let predicates = Predicates::of(&funnel.steps, features)?;
        let counting =
            if predicates.are_disjoint() { Counting::WindowFunnel } else { Counting::Fold };
        let conditions = Conditions::new(predicates.distinct().to_vec(), features, databases);
        Ok(Self { funnel, scope, predicates, conditions, databases, counting })
    }

    fn sql(&self) -> String {
        let n_steps = self.funnel.steps.len();
        // An entry is in the range; what is read begins with it, so its end is all there is to test.
        let entry =
            format!("bitTest(matched, {}) AND at < {{end:UInt64}}", self.predicates.of_steps()[0]);
        let entered = format!("maxIf(at, {entry}) AS last_entry");
        let is_open =
            format!("level < {n_steps} AND last_entry >= {{open_since:UInt64}} AS is_open");
        let events = self.events();
        match self.counting {
            Counting::WindowFunnel => {
                let steps = self.predicates.of_steps()[1..].iter();
                let steps: String = steps.map(|n| format!(", bitTest(matched, {n})")).collect();
                format!(
                    "SELECT person, windowFunnel({{window:UInt64}})(at, {entry}{steps}) AS level, {entered}, {is_open}\n\
                     FROM (\n{events}\n)\nGROUP BY person\nHAVING last_entry > 0"
                )
            }
            Counting::Fold => {
                let people = format!(
                    "SELECT person, {entered}, arraySort(groupArray(bitOr(bitShiftLeft(at, {bits}), matched))) AS packed\n\
                     FROM (\n{events}\n)\nGROUP BY person\nHAVING last_entry > 0",
                    bits = fold::BITS
                );
                let levels = fold::levels(&self.predicates, &people);
                format!("SELECT person, level, {is_open} FROM (\n{levels}\n)")
            }
        }
    }

    /// The events that any step takes: `person`, `at` in milliseconds, and `matched`, whose bits
    /// say which predicates take it.
    fn events(&self) -> String {
        let each: Vec<_> = self.conditions.each().collect();
        let bits = each.iter().enumerate();
        let bits = bits.map(|(n, is_it)| format!("bitShiftLeft(toUInt64({is_it}), {n})"));
        let matched = bits.collect::<Vec<_>>().join("\n  + ");
        let timestamp = events::TIMESTAMP;
        let (matched, used, grouped) = match self.conditions.source() {
            Source::Events => (matched, "matched > 0".to_owned(), String::new()),
            Source::Uses => {
                // Told apart by the sort key. A use of several features is several rows, one event.
                let used = source::is_use_of_any(0..self.predicates.distinct().len());
                match self.predicates.share_no_event() {
                    true => (matched, used, String::new()),
                    false => {
                        let matched = format!("groupBitOr({matched})");
                        (matched, used, format!("\nGROUP BY {}", one_event()))
                    }
                }
            }
        };
        format!(
            "SELECT {person} AS person, toUInt64(toUnixTimestamp64Milli(e.{timestamp})) AS at,\n  {matched} AS matched\n\
             FROM {table} AS e\n\
             WHERE e.{project} = {{project:String}}\n\
             AND e.{timestamp} >= fromUnixTimestamp64Milli({{start:Int64}}) AND e.{timestamp} <= fromUnixTimestamp64Milli({{until:Int64}})\n\
             AND {used} AND {counted}{grouped}",
            person = identity::person(self.databases, "e"),
            table = self.conditions.table(),
            counted = identity::counted(self.databases, &self.scope.staff, "e"),
            project = events::PROJECT,
        )
    }

    fn bind(&self, statement: Statement, now: Timestamp) -> Result<Statement, InvalidQuery> {
        let scope = self.scope;
        let span = self.funnel.date_range.span(scope, now)?;
        let window = self.funnel.window.as_millis();
        let until = now.min(span.end.plus_millis(window - 1));
        let statement = identity::bind(statement, &scope.staff, scope.count_automated)
            .bind("project", scope.project.as_str())
            .bind("start", span.start)
            .bind("until", until)
            .bind("end", unsigned(span.end))
            .bind("window", unsigned(Timestamp::from_millis(window)))
            .bind("open_since", unsigned(now.plus_millis(-window)));
        self.conditions.bind(statement)
    }
}

/// Milliseconds since 1970, which no moment of an answer is before.
fn unsigned(at: Timestamp) -> Value {
    Value::Unsigned(u64::try_from(at.as_millis()).unwrap_or(0))
}

/// What tells the event of a use from others, and all that its person and account depend on.
fn one_event() -> String {
    let columns = [
        events::PROJECT,
        events::ANONYMOUS_ID,
        events::USER_ID,
        events::TIMESTAMP,
        events::EVENT_ID,
    ];
    columns.map(|column| format!("e.{column}")).join(", ")
}
