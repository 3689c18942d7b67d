//! Orders paid by a provider, from outside: who may do what, and what its calls do. The provider is this test.

use std::sync::Arc;
use std::time::Duration;

use api::payments::{Call, Heard, Payments, Unheard};
use booking::Command;
use booking::command::{Fact, ReportPayment};
use booking::ids::{OrderId, OrganizationId};
use booking::money::Money;
use raft::{ManualClock, SystemClock};
use serde_json::{Value, json};

use crate::support::{House, Node, id};

/// Reads what the tests below send: signed by a word, and about one order.
fn listen(call: &Call<'_>) -> Result<Heard, Unheard> {
    if (call.header)("x-signed").as_deref() != Some("by the provider") {
        return Err(Unheard::Signature("it is not signed"));
    }
    let said: Value = serde_json::from_slice(call.body).map_err(|error| Unheard::Malformed(error.to_string()))?;
    let text = |name: &str| said[name].as_str().unwrap_or_default();
    let organization: OrganizationId = text("organization").parse().unwrap();
    let order: OrderId = text("order").parse().unwrap();
    let amount = Money { amount: said["amount"].as_i64().unwrap_or(0), currency: "EUR".parse().unwrap() };
    let fact = match text("fact") {
        "created" => Fact::Created { page: Some("https://pay.example/1".into()) },
        "declined" => Fact::Declined { why: "no money".into(), page: None },
        "authorised" => Fact::Authorised { amount },
        "captured" => Fact::Captured { amount },
        _ => return Ok(Heard::Nothing),
    };
    let report = ReportPayment { organization, order, intent: Some("pi_1".into()), fact };
    Ok(Heard::Command(organization, Box::new(Command::ReportPayment(Box::new(report)))))
}

struct Shop {
    node: Node,
    house: House,
}

impl Shop {
    async fn open(clock: Arc<dyn raft::Clock>) -> Self {
        let payments = Payments { method: "mock".into(), listen: Arc::new(listen) };
        let node = Node::start_with(clock, Some(payments)).await;
        let house = House::build(&node).await;
        Self { node, house }
    }

    /// A hold's token and the order made from it, which the provider has an intent for.
    async fn order(&self, places: &Value) -> (String, Value) {
        let hold = self.node.buyer("POST", &self.house.holds(), &json!({"places": places})).await.expect(201);
        let token = hold["token"].as_str().unwrap().to_owned();
        let order = self.node.with(&token, "POST", "/api/v1/orders", &by_provider(&hold)).await.expect(201);
        self.say(&order, "created").await.expect(200);
        let path = format!("/api/v1/orders/{}", id(&order));
        (token.clone(), self.node.with(&token, "GET", &path, &Value::Null).await.expect(200))
    }

    async fn say(&self, order: &Value, fact: &str) -> crate::support::Answer {
        let body = json!({"organization": order["organization"], "order": id(order), "fact": fact,
            "amount": order["total"]["amount"]});
        self.node.ask("POST", HOOK, &[("x-signed", "by the provider")], &body).await
    }

    async fn read(&self, order: &Value) -> Value {
        self.node.staff("GET", &format!("/api/v1/orders/{}", id(order)), &Value::Null).await.expect(200)
    }
}

const HOOK: &str = "/api/v1/payments/webhook";

fn by_provider(hold: &Value) -> Value {
    json!({"holds": [id(hold)], "buyer": {"name": "Ada", "email": "ada@example.com"},
        "payment": {"method": "mock", "return_url": "http://localhost/done"}})
}

#[tokio::test]
async fn an_order_is_pending_until_its_money_came_and_its_places_are_kept_meanwhile() {
    let shop = Shop::open(Arc::new(SystemClock)).await;
    let (token, order) = shop.order(&json!(["1-1", "1-2"])).await;
    let payment = &order["payments"][0];
    assert_eq!((order["state"].as_str(), payment["state"].as_str()), (Some("pending"), Some("awaiting_buyer")));
    assert_eq!(payment["page"], "https://pay.example/1");
    assert!(payment["pays_until"].is_string() && order["tickets"].as_array().unwrap().is_empty(), "{order}");
    let refused = shop.node.buyer("POST", &shop.house.holds(), &json!({"places": ["1-1"]})).await;
    refused.problem(409, "seats-taken");

    shop.say(&order, "declined").await.expect(200);
    assert_eq!(shop.read(&order).await["payments"][0]["declined"], "no money");
    shop.say(&order, "authorised").await.expect(200);
    let cancel = format!("/api/v1/orders/{}/cancel", id(&order));
    shop.node.with(&token, "POST", &cancel, &Value::Null).await.problem(409, "conflict");
    assert_eq!(shop.say(&order, "captured").await.expect(200)["known"], true);
    let paid = shop.read(&order).await;
    assert_eq!((paid["state"].as_str(), paid["tickets"].as_array().unwrap().len()), (Some("paid"), 2));
    // Late, twice, out of order: of no consequence.
    for fact in ["captured", "created", "authorised", "declined", "captured"] {
        shop.say(&order, fact).await.expect(200);
    }
    let steps = |order: &Value| {
        let steps = order["history"].as_array().unwrap().iter().map(|s| s["step"].as_str().unwrap().to_owned());
        steps.collect::<Vec<_>>().join(" ")
    };
    let now = shop.read(&order).await;
    assert_eq!(steps(&now), "placed declined authorised paid");
    assert_eq!(now["tickets"], paid["tickets"]);
}

#[tokio::test]
async fn calls_that_are_not_the_providers_are_refused() {
    let shop = Shop::open(Arc::new(SystemClock)).await;
    let (_, order) = shop.order(&json!(["1-1"])).await;
    let body = json!({"organization": order["organization"], "order": id(&order), "fact": "captured", "amount": 4650});
    shop.node.ask("POST", HOOK, &[], &body).await.problem(401, "token-invalid");
    shop.node.staff("POST", HOOK, &body).await.problem(401, "token-invalid");
    assert_eq!(shop.read(&order).await["state"], "pending");
    let signed = [("x-signed", "by the provider")];
    shop.node.ask("POST", HOOK, &signed, &Value::Null).await.problem(400, "malformed-request");
    let other = json!({"organization": order["organization"], "order": OrderId(7).to_string(), "fact": "captured"});
    assert_eq!(shop.node.ask("POST", HOOK, &signed, &other).await.expect(200)["known"], false);
    let other = json!({"organization": order["organization"], "order": id(&order), "fact": "something new"});
    assert_eq!(shop.node.ask("POST", HOOK, &signed, &other).await.expect(200)["known"], false);

    let without = Node::start().await;
    without.ask("POST", HOOK, &signed, &body).await.problem(404, "not-found");
}

#[tokio::test]
async fn whoever_bears_the_tokens_orders_pays_and_gives_back_and_nobody_else() {
    let shop = Shop::open(Arc::new(SystemClock)).await;
    let node = &shop.node;
    let hold = node.buyer("POST", &shop.house.holds(), &json!({"places": ["2-1"]})).await.expect(201);
    let stranger = node.buyer("POST", &shop.house.holds(), &json!({"places": ["2-2"]})).await.expect(201);
    let stranger = stranger["token"].as_str().unwrap();
    node.buyer("POST", "/api/v1/orders", &by_provider(&hold)).await.problem(401, "token-missing");
    node.with(stranger, "POST", "/api/v1/orders", &by_provider(&hold)).await.problem(404, "not-found");
    let token = hold["token"].as_str().unwrap();
    let mut elsewhere = by_provider(&hold);
    elsewhere["payment"]["return_url"] = json!("http://localhost.evil.example/");
    let refused = node.with(token, "POST", "/api/v1/orders", &elsewhere).await.problem(422, "rule-violated");
    assert_eq!(refused["pointer"], "/payment/return_url");
    let mut nameless = by_provider(&hold);
    nameless["buyer"] = json!({"email": "ada@example.com"});
    node.with(token, "POST", "/api/v1/orders", &nameless).await.problem(422, "rule-violated");
    let mut other = by_provider(&hold);
    other["payment"] = json!({"method": "cheque"});
    node.with(token, "POST", "/api/v1/orders", &other).await.problem(422, "rule-violated");

    let (token, order) = shop.order(&json!(["1-3"])).await;
    let path = |what: &str| format!("/api/v1/orders/{}/{what}", id(&order));
    for what in ["cancel", "refunds"] {
        node.buyer("POST", &path(what), &json!({})).await.problem(401, "token-missing");
        node.with(stranger, "POST", &path(what), &json!({})).await.problem(404, "not-found");
    }
    let gone = node.with(&token, "POST", &path("cancel"), &Value::Null).await.expect(200);
    assert_eq!((gone["state"].as_str(), gone["payments"][0]["state"].as_str()), (Some("cancelled"), Some("voiding")));
    node.buyer("POST", &shop.house.holds(), &json!({"places": ["1-3"]})).await.expect(201);
    node.with(&token, "POST", &path("refunds"), &json!({})).await.problem(409, "conflict");
}

#[tokio::test]
async fn buyers_give_back_by_the_rule_and_staff_as_they_see_fit() {
    let shop = Shop::open(Arc::new(SystemClock)).await;
    let (token, order) = shop.order(&json!(["1-1", "1-2", "1-3"])).await;
    shop.say(&order, "captured").await.expect(200);
    let refunds = format!("/api/v1/orders/{}/refunds", id(&order));
    let refused = shop.node.with(&token, "POST", &refunds, &json!({})).await.problem(422, "rule-violated");
    assert!(refused["detail"].as_str().unwrap().contains("cannot be given back"), "{refused}");
    let tickets = shop.read(&order).await["tickets"].clone();
    let one = json!({"tickets": [tickets[1]["id"]], "keep_fees": true, "reason": "ill"});
    let partly = shop.node.staff("POST", &refunds, &one).await.expect(201);
    assert_eq!(
        (partly["state"].as_str(), partly["refunds"][0]["state"].as_str()),
        (Some("partly_refunded"), Some("pending"))
    );
    assert_eq!(partly["refunds"][0]["amount"]["amount"], 4_500);
    assert_eq!(partly["tickets"][1]["state"], "void");
    shop.node.staff("POST", &refunds, &one).await.problem(409, "conflict");
    shop.node.buyer("POST", &shop.house.holds(), &json!({"places": ["1-2"]})).await.expect(201);

    let event = format!("/api/v1/events/{}", shop.house.event);
    let rule = json!({"refunds": {"until_minutes_before_start": 60}});
    assert_eq!(shop.node.staff("PATCH", &event, &rule).await.expect(200)["refunds"]["keep_fees"], false);
    let all = shop.node.with(&token, "POST", &refunds, &json!({})).await.expect(201);
    assert_eq!(
        (all["state"].as_str(), all["refunds"][1]["amount"]["amount"].as_i64()),
        (Some("refunded"), Some(2 * 4_650))
    );
}

#[tokio::test]
async fn staff_see_what_is_to_be_done_for_their_own_organization_only() {
    let shop = Shop::open(Arc::new(SystemClock)).await;
    let (_, order) = shop.order(&json!(["1-1"])).await;
    shop.say(&order, "authorised").await.expect(200);
    let node = &shop.node;
    let made = node.staff("POST", "/api/v1/organizations", &json!({"name": "Other"})).await.expect(201);
    let theirs = made["key"].as_str().unwrap();
    let tasks = node.staff("GET", "/api/v1/tasks", &Value::Null).await.expect(200);
    let task = &tasks["items"][0];
    assert_eq!((task["duty"].as_str(), &task["order"]), (Some("capture"), &order["id"]));
    assert!(node.staff("GET", "/api/v1/tasks?state=trouble", &Value::Null).await.expect(200)["items"][0].is_null());
    assert!(node.with(theirs, "GET", "/api/v1/tasks", &Value::Null).await.expect(200)["items"][0].is_null());
    node.buyer("GET", "/api/v1/tasks", &Value::Null).await.problem(401, "token-missing");
    let path = |what: &str| format!("/api/v1/tasks/{}/{what}", id(task));
    let resolve = json!({"done": true, "note": "seen at the provider"});
    node.with(theirs, "POST", &path("retry"), &Value::Null).await.problem(404, "not-found");
    node.with(theirs, "POST", &path("resolve"), &resolve).await.problem(404, "not-found");
    node.staff("POST", &path("retry"), &Value::Null).await.expect(200);
    node.staff("POST", &path("resolve"), &resolve).await.problem(409, "conflict");
}

#[tokio::test]
async fn what_is_not_paid_in_time_lapses_and_its_places_are_free() {
    const WALL_MS: u64 = 1_800_000_000_000;
    let clock = Arc::new(ManualClock::new(WALL_MS));
    let shop = Shop::open(clock.clone()).await;
    let (_, order) = shop.order(&json!(["1-1"])).await;
    clock.pass(600_000);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while shop.read(&order).await["state"] != "failed" {
        assert!(tokio::time::Instant::now() < deadline, "it does not lapse");
        tokio::task::yield_now().await;
    }
    let now = shop.read(&order).await;
    assert_eq!(now["payments"][0]["state"], "lapsing");
    assert!(now["payments"][0]["page"].is_null(), "there is nothing to pay any more");
    // It comes late, and the place is still free: it counts.
    shop.say(&order, "authorised").await.expect(200);
    shop.say(&order, "captured").await.expect(200);
    assert_eq!(shop.read(&order).await["state"], "paid");
}

#[tokio::test]
async fn a_cancelled_showtime_is_refunded_as_a_whole() {
    let shop = Shop::open(Arc::new(SystemClock)).await;
    let mut orders = Vec::new();
    for place in ["1-1", "1-2", "1-3"] {
        let (_, order) = shop.order(&json!([place])).await;
        shop.say(&order, "captured").await.expect(200);
        orders.push(order);
    }
    let node = &shop.node;
    let path = format!("/api/v1/showtimes/{}/refunds", shop.house.showtime);
    let made = node.staff("POST", "/api/v1/organizations", &json!({"name": "Other"})).await.expect(201);
    let theirs = made["key"].as_str().unwrap();
    node.staff("GET", &path, &Value::Null).await.problem(404, "not-found");
    node.staff("POST", &path, &json!({})).await.problem(409, "conflict");
    let cancelled = json!({"state": "cancelled", "reason": "fire"});
    node.staff("PATCH", &format!("/api/v1/showtimes/{}", shop.house.showtime), &cancelled).await.expect(200);
    node.with(theirs, "POST", &path, &json!({})).await.problem(404, "not-found");
    node.buyer("POST", &path, &json!({})).await.problem(401, "token-missing");
    node.staff("POST", &path, &json!({"reason": "fire"})).await.expect(201);
    node.with(theirs, "GET", &path, &Value::Null).await.problem(404, "not-found");
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    let done = loop {
        let now = node.staff("GET", &path, &Value::Null).await.expect(200);
        if now["state"] == "done" {
            break now;
        }
        assert!(tokio::time::Instant::now() < deadline, "{now}");
        tokio::task::yield_now().await;
    };
    assert_eq!(
        (&done["orders"], &done["tickets"], &done["money"]["pending"]),
        (&json!(3), &json!(3), &json!(3)),
        "{done}"
    );
    for order in &orders {
        assert_eq!(shop.read(order).await["state"], "refunded");
    }
}
