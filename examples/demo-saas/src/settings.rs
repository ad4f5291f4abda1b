//! Settings: the language of the interface, the colleagues, and the plan.

pub(crate) mod plan;
pub(crate) mod team;

pub(crate) use plan::Plan;

use crate::app::App;
use crate::error::Error;
use crate::language::Language;
use crate::page::{Module, Shell, render};
use crate::session::Member;
use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect};
use axum_extra::extract::cookie::CookieJar;
use serde::Deserialize;

const HERE: (Module, &str) = (Module::Settings, "/settings");

#[derive(Template)]
#[template(path = "settings/profile.html")]
struct ProfilePage {
    shell: Shell,
    member: Member,
    languages: [Language; 2],
}

/// Who is signed in, and which language he reads.
pub(crate) async fn show(State(app): State<App>, member: Member) -> Result<Html<String>, Error> {
    let shell = Shell::inside(&app, &member, HERE, member.t().settings);
    render(&ProfilePage { shell, member, languages: Language::ALL })
}

/// The form of the settings.
#[derive(Debug, Deserialize)]
pub(crate) struct Settings {
    language: String,
}

/// Saves the settings. A language that is not offered changes nothing.
pub(crate) async fn save(
    member: Member,
    jar: CookieJar,
    Form(form): Form<Settings>,
) -> impl IntoResponse {
    let language = Language::of(&form.language).unwrap_or(member.language);
    (jar.add(language.cookie()), Redirect::to(HERE.1))
}
