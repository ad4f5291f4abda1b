//! The way in and out: the first member's welcome, signing in, signing out; and the theme.

use super::html;
use super::layout::{Shell, Theme};
use super::notice::sentence;
use super::visit::{THEME, Visit, local};
use crate::App;
use crate::http::error::ApiError;
use crate::members::{
    Newcomer, PASSWORD_CHARS, Refusal, SIGN_IN_MS, Secret, SignedIn, unavailable,
};
use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, SameSite};
use serde::Deserialize;
use subtle::ConstantTimeEq;
use time::Duration;

/// The cookie that ties the form of the sign-in to one browser.
const FORM: &str = "sillage_form";
/// How long the choice of a theme is kept.
const THEME_DAYS: i64 = 365;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Invited {
    #[serde(default)]
    token: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Beginner {
    token: String,
    name: String,
    email: String,
    password: String,
}

#[derive(Debug, Template)]
#[template(path = "welcome.html")]
struct WelcomePage {
    shell: Shell,
    fault: Option<String>,
    token: String,
    name: String,
    email: String,
    password_chars: usize,
}

/// Asks who the first member is, of whoever has the token.
pub(super) async fn welcome(
    visit: Visit,
    State(app): State<App>,
    Query(invited): Query<Invited>,
) -> Result<Response, ApiError> {
    check_private(&visit)?;
    if !app.members().is_invited(&invited.token, app.now()).await {
        return Err(ApiError::Forbidden(Refusal::NotInvited.to_string()));
    }
    let page = WelcomePage {
        shell: visit.shell("Welcome"),
        fault: None,
        token: invited.token,
        name: String::new(),
        email: String::new(),
        password_chars: PASSWORD_CHARS,
    };
    Ok(html(&page)?.into_response())
}

/// Makes the first member and leads him to Setup. The token stands in for that of the form.
pub(super) async fn begin(
    visit: Visit,
    State(app): State<App>,
    Form(form): Form<Beginner>,
) -> Result<Response, ApiError> {
    check_private(&visit)?;
    let Beginner { token, name, email, password } = form;
    let newcomer = Newcomer { name: name.clone(), email: email.clone(), password };
    match app.members().found(&token, newcomer, app.now()).await {
        Ok(secret) => Ok(signed_in(&visit, &secret, "/")),
        Err(refusal @ Refusal::Invalid(_)) => {
            let shell = visit.shell("Welcome");
            let fault = Some(sentence(&refusal.to_string()));
            let page =
                WelcomePage { shell, fault, token, name, email, password_chars: PASSWORD_CHARS };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
        }
        Err(refusal) => Err(told(refusal)),
    }
}

/// A token that others on the way could read must not be used.
fn check_private(visit: &Visit) -> Result<(), ApiError> {
    let why = "the first member is made on the machine itself, or over https: \
               open this address there, or set `public_url` to an https address";
    if visit.is_private { Ok(()) } else { Err(ApiError::Forbidden(why.to_owned())) }
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Next {
    #[serde(default)]
    next: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Credentials {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    next: String,
    email: String,
    password: String,
}

#[derive(Debug, Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    shell: Shell,
    fault: Option<String>,
    next: String,
    email: String,
}

/// Asks who it is.
pub(super) async fn ask(visit: Visit, Query(query): Query<Next>) -> Result<Response, ApiError> {
    sign_in_page(&visit, local(&query.next), String::new(), None)
}

fn sign_in_page(
    visit: &Visit,
    next: &str,
    email: String,
    fault: Option<String>,
) -> Result<Response, ApiError> {
    let known = visit.jar.get(FORM).and_then(|cookie| Secret::parse(cookie.value()));
    let secret = known.map_or_else(Secret::new, Ok)?;
    let shell = Shell { csrf: secret.form_token(), ..visit.shell("Sign in") };
    let page = html(&SignInPage { shell, fault, next: next.to_owned(), email })?;
    let jar = visit.jar.clone().add(visit.cookie(FORM, secret.as_str().to_owned()));
    Ok((jar, page).into_response())
}

/// Signs in, and leads to where one wanted to go.
pub(super) async fn sign_in(
    visit: Visit,
    State(app): State<App>,
    Form(form): Form<Credentials>,
) -> Result<Response, ApiError> {
    let known = visit.jar.get(FORM).and_then(|cookie| Secret::parse(cookie.value()));
    let next = local(&form.next);
    if !known.is_some_and(|secret| is_token(&form.csrf, &secret)) {
        let fault = "This form was open for too long. Try once more.".to_owned();
        let page = sign_in_page(&visit, next, form.email, Some(fault))?;
        return Ok((StatusCode::FORBIDDEN, page).into_response());
    }
    match app.members().sign_in(&form.email, form.password, visit.from, app.now()).await {
        Ok(secret) => Ok(signed_in(&visit, &secret, next)),
        Err(refusal @ (Refusal::WrongPassword | Refusal::TooOften { .. })) => {
            let status = match refusal {
                Refusal::TooOften { .. } => StatusCode::TOO_MANY_REQUESTS,
                _ => StatusCode::UNAUTHORIZED,
            };
            let fault = Some(sentence(&refusal.to_string()));
            let page = sign_in_page(&visit, next, form.email, fault)?;
            Ok((status, page).into_response())
        }
        Err(refusal) => Err(told(refusal)),
    }
}

pub(super) fn signed_in(visit: &Visit, secret: &Secret, next: &str) -> Response {
    let mut cookie = visit.sign_in_cookie(secret.as_str().to_owned());
    cookie.set_max_age(Duration::milliseconds(SIGN_IN_MS));
    (visit.jar.clone().add(cookie), Redirect::to(next)).into_response()
}

pub(super) fn told(refusal: Refusal) -> ApiError {
    match refusal {
        Refusal::Store(error) => unavailable(error),
        Refusal::Internal(error) => error.into(),
        refusal @ Refusal::Invalid(_) => ApiError::BadRequest(refusal.to_string()),
        refusal @ (Refusal::Outdated | Refusal::LastAdmin) => {
            ApiError::Conflict(refusal.to_string())
        }
        Refusal::TooOften { seconds } => ApiError::TooMany {
            message: Refusal::TooOften { seconds }.to_string(),
            retry_after: u32::try_from(seconds).unwrap_or(u32::MAX),
        },
        refusal => ApiError::Forbidden(refusal.to_string()),
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Signed {
    #[serde(default)]
    csrf: String,
}

/// Signs out.
pub(super) async fn sign_out(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    Form(form): Form<Signed>,
) -> Result<Response, ApiError> {
    check_token(&form.csrf, &signed_in)?;
    app.members().sign_out(&signed_in.secret, app.now()).await.map_err(unavailable)?;
    let jar = visit.jar.clone().remove(visit.sign_in_cookie(String::new()));
    Ok((jar, Redirect::to("/sign-in")).into_response())
}

/// Whether a form is the one that we gave to this member.
pub(super) fn check_token(token: &str, signed_in: &SignedIn) -> Result<(), ApiError> {
    let why = "this form does not belong to your sign-in: go back, reload the page, try again";
    if is_token(token, &signed_in.secret) {
        Ok(())
    } else {
        Err(ApiError::Forbidden(why.to_owned()))
    }
}

fn is_token(token: &str, secret: &Secret) -> bool {
    token.as_bytes().ct_eq(secret.form_token().as_bytes()).into()
}

#[derive(Debug, Deserialize)]
pub(super) struct Choice {
    theme: String,
    #[serde(default)]
    next: String,
}

/// Keeps the choice of a theme, which anybody has, and goes back.
pub(super) async fn theme(visit: Visit, Form(form): Form<Choice>) -> Response {
    let cookie = Cookie::build((THEME, Theme::parse(&form.theme).to_string()))
        .path("/")
        .same_site(SameSite::Lax)
        .secure(visit.is_secure)
        .max_age(Duration::days(THEME_DAYS));
    (visit.jar.add(cookie), Redirect::to(local(&form.next))).into_response()
}
