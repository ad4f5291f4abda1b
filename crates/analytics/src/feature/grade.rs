//! How much may change before a feature falls silent: as much as its sturdiest alternative bears.

use rules::grade::grade as of_alternative;
use rules::rule::Alternative;
use rules::suggest::Grade;

/// The grade of alternatives of which any is enough: that of the sturdiest, and why.
pub(super) fn grade<'a>(
    alternatives: impl IntoIterator<Item = &'a Alternative>,
) -> (Grade, &'static str) {
    let grades = alternatives.into_iter().map(of_alternative);
    grades.min_by_key(|(grade, _)| *grade).unwrap_or((Grade::D, "It means nothing."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::rule::Rule;

    #[test]
    fn the_sturdiest_alternative_counts() {
        let any_of = r#"{"target":{"classes":["tile"]}},{"target":{"id":"save"}}"#;
        let rule = Rule::from_json(&format!(r#"{{"any_of":[{any_of}]}}"#)).unwrap();
        assert_eq!(grade(&rule.any_of).0, Grade::A);
        assert_eq!(grade(&rule.any_of[..1]).0, Grade::C);
        assert_eq!(grade(&[]).0, Grade::D);
    }
}
