//! Signing in for a company, and out again.

use crate::app::App;
use crate::catalogue::Texts;
use crate::company::{ACCOUNTS, Account, known_name};
use crate::error::Error;
use crate::language::Language;
use crate::page::{Shell, refused, render};
use crate::person::{initials, slug};
use crate::role::Role;
use askama::Template;
use axum::Form;
use axum::extract::{FromRequestParts, Query, State};
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use serde::Deserialize;

const COOKIE: &str = "tidemark_session";

/// Who is signed in, and for which company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    /// Stays the same for the same person of the same company.
    pub(crate) user_id: String,
    /// Role and number.
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) company: String,
    pub(crate) role: Role,
    /// The language that the browser has now.
    pub(crate) language: Language,
}

impl Member {
    /// The letters that stand for the member where there is little room.
    pub(crate) fn initials(&self) -> String {
        initials(&self.name)
    }

    /// The company's id.
    pub(crate) fn account_id(&self) -> String {
        slug(&self.company)
    }

    /// What the interface says in the member's language.
    pub(crate) fn t(&self) -> &'static Texts {
        self.language.texts()
    }
}

impl FromRequestParts<App> for Member {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let Ok(language) = Language::from_request_parts(parts, app).await;
        let jar = CookieJar::from_headers(&parts.headers);
        let member = jar.get(COOKIE).and_then(|cookie| app.member(cookie.value()));
        member.map(|member| Self { language, ..member }).ok_or(Error::SignedOut)
    }
}

/// Somebody whom the sign-in page offers to step in as.
struct Guest {
    role: Role,
    company: &'static str,
    email: &'static str,
}

const GUESTS: [Guest; 4] = [
    Guest { role: Role::Analyst, company: "Acme Retail", email: "analyst.1@acme-retail.example" },
    Guest {
        role: Role::Manager,
        company: "Cobalt Travel",
        email: "manager.1@cobalt-travel.example",
    },
    Guest {
        role: Role::Marketer,
        company: "Dune Logistics",
        email: "marketer.1@dune-logistics.example",
    },
    Guest {
        role: Role::Administrator,
        company: "Gizmo Labs",
        email: "administrator.1@gizmo-labs.example",
    },
];

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    shell: Shell,
    roles: [Role; 4],
    languages: [Language; 2],
    accounts: &'static [Account],
    guests: &'static [Guest],
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

/// What the address of the sign-in page may say.
#[derive(Debug, Deserialize)]
pub(crate) struct Wish {
    language: Option<String>,
}

/// The sign-in page. A language in the address is kept, and leads to the page without it.
pub(crate) async fn show(
    State(app): State<App>,
    language: Language,
    jar: CookieJar,
    Query(wish): Query<Wish>,
) -> Result<Response, Error> {
    if let Some(wish) = wish.language.as_deref().and_then(Language::of) {
        return Ok((jar.add(wish.cookie()), Redirect::to("/sign-in")).into_response());
    }
    Ok(sign_in_page(&app, language, SignIn::default(), None)?.into_response())
}

fn sign_in_page(
    app: &App,
    language: Language,
    form: SignIn,
    complaint: Option<&'static str>,
) -> Result<Html<String>, Error> {
    render(&SignInPage {
        shell: Shell::outside(app.script(), language, language.texts().sign_in),
        roles: Role::ALL,
        languages: Language::ALL,
        accounts: &ACCOUNTS,
        guests: &GUESTS,
        form,
        complaint,
    })
}

/// Signs in whoever names an address, a company and a role.
pub(crate) async fn sign_in(
    State(app): State<App>,
    language: Language,
    jar: CookieJar,
    Form(form): Form<SignIn>,
) -> Result<Response, Error> {
    let (email, company, role) = match form.checked(language.texts()) {
        Ok(checked) => checked,
        Err(complaint) => {
            return Ok(refused(sign_in_page(&app, language, form, Some(complaint))?));
        }
    };
    let token = token()?;
    app.sign_in(token.clone(), (email, company, role));
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
    /// Address, company and role, or what is wrong with them.
    fn checked(&self, t: &'static Texts) -> Result<(&str, &str, Role), &'static str> {
        let (email, company) = (self.email.trim(), known_name(self.company.trim()));
        if !email.contains('@') {
            return Err(t.enter_email);
        }
        if slug(company).is_empty() {
            return Err(t.enter_company);
        }
        Ok((email, company, Role::of(&self.role).ok_or(t.choose_role)?))
    }
}

fn token() -> Result<String, Error> {
    let mut random = [0_u8; 16];
    getrandom::fill(&mut random).map_err(|_| Error::Internal)?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}
