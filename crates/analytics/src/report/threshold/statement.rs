//! From the question to SQL.
//!
//! Everything that anybody did and every use of a feature go by once, and are grouped by who did
//! them: the day of his first event ever, the days on which the outcome came, a bit for each, and
//! his uses, each a number of the feature and the day. Only then is it known which of them lie in
//! his first week, and only those are taken apart, by feature and by how many they are.

use super::{Outcome, Threshold};
use crate::feature::source::{Source, Used, bind, is_use_of, used};
use crate::feature::{Features, Meant};
use crate::people::columns;
use crate::query::{DateRange, Days, InvalidQuery, Periods, Scope};
use crate::report::presence::{self, LooksAt};
use protocol::Timestamp;
use store::schema::{Databases, events as e};
use store::{Statement, identity};

/// Days of a week.
pub(super) const WEEK: u32 = 7;
/// Bits of a word of days.
const WORD: u32 = 64;
/// Days after the first event ever in which nobody is known to be new.
pub(super) const UNKNOWN_DAYS: u32 = 14;
/// Days in which there have to be new people enough.
pub(super) const RECENT_DAYS: u32 = 30;

/// In the place of a feature's number: all who are counted.
pub(super) const COUNTED: u32 = 0;
/// The number of the first feature; the others follow.
pub(super) const FIRST_FEATURE: u32 = 1;
/// Those who were new in the last days of the range.
pub(super) const RECENT: u32 = u32::MAX;
/// Those whose second week is not over.
pub(super) const OPEN: u32 = u32::MAX - 1;
/// Everybody who ever was there.
pub(super) const EVER: u32 = u32::MAX - 2;

/// Rows of a [`super::ThresholdRow`]; for features of one source a statement, at most one a
/// source. What is not about a feature is in each of them.
///
/// # Errors
/// When the question, its dates or the project's zone mean nothing.
pub(crate) fn statements(
    threshold: &Threshold,
    periods: &Days,
    features: &Features,
    scope: &Scope,
    databases: &Databases,
    now: Timestamp,
) -> Result<Vec<Statement>, InvalidQuery> {
    threshold.check()?;
    let outcome = threshold.outcome.feature().map(|id| features.of(id)).transpose()?;
    if periods.is_empty() {
        return Ok(Vec::new());
    }
    let numbered = |source| -> Vec<(u32, &Meant)> {
        (FIRST_FEATURE..).zip(features.iter()).filter(|(_, m)| Source::of(m) == source).collect()
    };
    let sources = [Source::Uses, Source::Events].map(|source| (source, numbered(source)));
    let has_events = !sources[1].1.is_empty();
    let is_asked =
        |source: Source, of_it: &[_]| !of_it.is_empty() || (source == Source::Uses && !has_events);
    let sources = sources.into_iter().filter(|(source, of_it)| is_asked(*source, of_it));
    sources
        .map(|(source, of_it)| {
            let question = Question { threshold, periods, scope, databases, outcome };
            question.statement(source, &of_it, now)
        })
        .collect()
}

/// How many of the first days of the range are first days of a second week that is over.
pub(super) fn n_over(periods: &Periods, now: Timestamp) -> Result<u32, InvalidQuery> {
    periods.n_over_after(2 * WEEK - 1, now)
}

/// The first day of the range.
pub(super) fn first_day(
    date_range: DateRange,
    scope: &Scope,
    now: Timestamp,
) -> Result<jiff::civil::Date, InvalidQuery> {
    Ok(date_range.days(scope, now)?.0)
}

/// A question on its way into SQL.
pub(super) struct Question<'a> {
    pub(super) threshold: &'a Threshold,
    pub(super) periods: &'a Days,
    pub(super) scope: &'a Scope,
    pub(super) databases: &'a Databases,
    pub(super) outcome: Option<&'a Meant>,
}

impl Question<'_> {
    fn statement(
        &self,
        source: Source,
        features: &[(u32, &Meant)],
        now: Timestamp,
    ) -> Result<Statement, InvalidQuery> {
        let meant: Vec<&Meant> = features.iter().map(|(_, meant)| *meant).collect();
        self.bound(Statement::new(self.sql(source, &meant)), source, features, now)
    }

    /// Gives the parameters their values.
    pub(super) fn bound(
        &self,
        statement: Statement,
        source: Source,
        features: &[(u32, &Meant)],
        now: Timestamp,
    ) -> Result<Statement, InvalidQuery> {
        let n = self.periods.len();
        let until = now.plus_millis(1);
        let meant: Vec<&Meant> = features.iter().map(|(_, meant)| *meant).collect();
        let statement = identity::bind(statement, &self.scope.grouping, self.scope.count_automated);
        let mut statement = self
            .periods
            .bind(statement)?
            .bind("project", self.scope.project.as_str())
            .bind("from", self.periods.start(0)?)
            .bind("until", until)
            .bind("used_until", self.periods.start(n + WEEK - 1)?.min(until))
            .bind("n", n)
            .bind("over", n_over(self.periods, now)?)
            .bind("days", self.threshold.outcome.days())
            .bind("most", self.threshold.most);
        if !meant.is_empty() {
            let ids: Vec<String> = meant.iter().map(|meant| meant.feature.id.clone()).collect();
            let numbers: Vec<u64> = features.iter().map(|(n, _)| u64::from(*n)).collect();
            statement = statement.bind("features", ids).bind("numbers", numbers);
            let each = meant.iter().enumerate();
            statement = each.fold(statement, |all, (n, meant)| bind(all, source, meant, n));
        }
        Ok(match self.outcome {
            Some(outcome) => bind(statement, Source::of(outcome), outcome, meant.len()),
            None => statement,
        })
    }

    fn sql(&self, source: Source, features: &[&Meant]) -> String {
        format!(
            "SELECT which, least(uses, {{most:UInt32}}) AS done, count() AS people, \
             sum(came) AS came, min(first) AS first\nFROM (\n\
             SELECT actor, which, any(came) AS came, any(first) AS first, count() AS uses\n\
             FROM (\n{}\n)\nGROUP BY actor, which\n)\nGROUP BY which, done",
            self.taken_apart(source, features)
        )
    }

    /// Everybody, with what he is to be counted for: `actor`, `which`, `came`, `first`.
    fn taken_apart(&self, source: Source, features: &[&Meant]) -> String {
        let of_first_week = format!("arrayFilter(use -> use % 65536 < first + {WEEK}, uses)");
        let which = format!(
            "arrayConcat([toUInt32({EVER})], \
             if(is_new AND first > toInt32({{n:UInt32}}) - 1 - {RECENT_DAYS}, [toUInt32({RECENT})], emptyArrayUInt32()), \
             if(is_new AND first >= {{over:UInt32}} AND first >= 0, [toUInt32({OPEN})], emptyArrayUInt32()), \
             if(is_new AND first >= 0 AND first < {{over:UInt32}}, \
             arrayPushFront(arrayMap(use -> intDiv(use, 65536), {of_first_week}), toUInt32({COUNTED})), emptyArrayUInt32()))"
        );
        format!(
            "SELECT actor, first, arrayJoin({which}) AS which, \
             bitCount({}) >= {{days:UInt32}} AS came\nFROM (\n{}\n)",
            self.second_week(),
            self.newcomers(source, features, &[])
        )
    }

    /// Everybody, with whether he is new, and what is `known` of him besides.
    pub(super) fn newcomers(&self, source: Source, features: &[&Meant], known: &[&str]) -> String {
        format!(
            "SELECT *, first >= min(first) OVER () + {UNKNOWN_DAYS} AND first < {{n:UInt32}} AS is_new\n\
             FROM (\n{}\n)",
            self.people(source, features, known)
        )
    }

    /// The days of the second week on which the outcome came, seven bits.
    pub(super) fn second_week(&self) -> String {
        // Without a sign, as what is shifted by a number with one has one, too, and its last bit
        // would fill all that follow.
        let begins = format!("toUInt32(greatest(first, 0) + {WEEK})");
        let word = |k: &str| format!("words[intDiv({begins}, {WORD}) + {k}]");
        let (bit, rest) = (format!("{begins} % {WORD}"), WORD - WEEK);
        format!(
            "bitAnd(bitOr(bitShiftRight({}, {bit}), \
             if({bit} > {rest}, bitShiftLeft({}, {WORD} - {bit}), 0)), 127)",
            word("1"),
            word("2"),
        )
    }

    /// Everybody who ever was there: `actor`, `first`, `words`, `uses`, and what is `known`.
    fn people(&self, source: Source, features: &[&Meant], known: &[&str]) -> String {
        let n_words = (self.periods.len() + 2 * WEEK).div_ceil(WORD);
        let word = |k| {
            format!(
                "groupBitOrIf(bitShiftLeft(toUInt64(1), toUInt8(bitAnd(day, {}))), \
                 is_outcome AND day >= 0 AND intDiv(day, {WORD}) = {k})",
                WORD - 1
            )
        };
        let words: Vec<String> = (0..n_words).map(word).collect();
        format!(
            "SELECT actor, minIf(day, is_there) AS first, [{}] AS words, \
             groupArrayIf(use, use > 0) AS uses{}\nFROM (\n{}\n)\n\
             GROUP BY actor HAVING countIf(is_there) > 0",
            words.join(", "),
            known.iter().map(|column| format!(", {column}")).collect::<String>(),
            self.rows(source, features, !known.is_empty()).join("\nUNION ALL\n")
        )
    }

    /// What anybody did, which feature he used, and where the outcome is one, when that was used.
    /// For a list with who he is.
    fn rows(&self, source: Source, features: &[&Meant], is_list: bool) -> Vec<String> {
        let is_outcome = !matches!(self.threshold.outcome, Outcome::Use(_));
        let who = if is_list {
            format!(", {}", columns(self.databases, &self.scope.grouping, self.threshold.by))
        } else {
            String::new()
        };
        let who = who.as_str();
        // A list says when each was last there, which a row of many events does not.
        let (table, condition) = match is_list {
            true => (self.databases.events(), identity::is_activity()),
            false => {
                let looks_at = LooksAt::of(self.threshold.by, &self.scope.grouping);
                let table = presence::table(self.databases, &[presence::UNTIL], looks_at);
                (table, "true".to_owned())
            }
        };
        let mut all = vec![self.events(&Rows {
            table: &table,
            condition: &condition,
            since: "",
            until: "until",
            columns: &format!(
                "true AS is_there, {is_outcome} AS is_outcome, toUInt32(0) AS use{who}"
            ),
        })];
        let since = format!(" AND e.{} >= fromUnixTimestamp64Milli({{from:Int64}})", e::TIMESTAMP);
        if !features.is_empty() {
            let Used { table, feature, condition } = used(source, features, self.databases);
            let number = format!(
                "transform({feature}, {{features:Array(String)}}, {{numbers:Array(UInt32)}}, toUInt32(0))"
            );
            let columns = format!(
                "false AS is_there, false AS is_outcome, toUInt32({number} * 65536 + day) AS use{who}"
            );
            let (until, since) = ("used_until", since.as_str());
            let (table, condition) = (table.as_str(), condition.as_str());
            all.push(self.events(&Rows { table, condition, since, until, columns: &columns }));
        }
        if let Some(outcome) = self.outcome {
            let source = Source::of(outcome);
            all.push(self.events(&Rows {
                table: &source.table(self.databases),
                condition: &is_use_of(source, outcome, features.len(), self.databases),
                since: &since,
                until: "until",
                columns: &format!("false AS is_there, true AS is_outcome, toUInt32(0) AS use{who}"),
            }));
        }
        all
    }

    fn events(&self, rows: &Rows<'_>) -> String {
        let at = format!("e.{}", e::TIMESTAMP);
        format!(
            "SELECT {actor} AS actor, {day} AS day, {columns}\n\
             FROM {table} AS e\nWHERE e.{project} = {{project:String}}{since}\n\
             AND {at} < fromUnixTimestamp64Milli({{{until}:Int64}})\n\
             AND {condition} AND {counted} AND {is_somebody}",
            actor = self.threshold.by.actor(self.databases, &self.scope.grouping, "e"),
            is_somebody = self.threshold.by.is_somebody("actor"),
            day = self.periods.number_sql(&at),
            columns = rows.columns,
            table = rows.table,
            project = e::PROJECT,
            since = rows.since,
            until = rows.until,
            condition = rows.condition,
            counted = identity::counted(self.databases, &self.scope.grouping, "e"),
        )
    }
}

/// Which rows are read, and what of them beside who and when.
struct Rows<'a> {
    table: &'a str,
    condition: &'a str,
    since: &'a str,
    /// The parameter that ends them.
    until: &'a str,
    columns: &'a str,
}
