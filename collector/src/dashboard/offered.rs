//! What can be chosen as something that is done: anything, features, pages, clicked elements and
//! events of the page's own.

use super::format::capital;
use super::range::Choice;
use crate::App;
use analytics::catalog::{
    ClickedElement, OwnEvent, Search, ViewedPage, clicked_elements, own_events, viewed_pages,
};
use analytics::feature::Features;
use analytics::{Error, Scope, Step, Target};
use protocol::Timestamp;

/// How many pages and elements can be chosen.
const OFFERED: u32 = 50;

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
    pages: Vec<ViewedPage>,
    elements: Vec<ClickedElement>,
    events: Vec<OwnEvent>,
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
        let search = Search { limit: OFFERED, ..Search::default() };
        let (features, pages, elements, events) = tokio::try_join!(
            Features::load(app.store(), &scope.project, None),
            viewed_pages(app.store(), scope, &search, now),
            clicked_elements(app.store(), scope, &search, now),
            own_events(app.store(), scope, &search, now),
        )?;
        Ok(Self { features, pages, elements, events })
    }

    /// Whether nothing was captured of late.
    pub(super) fn is_empty(&self) -> bool {
        self.pages.is_empty() && self.elements.is_empty() && self.events.is_empty()
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
        let has_one_host = self.pages.windows(2).all(|two| two[0].host == two[1].host);
        let pages = self.pages.iter().map(|page| {
            let mut filter = page.filter();
            if has_one_host {
                filter.host = None;
            }
            choice(Target::Page(filter.clone()).to_string(), filter.to_string())
        });
        let elements = self.elements.iter().map(|element| {
            let target = Target::Click { element: element.element, page: None };
            let label = format!("{} on {}", capital(&element.label), element.path);
            choice(target.to_string(), label)
        });
        let events = self
            .events
            .iter()
            .map(|event| choice(Target::Event(event.name.clone()).to_string(), event.name.clone()));
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
