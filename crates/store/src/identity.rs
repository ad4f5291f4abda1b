//! Who is whose, and who counts: the one place that turns an event's ids into a person and an
//! account, and says whether reports count it.
//!
//! **Person.** An event with a `user_id` is that user's. One without belongs to the first user
//! ever identified on its `anonymous_id`, before or after it; without any such user the browser
//! itself is the person. First is the least time, and of two in one millisecond the lower event
//! id. Signing out joins nothing: the page begins a new `anonymous_id` then, and what comes on
//! the old one is still its first user's. A person is named by the user id or the anonymous id
//! as it is.
//!
//! **Account.** The event's own; else, where the person is a user, the account in which an event
//! of that user was seen last, at or before the event's time; else the first account in which he
//! ever was; else none. Of two accounts in one millisecond the greater id holds. Only events that
//! carry both ids say where a user is. Of an account that is merged into another everything is that
//! one's, by [`Merges`], and so are the rules that name it and what is said of it; what is said of
//! the one that they are holds over that.
//!
//! **Counted.** Everybody but browsers that say that a program drives them, unless the project
//! counts those; and but the vendor's own people, by [`StaffRules`]. A question may be about some of
//! them only, by [`Among`].
//!
//! **Acting as another.** Where the vendor's own people act as a user of a customer, the page says so
//! by `identify(user, { impersonated_by: … })`. A rule can leave the browser out on which that was
//! ever said: a page begins a new `anonymous_id` with another user and at `reset`, so that it is
//! that one stay. What is said of the user there is not taken for his own.
//!
//! **Active.** Somebody does something with every event but those that tell who he is, `identify`
//! and `group`: a page tells that whenever it is loaded, whatever he does.
//!
//! **By hashes.** Who is only counted is told apart by numbers, [`person_hash`] and [`account_hash`]:
//! 64 bits of SipHash over the project and the id, which are columns beside the ids. People are
//! counted by them in a fifth of the time, since no text is read, hashed or compared. Two of ten
//! million people of a project have the same number, and count as one, with a probability of
//! 3 in a million (n² / 2⁶⁵); names are always those of the ids, so nobody is shown as another.
//!
//! **In memory.** Where millions of rows are counted by whoever asks, they come as they are and
//! [`Whose`](crate::Whose) says the same of them.
//!
//! All of it is applied when a question is asked, so that a sign-in, an account that is learnt
//! late and a rule of today re-group all of the past, and so that events stay as they came. Who
//! is whose is looked up in dictionaries, which are as fresh as the events
//! ([`Dictionary`]); what is known of users and accounts, for the rules, in a
//! table that the writer derives, and in the [`record`] of the accounts.
//!
//! ```
//! use store::identity::{self, Grouping};
//! use store::{Databases, Statement};
//!
//! let databases = Databases::default();
//! let grouping = Grouping::none(protocol::ProjectId::parse("tidemark")?);
//! let sql = format!(
//!     "SELECT uniqExact({person}) FROM {events} AS e WHERE e.project = {{project:String}} AND {counted}",
//!     person = identity::person(&databases, "e"),
//!     events = databases.events(),
//!     counted = identity::counted(&databases, &grouping, "e"),
//! );
//! let question = identity::bind(Statement::new(sql), &grouping, false).bind("project", "tidemark");
//! # Ok::<(), protocol::InvalidId>(())
//! ```

use crate::among::{Among, Condition};
use crate::definition::Property;
use crate::derived::{ACCOUNT, BROWSER, EMAIL_DOMAIN, ID_DOMAIN, IMPERSONATED_BY, USER};
use crate::schema::events::{
    ACCOUNT_HASH, ACCOUNT_ID, ANONYMOUS_HASH, ANONYMOUS_ID, IS_AUTOMATED, KIND, PROJECT, TIMESTAMP,
    USER_HASH, USER_ID,
};
use crate::schema::{
    account_hash_of, account_of, person_hash_of, person_of, records, sessions, traits,
};
use crate::{Databases, Dictionary, Merges, StaffRules, Statement, record};
use protocol::{Kind, ProjectId};

/// The parameters that hold which accounts are merged, and into which.
const MERGED_FROM: &str = "merged_from";
const MERGED_INTO: &str = "merged_into";

/// What a project says of who is whose and who counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grouping {
    /// Who is left out.
    pub staff: StaffRules,
    /// Which accounts are one.
    pub merges: Merges,
    /// Whom a question is about; everybody for a project.
    pub among: Among,
}

impl Grouping {
    /// Nobody is left out, and each account is one of its own.
    pub fn none(project: ProjectId) -> Self {
        Self {
            staff: StaffRules::none(project),
            merges: Merges::default(),
            among: Among::default(),
        }
    }

    /// Whether it depends on the account who counts.
    pub fn looks_at_accounts(&self) -> bool {
        self.staff.names_accounts() || self.among.iter().any(Condition::is_of_account)
    }
}

/// The person of a row under the alias `events`: of the table of events, or of any that has its
/// project, anonymous id and user id.
pub fn person(databases: &Databases, events: &str) -> String {
    // With the user in the middle, a question that also asks for accounts looks it up only once.
    format!("if({user} != '', {user}, {events}.{ANONYMOUS_ID})", user = user(databases, events))
}

/// The account of a row of events under the alias `events`, empty for none; as [`person`], and
/// with the row's timestamp and account id.
///
/// Needs the parameters of [`bind`], as all that asks for accounts does.
pub fn account(databases: &Databases, grouping: &Grouping, events: &str) -> String {
    account_at(databases, grouping, events, &format!("{events}.{TIMESTAMP}"))
}

/// The account of a row of sessions under the alias `sessions`, empty for none: at the time of the
/// row's first event, which is within a quarter of an hour of each of them.
#[cfg(any(test, feature = "testing"))]
pub fn account_of_session(databases: &Databases, grouping: &Grouping, sessions: &str) -> String {
    account_at(databases, grouping, sessions, &format!("{sessions}.{}", sessions::FIRST_SEEN))
}

/// The number of an id of a project, both of them columns or other SQL; 0 for the empty id.
pub fn hash(project: &str, id: &str) -> String {
    format!("if({id} = '', 0, sipHash64({project}, {id}))")
}

/// Some bits of a project, which is a column or other SQL, so that of a dictionary only its own is read.
pub(crate) fn project_bits(project: &str) -> String {
    format!("toUInt16(sipHash64({project}))")
}

/// The number of the [`person`] of a row, which has his hashes.
pub fn person_hash(databases: &Databases, events: &str) -> String {
    format!(
        "if({user} != 0, {user}, {events}.{ANONYMOUS_HASH})",
        user = user_hash(databases, events)
    )
}

/// Whether the account of a row is not told, and its user was in several, so that the account
/// depends on the moment.
pub fn may_change_account(databases: &Databases, events: &str) -> String {
    format!(
        "{events}.{ACCOUNT_HASH} = 0 AND dictGetOrDefault('{dictionary}', '{is_steady}', {user}, toInt64(0), toUInt8(1)) = 0",
        dictionary = Dictionary::AccountHashOf.path(databases),
        is_steady = account_hash_of::IS_STEADY,
        user = user_hash(databases, events),
    )
}

/// Whether there is anybody of whom that may be: found out once for a question, so that where nobody
/// is nothing else is read for it.
pub fn anybody_may_change_account(databases: &Databases) -> String {
    format!(
        "(SELECT count() FROM {dictionary} WHERE {is_steady} = 0) > 0",
        dictionary = Dictionary::AccountHashOf.path(databases),
        is_steady = account_hash_of::IS_STEADY,
    )
}

/// The number of the user of a row, 0 where only the browser is known.
pub fn user_hash(databases: &Databases, events: &str) -> String {
    format!(
        "if({events}.{USER_HASH} != 0, {events}.{USER_HASH}, \
         dictGetOrDefault('{dictionary}', '{user_hash}', {events}.{ANONYMOUS_HASH}, toUInt64(0)))",
        dictionary = Dictionary::PersonHashOf.path(databases),
        user_hash = person_hash_of::USER_HASH,
    )
}

/// The number of the [`account`] of a row, 0 for none.
pub fn account_hash(databases: &Databases, grouping: &Grouping, events: &str) -> String {
    account_hash_at(databases, grouping, events, &format!("{events}.{TIMESTAMP}"))
}

/// The number of the account of a row of sessions, 0 for none: at the time of its first event.
pub fn account_hash_of_session(
    databases: &Databases,
    grouping: &Grouping,
    sessions: &str,
) -> String {
    let at = format!("{sessions}.{}", sessions::FIRST_SEEN);
    account_hash_at(databases, grouping, sessions, &at)
}

fn account_hash_at(databases: &Databases, grouping: &Grouping, events: &str, at: &str) -> String {
    merged_hash(
        grouping,
        format!(
            "if({events}.{ACCOUNT_HASH} != 0, {events}.{ACCOUNT_HASH}, \
         dictGetOrDefault('{dictionary}', '{account_hash}', {user}, toUnixTimestamp64Milli({at}), toUInt64(0)))",
            dictionary = Dictionary::AccountHashOf.path(databases),
            account_hash = account_hash_of::ACCOUNT_HASH,
            user = user_hash(databases, events),
        ),
    )
}

/// The number of the account that the number of an account means: itself, unless that is merged
/// into another. Where nothing is merged it is the text as it was.
pub fn merged_hash(grouping: &Grouping, account: String) -> String {
    if grouping.merges.is_empty() {
        return account;
    }
    let hashes = |name| {
        format!("arrayMap(id -> sipHash64({{project:String}}, id), {{{name}:Array(String)}})")
    };
    format!("transform({account}, {}, {})", hashes(MERGED_FROM), hashes(MERGED_INTO))
}

/// Rows of the hashes of the accounts that are merged, and of those that they are; nothing where there
/// are none.
pub(crate) fn merged_pairs(grouping: &Grouping) -> Option<String> {
    let hash = |n: u8| format!("sipHash64({{project:String}}, pair.{n})");
    let pairs =
        format!("arrayZip({{{MERGED_FROM}:Array(String)}}, {{{MERGED_INTO}:Array(String)}})");
    let sql = format!("SELECT {}, {} FROM (SELECT arrayJoin({pairs}) AS pair)", hash(1), hash(2));
    (!grouping.merges.is_empty()).then_some(sql)
}

/// The same of ids.
pub(crate) fn merged(grouping: &Grouping, account: String) -> String {
    if grouping.merges.is_empty() {
        return account;
    }
    format!(
        "transform({account}, {{{MERGED_FROM}:Array(String)}}, {{{MERGED_INTO}:Array(String)}})"
    )
}

/// A user's account is not looked up for a browser that has no user: what is not in the
/// dictionary has none.
fn account_at(databases: &Databases, grouping: &Grouping, events: &str, at: &str) -> String {
    merged(
        grouping,
        format!(
            "if({events}.{ACCOUNT_ID} != '', {events}.{ACCOUNT_ID}, \
         dictGetOrDefault('{dictionary}', '{account_id}', (toString({events}.{PROJECT}), {user}), toUnixTimestamp64Milli({at}), ''))",
            dictionary = Dictionary::AccountOf.path(databases),
            account_id = account_of::ACCOUNT_ID,
            user = user(databases, events),
        ),
    )
}

/// The user of a row, empty where only the browser is known.
fn user(databases: &Databases, events: &str) -> String {
    format!(
        "if({events}.{USER_ID} != '', {events}.{USER_ID}, \
         dictGetOrDefault('{dictionary}', '{first_user}', (toString({events}.{PROJECT}), {events}.{ANONYMOUS_ID}), ''))",
        dictionary = Dictionary::PersonOf.path(databases),
        first_user = person_of::FIRST_USER,
    )
}

/// Whether the person of a row is a user, and not a browser that nobody was ever known on.
pub fn is_user(databases: &Databases, events: &str) -> String {
    format!("{} != ''", user(databases, events))
}

/// Of whom something is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A user, by `identify`.
    User,
    /// An account, by `group` or by its [`record`].
    Account,
}

impl Subject {
    const fn word(self) -> &'static str {
        match self {
            Self::User => USER,
            Self::Account => ACCOUNT,
        }
    }
}

/// Rows of `name`: everything that is said of any, each once.
///
/// Needs `{project:String}`.
pub fn names_said(databases: &Databases, subject: Subject) -> String {
    let on_pages = format!(
        "SELECT DISTINCT toString({name}) AS name FROM {traits} \
         WHERE {project} = {{project:String}} AND {subject_column} = '{subject}'",
        name = traits::NAME,
        traits = databases.traits(),
        project = traits::PROJECT,
        subject_column = traits::SUBJECT,
        subject = subject.word(),
    );
    match subject {
        Subject::User => on_pages,
        Subject::Account => format!(
            "{on_pages} UNION DISTINCT SELECT DISTINCT toString({name}) AS name FROM ({}) WHERE held != ''",
            in_records(databases, "1"),
            name = records::NAME,
        ),
    }
}

/// Rows of `id` and `value`: what is said by a name, which is SQL such as a parameter. Of a user it
/// is what pages told last; of an account what [`crate::record`] says, else the same.
///
/// Of accounts that are one there is one row, under the id of the one that they are: see
/// [`crate::record`].
///
/// Needs the parameters of [`bind`], and `{project:String}`.
pub fn said_of(databases: &Databases, grouping: &Grouping, subject: Subject, name: &str) -> String {
    let said = said(databases, grouping, subject, &format!("{} = {name}", traits::NAME));
    format!("SELECT id, value FROM ({said})")
}

/// Rows of `id`, `name` and `value`, by a condition on the name.
fn said(databases: &Databases, grouping: &Grouping, subject: Subject, of_names: &str) -> String {
    let on_pages = format!(
        "SELECT {id} AS told_of, {name}, max({last}) AS latest, latest.1 AS at, latest.3 AS held FROM {traits} \
         WHERE {project} = {{project:String}} AND {subject_column} = '{subject}' AND {of_names} \
         GROUP BY told_of, {name}",
        subject = subject.word(),
        id = traits::ID,
        name = traits::NAME,
        last = traits::LAST,
        traits = databases.traits(),
        project = traits::PROJECT,
        subject_column = traits::SUBJECT,
    );
    match subject {
        Subject::User => {
            format!("SELECT told_of AS id, {}, held AS value FROM ({on_pages})", traits::NAME)
        }
        Subject::Account => format!(
            "SELECT id, {name}, argMax(said, is_record) AS value FROM (\
             SELECT id, {name}, said, 0 AS is_record FROM ({on_pages}) UNION ALL \
             SELECT id, {name}, said, 1 AS is_record FROM ({in_records}) WHERE said != '') GROUP BY id, {name}",
            name = traits::NAME,
            on_pages = of_one(grouping, &on_pages),
            in_records = of_one(grouping, &in_records(databases, of_names)),
        ),
    }
}

/// Rows of `told_of`, `name`, `at` and `held`: what was said last of the attributes of each account
/// here, and when; empty where it was taken away.
fn in_records(databases: &Databases, of_names: &str) -> String {
    format!(
        "SELECT {id} AS told_of, {name}, max(({at}, {value})) AS latest, latest.1 AS at, latest.2 AS held FROM {records} \
         WHERE {project} = {{project:String}} AND {subject} = '{attribute}' AND {of_names} \
         GROUP BY told_of, {name}",
        id = records::ACCOUNT_ID,
        name = records::NAME,
        at = records::TOLD_AT,
        value = records::VALUE,
        records = databases.records(),
        project = records::PROJECT,
        subject = records::SUBJECT,
        attribute = record::Subject::Attribute.as_str(),
    )
}

/// Rows of `id`, `name` and `said` of rows of `told_of`, `name`, `at` and `held`, of which each
/// account has one by name: of accounts that are one, one. Which of them, [`record`] says; in memory
/// `record::held::Of` does.
fn of_one(grouping: &Grouping, rows: &str) -> String {
    let name = traits::NAME;
    if grouping.merges.is_empty() {
        return format!("SELECT told_of AS id, {name}, held AS said FROM ({rows})");
    }
    format!(
        "SELECT id, {name}, max((told_of = id AND held != '', at, held)).3 AS said \
         FROM (SELECT {one} AS id, told_of, {name}, at, held FROM ({rows})) \
         WHERE told_of = id OR held != '' GROUP BY id, {name}",
        one = merged(grouping, "told_of".to_owned()),
    )
}

/// Whether reports count a row of events under the alias `events`.
///
/// Needs the parameters of [`bind`], and `{project:String}`.
pub fn counted(databases: &Databases, grouping: &Grouping, events: &str) -> String {
    all_of(databases, grouping, events, &account_hash(databases, grouping, events))
}

/// The same for a row of sessions.
pub fn counted_session(databases: &Databases, grouping: &Grouping, sessions: &str) -> String {
    all_of(databases, grouping, sessions, &account_hash_of_session(databases, grouping, sessions))
}

fn all_of(databases: &Databases, grouping: &Grouping, events: &str, account: &str) -> String {
    let staff = &grouping.staff;
    let mut condition = counted_browser(databases, grouping, events);
    let person = person_hash(databases, events);
    if staff.names_users() {
        condition += &format!(" AND {person} NOT IN ({})", staff_users(databases, grouping));
    }
    if staff.names_accounts() {
        condition += &format!(" AND {account} NOT IN ({})", staff_accounts(databases, grouping));
    }
    for (n, it) in grouping.among.iter().enumerate() {
        condition += &format!(" AND {}", it.is_so(databases, grouping, n, (&person, account)));
    }
    condition
}

/// Whether somebody did something in a row of events: the one meaning of *anything* in reports.
pub fn is_activity() -> String {
    not_of(|kind| !kind.is_activity())
}

/// Whether a row of events is a moment of a visit, and not only said besides.
pub(crate) fn is_moment() -> String {
    not_of(Kind::is_aside)
}

fn not_of(is_out: impl Fn(Kind) -> bool) -> String {
    let out = Kind::ALL.into_iter().filter(|kind| is_out(*kind));
    let out: Vec<String> = out.map(|kind| format!("'{kind}'")).collect();
    format!("{KIND} NOT IN ({})", out.join(", "))
}

/// Whether a row is of a browser that counts, whoever the person and the account are: the part of
/// [`counted`] that is said of browsers.
pub fn counted_browser(databases: &Databases, grouping: &Grouping, events: &str) -> String {
    let condition = not_automated(events);
    if !grouping.staff.impersonated {
        return condition;
    }
    let browsers = impersonated(databases);
    format!("{condition} AND {events}.{ANONYMOUS_HASH} NOT IN ({browsers})")
}

/// Whether a row is of a browser that counts, by what it says about itself.
pub fn not_automated(events: &str) -> String {
    format!("{events}.{IS_AUTOMATED} <= {{count_automated:Bool}}")
}

/// The hashes of the browsers in which somebody acts as another, as a question.
fn impersonated(databases: &Databases) -> String {
    format!(
        "SELECT {hash} FROM {traits} WHERE {project} = {{project:String}} \
         AND {subject} = '{BROWSER}' AND {name} = '{IMPERSONATED_BY}'",
        hash = hash("{project:String}", traits::ID),
        traits = databases.traits(),
        project = traits::PROJECT,
        subject = traits::SUBJECT,
        name = traits::NAME,
    )
}

/// The hashes of the users that the rules mean, as a question.
pub(crate) fn staff_users(databases: &Databases, grouping: &Grouping) -> String {
    staff_hashes(databases, grouping, Subject::User, "staff_users", "staff_user")
}

/// The hashes of the accounts that the rules mean, as a question.
pub(crate) fn staff_accounts(databases: &Databases, grouping: &Grouping) -> String {
    staff_hashes(databases, grouping, Subject::Account, "staff_accounts", "staff_account")
}

/// The hashes of ids by list, and of those of which the last value of a name is one that is listed
/// beside it.
fn staff_hashes(
    databases: &Databases,
    grouping: &Grouping,
    subject: Subject,
    listed: &str,
    told: &str,
) -> String {
    let names = format!("{{{told}_names:Array(String)}}");
    let values = format!("{{{told}_values:Array(String)}}");
    format!(
        "SELECT {hash} FROM (SELECT arrayJoin({{{listed}:Array(String)}}) AS id UNION ALL \
         SELECT id FROM ({said}) WHERE has(arrayZip({names}, {values}), (toString({name}), value)))",
        hash = hash("{project:String}", "id"),
        said = said(databases, grouping, subject, &format!("has({names}, {})", traits::NAME)),
        name = traits::NAME,
    )
}

/// Gives the parameters of [`counted`] and [`account`] their values.
pub fn bind(statement: Statement, grouping: &Grouping, count_automated: bool) -> Statement {
    let Grouping { staff, merges, among } = grouping;
    let statement = statement.bind("count_automated", count_automated);
    let each = among.iter().enumerate();
    let mut statement = each.fold(statement, |all, (n, it)| it.bind(all, n, merges));
    if !merges.is_empty() {
        statement =
            statement.bind(MERGED_FROM, merges.merged()).bind(MERGED_INTO, merges.holding());
    }
    if staff.names_users() {
        let domains = staff.email_domains.iter().flat_map(|domain| {
            [EMAIL_DOMAIN, ID_DOMAIN].map(|name| (name.to_owned(), domain.clone()))
        });
        let (names, values) = pairs(&staff.user_properties).chain(domains).unzip();
        statement = bind_told(statement, "staff_user", names, values)
            .bind("staff_users", staff.users.clone());
    }
    if staff.names_accounts() {
        let (names, values) = pairs(&staff.account_properties).unzip();
        let accounts = staff.accounts.iter().map(|id| merges.account(id).to_owned());
        let accounts: Vec<String> = accounts.collect();
        statement =
            bind_told(statement, "staff_account", names, values).bind("staff_accounts", accounts);
    }
    statement
}

fn pairs(properties: &[Property]) -> impl Iterator<Item = (String, String)> {
    properties.iter().map(|property| (property.name.clone(), property.value.clone()))
}

fn bind_told(
    statement: Statement,
    told: &str,
    names: Vec<String>,
    values: Vec<String>,
) -> Statement {
    statement.bind(format!("{told}_names"), names).bind(format!("{told}_values"), values)
}
