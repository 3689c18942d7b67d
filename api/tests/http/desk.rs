//! Orders at the desk, from outside: what staff and buyers change, and who sees what.

use serde_json::{Value, json};

use crate::support::{Answer, House, Node, id};

#[tokio::test]
async fn staff_change_orders_and_buyers_their_names() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let hold = node.buyer("POST", &house.holds(), &json!({"places": ["1-1"]})).await.expect(201);
    let buyer = json!({"name": "Ada", "email": "ada@example.org", "phone": "1"});
    let body = json!({"holds": [id(&hold)], "buyer": buyer, "payment": {"method": "box_office", "kind": "cash"}});
    let order = node.staff("POST", "/api/v1/orders", &body).await.expect(201);
    let (path, token) = (format!("/api/v1/orders/{}", id(&order)), hold["token"].as_str().unwrap());

    let edit = json!({"buyer": {"email": "bea@example.org", "phone": null}, "note": "sits in a wheelchair"});
    let now = node.staff("PATCH", &path, &edit).await.expect(200);
    assert_eq!(now["buyer"], json!({"name": "Ada", "email": "bea@example.org"}));
    assert_eq!(now["note"], "sits in a wheelchair");
    let steps = |order: &Value| -> Vec<String> {
        order["history"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(steps(&now), ["placed", "paid", "buyer_changed", "note_changed"]);
    assert!(now["history"][3]["by"].as_str().unwrap().starts_with("key_"), "{now}");

    // Staff find it by whatever they know of it.
    let placed = now["placed_at"].as_str().unwrap();
    let later = "2999-01-01T00:00:00Z";
    for (query, found) in [
        ("email=%20BEA@example.org".to_owned(), 1),
        ("email=example.org".to_owned(), 0),
        ("buyer=ADA".to_owned(), 1),
        ("note=Wheelchair&state=paid".to_owned(), 1),
        ("note=crutches".to_owned(), 0),
        (format!("event={}&showtime={}", house.event, house.showtime), 1),
        (format!("event={}", house.event.replace("evt_0", "evt_1")), 0),
        (format!("placed_from={placed}&placed_until={later}"), 1),
        (format!("placed_until={placed}"), 0),
        (format!("placed_from={later}"), 0),
    ] {
        let page = node.staff("GET", &format!("/api/v1/orders?{query}"), &Value::Null).await.expect(200);
        assert_eq!(page["items"].as_array().unwrap().len(), found, "{query}: {page}");
        assert_eq!(page["next_cursor"], Value::Null, "{query}");
    }
    for wrong in ["placed_from=yesterday", "event=sht_1", "nobody=1"] {
        node.staff("GET", &format!("/api/v1/orders?{wrong}"), &Value::Null).await.problem(400, "malformed-request");
    }

    let table = |answer: &Answer| -> Vec<String> {
        String::from_utf8(answer.body.clone()).unwrap().lines().skip(1).map(str::to_owned).collect()
    };
    let csv = node.staff("GET", "/api/v1/orders.csv?note=wheelchair", &Value::Null).await;
    assert_eq!((csv.status.as_u16(), csv.header("content-type")), (200, "text/csv; charset=utf-8; header=present"));
    let lines = table(&csv);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with(id(&now).as_str()) && lines[0].ends_with(",sits in a wheelchair"), "{lines:?}");
    let failed = node.staff("GET", "/api/v1/orders.csv?state=failed", &Value::Null).await;
    assert!(table(&failed).is_empty());
    node.staff("GET", "/api/v1/orders.csv?limit=5", &Value::Null).await.problem(400, "malformed-request");
    node.buyer("GET", "/api/v1/orders.csv", &Value::Null).await.problem(401, "token-missing");
    node.with(token, "GET", "/api/v1/orders.csv", &Value::Null).await.problem(403, "role-required");

    // The buyer sees nothing of the note, and changes neither it nor the address.
    let theirs = node.with(token, "PATCH", &path, &json!({"buyer": {"name": "Bea"}})).await.expect(200);
    assert_eq!((theirs["buyer"]["name"].as_str(), theirs.get("note")), (Some("Bea"), None));
    assert_eq!(steps(&theirs), ["placed", "paid", "buyer_changed", "buyer_changed"]);
    assert_eq!(node.with(token, "GET", &path, &Value::Null).await.expect(200), theirs);
    for edit in [json!({"note": "n"}), json!({"buyer": {"email": "e@example.org"}})] {
        node.with(token, "PATCH", &path, &edit).await.problem(403, "role-required");
    }
    node.staff("PATCH", &path, &json!({"buyer": {"name": ""}})).await.problem(422, "rule-violated");
    node.staff("PATCH", &path, &json!({"notes": "n"})).await.problem(400, "malformed-request");

    // Only of the version that was read.
    let read = node.staff("GET", &path, &Value::Null).await;
    let authorization = format!("Bearer {}", node.key);
    let headers = [("authorization", authorization.as_str()), ("if-match", read.header("etag"))];
    node.ask("PATCH", &path, &headers, &json!({"note": "a"})).await.expect(200);
    node.ask("PATCH", &path, &headers, &json!({"note": "b"})).await.problem(412, "precondition-failed");

    let stranger = node.buyer("POST", &house.holds(), &json!({"places": ["1-3"]})).await.expect(201);
    let stranger = stranger["token"].as_str().unwrap();
    node.with(stranger, "PATCH", &path, &edit).await.problem(404, "not-found");
    node.buyer("PATCH", &path, &edit).await.problem(401, "token-missing");
}
