//! What can be chosen as something that is done: anything, features, pages, clicked elements and
//! events of the page's own.

use super::format::capital;
use super::range::Choice;
use crate::App;
use crate::lately::Lately;
use analytics::catalog::{ClickedElement, ViewedPage};
use analytics::feature::Features;
use analytics::{Error, Property, Scope, Step, Target};
use protocol::Timestamp;
use std::sync::Arc;

/// How many pages and elements can be chosen.
const OFFERED: usize = 50;

/// Choices of one kind; without a title for the first.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) title: &'static str,
    pub(super) choices: Vec<Choice>,
}

/// What is known of a project that can be chosen.
#[derive(Debug, Default)]
pub(super) struct Offered {
    pub(super) features: Features,
    lately: Arc<Lately>,
}

/// The choice of no step, which is called so.
pub(super) fn none(label: &str, chosen: Option<&Step>) -> Vec<Choice> {
    vec![Choice { value: String::new(), label: label.to_owned(), is_on: chosen.is_none() }]
}

impl Offered {
    /// What is used most of late.
    ///
    /// # Errors
    /// When the store refuses or is away.
    pub(super) async fn load(app: &App, scope: &Scope, now: Timestamp) -> Result<Self, Error> {
        let (features, lately) = tokio::try_join!(
            Features::load(app.store(), &scope.project, None),
            app.lately().lately(app.store(), scope, "", now),
        )?;
        Ok(Self { features, lately })
    }

    /// What conditions and breakdowns can ask.
    pub(super) fn properties(&self) -> &[Property] {
        &self.lately.properties
    }

    fn pages(&self) -> &[ViewedPage] {
        &self.lately.pages[..OFFERED.min(self.lately.pages.len())]
    }

    fn elements(&self) -> impl Iterator<Item = &ClickedElement> {
        self.lately.elements.iter().take(OFFERED)
    }

    /// Whether nothing was captured of late.
    pub(super) fn is_empty(&self) -> bool {
        let Lately { pages, elements, events, .. } = self.lately.as_ref();
        pages.is_empty() && elements.is_empty() && events.is_empty()
    }

    /// Whether nothing has a name yet.
    pub(super) fn has_no_feature(&self) -> bool {
        self.features.iter().next().is_none()
    }

    /// The choices, after some to begin with. What is chosen, if it is a step, is among them,
    /// whether it is used much or not; `name` is what it is called.
    pub(super) fn groups(
        &self,
        first: Vec<Choice>,
        chosen: Option<&Step>,
        name: Option<&str>,
    ) -> Vec<Group> {
        let on = chosen.map(|step| step.target.to_string());
        let choice = |value: String, label: String| {
            let is_on = on.as_ref() == Some(&value);
            Choice { value, label, is_on }
        };
        let features = self.features.iter().map(|meant| {
            choice(format!("feature:{}", meant.feature.id), meant.feature.name.clone())
        });
        let has_one_host = self.pages().windows(2).all(|two| two[0].host == two[1].host);
        let pages = self.pages().iter().map(|page| {
            let mut filter = page.filter();
            if has_one_host {
                filter.host = None;
            }
            choice(Target::Page(filter.clone()).to_string(), filter.to_string())
        });
        let elements = self.elements().map(|element| {
            let target = Target::Click { element: element.element, page: None };
            let label = format!("{} on {}", capital(&element.label), element.path);
            choice(target.to_string(), label)
        });
        let events =
            self.lately.events.iter().take(OFFERED).map(|event| {
                choice(Target::Event(event.name.clone()).to_string(), event.name.clone())
            });
        let mut groups = vec![
            Group { title: "", choices: first },
            Group { title: "Features", choices: features.collect() },
            Group { title: "Pages", choices: pages.collect() },
            Group { title: "Clicked elements", choices: elements.collect() },
            Group { title: "Events of your own", choices: events.collect() },
        ];
        groups[1].choices.sort_by(|a, b| a.label.cmp(&b.label));
        let is_there = groups.iter().flat_map(|group| &group.choices).any(|choice| choice.is_on);
        if let Some(value) = on.filter(|_| !is_there) {
            let label = name.unwrap_or(&value).to_owned();
            groups[0].choices.push(Choice { value, label, is_on: true });
        }
        groups.retain(|group| !group.choices.is_empty());
        groups
    }
}
