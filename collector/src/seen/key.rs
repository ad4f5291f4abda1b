//! Which bucket an event belongs to, and what it is called there.

use protocol::{EventId, ProjectId, Timestamp};
use sha2::{Digest, Sha256};

/// An event of a project: the bits of its id, turned by the project's own.
pub(super) type Key = u128;

/// Ten minutes of the time that ids carry, counted from 1970.
pub(super) type Bucket = i64;

/// Milliseconds of a bucket.
pub(super) const BUCKET_MS: i64 = 10 * 60 * 1_000;

/// For how long an event is remembered.
pub(super) const REPEATS_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

/// How far ahead of the time of arrival an id's own time may be and still be vouched for.
const AHEAD_MS: i64 = 60 * 60 * 1_000;

/// What the ids of a project are turned by.
pub(super) fn turn_of(project: &ProjectId) -> Key {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(project.as_str())[..16]);
    u128::from_be_bytes(bytes)
}

/// The key of an event whose project's ids are turned by `turn`.
pub(super) fn key_of(id: EventId, turn: Key) -> Key {
    u128::from_be_bytes(*id.as_bytes()) ^ turn
}

/// The bucket of a moment.
pub(super) fn bucket_at(ms: i64) -> Bucket {
    ms.div_euclid(BUCKET_MS)
}

/// The time in which a bucket begins.
pub(super) fn begin_of(bucket: Bucket) -> Timestamp {
    Timestamp::from_millis(bucket.saturating_mul(BUCKET_MS))
}

/// Which ids are remembered that arrive at one moment.
///
/// What may have been forgotten cannot be vouched for, and neither can what was never held. An
/// id too far ahead is of the second kind: so ids are held as far ahead as a repeat may come
/// later, and those less than an hour ahead are vouched for. Whatever is in that hour at a repeat
/// was held when it came first, up to seven days before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    oldest: i64,
    vouched: i64,
    newest: i64,
}

impl Window {
    /// The window at `now`, when `latest` is the latest time that was ever seen.
    pub(super) fn at(now: Timestamp, latest: Timestamp) -> Self {
        let vouched = now.plus_millis(AHEAD_MS).as_millis();
        let newest = vouched.saturating_add(REPEATS_MS);
        Self { oldest: latest.plus_millis(-REPEATS_MS).as_millis(), vouched, newest }
    }

    /// The bucket of an id that is held.
    pub(super) fn place(&self, id: EventId) -> Option<Bucket> {
        let at = id.timestamp()?.as_millis();
        (self.oldest <= at && at <= self.newest).then(|| bucket_at(at))
    }

    /// Whether an id that is not found in `bucket` is new for sure, if nothing is missing there.
    pub(super) fn vouches_for(&self, bucket: Bucket) -> bool {
        bucket <= bucket_at(self.vouched)
    }

    /// The buckets that are held, from first to last.
    pub(super) fn buckets(&self) -> Span {
        Span { first: bucket_at(self.oldest), last: bucket_at(self.newest) }
    }
}

/// Some buckets, from first to last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Span {
    pub(super) first: Bucket,
    pub(super) last: Bucket,
}

impl Span {
    pub(super) fn one(bucket: Bucket) -> Self {
        Self { first: bucket, last: bucket }
    }

    pub(super) fn holds(&self, bucket: Bucket) -> bool {
        self.first <= bucket && bucket <= self.last
    }

    /// The least span that holds both.
    pub(super) fn and(self, other: Option<Self>) -> Self {
        let other = other.unwrap_or(self);
        Self { first: self.first.min(other.first), last: self.last.max(other.last) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_millis(1_795_348_800_000);
    const HOUR: i64 = 3_600_000;

    #[test]
    fn ids_are_held_for_seven_days_and_vouched_for_an_hour_ahead() {
        let window = Window::at(NOON, NOON);
        let at = |ms| {
            let bucket = window.place(EventId::new(NOON.plus_millis(ms), [1; 10]));
            bucket.map(|bucket| window.vouches_for(bucket))
        };
        assert_eq!([at(0), at(-REPEATS_MS), at(-REPEATS_MS - 1)], [Some(true), Some(true), None]);
        assert_eq!(
            [at(HOUR), at(2 * HOUR), at(REPEATS_MS + HOUR)],
            [Some(true), Some(false), Some(false)]
        );
        assert_eq!(at(REPEATS_MS + HOUR + 1), None);
        assert_eq!(window.place(EventId::from_bytes([0x42; 16])), None);
    }

    #[test]
    fn one_id_in_two_projects_is_two_keys() {
        let id = EventId::new(NOON, [1; 10]);
        let key = |project| key_of(id, turn_of(&ProjectId::parse(project).unwrap()));
        assert_ne!(key("a"), key("b"));
        assert_eq!(key("a"), key("a"));
    }
}
