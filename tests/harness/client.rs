//! A browser without a browser: sends batches, and sends again what it does not know to be kept.

use crate::chance::Chance;
use crate::collector::{PRIVATE_KEY, PROJECT};
use crate::database::Database;
use crate::environment::now;
use crate::ledger::{Fate, Ledger, Verdict};
use crate::sender::{Answer, Way, post, post_lines};
use crate::traffic::Batch;
use crate::wait::{PATIENCE, until};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How many acknowledged batches are kept, to send one of them again.
const KEPT: usize = 30;

/// A project that can be written to.
#[derive(Debug, Clone)]
pub struct Project {
    /// Its id.
    pub id: String,
    /// Its write key.
    pub key: String,
    /// Its private key.
    pub private_key: String,
}

impl Project {
    /// The project of most tests, by its write key.
    pub fn of_tests(key: String) -> Self {
        Self { id: PROJECT.to_owned(), key, private_key: PRIVATE_KEY.to_owned() }
    }
}

/// Where to send, and what was sent by all clients together.
#[derive(Debug, Clone)]
pub struct Destination {
    /// The collector, such as `127.0.0.1:8080`.
    pub address: String,
    /// Where events may belong.
    pub projects: Vec<Project>,
    /// What the clients know.
    pub ledger: Arc<Mutex<Ledger>>,
}

/// Clients that send.
#[derive(Debug)]
pub struct Load {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<Result<Client>>>,
}

impl Load {
    /// Lets the clients begin.
    pub fn begin(clients: Vec<Client>) -> Self {
        let stop = watch::Sender::new(false);
        let tasks = clients.into_iter().map(|client| tokio::spawn(client.run(stop.subscribe())));
        Self { tasks: tasks.collect(), stop }
    }

    /// Waits until everything that was begun is answered, and gives the clients back.
    ///
    /// # Errors
    /// When the collector does not answer, or answers as it never may.
    pub async fn end(self) -> Result<Vec<Client>> {
        self.stop.send_replace(true);
        let mut clients = Vec::new();
        for task in self.tasks {
            let client = tokio::time::timeout(PATIENCE, task).await;
            clients.push(client.context("a client is never answered")???);
        }
        Ok(clients)
    }
}

impl Destination {
    /// A collector and what may be written to it; nothing was sent yet.
    pub fn new(address: String, projects: Vec<Project>) -> Self {
        Self { address, projects, ledger: Arc::default() }
    }

    /// Waits until so many more events are acknowledged.
    ///
    /// # Errors
    /// When they never are.
    pub async fn wait_for_more(&self, n: usize) -> Result<()> {
        let n = self.ledger().n_acknowledged() + n;
        until(&format!("{n} events are acknowledged"), PATIENCE, async || {
            Ok((self.ledger().n_acknowledged() >= n).then_some(()))
        })
        .await
    }

    /// Compares what is stored with what is known.
    ///
    /// # Errors
    /// When ClickHouse cannot be asked, or anything is not as it must be.
    pub async fn check(&self, database: &Database) -> Result<Verdict> {
        let stored = database.stored().await?;
        let verdict = self.ledger().judge(&stored);
        ensure!(verdict.is_clean(), "{verdict}");
        Ok(verdict)
    }

    /// What the clients know.
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One sender.
#[derive(Debug)]
pub struct Client {
    to: Destination,
    chance: Chance,
    /// Longest pause between two batches, in milliseconds.
    pause_ms: u64,
    acknowledged: Vec<Batch>,
    /// How many times each status came; 0 stands for no answer.
    pub statuses: std::collections::BTreeMap<u16, u64>,
}

impl Client {
    /// A client that chooses by `chance`.
    pub fn new(to: Destination, chance: Chance, pause_ms: u64) -> Self {
        let (acknowledged, statuses) = Default::default();
        Self { to, chance, pause_ms, acknowledged, statuses }
    }

    /// Sends until `stop` says so, and until what it began is answered.
    ///
    /// # Errors
    /// When the collector answers as it never may.
    pub async fn run(mut self, stop: watch::Receiver<bool>) -> Result<Self> {
        let projects: Vec<String> = self.to.projects.iter().map(|p| p.id.clone()).collect();
        while !*stop.borrow() {
            if self.chance.one_in(8) && !self.acknowledged.is_empty() {
                self.repeat().await?;
            } else {
                let batch = Batch::random(&mut self.chance, &projects, now());
                // Now and then it comes as the past does, and maybe again as if it were new.
                let is_past = batch.is_good() && self.chance.one_in(6);
                if is_past {
                    self.import(&batch).await?;
                }
                if !is_past || self.chance.one_in(2) {
                    self.deliver(batch, 0).await?;
                }
            }
            self.wait(self.pause_ms).await;
        }
        Ok(self)
    }

    /// Sends a large batch once, and gives the batch back with the answer.
    ///
    /// # Errors
    /// When the collector answers as it never may.
    pub async fn push(&mut self) -> Result<(Batch, Answer)> {
        let projects: Vec<String> = self.to.projects.iter().map(|p| p.id.clone()).collect();
        let mut batch = Batch::of(500, &mut self.chance, &projects, now());
        batch.is_packed = false;
        let answer = self.send(&batch, 0, false, Way::Whole).await?;
        if answer.status() == 202 {
            self.note(&batch, &answer)?;
        }
        Ok((batch, answer))
    }

    /// Sends a batch again until it is acknowledged.
    ///
    /// # Errors
    /// When it never is.
    pub async fn push_again(&mut self, batch: Batch) -> Result<()> {
        let pushed = timeout(PATIENCE, self.deliver(batch, 1)).await;
        pushed.context("a batch is never acknowledged")?
    }

    /// Sends until there is an answer, as the SDK does; now and then it is closed for good before.
    async fn deliver(&mut self, batch: Batch, mut attempt: u32) -> Result<()> {
        let mut may_have_arrived = attempt > 0;
        loop {
            let way = self.way();
            let answer = self.send(&batch, attempt, may_have_arrived, way).await?;
            match answer.status() {
                202 => {
                    self.note(&batch, &answer)?;
                    self.keep(batch);
                    return Ok(());
                }
                0 if attempt == 0 && self.chance.one_in(20) => return Ok(()),
                0 | 500.. => may_have_arrived = true,
                429 => {}
                _ => bail!("a batch was answered {answer:?}"),
            }
            if answer.status() >= 500 {
                ensure!(answer.header("retry-after").is_some(), "no Retry-After: {answer:?}");
            }
            attempt += 1;
            self.wait(150).await;
        }
    }

    /// Sends an acknowledged batch again, whose answer was lost on the way, let us say.
    async fn repeat(&mut self) -> Result<()> {
        let at = self.chance.between(0, self.acknowledged.len() as u64);
        let batch = self.acknowledged.swap_remove(usize::try_from(at)?);
        // Without the mark it is a first attempt that a proxy held back behind its repeat.
        let is_marked = !self.chance.one_in(2);
        let answer = self.send(&batch, 1, is_marked, Way::Whole).await?;
        if answer.status() == 202 {
            self.note(&batch, &answer)?;
        }
        if batch.is_good() && self.chance.one_in(3) {
            self.import(&batch).await?;
        }
        Ok(())
    }

    /// Imports the events of a batch, until they are acknowledged.
    async fn import(&mut self, batch: &Batch) -> Result<()> {
        let (import, lines) = batch.lines();
        loop {
            self.tell(batch);
            let way = self.way();
            let project = self.to.projects.get(batch.project).context("no such project")?;
            let owner = (project.id.as_str(), project.private_key.as_str());
            let answer = post_lines(&self.to.address, owner, &import, &lines, way).await;
            *self.statuses.entry(answer.status()).or_default() += 1;
            match answer.status() {
                202 => return self.note(batch, &answer),
                0 | 500.. => self.wait(150).await,
                _ => bail!("an import was answered {answer:?}"),
            }
        }
    }

    /// Tells the oracle what is about to be sent.
    fn tell(&self, batch: &Batch) {
        let mut ledger = self.to.ledger();
        batch.events.iter().for_each(|event| ledger.send(&event.key, &event.content));
    }

    async fn send(
        &mut self,
        batch: &Batch,
        attempt: u32,
        is_resent: bool,
        way: Way,
    ) -> Result<Answer> {
        self.tell(batch);
        let project = self.to.projects.get(batch.project).context("no such project")?;
        let body = batch.body(attempt, is_resent, now())?;
        let answer = post(&self.to.address, &project.key, batch.coding(), &body, way).await;
        *self.statuses.entry(answer.status()).or_default() += 1;
        Ok(answer)
    }

    /// Notes what a 202 says of each event.
    fn note(&self, batch: &Batch, answer: &Answer) -> Result<()> {
        let Answer::Read { body, .. } = answer else { return Ok(()) };
        let receipt: Value = serde_json::from_str(body).context("the receipt is no JSON")?;
        let mut fates = vec![Some(Fate::Acknowledged); batch.events.len()];
        for result in receipt["results"].as_array().context("a receipt without results")? {
            let i =
                result["i"].as_u64().and_then(|i| usize::try_from(i).ok()).context("no index")?;
            let fate = fates.get_mut(i).context("an answer about an event that was not sent")?;
            *fate = match result["result"].as_str() {
                Some("warning" | "duplicate") => Some(Fate::Acknowledged),
                Some("dropped") => Some(Fate::Refused),
                Some("retry") => None,
                _ => bail!("a result of no kind: {result}"),
            };
        }
        let mut ledger = self.to.ledger();
        for (event, fate) in batch.events.iter().zip(fates) {
            let Some(fate) = fate else { continue };
            ensure!(event.is_bad == (fate == Fate::Refused), "{event:?} was answered {receipt}");
            ledger.answer(&event.key, fate);
        }
        Ok(())
    }

    fn keep(&mut self, batch: Batch) {
        if self.acknowledged.len() < KEPT {
            self.acknowledged.push(batch);
        } else {
            let at = self.chance.between(0, KEPT as u64);
            self.acknowledged[usize::try_from(at).unwrap_or(0)] = batch;
        }
    }

    fn way(&mut self) -> Way {
        match self.chance.between(0, 20) {
            0 => Way::Cut(usize::try_from(self.chance.between(0, 100)).unwrap_or(0)),
            1 => Way::Left,
            _ => Way::Whole,
        }
    }

    async fn wait(&mut self, most_ms: u64) {
        tokio::time::sleep(Duration::from_millis(self.chance.between(2, most_ms.max(3)))).await;
    }
}
