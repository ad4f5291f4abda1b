//! The first-week threshold as people read it. Pure: numbers in, texts out.

use super::shown::Shown;
use super::view::{Answer, Bar, Came, Cell, CountRow, FeatureRow, Figure};
use crate::dashboard::format::{count, many, people, percent, time_of_day};
use crate::dashboard::live::zone;
use crate::dashboard::people::{Lists, Number};
use crate::dashboard::range::days;
use crate::dashboard::report::Look;
use analytics::report::retention::By;
use analytics::report::threshold::{
    AtLeast, Band, Did, Exactly, FeatureThreshold, Group, LeftOut, MAX_SHARE, MIN_DAYS, MIN_PEOPLE,
    MIN_SHARE, SETTLING_DAYS, TooLittle, Who,
};
use analytics::{Outcome, ThresholdResult};
use jiff::civil::Date;

/// The bars of the chart: from so many uses to so many.
const BARS: [(u32, u32); 5] = [(0, 0), (1, 2), (3, 4), (5, 6), (7, u32::MAX)];

/// An answer with what it is told beside.
pub(super) struct Told<'a> {
    pub(super) look: &'a Look<'a>,
    pub(super) asked: &'a Shown,
    pub(super) result: &'a ThresholdResult,
}

impl Told<'_> {
    /// The answer in words.
    pub(super) fn answer(&self) -> Answer {
        let chosen = self.chosen();
        let most = self.asked.threshold.most;
        Answer {
            nothing: self.nothing(),
            figures: self.figures(),
            caption: chosen.map_or_else(String::new, |it| self.caption(it)),
            feature: chosen.map_or_else(String::new, |it| it.name.clone()),
            bars: chosen.map_or_else(Vec::new, bars),
            bars_told: format!(
                "of those with so many uses in the first week, the share that {} in the second",
                self.does()
            ),
            who: self.who(),
            came: self.outcome_head(),
            counts: chosen.map_or_else(Vec::new, |it| self.counts(it, most)),
            heads: (1..=most).map(|uses| uses.to_string()).collect(),
            rows: self.result.features.iter().map(|it| self.row(it, chosen)).collect(),
            notes: self.notes(),
        }
    }

    /// The feature that is looked at: the one that is asked for, else the best.
    fn chosen(&self) -> Option<&FeatureThreshold> {
        let mut features = self.result.features.iter();
        let asked = features.find(|it| it.feature == self.asked.feature);
        asked.or(self.result.features.first())
    }

    /// That no feature stands out, if none does.
    fn nothing(&self) -> Option<String> {
        let is_nothing = self.result.features.iter().all(|it| it.best.is_none());
        is_nothing.then(|| {
            format!(
                "Nothing stands out: no use of a feature in the first week goes with {} who {} in the second more than chance may make.",
                self.who().to_lowercase(),
                self.do_it(),
            )
        })
    }

    /// What its best count means, or why there is none.
    fn caption(&self, it: &FeatureThreshold) -> String {
        let (who, name) = (self.who().to_lowercase(), &it.name);
        if let Some(best) = it.best() {
            let worth = match best.band {
                Band::Strong => "strong",
                Band::Moderate => "moderate",
                Band::Weak => "weak",
                Band::None => "next to nothing",
            };
            return format!("{}, which is {worth}.", self.found(it, best));
        }
        match it.greatest() {
            None => format!(
                "No number of uses of “{name}” tells anything: too few new {who} use it in their first week, or nearly all do."
            ),
            Some(greatest) if greatest.may_be_chance => format!(
                "“{name}” does not stand out: its greatest correlation with the second week is {}, and chance may make as much as {}.",
                number_of(greatest.phi.unwrap_or_default()),
                number_of(self.result.by_chance.unwrap_or_default()),
            ),
            Some(greatest) => {
                format!("{}: less often, not more.", self.found(it, greatest))
            }
        }
    }

    /// What goes with so many uses: the sentences without the end.
    fn found(&self, it: &FeatureThreshold, at: &AtLeast) -> String {
        let (who, do_it) = (self.who().to_lowercase(), self.do_it());
        let rates = [at.did.rate, at.others.rate].map(|rate| percent(rate.unwrap_or_default()));
        let [did, others] = rates;
        let share = percent(at.share.unwrap_or_default());
        format!(
            "New {who} who use “{}” {} in their first week {do_it} in the second week {did} of the time, others {others}. {share} of new {who} do so. The correlation of the two is {}",
            it.name,
            often(at.uses),
            number_of(at.phi.unwrap_or_default()),
        )
    }

    fn row(&self, it: &FeatureThreshold, chosen: Option<&FeatureThreshold>) -> FeatureRow {
        let asked = Shown { feature: it.feature.clone(), ..self.asked.clone() };
        FeatureRow {
            name: it.name.clone(),
            address: self.look.address(&asked),
            is_on: chosen.is_some_and(|chosen| chosen.feature == it.feature),
            cells: it.at_least.iter().map(|cell| cell_of(cell, it.best)).collect(),
            best: it.best.map_or_else(|| "–".to_owned(), |uses| format!("{uses} or more")),
        }
    }

    fn notes(&self) -> Vec<String> {
        let (result, who) = (self.result, self.who().to_lowercase());
        let scope = &self.look.scope;
        let date = |text: &String| text.parse::<Date>().ok();
        let range = result.days.as_ref().and_then(|(from, to)| Some(days(date(from)?, date(to)?)));
        let at = time_of_day(result.computed_at, &zone(&scope.time_zone));
        let waiting = match result.waiting {
            0 => String::new(),
            n => format!(
                " {} more are not counted, because their second week is not over.",
                count(n)
            ),
        };
        let all = self.group(result.all);
        let chance = result.by_chance.unwrap_or_default();
        vec![
            format!(
                "{all} first seen on {}, in {}; {} of them {}.{waiting} As of {at}.",
                range.unwrap_or_default(),
                scope.time_zone,
                result.all.rate.map_or_else(|| "–".to_owned(), percent),
                self.do_it(),
            ),
            format!(
                "The first week is the day somebody is first seen on and the six after it; the second is the seven days that follow. Who is first seen in the first {SETTLING_DAYS} days of all events may have come before, and is not new. What fewer than {} or more than {} of new {who} do is left out.",
                percent(MIN_SHARE),
                percent(MAX_SHARE),
            ),
            format!(
                "{} of a feature and a count were tried. Where none means anything, the greatest correlation of so many still comes to as much as {} by chance: what is not above that is grey. The best of many looks better than it is; look at other weeks, too.",
                many(result.tried, "combination"),
                number_of(chance),
            ),
            "Correlation: from 0.4 strong, from 0.3 moderate, from 0.2 weak. It is no proof that the use makes anybody come back: only a trial tells that.".to_owned(),
        ]
    }

    /// Why there is no answer yet.
    pub(super) fn too_little(&self, why: TooLittle) -> String {
        let (result, who) = (self.result, self.who().to_lowercase());
        match why {
            TooLittle::Days => format!(
                "There are events of {} so far, and {MIN_DAYS} days are needed: {SETTLING_DAYS} in which nobody is known to be new, a first week and a second.",
                many(u64::from(result.days_of_data), "day"),
            ),
            TooLittle::NewPeople => format!(
                "There were {} new {who} in the last 30 of these days, and {MIN_PEOPLE} are needed to tell chance from habit. Who is first seen in the first {SETTLING_DAYS} days of all events is not known to be new.",
                count(result.new_in_30_days),
            ),
            TooLittle::People => format!(
                "There are {} new {who} whose second week is over, and {MIN_PEOPLE} are needed. Choose more days.",
                count(result.all.people),
            ),
        }
    }

    fn group(&self, group: Group) -> String {
        match self.asked.threshold.by {
            By::People => people(group.people).replacen(' ', " new ", 1),
            By::Accounts => many(group.people, "new account"),
        }
    }

    fn who(&self) -> &'static str {
        match self.asked.threshold.by {
            By::People => "People",
            By::Accounts => "Accounts",
        }
    }

    /// What is to happen, of several.
    fn do_it(&self) -> String {
        match (&self.asked.threshold.outcome, &self.result.outcome) {
            (Outcome::Activity(n), _) => {
                format!("are active on {} or more", many(u64::from(*n), "day"))
            }
            (Outcome::Use(_), Some(name)) => format!("use “{name}”"),
            _ => "come back".to_owned(),
        }
    }

    /// What is to happen, of one.
    fn does(&self) -> String {
        match (&self.asked.threshold.outcome, &self.result.outcome) {
            (Outcome::Activity(n), _) => {
                format!("is active on {} or more", many(u64::from(*n), "day"))
            }
            (Outcome::Use(_), Some(name)) => format!("uses “{name}”"),
            _ => "comes back".to_owned(),
        }
    }

    /// What came, as the head of a column.
    fn outcome_head(&self) -> String {
        match (&self.asked.threshold.outcome, &self.result.outcome) {
            (Outcome::Activity(n), _) => format!("Active on {n} days"),
            (Outcome::Use(_), Some(name)) => format!("Use “{name}”"),
            _ => "Come back".to_owned(),
        }
    }
}

/// `five times or more`.
fn often(uses: u32) -> String {
    match uses {
        1 => "at all".to_owned(),
        2 => "twice or more".to_owned(),
        n => format!("{n} times or more"),
    }
}

fn number_of(phi: f64) -> String {
    let text = format!("{phi:.2}");
    match text.strip_prefix('-') {
        Some("0.00") => "0.00".to_owned(),
        Some(rest) => format!("−{rest}"),
        None => text,
    }
}

/// The share of which the outcome came, by about how many uses.
fn bars(it: &FeatureThreshold) -> Vec<Bar> {
    let most = it.at_least.len() as u32;
    let group = |&(from, to): &(u32, u32)| {
        let of = it.exactly.iter().filter(|it| (from..=to).contains(&it.uses));
        of.fold((0, 0), |(people, came), it| (people + it.did.people, came + it.did.came))
    };
    let bar = |range: &(u32, u32)| {
        let (n_people, came) = group(range);
        let rate = (n_people > 0).then(|| came as f64 / n_people as f64);
        let (from, to) = (range.0, range.1.min(most));
        Bar {
            uses: match (from, to) {
                (from, to) if to == most => format!("{from}+"),
                (from, to) if from == to => from.to_string(),
                (from, to) => format!("{from}–{to}"),
            },
            share: rate.map_or_else(|| "–".to_owned(), percent),
            height: format!("{:.1}", 100.0 * rate.unwrap_or_default()),
            people: count(n_people),
            is_on: it.best.is_some_and(|best| from >= best),
        }
    };
    BARS.iter().filter(|(from, _)| *from <= most).map(bar).collect()
}

/// The numbers of the feature that is looked at.
impl Told<'_> {
    fn counts(&self, it: &FeatureThreshold, most: u32) -> Vec<CountRow> {
        it.exactly.iter().map(|exactly| self.count_row(it, exactly, most)).collect()
    }

    fn count_row(&self, it: &FeatureThreshold, exactly: &Exactly, most: u32) -> CountRow {
        let uses = exactly.uses;
        let at_least = it.at_least.iter().find(|other| other.uses == uses);
        let people = |did, group: Group, value: String| {
            self.number(it, (uses, did, None), group.people, value)
        };
        let came = |did, group: Group| {
            let rate = group.rate.map_or_else(|| "–".to_owned(), percent);
            let away = group.people.saturating_sub(group.came);
            Came {
                share: self.number(it, (uses, did, Some(true)), group.came, rate),
                away: match away {
                    0 => Number::default(),
                    n => self.number(it, (uses, did, Some(false)), n, format!("−{}", count(n))),
                },
            }
        };
        let share = |it: &AtLeast| it.share.map_or_else(|| "–".to_owned(), percent);
        CountRow {
            uses: if uses == most { format!("{most} or more") } else { uses.to_string() },
            exactly: people(Did::Exactly, exactly.did, count(exactly.did.people)),
            exactly_came: came(Did::Exactly, exactly.did),
            share: at_least.map(|it| people(Did::OrMore, it.did, share(it))).unwrap_or_default(),
            second: at_least.map_or_else(Default::default, |it| {
                [came(Did::OrMore, it.did), came(Did::Fewer, it.others)]
            }),
            phi: at_least.and_then(|it| it.phi).map_or_else(
                || if at_least.is_some() { "–".to_owned() } else { String::new() },
                number_of,
            ),
            band: at_least.map_or("", band),
            is_best: it.best.is_some() && it.best == Some(uses),
        }
    }

    /// What is shown for `n` people.
    fn number(
        &self,
        it: &FeatureThreshold,
        (uses, did, came): (u32, Did, Option<bool>),
        n: u64,
        value: String,
    ) -> Number {
        let Ok(feature) = it.feature.parse() else { return Number::plain(value) };
        let times = many(u64::from(uses), "use");
        let often = match did {
            Did::OrMore => format!("{times} or more"),
            Did::Exactly => times,
            Did::Fewer => format!("fewer than {times}"),
        };
        let label = format!("{} with {often}{}", self.who(), then(came));
        self.listed(value, n, label, &Who { feature: Some(feature), uses, did, came })
    }

    fn listed(&self, value: String, n: u64, label: String, who: &Who) -> Number {
        let lists = Lists { look: self.look, asked: self.asked, at: self.result.computed_at };
        lists.number(value, n, label, who)
    }

    /// All who are counted, those of whom the outcome came, and the others.
    fn figures(&self) -> Vec<Figure> {
        let Group { people, came, .. } = self.result.all;
        let who = format!("New {}", self.who().to_lowercase());
        let figure = |label: &str, n: u64, came| {
            let of = Who { feature: None, uses: 0, did: Did::OrMore, came };
            let share = percent(n as f64 / people.max(1) as f64);
            Figure {
                label: label.to_owned(),
                value: self.listed(count(n), n, format!("{who}{}", then(came)), &of),
                share: if came.is_some() { format!("{share} of them") } else { String::new() },
            }
        };
        vec![
            figure(&who, people, None),
            figure(&format!("{} in the second week", self.outcome_head()), came, Some(true)),
            figure("Do not", people.saturating_sub(came), Some(false)),
        ]
    }
}

/// Of whom the outcome came, in the name of a number.
const fn then(came: Option<bool>) -> &'static str {
    match came {
        None => "",
        Some(true) => ", and the second week",
        Some(false) => ", and not the second week",
    }
}

/// What is to be said of a count, in a word or two.
fn band(it: &AtLeast) -> &'static str {
    match (why(it), it.band) {
        ("", Band::Strong) => "strong",
        ("", Band::Moderate) => "moderate",
        ("", Band::Weak) => "weak",
        ("", Band::None) => "",
        (why, _) => why,
    }
}

/// Why it is no candidate, or that chance may make it.
fn why(it: &AtLeast) -> &'static str {
    match (it.left_out, it.may_be_chance) {
        (Some(LeftOut::Rare), _) => "too few do",
        (Some(LeftOut::Common), _) => "nearly all do",
        (None, true) => "may be chance",
        (None, false) => "",
    }
}

fn cell_of(it: &AtLeast, best: Option<u32>) -> Cell {
    let phi = it.phi.filter(|_| it.left_out.is_none());
    let shade = phi.filter(|_| !it.may_be_chance).unwrap_or_default().max(0.0);
    Cell {
        phi: phi.map_or_else(|| "·".to_owned(), number_of),
        // What is strong has the darkest shade, and more is not darker.
        shade: format!("{:.1}", (shade * 200.0).min(100.0)),
        why: why(it),
        is_best: best == Some(it.uses),
    }
}
