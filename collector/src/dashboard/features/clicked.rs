//! What was clicked and has no name yet, the most used first, to be named: one by one, or several
//! at once, each by its best rule.

use super::Link;
use super::name::free;
use super::new::twin_of;
use super::rule::Told;
use crate::App;
use crate::dashboard::format::{capital, count, many};
use crate::dashboard::gate::check_token;
use crate::dashboard::layout::{Place, Shell};
use crate::dashboard::notice::{Notice, sentence};
use crate::dashboard::visit::Visit;
use crate::dashboard::{html, project};
use crate::definitions::Project;
use crate::feature::draft::{Draft, Fault, alternatives, save_all};
use crate::feature::meaning::Meaning;
use crate::feature::pointed::{Knowledge, Proposal};
use crate::http::error::ApiError;
use crate::members::SignedIn;
use crate::query::answered;
use analytics::ElementId;
use analytics::catalog::{ClickedElement, Search, clicked_elements};
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use rules::suggest::Suggestion;
use serde::Deserialize;
use std::collections::BTreeMap;
use store::{FeatureKind, ListMode};

/// Elements that are looked through, the most used.
pub(super) const LOOKED: u32 = 2_000;

/// Elements on one page.
const PAGE: usize = 20;

#[derive(Debug, Template)]
#[template(path = "features_clicked.html")]
struct ClickedPage {
    shell: Shell,
    path: String,
    notice: Option<Notice>,
    /// Features that were just made.
    saved: Vec<Link>,
    search: String,
    /// The query of this page, for the form.
    query: String,
    rows: Vec<Row>,
    /// Which of how many these are.
    range: String,
    /// That some are named already.
    n_named: Option<String>,
    before: Option<String>,
    after: Option<String>,
}

/// An element that can be named.
#[derive(Debug)]
struct Row {
    element: String,
    address: String,
    label: String,
    on: String,
    clicks: String,
    name: String,
    /// Why it cannot be named, or its rule.
    rule: Result<RuleView, String>,
    /// The feature that is called as it is, and where it is made a use of that.
    twin: Option<Link>,
    is_picked: bool,
    fault: Option<String>,
}

#[derive(Debug)]
struct RuleView {
    words: String,
    grade: String,
    reason: &'static str,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(in crate::dashboard) struct Asked {
    #[serde(default)]
    q: String,
    /// The first page is 1.
    page: Option<usize>,
}

impl Asked {
    fn query(&self, page: usize) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if !self.q.is_empty() {
            query.append_pair("q", &self.q);
        }
        if page > 1 {
            query.append_pair("page", &page.to_string());
        }
        query.finish()
    }
}

/// What somebody chose, and what became of it.
#[derive(Debug, Default)]
struct Chosen {
    /// The names that were typed, by element.
    names: BTreeMap<String, String>,
    /// In the order of the list.
    picked: Vec<String>,
    faults: BTreeMap<String, String>,
    saved: Vec<Link>,
    notice: Option<Notice>,
}

/// Shows what was clicked.
pub(in crate::dashboard) async fn show(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, ApiError> {
    let project = project(&app, &id)?;
    let shell = visit.shell_for("What was clicked", Place::Features, &signed_in, &project);
    page(&app, &project, shell, &asked, Chosen::default()).await
}

/// Names what was chosen. What is wrong is said beside it, and keeps nothing else from being named.
pub(in crate::dashboard) async fn name(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    Query(asked): Query<Asked>,
    Form(form): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let token = form.iter().find(|(key, _)| key == "csrf").map(|(_, token)| token.as_str());
    check_token(token.unwrap_or_default(), &signed_in)?;
    let project = project(&app, &id)?;
    let mut chosen = Chosen::read(&form);
    if chosen.picked.is_empty() {
        chosen.notice = Some(Notice::bad("Choose at least one of them."));
    } else {
        chosen.save(&app, &project, &signed_in.member.email).await?;
    }
    if chosen.faults.is_empty() && chosen.notice.is_none() {
        let n = chosen.saved.len();
        let address = format!("/projects/{}/features?named={n}", project.definition.id);
        return Ok(Redirect::to(&address).into_response());
    }
    let shell = visit.shell_for("What was clicked", Place::Features, &signed_in, &project);
    let page = page(&app, &project, shell, &asked, chosen).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

impl Chosen {
    fn read(form: &[(String, String)]) -> Self {
        let name = |(key, value): &(String, String)| {
            Some((key.strip_prefix("name-")?.to_owned(), value.clone()))
        };
        let pick = |(key, value): &(String, String)| (key == "pick").then(|| value.clone());
        Self {
            names: form.iter().filter_map(name).collect(),
            picked: form.iter().filter_map(pick).take(PAGE).collect(),
            ..Self::default()
        }
    }

    async fn save(&mut self, app: &App, project: &Project, author: &str) -> Result<(), ApiError> {
        let read = |text: &String| Some((text.clone(), text.parse::<ElementId>().ok()?));
        let picked: Vec<_> = self.picked.iter().filter_map(read).collect();
        let elements: Vec<_> = picked.iter().map(|(_, element)| *element).collect();
        let found = Knowledge::load(app, project).await?.proposals(&elements);
        let mut drafts = Vec::new();
        let mut of = Vec::new();
        for ((element, _), proposal) in picked.iter().zip(found) {
            let Some(Proposal { suggestion, .. }) = proposal else {
                let why = "No rule can tell it from others.".to_owned();
                self.faults.insert(element.clone(), why);
                continue;
            };
            let name = self.names.get(element).cloned().unwrap_or_default();
            drafts.push(draft(name, &suggestion));
            of.push(element.clone());
        }
        let saved = save_all(app, &project.definition.id, drafts, author).await;
        for (element, saved) in of.iter().zip(saved) {
            self.note(project, element, saved)?;
        }
        self.tell(of.len());
        Ok(())
    }

    /// What became of one. What the store does not do is an answer of its own, unless some are
    /// saved already: then it is said beside those that are not.
    fn note(
        &mut self,
        project: &Project,
        element: &str,
        saved: Result<store::Feature, Fault>,
    ) -> Result<(), ApiError> {
        match saved {
            Ok(feature) => {
                let address =
                    format!("/projects/{}/features/{}", project.definition.id, feature.id);
                self.picked.retain(|picked| picked != element);
                self.saved.push(Link { address, name: feature.name });
            }
            Err(Fault::Store(error)) if self.saved.is_empty() => {
                return Err(Fault::Store(error).into());
            }
            Err(fault) => {
                let why = sentence(&ApiError::from(fault).to_string());
                self.faults.insert(element.to_owned(), why);
            }
        }
        Ok(())
    }

    fn tell(&mut self, n_tried: usize) {
        let n_untold = n_tried.saturating_sub(self.saved.len() + self.faults.len());
        let n_faults = self.faults.len() + n_untold;
        if n_faults == 0 {
            return;
        }
        let saved = match self.saved.len() {
            0 => "Nothing is saved".to_owned(),
            1 => "1 feature is saved, with all of its past".to_owned(),
            n => format!("{n} features are saved, each with all of its past"),
        };
        let rest = match n_faults {
            1 => "one is not: what is wrong with it stands beside it".to_owned(),
            n => format!("{n} are not: what is wrong stands beside each"),
        };
        self.notice = Some(Notice::bad(format!("{saved}; {rest}.")));
    }
}

fn is_are(n: usize, one: &str) -> String {
    format!("{} {}", many(n as u64, one), if n == 1 { "is" } else { "are" })
}

fn draft(name: String, suggestion: &Suggestion) -> Draft {
    Draft {
        name,
        module: None,
        kind: FeatureKind::default(),
        step: None,
        list: ListMode::default(),
        any_of: alternatives(&suggestion.rule),
    }
}

async fn page(
    app: &App,
    project: &Project,
    shell: Shell,
    asked: &Asked,
    chosen: Chosen,
) -> Result<Html<String>, ApiError> {
    let search = Search { text: asked.q.clone(), limit: LOOKED };
    let elements = clicked_elements(app.store(), &project.scope(), &search, app.now()).await;
    let elements = answered(elements)?;
    let meaning = answered(Meaning::load(app, project).await)?;
    let is_named = |one: &&ClickedElement| meaning.of(one.element, &one.path).next().is_some();
    let n_named = elements.iter().filter(is_named).count();
    let is_shown = |one: &&ClickedElement| {
        !is_named(one) || chosen.faults.contains_key(&one.element.to_string())
    };
    let unnamed: Vec<&ClickedElement> = elements.iter().filter(is_shown).collect();
    let last = unnamed.len().div_ceil(PAGE).max(1);
    let number = asked.page.unwrap_or(1).clamp(1, last);
    let first = (number - 1) * PAGE;
    let shown: Vec<_> = unnamed.iter().copied().skip(first).take(PAGE).collect();
    let rows = rows(app, project, &shown, &chosen, &meaning).await?;
    let path = format!("/projects/{}/features", project.definition.id);
    let is_cut = elements.len() >= LOOKED as usize;
    let to = |page: usize| format!("{path}/clicked?{}", asked.query(page));
    html(&ClickedPage {
        shell,
        notice: chosen.notice,
        saved: chosen.saved,
        search: asked.q.clone(),
        query: asked.query(number),
        range: range(first, shown.len(), unnamed.len(), is_cut),
        n_named: (n_named > 0).then(|| is_are(n_named, "element")),
        before: (number > 1).then(|| to(number - 1)),
        after: (number < last).then(|| to(number + 1)),
        rows,
        path,
    })
}

/// Which of how many are shown: `1 to 20 of 143`.
pub(super) fn range(first: usize, n: usize, all: usize, is_cut: bool) -> String {
    let all = format!("{}{}", if is_cut { "at least " } else { "" }, count(all as u64));
    match n {
        0 => format!("0 of {all}"),
        n => format!("{} to {} of {all}", count(first as u64 + 1), count((first + n) as u64)),
    }
}

async fn rows(
    app: &App,
    project: &Project,
    shown: &[&ClickedElement],
    chosen: &Chosen,
    meaning: &Meaning,
) -> Result<Vec<Row>, ApiError> {
    if shown.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<_> = shown.iter().map(|one| one.element).collect();
    let proposals = Knowledge::load(app, project).await?.proposals(&ids);
    let mut taken = meaning.names();
    // Each part of a row is an element; the row is named once, with all of them.
    let mut named: Vec<(Suggestion, String)> = Vec::new();
    let path = format!("/projects/{}/features", project.definition.id);
    let mut row = |(one, proposal): (&&ClickedElement, Option<Proposal>)| {
        let element = one.element.to_string();
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("element", &element)
            .append_pair("path", &one.path)
            .finish();
        let n_pages = proposal.as_ref().map_or(1, |proposal| proposal.n_pages);
        let twin = proposal
            .as_ref()
            .and_then(|proposal| twin_of(meaning, one.element, &proposal.names, &one.path, &path));
        let rule = rule_of(proposal.as_ref(), &named);
        let proposed = proposal.filter(|_| rule.is_ok()).map(|proposal| {
            let name = free(&proposal.names, &mut taken);
            named.push((proposal.suggestion, name.clone()));
            name
        });
        Row {
            address: format!("{path}/new?{query}"),
            label: capital(&one.label),
            on: if n_pages > 1 { many(n_pages as u64, "page") } else { one.path.clone() },
            clicks: count(one.clicks),
            name: chosen.names.get(&element).cloned().or(proposed).unwrap_or_default(),
            rule,
            twin,
            is_picked: chosen.picked.contains(&element),
            fault: chosen.faults.get(&element).cloned(),
            element,
        }
    };
    Ok(shown.iter().zip(proposals).map(&mut row).collect())
}

/// The rule for an element, or why there is none. Of the parts of one row the first stands for all.
fn rule_of(
    proposal: Option<&Proposal>,
    named: &[(Suggestion, String)],
) -> Result<RuleView, String> {
    let Some(Proposal { suggestion, .. }) = proposal else {
        return Err("No rule can tell it from others.".to_owned());
    };
    let is_same = |(rule, _): &&(Suggestion, String)| rule == suggestion && rule.is_of_rows();
    match named.iter().find(is_same) {
        Some((_, name)) => Err(format!("It is a part of the row that is “{name}” above.")),
        None => Ok(rule_view(suggestion)),
    }
}

fn rule_view(suggestion: &Suggestion) -> RuleView {
    let rule = alternatives(&suggestion.rule).into_iter().next();
    RuleView {
        words: rule.map(|rule| Told::new(&rule.rule).words).unwrap_or_default(),
        grade: format!("{:?}", suggestion.grade),
        reason: suggestion.reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_says_which_of_how_many() {
        assert_eq!(range(0, 20, 143, false), "1 to 20 of 143");
        assert_eq!(range(1_980, 20, 2_000, true), "1,981 to 2,000 of at least 2,000");
        assert_eq!(range(0, 0, 0, false), "0 of 0");
    }
}
