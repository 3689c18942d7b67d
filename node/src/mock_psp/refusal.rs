//! Why a request is refused: type, code, message and status, in one place. Not how it is written (see `view`).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::intent::{LastError, Unfit};

/// What kind of no it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    InvalidRequest,
    CardError,
    IdempotencyError,
    ApiError,
    AuthError,
}

/// A no, as it is answered, and kept under an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Refusal {
    /// HTTP status.
    pub(super) status: u16,
    #[serde(rename = "type")]
    pub(super) kind: Kind,
    pub(super) code: Cow<'static, str>,
    pub(super) message: String,
}

impl Refusal {
    fn new(status: u16, kind: Kind, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, kind, code: Cow::Borrowed(code), message: message.into() }
    }

    /// A value that cannot be.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, Kind::InvalidRequest, "parameter_invalid", message)
    }

    /// No such object.
    pub(super) fn missing(what: &str, id: &str) -> Self {
        // Ids are short; what is not one need not be repeated in full.
        let id: String = id.chars().take(64).collect();
        Self::new(404, Kind::InvalidRequest, "resource_missing", format!("there is no {what} {id:?}"))
    }

    /// No such path.
    pub(super) fn no_route() -> Self {
        Self::new(404, Kind::InvalidRequest, "unknown_url", "there is nothing at this path")
    }

    /// Not by this method.
    pub(super) fn method(allowed: &str) -> Self {
        Self::new(405, Kind::InvalidRequest, "method_not_allowed", format!("this path knows {allowed}"))
    }

    /// A body of too many bytes.
    pub(super) fn too_large(most: usize) -> Self {
        Self::new(413, Kind::InvalidRequest, "body_too_large", format!("a body has at most {most} bytes"))
    }

    /// A body that did not come.
    pub(super) fn unread(why: &str) -> Self {
        Self::new(408, Kind::InvalidRequest, "body_incomplete", why)
    }

    /// The bank says no.
    pub(super) fn card(error: &LastError) -> Self {
        let code = Cow::Owned(error.code.clone());
        Self { status: 402, kind: Kind::CardError, code, message: error.message.clone() }
    }

    /// The key was used for something else.
    pub(super) fn key_reused() -> Self {
        let message = "this Idempotency-Key was used with another request";
        Self::new(400, Kind::IdempotencyError, "idempotency_key_reused", message)
    }

    /// Not the key of this provider.
    pub(super) fn unauthorized() -> Self {
        Self::new(401, Kind::AuthError, "invalid_api_key", "Authorization: Bearer with the provider's key is needed")
    }

    /// On purpose.
    pub(super) fn fault() -> Self {
        Self::new(500, Kind::ApiError, "fault", "failed on purpose, before anything was done")
    }

    /// No more fits.
    pub(super) fn full(what: &str) -> Self {
        Self::new(503, Kind::ApiError, "store_full", format!("no more {what}: start again in an empty folder"))
    }

    /// The machine has no randomness.
    pub(super) fn no_randomness() -> Self {
        Self::new(500, Kind::ApiError, "no_randomness", "the system gives no random bytes")
    }
}

impl From<Unfit> for Refusal {
    fn from(unfit: Unfit) -> Self {
        Self::new(400, Kind::InvalidRequest, unfit.code(), unfit.to_string())
    }
}
