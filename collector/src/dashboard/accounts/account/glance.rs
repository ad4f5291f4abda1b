//! What is seen at a glance: the few sentences that somebody who asks "how are they?" would be told.

use super::super::unmeasured;
use super::effect::recovery;
use super::modules::{is_entitled, name};
use super::people::MUCH;
use super::view::Said;
use super::{Loaded, words};
use crate::dashboard::format::count;
use accounts::account::{Account, Effect, Module, PersonUse, State, TOGETHER, WEEK};
use accounts::module::{ENOUGH, Verdict};
use jiff::civil::Date;

/// A fall from one week to the next that is told.
const FALL: f64 = -0.5;

/// Who made this share of the use is missed where he is gone.
const MISSED: f64 = 0.3;

/// That many more of the days of a week are told.
const STICKIER: f64 = 0.05;

/// The sentences, the worst first.
pub(super) fn glance(loaded: &Loaded) -> Vec<Said> {
    let account = &loaded.account;
    let bad = |sentence| Said { tone: "bad", sentence };
    let good = |sentence| Said { tone: "good", sentence };
    let mut said: Vec<Said> = fall(loaded).map(bad).into_iter().collect();
    said.extend(still(account).map(bad));
    said.extend(missed(loaded).map(bad));
    said.extend(unused(loaded).map(bad));
    said.extend(alone(loaded).map(|sentence| Said { tone: "warn", sentence }));
    said.extend(recovered(loaded).map(good));
    said.extend(taken_up(loaded).map(good));
    said.extend(stickier(loaded).map(good));
    said
}

/// The fall of the week that is over against the one before; what made it where that is no matter
/// of one account, and nothing where its whole region has less, as in a holiday.
fn fall(loaded: &Loaded) -> Option<String> {
    let (before, now) = change(&loaded.account)?;
    if let Some(week) = &loaded.judged {
        if let Some(sentence) = unmeasured(week) {
            return Some(sentence);
        }
        if !week.fell.contains(&loaded.account.number) {
            return None;
        }
    }
    Some(format!(
        "{} core actions in the last week, {} in the week before: {}.",
        count(now),
        count(before),
        words::signed(now as f64 / before as f64 - 1.0)
    ))
}

/// Core actions of the last two weeks that are over, where they fell from one to the other.
pub(super) fn change(account: &Account) -> Option<(u64, u64)> {
    let last = account.calendar.n_weeks().checked_sub(2)?;
    let before = account.weeks.get(last.checked_sub(1)?)?.core_actions;
    let now = account.weeks[last].core_actions;
    let change = now as f64 / before as f64 - 1.0;
    (before >= ENOUGH && change <= FALL).then_some((before, now))
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

/// Who made much of the use and is not there any more; whoever is gone for longer is no news.
fn missed(loaded: &Loaded) -> impl Iterator<Item = String> {
    let account = &loaded.account;
    let is_quiet = |it: &&PersonUse| it.state == State::Quiet;
    account.people.iter().filter(is_quiet).filter_map(move |person| {
        let weeks = person.last_weeks()?;
        let is_much = person.core_actions(weeks.clone()) >= ENOUGH;
        let share = account.share_of(person, weeks)?;
        let last = account.calendar.day(usize::try_from(*person.days.last()?).ok()?);
        (is_much && share >= MISSED).then(|| {
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
    let weeks = account.calendar.last_weeks(TOGETHER);
    let (most, share) = account.most(weeks.clone())?;
    let is_there = matches!(most.state, State::New | State::There);
    (is_there && most.core_actions(weeks) >= ENOUGH && share >= MUCH && account.people.len() > 1)
        .then(|| {
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
        Verdict::is_missed(&module.shares(account)) && is_entitled(loaded, &module.name)
    };
    let (names, peers) = told(account.modules.iter().filter(is_missed));
    let entitled = account.modules.iter().filter(|module| is_entitled(loaded, &module.name));
    if names.is_empty() {
        return None;
    }
    Some(format!(
        "{} of {} modules {} hardly used: {}. Comparable accounts make {} of their use there.",
        count(names.len() as u64),
        count(entitled.count() as u64),
        if names.len() == 1 { "is" } else { "are" },
        words::row(&names),
        words::row(&peers)
    ))
}

/// Modules that were not used in the first weeks, and are now.
fn taken_up(loaded: &Loaded) -> Option<String> {
    let account = &loaded.account;
    let calendar = &account.calendar;
    let is_it = |module: &&Module| {
        Verdict::of(&module.shares(account)) == Verdict::TakenUp
            && is_entitled(loaded, &module.name)
    };
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

#[cfg(test)]
mod tests {
    use super::*;
    use accounts::account::{Calendar, Day};
    use accounts::look::WeekJudged;
    use analytics::Scope;
    use protocol::{ProjectId, Timestamp};
    use store::WeekStart;
    use store::identity::Grouping;
    use store::record::AccountRecord;

    const NOW: Timestamp = Timestamp::from_millis(1_795_435_200_000);

    /// An account of these core actions in the last weeks that are over, the latest last; all of
    /// them by one of its two people.
    fn loaded(state: State, core_actions: [u64; 4], judged: Option<WeekJudged>) -> Loaded {
        let project = ProjectId::parse("p").unwrap();
        let scope = Scope {
            grouping: Grouping::none(project.clone()),
            project,
            time_zone: "UTC".to_owned(),
            week_start: WeekStart::Monday,
            count_automated: false,
        };
        let calendar = Calendar::new(13, &scope, NOW).unwrap();
        let mut weeks = vec![Day::default(); calendar.n_weeks()];
        let mut made = vec![0; calendar.n_weeks()];
        let first = calendar.n_weeks() - 5;
        for (week, n) in (first..).zip(core_actions) {
            weeks[week].core_actions = n;
            made[week] = n;
        }
        let last = i64::try_from(WEEK * (first + 3)).unwrap();
        let person = |id: &str, core_actions: Vec<u64>| PersonUse {
            id: id.to_owned(),
            is_user: true,
            name: None,
            role: None,
            first_at: NOW,
            last_at: NOW,
            days: vec![last],
            core_actions,
            state,
        };
        let people = vec![person("ann", made), person("bob", vec![0; weeks.len()])];
        let account = Account {
            id: "acme".to_owned(),
            number: 7,
            days: vec![Day::default(); calendar.n_days()],
            weeks,
            modules: Vec::new(),
            features: Vec::new(),
            people,
            n_peers: 0,
            tier: None,
            first_at: None,
            computed_at: NOW,
            calendar,
        };
        Loaded { account, record: AccountRecord::default(), releases: Vec::new(), judged }
    }

    #[test]
    fn who_made_little_or_is_gone_for_long_is_not_missed() {
        let n = |state, n| missed(&loaded(state, [n, 0, 0, 0], None)).count();
        assert_eq!(n(State::Quiet, ENOUGH), 1);
        assert_eq!(n(State::Quiet, ENOUGH - 1), 0);
        assert_eq!(n(State::Gone, ENOUGH), 0);
        assert_eq!(n(State::There, ENOUGH), 0);
    }

    #[test]
    fn who_makes_most_of_hardly_anything_is_not_told() {
        let is_told = |n| alone(&loaded(State::There, [0, 0, 0, n], None)).is_some();
        assert!(is_told(ENOUGH) && !is_told(ENOUGH - 1));
    }

    #[test]
    fn a_fall_is_told_where_look_has_it_and_else_why_it_is_none() {
        let judged = |is_everywhere, fell: &[u64]| WeekJudged {
            is_running: false,
            is_everywhere,
            silent: Vec::new(),
            fell: fell.iter().copied().collect(),
        };
        let told = |before, judged| fall(&loaded(State::There, [0, 0, before, 10], Some(judged)));
        let fell = told(40, judged(false, &[7]));
        let expected = "10 core actions in the last week, 40 in the week before: −75%.";
        assert_eq!(fell.as_deref(), Some(expected));
        assert_eq!(told(40, judged(false, &[8])), None, "its region has less, too");
        let everywhere = told(40, judged(true, &[])).unwrap_or_default();
        assert!(everywhere.starts_with("Collection problem"), "{everywhere}");
        assert_eq!(told(19, judged(true, &[])), None, "too few the week before");
    }
}
