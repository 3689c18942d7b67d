//! A viewer of the live feed that follows the rules of the interface: subscribe, snapshot, apply, drop, resync.
//! Checks each frame's bounds as it comes. Deliberately no reconnecting by itself: a test says when and where.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::harness::{Cluster, PATIENCE};
use crate::http::Call;
use crate::packed;
use crate::stage::text;
use crate::waiting::until;

/// What a viewer asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Json,
    Packed,
}

/// Changes of one showtime, in either form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub channel: u64,
    pub from: u64,
    pub to: u64,
    pub seats: Vec<(usize, u8)>,
    pub areas: Vec<(usize, u64)>,
}

/// One who watches a showtime at one node.
pub struct Viewer {
    pub node: usize,
    pub form: Form,
    showtime: String,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    channel: u64,
    /// The map: one state a seat, 0 to 3.
    pub seats: Vec<u8>,
    /// Free places of the areas that changed.
    pub areas: BTreeMap<usize, u64>,
    /// What the map reflects.
    pub index: u64,
    /// `to` of the last frame of this socket.
    last_to: Option<u64>,
    /// Times it had to begin anew.
    pub resyncs: usize,
    pub frames: usize,
}

/// How a socket ended.
#[derive(Debug)]
pub struct Closed {
    pub code: Option<u16>,
    pub reason: String,
}

impl Viewer {
    /// Connects, subscribes, and takes the first snapshot.
    pub async fn open(cluster: &Cluster, node: usize, showtime: &str, form: Form) -> Self {
        let socket = connect(cluster, node, form).await;
        let mut viewer = Self {
            node,
            form,
            showtime: showtime.to_owned(),
            socket,
            channel: 0,
            seats: Vec::new(),
            areas: BTreeMap::new(),
            index: 0,
            last_to: None,
            resyncs: 0,
            frames: 0,
        };
        viewer.subscribe(cluster, None).await;
        viewer
    }

    /// Leaves and goes on at another node from where it was.
    pub async fn move_to(&mut self, cluster: &Cluster, node: usize) {
        self.socket = connect(cluster, node, self.form).await;
        self.node = node;
        let from = self.index;
        self.subscribe(cluster, Some(from)).await;
    }

    async fn subscribe(&mut self, cluster: &Cluster, from: Option<u64>) {
        let mut wanted = json!({ "showtime": self.showtime });
        if let Some(from) = from {
            wanted["from_index"] = from.into();
        }
        let text = json!({ "subscribe": wanted }).to_string();
        self.socket.send(Message::text(text)).await.expect("the socket takes a subscription");
        self.subscribed(cluster).await;
    }

    /// Waits for `subscribed`, and takes a snapshot if the map does not reach as far.
    async fn subscribed(&mut self, cluster: &Cluster) {
        let start = loop {
            let told = self.told(PATIENCE).await.expect("an answer to a subscription");
            let Told::Json(told) = told else { continue };
            if let Some(subscribed) = told.get("subscribed") {
                self.channel = subscribed["channel"].as_u64().expect("a channel");
                break subscribed["index"].as_u64().expect("an index");
            }
            if told.get("resync").is_some() {
                // Too old to go on from: it begins anew, and `subscribed` comes next.
                self.resyncs += 1;
                self.seats.clear();
            }
        };
        self.last_to = None;
        if self.seats.is_empty() || start > self.index {
            self.snapshot(cluster, start).await;
        }
    }

    async fn snapshot(&mut self, cluster: &Cluster, at_least: u64) {
        let path = format!("/api/v1/showtimes/{}/seats", self.showtime);
        let accept = if self.form == Form::Json { "application/json" } else { packed::SEATS };
        let call = Call::get(&path).header("accept", accept).header("x-min-log-index", at_least);
        let what = format!("node {} shows the map at {at_least}", self.node);
        let answer =
            until(&what, PATIENCE, async || cluster.call(self.node, &call).await.ok().filter(|a| a.status == 200))
                .await;
        (self.index, self.seats) = match self.form {
            Form::Json => {
                let body = answer.json();
                (body["index"].as_u64().expect("an index"), text(&body, "states").bytes().map(|b| b - b'0').collect())
            }
            Form::Packed => packed::seats(&answer.body),
        };
        assert!(self.index >= at_least, "asked for {at_least}, got {}", self.index);
    }

    /// Takes frames until the map reflects an index; true if it does, false when told to resync (and has).
    pub async fn follow_to(&mut self, cluster: &Cluster, index: u64) {
        while self.index < index {
            self.take(cluster, PATIENCE).await.unwrap_or_else(|closed| panic!("closed at {}: {closed:?}", self.index));
        }
    }

    /// Takes one message.
    pub async fn take(&mut self, cluster: &Cluster, within: Duration) -> Result<(), Closed> {
        match self.told(within).await? {
            Told::Frame(frame) => self.apply(cluster, frame).await,
            Told::Json(told) => {
                if let Some(index) = told["heartbeat"].as_u64() {
                    self.index = self.index.max(index);
                } else if told.get("resync").is_some() {
                    self.resyncs += 1;
                    self.seats.clear();
                    self.subscribed(cluster).await;
                } else {
                    panic!("not a message of the feed: {told}");
                }
            }
        }
        Ok(())
    }

    async fn apply(&mut self, cluster: &Cluster, frame: Frame) {
        assert_eq!(frame.channel, self.channel);
        assert!(frame.from < frame.to, "{frame:?}");
        if let Some(last) = self.last_to {
            assert_eq!(frame.from, last, "a frame follows the one before it");
        }
        self.last_to = Some(frame.to);
        self.frames += 1;
        if frame.to <= self.index {
            return;
        }
        if frame.from > self.index {
            self.resyncs += 1;
            self.snapshot(cluster, frame.to).await;
            return;
        }
        for (seat, state) in frame.seats {
            // There are no refunds yet: what is sold stays sold.
            assert!(self.seats[seat] != 2 || state == 2, "seat {seat} went from sold to {state}");
            self.seats[seat] = state;
        }
        self.areas.extend(frame.areas);
        self.index = frame.to;
    }

    async fn told(&mut self, within: Duration) -> Result<Told, Closed> {
        loop {
            let message = timeout(within, self.socket.next()).await;
            let message = message.unwrap_or_else(|_| panic!("nothing from node {} for {within:?}", self.node));
            match message {
                Some(Ok(Message::Text(text))) => {
                    let value: Value = serde_json::from_str(&text).expect("JSON");
                    return Ok(frame_of(&value).map_or(Told::Json(value), Told::Frame));
                }
                Some(Ok(Message::Binary(bytes))) => return Ok(Told::Frame(packed::frame(&bytes))),
                Some(Ok(Message::Close(frame))) => {
                    let reason = frame.as_ref().map(|f| f.reason.to_string()).unwrap_or_default();
                    return Err(Closed { code: frame.map(|f| f.code.into()), reason });
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(Closed { code: None, reason: error.to_string() }),
                None => return Err(Closed { code: None, reason: "end".to_owned() }),
            }
        }
    }
}

enum Told {
    Frame(Frame),
    Json(Value),
}

fn frame_of(value: &Value) -> Option<Frame> {
    let pairs =
        |name: &str| value[name].as_array().map(|all| all.iter().filter_map(Value::as_array).cloned().collect());
    let changes: Vec<Vec<Value>> = pairs("changes")?;
    let areas: Vec<Vec<Value>> = pairs("areas").unwrap_or_default();
    let number = |v: &Value| v.as_u64().expect("a number");
    Some(Frame {
        channel: number(&value["channel"]),
        from: number(&value["from"]),
        to: number(&value["to"]),
        seats: changes.iter().map(|c| (number(&c[0]) as usize, number(&c[1]) as u8)).collect(),
        areas: areas.iter().map(|a| (number(&a[0]) as usize, number(&a[1]))).collect(),
    })
}

async fn connect(cluster: &Cluster, node: usize, form: Form) -> WebSocketStream<MaybeTlsStream<TcpStream>> {
    let url = format!("ws://{}/api/v1/live", cluster.nodes[node - 1].http);
    until(&format!("node {node} opens a socket"), PATIENCE, async || {
        let mut request = url.as_str().into_client_request().expect("a request");
        if form == Form::Packed {
            request.headers_mut().insert("sec-websocket-protocol", "usher.live.v1+binary".parse().expect("a header"));
        }
        let (socket, answer) = timeout(Duration::from_secs(5), connect_async(request)).await.ok()?.ok()?;
        let chosen = answer.headers().get("sec-websocket-protocol").map(|v| v.to_str().unwrap_or_default().to_owned());
        assert_eq!(chosen.as_deref(), (form == Form::Packed).then_some("usher.live.v1+binary"));
        Some(socket)
    })
    .await
}
