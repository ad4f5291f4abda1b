//! What is captured, kind by kind, each to be switched off and on.

use super::{page, status_of};
use crate::App;
use crate::captured::{Change, keep};
use crate::dashboard::gate::check_token;
use crate::dashboard::notice::{Notice, sentence};
use crate::dashboard::privacy::words::kind as described;
use crate::dashboard::visit::Visit;
use crate::dashboard::{html, project};
use crate::http::error::ApiError;
use crate::members::SignedIn;
use crate::remote_config::PageConfig;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use protocol::Kind;
use protocol::config::can_be_off;

/// All kinds, as they are set.
#[derive(Debug)]
pub(super) struct CapturedView {
    /// The version that the form edits.
    pub(super) version: u32,
    pub(super) kinds: Vec<KindView>,
}

/// One kind.
#[derive(Debug)]
pub(super) struct KindView {
    pub(super) word: &'static str,
    pub(super) title: &'static str,
    pub(super) sentence: &'static str,
    pub(super) is_on: bool,
}

impl CapturedView {
    /// What pages are told now.
    pub(super) fn new(config: &PageConfig) -> Self {
        let kinds = Kind::ALL.into_iter().filter(|kind| is_offered(*kind));
        let view = |kind: Kind| {
            let (title, sentence) = words(kind);
            KindView { word: kind.as_str(), title, sentence, is_on: !config.off().contains(&kind) }
        };
        Self { version: config.captured_version(), kinds: kinds.map(view).collect() }
    }
}

/// Whether it is there to be switched: an exposure is sent by nobody so far.
fn is_offered(kind: Kind) -> bool {
    can_be_off(kind) && kind != Kind::Exposure
}

/// What a kind is called here, and what of it is kept.
const fn words(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::PageView => ("Page views", "Also where the address changes without a load."),
        Kind::PageLeave => (
            "Leaving a page",
            "How long somebody was engaged with it, and how far down it was seen.",
        ),
        Kind::Click => ("Clicks", "The label of what was clicked, and where it stands."),
        Kind::Submit => ("Forms sent", "Which fields were filled, never with what."),
        Kind::Change => ("Changes of fields", "That one was changed, never to what."),
        Kind::Copy => ("Copying", "How many characters, never which."),
        Kind::Download => ("Downloads", "The host of the link and the kind of file."),
        Kind::Outbound => ("Links out", "The host that a link leads to, where it is another one."),
        Kind::RageClick => ("Clicks in rage", described(kind)),
        Kind::DeadClick => ("Clicks in vain", described(kind)),
        Kind::ErrorClick => ("Clicks into an error", described(kind)),
        Kind::Error => ("Errors of your scripts", "The message, scrubbed, and the place."),
        Kind::WebVital => ("Speed", "The web vitals of each load: LCP, INP, CLS, FCP and TTFB."),
        _ => ("", ""),
    }
}

/// Keeps what the form says, and leaves kinds as they are that it does not offer.
pub(in crate::dashboard) async fn save(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let field = |name| fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value);
    check_token(field("csrf"), &signed_in)?;
    let project = project(&app, &id)?;
    let is_on =
        |kind: Kind| fields.iter().any(|(key, value)| key == "on" && value == kind.as_str());
    let stays_off = |kind: Kind| match is_offered(kind) {
        true => !is_on(kind),
        false => project.config.off().contains(&kind),
    };
    let off = Kind::ALL.into_iter().filter(|kind| stays_off(*kind)).collect();
    let change = Change { expected_version: field("captured_version").parse().unwrap_or(0), off };
    let fault = match keep(&app, &signed_in.member, &project, change).await {
        Ok(_) => {
            let address = format!("/projects/{}/setup?saved=true", project.definition.id);
            return Ok(Redirect::to(&address).into_response());
        }
        Err(fault @ (ApiError::BadRequest(_) | ApiError::Conflict(_))) => fault,
        Err(fault) => return Err(fault),
    };
    let notice = Notice::bad(sentence(&fault.to_string()));
    let page = page(&app, &visit, &signed_in, &project, Some(notice)).await;
    Ok((status_of(&fault), html(&page)?).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_that_can_be_switched_off_has_words() {
        for kind in Kind::ALL {
            assert_eq!(!words(kind).1.is_empty(), is_offered(kind), "{kind}");
        }
    }
}
