//! Funnels: how many customers get how far through some steps.

use super::{EVENTS, groups, known_group, n_customers, share, whole};
use crate::app::App;
use crate::catalogue::Texts;
use crate::choice::Choice;
use crate::company::Company;
use crate::draft::{Ask, Draft, Frame};
use crate::error::Error;
use crate::language::Language;
use crate::page::{Module, Shell, render};
use crate::session::Member;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Html;
use jiff::civil::Date;
use serde::Deserialize;

pub(crate) const HERE: (Module, &str) = (Module::Analysis, "/analysis/funnels");

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
        let funnel = company.get::<Funnel>(id)?.clone();
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
#[derive(Debug, Deserialize)]
#[serde(default)]
pub(crate) struct FunnelForm {
    name: String,
    step: Vec<String>,
    window: u32,
    group: String,
}

impl Default for FunnelForm {
    fn default() -> Self {
        Self { name: String::new(), step: Vec::new(), window: WINDOWS[1], group: String::new() }
    }
}

impl From<&Funnel> for FunnelForm {
    fn from(funnel: &Funnel) -> Self {
        Self {
            name: funnel.name.clone(),
            step: funnel.steps.iter().map(|step| step.value.to_owned()).collect(),
            window: funnel.window,
            group: funnel.group.map(|id| id.to_string()).unwrap_or_default(),
        }
    }
}

impl FunnelForm {
    fn steps(&self) -> Vec<Choice> {
        self.step.iter().filter_map(|step| Choice::find(&EVENTS, step)).collect()
    }
}

#[derive(Template)]
#[template(path = "analysis/funnel_form.html")]
struct FormPage<'a> {
    shell: Shell,
    frame: Frame,
    form: &'a FunnelForm,
    steps: Vec<Choice>,
    events: [Choice; 9],
    windows: [u32; 4],
    groups: Vec<(u32, String)>,
    complaint: Option<String>,
}

impl Draft for FunnelForm {
    type Thing = Funnel;

    fn complaint(&self, t: &'static Texts) -> Option<String> {
        let steps = self.steps();
        let complaint = if self.name.trim().is_empty() {
            t.name_the_funnel
        } else if steps.len() < 2 {
            t.two_steps_at_least
        } else if steps.windows(2).any(|pair| pair[0] == pair[1]) {
            t.steps_must_differ
        } else {
            return None;
        };
        Some(complaint.to_owned())
    }

    fn thing(
        &self,
        company: &Company,
        _: Option<&Funnel>,
        (by, today): (&Member, Date),
    ) -> Result<Funnel, Error> {
        Ok(Funnel {
            name: self.name.trim().to_owned(),
            steps: self.steps(),
            window: WINDOWS.into_iter().find(|it| *it == self.window).unwrap_or(WINDOWS[1]),
            group: known_group(company, &self.group),
            saved_by: by.name.clone(),
            saved_on: today,
        })
    }

    fn page(&self, ask: Ask<'_>) -> Result<Html<String>, Error> {
        let Ask { app, member, id, complaint } = ask;
        let t = member.t();
        let frame = Frame::of::<Funnel>(id, [t.new_funnel, t.edit_funnel]);
        let steps = self.steps();
        render(&FormPage {
            shell: Shell::inside(app, member, HERE, frame.title),
            frame,
            form: self,
            steps: if steps.is_empty() { vec![EVENTS[0], EVENTS[6]] } else { steps },
            events: EVENTS,
            windows: WINDOWS,
            groups: app.company(member, |company| Ok(groups(company)))?,
            complaint,
        })
    }
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
