//! The people behind a number of any report: a page of them, and all as a file.
//!
//! A report says which of its numbers have people behind them ([`Listed`]), and what a list is
//! called. The number is in the address, beside the question of the report: `who.cohort=2&who.later=1`.

mod csv;
mod number;
pub(super) mod route;

pub(super) use number::{Lists, Number};

use super::among;
use super::behind::Around;
use super::format::{count, moment};
use super::layout::Shell;
use super::live::{short_person, zone};
use super::report::{Asked, Look, Report};
use super::visit::Visit;
use super::{html, project};
use crate::App;
use crate::http::error::ApiError;
use crate::members::SignedIn;
use crate::query::answered;
use analytics::feature::Features;
use analytics::people::Place;
use analytics::{Answer, By, Error, InvalidQuery, List, People, PeoplePage, Person, Query, Told};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use form_urlencoded::{Serializer, parse};
use jiff::tz::TimeZone;
use protocol::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The end of the address of a list, and of its file.
const PEOPLE: &str = "people";
/// What the keys of the number begin with.
const WHO: &str = "who.";

/// A report whose numbers have people behind them.
pub(super) trait Listed: Asked + Send + Sync + 'static {
    /// Which of its numbers.
    type Who: Serialize + DeserializeOwned + Clone + Send + Sync + 'static;

    /// Where it is.
    fn report() -> &'static Report;

    /// The list as the API takes it.
    fn list(&self, who: Self::Who) -> List;

    /// The list in words.
    fn words(&self, who: &Self::Who, told: &Told, look: &Look<'_>) -> Words;
}

/// A list in words.
#[derive(Debug)]
pub(super) struct Words {
    /// Who is listed.
    pub(super) by: By,
    /// Whose list it is, as a heading.
    pub(super) title: String,
    /// Who is on it, as a sentence.
    pub(super) lead: String,
    /// What the columns are.
    pub(super) columns: Columns,
    /// Of what the times are, as the beginning of a sentence.
    pub(super) times: &'static str,
}

/// The columns of a list.
#[derive(Debug)]
pub(super) enum Columns {
    /// When somebody entered, and which of these steps was the last.
    Steps(Vec<String>),
    /// The first time, the last one, and how often, under this head.
    Times(&'static str),
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "people.html")]
struct PeopleView {
    shell: Shell,
    around: Around,
    /// The heads of the columns.
    heads: Vec<&'static str>,
    /// Whether steps are told, and not how often.
    has_steps: bool,
    /// Whether accounts are listed.
    is_of_accounts: bool,
    rows: Vec<Row>,
}

/// One person of the page.
#[derive(Debug)]
struct Row {
    /// The id as far as there is room.
    name: String,
    /// The id whole.
    id: String,
    is_anonymous: bool,
    account: String,
    entered: String,
    last: String,
    /// What he did last, or how often.
    did: String,
}

/// A number of a report, and a place in its list.
struct Seen<T: Listed> {
    asked: T,
    who: T::Who,
    after: Option<Place>,
    at: Timestamp,
}

/// Shows a page of them.
pub(super) async fn show<T: Listed>(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let project = project(&app, &id)?;
    let seen = Seen::<T>::read(query.as_deref().unwrap_or_default(), app.now())?;
    let look = Look::new(T::report(), &app, &project, seen.at);
    let people = seen.people();
    let question = Query::People(people.clone());
    let answer = analytics::run(app.store(), &look.scope, &question, look.now);
    let told = analytics::told_of(app.store(), &look.scope, &people, look.now);
    let (answer, told) = answered(tokio::try_join!(answer, told))?;
    let Answer::People(page) = answer else { return Err(anyhow::Error::new(Error::NoRow).into()) };
    let shell = look.shell(&visit, &signed_in, &project);
    Ok(html(&seen.view(&look, shell, &told, &page))?.into_response())
}

/// Answers with all of them as CSV.
pub(super) async fn csv<T: Listed>(
    _: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let project = project(&app, &id)?;
    let seen = Seen::<T>::read(query.as_deref().unwrap_or_default(), app.now())?;
    let look = Look::new(T::report(), &app, &project, seen.at);
    let asked = seen.people();
    let told = analytics::told_of(app.store(), &look.scope, &asked, look.now);
    let features = Features::load(app.store(), &look.scope.project, None);
    let (told, features) = answered(tokio::try_join!(told, features))?;
    let people = asked.people(&features, &look.scope, app.store().databases(), look.now);
    let columns = seen.asked.words(&seen.who, &told, &look).columns;
    let file = format!("{}-{PEOPLE}-{}", look.report.id, look.scope.project);
    csv::answer(&people.map_err(|fault| refused(&fault))?, app.store(), &file, columns)
}

fn refused(fault: &InvalidQuery) -> ApiError {
    ApiError::BadRequest(fault.to_string())
}

/// The address of a list, without its page.
fn address<T: Listed>(look: &Look<'_>, asked: &T, who: &T::Who, at: Timestamp) -> String {
    format!("{}/{PEOPLE}?{}", look.path, query(asked, who, at))
}

/// What says whose list it is.
fn query<T: Listed>(asked: &T, who: &T::Who, at: Timestamp) -> String {
    let who = serde_urlencoded::to_string(who).unwrap_or_default();
    let mut query = asked.address();
    let mut pairs = Serializer::for_suffix(&mut query, 0);
    // What follows the question begins with a sign of its own.
    pairs.extend_pairs(parse(who.as_bytes()).map(|(key, value)| (format!("{WHO}{key}"), value)));
    pairs.append_pair("at", &at.as_millis().to_string());
    pairs.finish();
    query
}

impl<T: Listed> Seen<T> {
    fn read(query: &str, now: Timestamp) -> Result<Self, ApiError> {
        let field = |name: &str| {
            let found = parse(query.as_bytes()).filter(|(key, _)| key == name).last();
            found.map(|(_, value)| value.into_owned()).filter(|value| !value.is_empty())
        };
        let of_who = parse(query.as_bytes())
            .filter_map(|(key, value)| Some((key.strip_prefix(WHO)?.to_owned(), value)));
        let who = Serializer::new(String::new()).extend_pairs(of_who).finish();
        let who = serde_urlencoded::from_str(&who)
            .map_err(|fault| refused(&InvalidQuery::Json(fault.to_string())))?;
        let number = |text: String| text.parse().map_err(|_| refused(&InvalidQuery::Number(text)));
        let at: Option<i64> = field("at").map(number).transpose()?;
        let after = field("place").map(|place| place.parse()).transpose();
        Ok(Self {
            asked: T::of(query).map_err(|fault| refused(&fault))?,
            who,
            after: after.map_err(|fault| refused(&fault))?,
            at: at.map_or(now, Timestamp::from_millis).min(now),
        })
    }

    fn people(&self) -> People {
        let list = self.asked.list(self.who.clone());
        People { after: self.after.clone(), at: Some(self.at), ..People::of(list) }
    }

    fn view(&self, look: &Look<'_>, shell: Shell, told: &Told, page: &PeoplePage) -> PeopleView {
        let zone = zone(&look.scope.time_zone);
        let Words { by, title, lead, columns, times } = self.asked.words(&self.who, told, look);
        let address = address(look, &self.asked, &self.who, self.at);
        let at = moment(page.computed_at, &zone);
        let query = query(&self.asked, &self.who, self.at);
        let around = Around {
            title,
            lead: [Some(lead), among::words(self.asked.among())]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(" "),
            total: actors(by, page.total),
            nothing: "Nobody",
            footnote: format!("{times}, in {}. As of {at}.", look.scope.time_zone),
            back: look.address(&self.asked),
            back_to: "the report".to_owned(),
            first: self.after.as_ref().map(|_| address.clone()),
            next: page.next.as_ref().map(|place| page_after(&address, place)),
            csv: format!("{}/{PEOPLE}.csv?{query}", look.path),
        };
        PeopleView {
            shell,
            around,
            heads: heads(by, &columns),
            has_steps: matches!(columns, Columns::Steps(_)),
            is_of_accounts: by == By::Accounts,
            rows: rows(page, by, &columns, &zone),
        }
    }
}

fn heads(by: By, columns: &Columns) -> Vec<&'static str> {
    let who = match by {
        By::People => &["Person", "Account"][..],
        By::Accounts => &["Account"],
    };
    let others = match columns {
        Columns::Steps(_) => ["Entered", "Last step", "At"],
        Columns::Times(times) => ["First", "Last", *times],
    };
    [who, &others].concat()
}

fn rows(page: &PeoplePage, by: By, columns: &Columns, zone: &TimeZone) -> Vec<Row> {
    let at = |ms: u64| moment(Timestamp::from_millis(i64::try_from(ms).unwrap_or(0)), zone);
    let row = |person: &Person| {
        let is_anonymous = by == By::People && !person.is_user;
        Row {
            name: if is_anonymous { short_person(&person.person) } else { person.person.clone() },
            id: person.person.clone(),
            is_anonymous,
            account: person.account.clone(),
            entered: at(person.entered_at),
            last: at(person.last_at),
            did: match columns {
                Columns::Steps(steps) => {
                    let n = (person.n as usize).saturating_sub(1);
                    steps.get(n).cloned().unwrap_or_default()
                }
                Columns::Times(_) => count(u64::from(person.n)),
            },
        }
    };
    page.people.iter().map(row).collect()
}

/// How many are listed, in words: `3 accounts`.
pub(super) fn actors(by: By, n: u64) -> String {
    match by {
        By::People => super::format::people(n),
        By::Accounts => super::format::many(n, "account"),
    }
}

/// An address with the place after which its page begins.
fn page_after(address: &str, place: &Place) -> String {
    let place = place.to_string();
    let place = form_urlencoded::byte_serialize(place.as_bytes()).collect::<String>();
    format!("{address}&place={place}")
}

/// `People` or `Accounts`.
pub(super) const fn who(by: By) -> &'static str {
    match by {
        By::People => "People",
        By::Accounts => "Accounts",
    }
}

/// What was done, by its place in what a list tells: `did “Save”`, or `came` where it is anything.
pub(super) fn did(told: &Told, n: usize) -> String {
    super::format::did(told.names.get(n).and_then(Option::as_deref))
}

/// A period by its place in what a list tells.
pub(super) fn period(told: &Told, n: usize) -> &str {
    told.periods.get(n).map_or("", String::as_str)
}
