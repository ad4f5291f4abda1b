//! What is said of the features, the most people first.

use crate::feature::Features;
use crate::query::{InvalidQuery, Periods};
use protocol::Timestamp;
use serde::{Deserialize, Serialize};

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
    /// People who did anything, period by period.
    pub trend: Vec<u64>,
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
    /// The share of those who used it in a period that used it again later, 0 to 1; unknown where
    /// nobody could.
    pub retention: Option<f64>,
    /// Who stays in the product.
    pub staying: Staying,
}

/// Who is there later, 0 to 1; unknown where nobody could be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Staying {
    /// Of those who used the feature in a period.
    pub with: Option<f64>,
    /// Of those who were there then and did not use it.
    pub without: Option<f64>,
}

/// A feature as it comes from ClickHouse, or everybody under an empty id.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub(crate) struct AdoptionRow {
    feature: String,
    uses: u64,
    people: u64,
    accounts: u64,
    trend: Vec<u64>,
    /// Pairs of a person and a period that can be followed.
    followed: u64,
    /// Of them, in how many the person did the same later.
    again: u64,
    /// Of them, in how many the person was there later.
    stayed: u64,
}

impl AdoptionResult {
    /// The answer, with a row for each feature, used or not.
    ///
    /// # Errors
    /// When a period lies beyond the calendar.
    pub(crate) fn new(
        features: &Features,
        periods: &Periods,
        rows: &[AdoptionRow],
        computed_at: Timestamp,
    ) -> Result<Self, InvalidQuery> {
        let of = |id: &str| rows.iter().find(|row| row.feature == id).cloned().unwrap_or_default();
        let all = of("");
        let zeros = vec![0; periods.len() as usize];
        let trend = |row: &AdoptionRow| {
            if row.trend.is_empty() { zeros.clone() } else { row.trend.clone() }
        };
        let feature = |meant: &crate::feature::Meant| {
            let row = of(&meant.feature.id);
            FeatureAdoption {
                feature: meant.feature.id.clone(),
                name: meant.feature.name.clone(),
                uses: row.uses,
                people: row.people,
                share_of_people: share(row.people, all.people).unwrap_or(0.0),
                accounts: row.accounts,
                share_of_accounts: share(row.accounts, all.accounts).unwrap_or(0.0),
                trend: trend(&row),
                retention: share(row.again, row.followed),
                staying: Staying {
                    with: share(row.stayed, row.followed),
                    without: share(
                        all.stayed.saturating_sub(row.stayed),
                        all.followed.saturating_sub(row.followed),
                    ),
                },
            }
        };
        let mut features: Vec<_> = features.iter().map(feature).collect();
        features.sort_by(|a, b| b.people.cmp(&a.people).then_with(|| a.name.cmp(&b.name)));
        let names = (0..periods.len()).map(|n| periods.name(n)).collect::<Result<_, _>>()?;
        let trend = trend(&all);
        let (people, accounts) = (all.people, all.accounts);
        Ok(Self { features, people, accounts, periods: names, trend, computed_at })
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
