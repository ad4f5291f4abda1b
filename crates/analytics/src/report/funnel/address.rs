//! A funnel as the query string of an address, so that every state of its screen is one.
//!
//! ```text
//! step=page:/reports&step=click:9f3a5c7d00000001@/reports/:id&name=Save&window=1h&last=28d
//! ```
//! A step is `page:` and a path, or `click:` and an element, then `@` and a path if only clicks
//! on that page count; a host may stand before the path. Or it is `feature:` and a feature, or
//! `event:` and a name. A `name` names the step before it, and `where` is a condition on it:
//! `where=country&is=CH&is=DE`. `by=accounts` counts accounts, and `breakdown` breaks it down.

use super::Funnel;
use crate::query::{Among, By, DateRange, InvalidQuery, Part, Step, Window, choice, word};
use form_urlencoded::{Serializer, parse};

impl Funnel {
    /// The query string of this funnel, without a question mark.
    ///
    /// ```
    /// use analytics::report::funnel::Funnel;
    ///
    /// let address = "step=page%3A%2Freports&name=All+reports&window=14d&last=28d";
    /// let funnel = Funnel::from_query_string(address).unwrap();
    /// assert_eq!(funnel.steps[0].name.as_deref(), Some("All reports"));
    /// assert_eq!(funnel.to_query_string(), address);
    /// ```
    pub fn to_query_string(&self) -> String {
        let mut pairs = Serializer::new(String::new());
        for step in &self.steps {
            step.append_to("step", &mut pairs);
            if let Some(name) = &step.name {
                pairs.append_pair("name", name);
            }
        }
        pairs.append_pair("window", &self.window.to_string());
        self.date_range.append_to(&mut pairs);
        if self.by != By::default() {
            pairs.append_pair("by", &word(&self.by));
        }
        if self.times {
            pairs.append_pair("times", "yes");
        }
        if let Some(property) = &self.breakdown {
            pairs.append_pair("breakdown", &property.to_string());
        }
        self.among.append_to(&mut pairs);
        pairs.finish()
    }

    /// Reads a query string, as written above or by the form of the screen: a blank value counts
    /// as none, dates win over `last`, and parameters of other parts of the screen are passed
    /// over. How many steps there are is not looked at, so that a form can be half filled;
    /// [`Self::check`] does that.
    ///
    /// # Errors
    /// When a step, the window or a date cannot be read.
    pub fn from_query_string(text: &str) -> Result<Self, InvalidQuery> {
        let steps = Step::all_in_address(text, "step", None, Part::Step)?;
        let value = |key: &str| {
            let found = parse(text.as_bytes()).filter(|(name, _)| name == key).last();
            found.map(|(_, value)| value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let some = |key| value(key).unwrap_or_default();
        let breakdown =
            value("breakdown").map(|text| text.parse().map_err(|_| InvalidQuery::Breakdown(text)));
        Ok(Self {
            steps: steps.into_iter().flatten().collect(),
            window: value("window").map_or_else(|| Ok(Window::default()), |text| text.parse())?,
            date_range: DateRange::from_texts(&some("from"), &some("to"), &some("last"))?,
            by: choice::<By>("by", value("by"))?,
            times: value("times").is_some(),
            breakdown: breakdown.transpose()?,
            among: Among::from_query_string(text)?,
        })
    }
}
