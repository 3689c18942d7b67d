//! Searching: found by whoever may see it, at once when asked to be, and by nobody else.

use serde_json::{Value, json};

use crate::support::{House, Node, id, showtime};

/// A search that reflects an earlier answer.
async fn search(node: &Node, token: Option<&str>, query: &str, index: &str) -> Value {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let mut headers = vec![("x-min-log-index", index)];
    headers.extend(bearer.as_ref().map(|bearer| ("authorization", bearer.as_str())));
    let answer = node.ask("GET", &format!("/api/v1/search?{query}"), &headers, &Value::Null).await;
    let body = answer.expect(200);
    assert!(answer.header("x-log-index").parse::<u64>().unwrap() >= index.parse().unwrap());
    body
}

fn titles(found: &Value) -> Vec<String> {
    let text = |item: &Value| {
        item["title"].as_array().unwrap().iter().map(|piece| piece["text"].as_str().unwrap()).collect::<String>()
    };
    found["items"].as_array().unwrap().iter().map(text).collect()
}

#[tokio::test]
async fn what_was_just_made_is_found_with_all_that_it_has() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let path = format!("/api/v1/venues/{}", house.venue);
    let place = json!({"city": "Ulm", "geo": {"latitude": 48.4, "longitude": 9.98}});
    node.staff("PATCH", &path, &place).await.expect(200);
    let path = format!("/api/v1/events/{}", house.event);
    let details = json!({"title": "Die Zauberflöte", "category": "Oper", "tags": ["Mozart"], "languages": ["de"],
        "summary": "Für <em>alle</em> Kinder."});
    let changed = node.staff("PATCH", &path, &details).await;
    changed.expect(200);
    let index = changed.header("x-log-index");
    let found = search(&node, None, "q=zauberflote+kind&near=48,10&within_km=100&places=4", index).await;
    assert_eq!((found["total"].as_u64(), found["partial"].as_bool()), (Some(1), Some(false)), "{found}");
    let hit = &found["items"][0];
    assert_eq!(hit["id"], house.event.as_str());
    assert_eq!(hit["title"], json!([{"text": "Die ", "found": false}, {"text": "Zauberflöte", "found": true}]));
    assert_eq!(hit["snippet"][0]["text"], "Für <em>alle</em> ", "plain text, as it is");
    assert_eq!(hit["price_from"], json!({"amount": 4650, "currency": "EUR"}));
    let shown = &hit["showtimes"][0];
    assert_eq!((shown["id"].as_str(), shown["city"].as_str()), (Some(house.showtime.as_str()), Some("Ulm")));
    assert!((40_000..50_000).contains(&hit["distance_m"].as_u64().unwrap()), "{hit}");
    assert_eq!(found["facets"]["city"], json!([{"value": "Ulm", "events": 1}]));
    assert_eq!(found["facets"]["month"], json!([{"value": "2099-01", "events": 1}]));

    // Places free now, without anything being indexed.
    let hold = node.buyer("POST", &house.holds(), &json!({"areas": [{"area": "GA", "quantity": 45}]})).await;
    assert_eq!(hold.status, 422, "more than an order may have");
    let block = format!("/api/v1/showtimes/{}/blocks", house.showtime);
    node.staff("POST", &block, &json!({"areas": [{"area": "GA", "quantity": 45}]})).await.expect(201);
    assert_eq!(search(&node, None, "places=10", "0").await["total"], 1);
    assert_eq!(search(&node, None, "places=11", "0").await["total"], 0);

    let suggestions = node.buyer("GET", "/api/v1/search/suggestions?q=zaub", &Value::Null).await;
    let item = &suggestions.expect(200)["items"][0];
    assert_eq!(item, &json!({"kind": "title", "text": "Die Zauberflöte", "events": 1, "event": house.event}));
    let tag = suggestions.header("etag").to_owned();
    let again = node.ask("GET", "/api/v1/search/suggestions?q=zaub", &[("if-none-match", &tag)], &Value::Null).await;
    assert_eq!(again.status, 304);
    let metrics = node.buyer("GET", "/metrics", &Value::Null).await;
    let metrics = String::from_utf8(metrics.body).unwrap();
    assert!(
        metrics.contains("\nusher_search_documents 1\n") && metrics.contains("\nusher_search_ready 1\n"),
        "{metrics}"
    );
}

#[tokio::test]
async fn a_wrong_parameter_is_named() {
    let node = Node::start().await;
    let long = format!("q={}", "x".repeat(201));
    for (query, name) in [
        (long.as_str(), "q"),
        ("colour=red", "colour"),
        ("limit=0", "limit"),
        ("limit=5&limit=6", "limit"),
        ("cursor=5", "cursor"),
        ("near=here", "near"),
        ("places=0", "places"),
        ("consistency=eventual", "consistency"),
    ] {
        let refused = node.buyer("GET", &format!("/api/v1/search?{query}"), &Value::Null).await;
        assert_eq!(refused.problem(400, "malformed-request")["errors"][0]["pointer"], name);
    }
    let refused = node.buyer("GET", "/api/v1/search/suggestions?limit=21", &Value::Null).await;
    assert_eq!(refused.problem(400, "malformed-request")["errors"][0]["pointer"], "limit");
    node.buyer("GET", "/api/v1/search?consistency=linearizable", &Value::Null).await.expect(200);
    let ahead = [("x-min-log-index", "1000000")];
    node.ask("GET", "/api/v1/search", &ahead, &Value::Null).await.problem(503, "node-behind");
}

/// Drafts, archived events, cancelled ones, drafts of showtimes: to staff of their own organization and nobody else, and not
/// for a moment longer than they are public, however far the index is behind.
#[tokio::test]
async fn nothing_is_found_by_whom_it_does_not_concern() {
    let node = Node::start().await;
    let made = node.staff("POST", "/api/v1/organizations", &json!({"name": "Other"})).await.expect(201);
    let theirs = made["key"].as_str().unwrap().to_owned();
    let ours = node.key.clone();
    let mut last = String::new();
    for (key, name) in [(&ours, "Alpha"), (&theirs, "Beta")] {
        let house = House::build_with(&node, key).await;
        let rename = json!({"title": format!("Offen {name}")});
        node.with(key, "PATCH", &format!("/api/v1/events/{}", house.event), &rename).await.expect(200);
        for (kind, state, of) in
            [("Entwurf", "draft", "on_sale"), ("Archiv", "archived", "on_sale"), ("Abgesagt", "published", "cancelled")]
        {
            let body = json!({"title": format!("{kind} {name}"), "summary": "raunen", "category": format!("geheim {name}"),
                "tags": [format!("marke {name}")], "state": state});
            let event = id(&node.with(key, "POST", "/api/v1/events", &body).await.expect(201));
            let mut body = showtime(&house.plan);
            body["state"] = json!(of);
            let made = node.with(key, "POST", &format!("/api/v1/events/{event}/showtimes"), &body).await;
            made.expect(201);
            made.header("x-log-index").clone_into(&mut last);
        }
    }
    let staff = [("Alpha", Some(ours.as_str())), ("Beta", Some(theirs.as_str())), ("nobody", None)];
    for (who, token) in staff {
        for query in ["q=", "q=raunen", "q=entwurf", "q=archiv", "q=abgesagt", "q=geheim+alpha", "tag=marke+beta"] {
            let found = search(&node, token, query, &last).await;
            let foreign = ["Alpha", "Beta"].into_iter().filter(|name| *name != who);
            for name in foreign {
                let items = found["items"].to_string();
                assert!(!items.contains(&format!("marke {name}")), "{who}, {query}: {items}");
                assert!(!found["facets"].to_string().contains(&format!(" {name}")), "{who}, {query}: {found}");
            }
        }
        let own = titles(&search(&node, token, "q=raunen", &last).await).len();
        assert_eq!(own, if token.is_some() { 3 } else { 0 }, "{who}");
        assert_eq!(search(&node, token, "q=offen", &last).await["total"], 2, "{who}");
    }
    for typed in ["e", "a", "geh", "marke", "raun"] {
        let path = format!("/api/v1/search/suggestions?q={typed}");
        let items = node.with(&ours, "GET", &path, &Value::Null).await.expect(200)["items"].to_string();
        assert!(!["Entwurf", "Archiv", "Abgesagt", "geheim", "marke"].iter().any(|w| items.contains(w)), "{items}");
    }
    // At once, whatever the index knows yet.
    let open = search(&node, None, "q=offen+alpha", &last).await;
    let path = format!("/api/v1/events/{}", open["items"][0]["id"].as_str().unwrap());
    node.with(&ours, "PATCH", &path, &json!({"state": "archived"})).await.expect(200);
    for _ in 0..20 {
        let found = node.buyer("GET", "/api/v1/search?q=offen", &Value::Null).await.expect(200);
        assert!(!titles(&found).contains(&"Offen Alpha".to_owned()), "{found}");
        let found = node.buyer("GET", "/api/v1/search/suggestions?q=offen", &Value::Null).await.expect(200);
        assert!(!found.to_string().contains("Offen Alpha"), "{found}");
    }
}

#[tokio::test]
async fn pages_follow_one_another() {
    let node = Node::start().await;
    let mut index = String::new();
    for n in 0..7 {
        let made =
            node.staff("POST", "/api/v1/events", &json!({"title": format!("Play {n}"), "state": "published"})).await;
        made.expect(201);
        made.header("x-log-index").clone_into(&mut index);
    }
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = search(&node, None, &format!("q=play&limit=3{cursor}"), &index).await;
        assert_eq!(page["total"], 7);
        all.extend(titles(&page));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 7);
}
