//! Who is left out of reports: `GET` and `PUT /v1/projects/{project}/staff`, for administrators
//! and for programs with a private key. The same rules as on the page "Who is counted".
//!
//! Each version stays, with who wrote it and when.

use crate::App;
use crate::definitions::Project;
use crate::http::asker::Asker;
use crate::http::error::ApiError;
use crate::http::json;
use crate::members::unavailable;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use protocol::{ProjectId, Timestamp};
use serde::{Deserialize, Serialize};
use store::definition::{Kind, Property};
use store::identity::Grouping;
use store::{Definition, Edit, LeftOut, Rule, StaffRules};

/// How far back it is counted what the rules leave out: thirty days.
const LOOK_BACK_MS: i64 = 30 * 24 * 60 * 60 * 1_000;

/// The rules of a project as they are kept.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    /// The version to base an edit on; 0 before there are any.
    pub(crate) version: u32,
    /// Who wrote them, and when.
    pub(crate) by: Option<(String, Timestamp)>,
    pub(crate) rules: StaffRules,
}

/// The rules on the wire: those of [`StaffRules`] without the project, which the address names.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Rules {
    users: Vec<String>,
    email_domains: Vec<String>,
    user_properties: Vec<Property>,
    accounts: Vec<String>,
    account_properties: Vec<Property>,
    impersonated: bool,
}

impl Rules {
    fn of(self, project: ProjectId) -> StaffRules {
        let Self { users, email_domains, user_properties, accounts, .. } = self;
        let Self { account_properties, impersonated, .. } = self;
        StaffRules {
            project,
            users,
            email_domains,
            user_properties,
            accounts,
            account_properties,
            impersonated,
        }
    }
}

impl From<StaffRules> for Rules {
    fn from(rules: StaffRules) -> Self {
        let StaffRules {
            project: _,
            users,
            email_domains,
            user_properties,
            accounts,
            account_properties,
            impersonated,
        } = rules;
        Self { users, email_domains, user_properties, accounts, account_properties, impersonated }
    }
}

/// The rules and what they leave out.
#[derive(Debug, Serialize)]
pub struct Answer {
    version: u32,
    author: Option<String>,
    written_at: Option<Timestamp>,
    rules: Rules,
    count_automated: bool,
    left_out: Vec<Share>,
}

/// What one rule leaves out of the last thirty days.
#[derive(Debug, Serialize)]
struct Share {
    rule: Rule,
    #[serde(flatten)]
    left_out: LeftOut,
}

/// Answers for one project.
///
/// # Errors
/// 401 and 403 without somebody who may read it, 404 for an unknown project, 503 while ClickHouse
/// is away.
pub async fn show(State(app): State<App>, asker: Asker) -> Result<Json<Answer>, ApiError> {
    let project = &asker.project;
    let kept = kept(&app, project).await?;
    let left_out = left_out(&app, project, &kept.rules).await.map_err(unavailable)?;
    let (author, written_at) = kept.by.unzip();
    Ok(Json(Answer {
        version: kept.version,
        author,
        written_at,
        rules: kept.rules.into(),
        count_automated: project.definition.count_automated,
        left_out: left_out.into_iter().map(|(rule, left_out)| Share { rule, left_out }).collect(),
    }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    expected_version: u32,
    rules: Rules,
}

/// What a change led to.
#[derive(Debug, Serialize)]
pub struct Changed {
    version: u32,
}

/// Puts other rules in the place of those of a version.
///
/// # Errors
/// As [`show`]; 403 for a member who is no administrator, 400 with a sentence for rules that make
/// no sense, 409 where they were changed meanwhile.
pub async fn change(
    State(app): State<App>,
    asker: Asker,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Changed>, ApiError> {
    let change: Change = json::read(&headers, &body, "change")?;
    let rules = change.rules.of(asker.project.definition.id.clone());
    let edit =
        Edit { expected_version: change.expected_version, author: asker.author, at: app.now() };
    Ok(Json(Changed { version: keep(&app, rules, &edit).await? }))
}

/// The rules of a project as they are kept now.
pub(crate) async fn kept(app: &App, project: &Project) -> Result<Kept, ApiError> {
    let id = &project.definition.id;
    let kept = app.store().definition(Kind::StaffRules, id.as_str()).await;
    let Some(Definition { version, body, author, written_at, .. }) = kept.map_err(unavailable)?
    else {
        return Ok(Kept { version: 0, by: None, rules: StaffRules::none(id.clone()) });
    };
    let rules =
        serde_json::from_str(&body).map_err(|error| ApiError::from(anyhow::Error::new(error)))?;
    Ok(Kept { version, by: Some((author, written_at)), rules })
}

/// Keeps rules; returns their version. Every question that is asked here afterwards goes by
/// them, unless reading them again fails: then those from a moment later on.
pub(crate) async fn keep(app: &App, rules: StaffRules, edit: &Edit) -> Result<u32, ApiError> {
    let rules = rules.checked().map_err(ApiError::BadRequest)?;
    match app.store().put_staff_rules(&rules, edit).await {
        Ok(version) => {
            take_up(app).await;
            Ok(version)
        }
        Err(store::Error::Conflict { .. }) => {
            let why = "somebody else changed the rules meanwhile: here they are as they are now";
            Err(ApiError::Conflict(why.to_owned()))
        }
        Err(error) => Err(unavailable(error)),
    }
}

/// Has every question that is asked from now on go by what was just kept.
pub(crate) async fn take_up(app: &App) {
    if let Err(error) = app.definitions().refresh(app.store()).await {
        // It is kept and will be known in a moment.
        let error = format!("{error:#}");
        tracing::warn!(error, "who counts was changed, and is known a little later");
    }
}

/// What each rule leaves out of the last thirty days.
pub(crate) async fn left_out(
    app: &App,
    project: &Project,
    rules: &StaffRules,
) -> Result<Vec<(Rule, LeftOut)>, store::Error> {
    let now = app.now();
    let grouping = Grouping { staff: rules.clone(), ..project.grouping.clone() };
    app.store().left_out(&grouping, now.plus_millis(-LOOK_BACK_MS), now).await
}
