//! What a figure says, under the word that questions have for it.

use super::Figure;
use serde::{Deserialize, Serialize};

/// A number of a week of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Visits.
    Visits,
    /// Views of pages.
    PageViews,
    /// People who did anything.
    People,
    /// Users in visits.
    LogIns,
    /// Completions of the features that count as core actions.
    CoreActions,
    /// Completions of features.
    Completions,
    /// Minutes in which somebody was engaged with a page.
    Engaged,
    /// Views of pages by visits.
    PagesPerVisit,
    /// Minutes of engagement by visits.
    EngagedPerVisit,
    /// Features that were used.
    Features,
    /// Modules in the contract with a share of at least [`crate::module::MISSED`] of the core
    /// actions.
    Modules,
    /// Completions by views of pages: how much of the looking ends in something done.
    Depth,
    /// Days on which a person was there, on average.
    Stickiness,
}

impl Metric {
    /// All of them: how much first, then how well.
    pub const ALL: [Self; 13] = [
        Self::Visits,
        Self::PageViews,
        Self::People,
        Self::LogIns,
        Self::CoreActions,
        Self::Completions,
        Self::Engaged,
        Self::PagesPerVisit,
        Self::EngagedPerVisit,
        Self::Features,
        Self::Modules,
        Self::Depth,
        Self::Stickiness,
    ];

    /// Its word in questions and addresses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Visits => "visits",
            Self::PageViews => "page_views",
            Self::People => "people",
            Self::LogIns => "log_ins",
            Self::CoreActions => "core_actions",
            Self::Completions => "completions",
            Self::Engaged => "engaged",
            Self::PagesPerVisit => "pages_per_visit",
            Self::EngagedPerVisit => "engaged_per_visit",
            Self::Features => "features",
            Self::Modules => "modules",
            Self::Depth => "depth",
            Self::Stickiness => "stickiness",
        }
    }

    /// The one of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.word() == word)
    }

    /// Whether it is how much, and not how well.
    pub const fn is_quantity(self) -> bool {
        matches!(
            self,
            Self::Visits
                | Self::PageViews
                | Self::People
                | Self::LogIns
                | Self::CoreActions
                | Self::Completions
                | Self::Engaged
        )
    }

    /// What a figure says; nothing where it is a mean over nothing.
    pub fn of(self, figure: &Figure) -> Option<f64> {
        let by = |sum: u64, n: u64| (n > 0).then(|| sum as f64 / n as f64);
        match self {
            Self::Visits => Some(figure.visits as f64),
            Self::PageViews => Some(figure.page_views as f64),
            Self::People => Some(figure.people as f64),
            Self::LogIns => Some(figure.log_ins as f64),
            Self::CoreActions => Some(figure.core_actions as f64),
            Self::Completions => Some(figure.completions as f64),
            Self::Engaged => Some(minutes(figure)),
            Self::PagesPerVisit => by(figure.page_views, figure.visits),
            Self::EngagedPerVisit => {
                (figure.visits > 0).then(|| minutes(figure) / figure.visits as f64)
            }
            Self::Features => Some(figure.features as f64),
            Self::Modules => Some(figure.modules as f64),
            Self::Depth => by(figure.completions, figure.page_views),
            Self::Stickiness => by(figure.active_days, figure.people),
        }
    }
}

fn minutes(figure: &Figure) -> f64 {
    figure.engaged_ms as f64 / 60_000.0
}

/// The change from one number to another, as a share of the former; nothing from nothing.
pub fn change(before: f64, now: f64) -> Option<f64> {
    (before > 0.0).then(|| now / before - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_means_one_metric_and_json_has_the_same() {
        for metric in Metric::ALL {
            assert_eq!(Metric::of_word(metric.word()), Some(metric));
            assert_eq!(serde_json::to_value(metric).unwrap(), metric.word());
        }
        assert_eq!(Metric::of_word("mood"), None);
    }

    #[test]
    fn means_are_over_something() {
        let nothing = Figure::default();
        assert_eq!(Metric::Visits.of(&nothing), Some(0.0));
        for mean in
            [Metric::PagesPerVisit, Metric::EngagedPerVisit, Metric::Depth, Metric::Stickiness]
        {
            assert_eq!(mean.of(&nothing), None, "{mean:?}");
        }
        let some = Figure {
            visits: 4,
            page_views: 10,
            people: 2,
            active_days: 5,
            engaged_ms: 60_000,
            completions: 3,
            ..nothing
        };
        let of = |metric: Metric| metric.of(&some);
        assert_eq!(of(Metric::PagesPerVisit), Some(2.5));
        assert_eq!(of(Metric::EngagedPerVisit), Some(0.25));
        assert_eq!(of(Metric::Depth), Some(0.3));
        assert_eq!(of(Metric::Stickiness), Some(2.5));
        assert_eq!(change(200.0, 100.0), Some(-0.5));
        assert_eq!(change(0.0, 100.0), None);
    }
}
