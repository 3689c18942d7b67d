//! Showtimes in series, moved to other plans, postponed; events checked before they are published.

use serde_json::{Value, json};

use crate::support::{House, Node, id, plan, showtime};

fn common(plan: &str) -> Value {
    let mut body = showtime(plan);
    body.as_object_mut().unwrap().remove("starts_at");
    body
}

#[tokio::test]
async fn a_run_is_made_from_a_rule_all_or_none() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let path = format!("/api/v1/events/{}/showtimes/series", house.event);
    let body = json!({"showtime": common(&house.plan), "duration_minutes": 120, "sales_end_minutes_before": 30,
        "rule": {"from": "2098-03-28", "until": "2098-03-31", "times": ["20:00", "02:30"], "except": ["2098-03-29", "2098-05-01"]},
        "extra": ["2098-04-05T15:00"]});
    let told = node.staff("POST", &format!("{path}?preview=true"), &body).await.expect(200);
    let starts = |answer: &Value| -> Vec<String> {
        let all = answer["showtimes"].as_array().unwrap();
        all.iter().map(|s| s["local_starts_at"].as_str().unwrap().to_owned()).collect()
    };
    let expected = [
        "2098-03-28T02:30:00+01:00",
        "2098-03-28T20:00:00+01:00",
        "2098-03-30T03:30:00+02:00",
        "2098-03-30T20:00:00+02:00",
        "2098-03-31T02:30:00+02:00",
        "2098-03-31T20:00:00+02:00",
        "2098-04-05T15:00:00+02:00",
    ];
    assert_eq!(starts(&told), expected);
    assert_eq!(told["adjusted"][0]["why"], "skipped");
    assert_eq!(told["unused_exceptions"], json!(["2098-05-01"]));
    assert!(told["showtimes"][0].get("id").is_none());
    let path_of_all = format!("/api/v1/events/{}/showtimes", house.event);
    let listed =
        async || node.staff("GET", &path_of_all, &Value::Null).await.expect(200)["items"].as_array().unwrap().len();
    assert_eq!(listed().await, 1);

    let authorization = format!("Bearer {}", node.key);
    let headers = [("authorization", authorization.as_str()), ("idempotency-key", "season")];
    let made = node.ask("POST", &path, &headers, &body).await;
    assert_eq!(starts(&made.expect(201)), expected);
    assert_eq!(node.ask("POST", &path, &headers, &body).await.body, made.body, "a repeat makes none");
    assert_eq!(listed().await, 8);
    let last = &made.json()["showtimes"][6];
    let read = node.buyer("GET", &format!("/api/v1/showtimes/{}", id(last)), &Value::Null).await.expect(200);
    assert_eq!(
        (&read["starts_at"], &read["ends_at"]),
        (&json!("2098-04-05T13:00:00.000Z"), &json!("2098-04-05T15:00:00.000Z"))
    );
    assert_eq!(read["on_sale_until"], "2098-04-05T12:30:00.000Z");
    assert_eq!(
        (&read["local_starts_at"], &read["zone"]),
        (&json!("2098-04-05T15:00:00+02:00"), &json!("Europe/Berlin"))
    );
    let holds = format!("/api/v1/showtimes/{}/holds", id(last));
    node.buyer("POST", &holds, &json!({"places": ["1-1"]})).await.expect(201);

    // The last of them is wrong: none is made.
    let mut wrong = body.clone();
    wrong["showtime"]["on_sale_from"] = json!("2098-04-05T12:45:00Z");
    node.staff("POST", &path, &wrong).await.problem(422, "rule-violated");
    wrong["showtime"]["starts_at"] = json!("2098-04-05T12:45:00Z");
    let refused = node.staff("POST", &path, &wrong).await.problem(400, "malformed-request");
    assert_eq!(refused["errors"][0]["pointer"], "/showtime/starts_at");
    let mut wrong = body.clone();
    wrong["showtime"]["price_tiers"][0]["price"]["amount"] = json!("much");
    let refused = node.staff("POST", &path, &wrong).await.problem(400, "malformed-request");
    assert_eq!(refused["errors"][0]["pointer"], "/showtime/price_tiers/0/price/amount");
    assert_eq!(listed().await, 8);

    let other = node.staff("POST", "/api/v1/organizations", &json!({"name": "Other"})).await.expect(201);
    let theirs = other["key"].as_str().unwrap();
    for query in ["", "?preview=true"] {
        node.with(theirs, "POST", &format!("{path}{query}"), &body).await.problem(404, "not-found");
    }
    node.buyer("POST", &path, &body).await.problem(401, "token-missing");
}

#[tokio::test]
async fn a_showtime_moves_to_another_plan_with_whoever_has_places() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let plans = format!("/api/v1/venues/{}/plans", house.venue);
    let authorization = format!("Bearer {}", node.key);
    let places = json!({"places": ["1-1", "1-2"], "areas": [{"area": "GA", "quantity": 3}]});
    let once = [("idempotency-key", "0123456789abcdef")];
    let first = node.ask("POST", &house.holds(), &once, &places).await;
    let hold = first.expect(201);
    let order = json!({"holds": [id(&hold)], "payment": {"method": "box_office", "kind": "cash"}});
    let order = id(&node.staff("POST", "/api/v1/orders", &order).await.expect(201));
    let another = node.buyer("POST", &house.holds(), &json!({"places": ["2-10"]})).await.expect(201);
    let blocks = format!("/api/v1/showtimes/{}/blocks", house.showtime);
    node.staff("POST", &blocks, &json!({"places": ["2-9"]})).await.expect(201);

    // A row is added before the others; the first seat of the old first row is called otherwise.
    let mut body = plan();
    let mut front = body["zones"][0]["rows"][0].clone();
    front["row_number"] = json!("0");
    for seat in front["seats"].as_array_mut().unwrap() {
        seat["seat_guid"] = json!(format!("0-{}", seat["seat_number"].as_str().unwrap()));
    }
    body["zones"][0]["rows"].as_array_mut().unwrap().insert(0, front);
    body["zones"][0]["rows"][1]["seats"][0]["seat_number"] = json!("1a");
    let new = id(&node.staff("POST", &plans, &body).await.expect(201));
    // And one that lacks what is sold, held and blocked.
    body["zones"][0]["rows"][1]["seats"].as_array_mut().unwrap().remove(1);
    body["zones"][0]["rows"][2]["seats"].as_array_mut().unwrap().truncate(8);
    body["zones"][0]["areas"][0]["capacity"] = json!(2);
    let small = id(&node.staff("POST", &plans, &body).await.expect(201));

    let path = format!("/api/v1/showtimes/{}/plan", house.showtime);
    let told = node.staff("POST", &path, &json!({"plan": small, "dry_run": true})).await.expect(200);
    assert_eq!((&told["possible"], &told["lost_count"], &told["unchanged"]), (&json!(false), &json!(3), &json!(0)));
    assert_eq!(told["lost"][0], json!({"id": "1-2", "label": "Hall 1-2", "state": "sold"}));
    assert_eq!(told["areas"], json!([{"id": "GA", "label": "Floor", "used": 3}]));
    let refused = node.staff("POST", &path, &json!({"plan": small})).await.problem(409, "conflict");
    assert_eq!(refused["lost"][2], json!({"id": "2-10", "label": "Hall 2-10"}));
    assert_eq!(refused["areas"], json!([{"id": "GA", "label": "Floor"}]));

    let told = node.staff("POST", &path, &json!({"plan": new, "dry_run": true})).await.expect(200);
    assert_eq!((&told["possible"], &told["moved_count"], &told["unchanged"]), (&json!(true), &json!(1), &json!(3)));
    assert_eq!(told["moved"][0]["to_label"], "Hall 1-1a");
    let geometry = format!("/api/v1/plans/{new}/geometry");
    node.buyer("GET", &geometry, &Value::Null).await.problem(404, "not-found");
    let moved = node.staff("POST", &path, &json!({"plan": new})).await.expect(200);
    assert_eq!(moved["plan"], json!(new));
    node.buyer("GET", &geometry, &Value::Null).await.expect(200);

    let seats = format!("/api/v1/showtimes/{}/seats", house.showtime);
    let seats = node.buyer("GET", &seats, &Value::Null).await.expect(200);
    assert_eq!(seats["states"], "000000000022000000000000000031");
    let bought = node.staff("GET", &format!("/api/v1/orders/{order}"), &Value::Null).await.expect(200);
    let labels: Vec<&str> =
        bought["tickets"].as_array().unwrap().iter().map(|t| t["label"].as_str().unwrap()).collect();
    assert_eq!(labels, ["Hall 1-1a", "Hall 1-2", "Floor", "Floor", "Floor"]);
    assert_eq!(bought["items"][0]["places"][0]["id"], "1-1");
    let token = another["token"].as_str().unwrap();
    let kept = node.with(token, "GET", &format!("/api/v1/holds/{}", id(&another)), &Value::Null).await.expect(200);
    assert_eq!(kept["places"][0]["label"], "Hall 2-10");
    node.with(token, "DELETE", &format!("/api/v1/holds/{}", id(&another)), &Value::Null).await.expect(200);
    let listed = node.staff("GET", &blocks, &Value::Null).await.expect(200);
    assert_eq!(listed["items"][0]["places"], json!([{"id": "2-9", "label": "Hall 2-9"}]));
    // What was answered before is answered again as it was.
    assert_eq!(node.ask("POST", &house.holds(), &once, &places).await.body, first.body);
    node.buyer("POST", &house.holds(), &json!({"places": ["0-1", "2-10"]})).await.expect(201);

    let other = node.staff("POST", "/api/v1/organizations", &json!({"name": "Other"})).await.expect(201);
    let theirs = House::build_with(&node, other["key"].as_str().unwrap()).await;
    for dry_run in [true, false] {
        let mine = json!({"plan": house.plan, "dry_run": dry_run});
        node.with(other["key"].as_str().unwrap(), "POST", &path, &mine).await.problem(404, "not-found");
        let foreign = json!({"plan": theirs.plan, "dry_run": dry_run});
        node.ask("POST", &path, &[("authorization", authorization.as_str())], &foreign).await.problem(404, "not-found");
    }
}

#[tokio::test]
async fn what_is_postponed_is_not_sold_until_it_has_a_new_time() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let path = format!("/api/v1/showtimes/{}", house.showtime);
    node.buyer("POST", &house.holds(), &json!({"places": ["1-1"]})).await.expect(201);
    let body = json!({"state": "postponed", "reason": "The lead is ill."});
    let postponed = node.staff("PATCH", &path, &body).await.expect(200);
    assert_eq!((&postponed["state"], &postponed["reason"]), (&body["state"], &body["reason"]));
    node.buyer("POST", &house.holds(), &json!({"places": ["1-2"]})).await.problem(409, "not-on-sale");
    let body = json!({"state": "on_sale", "starts_at": "2099-02-01T19:00:00Z"});
    let moved = node.staff("PATCH", &path, &body).await.expect(200);
    assert_eq!(moved["moved_from"], "2099-01-01T19:00:00.000Z");
    assert_eq!(moved["local_starts_at"], "2099-02-01T20:00:00+01:00");
    node.buyer("POST", &house.holds(), &json!({"places": ["1-2"]})).await.expect(201);
}

#[tokio::test]
async fn an_event_that_could_not_be_sold_is_not_published_and_all_else_is_advice() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let made = node.staff("POST", "/api/v1/events", &json!({"title": "Next"})).await.expect(201);
    let path = format!("/api/v1/events/{}", id(&made));
    let mut free = showtime(&house.plan);
    free["price_tiers"][0]["categories"] = json!([]);
    let showing = id(&node.staff("POST", &format!("{path}/showtimes"), &free).await.expect(201));
    let check = node.staff("GET", &format!("{path}/check"), &Value::Null).await.expect(200);
    let codes = |list: &Value| -> Vec<String> {
        list["missing"].as_array().unwrap().iter().map(|g| g["code"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(check["publishable"], false);
    assert_eq!(
        codes(&check),
        ["prices", "summary", "description", "image", "category", "languages", "accessibility", "address"]
    );
    assert_eq!((&check["missing"][0]["of"], &check["missing"][0]["blocks"]), (&json!(showing), &json!(true)));
    let refused = node.staff("PATCH", &path, &json!({"state": "published"})).await.problem(409, "conflict");
    assert_eq!(codes(&refused), ["prices"]);
    let tiers = showtime(&house.plan)["price_tiers"].clone();
    node.staff("PATCH", &format!("/api/v1/showtimes/{showing}"), &json!({"price_tiers": tiers})).await.expect(200);
    node.staff("PATCH", &path, &json!({"state": "published"})).await.expect(200);

    node.buyer("GET", &format!("{path}/check"), &Value::Null).await.problem(401, "token-missing");
    let other = node.staff("POST", "/api/v1/organizations", &json!({"name": "Other"})).await.expect(201);
    let theirs = other["key"].as_str().unwrap();
    node.with(theirs, "GET", &format!("{path}/check"), &Value::Null).await.problem(404, "not-found");
}

#[tokio::test]
async fn words_are_put_in_order_and_unlisted_events_are_found_by_address_only() {
    let node = Node::start().await;
    let body = json!({"title": "Next", "state": "published", "visibility": "unlisted", "category": " Dance  Theatre",
        "tags": ["New ", "new", "Solo"], "languages": ["DE-at", "de-AT"], "accessibility": "Step-free.", "age_limit": 12});
    let made = node.staff("POST", "/api/v1/events", &body).await.expect(201);
    assert_eq!(made["category"], "dance theatre");
    assert_eq!((&made["tags"], &made["languages"]), (&json!(["New", "Solo"]), &json!(["de-AT"])));
    assert_eq!(made["accessibility"], body["accessibility"]);
    node.buyer("GET", &format!("/api/v1/events/{}", id(&made)), &Value::Null).await.expect(200);
    let listed = async |key: Option<&str>, path: &str| {
        let answer = match key {
            Some(key) => node.with(key, "GET", path, &Value::Null).await,
            None => node.buyer("GET", path, &Value::Null).await,
        };
        answer.expect(200)["items"].as_array().unwrap().len()
    };
    for path in ["/api/v1/events", "/api/v1/categories"] {
        assert_eq!((listed(None, path).await, listed(Some(&node.key), path).await), (0, 1), "{path}");
    }
    let path = format!("/api/v1/events/{}", id(&made));
    node.staff("PATCH", &path, &json!({"visibility": "public"})).await.expect(200);
    assert_eq!(listed(None, "/api/v1/categories").await, 1);
    let refused = node.staff("PATCH", &path, &json!({"languages": ["German"]})).await;
    assert_eq!(refused.status, 200, "eight letters may be a language some day");
    for (change, code) in
        [(json!({"languages": ["de_AT"]}), "rule-violated"), (json!({"tags": [" "]}), "rule-violated")]
    {
        node.staff("PATCH", &path, &change).await.problem(422, code);
    }
}

#[tokio::test]
async fn a_showtime_of_areas_alone_needs_no_plan() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let path = format!("/api/v1/events/{}/showtimes", house.event);
    let mut body = common(&house.plan);
    let members = body.as_object_mut().unwrap();
    members.remove("plan");
    members.insert("venue".to_owned(), house.venue.as_str().into());
    members
        .insert("areas".to_owned(), json!([{"name": "Floor", "capacity": 300}, {"name": "Gallery", "capacity": 40}]));
    let price = |id: &str, area: &str, amount: u32| json!({"id": id, "name": area, "price": {"amount": amount, "currency": "EUR"}, "categories": [area]});
    members.insert("price_tiers".to_owned(), json!([price("floor", "Floor", 1500), price("up", "Gallery", 2500)]));
    let series = json!({"showtime": body, "rule": {"from": "2098-05-01", "until": "2098-05-03", "times": ["21:00"]}});
    let made = node.staff("POST", &format!("{path}/series"), &series).await.expect(201);
    let mut single = body.clone();
    single["starts_at"] = json!("2098-05-04T19:00:00Z");
    let single = node.staff("POST", &path, &single).await.expect(201);
    let plan = single["plan"].as_str().unwrap().to_owned();
    let plans = format!("/api/v1/venues/{}/plans", house.venue);
    let plans = node.staff("GET", &plans, &Value::Null).await.expect(200);
    let plans: Vec<_> = plans["items"].as_array().unwrap().iter().filter(|p| p["id"] != house.plan.as_str()).collect();
    assert_eq!(plans.len(), 1, "the same areas are one plan: {plans:?}");
    assert_eq!((id(plans[0]), &plans[0]["name"]), (plan.clone(), &json!("Floor 300, Gallery 40")));

    let first = id(&made["showtimes"][0]);
    node.staff("PATCH", &format!("/api/v1/showtimes/{first}"), &json!({"state": "on_sale"})).await.expect(200);
    let holds = format!("/api/v1/showtimes/{first}/holds");
    let four = json!({"areas": [{"area": "Gallery", "quantity": 4}]});
    let held = node.buyer("POST", &holds, &four).await.expect(201);
    assert_eq!(held["total"]["amount"], 10_000);
    let geometry = node.buyer("GET", &format!("/api/v1/plans/{plan}/geometry"), &Value::Null).await.expect(200);
    assert_eq!(geometry["areas"].as_array().unwrap().len(), 2);

    for (pointer, change) in [
        ("/plan", json!({"areas": []})),
        ("/plan", json!({"plan": house.plan})),
        ("/plan", json!({"venue": null})),
        ("/areas/1/capacity", json!({"areas": [{"name": "A", "capacity": 5}, {"name": "B", "capacity": 0}]})),
    ] {
        let mut wrong = body.as_object().unwrap().clone();
        wrong.extend(change.as_object().unwrap().clone());
        wrong.insert("starts_at".to_owned(), json!("2098-05-04T19:00:00Z"));
        let wrong = Value::Object(wrong);
        let refused = node.staff("POST", &path, &wrong).await;
        let told = refused.json();
        let at = told.get("pointer").unwrap_or(&told["errors"][0]["pointer"]);
        assert_eq!(at, pointer, "{change}: {told}");
    }
    let fewer = json!({"venue": house.venue, "areas": [{"name": "Floor", "capacity": 200}]});
    let refused = node.staff("PATCH", &format!("/api/v1/showtimes/{first}"), &fewer).await;
    refused.problem(422, "rule-violated");
}
