//! The question as the query string of an address, so that every state of its screen is one.

use super::{Adoption, Again};
use crate::query::{Among, DateRange, InvalidQuery, choice, word};
use form_urlencoded::{Serializer, parse};

impl Adoption {
    /// The query string of this question, without a question mark.
    ///
    /// ```
    /// use analytics::Adoption;
    ///
    /// let address = "period=week&after=4&back_period=day&back_after=6&cohorts=first&last=91d";
    /// let adoption = Adoption::from_query_string(address).unwrap();
    /// assert_eq!(adoption, Adoption::default());
    /// assert_eq!(adoption.to_query_string(), address);
    /// ```
    pub fn to_query_string(&self) -> String {
        let mut pairs = Serializer::new(String::new());
        pairs
            .append_pair("period", &word(&self.period))
            .append_pair("after", &self.after.to_string())
            .append_pair("back_period", &word(&self.retention.period))
            .append_pair("back_after", &self.retention.after.to_string())
            .append_pair("cohorts", &word(&self.retention.cohorts));
        self.date_range.append_to(&mut pairs);
        self.among.append_to(&mut pairs);
        pairs.finish()
    }

    /// Reads a query string, as written above or by the form of the screen: a blank value counts
    /// as none and is the usual one, dates win over `last`, and parameters of other parts of the
    /// screen are passed over. Whether the numbers mean something is not looked at;
    /// [`Self::check`] does that.
    ///
    /// # Errors
    /// When a word, a number or a date cannot be read.
    pub fn from_query_string(text: &str) -> Result<Self, InvalidQuery> {
        let value = |key: &str| {
            let found = parse(text.as_bytes()).find(|(name, _)| name == key);
            found.map(|(_, value)| value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let usual = Self::default();
        let back = usual.retention;
        let or_usual = |key, usual: String| value(key).or(Some(usual));
        let number = |key, usual| match value(key) {
            Some(text) => text.parse().map_err(|_| InvalidQuery::Number(text)),
            None => Ok(usual),
        };
        let of = |key| value(key).unwrap_or_default();
        let (from, to, last) = (of("from"), of("to"), of("last"));
        Ok(Self {
            period: choice("period", or_usual("period", word(&usual.period)))?,
            after: number("after", usual.after)?,
            retention: Again {
                period: choice("back_period", or_usual("back_period", word(&back.period)))?,
                after: number("back_after", back.after)?,
                cohorts: choice("cohorts", or_usual("cohorts", word(&back.cohorts)))?,
            },
            date_range: match (from.as_str(), to.as_str(), last.as_str()) {
                ("", "", "") => usual.date_range,
                (from, to, last) => DateRange::from_texts(from, to, last)?,
            },
            among: Among::from_query_string(text)?,
        })
    }
}
