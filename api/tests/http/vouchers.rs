//! Vouchers over the real router: made, used, used up, not to be guessed.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{House, Node, id};

fn eur(amount: i64) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

async fn make(node: &Node, body: &Value) -> Value {
    node.staff("POST", "/api/v1/vouchers", body).await.expect(201)
}

async fn uses(node: &Node, voucher: &Value) -> Value {
    node.staff("GET", &format!("/api/v1/vouchers/{}", id(voucher)), &Value::Null).await.expect(200)["uses"].clone()
}

fn cash(hold: &Value, more: &Value) -> Value {
    let mut body = json!({"holds": [id(hold)], "buyer": {"email": "ada@example.org"},
        "payment": {"method": "box_office", "kind": "cash"}});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[tokio::test]
async fn a_voucher_is_made_read_changed_and_ended() {
    let node = Node::start().await;
    let body = json!({"code": "Summer-26", "note": "poster", "discount": {"basis_points": 1000}, "max_uses": 50});
    let made = node.staff("POST", "/api/v1/vouchers", &body).await;
    let voucher = made.expect(201);
    assert_eq!(
        (&voucher["code"], &voucher["uses"]),
        (&json!("SUMMER-26"), &json!({"held": 0, "ordered": 0, "left": 50}))
    );
    let path = format!("/api/v1/vouchers/{}", id(&voucher));
    assert_eq!(node.staff("GET", &path, &Value::Null).await.expect(200), voucher);
    let found = node.staff("GET", "/api/v1/vouchers?code=summer-26", &Value::Null).await.expect(200);
    assert_eq!(found["items"], json!([voucher]));
    assert_eq!(node.staff("GET", "/api/v1/vouchers?code=winter", &Value::Null).await.expect(200)["items"], json!([]));

    node.staff("POST", "/api/v1/vouchers", &body).await.problem(409, "conflict");
    let changed = json!({"max_uses": null, "discount": {"basis_points": null, "amount": eur(500), "per": "order"}});
    let changed = node.staff("PATCH", &path, &changed).await.expect(200);
    assert_eq!(changed["discount"], json!({"amount": eur(500), "per": "order"}));
    assert_eq!((changed.get("max_uses"), changed["uses"].get("left")), (None, None));
    let authorization = format!("Bearer {}", node.key);
    let headers = [("authorization", authorization.as_str()), ("if-match", made.header("etag"))];
    node.ask("PATCH", &path, &headers, &json!({"note": ""})).await.problem(412, "precondition-failed");
    node.staff("PATCH", &path, &json!({"code": "OTHER"})).await.problem(422, "rule-violated");
    for (body, status, code) in [
        (json!({"code": "X"}), 422, "rule-violated"),
        (json!({}), 422, "rule-violated"),
        (json!({"discount": {}}), 422, "rule-violated"),
        (json!({"discount": {"basis_points": 1, "amount": eur(1)}}), 422, "rule-violated"),
        (json!({"discount": {"amount": eur(0)}}), 422, "rule-violated"),
        (json!({"discount": {"basis_points": 1}, "max_uses": 0}), 422, "rule-violated"),
        (json!({"discount": {"basis_points": 1}, "uses": 5}), 400, "malformed-request"),
        (json!({"discount": {"basis_points": 1}, "events": ["evt_00000000000000000000000001"]}), 404, "not-found"),
        (json!({"block": "blk_00000000000000000000000001"}), 404, "not-found"),
    ] {
        node.staff("POST", "/api/v1/vouchers", &body).await.problem(status, code);
    }
    node.staff("DELETE", &path, &Value::Null).await.expect(204);
    node.staff("GET", &path, &Value::Null).await.problem(404, "not-found");
    node.buyer("POST", "/api/v1/vouchers", &body).await.problem(401, "token-missing");
    node.buyer("GET", "/api/v1/vouchers", &Value::Null).await.problem(401, "token-missing");
}

#[tokio::test]
async fn many_are_made_at_once_and_once_only() {
    let node = Node::start().await;
    let authorization = format!("Bearer {}", node.key);
    let headers = [("authorization", authorization.as_str()), ("idempotency-key", "bulk-1")];
    let body =
        json!({"count": 1000, "prefix": "press", "voucher": {"discount": {"fixed_price": eur(0)}, "max_uses": 1}});
    let made = node.ask("POST", "/api/v1/vouchers/bulk", &headers, &body).await;
    let items = made.expect(201)["items"].as_array().unwrap().clone();
    let codes: BTreeSet<&str> = items.iter().map(|v| v["code"].as_str().unwrap()).collect();
    assert_eq!(codes.len(), 1_000);
    assert!(codes.iter().all(|code| code.starts_with("PRESS-") && code.len() == 18), "{codes:?}");
    let again = node.ask("POST", "/api/v1/vouchers/bulk", &headers, &body).await;
    assert_eq!((again.body, again.headers["idempotency-replayed"].to_str().unwrap()), (made.body, "true"));

    let (mut seen, mut cursor) = (BTreeSet::new(), String::new());
    loop {
        let path = format!("/api/v1/vouchers?limit=100{cursor}");
        let page = node.staff("GET", &path, &Value::Null).await.expect(200);
        seen.extend(page["items"].as_array().unwrap().iter().map(|v| v["code"].as_str().unwrap().to_owned()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen.len(), 1_000);
    for (pointer, body) in [
        ("/count", json!({"count": 1001, "voucher": {"discount": {"basis_points": 1}}})),
        ("/count", json!({"count": 0, "voucher": {"discount": {"basis_points": 1}}})),
        ("/prefix", json!({"count": 1, "prefix": "x".repeat(20), "voucher": {"discount": {"basis_points": 1}}})),
        ("/voucher/code", json!({"count": 1, "voucher": {"code": "ABC", "discount": {"basis_points": 1}}})),
    ] {
        let refused = node.staff("POST", "/api/v1/vouchers/bulk", &body).await.problem(422, "rule-violated");
        assert_eq!(refused["pointer"], pointer);
    }
}

/// 200 buyers at the same moment, 50 uses: 50 holds and no more; what is given back can be had again.
#[tokio::test]
async fn a_voucher_is_never_used_more_often_than_it_may_be() {
    let node = Arc::new(Node::start().await);
    let house = House::build(&node).await;
    let mut plan = crate::support::plan();
    plan["zones"][0]["areas"][0]["capacity"] = json!(500);
    let plan = node.staff("POST", &format!("/api/v1/venues/{}/plans", house.venue), &plan).await.expect(201);
    let path = format!("/api/v1/showtimes/{}", house.showtime);
    node.staff("PATCH", &path, &json!({"plan": id(&plan)})).await.expect(200);
    let voucher = make(&node, &json!({"code": "FIFTY", "discount": {"basis_points": 5000}, "max_uses": 50})).await;

    let mut buyers = JoinSet::new();
    for _ in 0..200 {
        let (node, path) = (Arc::clone(&node), house.holds());
        buyers.spawn(async move {
            let body = json!({"areas": [{"area": "GA", "quantity": 1}], "voucher": "fifty"});
            node.buyer("POST", &path, &body).await
        });
    }
    let answers = buyers.join_all().await;
    let held: Vec<Value> = answers.iter().filter(|a| a.status == 201).map(|a| a.expect(201)).collect();
    assert_eq!(held.len(), 50);
    assert!(held.iter().all(|hold| hold["total"] == eur(2250 + 150) && hold["voucher"] == "FIFTY"));
    for refused in answers.iter().filter(|a| a.status != 201) {
        refused.problem(409, "voucher-used-up");
    }
    assert_eq!(uses(&node, &voucher).await, json!({"held": 50, "ordered": 0, "left": 0}));
    let counts = node.buyer("GET", &format!("{path}/availability"), &Value::Null).await.expect(200);
    assert_eq!(counts["places"]["held"], 50, "a refused hold holds nothing");

    for hold in held.iter().take(10) {
        let path = format!("/api/v1/holds/{}", id(hold));
        node.with(hold["token"].as_str().unwrap(), "DELETE", &path, &Value::Null).await.expect(200);
    }
    for hold in held.iter().skip(10).take(30) {
        node.staff("POST", "/api/v1/orders", &cash(hold, &json!({}))).await.expect(201);
    }
    assert_eq!(uses(&node, &voucher).await, json!({"held": 10, "ordered": 30, "left": 10}));
    let body = json!({"areas": [{"area": "GA", "quantity": 1}], "voucher": "FIFTY"});
    for _ in 0..10 {
        node.buyer("POST", &house.holds(), &body).await.expect(201);
    }
    node.buyer("POST", &house.holds(), &body).await.problem(409, "voucher-used-up");
}

/// Whoever guesses learns nothing from the answer: of all that is wrong with a code, it tells the same.
#[tokio::test]
async fn wrong_codes_get_the_same_answer() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let other = node.staff("POST", "/api/v1/organizations", &json!({"name": "Other"})).await.expect(201);
    let theirs = other["key"].as_str().unwrap();
    let off = json!({"basis_points": 1000});
    let foreign = json!({"code": "FOREIGN", "discount": off});
    node.with(theirs, "POST", "/api/v1/vouchers", &foreign).await.expect(201);
    make(&node, &json!({"code": "EXPIRED", "discount": off, "valid_until": "2020-01-01T00:00:00Z"})).await;
    make(&node, &json!({"code": "COMING", "discount": off, "valid_from": "2098-01-01T00:00:00Z"})).await;
    make(&node, &json!({"code": "CHILDREN", "discount": off, "ticket_types": ["child"]})).await;
    make(&node, &json!({"code": "DOLLARS", "discount": {"amount": {"amount": 1, "currency": "USD"}}})).await;
    let ended = make(&node, &json!({"code": "ENDED", "discount": off})).await;
    node.staff("DELETE", &format!("/api/v1/vouchers/{}", id(&ended)), &Value::Null).await.expect(204);
    let plain = node.buyer("POST", &house.holds(), &json!({"places": ["2-1"]})).await.expect(201);
    let mut told = BTreeSet::new();
    let long = "X".repeat(5_000);
    for code in ["UNKNOWN", "FOREIGN", "EXPIRED", "COMING", "CHILDREN", "DOLLARS", "ENDED", "", "ÄÖÜ", &long] {
        let hold = json!({"places": ["1-1"], "voucher": code});
        let order = cash(&plain, &json!({"voucher": code}));
        for mut refused in [
            node.buyer("POST", &house.holds(), &hold).await.problem(422, "voucher-invalid"),
            node.staff("POST", "/api/v1/orders", &order).await.problem(422, "voucher-invalid"),
        ] {
            refused.as_object_mut().unwrap().remove("request_id");
            told.insert(refused.to_string());
        }
    }
    assert_eq!(told.len(), 1, "{told:?}");
    node.buyer("POST", &house.holds(), &json!({"places": ["1-1"]})).await.expect(201);
}

#[tokio::test]
async fn a_voucher_unlocks_a_type_opens_a_block_and_counts_its_buyers() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let path = format!("/api/v1/showtimes/{}", house.showtime);
    let types = json!([{"id": "adult", "name": "Adults", "price": eur(4000)},
        {"id": "press", "name": "Press", "price": eur(500), "hidden": true}]);
    let tiers = json!({"price_tiers": [{"id": "t1", "name": "All", "categories": ["All"], "ticket_types": types}]});
    node.staff("PATCH", &path, &tiers).await.expect(200);
    let block = node.staff("POST", &format!("{path}/blocks"), &json!({"places": ["2-1", "2-2"]})).await.expect(201);
    let body = json!({"code": "PRESS", "unlocks_hidden": true, "ticket_types": ["press"], "block": id(&block),
        "max_uses_per_buyer": 1});
    let voucher = make(&node, &body).await;
    let places =
        |types: [&str; 2]| json!([{"id": "2-1", "ticket_type": types[0]}, {"id": "2-2", "ticket_type": types[1]}]);
    node.buyer("POST", &house.holds(), &json!({"places": ["2-1"]})).await.problem(409, "seats-taken");
    let asked = json!({"places": places(["press", "press"]), "voucher": "press"});
    let hold = node.buyer("POST", &house.holds(), &asked).await.expect(201);
    assert_eq!(hold["total"], eur(1000));
    let blocks = node.staff("GET", &format!("{path}/blocks"), &Value::Null).await.expect(200);
    assert_eq!(blocks["items"][0]["places"], json!([]));
    let token = hold["token"].as_str().unwrap();
    node.with(token, "DELETE", &format!("/api/v1/holds/{}", id(&hold)), &Value::Null).await.expect(200);
    let counts = node.buyer("GET", &format!("{path}/availability"), &Value::Null).await.expect(200);
    assert_eq!(counts["places"]["blocked"], 2);

    let hold = node.buyer("POST", &house.holds(), &asked).await.expect(201);
    let order = node.staff("POST", "/api/v1/orders", &cash(&hold, &json!({}))).await.expect(201);
    assert_eq!((&order["items"][0]["voucher"], &order["total"]), (&json!("PRESS"), &eur(1000)));
    assert_eq!(uses(&node, &voucher).await, json!({"held": 0, "ordered": 1}));
    let more = json!({"places": [{"id": "1-1", "ticket_type": "press"}], "voucher": "PRESS"});
    let more = node.buyer("POST", &house.holds(), &more).await.expect(201);
    let again = json!({"buyer": {"email": " ADA@example.org"}});
    node.staff("POST", "/api/v1/orders", &cash(&more, &again)).await.problem(409, "voucher-used-up");
    node.staff("POST", "/api/v1/orders", &cash(&more, &json!({"buyer": {}}))).await.problem(422, "rule-violated");

    // Ended after it was used: it stays to be read, its holds and orders stay as they are.
    node.staff("DELETE", &format!("/api/v1/vouchers/{}", id(&voucher)), &Value::Null).await.expect(204);
    let ended = node.staff("GET", &format!("/api/v1/vouchers/{}", id(&voucher)), &Value::Null).await.expect(200);
    assert_eq!((&ended["ended"], &ended["uses"]["held"]), (&json!(true), &json!(1)));
    let bob = json!({"buyer": {"email": "bob@example.org"}});
    let sold = node.staff("POST", "/api/v1/orders", &cash(&more, &bob)).await.expect(201);
    assert_eq!((&sold["total"], &sold["items"][0]["voucher"]), (&more["total"], &json!("PRESS")));
    let read = node.staff("GET", &format!("/api/v1/orders/{}", id(&order)), &Value::Null).await.expect(200);
    assert_eq!(read, order);
}

#[tokio::test]
async fn an_order_takes_a_voucher_and_costs_less_than_was_shown() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let voucher = make(&node, &json!({"code": "TEN", "discount": {"amount": eur(1000), "per": "order"}})).await;
    let hold = node.buyer("POST", &house.holds(), &json!({"places": ["1-1", "1-2"]})).await.expect(201);
    let order = node.staff("POST", "/api/v1/orders", &cash(&hold, &json!({"voucher": "ten"}))).await.expect(201);
    let shown = hold["total"]["amount"].as_i64().unwrap();
    assert_eq!((&order["total"], &order["receipt"]["discount"]), (&eur(shown - 1000), &eur(1000)));
    assert_eq!(order["items"][0]["places"][0]["discount"], eur(500));
    assert_eq!(uses(&node, &voucher).await, json!({"held": 0, "ordered": 1}));
}
