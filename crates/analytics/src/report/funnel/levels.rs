//! Who gets how far, in two layers: the events that any step takes, and from these each actor.
//!
//! Where only numbers are asked for and no event can be two steps, the upper layer is ClickHouse's
//! `windowFunnel` in its default mode, which is exact for that and the cheapest; otherwise it is
//! [`super::fold`].

use super::predicate::Predicates;
use super::{Funnel, fold};
use crate::feature::Features;
use crate::feature::source::{self, Source};
use crate::people::{account_then, accounts, columns};
use crate::query::{InvalidQuery, Property, Scope};
use crate::report::condition::Conditions;
use crate::report::property::{self, Valued};
use protocol::Timestamp;
use store::schema::{Databases, events};
use store::{Statement, Value, identity};

/// How the upper layer counts.
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

/// What of each actor is wanted beside how far he gets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// `times`: when he did each step, in milliseconds since 1970.
    pub(super) times: bool,
    /// `called`: what an actor is called.
    pub(super) name: bool,
    /// `is_user` and `account`: whether an actor is a user, and the account of the entry that his
    /// times begin with. Only with times.
    pub(super) who: bool,
}

/// Who got how far, and by the fold, where times are asked for, also when.
///
/// Rows of `called`, `level` (the last step reached, from 1), `is_open` (whether there is time left
/// for the rest), `its_value` where the question is broken down, and with times `times`, `is_user`
/// and `account`. By the way of counting that is given, or by the one that a question of numbers
/// alone takes.
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
    let times = counting == Some(Counting::Fold) && funnel.times;
    let wanted = Wanted { times, name: true, who: times };
    let levels = Levels::new(funnel, wanted, features, scope, databases)?;
    let counting = counting.unwrap_or(levels.counting);
    let levels = Levels { counting, ..levels };
    levels.bind(Statement::new(levels.sql()), now)
}

/// The two layers.
pub(super) struct Levels<'a> {
    funnel: &'a Funnel,
    wanted: Wanted,
    scope: &'a Scope,
    predicates: Predicates<'a>,
    conditions: Conditions<'a>,
    databases: &'a Databases,
    counting: Counting,
}

impl<'a> Levels<'a> {
    pub(super) fn new(
        funnel: &'a Funnel,
        wanted: Wanted,
        features: &'a Features,
        scope: &'a Scope,
        databases: &'a Databases,
    ) -> Result<Self, InvalidQuery> {
        funnel.check()?;
        Self::of(funnel, wanted, features, scope, databases)
    }

    /// The same, however many steps there are.
    pub(super) fn of(
        funnel: &'a Funnel,
        wanted: Wanted,
        features: &'a Features,
        scope: &'a Scope,
        databases: &'a Databases,
    ) -> Result<Self, InvalidQuery> {
        let predicates = Predicates::of(&funnel.steps, features)?;
        let counting = if predicates.are_disjoint() && !wanted.times {
            Counting::WindowFunnel
        } else {
            Counting::Fold
        };
        let asked = predicates.distinct().iter().copied();
        let conditions = Conditions::new(asked, features, databases, &scope.grouping);
        let is_known = funnel.breakdown.as_ref().is_none_or(property::is_of_uses);
        let conditions = if is_known { conditions } else { conditions.of_events() };
        Ok(Self { funnel, wanted, scope, predicates, conditions, databases, counting })
    }

    /// Rows of `person`, `level`, `is_open` and what is wanted; of those who entered.
    pub(super) fn sql(&self) -> String {
        let n_steps = self.funnel.steps.len();
        // An entry is in the range; what is read begins with it, so its end is all there is to test.
        let entry = self.entry();
        let is_open =
            format!("level < {n_steps} AND last_entry >= {{open_since:UInt64}} AS is_open");
        let of_each = self.of_each(&entry);
        let events = self.valued_events();
        match self.counting {
            Counting::WindowFunnel => {
                let level = self.window_funnel(self.predicates.of_steps());
                format!(
                    "SELECT person, {level} AS level, {of_each}, {is_open}\n\
                     FROM (\n{events}\n)\nGROUP BY person\nHAVING last_entry > 0"
                )
            }
            Counting::Fold => {
                // Whoever never did what the second step takes is not folded: he has one event that
                // is no step.
                let people = format!(
                    "SELECT person, {of_each}, if(bitTest(groupBitOr(matched), {second}), \
                     arraySort(groupArray(bitOr(bitShiftLeft(at, {bits}), matched))), [0]) AS packed\n\
                     FROM (\n{events}\n)\nGROUP BY person\nHAVING last_entry > 0",
                    second = self.predicates.of_steps()[1],
                    bits = fold::BITS
                );
                let times = if self.wanted.times { ", times" } else { "" };
                let levels = fold::levels(&self.predicates, &people, self.wanted.times);
                let kept: String = self.kept().iter().map(|name| format!(", {name}")).collect();
                format!("SELECT person, level{kept}{times}, {is_open} FROM (\n{levels}\n)")
            }
        }
    }

    /// For each step, the number of its bit in `matched`.
    pub(super) fn of_steps(&self) -> &[usize] {
        self.predicates.of_steps()
    }

    /// How far somebody gets on these steps, told by their bits.
    pub(super) fn window_funnel(&self, steps: &[usize]) -> String {
        let (first, others) = steps.split_first().unwrap_or((&0, &[]));
        let others: String = others.iter().map(|n| format!(", bitTest(matched, {n})")).collect();
        format!("windowFunnel({{window:UInt64}})(at, {}{others})", is_entry(*first))
    }

    /// The condition that an event begins an attempt.
    fn entry(&self) -> String {
        is_entry(self.predicates.of_steps()[0])
    }

    /// What is said of each actor beside his level.
    fn of_each(&self, entry: &str) -> String {
        let mut each = vec![format!("maxIf(at, {entry}) AS last_entry")];
        if self.wanted.times {
            each.push(format!("minIf(at, {entry}) AS first_entry"));
        }
        if self.wanted.name {
            each.push("argMax(called, is_known) AS called".to_owned());
        }
        if self.wanted.who {
            each.push("max(is_known) AS is_user".to_owned());
            each.push(format!("{} AS accounts", accounts("at, of_account", entry)));
        }
        match self.funnel.breakdown {
            None => {}
            Some(Property::Account) => {
                each.push(format!("minIf((at, value), {entry}).2 AS its_value"));
            }
            Some(_) => each.push("minIf((at, value), value != '').2 AS its_value".to_owned()),
        }
        each.join(", ")
    }

    /// What of that is wanted in the end.
    fn kept(&self) -> Vec<String> {
        let account = || format!("{} AS account", account_then("accounts", "begun"));
        let name = self.wanted.name.then(|| "called".to_owned());
        let who = self.wanted.who.then(|| ["is_user".to_owned(), account()]);
        let value = self.funnel.breakdown.as_ref().map(|_| "its_value".to_owned());
        name.into_iter().chain(who.into_iter().flatten()).chain(value).collect()
    }

    /// The events with the value that they are told apart by, if they are.
    fn valued_events(&self) -> String {
        match self.valued() {
            None => self.events(),
            Some(valued) => valued.joined(self.events()),
        }
    }

    fn valued(&self) -> Option<Valued> {
        self.funnel
            .breakdown
            .as_ref()
            .map(|property| property::valued(property, self.databases, &self.scope.grouping))
    }

    /// The events that any step takes: `person`, `at` in milliseconds, `matched`, whose bits say
    /// which predicates take it, and what is wanted of each.
    pub(super) fn events(&self) -> String {
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
                let is_any = if self.has_filters() { "matched > 0" } else { "" };
                match (self.predicates.share_no_event(), is_any) {
                    (true, "") => (matched, used, String::new()),
                    (true, is_any) => (matched, format!("{used} AND {is_any}"), String::new()),
                    (false, is_any) => {
                        let having = if is_any.is_empty() { "" } else { "\nHAVING matched > 0" };
                        let matched = format!("groupBitOr({matched})");
                        (matched, used, format!("\nGROUP BY {}{having}", one_event()))
                    }
                }
            }
        };
        format!(
            "SELECT {actor} AS person, toUInt64(toUnixTimestamp64Milli(e.{timestamp})) AS at,\n  {matched} AS matched{more}\n\
             FROM {table} AS e\n\
             WHERE e.{project} = {{project:String}}\n\
             AND e.{timestamp} >= fromUnixTimestamp64Milli({{start:Int64}}) AND e.{timestamp} <= fromUnixTimestamp64Milli({{until:Int64}})\n\
             AND {used} AND {counted} AND {is_somebody}{grouped}",
            actor = self.funnel.by.actor(self.databases, &self.scope.grouping, "e"),
            is_somebody = self.funnel.by.is_somebody("person"),
            more = self.of_events(),
            table = self.conditions.table(),
            counted = identity::counted(self.databases, &self.scope.grouping, "e"),
            project = events::PROJECT,
        )
    }

    fn has_filters(&self) -> bool {
        self.funnel.steps.iter().any(|step| !step.filters.is_empty())
    }

    /// What is wanted of each event beside what it is.
    fn of_events(&self) -> String {
        let mut more = String::new();
        if self.wanted.name || self.wanted.who {
            more +=
                &format!(",\n  {}", columns(self.databases, &self.scope.grouping, self.funnel.by));
        }
        if let Some(valued) = self.valued() {
            more += &format!(",\n  {}", valued.column());
        }
        more
    }

    /// Gives the parameters their values.
    pub(super) fn bind(
        &self,
        statement: Statement,
        now: Timestamp,
    ) -> Result<Statement, InvalidQuery> {
        let scope = self.scope;
        let span = self.funnel.date_range.span(scope, now)?;
        let window = self.funnel.window.as_millis();
        let until = now.min(span.end.plus_millis(window - 1));
        let statement = identity::bind(statement, &scope.grouping, scope.count_automated)
            .bind("project", scope.project.as_str())
            .bind("start", span.start)
            .bind("until", until)
            .bind("end", unsigned(span.end))
            .bind("window", unsigned(Timestamp::from_millis(window)))
            .bind("open_since", unsigned(now.plus_millis(-window)));
        let name = self.funnel.breakdown.as_ref().and_then(property::name);
        let statement = match name {
            Some(name) => statement.bind("property", name),
            None => statement,
        };
        self.conditions.bind(statement)
    }
}

/// The condition that an event begins an attempt whose first step has this bit.
fn is_entry(bit: usize) -> String {
    format!("bitTest(matched, {bit}) AND at < {{end:UInt64}}")
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
        events::ACCOUNT_ID,
        events::TIMESTAMP,
        events::EVENT_ID,
        events::ANONYMOUS_HASH,
        events::USER_HASH,
        events::ACCOUNT_HASH,
    ];
    columns.map(|column| format!("e.{column}")).join(", ")
}
