//! What can be asked, as data: the same question in the API, in an address and in a saved view.

mod among;
mod by;
mod date_range;
mod filter;
mod invalid;
mod part;
mod period;
mod property;
mod scope;
mod step;
mod window;
mod word;

pub use among::Among;
pub use by::By;
pub use date_range::{DateRange, Span};
pub use filter::{Filter, Test};
pub use invalid::InvalidQuery;
pub use part::Part;
pub use period::Period;
pub use period::{Days, Periods};
pub use property::Property;
pub use scope::Scope;
pub(crate) use step::StepText;
pub use step::{ElementId, FeatureId, MAX_FILTERS, PageFilter, Step, Target};
pub use window::Window;
pub(crate) use word::{choice, word};

use crate::people::People;
use crate::report::adoption::Adoption;
use crate::report::funnel::Funnel;
use crate::report::lifecycle::Lifecycle;
use crate::report::paths::Paths;
use crate::report::retention::Retention;
use crate::report::stickiness::Stickiness;
use crate::report::threshold::Threshold;
use crate::report::trend::Trend;
use crate::report::usage::Usage;
use serde::{Deserialize, Serialize};

/// A question, told apart by `report` in its JSON. Fields that it does not know are refused.
///
/// ```
/// let query = analytics::Query::from_json(r#"{
///   "report": "funnel",
///   "steps": [{"page": "/reports"}, {"click": "9f3a5c7d00000001", "name": "Save"}],
///   "window": "1h",
///   "date_range": {"from": "2026-11-01", "to": "2026-11-22"}
/// }"#).unwrap();
/// assert!(matches!(query, analytics::Query::Funnel(funnel) if funnel.steps.len() == 2));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "report", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Query {
    /// How many people go through some steps in order.
    Funnel(Funnel),
    /// Who is behind a number of a report.
    People(People),
    /// How features do, side by side.
    Adoption(Adoption),
    /// What people do one after the other.
    Paths(Paths),
    /// How many of those who began come back.
    Retention(Retention),
    /// How often things are done, period by period.
    Trend(Trend),
    /// In how many periods people are there.
    Stickiness(Stickiness),
    /// Who is new, who comes back, and who stays away.
    Lifecycle(Lifecycle),
    /// What of the first week goes with what happens in the second.
    Threshold(Threshold),
    /// How much features are used, and by how many.
    Usage(Usage),
}

impl Query {
    /// Reads a question from its JSON.
    ///
    /// # Errors
    /// When it is no JSON, no question, or one that means nothing.
    pub fn from_json(json: &str) -> Result<Self, InvalidQuery> {
        serde_json::from_str(json).map_err(|error| InvalidQuery::Json(error.to_string()))
    }

    /// The same settings of a project for those whom it is about.
    pub(crate) fn scope(&self, scope: &Scope) -> Scope {
        self.about().map_or_else(|| scope.clone(), |(among, _)| among.of(scope))
    }

    /// Whom it is about, and on which days; none where another report says so, and where it is always
    /// about everybody.
    pub const fn about(&self) -> Option<(&Among, DateRange)> {
        match self {
            Self::Funnel(it) => Some((&it.among, it.date_range)),
            Self::Adoption(it) => Some((&it.among, it.date_range)),
            Self::Paths(it) => Some((&it.among, it.date_range)),
            Self::Retention(it) => Some((&it.among, it.date_range)),
            Self::Trend(it) => Some((&it.among, it.date_range)),
            Self::Stickiness(it) => Some((&it.among, it.date_range)),
            Self::Lifecycle(it) => Some((&it.among, it.date_range)),
            Self::Threshold(it) => Some((&it.among, it.date_range)),
            Self::People(_) | Self::Usage(_) => None,
        }
    }

    /// The same about those of whom that which it tells apart has this value.
    pub(crate) fn of_part(&self, value: &str) -> Option<Self> {
        let part = self.about()?.0.part(value);
        let mut query = self.clone();
        match &mut query {
            Self::Funnel(it) => it.among = part,
            Self::Adoption(it) => it.among = part,
            Self::Paths(it) => it.among = part,
            Self::Retention(it) => it.among = part,
            Self::Trend(it) => it.among = part,
            Self::Stickiness(it) => it.among = part,
            Self::Lifecycle(it) => it.among = part,
            Self::Threshold(it) => it.among = part,
            Self::People(_) | Self::Usage(_) => {}
        }
        Some(query)
    }

    /// The features that it is about; `None` for all of the project.
    pub(crate) fn features(&self) -> Option<Vec<&FeatureId>> {
        match self {
            Self::Funnel(funnel) => Some(funnel.features()),
            Self::People(people) => people.features(),
            Self::Adoption(_) | Self::Threshold(_) => None,
            Self::Paths(paths) => paths.features(),
            Self::Retention(retention) => Some(retention.features()),
            Self::Trend(trend) => Some(trend.features()),
            Self::Stickiness(stickiness) => Some(stickiness.features()),
            Self::Lifecycle(lifecycle) => Some(lifecycle.features()),
            Self::Usage(usage) if usage.features.is_empty() => None,
            Self::Usage(usage) => Some(usage.features.iter().collect()),
        }
    }
}

#[cfg(test)]
mod tests;
