//! Answers that are not problems: JSON or bytes with index, entity tag and caching headers.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use raft::Answer;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::compression::Packed;
use crate::edge::{LOG_INDEX, REPLAYED};
use crate::hex::hex;
use crate::problem::{Kind, Problem};

/// May be kept, but must be asked for again each time.
const REVALIDATE: &str = "no-cache";
/// The same for everybody, and a minute old at most.
const SHARED: &str = "public, max-age=60";
/// Must not be kept: it is somebody's.
const PRIVATE: &str = "no-store";

/// An answer.
pub(crate) struct Reply {
    status: StatusCode,
    media_type: &'static str,
    body: Bytes,
    index: Option<u64>,
    etag: Option<String>,
    replayed: bool,
    cache: &'static str,
    packed: Option<Bytes>,
}

impl Reply {
    /// JSON with a status; nobody may keep it.
    pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Result<Self, Problem> {
        let mut bytes = Vec::with_capacity(640);
        serde_json::to_writer(&mut bytes, body).map_err(|error| {
            tracing::error!(%error, "an answer could not be written");
            Kind::Internal.problem()
        })?;
        Ok(Self { status, ..Self::bytes("application/json", bytes.into()) })
    }

    /// 200 with JSON.
    pub(crate) fn ok(body: &impl Serialize) -> Result<Self, Problem> {
        Self::json(StatusCode::OK, body)
    }

    /// 201 with JSON.
    pub(crate) fn created(body: &impl Serialize) -> Result<Self, Problem> {
        Self::json(StatusCode::CREATED, body)
    }

    /// 202: it is taken on; nothing more is told.
    pub(crate) fn accepted() -> Self {
        Self { status: StatusCode::ACCEPTED, ..Self::none() }
    }

    /// 204.
    pub(crate) fn none() -> Self {
        Self { status: StatusCode::NO_CONTENT, ..Self::bytes("", Bytes::new()) }
    }

    /// 200 with bytes.
    pub(crate) fn bytes(media_type: &'static str, body: Bytes) -> Self {
        Self {
            status: StatusCode::OK,
            media_type,
            body,
            index: None,
            etag: None,
            replayed: false,
            cache: PRIVATE,
            packed: None,
        }
    }

    /// The log index that it reflects.
    pub(crate) fn at(mut self, index: u64) -> Self {
        self.index = Some(index);
        self
    }

    /// It was decided by this answer of the cluster.
    pub(crate) fn answered(mut self, answer: &Answer) -> Self {
        self.index = Some(answer.index);
        self.replayed = answer.replayed;
        self
    }

    /// Its body alone.
    pub(crate) fn into_bytes(self) -> Bytes {
        self.body
    }

    /// Its body packed with gzip, if that was made before.
    pub(crate) fn packed(mut self, packed: Bytes) -> Self {
        self.packed = Some(packed);
        self
    }

    /// It is this version of a thing.
    pub(crate) fn version(mut self, version: u64) -> Self {
        self.etag = Some(format!("\"{version}\""));
        self.cache = REVALIDATE;
        self
    }

    /// It is one of several forms of this version of a thing.
    pub(crate) fn variant(self, version: u64, variant: &str) -> Self {
        self.tagged(format!("\"{version}.{variant}\""), REVALIDATE)
    }

    /// It is named by an entity tag of its own and may be kept as said.
    pub(crate) fn tagged(mut self, etag: String, cache: &'static str) -> Self {
        self.etag = Some(etag);
        self.cache = cache;
        self
    }

    /// It is named by a hash of its body.
    pub(crate) fn hashed(self) -> Self {
        let hash: [u8; 32] = Sha256::digest(&self.body).into();
        let etag = format!("\"{}\"", hex(hash.get(..12).unwrap_or_default()));
        self.tagged(etag, REVALIDATE)
    }
}

impl Reply {
    /// It is the same for everybody, is named by a hash of its body, and may be kept for a minute by whoever is in between.
    pub(crate) fn shared(self) -> Self {
        Self { cache: SHARED, ..self.hashed() }
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        if let Some(packed) = self.packed {
            response.extensions_mut().insert(Packed(packed));
        }
        let headers = response.headers_mut();
        if !self.media_type.is_empty() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media_type));
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(self.cache));
        if let Some(index) = self.index {
            headers.insert(LOG_INDEX, index.into());
        }
        if let Some(etag) = self.etag.and_then(|e| HeaderValue::try_from(e).ok()) {
            headers.insert(header::ETAG, etag);
        }
        if self.replayed {
            headers.insert(REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}
