//! The question: who is behind one number of a report.

use super::{PeopleOf, Place, usual_page};
use crate::feature::Features;
use crate::query::{FeatureId, InvalidQuery, Scope, Step};
use crate::report::adoption::{self, Adoption};
use crate::report::funnel::{self, Funnel};
use crate::report::lifecycle::{self, Lifecycle};
use crate::report::paths::{self, Paths};
use crate::report::retention::{self, Retention};
use crate::report::stickiness::{self, Stickiness};
use crate::report::threshold::{self, Threshold};
use crate::report::trend::{self, Trend};
use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use store::schema::Databases;

/// The question: a page of who is behind a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct People {
    /// Of which number of which report.
    pub list: List,
    /// Where the page begins; as the page before says, none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Place>,
    /// How many are on a page, at most [`super::MAX_PAGE`].
    #[serde(default = "usual_page")]
    pub limit: u32,
    /// As of when, in milliseconds since 1970, so that pages fit together and with the report; now
    /// if it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// A report and one of its numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
#[non_exhaustive]
pub enum List {
    /// Who reached a step, or was lost at it.
    Funnel(Behind<Funnel, funnel::Who>),
    /// Who did something.
    Trend(Behind<Trend, trend::Who>),
    /// Who began, came back, or did not.
    Retention(Behind<Retention, retention::Who>),
    /// Who used a feature, or did not.
    Adoption(Behind<Adoption, adoption::Who>),
    /// Whose visits went by.
    Paths(Behind<Paths, paths::Who>),
    /// Who was there so often.
    Stickiness(Behind<Stickiness, stickiness::Who>),
    /// Who came and went.
    Lifecycle(Behind<Lifecycle, lifecycle::Who>),
    /// Who used a feature so often in the first week.
    Threshold(Behind<Threshold, threshold::Who>),
}

/// A question of a report, and which of its numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Behind<Q, W> {
    /// The question.
    pub question: Q,
    /// Which number of its answer.
    pub who: W,
}

/// What a list is about, in words of its project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// What its steps, features or nodes are called, in their order; none for anything.
    pub names: Vec<Option<String>>,
    /// Its periods, by their first days or hours in the project's zone.
    pub periods: Vec<String>,
}

/// What a list is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Data<'a> {
    pub(crate) features: &'a Features,
    pub(crate) scope: &'a Scope,
    pub(crate) databases: &'a Databases,
    pub(crate) now: Timestamp,
}

/// A report that knows who is behind its numbers.
pub(crate) trait Listed<Who> {
    /// The features that have to be known for it; none for all of the project.
    fn features_of<'a>(&'a self, who: &'a Who) -> Option<Vec<&'a FeatureId>>;

    /// Who is behind one of its numbers.
    ///
    /// # Errors
    /// When the question means nothing, or has no such number.
    fn people(&self, who: &Who, data: Data<'_>) -> Result<PeopleOf, InvalidQuery>;

    /// What the list is about, in the order of [`Told::names`].
    fn named(&self, who: &Who) -> Vec<Option<Step>>;

    /// The periods of [`Told::periods`].
    ///
    /// # Errors
    /// When the question means nothing, or has no such number.
    fn periods(
        &self,
        _who: &Who,
        _scope: &Scope,
        _now: Timestamp,
    ) -> Result<Vec<String>, InvalidQuery> {
        Ok(Vec::new())
    }
}

/// Calls the same of whichever report it is.
macro_rules! each {
    ($list:expr, $behind:ident => $then:expr) => {
        match $list {
            List::Funnel($behind) => $then,
            List::Trend($behind) => $then,
            List::Retention($behind) => $then,
            List::Adoption($behind) => $then,
            List::Paths($behind) => $then,
            List::Stickiness($behind) => $then,
            List::Lifecycle($behind) => $then,
            List::Threshold($behind) => $then,
        }
    };
}

impl People {
    /// The first page of a list, as things are now.
    pub const fn of(list: List) -> Self {
        Self { list, after: None, limit: super::PAGE, at: None }
    }

    /// As of when it is answered.
    pub fn as_of(&self, now: Timestamp) -> Timestamp {
        self.at.map_or(now, |at| at.min(now))
    }

    /// The features that have to be known for it; none for all of the project.
    pub(crate) fn features(&self) -> Option<Vec<&FeatureId>> {
        each!(&self.list, it => it.question.features_of(&it.who))
    }

    /// The list, whole.
    ///
    /// # Errors
    /// When the question means nothing, or has no such number.
    pub fn people(
        &self,
        features: &Features,
        scope: &Scope,
        databases: &Databases,
        now: Timestamp,
    ) -> Result<PeopleOf, InvalidQuery> {
        let scope = &each!(&self.list, it => it.question.among.of(scope));
        let data = Data { features, scope, databases, now: self.as_of(now) };
        each!(&self.list, it => it.question.people(&it.who, data))
    }

    /// What the list is about.
    pub(crate) fn named(&self) -> Vec<Option<Step>> {
        each!(&self.list, it => it.question.named(&it.who))
    }

    /// Its periods, by their first days or hours.
    ///
    /// # Errors
    /// When the question means nothing, or has no such number.
    pub(crate) fn periods(
        &self,
        scope: &Scope,
        now: Timestamp,
    ) -> Result<Vec<String>, InvalidQuery> {
        each!(&self.list, it => it.question.periods(&it.who, scope, self.as_of(now)))
    }
}
