//! What can be wrong with a feature's rule, and the sentence that says it.

use crate::query::ElementId;
use jiff::tz::TimeZone;
use protocol::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "finding", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Finding {
    /// It is not used any more, by more than chance, while its pages are.
    Silent {
        /// The last use.
        since: Timestamp,
        /// Uses that were to be expected since.
        expected: f64,
        /// How likely none of them is by chance.
        probability: f64,
        /// Views of its pages a day, of what they were before.
        traffic: f64,
        /// The version of the page's application that came at that time.
        app_version: Option<String>,
        /// What may have taken its place, the most alike first.
        candidates: Vec<Candidate>,
    },
    /// It is used far more than before.
    TooMuch {
        /// Uses of the last seven days.
        last: u64,
        /// Uses of the median week before.
        usual: u64,
    },
    /// It means too many elements.
    TooMany {
        /// How many.
        n_elements: usize,
    },
    /// A page that it is on is not viewed any more.
    PageGone {
        /// The pattern in the rule.
        path: String,
    },
    /// The same thing seems to have other names in other languages.
    OtherLanguage {
        /// The names, and the language of the browsers that they were clicked in.
        names: BTreeMap<String, String>,
    },
    /// Clicks count for another feature as well.
    Shared {
        /// The other feature's id.
        feature: String,
        /// What it is called.
        name: String,
        /// Clicks of the last thirty days that count for both.
        n_clicks: u64,
    },
}

/// An element that may have taken the place of one that is used no more.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Candidate {
    /// Its id.
    pub element: ElementId,
    /// What to call it.
    pub label: String,
    /// How alike it is, from 0 to 1.
    pub similarity: f64,
    /// Uses a day, of what was usual.
    pub volume: f64,
}

impl Finding {
    /// What is wrong, for people; days are those of a zone.
    pub fn sentence(&self, zone: &TimeZone) -> String {
        match self {
            Self::Silent { since, expected, traffic, app_version, .. } => {
                let day = day(*since, zone);
                let version = app_version.as_ref();
                let version =
                    version.map(|version| format!("; it starts with app version {version}"));
                format!(
                    "No use since {day}, where about {expected:.0} were to be expected while its page's traffic is at {:.0} %{}",
                    traffic * 100.0,
                    version.unwrap_or_default()
                )
            }
            Self::TooMuch { last, usual } => {
                format!(
                    "{last} uses in seven days, and {usual} in a usual week: the rule may mean too much"
                )
            }
            Self::TooMany { n_elements } => {
                format!("The rule means {n_elements} elements: it may mean too much")
            }
            Self::PageGone { path } => {
                format!("The page {path} was not viewed in the last 28 days")
            }
            Self::OtherLanguage { names } => {
                let names: Vec<_> =
                    names.iter().map(|(name, language)| format!("“{name}” ({language})")).collect();
                format!("It may have other names in other languages: {}", names.join(", "))
            }
            Self::Shared { name, n_clicks, .. } => {
                format!("{n_clicks} clicks of the last 30 days count for “{name}” as well")
            }
        }
    }

    /// One word for it.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Silent { .. } => "Silent",
            Self::TooMuch { .. } | Self::TooMany { .. } => "Too broad",
            Self::PageGone { .. } => "Page gone",
            Self::OtherLanguage { .. } => "Other names",
            Self::Shared { .. } => "Shared clicks",
        }
    }
}

fn day(at: Timestamp, zone: &TimeZone) -> String {
    let at = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default();
    at.to_zoned(zone.clone()).strftime("%-d %b").to_string()
}
