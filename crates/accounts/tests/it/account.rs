//! One account of random histories, asked of the engine and told by hand: its days and weeks, its
//! modules beside those of others, its features, its people, and who and what is behind a number.

use crate::figures::{MEANING, leaves, meaning};
use crate::history::{PROJECT, feature_id, features};
use crate::random::{
    FEATURES, HISTORIES, Rules, acts_as_another, draw, is_activity, load, seed, session, takes,
};
use crate::span::{Span, Told, span, told};
use accounts::account::{self, Account, Calendar, Day, Days, Did, State, WEEK};
use analytics::Target;
use analytics::feature::Features;
use anyhow::{Context, Result, ensure};
use jiff::ToSpan as _;
use jiff::civil::Date;
use protocol::{Kind, ProjectId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use store::{Connection, record};

const QUESTIONS: usize = 16;

/// The events of one account that are counted up to now, and when the weeks begin.
struct Hand<'a> {
    span: &'a Span,
    events: Vec<&'a Told>,
    /// For how long they were engaged, at the first leave of a quarter of an hour.
    leaves: Vec<(&'a Told, u64)>,
    first: Date,
    today: Date,
}

impl<'a> Hand<'a> {
    fn new(
        (told, leaves): (&'a [Told], &[(&'a Told, u64)]),
        span: &'a Span,
        account: &str,
    ) -> Self {
        let is_its =
            |it: &Told| it.account == account && it.event.at <= span.now && span.counts(it);
        let today = span.season.civil(span.now).date();
        let mut begin = today;
        let starts = |day: Date| match span.week_start {
            store::WeekStart::Monday => day.weekday() == jiff::civil::Weekday::Monday,
            store::WeekStart::Sunday => day.weekday() == jiff::civil::Weekday::Sunday,
        };
        while !starts(begin) {
            begin = begin.saturating_sub(1.day());
        }
        let first = begin.saturating_sub((7 * (13 + 10)).days());
        let events = told.iter().filter(|it| is_its(it)).collect();
        let leaves = leaves.iter().copied().filter(|(it, _)| is_its(it)).collect();
        Self { span, events, leaves, first, today }
    }

    fn day(&self, it: &Told) -> i64 {
        i64::from((self.span.season.date_of(it.event.at) - self.first).get_days())
    }

    fn is_in(&self, it: &Told, days: &Range<i64>) -> bool {
        days.contains(&self.day(it))
    }

    fn of(&self, days: &Range<i64>) -> Day {
        let there = || self.events.iter().filter(|it| self.is_in(it, days));
        let active = || there().filter(|it| is_activity(&it.event));
        let visits: BTreeSet<_> = active().map(|it| session(&it.event)).collect();
        let log_ins = active().filter(|it| is_user(it)).map(|it| (session(&it.event), &it.person));
        let log_ins: BTreeSet<_> = log_ins.filter(|(session, _)| !session.is_empty()).collect();
        let left = self.leaves.iter().filter(|(it, _)| self.is_in(it, days));
        let views = active().filter(|it| it.event.kind == Kind::PageView);
        Day {
            core_actions: there().map(|it| core(it)).sum(),
            visits: visits.iter().filter(|session| !session.is_empty()).count() as u64,
            page_views: views.count() as u64,
            people: active().map(|it| &it.person).collect::<BTreeSet<_>>().len() as u64,
            log_ins: log_ins.len() as u64,
            engaged_ms: left.map(|(_, ms)| ms).sum(),
        }
    }

    fn week(number: usize) -> Range<i64> {
        let start = (number * WEEK) as i64;
        start..start + WEEK as i64
    }
}

fn is_user(it: &Told) -> bool {
    !it.event.user_id.is_empty() || it.person != it.event.anonymous_id
}

fn uses(it: &Told, name: &str) -> bool {
    takes(&Target::Feature(feature_id(name)), &it.event)
}

/// How many core actions an event is: it may be one of several features.
fn core(it: &Told) -> u64 {
    let of = FEATURES.into_iter().zip(MEANING);
    of.filter(|((name, ..), (.., is_core))| *is_core && uses(it, name)).count() as u64
}

fn check(account: &Account, hand: &Hand<'_>) -> Result<()> {
    let calendar = &account.calendar;
    ensure!((calendar.first, calendar.today) == (hand.first, hand.today), "other days");
    for (number, day) in account.days.iter().enumerate() {
        let by_hand = hand.of(&(number as i64..number as i64 + 1));
        ensure!(*day == by_hand, "day {number}: {day:?}, by hand {by_hand:?}");
    }
    for (number, week) in account.weeks.iter().enumerate() {
        let by_hand = hand.of(&Hand::week(number));
        ensure!(*week == by_hand, "week {number}: {week:?}, by hand {by_hand:?}");
    }
    let shown = calendar.shown as i64..calendar.n_days() as i64;
    for feature in &account.features {
        let all = || hand.events.iter().filter(|it| uses(it, &feature.name));
        let own = || all().filter(|it| hand.is_in(it, &shown));
        let people: BTreeSet<_> = own().map(|it| &it.person).collect();
        let last = all().filter(|it| hand.day(it) >= 0).map(|it| it.event.at).max();
        let by_hand = (own().count() as u64, people.len() as u64, last);
        let told = (feature.uses, feature.people, feature.last_at.map(|at| at.as_millis()));
        ensure!(told == by_hand, "{}: {told:?}, by hand {by_hand:?}", feature.name);
    }
    for module in &account.modules {
        for (number, n) in module.core_actions.iter().enumerate() {
            let by_hand: u64 = hand
                .events
                .iter()
                .filter(|it| hand.is_in(it, &Hand::week(number)))
                .map(|it| core_of(it, &module.name))
                .sum();
            ensure!(*n == by_hand, "{} in week {number}: {n}, by hand {by_hand}", module.name);
        }
        for number in 0..account.weeks.len() {
            let views = module.page_views.as_ref().map_or(0, |views| views[number]);
            let is_view = |it: &&&Told| {
                it.event.kind == Kind::PageView && it.event.path == format!("/{}", module.name)
            };
            let own = hand.events.iter().filter(is_view);
            let by_hand = own.filter(|it| hand.is_in(it, &Hand::week(number))).count() as u64;
            ensure!(
                views == by_hand,
                "views of {} in week {number}: {views}, by hand {by_hand}",
                module.name
            );
        }
    }
    check_people(account, hand)
}

fn core_of(it: &Told, module: &str) -> u64 {
    let of = FEATURES.into_iter().zip(MEANING);
    let is_its = |((name, ..), (of, _, is_core)): &((&str, _, _), (&str, bool, bool))| {
        *of == module && *is_core && uses(it, name)
    };
    of.filter(is_its).count() as u64
}

fn check_people(account: &Account, hand: &Hand<'_>) -> Result<()> {
    let mut by_person: BTreeMap<&str, Vec<&Told>> = BTreeMap::new();
    for it in hand.events.iter().filter(|it| is_activity(&it.event)) {
        by_person.entry(&it.person).or_default().push(it);
    }
    ensure!(account.people.len() == by_person.len(), "{} people", account.people.len());
    let first = by_person.values().flatten().map(|it| it.event.at).min();
    ensure!(account.first_at.map(|at| at.as_millis()) == first, "another first day");
    let today = i64::from((hand.today - hand.first).get_days());
    for person in &account.people {
        let own = by_person.get(person.id.as_str()).context("nobody is called so")?;
        let days: BTreeSet<_> = own.iter().map(|it| hand.day(it)).collect();
        let at = || own.iter().map(|it| it.event.at);
        let (first, last) = (at().min(), at().max().context("no event")?);
        ensure!(Some(person.first_at.as_millis()) == first, "{}: another first", person.id);
        let before = last - person.last_at.as_millis();
        ensure!((0..15 * 60_000).contains(&before), "{}: {before} before the last", person.id);
        let read: Vec<_> = days.iter().copied().filter(|day| *day >= 0).collect();
        ensure!(person.days == read, "{}: {:?}, by hand {read:?}", person.id, person.days);
        ensure!(person.is_user == own.iter().any(|it| is_user(it)), "{} is a user?", person.id);
        let (began, last) = (days.first().context("no day")?, days.last().context("no day")?);
        let state = match today - last {
            0..14 if today - began < 30 => State::New,
            0..14 => State::There,
            14..42 => State::Quiet,
            _ => State::Gone,
        };
        ensure!(person.state == state, "{}: {:?}, by hand {state:?}", person.id, person.state);
        for (number, n) in person.core_actions.iter().enumerate() {
            let done = hand.events.iter().filter(|it| it.person == person.id);
            let done = done.filter(|it| hand.is_in(it, &Hand::week(number)));
            let by_hand: u64 = done.map(|it| core(it)).sum();
            ensure!(*n == by_hand, "{} in week {number}: {n}, by hand {by_hand}", person.id);
        }
    }
    Ok(())
}

/// The modules' shares at the other accounts in the last weeks that are over, and how many accounts
/// these are.
fn check_peers(
    account: &Account,
    told: &[Told],
    hand: &Hand<'_>,
    tiers: &BTreeMap<String, &str>,
) -> Result<u64> {
    let days = account.calendar.days_of(account.calendar.last_weeks(4));
    let days = days.start as i64..days.end as i64;
    let span = hand.span;
    let mut by_account: BTreeMap<&str, Vec<&Told>> = BTreeMap::new();
    let is_comparable = |id: &str| match account.tier.as_deref() {
        None => true,
        Some(tier) => tiers.get(id).copied() == Some(tier),
    };
    let is_one = |it: &&Told| {
        !it.account.is_empty()
            && it.account != account.id
            && is_comparable(&it.account)
            && it.event.at <= span.now
    };
    for it in told.iter().filter(is_one).filter(|it| span.counts(it)) {
        if hand.is_in(it, &days) && core(it) > 0 {
            by_account.entry(&it.account).or_default().push(it);
        }
    }
    let n = by_account.len() as u64;
    ensure!(account.n_peers == n, "{} comparable, by hand {n}", account.n_peers);
    for module in &account.modules {
        let share = |own: &Vec<&Told>| {
            let all: u64 = own.iter().map(|it| core(it)).sum();
            own.iter().map(|it| core_of(it, &module.name)).sum::<u64>() as f64 / all as f64
        };
        let sum: f64 = by_account.values().map(share).sum();
        let by_hand = (n > 0).then(|| sum / n as f64);
        let is_same = match (module.peers, by_hand) {
            (Some(told), Some(by_hand)) => (told - by_hand).abs() < 1e-9,
            (told, by_hand) => told == by_hand,
        };
        ensure!(is_same, "{}: {:?}, by hand {by_hand:?}", module.name, module.peers);
    }
    for feature in account.features.iter().filter(|feature| feature.is_core && n > 0) {
        let use_it = by_account.values().filter(|own| own.iter().any(|it| uses(it, &feature.name)));
        let by_hand = Some(use_it.count() as f64 / n as f64);
        ensure!(feature.peers == by_hand, "{}: {:?}", feature.name, feature.peers);
    }
    Ok(n)
}

/// Who and what is behind the numbers of all days that are shown.
async fn check_behind(
    connection: &Connection,
    features: &Features,
    account: &Account,
    hand: &Hand<'_>,
) -> Result<u64> {
    let scope = hand.span.scope()?;
    let Calendar { shown, today, .. } = account.calendar;
    let days = (account.calendar.day(shown), today);
    let now = Timestamp::from_millis(hand.span.now);
    let of = Days { number: account.number, days, scope: &scope, now };
    let range = shown as i64..account.calendar.n_days() as i64;
    let there = || hand.events.iter().filter(|it| hand.is_in(it, &range));
    let dids = [None, Some("both"), Some("e")];
    let mut n_behind = 0;
    for did in dids {
        let times = |it: &&&Told| match did {
            None => is_activity(&it.event),
            Some(name) => uses(it, name),
        };
        let mut by_hand: BTreeMap<String, u64> = BTreeMap::new();
        for it in there().filter(times) {
            *by_hand.entry(it.person.clone()).or_default() += 1;
        }
        let did = did.map_or(Did::Anything, |name| Did::Used(vec![feature_id(name).to_string()]));
        let people = account::people(connection, of, (&did, features), 0).await?;
        ensure!(people.total == by_hand.len() as u64, "{did:?}: {} people", people.total);
        let told: BTreeMap<_, _> = people.people.into_iter().map(|it| (it.person, it.n)).collect();
        let is_page = |(person, n): (&String, &u64)| by_hand.get(person) == Some(n);
        ensure!(told.iter().all(is_page), "{did:?}: {told:?}, by hand {by_hand:?}");
        n_behind += told.len() as u64;
    }
    let by_hand = there().filter(|it| is_activity(&it.event)).count();
    let events = account::events(connection, of, None, None).await?;
    ensure!(events.len() == by_hand.min(account::PAGE as usize + 1), "{} events", events.len());
    if let Some(middle) = events.get(events.len() / 2) {
        let after = account::events(connection, of, None, Some((middle.at, &middle.event))).await?;
        let n = by_hand - events.len() / 2 - 1;
        ensure!(after.len() == n.min(account::PAGE as usize + 1), "{} events after", after.len());
    }
    Ok(n_behind)
}

/// The accounts that have most core actions in the weeks that are read: two of all, one of those that
/// others are merged into, and one of those in which somebody acts as another.
fn chosen(told: &[Told], span: &Span) -> Vec<String> {
    let since = span.now - 20 * 7 * 86_400_000;
    let acting = acting(told);
    let mut n: BTreeMap<&str, u64> = BTreeMap::new();
    let is_it = |it: &&Told| (since..=span.now).contains(&it.event.at) && !it.account.is_empty();
    let there = || told.iter().filter(is_it);
    for it in there().filter(|it| span.counts(it)) {
        *n.entry(&it.account).or_default() += core(it);
    }
    let merged: BTreeSet<&str> =
        there().filter(|it| is_merged(it)).map(|it| &*it.account).collect();
    let by_others =
        there().filter(|it| acting.contains(&*it.event.anonymous_id) && !span.counts(it));
    let by_others: BTreeSet<&str> = by_others.map(|it| &*it.account).collect();
    let mut n: Vec<_> = n.into_iter().collect();
    n.sort_by_key(|(id, n)| (std::cmp::Reverse(*n), *id));
    let first = |of: &BTreeSet<&str>| n.iter().map(|(id, _)| *id).find(|id| of.contains(id));
    let some = [first(&merged), first(&by_others)].into_iter().flatten();
    let most = n.iter().take(2).map(|(id, _)| *id);
    most.chain(some).collect::<BTreeSet<_>>().into_iter().map(str::to_owned).collect()
}

/// Whether the event was of another account that is this one.
fn is_merged(it: &Told) -> bool {
    !it.event.account_id.is_empty() && it.event.account_id != it.account
}

/// The browsers on which somebody acts as another.
fn acting(told: &[Told]) -> BTreeSet<&str> {
    let acts = told.iter().filter(|it| acts_as_another(&it.event));
    acts.map(|it| it.event.anonymous_id.as_str()).filter(|id| !id.is_empty()).collect()
}

/// One of two tiers of each account that is not the vendor's own, by its id.
fn tiers(told: &[Told]) -> BTreeMap<String, &'static str> {
    let others =
        told.iter().filter(|it| !it.account.is_empty() && it.judged.is_counted(Rules::ALL));
    let ids: BTreeSet<&String> = others.map(|it| &it.account).collect();
    let tiers = ["upper", "lower"].into_iter().cycle();
    ids.into_iter().cloned().zip(tiers).collect()
}

/// The same as records, which hold over what pages tell.
fn of_tiers(tiers: &BTreeMap<String, &'static str>) -> Vec<record::Told> {
    let told = |(account, tier): (&String, &&str)| record::Told {
        place: record::Place {
            account: account.clone(),
            subject: record::Subject::Attribute,
            id: String::new(),
            name: "tier".to_owned(),
        },
        value: (*tier).to_owned(),
        at: Timestamp::from_millis(1),
        author: "ada@example.com".to_owned(),
        source: record::Source::Member,
    };
    tiers.iter().map(told).collect()
}

#[tokio::test]
async fn an_account_does_by_day_what_it_does_by_hand() -> Result<()> {
    let seed = seed()?;
    let histories = draw(seed, HISTORIES, &crate::calendar::history())?;
    let spans = draw(seed ^ 23, QUESTIONS, &span())?;
    // What is said of tiers here is not what pages tell.
    let spans: Vec<_> = spans.into_iter().map(Span::about_everybody).collect();
    let told = told(&histories);
    let leaves = leaves(&told);
    let Some(connection) = load("account", &histories).await? else { return Ok(()) };
    let acting = acting(&told);
    let tiers = tiers(&told);
    connection.tell(&ProjectId::parse(PROJECT)?, &of_tiers(&tiers)).await?;
    let (mut sums, mut n_peers, mut n_behind) = (Day::default(), [0, 0], 0);
    let (mut n_merged, mut n_acting) = (0, 0);
    for (n, span) in spans.iter().enumerate() {
        let scope = span.scope()?;
        let features = meaning(&features(&connection, n % 2 == 0).await?);
        let now = Timestamp::from_millis(span.now);
        for id in chosen(&told, span) {
            let tier = tiers.get(&id).copied().filter(|_| n % 2 == 1);
            let account =
                account::load(&connection, &scope, &features, (&id, 13), tier, now).await?;
            let account = account.with_context(|| format!("there is no {id}"))?;
            let hand = Hand::new((&told, &leaves), span, &id);
            n_merged += hand.events.iter().filter(|it| is_merged(it)).count() as u64;
            let of_it = told.iter().filter(|it| it.account == id && !span.counts(it));
            let by_others = of_it.filter(|it| acting.contains(&*it.event.anonymous_id));
            n_acting += by_others.count() as u64;
            let checked = check(&account, &hand);
            checked.with_context(|| format!("seed {seed}: {id} at {span:?}"))?;
            let peers = check_peers(&account, &told, &hand, &tiers);
            n_peers[usize::from(tier.is_some())] +=
                peers.with_context(|| format!("seed {seed}: {id} at {span:?}"))?;
            let behind = check_behind(&connection, &features, &account, &hand).await;
            n_behind += behind.with_context(|| format!("seed {seed}: {id} at {span:?}"))?;
            for week in &account.weeks {
                sums.core_actions += week.core_actions;
                sums.visits += week.visits;
                sums.log_ins += week.log_ins;
                sums.people += week.people;
                sums.page_views += week.page_views;
                sums.engaged_ms += week.engaged_ms;
            }
        }
    }
    let Day { core_actions, visits, page_views, people, log_ins, engaged_ms } = sums;
    let all = [core_actions, visits, page_views, people, log_ins, engaged_ms, n_peers[0], n_behind];
    let is_enough = all.iter().all(|n| *n > 200) && n_peers[1] > 50;
    ensure!(is_enough, "hardly anything: {sums:?}, {n_peers:?}, {n_behind}");
    ensure!(n_merged > 50 && n_acting > 20, "of merged {n_merged}, acting {n_acting}");
    let scope = spans[0].scope()?;
    let features = features(&connection, true).await?;
    let now = Timestamp::from_millis(spans[0].now);
    let nobody = account::load(&connection, &scope, &features, ("nobody", 13), None, now).await?;
    ensure!(nobody.is_none(), "there is no such account");
    Ok(())
}
