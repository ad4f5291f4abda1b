//! How much may change before a rule falls silent, whoever wrote it.

use rules::rule::{Alternative, NodeRule};
use rules::suggest::Grade;

/// The grade of alternatives of which any is enough: that of the sturdiest, and why.
pub(super) fn grade<'a>(
    alternatives: impl IntoIterator<Item = &'a Alternative>,
) -> (Grade, &'static str) {
    let grades = alternatives.into_iter().map(of_alternative);
    grades.min_by_key(|(grade, _)| *grade).unwrap_or((Grade::D, "It means nothing."))
}

fn of_alternative(alternative: &Alternative) -> (Grade, &'static str) {
    if alternative.exact {
        return (Grade::D, "Everything about the element has to stay as it is.");
    }
    if alternative.is_page() {
        let page = rules::suggest::of_page("");
        return (page.grade, page.reason);
    }
    let has_name = |node: &NodeRule| !node.name.is_empty();
    let target = &alternative.target;
    if target.test_id.is_some() {
        (Grade::A, "It goes by a test id, which engineers keep through every change.")
    } else if target.id.is_some() {
        (Grade::A, "It goes by an id that somebody chose.")
    } else if !target.classes.is_empty() {
        (Grade::C, "It goes by classes, which a new look changes.")
    } else if target.field.is_some() {
        (Grade::B, "It goes by the name of a field.")
    } else if target.href.is_some() {
        (Grade::B, "It goes by where a link leads.")
    } else if has_name(target) {
        (Grade::B, "It goes by what it is called: another label needs another alternative.")
    } else if !alternative.within.is_empty() {
        (Grade::B, "It means everything of its kind in one place.")
    } else {
        (Grade::D, "It means everything of its kind, wherever it stands.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::rule::Rule;

    #[test]
    fn the_sturdiest_alternative_counts() {
        let check = |rule: &str, expected: Grade| {
            let rule = Rule::from_json(&format!(r#"{{"any_of":[{rule}]}}"#)).unwrap();
            assert_eq!(grade(&rule.any_of).0, expected, "{rule:?}");
        };
        check(r#"{"target":{"test_id":"save"}}"#, Grade::A);
        check(r#"{"target":{"role":"button","name":["Save"]}}"#, Grade::B);
        check(r#"{"target":{"classes":["tile"]}}"#, Grade::C);
        check(r#"{"target":{"role":"button"}}"#, Grade::D);
        check(r#"{"target":{"classes":["tile"]}},{"target":{"id":"save"}}"#, Grade::A);
        check(r#"{"target":{"test_id":"save"},"exact":true}"#, Grade::D);
    }
}
