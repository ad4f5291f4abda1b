//! The npm package `@sillage/web`, as `npm pack` packs it, in `target/npm`.
//!
//! What is tested is the packed file, installed beside the tests: its contents, the types by `tsc`,
//! what it does on a server and in a page by node's own test runner, and `application.js`, an
//! application that bundles it, in a real browser (`tests/scenarios/own_path.rs`).

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::workspace::Workspace;
use crate::{folder, npm, process};

const OUTPUT: &str = "npm";
/// The application of the browser scenario, with the package in it.
const APPLICATION: &str = "npm/application.js";
const TESTS: &str = "sdk-web/tests";
/// All that a package holds.
const FILES: [&str; 7] = [
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "index.d.ts",
    "index.js",
    "package.json",
    "page.d.ts",
];

/// Whether [`build`] has left its result.
///
/// # Errors
/// The system does not say.
pub(super) fn is_there(workspace: &Workspace) -> Result<bool> {
    Ok(workspace.target(APPLICATION).try_exists()?)
}

/// Packs the package, installs it where the tests find it, and bundles their application.
///
/// # Errors
/// A tool is missing, a source has an error, or the package holds other files than it should.
pub(super) fn build(workspace: &Workspace) -> Result<()> {
    process::step("Packing the npm package", || {
        let output = workspace.target(OUTPUT);
        folder::clear(&output)?;
        let source = gather(workspace)?;
        let packed = process::output(
            Command::new("npm")
                .args(["pack", "--json", "--ignore-scripts", "--pack-destination"])
                .args([&output, &source])
                .current_dir(&output),
        )?;
        let packed: Value = serde_json::from_str(&packed).context("`npm pack` printed no JSON")?;
        check_files(&packed[0])?;
        let file = packed[0]["filename"].as_str().context("`npm pack` names no file")?;
        install(workspace, &output.join(file))?;
        process::run(
            npm::tool(workspace, "esbuild")?
                .args(["--bundle", "--minify", "--format=iife", "--log-level=warning"])
                .arg(format!("--outfile={}", workspace.target(APPLICATION).display()))
                .arg(workspace.target("npm/tests/application.js")),
        )
    })
}

/// Puts together what is packed: the package's own files, the types of the interface that the
/// script line has, too, the licences, and the version of the workspace.
fn gather(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.target("npm/package");
    folder::clear(&folder)?;
    for name in ["index.js", "index.d.ts", "README.md"] {
        fs::copy(workspace.path("sdk-web/npm").join(name), folder.join(name))?;
    }
    fs::copy(workspace.path("sdk-web/js/index.d.ts"), folder.join("page.d.ts"))?;
    for name in ["LICENSE-APACHE", "LICENSE-MIT"] {
        fs::copy(workspace.path(name), folder.join(name))?;
    }
    let manifest = fs::read_to_string(workspace.path("sdk-web/npm/package.json"))?;
    let (before, after) = manifest
        .split_once("\"0.0.0\"")
        .context("`sdk-web/npm/package.json` has no version `0.0.0` to be filled in")?;
    let version = env!("CARGO_PKG_VERSION");
    fs::write(folder.join("package.json"), format!("{before}\"{version}\"{after}"))?;
    Ok(folder)
}

fn check_files(packed: &Value) -> Result<()> {
    let files = packed["files"].as_array().context("`npm pack` lists no files")?;
    let mut files: Vec<_> = files.iter().filter_map(|file| file["path"].as_str()).collect();
    files.sort_unstable();
    ensure!(files == FILES, "the npm package holds {files:?} instead of {FILES:?}");
    let bytes = packed["size"].as_u64().unwrap_or_default();
    eprintln!("  the npm package has {bytes} bytes");
    Ok(())
}

/// Unpacks the package among the modules of the tests.
fn install(workspace: &Workspace, packed: &std::path::Path) -> Result<()> {
    let module = workspace.target("npm/tests/node_modules/@sillage/web");
    folder::clear(&module)?;
    process::run(
        Command::new("tar")
            .arg("-xzf")
            .arg(packed)
            .arg("--strip-components=1")
            .arg("-C")
            .arg(module),
    )?;
    // Node looks for modules beside the file that imports them.
    let tests = workspace.target("npm/tests");
    for entry in fs::read_dir(workspace.path(TESTS))? {
        let test = entry?;
        fs::copy(test.path(), tests.join(test.file_name()))?;
    }
    fs::write(tests.join("package.json"), "{ \"type\": \"module\" }\n")?;
    Ok(())
}

/// Tests what [`super::build`] left: the types, the package, and the module as plain JavaScript.
///
/// # Errors
/// A test fails, or a tool is missing.
pub(crate) fn test(workspace: &Workspace) -> Result<()> {
    super::build(workspace)?;
    let tests = workspace.target("npm/tests");
    for resolution in [["esnext", "bundler"], ["node16", "node16"]] {
        let [module, resolution] = resolution;
        process::run(
            npm::tool(workspace, "tsc")?
                .args(["--noEmit", "--strict", "--target", "es2022", "--lib", "es2022,dom"])
                .args(["--module", module, "--moduleResolution", resolution])
                .arg("types.ts")
                .current_dir(&tests),
        )
        .context("the types of the npm package")?;
    }
    process::run(
        Command::new("node")
            .args(["--test", "--test-reporter=dot", "package.test.js", "plain.test.js"])
            .env("SDK", workspace.path("sdk-web/dist/sdk"))
            .current_dir(&tests),
    )
}
