//! How everything behind the answer is at one moment: told alike on the screen and as JSON.

use super::{Status, if_there};
use crate::App;
use crate::audit::Report;
use crate::dead::{self, Filter};
use crate::definitions::Project;
use serde::Serialize;
use store::{Activity, Unreadable};
use tokio::task::spawn_blocking;

/// How everything behind the answer is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// How far ClickHouse has what came.
    #[serde(flatten)]
    pub status: Status,
    /// What keeps events from being written until a person mends it, in a sentence.
    pub obstacle: Option<String>,
    /// Definitions of the project that cannot be read, or of no known one, each in a sentence.
    pub unreadable: Vec<String>,
    /// What ClickHouse refused for good.
    pub dead_letters: Letters,
    /// Whether every event of the last seven days is known. If not, each event that comes again
    /// is looked up in ClickHouse until it is.
    pub knows_repeats: bool,
    /// The daily check of what ClickHouse has.
    pub audit: Audit,
}

/// What ClickHouse refused for good.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Letters {
    /// Letters of the project; for an administrator, with those of no known project.
    pub n_of_project: u64,
    /// Letters of all projects.
    #[serde(flatten)]
    pub all: dead::Status,
}

/// The daily check of what ClickHouse has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// Whether there is one.
    pub is_on: bool,
    /// Whether ClickHouse is a server of its own, on which it is off unless it is asked for.
    pub is_own_server: bool,
    /// What the latest found; none before the first since the start.
    pub last: Option<Report>,
}

impl Condition {
    /// How it is now, for one project.
    ///
    /// # Errors
    /// When the letters cannot be counted.
    pub async fn of(app: &App, project: &Project, is_admin: bool) -> anyhow::Result<Self> {
        let (config, audits) = (&app.config().store, app.audits());
        Ok(Self {
            status: app.delivery().status(app.spool(), app.now()),
            obstacle: app.obstacle().get(),
            unreadable: unreadable(app, project),
            dead_letters: letters(app, project, is_admin).await?,
            knows_repeats: app.seen().is_complete(),
            audit: Audit {
                is_on: config.audits(),
                is_own_server: config.clickhouse.is_some(),
                last: audits.last().as_deref().cloned(),
            },
        })
    }

    /// Whether the writer can do nothing before a person does something.
    pub fn is_stuck(&self) -> bool {
        self.obstacle.is_some() || self.dead_letters.all.failure.is_some()
    }
}

fn unreadable(app: &App, project: &Project) -> Vec<String> {
    let id = project.definition.id.as_str();
    let is_here = |one: &Unreadable| one.project.as_deref().is_none_or(|project| project == id);
    let all = app.unreadable().into_iter().filter(is_here);
    all.map(|one| one.to_string()).collect()
}

async fn letters(app: &App, project: &Project, is_admin: bool) -> anyhow::Result<Letters> {
    let letters = app.letters().clone();
    let filter = Filter::of(&project.definition.id, app.definitions(), is_admin);
    let count = move || {
        let n_of_project = letters.reasons(&filter).iter().map(|(_, n)| n).sum();
        Letters { n_of_project, all: letters.status() }
    };
    Ok(spawn_blocking(count).await?)
}

/// How much there was in a project today, by what ClickHouse has; `None` if it does not say.
pub async fn today(app: &App, project: &Project) -> Option<Activity> {
    let [from, to] = project.day(app.now()).span(&project.zone);
    let definition = &project.definition;
    let activity = app.store().activity(
        &definition.id,
        from,
        to,
        &project.grouping,
        definition.count_automated,
    );
    if_there(app, activity).await
}
