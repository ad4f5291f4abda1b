//! The question as the query string of an address, so that every state of its screen is one.
//!
//! ```text
//! activity=page:/reports&period=day&by=people&last=28d
//! ```
//! The activity is written as the steps of a funnel are, with its conditions; without one it is
//! anything.

use super::Stickiness;
use crate::query::{Among, DateRange, InvalidQuery, Part, Step, choice, word};
use form_urlencoded::{Serializer, parse};

/// The key of its activity.
const ACTIVITY: &str = "activity";

impl Stickiness {
    /// The query string of this question, without a question mark.
    ///
    /// ```
    /// use analytics::Stickiness;
    ///
    /// let address = "activity=page%3A%2Freports&period=day&by=accounts&last=28d";
    /// let stickiness = Stickiness::from_query_string(address).unwrap();
    /// assert_eq!(stickiness.to_query_string(), address);
    /// ```
    pub fn to_query_string(&self) -> String {
        let mut pairs = Serializer::new(String::new());
        if let Some(step) = &self.activity {
            step.append_to(ACTIVITY, &mut pairs);
        }
        pairs.append_pair("period", &word(&self.period)).append_pair("by", &word(&self.by));
        self.date_range.append_to(&mut pairs);
        self.among.append_to(&mut pairs);
        pairs.finish()
    }

    /// Reads a query string, as written above or by the form of the screen: a blank value counts
    /// as none, dates win over `last`, and parameters of other parts of the screen are passed
    /// over.
    ///
    /// # Errors
    /// When a step, a word or a date cannot be read.
    pub fn from_query_string(text: &str) -> Result<Self, InvalidQuery> {
        let value = |key: &str| {
            let found = parse(text.as_bytes()).find(|(name, _)| name == key);
            found.map(|(_, value)| value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let some = |key| value(key).unwrap_or_default();
        Ok(Self {
            activity: Step::in_address(text, &[ACTIVITY], ACTIVITY, Part::Activity)?,
            period: choice("period", value("period"))?,
            by: choice("by", value("by"))?,
            date_range: DateRange::from_texts(&some("from"), &some("to"), &some("last"))?,
            among: Among::from_query_string(text)?,
        })
    }
}
