//! The collector, over HTTP: what could pass is tried again for as long as it takes.

use super::file::Chunk;
use super::progress::Progress;
use anyhow::{Context, bail, ensure};
use protocol::{ImportId, ImportReceipt};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use ureq::http::{Response, StatusCode, Uri, header};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body};

/// The first pause after a failure.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// The longest pause after a failure.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// How long one request may take in all: the collector answers after a sync of its disk.
const REQUEST: Duration = Duration::from_secs(120);

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);

/// A connection that was idle for longer is not used again: the collector may have closed it.
const IDLE: Duration = Duration::from_secs(5);

/// How often a pause is interrupted to see whether to stop.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Says when it is time to stop. A clone is the same one.
#[derive(Debug, Clone, Default)]
pub(super) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// What a signal sets.
    pub(super) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }

    /// Fails when it is time to stop.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        ensure!(!self.0.load(Ordering::Relaxed), "it was stopped");
        Ok(())
    }

    /// Waits, unless it is time to stop.
    pub(super) fn sleep(&self, pause: Duration) -> anyhow::Result<()> {
        let until = Instant::now() + pause;
        loop {
            self.check()?;
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            thread::sleep(left.min(LOOK_EVERY));
        }
    }
}

/// The collector.
pub(super) struct Client {
    agent: Agent,
    url: String,
    authorization: String,
    stop: Stop,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Why a request is to be made again.
struct Again {
    why: String,
    /// When the collector said so itself.
    after: Option<Duration>,
}

impl Again {
    fn unanswered(error: &ureq::Error) -> Self {
        let why = format!(
            "the collector does not answer ({error}): trying again for as long as it takes"
        );
        Self { why, after: None }
    }
}

#[derive(Deserialize)]
struct Told {
    error: String,
}

#[derive(Deserialize)]
struct Projects {
    projects: Vec<Project>,
}

#[derive(Deserialize)]
struct Project {
    id: String,
}

#[derive(Deserialize)]
struct Written {
    written: bool,
}

impl Client {
    /// A client of the collector at `url`; connects later.
    pub(super) fn new(url: &str, key: &str, stop: Stop) -> anyhow::Result<Self> {
        let uri: Uri = url.parse().with_context(|| format!("`{url}` is no address"))?;
        let is_http = matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some();
        ensure!(is_http, "`{url}` must be an address such as https://collector.example.com");
        let is_https = uri.scheme_str() == Some("https");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder()
            .root_certs(if is_https { roots()? } else { RootCerts::new_with_certs(&[]) })
            .unversioned_rustls_crypto_provider(provider)
            .build();
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(REQUEST))
            .timeout_connect(Some(CONNECT))
            .max_idle_age(IDLE)
            .user_agent(concat!("sillage/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls)
            .build();
        let url = url.trim_end_matches('/').to_owned();
        Ok(Self { agent: agent.into(), url, authorization: format!("Bearer {key}"), stop })
    }

    /// Says when it is time to stop.
    pub(super) fn stop(&self) -> &Stop {
        &self.stop
    }

    /// The project that the key opens.
    pub(super) fn project(&self, progress: &mut Progress) -> anyhow::Result<String> {
        let opened: Projects = self.get("/v1/projects", progress)?;
        let project = opened.projects.into_iter().next();
        Ok(project.context("the private key opens no project")?.id)
    }

    /// Where a project takes imports.
    pub(super) fn address(&self, project: &str) -> String {
        format!("{}/v1/projects/{project}/import", self.url)
    }

    /// Whether everything up to the mark is written.
    pub(super) fn is_written(
        &self,
        project: &str,
        mark: &str,
        progress: &mut Progress,
    ) -> anyhow::Result<bool> {
        if mark.is_empty() {
            return Ok(true);
        }
        let path = format!("/v1/projects/{project}/import?mark={mark}");
        Ok(self.get::<Written>(&path, progress)?.written)
    }

    /// Sends some lines; returns when they are safe.
    pub(super) fn send(
        &self,
        project: &str,
        import: &ImportId,
        chunk: &Chunk,
        progress: &mut Progress,
    ) -> anyhow::Result<ImportReceipt> {
        let first_line = chunk.first_line;
        let address = format!("{}?import={import}&first_line={first_line}", self.address(project));
        self.until_answered(progress, || {
            self.agent
                .post(&address)
                .header(header::AUTHORIZATION, &self.authorization)
                .header(header::CONTENT_ENCODING, "gzip")
                .header(header::CONTENT_TYPE, "application/jsonl")
                .send(&chunk.packed[..])
        })
    }

    fn get<T: DeserializeOwned>(&self, path: &str, progress: &mut Progress) -> anyhow::Result<T> {
        let address = format!("{}{path}", self.url);
        self.until_answered(progress, || {
            self.agent.get(&address).header(header::AUTHORIZATION, &self.authorization).call()
        })
    }

    fn until_answered<T: DeserializeOwned>(
        &self,
        progress: &mut Progress,
        ask: impl Fn() -> Result<Response<Body>, ureq::Error>,
    ) -> anyhow::Result<T> {
        let mut n_failures = 0_u32;
        loop {
            self.stop.check()?;
            let again = match ask() {
                Ok(answer) => match read(answer)? {
                    Ok(answer) => return Ok(answer),
                    Err(again) => again,
                },
                Err(error) if is_untrusted(&error) => {
                    return Err(error).context("the collector cannot be trusted");
                }
                Err(error) => Again::unanswered(&error),
            };
            let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(n_failures));
            let pause = again.after.unwrap_or(pause.min(LONGEST_PAUSE));
            n_failures += 1;
            match again.after {
                Some(_) => progress.pause(&again.why),
                None => progress.wait(&again.why),
            }
            self.stop.sleep(pause)?;
        }
    }
}

/// Whether the certificate is at fault, which does not pass.
fn is_untrusted(error: &ureq::Error) -> bool {
    let ureq::Error::Io(error) = error else { return false };
    let of_tls = error.get_ref().and_then(|error| error.downcast_ref());
    matches!(of_tls, Some(rustls::Error::InvalidCertificate(_)))
}

/// The roots that this machine trusts.
fn roots() -> anyhow::Result<RootCerts> {
    let found = rustls_native_certs::load_native_certs();
    let certificates: Vec<_> =
        found.certs.iter().map(|root| Certificate::from_der(root).to_owned()).collect();
    ensure!(
        !certificates.is_empty(),
        "this machine trusts no certificates: install the package `ca-certificates`"
    );
    Ok(RootCerts::new_with_certs(&certificates))
}

/// Reads an answer: what it says, or that it must be asked again; an error if that is of no use.
fn read<T: DeserializeOwned>(mut answer: Response<Body>) -> anyhow::Result<Result<T, Again>> {
    let status = answer.status();
    let after = answer.headers().get(header::RETRY_AFTER);
    let after = after.and_then(|value| value.to_str().ok()?.parse().ok()).map(Duration::from_secs);
    let text = match answer.body_mut().read_to_string() {
        Ok(text) => text,
        Err(error) => return Ok(Err(Again::unanswered(&error))),
    };
    if status.is_success() {
        return serde_json::from_str(&text)
            .map(Ok)
            .context("this is not the answer of a collector");
    }
    let told = serde_json::from_str::<Told>(&text).map(|told| told.error);
    let why = told.unwrap_or_else(|_| format!("the collector answers {status}"));
    let is_passing = status.is_server_error()
        || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT);
    if is_passing {
        return Ok(Err(Again { why, after }));
    }
    if let Some(place) = answer.headers().get(header::LOCATION).and_then(|at| at.to_str().ok()) {
        bail!("the collector is at another address: it leads to {place}");
    }
    bail!("{why}")
}
