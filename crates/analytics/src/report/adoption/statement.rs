//! From the question to SQL.
//!
//! A person is a number whose bits are the periods in which he was there, and for each feature
//! one of those in which he used it. What is asked of all pairs of a period and a later one is
//! then a shift and a count of bits. Coming back has periods of its own, which may be more than a
//! number has bits: those are several numbers.
//!
//! Accounts are counted by statements of their own: beside the masks, a set of them for each of
//! millions of pairs of a feature and a person would cost more than all the rest.

use super::{Adoption, Cut};
use crate::feature::source::{Source, Used, bind, used};
use crate::feature::{Features, Meant};
use crate::query::{InvalidQuery, Scope};
use crate::report::presence;
use crate::report::retention::Cohorts;
use protocol::Timestamp;
use store::schema::{Databases, events as e, sessions as s};
use store::{Statement, identity};

/// Bits of a number.
const WORD: u32 = 64;

/// Rows of an [`super::AdoptionRow`] for each feature that was used, and for everybody; what one
/// statement does not say of them is 0 in its rows.
///
/// # Errors
/// When the question, its dates or the project's zone mean nothing.
pub(crate) fn statements(
    adoption: &Adoption,
    cut: &Cut,
    features: &Features,
    scope: &Scope,
    databases: &Databases,
    now: Timestamp,
) -> Result<Vec<Statement>, InvalidQuery> {
    adoption.check(cut.periods.len())?;
    if cut.periods.len() == 0 || cut.again.len() == 0 {
        return Ok(Vec::new());
    }
    let question = Question { adoption, cut, scope, databases };
    let bound = |sql| question.bind(Statement::new(sql), now);
    let mut statements = vec![bound(question.everybody())?, bound(question.accounts_of_all())?];
    for source in [Source::Uses, Source::Events] {
        let of_it: Vec<&Meant> =
            features.iter().filter(|meant| Source::of(meant) == source).collect();
        if !of_it.is_empty() {
            for sql in [question.features(source, &of_it), question.accounts(source, &of_it)] {
                let each = of_it.iter().enumerate();
                let statement = bound(sql)?;
                statements
                    .push(each.fold(statement, |all, (n, meant)| bind(all, source, meant, n)));
            }
        }
    }
    Ok(statements)
}

/// A question on its way into SQL.
pub(super) struct Question<'a> {
    pub(super) adoption: &'a Adoption,
    pub(super) cut: &'a Cut,
    pub(super) scope: &'a Scope,
    pub(super) databases: &'a Databases,
}

impl Question<'_> {
    /// Gives the parameters their values.
    pub(super) fn bind(
        &self,
        statement: Statement,
        now: Timestamp,
    ) -> Result<Statement, InvalidQuery> {
        let Cut { periods, again } = self.cut;
        let (after, again_after) = (self.adoption.after, self.adoption.retention.after);
        let (n, n_again) = (periods.len(), again.len());
        let begun = now.plus_millis(1);
        let statement = identity::bind(statement, &self.scope.staff, self.scope.count_automated);
        let statement = again.bind(periods.bind(statement)?)?;
        let (over, again_over) = (periods.n_over(now)?, again.n_over_after(again_after, now)?);
        // Who stays is seen within the range.
        let complete = periods.n_over_after(after, now)?.min(n.saturating_sub(after));
        let words = (0..self.n_words()).map(|k| prefix(again_over.saturating_sub(k * WORD)));
        Ok(statement
            .bind("project", self.scope.project.as_str())
            .bind("before", periods.start_before(over)?)
            .bind("from", periods.start(0)?)
            .bind("until", periods.end(n - 1)?.min(begun))
            // Of so many there is no complete period; to move further than a number has bits means
            // nothing, and what ClickHouse compiles for it is any number.
            .bind("after", after.min(WORD - 1))
            .bind("over", prefix(over))
            .bind("complete", prefix(complete))
            .bind("again_from", again.start(0)?)
            .bind("again_until", again.end(n_again - 1 + again_after)?.min(begun))
            .bind("again_after", again_after)
            .bind("again_over", again_over)
            .bind("again_complete", words.collect::<Vec<u64>>()))
    }

    /// One row, of everybody who did anything.
    fn everybody(&self) -> String {
        format!(
            "SELECT '' AS feature, {},\n\
             (SELECT toUnixTimestamp64Milli(min({first})) FROM {sessions} WHERE {project} = {{project:String}}) AS since\n\
             FROM (\n{there}\n)",
            self.sums("there"),
            first = s::FIRST_SEEN,
            sessions = self.databases.sessions(),
            project = s::PROJECT,
            there = self.there(),
        )
    }

    /// One row, of the accounts for which anybody did anything.
    fn accounts_of_all(&self) -> String {
        let table = presence::table(self.databases, &[presence::UNTIL]);
        format!(
            "SELECT '' AS feature, uniqExact(account) AS accounts FROM (\n{}\n)\n\
             WHERE is_in AND account != 0",
            self.in_range(&table, "true", "")
        )
    }

    /// A row for each of these features, of the accounts for which it was used.
    fn accounts(&self, source: Source, features: &[&Meant]) -> String {
        let Used { table, feature, condition } = used(source, features, self.databases);
        let events = self.in_range(&table, &condition, &format!(", {feature} AS which"));
        format!(
            "SELECT which AS feature, uniqExact(account) AS accounts FROM (\n{events}\n)\n\
             WHERE is_in AND account != 0 GROUP BY which"
        )
    }

    /// A row for each of these features that was used.
    fn features(&self, source: Source, features: &[&Meant]) -> String {
        let (used, there) = (self.used(source, features), self.there());
        // Of whoever used it in every period in which he was there and is followed, there is no
        // period without it.
        let always = "bitAnd(there, {complete:UInt64}) != 0 \
             AND bitAnd(bitAnd(there, {complete:UInt64}), bitNot(used)) = 0";
        format!(
            "SELECT feature, sum(uses) AS uses, {}, countIf({always}) AS always, {}\nFROM (\n{used}\n) AS used\n\
             LEFT JOIN (\nSELECT person, there FROM (\n{there}\n)\n) AS everybody USING person\n\
             GROUP BY feature",
            self.sums("used"),
            self.returned(),
        )
    }

    /// Of people with a mask: how many there are, in the periods that are over, and in those
    /// before; who was in each period; how many periods could be followed, of how many people, and
    /// in how many of them he was there later.
    fn sums(&self, mask: &str) -> String {
        let in_one = |n| format!("countIf(bitTest({mask}, {n}))");
        let trend: Vec<_> = (0..self.cut.periods.len()).map(in_one).collect();
        format!(
            "countIf({mask} != 0) AS people, countIf(bitAnd({mask}, {{over:UInt64}}) != 0) AS over, \
             countIf(was) AS before, [{}] AS trend, \
             countIf(bitAnd({mask}, {{complete:UInt64}}) != 0) AS followers, \
             sum(bitCount(bitAnd({mask}, {{complete:UInt64}}))) AS followed, \
             sum(bitCount(bitAnd(bitAnd({mask}, {{complete:UInt64}}), \
             bitShiftRight(there, {{after:UInt32}})))) AS stayed",
            trend.join(", ")
        )
    }

    /// How many periods of use could be followed, of how many people, and in how many of them he
    /// used it again later.
    fn returned(&self) -> String {
        let (of, people, came) = match self.adoption.retention.cohorts {
            Cohorts::First => {
                let is_followed = "first >= 0 AND first < {again_over:UInt32}";
                let later = "(greatest(first, 0) + {again_after:UInt32})";
                let came = format!("bitTest(words[intDiv({later}, {WORD}) + 1], {later} % {WORD})");
                let of = format!("countIf({is_followed})");
                (of.clone(), of, format!("countIf({is_followed} AND {came})"))
            }
            Cohorts::Recurring => {
                let each = |of: &dyn Fn(u32) -> String| {
                    let each: Vec<_> = (0..self.n_words()).map(of).collect();
                    each.join(" + ")
                };
                let followed =
                    |k| format!("bitAnd(words[{}], {{again_complete:Array(UInt64)}}[{0}])", k + 1);
                let of = each(&|k| format!("bitCount({})", followed(k)));
                let came =
                    each(&|k| format!("bitCount(bitAnd({}, {}))", followed(k), self.later(k)));
                (format!("sum({of})"), format!("countIf({of} != 0)"), format!("sum({came})"))
            }
        };
        format!("{of} AS again_of, {people} AS again_people, {came} AS again_came")
    }

    /// The periods of coming back, so many earlier: a word of them.
    fn later(&self, k: u32) -> String {
        let after = self.adoption.retention.after;
        let (whole, rest) = (k + after / WORD + 1, after % WORD);
        match rest {
            0 => format!("words[{whole}]"),
            rest => format!(
                "bitOr(bitShiftRight(words[{whole}], {rest}), bitShiftLeft(words[{}], {}))",
                whole + 1,
                WORD - rest
            ),
        }
    }

    /// Words of the periods of coming back.
    const fn n_words(&self) -> u32 {
        (self.cut.again.len() + self.adoption.retention.after).div_ceil(WORD)
    }

    /// Everybody who did anything: `person`, `there`, `was`.
    fn there(&self) -> String {
        let at = format!("e.{}", e::TIMESTAMP);
        let is_read = format!("{} AND {}", moment(&at, ">=", "before"), moment(&at, "<", "until"));
        let events =
            self.events(&presence::table(self.databases, &[presence::UNTIL]), "true", &is_read, "");
        format!(
            "SELECT person, groupBitOr(bit) AS there, max(is_before) AS was\n\
             FROM (\n{events}\n)\nGROUP BY person"
        )
    }

    /// Of an event: `again`, the period of coming back that it is in, and `is_again`, whether it is in
    /// one or before all of them.
    pub(super) fn again(&self) -> String {
        let (at, again) = (format!("e.{}", e::TIMESTAMP), &self.cut.again);
        let is_again = again.is_in_one(&at).map(|is| format!(" AND {is}")).unwrap_or_default();
        let until = moment(&at, "<", "again_until");
        format!("{} AS again, {until}{is_again} AS is_again", again.sql(&at))
    }

    /// Which events are read for who came back, and for nothing else.
    pub(super) fn is_read_again(&self) -> String {
        let at = format!("e.{}", e::TIMESTAMP);
        let until = moment(&at, "<", "again_until");
        match self.adoption.retention.cohorts {
            Cohorts::First => until,
            Cohorts::Recurring => format!("{} AND {until}", moment(&at, ">=", "again_from")),
        }
    }

    /// Who used which feature: `feature`, `person`, `used`, `was`, `uses`, the first period of
    /// coming back, and all of them as `words`.
    fn used(&self, source: Source, features: &[&Meant]) -> String {
        let Used { table, feature, condition } = used(source, features, self.databases);
        let at = format!("e.{}", e::TIMESTAMP);
        let more = format!(", {feature} AS which, {}", self.again());
        let since = match self.adoption.retention.cohorts {
            // The first use ever may lie before all that is shown.
            Cohorts::First => "true".to_owned(),
            Cohorts::Recurring => {
                let since = ["before", "again_from"].map(|name| moment(&at, ">=", name));
                format!("({})", since.join(" OR "))
            }
        };
        let until = ["until", "again_until"].map(|name| moment(&at, "<", name)).join(" OR ");
        let is_read = format!("{since} AND ({until})");
        let events = self.events(&table, &condition, &is_read, &more);
        let word = |k| {
            format!(
                "groupBitOrIf(bitShiftLeft(toUInt64(1), toUInt8(bitAnd(again, {}))), \
                 is_again AND again >= 0 AND intDiv(again, {WORD}) = {k})",
                WORD - 1
            )
        };
        // One beyond the last is shifted in, and is empty.
        let words: Vec<_> = (0..self.n_words()).map(word).collect();
        format!(
            "SELECT which AS feature, person, groupBitOr(bit) AS used, max(is_before) AS was, \
             countIf(is_in) AS uses, \
             if(countIf(is_again) = 0, -1, minIf(again, is_again)) AS first, [{}] AS words\n\
             FROM (\n{events}\n)\nGROUP BY which, person",
            words.join(", ")
        )
    }

    /// Events from the beginning of the range to its end, of which those of its periods are `is_in`.
    fn in_range(&self, table: &str, condition: &str, more: &str) -> String {
        let at = format!("e.{}", e::TIMESTAMP);
        let is_read = format!("{} AND {}", moment(&at, ">=", "from"), moment(&at, "<", "until"));
        self.events(table, condition, &is_read, more)
    }

    /// Events with who did them, for whom, and the period of the range that they are in.
    pub(super) fn events(&self, table: &str, condition: &str, is_read: &str, more: &str) -> String {
        let at = format!("e.{}", e::TIMESTAMP);
        let periods = &self.cut.periods;
        let in_one = periods.is_in_one(&at).map(|is| format!(" AND {is}")).unwrap_or_default();
        format!(
            "SELECT {person} AS person, {account} AS account, \
             {since} AND {until}{in_one} AS is_in, {before} AND NOT {since}{in_one} AS is_before, \
             if(is_in, bitShiftLeft(toUInt64(1), toUInt8({period})), 0) AS bit{more}\n\
             FROM {table} AS e\nWHERE e.{project} = {{project:String}}\n\
             AND {is_read}\nAND {condition} AND {counted}",
            person = identity::person_hash(self.databases, "e"),
            account = identity::account_hash(self.databases, "e"),
            since = moment(&at, ">=", "from"),
            until = moment(&at, "<", "until"),
            before = moment(&at, ">=", "before"),
            period = periods.sql(&at),
            project = e::PROJECT,
            counted = identity::counted(self.databases, &self.scope.staff, "e"),
        )
    }
}

/// Whether it is before or after the moment of a parameter.
pub(super) fn moment(at: &str, is: &str, name: &str) -> String {
    format!("{at} {is} fromUnixTimestamp64Milli({{{name}:Int64}})")
}

/// A number with so many of its first bits, or with all.
const fn prefix(bits: u32) -> u64 {
    if bits >= WORD { u64::MAX } else { (1 << bits) - 1 }
}
