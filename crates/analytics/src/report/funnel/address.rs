//! A funnel as the query string of an address, so that every state of its screen is one.
//!
//! ```text
//! step=page:/reports&step=click:9f3a5c7d00000001@/reports/:id&name=Save&window=1h&last=28d
//! ```
//! A step is `page:` and a path, or `click:` and an element, then `@` and a path if only clicks
//! on that page count; a host may stand before the path. A `name` names the step before it.

use super::Funnel;
use crate::query::{DateRange, InvalidQuery, Part, StepText, Window};
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
            pairs.append_pair("step", &step.target.to_string());
            if let Some(name) = &step.name {
                pairs.append_pair("name", name);
            }
        }
        pairs.append_pair("window", &self.window.to_string());
        self.date_range.append_to(&mut pairs);
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
        let mut steps: Vec<StepText> = Vec::new();
        let mut names_one = false;
        let [mut window, mut from, mut to, mut last] = <[String; 4]>::default();
        for (key, value) in parse(text.as_bytes()) {
            let is_blank = value.trim().is_empty();
            match key.as_ref() {
                "step" if is_blank => names_one = false,
                "step" => {
                    steps.push(StepText::from_short(&value, Part::Step(steps.len() + 1))?);
                    names_one = true;
                }
                "name" if names_one => {
                    let step = steps.last_mut();
                    step.into_iter().for_each(|step| step.name = Some(value.to_string()));
                }
                "window" => value.trim().clone_into(&mut window),
                "from" => value.trim().clone_into(&mut from),
                "to" => value.trim().clone_into(&mut to),
                "last" => value.trim().clone_into(&mut last),
                _ => {}
            }
        }
        let window = if window.is_empty() { Window::default() } else { window.parse()? };
        let date_range = DateRange::from_texts(&from, &to, &last)?;
        let steps = steps.into_iter().zip(1..).map(|(step, n)| step.read(Part::Step(n)));
        Ok(Self { steps: steps.collect::<Result<_, _>>()?, window, date_range })
    }
}
