//! The bytes of everything that leaves memory: log entries, records, messages between nodes.
//! The only file that names bincode. Not the framing of streams (see `peers::frame`) nor files' own formats (`storage`).
//!
//! Every stored value starts with a version byte. Enums are append-only. Decoding is bounded by what was received, so
//! a bad length cannot allocate more than that.

use bincode::Options as _;
use booking::{Command, Record, RecordKey, Request};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::types::{Batch, Payload};

/// Most bytes of one request.
pub(crate) const REQUEST_BYTES_MAX: usize = 8 << 20;
/// What the requests of one entry may weigh together.
pub(crate) const WEIGHT_MAX: u16 = 256;
/// Version of the bytes of entries and records.
const VERSION: u8 = 1;
const BLANK: u8 = 0;
const NORMAL: u8 = 1;
const MEMBERSHIP: u8 = 2;
/// Version, kind, time, number of requests.
const BATCH_HEAD: usize = 1 + 1 + 8 + 4;

/// Bytes that are not what they should be: damaged, or written by a newer version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "malformed bytes: {}", self.0)
    }
}

impl std::error::Error for Malformed {}

impl From<Malformed> for std::io::Error {
    fn from(malformed: Malformed) -> Self {
        Self::new(std::io::ErrorKind::InvalidData, malformed)
    }
}

fn options() -> impl bincode::Options {
    bincode::DefaultOptions::new().with_varint_encoding().reject_trailing_bytes()
}

/// Keys sort as their values do: fixed width, big end first.
fn key_options() -> impl bincode::Options {
    bincode::DefaultOptions::new().with_fixint_encoding().with_big_endian().reject_trailing_bytes()
}

/// Plain bytes of a value.
pub(crate) fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    // Writing into memory fails only for types that serde cannot count; ours are derived.
    options().serialize(value).unwrap_or_default()
}

/// A value from its plain bytes.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Malformed> {
    options().with_limit(bytes.len() as u64).deserialize(bytes).map_err(|_| Malformed(std::any::type_name::<T>()))
}

/// Bytes of a request as they are forwarded and logged.
pub(crate) fn encode_request(request: &Request) -> Bytes {
    encode(request).into()
}

/// How much of an entry's time a request may take: 256 fill one. Source: a hold takes some µs to apply, an entry may
/// take 2 ms; what grows with a plan's size goes alone.
pub(crate) fn weight(command: &Command) -> u16 {
    if matches!(
        command,
        Command::ImportPlan(_)
            | Command::CreateShowtime(_)
            | Command::CreateShowtimes(_)
            | Command::UpdateShowtime(_)
            | Command::CreateVouchers(_)
            | Command::Tick
    ) {
        WEIGHT_MAX
    } else if matches!(command, Command::BlockPlaces(_) | Command::UnblockPlaces(_)) {
        64
    } else if matches!(command, Command::PlaceOrder(_))
        // Searched for once more if the pick was taken meanwhile; and a voucher may open a block of many places.
        || matches!(command, Command::PlaceHold(hold) if hold.best.is_some() || hold.voucher.is_some())
    {
        4
    } else {
        1
    }
}

/// Packs encoded requests with their time into the body of one entry.
pub(crate) fn pack<'a>(at_ms: u64, requests: impl ExactSizeIterator<Item = &'a Bytes> + Clone) -> Batch {
    let size = requests.clone().fold(BATCH_HEAD, |size, r| size + 4 + r.len());
    let mut body = BytesMut::with_capacity(size);
    body.put_u8(VERSION);
    body.put_u8(NORMAL);
    body.put_u64_le(at_ms);
    body.put_u32_le(requests.len() as u32);
    for request in requests {
        body.put_u32_le(request.len() as u32);
        body.put_slice(request);
    }
    Batch(body.freeze())
}

/// Time and requests of an entry.
pub(crate) fn unpack(batch: &Batch) -> Result<(u64, Vec<Request>), Malformed> {
    const WHAT: Malformed = Malformed("entry");
    let mut body: &[u8] = &batch.0;
    if body.len() < BATCH_HEAD || body.get_u8() != VERSION || body.get_u8() != NORMAL {
        return Err(WHAT);
    }
    let at_ms = body.get_u64_le();
    let count = body.get_u32_le() as usize;
    let mut requests = Vec::with_capacity(count.min(body.len() / 4));
    for _ in 0..count {
        let length = body.try_get_u32_le().map_err(|_| WHAT)? as usize;
        let (request, rest) = body.split_at_checked(length).ok_or(WHAT)?;
        requests.push(decode(request)?);
        body = rest;
    }
    if body.is_empty() { Ok((at_ms, requests)) } else { Err(WHAT) }
}

/// The body under which the log keeps a payload.
pub(crate) fn entry_body(payload: &Payload) -> Bytes {
    match payload {
        Payload::Blank => Bytes::from_static(&[VERSION, BLANK]),
        Payload::Normal(batch) => batch.0.clone(),
        Payload::Membership(membership) => {
            let mut body = vec![VERSION, MEMBERSHIP];
            body.extend_from_slice(&encode(membership));
            body.into()
        }
    }
}

/// The payload of a log entry's body.
pub(crate) fn payload(body: &Bytes) -> Result<Payload, Malformed> {
    match body.as_ref() {
        [VERSION, BLANK] => Ok(Payload::Blank),
        [VERSION, NORMAL, ..] => Ok(Payload::Normal(Batch(body.clone()))),
        [VERSION, MEMBERSHIP, membership @ ..] => Ok(Payload::Membership(decode(membership)?)),
        _ => Err(Malformed("entry")),
    }
}

/// A record's name as the copy in sled keeps it.
pub(crate) fn encode_key(key: &RecordKey) -> Vec<u8> {
    key_options().serialize(key).unwrap_or_default()
}

/// A record's value as the copy in sled keeps it.
pub(crate) fn encode_value(record: &Record) -> Vec<u8> {
    let mut value = vec![VERSION];
    value.extend_from_slice(&encode(record));
    value
}

/// A record from the copy in sled.
pub(crate) fn decode_pair(key: &[u8], value: &[u8]) -> Result<(RecordKey, Record), Malformed> {
    let key = key_options().with_limit(key.len() as u64).deserialize(key).map_err(|_| Malformed("record key"))?;
    match value.split_first() {
        Some((&VERSION, record)) => Ok((key, decode(record)?)),
        _ => Err(Malformed("record")),
    }
}

/// A record as a snapshot keeps it: length of the key, key, value.
pub(crate) fn encode_record(key: &RecordKey, record: &Record) -> Vec<u8> {
    let key = encode_key(key);
    let mut bytes = vec![key.len() as u8];
    bytes.extend_from_slice(&key);
    bytes.extend_from_slice(&encode_value(record));
    bytes
}

/// A record from a snapshot.
pub(crate) fn decode_record(bytes: &[u8]) -> Result<(RecordKey, Record), Malformed> {
    let (length, rest) = bytes.split_first().ok_or(Malformed("record"))?;
    let (key, value) = rest.split_at_checked(usize::from(*length)).ok_or(Malformed("record"))?;
    decode_pair(key, value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use booking::command::CreateOrganization;
    use booking::ids::OrganizationId;
    use booking::{Actor, Idempotency};

    fn request() -> Request {
        Request {
            actor: Actor::Buyer,
            idempotency: Some(Idempotency { key: 7, fingerprint: 300, minted: true }),
            command: Command::CreateOrganization(CreateOrganization { id: OrganizationId(1), name: "Hall".into() }),
        }
    }

    #[test]
    fn the_bytes_of_an_entry_stay_as_they_are() {
        let batch = pack(0x0102, [encode_request(&request())].iter());
        let golden: &[u8] = &[
            1, 1, 2, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 14, 0, 0, 0, // version, kind, time, count, length
            1, 1, 7, 251, 44, 1, 1, // buyer, marked: key, fingerprint, minted
            2, 1, 4, b'H', b'a', b'l', b'l', // the command
        ];
        assert_eq!(&batch.0[..], golden);
        assert_eq!(unpack(&batch), Ok((0x0102, vec![request()])));
    }

    #[test]
    fn no_cut_or_flipped_byte_of_an_entry_passes_unseen_or_panics() {
        let batch = pack(5, [encode_request(&request()), encode_request(&request())].iter());
        for end in 0..batch.0.len() {
            assert!(unpack(&Batch(batch.0.slice(..end))).is_err(), "{end}");
        }
        for at in 0..batch.0.len() {
            let mut bytes = batch.0.to_vec();
            bytes[at] ^= 0xff;
            // Bytes are guarded by the log's checksums; here it must only not panic nor allocate wildly.
            drop(unpack(&Batch(bytes.into())));
        }
    }

    #[test]
    fn keys_sort_as_they_do_in_memory() {
        let mut keys = [
            RecordKey::Organization(OrganizationId(u128::MAX)),
            RecordKey::Organization(OrganizationId(256)),
            RecordKey::Organization(OrganizationId(2)),
            RecordKey::Meta,
        ];
        keys.sort();
        let mut bytes: Vec<_> = keys.iter().map(encode_key).collect();
        let sorted = bytes.clone();
        bytes.sort();
        assert_eq!(bytes, sorted);
    }

    #[test]
    fn records_come_back() {
        let mut state = booking::State::default();
        let proposal = booking::Proposal { at_ms: 9, request: request() };
        state.apply(booking::Position { index: 1, offset: 0 }, &proposal);
        let mut loader = booking::Loader::new();
        state.records(&mut |key, record| {
            let (key, record) = decode_record(&encode_record(&key, &record)).unwrap();
            loader.put(key, record).unwrap();
        });
        assert_eq!(loader.finish().unwrap().digest(), state.digest());
    }
}
