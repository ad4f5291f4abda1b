//! The colleagues: who works here, who is invited, and who is taken off the list.

use crate::app::App;
use crate::catalogue::Texts;
use crate::company::Company;
use crate::error::{Error, Thing};
use crate::page::{Module, Shell, refused, render};
use crate::person::Person;
use crate::role::Role;
use crate::session::Member;
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

const HERE: (Module, &str) = (Module::Settings, "/settings/team");

#[derive(Template)]
#[template(path = "settings/team.html")]
struct TeamPage {
    shell: Shell,
    member: Member,
    people: Vec<(u32, Person)>,
    seats: u32,
    roles: [Role; 4],
    form: Invitation,
    complaint: Option<&'static str>,
}

/// The dialog that asks somebody to join.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Invitation {
    email: String,
    role: String,
}

impl Invitation {
    /// The role, or what is wrong with the form.
    fn checked(&self, company: &Company, t: &'static Texts) -> Result<Role, &'static str> {
        let email = self.email.trim();
        if !email.contains('@') {
            return Err(t.enter_email);
        }
        if company.people.values().any(|person| person.email == email) {
            return Err(t.is_here_already);
        }
        if company.n_people() >= company.seats {
            return Err(t.no_seat_is_free);
        }
        Role::of(&self.role).ok_or(t.choose_role)
    }
}

/// The colleagues.
pub(crate) async fn list(State(app): State<App>, member: Member) -> Result<Html<String>, Error> {
    page(&app, member, Invitation::default(), None)
}

fn page(
    app: &App,
    member: Member,
    form: Invitation,
    complaint: Option<&'static str>,
) -> Result<Html<String>, Error> {
    let (people, seats) = app.company(&member, |company| {
        let people = company.people.iter().map(|(id, person)| (*id, person.clone())).collect();
        Ok((people, company.seats))
    })?;
    let shell = Shell::inside(app, &member, HERE, member.t().team);
    render(&TeamPage { shell, member, people, seats, roles: Role::ALL, form, complaint })
}

fn check_role(member: &Member) -> Result<(), Error> {
    if member.role.may_invite() { Ok(()) } else { Err(Error::Forbidden) }
}

/// Invites a colleague.
pub(crate) async fn invite(
    State(app): State<App>,
    member: Member,
    Form(form): Form<Invitation>,
) -> Result<Response, Error> {
    check_role(&member)?;
    let outcome = app.company(&member, |company| {
        let checked = form.checked(company, member.t());
        if let Ok(role) = checked {
            company.invite(form.email.trim(), role);
        }
        Ok(checked)
    })?;
    match outcome {
        Ok(_) => Ok(Redirect::to(HERE.1).into_response()),
        Err(complaint) => {
            let page = page(&app, member, form, Some(complaint))?;
            Ok(refused(page))
        }
    }
}

/// Takes a colleague off the list; nobody takes himself off.
pub(crate) async fn remove(
    State(app): State<App>,
    member: Member,
    Path(id): Path<u32>,
) -> Result<Redirect, Error> {
    check_role(&member)?;
    app.company(&member, |company| {
        let person = company.people.get(&id).ok_or(Error::NotFound(Thing::Person))?;
        if person.name == member.name {
            return Err(Error::Forbidden);
        }
        company.people.remove(&id);
        Ok(())
    })?;
    Ok(Redirect::to(HERE.1))
}
