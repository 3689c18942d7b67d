//! A request that changes something, read whole: caller, body, once-only mark. And its body as strict JSON.
//! Deliberately not here: requests that only read (see `reading`).

use std::net::IpAddr;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use booking::command::{Actor, Idempotency};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::caller::Caller;
use crate::idempotency;
use crate::problem::{Kind, Problem};
use crate::reading::query;
use crate::serve::Peer;

/// Most bytes of a body.
pub(crate) const BODY_BYTES_MAX: usize = 64 * 1024;
/// Most bytes of a seating plan or a picture.
pub(crate) const PLAN_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A request that changes something.
pub(crate) struct Action {
    /// Who calls.
    pub(crate) caller: Caller,
    /// Its body.
    pub(crate) body: Bytes,
    parts: Parts,
}

/// A request whose body may be a seating plan or a picture, if the caller has an API key at all.
pub(crate) struct LargeAction(pub(crate) Action);

impl FromRequest<App> for Action {
    type Rejection = Problem;
    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        Self::read(request, app, BODY_BYTES_MAX).await
    }
}

impl FromRequest<App> for LargeAction {
    type Rejection = Problem;
    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        Action::read(request, app, PLAN_BYTES_MAX).await.map(Self)
    }
}

impl Action {
    async fn read(request: Request, app: &App, limit: usize) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let caller = Caller::read(app, &parts.headers).await?;
        if caller.signed_in().is_some() && !is_same_origin(&parts.headers) {
            return Err(Kind::CrossOrigin.problem());
        }
        let limit = if caller.is_staff() { limit } else { limit.min(BODY_BYTES_MAX) };
        let body = tokio::time::timeout(app.config.body_timeout, read_body(&parts.headers, body, limit))
            .await
            .map_err(|_| Kind::RequestTimeout.problem())??;
        Ok(Self { caller, body, parts })
    }

    /// Its headers.
    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// Where it came from.
    pub(crate) fn peer(&self) -> Option<IpAddr> {
        self.parts.extensions.get::<Peer>().map(|peer| peer.0)
    }

    /// Its once-only mark.
    pub(crate) fn mark(&self) -> Result<Idempotency, Problem> {
        self.mark_of(&self.body)
    }

    /// The same, with something in place of a body with secrets in it.
    pub(crate) fn mark_of(&self, body: &[u8]) -> Result<Idempotency, Problem> {
        let actor = self.caller.actor();
        let alone = actor == Actor::Buyer && self.caller.is_nobody();
        idempotency::mark(&self.parts.headers, (actor, alone), (&self.parts.method, self.parts.uri.path(), body))
    }

    /// Its body, which must be JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        self.must_be_json()?;
        parse(&self.body)
    }

    /// Its query.
    pub(crate) fn query<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        query(&self.parts.uri)
    }

    /// Its media type, without parameters.
    pub(crate) fn media_type(&self) -> &str {
        let given = self.parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        given.split(';').next().unwrap_or_default().trim()
    }

    /// Refuses another media type than JSON.
    pub(crate) fn must_be_json(&self) -> Result<(), Problem> {
        let essence = self.media_type();
        let json = essence.eq_ignore_ascii_case("application/json")
            || (essence.len() > 5 && essence.get(essence.len() - 5..).is_some_and(|e| e.eq_ignore_ascii_case("+json")));
        if json { Ok(()) } else { Err(Kind::UnsupportedMediaType.problem()) }
    }

    /// Refuses a body that is of none of these media types.
    pub(crate) fn must_be(&self, types: &[&str]) -> Result<(), Problem> {
        let given = self.parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let essence = given.split(';').next().unwrap_or_default().trim();
        if types.iter().any(|t| t.eq_ignore_ascii_case(essence)) {
            return Ok(());
        }
        Err(Kind::UnsupportedMediaType.detail(format!("Content-Type must be one of {}", types.join(", "))))
    }

    /// Refuses a body where none is expected; an empty object is none.
    pub(crate) fn no_body(&self) -> Result<(), Problem> {
        let body = self.body.trim_ascii();
        if body.is_empty() || body == b"{}" {
            return Ok(());
        }
        Err(Problem::malformed("body", "", "no body is expected"))
    }
}

/// Whether a browser sends it from a page of this very host: who is signed in must not be made to act by another page.
/// What tells nothing of where it comes from is no browser. As Go's `http.CrossOriginProtection` does.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site")) {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(header::ORIGIN) else { return true };
    let host = origin.split_once("://").map(|(_, host)| host);
    host.is_some_and(|host| text(header::HOST).is_some_and(|own| own.eq_ignore_ascii_case(host)))
}

async fn read_body(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, Problem> {
    let too_large = || Kind::TooLarge.detail(format!("at most {limit} bytes are taken"));
    let mut stream = body.into_data_stream();
    let told = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<usize>().ok());
    if told.is_some_and(|len| len > limit) {
        return Err(too_large());
    }
    let mut first = Bytes::new();
    let mut all: Vec<u8> = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| Problem::malformed("body", "", "the body ended early"))?;
        if first.len() + all.len() + chunk.len() > limit {
            return Err(too_large());
        }
        // Nearly every body is one chunk, and is used as it came.
        if first.is_empty() && all.is_empty() {
            first = chunk;
            continue;
        }
        if all.is_empty() {
            all.reserve(told.unwrap_or(first.len() + chunk.len()));
            all.extend_from_slice(&std::mem::take(&mut first));
        }
        all.extend_from_slice(&chunk);
    }
    Ok(if all.is_empty() { first } else { all.into() })
}

/// Reads strict JSON. Only a body that is wrong is read twice: to say where.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| {
        let (pointer, detail) = explain::<T>(body).unwrap_or_else(|| (String::new(), error.to_string()));
        Problem::malformed("body", &pointer, &detail)
    })
}

/// Where the body does not fit the type, as a JSON pointer, and why.
pub(crate) fn explain<T: DeserializeOwned>(body: &[u8]) -> Option<(String, String)> {
    let read = &mut serde_json::Deserializer::from_slice(body);
    let error = serde_path_to_error::deserialize::<_, T>(read).err()?;
    Some((pointer(error.path()), error.inner().to_string()))
}

/// A path as a JSON pointer (RFC 6901).
pub(crate) fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut text = String::new();
    for segment in path {
        text.push('/');
        match segment {
            Segment::Seq { index } => text.push_str(&index.to_string()),
            Segment::Map { key } => text.push_str(&key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { variant } => text.push_str(variant),
            Segment::Unknown => text.push('?'),
        }
    }
    text
}
