//! The events of a project as they arrive, for those who watch. Costs nothing when nobody does.
//!
//! Somebody who looks at the list of clicks watches for ten minutes from then on, with a script or
//! without: the clicks of that time are kept in memory, so that a page that is loaded again has
//! them. Which browser sent them is kept as a number that is made anew at each start, in memory
//! alone: it tells a member's own clicks from others, and nothing else.

mod origin;

pub use origin::{Origin, Origins};

use crate::enrich::{stored_element, stored_page};
use crate::spool::Bitmap;
use analytics::ElementId;
use analytics::catalog::label;
use protocol::scrub::scrub;
use protocol::{Batch, Event, Kind, Skew, Timestamp};
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::broadcast;

/// Events that a slow watcher may lag behind before he misses some.
const CAPACITY: usize = 256;

/// How long somebody who has looked at the clicks watches, in milliseconds.
const LOOK_MS: i64 = 10 * 60 * 1_000;

/// Clicks that are kept for him.
const CLICKS: usize = 1_000;

/// What was pointed at by a click, as the writer stores it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointed {
    /// The element's id.
    pub element: ElementId,
    /// What to call it.
    pub label: String,
    /// The path pattern of its page; empty if there is none.
    pub path: String,
}

/// One event as it is shown, scrubbed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LiveEvent {
    /// Its id.
    pub event_id: String,
    /// Its kind, in the word of the wire.
    pub kind: String,
    /// The name given to `track`; empty for other kinds.
    pub name: String,
    /// Host and path of its page; empty if it has none.
    pub page: String,
    /// The element's name, or else what it is; empty if it has none.
    pub element: String,
    /// The user id, or else the anonymous id.
    pub person: String,
    /// When it happened.
    pub timestamp: Timestamp,
    /// When it arrived.
    pub received_at: Timestamp,
    /// Of a click on an element, which one.
    #[serde(skip)]
    pub pointed: Option<Pointed>,
    /// Which browser sent it, if that is known.
    #[serde(skip)]
    pub origin: Option<Origin>,
}

/// The events of one project as they arrive. A clone is the same feed.
#[derive(Debug, Clone)]
pub struct Feed {
    events: broadcast::Sender<Arc<LiveEvent>>,
    clicks: Arc<Mutex<Clicks>>,
}

/// The clicks of the time in which somebody looked, the latest last.
#[derive(Debug, Default)]
struct Clicks {
    until: Option<Timestamp>,
    kept: VecDeque<Arc<LiveEvent>>,
}

impl Clicks {
    /// Forgets all of them when nobody has looked for long.
    fn is_looked_at(&mut self, now: Timestamp) -> bool {
        let is_looked_at = self.until.is_some_and(|until| now < until);
        if !is_looked_at && self.until.take().is_some() {
            self.kept = VecDeque::new();
        }
        is_looked_at
    }
}

impl Default for Feed {
    fn default() -> Self {
        Self { events: broadcast::channel(CAPACITY).0, clicks: Arc::default() }
    }
}

impl Feed {
    /// Watches: what arrives from now on, after it is safely kept.
    pub fn watch(&self) -> broadcast::Receiver<Arc<LiveEvent>> {
        self.events.subscribe()
    }

    /// The clicks on elements since somebody looked first, the latest first.
    pub(crate) fn clicks(&self, now: Timestamp) -> Vec<Arc<LiveEvent>> {
        let mut clicks = self.lock();
        clicks.is_looked_at(now);
        clicks.until = Some(now.plus_millis(LOOK_MS));
        clicks.kept.iter().rev().cloned().collect()
    }

    /// Whether anybody watches.
    pub(crate) fn is_watched(&self, now: Timestamp) -> bool {
        self.events.receiver_count() > 0 || self.lock().is_looked_at(now)
    }

    /// Shows the events to all who watch.
    pub(crate) fn show(&self, events: Vec<LiveEvent>, now: Timestamp) {
        if events.is_empty() {
            return;
        }
        let events: Vec<_> = events.into_iter().map(Arc::new).collect();
        self.keep(&events, now);
        for event in events {
            // Nobody watching any more is no fault.
            drop(self.events.send(event));
        }
    }

    fn keep(&self, events: &[Arc<LiveEvent>], now: Timestamp) {
        let mut clicks = self.lock();
        if !clicks.is_looked_at(now) {
            return;
        }
        clicks.kept.extend(events.iter().filter(|event| event.pointed.is_some()).cloned());
        let n_over = clicks.kept.len().saturating_sub(CLICKS);
        clicks.kept.drain(..n_over);
    }

    fn lock(&self) -> MutexGuard<'_, Clicks> {
        self.clicks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is the same for all events of a batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival<'a> {
    /// The key of the project's ids.
    pub(crate) id_key: &'a [u8; 16],
    pub(crate) skew: Skew,
    pub(crate) received_at: Timestamp,
    pub(crate) origin: Option<Origin>,
}

impl LiveEvent {
    /// The admitted events of a batch.
    pub(crate) fn of(
        batch: &Batch<'_, Result<Event<'_>, String>>,
        admitted: &Bitmap,
        arrival: Arrival<'_>,
    ) -> Vec<Self> {
        let events = batch.events.iter().enumerate();
        let kept = events.filter(|(i, _)| admitted.get(*i)).filter_map(|(_, e)| e.as_ref().ok());
        kept.map(|event| Self::new(batch, event, arrival)).collect()
    }

    fn new<E>(batch: &Batch<'_, E>, event: &Event<'_>, arrival: Arrival<'_>) -> Self {
        let context = &batch.context;
        let name = event.name.as_deref().filter(|_| event.kind == Kind::Custom);
        let user = Some(context.user()).filter(|user| !user.is_empty());
        let person = user.unwrap_or(&context.anonymous_id);
        let page = at(&batch.pages, event.page);
        let node = at(&batch.elements, event.element).and_then(|element| element.chain.first());
        let element = node.map(|node| {
            let said = node.name.as_deref().or(node.test_id.as_deref());
            scrub(said.filter(|name| !name.is_empty()).unwrap_or(&node.tag)).into_owned()
        });
        Self {
            event_id: event.event_id.to_string(),
            kind: event.kind.as_str().to_owned(),
            name: scrub(name.unwrap_or("")).into_owned(),
            page: page.map_or_else(String::new, |page| {
                format!("{}{}", scrub(&page.host), scrub(&page.path))
            }),
            element: element.unwrap_or_default(),
            person: person.to_owned(),
            timestamp: arrival.skew.correct(event.timestamp),
            received_at: arrival.received_at,
            pointed: Pointed::of(batch, event, arrival.id_key),
            origin: arrival.origin,
        }
    }
}

impl Pointed {
    fn of<E>(batch: &Batch<'_, E>, event: &Event<'_>, id_key: &[u8; 16]) -> Option<Self> {
        let seen = at(&batch.elements, event.element).filter(|_| event.kind == Kind::Click)?;
        let element = stored_element(seen);
        let path = at(&batch.pages, event.page).map(|page| stored_page(page).path);
        Some(Self {
            element: ElementId(element.id(id_key)),
            label: label(&element),
            path: path.unwrap_or_default(),
        })
    }
}

fn at<T>(all: &[T], index: Option<u32>) -> Option<&T> {
    all.get(usize::try_from(index?).ok()?)
}
