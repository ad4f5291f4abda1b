//! Accounts that are one: what happens in one of them is of the other, at every time.
//!
//! A company that was bought, that was there twice, or whose id the vendor has changed. A merge is
//! applied when a question is asked ([`crate::identity`]), so it changes all of the past at once,
//! and to take it away brings the past back as it was.

use super::{Edit, Kind, Written, hex};
use crate::{Connection, Error};
use protocol::{ProjectId, limits};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// An account that is another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merge {
    /// The tenant.
    pub project: ProjectId,
    /// The id of the account that is merged.
    pub from: String,
    /// The id of the one that it is merged into.
    pub into: String,
}

impl Merge {
    /// The most merges of a project. The ids of all go to the server as one parameter, which may
    /// have 128 KiB.
    pub const MOST: usize = 500;

    /// A merge of two accounts by their ids, without the blanks around them.
    ///
    /// # Errors
    /// A sentence that says what makes no sense.
    pub fn new(project: ProjectId, from: &str, into: &str) -> Result<Self, String> {
        let (from, into) = (from.trim(), into.trim());
        let is_id = |id: &str| (1..=limits::ID_BYTES).contains(&id.len());
        if !is_id(from) || !is_id(into) {
            return Err(format!("an account has an id of 1 to {} bytes", limits::ID_BYTES));
        }
        if from == into {
            return Err(format!("`{from}` is one account already"));
        }
        Ok(Self { project, from: from.to_owned(), into: into.to_owned() })
    }

    /// The id of its definition: each account is merged into one other at most.
    pub fn id(&self) -> String {
        let mut hasher = Sha256::new();
        for part in [self.project.as_str(), &self.from] {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        hex::text(&hasher.finalize()[..8])
    }
}

/// Which accounts of a project are which other ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Merges {
    /// The account at the end of the chain by each that is merged.
    last: BTreeMap<String, String>,
}

impl<'a> FromIterator<&'a Merge> for Merges {
    /// What is merged into one that is merged itself is that one's. Merges that go in a circle, which
    /// only two members can make in one moment, merge nothing.
    fn from_iter<T: IntoIterator<Item = &'a Merge>>(merges: T) -> Self {
        let next: BTreeMap<&str, &str> =
            merges.into_iter().map(|merge| (&*merge.from, &*merge.into)).collect();
        let last = |from: &str| {
            let mut last = *next.get(from)?;
            for _ in 0..next.len() {
                match next.get(last) {
                    Some(further) => last = further,
                    None => return Some((from.to_owned(), last.to_owned())),
                }
            }
            None
        };
        Self { last: next.keys().filter_map(|from| last(from)).collect() }
    }
}

impl Merges {
    /// Whether no account is another one.
    pub fn is_empty(&self) -> bool {
        self.last.is_empty()
    }

    /// The account that an id means: itself, unless it is merged into another.
    pub fn account<'a>(&'a self, id: &'a str) -> &'a str {
        self.last.get(id).map_or(id, String::as_str)
    }

    /// The ids of all accounts that an id means: first the one that they are, then those that are
    /// merged into it.
    pub fn all_of(&self, id: &str) -> Vec<String> {
        let one = self.account(id);
        let merged = self.last.iter().filter(|(_, last)| *last == one).map(|(from, _)| from);
        std::iter::once(one).chain(merged.map(String::as_str)).map(str::to_owned).collect()
    }

    /// The ids that are merged into others.
    pub(crate) fn merged(&self) -> Vec<String> {
        self.last.keys().cloned().collect()
    }

    /// Those that hold them, in the same order.
    pub(crate) fn holding(&self) -> Vec<String> {
        self.last.values().cloned().collect()
    }
}

impl Connection {
    /// The merges of a project that can be read, by the account that is merged; those that were
    /// undone are among them.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn merges(&self, project: &ProjectId) -> Result<Vec<Written<Merge>>, Error> {
        let all = self.definitions_of(Kind::Merge).await?.into_iter().filter_map(Written::read);
        let mut own: Vec<Written<Merge>> =
            all.filter(|merge: &Written<Merge>| merge.value.project == *project).collect();
        own.sort_by(|a, b| a.value.from.cmp(&b.value.from));
        Ok(own)
    }

    /// Writes a merge; returns its new version.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub async fn put_merge(&self, merge: &Merge, edit: &Edit) -> Result<u32, Error> {
        self.put_value(Kind::Merge, &merge.id(), merge, edit).await
    }

    /// Undoes a merge: its last version says who did it, and that there is none any more.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub async fn delete_merge(&self, merge: &Merge, edit: &Edit) -> Result<(), Error> {
        self.delete_value(Kind::Merge, &merge.id(), merge, edit).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merge(from: &str, into: &str) -> Result<Merge, String> {
        Merge::new(ProjectId::parse("p").unwrap(), from, into)
    }

    fn merges(pairs: &[(&str, &str)]) -> Merges {
        let all: Vec<_> = pairs.iter().map(|(from, into)| merge(from, into).unwrap()).collect();
        all.iter().collect()
    }

    #[test]
    fn a_chain_ends_where_nothing_is_merged_further() {
        let merges = merges(&[("b", "c"), ("a", "b"), ("x", "c"), ("c", "d")]);
        assert_eq!(
            ["a", "b", "c", "x", "d", "e"].map(|id| merges.account(id)),
            ["d", "d", "d", "d", "d", "e"]
        );
        assert_eq!(
            (merges.merged().len(), merges.holding().len(), merges.is_empty()),
            (4, 4, false)
        );
        assert_eq!(merges.all_of("b"), ["d", "a", "b", "c", "x"]);
        assert_eq!(merges.all_of("e"), ["e"]);
    }

    #[test]
    fn what_goes_in_a_circle_merges_nothing() {
        let merges = merges(&[("a", "b"), ("b", "a"), ("c", "a"), ("x", "y")]);
        assert_eq!(["a", "b", "c", "x"].map(|id| merges.account(id)), ["a", "b", "c", "y"]);
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        insta::assert_snapshot!(merge("a", " a ").unwrap_err(), @"`a` is one account already");
        insta::assert_snapshot!(merge("", "a").unwrap_err(), @"an account has an id of 1 to 256 bytes");
        assert!(merge("a", &"x".repeat(257)).is_err());
        let one = merge(" a ", "b").unwrap();
        assert_eq!((&*one.from, one.id()), ("a", merge("a", "c").unwrap().id()));
        assert_ne!(one.id(), merge("b", "a").unwrap().id());
    }
}
