//! A node to talk to: cluster, keys, a house with an event on sale. No mocks.

use std::sync::Arc;
use std::time::Duration;

use api::payments::Payments;
use api::{Api, Config};
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use raft::{Clock, Cluster, Options, Parts, Secret, SystemClock, TcpNetwork, Threads};
use serde_json::{Value, json};
use storage::MemDisk;

pub(crate) const SECRET: &str = "a secret for tests only";

/// An answer, read whole.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&self.body)))
    }
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }
    /// Checks the status; returns the body.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        assert!(!self.header("x-log-index").is_empty() && !self.header("x-request-id").is_empty());
        if self.body.is_empty() { Value::Null } else { self.json() }
    }
    /// Checks that it is this problem.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        let body = self.expect(status);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(body["code"], code, "{body}");
        assert_eq!(body["type"], format!("/problems/{code}"));
        assert_eq!(body["status"], status);
        assert_eq!(body["request_id"], self.header("x-request-id"));
        body
    }
}

/// A node to talk to.
pub(crate) struct Node {
    pub(crate) api: Api,
    pub(crate) cluster: Cluster,
    /// Secret of the first organization's first key, with every scope.
    pub(crate) key: String,
}

pub(crate) async fn cluster() -> Cluster {
    cluster_at(Arc::new(SystemClock)).await
}

async fn cluster_at(clock: Arc<dyn Clock>) -> Cluster {
    let secret = Secret::new(SECRET.as_bytes()).unwrap();
    let listen = "127.0.0.1:0".parse().unwrap();
    let options = Options::new(listen, "127.0.0.1:1", "http://localhost", "/data".into(), secret);
    let parts = Parts {
        disk: Arc::new(MemDisk::new()),
        copy: false,
        clock,
        network: Arc::new(TcpNetwork),
        work: Arc::new(Threads),
    };
    Cluster::start(options, parts).await.unwrap()
}

impl Node {
    /// A founded node.
    pub(crate) async fn start() -> Self {
        Self::start_at(Arc::new(SystemClock)).await
    }

    /// A founded node with this clock.
    pub(crate) async fn start_at(clock: Arc<dyn Clock>) -> Self {
        Self::start_with(clock, None).await
    }

    /// A founded node with this clock and payment provider.
    pub(crate) async fn start_with(clock: Arc<dyn Clock>, payments: Option<Payments>) -> Self {
        let cluster = cluster_at(clock).await;
        let mut config = Config::new(vec!["http://localhost".to_owned()], SECRET.as_bytes());
        config.payments = payments;
        config.body_timeout = Duration::from_millis(300);
        let api = Api::new(config, cluster.clone()).unwrap();
        let mut node = Self { api, cluster, key: String::new() };
        let headers = [("x-cluster-secret", SECRET)];
        let founded = node.ask("POST", "/api/v1/cluster/init", &headers, &json!({"organization": "House"})).await;
        founded.expect(201)["key"].as_str().unwrap().clone_into(&mut node.key);
        node
    }

    /// Any request with any body.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.api.answer(request).await.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// A request with a JSON body; null for none.
    pub(crate) async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = if body.is_null() {
            Body::empty()
        } else {
            request = request.header("content-type", "application/json");
            Body::from(body.to_string())
        };
        self.send(request.body(body).unwrap()).await
    }

    /// A request with the first key.
    pub(crate) async fn staff(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.with(&self.key, method, path, body).await
    }

    /// A request with a bearer token.
    pub(crate) async fn with(&self, token: &str, method: &str, path: &str, body: &Value) -> Answer {
        self.ask(method, path, &[("authorization", &format!("Bearer {token}"))], body).await
    }

    /// A request without credentials.
    pub(crate) async fn buyer(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.ask(method, path, &[], body).await
    }
}

/// An id out of an answer.
pub(crate) fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

/// A house with an event on sale.
pub(crate) struct House {
    pub(crate) venue: String,
    pub(crate) plan: String,
    pub(crate) event: String,
    pub(crate) showtime: String,
}

/// A plan of two rows of ten seats and an area of 50.
pub(crate) fn plan() -> Value {
    let row = |row: u32| {
        let seats: Vec<Value> = (1..=10)
            .map(|n| json!({"seat_guid": format!("{row}-{n}"), "seat_number": n.to_string(), "category": "All", "position": {"x": n * 20, "y": row * 30}}))
            .collect();
        json!({"row_number": row.to_string(), "seats": seats})
    };
    json!({
        "name": "Hall", "size": {"width": 240, "height": 120}, "categories": [{"name": "All", "color": "#112233"}],
        "zones": [{"name": "Hall", "zone_id": "H", "rows": [row(1), row(2)],
            "areas": [{"area_id": "GA", "name": "Floor", "capacity": 50, "category": "All", "shape": "rectangle"}]}]
    })
}

pub(crate) fn showtime(plan: &str) -> Value {
    json!({
        "plan": plan, "starts_at": "2099-01-01T19:00:00Z", "zone": "Europe/Berlin", "state": "on_sale",
        "price_tiers": [{"id": "t1", "name": "All", "price": {"amount": 4500, "currency": "EUR"},
            "fees": {"amount": 150, "currency": "EUR"}, "categories": ["All"]}]
    })
}

impl House {
    /// Built with the node's first key.
    pub(crate) async fn build(node: &Node) -> Self {
        Self::build_with(node, &node.key).await
    }

    pub(crate) async fn build_with(node: &Node, key: &str) -> Self {
        let venue = node.with(key, "POST", "/api/v1/venues", &json!({"name": "House", "zone": "Europe/Berlin"})).await;
        let venue = id(&venue.expect(201));
        let plan = node.with(key, "POST", &format!("/api/v1/venues/{venue}/plans"), &plan()).await;
        let plan = id(&plan.expect(201));
        let event = node.with(key, "POST", "/api/v1/events", &json!({"title": "Play", "state": "published"})).await;
        let event = id(&event.expect(201));
        let path = format!("/api/v1/events/{event}/showtimes");
        let showtime = id(&node.with(key, "POST", &path, &showtime(&plan)).await.expect(201));
        Self { venue, plan, event, showtime }
    }

    /// Where its holds are placed.
    pub(crate) fn holds(&self) -> String {
        format!("/api/v1/showtimes/{}/holds", self.showtime)
    }
}
