//! The rules of the house that no compiler checks.
//!
//! Each rule is a plain function over a text, so that it can be shown to fail.

mod files;
mod layers;
mod sizes;
mod source;
mod styles;

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};
use cargo_metadata::MetadataCommand;

use crate::process;
use crate::workspace::Workspace;
use sizes::Sized;
use source::Source;

const SCHEMA: &str = "crates/store/src/schema.rs";

/// How many of the largest files and functions are shown.
const SHOWN: usize = 5;

/// Checks the work tree, lists every fault, and shows the largest files and functions.
///
/// # Errors
/// There is a fault, or the work tree cannot be read.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let metadata = MetadataCommand::new()
        .manifest_path(workspace.path("Cargo.toml"))
        .no_deps()
        .exec()
        .context("cannot read the workspace's metadata")?;
    let mut faults = layers::check(&metadata);
    let schema = files::schema_names(&Source::new(&fs::read_to_string(workspace.path(SCHEMA))?));
    let mut classes = styles::Classes::default();
    let mut all_files = Vec::new();
    let mut all_functions = Vec::new();
    for path in listed(workspace)? {
        let content =
            fs::read(workspace.path(&path)).with_context(|| format!("cannot read `{path}`"))?;
        faults.extend(files::check(&path, &content));
        let Ok(text) = str::from_utf8(&content) else { continue };
        if path.ends_with(".css") {
            faults.extend(classes.check(&path, text));
        }
        if path.ends_with("Cargo.toml") {
            faults.extend(manifest_fault(&path, text));
        }
        if path.ends_with(".rs") {
            let source = Source::new(text);
            faults.extend(files::check_rust(&path, text, &source, &schema));
            all_functions.extend(sizes::functions(&path, &source));
            all_files.push(Sized { n_lines: text.lines().count(), what: path });
        }
    }
    show("Largest files", all_files);
    show("Largest functions", all_functions);
    report(&faults)
}

/// Lists the files of the work tree: those in git, and those that are neither in it nor ignored.
fn listed(workspace: &Workspace) -> Result<Vec<String>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(workspace.root());
    let names = process::output(&mut git).context("the files are listed by git")?;
    let mut paths: Vec<String> =
        names.split('\0').filter(|name| !name.is_empty()).map(ToOwned::to_owned).collect();
    // A file that is deleted but not yet committed is still listed.
    paths.retain(|path| workspace.path(path).is_file());
    Ok(paths)
}

/// Every package is held to the workspace's lints.
fn manifest_fault(path: &str, text: &str) -> Option<String> {
    let has_lints = text.contains("[lints]\nworkspace = true\n") || !text.contains("[package]");
    (!has_lints).then(|| format!("{path}: `[lints] workspace = true` is missing"))
}

fn show(title: &str, all: Vec<Sized>) {
    eprintln!("  {title}:");
    for sized in sizes::largest(all, SHOWN) {
        eprintln!("    {:>5} lines  {}", sized.n_lines, sized.what);
    }
}

fn report(faults: &[String]) -> Result<()> {
    for fault in faults {
        eprintln!("  {fault}");
    }
    match faults.len() {
        0 => Ok(()),
        1 => bail!("1 rule of the house is broken"),
        n => bail!("rules of the house are broken in {n} places"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lints_are_wanted() {
        let with = "[package]\nname = \"a\"\n\n[lints]\nworkspace = true\n";
        assert_eq!(manifest_fault("a/Cargo.toml", with), None);
        assert!(manifest_fault("a/Cargo.toml", "[package]\nname = \"a\"\n").is_some());
        assert_eq!(manifest_fault("Cargo.toml", "[workspace]\n"), None);
    }

    #[test]
    fn a_fault_is_a_failure() {
        report(&[]).unwrap();
        let error = report(&["a".to_owned()]).unwrap_err().to_string();
        assert_eq!(error, "1 rule of the house is broken");
    }
}
