//! The question as the query string of an address, so that every state of its screen is one.

use super::{Outcome, Threshold};
use crate::query::{Among, DateRange, InvalidQuery, choice, word};
use form_urlencoded::{Serializer, parse};

impl Threshold {
    /// The query string of this question, without a question mark.
    ///
    /// ```
    /// use analytics::Threshold;
    ///
    /// let address = "outcome=activity%3A3&by=accounts&most=10&last=91d";
    /// let threshold = Threshold::from_query_string(address).unwrap();
    /// assert_eq!(threshold.to_query_string(), address);
    /// assert_eq!(Threshold::from_query_string("").unwrap(), Threshold::default());
    /// ```
    pub fn to_query_string(&self) -> String {
        let mut pairs = Serializer::new(String::new());
        pairs
            .append_pair("outcome", &self.outcome.to_string())
            .append_pair("by", &word(&self.by))
            .append_pair("most", &self.most.to_string());
        self.date_range.append_to(&mut pairs);
        self.among.append_to(&mut pairs);
        pairs.finish()
    }

    /// Reads a query string, as written above or by the form of the screen: a blank value counts
    /// as none, dates win over `last`, and parameters of other parts of the screen are passed over.
    /// Whether the numbers mean something is not looked at; [`Self::check`] does that.
    ///
    /// # Errors
    /// When an outcome, a word, a number or a date cannot be read.
    pub fn from_query_string(text: &str) -> Result<Self, InvalidQuery> {
        let value = |key: &str| {
            let found = parse(text.as_bytes()).find(|(name, _)| name == key);
            found.map(|(_, value)| value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let usual = Self::default();
        let of = |key| value(key).unwrap_or_default();
        let (from, to, last) = (of("from"), of("to"), of("last"));
        let date_range = match (from.as_str(), to.as_str(), last.as_str()) {
            ("", "", "") => usual.date_range,
            (from, to, last) => DateRange::from_texts(from, to, last)?,
        };
        Ok(Self {
            outcome: value("outcome").map_or(Ok(Outcome::Return), |text| text.parse())?,
            by: choice("by", value("by"))?,
            most: match value("most") {
                Some(text) => text.parse().map_err(|_| InvalidQuery::Number(text))?,
                None => usual.most,
            },
            date_range,
            among: Among::from_query_string(text)?,
        })
    }
}
