//! Features in words: what their parts are called, and what is said of them.

use crate::feature::view::{FeatureView, Past};
use rules::rule::{Alternative, Rule};
use rules::suggest::{Scope, Suggestion};
use serde_json::{Map, Value, json};
use store::{FeatureKind, FeatureStep};

/// The kinds, as a form offers them.
pub(super) const KINDS: [(FeatureKind, &str, &str); 5] = [
    (FeatureKind::Other, "other", "Anything else"),
    (FeatureKind::Core, "core", "Core: what the product is bought for"),
    (FeatureKind::Input, "input", "Input: brings material in"),
    (FeatureKind::Output, "output", "Output: makes what others use"),
    (FeatureKind::Integration, "integration", "Integration: joins another system"),
];

/// The steps, as a form offers them.
pub(super) const STEPS: [(FeatureStep, &str, &str); 3] = [
    (FeatureStep::Complete, "complete", "Complete: it is done"),
    (FeatureStep::Configure, "configure", "Configure: it is prepared"),
    (FeatureStep::View, "view", "View: it is looked at"),
];

/// What is said of a feature that means nothing that was ever seen: it has no past to be filled in.
pub(super) const UNSEEN: &str = "Nothing that it means was ever seen. It is counted from its first use on. If you expected uses, its rule may be mistyped.";

/// What is said of the rule of such a feature.
pub(super) const UNCHECKED: &str = "There is nothing to check before its first use.";

/// An option of a form.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) value: &'static str,
    pub(super) label: &'static str,
    pub(super) is_chosen: bool,
}

/// The options of a list, with the chosen one.
pub(super) fn choices<T: PartialEq>(
    of: &[(T, &'static str, &'static str)],
    chosen: &T,
) -> Vec<Choice> {
    let choice = |(one, value, label): &(T, &'static str, &'static str)| Choice {
        value,
        label,
        is_chosen: one == chosen,
    };
    of.iter().map(choice).collect()
}

/// How far along its path a feature stands.
pub(super) fn step(step: FeatureStep) -> &'static str {
    match step {
        FeatureStep::View => "view",
        FeatureStep::Configure => "configure",
        FeatureStep::Complete => "complete",
    }
}

/// Why a feature is not yet counted in its own table, if it is not.
pub(super) fn past(past: Past) -> Option<String> {
    let Past { is_filled, is_kept, months_filled, months } = past;
    if is_filled {
        return None;
    }
    Some(if is_kept {
        format!(
            "Its past is being filled in: {months_filled} of {months} months are done. Until then \
             the same numbers are counted from the events, which takes longer."
        )
    } else {
        "It is counted from the events themselves, which takes longer: several collectors may \
         write to this ClickHouse, and then nobody keeps its uses apart. Where there is one \
         collector alone, set store.audit to true."
            .to_owned()
    })
}

/// Whether all of the past is looked through, and nothing of late was meant.
pub(super) fn is_of_nothing(view: &FeatureView) -> bool {
    view.past.is_filled && view.n_elements == 0 && view.usage.uses == 0
}

/// What is said of a rule where nothing was found wrong.
pub(super) fn no_findings(view: &FeatureView) -> &'static str {
    match view.past {
        _ if is_of_nothing(view) => {
            "It means nothing that was clicked or viewed of late: is something in its rule mistyped?"
        }
        Past { is_filled: true, .. } => "Nothing is wrong with it.",
        Past { is_kept: true, .. } => "It is checked once its past is filled in.",
        Past { .. } => "It is checked only where its uses are kept apart.",
    }
}

/// A number of which there may be more than were counted.
pub(super) fn counted(is_partial: bool, number: &str) -> String {
    if is_partial { format!("at least {number}") } else { number.to_owned() }
}

/// How much of the product a suggestion means: a title, and what that is.
pub(super) fn scope(scope: Scope) -> (&'static str, &'static str, &'static str) {
    match scope {
        Scope::ThisOne => (
            "this_one",
            "This one",
            "Just this, on this page. In a list, the same one of every row.",
        ),
        Scope::AllLikeThis => {
            ("all_like_this", "All like this", "What stands in its place, whatever it is called.")
        }
        Scope::Page => ("page", "The page", "Each view of it, by whoever it is opened."),
        Scope::Anywhere => ("anywhere", "Anywhere in the product", "The same on every page."),
    }
}

/// What a suggestion means, in a sentence.
pub(super) fn meaning(suggestion: &Suggestion) -> &'static str {
    match suggestion.is_of_rows() {
        true => {
            "Any row of this list, wherever in the row somebody clicks. Buttons and links in it are not meant."
        }
        false => scope(suggestion.scope).2,
    }
}

/// An alternative of a rule, as it is stored; none where it cannot be read.
pub(super) fn read(rule: &Map<String, Value>) -> Option<Alternative> {
    let text = json!({"any_of": [rule]}).to_string();
    Rule::from_json(&text).ok()?.any_of.into_iter().next()
}
