//! Forms from which something is made, and made again: shown, refused with a sentence, or saved.

use crate::app::App;
use crate::catalogue::Texts;
use crate::company::Company;
use crate::error::Error;
use crate::kept::{Kept, lead_to, path};
use crate::page::refused;
use crate::session::Member;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use axum_extra::extract::Form;
use jiff::civil::Date;
use serde::de::DeserializeOwned;

/// What a form says of something that a company is to keep.
pub(crate) trait Draft: DeserializeOwned + Send + 'static {
    /// What it becomes.
    type Thing: Kept;

    /// What keeps the form from being saved.
    fn complaint(&self, t: &'static Texts) -> Option<String>;

    /// What the form describes, made by this member today, in place of what is `saved`.
    ///
    /// # Errors
    /// When the company does not have what the form refers to.
    fn thing(
        &self,
        company: &Company,
        saved: Option<&Self::Thing>,
        made: (&Member, Date),
    ) -> Result<Self::Thing, Error>;

    /// The page with the form.
    ///
    /// # Errors
    /// When the company does not have what the form refers to.
    fn page(&self, ask: Ask<'_>) -> Result<Html<String>, Error>;
}

/// Who asks for the page of a form.
#[derive(Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) app: &'a App,
    pub(crate) member: &'a Member,
    /// The id of what is saved again; something new has none yet.
    pub(crate) id: Option<u32>,
    /// Why the form that was sent is not taken.
    pub(crate) complaint: Option<String>,
}

impl<'a> Ask<'a> {
    /// Who looks at the form, before anything is wrong with it.
    pub(crate) fn of(app: &'a App, member: &'a Member, id: Option<u32>) -> Self {
        Self { app, member, id, complaint: None }
    }
}

/// What a page with nothing but a form is called, and where its buttons lead.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) title: &'static str,
    pub(crate) action: String,
    pub(crate) back: String,
}

impl Frame {
    /// The frame of a form of what has this id, or of something new; `titles` are for new and saved.
    pub(crate) fn of<T: Kept>(id: Option<u32>, titles: [&'static str; 2]) -> Self {
        let (back, [new, edit]) = (path::<T>(id), titles);
        match id {
            Some(_) => Self { title: edit, action: format!("{back}/edit"), back },
            None => Self { title: new, action: back.clone(), back },
        }
    }
}

/// The form of something new.
pub(crate) async fn new<D: Draft + Default>(
    State(app): State<App>,
    member: Member,
) -> Result<Html<String>, Error> {
    D::default().page(Ask::of(&app, &member, None))
}

/// The form of something that is saved.
pub(crate) async fn edit<D>(
    State(app): State<App>,
    member: Member,
    Path(id): Path<u32>,
) -> Result<Html<String>, Error>
where
    D: Draft,
    for<'a> D: From<&'a D::Thing>,
{
    let draft = app.company(&member, |company| Ok(D::from(company.get(id)?)))?;
    draft.page(Ask::of(&app, &member, Some(id)))
}

/// Saves something new, and leads to it.
pub(crate) async fn create<D: Draft>(
    State(app): State<App>,
    member: Member,
    Form(draft): Form<D>,
) -> Result<Response, Error> {
    save(&app, &member, None, &draft)
}

/// Saves something again, and leads to it.
pub(crate) async fn update<D: Draft>(
    State(app): State<App>,
    member: Member,
    Path(id): Path<u32>,
    Form(draft): Form<D>,
) -> Result<Response, Error> {
    save(&app, &member, Some(id), &draft)
}

fn save<D: Draft>(
    app: &App,
    member: &Member,
    id: Option<u32>,
    draft: &D,
) -> Result<Response, Error> {
    if let Some(complaint) = draft.complaint(member.t()) {
        let ask = Ask { complaint: Some(complaint), ..Ask::of(app, member, id) };
        return Ok(refused(draft.page(ask)?));
    }
    let today = app.today();
    let id = app.company(member, |company| {
        let saved = id.map(|id| company.get(id)).transpose()?;
        let thing = draft.thing(company, saved, (member, today))?;
        Ok(company.keep(id, thing))
    })?;
    Ok(lead_to::<D::Thing>(id).into_response())
}
