//! Conditional requests: `If-Match` names the version that a change is of, `If-None-Match` what a reader has.

use axum::http::{HeaderMap, header};

use crate::problem::{Kind, Problem};

/// The version that `If-Match` names; none if there is no such header, or any version will do.
pub(crate) fn expected(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    // Weak tags never match here, and a tag that is no version of ours matches nothing. What follows a dot says which
    // form of the version was read.
    let tag = text.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
    let version = tag.map(|t| t.split_once('.').map_or(t, |(version, _)| version)).and_then(|t| t.parse().ok());
    version.map(Some).ok_or_else(|| Kind::PreconditionFailed.problem())
}

/// Whether `If-None-Match` lists the tag.
pub(crate) fn has(headers: &HeaderMap, etag: &[u8]) -> bool {
    headers.get_all(header::IF_NONE_MATCH).iter().any(|value| {
        value.as_bytes().split(|b| *b == b',').map(<[u8]>::trim_ascii).any(|tag| {
            let tag = tag.strip_prefix(b"W/").unwrap_or(tag);
            tag == b"*" || tag == etag
        })
    })
}
