//! What is seen at a glance: the few sentences that somebody who asks "how are they?" would be told.

use super::effect::recovery;
use super::modules::{Verdict, is_entitled, name};
use super::people::MUCH;
use super::view::Said;
use super::{Loaded, words};
use crate::dashboard::format::count;
use accounts::account::{Account, Effect, Module, PersonUse, State, TOGETHER, WEEK};
use jiff::civil::Date;

/// A fall from one week to the next that is told.
const FALL: f64 = -0.5;

/// The core actions that a week has to have for that.
const ENOUGH: u64 = 20;

/// Who made this share of the use is missed where he is gone.
const MISSED: f64 = 0.3;

/// That many more of the days of a week are told.
const STICKIER: f64 = 0.05;

/// The sentences, the worst first.
pub(super) fn glance(loaded: &Loaded) -> Vec<Said> {
    let account = &loaded.account;
    let bad = |sentence| Said { tone: "bad", sentence };
    let good = |sentence| Said { tone: "good", sentence };
    let mut said: Vec<Said> = fall(account).map(bad).into_iter().collect();
    said.extend(still(account).map(bad));
    said.extend(missed(loaded).map(bad));
    said.extend(unused(loaded).map(bad));
    said.extend(alone(loaded).map(|sentence| Said { tone: "warn", sentence }));
    said.extend(recovered(loaded).map(good));
    said.extend(taken_up(account).map(good));
    said.extend(stickier(loaded).map(good));
    said
}

/// The week that is over against the one before.
fn fall(account: &Account) -> Option<String> {
    let last = account.calendar.n_weeks().checked_sub(2)?;
    let before = account.weeks.get(last.checked_sub(1)?)?.core_actions;
    let now = account.weeks[last].core_actions;
    let change = now as f64 / before as f64 - 1.0;
    (before >= ENOUGH && change <= FALL).then(|| {
        format!(
            "{} core actions in the last week, {} in the week before: {}.",
            count(now),
            count(before),
            words::signed(change)
        )
    })
}

/// Nobody is there any more.
fn still(account: &Account) -> Option<String> {
    let last = account.people.iter().filter_map(|person| person.days.last()).max()?;
    let today = i64::try_from(account.calendar.n_days()).ok()? - 1;
    (today - last >= WEEK as i64).then(|| {
        let day = account.calendar.day(usize::try_from(*last).unwrap_or(0));
        format!("Nobody has been there since {}.", words::day(day))
    })
}

/// Who made much of the use and is gone.
fn missed(loaded: &Loaded) -> impl Iterator<Item = String> {
    let account = &loaded.account;
    let is_gone = |it: &&PersonUse| matches!(it.state, State::Quiet | State::Gone);
    account.people.iter().filter(is_gone).filter_map(move |person| {
        let share = account.share_of(person, person.last_weeks()?)?;
        let last = account.calendar.day(usize::try_from(*person.days.last()?).ok()?);
        (share >= MISSED).then(|| {
            format!(
                "{} made {} of the use and has not been seen since {}.",
                words::person(person, loaded.name()),
                words::share(share),
                words::day(last)
            )
        })
    })
}

/// One person makes most of the use.
fn alone(loaded: &Loaded) -> Option<String> {
    let account = &loaded.account;
    let (most, share) = account.most(account.calendar.last_weeks(TOGETHER))?;
    let is_there = matches!(most.state, State::New | State::There);
    (is_there && share >= MUCH && account.people.len() > 1).then(|| {
        format!(
            "One person makes {} of this account’s use: {}.",
            words::share(share),
            words::person(most, loaded.name())
        )
    })
}

fn told<'a>(modules: impl Iterator<Item = &'a Module>) -> (Vec<String>, Vec<String>) {
    let one = |module: &Module| {
        (name(&module.name), module.peers.map_or_else(|| "–".to_owned(), words::share))
    };
    modules.map(one).unzip()
}

/// Modules that comparable accounts use, and this one does not.
fn unused(loaded: &Loaded) -> Option<String> {
    let account = &loaded.account;
    let is_missed = |module: &&Module| {
        Verdict::of(account, module).is_bad()
            && module.peers.is_some_and(|peers| peers >= 0.05)
            && is_entitled(loaded, &module.name)
    };
    let (names, peers) = told(account.modules.iter().filter(is_missed));
    if names.is_empty() || account.core_actions(account.calendar.last_weeks(TOGETHER)) == 0 {
        return None;
    }
    Some(format!(
        "{} of {} modules {} hardly used: {}. Comparable accounts make {} of their use there.",
        count(names.len() as u64),
        count(account.modules.len() as u64),
        if names.len() == 1 { "is" } else { "are" },
        words::row(&names),
        words::row(&peers)
    ))
}

/// Modules that were not used in the first weeks, and are now.
fn taken_up(account: &Account) -> Option<String> {
    let calendar = &account.calendar;
    let is_it = |module: &&Module| Verdict::of(account, module) == Verdict::TakenUp;
    let modules: Vec<&Module> = account.modules.iter().filter(is_it).collect();
    let (names, _) = told(modules.iter().copied());
    let share = |weeks: std::ops::Range<usize>| {
        let shares = modules.iter().filter_map(|module| module.share(account, weeks.clone()));
        words::row(&shares.map(words::share).collect::<Vec<_>>())
    };
    if names.is_empty() {
        return None;
    }
    Some(format!(
        "{} taken up: {} of the use in the last {TOGETHER} weeks, {} in the first {TOGETHER} of these.",
        match names.as_slice() {
            [one] => format!("{one} is"),
            names => format!("{} are", words::row(names)),
        },
        share(calendar.last_weeks(TOGETHER)),
        share(calendar.first_weeks(TOGETHER))
    ))
}

/// The last intervention since which people are there on more days.
fn stickier(loaded: &Loaded) -> Option<String> {
    let notes = loaded.record.notes.iter().filter(|note| note.is_intervention);
    let told = notes.filter_map(|note| {
        let effect = Effect::of(&loaded.account, note.day.parse::<Date>().ok()?)?;
        let since = effect.lately.or(effect.after.filter(|after| after.days == effect.before.days));
        let (before, now) = (effect.before.active_days?, since?.active_days?);
        (!effect.is_after_fall && now - before >= STICKIER)
            .then_some((effect.day, &note.text, before, now))
    });
    let (day, text, before, now) = told.max_by_key(|(day, ..)| *day)?;
    Some(format!(
        "People are there on {} of the days of a week, {} before “{text}” on {}.",
        words::share(now),
        words::share(before),
        words::day(day)
    ))
}

/// The last intervention after a fall, and how it went on.
fn recovered(loaded: &Loaded) -> Option<String> {
    let notes = loaded.record.notes.iter().filter(|note| note.is_intervention);
    let told = notes.filter_map(|note| {
        let effect = Effect::of(&loaded.account, note.day.parse::<Date>().ok()?)?;
        effect.recovery?;
        Some((effect.day, note.text.clone(), recovery(&effect)?))
    });
    let (day, text, sentence) = told.max_by_key(|(day, ..)| *day)?;
    Some(format!("{sentence} Done on {}: “{text}”", words::day(day)))
}
