//! Asks the server on a port whose it is.
//!
//! An answer alone says nothing: with the port taken, another engine answers. Ours knows our
//! password and serves our folder.

use crate::folder::{Folder, USER};
use std::time::Duration;

/// One question may take this long; the engine answers within milliseconds.
const PATIENCE: Duration = Duration::from_secs(2);

/// Asks one port, again and again.
#[derive(Debug)]
pub(crate) struct Probe {
    client: reqwest::Client,
    url: String,
    password: String,
    data_path: String,
}

impl Probe {
    pub(crate) fn new(port: u16, folder: &Folder) -> Self {
        // A proxy for the outside world must not come between us and our own child.
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build();
        Self {
            client: client.unwrap_or_default(),
            url: format!("http://127.0.0.1:{port}/"),
            password: folder.password.clone(),
            data_path: folder.data_path(),
        }
    }

    /// Whether anything is answered, a refusal included.
    pub(crate) async fn is_answered(&self) -> bool {
        self.ask("SELECT 1").await.is_ok()
    }

    async fn ask(&self, question: &'static str) -> reqwest::Result<reqwest::Response> {
        let request = self.client.post(&self.url).header("X-ClickHouse-User", USER);
        request.header("X-ClickHouse-Key", &self.password).body(question).send().await
    }

    /// Whether our own engine answers.
    pub(crate) async fn is_ours(&self) -> bool {
        match self.ask("SELECT value FROM system.server_settings WHERE name = 'path'").await {
            Ok(answer) if answer.status().is_success() => {
                answer.text().await.is_ok_and(|path| path.trim_end() == self.data_path)
            }
            Ok(_) | Err(_) => false,
        }
    }
}
