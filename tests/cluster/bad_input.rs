//! Whatever is sent to whatever route: the answer is a documented 4xx (or a documented success), a problem that names
//! its code, and never 5xx. The routes and their bodies come from the OpenAPI document that the node itself serves.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use serde_json::{Map, Value, json};

use tests::harness::{Cluster, Setup, draw_key};
use tests::http::{Answer, Call, Client};
use tests::stage::{Stage, Wanted, hold, sell, text};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
/// Larger than any body but a seating plan may be.
const TOO_LARGE: usize = (64 << 10) + 1;
/// Larger than a seating plan may be.
const PLAN_TOO_LARGE: usize = (16 << 20) + 1;
/// Bytes of a body that is refused before it is read: more than a node has at hand by then.
const UNREAD: usize = 60_000;

/// One operation of the document.
struct Operation {
    method: String,
    path: String,
    parameters: Vec<String>,
    /// A body that has all members, if it takes one.
    body: Option<Value>,
    required: Vec<String>,
    statuses: BTreeSet<u16>,
}

struct Document(Value);

impl Document {
    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(name) => self.resolve(self.0.pointer(name.trim_start_matches('#')).unwrap_or(&Value::Null)),
            None => schema,
        }
    }

    /// A value of a schema, with all members.
    fn example(&self, schema: &Value, depth: usize) -> Value {
        let schema = self.resolve(schema);
        if let Some(given) = schema.get("example").or_else(|| schema["examples"].get(0)) {
            return given.clone();
        }
        if let Some(all) = schema["allOf"].as_array() {
            let mut whole = Map::new();
            for part in all {
                if let Value::Object(part) = self.example(part, depth + 1) {
                    whole.extend(part);
                }
            }
            return Value::Object(whole);
        }
        let choices = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array());
        if let Some(choice) = choices.and_then(|c| c.iter().find(|s| s["type"] != "null")) {
            return self.example(choice, depth + 1);
        }
        if let Some(value) = schema["enum"].get(0).or_else(|| schema.get("const")) {
            return value.clone();
        }
        let kind = schema["type"].as_str().or_else(|| schema["type"].get(0)?.as_str());
        match kind {
            Some("object") | None if depth < 8 => {
                let members = schema["properties"].as_object().into_iter().flatten();
                Value::Object(members.map(|(name, s)| (name.clone(), self.example(s, depth + 1))).collect())
            }
            Some("array") if depth < 8 => json!([self.example(&schema["items"], depth + 1)]),
            Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
            Some("boolean") => json!(true),
            Some("string") => json!("text"),
            _ => Value::Null,
        }
    }

    fn operations(&self) -> Vec<Operation> {
        let mut all = Vec::new();
        for (path, item) in self.0["paths"].as_object().expect("paths") {
            for method in METHODS {
                let Some(operation) = item.get(method) else { continue };
                let of = |v: &Value| v["parameters"].as_array().cloned().unwrap_or_default();
                let parameters = of(item).into_iter().chain(of(operation)).map(|p| self.resolve(&p).clone());
                let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
                let required = self.resolve(schema)["required"].as_array().cloned().unwrap_or_default();
                all.push(Operation {
                    method: method.to_uppercase(),
                    path: path.clone(),
                    parameters: parameters.filter(|p| p["in"] == "query").map(|p| text(&p, "name")).collect(),
                    body: (!schema.is_null()).then(|| self.example(schema, 0)),
                    required: required.iter().filter_map(|r| r.as_str().map(str::to_owned)).collect(),
                    statuses: operation["responses"]
                        .as_object()
                        .expect("responses")
                        .keys()
                        .filter_map(|s| s.parse().ok())
                        .collect(),
                });
            }
        }
        all
    }
}

/// Bodies that are wrong in one thing each.
fn mutants(operation: &Operation) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<(String, Vec<u8>)> = Vec::new();
    for (name, bytes) in [
        ("nothing", &b""[..]),
        ("half an object", b"{\"a\":"),
        ("bytes that are no text", b"{\"name\":\"\xff\xfe\"}"),
        ("null", b"null"),
        ("a number", b"17"),
        ("a text", b"\"text\""),
        ("a list", b"[]"),
        ("an empty object", b"{}"),
        ("a member nobody knows", b"{\"nobody_knows\":1}"),
        ("a member twice", b"{\"name\":\"a\",\"name\":\"b\"}"),
    ] {
        all.push((name.to_owned(), bytes.to_vec()));
    }
    all.push(("a deep list".to_owned(), [vec![b'['; 20_000], vec![b']'; 20_000]].concat()));
    let Some(Value::Object(whole)) = &operation.body else { return all };
    all.push(("all members".to_owned(), serde_json::to_vec(whole).unwrap()));
    for name in &operation.required {
        let mut without = whole.clone();
        without.remove(name);
        all.push((format!("without {name}"), serde_json::to_vec(&without).unwrap()));
    }
    let wrong = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5),
        json!(18_446_744_073_709_551_615_u64),
        json!(""),
        json!("\u{0}"),
        json!("x".repeat(30_000)),
        json!([]),
        json!([null]),
        json!({}),
        json!({ "amount": -5, "currency": "nope" }),
    ];
    for name in whole.keys() {
        for value in &wrong {
            let mut changed = whole.clone();
            changed.insert(name.clone(), value.clone());
            let shown: String = value.to_string().chars().take(20).collect();
            all.push((format!("{name} = {shown}"), serde_json::to_vec(&changed).unwrap()));
        }
    }
    all
}

/// Sends one thing and judges the answer.
struct Judge {
    address: SocketAddr,
    client: Client,
    seen: BTreeMap<u16, usize>,
    wrong: Vec<String>,
}

impl Judge {
    async fn send(&mut self, operation: &Operation, call: Call, what: &str) -> Option<Answer> {
        let line = format!("{} {} with {what}", call.method, call.path.chars().take(120).collect::<String>());
        let answer = match self.client.send(&call).await {
            Ok(answer) => answer,
            Err(failure) => {
                self.wrong.push(format!("{line}: {failure}"));
                return None;
            }
        };
        *self.seen.entry(answer.status).or_default() += 1;
        let mut complain = |why: &str| self.wrong.push(format!("{line}: {why}: {}", answer.told()));
        if answer.status >= 500 {
            complain("5xx");
        } else if !operation.statuses.contains(&answer.status) {
            complain("not a documented status");
        }
        if answer.header("x-request-id").is_none() {
            complain("no X-Request-Id");
        }
        if answer.status >= 400 && call.method != "HEAD" {
            let body = answer.json();
            let whole = answer.header("content-type").is_some_and(|t| t.starts_with("application/problem+json"))
                && body["status"] == answer.status
                && body["code"].is_string()
                && body["title"].is_string()
                && body["type"] == format!("/problems/{}", answer.code())
                && body["request_id"].as_str() == answer.header("x-request-id");
            if !whole {
                complain("not a problem as documented");
            }
            if answer.status == 400 && !body["errors"].is_array() {
                complain("400 without errors");
            }
        }
        Some(answer)
    }
}

/// A path with ids put in.
fn fill(path: &str, ids: &BTreeMap<&str, String>, other: &str) -> String {
    let parts = path.split('/').map(|part| match part.strip_prefix('{').and_then(|p| p.strip_suffix('}')) {
        Some(name) => ids.get(name).cloned().unwrap_or_else(|| other.to_owned()),
        None => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}

/// What the requests of one run are made of.
struct Things {
    ids: BTreeMap<&'static str, String>,
    staff: String,
    /// The token of a hold that no path names.
    token: String,
}

async fn things(cluster: &Cluster, stage: &Stage) -> Things {
    let showtime = stage.showtimes[0].clone();
    let hold_one = async |place: usize| {
        let call = hold(&showtime, &[&stage.places[place]], &draw_key());
        cluster.call(1, &call).await.unwrap().expect(201)
    };
    let held = hold_one(0).await;
    let sale = sell(&[&text(&held, "id")], &cluster.key, &text(&held, "token"), &draw_key());
    let order = cluster.call(1, &sale).await.unwrap().expect(201);
    let voucher = json!({ "code": "TENTH-OFF", "discount": { "basis_points": 1000 } });
    let voucher = Call::post("/api/v1/vouchers", &voucher).bearer(&cluster.key).once(&draw_key());
    let voucher = cluster.call(1, &voucher).await.unwrap().expect(201);
    let plan = Call::get(&format!("/api/v1/plans/{}", stage.plan)).bearer(&cluster.key);
    let venue = text(&cluster.call(1, &plan).await.unwrap().expect(200), "venue");
    let ids = BTreeMap::from([
        ("venue", venue),
        ("plan", stage.plan.clone()),
        ("event", stage.event.clone()),
        ("showtime", showtime.clone()),
        ("hold", text(&hold_one(4).await, "id")),
        ("order", text(&order, "id")),
        ("ticket", text(&order["tickets"][0], "id")),
        ("voucher", text(&voucher, "id")),
    ]);
    Things { ids, staff: cluster.key.clone(), token: text(&hold_one(8).await, "token") }
}

impl Judge {
    async fn callers(&mut self, operation: &Operation, things: &Things) {
        let real = fill(&operation.path, &things.ids, "nothing");
        let call = Call::new(&operation.method, &real);
        self.send(operation, call.clone().bearer("usk_not-a-key-of-this-cluster"), "an unknown key").await;
        self.send(operation, call.clone().bearer("uht_00000000_nonsense"), "an unknown token").await;
        // What is refused before its body was read must not cost the next request its connection.
        let unread = call.clone().bearer("usk_not-a-key-of-this-cluster").bytes(vec![b' '; UNREAD]);
        self.send(operation, unread, "an unknown key and a body").await;
        self.send(operation, call.clone().header("authorization", "Basic dXNlcjpwYXNz"), "another scheme").await;
        if operation.path.contains("{hold}") || operation.path.contains("{order}") {
            let none = self.send(operation, call.clone(), "no token").await;
            assert_eq!(none.map(|a| a.status), Some(401), "{} {real}", operation.method);
            let others = self.send(operation, call.bearer(&things.token), "another hold's token").await;
            let others = others.map(|a| (a.status, a.code()));
            assert_eq!(others, Some((404, "not-found".to_owned())), "{} {real}", operation.method);
        }
    }

    async fn ids_queries_and_headers(&mut self, operation: &Operation, things: &Things) {
        let real = fill(&operation.path, &things.ids, "nothing");
        let call = |path: &str| Call::new(&operation.method, path).bearer(&things.staff);
        let unknown = ["sht_00000000000000000000000000", "hld_7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "18446744073709551616"];
        for id in ["x", "-1", "%00", "%FF%FE", "..%2F.."].into_iter().chain(unknown) {
            if operation.path.contains('{') {
                self.send(operation, call(&fill(&operation.path, &BTreeMap::new(), id)), "an id of nothing").await;
            }
        }
        let common = ["limit=0", "limit=101", "limit=x", "cursor=%00", "cursor=zzz", "consistency=maybe"];
        let common = common.into_iter().chain(["nobody_knows=1", "index=-1", "%ff=%ff"]).map(str::to_owned);
        let own = operation.parameters.iter().map(|name| format!("{name}=%ff"));
        for query in common.chain(own).filter(|_| operation.method == "GET") {
            self.send(operation, call(&format!("{real}?{query}")), &query).await;
        }
        for (name, value) in [
            ("x-min-log-index", "soon".to_owned()),
            ("x-min-log-index", "-1".to_owned()),
            ("accept", "application/x-nothing".to_owned()),
            ("if-none-match", "\"\"".to_owned()),
            ("if-match", "nonsense".to_owned()),
            ("idempotency-key", "k".repeat(256)),
            ("idempotency-key", "with space".to_owned()),
            ("content-type", "text/plain".to_owned()),
        ] {
            self.send(operation, call(&real).header(name, &value).bytes(b"{}".to_vec()), name).await;
        }
    }

    async fn bodies(&mut self, operation: &Operation, things: &Things) {
        let real = fill(&operation.path, &things.ids, "nothing");
        let call = Call::new(&operation.method, &real).bearer(&things.staff).header("content-type", "application/json");
        for (what, body) in mutants(operation) {
            self.send(operation, call.clone().bytes(body).once(&draw_key()), &what).await;
        }
        let limit = if operation.path.ends_with("/plans") { PLAN_TOO_LARGE } else { TOO_LARGE };
        // A node need not read what it will not take: it may answer and close.
        self.client = Client::new(self.address);
        let answer = self.send(operation, call.bytes(vec![b' '; limit]), "a huge body").await;
        self.client = Client::new(self.address);
        if operation.body.is_some() && !real.contains("nothing") {
            let seen = answer.map(|a| (a.status, a.code()));
            assert_eq!(seen, Some((413, "too-large".to_owned())), "{} {real}", operation.method);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn to_every_route() {
    let mut cluster = Cluster::start(Setup::nodes(1)).await;
    let stage = Stage::set(&mut cluster, Wanted { rows: 4, row: 20, ..Wanted::default() }).await;
    let things = things(&cluster, &stage).await;
    let document = Document(cluster.call(1, &Call::get("/api/v1/openapi.json")).await.unwrap().expect(200));
    assert!(document.0["openapi"].as_str().is_some_and(|v| v.starts_with("3.1")));
    let operations = document.operations();
    assert!(operations.len() >= 35, "only {} operations are documented", operations.len());
    let address = cluster.nodes[0].http;
    let mut judge = Judge { address, client: Client::new(address), seen: BTreeMap::new(), wrong: Vec::new() };
    for operation in operations.iter().filter(|o| !o.path.ends_with("/live") && !o.path.ends_with("/backup")) {
        judge.callers(operation, &things).await;
        judge.ids_queries_and_headers(operation, &things).await;
        if operation.method != "GET" {
            judge.bodies(operation, &things).await;
        }
    }
    println!("{} operations, answers by status: {:?}", operations.len(), judge.seen);
    assert!(judge.wrong.is_empty(), "{} wrong answers:\n{}", judge.wrong.len(), judge.wrong.join("\n"));
    after_all_that(&mut cluster, &stage).await;
}

/// The node is as it was: no panic, and it sells.
async fn after_all_that(cluster: &mut Cluster, stage: &Stage) {
    let log = cluster.node(1).log_text();
    assert!(
        !log.contains("panicked"),
        "{}",
        log.lines().filter(|l| l.contains("panicked")).collect::<Vec<_>>().join("\n")
    );
    // The showtime may have been changed by what was sent; another one has not.
    let mut stage = stage.clone();
    let showtime = stage.add_showtime(cluster).await;
    let call = hold(&showtime, &[&stage.places[20]], &draw_key());
    cluster.call(1, &call).await.unwrap().expect(201);
}

/// Routes and methods that do not exist are told as such.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn to_no_route() {
    let cluster = Cluster::start(Setup::nodes(1)).await;
    for path in ["/nothing", "/api/v1/nothing", "/api/v2/events", "/api/v1/events/x/y/z", "//", "/api/v1/%00"] {
        let answer = cluster.call(1, &Call::get(path)).await.unwrap();
        assert_eq!((answer.status, answer.code().as_str()), (404, "not-found"), "{path}: {}", answer.told());
    }
    for (method, path) in
        [("PUT", "/api/v1/events"), ("DELETE", "/healthz"), ("BREW", "/api/v1/venues"), ("TRACE", "/api/v1/events")]
    {
        let answer = cluster.call(1, &Call::new(method, path)).await.unwrap();
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (405, "method-not-allowed"),
            "{method} {path}: {}",
            answer.told()
        );
        assert!(answer.header("allow").is_some_and(|allow| allow.contains("GET")), "{method} {path}");
    }
    // Repeatable without credentials, so the key is the credential and must not be guessable.
    let short = Call::post("/api/v1/showtimes/sht_x/holds", &json!({ "places": ["a"] })).once("short");
    let answer = cluster.call(1, &short).await.unwrap();
    assert!(matches!(answer.status, 400 | 404), "{}", answer.told());
    // An index that is not there within 2 s, be it a little or far ahead, is waited for in vain; no number is a mistake.
    let now = cluster.call(1, &Call::get("/api/v1/events")).await.unwrap().index();
    let answer = cluster.call(1, &Call::get("/api/v1/events").header("x-min-log-index", "soon")).await.unwrap();
    assert_eq!((answer.status, answer.code().as_str()), (400, "malformed-request"), "{}", answer.told());
    let far = cluster.call(1, &Call::get("/api/v1/events").header("x-min-log-index", 1_u64 << 60)).await.unwrap();
    assert_eq!((far.status, far.code().as_str()), (503, "node-behind"), "{}", far.told());
    let answer = cluster.call(1, &Call::get("/api/v1/events").header("x-min-log-index", now + 50)).await.unwrap();
    assert_eq!((answer.status, answer.code().as_str()), (503, "node-behind"), "{}", answer.told());
    assert!(answer.header("retry-after").is_some());
}
