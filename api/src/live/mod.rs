//! `/api/v1/live`: the seat feed over WebSocket. A change's way: feed → `hub` (gathers a tick, writes one frame a
//! showtime) → `frames` (the bytes) → `socket` (a bounded queue each) → browser.
//!
//! Invariant: a showtime's frames form a chain, each beginning where the one before ended; whoever missed one is told
//! to start over. Deliberately not here: the snapshot a viewer begins with (see `seats`).

mod frames;
mod hub;
mod socket;

use axum::body::Body;
use axum::extract::{Request, State as Shared};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

pub(crate) use hub::{Entered, Hub};

use crate::app::App;
use crate::caller::Caller;
use crate::edge::is_ours;
use crate::problem::{Kind, Problem};

/// Subprotocol of JSON frames.
const JSON: &str = "usher.live.v1";
/// Subprotocol of packed frames.
const BINARY: &str = "usher.live.v1+binary";
/// Most bytes that a viewer sends in one message.
const MESSAGE_BYTES_MAX: usize = 4 * 1024;

fn has(headers: &HeaderMap, name: &header::HeaderName, token: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .any(|t| t.trim().eq_ignore_ascii_case(token))
}

/// The subprotocol to speak: the viewer's first choice that we know.
fn subprotocol(headers: &HeaderMap) -> Option<&'static str> {
    let offered = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|v| v.to_str().ok());
    offered.flat_map(|v| v.split(',')).map(str::trim).find_map(|name| match name {
        JSON => Some(JSON),
        BINARY => Some(BINARY),
        _ => None,
    })
}

/// Speaks with a viewer until either side ends it.
pub(crate) async fn converse<S>(app: App, caller: Caller, stream: S, packed: bool, place: Entered)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let config = WebSocketConfig::default()
        .read_buffer_size(MESSAGE_BYTES_MAX)
        .write_buffer_size(0)
        .max_write_buffer_size(4 * 1024 * 1024)
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX));
    let stream = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await;
    socket::run(app, caller, stream, packed, place).await;
}

#[utoipa::path(get, path = "/api/v1/live", tag = "Availability", summary = "The live seat feed (WebSocket)",
    description = "Upgrade to a WebSocket; subprotocol `usher.live.v1` (JSON, the default) or `usher.live.v1+binary`. \
        Send `{\"subscribe\": {\"showtime\": \"sht_…\", \"from_index\": 17}}` (`from_index` is optional) and \
        `{\"unsubscribe\": {\"showtime\": \"sht_…\"}}`. You get `{\"subscribed\": {showtime, channel, epoch, index}}`: \
        every change after `index` will come; then frames `{channel, showtime, epoch, from, to, changes: [[seat, \
        state], …], areas: [[area, free], …]}` with the last state of each place in a tick of 50 ms (longer under \
        load), seats by their position in the geometry's `places`, areas by their position in `areas`; `from` is \
        exclusive and equals the `to` of the showtime's previous frame; `{\"heartbeat\": index}` each 10 s after all \
        frames up to it; `{\"resync\": {showtime}}` followed by a new `subscribed` when frames were left out: read \
        the snapshot again; `{\"error\": {showtime?, code, detail}}`. Read `seats` with `X-Min-Log-Index: index` after \
        `subscribed`; drop a frame with `to` ≤ your index, apply one with `from` ≤ your index, start over otherwise. \
        A packed frame, little-endian: u8 version 1, u8 kind 1, u16 0, u32 channel, u64 epoch, u64 from, u64 to, \
        u32 number of seats, u32 number of areas, then u32 seat·4 + state each, then u32 area and u32 free each. \
        All else is JSON text in both. The socket closes with 1012 when the node stops: reconnect to another.",
    responses((status = 101, description = "Switching protocols")))]
pub(crate) async fn upgrade(Shared(app): Shared<App>, mut request: Request) -> Result<Response, Problem> {
    let caller = Caller::read(&app, request.headers()).await?;
    let headers = request.headers();
    let wrong = |name: &str, detail: &str| Err(Problem::malformed("header", name, detail));
    if request.method() != Method::GET
        || !has(headers, &header::CONNECTION, "upgrade")
        || !has(headers, &header::UPGRADE, "websocket")
    {
        return wrong("Upgrade", "expected an upgrade to a WebSocket");
    }
    if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|v| v != "13") {
        return wrong("Sec-WebSocket-Version", "expected 13");
    }
    let Some(key) = headers.get(header::SEC_WEBSOCKET_KEY) else { return wrong("Sec-WebSocket-Key", "expected a key") };
    if headers.get(header::ORIGIN).is_some_and(|origin| !is_ours(&app, origin)) {
        return Err(Kind::RoleRequired.detail("the page's origin is not one of this cluster's addresses"));
    }
    if app.is_draining() {
        return Err(Kind::NoLeader.detail("this node is stopping; use another"));
    }
    let accept = derive_accept_key(key.as_bytes());
    let protocol = subprotocol(headers);
    let place =
        app.hub.enter().ok_or_else(|| Kind::RateLimited.detail("this node has as many live sockets as it takes"))?;
    let upgraded = hyper::upgrade::on(&mut request);
    let packed = protocol == Some(BINARY);
    let hub = app.hub.clone();
    hub.run(async move {
        let Ok(upgraded) = upgraded.await else { return };
        converse(app, caller, TokioIo::new(upgraded), packed, place).await;
    });
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::try_from(accept) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    if let Some(protocol) = protocol {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocol));
    }
    Ok(response)
}
