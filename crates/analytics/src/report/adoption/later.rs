//! Who stays in the product, and who comes back to a feature, one by one.
//!
//! What somebody did in one period is a *spell*. Beside each of them stand all periods that he has,
//! so that it is seen what came so many periods later.

use super::statement::Question;
use crate::feature::Meant;
use crate::feature::source::{Source, is_use_of};
use crate::people::columns;
use crate::query::By;
use crate::report::retention::Cohorts;

/// The spells of everybody.
pub(super) struct Spells {
    /// What was done: `actor`, `is_use`, `called`, `is_known`, `of_account`, `ms`, and the period.
    rows: String,
    /// The column of the period.
    period: &'static str,
    /// All periods of one, from those of the spells.
    all: &'static str,
    /// How many a spell is told as.
    n: &'static str,
}

impl Spells {
    /// Who was there, and used a feature: periods of the range, a bit for each.
    pub(super) fn there(rows: impl Iterator<Item = String>) -> Self {
        let rows = rows.collect::<Vec<_>>().join("\nUNION ALL\n");
        Self { rows, period: "bit", all: "groupBitOr(spell)", n: "count()" }
    }

    /// Who used a feature: periods of coming back, by their number.
    pub(super) fn again(question: &Question<'_>, meant: &Meant) -> Self {
        let (databases, source) = (question.databases, Source::of(meant));
        let more = format!(
            ", {}, {}",
            question.again(),
            columns(databases, &question.scope.grouping, By::People)
        );
        let events = question.events(
            &source.table(databases),
            &is_use_of(source, meant, 0, databases),
            &question.is_read_again(),
            &more,
        );
        let rows = format!(
            "SELECT person AS actor, again, true AS is_use, called, is_known, of_account, ms FROM (\n\
             {events}\n)\nWHERE is_again"
        );
        Self { rows, period: "again", all: "groupArray(spell)", n: "sum(times)" }
    }

    /// Who used it, or was there and did not, in a period of which it is known who was there later.
    pub(super) fn followed(&self, used: bool) -> String {
        self.list(&followed(used))
    }

    /// Those of them who were.
    pub(super) fn stayed(&self, used: bool) -> String {
        let later = "bitAnd(spell, bitShiftRight(spells, {after:UInt32})) != 0";
        self.list(&format!("{} AND {later}", followed(used)))
    }

    /// Who used it so that it is known whether he came back.
    pub(super) fn began(&self, cohorts: Cohorts) -> String {
        self.list(&match cohorts {
            Cohorts::First => format!("{} AND spell = arrayMin(spells)", is_over("spell")),
            Cohorts::Recurring => is_over("spell"),
        })
    }

    /// Those of them who did.
    pub(super) fn came(&self, cohorts: Cohorts) -> String {
        let began = "(spell - toInt32({again_after:UInt32}))";
        let is_over = is_over(began);
        self.list(&match cohorts {
            Cohorts::First => format!("{is_over} AND {began} = arrayMin(spells)"),
            Cohorts::Recurring => format!("{is_over} AND has(spells, {began})"),
        })
    }

    /// Everybody with a spell that `is_one`, told by these spells of his.
    fn list(&self, is_one: &str) -> String {
        let Self { rows, period, all, n } = self;
        format!(
            "SELECT any(named) AS person, max(known) AS is_user, min(began).2 AS account,\n  \
             toUInt64(min(began).1) AS entered_at, toUInt64(max(last)) AS last_at, toUInt32({n}) AS n\n\
             FROM (\n\
             SELECT *, {all} OVER (PARTITION BY actor) AS spells FROM (\n\
             SELECT actor, {period} AS spell, argMax(called, is_known) AS named, max(is_known) AS known, max(is_use) AS used, \
             min((ms, of_account)) AS began, max(ms) AS last, count() AS times\n\
             FROM (\n{rows}\n)\nGROUP BY actor, spell\n)\n)\nWHERE {is_one}\nGROUP BY actor"
        )
    }
}

fn followed(used: bool) -> String {
    let is_used = if used { "used" } else { "NOT used" };
    format!("{is_used} AND bitAnd(spell, {{complete:UInt64}}) != 0")
}

/// Whether a period of coming back is one of those after which that is over.
fn is_over(period: &str) -> String {
    format!("{period} >= 0 AND {period} < {{again_over:UInt32}}")
}
