//! One step of a funnel: a page that was viewed, an element that was clicked, a feature that was
//! used, or an event of the page's own.

use super::filter::{Filter, FilterText};
use super::{InvalidQuery, Part};
use form_urlencoded::{Serializer, parse};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How many hexadecimal digits an element's id has.
pub(super) const ELEMENT_DIGITS: usize = 16;
/// The most conditions of one step.
pub const MAX_FILTERS: usize = 8;

/// One step, with the name to show for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Step {
    /// The name to show; the page or the element's label where it is not given.
    pub name: Option<String>,
    /// What has to happen.
    pub target: Target,
    /// What has to be true of it besides, all of it.
    pub filters: Vec<Filter>,
}

impl From<Target> for Step {
    fn from(target: Target) -> Self {
        Self { name: None, target, filters: Vec::new() }
    }
}

impl Step {
    /// Appends it to a query string, by the key of its target.
    pub(crate) fn append_to(&self, key: &str, pairs: &mut Serializer<'_, String>) {
        pairs.append_pair(key, &self.target.to_string());
        self.filters.iter().for_each(|filter| filter.append_to(pairs));
    }

    /// The step of a key in an address, with the conditions that stand after it and before the
    /// next of `keys`; none where it is blank.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn in_address(
        text: &str,
        keys: &[&str],
        key: &str,
        part: Part,
    ) -> Result<Option<Self>, InvalidQuery> {
        let mut step: Option<StepText> = None;
        let mut is_its_own = false;
        for (name, value) in parse(text.as_bytes()) {
            if keys.contains(&name.as_ref()) {
                is_its_own = name == key && !value.trim().is_empty();
                if is_its_own && step.is_none() {
                    step = Some(StepText::from_short(value.trim(), part)?);
                }
            } else if let Some(step) = step.as_mut().filter(|_| is_its_own) {
                step.take(&name, &value);
            }
        }
        step.map(|step| step.read_address(part)).transpose()
    }
}

impl Step {
    /// All steps of a key in an address, in their order, each with the conditions that stand after
    /// it; blank ones are left out, and `none` is the word for no step, if there is one.
    ///
    /// # Errors
    /// When one cannot be read.
    pub(crate) fn all_in_address(
        text: &str,
        key: &str,
        none: Option<&str>,
        part: impl Fn(usize) -> Part,
    ) -> Result<Vec<Option<Self>>, InvalidQuery> {
        let mut steps: Vec<Option<StepText>> = Vec::new();
        let mut is_ones_own = false;
        for (name, value) in parse(text.as_bytes()) {
            if name == key {
                is_ones_own = !value.trim().is_empty();
                match Some(value.trim()) {
                    Some("") => {}
                    some if some == none => steps.push(None),
                    _ => steps.push(Some(StepText::from_short(&value, part(steps.len() + 1))?)),
                }
            } else if let Some(Some(step)) = steps.last_mut().filter(|_| is_ones_own) {
                step.take(&name, &value);
            }
        }
        let read = |(n, step): (usize, Option<StepText>)| {
            step.map(|step| step.read_address(part(n + 1))).transpose()
        };
        steps.into_iter().enumerate().map(read).collect()
    }
}

/// What has to happen for a step.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// The page is viewed.
    Page(PageFilter),
    /// The element is clicked.
    Click {
        /// Which element.
        element: ElementId,
        /// Only on this page.
        page: Option<PageFilter>,
    },
    /// The feature is used.
    Feature(FeatureId),
    /// The page said by `track` that this happened.
    Event(String),
}

impl Target {
    /// The feature that has to be used, if it is one.
    pub(crate) const fn feature(&self) -> Option<&FeatureId> {
        match self {
            Self::Feature(id) => Some(id),
            Self::Page(_) | Self::Click { .. } | Self::Event(_) => None,
        }
    }
}

/// The id of a feature: 16 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct FeatureId(String);

impl TryFrom<String> for FeatureId {
    type Error = NoFeature;

    fn try_from(text: String) -> Result<Self, NoFeature> {
        text.parse()
    }
}

impl FeatureId {
    /// The id as it stands in rows.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FeatureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is no feature's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 16 hexadecimal digits")]
pub struct NoFeature;

impl FromStr for FeatureId {
    type Err = NoFeature;

    fn from_str(text: &str) -> Result<Self, NoFeature> {
        store::Feature::is_id(text).then(|| Self(text.to_ascii_lowercase())).ok_or(NoFeature)
    }
}

/// A page by its path pattern, on one host or on any.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PageFilter {
    /// The host; any if it is not given.
    pub host: Option<String>,
    /// The path pattern.
    pub path: String,
}

/// The id of an element: 64 bits, shown as 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ElementId(pub u64);

impl fmt::Display for ElementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Serialize for ElementId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The text is no element's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {ELEMENT_DIGITS} hexadecimal digits")]
pub struct NoElement;

impl FromStr for ElementId {
    type Err = NoElement;

    fn from_str(text: &str) -> Result<Self, NoElement> {
        let is_id = text.len() == ELEMENT_DIGITS && text.bytes().all(|b| b.is_ascii_hexdigit());
        let id = is_id.then(|| u64::from_str_radix(text, 16).ok()).flatten();
        id.map(Self).ok_or(NoElement)
    }
}

impl PageFilter {
    /// The page of a path, which may be one visit's (`/orders/7`) or a pattern (`/orders/:id`).
    pub fn new(host: Option<&str>, path: &str) -> Self {
        let host = host.map(str::to_ascii_lowercase);
        Self { host, path: rules::page::pattern(path).into_owned() }
    }
}

impl fmt::Display for PageFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.host.as_deref().unwrap_or(""))?;
        f.write_str(&self.path)
    }
}

/// A step as in JSON: `{"page": "/x"}`, or `{"click": "9f3a…", "page": "/x"}` with or without
/// the page, both with or without `host`; or `{"feature": "5b1c…"}`, or `{"event": "signed_up"}`. A
/// `name` may be with each, and `where`, a list of conditions.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepText {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) click: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) feature: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) event: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) page: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) host: Option<String>,
    #[serde(rename = "where", default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) filters: Vec<FilterText>,
}

impl StepText {
    /// The step that the text says, told its part for the sentence when it says none.
    pub(crate) fn read(self, part: Part) -> Result<Step, InvalidQuery> {
        let mut text = self.without_blanks();
        let name = text.name.take();
        let filters = std::mem::take(&mut text.filters);
        if filters.len() > MAX_FILTERS {
            return Err(InvalidQuery::TooManyFilters { part, n: filters.len() });
        }
        let filters =
            filters.into_iter().map(|filter| filter.read(part)).collect::<Result<_, _>>()?;
        Ok(Step { name, target: text.target(part)?, filters })
    }

    fn target(self, part: Part) -> Result<Target, InvalidQuery> {
        let Self { click, feature, event, page, host, .. } = self;
        let has_more = click.is_some() || page.is_some() || host.is_some();
        match (feature, event) {
            (None, None) => {}
            (Some(text), None) if !has_more => {
                let id = text.parse().map_err(|NoFeature| InvalidQuery::Feature { part, text })?;
                return Ok(Target::Feature(id));
            }
            (None, Some(name)) if !has_more => return Ok(Target::Event(name)),
            (Some(_), _) => return Err(InvalidQuery::FeatureAndMore { part }),
            (None, Some(_)) => return Err(InvalidQuery::EventAndMore { part }),
        }
        if let Some(host) = host.as_ref().filter(|host| host.contains('/')) {
            return Err(InvalidQuery::Host { part, host: host.clone() });
        }
        let page = match (page, host.as_deref()) {
            (Some(path), host) if path.starts_with('/') => Some(PageFilter::new(host, &path)),
            (Some(path), _) => return Err(InvalidQuery::Path { part, path }),
            (None, Some(_)) => return Err(InvalidQuery::HostWithoutPage { part }),
            (None, None) => None,
        };
        match (click, page) {
            (Some(text), page) => match text.parse() {
                Ok(element) => Ok(Target::Click { element, page }),
                Err(NoElement) => Err(InvalidQuery::Element { part, text }),
            },
            (None, Some(page)) => Ok(Target::Page(page)),
            (None, None) => Err(InvalidQuery::EmptyStep { part }),
        }
    }

    /// The same of an address, where a condition that a form left blank is none.
    pub(crate) fn read_address(mut self, part: Part) -> Result<Step, InvalidQuery> {
        self.filters.retain(|filter| !filter.is_blank());
        self.read(part)
    }

    /// Takes a parameter of an address that says more about this step than its target; returns
    /// whether it was one.
    pub(crate) fn take(&mut self, key: &str, value: &str) -> bool {
        if key == "name" {
            self.name = Some(value.to_owned());
            return true;
        }
        FilterText::take(&mut self.filters, key, value)
    }

    /// The text without what a form left blank.
    fn without_blanks(self) -> Self {
        let some = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        Self {
            name: some(self.name),
            click: some(self.click),
            feature: some(self.feature),
            event: some(self.event),
            page: some(self.page),
            host: some(self.host),
            filters: self.filters,
        }
    }

    /// Reads the short form of addresses: `page:/x`, `page:host/x`, `click:9f3a…`, `click:9f3a…@/x`,
    /// `feature:5b1c…`, `event:signed_up`.
    pub(crate) fn from_short(text: &str, part: Part) -> Result<Self, InvalidQuery> {
        let (click, page) = match text.split_once(':') {
            Some(("feature", id)) => {
                return Ok(Self { feature: Some(id.to_owned()), ..Self::default() });
            }
            Some(("event", name)) => {
                return Ok(Self { event: Some(name.to_owned()), ..Self::default() });
            }
            Some(("page", page)) => (None, Some(page)),
            Some(("click", rest)) => match rest.split_once('@') {
                Some((click, page)) => (Some(click), Some(page)),
                None => (Some(rest), None),
            },
            _ => return Err(InvalidQuery::StepText { part, text: text.to_owned() }),
        };
        let (host, path) = match page.map(|page| page.split_at(page.find('/').unwrap_or(0))) {
            Some(("", path)) => (None, Some(path.to_owned())),
            Some((host, path)) => (Some(host.to_owned()), Some(path.to_owned())),
            None => (None, None),
        };
        Ok(Self { click: click.map(str::to_owned), page: path, host, ..Self::default() })
    }
}

impl From<&Step> for StepText {
    fn from(step: &Step) -> Self {
        let text = Self {
            name: step.name.clone(),
            filters: step.filters.iter().map(FilterText::from).collect(),
            ..Self::default()
        };
        let on = |page: &PageFilter| (Some(page.path.clone()), page.host.clone());
        match &step.target {
            Target::Page(filter) => {
                let (page, host) = on(filter);
                Self { page, host, ..text }
            }
            Target::Click { element, page } => {
                let (page, host) = page.as_ref().map(on).unwrap_or_default();
                Self { click: Some(element.to_string()), page, host, ..text }
            }
            Target::Feature(id) => Self { feature: Some(id.to_string()), ..text },
            Target::Event(name) => Self { event: Some(name.clone()), ..text },
        }
    }
}

impl fmt::Display for Target {
    /// The short form of addresses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Page(page) => write!(f, "page:{page}"),
            Self::Click { element, page: None } => write!(f, "click:{element}"),
            Self::Click { element, page: Some(page) } => write!(f, "click:{element}@{page}"),
            Self::Feature(id) => write!(f, "feature:{id}"),
            Self::Event(name) => write!(f, "event:{name}"),
        }
    }
}

impl Serialize for Step {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        StepText::from(self).serialize(serializer)
    }
}
