//! Large answers packed with gzip for those who take it. Small ones are left alone: to pack a hold's answer would cost more
//! than its bytes; and so are very large ones, which their routes pack once and keep (see `plans/geometry`).

use std::io::Write as _;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;

/// Answers from so many bytes on are packed: below, a packet or two is saved at most.
const PACKED_FROM: u64 = 8 * 1024;
/// And up to so many: 1 MiB takes some 5 ms of a thread that answers others, too.
const PACKED_TO: u64 = 1024 * 1024;
/// What is packed as it is sent: most of the gain for a third of the time of the default.
const QUICKLY: Compression = Compression::new(3);

/// An answer's body as its route packed it before.
#[derive(Clone)]
pub(crate) struct Packed(pub(crate) Bytes);

/// Whether `Accept-Encoding` takes an encoding by its name.
pub(crate) fn takes(headers: &HeaderMap, encoding: &str) -> bool {
    let given = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|v| v.to_str().ok());
    given.flat_map(|v| v.split(',')).any(|part| {
        let mut of = part.split(';').map(str::trim);
        let named = of.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        named && !of.any(|p| matches!(p, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

/// Bytes packed well, for what is kept.
pub(crate) fn once(bytes: &[u8]) -> Bytes {
    gzip(bytes, Compression::default())
}

fn gzip(bytes: &[u8], how: Compression) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 6), how);
    // Writing to a vector cannot fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default().into()
}

fn is_text(response: &Response) -> bool {
    let media_type = response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = media_type.split(';').next().unwrap_or_default();
    kind.starts_with("text/") || ["json", "xml"].iter().any(|end| kind.ends_with(end))
}

/// Packs an answer if it is large and the reader takes it.
pub(crate) async fn pack(response: &mut Response, takes_gzip: bool) {
    let size = response.body().size_hint().exact().unwrap_or_default();
    let ready = response.extensions_mut().remove::<Packed>();
    let fits = ready.is_some() || (PACKED_FROM..=PACKED_TO).contains(&size);
    if !fits || response.headers().contains_key(header::CONTENT_ENCODING) || !is_text(response) {
        return;
    }
    response.headers_mut().append(header::VARY, HeaderValue::from_static("accept-encoding"));
    if !takes_gzip {
        return;
    }
    let packed = if let Some(Packed(bytes)) = ready {
        bytes
    } else {
        let body = std::mem::take(response.body_mut());
        match axum::body::to_bytes(body, PACKED_TO as usize).await {
            Ok(bytes) => gzip(&bytes, QUICKLY),
            // The bodies of our answers are whole before they are sent.
            Err(_) => return,
        }
    };
    *response.body_mut() = Body::from(packed);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.remove(header::CONTENT_LENGTH);
    // Another form of the same thing: equal in meaning, not byte for byte.
    let weak =
        headers.get(header::ETAG).and_then(|tag| HeaderValue::try_from(format!("W/{}", tag.to_str().ok()?)).ok());
    if let Some(weak) = weak {
        headers.insert(header::ETAG, weak);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn json(bytes: usize) -> Response {
        let mut response = Response::new(Body::from(vec![b' '; bytes]));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response.headers_mut().insert(header::ETAG, HeaderValue::from_static("\"1\""));
        response
    }

    #[tokio::test]
    async fn large_answers_are_packed_and_small_ones_are_not() {
        let mut small = json(2_000);
        pack(&mut small, true).await;
        assert!(!small.headers().contains_key("content-encoding") && !small.headers().contains_key("vary"));
        let mut plain = json(20_000);
        pack(&mut plain, false).await;
        assert!(!plain.headers().contains_key("content-encoding"));
        assert_eq!(
            (&plain.headers()["vary"], &plain.headers()["etag"]),
            (&"accept-encoding".parse().unwrap(), &"\"1\"".parse().unwrap())
        );
        let mut large = json(20_000);
        pack(&mut large, true).await;
        assert_eq!(large.headers()["etag"], "W/\"1\"");
        let body = axum::body::to_bytes(large.into_body(), 1_000).await.unwrap();
        let mut whole = Vec::new();
        flate2::read::GzDecoder::new(&body[..]).read_to_end(&mut whole).unwrap();
        assert_eq!(whole, vec![b' '; 20_000]);
    }

    #[test]
    fn encodings_are_taken_by_name() {
        let of = |text| HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(text))]);
        assert!(takes(&of("br;q=1.0, GZIP ; q=0.5"), "gzip"));
        assert!(!takes(&of("gzip;q=0, br"), "gzip") && !takes(&HeaderMap::new(), "gzip"));
    }
}
