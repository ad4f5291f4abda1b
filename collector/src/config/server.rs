//! Where to listen, where to keep things, which project to begin with.

use anyhow::ensure;
use documented::DocumentedFields;
use protocol::ProjectId;
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use store::PrivateKey;
use tokio::sync::Semaphore;

/// Where to listen, where to keep things, which project to begin with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, DocumentedFields)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// The folder that everything is kept in; one collector at a time.
    pub data: PathBuf,
    /// The address to listen on: this machine only, unless set.
    pub listen: SocketAddr,
    /// The address that browsers use, where a proxy stands in front.
    pub public_url: Option<String>,
    /// The project that is made at the first start.
    pub project: ProjectId,
    /// Its name; its id if not set.
    pub project_name: Option<String>,
    /// A private key of that project. Not in the file, which others may read.
    #[serde(skip)]
    pub private_key: Option<FirstKey>,
    /// What is logged: a level, or a filter such as `info,collector=debug`.
    pub log: String,
    /// How long requests and the writer may take to finish when the collector stops, in milliseconds.
    pub stop_ms: u64,
    /// How many connections may be open at the same time; more of them wait.
    pub connections: usize,
    /// How long the head of a request may take, and how long a connection may be idle, in
    /// milliseconds.
    pub head_ms: u64,
}

/// What is kept of the private key that the collector is started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstKey {
    /// The SHA-256 of its text.
    pub hash: [u8; 32],
    /// Its last four characters.
    pub ends_with: String,
}

impl FirstKey {
    /// Takes the hash of a text.
    ///
    /// # Errors
    /// When the text is no private key; the sentence does not repeat it.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        ensure!(
            PrivateKey::is_one(text),
            "the private key must be `sk_` and 32 to 64 letters and digits"
        );
        Ok(Self { hash: PrivateKey::hash_of(text), ends_with: PrivateKey::end_of(text) })
    }
}

impl Default for Server {
    fn default() -> Self {
        Self {
            data: PathBuf::from("sillage-data"),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            public_url: None,
            project: default_project(),
            project_name: None,
            private_key: None,
            log: "info".to_owned(),
            stop_ms: 5_000,
            connections: 4_096,
            head_ms: 10_000,
        }
    }
}

#[allow(clippy::expect_used, reason = "the text is a constant, and a test reads it")]
fn default_project() -> ProjectId {
    ProjectId::parse("default").expect("a constant that is a project id")
}

impl Server {
    /// The address that browsers use, without a slash at the end.
    pub fn origin(&self, bound: SocketAddr) -> String {
        match &self.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://{bound}"),
        }
    }

    pub(super) fn check(&self) -> anyhow::Result<()> {
        if let Some(url) = &self.public_url {
            ensure!(
                url.starts_with("http://") || url.starts_with("https://"),
                "server.public_url `{url}` must begin with http:// or https://"
            );
        }
        ensure!(self.head_ms > 0, "server.head_ms must be more than 0");
        let most = Semaphore::MAX_PERMITS;
        ensure!(
            (1..=most).contains(&self.connections),
            "server.connections `{}` must be from 1 to {most}",
            self.connections
        );
        Ok(())
    }
}
