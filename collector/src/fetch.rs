//! `sillage engine fetch`: brings the library of the embedded engine, and shows how far it is.

use anyhow::Context;
use engine::library::{self, PACKAGE, Progress};
use std::io::{self, Write};
use std::path::Path;

/// Brings the library into the folder `to`, and prints where it is.
///
/// # Errors
/// When it cannot be brought, checked or kept.
pub fn run(to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(to).with_context(|| format!("cannot make {}", to.display()))?;
    let mut shown = None;
    let path = library::fetch(to, |progress| {
        let (is_same_line, text) = text(progress);
        let start = if is_same_line && shown == Some(true) { "\r" } else { "" };
        let end = if is_same_line { "" } else { "\n" };
        let start = if !is_same_line && shown == Some(true) { "\n" } else { start };
        shown = Some(is_same_line);
        // Whoever closed standard error does not want to see it.
        drop(write!(io::stderr(), "{start}{text}{end}"));
    })?;
    writeln!(io::stdout(), "{}", path.display())?;
    Ok(())
}

/// What to show, and whether the next may take its place.
fn text(progress: Progress) -> (bool, String) {
    match progress {
        Progress::Present => (false, format!("{PACKAGE} is there already")),
        Progress::Downloading { n_bytes } => {
            (true, format!("downloading {PACKAGE}: {} MB", n_bytes / 1_000_000))
        }
        Progress::Checking => (false, "checking".to_owned()),
        Progress::Extracting => (false, "extracting".to_owned()),
    }
}
