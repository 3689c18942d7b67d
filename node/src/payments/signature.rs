//! Standard Webhooks: who knows the secret has signed id, time and body of a call. Checked in constant time.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A call may be so old, or so far ahead, in s.
const TOLERANCE_S: u64 = 300;
/// Signatures of one call: several while a secret is being changed.
const SIGNATURES_MAX: usize = 8;

/// The secret that the provider signs with.
pub(crate) struct WebhookSecret(Hmac<Sha256>);

impl WebhookSecret {
    /// Reads `whsec_…`; none if it is not base64 of 24 to 64 bytes.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.trim().strip_prefix("whsec_")?).ok()?;
        if !(24..=64).contains(&bytes.len()) {
            return None;
        }
        Some(Self(<Hmac<Sha256> as KeyInit>::new_from_slice(&bytes).ok()?))
    }

    fn over(&self, id: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
        self.0.clone().chain_update(id).chain_update(".").chain_update(timestamp).chain_update(".").chain_update(body)
    }

    /// Checks a call at a time in ms; says what is wrong.
    pub(crate) fn check(
        &self,
        id: &str,
        timestamp: &str,
        signatures: &str,
        body: &[u8],
        now_ms: u64,
    ) -> Result<(), &'static str> {
        if id.is_empty() || timestamp.is_empty() || signatures.is_empty() {
            return Err("webhook-id, webhook-timestamp and webhook-signature are needed");
        }
        let at_s: u64 = timestamp.parse().map_err(|_| "webhook-timestamp is not a time in seconds")?;
        let given = signatures.split(' ').take(SIGNATURES_MAX).filter_map(|one| one.strip_prefix("v1,"));
        let mut signed = false;
        for one in given.filter_map(|text| STANDARD.decode(text).ok()) {
            signed |= self.over(id, timestamp, body).verify_slice(&one).is_ok();
        }
        if !signed {
            return Err("the signature is wrong");
        }
        if at_s.abs_diff(now_ms / 1_000) > TOLERANCE_S {
            return Err("the call is more than five minutes old, or from the future");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Of the Standard Webhooks specification's own example.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    const AT_MS: u64 = 1_614_265_330_000;

    fn check(id: &str, signatures: &str, body: &[u8], now_ms: u64) -> Result<(), &'static str> {
        WebhookSecret::read(SECRET).unwrap().check(id, "1614265330", signatures, body, now_ms)
    }

    #[test]
    fn the_example_of_the_specification_is_taken() {
        assert_eq!(check(ID, SIGNATURE, BODY, AT_MS), Ok(()));
        let other = "v1,AAAA v1a,x ";
        assert_eq!(check(ID, &format!("{other}{SIGNATURE}"), BODY, AT_MS + 300_000), Ok(()), "one of several");
    }

    #[test]
    fn whatever_differs_is_refused() {
        assert!(check("msg_other", SIGNATURE, BODY, AT_MS).is_err());
        assert!(check(ID, SIGNATURE, br#"{"test": 2432232315}"#, AT_MS).is_err());
        assert!(check(ID, "v1,", BODY, AT_MS).is_err());
        assert!(check(ID, SIGNATURE, BODY, AT_MS + 301_000).is_err(), "too old");
        assert!(check(ID, SIGNATURE, BODY, AT_MS - 301_000).is_err(), "from the future");
        assert!(WebhookSecret::read("whsec_c2hvcnQ=").is_none());
        assert!(WebhookSecret::read("c2hvcnQ=").is_none());
    }
}
