//! From the question to SQL: who was there in how many periods, and how many on each day, in each
//! week and in each month.

use super::Stickiness;
use crate::feature::Features;
use crate::query::{InvalidQuery, Period, Periods, Scope};
use crate::report::activity::Activities;
use crate::report::mask::{BIT, masks, words, words_of};
use crate::report::presence::LooksAt;
use protocol::Timestamp;
use store::schema::{Databases, events as e};
use store::{Statement, identity};

/// The periods of a question, and the weeks and months of the calendar that it touches.
#[derive(Debug)]
pub(crate) struct Cut {
    pub(super) periods: Periods,
    pub(super) weeks: Periods,
    pub(super) months: Periods,
}

impl Cut {
    /// The periods of a question.
    ///
    /// # Errors
    /// When its days mean nothing, or there are too many periods, or none.
    pub(crate) fn new(
        stickiness: &Stickiness,
        scope: &Scope,
        now: Timestamp,
    ) -> Result<Self, InvalidQuery> {
        let days = stickiness.date_range;
        Ok(Self {
            periods: Periods::new(stickiness.period, days, scope, now)?,
            weeks: Periods::touched(Period::Week, days, scope, now)?,
            months: Periods::touched(Period::Month, days, scope, now)?,
        })
    }
}

/// Rows of a [`super::StickinessRow`]; nothing to ask where no period has begun.
///
/// # Errors
/// When the question, its dates or the project's zone mean nothing.
pub(crate) fn statements(
    stickiness: &Stickiness,
    cut: &Cut,
    features: &Features,
    scope: &Scope,
    databases: &Databases,
    now: Timestamp,
) -> Result<Vec<Statement>, InvalidQuery> {
    let (Some(n), Some(weeks), Some(months)) =
        (last(&cut.periods), last(&cut.weeks), last(&cut.months))
    else {
        return Ok(Vec::new());
    };
    let activities =
        Activities::new([stickiness.activity.as_ref()], features, databases, &scope.grouping)
            .looked_at(LooksAt::of(stickiness.by, &scope.grouping));
    let question = Question { stickiness, activities: &activities, scope, databases };
    let bound = |sql, from, until: Timestamp| {
        question.bind(Statement::new(sql), from, until.min(now.plus_millis(1)))
    };
    let periods = &cut.periods;
    let counts = bound(question.counts(periods), periods.start(0)?, periods.end(n)?)?;
    let calendar = bound(
        question.calendar(),
        cut.weeks.start(0)?.min(cut.months.start(0)?),
        cut.weeks.end(weeks)?.max(cut.months.end(months)?),
    )?;
    let calendar = calendar
        .bind("zone", scope.time_zone.as_str())
        .bind("first_week", cut.weeks.first_day())
        .bind("first_month", cut.months.first_month());
    Ok(vec![periods.bind(counts)?, calendar])
}

/// The number of the last one.
fn last(periods: &Periods) -> Option<u32> {
    periods.len().checked_sub(1)
}

/// A question on its way into SQL.
pub(super) struct Question<'a> {
    pub(super) stickiness: &'a Stickiness,
    pub(super) activities: &'a Activities<'a>,
    pub(super) scope: &'a Scope,
    pub(super) databases: &'a Databases,
}

impl Question<'_> {
    /// Gives the parameters of what was done between two moments their values.
    pub(super) fn bind(
        &self,
        statement: Statement,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Statement, InvalidQuery> {
        let scope = self.scope;
        let statement = identity::bind(statement, &scope.grouping, scope.count_automated)
            .bind("project", scope.project.as_str())
            .bind("from", from)
            .bind("until", until);
        self.activities.bind(statement)
    }

    /// How many were there in exactly so many periods.
    fn counts(&self, periods: &Periods) -> String {
        let n_words = words_of(periods.len());
        let masks = masks("there", n_words, "1");
        let bits: Vec<_> =
            words("there", n_words).iter().map(|word| format!("bitCount({word})")).collect();
        format!(
            "SELECT 'periods' AS of, toInt32({bits}) AS number, count() AS actors FROM (\n\
             SELECT {masks}\nFROM (\n{events}\n)\nGROUP BY actor\n)\nGROUP BY number",
            bits = bits.join(" + "),
            masks = masks.join(",\n  "),
            events = self.of_periods(periods, &format!(",\n  {BIT} AS bit")),
        )
    }

    /// What was done in which period, and `more`.
    pub(super) fn of_periods(&self, periods: &Periods, more: &str) -> String {
        let at = format!("e.{}", e::TIMESTAMP);
        let period = format!("{} AS period{more}", periods.sql(&at));
        self.events(&period, periods.is_in_one(&at))
    }

    /// How many were there on each day, in each week and in each month, by the numbers of days
    /// since 1970, of weeks and of months.
    fn calendar(&self) -> String {
        let day = format!("toInt32(toDate32(e.{}, {{zone:String}})) AS day", e::TIMESTAMP);
        format!(
            "SELECT tupleElement(slot, 1) AS of, tupleElement(slot, 2) AS number, \
             uniqExactMerge(actors) AS actors FROM (\n\
             SELECT arrayJoin([('day', day), ('week', toInt32(floor((day - {{first_week:Int32}}) / 7))), \
             ('month', toInt32(toRelativeMonthNum(toDate32(day))) - {{first_month:Int32}})]) AS slot, actors FROM (\n\
             SELECT day, uniqExactState(actor) AS actors\nFROM (\n{}\n)\nGROUP BY day\n)\n)\nGROUP BY of, number",
            self.events(&day, None)
        )
    }

    /// What was done, by whom, and when.
    fn events(&self, when: &str, in_one: Option<String>) -> String {
        let at = format!("e.{}", e::TIMESTAMP);
        format!(
            "SELECT {actor} AS actor, {when}\n\
             FROM {table} AS e\nWHERE e.{project} = {{project:String}}\n\
             AND {at} >= fromUnixTimestamp64Milli({{from:Int64}}) AND {at} < fromUnixTimestamp64Milli({{until:Int64}}){in_one}\n\
             AND ({is_it}) AND {counted} AND {is_somebody}",
            actor = self.stickiness.by.actor(self.databases, &self.scope.grouping, "e"),
            is_somebody = self.stickiness.by.is_somebody("actor"),
            table = self.activities.table(),
            project = e::PROJECT,
            in_one = in_one.map(|is| format!(" AND {is}")).unwrap_or_default(),
            is_it = self.activities.each().concat(),
            counted = identity::counted(self.databases, &self.scope.grouping, "e"),
        )
    }
}
