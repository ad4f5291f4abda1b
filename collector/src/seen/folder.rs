//! The folder: at most one file a bucket, replaced by a longer one when keys are added.
//!
//! A file is complete and synced before it has its name, and an old one goes only when nothing
//! names it any longer. A crash in between leaves two for a bucket: the later one holds both.

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
        let mut latest: BTreeMap<Bucket, (u64, u64)> = BTreeMap::new();
        let mut generation = 0;
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            let Some((bucket, of_file)) = entry.file_name().to_str().and_then(parts) else {
                continue;
            };
            generation = generation.max(of_file);
            let file = (of_file, entry.metadata()?.len());
            latest.entry(bucket).and_modify(|f| *f = file.max(*f)).or_insert(file);
        }
        let file = |(bucket, (generation, n_bytes))| {
            let path = dir.join(name(bucket, generation));
            (bucket, Arc::new(KeyFile::new(path, bucket, n_bytes)))
        };
        let files = latest.into_iter().map(file).collect();
        Ok((Self { dir: dir.to_owned(), generation }, files))
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
                None => self.create(*bucket, keys.into_iter().map(Ok))?,
                Some(before) => match self.extend(*bucket, before, &keys)? {
                    Some(file) => file,
                    None => {
                        written.lost.push(*bucket);
                        self.create(*bucket, keys.into_iter().map(Ok))?
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
        match self.create(bucket, merged) {
            Err(_) if is_lost.get() => Ok(None),
            created => created.map(Some),
        }
    }

    fn create(
        &mut self,
        bucket: Bucket,
        keys: impl Iterator<Item = io::Result<Key>>,
    ) -> io::Result<KeyFile> {
        self.generation += 1;
        let path = self.dir.join(name(bucket, self.generation));
        let new = path.with_extension("keys-new");
        let mut file = KeyFile::create(new.clone(), bucket, keys)?;
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

fn name(bucket: Bucket, generation: u64) -> String {
    format!("{bucket:010}.{generation:010}.keys")
}

/// Bucket and generation in a file's name, if it is the name of a whole file of keys.
fn parts(name: &str) -> Option<(Bucket, u64)> {
    let (bucket, generation) = name.strip_suffix(".keys")?.split_once('.')?;
    Some((bucket.parse().ok()?, generation.parse().ok()?))
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
    }
}
