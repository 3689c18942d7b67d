//! What comes of a request. Not how it gets back to whoever asked.

use booking::{Rejection, Reply};
use serde::{Deserialize, Serialize};

/// What a request came to, once committed and applied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Index of its entry.
    pub index: u64,
    /// Term of its entry.
    pub term: u64,
    /// Cluster time of its entry, in ms.
    pub at_ms: u64,
    /// Whether it is the answer that an earlier request with the same mark got.
    pub replayed: bool,
    /// What the rules said.
    pub outcome: Result<Reply, Rejection>,
}

/// How an attempt to have a request carried out ended. Travels between nodes: append-only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Ended {
    /// It was logged, committed and applied.
    Answered(Answer),
    /// It was not logged and never will be.
    NotLogged,
    /// It may have been logged.
    Unknown,
    /// It was not logged: too many come, or wait.
    Busy,
}
