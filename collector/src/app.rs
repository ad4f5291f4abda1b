//! What every request shares, built once.

use crate::audit::Audits;
use crate::config::Config;
use crate::counters::Outcomes;
use crate::dead::Letters;
use crate::definitions::Definitions;
use crate::delivery::Delivery;
use crate::env::{self, Clock};
use crate::feature::Features;
use crate::figures;
use crate::health::Obstacle;
use crate::live::Origins;
use crate::members::Members;
use crate::seen::Seen;
use crate::sightings::Sightings;
use crate::spool::{Cursor, Spool};
use crate::{lately, look};
use anyhow::Context;
use protocol::Timestamp;
use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use store::{Connection, Unreadable};
use tokio::sync::{Mutex, watch};

/// What every request shares. A clone is the same one.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    config: Config,
    clock: Clock,
    store: Connection,
    definitions: Definitions,
    features: Features,
    lately: lately::Counted,
    figures: figures::Counted,
    weeks_judged: look::Held,
    outcomes: Arc<Outcomes>,
    delivery: Delivery,
    members: Members,
    letters: Letters,
    spool: Spool,
    seen: Arc<Seen>,
    audits: Audits,
    obstacle: Obstacle,
    /// Random, so that request ids of two runs differ.
    run_id: [u8; 8],
    n_requests: AtomicU64,
    origin: OnceLock<String>,
    origins: Origins,
    sightings: Sightings,
    telling: Mutex<()>,
    stopping: watch::Sender<bool>,
}

impl App {
    /// Opens what lies in the data folder. Sends nothing to ClickHouse yet. Returns the app and
    /// how far ClickHouse has the spool, for the [`crate::writer::Writer`].
    ///
    /// # Errors
    /// When the file system refuses, or a later version of this program wrote there.
    pub fn open(config: Config, store: Connection, clock: Clock) -> anyhow::Result<(Self, Cursor)> {
        let data = &config.server.data;
        let (spool, cursor) = open_spool(data, &config, &clock)?;
        let seen = Seen::open(&data.join("seen"), &spool, cursor.spool, clock())
            .with_context(|| format!("cannot open {}", data.join("seen").display()))?;
        let outcomes = Arc::new(Outcomes::open(data)?);
        let inner = Inner {
            definitions: Definitions::open(data, Arc::clone(&outcomes))?,
            features: Features::new(config.store.audits()),
            lately: lately::Counted::default(),
            figures: figures::Counted::default(),
            weeks_judged: look::Held::default(),
            outcomes,
            delivery: Delivery::new(cursor.done),
            members: Members::new(store.clone()),
            seen: Arc::new(seen),
            audits: Audits::default(),
            obstacle: Obstacle::default(),
            letters: Letters::open(data, &config.store)?,
            run_id: env::random()?,
            n_requests: AtomicU64::new(0),
            origin: OnceLock::new(),
            origins: Origins::default(),
            sightings: Sightings::default(),
            telling: Mutex::new(()),
            stopping: watch::Sender::new(false),
            config,
            clock,
            store,
            spool,
        };
        Ok((Self(Arc::new(inner)), cursor))
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        (self.0.clock)()
    }

    /// What could not be written.
    pub fn letters(&self) -> &Letters {
        &self.0.letters
    }

    /// The way to ClickHouse.
    pub fn store(&self) -> &Connection {
        &self.0.store
    }

    /// The projects, by write key and by id.
    pub fn definitions(&self) -> &Definitions {
        &self.0.definitions
    }

    /// What is stored and cannot be read.
    pub fn unreadable(&self) -> Vec<Unreadable> {
        [self.definitions().unreadable(), self.features().unreadable()].concat()
    }

    /// The named features.
    pub fn features(&self) -> &Features {
        &self.0.features
    }

    /// What is used most of late.
    pub fn lately(&self) -> &lately::Counted {
        &self.0.lately
    }

    /// Held by whoever says something of accounts from the reading of what holds to the writing:
    /// so none undoes unseen what another says, and one file at a time takes memory.
    pub(crate) fn telling(&self) -> &Mutex<()> {
        &self.0.telling
    }

    /// What accounts did.
    pub fn figures(&self) -> &figures::Counted {
        &self.0.figures
    }

    /// What was said of the weeks of many accounts.
    pub(crate) fn weeks_judged(&self) -> &look::Held {
        &self.0.weeks_judged
    }

    /// What came and what was refused.
    pub fn outcomes(&self) -> &Arc<Outcomes> {
        &self.0.outcomes
    }

    /// How far ClickHouse has what came.
    pub fn delivery(&self) -> &Delivery {
        &self.0.delivery
    }

    /// Who signs in.
    pub fn members(&self) -> &Members {
        &self.0.members
    }

    /// What is accepted and not yet in ClickHouse.
    pub fn spool(&self) -> &Spool {
        &self.0.spool
    }

    /// The events of the last seven days.
    pub fn seen(&self) -> &Arc<Seen> {
        &self.0.seen
    }

    /// What the daily check of ClickHouse found.
    pub fn audits(&self) -> &Audits {
        &self.0.audits
    }

    /// What keeps events from ClickHouse until a person mends it.
    pub fn obstacle(&self) -> &Obstacle {
        &self.0.obstacle
    }

    /// An id for a request, unique.
    pub(crate) fn request_id(&self) -> [u8; 16] {
        let n = self.0.n_requests.fetch_add(1, Ordering::Relaxed);
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.0.run_id);
        id[8..].copy_from_slice(&n.to_be_bytes());
        id
    }

    /// The address that browsers use, without a slash at the end: for links and the script line.
    pub fn origin(&self) -> &str {
        self.0.origin.get().map_or("", String::as_str)
    }

    /// Tells the browsers that ask apart.
    pub fn origins(&self) -> &Origins {
        &self.0.origins
    }

    /// Pages that asked for the SDK.
    pub fn sightings(&self) -> &Sightings {
        &self.0.sightings
    }

    /// Becomes true when the collector stops: an answer without an end is to end then.
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.0.stopping.subscribe()
    }

    /// Says that the collector stops.
    pub(crate) fn stop(&self) {
        self.0.stopping.send_replace(true);
    }

    /// Says which address is listened on, once it is known.
    pub fn set_bound(&self, bound: SocketAddr) {
        self.0.origin.get_or_init(|| self.0.config.server.origin(bound));
    }
}

fn open_spool(data: &Path, config: &Config, clock: &Clock) -> anyhow::Result<(Spool, Cursor)> {
    let dir = data.join("spool");
    let (spool, cursor, recovered) =
        Spool::open(&dir, &config.spool, env::random()?, Arc::clone(clock))
            .with_context(|| format!("cannot open the spool {}", dir.display()))?;
    if recovered.torn_bytes > 0 {
        let n_bytes = recovered.torn_bytes;
        tracing::info!(n_bytes, "an unfinished write of the spool is left unread");
    }
    if !recovered.damaged.is_empty() {
        tracing::error!(segments = ?recovered.damaged, "damaged segments of the spool are kept under corrupt/");
    }
    if !recovered.missing.is_empty() {
        tracing::error!(segments = ?recovered.missing, "segments of the spool are gone that ClickHouse does not have");
    }
    Ok((spool, cursor))
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("config", &self.0.config).finish_non_exhaustive()
    }
}
