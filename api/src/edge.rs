//! What surrounds every request: ids, `X-Min-Log-Index`, `Accept`, CORS, panics, problems written out, conditional
//! and packed answers, metrics. One function and no layers: at 20,000 requests a second each layer would show.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tokio::time::Instant;
use tower::Service;

use crate::app::{App, BEHIND};
use crate::metrics::Class;
use crate::problem::{Kind, Problem};
use crate::reading::accepts;
use crate::unread::{self, Unread};
use crate::{compression, conditional, seats, tickets};

/// Which log index an answer reflects.
pub(crate) const LOG_INDEX: HeaderName = HeaderName::from_static("x-log-index");
/// Whether the answer is a repeat of an earlier one.
pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const MIN_LOG_INDEX: HeaderName = HeaderName::from_static("x-min-log-index");

/// Answers a request.
pub(crate) async fn answer(app: &App, router: &mut Router, request: Request) -> Response {
    let started = Instant::now();
    let class = Class::of(request.method(), request.uri().path());
    let id = request_id(app, request.headers());
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let tags =
        if reads { request.headers().get_all(header::IF_NONE_MATCH).iter().cloned().collect() } else { Vec::new() };
    let origin = request.headers().get(header::ORIGIN).cloned();
    let takes_gzip = compression::takes(request.headers(), "gzip");
    let path = tracing::enabled!(tracing::Level::DEBUG).then(|| request.uri().path().to_owned());

    let (request, unread) = lent(request);
    let handled = AssertUnwindSafe(handle(app, router, request)).catch_unwind().await;
    let mut response = handled.unwrap_or_else(|_| {
        app.metrics.panics.fetch_add(1, Ordering::Relaxed);
        tracing::error!(request_id = id, "a request ended in a panic");
        Kind::Internal.problem().into_response()
    });
    if let Some(problem) = problem_of(&mut response) {
        let allow = response.headers_mut().remove(header::ALLOW);
        response = problem.write(&id);
        if let Some(allow) = allow {
            response.headers_mut().insert(header::ALLOW, allow);
        }
    } else if !tags.is_empty() && response.status() == StatusCode::OK {
        not_modified(&mut response, tags);
    }
    compression::pack(&mut response, takes_gzip).await;
    finish(app, &mut response, &id, origin.as_ref());
    if !unread.throw_away().await {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    let took = started.elapsed();
    app.metrics.request(class, response.status().as_u16(), took);
    if let Some(path) = path {
        let (status, us) = (response.status().as_u16(), took.as_micros());
        tracing::debug!(request_id = id, path, status, us, "request {path} answered {status}");
    }
    response
}

/// The request with a body that tells what was left of it.
fn lent(request: Request) -> (Request, Unread) {
    let (parts, body) = request.into_parts();
    let (body, unread) = unread::lend(body);
    (Request::from_parts(parts, body), unread)
}

async fn handle(app: &App, router: &mut Router, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    match before(app, &parts).await {
        Ok(None) => match router.call(Request::from_parts(parts, body)).await {
            Ok(response) => response,
            Err(never) => match never {},
        },
        Ok(Some(response)) => response,
        Err(problem) => problem.into_response(),
    }
}

/// What is settled before a route is looked for.
async fn before(app: &App, parts: &Parts) -> Result<Option<Response>, Problem> {
    let (headers, path) = (&parts.headers, parts.uri.path());
    if parts.method == Method::OPTIONS
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
        && headers.get(header::ORIGIN).is_some_and(|o| is_ours(app, o))
    {
        return Ok(Some(preflight()));
    }
    if !path.starts_with("/api/") {
        return Ok(None);
    }
    // The seats' packed form is settled by its route.
    if headers.contains_key(header::ACCEPT) && !accepts(headers, "application/json") && !accepts_own_form(headers, path)
    {
        return Err(Kind::NotAcceptable.problem());
    }
    if let Some(index) = min_index(headers)?
        && index > app.cluster.applied()
    {
        app.cluster.wait_applied(index, BEHIND).await?;
    }
    Ok(None)
}

/// Whether the route has a form of its own besides JSON, and `Accept` takes it.
fn accepts_own_form(headers: &HeaderMap, path: &str) -> bool {
    let own = [("/seats", seats::PACKED), ("/backup", "application/octet-stream"), ("/tickets", tickets::PDF)];
    // These have one form only, and calendars and readers ask for it in many words.
    let alone = ["/live", "/events.ics", "/events.atom", "/jsonld", "/calendar.ics", "/orders.csv"];
    let ticket = path.strip_prefix("/api/v1/tickets/").is_some_and(|rest| !rest.contains('/'));
    alone.iter().any(|end| path.ends_with(end))
        || (ticket && (accepts(headers, tickets::SVG) || accepts(headers, tickets::PDF)))
        || own.iter().any(|(end, form)| path.ends_with(end) && accepts(headers, form))
}

/// The index that `X-Min-Log-Index` asks for.
pub(crate) fn min_index(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get(MIN_LOG_INDEX) else { return Ok(None) };
    let index = value.to_str().ok().and_then(|v| v.parse().ok());
    index.map(Some).ok_or_else(|| Problem::malformed("header", "X-Min-Log-Index", "expected a log index"))
}

/// The caller's request id if it is a decent one, else one of ours.
fn request_id(app: &App, headers: &HeaderMap) -> String {
    let given = headers.get(REQUEST_ID).and_then(|v| v.to_str().ok());
    let decent = |id: &&str| {
        (8..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    given.filter(decent).map_or_else(|| format!("{:016x}", app.request_id()), str::to_owned)
}

/// The problem that the answer stands for, if any: one of ours, or a refusal by the router.
fn problem_of(response: &mut Response) -> Option<Problem> {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        return Some(problem);
    }
    (response.status() == StatusCode::METHOD_NOT_ALLOWED).then(|| Kind::MethodNotAllowed.problem())
}

fn not_modified(response: &mut Response, tags: Vec<HeaderValue>) {
    let Some(etag) = response.headers().get(header::ETAG) else { return };
    let mut given = HeaderMap::new();
    for tag in tags {
        given.append(header::IF_NONE_MATCH, tag);
    }
    if conditional::has(&given, etag.as_bytes()) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::empty();
        response.headers_mut().remove(header::CONTENT_TYPE);
    }
}

fn finish(app: &App, response: &mut Response, id: &str, origin: Option<&HeaderValue>) {
    let headers = response.headers_mut();
    if !headers.contains_key(LOG_INDEX) {
        headers.insert(LOG_INDEX, app.cluster.applied().into());
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Where a visitor comes from is nobody's business: an address may carry what only its owner should know.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if let Some(origin) = origin.filter(|o| is_ours(app, o)) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("etag, retry-after, x-log-index, x-request-id, idempotency-replayed"),
        );
        headers.append(header::VARY, HeaderValue::from_static("origin"));
    }
}

/// Whether an origin is one of the cluster's public addresses.
pub(crate) fn is_ours(app: &App, origin: &HeaderValue) -> bool {
    let origin = origin.as_bytes();
    app.config.public_urls.iter().any(|url| url.trim_end_matches('/').as_bytes().eq_ignore_ascii_case(origin))
}

fn preflight() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, PATCH, PUT, DELETE"));
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static(
            "authorization, content-type, idempotency-key, if-match, if-none-match, x-hold-token, x-min-log-index",
        ),
    );
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    response
}
