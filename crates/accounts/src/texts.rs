//! Texts that a statement is given, however many and long they are.

use std::ops::Range;
use store::Statement;

/// The bytes of the texts of one parameter. The server takes 128 KiB of each, and a byte that is
/// escaped, for the list and for the parameter, becomes four.
const BYTES: usize = 24 * 1_024;

/// Texts as parameters of one statement.
#[derive(Debug)]
pub(crate) struct Texts<'a> {
    texts: &'a [String],
    parts: Vec<Range<usize>>,
}

impl<'a> Texts<'a> {
    pub(crate) fn new(texts: &'a [String]) -> Self {
        let (mut parts, mut start, mut bytes) = (Vec::new(), 0, 0);
        for (n, text) in texts.iter().enumerate() {
            if bytes + text.len() > BYTES && n > start {
                parts.push(start..n);
                (start, bytes) = (n, 0);
            }
            // The quotes and the comma.
            bytes += text.len() + 3;
        }
        parts.push(start..texts.len());
        Self { texts, parts }
    }

    /// All of them, as SQL of an array. It needs the parameters of [`Self::bind`].
    pub(crate) fn sql(&self) -> String {
        let each = (0..self.parts.len()).map(|n| format!("{{texts_{n}:Array(String)}}"));
        format!("arrayConcat({})", each.collect::<Vec<_>>().join(", "))
    }

    /// Gives the parameters of [`Self::sql`] their values.
    pub(crate) fn bind(&self, statement: Statement) -> Statement {
        let each = self.parts.iter().cloned().enumerate();
        each.fold(statement, |all, (n, part)| {
            all.bind(format!("texts_{n}"), self.texts[part].to_vec())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_parameter_is_too_long_and_no_text_is_lost() {
        let texts: Vec<String> = (0..1_000).map(|n| format!("{n:0>256}")).collect();
        let told = Texts::new(&texts);
        let statement = told.bind(Statement::new(told.sql()));
        let all: Vec<String> =
            told.parts.iter().flat_map(|part| texts[part.clone()].to_vec()).collect();
        assert_eq!(all, texts);
        let bytes = |part: &Range<usize>| texts[part.clone()].iter().map(|it| it.len() + 3).sum();
        assert!(told.parts.iter().all(|part| (1..=BYTES + 3).contains(&bytes(part))));
        assert_eq!(statement.params().len(), told.parts.len());
        for (name, _) in statement.params() {
            assert!(statement.sql().contains(&format!("{{{name}:Array(String)}}")), "{name}");
        }
    }

    #[test]
    fn few_are_one_parameter_and_one_that_is_too_long_is_alone() {
        let parts = |texts: &[String]| -> Vec<(usize, usize)> {
            Texts::new(texts).parts.into_iter().map(|part| (part.start, part.end)).collect()
        };
        assert_eq!(parts(&[]), [(0, 0)]);
        assert_eq!(parts(&["a".to_owned(), "b".to_owned()]), [(0, 2)]);
        let long = "x".repeat(BYTES + 1);
        assert_eq!(parts(&["a".to_owned(), long, "b".to_owned()]), [(0, 1), (1, 2), (2, 3)]);
    }
}
