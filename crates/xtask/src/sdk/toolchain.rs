//! The compiler of the browser module, which has the source of its standard library.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{apt, process};

/// A compiler that has the source of its standard library.
#[derive(Debug)]
pub(super) enum Toolchain {
    Rustup,
    Debian,
}

const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "rust-web-src", "cargo-web", "lld-16"];
const LIBRARY: &str = "lib/rustlib/src/rust/library/Cargo.lock";

impl Toolchain {
    /// Looks for one, and installs one where there is none.
    ///
    /// # Errors
    /// There is none, and none may be installed here.
    pub(super) fn find() -> Result<Self> {
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

    /// Its cargo.
    pub(super) fn cargo(&self) -> Command {
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
