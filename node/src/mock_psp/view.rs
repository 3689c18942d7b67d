//! How things look as JSON: intents, refunds, events, the ledger, refusals. Not what is shown to whom (see `api`).

use serde_json::{Map, Value, json};

use super::book::{Answer, Book};
use super::event::{Event, Object, event_id};
use super::intent::{Intent, Status};
use super::refund::Refund;
use super::refusal::Refusal;

/// Shows things under the provider's public URL.
pub(super) struct View {
    /// Without a slash at the end.
    pub(super) public_url: String,
}

impl View {
    /// The page on which a buyer pays.
    fn payment_url(&self, intent: &Intent) -> String {
        format!("{}{}", self.public_url, payment_path(intent))
    }

    /// The page on which the bank asks the buyer.
    fn challenge_url(&self, intent: &Intent) -> String {
        format!("{}{}", self.public_url, challenge_path(intent))
    }

    pub(super) fn intent(&self, intent: &Intent) -> Value {
        let terms = &intent.terms;
        let mut shown = json!({
            "id": terms.id,
            "object": "payment_intent",
            "amount": terms.amount,
            "amount_capturable": intent.capturable(),
            "amount_captured": intent.captured,
            "amount_refunded": intent.refunded + intent.refund_pending,
            "currency": terms.currency,
            "status": intent.status,
            "capture_method": terms.capture_method,
            "client_secret": terms.client_secret,
            "metadata": terms.metadata,
            "description": terms.description,
            "return_url": terms.return_url,
            "created": terms.created_s,
            "payment_url": self.payment_url(intent),
        });
        let mut also = |name: &str, value: Option<Value>| {
            if let (Some(value), Value::Object(members)) = (value, &mut shown) {
                members.insert(name.to_owned(), value);
            }
        };
        also("canceled_at", intent.canceled_at_s.map(Value::from));
        let error = intent.last_error.as_ref();
        also("last_error", error.map(|error| json!({"code": error.code, "message": error.message})));
        also("payment_method", intent.card.as_ref().map(|card| json!({"card": {"last4": card.last4}})));
        let asked = intent.status == Status::RequiresAction;
        also("next_action", asked.then(|| json!({"redirect_url": self.challenge_url(intent)})));
        shown
    }

    pub(super) fn object(&self, object: &Object) -> Value {
        match object {
            Object::Intent(intent) => self.intent(intent),
            Object::Refund(refund) => refund_json(refund),
        }
    }

    pub(super) fn event(&self, event: &Event, book: &str) -> Value {
        json!({
            "id": event_id(event.number, book),
            "object": "event",
            "type": event.kind,
            "created": event.at_ms / 1_000,
            "data": {"object": self.object(&event.object)},
        })
    }

    /// The body of a webhook.
    pub(super) fn webhook(&self, event: &Event, book: &str) -> Value {
        let mut data = self.object(&event.object);
        if let Value::Object(members) = &mut data {
            members.insert("event".to_owned(), event_id(event.number, book).into());
        }
        json!({"type": event.kind, "timestamp": timestamp(event.at_ms), "data": data})
    }

    /// Status and body of an answer.
    pub(super) fn answer(&self, answer: &Answer) -> (u16, Value) {
        match (&answer.refusal, &answer.object) {
            (Some(refusal), object) => (refusal.status, self.refusal(refusal, object.as_ref())),
            (None, object) => (200, object.as_ref().map_or(Value::Null, |object| self.object(object))),
        }
    }

    /// A refusal, with the intent that it is about.
    pub(super) fn refusal(&self, refusal: &Refusal, object: Option<&Object>) -> Value {
        let mut error = json!({"type": refusal.kind, "code": refusal.code, "message": refusal.message});
        if let (Value::Object(members), Some(Object::Intent(intent))) = (&mut error, object) {
            members.insert("payment_intent".to_owned(), self.intent(intent));
        }
        json!({"error": error})
    }
}

/// The buyer's page, for links within: they work under whatever name the browser came by.
pub(super) fn payment_path(intent: &Intent) -> String {
    format!("/pay/{}?secret={}", intent.terms.id, intent.terms.client_secret)
}

/// The bank's page, for links within.
pub(super) fn challenge_path(intent: &Intent) -> String {
    format!("/pay/{}/challenge?secret={}", intent.terms.id, intent.terms.client_secret)
}

pub(super) fn refund_json(refund: &Refund) -> Value {
    let mut shown = json!({
        "id": refund.id,
        "object": "refund",
        "status": refund.status.name(),
        "amount": refund.amount,
        "currency": refund.currency,
        "payment_intent": refund.payment_intent,
        "metadata": refund.metadata,
        "created": refund.created_s,
    });
    if let (Value::Object(members), Some(reason)) = (&mut shown, refund.failure_reason()) {
        members.insert("failure_reason".to_owned(), reason.into());
    }
    shown
}

/// A line of the ledger.
pub(super) fn ledger_line(intent: &Intent) -> Value {
    json!({
        "payment_intent": intent.terms.id,
        "metadata": intent.terms.metadata,
        "currency": intent.terms.currency,
        "status": intent.status,
        "amount": intent.terms.amount,
        "captured": intent.captured,
        "refunded": intent.refunded,
        "refund_pending": intent.refund_pending,
    })
}

/// The sums of all lines of the ledger, by currency.
pub(super) fn totals(book: &Book) -> Value {
    let sums = book.totals().iter().map(|(currency, totals)| {
        let sum = json!({
            "payment_intents": totals.intents,
            "capturable": number(totals.capturable),
            "captured": number(totals.captured),
            "refunded": number(totals.refunded),
            "refund_pending": number(totals.refund_pending),
        });
        (currency.clone(), sum)
    });
    Value::Object(sums.collect::<Map<_, _>>())
}

/// Two million intents of the largest amount do not fit in 64 bits; then the sum stays at the largest number.
fn number(sum: u128) -> u64 {
    u64::try_from(sum).unwrap_or(u64::MAX)
}

/// ISO 8601, in UTC.
fn timestamp(at_ms: u64) -> String {
    let (seconds, ms) = (at_ms / 1_000, at_ms % 1_000);
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z", crate::demo::on_day(seconds, 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mock_psp::cards::Card;
    use crate::mock_psp::intent::CaptureMethod;
    use crate::mock_psp::intent::tests::intent;

    #[test]
    fn an_intent_on_its_way() {
        let view = View { public_url: "http://p:1".to_owned() };
        let mut intent = intent(1_000, CaptureMethod::Manual);
        let shown = view.intent(&intent);
        assert_eq!(shown["status"], "requires_payment_method");
        assert_eq!(shown["payment_url"], "http://p:1/pay/pi_1?secret=pi_1_secret_x");
        assert!(["last_error", "next_action", "canceled_at"].iter().all(|name| shown.get(name).is_none()));
        intent.confirm(Card::read("4000 0000 0000 3220"), 6).unwrap();
        let shown = view.intent(&intent);
        assert_eq!(shown["next_action"]["redirect_url"], "http://p:1/pay/pi_1/challenge?secret=pi_1_secret_x");
        assert_eq!(shown["payment_method"], json!({"card": {"last4": "3220"}}));
        intent.answer(true, 7).unwrap();
        assert_eq!(view.intent(&intent)["amount_capturable"], 1_000);
    }

    #[test]
    fn moments() {
        assert_eq!(timestamp(951_782_400_007), "2000-02-29T00:00:00.007Z");
        assert_eq!(timestamp(951_868_799_999), "2000-02-29T23:59:59.999Z");
    }
}
