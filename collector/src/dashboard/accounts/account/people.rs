//! The people of an account: what share of the use each makes, and who is new, quiet or gone.

use super::links::{Links, Of};
use super::view::{People, PersonRow};
use super::{Loaded, words};
use crate::dashboard::format::{capital, count, day};
use accounts::account::{PersonUse, State, TOGETHER};
use jiff::tz::TimeZone;

/// People on the page.
const ROWS: usize = 30;

/// Who makes this share of the use makes much of it.
pub(super) const MUCH: f64 = 0.5;

/// The section.
pub(super) fn section(loaded: &Loaded, links: &Links, zone: &TimeZone) -> People {
    let account = &loaded.account;
    let calendar = &account.calendar;
    let since = i64::try_from(calendar.shown).unwrap_or(0);
    let of_these = |person: &&PersonUse| person.days.last().is_some_and(|last| *last >= since);
    let people: Vec<_> = account.people.iter().filter(of_these).collect();
    let n_more = people.len().saturating_sub(ROWS);
    let count_of = |state: State| people.iter().filter(|person| person.state == state).count();
    let is_there = |person: &&&PersonUse| matches!(person.state, State::New | State::There);
    let told = |n: usize, what: &str| format!("{} {what}", count(n as u64));
    let caption = format!(
        "{} in these weeks: {} there in the last two weeks, of whom {}; {}; {}.",
        crate::dashboard::format::people(people.len() as u64),
        people.iter().filter(is_there).count(),
        told(count_of(State::New), "new"),
        told(count_of(State::Quiet), "quiet for two weeks or more"),
        told(count_of(State::Gone), "gone for six weeks or more"),
    );
    People {
        caption,
        last: words::days(words::of_weeks(calendar, calendar.last_weeks(TOGETHER))),
        rows: people.iter().take(ROWS).map(|person| row(loaded, links, person, zone)).collect(),
        more: (n_more > 0).then(|| count(n_more as u64)),
        all: links.people(Of::Anything, words::shown(calendar)),
    }
}

fn row(loaded: &Loaded, links: &Links, person: &PersonUse, zone: &TimeZone) -> PersonRow {
    let account = &loaded.account;
    let calendar = &account.calendar;
    let shown = calendar.shown_week()..calendar.n_weeks();
    let share = account.share_of(person, calendar.last_weeks(TOGETHER)).unwrap_or(0.0);
    let (first, today) = (calendar.shown, calendar.n_days());
    let days = i64::try_from(first).unwrap_or(0)..i64::try_from(today).unwrap_or(0);
    let name = words::person(person, loaded.name());
    PersonRow {
        id: if person.called() == name { String::new() } else { person.id.clone() },
        is_anonymous: !person.is_user,
        role: role(loaded, person),
        mark: mark(person, share),
        share: words::share(share),
        width: format!("{:.1}", share * 100.0),
        core_actions: count(person.core_actions(shown)),
        events: links.events(Some(&person.id), words::shown(calendar)),
        days: count(person.days_in(&days) as u64),
        first: day(person.first_at, zone),
        last: day(person.last_at, zone),
        name,
    }
}

/// What somebody is there: as the contact that he is, and as his product says.
fn role(loaded: &Loaded, person: &PersonUse) -> String {
    let contact = loaded.record.contacts.iter().find(|it| it.user == person.id);
    let contact = contact.map(|it| capital(&it.role.replace('_', " ")));
    let said = person.role.clone();
    let both: Vec<String> = contact.into_iter().chain(said).filter(|it| !it.is_empty()).collect();
    if both.len() == 2 && both[0].eq_ignore_ascii_case(&both[1]) {
        return both[1].clone();
    }
    both.join(", ")
}

/// How he comes and goes, or that he makes much of the use: a word, and its class.
fn mark(person: &PersonUse, share: f64) -> Option<(&'static str, &'static str)> {
    match person.state {
        State::Quiet => Some(("quiet", "bad")),
        State::Gone => Some(("gone", "bad")),
        _ if share >= MUCH => Some(("makes most of the use", "much")),
        State::New => Some(("new", "good")),
        State::There => None,
    }
}
