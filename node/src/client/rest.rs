//! REST calls as the command line makes them: JSON, the key, one idempotency key for all repetitions of a request.
//! Deliberately not here: what the calls are about.

use std::fmt;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::{Address, Connection, HttpError};

/// A request is repeated for so long while the cluster has no leader or the outcome is not known.
const REPEAT_WITHIN: Duration = Duration::from_secs(20);
/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(200);
/// An import of the largest plan takes a while on a slow machine.
const ANSWER_WITHIN: Duration = Duration::from_mins(1);

/// Why a call brought nothing.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The node answered with a refusal: its status and problem document.
    Refused {
        /// HTTP status.
        status: u16,
        /// The problem's code, or nothing.
        code: String,
        /// What the problem says.
        detail: String,
        /// All of it.
        problem: Value,
    },
    /// No connection could be made.
    NoConnection(String),
    /// An answer was lost, late or unreadable.
    NoAnswer(String),
}

impl Failure {
    /// Whether to try again later is sensible.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Refused { status, .. } => matches!(status, 408 | 429 | 502..=504),
            Self::NoConnection(_) | Self::NoAnswer(_) => true,
        }
    }

    /// The refusal's code, if it is one.
    pub(crate) fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            Self::NoConnection(_) | Self::NoAnswer(_) => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { status, code, detail, problem } => {
                write!(f, "{status} {code}: {detail}")?;
                let mut errors = items(problem, "errors").iter();
                errors.try_for_each(|e| write!(f, "\n  {} {}", text(e, "pointer"), text(e, "detail")))
            }
            Self::NoConnection(why) | Self::NoAnswer(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Failure {}

impl From<HttpError> for Failure {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Connect(why) => Self::NoConnection(why),
            HttpError::Lost(_) | HttpError::TimedOut | HttpError::Malformed(_) => Self::NoAnswer(error.to_string()),
        }
    }
}

/// Draws a key that nobody else has: for `Idempotency-Key`.
pub(crate) fn new_key() -> String {
    let mut bytes = [0_u8; 16];
    // Without random bytes from the system nothing else would work either.
    if getrandom::fill(&mut bytes).is_err() {
        return format!("pid-{}-no-random-bytes", std::process::id());
    }
    format!("{:032x}", u128::from_be_bytes(bytes))
}

/// A member as text, whether it is a text or a number; empty if it is not there.
pub(crate) fn text(value: &Value, name: &str) -> String {
    match value.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// The items of a member that is a list; none if it is not there.
pub(crate) fn items<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// REST calls to one node.
pub(crate) struct Rest {
    connection: Connection,
    /// Header lines that every request carries.
    headers: String,
    repeat_within: Duration,
    /// Largest `X-Log-Index` seen: reads wait for one's own writes.
    seen_index: u64,
}

impl Rest {
    /// Calls to a node, with an API key or without.
    pub(crate) fn new(address: Address, key: Option<&str>) -> Self {
        let headers = key.map_or_else(String::new, |key| format!("authorization: Bearer {key}\r\n"));
        Self { connection: Connection::new(address), headers, repeat_within: REPEAT_WITHIN, seen_index: 0 }
    }

    /// Adds a header to every request.
    pub(crate) fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers = format!("{}{name}: {value}\r\n", self.headers);
        self
    }

    /// Gives up after this instead of 20 s; zero: never repeats.
    pub(crate) fn repeating_for(mut self, within: Duration) -> Self {
        self.repeat_within = within;
        self
    }

    /// The largest log index that an answer named.
    pub(crate) fn seen_index(&self) -> u64 {
        self.seen_index
    }

    /// Later reads wait until the node has applied this index.
    pub(crate) fn wait_for_index(&mut self, index: u64) {
        self.seen_index = self.seen_index.max(index);
    }

    /// GET.
    pub(crate) async fn get(&mut self, path: &str) -> Result<Value, Failure> {
        self.call("GET", path, None, None).await
    }

    /// POST under a drawn idempotency key.
    pub(crate) async fn post(&mut self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.call("POST", path, Some(body.to_string().into_bytes()), Some(&new_key())).await
    }

    /// POST without a body, under a drawn idempotency key.
    pub(crate) async fn post_nothing(&mut self, path: &str) -> Result<Value, Failure> {
        self.call("POST", path, None, Some(&new_key())).await
    }

    /// POST under a given idempotency key.
    pub(crate) async fn post_once(&mut self, path: &str, body: &Value, key: &str) -> Result<Value, Failure> {
        self.call("POST", path, Some(body.to_string().into_bytes()), Some(key)).await
    }

    /// POST of bytes that are JSON already.
    pub(crate) async fn post_bytes(&mut self, path: &str, body: &[u8], key: &str) -> Result<Value, Failure> {
        self.call("POST", path, Some(body.to_vec()), Some(key)).await
    }

    /// PATCH under a drawn idempotency key.
    pub(crate) async fn patch(&mut self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.call("PATCH", path, Some(body.to_string().into_bytes()), Some(&new_key())).await
    }

    /// DELETE under a drawn idempotency key.
    pub(crate) async fn delete(&mut self, path: &str) -> Result<Value, Failure> {
        self.call("DELETE", path, None, Some(&new_key())).await
    }

    /// All items of a list, page by page.
    pub(crate) async fn list(&mut self, path: &str) -> Result<Vec<Value>, Failure> {
        let mut items = Vec::new();
        let mut cursor: Option<String> = None;
        let and = if path.contains('?') { '&' } else { '?' };
        loop {
            let from = cursor.map_or_else(String::new, |c| format!("&cursor={c}"));
            let mut page = self.get(&format!("{path}{and}limit=100{from}")).await?;
            if let Some(Value::Array(more)) = page.get_mut("items").map(Value::take) {
                items.extend(more);
            }
            cursor = page.get("next_cursor").and_then(Value::as_str).map(str::to_owned);
            if cursor.is_none() {
                return Ok(items);
            }
        }
    }

    /// Downloads to `take`, bytes as they come.
    pub(crate) async fn download(
        &mut self,
        method: &str,
        path: &str,
        take: impl FnMut(&[u8]) -> std::io::Result<()>,
    ) -> Result<(), Failure> {
        let (status, body) = self.connection.download(method, path, &self.headers, take).await?;
        if status == 200 { Ok(()) } else { Err(refusal(status, &body)) }
    }

    async fn call(
        &mut self,
        method: &str,
        path: &str,
        body: Option<Vec<u8>>,
        key: Option<&str>,
    ) -> Result<Value, Failure> {
        let until = Instant::now() + self.repeat_within;
        loop {
            let answer = self.attempt(method, path, body.as_deref().unwrap_or_default(), key).await;
            match answer {
                Err(failure) if failure.is_passing() && Instant::now() + PAUSE < until => {
                    tokio::time::sleep(PAUSE).await;
                }
                answer => return answer,
            }
        }
    }

    async fn attempt(&mut self, method: &str, path: &str, body: &[u8], key: Option<&str>) -> Result<Value, Failure> {
        let key = key.map_or_else(String::new, |key| format!("idempotency-key: {key}\r\n"));
        let min = if self.seen_index > 0 { format!("x-min-log-index: {}\r\n", self.seen_index) } else { String::new() };
        let headers = format!("{}{key}{min}", self.headers);
        let response = self.connection.call(method, path, &headers, body, ANSWER_WITHIN).await?;
        let index = response.header("x-log-index").and_then(|i| i.parse().ok()).unwrap_or(0);
        let answer = if (200..300).contains(&response.status) {
            read(response.body)
        } else {
            Err(refusal(response.status, response.body))
        };
        self.seen_index = self.seen_index.max(index);
        answer
    }
}

fn read(body: &[u8]) -> Result<Value, Failure> {
    if body.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(body).map_err(|e| Failure::NoAnswer(format!("the answer is not JSON: {e}")))
}

fn refusal(status: u16, body: &[u8]) -> Failure {
    let problem: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let text = |name: &str| problem.get(name).and_then(Value::as_str).map(str::to_owned);
    let detail = text("detail").or_else(|| text("title")).unwrap_or_else(|| String::from_utf8_lossy(body).into_owned());
    Failure::Refused { status, code: text("code").unwrap_or_default(), detail, problem }
}
