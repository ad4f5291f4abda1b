//! Who belongs to the team: invitations, roles, and who leaves.
//!
//! An invitation is a link that works once. What it holds is shown when it is made and kept
//! nowhere; nothing is sent. What is there to be changed is changed by one request after the other,
//! so that of two administrators who demote each other one stays; several collectors on one
//! ClickHouse do not wait for each other.

use super::session::Secret;
use super::{Members, Newcomer, Refusal};
use protocol::Timestamp;
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use store::definition::Kind;
use store::{Edit, Invitation, Member, Role, Versioned};
use subtle::ConstantTimeEq;

/// How long an invitation holds, whatever happens: seven days.
pub(crate) const INVITATION_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

/// Everybody who signs in, and who is invited.
#[derive(Debug)]
pub(crate) struct Team {
    /// By address.
    pub(crate) members: Vec<Versioned<Member>>,
    /// By address; also those that have expired.
    pub(crate) invitations: Vec<Versioned<Invitation>>,
}

/// What somebody asks to be done to a definition that he saw at a version.
#[derive(Debug)]
pub(crate) struct Target<'a> {
    /// Which one.
    pub(crate) id: &'a str,
    /// The version.
    pub(crate) version: u32,
}

impl Members {
    /// Everybody.
    pub(crate) async fn team(&self) -> Result<Team, store::Error> {
        let defined = self.0.store.defined().await?;
        let (mut members, mut invitations) = (defined.members, defined.invitations);
        members.sort_by_cached_key(|member| member.value.email.to_lowercase());
        invitations.sort_by_cached_key(|invitation| invitation.value.email.to_lowercase());
        Ok(Team { members, invitations })
    }

    /// Invites somebody; returns what his link holds. An earlier invitation of the same address
    /// holds no longer.
    pub(crate) async fn invite(
        &self,
        email: &str,
        role: Role,
        by: &Member,
        now: Timestamp,
    ) -> Result<Secret, Refusal> {
        let email = super::address(email)?;
        let _one_at_a_time = self.0.changing.lock().await;
        if self.member(&Member::id_of(&email)).await?.is_some() {
            return Err(Refusal::Invalid("somebody with this address is a member already"));
        }
        let secret = Secret::new()?;
        let (invited_by, expires_at) = (by.email.clone(), now.plus_millis(INVITATION_MS));
        let invitation = Invitation { email, role, hash: secret.hash(), invited_by, expires_at };
        let version = self.0.store.version_of(Kind::Invitation, &invitation.id()).await?;
        self.0.store.put_invitation(&invitation, &edit(by, version, now)).await?;
        Ok(secret)
    }

    /// Takes an invitation back. One that is gone already is as good.
    pub(crate) async fn withdraw(
        &self,
        what: &Target<'_>,
        by: &Member,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let team = self.team().await?;
        let found = team.invitations.into_iter().find(|one| one.value.id() == what.id);
        let Some(Versioned { value, .. }) = found else { return Ok(()) };
        Ok(self.0.store.end_invitation(&value, &edit(by, what.version, now)).await?)
    }

    /// The invitation whose link holds this text. Nobody guesses one, so nobody is slowed down.
    pub(crate) async fn invited(&self, token: &str, now: Timestamp) -> Result<Invitation, Refusal> {
        Ok(self.find(token, now).await?.value)
    }

    async fn find(&self, token: &str, now: Timestamp) -> Result<Versioned<Invitation>, Refusal> {
        let hash: [u8; 32] = Sha256::digest(token).into();
        let is_it = |one: &Versioned<Invitation>| {
            bool::from(one.value.hash.ct_eq(&hash)) && now < one.value.expires_at
        };
        let (invitations, members) =
            tokio::try_join!(self.0.store.invitations(), self.0.store.members())?;
        let found = invitations.into_iter().find(is_it).ok_or(Refusal::NoInvitation)?;
        // Who may not invite any more has not invited anybody, either.
        let by = Member::id_of(&found.value.invited_by);
        let mut members = members.into_iter().map(|member| member.value);
        match members.find(|member| member.id() == by) {
            Some(member) if member.role == Role::Admin => Ok(found),
            _ => Err(Refusal::NoInvitation),
        }
    }

    /// Makes a member of who was invited, and signs him in. Of two who come with the same link at
    /// once, one does: the invitation ends first, by compare-and-set, and nobody else gets past it.
    pub(crate) async fn accept(
        &self,
        token: &str,
        newcomer: (String, String),
        from: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Secret, Refusal> {
        self.0.throttle.try_address(from)?;
        let Versioned { version, value: invitation } = self.find(token, now).await?;
        let (name, password) = newcomer;
        let newcomer = Newcomer { name, email: invitation.email.clone(), password }.checked()?;
        let password_hash = self.0.passwords.hash(newcomer.password).await?;
        let Newcomer { name, email, .. } = newcomer;
        let member = Member { email, name, password_hash, role: invitation.role };
        let members = self.clone();
        finish(async move { members.join(invitation, version, member, now).await }).await
    }

    async fn join(
        &self,
        invitation: Invitation,
        version: u32,
        member: Member,
        now: Timestamp,
    ) -> Result<Secret, Refusal> {
        let _one_at_a_time = self.0.changing.lock().await;
        let known = self.0.store.version_of(Kind::Member, &member.id()).await?;
        match self.0.store.end_invitation(&invitation, &edit(&member, version, now)).await {
            Err(store::Error::Conflict { .. }) => return Err(Refusal::NoInvitation),
            ended => ended?,
        }
        if known > 0 {
            // He was a member before. What he had open then stays closed.
            self.0.store.sign_out_everywhere(&member.id()).await?;
        }
        let epoch = self.0.sessions.epoch();
        self.0.store.put_member(&member, &edit(&member, known, now)).await?;
        self.begin(&member, epoch, now).await
    }

    /// Gives a member another role, which holds from his next request on.
    pub(crate) async fn set_role(
        &self,
        whom: &Target<'_>,
        role: Role,
        by: &Member,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let (members, id, edit) = (self.clone(), whom.id.to_owned(), edit(by, whom.version, now));
        finish(async move {
            let whom = Target { id: &id, version: edit.expected_version };
            let _one_at_a_time = members.0.changing.lock().await;
            let member = members.changed(&whom, role == Role::Admin).await?;
            let changed = members.0.store.put_member(&Member { role, ..member }, &edit).await;
            // Also after a failure: nobody knows what was written.
            members.0.sessions.forget_member(&id);
            changed?;
            Ok(())
        })
        .await
    }

    /// Removes a member and ends his sign-ins, here at once and in other collectors within half a
    /// minute, where a live stream that is open goes on for a quarter of an hour at most.
    pub(crate) async fn remove(
        &self,
        whom: &Target<'_>,
        by: &Member,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let (members, id, edit) = (self.clone(), whom.id.to_owned(), edit(by, whom.version, now));
        finish(async move {
            let whom = Target { id: &id, version: edit.expected_version };
            let _one_at_a_time = members.0.changing.lock().await;
            let member = members.changed(&whom, false).await?;
            let removed = members.0.store.delete_member(&member, &edit).await;
            members.0.sessions.forget_member(&id);
            removed?;
            Ok(members.0.store.sign_out_everywhere(&id).await?)
        })
        .await
    }

    /// The member who is changed, if an administrator is left afterwards.
    async fn changed(&self, whom: &Target<'_>, stays_admin: bool) -> Result<Member, Refusal> {
        let members = self.0.store.members().await?;
        let is_he = |member: &Versioned<Member>| member.value.id() == whom.id;
        let mut others = members.iter().filter(|member| !is_he(member));
        let is_left = others.any(|other| other.value.role == Role::Admin);
        let member = members.iter().find(|member| is_he(member));
        let member = member.ok_or(Refusal::Invalid("there is no such member any more"))?;
        if member.version != whom.version {
            return Err(Refusal::Outdated);
        }
        if member.value.role == Role::Admin && !stays_admin && !is_left {
            return Err(Refusal::LastAdmin);
        }
        Ok(member.value.clone())
    }
}

/// Does it to its end, also if whoever asked for it is gone meanwhile.
async fn finish<T: Send + 'static>(
    work: impl Future<Output = Result<T, Refusal>> + Send + 'static,
) -> Result<T, Refusal> {
    tokio::spawn(work).await.map_err(|error| Refusal::Internal(error.into()))?
}

fn edit(by: &Member, expected_version: u32, at: Timestamp) -> Edit {
    Edit { expected_version, author: by.email.clone(), at }
}
