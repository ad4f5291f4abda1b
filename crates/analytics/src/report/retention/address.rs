//! The question as the query string of an address, so that every state of its screen is one.
//!
//! ```text
//! start=page:/reports&return=feature:5b1c0000000000aa&period=week&followed=12&cohorts=first&last=90d
//! ```
//! Start and return are written as the steps of a funnel are; without one it is anything.
//! `breakdown` breaks it down.

use super::{By, Cohorts, Retention, Returns};
use crate::query::{Among, DateRange, InvalidQuery, Part, Period, Step, choice, word};
use form_urlencoded::{Serializer, parse};

/// The keys of its steps.
const STEPS: [&str; 2] = ["start", "return"];

impl Retention {
    /// The query string of this question, without a question mark.
    ///
    /// ```
    /// use analytics::Retention;
    ///
    /// let address = "start=page%3A%2Freports&period=day&followed=14&cohorts=first&returns=on&by=people&last=28d";
    /// let retention = Retention::from_query_string(address).unwrap();
    /// assert_eq!((retention.followed, &retention.returning), (14, &None));
    /// assert_eq!(retention.to_query_string(), address);
    /// ```
    pub fn to_query_string(&self) -> String {
        let mut pairs = Serializer::new(String::new());
        for (key, step) in STEPS.into_iter().zip([&self.start, &self.returning]) {
            if let Some(step) = step {
                step.append_to(key, &mut pairs);
            }
        }
        pairs
            .append_pair("period", &word(&self.period))
            .append_pair("followed", &self.followed.to_string())
            .append_pair("cohorts", &word(&self.cohorts))
            .append_pair("returns", &word(&self.returns))
            .append_pair("by", &word(&self.by));
        self.date_range.append_to(&mut pairs);
        if let Some(property) = &self.breakdown {
            pairs.append_pair("breakdown", &property.to_string());
        }
        self.among.append_to(&mut pairs);
        pairs.finish()
    }

    /// Reads a query string, as written above or by the form of the screen: a blank value counts
    /// as none, dates win over `last`, and parameters of other parts of the screen are passed
    /// over. For how long it is followed is not looked at; [`Self::check`] does that.
    ///
    /// # Errors
    /// When a step, a word, a number or a date cannot be read.
    pub fn from_query_string(text: &str) -> Result<Self, InvalidQuery> {
        let value = |key: &str| {
            let found = parse(text.as_bytes()).find(|(name, _)| name == key);
            found.map(|(_, value)| value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let period: Period = choice("period", value("period"))?;
        let followed = match value("followed") {
            Some(text) => text.parse().map_err(|_| InvalidQuery::Number(text))?,
            None => Self::usual(period),
        };
        let some = |key| value(key).unwrap_or_default();
        let breakdown =
            value("breakdown").map(|text| text.parse().map_err(|_| InvalidQuery::Breakdown(text)));
        Ok(Self {
            start: Step::in_address(text, &STEPS, "start", Part::Start)?,
            returning: Step::in_address(text, &STEPS, "return", Part::Return)?,
            period,
            followed,
            cohorts: choice::<Cohorts>("cohorts", value("cohorts"))?,
            returns: choice::<Returns>("returns", value("returns"))?,
            by: choice::<By>("by", value("by"))?,
            date_range: DateRange::from_texts(&some("from"), &some("to"), &some("last"))?,
            breakdown: breakdown.transpose()?,
            among: Among::from_query_string(text)?,
        })
    }
}
