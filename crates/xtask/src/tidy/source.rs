//! A Rust file, taken apart into code, comments and literals.
//!
//! The checks look for words. A word in a comment or in a text is another thing than the same
//! word in code, so the file is cut along those lines first, without parsing it further.

/// A Rust file, cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    /// The file with comments and the insides of literals blanked out; lines are kept.
    pub(super) code: String,
    /// The string literals, in order.
    pub(super) literals: Vec<Literal>,
}

/// A string literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Literal {
    /// The line that it begins in, from 1.
    pub(super) line: usize,
    /// What stands between the quotes, escapes as written.
    pub(super) text: String,
}

impl Source {
    /// Cuts a file.
    pub(super) fn new(text: &str) -> Self {
        let mut cutter = Cutter { rest: text, line: 1, code: String::new(), literals: Vec::new() };
        while !cutter.rest.is_empty() {
            cutter.advance();
        }
        Self { code: cutter.code, literals: cutter.literals }
    }

    /// Returns the lines of code that contain a word, from 1.
    pub(super) fn lines_with<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        let lines = self.code.lines().enumerate();
        lines.filter(|(_, line)| has_word(line, word)).map(|(index, _)| index + 1)
    }

    /// Returns the line from which on the file is only compiled for tests.
    pub(super) fn first_test_line(&self) -> Option<usize> {
        self.code.lines().position(|line| line.trim() == "#[cfg(test)]").map(|index| index + 1)
    }
}

/// Tells whether a text contains a word that is not part of a longer one.
pub(super) fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        let begins = !word.starts_with(is_part) || !before.is_some_and(is_part);
        let ends = !word.ends_with(is_part) || !after.is_some_and(is_part);
        begins && ends
    })
}

struct Cutter<'a> {
    rest: &'a str,
    line: usize,
    code: String,
    literals: Vec<Literal>,
}

impl Cutter<'_> {
    fn advance(&mut self) {
        if self.rest.starts_with("//") {
            let end = self.rest.find('\n').unwrap_or(self.rest.len());
            self.blank(end);
        } else if self.rest.starts_with("/*") {
            self.blank(block_comment(self.rest));
        } else if let Some(hashes) = raw_string(self.rest) {
            self.raw(hashes);
        } else if self.rest.starts_with('"') {
            self.keep(1);
            let end = closing_quote(self.rest);
            self.literal(end);
            self.keep(1);
        } else if let Some(end) = character(self.rest) {
            self.keep(1);
            self.blank(end - 2);
            self.keep(1);
        } else {
            let word = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_');
            let first = self.rest.chars().next().map_or(0, char::len_utf8);
            self.keep(word.unwrap_or(self.rest.len()).max(first));
        }
    }

    fn raw(&mut self, hashes: usize) {
        let open = self.rest.find('"').map_or(self.rest.len(), |at| at + 1);
        self.keep(open);
        let close = format!("\"{}", "#".repeat(hashes));
        let end = self.rest.find(&close).unwrap_or(self.rest.len());
        self.literal(end);
        self.keep(close.len());
    }

    fn literal(&mut self, end: usize) {
        let text = self.rest[..end].to_owned();
        self.literals.push(Literal { line: self.line, text });
        self.blank(end);
    }

    fn keep(&mut self, n_bytes: usize) {
        let (kept, rest) = self.rest.split_at(n_bytes.min(self.rest.len()));
        self.line += kept.matches('\n').count();
        self.code.push_str(kept);
        self.rest = rest;
    }

    fn blank(&mut self, n_bytes: usize) {
        let (blanked, rest) = self.rest.split_at(n_bytes);
        self.line += blanked.matches('\n').count();
        self.code.extend(blanked.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        self.rest = rest;
    }
}

/// Returns the length of the block comment that a text begins with; they nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// Returns the number of hashes of the raw string that a text begins with.
fn raw_string(text: &str) -> Option<usize> {
    let text = text.strip_prefix(['b', 'c']).unwrap_or(text).strip_prefix('r')?;
    let hashes = text.len() - text.trim_start_matches('#').len();
    text[hashes..].starts_with('"').then_some(hashes)
}

fn closing_quote(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at,
            _ => {}
        }
    }
    text.len()
}

/// Returns the length of the character literal that a text begins with; a lifetime is none.
fn character(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('\'')?;
    let length = if inside.starts_with('\\') {
        // The character after the backslash may itself be a quote.
        2 + inside.get(2..)?.find('\'')?
    } else {
        inside.chars().next()?.len_utf8()
    };
    inside.get(length..)?.starts_with('\'').then_some(length + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> String {
        Source::new(text).code.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn literals(text: &str) -> Vec<String> {
        Source::new(text).literals.into_iter().map(|literal| literal.text).collect()
    }

    #[test]
    fn comments_are_no_code() {
        assert_eq!(code("let a = 1; // unsafe\nlet b;"), "let a = 1; let b;");
        assert_eq!(code("a /* b /* c */ d */ e"), "a e");
        assert_eq!(code("//! head\n/// doc\nfn f() {}"), "fn f() {}");
    }

    #[test]
    fn literals_are_no_code() {
        assert_eq!(code(r#"f("unsafe \" // no", 'x')"#), "f(\" \", ' ')");
        assert_eq!(literals(r#"f("a \" b", "")"#), [r#"a \" b"#, ""]);
        assert_eq!(literals(r###"f(r#"a "b" c"#, br"d\", c"e")"###), ["a \"b\" c", "d\\", "e"]);
        assert_eq!(literals(r#"['"', '\'', '\\'].map(|c| "x")"#), ["x"]);
    }

    #[test]
    fn lifetimes_are_code() {
        assert_eq!(code("fn f<'a>(x: &'a str) -> &'a str"), "fn f<'a>(x: &'a str) -> &'a str");
        assert_eq!(literals("impl<'a> X<'a> { const A: &'a str = \"t\"; }"), ["t"]);
    }

    #[test]
    fn lines_stay_where_they_are() {
        let source = Source::new("/*\n*/ let a = \"x\ny\";\nlet b = \"z\";\nunsafe {}\n");
        assert_eq!(source.code.lines().count(), 5);
        assert_eq!(source.literals[0], Literal { line: 2, text: "x\ny".to_owned() });
        assert_eq!(source.literals[1].line, 4);
        assert_eq!(source.lines_with("unsafe").collect::<Vec<_>>(), [5]);
    }

    #[test]
    fn words_are_whole() {
        assert!(has_word("unsafe { }", "unsafe"));
        assert!(!has_word("unsafe_code", "unsafe"));
        assert!(has_word("std::env::var(\"A\")", "env::var"));
        assert!(!has_word("env::vars()", "env::var"));
        assert!(has_word("thread::sleep(x)", "sleep("));
    }

    #[test]
    fn test_part_is_found() {
        let text = "fn a() {}\n\n#[cfg(test)]\nmod tests {}\n";
        assert_eq!(Source::new(text).first_test_line(), Some(3));
        assert_eq!(Source::new("fn a() {}").first_test_line(), None);
    }
}
