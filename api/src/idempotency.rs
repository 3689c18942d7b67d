//! Once-only marks: from `Idempotency-Key`, caller, method, path and body to the hashes that the rules compare.
//! Deliberately not here: recorded answers (see `booking::idempotency`).

use axum::http::{HeaderMap, HeaderValue, Method};
use booking::command::{Actor, Idempotency, ScanTicket};
use sha2::{Digest, Sha256};

use crate::app::draw;
use crate::problem::Problem;

/// Most characters of a key.
const KEY_CHARS_MAX: usize = 255;
/// Fewest characters of a key that is the only credential of its request.
const KEY_CHARS_MIN_ALONE: usize = 16;

fn first_half(hash: Sha256) -> u128 {
    let hash: [u8; 32] = hash.finalize().into();
    hash.iter().take(16).fold(0, |value, byte| value << 8 | u128::from(*byte))
}

/// A hash over parts that cannot run into one another.
fn hash_of(parts: &[&[u8]]) -> u128 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    first_half(hash)
}

/// The mark of a request. Without a key the node mints one, for its own retries only.
///
/// No header is part of what a request is, `If-Match` neither. Whoever lost the answer to a change, reads the new version
/// and sends the change again under the same key must get the answer that was lost, not 422. So a failed precondition is
/// recorded like any other refusal: to decide anew is another request and needs another key.
pub(crate) fn mark(
    headers: &HeaderMap,
    (actor, alone): (Actor, bool),
    (method, path, body): (&Method, &str, &[u8]),
) -> Result<Idempotency, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(minted()) };
    let wrong = |detail: &str| Problem::malformed("header", "Idempotency-Key", detail);
    let key = value.as_bytes();
    if key.is_empty() || key.len() > KEY_CHARS_MAX || !key.iter().all(u8::is_ascii_graphic) {
        return Err(wrong("expected 1 to 255 visible characters"));
    }
    if alone && key.len() < KEY_CHARS_MIN_ALONE {
        return Err(wrong("a caller without a token needs a key of at least 16 characters: draw a UUID"));
    }
    let caller = caller_of(actor);
    let method = method.as_str().as_bytes();
    let shown = if actor == Actor::Buyer { tokens_shown(headers) } else { 0 };
    Ok(Idempotency {
        key: hash_of(&[&caller, &shown.to_be_bytes(), method, path.as_bytes(), key]),
        fingerprint: hash_of(&[method, path.as_bytes(), body]),
        minted: false,
    })
}

/// The mark of a request without a key: for the node's own retries only.
pub(crate) fn minted() -> Idempotency {
    let key = draw();
    Idempotency { key, fingerprint: key, minted: true }
}

/// What tells buyers apart who choose the same key: the tokens that they show, as they show them.
fn tokens_shown(headers: &HeaderMap) -> u128 {
    let names = ["authorization", "x-hold-token"];
    let values: Vec<&[u8]> = names.iter().flat_map(|name| headers.get_all(*name)).map(HeaderValue::as_bytes).collect();
    hash_of(&values)
}

fn caller_of(actor: Actor) -> [u8; 16] {
    match actor {
        Actor::Key(id) => id.0.to_be_bytes(),
        Actor::User(id) => id.0.to_be_bytes(),
        Actor::Node | Actor::Buyer => [0; 16],
    }
}

/// The mark of one scan of an upload, by the id that the door gave it.
pub(crate) fn of_scan(actor: Actor, id: &str, scan: &ScanTicket) -> Result<Idempotency, Problem> {
    let wrong = !(KEY_CHARS_MIN_ALONE..=KEY_CHARS_MAX).contains(&id.len()) || !id.bytes().all(|b| b.is_ascii_graphic());
    if wrong {
        return Err(Problem::malformed("body", "/scans/id", "expected 16 to 255 visible characters: draw a UUID"));
    }
    let ScanTicket { organization: _, showtime, ticket, generation, way, gate, at_ms } = scan;
    let said = format!("{ticket} {generation} {way:?} {at_ms:?} {gate}");
    Ok(Idempotency {
        key: hash_of(&[b"scan", &caller_of(actor), &showtime.0.to_be_bytes(), id.as_bytes()]),
        fingerprint: hash_of(&[said.as_bytes()]),
        minted: false,
    })
}
