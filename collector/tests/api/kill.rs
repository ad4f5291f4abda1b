//! The collector is killed in each state that its writer can be in; nothing is lost by it, nothing
//! is there twice, and what is derived agrees.
//!
//! No state is left to chance: the test holds the writer up where it is to be killed, waits until it
//! is there, and looks afterwards at what the kill left.

use crate::derived::{sessions, until};
use crate::test_app::{TestApp, batch, click};
use anyhow::{Context, Result, ensure};
use collector::spool::{Cursor, Position};
use serde::Deserialize;
use std::collections::BTreeMap;
use store::Statement;

/// How often each moment comes.
const TIMES: usize = 3;

/// Rows of an insert, about: several of them for the events of a round.
const BATCH_ROWS: usize = 7;

/// Where the writer is when it is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Moment {
    /// Events are kept in the spool, and nothing else was done with them.
    Kept,
    /// ClickHouse is in the middle of an insert.
    Inserting,
    /// The same again, after a kill in the same place.
    InsertingAgain,
    /// The events are there, and what is derived from them is not.
    Inserted,
    /// Everything is written.
    Written,
}

const MOMENTS: [Moment; 5] =
    [Moment::Kept, Moment::Inserting, Moment::InsertingAgain, Moment::Inserted, Moment::Written];

#[derive(Debug, Deserialize)]
struct Count {
    n: u32,
    n_different: u32,
}

#[derive(Debug, Deserialize)]
struct Insert {
    query_id: String,
}

/// What a kill left.
#[derive(Debug)]
struct Left {
    cursor: Cursor,
    end: Position,
    /// Rows of this round.
    n_rows: u32,
}

/// A collector, and how many events it was sent.
struct Trial {
    app: TestApp,
    n_sent: u32,
    hit: BTreeMap<Moment, usize>,
}

impl Trial {
    async fn start(test: &str) -> Result<Option<Self>> {
        let small = |config: &mut collector::config::Config| config.store.batch_rows = BATCH_ROWS;
        let app = TestApp::start_with(test, small).await?;
        Ok(app.map(|app| Self { app, n_sent: 0, hit: BTreeMap::new() }))
    }

    /// Sends twenty events, and kills the collector at this moment.
    async fn kill_at(&mut self, moment: Moment) -> Result<()> {
        self.app.written().await?;
        let n_before = self.count().await?.n;
        self.hold(moment).await?;
        self.send().await?;
        self.reach(moment, n_before).await?;
        let end = *self.app.app()?.spool().end().borrow();
        self.app.kill().await?;
        let n_rows = self.count().await?.n - n_before;
        let left = Left { cursor: self.app.cursor()?, end, n_rows };
        check(moment, &left).with_context(|| format!("it is not {moment:?}: {left:?}"))?;
        *self.hit.entry(moment).or_default() += 1;
        self.let_go(moment).await?;
        self.app.open().await
    }

    /// Makes the writer stay where it is to be killed.
    async fn hold(&mut self, moment: Moment) -> Result<()> {
        let databases = self.app.store().databases().clone();
        let (events, sessions) = (databases.events(), databases.sessions());
        match moment {
            Moment::Kept => {
                self.app.kill().await?;
                self.app.configure(|config| config.store.linger_ms = 600_000);
                self.app.open().await
            }
            Moment::Inserting | Moment::InsertingAgain => {
                self.run(format!("ALTER TABLE {events} ADD CONSTRAINT slow CHECK sleep(2.5) = 0"))
                    .await
            }
            Moment::Inserted => {
                self.run(format!("RENAME TABLE {sessions} TO {sessions}_aside")).await
            }
            Moment::Written => Ok(()),
        }
    }

    /// Waits until it is there.
    async fn reach(&mut self, moment: Moment, n_before: u32) -> Result<()> {
        match moment {
            Moment::Kept => Ok(()),
            Moment::Inserting => self.is_inserting("").await.map(drop),
            Moment::InsertingAgain => {
                let before = self.is_inserting("").await?;
                self.app.kill().await?;
                self.app.open().await?;
                self.is_inserting(&before).await.map(drop)
            }
            Moment::Inserted => until("rows", async || Ok(self.count().await?.n > n_before)).await,
            Moment::Written => self.app.written().await,
        }
    }

    /// Waits until an insert other than `before` is under way: one may outlive its sender.
    async fn is_inserting(&self, before: &str) -> Result<String> {
        let events = self.app.store().databases().events();
        let running = format!(
            "SELECT query_id FROM system.processes \
             WHERE startsWith(query, 'INSERT INTO {events} ') AND query_id != '{before}'"
        );
        let mut found = None;
        let is_running = async || {
            let inserts: Vec<Insert> = self.app.ask(&running).await?;
            found = inserts.into_iter().next();
            Ok(found.is_some())
        };
        until("an insert is under way", is_running).await?;
        found.map(|insert| insert.query_id).context("no insert")
    }

    /// Lets the writer go on after the next start.
    async fn let_go(&mut self, moment: Moment) -> Result<()> {
        let databases = self.app.store().databases().clone();
        let (events, sessions) = (databases.events(), databases.sessions());
        match moment {
            Moment::Kept => {
                self.app.configure(|config| config.store.linger_ms = 10);
                Ok(())
            }
            Moment::Inserting | Moment::InsertingAgain => {
                self.run(format!("ALTER TABLE {events} DROP CONSTRAINT slow")).await
            }
            Moment::Inserted => {
                self.run(format!("RENAME TABLE {sessions}_aside TO {sessions}")).await
            }
            Moment::Written => Ok(()),
        }
    }

    async fn send(&mut self) -> Result<()> {
        for _ in 0..4 {
            let events: Vec<_> = (0..5).map(|i| click(self.n_sent + i, r#","page":0"#)).collect();
            self.n_sent += 5;
            let answer = self.app.post_batch(&batch(&events)).await?;
            ensure!(answer.body == r#"{"accepted":5,"results":[]}"#, "{answer}");
        }
        Ok(())
    }

    async fn run(&self, sql: String) -> Result<()> {
        Ok(self.app.store().execute(&Statement::new(sql)).await?)
    }

    async fn count(&self) -> Result<Count> {
        let counts: Vec<Count> = self
            .app
            .ask(
                "SELECT toUInt32(count()) AS n, toUInt32(uniqExact(event_id)) AS n_different \
                 FROM {events}",
            )
            .await?;
        counts.into_iter().next().context("no row")
    }

    /// Everything that was sent is there once, and every moment came as often as it should.
    async fn check(&self) -> Result<()> {
        self.app.written().await?;
        let Count { n, n_different } = self.count().await?;
        assert_eq!((n, n_different), (self.n_sent, self.n_sent));
        assert_eq!(self.hit, MOMENTS.map(|moment| (moment, TIMES)).into());
        Ok(())
    }
}

/// What a kill at a moment leaves, by the cursor on disk and by the table.
fn check(moment: Moment, left: &Left) -> Result<()> {
    let Left { cursor, end, n_rows } = left;
    let is_cut = cursor.cut.is_some();
    let is_so = match moment {
        Moment::Kept => !is_cut && cursor.done < *end && *n_rows == 0,
        // The insert may come to its end after the kill.
        Moment::Inserting => is_cut && cursor.done < *end,
        Moment::InsertingAgain => cursor.cut.is_some_and(|cut| cut.attempt > 0),
        Moment::Inserted => is_cut && cursor.done < *end && *n_rows > 0,
        Moment::Written => !is_cut && cursor.done == *end && *n_rows == 20,
    };
    ensure!(is_so, "the cursor or the rows say something else");
    Ok(())
}

#[tokio::test]
async fn a_kill_at_any_moment_loses_nothing_and_doubles_nothing() -> Result<()> {
    let Some(mut trial) = Trial::start("kill").await? else { return Ok(()) };
    for moment in MOMENTS.into_iter().cycle().take(TIMES * MOMENTS.len()) {
        trial.kill_at(moment).await?;
    }
    trial.check().await
}

#[tokio::test]
async fn sessions_agree_with_their_events_after_every_kill() -> Result<()> {
    let Some(mut trial) = Trial::start("derived_kill").await? else { return Ok(()) };
    for moment in MOMENTS.into_iter().rev().cycle().take(TIMES * MOMENTS.len()) {
        trial.kill_at(moment).await?;
        trial.app.written().await?;
        assert_eq!(sessions(&trial.app).await?, (trial.n_sent, 0), "{moment:?}");
    }
    trial.check().await
}
