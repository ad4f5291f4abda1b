//! What the SDK costs a page: bytes to load, time and wire per click; beside posthog-js and beside
//! a page without any, in one run.

use std::path::Path;
use std::process::Command;

use anyhow::Result;
use serde_json::{Value, json};

use super::relay;
use crate::demo::collector::Collector;
use crate::workspace::Workspace;
use crate::{apt, assets, compress, engine, npm, process, sdk};

/// What a page with posthog-js loads first; the rest of it comes when a project asks for it.
const POSTHOG: &str = "posthog-js/dist/array.js";

/// Builds what ships as it ships, and measures it; prints the sides in columns at the end.
///
/// # Errors
/// A part cannot be built, or a measurement fails.
pub(super) fn run(workspace: &Workspace) -> Result<()> {
    apt::ensure(apt::BROWSER)?;
    sdk::build(workspace)?;
    assets::build(workspace)?;
    let posthog = npm::install_rivals(workspace)?.join(POSTHOG);
    process::step("Building the collector, optimised (minutes)", || {
        let mut cargo = process::cargo(workspace);
        cargo.args(["build", "--release", "--bins"]);
        process::run(cargo.args(["--package=collector", "--package=e2e"]))
    })?;
    engine::fetch(workspace, "release")?;
    let mut figures = load(workspace, &posthog)?;
    figures.extend(process::step("Clicking in Chromium (minutes)", || {
        let collector = Collector::start_fresh(workspace, "release", &workspace.target("bench"))?;
        let mut clicks = Command::new(workspace.target("release/bench-sdk"));
        clicks.args(["--script", collector.script(), "--posthog"]).arg(&posthog);
        let figures = relay(&mut clicks)?;
        collector.stop()?;
        Ok(figures)
    })?);
    eprint!("{}", side_by_side(&figures));
    Ok(())
}

/// Prints how many bytes a page loads, by part and in all, and what a rival's loads.
fn load(workspace: &Workspace, posthog: &Path) -> Result<Vec<Value>> {
    let mut figures = Vec::new();
    let mut print = |name: &str, n_bytes: u64| {
        let figure = json!({ "name": name, "value": n_bytes, "unit": "bytes" });
        println!("{figure}");
        figures.push(figure);
    };
    let sizes = sdk::sizes(workspace)?;
    for size in &sizes {
        print(&format!("sdk_{}_brotli", size.part), size.brotli_bytes);
        print(&format!("sdk_{}_gzip", size.part), size.gzip_bytes);
    }
    let [brotli, gzip] = sdk::loaded(&sizes, "module");
    print("sillage_load_brotli", brotli);
    print("sillage_load_gzip", gzip);
    let [brotli, gzip] = sdk::loaded(&sizes, "plain");
    print("sillage_load_plain_brotli", brotli);
    print("sillage_load_plain_gzip", gzip);
    let [brotli, gzip] = compress::lengths(&std::fs::read(posthog)?)?;
    print("posthog_load_brotli", brotli);
    print("posthog_load_gzip", gzip);
    Ok(figures)
}

/// A table of the figures that several sides have.
fn side_by_side(figures: &[Value]) -> String {
    const SIDES: [&str; 3] = ["bare", "sillage", "posthog"];
    let value = |side: &str, name: &str| {
        let full = format!("{side}_{name}");
        let figure = figures.iter().find(|figure| figure["name"] == full);
        figure.map_or_else(String::new, |figure| figure["value"].to_string())
    };
    let mut table = format!("{:<30}{:>12}{:>12}{:>12}\n", "", SIDES[0], SIDES[1], SIDES[2]);
    for figure in figures {
        let name = figure["name"].as_str().and_then(|name| name.strip_prefix("sillage_"));
        let Some(name) = name else { continue };
        let [bare, ours, theirs] = SIDES.map(|side| value(side, name));
        table.push_str(&format!("{name:<30}{bare:>12}{ours:>12}{theirs:>12}\n"));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_stand_beside_each_other() {
        let figure = |name: &str, value: u32| json!({ "name": name, "value": value, "unit": "us" });
        let figures =
            [figure("bare_click", 5), figure("sillage_click", 7), figure("posthog_click", 99)];
        let table = side_by_side(&figures);
        let last: Vec<&str> = table.lines().last().unwrap().split_whitespace().collect();
        assert_eq!(last, ["click", "5", "7", "99"]);
    }
}
