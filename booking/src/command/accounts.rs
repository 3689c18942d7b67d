//! What is asked about users, members and sessions. Part of the log: append-only.

use serde::{Deserialize, Serialize};

use crate::accounts::Role;
use crate::ids::{LinkId, OrganizationId, SessionId, UserId};

/// See [`super::Command::AskLink`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskLink {
    /// Id to give the link.
    pub id: LinkId,
    /// The address to send it to.
    pub email: Box<str>,
    /// Whose address it is to become; a link to an account otherwise.
    pub of: Option<UserId>,
}

/// See [`super::Command::Invite`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// Id to give the link.
    pub id: LinkId,
    /// The caller's organization.
    pub organization: OrganizationId,
    /// The address to send it to.
    pub email: Box<str>,
    /// What whoever follows it will be.
    pub role: Role,
}

/// See [`super::Command::RevokeInvitation`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokeInvitation {
    /// The caller's organization.
    pub organization: OrganizationId,
    /// Which.
    pub id: LinkId,
}

/// See [`super::Command::FollowLink`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowLink {
    /// Which.
    pub link: LinkId,
    /// Id to give a user who is made.
    pub user: UserId,
    /// What to call the user; needed for a new one.
    pub name: Option<Box<str>>,
    /// Hash of the password to set; needed for a new one, and where it is what the link is for.
    pub password: Option<Box<str>>,
}

/// See [`super::Command::BeginSession`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BeginSession {
    /// Id to give it.
    pub id: SessionId,
    /// Who; the caller compared the password.
    pub user: UserId,
    /// Since when (log index) the password was what was compared.
    pub password_at: u64,
    /// With what, as it calls itself.
    pub device: Box<str>,
}

/// See [`super::Command::EndSessions`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndSessions {
    /// Whose.
    pub user: UserId,
    /// Which; all of them if none.
    pub id: Option<SessionId>,
    /// Which not.
    pub but: Option<SessionId>,
}

/// See [`super::Command::SetPassword`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetPassword {
    /// Whose.
    pub user: UserId,
    /// Since when (log index) the password was what was compared.
    pub password_at: u64,
    /// Hash of the password to set.
    pub password: Box<str>,
    /// Whether it is the same password, hashed better: nobody is told, and no session ends.
    pub renewed: bool,
    /// The session that goes on; the others end.
    pub session: Option<SessionId>,
}

/// See [`super::Command::UpdateUser`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateUser {
    /// Who.
    pub user: UserId,
    /// The version that the caller changed.
    pub expected: u64,
    /// What to call her or him.
    pub name: Box<str>,
}

/// See [`super::Command::DeleteUser`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteUser {
    /// Who.
    pub user: UserId,
}

/// See [`super::Command::SetRole`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetRole {
    /// The caller's organization.
    pub organization: OrganizationId,
    /// Who, a member.
    pub user: UserId,
    /// What to be; no member any more if none.
    pub role: Option<Role>,
}

/// See [`super::Command::SetOperator`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetOperator {
    /// Who.
    pub user: UserId,
    /// Whether to run the cluster.
    pub is_operator: bool,
}
