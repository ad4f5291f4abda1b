//! What somebody may do to be counted: some steps, or anything where one of them is none.

use super::condition::Conditions;
use super::presence::{self, LooksAt};
use crate::feature::Features;
use crate::query::{InvalidQuery, Step};
use store::Statement;
use store::identity::{self, Grouping};
use store::schema::Databases;

/// Conditions of rows of one table, by their place in the list.
#[derive(Debug)]
pub(super) struct Activities<'a> {
    steps: Vec<Option<&'a Step>>,
    conditions: Conditions<'a>,
    /// Whether anything is all that is asked for, and how often somebody did it is enough.
    is_presence: bool,
    /// Where what is asked for is cut: see [`presence::table`].
    cuts: Vec<&'static str>,
    looks_at: LooksAt,
    databases: &'a Databases,
}

impl<'a> Activities<'a> {
    /// The conditions of these, of rows of [`Self::table`], of which each stands for [`Self::times`].
    pub(super) fn new(
        steps: impl IntoIterator<Item = Option<&'a Step>>,
        features: &'a Features,
        databases: &'a Databases,
        grouping: &'a Grouping,
    ) -> Self {
        let all = Self::of_events(steps, features, databases, grouping);
        Self { is_presence: all.steps.iter().all(Option::is_none), ..all }
    }

    /// The same, of rows that each are one thing that somebody did.
    pub(super) fn of_events(
        steps: impl IntoIterator<Item = Option<&'a Step>>,
        features: &'a Features,
        databases: &'a Databases,
        grouping: &'a Grouping,
    ) -> Self {
        let steps: Vec<_> = steps.into_iter().collect();
        let there = steps.iter().copied().flatten();
        let conditions = Conditions::new(there, features, databases, grouping);
        let is_any = steps.iter().any(Option::is_none);
        let conditions = if is_any { conditions.of_events() } else { conditions };
        Self {
            steps,
            conditions,
            is_presence: false,
            cuts: vec![presence::UNTIL],
            looks_at: LooksAt::Accounts,
            databases,
        }
    }

    /// The same, which are cut at the moment of a parameter, too.
    pub(super) fn cut_at(mut self, cut: &'static str) -> Self {
        self.cuts.push(cut);
        self
    }

    /// The same, of which nobody looks at more.
    pub(super) fn looked_at(mut self, looks_at: LooksAt) -> Self {
        self.looks_at = looks_at;
        self
    }

    /// Whether anything is all that is asked for, so that [`Self::table`] is of it.
    pub(super) const fn is_presence(&self) -> bool {
        self.is_presence
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }

    /// Where the rows are: the uses of features or when people were there, where that is enough,
    /// and the events otherwise.
    pub(super) fn table(&self) -> String {
        if self.is_presence {
            presence::table(self.databases, &self.cuts, self.looks_at)
        } else {
            self.conditions.table()
        }
    }

    /// How often somebody did what a row says.
    pub(super) const fn times(&self) -> &'static str {
        if self.is_presence { presence::TIMES } else { "1" }
    }

    /// The condition of each, in their order.
    pub(super) fn each(&self) -> Vec<String> {
        let mut conditions = self.conditions.each();
        let condition = |step: &Option<&Step>| match step {
            Some(_) => conditions.next().unwrap_or_default(),
            None if self.is_presence => "true".to_owned(),
            None => identity::is_activity(),
        };
        self.steps.iter().map(condition).collect()
    }

    /// Gives the parameters of the conditions their values.
    ///
    /// # Errors
    /// When a feature is not known.
    pub(super) fn bind(&self, statement: Statement) -> Result<Statement, InvalidQuery> {
        self.conditions.bind(statement)
    }
}
