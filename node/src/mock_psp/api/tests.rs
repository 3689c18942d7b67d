//! The interface as shops meet it, without sockets: requests to the provider, on a journal in a temporary folder.

use bytes::Bytes;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use tempfile::TempDir;

use super::*;
use crate::mock_psp;

const KEY: &str = "sk_test_unit";
const GOOD: &str = "4242424242424242";

struct Shop {
    provider: Provider,
    folder: TempDir,
}

impl Shop {
    fn open() -> Self {
        Self::over(tempfile::tempdir().unwrap())
    }

    fn over(folder: TempDir) -> Self {
        let desk = mock_psp::open(folder.path()).unwrap();
        Self { provider: Provider::new(desk, "http://p:1".to_owned(), KEY, 1), folder }
    }

    /// Ends it and starts it again on what it has written.
    fn again(self) -> Self {
        let Self { provider, folder } = self;
        provider.desk.close();
        drop(provider);
        Self::over(folder)
    }

    async fn send(&self, method: Method, target: &str, headers: &[(&'static str, &str)], body: &str) -> Option<Reply> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
            .collect();
        let (path, query) = (path.to_owned(), query.to_owned());
        let request = Request { method, path, query, headers, body: Bytes::from(body.to_owned()) };
        self.provider.answer(request).await
    }

    async fn get(&self, target: &str) -> Value {
        let reply = self.send(Method::GET, target, &[("authorization", "Bearer sk_test_unit")], "").await.unwrap();
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.value()
    }

    async fn post_once(&self, path: &str, body: &Value, key: &str) -> Reply {
        let headers = [("authorization", "Bearer sk_test_unit"), ("idempotency-key", key)];
        let headers = if key.is_empty() { &headers[..1] } else { &headers };
        self.send(Method::POST, path, headers, &body.to_string()).await.unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let reply = self.post_once(path, &body, "").await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.value()
    }

    async fn refused(&self, path: &str, body: Value) -> (u16, String) {
        let reply = self.post_once(path, &body, "").await;
        (reply.status, reply.value()["error"]["code"].as_str().unwrap().to_owned())
    }

    async fn paid(&self, number: &str) -> String {
        let method = json!({"card": {"number": number}});
        let intent = json!({"amount": 1_000, "currency": "eur", "payment_method": method, "confirm": true});
        let intent = self.post("/v1/payment_intents", intent).await;
        let id = intent["id"].as_str().unwrap().to_owned();
        self.post(&format!("/v1/payment_intents/{id}/capture"), json!({})).await;
        id
    }
}

fn card(number: &str) -> Value {
    json!({"payment_method": {"card": {"number": number}}})
}

#[tokio::test]
async fn from_an_intent_to_a_refund() {
    let shop = Shop::open();
    let body = json!({"amount": 4_250, "currency": "eur", "metadata": {"order": "ord_1"}, "return_url": "http://s/r"});
    let intent = shop.post("/v1/payment_intents", body).await;
    let path = format!("/v1/payment_intents/{}", intent["id"].as_str().unwrap());
    assert_eq!((&intent["currency"], &intent["status"]), (&json!("EUR"), &json!("requires_payment_method")));
    let declined = shop.post_once(&format!("{path}/confirm"), &card("4000000000000002"), "").await;
    assert_eq!((declined.status, &declined.value()["error"]["type"]), (402, &json!("card_error")));
    assert_eq!(declined.value()["error"]["payment_intent"]["last_error"]["code"], "card_declined");
    let held = shop.post(&format!("{path}/confirm"), card(GOOD)).await;
    assert_eq!((&held["status"], &held["amount_capturable"]), (&json!("requires_capture"), &json!(4_250)));
    let taken = shop.post(&format!("{path}/capture"), json!({"amount_to_capture": 4_000})).await;
    assert_eq!((&taken["status"], &taken["amount_captured"]), (&json!("succeeded"), &json!(4_000)));
    let refund = json!({"payment_intent": intent["id"], "amount": 1_500, "metadata": {"why": "one ticket less"}});
    let refund = shop.post("/v1/refunds", refund).await;
    assert_eq!((&refund["status"], &refund["amount"]), (&json!("succeeded"), &json!(1_500)));
    assert_eq!(shop.get(&format!("/v1/refunds/{}", refund["id"].as_str().unwrap())).await, refund);
    assert_eq!(shop.get(&path).await["amount_refunded"], 1_500);
    let ledger = shop.get("/v1/ledger").await;
    assert_eq!((&ledger["data"][0]["captured"], &ledger["data"][0]["refunded"]), (&json!(4_000), &json!(1_500)));
    assert_eq!(ledger["totals"]["EUR"]["refunded"], 1_500);
    let kinds: Vec<Value> =
        shop.get("/v1/events").await["data"].as_array().unwrap().iter().map(|e| e["type"].clone()).collect();
    assert_eq!(
        kinds,
        [
            "payment_intent.created",
            "payment_intent.payment_failed",
            "payment_intent.amount_capturable_updated",
            "payment_intent.succeeded",
            "refund.created"
        ]
    );
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let shop = Shop::open();
    let good = json!({"amount": 1, "currency": "EUR"});
    let with = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };
    let many: BTreeMap<String, &str> = (0..21).map(|i| (i.to_string(), "x")).collect();
    for body in [
        json!({}),
        json!([]),
        with("amount", json!(0)),
        with("amount", json!(-1)),
        with("amount", json!(1.5)),
        with("amount", json!(AMOUNT_MAX + 1)),
        with("currency", json!("EURO")),
        with("currency", json!("E1R")),
        with("capture_method", json!("later")),
        with("metadata", json!(many)),
        with("metadata", json!({"a": "x".repeat(501)})),
        with("metadata", json!({"": "x"})),
        with("metadata", json!({"a": 1})),
        with("description", json!("x".repeat(1_001))),
        with("return_url", json!("javascript:alert(1)")),
        with("return_url", json!("http://s;script-src/")),
        with("return_url", json!("http://s/\r\nx: y")),
        with("confirm", json!(true)),
        with("payment_method", json!({"card": {"number": GOOD}})),
        with("surprise", json!(1)),
    ] {
        assert_eq!(shop.refused("/v1/payment_intents", body.clone()).await.0, 400, "{body}");
    }
    assert_eq!(shop.get("/v1/payment_intents").await["data"], json!([]));
    for (path, body, told) in [
        ("/v1/payment_intents/pi_0/capture", json!({}), (404, "resource_missing")),
        ("/v1/refunds", json!({"payment_intent": "pi_0"}), (404, "resource_missing")),
        ("/v1/nothing", json!({}), (404, "unknown_url")),
        ("/v1/events", json!({}), (405, "method_not_allowed")),
        ("/v1/payment_intents/pi_0/confirm", json!({}), (400, "parameter_invalid")),
    ] {
        assert_eq!(shop.refused(path, body).await, (told.0, told.1.to_owned()), "{path}");
    }
    for query in
        ["limit=0", "limit=101", "limit=x", "status=new", "surprise=1", "created_gte=-1", "starting_after=pi_0"]
    {
        let headers = [("authorization", "Bearer sk_test_unit")];
        let reply = shop.send(Method::GET, &format!("/v1/payment_intents?{query}"), &headers, "").await.unwrap();
        assert!([400, 404].contains(&reply.status), "{query}: {}", reply.text());
    }
}

#[tokio::test]
async fn only_with_the_key() {
    let shop = Shop::open();
    for shown in ["", "Bearer ", "Bearer sk_test_uniT", "Basic sk_test_unit", "sk_test_unit"] {
        for path in ["/v1/payment_intents", "/v1/ledger", "/control"] {
            let reply = shop.send(Method::GET, path, &[("authorization", shown)], "").await.unwrap();
            assert_eq!((reply.status, &reply.value()["error"]["type"]), (401, &json!("auth_error")));
        }
    }
    assert_eq!(shop.send(Method::GET, "/healthz", &[], "").await.unwrap().status, 200);
}

#[tokio::test]
async fn states_that_do_not_fit_are_named() {
    let shop = Shop::open();
    let id = shop.paid(GOOD).await;
    for step in ["capture", "cancel"] {
        let reply = shop.post_once(&format!("/v1/payment_intents/{id}/{step}"), &json!({}), "").await;
        let error = &reply.value()["error"];
        assert_eq!((reply.status, &error["code"]), (400, &json!("intent_unexpected_state")));
        assert!(error["message"].as_str().unwrap().contains("succeeded"), "{error}");
        assert_eq!(error["payment_intent"]["status"], "succeeded");
    }
    let too_much = json!({"payment_intent": id, "amount": 1_001});
    assert_eq!(shop.refused("/v1/refunds", too_much).await, (400, "amount_too_large".to_owned()));
    shop.post("/v1/refunds", json!({"payment_intent": id})).await;
    assert_eq!(shop.refused("/v1/refunds", json!({"payment_intent": id})).await.1, "already_refunded");
}

#[tokio::test]
async fn the_same_key_happens_once_also_after_a_restart() {
    let mut shop = Shop::open();
    let body =
        json!({"amount": 1_000, "currency": "EUR", "confirm": true, "payment_method": {"card": {"number": GOOD}}});
    let first = shop.post_once("/v1/payment_intents", &body, "k1").await;
    assert_eq!((first.status, first.header("idempotent-replayed")), (200, None));
    let path = format!("/v1/payment_intents/{}", first.value()["id"].as_str().unwrap());
    let canceled = shop.post_once(&format!("{path}/cancel"), &json!({}), "k2").await;
    let refused = shop.post_once(&format!("{path}/capture"), &json!({}), "k3").await;
    assert_eq!((canceled.status, refused.status), (200, 400));
    for _ in 0..2 {
        for (path, body, key, before) in [
            ("/v1/payment_intents", &body, "k1", &first),
            (&format!("{path}/cancel"), &json!({}), "k2", &canceled),
            (&format!("{path}/capture"), &json!({}), "k3", &refused),
        ] {
            let again = shop.post_once(path, body, key).await;
            assert_eq!((again.status, again.value()), (before.status, before.value()), "{key}");
            assert_eq!(again.header("idempotent-replayed"), Some("true"));
        }
        let mut other = body.clone();
        other["amount"] = json!(1_001);
        for (path, body) in [("/v1/payment_intents", &other), ("/v1/refunds", &body)] {
            let reply = shop.post_once(path, body, "k1").await;
            if path == "/v1/refunds" {
                assert_eq!(reply.status, 400, "it is no refund at all");
            } else {
                assert_eq!((reply.status, &reply.value()["error"]["type"]), (400, &json!("idempotency_error")));
            }
        }
        assert_eq!(shop.get("/v1/payment_intents").await["data"].as_array().unwrap().len(), 1);
        shop = shop.again();
    }
    let bad = shop.post_once("/v1/payment_intents", &body, "with space").await;
    assert_eq!(bad.status, 400);
}

#[tokio::test]
async fn everything_is_there_again() {
    let shop = Shop::open();
    shop.post("/v1/payment_intents", json!({"amount": 5, "currency": "JPY", "metadata": {"order": "ord_9"}})).await;
    let id = shop.paid("4000000000007726").await;
    shop.post("/v1/refunds", json!({"payment_intent": id, "amount": 10})).await;
    let all = async |shop: &Shop| {
        let mut seen = Vec::new();
        for path in ["payment_intents", "refunds", "events", "ledger", "payment_intents?metadata_order=ord_9"] {
            seen.push(shop.get(&format!("/v1/{path}")).await);
        }
        seen
    };
    let before = all(&shop).await;
    assert_eq!(before[4]["data"].as_array().unwrap().len(), 1);
    assert_eq!(before[3]["totals"]["EUR"]["refund_pending"], 10);
    let journal = std::fs::read_to_string(shop.folder.path().join("journal.jsonl")).unwrap();
    assert!(!journal.contains("4000000000007726") && !journal.contains(KEY), "no card and no key is kept");
    let shop = shop.again();
    assert_eq!(all(&shop).await, before);
}

#[tokio::test]
async fn refunds_end_when_their_time_has_come() {
    let shop = Shop::open();
    let turned =
        shop.send(Method::POST, "/control", &[("authorization", "Bearer sk_test_unit")], r#"{"refund_delay_ms":0}"#);
    assert_eq!(turned.await.unwrap().status, 200);
    for (number, status, event, left) in [
        ("4000000000007726", "succeeded", "refund.updated", 400),
        ("4000000000005126", "failed", "refund.failed", 1_000),
    ] {
        let id = shop.paid(number).await;
        let refund = shop.post("/v1/refunds", json!({"payment_intent": id, "amount": 600})).await;
        assert_eq!(refund["status"], "pending");
        assert_eq!(shop.get(&format!("/v1/payment_intents/{id}")).await["amount_refunded"], 600);
        shop.provider.desk.end_due_refunds().await;
        let ended = shop.get(&format!("/v1/refunds?payment_intent={id}")).await["data"][0].clone();
        assert_eq!((&ended["status"], ended.get("failure_reason").is_some()), (&json!(status), status == "failed"));
        let events = shop.get("/v1/events?limit=100").await;
        assert_eq!(events["data"].as_array().unwrap().last().unwrap()["type"], event);
        let intent = shop.get(&format!("/v1/payment_intents/{id}")).await;
        assert_eq!(intent["amount_refunded"], 1_000 - left);
    }
}

#[tokio::test]
async fn lists_go_on_where_they_ended() {
    let shop = Shop::open();
    for amount in 1..=5 {
        shop.post("/v1/payment_intents", json!({"amount": amount, "currency": "EUR"})).await;
    }
    for (path, after, member) in
        [("payment_intents", "starting_after", "id"), ("events", "after", "id"), ("ledger", "after", "payment_intent")]
    {
        let mut seen = Vec::new();
        let mut from = String::new();
        loop {
            let page = shop.get(&format!("/v1/{path}?limit=2{from}")).await;
            seen.extend(page["data"].as_array().unwrap().iter().map(|item| item[member].as_str().unwrap().to_owned()));
            from = format!("&{after}={}", seen.last().unwrap());
            if page["has_more"] == json!(false) {
                break;
            }
        }
        assert_eq!(seen.len(), 5, "{path}");
    }
    let canceled = shop.get("/v1/payment_intents?status=canceled&created_gte=0").await;
    assert_eq!(canceled["data"], json!([]));
}

#[tokio::test]
async fn faults_on_purpose() {
    let shop = Shop::open();
    let turn = async |settings: Value| {
        let headers = [("authorization", "Bearer sk_test_unit")];
        shop.send(Method::POST, "/control", &headers, &settings.to_string()).await.unwrap().status
    };
    assert_eq!(turn(json!({"fail_percent": 101})).await, 400);
    assert_eq!(turn(json!({"fail_percent": 100})).await, 200);
    let body = json!({"amount": 1_000, "currency": "EUR"});
    let failed = shop.post_once("/v1/payment_intents", &body, "k1").await;
    assert_eq!((failed.status, &failed.value()["error"]["type"]), (500, &json!("api_error")));
    assert_eq!(turn(json!({"fail_percent": 0, "lose_percent": 100})).await, 200);
    let headers = [("authorization", "Bearer sk_test_unit"), ("idempotency-key", "k1")];
    let lost = shop.send(Method::POST, "/v1/payment_intents", &headers, &body.to_string()).await;
    assert!(lost.is_none(), "no answer");
    assert_eq!(turn(json!({"lose_percent": 0})).await, 200);
    let again = shop.post_once("/v1/payment_intents", &body, "k1").await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (200, Some("true")), "it was done all the same");
}

#[tokio::test]
async fn the_page_for_buyers() {
    let shop = Shop::open();
    let body =
        json!({"amount": 4_250, "currency": "EUR", "description": "Two tickets", "return_url": "http://s:1/r?o=1"});
    let intent = shop.post("/v1/payment_intents", body).await;
    let id = intent["id"].as_str().unwrap();
    let url = intent["payment_url"].as_str().unwrap().strip_prefix("http://p:1").unwrap().to_owned();
    let get = async |url: &str| shop.send(Method::GET, url, &[], "").await.unwrap();
    let post = async |url: &str, form: &str| {
        let reply = shop.send(Method::POST, url, &[], form).await.unwrap();
        (reply.status, reply.header("location").unwrap_or_default().to_owned())
    };
    assert_eq!(get(&format!("/pay/{id}?secret=x")).await.status, 404);
    assert_eq!(get(&format!("/pay/{id}")).await.status, 404);
    let page = get(&url).await;
    assert!(page.status == 200 && page.text().contains("Two tickets") && page.text().contains("42.50 EUR"));
    assert!(page.text().contains("redirect_status=canceled"), "there is a way back");
    assert_eq!(post(&url, "number=4000+0000+0000+0002").await, (303, url.clone()));
    assert!(get(&url).await.text().contains("The card was declined."));
    let (_, challenge) = post(&url, "number=4000000000003220").await;
    assert_eq!(challenge, url.replacen('?', "/challenge?", 1));
    assert!(get(&challenge).await.text().contains("Approve"));
    assert_eq!(get(&url).await.status, 303, "the bank waits for an answer");
    let back = |status| format!("http://s:1/r?o=1&payment_intent={id}&redirect_status={status}");
    assert_eq!(post(&challenge, "answer=refuse").await, (303, back("failed")));
    post(&url, "number=4000000000003220").await;
    assert_eq!(post(&challenge, "answer=approve").await, (303, back("succeeded")));
    assert_eq!(post(&url, "number=4242424242424242").await, (303, back("succeeded")), "a second click changes nothing");
    assert!(get(&url).await.text().contains("This payment is done."));
}
