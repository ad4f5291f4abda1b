//! Builds what a page loads into `sdk-web/dist`.
//!
//! `sdk.js` is the loader; it names `sdk/<hash>.js`, which names `sdk/<hash>.wasm`, so that the
//! two may be kept by browsers for ever. Each lies beside its compressed forms.
//!
//! The module is always built together with the standard library: the ready-made one leads to
//! several tables, which `wasm2js` refuses, and holds the machinery of panic messages. What else
//! was tried, and what it saves of brotli: one text per crossing instead of `web-sys` and closures
//! 6.4 kB; JSON written by `capture` itself instead of by `serde_json` 3.0 kB; texts and numbers
//! taken apart by bytes 2.2 kB; letters told without the tables of Unicode 1.7 kB; the allocator
//! 1.7 kB; `wasm-opt` 1.2 kB, of which 0.6 by leaving functions out of their only caller, and 0.1
//! by a third round and by taking in what is a little larger; instructions newer than the first
//! version 0.7 kB; `js/module.js` instead of the glue of `wasm-bindgen` 0.55 kB; `opt-level = "s"`
//! instead of `"z"` nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use wasm_bindgen_cli_support::Bindgen;

use crate::fingerprint::Fingerprint;
use crate::workspace::Workspace;
use crate::{apt, compress, folder, npm, process};

const OUTPUT: &str = "sdk-web/dist";
const LOADER: &str = "sdk.js";
/// A page waits for the loader, so it must stay a stub.
const LOADER_BYTES: usize = 1_000;
/// What a page may load in all, compressed by brotli.
const BROTLI_BYTES: u64 = 29_000;

/// Everything that goes into the module.
const SOURCES: [&str; 4] =
    ["sdk-web/src", "sdk-web/js", "crates/capture/src", "crates/protocol/src"];
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
    if fingerprint.matches(&mark) && output.join(LOADER).try_exists()? {
        return Ok(());
    }
    let wasm = compile(workspace)?;
    process::step("Binding, shrinking and bundling the browser module", || {
        let folder = workspace.target("web/bound");
        folder::clear(&folder)?;
        bind(&wasm, &folder)?;
        for entry in fs::read_dir(workspace.path("sdk-web/js"))? {
            let script = entry?;
            fs::copy(script.path(), folder.join(script.file_name()))?;
        }
        write_output(workspace, &folder, &output)
    })?;
    let [brotli, gzip] = sizes(workspace)?
        .iter()
        .fold([0, 0], |[brotli, gzip], size| [brotli + size.brotli_bytes, gzip + size.gzip_bytes]);
    eprintln!("  a page loads {brotli} bytes by brotli, {gzip} by gzip");
    ensure!(brotli <= BROTLI_BYTES, "the SDK is {brotli} bytes by brotli, at most {BROTLI_BYTES}");
    fingerprint.save(&mark)
}

/// The compressed sizes of one file that a page loads.
#[derive(Debug, Clone)]
pub(crate) struct Size {
    /// `loader`, `script` or `module`.
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
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("js") => files.push(("script", path)),
            Some("wasm") => files.push(("module", path)),
            _ => {}
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

/// A compiler that has the source of its standard library.
#[derive(Debug)]
enum Toolchain {
    Rustup,
    Debian,
}

const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "rust-web-src", "cargo-web", "lld-16"];
const LIBRARY: &str = "lib/rustlib/src/rust/library/Cargo.lock";

impl Toolchain {
    fn find() -> Result<Self> {
        if has_library_source("rustc") {
            return Ok(Self::Rustup);
        }
        if has_library_source("/usr/bin/rustc") && process::is_there("wasm-ld-16") {
            return Ok(Self::Debian);
        }
        match apt::install(&DEBIAN_PACKAGES) {
            Ok(()) => Ok(Self::Debian),
            Err(error) => Self::by_rustup().context(error).context(
                "the browser module needs the source of Rust's standard library, as \
                 `rustup component add rust-src` or Debian brings it",
            ),
        }
    }

    /// Has rustup bring the source. Where only the package registries are reached it waits for
    /// ever, hence the time limit, and hence Debian's packages come first.
    fn by_rustup() -> Result<Self> {
        process::step("Adding the source of Rust's standard library by rustup", || {
            process::run(Command::new("timeout").args([
                "300",
                "rustup",
                "component",
                "add",
                "rust-src",
            ]))
        })?;
        Ok(Self::Rustup)
    }

    fn cargo(&self) -> Command {
        match self {
            Self::Rustup => Command::new("cargo"),
            Self::Debian => {
                let mut cargo = Command::new("/usr/bin/cargo");
                // Where rustup's programs come first, cargo would start its compiler.
                cargo.env("RUSTC", "/usr/bin/rustc");
                // The linker that this compiler looks for is not among Debian's packages.
                cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld-16");
                cargo
            }
        }
    }
}

fn has_library_source(rustc: &str) -> bool {
    let sysroot = process::output(Command::new(rustc).args(["--print", "sysroot"]));
    sysroot.is_ok_and(|root| Path::new(root.trim()).join(LIBRARY).is_file())
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
const USED: [&str; 4] = ["memory", "start", "tell", "__wbindgen_malloc"];

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
    let module = fs::read(&small)?;
    let module_name = format!("{}.wasm", compress::short_hash(&module));
    let script = bundle(workspace, &folder.join("main.js"), "WASM", &module_name)?;
    let script_name = format!("sdk/{}.js", compress::short_hash(&script));
    let loader =
        bundle(workspace, &workspace.path("sdk-web/js/loader.js"), "MODULE", &script_name)?;
    ensure!(loader.len() <= LOADER_BYTES, "the loader has {} bytes", loader.len());

    folder::clear(&output.join("sdk"))?;
    fs::write(output.join("sdk").join(module_name), module)?;
    fs::write(output.join(script_name), script)?;
    compress::folder(&output.join("sdk"))?;
    // Last, because it names the others.
    fs::write(output.join(LOADER), loader)?;
    compress::file(&output.join(LOADER))
}

/// Bundles and minifies a script, with a file's name in the place of a word.
fn bundle(workspace: &Workspace, entry: &Path, word: &str, name: &str) -> Result<Vec<u8>> {
    let bundled = process::output(
        npm::tool(workspace, "esbuild")?
            .args(["--bundle", "--minify", "--format=iife", "--target=es2020", "--charset=utf8"])
            .args(["--log-level=warning", &format!("--define:{word}=\"{name}\"")])
            .arg(entry)
            .current_dir(workspace.root()),
    )?;
    Ok(bundled.into_bytes())
}
