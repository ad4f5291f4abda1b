//! The story of an account: what was done, said and noted, and who came and went; the latest first.

use super::super::label;
use super::notes::all_noted;
use super::view::{Item, Timeline};
use super::{Loaded, words};
use crate::dashboard::format::{capital, count};
use accounts::account::{PersonUse, State};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use protocol::Timestamp;
use std::collections::BTreeMap;
use store::record::{AccountRecord, Change, Contact, Subject, Turn};

/// Items that are shown at once.
const AT_ONCE: usize = 12;

/// Changes by one hand on one day that are told one by one.
const EACH: usize = 3;

/// Names that stand in a row.
const NAMES: usize = 5;

/// Something that happened on a day; of one day what comes first here stands on top.
struct Told {
    day: Date,
    class: &'static str,
    kind: &'static str,
    text: String,
    more: String,
}

/// The section.
pub(super) fn section(loaded: &Loaded, zone: &TimeZone) -> Timeline {
    let account = &loaded.account;
    let mut all: Vec<Told> = Vec::new();
    all.extend(all_noted(loaded).into_iter().map(|noted| Told {
        day: noted.day,
        class: match noted.kind {
            "Intervention" => "done",
            "Release" => "release",
            _ => "note",
        },
        kind: noted.kind,
        text: noted.text,
        more: String::new(),
    }));
    let record = &loaded.record;
    all.extend(came_and_went(loaded, zone));
    let changes: Vec<_> =
        record.changes.iter().filter_map(|change| changed(record, change, zone)).collect();
    all.extend(at_once(changes));
    all.extend(account.first_at.map(|at| Told {
        day: day_of(at, zone),
        class: "first",
        kind: "First seen",
        text: format!("Somebody of {} was there for the first time", loaded.name()),
        more: String::new(),
    }));
    all.sort_by_key(|told| std::cmp::Reverse(told.day));
    let mut items: Vec<Item> = all.into_iter().map(item).collect();
    let older = items.split_off(AT_ONCE.min(items.len()));
    Timeline { items, older }
}

/// What somebody said of many things on one day is told as one.
fn at_once(changes: Vec<Told>) -> Vec<Told> {
    let mut by_day: BTreeMap<(Date, String), Vec<Told>> = BTreeMap::new();
    for told in changes {
        by_day.entry((told.day, told.more.clone())).or_default().push(told);
    }
    let one = |((day, more), changes): ((Date, String), Vec<Told>)| {
        if changes.len() <= EACH {
            return changes;
        }
        let n = count(changes.len() as u64);
        let text = format!("{n} attributes and contacts were told");
        vec![Told { day, class: "fact", kind: "Record", text, more }]
    };
    by_day.into_iter().flat_map(one).collect()
}

fn item(told: Told) -> Item {
    let Told { day, class, kind, text, more } = told;
    Item { day: words::day(day), date: day.to_string(), class, kind, text, more }
}

fn day_of(at: Timestamp, zone: &TimeZone) -> Date {
    let at = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default();
    at.to_zoned(zone.clone()).date()
}

/// A change of an attribute or a contact; notes stand on the days that they are about.
fn changed(record: &AccountRecord, change: &Change, zone: &TimeZone) -> Option<Told> {
    let (class, kind, text) = match change.subject {
        Subject::Note => return None,
        Subject::Attribute => {
            let Turn { before, after, .. } = change.turns.first()?;
            let name = capital(label(&change.id));
            ("fact", "Attribute", format!("{name}: {}", turned(before, after)))
        }
        Subject::Contact => ("fact", "Contact", contact(record, change)),
    };
    let more = format!("by {}", change.author);
    Some(Told { day: day_of(change.at, zone), class, kind, text, more })
}

fn turned(before: &str, after: &str) -> String {
    match (before, after) {
        ("", after) => after.to_owned(),
        (before, "") => format!("{before}, taken away"),
        (before, after) => format!("{before} → {after}"),
    }
}

/// A change of a contact. Who has no role any more was taken away, whatever else is known of him.
fn contact(record: &AccountRecord, change: &Change) -> String {
    let turn = |field: &str| change.turns.iter().find(|turn| turn.name == field);
    let name = called(record, change);
    match (turn(Contact::NAME), turn(Contact::ROLE)) {
        (_, Some(role)) if role.after.is_empty() => format!("{name}, taken away"),
        (Some(Turn { before, after, .. }), _) if !before.is_empty() && !after.is_empty() => {
            format!("{before} → {after}")
        }
        (Some(_), Some(role)) => format!("{name}, {}", role.after.replace('_', " ")),
        (Some(_), None) => name,
        (None, Some(role)) => {
            format!("{name}: {}", turned(&role.before, &role.after).replace('_', " "))
        }
        (None, None) => format!("{name}, changed"),
    }
}

/// What a contact is called after a change of it: by the last name that was said until then.
fn called(record: &AccountRecord, change: &Change) -> String {
    let is_its = |it: &&Change| it.subject == Subject::Contact && it.id == change.id;
    let until = record.changes.iter().filter(is_its).filter(|it| it.at <= change.at);
    let turns = until.flat_map(|it| &it.turns).filter(|turn| turn.name == Contact::NAME);
    let mut names = turns.flat_map(|turn| [&turn.before, &turn.after]);
    let last = names.rfind(|name| !name.is_empty());
    last.map_or_else(|| change.id.clone(), Clone::clone)
}

/// Who was there for the first time, and who for the last.
fn came_and_went(loaded: &Loaded, zone: &TimeZone) -> Vec<Told> {
    let account = &loaded.account;
    let first = account.calendar.first;
    let began = account.first_at.map(|at| day_of(at, zone));
    let (mut came, mut went) = (BTreeMap::new(), BTreeMap::new());
    for person in account.people.iter().filter(|person| person.is_user) {
        let name = || words::person(person, loaded.name());
        let (day, last) = (day_of(person.first_at, zone), day_of(person.last_at, zone));
        if day >= first && began.is_none_or(|began| (day - began).get_days() >= 14) {
            came.entry(day).or_insert_with(Vec::new).push(name());
        }
        if matches!(person.state, State::Quiet | State::Gone) && last >= first {
            went.entry(last).or_insert_with(Vec::new).push(format!(
                "{}{}",
                name(),
                made(loaded, person)
            ));
        }
    }
    let told = |class, kind: &'static str, what: &str, (day, names): (Date, Vec<String>)| {
        let n_more = names.len().saturating_sub(NAMES);
        let mut shown: Vec<_> = names.into_iter().take(NAMES).collect();
        if n_more > 0 {
            shown.push(format!("{n_more} more"));
        }
        let text = format!("{} {what}", words::row(&shown));
        Told { day, class, kind, text, more: String::new() }
    };
    let came = came.into_iter().map(|it| told("new", "New", "there for the first time", it));
    let went =
        went.into_iter().map(|it| told("quiet", "Last seen", "there for the last time so far", it));
    came.chain(went).collect()
}

/// How much of the use somebody made who is gone.
fn made(loaded: &Loaded, person: &PersonUse) -> String {
    let share = person.last_weeks().and_then(|weeks| loaded.account.share_of(person, weeks));
    share
        .filter(|share| *share >= 0.1)
        .map_or_else(String::new, |share| format!(" ({} of the use)", words::share(share)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::record::{Place, Source, Told};

    fn contacts(said: &[(i64, &str, &str)]) -> Vec<String> {
        let told = |(at, name, value): &(i64, &str, &str)| Told {
            place: Place {
                account: "acme".to_owned(),
                subject: Subject::Contact,
                id: "c1".to_owned(),
                name: (*name).to_owned(),
            },
            value: (*value).to_owned(),
            at: Timestamp::from_millis(*at),
            author: "ada@example.com".to_owned(),
            source: Source::Member,
        };
        let record = AccountRecord::of("acme", &said.iter().map(told).collect::<Vec<_>>());
        record.changes.iter().map(|change| contact(&record, change)).collect()
    }

    #[test]
    fn a_contact_is_named_whatever_is_changed_of_it() {
        let said = [
            (1, Contact::NAME, "Ann"),
            (1, Contact::ROLE, "daily_user"),
            (2, Contact::EMAIL, "ann@acme.example"),
            (3, Contact::ROLE, "champion"),
            (4, Contact::NAME, "Ann Lee"),
            (5, Contact::ROLE, ""),
        ];
        let expected = [
            "Ann, daily user",
            "Ann, changed",
            "Ann: daily user → champion",
            "Ann → Ann Lee",
            "Ann Lee, taken away",
        ];
        assert_eq!(contacts(&said), expected);
        let both = [(1, Contact::NAME, "Bo"), (1, Contact::ROLE, "other")];
        let away = [(2, Contact::NAME, ""), (2, Contact::ROLE, "")];
        assert_eq!(contacts(&[both, away].concat()), ["Bo, other", "Bo, taken away"]);
    }
}
