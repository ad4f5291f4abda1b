//! What an account has of the product: core actions.
//!
//! A core action is the completion of a feature that is marked: as input, output, integration or
//! core ([`FeatureKind`]). Until any feature is marked, the completion of each counts. To look at a
//! feature or to prepare it completes nothing.

use analytics::feature::{Features, Meant};
use store::{FeatureKind, FeatureStep};

/// The features whose use is a core action.
pub fn features(features: &Features) -> Vec<&Meant> {
    let completing = || features.iter().filter(|it| it.feature.step == FeatureStep::Complete);
    let marked: Vec<_> = completing().filter(|it| is_marked(it)).collect();
    if marked.is_empty() { completing().collect() } else { marked }
}

fn is_marked(meant: &Meant) -> bool {
    match meant.feature.kind {
        FeatureKind::Input | FeatureKind::Output | FeatureKind::Integration | FeatureKind::Core => {
            true
        }
        FeatureKind::Other => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::ProjectId;
    use std::collections::BTreeSet;
    use store::{Feature, ListMode};

    fn some(of: &[(&str, FeatureKind, FeatureStep)]) -> Features {
        Features::new(of.iter().map(|(name, kind, step)| Meant {
            feature: Feature {
                id: (*name).to_owned(),
                project: ProjectId::parse("p").unwrap(),
                name: (*name).to_owned(),
                module: None,
                kind: *kind,
                step: *step,
                list: ListMode::Each,
                any_of: Vec::new(),
                rule_version: 1,
            },
            definition: 1,
            version: 1,
            elements: BTreeSet::new(),
            is_filled: true,
        }))
    }

    fn names(of: &Features) -> Vec<&str> {
        features(of).into_iter().map(|it| it.feature.name.as_str()).collect()
    }

    #[test]
    fn completions_of_what_is_marked_count_and_of_all_until_any_is() {
        let (core, other) = (FeatureKind::Core, FeatureKind::Other);
        let (view, complete) = (FeatureStep::View, FeatureStep::Complete);
        let unmarked = some(&[("a", other, complete), ("b", other, view)]);
        assert_eq!(names(&unmarked), ["a"]);
        let input = FeatureKind::Input;
        let marked = some(&[
            ("a", other, complete),
            ("b", core, view),
            ("c", core, complete),
            ("d", input, complete),
        ]);
        assert_eq!(names(&marked), ["c", "d"]);
        // What is only looked at marks nothing.
        let looked_at = some(&[("a", other, complete), ("b", core, view)]);
        assert_eq!(names(&looked_at), ["a"]);
    }
}
