//! What can be set, and where: by default, by file, by environment, by flag, each winning over
//! the one before.
//!
//! The file is TOML with one table per concern; a word that it should not hold is an error with
//! its line. Whatever is set is checked as a whole before anything starts.

mod help;
pub mod ingest;
pub mod server;
pub mod spool;
pub mod store;

pub use help::settings;

use anyhow::Context;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Everything that can be set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where to listen, where to keep things, which project to begin with.
    pub server: server::Server,
    /// What is accepted.
    pub ingest: ingest::Ingest,
    /// How what is accepted is kept.
    pub spool: spool::Spool,
    /// Where it is written to.
    pub store: store::Store,
}

/// The flags of `sillage serve`, and the variables of the environment that stand for them.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Flags {
    /// The configuration file (TOML).
    #[arg(long, env = "SILLAGE_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The folder that everything is kept in.
    #[arg(long, env = "SILLAGE_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The address to listen on.
    #[arg(long, env = "SILLAGE_LISTEN", value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// The address that browsers use, if it is another one: `https://collector.example.com`.
    #[arg(long, env = "SILLAGE_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// A ClickHouse server to use instead of the embedded engine: `http://user:password@host:8123`.
    #[arg(long, env = "SILLAGE_CLICKHOUSE", value_name = "URL", hide_env_values = true)]
    pub clickhouse: Option<String>,
    /// The library of the embedded engine.
    #[arg(long, env = "SILLAGE_ENGINE_LIBRARY", value_name = "FILE")]
    pub engine_library: Option<PathBuf>,
    /// The project that is made at the first start.
    #[arg(long, env = "SILLAGE_PROJECT", value_name = "ID")]
    pub project: Option<String>,
    /// The name of the project that is made at the first start.
    #[arg(long, env = "SILLAGE_PROJECT_NAME", value_name = "NAME")]
    pub project_name: Option<String>,
    /// A private key of that project, for programs: `sk_` and 32 to 64 random letters and digits.
    /// Better in the environment, where other users do not see it. Only its hash is kept, and
    /// once it was revoked on the dashboard it stays so.
    #[arg(long, env = "SILLAGE_PRIVATE_KEY", value_name = "KEY", hide_env_values = true)]
    pub private_key: Option<String>,
    /// What is logged: a level, or a filter such as `info,collector=debug`.
    #[arg(long, env = "SILLAGE_LOG", value_name = "FILTER")]
    pub log: Option<String>,
}

impl Config {
    /// Reads the file, if there is one, puts the flags over it, and checks the whole.
    ///
    /// # Errors
    /// When the file cannot be read, holds what it should not, or a value makes no sense.
    pub fn load(flags: Flags) -> anyhow::Result<Self> {
        let mut config = match &flags.config {
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("cannot read the configuration {}", path.display()))?;
                Self::parse(&text)
                    .with_context(|| format!("in the configuration {}", path.display()))?
            }
            None => Self::default(),
        };
        config.put(flags)?;
        config.check()?;
        Ok(config)
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        Ok(toml::from_str(text)?)
    }

    fn put(&mut self, flags: Flags) -> anyhow::Result<()> {
        let Flags { config: _, data, listen, public_url, clickhouse, engine_library, .. } = flags;
        set(&mut self.server.data, data);
        set(&mut self.server.listen, listen);
        set(&mut self.server.log, flags.log);
        self.server.public_url = public_url.or(self.server.public_url.take());
        self.store.clickhouse = clickhouse.or(self.store.clickhouse.take());
        self.store.engine_library = engine_library.or(self.store.engine_library.take());
        if let Some(project) = flags.project {
            self.server.project = protocol::ProjectId::parse(&project)
                .with_context(|| format!("the project `{project}` cannot be an id"))?;
        }
        if let Some(key) = flags.private_key {
            self.server.private_key = Some(server::FirstKey::parse(&key)?);
        }
        self.server.project_name = flags.project_name.or(self.server.project_name.take());
        Ok(())
    }

    fn check(&self) -> anyhow::Result<()> {
        self.server.check()?;
        self.ingest.check()?;
        self.spool.check()?;
        self.store.check()
    }
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        let config = Config::parse(text).and_then(|config| config.check());
        format!("{:#}", config.unwrap_err())
    }

    #[test]
    fn an_empty_file_is_the_default() {
        let config = Config::parse("").unwrap();
        assert_eq!(config, Config::default());
        config.check().unwrap();
        assert!(config.server.listen.ip().is_loopback());
    }

    #[test]
    fn faults_are_explained() {
        insta::assert_snapshot!(fault("[server]\nlisten = \"8080\""), @r#"
TOML parse error at line 2, column 10
  |
2 | listen = "8080"
  |          ^^^^^^
invalid socket address syntax
"#);
        insta::assert_snapshot!(fault("[spool]\nfsync = false"), @r"
TOML parse error at line 2, column 1
  |
2 | fsync = false
  | ^^^^^
unknown field `fsync`, expected one of `segment_bytes`, `max_bytes`, `max_age_s`, `max_wait_s`, `corrupt_max_age_s`, `corrupt_max_bytes`
");
        insta::assert_snapshot!(fault("[spool]\nmax_bytes = 10"), @"spool.max_bytes `10` must be at least twice spool.segment_bytes `67108864`");
        insta::assert_snapshot!(fault("[store]\nclickhouse = \"host:8123\""), @"store.clickhouse must be an address such as http://user:password@host:8123");
        insta::assert_snapshot!(fault("[server]\npublic_url = \"collector.example.com\""), @"server.public_url `collector.example.com` must begin with http:// or https://");
        insta::assert_snapshot!(fault("[ingest]\nread_timeout_ms = 0"), @"ingest.read_timeout_ms must be more than 0");
    }

    #[test]
    fn a_flag_wins_over_the_file() {
        let mut config = Config::parse("[server]\ndata = \"/a\"\nproject = \"one\"").unwrap();
        let flags = Flags { data: Some("/b".into()), ..Flags::default() };
        config.put(flags).unwrap();
        assert_eq!(config.server.data, PathBuf::from("/b"));
        assert_eq!(config.server.project.as_str(), "one");
    }

    #[test]
    fn of_a_private_key_only_the_hash_is_kept() {
        let mut config = Config::default();
        let with = |key: &str| Flags { private_key: Some(key.to_owned()), ..Flags::default() };
        let error = config.put(with("sk_secret")).unwrap_err();
        insta::assert_snapshot!(format!("{error:#}"), @"the private key must be `sk_` and 32 to 64 letters and digits");
        config.put(with("sk_0123456789abcdefABCDEF0123456789")).unwrap();
        assert!(config.server.private_key.is_some());
        assert!(!format!("{config:?}").contains("abcdef"));
    }

    #[test]
    fn a_project_that_cannot_be_an_id_is_refused() {
        let flags = Flags { project: Some("Tide mark".into()), ..Flags::default() };
        let error = Config::default().put(flags).unwrap_err();
        insta::assert_snapshot!(format!("{error:#}"), @"the project `Tide mark` cannot be an id: expected 1 to 40 lower-case letters, digits and hyphens");
    }
}
