//! What is said of features and counts, the most telling first.

use super::statement::{
    COUNTED, EVER, FIRST_FEATURE, OPEN, RECENT, UNKNOWN_DAYS, first_day, n_over,
};
use super::table::{Table, greatest_by_chance, share};
use super::{Outcome, Threshold};
use crate::feature::Features;
use crate::query::{DateRange, Days, InvalidQuery, Periods, Scope};
use jiff::ToSpan as _;
use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Days after the first event ever in which nobody is known to be new.
pub const SETTLING_DAYS: u32 = UNKNOWN_DAYS;
/// The least days from the first event ever until today: those, a first week and a second.
pub const MIN_DAYS: u32 = UNKNOWN_DAYS + 14;
/// The least new people, in the last 30 days of the range and among those who are counted.
pub const MIN_PEOPLE: u64 = 100;
/// What fewer new people than this share do is left out.
pub const MIN_SHARE: f64 = 0.1;
/// What more new people than this share do is left out.
pub const MAX_SHARE: f64 = 0.8;

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ThresholdResult {
    /// What the feature of the outcome is called, where it is one.
    pub outcome: Option<String>,
    /// The first and the last day of the range whose new people are counted: it is known that they
    /// are new, and their second week is over. None if there is no such day yet.
    pub days: Option<(String, String)>,
    /// All new people of these days.
    pub all: Group,
    /// New people of the range whose second week is not over; they are not counted.
    pub waiting: u64,
    /// New people of the last 30 days of the range.
    pub new_in_30_days: u64,
    /// Days from the first event ever until today, both included.
    pub days_of_data: u32,
    /// Why the numbers say nothing yet.
    pub too_little: Option<TooLittle>,
    /// How many combinations of a feature and a count are not left out.
    pub tried: u64,
    /// The greatest phi that so many are likely to have where none of them means anything.
    pub by_chance: Option<f64>,
    /// One for each feature, used or not; that with the greatest phi first.
    pub features: Vec<FeatureThreshold>,
    /// When it was computed.
    pub computed_at: Timestamp,
}

/// Why the numbers say nothing yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TooLittle {
    /// Fewer days than [`MIN_DAYS`].
    Days,
    /// Fewer new people than [`MIN_PEOPLE`] in 30 days.
    NewPeople,
    /// Fewer people than [`MIN_PEOPLE`] whose second week is over.
    People,
}

/// People, and of how many of them the outcome came.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// How many there are.
    pub people: u64,
    /// Of how many of them the outcome came.
    pub came: u64,
    /// Their share, 0 to 1; unknown of nobody.
    pub rate: Option<f64>,
}

/// A feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureThreshold {
    /// Its id.
    pub feature: String,
    /// What it is called.
    pub name: String,
    /// The count with the greatest phi among those that are not left out, if that is greater than
    /// chance may make it and those who use it so often are more often there later, not less.
    pub best: Option<u32>,
    /// By the least uses, from 1.
    pub at_least: Vec<AtLeast>,
    /// By the uses themselves, from 0; the last one is that and more.
    pub exactly: Vec<Exactly>,
}

/// Those who used it so often, and the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AtLeast {
    /// The least uses in the first week.
    pub uses: u32,
    /// Those who did; their rate is how well it foretells the outcome (PPV).
    pub did: Group,
    /// The others.
    pub others: Group,
    /// The share of those who did, 0 to 1; unknown where there is nobody.
    pub share: Option<f64>,
    /// The correlation with the outcome, -1 to 1; unknown where all or none did, or it came of all
    /// or of none.
    pub phi: Option<f64>,
    /// How great that is.
    pub band: Band,
    /// Of those of whom the outcome came, the share that did.
    pub sensitivity: Option<f64>,
    /// Of those of whom it did not come, the share that did not.
    pub specificity: Option<f64>,
    /// Why it is no candidate.
    pub left_out: Option<LeftOut>,
    /// Whether phi is no greater than chance may make it.
    pub may_be_chance: bool,
}

/// How great a correlation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    /// Less than 0.2, or unknown.
    None,
    /// From 0.2.
    Weak,
    /// From 0.3.
    Moderate,
    /// From 0.4.
    Strong,
}

/// Why a combination is no candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOut {
    /// Fewer than [`MIN_SHARE`] do it.
    Rare,
    /// More than [`MAX_SHARE`] do it.
    Common,
}

/// Those who used it so often and not more.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Exactly {
    /// Uses in the first week.
    pub uses: u32,
    /// Those who did.
    pub did: Group,
}

/// A row as it comes from ClickHouse: of everybody, or of those who used a feature so often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct ThresholdRow {
    which: u32,
    done: u32,
    people: u64,
    came: u64,
    first: i32,
}

impl ThresholdResult {
    /// The answer, with a feature for each, used or not.
    ///
    /// # Errors
    /// When the days mean nothing.
    pub(crate) fn new(
        threshold: &Threshold,
        (features, periods): (&Features, &Days),
        rows: &[ThresholdRow],
        scope: &Scope,
        now: Timestamp,
    ) -> Result<Self, InvalidQuery> {
        // Where features come from two sources, what is about none of them comes twice.
        let of = |which| rows.iter().find(|row| row.which == which);
        let people = |which| of(which).map_or(0, |row| row.people);
        let all = of(COUNTED).map_or(Group::new(0, 0), |row| Group::new(row.people, row.came));
        let mut counts: BTreeMap<u32, Vec<&ThresholdRow>> = BTreeMap::new();
        for row in rows.iter().filter(|row| (FIRST_FEATURE..EVER).contains(&row.which)) {
            counts.entry(row.which).or_default().push(row);
        }
        let feature = |(number, meant): (u32, &crate::feature::Meant)| {
            let used = counts.get(&number).map_or(&[][..], Vec::as_slice);
            let exactly = exactly(threshold.most, all, used);
            let at_least = (1..=threshold.most).map(|uses| at_least(uses, all, &exactly)).collect();
            let name = meant.feature.name.clone();
            FeatureThreshold {
                feature: meant.feature.id.clone(),
                name,
                best: None,
                at_least,
                exactly,
            }
        };
        let mut told: Vec<_> = (FIRST_FEATURE..).zip(features.iter()).map(feature).collect();
        let tried = told.iter().flat_map(|it| &it.at_least).filter(|it| it.is_candidate()).count();
        let by_chance = greatest_by_chance(tried as u64, all.people);
        told.iter_mut().for_each(|feature| feature.judge(by_chance));
        told.sort_by(|a, b| b.phi().total_cmp(&a.phi()).then_with(|| a.name.cmp(&b.name)));
        let days_of_data = match of(EVER) {
            Some(row) => days_of_data(row.first, threshold.date_range, scope, now)?,
            None => 0,
        };
        let new_in_30_days = people(RECENT);
        Ok(Self {
            outcome: name_of(&threshold.outcome, features),
            days: counted_days(periods, of(EVER).map(|row| row.first), now)?,
            all,
            waiting: people(OPEN),
            new_in_30_days,
            days_of_data,
            too_little: too_little(days_of_data, new_in_30_days, all.people),
            tried: tried as u64,
            by_chance,
            features: told,
            computed_at: now,
        })
    }
}

impl Group {
    pub(super) fn new(people: u64, came: u64) -> Self {
        Self { people, came, rate: share(came, people) }
    }
}

impl AtLeast {
    const fn is_candidate(&self) -> bool {
        self.left_out.is_none() && self.phi.is_some()
    }
}

impl FeatureThreshold {
    /// Says of each count whether chance may make it, and which one is the best.
    fn judge(&mut self, by_chance: Option<f64>) {
        for it in &mut self.at_least {
            let is_less = |phi: f64| by_chance.is_none_or(|chance| phi.abs() <= chance);
            it.may_be_chance = it.phi.is_none_or(is_less);
        }
        let best = self.greatest().filter(|it| !it.may_be_chance && it.phi > Some(0.0));
        self.best = best.map(|it| it.uses);
    }

    /// The count with the greatest phi among those that are not left out, whether it says anything
    /// or not.
    pub fn greatest(&self) -> Option<&AtLeast> {
        let candidates = self.at_least.iter().filter(|it| it.is_candidate());
        // Of two as good the lesser count is asked for.
        candidates.rev().max_by(|a, b| a.phi.unwrap_or(-1.0).total_cmp(&b.phi.unwrap_or(-1.0)))
    }

    /// What is said of its best count.
    pub fn best(&self) -> Option<&AtLeast> {
        self.at_least.iter().find(|it| Some(it.uses) == self.best)
    }

    /// Its greatest phi; less than any if there is none.
    fn phi(&self) -> f64 {
        self.greatest().and_then(|it| it.phi).unwrap_or(-2.0)
    }
}

/// By the uses, 0 to the most.
fn exactly(most: u32, all: Group, used: &[&ThresholdRow]) -> Vec<Exactly> {
    let sum =
        |number: &dyn Fn(&ThresholdRow) -> u64| -> u64 { used.iter().map(|row| number(row)).sum() };
    let (people, came) = (sum(&|row| row.people), sum(&|row| row.came));
    let never = Group::new(all.people.saturating_sub(people), all.came.saturating_sub(came));
    let did = |uses| {
        let row = used.iter().find(|row| row.done == uses);
        row.map_or(Group::new(0, 0), |row| Group::new(row.people, row.came))
    };
    let used = (1..=most).map(|uses| Exactly { uses, did: did(uses) });
    std::iter::once(Exactly { uses: 0, did: never }).chain(used).collect()
}

fn at_least(uses: u32, all: Group, exactly: &[Exactly]) -> AtLeast {
    let enough = exactly.iter().filter(|it| it.uses >= uses);
    let (people, came) =
        enough.fold((0, 0), |(people, came), it| (people + it.did.people, came + it.did.came));
    let did = Group::new(people, came);
    // Two statements tell of two moments where some features are filled and others are not.
    let others = all.people.saturating_sub(people);
    let others = Group::new(others, all.came.saturating_sub(came).min(others));
    let table = Table {
        both: did.came,
        only_did: did.people - did.came,
        only_came: others.came,
        neither: others.people - others.came,
    };
    let (phi, share) = (table.phi(), share(did.people, all.people));
    let left_out = match share {
        Some(share) if share > MAX_SHARE => Some(LeftOut::Common),
        Some(share) if share >= MIN_SHARE => None,
        _ => Some(LeftOut::Rare),
    };
    AtLeast {
        uses,
        did,
        others,
        share,
        phi,
        band: Band::of(phi),
        sensitivity: table.sensitivity(),
        specificity: table.specificity(),
        left_out,
        may_be_chance: true,
    }
}

impl Band {
    fn of(phi: Option<f64>) -> Self {
        match phi.unwrap_or_default() {
            0.4.. => Self::Strong,
            0.3.. => Self::Moderate,
            0.2.. => Self::Weak,
            _ => Self::None,
        }
    }
}

const fn too_little(days: u32, new_in_30_days: u64, counted: u64) -> Option<TooLittle> {
    match (days, new_in_30_days, counted) {
        (..MIN_DAYS, ..) => Some(TooLittle::Days),
        (_, ..MIN_PEOPLE, _) => Some(TooLittle::NewPeople),
        (.., ..MIN_PEOPLE) => Some(TooLittle::People),
        _ => None,
    }
}

/// The days of the range whose new people are counted, where the first event ever was so many days
/// after the first of them.
fn counted_days(
    periods: &Periods,
    first: Option<i32>,
    now: Timestamp,
) -> Result<Option<(String, String)>, InvalidQuery> {
    let known = first.map_or(0, |first| first.saturating_add_unsigned(UNKNOWN_DAYS));
    let (from, end) = (u32::try_from(known).unwrap_or(0), n_over(periods, now)?);
    if from >= end {
        return Ok(None);
    }
    Ok(Some((periods.name(from)?, periods.name(end - 1)?)))
}

/// From the first day of all, counted from the first of the range, until today.
fn days_of_data(
    first: i32,
    date_range: DateRange,
    scope: &Scope,
    now: Timestamp,
) -> Result<u32, InvalidQuery> {
    let begin = first_day(date_range, scope, now)?.saturating_add(first.days());
    let today = DateRange::Last { days: 1 }.days(scope, now)?.1;
    let days = (today - begin).get_days() + 1;
    Ok(u32::try_from(days).unwrap_or(0))
}

fn name_of(outcome: &Outcome, features: &Features) -> Option<String> {
    let id = outcome.feature()?;
    features.get(id.as_str()).map(|meant| meant.feature.name.clone())
}
