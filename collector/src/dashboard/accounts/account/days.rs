//! The days of an account, with notes, interventions and releases on their dates.

use super::links::{Links, Of};
use super::notes::{OfDay, noted};
use super::view::{DayRow, Days, Figure};
use super::{Asked, Loaded, OfOne, loaded, words};
use crate::App;
use crate::dashboard::chart::{Drawing, Series, charts};
use crate::dashboard::format::{count, many, span};
use crate::dashboard::people::Number;
use crate::dashboard::range::Choice;
use crate::http::error::ApiError;
use crate::members::SignedIn;
use accounts::account::{Account, Day, TOGETHER};
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use serde::Deserialize;

/// What the days show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Shown {
    /// Core actions.
    #[default]
    CoreActions,
    /// People who were there.
    People,
    /// Visits.
    Visits,
    /// Views of pages.
    PageViews,
    /// Minutes of engagement.
    Engaged,
}

impl Shown {
    const ALL: [Self; 5] =
        [Self::CoreActions, Self::People, Self::Visits, Self::PageViews, Self::Engaged];

    /// Its word in addresses.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::CoreActions => "core_actions",
            Self::People => "people",
            Self::Visits => "visits",
            Self::PageViews => "page_views",
            Self::Engaged => "engaged",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::CoreActions => "Core actions",
            Self::People => "People",
            Self::Visits => "Visits",
            Self::PageViews => "Page views",
            Self::Engaged => "Engaged minutes",
        }
    }

    const fn of(self, day: &Day) -> u64 {
        match self {
            Self::CoreActions => day.core_actions,
            Self::People => day.people,
            Self::Visits => day.visits,
            Self::PageViews => day.page_views,
            Self::Engaged => (day.engaged_ms + 30_000) / 60_000,
        }
    }
}

/// The last week that is over, beside the one before.
pub(super) fn figures(account: &Account, links: &Links) -> Vec<Figure> {
    let calendar = &account.calendar;
    let last = calendar.n_weeks().saturating_sub(2);
    let (now, before) = (account.weeks[last], account.weeks[last.saturating_sub(1)]);
    let days = words::of_weeks(calendar, last..last + 1);
    let note = |of: Shown| {
        let change = words::change(of.of(&before), of.of(&now));
        change.map_or_else(
            || "none the week before".to_owned(),
            |it| format!("{it} on the week before"),
        )
    };
    let figure = |of: Shown, value: Number| Figure { label: of.title(), value, note: note(of) };
    let pages = |day: &Day| day.page_views as f64 / day.visits.max(1) as f64;
    let engaged = |day: &Day| match day.engaged_ms {
        0 => "–".to_owned(),
        ms => format!("{} min", words::mean(ms as f64 / 60_000.0 / day.visits.max(1) as f64)),
    };
    let active = account.active_days(calendar.last_weeks(TOGETHER));
    let active_first = account.active_days(calendar.first_weeks(TOGETHER));
    vec![
        figure(
            Shown::CoreActions,
            links.number(now.core_actions, Of::Core, days, "core actions last week"),
        ),
        figure(Shown::Visits, links.number(now.visits, Of::Visits, days, "visits last week")),
        figure(Shown::People, links.number(now.people, Of::Anything, days, "people last week")),
        Figure {
            label: "Log-ins",
            value: links.number(now.log_ins, Of::LogIns, days, "log-ins last week"),
            note: words::change(before.log_ins, now.log_ins).map_or_else(
                || "none the week before".to_owned(),
                |it| format!("{it} on the week before"),
            ),
        },
        Figure {
            label: "Pages a visit",
            value: Number::plain(words::mean(pages(&now))),
            note: format!("{} the week before", words::mean(pages(&before))),
        },
        Figure {
            label: "Engaged time a visit",
            value: Number::plain(engaged(&now)),
            note: format!("{} the week before", engaged(&before)),
        },
        Figure {
            label: "Active days a week",
            value: Number::plain(active.map_or_else(|| "–".to_owned(), words::share)),
            note: format!(
                "of a person’s seven, in {TOGETHER} weeks; {} in the first {TOGETHER} of these",
                active_first.map_or_else(|| "–".to_owned(), words::share)
            ),
        },
    ]
}

/// The section.
pub(super) fn section(loaded: &Loaded, links: &Links, asked: Asked) -> Days {
    let Loaded { account, .. } = loaded;
    let calendar = &account.calendar;
    let all = noted(loaded);
    let notes = all.iter().enumerate().map(|(n, noted)| noted.view(n + 1, loaded));
    let numbers = calendar.shown..calendar.n_days();
    let said = |day: Date| {
        let of_day = all.iter().filter(move |noted| noted.day == day);
        of_day.map(|noted| format!("{}: {}", noted.kind, noted.text)).collect::<Vec<_>>()
    };
    let row = |number: usize| {
        let (day, date) = (account.days[number], calendar.day(number));
        let days = (date, date);
        let label = words::day(date);
        DayRow {
            is_open: date == calendar.today,
            core_actions: links.number(
                day.core_actions,
                Of::Core,
                days,
                &format!("core actions on {label}"),
            ),
            visits: links.number(day.visits, Of::Visits, days, &format!("visits on {label}")),
            page_views: links.number(
                day.page_views,
                Of::PageViews,
                days,
                &format!("page views on {label}"),
            ),
            people: links.number(day.people, Of::Anything, days, &format!("people on {label}")),
            log_ins: links.number(day.log_ins, Of::LogIns, days, &format!("log-ins on {label}")),
            engaged: engaged_time(day.engaged_ms),
            events: (day.people > 0).then(|| links.events(None, days)),
            said: said(date),
            label: date.strftime("%a %-d %b %Y").to_string(),
        }
    };
    let choice = |of: Shown| Choice {
        value: links.page(asked.weeks(), of),
        label: of.title().to_owned(),
        is_on: of == asked.show,
    };
    Days {
        choices: Shown::ALL.into_iter().map(choice).collect(),
        what: asked.show.title(),
        charts: charts(&drawing(account, &all, asked.show)),
        caption: caption(account, asked.show),
        notes: notes.rev().collect(),
        rows: numbers.rev().map(row).collect(),
        csv: links.days_csv(asked.weeks()),
    }
}

fn engaged_time(ms: u64) -> String {
    if ms == 0 { "–".to_owned() } else { span(ms / 1_000) }
}

fn drawing(account: &Account, all: &[OfDay], shown: Shown) -> Drawing {
    let calendar = &account.calendar;
    let numbers = calendar.shown..calendar.n_days();
    let title = |number: usize| {
        let (day, date) = (&account.days[number], calendar.day(number));
        let mut title = format!(
            "{}\n{}: {}\n{}, {}",
            date.strftime("%A %-d %B %Y"),
            shown.title(),
            count(shown.of(day)),
            crate::dashboard::format::people(day.people),
            many(day.visits, "visit")
        );
        for noted in all.iter().filter(|noted| noted.day == date) {
            title.push_str(&format!("\n{}: {}", noted.kind, noted.text));
        }
        title
    };
    let place = |noted: &OfDay| usize::try_from(calendar.number(noted.day)).ok();
    let marks = all.iter().enumerate().filter_map(|(n, noted)| {
        Some((place(noted)?.checked_sub(calendar.shown)?, (n + 1).to_string()))
    });
    Drawing {
        labels: numbers.clone().map(|n| calendar.day(n).strftime("%-d %b").to_string()).collect(),
        titles: numbers.clone().map(title).collect(),
        is_open: true,
        columns: vec![Series {
            class: "s0".to_owned(),
            values: numbers.map(|n| Some(shown.of(&account.days[n]) as f64)).collect(),
            end: String::new(),
        }],
        marks: marks.collect(),
        ..Drawing::default()
    }
}

fn caption(account: &Account, shown: Shown) -> String {
    let calendar = &account.calendar;
    let n = calendar.n_weeks();
    let (last, before) = (account.weeks[n - 2], account.weeks[n - 3]);
    let (last, before) = (shown.of(&last), shown.of(&before));
    let of_today = shown.of(&account.days[calendar.n_days() - 1]);
    let change = words::change(before, last).map_or_else(String::new, |it| format!(" ({it})"));
    format!(
        "{} by the day: {} in the last week that is over, {} in the week before{change}; {} today so far.",
        shown.title(),
        count(last),
        count(before),
        count(of_today)
    )
}

/// Answers with the days that are shown as CSV.
pub(super) async fn csv(
    _: SignedIn,
    State(app): State<App>,
    OfOne { project, id }: OfOne,
    Query(asked): Query<Asked>,
) -> Result<Response, ApiError> {
    let loaded = loaded(&app, &project, &id, asked.weeks(), app.now()).await?;
    let calendar = &loaded.account.calendar;
    let mut lines = "day,core_actions,visits,page_views,people,log_ins,engaged_ms\r\n".to_owned();
    for number in calendar.shown..calendar.n_days() {
        let Day { core_actions, visits, page_views, people, log_ins, engaged_ms } =
            loaded.account.days[number];
        let day = calendar.day(number);
        lines.push_str(&format!(
            "{day},{core_actions},{visits},{page_views},{people},{log_ins},{engaged_ms}\r\n"
        ));
    }
    Ok(file(&format!("account-days-{}", project.definition.id), lines).into_response())
}

/// An answer that is a file of CSV.
pub(super) fn file(name: &str, body: impl IntoResponse) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.csv\"")),
    ];
    (headers, body)
}
