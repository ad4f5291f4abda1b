//! Who is behind a number of a funnel, in words.

use super::REPORT;
use super::chart::label_of;
use super::words::label;
use crate::dashboard::format::quoted;
use crate::dashboard::people::{Columns, Listed, Words, who};
use crate::dashboard::report::{Look, Report};
use analytics::report::funnel::{Number, Who};
use analytics::{Behind, Funnel, List, Told};

impl Listed for Funnel {
    type Who = Who;

    fn report() -> &'static Report {
        &REPORT
    }

    fn list(&self, who: Who) -> List {
        List::Funnel(Behind { question: self.clone(), who })
    }

    fn words(&self, of: &Who, told: &Told, _: &Look<'_>) -> Words {
        let name = |step: usize| {
            let name = told.names.get(step.saturating_sub(1)).and_then(Option::as_deref);
            quoted(name.unwrap_or_default())
        };
        let (who, step) = (who(self.by), of.step);
        let value = match &of.value {
            None => String::new(),
            Some(value) if value.is_empty() => " Only those without a value.".to_owned(),
            Some(value) => format!(" Only those of “{value}”."),
        };
        let bar = of.bar().map(|bar| {
            let title = format!("{who} who took {}", label_of(bar));
            (title, format!("They went from {} to {}.", name(1), name(step)))
        });
        let (title, lead) = bar.unwrap_or_else(|| match (of.number, step) {
            (Number::Reached, 1) => {
                (format!("{who} who entered"), format!("They did {} in these days.", name(1)))
            }
            (Number::Reached, step) => (
                format!("{who} who reached step {step}"),
                format!("They got as far as {}, or further.", name(step)),
            ),
            (Number::Lost, step) => (
                format!("{who} lost at step {step}"),
                format!(
                    "They did {} and not {} in time; some may still have time.",
                    name(step - 1),
                    name(step)
                ),
            ),
        });
        let names = told.names.iter().map(|name| name.as_deref().unwrap_or_default());
        let labels = self.steps.iter().zip(names).map(|(step, name)| label(Some(step), name));
        Words {
            by: self.by,
            title,
            lead: lead + &value,
            columns: Columns::Steps(labels.collect()),
            times: "Times of the first attempt that got this far",
        }
    }
}
