//! Bundles the dashboard's scripts and styles into `collector/dist`.
//!
//! Each script and style at the top of `collector/static` is bundled on its own, with what it
//! imports, by esbuild; each other file there is taken as it is. Every file carries its content's
//! hash in its name, so that a browser may keep it for ever, and lies beside its compressed forms.
//! `manifest.json` maps the plain names to those with the hash.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::compress;
use crate::fingerprint::Fingerprint;
use crate::workspace::Workspace;
use crate::{folder, npm, process};

const SOURCES: &str = "collector/static";
const OUTPUT: &str = "collector/dist";
const MANIFEST: &str = "manifest.json";
const LICENCES: &str = "licences.txt";

/// Bundles `collector/static` into `collector/dist`; does nothing when nothing has changed.
///
/// # Errors
/// Node or npm is missing, or a source has an error, which esbuild has then shown.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    let modules = npm::install(workspace)?;
    let output = workspace.path(OUTPUT);
    let fingerprint = Fingerprint::new(include_str!("assets.rs"))
        .folder(&workspace.path(SOURCES))?
        .file(&workspace.path("crates/xtask/npm/package-lock.json"))?;
    let mark = workspace.target("fingerprints/assets");
    if fingerprint.matches(&mark) && output.join(MANIFEST).try_exists()? {
        return Ok(());
    }
    process::step("Bundling the dashboard's scripts and styles", || {
        let fresh = workspace.target("assets");
        folder::clear(&fresh)?;
        let sources = Sources::read(&workspace.path(SOURCES))?;
        let metafile = bundle(workspace, &sources.bundled, &modules, &fresh)?;
        let manifest = manifest(&metafile, &sources, &fresh)?;
        fs::write(fresh.join(LICENCES), licences(&metafile, &modules)?)?;
        compress::folder(&fresh)?;
        fs::write(fresh.join(MANIFEST), serde_json::to_string_pretty(&manifest)? + "\n")?;
        replace(&fresh, &output)
    })?;
    fingerprint.save(&mark)
}

/// What is to be bundled, and what is taken as it is.
struct Sources {
    bundled: Vec<PathBuf>,
    copied: Vec<PathBuf>,
}

impl Sources {
    fn read(folder: &Path) -> Result<Self> {
        let mut files: Vec<PathBuf> = fs::read_dir(folder)
            .with_context(|| format!("cannot read `{}`", folder.display()))?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<std::io::Result<_>>()?;
        files.retain(|path| path.is_file());
        files.sort();
        let is_source = |path: &PathBuf| matches!(extension(path), "js" | "css");
        let (bundled, copied) = files.into_iter().partition(is_source);
        Ok(Self { bundled, copied })
    }
}

/// Runs esbuild and returns its account of what went into which output.
fn bundle(workspace: &Workspace, entries: &[PathBuf], modules: &Path, to: &Path) -> Result<Value> {
    let metafile = workspace.target("assets.json");
    let mut metafile_argument = std::ffi::OsString::from("--metafile=");
    metafile_argument.push(&metafile);
    let mut folder_argument = std::ffi::OsString::from("--outdir=");
    folder_argument.push(to);
    process::run(
        npm::tool(workspace, "esbuild")?
            .args(["--bundle", "--minify", "--format=iife", "--target=es2022", "--charset=utf8"])
            .args(["--entry-names=[name]-[hash]", "--log-level=warning", "--loader:.svg=dataurl"])
            .args([metafile_argument, folder_argument])
            .args(entries)
            .env("NODE_PATH", modules)
            .current_dir(workspace.root()),
    )?;
    serde_json::from_slice(&fs::read(&metafile)?).context("esbuild's metafile is not JSON")
}

/// Maps plain names to names with a hash, and brings the copied files along.
fn manifest(metafile: &Value, sources: &Sources, to: &Path) -> Result<BTreeMap<String, String>> {
    let mut manifest = BTreeMap::new();
    let outputs = metafile["outputs"].as_object().context("esbuild's metafile has no outputs")?;
    for (output, about) in outputs {
        let Some(entry) = about["entryPoint"].as_str() else { continue };
        manifest.insert(file_name(Path::new(entry)), file_name(Path::new(output)));
    }
    for source in &sources.copied {
        let content = fs::read(source)?;
        let stem = source.file_stem().unwrap_or_default().to_string_lossy();
        let name = format!("{stem}-{}.{}", compress::short_hash(&content), extension(source));
        fs::write(to.join(&name), content)?;
        manifest.insert(file_name(source), name);
    }
    Ok(manifest)
}

/// Gathers the licences of the packages whose code went into a bundle.
fn licences(metafile: &Value, modules: &Path) -> Result<String> {
    let inputs = metafile["inputs"].as_object().context("esbuild's metafile has no inputs")?;
    let mut packages: Vec<&str> = inputs.keys().filter_map(|input| package(input)).collect();
    packages.sort_unstable();
    packages.dedup();
    let mut text = String::from("The dashboard's scripts contain code of these packages.\n");
    for package in packages {
        let folder = modules.join(package);
        let about: Value = serde_json::from_slice(&fs::read(folder.join("package.json"))?)?;
        let version = about["version"].as_str().unwrap_or_default();
        text.push_str(&format!("\n==== {package} {version}\n\n"));
        for name in ["LICENSE", "LICENSE.txt", "NOTICE"] {
            if let Ok(licence) = fs::read_to_string(folder.join(name)) {
                text.push_str(licence.trim_end());
                text.push('\n');
            }
        }
    }
    Ok(text)
}

/// Names the package that a bundled file comes from, if it comes from one.
fn package(input: &str) -> Option<&str> {
    let (_, inside) = input.rsplit_once("node_modules/")?;
    let depth = if inside.starts_with('@') { 2 } else { 1 };
    let end = inside.match_indices('/').nth(depth - 1).map_or(inside.len(), |(at, _)| at);
    Some(&inside[..end])
}

/// Puts the finished folder where the old one was.
fn replace(fresh: &Path, output: &Path) -> Result<()> {
    folder::clear(output)?;
    for entry in fs::read_dir(fresh)? {
        let from = entry?.path();
        fs::copy(&from, output.join(file_name(&from)))?;
    }
    Ok(())
}

fn extension(path: &Path) -> &str {
    path.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_of_a_bundled_file() {
        let check = |input, expect| assert_eq!(package(input), expect, "{input}");
        check("collector/static/app.js", None);
        check("crates/xtask/npm/node_modules/htmx.org/dist/htmx.esm.js", Some("htmx.org"));
        check("node_modules/@scope/name/lib/a.js", Some("@scope/name"));
        check("node_modules/echarts/node_modules/tslib/tslib.js", Some("tslib"));
    }
}
