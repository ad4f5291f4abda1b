//! Which events a step takes, and whether two steps may take the same one.

use crate::feature::Features;
use crate::query::{Filter, InvalidQuery, PageFilter, Step, Target};
use crate::report::condition::Asked;

/// Predicates that may overlap in any way at most: each set of them is looked at.
pub const MAX_SHARING: usize = 8;

/// Whether no event can be one of two of these steps.
pub(crate) fn are_apart(steps: &[Step], features: &Features) -> bool {
    Predicates::of(steps, features).is_ok_and(|predicates| predicates.are_disjoint())
}

/// The predicates of a funnel: those of its steps, each only once.
#[derive(Debug)]
pub(super) struct Predicates<'a> {
    distinct: Vec<Asked<'a>>,
    /// For each step, which of them it is.
    of_step: Vec<usize>,
    /// How each lies to each.
    overlaps: Vec<Vec<Overlap>>,
    /// The sets of predicates whose events have to be enough for the steps that only they serve.
    groups: Vec<Vec<usize>>,
}

impl<'a> Predicates<'a> {
    /// The predicates of these steps.
    ///
    /// # Errors
    /// When more of them may overlap in any way than can be told apart, or a feature is unknown.
    pub(super) fn of(steps: &'a [Step], features: &Features) -> Result<Self, InvalidQuery> {
        let mut distinct: Vec<Asked<'_>> = Vec::new();
        let of_step = steps.iter().map(Asked::from).map(|asked| {
            let known = distinct.iter().position(|known| *known == asked);
            known.unwrap_or_else(|| {
                distinct.push(asked);
                distinct.len() - 1
            })
        });
        let of_step = of_step.collect();
        let overlaps = distinct.iter().map(|one| {
            distinct.iter().map(|other| overlap(*one, *other, features)).collect::<Result<_, _>>()
        });
        let overlaps: Vec<Vec<Overlap>> = overlaps.collect::<Result<_, _>>()?;
        let groups = groups(&overlaps)?;
        Ok(Self { distinct, of_step, overlaps, groups })
    }

    /// The predicates themselves.
    pub(super) fn distinct(&self) -> &[Asked<'a>] {
        &self.distinct
    }

    /// For each step, the number of its predicate.
    pub(super) fn of_steps(&self) -> &[usize] {
        &self.of_step
    }

    /// Whether no event can ever serve two steps.
    pub(super) fn are_disjoint(&self) -> bool {
        self.distinct.len() == self.of_step.len() && self.share_no_event()
    }

    /// Whether no event is one of two predicates, and none serves a step and the next one.
    pub(super) fn are_apart_one_by_one(&self) -> bool {
        self.share_no_event() && self.of_step.windows(2).all(|two| two[0] != two[1])
    }

    /// Whether no event is one of two predicates.
    pub(super) fn share_no_event(&self) -> bool {
        let n = self.distinct.len();
        (0..n).all(|a| (0..a).all(|b| self.overlaps[a][b] == Overlap::None))
    }

    /// The sets of predicates whose events are counted in each instant; a set of one for each
    /// predicate, in its order, and then others.
    pub(super) fn groups(&self) -> &[Vec<usize>] {
        &self.groups
    }

    /// The groups that take every event which predicate `of` takes, itself first.
    pub(super) fn containing(&self, of: usize) -> Vec<usize> {
        let others = (0..self.groups.len()).filter(|group| *group != of && self.is_in(of, *group));
        std::iter::once(of).chain(others).collect()
    }

    /// Whether a group takes every event of a predicate.
    fn is_in(&self, of: usize, group: usize) -> bool {
        match self.groups[group].as_slice() {
            [one] => *one == of || self.overlaps[*one][of] == Overlap::Contains,
            many => many.contains(&of),
        }
    }
}

/// Each predicate alone; and of those that hang together only in part, each set of several.
fn groups(overlaps: &[Vec<Overlap>]) -> Result<Vec<Vec<usize>>, InvalidQuery> {
    let mut groups: Vec<Vec<usize>> = (0..overlaps.len()).map(|n| vec![n]).collect();
    for together in components(overlaps) {
        let is_partial =
            together.iter().any(|a| together.iter().any(|b| overlaps[*a][*b] == Overlap::Partial));
        if !is_partial {
            continue;
        }
        if together.len() > MAX_SHARING {
            return Err(InvalidQuery::TooManySharing(together.len()));
        }
        let sets = (1_usize..1 << together.len()).filter(|set| set.count_ones() > 1);
        groups.extend(sets.map(|set| {
            let of_set = together.iter().enumerate().filter(|(n, _)| set >> n & 1 == 1);
            of_set.map(|(_, predicate)| *predicate).collect()
        }));
    }
    Ok(groups)
}

/// The predicates that hang together: each shares events with another one of its set.
fn components(overlaps: &[Vec<Overlap>]) -> Vec<Vec<usize>> {
    let mut components: Vec<Vec<usize>> = Vec::new();
    for (predicate, overlaps) in overlaps.iter().enumerate() {
        let touches = |set: &Vec<usize>| set.iter().any(|n| overlaps[*n] != Overlap::None);
        let (mut joined, others): (Vec<_>, Vec<_>) = components.into_iter().partition(touches);
        joined.push(vec![predicate]);
        components = others;
        components.push(joined.concat());
    }
    components
}

/// How the events of one predicate lie to those of another. Of pages and clicks that share an
/// event one contains the other, since a page has one host and one path; a feature may share some,
/// and so may what has conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Overlap {
    /// No event is in both.
    None,
    /// Every event of the other one is in this one, too.
    Contains,
    /// Every event of this one is in the other one, too.
    Within,
    /// Some may be in both.
    Partial,
}

/// Conditions leave fewer events: those of the one that has more of them are within the other's.
fn overlap(one: Asked<'_>, other: Asked<'_>, features: &Features) -> Result<Overlap, InvalidQuery> {
    let is_in = |part: &[Filter], whole: &[Filter]| part.iter().all(|f| whole.contains(f));
    let (a, b) = (one.filters, other.filters);
    if a.iter().any(|a| b.iter().any(|b| a.excludes(b))) {
        return Ok(Overlap::None);
    }
    Ok(match targets(one.target, other.target, features)? {
        Overlap::None => Overlap::None,
        // The same targets contain each other.
        Overlap::Contains if is_in(a, b) => Overlap::Contains,
        Overlap::Contains if one.target == other.target && is_in(b, a) => Overlap::Within,
        Overlap::Within if is_in(b, a) => Overlap::Within,
        Overlap::Contains | Overlap::Within | Overlap::Partial => Overlap::Partial,
    })
}

/// The same without conditions.
fn targets(one: &Target, other: &Target, features: &Features) -> Result<Overlap, InvalidQuery> {
    let shares = |is_shared: bool| if is_shared { Overlap::Partial } else { Overlap::None };
    Ok(match (one, other) {
        (Target::Feature(one), Target::Feature(other)) if one == other => Overlap::Contains,
        (Target::Feature(one), Target::Feature(other)) => {
            let (one, other) = (features.of(one)?, features.of(other)?);
            let is_viewed = one.means_views() && other.means_views();
            shares(is_viewed || !one.elements.is_disjoint(&other.elements))
        }
        (Target::Feature(feature), Target::Page(_))
        | (Target::Page(_), Target::Feature(feature)) => {
            shares(features.of(feature)?.means_views())
        }
        (Target::Feature(feature), Target::Click { element, .. })
        | (Target::Click { element, .. }, Target::Feature(feature)) => {
            shares(features.of(feature)?.elements.contains(&element.0))
        }
        (Target::Event(one), Target::Event(other)) if one == other => Overlap::Contains,
        (Target::Page(one), Target::Page(other)) => pages(Some(one), Some(other)),
        (Target::Click { element, page }, Target::Click { element: other, page: other_page })
            if element == other =>
        {
            pages(page.as_ref(), other_page.as_ref())
        }
        _ => Overlap::None,
    })
}

/// The same for pages, where none given is any page.
fn pages(one: Option<&PageFilter>, other: Option<&PageFilter>) -> Overlap {
    match (one, other) {
        (None, _) => Overlap::Contains,
        (_, None) => Overlap::Within,
        (Some(one), Some(other)) if one.path != other.path => Overlap::None,
        (Some(one), Some(other)) => match (&one.host, &other.host) {
            (None, _) => Overlap::Contains,
            (_, None) => Overlap::Within,
            (one, other) if one == other => Overlap::Contains,
            _ => Overlap::None,
        },
    }
}
