//! A refund: money that goes back to the buyer of a captured intent, at once or after a while. Not what may be
//! refunded: the intent knows (see `intent`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::cards::Outcome;

/// Where a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RefundStatus {
    Pending,
    Succeeded,
    Failed,
}

impl RefundStatus {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}

/// A refund as it is at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Refund {
    pub(super) id: String,
    pub(super) payment_intent: String,
    /// Minor units.
    pub(super) amount: u64,
    pub(super) currency: String,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) status: RefundStatus,
    /// Seconds since 1970.
    pub(super) created_s: u64,
    /// While it is pending: when it ends, in ms since 1970, and whether it will have succeeded.
    pub(super) ends: Option<(u64, bool)>,
}

impl Refund {
    /// What a card's refunds are like: at once, or some time later, and well or not.
    pub(super) fn begin(&mut self, outcome: Option<Outcome>, now_ms: u64, delay_ms: u64) {
        let succeeds = match outcome {
            Some(Outcome::RefundFails) => false,
            Some(Outcome::RefundLater) => true,
            _ => {
                self.status = RefundStatus::Succeeded;
                return;
            }
        };
        self.ends = Some((now_ms.saturating_add(delay_ms), succeeds));
    }

    /// Ends it as it was decided; answers whether it succeeded.
    pub(super) fn end(&mut self) -> bool {
        let succeeded = self.ends.take().is_none_or(|(_, succeeds)| succeeds);
        self.status = if succeeded { RefundStatus::Succeeded } else { RefundStatus::Failed };
        succeeded
    }

    /// Why it failed, if it did.
    pub(super) fn failure_reason(&self) -> Option<&'static str> {
        (self.status == RefundStatus::Failed).then_some("expired_or_canceled_card")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_decide_how_a_refund_goes() {
        for (outcome, at_first, at_last) in [
            (Outcome::Approved, RefundStatus::Succeeded, RefundStatus::Succeeded),
            (Outcome::RefundLater, RefundStatus::Pending, RefundStatus::Succeeded),
            (Outcome::RefundFails, RefundStatus::Pending, RefundStatus::Failed),
        ] {
            let mut refund = Refund {
                id: "re_1".to_owned(),
                payment_intent: "pi_1".to_owned(),
                amount: 1,
                currency: "EUR".to_owned(),
                metadata: BTreeMap::new(),
                status: RefundStatus::Pending,
                created_s: 1,
                ends: None,
            };
            refund.begin(Some(outcome), 1_000, 50);
            assert_eq!(refund.status, at_first);
            assert_eq!(refund.ends.is_some_and(|(at, _)| at == 1_050), at_first == RefundStatus::Pending);
            refund.end();
            assert_eq!((refund.status, refund.ends), (at_last, None));
            assert_eq!(refund.failure_reason().is_some(), at_last == RefundStatus::Failed);
        }
    }
}
