//! What strangers send to a node's public port: requests, live sockets, seating plans in each form, pictures, tokens and ids.

use std::cell::RefCell;
use std::sync::Arc;

use api::fuzz::{Answered, Asked, ask};
use api::{Api, Config};
use raft::{Cluster, Options, Parts, Secret, SystemClock, TcpNetwork, Threads};
use serde_json::{Value, json};
use storage::MemDisk;

use crate::allocation::within;

const SECRET: &str = "a secret for tests only";
/// A node is made anew after so many inputs, so that none has to do with what thousands before it left.
const INPUTS_OF_A_NODE: u32 = 5_000;
/// What stands in inputs for what a node makes up: as long as what takes its place.
const NAMES: [&str; 6] = ["ven", "pln", "evt", "sht", "hld", "ord"];
/// Prices with everything in them.
const PRICES: &str = r#"{"price_tiers":[{"id":"t1","name":"All","categories":["All"],"ticket_types":[{"id":"child",
    "name":"Child","price":{"amount":100,"currency":"EUR"},"early_prices":[{"until":"2098-01-01T00:00:00Z",
    "price":{"amount":50,"currency":"EUR"}}],"max_per_order":3,"hidden":true}]}],"fees":[{"name":"F","basis_points":250,
    "per":"order"}],"taxes":[{"name":"VAT","basis_points":1900,"included":true,"on":["tickets"]}]}"#;
const KEY: &str = "KEY";
const TOKEN: &str = "TOKEN";

/// A node with an event on sale, in this thread.
struct Node {
    runtime: tokio::runtime::Runtime,
    api: Api,
    cluster: Cluster,
    /// Of the kinds of [`NAMES`], in that order.
    ids: [String; 6],
    key: String,
    token: String,
    inputs: u32,
}

thread_local! {
    static NODE: RefCell<Option<Node>> = const { RefCell::new(None) };
}

fn with_node<T>(work: impl FnOnce(&Node) -> T) -> T {
    NODE.with_borrow_mut(|slot| {
        if slot.as_ref().is_some_and(|node| node.inputs >= INPUTS_OF_A_NODE)
            && let Some(node) = slot.take()
        {
            node.end();
        }
        let node = slot.get_or_insert_with(Node::start);
        node.inputs += 1;
        work(node)
    })
}

impl Node {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (api, cluster) = runtime.block_on(async {
            let secret = Secret::new(SECRET.as_bytes()).unwrap();
            let listen = "127.0.0.1:0".parse().unwrap();
            let options = Options::new(listen, "127.0.0.1:1", "http://localhost", "/data".into(), secret);
            let parts = Parts {
                disk: Arc::new(MemDisk::new()),
                copy: false,
                clock: Arc::new(SystemClock),
                network: Arc::new(TcpNetwork),
                work: Arc::new(Threads),
            };
            let cluster = Cluster::start(options, parts).await.unwrap();
            let config = Config::new(vec!["http://localhost".to_owned()], SECRET.as_bytes());
            (Api::new(config, cluster.clone()).unwrap(), cluster)
        });
        let empty = String::new;
        let ids = [empty(), empty(), empty(), empty(), empty(), empty()];
        let mut node = Self { runtime, api, cluster, ids, key: empty(), token: empty(), inputs: 0 };
        node.furnish();
        node
    }

    fn must(&self, target: &str, header: (&str, &str), body: &Value) -> Value {
        let headers: [(&[u8], &[u8]); 2] =
            [(b"content-type", b"application/json"), (header.0.as_bytes(), header.1.as_bytes())];
        let body = body.to_string().into_bytes();
        let asked = Asked { method: b"POST", target: target.as_bytes(), headers: &headers, body };
        let answered = self.runtime.block_on(ask(&self.api, asked)).unwrap();
        assert!(answered.status < 300, "{target}: {}", String::from_utf8_lossy(&answered.body));
        serde_json::from_slice(&answered.body).unwrap()
    }

    fn furnish(&mut self) {
        let organization = json!({ "organization": "House" });
        let founded = self.must("/api/v1/cluster/init", ("x-cluster-secret", SECRET), &organization);
        founded["key"].as_str().unwrap().clone_into(&mut self.key);
        let key = format!("Bearer {}", self.key);
        let staff = ("authorization", key.as_str());
        let id = |made: &Value| made["id"].as_str().unwrap().to_owned();
        let venue = id(&self.must("/api/v1/venues", staff, &json!({ "name": "House", "zone": "Europe/Berlin" })));
        let plan = id(&self.must(&format!("/api/v1/venues/{venue}/plans"), staff, &plan_form()));
        let event = id(&self.must("/api/v1/events", staff, &json!({ "title": "Play", "state": "published" })));
        let showtime = json!({
            "plan": plan, "starts_at": "2099-01-01T19:00:00Z", "zone": "Europe/Berlin", "state": "on_sale",
            "price_tiers": [{ "id": "t1", "name": "All", "price": { "amount": 4500, "currency": "EUR" },
                "fees": { "amount": 150, "currency": "EUR" }, "categories": ["All"] }]
        });
        let showtime = id(&self.must(&format!("/api/v1/events/{event}/showtimes"), staff, &showtime));
        let holds = format!("/api/v1/showtimes/{showtime}/holds");
        let nobody = ("x-nobody", "");
        let sold = self.must(&holds, nobody, &json!({ "places": ["1-1", "1-2"] }));
        let order = json!({ "holds": [id(&sold)], "payment": { "method": "box_office", "kind": "cash" } });
        let order = self.must("/api/v1/orders", staff, &order);
        let held = self.must(&holds, nobody, &json!({ "places": ["2-1"] }));
        held["token"].as_str().unwrap().clone_into(&mut self.token);
        self.ids = [venue, plan, event, showtime, id(&held), id(&order)];
    }

    /// Puts this node's ids and secrets where an input has their names.
    fn fill_in(&self, bytes: &[u8]) -> Vec<u8> {
        let mut out = bytes.to_vec();
        for (name, id) in NAMES.iter().zip(&self.ids) {
            replace(&mut out, placeholder(name).as_bytes(), id.as_bytes());
        }
        replace(&mut out, KEY.as_bytes(), self.key.as_bytes());
        replace(&mut out, TOKEN.as_bytes(), self.token.as_bytes());
        out
    }

    fn check(&self) {
        let broken = booking::invariants::check(&self.cluster.state());
        assert!(broken.is_empty(), "{broken:?}");
    }

    fn end(self) {
        self.check();
        self.runtime.block_on(self.cluster.shutdown());
    }
}

/// As long as an id, so that the lengths around it stay right.
fn placeholder(name: &str) -> String {
    format!("{name}_{}", "x".repeat(26))
}

fn replace(bytes: &mut Vec<u8>, from: &[u8], to: &[u8]) {
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| rest.windows(from.len()).position(|w| w == from)) {
        bytes.splice(at + found..at + found + from.len(), to.iter().copied());
        at += found + to.len();
    }
}

/// A request as text: method and target, headers, an empty line, a body. No panic, no 500; refusals are problems.
pub(crate) fn request(bytes: &[u8]) {
    with_node(|node| {
        let text = node.fill_in(bytes);
        let (head, body) = match text.windows(2).position(|w| w == b"\n\n") {
            Some(at) => (&text[..at], text[at + 2..].to_vec()),
            None => (&text[..], Vec::new()),
        };
        let mut lines = head.split(|byte| *byte == b'\n');
        let first = lines.next().unwrap_or_default();
        let space = first.iter().position(|byte| *byte == b' ').unwrap_or(first.len());
        let (method, target) = first.split_at(space);
        let headers: Vec<(&[u8], &[u8])> = lines
            .filter_map(|line| {
                let colon = line.iter().position(|byte| *byte == b':')?;
                Some((&line[..colon], line[colon + 1..].trim_ascii()))
            })
            .collect();
        let target = target.trim_ascii();
        // It would end the node, or make a file of it.
        let kept = [&b"/cluster/leader"[..], b"/cluster/nodes", b"/cluster/init", b"/cluster/backup"];
        if kept.iter().any(|end| target.windows(end.len()).any(|w| w == *end)) && method != b"GET" {
            return;
        }
        let asked = Asked { method, target, headers: &headers, body };
        let Some(answered) = node.runtime.block_on(ask(&node.api, asked)) else { return };
        judge(target, &answered);
        if node.inputs % 500 == 0 {
            node.check();
        }
    });
}

fn judge(target: &[u8], answered: &Answered) {
    let Answered { status, content_type, marked, body } = answered;
    let text = String::from_utf8_lossy(body);
    assert!(*status != 500 && *status != 502, "{status}: {text}");
    assert!(*marked, "which request, at which index");
    if *status >= 400 && target.starts_with(b"/api/") && !body.is_empty() {
        assert_eq!(content_type.as_deref(), Some("application/problem+json"), "{status}: {text}");
        let problem: Value = serde_json::from_slice(body).unwrap();
        assert_eq!(problem["status"], *status);
        assert!(problem["code"].is_string() && problem["request_id"].is_string(), "{problem}");
    } else if content_type.as_deref() == Some("application/json") {
        serde_json::from_slice::<Value>(body).unwrap();
    }
    assert!(!text.contains(SECRET), "the cluster's secret is shown");
}

/// Addresses to read from.
fn reads() -> Vec<String> {
    let [venue, plan, event, showtime, hold, order] = NAMES.map(placeholder);
    vec![
        format!("/api/v1/venues?limit=2&cursor={venue}"),
        format!("/api/v1/venues/{venue}/plans"),
        format!("/api/v1/plans/{plan}/geometry"),
        format!("/api/v1/plans/{plan}/export"),
        format!("/api/v1/events?consistency=linearizable&organization=org_{}", "0".repeat(26)),
        format!("/api/v1/events/{event}/showtimes"),
        format!("/api/v1/showtimes/{showtime}/availability"),
        format!("/api/v1/showtimes/{showtime}/seats"),
        format!("/api/v1/showtimes/{showtime}/blocks"),
        format!("/api/v1/holds/{hold}"),
        format!("/api/v1/orders?showtime={showtime}"),
        format!("/api/v1/orders/{order}/tickets"),
        "/api/v1/keys".to_owned(),
        "/api/v1/cluster/digest?index=3".to_owned(),
        "/api/v1/openapi.json".to_owned(),
        "/metrics".to_owned(),
        "/problems/not-found".to_owned(),
    ]
}

/// Method, address, headers and body of what changes something.
fn writes() -> Vec<(&'static str, String, &'static str, String)> {
    let [venue, plan, event, showtime, hold, _] = NAMES.map(placeholder);
    let staff = "authorization: Bearer KEY\ncontent-type: application/json\nidempotency-key: once-01";
    let buyer = "content-type: application/json\nidempotency-key: once-02\nx-hold-token: TOKEN";
    let tier = r#"{"id":"a","name":"A","price":{"amount":100,"currency":"EUR"},"categories":["All"]}"#;
    vec![
        ("POST", "/api/v1/venues".to_owned(), staff, r#"{"name":"Hall","zone":"Europe/Berlin"}"#.to_owned()),
        ("PATCH", format!("/api/v1/venues/{venue}"), staff, r#"{"name":"New","city":null}"#.to_owned()),
        ("POST", format!("/api/v1/venues/{venue}/plans"), staff, plan_form().to_string()),
        (
            "POST",
            format!("/api/v1/venues/{venue}/plans/generate?preview=true"),
            staff,
            r#"{"name":"Club","areas":[{"name":"Floor","capacity":3}]}"#.to_owned(),
        ),
        ("POST", "/api/v1/events".to_owned(), staff, r#"{"title":"Show","tags":["a"]}"#.to_owned()),
        ("PATCH", format!("/api/v1/events/{event}"), staff, r#"{"state":"archived"}"#.to_owned()),
        (
            "POST",
            format!("/api/v1/events/{event}/showtimes"),
            staff,
            format!(
                r#"{{"plan":"{plan}","starts_at":"2098-01-01T19:00:00+01:00","zone":"Europe/Berlin","price_tiers":[{tier}]}}"#
            ),
        ),
        ("PATCH", format!("/api/v1/showtimes/{showtime}"), staff, r#"{"hold_ttl_s":60}"#.to_owned()),
        ("POST", format!("/api/v1/showtimes/{showtime}/blocks"), staff, r#"{"places":["2-9"]}"#.to_owned()),
        ("POST", format!("/api/v1/showtimes/{showtime}/holds"), buyer, r#"{"places":["1-3",{"id":"1-4"}]}"#.to_owned()),
        (
            "POST",
            format!("/api/v1/showtimes/{showtime}/holds"),
            buyer,
            r#"{"best_available":{"quantity":2},"areas":[{"id":"GA","quantity":1}]}"#.to_owned(),
        ),
        ("POST", format!("/api/v1/holds/{hold}/extend"), buyer, String::new()),
        ("DELETE", format!("/api/v1/holds/{hold}"), buyer, String::new()),
        (
            "POST",
            "/api/v1/orders".to_owned(),
            staff,
            format!(r#"{{"holds":["{hold}"],"payment":{{"method":"box_office","kind":"cash"}}}}"#),
        ),
        ("POST", "/api/v1/keys".to_owned(), staff, r#"{"name":"till","scopes":["read"]}"#.to_owned()),
        ("POST", "/api/v1/organizations".to_owned(), staff, r#"{"name":"Rival"}"#.to_owned()),
        (
            "POST",
            "/api/v1/vouchers".to_owned(),
            staff,
            format!(
                r#"{{"code":"PRESS","discount":{{"basis_points":1000,"per":"order"}},"showtimes":["{showtime}"]}}"#
            ),
        ),
        (
            "POST",
            "/api/v1/vouchers/bulk".to_owned(),
            staff,
            r#"{"count":3,"prefix":"A","voucher":{"discount":{"amount":{"amount":5,"currency":"EUR"}}}}"#.to_owned(),
        ),
        (
            "POST",
            format!("/api/v1/showtimes/{showtime}/holds"),
            buyer,
            r#"{"places":[{"id":"1-5","ticket_type":"child"}],"voucher":"PRESS"}"#.to_owned(),
        ),
        ("PATCH", format!("/api/v1/showtimes/{showtime}"), staff, PRICES.to_owned()),
    ]
}

pub(crate) fn request_seeds() -> Vec<Vec<u8>> {
    let conditions = "authorization: Bearer KEY\nif-match: \"1\"\nif-none-match: W/\"2\", *\nx-min-log-index: 3\n\
        accept: application/vnd.usher.seats;q=0.5, */*\norigin: http://localhost";
    let mut seeds: Vec<String> = reads().iter().map(|target| format!("GET {target}\n{conditions}")).collect();
    seeds.extend(
        writes().iter().map(|(method, target, headers, body)| format!("{method} {target}\n{headers}\n\n{body}")),
    );
    seeds.into_iter().map(String::into_bytes).collect()
}

/// What a viewer sends on an open socket. The first byte chooses the form of the frames.
pub(crate) fn live(bytes: &[u8]) {
    let Some((flags, bytes)) = bytes.split_first() else { return };
    with_node(|node| {
        let bytes = node.fill_in(bytes);
        let heard = node.runtime.block_on(api::fuzz::live(&node.api, &bytes, flags & 1 == 1));
        let mut rest = &heard[..];
        while let Some((&[first, len], after)) = rest.split_first_chunk::<2>() {
            assert_eq!(len & 0x80, 0, "a server masks nothing");
            let (len, after) = match len {
                126 => (usize::from(u16::from_be_bytes([after[0], after[1]])), &after[2..]),
                127 => (u64::from_be_bytes(after[..8].try_into().unwrap()) as usize, &after[8..]),
                len => (usize::from(len), after),
            };
            let (payload, after) = after.split_at(len);
            if first == 0x81 {
                serde_json::from_slice::<Value>(payload).unwrap();
            }
            rest = after;
        }
        assert_eq!(node.api.sockets(), 0, "a socket that has gone keeps no place");
    });
}

pub(crate) fn live_seeds() -> Vec<Vec<u8>> {
    let frame = |kind: u8, text: &str| {
        let mut frame = vec![0x80 | kind];
        match u8::try_from(text.len()) {
            Ok(len) if len < 126 => frame.push(0x80 | len),
            _ => {
                frame.push(0x80 + 126);
                frame.extend_from_slice(&u16::try_from(text.len()).unwrap().to_be_bytes());
            }
        }
        // A mask of zeros: the text stays readable for whoever puts ids into it.
        frame.extend_from_slice(&[0; 4]);
        frame.extend_from_slice(text.as_bytes());
        frame
    };
    let showtime = placeholder("sht");
    let subscribe = frame(1, &format!(r#"{{"subscribe":{{"showtime":"{showtime}"}}}}"#));
    let from = frame(1, &format!(r#"{{"subscribe":{{"showtime":"{showtime}","from_index":3}}}}"#));
    let unsubscribe = frame(1, &format!(r#"{{"unsubscribe":{{"showtime":"{showtime}"}}}}"#));
    let close = frame(8, "\u{3}\u{e8}");
    vec![
        [&[0][..], &subscribe, &unsubscribe, &close].concat(),
        [&[1][..], &from, &subscribe].concat(),
        [&[1][..], &frame(2, "binary"), &frame(9, "ping"), &frame(10, "pong")].concat(),
        [&[0][..], &[1, 0x80 | 5, 0, 0, 0, 0], b"{\"sub", &frame(0, "x\":1}")].concat(),
    ]
}

/// A plan of two rows of ten seats and an area.
fn plan_form() -> Value {
    let row = |row: u32| {
        let seats: Vec<Value> = (1..=10)
            .map(|n| {
                json!({ "seat_guid": format!("{row}-{n}"), "seat_number": n.to_string(), "category": "All",
                    "position": { "x": n * 20, "y": row * 30 } })
            })
            .collect();
        json!({ "row_number": row.to_string(), "seats": seats })
    };
    json!({
        "name": "Hall", "size": { "width": 240, "height": 120 }, "categories": [{ "name": "All", "color": "#112233" }],
        "zones": [{ "name": "Hall", "zone_id": "H", "rows": [row(1), row(2)],
            "areas": [{ "area_id": "GA", "name": "Floor", "capacity": 50, "category": "All", "shape": "rectangle" }] }]
    })
}

pub(crate) fn plan(bytes: &[u8]) {
    let plan = within((8 << 20) + 4_000 * bytes.len(), || api::fuzz::plan(bytes));
    if let Some(plan) = plan {
        // The rules have the last word, and say it in words.
        drop(plan.defect());
    }
}

pub(crate) fn plan_seeds() -> Vec<Vec<u8>> {
    let odd = json!({
        "zones": [{ "position": { "x": -5.5, "y": 1e3 }, "extra": [1, { "a": null }],
            "rows": [{ "row_number": 1, "seats": [
                { "uuid": "u", "seat_number": 7, "attributes": ["wheelchair", "?"], "radius": 3.5 },
                { "seat_guid": "same" }, { "seat_guid": "same", "category": null }] }] }],
        "focal_point": { "x": 1, "y": 2 }
    });
    vec![plan_form().to_string().into_bytes(), odd.to_string().into_bytes()]
}

pub(crate) fn picture(bytes: &[u8]) {
    within((32 << 20) + 64 * bytes.len(), || api::fuzz::picture(bytes));
}

/// A plan in CSV.
pub(crate) fn table(bytes: &[u8]) {
    let plan = within((8 << 20) + 4_000 * bytes.len(), || api::fuzz::table(bytes));
    if let Some(plan) = plan {
        drop(plan.defect());
    }
}

pub(crate) fn table_seeds() -> Vec<Vec<u8>> {
    let plain = "section,row,seat,category,attributes\nStalls,A,1,Best,wheelchair\nStalls,A,2,Best,\n";
    let all = "\u{feff}Section;row;seat;x;y;category;attributes;area;capacity;id\r\nS;1;1;10,5;2e1;\"A \"\"a\"\"\";;;;g1\r\n\
        ;;;;;B;;Floor;50;\r\n";
    let tabs = "area\tcapacity\tcategory\nFloor\t7\tAll\nFloor\t7\tAll\n";
    [plain, all, tabs].into_iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// A simple hall in a few words. Few words make many seats, so the bound is that of the largest plan.
pub(crate) fn hall(bytes: &[u8]) {
    let plan = within(1 << 30, || api::fuzz::hall(bytes));
    if let Some(plan) = plan {
        assert_eq!(plan.defect(), None, "what is generated is taken");
    }
}

pub(crate) fn hall_seeds() -> Vec<Vec<u8>> {
    let all = json!({ "name": "Hall",
        "sections": [{ "name": "Stalls", "rows": 3, "seats": [6, 7, 8], "row_labels": "letters", "first_row": 23,
            "numbering": "odd_even", "first_number": 1, "aisles": [2, 5], "curve_degrees": 60.5, "seat_gap": 18,
            "row_gap": 25, "aisle_width": 30, "position": { "x": 5, "y": -7.5 },
            "categories": [{ "category": "A", "color": "#112233", "to": "Y" }, { "category": "B", "from": "Y" }],
            "special": [{ "row": "Y", "seats": ["1"], "attributes": ["wheelchair", "companion"] }] }],
        "areas": [{ "name": "Floor", "capacity": 50, "category": "B", "color": "#445566" }] });
    let simple = json!({ "name": "H", "sections": [{ "name": "S", "rows": 2, "seats": 4, "numbering": "centre_out",
        "row_labels": "numbers", "categories": [{ "category": "A" }] }] });
    vec![all.to_string().into_bytes(), simple.to_string().into_bytes()]
}

fn id<T: std::str::FromStr + std::fmt::Display>(text: &str) {
    if let Ok(id) = text.parse::<T>() {
        assert_eq!(id.to_string(), text, "an id has one form");
    }
}

/// Short texts that name things: ids and hold tokens.
pub(crate) fn text(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    id::<booking::ids::ShowtimeId>(text);
    id::<booking::ids::HoldId>(text);
    id::<booking::ids::OrderId>(text);
    api::fuzz::hold_token(text);
}

pub(crate) fn text_seeds() -> Vec<Vec<u8>> {
    let ids = [booking::ids::HoldId(7).to_string(), booking::ids::ShowtimeId(u128::MAX).to_string()];
    ids.into_iter().chain([api::fuzz::a_hold_token()]).map(String::into_bytes).collect()
}
