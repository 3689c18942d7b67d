//! Holding, selling, and doing so once.

use std::sync::Arc;

use raft::ManualClock;
use serde_json::{Value, json};

use crate::support::{Answer, House, Node, id};

async fn keyed(node: &Node, path: &str, key: &str, body: &Value) -> Answer {
    node.ask("POST", path, &[("idempotency-key", key)], body).await
}

#[tokio::test]
async fn a_hold_is_placed_read_extended_and_given_back() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let placed = node
        .buyer(
            "POST",
            &house.holds(),
            &json!({"places": ["1-1", {"id": "1-2"}], "areas": [{"area": "GA", "quantity": 3}]}),
        )
        .await;
    let hold = placed.expect(201);
    assert_eq!(hold["state"], "active");
    assert_eq!(
        hold["places"][1],
        json!({"id": "1-2", "label": "Hall 1-2", "tier": "t1",
        "price": {"amount": 4500, "currency": "EUR"}, "fees": {"amount": 150, "currency": "EUR"}})
    );
    assert_eq!(hold["areas"][0]["quantity"], 3);
    assert_eq!(hold["total"], json!({"amount": 5 * 4650, "currency": "EUR"}));
    assert_eq!(hold["extensions_left"], 1);
    assert!(hold["expires_at"].as_str() > hold["now"].as_str());

    let (path, token) = (format!("/api/v1/holds/{}", id(&hold)), hold["token"].as_str().unwrap());
    node.buyer("GET", &path, &Value::Null).await.problem(401, "token-missing");
    let other = node.buyer("POST", &house.holds(), &json!({"places": ["2-1"]})).await.expect(201);
    for method in ["GET", "DELETE"] {
        node.with(other["token"].as_str().unwrap(), method, &path, &Value::Null).await.problem(404, "not-found");
    }
    assert_eq!(node.with(token, "GET", &path, &Value::Null).await.expect(200)["state"], "active");
    let both = format!("{}, {token}", other["token"].as_str().unwrap());
    node.ask("GET", &path, &[("x-hold-token", &both)], &Value::Null).await.expect(200);
    node.staff("GET", &path, &Value::Null).await.expect(200);

    let extended = node.with(token, "POST", &format!("{path}/extend"), &Value::Null).await.expect(200);
    assert_eq!(extended["extensions_left"], 0);
    assert!(extended["expires_at"].as_str() >= hold["expires_at"].as_str());
    node.with(token, "POST", &format!("{path}/extend"), &Value::Null).await.problem(409, "conflict");

    for _ in 0..2 {
        assert_eq!(node.with(token, "DELETE", &path, &Value::Null).await.expect(200)["state"], "released");
    }
    let counts = node.buyer("GET", &format!("/api/v1/showtimes/{}/availability", house.showtime), &Value::Null).await;
    let counts = counts.expect(200);
    assert_eq!(counts["places"], json!({"free": 69, "held": 1, "sold": 0, "blocked": 0}));
    assert_eq!(counts["areas"], json!([{"id": "GA", "free": 50}]));
    assert_eq!(counts["tiers"][0]["free"], 69);
}

#[tokio::test]
async fn taken_seats_are_named_and_nothing_of_the_request_is_held() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    node.buyer("POST", &house.holds(), &json!({"places": ["1-1"]})).await.expect(201);
    let refused = node.buyer("POST", &house.holds(), &json!({"places": ["1-2", "1-1"]})).await;
    assert_eq!(refused.problem(409, "seats-taken")["seats"], json!([{"id": "1-1", "label": "Hall 1-1"}]));
    node.buyer("POST", &house.holds(), &json!({"places": ["1-2"]})).await.expect(201);

    let missing = node.buyer("POST", &house.holds(), &json!({"places": ["9-9"]})).await;
    assert_eq!(missing.problem(404, "not-found")["pointer"], "/places/0");
    let many: Vec<String> = (1..=10).flat_map(|n| [format!("1-{n}"), format!("2-{n}")]).collect();
    assert_eq!(
        node.buyer("POST", &house.holds(), &json!({"places": many})).await.problem(422, "too-many-places")["max"],
        10
    );
    node.buyer("POST", &house.holds(), &json!({"places": []})).await.problem(422, "rule-violated");
    let floor = json!({"areas": [{"area": "GA", "quantity": 9}]});
    for _ in 0..5 {
        node.buyer("POST", &house.holds(), &floor).await.expect(201);
    }
    assert_eq!(node.buyer("POST", &house.holds(), &floor).await.problem(409, "not-enough-places")["free"], 5);
}

#[tokio::test]
async fn best_available_gives_seats_together() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let best = |body: Value| json!({"best_available": body});
    let hold = node.buyer("POST", &house.holds(), &best(json!({"quantity": 4, "tier": "t1", "section": "H"}))).await;
    let hold = hold.expect(201);
    let ids: Vec<String> = hold["places"].as_array().unwrap().iter().map(id).collect();
    assert_eq!(ids, ["1-4", "1-5", "1-6", "1-7"]);
    assert_eq!((&hold["together"], &hold["rows"]), (&json!(true), &json!(1)));
    node.buyer("POST", &house.holds(), &best(json!({"quantity": 2, "section": "X"}))).await.problem(404, "not-found");
    node.buyer("POST", &house.holds(), &best(json!({"quantity": 2, "tier": "x"}))).await.problem(404, "not-found");
    node.buyer("POST", &house.holds(), &best(json!({"quantity": u32::MAX}))).await.problem(422, "too-many-places");
    node.buyer("POST", &house.holds(), &best(json!({"quantity": 0}))).await.problem(422, "rule-violated");
    node.buyer("POST", &house.holds(), &best(json!({"quantity": 2, "accessible": 1})))
        .await
        .problem(409, "not-enough-places");
}

#[tokio::test]
async fn the_orphan_rule_suggests_other_seats() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let path = format!("/api/v1/showtimes/{}", house.showtime);
    node.staff("PATCH", &path, &json!({"orphan_rule": "strict"})).await.expect(200);
    let refused = node.buyer("POST", &house.holds(), &json!({"places": ["1-2", "1-3"]})).await;
    let suggestion = refused.problem(409, "orphan-seat")["suggestion"].clone();
    assert_eq!(suggestion[0], json!({"id": "1-1", "label": "Hall 1-1"}));
}

#[tokio::test]
async fn the_same_key_happens_once_and_gives_the_same_answer() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let (key, body) = ("0123456789abcdef", json!({"places": ["1-1", "1-2"]}));
    let first = keyed(&node, &house.holds(), key, &body).await;
    first.expect(201);
    assert_eq!(first.header("idempotency-replayed"), "");
    let again = keyed(&node, &house.holds(), key, &body).await;
    again.expect(201);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.body, first.body, "token and times included");

    keyed(&node, &house.holds(), key, &json!({"places": ["1-3"]})).await.problem(422, "idempotency-key-reused");
    keyed(&node, &house.holds(), "short", &body).await.problem(400, "malformed-request");
    keyed(&node, &house.holds(), &"x".repeat(256), &body).await.problem(400, "malformed-request");
    // A refusal is an answer too: it is repeated though the seat is free by then.
    let refusal = keyed(&node, &house.holds(), "another key of sixteen", &json!({"places": ["1-1"]})).await;
    refusal.problem(400, "malformed-request");
    let refused = keyed(&node, &house.holds(), "another-key-of-sixteen", &json!({"places": ["1-1"]})).await;
    refused.problem(409, "seats-taken");
    let hold = first.json();
    let path = format!("/api/v1/holds/{}", id(&hold));
    node.with(hold["token"].as_str().unwrap(), "DELETE", &path, &Value::Null).await.expect(200);
    let refused = keyed(&node, &house.holds(), "another-key-of-sixteen", &json!({"places": ["1-1"]})).await;
    refused.problem(409, "seats-taken");
    assert_eq!(refused.header("idempotency-replayed"), "true");
    // A key with too few characters will do for staff; and it is theirs alone.
    let authorization = format!("Bearer {}", node.key);
    let headers = [("authorization", authorization.as_str()), ("idempotency-key", key)];
    node.ask("POST", &house.holds(), &headers, &json!({"places": ["2-5"]})).await.expect(201);
}

#[tokio::test]
async fn holds_become_an_order_with_tickets() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let a = node.buyer("POST", &house.holds(), &json!({"places": ["1-1", "1-2"]})).await.expect(201);
    let b = node.buyer("POST", &house.holds(), &json!({"areas": [{"area": "GA", "quantity": 2}]})).await.expect(201);
    let body = json!({"holds": [id(&a), id(&b)], "buyer": {"name": "Ada", "email": "ada@example.com"},
        "payment": {"method": "box_office", "kind": "cash"}});
    node.buyer("POST", "/api/v1/orders", &body).await.problem(401, "token-missing");
    node.with(a["token"].as_str().unwrap(), "POST", "/api/v1/orders", &body).await.problem(403, "role-required");
    let mock = json!({"holds": [id(&a)], "buyer": {"name": "Ada", "email": "a@b.c"}, "payment": {"method": "mock"}});
    node.staff("POST", "/api/v1/orders", &mock).await.problem(422, "rule-violated");

    let authorization = format!("Bearer {}", node.key);
    let headers = [("authorization", authorization.as_str()), ("idempotency-key", "sale-1")];
    let sold = node.ask("POST", "/api/v1/orders", &headers, &body).await;
    let order = sold.expect(201);
    assert_eq!((order["state"].as_str(), order["total"]["amount"].as_i64()), (Some("paid"), Some(4 * 4650)));
    assert_eq!(order["items"][0]["places"][0]["id"], "1-1");
    assert_eq!(order["tickets"].as_array().unwrap().len(), 4);
    let again = node.ask("POST", "/api/v1/orders", &headers, &body).await;
    assert_eq!((again.body.clone(), again.header("idempotency-replayed")), (sold.body, "true"));

    let path = format!("/api/v1/orders/{}", id(&order));
    assert_eq!(node.staff("GET", &path, &Value::Null).await.expect(200), order);
    assert_eq!(node.with(a["token"].as_str().unwrap(), "GET", &path, &Value::Null).await.expect(200), order);
    let stranger = node.buyer("POST", &house.holds(), &json!({"places": ["2-1"]})).await.expect(201);
    let stranger = stranger["token"].as_str().unwrap();
    let ticket = format!("/api/v1/tickets/{}", order["tickets"][0]["id"].as_str().unwrap());
    for path in [path.clone(), format!("{path}/tickets"), ticket.clone()] {
        node.with(stranger, "GET", &path, &Value::Null).await.problem(404, "not-found");
        node.buyer("GET", &path, &Value::Null).await.problem(401, "token-missing");
    }
    assert_eq!(node.staff("GET", &ticket, &Value::Null).await.expect(200)["place"], "1-1");
    assert_eq!(
        node.staff("GET", &format!("{path}/tickets"), &Value::Null).await.expect(200)["items"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
    let pdf = [("authorization", authorization.as_str()), ("accept", "text/plain")];
    node.ask("GET", &ticket, &pdf, &Value::Null).await.problem(406, "not-acceptable");

    let hold = node.with(a["token"].as_str().unwrap(), "GET", &format!("/api/v1/holds/{}", id(&a)), &Value::Null).await;
    let hold = hold.expect(200);
    assert_eq!((hold["state"].as_str(), hold["order"].as_str()), (Some("confirmed"), order["id"].as_str()));
    node.staff("POST", "/api/v1/orders", &body).await.problem(409, "conflict");

    let list =
        node.staff("GET", &format!("/api/v1/orders?showtime={}", house.showtime), &Value::Null).await.expect(200);
    assert_eq!((list["items"].as_array().unwrap().len(), list["next_cursor"].is_null()), (1, true));
    node.buyer("GET", "/api/v1/orders", &Value::Null).await.problem(401, "token-missing");
    node.with(stranger, "GET", "/api/v1/orders", &Value::Null).await.problem(403, "role-required");
}

/// A node's reckoning of time may be ahead of what the next entry is stamped with: here the leader follows a wall clock
/// that was put back, by 30 ms a minute. A hold that was read as expired must not be sold after that.
#[tokio::test]
async fn what_was_read_as_expired_is_not_sold_any_more() {
    const WALL_MS: u64 = 1_800_000_000_000;
    const TTL_MS: u64 = 300_000;
    let clock = Arc::new(ManualClock::new(WALL_MS));
    let node = Node::start_at(clock.clone()).await;
    let house = House::build(&node).await;
    let hold = node.buyer("POST", &house.holds(), &json!({"places": ["1-1"]})).await.expect(201);
    let (path, token) = (format!("/api/v1/holds/{}", id(&hold)), hold["token"].as_str().unwrap());
    clock.pass(TTL_MS);
    clock.jump(WALL_MS);
    let read = node.with(token, "GET", &path, &Value::Null).await.expect(200);
    let order = json!({"holds": [id(&hold)], "buyer": {"name": "A", "email": "a@example.org"},
        "payment": {"method": "box_office", "kind": "cash"}});
    let sold = node.staff("POST", "/api/v1/orders", &order).await;
    assert_eq!(read["state"] == "active", sold.status == 201, "{read}\n{}", sold.json());
    assert!(read["state"] != "active" || read["now"].as_str() < read["expires_at"].as_str(), "{read}");
}
