//! Who is counted: the rules by which the vendor's own people are left out of reports, how much
//! each of them leaves out, and which accounts are one.

pub(super) mod merges;

use super::format::{count, day_time, instant, many};
use super::gate::check_token;
use super::layout::{Place, Shell};
use super::notice::{Notice, sentence};
use super::visit::Visit;
use super::{html, project};
use crate::App;
use crate::access::Act;
use crate::definitions::Project;
use crate::delivery::if_there;
use crate::http::error::ApiError;
use crate::members::SignedIn;
use crate::staff::{self, Kept};
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use merges::MergesView;
use serde::Deserialize;
use store::definition::Property;
use store::{Edit, LeftOut, Rule, StaffRules};

#[derive(Debug, Template)]
#[template(path = "counted.html")]
struct CountedPage {
    shell: Shell,
    project_id: String,
    notice: Option<Notice>,
    /// None while the store is away.
    rules: Option<RulesView>,
    /// None while the store is away.
    merges: Option<MergesView>,
    may_change: bool,
}

/// The rules as text, one entry a line, and what they do.
#[derive(Debug)]
struct RulesView {
    version: u32,
    fields: Vec<FieldView>,
    impersonated: bool,
    rows: Vec<RowView>,
    /// Who wrote them, and when.
    written: Option<(String, String, String)>,
}

/// One list of the form.
#[derive(Debug)]
struct FieldView {
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    text: String,
    n_lines: usize,
}

/// What one rule leaves out.
#[derive(Debug)]
struct RowView {
    name: &'static str,
    how: String,
    /// None where it could not be counted.
    share: Option<(String, String)>,
}

/// Shows the rules.
pub(super) async fn show(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    Query(outcome): Query<Outcome>,
) -> Result<Html<String>, ApiError> {
    let project = project(&app, &id)?;
    let notice = outcome.saved.map(|what| Notice::good(what.sentence()));
    html(&page(&app, &visit, &signed_in, &project, notice).await)
}

/// What the address says of the form that led to it.
#[derive(Debug, Deserialize)]
pub(super) struct Outcome {
    saved: Option<Saved>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Saved {
    Rules,
    Merged,
    Undone,
}

impl Saved {
    const fn sentence(self) -> &'static str {
        match self {
            Self::Rules => "Saved. Every report goes by it, for all of the past.",
            Self::Merged => "Merged. The two are one account in every report, for all of the past.",
            Self::Undone => "Undone. The two are accounts of their own again, as they were before.",
        }
    }

    /// The page, with the word that says so.
    fn page(self, project: &Project) -> Response {
        let word = match self {
            Self::Rules => "rules",
            Self::Merged => "merged",
            Self::Undone => "undone",
        };
        let address = format!("/projects/{}/counted?saved={word}", project.definition.id);
        Redirect::to(&address).into_response()
    }
}

async fn page(
    app: &App,
    visit: &Visit,
    signed_in: &SignedIn,
    project: &Project,
    notice: Option<Notice>,
) -> CountedPage {
    CountedPage {
        shell: visit.shell_for("Who is counted", Place::Counted, signed_in, project),
        project_id: project.definition.id.to_string(),
        notice,
        rules: rules(app, project).await,
        merges: MergesView::load(app, project).await,
        may_change: signed_in.may(Act::Staff),
    }
}

async fn rules(app: &App, project: &Project) -> Option<RulesView> {
    // A store that is away is said on the page, which is of no other use then.
    let kept = staff::kept(app, project).await.ok()?;
    let shares = if_there(app, staff::left_out(app, project, &kept.rules)).await;
    let Kept { version, by, rules } = kept;
    let written =
        by.map(|(author, at)| (author, day_time(at, app.now(), &project.zone), instant(at)));
    let rows = rows(&rules, project.definition.count_automated, shares.as_deref());
    let impersonated = rules.impersonated;
    Some(RulesView { version, rows, written, impersonated, fields: fields(&rules) })
}

fn rows(
    rules: &StaffRules,
    counts_automated: bool,
    shares: Option<&[(Rule, LeftOut)]>,
) -> Vec<RowView> {
    let row = |rule: Rule| {
        let n = match rule {
            Rule::Automated | Rule::Impersonated => 0,
            Rule::Users => rules.users.len(),
            Rule::EmailDomains => rules.email_domains.len(),
            Rule::UserProperties => rules.user_properties.len(),
            Rule::Accounts => rules.accounts.len(),
            Rule::AccountProperties => rules.account_properties.len(),
        };
        let how = match rule {
            Rule::Automated if counts_automated => "Counted, as Setup says".to_owned(),
            Rule::Automated => "Left out, unless Setup says otherwise".to_owned(),
            Rule::Impersonated if rules.impersonated => "Left out".to_owned(),
            Rule::Impersonated => "Counted, unless you leave them out below".to_owned(),
            _ => many(u64::try_from(n).unwrap_or(0), "line"),
        };
        let share = shares.and_then(|shares| shares.iter().find(|(known, _)| *known == rule));
        let is_shown = match rule {
            Rule::Automated => true,
            Rule::Impersonated => {
                rules.impersonated || share.is_some_and(|(_, share)| share.events > 0)
            }
            _ => n > 0,
        };
        let share = share.map(|(_, share)| (count(share.people), count(share.events)));
        is_shown.then(|| RowView { name: name(rule), how, share })
    };
    Rule::ALL.into_iter().filter_map(row).collect()
}

fn name(rule: Rule) -> &'static str {
    match rule {
        Rule::Automated => "Automated browsers",
        Rule::Users => "Users",
        Rule::EmailDomains => "E-mail domains",
        Rule::UserProperties => "Properties of users",
        Rule::Accounts => "Accounts",
        Rule::AccountProperties => "Properties of accounts",
        Rule::Impersonated => "Staff acting as customers",
    }
}

fn fields(rules: &StaffRules) -> Vec<FieldView> {
    let told = |list: &[Property]| {
        let line = |property: &Property| format!("{}={}", property.name, property.value);
        list.iter().map(line).collect::<Vec<_>>()
    };
    let field = |name, rule: Rule, hint, lines: Vec<String>| FieldView {
        name,
        label: self::name(rule),
        hint,
        n_lines: lines.len().clamp(2, 10),
        text: lines.join("\n"),
    };
    vec![
        field(
            "email_domains",
            Rule::EmailDomains,
            "Such as example.com: of the address that identify() gave, or of a user id that is one.",
            rules.email_domains.clone(),
        ),
        field("users", Rule::Users, "Ids, as identify() gives them.", rules.users.clone()),
        field(
            "user_properties",
            Rule::UserProperties,
            "Such as role=staff: what identify() said last.",
            told(&rules.user_properties),
        ),
        field(
            "accounts",
            Rule::Accounts,
            "Ids, as group() gives them. What happens in them is left out.",
            rules.accounts.clone(),
        ),
        field(
            "account_properties",
            Rule::AccountProperties,
            "Such as plan=internal: what group() said last.",
            told(&rules.account_properties),
        ),
    ]
}

#[derive(Debug, Deserialize)]
pub(super) struct RulesForm {
    #[serde(default)]
    csrf: String,
    version: u32,
    #[serde(default)]
    users: String,
    #[serde(default)]
    email_domains: String,
    #[serde(default)]
    user_properties: String,
    #[serde(default)]
    accounts: String,
    #[serde(default)]
    account_properties: String,
    /// A box: there if it is ticked.
    impersonated: Option<String>,
}

/// Keeps the rules. What was typed stays on the page if it makes no sense.
pub(super) async fn save(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    Form(form): Form<RulesForm>,
) -> Result<Response, ApiError> {
    check_token(&form.csrf, &signed_in)?;
    let project = project(&app, &id)?;
    let edit = Edit {
        expected_version: form.version,
        author: signed_in.member.email.clone(),
        at: app.now(),
    };
    let kept = match form.rules(&project) {
        Ok(rules) => staff::keep(&app, rules, &edit).await,
        Err(fault) => Err(ApiError::BadRequest(fault)),
    };
    let fault = match kept {
        Ok(_) => return Ok(Saved::Rules.page(&project)),
        Err(fault @ (ApiError::BadRequest(_) | ApiError::Conflict(_))) => fault,
        Err(fault) => return Err(fault),
    };
    let notice = Notice::bad(sentence(&fault.to_string()));
    let mut page = page(&app, &visit, &signed_in, &project, Some(notice)).await;
    let status = match fault {
        ApiError::BadRequest(_) => {
            page.rules.iter_mut().for_each(|rules| form.fill(rules));
            StatusCode::UNPROCESSABLE_ENTITY
        }
        fault => fault.status(),
    };
    Ok((status, html(&page)?).into_response())
}

impl RulesForm {
    fn rules(&self, project: &Project) -> Result<StaffRules, String> {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        Ok(StaffRules {
            project: project.definition.id.clone(),
            users: lines(&self.users),
            email_domains: lines(&self.email_domains),
            user_properties: properties(&self.user_properties)?,
            accounts: lines(&self.accounts),
            account_properties: properties(&self.account_properties)?,
            impersonated: self.impersonated.is_some(),
        })
    }

    /// Shows what was typed.
    fn fill(&self, rules: &mut RulesView) {
        rules.impersonated = self.impersonated.is_some();
        for field in &mut rules.fields {
            let typed = match field.name {
                "users" => &self.users,
                "email_domains" => &self.email_domains,
                "user_properties" => &self.user_properties,
                "accounts" => &self.accounts,
                _ => &self.account_properties,
            };
            field.text.clone_from(typed);
        }
    }
}

fn properties(text: &str) -> Result<Vec<Property>, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let property = |line: &str| {
        let (name, value) = line
            .split_once('=')
            .ok_or_else(|| format!("`{line}` is no property, such as `role=staff`"))?;
        Ok(Property { name: name.to_owned(), value: value.to_owned() })
    };
    lines.map(property).collect()
}
