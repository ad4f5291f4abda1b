//! The rules that one can choose from: what each means, how sturdy it is, and which is the best.

use super::rule::Told;
use super::words;
use crate::dashboard::format::{capital, day_minute, instant, many, people};
use crate::definitions::Project;
use crate::feature::draft::alternatives;
use crate::feature::pointed::Pointed;
use analytics::feature::preview::{Preview, Sample};
use rules::suggest::{Scope, Suggestion};

/// A rule that can be chosen.
#[derive(Debug)]
pub(super) struct Pick {
    pub(super) value: &'static str,
    pub(super) title: &'static str,
    pub(super) what: &'static str,
    /// The rule in words, and as it is stored.
    pub(super) told: Option<Told>,
    pub(super) grade: String,
    pub(super) reason: &'static str,
    /// How many elements or pages it means.
    pub(super) means: String,
    /// Why it means nothing, if it does.
    pub(super) nothing: Option<&'static str>,
    pub(super) use_: String,
    pub(super) is_chosen: bool,
    pub(super) is_best: bool,
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

/// The rules, with the chosen one: that of this scope, or else the best.
pub(super) fn picks(found: &Pointed, chosen: Option<&str>, project: &Project) -> Vec<Pick> {
    let named = |(rule, _): &(Suggestion, Preview)| Some(words::scope(rule.scope).0) == chosen;
    let (best, found) = (best(found), &found.rules);
    let at = found.iter().position(named).unwrap_or(best);
    let pick = |(n, (rule, seen)): (usize, &(Suggestion, Preview))| Pick {
        is_chosen: n == at,
        is_best: n == best && found.len() > 1,
        ..pick(rule, seen, project)
    };
    found.iter().enumerate().map(pick).collect()
}

/// The rule to take: of a part of a row, the whole row, because a click anywhere in it is one on
/// the row. Of a link in the navigation of several pages, the link on all of them: it leads to the
/// same from each. Of anything else the first that means something and nothing but what was pointed at,
/// or one that counts the same and is sturdier; or else the first.
fn best(pointed: &Pointed) -> usize {
    let found = &pointed.rules;
    let means = |(rule, seen): &&(Suggestion, Preview)| nothing(rule.scope, seen).is_none();
    let is_rows = |one: &(Suggestion, Preview)| one.0.is_of_rows() && means(&one);
    let is_linked = |one: &(Suggestion, Preview)| {
        pointed.n_linked_from > 1 && one.0.scope == Scope::Anywhere && means(&one)
    };
    let wider = found.iter().position(is_rows).or_else(|| found.iter().position(is_linked));
    if let Some(wider) = wider {
        return wider;
    }
    let is_it = |one: &(Suggestion, Preview)| one.0.scope != Scope::AllLikeThis && means(&one);
    let Some(first) = found.iter().position(is_it) else { return 0 };
    let is_sturdier = |one: &(Suggestion, Preview)| {
        is_it(one) && used(&one.1) == used(&found[first].1) && one.0.grade < found[first].0.grade
    };
    found.iter().position(is_sturdier).unwrap_or(first)
}

/// What a rule counts today.
fn used(seen: &Preview) -> (u64, u64, u64, bool) {
    (seen.clicks, seen.people, seen.accounts, seen.is_partial)
}

/// Which rules count the same today, where some do, and why the best is the best.
pub(super) fn advice(pointed: &Pointed) -> Option<String> {
    let (at, found) = (best(pointed), &pointed.rules);
    let (chosen, seen) = found.get(at)?;
    if nothing(chosen.scope, seen).is_some() || found.len() < 2 {
        return None;
    }
    let is_same = |(rule, other): &&(Suggestion, Preview)| {
        nothing(rule.scope, other).is_none() && used(other) == used(seen)
    };
    let same: Vec<_> = found.iter().filter(is_same).map(|(rule, _)| rule).collect();
    let titles: Vec<_> =
        same.iter().map(|rule| format!("“{}”", words::scope(rule.scope).1)).collect();
    let counts = match titles.len() {
        1 => String::new(),
        2 if found.len() == 2 => "Both count the same today. ".to_owned(),
        2 => format!("{} count the same today. ", titles.join(" and ")),
        _ => "All three count the same today. ".to_owned(),
    };
    let is_first = same.first().is_some_and(|first| *first == chosen);
    let linked;
    let why = match chosen.scope {
        _ if chosen.is_of_rows() => "wherever in a row somebody clicks, the same happens",
        Scope::Anywhere if pointed.n_linked_from > 1 => {
            linked = format!(
                "it stands in the navigation of {} pages, and leads to the same place from each",
                pointed.n_linked_from
            );
            &linked
        }
        _ if counts.is_empty() => return None,
        Scope::Anywhere if !is_first => "its rule is sturdier",
        Scope::Anywhere => "it goes on counting on pages that come later",
        _ => "what is added to the product later is not counted with it by mistake",
    };
    Some(format!("{counts}“{}” is recommended: {why}.", words::scope(chosen.scope).1))
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

fn pick(suggestion: &Suggestion, seen: &Preview, project: &Project) -> Pick {
    let (value, title, _) = words::scope(suggestion.scope);
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
        what: words::meaning(suggestion),
        told: rule.map(|rule| Told::new(&rule.rule)),
        grade: format!("{:?}", suggestion.grade),
        reason: suggestion.reason,
        means: n_meant,
        nothing: nothing(suggestion.scope, seen),
        use_: words::counted(seen.is_partial, &use_.join(" · ")),
        is_chosen: false,
        is_best: false,
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
