//! An HTTP/1.1 client that tells apart what the product's promises tell apart: an answer, a request that was never
//! sent, and one whose fate is unknown. Deliberately no retries and no redirects here (see `buyers`).

use std::fmt::Write;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longer than any deadline inside the product.
const WITHIN: Duration = Duration::from_secs(12);

/// One request.
#[derive(Debug, Clone)]
pub struct Call {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<Vec<u8>>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// Why nothing came back.
#[derive(Debug, Clone)]
pub enum Failure {
    /// No connection: the node has not seen the request.
    NotSent(String),
    /// It may have seen it.
    NoAnswer(String),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotSent(why) => write!(f, "not sent: {why}"),
            Self::NoAnswer(why) => write!(f, "no answer, it may have been seen: {why}"),
        }
    }
}

impl Call {
    pub fn new(method: &str, path: &str) -> Self {
        Self { method: method.to_owned(), path: path.to_owned(), headers: Vec::new(), body: None }
    }
    pub fn get(path: &str) -> Self {
        Self::new("GET", path)
    }
    pub fn delete(path: &str) -> Self {
        Self::new("DELETE", path)
    }
    pub fn post(path: &str, body: &Value) -> Self {
        Self::new("POST", path).json(body)
    }
    pub fn patch(path: &str, body: &Value) -> Self {
        Self::new("PATCH", path).json(body)
    }
    pub fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").bytes(body.to_string().into_bytes())
    }
    pub fn bytes(mut self, body: Vec<u8>) -> Self {
        self.body = Some(body);
        self
    }
    pub fn header(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }
    /// With an API key or a hold token.
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }
    /// With an idempotency key.
    pub fn once(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    fn bytes_on_the_wire(&self, host: SocketAddr) -> Vec<u8> {
        let mut out = format!("{} {} HTTP/1.1\r\nhost: {host}\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            let _ = write!(out, "{name}: {value}\r\n");
        }
        let body = self.body.as_deref().unwrap_or_default();
        if self.body.is_some() || self.method != "GET" {
            let _ = write!(out, "content-length: {}\r\n", body.len());
        }
        out.push_str("\r\n");
        [out.as_bytes(), body].concat()
    }
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
    /// The body; null if it is no JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
    /// The log index it reflects.
    pub fn index(&self) -> u64 {
        self.header("x-log-index").and_then(|v| v.parse().ok()).unwrap_or(0)
    }
    pub fn replayed(&self) -> bool {
        self.header("idempotency-replayed") == Some("true")
    }
    /// The problem's code.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
    /// Status and the beginning of the body, for messages.
    pub fn told(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        format!("{} {}", self.status, text.chars().take(600).collect::<String>())
    }
    /// The body of an answer that must have this status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.told());
        self.json()
    }
}

/// A connection to one node that is kept while it works.
pub struct Client {
    address: SocketAddr,
    within: Duration,
    stream: Option<TcpStream>,
}

impl Client {
    pub fn new(address: SocketAddr) -> Self {
        Self { address, within: WITHIN, stream: None }
    }

    /// One that gives up sooner.
    pub fn within(address: SocketAddr, within: Duration) -> Self {
        Self { within, ..Self::new(address) }
    }

    /// Sends a request and reads its answer.
    pub async fn send(&mut self, call: &Call) -> Result<Answer, Failure> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => match timeout(self.within, TcpStream::connect(self.address)).await {
                Ok(Ok(stream)) => {
                    let _ = stream.set_nodelay(true);
                    stream
                }
                Ok(Err(error)) => return Err(Failure::NotSent(error.to_string())),
                Err(_) => return Err(Failure::NotSent("no connection in time".to_owned())),
            },
        };
        let bytes = call.bytes_on_the_wire(self.address);
        let head = call.method == "HEAD";
        let exchange = async {
            // A node may answer and close before it has read all of a body that is too large.
            let (reading, mut writing) = stream.split();
            let mut reading = BufReader::new(reading);
            let write = async {
                let _ = writing.write_all(&bytes).await;
                std::future::pending::<()>().await;
            };
            tokio::select! {
                answer = read(&mut reading, head) => answer,
                () = write => Err("not reached".to_owned()),
            }
        };
        match timeout(self.within, exchange).await {
            Ok(Ok(answer)) => {
                if answer.header("connection").is_none_or(|v| !v.eq_ignore_ascii_case("close")) {
                    self.stream = Some(stream);
                }
                Ok(answer)
            }
            Ok(Err(why)) => Err(Failure::NoAnswer(why)),
            Err(_) => Err(Failure::NoAnswer("no answer in time".to_owned())),
        }
    }
}

/// One request on a connection of its own.
pub async fn call(address: SocketAddr, call: &Call) -> Result<Answer, Failure> {
    Client::new(address).send(call).await
}

async fn read<R: tokio::io::AsyncRead + Unpin>(stream: &mut BufReader<R>, head: bool) -> Result<Answer, String> {
    let told = |e: std::io::Error| e.to_string();
    let mut line = String::new();
    stream.read_line(&mut line).await.map_err(told)?;
    let status: u16 =
        line.split(' ').nth(1).and_then(|s| s.parse().ok()).ok_or_else(|| format!("no status line: {line:?}"))?;
    let mut headers = Vec::new();
    loop {
        line.clear();
        stream.read_line(&mut line).await.map_err(told)?;
        let text = line.trim_end();
        if text.is_empty() {
            break;
        }
        let (name, value) = text.split_once(':').ok_or_else(|| format!("no header: {text:?}"))?;
        headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let mut answer = Answer { status, headers, body: Vec::new() };
    if head || status == 204 || status == 304 || status / 100 == 1 {
        return Ok(answer);
    }
    if answer.header("transfer-encoding").is_some() {
        loop {
            line.clear();
            stream.read_line(&mut line).await.map_err(told)?;
            let len = usize::from_str_radix(line.trim(), 16).map_err(|e| e.to_string())?;
            let mut part = vec![0; len + 2];
            stream.read_exact(&mut part).await.map_err(told)?;
            if len == 0 {
                return Ok(answer);
            }
            part.truncate(len);
            answer.body.append(&mut part);
        }
    }
    if let Some(len) = answer.header("content-length").and_then(|v| v.parse::<usize>().ok()) {
        answer.body = vec![0; len];
        stream.read_exact(&mut answer.body).await.map_err(told)?;
    } else {
        stream.read_to_end(&mut answer.body).await.map_err(told)?;
    }
    Ok(answer)
}
