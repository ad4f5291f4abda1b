//! A visit on its way: what of it has happened goes as one batch of the wire.

use crate::session::Happening;
use anyhow::Result;
use flate2::Compression;
use flate2::write::GzEncoder;
use protocol::{EventId, Kind, Properties, Timestamp};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::VecDeque;

/// A visit, and what of it was not acknowledged yet.
#[derive(Debug, Default)]
pub(super) struct Visit {
    /// What is the same for all events.
    context: Value,
    events: VecDeque<Kept>,
    /// How many events the last batch held.
    n_sent: usize,
    attempt: u32,
}

#[derive(Debug)]
struct Kept {
    event_id: EventId,
    kind: Kind,
    at: Timestamp,
    page: Value,
    element: Option<Box<RawValue>>,
    properties: Properties<'static>,
}

#[derive(Serialize)]
struct Body<'a> {
    sdk: &'static str,
    sent_at: Timestamp,
    attempt: u32,
    context: &'a Value,
    elements: Vec<&'a RawValue>,
    pages: Vec<&'a Value>,
    events: Vec<Event<'a>>,
}

#[derive(Serialize)]
struct Event<'a> {
    event_id: EventId,
    kind: Kind,
    timestamp: Timestamp,
    page: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    element: Option<usize>,
    #[serde(skip_serializing_if = "Properties::is_empty")]
    properties: &'a Properties<'static>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    resent: bool,
}

impl Visit {
    /// Adds what will happen.
    pub(super) fn take(&mut self, it: &Happening<'_>) -> Result<()> {
        self.context = serde_json::to_value(&it.context)?;
        self.events.push_back(Kept {
            event_id: it.event_id,
            kind: it.kind,
            at: it.at,
            page: serde_json::to_value(&it.page)?,
            element: it.element.map(|(_, element)| element.to_owned()),
            properties: it.properties.clone(),
        });
        Ok(())
    }

    /// Whether all of it was sent.
    pub(super) fn is_over(&self) -> bool {
        self.events.is_empty()
    }

    /// Forgets what was sent last; tells how many events that were.
    pub(super) fn acknowledge(&mut self) -> u64 {
        self.attempt = 0;
        let n = self.n_sent.min(self.events.len());
        self.events.drain(..n).count() as u64
    }
}

/// The batch of what has happened by now, packed; nothing if nothing has.
pub(super) fn packed(visit: &mut Visit, now: Timestamp) -> Result<Option<Vec<u8>>> {
    let n = visit.events.iter().take_while(|event| event.at <= now).count();
    if n == 0 {
        return Ok(None);
    }
    let mut body = Body {
        sdk: concat!("load-gen/", env!("CARGO_PKG_VERSION")),
        sent_at: now,
        attempt: visit.attempt,
        context: &visit.context,
        elements: Vec::new(),
        pages: Vec::new(),
        events: Vec::new(),
    };
    for (place, kept) in visit.events.iter().take(n).enumerate() {
        body.add(kept, visit.attempt > 0 && place < visit.n_sent);
    }
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    serde_json::to_writer(&mut packer, &body)?;
    visit.n_sent = n;
    visit.attempt += 1;
    Ok(Some(packer.finish()?))
}

impl<'a> Body<'a> {
    fn add(&mut self, kept: &'a Kept, resent: bool) {
        let page = place(&mut self.pages, &kept.page, |one, other| one == other);
        let element = kept.element.as_deref();
        let element = element.map(|element| {
            place(&mut self.elements, element, |one, other| one.get() == other.get())
        });
        let Kept { event_id, kind, at, .. } = kept;
        self.events.push(Event {
            event_id: *event_id,
            kind: *kind,
            timestamp: *at,
            page,
            element,
            properties: &kept.properties,
            resent,
        });
    }
}

/// The place of a thing in a dictionary, to which it is added if it is new.
fn place<'a, T: ?Sized>(of: &mut Vec<&'a T>, thing: &'a T, same: impl Fn(&T, &T) -> bool) -> usize {
    let known = of.iter().position(|it| same(it, thing));
    known.unwrap_or_else(|| {
        of.push(thing);
        of.len() - 1
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::World;
    use crate::calendar::Day;
    use crate::catalogue::Catalogue;
    use flate2::read::GzDecoder;
    use protocol::parse_batch;
    use std::io::Read;

    fn visit() -> (Visit, Vec<Timestamp>) {
        let world = World::new(Day::parse("2026-11-22").unwrap(), 1);
        let catalogue = Catalogue::of("127.0.0.1:4000").unwrap();
        let (mut visit, mut times) = (Visit::default(), Vec::new());
        world
            .tell(&catalogue, &mut |it| {
                if times.len() < 12 && it.context.anonymous_id == "a9e6f2a34dd960740ed6" {
                    times.push(it.at);
                    visit.take(it)?;
                }
                Ok(())
            })
            .unwrap();
        (visit, times)
    }

    fn sent(visit: &mut Visit, now: Timestamp) -> Option<(usize, usize, u32)> {
        let packed = packed(visit, now).unwrap()?;
        let mut body = Vec::new();
        GzDecoder::new(packed.as_slice()).read_to_end(&mut body).unwrap();
        let batch = parse_batch(&body).unwrap();
        let leaves = batch.events.iter().flatten().filter(|it| it.kind == Kind::PageLeave);
        assert!(leaves.into_iter().all(|it| it.properties.get("engaged_ms").is_some()));
        let n_resent = batch.events.iter().filter(|it| it.as_ref().unwrap().resent).count();
        Some((batch.events.len(), n_resent, batch.attempt))
    }

    #[test]
    fn what_has_happened_goes_once_it_is_acknowledged() {
        let (mut visit, times) = visit();
        assert!(visit.events.iter().any(|it| it.kind == Kind::PageLeave));
        assert_eq!(sent(&mut visit, times[0].plus_millis(-1)), None);
        assert_eq!(sent(&mut visit, times[1]), Some((2, 0, 0)));
        assert_eq!(sent(&mut visit, times[2]), Some((3, 2, 1)), "not taken: sent again");
        assert_eq!(visit.acknowledge(), 3);
        assert_eq!(sent(&mut visit, times[2]), None);
        assert_eq!(sent(&mut visit, times[11]), Some((9, 0, 0)));
        assert_eq!(visit.acknowledge(), 9);
        assert!(visit.is_over());
    }
}
