//! What the head of a record says, whatever its kind.

use super::{Entry, ImportEntry, Kind};
use protocol::{ProjectId, Timestamp};

/// What the head of a record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct About {
    pub(super) project: ProjectId,
    pub(super) received_at: Timestamp,
    /// How many of its events or lines are kept.
    pub(super) n_kept: u32,
}

impl About {
    /// Reads the head; `None` if the record has none, as rows have, or it cannot be read.
    pub(super) fn read(kind: Kind, record: &[u8]) -> Option<Self> {
        let (project, received_at, admitted) = match kind {
            Kind::Batch => {
                let head = Entry::decode(record)?.head;
                (head.project, head.received_at, head.admitted)
            }
            Kind::Import => {
                let head = ImportEntry::decode(record)?.head;
                (head.project, head.received_at, head.admitted)
            }
            Kind::Rows => return None,
        };
        Some(Self { project: project.into_owned(), received_at, n_kept: admitted.count() })
    }
}
