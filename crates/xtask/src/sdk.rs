//! Builds what a page loads into `sdk-web/dist`.
//!
//! `sdk.js` is the loader; it names `sdk/<hash>.js`, which names the others: the module as
//! `sdk/<hash>.wasm`, the same as plain JavaScript for pages that refuse WebAssembly
//! (`<hash>.plain.js`, [`mod@plain`]), and what `?sillage=debug` adds (`<hash>.debug.js`). So all but
//! the loader may be kept by browsers for ever. Each lies beside its compressed forms. The npm
//! package is made beside it ([`package`]).
//!
//! The module is always built together with the standard library: the ready-made one leads to
//! several tables, which `wasm2js` refuses, and holds the machinery of panic messages. What else
//! was tried, and what it saves of brotli: one text per crossing instead of `web-sys` and closures
//! 6.4 kB; messages and effects that stay texts, taken apart where they are used, in the place of
//! types that are made, moved and dropped, with bytes in the place of `str`, 5.5 kB; JSON written by
//! `capture` itself instead of by `serde_json` 3.0 kB; texts and numbers taken apart by bytes 2.2 kB;
//! letters told without the tables of Unicode 1.7 kB; the allocator 1.7 kB; `wasm-opt` 1.2 kB, of
//! which 0.6 by leaving functions out of their only caller, and 0.1 by a third round and by taking in
//! what is a little larger; loops in the place of adapters, `join`, `contains`, `strip_prefix` and
//! `collect`, of which each type and length has its own, 0.8 kB; instructions newer than the first
//! version 0.7 kB; `js/module.js` instead of the glue of `wasm-bindgen` 0.55 kB; `opt-level = "s"`
//! instead of `"z"`, and other parameters of brotli, nothing.

pub(crate) mod package;
mod plain;
mod toolchain;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use wasm_bindgen_cli_support::Bindgen;

use crate::fingerprint::Fingerprint;
use crate::workspace::Workspace;
use crate::{compress, folder, npm, process};
use toolchain::Toolchain;

const OUTPUT: &str = "sdk-web/dist";
const LOADER: &str = "sdk.js";
/// A page waits for the loader, so it must stay a stub.
const LOADER_BYTES: usize = 1_000;
/// What a page may load in all, compressed by brotli.
const BROTLI_BYTES: u64 = 23_600;
/// The same where the module comes as plain JavaScript.
const PLAIN_BROTLI_BYTES: u64 = 29_800;

/// Everything that goes into the module.
const SOURCES: [&str; 6] = [
    "sdk-web/src",
    "sdk-web/js",
    "sdk-web/npm",
    "crates/capture/src",
    "crates/protocol/src",
    "crates/xtask/src/sdk",
];
const MANIFESTS: [&str; 6] = [
    "Cargo.lock",
    "Cargo.toml",
    "sdk-web/Cargo.toml",
    "crates/capture/Cargo.toml",
    "crates/protocol/Cargo.toml",
    "crates/xtask/npm/package-lock.json",
];

/// Builds the browser module into `sdk-web/dist`; does nothing when nothing has changed.
///
/// # Errors
/// A tool is missing and may not be installed here, a source has an error, or the result breaks
/// a promise: one table, a loader under 1 kB, the whole under the budget.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    let output = workspace.path(OUTPUT);
    let mut fingerprint = Fingerprint::new(include_str!("sdk.rs"));
    for source in SOURCES {
        fingerprint = fingerprint.folder(&workspace.path(source))?;
    }
    for manifest in MANIFESTS {
        fingerprint = fingerprint.file(&workspace.path(manifest))?;
    }
    let mark = workspace.target("fingerprints/sdk");
    let is_there = output.join(LOADER).try_exists()? && package::is_there(workspace)?;
    if fingerprint.matches(&mark) && is_there {
        return Ok(());
    }
    let wasm = compile(workspace)?;
    process::step("Binding, shrinking and bundling the browser module", || {
        let folder = workspace.target("web/bound");
        folder::clear(&folder)?;
        bind(&wasm, &folder)?;
        write_output(workspace, &folder, &output)
    })?;
    check_sizes(&sizes(workspace)?)?;
    package::build(workspace)?;
    fingerprint.save(&mark)
}

/// Says what a page loads, with the module in either form, and holds it to the budget.
fn check_sizes(sizes: &[Size]) -> Result<()> {
    let forms = [
        ("module", "WebAssembly", BROTLI_BYTES),
        ("plain", "plain JavaScript", PLAIN_BROTLI_BYTES),
    ];
    for (module, form, budget) in forms {
        let [brotli, gzip] = loaded(sizes, module);
        eprintln!("  a page loads {brotli} bytes by brotli, {gzip} by gzip, as {form}");
        ensure!(
            brotli <= budget,
            "the SDK as {form} is {brotli} bytes by brotli, at most {budget}"
        );
    }
    Ok(())
}

/// What a page loads in all, by brotli and by gzip, with `module` or `plain` as its module.
pub(crate) fn loaded(sizes: &[Size], module: &str) -> [u64; 2] {
    let parts = sizes.iter().filter(|size| [module, "loader", "script"].contains(&size.part));
    parts.fold([0, 0], |[brotli, gzip], size| [brotli + size.brotli_bytes, gzip + size.gzip_bytes])
}

/// The compressed sizes of one file that a page loads.
#[derive(Debug, Clone)]
pub(crate) struct Size {
    /// `loader`, `script`, `module`, or `plain`, which takes the place of the module; `debug` is
    /// loaded by nobody who did not ask for it.
    pub(crate) part: &'static str,
    pub(crate) brotli_bytes: u64,
    pub(crate) gzip_bytes: u64,
}

/// Measures what [`build`] left.
///
/// # Errors
/// The SDK is not built.
pub(crate) fn sizes(workspace: &Workspace) -> Result<Vec<Size>> {
    let output = workspace.path(OUTPUT);
    let mut files = vec![("loader", output.join(LOADER))];
    for entry in fs::read_dir(output.join("sdk")).context("the SDK is not built")? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let (_, kind) = name.split_once('.').unwrap_or_default();
        let kinds =
            [("js", "script"), ("wasm", "module"), ("plain.js", "plain"), ("debug.js", "debug")];
        if let Some((_, part)) = kinds.into_iter().find(|(end, _)| *end == kind) {
            files.push((part, path));
        }
    }
    let bytes = |path: &Path, suffix: &str| -> Result<u64> {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        Ok(fs::metadata(&name).with_context(|| format!("no `{}`", name.display()))?.len())
    };
    files
        .iter()
        .map(|(part, path)| {
            let (brotli_bytes, gzip_bytes) = (bytes(path, ".br")?, bytes(path, ".gz")?);
            Ok(Size { part, brotli_bytes, gzip_bytes })
        })
        .collect()
}

/// One table, so that `wasm2js` takes the module, and of newer instructions those that it takes;
/// a panic that is a trap, without a message and without the places in the source.
const RUSTFLAGS: &str = "-C target-cpu=mvp -C target-feature=+bulk-memory,+sign-ext,+mutable-globals \
     -Z unstable-options -C panic=immediate-abort -Z location-detail=none";

/// Compiles the module and the standard library, and returns where the module is.
fn compile(workspace: &Workspace) -> Result<PathBuf> {
    let toolchain = Toolchain::find()?;
    let target = workspace.target("web");
    process::step("Compiling the browser module with its standard library", || {
        let mut cargo = toolchain.cargo();
        // What this task runner was started with belongs to another compiler.
        for inherited in ["RUSTUP_TOOLCHAIN", "LD_LIBRARY_PATH", "CARGO_ENCODED_RUSTFLAGS"] {
            cargo.env_remove(inherited);
        }
        process::run(
            cargo
                .args(["build", "--package", "sdk-web", "--lib", "--profile", "web", "--locked"])
                .args(["--target", "wasm32-unknown-unknown", "--target-dir"])
                .arg(&target)
                .args(["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"])
                .env("RUSTC_BOOTSTRAP", "1")
                .env("RUSTFLAGS", RUSTFLAGS)
                .current_dir(workspace.root()),
        )
    })?;
    Ok(target.join("wasm32-unknown-unknown/web/sdk_web.wasm"))
}

/// What `sdk-web/js/module.js` uses of the module.
const USED: [&str; 3] = ["memory", "tell", "__wbindgen_malloc"];

/// Writes the module as `sdk-web/js/module.js` expects it: that script stands in for the glue.
fn bind(wasm: &Path, folder: &Path) -> Result<()> {
    let mut output = Bindgen::new()
        .input_path(wasm)
        .bundler(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate_output()?;
    let module = output.wasm_mut();
    let n_tables = module.tables.iter().count();
    ensure!(n_tables == 1, "the module has {n_tables} tables, `wasm2js` takes one");
    for import in module.imports.iter_mut() {
        // A hash in each name keeps apart the imports of many crates; here one crate has all.
        if let Some((name, _hash)) = import.name.rsplit_once('_')
            && name.starts_with("__wbg_")
        {
            import.name = name.to_owned();
        }
    }
    let is_unused = |name: &str| !USED.contains(&name);
    let unused = module.exports.iter().filter(|export| is_unused(&export.name));
    let unused: Vec<_> = unused.map(|export| export.id()).collect();
    unused.into_iter().for_each(|id| module.exports.delete(id));
    output.emit(folder)
}

/// Shrinks and bundles, names the files by their content, and replaces what was there.
fn write_output(workspace: &Workspace, folder: &Path, output: &Path) -> Result<()> {
    let small = folder.join("small.wasm");
    process::run(
        npm::tool(workspace, "wasm-opt")?
            // A function inlined into its only caller is one that brotli finds nowhere else.
            .args(["--one-caller-inline-max-function-size=0"])
            .args(["--always-inline-max-function-size=4", "--flatten", "--rereloop"])
            .args(["-Oz", "-Oz", "-Oz", "--converge", "--enable-bulk-memory", "--enable-sign-ext"])
            .args(["--low-memory-unused", "--strip-debug", "--strip-producers"])
            .args(["--strip-target-features", "-o"])
            .args([&small, &folder.join("sdk_web_bg.wasm")]),
    )?;
    let js = |name: &str| workspace.path("sdk-web/js").join(name);
    let module = fs::read(&small)?;
    let plain = plain::script(workspace, &small, folder)?;
    let debug = bundle(workspace, &js("debug.js"), &[])?;
    let named = |content: &[u8], end: &str| format!("sdk/{}.{end}", compress::short_hash(content));
    let words = [
        ("WASM", named(&module, "wasm")),
        ("PLAIN", named(&plain, "plain.js")),
        ("DEBUG", named(&debug, "debug.js")),
    ];
    let script = bundle(workspace, &js("main.js"), &words)?;
    let script_name = named(&script, "js");
    let loader = bundle(workspace, &js("loader.js"), &[("MODULE", script_name.clone())])?;
    ensure!(loader.len() <= LOADER_BYTES, "the loader has {} bytes", loader.len());

    folder::clear(&output.join("sdk"))?;
    for ((_, name), content) in words.iter().zip([module, plain, debug]) {
        fs::write(output.join(name), content)?;
    }
    fs::write(output.join(script_name), script)?;
    compress::folder(&output.join("sdk"))?;
    // Last, because it names the others.
    fs::write(output.join(LOADER), loader)?;
    compress::file(&output.join(LOADER))
}

/// Bundles and minifies a script, with names of files in the places of words. Esbuild bundles; what
/// terser makes of it is 0.27 kB of brotli smaller than what esbuild itself makes.
fn bundle(workspace: &Workspace, entry: &Path, words: &[(&str, String)]) -> Result<Vec<u8>> {
    let bundled = workspace.target("web/bundled.js");
    process::run(
        npm::tool(workspace, "esbuild")?
            .args(["--bundle", "--minify-syntax", "--format=iife", "--target=es2020"])
            .args(["--charset=utf8", "--log-level=warning"])
            .args(words.iter().map(|(word, name)| format!("--define:{word}=\"{name}\"")))
            .arg(concat!("--define:VERSION=\"", env!("CARGO_PKG_VERSION"), "\""))
            .arg(format!("--outfile={}", bundled.display()))
            .arg(entry)
            .current_dir(workspace.root()),
    )?;
    let small = process::output(
        npm::tool(workspace, "terser")?
            .args(["--ecma", "2020", "--mangle", "toplevel", "--compress"])
            // Nothing that takes the browser's own functions for unchanged.
            .arg("passes=3,ecma=2020,keep_fargs=false,toplevel,unsafe_arrows")
            .arg(&bundled),
    )?;
    Ok(small.into_bytes())
}
