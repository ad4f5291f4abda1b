//! From a rule to the ids of elements and pages: the one matcher over all that is stored.

use crate::Error;
use protocol::{ProjectId, Timestamp};
use rules::element::CanonicalElement;
use rules::page::CanonicalPage;
use rules::rule::{Alternative, Rule};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use store::derived::NO_ELEMENT;
use store::schema::{elements, pages};
use store::{
    Connection, Feature, FeatureAlternative, FeatureElementRow, FeaturePageRow, Statement,
};

/// The latest moment that an alternative can hold: the last one of 2199, as of a date range.
const ALWAYS: Timestamp = Timestamp::from_millis(7_258_118_399_999);

/// Elements that one question can name: they are one parameter, which may have 128 KiB.
const NAMED: usize = 5_000;

/// Alternatives of one feature at most, as of a rule.
const ALTERNATIVES: usize = 32;

/// A version of a feature that can be matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolver {
    project: String,
    feature: String,
    version: u32,
    alternatives: Vec<(FeatureAlternative, Alternative)>,
}

/// What a feature means of some elements and pages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matches {
    /// Its elements.
    pub elements: Vec<FeatureElementRow>,
    /// Its pages.
    pub pages: Vec<FeaturePageRow>,
}

impl Matches {
    /// Adds what another one means.
    pub fn extend(&mut self, other: Self) {
        self.elements.extend(other.elements);
        self.pages.extend(other.pages);
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty() && self.pages.is_empty()
    }
}

impl Resolver {
    /// The resolver of a version of a feature.
    ///
    /// # Errors
    /// When its rule is none: the sentence says why.
    pub fn new(feature: &Feature, version: u32) -> Result<Self, String> {
        let n = feature.any_of.len();
        if n == 0 || n > ALTERNATIVES {
            return Err(format!("a feature has 1 to {ALTERNATIVES} alternatives, not {n}"));
        }
        let alternatives = feature.any_of.iter().enumerate();
        let alternatives = alternatives.map(|(n, alternative)| {
            let rule = read(&alternative.rule).map_err(|why| match n {
                0 if feature.any_of.len() == 1 => why,
                _ => format!("alternative {}: {why}", n + 1),
            })?;
            if let (Some(from), Some(to)) = (alternative.valid_from, alternative.valid_to)
                && from >= to
            {
                return Err(format!("alternative {} ends before it begins", n + 1));
            }
            Ok((alternative.clone(), rule))
        });
        Ok(Self {
            project: feature.project.as_str().to_owned(),
            feature: feature.id.clone(),
            version,
            alternatives: alternatives.collect::<Result<_, String>>()?,
        })
    }

    /// The project.
    pub fn project(&self) -> &str {
        &self.project
    }

    /// The feature's id.
    pub fn feature(&self) -> &str {
        &self.feature
    }

    /// The version of its definition.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Its alternatives, as the matcher takes them.
    pub fn alternatives(&self) -> impl Iterator<Item = &Alternative> {
        self.alternatives.iter().map(|(_, rule)| rule)
    }

    /// What it means of an element.
    pub fn of_element(&self, id: u64, element: &CanonicalElement) -> Vec<FeatureElementRow> {
        self.rows(id, |rule| rule.matches_element(element)).collect()
    }

    /// That it means views, if it does: whatever is seen, there is no more of it.
    fn of_views(&self) -> impl Iterator<Item = FeatureElementRow> {
        self.rows(NO_ELEMENT, Alternative::is_page)
    }

    fn rows(
        &self,
        element_id: u64,
        is_meant: impl Fn(&Alternative) -> bool,
    ) -> impl Iterator<Item = FeatureElementRow> {
        let rows = (0..).zip(&self.alternatives).filter(move |(_, (_, rule))| is_meant(rule));
        rows.map(move |(alternative, (holds, rule))| FeatureElementRow {
            project: self.project.clone(),
            feature: self.feature.clone(),
            version: self.version,
            alternative,
            element_id,
            any_page: rule.page.is_none(),
            valid_from: holds.valid_from.unwrap_or_default(),
            valid_to: holds.valid_to.unwrap_or(ALWAYS),
            app_version: holds.app_version.clone().unwrap_or_default(),
        })
    }

    /// What it means of a page.
    pub fn of_page(&self, id: u64, page: &CanonicalPage) -> Vec<FeaturePageRow> {
        let rows = (0..).zip(&self.alternatives);
        let rows = rows.filter(|(_, (_, r))| r.page.is_some() && r.matches_page(page));
        rows.map(|(alternative, _)| FeaturePageRow {
            project: self.project.clone(),
            feature: self.feature.clone(),
            version: self.version,
            alternative,
            page_id: id,
        })
        .collect()
    }

    /// What it means of all that is known.
    pub fn of_all(&self, known: &Known) -> Matches {
        let elements = known.elements.iter().flat_map(|(id, e)| self.of_element(*id, e));
        let elements = elements.chain(self.of_views());
        let pages = known.pages.iter().flat_map(|(id, p)| self.of_page(*id, p));
        Matches { elements: elements.collect(), pages: pages.collect() }
    }
}

/// Reads one alternative, whose names are brought into the form in which names are stored.
fn read(rule: &Map<String, Value>) -> Result<Alternative, String> {
    let rule = json!({"any_of": [rule]}).to_string();
    let rule = Rule::from_json(&rule).map_err(|why| why.to_string())?;
    rule.any_of.into_iter().next().ok_or_else(|| "it says nothing".to_owned())
}

/// All elements and pages of a project.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The elements, by id.
    pub elements: Vec<(u64, CanonicalElement)>,
    /// The pages, by id.
    pub pages: Vec<(u64, CanonicalPage)>,
}

impl Known {
    /// Reads all that is stored. One that cannot be read is left out.
    ///
    /// # Errors
    /// When the store refuses or is away.
    pub async fn load(connection: &Connection, project: &ProjectId) -> Result<Self, Error> {
        let elements = read_elements(connection, project, None).await?;
        Ok(Self { elements, pages: Self::pages(connection, project).await? })
    }

    /// Reads some elements alone, or all where they are more than one question can name.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub async fn elements_of(
        connection: &Connection,
        project: &ProjectId,
        ids: &BTreeSet<u64>,
    ) -> Result<Vec<(u64, CanonicalElement)>, Error> {
        match ids.len() {
            0 => Ok(Vec::new()),
            1..=NAMED => read_elements(connection, project, Some(ids)).await,
            _ => read_elements(connection, project, None).await,
        }
    }

    /// Reads the pages alone, by id.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub async fn pages(
        connection: &Connection,
        project: &ProjectId,
    ) -> Result<Vec<(u64, CanonicalPage)>, Error> {
        #[derive(Deserialize)]
        struct Row {
            id: u64,
            host: String,
            pattern: String,
        }
        let sql = format!(
            "SELECT {id} AS id, any({host}) AS host, any({pattern}) AS pattern FROM {table} \
             WHERE {project} = {{project:String}} GROUP BY id ORDER BY id",
            id = pages::PAGE_ID,
            host = pages::HOST,
            pattern = pages::PATTERN,
            table = connection.databases().pages(),
            project = pages::PROJECT,
        );
        let statement = Statement::new(sql).bind("project", project.as_str());
        let rows = connection.json::<Row>(&statement).await?.into_iter();
        Ok(rows.map(|row| (row.id, CanonicalPage::new(&row.host, &row.pattern))).collect())
    }
}

/// Elements of a project by id: these, or all.
async fn read_elements(
    connection: &Connection,
    project: &ProjectId,
    ids: Option<&BTreeSet<u64>>,
) -> Result<Vec<(u64, CanonicalElement)>, Error> {
    #[derive(Deserialize)]
    struct Row {
        id: u64,
        canonical: String,
    }
    let these = ids.map_or_else(String::new, |_| {
        format!(" AND {} IN {{ids:Array(UInt64)}}", elements::ELEMENT_ID)
    });
    let sql = format!(
        "SELECT {id} AS id, any({canonical}) AS canonical FROM {table} \
         WHERE {project} = {{project:String}}{these} GROUP BY id ORDER BY id",
        id = elements::ELEMENT_ID,
        canonical = elements::CANONICAL,
        table = connection.databases().elements(),
        project = elements::PROJECT,
    );
    let mut statement = Statement::new(sql).bind("project", project.as_str());
    if let Some(ids) = ids {
        statement = statement.bind("ids", ids.iter().copied().collect::<Vec<u64>>());
    }
    let rows = connection.json::<Row>(&statement).await?.into_iter();
    let element = |row: Row| Some((row.id, CanonicalElement::from_json(&row.canonical).ok()?));
    Ok(rows.filter_map(element).collect())
}
