//! Builds the collector anew when the files that it embeds come, go or change.
//!
//! The compiler follows the files that were there when it last ran, and would not see new ones.
#![allow(clippy::print_stdout, reason = "this is how a build script speaks to cargo")]

use std::path::Path;

fn main() {
    for folder in ["dist", "../sdk-web/dist"] {
        // A folder that is missing would make every build a new one: watch where it will appear.
        let watched = Path::new(folder).ancestors().find(|path| path.is_dir());
        let watched = watched.filter(|path| !path.as_os_str().is_empty());
        println!(
            "cargo::rerun-if-changed={}",
            watched.unwrap_or(Path::new("Cargo.toml")).display()
        );
    }
}
