//! The keys of one bucket in one file, sorted, never changed.
//!
//! ```text
//! page 0          magic 8 bytes | version u32 | bucket i64 | number of keys u64
//! then            the keys, 255 a page, 16 big-endian bytes each
//! then            the first key of each of these pages, 255 a page
//! ```
//!
//! A page is 4,096 bytes: 4,080 of content, zeros, and a CRC-32 over the bucket, the page's
//! number and all before it, so that a page that is damaged, or is another file's, is noticed. All
//! numbers are little-endian but the keys. The first keys of the pages, one in 255, come into
//! memory when a file is first asked: after that a question is one page read.

use super::key::{Bucket, Key};
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::PathBuf;
use std::sync::OnceLock;

const MAGIC: [u8; 8] = *b"sillseen";
const VERSION: u32 = 1;
const PAGE: usize = 4_096;
const KEY: usize = 16;
const KEYS: usize = 255;
/// Bytes of the header.
const HEADER: usize = 28;
/// Where the checksum of a page stands.
const SEAL: usize = PAGE - 4;

/// A file of keys, opened whenever it is asked: a week has more of them than a process may hold
/// open.
#[derive(Debug)]
pub(super) struct KeyFile {
    pub(super) path: PathBuf,
    /// How many keys it has at most, and 255 fewer at least.
    pub(super) n_keys_at_most: usize,
    /// The first of the files whose keys it holds.
    pub(super) began: u64,
    bucket: Bucket,
    index: OnceLock<Index>,
}

/// What a file says of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnDisk {
    /// It has it.
    There,
    /// It has it not.
    NotThere,
    /// Nothing, and it never will.
    Damaged,
    /// Nothing just now, as when too many files are open.
    Unread,
}

/// What is kept of a file once it was asked.
#[derive(Debug)]
struct Index {
    n_keys: usize,
    /// The first key of each page.
    firsts: Vec<Key>,
}

type Page = [u8; PAGE];

impl KeyFile {
    /// The file of `n_bytes` at `path`; it is not looked at yet.
    pub(super) fn new(path: PathBuf, bucket: Bucket, began: u64, n_bytes: u64) -> Self {
        let n_pages = usize::try_from(n_bytes).unwrap_or(usize::MAX) / PAGE;
        let n_keys_at_most = n_pages.saturating_sub(2).saturating_mul(KEYS);
        Self { path, n_keys_at_most, began, bucket, index: OnceLock::new() }
    }

    /// Writes sorted keys, each once, and syncs the file; not yet its name.
    pub(super) fn create(
        path: PathBuf,
        bucket: Bucket,
        began: u64,
        keys: impl Iterator<Item = io::Result<Key>>,
    ) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(true).write(true).mode(0o600).open(&path)?;
        let mut pages = Pages { out: BufWriter::with_capacity(1 << 20, file), bucket, n_pages: 0 };
        // Its content is known at the end.
        pages.put(&[])?;
        let (mut n_keys, mut firsts, mut page) = (0, Vec::new(), Vec::with_capacity(KEYS));
        for key in keys {
            page.push(key?);
            n_keys += 1;
            if page.len() == KEYS {
                firsts.push(page[0]);
                pages.put_keys(&page)?;
                page.clear();
            }
        }
        if let Some(first) = page.first() {
            firsts.push(*first);
            pages.put_keys(&page)?;
        }
        for page in firsts.chunks(KEYS) {
            pages.put_keys(page)?;
        }
        let file = pages.out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.write_all_at(&sealed(bucket, 0, &header(bucket, n_keys)), 0)?;
        file.sync_all()?;
        let index = OnceLock::from(Index { n_keys, firsts });
        Ok(Self { path, n_keys_at_most: n_keys, began, bucket, index })
    }

    /// What it says of a key.
    pub(super) fn ask(&self, key: Key) -> OnDisk {
        match self.contains(key) {
            Ok(true) => OnDisk::There,
            Ok(false) => OnDisk::NotThere,
            Err(error) if is_damage(&error) => OnDisk::Damaged,
            Err(error) => {
                tracing::debug!(%error, bucket = self.bucket, "a file of keys cannot be read now");
                OnDisk::Unread
            }
        }
    }

    /// Whether the key is there.
    ///
    /// # Errors
    /// When the file cannot be read or what was read is damaged: then nothing is known of the key.
    pub(super) fn contains(&self, key: Key) -> io::Result<bool> {
        let file = File::open(&self.path)?;
        let index = self.index(&file)?;
        let Some(page) = index.firsts.partition_point(|first| *first <= key).checked_sub(1) else {
            return Ok(false);
        };
        let bytes = self.page(&file, 1 + page)?;
        let n_keys = KEYS.min(index.n_keys - page * KEYS);
        let (keys, _) = bytes.as_chunks::<KEY>();
        Ok(keys[..n_keys].binary_search(&key.to_be_bytes()).is_ok())
    }

    /// All keys, in order.
    ///
    /// # Errors
    /// When the file cannot be read or is damaged at its beginning or end; the iterator says it
    /// of what is between.
    pub(super) fn keys(&self) -> io::Result<impl Iterator<Item = io::Result<Key>> + use<'_>> {
        let file = File::open(&self.path)?;
        let n_keys = self.index(&file)?.n_keys;
        let pages = (0..n_keys.div_ceil(KEYS)).map(move |page| (page, self.page(&file, 1 + page)));
        Ok(pages.flat_map(move |(page, bytes)| {
            let n_keys = KEYS.min(n_keys - page * KEYS);
            let (page, fault) = match bytes {
                Ok(page) => (Some(page), None),
                Err(error) => (None, Some(Err(error))),
            };
            let keys = page.into_iter().flat_map(move |page| keys_of(&page, n_keys));
            keys.map(Ok).chain(fault)
        }))
    }

    /// How many keys it holds.
    pub(super) fn len(&self) -> io::Result<usize> {
        Ok(self.index(&File::open(&self.path)?)?.n_keys)
    }

    fn index(&self, file: &File) -> io::Result<&Index> {
        if let Some(index) = self.index.get() {
            return Ok(index);
        }
        let n_keys = self.n_keys(&self.page(file, 0)?)?;
        let n_pages = n_keys.div_ceil(KEYS);
        let mut firsts = Vec::with_capacity(n_pages);
        for page in 0..n_pages.div_ceil(KEYS) {
            let n_firsts = KEYS.min(n_pages - page * KEYS);
            firsts.extend(keys_of(&self.page(file, 1 + n_pages + page)?, n_firsts));
        }
        Ok(self.index.get_or_init(|| Index { n_keys, firsts }))
    }

    /// What the header says, of a file that is as long as that.
    fn n_keys(&self, page: &Page) -> io::Result<usize> {
        let mut n_keys = [0; 8];
        n_keys.copy_from_slice(&page[HEADER - 8..HEADER]);
        let n_keys = usize::try_from(u64::from_le_bytes(n_keys)).map_err(|_| damage())?;
        let n_pages = n_keys.div_ceil(KEYS);
        let n_bytes = (1 + n_pages + n_pages.div_ceil(KEYS)).saturating_mul(PAGE);
        let is_whole = std::fs::metadata(&self.path)?.len() == n_bytes as u64;
        let is_ours = page[..HEADER] == header(self.bucket, n_keys);
        if is_ours && is_whole { Ok(n_keys) } else { Err(damage()) }
    }

    fn page(&self, file: &File, number: usize) -> io::Result<Page> {
        let mut page = [0; PAGE];
        file.read_exact_at(&mut page, (number * PAGE) as u64)?;
        let seal = seal(self.bucket, number, &page);
        if page[SEAL..] == seal { Ok(page) } else { Err(damage()) }
    }
}

/// Writes pages one after the other.
struct Pages {
    out: BufWriter<File>,
    bucket: Bucket,
    n_pages: usize,
}

impl Pages {
    fn put(&mut self, content: &[u8]) -> io::Result<()> {
        let page = sealed(self.bucket, self.n_pages, content);
        self.n_pages += 1;
        self.out.write_all(&page)
    }

    fn put_keys(&mut self, keys: &[Key]) -> io::Result<()> {
        let mut content = [0; KEYS * KEY];
        let places = content.as_chunks_mut::<KEY>().0;
        places.iter_mut().zip(keys).for_each(|(place, key)| *place = key.to_be_bytes());
        self.put(&content)
    }
}

fn header(bucket: Bucket, n_keys: usize) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[..8].copy_from_slice(&MAGIC);
    header[8..12].copy_from_slice(&VERSION.to_le_bytes());
    header[12..20].copy_from_slice(&bucket.to_le_bytes());
    header[20..].copy_from_slice(&(n_keys as u64).to_le_bytes());
    header
}

fn sealed(bucket: Bucket, number: usize, content: &[u8]) -> Page {
    let mut page = [0; PAGE];
    page[..content.len()].copy_from_slice(content);
    let seal = seal(bucket, number, &page);
    page[SEAL..].copy_from_slice(&seal);
    page
}

fn seal(bucket: Bucket, number: usize, page: &Page) -> [u8; 4] {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bucket.to_le_bytes());
    hasher.update(&(number as u64).to_le_bytes());
    hasher.update(&page[..SEAL]);
    hasher.finalize().to_le_bytes()
}

fn keys_of(page: &Page, n_keys: usize) -> Vec<Key> {
    let (keys, _) = page.as_chunks::<KEY>();
    keys.iter().take(n_keys).map(|key| Key::from_be_bytes(*key)).collect()
}

/// Whether an error means that what a file held is lost. Any other may pass.
pub(super) fn is_damage(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, NotFound, UnexpectedEof};
    matches!(error.kind(), InvalidData | NotFound | UnexpectedEof)
}

fn damage() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a file of keys is damaged")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    fn written(dir: &Path, keys: &BTreeSet<Key>) -> KeyFile {
        let path = dir.join("keys");
        KeyFile::create(path.clone(), 7, 1, keys.iter().copied().map(Ok)).unwrap();
        let n_bytes = std::fs::metadata(&path).unwrap().len();
        KeyFile::new(path, 7, 1, n_bytes)
    }

    fn all(file: &KeyFile) -> io::Result<Vec<Key>> {
        file.keys()?.collect()
    }

    #[test]
    fn what_was_written_is_found_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        for n_keys in [0, 1, 254, 255, 256, 511, 70_000_u128] {
            let keys: BTreeSet<Key> = (0..n_keys).map(|n| 10 + n * 3).collect();
            let file = written(dir.path(), &keys);
            assert_eq!(file.len().unwrap() as u128, n_keys);
            let n_fewer = file.n_keys_at_most as u128 - n_keys;
            assert!(n_fewer <= 255 * (2 + n_keys / 65_025), "{n_fewer} of {n_keys}");
            assert!(all(&file).unwrap().iter().eq(&keys));
            for key in (0..n_keys * 3 + 20).step_by(7) {
                assert_eq!(file.contains(key).unwrap(), keys.contains(&key), "{key} of {n_keys}");
            }
        }
    }

    #[test]
    fn a_file_of_another_bucket_or_length_says_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let file = written(dir.path(), &(0..1_000).collect());
        assert!(KeyFile::new(file.path.clone(), 8, 1, 0).contains(1).is_err());
        let bytes = std::fs::read(&file.path).unwrap();
        std::fs::write(&file.path, &bytes[..bytes.len() - PAGE]).unwrap();
        assert!(KeyFile::new(file.path.clone(), 7, 1, 0).contains(1).is_err());
        std::fs::remove_file(&file.path).unwrap();
        assert!(file.contains(1).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_flipped_bit_never_changes_an_answer(
            at in any::<prop::sample::Index>(),
            bit in 0..8,
            key in 0..4_000_u128,
        ) {
            let dir = tempfile::tempdir().unwrap();
            let keys: BTreeSet<Key> = (0..2_000).map(|n| n * 2).collect();
            let file = written(dir.path(), &keys);
            let mut bytes = std::fs::read(&file.path).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= 1_u8 << bit;
            std::fs::write(&file.path, bytes).unwrap();
            if let Ok(is_there) = file.contains(key) {
                prop_assert_eq!(is_there, keys.contains(&key));
            }
            // Only the copies of the first keys are not read for this.
            if let Ok(read) = all(&file) {
                prop_assert!(read.iter().eq(&keys));
            }
        }
    }
}
