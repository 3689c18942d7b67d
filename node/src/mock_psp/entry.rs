//! One line of the journal: all that one request changed, and what was answered. Objects are written whole, so that
//! reading the journal needs no rules. Not how a line is kept (see `journal`).

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::event::{EventKind, Object};
use super::refusal::Refusal;

/// A request's mark on the provider's books.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Ms since 1970.
    pub(super) at_ms: u64,
    /// In the order in which they happened.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) changes: Vec<Change>,
    /// What was answered, if the request had an idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) answered: Option<Answered>,
    /// Numbers of events that need not be sent any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) delivered: Vec<u64>,
}

/// An object's new state, and what that is called.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Change {
    pub(super) object: Object,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) event: Option<EventKind>,
}

/// The answer to a request with an idempotency key. What it shows is the object as it is after this entry.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Answered {
    pub(super) key: Mark,
    /// Of method, path and body.
    pub(super) request: Mark,
    /// Id of the object that is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) about: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) refusal: Option<Refusal>,
}

/// A short hash: 128 bits of SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Mark(u128);

impl Mark {
    /// Of several parts; where one ends and the next begins makes a difference.
    pub(super) fn of(parts: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        let first = hasher.finalize().first_chunk::<16>().copied().unwrap_or_default();
        Self(u128::from_be_bytes(first))
    }
}

impl From<Mark> for String {
    fn from(mark: Mark) -> Self {
        format!("{:032x}", mark.0)
    }
}

impl TryFrom<String> for Mark {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        u128::from_str_radix(&text, 16).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_tell_parts_apart_and_can_be_read_back() {
        let mark = Mark::of(&[b"POST", b"/v1", b"{}"]);
        assert_ne!(mark, Mark::of(&[b"POST", b"/v1{", b"}"]));
        assert_eq!(Mark::try_from(String::from(mark)).unwrap(), mark);
        assert!(Mark::try_from("x".to_owned()).is_err());
    }
}
