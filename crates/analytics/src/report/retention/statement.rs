//! From the question to SQL.
//!
//! A person is a mask of the periods in which he began and one of those in which he came back, a
//! bit for each. People of equal masks are one row, and only those are taken apart into cells, so
//! that what is taken apart hardly grows with the people. Where values are told apart, so are those
//! of equal value; the values are ranked by such rows, and put together where they have no place of
//! their own, so that what is taken apart does not grow with the values either.

use super::{Cohorts, Retention, Returns};
use crate::feature::Features;
use crate::query::{InvalidQuery, Periods, Property, Scope};
use crate::report::condition::Conditions;
use crate::report::mask::{BIT, masks, numbers, words, words_of};
use crate::report::property::{self, Valued};
use protocol::Timestamp;
use store::schema::{Databases, events};
use store::{Statement, identity};

/// The place of all of them together.
pub(super) const EVERYBODY: u8 = 0;
/// How many values have numbers of their own: as many curves as can be told apart.
const VALUES: usize = 5;
/// The place of the values beyond them, together.
pub(super) const OTHERS: u8 = 6;
/// The place of those without a value.
const NONE: u8 = 7;

const _: () = assert!(VALUES + 1 == OTHERS as usize);

/// People per cohort and period, in rows of a [`super::RetentionRow`]; none of cells without any,
/// and nothing to ask where no period has begun.
///
/// # Errors
/// When the question, its dates or the project's zone mean nothing.
pub(crate) fn statements(
    retention: &Retention,
    periods: &Periods,
    features: &Features,
    scope: &Scope,
    databases: &Databases,
    now: Timestamp,
) -> Result<Vec<Statement>, InvalidQuery> {
    retention.check()?;
    if periods.is_empty() {
        return Ok(Vec::new());
    }
    let question = Question::new(retention, periods, features, scope, databases);
    Ok(vec![question.bind(Statement::new(question.sql()), now)?])
}

/// Whether a row is a beginning that makes a cohort.
const BEGAN: &str = "is_start AND period >= 0 AND period < {n:Int32}";

/// A question on its way into SQL.
pub(super) struct Question<'a> {
    retention: &'a Retention,
    periods: &'a Periods,
    conditions: Conditions<'a>,
    scope: &'a Scope,
    databases: &'a Databases,
}

impl<'a> Question<'a> {
    pub(super) fn new(
        retention: &'a Retention,
        periods: &'a Periods,
        features: &'a Features,
        scope: &'a Scope,
        databases: &'a Databases,
    ) -> Self {
        let steps = retention.steps();
        let conditions =
            Conditions::new(steps.into_iter().flatten(), features, databases, &scope.grouping);
        let is_known = retention.breakdown.as_ref().is_none_or(property::is_of_uses);
        let conditions = match steps {
            [Some(_), Some(_)] if is_known => conditions,
            _ => conditions.of_events(),
        };
        Self { retention, periods, conditions, scope, databases }
    }

    /// Gives the parameters their values.
    pub(super) fn bind(
        &self,
        statement: Statement,
        now: Timestamp,
    ) -> Result<Statement, InvalidQuery> {
        let (scope, periods) = (self.scope, self.periods);
        let shown = periods.end(self.last().saturating_sub(1))?;
        let until = match self.retention.returns {
            Returns::On => now.plus_millis(1).min(shown),
            Returns::OnOrAfter => now.plus_millis(1),
        };
        let statement = identity::bind(statement, &scope.grouping, scope.count_automated)
            .bind("project", scope.project.as_str())
            .bind("from", periods.start(0)?)
            .bind("until", until)
            .bind("last", i64::from(self.last()))
            .bind("n", i64::from(periods.len()))
            .bind("followed", i64::from(self.retention.followed));
        let name = self.retention.breakdown.as_ref().and_then(property::name);
        let statement = match name {
            Some(name) => statement.bind("property", name),
            None => statement,
        };
        self.conditions.bind(periods.bind(statement)?)
    }

    /// The number of the period that stands for itself and for all that are later than anything
    /// that is shown.
    const fn last(&self) -> u32 {
        self.periods.len() + self.retention.followed
    }

    fn sql(&self) -> String {
        match self.retention.breakdown {
            None => self.cells(),
            Some(_) => self.by_value(),
        }
    }

    /// The cells of everybody and of each value, with its place.
    fn by_value(&self) -> String {
        self.cells_of("place, ", "any(value) AS value, ", &self.placed())
    }

    /// The values that have numbers of their own, as rows.
    pub(super) fn values_shown(&self) -> String {
        format!(
            "SELECT its_value FROM (\n{}\n)\nWHERE its_value != ''\n\
             GROUP BY its_value ORDER BY sum(alike * {}) DESC, its_value LIMIT {VALUES}",
            self.alike("its_value, "),
            self.n_cohorts(),
        )
    }

    /// The cells of everybody.
    fn cells(&self) -> String {
        self.cells_of("", "", &self.alike(""))
    }

    /// The cells of people with masks, apart by `place` and with a `value` of each.
    fn cells_of(&self, place: &str, value: &str, alike: &str) -> String {
        let distances = match self.retention.returns {
            Returns::On => {
                "arrayPushFront(arrayFilter(d -> d > 0 AND d <= {followed:Int32}, \
                 arrayMap(period -> period - cohort, returns)), 0)"
            }
            Returns::OnOrAfter => {
                "range(toUInt32(least(greatest(arrayMax(returns) - cohort, 0), {followed:Int32}) + 1))"
            }
        };
        let cohorts = match self.retention.cohorts {
            Cohorts::Recurring => numbers(&words("start", self.cohort_words())),
            Cohorts::First => "[first]".to_owned(),
        };
        format!(
            "SELECT {place}{value}cohort, distance, sum(alike) AS people FROM (\n\
             SELECT *, arrayJoin({distances}) AS distance FROM (\n\
             SELECT *, arrayJoin({cohorts}) AS cohort, {returned} AS returns FROM (\n{alike}\n)\n)\n)\n\
             GROUP BY {place}cohort, distance",
            returned = numbers(&self.return_words()),
        )
    }

    /// People with equal masks and values, put together by the places of their values: in that of
    /// everybody, and in that of the value's rank by how many are in its cohorts.
    fn placed(&self) -> String {
        let masks = self.mask_columns().join(", ");
        // Those without a value are no part of the ranks.
        format!(
            "SELECT place, any(its_value) AS value, {masks}, sum(alike) AS alike FROM (\n\
             SELECT *, arrayJoin([{EVERYBODY}, if(its_value = '', {NONE}, least(rank, {OTHERS}))]) AS place FROM (\n\
             SELECT *, dense_rank() OVER (ORDER BY its_value = '', n DESC, its_value) AS rank FROM (\n\
             SELECT *, sum(alike * {n_cohorts}) OVER (PARTITION BY its_value) AS n FROM (\n\
             {alike}\n)\n)\n)\n)\nGROUP BY place, {masks}",
            n_cohorts = self.n_cohorts(),
            alike = self.alike("its_value, "),
        )
    }

    /// In how many cohorts somebody is.
    fn n_cohorts(&self) -> String {
        match self.retention.cohorts {
            Cohorts::First => "1".to_owned(),
            Cohorts::Recurring => {
                let words = words("start", self.cohort_words()).into_iter();
                let bits: Vec<_> = words.map(|word| format!("bitCount({word})")).collect();
                format!("({})", bits.join(" + "))
            }
        }
    }

    /// How many people are `alike`: of equal masks, and of equal `more`.
    fn alike(&self, more: &str) -> String {
        let columns = format!("{more}{}", self.mask_columns().join(", "));
        format!(
            "SELECT {columns}, count() AS alike FROM (\n{}\n)\nGROUP BY {columns}",
            self.people()
        )
    }

    /// What says in which periods somebody began and came back.
    fn mask_columns(&self) -> Vec<String> {
        let mut columns = match self.retention.cohorts {
            Cohorts::Recurring => words("start", self.cohort_words()),
            Cohorts::First => vec!["first".to_owned()],
        };
        columns.extend(self.return_words());
        columns
    }

    /// A row for everyone who is in a cohort, with his masks.
    fn people(&self) -> String {
        let began = BEGAN;
        let mut columns: Vec<String> = vec!["minIf(period, is_start) AS first".to_owned()];
        if self.retention.cohorts == Cohorts::Recurring {
            columns.extend(masks("start", self.cohort_words(), began));
        }
        let came = "is_return AND period >= 0";
        columns.extend(masks("return", words_of(self.last() + 1), came));
        columns.extend(self.its_value());
        let is_in_one = match self.retention.cohorts {
            Cohorts::Recurring => format!("countIf({began}) > 0"),
            Cohorts::First => {
                "countIf(is_start) > 0 AND first >= 0 AND first < {n:Int32}".to_owned()
            }
        };
        format!(
            "SELECT {}\nFROM (\n{}\n)\nGROUP BY actor\nHAVING {is_in_one}",
            columns.join(",\n  "),
            self.valued_events()
        )
    }

    /// The value that somebody is counted under: the first that is known of his beginnings.
    pub(super) fn its_value(&self) -> Option<String> {
        let value = |of: &str| format!("minIf((ms, value), {of}).2 AS its_value");
        match self.retention.breakdown.as_ref()? {
            Property::Account => Some(value(BEGAN)),
            _ => Some(value(&format!("value != '' AND {BEGAN}"))),
        }
    }

    fn valued(&self) -> Option<Valued> {
        let property = self.retention.breakdown.as_ref()?;
        Some(property::valued(property, self.databases, &self.scope.grouping))
    }

    /// The events with the value that they are told apart by, if they are.
    fn valued_events(&self) -> String {
        match self.valued() {
            None => self.events(""),
            Some(valued) => {
                let at = events::TIMESTAMP;
                let ms = format!(",\n  toUnixTimestamp64Milli(e.{at}) AS ms, {}", valued.column());
                valued.joined(self.events(&ms))
            }
        }
    }

    /// The same with `more`, of which `ms` is when.
    pub(super) fn listed_events(&self, more: &str, is_valued: bool) -> String {
        match self.valued().filter(|_| is_valued) {
            None => self.events(more),
            Some(valued) => valued.joined(self.events(&format!("{more}, {}", valued.column()))),
        }
    }

    /// What anybody did that is a start or a return, in the period that it is of, and `more`.
    fn events(&self, more: &str) -> String {
        let at = format!("e.{}", events::TIMESTAMP);
        let mut each = self.conditions.each();
        let mut next = |step: Option<_>| match step {
            Some(_) => each.next().unwrap_or_default(),
            None => identity::is_activity(),
        };
        let [start, returning] = self.retention.steps().map(&mut next);
        let is_read = match self.retention.cohorts {
            Cohorts::Recurring => "is_start OR is_return".to_owned(),
            Cohorts::First => format!(
                "is_start OR (is_return AND {at} >= fromUnixTimestamp64Milli({{from:Int64}}))"
            ),
        };
        let since = match self.retention.cohorts {
            Cohorts::Recurring => {
                format!(" AND {at} >= fromUnixTimestamp64Milli({{from:Int64}})")
            }
            Cohorts::First => String::new(),
        };
        let actor = self.retention.by.actor(self.databases, &self.scope.grouping, "e");
        let is_somebody = self.retention.by.is_somebody("actor");
        let in_one = self.periods.is_in_one(&at).map(|is| format!(" AND {is}"));
        format!(
            "SELECT {actor} AS actor, least({period}, {{last:Int32}}) AS period,\n  \
             {BIT} AS bit,\n  \
             ({start}) AS is_start,\n  ({returning}) AS is_return{more}\n\
             FROM {table} AS e\nWHERE e.{project} = {{project:String}}{since}\n\
             AND {at} < fromUnixTimestamp64Milli({{until:Int64}}){in_one}\n\
             AND ({is_read}) AND {counted} AND {is_somebody}",
            period = self.periods.sql(&at),
            table = self.conditions.table(),
            project = events::PROJECT,
            counted = identity::counted(self.databases, &self.scope.grouping, "e"),
            in_one = in_one.unwrap_or_default(),
        )
    }

    const fn cohort_words(&self) -> u32 {
        words_of(self.periods.len())
    }

    fn return_words(&self) -> Vec<String> {
        words("return", words_of(self.last() + 1))
    }
}
