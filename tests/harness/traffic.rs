//! Batches as browsers make them, of every kind, with what must become of each event.

use crate::chance::Chance;
use flate2::Compression;
use flate2::write::GzEncoder;
use protocol::{EventId, Timestamp};
use serde_json::{Map, Value, json};
use std::io::{self, Write};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Kinds that have neither a name nor an identity.
const KINDS: [&str; 5] = ["page_view", "click", "submit", "change", "page_leave"];

const NAMES: [&str; 4] = ["Report exported", "Invoice paid", "Filter saved", "Très utile"];

const BUTTONS: [&str; 4] = ["save", "cancel", "export", "open"];

/// Paths, and the patterns that they belong to.
const PAGES: [(&str, &str); 4] = [
    ("/orders/1042", "/orders/:id"),
    ("/orders/7/lines/3", "/orders/:id/lines/:id"),
    ("/settings", "/settings"),
    ("/", "/"),
];

/// One event of a batch.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Project and event id, as [`crate::ledger::Stored`] has them.
    pub key: String,
    /// What must be stored of it.
    pub content: Value,
    /// Whether the collector must refuse it.
    pub is_bad: bool,
    wire: Value,
}

/// A batch that can be sent again and again.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Which of the projects it belongs to, by index.
    pub project: usize,
    /// Its events, in order.
    pub events: Vec<Sent>,
    /// Whether it is packed.
    pub is_packed: bool,
    context: Value,
    elements: Vec<Value>,
    pages: Vec<Value>,
}

/// The person whose browser it is.
#[derive(Debug, Clone, Copy)]
struct Person {
    number: u64,
    is_known: bool,
}

impl Batch {
    /// A batch that a browser makes `now`, for one of the projects with these ids.
    pub fn random(chance: &mut Chance, projects: &[String], now: Timestamp) -> Self {
        // Mostly a few events, as from a page; now and then as many as wait after a time offline.
        let most = if chance.one_in(6) { 51 } else { 12 };
        Self::of(chance.between(1, most), chance, projects, now)
    }

    /// A batch of so many events.
    pub fn of(n_events: u64, chance: &mut Chance, projects: &[String], now: Timestamp) -> Self {
        let project = usize::try_from(chance.between(0, 4)).unwrap_or(0).min(projects.len() - 1);
        let person = Person { number: chance.between(0, 12), is_known: chance.one_in(2) };
        let buttons = BUTTONS.iter().map(|name| {
            json!({ "chain": [{ "tag": "button", "test_id": name, "name": name }, { "tag": "main" }] })
        });
        let pages = PAGES
            .iter()
            .map(|(path, _)| json!({ "host": "app.example.com", "path": path, "title": "Orders" }));
        let events = (0..n_events).map(|_| event(chance, &projects[project], person, now));
        let events = events.collect();
        let is_packed = chance.one_in(2);
        let (elements, pages) = (buttons.collect(), pages.collect());
        Self { project, events, is_packed, context: person.context(), elements, pages }
    }

    /// The body, as it is sent `now` for the `attempt`th time.
    ///
    /// # Errors
    /// When it cannot be packed.
    pub fn body(&self, attempt: u32, is_resent: bool, now: Timestamp) -> io::Result<Vec<u8>> {
        let events = self.events.iter().map(|event| {
            let mut wire = event.wire.clone();
            if is_resent {
                wire["resent"] = json!(true);
            }
            wire
        });
        let body = json!({
            "sdk": "e2e/1", "sent_at": now.as_millis(), "attempt": attempt, "context": self.context,
            "elements": self.elements, "pages": self.pages, "events": events.collect::<Vec<_>>(),
        });
        let body = serde_json::to_vec(&body)?;
        if !self.is_packed {
            return Ok(body);
        }
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&body)?;
        encoder.finish()
    }

    /// The same events as lines of a file to import, each whole in itself, and the id of the file.
    pub fn lines(&self) -> (String, Vec<u8>) {
        let line = |event: &Sent| {
            let mut line = event.wire.clone();
            line["context"] = self.context.clone();
            for (name, things) in [("page", &self.pages), ("element", &self.elements)] {
                if let Some(at) = line[name].as_u64().and_then(|at| usize::try_from(at).ok()) {
                    line[name] = things[at].clone();
                }
            }
            format!("{line}\n")
        };
        let lines: String = self.events.iter().map(line).collect();
        // A file of its own: any id will do that is the same the next time.
        let digits = self.events.first().map_or("", |event| event.id());
        (digits.repeat(2), lines.into_bytes())
    }

    /// Whether nothing of it must be refused.
    pub fn is_good(&self) -> bool {
        self.events.iter().all(|event| !event.is_bad)
    }

    /// What the address says of the body.
    pub const fn coding(&self) -> &'static str {
        if self.is_packed { "gzip" } else { "none" }
    }
}

impl Sent {
    /// The event id, as 32 hexadecimal digits.
    fn id(&self) -> &str {
        self.key.rsplit('/').next().unwrap_or("")
    }
}

impl Person {
    fn user_id(self) -> Value {
        if self.is_known { json!(format!("user-{}", self.number)) } else { Value::Null }
    }

    fn account_id(self) -> Value {
        if self.is_known { json!(format!("account-{}", self.number % 3)) } else { Value::Null }
    }

    fn context(self) -> Value {
        json!({
            "anonymous_id": format!("anon-{}", self.number), "session_id": format!("s-{}", self.number),
            "user_id": self.user_id(), "account_id": self.account_id(), "language": "fr-CH",
            "referrer": "news.example.com/today", "campaign": { "source": "letter" },
            "app_version": "4.2",
        })
    }

    /// What the context becomes in a row.
    fn columns(self) -> Map<String, Value> {
        let mut columns = Map::new();
        let context = self.context();
        for name in [
            "anonymous_id",
            "session_id",
            "user_id",
            "account_id",
            "language",
            "referrer",
            "app_version",
        ] {
            let text = context[name].as_str().unwrap_or_default();
            columns.insert(name.to_owned(), json!(text));
        }
        columns.insert("campaign_source".to_owned(), json!("letter"));
        columns
    }
}

fn event(chance: &mut Chance, project: &str, person: Person, now: Timestamp) -> Sent {
    let back_ms = i64::try_from(chance.between(0, 30_000)).unwrap_or(0);
    // An old browser comes back: its ids are of the month before.
    let is_old = chance.one_in(8);
    let at = now.plus_millis(-back_ms - if is_old { 25 * DAY_MS } else { 0 });
    let id_at = if is_old { at.plus_millis(-15 * DAY_MS) } else { at };
    let id = EventId::new(id_at, chance.bytes());
    let (page, button) = (chance.between(0, 4), chance.between(0, 4));
    let kind = match (chance.between(0, 10), person.is_known) {
        (0..3, _) => "custom",
        (3, true) => "identify",
        (4, true) => "group",
        _ => chance.pick(&KINDS),
    };
    let name = if kind == "custom" { chance.pick(&NAMES) } else { "" };
    let properties = properties(chance);
    let mut wire = json!({
        "event_id": id, "kind": kind, "timestamp": at, "page": page, "properties": properties,
    });
    if kind == "custom" {
        wire["name"] = json!(name);
    }
    let mut content = person.columns();
    let has_element = kind == "click" || kind == "change";
    if has_element {
        wire["element"] = json!(button);
    }
    let (path, pattern) = PAGES[usize::try_from(page).unwrap_or(0)];
    let element = if has_element { BUTTONS[usize::try_from(button).unwrap_or(0)] } else { "" };
    content.extend(columns(json!({
        "kind": kind, "name": name, "timestamp": at.as_millis().to_string(), "path": path,
        "page": pattern, "element": element, "properties": properties,
    })));
    let is_bad = chance.one_in(25);
    if is_bad {
        spoil(&mut wire, chance, now);
    }
    Sent { key: format!("{project}/{}", hex(id)), content: Value::Object(content), is_bad, wire }
}

fn columns(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(columns) => columns,
        _ => Map::new(),
    }
}

fn properties(chance: &mut Chance) -> Map<String, Value> {
    let n = chance.between(0, 4);
    let property = |i: u64| {
        let value =
            chance.pick(&["pro", "", "a 'quoted' \"text\"", "tab\tand\nline", "été 雪", "12.5"]);
        (format!("key {i}"), json!(value))
    };
    (0..n).map(property).collect()
}

/// Makes an event one that must be refused.
fn spoil(wire: &mut Value, chance: &mut Chance, now: Timestamp) {
    match chance.between(0, 3) {
        0 => wire["timestamp"] = json!(now.plus_millis(-40 * DAY_MS)),
        1 => (wire["kind"], wire["name"]) = (json!("custom"), json!("")),
        _ => wire["kind"] = json!("no such kind"),
    }
}

fn hex(id: EventId) -> String {
    id.text().replace('-', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_of_every_kind() {
        let mut chance = Chance::new(1);
        let projects = ["one".to_owned(), "two".to_owned()];
        let now = Timestamp::from_millis(1_795_348_800_000);
        let batches: Vec<Batch> =
            (0..200).map(|_| Batch::random(&mut chance, &projects, now)).collect();
        let events = || batches.iter().flat_map(|batch| &batch.events);
        let has = |kind: &str| events().any(|event| event.content["kind"] == kind);
        assert!(["custom", "identify", "group", "click", "page_view"].into_iter().all(has));
        assert!((0..2).all(|project| batches.iter().any(|batch| batch.project == project)));
        assert!(events().any(|event| event.is_bad) && events().any(|event| !event.is_bad));
        assert!(batches.iter().any(|batch| batch.events.len() > 30));
        let repeated = &batches[0];
        let body = |is_resent| repeated.body(1, is_resent, now).unwrap();
        assert_ne!(body(true), body(false));
    }
}
