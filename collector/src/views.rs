//! Saved views: a report and its question under a name, for oneself or for the team.
//!
//! A view is a definition like the others: each version is kept with its author, and an edit says
//! which version it is based on. Its address is that of the question itself; the name only stands
//! beside it.

mod api;

pub use api::routes;

use crate::App;
use crate::dashboard::question::{REPORTS, report};
use crate::definitions::Project;
use crate::http::error::ApiError;
use crate::members::unavailable;
use protocol::ProjectId;
use serde::Deserialize;
use store::definition::Kind;
use store::{Edit, Member, SavedView, View};

/// The most characters of a name.
pub(crate) const NAME_CHARS: usize = 100;
/// The most characters of a description.
pub(crate) const DESCRIPTION_CHARS: usize = 300;
/// The most bytes of a question.
const QUERY_BYTES: usize = 8 << 10;
/// The most views that somebody has, and the team, so that the list of them stays one.
const VIEWS: usize = 500;
/// How often an id may be taken by a view that is called otherwise by now.
const NAMESAKES: u32 = 50;

/// Who looks at views and changes them.
#[derive(Debug, Clone)]
pub(crate) struct Who {
    /// His address, or what stands for a program.
    pub(crate) name: String,
    /// Whether it is a program, which has no views of its own.
    pub(crate) is_program: bool,
}

impl Who {
    fn owns(&self, view: &View) -> bool {
        !self.is_program && Member::id_of(&view.owner) == Member::id_of(&self.name)
    }

    /// Whether he sees it.
    pub(crate) fn sees(&self, view: &View) -> bool {
        view.shared || self.owns(view)
    }
}

/// What somebody wants a view to be.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Draft {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) description: String,
    /// The end of the address of the report's screen.
    pub(crate) report: String,
    /// The query string of its address.
    pub(crate) query: String,
    /// Whether everybody sees it.
    #[serde(default)]
    pub(crate) shared: bool,
}

/// The views of a project that somebody sees, by name.
pub(crate) fn seen(app: &App, project: &ProjectId, who: &Who) -> Vec<SavedView> {
    let all = app.definitions().views();
    let own = all.iter().filter(|one| one.view.project == *project && who.sees(&one.view));
    let mut own: Vec<_> = own.cloned().collect();
    own.sort_by_cached_key(|one| (one.view.name.to_lowercase(), one.view.id.clone()));
    own
}

/// Makes a view, or changes the one with this id, which was seen at this version; returns it.
///
/// # Errors
/// 400 with a sentence for one that makes no sense, 403 for what is its owner's to do, 404 where
/// it is not seen, 409 where somebody else was faster, 503 while the store is away.
pub(crate) async fn save(
    app: &App,
    project: &Project,
    draft: Draft,
    of: Option<(&str, u32)>,
    who: &Who,
) -> Result<View, ApiError> {
    let draft = draft.checked(who)?;
    let id = &project.definition.id;
    let stored = app.store().defined().await.map_err(unavailable)?.views;
    let seen: Vec<_> = stored.into_iter().filter(|one| one.view.project == *id).collect();
    let before = match of {
        Some((id, _)) => Some(find(&seen, id, who)?),
        None => None,
    };
    check_room(&seen, &draft, before, who)?;
    let owner = before.map_or(&who.name, |before| &before.view.owner).clone();
    if !draft.shared && owner != who.name {
        let why = "a view of the team becomes nobody else's: only who made it can have it alone";
        return Err(ApiError::Forbidden(why.to_owned()));
    }
    let view_id = match before {
        Some(before) => before.view.id.clone(),
        None => free_id(app, id, &owner, &draft.name).await?,
    };
    let Draft { name, description, report, query, shared } = draft;
    let project = id.clone();
    let view = View { id: view_id, project, name, description, report, query, owner, shared };
    let edit = edit(app, who, of.map_or(0, |(_, version)| version));
    told(app.store().put_view(&view, &edit).await)?;
    refresh(app).await;
    Ok(view)
}

/// Deletes a view that was seen at this version.
///
/// # Errors
/// As [`save`].
pub(crate) async fn delete(
    app: &App,
    project: &Project,
    (id, version): (&str, u32),
    who: &Who,
) -> Result<(), ApiError> {
    let stored = app.store().defined().await.map_err(unavailable)?.views;
    let of_project = stored.into_iter().filter(|one| one.view.project == project.definition.id);
    let views: Vec<_> = of_project.collect();
    let found = find(&views, id, who)?;
    told(app.store().delete_view(&found.view, &edit(app, who, version)).await)?;
    refresh(app).await;
    Ok(())
}

impl Draft {
    /// The same without blanks around, with the question as its report writes it.
    fn checked(self, who: &Who) -> Result<Self, ApiError> {
        let bad = |why: String| Err(ApiError::BadRequest(why));
        let (name, description) = (self.name.trim(), self.description.trim());
        let is_text = |text: &str| !text.contains(char::is_control);
        if name.is_empty() || name.chars().count() > NAME_CHARS || !is_text(name) {
            return bad(format!("a view has a name of 1 to {NAME_CHARS} characters, on one line"));
        }
        if description.chars().count() > DESCRIPTION_CHARS || !is_text(description) {
            return bad(format!(
                "a description has at most {DESCRIPTION_CHARS} characters, on one line"
            ));
        }
        if who.is_program && !self.shared {
            return bad("a program saves views for the team: say `\"shared\": true`".to_owned());
        }
        if self.query.len() > QUERY_BYTES {
            return bad(format!("a question has at most {QUERY_BYTES} bytes"));
        }
        let Some(report) = report(&self.report) else {
            let known: Vec<_> = REPORTS.iter().map(|report| report.id).collect();
            let known = known.join(", ");
            return bad(format!("there is no report `{}`; there are {known}", self.report));
        };
        let query = self.query.trim_start_matches('?');
        let asked = (report.read)(query).map_err(|error| {
            ApiError::BadRequest(format!("the question cannot be read: {error}"))
        })?;
        let (name, description) = (name.to_owned(), description.to_owned());
        Ok(Self { name, description, query: asked.address, ..self })
    }
}

/// Whether there is room for it, and no other of the same name in the same list.
fn check_room(
    views: &[SavedView],
    draft: &Draft,
    before: Option<&SavedView>,
    who: &Who,
) -> Result<(), ApiError> {
    let others = views.iter().filter(|one| before.is_none_or(|of| of.view.id != one.view.id));
    let mut in_list = others
        .filter(|one| one.view.shared == draft.shared && (draft.shared || who.owns(&one.view)));
    let n_views = in_list.clone().count();
    if in_list.any(|one| one.view.name == draft.name) {
        let name = &draft.name;
        return Err(ApiError::BadRequest(format!("there is a view `{name}` already")));
    }
    if before.is_none() && n_views >= VIEWS {
        let why = format!("there are {VIEWS} views in this list already: delete some first");
        return Err(ApiError::BadRequest(why));
    }
    Ok(())
}

fn find<'a>(views: &'a [SavedView], id: &str, who: &Who) -> Result<&'a SavedView, ApiError> {
    let found = views.iter().find(|one| one.view.id == id && who.sees(&one.view));
    found.ok_or_else(|| ApiError::NotFound(format!("there is no view `{id}` in this project")))
}

/// An id that no view has or had.
async fn free_id(
    app: &App,
    project: &ProjectId,
    owner: &str,
    name: &str,
) -> Result<String, ApiError> {
    for n in 0..NAMESAKES {
        let id = View::id_of(project, owner, name, n);
        if app.store().version_of(Kind::View, &id).await.map_err(unavailable)? == 0 {
            return Ok(id);
        }
    }
    let why = format!("too many views were called `{name}` before: call it otherwise");
    Err(ApiError::BadRequest(why))
}

fn edit(app: &App, who: &Who, expected_version: u32) -> Edit {
    Edit { expected_version, author: who.name.clone(), at: app.now() }
}

fn told<T>(written: Result<T, store::Error>) -> Result<T, ApiError> {
    written.map_err(|error| match error {
        store::Error::Conflict { .. } => {
            let why = "somebody else changed this view meanwhile: look at it again";
            ApiError::Conflict(why.to_owned())
        }
        error => unavailable(error),
    })
}

/// Takes up what was written. Where that fails it is known a moment later.
async fn refresh(app: &App) {
    if let Err(error) = app.definitions().refresh(app.store()).await {
        let error = format!("{error:#}");
        tracing::warn!(error, "a view was changed, and is known a little later");
    }
}
