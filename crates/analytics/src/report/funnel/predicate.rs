//! Which events a step takes, and whether two steps may take the same one.

use crate::query::{PageFilter, Step, Target};

/// The predicates of a funnel: those of its steps, each only once.
#[derive(Debug)]
pub(super) struct Predicates<'a> {
    distinct: Vec<&'a Target>,
    /// For each step, which of them it is.
    of_step: Vec<usize>,
}

impl<'a> Predicates<'a> {
    pub(super) fn of(steps: &'a [Step]) -> Self {
        let mut distinct: Vec<&Target> = Vec::new();
        let of_step = steps.iter().map(|step| {
            let known = distinct.iter().position(|known| **known == step.target);
            known.unwrap_or_else(|| {
                distinct.push(&step.target);
                distinct.len() - 1
            })
        });
        Self { of_step: of_step.collect(), distinct }
    }

    /// The predicates themselves.
    pub(super) fn distinct(&self) -> &[&'a Target] {
        &self.distinct
    }

    /// For each step, the number of its predicate.
    pub(super) fn of_steps(&self) -> &[usize] {
        &self.of_step
    }

    /// Whether no event can ever serve two steps.
    pub(super) fn are_disjoint(&self) -> bool {
        let n = self.distinct.len();
        n == self.of_step.len()
            && (0..n).all(|a| {
                (0..a).all(|b| overlap(self.distinct[a], self.distinct[b]) == Overlap::None)
            })
    }

    /// The predicates that take every event which predicate `of` takes, itself first.
    pub(super) fn containing(&self, of: usize) -> Vec<usize> {
        let others = (0..self.distinct.len()).filter(|other| {
            *other != of && overlap(self.distinct[*other], self.distinct[of]) == Overlap::Contains
        });
        std::iter::once(of).chain(others).collect()
    }
}

/// How the events of one predicate lie to those of another. There is no partial overlap: a page
/// has one host and one path, so of two predicates that share an event one contains the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Overlap {
    /// No event is in both.
    None,
    /// Every event of the other one is in this one, too.
    Contains,
    /// Every event of this one is in the other one, too.
    Within,
}

fn overlap(one: &Target, other: &Target) -> Overlap {
    match (one, other) {
        (Target::Page(one), Target::Page(other)) => pages(Some(one), Some(other)),
        (Target::Click { element, page }, Target::Click { element: other, page: other_page })
            if element == other =>
        {
            pages(page.as_ref(), other_page.as_ref())
        }
        _ => Overlap::None,
    }
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
