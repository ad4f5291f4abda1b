//! What is said of the features, the most people first.

use super::Cut;
use crate::feature::{Features, Meant};
use crate::query::{InvalidQuery, Periods};
use protocol::Timestamp;
use serde::{Deserialize, Serialize};

/// Within so long after the beginning of what is compared the first event has to be.
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Of fewer people than these a share says too little to be ranked by.
pub const FEW: u64 = 30;

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AdoptionResult {
    /// One for each feature, used or not.
    pub features: Vec<FeatureAdoption>,
    /// People who did anything.
    pub people: u64,
    /// Accounts that they did it for.
    pub accounts: u64,
    /// The periods, by their first days or hours in the project's zone.
    pub periods: Vec<String>,
    /// How many of them are over, from the first on.
    pub n_over: u32,
    /// People who did anything, period by period.
    pub trend: Vec<u64>,
    /// People who did anything, now and before.
    pub compared: Compared,
    /// When it was computed.
    pub computed_at: Timestamp,
}

/// A feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureAdoption {
    /// Its id.
    pub feature: String,
    /// What it is called.
    pub name: String,
    /// Uses.
    pub uses: u64,
    /// People who used it.
    pub people: u64,
    /// Their share of all who did anything, 0 to 1.
    pub share_of_people: f64,
    /// Accounts that they used it for.
    pub accounts: u64,
    /// Their share of all, 0 to 1.
    pub share_of_accounts: f64,
    /// People who used it, period by period.
    pub trend: Vec<u64>,
    /// People who used it, now and before.
    pub compared: Compared,
    /// Who came back to it.
    pub retention: Returned,
    /// Who stays in the product.
    pub staying: Staying,
}

/// People in the periods that are over, and in as many before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// In the periods of the range that are over.
    pub now: u64,
    /// In as many just before the range; unknown where the events do not reach back so far, or
    /// none is over.
    pub before: Option<u64>,
    /// What is compared instead where that is unknown, and there are periods enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub halves: Option<Halves>,
}

/// The later half of the periods that are over and that there are events of from their beginning,
/// and the half before it; of an odd number of them the first is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Halves {
    /// How many periods each has.
    pub periods: u32,
    /// The people of each period of the earlier half, added up.
    pub earlier: u64,
    /// The same of the later half.
    pub later: u64,
}

/// Who came back to a feature, among those for whom it is known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Returned {
    /// How many they are.
    pub people: u64,
    /// How often they began: as often as they are, or in how many periods all together.
    pub of: u64,
    /// In how many of these they came back.
    pub came: u64,
    /// Their share, 0 to 1; unknown where nobody could.
    pub rate: Option<f64>,
}

/// Who is there later.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Staying {
    /// Of those who used the feature in a period.
    pub with: Stayed,
    /// Of those who were there then and did not use it.
    pub without: Stayed,
}

/// Who is there later, among those for whom it is known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stayed {
    /// How many they are.
    pub people: u64,
    /// In how many periods all together.
    pub of: u64,
    /// After how many of these they were there later.
    pub came: u64,
    /// Their share, 0 to 1; unknown where nobody could be.
    pub rate: Option<f64>,
}

/// What is counted of a feature, or of everybody.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct AdoptionRow {
    /// In the periods of the range.
    pub(super) uses: u64,
    pub(super) people: u64,
    /// People in the periods that are over.
    pub(super) over: u64,
    /// People in as many periods before the range.
    pub(super) before: u64,
    pub(super) accounts: u64,
    /// People, period by period.
    pub(super) trend: Vec<u64>,
    /// People with a period that can be followed.
    pub(super) followers: u64,
    /// Pairs of a person and a period that can be followed.
    pub(super) followed: u64,
    /// Of them, in how many the person was there later.
    pub(super) stayed: u64,
    /// People who used the feature in all periods that can be followed.
    pub(super) always: u64,
    /// People who can be followed to see whether they come back.
    pub(super) again_people: u64,
    /// In how many periods of use.
    pub(super) again_of: u64,
    /// After how many of these they came back.
    pub(super) again_came: u64,
}

impl AdoptionResult {
    /// The answer, of a row of everybody and then one of each feature, used or not, and of when the
    /// project's first event was.
    ///
    /// # Errors
    /// When a period lies beyond the calendar.
    pub(crate) fn new(
        features: &Features,
        cut: &Cut,
        rows: &[AdoptionRow],
        first_event: Option<Timestamp>,
        computed_at: Timestamp,
    ) -> Result<Self, InvalidQuery> {
        let periods = &cut.periods;
        let nobody = AdoptionRow::default();
        let (all, rows) = rows.split_first().unwrap_or((&nobody, &[]));
        let n_over = periods.n_over(computed_at)?;
        let reaches_to =
            |start: Timestamp| first_event.is_some_and(|first| first < start.plus_millis(DAY_MS));
        let reaches_back = n_over > 0 && reaches_to(periods.start_before(n_over)?);
        let known = if reaches_back { 0 } else { known(periods, n_over, &reaches_to)? };
        let told = Told {
            all,
            n: periods.len() as usize,
            reaches_back,
            halves: (n_over as usize, known as usize / 2),
        };
        let rows = rows.iter().chain(std::iter::repeat(&nobody));
        let mut features: Vec<_> =
            features.iter().zip(rows).map(|(meant, row)| told.feature(meant, row)).collect();
        features.sort_by(|a, b| b.people.cmp(&a.people).then_with(|| a.name.cmp(&b.name)));
        let names = (0..periods.len()).map(|n| periods.name(n)).collect::<Result<_, _>>()?;
        Ok(Self {
            features,
            people: all.people,
            accounts: all.accounts,
            periods: names,
            n_over,
            trend: told.trend(all),
            compared: told.compared(all),
            computed_at,
        })
    }
}

/// How many of the periods that are over there are events of from their beginning.
fn known(
    periods: &Periods,
    n_over: u32,
    reaches_to: &impl Fn(Timestamp) -> bool,
) -> Result<u32, InvalidQuery> {
    for n in 0..n_over {
        if reaches_to(periods.start(n)?) {
            return Ok(n_over - n);
        }
    }
    Ok(0)
}

/// What rows are told beside.
struct Told<'a> {
    all: &'a AdoptionRow,
    /// Periods.
    n: usize,
    /// Whether there are events of all periods before.
    reaches_back: bool,
    /// Where the later half ends, and how many periods are in each half; 0 where nothing is
    /// compared so.
    halves: (usize, usize),
}

impl Told<'_> {
    fn feature(&self, meant: &Meant, row: &AdoptionRow) -> FeatureAdoption {
        let all = self.all;
        FeatureAdoption {
            feature: meant.feature.id.clone(),
            name: meant.feature.name.clone(),
            uses: row.uses,
            people: row.people,
            share_of_people: share(row.people, all.people).unwrap_or(0.0),
            accounts: row.accounts,
            share_of_accounts: share(row.accounts, all.accounts).unwrap_or(0.0),
            trend: self.trend(row),
            compared: self.compared(row),
            retention: Returned {
                people: row.again_people,
                of: row.again_of,
                came: row.again_came,
                rate: share(row.again_came, row.again_of),
            },
            staying: Staying {
                with: Stayed::new(row.followers, row.followed, row.stayed),
                without: Stayed::new(
                    all.followers.saturating_sub(row.always),
                    all.followed.saturating_sub(row.followed),
                    all.stayed.saturating_sub(row.stayed),
                ),
            },
        }
    }

    fn trend(&self, row: &AdoptionRow) -> Vec<u64> {
        if row.trend.is_empty() { vec![0; self.n] } else { row.trend.clone() }
    }

    fn compared(&self, row: &AdoptionRow) -> Compared {
        let before = self.reaches_back.then_some(row.before);
        Compared { now: row.over, before, halves: self.halves(row) }
    }

    fn halves(&self, row: &AdoptionRow) -> Option<Halves> {
        let (end, n) = self.halves;
        let trend = self.trend(row);
        let sum = |from: usize| Some(trend.get(from..from + n)?.iter().sum());
        let periods = u32::try_from(n).ok().filter(|n| *n > 0)?;
        Some(Halves { periods, earlier: sum(end - 2 * n)?, later: sum(end - n)? })
    }
}

impl Stayed {
    fn new(people: u64, of: u64, came: u64) -> Self {
        Self { people, of, came, rate: share(came, of) }
    }
}

impl Returned {
    /// Whether the share is of too few people to say much.
    pub const fn is_of_few(&self) -> bool {
        self.people < FEW
    }
}

impl Compared {
    /// Whether there were too few people before for a change to say much.
    pub const fn is_of_few(self) -> bool {
        match (self.before, self.halves) {
            (None, Some(halves)) => halves.earlier < FEW * halves.periods as u64,
            (before, _) => matches!(before, Some(..FEW)),
        }
    }

    /// By what share there are more than before, or fewer; unknown where nobody was before.
    pub fn change(self) -> Option<f64> {
        let (before, now) = match (self.before, self.halves) {
            (None, Some(halves)) => (Some(halves.earlier), halves.later),
            (before, _) => (before, self.now),
        };
        let before = before.filter(|before| *before > 0)?;
        Some(now as f64 / before as f64 - 1.0)
    }
}

impl Staying {
    /// Whether one of the shares is of too few people to say much.
    pub const fn is_of_few(&self) -> bool {
        self.with.people < FEW || self.without.people < FEW
    }

    /// How much greater the share is of those who used it, -1 to 1.
    pub fn difference(&self) -> Option<f64> {
        Some(self.with.rate? - self.without.rate?)
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
