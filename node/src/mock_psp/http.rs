//! The listening socket: connections and their bounds, whole requests in, whole answers out, an end in good order.
//! Deliberately not here: what is answered (see the folder).

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::Provider;
use super::refusal::Refusal;

/// Most bytes of a request's body.
pub(super) const BODY_BYTES_MAX: usize = 64 << 10;
/// Most bytes of a request's head.
const HEAD_BYTES_MAX: usize = 16 << 10;
/// Open connections; more wait until one ends.
const CONNECTIONS_MAX: usize = 1_024;
/// A head, and then a body, has come by then, or the connection ends. So does one on which nothing is asked.
const READ_WITHIN: Duration = Duration::from_secs(10);
/// Requests in flight get this long when the provider stops.
const DRAIN_WITHIN: Duration = Duration::from_secs(5);
/// Pause after a failed accept: out of descriptors, most likely.
const PAUSE: Duration = Duration::from_millis(20);

/// A request, all of it.
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Request {
    /// The value of a header, if it is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// An answer, all of it.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

impl Reply {
    pub(super) fn new(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let headers = vec![(header::CONTENT_TYPE, HeaderValue::from_static(content_type))];
        Self { status, headers, body: body.into() }
    }

    pub(super) fn json(status: u16, value: &Value) -> Self {
        Self::new(status, "application/json", value.to_string())
    }

    /// To another page.
    pub(super) fn see_other(url: &str) -> Self {
        Self { status: 303, headers: Vec::new(), body: Bytes::new() }.with(header::LOCATION, url)
    }

    /// With one more header; none if its value cannot be one.
    pub(super) fn with(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.extend(HeaderValue::from_str(value).ok().map(|value| (name, value)));
        self
    }

    #[cfg(test)]
    pub(super) fn value(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    #[cfg(test)]
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[cfg(test)]
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).and_then(|(_, value)| value.to_str().ok())
    }
}

/// A body that is there already.
struct Whole(Bytes);

impl Body for Whole {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::convert::Infallible>>> {
        let bytes = std::mem::take(&mut self.0);
        Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.len() as u64)
    }
}

/// The answer was lost on purpose.
#[derive(Debug)]
struct Lost;

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the answer was lost on purpose")
    }
}

impl std::error::Error for Lost {}

/// Serves until `stop` is done, then lets requests in flight end.
pub(super) async fn serve(provider: Arc<Provider>, listener: TcpListener, stop: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let (ending, end) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            () = &mut stop => break,
            next = next => next,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, _)) => {
                let (provider, end) = (Arc::clone(&provider), end.clone());
                connections.spawn(async move {
                    connection(&provider, stream, end).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    ending.send_replace(true);
    let all_ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(DRAIN_WITHIN, all_ended).await.is_err() {
        tracing::warn!("requests were cut off because they took too long to end");
    }
}

async fn connection(provider: &Provider, stream: TcpStream, mut end: watch::Receiver<bool>) {
    // Answers are small and whole: waiting for more would only delay them. One that cannot be set up is over anyway.
    drop(stream.set_nodelay(true));
    let service = service_fn(async |request: hyper::Request<Incoming>| answer(provider, request).await);
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(READ_WITHIN)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let mut serving = std::pin::pin!(serving);
    let ended = tokio::select! {
        ended = &mut serving => ended,
        () = async { drop(end.wait_for(|now| *now).await) } => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended badly");
    }
}

async fn answer(provider: &Provider, request: hyper::Request<Incoming>) -> Result<hyper::Response<Whole>, Lost> {
    let (head, body) = request.into_parts();
    let (method, path) = (head.method, head.uri.path().to_owned());
    let told = (method.clone(), path.clone());
    let reply = match tokio::time::timeout(READ_WITHIN, read(body)).await.unwrap_or(Err(Refusal::unread("too slow"))) {
        Ok(body) => {
            let query = head.uri.query().unwrap_or_default().to_owned();
            let request = Request { method, path, query, headers: head.headers, body };
            // On the heap: a connection that waits for its next request need not carry all of this.
            Box::pin(provider.answer(request)).await
        }
        // What is left of the body is not read, so nothing can follow it.
        Err(refusal) => Some(provider.refuse(&refusal).with(header::CONNECTION, "close")),
    };
    // Queries hold secrets of buyers and are not told.
    tracing::debug!(method = %told.0, path = told.1, status = reply.as_ref().map_or(0, |r| r.status), "answered");
    let reply = reply.ok_or(Lost)?;
    let mut response = hyper::Response::new(Whole(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().extend(reply.headers);
    Ok(response)
}

async fn read(mut body: Incoming) -> Result<Bytes, Refusal> {
    let mut bytes = Vec::new();
    while let Some(frame) = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(|_| Refusal::unread("the body ended early"))?;
        if let Ok(data) = frame.into_data() {
            if bytes.len() + data.len() > BODY_BYTES_MAX {
                return Err(Refusal::too_large(BODY_BYTES_MAX));
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes.into())
}
