//! Which module a feature belongs to: the one that it was put into, else the first segment of the
//! path that its link leads to within the product, else of its page's path.
//!
//! Names that differ in upper and lower case only are one module.

use super::Features;
use crate::Error;
use crate::query::Scope;
use protocol::Timestamp;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use store::schema::{events as e, pages as p};
use store::{Connection, Feature, Statement};

/// The module of what has no page.
pub const NO_MODULE: &str = "everywhere";

/// How far back is looked for where a feature is used, in days.
const DAYS: i64 = 90;

/// Elements that are looked for at most.
const ELEMENTS: usize = 5_000;

/// The module of each feature, by its id.
///
/// # Errors
/// When the store refuses or is away.
pub async fn modules(
    connection: &Connection,
    scope: &Scope,
    features: &Features,
    now: Timestamp,
) -> Result<BTreeMap<String, String>, Error> {
    let is_link = |meant: &super::Meant| links(&meant.feature).next().is_some();
    let hosts = match features.iter().any(is_link) {
        true => hosts(connection, scope).await?,
        false => BTreeSet::new(),
    };
    let of_rule = |feature: &Feature| of_link(feature, &hosts).or_else(|| of_page(feature));
    let said = |feature: &Feature| feature.module.clone().or_else(|| of_rule(feature));
    let unsaid = features.iter().filter(|meant| said(&meant.feature).is_none());
    let elements: Vec<u64> = unsaid.flat_map(|m| m.elements.iter().copied()).collect();
    let used_on = match elements.is_empty() {
        true => BTreeMap::new(),
        false => used_on(connection, scope, elements, now).await?,
    };
    let module = |meant: &super::Meant| {
        let used = || meant.elements.iter().filter_map(|id| used_on.get(id));
        let most = || used().max_by_key(|(n, _)| *n).and_then(|(_, path)| first_segment(path));
        let module = said(&meant.feature).or_else(most);
        (meant.feature.id.clone(), module.unwrap_or_else(|| NO_MODULE.to_owned()))
    };
    Ok(in_one_spelling(features.iter().map(module).collect()))
}

/// A module's name as it is compared: names that differ in upper and lower case are one.
pub fn folded(name: &str) -> String {
    name.to_lowercase()
}

/// Gives modules that are one the spelling that comes first, upper case before lower.
fn in_one_spelling(mut modules: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let names: BTreeSet<String> = modules.values().cloned().collect();
    let mut spelling = BTreeMap::new();
    for name in names {
        spelling.entry(folded(&name)).or_insert(name);
    }
    for name in modules.values_mut() {
        if let Some(first) = spelling.get(&folded(name)) {
            name.clone_from(first);
        }
    }
    modules
}

/// Where the links that the rule names lead, each as a host and a path.
fn links(feature: &Feature) -> impl Iterator<Item = (&str, &str)> {
    let targets = feature.any_of.iter().filter_map(|alternative| alternative.rule.get("target"));
    targets.filter_map(|target| target.get("href")?.as_str()?.split_once('/'))
}

/// The first segment of where the first link leads to a page of the product.
fn of_link(feature: &Feature, hosts: &BTreeSet<String>) -> Option<String> {
    let within = links(feature).filter(|(host, _)| host.is_empty() || hosts.contains(*host));
    within.map(|(_, path)| path).find_map(first_segment)
}

/// The hosts of the product's pages.
async fn hosts(connection: &Connection, scope: &Scope) -> Result<BTreeSet<String>, Error> {
    #[derive(Deserialize)]
    struct Row {
        known_host: String,
    }
    let statement = Statement::new(format!(
        "SELECT DISTINCT {host} AS known_host FROM {pages} WHERE {of} = {{project:String}}",
        host = p::HOST,
        pages = connection.databases().pages(),
        of = p::PROJECT,
    ));
    let statement = statement.bind("project", scope.project.as_str());
    let rows = connection.json::<Row>(&statement).await?;
    Ok(rows.into_iter().map(|row| row.known_host).collect())
}

/// The first segment of the first page that the rule names.
fn of_page(feature: &Feature) -> Option<String> {
    let mut pages = feature.any_of.iter().filter_map(|alternative| alternative.rule.get("page"));
    first_segment(pages.next()?.get("path")?.as_str()?)
}

fn first_segment(path: &str) -> Option<String> {
    let segment = path.split('/').find(|segment| !segment.is_empty())?;
    (segment != "*" && segment != rules::page::ID).then(|| segment.to_owned())
}

/// How often each element was used on the page that it was used on most, and its path.
async fn used_on(
    connection: &Connection,
    scope: &Scope,
    elements: Vec<u64>,
    now: Timestamp,
) -> Result<BTreeMap<u64, (u64, String)>, Error> {
    #[derive(Deserialize)]
    struct Row {
        element: u64,
        n: u64,
        path: String,
    }
    let sql = format!(
        "SELECT used.element AS element, used.n AS n, known.path AS path FROM (\
         SELECT {element} AS element, {page} AS page, count() AS n FROM {events} \
         WHERE {project} = {{project:String}} AND {element} IN {{elements:Array(UInt64)}} AND {page} != 0 \
         AND {at} >= fromUnixTimestamp64Milli({{start:Int64}}) GROUP BY element, page ORDER BY n DESC LIMIT 1 BY element) AS used \
         INNER JOIN (SELECT {page_id} AS id, any({pattern}) AS path FROM {pages} WHERE {of} = {{project:String}} GROUP BY id) AS known \
         ON known.id = used.page",
        element = e::ELEMENT_ID,
        page = e::PAGE_ID,
        events = connection.databases().events(),
        project = e::PROJECT,
        at = e::TIMESTAMP,
        page_id = p::PAGE_ID,
        pattern = p::PATTERN,
        pages = connection.databases().pages(),
        of = p::PROJECT,
    );
    let elements: Vec<u64> = elements.into_iter().take(ELEMENTS).collect();
    let statement = Statement::new(sql)
        .bind("project", scope.project.as_str())
        .bind("elements", elements)
        .bind("start", now.plus_millis(-DAYS * 24 * 60 * 60 * 1_000));
    let rows = connection.json::<Row>(&statement).await?;
    Ok(rows.into_iter().map(|row| (row.element, (row.n, row.path))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_has_one_spelling() {
        let of = |all: &[(&str, &str)]| {
            all.iter().map(|(id, name)| ((*id).to_owned(), (*name).to_owned())).collect()
        };
        let modules = of(&[("1", "orders"), ("2", "Orders"), ("3", "reports"), ("4", "ORDERS")]);
        let one = of(&[("1", "ORDERS"), ("2", "ORDERS"), ("3", "reports"), ("4", "ORDERS")]);
        assert_eq!(in_one_spelling(modules), one);
    }
}
