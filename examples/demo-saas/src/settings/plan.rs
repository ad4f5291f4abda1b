//! The plan of a company: what it costs, what it holds, and a better one.

use crate::app::App;
use crate::catalogue::Texts;
use crate::error::Error;
use crate::page::{Module, Shell, refused, render};
use crate::session::Member;
use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

const HERE: (Module, &str) = (Module::Settings, "/upgrade");

/// The most seats that can be ordered at once.
const MOST_SEATS: u32 = 500;

/// What a company pays for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plan {
    /// To begin with.
    Starter,
    /// For departments.
    Team,
    /// For whole companies.
    Scale,
}

impl Plan {
    const ALL: [Self; 3] = [Self::Starter, Self::Team, Self::Scale];

    /// The name, which is the same in every language.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Starter => "Starter",
            Self::Team => "Team",
            Self::Scale => "Scale",
        }
    }

    /// Euros for one seat and month.
    pub(crate) fn price(self) -> u32 {
        match self {
            Self::Starter => 9,
            Self::Team => 24,
            Self::Scale => 49,
        }
    }

    /// Whom the plan is for.
    pub(crate) fn about(self, t: &'static Texts) -> &'static str {
        match self {
            Self::Starter => t.starter_about,
            Self::Team => t.team_about,
            Self::Scale => t.scale_about,
        }
    }

    /// What the plan holds.
    pub(crate) fn holds(self, t: &'static Texts) -> [&'static str; 3] {
        match self {
            Self::Starter => [t.holds_collection, t.holds_charts, t.holds_month],
            Self::Team => [t.holds_starter, t.holds_smart_path, t.holds_year],
            Self::Scale => [t.holds_team, t.holds_support, t.holds_ever],
        }
    }
}

#[derive(Template)]
#[template(path = "settings/upgrade.html")]
struct UpgradePage {
    shell: Shell,
    may_order: bool,
    plans: [Plan; 3],
    current: Plan,
    n_people: u32,
    seats: u32,
    /// The taken seats in per cent: the length of the bar.
    taken: u32,
    complaint: Option<&'static str>,
}

/// The plans, and the one that the company has.
pub(crate) async fn show(State(app): State<App>, member: Member) -> Result<Html<String>, Error> {
    page(&app, &member, None)
}

fn page(
    app: &App,
    member: &Member,
    complaint: Option<&'static str>,
) -> Result<Html<String>, Error> {
    let (current, n_people, seats) =
        app.company(member, |company| Ok((company.plan, company.n_people(), company.seats)))?;
    render(&UpgradePage {
        shell: Shell::inside(app, member, HERE, member.t().plan),
        may_order: member.role.may_order(),
        plans: Plan::ALL,
        current,
        n_people,
        seats,
        taken: (n_people * 100 / seats.max(1)).min(100),
        complaint,
    })
}

/// The dialog that orders a plan.
#[derive(Debug, Deserialize)]
pub(crate) struct Order {
    plan: String,
    #[serde(default)]
    seats: String,
}

/// Orders a plan with so many seats, no fewer than are taken.
pub(crate) async fn order(
    State(app): State<App>,
    member: Member,
    Form(form): Form<Order>,
) -> Result<Response, Error> {
    if !member.role.may_order() {
        return Err(Error::Forbidden);
    }
    let plan = Plan::ALL.into_iter().find(|plan| plan.name() == form.plan);
    let seats = form.seats.trim().parse().ok().filter(|seats| *seats <= MOST_SEATS);
    let is_done = app.company(&member, |company| {
        let (Some(plan), Some(seats)) = (plan, seats) else { return Ok(false) };
        if seats < company.n_people() {
            return Ok(false);
        }
        (company.plan, company.seats) = (plan, seats);
        Ok(true)
    })?;
    if is_done {
        return Ok(Redirect::to(HERE.1).into_response());
    }
    let page = page(&app, &member, Some(member.t().enough_seats))?;
    Ok(refused(page))
}
