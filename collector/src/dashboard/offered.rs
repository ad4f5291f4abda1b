//! What a report can be asked about: features, and the pages and elements that are used most.

use super::format::capital;
use super::range::Choice;
use crate::App;
use analytics::catalog::{ClickedElement, Search, ViewedPage, clicked_elements, viewed_pages};
use analytics::feature::Features;
use analytics::{Error, Scope, Step, Target};
use protocol::Timestamp;

/// How many pages and elements can be chosen.
const OFFERED: u32 = 50;

/// What there is.
#[derive(Debug, Default)]
pub(super) struct Offered {
    features: Features,
    pages: Vec<ViewedPage>,
    elements: Vec<ClickedElement>,
}

/// Choices of one kind; without a title for the first.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) title: &'static str,
    pub(super) choices: Vec<Choice>,
}

impl Offered {
    /// What there is now.
    ///
    /// # Errors
    /// When the store refuses or is away.
    pub(super) async fn load(app: &App, scope: &Scope, now: Timestamp) -> Result<Self, Error> {
        let search = Search { limit: OFFERED, ..Search::default() };
        let (features, pages, elements) = tokio::try_join!(
            Features::load(app.store(), &scope.project, None),
            viewed_pages(app.store(), scope, &search, now),
            clicked_elements(app.store(), scope, &search, now),
        )?;
        Ok(Self { features, pages, elements })
    }

    /// Whether nothing was captured lately.
    pub(super) fn is_silent(&self) -> bool {
        self.pages.is_empty() && self.elements.is_empty()
    }

    /// Whether nothing has a name yet.
    pub(super) fn has_no_feature(&self) -> bool {
        self.features.iter().next().is_none()
    }

    /// What a step may be: none, which is called so, a feature, a page or a click. What is chosen
    /// is among them, whether it is used much or not; `name` is what it is called.
    pub(super) fn groups(
        &self,
        none: &str,
        chosen: Option<&Step>,
        name: Option<&str>,
    ) -> Vec<Group> {
        let on = chosen.map_or_else(String::new, |step| step.target.to_string());
        let choice = |value: String, label: String| {
            let is_on = value == on;
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
        let mut groups = vec![
            Group { title: "", choices: vec![choice(String::new(), none.to_owned())] },
            Group { title: "Features", choices: features.collect() },
            Group { title: "Pages", choices: pages.collect() },
            Group { title: "Clicked elements", choices: elements.collect() },
        ];
        groups[1].choices.sort_by(|a, b| a.label.cmp(&b.label));
        let is_there = groups.iter().flat_map(|group| &group.choices).any(|choice| choice.is_on);
        if !is_there {
            let label = name.map_or_else(|| on.clone(), str::to_owned);
            groups[0].choices.push(Choice { value: on, label, is_on: true });
        }
        groups.retain(|group| !group.choices.is_empty());
        groups
    }
}
