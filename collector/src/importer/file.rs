//! The file: its hash, and its lines in packed chunks.

use super::pause::Stop;
use super::progress::Progress;
use super::reject::Reject;
use super::state::State;
use crate::inflate;
use anyhow::{Context, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use protocol::{DropReason, ImportId, limits};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Take, Write};
use std::path::Path;

/// Bytes read at once.
const READ_BYTES: usize = 1 << 20;

/// Bytes of a chunk before it is packed, with room for one more line.
const CHUNK_BYTES: usize = limits::INFLATED_BYTES - 2 * limits::IMPORT_LINE_BYTES;

/// Bytes of a chunk packed, with room for one more line and what the packer still holds back.
const PACKED_BYTES: usize = limits::BODY_BYTES - (384 << 10);

/// Reads the whole file once: its id and its length.
pub(super) fn hash(
    path: &Path,
    stop: &Stop,
    progress: &mut Progress,
) -> anyhow::Result<(ImportId, u64)> {
    let mut file = open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; READ_BYTES];
    let mut n_bytes = 0;
    loop {
        stop.check()?;
        let n = file.read(&mut buffer).with_context(|| cannot_read(path))?;
        if n == 0 {
            return Ok((ImportId::from_bytes(hasher.finalize().into()), n_bytes));
        }
        hasher.update(&buffer[..n]);
        n_bytes += n as u64;
        progress.hashing(n_bytes);
    }
}

/// Says so, if it is no file of lines.
pub(super) fn check(path: &Path) -> anyhow::Result<()> {
    let mut start = Vec::new();
    open(path)?.take(2).read_to_end(&mut start).with_context(|| cannot_read(path))?;
    let shown = path.display();
    ensure!(!inflate::is_gzip(&start), "{shown} is packed with gzip: unpack it first");
    Ok(())
}

fn open(path: &Path) -> anyhow::Result<File> {
    let file = File::open(path).with_context(|| cannot_read(path))?;
    let is_file = file.metadata().with_context(|| cannot_read(path))?.is_file();
    ensure!(is_file, "{} is no file, and a pipe cannot be read twice", path.display());
    Ok(file)
}

fn cannot_read(path: &Path) -> String {
    format!("cannot read {}", path.display())
}

/// Some lines, ready to be sent.
#[derive(Debug)]
pub(super) struct Chunk {
    /// The number of the first line, from 1.
    pub(super) first_line: u64,
    /// How many lines, blank ones included.
    pub(super) n_lines: u64,
    /// Where the next chunk begins in the file.
    pub(super) end: u64,
    /// The lines; a line that is too long to be sent is blank.
    pub(super) text: Vec<u8>,
    /// The same, packed.
    pub(super) packed: Vec<u8>,
    /// The lines that are too long.
    pub(super) too_long: Vec<Reject>,
}

/// The chunks of a file from some line on.
#[derive(Debug)]
pub(super) struct Chunks {
    file: BufReader<Take<File>>,
    next_line: u64,
    offset: u64,
    n_bytes: u64,
}

impl Chunks {
    /// The chunks that `state` says are still to be sent, of a file of `n_bytes`.
    pub(super) fn open(path: &Path, n_bytes: u64, state: &State) -> anyhow::Result<Self> {
        let State { next_line, offset, .. } = *state;
        let mut file = open(path)?;
        file.seek(SeekFrom::Start(offset)).with_context(|| cannot_read(path))?;
        // What is added to the file meanwhile is not in its hash.
        let file = BufReader::with_capacity(READ_BYTES, file.take(n_bytes.saturating_sub(offset)));
        Ok(Self { file, next_line, offset, n_bytes })
    }

    /// The next chunk, if there are more lines.
    pub(super) fn next(&mut self) -> anyhow::Result<Option<Chunk>> {
        let first_line = self.next_line;
        let mut chunk = Chunk {
            first_line,
            n_lines: 0,
            end: self.offset,
            text: Vec::new(),
            packed: Vec::new(),
            too_long: Vec::new(),
        };
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        let most = limits::IMPORT_LINES as u64;
        while chunk.n_lines < most
            && chunk.text.len() < CHUNK_BYTES
            && packer.get_ref().len() < PACKED_BYTES
            && self.offset < self.n_bytes
        {
            let start = chunk.text.len();
            let n_bytes = self.line(&mut chunk)?;
            ensure!(n_bytes > 0, "the file became shorter while it was imported");
            packer.write_all(&chunk.text[start..])?;
            self.offset += n_bytes;
            self.next_line += 1;
            chunk.n_lines += 1;
        }
        chunk.packed = packer.finish()?;
        chunk.end = self.offset;
        Ok((chunk.n_lines > 0).then_some(chunk))
    }

    /// Adds the next line to the chunk; returns how many bytes of the file it takes.
    fn line(&mut self, chunk: &mut Chunk) -> anyhow::Result<u64> {
        let start = chunk.text.len();
        let most = limits::IMPORT_LINE_BYTES as u64 + 1;
        let mut n_bytes = (&mut self.file).take(most).read_until(b'\n', &mut chunk.text)? as u64;
        if n_bytes == most && !chunk.text.ends_with(b"\n") {
            let detail = format!("the line is longer than {} bytes", limits::IMPORT_LINE_BYTES);
            let text = chunk.text.split_off(start);
            chunk.too_long.push(Reject::new(
                self.next_line,
                DropReason::Malformed,
                &detail,
                &text[..limits::IMPORT_LINE_BYTES],
            ));
            n_bytes += self.file.skip_until(b'\n')? as u64;
        }
        // The last line of the file may end without; a line that was left out needs its place.
        if !chunk.text[start..].ends_with(b"\n") {
            chunk.text.push(b'\n');
        }
        Ok(n_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::client::Contact;
    use super::*;
    use protocol::import;

    fn chunks(text: &[u8]) -> Vec<Chunk> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let here = Contact { project: String::new(), spool: String::new(), now: 0 };
        let state = State::anew(file.path(), ImportId::from_bytes([0; 32]), "", &here);
        let mut chunks = Chunks::open(file.path(), text.len() as u64, &state).unwrap();
        std::iter::from_fn(|| chunks.next().unwrap()).collect()
    }

    #[test]
    fn chunks_are_the_file_and_within_the_limits() {
        let noise =
            |n: u64| ImportId::from_bytes(Sha256::digest(n.to_be_bytes()).into()).to_string();
        let line = |n: u64| (n * 9..n * 9 + n % 9).map(noise).collect::<String>() + "\n";
        let lines: String = (0..30_000).map(line).collect();
        let all = chunks(lines.as_bytes());
        assert!(all.len() > 3);
        assert_eq!(
            all.iter().flat_map(|chunk| chunk.text.clone()).collect::<Vec<_>>(),
            lines.as_bytes()
        );
        let mut next = 1;
        for chunk in &all {
            assert_eq!(
                (chunk.first_line, import::lines(&chunk.text).count() as u64),
                (next, chunk.n_lines)
            );
            assert!(chunk.packed.len() <= limits::BODY_BYTES && chunk.n_lines <= 10_000);
            inflate::with(&chunk.packed, |text| assert_eq!(text, chunk.text)).unwrap();
            next += chunk.n_lines;
        }
        assert_eq!(all.last().unwrap().end, lines.len() as u64);
    }

    #[test]
    fn a_line_that_is_too_long_keeps_its_number() {
        let long = "x".repeat(limits::IMPORT_LINE_BYTES + 7);
        let all = chunks(format!("a\n{long}\nb").as_bytes());
        assert_eq!(all[0].text, b"a\n\nb\n");
        assert_eq!((all[0].n_lines, all[0].end), (3, long.len() as u64 + 4));
        let rejects: Vec<_> = all[0].too_long.iter().map(|reject| reject.line).collect();
        assert_eq!(rejects, [2]);
        let just = "x".repeat(limits::IMPORT_LINE_BYTES);
        assert!(chunks(format!("{just}\n{just}").as_bytes())[0].too_long.is_empty());
    }

    #[test]
    fn noise_in_the_longest_lines_stays_within_the_body() {
        let mut line = Vec::new();
        let mut n = 0_u64;
        while line.len() < limits::IMPORT_LINE_BYTES - 32 {
            line.extend(Sha256::digest(n.to_be_bytes()).iter().map(|b| b | 128));
            n += 1;
        }
        line.push(b'\n');
        let all = chunks(&line.repeat(40));
        assert!(all.iter().all(|chunk| chunk.packed.len() <= limits::BODY_BYTES));
    }
    #[test]
    fn a_packed_file_is_told_from_lines() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (text, is_taken) in [(&b"\x1f\x8b\x08rest"[..], false), (b"{}\n", true), (b"", true)] {
            std::fs::write(file.path(), text).unwrap();
            assert_eq!(check(file.path()).is_ok(), is_taken, "{text:?}");
        }
    }
}
