//! A request that only reads: caller, query, and how fresh the answer must be.
//! Deliberately not here: `X-Min-Log-Index`, which concerns every request (see `edge`).

use std::str::FromStr;

use axum::extract::{FromRequestParts, Query, RawPathParams};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::caller::Caller;
use crate::problem::{Kind, Problem};

/// How fresh a read must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Consistency {
    /// What this node knows.
    Local,
    /// Nothing that was acknowledged anywhere before is missing.
    Linearizable,
}

/// The query of a read of one thing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OneQuery {
    /// How fresh; the route's default if not said.
    pub(crate) consistency: Option<Consistency>,
}

/// A request that only reads.
#[derive(Default)]
pub(crate) struct Reading {
    /// Who calls.
    pub(crate) caller: Caller,
    /// Its headers.
    pub(crate) headers: HeaderMap,
    uri: Uri,
}

impl FromRequestParts<App> for Reading {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = Caller::read(app, &parts.headers).await?;
        Ok(Self { caller, headers: std::mem::take(&mut parts.headers), uri: parts.uri.clone() })
    }
}

impl Reading {
    /// One that nobody in particular makes: what a page is given with it everybody may see.
    pub(crate) fn of_nobody(uri: Uri) -> Self {
        Self { uri, ..Self::default() }
    }

    /// Its query.
    pub(crate) fn query<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        query(&self.uri)
    }

    /// Makes sure that the state is fresh enough for a read of one thing.
    pub(crate) async fn fresh(&self, app: &App, default: Consistency) -> Result<(), Problem> {
        let query: OneQuery = self.query()?;
        fresh(app, query.consistency.unwrap_or(default)).await
    }

    /// Whether `Accept` names the media type: not only takes it, as `*/*` does.
    pub(crate) fn prefers(&self, media_type: &str) -> bool {
        let given = self.headers.get_all(header::ACCEPT).iter().filter_map(|v| v.to_str().ok());
        let first = given.flat_map(|v| v.split(',')).next().and_then(|range| range.split(';').next());
        first.is_some_and(|wanted| wanted.trim().eq_ignore_ascii_case(media_type))
    }

    /// Whether `Accept` takes the media type.
    pub(crate) fn accepts(&self, media_type: &str) -> bool {
        accepts(&self.headers, media_type)
    }
}

/// The query of an address.
pub(crate) fn query<T: DeserializeOwned>(uri: &Uri) -> Result<T, Problem> {
    Query::try_from_uri(uri).map(|Query(query)| query).map_err(|error| {
        let why = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
        Problem::malformed("query", "", &why)
    })
}

/// Makes sure that the state is as fresh as asked.
pub(crate) async fn fresh(app: &App, consistency: Consistency) -> Result<(), Problem> {
    if consistency == Consistency::Linearizable {
        app.cluster.linearizable().await?;
    }
    Ok(())
}

/// Whether `Accept` takes the media type; without the header everything is taken.
pub(crate) fn accepts(headers: &HeaderMap, media_type: &str) -> bool {
    let mut given = headers.get_all(header::ACCEPT).iter().peekable();
    if given.peek().is_none() {
        return true;
    }
    let family = media_type.split('/').next().unwrap_or_default();
    given.filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(',')).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let wanted = parts.next().unwrap_or_default();
        let refused = parts.any(|p| matches!(p, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        let matches = wanted == "*/*"
            || wanted.eq_ignore_ascii_case(media_type)
            || wanted.strip_suffix("/*").is_some_and(|f| f.eq_ignore_ascii_case(family));
        matches && !refused
    })
}

/// The ids in the path, in order. Text that cannot be an id names nothing: 404.
pub(crate) struct Id<T>(pub(crate) T);

/// What a path's parameters are read as.
pub(crate) trait FromPath: Sized {
    /// Reads the parameters.
    fn read<'a>(values: impl Iterator<Item = &'a str>) -> Option<Self>;
}

macro_rules! from_path {
    ($($id:ty),*) => {$(
        impl FromPath for $id {
            fn read<'a>(mut values: impl Iterator<Item = &'a str>) -> Option<Self> {
                values.next()?.parse().ok()
            }
        }
    )*};
}
from_path!(
    booking::ids::OrganizationId,
    booking::ids::VenueId,
    booking::ids::PlanId,
    booking::ids::EventId,
    booking::ids::ShowtimeId,
    booking::ids::HoldId,
    booking::ids::OrderId,
    booking::ids::TicketId,
    booking::ids::KeyId,
    booking::ids::ImageId,
    crate::images::FileName,
    booking::ids::VoucherId,
    booking::ids::TaskId,
    booking::ids::SessionId,
    booking::ids::UserId,
    u64,
    String
);

impl<A: FromStr, B: FromStr> FromPath for (A, B) {
    fn read<'a>(mut values: impl Iterator<Item = &'a str>) -> Option<Self> {
        Some((values.next()?.parse().ok()?, values.next()?.parse().ok()?))
    }
}

impl<T: FromPath> FromRequestParts<App> for Id<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let values = RawPathParams::from_request_parts(parts, app).await.map_err(|_| Kind::NotFound.problem())?;
        T::read(values.iter().map(|(_, value)| value)).map(Self).ok_or_else(|| Kind::NotFound.problem())
    }
}
