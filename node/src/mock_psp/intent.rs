//! A payment intent: one sum that one buyer is to pay, and what may happen to it in which status. Pure: no clock, no
//! files, no HTTP. Not how it is shown (see `view`), not refunds by themselves (see `refund`).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::cards::{Card, Decline, NOT_AUTHENTICATED, Outcome};
use super::event::EventKind;

/// A buyer may try this often; each try is an event that is kept.
const ATTEMPTS_MAX: u32 = 50;
/// Most refunds of one intent; each is kept.
const REFUNDS_MAX: u32 = 100;

/// Where an intent stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    RequiresPaymentMethod,
    RequiresAction,
    RequiresCapture,
    Succeeded,
    Canceled,
}

impl Status {
    pub(super) const ALL: [Self; 5] =
        [Self::RequiresPaymentMethod, Self::RequiresAction, Self::RequiresCapture, Self::Succeeded, Self::Canceled];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresAction => "requires_action",
            Self::RequiresCapture => "requires_capture",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }

    /// The whole table of what may be done.
    fn allows(self, step: Step) -> bool {
        match step {
            Step::Confirm => self == Self::RequiresPaymentMethod,
            Step::Answer => self == Self::RequiresAction,
            Step::Capture => self == Self::RequiresCapture,
            Step::Cancel => matches!(self, Self::RequiresPaymentMethod | Self::RequiresAction | Self::RequiresCapture),
            Step::Refund => self == Self::Succeeded,
        }
    }
}

/// What can be done to an intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Confirm,
    /// The buyer's answer to the bank's question.
    Answer,
    Capture,
    Cancel,
    Refund,
}

impl Step {
    fn name(self) -> &'static str {
        match self {
            Self::Confirm => "confirmed",
            Self::Answer => "answered for",
            Self::Capture => "captured",
            Self::Cancel => "canceled",
            Self::Refund => "refunded",
        }
    }
}

/// When authorised money is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum CaptureMethod {
    /// When the shop says so.
    #[default]
    Manual,
    /// At once.
    Automatic,
}

/// What never changes about an intent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Terms {
    pub(super) id: String,
    /// Minor units.
    pub(super) amount: u64,
    /// Three capital letters.
    pub(super) currency: String,
    pub(super) capture_method: CaptureMethod,
    /// Whoever knows it may see the hosted page and pay.
    pub(super) client_secret: String,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) description: Option<String>,
    pub(super) return_url: Option<String>,
    /// Seconds since 1970.
    pub(super) created_s: u64,
}

/// Why the last try to pay brought nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LastError {
    pub(super) code: String,
    pub(super) message: String,
}

/// An intent as it is at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Intent {
    pub(super) terms: Arc<Terms>,
    pub(super) status: Status,
    pub(super) card: Option<Card>,
    /// Minor units, as all amounts here.
    pub(super) captured: u64,
    /// Refunds that succeeded.
    pub(super) refunded: u64,
    /// Refunds that may still fail.
    pub(super) refund_pending: u64,
    pub(super) attempts: u32,
    pub(super) refunds: u32,
    pub(super) canceled_at_s: Option<u64>,
    pub(super) last_error: Option<LastError>,
}

/// A rule says no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unfit {
    /// Not in this status.
    Status { id: String, status: Status, step: Step },
    /// More than there is.
    TooMuch { asked: u64, most: u64 },
    /// Nothing is left to refund.
    AllRefunded,
    /// Tried or refunded too often.
    TooOften { most: u32 },
}

impl Unfit {
    /// Its code in an answer.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Status { .. } => "intent_unexpected_state",
            Self::TooMuch { .. } => "amount_too_large",
            Self::AllRefunded => "already_refunded",
            Self::TooOften { .. } => "too_many_attempts",
        }
    }
}

impl std::fmt::Display for Unfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Status { id, status, step } => {
                write!(f, "{id} cannot be {}: its status is {}", step.name(), status.name())
            }
            Self::TooMuch { asked, most } => write!(f, "{asked} is more than the {most} there are"),
            Self::AllRefunded => f.write_str("all that was captured is refunded or about to be"),
            Self::TooOften { most } => write!(f, "no more than {most} times"),
        }
    }
}

impl Intent {
    /// One that nobody has tried to pay.
    pub(super) fn new(terms: Terms) -> Self {
        Self {
            terms: Arc::new(terms),
            status: Status::RequiresPaymentMethod,
            card: None,
            captured: 0,
            refunded: 0,
            refund_pending: 0,
            attempts: 0,
            refunds: 0,
            canceled_at_s: None,
            last_error: None,
        }
    }

    /// What is authorised and not yet captured.
    pub(super) fn capturable(&self) -> u64 {
        if self.status == Status::RequiresCapture { self.terms.amount } else { 0 }
    }

    /// What a refund may still take.
    pub(super) fn refundable(&self) -> u64 {
        self.captured.saturating_sub(self.refunded).saturating_sub(self.refund_pending)
    }

    /// Tries to pay with a card. A decline is no error of the caller: it is told by the events and `last_error`.
    pub(super) fn confirm(&mut self, card: Card, now_s: u64) -> Result<Vec<EventKind>, Unfit> {
        self.must_allow(Step::Confirm)?;
        if self.attempts >= ATTEMPTS_MAX {
            return Err(Unfit::TooOften { most: ATTEMPTS_MAX });
        }
        self.attempts += 1;
        self.last_error = None;
        let outcome = card.outcome;
        self.card = Some(card);
        if let Some(decline) = outcome.decline() {
            return Ok(self.fail(decline));
        }
        if outcome == Outcome::Challenge {
            self.status = Status::RequiresAction;
            return Ok(vec![EventKind::IntentRequiresAction]);
        }
        Ok(self.authorize(now_s))
    }

    /// The buyer's answer to the bank's question.
    pub(super) fn answer(&mut self, approved: bool, now_s: u64) -> Result<Vec<EventKind>, Unfit> {
        self.must_allow(Step::Answer)?;
        if approved {
            return Ok(self.authorize(now_s));
        }
        self.status = Status::RequiresPaymentMethod;
        Ok(self.fail(NOT_AUTHENTICATED))
    }

    /// Takes what is authorised, or a part of it; the rest is released.
    pub(super) fn capture(&mut self, amount: Option<u64>, now_s: u64) -> Result<Vec<EventKind>, Unfit> {
        self.must_allow(Step::Capture)?;
        let most = self.capturable();
        let amount = amount.unwrap_or(most);
        if amount > most {
            return Err(Unfit::TooMuch { asked: amount, most });
        }
        Ok(self.take(amount, now_s))
    }

    /// Releases what is authorised and ends it. Once more changes nothing and is no error.
    pub(super) fn cancel(&mut self, now_s: u64) -> Result<Vec<EventKind>, Unfit> {
        if self.status == Status::Canceled {
            return Ok(Vec::new());
        }
        self.must_allow(Step::Cancel)?;
        Ok(vec![self.end(now_s)])
    }

    /// Sets money aside for a refund; all that is left if no amount is named. Answers how much.
    pub(super) fn begin_refund(&mut self, amount: Option<u64>) -> Result<u64, Unfit> {
        self.must_allow(Step::Refund)?;
        let most = self.refundable();
        if most == 0 {
            return Err(Unfit::AllRefunded);
        }
        let amount = amount.unwrap_or(most);
        if amount > most {
            return Err(Unfit::TooMuch { asked: amount, most });
        }
        if self.refunds >= REFUNDS_MAX {
            return Err(Unfit::TooOften { most: REFUNDS_MAX });
        }
        self.refunds += 1;
        self.refund_pending += amount;
        Ok(amount)
    }

    /// The end of a refund that was begun.
    pub(super) fn end_refund(&mut self, amount: u64, succeeded: bool) {
        self.refund_pending = self.refund_pending.saturating_sub(amount);
        if succeeded {
            self.refunded += amount;
        }
    }

    fn must_allow(&self, step: Step) -> Result<(), Unfit> {
        if self.status.allows(step) {
            return Ok(());
        }
        Err(Unfit::Status { id: self.terms.id.clone(), status: self.status, step })
    }

    fn fail(&mut self, decline: Decline) -> Vec<EventKind> {
        self.last_error = Some(LastError { code: decline.code.to_owned(), message: decline.message.to_owned() });
        vec![EventKind::IntentPaymentFailed]
    }

    fn authorize(&mut self, now_s: u64) -> Vec<EventKind> {
        self.status = Status::RequiresCapture;
        match self.terms.capture_method {
            CaptureMethod::Manual => vec![EventKind::IntentAmountCapturableUpdated],
            CaptureMethod::Automatic => self.take(self.terms.amount, now_s),
        }
    }

    fn take(&mut self, amount: u64, now_s: u64) -> Vec<EventKind> {
        if let Some(decline) = self.card.as_ref().and_then(|card| card.outcome.capture_decline()) {
            let mut events = self.fail(decline);
            events.push(self.end(now_s));
            return events;
        }
        self.status = Status::Succeeded;
        self.captured = amount;
        vec![EventKind::IntentSucceeded]
    }

    fn end(&mut self, now_s: u64) -> EventKind {
        self.status = Status::Canceled;
        self.canceled_at_s = Some(now_s);
        EventKind::IntentCanceled
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn intent(amount: u64, capture_method: CaptureMethod) -> Intent {
        Intent::new(Terms {
            id: "pi_1".to_owned(),
            amount,
            currency: "EUR".to_owned(),
            capture_method,
            client_secret: "pi_1_secret_x".to_owned(),
            metadata: BTreeMap::from([("order".to_owned(), "ord_1".to_owned())]),
            description: None,
            return_url: None,
            created_s: 5,
        })
    }

    fn in_status(status: Status) -> Intent {
        let mut intent = intent(1_000, CaptureMethod::Manual);
        let confirm = |intent: &mut Intent, number| drop(intent.confirm(Card::read(number), 6).unwrap());
        match status {
            Status::RequiresPaymentMethod => {}
            Status::RequiresAction => confirm(&mut intent, "4000000000003220"),
            Status::RequiresCapture => confirm(&mut intent, "4242424242424242"),
            Status::Succeeded => {
                confirm(&mut intent, "4242424242424242");
                intent.capture(None, 7).unwrap();
            }
            Status::Canceled => drop(intent.cancel(7).unwrap()),
        }
        assert_eq!(intent.status, status);
        intent
    }

    fn step(intent: &mut Intent, step: Step) -> Result<(), Unfit> {
        match step {
            Step::Confirm => intent.confirm(Card::read("4242424242424242"), 9).map(drop),
            Step::Answer => intent.answer(true, 9).map(drop),
            Step::Capture => intent.capture(None, 9).map(drop),
            Step::Cancel => intent.cancel(9).map(drop),
            Step::Refund => intent.begin_refund(None).map(drop),
        }
    }

    /// All statuses times all steps; what is not in the table is refused and changes nothing.
    #[test]
    fn what_may_be_done_in_which_status() {
        use Status as S;
        let table = [
            (S::RequiresPaymentMethod, Step::Confirm, S::RequiresCapture),
            (S::RequiresPaymentMethod, Step::Cancel, S::Canceled),
            (S::RequiresAction, Step::Answer, S::RequiresCapture),
            (S::RequiresAction, Step::Cancel, S::Canceled),
            (S::RequiresCapture, Step::Capture, S::Succeeded),
            (S::RequiresCapture, Step::Cancel, S::Canceled),
            (S::Succeeded, Step::Refund, S::Succeeded),
            (S::Canceled, Step::Cancel, S::Canceled),
        ];
        for from in Status::ALL {
            for wanted in [Step::Confirm, Step::Answer, Step::Capture, Step::Cancel, Step::Refund] {
                let mut intent = in_status(from);
                let before = intent.clone();
                let done = step(&mut intent, wanted);
                if let Some((_, _, to)) = table.iter().find(|(status, step, _)| *status == from && *step == wanted) {
                    assert_eq!(done, Ok(()), "{from:?} {wanted:?}");
                    assert_eq!(intent.status, *to);
                } else {
                    let refused = done.unwrap_err();
                    assert_eq!(refused.code(), "intent_unexpected_state");
                    assert!(refused.to_string().contains(from.name()), "{refused}");
                    assert_eq!(intent, before);
                }
            }
        }
    }

    #[test]
    fn cards_decide() {
        use EventKind as E;
        for (number, status, events, error) in [
            ("4242424242424242", Status::RequiresCapture, vec![E::IntentAmountCapturableUpdated], None),
            ("4000000000001976", Status::RequiresCapture, vec![E::IntentAmountCapturableUpdated], None),
            ("4000000000003220", Status::RequiresAction, vec![E::IntentRequiresAction], None),
            ("4000000000000002", Status::RequiresPaymentMethod, vec![E::IntentPaymentFailed], Some("card_declined")),
            (
                "4000000000009995",
                Status::RequiresPaymentMethod,
                vec![E::IntentPaymentFailed],
                Some("insufficient_funds"),
            ),
            ("4000000000000069", Status::RequiresPaymentMethod, vec![E::IntentPaymentFailed], Some("expired_card")),
            ("4242424242424241", Status::RequiresPaymentMethod, vec![E::IntentPaymentFailed], Some("incorrect_number")),
        ] {
            let mut intent = intent(1_000, CaptureMethod::Manual);
            assert_eq!(intent.confirm(Card::read(number), 6).unwrap(), events, "{number}");
            assert_eq!(intent.status, status, "{number}");
            assert_eq!(intent.last_error.as_ref().map(|e| e.code.as_str()), error, "{number}");
        }
        let mut at_once = intent(1_000, CaptureMethod::Automatic);
        assert_eq!(at_once.confirm(Card::read("4242424242424242"), 6).unwrap(), [E::IntentSucceeded]);
        assert_eq!((at_once.captured, at_once.capturable()), (1_000, 0));
    }

    #[test]
    fn a_buyer_who_refuses_may_try_another_card() {
        let mut intent = in_status(Status::RequiresAction);
        assert_eq!(intent.answer(false, 7).unwrap(), [EventKind::IntentPaymentFailed]);
        assert_eq!(intent.last_error.as_ref().unwrap().code, "authentication_failed");
        intent.confirm(Card::read("4242424242424242"), 8).unwrap();
        assert_eq!((intent.status, intent.last_error), (Status::RequiresCapture, None));
    }

    #[test]
    fn tries_are_bounded() {
        let mut intent = intent(1_000, CaptureMethod::Manual);
        for _ in 0..ATTEMPTS_MAX {
            intent.confirm(Card::read("4000000000000002"), 6).unwrap();
        }
        assert_eq!(intent.confirm(Card::read("4242424242424242"), 6).unwrap_err().code(), "too_many_attempts");
    }

    #[test]
    fn a_part_is_captured_and_no_more_than_there_is() {
        let mut intent = in_status(Status::RequiresCapture);
        assert_eq!(intent.capture(Some(1_001), 7).unwrap_err(), Unfit::TooMuch { asked: 1_001, most: 1_000 });
        assert_eq!(intent.capture(Some(400), 7).unwrap(), [EventKind::IntentSucceeded]);
        assert_eq!((intent.captured, intent.capturable(), intent.refundable()), (400, 0, 400));
    }

    #[test]
    fn a_capture_that_the_bank_declines_ends_it() {
        let mut intent = intent(1_000, CaptureMethod::Manual);
        intent.confirm(Card::read("4000000000000341"), 6).unwrap();
        assert_eq!(intent.status, Status::RequiresCapture);
        let events = intent.capture(None, 7).unwrap();
        assert_eq!(events, [EventKind::IntentPaymentFailed, EventKind::IntentCanceled]);
        assert_eq!((intent.status, intent.captured, intent.canceled_at_s), (Status::Canceled, 0, Some(7)));
        assert_eq!(intent.last_error.unwrap().code, "card_declined");
    }

    #[test]
    fn refunds_never_take_more_than_was_captured() {
        let mut intent = in_status(Status::Succeeded);
        assert_eq!(intent.begin_refund(Some(300)), Ok(300));
        assert_eq!(intent.begin_refund(Some(701)), Err(Unfit::TooMuch { asked: 701, most: 700 }));
        intent.end_refund(300, false);
        assert_eq!((intent.refunded, intent.refundable()), (0, 1_000));
        assert_eq!(intent.begin_refund(None), Ok(1_000));
        assert_eq!(intent.begin_refund(None), Err(Unfit::AllRefunded));
        intent.end_refund(1_000, true);
        assert_eq!((intent.refunded, intent.refund_pending, intent.refundable()), (1_000, 0, 0));
    }
}
