//! Values as the parts that sled stores, with checksums, and the running fingerprint over them. Knows no database.
//!
//! sled moves pages above a quarter of its segment (128 KiB) out of its log, and those do not survive power cuts; a page
//! holds up to 17 keys with their values. So a value is split. Stored key: `1 | key len u16 | key | part number u16`, big-endian, so that parts are neighbours in order.

use crate::fields::Fields;

/// Bytes of a value in one part: 17 of them with the longest keys stay below 128 KiB.
pub(super) const PART_BYTES: usize = 4 << 10;
/// Bytes of a key.
pub(super) const KEY_BYTES_MAX: usize = 1 << 10;

/// The key that a part is stored under.
pub(super) fn key(key: &[u8], number: u16) -> Vec<u8> {
    let mut stored = Vec::with_capacity(key.len() + 5);
    stored.push(1);
    stored.extend_from_slice(&(key.len() as u16).to_be_bytes());
    stored.extend_from_slice(key);
    stored.extend_from_slice(&number.to_be_bytes());
    stored
}

/// The caller's key and the part's number.
pub(super) fn read_key(stored: &[u8]) -> Option<(&[u8], u16)> {
    let (&[1, high, low], rest) = stored.split_first_chunk::<3>()? else { return None };
    let (key, number) = rest.split_last_chunk::<2>()?;
    (key.len() == usize::from(u16::from_be_bytes([high, low]))).then(|| (key, u16::from_be_bytes(*number)))
}

/// One part of a value.
pub(super) struct Part<'a> {
    /// How many parts the value has.
    pub(super) count: u16,
    pub(super) bytes: &'a [u8],
}

pub(super) fn checksum(stored_key: &[u8], rest: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(stored_key);
    hasher.update(rest);
    hasher.finalize()
}

impl<'a> Part<'a> {
    pub(super) fn encode(&self, stored_key: &[u8]) -> Vec<u8> {
        let mut stored = vec![0; 4];
        stored.extend_from_slice(&self.count.to_le_bytes());
        stored.extend_from_slice(self.bytes);
        if let Some((head, rest)) = stored.split_first_chunk_mut::<4>() {
            *head = checksum(stored_key, rest).to_le_bytes();
        }
        stored
    }

    /// `None` if it is not what was written under that key.
    pub(super) fn read(stored_key: &[u8], stored: &'a [u8]) -> Option<Self> {
        let mut fields = Fields(stored);
        if fields.u32()? != checksum(stored_key, fields.0) {
            return None;
        }
        Some(Self { count: fields.u16()?, bytes: fields.0 })
    }
}

/// What all stored parts amount to, kept up with each change: a store that lost or mixed any does not agree with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Totals {
    pub(super) parts: u64,
    /// Sum of a hash of each, in any order.
    pub(super) fingerprint: u64,
}

/// 64 bits of a part: its checksum, mixed so that sums do not cancel out as sums of checksums might.
fn hash(stored_key: &[u8], stored: &[u8]) -> u64 {
    let low = u64::from(checksum(stored_key, stored));
    let mixed = (low | (stored.len() as u64) << 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) ^ (mixed >> 32)
}

impl Totals {
    pub(super) fn add(&mut self, stored_key: &[u8], stored: &[u8]) {
        self.parts += 1;
        self.fingerprint = self.fingerprint.wrapping_add(hash(stored_key, stored));
    }

    pub(super) fn remove(&mut self, stored_key: &[u8], stored: &[u8]) {
        self.parts = self.parts.wrapping_sub(1);
        self.fingerprint = self.fingerprint.wrapping_sub(hash(stored_key, stored));
    }
}
