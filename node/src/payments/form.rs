//! The provider's JSON: payment intents and refunds as they are in the field. To speak with another provider (Stripe's
//! payment intents, for example, which differ in little more than form-encoded requests), map its forms here.

use api::payments::Heard;
use booking::Command;
use booking::command::{RefundFact, ReportPayment, ReportRefund};
use booking::ids::{OrderId, OrganizationId, RefundId};
use booking::money::{Currency, Money};
use effects::{Intent, IntentStatus, NewIntent, NewRefund, RefundStatus, Refunded};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

/// The states of intents that may still bring money.
pub(super) const OPEN: &str = "requires_payment_method,requires_action,requires_capture";

/// What we told the provider to remember with an intent or a refund.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    organization: Option<String>,
    order: Option<String>,
    refund: Option<String>,
    attempt: Option<String>,
}

impl Metadata {
    fn of(&self) -> Option<(OrganizationId, OrderId)> {
        Some((self.organization.as_deref()?.parse().ok()?, self.order.as_deref()?.parse().ok()?))
    }
}

#[derive(Debug, Deserialize)]
struct ErrorForm {
    #[serde(default)]
    code: Option<Box<str>>,
    #[serde(default)]
    message: Option<Box<str>>,
}

impl ErrorForm {
    fn text(self) -> Option<Box<str>> {
        match (self.message, self.code) {
            (Some(message), Some(code)) => Some(format!("{message} ({code})").into()),
            (message, code) => message.or(code),
        }
    }
}

#[derive(Debug, Deserialize)]
struct IntentForm {
    id: Box<str>,
    status: Box<str>,
    amount: i64,
    #[serde(default, deserialize_with = "nothing_if_null")]
    amount_capturable: i64,
    #[serde(default, deserialize_with = "nothing_if_null")]
    amount_captured: i64,
    currency: String,
    #[serde(default, deserialize_with = "nothing_if_null")]
    metadata: Metadata,
    #[serde(default)]
    payment_url: Option<Box<str>>,
    #[serde(default)]
    last_error: Option<ErrorForm>,
    #[serde(default, deserialize_with = "nothing_if_null")]
    created: u64,
}

#[derive(Debug, Deserialize)]
struct RefundForm {
    id: Box<str>,
    status: Box<str>,
    #[serde(default, deserialize_with = "nothing_if_null")]
    metadata: Metadata,
    #[serde(default)]
    failure_reason: Option<Box<str>>,
}

/// A list of things, a page of it.
#[derive(Debug, Deserialize)]
struct ListForm {
    data: Vec<Value>,
}

#[derive(Debug, Deserialize)]
struct EventForm {
    r#type: String,
    data: Value,
}

impl TryFrom<IntentForm> for Intent {
    type Error = String;
    fn try_from(form: IntentForm) -> Result<Self, String> {
        let currency: Currency =
            form.currency.to_ascii_uppercase().parse().map_err(|_| format!("the currency {:?}", form.currency))?;
        let (status, amount) = match &*form.status {
            "requires_payment_method" | "requires_confirmation" | "requires_action" | "processing" => {
                (IntentStatus::Awaiting, form.amount)
            }
            "requires_capture" => (IntentStatus::Authorised, form.amount_capturable),
            "succeeded" => (IntentStatus::Captured, form.amount_captured),
            "canceled" => (IntentStatus::Cancelled, form.amount),
            other => return Err(format!("the status {other:?} of an intent")),
        };
        // An error of before is no news once the buyer has got further.
        let why = form.last_error.and_then(ErrorForm::text);
        let why = why.filter(|_| matches!(&*form.status, "requires_payment_method" | "canceled"));
        Ok(Self {
            id: form.id,
            of: form.metadata.of(),
            status,
            amount: Money { amount, currency },
            page: form.payment_url,
            why,
            made_at_ms: form.created.saturating_mul(1_000),
        })
    }
}

impl TryFrom<&RefundForm> for RefundStatus {
    type Error = String;
    fn try_from(form: &RefundForm) -> Result<Self, String> {
        let why = form.failure_reason.clone().unwrap_or_else(|| "the provider does not say why".into());
        match &*form.status {
            "pending" | "requires_action" => Ok(Self::Sent),
            "succeeded" => Ok(Self::Done),
            "failed" | "canceled" => Ok(Self::Failed(why)),
            other => Err(format!("the status {other:?} of a refund")),
        }
    }
}

/// Providers write `null` for what there is not, as well as leaving it out.
fn nothing_if_null<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}

fn parse<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

/// Reads an intent.
pub(super) fn intent(body: &[u8]) -> Result<Intent, String> {
    parse::<IntentForm>(body)?.try_into()
}

/// Reads the intent out of a refusal to let the buyer pay: it is there, and may be paid in another way.
pub(super) fn declined(body: &[u8]) -> Option<Intent> {
    #[derive(Deserialize)]
    struct Refusal {
        payment_intent: IntentForm,
    }
    #[derive(Deserialize)]
    struct Outer {
        error: Refusal,
    }
    parse::<Outer>(body).ok()?.error.payment_intent.try_into().ok()
}

/// Reads a page of intents.
pub(super) fn intents(body: &[u8]) -> Result<Vec<Intent>, String> {
    let list: ListForm = parse(body)?;
    let read = |value| serde_json::from_value::<IntentForm>(value).map_err(|error| error.to_string())?.try_into();
    list.data.into_iter().map(read).collect()
}

/// Reads a refund.
pub(super) fn refund(body: &[u8]) -> Result<Refunded, String> {
    let form: RefundForm = parse(body)?;
    Ok(Refunded { status: RefundStatus::try_from(&form)?, id: form.id })
}

/// Reads a page of refunds: those that name one of ours.
pub(super) fn refunds(body: &[u8]) -> Result<Vec<(RefundId, Refunded)>, String> {
    let list: ListForm = parse(body)?;
    let mut found = Vec::with_capacity(list.data.len());
    for value in list.data {
        let form: RefundForm = serde_json::from_value(value).map_err(|error| error.to_string())?;
        if let Some(Ok(refund)) = form.metadata.refund.as_deref().map(str::parse) {
            found.push((refund, Refunded { status: RefundStatus::try_from(&form)?, id: form.id }));
        }
    }
    Ok(found)
}

/// Whether an error is about an idempotency key: of another request under it, or one that is under way.
pub(super) fn is_about_the_key(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Kind {
        r#type: Option<Box<str>>,
    }
    #[derive(Deserialize)]
    struct Outer {
        error: Kind,
    }
    parse::<Outer>(body).is_ok_and(|outer| outer.error.r#type.as_deref() == Some("idempotency_error"))
}

/// What an error says, for people.
pub(super) fn error(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Outer {
        error: ErrorForm,
    }
    let said = parse::<Outer>(body).ok().and_then(|outer| outer.error.text());
    said.map_or_else(|| "no reason was given".to_owned(), |text| text.chars().take(400).collect())
}

/// The request for an intent.
pub(super) fn new_intent(new: &NewIntent) -> Value {
    let form = json!({
        "amount": new.amount.amount,
        "currency": new.amount.currency.to_string(),
        "capture_method": "manual",
        "description": new.description,
        "metadata": {
            "organization": new.organization.to_string(),
            "order": new.order.to_string(),
            "payment": new.payment.to_string(),
        },
        "return_url": new.return_url,
        "payment_method": new.token.as_ref().map(|token| json!({ "token": token })),
        "confirm": new.token.as_ref().map(|_| true),
    });
    let Value::Object(form) = form else { return form };
    // What is not said is left out.
    form.into_iter().filter(|(_, value)| !value.is_null()).collect()
}

/// The request for a refund.
pub(super) fn new_refund(new: &NewRefund) -> Value {
    json!({
        "payment_intent": new.intent,
        "amount": new.amount.amount,
        "metadata": {
            "organization": new.organization.to_string(),
            "order": new.order.to_string(),
            "refund": new.refund.to_string(),
            "attempt": new.attempt.to_string(),
        },
    })
}

/// What a call of the provider's means.
pub(super) fn heard(body: &[u8]) -> Result<Heard, String> {
    let event: EventForm = parse(body)?;
    let command = if event.r#type.starts_with("payment_intent.") {
        let form: IntentForm = serde_json::from_value(event.data).map_err(|error| error.to_string())?;
        let intent = Intent::try_from(form)?;
        intent.of.map(|(organization, order)| {
            let report = ReportPayment { organization, order, intent: Some(intent.id.clone()), fact: intent.fact() };
            (organization, Command::ReportPayment(Box::new(report)))
        })
    } else if event.r#type.starts_with("refund.") {
        let form: RefundForm = serde_json::from_value(event.data).map_err(|error| error.to_string())?;
        of_refund(form)?
    } else {
        None
    };
    Ok(command.map_or(Heard::Nothing, |(organization, command)| Heard::Command(organization, Box::new(command))))
}

fn of_refund(form: RefundForm) -> Result<Option<(OrganizationId, Command)>, String> {
    let fact = match RefundStatus::try_from(&form)? {
        RefundStatus::Sent => RefundFact::Sent,
        RefundStatus::Done => RefundFact::Done,
        RefundStatus::Failed(why) => RefundFact::Failed { why },
    };
    let told = &form.metadata;
    let refund: Option<RefundId> = told.refund.as_deref().and_then(|id| id.parse().ok());
    let attempt = told.attempt.as_deref().and_then(|text| text.parse().ok());
    let (Some((organization, order)), Some(refund), Some(attempt)) = (told.of(), refund, attempt) else {
        return Ok(None);
    };
    let report = ReportRefund { organization, order, refund, attempt, reference: Some(form.id), fact };
    Ok(Some((organization, Command::ReportRefund(Box::new(report)))))
}

#[cfg(test)]
mod tests {
    use booking::command::Fact;

    use super::*;

    fn of_status(status: &str) -> Result<Fact, String> {
        let form = json!({
            "id": "pi_1", "status": status, "amount": 4_750, "amount_capturable": 4_700, "amount_captured": 4_600,
            "currency": "eur", "metadata": {}, "payment_url": "http://p/1",
            "last_error": {"code": "card_declined", "message": "No"}, "created": 7,
        });
        intent(form.to_string().as_bytes()).map(|intent| intent.fact())
    }

    #[test]
    fn each_status_is_a_fact() {
        let amount = |amount| Money { amount, currency: "EUR".parse().unwrap() };
        assert_eq!(
            of_status("requires_payment_method"),
            Ok(Fact::Declined { why: "No (card_declined)".into(), page: Some("http://p/1".into()) })
        );
        assert_eq!(of_status("requires_action"), Ok(Fact::Created { page: Some("http://p/1".into()) }));
        assert_eq!(of_status("requires_capture"), Ok(Fact::Authorised { amount: amount(4_700) }));
        assert_eq!(of_status("succeeded"), Ok(Fact::Captured { amount: amount(4_600) }));
        assert_eq!(of_status("canceled"), Ok(Fact::Cancelled { why: "No (card_declined)".into() }));
        assert!(of_status("something new").is_err());
    }

    #[test]
    fn a_call_about_nothing_of_ours_is_taken_and_nothing_else() {
        for body in [
            r#"{"type": "account.updated", "data": {}}"#,
            r#"{"type": "refund.created", "data": {"id": "re_1", "status": "pending"}}"#,
            r#"{"type": "refund.created", "data": {"id": "re_1", "status": "pending", "metadata": null}}"#,
            r#"{"type": "payment_intent.created", "data": {"id": "pi_1", "status": "succeeded", "amount": 1,
                "amount_captured": null, "currency": "eur", "metadata": {"order": null}, "created": null}}"#,
        ] {
            assert!(matches!(heard(body.as_bytes()), Ok(Heard::Nothing)), "{body}");
        }
        for body in ["", "[]", r#"{"type": "payment_intent.created", "data": 7}"#] {
            assert!(heard(body.as_bytes()).is_err(), "{body}");
        }
    }
}
