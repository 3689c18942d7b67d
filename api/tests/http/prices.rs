//! What places cost: types, fees, taxes; what is shown first is what is paid.

use serde_json::{Value, json};

use crate::support::{House, Node, id, showtime};

fn eur(amount: i64) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

/// Three types, one hidden; a fee a ticket, one an order; a tax on top.
fn priced() -> Value {
    json!({
        "price_tiers": [{"id": "t1", "name": "All", "categories": ["All"], "ticket_types": [
            {"id": "adult", "name": "Adults", "price": eur(4000)},
            {"id": "child", "name": "Children", "description": "Up to 14", "price": eur(1999), "max_per_order": 3},
            {"id": "press", "name": "Press", "price": eur(0), "hidden": true}]}],
        "fees": [{"name": "Booking", "amount": eur(150)}, {"name": "Service", "basis_points": 250, "per": "order"}],
        "taxes": [{"name": "VAT", "basis_points": 700}]
    })
}

async fn set(node: &Node, house: &House, prices: &Value) -> Value {
    node.staff("PATCH", &format!("/api/v1/showtimes/{}", house.showtime), prices).await.expect(200)
}

fn cash(holds: &[&Value]) -> Value {
    let holds: Vec<String> = holds.iter().map(|hold| id(hold)).collect();
    json!({"holds": holds, "buyer": {"email": "ada@example.org"}, "payment": {"method": "box_office", "kind": "cash"}})
}

/// Subtotal, discount, fees and taxes on top are the total: a receipt can be printed from it.
fn adds_up(receipt: &Value) -> i64 {
    let amount = |v: &Value| v["amount"]["amount"].as_i64().unwrap();
    let fees: i64 = receipt["fees"].as_array().unwrap().iter().map(amount).sum();
    let taxes = receipt["taxes"].as_array().unwrap().iter();
    let taxes: i64 = taxes.filter(|t| t["included"] == false).map(amount).sum();
    let of = |name: &str| receipt[name]["amount"].as_i64().unwrap();
    assert_eq!(of("subtotal") - of("discount") + fees + taxes, of("total"), "{receipt}");
    of("total")
}

#[tokio::test]
async fn what_is_shown_first_is_what_is_paid() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let changed = set(&node, &house, &priced()).await;
    assert_eq!(changed["price_tiers"][0]["ticket_types"][2]["hidden"], true);
    let path = format!("/api/v1/showtimes/{}", house.showtime);

    // Worked by hand: (19.99 + 1.50) + 7 % of each (1.3993, 0.105: 1.40, 0.11) = 23.00; 2.5 % of 19.99 (0.49975: 0.50)
    // and 7 % of that (0.035: 0.04) come once a hold. An adult: 40.00 + 1.50 + 2.80 + 0.11, and 1.00 + 0.07.
    let seen = node.buyer("GET", &path, &Value::Null).await.expect(200);
    let prices = &seen["prices"][0];
    assert_eq!((&prices["from"], &prices["to"]), (&eur(2354), &eur(4548)));
    assert_eq!(prices["ticket_types"][1], json!({"ticket_type": "child", "price": eur(1999), "total": eur(2354)}));
    assert_eq!(prices["ticket_types"].as_array().unwrap().len(), 2, "the hidden type is not seen: {seen}");
    assert_eq!(seen["price_tiers"][0]["ticket_types"].as_array().unwrap().len(), 2);
    let free = node.buyer("GET", &format!("{path}/availability"), &Value::Null).await.expect(200);
    assert_eq!((&free["tiers"][0]["from"], &free["tiers"][0]["to"]), (&eur(2354), &eur(4548)));

    let child = json!({"places": [{"id": "1-1", "ticket_type": "child"}]});
    let alone = node.buyer("POST", &house.holds(), &child).await.expect(201);
    assert_eq!(alone["total"], prices["from"]);
    assert_eq!(
        alone["places"][0],
        json!({"id": "1-1", "label": "Hall 1-1", "tier": "t1", "ticket_type": "child", "price": eur(1999),
            "fees": eur(150), "tax": eur(151)})
    );
    assert_eq!(
        alone["receipt"],
        json!({"subtotal": eur(1999), "discount": eur(0),
            "fees": [{"name": "Booking", "amount": eur(150)}, {"name": "Service", "amount": eur(50)}],
            "taxes": [{"name": "VAT", "basis_points": 700, "included": false, "amount": eur(155)}],
            "total": eur(2354)})
    );
    let order = node.staff("POST", "/api/v1/orders", &cash(&[&alone])).await.expect(201);
    assert_eq!((&order["total"], &order["receipt"]), (&alone["total"], &alone["receipt"]));
    assert_eq!(order["tickets"][0]["ticket_type"], "child");

    let several = json!({"places": ["1-2", {"id": "1-3", "ticket_type": "child"}], "areas": [
        {"area": "GA", "quantity": 2}, {"area": "GA", "quantity": 1, "ticket_type": "child"}]});
    let several = node.buyer("POST", &house.holds(), &several).await.expect(201);
    assert_eq!(several["areas"][1]["ticket_type"], "child");
    let best =
        json!({"best_available": {"ticket_types": [{"id": "adult", "quantity": 2}, {"id": "child", "quantity": 1}]}});
    let best = node.buyer("POST", &house.holds(), &best).await.expect(201);
    let types: Vec<&Value> = best["places"].as_array().unwrap().iter().map(|p| &p["ticket_type"]).collect();
    assert_eq!(types, ["adult", "adult", "child"]);
    let order = node.staff("POST", "/api/v1/orders", &cash(&[&several, &best])).await.expect(201);
    assert_eq!(adds_up(&order["receipt"]), adds_up(&several["receipt"]) + adds_up(&best["receipt"]));
    assert_eq!(order["total"], order["receipt"]["total"]);
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_named() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    set(&node, &house, &priced()).await;
    for (body, status, code) in [
        (json!({"places": [{"id": "1-1", "ticket_type": "press"}]}), 404, "not-found"),
        (json!({"places": [{"id": "1-1", "ticket_type": "senior"}]}), 404, "not-found"),
        (json!({"areas": [{"area": "GA", "quantity": 4, "ticket_type": "child"}]}), 422, "rule-violated"),
        (json!({"areas": [{"area": "GA", "quantity": 1}, {"area": "GA", "quantity": 1}]}), 422, "rule-violated"),
        (json!({"best_available": {}}), 400, "malformed-request"),
        (
            json!({"best_available": {"quantity": 2, "ticket_types": [{"id": "adult", "quantity": 1}]}}),
            422,
            "rule-violated",
        ),
        (json!({"places": [{"id": "1-1", "type": "adult"}]}), 400, "malformed-request"),
    ] {
        node.buyer("POST", &house.holds(), &body).await.problem(status, code);
    }
    // Staff of the house sell what is hidden; those of another do not.
    let press = json!({"places": [{"id": "1-1", "ticket_type": "press"}]});
    let made = node.staff("POST", "/api/v1/organizations", &json!({"name": "Other"})).await.expect(201);
    node.with(made["key"].as_str().unwrap(), "POST", &house.holds(), &press).await.problem(404, "not-found");
    node.staff("POST", &house.holds(), &press).await.expect(201);

    let path = format!("/api/v1/events/{}/showtimes", house.event);
    let tier = |tier: Value| {
        let mut body = showtime(&house.plan);
        body["price_tiers"] = json!([tier]);
        body
    };
    let typed = |of: Value| tier(json!({"id": "t", "name": "T", "categories": ["All"], "ticket_types": [of]}));
    let with = |member: &str, value: Value| {
        let mut body = showtime(&house.plan);
        body[member] = value;
        body
    };
    for (body, code) in [
        (tier(json!({"id": "t", "name": "T", "categories": ["All"]})), "rule-violated"),
        (
            tier(json!({"id": "t", "name": "T", "categories": ["All"], "price": eur(1), "ticket_types": []})),
            "rule-violated",
        ),
        (tier(json!({"id": "t", "name": "T", "categories": ["All"], "ticket_types": []})), "rule-violated"),
        (typed(json!({"id": "", "name": "A", "price": eur(1), "hidden": true})), "rule-violated"),
        (typed(json!({"id": "a", "name": "", "price": eur(1)})), "rule-violated"),
        (typed(json!({"id": "a", "name": "A", "price": eur(-1)})), "rule-violated"),
        (
            typed(json!({"id": "a", "name": "A", "price": {"amount": 1, "currency": "USD"},
            "early_prices": [{"until": "2030-01-01T00:00:00Z", "price": eur(1)}]})),
            "rule-violated",
        ),
        (with("fees", json!([{"name": "F"}])), "rule-violated"),
        (with("fees", json!([{"name": "F", "amount": eur(1), "basis_points": 1}])), "rule-violated"),
        (with("fees", json!([{"name": "F", "amount": {"amount": 1, "currency": "USD"}}])), "rule-violated"),
        (with("taxes", json!([{"name": "T", "basis_points": 10_001}])), "rule-violated"),
        (with("taxes", json!([{"name": "T", "basis_points": 1, "on": []}])), "rule-violated"),
    ] {
        node.staff("POST", &path, &body).await.problem(422, code);
    }
    node.staff("POST", &path, &with("fees", json!([{"name": "F", "per": "seat"}])))
        .await
        .problem(400, "malformed-request");
}

#[tokio::test]
async fn a_price_change_never_changes_a_hold_that_exists() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let keyed = [("idempotency-key", "0123456789abcdef0")];
    let first = node.ask("POST", &house.holds(), &keyed, &json!({"places": ["1-1", "1-2"]})).await;
    let hold = first.expect(201);
    assert_eq!(hold["total"], eur(2 * 4650));
    set(&node, &house, &priced()).await;
    let token = hold["token"].as_str().unwrap();
    let path = format!("/api/v1/holds/{}", id(&hold));
    let read = node.with(token, "GET", &path, &Value::Null).await.expect(200);
    assert_eq!(
        (&read["total"], &read["receipt"], &read["places"]),
        (&hold["total"], &hold["receipt"], &hold["places"])
    );
    let again = node.ask("POST", &house.holds(), &keyed, &json!({"places": ["1-1", "1-2"]})).await;
    assert_eq!(again.body, first.body, "a repeat shows the prices of the first answer");
    let extended = node.with(token, "POST", &format!("{path}/extend"), &Value::Null).await.expect(200);
    assert_eq!(extended["receipt"], hold["receipt"]);
    let order = node.staff("POST", "/api/v1/orders", &cash(&[&hold])).await.expect(201);
    assert_eq!((&order["receipt"], &order["items"][0]["places"]), (&hold["receipt"], &hold["places"]));
    let new = node.buyer("POST", &house.holds(), &json!({"places": ["1-3"]})).await.expect(201);
    assert_eq!(new["places"][0]["ticket_type"], "adult");
    // Deleting a type or a fee changes no hold either.
    set(
        &node,
        &house,
        &json!({"fees": null, "taxes": null, "price_tiers": [{"id": "t1", "name": "All",
        "categories": ["All"], "price": eur(1)}]}),
    )
    .await;
    let sold = node.staff("POST", "/api/v1/orders", &cash(&[&new])).await.expect(201);
    assert_eq!((&sold["total"], &sold["tickets"][0]["ticket_type"]), (&new["total"], &json!("adult")));
}

#[tokio::test]
async fn answers_that_differ_by_who_asks_have_tags_of_their_own() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    set(&node, &house, &priced()).await;
    let path = format!("/api/v1/showtimes/{}", house.showtime);
    let (staff, buyer) = (node.staff("GET", &path, &Value::Null).await, node.buyer("GET", &path, &Value::Null).await);
    assert_ne!(staff.header("etag"), buyer.header("etag"));
    // Whichever was read: it names the version that a change is of.
    let authorization = format!("Bearer {}", node.key);
    let headers = [("authorization", authorization.as_str()), ("if-match", buyer.header("etag"))];
    node.ask("PATCH", &path, &headers, &json!({"max_extensions": 2})).await.expect(200);
    node.ask("PATCH", &path, &headers, &json!({"max_extensions": 3})).await.problem(412, "precondition-failed");
}
