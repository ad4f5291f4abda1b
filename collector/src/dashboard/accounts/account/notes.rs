//! What was noted on the days of an account: notes, interventions with what they changed, releases.

use super::effect::effect;
use super::view::Noted;
use super::{Loaded, words};
use crate::dashboard::format::capital;
use accounts::account::Effect;
use jiff::civil::Date;
use store::record::Note;

/// Something that was noted on a day.
pub(super) struct OfDay {
    pub(super) day: Date,
    pub(super) kind: &'static str,
    pub(super) text: String,
    is_intervention: bool,
    author: String,
    told: Vec<String>,
}

impl OfDay {
    fn of(note: &Note) -> Option<Self> {
        Some(Self {
            day: note.day.parse().ok()?,
            kind: if note.is_intervention { "Intervention" } else { "Note" },
            text: note.text.clone(),
            is_intervention: note.is_intervention,
            author: note.author.clone(),
            told: note.told.clone(),
        })
    }

    pub(super) fn view(&self, number: usize, loaded: &Loaded) -> Noted {
        let by =
            if self.author.is_empty() { String::new() } else { format!(", by {}", self.author) };
        let told = match self.told.as_slice() {
            [] => String::new(),
            told => format!("{} told of it.", capital(&verb(told))),
        };
        let found = Effect::of(&loaded.account, self.day);
        Noted {
            number,
            text: self.text.clone(),
            about: format!("{} of {}{by}", self.kind, words::day(self.day)),
            told,
            effect: found.filter(|_| self.is_intervention).map(|found| effect(&found)),
        }
    }
}

fn verb(names: &[String]) -> String {
    format!("{} {}", words::row(names), if names.len() == 1 { "was" } else { "were" })
}

/// What was noted on the days that are shown, by day.
pub(super) fn noted(loaded: &Loaded) -> Vec<OfDay> {
    let (first, _) = words::shown(&loaded.account.calendar);
    all_noted(loaded).into_iter().filter(|it| it.day >= first).collect()
}

/// All that was noted until today, by day, and the releases of the days that are shown.
pub(super) fn all_noted(loaded: &Loaded) -> Vec<OfDay> {
    let calendar = &loaded.account.calendar;
    let notes = loaded.record.notes.iter().filter_map(OfDay::of);
    let releases = loaded.releases.iter().filter_map(|release| {
        Some(OfDay {
            day: release.day.parse().ok()?,
            kind: "Release",
            text: release.text.clone(),
            is_intervention: false,
            author: String::new(),
            told: Vec::new(),
        })
    });
    let (first, today) = words::shown(calendar);
    // A release of the product is told beside what it may have changed.
    let releases = releases.filter(|it| it.day >= first);
    let mut all: Vec<_> = notes.chain(releases).filter(|it| it.day <= today).collect();
    all.sort_by_key(|noted| noted.day);
    all
}
