//! What is asked about modules: what each account completed of each.

use super::Core;
use analytics::Error;
use protocol::Timestamp;
use serde::Deserialize;
use std::ops::Range;
use store::schema::events as e;
use store::{Connection, identity};

/// What an account completed of a module in two spans, the first and the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(in crate::look) struct OfModule {
    pub(in crate::look) account: u64,
    pub(in crate::look) module: u64,
    pub(in crate::look) first: u64,
    pub(in crate::look) last: u64,
}

/// What each account completed of each module, which is told of each core feature by a number.
pub(in crate::look) async fn by_module(
    connection: &Connection,
    core: &Core<'_>,
    modules: &[usize],
    [first, last]: [Range<Timestamp>; 2],
) -> Result<Vec<OfModule>, Error> {
    let databases = connection.databases();
    let ids: Vec<_> = (0..core.features.len()).map(|n| format!("{{feature_{n}:String}}")).collect();
    let numbers: Vec<_> = modules.iter().map(ToString::to_string).collect();
    let ms = format!("toUnixTimestamp64Milli(e.{})", e::TIMESTAMP);
    let sql = format!(
        "SELECT account, toUInt64(module) AS module, countIf(NOT is_last) AS first, countIf(is_last) AS last FROM (\n\
         SELECT {account} AS account, transform(e.used, [{ids}], [{numbers}], toUInt32(0)) AS module, \
         {ms} >= {{last:Int64}} AS is_last FROM {rows} AND ({ms} < {{until:Int64}} OR {ms} >= {{last:Int64}})\n\
         ) WHERE account != 0 GROUP BY account, module",
        account = identity::account_hash(databases, core.grouping(), "e"),
        ids = ids.join(", "),
        numbers = numbers.join(", "),
        rows = core.rows(databases),
    );
    let statement = core
        .statement(sql, first.start, last.end)
        .bind("until", first.end)
        .bind("last", last.start);
    Ok(connection.json(&statement).await?)
}
