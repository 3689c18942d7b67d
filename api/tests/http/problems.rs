//! Every code of refusal, and requests that make no sense, on every route.

use axum::body::{Body, Bytes};
use axum::http::Request;
use serde_json::{Value, json};

use crate::support::{House, Node, SECRET, cluster};

#[tokio::test]
async fn unknown_addresses_and_methods_are_problems_too() {
    let node = Node::start().await;
    node.buyer("GET", "/api/v1/nothing", &Value::Null).await.problem(404, "not-found");
    node.buyer("GET", "/nothing", &Value::Null).await.problem(404, "not-found");
    let refused = node.buyer("PUT", "/api/v1/events", &Value::Null).await;
    refused.problem(405, "method-not-allowed");
    let mut allowed: Vec<&str> = refused.header("allow").split(',').collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "HEAD", "POST"]);
    node.ask("GET", "/api/v1/events", &[("accept", "text/html")], &Value::Null).await.problem(406, "not-acceptable");
    node.ask("GET", "/api/v1/events", &[("accept", "text/html, */*;q=0.1")], &Value::Null).await.expect(200);
    node.ask("GET", "/api/v1/events", &[("accept", "application/json;q=0")], &Value::Null)
        .await
        .problem(406, "not-acceptable");
}

#[tokio::test]
async fn tokens_are_checked_wherever_they_are_shown() {
    let node = Node::start().await;
    for token in ["Bearer nonsense", "Bearer usk_nonsense", "Basic YTpi", "Bearer", "Bearer uht_x", ""] {
        let headers = [("authorization", token)];
        let refused = node.ask("GET", "/api/v1/events", &headers, &Value::Null).await;
        refused.problem(401, "token-invalid");
        assert_eq!(refused.header("www-authenticate"), "Bearer");
    }
    node.ask("GET", "/api/v1/events", &[("x-hold-token", "x")], &Value::Null).await.problem(401, "token-invalid");
    node.buyer("POST", "/api/v1/events", &json!({"title": "x"})).await.problem(401, "token-missing");
}

#[tokio::test]
async fn bodies_are_read_strictly() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let pointer = |refused: Value| refused["errors"][0]["pointer"].as_str().unwrap().to_owned();
    for (body, at) in [
        (json!({"places": "1-1"}), "/places"),
        (json!({"places": [1]}), "/places/0"),
        (json!({"places": [{"ticket": 1}]}), "/places/0/ticket"),
        (json!({"places": ["1-1"], "price": 1}), "/price"),
        (json!({"areas": [{"area": "GA"}]}), "/areas/0"),
        (json!({"areas": [{"area": "GA", "quantity": -1}]}), "/areas/0/quantity"),
        (json!({"best_available": {"quantity": 1e99}}), "/best_available/quantity"),
        (json!([]), ""),
    ] {
        let refused = node.buyer("POST", &house.holds(), &body).await.problem(400, "malformed-request");
        assert!(pointer(refused.clone()).starts_with(at), "{body}: {refused}");
    }
    let raw = |body: &'static str, media_type: &'static str| {
        let request = Request::builder().method("POST").uri(house.holds()).header("content-type", media_type);
        request.body(Body::from(body)).unwrap()
    };
    for body in ["", "{", "nonsense", "{\"places\":[]} x", "{\"places\":[],\"places\":[]}", "\u{0}"] {
        node.send(raw(body, "application/json")).await.problem(400, "malformed-request");
    }
    let deep: &'static str = Box::leak("[".repeat(60_000).into_boxed_str());
    node.send(raw(deep, "application/json")).await.problem(400, "malformed-request");
    node.send(raw("{}", "text/plain")).await.problem(415, "unsupported-media-type");
    node.send(raw("{}", "application/json; charset=utf-8")).await.problem(422, "rule-violated");
}

#[tokio::test]
async fn bodies_that_are_too_large_or_too_slow_are_cut() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let places = vec!["1-1"; 20_000];
    node.buyer("POST", &house.holds(), &json!({"places": places})).await.problem(413, "too-large");
    let many = std::iter::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[b' '; 1_000]))).take(100);
    let body = Body::from_stream(futures_util::stream::iter(many));
    let request = Request::builder().method("POST").uri(house.holds()).header("content-type", "application/json");
    node.send(request.body(body).unwrap()).await.problem(413, "too-large");
    // A plan may be larger, but not from just anybody.
    let path = format!("/api/v1/venues/{}/plans", house.venue);
    let large = json!({"zones": [], "note": "x".repeat(100_000)});
    node.buyer("POST", &path, &large).await.problem(413, "too-large");
    node.staff("POST", &path, &large).await.problem(422, "invalid-plan");
    let larger = json!({"zones": [], "note": "x".repeat(17_000_000)});
    node.staff("POST", &path, &larger).await.problem(413, "too-large");

    let never = Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
    let request = Request::builder().method("POST").uri(house.holds()).header("content-type", "application/json");
    node.send(request.body(never).unwrap()).await.problem(408, "request-timeout");
}

#[tokio::test]
async fn an_index_that_is_not_reached_is_waited_for_and_then_refused() {
    let node = Node::start().await;
    let ahead = (node.cluster.applied() + 1_000).to_string();
    let refused = node.ask("GET", "/api/v1/events", &[("x-min-log-index", &ahead)], &Value::Null).await;
    refused.problem(503, "node-behind");
    assert_eq!(refused.header("retry-after"), "1");
    node.ask("GET", "/api/v1/events", &[("x-min-log-index", "soon")], &Value::Null)
        .await
        .problem(400, "malformed-request");
}

#[tokio::test]
async fn a_node_outside_a_cluster_says_so() {
    let api = api::Api::new(api::Config::new(Vec::new(), SECRET.as_bytes()), cluster().await).unwrap();
    let node = Node { cluster: cluster().await, api, key: String::new() };
    node.buyer("GET", "/healthz", &Value::Null).await.expect(200);
    assert_eq!(node.buyer("GET", "/readyz", &Value::Null).await.expect(503)["reasons"], json!(["not-joined"]));
    let refused = node.buyer("GET", "/api/v1/events?consistency=linearizable", &Value::Null).await;
    refused.problem(503, "no-leader");
    let body = json!({"organization": "x"});
    node.buyer("POST", "/api/v1/cluster/init", &body).await.problem(401, "token-missing");
    let wrong = [("x-cluster-secret", "wrong")];
    node.ask("POST", "/api/v1/cluster/init", &wrong, &body).await.problem(401, "token-invalid");
}

#[tokio::test]
async fn a_cluster_is_founded_once() {
    let node = Node::start().await;
    let headers = [("x-cluster-secret", SECRET)];
    let again = node.ask("POST", "/api/v1/cluster/init", &headers, &json!({"organization": "x"})).await;
    again.problem(409, "conflict");
    assert_eq!(node.buyer("GET", "/readyz", &Value::Null).await.expect(200)["ready"], true);
    let cluster = node.staff("GET", "/api/v1/cluster", &Value::Null).await.expect(200);
    assert_eq!((cluster["nodes"][0]["role"].as_str(), cluster["nodes"].as_array().unwrap().len()), (Some("leader"), 1));
    assert_eq!(cluster["leader"], cluster["this_node"]["id"]);
    let digest = node.staff("GET", "/api/v1/cluster/digest", &Value::Null).await.expect(200);
    assert_eq!(digest["digest"].as_str().unwrap().len(), 32);
    let same = format!("/api/v1/cluster/digest?index={}", digest["index"]);
    assert_eq!(node.staff("GET", &same, &Value::Null).await.expect(200), digest);
    node.staff("GET", "/api/v1/cluster/digest?index=1", &Value::Null).await.problem(404, "not-found");
    node.staff("DELETE", "/api/v1/cluster/nodes/7", &Value::Null).await.problem(404, "not-found");
    node.staff("POST", "/api/v1/cluster/nodes/x/promote", &Value::Null).await.problem(404, "not-found");
    node.staff("POST", "/api/v1/cluster/leader", &json!({"node": "x"})).await.problem(400, "malformed-request");
}

#[tokio::test]
async fn a_backup_is_one_file_of_the_length_told() {
    let node = Node::start().await;
    House::build(&node).await;
    node.buyer("POST", "/api/v1/cluster/backup", &Value::Null).await.problem(401, "token-missing");
    let backup = node.staff("POST", "/api/v1/cluster/backup", &Value::Null).await;
    assert_eq!((backup.status.as_u16(), backup.header("content-type")), (200, "application/octet-stream"));
    assert_eq!(backup.header("content-length"), backup.body.len().to_string());
    assert!(backup.body.len() > 1_000);
}

#[tokio::test]
async fn pages_and_documents_are_served() {
    let node = Node::start().await;
    for (path, media_type, text) in [
        ("/", "text/html; charset=utf-8", "Usher"),
        ("/docs", "text/html; charset=utf-8", "docs.js"),
        ("/docs.js", "text/javascript; charset=utf-8", "openapi.json"),
        ("/style.css", "text/css; charset=utf-8", "main"),
        ("/problems/seats-taken", "text/html; charset=utf-8", "Choose others"),
        (
            "/metrics",
            "text/plain; version=0.0.4; charset=utf-8",
            "usher_http_requests_total{route=\"cluster\",status=\"201\"} 1",
        ),
    ] {
        let page = node.buyer("GET", path, &Value::Null).await;
        assert_eq!((page.status.as_u16(), page.header("content-type")), (200, media_type), "{path}");
        assert!(String::from_utf8_lossy(&page.body).contains(text), "{path}");
    }
    node.buyer("GET", "/problems/none", &Value::Null).await.problem(404, "not-found");
    assert_eq!(node.buyer("GET", "/api/v1/openapi.json", &Value::Null).await.expect(200)["openapi"], "3.1.0");
}

#[tokio::test]
async fn browsers_are_told_what_a_page_may_do_and_to_guess_and_tell_nothing() {
    let node = Node::start().await;
    let policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; \
        form-action 'none'; frame-ancestors 'none'";
    for path in ["/docs", "/problems/seats-taken"] {
        let page = node.buyer("GET", path, &Value::Null).await;
        assert_eq!(page.header("content-security-policy"), policy, "{path}");
        // What the policy would keep a browser from doing is not in the page.
        let text = String::from_utf8_lossy(&page.body);
        for forbidden in ["<style", " style=", "<script>", "onclick", "<form", "<img", "<base", "://"] {
            assert!(!text.contains(forbidden), "{path}: {forbidden}");
        }
    }
    // The first page is the web UI's, or one that says how to build it: pictures and sockets are its, nothing inline.
    let page = node.buyer("GET", "/", &Value::Null).await;
    let of_page = page.header("content-security-policy");
    for kept in
        ["default-src 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'", "frame-ancestors 'none'"]
    {
        assert!(of_page.split("; ").any(|rule| rule == kept), "{kept}: {of_page}");
    }
    assert!(!of_page.contains("unsafe"), "{of_page}");
    let text = String::from_utf8_lossy(&page.body);
    for forbidden in ["<style", " style=", "<script>", "onclick", "<base"] {
        assert!(!text.contains(forbidden), "{forbidden}");
    }
    let authorization = format!("Bearer {}", node.key);
    for (method, path, headers) in [
        ("GET", "/", vec![]),
        ("GET", "/docs.js", vec![]),
        ("GET", "/healthz", vec![]),
        ("GET", "/metrics", vec![]),
        ("GET", "/nothing", vec![]),
        ("PUT", "/api/v1/events", vec![]),
        ("GET", "/api/v1/events", vec![]),
        ("GET", "/api/v1/events", vec![("if-none-match", "*")]),
        ("GET", "/api/v1/orders", vec![("authorization", authorization.as_str())]),
        ("POST", "/api/v1/cluster/backup", vec![("authorization", authorization.as_str())]),
    ] {
        let answer = node.ask(method, path, &headers, &Value::Null).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{method} {path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{method} {path}");
    }
}

#[tokio::test]
async fn pages_of_our_own_addresses_may_read_the_answers() {
    let node = Node::start().await;
    let ours = [("origin", "http://localhost")];
    let answer = node.ask("GET", "/api/v1/events", &ours, &Value::Null).await;
    assert_eq!(answer.header("access-control-allow-origin"), "http://localhost");
    let answer = node.ask("GET", "/api/v1/events", &[("origin", "https://elsewhere.example")], &Value::Null).await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
    let ask = [("origin", "http://localhost"), ("access-control-request-method", "POST")];
    assert_eq!(node.ask("OPTIONS", "/api/v1/orders", &ask, &Value::Null).await.status, 204);
}

/// Wrong ids, wrong bodies, wrong types on every route: always a refusal, never an error.
#[tokio::test]
async fn no_request_makes_an_error() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let document = node.buyer("GET", "/api/v1/openapi.json", &Value::Null).await.expect(200);
    let bodies = [
        Value::Null,
        json!({}),
        json!([]),
        json!("x"),
        json!(1e308),
        json!({"places": {}, "holds": 7}),
        json!({"name": {"a": []}, "title": null, "state": 3}),
        json!({"holds": ["hld_00000000000000000000000001"],
            "payment": {"method": "box_office", "kind": "comp"}, "buyer": {}}),
    ];
    let mut asked = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            for value in [
                "x",
                "%00",
                "..%2f..%2f",
                "sht_00000000000000000000000001",
                house.showtime.as_str(),
                house.event.as_str(),
            ] {
                let parameters = path.split('/').map(|part| if part.starts_with('{') { value } else { part });
                let path = parameters.collect::<Vec<_>>().join("/");
                for body in &bodies {
                    let token = if asked % 3 == 0 { None } else { Some(format!("Bearer {}", node.key)) };
                    let headers: Vec<(&str, &str)> = token.iter().map(|t| ("authorization", t.as_str())).collect();
                    let answer = node.ask(&method.to_uppercase(), &path, &headers, body).await;
                    asked += 1;
                    let status = answer.status.as_u16();
                    assert!(status < 500, "{method} {path} {body}: {status} {}", String::from_utf8_lossy(&answer.body));
                    let documented = methods[method]["responses"].as_object().unwrap();
                    assert!(
                        documented.contains_key(&status.to_string()),
                        "{method} {path} {body}: {status} is not documented"
                    );
                    if status >= 400 {
                        assert_eq!(answer.header("content-type"), "application/problem+json", "{method} {path}");
                    }
                }
                if !path.contains(value) {
                    break;
                }
            }
        }
    }
    assert!(asked > 500);
}
