//! What is wrong with a feature's rule: it fell silent, grew too broad, or means something else by now.
//!
//! **Silent.** The days since the last use are held against the same days of the week in up to
//! twelve weeks before it, of which there must be four with ten uses. Uses of a week are taken to
//! be negative binomial, with their mean `m` and variance `v` and the size `k = m² / (v - m)`, by
//! the method of moments (F. J. Anscombe, "Sampling theory of the negative binomial and
//! logarithmic series distributions", Biometrika 37, 1950); so a week has none with the
//! probability `p = (1 + m / k)^-k`, or, where `z` of `n` weeks had none, with `(z + 1) / (n + 2)`
//! if that is more (Laplace's rule of succession). In the days since, `e` uses were to be
//! expected, in the measure in which the feature's pages are still viewed. That none came has the
//! probability `p^(e / m)` by weeks, and by days the product of `(1 + e_d / k_d)^-k_d`, where
//! `k_d` is the size of the days, by the same method. The greater of both must be below
//! [`UNLIKELY`]: what comes in bursts or in uneven weeks may pause. A fixed number of hours would
//! take a weekly feature for silent and a busy one for healthy.
//!
//! **Too broad.** A week of more than [`TIMES`] times the median of four to twelve weeks before, in
//! the measure in which the pages are viewed more; or more than [`ELEMENTS`] elements in use.
//!
//! **How often it errs.** Of 1,000 healthy features as chance makes them, from one use in two weeks
//! to 2,000 a week, with office hours and quiet weekends, growth and decline, slack weeks, a
//! holiday and bursts, looked at on 28 days, a silence is said at 0.06 % of the looks and of 1.1 %
//! of the features, and too much at 0.22 % and of 1.3 %. Half of those that really end are noticed
//! after 2 days if they had a thousand uses a week, 3 if a hundred, 8 if ten and 39 if one. A test
//! makes these features and holds the shares below 0.3 % and 2 %.
//! A silence of more than 180 days is forgotten, as is all that is older.
//!
//! Nothing is changed by what is found: a person accepts an alternative or does not.

mod evidence;
mod finding;
mod language;
mod reach;
mod silence;

pub use finding::{Candidate, Finding};

use super::Features;
use super::Meant;
use super::resolve::Known;
use crate::Error;
use crate::query::{ElementId, Scope};
use evidence::{DAY_MS, Evidence, VersionRow};
use language::Foreign;
use protocol::Timestamp;
use reach::Reach;
use rules::element::CanonicalElement;
use serde::Serialize;
use silence::{ByDay, Silence, Uses, Week};
use std::collections::{BTreeSet, HashMap};
use store::Connection;

/// How far back is looked, in days.
pub(super) const DAYS: i64 = 180;

/// A silence less likely than this is none of chance.
pub const UNLIKELY: f64 = 0.001;

/// A week of so many times the usual is too much.
pub const TIMES: u64 = 5;

/// Uses of a week below which it is never too much.
const FEW: u64 = 50;

/// More elements than these are too many.
pub const ELEMENTS: usize = 50;

/// An element less like the one that fell silent is no candidate.
const ALIKE: f64 = 0.5;

/// Candidates that are shown at most.
const CANDIDATES: usize = 3;

/// New elements that are compared with one that fell silent at most, the most used.
const COMPARED: usize = 1_000;

/// How a feature is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Health {
    /// The feature's id.
    pub feature: String,
    /// Whether its past is filled in; before, its uses are not looked at.
    pub is_known: bool,
    /// Elements that it means and that were used where it says, in the last 180 days.
    pub n_elements: usize,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// How the features of a project are, as things are `now`.
///
/// Asks seven questions at most, and two more where something is silent or has a foreign name,
/// however many features there are.
///
/// # Errors
/// When the store refuses or is away.
pub async fn health(
    connection: &Connection,
    scope: &Scope,
    features: &Features,
    now: Timestamp,
) -> Result<Vec<Health>, Error> {
    let all: Vec<&Meant> = features.iter().collect();
    health_of(connection, scope, features, &all, now).await
}

/// How some of them are; what others there are matters.
///
/// # Errors
/// When the store refuses or is away.
pub async fn health_of(
    connection: &Connection,
    scope: &Scope,
    features: &Features,
    asked: &[&Meant],
    now: Timestamp,
) -> Result<Vec<Health>, Error> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let evidence = Evidence::load(connection, scope, features, asked, now).await?;
    let foreign = Foreign::of(&evidence);
    let is_asked = |meant: &Meant| asked.iter().any(|it| it.feature.id == meant.feature.id);
    let cases = reach::reaches(features, &evidence, now).into_iter();
    let cases = cases.filter(|(meant, _)| is_asked(meant));
    let cases: Vec<Case<'_>> =
        cases.map(|(meant, reach)| Case::new(meant, reach, &evidence, &foreign, now)).collect();
    let app_versions = match cases.iter().any(|case| case.silence.is_some()) {
        true => evidence::app_versions(connection, scope, now).await?,
        false => Vec::new(),
    };
    let asked: BTreeSet<u64> = cases.iter().flat_map(Case::to_compare).collect();
    let elements = Known::elements_of(connection, &scope.project, &asked).await?;
    let elements: HashMap<u64, CanonicalElement> = elements.into_iter().collect();
    let found = Found { evidence: &evidence, foreign: &foreign, app_versions, elements, now };
    Ok(cases.iter().map(|case| found.health(case, features)).collect())
}

/// Those of some features that fell silent, by their ids, each with its last use: what [`health_of`]
/// says of that. Pages and clicks are looked at only where there is none that was to be expected.
///
/// # Errors
/// When the store refuses or is away.
pub async fn silent_of(
    connection: &Connection,
    scope: &Scope,
    features: &Features,
    asked: &[&Meant],
    now: Timestamp,
) -> Result<Vec<(String, Timestamp)>, Error> {
    let uses = evidence::uses(connection, scope, asked, now).await?;
    let may_be =
        |meant: &&Meant| uses.get(&meant.feature.id).is_some_and(|uses| silence::may_be(uses, now));
    let suspects: Vec<&Meant> = asked.iter().copied().filter(may_be).collect();
    let health = health_of(connection, scope, features, &suspects, now).await?;
    let silent = health.into_iter().filter_map(|one| {
        let since = one.findings.iter().find_map(|finding| match finding {
            Finding::Silent { since, .. } => Some(*since),
            _ => None,
        });
        Some((one.feature, since?))
    });
    Ok(silent.collect())
}

/// A feature that is looked at.
struct Case<'a> {
    meant: &'a Meant,
    reach: Reach,
    uses: Option<&'a Uses>,
    /// Of its pages, by days ago.
    views: ByDay,
    silence: Option<Silence>,
    /// Elements that are clicked on its pages since it is silent, and were not before.
    new: Vec<(u64, u64)>,
    /// Elements that may be the same in another language.
    suspects: Vec<u64>,
}

impl<'a> Case<'a> {
    fn new(
        meant: &'a Meant,
        reach: Reach,
        evidence: &'a Evidence,
        foreign: &Foreign<'_>,
        now: Timestamp,
    ) -> Self {
        let pages = reach.pages();
        let views = evidence.views_of(pages.as_ref());
        let uses = evidence.uses.get(&meant.feature.id).filter(|_| reach.holds());
        let silence = uses.and_then(|uses| silence::find(uses, &views, now));
        let is_silent = uses.filter(|_| silence.is_some());
        let new = is_silent.map(|uses| new_since(meant, pages.as_ref(), uses.last, evidence));
        let suspects = foreign.suspects(meant, &reach, evidence);
        Self { meant, reach, uses, views, silence, new: new.unwrap_or_default(), suspects }
    }

    /// Elements that are to be compared with each other.
    fn to_compare(&self) -> Vec<u64> {
        if self.new.is_empty() && self.suspects.is_empty() {
            return Vec::new();
        }
        let others = self.new.iter().map(|(id, _)| id).chain(&self.suspects);
        others.chain(&self.meant.elements).copied().collect()
    }
}

/// Elements that a feature does not mean and that are new on its pages since a moment, or a day
/// before it, with their clicks; the most clicked first.
fn new_since(
    meant: &Meant,
    pages: Option<&BTreeSet<u64>>,
    since: Timestamp,
    evidence: &Evidence,
) -> Vec<(u64, u64)> {
    let is_new = |(id, clicks): (&u64, &Vec<evidence::Clicks>)| {
        let on = clicks.iter().filter(|one| pages.is_none_or(|pages| pages.contains(&one.page)));
        let (first, n) =
            on.fold((i64::MAX, 0), |(first, n), one| (first.min(one.first), n + one.n));
        let is_new = n > 0 && first > since.plus_millis(-DAY_MS).as_millis();
        (is_new && !meant.elements.contains(id)).then_some((*id, n))
    };
    let mut new: Vec<(u64, u64)> = evidence.clicks.iter().filter_map(is_new).collect();
    new.sort_by_key(|(id, n)| (std::cmp::Reverse(*n), *id));
    new.truncate(COMPARED);
    new
}

/// All that was found out.
struct Found<'a> {
    evidence: &'a Evidence,
    foreign: &'a Foreign<'a>,
    app_versions: Vec<VersionRow>,
    elements: HashMap<u64, CanonicalElement>,
    now: Timestamp,
}

impl Found<'_> {
    fn health(&self, case: &Case<'_>, features: &Features) -> Health {
        let meant = case.meant;
        let n_elements = case.reach.clicked(self.evidence).len();
        let mut findings = Vec::new();
        findings.extend(self.silent(case));
        findings.extend(case.uses.and_then(|uses| too_much(uses, &case.views)));
        findings.extend((n_elements > ELEMENTS).then_some(Finding::TooMany { n_elements }));
        findings.extend(self.pages_gone(case));
        let names = self.foreign.names(&case.reach, &case.suspects, &self.elements);
        findings.extend((!names.is_empty()).then_some(Finding::OtherLanguage { names }));
        findings.extend(shared(meant, features, self.evidence));
        let (feature, is_known) = (meant.feature.id.clone(), meant.is_filled);
        Health { feature, is_known, n_elements, findings }
    }

    fn silent(&self, case: &Case<'_>) -> Option<Finding> {
        let (silence, since) = (case.silence?, case.uses?.last);
        Some(Finding::Silent {
            since,
            expected: silence.expected,
            probability: silence.probability,
            traffic: silence.traffic,
            app_version: self.version_since(case, since),
            candidates: self.candidates(case, silence.usual_per_day, since),
        })
    }

    /// The first version of the page's application that came with a silence, or a day before it.
    fn version_since(&self, case: &Case<'_>, since: Timestamp) -> Option<String> {
        let pages = case.reach.pages();
        let mut first_of: HashMap<&str, i64> = HashMap::new();
        let is_on = |page: u64| pages.as_ref().is_none_or(|pages| pages.contains(&page));
        for row in self.app_versions.iter().filter(|row| is_on(row.page)) {
            let first = first_of.entry(&row.version).or_insert(row.first);
            *first = row.first.min(*first);
        }
        let limit = since.plus_millis(-DAY_MS).as_millis();
        let new = first_of.into_iter().filter(|(_, first)| *first > limit);
        new.min_by_key(|(version, first)| (*first, *version)).map(|(version, _)| version.to_owned())
    }

    /// The elements that are new since, and most like those that are used no more.
    fn candidates(&self, case: &Case<'_>, usual: f64, since: Timestamp) -> Vec<Candidate> {
        let old: Vec<_> =
            case.meant.elements.iter().filter_map(|id| self.elements.get(id)).collect();
        let days = (self.now.millis_since(since) as f64 / DAY_MS as f64).max(1.0);
        let candidate = |(id, n): &(u64, u64)| {
            let element = self.elements.get(id)?;
            let similarity =
                old.iter().map(|old| super::similar::similarity(old, element)).fold(0.0, f64::max);
            (similarity >= ALIKE).then(|| Candidate {
                element: ElementId(*id),
                label: crate::catalog::label_of(ElementId(*id), &element.to_json()),
                similarity,
                volume: *n as f64 / days / usual,
            })
        };
        let mut candidates: Vec<Candidate> = case.new.iter().filter_map(candidate).collect();
        candidates.sort_by(|a, b| b.similarity.total_cmp(&a.similarity));
        candidates.truncate(CANDIDATES);
        candidates
    }

    /// The pages that are not viewed any more. Where nothing is viewed at all, or the page was
    /// viewed so seldom that it may be chance, that says nothing of a rule.
    fn pages_gone(&self, case: &Case<'_>) -> Vec<Finding> {
        let all = &self.evidence.all_views;
        let is_gone = |pages: &BTreeSet<u64>| {
            let views = self.evidence.views_of(Some(pages));
            let is_silent = || {
                let uses = Uses::of_days(&views, self.now)?;
                silence::find(&uses, all, self.now)
            };
            evidence::recent(&views) == 0 && (views.is_empty() || is_silent().is_some())
        };
        let ways = case.reach.ways.iter().filter(|way| way.holds && evidence::recent(all) > 0);
        let gone = ways.filter(|way| way.pages.as_ref().is_some_and(|pages| is_gone(pages)));
        let mut paths: Vec<String> =
            gone.filter_map(|way| Some(way.rule.page.as_ref()?.path.clone())).collect();
        paths.dedup();
        paths.into_iter().map(|path| Finding::PageGone { path }).collect()
    }
}

fn too_much(uses: &Uses, views: &ByDay) -> Option<Finding> {
    let Week { last, usual } = silence::too_much(uses, views)?;
    Some(Finding::TooMuch { last, usual })
}

fn shared(meant: &Meant, features: &Features, evidence: &Evidence) -> Vec<Finding> {
    let of_it = |((a, b), n): (&(String, String), &u64)| {
        let other = match &meant.feature.id {
            id if id == a => b,
            id if id == b => a,
            _ => return None,
        };
        let name = features.get(other)?.feature.name.clone();
        Some(Finding::Shared { feature: other.clone(), name, n_clicks: *n })
    };
    evidence.shared.iter().filter_map(of_it).collect()
}
