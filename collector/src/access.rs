//! Who may do what: one table of acts with the role that each needs, and one of routes with the
//! act that each is.
//!
//! [`crate::members::SignedIn`] and [`crate::http::asker::Asker`], without which no handler knows who asks, look
//! their route up here before they let anybody through. The screens ask the same table what to
//! offer, so nobody is offered what he would be refused.
//!
//! **Invariant:** a route that has no row lets nobody in, whatever his role (`tests/api/access.rs`,
//! which tries each route with each role).

use crate::http::error::ApiError;
use anyhow::anyhow;
use axum::extract::MatchedPath;
use axum::http::request::Parts;
use store::Role;

/// What somebody does here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Looks at screens and asks questions.
    Read,
    /// Names features, changes and deletes them.
    Features,
    /// Saves views, renames and deletes them.
    Views,
    /// Adds and removes annotations.
    Annotations,
    /// Invites, removes, gives roles.
    Members,
    /// Says something of accounts: attributes, contacts, notes.
    Records,
    /// Makes and revokes private keys.
    Keys,
    /// Sets where pages have the id of who is signed in.
    Identity,
    /// Sets who is left out of reports, and which accounts are one.
    Staff,
    /// Changes the settings of a project.
    Settings,
    /// Downloads, mends, replays and discards what ClickHouse refused.
    Letters,
}

/// The least role of each act, and the act in words, as in "only an administrator …".
const ACTS: [(Act, Role, &str); 11] = [
    (Act::Read, Role::Viewer, "looks at this"),
    (Act::Features, Role::Editor, "names, changes and deletes features"),
    (Act::Views, Role::Editor, "saves, renames and deletes views"),
    (Act::Annotations, Role::Editor, "adds and removes annotations"),
    (Act::Records, Role::Editor, "changes what is known of accounts"),
    (Act::Members, Role::Admin, "invites and removes members and gives them roles"),
    (Act::Keys, Role::Admin, "makes and revokes private keys"),
    (Act::Identity, Role::Admin, "changes how pages find out who is signed in"),
    (Act::Staff, Role::Admin, "changes who is counted and which accounts are one"),
    (Act::Settings, Role::Admin, "changes the settings of a project"),
    (Act::Letters, Role::Admin, "downloads, mends, replays and discards dead letters"),
];

/// Whom a route is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// Everybody: it says nothing of anybody, or asks for a token of its own.
    Anybody,
    /// A program with a private key.
    Program,
    /// A member who may do this.
    Member(Act),
    /// A member who may do this, or a program with a private key.
    Both(Act),
}

/// Every route: the method, the path, whom it is for.
pub const ROUTES: &[(&str, &str, For)] = &[
    ("POST", "/v1/events", For::Anybody),
    ("OPTIONS", "/v1/events", For::Anybody),
    ("GET", "/v1/config", For::Anybody),
    ("POST", "/v1/trouble", For::Anybody),
    ("GET", "/healthz", For::Anybody),
    ("GET", "/readyz", For::Anybody),
    ("GET", "/sdk.js", For::Anybody),
    ("GET", "/sdk/{file}", For::Anybody),
    ("GET", "/assets/{file}", For::Anybody),
    ("GET", "/privacy", For::Anybody),
    ("GET", "/welcome", For::Anybody),
    ("POST", "/welcome", For::Anybody),
    ("GET", "/invitation", For::Anybody),
    ("POST", "/invitation", For::Anybody),
    ("GET", "/sign-in", For::Anybody),
    ("POST", "/sign-in", For::Anybody),
    ("POST", "/theme", For::Anybody),
    ("POST", "/sign-out", For::Member(Act::Read)),
    ("GET", "/", For::Member(Act::Read)),
    ("GET", "/v1/projects", For::Program),
    ("POST", "/v1/projects/{project}/import", For::Program),
    ("GET", "/v1/projects/{project}/import", For::Program),
    ("POST", "/v1/projects/{project}/query", For::Both(Act::Read)),
    ("GET", "/v1/projects/{project}/look", For::Both(Act::Read)),
    ("POST", "/v1/projects/{project}/accounts", For::Both(Act::Read)),
    ("GET", "/v1/projects/{project}/outcomes", For::Member(Act::Read)),
    ("GET", "/v1/projects/{project}/staff", For::Both(Act::Read)),
    ("PUT", "/v1/projects/{project}/staff", For::Both(Act::Staff)),
    ("GET", "/v1/projects/{project}/merges", For::Both(Act::Read)),
    ("POST", "/v1/projects/{project}/merges", For::Both(Act::Staff)),
    ("DELETE", "/v1/projects/{project}/merges/{from}", For::Both(Act::Staff)),
    ("GET", "/v1/projects/{project}/identity-rules", For::Both(Act::Read)),
    ("PUT", "/v1/projects/{project}/identity-rules", For::Member(Act::Identity)),
    ("GET", "/v1/projects/{project}/captured", For::Both(Act::Read)),
    ("PUT", "/v1/projects/{project}/captured", For::Member(Act::Settings)),
    ("GET", "/v1/projects/{project}/features", For::Both(Act::Read)),
    ("POST", "/v1/projects/{project}/features", For::Both(Act::Features)),
    ("POST", "/v1/projects/{project}/features/preview", For::Both(Act::Read)),
    ("GET", "/v1/projects/{project}/features/suggestions", For::Both(Act::Read)),
    ("GET", "/v1/projects/{project}/features/test_ids", For::Both(Act::Read)),
    ("GET", "/v1/projects/{project}/features/{id}", For::Both(Act::Read)),
    ("PUT", "/v1/projects/{project}/features/{id}", For::Both(Act::Features)),
    ("DELETE", "/v1/projects/{project}/features/{id}", For::Both(Act::Features)),
    ("GET", "/v1/projects/{project}/features/{id}/versions", For::Both(Act::Read)),
    ("GET", "/v1/projects/{project}/annotations", For::Both(Act::Read)),
    ("POST", "/v1/projects/{project}/annotations", For::Both(Act::Annotations)),
    ("DELETE", "/v1/projects/{project}/annotations/{id}", For::Both(Act::Annotations)),
    ("POST", "/v1/projects/{project}/accounts/records", For::Both(Act::Records)),
    ("GET", "/v1/projects/{project}/accounts/{account}/record", For::Both(Act::Read)),
    ("GET", "/v1/projects/{project}/views", For::Both(Act::Read)),
    ("POST", "/v1/projects/{project}/views", For::Both(Act::Views)),
    ("PUT", "/v1/projects/{project}/views/{id}", For::Both(Act::Views)),
    ("DELETE", "/v1/projects/{project}/views/{id}", For::Both(Act::Views)),
    ("GET", "/projects/{project}/look", For::Member(Act::Read)),
    ("GET", "/projects/{project}/look.csv", For::Member(Act::Read)),
    ("GET", "/projects/{project}/views", For::Member(Act::Read)),
    ("POST", "/projects/{project}/views", For::Member(Act::Views)),
    ("POST", "/projects/{project}/views/{id}", For::Member(Act::Views)),
    ("POST", "/projects/{project}/views/{id}/delete", For::Member(Act::Views)),
    ("GET", "/projects/{project}/setup", For::Member(Act::Read)),
    ("POST", "/projects/{project}/setup", For::Member(Act::Settings)),
    ("POST", "/projects/{project}/setup/captured", For::Member(Act::Settings)),
    ("GET", "/projects/{project}/keys", For::Member(Act::Read)),
    ("POST", "/projects/{project}/keys", For::Member(Act::Keys)),
    ("POST", "/projects/{project}/keys/revoke", For::Member(Act::Keys)),
    ("GET", "/projects/{project}/counted", For::Member(Act::Read)),
    ("POST", "/projects/{project}/counted", For::Member(Act::Staff)),
    ("POST", "/projects/{project}/counted/merges", For::Member(Act::Staff)),
    ("POST", "/projects/{project}/counted/merges/undo", For::Member(Act::Staff)),
    ("GET", "/projects/{project}/identity", For::Member(Act::Read)),
    ("POST", "/projects/{project}/identity", For::Member(Act::Identity)),
    ("GET", "/projects/{project}/members", For::Member(Act::Read)),
    ("POST", "/projects/{project}/members", For::Member(Act::Members)),
    ("POST", "/projects/{project}/members/withdraw", For::Member(Act::Members)),
    ("POST", "/projects/{project}/members/role", For::Member(Act::Members)),
    ("POST", "/projects/{project}/members/remove", For::Member(Act::Members)),
    ("GET", "/projects/{project}/live", For::Member(Act::Read)),
    ("GET", "/projects/{project}/delivery", For::Member(Act::Read)),
    ("GET", "/projects/{project}/funnel", For::Member(Act::Read)),
    ("GET", "/projects/{project}/funnel.csv", For::Member(Act::Read)),
    ("GET", "/projects/{project}/retention", For::Member(Act::Read)),
    ("GET", "/projects/{project}/retention.csv", For::Member(Act::Read)),
    ("GET", "/projects/{project}/trend", For::Member(Act::Read)),
    ("GET", "/projects/{project}/trend.csv", For::Member(Act::Read)),
    ("GET", "/projects/{project}/paths", For::Member(Act::Read)),
    ("GET", "/projects/{project}/paths.csv", For::Member(Act::Read)),
    ("GET", "/projects/{project}/stickiness", For::Member(Act::Read)),
    ("GET", "/projects/{project}/stickiness.csv", For::Member(Act::Read)),
    ("GET", "/projects/{project}/lifecycle", For::Member(Act::Read)),
    ("GET", "/projects/{project}/lifecycle.csv", For::Member(Act::Read)),
    ("GET", "/projects/{project}/accounts", For::Member(Act::Read)),
    ("GET", "/projects/{project}/accounts.csv", For::Member(Act::Read)),
    ("GET", "/projects/{project}/adoption", For::Member(Act::Read)),
    ("GET", "/projects/{project}/adoption.csv", For::Member(Act::Read)),
    ("GET", "/projects/{project}/first-week", For::Member(Act::Read)),
    ("GET", "/projects/{project}/first-week.csv", For::Member(Act::Read)),
    ("GET", "/projects/{project}/funnel/people", For::Member(Act::Read)),
    ("GET", "/projects/{project}/funnel/people.csv", For::Member(Act::Read)),
    ("GET", "/projects/{project}/trend/people", For::Member(Act::Read)),
    ("GET", "/projects/{project}/trend/people.csv", For::Member(Act::Read)),
    ("GET", "/projects/{project}/retention/people", For::Member(Act::Read)),
    ("GET", "/projects/{project}/retention/people.csv", For::Member(Act::Read)),
    ("GET", "/projects/{project}/adoption/people", For::Member(Act::Read)),
    ("GET", "/projects/{project}/adoption/people.csv", For::Member(Act::Read)),
    ("GET", "/projects/{project}/paths/people", For::Member(Act::Read)),
    ("GET", "/projects/{project}/paths/people.csv", For::Member(Act::Read)),
    ("GET", "/projects/{project}/stickiness/people", For::Member(Act::Read)),
    ("GET", "/projects/{project}/stickiness/people.csv", For::Member(Act::Read)),
    ("GET", "/projects/{project}/lifecycle/people", For::Member(Act::Read)),
    ("GET", "/projects/{project}/lifecycle/people.csv", For::Member(Act::Read)),
    ("GET", "/projects/{project}/first-week/people", For::Member(Act::Read)),
    ("GET", "/projects/{project}/first-week/people.csv", For::Member(Act::Read)),
    ("POST", "/projects/{project}/annotations", For::Member(Act::Annotations)),
    ("POST", "/projects/{project}/annotations/remove", For::Member(Act::Annotations)),
    ("GET", "/projects/{project}/features", For::Member(Act::Read)),
    ("GET", "/projects/{project}/features/new", For::Member(Act::Features)),
    ("POST", "/projects/{project}/features/new", For::Member(Act::Features)),
    ("GET", "/projects/{project}/features/clicked", For::Member(Act::Features)),
    ("POST", "/projects/{project}/features/clicked", For::Member(Act::Features)),
    ("GET", "/projects/{project}/features/point", For::Member(Act::Features)),
    ("GET", "/projects/{project}/features/point/clicks", For::Member(Act::Features)),
    ("GET", "/projects/{project}/features/point/rules", For::Member(Act::Features)),
    ("GET", "/projects/{project}/features/{id}", For::Member(Act::Read)),
    ("POST", "/projects/{project}/features/{id}", For::Member(Act::Features)),
    ("GET", "/projects/{project}/features/{id}/add", For::Member(Act::Features)),
    ("POST", "/projects/{project}/features/{id}/add", For::Member(Act::Features)),
    ("POST", "/projects/{project}/features/{id}/remove", For::Member(Act::Features)),
    ("POST", "/projects/{project}/features/{id}/accept", For::Member(Act::Features)),
    ("POST", "/projects/{project}/features/{id}/delete", For::Member(Act::Features)),
    ("GET", "/projects/{project}/import", For::Member(Act::Read)),
    ("POST", "/projects/{project}/import", For::Member(Act::Records)),
    ("GET", "/projects/{project}/accounts/{account}/record", For::Member(Act::Read)),
    ("POST", "/projects/{project}/accounts/{account}/record/attribute", For::Member(Act::Records)),
    ("POST", "/projects/{project}/accounts/{account}/record/contact", For::Member(Act::Records)),
    ("POST", "/projects/{project}/accounts/{account}/record/note", For::Member(Act::Records)),
    ("GET", "/projects/{project}/accounts/{account}", For::Member(Act::Read)),
    ("GET", "/projects/{project}/accounts/{account}/days.csv", For::Member(Act::Read)),
    ("GET", "/projects/{project}/accounts/{account}/people", For::Member(Act::Read)),
    ("GET", "/projects/{project}/accounts/{account}/people.csv", For::Member(Act::Read)),
    ("GET", "/projects/{project}/accounts/{account}/events", For::Member(Act::Read)),
    ("GET", "/projects/{project}/accounts/{account}/events.csv", For::Member(Act::Read)),
    ("GET", "/projects/{project}/dead-letters", For::Member(Act::Read)),
    ("GET", "/projects/{project}/dead-letters.jsonl", For::Member(Act::Letters)),
    ("POST", "/projects/{project}/dead-letters/replay", For::Member(Act::Letters)),
    ("POST", "/projects/{project}/dead-letters/discard", For::Member(Act::Letters)),
    ("POST", "/projects/{project}/dead-letters/upload", For::Member(Act::Letters)),
    ("GET", "/projects/{project}/dead-letters/{letter}", For::Member(Act::Read)),
    ("POST", "/projects/{project}/dead-letters/{letter}", For::Member(Act::Letters)),
];

/// Whether this role may do it.
pub fn may(role: Role, act: Act) -> bool {
    ACTS.iter().any(|(of, least, _)| *of == act && role >= *least)
}

/// Lets a member of this role through to the route of a request.
///
/// # Errors
/// 403 with a sentence for one who may not; 500 for a route without a row.
pub(crate) fn check_member(parts: &Parts, role: Role) -> Result<(), ApiError> {
    match row(parts)? {
        For::Anybody => Ok(()),
        For::Member(act) | For::Both(act) if may(role, act) => Ok(()),
        For::Member(act) | For::Both(act) => Err(ApiError::Forbidden(refusal(act))),
        For::Program => {
            Err(ApiError::Forbidden("this is for programs with a private key".to_owned()))
        }
    }
}

/// Lets a program with a private key through to the route of a request.
///
/// # Errors
/// 403 with a sentence where programs may not; 500 for a route without a row.
pub(crate) fn check_program(parts: &Parts) -> Result<(), ApiError> {
    match row(parts)? {
        For::Anybody | For::Program | For::Both(_) => Ok(()),
        For::Member(_) => {
            let why = "this is for members who are signed in, and not for a private key";
            Err(ApiError::Forbidden(why.to_owned()))
        }
    }
}

fn row(parts: &Parts) -> Result<For, ApiError> {
    let path = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let method = if parts.method == "HEAD" { "GET" } else { parts.method.as_str() };
    let row = ROUTES.iter().find(|(of, known, _)| *of == method && *known == path);
    row.map(|(_, _, whom)| *whom).ok_or_else(|| {
        anyhow!("the route {method} {path} has no row in the table of access").into()
    })
}

/// Why somebody may not.
fn refusal(act: Act) -> String {
    let row = ACTS.iter().find(|(of, ..)| *of == act);
    let (least, what) = row.map_or((Role::Admin, "does this"), |(_, least, what)| (*least, what));
    let who = match least {
        Role::Viewer => "a member",
        Role::Editor => "an editor or an administrator",
        Role::Admin => "an administrator",
    };
    format!("only {who} {what}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_do_more_than_the_one_before() {
        let of = |role| ACTS.into_iter().map(|(act, ..)| act).filter(move |act| may(role, *act));
        assert_eq!(of(Role::Viewer).collect::<Vec<_>>(), [Act::Read]);
        assert_eq!(
            of(Role::Editor).collect::<Vec<_>>(),
            [Act::Read, Act::Features, Act::Views, Act::Annotations, Act::Records]
        );
        assert_eq!(of(Role::Admin).count(), ACTS.len());
    }

    #[test]
    fn who_may_not_is_told_who_may() {
        insta::assert_snapshot!(refusal(Act::Staff), @"only an administrator changes who is counted and which accounts are one");
        insta::assert_snapshot!(refusal(Act::Features), @"only an editor or an administrator names, changes and deletes features");
    }
}
