//! The hosted page: where a buyer pays, is asked by the bank, and goes back to the shop. Forms and links alone, no
//! script. Deliberately not pretty at any price: it says on each page that it is a test and that no money moves.

mod html;
mod money;

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::Method;
use hyper::header;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::Provider;
use super::cards::{Card, Outcome};
use super::fields::Fields;
use super::http::{Reply, Request};
use super::intent::{Intent, Status};
use super::view::{challenge_path, payment_path};

/// The style of all pages; the policy names its hash.
const STYLE: &str = include_str!("page.css");
/// How long a slow bank takes.
const SLOW_BANK: Duration = Duration::from_secs(5);

/// What all pages share.
pub(super) struct Pages {
    /// The hash of the style, as a policy names it.
    style_hash: String,
}

impl Pages {
    pub(super) fn new() -> Self {
        Self { style_hash: STANDARD.encode(Sha256::digest(STYLE.as_bytes())) }
    }

    fn reply(&self, status: u16, html: String, return_url: Option<&str>) -> Reply {
        // A browser checks where a form's answer leads to as well: that is the shop.
        let shop = return_url.and_then(origin).unwrap_or_default();
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{}'; form-action 'self' {shop}; base-uri 'none'; frame-ancestors 'none'",
            self.style_hash
        );
        Reply::new(status, "text/html; charset=utf-8", html)
            .with(header::CONTENT_SECURITY_POLICY, &policy)
            .with(header::CACHE_CONTROL, "no-store")
            // Addresses of these pages hold the buyer's secret.
            .with(header::REFERRER_POLICY, "no-referrer")
            .with(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
    }

    fn missing(&self) -> Reply {
        self.reply(404, html::missing(), None)
    }

    fn show(&self, intent: &Intent, html: String) -> Reply {
        self.reply(200, html, intent.terms.return_url.as_deref())
    }
}

/// What a request for a page says besides its path.
struct Asked {
    intent: Arc<Intent>,
    query: Fields,
    form: Fields,
}

impl Provider {
    /// `/pay/{intent}`.
    pub(super) async fn pay(&self, id: &str, request: &Request) -> Reply {
        let Some(Asked { intent, mut query, mut form }) = self.asked(id, request).await else {
            return self.pages.missing();
        };
        if request.method == Method::POST {
            let card = Card::read(&form.take("number").unwrap_or_default());
            let slow = card.outcome == Outcome::SlowBank;
            // Whatever comes of it is in the intent; a second click finds what the first one did.
            self.desk.confirm(id, card, None).await;
            if slow {
                tokio::time::sleep(SLOW_BANK).await;
            }
            return self.next(id, "succeeded").await;
        }
        match intent.status {
            Status::RequiresPaymentMethod => {
                let url = payment_path(&intent);
                let chosen = query.take("card");
                self.pages.show(&intent, html::pay(&intent, &url, chosen.as_deref()))
            }
            Status::RequiresAction => Reply::see_other(&challenge_path(&intent)),
            Status::RequiresCapture | Status::Succeeded | Status::Canceled => {
                self.pages.show(&intent, html::over(&intent))
            }
        }
    }

    /// `/pay/{intent}/challenge`.
    pub(super) async fn challenge(&self, id: &str, request: &Request) -> Reply {
        let Some(Asked { intent, mut form, .. }) = self.asked(id, request).await else {
            return self.pages.missing();
        };
        if request.method == Method::POST {
            let approved = form.take("answer").is_some_and(|answer| answer == "approve");
            self.desk.answer(id, approved).await;
            return self.next(id, if approved { "succeeded" } else { "failed" }).await;
        }
        if intent.status == Status::RequiresAction {
            return self.pages.show(&intent, html::challenge(&intent, &challenge_path(&intent)));
        }
        Reply::see_other(&payment_path(&intent))
    }

    /// Whoever shows the secret may ask; to anybody else nothing is there.
    async fn asked(&self, id: &str, request: &Request) -> Option<Asked> {
        let mut query = Fields::read(&request.query).ok()?;
        let form = Fields::read(str::from_utf8(&request.body).ok()?).ok()?;
        let secret = query.take("secret")?;
        let intent = self.desk.read(|book| book.intent(id).cloned()).await?;
        let known = bool::from(secret.as_bytes().ct_eq(intent.terms.client_secret.as_bytes()));
        known.then_some(Asked { intent, query, form })
    }

    /// Where a buyer goes who has just done something: on to the shop, to the bank, or back to the form.
    async fn next(&self, id: &str, outcome: &str) -> Reply {
        let Some(intent) = self.desk.read(|book| book.intent(id).cloned()).await else {
            return self.pages.missing();
        };
        let status = match intent.status {
            Status::RequiresAction => return Reply::see_other(&challenge_path(&intent)),
            Status::RequiresPaymentMethod if outcome == "succeeded" => None,
            Status::RequiresCapture | Status::Succeeded => Some("succeeded"),
            // The buyer refused, it was canceled, or what was to be captured at once could not be.
            Status::RequiresPaymentMethod | Status::Canceled => Some("failed"),
        };
        let shop = status.and_then(|status| return_link(&intent, status));
        Reply::see_other(&shop.unwrap_or_else(|| payment_path(&intent)))
    }
}

/// The shop's URL, told how it went.
fn return_link(intent: &Intent, status: &str) -> Option<String> {
    let url = intent.terms.return_url.as_deref()?;
    let (url, fragment) = url.split_once('#').map_or((url, None), |(url, fragment)| (url, Some(fragment)));
    let and = if url.contains('?') { '&' } else { '?' };
    let fragment = fragment.map_or_else(String::new, |fragment| format!("#{fragment}"));
    Some(format!("{url}{and}payment_intent={}&redirect_status={status}{fragment}", intent.terms.id))
}

/// Scheme, host and port of a URL.
fn origin(url: &str) -> Option<&str> {
    let host_at = url.find("://")? + 3;
    let length = url.get(host_at..)?.find(['/', '?', '#']).unwrap_or(url.len() - host_at);
    url.get(..host_at + length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mock_psp::intent::CaptureMethod;
    use crate::mock_psp::intent::tests::intent;

    #[test]
    fn buyers_go_back_with_the_outcome() {
        for (url, link) in [
            ("http://s/r", "http://s/r?payment_intent=pi_1&redirect_status=failed"),
            ("http://s/r?a=b", "http://s/r?a=b&payment_intent=pi_1&redirect_status=failed"),
            ("http://s/r#x?y", "http://s/r?payment_intent=pi_1&redirect_status=failed#x?y"),
        ] {
            let mut intent = intent(1, CaptureMethod::Manual);
            Arc::make_mut(&mut intent.terms).return_url = Some(url.to_owned());
            assert_eq!(return_link(&intent, "failed").as_deref(), Some(link));
        }
        assert_eq!(return_link(&intent(1, CaptureMethod::Manual), "failed"), None);
    }

    #[test]
    fn a_policy_names_the_shop_and_nothing_more_of_its_url() {
        for (url, shop) in [("http://s:1/r?a", "http://s:1"), ("https://s", "https://s"), ("http://s?a", "http://s")] {
            assert_eq!(origin(url), Some(shop));
        }
        let reply = Pages::new().reply(200, String::new(), Some("http://s:1/r"));
        let policy = reply.header("content-security-policy").unwrap();
        assert!(policy.contains("form-action 'self' http://s:1;") && !policy.contains("unsafe"), "{policy}");
    }
}
