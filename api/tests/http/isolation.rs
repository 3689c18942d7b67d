//! No data of one organization is visible to another, nor can another change it.

use serde_json::{Value, json};

use crate::support::{House, Node, id};

#[tokio::test]
async fn no_data_of_one_organization_is_visible_to_another() {
    let node = Node::start().await;
    let ours = House::build(&node).await;
    let made = node.staff("POST", "/api/v1/organizations", &json!({"name": "Other"})).await.expect(201);
    let theirs = made["key"].as_str().unwrap();
    let foreign = House::build_with(&node, theirs).await;

    // Everything of ours goes back to drafts and staff's eyes.
    let draft = id(&node.staff("POST", "/api/v1/events", &json!({"title": "Secret"})).await.expect(201));
    let venue = id(&node.staff("POST", "/api/v1/venues", &json!({"name": "Secret", "zone": "UTC"})).await.expect(201));
    let block =
        node.staff("POST", &format!("/api/v1/showtimes/{}/blocks", ours.showtime), &json!({"places": ["2-9"]})).await;
    let block = id(&block.expect(201));
    let hold = node.buyer("POST", &ours.holds(), &json!({"places": ["1-1"]})).await.expect(201);
    let body = json!({"holds": [id(&hold)], "payment": {"method": "box_office", "kind": "cash"}});
    node.with(theirs, "POST", "/api/v1/orders", &body).await.problem(404, "not-found");
    let order = node.staff("POST", "/api/v1/orders", &body).await.expect(201);
    let second = node.buyer("POST", &ours.holds(), &json!({"places": ["1-2"]})).await.expect(201);

    let voucher = json!({"code": "OURS", "discount": {"basis_points": 1000}});
    let voucher = id(&node.staff("POST", "/api/v1/vouchers", &voucher).await.expect(201));
    let name = json!({"name": "Stolen"});
    let state = json!({"state": "archived"});
    let (stolen, nothing) = (json!({"note": "stolen"}), json!({}));
    let attempts: Vec<(&str, String, &Value)> = vec![
        ("GET", format!("/api/v1/events/{draft}"), &Value::Null),
        ("GET", format!("/api/v1/venues/{venue}"), &Value::Null),
        ("GET", format!("/api/v1/holds/{}", id(&second)), &Value::Null),
        ("GET", format!("/api/v1/orders/{}", id(&order)), &Value::Null),
        ("GET", format!("/api/v1/orders/{}/tickets", id(&order)), &Value::Null),
        ("PATCH", format!("/api/v1/orders/{}", id(&order)), &Value::Null),
        ("POST", format!("/api/v1/orders/{}/cancel", id(&order)), &Value::Null),
        ("POST", format!("/api/v1/orders/{}/refunds", id(&order)), &nothing),
        ("GET", format!("/api/v1/tickets/{}", id(&order["tickets"][0])), &Value::Null),
        ("GET", format!("/api/v1/showtimes/{}/blocks", ours.showtime), &Value::Null),
        ("GET", format!("/api/v1/vouchers/{voucher}"), &Value::Null),
        ("PATCH", format!("/api/v1/vouchers/{voucher}"), &stolen),
        ("DELETE", format!("/api/v1/vouchers/{voucher}"), &Value::Null),
        ("PATCH", format!("/api/v1/venues/{}", ours.venue), &name),
        ("PATCH", format!("/api/v1/events/{}", ours.event), &state),
        ("PATCH", format!("/api/v1/showtimes/{}", ours.showtime), &state),
        ("DELETE", format!("/api/v1/venues/{}", ours.venue), &Value::Null),
        ("DELETE", format!("/api/v1/events/{}", ours.event), &Value::Null),
        ("DELETE", format!("/api/v1/showtimes/{}/blocks/{block}", ours.showtime), &Value::Null),
        ("DELETE", format!("/api/v1/holds/{}", id(&second)), &Value::Null),
        ("POST", format!("/api/v1/holds/{}/extend", id(&second)), &Value::Null),
    ];
    for (method, path, body) in &attempts {
        let answer = node.with(theirs, method, path, body).await;
        assert_eq!(answer.status, 404, "{method} {path}");
    }
    let places = json!({"places": ["2-1"]});
    let path = format!("/api/v1/showtimes/{}/blocks", ours.showtime);
    node.with(theirs, "POST", &path, &places).await.problem(404, "not-found");
    let mut showing = crate::support::showtime(&ours.plan);
    let path = format!("/api/v1/events/{}/showtimes", foreign.event);
    node.with(theirs, "POST", &path, &showing).await.problem(404, "not-found");
    showing["plan"] = json!(foreign.plan);
    let path = format!("/api/v1/events/{}/showtimes", ours.event);
    node.with(theirs, "POST", &path, &showing).await.problem(404, "not-found");

    let ids = |list: Value| -> Vec<String> { list["items"].as_array().unwrap().iter().map(id).collect() };
    for path in ["/api/v1/events?limit=100", "/api/v1/venues?limit=100"] {
        let list = ids(node.with(theirs, "GET", path, &Value::Null).await.expect(200));
        assert!(!list.contains(&draft) && !list.contains(&venue), "{path}");
    }
    assert!(ids(node.with(theirs, "GET", "/api/v1/vouchers?code=OURS", &Value::Null).await.expect(200)).is_empty());
    assert!(ids(node.with(theirs, "GET", "/api/v1/vouchers", &Value::Null).await.expect(200)).is_empty());
    for scope in [json!({"showtimes": [ours.showtime]}), json!({"events": [ours.event]}), json!({"block": block})] {
        let mut body = json!({"discount": {"basis_points": 1000}});
        body.as_object_mut().unwrap().extend(scope.as_object().unwrap().clone());
        node.with(theirs, "POST", "/api/v1/vouchers", &body).await.problem(404, "not-found");
    }
    assert!(ids(node.with(theirs, "GET", "/api/v1/orders", &Value::Null).await.expect(200)).is_empty());
    let keys = node.with(theirs, "GET", "/api/v1/keys", &Value::Null).await.expect(200);
    assert!(keys["items"].as_array().unwrap().iter().all(|k| k["organization"] == made["id"]));
    let organizations = node.with(theirs, "GET", "/api/v1/organizations", &Value::Null).await.expect(200);
    assert_eq!(ids(organizations), [id(&made)]);
    for (method, path) in
        [("GET", "/api/v1/cluster"), ("GET", "/api/v1/cluster/digest"), ("POST", "/api/v1/organizations")]
    {
        let refused = node.with(theirs, method, path, &Value::Null).await.problem(403, "role-required");
        assert_eq!(refused["scope"], "cluster");
    }
}
