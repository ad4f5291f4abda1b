//! "Click it in your app, name it here": the clicks as they arrive, a member's own on top, each
//! with the rules for what was clicked.
//!
//! Whose a click is, nobody is asked: it is hers if it comes from the same address and program as
//! her dashboard. What is shown is scrubbed, as the writer stores it.

use super::name::free;
use super::pick::{Pick, advice, missing, picks};
use crate::App;
use crate::dashboard::format::{capital, instant, time_of_day};
use crate::dashboard::layout::{Place, Shell};
use crate::dashboard::live::{end, short_person};
use crate::dashboard::notice::sentence;
use crate::dashboard::visit::Visit;
use crate::dashboard::{html, project};
use crate::definitions::Project;
use crate::feature::meaning::Meaning;
use crate::feature::pointed::pointed;
use crate::http::error::ApiError;
use crate::live::{LiveEvent, Origin};
use crate::members::SignedIn;
use crate::query::answered;
use askama::Template;
use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::request::Parts;
use axum::response::sse::{Event, KeepAlive};
use axum::response::{Html, Sse};
use futures_util::{Stream, StreamExt, stream};
use jiff::tz::TimeZone;
use protocol::Timestamp;
use serde::Deserialize;
use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;
use tokio_stream::wrappers::BroadcastStream;

/// Clicks that are shown at most.
const SHOWN: usize = 50;

/// Within this time of a click the next one waits to be asked for its rules: nobody clicks as fast,
/// but behind a proxy that does not say who asks, everybody is one.
const HURRY_MS: i64 = 500;

/// The browser that asks.
#[derive(Debug, Clone, Copy)]
pub(in crate::dashboard) struct Here(Option<Origin>);

impl FromRequestParts<App> for Here {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self(app.origins().of(parts)))
    }
}

/// Whose clicks are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// Those of the browser that asks.
    Mine,
    /// Everybody's.
    All,
    /// Those of one browser.
    One(Origin),
}

impl Whose {
    fn parse(word: &str) -> Self {
        match word {
            "all" => Self::All,
            word => word.parse().map_or(Self::Mine, Self::One),
        }
    }

    fn word(self) -> String {
        match self {
            Self::Mine => "mine".to_owned(),
            Self::All => "all".to_owned(),
            Self::One(origin) => origin.to_string(),
        }
    }

    fn has(self, event: &LiveEvent, here: Here) -> bool {
        match self {
            Self::All => true,
            Self::Mine => event.origin.is_some() && event.origin == here.0,
            Self::One(origin) => event.origin == Some(origin),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
pub(in crate::dashboard) struct Asked {
    #[serde(default)]
    whose: String,
}

#[derive(Debug, Template)]
#[template(path = "feature_point.html")]
struct PointPage {
    shell: Shell,
    path: String,
    /// The address of the stream.
    stream: String,
    is_mine: bool,
    is_all: bool,
    time_zone: String,
    lines: Vec<String>,
}

/// A click.
#[derive(Debug, Template)]
#[template(path = "feature_click.html")]
struct Click {
    id: String,
    label: String,
    page: String,
    instant: String,
    time: String,
    who: String,
    /// The clicks of this browser alone.
    only: Option<String>,
    /// Where a feature is made of it.
    address: String,
    /// Where its rules are, to be put in here.
    rules: String,
    /// Whether they are asked for without a click.
    is_at_once: bool,
}

/// What a list of clicks is made with.
struct List<'a> {
    project: &'a Project,
    path: String,
    zone: TimeZone,
    whose: Whose,
    here: Here,
}

impl<'a> List<'a> {
    fn new(project: &'a Project, whose: Whose, here: Here) -> Self {
        let path = format!("/projects/{}/features", project.definition.id);
        Self { project, path, zone: project.zone.clone(), whose, here }
    }

    /// The line of a click that is one of these; `is_first` says that it is on top.
    fn line(&self, event: &LiveEvent, is_first: bool) -> Option<String> {
        let seen = event.pointed.as_ref().filter(|_| self.whose.has(event, self.here))?;
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("element", &seen.element.to_string())
            .append_pair("path", &seen.path)
            .finish();
        let is_own = Whose::Mine.has(event, self.here);
        let only = event.origin.filter(|_| !is_own && self.whose == Whose::All);
        let click = Click {
            id: event.event_id.clone(),
            label: capital(&seen.label),
            page: seen.path.clone(),
            instant: instant(event.received_at),
            time: time_of_day(event.received_at, &self.zone),
            who: if is_own { "you".to_owned() } else { short_person(&event.person) },
            only: only.map(|origin| format!("{}/point?whose={origin}", self.path)),
            address: format!("{}/new?{query}", self.path),
            rules: format!("{}/point/rules?{query}", self.path),
            is_at_once: is_first && self.whose != Whose::All,
        };
        click.render().ok()
    }

    /// The clicks that are kept, the latest first.
    fn kept(&self, now: Timestamp) -> Vec<String> {
        let mut lines = Vec::new();
        for event in self.project.feed.clicks(now) {
            lines.extend(self.line(&event, lines.is_empty()));
            if lines.len() == SHOWN {
                break;
            }
        }
        lines
    }
}

/// Shows the clicks.
pub(in crate::dashboard) async fn show(
    visit: Visit,
    signed_in: SignedIn,
    here: Here,
    State(app): State<App>,
    id: Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, ApiError> {
    let project = project(&app, &id)?;
    let whose = Whose::parse(&asked.whose);
    let list = List::new(&project, whose, here);
    let lines = list.kept(app.now());
    html(&PointPage {
        shell: visit.shell_for("Name by clicking", Place::Features, &signed_in, &project),
        stream: format!("{}/point/clicks?whose={}", list.path, whose.word()),
        path: list.path,
        is_mine: whose == Whose::Mine,
        is_all: whose == Whose::All,
        time_zone: project.definition.time_zone.clone(),
        lines,
    })
}

/// Answers with the clicks as they arrive, for a quarter of an hour or until the collector stops.
/// What came between the page and this is told again.
pub(in crate::dashboard) async fn clicks(
    _: SignedIn,
    here: Here,
    State(app): State<App>,
    id: Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let project = project(&app, &id)?;
    let whose = Whose::parse(&asked.whose);
    let coming = BroadcastStream::new(project.feed.watch());
    let told = List::new(&project, whose, here).kept(app.now());
    let of = Arc::clone(&project);
    let coming = coming.filter_map(|event| ready(event.ok()));
    let mut last = Timestamp::default();
    let coming = coming.filter_map(move |event| {
        let line = List::new(&of, whose, here).line(&event, event.received_at >= last);
        if line.is_some() {
            last = last.max(event.received_at.plus_millis(HURRY_MS));
        }
        ready(line)
    });
    let lines = stream::iter(told.into_iter().rev()).chain(coming);
    let lines = lines.map(|line| Ok(Event::default().event("point").data(line.trim_end())));
    let lines = lines.take_until(end(&app));
    Ok(Sse::new(lines).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))))
}

#[derive(Debug, Template)]
#[template(path = "feature_rules.html")]
struct Rules {
    csrf: String,
    path: String,
    element: String,
    on: String,
    name: String,
    picks: Vec<Pick>,
    advice: Option<String>,
    /// Rules that there are none of, and why.
    none: Vec<(&'static str, &'static str)>,
    /// Whether nobody who is counted has done what she did.
    is_uncounted: bool,
    /// Where it stands who is.
    counted: String,
    /// Where all about the rules stands.
    address: String,
    /// Where this part is.
    again: String,
    /// Why there are none at all.
    fault: Option<String>,
    /// Whether it may be over in a moment.
    is_passing: bool,
}

/// The element whose rules are asked for.
#[derive(Debug, Deserialize)]
pub(in crate::dashboard) struct Of {
    element: String,
    #[serde(default)]
    path: String,
}

/// Shows the rules for what was clicked, as a part of the list.
pub(in crate::dashboard) async fn rules(
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    Query(of): Query<Of>,
) -> Result<Html<String>, ApiError> {
    let project = project(&app, &id)?;
    let why = |error| ApiError::BadRequest(format!("the element `{}`: {error}", of.element));
    let element = of.element.parse().map_err(why)?;
    let path = format!("/projects/{}/features", project.definition.id);
    let on = Some(of.path.as_str()).filter(|path| !path.is_empty());
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("element", &of.element)
        .append_pair("path", &of.path)
        .finish();
    let mut rules = Rules {
        csrf: signed_in.secret.form_token(),
        address: format!("{path}/new?{query}"),
        is_uncounted: false,
        counted: format!("/projects/{}/counted", project.definition.id),
        again: format!("{path}/point/rules?{query}"),
        path,
        element: of.element.clone(),
        on: of.path.clone(),
        name: String::new(),
        picks: Vec::new(),
        advice: None,
        none: Vec::new(),
        fault: None,
        is_passing: false,
    };
    match pointed(&app, &project, element, on).await {
        Ok(found) => {
            rules.picks = picks(&found.rules, None, &project);
            rules.none = missing(&found.rules);
            rules.is_uncounted = rules.picks.first().is_some_and(|pick| pick.nothing.is_some());
            rules.advice = advice(&found.rules);
            let meaning = answered(Meaning::load(&app, &project).await)?;
            rules.name = free(&found.names, &mut meaning.names());
        }
        Err(
            fault @ (ApiError::NotFound(_) | ApiError::Conflict(_) | ApiError::Unavailable { .. }),
        ) => {
            rules.is_passing = matches!(fault, ApiError::Unavailable { .. });
            rules.fault = Some(sentence(&fault.to_string()));
        }
        Err(fault) => return Err(fault),
    }
    html(&rules)
}
