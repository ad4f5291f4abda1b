//! A frame: the bytes of one record with their length and checksum.
//!
//! ```text
//! length u32 | crc32 u32 over length, kind and body | kind u8 | body
//! ```
//!
//! All numbers are little-endian.

use super::Kind;

/// Bytes before the body.
pub(super) const HEADER: usize = 9;

/// A length beyond this is no length but damage: the largest body, and generous room for the rest.
pub(super) const MAX_BODY: usize = protocol::limits::BODY_BYTES + (64 << 10);

/// What stands at the beginning of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame<'a> {
    /// A whole record.
    Whole {
        /// What it is.
        kind: u8,
        /// What it holds.
        body: &'a [u8],
    },
    /// A record that goes on after the bytes end.
    Short,
    /// Damage. `skip` is how far the next record is, if the length can be believed.
    Bad {
        /// Bytes to the next record.
        skip: Option<usize>,
    },
}

/// Appends a frame whose body is these parts, one after the other.
pub(super) fn put(out: &mut Vec<u8>, kind: Kind, parts: [&[u8]; 2]) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    debug_assert!(length <= MAX_BODY, "the limits of the wire keep records small");
    let length = u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes();
    out.extend_from_slice(&length);
    out.extend_from_slice(&checksum(length, kind.as_byte(), parts).to_le_bytes());
    out.push(kind.as_byte());
    parts.iter().for_each(|part| out.extend_from_slice(part));
}

/// Reads the frame at the beginning of `bytes`.
pub(super) fn read(bytes: &[u8]) -> Frame<'_> {
    let Some((header, rest)) = bytes.split_first_chunk::<HEADER>() else {
        return Frame::Short;
    };
    let [a, b, c, d, e, f, g, h, kind] = *header;
    let length = [a, b, c, d];
    let n_bytes = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
    if n_bytes > MAX_BODY {
        return Frame::Bad { skip: None };
    }
    let Some(body) = rest.get(..n_bytes) else {
        return Frame::Short;
    };
    if checksum(length, kind, [body, &[]]) == u32::from_le_bytes([e, f, g, h]) {
        Frame::Whole { kind, body }
    } else {
        Frame::Bad { skip: Some(HEADER + n_bytes) }
    }
}

/// Where whole records go on after damage at `at`; `None` if none follows.
///
/// The length of the damaged record is believed where it leads to a whole one or to the end.
/// Otherwise the next whole record is searched for.
pub(super) fn resume(bytes: &[u8], at: usize) -> Option<usize> {
    if let Frame::Bad { skip: Some(skip) } = read(&bytes[at..]) {
        let next = at + skip;
        if next == bytes.len() || matches!(read(&bytes[next..]), Frame::Whole { .. }) {
            return Some(next);
        }
    }
    // Bytes that look like many long records must not cost more than a few readings.
    let mut budget = 16 * bytes.len();
    (at + 1..bytes.len().saturating_sub(HEADER)).find(|next| {
        let Some(n_bytes) = candidate(&bytes[*next..]).filter(|n| *n <= budget) else {
            return false;
        };
        budget -= n_bytes;
        matches!(read(&bytes[*next..]), Frame::Whole { .. })
    })
}

/// The length of what may be a record with something in it, of a kind that is known.
fn candidate(bytes: &[u8]) -> Option<usize> {
    let [a, b, c, d, _, _, _, _, kind] = *bytes.first_chunk::<HEADER>()?;
    let n_bytes = usize::try_from(u32::from_le_bytes([a, b, c, d])).ok()?;
    let is_possible = n_bytes > 0 && n_bytes <= bytes.len() - HEADER;
    (is_possible && Kind::from_byte(kind).is_some()).then_some(n_bytes)
}

fn checksum(length: [u8; 4], kind: u8, parts: [&[u8]; 2]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&length);
    hasher.update(&[kind]);
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn zeros_are_no_record() {
        assert_eq!(read(&[0; 64]), Frame::Bad { skip: Some(HEADER) });
        assert_eq!(read(&[0; 8]), Frame::Short);
        assert_eq!(read(&[255; 64]), Frame::Bad { skip: None });
    }

    #[test]
    fn records_behind_a_damaged_length_are_found() {
        let mut bytes = Vec::new();
        let starts = [b"one", b"two", b"six"].map(|body| {
            put(&mut bytes, Kind::Batch, [body, b"!"]);
            bytes.len()
        });
        for length in [0, 2, 18, 200, u32::MAX] {
            let mut bytes = bytes.clone();
            bytes[starts[0]..starts[0] + 4].copy_from_slice(&length.to_le_bytes());
            assert_eq!(resume(&bytes, starts[0]), Some(starts[1]), "length {length}");
        }
        bytes.truncate(starts[1] + 5);
        assert_eq!(resume(&bytes, starts[1]), None);
    }

    #[test]
    fn a_record_within_a_damaged_record_is_not_taken_for_one() {
        let (mut inner, mut bytes) = (Vec::new(), Vec::new());
        put(&mut inner, Kind::Batch, [b"forged", b""]);
        put(&mut bytes, Kind::Batch, [&inner, b"!"]);
        let end = bytes.len();
        bytes[end - 1] ^= 1;
        put(&mut bytes, Kind::Batch, [b"next", b""]);
        assert_eq!(resume(&bytes, 0), Some(end));
    }

    proptest! {
        #[test]
        fn what_was_put_is_read(a in any::<Vec<u8>>(), b in any::<Vec<u8>>(), tail in any::<Vec<u8>>()) {
            let mut bytes = Vec::new();
            put(&mut bytes, Kind::Batch, [&a, &b]);
            bytes.extend_from_slice(&tail);
            let body = [a, b].concat();
            prop_assert_eq!(read(&bytes), Frame::Whole { kind: 1, body: &body });
        }

        #[test]
        fn a_flipped_bit_is_noticed(body in any::<Vec<u8>>(), at in any::<prop::sample::Index>(), bit in 0..8) {
            let mut bytes = Vec::new();
            put(&mut bytes, Kind::Batch, [&body, &[]]);
            let at = at.index(bytes.len());
            bytes[at] ^= 1_u8 << bit;
            let is_whole = matches!(read(&bytes), Frame::Whole { .. });
            prop_assert!(!is_whole);
        }

        #[test]
        fn any_bytes_are_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 1..200)) {
            read(&bytes);
            resume(&bytes, 0);
        }
    }
}
