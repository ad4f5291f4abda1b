//! A table of two by two: whether people did something, and whether the outcome came.

/// How many people are in each of its cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Table {
    /// Did it, and the outcome came.
    pub(super) both: u64,
    /// Did it, and the outcome did not come.
    pub(super) only_did: u64,
    /// Did not, and the outcome came.
    pub(super) only_came: u64,
    /// Neither.
    pub(super) neither: u64,
}

impl Table {
    /// The correlation of the two, -1 to 1; unknown where all did it or none, or it came of all or
    /// of none.
    pub(super) fn phi(self) -> Option<f64> {
        let [both, only_did, only_came, neither] =
            [self.both, self.only_did, self.only_came, self.neither].map(|n| n as f64);
        let spread = (both + only_did) * (only_came + neither) * (both + only_came);
        let spread = (spread * (only_did + neither)).sqrt();
        (spread > 0.0).then(|| (both * neither - only_did * only_came) / spread)
    }

    /// Of those of whom the outcome came, the share that did it, 0 to 1.
    pub(super) fn sensitivity(self) -> Option<f64> {
        share(self.both, self.both + self.only_came)
    }

    /// Of those of whom the outcome did not come, the share that did not, 0 to 1.
    pub(super) fn specificity(self) -> Option<f64> {
        share(self.neither, self.neither + self.only_did)
    }
}

/// The greatest `phi` of so many tables of so many people each that is likely where none of them
/// means anything: with a probability of 95 % and more, none is greater, and none less than its
/// negative.
///
/// Under independence `phi²` times the people is nearly the square of a standard normal variable
/// `z`, and the probability that `|z|` is more than `x` is at most `exp(-x² / 2)`; so many of them
/// at most add up (Bonferroni), whatever they have to do with one another.
pub(super) fn greatest_by_chance(n_tables: u64, people: u64) -> Option<f64> {
    let of_one = 0.05 / n_tables as f64;
    (n_tables > 0 && people > 0).then(|| (-2.0 * of_one.ln() / people as f64).sqrt().min(1.0))
}

pub(super) fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phi(both: u64, only_did: u64, only_came: u64, neither: u64) -> Option<f64> {
        let table = Table { both, only_did, only_came, neither };
        table.phi().map(|phi| (phi * 1_000.0).round() / 1_000.0)
    }

    #[test]
    fn phi_is_a_correlation() {
        assert_eq!(phi(10, 0, 0, 10), Some(1.0));
        assert_eq!(phi(0, 10, 10, 0), Some(-1.0));
        assert_eq!(phi(5, 5, 5, 5), Some(0.0));
        // By hand: (30 * 40 - 10 * 20) / sqrt(40 * 60 * 50 * 50).
        assert_eq!(phi(30, 10, 20, 40), Some(0.408));
        assert_eq!(phi(10, 10, 0, 0), None);
        assert_eq!(phi(0, 0, 0, 0), None);
    }

    #[test]
    fn many_tries_need_a_greater_phi() {
        let rounded =
            |n, people| greatest_by_chance(n, people).map(|phi| (phi * 1_000.0).round() / 1_000.0);
        // exp(-x² / 2) = 0.05 at x = 2.448.
        assert_eq!(rounded(1, 100), Some(0.245));
        assert_eq!(rounded(2_000, 100), Some(0.460));
        assert_eq!(rounded(2_000, 1_000), Some(0.146));
        assert_eq!((rounded(0, 100), rounded(1, 0)), (None, None));
    }
}
