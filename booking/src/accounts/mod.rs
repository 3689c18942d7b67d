//! Who people are: users, what they are in which organization, their sessions, the links that prove an e-mail address,
//! and the letters that go there.
//!
//! There is one way to an account and back to it: a link sent to its address. Whoever follows it sets a password. So no
//! address is ever taken by somebody who cannot read what is sent there, no answer tells who has an account, and whoever
//! lost the password is in no other case than whoever is new. Deliberately not here: passwords in clear, what sessions
//! and links are shown by, the words of a letter: `api` makes all of them.

use serde::{Deserialize, Serialize};

use crate::ids::{LinkId, MailId, OrganizationId, SessionId, UserId};
use crate::limits;
use crate::rejection::Rejection;
use crate::text;

pub(crate) mod letters;
pub(crate) mod links;
pub(crate) mod members;
mod roles;
pub(crate) mod sessions;
pub(crate) mod users;

pub use links::invited_as;
pub use roles::{OPERATOR, Role};

/// Somebody with an account.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct User {
    /// The id.
    pub id: UserId,
    /// The address, which was proved, as it was written; nobody else has it, whatever the case of its letters.
    pub email: Box<str>,
    /// What to call her or him.
    pub name: Box<str>,
    /// The password's hash, which says how it was made (PHC string).
    pub password: Box<str>,
    /// Log index at which the password became what it is.
    pub password_at: u64,
    /// In which organizations the user is what, in their order.
    pub roles: Vec<(OrganizationId, Role)>,
    /// Whether the user runs the cluster.
    pub is_operator: bool,
    /// Made at, in ms.
    pub created_at_ms: u64,
    /// Log index of the last change: the version that `expected` names.
    pub version: u64,
}

impl User {
    /// What the user is in an organization; a customer is nothing.
    pub fn role(&self, organization: OrganizationId) -> Option<Role> {
        self.roles.iter().find(|(of, _)| *of == organization).map(|(_, role)| *role)
    }

    /// Whether this is the user's address, whatever the case of its letters.
    pub fn has(&self, email: &str) -> bool {
        self.email.trim_ascii().eq_ignore_ascii_case(email.trim_ascii())
    }
}

/// Somebody is signed in somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Who.
    pub user: UserId,
    /// With what, as it calls itself.
    pub device: Box<str>,
    /// Began at, in ms.
    pub began_at_ms: u64,
    /// Ends at, in ms, whatever happens.
    pub ends_at_ms: u64,
}

/// What following a link does. Append-only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Purpose {
    /// Makes an account, or sets another password for the one there is.
    Account,
    /// Makes a member, and an account for one who has none.
    Invitation(OrganizationId, Role),
    /// Gives an account this address.
    Address(UserId),
}

/// A way in that was sent to an address, to be followed once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Link {
    /// Its id.
    pub id: LinkId,
    /// The address that it proves.
    pub email: Box<str>,
    /// What it is for.
    pub purpose: Purpose,
    /// Sent at, in ms.
    pub sent_at_ms: u64,
    /// Good until, in ms.
    pub ends_at_ms: u64,
}

/// What a letter says. Append-only.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Letter {
    /// Here is a link.
    Link(LinkId, Purpose),
    /// The password was set.
    PasswordSet,
    /// The account has another address now.
    AddressChanged,
}

/// A letter to an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Mail {
    /// Its id.
    pub id: MailId,
    /// To where.
    pub to: Box<str>,
    /// What it says.
    pub letter: Letter,
    /// Written at, in ms.
    pub at_ms: u64,
}

/// An address that something can be sent to, as far as can be told from its looks: it must be proved anyway.
pub(crate) fn check_email(member: &str, email: &str) -> Result<(), Rejection> {
    text::at_most(member, email, limits::NAME_CHARS_MAX)?;
    let plain = !email.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | ';' | '"'));
    let parts = email.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.len() > 2);
    if plain && parts { Ok(()) } else { Err(text::violated(format!("{member} must be an e-mail address"))) }
}
