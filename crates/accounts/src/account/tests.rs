//! What is read off the days of an account, of the two cases that the product was made for.

use super::{Account, Calendar, Day, Effect, PersonUse, State, WEEK};
use analytics::Scope;
use jiff::civil::{Date, date};
use protocol::{ProjectId, Timestamp};
use store::WeekStart;
use store::identity::Grouping;

/// A Monday, at noon.
const NOW: Timestamp = Timestamp::from_millis(1_795_435_200_000);

/// The account of this use: core actions of each person on each day, by the Monday that is so many
/// weeks ago and the day of the week.
fn account(n_people: usize, done: impl Fn(usize, usize, usize) -> Option<u64>) -> Account {
    let project = ProjectId::parse("p").unwrap();
    let scope = Scope {
        grouping: Grouping::none(project.clone()),
        project,
        time_zone: "UTC".to_owned(),
        week_start: WeekStart::Monday,
        count_automated: false,
    };
    let calendar = Calendar::new(13, &scope, NOW).unwrap();
    let mut days = vec![Day::default(); calendar.n_days()];
    let person = |n: usize| {
        let mut person = PersonUse {
            id: n.to_string(),
            is_user: true,
            name: None,
            role: None,
            first_at: NOW,
            last_at: NOW,
            days: Vec::new(),
            core_actions: vec![0; calendar.n_weeks()],
            state: State::There,
        };
        for (number, day) in days.iter_mut().enumerate() {
            let weeks_ago = calendar.n_weeks() - 1 - number / WEEK;
            let Some(core_actions) = done(n, weeks_ago, number % WEEK) else { continue };
            person.days.push(i64::try_from(number).unwrap());
            person.core_actions[number / WEEK] += core_actions;
            day.core_actions += core_actions;
        }
        person
    };
    let people = (0..n_people).map(person).collect();
    let week = |days: &[Day]| Day {
        core_actions: days.iter().map(|day| day.core_actions).sum(),
        ..Day::default()
    };
    Account {
        id: "a".to_owned(),
        number: 1,
        weeks: days.chunks(WEEK).map(week).collect(),
        days,
        modules: Vec::new(),
        features: Vec::new(),
        people,
        n_peers: 0,
        tier: None,
        first_at: None,
        computed_at: NOW,
        calendar,
    }
}

/// The Monday so many weeks ago.
fn monday(weeks_ago: i64) -> Date {
    date(2026, 11, 23).saturating_sub(jiff::Span::new().weeks(weeks_ago))
}

/// 40 a working day, of which one person makes 32; 30 on two days of the seventh week, and nothing
/// until the fifth, in which somebody else is trained.
fn acme() -> Account {
    account(3, |person, weeks_ago, day| {
        let of_day = match (weeks_ago, day) {
            (_, 5..) | (0 | 6, _) => return None,
            (8.., _) => 40,
            (7, 0..2) => 30,
            (7, _) => return None,
            (5, 0) => 0,
            (5, 1) => 9,
            _ => 38,
        };
        let main = if weeks_ago > 6 { 0 } else { 1 };
        match person {
            2 => Some(of_day - of_day * 4 / 5),
            it => (it == main).then_some(of_day * 4 / 5),
        }
    })
}

#[test]
fn an_account_is_back_two_days_after_what_was_done_for_it() {
    let acme = acme();
    let effect = Effect::of(&acme, monday(5)).unwrap();
    assert!(effect.is_after_fall);
    assert_eq!(effect.usual, Some(40.0));
    let recovery = effect.recovery.unwrap();
    assert_eq!((recovery.after_days, recovery.level), (2, 0.95));
    let of_two_weeks = |core_actions_a_week: f64| (core_actions_a_week * 2.0).round();
    assert_eq!(of_two_weeks(effect.before.core_actions_a_week), 60.0);
    assert_eq!(of_two_weeks(effect.after.unwrap().core_actions_a_week), 313.0);
    assert_eq!(of_two_weeks(effect.lately.unwrap().core_actions_a_week), 380.0);
    assert_eq!((effect.before.people, effect.lately.unwrap().people), (2, 2));
    // Before anything fell there is nothing to come back from.
    let before = Effect::of(&acme, monday(9)).unwrap();
    assert_eq!((before.is_after_fall, before.recovery), (false, None));
    // Three days of work and a weekend are three fifths of a week: 190 as before, and not 160.
    let wednesday = monday(1).saturating_add(jiff::Span::new().days(2));
    let after = Effect::of(&acme, wednesday).unwrap().after.unwrap();
    assert_eq!(after.days, 5);
    let of_week = after.core_actions_a_week;
    assert!((of_week - 190.0).abs() < 8.0, "{of_week}");
    // What lies outside of the days that are read says nothing.
    assert_eq!(Effect::of(&acme, monday(24)), None);
    assert_eq!(Effect::of(&acme, monday(-1)), None);
    // On its own day nothing is over yet.
    assert_eq!(Effect::of(&acme, monday(0)).unwrap().after, None);
}

#[test]
fn who_makes_most_of_the_use_is_told_by_the_weeks_in_which_he_was_there() {
    let acme = acme();
    let last = acme.calendar.last_weeks(4);
    let (most, share) = acme.most(last.clone()).unwrap();
    assert_eq!(most.id, "1");
    assert!((share - 30.0 / 38.0).abs() < 1e-9, "{share}");
    let gone = &acme.people[0];
    let weeks = gone.last_weeks().unwrap();
    assert_eq!(weeks, 13..17);
    assert_eq!(acme.share_of(gone, weeks), Some(0.8));
    assert_eq!(acme.share_of(gone, last), Some(0.0));
    // In a week without any use nobody has a share of it.
    assert_eq!(acme.share_of(gone, 17..18), None);
}

#[test]
fn stickiness_is_the_share_of_the_days_of_a_week() {
    // Nine people on 20 days a week in all, and on 29 from four weeks ago on.
    let cobalt = account(9, |person, weeks_ago, day| {
        let n =
            if weeks_ago > 4 { 2 + usize::from(person < 2) } else { 3 + usize::from(person < 2) };
        (day < n && weeks_ago > 0).then_some(1)
    });
    let (first, last) = (cobalt.calendar.first_weeks(4), cobalt.calendar.last_weeks(4));
    let rounded = |weeks| (cobalt.active_days(weeks).unwrap() * 100.0).round();
    assert_eq!((rounded(first), rounded(last)), (32.0, 46.0));
    let effect = Effect::of(&cobalt, monday(4)).unwrap();
    let (before, after) = (effect.before.active_days.unwrap(), effect.after.unwrap());
    assert!(before < after.active_days.unwrap());
    assert!(!effect.is_after_fall);
    assert_eq!(after.days, 14);
    assert_eq!(account(1, |_, _, _| None).active_days(0..1), None);
}
