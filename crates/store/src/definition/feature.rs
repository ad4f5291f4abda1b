//! A named feature: what a product manager pointed at, and what she calls it.
//!
//! What is meant is said by alternatives, each of which may hold only for a time or for a version
//! of the page's application, so that a button that was renamed keeps its past. This crate keeps
//! them as JSON; what they mean is decided by the crate `rules` alone.

use super::hex;
use protocol::{ProjectId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// A feature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feature {
    /// Stands in addresses and in every row; stays when the feature is renamed. See [`Self::id_of`].
    pub id: String,
    /// The tenant.
    pub project: ProjectId,
    /// What members call it.
    pub name: String,
    /// The group it belongs to. Without one, the first segment of the page's path is its group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// What it does for those who use it.
    #[serde(default)]
    pub kind: FeatureKind,
    /// How far along its own path it stands.
    #[serde(default)]
    pub step: FeatureStep,
    /// What is meant in a list of many rows.
    #[serde(default)]
    pub list: ListMode,
    /// What is meant: at least one.
    pub any_of: Vec<FeatureAlternative>,
    /// The version of the definition that brought what is meant. A version that only calls it
    /// otherwise means the same, so that nothing has to be found or counted anew for it.
    pub rule_version: u32,
}

/// One way to say what is meant, and when it holds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FeatureAlternative {
    /// The first moment at which it holds; from the beginning if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Timestamp>,
    /// The first moment at which it holds no longer; for ever if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Timestamp>,
    /// The version of the page's application that it holds for: `4.2` is also 4.2.1, and not 4.20.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_version: Option<String>,
    /// The alternative of a rule, as `rules::rule::Alternative` writes it: with an element, or with
    /// a page alone, whose views are meant then.
    #[serde(flatten)]
    pub rule: Map<String, Value>,
}

/// What a feature does for those who use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeatureKind {
    /// It brings material in.
    Input,
    /// It makes something that others use.
    Output,
    /// It joins another system.
    Integration,
    /// It is what the product is bought for.
    Core,
    /// Anything else.
    #[default]
    Other,
}

/// How far along its own path a feature stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeatureStep {
    /// It is looked at.
    View,
    /// It is prepared.
    Configure,
    /// It is done.
    #[default]
    Complete,
}

/// What is meant in a list of many rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListMode {
    /// The same thing in each row.
    #[default]
    Each,
    /// Everything in the list.
    All,
}

impl Feature {
    /// It as the version after `before`, which is at `version`: what it means is as old as it is
    /// there, if it is the same.
    #[must_use]
    pub fn after(self, before: Option<&Self>, version: u32) -> Self {
        let same = before.filter(|before| before.any_of == self.any_of);
        let rule_version = same.map_or(version.saturating_add(1), |before| before.rule_version);
        Self { rule_version, ..self }
    }

    /// The id of what is called so at first: a hash of project and name. Where that id is taken by
    /// a feature that has another name by now, it is the `n`th one's.
    pub fn id_of(project: &ProjectId, name: &str, n: u32) -> String {
        let mut hasher = Sha256::new();
        for part in [project.as_str().as_bytes(), name.as_bytes(), &n.to_be_bytes()] {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        hex::text(&hasher.finalize()[..8])
    }

    /// Whether a text can be the id of a feature: 16 hexadecimal digits.
    pub fn is_id(text: &str) -> bool {
        text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_is_readable_json() {
        let project = ProjectId::parse("tidemark").unwrap();
        let json = r#"{"id":"ID","project":"tidemark","name":"Save report","kind":"output","step":"complete","list":"each","any_of":[{"valid_to":5,"app_version":"4.2","page":{"path":"/reports/:id"},"target":{"test_id":"save"}}],"rule_version":1}"#;
        let json = json.replace("ID", &Feature::id_of(&project, "Save report", 0));
        let feature: Feature = serde_json::from_str(&json).unwrap();
        assert_eq!(feature.any_of[0].rule.keys().collect::<Vec<_>>(), ["page", "target"]);
        assert_eq!(serde_json::to_string(&feature).unwrap(), json);
        assert!(Feature::is_id(&feature.id));
    }

    #[test]
    fn what_is_meant_is_as_old_as_its_rule() {
        let one = |path: &str| FeatureAlternative {
            rule: Map::from_iter([("page".to_owned(), path.into())]),
            ..FeatureAlternative::default()
        };
        let feature = |name: &str, any_of: Vec<FeatureAlternative>| Feature {
            id: "f".to_owned(),
            project: ProjectId::parse("p").unwrap(),
            name: name.to_owned(),
            module: None,
            kind: FeatureKind::default(),
            step: FeatureStep::default(),
            list: ListMode::default(),
            any_of,
            rule_version: 0,
        };
        let first = feature("One", vec![one("/a")]).after(None, 0);
        let renamed = feature("Two", vec![one("/a")]).after(Some(&first), 1);
        let until = FeatureAlternative { valid_to: Some(Timestamp::from_millis(5)), ..one("/a") };
        let ended = feature("Two", vec![until]).after(Some(&renamed), 2);
        let back = feature("Two", vec![one("/a")]).after(Some(&ended), 3);
        let versions = [first, renamed, ended, back].map(|feature| feature.rule_version);
        assert_eq!(versions, [1, 1, 3, 4]);
    }

    #[test]
    fn names_and_projects_are_told_apart() {
        let id = |project, name, n| Feature::id_of(&ProjectId::parse(project).unwrap(), name, n);
        assert_eq!(id("a", "bc", 0), id("a", "bc", 0));
        assert_ne!(id("a", "bc", 0), id("ab", "c", 0));
        assert_ne!(id("a", "bc", 0), id("a", "bc", 1));
    }
}
