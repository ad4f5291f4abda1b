//! All that is defined, as this build can read it.
//!
//! One definition that cannot be read, such as one of a later build after a roll-back, is put aside
//! with its reason. It stops no other, and whoever reads says what becomes of it.

use super::{
    Captured, Definition, Feature, IdentityRules, Invitation, Kind, Member, Merge, PrivateKey,
    Project, SavedView, StaffRules, Versioned,
};
use crate::{Connection, Error};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt;

/// All that is defined and there, by kind. Features are read by those who match them, and
/// annotations by those who show them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Defined {
    /// The projects.
    pub projects: Vec<Versioned<Project>>,
    /// The members.
    pub members: Vec<Versioned<Member>>,
    /// The invitations that were neither accepted nor withdrawn.
    pub invitations: Vec<Versioned<Invitation>>,
    /// The private keys: not those that were revoked.
    pub private_keys: Vec<Versioned<PrivateKey>>,
    /// The rules by which people are left out.
    pub staff_rules: Vec<Versioned<StaffRules>>,
    /// The accounts that are others: not the merges that were undone.
    pub merges: Vec<Versioned<Merge>>,
    /// The identity rules.
    pub identity_rules: Vec<Versioned<IdentityRules>>,
    /// What projects capture.
    pub captured: Vec<Versioned<Captured>>,
    /// The saved views.
    pub views: Vec<SavedView>,
    /// What of these cannot be read.
    pub unreadable: Vec<Unreadable>,
}

/// A definition that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// What it is.
    pub kind: Kind,
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: u32,
    /// The project that it says it belongs to, if it says so.
    pub project: Option<String>,
    /// What is wrong with it.
    pub why: String,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, id, version, why, .. } = self;
        write!(f, "version {version} of the {kind} `{id}` cannot be read: {why}")
    }
}

impl Unreadable {
    /// One, and why.
    pub fn new(definition: &Definition, why: String) -> Self {
        let body = serde_json::from_str::<Value>(&definition.body).unwrap_or_default();
        let project = body.get("project").and_then(Value::as_str).map(str::to_owned);
        let Definition { kind, version, .. } = *definition;
        Self { kind, id: definition.id.clone(), version, project, why }
    }
}

impl Definition {
    /// The feature that it is.
    ///
    /// # Errors
    /// When it cannot be read, or is none.
    pub fn feature(&self) -> Result<Feature, Unreadable> {
        read(self)
    }
}

fn read<T: DeserializeOwned>(definition: &Definition) -> Result<T, Unreadable> {
    serde_json::from_str(&definition.body)
        .map_err(|error| Unreadable::new(definition, error.to_string()))
}

impl Defined {
    fn of(definitions: &[Definition]) -> Self {
        let mut all = Self::default();
        for definition in definitions.iter().filter(|definition| !definition.deleted) {
            let unreadable = match definition.kind {
                Kind::Project => keep(definition, &mut all.projects),
                Kind::Member => keep(definition, &mut all.members),
                Kind::Invitation => keep(definition, &mut all.invitations),
                Kind::PrivateKey => keep(definition, &mut all.private_keys),
                Kind::StaffRules => keep(definition, &mut all.staff_rules),
                Kind::Merge => keep(definition, &mut all.merges),
                Kind::IdentityRules => keep(definition, &mut all.identity_rules),
                Kind::Captured => keep(definition, &mut all.captured),
                Kind::View => keep_view(definition, &mut all.views),
                Kind::Feature | Kind::Annotation => None,
            };
            all.unreadable.extend(unreadable);
        }
        all
    }

    /// How many members there are, even if they cannot be read.
    pub fn n_members(&self) -> usize {
        let is_member = |one: &&Unreadable| one.kind == Kind::Member;
        self.members.len() + self.unreadable.iter().filter(is_member).count()
    }
}

fn keep<T: DeserializeOwned>(
    definition: &Definition,
    all: &mut Vec<Versioned<T>>,
) -> Option<Unreadable> {
    match read(definition) {
        Ok(value) => {
            all.push(Versioned { version: definition.version, value });
            None
        }
        Err(unreadable) => Some(unreadable),
    }
}

fn keep_view(definition: &Definition, all: &mut Vec<SavedView>) -> Option<Unreadable> {
    let Definition { version, author, written_at, .. } = definition;
    match read(definition) {
        Ok(view) => {
            let (version, author, at) = (*version, author.clone(), *written_at);
            all.push(SavedView { version, author, at, view });
            None
        }
        Err(unreadable) => Some(unreadable),
    }
}

impl Connection {
    /// All that is defined, but for features and annotations.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn defined(&self) -> Result<Defined, Error> {
        Ok(Defined::of(&self.definitions().await?))
    }
}
