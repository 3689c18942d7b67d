//! The live feed: snapshot and frames give the state, at every index, for every viewer.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::support::{House, Node, id};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

const WITHIN: Duration = Duration::from_secs(15);

/// Serves the node on a real port until the sender is dropped.
async fn serve(node: &Node) -> (String, oneshot::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (stop, stopped) = oneshot::channel::<()>();
    let api = node.api.clone();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move {
        api.serve(listener, async { drop(stopped.await) }).await.unwrap();
    });
    tasks.detach_all();
    (address, stop)
}

async fn connect(address: &str, headers: &[(&'static str, &str)]) -> Result<Socket, Error> {
    let mut request = format!("ws://{address}/api/v1/live").into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    connect_async(request).await.map(|(socket, _)| socket)
}

async fn say(socket: &mut Socket, message: Value) {
    socket.send(Message::Text(message.to_string().into())).await.unwrap();
}

async fn hear(socket: &mut Socket) -> Message {
    tokio::time::timeout(WITHIN, socket.next()).await.unwrap().unwrap().unwrap()
}

async fn hear_json(socket: &mut Socket) -> Value {
    serde_json::from_str(hear(socket).await.to_text().unwrap()).unwrap()
}

/// A frame in either form.
struct Frame {
    from: u64,
    to: u64,
    seats: Vec<(usize, u8)>,
    areas: Vec<(usize, u64)>,
}

fn read(message: &Message) -> Option<Frame> {
    match message {
        Message::Binary(bytes) => {
            let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
            let u64_at = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
            assert_eq!(&bytes[..4], [1, 1, 0, 0]);
            let (seats, areas) = (u32_at(32) as usize, u32_at(36) as usize);
            let end = 40 + 4 * seats;
            Some(Frame {
                from: u64_at(16),
                to: u64_at(24),
                seats: (0..seats).map(|i| u32_at(40 + 4 * i)).map(|n| ((n >> 2) as usize, (n & 3) as u8)).collect(),
                areas: (0..areas).map(|i| (u32_at(end + 8 * i) as usize, u64::from(u32_at(end + 8 * i + 4)))).collect(),
            })
        }
        Message::Text(text) => {
            let value: Value = serde_json::from_str(text).unwrap();
            let pairs = |name: &str| -> Vec<(usize, u64)> {
                let pairs = value[name].as_array().unwrap().iter();
                pairs.map(|p| (p[0].as_u64().unwrap() as usize, p[1].as_u64().unwrap())).collect()
            };
            value.get("from").map(|from| Frame {
                from: from.as_u64().unwrap(),
                to: value["to"].as_u64().unwrap(),
                seats: pairs("changes").into_iter().map(|(seat, state)| (seat, state as u8)).collect(),
                areas: pairs("areas"),
            })
        }
        Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => None,
    }
}

/// Watches by the book and gives the map once it has reached an index.
async fn watch(
    node: &Node,
    house: &House,
    socket: &mut Socket,
    snapshot: &str,
    until: u64,
) -> (String, BTreeMap<usize, u64>) {
    let index: u64 = node_index(snapshot);
    let snapshot: Value = serde_json::from_str(snapshot).unwrap();
    let mut seats: Vec<u8> = snapshot["states"].as_str().unwrap().bytes().collect();
    let (mut own, mut areas) = (index, BTreeMap::new());
    while own < until {
        let message = hear(socket).await;
        let Some(frame) = read(&message) else { continue };
        if frame.to <= own {
            continue;
        }
        assert!(frame.from <= own, "a gap: {} after {own}", frame.from);
        for (seat, state) in frame.seats {
            seats[seat] = b'0' + state;
        }
        areas.extend(frame.areas);
        own = frame.to;
    }
    assert!(node.cluster.applied() >= own && !house.showtime.is_empty());
    (String::from_utf8(seats).unwrap(), areas)
}

fn node_index(snapshot: &str) -> u64 {
    serde_json::from_str::<Value>(snapshot).unwrap()["index"].as_u64().unwrap()
}

#[tokio::test]
async fn live_feed_equals_state() {
    let node = Node::start().await;
    let (address, _stop) = serve(&node).await;
    for protocol in ["usher.live.v1", "usher.live.v1+binary"] {
        let house = House::build(&node).await;
        let mut socket = connect(&address, &[("sec-websocket-protocol", protocol)]).await.unwrap();
        say(&mut socket, json!({"subscribe": {"showtime": house.showtime}})).await;
        let subscribed = hear_json(&mut socket).await["subscribed"].clone();
        assert_eq!(subscribed["showtime"], json!(house.showtime));
        let path = format!("/api/v1/showtimes/{}/seats", house.showtime);
        let min = subscribed["index"].to_string();
        let snapshot = node.ask("GET", &path, &[("x-min-log-index", &min)], &Value::Null).await;
        let snapshot = String::from_utf8(snapshot.body).unwrap();
        assert!(node_index(&snapshot) >= subscribed["index"].as_u64().unwrap());

        let mut last = 0;
        for round in 0..30 {
            let seat = format!("{}-{}", round % 2 + 1, round % 10 + 1);
            let body = json!({"places": [seat], "areas": [{"area": "GA", "quantity": 1}]});
            let hold = node.buyer("POST", &house.holds(), &body).await;
            if hold.status != 201 {
                continue;
            }
            last = hold.header("x-log-index").parse().unwrap();
            let hold = hold.json();
            if round % 3 == 0 {
                continue;
            }
            let path = format!("/api/v1/holds/{}", id(&hold));
            let released = node.with(hold["token"].as_str().unwrap(), "DELETE", &path, &Value::Null).await;
            last = released.header("x-log-index").parse().unwrap();
        }
        let (seats, areas) = watch(&node, &house, &mut socket, &snapshot, last).await;
        let now = node.ask("GET", &path, &[("x-min-log-index", &last.to_string())], &Value::Null).await.expect(200);
        assert_eq!(json!(seats), now["states"], "{protocol}");
        let counts =
            node.buyer("GET", &format!("/api/v1/showtimes/{}/availability", house.showtime), &Value::Null).await;
        assert_eq!(json!(areas[&0]), counts.expect(200)["areas"][0]["free"]);
    }
}

#[tokio::test]
async fn a_viewer_that_comes_back_gets_what_it_missed() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let (address, _stop) = serve(&node).await;
    let mut first = connect(&address, &[]).await.unwrap();
    say(&mut first, json!({"subscribe": {"showtime": house.showtime}})).await;
    let index = hear_json(&mut first).await["subscribed"]["index"].as_u64().unwrap();
    node.buyer("POST", &house.holds(), &json!({"places": ["1-1"]})).await.expect(201);
    let frame = hear_json(&mut first).await;
    assert_eq!((frame["changes"].clone(), frame["from"].as_u64() <= Some(index)), (json!([[0, 1]]), true));
    drop(first);

    let mut back = connect(&address, &[]).await.unwrap();
    say(&mut back, json!({"subscribe": {"showtime": house.showtime, "from_index": index}})).await;
    assert_eq!(hear_json(&mut back).await["subscribed"]["index"], index);
    assert_eq!(hear_json(&mut back).await["changes"], json!([[0, 1]]), "the frame that it missed");
    // Too long ago: it starts over.
    say(&mut back, json!({"subscribe": {"showtime": house.showtime, "from_index": 1}})).await;
    assert_eq!(hear_json(&mut back).await, json!({"resync": {"showtime": house.showtime}}));
    assert!(hear_json(&mut back).await["subscribed"]["index"].as_u64() > Some(index));
    // Ahead of what there is: it starts over after a while.
    say(&mut back, json!({"subscribe": {"showtime": house.showtime, "from_index": index + 1_000_000}})).await;
    assert_eq!(hear_json(&mut back).await, json!({"resync": {"showtime": house.showtime}}));
    assert!(hear_json(&mut back).await.get("subscribed").is_some());
    say(&mut back, json!({"unsubscribe": {"showtime": house.showtime}})).await;
    say(&mut back, json!({"subscribe": {"showtime": "sht_00000000000000000000000001"}})).await;
    assert_eq!(hear_json(&mut back).await["error"]["code"], "not-found");
    say(&mut back, json!({"dance": 1})).await;
    assert_eq!(hear_json(&mut back).await["error"]["code"], "malformed-request");
    let seen = tokio::time::timeout(WITHIN, async { while hear_json(&mut back).await.get("heartbeat").is_none() {} });
    seen.await.expect("a heartbeat");
}

/// Seat numbers mean other seats in another plan: viewers start over, those that come back too.
#[tokio::test]
async fn a_viewer_starts_over_when_the_plan_changes() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let mut plan = crate::support::plan();
    plan["zones"][0]["rows"].as_array_mut().unwrap().reverse();
    let path = format!("/api/v1/venues/{}/plans", house.venue);
    let plan = id(&node.staff("POST", &path, &plan).await.expect(201));
    let (address, _stop) = serve(&node).await;
    let mut viewer = connect(&address, &[]).await.unwrap();
    say(&mut viewer, json!({"subscribe": {"showtime": house.showtime}})).await;
    let index = hear_json(&mut viewer).await["subscribed"]["index"].as_u64().unwrap();
    node.buyer("POST", &house.holds(), &json!({"places": ["1-1"]})).await.expect(201);
    assert_eq!(hear_json(&mut viewer).await["changes"], json!([[0, 1]]));
    let path = format!("/api/v1/showtimes/{}/plan", house.showtime);
    let moved = node.staff("POST", &path, &json!({"plan": plan})).await;
    moved.expect(200);
    assert_eq!(hear_json(&mut viewer).await, json!({"resync": {"showtime": house.showtime}}));
    let again = hear_json(&mut viewer).await["subscribed"]["index"].as_u64().unwrap();
    assert!(again >= moved.header("x-log-index").parse().unwrap());
    let headers = [("x-min-log-index", again.to_string())];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let path = format!("/api/v1/showtimes/{}/seats", house.showtime);
    let seats = node.ask("GET", &path, &headers, &Value::Null).await.expect(200);
    assert_eq!(seats["states"], "00000000001000000000");
    node.buyer("POST", &house.holds(), &json!({"places": ["2-1"]})).await.expect(201);
    assert_eq!(hear_json(&mut viewer).await["changes"], json!([[0, 1]]));
    let mut back = connect(&address, &[]).await.unwrap();
    say(&mut back, json!({"subscribe": {"showtime": house.showtime, "from_index": index}})).await;
    assert_eq!(hear_json(&mut back).await, json!({"resync": {"showtime": house.showtime}}));
}

#[tokio::test]
async fn foreign_pages_are_turned_away_and_drafts_are_not_shown() {
    let node = Node::start().await;
    let house = House::build(&node).await;
    let (address, _stop) = serve(&node).await;
    let refused = connect(&address, &[("origin", "https://elsewhere.example")]).await.unwrap_err();
    let Error::Http(answer) = refused else { panic!("{refused}") };
    assert_eq!(answer.status(), 403);
    connect(&address, &[("origin", "http://localhost")]).await.unwrap();

    node.staff("PATCH", &format!("/api/v1/events/{}", house.event), &json!({"state": "archived"})).await.expect(200);
    let mut buyer = connect(&address, &[]).await.unwrap();
    say(&mut buyer, json!({"subscribe": {"showtime": house.showtime}})).await;
    assert_eq!(hear_json(&mut buyer).await["error"]["code"], "not-found");
    let mut staff = connect(&address, &[("authorization", &format!("Bearer {}", node.key))]).await.unwrap();
    say(&mut staff, json!({"subscribe": {"showtime": house.showtime}})).await;
    assert!(hear_json(&mut staff).await.get("subscribed").is_some());
    node.buyer("GET", "/api/v1/live", &Value::Null).await.problem(400, "malformed-request");
}

#[tokio::test]
async fn a_node_that_stops_tells_its_viewers_to_go_elsewhere() {
    let node = Node::start().await;
    let (address, stop) = serve(&node).await;
    let mut socket = connect(&address, &[]).await.unwrap();
    drop(stop);
    let Message::Close(Some(close)) = hear(&mut socket).await else { panic!("no close") };
    assert_eq!(u16::from(close.code), 1012);
    assert_eq!(node.buyer("GET", "/readyz", &Value::Null).await.expect(503)["reasons"], json!(["draining"]));
    let gone = tokio::time::timeout(WITHIN, async { while TcpStream::connect(&address).await.is_ok() {} });
    gone.await.expect("no more connections");
}
