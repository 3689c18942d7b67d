//! What happened, as the provider tells it: kinds of events, and the objects that they carry. Not how they are sent
//! (see `webhooks`).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::intent::Intent;
use super::refund::Refund;

/// The kinds. Their names are in the journal and in webhooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum EventKind {
    #[serde(rename = "payment_intent.created")]
    IntentCreated,
    #[serde(rename = "payment_intent.requires_action")]
    IntentRequiresAction,
    #[serde(rename = "payment_intent.amount_capturable_updated")]
    IntentAmountCapturableUpdated,
    #[serde(rename = "payment_intent.payment_failed")]
    IntentPaymentFailed,
    #[serde(rename = "payment_intent.succeeded")]
    IntentSucceeded,
    #[serde(rename = "payment_intent.canceled")]
    IntentCanceled,
    #[serde(rename = "refund.created")]
    RefundCreated,
    /// It succeeded after a while.
    #[serde(rename = "refund.updated")]
    RefundUpdated,
    #[serde(rename = "refund.failed")]
    RefundFailed,
}

/// What an event or an answer is about, as it was at that moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Object {
    Intent(Arc<Intent>),
    Refund(Arc<Refund>),
}

impl Object {
    pub(super) fn id(&self) -> &str {
        match self {
            Self::Intent(intent) => &intent.terms.id,
            Self::Refund(refund) => &refund.id,
        }
    }
}

/// One thing that happened.
#[derive(Debug, Clone)]
pub(super) struct Event {
    /// From 1, without gaps.
    pub(super) number: u64,
    pub(super) kind: EventKind,
    /// Ms since 1970.
    pub(super) at_ms: u64,
    pub(super) object: Object,
}

/// The id of an event: digits first, so that ids sort as events happened; then what tells this provider's data from
/// another's, so that no two of them give the same id.
pub(super) fn event_id(number: u64, book: &str) -> String {
    format!("ev_{number:012}{book}")
}

/// The number in an id of this provider's data.
pub(super) fn event_number(id: &str, book: &str) -> Option<u64> {
    let number = id.strip_prefix("ev_")?.strip_suffix(book)?;
    let number = (number.len() >= 12).then_some(number)?.parse().ok()?;
    (event_id(number, book) == id).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_as_events_happened_and_can_be_read_back() {
        let ids: Vec<String> = [1, 2, 9, 10, 999_999].map(|n| event_id(n, "ab12")).to_vec();
        assert!(ids.is_sorted());
        assert_eq!(event_number(&ids[3], "ab12"), Some(10));
        for bad in ["ev_10ab12", "ev_000000000010cd34", "ev_+00000000010ab12", "pi_000000000010ab12", ""] {
            assert_eq!(event_number(bad, "ab12"), None, "{bad}");
        }
    }
}
