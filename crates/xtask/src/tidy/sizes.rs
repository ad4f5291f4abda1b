//! The largest files and functions: shown so that someone looks, never a fault.

use super::source::Source;

/// Something with a number of lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sized {
    pub(super) n_lines: usize,
    pub(super) what: String,
}

/// Returns the functions of a file with their lengths, from signature to closing brace.
pub(super) fn functions(path: &str, source: &Source) -> Vec<Sized> {
    let code = &source.code;
    let starts = code.match_indices("fn ").filter(|(at, _)| {
        !code[..*at].ends_with(|before: char| before.is_alphanumeric() || before == '_')
    });
    starts
        .filter_map(|(at, _)| {
            let rest = &code[at..];
            let open = rest.find(['{', ';'])?;
            let body = rest[open..].starts_with('{').then(|| body_end(&rest[open..]))??;
            let name = rest[3..].split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
            let n_lines = rest[..open + body].lines().count();
            Some(Sized { n_lines, what: format!("{path} {name}") })
        })
        .collect()
}

/// Returns where the braces that a text begins with are closed.
fn body_end(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

/// Returns the `n` largest, largest first.
pub(super) fn largest(mut all: Vec<Sized>, n: usize) -> Vec<Sized> {
    all.sort_by(|a, b| b.n_lines.cmp(&a.n_lines).then_with(|| a.what.cmp(&b.what)));
    all.truncate(n);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_measured() {
        let text = "fn a() { 1 }\n\ntrait T { fn b(&self); }\n\
                    pub fn c(x: [u8; 1]) {\n    if x { \"}\" }\n    else { y }\n}\n";
        let found = functions("x.rs", &Source::new(&text.replace("[u8; 1]", "u8")));
        let expected = [("x.rs a", 1), ("x.rs c", 4)];
        let found: Vec<_> = found.iter().map(|f| (f.what.as_str(), f.n_lines)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn largest_come_first() {
        let sized = |n_lines, what: &str| Sized { n_lines, what: what.to_owned() };
        let all = vec![sized(2, "b"), sized(9, "c"), sized(2, "a")];
        assert_eq!(largest(all, 2), [sized(9, "c"), sized(2, "a")]);
    }
}
