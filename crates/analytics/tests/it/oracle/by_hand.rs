//! The count by hand, written from the sentences that define a funnel, without a clever idea: it
//! tries every sequence of events.

use super::{Levels, Question};
use crate::history::Happening;
use crate::random::{account_of, is_counted, person, takes_step, value};
use analytics::{By, Property, Step};
use std::collections::BTreeMap;

/// What is told of one actor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) level: usize,
    pub(super) is_open: bool,
    /// The value that he is counted under, empty for none.
    pub(super) value: String,
    /// When he did each step that he reached.
    pub(super) times: Vec<i64>,
    pub(super) is_user: bool,
    pub(super) account: String,
}

/// What is told of each actor of a history.
pub(super) fn levels(history: &[Happening], question: &Question, span: (i64, i64)) -> Levels {
    let funnel = &question.funnel;
    let mut actors: BTreeMap<String, Vec<Event<'_>>> = BTreeMap::new();
    for event in history {
        let actor = match funnel.by {
            By::People => person(history, event),
            By::Accounts => account_of(history, event),
        };
        let is_somebody = funnel.by == By::People || !actor.is_empty();
        if event.at <= question.now && is_somebody && is_counted(history, event) {
            let is_taken = |step: &Step| takes_step(step, history, event);
            let takes = funnel.steps.iter().map(is_taken).collect();
            actors.entry(actor).or_default().push(Event { event, at: event.at, takes });
        }
    }
    let told = actors.into_iter().map(|(actor, events)| {
        let of_one = OfOne { history, question, span, events };
        Some((actor, of_one.told()?))
    });
    told.flatten().collect()
}

/// An event, and which steps it is.
struct Event<'a> {
    event: &'a Happening,
    at: i64,
    takes: Vec<bool>,
}

/// One actor's events.
struct OfOne<'a> {
    history: &'a [Happening],
    question: &'a Question,
    span: (i64, i64),
    events: Vec<Event<'a>>,
}

impl OfOne<'_> {
    fn told(&self) -> Option<Told> {
        let steps = &self.question.funnel.steps;
        let entries: Vec<_> = self.events.iter().filter(|event| self.is_entry(event)).collect();
        let mut best: Vec<Vec<i64>> = Vec::new();
        for entry in &entries {
            self.try_all(&mut vec![entry], &mut best);
        }
        // Of those that lead furthest the one that ends first, and of these the one that begins
        // last; in it each step as early as can be.
        let key = |times: &Vec<i64>| (times.last().copied(), times.first().map(|at| -at));
        let times = best.into_iter().min_by(|a, b| (key(a), &a[..]).cmp(&(key(b), &b[..])))?;
        let window = self.question.funnel.window.as_millis();
        let has_time = entries.iter().any(|entry| self.question.now <= entry.at + window);
        let begun = entries.iter().filter(|entry| times.first() == Some(&entry.at));
        let account = begun.map(|entry| account_of(self.history, entry.event)).min();
        Some(Told {
            level: times.len(),
            is_open: times.len() < steps.len() && has_time,
            value: self.value(&entries),
            times,
            is_user: self.read().any(|event| self.is_users(event)),
            account: account.unwrap_or_default(),
        })
    }

    fn is_entry(&self, event: &Event<'_>) -> bool {
        event.takes[0] && (self.span.0..self.span.1).contains(&event.at)
    }

    /// Tries every next event, and keeps the times of the longest chains.
    fn try_all<'b>(&'b self, chain: &mut Vec<&'b Event<'b>>, best: &mut Vec<Vec<i64>>) {
        let longest = best.first().map_or(0, Vec::len);
        if chain.len() > longest {
            best.clear();
        }
        if chain.len() >= longest {
            best.push(chain.iter().map(|event| event.at).collect());
        }
        let step = chain.len();
        if step == self.question.funnel.steps.len() {
            return;
        }
        let window = self.question.funnel.window.as_millis();
        for event in &self.events {
            let is_new = chain.iter().all(|used| !std::ptr::eq(*used, event));
            let is_later = chain.last().is_some_and(|last| last.at <= event.at);
            let is_in_time = chain.first().is_some_and(|first| event.at - first.at <= window);
            if is_new && is_later && is_in_time && event.takes[step] {
                chain.push(event);
                self.try_all(chain, best);
                chain.pop();
            }
        }
    }

    /// The events that any step takes, from the first day on to the end of the last window.
    fn read(&self) -> impl Iterator<Item = &Happening> {
        let end = self.span.1 + self.question.funnel.window.as_millis();
        let is_read = move |event: &&Event<'_>| (self.span.0..end).contains(&event.at);
        let is_taken = |event: &&Event<'_>| event.takes.contains(&true);
        self.events.iter().filter(is_read).filter(is_taken).map(|event| event.event)
    }

    fn is_users(&self, event: &Happening) -> bool {
        let person = person(self.history, event);
        self.history.iter().any(|other| other.user_id == person)
    }

    fn value(&self, entries: &[&Event<'_>]) -> String {
        let Some(property) = &self.question.funnel.breakdown else { return String::new() };
        let of = |event: &Happening| (event.at, value(self.history, event, property));
        let first = match property {
            Property::Account => entries.iter().map(|entry| of(entry.event)).min(),
            _ => self.read().map(of).filter(|(_, value)| !value.is_empty()).min(),
        };
        first.map_or_else(String::new, |(_, value)| value)
    }
}
