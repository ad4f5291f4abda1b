//! What members define: append-only versions, the latest of which holds.
//!
//! An edit says which version it is based on. The insert of version n carries the same
//! deduplication token from everybody, so that of two writers at once the server keeps the row
//! of the first, and the other sees that the row is not his: a compare-and-set on one node.
//! Where rows of two writers are there all the same, the lower writer id holds for everybody.

mod annotation;
mod captured;
mod defined;
mod feature;
mod hex;
mod identity_rules;
mod invitation;
mod member;
mod merge;
mod private_key;
mod project;
mod staff_rules;
mod view;

pub use annotation::{Annotation, AnnotationKind, Written};
pub use captured::{Captured, CapturedChange};
pub use defined::{Defined, Unreadable};
pub use feature::{Feature, FeatureAlternative, FeatureKind, FeatureStep, ListMode};
pub use identity_rules::{IdentityChange, IdentityRules};
pub use invitation::Invitation;
pub use member::{Member, Role};
pub use merge::{Merge, Merges};
pub use private_key::PrivateKey;
pub use project::{Project, WeekStart};
pub use staff_rules::{Property, StaffRules};
pub use view::{SavedView, View};

use crate::connection::random;
use crate::insert::write;
use crate::{Connection, Error, Row, Statement};
use protocol::{ProjectId, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is defined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A [`Project`].
    Project,
    /// A [`Member`].
    Member,
    /// An [`Invitation`].
    Invitation,
    /// A [`PrivateKey`].
    PrivateKey,
    /// The [`StaffRules`] of a project.
    StaffRules,
    /// A [`Merge`].
    Merge,
    /// The [`IdentityRules`] of a project.
    IdentityRules,
    /// What a project has [`Captured`].
    Captured,
    /// A [`Feature`].
    Feature,
    /// An [`Annotation`].
    Annotation,
    /// A [`View`].
    View,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Project,
        Self::Member,
        Self::Invitation,
        Self::PrivateKey,
        Self::StaffRules,
        Self::Merge,
        Self::IdentityRules,
        Self::Captured,
        Self::Feature,
        Self::Annotation,
        Self::View,
    ];

    /// The word in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Member => "member",
            Self::Invitation => "invitation",
            Self::PrivateKey => "private_key",
            Self::StaffRules => "staff_rules",
            Self::Merge => "merge",
            Self::IdentityRules => "identity_rules",
            Self::Captured => "captured",
            Self::Feature => "feature",
            Self::Annotation => "annotation",
            Self::View => "view",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One version of one definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// What is defined.
    pub kind: Kind,
    /// Which one, within its kind.
    pub id: String,
    /// From 1, without gaps.
    pub version: u32,
    /// JSON text; its form depends on the kind.
    pub body: String,
    /// Who wrote it.
    pub author: String,
    /// When it was written.
    pub written_at: Timestamp,
    /// Whether this version says that there is none any more.
    pub deleted: bool,
}

/// Who changes what he saw at which version, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The version that the change is based on; 0 for what is new.
    pub expected_version: u32,
    /// Who writes.
    pub author: String,
    /// When.
    pub at: Timestamp,
}

/// A definition's content and its version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versioned<T> {
    /// The version, to base an edit on.
    pub version: u32,
    /// The content.
    pub value: T,
}

#[derive(Row, Serialize, Deserialize)]
struct DefinitionRow {
    kind: String,
    id: String,
    version: u32,
    writer: [u8; 16],
    body: String,
    author: String,
    written_at: Timestamp,
    deleted: bool,
}

impl DefinitionRow {
    /// The definition, unless its kind is one of a later build.
    fn into_definition(self) -> Option<Definition> {
        let kind = Kind::ALL.into_iter().find(|kind| kind.as_str() == self.kind)?;
        let Self { id, version, body, author, written_at, deleted, .. } = self;
        Some(Definition { kind, id, version, body, author, written_at, deleted })
    }
}

/// The columns in the order of [`DefinitionRow`].
const COLUMNS: &str = "kind, id, version, writer, body, author, written_at, deleted";

impl Connection {
    /// The latest version of each definition, deleted ones included, by kind and id.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn definitions(&self) -> Result<Vec<Definition>, Error> {
        let question = format!(
            "SELECT {COLUMNS} FROM {} ORDER BY kind, id, version DESC, writer LIMIT 1 BY kind, id",
            self.databases().definitions()
        );
        let rows = self.select::<DefinitionRow>(&Statement::new(question)).await?;
        Ok(rows.into_iter().filter_map(DefinitionRow::into_definition).collect())
    }

    /// Writes `definition` as the version after `expected_version`; 0 for what is new.
    ///
    /// # Errors
    /// [`Error::Conflict`] when another version was written meanwhile. When the server is away
    /// the outcome is not known: repeating the call then succeeds or says that there is a conflict.
    pub async fn put(&self, definition: &Definition, expected_version: u32) -> Result<(), Error> {
        let (kind, id) = (definition.kind, definition.id.as_str());
        let current = self.last_row(kind, id, u32::MAX).await?.map_or(0, |row| row.version);
        let version = expected_version.saturating_add(1);
        if current != expected_version || definition.version != version {
            let id = id.to_owned();
            return Err(Error::Conflict { kind, id, expected: expected_version, current });
        }
        let writer = random()?;
        let token = format!("{kind}/{id}/{version}");
        self.append(definition, writer, &token).await?;
        let mut winner =
            self.last_row(kind, id, version).await?.filter(|row| row.version == version);
        if winner.is_none() {
            // The token was logged by an insert that a crash cut off before its row was there.
            self.append(definition, writer, &format!("{token}/{}", self.nonce)).await?;
            winner = self.last_row(kind, id, version).await?;
        }
        match winner {
            Some(row) if row.writer == writer => Ok(()),
            Some(_) | None => {
                let id = id.to_owned();
                Err(Error::Conflict { kind, id, expected: expected_version, current: version })
            }
        }
    }

    /// The projects that are there and can be read.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn projects(&self) -> Result<Vec<Versioned<Project>>, Error> {
        Ok(self.defined().await?.projects)
    }

    /// Writes a project; returns its new version.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub async fn put_project(&self, project: &Project, edit: &Edit) -> Result<u32, Error> {
        self.put_value(Kind::Project, project.id.as_str(), project, edit).await
    }

    /// The members that are there and can be read.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn members(&self) -> Result<Vec<Versioned<Member>>, Error> {
        Ok(self.defined().await?.members)
    }

    /// Writes a member; returns his new version.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub async fn put_member(&self, member: &Member, edit: &Edit) -> Result<u32, Error> {
        self.put_value(Kind::Member, &member.id(), member, edit).await
    }

    /// Removes a member: his last version says who did it, and that there is none any more.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub async fn delete_member(&self, member: &Member, edit: &Edit) -> Result<(), Error> {
        self.delete_value(Kind::Member, &member.id(), member, edit).await
    }

    /// The invitations that are there and can be read, those that expired included: not those that
    /// were accepted or withdrawn.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn invitations(&self) -> Result<Vec<Versioned<Invitation>>, Error> {
        Ok(self.defined().await?.invitations)
    }

    /// Writes an invitation; returns its new version.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub async fn put_invitation(&self, invitation: &Invitation, edit: &Edit) -> Result<u32, Error> {
        self.put_value(Kind::Invitation, &invitation.id(), invitation, edit).await
    }

    /// Ends an invitation, which was accepted or withdrawn: its last version says by whom.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub async fn end_invitation(&self, invitation: &Invitation, edit: &Edit) -> Result<(), Error> {
        self.delete_value(Kind::Invitation, &invitation.id(), invitation, edit).await
    }

    /// The version that a definition is at, also of one that is there no more; 0 if there was none.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn version_of(&self, kind: Kind, id: &str) -> Result<u32, Error> {
        Ok(self.last_row(kind, id, u32::MAX).await?.map_or(0, |row| row.version))
    }

    /// The private keys that are there and can be read: not those that were revoked.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn private_keys(&self) -> Result<Vec<Versioned<PrivateKey>>, Error> {
        Ok(self.defined().await?.private_keys)
    }

    /// Writes a private key; returns its new version.
    ///
    /// # Errors
    /// As [`Self::put`]; so a key that was revoked cannot come back as a new one.
    pub async fn put_private_key(&self, key: &PrivateKey, edit: &Edit) -> Result<u32, Error> {
        self.put_value(Kind::PrivateKey, &key.id(), key, edit).await
    }

    /// Revokes a private key: its last version says who did it, and that there is none any more.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub async fn revoke_private_key(&self, key: &PrivateKey, edit: &Edit) -> Result<(), Error> {
        self.delete_value(Kind::PrivateKey, &key.id(), key, edit).await
    }

    /// The rules by which people are left out, of each project that has some that can be read.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn staff_rules(&self) -> Result<Vec<Versioned<StaffRules>>, Error> {
        Ok(self.defined().await?.staff_rules)
    }

    /// Writes the rules of a project; returns their new version.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub async fn put_staff_rules(&self, rules: &StaffRules, edit: &Edit) -> Result<u32, Error> {
        self.put_value(Kind::StaffRules, rules.project.as_str(), rules, edit).await
    }

    /// The version of a definition that holds; `None` if there is none, or none any more.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn definition(&self, kind: Kind, id: &str) -> Result<Option<Definition>, Error> {
        let row = self.last_row(kind, id, u32::MAX).await?;
        let definition = row.and_then(DefinitionRow::into_definition);
        Ok(definition.filter(|definition| !definition.deleted))
    }

    /// The identity rules of each project that ever had any, where they can be read.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn identity_rules(&self) -> Result<Vec<Versioned<IdentityRules>>, Error> {
        Ok(self.defined().await?.identity_rules)
    }

    /// Writes the identity rules of a project; returns their new version.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub async fn put_identity_rules(
        &self,
        rules: &IdentityRules,
        edit: &Edit,
    ) -> Result<u32, Error> {
        self.put_value(Kind::IdentityRules, rules.project.as_str(), rules, edit).await
    }

    /// Those of the last `n` versions of the identity rules of a project that can be read, the
    /// newest first.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn identity_changes(
        &self,
        project: &ProjectId,
        n: u32,
    ) -> Result<Vec<IdentityChange>, Error> {
        let read = |DefinitionRow { version, body, author, written_at, .. }: DefinitionRow| {
            let rules: IdentityRules = serde_json::from_str(&body).ok()?;
            Some(IdentityChange { version, rules: rules.rules, author, at: written_at })
        };
        let rows = self.last_versions(Kind::IdentityRules, project.as_str(), n).await?;
        Ok(rows.into_iter().filter_map(read).collect())
    }

    /// Writes what a project captures; returns the new version.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub async fn put_captured(&self, captured: &Captured, edit: &Edit) -> Result<u32, Error> {
        self.put_value(Kind::Captured, captured.project.as_str(), captured, edit).await
    }

    /// Those of the last `n` versions of what a project captures that can be read, the newest first.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn captured_changes(
        &self,
        project: &ProjectId,
        n: u32,
    ) -> Result<Vec<CapturedChange>, Error> {
        let read = |DefinitionRow { version, body, author, written_at, .. }: DefinitionRow| {
            let captured: Captured = serde_json::from_str(&body).ok()?;
            Some(CapturedChange { version, off: captured.off, author, at: written_at })
        };
        let rows = self.last_versions(Kind::Captured, project.as_str(), n).await?;
        Ok(rows.into_iter().filter_map(read).collect())
    }

    /// The last `n` versions of one definition, the newest first.
    async fn last_versions(
        &self,
        kind: Kind,
        id: &str,
        n: u32,
    ) -> Result<Vec<DefinitionRow>, Error> {
        let question = format!(
            "SELECT {COLUMNS} FROM {} WHERE kind = {{kind:String}} AND id = {{id:String}} \
             ORDER BY version DESC, writer LIMIT 1 BY version LIMIT {{n:UInt32}}",
            self.databases().definitions()
        );
        let question =
            Statement::new(question).bind("kind", kind.as_str()).bind("id", id).bind("n", n);
        self.select(&question).await
    }

    /// The latest version of every feature of all projects, deleted ones included.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn feature_definitions(&self) -> Result<Vec<Definition>, Error> {
        self.definitions_of(Kind::Feature).await
    }

    /// The latest version of every definition of a kind, deleted ones included.
    async fn definitions_of(&self, kind: Kind) -> Result<Vec<Definition>, Error> {
        let question = format!(
            "SELECT {COLUMNS} FROM {} WHERE kind = {{kind:String}} \
             ORDER BY kind, id, version DESC, writer LIMIT 1 BY kind, id",
            self.databases().definitions()
        );
        let question = Statement::new(question).bind("kind", kind.as_str());
        let rows = self.select::<DefinitionRow>(&question).await?;
        Ok(rows.into_iter().filter_map(DefinitionRow::into_definition).collect())
    }

    /// All versions of one definition, the latest first.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn versions(&self, kind: Kind, id: &str) -> Result<Vec<Definition>, Error> {
        let rows = self.last_versions(kind, id, u32::MAX).await?;
        Ok(rows.into_iter().filter_map(DefinitionRow::into_definition).collect())
    }

    /// Writes a feature; returns its new version.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub async fn put_feature(&self, feature: &Feature, edit: &Edit) -> Result<u32, Error> {
        self.put_value(Kind::Feature, &feature.id, feature, edit).await
    }

    /// Deletes a feature: its last version says who did it, and that there is none any more.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub async fn delete_feature(&self, feature: &Feature, edit: &Edit) -> Result<(), Error> {
        self.delete_value(Kind::Feature, &feature.id, feature, edit).await
    }

    /// Writes a view; returns its new version.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub async fn put_view(&self, view: &View, edit: &Edit) -> Result<u32, Error> {
        self.put_value(Kind::View, &view.id, view, edit).await
    }

    /// Deletes a view: its last version says who did it, and that there is none any more.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub async fn delete_view(&self, view: &View, edit: &Edit) -> Result<(), Error> {
        self.delete_value(Kind::View, &view.id, view, edit).await
    }

    async fn put_value(
        &self,
        kind: Kind,
        id: &str,
        value: &impl Serialize,
        edit: &Edit,
    ) -> Result<u32, Error> {
        let definition = definition(kind, id, value, edit)?;
        self.put(&definition, edit.expected_version).await?;
        Ok(definition.version)
    }

    async fn delete_value(
        &self,
        kind: Kind,
        id: &str,
        value: &impl Serialize,
        edit: &Edit,
    ) -> Result<(), Error> {
        let definition = definition(kind, id, value, edit)?;
        let definition = Definition { deleted: true, ..definition };
        self.put(&definition, edit.expected_version).await
    }

    /// The row that holds among those up to `version`.
    async fn last_row(
        &self,
        kind: Kind,
        id: &str,
        version: u32,
    ) -> Result<Option<DefinitionRow>, Error> {
        let question = format!(
            "SELECT {COLUMNS} FROM {} WHERE kind = {{kind:String}} AND id = {{id:String}} \
             AND version <= {{version:UInt32}} ORDER BY version DESC, writer LIMIT 1",
            self.databases().definitions()
        );
        let question = Statement::new(question)
            .bind("kind", kind.as_str())
            .bind("id", id)
            .bind("version", version);
        self.one(&question).await
    }

    async fn append(
        &self,
        definition: &Definition,
        writer: [u8; 16],
        token: &str,
    ) -> Result<(), Error> {
        let row = DefinitionRow {
            kind: definition.kind.as_str().to_owned(),
            id: definition.id.clone(),
            version: definition.version,
            writer,
            body: definition.body.clone(),
            author: definition.author.clone(),
            written_at: definition.written_at,
            deleted: definition.deleted,
        };
        let insert = self.start::<DefinitionRow>(&self.databases().definitions()).await?;
        write(insert.with_setting("insert_deduplication_token", token), &[&row]).await
    }
}

/// The next version of something.
fn definition(
    kind: Kind,
    id: &str,
    value: &impl Serialize,
    edit: &Edit,
) -> Result<Definition, Error> {
    let (id, version) = (id.to_owned(), edit.expected_version.saturating_add(1));
    let body = serde_json::to_string(value).map_err(|source| Error::Definition {
        kind,
        id: id.clone(),
        version,
        source,
    })?;
    let Edit { author, at: written_at, .. } = edit.clone();
    Ok(Definition { kind, id, version, body, author, written_at, deleted: false })
}
