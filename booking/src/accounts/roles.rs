//! The table of who may do what for an organization: the only one. What a member may do is what a key with these scopes
//! may do; what a route asks for is one of them. Deliberately not here: who has which role (see `members`).

use serde::{Deserialize, Serialize};

use crate::keys::Scope;

/// What a member is in an organization; a customer is no member. Append-only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Role {
    /// Lets people in at a door.
    Scanner,
    /// Runs the catalogue and the box office.
    Staff,
    /// Decides who works here, too.
    Owner,
}

impl Role {
    /// All roles with their names in the API, the least first.
    pub const NAMES: [(Self, &'static str); 3] =
        [(Self::Scanner, "scanner"), (Self::Staff, "staff"), (Self::Owner, "owner")];

    /// What it may do in its organization.
    pub const fn scopes(self) -> &'static [Scope] {
        match self {
            Self::Scanner => &[Scope::Scan],
            Self::Staff => &[Scope::Read, Scope::Catalogue, Scope::Sell, Scope::Scan],
            Self::Owner => &[Scope::Read, Scope::Catalogue, Scope::Sell, Scope::Keys, Scope::Scan, Scope::Members],
        }
    }
}

/// What an operator may do, whatever else he or she is.
pub const OPERATOR: &[Scope] = &[Scope::Cluster];
