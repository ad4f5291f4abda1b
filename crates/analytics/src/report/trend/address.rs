//! The question as the query string of an address, so that every state of its screen is one.
//!
//! ```text
//! series=page:/reports&series=anything&period=week&compare=previous&last=91d
//! ```
//! Series are written as the steps of a funnel are, with their conditions, and `anything` is
//! anything. `trailing=7` tells the people of the last seven days, too.

use super::Trend;
use crate::query::{Among, DateRange, InvalidQuery, Part, Step, choice, word};
use form_urlencoded::{Serializer, parse};

/// The word for anything.
const ANYTHING: &str = "anything";

impl Trend {
    /// The query string of this question, without a question mark.
    ///
    /// ```
    /// use analytics::Trend;
    /// use analytics::report::trend::Compare;
    ///
    /// let address = "series=page%3A%2Freports&series=anything&period=day&compare=previous&last=28d";
    /// let trend = Trend::from_query_string(address).unwrap();
    /// assert_eq!((trend.series.len(), trend.compare), (2, Compare::Previous));
    /// assert_eq!(trend.to_query_string(), address);
    /// ```
    pub fn to_query_string(&self) -> String {
        let mut pairs = Serializer::new(String::new());
        for step in &self.series {
            match step {
                Some(step) => step.append_to("series", &mut pairs),
                None => {
                    pairs.append_pair("series", ANYTHING);
                }
            }
        }
        pairs.append_pair("period", &word(&self.period));
        pairs.append_pair("compare", &word(&self.compare));
        if let Some(days) = self.trailing {
            pairs.append_pair("trailing", &days.to_string());
        }
        self.date_range.append_to(&mut pairs);
        self.among.append_to(&mut pairs);
        pairs.finish()
    }

    /// Reads a query string, as written above or by the form of the screen: a blank value counts
    /// as none, dates win over `last`, and parameters of other parts of the screen are passed
    /// over. Without any series it is anything. How many there are is not looked at;
    /// [`Self::check`] does that.
    ///
    /// # Errors
    /// When a step, a word or a date cannot be read.
    pub fn from_query_string(text: &str) -> Result<Self, InvalidQuery> {
        let values = |key: &'static str| {
            let pairs = parse(text.as_bytes()).filter(move |(name, _)| name == key);
            pairs.map(|(_, value)| value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let mut series = Step::all_in_address(text, "series", Some(ANYTHING), Part::Series)?;
        if series.is_empty() {
            series.push(None);
        }
        let trailing = values("trailing").next();
        let trailing = trailing
            .map(|text| text.parse().map_err(|_| InvalidQuery::Number(text)))
            .transpose()?;
        let some = |key| values(key).next().unwrap_or_default();
        Ok(Self {
            series,
            period: choice("period", values("period").next())?,
            compare: choice("compare", values("compare").next())?,
            trailing,
            date_range: DateRange::from_texts(&some("from"), &some("to"), &some("last"))?,
            among: Among::from_query_string(text)?,
        })
    }
}
