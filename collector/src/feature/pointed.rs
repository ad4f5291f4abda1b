//! What a member points at, and the rules for it: one element, a page, or some of what was clicked.

use super::draft::of_rule;
use super::known;
use crate::App;
use crate::definitions::Project;
use crate::http::error::ApiError;
use crate::query::answered;
use analytics::ElementId;
use analytics::catalog::{label, names, names_of_row};
use analytics::feature::preview::{Preview, preview};
use analytics::feature::resolve::Known;
use analytics::feature::suggest::{Place, Suggester, places};
use futures_util::future::try_join_all;
use rules::element::CanonicalElement;
use rules::suggest::{Scope, Suggestion};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// How long somebody waits for what she has just clicked to be written.
const PATIENCE: Duration = Duration::from_secs(4);

/// Pages that are offered in place of one that was never seen, at most.
const NEAREST: usize = 4;

/// How much of two paths is the same at least where one may be mistyped for the other: of a dozen
/// characters, seven.
const LIKE: f64 = 0.58;

/// What is told to somebody who typed no address.
pub(crate) const NO_PAGE: &str =
    "the address of a page is a path such as `/reports/:id`, or what the browser shows";

/// Places whose links lead to the same from every page.
const NAVIGATION: [&str; 4] = ["navigation", "banner", "contentinfo", "menubar"];

/// What is known of an element that was pointed at.
#[derive(Debug)]
pub(crate) struct Pointed {
    /// What to call it.
    pub(crate) label: String,
    /// Names that a feature of it could have, the shortest first.
    pub(crate) names: Vec<String>,
    /// The path of its page.
    pub(crate) path: String,
    /// On how many pages it stands, where it is a link of the product's navigation; else 0.
    pub(crate) n_linked_from: usize,
    /// The rules for it, and what each means.
    pub(crate) rules: Vec<(Suggestion, Preview)>,
    /// The pages that it may be meant for, the likeliest first, where it is a page that was never
    /// seen.
    pub(crate) nearest: Vec<String>,
}

impl Pointed {
    /// Whether it is a page that nobody has ever seen.
    pub(crate) fn is_unseen(&self) -> bool {
        let is_unseen =
            |(rule, seen): &(Suggestion, Preview)| rule.scope == Scope::Page && seen.n_pages == 0;
        self.rules.iter().any(is_unseen)
    }
}

/// An element of which there are many to be named, with the best rule for it.
#[derive(Debug)]
pub(crate) struct Proposal {
    /// Names that a feature of it could have, the shortest first.
    pub(crate) names: Vec<String>,
    /// On how many pages it stands; more than one where it stands on more.
    pub(crate) n_pages: usize,
    /// The rule that means all of its clicks.
    pub(crate) suggestion: Suggestion,
}

/// What is known of a project's elements at one moment.
#[derive(Debug)]
pub(crate) struct Knowledge {
    pub(crate) known: Arc<Known>,
    places: Vec<Place>,
}

impl Knowledge {
    pub(crate) async fn load(app: &App, project: &Project) -> Result<Self, ApiError> {
        let id = &project.definition.id;
        let known = known(app.store(), id);
        let places = places(app.store(), id, app.now());
        let (known, places) = answered(tokio::try_join!(known, places))?;
        Ok(Self { known, places })
    }

    /// The best rule for each element, in the order in which they are asked for; none of one that
    /// was not seen of late.
    pub(crate) fn proposals(&self, elements: &[ElementId]) -> Vec<Option<Proposal>> {
        let suggester = Suggester::new(&self.known, &self.places);
        elements.iter().map(|element| proposal(&suggester, *element)).collect()
    }
}

/// Of a part of a row the whole row is meant. What stands on many pages is meant on all of them:
/// its clicks are counted so, too.
fn proposal(suggester: &Suggester<'_>, element: ElementId) -> Option<Proposal> {
    let (is, paths) = (suggester.element(element)?, suggester.paths(element));
    let rules = suggester.rules(element, None)?;
    if let Some(rows) = rules.iter().find(|rule| rule.is_of_rows()) {
        let names = names_of_row(is, paths.first()?);
        return Some(Proposal { names, n_pages: 1, suggestion: rows.clone() });
    }
    let n_pages = paths.len();
    let scope = if n_pages > 1 { Scope::Anywhere } else { Scope::ThisOne };
    let suggestion = rules.into_iter().find(|rule| rule.scope == scope)?;
    Some(Proposal { names: names(is), n_pages, suggestion })
}

/// Whether it is a link of the product's navigation.
fn is_of_navigation(element: &CanonicalElement) -> bool {
    let Some((target, around)) = element.nodes.split_first() else { return false };
    target.href.is_some() && around.iter().any(|node| NAVIGATION.contains(&node.effective_role()))
}

/// The rules for an element, and what each means. What was clicked a moment ago is waited for.
pub(crate) async fn pointed(
    app: &App,
    project: &Project,
    element: ElementId,
    path: Option<&str>,
) -> Result<Pointed, ApiError> {
    let end = *app.spool().end().borrow();
    let mut knowledge = Knowledge::load(app, project).await?;
    let mut found = find(&knowledge, element, path);
    if found.is_none() && app.delivery().done() < end {
        if !app.delivery().has(end, PATIENCE).await {
            let message =
                "what was clicked a moment ago is not written yet: look again in a moment";
            return Err(ApiError::Unavailable { message: message.to_owned(), retry_after: 2 });
        }
        knowledge = Knowledge::load(app, project).await?;
        found = find(&knowledge, element, path);
    }
    let (mut found, rules) = found.ok_or_else(|| unseen(app, &knowledge, project, element))?;
    let looked = rules.into_iter().map(|rule| look(app, project, &knowledge.known, rule));
    found.rules = try_join_all(looked).await?;
    Ok(found)
}

/// The same, as the rules alone.
pub(crate) async fn suggested(
    app: &App,
    project: &Project,
    element: ElementId,
    path: Option<&str>,
) -> Result<Vec<(Suggestion, Preview)>, ApiError> {
    Ok(pointed(app, project, element, path).await?.rules)
}

fn find(
    knowledge: &Knowledge,
    element: ElementId,
    path: Option<&str>,
) -> Option<(Pointed, Vec<Suggestion>)> {
    let suggester = Suggester::new(&knowledge.known, &knowledge.places);
    let rules = suggester.rules(element, path)?;
    let is = suggester.element(element)?;
    let path = path.map(|path| rules::page::pattern(path).into_owned());
    let on = suggester.paths(element);
    let path = path.or_else(|| on.first().map(|path| (*path).to_owned())).unwrap_or_default();
    let names = match rules.iter().any(Suggestion::is_of_rows) {
        true => names_of_row(is, &path),
        false => names(is),
    };
    let pointed = Pointed {
        label: label(is),
        names,
        path,
        n_linked_from: if is_of_navigation(is) { on.len() } else { 0 },
        rules: Vec::new(),
        nearest: Vec::new(),
    };
    Some((pointed, rules))
}

/// Why there is no rule for an element.
fn unseen(app: &App, knowledge: &Knowledge, project: &Project, element: ElementId) -> ApiError {
    let is_it = |(id, _): &(u64, _)| *id == element.0;
    let is_known = knowledge.known.elements.iter().any(is_it);
    let max = app.config().store.max_elements;
    if !is_known && knowledge.known.elements.len() >= max {
        return ApiError::Conflict(format!(
            "the project {} has {max} elements already, so what is new is kept under “other elements” and cannot be named",
            project.definition.name
        ));
    }
    let why = format!("the element `{element}` was not seen on such a page in the last 90 days");
    ApiError::NotFound(why)
}

async fn look(
    app: &App,
    project: &Project,
    known: &Known,
    suggestion: Suggestion,
) -> Result<(Suggestion, Preview), ApiError> {
    let feature = of_rule(&project.definition.id, &suggestion.rule)?;
    let seen = preview(app.store(), &project.scope(), &feature, known, app.now()).await;
    Ok((suggestion, answered(seen)?))
}

/// A page by its address: the rule for its views, and what that means. Ids in its path become
/// `:id`.
pub(crate) async fn pointed_page(
    app: &App,
    project: &Project,
    address: &str,
) -> Result<Pointed, ApiError> {
    let Some(path) = path_of(address) else {
        return Err(ApiError::BadRequest(NO_PAGE.to_owned()));
    };
    let known = answered(known(app.store(), &project.definition.id).await)?;
    let is_host = |host: &str| known.pages.iter().any(|(_, page)| page.host == host);
    let path = rules::page::pattern(without_host(address, &path, is_host)).into_owned();
    let found = look(app, project, &known, rules::suggest::of_page(&path)).await?;
    let mut page = Pointed {
        label: "a page".to_owned(),
        names: Vec::new(),
        path,
        n_linked_from: 0,
        rules: vec![found],
        nearest: Vec::new(),
    };
    if page.is_unseen() {
        page.nearest = nearest(&page.path, known.pages.iter().map(|(_, page)| page.path.as_str()));
    }
    Ok(page)
}

/// The paths that are most like one, the likeliest first.
fn nearest<'a>(path: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    let path = path.to_lowercase();
    let is_path = |known: &&str| known.starts_with('/');
    let known: BTreeSet<&str> = known.filter(is_path).collect();
    let mut alike: Vec<(f64, &str)> = known
        .into_iter()
        .map(|known| (strsim::normalized_damerau_levenshtein(&path, &known.to_lowercase()), known))
        .filter(|(likeness, _)| *likeness >= LIKE)
        .collect();
    alike.sort_by(|a, b| b.0.total_cmp(&a.0));
    alike.into_iter().take(NEAREST).map(|(_, known)| known.to_owned()).collect()
}

/// The path of an address as people copy or type it: with or without its host and its first slash,
/// and without what stands after `?` or `#`; none where it is no address.
fn path_of(address: &str) -> Option<Cow<'_, str>> {
    let address = address.trim();
    let path = match address.split_once("://") {
        Some(("http" | "https", rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
        Some(_) => return None,
        None => address,
    };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    match path {
        "" => None,
        path if path.starts_with('/') => Some(path.into()),
        path if path.contains(char::is_whitespace) => None,
        path => Some(format!("/{path}").into()),
    }
}

/// The path of an address without the host that somebody typed in front of it: where it began with
/// a slash or a scheme, there is none.
fn without_host<'a>(address: &str, path: &'a str, is_host: impl Fn(&str) -> bool) -> &'a str {
    if address.trim().starts_with('/') || address.contains("://") {
        return path;
    }
    let typed = path.strip_prefix('/').unwrap_or(path);
    match typed.split_once('/').unwrap_or((typed, "")) {
        (host, "") if is_host(host) => "/",
        (host, _) if is_host(host) => &typed[host.len()..],
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::{nearest, path_of, without_host};

    #[test]
    fn an_address_is_taken_as_it_is_copied() {
        let check = |typed, path: Option<&str>| assert_eq!(path_of(typed).as_deref(), path);
        check("/reports/:id", Some("/reports/:id"));
        check("http://app.example.com:3000/orders/7?tab=2#top", Some("/orders/7"));
        check("https://app.example.com", Some("/"));
        check(" settings/team/ ", Some("/settings/team/"));
        for nothing in ["ftp://files/a", " ", "?tab=2", "the page of the team"] {
            check(nothing, None);
        }
        let is_host = |host: &str| host == "app.example.com";
        let check = |typed, path| {
            assert_eq!(without_host(typed, &path_of(typed).unwrap_or_default(), is_host), path);
        };
        check("app.example.com/orders/7", "/orders/7");
        check("app.example.com", "/");
        check("orders/app.example.com", "/orders/app.example.com");
        check("/app.example.com/orders", "/app.example.com/orders");
        check("http://app.example.com/app.example.com/orders", "/app.example.com/orders");
    }

    #[test]
    fn the_nearest_pages_are_those_that_are_nearly_spelt_so() {
        let known = ["/", "/orders", "/orders/:id", "/orders/new", "/settings/team", ":others"];
        let check = |path, expected: &[&str]| {
            assert_eq!(nearest(path, known.into_iter()), expected, "{path}");
        };
        check("/oders", &["/orders"]);
        check("/Order/:id", &["/orders/:id", "/orders/new", "/orders"]);
        check("/setings/teams", &["/settings/team"]);
        check("/nowhere-like-this", &[]);
    }
}
