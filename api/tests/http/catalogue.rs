//! Venues, plans, events, showtimes, blocks, keys: making, reading, changing.

use serde_json::{Value, json};

use crate::support::{House, Node, id, plan, showtime};

#[tokio::test]
async fn a_venue_is_made_read_changed_and_removed() {
    let node = Node::start().await;
    let body = json!({"name": "House", "address": "Street 1", "city": "Ulm", "country": "DE", "zone": "Europe/Berlin",
        "geo": {"latitude": 48.4, "longitude": 9.98}});
    let made = node.staff("POST", "/api/v1/venues", &body).await;
    let venue = made.expect(201);
    let path = format!("/api/v1/venues/{}", id(&venue));
    let read = node.staff("GET", &path, &Value::Null).await;
    assert_eq!(read.expect(200), venue);
    assert_eq!(read.header("etag"), made.header("etag"));

    let authorization = format!("Bearer {}", node.key);
    let with = |name, value| [("authorization", authorization.clone()), (name, value)];
    let seen = with("if-none-match", read.header("etag").to_owned());
    let have: Vec<(&str, &str)> = seen.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let answer = node.ask("GET", &path, &have, &Value::Null).await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (304, 0));

    let matching = with("if-match", read.header("etag").to_owned());
    let matching: Vec<(&str, &str)> = matching.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let move_it = json!({"city": "Neu-Ulm", "geo": null});
    let changed = node.ask("PATCH", &path, &matching, &move_it).await.expect(200);
    assert_eq!(
        (changed["city"].as_str(), changed.get("geo"), changed["name"].as_str()),
        (Some("Neu-Ulm"), None, Some("House"))
    );
    node.ask("PATCH", &path, &matching, &move_it).await.problem(412, "precondition-failed");

    node.staff("PATCH", &path, &json!({"name": null})).await.problem(400, "malformed-request");
    node.staff("PATCH", &path, &json!({"colour": 1})).await.problem(400, "malformed-request");
    node.staff("PATCH", &path, &json!({"zone": "Europe/Atlantis"})).await.problem(422, "rule-violated");
    node.staff("PATCH", &path, &json!({"name": " "})).await.problem(422, "rule-violated");
    node.staff("DELETE", &path, &Value::Null).await.expect(204);
    node.staff("DELETE", &path, &Value::Null).await.problem(404, "not-found");
    node.staff("GET", &path, &Value::Null).await.problem(404, "not-found");
}

/// What a request is, is its method, path and body: `If-Match` may differ between a request and its repeat.
#[tokio::test]
async fn a_change_that_is_sent_again_gets_its_first_answer_whatever_version_it_names() {
    let node = Node::start().await;
    let made = node.staff("POST", "/api/v1/venues", &json!({"name": "House", "zone": "UTC"})).await;
    let (venue, first) = (id(&made.expect(201)), made.header("etag").to_owned());
    let path = format!("/api/v1/venues/{venue}");
    let authorization = format!("Bearer {}", node.key);
    let change = async |key: &str, version: &str, city: &str| {
        let headers = [("authorization", authorization.as_str()), ("idempotency-key", key), ("if-match", version)];
        node.ask("PATCH", &path, &headers, &json!({"city": city})).await
    };
    // Done, the answer was lost, and the caller has read the new version meanwhile.
    let done = change("one", &first, "Ulm").await;
    done.expect(200);
    let second = done.header("etag");
    let again = change("one", second, "Ulm").await;
    assert_eq!((again.expect(200), again.header("idempotency-replayed")), (done.json(), "true"));
    // Refused, which is an answer as well; decided anew under a new key.
    let refused = change("two", &first, "Bonn").await;
    assert_eq!(refused.problem(412, "precondition-failed")["version"].to_string(), second.trim_matches('"'));
    let again = change("two", second, "Bonn").await;
    again.problem(412, "precondition-failed");
    assert_eq!(again.header("idempotency-replayed"), "true");
    change("two", second, "Kiel").await.problem(422, "idempotency-key-reused");
    assert_eq!(change("three", second, "Bonn").await.expect(200)["city"], "Bonn");
}

#[tokio::test]
async fn plans_are_imported_with_warnings_and_geometry() {
    let node = Node::start().await;
    let venue = node.staff("POST", "/api/v1/venues", &json!({"name": "House", "zone": "UTC"})).await.expect(201);
    let path = format!("/api/v1/venues/{}/plans", id(&venue));
    let file = format!("{}/../deploy/plans/playhouse.json", env!("CARGO_MANIFEST_DIR"));
    let body: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let authorization = format!("Bearer {}", node.key);
    let headers = [("authorization", authorization.as_str()), ("idempotency-key", "plan")];
    let made = node.ask("POST", &path, &headers, &body).await;
    let imported = made.expect(201);
    assert_eq!((imported["places"].as_u64(), imported["sections"].as_array().unwrap().len()), (Some(1_417), 6));
    assert!(!imported["warnings"].as_array().unwrap().is_empty());
    let again = node.ask("POST", &path, &headers, &body).await;
    assert_eq!(again.body, made.body, "also the warnings");
    assert_eq!(again.header("idempotency-replayed"), "true");

    let path = format!("/api/v1/plans/{}", id(&imported));
    assert_eq!(node.staff("GET", &path, &Value::Null).await.expect(200)["hash"], imported["hash"]);
    let geometry = node.staff("GET", &format!("{path}/geometry"), &Value::Null).await;
    assert!(geometry.header("cache-control").contains("immutable"));
    assert_eq!(geometry.header("etag"), format!("\"{}\"", imported["hash"].as_str().unwrap()));
    let geometry = geometry.expect(200);
    assert_eq!(geometry["places"].as_array().unwrap().len(), 1_417);
    let mut ids: Vec<&str> = geometry["places"].as_array().unwrap().iter().map(|p| p["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 1_417, "place ids are unique");
    node.buyer("GET", &format!("{path}/geometry"), &Value::Null).await.problem(404, "not-found");
    let in_use = node.staff("DELETE", &format!("/api/v1/venues/{}", id(&venue)), &Value::Null).await;
    in_use.problem(409, "conflict");
}

#[tokio::test]
async fn what_is_drafted_is_seen_by_staff_only() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let event = id(&node.staff("POST", "/api/v1/events", &json!({"title": "Next"})).await.expect(201));
    let path = format!("/api/v1/events/{event}");
    let mut body = showtime(&house.plan);
    body["state"] = json!("draft");
    body["zone"] = Value::Null;
    let made = node.staff("POST", &format!("{path}/showtimes"), &body).await.expect(201);
    assert_eq!(made["zone"], "Europe/Berlin", "the venue's");
    let showing = format!("/api/v1/showtimes/{}", id(&made));
    let unseen = [
        path.clone(),
        format!("{path}/showtimes"),
        showing.clone(),
        format!("{showing}/seats"),
        format!("{showing}/availability"),
    ];
    for path in &unseen {
        node.buyer("GET", path, &Value::Null).await.problem(404, "not-found");
        node.staff("GET", path, &Value::Null).await.expect(200);
    }
    node.buyer("POST", &format!("{showing}/holds"), &json!({"places": ["1-1"]})).await.problem(404, "not-found");
    let listed = node.buyer("GET", "/api/v1/events", &Value::Null).await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);

    node.staff("PATCH", &path, &json!({"state": "published"})).await.expect(200);
    node.buyer("GET", &showing, &Value::Null).await.problem(404, "not-found");
    node.staff("PATCH", &showing, &json!({"state": "on_sale", "on_sale_from": "2098-01-01T00:00:00+02:00"}))
        .await
        .expect(200);
    for path in &unseen {
        node.buyer("GET", path, &Value::Null).await.expect(200);
    }
    let early = node.buyer("POST", &format!("{showing}/holds"), &json!({"places": ["1-1"]})).await;
    assert_eq!(early.problem(409, "not-on-sale")["from"], "2097-12-31T22:00:00.000Z");
    node.staff("PATCH", &showing, &json!({"on_sale_from": null, "state": "closed"})).await.expect(200);
    node.buyer("POST", &format!("{showing}/holds"), &json!({"places": ["1-1"]})).await.problem(409, "not-on-sale");
    node.staff("PATCH", &path, &json!({"state": "draft"})).await.problem(409, "conflict");
    node.staff("DELETE", &path, &Value::Null).await.problem(409, "conflict");
}

#[tokio::test]
async fn selling_needs_the_event_published_and_the_showtime_on_sale() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let event = id(&node.staff("POST", "/api/v1/events", &json!({"title": "Next"})).await.expect(201));
    let path = format!("/api/v1/events/{event}");
    let made = node.staff("POST", &format!("{path}/showtimes"), &showtime(&house.plan)).await.expect(201);
    let holds = format!("/api/v1/showtimes/{}/holds", id(&made));
    let body = json!({"places": ["1-1"]});
    for refused in [node.buyer("POST", &holds, &body).await, node.staff("POST", &holds, &body).await] {
        assert_eq!(refused.problem(404, "not-found")["detail"], "there is no such event");
    }
    node.staff("PATCH", &path, &json!({"state": "published"})).await.expect(200);
    node.buyer("POST", &holds, &body).await.expect(201);
    node.staff("PATCH", &path, &json!({"state": "archived"})).await.expect(200);
    node.buyer("POST", &holds, &json!({"places": ["1-2"]})).await.problem(409, "not-on-sale");
}

#[tokio::test]
async fn a_showtime_is_checked() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let path = format!("/api/v1/events/{}/showtimes", house.event);
    let with = |pointer: &str, value: Value| {
        let mut body = showtime(&house.plan);
        *body.pointer_mut(pointer).unwrap() = value;
        body
    };
    for (body, status, code) in [
        (with("/price_tiers/0/fees/currency", json!("USD")), 422, "rule-violated"),
        (with("/price_tiers", json!([])), 422, "rule-violated"),
        (with("/price_tiers/0/categories", json!(["Gold"])), 422, "rule-violated"),
        (with("/price_tiers/0/price/amount", json!(-1)), 422, "rule-violated"),
        (with("/price_tiers/0/price/currency", json!("eur")), 400, "malformed-request"),
        (with("/starts_at", json!("soon")), 400, "malformed-request"),
        (with("/state", json!("maybe")), 400, "malformed-request"),
        (with("/zone", json!("Mars/Base")), 422, "rule-violated"),
        (with("/plan", json!("pln_00000000000000000000000001")), 404, "not-found"),
        (with("/plan", json!("plan")), 400, "malformed-request"),
    ] {
        node.staff("POST", &path, &body).await.problem(status, code);
    }
    let wrong = node.staff("POST", &path, &with("/price_tiers/0/price/amount", json!("much"))).await;
    assert_eq!(wrong.problem(400, "malformed-request")["errors"][0]["pointer"], "/price_tiers/0/price/amount");
}

#[tokio::test]
async fn a_node_short_of_memory_takes_nothing_on_and_sells_on() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let showtimes = format!("/api/v1/events/{}/showtimes", house.event);
    let plans = format!("/api/v1/venues/{}/plans", house.venue);
    node.api.refuse_growth(true);
    node.staff("POST", &showtimes, &showtime(&house.plan)).await.problem(409, "conflict");
    node.staff("POST", &plans, &plan()).await.problem(409, "conflict");
    node.buyer("POST", &house.holds(), &json!({"places": ["1-1"]})).await.expect(201);
    node.api.refuse_growth(false);
    node.staff("POST", &showtimes, &showtime(&house.plan)).await.expect(201);
}

#[tokio::test]
async fn blocks_take_places_off_sale_and_give_them_back() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let path = format!("/api/v1/showtimes/{}/blocks", house.showtime);
    let body = json!({"places": ["1-1", "1-2"], "areas": [{"area": "GA", "quantity": 50}], "reason": "cameras"});
    node.buyer("POST", &path, &body).await.problem(401, "token-missing");
    let block = node.staff("POST", &path, &body).await.expect(201);
    assert_eq!(block["places"][0], json!({"id": "1-1", "label": "Hall 1-1"}));
    node.staff("POST", &path, &json!({"places": ["1-2"]})).await.problem(409, "seats-taken");
    node.buyer("POST", &house.holds(), &json!({"places": ["1-1"]})).await.problem(409, "seats-taken");
    let list = node.staff("GET", &path, &Value::Null).await.expect(200);
    assert_eq!(list["items"], json!([block]));
    let seats =
        node.buyer("GET", &format!("/api/v1/showtimes/{}/seats", house.showtime), &Value::Null).await.expect(200);
    assert_eq!(seats["states"], "33000000000000000000");
    let one = format!("{path}/{}", id(&block));
    node.staff("DELETE", &one, &Value::Null).await.expect(204);
    node.staff("DELETE", &one, &Value::Null).await.problem(404, "not-found");
    node.buyer("POST", &house.holds(), &json!({"places": ["1-1"]})).await.expect(201);
}

#[tokio::test]
async fn seats_come_packed_when_asked_for_by_name_and_are_as_fresh_as_asked() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let path = format!("/api/v1/showtimes/{}/seats", house.showtime);
    node.buyer("GET", &path, &Value::Null).await.expect(200);
    let placed = node.buyer("POST", &house.holds(), &json!({"places": ["1-3"]})).await;
    placed.expect(201);
    let headers = [("accept", "application/vnd.usher.seats"), ("x-min-log-index", placed.header("x-log-index"))];
    let packed = node.ask("GET", &path, &headers, &Value::Null).await;
    assert_eq!((packed.status.as_u16(), packed.header("content-type")), (200, "application/vnd.usher.seats"));
    assert_eq!(packed.body.len(), 32 + 5);
    assert_eq!(packed.body[32], 0b01_00_00);
    node.ask("GET", &path, &[("accept", "image/png")], &Value::Null).await.problem(406, "not-acceptable");
}

#[tokio::test]
async fn lists_come_in_pages() {
    let node = Node::start().await;
    for n in 0..5 {
        let body = json!({"title": format!("Play {n}"), "state": "published"});
        node.staff("POST", "/api/v1/events", &body).await.expect(201);
    }
    let (mut titles, mut cursor) = (Vec::new(), String::new());
    for _ in 0..3 {
        let page = node.buyer("GET", &format!("/api/v1/events?limit=2{cursor}"), &Value::Null).await.expect(200);
        titles.extend(page["items"].as_array().unwrap().iter().map(|e| e["title"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    // Within a millisecond their order is a matter of chance.
    titles.sort_unstable();
    assert_eq!(titles, ["Play 0", "Play 1", "Play 2", "Play 3", "Play 4"]);
    for query in ["limit=0", "limit=101", "limit=x", "cursor=x", "colour=red", "consistency=eventual", "showtime=x"] {
        node.buyer("GET", &format!("/api/v1/events?{query}"), &Value::Null).await.problem(400, "malformed-request");
    }
    node.buyer("GET", "/api/v1/events?consistency=linearizable", &Value::Null).await.expect(200);
}

#[tokio::test]
async fn keys_have_what_their_maker_gives_and_end() {
    let node = Node::start().await;
    let authorization = format!("Bearer {}", node.key);
    let headers = [("authorization", authorization.as_str()), ("idempotency-key", "door")];
    let body = json!({"name": "door", "scopes": ["sell", "keys"]});
    let made = node.ask("POST", "/api/v1/keys", &headers, &body).await;
    let key = made.expect(201);
    let secret = key["secret"].as_str().unwrap();
    let again = node.ask("POST", "/api/v1/keys", &headers, &body).await;
    assert_eq!(again.body, made.body, "the secret too");
    node.with(secret, "GET", "/api/v1/orders", &Value::Null).await.expect(200);
    let refused = node.with(secret, "POST", "/api/v1/events", &json!({"title": "x"})).await;
    assert_eq!(refused.problem(403, "role-required")["scope"], "catalogue");
    let more = json!({"name": "more", "scopes": ["cluster"]});
    assert_eq!(
        node.with(secret, "POST", "/api/v1/keys", &more).await.problem(403, "role-required")["scope"],
        "cluster"
    );
    let listed = node.staff("GET", "/api/v1/keys", &Value::Null).await.expect(200);
    assert!(listed["items"].as_array().unwrap().iter().all(|k| k.get("secret").is_none()));
    let brief = json!({"name": "brief", "scopes": ["read"], "expires_at": "2001-01-01T00:00:00Z"});
    let expired = node.staff("POST", "/api/v1/keys", &brief).await.expect(201);
    node.with(expired["secret"].as_str().unwrap(), "GET", "/api/v1/orders", &Value::Null)
        .await
        .problem(401, "token-expired");
    node.staff("DELETE", &format!("/api/v1/keys/{}", id(&key)), &Value::Null).await.expect(204);
    node.with(secret, "GET", "/api/v1/orders", &Value::Null).await.problem(401, "token-invalid");
}

#[tokio::test]
async fn a_plan_that_is_wrong_is_refused_by_its_place() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let path = format!("/api/v1/venues/{}/plans", house.venue);
    let mut body = plan();
    body["zones"][0]["rows"][1]["seats"][4]["category"] = json!("Gold");
    let refused = node.staff("POST", &path, &body).await.problem(422, "invalid-plan");
    assert_eq!(refused["pointer"], "/zones/0/rows/1/seats/4/category");
    node.staff("POST", &path, &json!({"zones": []})).await.problem(422, "invalid-plan");
    node.staff("POST", &path, &json!([])).await.problem(422, "invalid-plan");
}
