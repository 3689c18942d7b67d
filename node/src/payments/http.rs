//! Calls to the provider: a few kept connections, a time limit each, and what an answer's status means for trying again.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use booking::ids::{PaymentId, RefundId};
use effects::{Failure, Intent, NewIntent, NewRefund, Provider, Refunded};
use serde_json::{Value, json};

use super::form;
use crate::client::{Address, Connection, HttpError, Response};

/// A call that takes longer may have been carried out: it is repeated under its key.
const CALL_WITHIN: Duration = Duration::from_secs(10);
/// Connections kept for later calls.
const KEPT_MAX: usize = 32;

/// A payment provider at an address.
pub(crate) struct HttpProvider {
    address: Address,
    authorization: String,
    kept: Mutex<Vec<Connection>>,
}

impl HttpProvider {
    /// With the key that it gave us.
    pub(crate) fn new(address: Address, key: &str) -> Self {
        Self { address, authorization: format!("authorization: Bearer {key}\r\n"), kept: Mutex::default() }
    }

    /// A connection, and whether it was used before.
    fn take(&self) -> (Connection, bool) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).pop();
        kept.map_or_else(|| (Connection::new(self.address.clone()), false), |kept| (kept, true))
    }

    fn keep(&self, connection: Connection) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT_MAX {
            kept.push(connection);
        }
    }

    /// Makes a call; its answer's body if it went well, or was refused in a way that `accept` makes something of.
    async fn call<T>(
        &self,
        (method, path, key): (&str, &str, Option<&str>),
        body: Option<&Value>,
        read: impl Fn(&[u8]) -> Result<T, String>,
        accept: impl Fn(u16, &[u8]) -> Option<T>,
    ) -> Result<T, Failure> {
        let mut headers = self.authorization.clone();
        if let Some(key) = key {
            headers.push_str("idempotency-key: ");
            headers.push_str(key);
            headers.push_str("\r\n");
        }
        let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let (mut connection, mut kept) = self.take();
        let answer = loop {
            match connection.call(method, path, &headers, &body, CALL_WITHIN).await {
                // A kept connection that the other side has closed meanwhile. Repeated, it still happens once.
                Err(HttpError::Lost(_)) if kept => kept = false,
                Err(error) => return Err(Failure::Passing(error.to_string())),
                Ok(Response { status, body, .. }) => break (status, body.to_vec()),
            }
        };
        let (status, body) = answer;
        self.keep(connection);
        if let Some(accepted) = accept(status, &body) {
            return Ok(accepted);
        }
        match status {
            // What cannot be read is our mistake, or its new version: no use to repeat at once, but not refused either.
            200..=299 => read(&body).map_err(|why| Failure::Passing(format!("its answer cannot be read: {why}"))),
            // Our credentials, and limits, are settled without any order's fault; and what a call under the same key does
            // elsewhere (409), or did for another request, is not known here: nothing was refused.
            401 | 403 | 408 | 409 | 425 | 429 => Err(Failure::Passing(format!("{status}: {}", form::error(&body)))),
            400..=499 if form::is_about_the_key(&body) => Err(Failure::Passing(form::error(&body))),
            400..=499 => Err(Failure::Refused(form::error(&body))),
            status => Err(Failure::Passing(format!("{status}: {}", form::error(&body)))),
        }
    }
}

/// Whether a name of the provider's can stand in an address as it is.
fn segment(name: &str) -> Result<&str, Failure> {
    let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if plain { Ok(name) } else { Err(Failure::Refused(format!("{name:?} is no name of the provider's"))) }
}

impl Provider for HttpProvider {
    async fn make(&self, new: &NewIntent) -> Result<Intent, Failure> {
        let key = new.payment.to_string();
        let body = form::new_intent(new);
        let declined = |status: u16, body: &[u8]| if status == 402 { form::declined(body) } else { None };
        self.call(("POST", "/v1/payment_intents", Some(&key)), Some(&body), form::intent, declined).await
    }

    async fn read(&self, intent: &str) -> Result<Intent, Failure> {
        let path = format!("/v1/payment_intents/{}", segment(intent)?);
        self.call(("GET", &path, None), None, form::intent, |_, _| None).await
    }

    async fn capture(&self, intent: &str, payment: PaymentId) -> Result<Intent, Failure> {
        let path = format!("/v1/payment_intents/{}/capture", segment(intent)?);
        let key = format!("capture-{payment}");
        self.call(("POST", &path, Some(&key)), Some(&json!({})), form::intent, |_, _| None).await
    }

    async fn cancel(&self, intent: &str) -> Result<Intent, Failure> {
        // Without a key: it may be refused once and go well later.
        let path = format!("/v1/payment_intents/{}/cancel", segment(intent)?);
        self.call(("POST", &path, None), Some(&json!({})), form::intent, |_, _| None).await
    }

    async fn refund(&self, new: &NewRefund) -> Result<Refunded, Failure> {
        let key = format!("{}-{}", new.refund, new.attempt);
        self.call(("POST", "/v1/refunds", Some(&key)), Some(&form::new_refund(new)), form::refund, |_, _| None).await
    }

    async fn read_refund(&self, refund: &str) -> Result<Refunded, Failure> {
        let path = format!("/v1/refunds/{}", segment(refund)?);
        self.call(("GET", &path, None), None, form::refund, |_, _| None).await
    }

    async fn refunds_of(&self, intent: &str) -> Result<Vec<(RefundId, Refunded)>, Failure> {
        let path = format!("/v1/refunds?limit=100&payment_intent={}", segment(intent)?);
        self.call(("GET", &path, None), None, form::refunds, |_, _| None).await
    }

    async fn open_intents(&self, after: Option<&str>) -> Result<Vec<Intent>, Failure> {
        let after = after.map(|id| segment(id).map(|id| format!("&starting_after={id}"))).transpose()?;
        let path = format!("/v1/payment_intents?limit=100&status={}{}", form::OPEN, after.unwrap_or_default());
        self.call(("GET", &path, None), None, form::intents, |_, _| None).await
    }
}
