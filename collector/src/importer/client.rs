//! The collector, over HTTP: once it has answered, what could pass is tried again for as long as
//! it takes.

use super::file::Chunk;
use super::pause::{Pace, Stop};
use super::progress::Progress;
use anyhow::{Context, bail, ensure};
use protocol::{ImportId, ImportReceipt};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use ureq::http::{Response, StatusCode, Uri, header};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body};

/// How long one request may take in all: the collector answers after a sync of its disk.
const REQUEST: Duration = Duration::from_secs(120);

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);

/// How long a collector may take to answer for the first time: a wrong address never does.
pub(super) const FIRST_CONTACT: Duration = Duration::from_secs(10);

/// A connection that was idle for longer is not used again: the collector may have closed it.
const IDLE: Duration = Duration::from_secs(5);

/// The least time that a request of the first contact gets.
const LEAST_REQUEST: Duration = Duration::from_millis(100);

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
        Self { why: format!("the collector does not answer ({error})"), after: None }
    }
}

/// The collector has other data than when the import began, and knows nothing of it.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the data of the collector was replaced")]
pub(super) struct Replaced;

/// What a collector says before anything is sent to it.
#[derive(Debug, Clone)]
pub(super) struct Contact {
    /// The project that the key opens.
    pub(super) project: String,
    /// The identity of its spool, with which every mark begins.
    pub(super) spool: String,
    /// The time there, in milliseconds.
    pub(super) now: i64,
}

/// Whether lines are written.
#[derive(Debug, Deserialize)]
pub(super) struct Written {
    /// Whether nothing of them waits.
    pub(super) written: bool,
    /// If so, how many events of the project ClickHouse has refused since the import began.
    #[serde(default)]
    pub(super) dead_letters: u64,
}

#[derive(Deserialize)]
struct Told {
    error: String,
}

#[derive(Deserialize)]
struct Projects {
    projects: Vec<Project>,
    spool: String,
    now: i64,
}

#[derive(Deserialize)]
struct Project {
    id: String,
}

impl Client {
    /// A client of the collector at `url`; connects later. A key that everybody on the way could
    /// read is not sent, unless the way `is_insecure` and that is known.
    pub(super) fn new(url: &str, key: &str, is_insecure: bool, stop: Stop) -> anyhow::Result<Self> {
        let uri: Uri = url.parse().with_context(|| format!("`{url}` is no address"))?;
        let is_http = matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some();
        ensure!(is_http, "`{url}` must be an address such as https://collector.example.com");
        let is_https = uri.scheme_str() == Some("https");
        ensure!(
            is_https || is_insecure || is_loopback(uri.host().unwrap_or("")),
            "over `http://` everybody on the way can read the private key: give an address with \
             `https://`, or `--insecure` if you trust the network"
        );
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

    /// What the collector says of itself and of the key. It may be away for a while.
    pub(super) fn contact(&self, progress: &mut Progress) -> anyhow::Result<Contact> {
        Self::opened(self.get("/v1/projects", progress)?)
    }

    /// The same for the first time, when the address may be wrong.
    ///
    /// # Errors
    /// When there is no answer within `patience`.
    pub(super) fn first_contact(
        &self,
        patience: Duration,
        progress: &mut Progress,
    ) -> anyhow::Result<Contact> {
        let end = Instant::now() + patience;
        let address = format!("{}/v1/projects", self.url);
        let ask = || {
            let left = end.saturating_duration_since(Instant::now()).max(LEAST_REQUEST);
            let request = self.agent.get(&address).config().timeout_global(Some(left)).build();
            request.header(header::AUTHORIZATION, &self.authorization).call()
        };
        Self::opened(self.until_answered(progress, Some(end), ask)?)
    }

    fn opened(opened: Projects) -> anyhow::Result<Contact> {
        let Projects { projects, spool, now } = opened;
        let project = projects.into_iter().next().context("the private key opens no project")?.id;
        Ok(Contact { project, spool, now })
    }

    /// Where a project takes imports.
    pub(super) fn address(&self, project: &str) -> String {
        format!("{}/v1/projects/{project}/import", self.url)
    }

    /// Where a person sees what ClickHouse refused.
    pub(super) fn dead_letters(&self, project: &str) -> String {
        format!("{}/projects/{project}/dead-letters", self.url)
    }

    /// Whether everything up to the mark is written, and what ClickHouse refused since `since`.
    ///
    /// # Errors
    /// [`Replaced`], if the mark is of other data.
    pub(super) fn written(
        &self,
        project: &str,
        mark: &str,
        since: i64,
        progress: &mut Progress,
    ) -> anyhow::Result<Written> {
        let path = format!("/v1/projects/{project}/import?mark={mark}&since={since}");
        self.get(&path, progress)
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
        self.until_answered(progress, None, || {
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
        self.until_answered(progress, None, || {
            self.agent.get(&address).header(header::AUTHORIZATION, &self.authorization).call()
        })
    }

    /// Asks until there is an answer, or until `end`.
    fn until_answered<T: DeserializeOwned>(
        &self,
        progress: &mut Progress,
        end: Option<Instant>,
        ask: impl Fn() -> Result<Response<Body>, ureq::Error>,
    ) -> anyhow::Result<T> {
        let mut pace = Pace::AFTER_FAILURE;
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
            let pause = pace.next();
            let pause = again.after.unwrap_or(pause);
            let why = again.why;
            if end.is_some_and(|end| Instant::now() + pause > end) {
                let url = &self.url;
                bail!("{why}: is `{url}` the address of the collector, and does it run?");
            }
            match (again.after, end) {
                (Some(_), _) => progress.pause(&why),
                (None, Some(_)) => progress.wait(&format!("{why}: trying again for some seconds")),
                (None, None) => {
                    progress.wait(&format!("{why}: trying again for as long as it takes"));
                }
            }
            self.stop.pause(pause)?;
        }
    }
}

/// Whether a host is this machine, whatever it is asked.
fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.map_or(host.eq_ignore_ascii_case("localhost"), |address| address.is_loopback())
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
    if status == StatusCode::CONFLICT {
        return Err(Replaced.into());
    }
    if let Some(place) = answer.headers().get(header::LOCATION).and_then(|at| at.to_str().ok()) {
        bail!("the collector is at another address: it leads to {place}");
    }
    bail!("{why}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn client(url: &str, is_insecure: bool) -> anyhow::Result<Client> {
        Client::new(url, "sk_x", is_insecure, Stop::default())
    }

    #[test]
    fn a_key_is_not_sent_where_everybody_can_read_it() {
        for url in
            ["http://127.0.0.1:8080", "http://[::1]:1", "http://localhost", "http://127.9.9.9"]
        {
            assert!(client(url, false).is_ok(), "{url}");
        }
        for url in
            ["http://collector.example.com", "http://10.0.0.7:8080", "http://localhost.example"]
        {
            let told = client(url, false).unwrap_err().to_string();
            assert!(told.contains("--insecure"), "{url}: {told}");
            assert!(client(url, true).is_ok(), "{url}");
        }
    }

    #[test]
    fn an_address_where_nobody_is_ends_with_a_sentence() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut progress = Progress::new(std::path::Path::new("/dev/null")).unwrap();
        for address in [free, silent.local_addr().unwrap()] {
            let url = format!("http://{address}");
            let client = client(&url, false).unwrap();
            let told = client.first_contact(Duration::from_millis(600), &mut progress);
            let told = told.unwrap_err().to_string();
            assert!(told.starts_with("the collector does not answer ("), "{told}");
            let question = format!("is `{url}` the address of the collector, and does it run?");
            assert!(told.ends_with(&question), "{told}");
        }
    }
}
