//! How much may change before a rule falls silent, whoever wrote it: the one grader, for what is
//! suggested and for what is saved.

use crate::rule::{Alternative, NodeRule};
use crate::suggest::Grade;

/// The grade of an alternative, and why, in a sentence for the person who points.
pub fn grade(alternative: &Alternative) -> (Grade, &'static str) {
    let Alternative { target, within, page, exact, parts } = alternative;
    if *exact {
        return (
            Grade::D,
            "Only everything about it together tells it from its neighbours, so that any change is the end of it.",
        );
    }
    if alternative.is_page() {
        return (
            Grade::A,
            "It goes by the address of the page, which is kept as long as links to it are.",
        );
    }
    let said = of_itself(target);
    match said {
        Some((Grade::C, _)) if *parts => (
            Grade::C,
            "It is known by the row and the table around it: a new table is another one.",
        ),
        Some((Grade::B, _)) if !within.iter().any(NodeRule::is_one) => (
            Grade::C,
            "Nothing around it has a name: a second one of the same name on this page would count as well.",
        ),
        Some(said) => said,
        None if !within.is_empty() => (Grade::B, "Everything of its kind in the same place."),
        None if page.is_some() => {
            (Grade::C, "Everything of its kind, with nothing around it that has a name.")
        }
        None => (Grade::D, "It means everything of its kind, wherever it stands."),
    }
}

/// What a rule says of the element itself; none if that is its kind alone.
fn of_itself(target: &NodeRule) -> Option<(Grade, &'static str)> {
    let is_by_shape = target.role.is_none() && target.tag.is_some();
    let has_name = !target.name.is_empty();
    Some(if target.test_id.is_some() {
        (Grade::A, "It has a test id, which engineers keep through every change.")
    } else if target.id.is_some() {
        (Grade::A, "It has an id that somebody chose.")
    } else if is_by_shape {
        (
            Grade::C,
            "It has no id, and no name that tells it apart: it is known by its looks and by what is around it.",
        )
    } else if !target.classes.is_empty() {
        (Grade::C, "Everything of its kind in the same place, as long as it looks the same.")
    } else if target.field.is_some() {
        (Grade::B, "It is a field with a name of its own.")
    } else if target.href.is_some() {
        (Grade::B, "It is a link, and is known by where it leads.")
    } else if has_name {
        (
            Grade::B,
            "It is known by what it is and what it is called: another label or language needs another alternative.",
        )
    } else {
        return None;
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Rule;

    #[test]
    fn a_rule_is_as_sturdy_as_what_it_goes_by() {
        let check = |rule: &str, expected: Grade| {
            let rule = Rule::from_json(&format!(r#"{{"any_of":[{rule}]}}"#)).unwrap();
            assert_eq!(grade(&rule.any_of[0]).0, expected, "{rule:?}");
        };
        check(r#"{"target":{"test_id":"save"}}"#, Grade::A);
        check(r#"{"page":{"path":"/reports"}}"#, Grade::A);
        check(
            r#"{"target":{"role":"button","name":["Save"]},"within":[{"id":"report"}]}"#,
            Grade::B,
        );
        check(
            r#"{"target":{"role":"button","name":["Save"]},"within":[{"role":"form"}]}"#,
            Grade::C,
        );
        check(r#"{"target":{"role":"button","name":["Save"]}}"#, Grade::C);
        check(r#"{"target":{"role":"button"},"within":[{"role":"form"}]}"#, Grade::B);
        check(r#"{"target":{"tag":"td"},"within":[{"tag":"tr"},{"id":"people"}]}"#, Grade::C);
        check(r#"{"target":{"tag":"td","name":["3"]},"within":[{"id":"people"}]}"#, Grade::C);
        check(r#"{"target":{"classes":["tile"]}}"#, Grade::C);
        check(r#"{"target":{"tag":"tr"},"within":[{"id":"people"}],"parts":true}"#, Grade::C);
        check(r#"{"target":{"test_id":"person"},"parts":true}"#, Grade::A);
        check(r#"{"target":{"role":"button"}}"#, Grade::D);
        check(r#"{"target":{"test_id":"save"},"exact":true}"#, Grade::D);
    }
}
