//! How long it takes until a feature that is named now has its past, by the writer's own way.

use crate::measure::{promised, report};
use crate::{NOW, set};
use analytics::feature::resolve::{Known, Resolver};
use anyhow::{Result, anyhow};
use std::time::Instant;
use store::Connection;
use store::derived::fill::Stage;

/// From saving to every report, in seconds.
const BUDGET: f64 = 2.0;

/// Names the feature that is used most a second time, and has its past filled in.
pub(crate) async fn measure(connection: &Connection) -> Result<()> {
    let feature = set::feature("Named now", 0)?;
    let started = Instant::now();
    let known = Known::load(connection, &feature.project).await?;
    let version = set::save(connection, &feature).await?;
    let resolver = Resolver::new(&feature, version.version).map_err(|why| anyhow!("{why}"))?;
    let matches = resolver.of_all(&known);
    connection.insert_matches(&matches.elements, &matches.pages).await?;
    let versions = [version];
    connection.note_stage(&versions, Stage::Matched, NOW).await?;
    let matched = started.elapsed().as_secs_f64();
    report("a feature named now, asked of the events after", matched, "s");
    let filled = set::fill(connection, &versions, "one feature").await?;
    let all = matched + filled;
    let name = "a feature named now, in every report after";
    promised(name, all, "s", "at most 2 s", all <= BUDGET);
    Ok(())
}
