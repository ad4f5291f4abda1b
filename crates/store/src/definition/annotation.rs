//! An annotation of the course of time: a release, or a note on what happened, to be seen beside numbers.

use super::{Definition, Edit, Kind, definition, hex};
use crate::{Connection, Error};
use protocol::{ProjectId, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// An annotation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annotation {
    /// Stands in addresses. See [`Self::id_of`].
    pub id: String,
    /// The tenant.
    pub project: ProjectId,
    /// Its day in the project's calendar, such as `2026-11-22`.
    pub day: String,
    /// Its moment, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// What it marks.
    pub kind: AnnotationKind,
    /// What it says, at most [`Self::CHARS`] characters.
    pub text: String,
}

/// What is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnnotationKind {
    /// A version of the product went out.
    Release,
    /// Anything else.
    #[default]
    Note,
}

/// What somebody wrote, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written<T> {
    /// The version, to base an edit on.
    pub version: u32,
    /// Who wrote it.
    pub author: String,
    /// When.
    pub written_at: Timestamp,
    /// Whether this version says that there is none any more.
    pub deleted: bool,
    /// The content.
    pub value: T,
}

impl<T: DeserializeOwned> Written<T> {
    /// What a definition says, if it can be read.
    pub(super) fn read(definition: Definition) -> Option<Self> {
        let value = serde_json::from_str(&definition.body).ok()?;
        let Definition { version, author, written_at, deleted, .. } = definition;
        Some(Self { version, author, written_at, deleted, value })
    }
}

impl Annotation {
    /// The most characters of its text.
    pub const CHARS: usize = 200;

    /// The id of an annotation that says this of this time: a hash, so that the same said twice is one.
    pub fn id_of(project: &ProjectId, when: &str, kind: AnnotationKind, text: &str) -> String {
        let mut hasher = Sha256::new();
        let kind = [u8::from(kind == AnnotationKind::Release)];
        for part in [project.as_str().as_bytes(), when.as_bytes(), &kind, text.as_bytes()] {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        hex::text(&hasher.finalize()[..8])
    }
}

impl Connection {
    /// The annotations of a project that can be read, by day; those that were taken away are among them.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn annotations(
        &self,
        project: &ProjectId,
    ) -> Result<Vec<Written<Annotation>>, Error> {
        let all =
            self.definitions_of(Kind::Annotation).await?.into_iter().filter_map(Written::read);
        let mut own: Vec<Written<Annotation>> =
            all.filter(|it: &Written<Annotation>| it.value.project == *project).collect();
        own.sort_by(|a, b| (&a.value.day, a.value.at).cmp(&(&b.value.day, b.value.at)));
        Ok(own)
    }

    /// Writes an annotation; returns its new version.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub async fn put_annotation(&self, annotation: &Annotation, edit: &Edit) -> Result<u32, Error> {
        self.put_value(Kind::Annotation, &annotation.id, annotation, edit).await
    }

    /// Takes an annotation away: its last version says who did it, and that there is none any more.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub async fn delete_annotation(
        &self,
        annotation: &Annotation,
        edit: &Edit,
    ) -> Result<(), Error> {
        let definition = definition(Kind::Annotation, &annotation.id, annotation, edit)?;
        let definition = Definition { deleted: true, ..definition };
        self.put(&definition, edit.expected_version).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_annotation_is_readable_json_and_the_same_said_twice_is_one() {
        let project = ProjectId::parse("tidemark").unwrap();
        let id = |when, kind| Annotation::id_of(&project, when, kind, "4.2");
        let json =
            r#"{"id":"ID","project":"tidemark","day":"2026-11-22","kind":"release","text":"4.2"}"#;
        let json = json.replace("ID", &id("2026-11-22", AnnotationKind::Release));
        let annotation: Annotation = serde_json::from_str(&json).unwrap();
        assert_eq!(serde_json::to_string(&annotation).unwrap(), json);
        assert_eq!(annotation.id, id("2026-11-22", AnnotationKind::Release));
        assert_ne!(annotation.id, id("2026-11-22", AnnotationKind::Note));
        assert_ne!(annotation.id, id("2026-11-23", AnnotationKind::Release));
    }
}
