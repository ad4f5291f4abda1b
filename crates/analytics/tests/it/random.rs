//! Random histories, and what the sentences that define people and steps say of each event.
//!
//! Ten thousand histories are loaded as ten thousand groups of people who share nothing, so that
//! one question answers for all of them, by the very statement that a project is asked with. The
//! same events stand in another project and must never be counted. `SILLAGE_SEED` sets another
//! seed.

use crate::history::{self, Happening, PROJECT, button_id};
use analytics::{ElementId, Filter, PageFilter, Property, Scope, Step, Target, Test};
use anyhow::{Context, Result};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use protocol::{Kind, ProjectId};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use store::among::{self, Condition};
use store::identity::Grouping;
use store::{Connection, Merge, Merges, StaffRules, testing};

/// How many histories are told by hand.
pub(crate) const HISTORIES: usize = 10_000;
const SEED: u64 = 20_261_122;

/// Features by name, with the buttons that they mean and the page that they are on. They overlap in
/// every way.
pub(crate) const FEATURES: [(&str, &[&str], Option<&str>); 4] = [
    ("e", &["E"], None),
    ("both", &["E", "F"], None),
    ("on p", &["E"], Some("/p")),
    ("f on q", &["F"], Some("/q")),
];

/// Few things, one of them mostly, so that the same happens often.
fn mostly(first: &'static str, second: &'static str) -> impl Strategy<Value = String> {
    prop_oneof![3 => Just(first.to_owned()), 1 => Just(second.to_owned())]
}

/// An event at one of these moments.
pub(crate) fn happening(at: impl Strategy<Value = i64>) -> impl Strategy<Value = Happening> {
    let kind = prop_oneof![
        6 => Just(Kind::PageView),
        6 => Just(Kind::Click),
        1 => Just(Kind::PageLeave),
        1 => Just(Kind::RageClick),
        1 => Just(Kind::Identify),
        1 => Just(Kind::Group),
        1 => Just(Kind::Custom),
    ];
    let who = (mostly("a", "b"), prop_oneof![6 => Just(String::new()), 1 => user()]);
    let page = (mostly("x.example", "y.example"), mostly("/p", "/q"));
    let odd = (prop::bool::weighted(0.05), prop::bool::weighted(0.1), account());
    (at, who, kind, page, mostly("E", "F"), odd).prop_map(|(at, who, kind, page, element, odd)| {
        let (is_automated, without_id, account_id) = odd;
        let (anonymous_id, user_id) = who;
        let is_user = !user_id.is_empty() || kind == Kind::Identify;
        let on_element = matches!(kind, Kind::Click | Kind::RageClick | Kind::Custom);
        Happening {
            project: PROJECT.to_owned(),
            at,
            user_id: if is_user && user_id.is_empty() { "u".to_owned() } else { user_id },
            anonymous_id: if is_user && without_id { String::new() } else { anonymous_id },
            kind,
            host: page.0,
            path: page.1,
            element: if on_element { element } else { String::new() },
            account_id: match account_id {
                none if none.is_empty() && kind == Kind::Group => "k".to_owned(),
                account_id => account_id,
            },
            is_automated,
        }
    })
}

/// Somebody, one of the vendor's own among them.
fn user() -> impl Strategy<Value = String> {
    let own = prop_oneof![Just(BOSS), Just(COLLEAGUE)].prop_map(str::to_owned);
    prop_oneof![9 => mostly("u", "v"), 1 => own]
}

/// Mostly none.
fn account() -> impl Strategy<Value = String> {
    let account = prop_oneof![5 => mostly("k", "l"), 1 => Just(HEADQUARTERS.to_owned())];
    prop_oneof![5 => Just(String::new()), 1 => account]
}

/// A user of the vendor's, by his id: in as many histories as a rule may list.
const BOSS: &str = "boss";
const BOSSES: usize = 200;
/// A user of the vendor's, by his address.
const COLLEAGUE: &str = "w@Staff.Example";
/// The vendor's own account, by its id: the same in all histories.
const HEADQUARTERS: &str = "headquarters";

/// In so many histories an account is another one: as many as a project may merge.
const MERGED: usize = 400;

/// The account that one of these is in a history: of every fourth through another, and of every
/// eighth the vendor's own.
fn holder(number: usize) -> String {
    if number.is_multiple_of(8) { HEADQUARTERS.to_owned() } else { format!("{number}/l") }
}

fn merges() -> Result<Merges> {
    let merge = |from: String, into: &str| {
        Merge::new(ProjectId::parse(PROJECT)?, &from, into).map_err(anyhow::Error::msg)
    };
    let merges = (0..MERGED).map(|n| match n.is_multiple_of(4) {
        true => Ok(vec![
            merge(format!("{n}/k"), &format!("{n}/m"))?,
            merge(format!("{n}/m"), &holder(n))?,
        ]),
        false => Ok(vec![merge(format!("{n}/k"), &holder(n))?]),
    });
    let merges: Vec<Vec<Merge>> = merges.collect::<Result<_>>()?;
    Ok(merges.iter().flatten().collect())
}

/// What the rules of a project tell its staff by, and whom a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rules {
    users: bool,
    accounts: bool,
    impersonated: bool,
    among: Option<Of>,
}

/// Whom a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    /// Users of whom a plan with an `r` in it was said.
    WithPlan,
    /// Accounts of which it was said that they are clients.
    Clients,
    /// Anybody with an account.
    WithAccount,
}

impl Of {
    fn among(self) -> Condition {
        match self {
            Self::WithPlan => Condition::OfUser {
                name: "plan".to_owned(),
                test: among::Test::Contains("R".to_owned()),
            },
            Self::Clients => Condition::OfAccount {
                name: "tier".to_owned(),
                test: among::Test::Is(vec!["client".to_owned()]),
            },
            Self::WithAccount => Condition::SomeAccount,
        }
    }
}

impl Rules {
    /// Each of the ways in which it can be said.
    pub(crate) const ALL: Self =
        Self { users: true, accounts: true, impersonated: true, among: None };

    /// The same about everybody.
    pub(crate) fn about_everybody(self) -> Self {
        Self { among: None, ..self }
    }

    fn staff(self) -> Result<StaffRules> {
        let all: StaffRules = serde_json::from_value(serde_json::json!({
            "project": PROJECT,
            "users": (0..BOSSES).map(boss).collect::<Vec<_>>(),
            "email_domains": ["staff.example"],
            "user_properties": [{"name": "role", "value": "staff"}],
            "accounts": [HEADQUARTERS],
            "account_properties": [{"name": "tier", "value": "own"}],
        }))?;
        let none = StaffRules::none(all.project.clone());
        let of_users = if self.users { &all } else { &none }.clone();
        let of_accounts = if self.accounts { all } else { none };
        let StaffRules { accounts, account_properties, .. } = of_accounts;
        let impersonated = self.impersonated;
        Ok(StaffRules { accounts, account_properties, impersonated, ..of_users })
    }
}

/// Mostly all of them, about everybody.
pub(crate) fn rules() -> impl Strategy<Value = Rules> {
    prop_oneof![
        3 => Just(Rules::ALL),
        1 => Just(Rules { users: false, ..Rules::ALL }),
        1 => Just(Rules { accounts: false, ..Rules::ALL }),
        1 => Just(Rules { impersonated: false, ..Rules::ALL }),
        1 => Just(Rules { users: false, accounts: false, impersonated: false, among: None }),
        1 => Just(Rules { among: Some(Of::WithPlan), ..Rules::ALL }),
        1 => Just(Rules { among: Some(Of::Clients), users: false, ..Rules::ALL }),
        1 => Just(Rules { among: Some(Of::WithAccount), accounts: false, ..Rules::ALL }),
    ]
}

/// The settings of a project that leaves its staff out, and has accounts that are one.
pub(crate) fn scope(time_zone: &str, rules: Rules) -> Result<Scope> {
    let among = rules.among.map(Of::among).into_iter().collect();
    let grouping = Grouping { staff: rules.staff()?, merges: merges()?, among };
    Ok(Scope { grouping, ..history::scope(time_zone)? })
}

/// Why reports may leave an event out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judged {
    is_automated: bool,
    /// Whether one of the vendor's own people did it.
    is_staff: bool,
    /// Whether it is of an account of the vendor's own.
    is_own: bool,
    /// Whether one of the vendor's own people acted as another on its browser.
    is_acting: bool,
    /// Whether it is of somebody whom a question may be about: [`Of`] in their order.
    is_some: [bool; 3],
}

impl Judged {
    /// Whether reports count it.
    pub(crate) const fn is_counted(self, rules: Rules) -> bool {
        !(self.is_automated
            || self.is_staff && rules.users
            || self.is_own && rules.accounts
            || self.is_acting && rules.impersonated)
            && match rules.among {
                None => true,
                Some(some) => self.is_some[some as usize],
            }
    }
}

/// Whether a program did it, or one of the vendor's own, or one of theirs.
pub(crate) fn judged(history: &[Happening], event: &Happening) -> Judged {
    let person = person(history, event);
    let account = account_of(history, event);
    let of_user = |other: &&Happening| {
        other.kind == Kind::Identify && other.user_id == person && !acts_as_another(other)
    };
    // What is said of the account itself, else of one that is merged into it.
    let of_account = |other: &&Happening| other.kind == Kind::Group && other.account_id == account;
    let of_merged = |other: &&Happening| {
        other.kind == Kind::Group && !account.is_empty() && merged(&other.account_id) == account
    };
    let said_last = |of: Vec<&Happening>| {
        // Of two at one moment the one that was written later holds.
        of.into_iter().max_by_key(|other| other.at).is_some_and(says_staff)
    };
    let number =
        person.strip_suffix(BOSS).and_then(|number| number.strip_suffix('/')?.parse().ok());
    let is_staff = number.is_some_and(|number: usize| number < BOSSES)
        || person.to_lowercase().ends_with("@staff.example")
        || said_last(history.iter().filter(of_user).collect());
    let groups: Vec<_> = match history.iter().any(|other| of_account(&other)) {
        true => history.iter().filter(of_account).collect(),
        false => history.iter().filter(of_merged).collect(),
    };
    let is_client = !account.is_empty() && !groups.is_empty() && !said_last(groups.clone());
    let is_own = !account.is_empty() && (account == HEADQUARTERS || said_last(groups));
    let is_acting = !event.anonymous_id.is_empty()
        && history
            .iter()
            .any(|other| other.anonymous_id == event.anonymous_id && acts_as_another(other));
    let is_some = [
        value(history, event, &Property::User("plan".to_owned())).contains('r'),
        is_client,
        !account.is_empty(),
    ];
    Judged { is_automated: event.is_automated, is_staff, is_own, is_acting, is_some }
}

/// Whether reports count it, with all rules.
pub(crate) fn is_counted(history: &[Happening], event: &Happening) -> bool {
    judged(history, event).is_counted(Rules::ALL)
}

/// What an `identify` says of the user and a `group` of the account: that they are the vendor's own.
fn says_staff(event: &Happening) -> bool {
    (event.at / 1_000 + event.at).rem_euclid(5) == 1
}

/// Whether an `identify` says that somebody else acts as the user; nothing that it says is his.
pub(crate) fn acts_as_another(event: &Happening) -> bool {
    event.kind == Kind::Identify && (event.at / 60_000 + event.at).rem_euclid(7) == 3
}

/// Whether somebody did something: who he is and whose tells nothing of what he does, and what is
/// said besides is counted by what it is said of.
pub(crate) fn is_activity(event: &Happening) -> bool {
    !matches!(event.kind, Kind::Identify | Kind::Group | Kind::PageLeave | Kind::RageClick)
}

/// What a step may ask for.
pub(crate) fn target() -> impl Strategy<Value = Target> {
    let click = (mostly("E", "F"), proptest::option::weighted(0.4, page()));
    prop_oneof![
        4 => page().prop_map(Target::Page),
        4 => feature(),
        4 => click.prop_map(|(name, page)| Target::Click { element: button_id(&name), page }),
        1 => mostly("E", "F").prop_map(Target::Event),
    ]
}

/// A step, sometimes with conditions.
pub(crate) fn step(target: impl Strategy<Value = Target>) -> impl Strategy<Value = Step> {
    let filters = prop_oneof![
        5 => Just(Vec::new()),
        2 => prop::collection::vec(filter(), 1..3),
    ];
    (target, filters).prop_map(|(target, filters)| Step { filters, ..Step::from(target) })
}

fn filter() -> impl Strategy<Value = Filter> {
    let some = |values: &'static [&'static str]| {
        let values = prop::sample::subsequence(values, 1..3);
        values.prop_map(|values| Test::Is(values.into_iter().map(str::to_owned).collect()))
    };
    let of = |property: Property| move |test| Filter { property: property.clone(), test };
    let colour = Property::Event("colour".to_owned());
    let contains = prop_oneof![Just("RED"), Just("dark"), Just("l")];
    let contains = contains.prop_map(|text| Test::Contains(text.to_owned()));
    prop_oneof![
        3 => some(&["CH", "DE", "FR"]).prop_map(of(Property::Country)),
        2 => some(&["red", "dark Red"]).prop_map(of(colour.clone())),
        2 => contains.prop_map(of(colour)),
        1 => Just(Test::IsSet).prop_map(of(Property::Account)),
        1 => some(&["pro", "team"]).prop_map(of(Property::User("plan".to_owned()))),
        1 => some(&["/p", "/q"]).prop_map(of(Property::Page)),
    ]
}

/// What a funnel may be broken down by.
pub(crate) fn property() -> impl Strategy<Value = Property> {
    prop_oneof![
        Just(Property::Country),
        Just(Property::Page),
        Just(Property::Account),
        Just(Property::Event("colour".to_owned())),
        Just(Property::User("plan".to_owned())),
    ]
}

/// One of the features.
pub(crate) fn feature() -> impl Strategy<Value = Target> {
    prop::sample::select(FEATURES.to_vec())
        .prop_map(|(name, ..)| Target::Feature(history::feature_id(name)))
}

fn page() -> impl Strategy<Value = PageFilter> {
    (proptest::option::weighted(0.3, mostly("x.example", "y.example")), mostly("/p", "/q"))
        .prop_map(|(host, path)| PageFilter::new(host.as_deref(), &path))
}

/// The buttons that histories know.
static BUTTONS: LazyLock<BTreeMap<&str, ElementId>> =
    LazyLock::new(|| ["E", "F"].map(|name| (name, button_id(name))).into());

/// The first user ever identified on the browser, in time and then in order of writing.
pub(crate) fn person(history: &[Happening], event: &Happening) -> String {
    if !event.user_id.is_empty() {
        return event.user_id.clone();
    }
    let of_browser =
        |other: &&Happening| other.anonymous_id == event.anonymous_id && !other.user_id.is_empty();
    let first = history.iter().filter(of_browser).min_by_key(|other| other.at);
    first.map_or_else(|| event.anonymous_id.clone(), |first| first.user_id.clone())
}

/// The account of an event, or the one that it is merged into.
pub(crate) fn account_of(history: &[Happening], event: &Happening) -> String {
    merged(&unmerged(history, event))
}

/// The account that an id means.
fn merged(account: &str) -> String {
    let number = account.strip_suffix("/k").and_then(|number| number.parse().ok());
    number.filter(|number| *number < MERGED).map_or_else(|| account.to_owned(), holder)
}

/// The event's own account, else that of its person then, else the first of the person, else none.
fn unmerged(history: &[Happening], event: &Happening) -> String {
    if !event.account_id.is_empty() {
        return event.account_id.clone();
    }
    let person = person(history, event);
    let is_told = |other: &&Happening| other.user_id == person && !other.account_id.is_empty();
    let told = || history.iter().filter(is_told);
    // Of two accounts in one moment the greater id holds.
    let then = told().filter(|other| other.at <= event.at);
    let then = then.max_by_key(|other| (other.at, &other.account_id));
    let first = told().map(|other| other.at).min();
    let first =
        told().filter(|other| Some(other.at) == first).max_by_key(|other| &other.account_id);
    then.or(first).map_or_else(String::new, |other| other.account_id.clone())
}

/// What an event says besides, by its own alone: the country, and a property.
fn told(event: &Happening) -> (&'static str, &'static str) {
    let bytes = event.path.bytes().chain(event.element.bytes()).map(i64::from).sum::<i64>();
    let n = (event.at + bytes).rem_euclid(7);
    let country = ["", "CH", "DE", "CH", "FR", "CH", "DE"][n as usize];
    let colour =
        ["red", "", "dark Red", "", "blue", "red", ""][(n * 3 + bytes).rem_euclid(7) as usize];
    (country, colour)
}

/// The session of an event of a history whose people nobody else is: six hours of all who are in it,
/// so that several people may be in one; empty for some.
pub(crate) fn session(event: &Happening) -> String {
    let ids = [&event.anonymous_id, &event.user_id, &event.account_id];
    let history = ids.into_iter().find_map(|id| Some(id.split_once('/')?.0)).unwrap_or_default();
    let of_none = (event.at / 1_000 + event.path.len() as i64).rem_euclid(6) == 0;
    let hours = event.at.div_euclid(6 * 3_600_000);
    if of_none { String::new() } else { format!("{history}/{hours}") }
}

/// For how long a leave of a page says that somebody was engaged with it.
pub(crate) fn engaged_ms(event: &Happening) -> Option<u64> {
    let is_leave = event.kind == Kind::PageLeave;
    is_leave.then(|| 1_000 + u64::try_from(event.at.rem_euclid(7)).unwrap_or(0))
}

/// What `identify` says of the user.
fn plan(event: &Happening) -> Option<&'static str> {
    let plan = [None, Some("pro"), Some("team")][event.at.rem_euclid(7) as usize % 3];
    plan.filter(|_| event.kind == Kind::Identify)
}

/// The value of a property of an event, empty for none.
pub(crate) fn value(history: &[Happening], event: &Happening, property: &Property) -> String {
    match property {
        Property::Country => told(event).0.to_owned(),
        Property::Event(_) => told(event).1.to_owned(),
        Property::Page => event.path.clone(),
        Property::Account => account_of(history, event),
        Property::User(_) => {
            let person = person(history, event);
            let is_his = |it: &&Happening| it.user_id == person && !acts_as_another(it);
            let of_him = history.iter().filter(is_his);
            // Of two at one moment the one that was written later holds.
            let said = of_him.filter_map(|other| Some((other.at, plan(other)?)));
            said.max_by_key(|(at, _)| *at).map_or("", |(_, plan)| plan).to_owned()
        }
        other => unreachable!("{other} is not drawn"),
    }
}

/// Whether an event is what a step asks for, with its conditions.
pub(crate) fn takes_step(step: &Step, history: &[Happening], event: &Happening) -> bool {
    let is_so = |filter: &Filter| {
        let value = value(history, event, &filter.property);
        match &filter.test {
            Test::Is(values) => values.contains(&value),
            Test::Contains(text) => value.to_lowercase().contains(&text.to_lowercase()),
            Test::IsSet => !value.is_empty(),
        }
    };
    takes(&step.target, event) && step.filters.iter().all(is_so)
}

/// Whether an event is what a target asks for.
pub(crate) fn takes(target: &Target, event: &Happening) -> bool {
    let is_on = |page: &PageFilter| {
        page.path == event.path && page.host.as_ref().is_none_or(|host| *host == event.host)
    };
    match target {
        Target::Page(page) => event.kind == Kind::PageView && is_on(page),
        Target::Click { element, page } => {
            event.kind == Kind::Click
                && BUTTONS.get(event.element.as_str()) == Some(element)
                && page.as_ref().is_none_or(is_on)
        }
        Target::Event(name) => event.kind == Kind::Custom && event.element == *name,
        Target::Feature(id) => FEATURES.iter().any(|(name, buttons, page)| {
            history::feature_id(name) == *id
                && event.kind == Kind::Click
                && buttons.contains(&event.element.as_str())
                && page.is_none_or(|page| page == event.path)
        }),
    }
}

/// Draws `n` values, always the same ones for a seed.
pub(crate) fn draw<T: std::fmt::Debug>(
    seed: u64,
    n: usize,
    strategy: &impl Strategy<Value = T>,
) -> Result<Vec<T>> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let value = |_| strategy.new_tree(&mut runner).map(|tree| tree.current());
    (0..n).map(value).collect::<Result<_, _>>().map_err(|why| anyhow::anyhow!("{why}"))
}

/// What he is called in a history.
fn boss(number: usize) -> String {
    format!("{number}/{BOSS}")
}

/// A history whose people nobody else is.
pub(crate) fn named(history: &[Happening], number: usize) -> Vec<Happening> {
    let own = |id: &str| match id {
        "" | HEADQUARTERS => id.to_owned(),
        id => format!("{number}/{id}"),
    };
    let rename = |event: &Happening| Happening {
        anonymous_id: own(&event.anonymous_id),
        user_id: own(&event.user_id),
        account_id: own(&event.account_id),
        ..event.clone()
    };
    history.iter().map(rename).collect()
}

/// Writes histories into new databases: into the project that is asked, and their events into
/// another one, where they are everybody's.
pub(crate) async fn load(name: &str, histories: &[Vec<Happening>]) -> Result<Option<Connection>> {
    let Some(store) = testing::open(name).await? else { return Ok(None) };
    let own: Vec<_> = histories.iter().enumerate().flat_map(|(n, h)| named(h, n)).collect();
    let more = |n: usize, row: store::EventRow| with_more(&own[n], row);
    history::write_with(&store.connection, 1, &own, more).await?;
    let foreign = own.iter().step_by(7);
    let foreign: Vec<_> =
        foreign.map(|event| Happening { project: "other".to_owned(), ..event.clone() }).collect();
    history::write(&store.connection, 2, &foreign).await?;
    history::define(&store.connection, &FEATURES).await?;
    Ok(Some(store.connection))
}

fn with_more(event: &Happening, mut row: store::EventRow) -> store::EventRow {
    let (country, colour) = told(event);
    row.country = country.to_owned();
    row.session_id = session(event);
    let role = (event.kind == Kind::Identify)
        .then_some(("role", if says_staff(event) { "staff" } else { "guest" }));
    let tier = (event.kind == Kind::Group)
        .then_some(("tier", if says_staff(event) { "own" } else { "client" }));
    let engaged = engaged_ms(event).map(|ms| ("engaged_ms".to_owned(), ms.to_string()));
    row.properties.extend(engaged);
    row.properties.extend(
        role.into_iter().chain(tier).map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    let by = acts_as_another(event).then_some("boss");
    let properties = [("colour", Some(colour)), ("plan", plan(event)), ("impersonated_by", by)];
    let said = properties.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let said = said.filter(|(_, value)| !value.is_empty());
    row.properties.extend(said.map(|(name, value)| (name.to_owned(), value.to_owned())));
    row
}

/// The seed of this run.
pub(crate) fn seed() -> Result<u64> {
    match std::env::var_os("SILLAGE_SEED") {
        Some(seed) => Ok(seed.to_string_lossy().parse().context("SILLAGE_SEED is no number")?),
        None => Ok(SEED),
    }
}
