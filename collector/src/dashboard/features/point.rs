//! "Click it in your app, name it here": the clicks as they arrive, a member's own on top, each
//! with the rules for what was clicked.
//!
//! Whose a click is, nobody is asked: it is hers if it comes from the same address and program as
//! her dashboard. What is shown is scrubbed, as the writer stores it.

use super::Link;
use super::name::free;
use super::new::{meant_by, twin};
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
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use tokio_stream::wrappers::BroadcastStream;

/// Clicks that are shown at most.
const SHOWN: usize = 50;

/// Within this time of a click the next one waits to be asked for its rules: nobody clicks as fast,
/// but behind a proxy that does not say who asks, everybody is one.
const HURRY_MS: i64 = 500;

/// How long what has a name holds for those who watch.
const NAMES_HOLD_MS: i64 = 2_000;
/// How long a click waits at most for what the store says of it.
const PATIENCE: Duration = Duration::from_secs(1);

/// Hosts of the app that are linked at most.
const APPS: usize = 3;

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
    /// Where the app is, by what was viewed most of late.
    apps: Vec<Link>,
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
    /// The features that it counts for.
    meant_by: Vec<Link>,
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
    /// What has a name already.
    meaning: &'a Meaning,
}

impl<'a> List<'a> {
    fn new(project: &'a Project, whose: Whose, here: Here, meaning: &'a Meaning) -> Self {
        let path = format!("/projects/{}/features", project.definition.id);
        Self { project, path, zone: project.zone.clone(), whose, here, meaning }
    }

    /// The line of a click that is one of these; `is_first` says that it is on top.
    fn line(&self, event: &LiveEvent, is_first: bool) -> Option<String> {
        let seen = event.pointed.as_ref().filter(|_| self.whose.has(event, self.here))?;
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("element", &seen.element.to_string())
            .append_pair("path", &seen.path)
            .finish();
        let is_own = Whose::Mine.has(event, self.here);
        let meant_by = meant_by(self.meaning, seen.element, &seen.path, &self.path);
        // What has a name is not asked for another one, unless she wants it.
        let anew = if meant_by.is_empty() { "" } else { "&anew=yes" };
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
            rules: format!("{}/point/rules?{query}{anew}", self.path),
            is_at_once: is_first && self.whose != Whose::All && meant_by.is_empty(),
            meant_by,
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

/// What is known soon enough: clicks wait for nothing that the store takes longer to say.
async fn soon<T, E>(known: impl Future<Output = Result<T, E>>) -> Option<T> {
    timeout(PATIENCE, known).await.ok().and_then(Result::ok)
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
    let meaning = soon(Meaning::load(&app, &project)).await.unwrap_or_default();
    let list = List::new(&project, whose, here, &meaning);
    let lines = list.kept(app.now());
    html(&PointPage {
        shell: visit.shell_for("Name by clicking", Place::Features, &signed_in, &project),
        stream: format!("{}/point/clicks?whose={}", list.path, whose.word()),
        path: list.path,
        is_mine: whose == Whose::Mine,
        is_all: whose == Whose::All,
        time_zone: project.definition.time_zone.clone(),
        apps: soon(async { Ok::<_, Infallible>(apps(&app, &project).await) })
            .await
            .unwrap_or_default(),
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
    let mut watcher = Watcher::new(&app, Arc::clone(&project), whose, here);
    watcher.read().await;
    let told = watcher.list().kept(app.now());
    let coming = coming.filter_map(|event| ready(event.ok()));
    let coming = stream::unfold((coming, watcher), async |(mut coming, mut watcher)| {
        loop {
            let event: Arc<LiveEvent> = coming.next().await?;
            if let Some(line) = watcher.line(&event).await {
                return Some((line, (coming, watcher)));
            }
        }
    });
    let lines = stream::iter(told.into_iter().rev()).chain(coming);
    let lines = lines.map(|line| Ok(Event::default().event("point").data(line.trim_end())));
    let lines = lines.take_until(end(&app));
    Ok(Sse::new(lines).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))))
}

/// Who watches clicks as they arrive.
struct Watcher {
    app: App,
    project: Arc<Project>,
    whose: Whose,
    here: Here,
    /// What has a name, and when that was read.
    meaning: Meaning,
    read_at: Timestamp,
    /// Until when a click waits to be asked for its rules.
    last: Timestamp,
}

impl Watcher {
    fn new(app: &App, project: Arc<Project>, whose: Whose, here: Here) -> Self {
        let (meaning, read_at, last) = Default::default();
        Self { app: app.clone(), project, whose, here, meaning, read_at, last }
    }

    fn list(&self) -> List<'_> {
        List::new(&self.project, self.whose, self.here, &self.meaning)
    }

    /// Reads what has a name by now; what was known holds where the store is away.
    async fn read(&mut self) {
        self.read_at = self.app.now();
        if let Some(meaning) = soon(Meaning::load(&self.app, &self.project)).await {
            self.meaning = meaning;
        }
    }

    /// The line of a click, if it is one of those that are watched.
    async fn line(&mut self, event: &LiveEvent) -> Option<String> {
        if event.pointed.is_none() || !self.whose.has(event, self.here) {
            return None;
        }
        if self.app.now() >= self.read_at.plus_millis(NAMES_HOLD_MS) {
            self.read().await;
        }
        let line = self.list().line(event, event.received_at >= self.last)?;
        self.last = self.last.max(event.received_at.plus_millis(HURRY_MS));
        Some(line)
    }
}

/// The hosts that were viewed most of late, as links; none while the store is away.
async fn apps(app: &App, project: &Project) -> Vec<Link> {
    let lately = app.lately().lately(app.store(), &project.scope(), "", app.now()).await;
    let mut told = BTreeSet::new();
    let pages = lately.iter().flat_map(|lately| &lately.pages);
    let hosts = pages.map(|page| page.host.as_str()).filter(|host| is_host(host));
    let new = hosts.filter(|host| told.insert(*host)).take(APPS);
    new.map(|host| link_to(host, app.origin())).collect()
}

/// Whether a text is a host, with a port or without, and nothing else.
fn is_host(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
    text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[') && text.chars().all(is_part)
}

/// The first page of a host. How it is spoken to is not told by events: a script of a collector
/// that is spoken to without encryption runs on no page with it.
fn link_to(host: &str, collector: &str) -> Link {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let is_local = name.starts_with("127.") || ["localhost", "[::1]", "[:"].contains(&name);
    let is_plain = is_local || collector.starts_with("http://");
    let scheme = if is_plain { "http" } else { "https" };
    Link { address: format!("{scheme}://{host}/"), name: host.to_owned() }
}

#[derive(Debug, Template)]
#[template(path = "feature_rules.html")]
struct Rules {
    csrf: String,
    path: String,
    element: String,
    on: String,
    name: String,
    /// The features that it counts for, where another name was not asked for.
    meant_by: Vec<Link>,
    /// The feature that is called as it is, and where it is made a use of that.
    twin: Option<Link>,
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
    /// Said where it has a name, and another one is wanted.
    #[serde(default)]
    anew: String,
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
    let anew = if of.anew.is_empty() { "" } else { "&anew=yes" };
    let mut rules = Rules {
        csrf: signed_in.secret.form_token(),
        address: format!("{path}/new?{query}"),
        is_uncounted: false,
        counted: format!("/projects/{}/counted", project.definition.id),
        again: format!("{path}/point/rules?{query}{anew}"),
        path,
        element: of.element.clone(),
        on: of.path.clone(),
        name: String::new(),
        meant_by: Vec::new(),
        twin: None,
        picks: Vec::new(),
        advice: None,
        none: Vec::new(),
        fault: None,
        is_passing: false,
    };
    match pointed(&app, &project, element, on).await {
        Ok(found) => {
            rules.picks = picks(&found, None, &project);
            rules.none = missing(&found.rules);
            rules.is_uncounted = rules.picks.first().is_some_and(|pick| pick.nothing.is_some());
            rules.advice = advice(&found);
            let meaning = answered(Meaning::load(&app, &project).await)?;
            rules.name = free(&found.names, &mut meaning.names());
            rules.twin = twin(&meaning, element, &found, &rules.path);
            if of.anew.is_empty() {
                rules.meant_by = meant_by(&meaning, element, &found.path, &rules.path);
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_linked_as_it_can_be_spoken_to() {
        let link = |host, collector| link_to(host, collector).address;
        assert_eq!(link("127.0.0.1:4000", "https://s.example"), "http://127.0.0.1:4000/");
        assert_eq!(link("app.example.com", "https://s.example"), "https://app.example.com/");
        assert_eq!(link("app.intern:81", "http://s.intern"), "http://app.intern:81/");
        assert!(is_host("app.example.com:8080") && is_host("[::1]:4000"));
        for no_host in ["", "a/b", "a@b", "-a", "a b", "other pages", "\"><script>"] {
            assert!(!is_host(no_host), "{no_host}");
        }
    }
}
