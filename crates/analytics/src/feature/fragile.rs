//! Elements that deserve a test id: those of features whose rule hangs on looks or position.

use super::grade::grade;
use super::resolve::Resolver;
use super::{Features, Meant};
use crate::Error;
use crate::catalog::{ClickedElement, Search, clicked_elements};
use crate::query::Scope;
use protocol::Timestamp;
use rules::suggest::Grade;
use serde::Serialize;
use store::Connection;

/// Elements that are looked at, the most used of the last thirty days.
pub const USED: u32 = 5_000;

/// Characters of a test id at most.
const CHARS: usize = 40;

/// An element that should have a test id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fragile {
    /// The feature's id.
    pub feature: String,
    /// What it is called.
    pub name: String,
    /// How sturdy its rule is: C or D.
    pub grade: Grade,
    /// What it is, and how often and by how many people it was clicked in the last thirty days.
    #[serde(flatten)]
    pub element: ClickedElement,
    /// The attribute to add, such as `data-testid="save-report"`.
    pub attribute: String,
}

/// The elements of features with a rule of grade C or D, the most clicked first.
///
/// # Errors
/// When the store refuses or is away.
pub async fn fragile(
    connection: &Connection,
    scope: &Scope,
    features: &Features,
    now: Timestamp,
) -> Result<Vec<Fragile>, Error> {
    if !features.iter().any(|meant| weak(meant).is_some()) {
        return Ok(Vec::new());
    }
    let search = Search { text: String::new(), limit: USED };
    Ok(among(features, &clicked_elements(connection, scope, &search, now).await?))
}

/// The same, among elements that were asked for before, [`USED`] of them or fewer.
pub fn among(features: &Features, used: &[ClickedElement]) -> Vec<Fragile> {
    let features: Vec<(&Meant, Grade)> =
        features.iter().filter_map(|meant| Some((meant, weak(meant)?))).collect();
    let of_element = |element: &ClickedElement| {
        let meant =
            features.iter().filter(|(meant, _)| meant.elements.contains(&element.element.0));
        let fragile = meant.map(|(meant, grade)| Fragile {
            feature: meant.feature.id.clone(),
            name: meant.feature.name.clone(),
            grade: *grade,
            element: element.clone(),
            attribute: format!("data-testid=\"{}\"", test_id(&meant.feature.name)),
        });
        fragile.collect::<Vec<_>>()
    };
    used.iter().flat_map(of_element).collect()
}

/// The grade of a rule that a new look or a new place breaks.
fn weak(meant: &Meant) -> Option<Grade> {
    let resolver = Resolver::new(&meant.feature, meant.version).ok()?;
    let (grade, _) = grade(resolver.alternatives());
    matches!(grade, Grade::C | Grade::D).then_some(grade)
}

/// A name as a test id: small letters and digits, joined by hyphens.
fn test_id(name: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let id: String = words.collect::<Vec<_>>().join("-").chars().take(CHARS).collect();
    if id.is_empty() { "feature".to_owned() } else { id.trim_end_matches('-').to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_test_id_without_anything_that_needs_quotes() {
        assert_eq!(test_id("Save  report (v2)"), "save-report-v2");
        assert_eq!(test_id("\"><script>"), "script");
        assert_eq!(test_id("—"), "feature");
    }
}
