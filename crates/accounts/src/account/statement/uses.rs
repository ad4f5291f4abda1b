//! From the question to SQL: what was used, by whom, and how much of it others make.

use super::{Question, at, is_read};
use crate::account::Calendar;
use crate::core_action;
use analytics::Error;
use analytics::feature::Meant;
use analytics::feature::source::{Source, Used, bind, used};
use serde::Deserialize;
use std::ops::Range;
use store::identity::Subject;
use store::schema::{Databases, events as e};
use store::{Statement, accounts, identity};

/// Uses of a feature on a day, of all core features by a person in a week, or of a feature in all
/// weeks that are shown.
#[derive(Debug, Clone, Deserialize)]
pub(in crate::account) struct UseRow {
    pub(in crate::account) of: String,
    pub(in crate::account) feature: String,
    pub(in crate::account) person: u64,
    pub(in crate::account) number: i64,
    pub(in crate::account) uses: u64,
    pub(in crate::account) core_actions: u64,
    pub(in crate::account) people: u64,
    pub(in crate::account) last_at: u64,
}

/// Of the accounts that are compared: how many use a feature, and what share it has of the core
/// actions of each, added up. Without a feature: how many of them have any.
#[derive(Debug, Clone, Deserialize)]
pub(in crate::account) struct PeerRow {
    pub(in crate::account) feature: String,
    pub(in crate::account) accounts: u64,
    pub(in crate::account) shares: f64,
    pub(in crate::account) active: u64,
}

impl Question<'_> {
    /// Rows of [`UseRow`], by at most one statement for each source of uses.
    pub(in crate::account) fn uses(&self) -> Vec<Statement> {
        let what = format!(
            "e.used AS feature, {person} AS person, toUnixTimestamp64Milli({at}) AS ms, {day} AS day, \
             intDiv({day}, 7) AS week, has({{core:Array(String)}}, feature) AS is_core",
            person = identity::person_hash(self.databases, "e"),
            at = at(),
            day = Calendar::sql(&at()),
        );
        let statement = |(source, meant): (Source, Vec<&Meant>)| {
            let uses = uses_of(source, &meant, &is_read(), self.databases);
            let sql = format!(
                "SELECT multiIf(grouping(day) = 0, 'day', grouping(person) = 0, 'person', 'feature') AS of, \
                 feature, person, toInt64(if(of = 'day', day, week)) AS number, count() AS uses, \
                 countIf(is_core) AS core_actions, uniqExactIf(actor, on_day >= {{shown:Int32}}) AS people, \
                 toUInt64(max(ms)) AS last_at\n\
                 FROM (SELECT *, person AS actor, day AS on_day FROM (\n{}\n))\n\
                 GROUP BY GROUPING SETS ((day, feature), (person, week), (feature))",
                self.rows(&uses, &what, "true")
            );
            let shown = i64::try_from(self.calendar.shown).unwrap_or(0);
            let statement = Statement::new(sql).bind("shown", shown).bind("core", self.core());
            let bound = meant.iter().enumerate();
            bound.fold(self.bind(statement), |all, (n, meant)| bind(all, source, meant, n))
        };
        self.by_source().map(statement).collect()
    }

    /// Rows of [`PeerRow`] about some days of the other accounts: those of the same tier, or all.
    /// Where a feature is not filled, all are read from the events, for shares are of all features.
    ///
    /// # Errors
    /// When the days lie beyond the calendar.
    pub(in crate::account) fn peers(
        &self,
        tier: Option<&str>,
        days: Range<usize>,
    ) -> Result<Option<Statement>, Error> {
        let meant = core_action::features(self.features);
        if meant.is_empty() || days.is_empty() {
            return Ok(None);
        }
        let (since, before) = self.calendar.span(days, self.scope, self.now)?;
        let is_filled = meant.iter().all(|meant| Source::of(meant) == Source::Uses);
        let source = if is_filled { Source::Uses } else { Source::Events };
        let is_peer = match tier {
            None => "account NOT IN (0, {number:UInt64})".to_owned(),
            Some(_) => format!(
                "account != {{number:UInt64}} AND account IN (SELECT number FROM ({all}) \
                 WHERE id IN (SELECT id FROM ({said}) WHERE value = {{tier:String}}))",
                all = accounts::all(self.databases, &self.scope.grouping),
                said = identity::said_of(
                    self.databases,
                    &self.scope.grouping,
                    Subject::Account,
                    "'tier'"
                ),
            ),
        };
        let is_then = format!(
            "{at} >= fromUnixTimestamp64Milli({{since:Int64}}) AND {at} < fromUnixTimestamp64Milli({{before:Int64}})",
            at = at(),
        );
        let rows = format!(
            "SELECT {account} AS account, e.used AS feature FROM {uses} AS e\n\
             WHERE {is_peer} AND {counted}",
            account = identity::account_hash(self.databases, &self.scope.grouping, "e"),
            uses = uses_of(source, &meant, &is_then, self.databases),
            counted = identity::counted(self.databases, &self.scope.grouping, "e"),
        );
        let sql = format!(
            "SELECT feature, uniqExact(account) AS accounts, sum(share) AS shares, uniqExact(of) AS active FROM (\n\
             SELECT account, account AS of, feature, n / sum(n) OVER (PARTITION BY account) AS share FROM (\n\
             SELECT account, feature, count() AS n FROM (\n{rows}\n) GROUP BY account, feature))\n\
             GROUP BY GROUPING SETS ((feature), ())"
        );
        let statement = self.bind(Statement::new(sql)).bind("since", since).bind("before", before);
        let statement = tier.into_iter().fold(statement, |all, tier| all.bind("tier", tier));
        let bound = meant.iter().enumerate();
        Ok(Some(bound.fold(statement, |all, (n, meant)| bind(all, source, meant, n))))
    }

    /// The ids of the features whose use is a core action.
    fn core(&self) -> Vec<String> {
        core_action::features(self.features).iter().map(|it| it.feature.id.clone()).collect()
    }

    /// The features that are read from each source.
    fn by_source(&self) -> impl Iterator<Item = (Source, Vec<&Meant>)> {
        let of = |source| {
            let meant = self.features.iter().filter(move |meant| Source::of(meant) == source);
            (source, meant.collect::<Vec<_>>())
        };
        [Source::Uses, Source::Events].into_iter().map(of).filter(|(_, meant)| !meant.is_empty())
    }
}

/// The uses of features of one source, in brackets, with the id of the feature as `used`.
pub(in crate::account) fn uses_of(
    source: Source,
    meant: &[&Meant],
    from: &str,
    databases: &Databases,
) -> String {
    let Used { table, feature, condition } = used(source, meant, databases);
    let kept = [
        e::PROJECT,
        e::ANONYMOUS_ID,
        e::USER_ID,
        e::ACCOUNT_ID,
        e::ANONYMOUS_HASH,
        e::USER_HASH,
        e::ACCOUNT_HASH,
        e::TIMESTAMP,
        e::IS_AUTOMATED,
    ];
    format!(
        "(SELECT {kept}, {feature} AS used FROM {table} AS e WHERE {project} = {{project:String}} \
         AND {from} AND {condition})",
        kept = kept.join(", "),
        project = e::PROJECT,
    )
}
