//! From the question to SQL.
//!
//! One pass over the events counts each period, with the set of its people and of its accounts.
//! What is shown beside the periods, the range as a whole, is put together from those sets.

use super::{Compare, Trend, trailing};
use crate::feature::Features;
use crate::query::{InvalidQuery, Periods, Scope};
use crate::report::activity::Activities;
use protocol::Timestamp;
use store::schema::{Databases, events as e};
use store::{Statement, identity};

/// The number under which all of the range is.
pub(super) const ALL: i32 = -1;
/// The number under which all of what it is compared with is.
pub(super) const ALL_BEFORE: i32 = -2;
/// The number of the first period that the range is compared with; those after it go down from it.
pub(super) const BEFORE: i32 = -3;

/// A range in periods, with those that it is compared with where that is asked for.
#[derive(Debug)]
pub(crate) struct Cut {
    /// Those of the range, and at least as many before them.
    pub(super) periods: Periods,
    /// The number of the first one that is read: the counterpart of the first one of the range, if
    /// they are compared.
    pub(super) first: u32,
    /// The number of the first one of the range.
    pub(super) begin: u32,
    /// How many there are in the range.
    pub(super) n: u32,
    /// Whether the last one is over.
    pub(super) is_complete: bool,
    /// Where the counterpart of the last one is cut, if that is not over: nothing later is counted
    /// of it.
    pub(super) same_part: Option<Timestamp>,
}

impl Cut {
    /// The periods of a question.
    ///
    /// # Errors
    /// When its days mean nothing, or there are too many periods, or none.
    pub(crate) fn new(trend: &Trend, scope: &Scope, now: Timestamp) -> Result<Self, InvalidQuery> {
        let periods = Periods::new(trend.period, trend.date_range, scope, now)?;
        let n = periods.len();
        let last = n.saturating_sub(1);
        let is_complete = periods.n_over(now)? == n;
        if trend.compare == Compare::None || n == 0 {
            return Ok(Self { periods, first: 0, begin: 0, n, is_complete, same_part: None });
        }
        let (periods, begin, first) = match trend.compare {
            Compare::None | Compare::Previous => (periods.with_before(n), n, 0),
            Compare::LastYear => {
                let (periods, begin) = periods.with_last_year()?;
                (periods, begin, 0)
            }
        };
        let (last, counterpart) = (begin + last, first + last);
        let same_part =
            (!is_complete).then(|| periods.same_part(counterpart, last, now)).transpose()?;
        Ok(Self { periods, first, begin, n, is_complete, same_part })
    }

    /// The numbers of those that the range is compared with. Of a range that is longer than what
    /// lies between, the last ones are in it, too.
    pub(super) fn before(&self) -> Option<std::ops::Range<u32>> {
        (self.first < self.begin).then(|| self.first..self.first + self.n)
    }
}

/// Rows of a [`super::TrendRow`] for each period that somebody did something in, and for all of
/// them; nothing to ask where no period has begun.
///
/// # Errors
/// When the question, its dates or the project's zone mean nothing.
pub(crate) fn statements(
    trend: &Trend,
    cut: &Cut,
    features: &Features,
    scope: &Scope,
    databases: &Databases,
    now: Timestamp,
) -> Result<Vec<Statement>, InvalidQuery> {
    trend.check()?;
    if cut.n == 0 {
        return Ok(Vec::new());
    }
    let activities = Activities::new(
        trend.series.iter().map(Option::as_ref),
        features,
        databases,
        &scope.grouping,
    );
    let activities = match cut.same_part {
        Some(_) => activities.cut_at("cut"),
        None => activities,
    };
    let sql = Question { cut, activities: &activities, scope, databases }.all();
    let until = cut.periods.end(cut.begin + cut.n - 1)?.min(now.plus_millis(1));
    let statement = identity::bind(Statement::new(sql), &scope.grouping, scope.count_automated)
        .bind("project", scope.project.as_str())
        .bind("from", cut.periods.start(cut.first)?)
        .bind("until", until);
    let statement = bind_before(statement, cut)?;
    let mut statements = vec![activities.bind(cut.periods.bind(statement)?)?];
    if let Some(days) = trend.trailing {
        let of = trailing::Question { cut, activities: &activities, scope, databases };
        statements.push(of.statement(days, until)?);
    }
    Ok(statements)
}

/// Gives the parameters of a comparison their values.
pub(super) fn bind_before(mut statement: Statement, cut: &Cut) -> Result<Statement, InvalidQuery> {
    let Some(before) = cut.before() else { return Ok(statement) };
    statement = statement
        .bind("begin", i64::from(cut.begin))
        .bind("first", i64::from(before.start))
        .bind("before_end", i64::from(before.end));
    if let Some(at) = cut.same_part {
        statement = statement.bind("cut", at.plus_millis(1));
    }
    if before.end < cut.begin {
        let (from, to) = (cut.periods.start(before.end)?, cut.periods.start(cut.begin)?);
        statement = statement.bind("gap", from).bind("gap_end", to);
    }
    Ok(statement)
}

/// A question on its way into SQL.
pub(super) struct Question<'a> {
    pub(super) cut: &'a Cut,
    pub(super) activities: &'a Activities<'a>,
    pub(super) scope: &'a Scope,
    pub(super) databases: &'a Databases,
}

impl Question<'_> {
    /// The periods, and all of them together.
    fn all(&self) -> String {
        let list = |merge: &str| {
            let each = (0..self.n_series()).map(|n| merge.replace('#', &n.to_string()));
            each.collect::<Vec<_>>().join(", ")
        };
        format!(
            "SELECT number, [{uses}] AS uses, [{people}] AS people, [{accounts}] AS accounts FROM (\n\
             SELECT arrayJoin({numbers}) AS number, * FROM (\n\
             {}\n)\n)\nGROUP BY number",
            self.by_period(),
            numbers = self.numbers(),
            uses = list("sum(uses_#)"),
            people = list("uniqExactMerge(people_#)"),
            accounts = list("uniqExactMerge(accounts_#)"),
        )
    }

    /// What a period is counted under: its place in the range, its place in what that is compared
    /// with, or both.
    fn numbers(&self) -> String {
        if self.cut.before().is_none() {
            return format!("[period, {ALL}]");
        }
        format!(
            "arrayConcat(if(period >= {{begin:Int32}}, [period - {{begin:Int32}}, {ALL}], []), \
             if(period < {{before_end:Int32}} AND NOT is_late, [{BEFORE} - (period - {{first:Int32}}), {ALL_BEFORE}], []))"
        )
    }

    /// A row for each period, and for what comes too late in one, with its people and accounts as sets.
    fn by_period(&self) -> String {
        let each = (0..self.n_series()).map(|n| {
            format!(
                "sumIf(times, is_{n}) AS uses_{n}, uniqExactStateIf(person, is_{n}) AS people_{n}, \
                 uniqExactStateIf(account, is_{n} AND account != 0) AS accounts_{n}"
            )
        });
        let each: Vec<_> = each.collect();
        format!(
            "SELECT period, is_late, {}\nFROM (\n{}\n)\nGROUP BY period, is_late",
            each.join(",\n  "),
            self.events(&format!(", toUnixTimestamp64Milli(e.{}) AS ms", e::TIMESTAMP))
        )
    }

    /// What was done, by whom, for whom, and `more`, of which `ms` is when.
    pub(super) fn events(&self, more: &str) -> String {
        let at = format!("e.{}", e::TIMESTAMP);
        let conditions = self.activities.each();
        let named = conditions.iter().enumerate();
        let named: Vec<_> = named.map(|(n, is_it)| format!("({is_it}) AS is_{n}")).collect();
        let any: Vec<_> = (0..self.n_series()).map(|n| format!("is_{n}")).collect();
        let in_one = self.cut.periods.is_in_one(&at).map(|is| format!(" AND {is}"));
        let is_late = match (self.cut.before(), self.cut.same_part) {
            (Some(_), Some(_)) => "period = {before_end:Int32} - 1 AND ms >= {cut:Int64}",
            _ => "false",
        };
        // Nothing is read of what lies between.
        let gap = match self.cut.before() {
            Some(before) if before.end < self.cut.begin => format!(
                " AND ({at} < fromUnixTimestamp64Milli({{gap:Int64}}) OR {at} >= fromUnixTimestamp64Milli({{gap_end:Int64}}))"
            ),
            _ => String::new(),
        };
        format!(
            "SELECT {person} AS person, {account} AS account, {times} AS times, {period} AS period\
             {more}, {is_late} AS is_late,\n  {named}\n\
             FROM {table} AS e\nWHERE e.{project} = {{project:String}}\n\
             AND {at} >= fromUnixTimestamp64Milli({{from:Int64}}) AND {at} < fromUnixTimestamp64Milli({{until:Int64}}){gap}{in_one}\n\
             AND ({any}) AND {counted}",
            person = identity::person_hash(self.databases, "e"),
            account = identity::account_hash(self.databases, &self.scope.grouping, "e"),
            period = self.cut.periods.sql(&at),
            times = self.activities.times(),
            named = named.join(",\n  "),
            table = self.activities.table(),
            project = e::PROJECT,
            in_one = in_one.unwrap_or_default(),
            any = any.join(" OR "),
            counted = identity::counted(self.databases, &self.scope.grouping, "e"),
        )
    }

    fn n_series(&self) -> usize {
        self.activities.len()
    }
}
