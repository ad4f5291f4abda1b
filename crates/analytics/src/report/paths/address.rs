//! The question as the query string of an address, so that every state of its screen is one.
//!
//! ```text
//! nodes=pages&start=page:/reports&end=feature:5b1c0000000000aa&steps=5&shown=6&last=28d
//! ```
//! Start and end are written as the steps of a funnel are.

use super::{Nodes, Paths, usual_shown, usual_steps};
use crate::query::{Among, DateRange, InvalidQuery, Part, Step, choice, word};
use form_urlencoded::{Serializer, parse};

/// The keys of its steps.
const ENDS: [&str; 2] = ["start", "end"];

impl Paths {
    /// The query string of this question, without a question mark.
    ///
    /// ```
    /// use analytics::Paths;
    ///
    /// let address = "nodes=clicks&start=page%3A%2Freports&steps=4&shown=6&last=28d";
    /// let paths = Paths::from_query_string(address).unwrap();
    /// assert_eq!((paths.steps, &paths.end), (4, &None));
    /// assert_eq!(paths.to_query_string(), address);
    /// ```
    pub fn to_query_string(&self) -> String {
        let mut pairs = Serializer::new(String::new());
        pairs.append_pair("nodes", &word(&self.nodes));
        for (key, step) in ENDS.into_iter().zip(self.ends()) {
            if let Some(step) = step {
                step.append_to(key, &mut pairs);
            }
        }
        pairs
            .append_pair("steps", &self.steps.to_string())
            .append_pair("shown", &self.shown.to_string());
        self.date_range.append_to(&mut pairs);
        self.among.append_to(&mut pairs);
        pairs.finish()
    }

    /// Reads a query string, as written above or by the form of the screen: a blank value counts
    /// as none, dates win over `last`, and parameters of other parts of the screen are passed
    /// over. How many steps there are is not looked at; [`Self::check`] does that.
    ///
    /// # Errors
    /// When a step, a word, a number or a date cannot be read.
    pub fn from_query_string(text: &str) -> Result<Self, InvalidQuery> {
        let value = |key: &str| {
            let found = parse(text.as_bytes()).find(|(name, _)| name == key);
            found.map(|(_, value)| value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let number = |key, usual| match value(key) {
            Some(text) => text.parse().map_err(|_| InvalidQuery::Number(text)),
            None => Ok(usual),
        };
        let some = |key| value(key).unwrap_or_default();
        Ok(Self {
            nodes: choice::<Nodes>("nodes", value("nodes"))?,
            start: Step::in_address(text, &ENDS, "start", Part::Start)?,
            end: Step::in_address(text, &ENDS, "end", Part::End)?,
            steps: number("steps", usual_steps())?,
            shown: number("shown", usual_shown())?,
            date_range: DateRange::from_texts(&some("from"), &some("to"), &some("last"))?,
            among: Among::from_query_string(text)?,
        })
    }
}
