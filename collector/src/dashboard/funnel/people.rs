//! Who is behind a number of a funnel: the question in the address, and the words of the list.

use super::REPORT;
use super::words::label;
use crate::App;
use crate::dashboard::format::time_of_day;
use crate::dashboard::live::zone;
use crate::dashboard::people::{self, PeopleView, actors, page_after, rows};
use crate::dashboard::report::{Asked as _, Look};
use crate::dashboard::visit::Visit;
use crate::dashboard::{html, project};
use crate::http::error::ApiError;
use crate::members::SignedIn;
use crate::query::answered;
use analytics::feature::Features;
use analytics::people::PAGE;
use analytics::report::funnel::Who;
use analytics::{Answer, By, Error, Funnel, FunnelPeople, InvalidQuery, PeoplePage, Query};
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use form_urlencoded::{Serializer, parse};
use protocol::Timestamp;

/// The end of the address of the list, and of its file.
const PEOPLE: &str = "people";

/// Shows a page of them.
pub(in crate::dashboard) async fn show(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let project = project(&app, &id)?;
    let look = Look::new(&REPORT, &app, &project, app.now());
    let asked =
        read(query.as_deref().unwrap_or_default(), look.now).map_err(|fault| refused(&fault))?;
    let question = Query::FunnelPeople(asked.clone());
    let answer = analytics::run(app.store(), &look.scope, &question, look.now);
    let names = analytics::names_of(app.store(), &look.scope, &asked.funnel.steps);
    let (answer, names) = answered(tokio::try_join!(answer, names))?;
    let Answer::FunnelPeople(page) = answer else {
        return Err(anyhow::Error::new(Error::NoRow).into());
    };
    let shell = look.shell(&visit, &signed_in, &project);
    let view = List { look: &look, asked: &asked, names: &names }.view(shell, &page);
    Ok(html(&view)?.into_response())
}

/// Answers with all of them as CSV.
pub(in crate::dashboard) async fn csv(
    _: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let project = project(&app, &id)?;
    let look = Look::new(&REPORT, &app, &project, app.now());
    let asked =
        read(query.as_deref().unwrap_or_default(), look.now).map_err(|fault| refused(&fault))?;
    let names = analytics::names_of(app.store(), &look.scope, &asked.funnel.steps);
    let names = answered(names.await)?;
    let features = Features::load(app.store(), &look.scope.project, None).await;
    let databases = app.store().databases();
    let people = asked.people(&answered(features)?, &look.scope, databases, look.now);
    let file = format!("{}-{PEOPLE}-{}-{}", REPORT.id, look.scope.project, word(asked.who));
    people::csv(&people.map_err(|fault| refused(&fault))?, app.store(), &file, names)
}

fn refused(fault: &InvalidQuery) -> ApiError {
    ApiError::BadRequest(fault.to_string())
}

/// The address of a list, without its page.
pub(super) fn address(look: &Look<'_>, asked: &FunnelPeople) -> String {
    format!("{}/{PEOPLE}?{}", look.path, query(asked))
}

/// What says whose list it is.
fn query(asked: &FunnelPeople) -> String {
    let (key, step) = match asked.who {
        Who::Reached(step) => ("reached", step),
        Who::Lost(step) => ("lost", step),
    };
    let mut query = asked.funnel.address();
    let mut pairs = Serializer::for_suffix(&mut query, 0);
    pairs.append_pair(key, &step.to_string());
    if let Some(value) = &asked.value {
        pairs.append_pair("value", value);
    }
    if let Some(at) = asked.at {
        pairs.append_pair("at", &at.as_millis().to_string());
    }
    pairs.finish();
    query
}

fn read(query: &str, now: Timestamp) -> Result<FunnelPeople, InvalidQuery> {
    let field = |name: &str| {
        let found = parse(query.as_bytes()).filter(|(key, _)| key == name).last();
        found.map(|(_, value)| value.into_owned())
    };
    let number = |name: &str| {
        let text = field(name).filter(|text| !text.is_empty());
        text.map(|text| text.parse::<u64>().map_err(|_| InvalidQuery::Number(text))).transpose()
    };
    let step = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let who = match (number("reached")?, number("lost")?) {
        (_, Some(n)) => Who::Lost(step(n)),
        (n, None) => Who::Reached(step(n.unwrap_or(1))),
    };
    let at = number("at")?.and_then(|ms| i64::try_from(ms).ok());
    let after = field("after").filter(|place| !place.is_empty());
    Ok(FunnelPeople {
        funnel: Funnel::from_query_string(query)?,
        who,
        value: field("value"),
        after: after.map(|place| place.parse()).transpose()?,
        limit: PAGE,
        at: Some(at.map_or(now, Timestamp::from_millis)),
    })
}

/// The word of a number, for the name of a file.
fn word(who: Who) -> String {
    match who {
        Who::Reached(step) => format!("reached-{step}"),
        Who::Lost(step) => format!("lost-at-{step}"),
    }
}

/// A list on its page.
struct List<'a> {
    look: &'a Look<'a>,
    asked: &'a FunnelPeople,
    names: &'a [String],
}

impl List<'_> {
    fn view(&self, shell: crate::dashboard::layout::Shell, page: &PeoplePage) -> PeopleView {
        let by = self.asked.funnel.by;
        let zone = zone(&self.look.scope.time_zone);
        let address = address(self.look, self.asked);
        let (title, lead) = self.words();
        let steps = self.asked.funnel.steps.iter().zip(self.names);
        let labels: Vec<_> = steps.map(|(step, name)| label(Some(step), name)).collect();
        PeopleView {
            shell,
            title,
            lead,
            counted: if by == By::People { "Person" } else { "Account" },
            is_of_accounts: by == By::Accounts,
            total: actors(by, page.total),
            rows: rows(page, by, &labels, &zone),
            footnote: format!(
                "Times of the first attempt that got this far, in {}. As of {}.",
                self.look.scope.time_zone,
                time_of_day(page.computed_at, &zone)
            ),
            back: self.look.address(&self.asked.funnel),
            first: self.asked.after.as_ref().map(|_| address.clone()),
            next: page.next.as_ref().map(|place| page_after(&address, place)),
            csv: format!("{}/{PEOPLE}.csv?{}", self.look.path, query(self.asked)),
        }
    }

    fn words(&self) -> (String, String) {
        let name = |step: usize| {
            let name = self.names.get(step.saturating_sub(1)).map_or("", String::as_str);
            if name.contains('“') { name.to_owned() } else { format!("“{name}”") }
        };
        let who = match self.asked.funnel.by {
            By::People => "People",
            By::Accounts => "Accounts",
        };
        let of = match &self.asked.value {
            None => String::new(),
            Some(value) if value.is_empty() => " Only those without a value.".to_owned(),
            Some(value) => format!(" Only those of “{value}”."),
        };
        match self.asked.who {
            Who::Reached(1) => {
                (format!("{who} who entered"), format!("They did {} in these days.{of}", name(1)))
            }
            Who::Reached(step) => (
                format!("{who} who reached step {step}"),
                format!("They got as far as {}, or further.{of}", name(step)),
            ),
            Who::Lost(step) => (
                format!("{who} lost at step {step}"),
                format!(
                    "They did {} and not {} in time; some may still have time.{of}",
                    name(step - 1),
                    name(step)
                ),
            ),
        }
    }
}
