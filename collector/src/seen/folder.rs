//! The folder: at most one file a bucket, replaced by a longer one when keys are added.
//!
//! A file is complete and synced before it has its name, and an old one goes only when nothing
//! names it any longer. A crash in between leaves two for a bucket: the later one holds both.
//!
//! A file that takes the place of a damaged one does not hold what that one held. So each has in
//! its name with which file it began: the checkpoint says which beginning it knows, and a crash
//! before the next checkpoint does not make a bucket whole of which something is lost.

use super::checkpoint::sync;
use super::file::{KeyFile, is_damage};
use super::key::{Bucket, Key};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs::{self, DirBuilder};
use std::io;
use std::iter::Peekable;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The files by bucket.
pub(super) type Files = BTreeMap<Bucket, Arc<KeyFile>>;

/// What a file's name says, after the bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    /// Of this file.
    generation: u64,
    /// Of the first file whose keys it holds.
    began: u64,
}

/// Keys to add to a bucket.
pub(super) type Fresh = (Bucket, Arc<Vec<Key>>);

/// The folder, for who writes there.
#[derive(Debug)]
pub(super) struct Folder {
    dir: PathBuf,
    /// Of the last file that was made.
    generation: u64,
}

/// What was written.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) files: Vec<(Bucket, KeyFile)>,
    /// Buckets whose earlier file was damaged: what was only there is missing.
    pub(super) lost: Vec<Bucket>,
}

impl Folder {
    /// Opens the folder, which is made if it is not there. No file is looked into.
    pub(super) fn open(dir: &Path) -> io::Result<(Self, Files)> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        let mut latest: BTreeMap<Bucket, (Name, u64)> = BTreeMap::new();
        let mut generation = 0;
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            let Some((bucket, of_file)) = entry.file_name().to_str().and_then(parts) else {
                continue;
            };
            generation = generation.max(of_file.generation);
            let file = (of_file, entry.metadata()?.len());
            latest.entry(bucket).and_modify(|f| *f = file.max(*f)).or_insert(file);
        }
        let file = |(bucket, (of_file, n_bytes)): (Bucket, (Name, u64))| {
            let path = dir.join(name(bucket, of_file));
            (bucket, Arc::new(KeyFile::new(path, bucket, of_file.began, n_bytes)))
        };
        let files = latest.into_iter().map(file).collect();
        Ok((Self { dir: dir.to_owned(), generation }, files))
    }

    /// Makes no file that could be taken for one of a checkpoint that knows these.
    pub(super) fn begin_after(&mut self, generation: u64) {
        self.generation = self.generation.max(generation);
    }

    /// Where it is.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Writes longer files for these buckets. When this returns, they survive a loss of power.
    pub(super) fn write(&mut self, fresh: &[Fresh], before: &Files) -> io::Result<Written> {
        let mut written = Written::default();
        for (bucket, keys) in fresh {
            let mut keys = Vec::clone(keys);
            keys.sort_unstable();
            keys.dedup();
            let file = match before.get(bucket) {
                None => self.create(*bucket, None, keys.into_iter().map(Ok))?,
                Some(before) => match self.extend(*bucket, before, &keys)? {
                    Some(file) => file,
                    None => {
                        written.lost.push(*bucket);
                        self.create(*bucket, None, keys.into_iter().map(Ok))?
                    }
                },
            };
            written.files.push((*bucket, file));
        }
        sync(&self.dir)?;
        Ok(written)
    }

    /// Deletes every file of keys that is not among these.
    pub(super) fn sweep(&self, files: &Files) -> io::Result<()> {
        for entry in fs::read_dir(&self.dir)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let is_used = parts(name)
                .is_some_and(|(bucket, _)| files.get(&bucket).is_some_and(|f| f.path == path));
            if name.contains(".keys") && !is_used {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// `None` if the file before is damaged.
    fn extend(
        &mut self,
        bucket: Bucket,
        before: &KeyFile,
        keys: &[Key],
    ) -> io::Result<Option<KeyFile>> {
        let old = match before.keys() {
            Err(error) if is_damage(&error) => return Ok(None),
            old => old?,
        };
        let is_lost = Cell::new(false);
        let is_fault = |key: &io::Result<Key>| key.as_ref().is_err_and(is_damage);
        let old = old.inspect(|key| is_lost.set(is_lost.get() || is_fault(key)));
        let merged = Merge { old: old.peekable(), new: keys.iter().copied().peekable() };
        match self.create(bucket, Some(before.began), merged) {
            Err(_) if is_lost.get() => Ok(None),
            created => created.map(Some),
        }
    }

    /// Writes a file that begins with itself, or goes on from one that began before.
    fn create(
        &mut self,
        bucket: Bucket,
        began: Option<u64>,
        keys: impl Iterator<Item = io::Result<Key>>,
    ) -> io::Result<KeyFile> {
        self.generation += 1;
        let generation = self.generation;
        let began = began.unwrap_or(generation);
        let path = self.dir.join(name(bucket, Name { generation, began }));
        let new = path.with_extension("keys-new");
        let mut file = KeyFile::create(new.clone(), bucket, began, keys)?;
        fs::rename(new, &path)?;
        file.path = path;
        Ok(file)
    }
}

/// Two sorted runs as one, each key once.
struct Merge<A: Iterator, B: Iterator> {
    old: Peekable<A>,
    new: Peekable<B>,
}

impl<A, B> Iterator for Merge<A, B>
where
    A: Iterator<Item = io::Result<Key>>,
    B: Iterator<Item = Key>,
{
    type Item = io::Result<Key>;

    fn next(&mut self) -> Option<Self::Item> {
        match (self.old.peek(), self.new.peek()) {
            (Some(Ok(old)), Some(new)) if new < old => self.new.next().map(Ok),
            (Some(Ok(old)), Some(new)) => {
                if new == old {
                    self.new.next();
                }
                self.old.next()
            }
            (Some(_), _) => self.old.next(),
            (None, _) => self.new.next().map(Ok),
        }
    }
}

fn name(bucket: Bucket, Name { generation, began }: Name) -> String {
    format!("{bucket:010}.{generation:010}.{began:010}.keys")
}

/// What a file's name says, if it is the name of a whole file of keys.
fn parts(name: &str) -> Option<(Bucket, Name)> {
    let (bucket, of_file) = name.strip_suffix(".keys")?.split_once('.')?;
    let (generation, began) = of_file.split_once('.')?;
    let of_file = Name { generation: generation.parse().ok()?, began: began.parse().ok()? };
    Some((bucket.parse().ok()?, of_file))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(file: &KeyFile) -> Vec<Key> {
        file.keys().unwrap().map(Result::unwrap).collect()
    }

    fn install(files: &mut Files, written: Written) {
        files.extend(written.files.into_iter().map(|(bucket, file)| (bucket, Arc::new(file))));
    }

    #[test]
    fn a_longer_file_takes_the_place_of_the_one_before() {
        let dir = tempfile::tempdir().unwrap();
        let (mut folder, mut files) = Folder::open(dir.path()).unwrap();
        let written = folder.write(&[(5, Arc::new(vec![9, 3, 3]))], &files).unwrap();
        install(&mut files, written);
        let written = folder.write(&[(5, Arc::new(vec![4, 9])), (6, Arc::new(vec![1]))], &files);
        install(&mut files, written.unwrap());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3);
        folder.sweep(&files).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);

        let (_, files) = Folder::open(dir.path()).unwrap();
        assert_eq!(keys(&files[&5]), [3, 4, 9]);
        assert_eq!(keys(&files[&6]), [1]);
        assert_eq!(files[&5].began, 1);
        assert_eq!(files[&6].began, 3);
    }

    #[test]
    fn what_lay_in_a_damaged_file_is_lost_and_said_to_be() {
        let dir = tempfile::tempdir().unwrap();
        let (mut folder, mut files) = Folder::open(dir.path()).unwrap();
        let written = folder.write(&[(5, Arc::new((0..600).collect()))], &files).unwrap();
        install(&mut files, written);
        let mut bytes = fs::read(&files[&5].path).unwrap();
        bytes[2 * 4_096 + 8] ^= 1;
        fs::write(&files[&5].path, bytes).unwrap();
        let (mut folder, files) = Folder::open(dir.path()).unwrap();
        let written = folder.write(&[(5, Arc::new(vec![1_000]))], &files).unwrap();
        assert_eq!(written.lost, [5]);
        assert_eq!(keys(&written.files[0].1), [1_000]);
        assert_eq!(files[&5].began, 1);
        assert_ne!(written.files[0].1.began, 1);
    }
}
