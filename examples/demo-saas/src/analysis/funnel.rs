//! Funnels: how many customers get how far through some steps.

use super::{EVENTS, groups, n_customers, share, whole};
use crate::app::App;
use crate::catalogue::Texts;
use crate::choice::Choice;
use crate::company::Company;
use crate::error::Error;
use crate::language::Language;
use crate::page::{Module, Shell, render};
use crate::session::Member;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum_extra::extract::Form;
use jiff::civil::Date;
use serde::Deserialize;

const HERE: (Module, &str) = (Module::Analysis, "/analysis/funnels");

/// Days within which the last step must follow the first.
const WINDOWS: [u32; 4] = [1, 7, 14, 30];

/// Steps that customers take in this order.
#[derive(Debug, Clone)]
pub(crate) struct Funnel {
    name: String,
    steps: Vec<Choice>,
    window: u32,
    group: Option<u32>,
    saved_by: String,
    saved_on: Date,
}

/// A step as the page shows it.
#[derive(Debug)]
struct Step {
    event: &'static str,
    people: String,
    /// Of those who began, in per cent: the length of the bar.
    of_first: String,
    width: f64,
    /// Of those one step before, in per cent.
    of_previous: String,
}

impl Funnel {
    /// What a company finds at the first visit.
    pub(crate) fn samples(today: Date) -> [Self; 4] {
        let [visit, search, product, keep, basket, checkout, paid, newsletter, review] = EVENTS;
        let sample = |name: &str, steps: &[Choice], ago: i32| Self {
            name: name.to_owned(),
            steps: steps.to_vec(),
            window: 7,
            group: None,
            saved_by: "Analyst 1".to_owned(),
            saved_on: today.saturating_sub(jiff::Span::new().days(ago)),
        };
        [
            sample("News that brings people back", &[newsletter, visit, paid], 52),
            sample("Buyers who speak up", &[paid, visit, review], 40),
            sample("Visit to order", &[visit, product, basket, checkout, paid], 27),
            sample("Search that sells", &[search, product, keep, paid], 11),
        ]
    }

    /// How many people take each step.
    fn counts(&self, n_customers: f64) -> Vec<f64> {
        // A longer window lets more people follow.
        let reach = 1.0 - 0.35 / f64::from(self.window + 1);
        let mut people = n_customers * 0.62;
        let mut counts = vec![people];
        for pair in self.steps.windows(2) {
            people *= share(pair[0], pair[1], (0.38, 0.82)) * reach;
            counts.push(people);
        }
        counts
    }

    fn shown(&self, n_customers: f64, language: Language) -> Vec<Step> {
        let counts = self.counts(n_customers);
        let first = counts.first().copied().unwrap_or(1.0).max(1.0);
        let percent = |part: f64| format!("{} %", language.decimal(part * 100.0, 1));
        let previous = std::iter::once(first).chain(counts.iter().copied());
        let step = |((event, people), previous): ((&Choice, &f64), f64)| Step {
            event: event.text(language.texts()),
            people: language.whole(whole(*people)),
            of_first: percent(people / first),
            width: people / first * 100.0,
            of_previous: percent(people / previous.max(1.0)),
        };
        self.steps.iter().zip(&counts).zip(previous).map(step).collect()
    }
}

/// A funnel as it is listed.
struct Row {
    id: u32,
    name: String,
    n_steps: usize,
    conversion: String,
    saved_by: String,
    saved_on: String,
}

impl Row {
    fn all(company: &Company, language: Language) -> Vec<Self> {
        let row = |(id, funnel): (&u32, &Funnel)| {
            let steps = funnel.shown(n_customers(company, funnel.group), language);
            Self {
                id: *id,
                name: funnel.name.clone(),
                n_steps: steps.len(),
                conversion: steps.last().map(|step| step.of_first.clone()).unwrap_or_default(),
                saved_by: funnel.saved_by.clone(),
                saved_on: language.date(funnel.saved_on),
            }
        };
        company.funnels.iter().rev().map(row).collect()
    }
}

#[derive(Template)]
#[template(path = "analysis/funnels.html")]
struct ListPage {
    shell: Shell,
    funnels: Vec<Row>,
}

/// The funnels of the company.
pub(crate) async fn list(State(app): State<App>, member: Member) -> Result<Html<String>, Error> {
    let funnels = app.company(&member, |company| Ok(Row::all(company, member.language)))?;
    render(&ListPage { shell: Shell::inside(&app, &member, HERE, member.t().funnels), funnels })
}

#[derive(Template)]
#[template(path = "analysis/funnel.html")]
struct FunnelPage {
    shell: Shell,
    id: u32,
    funnel: Funnel,
    group: Option<String>,
    steps: Vec<Step>,
}

/// One funnel.
pub(crate) async fn show(
    State(app): State<App>,
    member: Member,
    Path(id): Path<u32>,
) -> Result<Html<String>, Error> {
    let (funnel, group, n) = app.company(&member, |company| {
        let funnel = company.funnel(id)?.clone();
        let group = funnel.group.and_then(|id| company.groups.get(&id));
        let (group, n) =
            (group.map(|group| group.name.clone()), n_customers(company, funnel.group));
        Ok((funnel, group, n))
    })?;
    let steps = funnel.shown(n, member.language);
    let shell = Shell::inside(&app, &member, HERE, &funnel.name);
    render(&FunnelPage { shell, id, funnel, group, steps })
}

/// The form of a funnel: a name, one event per step, the window, and whose funnel it is.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct FunnelForm {
    name: String,
    step: Vec<String>,
    window: u32,
    group: String,
}

impl FunnelForm {
    fn of(funnel: &Funnel) -> Self {
        Self {
            name: funnel.name.clone(),
            step: funnel.steps.iter().map(|step| step.value.to_owned()).collect(),
            window: funnel.window,
            group: funnel.group.map(|id| id.to_string()).unwrap_or_default(),
        }
    }

    fn steps(&self) -> Vec<Choice> {
        self.step.iter().filter_map(|step| Choice::find(&EVENTS, step)).collect()
    }

    /// What keeps the form from being saved.
    fn complaint(&self, t: &'static Texts) -> Option<&'static str> {
        let steps = self.steps();
        if self.name.trim().is_empty() {
            Some(t.name_the_funnel)
        } else if steps.len() < 2 {
            Some(t.two_steps_at_least)
        } else if steps.windows(2).any(|pair| pair[0] == pair[1]) {
            Some(t.steps_must_differ)
        } else {
            None
        }
    }
}

#[derive(Template)]
#[template(path = "analysis/funnel_form.html")]
struct FormPage<'a> {
    shell: Shell,
    title: &'static str,
    action: String,
    back: String,
    form: &'a FunnelForm,
    steps: Vec<Choice>,
    events: [Choice; 9],
    windows: [u32; 4],
    groups: Vec<(u32, String)>,
    complaint: Option<&'static str>,
}

fn form_page(
    app: &App,
    member: &Member,
    (id, form): (Option<u32>, &FunnelForm),
    complaint: Option<&'static str>,
) -> Result<Html<String>, Error> {
    let t = member.t();
    let path = id.map_or_else(|| HERE.1.to_owned(), |id| format!("{}/{id}", HERE.1));
    let title = if id.is_some() { t.edit_funnel } else { t.new_funnel };
    let steps = form.steps();
    render(&FormPage {
        shell: Shell::inside(app, member, HERE, title),
        title,
        back: path.clone(),
        action: if id.is_some() { format!("{path}/edit") } else { path },
        form,
        steps: if steps.is_empty() { vec![EVENTS[0], EVENTS[6]] } else { steps },
        events: EVENTS,
        windows: WINDOWS,
        groups: app.company(member, |company| Ok(groups(company)))?,
        complaint,
    })
}

/// The form of a new funnel.
pub(crate) async fn new(State(app): State<App>, member: Member) -> Result<Html<String>, Error> {
    let form = FunnelForm { window: WINDOWS[1], ..FunnelForm::default() };
    form_page(&app, &member, (None, &form), None)
}

/// The form of a saved funnel.
pub(crate) async fn edit(
    State(app): State<App>,
    member: Member,
    Path(id): Path<u32>,
) -> Result<Html<String>, Error> {
    let form = app.company(&member, |company| Ok(FunnelForm::of(company.funnel(id)?)))?;
    form_page(&app, &member, (Some(id), &form), None)
}

/// Saves a new funnel, and leads to it.
pub(crate) async fn create(
    State(app): State<App>,
    member: Member,
    Form(form): Form<FunnelForm>,
) -> Result<Response, Error> {
    save(&app, &member, (None, &form))
}

/// Saves a funnel again, and leads to it.
pub(crate) async fn update(
    State(app): State<App>,
    member: Member,
    Path(id): Path<u32>,
    Form(form): Form<FunnelForm>,
) -> Result<Response, Error> {
    save(&app, &member, (Some(id), &form))
}

fn save(
    app: &App,
    member: &Member,
    (id, form): (Option<u32>, &FunnelForm),
) -> Result<Response, Error> {
    if let Some(complaint) = form.complaint(member.t()) {
        let page = form_page(app, member, (id, form), Some(complaint))?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let id = app.company(member, |company| {
        let funnel = Funnel {
            name: form.name.trim().to_owned(),
            steps: form.steps(),
            window: WINDOWS.into_iter().find(|it| *it == form.window).unwrap_or(WINDOWS[1]),
            group: form.group.parse().ok().filter(|id| company.groups.contains_key(id)),
            saved_by: member.name.clone(),
            saved_on: app.today(),
        };
        let Some(id) = id else {
            let id = company.next_id();
            company.funnels.insert(id, funnel);
            return Ok(id);
        };
        *company.funnel(id)? = funnel;
        Ok(id)
    })?;
    Ok(Redirect::to(&format!("{}/{id}", HERE.1)).into_response())
}

/// Deletes a funnel.
pub(crate) async fn delete(
    State(app): State<App>,
    member: Member,
    Path(id): Path<u32>,
) -> Result<Redirect, Error> {
    app.company(&member, |company| {
        company.funnel(id)?;
        company.funnels.remove(&id);
        Ok(())
    })?;
    Ok(Redirect::to(HERE.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_people_take_each_further_step() {
        for funnel in Funnel::samples(Date::new(2026, 11, 20).unwrap()) {
            let counts = funnel.counts(10_000.0);
            assert_eq!(counts.len(), funnel.steps.len());
            assert!(counts.windows(2).all(|pair| pair[1] < pair[0]), "{counts:?}");
        }
    }
}
