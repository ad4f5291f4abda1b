//! Dead letters: what ClickHouse refused for good, to look at, to mend and to replay.

mod discard;
mod view;

use super::gate::check_token;
use super::layout::{Place, Shell};
use super::live::zone;
use super::notice::Notice;
use super::notice::sentence;
use super::visit::Visit;
use super::{html, project};
use crate::App;
use crate::access::Act;
use crate::dead::{Filter, Kept, Key, LetterId, Letters, mend, replay};
use crate::definitions::Project;
use crate::http::error::ApiError;
use crate::members::SignedIn;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Multipart, Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum_extra::extract::Form;
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio_stream::wrappers::ReceiverStream;
use view::{Fields, LetterPage, LettersPage, List};

/// Letters on one page.
const ON_PAGE: usize = 50;

/// Bytes of letters that a download reads at once.
const DOWNLOAD_BYTES: usize = 1 << 20;

/// A page beyond this one is none, whatever an address says.
const MOST_PAGES: usize = 1_000_000;

/// Bytes of a file of mended letters.
const UPLOAD_BYTES: usize = 16 << 20;

/// Seconds after which to try again what the spool does not take.
const RETRY_AFTER: u32 = 10;

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/projects/{project}/dead-letters", get(show))
        .route("/projects/{project}/dead-letters.jsonl", get(download))
        .route("/projects/{project}/dead-letters/replay", post(hand_back))
        .route("/projects/{project}/dead-letters/discard", post(discard::discard))
        .route(
            "/projects/{project}/dead-letters/upload",
            post(upload).layer(DefaultBodyLimit::max(UPLOAD_BYTES)),
        )
        .route("/projects/{project}/dead-letters/{letter}", get(show_one).post(mend_one))
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// The id of a reason.
    reason: Option<String>,
    /// Which page, from 1.
    #[serde(default)]
    page: usize,
    /// How many were handed back a moment ago.
    replayed: Option<u64>,
    /// How many of these could not be, and stay.
    #[serde(default)]
    unknown: u64,
    /// How many were discarded a moment ago.
    discarded: Option<u64>,
}

impl Asked {
    fn notice(&self) -> Option<Notice> {
        let replayed = self.replayed.map(|n| view::replayed(n, self.unknown));
        replayed.or_else(|| self.discarded.map(view::discarded))
    }
}

/// The project, and what the member may see of its letters.
struct Desk {
    app: App,
    project: std::sync::Arc<Project>,
    is_admin: bool,
}

impl Desk {
    fn new(app: &App, signed_in: &SignedIn, id: &str) -> Result<Self, ApiError> {
        let project = project(app, &Path(id.to_owned()))?;
        let is_admin = signed_in.may(Act::Letters);
        Ok(Self { app: app.clone(), project, is_admin })
    }

    /// The same for somebody who changes something.
    fn for_change(app: &App, signed_in: &SignedIn, id: &str, csrf: &str) -> Result<Self, ApiError> {
        check_token(csrf, signed_in)?;
        Self::new(app, signed_in, id)
    }

    fn filter(&self, reason: Option<String>) -> Filter {
        let (id, definitions) = (&self.project.definition.id, self.app.definitions());
        Filter { reason, ..Filter::of(id, definitions, self.is_admin) }
    }

    fn path(&self) -> String {
        format!("/projects/{}/dead-letters", self.project.definition.id)
    }

    /// Does what blocks on the file system.
    async fn letters<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Letters) -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let letters = self.app.letters().clone();
        Ok(spawn_blocking(move || read(&letters)).await.map_err(anyhow::Error::new)?)
    }

    async fn one(&self, id: &str) -> Result<Kept, ApiError> {
        let missing = || {
            let why = "there is no such letter any more: it was replayed, or it was too old";
            ApiError::NotFound(why.to_owned())
        };
        let (id, filter) = (LetterId::parse(id).ok_or_else(missing)?, self.filter(None));
        let found = self.letters(move |letters| letters.find(id, &filter)).await?;
        found.map_err(anyhow::Error::new)?.ok_or_else(missing)
    }

    async fn list(
        &self,
        shell: Shell,
        asked: &Asked,
        notice: Option<Notice>,
    ) -> Result<LettersPage, ApiError> {
        let (page, filter) = (asked.page.clamp(1, MOST_PAGES), self.filter(asked.reason.clone()));
        let of_all = self.filter(None);
        let (reasons, n_letters, kept) = self
            .letters(move |letters| {
                let keys = letters.keys(&filter);
                let shown: Vec<Key> = keys
                    .iter()
                    .skip((page - 1).saturating_mul(ON_PAGE))
                    .take(ON_PAGE)
                    .copied()
                    .collect();
                (letters.reasons(&of_all), keys.len(), letters.read(&shown))
            })
            .await?;
        let list = List {
            project: &self.project.definition,
            path: self.path(),
            chosen: asked.reason.as_deref(),
            page,
            n_pages: n_letters.div_ceil(ON_PAGE),
            zone: zone(&self.project.definition.time_zone),
        };
        let kept = kept.map_err(anyhow::Error::new)?;
        let mut view = list.page(shell, &reasons, &kept, n_letters);
        view.is_admin = self.is_admin;
        view.days = self.app.config().store.dead_letters_days;
        view.is_full = self.app.letters().status().failure.map(|failure| sentence(&failure));
        view.notice = notice;
        Ok(view)
    }

    fn done(&self, replayed: replay::Replayed) -> Response {
        let replay::Replayed { n_letters, n_unknown } = replayed;
        let unknown = if n_unknown > 0 { format!("&unknown={n_unknown}") } else { String::new() };
        let address = format!("{}?replayed={n_letters}{unknown}", self.path());
        Redirect::to(&address).into_response()
    }

    /// Hands back in a task of its own: whoever asked may go away meanwhile.
    async fn replay(
        &self,
        work: impl Future<Output = Result<replay::Replayed, replay::Error>> + Send + 'static,
    ) -> Result<Response, ApiError> {
        let replayed = tokio::spawn(work).await.map_err(anyhow::Error::new)?;
        match replayed {
            Ok(replayed) => Ok(self.done(replayed)),
            Err(replay::Error::Spool(error)) => {
                let message =
                    format!("not everything was replayed: {error}. The rest is still here");
                Err(ApiError::Unavailable { message, retry_after: RETRY_AFTER })
            }
            Err(error) => Err(anyhow::Error::new(error).into()),
        }
    }
}

fn shell(visit: &Visit, signed_in: &SignedIn, desk: &Desk) -> Shell {
    visit.shell_for("Dead letters", Place::Letters, signed_in, &desk.project)
}

/// Shows the letters, newest first.
async fn show(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, ApiError> {
    let desk = Desk::new(&app, &signed_in, &id)?;
    html(&desk.list(shell(&visit, &signed_in, &desk), &asked, asked.notice()).await?)
}

/// Shows one letter.
async fn show_one(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    Path((id, letter)): Path<(String, String)>,
) -> Result<Html<String>, ApiError> {
    let desk = Desk::new(&app, &signed_in, &id)?;
    let kept = desk.one(&letter).await?;
    html(&one_page(&visit, &signed_in, &desk, &kept))
}

fn one_page(visit: &Visit, signed_in: &SignedIn, desk: &Desk, kept: &Kept) -> LetterPage {
    let fields = Fields {
        path: desk.path(),
        zone: zone(&desk.project.definition.time_zone),
        project: &desk.project.definition,
        is_admin: desk.is_admin,
    };
    fields.page(shell(visit, signed_in, desk), &kept.letter)
}

/// Answers with the letters as lines of JSON.
async fn download(
    signed_in: SignedIn,
    State(app): State<App>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, ApiError> {
    let desk = Desk::new(&app, &signed_in, &id)?;
    let filter = desk.filter(asked.reason);
    let letters = app.letters().clone();
    let (sender, lines) = mpsc::channel(1);
    // It ends with the connection.
    spawn_blocking(move || send(&letters, &filter, &sender));
    let name =
        format!("attachment; filename=\"dead-letters-{}.jsonl\"", desk.project.definition.id);
    let headers = [
        (header::CONTENT_TYPE, "application/jsonl; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, Body::from_stream(ReceiverStream::new(lines))).into_response())
}

/// Sends the letters, a few at a time: all of them are more than fits into memory.
fn send(letters: &Letters, filter: &Filter, to: &mpsc::Sender<anyhow::Result<Bytes>>) {
    let keys = letters.keys(filter);
    let mut keys = keys.as_slice();
    while !keys.is_empty() {
        let page = lines(letters, &mut keys);
        // A download that breaks off is seen to be broken.
        let is_last = page.is_err();
        if to.blocking_send(page).is_err() || is_last {
            return;
        }
    }
}

/// The lines of the first of these letters, which are taken from `keys`.
fn lines(letters: &Letters, keys: &mut &[Key]) -> anyhow::Result<Bytes> {
    let (kept, n_keys) = letters.read_some(keys, DOWNLOAD_BYTES)?;
    *keys = &keys[n_keys..];
    let mut lines = String::new();
    for kept in kept {
        lines.push_str(&kept.letter.to_line()?);
        lines.push('\n');
    }
    Ok(lines.into())
}

#[derive(Debug, Deserialize)]
struct ReplayForm {
    #[serde(default)]
    csrf: String,
    /// Replays all that are listed, and not only the chosen ones.
    all: Option<String>,
    reason: Option<String>,
    #[serde(default)]
    id: Vec<String>,
}

/// Replays chosen letters, or all that are listed.
async fn hand_back(
    signed_in: SignedIn,
    State(app): State<App>,
    Path(id): Path<String>,
    Form(form): Form<ReplayForm>,
) -> Result<Response, ApiError> {
    let desk = Desk::for_change(&app, &signed_in, &id, &form.csrf)?;
    if form.all.is_some() {
        let filter = desk.filter(form.reason.filter(|reason| !reason.is_empty()));
        return desk.replay(async move { replay::all(&app, &filter).await }).await;
    }
    let (ids, filter) = (form.id, desk.filter(None));
    let kept = desk
        .letters(move |letters| {
            let ids = ids.iter().filter_map(|id| LetterId::parse(id));
            ids.filter_map(|id| letters.find(id, &filter).transpose())
                .collect::<Result<Vec<_>, _>>()
        })
        .await?;
    let kept = kept.map_err(anyhow::Error::new)?;
    desk.replay(async move { replay::some(&app, kept).await }).await
}

#[derive(Debug, Deserialize)]
struct MendForm {
    #[serde(default)]
    csrf: String,
    row: String,
}

/// Replays one letter with the row as somebody mended it.
async fn mend_one(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    Path((id, letter)): Path<(String, String)>,
    Form(form): Form<MendForm>,
) -> Result<Response, ApiError> {
    let desk = Desk::for_change(&app, &signed_in, &id, &form.csrf)?;
    let kept = desk.one(&letter).await?;
    match mend::row(kept.clone(), &form.row) {
        Ok(mended) => desk.replay(async move { replay::some(&app, vec![mended]).await }).await,
        Err(fault) => {
            let mut page = one_page(&visit, &signed_in, &desk, &kept);
            page.notice = Some(Notice::bad(sentence(&fault.to_string())));
            page.mended(form.row);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
        }
    }
}

/// Replays what is in a file of letters that somebody mended: all of it, or nothing.
async fn upload(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    Path(id): Path<String>,
    form: Multipart,
) -> Result<Response, ApiError> {
    let (csrf, text) = read_upload(form).await?;
    let desk = Desk::for_change(&app, &signed_in, &id, &csrf)?;
    let filter = desk.filter(None);
    let mended = desk.letters(move |letters| mend::file(letters, &filter, &text)).await?;
    match mended {
        Ok(mended) => desk.replay(async move { replay::some(&app, mended).await }).await,
        Err(mend::Error::Letters(error)) => Err(anyhow::Error::new(error).into()),
        Err(fault) => {
            let why = format!("Nothing was replayed. {}", sentence(&fault.to_string()));
            let shell = shell(&visit, &signed_in, &desk);
            let page = desk.list(shell, &Asked::default(), Some(Notice::bad(why))).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
        }
    }
}

/// The token and the text of the file.
async fn read_upload(mut form: Multipart) -> Result<(String, String), ApiError> {
    let (mut csrf, mut text) = (String::new(), String::new());
    let fault = |error: axum::extract::multipart::MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            ApiError::TooLarge(format!("the file is larger than {UPLOAD_BYTES} bytes"))
        }
        _ => ApiError::BadRequest("the file cannot be read".to_owned()),
    };
    while let Some(field) = form.next_field().await.map_err(fault)? {
        match field.name() {
            Some("csrf") => csrf = field.text().await.map_err(fault)?,
            Some("file") => text = field.text().await.map_err(fault)?,
            _ => {}
        }
    }
    Ok((csrf, text))
}
