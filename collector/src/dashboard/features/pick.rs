//! The rules that one can choose from: what each means, how sturdy it is, and which is the best.

use super::words;
use crate::dashboard::format::{capital, day_minute, instant, many, people};
use crate::definitions::Project;
use crate::feature::draft::alternatives;
use analytics::feature::preview::{Preview, Sample};
use rules::suggest::{Scope, Suggestion};

/// A rule that can be chosen.
#[derive(Debug)]
pub(super) struct Pick {
    pub(super) value: &'static str,
    pub(super) title: &'static str,
    pub(super) what: &'static str,
    pub(super) words: String,
    pub(super) grade: String,
    pub(super) reason: &'static str,
    /// How many elements or pages it means.
    pub(super) means: String,
    /// Why it means nothing, if it does.
    pub(super) nothing: Option<&'static str>,
    pub(super) use_: String,
    pub(super) is_chosen: bool,
    pub(super) overlaps: Vec<String>,
    pub(super) samples: Vec<SampleView>,
}

/// One use.
#[derive(Debug)]
pub(super) struct SampleView {
    pub(super) when: String,
    pub(super) instant: String,
    pub(super) label: String,
    pub(super) path: String,
}

/// The rules, with the chosen one: that of this scope, or else the first that means something and
/// nothing but what was pointed at, or else the first.
pub(super) fn picks(
    found: &[(Suggestion, Preview)],
    chosen: Option<&str>,
    project: &Project,
) -> Vec<Pick> {
    let named = |(rule, _): &(Suggestion, Preview)| Some(words::scope(rule.scope).0) == chosen;
    let means = |(rule, seen): &(Suggestion, Preview)| {
        rule.scope != Scope::AllLikeThis && nothing(rule.scope, seen).is_none()
    };
    let best = found.iter().position(named).or_else(|| found.iter().position(means)).unwrap_or(0);
    let found = found.iter().enumerate();
    found.map(|(n, (rule, seen))| pick(rule, seen, n == best, project)).collect()
}

/// The scopes that there is no rule of for an element, and why.
pub(super) fn missing(found: &[(Suggestion, Preview)]) -> Vec<(&'static str, &'static str)> {
    let is_there = |scope| found.iter().any(|(rule, _)| rule.scope == scope);
    let (_, title, _) = words::scope(Scope::AllLikeThis);
    let this_one = found.iter().find(|(rule, _)| rule.scope == Scope::ThisOne);
    let is_by_id = |rule: &Suggestion| {
        let targets = rule.rule.any_of.iter().map(|one| &one.target);
        targets.into_iter().any(|target| target.test_id.is_some() || target.id.is_some())
    };
    let why = match this_one {
        Some((rule, _)) if is_by_id(rule) => "It has an id of its own: nothing else is like it.",
        _ => "It has no name that could differ: whatever is like it is this one.",
    };
    if is_there(Scope::AllLikeThis) || is_there(Scope::Page) {
        Vec::new()
    } else {
        vec![(title, why)]
    }
}

/// Why a rule means nothing, if it does.
fn nothing(scope: Scope, seen: &Preview) -> Option<&'static str> {
    match scope {
        Scope::Page if seen.n_pages == 0 => {
            Some("No page with this address was ever seen. Is it mistyped?")
        }
        Scope::Page => None,
        _ if seen.n_elements > 0 => None,
        Scope::ThisOne | Scope::AllLikeThis => {
            Some("Nobody whom reports count has used it on this page in the last 180 days.")
        }
        Scope::Anywhere => Some("Nobody whom reports count has used it in the last 180 days."),
    }
}

fn pick(suggestion: &Suggestion, seen: &Preview, is_chosen: bool, project: &Project) -> Pick {
    let (value, title, what) = words::scope(suggestion.scope);
    let is_page = suggestion.scope == Scope::Page;
    let rule = alternatives(&suggestion.rule).into_iter().next();
    let n_meant = match is_page {
        true => many(seen.n_pages as u64, "page"),
        false => words::counted(seen.is_partial, &many(seen.n_elements as u64, "element")),
    };
    let use_ = [
        many(seen.clicks, if is_page { "view" } else { "click" }),
        people(seen.people),
        many(seen.accounts, "account"),
    ];
    Pick {
        value,
        title,
        what,
        words: rule.map(|rule| capital(&words::alternative(&rule.rule))).unwrap_or_default(),
        grade: format!("{:?}", suggestion.grade),
        reason: suggestion.reason,
        means: n_meant,
        nothing: nothing(suggestion.scope, seen),
        use_: words::counted(seen.is_partial, &use_.join(" · ")),
        is_chosen,
        overlaps: seen.overlaps.iter().map(|other| other.name.clone()).collect(),
        samples: seen.samples.iter().map(|sample| sample_view(sample, project)).collect(),
    }
}

fn sample_view(sample: &Sample, project: &Project) -> SampleView {
    SampleView {
        when: day_minute(sample.at, &project.zone),
        instant: instant(sample.at),
        label: capital(&sample.label),
        path: sample.path.clone(),
    }
}
