//! The people and the events behind a number of an account: pages of them, and all as files.

mod csv;
mod view;

use super::super::words::{account_name, called};
use super::links::{Links, Of};
use super::{OfOne, address, missing, words};
use crate::App;
use crate::dashboard::behind::Around;
use crate::dashboard::format::{many, moment, people as so_many};
use crate::dashboard::html;
use crate::dashboard::layout::Place;
use crate::dashboard::visit::Visit;
use crate::definitions::Project;
use crate::http::error::ApiError;
use crate::members::{SignedIn, unavailable};
use crate::query::answered;
use accounts::account::{self, Days, Did, PAGE};
use accounts::core_action;
use analytics::feature::Features;
use analytics::feature::module::modules;
use analytics::{DateRange, Error, Scope};
use axum::extract::{Query, State};
use axum::response::{Html, Response};
use jiff::civil::Date;
use protocol::Timestamp;
use serde::Deserialize;
use std::sync::Arc;
use view::{EventsPage, PeoplePage};

/// What is listed.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Asked {
    from: String,
    to: String,
    /// As of when, in milliseconds since 1970.
    #[serde(default)]
    at: Option<i64>,
    /// What people did: as [`Of::text`] says it.
    #[serde(default)]
    did: String,
    /// Whose events.
    #[serde(default)]
    person: Option<String>,
    /// Which page of people, from 0.
    #[serde(default)]
    page: u32,
    /// After which event the page begins: its moment and its id, with a dot between.
    #[serde(default)]
    after: Option<String>,
}

/// A list that is asked for.
struct Listed {
    project: Arc<Project>,
    scope: Scope,
    id: String,
    number: u64,
    /// What the account is called.
    name: String,
    days: (Date, Date),
    now: Timestamp,
    asked: Asked,
}

/// What is listed of people, in words and as the store takes it.
struct Done {
    did: Did,
    /// As the end of a sentence: `did anything`.
    words: String,
}

impl Listed {
    async fn read(app: &App, OfOne { project, id }: OfOne, asked: Asked) -> Result<Self, ApiError> {
        let scope = project.scope();
        let now = app.now();
        let now = asked.at.map_or(now, |at| Timestamp::from_millis(at).min(now));
        let day = |text: &str| {
            let wrong =
                || ApiError::BadRequest(format!("`{text}` is not a day, such as `2026-11-22`"));
            text.parse::<Date>().map_err(|_| wrong())
        };
        let days = (day(&asked.from)?, day(&asked.to)?);
        let range = DateRange::Between { from: days.0, to: days.1 };
        answered(range.days(&scope, now).map_err(Error::from))?;
        let found = account::number(app.store(), &scope, &id).await;
        let number = answered(found)?.ok_or_else(|| missing(&id))?;
        let (of, merges) = (&project.definition.id, &project.grouping.merges);
        let record = app.store().account_record(of, merges, &id).await;
        let name = account_name(&id, &record.map_err(unavailable)?).to_owned();
        Ok(Self { project, scope, id, number, name, days, now, asked })
    }

    fn days(&self) -> Days<'_> {
        Days { number: self.number, days: self.days, scope: &self.scope, now: self.now }
    }

    fn links(&self) -> Links {
        Links { path: address(self.project.definition.id.as_str(), &self.id), at: self.now }
    }

    /// The days in words: `on 5 Oct 2026`, `from 5 Oct to 1 Nov 2026`.
    fn when(&self) -> String {
        match self.days {
            (from, to) if from == to => format!("on {}", words::day(from)),
            days => format!("from {}", words::days(days)),
        }
    }

    fn footnote(&self) -> String {
        let at = moment(self.now, &self.project.zone);
        format!("Times are those of {}. As of {at}.", self.scope.time_zone)
    }

    /// What people did.
    async fn done(&self, app: &App, features: &Features) -> Result<Done, Error> {
        let core = || core_action::features(features).into_iter().map(|it| it.feature.id.clone());
        Ok(match self.asked.did.split_once(':') {
            Some(("module", module)) => {
                let modules = modules(app.store(), &self.scope, features, self.now).await?;
                let is_its = |id: &String| modules.get(id).is_some_and(|it| it == module);
                let words =
                    format!("did something in the module “{}”", super::modules::name(module));
                Done { did: Did::Used(core().filter(is_its).collect()), words }
            }
            Some(("feature", id)) => {
                let name = features.get(id).map_or("a feature", |it| it.feature.name.as_str());
                Done { did: Did::Used(vec![id.to_owned()]), words: format!("used “{name}”") }
            }
            _ => {
                let (did, words) = match self.asked.did.as_str() {
                    "core" => (Did::Used(core().collect()), "did core actions"),
                    "visits" => (Did::Visit, "visited"),
                    "log_ins" => (Did::LogIn, "logged in"),
                    "page_views" => (Did::PageView, "viewed pages"),
                    _ => (Did::Anything, "did anything"),
                };
                Done { did, words: words.to_owned() }
            }
        })
    }
}

/// Shows the people who did something.
pub(super) async fn people(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    of: OfOne,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, ApiError> {
    let listed = Listed::read(&app, of, asked).await?;
    let features = answered(Features::load(app.store(), &listed.scope.project, None).await)?;
    let done = answered(listed.done(&app, &features).await)?;
    let page = listed.asked.page;
    let found = account::people(app.store(), listed.days(), (&done.did, &features), page).await;
    let found = answered(found)?;
    let shell = visit.shell_for("People", Place::Accounts, &signed_in, &listed.project);
    let links = listed.links();
    let page_at = |what: &str, page: u32| {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("from", &listed.asked.from)
            .append_pair("to", &listed.asked.to)
            .append_pair("did", &listed.asked.did)
            .append_pair("at", &listed.now.as_millis().to_string())
            .append_pair("page", &page.to_string())
            .finish();
        format!("{}/{what}?{query}", links.path)
    };
    let has_more = u64::from(page + 1) * u64::from(PAGE) < found.total;
    let row = |person: &account::Person| view::PersonRow::new(person, &listed, &links);
    let around = Around {
        title: format!("Who {} at {}", done.words, listed.name),
        lead: format!("They {} {}. Who did so most is first.", done.words, listed.when()),
        // The number that led here is one of both.
        total: match found.total {
            0 => so_many(0),
            n => format!("{}, {}", so_many(n), many(found.times, "time")),
        },
        nothing: "Nobody",
        footnote: listed.footnote(),
        first: (page > 0).then(|| page_at("people", 0)),
        next: has_more.then(|| page_at("people", page + 1)),
        csv: page_at("people.csv", 0),
        back: links.path.clone(),
        back_to: listed.name.clone(),
    };
    html(&PeoplePage { shell, around, rows: found.people.iter().map(row).collect() })
}

/// Answers with all of them as CSV.
pub(super) async fn people_csv(
    _: SignedIn,
    State(app): State<App>,
    of: OfOne,
    Query(asked): Query<Asked>,
) -> Result<Response, ApiError> {
    let listed = Listed::read(&app, of, asked).await?;
    let features = answered(Features::load(app.store(), &listed.scope.project, None).await)?;
    let done = answered(listed.done(&app, &features).await)?;
    let rows = account::people_all(app.store(), listed.days(), (&done.did, &features));
    Ok(csv::people(answered(rows)?, &listed.file("people")))
}

/// Shows the events of some days.
pub(super) async fn events(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    of: OfOne,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, ApiError> {
    let listed = Listed::read(&app, of, asked).await?;
    let person = listed.asked.person.as_deref().filter(|person| !person.is_empty());
    let after = listed.asked.after.as_deref().map(after).transpose()?;
    let after = after.as_ref().map(|(at, event)| (*at, event.as_str()));
    let found = account::events(app.store(), listed.days(), person, after).await;
    let mut found = answered(found)?;
    let has_more = found.len() > PAGE as usize;
    found.truncate(PAGE as usize);
    let shell = visit.shell_for("Events", Place::Accounts, &signed_in, &listed.project);
    let links = listed.links();
    let last = found.last().filter(|_| has_more);
    let first = links.events(person, listed.days);
    let of_person = |person| {
        let name = found.first().and_then(|event| event.person_name.as_deref());
        called(person, name, &listed.name)
    };
    let whose = person.map_or_else(|| listed.name.clone(), of_person);
    let rows = found.iter().map(|event| view::EventRow::new(event, &listed));
    let people = links.people(Of::Anything, listed.days);
    let around = Around {
        title: format!("Events of {whose}"),
        lead: format!(
            "What was done {}, in the order in which it happened{}.",
            listed.when(),
            if person.is_some() { format!(", at {}", listed.name) } else { String::new() }
        ),
        total: match (has_more, after) {
            (false, None) => many(found.len() as u64, "event"),
            _ => format!("{} on this page", many(found.len() as u64, "event")),
        },
        nothing: "Nothing",
        footnote: listed.footnote(),
        first: after.map(|_| first.clone()),
        next: last.map(|event| format!("{first}&after={}.{}", event.at, event.event)),
        csv: first.replacen("/events?", "/events.csv?", 1),
        back: links.path,
        back_to: listed.name.clone(),
    };
    html(&EventsPage { shell, around, has_person: person.is_some(), people, rows: rows.collect() })
}

/// Answers with all of them as CSV.
pub(super) async fn events_csv(
    _: SignedIn,
    State(app): State<App>,
    of: OfOne,
    Query(asked): Query<Asked>,
) -> Result<Response, ApiError> {
    let listed = Listed::read(&app, of, asked).await?;
    let person = listed.asked.person.as_deref().filter(|person| !person.is_empty());
    let rows = answered(account::events_all(app.store(), listed.days(), person))?;
    Ok(csv::events(rows, &listed.file("events")))
}

impl Listed {
    /// The name of a file.
    fn file(&self, what: &str) -> String {
        let (from, to) = self.days;
        format!("account-{what}-{}-{from}-{to}", self.scope.project)
    }
}

/// The event after which a page begins.
fn after(text: &str) -> Result<(u64, String), ApiError> {
    let read = text.split_once('.').and_then(|(at, event)| {
        let is_id = event.len() == 32 && event.bytes().all(|it| it.is_ascii_hexdigit());
        Some((at.parse().ok()?, event.to_owned())).filter(|_| is_id)
    });
    read.ok_or_else(|| ApiError::BadRequest(format!("`{text}` is no place in this list")))
}
