//! The engine's own folder: its passwords, its configuration, its data.
//!
//! The configuration leaves the user `default`, as whom the child's own session logs in, only
//! what that session needs. `default` can have no password there, so whoever reaches the port
//! is `default`; everything else takes the password of [`USER`].

use crate::Error;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::{self, DirBuilder};
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// The one user who may do everything.
pub(crate) const USER: &str = "admin";

/// The user as whom dictionaries are filled.
pub(crate) const DICTIONARY_USER: &str = "dict";

/// Digits of the password, which stand for 256 random bits.
const PASSWORD_DIGITS: usize = 64;

/// The prepared folder.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    root: PathBuf,
    /// Root as text, absolute and without links, as it stands in the configuration.
    root_text: String,
    pub(crate) password: String,
    pub(crate) dictionary_password: String,
}

impl Folder {
    /// Makes the folder and its password where they are missing.
    pub(crate) fn prepare(root: &Path) -> Result<Self, Error> {
        DirBuilder::new().recursive(true).mode(0o700).create(root).map_err(Error::file(root))?;
        let root = fs::canonicalize(root).map_err(Error::file(root))?;
        let Some(root_text) = root.to_str().map(str::to_owned) else {
            let source = std::io::Error::other("the engine takes only paths in UTF-8");
            return Err(Error::File { path: root, source });
        };
        let [password, dictionary_password] =
            [password(&root, "password")?, password(&root, "dictionary-password")?];
        Ok(Self { root, root_text, password, dictionary_password })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where ClickHouse keeps its tables, with the slash that it adds itself.
    pub(crate) fn data_path(&self) -> String {
        format!("{}/data/", self.root_text)
    }

    pub(crate) fn configuration(&self) -> PathBuf {
        self.root.join("engine.xml")
    }

    /// Writes the configuration, unless it is there: an engine whose disk is full must start.
    pub(crate) fn configure(
        &self,
        memory_bytes: Option<u64>,
        readable: &[String],
    ) -> Result<(), Error> {
        let (path, xml) = (self.configuration(), self.xml(memory_bytes, readable));
        if fs::read_to_string(&path).is_ok_and(|there| there == xml) {
            return Ok(());
        }
        replace(&path, &xml)
    }

    /// The process that holds the lock on the data, as its own note says.
    pub(crate) fn holder(&self) -> Option<u32> {
        let status = fs::read_to_string(self.root.join("data/status")).ok()?;
        status.lines().find_map(|line| line.strip_prefix("PID: ")?.trim().parse().ok())
    }

    /// The stop waits for idle connections until they time out, five seconds at most; a client
    /// must let go of them before the server does, and the store's does so after two.
    ///
    /// A user without any grant may do everything, so the one of the dictionaries has always one.
    fn xml(&self, memory_bytes: Option<u64>, readable: &[String]) -> String {
        let path = escape(&self.data_path());
        let users = escape(&format!("{}/engine.xml", self.root_text));
        let hash = |password: &str| hex(&Sha256::digest(password.as_bytes()));
        let password = hash(&self.password);
        let dictionary_password = hash(&self.dictionary_password);
        let grant =
            |table: &String| format!("\n        <query>GRANT SELECT ON {}</query>", escape(table));
        let grants: String = readable.iter().map(grant).collect();
        let memory = memory_bytes
            .map(|bytes| format!("<max_server_memory_usage>{bytes}</max_server_memory_usage>"))
            .unwrap_or_default();
        format!(
            "<clickhouse>
  <path>{path}</path>
  <listen_host>127.0.0.1</listen_host>
  <keep_alive_timeout>3</keep_alive_timeout>
  {memory}
  <profiles><default/></profiles>
  <quotas><default/></quotas>
  <users>
    <default>
      <no_password/>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
      <grants>
        <query>GRANT SYSTEM LISTEN ON *.*</query>
        <query>GRANT CREATE TEMPORARY TABLE ON *.*</query>
      </grants>
    </default>
    <{USER}>
      <password_sha256_hex>{password}</password_sha256_hex>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
      <access_management>1</access_management>
    </{USER}>
    <{DICTIONARY_USER}>
      <password_sha256_hex>{dictionary_password}</password_sha256_hex>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
      <grants>
        <query>GRANT SELECT ON system.one</query>{grants}
      </grants>
    </{DICTIONARY_USER}>
  </users>
  <user_directories><users_xml><path>{users}</path></users_xml></user_directories>
</clickhouse>
"
        )
    }
}

/// A password of this installation, made at random when there is none.
fn password(root: &Path, name: &str) -> Result<String, Error> {
    let file = root.join(name);
    match fs::read_to_string(&file) {
        Ok(text) if text.trim().len() == PASSWORD_DIGITS => return Ok(text.trim().to_owned()),
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(Error::File { path: file, source: error }),
    }
    let mut random = [0_u8; PASSWORD_DIGITS / 2];
    getrandom::fill(&mut random).map_err(|error| Error::Random(error.to_string()))?;
    let password = hex(&random);
    replace(&file, &password)?;
    Ok(password)
}

/// Writes a file that only its owner may read, as a whole or not at all.
fn replace(path: &Path, text: &str) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let write = || {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(Error::file(path))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_password_is_random_kept_and_private() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let first = Folder::prepare(one.path()).unwrap();
        assert_eq!(first.password.len(), PASSWORD_DIGITS);
        assert_eq!(Folder::prepare(one.path()).unwrap().password, first.password);
        assert_ne!(Folder::prepare(other.path()).unwrap().password, first.password);
        assert_ne!(first.password, first.dictionary_password);
        first.configure(None, &[]).unwrap();
        for file in ["password", "dictionary-password", "engine.xml"] {
            let mode = fs::metadata(one.path().join(file)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
    }

    #[test]
    fn a_half_written_password_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("password"), "abc").unwrap();
        assert_eq!(Folder::prepare(dir.path()).unwrap().password.len(), PASSWORD_DIGITS);
    }

    #[test]
    fn the_configuration_holds_no_password_and_escapes_the_path() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::prepare(&dir.path().join("a & <b>")).unwrap();
        let xml = folder.xml(Some(1_000), &["a.b".to_owned()]);
        assert!(!xml.contains(&folder.password) && !xml.contains(&folder.dictionary_password));
        assert!(xml.contains("<query>GRANT SELECT ON a.b</query>"));
        assert!(xml.contains("/a &amp; &lt;b&gt;/data/</path>"));
        assert!(xml.contains("<max_server_memory_usage>1000</max_server_memory_usage>"));
    }
}
