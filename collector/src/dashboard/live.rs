//! The events of a project as they arrive, as lines of HTML that a page puts into its list.

use super::format::{instant, time_of_day};
use super::project;
use crate::App;
use crate::http::error::ApiError;
use crate::live::LiveEvent;
use crate::members::SignedIn;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::{Stream, StreamExt};
use jiff::tz::TimeZone;
use protocol::EventId;
use std::convert::Infallible;
use std::future::ready;
use std::time::Duration;
use tokio_stream::wrappers::BroadcastStream;

/// After this long a stream ends and the browser asks for a new one, so that nobody watches on
/// whose sign-in has ended.
const STREAM: Duration = Duration::from_secs(15 * 60);

/// One event as a line.
#[derive(Debug, Template)]
#[template(path = "live_line.html")]
pub(super) struct Line {
    id: String,
    kind: String,
    words: &'static str,
    what: String,
    page: String,
    person: String,
    /// The person as far as there is room.
    short_person: String,
    instant: String,
    time: String,
}

impl Line {
    /// The line of an event, with the time of its arrival in this zone.
    pub(super) fn new(event: &LiveEvent, zone: &TimeZone) -> Self {
        let (host, path) = event.page.split_at(event.page.find('/').unwrap_or(event.page.len()));
        let (what, page) = match (event.element.as_str(), event.name.as_str()) {
            ("", "") => (path, host),
            ("", name) => (name, event.page.as_str()),
            (element, _) => (element, event.page.as_str()),
        };
        Self {
            id: event.event_id.clone(),
            kind: event.kind.clone(),
            words: words(&event.kind),
            what: what.to_owned(),
            page: page.to_owned(),
            person: event.person.clone(),
            short_person: short_person(&event.person),
            instant: instant(event.received_at),
            time: time_of_day(event.received_at, zone),
        }
    }
}

/// An id made by the SDK by its end: it begins with the time, in which people are alike.
pub(super) fn short_person(person: &str) -> String {
    match EventId::parse(person) {
        Ok(_) => format!("anonymous {}", &person[person.len() - 6..]),
        Err(_) => person.to_owned(),
    }
}

/// What somebody did, by the word of the wire.
pub(super) fn words(kind: &str) -> &'static str {
    match kind {
        "page_view" => "Opened",
        "page_leave" => "Left",
        "click" => "Clicked",
        "submit" => "Submitted",
        "change" => "Changed",
        "copy" => "Copied from",
        "download" => "Downloaded",
        "outbound" => "Went out by",
        "rage_click" => "Clicked in rage",
        "dead_click" => "Clicked in vain",
        "error_click" => "Clicked into an error",
        "error" => "Met an error",
        "web_vital" => "Page was measured",
        "exposure" => "Saw",
        "identify" => "Was named",
        "group" => "Joined an account",
        _ => "Tracked",
    }
}

/// Answers with the events from now on, until [`end`]: then browsers ask for a new stream, and
/// whoever was removed gets none.
pub(super) async fn stream(
    _: SignedIn,
    State(app): State<App>,
    id: Path<String>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let project = project(&app, &id)?;
    let zone = zone(&project.definition.time_zone);
    let lines = BroadcastStream::new(project.feed.watch())
        // Who lags behind misses lines, and sees the next ones.
        .filter_map(|event| ready(event.ok()))
        .filter_map(move |event| ready(Line::new(&event, &zone).render().ok()))
        .map(|line| Ok(Event::default().event("line").data(line.trim_end())));
    let lines = lines.take_until(end(&app));
    Ok(Sse::new(lines).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))))
}

/// Resolves when a stream that begins now is to end: after a quarter of an hour, when the collector
/// stops, or when somebody is removed or has another role.
pub(super) fn end(app: &App) -> impl Future<Output = ()> + use<> {
    let (mut stopping, changed) = (app.stopping(), app.members().changed_since_now());
    async move {
        let stops = stopping.wait_for(|stopping| *stopping);
        // Whichever of them it is.
        tokio::select! {
            _ = stops => {}
            () = changed => {}
            () = tokio::time::sleep(STREAM) => {}
        }
    }
}

/// The zone of this name, which was checked when it was set; UTC for one that is gone.
pub(super) fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{Kind, Timestamp};

    #[test]
    fn a_line_escapes_what_the_page_says() {
        let event = LiveEvent {
            event_id: "018bcfe5-6800-7000-8000-000000000001".to_owned(),
            kind: "click".to_owned(),
            name: String::new(),
            page: "app.example.com/orders".to_owned(),
            element: "<script>alert(1)</script>".to_owned(),
            person: "\"><b>".to_owned(),
            timestamp: Timestamp::from_millis(1_700_000_000_000),
            received_at: Timestamp::from_millis(1_700_000_000_100),
            pointed: None,
            origin: None,
        };
        let line = Line::new(&event, &TimeZone::UTC).render().unwrap();
        assert!(line.contains("Clicked") && line.contains("22:13:20"));
        assert!(!line.contains("<script>") && !line.contains("<b>"), "{line}");
    }

    #[test]
    fn visitors_of_one_minute_are_told_apart() {
        assert_eq!(short_person("018bcfe5-6800-7000-8000-00000000abcd"), "anonymous 00abcd");
        assert_eq!(short_person("ada@example.com"), "ada@example.com");
    }

    #[test]
    fn every_kind_has_words() {
        for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Custom) {
            assert_ne!(words(kind.as_str()), "Tracked", "{kind}");
        }
    }
}
