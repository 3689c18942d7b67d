//! The payment provider over HTTP: what the configuration says of it, made into what the leader calls and what the edge
//! listens to. Deliberately not here: what follows from what it says (`booking::payments`), when it is called (`effects`).
//!
//! | file | what |
//! |---|---|
//! | `http` | calls to it |
//! | `form` | its JSON, read and written: another provider is another such file |
//! | `signature` | its calls, proven (Standard Webhooks) |

mod form;
mod http;
pub(crate) mod signature;

use std::sync::Arc;

use api::payments::{Call, Heard, Payments, Unheard};

use crate::client::Address;
use crate::config::{self, Mistakes, read_secret};

pub(crate) use http::HttpProvider;
use signature::WebhookSecret;

/// The provider as the leader calls it and as the edge listens to it; none if the configuration names none.
pub(crate) fn set_up(config: &config::Payments) -> Result<Option<(HttpProvider, Payments)>, Mistakes> {
    if config.provider_url.is_empty() {
        return Ok(None);
    }
    let wrong = |why: String| Mistakes(vec![why]);
    let address: Address = config.provider_url.parse().map_err(|why| wrong(format!("payments.provider_url: {why}")))?;
    let key = read_secret("payments.provider_key_file", &config.provider_key_file).map_err(wrong)?;
    let secret = read_secret("payments.webhook_secret_file", &config.webhook_secret_file).map_err(wrong)?;
    let secret = WebhookSecret::read(&secret).ok_or_else(|| {
        wrong("payments.webhook_secret_file: expected whsec_ and base64 of 24 to 64 bytes".to_owned())
    })?;
    let payments =
        Payments { method: config.method.as_str().into(), listen: Arc::new(move |call| listen(&secret, call)) };
    Ok(Some((HttpProvider::new(address, &key), payments)))
}

fn listen(secret: &WebhookSecret, call: &Call<'_>) -> Result<Heard, Unheard> {
    let header = |name: &str| (call.header)(name).unwrap_or_default();
    let (id, timestamp, signatures) = (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"));
    secret.check(&id, &timestamp, &signatures, call.body, call.now_ms).map_err(Unheard::Signature)?;
    form::heard(call.body).map_err(Unheard::Malformed)
}
