//! What an account did, day by day, and what of it is compared.

use crate::level::{known, median};

/// The core actions of an account, day by day, in whole weeks of which the last is the running one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    /// Where it is, as its attribute `region` says it; empty for nothing said.
    pub region: String,
    /// By day, seven a week.
    pub days: Vec<u32>,
    /// By week: those up to the moment of it that the running week has come to.
    pub parts: Vec<u32>,
}

/// How much of a week is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stretch {
    /// Up to the moment that the running week has come to.
    Part,
    /// All seven days.
    Whole,
}

impl History {
    /// An account of which nothing is known yet, over so many weeks.
    pub fn silent(n_weeks: usize) -> Self {
        Self { region: String::new(), days: vec![0; 7 * n_weeks], parts: vec![0; n_weeks] }
    }

    /// Core actions of a week.
    pub fn amount(&self, week: usize, stretch: Stretch) -> u32 {
        match stretch {
            Stretch::Part => self.parts.get(week).copied().unwrap_or(0),
            Stretch::Whole => self.days_of(week).iter().sum(),
        }
    }

    /// Core actions on each day of a week.
    pub fn days_of(&self, week: usize) -> &[u32] {
        self.days.get(7 * week..7 * (week + 1)).unwrap_or_default()
    }

    /// The median of the weeks before one by which it is known what is usual; none where they are
    /// too few.
    pub fn usual(&self, week: usize, stretch: Stretch) -> Option<f64> {
        let known = known(&self.days, 7 * week)?.into_iter();
        median(known.map(|days| f64::from(self.amount(days.start / 7, stretch))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_usual_is_the_median_of_the_weeks_that_are_known() {
        let mut history = History::silent(12);
        for (week, n) in (0..).zip([0, 0, 0, 5, 40, 10, 20, 30]) {
            history.days[7 * week + 2] = n;
            history.parts[week] = n / 5;
        }
        assert_eq!(history.usual(6, Stretch::Whole), None, "three weeks are too few");
        assert_eq!(history.usual(7, Stretch::Whole), Some(15.0));
        assert_eq!(history.usual(7, Stretch::Part), Some(3.0));
        assert_eq!(history.usual(12, Stretch::Whole), Some(5.0), "silent weeks are known, too");
        assert_eq!(History::silent(12).usual(12, Stretch::Whole), None);
    }
}
