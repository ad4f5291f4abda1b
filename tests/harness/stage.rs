//! Everything that a test of the whole path needs, set up.

use crate::collector::Collector;
use crate::dashboard::Dashboard;
use crate::database::Database;
use crate::demo_app::DemoApp;
use crate::driver::Driver;
use crate::visitor::{ALERT, CONNECT, Seen, Visitor, WATCH_THEN_ALERT, n_clicks, n_pages};
use anyhow::{Result, bail, ensure};
use tempfile::TempDir;

/// A collector with a member, Tidemark with its script line, and a driver of browsers.
///
/// Fields are dropped in this order: browsers first, the folder last.
#[derive(Debug)]
pub struct Stage {
    /// The member's screen.
    pub dashboard: Dashboard,
    /// Where browsers come from.
    pub driver: Driver,
    /// The observed product.
    pub demo_app: DemoApp,
    /// The collector.
    pub collector: Collector,
    data: TempDir,
}

impl Stage {
    /// Starts everything, sets up the first member, and has automated browsers counted.
    ///
    /// # Errors
    /// When anything of it does not start.
    pub async fn set() -> Result<Self> {
        let data = TempDir::with_prefix("e2e-sillage-")?;
        let collector = Collector::start(data.path()).await?;
        let demo_app = DemoApp::start(collector.script()).await?;
        let driver = Driver::start().await?;
        let dashboard = Dashboard::begin(driver.browser().await?, &collector).await?;
        dashboard.count_automated().await?;
        Ok(Self { dashboard, driver, demo_app, collector, data })
    }

    /// A new person, in a browser of his own, on Tidemark's sign-in page.
    ///
    /// # Errors
    /// When the browser does not start, or the page does not open.
    pub async fn visitor(&self) -> Result<Visitor> {
        Visitor::arrive(self.driver.browser().await?, self.demo_app.address()).await
    }

    /// Compares what is stored and what the dashboard says with what the script knows.
    ///
    /// # Errors
    /// When anything is missing, doubled or counted wrongly, with the numbers.
    pub async fn check(&self, trails: &[Vec<Seen>]) -> Result<()> {
        let database = self.database()?;
        for (kind, n) in [("click", n_clicks(trails)), ("page_view", n_pages(trails))] {
            let n = u64::try_from(n)?;
            let n_stored = database.wait_for_events(kind, n).await;
            if n_stored.as_ref().ok() != Some(&n) {
                let histories = database.histories().await?;
                bail!(
                    "{n} of kind {kind} happened: {trails:#?}\n{n_stored:?} are stored: {histories:#?}"
                );
            }
        }
        let n_doubled = database.n_doubled().await?;
        ensure!(n_doubled == 0, "{n_doubled} events are stored more than once");
        for steps in [&CONNECT[..], &ALERT, &WATCH_THEN_ALERT] {
            self.dashboard.check_funnel(steps, trails).await?;
        }
        Ok(())
    }

    /// The collector's database, looked into directly.
    ///
    /// # Errors
    /// When there is no engine.
    pub fn database(&self) -> Result<Database> {
        Database::of(self.data.path())
    }
}
