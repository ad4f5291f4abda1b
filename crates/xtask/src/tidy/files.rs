//! What every file of the work tree keeps to, and every Rust file besides.

use super::source::{Literal, Source, has_word};

/// No file is longer than this; what is, was not written by hand.
const LARGEST_BYTES: usize = 512 * 1024;

/// Binary files that belong to the documentation.
const PICTURES: &str = "collector/screenshots/";

/// Where code of others would lie, and how its files end.
const FOREIGN_FOLDERS: &[&str] = &["node_modules/", "vendor/", "third_party/", "third-party/"];
const FOREIGN_ENDS: &[&str] =
    &[".min.js", ".min.css", ".wasm", ".so", ".a", ".jar", ".zip", ".tgz", ".tar.gz"];

/// Words of unfinished work; spelled in parts so that this list is not found itself.
const LEFT_OVERS: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("X", "XX")];
const LEFT_OVERS_IN_CODE: &[&str] = &["dbg!", "todo!", "unimplemented!", "#[ignore"];

/// The files that may contain `unsafe` code.
const UNSAFE: &[&str] = &["crates/engine/src/child.rs"];

/// The files that may read the environment, by their beginning. Tests may besides, to find tools.
const ENVIRONMENT: &[&str] = &["collector/src/config"];
const ENVIRONMENT_READS: &[&str] = &["env::var", "env::var_os", "env::vars", "env::vars_os"];

/// Test code that may sleep for a reason of its own. Everywhere else a test may only sleep before
/// it looks at a condition again, and says by when it gives up, a few lines above.
const SLEEPERS: &[(&str, &str)] = &[
    ("collector/tests/api/writer.rs", "chooses the moment of a kill"),
    ("tests/harness/client.rs", "a browser's pause between two batches"),
    ("tests/harness/collector.rs", "chooses the moment of a kill"),
    ("tests/harness/trial.rs", "chooses the moment of a kill"),
    ("crates/store/tests/it/kill.rs", "chooses the moment of a kill; asks again after an error"),
];
const DEADLINES: &[&str] = &["deadline", "elapsed"];
const LINES_ABOVE: usize = 12;

/// The files that may spell the names of tables and columns in SQL. Tests may besides: a test
/// that looks with words of its own notices a column that was renamed by mistake.
const SCHEMA: &[&str] = &["crates/store/src/schema.rs"];

/// Returns what is wrong with a file of any kind.
pub(super) fn check(path: &str, content: &[u8]) -> Vec<String> {
    let mut faults = Vec::new();
    if content.len() > LARGEST_BYTES {
        faults.push(format!("{path}: {} bytes are too many for a file", content.len()));
    }
    let is_foreign = FOREIGN_FOLDERS.iter().any(|folder| path.contains(folder))
        || FOREIGN_ENDS.iter().any(|end| path.ends_with(end));
    if is_foreign {
        faults.push(format!("{path}: code and binaries of others come by lock file"));
    }
    match str::from_utf8(content) {
        Ok(text) if !text.contains('\0') => faults.extend(text_faults(path, text)),
        _ if path.starts_with(PICTURES) => {}
        _ => faults.push(format!("{path}: a binary file outside `{PICTURES}`")),
    }
    faults
}

fn text_faults(path: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let at = format!("{path}:{}", index + 1);
        if line.ends_with([' ', '\t', '\r']) {
            faults.push(format!("{at}: space at the end of the line"));
        }
        let left_overs = LEFT_OVERS.iter().filter(|word| line.contains(**word));
        faults.extend(left_overs.map(|word| format!("{at}: `{word}`: finish it or take it out")));
    }
    if !text.is_empty() && !text.ends_with('\n') {
        faults.push(format!("{path}: no line end at the end of the file"));
    }
    faults
}

/// Returns what is wrong with a Rust file. `schema` are the names of tables and columns.
pub(super) fn check_rust(
    path: &str,
    text: &str,
    source: &Source,
    schema: &[String],
) -> Vec<String> {
    let mut faults = Vec::new();
    if !text.starts_with("//!") {
        faults.push(format!("{path}: begins without `//!`, which says what it is"));
    }
    let mut forbid = |words: &[&str], is_allowed: bool, reason: &str| {
        if is_allowed {
            return;
        }
        for word in words {
            let lines = source.lines_with(word);
            faults.extend(lines.map(|line| format!("{path}:{line}: `{word}`: {reason}")));
        }
    };
    forbid(LEFT_OVERS_IN_CODE, false, "finish it or take it out");
    forbid(&["unsafe"], UNSAFE.contains(&path), "only the engine's child may");
    let is_config = ENVIRONMENT.iter().any(|start| path.starts_with(start));
    forbid(
        ENVIRONMENT_READS,
        is_config || is_test(path),
        "only the configuration reads the environment",
    );
    faults.extend(sleeps(path, source));
    if !SCHEMA.contains(&path) && !is_test(path) {
        let literals = source.literals.iter();
        faults.extend(literals.filter_map(|literal| schema_fault(path, literal, schema)));
    }
    faults
}

/// A test that sleeps either wastes time or hides a race.
fn sleeps(path: &str, source: &Source) -> Vec<String> {
    // A bench waits between measurements, and proves nothing.
    if path.contains("/benches/") || SLEEPERS.iter().any(|(allowed, _)| *allowed == path) {
        return Vec::new();
    }
    let tests_from = if is_test(path) { Some(1) } else { source.first_test_line() };
    let code: Vec<&str> = source.code.lines().collect();
    let lines = source.lines_with("sleep(").filter(|line| {
        let above = code[line.saturating_sub(LINES_ABOVE)..*line].concat().to_lowercase();
        let has_deadline = DEADLINES.iter().any(|word| above.contains(word));
        tests_from.is_some_and(|first| *line >= first) && !has_deadline
    });
    lines.map(|line| format!("{path}:{line}: a test waits for a condition, not for time")).collect()
}

fn is_test(path: &str) -> bool {
    let folders = ["/tests/", "/benches/"];
    let in_folder = path.starts_with("tests/") || folders.iter().any(|part| path.contains(part));
    let names = ["/tests.rs", "/proptests.rs", "/testing.rs"];
    in_folder || names.iter().any(|name| path.ends_with(name))
}

fn schema_fault(path: &str, literal: &Literal, schema: &[String]) -> Option<String> {
    if !is_sql(&literal.text) {
        return None;
    }
    let spelled = outside_braces(&literal.text);
    let name = schema.iter().find(|name| has_word(&spelled, name))?;
    let line = literal.line;
    Some(format!("{path}:{line}: `{name}` in SQL: only store's schema.rs spells names"))
}

fn is_sql(text: &str) -> bool {
    const WORDS: &[&str] =
        &["SELECT", "INSERT INTO", "FROM", "WHERE", "GROUP BY", "ORDER BY", "ALTER TABLE"];
    WORDS.iter().any(|word| has_word(text, word))
}

/// Leaves out what stands in braces: places to be filled, and bound parameters.
fn outside_braces(text: &str) -> String {
    let mut depth = 0_usize;
    let mut outside = String::new();
    for c in text.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ if depth == 0 => outside.push(c),
            _ => {}
        }
    }
    outside
}

/// Reads the names of tables and columns out of the text of `schema.rs`.
///
/// A name of one plain word, such as `name`, is left out: it means other things in SQL, too.
pub(super) fn schema_names(source: &Source) -> Vec<String> {
    let is_name =
        |text: &str| text.contains('_') && text.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let names = source.literals.iter().map(|literal| literal.text.clone());
    names.filter(|text| is_name(text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rust(path: &str, text: &str) -> Vec<String> {
        let schema = ["shoe_size".to_owned()];
        check_rust(path, text, &Source::new(text), &schema)
    }

    #[test]
    fn a_good_file_has_no_fault() {
        let text = "//! Head.\n\n/// Unsafe in a comment, SELECT shoe_size too.\nfn f() {}\n";
        assert_eq!(rust("crates/a/src/lib.rs", text), [""; 0]);
        assert_eq!(check("crates/a/src/lib.rs", text.as_bytes()), [""; 0]);
    }

    #[test]
    fn files_of_others_are_found() {
        let check = |path: &str, content: &[u8]| check(path, content).len();
        assert_eq!(check("collector/static/htmx.min.js", b"x\n"), 1);
        assert_eq!(check("crates/xtask/npm/node_modules/a/b.js", b"x\n"), 1);
        assert_eq!(check("a/logo.png", b"\x89PNG\0"), 1);
        assert_eq!(check("collector/screenshots/funnel.png", b"\x89PNG\0"), 0);
        assert_eq!(check("a.txt", &vec![b'\n'; LARGEST_BYTES + 1]), 1);
    }

    #[test]
    fn left_overs_are_found() {
        let line = format!("a // {}: later\n", LEFT_OVERS[0]);
        assert_eq!(check("a.rs", line.as_bytes()).len(), 1);
        assert_eq!(check("a.md", b"a \nb\t\n").len(), 2);
        assert_eq!(check("a.md", b"a").len(), 1);
        let faults = rust("a.rs", "//! A.\nfn f() { dbg!(1); }\n#[ignore = \"slow\"]\n");
        assert_eq!(faults.len(), 2, "{faults:?}");
    }

    #[test]
    fn a_head_is_wanted() {
        assert_eq!(rust("a.rs", "use b;\n"), ["a.rs: begins without `//!`, which says what it is"]);
    }

    #[test]
    fn unsafe_and_environment_stay_in_their_room() {
        let text = "//! A.\nunsafe { x() }\nlet a = std::env::var_os(\"A\");\n";
        assert_eq!(rust("collector/src/app.rs", text).len(), 2);
        assert_eq!(rust("crates/engine/src/child.rs", text).len(), 1);
        assert_eq!(rust("collector/src/config/server.rs", text).len(), 1);
    }

    #[test]
    fn tests_do_not_sleep() {
        let text = "//! A.\nfn f() { sleep(1) }\n#[cfg(test)]\nmod tests { fn g() { sleep(1) } }\n";
        let fault = "a/src/b.rs:4: a test waits for a condition, not for time";
        assert_eq!(rust("a/src/b.rs", text), [fault]);
        assert_eq!(rust("a/tests/b.rs", text).len(), 2);
        assert_eq!(rust(SLEEPERS[0].0, text).len(), 0);
        let looks_again = "//! A.\nwhile !done {\n    assert!(now < deadline);\n    sleep(1);\n}\n";
        assert_eq!(rust("a/tests/b.rs", looks_again), [""; 0]);
    }

    #[test]
    fn schema_names_are_spelled_in_one_place() {
        let spelled = "//! A.\nconst A: &str = \"SELECT shoe_size FROM {table}\";\n";
        assert_eq!(rust("crates/analytics/src/a.rs", spelled).len(), 1);
        assert_eq!(rust("crates/store/src/schema.rs", spelled).len(), 0);
        let filled = "//! A.\nconst A: &str = \"SELECT {shoe_size} FROM {table}\";\n";
        assert_eq!(rust("crates/analytics/src/a.rs", filled).len(), 0);
        let no_sql = "//! A.\nconst A: &str = \"the shoe_size of these events\";\n";
        assert_eq!(rust("crates/analytics/src/a.rs", no_sql).len(), 0);
    }

    #[test]
    fn schema_is_read_from_its_file() {
        let text =
            "//! A.\nconst A: &str = \"shoe_size\";\nconst B: &str = \"UInt_32\", \"name\";\n";
        assert_eq!(schema_names(&Source::new(text)), ["shoe_size"]);
    }
}
