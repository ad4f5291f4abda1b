//! What the Setup page shows, in words: plain data for its template.

use super::advice::Advice;
use super::captured::CapturedView;
use crate::dashboard::layout::Shell;
use crate::dashboard::notice::Notice;
use askama::Template;

/// The Setup page.
#[derive(Debug, Template)]
#[template(path = "setup.html")]
pub(super) struct SetupPage {
    pub(super) shell: Shell,
    pub(super) project_id: String,
    /// What came of saving the settings.
    pub(super) notice: Option<Notice>,
    /// The one line.
    pub(super) snippet: String,
    /// What a strict page has to allow.
    pub(super) policy: String,
    /// The last events, rendered, newest first.
    pub(super) lines: Vec<String>,
    /// Whether the store does not say what came.
    pub(super) is_away: bool,
    pub(super) refusals: Vec<RefusalView>,
    /// What there is to say of the SDK in browsers.
    pub(super) browsers: Vec<String>,
    /// Whether an event came of late.
    pub(super) is_flowing: bool,
    /// Why nothing arrives, if nothing does.
    pub(super) advice: Vec<Advice>,
    /// The address that browsers use, without a slash at the end.
    pub(super) origin: String,
    pub(super) write_key: String,
    /// The address that the collector listens on.
    pub(super) listen: String,
    /// The zone that times are shown in.
    pub(super) time_zone: String,
    pub(super) captured: CapturedView,
    /// What can be set; nothing while the store is away.
    pub(super) settings: Option<Settings>,
}

/// What can be set of a project.
#[derive(Debug)]
pub(super) struct Settings {
    /// The version that the form edits.
    pub(super) version: u32,
    pub(super) time_zone: String,
    /// The zones to choose from.
    pub(super) zones: Vec<String>,
    pub(super) count_automated: bool,
}

/// How many events were refused for one reason.
#[derive(Debug)]
pub(super) struct RefusalView {
    pub(super) why: String,
    pub(super) n: String,
}
