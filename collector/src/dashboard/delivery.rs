//! Delivery: whether events flow, what was refused and why, and how far ClickHouse has them.

mod check;
mod state;
mod view;
mod words;

use super::format::{count, day_time, instant};
use super::layout::Place;
use super::notice::sentence;
use super::visit::Visit;
use super::{html, project};
use crate::App;
use crate::access::Act;
use crate::counters::{Counts, Day, Fault, Record, Sample, Samples, Strangers};
use crate::definitions::Project;
use crate::delivery::{Condition, today};
use crate::http::error::ApiError;
use crate::members::SignedIn;
use axum::extract::{Path, State};
use axum::response::Html;
use jiff::tz::TimeZone;
use protocol::{DropReason, Timestamp};
use store::Activity;
use view::{Bar, DeliveryPage, FieldView, Figure, Row, SampleView, StrangerView};

/// Days that are drawn.
const DAYS: u8 = 14;

/// Strangers that have not come for so long are not shown.
const STRANGER_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

/// Shows the page.
pub(super) async fn show(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
) -> Result<Html<String>, ApiError> {
    let project = project(&app, &id)?;
    let is_admin = signed_in.may(Act::Letters);
    let condition = Condition::of(&app, &project, is_admin).await?;
    let activity = today(&app, &project).await;
    let mut page = page(&app, &visit, &signed_in, &project, &condition);
    page.figures = activity.filter(|_| !page.is_new).map(figures).unwrap_or_default();
    html(&page)
}

/// Everything but the figures is in memory, so that it is there when nothing else is.
fn page(
    app: &App,
    visit: &Visit,
    signed_in: &SignedIn,
    project: &Project,
    condition: &Condition,
) -> DeliveryPage {
    let (now, zone) = (app.now(), &project.zone);
    let (record, strangers) = (project.counters.record(), app.outcomes().strangers());
    let times = Times { now, zone };
    let today = record.on(project.day(now));
    let place = check::Place::of(app, project);
    let off = super::browsers::switched_off(&today, &record);
    DeliveryPage {
        shell: visit.shell_for("Delivery", Place::Delivery, signed_in, project),
        project_id: project.definition.id.to_string(),
        pulse: state::pulse(condition, record.last_event_at, &times),
        states: state::states(condition, record.last_event_at, &times),
        gauge: state::gauge(&condition.status),
        checks: check::checks(condition, off, &place, &times),
        figures: Vec::new(),
        is_without_automated: !project.definition.count_automated,
        is_new: record.days.is_empty(),
        events: events(&today, &record, &times),
        requests: requests(&today, &record, &times),
        bars: bars(&record, project.day(now)),
        strangers: known_strangers(&strangers, &times),
        fields: fields(&record, &times),
        looked_through: words::looked_through(project.counters.n_looked_through()),
        other_fields: Some(record.fields.others).filter(|n| *n > 0).map(count),
        time_zone: project.definition.time_zone.clone(),
    }
}

fn figures(activity: Activity) -> Vec<Figure> {
    let Activity { people, sessions, events, page_views } = activity;
    let all = [
        ("People", people),
        ("Sessions", sessions),
        ("Page views", page_views),
        ("Events", events),
    ];
    all.into_iter().map(|(name, n)| Figure { name, n: count(n) }).collect()
}

/// How moments are shown.
#[derive(Debug)]
struct Times<'a> {
    now: Timestamp,
    zone: &'a TimeZone,
}

impl Times<'_> {
    fn words(&self, at: Timestamp) -> String {
        day_time(at, self.now, self.zone)
    }
}

/// What became of the events of today; what did not happen is left out, but for acceptance.
fn events(today: &Counts, record: &Record, times: &Times<'_>) -> Vec<Row> {
    let mut rows = vec![Row::new(words::ACCEPTED, today.accepted)];
    let imported = Row::new(words::IMPORTED, today.imported).under();
    rows.extend(Some(imported).filter(|_| today.imported > 0));
    for kind in known(&today.warnings, &record.warnings) {
        let n = today.warnings.get(&kind).copied().unwrap_or_default();
        let row = Row::new(words::warning(kind), n).under();
        rows.push(row.with(samples(record.warnings.get(&kind), times)));
    }
    rows.extend(others(today, record, times));
    rows.push(Row::new(words::DUPLICATES, today.duplicates));
    let resent = Row::new(words::RESENT, today.resent).under();
    rows.extend(Some(resent).filter(|_| today.resent > 0));
    for reason in known(&today.dropped, &record.events) {
        let n = today.dropped.get(&reason).copied().unwrap_or_default();
        let row = Row::new(words::dropped(reason), n).warm();
        rows.push(row.with(samples(record.events.get(&reason), times)));
    }
    rows.extend((today.retry > 0).then(|| Row::new(words::RETRY, today.retry)));
    rows.extend((today.given_up > 0).then(|| Row::new(words::GIVEN_UP, today.given_up).warm()));
    rows
}

/// What was kept under the element or the page of all others.
fn others(today: &Counts, record: &Record, times: &Times<'_>) -> Vec<Row> {
    let all =
        [(words::OTHER_ELEMENTS, today.other_elements), (words::OTHER_PAGES, today.other_pages)];
    let mut rows: Vec<Row> = all
        .into_iter()
        .filter(|(_, n)| *n > 0)
        .map(|(words, n)| Row::new(words, n).under().warm())
        .collect();
    // One list for both: each sample says what it is.
    if let Some(row) = rows.pop() {
        rows.push(row.with(samples(Some(&record.others), times)));
    }
    rows
}

/// The requests of today that were refused as a whole.
fn requests(today: &Counts, record: &Record, times: &Times<'_>) -> Vec<Row> {
    let faults = known(&today.refused, &record.requests).into_iter();
    let row = |fault: Fault| {
        let n = today.refused.get(&fault).copied().unwrap_or_default();
        let row = Row::new(words::refused(fault), n).warm();
        row.with(samples(record.requests.get(&fault), times))
    };
    faults.map(row).collect()
}

/// The reasons of today, and those of other days of which there is something to look at.
fn known<K: Ord + Copy>(
    today: &std::collections::BTreeMap<K, u64>,
    seen: &std::collections::BTreeMap<K, Samples>,
) -> Vec<K> {
    let mut all: Vec<K> = today.keys().chain(seen.keys()).copied().collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn samples(samples: Option<&Samples>, times: &Times<'_>) -> Vec<SampleView> {
    let view = |sample: &Sample| SampleView {
        instant: instant(sample.at),
        time: times.words(sample.at),
        sentence: sentence(&sample.sentence),
        host: sample.host.clone(),
        sdk: sample.sdk.clone(),
    };
    samples.map(|samples| samples.iter().map(view).collect()).unwrap_or_default()
}

fn bars(record: &Record, today: Day) -> Vec<Bar> {
    let days = (0..DAYS).rev().map(|n| today.back(n));
    let days: Vec<(Day, Counts)> = days.map(|day| (day, record.on(day))).collect();
    let highest = days.iter().map(|(_, counts)| counts.n_live() + counts.n_dropped()).max();
    let highest = highest.unwrap_or(0).max(1);
    let bar = |(day, counts): &(Day, Counts)| Bar {
        day: day.to_string(),
        words: day.words(),
        accepted: count(counts.n_live()),
        imported: count(counts.imported),
        refused: count(counts.n_dropped()),
        duplicates: count(counts.duplicates),
        requests: count(counts.n_refused()),
        accepted_share: view::share(counts.n_live(), highest),
        refused_share: view::share(counts.n_dropped(), highest),
        is_empty: *counts == Counts::default(),
    };
    days.iter().map(bar).collect()
}

fn known_strangers(strangers: &Strangers, times: &Times<'_>) -> Vec<StrangerView> {
    let is_recent = |at: Timestamp| times.now.millis_since(at) < STRANGER_MS;
    let mut known: Vec<_> = strangers.known.iter().filter(|s| is_recent(s.last_at)).collect();
    known.sort_by_key(|stranger| std::cmp::Reverse((stranger.last_at, stranger.n)));
    let view = |stranger: &&crate::counters::Stranger| StrangerView {
        key: stranger.key.clone(),
        host: stranger.host.clone(),
        n: count(stranger.n),
        first: times.words(stranger.first_at),
        last: times.words(stranger.last_at),
    };
    known.iter().map(view).collect()
}

fn fields(record: &Record, times: &Times<'_>) -> Vec<FieldView> {
    let known = record.fields.known.iter();
    let view = known.map(|(name, field)| FieldView {
        name: name.clone(),
        n: count(field.n),
        last: times.words(field.last_at),
    });
    view.collect()
}

/// What a reason to refuse an event is called, and what to do about it, for other pages.
pub(super) fn dropped_words(reason: DropReason) -> (&'static str, &'static str) {
    words::dropped(reason)
}

/// The same of a request.
pub(super) fn refused_words(fault: Fault) -> (&'static str, &'static str) {
    words::refused(fault)
}

/// The sentence of a reason, without its full stop, for other pages.
pub(super) fn why(reason: DropReason) -> &'static str {
    words::dropped(reason).0
}
