//! What the Members page shows, in words.

use crate::dashboard::format::{day, instant};
use crate::dashboard::layout::Shell;
use crate::dashboard::notice::Notice;
use crate::members::Team;
use askama::Template;
use jiff::tz::TimeZone;
use protocol::Timestamp;
use store::{Invitation, Member, Role, Versioned};

/// The Members page.
#[derive(Debug, Template)]
#[template(path = "members.html")]
pub(super) struct MembersPage {
    pub(super) shell: Shell,
    pub(super) project_id: String,
    pub(super) notice: Option<Notice>,
    /// The invitation that was just made.
    pub(super) made: Option<Made>,
    /// None while the store is away.
    pub(super) team: Option<TeamView>,
    pub(super) may_change: bool,
    /// What was typed as the address of somebody new.
    pub(super) email: String,
    /// What somebody new can be.
    pub(super) roles: Vec<RoleChoice>,
}

/// A link that is shown once.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) link: String,
    pub(super) email: String,
}

/// Who there is.
#[derive(Debug)]
pub(super) struct TeamView {
    pub(super) members: Vec<MemberView>,
    /// Only for those who may do something about them.
    pub(super) invitations: Vec<InvitationView>,
}

/// A member in the list.
#[derive(Debug)]
pub(super) struct MemberView {
    pub(super) id: String,
    pub(super) version: u32,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) role: &'static str,
    pub(super) is_you: bool,
    /// What he can be instead.
    pub(super) roles: Vec<RoleChoice>,
    /// Nobody else is an administrator.
    pub(super) is_last_admin: bool,
}

/// An invitation in the list.
#[derive(Debug)]
pub(super) struct InvitationView {
    pub(super) id: String,
    pub(super) version: u32,
    pub(super) email: String,
    pub(super) role: &'static str,
    pub(super) invited_by: String,
    pub(super) is_expired: bool,
    pub(super) until: String,
    pub(super) instant: String,
}

/// A role to choose.
#[derive(Debug)]
pub(super) struct RoleChoice {
    pub(super) word: &'static str,
    pub(super) label: &'static str,
    pub(super) what: &'static str,
    pub(super) is_on: bool,
}

/// A role, as in "you will be …".
pub(in crate::dashboard) fn called(role: Role) -> &'static str {
    match role {
        Role::Viewer => "a viewer",
        Role::Editor => "an editor",
        Role::Admin => "an administrator",
    }
}

fn label(role: Role) -> &'static str {
    match role {
        Role::Viewer => "Viewer",
        Role::Editor => "Editor",
        Role::Admin => "Administrator",
    }
}

fn what(role: Role) -> &'static str {
    match role {
        Role::Viewer => "Looks at every report and asks questions.",
        Role::Editor => "Also names features, saves views, marks releases and notes.",
        Role::Admin => "Also members, keys, identity rules, who is counted and settings.",
    }
}

/// The roles, with the one that is chosen.
pub(super) fn roles(chosen: Role) -> Vec<RoleChoice> {
    let choice = |role: Role| RoleChoice {
        word: role.as_str(),
        label: label(role),
        what: what(role),
        is_on: role == chosen,
    };
    Role::ALL.into_iter().map(choice).collect()
}

impl TeamView {
    pub(super) fn new(
        team: Team,
        you: &Member,
        may_change: bool,
        now: Timestamp,
        zone: &TimeZone,
    ) -> Self {
        let is_admin = |member: &&Versioned<Member>| member.value.role == Role::Admin;
        let n_admins = team.members.iter().filter(is_admin).count();
        let member = |Versioned { version, value }: Versioned<Member>| MemberView {
            id: value.id(),
            version,
            is_you: value.id() == you.id(),
            role: label(value.role),
            roles: roles(value.role),
            is_last_admin: value.role == Role::Admin && n_admins < 2,
            name: value.name,
            email: value.email,
        };
        let invitation = |Versioned { version, value }: Versioned<Invitation>| InvitationView {
            id: value.id(),
            version,
            role: label(value.role),
            is_expired: value.expires_at <= now,
            until: day(value.expires_at, zone),
            instant: instant(value.expires_at),
            invited_by: value.invited_by,
            email: value.email,
        };
        let invitations = if may_change { team.invitations } else { Vec::new() };
        Self {
            members: team.members.into_iter().map(member).collect(),
            invitations: invitations.into_iter().map(invitation).collect(),
        }
    }
}
