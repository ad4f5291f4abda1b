//! The events of a project as they arrive, for those who watch. Costs nothing when nobody does.

use crate::spool::Bitmap;
use protocol::scrub::scrub;
use protocol::{Batch, Event, Kind, Skew, Timestamp};
use serde::Serialize;
use std::sync::Arc;
use tokio::sync::broadcast;

/// Events that a slow watcher may lag behind before he misses some.
const CAPACITY: usize = 256;

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
}

/// The events of one project as they arrive. A clone is the same feed.
#[derive(Debug, Clone)]
pub struct Feed(broadcast::Sender<Arc<LiveEvent>>);

impl Default for Feed {
    fn default() -> Self {
        Self(broadcast::channel(CAPACITY).0)
    }
}

impl Feed {
    /// Watches: what arrives from now on, after it is safely kept.
    pub fn watch(&self) -> broadcast::Receiver<Arc<LiveEvent>> {
        self.0.subscribe()
    }

    /// Whether anybody watches.
    pub(crate) fn is_watched(&self) -> bool {
        self.0.receiver_count() > 0
    }

    /// Shows the events to all who watch.
    pub(crate) fn show(&self, events: Vec<LiveEvent>) {
        for event in events {
            // Nobody watching any more is no fault.
            drop(self.0.send(Arc::new(event)));
        }
    }
}

impl LiveEvent {
    /// The admitted events of a batch.
    pub(crate) fn of(
        batch: &Batch<'_, Result<Event<'_>, String>>,
        admitted: &Bitmap,
        skew: Skew,
        received_at: Timestamp,
    ) -> Vec<Self> {
        let events = batch.events.iter().enumerate();
        let kept = events.filter(|(i, _)| admitted.get(*i)).filter_map(|(_, e)| e.as_ref().ok());
        kept.map(|event| Self::new(batch, event, skew, received_at)).collect()
    }

    fn new<E>(batch: &Batch<'_, E>, event: &Event<'_>, skew: Skew, received_at: Timestamp) -> Self {
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
            timestamp: skew.correct(event.timestamp),
            received_at,
        }
    }
}

fn at<T>(all: &[T], index: Option<u32>) -> Option<&T> {
    all.get(usize::try_from(index?).ok()?)
}
