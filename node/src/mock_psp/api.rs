//! The interface for shops: JSON in, JSON out, as payment intents are in the field. Reads what is asked, checks its
//! form and bounds, and takes it to the desk. Not the pages for buyers (see `page`).

use std::collections::BTreeMap;
use std::time::Duration;

use hyper::Method;
use hyper::header::HeaderName;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Provider;
use super::book::IntentFilter;
use super::cards::Card;
use super::desk::{Once, Told};
use super::entry::Mark;
use super::event::event_number;
use super::fields::Fields;
use super::http::{Reply, Request};
use super::ids;
use super::intent::{CaptureMethod, Status, Terms};
use super::refund::{Refund, RefundStatus};
use super::refusal::Refusal;
use super::route::Route;
use super::switches::Fault;
use super::view;

/// Largest amount, in minor units.
const AMOUNT_MAX: u64 = 100_000_000_000_000;
/// Members of metadata, and characters of their names and values.
const METADATA_MAX: usize = 20;
const METADATA_NAME_CHARS_MAX: usize = 40;
const METADATA_VALUE_CHARS_MAX: usize = 500;
/// Characters of a description, and bytes of a return URL.
const DESCRIPTION_CHARS_MAX: usize = 1_000;
const RETURN_URL_BYTES_MAX: usize = 2_048;
/// Characters of an idempotency key.
const KEY_CHARS_MAX: usize = 255;
/// Items of a list, at most and if nothing is said.
const PAGE_MAX: usize = 100;
const PAGE: usize = 10;
/// What tokens begin with.
const TOKEN_PREFIX: &str = "tok_";
/// How late the answer of a hanging request comes.
const HANG: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CreateBody {
    amount: u64,
    currency: String,
    #[serde(default)]
    capture_method: CaptureMethod,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    description: Option<String>,
    return_url: Option<String>,
    payment_method: Option<PaymentMethod>,
    #[serde(default)]
    confirm: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PaymentMethod {
    card: Option<CardBody>,
    /// What this provider's script would have made of a card in the buyer's browser: `tok_` and the card's number.
    token: Option<String>,
}

impl PaymentMethod {
    fn card(&self) -> Result<Card, Refusal> {
        match (&self.card, self.token.as_deref().map(|token| token.strip_prefix(TOKEN_PREFIX))) {
            (Some(card), None) => Ok(Card::read(&card.number)),
            (None, Some(Some(number))) => Ok(Card::read(number)),
            _ => Err(Refusal::invalid("payment_method: a card with its number, or a token (tok_…) is expected")),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CardBody {
    number: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfirmBody {
    payment_method: PaymentMethod,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaptureBody {
    amount_to_capture: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CancelBody {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefundBody {
    payment_intent: String,
    amount: Option<u64>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

impl Provider {
    /// Answers a request of the API, with whatever goes wrong on purpose; nothing if the answer is to be lost.
    pub(super) async fn api(&self, route: Route<'_>, request: &Request) -> Option<Reply> {
        if let Err(refusal) = self.authorize(request) {
            return Some(self.refuse(&refusal));
        }
        let (delay_ms, fault) = self.switches.request();
        if delay_ms > 0 {
            tokio::time::sleep(Duration::from_millis(delay_ms)).await;
        }
        if fault == Fault::Fail {
            return Some(self.refuse(&Refusal::fault()));
        }
        let reply = self.call(route, request).await.unwrap_or_else(|refusal| self.refuse(&refusal));
        match fault {
            Fault::Lose => return None,
            Fault::Hang => tokio::time::sleep(HANG).await,
            Fault::None | Fault::Fail => {}
        }
        Some(reply)
    }

    async fn call(&self, route: Route<'_>, request: &Request) -> Result<Reply, Refusal> {
        let posts = request.method == Method::POST;
        match route {
            Route::Intents if posts => self.create(request).await,
            Route::Intents => self.intents(request).await,
            Route::Intent(id) => self.intent(id, request).await,
            Route::Confirm(id) => {
                let (body, once): (ConfirmBody, _) = read(request)?;
                let card = body.payment_method.card()?;
                Ok(self.tell(&self.desk.confirm(id, card, once).await))
            }
            Route::Capture(id) => {
                let (body, once): (CaptureBody, _) = read(request)?;
                let amount = body.amount_to_capture.map(|amount| checked_amount("amount_to_capture", amount));
                Ok(self.tell(&self.desk.capture(id, amount.transpose()?, once).await))
            }
            Route::Cancel(id) => {
                let (CancelBody {}, once) = read(request)?;
                Ok(self.tell(&self.desk.cancel(id, once).await))
            }
            Route::Refunds if posts => self.give_back(request).await,
            Route::Refunds => self.refunds(request).await,
            Route::Refund(id) => self.refund(id, request).await,
            Route::Events => self.events(request).await,
            Route::Ledger => self.ledger(request).await,
            Route::Health | Route::Control | Route::Pay(_) | Route::Challenge(_) => Err(Refusal::no_route()),
        }
    }

    fn tell(&self, told: &Told) -> Reply {
        let (status, body) = self.view.answer(&told.answer);
        let reply = Reply::json(status, &body);
        if told.replayed { reply.with(HeaderName::from_static("idempotent-replayed"), "true") } else { reply }
    }

    async fn create(&self, request: &Request) -> Result<Reply, Refusal> {
        let (body, once): (CreateBody, _) = read(request)?;
        checked_amount("amount", body.amount)?;
        if body.currency.len() != 3 || !body.currency.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return Err(Refusal::invalid("currency: three letters are expected"));
        }
        check_metadata(&body.metadata)?;
        if body.description.as_ref().is_some_and(|text| text.chars().count() > DESCRIPTION_CHARS_MAX) {
            return Err(Refusal::invalid(format!("description: at most {DESCRIPTION_CHARS_MAX} characters")));
        }
        body.return_url.as_deref().map_or(Ok(()), check_return_url)?;
        if body.confirm != body.payment_method.is_some() {
            return Err(Refusal::invalid("payment_method and confirm: true come together"));
        }
        let (id, client_secret) = ids::new_intent()?;
        let terms = Terms {
            id,
            amount: body.amount,
            currency: body.currency.to_ascii_uppercase(),
            capture_method: body.capture_method,
            client_secret,
            metadata: body.metadata,
            description: body.description,
            return_url: body.return_url,
            // The desk's clock says when.
            created_s: 0,
        };
        let card = body.payment_method.map(|method| method.card()).transpose()?;
        Ok(self.tell(&self.desk.create(terms, card, once).await))
    }

    async fn intent(&self, id: &str, request: &Request) -> Result<Reply, Refusal> {
        Fields::read(&request.query)?.end()?;
        let found = self.desk.read(|book| book.intent(id).cloned()).await;
        let intent = found.ok_or_else(|| Refusal::missing("payment_intent", id))?;
        Ok(Reply::json(200, &self.view.intent(&intent)))
    }

    async fn intents(&self, request: &Request) -> Result<Reply, Refusal> {
        let mut fields = Fields::read(&request.query)?;
        let (limit, after) = (limit(&mut fields)?, fields.take("starting_after"));
        let status = fields.take("status");
        let known = |name: &str| Status::ALL.into_iter().find(|status| status.name() == name);
        let status: Option<Vec<Status>> = status.iter().flat_map(|names| names.split(',')).map(known).collect();
        let filter = IntentFilter {
            created_gte: fields.parse("created_gte")?,
            status: status.ok_or_else(|| Refusal::invalid("status: there is no such status"))?,
            order: fields.take("metadata_order"),
        };
        fields.end()?;
        let found = self.desk.read(|book| book.intents(after.as_deref(), &filter, limit)).await;
        let (data, has_more) = found.ok_or_else(|| unknown_start("payment_intent", after.as_deref()))?;
        Ok(list(data.iter().map(|intent| self.view.intent(intent)), has_more))
    }

    async fn give_back(&self, request: &Request) -> Result<Reply, Refusal> {
        let (body, once): (RefundBody, _) = read(request)?;
        check_metadata(&body.metadata)?;
        let amount = body.amount.map(|amount| checked_amount("amount", amount)).transpose()?;
        let refund = Refund {
            id: ids::new_refund()?,
            payment_intent: body.payment_intent,
            metadata: body.metadata,
            status: RefundStatus::Pending,
            // The rest is the intent's and the desk's to say.
            amount: 0,
            currency: String::new(),
            created_s: 0,
            ends: None,
        };
        let delay_ms = self.switches.refund_delay_ms();
        Ok(self.tell(&self.desk.refund(refund, amount, delay_ms, once).await))
    }

    async fn refund(&self, id: &str, request: &Request) -> Result<Reply, Refusal> {
        Fields::read(&request.query)?.end()?;
        let found = self.desk.read(|book| book.refund(id).cloned()).await;
        let refund = found.ok_or_else(|| Refusal::missing("refund", id))?;
        Ok(Reply::json(200, &view::refund_json(&refund)))
    }

    async fn refunds(&self, request: &Request) -> Result<Reply, Refusal> {
        let mut fields = Fields::read(&request.query)?;
        let (limit, after) = (limit(&mut fields)?, fields.take("starting_after"));
        let intent = fields.take("payment_intent");
        fields.end()?;
        let found = self.desk.read(|book| book.refunds(after.as_deref(), intent.as_deref(), limit)).await;
        let (data, has_more) = found.ok_or_else(|| unknown_start("refund", after.as_deref()))?;
        Ok(list(data.iter().map(|refund| view::refund_json(refund)), has_more))
    }

    async fn events(&self, request: &Request) -> Result<Reply, Refusal> {
        let mut fields = Fields::read(&request.query)?;
        let (limit, after) = (limit(&mut fields)?, fields.take("after"));
        fields.end()?;
        let look = |book: &super::book::Book| {
            let from = match after.as_deref() {
                None => 0,
                Some(id) => event_number(id, &book.name).filter(|number| book.event(*number).is_some())?,
            };
            Some((book.events(from, limit), book.name.clone()))
        };
        let found = self.desk.read(look).await;
        let ((data, has_more), name) = found.ok_or_else(|| unknown_start("event", after.as_deref()))?;
        Ok(list(data.iter().map(|event| self.view.event(event, &name)), has_more))
    }

    async fn ledger(&self, request: &Request) -> Result<Reply, Refusal> {
        let mut fields = Fields::read(&request.query)?;
        let (limit, after) = (limit(&mut fields)?, fields.take("after"));
        fields.end()?;
        let look = |book: &super::book::Book| {
            let page = book.intents(after.as_deref(), &IntentFilter::default(), limit)?;
            Some((page, view::totals(book)))
        };
        let found = self.desk.read(look).await;
        let ((data, has_more), totals) = found.ok_or_else(|| unknown_start("payment_intent", after.as_deref()))?;
        let data: Vec<Value> = data.iter().map(|intent| view::ledger_line(intent)).collect();
        Ok(Reply::json(200, &json!({"object": "list", "data": data, "has_more": has_more, "totals": totals})))
    }
}

fn list(data: impl Iterator<Item = Value>, has_more: bool) -> Reply {
    Reply::json(200, &json!({"object": "list", "data": data.collect::<Vec<_>>(), "has_more": has_more}))
}

fn unknown_start(what: &str, after: Option<&str>) -> Refusal {
    Refusal::missing(what, after.unwrap_or_default())
}

fn limit(fields: &mut Fields) -> Result<usize, Refusal> {
    let limit = fields.parse("limit")?.unwrap_or(PAGE);
    if (1..=PAGE_MAX).contains(&limit) { Ok(limit) } else { Err(Refusal::invalid(format!("limit: 1 to {PAGE_MAX}"))) }
}

/// The body, and the idempotency key with what is asked under it.
fn read<T: DeserializeOwned>(request: &Request) -> Result<(T, Option<Once>), Refusal> {
    Fields::read(&request.query)?.end()?;
    let body = if request.body.is_empty() { b"{}" } else { request.body.as_ref() };
    let body: Value =
        serde_json::from_slice(body).map_err(|error| Refusal::invalid(format!("the body is no JSON: {error}")))?;
    let once = once(request, &body)?;
    let read = serde_json::from_value(body).map_err(|error| Refusal::invalid(error.to_string()))?;
    Ok((read, once))
}

fn once(request: &Request, body: &Value) -> Result<Option<Once>, Refusal> {
    let Some(key) = request.headers.get("idempotency-key") else { return Ok(None) };
    let key = key.as_bytes();
    if key.is_empty() || key.len() > KEY_CHARS_MAX || !key.iter().all(u8::is_ascii_graphic) {
        return Err(Refusal::invalid(format!("Idempotency-Key: 1 to {KEY_CHARS_MAX} visible ASCII characters")));
    }
    // Not even a hash of a card's number is kept.
    let mut body = body.clone();
    for place in ["/payment_method/card/number", "/payment_method/token"] {
        if let Some(number) = body.pointer_mut(place) {
            let card = number.as_str().map(|text| Card::read(text.strip_prefix(TOKEN_PREFIX).unwrap_or(text)));
            *number = json!(card);
        }
    }
    let request = Mark::of(&[request.method.as_str().as_bytes(), request.path.as_bytes(), body.to_string().as_bytes()]);
    Ok(Some(Once { key: Mark::of(&[key]), request }))
}

fn checked_amount(name: &str, amount: u64) -> Result<u64, Refusal> {
    if (1..=AMOUNT_MAX).contains(&amount) {
        return Ok(amount);
    }
    Err(Refusal::invalid(format!("{name}: 1 to {AMOUNT_MAX} minor units")))
}

fn check_metadata(metadata: &BTreeMap<String, String>) -> Result<(), Refusal> {
    if metadata.len() > METADATA_MAX {
        return Err(Refusal::invalid(format!("metadata: at most {METADATA_MAX} members")));
    }
    let names = metadata.keys().all(|name| (1..=METADATA_NAME_CHARS_MAX).contains(&name.chars().count()));
    let values = metadata.values().all(|value| value.chars().count() <= METADATA_VALUE_CHARS_MAX);
    if names && values {
        return Ok(());
    }
    let (name, value) = (METADATA_NAME_CHARS_MAX, METADATA_VALUE_CHARS_MAX);
    Err(Refusal::invalid(format!("metadata: names of 1 to {name} characters, values of at most {value}")))
}

fn check_return_url(url: &str) -> Result<(), Refusal> {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    // What a host is not made of would end the page's policy early, or lead elsewhere than it seems.
    let whole = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]_".contains(&b));
    if whole && url.len() <= RETURN_URL_BYTES_MAX && url.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(Refusal::invalid(format!("return_url: http:// or https://, a host, at most {RETURN_URL_BYTES_MAX} bytes")))
}

#[cfg(test)]
mod tests;
