//! What the Delivery page shows, in words: plain data for its template.

use super::words::Words;
use crate::dashboard::format::count;
use crate::dashboard::layout::Shell;
use askama::Template;

/// The Delivery page.
#[derive(Debug, Template)]
#[template(path = "delivery.html")]
pub(super) struct DeliveryPage {
    pub(super) shell: Shell,
    pub(super) project_id: String,
    pub(super) pulse: Pulse,
    pub(super) states: Vec<State>,
    pub(super) gauge: Gauge,
    pub(super) checks: Vec<Check>,
    /// What there was today; nothing if ClickHouse does not say.
    pub(super) figures: Vec<Figure>,
    /// Whether the figures leave out automated browsers.
    pub(super) is_without_automated: bool,
    /// Whether nothing was ever counted.
    pub(super) is_new: bool,
    pub(super) events: Vec<Row>,
    pub(super) requests: Vec<Row>,
    pub(super) bars: Vec<Bar>,
    pub(super) strangers: Vec<StrangerView>,
    pub(super) fields: Vec<FieldView>,
    /// Where it was looked for them.
    pub(super) looked_through: String,
    /// How often fields were seen that have no line of their own.
    pub(super) other_fields: Option<String>,
    /// The zone that times and days are shown in.
    pub(super) time_zone: String,
}

/// Whether it flows.
#[derive(Debug)]
pub(super) struct Pulse {
    /// The look: `live`, `idle` or `lost`.
    pub(super) state: &'static str,
    pub(super) words: String,
}

/// One thing there is to say of the collector.
#[derive(Debug)]
pub(super) struct State {
    pub(super) is_bad: bool,
    pub(super) sentence: String,
}

impl State {
    pub(super) fn good(sentence: String) -> Self {
        Self { is_bad: false, sentence }
    }

    pub(super) fn bad(sentence: String) -> Self {
        Self { is_bad: true, sentence }
    }
}

/// One thing that is checked all the time.
#[derive(Debug)]
pub(super) struct Check {
    pub(super) name: &'static str,
    pub(super) mark: Mark,
    pub(super) sentence: String,
    /// What to type to learn more.
    pub(super) command: Option<String>,
    /// Where to go on, and what it is called.
    pub(super) link: Option<(String, &'static str)>,
}

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// As it should be.
    Good,
    /// Under way, or not done.
    Open,
    /// Somebody should look at it.
    Bad,
}

impl Mark {
    pub(super) fn is_bad(self) -> bool {
        self == Self::Bad
    }

    pub(super) fn is_open(self) -> bool {
        self == Self::Open
    }
}

impl Check {
    pub(super) fn new(name: &'static str, mark: Mark, sentence: String) -> Self {
        Self { name, mark, sentence, command: None, link: None }
    }
}

/// A number of today.
#[derive(Debug)]
pub(super) struct Figure {
    pub(super) name: &'static str,
    pub(super) n: String,
}

/// How full something is.
#[derive(Debug)]
pub(super) struct Gauge {
    pub(super) words: String,
    /// Percent, as a style says it.
    pub(super) share: String,
    pub(super) is_high: bool,
}

/// How many had one outcome.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) advice: &'static str,
    pub(super) n: String,
    /// Whether it is part of the row above.
    pub(super) is_under: bool,
    /// Whether something was lost by it.
    pub(super) is_warm: bool,
    pub(super) samples: Vec<SampleView>,
}

impl Row {
    pub(super) fn new((name, advice): Words, n: u64) -> Self {
        let (is_under, is_warm, samples) = (false, false, Vec::new());
        Self { name, advice, n: count(n), is_under, is_warm, samples }
    }

    pub(super) fn under(self) -> Self {
        Self { is_under: true, ..self }
    }

    pub(super) fn warm(self) -> Self {
        Self { is_warm: true, ..self }
    }

    pub(super) fn with(self, samples: Vec<SampleView>) -> Self {
        Self { samples, ..self }
    }
}

/// One event or request that was refused, or event that was changed.
#[derive(Debug)]
pub(super) struct SampleView {
    pub(super) instant: String,
    pub(super) time: String,
    pub(super) sentence: String,
    pub(super) host: String,
    pub(super) sdk: String,
}

/// One day of the strip.
#[derive(Debug)]
pub(super) struct Bar {
    pub(super) day: String,
    pub(super) words: String,
    /// Of pages and programs as they run; an import would hide them.
    pub(super) accepted: String,
    pub(super) imported: String,
    pub(super) refused: String,
    pub(super) duplicates: String,
    pub(super) requests: String,
    pub(super) accepted_share: String,
    pub(super) refused_share: String,
    pub(super) is_empty: bool,
}

/// One page that sends under no project's key.
#[derive(Debug)]
pub(super) struct StrangerView {
    pub(super) key: String,
    pub(super) host: String,
    pub(super) n: String,
    pub(super) first: String,
    pub(super) last: String,
}

/// One field that nobody reads.
#[derive(Debug)]
pub(super) struct FieldView {
    pub(super) name: String,
    pub(super) n: String,
    pub(super) last: String,
}

/// The percentage of a part, as a style says it.
pub(super) fn share(part: u64, whole: u64) -> String {
    #[allow(clippy::cast_precision_loss, reason = "a length on the screen")]
    let percent = part as f64 / whole as f64 * 100.0;
    format!("{percent:.2}%")
}
