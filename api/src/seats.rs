//! `/api/v1/showtimes/{showtime}/seats`: the state of every seat, as digits in JSON or packed two bits a seat.
//!
//! The packed form (`application/vnd.usher.seats`), all numbers little-endian:
//!
//! | offset | bytes | what |
//! |---|---|---|
//! | 0 | 4 | `USHS` |
//! | 4 | 1 | format version: 1 |
//! | 5 | 1 | bits a seat: 2 |
//! | 6 | 2 | bytes of this header: 32 |
//! | 8 | 4 | number of seats |
//! | 12 | 4 | 0 |
//! | 16 | 8 | log index that it reflects |
//! | 24 | 8 | epoch |
//! | 32 | | seat *n* in byte *n*/4, bits 2·(*n* mod 4) and the next: 0 free, 1 held, 2 sold, 3 blocked |
//!
//! A snapshot is shared among viewers for 250 ms, but is never older than `X-Min-Log-Index` or a linearizable read.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State as Shared;
use booking::ids::ShowtimeId;
use booking::inventory::Inventory;
use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;

use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::reading::{Consistency, Id, OneQuery, Reading, fresh};
use crate::reply::Reply;
use crate::{edge, visibility};

/// How long a snapshot is shared.
const SHARED_FOR: Duration = Duration::from_millis(250);
/// Showtimes whose snapshot is kept; 100,000 seats take 125 KB.
const KEPT_MAX: usize = 512;
/// Media type of the packed form.
pub(crate) const PACKED: &str = "application/vnd.usher.seats";
/// Bytes of the packed form's header.
const HEADER_LEN: u16 = 32;

/// The state of every seat.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Seats)]
pub(crate) struct SeatsJson<'a> {
    /// Log index that it reflects.
    index: u64,
    /// Rises when a backup was restored.
    epoch: u64,
    /// One digit a seat in plan order: 0 free, 1 held, 2 sold, 3 blocked.
    states: &'a str,
}

/// A snapshot in both forms.
#[derive(Clone)]
struct Snapshot {
    index: u64,
    made: Instant,
    json: Bytes,
    packed: Bytes,
}

fn packed(index: u64, epoch: u64, states: &[u8]) -> Bytes {
    let mut bytes = Vec::with_capacity(usize::from(HEADER_LEN) + states.len() / 4 + 1);
    bytes.extend_from_slice(b"USHS\x01\x02");
    bytes.extend_from_slice(&HEADER_LEN.to_le_bytes());
    bytes.extend_from_slice(&(states.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&index.to_le_bytes());
    bytes.extend_from_slice(&epoch.to_le_bytes());
    bytes.extend(states.chunks(4).map(|four| four.iter().rev().fold(0, |byte, state| byte << 2 | state)));
    bytes.into()
}

fn snapshot(inventory: &Inventory, index: u64, epoch: u64) -> Result<Snapshot, Problem> {
    let states: Vec<u8> = inventory.seats().map(|cell| cell.state() as u8).collect();
    let digits: String = states.iter().map(|state| char::from(b'0' + state)).collect();
    let json =
        serde_json::to_vec(&SeatsJson { index, epoch, states: &digits }).map_err(|_| Kind::Internal.problem())?;
    Ok(Snapshot { index, made: Instant::now(), json: json.into(), packed: packed(index, epoch, &states) })
}

/// Snapshots made a moment ago.
#[derive(Default)]
pub(crate) struct Snapshots(Mutex<BTreeMap<ShowtimeId, Snapshot>>);

impl Snapshots {
    fn kept(&self, id: ShowtimeId, at_least: u64) -> Option<Snapshot> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&id).filter(|s| s.index >= at_least && s.made.elapsed() <= SHARED_FOR).cloned()
    }

    fn keep(&self, id: ShowtimeId, snapshot: &Snapshot) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= KEPT_MAX && !all.contains_key(&id) {
            all.retain(|_, s| s.made.elapsed() <= SHARED_FOR);
            if all.len() >= KEPT_MAX {
                all.pop_first();
            }
        }
        all.insert(id, snapshot.clone());
    }
}

#[utoipa::path(get, path = "/api/v1/showtimes/{showtime}/seats", tag = "Availability",
    summary = "Read the state of every seat",
    description = "As JSON, or packed (`Accept: application/vnd.usher.seats`): a header of 32 bytes, then 2 bits a \
        seat. Header, little-endian: `USHS`, u8 version 1, u8 bits 2, u16 header length 32, u32 seats, u32 0, u64 \
        index, u64 epoch; seat n is in byte n/4, bits 2*(n mod 4) and the next. May be shared among viewers for \
        250 ms, but is never older than `X-Min-Log-Index`.",
    responses((status = 200, description = "The states", content(
        (SeatsJson = "application/json"), (String = "application/vnd.usher.seats")))))]
pub(crate) async fn read(Shared(app): Shared<App>, Id(id): Id<ShowtimeId>, reading: Reading) -> Result<Reply, Problem> {
    // Whoever takes anything gets JSON; the packed form is asked for by name.
    let json = reading.accepts("application/json");
    if !json && !reading.accepts(PACKED) {
        return Err(Kind::NotAcceptable.problem());
    }
    let query: OneQuery = reading.query()?;
    let consistency = query.consistency.unwrap_or(Consistency::Local);
    fresh(&app, consistency).await?;
    let at_least = match consistency {
        Consistency::Linearizable => app.cluster.applied(),
        Consistency::Local => edge::min_index(&reading.headers)?.unwrap_or(0),
    };
    let (inventory, index, epoch) = {
        let state = app.cluster.state();
        let missing = || Kind::NotFound.problem();
        visibility::showtime(&state, &reading.caller, id).ok_or_else(missing)?;
        let inventory: Option<Arc<Inventory>> = state.inventory(id).cloned();
        (inventory.ok_or_else(missing)?, state.index(), state.meta().epoch)
    };
    let snapshot = if let Some(kept) = app.snapshots.kept(id, at_least) {
        kept
    } else {
        let made = snapshot(&inventory, index, epoch)?;
        app.snapshots.keep(id, &made);
        made
    };
    let etag = |form: &str| format!("\"{epoch}-{}-{form}\"", snapshot.index);
    let reply = if json {
        Reply::bytes("application/json", snapshot.json.clone()).tagged(etag("j"), "no-cache")
    } else {
        Reply::bytes(PACKED, snapshot.packed.clone()).tagged(etag("p"), "no-cache")
    };
    Ok(reply.at(snapshot.index))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packed_form_is_as_described() {
        let bytes = packed(0x0102, 3, &[0, 1, 2, 3, 1]);
        assert_eq!(&bytes[..12], b"USHS\x01\x02\x20\x00\x05\x00\x00\x00");
        assert_eq!(&bytes[16..24], &0x0102_u64.to_le_bytes());
        assert_eq!(&bytes[24..32], &3_u64.to_le_bytes());
        assert_eq!(&bytes[32..], &[0b11_10_01_00, 0b01]);
    }
}
