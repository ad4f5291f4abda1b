//! What somebody may do to be counted: some steps, or anything where one of them is none.

use super::condition::Conditions;
use crate::feature::Features;
use crate::query::{InvalidQuery, Step};
use store::schema::Databases;
use store::{Statement, identity};

/// Conditions of rows of one table, by their place in the list.
#[derive(Debug)]
pub(super) struct Activities<'a> {
    steps: Vec<Option<&'a Step>>,
    conditions: Conditions<'a>,
}

impl<'a> Activities<'a> {
    /// The conditions of these, of rows of [`Self::table`].
    pub(super) fn new(
        steps: impl IntoIterator<Item = Option<&'a Step>>,
        features: &'a Features,
        databases: &'a Databases,
    ) -> Self {
        let steps: Vec<_> = steps.into_iter().collect();
        let there = steps.iter().copied().flatten();
        let conditions = Conditions::new(there, features, databases);
        let is_any = steps.iter().any(Option::is_none);
        let conditions = if is_any { conditions.of_events() } else { conditions };
        Self { steps, conditions }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }

    /// Where the rows are: the uses of features where that is enough, the events otherwise.
    pub(super) fn table(&self) -> String {
        self.conditions.table()
    }

    /// The condition of each, in their order.
    pub(super) fn each(&self) -> Vec<String> {
        let mut conditions = self.conditions.each();
        let condition = |step: &Option<&Step>| match step {
            Some(_) => conditions.next().unwrap_or_default(),
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
