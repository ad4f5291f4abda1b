//! One step of a funnel: a page that was viewed, an element that was clicked, or a feature that was
//! used.

use super::InvalidQuery;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How many hexadecimal digits an element's id has.
pub(super) const ELEMENT_DIGITS: usize = 16;

/// Which part of a question a step is, as sentences call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A step of a funnel; they count from 1.
    Step(usize),
    /// What begins a cohort or a path.
    Start,
    /// What counts as coming back.
    Return,
    /// What ends a path.
    End,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Step(n) => write!(f, "step {n}"),
            Self::Start => f.write_str("the start"),
            Self::Return => f.write_str("the return"),
            Self::End => f.write_str("the end"),
        }
    }
}

/// One step, with the name to show for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Step {
    /// The name to show; the page or the element's label where it is not given.
    pub name: Option<String>,
    /// What has to happen.
    pub target: Target,
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
}

impl Target {
    /// The feature that has to be used, if it is one.
    pub(crate) const fn feature(&self) -> Option<&FeatureId> {
        match self {
            Self::Feature(id) => Some(id),
            Self::Page(_) | Self::Click { .. } => None,
        }
    }
}

/// The id of a feature: 16 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct FeatureId(String);

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
/// the page, both with or without `host`; or `{"feature": "5b1c…"}`. A `name` may be with each.
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
    pub(crate) page: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) host: Option<String>,
}

impl StepText {
    /// The step that the text says, told its part for the sentence when it says none.
    pub(crate) fn read(self, part: Part) -> Result<Step, InvalidQuery> {
        let Self { name, click, feature, page, host } = self.without_blanks();
        if let Some(text) = feature {
            if click.is_some() || page.is_some() || host.is_some() {
                return Err(InvalidQuery::FeatureAndMore { part });
            }
            let id = text.parse().map_err(|NoFeature| InvalidQuery::Feature { part, text })?;
            return Ok(Step { name, target: Target::Feature(id) });
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
        let target = match (click, page) {
            (Some(text), page) => match text.parse() {
                Ok(element) => Target::Click { element, page },
                Err(NoElement) => return Err(InvalidQuery::Element { part, text }),
            },
            (None, Some(page)) => Target::Page(page),
            (None, None) => return Err(InvalidQuery::EmptyStep { part }),
        };
        Ok(Step { name, target })
    }

    /// The text without what a form left blank.
    fn without_blanks(self) -> Self {
        let some = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        Self {
            name: some(self.name),
            click: some(self.click),
            feature: some(self.feature),
            page: some(self.page),
            host: some(self.host),
        }
    }

    /// Reads the short form of addresses: `page:/x`, `page:host/x`, `click:9f3a…`, `click:9f3a…@/x`,
    /// `feature:5b1c…`.
    pub(crate) fn from_short(text: &str, part: Part) -> Result<Self, InvalidQuery> {
        let (click, page) = match text.split_once(':') {
            Some(("feature", id)) => {
                return Ok(Self { feature: Some(id.to_owned()), ..Self::default() });
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
        let (click, feature, page) = match &step.target {
            Target::Page(page) => (None, None, Some(page)),
            Target::Click { element, page } => (Some(element.to_string()), None, page.as_ref()),
            Target::Feature(id) => (None, Some(id.to_string()), None),
        };
        Self {
            name: step.name.clone(),
            click,
            feature,
            page: page.map(|page| page.path.clone()),
            host: page.and_then(|page| page.host.clone()),
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
        }
    }
}

impl Serialize for Step {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        StepText::from(self).serialize(serializer)
    }
}
