//! What there is to choose from, and what the chosen steps are called.

use super::view::{Group, Pick, Picker, Sort, StepView};
use super::words::label;
use crate::dashboard::features::module;
use crate::dashboard::format::{capital, count};
use crate::feature::named::Named;
use analytics::catalog::{ClickedElement, OwnEvent, ViewedPage};
use analytics::report::funnel::MIN_STEPS;
use analytics::{Funnel, FunnelResult, PageFilter, Step, Target};
use store::FeatureStep;

/// The features, and the pages and elements of the last thirty days, the most used first.
#[derive(Debug)]
pub(super) struct Catalog<'a> {
    features: &'a [Named],
    pages: &'a [ViewedPage],
    elements: &'a [ClickedElement],
    events: &'a [OwnEvent],
    /// Whether all pages have the same host, so that it need not be told.
    has_one_host: bool,
}

impl<'a> Catalog<'a> {
    /// The catalog of these.
    pub(super) fn new(
        features: &'a [Named],
        pages: &'a [ViewedPage],
        elements: &'a [ClickedElement],
        events: &'a [OwnEvent],
    ) -> Self {
        let has_one_host = pages.windows(2).all(|two| two[0].host == two[1].host);
        Self { features, pages, elements, events, has_one_host }
    }

    /// Whether there is nothing to choose.
    pub(super) fn is_empty(&self) -> bool {
        self.features.is_empty()
            && self.pages.is_empty()
            && self.elements.is_empty()
            && self.events.is_empty()
    }

    /// The list to pick from, open until there are steps enough.
    pub(super) fn picker(&self, funnel: &Funnel, search: &str) -> Picker {
        let text = search.to_lowercase();
        let features = self.features.iter().map(pick_feature);
        let features = features.filter(|pick| pick.text.contains(&text)).collect();
        let pages = self.pages.iter().map(|page| self.pick_page(page)).collect();
        let elements = self.elements.iter().map(pick_element).collect();
        let events = self.events.iter().map(pick_event).collect();
        let group = |sort, title, measure, picks| Group { title, measure, sort, picks };
        Picker {
            is_open: !self.is_empty() && funnel.steps.len() < MIN_STEPS || !search.is_empty(),
            search: search.to_owned(),
            groups: vec![
                group(Sort::Features, "Features", "uses in 30 days", features),
                group(Sort::Pages, "Pages", "views in 30 days", pages),
                group(Sort::Elements, "Clicked elements", "clicks in 30 days", elements),
                group(Sort::Events, "Events of your own", "times in 30 days", events),
            ],
        }
    }

    fn pick_page(&self, page: &ViewedPage) -> Pick {
        let filter = self.filter(page);
        Pick {
            label: filter.to_string(),
            place: page.title.clone(),
            text: format!("{filter} {}", page.title).to_lowercase(),
            n: count(page.views),
            value: Target::Page(filter).to_string(),
        }
    }

    fn filter(&self, page: &ViewedPage) -> PageFilter {
        if self.has_one_host { PageFilter::new(None, &page.path) } else { page.filter() }
    }

    /// The chosen steps as the builder lists them.
    pub(super) fn steps(&self, funnel: &Funnel, result: Option<&FunnelResult>) -> Vec<StepView> {
        let named = |n: usize| result.and_then(|result| result.steps.get(n)).map(|step| &step.name);
        let steps = funnel.steps.iter().enumerate();
        steps.map(|(n, step)| self.step(step, named(n).map(String::as_str))).collect()
    }

    fn step(&self, step: &Step, known: Option<&str>) -> StepView {
        let (own, place) = match &step.target {
            Target::Page(filter) => {
                let is_it = |page: &&ViewedPage| filter.path == page.path;
                let title = self.pages.iter().find(is_it).map_or("", |page| page.title.as_str());
                let place = if title.is_empty() {
                    "Page".to_owned()
                } else {
                    format!("Page “{title}”")
                };
                (filter.to_string(), place)
            }
            Target::Click { element, page } => {
                let found = self.elements.iter().find(|found| found.element == *element);
                let label = found.map_or_else(|| format!("element {element}"), |f| f.label.clone());
                let place = match (page, found) {
                    (Some(page), _) => format!("Clicked on {page}"),
                    (None, Some(found)) => format!("Clicked, mostly on {}", found.path),
                    (None, None) => "Clicked".to_owned(),
                };
                (label, place)
            }
            Target::Feature(id) => match self.features.iter().find(|named| named.id == *id) {
                Some(named) => (named.feature.name.clone(), format!("Feature in {}", place(named))),
                None => (id.to_string(), "Feature".to_owned()),
            },
            Target::Event(name) => (format!("event “{name}”"), "Event of your own".to_owned()),
        };
        let name = step.name.as_deref().or(known).unwrap_or(&own);
        let conditions = step.filters.iter().map(crate::dashboard::condition::words).collect();
        StepView { label: label(Some(step), name), place, conditions }
    }

    /// What to begin with: two features where there are any, else the page that is viewed most, and
    /// what is clicked most on it, else the page that is viewed most after it.
    pub(super) fn proposal(&self) -> Option<(String, Funnel)> {
        self.of_features().or_else(|| self.of_pages())
    }

    /// The feature that is used most of those that come after another one of their module and are
    /// used no more than it, with that; else the two that are used most.
    fn of_features(&self) -> Option<(String, Funnel)> {
        let used = self.features.iter().filter(|named| named.uses > 0);
        let used: Vec<&Named> = used.collect();
        let is_before = |one: &&&Named, other: &Named| {
            place(one) == place(other) && rank(one) < rank(other) && one.uses >= other.uses
        };
        let earlier = |other: &&Named| used.iter().find(|one| is_before(one, other)).copied();
        let in_order = used.iter().find_map(|other| Some((earlier(other)?, *other)));
        let (first, second) = in_order.or_else(|| Some((*used.first()?, *used.get(1)?)))?;
        let words = format!("Try {}, then {}", first.feature.name, second.feature.name);
        let steps = [first, second].map(|named| Step::from(Target::Feature(named.id.clone())));
        Some((words, Funnel { steps: steps.to_vec(), ..Funnel::default() }))
    }

    fn of_pages(&self) -> Option<(String, Funnel)> {
        let first = self.pages.first()?;
        let clicked = self.elements.iter().find(|element| element.path == first.path);
        let (words, second) = match clicked {
            Some(element) => {
                (element.label.clone(), Target::Click { element: element.element, page: None })
            }
            None => {
                let filter = self.filter(self.pages.get(1)?);
                (filter.to_string(), Target::Page(filter))
            }
        };
        let first = self.filter(first);
        let words = format!("Try {first}, then {words}");
        let steps = [Target::Page(first), second].map(Step::from);
        Some((words, Funnel { steps: steps.to_vec(), ..Funnel::default() }))
    }
}

/// The module of a feature.
fn place(named: &Named) -> String {
    module(&named.feature, &named.shown_in)
}

/// How far along its way a feature stands.
fn rank(named: &Named) -> u8 {
    match named.feature.step {
        FeatureStep::View => 0,
        FeatureStep::Configure => 1,
        FeatureStep::Complete => 2,
    }
}

fn pick_feature(named: &Named) -> Pick {
    let (name, place) = (named.feature.name.clone(), place(named));
    Pick {
        text: format!("{name} {place}").to_lowercase(),
        label: name,
        place,
        n: count(named.uses),
        value: Target::Feature(named.id.clone()).to_string(),
    }
}

fn pick_element(element: &ClickedElement) -> Pick {
    Pick {
        label: capital(&element.label),
        place: format!("on {}", element.path),
        text: format!("{} {}", element.label, element.path).to_lowercase(),
        n: count(element.clicks),
        value: Target::Click { element: element.element, page: None }.to_string(),
    }
}

fn pick_event(event: &OwnEvent) -> Pick {
    Pick {
        label: event.name.clone(),
        place: String::new(),
        text: event.name.to_lowercase(),
        n: count(event.uses),
        value: Target::Event(event.name.clone()).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use analytics::ElementId;

    fn page(host: &str, path: &str, title: &str) -> ViewedPage {
        let (host, path, title) = (host.to_owned(), path.to_owned(), title.to_owned());
        ViewedPage { host, path, title, views: 1_200, people: 40 }
    }

    fn element(id: u64, label: &str, path: &str) -> ClickedElement {
        let (label, path) = (label.to_owned(), path.to_owned());
        ClickedElement { element: ElementId(id), label, path, clicks: 12, people: 3 }
    }

    #[test]
    fn a_host_is_told_only_where_there_are_several() {
        let one = [page("a.example", "/x", "X"), page("a.example", "/y", "")];
        let values = |pages: &[ViewedPage]| {
            let picker = Catalog::new(&[], pages, &[], &[]).picker(&Funnel::default(), "");
            picker.groups[1].picks.iter().map(|pick| pick.value.clone()).collect::<Vec<_>>()
        };
        assert_eq!(values(&one), ["page:/x", "page:/y"]);
        let two = [page("a.example", "/x", "X"), page("b.example", "/x", "X")];
        assert_eq!(values(&two), ["page:a.example/x", "page:b.example/x"]);
    }

    fn feature(name: &str, module: &str, step: FeatureStep, uses: u64) -> Named {
        let project = protocol::ProjectId::parse("tidemark").unwrap();
        let id = store::Feature::id_of(&project, name, 0);
        let (name, module) = (name.to_owned(), Some(module.to_owned()));
        let (kind, list, any_of, rule_version) = Default::default();
        let feature =
            store::Feature { id, project, name, module, kind, step, list, any_of, rule_version };
        let id = feature.id.parse().unwrap();
        Named { id, feature, shown_in: String::new(), uses }
    }

    #[test]
    fn the_proposal_is_of_features_where_there_are_any() {
        use FeatureStep::{Complete, Configure, View};
        let pages = [page("a.example", "/x", "X"), page("a.example", "/y", "Y")];
        let proposed = |features: &[Named]| {
            Catalog::new(features, &pages, &[], &[]).proposal().map(|(words, _)| words)
        };
        let mut features = vec![
            feature("Export", "Charts", Complete, 900),
            feature("Save", "Paths", Complete, 80),
            feature("See", "Paths", View, 70),
            feature("Configure", "Paths", Configure, 60),
            feature("Unused", "Charts", View, 0),
        ];
        assert_eq!(proposed(&features).unwrap(), "Try See, then Configure");
        features.retain(|named| named.feature.name != "See" && named.feature.name != "Configure");
        assert_eq!(proposed(&features).unwrap(), "Try Export, then Save");
        assert_eq!(proposed(&features[..1]).unwrap(), "Try /x, then /y");
    }

    #[test]
    fn the_proposal_is_the_top_page_and_what_is_clicked_on_it() {
        let pages = [page("a.example", "/x", "X"), page("a.example", "/y", "Y")];
        let elements = [element(1, "link “Y”", "/z"), element(2, "button “Save”", "/x")];
        let (words, funnel) = Catalog::new(&[], &pages, &elements, &[]).proposal().unwrap();
        assert_eq!(words, "Try /x, then button “Save”");
        assert_eq!(
            funnel.to_query_string(),
            "step=page%3A%2Fx&step=click%3A0000000000000002&window=14d&last=28d"
        );
        let (words, _) = Catalog::new(&[], &pages, &[], &[]).proposal().unwrap();
        assert_eq!(words, "Try /x, then /y");
        assert!(Catalog::new(&[], &pages[..1], &[], &[]).proposal().is_none());
    }

    #[test]
    fn a_step_is_called_by_its_name_then_by_what_is_known() {
        let elements = [element(2, "button “Save”", "/x")];
        let catalog = Catalog::new(&[], &[], &elements, &[]);
        let funnel =
            "step=click:0000000000000002&step=click:0000000000000003&step=page:/x&name=Start";
        let funnel = Funnel::from_query_string(funnel).unwrap();
        let steps = catalog.steps(&funnel, None);
        let shown: Vec<_> =
            steps.iter().map(|step| (step.label.as_str(), step.place.as_str())).collect();
        let expected = [
            ("Button “Save”", "Clicked, mostly on /x"),
            ("Element 0000000000000003", "Clicked"),
            ("Start", "Page"),
        ];
        assert_eq!(shown, expected);
    }
}
