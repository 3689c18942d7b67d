//! API keys: what a program or a member of staff shows to act for an organization. Only a hash is kept.
//! Deliberately not here: the secret itself, which `api` makes and compares.

use serde::{Deserialize, Serialize};

use crate::ids::{KeyId, OrganizationId};

/// What an API key may do. Append-only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scope {
    /// Read what staff see.
    Read,
    /// Change venues, plans, events, showtimes, blocks.
    Catalogue,
    /// Act on holds and orders, sell at the box office.
    Sell,
    /// Make and end API keys.
    Keys,
    /// See and change the cluster itself.
    Cluster,
    /// Scan tickets at a door, and see how many came.
    Scan,
    /// Invite members, change what they are, remove them.
    Members,
}

impl Scope {
    /// All scopes with their names in the API.
    pub const NAMES: [(Self, &'static str); 7] = [
        (Self::Read, "read"),
        (Self::Catalogue, "catalogue"),
        (Self::Sell, "sell"),
        (Self::Keys, "keys"),
        (Self::Cluster, "cluster"),
        (Self::Scan, "scan"),
        (Self::Members, "members"),
    ];
}

/// An API key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ApiKey {
    /// Its id.
    pub id: KeyId,
    /// Whose it is.
    pub organization: OrganizationId,
    /// What people call it.
    pub name: Box<str>,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// SHA-256 of its secret text.
    pub hash: [u8; 32],
    /// Ends at, in ms.
    pub expires_at_ms: Option<u64>,
    /// Made at, in ms.
    pub created_at_ms: u64,
}
