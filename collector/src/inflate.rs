//! Gzip, inflated within a limit, without new state for each body.
//!
//! The state of an inflater is 40 kB; making one costs more than inflating a batch. A gzip
//! stream's state cannot be reset, that of the raw stream inside can: so header and trailer of
//! RFC 1952 are read here.

use flate2::{Decompress, FlushDecompress, Status};
use protocol::limits::INFLATED_BYTES;
use std::cell::RefCell;

/// What a gzip stream begins with.
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The only method there is.
const DEFLATE: u8 = 8;

/// Bytes of the trailer: checksum and length.
const TRAILER: usize = 8;

/// Memory that is kept for the next body.
const KEPT_BYTES: usize = 1 << 20;

/// Why a body cannot be inflated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It does not begin as gzip does.
    #[error("the body does not begin as gzip does")]
    Header,
    /// It ends too early.
    #[error("the gzip stream ends too early")]
    Short,
    /// What lies between beginning and end is damaged.
    #[error("the gzip stream is damaged")]
    Damaged,
    /// Something follows its end.
    #[error("something follows the end of the gzip stream")]
    Trailing,
    /// It holds too much.
    #[error("the body inflates to more than {INFLATED_BYTES} bytes")]
    TooLarge,
}

struct Scratch {
    state: Decompress,
    out: Vec<u8>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> =
        RefCell::new(Scratch { state: Decompress::new(false), out: Vec::new() });
}

/// Whether these bytes begin as gzip does.
pub fn is_gzip(body: &[u8]) -> bool {
    body.starts_with(&MAGIC)
}

/// Inflates `body` and hands the result to `then`, in memory of this thread that is used again.
///
/// # Errors
/// When `body` is not gzip, is damaged, or holds more than [`INFLATED_BYTES`]; it is inflated no
/// further than that.
pub fn with<T>(body: &[u8], then: impl FnOnce(&[u8]) -> T) -> Result<T, Error> {
    SCRATCH.with(|scratch| {
        // Taken out for the while, so that even an inflation inside of `then` would be right.
        let mut out = std::mem::take(&mut scratch.borrow_mut().out);
        out.clear();
        let inflated = inflate(&mut scratch.borrow_mut().state, body, &mut out);
        let result = inflated.map(|()| then(&out));
        out.clear();
        out.shrink_to(KEPT_BYTES);
        scratch.borrow_mut().out = out;
        result
    })
}

fn inflate(state: &mut Decompress, body: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
    let stream = body.get(header_length(body)?..).ok_or(Error::Short)?;
    // What the sender says is the length, which spares growing; it is checked below.
    let claimed = body.last_chunk::<4>().map_or(0, |length| u32::from_le_bytes(*length));
    let claimed = usize::try_from(claimed).unwrap_or(usize::MAX);
    out.reserve(claimed.clamp(1_024, INFLATED_BYTES) + 1);
    state.reset(false);
    loop {
        let at = usize::try_from(state.total_in()).map_err(|_| Error::TooLarge)?;
        let before = out.len();
        let status = state
            .decompress_vec(&stream[at..], out, FlushDecompress::None)
            .map_err(|_| Error::Damaged)?;
        if out.len() > INFLATED_BYTES {
            return Err(Error::TooLarge);
        }
        match status {
            Status::StreamEnd => break,
            _ if out.len() == out.capacity() => out.reserve(out.len().min(INFLATED_BYTES)),
            _ if out.len() == before => return Err(Error::Short),
            Status::Ok | Status::BufError => {}
        }
    }
    let end = usize::try_from(state.total_in()).map_err(|_| Error::TooLarge)?;
    check_trailer(&stream[end..], out)
}

fn check_trailer(trailer: &[u8], out: &[u8]) -> Result<(), Error> {
    let Some((trailer, rest)) = trailer.split_first_chunk::<TRAILER>() else {
        return Err(Error::Short);
    };
    let [a, b, c, d, length @ ..] = *trailer;
    let is_whole = crc32fast::hash(out) == u32::from_le_bytes([a, b, c, d])
        && u32::try_from(out.len()) == Ok(u32::from_le_bytes(length));
    match (is_whole, rest.is_empty()) {
        (true, true) => Ok(()),
        (true, false) => Err(Error::Trailing),
        (false, _) => Err(Error::Damaged),
    }
}

/// Bytes of the header, with its optional parts.
fn header_length(body: &[u8]) -> Result<usize, Error> {
    const FIXED: usize = 10;
    const CHECKSUM: u8 = 2;
    const EXTRA: u8 = 4;
    const NAME: u8 = 8;
    const COMMENT: u8 = 16;
    let flags = match body {
        [0x1f, 0x8b, DEFLATE, flags, ..] if *flags < 32 => *flags,
        _ => return Err(Error::Header),
    };
    let mut at = FIXED;
    if flags & EXTRA != 0 {
        let length = body.get(at..).and_then(<[u8]>::first_chunk::<2>).ok_or(Error::Short)?;
        at += 2 + usize::from(u16::from_le_bytes(*length));
    }
    for flag in [NAME, COMMENT] {
        if flags & flag != 0 {
            let text = body.get(at..).ok_or(Error::Short)?;
            at += 1 + text.iter().position(|byte| *byte == 0).ok_or(Error::Short)?;
        }
    }
    Ok(if flags & CHECKSUM == 0 { at } else { at + 2 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::write::GzEncoder;
    use flate2::{Compression, GzBuilder};
    use proptest::prelude::*;
    use std::io::Write;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_bomb_stops_at_the_limit_whatever_length_it_claims() {
        let mut bomb = gzip(&vec![0; INFLATED_BYTES + 1]);
        assert_eq!(with(&bomb, <[u8]>::len), Err(Error::TooLarge));
        let claim = bomb.len() - 4;
        bomb[claim..].copy_from_slice(&7_u32.to_le_bytes());
        assert_eq!(with(&bomb, <[u8]>::len), Err(Error::TooLarge));
        assert_eq!(with(&gzip(&vec![0; INFLATED_BYTES]), <[u8]>::len), Ok(INFLATED_BYTES));
    }

    #[test]
    fn optional_parts_of_the_header_are_passed_over() {
        let builder = GzBuilder::new().filename("a.json").comment("b").extra(vec![1, 2, 3]);
        let mut encoder = builder.write(Vec::new(), Compression::fast());
        encoder.write_all(b"hello").unwrap();
        let body = encoder.finish().unwrap();
        assert_eq!(with(&body, <[u8]>::to_vec), Ok(b"hello".to_vec()));
    }

    #[test]
    fn damage_is_named() {
        let whole = gzip(b"hello hello hello");
        assert_eq!(with(b"{}", <[u8]>::len), Err(Error::Header));
        assert_eq!(with(&whole[..5], <[u8]>::len), Err(Error::Short));
        assert_eq!(with(&whole[..whole.len() - 9], <[u8]>::len), Err(Error::Short));
        assert_eq!(with(&whole[..whole.len() - 1], <[u8]>::len), Err(Error::Short));
        assert_eq!(with(&[&whole[..], &whole].concat(), <[u8]>::len), Err(Error::Trailing));
        let mut flipped = whole;
        let last = flipped.len() - 5;
        flipped[last] ^= 1;
        assert_eq!(with(&flipped, <[u8]>::len), Err(Error::Damaged));
    }

    proptest! {
        #[test]
        fn what_was_deflated_is_inflated(text in any::<Vec<u8>>(), again in any::<Vec<u8>>()) {
            prop_assert_eq!(with(&gzip(&text), <[u8]>::to_vec), Ok(text));
            prop_assert_eq!(with(&gzip(&again), <[u8]>::to_vec), Ok(again));
        }

        #[test]
        fn any_bytes_are_read_without_harm(bytes in any::<Vec<u8>>()) {
            let _ = with(&bytes, <[u8]>::len);
            let _ = with(&[&[0x1f, 0x8b, 8], &bytes[..]].concat(), <[u8]>::len);
        }
    }
}
