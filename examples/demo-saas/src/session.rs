//! Signing in for a company, and out again.

use crate::app::App;
use crate::error::Error;
use crate::page::{Shell, render};
use askama::Template;
use axum::Form;
use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use serde::Deserialize;

const COOKIE: &str = "tidemark_session";

/// The roles that a company knows.
const ROLES: [&str; 4] = ["Administrator", "Manager", "Analyst", "Marketer"];

/// Who is signed in, and for which company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) email: String,
    pub(crate) company: String,
    pub(crate) role: &'static str,
}

impl Member {
    /// The letters that stand for the member where there is little room.
    pub(crate) fn initials(&self) -> String {
        let name = self.email.split('@').next().unwrap_or_default();
        let words = name.split(['.', '-', '_']).filter_map(|word| word.chars().next());
        words.take(2).flat_map(char::to_uppercase).collect()
    }
}

impl FromRequestParts<App> for Member {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let jar = CookieJar::from_headers(&parts.headers);
        jar.get(COOKIE).and_then(|cookie| app.member(cookie.value())).ok_or(Error::SignedOut)
    }
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    shell: Shell,
    roles: [&'static str; 4],
    form: SignIn,
    complaint: Option<&'static str>,
}

/// The form of the sign-in page. Its password is asked for and not looked at.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct SignIn {
    email: String,
    company: String,
    role: String,
}

/// The sign-in page.
pub(crate) async fn show(State(app): State<App>) -> Result<Html<String>, Error> {
    sign_in_page(&app, SignIn::default(), None)
}

fn sign_in_page(
    app: &App,
    form: SignIn,
    complaint: Option<&'static str>,
) -> Result<Html<String>, Error> {
    let shell = Shell::outside(app.script(), "Sign in");
    render(&SignInPage { shell, roles: ROLES, form, complaint })
}

/// Signs in whoever names an address, a company and a role.
pub(crate) async fn sign_in(
    State(app): State<App>,
    jar: CookieJar,
    Form(form): Form<SignIn>,
) -> Result<Response, Error> {
    let member = match form.member() {
        Ok(member) => member,
        Err(complaint) => {
            let page = sign_in_page(&app, form, Some(complaint))?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let token = token()?;
    app.sign_in(token.clone(), member);
    let cookie =
        Cookie::build((COOKIE, token)).path("/").http_only(true).same_site(SameSite::Lax).build();
    Ok((jar.add(cookie), Redirect::to("/collection/sources")).into_response())
}

/// Signs out.
pub(crate) async fn sign_out(State(app): State<App>, jar: CookieJar) -> impl IntoResponse {
    if let Some(cookie) = jar.get(COOKIE) {
        app.sign_out(cookie.value());
    }
    (jar.remove(Cookie::build(COOKIE).path("/")), Redirect::to("/sign-in"))
}

/// Leads to the first page, or to the sign-in page.
pub(crate) async fn home(_: Member) -> Redirect {
    Redirect::to("/collection/sources")
}

impl SignIn {
    fn member(&self) -> Result<Member, &'static str> {
        let role = ROLES.iter().find(|role| **role == self.role);
        let company = self.company.trim();
        match (self.email.trim(), role) {
            (email, _) if !email.contains('@') => Err("Enter your work e-mail address."),
            _ if company.is_empty() => Err("Enter your company's name."),
            (_, None) => Err("Choose your role."),
            (email, Some(role)) => {
                Ok(Member { email: email.to_owned(), company: company.to_owned(), role })
            }
        }
    }
}

fn token() -> Result<String, Error> {
    let mut random = [0_u8; 16];
    getrandom::fill(&mut random).map_err(|_| Error::Internal)?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}
