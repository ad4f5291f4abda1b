//! What questions about periods share: how time is cut, which days, and when it is asked.

use crate::calendar::{Calendar, Season, season};
use crate::history::{self, Happening};
use crate::listed::{self, Stays};
use crate::random::{
    Judged, Rules, account_of, is_activity, judged, named, person, rules, step, takes_step, target,
    value,
};
use analytics::report::retention::By;
use analytics::{Answer, DateRange, Period, Property, Query, Scope, Step};
use anyhow::Result;
use jiff::ToSpan as _;
use jiff::civil::Date;
use proptest::prelude::*;
use protocol::Timestamp;
use store::{Connection, WeekStart};

/// How time is cut, where, which days, and when it is asked.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    pub(crate) season: &'static Season,
    pub(crate) period: Period,
    pub(crate) from: Date,
    pub(crate) to: Date,
    pub(crate) now: i64,
    pub(crate) week_start: WeekStart,
    rules: Rules,
}

/// Some are asked after everything, some in the middle of it.
pub(crate) fn span() -> impl Strategy<Value = Span> {
    let period = prop_oneof![
        Just(Period::Hour),
        Just(Period::Day),
        Just(Period::WorkingDay),
        Just(Period::Week),
        Just(Period::Month),
    ];
    let now = season().prop_flat_map(|season| (Just(season), season.at()));
    let when = (3_i64..20, 2_i64..14, any::<bool>(), now, any::<bool>());
    (period, when, rules()).prop_map(|(period, when, rules)| {
        let (from, days, is_late, (season, now), is_sunday) = when;
        let days = if period == Period::Hour { days % 3 } else { days };
        let day = |days| season.day(days);
        let soon = season.midnight(day(from + 2));
        let now = if is_late { season.late() } else { now.max(soon) };
        let week_start = if is_sunday { WeekStart::Sunday } else { WeekStart::Monday };
        Span { season, period, from: day(from), to: day(from + days), now, week_start, rules }
    })
}

/// What somebody may do; anything for none.
pub(crate) fn activity() -> impl Strategy<Value = Option<Step>> {
    proptest::option::weighted(0.8, step(target()))
}

impl Span {
    pub(crate) fn date_range(&self) -> DateRange {
        DateRange::Between { from: self.from, to: self.to }
    }

    /// The periods of the range.
    pub(crate) fn calendar(&self) -> Calendar {
        self.of(self.period)
    }

    /// The same days, cut otherwise.
    pub(crate) fn of(&self, period: Period) -> Calendar {
        Calendar::new(self.season, period, (self.from, self.to), self.week_start, self.now)
    }

    /// The periods from long before the range on, and the place of its first one.
    pub(crate) fn with_before(&self) -> (Calendar, i64) {
        if self.period == Period::Hour {
            return (self.calendar().with_hours_before(150), 150);
        }
        let from = self.from.saturating_sub(150.days());
        let days = (from, self.to);
        let wide = Calendar::new(self.season, self.period, days, self.week_start, self.now);
        let first = self.calendar().periods[0];
        let begin = wide.periods.iter().position(|period| *period == first);
        (wide, begin.map_or(-1, |begin| begin as i64))
    }

    /// The same about everybody.
    #[allow(dead_code, reason = "one of the suites that share this asks it")]
    pub(crate) fn about_everybody(self) -> Self {
        Self { rules: self.rules.about_everybody(), ..self }
    }

    /// Whether reports count an event.
    pub(crate) const fn counts(&self, told: &Told) -> bool {
        told.judged.is_counted(self.rules)
    }

    /// Whether an event is looked at.
    pub(crate) fn knows(&self, told: &Told) -> bool {
        let is_out = || self.period == Period::WorkingDay && self.season.is_weekend(told.event.at);
        self.counts(told) && told.event.at <= self.now && !is_out()
    }

    /// The settings of the project that is asked.
    pub(crate) fn scope(&self) -> Result<Scope> {
        self.season.scope(self.week_start, self.rules)
    }

    /// What the engine answers, where features are filled or not.
    pub(crate) async fn ask(
        &self,
        connection: &Connection,
        query: &Query,
        is_filled: bool,
    ) -> Result<Answer> {
        let scope = self.scope()?;
        let features = history::features(connection, is_filled).await?;
        let now = Timestamp::from_millis(self.now);
        Ok(analytics::run_of(connection, &scope, query, &features, now).await?)
    }
}

/// An event, and what the sentences that define people say of it.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) event: Happening,
    pub(crate) person: String,
    /// Empty for nobody's.
    pub(crate) account: String,
    pub(crate) judged: Judged,
    is_activity: bool,
    /// What conditions ask, which only its history tells.
    history: std::rc::Rc<Vec<Happening>>,
}

/// The events of histories of people whom nobody else is.
pub(crate) fn told(histories: &[Vec<Happening>]) -> Vec<Told> {
    let mut told = Vec::new();
    for (n, history) in histories.iter().enumerate() {
        let history = std::rc::Rc::new(named(history, n));
        told.extend(history.iter().map(|event| Told {
            event: event.clone(),
            person: person(&history, event),
            account: account_of(&history, event),
            judged: judged(&history, event),
            is_activity: is_activity(event),
            history: std::rc::Rc::clone(&history),
        }));
    }
    told
}

/// Who was in which account when.
pub(crate) fn stays(all: &[Told]) -> Stays {
    let of = all.iter().map(|told| (told.person.as_str(), told.event.at, told.account.as_str()));
    listed::stays(of)
}

impl Told {
    /// The value that a property of it has; empty for none.
    pub(crate) fn value(&self, property: &Property) -> String {
        value(&self.history, &self.event, property)
    }

    /// Who it is counted as; nobody for one without account where accounts are counted.
    pub(crate) fn actor(&self, by: By) -> Option<&str> {
        match by {
            By::People => Some(&self.person),
            By::Accounts => Some(self.account.as_str()).filter(|account| !account.is_empty()),
        }
    }
}

/// Whether an event is the activity.
pub(crate) fn is(activity: &Option<Step>, told: &Told) -> bool {
    match activity {
        Some(step) => takes_step(step, &told.history, &told.event),
        None => told.is_activity,
    }
}
